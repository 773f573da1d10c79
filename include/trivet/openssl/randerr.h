/* SPDX-License-Identifier: MIT
 *
 * randerr.h - programs that include it get all of Trivet's interface.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_RANDERR_H
#define TRIVET_OPENSSL_RANDERR_H

#include "trivet.h"

#endif
