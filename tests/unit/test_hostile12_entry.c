/* SPDX-License-Identifier: MIT
 *
 * TLS 1.2 as a way in: what TLS 1.3 refuses of a session, a key or a client without a cookie, TLS 1.2 must refuse, too.
 */
#include "core/handshake/protocol.h"
#include "core/session/session.h"
#include "tests/support/bend.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <string.h>

int tvt_register_hostile12_entry(void);

static const unsigned ways[] = {TLS12_TICKET, TLS12_ID};

/* ---- sessions that prove less than the server asks for ---- */

static void
require_certificate(struct resume *b)
{
    struct tvt_config *client = b->f.config[TVT_CLIENT], *server = b->f.config[TVT_SERVER];
    struct tvt_trust_store *store = tvt_fixture_trust("client-ed25519");
    struct tvt_credential *c = tvt_fixture_credential(client->provider, "client-ed25519");
    CU_ASSERT_FATAL(store != NULL && c != NULL);
    CU_ASSERT_EQUAL(tvt_config_set_trust(server, store, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_add_credential(client, c, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_verify(server, TVT_VERIFY_REQUIRE, NULL), TVT_OK);
    tvt_trust_store_unref(store);
    tvt_credential_unref(c);
}

/* Who came by a key where one is taken does not come in by its session where certificates alone are: a server that shares
 * the ticket keys, or the cache, with another. */
static void
by_key_elsewhere(void)
{
    static const char both[] =
        "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256:TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
    for (size_t i = 0; i < 2 * 2; i++) {
        bool takes_keys = i / 2;
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, ways[i % 2] | TLS12_PSK));
        struct tvt_config *server = b.f.config[TVT_SERVER];
        require_certificate(&b);
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(tvt_config_set_suites(b.f.config[role], both, NULL), TVT_OK);
        if (!takes_keys)
            while (server->session.num_psk > 0)
                tvt_session_unref(server->session.psk[--server->session.num_psk]);
        resume_next(&b, 0, false);
        CU_ASSERT(tvt_pair_handshake(&b.f.pair) && resume_exchange(&b));
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).resumed, takes_keys);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).client_authenticated, !takes_keys);
        resume_close(&b);
    }
}

/* A server that has come to insist on the status of the client's certificate: a session from before shows none. */
static void
without_status(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, ways[i] | TLS12_REQUEST));
        CU_ASSERT_EQUAL(tvt_config_set_staples(b.f.config[TVT_SERVER], TVT_STAPLE_REQUIRE, false, NULL), TVT_OK);
        resume_next(&b, 0, false);
        CU_ASSERT_FALSE(tvt_pair_handshake(&b.f.pair));
        CU_ASSERT(tls12_failed(&b, TVT_SERVER, TVT_E_OCSP_MISSING));
        resume_close(&b);
    }
}

/* ---- keys ---- */

static struct tvt_session *found;
static enum tvt_result answer;

static enum tvt_result
look_up(void *user, struct tvt_span identity, struct tvt_session **out)
{
    (void)user;
    (void)identity;
    *out = tvt_session_ref(found);
    return answer;
}

static struct tvt_session *
keyless(void)
{
    struct tvt_session fields = {.kind = TVT_SESSION_EXTERNAL, .version = TVT_TLS13, .hash = TVT_HASH_SHA256}, *made;
    fields.identity = tvt_span("somebody", 8);
    CU_ASSERT_EQUAL_FATAL(tvt_session_make(&made, &fields, NULL), TVT_OK);
    return made;
}

static void
drop_psk(struct tvt_config *c)
{
    while (c->session.num_psk > 0)
        tvt_session_unref(c->session.psk[--c->session.num_psk]);
}

/* A configuration does not take it; where it came in by another way, it is no key all the same. */
static void
put_keyless(struct tvt_config *c)
{
    CU_ASSERT_EQUAL(tvt_config_add_psk(c, found, NULL), TVT_FAIL);
    c->session.psk[c->session.num_psk++] = tvt_session_ref(found);
}

/* A lookup that says no, and leaves a key behind all the same. */
static void
refused_key(void)
{
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_PSK));
    found = tls12_psk("somebody");
    answer = TVT_FAIL;
    drop_psk(b.f.config[TVT_SERVER]);
    CU_ASSERT_EQUAL(tvt_config_set_psk_lookup(b.f.config[TVT_SERVER], look_up, NULL, NULL), TVT_OK);
    CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
    CU_ASSERT(tls12_failed(&b, TVT_SERVER, TVT_E_UNKNOWN_PSK_IDENTITY));
    resume_close(&b);
    tvt_session_unref(found);
}

/* A key of no bytes is known to everybody. A client that has one alone has no key. */
static void
key_of_no_bytes(void)
{
    for (int by_lookup = 0; by_lookup < 2; by_lookup++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, TLS12_PSK));
        struct tvt_config *client, *server = b.f.config[TVT_SERVER];
        found = keyless();
        answer = TVT_OK;
        drop_psk(server);
        if (by_lookup) {
            CU_ASSERT_EQUAL(tvt_config_set_psk_lookup(server, look_up, NULL, NULL), TVT_OK);
        } else {
            put_keyless(server);
        }
        CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
        CU_ASSERT(tls12_failed(&b, TVT_SERVER, TVT_E_UNKNOWN_PSK_IDENTITY));
        resume_thaw(&b);
        CU_ASSERT(tvt_offer13_has_suite(b.f.config[TVT_CLIENT], tvt_suite_find(0xccac)));
        client = b.f.config[TVT_CLIENT];
        drop_psk(client);
        put_keyless(client);
        CU_ASSERT_FALSE(tvt_offer13_has_suite(client, tvt_suite_find(0xccac)));
        resume_close(&b);
        tvt_session_unref(found);
    }
}

/* ---- the cache ---- */

static enum tvt_result
put_nothing(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires_ms)
{
    (void)user;
    (void)id;
    (void)session;
    (void)expires_ms;
    return TVT_OK;
}

static enum tvt_result
take_nothing(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    (void)user;
    (void)id;
    *out = NULL;
    return TVT_OK;
}

/* A cache of the program's that found nothing, and says that all went well. */
static void
cache_without_session(void)
{
    static const struct tvt_session_cache nothing[] = {{NULL, put_nothing, take_nothing, take_nothing},
                                                       {NULL, put_nothing, take_nothing, NULL}};
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, TLS12_ID));
        CU_ASSERT_EQUAL(tvt_config_set_session_cache(b.f.config[TVT_SERVER], &nothing[i], NULL), TVT_OK);
        resume_next(&b, 0, false);
        resume_expect(&b, false);
        resume_close(&b);
    }
}

/* An id goes over the wire in the clear: who saw it and offers it as an identity of TLS 1.3 takes nothing away. */
static void
id_as_identity(void)
{
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_ID));
    struct tvt_session *good = b.kept.session[0], fields = {0}, *spied = NULL;
    tvt_session_copy_fields(&fields, good);
    fields.version = TVT_TLS13;
    fields.suite = 0x1303;
    fields.identity = tvt_span(good->session_id, good->session_id_len);
    CU_ASSERT_EQUAL_FATAL(tvt_session_make(&spied, &fields, NULL), TVT_OK);
    for (int role = 0; role < 2; role++)
        tls12_versions(&b, (enum tvt_role)role, TVT_TLS12, TVT_TLS13);
    b.kept.session[0] = spied;
    resume_next(&b, 0, false);
    CU_ASSERT(tvt_pair_handshake(&b.f.pair));
    CU_ASSERT_FALSE(resume_info(&b, TVT_SERVER).resumed);
    CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).version, TVT_TLS13);
    resume_thaw(&b);
    b.kept.session[0] = good;
    tls12_versions(&b, TVT_CLIENT, TVT_TLS12, TVT_TLS12);
    tls12_versions(&b, TVT_SERVER, TVT_TLS12, TVT_TLS12);
    resume_next(&b, 0, false);
    resume_expect(&b, true);
    tvt_session_unref(spied);
    resume_close(&b);
}

/* ---- around the cookie ---- */

/* Where every client must show that it can be reached, TLS 1.2 would be the way around: it has no such proof. */
static void
without_cookie(void)
{
    struct tvt_ticket_keys *keys;
    for (int always = 0; always < 2; always++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        struct tvt_config *server = b.f.config[TVT_SERVER];
        tls12_versions(&b, TVT_SERVER, TVT_TLS12, TVT_TLS13);
        CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_new(&keys, server->provider, 0, NULL, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_cookie(server, keys, always, NULL), TVT_OK);
        tvt_ticket_keys_unref(keys);
        CU_ASSERT_EQUAL(tvt_fixture_handshake(&b.f), !always);
        if (always)
            CU_ASSERT(tls12_failed(&b, TVT_SERVER, TVT_E_TLS12_NOT_AVAILABLE));
        resume_close(&b);
    }
}

/* ---- long chains ---- */

/* Wherever a Certificate is waited for, it may be as long as the configuration says; nowhere else. */
static void
length_of_certificates(void)
{
    const struct tvt_machine *const *machines;
    size_t num = tvt_machines(&machines);
    unsigned awaited = 0;
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, 0));
    struct tvt_config *c = b.f.config[TVT_SERVER];
    CU_ASSERT_FATAL(c->max_certificate > TVT_LIMIT_HANDSHAKE_MESSAGE);
    for (size_t i = 0; i < num; i++)
        for (size_t state = 0; state < machines[i]->num_states; state++) {
            struct tvt_handshake hs = {.config = c, .machine = machines[i], .state = (uint8_t)state};
            bool here = tvt_machine_row(machines[i], hs.state, TVT_MSG_CERTIFICATE12) != NULL;
            if (machines[i]->protocol->version != tvt_server12.protocol->version)
                continue;
            awaited += here;
            CU_ASSERT_EQUAL(tvt_handshake_message_limit(&hs, TVT_HT_CERTIFICATE),
                            here ? c->max_certificate : TVT_LIMIT_HANDSHAKE_MESSAGE);
            CU_ASSERT_EQUAL(tvt_handshake_message_limit(&hs, TVT_HT_FINISHED), TVT_LIMIT_HANDSHAKE_MESSAGE);
        }
    CU_ASSERT_EQUAL(awaited, 2);
    resume_close(&b);
}

/* ---- down from TLS 1.3 ---- */

/* Somebody on the path takes the versions away, and both peers have a session of TLS 1.2: it is no way past the mark. */
static void
down_by_session(void)
{
    static struct tvt_bend bend;
    for (size_t i = 0; i < 2; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, ways[i]));
        for (int role = 0; role < 2; role++)
            tls12_versions(&b, (enum tvt_role)role, TVT_TLS12, TVT_TLS13);
        memset(&bend, 0, offsetof(struct tvt_bend, out));
        bend.kind = TVT_MSG_CLIENT_HELLO;
        bend.op = TVT_BEND_DROP;
        bend.at = 43; /* supported_versions */
        b.f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
        resume_next(&b, 0, false);
        CU_ASSERT_FALSE(tvt_pair_handshake(&b.f.pair));
        CU_ASSERT(bend.done && resume_info(&b, TVT_SERVER).resumed); /* it is not for want of the session */
        CU_ASSERT_EQUAL(auth_code(&b.f, TVT_CLIENT), TVT_E_DOWNGRADE);
        resume_close(&b);
    }
}

#define SH12_HEAD "02000026 0303 000102030405060708090a0b0c0d0e0f 1011121314151617"
#define SH12_TAIL "00 c02b 00"

/* After a HelloRetryRequest there is no way back, with the mark or without (RFC 9846 4.2.4). */
static void
down_after_retry(void)
{
    static const struct {
        const char *hex;
        enum tvt_error_code code;
    } hellos[] = {{SH12_HEAD "444f574e47524401" SH12_TAIL, TVT_E_DOWNGRADE},
                  {SH12_HEAD "444f574e47524400" SH12_TAIL, TVT_E_DOWNGRADE},
                  {SH12_HEAD "18191a1b1c1d1e1f" SH12_TAIL, TVT_E_ILLEGAL_PARAMETER}};
    static struct tvt_bend bend;
    for (size_t i = 0; i < sizeof hellos / sizeof hellos[0]; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        for (int role = 0; role < 2; role++)
            tls12_versions(&b, (enum tvt_role)role, TVT_TLS12, TVT_TLS13);
        CU_ASSERT_EQUAL(tvt_config_set_num_shares(b.f.config[TVT_CLIENT], 0, NULL), TVT_OK);
        memset(&bend, 0, offsetof(struct tvt_bend, out));
        bend.kind = TVT_MSG_SERVER_HELLO13;
        bend.op = TVT_BEND_RAW;
        bend.hex = hellos[i].hex;
        b.f.config[TVT_SERVER]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
        CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
        CU_ASSERT(bend.done && resume_info(&b, TVT_CLIENT).hello_retry);
        CU_ASSERT_EQUAL(auth_code(&b.f, TVT_CLIENT), hellos[i].code);
        resume_close(&b);
    }
}

int
tvt_register_hostile12_entry(void)
{
    static const CU_TestInfo tests[] = {
        {"by key, where certificates are asked for", by_key_elsewhere},
        {"a session without the status", without_status},
        {"a key that was refused", refused_key},
        {"a key of no bytes", key_of_no_bytes},
        {"a cache without a session", cache_without_session},
        {"an id as an identity of TLS 1.3", id_as_identity},
        {"around the cookie", without_cookie},
        {"down from TLS 1.3 by a session", down_by_session},
        {"down from TLS 1.3 after a HelloRetryRequest", down_after_retry},
        {"the length of certificates", length_of_certificates},
    };
    return suite_register("TLS 1.2 as a way in", tests, sizeof tests / sizeof tests[0]);
}
