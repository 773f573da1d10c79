/* SPDX-License-Identifier: MIT
 *
 * error_own.h - <trivet/error.h> for Trivet's own headers. A program that finds them by -I.../include/trivet may mean the
 * system's <error.h> when it says so; this name cannot be meant for anything else.
 */
#ifndef TRIVET_ERROR_OWN_H
#define TRIVET_ERROR_OWN_H

#define TRIVET_ERROR_OWN
#include "error.h"
#undef TRIVET_ERROR_OWN

#endif
