/* SPDX-License-Identifier: MIT
 *
 * decoder.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_DECODER_H
#define TRIVET_OPENSSL_DECODER_H

#error "Trivet does not provide <openssl/decoder.h>, and the system's would mix two libraries: providers and stores of OpenSSL 3 are not there; OPENSSL_VERSION_NUMBER says 1.1.1, which does without"

#endif
