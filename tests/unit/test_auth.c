/* SPDX-License-Identifier: MIT
 *
 * Client authentication: what the server asks for, times what the client has; and what a client takes from a server.
 */
#include "tests/support/fixture.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_auth(void);

struct row {
    const char *name;
    enum tvt_verify server;
    const char *client_key;   /* NULL: none */
    const char *client_root;  /* what the server trusts */
    const char *key;          /* the server's chain */
    enum tvt_error_code code; /* that the server finds; NONE: all is well */
    bool verified;            /* the server verified the client */
};

static const struct row rows[] = {
    {"not asked, none there", TVT_VERIFY_PEER, NULL, NULL, "ed25519", TVT_E_NONE, false},
    {"not asked, one there", TVT_VERIFY_PEER, "client-ed25519", "ed25519", "ed25519", TVT_E_NONE, false},
    {"no check, one there", TVT_VERIFY_NONE, "client-ed25519", "ed25519", "ed25519", TVT_E_NONE, false},
    {"chain only is a client's word", TVT_VERIFY_CHAIN_ONLY, "client-ed25519", "ed25519", "ed25519", TVT_E_NONE, false},
    {"asked, none there", TVT_VERIFY_REQUEST, NULL, "ed25519", "ed25519", TVT_E_NONE, false},
    {"asked, a good one", TVT_VERIFY_REQUEST, "client-ed25519", "ed25519", "ed25519", TVT_E_NONE, true},
    {"asked, of an unknown root", TVT_VERIFY_REQUEST, "client-ed25519", "ec256", "ed25519", TVT_E_CERT_UNKNOWN_ISSUER,
     false},
    {"asked, a server's", TVT_VERIFY_REQUEST, "ed25519", "ed25519", "ed25519", TVT_E_CERT_EXTENDED_KEY_USAGE, false},
    {"required, none there", TVT_VERIFY_REQUIRE, NULL, "ed25519", "ed25519", TVT_E_CERTIFICATE_REQUIRED, false},
    {"required, a good one", TVT_VERIFY_REQUIRE, "client-ed25519", "ed25519", "ed25519", TVT_E_NONE, true},
    {"required, of an unknown root", TVT_VERIFY_REQUIRE, "client-ed25519", "ec256", "ed25519",
     TVT_E_CERT_UNKNOWN_ISSUER, false},
    {"required, a server's", TVT_VERIFY_REQUIRE, "ed25519", "ed25519", "ed25519", TVT_E_CERT_EXTENDED_KEY_USAGE, false},
    {"required, P-256", TVT_VERIFY_REQUIRE, "client", "ec256", "ed25519", TVT_E_NONE, true},
    {"required, a certificate for both uses", TVT_VERIFY_REQUIRE, "both", "ec256", "ed25519", TVT_E_NONE, true},
    {"required, expired", TVT_VERIFY_REQUIRE, "expired", "ec256", "ed25519", TVT_E_CERT_EXPIRED, false},
    {"required, intermediate missing", TVT_VERIFY_REQUIRE, "missing-intermediate", "ec256", "ed25519",
     TVT_E_CERT_UNKNOWN_ISSUER, false},
};

static bool
has_p256(void)
{
    return tvt_fixture_can_sign(tvt_fixture_provider(NULL), "ec256");
}

static bool
needs_p256(const char *key)
{
    return key != NULL && strcmp(key, "ed25519") != 0 && strcmp(key, "client-ed25519") != 0;
}

/* The error here and the alert there belong together; a client may already have been done when it is told. */
static bool
told(const struct tvt_fixture *f, enum tvt_role who, enum tvt_error_code code)
{
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(f, who));
    return e->code == TVT_E_PEER_ALERT && e->origin == TVT_ORIGIN_PEER && e->alert == tvt_error_alert(code);
}

static bool
judge(const struct tvt_fixture *f, const struct row *row, bool done)
{
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(f, TVT_SERVER));
    struct tvt_info info;
    tvt_connection_info(tvt_fixture_end(f, TVT_SERVER), &info);
    if (row->code != TVT_E_NONE)
        return !done && e->code == row->code && told(f, TVT_CLIENT, row->code) && !info.peer_verified &&
               f->pair.end[TVT_SERVER].data_len == 0;
    bool asked = row->server == TVT_VERIFY_REQUEST || row->server == TVT_VERIFY_REQUIRE;
    return done && e->code == TVT_E_NONE && info.peer_verified == row->verified &&
           (info.num_peer_certificates > 0) == (asked && row->client_key != NULL) &&
           (tvt_connection_peer_certificate(tvt_fixture_end(f, TVT_SERVER), 0).len > 0) == row->verified;
}

static void
client_certificates(void)
{
    unsigned ran = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct tvt_fixture_options o = {
            .key = row->key, .client_key = row->client_key, .client_root = row->client_root};
        struct tvt_fixture f;
        if ((needs_p256(row->client_key) || needs_p256(row->client_root)) && !has_p256()) {
            printf("\n    left out, the default backend has no P-256: %s", row->name);
            continue;
        }
        if (!tvt_fixture_open(&f, &o)) {
            printf("\n    %s", f.problem);
            CU_FAIL("configuration");
            continue;
        }
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], row->server, NULL), TVT_OK);
        bool done = tvt_fixture_handshake(&f), good = judge(&f, row, done);
        if (!good)
            printf("\n    %s: server: %s\n      client: %s", row->name, tvt_fixture_error(&f, TVT_SERVER),
                   tvt_fixture_error(&f, TVT_CLIENT));
        CU_ASSERT(good);
        tvt_fixture_close(&f);
        ran++;
    }
    CU_ASSERT(ran >= 10);
}

/* A client certificate whose key no scheme of the server fits: the client has none to send. */
static void
no_fitting_scheme(void)
{
    for (int required = 0; required < 2; required++) {
        struct tvt_fixture_options o = {.client_key = "client", .client_root = "ec256"};
        struct tvt_fixture f;
        struct tvt_info info;
        if (!has_p256()) {
            printf("\n    left out, the default backend has no P-256");
            CU_ASSERT_PTR_NULL(tvt_provider_kx(tvt_fixture_provider(NULL), TVT_GROUP_SECP256R1));
            return;
        }
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_schemes(f.config[TVT_SERVER], "ed25519", NULL), TVT_OK);
        CU_ASSERT_EQUAL(
            tvt_config_set_verify(f.config[TVT_SERVER], required ? TVT_VERIFY_REQUIRE : TVT_VERIFY_REQUEST, NULL),
            TVT_OK);
        CU_ASSERT_EQUAL(tvt_fixture_handshake(&f), !required);
        tvt_connection_info(tvt_fixture_end(&f, TVT_SERVER), &info);
        CU_ASSERT_EQUAL(info.num_peer_certificates, 0);
        CU_ASSERT(!info.peer_verified);
        tvt_fixture_close(&f);
    }
}

/* ---- the server's certificate ---- */

struct server_row {
    const char *key, *root;
    const char *name; /* that the client asks for */
    enum tvt_verify mode;
    enum tvt_error_code code; /* that the client finds */
};

static const struct server_row server_rows[] = {
    {"ed25519", "ed25519", "localhost", TVT_VERIFY_PEER, TVT_E_NONE},
    {"ed25519", "ed25519", "a.wild.test", TVT_VERIFY_PEER, TVT_E_NONE},
    {"ed25519", "ed25519", "127.0.0.1", TVT_VERIFY_PEER, TVT_E_NONE},
    {"ed25519", "ed25519", "::1", TVT_VERIFY_PEER, TVT_E_NONE},
    {"ed25519", "ed25519", "127.0.0.2", TVT_VERIFY_PEER, TVT_E_CERT_NAME_MISMATCH},
    {"ed25519", "ed25519", "other.test", TVT_VERIFY_PEER, TVT_E_CERT_NAME_MISMATCH},
    {"ed25519", "ed25519", "other.test", TVT_VERIFY_CHAIN_ONLY, TVT_E_NONE},
    {"ed25519", "ed25519", "localhost", TVT_VERIFY_REQUIRE, TVT_E_NONE}, /* a server's word: a client checks as ever */
    {"ed25519", "ed25519", "other.test", TVT_VERIFY_REQUEST, TVT_E_CERT_NAME_MISMATCH},
    {"ed25519", "ec256", "localhost", TVT_VERIFY_PEER, TVT_E_CERT_UNKNOWN_ISSUER},
    {"ed25519", "ec256", "localhost", TVT_VERIFY_CHAIN_ONLY, TVT_E_CERT_UNKNOWN_ISSUER},
    {"ed25519", "ec256", "other.test", TVT_VERIFY_NONE, TVT_E_NONE},
    {"client-ed25519", "ed25519", "localhost", TVT_VERIFY_CHAIN_ONLY, TVT_E_CERT_EXTENDED_KEY_USAGE},
    {"expired", "ec256", "localhost", TVT_VERIFY_PEER, TVT_E_CERT_EXPIRED},
    {"not-yet-valid", "ec256", "localhost", TVT_VERIFY_PEER, TVT_E_CERT_NOT_YET_VALID},
    {"wrong-name", "ec256", "localhost", TVT_VERIFY_PEER, TVT_E_CERT_NAME_MISMATCH},
    {"self-signed", "ec256", "localhost", TVT_VERIFY_PEER, TVT_E_CERT_SELF_SIGNED},
    {"same-name-root", "ec256", "localhost", TVT_VERIFY_PEER, TVT_E_CERT_UNKNOWN_ISSUER},
    {"expired", "ec256", "localhost", TVT_VERIFY_NONE, TVT_E_NONE},
};

static void
server_certificates(void)
{
    for (size_t i = 0; i < sizeof server_rows / sizeof server_rows[0]; i++) {
        const struct server_row *row = &server_rows[i];
        struct tvt_fixture_options o = {.key = row->key, .root = row->root};
        struct tvt_fixture f;
        if ((needs_p256(row->key) || needs_p256(row->root)) && !has_p256()) {
            printf("\n    left out, the default backend has no P-256: %s", row->key);
            continue;
        }
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_CLIENT], row->mode, NULL), TVT_OK);
        f.connected = true;
        CU_ASSERT_FATAL(tvt_pair_open(&f.pair, f.config[TVT_CLIENT], f.config[TVT_SERVER], row->name));
        bool done = tvt_pair_handshake(&f.pair);
        struct tvt_info info;
        tvt_connection_info(tvt_fixture_end(&f, TVT_CLIENT), &info);
        const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&f, TVT_CLIENT));
        bool good = e->code == row->code && done == (row->code == TVT_E_NONE) &&
                    info.peer_verified == (done && row->mode != TVT_VERIFY_NONE) &&
                    (done || told(&f, TVT_SERVER, row->code));
        if (!good)
            printf("\n    %s for %s (want %s): %s\n      server: %s", row->key, row->name, tvt_error_name(row->code),
                   tvt_fixture_error(&f, TVT_CLIENT), tvt_fixture_error(&f, TVT_SERVER));
        CU_ASSERT(good);
        tvt_fixture_close(&f);
    }
}

/* What cannot be checked is not begun. */
static void
not_ready(void)
{
    static const struct {
        int what;
        enum tvt_role role;
        enum tvt_error_code code;
    } cases[] = {{0, TVT_CLIENT, TVT_E_NO_TRUST},
                 {1, TVT_CLIENT, TVT_E_NO_NAME},
                 {2, TVT_CLIENT, TVT_E_WRONG_CALL},
                 {3, TVT_SERVER, TVT_E_NO_CREDENTIAL},
                 {4, TVT_SERVER, TVT_E_NO_TRUST}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        if (cases[i].what == 0) {
            CU_ASSERT_EQUAL(tvt_config_set_trust(f.config[TVT_CLIENT], NULL, NULL), TVT_OK);
        } else if (cases[i].what == 2) {
            CU_ASSERT_EQUAL(tvt_config_set_clock(f.config[TVT_CLIENT], NULL, NULL, NULL), TVT_OK);
        } else if (cases[i].what == 3) {
            tvt_config_free(f.config[TVT_SERVER]);
            CU_ASSERT_EQUAL(tvt_config_new(&f.config[TVT_SERVER], tvt_fixture_provider(NULL), NULL), TVT_OK);
        } else if (cases[i].what == 4) {
            CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUEST, NULL), TVT_OK);
        }
        f.connected = true;
        CU_ASSERT_FATAL(tvt_pair_open(&f.pair, f.config[0], f.config[1], cases[i].what == 1 ? NULL : "localhost"));
        CU_ASSERT(!tvt_pair_handshake(&f.pair));
        CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&f, cases[i].role))->code, cases[i].code);
        CU_ASSERT_EQUAL(f.pair.queue[1 - cases[i].role].total, 0); /* not a byte went */
        tvt_fixture_close(&f);
    }
}

/* A chain without alternative names can be validated, and is not one of the web PKI. */
static void
web_pki_profile(void)
{
    if (!has_p256()) {
        printf("\n    left out, the default backend has no P-256");
        CU_ASSERT_PTR_NULL(tvt_provider_kx(tvt_fixture_provider(NULL), TVT_GROUP_SECP256R1));
        return;
    }
    for (int asked = 0; asked < 2; asked++) {
        struct tvt_fixture_options o = {.key = "no-san", .root = "ec256"};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_CLIENT], TVT_VERIFY_CHAIN_ONLY, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_web_pki(f.config[TVT_CLIENT], asked != 0, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_fixture_handshake(&f), !asked);
        CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&f, TVT_CLIENT))->code,
                        asked ? TVT_E_CERT_PROFILE : TVT_E_NONE);
        CU_ASSERT(!asked || told(&f, TVT_SERVER, TVT_E_CERT_PROFILE));
        tvt_fixture_close(&f);
    }
}

int
tvt_register_auth(void)
{
    static const CU_TestInfo tests[] = {
        {"client certificates", client_certificates},       {"a client whose key does not fit", no_fitting_scheme},
        {"server certificates", server_certificates},       {"the web-PKI profile is asked for", web_pki_profile},
        {"what cannot be checked is not begun", not_ready},
    };
    return suite_register("auth", tests, sizeof tests / sizeof tests[0]);
}
