/* SPDX-License-Identifier: MIT
 *
 * tserr.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_TSERR_H
#define TRIVET_OPENSSL_TSERR_H

#error "Trivet does not provide <openssl/tserr.h>, and the system's would mix two libraries: use libcrypto for it in a source file of its own"

#endif
