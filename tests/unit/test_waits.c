/* SPDX-License-Identifier: MIT
 *
 * An established connection around an exchange of certificates (RFC 9846 4.7.2): a verdict that waits holds up what comes
 * behind it, and nothing else; answers to key updates are not lost in it.
 */
#include "core/base/wire.h"
#include "tests/unit/connection_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <string.h>

int tvt_register_waits(void);

static bool undecided; /* the server's verdict waits */
static unsigned asked;

static enum tvt_result
verdict(void *user, const struct tvt_span *chain, size_t num)
{
    (void)user;
    (void)chain;
    (void)num;
    asked++;
    return undecided ? TVT_PENDING : TVT_OK;
}

static struct tvt_connection *
end_of(const struct tvt_fixture *f, int role)
{
    return tvt_fixture_end(f, (enum tvt_role)role);
}

static void
start(struct tvt_fixture *f, bool client_offers)
{
    static const struct tvt_fixture_options options = {.client_key = "client-ed25519", .client_root = "client-ed25519"};
    CU_ASSERT_FATAL(tvt_fixture_open(f, &options));
    CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(f->config[TVT_CLIENT], client_offers, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(f->config[TVT_SERVER], true, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_verdict(f->config[TVT_SERVER], verdict, NULL, NULL), TVT_OK);
    undecided = false;
    asked = 0;
    CU_ASSERT_FATAL(tvt_fixture_handshake(f));
    CU_ASSERT_EQUAL(end_of(f, 1)->hs.scratch != NULL, client_offers);
    CU_ASSERT_EQUAL(tvt_connection_established(end_of(f, 1)), true);
}

static bool
authenticated(const struct tvt_fixture *f)
{
    struct tvt_info info;
    tvt_connection_info(end_of(f, 1), &info);
    return info.client_authenticated && info.num_peer_certificates > 0;
}

/* ---- calls ---- */

static void
calls(void)
{
    for (int offers = 0; offers < 2; offers++) {
        struct tvt_fixture f;
        start(&f, offers);
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(end_of(&f, 0)), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_error(end_of(&f, 0))->code, TVT_E_WRONG_CALL);
        tvt_error_clear(&end_of(&f, 0)->call_error);
        CU_ASSERT(!authenticated(&f));
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(end_of(&f, 1)), offers ? TVT_OK : TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_error(end_of(&f, 1))->code, offers ? TVT_E_NONE : TVT_E_WRONG_CALL);
        tvt_pair_settle(&f.pair);
        CU_ASSERT_EQUAL(authenticated(&f), offers);
        CU_ASSERT(tvt_again_talk(&f));
        tvt_fixture_close(&f);
    }
}

/* More requests than messages may come unasked: these were asked for. */
static void
many_requests(void)
{
    struct tvt_fixture f;
    start(&f, true);
    for (unsigned i = 0; i < TVT_LIMIT_POST_HANDSHAKE; i++) {
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(end_of(&f, 1)), TVT_OK);
        tvt_pair_settle(&f.pair);
        CU_ASSERT_EQUAL(asked, i + 1);
        if (i % 8 == 7)
            CU_ASSERT(tvt_pair_send(&f.pair, TVT_SERVER, "x", 1));
    }
    CU_ASSERT(authenticated(&f) && tvt_again_talk(&f));
    tvt_fixture_close(&f);
}

/* ---- a verdict that waits ---- */

/* Behind the held message come a key update and data: nothing of it is taken before the verdict, all of it after. The
 * other direction goes on. */
static void
held_up(void)
{
    for (int whole = 0; whole < 2; whole++) {
        struct tvt_fixture f;
        start(&f, true);
        f.pair.chunk = whole ? 0 : 1;
        undecided = true;
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(end_of(&f, 1)), TVT_OK);
        (void)tvt_pair_step(&f.pair, TVT_SERVER);
        (void)tvt_pair_step(&f.pair, TVT_CLIENT);
        while (f.pair.queue[TVT_CLIENT].len > 0)
            (void)tvt_pair_step(&f.pair, TVT_CLIENT);
        CU_ASSERT_EQUAL(tvt_connection_key_update(end_of(&f, 0), true), TVT_OK);
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, "behind", 6));
        tvt_pair_settle(&f.pair);
        struct tvt_end *e = &f.pair.end[TVT_SERVER];
        CU_ASSERT(e->last == TVT_PENDING && e->data_len == 0 && asked > 0);
        CU_ASSERT_EQUAL(tvt_connection_handshake(end_of(&f, 1)), TVT_PENDING);
        CU_ASSERT(!authenticated(&f));
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_SERVER, "back", 4));
        tvt_pair_settle(&f.pair);
        CU_ASSERT_EQUAL(f.pair.end[TVT_CLIENT].data_len, 4);
        undecided = false;
        tvt_pair_settle(&f.pair);
        CU_ASSERT(e->data_len == 6 && memcmp(e->data, "behind", 6) == 0 && authenticated(&f));
        CU_ASSERT_EQUAL(end_of(&f, 1)->key_updates, 0); /* data came since */
        CU_ASSERT(tvt_again_talk(&f) && end_of(&f, 1)->updates == 1);
        tvt_fixture_close(&f);
    }
}

/* A request for new keys, then an exchange of certificates that stops in its middle: the answer still goes before data. */
static void
answer_before_exchange(void)
{
    struct tvt_fixture f;
    start(&f, true);
    struct tvt_connection *server = end_of(&f, 1);
    CU_ASSERT_EQUAL(tvt_connection_key_update(end_of(&f, 0), true), TVT_OK);
    tvt_pair_settle(&f.pair);
    CU_ASSERT(server->hs.update_owed && server->updates == 0);
    CU_ASSERT_EQUAL(tvt_connection_request_certificate(server), TVT_OK);
    tvt_pair_settle(&f.pair);
    CU_ASSERT(!server->hs.update_owed && server->updates == 1 && authenticated(&f));
    CU_ASSERT_EQUAL(end_of(&f, 0)->key_updates, 1);
    CU_ASSERT(tvt_again_talk(&f) && server->updates == 1);
    tvt_fixture_close(&f);
}

int
tvt_register_waits(void)
{
    static const CU_TestInfo tests[] = {{"calls", calls},
                                        {"many requests", many_requests},
                                        {"held up by a verdict", held_up},
                                        {"the answer to a key update", answer_before_exchange}};
    return suite_register("waits", tests, sizeof tests / sizeof tests[0]);
}
