/* SPDX-License-Identifier: MIT
 *
 * The table of the man pages' examples; NULL ends it.
 */
#ifndef TESTS_MAN_MAIN_H
#define TESTS_MAN_MAIN_H

#include "tests/man/example.h"

extern const struct man_example *const man_examples[];

#endif
