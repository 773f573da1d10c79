/* SPDX-License-Identifier: MIT
 *
 * Shorter handshakes between two connections of ours: tickets, caches, external and imported keys, 0-RTT
 * (RFC 9846 2.2, 2.3, 4.3.9 to 4.3.11, 4.7.1, 8; RFC 9149; RFC 9258).
 */
#include "tests/unit/resume_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_resume(void);

/* ---- tickets ---- */

static void
tickets(void)
{
    for (size_t i = 0; i < RESUME_BACKENDS; i++) {
        struct resume b;
        if (!resume_open(&b, resume_backends[i]))
            continue;
        CU_ASSERT(resume_first(&b));
        CU_ASSERT_EQUAL(b.kept.num, 2);
        resume_now_ms += 1000;
        resume_next(&b, 1, false);
        resume_expect(&b, true);
        CU_ASSERT_EQUAL(b.kept.num, 3); /* one more for the one that was used */
        resume_thaw(&b);
        resume_now_ms += 1000;
        resume_next(&b, 2, false); /* of a resumed connection */
        resume_expect(&b, true);
        resume_close(&b);
    }
}

static void
cache(void)
{
    for (size_t i = 0; i < RESUME_BACKENDS; i++) {
        struct resume b;
        if (!resume_open(&b, resume_backends[i]))
            continue;
        CU_ASSERT_EQUAL_FATAL(tvt_memory_cache_new(&b.cache, 16, NULL, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_session_cache(b.f.config[TVT_SERVER], tvt_memory_cache_port(b.cache), NULL),
                        TVT_OK);
        CU_ASSERT(resume_first(&b));
        struct tvt_session_info info;
        tvt_session_info(b.kept.session[0], &info);
        CU_ASSERT_EQUAL(info.identity.len, TVT_SESSION_ID_LEN);
        resume_next(&b, 0, false);
        resume_expect(&b, true);
        resume_thaw(&b);
        resume_next(&b, 0, false); /* a second time: it was taken */
        resume_expect(&b, false);
        resume_close(&b);
    }
}

/* A HelloRetryRequest between: the binder covers both hellos, a cached session is found again. */
static void
after_retry(void)
{
    for (size_t i = 0; i < 2 * RESUME_BACKENDS; i++) {
        struct resume b;
        if (!resume_open(&b, resume_backends[i % RESUME_BACKENDS]))
            continue;
        if (i >= RESUME_BACKENDS) {
            CU_ASSERT_EQUAL_FATAL(tvt_memory_cache_new(&b.cache, 16, NULL, NULL), TVT_OK);
            CU_ASSERT_EQUAL(tvt_config_set_session_cache(b.f.config[TVT_SERVER], tvt_memory_cache_port(b.cache), NULL),
                            TVT_OK);
        }
        CU_ASSERT(resume_first(&b));
        CU_ASSERT_EQUAL(tvt_config_set_num_shares(b.f.config[TVT_CLIENT], 0, NULL), TVT_OK);
        resume_next(&b, 0, false);
        resume_expect(&b, true);
        CU_ASSERT(resume_info(&b, TVT_CLIENT).hello_retry);
        resume_close(&b);
    }
}

static void
not_resumed(void)
{
    struct resume b;
    if (!resume_open_full(&b))
        return;
    CU_ASSERT(resume_first(&b));

    resume_now_ms += UINT64_C(7201) * 1000; /* too old */
    resume_next(&b, 0, false);
    resume_expect(&b, false);
    resume_thaw(&b);
    resume_now_ms = TVT_FIXTURE_TIME_MS;

    CU_ASSERT_EQUAL(tvt_config_set_suites(b.f.config[TVT_CLIENT], "TLS_AES_256_GCM_SHA384", NULL), TVT_OK);
    resume_next(&b, 0, false); /* another hash */
    struct tvt_session_info info;
    tvt_session_info(b.kept.session[0], &info);
    resume_expect(&b, info.hash == TVT_HASH_SHA384);
    resume_thaw(&b);

    CU_ASSERT_FATAL(tvt_fixture_connect(&b.f)); /* for another name: not offered, and refused */
    CU_ASSERT_EQUAL(tvt_connection_set_names(tvt_fixture_end(&b.f, TVT_CLIENT), "other.example", "localhost"), TVT_OK);
    CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&b.f, TVT_CLIENT), b.kept.session[1]), TVT_OK);
    resume_expect(&b, false);
    resume_thaw(&b);

    struct tvt_ticket_keys *others;
    CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_new(&others, tvt_config_provider(b.f.config[TVT_SERVER]), 0, NULL, NULL),
                          TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_ticket_keys(b.f.config[TVT_SERVER], others, NULL), TVT_OK);
    resume_next(&b, 0, false); /* a ticket of another server */
    resume_expect(&b, false);
    tvt_ticket_keys_unref(others);
    resume_close(&b);
}

/* A session that nobody verified must not open a connection that wants verification. */
static void
unverified_session(void)
{
    struct resume b;
    if (!resume_open_full(&b))
        return;
    CU_ASSERT_EQUAL(tvt_config_set_verify(b.f.config[TVT_CLIENT], TVT_VERIFY_NONE, NULL), TVT_OK);
    CU_ASSERT(resume_first(&b));
    CU_ASSERT_EQUAL(tvt_config_set_verify(b.f.config[TVT_CLIENT], TVT_VERIFY_PEER, NULL), TVT_OK);
    resume_next(&b, 0, false);
    resume_expect(&b, false);
    resume_close(&b);
}

static enum tvt_result
verdict_answer(void *user, const struct tvt_span *chain, size_t num)
{
    enum tvt_result *answers = user, r = answers[0];
    CU_ASSERT(num > 0 && chain[0].len > 100);
    if (r == TVT_PENDING)
        answers[0] = answers[1];
    return r;
}

/* Where it is asked for, a session's certificates are checked again: by time, by trust, by the program. */
static void
checked_again(void)
{
    enum { GOOD, LATER, EXPIRED, OTHER_TRUST, REFUSED, NUM };
    for (int why = GOOD; why < NUM; why++) {
        struct resume b;
        if (!resume_open_full(&b))
            return;
        CU_ASSERT(resume_first(&b));
        CU_ASSERT_EQUAL(tvt_config_set_reverify(b.f.config[TVT_CLIENT], true, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_verdict(b.f.config[TVT_CLIENT], verdict_answer, b.answers, NULL), TVT_OK);
        b.answers[0] = why == REFUSED ? TVT_FAIL : why == LATER ? TVT_PENDING : TVT_OK;
        if (why == OTHER_TRUST) {
            struct tvt_trust_store *none;
            CU_ASSERT_EQUAL_FATAL(tvt_trust_store_new(&none, NULL, NULL), TVT_OK);
            CU_ASSERT_EQUAL(tvt_config_set_trust(b.f.config[TVT_CLIENT], none, NULL), TVT_OK);
            tvt_trust_store_unref(none);
        }
        if (why == EXPIRED) { /* the session stays young, the certificates grow old */
            resume_client_ahead_ms = UINT64_C(1000) * 86400 * 365 * 100;
            b.kept.session[0]->issued_ms += resume_client_ahead_ms;
        }
        resume_next(&b, 0, false);
        bool done = tvt_pair_handshake(&b.f.pair);
        CU_ASSERT_EQUAL(done, why == GOOD || why == LATER);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).resumed, true);
        if (!done)
            CU_ASSERT(tvt_connection_error(tvt_fixture_end(&b.f, TVT_CLIENT))->alert != TVT_ALERT_NONE);
        resume_close(&b);
    }
}

static void
ticket_request(void)
{
    struct resume b;
    if (!resume_open_full(&b))
        return;
    CU_ASSERT_EQUAL(tvt_config_set_ticket_request(b.f.config[TVT_CLIENT], 5, 3, NULL), TVT_OK);
    CU_ASSERT(resume_first(&b));
    CU_ASSERT_EQUAL(b.kept.num, 5);
    resume_next(&b, 4, false);
    resume_expect(&b, true);
    CU_ASSERT_EQUAL(b.kept.num, 8);
    resume_close(&b);
}

/* Tickets wait for the server's first write, or for the program's word. */
static void
tickets_wait(void)
{
    struct resume b;
    if (!resume_open_full(&b))
        return;
    CU_ASSERT_FATAL(tvt_fixture_handshake(&b.f));
    tvt_pair_settle(&b.f.pair);
    size_t total = b.f.pair.queue[TVT_CLIENT].total;
    CU_ASSERT_FALSE(tvt_connection_has_output(tvt_fixture_end(&b.f, TVT_SERVER)));
    CU_ASSERT_EQUAL(b.kept.num, 0);
    CU_ASSERT_EQUAL(tvt_connection_send_tickets(tvt_fixture_end(&b.f, TVT_SERVER), 1), TVT_OK);
    tvt_pair_settle(&b.f.pair);
    CU_ASSERT(b.f.pair.queue[TVT_CLIENT].total > total);
    CU_ASSERT_EQUAL(b.kept.num, 3);
    CU_ASSERT(resume_exchange(&b));
    CU_ASSERT_EQUAL(b.kept.num, 3);
    CU_ASSERT_EQUAL(tvt_connection_send_tickets(tvt_fixture_end(&b.f, TVT_CLIENT), 1), TVT_FAIL);
    resume_close(&b);
}

/* ---- external and imported keys ---- */

static const uint8_t psk_key[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};

static struct tvt_session *
external(const char *identity, const uint8_t *key, enum tvt_hash_id hash)
{
    struct tvt_session *psk = NULL;
    CU_ASSERT_EQUAL_FATAL(tvt_session_new_external(&psk, (struct tvt_span){(const uint8_t *)identity, strlen(identity)},
                                                   (struct tvt_span){key, 32}, hash, NULL),
                          TVT_OK);
    return psk;
}

static void
give_psk(struct resume *b, enum tvt_role role, struct tvt_session *psk)
{
    CU_ASSERT_EQUAL(tvt_config_add_psk(b->f.config[role], psk, NULL), TVT_OK);
    tvt_session_unref(psk);
}

static void
external_keys(void)
{
    for (size_t i = 0; i < RESUME_BACKENDS; i++) {
        struct resume b;
        if (!resume_open(&b, resume_backends[i]))
            continue;
        give_psk(&b, TVT_CLIENT, external("other", psk_key, TVT_HASH_SHA256));
        give_psk(&b, TVT_CLIENT, external("device 7", psk_key, TVT_HASH_SHA256));
        give_psk(&b, TVT_SERVER, external("device 7", psk_key, TVT_HASH_SHA256));
        CU_ASSERT(tvt_fixture_handshake(&b.f) && resume_exchange(&b));
        CU_ASSERT(resume_info(&b, TVT_CLIENT).resumed && resume_info(&b, TVT_CLIENT).psk_external);
        CU_ASSERT(resume_info(&b, TVT_SERVER).resumed && resume_info(&b, TVT_SERVER).psk_external);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).num_peer_certificates, 0);
        CU_ASSERT(resume_info(&b, TVT_CLIENT).group != 0);
        resume_close(&b);
    }
}

/* The suite of a HelloRetryRequest is the PSK's; it stands, whatever suite comes first otherwise. */
static void
suite_after_retry(void)
{
    struct resume b;
    if (!resume_open_full(&b))
        return;
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(tvt_config_set_suites(b.f.config[role], "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", NULL),
                        TVT_OK);
        give_psk(&b, (enum tvt_role)role, external("a", psk_key, TVT_HASH_SHA256));
    }
    CU_ASSERT_EQUAL(tvt_config_set_num_shares(b.f.config[TVT_CLIENT], 0, NULL), TVT_OK);
    CU_ASSERT(tvt_fixture_handshake(&b.f) && resume_exchange(&b));
    CU_ASSERT(resume_info(&b, TVT_CLIENT).hello_retry && resume_info(&b, TVT_CLIENT).psk_external);
    CU_ASSERT_STRING_EQUAL(resume_info(&b, TVT_SERVER).suite_name, "TLS_AES_128_GCM_SHA256");
    resume_close(&b);
}

static void
imported_keys(void)
{
    for (size_t i = 0; i < RESUME_BACKENDS; i++) {
        struct resume b;
        struct tvt_session *psk;
        if (!resume_open(&b, resume_backends[i]))
            continue;
        for (int role = 0; role < 2; role++) {
            CU_ASSERT_EQUAL_FATAL(tvt_session_new_imported(&psk, tvt_config_provider(b.f.config[role]),
                                                           (struct tvt_span){(const uint8_t *)"device", 6},
                                                           (struct tvt_span){psk_key, 32}, TVT_HASH_SHA256,
                                                           (struct tvt_span){(const uint8_t *)"ctx", 3},
                                                           TVT_HASH_SHA256, NULL),
                                  TVT_OK);
            give_psk(&b, (enum tvt_role)role, psk);
        }
        CU_ASSERT(tvt_fixture_handshake(&b.f) && resume_exchange(&b));
        CU_ASSERT(resume_info(&b, TVT_SERVER).resumed && resume_info(&b, TVT_SERVER).psk_external);
        resume_close(&b);
    }
}

/* Without (EC)DHE, only where both sides say so. */
static void
psk_only(void)
{
    static const struct {
        unsigned client, server;
        bool psk, share;
    } rows[] = {{TVT_PSK_KE, TVT_PSK_KE, true, false},
                {TVT_PSK_KE, TVT_PSK_DHE_KE, false, true},
                {TVT_PSK_KE | TVT_PSK_DHE_KE, TVT_PSK_KE, true, false},
                {TVT_PSK_KE | TVT_PSK_DHE_KE, TVT_PSK_KE | TVT_PSK_DHE_KE, true, true},
                {TVT_PSK_DHE_KE, TVT_PSK_KE, false, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct resume b;
        if (!resume_open_full(&b))
            return;
        CU_ASSERT_EQUAL(tvt_config_set_psk_modes(b.f.config[TVT_CLIENT], rows[i].client, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_psk_modes(b.f.config[TVT_SERVER], rows[i].server, NULL), TVT_OK);
        give_psk(&b, TVT_CLIENT, external("a", psk_key, TVT_HASH_SHA256));
        give_psk(&b, TVT_SERVER, external("a", psk_key, TVT_HASH_SHA256));
        CU_ASSERT(tvt_fixture_handshake(&b.f) && resume_exchange(&b));
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).resumed, rows[i].psk);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).group != 0, rows[i].share);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).group != 0, rows[i].share);
        resume_close(&b);
    }
}

static void
wrong_key(void)
{
    uint8_t other[32] = {9};
    struct resume b;
    if (!resume_open_full(&b))
        return;
    give_psk(&b, TVT_CLIENT, external("a", psk_key, TVT_HASH_SHA256));
    give_psk(&b, TVT_SERVER, external("a", other, TVT_HASH_SHA256));
    CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
    CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&b.f, TVT_SERVER))->code, TVT_E_BAD_BINDER);
    CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&b.f, TVT_CLIENT))->alert, TVT_ALERT_DECRYPT_ERROR);
    resume_close(&b);
}

/* ---- 0-RTT ---- */

static void
allow_early(struct resume *b, uint32_t max)
{
    CU_ASSERT_EQUAL(tvt_config_set_early_data(b->f.config[TVT_CLIENT], max, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_early_data(b->f.config[TVT_SERVER], max, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_replay(b->f.config[TVT_SERVER], &b->replay, 10000, NULL), TVT_OK);
}

static size_t
send_early(struct resume *b, const void *data, size_t len)
{
    struct tvt_pair *p = &b->f.pair;
    struct tvt_connection *c = tvt_fixture_end(&b->f, TVT_CLIENT);
    struct tvt_queue *q = &p->queue[TVT_SERVER];
    size_t put = 0, used = 0;
    CU_ASSERT_EQUAL(tvt_connection_handshake(c), TVT_WANT_WRITE);
    CU_ASSERT_EQUAL(tvt_connection_output(c, q->bytes + q->len, TVT_PAIR_QUEUE - q->len, &put), TVT_OK);
    q->len += put;
    q->total += put;
    enum tvt_result r =
        tvt_connection_seal_early(c, q->bytes + q->len, TVT_PAIR_QUEUE - q->len, &put, data, len, &used);
    if (r != TVT_OK)
        return 0;
    q->len += put;
    q->total += put;
    return used;
}

static void
early_accepted(void)
{
    for (size_t i = 0; i < RESUME_BACKENDS; i++) {
        struct resume b;
        if (!resume_open(&b, resume_backends[i]))
            continue;
        allow_early(&b, 100);
        CU_ASSERT(resume_first(&b));
        resume_now_ms += 500;
        resume_next(&b, 0, true);
        CU_ASSERT_EQUAL(send_early(&b, "early bird", 10), 10);
        CU_ASSERT_EQUAL(tvt_connection_early_room(tvt_fixture_end(&b.f, TVT_CLIENT)), 90);
        resume_expect(&b, true);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).early, TVT_EARLY_ACCEPTED);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).early, TVT_EARLY_ACCEPTED);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).early_bytes, 10);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).early_bytes, 10);
        CU_ASSERT(b.f.pair.end[TVT_SERVER].data_len >= 10 &&
                  memcmp(b.f.pair.end[TVT_SERVER].data, "early bird", 10) == 0);
        CU_ASSERT_EQUAL(tvt_connection_early_room(tvt_fixture_end(&b.f, TVT_CLIENT)), 0);
        resume_close(&b);
    }
}

enum why { REPLAYED, RETRY, WINDOW, PROTOCOL, SWITCHED_OFF, SUITE, NUM_WHY };

static void
spoil(struct resume *b, enum why why)
{
    struct tvt_config *client = b->f.config[TVT_CLIENT], *server = b->f.config[TVT_SERVER];
    if (why == REPLAYED)
        b->answers[0] = TVT_FAIL;
    if (why == RETRY)
        CU_ASSERT_EQUAL(tvt_config_set_num_shares(client, 0, NULL), TVT_OK);
    if (why == PROTOCOL)
        CU_ASSERT_EQUAL(tvt_config_set_alpn(server, (const uint8_t *)"\2h2", 3, true, NULL), TVT_OK);
    if (why == SWITCHED_OFF)
        CU_ASSERT_EQUAL(tvt_config_set_early_data(server, 0, NULL), TVT_OK);
    if (why == SUITE) /* of the same hash */
        CU_ASSERT_EQUAL(tvt_config_set_suites(server, "TLS_CHACHA20_POLY1305_SHA256", NULL), TVT_OK);
}

static void
early_rejected(void)
{
    static char big[1000];
    for (unsigned why = 0; why < NUM_WHY; why++) {
        struct resume b;
        if (!resume_open_full(&b))
            return;
        allow_early(&b, sizeof big);
        CU_ASSERT_EQUAL(tvt_config_set_suites(b.f.config[TVT_SERVER], "TLS_AES_128_GCM_SHA256", NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_alpn(b.f.config[TVT_CLIENT], (const uint8_t *)"\2h2\1x", 5, true, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_alpn(b.f.config[TVT_SERVER], (const uint8_t *)"\1x", 2, true, NULL), TVT_OK);
        CU_ASSERT(resume_first(&b));
        spoil(&b, (enum why)why);
        resume_next(&b, 0, true);
        if (why == WINDOW) /* the client believes that less time went by than the server */
            b.kept.session[0]->age_add -= 20000;
        CU_ASSERT_EQUAL(send_early(&b, big, sizeof big), sizeof big);
        resume_expect(&b, true);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).early, TVT_EARLY_REJECTED);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).early, TVT_EARLY_REJECTED);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).early_bytes, 0);
        resume_close(&b);
    }
}

/* The external memory of replays may take its time. */
static void
early_pending(void)
{
    struct resume b;
    if (!resume_open_full(&b))
        return;
    allow_early(&b, 100);
    CU_ASSERT(resume_first(&b));
    b.answers[0] = TVT_PENDING;
    b.answers[1] = TVT_OK;
    resume_next(&b, 0, true);
    CU_ASSERT_EQUAL(send_early(&b, "x", 1), 1);
    resume_expect(&b, true);
    CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).early, TVT_EARLY_ACCEPTED);
    resume_close(&b);
}

/* ---- GREASE of a server (RFC 8701 4.1) ---- */

struct greased {
    unsigned requests, tickets, values; /* messages, and those with an extension 0x?A?A */
};

static bool
note_grease(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    struct greased *g = user;
    struct tvt_message m;
    const struct tvt_extensions *e = NULL;
    if (kind != TVT_MSG_CERTIFICATE_REQUEST && kind != TVT_MSG_NEW_SESSION_TICKET)
        return false;
    g->requests += kind == TVT_MSG_CERTIFICATE_REQUEST;
    g->tickets += kind == TVT_MSG_NEW_SESSION_TICKET;
    CU_ASSERT_EQUAL_FATAL(tvt_message_decode(&m, *message, NULL), TVT_OK);
    e = kind == TVT_MSG_CERTIFICATE_REQUEST ? &m.u.certificate_request.ext : &m.u.new_session_ticket.ext;
    g->values += e->unknown && (e->unknown_code & 0x0f0f) == 0x0a0a && e->unknown_code >> 8 == (e->unknown_code & 0xff);
    return false;
}

static void
server_grease(void)
{
    for (size_t i = 0; i < 2 * RESUME_BACKENDS; i++) {
        struct greased seen = {0};
        struct resume b;
        bool on = i % 2 != 0;
        if (!resume_open(&b, resume_backends[i / 2]))
            continue;
        struct tvt_config *server = b.f.config[TVT_SERVER];
        struct tvt_trust_store *trust = tvt_fixture_trust("ed25519");
        CU_ASSERT_EQUAL(tvt_config_set_trust(server, trust, NULL), TVT_OK);
        tvt_trust_store_unref(trust);
        CU_ASSERT_EQUAL(tvt_config_set_verify(server, TVT_VERIFY_REQUEST, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_grease(server, on, NULL), TVT_OK);
        server->test_port.replace = note_grease;
        server->test_port.user = &seen;
        CU_ASSERT(resume_first(&b));
        CU_ASSERT(seen.requests == 1 && seen.tickets == 2);
        CU_ASSERT_EQUAL(seen.values, on ? 3 : 0);
        CU_ASSERT_EQUAL(b.kept.num, 2); /* the client does not mind */
        resume_next(&b, 0, false);
        resume_expect(&b, true);
        resume_close(&b);
    }
}

int
tvt_register_resume(void)
{
    static const CU_TestInfo tests[] = {
        {"tickets, on every backend", tickets},
        {"a server's cache: each session once", cache},
        {"after HelloRetryRequest", after_retry},
        {"what must not be resumed is not", not_resumed},
        {"an unverified session proves nothing", unverified_session},
        {"certificates checked again", checked_again},
        {"as many tickets as were asked for", ticket_request},
        {"tickets wait for the first write", tickets_wait},
        {"GREASE of a server", server_grease},
        {"external keys", external_keys},
        {"imported keys", imported_keys},
        {"the suite of a HelloRetryRequest stands", suite_after_retry},
        {"psk_ke where both sides say so", psk_only},
        {"two keys under one identity", wrong_key},
        {"0-RTT accepted", early_accepted},
        {"0-RTT rejected, for every reason", early_rejected},
        {"0-RTT, the memory of replays answers later", early_pending},
    };
    return suite_register("resume", tests, sizeof tests / sizeof tests[0]);
}
