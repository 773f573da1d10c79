/* SPDX-License-Identifier: MIT
 *
 * ocsp.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_OCSP_H
#define TRIVET_OPENSSL_OCSP_H

#error "Trivet does not provide <openssl/ocsp.h>, and the system's would mix two libraries: SSL_CTX_require_tvt_ocsp() checks a stapled response; SCTs are shown, not judged"

#endif
