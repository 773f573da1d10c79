/* SPDX-License-Identifier: MIT
 *
 * seed.h - crypto alone: the system's libcrypto has it.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_SEED_H
#define TRIVET_OPENSSL_SEED_H

#pragma GCC system_header
#if defined(__has_include_next)
#if __has_include_next(<openssl/seed.h>)
#include_next <openssl/seed.h>
#else
#error "<openssl/seed.h> is crypto alone, which Trivet leaves to libcrypto: install its headers, and link with -lcrypto"
#endif
#else
#error "<openssl/seed.h>: this compiler has no #include_next"
#endif

#endif
