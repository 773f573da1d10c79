/* SPDX-License-Identifier: MIT
 *
 * engine.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_ENGINE_H
#define TRIVET_OPENSSL_ENGINE_H

#error "Trivet does not provide <openssl/engine.h>, and the system's would mix two libraries: engines are gone from OpenSSL too; a backend or a signer (trivet/provider.h) takes their place"

#endif
