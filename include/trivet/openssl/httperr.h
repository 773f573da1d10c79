/* SPDX-License-Identifier: MIT
 *
 * httperr.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_HTTPERR_H
#define TRIVET_OPENSSL_HTTPERR_H

#error "Trivet does not provide <openssl/httperr.h>, and the system's would mix two libraries: use libcrypto for it in a source file of its own"

#endif
