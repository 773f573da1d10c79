/* SPDX-License-Identifier: MIT
 *
 * Peers that lie about who they are, or want more than their share: unproved certificates, requests without end, closes that
 * nobody protected, staples of authorities that nobody trusts.
 */
#include "core/base/memory.h"
#include "core/handshake/post13.h"
#include "core/session/session.h"
#include "core/ssl/ssl.h"
#include "core/x509/ocsp.h"
#include "tests/support/bend.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/connection_help.h"
#include "tests/unit/ssl_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_hostile_auth(void);

/* ---- a server that asks without end, and reads no answer ---- */

static void
post_both(struct tvt_fixture *f)
{
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(f->config[role], true, NULL), TVT_OK);
}

/* All that `from` has to say goes to the other side, and nothing comes back. */
static enum tvt_result
push(struct tvt_fixture *f, enum tvt_role from)
{
    uint8_t wire[TVT_RECORD_WIRE_MAX];
    struct tvt_connection *c = tvt_fixture_end(f, from), *to = tvt_fixture_end(f, (enum tvt_role)(1 - from));
    enum tvt_result r = TVT_OK;
    while (r == TVT_OK && tvt_connection_has_output(c)) {
        size_t n = 0, used = 0;
        struct tvt_span app;
        CU_ASSERT_EQUAL_FATAL(tvt_connection_output(c, wire, TVT_OUTPUT_MIN + 600, &n), TVT_OK);
        for (size_t at = 0; r == TVT_OK && at < n; at += used)
            r = tvt_connection_input(to, wire + at, n - at, &used, &app);
    }
    return r;
}

/* Data between the requests: none of them stands "in a row". */
static enum tvt_result
push_data(struct tvt_fixture *f, enum tvt_role from)
{
    uint8_t wire[256];
    size_t n = 0, used = 0;
    struct tvt_span app;
    CU_ASSERT_EQUAL_FATAL(
        tvt_connection_seal(tvt_fixture_end(f, from), wire, sizeof wire, &n, (const uint8_t *)"x", 1, &used), TVT_OK);
    return tvt_connection_input(tvt_fixture_end(f, (enum tvt_role)(1 - from)), wire, n, &used, &app);
}

static void
requests_without_end(void)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    uint8_t bytes[64];
    size_t len = tvt_bend_hex(bytes, sizeof bytes, "0d00000e 03616161 0008 000d0004 0002 0807");
    for (int closed = 0; closed < 2; closed++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        post_both(&f);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        struct tvt_connection *client = tvt_fixture_end(&f, TVT_CLIENT);
        if (closed) { /* half: it may still be asked, and cannot answer any more */
            CU_ASSERT_EQUAL(tvt_connection_close(client), TVT_OK);
            CU_ASSERT_EQUAL(push(&f, TVT_CLIENT), TVT_CLOSED);
        }
        enum tvt_result r = TVT_OK;
        unsigned asked = 0;
        for (; r == TVT_OK && asked < 1000; asked++) {
            CU_ASSERT_EQUAL(tvt_connection_test_send(tvt_fixture_end(&f, TVT_SERVER), tvt_span(bytes, len)), TVT_OK);
            r = push(&f, TVT_SERVER);
            if (r == TVT_OK)
                r = push_data(&f, TVT_SERVER);
        }
        CU_ASSERT_EQUAL(r, TVT_FAIL);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_CLIENT), TVT_E_TOO_MANY_POST_HANDSHAKE);
        CU_ASSERT_EQUAL(asked, TVT_LIMIT_UNSENT_ANSWERS + 1);
        tvt_fixture_close(&f);
    }
}

/* As many as it takes, answered as they come. */
static void
requests_answered(void)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    post_both(&f);
    CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
    for (unsigned i = 0; i < 4 * TVT_LIMIT_UNSENT_ANSWERS; i++) {
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(tvt_fixture_end(&f, TVT_SERVER)), TVT_OK);
        tvt_pair_settle(&f.pair);
        CU_ASSERT(auth_info(&f, TVT_SERVER).client_authenticated && auth_talks(&f));
    }
    tvt_fixture_close(&f);
}

/* ---- a client that shows somebody else's certificate, and gets a ticket before it has to prove it ---- */

static enum tvt_result
wait_for_it(void *user, const struct tvt_span *chain, size_t num)
{
    (void)chain;
    (void)num;
    return *(const bool *)user ? TVT_PENDING : TVT_OK;
}

static void
keep(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    struct tvt_session **kept = user;
    (void)connection;
    tvt_session_unref(*kept);
    *kept = tvt_session_ref(session);
}

struct thief {
    struct tvt_fixture f;
    struct tvt_ticket_keys *keys;
    struct tvt_session *session;
    struct tvt_bend bend;
    bool wait;
};

/* Raw keys that the program's verdict takes, or X.509. The answer's signature is bent: the client does not have the key. */
static void
thief_open(struct thief *t, bool raw)
{
    static const uint8_t types[] = {TVT_CERTIFICATE_RAW_KEY};
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    memset(t, 0, sizeof *t);
    t->wait = true;
    CU_ASSERT_FATAL(tvt_fixture_open(&t->f, &o));
    struct tvt_config *client = t->f.config[TVT_CLIENT], *server = t->f.config[TVT_SERVER];
    post_both(&t->f);
    CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_new(&t->keys, tvt_config_provider(server), 0, NULL, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_ticket_keys(server, t->keys, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_new_session(client, keep, &t->session, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_verdict(server, wait_for_it, &t->wait, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_verify(server, TVT_VERIFY_REQUEST, NULL), TVT_OK);
    if (raw) {
        auth_put(&t->f, TVT_CLIENT, auth_raw_key(tvt_config_provider(client), "client-ed25519"));
        CU_ASSERT_EQUAL(tvt_config_set_certificate_types(client, NULL, 0, types, 1, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_certificate_types(server, NULL, 0, types, 1, NULL), TVT_OK);
    }
    t->bend = (struct tvt_bend){.kind = TVT_MSG_CERTIFICATE, .op = TVT_BEND_FLIP, .at = -4 - 48 - 20, .nth = 0};
    client->test_port.user = &t->bend;
}

/* Who the client is, by a connection that is resumed with the ticket that it got last. */
static struct tvt_info
resume(struct thief *t)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(t->session);
    tvt_pair_close(&t->f.pair);
    t->f.connected = false;
    t->f.config[TVT_CLIENT]->test_port.replace = NULL;
    CU_ASSERT_FATAL(tvt_fixture_connect(&t->f));
    CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&t->f, TVT_CLIENT), t->session), TVT_OK);
    CU_ASSERT(tvt_pair_handshake(&t->f.pair));
    struct tvt_info info = auth_info(&t->f, TVT_SERVER);
    CU_ASSERT(info.resumed);
    return info;
}

static void
thief_close(struct thief *t)
{
    tvt_session_unref(t->session);
    tvt_fixture_close(&t->f);
    tvt_ticket_keys_unref(t->keys);
}

static void
expect_peer(const struct tvt_info *info, bool raw, bool somebody)
{
    CU_ASSERT_EQUAL(info->num_peer_certificates, !somebody ? 0 : raw ? 1 : 2);
    CU_ASSERT_EQUAL(info->peer_verified, somebody && !raw);
}

/* i & 1: raw keys; i & 2: the client proved itself in the handshake, and stays who it was then. */
static void
unproved(void)
{
    for (unsigned i = 0; i < 4; i++) {
        struct thief t;
        bool raw = (i & 1) != 0, known = (i & 2) != 0;
        thief_open(&t, raw);
        struct tvt_config *client = t.f.config[TVT_CLIENT];
        client->num_credentials = known ? 1 : 0;
        t.wait = false;
        CU_ASSERT_FATAL(tvt_fixture_handshake(&t.f));
        t.wait = true;
        client->num_credentials = 1;
        client->test_port.replace = tvt_bend_message;
        struct tvt_connection *server = tvt_fixture_end(&t.f, TVT_SERVER);
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(server), TVT_OK);
        tvt_pair_settle(&t.f.pair);
        CU_ASSERT_EQUAL(auth_code(&t.f, TVT_SERVER), TVT_E_NONE); /* the verdict is waited for */
        CU_ASSERT_EQUAL(tvt_connection_handshake(server), TVT_PENDING);
        struct tvt_info info = auth_info(&t.f, TVT_SERVER);
        CU_ASSERT_EQUAL(info.client_authenticated, known);
        expect_peer(&info, raw, known);
        CU_ASSERT_EQUAL(tvt_connection_peer_certificate(server, 0).len > 0, known);
        CU_ASSERT_EQUAL(tvt_connection_send_tickets(server, 1), TVT_OK);
        CU_ASSERT(tvt_pair_send(&t.f.pair, TVT_SERVER, "data", 4));
        tvt_pair_settle(&t.f.pair);
        t.wait = false;
        (void)!tvt_connection_handshake(server);
        tvt_pair_settle(&t.f.pair);
        CU_ASSERT(t.bend.done);
        CU_ASSERT_EQUAL(auth_code(&t.f, TVT_SERVER), TVT_E_BAD_SIGNATURE);
        info = auth_info(&t.f, TVT_SERVER);
        expect_peer(&info, raw, known);
        info = resume(&t);
        expect_peer(&info, raw, known);
        thief_close(&t);
    }
}

/* The same with a client that has the key. */
static void
proved(void)
{
    for (unsigned raw = 0; raw < 2; raw++) {
        struct thief t;
        thief_open(&t, raw != 0);
        struct tvt_config *client = t.f.config[TVT_CLIENT];
        client->num_credentials = 0;
        CU_ASSERT_FATAL(tvt_fixture_handshake(&t.f));
        client->num_credentials = 1;
        struct tvt_connection *server = tvt_fixture_end(&t.f, TVT_SERVER);
        for (int again = 0; again < 2; again++) { /* and one takes the place of the other */
            CU_ASSERT_EQUAL(tvt_connection_request_certificate(server), TVT_OK);
            tvt_pair_settle(&t.f.pair);
            t.wait = false;
            (void)!tvt_connection_handshake(server);
            tvt_pair_settle(&t.f.pair);
        }
        CU_ASSERT_EQUAL(tvt_connection_send_tickets(server, 1), TVT_OK);
        CU_ASSERT(auth_talks(&t.f));
        struct tvt_info info = auth_info(&t.f, TVT_SERVER);
        CU_ASSERT(info.client_authenticated);
        expect_peer(&info, raw != 0, true);
        info = resume(&t);
        expect_peer(&info, raw != 0, true);
        thief_close(&t);
    }
}

/* Before Finished nobody is verified, nor after one that was wrong (RFC 9846 4.5.3). */
static void
verified_by_finished(void)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    static struct tvt_bend bend;
    struct tvt_fixture f;
    memset(&bend, 0, sizeof bend);
    bend = (struct tvt_bend){.kind = TVT_MSG_CERTIFICATE, .op = TVT_BEND_FLIP, .at = -5};
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    post_both(&f);
    CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
    f.config[TVT_CLIENT]->test_port.replace = tvt_bend_message;
    f.config[TVT_CLIENT]->test_port.user = &bend;
    CU_ASSERT_EQUAL(tvt_connection_request_certificate(tvt_fixture_end(&f, TVT_SERVER)), TVT_OK);
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_BAD_FINISHED);
    CU_ASSERT(!auth_info(&f, TVT_SERVER).client_authenticated && !auth_info(&f, TVT_SERVER).peer_verified);
    tvt_fixture_close(&f);
}

/* ---- closes ---- */

/* Somebody on the path, without keys, ends 0-RTT data early: that is no end of the data. */
static void
close_without_keys(void)
{
    static const uint8_t alerts[][7] = {{21, 3, 3, 0, 2, 1, 0}, {21, 3, 3, 0, 2, 1, 90}, {21, 3, 3, 0, 2, 2, 40}};
    for (size_t i = 0; i < 3; i++) {
        struct tvt_again a;
        uint8_t in[7];
        size_t used;
        struct tvt_span app;
        memcpy(in, alerts[i], sizeof in);
        tvt_again_open(&a, 1000, 1000);
        tvt_again_first(&a);
        tvt_again_connect(&a, true);
        (void)tvt_pair_step(&a.f.pair, TVT_CLIENT);
        while (tvt_pair_step(&a.f.pair, TVT_SERVER))
            ;
        struct tvt_connection *server = tvt_fixture_end(&a.f, TVT_SERVER);
        CU_ASSERT_STRING_EQUAL(tvt_connection_state(server), "server13.WAIT_EOED");
        CU_ASSERT_EQUAL(tvt_connection_input(server, in, sizeof in, &used, &app), TVT_FAIL);
        CU_ASSERT(!tvt_connection_received_close(server));
        CU_ASSERT_EQUAL(auth_code(&a.f, TVT_SERVER), TVT_E_UNPROTECTED);
        tvt_again_close(&a);
    }
}

static bool
all_zero(const uint8_t *bytes, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= bytes[i];
    return any == 0;
}

/* An end of file without close_notify is a failure, and a connection that failed forgets its secrets (RFC 9846 6). */
static void
cut_off(void)
{
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
    CU_ASSERT(auth_talks(&f));
    struct tvt_connection *c = tvt_fixture_end(&f, TVT_SERVER);
    CU_ASSERT(!all_zero(c->hs.send_secret, sizeof c->hs.send_secret));
    CU_ASSERT_EQUAL(tvt_connection_input_eof(c), TVT_FAIL);
    CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_UNEXPECTED_EOF);
    CU_ASSERT(all_zero(c->hs.send_secret, sizeof c->hs.send_secret));
    CU_ASSERT(all_zero(c->hs.receive_secret, sizeof c->hs.receive_secret));
    CU_ASSERT(all_zero(c->hs.exporter_secret, sizeof c->hs.exporter_secret));
    CU_ASSERT(!tvt_connection_has_output(c));
    CU_ASSERT_EQUAL(tvt_connection_input_eof(c), TVT_FAIL);
    tvt_fixture_close(&f);
}

/* ---- OCSP ---- */

/* Contents of the DER value at *at, which goes on behind its header. */
static size_t
enter(const uint8_t *der, size_t *at)
{
    size_t len = der[*at + 1], bytes = len & 0x7fu;
    *at += 2;
    if (len < 0x80)
        return len;
    len = 0;
    for (; bytes > 0; bytes--)
        len = len << 8 | der[(*at)++];
    return len;
}

static bool
replace(uint8_t *in, size_t len, const uint8_t *old, const uint8_t *new, size_t num)
{
    for (size_t i = 0; i + num <= len; i++)
        if (memcmp(in + i, old, num) == 0) {
            memcpy(in + i, new, num);
            return true;
        }
    return false;
}

static void
hash_key(const struct tvt_provider *p, struct tvt_span key, uint8_t out[32])
{
    _Alignas(TVT_ALIGN) uint8_t ctx[TVT_HASH_CTX_MAX];
    const struct tvt_hash *hash = tvt_provider_hash(p, TVT_HASH_SHA256);
    CU_ASSERT_EQUAL_FATAL(hash->setup(hash, ctx), TVT_CRYPTO_OK);
    hash->update(ctx, key.data, key.len);
    CU_ASSERT_EQUAL(hash->final(ctx, out), TVT_CRYPTO_OK);
    hash->teardown(ctx);
}

/* A good response, as if `forger` were the authority's key. */
static void
forge_response(uint8_t *der, size_t len, const struct tvt_provider *p, struct tvt_span key, struct tvt_signer *forger)
{
    uint8_t hash[32], other[32];
    size_t at = 0, signature_len = 64;
    void *op = NULL;
    hash_key(p, key, hash);
    hash_key(p, forger->pub.key, other);
    CU_ASSERT_FATAL(replace(der, len, hash, other, sizeof hash));
    (void)enter(der, &at); /* OCSPResponse */
    at += enter(der, &at); /* responseStatus */
    (void)enter(der, &at); /* [0] */
    (void)enter(der, &at); /* ResponseBytes */
    at += enter(der, &at); /* responseType */
    (void)enter(der, &at); /* OCTET STRING */
    (void)enter(der, &at); /* BasicOCSPResponse */
    size_t from = at;
    at += enter(der, &at);
    CU_ASSERT_EQUAL(
        forger->sign(forger, TVT_SIG_EDDSA, TVT_HASH_NONE, der + from, at - from, der + len - 64, &signature_len, &op),
        TVT_CRYPTO_OK);
}

/* The leaf is trusted by itself. The certificate beside it has the name of its issuer and the key of a forger, and says that
 * the leaf is good: whose word that is, nobody vouches for. */
static void
forged_issuer(void)
{
    for (int forged = 0; forged < 2; forged++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        const struct tvt_provider *p = tvt_config_provider(f.config[TVT_SERVER]);
        struct tvt_credential *c = tvt_fixture_credential(p, "ed25519"), *forger = auth_raw_key(p, "client-ed25519");
        struct tvt_certificate issuer;
        struct tvt_span good = tvt_fixture_file("pki/ocsp/ed25519/good.der");
        uint8_t response[2048];
        CU_ASSERT_FATAL(c != NULL && good.len > 0 && good.len < sizeof response);
        CU_ASSERT_EQUAL_FATAL(tvt_certificate_parse(&issuer, c->chain[1], "issuer", NULL), TVT_OK);
        memcpy(response, good.data, good.len);
        if (forged) {
            uint8_t key[32];
            memcpy(key, issuer.key.key.data, sizeof key);
            forge_response(response, good.len, p, tvt_span(key, sizeof key), forger->signer);
            CU_ASSERT(replace((uint8_t *)(uintptr_t)c->chain[1].data, c->chain[1].len, key,
                              forger->signer->pub.key.data, sizeof key));
        }
        CU_ASSERT_EQUAL(tvt_credential_set_staples(c, tvt_span(response, good.len), tvt_span(NULL, 0), NULL), TVT_OK);
        struct tvt_trust_store *store = NULL;
        CU_ASSERT_EQUAL_FATAL(tvt_trust_store_new(&store, NULL, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, c->chain[0], NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_trust(f.config[TVT_CLIENT], store, NULL), TVT_OK);
        tvt_trust_store_unref(store);
        auth_put(&f, TVT_SERVER, c);
        CU_ASSERT_EQUAL(tvt_config_set_staples(f.config[TVT_CLIENT], TVT_STAPLE_REQUIRE, false, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_fixture_handshake(&f), !forged);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_CLIENT), forged ? TVT_E_OCSP_SIGNATURE : TVT_E_NONE);
        tvt_fixture_close(&f);
        tvt_credential_unref(forger);
    }
}

/* A session of a time when nobody asked for a staple is none where one is required; one that proved it, is. */
static void
staple_of_a_session(void)
{
    for (int stapled = 0; stapled < 2; stapled++) {
        struct tvt_again a;
        tvt_again_open(&a, 0, 0);
        if (stapled) {
            struct tvt_credential *c = tvt_fixture_credential(tvt_config_provider(a.f.config[TVT_SERVER]), "ed25519");
            struct tvt_span good = tvt_fixture_file("pki/ocsp/ed25519/good.der");
            CU_ASSERT_EQUAL(tvt_credential_set_staples(c, good, tvt_span(NULL, 0), NULL), TVT_OK);
            auth_put(&a.f, TVT_SERVER, c);
            CU_ASSERT_EQUAL(tvt_config_set_staples(a.f.config[TVT_CLIENT], TVT_STAPLE_REQUIRE, false, NULL), TVT_OK);
        }
        tvt_again_first(&a);
        CU_ASSERT_EQUAL(a.session[0]->peer_status, stapled != 0);
        CU_ASSERT_EQUAL(tvt_config_set_staples(a.f.config[TVT_CLIENT], TVT_STAPLE_REQUIRE, false, NULL), TVT_OK);
        tvt_again_connect(&a, false);
        CU_ASSERT_EQUAL(tvt_pair_handshake(&a.f.pair), stapled != 0);
        CU_ASSERT_EQUAL(auth_info(&a.f, TVT_CLIENT).resumed, stapled != 0);
        CU_ASSERT_EQUAL(auth_code(&a.f, TVT_CLIENT), stapled ? TVT_E_NONE : TVT_E_OCSP_MISSING);
        tvt_again_close(&a);
    }
}

/* The same of a client's certificate: the server lets the ticket be, and asks. */
static void
staple_of_a_ticket(void)
{
    struct thief t;
    thief_open(&t, false);
    t.wait = false;
    CU_ASSERT_FATAL(tvt_fixture_handshake(&t.f));
    CU_ASSERT_EQUAL(tvt_connection_send_tickets(tvt_fixture_end(&t.f, TVT_SERVER), 0), TVT_OK);
    tvt_pair_settle(&t.f.pair);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t.session);
    tvt_pair_close(&t.f.pair);
    t.f.connected = false;
    struct tvt_config *copy = NULL;
    CU_ASSERT_EQUAL_FATAL(tvt_config_copy(&copy, t.f.config[TVT_SERVER], NULL), TVT_OK);
    tvt_config_free(t.f.config[TVT_SERVER]);
    t.f.config[TVT_SERVER] = copy;
    CU_ASSERT_EQUAL(tvt_config_set_staples(copy, TVT_STAPLE_REQUIRE, false, NULL), TVT_OK);
    CU_ASSERT_FATAL(tvt_fixture_connect(&t.f));
    CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&t.f, TVT_CLIENT), t.session), TVT_OK);
    CU_ASSERT(!tvt_pair_handshake(&t.f.pair));
    CU_ASSERT(!auth_info(&t.f, TVT_SERVER).resumed);
    CU_ASSERT_EQUAL(auth_code(&t.f, TVT_SERVER), TVT_E_OCSP_MISSING);
    thief_close(&t);
}

/* ---- SSL: what waits for the program is said, and asked again, though the peer says nothing more ---- */

struct late {
    struct tvt_signer base, *inner;
    unsigned left, asked;
};

static int
late_sign(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
          uint8_t *signature, size_t *signature_len, void **op)
{
    struct late *s = (struct late *)signer;
    s->asked++;
    *op = s->left > 0 ? s : NULL;
    if (s->left > 0) {
        s->left--;
        return TVT_CRYPTO_PENDING;
    }
    return s->inner->sign(s->inner, family, hash, msg, msg_len, signature, signature_len, op);
}

static void
late_cancel(struct tvt_signer *signer, void *op)
{
    (void)signer;
    (void)op;
}

static enum tvt_result
late_verdict(void *user, const struct tvt_span *chain, size_t num)
{
    struct late *s = user;
    CU_ASSERT(num > 0 && chain[0].len > 0);
    s->asked++;
    if (s->left == 0)
        return TVT_OK;
    s->left--;
    return TVT_PENDING;
}

/* Reads at `role` until it wants to read; how often it said that it waits for `code`. */
static unsigned
reads(struct duo *d, int role, int code)
{
    char text[8];
    for (unsigned i = 0; i < 10; i++) {
        CU_ASSERT_EQUAL(SSL_read(d->ssl[role], text, sizeof text), -1);
        int why = SSL_get_error(d->ssl[role], -1);
        if (why == SSL_ERROR_WANT_READ)
            return i;
        CU_ASSERT_EQUAL(why, code);
    }
    return 10;
}

static void
waits_after_handshake(void)
{
    const char *client_kind = kind_of_two("client", "client-ed25519");
    struct duo d;
    struct tvt_info info;
    int r[2];
    CU_ASSERT_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(d.ctx[0], pki_file(client_kind, "chain.pem")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(d.ctx[0], pki_file(client_kind, "key.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(d.ctx[1], pki_file(good_kind(), "root.pem")), 1);
    SSL_CTX_set_verify(d.ctx[1], SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    SSL_CTX_set_post_handshake_auth(d.ctx[0], 1);
    struct tvt_credential *credential = d.ctx[0]->config->credentials[0];
    struct late signer = {*credential->signer, credential->signer, 3, 0}, verdict = {.left = 3};
    signer.base.sign = late_sign;
    signer.base.cancel = late_cancel;
    credential->signer = &signer.base;
    CU_ASSERT_EQUAL(tvt_config_set_verdict(d.ctx[1]->config, late_verdict, &verdict, NULL), TVT_OK);
    CU_ASSERT_FATAL(duo_again(&d) && duo_handshake(&d, r));
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_do_handshake(d.ssl[1]), 1);
    CU_ASSERT(reads(&d, 0, SSL_ERROR_WANT_ASYNC) > 0);
    CU_ASSERT_EQUAL(signer.left, 0);
    CU_ASSERT_EQUAL(signer.asked, 4);
    CU_ASSERT(reads(&d, 1, SSL_ERROR_WANT_RETRY_VERIFY) > 0);
    CU_ASSERT_EQUAL(verdict.left, 0);
    tvt_connection_info(SSL_get0_tvt_connection(d.ssl[1]), &info);
    CU_ASSERT(info.client_authenticated && info.peer_verified);
    CU_ASSERT(duo_move(&d, TVT_CLIENT, "ping", 4) && duo_move(&d, TVT_SERVER, "pong", 4));
    credential->signer = signer.inner;
    duo_close(&d);
}

int
tvt_register_hostile_auth(void)
{
    static const CU_TestInfo tests[] = {
        {"requests without end", requests_without_end},
        {"requests, answered as they come", requests_answered},
        {"a certificate and a ticket before the proof", unproved},
        {"a certificate and a ticket after the proof", proved},
        {"nobody is verified before Finished", verified_by_finished},
        {"a close that nobody protected", close_without_keys},
        {"an end without a close", cut_off},
        {"a forged issuer vouches for a leaf", forged_issuer},
        {"a session without the staple that is required", staple_of_a_session},
        {"a ticket without the staple that is required", staple_of_a_ticket},
        {"SSL waits after the handshake", waits_after_handshake},
    };
    return suite_register("hostile_auth", tests, sizeof tests / sizeof tests[0]);
}
