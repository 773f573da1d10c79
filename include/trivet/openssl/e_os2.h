/* SPDX-License-Identifier: MIT
 *
 * e_os2.h - words of OpenSSL's headers that the system's headers of crypto alone use.
 */
#ifndef TRIVET_OPENSSL_E_OS2_H
#define TRIVET_OPENSSL_E_OS2_H

#include <inttypes.h>
#include <stddef.h>
#include <sys/types.h>

#include "opensslconf.h"

#define OPENSSL_EXTERN extern
#define OPENSSL_EXPORT extern
#define ossl_ssize_t ssize_t
#define ossl_inline inline
#define ossl_noreturn __attribute__((noreturn))
#define ossl_unused __attribute__((unused))
#define __owur

#endif
