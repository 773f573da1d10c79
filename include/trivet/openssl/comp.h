/* SPDX-License-Identifier: MIT
 *
 * comp.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_COMP_H
#define TRIVET_OPENSSL_COMP_H

#error "Trivet does not provide <openssl/comp.h>, and the system's would mix two libraries: there is no compression"

#endif
