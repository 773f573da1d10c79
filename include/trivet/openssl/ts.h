/* SPDX-License-Identifier: MIT
 *
 * ts.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_TS_H
#define TRIVET_OPENSSL_TS_H

#error "Trivet does not provide <openssl/ts.h>, and the system's would mix two libraries: use libcrypto for it in a source file of its own"

#endif
