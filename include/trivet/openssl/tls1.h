/* SPDX-License-Identifier: MIT
 *
 * tls1.h - programs that include it get all of Trivet's interface.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_TLS1_H
#define TRIVET_OPENSSL_TLS1_H

#include "trivet.h"

#endif
