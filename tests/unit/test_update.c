/* SPDX-License-Identifier: MIT
 *
 * Behind the handshake: when answers to key updates go, keys that are worn (RFC 9846 4.7.3, 5.5), and when tickets go.
 */
#include "core/base/wire.h"
#include "tests/unit/connection_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <string.h>

int tvt_register_update(void);

static uint8_t data[60000];

static void
open_pair(struct tvt_fixture *f)
{
    CU_ASSERT_FATAL(tvt_fixture_open(f, NULL));
    CU_ASSERT_FATAL(tvt_fixture_handshake(f));
}

static bool
arrived(const struct tvt_fixture *f, enum tvt_role to, size_t len)
{
    const struct tvt_end *e = &f->pair.end[to];
    return e->data_len == len && memcmp(e->data, data, len) == 0;
}

/* ---- answers ---- */

/* Requests ask for nothing to be sent at once; one answer serves for all, and goes in front of the next data. */
static void
one_answer(void)
{
    for (int asks = 0; asks < 2; asks++) {
        for (unsigned num = 1; num < 6; num++) {
            struct tvt_fixture f;
            open_pair(&f);
            struct tvt_connection *asker = tvt_fixture_end(&f, (enum tvt_role)asks);
            struct tvt_connection *other = tvt_fixture_end(&f, (enum tvt_role)(1 - asks));
            for (unsigned i = 0; i < num; i++) {
                asker->hs.update_asked = false; /* a peer that asks again and again */
                CU_ASSERT_EQUAL(tvt_connection_key_update(asker, true), TVT_OK);
                tvt_pair_settle(&f.pair);
            }
            CU_ASSERT(other->key_updates == num && other->updates == 0 && other->hs.update_owed);
            CU_ASSERT(!tvt_connection_has_output(other));
            CU_ASSERT_EQUAL(f.pair.queue[asks].len, 0);
            CU_ASSERT(tvt_again_talk(&f));
            CU_ASSERT(other->updates == 1 && !other->hs.update_owed);
            CU_ASSERT(tvt_again_talk(&f));
            CU_ASSERT(other->updates == 1 && asker->updates == num);
            tvt_fixture_close(&f);
        }
    }
}

/* Our own update is the answer when it asks nothing; when it asks, the answer goes by itself in front of it. */
static void
own_update(void)
{
    for (int request = 0; request < 2; request++) {
        struct tvt_fixture f;
        open_pair(&f);
        struct tvt_connection *client = tvt_fixture_end(&f, TVT_CLIENT), *server = tvt_fixture_end(&f, TVT_SERVER);
        CU_ASSERT_EQUAL(tvt_connection_key_update(client, true), TVT_OK);
        tvt_pair_settle(&f.pair);
        CU_ASSERT(server->hs.update_owed);
        CU_ASSERT_EQUAL(tvt_connection_key_update(server, request), TVT_OK);
        CU_ASSERT(!server->hs.update_owed && tvt_connection_has_output(server));
        tvt_pair_settle(&f.pair);
        CU_ASSERT(server->updates == 1u + (unsigned)request && client->hs.update_owed == request);
        CU_ASSERT_EQUAL(client->key_updates, 1u + (unsigned)request);
        CU_ASSERT(tvt_again_talk(&f));
        tvt_fixture_close(&f);
    }
}

/* What is closed for sending owes no answer. */
static void
closed(void)
{
    for (int before = 0; before < 2; before++) {
        struct tvt_fixture f;
        open_pair(&f);
        struct tvt_connection *client = tvt_fixture_end(&f, TVT_CLIENT), *server = tvt_fixture_end(&f, TVT_SERVER);
        if (before)
            CU_ASSERT_EQUAL(tvt_connection_close(server), TVT_OK);
        CU_ASSERT_EQUAL(tvt_connection_key_update(client, true), TVT_OK);
        tvt_pair_settle(&f.pair);
        if (!before)
            CU_ASSERT_EQUAL(tvt_connection_close(server), TVT_OK);
        tvt_pair_settle(&f.pair);
        CU_ASSERT(server->updates == 0 && tvt_connection_received_close(client) && tvt_connection_sent_close(server));
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, data, 5)); /* half closed: this direction goes on */
        tvt_pair_settle(&f.pair);
        CU_ASSERT(arrived(&f, TVT_SERVER, 5));
        CU_ASSERT_EQUAL(tvt_connection_key_update(server, false), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_send_tickets(server, 1), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(server), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_error(server)->code, TVT_E_WRONG_CALL);
        tvt_fixture_close(&f);
    }
}

/* ---- worn keys ---- */

/* Keys are updated before they are worn, by themselves, however much goes in one call and in records however small. */
static void
worn(void)
{
    static const uint16_t limits[] = {0, 64, 512};
    for (size_t i = 0; i < 3; i++) {
        for (size_t room = 64; room <= 16645; room *= 16) {
            struct tvt_fixture f;
            uint8_t out[TVT_RECORD_WIRE_MAX];
            CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
            for (int role = 0; role < 2; role++)
                CU_ASSERT_EQUAL(tvt_config_set_record_size_limit(f.config[role], limits[i], NULL), TVT_OK);
            CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
            struct tvt_connection *client = tvt_fixture_end(&f, TVT_CLIENT);
            client->test_record_limit = client->write.limit = 16;
            for (size_t done = 0, n, used; done < 5000; done += used) {
                enum tvt_result r = tvt_connection_seal(client, out, room, &n, data + done, 5000 - done, &used);
                CU_ASSERT_FATAL(r == TVT_OK || (r == TVT_WANT_WRITE && n > 0));
                tvt_again_inject(&f, TVT_SERVER, out, n);
            }
            tvt_pair_settle(&f.pair);
            CU_ASSERT(arrived(&f, TVT_SERVER, 5000));
            CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&f, TVT_SERVER))->code, TVT_E_NONE);
            CU_ASSERT(room > 64 || client->updates >= 5);
            CU_ASSERT(limits[i] != 64 || client->updates >= 5);
            CU_ASSERT_EQUAL(client->hs.update_asked, false); /* the peer's keys are its own affair */
            tvt_fixture_close(&f);
        }
    }
}

/* A peer with other limits is not our judge (RFC 9846 5.5: receivers SHOULD NOT enforce these limits). */
static void
received(void)
{
    struct tvt_fixture f;
    open_pair(&f);
    tvt_fixture_end(&f, TVT_SERVER)->read.limit = 16;
    for (size_t i = 0; i < 100; i++)
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, data + i, 1));
    tvt_pair_settle(&f.pair);
    CU_ASSERT(arrived(&f, TVT_SERVER, 100));
    tvt_fixture_end(&f, TVT_CLIENT)->write.sequence = tvt_fixture_end(&f, TVT_SERVER)->read.sequence = UINT64_MAX;
    tvt_fixture_end(&f, TVT_CLIENT)->write.limit = UINT64_MAX;
    CU_ASSERT(!tvt_pair_send(&f.pair, TVT_CLIENT, data, 1)); /* but no number comes twice (RFC 9846 5.3) */
    CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&f, TVT_CLIENT))->code, TVT_E_SEQUENCE_EXHAUSTED);
    tvt_fixture_close(&f);
}

/* Keys that cannot be renewed: data end before the limit, so that the peer is still told of the end, and by which one. */
static void
not_renewed(void)
{
    static const uint16_t versions[] = {TVT_TLS12, TVT_TLS13};
    enum { ERROR, CLOSE, CANCEL, ENDS };
    for (unsigned i = 0; i < 2 * ENDS; i++) {
        unsigned end = i / 2;
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(tvt_config_set_versions(f.config[role], versions[i % 2], versions[i % 2], NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        struct tvt_connection *client = tvt_fixture_end(&f, TVT_CLIENT), *server = tvt_fixture_end(&f, TVT_SERVER);
        client->updates = TVT_KEY_UPDATES_MAX;
        client->write.limit = client->write.sequence + 5;
        for (unsigned n = 0; n < 5 - TVT_RECORDS_FOR_END; n++)
            CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, data + n, 1));
        if (end == ERROR)
            CU_ASSERT(!tvt_pair_send(&f.pair, TVT_CLIENT, data, 1));
        if (end != ERROR)
            CU_ASSERT_EQUAL(end == CLOSE ? tvt_connection_close(client) : tvt_connection_cancel(client), TVT_OK);
        tvt_pair_settle(&f.pair);
        CU_ASSERT(arrived(&f, TVT_SERVER, 5 - TVT_RECORDS_FOR_END));
        CU_ASSERT_EQUAL(tvt_connection_error(client)->code, end == ERROR ? TVT_E_SEQUENCE_EXHAUSTED : TVT_E_NONE);
        CU_ASSERT_EQUAL(tvt_connection_error(server)->code, end == ERROR ? TVT_E_PEER_ALERT : TVT_E_NONE);
        CU_ASSERT(end != ERROR || tvt_connection_error(server)->alert == TVT_ALERT_INTERNAL_ERROR);
        CU_ASSERT_EQUAL(tvt_connection_received_close(server), end != ERROR);
        CU_ASSERT(client->write.sequence <= client->write.limit);
        tvt_fixture_close(&f);
    }
}

/* 2^48 - 1 updates, and no more: a request is then passed over, worn keys end the connection (RFC 9846 4.7.3). */
static void
most_updates(void)
{
    struct tvt_fixture f;
    open_pair(&f);
    struct tvt_connection *client = tvt_fixture_end(&f, TVT_CLIENT), *server = tvt_fixture_end(&f, TVT_SERVER);
    server->updates = TVT_KEY_UPDATES_MAX - 1;
    CU_ASSERT_EQUAL(tvt_connection_key_update(server, false), TVT_OK);
    CU_ASSERT_EQUAL(tvt_connection_key_update(server, false), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_connection_error(server)->code, TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(tvt_connection_key_update(client, true), TVT_OK);
    tvt_pair_settle(&f.pair);
    CU_ASSERT(tvt_again_talk(&f));
    CU_ASSERT(server->updates == TVT_KEY_UPDATES_MAX && client->key_updates <= 1 && !server->hs.update_owed);
    server->write.limit = server->write.sequence;
    CU_ASSERT(!tvt_pair_send(&f.pair, TVT_SERVER, data, 1));
    CU_ASSERT_EQUAL(tvt_connection_error(server)->code, TVT_E_SEQUENCE_EXHAUSTED);
    tvt_fixture_close(&f);
}

/* ---- tickets ---- */

static size_t
wire_len(const struct tvt_again *a)
{
    return a->f.pair.queue[TVT_CLIENT].total;
}

/* They wait for the server's first data, and leave in front of it, through outputs however small. */
static void
tickets_wait(void)
{
    for (size_t room = 64; room <= 16645; room *= 16) {
        struct tvt_again a;
        uint8_t out[TVT_RECORD_WIRE_MAX];
        unsigned calls = 0;
        tvt_again_open(&a, 0, 0);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&a.f));
        struct tvt_connection *server = tvt_fixture_end(&a.f, TVT_SERVER);
        CU_ASSERT(!tvt_connection_has_output(server) && server->hs.tickets_due == 2);
        size_t before = wire_len(&a);
        tvt_pair_settle(&a.f.pair);
        CU_ASSERT(wire_len(&a) == before && a.num_sessions == 0);
        CU_ASSERT(tvt_pair_send(&a.f.pair, TVT_CLIENT, data, 10)); /* the other direction is none of theirs */
        tvt_pair_settle(&a.f.pair);
        CU_ASSERT_EQUAL(a.num_sessions, 0);
        for (size_t n, used = 0; used == 0 && calls < 100; calls++) {
            enum tvt_result r = tvt_connection_seal(server, out, room, &n, data, 10, &used);
            CU_ASSERT_FATAL(r == TVT_OK || (r == TVT_WANT_WRITE && n > 0));
            tvt_again_inject(&a.f, TVT_CLIENT, out, n);
        }
        CU_ASSERT(room > 64 ? calls <= 2 : calls > 5);
        tvt_pair_settle(&a.f.pair);
        CU_ASSERT(a.num_sessions == 2 && a.f.pair.end[TVT_CLIENT].data_len > 0);
        CU_ASSERT(tvt_again_talk(&a.f));
        CU_ASSERT_EQUAL(a.num_sessions, 2);
        tvt_again_close(&a);
    }
}

static void
tickets_at_once(void)
{
    struct tvt_again a;
    tvt_again_open(&a, 0, 0);
    CU_ASSERT_FATAL(tvt_fixture_connect(&a.f));
    struct tvt_connection *client = tvt_fixture_end(&a.f, TVT_CLIENT), *server = tvt_fixture_end(&a.f, TVT_SERVER);
    CU_ASSERT_EQUAL(tvt_connection_send_tickets(server, 0), TVT_FAIL); /* too soon */
    CU_ASSERT_EQUAL(tvt_connection_error(server)->code, TVT_E_WRONG_CALL);
    tvt_error_clear(&server->call_error);
    CU_ASSERT_FATAL(tvt_pair_handshake(&a.f.pair));
    CU_ASSERT_EQUAL(tvt_connection_send_tickets(client, 1), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_connection_error(client)->code, TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(tvt_connection_send_tickets(server, 0), TVT_OK);
    CU_ASSERT(tvt_connection_has_output(server));
    tvt_pair_settle(&a.f.pair);
    CU_ASSERT_EQUAL(a.num_sessions, 2);
    CU_ASSERT_EQUAL(tvt_connection_send_tickets(server, 0), TVT_OK);
    CU_ASSERT(!tvt_connection_has_output(server));
    CU_ASSERT_EQUAL(tvt_connection_send_tickets(server, 3), TVT_OK);
    tvt_pair_settle(&a.f.pair);
    CU_ASSERT_EQUAL(a.num_sessions, 5);
    CU_ASSERT(tvt_again_talk(&a.f));
    CU_ASSERT_EQUAL(a.num_sessions, 5);
    for (size_t i = 0; i < 5; i++) /* no two are the same */
        for (size_t j = 0; j < i; j++)
            CU_ASSERT(!tvt_span_equal(a.session[i]->identity, a.session[j]->identity) &&
                      memcmp(a.session[i]->secret, a.session[j]->secret, a.session[i]->secret_len) != 0);
    tvt_again_close(&a);
}

/* A server without keys for them owes none. */
static void
no_tickets(void)
{
    struct tvt_fixture f;
    open_pair(&f);
    struct tvt_connection *server = tvt_fixture_end(&f, TVT_SERVER);
    CU_ASSERT_EQUAL(tvt_connection_send_tickets(server, 5), TVT_OK);
    CU_ASSERT(!tvt_connection_has_output(server));
    CU_ASSERT(tvt_again_talk(&f));
    tvt_fixture_close(&f);
}

/* Tickets, an answer that is due and worn keys, all in front of the same data. */
static void
all_at_once(void)
{
    struct tvt_again a;
    tvt_again_open(&a, 0, 0);
    CU_ASSERT_FATAL(tvt_fixture_handshake(&a.f));
    struct tvt_connection *client = tvt_fixture_end(&a.f, TVT_CLIENT), *server = tvt_fixture_end(&a.f, TVT_SERVER);
    CU_ASSERT_EQUAL(tvt_connection_key_update(client, true), TVT_OK);
    tvt_pair_settle(&a.f.pair);
    server->write.sequence = client->read.sequence = 15;
    server->write.limit = 17;
    CU_ASSERT(tvt_pair_send(&a.f.pair, TVT_SERVER, data, 4));
    tvt_pair_settle(&a.f.pair);
    CU_ASSERT(arrived(&a.f, TVT_CLIENT, 4) && a.num_sessions == 2 && server->updates == 1);
    CU_ASSERT(tvt_again_talk(&a.f));
    tvt_again_close(&a);
}

int
tvt_register_update(void)
{
    static const CU_TestInfo tests[] = {{"one answer for all requests", one_answer},
                                        {"our own update as the answer", own_update},
                                        {"closed", closed},
                                        {"worn keys", worn},
                                        {"the peer's worn keys", received},
                                        {"keys that cannot be renewed", not_renewed},
                                        {"most updates", most_updates},
                                        {"tickets wait for data", tickets_wait},
                                        {"tickets at once", tickets_at_once},
                                        {"no tickets", no_tickets},
                                        {"all at once", all_at_once}};
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    return suite_register("update", tests, sizeof tests / sizeof tests[0]);
}
