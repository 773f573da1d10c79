/* SPDX-License-Identifier: MIT
 *
 * x509v3err.h - programs that include it get all of Trivet's interface.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_X509V3ERR_H
#define TRIVET_OPENSSL_X509V3ERR_H

#include "trivet.h"

#endif
