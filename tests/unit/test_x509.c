/* SPDX-License-Identifier: MIT
 *
 * core/x509: path building and validation over vectors/pki: what must be accepted, and every refusal with its code,
 * certificate and field.
 */
#include "core/x509/path_check.h"
#include "tests/unit/x509_help.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_x509(void);

/* One verification, with everything that a test may want to change. */
struct trial {
    const char *dir;
    const char *root; /* file; NULL: ec256/root.pem */
    enum tvt_purpose purpose;
    int64_t time;
    const char *name; /* NULL: no name is wanted */
    const struct tvt_path_policy *policy;
};

static enum tvt_result
verify(const struct trial *trial, struct tvt_verified_path *path, struct tvt_error *error)
{
    char file[128];
    struct x509_chain chain;
    struct tvt_trust_store *store = x509_store(trial->root != NULL ? trial->root : "ec256/root.pem");
    (void)snprintf(file, sizeof(file), "%s/chain.pem", trial->dir);
    x509_load(&chain, file);
    struct tvt_path_request request = {
        .provider = x509_provider(),
        .store = store,
        .policy = trial->policy,
        .purpose = trial->purpose != 0 ? trial->purpose : TVT_PURPOSE_SERVER,
        .time = trial->time != 0 ? trial->time : X509_TIME,
        .name = trial->name,
        .no_name = trial->name == NULL,
        .chain = chain.certificate,
        .num_chain = chain.num,
    };
    tvt_error_clear(error);
    enum tvt_result result = tvt_path_verify(path, &request, error);
    CU_ASSERT_EQUAL(result == TVT_OK, error->code == TVT_E_NONE);
    x509_free(&chain);
    tvt_trust_store_unref(store);
    return result;
}

static void
expect_good(const struct trial *trial, size_t num)
{
    struct tvt_error error;
    struct tvt_verified_path path;
    memset(&path, 0, sizeof(path));
    if (verify(trial, &path, &error) != TVT_OK) {
        char text[1024];
        (void)tvt_error_format_line(&error, text, sizeof(text));
        fprintf(stderr, "\n  %s: %s\n", trial->dir, text);
        CU_FAIL("a good chain is refused");
        return;
    }
    CU_ASSERT_EQUAL(path.num, num);
    CU_ASSERT_EQUAL(path.index[0], 0);
    CU_ASSERT_EQUAL(path.signatures, num - 1);
    CU_ASSERT_EQUAL(path.index[num - 1], num > 1 ? -1 : 0);
}

struct refusal {
    struct trial trial;
    enum tvt_error_code code;
    const char *message, *field;
    const char *detail; /* a part of it; NULL: any */
};

static void
expect_refusal(const struct refusal *r)
{
    struct tvt_error error;
    bool good = verify(&r->trial, NULL, &error) == TVT_FAIL && error.code == r->code && error.message != NULL &&
                strcmp(error.message, r->message) == 0 && (error.field == NULL) == (r->field == NULL) &&
                (r->field == NULL || strcmp(error.field, r->field) == 0) &&
                (r->detail == NULL || strstr(error.detail, r->detail) != NULL);
    if (!good) {
        char text[1024] = "accepted";
        if (error.code != TVT_E_NONE)
            (void)tvt_error_format_line(&error, text, sizeof(text));
        fprintf(stderr, "\n  %s: expected %s (%s, %s); got %s\n", r->trial.dir, tvt_error_name(r->code), r->message,
                r->field != NULL ? r->field : "-", text);
    }
    CU_ASSERT_TRUE(good);
}

/* ---- what must be accepted ------------------------------------------------------------------------------- */

static void
accepts_good_chains(void)
{
    static const struct trial good[] = {
        {.dir = "ec256", .name = "localhost"},
        {.dir = "ec256", .name = "example.test"},
        {.dir = "ec256", .name = "EXAMPLE.Test."},
        {.dir = "ec256", .name = "a.wild.test"},
        {.dir = "ec256", .name = "127.0.0.1"},
        {.dir = "ec256", .name = "::1"},
        {.dir = "ec256", .name = "[::1]"},
        {.dir = "ec256"},
        {.dir = "both", .name = "localhost"},
        {.dir = "both", .purpose = TVT_PURPOSE_CLIENT},
        {.dir = "client", .purpose = TVT_PURPOSE_CLIENT},
        {.dir = "nc-good", .name = "localhost"},
        {.dir = "nc-good", .name = "::1"},
        {.dir = "inhibit-any-policy", .name = "localhost"},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        expect_good(&good[i], 3);
    expect_good(&(struct trial){.dir = "ec256-direct", .root = "ec256-direct/root.pem", .name = "localhost"}, 2);
}

/* Every algorithm on the first backend of this build that has it. */
static void
accepts_every_algorithm(void)
{
    static const struct {
        const char *dir;
        uint8_t family, key_type, hash;
    } rows[] = {
        {"ec256", TVT_SIG_ECDSA, TVT_KEY_P256, TVT_HASH_SHA256},
        {"ec384", TVT_SIG_ECDSA, TVT_KEY_P384, TVT_HASH_SHA384},
        {"ec521", TVT_SIG_ECDSA, TVT_KEY_P521, TVT_HASH_SHA512},
        {"rsa2048", TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA256},
        {"rsa3072", TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA384},
        {"rsapss", TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256},
        {"ed25519", TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE},
        {"ed448", TVT_SIG_EDDSA, TVT_KEY_ED448, TVT_HASH_NONE},
        {"mldsa44", TVT_SIG_MLDSA, TVT_KEY_MLDSA44, TVT_HASH_NONE},
        {"mldsa65", TVT_SIG_MLDSA, TVT_KEY_MLDSA65, TVT_HASH_NONE},
        {"mldsa87", TVT_SIG_MLDSA, TVT_KEY_MLDSA87, TVT_HASH_NONE},
    };
    size_t tried = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct tvt_provider *provider = x509_provider_for(rows[i].family, rows[i].key_type, rows[i].hash);
        char file[64];
        struct x509_chain chain;
        struct tvt_error error;
        if (provider == NULL) {
            fprintf(stderr, "\n  no backend of this build verifies %s\n", rows[i].dir);
            continue;
        }
        tried++;
        (void)snprintf(file, sizeof(file), "%s/root.pem", rows[i].dir);
        struct tvt_trust_store *store = x509_store(file);
        (void)snprintf(file, sizeof(file), "%s/chain.pem", rows[i].dir);
        x509_load(&chain, file);
        struct tvt_path_request request = {.provider = provider,
                                           .store = store,
                                           .purpose = TVT_PURPOSE_SERVER,
                                           .time = X509_TIME,
                                           .name = "localhost",
                                           .chain = chain.certificate,
                                           .num_chain = chain.num};
        tvt_error_clear(&error);
        CU_ASSERT_EQUAL(tvt_path_verify(NULL, &request, &error), TVT_OK);
        x509_free(&chain);
        tvt_trust_store_unref(store);
    }
    CU_ASSERT_TRUE(tried > 0);
}

static void
finds_another_path(void)
{
    expect_good(&(struct trial){.dir = "two-paths", .name = "localhost"}, 3);
}

static void
accepts_trusted_leaf(void)
{
    expect_good(&(struct trial){.dir = "self-signed", .root = "self-signed/chain.pem", .name = "localhost"}, 1);
    expect_good(&(struct trial){.dir = "ec256", .root = "ec256/leaf.pem", .name = "localhost"}, 1);
    /* An intermediate in the store is an anchor. */
    expect_good(&(struct trial){.dir = "missing-intermediate", .root = "ec256/intermediate.pem", .name = "localhost"},
                2);
    expect_refusal(&(struct refusal){{.dir = "self-signed", .root = "self-signed/chain.pem", .name = "other.test"},
                                     TVT_E_CERT_NAME_MISMATCH,
                                     "Certificate[0]",
                                     "subjectAltName",
                                     "localhost, example.test"});
    expect_refusal(&(struct refusal){{.dir = "expired", .root = "expired/chain.pem", .name = "localhost"},
                                     TVT_E_CERT_EXPIRED,
                                     "Certificate[0]",
                                     "validity.notAfter",
                                     NULL});
}

static void
allows_what_policy_says(void)
{
    struct tvt_path_policy policy = tvt_path_policy_default;
    policy.rsa_min_bits = 1024;
    expect_good(&(struct trial){.dir = "rsa1024", .name = "localhost", .policy = &policy}, 3);
    policy.rsa_min_bits = 4096;
    expect_refusal(
        &(struct refusal){{.dir = "rsa2048", .root = "rsa2048/root.pem", .name = "localhost", .policy = &policy},
                          TVT_E_CERT_WEAK_KEY,
                          "Certificate[0]",
                          "subjectPublicKeyInfo",
                          "RSA 2048 bits, 4096 are needed"});
    policy.hash_mask = TVT_HASH_BIT(TVT_HASH_SHA384);
    expect_refusal(&(struct refusal){{.dir = "ec256", .name = "localhost", .policy = &policy},
                                     TVT_E_CERT_SIGNATURE_ALGORITHM,
                                     "Certificate[0]",
                                     "signatureAlgorithm",
                                     NULL});
}

/* ---- refusals -------------------------------------------------------------------------------------------- */

static const struct refusal refusals[] = {
    {{.dir = "expired", .name = "localhost"},
     TVT_E_CERT_EXPIRED,
     "Certificate[0]",
     "validity.notAfter",
     "certificate \"expired\": not after 2021-01-01T00:00:00Z, it is 2026-06-01T00:00:00Z"},
    {{.dir = "expired-intermediate", .name = "localhost"},
     TVT_E_CERT_EXPIRED,
     "Certificate[1]",
     "validity.notAfter",
     NULL},
    {{.dir = "ec256", .name = "localhost", .time = 2871763200},
     TVT_E_CERT_EXPIRED,
     "Certificate[0]",
     "validity.notAfter",
     "2054-12-31T23:59:59Z"},
    {{.dir = "not-yet-valid", .name = "localhost"},
     TVT_E_CERT_NOT_YET_VALID,
     "Certificate[0]",
     "validity.notBefore",
     "not before 2053-01-01"},
    {{.dir = "wrong-name", .name = "localhost"},
     TVT_E_CERT_NAME_MISMATCH,
     "Certificate[0]",
     "subjectAltName",
     "asked for localhost; it is for other.test, 192.0.2.1"},
    {{.dir = "ec256", .name = "wild.test"}, TVT_E_CERT_NAME_MISMATCH, "Certificate[0]", "subjectAltName", NULL},
    {{.dir = "ec256", .name = "a.b.wild.test"}, TVT_E_CERT_NAME_MISMATCH, "Certificate[0]", "subjectAltName", NULL},
    {{.dir = "ec256", .name = "127.0.0.2"}, TVT_E_CERT_NAME_MISMATCH, "Certificate[0]", "subjectAltName", NULL},
    {{.dir = "ec256", .name = "::2"}, TVT_E_CERT_NAME_MISMATCH, "Certificate[0]", "subjectAltName", NULL},
    {{.dir = "no-san", .name = "localhost"},
     TVT_E_CERT_NAME_MISMATCH,
     "Certificate[0]",
     "subjectAltName",
     "no subjectAltName"},
    {{.dir = "eku-client-only", .name = "localhost"},
     TVT_E_CERT_EXTENDED_KEY_USAGE,
     "Certificate[0]",
     "extendedKeyUsage",
     "serverAuth is needed; it has clientAuth"},
    {{.dir = "eku-intermediate", .name = "localhost"},
     TVT_E_CERT_EXTENDED_KEY_USAGE,
     "Certificate[1]",
     "extendedKeyUsage",
     NULL},
    {{.dir = "ec256", .purpose = TVT_PURPOSE_CLIENT},
     TVT_E_CERT_EXTENDED_KEY_USAGE,
     "Certificate[0]",
     "extendedKeyUsage",
     "clientAuth is needed"},
    {{.dir = "client"}, TVT_E_CERT_EXTENDED_KEY_USAGE, "Certificate[0]", "extendedKeyUsage", NULL},
    {{.dir = "ku-no-signature", .name = "localhost"},
     TVT_E_CERT_KEY_USAGE,
     "Certificate[0]",
     "keyUsage",
     "digitalSignature is needed; it has keyEncipherment"},
    {{.dir = "ku-intermediate", .name = "localhost"},
     TVT_E_CERT_KEY_USAGE,
     "Certificate[1]",
     "keyUsage",
     "keyCertSign is needed; it has digitalSignature"},
    {{.dir = "intermediate-not-ca", .name = "localhost"},
     TVT_E_CERT_NOT_CA,
     "Certificate[1]",
     "basicConstraints.cA",
     "cA is needed; it is false"},
    {{.dir = "intermediate-no-bc", .name = "localhost"},
     TVT_E_CERT_NOT_CA,
     "Certificate[1]",
     "basicConstraints.cA",
     "cA is needed; it has no basicConstraints"},
    {{.dir = "path-length", .name = "localhost"},
     TVT_E_CERT_PATH_LENGTH,
     "Certificate[2]",
     "basicConstraints.pathLenConstraint",
     "authorities that may stand below it: 0; there: 1"},
    {{.dir = "unknown-root", .name = "localhost"},
     TVT_E_CERT_UNKNOWN_ISSUER,
     "Certificate[1]",
     "issuer",
     "CN=unknown root, O=Trivet Unknown, C=XX"},
    {{.dir = "same-name-root", .name = "localhost"}, TVT_E_CERT_UNKNOWN_ISSUER, "Certificate[1]", "issuer", NULL},
    {{.dir = "missing-intermediate", .name = "localhost"},
     TVT_E_CERT_UNKNOWN_ISSUER,
     "Certificate[0]",
     "issuer",
     "CN=ec256 intermediate"},
    {{.dir = "loop", .name = "localhost"}, TVT_E_CERT_UNKNOWN_ISSUER, "Certificate[2]", "issuer", NULL},
    {{.dir = "self-signed", .name = "localhost"}, TVT_E_CERT_SELF_SIGNED, "Certificate[0]", "issuer", NULL},
    {{.dir = "nc-dns-permitted", .name = "localhost"},
     TVT_E_CERT_NAME_CONSTRAINTS,
     "Certificate[0]",
     "permittedSubtrees",
     "localhost is not permitted by nc-dns-permitted intermediate; permitted: example.test"},
    {{.dir = "nc-dns-excluded", .name = "localhost"},
     TVT_E_CERT_NAME_CONSTRAINTS,
     "Certificate[0]",
     "excludedSubtrees",
     "localhost is excluded by nc-dns-excluded intermediate; excluded: localhost"},
    {{.dir = "nc-ip-permitted", .name = "localhost"},
     TVT_E_CERT_NAME_CONSTRAINTS,
     "Certificate[0]",
     "permittedSubtrees",
     "127.0.0.1 is not permitted by nc-ip-permitted intermediate; permitted: 10.0.0.0/8"},
    {{.dir = "nc-ip-excluded", .name = "localhost"},
     TVT_E_CERT_NAME_CONSTRAINTS,
     "Certificate[0]",
     "excludedSubtrees",
     "127.0.0.1 is excluded by nc-ip-excluded intermediate; excluded: 127.0.0.0/8"},
    {{.dir = "nc-dir-permitted", .name = "localhost"},
     TVT_E_CERT_NAME_CONSTRAINTS,
     "Certificate[0]",
     "permittedSubtrees",
     "permitted: directory:O=Trivet Other, C=XX"},
    {{.dir = "nc-dir-excluded", .name = "localhost"},
     TVT_E_CERT_NAME_CONSTRAINTS,
     "Certificate[0]",
     "excludedSubtrees",
     "excluded: directory:O=Trivet Other, C=XX"},
    {{.dir = "nc-email-excluded", .name = "localhost"},
     TVT_E_CERT_NAME_CONSTRAINTS,
     "Certificate[0]",
     "excludedSubtrees",
     "someone@host.mail.test is excluded by nc-email-excluded intermediate; excluded: email:.mail.test"},
    {{.dir = "nc-uri-permitted", .name = "localhost"},
     TVT_E_CERT_NAME_CONSTRAINTS,
     "Certificate[0]",
     "permittedSubtrees",
     "permitted: URI:.example.test"},
    {{.dir = "nc-unknown-kind", .name = "localhost"},
     TVT_E_CERT_NAME_CONSTRAINTS,
     "Certificate[0]",
     "nameConstraints",
     NULL},
    {{.dir = "unknown-critical", .name = "localhost"},
     TVT_E_CERT_CRITICAL_EXTENSION,
     "Certificate[0]",
     "extension",
     "1.3.6.1.4.1.99999.1"},
    {{.dir = "unknown-critical-intermediate", .name = "localhost"},
     TVT_E_CERT_CRITICAL_EXTENSION,
     "Certificate[1]",
     "extension",
     NULL},
    {{.dir = "policy-constraints", .name = "localhost"},
     TVT_E_CERT_POLICY,
     "Certificate[1]",
     "policyConstraints.requireExplicitPolicy",
     NULL},
    {{.dir = "rsa1024", .name = "localhost"},
     TVT_E_CERT_WEAK_KEY,
     "Certificate[0]",
     "subjectPublicKeyInfo",
     "RSA 1024 bits"},
    {{.dir = "sha1", .name = "localhost"},
     TVT_E_CERT_SIGNATURE_ALGORITHM,
     "Certificate[0]",
     "signatureAlgorithm",
     "ECDSA with SHA-1"},
    {{.dir = "sha1-rsa", .root = "rsa2048/root.pem", .name = "localhost"},
     TVT_E_CERT_SIGNATURE_ALGORITHM,
     "Certificate[0]",
     "signatureAlgorithm",
     "SHA-1 with RSA"},
    {{.dir = "secp256k1", .name = "localhost"},
     TVT_E_CERT_KEY_UNSUPPORTED,
     "Certificate[0]",
     "subjectPublicKeyInfo",
     "EC on the curve 1.3.132.0.10; RSA, P-256, P-384, P-521, Ed25519, Ed448 and ML-DSA are known"},
};

static void
refuses_with_reason(void)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        expect_refusal(&refusals[i]);
}

static void
refuses_with_values(void)
{
    struct tvt_error error;
    CU_ASSERT_EQUAL(verify(&(struct trial){.dir = "path-length", .name = "localhost"}, NULL, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.has_values && error.expected == 0 && error.got == 1);
    CU_ASSERT_EQUAL(verify(&(struct trial){.dir = "rsa1024", .name = "localhost"}, NULL, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.has_values && error.expected == 2048 && error.got == 1024);
    CU_ASSERT_EQUAL(verify(&(struct trial){.dir = "expired", .name = "localhost"}, NULL, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.has_values && error.expected == 1609459200 && error.got == X509_TIME);
    CU_ASSERT_STRING_EQUAL(tvt_error_section(error.code), "4.1.2.5");
    CU_ASSERT_EQUAL(error.alert, 45);
}

/* What is wrong with a chain that leads nowhere is that; what is wrong with one that leads to a root says more. */
static void
tells_most(void)
{
    expect_refusal(&(struct refusal){{.dir = "expired", .root = "unknown-root/root.pem", .name = "localhost"},
                                     TVT_E_CERT_UNKNOWN_ISSUER,
                                     "Certificate[1]",
                                     "issuer",
                                     NULL});
    expect_refusal(&(struct refusal){
        {.dir = "unknown-root", .name = "other.test"}, TVT_E_CERT_UNKNOWN_ISSUER, "Certificate[1]", "issuer", NULL});
    /* The expired copy of the intermediate comes first: what is reported is the leaf's own fault. */
    expect_refusal(&(struct refusal){{.dir = "two-paths", .name = "other.test"},
                                     TVT_E_CERT_NAME_MISMATCH,
                                     "Certificate[0]",
                                     "subjectAltName",
                                     NULL});
    expect_refusal(&(struct refusal){{.dir = "wrong-name", .name = "localhost", .time = 2871763200},
                                     TVT_E_CERT_EXPIRED,
                                     "Certificate[0]",
                                     "validity.notAfter",
                                     NULL});
}

static void
keeps_budgets(void)
{
    struct tvt_path_policy policy = tvt_path_policy_default;
    struct trial trial = {.dir = "ec256", .name = "localhost", .policy = &policy};
    policy.max_signatures = 2;
    expect_good(&trial, 3);
    policy.max_signatures = 1;
    expect_refusal(&(struct refusal){trial, TVT_E_CERT_BUDGET, "Certificate[0]", NULL, NULL});
    policy = tvt_path_policy_default;
    policy.max_steps = 1;
    expect_refusal(&(struct refusal){trial, TVT_E_CERT_BUDGET, "Certificate[0]", NULL, NULL});
    policy = tvt_path_policy_default;
    policy.max_depth = 1;
    expect_good(&trial, 3);
    policy.max_depth = 0;
    expect_refusal(&(struct refusal){trial, TVT_E_CERT_CHAIN_TOO_LONG, "Certificate[0]", "certificate_list", NULL});
}

static void
expect_code(const struct tvt_path_request *request, enum tvt_error_code code)
{
    struct tvt_error error;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_path_verify(NULL, request, &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, code);
}

static void
checks_request(void)
{
    struct x509_chain chain;
    struct tvt_trust_store *store = x509_store("ec256/root.pem"), *empty = x509_store(NULL);
    struct tvt_path_request request = {.provider = x509_provider(),
                                       .store = store,
                                       .purpose = TVT_PURPOSE_SERVER,
                                       .time = X509_TIME,
                                       .name = "localhost"};
    struct tvt_error error;
    x509_load(&chain, "ec256/chain.pem");
    expect_code(&request, TVT_E_BAD_ARGUMENT);
    request.chain = chain.certificate;
    request.num_chain = TVT_POOL_MAX + 1;
    expect_code(&request, TVT_E_CERT_CHAIN_TOO_LONG);
    request.num_chain = chain.num;
    request.store = empty;
    expect_code(&request, TVT_E_CERT_UNKNOWN_ISSUER);
    request.store = NULL;
    expect_code(&request, TVT_E_NO_TRUST);
    request.store = store;
    request.name = NULL;
    expect_code(&request, TVT_E_NO_NAME);
    request.name = "not a name";
    expect_code(&request, TVT_E_BAD_ARGUMENT);
    request.name = "localhost";
    request.no_name = true;
    expect_code(&request, TVT_E_BAD_ARGUMENT);
    request.no_name = false;
    request.purpose = (enum tvt_purpose)0;
    expect_code(&request, TVT_E_BAD_ARGUMENT);
    tvt_error_clear(&error);
    for (size_t i = chain.num; i < TVT_CHAIN_MAX + 1; i++)
        chain.der[i] = chain.der[0];
    CU_ASSERT_EQUAL(tvt_certificates_parse(chain.certificate, chain.der, TVT_CHAIN_MAX + 1, &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_CERT_CHAIN_TOO_LONG);
    CU_ASSERT_TRUE(error.has_values && error.expected == TVT_CHAIN_MAX && error.got == TVT_CHAIN_MAX + 1);
    x509_free(&chain);
    tvt_trust_store_unref(store);
    tvt_trust_store_unref(empty);
}

/* The order of the intermediates is free, and certificates that belong to nothing do no harm. */
static void
takes_any_order(void)
{
    struct x509_chain chain, other;
    struct tvt_trust_store *store = x509_store("ec256/root.pem");
    struct tvt_certificate mixed[4];
    struct tvt_error error;
    x509_load(&chain, "ec256/chain.pem");
    x509_load(&other, "ed25519/chain.pem");
    mixed[0] = chain.certificate[0];
    mixed[1] = other.certificate[0];
    mixed[2] = other.certificate[1];
    mixed[3] = chain.certificate[1];
    struct tvt_path_request request = {.provider = x509_provider(),
                                       .store = store,
                                       .purpose = TVT_PURPOSE_SERVER,
                                       .time = X509_TIME,
                                       .name = "localhost",
                                       .chain = mixed,
                                       .num_chain = 4};
    struct tvt_verified_path path;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL_FATAL(tvt_path_verify(&path, &request, &error), TVT_OK);
    CU_ASSERT_TRUE(path.num == 3 && path.index[1] == 3 && path.signatures == 2);
    x509_free(&chain);
    x509_free(&other);
    tvt_trust_store_unref(store);
}

/* GeneralizedTime before 2050 is tolerated in a root, which somebody chose to trust, and in nothing else. */
static void
refuses_odd_times(void)
{
    static const char good[] = "20541231235959Z", odd[] = "20441231235959Z";
    struct x509_chain chain;
    struct tvt_certificate certificate;
    struct tvt_path_request request = {.purpose = TVT_PURPOSE_SERVER, .time = X509_TIME};
    struct tvt_refusal refusal;
    bool found = false;
    x509_load(&chain, "ec256/leaf.pem");
    CU_ASSERT_FALSE(chain.certificate[0].odd_time);
    for (size_t at = 0; !found && at + 15 <= chain.der[0].len; at++) {
        found = memcmp(chain.bytes[0] + at, good, 15) == 0;
        if (found)
            memcpy(chain.bytes[0] + at, odd, 15);
    }
    CU_ASSERT_TRUE(found);
    CU_ASSERT_EQUAL(tvt_certificate_parse(&certificate, chain.der[0], "Certificate[0]", NULL), TVT_OK);
    CU_ASSERT_TRUE(certificate.odd_time);
    struct tvt_path_place place = {&certificate, 0};
    CU_ASSERT_TRUE(tvt_check_certificate(&refusal, &request, &tvt_path_policy_default, place, true));
    CU_ASSERT_FALSE(tvt_check_certificate(&refusal, &request, &tvt_path_policy_default, place, false));
    CU_ASSERT_TRUE(refusal.code == TVT_E_CERT_MALFORMED && strcmp(refusal.field, "validity") == 0);
    x509_free(&chain);
}

/* ---- changed bytes --------------------------------------------------------------------------------------- */

/* Every byte of certificate `index` changed once: the chain never verifies; CERT_BAD_SIGNATURE when it still decodes
 * and only the signature can tell. */
static void
corrupt_every_byte(const char *dir, size_t index, const struct tvt_provider *provider)
{
    char file[64];
    struct x509_chain chain;
    size_t decoded = 0, accepted = 0, bad_signature = 0;
    (void)snprintf(file, sizeof(file), "%s/root.pem", dir);
    struct tvt_trust_store *store = x509_store(file);
    (void)snprintf(file, sizeof(file), "%s/chain.pem", dir);
    x509_load(&chain, file);
    for (size_t i = 0; i < chain.der[index].len; i++) {
        struct tvt_certificate certificate[TVT_CHAIN_MAX];
        struct tvt_error error;
        uint8_t kept = chain.bytes[index][i];
        chain.bytes[index][i] = (uint8_t)(kept ^ (1u << (i % 8)));
        tvt_error_clear(&error);
        if (tvt_certificates_parse(certificate, chain.der, chain.num, &error) == TVT_OK) {
            struct tvt_path_request request = {.provider = provider,
                                               .store = store,
                                               .purpose = TVT_PURPOSE_SERVER,
                                               .time = X509_TIME,
                                               .name = "localhost",
                                               .chain = certificate,
                                               .num_chain = chain.num};
            decoded++;
            if (tvt_path_verify(NULL, &request, &error) == TVT_OK)
                accepted++;
        }
        CU_ASSERT_NOT_EQUAL(error.code, TVT_E_NONE);
        CU_ASSERT_NOT_EQUAL(error.code, TVT_E_INTERNAL);
        bad_signature += error.code == TVT_E_CERT_BAD_SIGNATURE;
        chain.bytes[index][i] = kept;
    }
    CU_ASSERT_EQUAL(accepted, 0);
    CU_ASSERT_TRUE(decoded > 100);
    CU_ASSERT_TRUE(bad_signature > 60);
    x509_free(&chain);
    tvt_trust_store_unref(store);
}

static void
refuses_changed_bytes(void)
{
    const struct tvt_provider *ed25519 = x509_provider_for(TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE);
    if (x509_provider() != NULL) {
        corrupt_every_byte("ec256", 0, x509_provider());
        corrupt_every_byte("ec256", 1, x509_provider());
    }
    if (ed25519 != NULL)
        corrupt_every_byte("ed25519", 0, ed25519);
}

static void
names_changed_signature(void)
{
    struct x509_chain chain;
    struct tvt_trust_store *store = x509_store("ec256/root.pem");
    x509_load(&chain, "ec256/chain.pem");
    for (size_t i = 0; i < chain.num; i++) {
        struct tvt_path_request request = {.provider = x509_provider(),
                                           .store = store,
                                           .purpose = TVT_PURPOSE_SERVER,
                                           .time = X509_TIME,
                                           .name = "localhost",
                                           .chain = chain.certificate,
                                           .num_chain = chain.num};
        struct tvt_error error;
        uint8_t *last = chain.bytes[i] + chain.der[i].len - 1;
        *last ^= 1;
        tvt_error_clear(&error);
        CU_ASSERT_EQUAL(tvt_path_verify(NULL, &request, &error), TVT_FAIL);
        CU_ASSERT_EQUAL(error.code, TVT_E_CERT_BAD_SIGNATURE);
        CU_ASSERT_STRING_EQUAL(error.message, tvt_certificate_label(i));
        CU_ASSERT_STRING_EQUAL(error.field, "signatureValue");
        *last ^= 1;
    }
    x509_free(&chain);
    tvt_trust_store_unref(store);
}

static int
end_suite(void)
{
    x509_end();
    return 0;
}

int
tvt_register_x509(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
        bool any; /* does without P-256 */
    } tests[] = {
        {"accepts good chains", accepts_good_chains, false},
        {"accepts every algorithm that a backend has", accepts_every_algorithm, true},
        {"finds another path when the first is no good", finds_another_path, false},
        {"accepts a leaf or an intermediate that is in the store", accepts_trusted_leaf, false},
        {"takes strength from the policy", allows_what_policy_says, false},
        {"refuses with code, certificate, field and words", refuses_with_reason, false},
        {"refuses with expected and got", refuses_with_values, false},
        {"tells the most telling error", tells_most, false},
        {"keeps its budgets", keeps_budgets, false},
        {"checks what it is asked", checks_request, false},
        {"takes the chain in any order", takes_any_order, false},
        {"refuses odd dates but in roots", refuses_odd_times, true},
        {"refuses every changed byte", refuses_changed_bytes, true},
        {"names the certificate whose signature is wrong", names_changed_signature, false},
    };
    CU_pSuite suite;
    const struct tvt_provider *provider = x509_provider();
    x509_end();
    if (provider == NULL)
        printf("not run: x509 paths: no backend of this build has ECDSA P-256 (declared absent in "
               "tests/kit/absent.txt)\n");
    suite = CU_add_suite("x509 paths", NULL, end_suite);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if ((provider != NULL || tests[i].any) && CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
