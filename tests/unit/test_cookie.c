/* SPDX-License-Identifier: MIT
 *
 * Cookies in HelloRetryRequest, and a server without state (RFC 9846 4.3.2); GREASE (RFC 8701).
 */
#include "tests/unit/resume_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>

int tvt_register_cookie(void);

static void
cookies(void)
{
    for (size_t i = 0; i < RESUME_BACKENDS; i++) {
        struct resume b;
        if (!resume_open(&b, resume_backends[i]))
            continue;
        CU_ASSERT_EQUAL(tvt_config_set_cookie(b.f.config[TVT_SERVER], b.keys, true, NULL), TVT_OK);
        CU_ASSERT(resume_first(&b));
        resume_next(&b, 0, false);
        resume_expect(&b, true);
        CU_ASSERT(resume_info(&b, TVT_CLIENT).hello_retry);
        resume_close(&b);
    }
}

/* The connection that sent the HelloRetryRequest is gone; another one, which knows nothing, goes on. */
static void
stateless(void)
{
    for (unsigned with_shares = 0; with_shares < 2; with_shares++) {
        struct resume b;
        if (!resume_open_full(&b))
            return;
        CU_ASSERT_EQUAL(tvt_config_set_cookie(b.f.config[TVT_SERVER], b.keys, true, NULL), TVT_OK);
        CU_ASSERT(resume_first(&b));
        if (!with_shares)
            CU_ASSERT_EQUAL(tvt_config_set_num_shares(b.f.config[TVT_CLIENT], 0, NULL), TVT_OK);
        resume_next(&b, 0, false);
        resume_change_server(&b, b.f.config[TVT_SERVER]);
        resume_expect(&b, true);
        resume_close(&b);
    }
}

static void
greased(void)
{
    for (size_t i = 0; i < RESUME_BACKENDS; i++) {
        struct resume b;
        if (!resume_open(&b, resume_backends[i]))
            continue;
        CU_ASSERT_EQUAL(tvt_config_set_grease(b.f.config[TVT_CLIENT], true, NULL), TVT_OK);
        CU_ASSERT(resume_first(&b));
        resume_next(&b, 0, false);
        resume_expect(&b, true);
        resume_close(&b);
    }
}

int
tvt_register_cookie(void)
{
    static const CU_TestInfo tests[] = {
        {"cookies", cookies},
        {"another connection goes on after the cookie", stateless},
        {"GREASE", greased},
    };
    return suite_register("cookie", tests, sizeof tests / sizeof tests[0]);
}
