/* SPDX-License-Identifier: MIT
 *
 * ripemd.h - crypto alone: the system's libcrypto has it.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_RIPEMD_H
#define TRIVET_OPENSSL_RIPEMD_H

#pragma GCC system_header
#if defined(__has_include_next)
#if __has_include_next(<openssl/ripemd.h>)
#include_next <openssl/ripemd.h>
#else
#error "<openssl/ripemd.h> is crypto alone, which Trivet leaves to libcrypto: install its headers, and link with -lcrypto"
#endif
#else
#error "<openssl/ripemd.h>: this compiler has no #include_next"
#endif

#endif
