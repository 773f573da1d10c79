/* SPDX-License-Identifier: MIT
 *
 * See suite_help.h.
 */
#include "tests/unit/suite_help.h"
#include "tests/support/fixture.h"
#include "tests/unit/x509_help.h"

void
suite_no_backend(void)
{
    struct tvt_provider *p = NULL;
    CU_ASSERT_EQUAL(tvt_provider_open(&p, NULL, NULL), TVT_FAIL);
}

int
suite_finish(void)
{
    x509_end();
    tvt_fixture_cleanup();
    return 0;
}

int
suite_register(const char *name, const CU_TestInfo *tests, size_t num)
{
    CU_pSuite suite = CU_add_suite(name, NULL, suite_finish);
    if (suite == NULL)
        return -1;
    if (tvt_fixture_provider(NULL) == NULL)
        return CU_add_test(suite, "no backend, no peers", suite_no_backend) == NULL ? -1 : 0;
    for (size_t i = 0; i < num; i++)
        if (CU_add_test(suite, tests[i].pName, tests[i].pTestFunc) == NULL)
            return -1;
    return 0;
}
