/* SPDX-License-Identifier: MIT
 *
 * pkcs12.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_PKCS12_H
#define TRIVET_OPENSSL_PKCS12_H

#error "Trivet does not provide <openssl/pkcs12.h>, and the system's would mix two libraries: use libcrypto for it in a source file of its own"

#endif
