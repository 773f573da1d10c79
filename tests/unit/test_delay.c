/* SPDX-License-Identifier: MIT
 *
 * Whole handshakes in which everything that may answer late does, at random, on both sides: signers, verdicts, look-ups of
 * keys and sessions, the memory against replays; client and post-handshake authentication, resumption, 0-RTT.
 */
#include "core/connection/connection.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/delay_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

int tvt_register_delay(void);

#define MOST   6u
#define ROUNDS 40u

static void
open_delayed(struct delayed *x, uint32_t seed)
{
    delayed_open(x, seed, MOST);
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(x->f.config[role], true, NULL), TVT_OK);
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
        CU_ASSERT(delayed_handshake(&x));
        CU_ASSERT(auth_info(&x.f, TVT_SERVER).client_authenticated && auth_info(&x.f, TVT_CLIENT).peer_verified);
        for (int role = 0; role < 2; role++) {
            CU_ASSERT_EQUAL(x.verdict[role].answered, 1);
            pending += tvt_delay_pending(x.provider[role]);
        }
        CU_ASSERT(auth_talks(&x.f));
        delayed_close(&x);
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
        CU_ASSERT_FATAL(delayed_handshake(&x));
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
        delayed_settle(&x);
        bool good = auth_info(&x.f, TVT_SERVER).client_authenticated &&
                    auth_info(&x.f, TVT_CLIENT).client_authenticated && !tvt_connection_awaits_certificate(server) &&
                    x.f.pair.end[TVT_SERVER].data_len == 5 && x.f.pair.end[TVT_CLIENT].data_len == 9;
        if (!good)
            printf("\n    seed %u: server: %s\n      client: %s", (unsigned)seed, tvt_fixture_error(&x.f, TVT_SERVER),
                   tvt_fixture_error(&x.f, TVT_CLIENT));
        CU_ASSERT(good);
        CU_ASSERT_EQUAL(x.verdict[TVT_SERVER].answered, asked);
        CU_ASSERT(auth_talks(&x.f));
        delayed_close(&x);
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
        if (seed % 2 == 0 && (done || delayed_handshake(&x))) {
            CU_ASSERT_EQUAL(tvt_connection_request_certificate(tvt_fixture_end(&x.f, TVT_SERVER)), TVT_OK);
            tvt_pair_settle(&x.f.pair);
        }
        tvt_fixture_close(&x.f);
        for (int role = 0; role < 2; role++)
            cancelled += tvt_delay_cancelled(x.provider[role]);
        delayed_close(&x);
    }
    CU_ASSERT(cancelled > 5);
}

/* ---- keys and sessions that are looked up late ---- */

static void
external_keys(void)
{
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        struct delayed x;
        struct tvt_session *psk;
        static const uint8_t key[32] = {7};
        open_delayed(&x, seed * 3);
        CU_ASSERT_EQUAL_FATAL(
            tvt_session_new_external(&psk, tvt_span("name", 4), tvt_span(key, sizeof key), TVT_HASH_SHA256, NULL),
            TVT_OK);
        delayed_know(&x, psk);
        CU_ASSERT_EQUAL(tvt_config_set_num_shares(x.f.config[TVT_CLIENT], seed % 2, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT(delayed_handshake(&x));
        CU_ASSERT(auth_info(&x.f, TVT_CLIENT).psk_external && auth_info(&x.f, TVT_SERVER).psk_external);
        CU_ASSERT(x.lookup.answered >= 1 && x.verdict[TVT_CLIENT].answered == 0); /* no certificate was shown */
        CU_ASSERT(auth_talks(&x.f));
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(tvt_fixture_end(&x.f, TVT_SERVER)), TVT_FAIL);
        delayed_close(&x);
    }
}

static void
resumption(void)
{
    unsigned early = 0;
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        struct delayed x;
        open_delayed(&x, seed * 5);
        CU_ASSERT_EQUAL(tvt_config_set_session_cache(x.f.config[TVT_SERVER], &x.cache, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_tickets(x.f.config[TVT_SERVER], 1, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_replay(x.f.config[TVT_SERVER], &x.replay, 10000, NULL), TVT_OK);
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(tvt_config_set_early_data(x.f.config[role], 1000, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT(delayed_handshake(&x) && auth_talks(&x.f));
        CU_ASSERT_FATAL(x.got.num == 1);
        tvt_pair_close(&x.f.pair);
        x.f.connected = false;

        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&x.f, TVT_CLIENT), x.got.session[0]), TVT_OK);
        CU_ASSERT_EQUAL(tvt_connection_offer_early(tvt_fixture_end(&x.f, TVT_CLIENT)), TVT_OK);
        CU_ASSERT(delayed_handshake(&x));
        CU_ASSERT(auth_info(&x.f, TVT_CLIENT).resumed && auth_info(&x.f, TVT_SERVER).resumed);
        early += auth_info(&x.f, TVT_SERVER).early == TVT_EARLY_ACCEPTED;
        CU_ASSERT(x.take.answered == 1 && x.first_time.answered == 1);
        CU_ASSERT(auth_talks(&x.f));
        /* a certificate on top of the session's word */
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(tvt_fixture_end(&x.f, TVT_SERVER)), TVT_OK);
        delayed_settle(&x);
        CU_ASSERT(auth_info(&x.f, TVT_SERVER).client_authenticated &&
                  auth_info(&x.f, TVT_SERVER).num_peer_certificates == 2);
        CU_ASSERT(auth_talks(&x.f));
        delayed_close(&x);
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
