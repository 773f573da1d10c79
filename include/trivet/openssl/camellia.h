/* SPDX-License-Identifier: MIT
 *
 * camellia.h - crypto alone: the system's libcrypto has it.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_CAMELLIA_H
#define TRIVET_OPENSSL_CAMELLIA_H

#pragma GCC system_header
#if defined(__has_include_next)
#if __has_include_next(<openssl/camellia.h>)
#include_next <openssl/camellia.h>
#else
#error "<openssl/camellia.h> is crypto alone, which Trivet leaves to libcrypto: install its headers, and link with -lcrypto"
#endif
#else
#error "<openssl/camellia.h>: this compiler has no #include_next"
#endif

#endif
