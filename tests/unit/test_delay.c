/* SPDX-License-Identifier: MIT
 *
 * Whole handshakes in which everything that may answer late does, at random, on both sides: signers, verdicts, look-ups of
 * keys and sessions, the memory against replays; client and post-handshake authentication, resumption, 0-RTT.
 */
#include "core/connection/connection.h"
#include "tests/providers/delay.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_delay(void);

#define MOST   6u
#define ROUNDS 40u

struct delayed {
    struct tvt_provider *provider[2];
    struct tvt_delay_wait wait[2];
    struct tvt_fixture f;
};

static void
open_delayed(struct delayed *x, uint32_t seed)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    memset(x, 0, sizeof *x);
    for (int role = 0; role < 2; role++) {
        x->provider[role] = tvt_delay_new(tvt_fixture_provider(NULL), MOST, seed * 2 + (uint32_t)role);
        CU_ASSERT_FATAL(x->provider[role] != NULL);
        o.provider[role] = x->provider[role];
        x->wait[role].delay = x->provider[role];
    }
    CU_ASSERT_FATAL(tvt_fixture_open(&x->f, &o));
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(tvt_config_set_verdict(x->f.config[role], tvt_delay_verdict, &x->wait[role], NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(x->f.config[role], true, NULL), TVT_OK);
    }
}

static void
close_delayed(struct delayed *x)
{
    tvt_fixture_close(&x->f);
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(tvt_delay_open(x->provider[role]), 0);
        x->provider[role]->free(x->provider[role]);
    }
}

/* Asks again as often as anybody here could say PENDING. */
static bool
patiently(struct delayed *x)
{
    bool done = tvt_pair_handshake(&x->f.pair);
    for (unsigned i = 0; !done && i < 8 * (MOST + 1); i++) {
        for (int role = 0; role < 2; role++)
            (void)!tvt_connection_handshake(tvt_fixture_end(&x->f, (enum tvt_role)role));
        done = tvt_pair_handshake(&x->f.pair);
    }
    return done;
}

static void
settle_patiently(struct delayed *x)
{
    for (unsigned i = 0; i < 12 * (MOST + 1); i++) {
        for (int role = 0; role < 2; role++)
            (void)!tvt_connection_handshake(tvt_fixture_end(&x->f, (enum tvt_role)role));
        tvt_pair_settle(&x->f.pair);
    }
}

static void
handshakes(void)
{
    unsigned pending = 0;
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        struct delayed x;
        open_delayed(&x, seed);
        CU_ASSERT_EQUAL(tvt_config_set_verify(x.f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_num_shares(x.f.config[TVT_CLIENT], seed % 2, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        x.f.pair.chunk = seed % 5 == 0 ? 1 : 0;
        CU_ASSERT(patiently(&x));
        CU_ASSERT(auth_info(&x.f, TVT_SERVER).client_authenticated && auth_info(&x.f, TVT_CLIENT).peer_verified);
        for (int role = 0; role < 2; role++) {
            CU_ASSERT_EQUAL(x.wait[role].answered, 1);
            pending += tvt_delay_pending(x.provider[role]);
        }
        CU_ASSERT(auth_talks(&x.f));
        close_delayed(&x);
    }
    CU_ASSERT(pending > ROUNDS * MOST);
    printf(" %u times PENDING", pending);
}

/* Behind the handshake, while data go both ways and keys change. */
static void
after_handshake(void)
{
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        struct delayed x;
        open_delayed(&x, seed * 7);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT_FATAL(patiently(&x));
        struct tvt_connection *server = tvt_fixture_end(&x.f, TVT_SERVER), *client = tvt_fixture_end(&x.f, TVT_CLIENT);
        unsigned asked = 1 + seed % 3;
        for (unsigned i = 0; i < asked; i++)
            CU_ASSERT_EQUAL(tvt_connection_request_certificate(server), TVT_OK);
        tvt_pair_settle(&x.f.pair); /* as far as nobody waits */
        CU_ASSERT(tvt_pair_send(&x.f.pair, TVT_SERVER, "among", 5));
        if (seed % 4 == 1)
            CU_ASSERT_EQUAL(tvt_connection_key_update(server, true), TVT_OK);
        if (seed % 4 == 2)
            CU_ASSERT_EQUAL(tvt_connection_key_update(client, true), TVT_OK);
        CU_ASSERT(tvt_pair_send(&x.f.pair, TVT_CLIENT, "among", 5));
        CU_ASSERT(tvt_pair_send(&x.f.pair, TVT_SERVER, "them", 4));
        settle_patiently(&x);
        bool good = auth_info(&x.f, TVT_SERVER).client_authenticated &&
                    auth_info(&x.f, TVT_CLIENT).client_authenticated && !tvt_connection_awaits_certificate(server) &&
                    x.f.pair.end[TVT_SERVER].data_len == 5 && x.f.pair.end[TVT_CLIENT].data_len == 9;
        if (!good)
            printf("\n    seed %u: server: %s\n      client: %s", (unsigned)seed, tvt_fixture_error(&x.f, TVT_SERVER),
                   tvt_fixture_error(&x.f, TVT_CLIENT));
        CU_ASSERT(good);
        CU_ASSERT_EQUAL(x.wait[TVT_SERVER].answered, asked);
        CU_ASSERT(auth_talks(&x.f));
        close_delayed(&x);
    }
}

/* Freed while a signer or a verdict is out, in the handshake and after it. */
static void
given_up(void)
{
    unsigned cancelled = 0;
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        struct delayed x;
        open_delayed(&x, seed * 13);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        bool done = tvt_pair_handshake(&x.f.pair);
        if (seed % 2 == 0 && (done || patiently(&x))) {
            CU_ASSERT_EQUAL(tvt_connection_request_certificate(tvt_fixture_end(&x.f, TVT_SERVER)), TVT_OK);
            tvt_pair_settle(&x.f.pair);
        }
        tvt_fixture_close(&x.f);
        for (int role = 0; role < 2; role++)
            cancelled += tvt_delay_cancelled(x.provider[role]);
        close_delayed(&x);
    }
    CU_ASSERT(cancelled > 5);
}

/* ---- keys and sessions that are looked up late ---- */

struct shop {
    struct tvt_delay_wait lookup, cache, replay;
    struct tvt_session *psk, *kept, *got;
    uint8_t id[TVT_SESSION_ID_LEN];
    unsigned seen;
};

static enum tvt_result
find_psk(void *user, struct tvt_span identity, struct tvt_session **out)
{
    struct shop *s = user;
    if (identity.len != 4)
        return TVT_FAIL;
    enum tvt_result r = tvt_delay_wait(&s->lookup);
    if (r == TVT_OK)
        *out = tvt_session_ref(s->psk);
    return r;
}

static enum tvt_result
put_session(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires_ms)
{
    struct shop *s = user;
    (void)expires_ms;
    tvt_session_unref(s->kept);
    s->kept = tvt_session_ref(session);
    memcpy(s->id, id, sizeof s->id);
    return TVT_OK;
}

static enum tvt_result
take_session(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    struct shop *s = user;
    if (s->kept == NULL || memcmp(id, s->id, sizeof s->id) != 0)
        return TVT_FAIL;
    enum tvt_result r = tvt_delay_wait(&s->cache);
    if (r == TVT_OK) {
        *out = s->kept;
        s->kept = NULL;
    }
    return r;
}

static enum tvt_result
first_time(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now_ms, uint64_t until_ms)
{
    struct shop *s = user;
    (void)id;
    (void)now_ms;
    (void)until_ms;
    enum tvt_result r = tvt_delay_wait(&s->replay);
    s->seen += r == TVT_OK;
    return r;
}

static void
keep_session(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    struct shop *s = user;
    (void)connection;
    tvt_session_unref(s->got);
    s->got = tvt_session_ref(session);
}

static void
external_keys(void)
{
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        struct delayed x;
        struct shop s = {0};
        static const uint8_t key[32] = {7};
        open_delayed(&x, seed * 3);
        s.lookup.delay = x.provider[TVT_SERVER];
        CU_ASSERT_EQUAL_FATAL(
            tvt_session_new_external(&s.psk, tvt_span("name", 4), tvt_span(key, sizeof key), TVT_HASH_SHA256, NULL),
            TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_add_psk(x.f.config[TVT_CLIENT], s.psk, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_psk_lookup(x.f.config[TVT_SERVER], find_psk, &s, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_num_shares(x.f.config[TVT_CLIENT], seed % 2, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT(patiently(&x));
        CU_ASSERT(auth_info(&x.f, TVT_CLIENT).psk_external && auth_info(&x.f, TVT_SERVER).psk_external);
        CU_ASSERT(s.lookup.answered >= 1 && x.wait[TVT_CLIENT].answered == 0); /* no certificate was shown */
        CU_ASSERT(auth_talks(&x.f));
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(tvt_fixture_end(&x.f, TVT_SERVER)), TVT_FAIL);
        tvt_session_unref(s.psk);
        close_delayed(&x);
    }
}

static void
resumption(void)
{
    unsigned early = 0;
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        struct delayed x;
        struct shop s = {0};
        struct tvt_session_cache cache = {&s, put_session, take_session, NULL};
        struct tvt_replay replay = {&s, first_time};
        open_delayed(&x, seed * 5);
        s.cache.delay = s.replay.delay = x.provider[TVT_SERVER];
        CU_ASSERT_EQUAL(tvt_config_set_session_cache(x.f.config[TVT_SERVER], &cache, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_tickets(x.f.config[TVT_SERVER], 1, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_new_session(x.f.config[TVT_CLIENT], keep_session, &s, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_replay(x.f.config[TVT_SERVER], &replay, 10000, NULL), TVT_OK);
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(tvt_config_set_early_data(x.f.config[role], 1000, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT(patiently(&x) && auth_talks(&x.f));
        CU_ASSERT_FATAL(s.got != NULL);
        tvt_pair_close(&x.f.pair);
        x.f.connected = false;

        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&x.f, TVT_CLIENT), s.got), TVT_OK);
        CU_ASSERT_EQUAL(tvt_connection_offer_early(tvt_fixture_end(&x.f, TVT_CLIENT)), TVT_OK);
        CU_ASSERT(patiently(&x));
        CU_ASSERT(auth_info(&x.f, TVT_CLIENT).resumed && auth_info(&x.f, TVT_SERVER).resumed);
        early += auth_info(&x.f, TVT_SERVER).early == TVT_EARLY_ACCEPTED;
        CU_ASSERT(s.cache.answered == 1 && s.seen == 1);
        CU_ASSERT(auth_talks(&x.f));
        /* a certificate on top of the session's word */
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(tvt_fixture_end(&x.f, TVT_SERVER)), TVT_OK);
        settle_patiently(&x);
        CU_ASSERT(auth_info(&x.f, TVT_SERVER).client_authenticated &&
                  auth_info(&x.f, TVT_SERVER).num_peer_certificates == 2);
        CU_ASSERT(auth_talks(&x.f));
        tvt_session_unref(s.got);
        tvt_session_unref(s.kept);
        close_delayed(&x);
    }
    CU_ASSERT_EQUAL(early, ROUNDS);
}

int
tvt_register_delay(void)
{
    static const CU_TestInfo tests[] = {
        {"handshakes", handshakes},       {"after the handshake", after_handshake}, {"given up", given_up},
        {"external keys", external_keys}, {"resumption and 0-RTT", resumption},
    };
    return suite_register("delay", tests, sizeof tests / sizeof tests[0]);
}
