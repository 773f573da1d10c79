/* SPDX-License-Identifier: MIT
 *
 * store.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_STORE_H
#define TRIVET_OPENSSL_STORE_H

#error "Trivet does not provide <openssl/store.h>, and the system's would mix two libraries: providers and stores of OpenSSL 3 are not there; OPENSSL_VERSION_NUMBER says 1.1.1, which does without"

#endif
