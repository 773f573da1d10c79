/* SPDX-License-Identifier: MIT
 *
 * obj_mac.h - programs that include it get all of Trivet's interface.
 * Made by tools/make-openssl-surface from tools/openssl-surface.txt: change that. */
#ifndef TRIVET_OPENSSL_OBJ_MAC_H
#define TRIVET_OPENSSL_OBJ_MAC_H

#include "trivet.h"

#endif
