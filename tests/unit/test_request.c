/* SPDX-License-Identifier: MIT
 *
 * Which credential is shown to whom: OID filters, authorities, schemes of certificates and keys, several credentials,
 * strict names (RFC 9846 4.3.4, 4.3.5, 4.5.1.2).
 */
#include "core/base/memory.h"
#include "core/x509/oid_filter.h"
#include "tests/support/bend.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_request(void);

/* ---- OID filters ---- */

#define KU_SIGN    "03551d0f 0004 03020780" /* digitalSignature */
#define KU_AGREE   "03551d0f 0004 03020388" /* digitalSignature, keyAgreement */
#define EKU_CLIENT "03551d25 000c 300a06082b06010505070302"
#define EKU_SERVER "03551d25 000c 300a06082b06010505070301"
#define EKU_BOTH   "03551d25 0016 301406082b0601050507030206082b06010505070301"
#define EKU_ANY    "03551d25 0008 30060604551d2500"
#define OTHER      "022a03 0003 abcdef"

struct filter_row {
    const char *hex;
    bool valid, client, server; /* matches client-ed25519, ed25519 */
};

static const struct filter_row filters[] = {
    {"", true, true, true},
    {KU_SIGN, true, true, true},
    {KU_AGREE, true, false, false},
    {EKU_CLIENT, true, true, false},
    {EKU_SERVER, true, false, true},
    {EKU_BOTH, true, false, false},
    {OTHER, true, true, true},
    {OTHER KU_SIGN EKU_CLIENT, true, true, false},
    {EKU_ANY, false, false, false},
    {KU_SIGN KU_SIGN, false, false, false},
    {OTHER OTHER, false, false, false},
    {"03551d0f 0003 030780", false, false, false},
    {"03551d25 0002 3000", true, true, true}, /* no purpose asked for */
    {"03551d25 0003 300100", false, false, false},
    {"00 0000", false, false, false},
    {"03551d0f 0005 03020780", false, false, false},
    {"03551d", false, false, false},
};

static void
oid_filters(void)
{
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    struct tvt_credential *client = tvt_fixture_credential(p, "client-ed25519"),
                          *server = tvt_fixture_credential(p, "ed25519");
    struct tvt_config *c = NULL;
    CU_ASSERT_FATAL(client != NULL && server != NULL);
    CU_ASSERT_EQUAL_FATAL(tvt_config_new(&c, p, NULL), TVT_OK);
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        uint8_t bytes[128];
        struct tvt_span list = tvt_span(bytes, tvt_bend_hex(bytes, sizeof bytes, filters[i].hex));
        bool good = tvt_oid_filters_valid(list) == filters[i].valid;
        if (filters[i].valid)
            good = good && tvt_oid_filters_match(list, &client->leaf) == filters[i].client &&
                   tvt_oid_filters_match(list, &server->leaf) == filters[i].server;
        if (!good)
            printf("\n    %s", filters[i].hex);
        CU_ASSERT(good);
        CU_ASSERT_EQUAL(tvt_config_set_oid_filters(c, list.data, list.len, NULL), filters[i].valid ? TVT_OK : TVT_FAIL);
    }
    tvt_config_free(c);
    tvt_credential_unref(client);
    tvt_credential_unref(server);
}

/* A client shows only what fits; a server refuses what does not. */
static void
filters_in_handshake(void)
{
    for (unsigned i = 0; i < 4; i++) {
        struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
        const char *hex = i % 2 == 0 ? OTHER EKU_CLIENT : EKU_BOTH;
        bool required = i >= 2;
        struct tvt_fixture f;
        uint8_t bytes[128];
        size_t len = tvt_bend_hex(bytes, sizeof bytes, hex);
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_oid_filters(f.config[TVT_SERVER], bytes, len, NULL), TVT_OK);
        CU_ASSERT_EQUAL(
            tvt_config_set_verify(f.config[TVT_SERVER], required ? TVT_VERIFY_REQUIRE : TVT_VERIFY_REQUEST, NULL),
            TVT_OK);
        bool done = tvt_fixture_handshake(&f);
        CU_ASSERT_EQUAL(auth_info(&f, TVT_SERVER).client_authenticated, i % 2 == 0);
        CU_ASSERT_EQUAL(done, i != 3);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), i == 3 ? TVT_E_CERTIFICATE_REQUIRED : TVT_E_NONE);
        tvt_fixture_close(&f);
    }
}

/* A client that does not look at filters. */
static void
filter_ignored(void)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    struct tvt_fixture f;
    uint8_t bytes[128];
    size_t len = tvt_bend_hex(bytes, sizeof bytes, KU_SIGN);
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    CU_ASSERT_EQUAL(tvt_config_set_oid_filters(f.config[TVT_SERVER], bytes, len, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
    f.config[TVT_CLIENT]->credentials[0]->leaf.key_usage = 0xffff;             /* what it believes to have ... */
    (void)tvt_bend_hex(f.config[TVT_SERVER]->auth.oid_filters, len, KU_AGREE); /* ... and is asked for */
    CU_ASSERT(!tvt_fixture_handshake(&f));
    CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_OID_FILTER);
    CU_ASSERT(auth_told(&f, TVT_CLIENT, TVT_E_OID_FILTER));
    tvt_fixture_close(&f);
}

static void
bad_filter_received(void)
{
    static const char *const lists[] = {KU_SIGN KU_SIGN, EKU_ANY, "03551d0f 0003 030780"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct tvt_fixture_options o = {.client_root = "ed25519"};
        struct tvt_fixture f;
        static struct tvt_bend bend;
        uint8_t bytes[128];
        char hex[300];
        size_t len = tvt_bend_hex(bytes, sizeof bytes, lists[i]), n = 0;
        n += (size_t)snprintf(hex + n, sizeof hex - n, "%04x", (unsigned)len);
        for (size_t k = 0; k < len; k++)
            n += (size_t)snprintf(hex + n, sizeof hex - n, "%02x", bytes[k]);
        memset(&bend, 0, sizeof bend);
        bend.kind = TVT_MSG_CERTIFICATE_REQUEST;
        bend.op = TVT_BEND_ADD;
        bend.at = 48;
        bend.hex = hex;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUEST, NULL), TVT_OK);
        f.config[TVT_SERVER]->test_port.replace = tvt_bend_message;
        f.config[TVT_SERVER]->test_port.user = &bend;
        CU_ASSERT(!tvt_fixture_handshake(&f));
        CU_ASSERT_EQUAL(auth_code(&f, TVT_CLIENT), TVT_E_BAD_OID_FILTER);
        CU_ASSERT(auth_told(&f, TVT_SERVER, TVT_E_BAD_OID_FILTER));
        tvt_fixture_close(&f);
    }
}

/* ---- the choice between credentials ---- */

static void
add(struct tvt_fixture *f, enum tvt_role role, const char *key)
{
    struct tvt_credential *c = tvt_fixture_credential(f->config[role]->provider, key);
    CU_ASSERT_FATAL(c != NULL);
    CU_ASSERT_EQUAL(tvt_config_add_credential(f->config[role], c, NULL), TVT_OK);
    tvt_credential_unref(c);
}

/* Names of authorities in wire form: the issuers of the credentials of `keys`. */
static size_t
issuers(uint8_t *out, size_t cap, const char *const *keys, size_t num)
{
    struct tvt_writer w;
    tvt_writer_init(&w, out, cap);
    for (size_t i = 0; i < num; i++) {
        struct tvt_credential *c = tvt_fixture_credential(tvt_fixture_provider(NULL), keys[i]);
        CU_ASSERT_FATAL(c != NULL);
        tvt_write_u16(&w, (uint16_t)c->issuer[0].len);
        tvt_write_span(&w, c->issuer[0]);
        tvt_credential_unref(c);
    }
    CU_ASSERT(!w.overflow);
    return tvt_writer_len(&w);
}

/* Two families: the authority decides; with none that fits the first is shown all the same (RFC 9846 4.5.1.2: SHOULD). */
static void
authorities(void)
{
    static const char *const keys[] = {"ed25519", "ec256"}, *const foreign[] = {"self-signed"};
    uint8_t names[512];
    if (!tvt_fixture_can_sign(tvt_fixture_provider(NULL), "ec256")) {
        printf("\n    left out, the default backend has no P-256");
        CU_ASSERT_PTR_NULL(tvt_provider_kx(tvt_fixture_provider(NULL), TVT_GROUP_SECP256R1));
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        struct tvt_fixture f;
        size_t expected = i == 2 ? 1 : 0; /* index in keys */
        size_t len = i == 0   ? 0
                     : i == 3 ? issuers(names, sizeof names, foreign, 1)
                              : issuers(names, sizeof names, &keys[i - 1], 1);
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        add(&f, TVT_SERVER, "ec256");
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_CLIENT], TVT_VERIFY_NONE, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_authorities(f.config[TVT_CLIENT], names, len, NULL), TVT_OK);
        CU_ASSERT(tvt_fixture_handshake(&f));
        CU_ASSERT(tvt_span_equal(tvt_connection_peer_certificate(tvt_fixture_end(&f, TVT_CLIENT), 0),
                                 f.config[TVT_SERVER]->credentials[expected]->chain[0]));
        tvt_fixture_close(&f);
        /* the same the other way */
        struct tvt_fixture_options o = {.client_key = "ed25519"};
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        add(&f, TVT_CLIENT, "ec256");
        CU_ASSERT_EQUAL(tvt_config_set_authorities(f.config[TVT_SERVER], names, len, NULL), TVT_OK);
        f.config[TVT_SERVER]->verify = TVT_VERIFY_REQUIRE;
        struct tvt_trust_store *trust = tvt_fixture_trust(keys[expected]);
        CU_ASSERT_EQUAL(tvt_config_set_trust(f.config[TVT_SERVER], trust, NULL), TVT_OK);
        tvt_trust_store_unref(trust);
        CU_ASSERT(!tvt_fixture_handshake(&f)); /* a server's certificate is no client's: but it is the right one */
        CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_CERT_EXTENDED_KEY_USAGE);
        tvt_fixture_close(&f);
    }
}

/* A credential for those alone who name its issuer, with and without another one behind it. */
static void
issuer_named(void)
{
    static const char *const own[] = {"ed25519"}, *const foreign[] = {"ed25519-self-signed"};
    uint8_t names[512];
    for (unsigned i = 0; i < 6; i++) {
        bool fallback = i >= 3, fits = i % 3 == 2, good = fits || fallback;
        size_t len = i % 3 == 0 ? 0 : issuers(names, sizeof names, fits ? own : foreign, 1);
        for (int role = 0; role < 2; role++) {
            const char *key = role == TVT_SERVER ? "ed25519" : "client-ed25519";
            struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
            struct tvt_fixture f;
            CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
            struct tvt_credential *c = tvt_fixture_credential(f.config[role]->provider, key);
            CU_ASSERT_EQUAL(tvt_credential_set_issuer_named(c, true, NULL), TVT_OK);
            auth_put(&f, (enum tvt_role)role, c);
            if (fallback)
                add(&f, (enum tvt_role)role, key);
            CU_ASSERT_EQUAL(tvt_config_set_authorities(f.config[!role], names, len, NULL), TVT_OK);
            CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
            CU_ASSERT_EQUAL(tvt_fixture_handshake(&f), good);
            CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), good                 ? TVT_E_NONE
                                                       : role == TVT_SERVER ? TVT_E_NO_COMMON_AUTHORITY
                                                                            : TVT_E_CERTIFICATE_REQUIRED);
            CU_ASSERT(good || auth_told(&f, TVT_CLIENT, auth_code(&f, TVT_SERVER)));
            tvt_fixture_close(&f);
        }
    }
}

static void
issuer_refused(void)
{
    struct tvt_credential *raw = auth_raw_key(tvt_fixture_provider(NULL), "ed25519"),
                          *shared = tvt_fixture_credential(tvt_fixture_provider(NULL), "ed25519");
    struct tvt_error e;
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_credential_set_issuer_named(raw, true, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_BAD_ARGUMENT);
    CU_ASSERT_EQUAL(tvt_credential_set_issuer_named(raw, false, NULL), TVT_OK);
    tvt_error_clear(&e);
    (void)tvt_credential_ref(shared);
    CU_ASSERT_EQUAL(tvt_credential_set_issuer_named(shared, true, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_WRONG_CALL);
    CU_ASSERT(!shared->issuer_named && !raw->issuer_named);
    tvt_credential_unref(shared);
    tvt_credential_unref(shared);
    tvt_credential_unref(raw);
}

/* A client that must show a certificate, times what keeps it from that. */
static void
credential_required(void)
{
    enum { FITS, NONE, SCHEME, ISSUER, TYPE, NUM };
    static const char *const field[NUM] = {NULL, "credential", "signature_algorithms", "certificate_authorities",
                                           "client_certificate_type"};
    for (int i = 0; i < 2 * NUM; i++) {
        bool required = i >= NUM, good = i % NUM == FITS || !required;
        struct tvt_fixture_options o = {.client_key = i % NUM != NONE ? "client-ed25519" : NULL,
                                        .client_root = "ed25519"};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        struct tvt_credential *c = tvt_fixture_credential(f.config[TVT_CLIENT]->provider, "client-ed25519");
        CU_ASSERT_EQUAL(tvt_credential_set_issuer_named(c, true, NULL), TVT_OK);
        if (i % NUM == ISSUER)
            auth_put(&f, TVT_CLIENT, tvt_credential_ref(c));
        if (i % NUM == TYPE)
            auth_put(&f, TVT_CLIENT, auth_raw_key(f.config[TVT_CLIENT]->provider, "client-ed25519"));
        tvt_credential_unref(c);
        if (i % NUM == SCHEME)
            f.config[TVT_SERVER]->schemes[0] = tvt_scheme_find(TVT_SCHEME_RSA_PSS_PSS_SHA512);
        if (i % NUM == SCHEME)
            f.config[TVT_SERVER]->num_schemes = 1;
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUEST, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_credential_required(f.config[TVT_CLIENT], required, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_fixture_handshake(&f), good);
        CU_ASSERT_EQUAL(auth_info(&f, TVT_SERVER).client_authenticated, i % NUM == FITS);
        if (!good) {
            CU_ASSERT_EQUAL(auth_code(&f, TVT_CLIENT), TVT_E_CREDENTIAL_REQUIRED);
            CU_ASSERT_EQUAL(strcmp(tvt_connection_error(tvt_fixture_end(&f, TVT_CLIENT))->field, field[i % NUM]), 0);
            CU_ASSERT(auth_told(&f, TVT_SERVER, TVT_E_CREDENTIAL_REQUIRED));
        }
        tvt_fixture_close(&f);
    }
}

static void
bad_authorities(void)
{
    static const char *const bad[] = {"0000", "0001", "0003 300100", "0002 3000 0002 3000", "0002 0500"};
    struct tvt_config *c = NULL;
    CU_ASSERT_EQUAL_FATAL(tvt_config_new(&c, tvt_fixture_provider(NULL), NULL), TVT_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t bytes[32];
        size_t len = tvt_bend_hex(bytes, sizeof bytes, bad[i]);
        CU_ASSERT_EQUAL(tvt_config_set_authorities(c, bytes, len, NULL), TVT_FAIL);
    }
    CU_ASSERT_EQUAL(c->auth.authorities_len, 0);
    tvt_config_free(c);
}

/* signature_algorithms_cert picks between chains; what a chain is signed with is a wish, not a must. */
static void
certificate_schemes(void)
{
    if (!tvt_fixture_can_sign(tvt_fixture_provider(NULL), "ec256")) {
        printf("\n    left out, the default backend has no P-256");
        CU_ASSERT_PTR_NULL(tvt_provider_kx(tvt_fixture_provider(NULL), TVT_GROUP_SECP256R1));
        return;
    }
    static const struct {
        const char *list;
        size_t index;
    } cases[] = {{"ecdsa_secp256r1_sha256", 1}, {"ed25519", 0}, {"rsa_pkcs1_sha256", 0}, {NULL, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        add(&f, TVT_SERVER, "ec256");
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_CLIENT], TVT_VERIFY_NONE, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_certificate_schemes(f.config[TVT_CLIENT], cases[i].list, NULL), TVT_OK);
        CU_ASSERT(tvt_fixture_handshake(&f));
        CU_ASSERT(tvt_span_equal(tvt_connection_peer_certificate(tvt_fixture_end(&f, TVT_CLIENT), 0),
                                 f.config[TVT_SERVER]->credentials[cases[i].index]->chain[0]));
        tvt_fixture_close(&f);
    }
}

/* What a key signs with is the credential's own, and not what its owner accepts. */
static void
own_schemes(void)
{
    if (!tvt_fixture_can_sign(tvt_fixture_provider(NULL), "rsa2048")) {
        printf("\n    left out, the default backend has no RSA");
        CU_ASSERT_PTR_NULL(
            tvt_provider_signature(tvt_fixture_provider(NULL), TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256));
        return;
    }
    struct tvt_fixture_options o = {.key = "rsa2048"};
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    struct tvt_credential *c = tvt_fixture_credential(f.config[TVT_SERVER]->provider, "rsa2048");
    CU_ASSERT_EQUAL(tvt_credential_set_schemes(c, "nothing", NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_credential_set_schemes(c, "ed25519", NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_credential_set_schemes(c, "", NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(c->num_schemes, 0);
    CU_ASSERT_EQUAL(tvt_credential_set_schemes(c, "rsa_pss_rsae_sha512:rsa_pss_rsae_sha256", NULL), TVT_OK);
    auth_put(&f, TVT_SERVER, c);
    CU_ASSERT_EQUAL(tvt_config_set_schemes(f.config[TVT_SERVER], "ed25519", NULL), TVT_OK); /* accepts alone */
    CU_ASSERT(tvt_fixture_handshake(&f));
    CU_ASSERT_EQUAL(auth_info(&f, TVT_CLIENT).scheme, TVT_SCHEME_RSA_PSS_RSAE_SHA512);
    CU_ASSERT_EQUAL(auth_info(&f, TVT_CLIENT).peer_scheme, TVT_SCHEME_RSA_PSS_RSAE_SHA512);
    tvt_fixture_close(&f);
}

/* rsa_pkcs1 is taken for other versions' sake, and signs nothing in TLS 1.3 (RFC 9846 4.3.3). */
static void
passed_over_scheme(void)
{
    if (!tvt_fixture_can_sign(tvt_fixture_provider(NULL), "rsa2048")) {
        CU_ASSERT_PTR_NULL(
            tvt_provider_signature(tvt_fixture_provider(NULL), TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256));
        return;
    }
    for (int more = 0; more < 2; more++) {
        struct tvt_fixture_options o = {.key = "rsa2048"};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        struct tvt_credential *c = tvt_fixture_credential(f.config[TVT_SERVER]->provider, "rsa2048");
        CU_ASSERT_EQUAL(
            tvt_credential_set_schemes(c, more ? "rsa_pkcs1_sha256:rsa_pss_rsae_sha384" : "rsa_pkcs1_sha256", NULL),
            TVT_OK);
        auth_put(&f, TVT_SERVER, c);
        CU_ASSERT_EQUAL(tvt_fixture_handshake(&f), more != 0);
        CU_ASSERT_EQUAL(auth_info(&f, TVT_CLIENT).scheme, more ? TVT_SCHEME_RSA_PSS_RSAE_SHA384 : 0);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), more ? TVT_E_NONE : TVT_E_NO_COMMON_SIGNATURE);
        tvt_fixture_close(&f);
    }
}

/* Codes for clients alone, where both ends ask for them by name (RFC 9963 3). */
static void
legacy_schemes(void)
{
    static const struct {
        const char *accepts, *signs; /* NULL: the default */
        uint16_t scheme;             /* 0: no certificate is shown */
    } rows[] = {{"rsa_pkcs1_sha256_legacy", "rsa_pkcs1_sha256_legacy", TVT_SCHEME_RSA_PKCS1_SHA256_LEGACY},
                {"rsa_pss_rsae_sha256:rsa_pkcs1_sha512_legacy", "rsa_pkcs1_sha512_legacy:rsa_pss_rsae_sha256",
                 TVT_SCHEME_RSA_PKCS1_SHA512_LEGACY},
                {"rsa_pkcs1_sha256_legacy:rsa_pss_rsae_sha256", NULL, TVT_SCHEME_RSA_PSS_RSAE_SHA256},
                {"rsa_pkcs1_sha256_legacy", NULL, 0},
                {NULL, "rsa_pkcs1_sha256_legacy", 0},
                {"rsa_pkcs1_sha384_legacy", "rsa_pkcs1_sha256_legacy", 0}};
    if (!tvt_fixture_can_sign(tvt_fixture_provider(NULL), "rsa2048")) {
        CU_ASSERT_PTR_NULL(
            tvt_provider_signature(tvt_fixture_provider(NULL), TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256));
        return;
    }
    static const uint8_t x509[] = {TVT_CERTIFICATE_X509}, raw[] = {TVT_CERTIFICATE_RAW_KEY};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        struct tvt_credential *c = auth_raw_key(f.config[TVT_CLIENT]->provider, "rsa2048");
        CU_ASSERT_EQUAL(tvt_credential_set_schemes(c, rows[i].signs, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_add_peer_key(f.config[TVT_SERVER], auth_spki(c), NULL), TVT_OK);
        auth_put(&f, TVT_CLIENT, c);
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(tvt_config_set_certificate_types(f.config[role], x509, 1, raw, 1, NULL), TVT_OK);
        if (rows[i].accepts != NULL)
            CU_ASSERT_EQUAL(tvt_config_set_schemes(f.config[TVT_SERVER], rows[i].accepts, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_fixture_handshake(&f), rows[i].scheme != 0);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), rows[i].scheme != 0 ? TVT_E_NONE : TVT_E_CERTIFICATE_REQUIRED);
        CU_ASSERT_EQUAL(auth_info(&f, TVT_SERVER).peer_scheme, rows[i].scheme);
        tvt_fixture_close(&f);
    }
}

static enum tvt_result
keep_schemes(void *user, struct tvt_connection *c, const struct tvt_hello *hello)
{
    struct tvt_span *kept = user; /* two bytes, room for more */
    (void)c;
    tvt_copy((uint8_t *)(uintptr_t)kept->data, hello->schemes.data, hello->schemes.len < 8 ? hello->schemes.len : 8);
    kept->len = hello->schemes.len;
    return TVT_OK;
}

/* Not in a ClientHello, not for certificates, not of a server. */
static void
legacy_elsewhere(void)
{
    uint8_t bytes[8];
    struct tvt_span seen = {bytes, 0};
    struct tvt_fixture f;
    struct tvt_error e;
    tvt_error_clear(&e);
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    struct tvt_config *client = f.config[TVT_CLIENT];
    if (tvt_config_set_schemes(client, "rsa_pkcs1_sha256_legacy:ed25519:rsa_pkcs1_sha512_legacy", &e) != TVT_OK) {
        CU_ASSERT_EQUAL(e.code, TVT_E_NOT_OFFERED); /* no RSA here */
        tvt_fixture_close(&f);
        return;
    }
    CU_ASSERT_EQUAL(tvt_config_set_certificate_schemes(client, "ed25519:rsa_pkcs1_sha256_legacy", &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_BAD_ARGUMENT && client->auth.num_certificate_schemes == 0);
    CU_ASSERT_EQUAL(tvt_config_set_hello(f.config[TVT_SERVER], keep_schemes, &seen, NULL), TVT_OK);
    CU_ASSERT(tvt_fixture_handshake(&f));
    CU_ASSERT(seen.len == 2 && tvt_load_u16(seen.data) == TVT_SCHEME_ED25519);
    tvt_fixture_close(&f);

    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    CU_ASSERT_EQUAL(tvt_config_set_schemes(f.config[TVT_CLIENT], "rsa_pkcs1_sha256_legacy", NULL), TVT_OK);
    CU_ASSERT(!tvt_fixture_handshake(&f));
    CU_ASSERT_EQUAL(auth_code(&f, TVT_CLIENT), TVT_E_NOT_OFFERED);
    tvt_fixture_close(&f);
}

static bool
name_legacy(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    static uint8_t copy[1024];
    (void)user;
    if (kind != TVT_MSG_CERTIFICATE_VERIFY || message->len > sizeof copy)
        return false;
    tvt_copy(copy, message->data, message->len);
    tvt_store_u16(copy + 4, TVT_SCHEME_RSA_PKCS1_SHA256_LEGACY);
    *message = tvt_span(copy, message->len);
    return true;
}

static void
legacy_server(void)
{
    struct tvt_fixture_options o = {.key = "rsa2048"};
    struct tvt_fixture f;
    if (!tvt_fixture_can_sign(tvt_fixture_provider(NULL), "rsa2048")) {
        CU_ASSERT_PTR_NULL(
            tvt_provider_signature(tvt_fixture_provider(NULL), TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256));
        return;
    }
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    CU_ASSERT_EQUAL(tvt_config_set_schemes(f.config[TVT_CLIENT], "rsa_pss_rsae_sha256:rsa_pkcs1_sha256_legacy", NULL),
                    TVT_OK);
    f.config[TVT_SERVER]->test_port.replace = name_legacy;
    CU_ASSERT(!tvt_fixture_handshake(&f));
    CU_ASSERT_EQUAL(auth_code(&f, TVT_CLIENT), TVT_E_WRONG_SIGNATURE_SCHEME);
    tvt_fixture_close(&f);
    /* and none of ours signs so */
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    struct tvt_credential *c = tvt_fixture_credential(f.config[TVT_SERVER]->provider, "rsa2048");
    CU_ASSERT_EQUAL(tvt_credential_set_schemes(c, "rsa_pkcs1_sha256_legacy", NULL), TVT_OK);
    auth_put(&f, TVT_SERVER, c);
    CU_ASSERT(!tvt_fixture_handshake(&f));
    CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_NO_COMMON_SIGNATURE);
    tvt_fixture_close(&f);
}

/* RSA of 1024 bits has no room for PSS with SHA-512. */
static void
short_modulus(void)
{
    if (!tvt_fixture_can_sign(tvt_fixture_provider(NULL), "rsa2048")) {
        CU_ASSERT_PTR_NULL(
            tvt_provider_signature(tvt_fixture_provider(NULL), TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256));
        return;
    }
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    auth_put(&f, TVT_SERVER, tvt_fixture_credential(f.config[TVT_SERVER]->provider, "rsa1024"));
    CU_ASSERT_EQUAL(tvt_config_set_schemes(f.config[TVT_CLIENT], "rsa_pss_rsae_sha512", NULL), TVT_OK);
    CU_ASSERT(!tvt_fixture_handshake(&f));
    CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_NO_COMMON_SIGNATURE);
    tvt_fixture_close(&f);
}

/* ---- names ---- */

static void
strict_names(void)
{
    static const struct {
        const char *sni; /* NULL: none */
        bool strict, good;
    } cases[] = {{"localhost", true, true},   {"elsewhere.test", true, false}, {NULL, true, false},
                 {"a.wild.test", true, true}, {"elsewhere.test", false, true}, {NULL, false, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        CU_ASSERT_EQUAL(tvt_config_set_strict_name(f.config[TVT_SERVER], cases[i].strict, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        CU_ASSERT_EQUAL(tvt_connection_set_names(tvt_fixture_end(&f, TVT_CLIENT), cases[i].sni, "localhost"), TVT_OK);
        CU_ASSERT_EQUAL(tvt_pair_handshake(&f.pair), cases[i].good);
        if (!cases[i].good) {
            CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_UNRECOGNIZED_NAME);
            CU_ASSERT(auth_told(&f, TVT_CLIENT, TVT_E_UNRECOGNIZED_NAME));
        }
        tvt_fixture_close(&f);
    }
}

/* A leaf that may not sign is no leaf, whoever does not verify its chain. */
static void
leaf_usage(void)
{
    if (!tvt_fixture_can_sign(tvt_fixture_provider(NULL), "ec256")) {
        CU_ASSERT_PTR_NULL(tvt_provider_kx(tvt_fixture_provider(NULL), TVT_GROUP_SECP256R1));
        return;
    }
    struct tvt_fixture_options o = {.key = "ku-no-signature", .root = "ec256"};
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_CLIENT], TVT_VERIFY_NONE, NULL), TVT_OK);
    CU_ASSERT(!tvt_fixture_handshake(&f));
    CU_ASSERT_EQUAL(auth_code(&f, TVT_CLIENT), TVT_E_CERT_KEY_USAGE);
    tvt_fixture_close(&f);
}

int
tvt_register_request(void)
{
    static const CU_TestInfo tests[] = {
        {"OID filters", oid_filters},
        {"filters in a handshake", filters_in_handshake},
        {"a filter that is ignored", filter_ignored},
        {"bad filters received", bad_filter_received},
        {"authorities", authorities},
        {"bad authorities", bad_authorities},
        {"a credential for those who name its issuer", issuer_named},
        {"no issuer to be named", issuer_refused},
        {"a client that must show a certificate", credential_required},
        {"a scheme of another version", passed_over_scheme},
        {"schemes of certificates", certificate_schemes},
        {"schemes of a key", own_schemes},
        {"legacy schemes of clients", legacy_schemes},
        {"legacy schemes elsewhere", legacy_elsewhere},
        {"legacy schemes of servers", legacy_server},
        {"a short modulus", short_modulus},
        {"strict names", strict_names},
        {"a leaf that may not sign", leaf_usage},
    };
    return suite_register("request", tests, sizeof tests / sizeof tests[0]);
}
