/* SPDX-License-Identifier: MIT
 *
 * srp.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_SRP_H
#define TRIVET_OPENSSL_SRP_H

#error "Trivet does not provide <openssl/srp.h>, and the system's would mix two libraries: there is no SRP"

#endif
