/* SPDX-License-Identifier: MIT
 *
 * trivet.h - all that a program gets that says #include <openssl/ssl.h> and is compiled with -I.../include/trivet. Each of the
 * headers here that Trivet provides brings it.
 */
#ifndef TRIVET_OPENSSL_TRIVET_H
#define TRIVET_OPENSSL_TRIVET_H

/* What programs take for granted behind OpenSSL's headers. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "e_os2.h"
#include "macros.h"

#include "../compat.h"

#include "absent.h"

#endif
