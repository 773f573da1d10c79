/* SPDX-License-Identifier: MIT
 *
 * comperr.h - not provided.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_COMPERR_H
#define TRIVET_OPENSSL_COMPERR_H

#error "Trivet does not provide <openssl/comperr.h>, and the system's would mix two libraries: there is no compression"

#endif
