/* SPDX-License-Identifier: MIT
 *
 * dtls1.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_DTLS1_H
#define TRIVET_OPENSSL_DTLS1_H

#error "Trivet does not provide <openssl/dtls1.h>, and the system's would mix two libraries: there is no DTLS"

#endif
