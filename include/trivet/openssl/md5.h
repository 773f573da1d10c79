/* SPDX-License-Identifier: MIT
 *
 * md5.h - crypto alone: the system's libcrypto has it.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_MD5_H
#define TRIVET_OPENSSL_MD5_H

#pragma GCC system_header
#if defined(__has_include_next)
#if __has_include_next(<openssl/md5.h>)
#include_next <openssl/md5.h>
#else
#error "<openssl/md5.h> is crypto alone, which Trivet leaves to libcrypto: install its headers, and link with -lcrypto"
#endif
#else
#error "<openssl/md5.h>: this compiler has no #include_next"
#endif

#endif
