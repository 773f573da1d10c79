/* SPDX-License-Identifier: MIT
 *
 * des.h - crypto alone: the system's libcrypto has it.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_DES_H
#define TRIVET_OPENSSL_DES_H

#pragma GCC system_header
#if defined(__has_include_next)
#if __has_include_next(<openssl/des.h>)
#include_next <openssl/des.h>
#else
#error "<openssl/des.h> is crypto alone, which Trivet leaves to libcrypto: install its headers, and link with -lcrypto"
#endif
#else
#error "<openssl/des.h>: this compiler has no #include_next"
#endif

#endif
