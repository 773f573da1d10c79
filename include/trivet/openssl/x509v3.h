/* SPDX-License-Identifier: MIT
 *
 * x509v3.h - programs that include it get all of Trivet's interface.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_X509V3_H
#define TRIVET_OPENSSL_X509V3_H

#include "trivet.h"

#endif
