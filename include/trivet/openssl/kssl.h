/* SPDX-License-Identifier: MIT
 *
 * kssl.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_KSSL_H
#define TRIVET_OPENSSL_KSSL_H

#error "Trivet does not provide <openssl/kssl.h>, and the system's would mix two libraries: its types belong to libcrypto: use it in a source file of its own"

#endif
