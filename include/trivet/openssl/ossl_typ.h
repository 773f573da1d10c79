/* SPDX-License-Identifier: MIT
 *
 * ossl_typ.h - programs that include it get all of Trivet's interface.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_OSSL_TYP_H
#define TRIVET_OPENSSL_OSSL_TYP_H

#include "trivet.h"

#endif
