/* SPDX-License-Identifier: MIT
 *
 * srtp.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_SRTP_H
#define TRIVET_OPENSSL_SRTP_H

#error "Trivet does not provide <openssl/srtp.h>, and the system's would mix two libraries: there is no DTLS"

#endif
