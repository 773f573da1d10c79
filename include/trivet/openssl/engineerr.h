/* SPDX-License-Identifier: MIT
 *
 * engineerr.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_ENGINEERR_H
#define TRIVET_OPENSSL_ENGINEERR_H

#error "Trivet does not provide <openssl/engineerr.h>, and the system's would mix two libraries: engines are gone from OpenSSL too; a backend or a signer (trivet/provider.h) takes their place"

#endif
