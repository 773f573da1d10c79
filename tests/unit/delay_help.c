/* SPDX-License-Identifier: MIT
 *
 * See delay_help.h.
 */
#include "tests/unit/delay_help.h"
#include "core/session/session.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

static enum tvt_result
find_psk(void *user, struct tvt_span identity, struct tvt_session **out)
{
    struct delayed *x = user;
    if (!tvt_span_equal(identity, x->psk->identity))
        return TVT_FAIL;
    enum tvt_result r = tvt_delay_wait(&x->lookup);
    if (r == TVT_OK)
        *out = tvt_session_ref(x->psk);
    return r;
}

static enum tvt_result
put_session(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires_ms)
{
    struct delayed *x = user;
    CU_ASSERT(expires_ms > TVT_FIXTURE_TIME_MS);
    tvt_session_ref(session);
    tvt_session_unref(x->there);
    x->there = session;
    memcpy(x->id, id, sizeof x->id);
    return TVT_OK;
}

static enum tvt_result
take_session(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    struct delayed *x = user;
    if (x->there == NULL || memcmp(id, x->id, sizeof x->id) != 0)
        return TVT_FAIL;
    enum tvt_result r = tvt_delay_wait(&x->take);
    if (r == TVT_OK) {
        *out = x->there;
        x->there = NULL;
    }
    return r;
}

static enum tvt_result
first_time(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now_ms, uint64_t until_ms)
{
    struct delayed *x = user;
    CU_ASSERT(id != NULL && until_ms > now_ms);
    return tvt_delay_wait(&x->first_time);
}

void
delayed_open(struct delayed *x, uint32_t seed, unsigned most)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    memset(x, 0, sizeof *x);
    x->most = most;
    for (int role = 0; role < 2; role++) {
        x->provider[role] = tvt_delay_new(tvt_fixture_provider(NULL), most, seed * 2 + (uint32_t)role);
        CU_ASSERT_FATAL(x->provider[role] != NULL);
        o.provider[role] = x->provider[role];
        x->verdict[role].delay = x->provider[role];
    }
    x->lookup.delay = x->take.delay = x->first_time.delay = x->provider[TVT_SERVER];
    x->cache = (struct tvt_session_cache){x, put_session, take_session, NULL};
    x->replay = (struct tvt_replay){x, first_time};
    CU_ASSERT_FATAL(tvt_fixture_open(&x->f, &o));
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_verdict(x->f.config[role], tvt_delay_verdict, &x->verdict[role], NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_new_session(x->f.config[TVT_CLIENT], resume_keep, &x->got, NULL), TVT_OK);
}

void
delayed_close(struct delayed *x)
{
    tvt_fixture_close(&x->f);
    resume_forget(&x->got);
    tvt_session_unref(x->psk);
    tvt_session_unref(x->there);
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(tvt_delay_open(x->provider[role]), 0);
        x->provider[role]->free(x->provider[role]);
    }
}

void
delayed_know(struct delayed *x, struct tvt_session *psk)
{
    x->psk = psk;
    CU_ASSERT_EQUAL(tvt_config_add_psk(x->f.config[TVT_CLIENT], psk, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_psk_lookup(x->f.config[TVT_SERVER], find_psk, x, NULL), TVT_OK);
}

static void
ask_again(struct delayed *x)
{
    for (int role = 0; role < 2; role++)
        (void)!tvt_connection_handshake(tvt_fixture_end(&x->f, (enum tvt_role)role));
}

bool
delayed_handshake(struct delayed *x)
{
    bool done = tvt_pair_handshake(&x->f.pair);
    for (unsigned i = 0; !done && i < 8 * (x->most + 1); i++) {
        ask_again(x);
        done = tvt_pair_handshake(&x->f.pair);
    }
    if (!done)
        printf("\n    client: %s\n      server: %s", tvt_fixture_error(&x->f, TVT_CLIENT),
               tvt_fixture_error(&x->f, TVT_SERVER));
    return done;
}

void
delayed_settle(struct delayed *x)
{
    for (unsigned i = 0; i < 12 * (x->most + 1); i++) {
        ask_again(x);
        tvt_pair_settle(&x->f.pair);
    }
}
