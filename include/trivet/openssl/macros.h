/* SPDX-License-Identifier: MIT
 *
 * macros.h - what the system's headers of crypto alone (<openssl/sha.h> and its kind), which these headers pass on to, need of
 * the others: nothing is marked as deprecated.
 */
#ifndef TRIVET_OPENSSL_MACROS_H
#define TRIVET_OPENSSL_MACROS_H

#include "opensslconf.h"
#include "opensslv.h"

#define DECLARE_DEPRECATED(function) function;
#define DEPRECATEDIN_1_1_0(function) function;
#define DEPRECATEDIN_1_0_0(function) function;
#define DEPRECATEDIN_0_9_8(function) function;
#define OSSL_DEPRECATEDIN_3_0
#define OSSL_DEPRECATEDIN_3_0_FOR(message)
#define OSSL_DEPRECATEDIN_1_1_1
#define OSSL_DEPRECATEDIN_1_1_0
#define OSSL_DEPRECATEDIN_1_0_2
#define OSSL_DEPRECATEDIN_1_0_0
#define OSSL_DEPRECATEDIN_0_9_8

#endif
