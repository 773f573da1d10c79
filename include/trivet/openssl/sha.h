/* SPDX-License-Identifier: MIT
 *
 * sha.h - crypto alone: the system's libcrypto has it.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_SHA_H
#define TRIVET_OPENSSL_SHA_H

#pragma GCC system_header
#if defined(__has_include_next)
#if __has_include_next(<openssl/sha.h>)
#include_next <openssl/sha.h>
#else
#error "<openssl/sha.h> is crypto alone, which Trivet leaves to libcrypto: install its headers, and link with -lcrypto"
#endif
#else
#error "<openssl/sha.h>: this compiler has no #include_next"
#endif

#endif
