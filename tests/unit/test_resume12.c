/* SPDX-License-Identifier: MIT
 *
 * Sessions of TLS 1.2 between two ends of ours: gone back to by ticket (RFC 5077) and by id (RFC 5246 7.3), and when not;
 * the extended master secret in either (RFC 7627 5.3); what a session of one version is to the other.
 */
#include "core/connection/connection.h"
#include "core/session/session.h"
#include "tests/support/bend.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_resume12(void);

static const unsigned ways[] = {TLS12_TICKET, TLS12_ID};

/* ---- gone back to ---- */

static void
backends(void)
{
    for (size_t i = 0; i < 2 * RESUME_BACKENDS; i++) {
        struct resume b;
        if (!resume_open(&b, resume_backends[i / 2]))
            continue;
        for (int role = 0; role < 2; role++)
            tls12_versions(&b, (enum tvt_role)role, TVT_TLS12, TVT_TLS12);
        if (i % 2) {
            CU_ASSERT_EQUAL(tvt_config_set_ticket_keys(b.f.config[TVT_SERVER], NULL, NULL), TVT_OK);
            CU_ASSERT_EQUAL_FATAL(tvt_memory_cache_new(&b.cache, 16, NULL, NULL), TVT_OK);
            CU_ASSERT_EQUAL(tvt_config_set_session_cache(b.f.config[TVT_SERVER], tvt_memory_cache_port(b.cache), NULL),
                            TVT_OK);
        }
        CU_ASSERT(resume_first(&b));
        CU_ASSERT_EQUAL_FATAL(b.kept.num, 1);
        for (int again = 0; again < 3; again++) { /* a session may be gone back to until it ends */
            resume_now_ms += 1000;
            resume_next(&b, 0, false);
            resume_expect(&b, true);
            CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).version, TVT_TLS12);
            CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).group, resume_info(&b, TVT_CLIENT).group);
            resume_thaw(&b);
        }
        CU_ASSERT_EQUAL(b.kept.num, 1); /* none is given for one that is young */
        resume_close(&b);
    }
}

/* Not by half of its life, a ticket is renewed; the session keeps its day (RFC 5077 3.3). */
static void
renewed(void)
{
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_TICKET | TLS12_OLD));
    resume_next(&b, 0, false);
    resume_expect(&b, true);
    CU_ASSERT_EQUAL_FATAL(b.kept.num, 2);
    CU_ASSERT(!tvt_span_equal(b.kept.session[0]->identity, b.kept.session[1]->identity));
    CU_ASSERT_EQUAL(b.kept.session[0]->issued_ms, b.kept.session[1]->issued_ms);
    resume_thaw(&b);
    resume_next(&b, 1, false);
    resume_expect(&b, true);
    resume_thaw(&b);
    resume_now_ms += 4000 * UINT64_C(1000); /* the sum is more than 7200 s */
    resume_next(&b, 1, false);
    resume_expect(&b, false);
    resume_close(&b);
}

/* Where it is asked for, the client's certificate is held against the filters of today again. */
static void
filters_of_today(void)
{
    for (size_t i = 0; i < 4; i++) {
        bool reverify = i >= 2;
        uint8_t bytes[32];
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, ways[i % 2] | TLS12_REQUEST));
        size_t len = tvt_bend_hex(bytes, sizeof bytes, "03551d0f 0004 03020388"); /* keyAgreement, which it lacks */
        CU_ASSERT_EQUAL(tvt_config_set_oid_filters(b.f.config[TVT_SERVER], bytes, len, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_reverify(b.f.config[TVT_SERVER], reverify, NULL), TVT_OK);
        resume_next(&b, 0, false);
        CU_ASSERT_EQUAL(tvt_pair_handshake(&b.f.pair), !reverify);
        CU_ASSERT(resume_info(&b, TVT_SERVER).resumed);
        CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&b.f, TVT_SERVER))->code,
                        reverify ? TVT_E_OID_FILTER : TVT_E_NONE);
        resume_close(&b);
    }
}

/* What was proved once holds for the session: the client's certificate, the stapled response, the protocol anew. */
static void
what_is_kept(void)
{
    for (size_t i = 0; i < 2; i++) {
        unsigned flags = ways[i] | TLS12_REQUEST | TLS12_STAPLE | TLS12_ALPN;
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, flags));
        resume_next(&b, 0, false);
        resume_expect(&b, true);
        struct tvt_info s = resume_info(&b, TVT_SERVER);
        CU_ASSERT(s.peer_verified && s.num_peer_certificates > 0 && tvt_span_equal(s.alpn, tvt_span("h2", 2)));
        CU_ASSERT(tvt_connection_peer_ocsp(tvt_fixture_end(&b.f, TVT_CLIENT)).len > 0);
        resume_close(&b);
    }
}

static void
with_a_key(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, ways[i] | TLS12_PSK));
        resume_next(&b, 0, false);
        CU_ASSERT(tvt_pair_handshake(&b.f.pair) && resume_exchange(&b));
        for (int role = 0; role < 2; role++)
            CU_ASSERT(resume_info(&b, (enum tvt_role)role).resumed &&
                      !resume_info(&b, (enum tvt_role)role).peer_verified);
        resume_close(&b);
    }
}

/* ---- and when not ---- */

static void
other_keys(struct resume *b)
{
    struct tvt_ticket_keys *keys = NULL;
    struct tvt_memory_cache *cache = NULL;
    struct tvt_config *server = b->f.config[TVT_SERVER];
    if (b->cache != NULL) {
        CU_ASSERT_EQUAL_FATAL(tvt_memory_cache_new(&cache, 16, NULL, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_session_cache(server, tvt_memory_cache_port(cache), NULL), TVT_OK);
        tvt_memory_cache_free(b->cache);
        b->cache = cache;
        return;
    }
    CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_new(&keys, tvt_config_provider(server), 0, NULL, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_ticket_keys(server, keys, NULL), TVT_OK);
    tvt_ticket_keys_unref(keys);
}
static void
expired(struct resume *b)
{
    (void)b;
    resume_now_ms += 7201 * UINT64_C(1000);
}
static void
expired_here(struct resume *b)
{
    (void)b;
    resume_client_ahead_ms = 7201 * UINT64_C(1000);
}
static void
set_suites(struct resume *b, enum tvt_role role)
{
    uint16_t used = b->kept.session[0]->suite;
    const struct tvt_suite *suites;
    size_t num = tvt_suite_table(&suites);
    struct tvt_config *c = b->f.config[role];
    for (size_t i = 0; i < num; i++)
        if (suites[i].version == TVT_TLS12 && suites[i].auth == TVT_AUTH_ECDSA && suites[i].id != used &&
            tvt_config_set_suites(c, suites[i].name, NULL) == TVT_OK)
            return;
    CU_FAIL("no other suite");
}
static void
other_suites_server(struct resume *b)
{
    set_suites(b, TVT_SERVER);
}
static void
other_suites_client(struct resume *b)
{
    set_suites(b, TVT_CLIENT);
}
static void
other_verification(struct resume *b)
{
    CU_ASSERT_EQUAL(tvt_config_set_staples(b->f.config[TVT_CLIENT], TVT_STAPLE_ASK, false, NULL), TVT_OK);
    b->kept.session[0]->peer_verified = false; /* as one of a connection that did not check */
}
static void
wants_certificate(struct resume *b)
{
    struct tvt_config *client = b->f.config[TVT_CLIENT], *server = b->f.config[TVT_SERVER];
    struct tvt_trust_store *store = tvt_fixture_trust("client-ed25519");
    struct tvt_credential *c = tvt_fixture_credential(client->provider, "client-ed25519");
    CU_ASSERT_EQUAL(tvt_config_set_trust(server, store, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_add_credential(client, c, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_verify(server, TVT_VERIFY_REQUIRE, NULL), TVT_OK);
    tvt_trust_store_unref(store);
    tvt_credential_unref(c);
}
static void
both_new(struct resume *b)
{
    for (int role = 0; role < 2; role++)
        tls12_versions(b, (enum tvt_role)role, TVT_TLS12, TVT_TLS13);
}
static void
no_tickets(struct resume *b)
{
    CU_ASSERT_EQUAL(tvt_config_set_ticket_keys(b->f.config[TVT_SERVER], NULL, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_session_cache(b->f.config[TVT_SERVER], NULL, NULL), TVT_OK);
}

/* Who came by a key is not let in by a ticket of that where none is taken and a certificate is wanted. */
static void
key_no_longer_taken(void)
{
    static const char suites[] =
        "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256:TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_PSK | TLS12_TICKET));
    CU_ASSERT(b.kept.num == 1 && b.kept.session[0]->peer_by_key);
    struct tvt_config *server = b.f.config[TVT_SERVER];
    tvt_session_unref(server->session.psk[0]);
    server->session.num_psk = 0;
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_suites(b.f.config[role], suites, NULL), TVT_OK);
    wants_certificate(&b);
    resume_next(&b, 0, false);
    resume_expect(&b, false);
    CU_ASSERT(resume_info(&b, TVT_SERVER).client_authenticated);
    resume_close(&b);
}

/* Each ends in a whole handshake, by certificates; nobody is refused. */
static void
not_gone_back_to(void)
{
    static void (*const changes[])(struct resume *) = {other_keys,          expired,  expired_here, other_suites_server,
                                                       other_suites_client, both_new, no_tickets,   other_verification,
                                                       wants_certificate};
    for (size_t i = 0; i < 2 * sizeof changes / sizeof changes[0]; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, ways[i % 2]));
        changes[i / 2](&b);
        resume_next(&b, 0, false);
        resume_expect(&b, false);
        if (changes[i / 2] == both_new)
            CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).version, TVT_TLS13);
        if (changes[i / 2] == wants_certificate)
            CU_ASSERT(resume_info(&b, TVT_SERVER).client_authenticated);
        resume_close(&b);
    }
}

/* Another server is not told of the session; one that would take it for another name does not. */
static void
other_names(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, ways[i]));
        resume_next(&b, 0, false);
        CU_ASSERT_EQUAL(tvt_connection_set_names(tvt_fixture_end(&b.f, TVT_CLIENT), "elsewhere.example", "localhost"),
                        TVT_OK);
        resume_expect(&b, false);
        resume_thaw(&b);
        strcpy(b.kept.session[0]->server_name, "elsewhere.example"); /* a client that does not mind */
        resume_next(&b, 0, false);
        CU_ASSERT_EQUAL(tvt_connection_set_names(tvt_fixture_end(&b.f, TVT_CLIENT), "elsewhere.example", "localhost"),
                        TVT_OK);
        resume_expect(&b, false);
        resume_close(&b);
    }
}

/* ---- RFC 7627 5.3 ---- */

static void
set_bend(struct tvt_bend *bend, struct resume *b, bool on)
{
    memset(bend, 0, offsetof(struct tvt_bend, out));
    bend->kind = TVT_MSG_CLIENT_HELLO;
    bend->op = TVT_BEND_DROP;
    bend->at = 23; /* extended_master_secret */
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_allow_no_ems(b->f.config[role], true, NULL), TVT_OK);
    b->f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){on ? tvt_bend_message : NULL, bend};
}

static void
extended_master(void)
{
    static struct tvt_bend bend;
    for (size_t i = 0; i < 2 * 4; i++) {
        bool first = i / 2 & 1, second = i / 4 == 1; /* which connection has the extension */
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, ways[i % 2] == TLS12_ID ? 0 : TLS12_GIVE));
        if (ways[i % 2] == TLS12_ID) {
            CU_ASSERT_EQUAL_FATAL(tvt_memory_cache_new(&b.cache, 16, NULL, NULL), TVT_OK);
            CU_ASSERT_EQUAL(tvt_config_set_session_cache(b.f.config[TVT_SERVER], tvt_memory_cache_port(b.cache), NULL),
                            TVT_OK);
        }
        set_bend(&bend, &b, !first);
        CU_ASSERT_FATAL(resume_first(&b));
        CU_ASSERT_EQUAL_FATAL(b.kept.num, 1);
        CU_ASSERT_EQUAL(b.kept.session[0]->extended_master, first);
        set_bend(&bend, &b, !second);
        resume_next(&b, 0, false);
        if (first && !second) { /* "MUST abort" */
            CU_ASSERT_FALSE(tvt_pair_handshake(&b.f.pair));
            CU_ASSERT(tls12_failed(&b, TVT_SERVER, TVT_E_SESSION_MASTER_SECRET));
        } else {
            resume_expect(&b, first == second);
        }
        resume_close(&b);
    }
}

/* A client that has come to insist on it does not offer the old session. */
static void
old_session_without(void)
{
    static struct tvt_bend bend;
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_GIVE));
    set_bend(&bend, &b, true);
    CU_ASSERT_FATAL(resume_first(&b));
    CU_ASSERT_EQUAL_FATAL(b.kept.num, 1);
    set_bend(&bend, &b, false);
    CU_ASSERT_EQUAL(tvt_config_set_allow_no_ems(b.f.config[TVT_CLIENT], false, NULL), TVT_OK);
    resume_next(&b, 0, false);
    resume_expect(&b, false);
    resume_close(&b);
}

/* ---- one version's session, the other version's connection ---- */

/* RFC 9846 appendix E.1: same keys, same cache, and still nothing is taken for what it is not. */
static void
across_versions(void)
{
    for (size_t i = 0; i < 4; i++) {
        bool from13 = i & 1, lie = i & 2; /* lie: the client takes the session for one of the other version */
        uint16_t first = from13 ? TVT_TLS13 : TVT_TLS12, then = from13 ? TVT_TLS12 : TVT_TLS13;
        struct resume b;
        CU_ASSERT_FATAL(resume_open(&b, tls12_backend()));
        for (int role = 0; role < 2; role++)
            tls12_versions(&b, (enum tvt_role)role, first, first);
        CU_ASSERT_FATAL(resume_first(&b));
        for (int role = 0; role < 2; role++)
            tls12_versions(&b, (enum tvt_role)role, then, then);
        if (lie) {
            b.kept.session[0]->version = then;
            b.kept.session[0]->extended_master = true;
            b.kept.session[0]->suite = from13 ? 0xcca9 : 0x1303;
        }
        resume_next(&b, 0, false);
        resume_expect(&b, false);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).version, then);
        resume_close(&b);
    }
}

/* A client with a session of either version, at a server of either. */
static void
sessions_of_both(void)
{
    for (int newer = 0; newer < 2; newer++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, TLS12_TICKET));
        for (int role = 0; role < 2; role++)
            tls12_versions(&b, (enum tvt_role)role, TVT_TLS12, TVT_TLS13);
        CU_ASSERT_FATAL(resume_first(&b));
        CU_ASSERT_EQUAL_FATAL(b.kept.num, 3);
        tls12_versions(&b, TVT_SERVER, TVT_TLS12, newer ? TVT_TLS13 : TVT_TLS12);
        resume_next(&b, 0, false);
        CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&b.f, TVT_CLIENT), b.kept.session[1]), TVT_OK);
        resume_expect(&b, true);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).version, newer ? TVT_TLS13 : TVT_TLS12);
        resume_close(&b);
    }
}

/* Checked again on both sides, where that is wanted. */
static void
checked_again(void)
{
    for (size_t i = 0; i < 2 * 2; i++) {
        bool trusted = i / 2;
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, ways[i % 2]));
        CU_ASSERT_EQUAL(tvt_config_set_reverify(b.f.config[TVT_CLIENT], true, NULL), TVT_OK);
        if (!trusted) {
            struct tvt_trust_store *other = tvt_fixture_trust("unknown-root");
            CU_ASSERT_EQUAL(tvt_config_set_trust(b.f.config[TVT_CLIENT], other, NULL), TVT_OK);
            tvt_trust_store_unref(other);
        }
        resume_next(&b, 0, false);
        CU_ASSERT_EQUAL(tvt_pair_handshake(&b.f.pair), trusted);
        if (!trusted)
            CU_ASSERT(auth_code(&b.f, TVT_CLIENT) == TVT_E_CERT_UNKNOWN_ISSUER);
        CU_ASSERT(!trusted || resume_info(&b, TVT_CLIENT).resumed);
        resume_close(&b);
    }
}

int
tvt_register_resume12(void)
{
    static const CU_TestInfo tests[] = {
        {"by ticket and by id, over all backends", backends},
        {"a ticket that grows old", renewed},
        {"what a session keeps", what_is_kept},
        {"filters of today", filters_of_today},
        {"of a pre-shared key", with_a_key},
        {"not gone back to", not_gone_back_to},
        {"a key that is no longer taken", key_no_longer_taken},
        {"another name", other_names},
        {"the extended master secret", extended_master},
        {"an old session without it", old_session_without},
        {"across versions", across_versions},
        {"sessions of both versions", sessions_of_both},
        {"checked again", checked_again},
    };
    return suite_register("sessions of TLS 1.2", tests, sizeof tests / sizeof tests[0]);
}
