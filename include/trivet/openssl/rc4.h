/* SPDX-License-Identifier: MIT
 *
 * rc4.h - crypto alone: the system's libcrypto has it.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_RC4_H
#define TRIVET_OPENSSL_RC4_H

#pragma GCC system_header
#if defined(__has_include_next)
#if __has_include_next(<openssl/rc4.h>)
#include_next <openssl/rc4.h>
#else
#error "<openssl/rc4.h> is crypto alone, which Trivet leaves to libcrypto: install its headers, and link with -lcrypto"
#endif
#else
#error "<openssl/rc4.h>: this compiler has no #include_next"
#endif

#endif
