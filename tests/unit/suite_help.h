/* SPDX-License-Identifier: MIT
 *
 * How a suite whose tests need a backend is registered.
 */
#ifndef TVT_TESTS_UNIT_SUITE_HELP_H
#define TVT_TESTS_UNIT_SUITE_HELP_H

#include <CUnit/CUnit.h>

/* Adds the suite and its tests, in order; where there is no backend, one test says that there is none. For tvt_register_*(). */
int suite_register(const char *name, const CU_TestInfo *tests, size_t num);
/* That test, and what ends such a suite: for those that register themselves. */
void suite_no_backend(void);
int suite_finish(void);

#endif
