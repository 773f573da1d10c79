/* SPDX-License-Identifier: MIT
 *
 * Raw public keys (RFC 7250): types offered and chosen, keys known and unknown, either side and every backend.
 */
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_rpk(void);

static const uint8_t x509[] = {TVT_CERTIFICATE_X509}, raw[] = {TVT_CERTIFICATE_RAW_KEY};
static const uint8_t raw_x509[] = {TVT_CERTIFICATE_RAW_KEY, TVT_CERTIFICATE_X509};
static const uint8_t x509_raw[] = {TVT_CERTIFICATE_X509, TVT_CERTIFICATE_RAW_KEY};

#define LIST(types) types, sizeof types

static uint16_t version; /* that both ends speak, and no other */

static bool
open_version(struct tvt_fixture *f, const struct tvt_fixture_options *o)
{
    bool good = tvt_fixture_open(f, o);
    for (int role = 0; good && role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_versions(f->config[role], version, version, NULL), TVT_OK);
    return good;
}

/* What the server has, what each allows, and what comes of it. */
struct row {
    const char *name;
    const uint8_t *client;
    size_t num_client;
    const uint8_t *server;
    size_t num_server;
    bool has_raw, has_x509; /* the server's credentials */
    bool known;             /* the client knows the key */
    enum tvt_error_code code;
    enum tvt_role finder;
    bool is_raw; /* what the client was shown */
};

static const struct row rows[] = {
    {"X.509 alone", x509, 1, x509, 1, true, true, true, TVT_E_NONE, 0, false},
    {"raw alone", LIST(raw), LIST(raw), true, true, true, TVT_E_NONE, 0, true},
    {"server prefers raw", LIST(x509_raw), LIST(raw_x509), true, true, true, TVT_E_NONE, 0, true},
    {"server prefers X.509", LIST(raw_x509), LIST(x509_raw), true, true, true, TVT_E_NONE, 0, false},
    {"server has no raw key", LIST(raw_x509), LIST(raw_x509), false, true, true, TVT_E_NONE, 0, false},
    {"server has no certificate", LIST(x509_raw), LIST(x509_raw), true, false, true, TVT_E_NONE, 0, true},
    {"client has X.509 alone", x509, 1, LIST(raw), true, true, true, TVT_E_CERTIFICATE_TYPE, TVT_SERVER, false},
    {"client wants raw alone, server has none", LIST(raw), x509, 1, false, true, true, TVT_E_CERTIFICATE_TYPE,
     TVT_SERVER, false},
    {"an unknown key", LIST(raw), LIST(raw), true, false, false, TVT_E_RAW_KEY_UNKNOWN, TVT_CLIENT, true},
};

static void
open_server(struct tvt_fixture *f, const struct row *row)
{
    const struct tvt_provider *p = f->config[TVT_SERVER]->provider;
    struct tvt_credential *key = auth_raw_key(p, "ed25519");
    struct tvt_span spki = auth_spki(key);
    auth_put(f, TVT_SERVER, NULL);
    CU_ASSERT_EQUAL(tvt_config_add_peer_key(f->config[TVT_CLIENT], row->known ? spki : tvt_span(NULL, 0), NULL),
                    row->known ? TVT_OK : TVT_FAIL);
    if (row->has_x509) {
        struct tvt_credential *c = tvt_fixture_credential(p, "ed25519");
        CU_ASSERT_EQUAL(tvt_config_add_credential(f->config[TVT_SERVER], c, NULL), TVT_OK);
        tvt_credential_unref(c);
    }
    if (row->has_raw)
        CU_ASSERT_EQUAL(tvt_config_add_credential(f->config[TVT_SERVER], key, NULL), TVT_OK);
    tvt_credential_unref(key);
    CU_ASSERT_EQUAL(
        tvt_config_set_certificate_types(f->config[TVT_CLIENT], row->client, row->num_client, NULL, 0, NULL), TVT_OK);
    CU_ASSERT_EQUAL(
        tvt_config_set_certificate_types(f->config[TVT_SERVER], row->server, row->num_server, NULL, 0, NULL), TVT_OK);
}

static void
server_keys(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct tvt_fixture f;
        CU_ASSERT_FATAL(open_version(&f, NULL));
        open_server(&f, row);
        bool done = tvt_fixture_handshake(&f);
        struct tvt_info info = auth_info(&f, TVT_CLIENT);
        bool good = done == (row->code == TVT_E_NONE);
        if (done)
            good = good && info.peer_raw_key == row->is_raw && info.peer_verified &&
                   info.num_peer_certificates == (row->is_raw ? 1 : 2) && auth_talks(&f);
        else
            good = good && auth_code(&f, row->finder) == row->code && !info.peer_verified &&
                   auth_told(&f, (enum tvt_role)(1 - row->finder), row->code);
        if (!good)
            printf("\n    %s: client: %s\n      server: %s", row->name, tvt_fixture_error(&f, TVT_CLIENT),
                   tvt_fixture_error(&f, TVT_SERVER));
        CU_ASSERT(good);
        tvt_fixture_close(&f);
    }
}

/* ---- who decides about a key ---- */

struct judge {
    enum tvt_result says;
    unsigned asked, late;
    struct tvt_span seen;
};

static enum tvt_result
verdict(void *user, const struct tvt_span *chain, size_t num)
{
    struct judge *j = user;
    CU_ASSERT_EQUAL(num, 1);
    j->seen = chain[0];
    if (j->asked++ < j->late)
        return TVT_PENDING;
    return j->says;
}

struct decision {
    enum tvt_verify verify;
    bool known, has_verdict;
    enum tvt_result says;
    enum tvt_error_code code;
    bool verified;
};

static void
decisions(void)
{
    static const struct decision cases[] = {
        {TVT_VERIFY_PEER, true, false, TVT_OK, TVT_E_NONE, true},
        {TVT_VERIFY_PEER, true, true, TVT_OK, TVT_E_NONE, true},
        {TVT_VERIFY_PEER, true, true, TVT_FAIL, TVT_E_CERT_REJECTED, false},
        {TVT_VERIFY_PEER, false, false, TVT_OK, TVT_E_RAW_KEY_UNKNOWN, false},
        {TVT_VERIFY_PEER, false, true, TVT_OK, TVT_E_NONE, false},
        {TVT_VERIFY_PEER, false, true, TVT_FAIL, TVT_E_CERT_REJECTED, false},
        {TVT_VERIFY_CHAIN_ONLY, false, false, TVT_OK, TVT_E_RAW_KEY_UNKNOWN, false},
        {TVT_VERIFY_NONE, false, false, TVT_OK, TVT_E_NONE, false},
        {TVT_VERIFY_NONE, false, true, TVT_FAIL, TVT_E_CERT_REJECTED, false},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const struct decision *d = &cases[i / 2];
        struct row row = {
            .client = raw, .num_client = 1, .server = raw, .num_server = 1, .has_raw = true, .known = d->known};
        struct judge j = {d->says, 0, i % 2 == 0 ? 0 : 3, {NULL, 0}};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(open_version(&f, NULL));
        open_server(&f, &row);
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_CLIENT], d->verify, NULL), TVT_OK);
        if (d->has_verdict)
            CU_ASSERT_EQUAL(tvt_config_set_verdict(f.config[TVT_CLIENT], verdict, &j, NULL), TVT_OK);
        bool done = tvt_fixture_handshake(&f);
        for (unsigned k = 0; k < 5 && !done; k++) {
            (void)!tvt_connection_handshake(tvt_fixture_end(&f, TVT_CLIENT));
            done = tvt_pair_handshake(&f.pair);
        }
        struct tvt_info info = auth_info(&f, TVT_CLIENT);
        CU_ASSERT_EQUAL(done, d->code == TVT_E_NONE);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_CLIENT), d->code);
        CU_ASSERT_EQUAL(info.peer_verified, d->verified);
        if (d->has_verdict) {
            CU_ASSERT_EQUAL(j.asked, j.late + 1);
            CU_ASSERT(tvt_span_equal(tvt_connection_peer_certificate(tvt_fixture_end(&f, TVT_CLIENT), 0), j.seen));
        }
        tvt_fixture_close(&f);
    }
}

/* ---- a client's key ---- */

static void
client_keys(void)
{
    static const enum tvt_verify modes[] = {TVT_VERIFY_REQUEST, TVT_VERIFY_REQUIRE};
    for (unsigned i = 0; i < 8; i++) {
        bool known = (i & 1) != 0, mutual = (i & 2) != 0;
        enum tvt_verify mode = modes[i >> 2];
        struct row row = {
            .client = raw, .num_client = 1, .server = raw, .num_server = 1, .has_raw = true, .known = true};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(open_version(&f, NULL));
        if (mutual)
            open_server(&f, &row);
        struct tvt_credential *key = auth_raw_key(f.config[TVT_CLIENT]->provider, "client-ed25519");
        if (known)
            CU_ASSERT_EQUAL(tvt_config_add_peer_key(f.config[TVT_SERVER], auth_spki(key), NULL), TVT_OK);
        auth_put(&f, TVT_CLIENT, key);
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(tvt_config_set_certificate_types(f.config[role], raw, mutual ? 1 : 0, raw, 1, NULL),
                            TVT_OK);
        struct tvt_trust_store *trust = tvt_fixture_trust("ed25519"); /* of no use for a key */
        CU_ASSERT_EQUAL(tvt_config_set_trust(f.config[TVT_SERVER], trust, NULL), TVT_OK);
        tvt_trust_store_unref(trust);
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], mode, NULL), TVT_OK);
        bool done = tvt_fixture_handshake(&f);
        struct tvt_info info = auth_info(&f, TVT_SERVER);
        CU_ASSERT_EQUAL(done, known);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), known ? TVT_E_NONE : TVT_E_RAW_KEY_UNKNOWN);
        CU_ASSERT_EQUAL(info.client_authenticated, known);
        CU_ASSERT_EQUAL(info.peer_verified, known);
        if (known) {
            CU_ASSERT(info.peer_raw_key && auth_info(&f, TVT_CLIENT).client_authenticated);
            CU_ASSERT(auth_talks(&f));
        }
        tvt_fixture_close(&f);
    }
}

/* The server asks for X.509 by saying nothing; the client said that it has raw keys alone. */
static void
silent_server(void)
{
    struct tvt_fixture f;
    CU_ASSERT_FATAL(open_version(&f, NULL));
    auth_put(&f, TVT_CLIENT, auth_raw_key(f.config[TVT_CLIENT]->provider, "client-ed25519"));
    CU_ASSERT_EQUAL(tvt_config_set_certificate_types(f.config[TVT_CLIENT], NULL, 0, raw, 1, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_certificate_types(f.config[TVT_SERVER], NULL, 0, NULL, 0, NULL), TVT_OK);
    struct tvt_trust_store *trust = tvt_fixture_trust("ed25519");
    CU_ASSERT_EQUAL(tvt_config_set_trust(f.config[TVT_SERVER], trust, NULL), TVT_OK);
    tvt_trust_store_unref(trust);
    CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUEST, NULL), TVT_OK);
    CU_ASSERT(!tvt_fixture_handshake(&f));
    CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_CERTIFICATE_TYPE); /* RFC 7250 4.2: none in common */
    CU_ASSERT(auth_told(&f, TVT_CLIENT, TVT_E_CERTIFICATE_TYPE));
    tvt_fixture_close(&f);
}

/* Every kind of key, over every backend. */
static void
kinds_of_keys(void)
{
    static const char *const keys[] = {"ec256", "ec384", "ec521", "rsa2048", "rsa3072", "rsapss", "ed25519", "ed448"};
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    unsigned ran = 0;
    for (size_t b = 0; b < num; b++) {
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            const struct tvt_provider *p = tvt_fixture_provider(names[b]);
            struct tvt_fixture_options o = {.client = names[b], .server = names[b]};
            struct tvt_fixture f;
            if (!tvt_fixture_can_sign(p, keys[k]) || !tvt_fixture_can_verify(p, keys[k]))
                continue;
            CU_ASSERT_FATAL(open_version(&f, &o));
            struct tvt_credential *chain = tvt_fixture_credential(p, keys[k]);
            struct tvt_credential *key = auth_raw_key(p, keys[k]);
            CU_ASSERT(tvt_public_key_equal(&key->leaf.key, &chain->leaf.key));
            if (strcmp(keys[k], "rsapss") != 0) /* the certificate's binds it to parameters */
                CU_ASSERT(tvt_span_equal(auth_spki(key), auth_spki(chain)));
            CU_ASSERT_EQUAL(tvt_config_add_peer_key(f.config[TVT_CLIENT], auth_spki(key), NULL), TVT_OK);
            tvt_credential_unref(chain);
            auth_put(&f, TVT_SERVER, key);
            for (int role = 0; role < 2; role++)
                CU_ASSERT_EQUAL(tvt_config_set_certificate_types(f.config[role], raw, 1, NULL, 0, NULL), TVT_OK);
            bool done = tvt_fixture_handshake(&f);
            if (!done)
                printf("\n    %s, %s: %s", names[b], keys[k], tvt_fixture_error(&f, TVT_CLIENT));
            CU_ASSERT(done && auth_info(&f, TVT_CLIENT).peer_verified);
            tvt_fixture_close(&f);
            ran++;
        }
    }
    CU_ASSERT(ran >= num);
}

static void
bad_settings(void)
{
    static const uint8_t twice[] = {2, 2}, other[] = {1};
    struct tvt_config *c = NULL;
    CU_ASSERT_EQUAL_FATAL(tvt_config_new(&c, tvt_fixture_provider(NULL), NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_certificate_types(c, twice, 2, NULL, 0, NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_config_set_certificate_types(c, NULL, 0, other, 1, NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_config_add_peer_key(c, tvt_span("nonsense", 8), NULL), TVT_FAIL);
    struct tvt_credential *key = auth_raw_key(tvt_fixture_provider(NULL), "ed25519");
    for (size_t i = 0; i < TVT_CONFIG_PEER_KEYS_MAX; i++)
        CU_ASSERT_EQUAL(tvt_config_add_peer_key(c, auth_spki(key), NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_add_peer_key(c, auth_spki(key), NULL), TVT_FAIL);
    struct tvt_config *copy = NULL;
    CU_ASSERT_EQUAL_FATAL(tvt_config_copy(&copy, c, NULL), TVT_OK);
    tvt_config_free(c);
    CU_ASSERT(copy->auth.num_peer_keys == TVT_CONFIG_PEER_KEYS_MAX &&
              tvt_span_equal(copy->auth.peer_key[3], auth_spki(key)));
    tvt_config_free(copy);
    tvt_credential_unref(key);
}

/* ---- TLS 1.2: where no certificate is shown ---- */

/* Both ends have raw keys alone; nobody shows one again in a session (RFC 7250 4.1 is of a full handshake). */
static void
resumed(void)
{
    static const unsigned ways[] = {TLS12_GIVE, TLS12_ID};
    for (size_t i = 0; i < 2; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, ways[i] == TLS12_GIVE ? TLS12_GIVE : 0));
        if (ways[i] == TLS12_ID) {
            CU_ASSERT_EQUAL_FATAL(tvt_memory_cache_new(&b.cache, 16, NULL, NULL), TVT_OK);
            CU_ASSERT_EQUAL(tvt_config_set_session_cache(b.f.config[TVT_SERVER], tvt_memory_cache_port(b.cache), NULL),
                            TVT_OK);
        }
        struct tvt_credential *key = auth_raw_key(b.f.config[TVT_SERVER]->provider, "ed25519");
        CU_ASSERT_EQUAL(tvt_config_add_peer_key(b.f.config[TVT_CLIENT], auth_spki(key), NULL), TVT_OK);
        auth_put(&b.f, TVT_SERVER, key);
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(tvt_config_set_certificate_types(b.f.config[role], raw, 1, NULL, 0, NULL), TVT_OK);
        CU_ASSERT_FATAL(resume_first(&b));
        CU_ASSERT_EQUAL_FATAL(b.kept.num, 1);
        resume_next(&b, 0, false);
        bool done = tvt_pair_handshake(&b.f.pair) && resume_exchange(&b);
        if (!done)
            printf("\n    %s", tvt_fixture_error(&b.f, TVT_CLIENT));
        CU_ASSERT(done && resume_info(&b, TVT_CLIENT).resumed && resume_info(&b, TVT_CLIENT).peer_raw_key);
        resume_close(&b);
    }
}

/* ECDHE_PSK has no certificates, of whatever type the configurations allow (RFC 5489 2). */
static void
beside_psk(void)
{
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_PSK));
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_certificate_types(b.f.config[role], raw, 1, raw, 1, NULL), TVT_OK);
    bool done = tls12_run(&b, 0);
    if (!done)
        printf("\n    %s", tvt_fixture_error(&b.f, TVT_CLIENT));
    CU_ASSERT(done && resume_info(&b, TVT_CLIENT).num_peer_certificates == 0);
    resume_close(&b);
}

/* Each in either version. */
#define BOTH(test)                                                                                                     \
    static void test##_13(void)                                                                                        \
    {                                                                                                                  \
        version = TVT_TLS13;                                                                                           \
        test();                                                                                                        \
    }                                                                                                                  \
    static void test##_12(void)                                                                                        \
    {                                                                                                                  \
        version = TVT_TLS12;                                                                                           \
        test();                                                                                                        \
    }
BOTH(server_keys)
BOTH(decisions)
BOTH(client_keys)
BOTH(silent_server)
BOTH(kinds_of_keys)

int
tvt_register_rpk(void)
{
    static const CU_TestInfo tests[] = {
        {"a server's key", server_keys_13},
        {"a server's key, TLS 1.2", server_keys_12},
        {"decisions", decisions_13},
        {"decisions, TLS 1.2", decisions_12},
        {"a client's key", client_keys_13},
        {"a client's key, TLS 1.2", client_keys_12},
        {"a server that says nothing", silent_server_13},
        {"a server that says nothing, TLS 1.2", silent_server_12},
        {"kinds of keys", kinds_of_keys_13},
        {"kinds of keys, TLS 1.2", kinds_of_keys_12},
        {"going back to a session", resumed},
        {"beside a pre-shared key", beside_psk},
        {"bad settings", bad_settings},
    };
    return suite_register("rpk", tests, sizeof tests / sizeof tests[0]);
}
