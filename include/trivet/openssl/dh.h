/* SPDX-License-Identifier: MIT
 *
 * dh.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_DH_H
#define TRIVET_OPENSSL_DH_H

#error "Trivet does not provide <openssl/dh.h>, and the system's would mix two libraries: there is no finite-field Diffie-Hellman: use SSL_CTX_set1_groups_list()"

#endif
