/* SPDX-License-Identifier: MIT
 *
 * opensslv.h - the version that programs see where they choose between the interfaces of OpenSSL's versions: 1.1.1, whose
 * interface Trivet has, with names of later ones besides (test those with #ifdef). docs/decisions/0020 says why.
 */
#ifndef TRIVET_OPENSSL_OPENSSLV_H
#define TRIVET_OPENSSL_OPENSSLV_H

#define OPENSSL_VERSION_NUMBER 0x1010117fL /* 1.1.1w */
#define OPENSSL_VERSION_TEXT "Trivet (interface of OpenSSL 1.1.1w)"
#define OPENSSL_VERSION_MAJOR 1
#define OPENSSL_VERSION_MINOR 1
#define OPENSSL_VERSION_PATCH 1

#endif
