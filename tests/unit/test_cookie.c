/* SPDX-License-Identifier: MIT
 *
 * Cookies in HelloRetryRequest, and a server without state (RFC 9846 4.3.2); GREASE (RFC 8701).
 */
#include "tests/unit/resume_help.h"

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
        if (!resume_open(&b, "openssl") && !resume_open(&b, "wolfcrypt"))
            return;
        CU_ASSERT_EQUAL(tvt_config_set_cookie(b.f.config[TVT_SERVER], b.keys, true, NULL), TVT_OK);
        CU_ASSERT(resume_first(&b));
        if (!with_shares)
            CU_ASSERT_EQUAL(tvt_config_set_num_shares(b.f.config[TVT_CLIENT], 0, NULL), TVT_OK);
        resume_next(&b, 0, false);
        for (int turn = 0; turn < 2; turn++) { /* hello, HelloRetryRequest */
            (void)tvt_pair_step(&b.f.pair, TVT_CLIENT);
            (void)tvt_pair_step(&b.f.pair, TVT_SERVER);
        }
        CU_ASSERT_STRING_EQUAL(tvt_connection_state(tvt_fixture_end(&b.f, TVT_SERVER)), "server13.WAIT_CH2");
        tvt_connection_free(b.f.pair.end[TVT_SERVER].connection);
        CU_ASSERT_EQUAL_FATAL(
            tvt_connection_new(&b.f.pair.end[TVT_SERVER].connection, b.f.config[TVT_SERVER], TVT_SERVER, NULL), TVT_OK);
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

static int
cleanup(void)
{
    tvt_fixture_cleanup();
    return 0;
}

int
tvt_register_cookie(void)
{
    CU_pSuite s = CU_add_suite("cookie", NULL, cleanup);
    if (s == NULL || CU_add_test(s, "cookies", cookies) == NULL ||
        CU_add_test(s, "another connection goes on after the cookie", stateless) == NULL ||
        CU_add_test(s, "GREASE", greased) == NULL)
        return 1;
    return 0;
}
