/* SPDX-License-Identifier: MIT
 *
 * cterr.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_CTERR_H
#define TRIVET_OPENSSL_CTERR_H

#error "Trivet does not provide <openssl/cterr.h>, and the system's would mix two libraries: SSL_CTX_require_tvt_ocsp() checks a stapled response; SCTs are shown, not judged"

#endif
