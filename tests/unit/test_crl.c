/* SPDX-License-Identifier: MIT
 *
 * What revocation lists say of a path (docs/x509.md, rules C4 to C12): lists that OpenSSL made, over every backend that has
 * the algorithm; searches with made certificates; handshakes.
 */
#include "core/x509/path_check.h"
#include "tests/support/fixture.h"
#include "tests/unit/crl_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/x509_help.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_crl(void);

struct row {
    const char *lists; /* of vectors/pki/crl/<family>, with ' ' between */
    enum tvt_revocation which;
    enum tvt_error_code code;
    const char *field;
    const char *words; /* in the detail */
};
#define GIVEN TVT_REVOCATION_GIVEN
#define LEAF  TVT_REVOCATION_LEAF
#define CHAIN TVT_REVOCATION_CHAIN
#define GOOD  TVT_E_NONE, NULL, NULL
#define GONE  TVT_E_CERT_REVOKED, "serialNumber"

static const struct row rows[] = {
    {"", GIVEN, GOOD},
    {"", LEAF, TVT_E_CRL_MISSING, "issuer", "no list of its issuer"},
    {"", CHAIN, TVT_E_CRL_MISSING, "issuer", "no list of its issuer"},
    {"nobody", GIVEN, GOOD},
    {"nobody", LEAF, GOOD},
    {"nobody", CHAIN, TVT_E_CRL_MISSING, "issuer", "intermediate"},
    {"nobody root-nobody", CHAIN, GOOD},
    {"root-nobody", LEAF, TVT_E_CRL_MISSING, "issuer", "no list of its issuer"},
    {"other", LEAF, GOOD},
    {"revoked", LEAF, GONE, "revoked at 2026-05-01T00:00:00Z (keyCompromise), says the list of 2026-05-31T00:00:00Z"},
    {"revoked", GIVEN, GONE, "keyCompromise"},
    {"revoked-plain", LEAF, GONE, "no reason given"},
    {"hold", LEAF, GONE, "certificateHold"},
    {"nobody revoked", LEAF, GONE, "keyCompromise"}, /* one list that names it is enough */
    {"revoked nobody", LEAF, GONE, "keyCompromise"},
    {"nobody root-revoked", LEAF, GONE, "cACompromise"}, /* nobody asked, and it is known */
    {"root-revoked", LEAF, GONE, "cACompromise"},        /* which says more than that the leaf has no list */
    {"nobody root-revoked", GIVEN, GONE, "cACompromise"},
    {"old", LEAF, TVT_E_CRL_NOT_CURRENT, "nextUpdate", "good until 2026-01-31T00:00:00Z, it is 2026-06-01T00:00:00Z"},
    {"old", GIVEN, GOOD},
    {"old nobody", LEAF, GOOD},
    {"old-revoked", GIVEN, GONE, "cessationOfOperation"}, /* whoever is revoked stays so ... */
    {"old-revoked nobody", LEAF, GONE, "cessationOfOperation"},
    {"old-hold", GIVEN, GOOD}, /* ... except from a hold */
    {"old-hold", LEAF, TVT_E_CRL_NOT_CURRENT, "nextUpdate", NULL},
    {"old-hold nobody", LEAF, GOOD},
    {"future", LEAF, TVT_E_CRL_NOT_CURRENT, "thisUpdate", "not good before 2026-07-01T00:00:00Z"},
    {"other-key", LEAF, TVT_E_CRL_SIGNATURE, "signatureValue", "another key"},
    {"other-key", GIVEN, GOOD}, /* nobody's word */
    {"other-key nobody", LEAF, GOOD},
    {"user", LEAF, GOOD},
    {"authorities", LEAF, TVT_E_CRL_MISSING, "issuingDistributionPoint", "other certificates"},
    {"authorities", GIVEN, GOOD},
    {"named", LEAF, TVT_E_CRL_MISSING, "issuingDistributionPoint", "other certificates"},
    {"named user", LEAF, GOOD},
};

static void
add_lists(struct tvt_trust_store *store, const char *family, const char *lists)
{
    while (*lists != '\0') {
        char path[160];
        size_t len = strcspn(lists, " "), added;
        (void)snprintf(path, sizeof path, TRIVET_SOURCE_DIR "/vectors/pki/crl/%s/%.*s.pem", family, (int)len, lists);
        CU_ASSERT_EQUAL(tvt_trust_store_add_crl_file(store, path, &added, NULL), TVT_OK);
        CU_ASSERT_EQUAL(added, 1);
        lists += len + (lists[len] == ' ');
    }
}

static enum tvt_result
verify(const struct tvt_provider *provider, const struct x509_chain *chain, struct tvt_trust_store *store,
       enum tvt_revocation which, struct tvt_error *error)
{
    struct tvt_path_policy policy = tvt_path_policy_default;
    struct tvt_path_request request = {.provider = provider,
                                       .store = store,
                                       .policy = &policy,
                                       .purpose = TVT_PURPOSE_SERVER,
                                       .time = X509_TIME,
                                       .no_name = true,
                                       .chain = chain->certificate,
                                       .num_chain = chain->num};
    policy.revocation = which;
    tvt_error_clear(error);
    return tvt_path_verify(NULL, &request, error);
}

static const char *const families[] = {"ec256", "ed25519"};

static bool
fits(const struct row *row, enum tvt_result result, const struct tvt_error *e)
{
    return result == (row->code == TVT_E_NONE ? TVT_OK : TVT_FAIL) && e->code == row->code &&
           (row->field == NULL || (e->field != NULL && strcmp(e->field, row->field) == 0)) &&
           (row->words == NULL || strstr(e->detail, row->words) != NULL);
}

static void
speak_of_a_path(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    unsigned ran = 0;
    for (size_t b = 0; b < num; b++) {
        const struct tvt_provider *p = tvt_fixture_provider(names[b]);
        for (size_t f = 0; f < 2; f++) {
            struct x509_chain chain;
            char path[64];
            if (!tvt_fixture_can_verify(p, families[f]))
                continue;
            (void)snprintf(path, sizeof path, "%s/chain.pem", families[f]);
            x509_load(&chain, path);
            for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct tvt_trust_store *store = tvt_fixture_trust(families[f]);
                struct tvt_error e;
                add_lists(store, families[f], rows[i].lists);
                enum tvt_result result = verify(p, &chain, store, rows[i].which, &e);
                bool good = fits(&rows[i], result, &e);
                if (!good)
                    printf("\n    %s, %s, \"%s\" %d: %s in %s: %s", names[b], families[f], rows[i].lists, rows[i].which,
                           tvt_error_name(e.code), e.field != NULL ? e.field : "-", e.detail);
                CU_ASSERT(good);
                ran++;
                /* again: what the lists remember changes nothing */
                CU_ASSERT(fits(&rows[i], verify(p, &chain, store, rows[i].which, &e), &e));
                tvt_trust_store_unref(store);
            }
            x509_free(&chain);
        }
    }
    CU_ASSERT(num == 0 || ran >= sizeof rows / sizeof rows[0]);
}

/* The edges of a list's time, both included. */
static void
are_of_their_time(void)
{
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    const int64_t from = 1780185600, until = from + 30 * 86400; /* 2026-05-31, 30 days */
    const int64_t times[] = {from - 1, from, until, until + 1};
    struct tvt_trust_store *store = tvt_fixture_trust("ed25519");
    struct tvt_path_policy policy = tvt_path_policy_default;
    struct x509_chain chain;
    x509_load(&chain, "ed25519/chain.pem");
    add_lists(store, "ed25519", "nobody");
    policy.revocation = LEAF;
    for (size_t i = 0; i < 4; i++) {
        struct tvt_path_request request = {.provider = p,
                                           .store = store,
                                           .policy = &policy,
                                           .time = times[i],
                                           .purpose = TVT_PURPOSE_SERVER,
                                           .no_name = true,
                                           .chain = chain.certificate,
                                           .num_chain = chain.num};
        struct tvt_error e;
        tvt_error_clear(&e);
        CU_ASSERT_EQUAL(tvt_path_verify(NULL, &request, &e), i == 1 || i == 2 ? TVT_OK : TVT_FAIL);
        CU_ASSERT(i == 1 || i == 2 || e.code == TVT_E_CRL_NOT_CURRENT);
    }
    tvt_trust_store_unref(store);
    x509_free(&chain);
}

/* A byte changed anywhere: the certificate is not cleared by a list that nobody signed. */
static void
do_not_clear_when_damaged(void)
{
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    struct tvt_trust_store *source = tvt_fixture_trust("ed25519");
    struct x509_chain chain;
    unsigned read = 0;
    x509_load(&chain, "ed25519/chain.pem");
    add_lists(source, "ed25519", "revoked");
    struct tvt_span der = tvt_trust_store_get_crl(source, 0)->der;
    for (size_t at = 0; at < der.len; at++) {
        struct tvt_trust_store *store = tvt_fixture_trust("ed25519");
        uint8_t *bent = malloc(der.len);
        struct tvt_error e;
        CU_ASSERT_PTR_NOT_NULL_FATAL(bent);
        memcpy(bent, der.data, der.len);
        bent[at] ^= 0x01;
        tvt_error_clear(&e);
        if (tvt_trust_store_add_crl_bytes(store, tvt_span(bent, der.len), NULL, &e) == TVT_OK) {
            read++;
            CU_ASSERT_EQUAL(verify(p, &chain, store, LEAF, &e), TVT_FAIL);
            CU_ASSERT(e.code == TVT_E_CRL_SIGNATURE || e.code == TVT_E_CRL_MISSING);
        }
        free(bent);
        tvt_trust_store_unref(store);
    }
    CU_ASSERT(read > 50);
    tvt_trust_store_unref(source);
    x509_free(&chain);
}

/* Files: PEM with several, DER, what is none; what OpenSSL made that is not used here. */
static void
are_read_from_files(void)
{
    static const struct {
        const char *file;
        enum tvt_error_code code;
        size_t added;
    } files[] = {{"crl/ec256/both.pem", TVT_E_NONE, 2},
                 {"crl/ec256/revoked.der", TVT_E_NONE, 1},
                 {"crl/ec256/delta.pem", TVT_E_CRL_UNSUPPORTED, 0},
                 {"crl/ec256/indirect.pem", TVT_E_CRL_UNSUPPORTED, 0},
                 {"crl/ec256/some-reasons.pem", TVT_E_CRL_UNSUPPORTED, 0},
                 {"crl/ec256/attribute.pem", TVT_E_CRL_UNSUPPORTED, 0},
                 {"crl/ec256/relative.pem", TVT_E_CRL_UNSUPPORTED, 0},
                 {"crl/ec256/unknown-critical.pem", TVT_E_CRL_UNSUPPORTED, 0},
                 {"crl/ec256/number-critical.pem", TVT_E_CRL_MALFORMED, 0},
                 {"ec256/root.pem", TVT_E_PEM_NOT_FOUND, 0},
                 {"keys/p256-pkcs8.der", TVT_E_CRL_MALFORMED, 0},
                 {"crl/none", TVT_E_FILE_UNREADABLE, 0}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct tvt_trust_store *store = x509_store(NULL);
        struct tvt_error e;
        size_t added = 9;
        char path[160];
        (void)snprintf(path, sizeof path, TRIVET_SOURCE_DIR "/vectors/pki/%s", files[i].file);
        tvt_error_clear(&e);
        CU_ASSERT_EQUAL(tvt_trust_store_add_crl_file(store, path, &added, &e),
                        files[i].code == TVT_E_NONE ? TVT_OK : TVT_FAIL);
        if (e.code != files[i].code)
            printf("\n    %s: %s", files[i].file, tvt_error_name(e.code));
        CU_ASSERT(e.code == files[i].code && tvt_trust_store_count_crls(store) == files[i].added);
        CU_ASSERT(e.code != TVT_E_NONE ? strstr(e.detail, "vectors/pki") != NULL : added == files[i].added);
        if (e.code == TVT_E_NONE) { /* the same once more adds nothing; a store that is in use takes none */
            CU_ASSERT_EQUAL(tvt_trust_store_add_crl_file(store, path, &added, &e), TVT_OK);
            CU_ASSERT(added == 0 && tvt_trust_store_count_crls(store) == files[i].added);
            (void)tvt_trust_store_ref(store);
            CU_ASSERT_EQUAL(tvt_trust_store_add_crl_file(store, path, &added, &e), TVT_FAIL);
            CU_ASSERT_EQUAL(e.code, TVT_E_WRONG_CALL);
            tvt_trust_store_unref(store);
        }
        tvt_trust_store_unref(store);
    }
}

/* Rule C7: OpenSSL's list with SHA-1 names the leaf, and cannot be checked: it is not passed over, asked for or not. */
static void
are_signed_with_what_counts(void)
{
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    struct tvt_trust_store *store = tvt_fixture_trust("ec256");
    struct x509_chain chain;
    struct tvt_error e;
    x509_load(&chain, "ec256/chain.pem");
    add_lists(store, "ec256", "sha1");
    if (tvt_fixture_can_verify(p, "ec256")) {
        CU_ASSERT_EQUAL(verify(p, &chain, store, LEAF, &e), TVT_FAIL);
        CU_ASSERT(e.code == TVT_E_CRL_SIGNATURE && strcmp(e.field, "signatureAlgorithm") == 0);
        CU_ASSERT_EQUAL(verify(p, &chain, store, GIVEN, &e), TVT_FAIL);
        CU_ASSERT(e.code == TVT_E_CRL_SIGNATURE && strcmp(e.field, "signatureAlgorithm") == 0);
    } else {
        CU_ASSERT_EQUAL(verify(p, &chain, store, LEAF, &e), TVT_FAIL);
    }
    tvt_trust_store_unref(store);
    x509_free(&chain);
}

/* ---- made certificates, whose "signatures" are the signer's key ---- */

static const uint8_t name_of_leaf[] = {0x30, 12, 0x31, 10, 0x30, 8, 0x06, 3, 0x55, 4, 3, 0x0c, 1, 'L'};
static const uint8_t name_of_ca[] = {0x30, 12, 0x31, 10, 0x30, 8, 0x06, 3, 0x55, 4, 3, 0x0c, 1, 'A'};
static const uint8_t key_of_leaf[] = "leaf", key_of_ca[] = "authority";

/* A leaf, and authorities with one name and one key that the anchor signed, each with its number as serial number. */
static void
make_chain(struct x509_chain *chain, size_t num, const struct tvt_certificate *anchor)
{
    static uint8_t serials[TVT_CHAIN_MAX];
    memset(chain, 0, sizeof *chain);
    for (size_t i = 0; i < num; i++) {
        struct tvt_certificate *c = &chain->certificate[i];
        serials[i] = (uint8_t)i;
        *c = (struct tvt_certificate){.version = 3, .not_after = INT64_MAX, .path_len = -1, .explicit_policy = -1};
        c->serial = tvt_span(&serials[i], 1);
        c->subject = i == 0 ? tvt_span(name_of_leaf, sizeof name_of_leaf) : tvt_span(name_of_ca, sizeof name_of_ca);
        c->issuer = i == 0 ? tvt_span(name_of_ca, sizeof name_of_ca) : anchor->subject;
        c->subject_hash = tvt_name_hash(c->subject);
        c->issuer_hash = tvt_name_hash(c->issuer);
        c->is_ca = i > 0;
        c->algorithm = (struct tvt_signature_algorithm){TVT_SIG_ECDSA, TVT_HASH_SHA256, TVT_KEY_NONE};
        c->signature = i == 0 ? tvt_span(key_of_ca, sizeof key_of_ca) : anchor->key.spki;
        c->key.type = TVT_KEY_P256;
        c->key.spki = i == 0 ? tvt_span(key_of_leaf, sizeof key_of_leaf) : tvt_span(key_of_ca, sizeof key_of_ca);
        c->key.key = c->key.spki;
    }
    chain->num = num;
}

static void
add_list(struct tvt_trust_store *store, const struct crl_parts *parts)
{
    struct tvt_span der = crl_make(parts);
    CU_ASSERT_EQUAL(tvt_trust_store_add_crl_bytes(store, der, NULL, NULL), TVT_OK);
    free((void *)(uintptr_t)der.data);
}

/* Rule B1: an authority that is revoked leads nowhere, and another certificate of it is tried. */
static void
lead_to_another_path(void)
{
    struct tvt_trust_store *store = x509_store("ec256/root.pem");
    const struct tvt_certificate *anchor = tvt_trust_store_get(store, 0);
    struct x509_chain chain;
    struct tvt_error e;
    make_chain(&chain, 3, anchor);
    add_list(store, &(struct crl_parts){.issuer = anchor->subject,
                                        .signature = anchor->key.spki,
                                        .entries = "3012 020101 170d3236303530313030303030305a"});
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, GIVEN, &e), TVT_OK);
    make_chain(&chain, 2, anchor);
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, GIVEN, &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_CERT_REVOKED && strcmp(e.message, "Certificate[1]") == 0);
    chain.certificate[0].not_after = 0; /* the first fault from the leaf is told */
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, GIVEN, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_CERT_EXPIRED);
    tvt_trust_store_unref(store);
}

/* Rule C8: a list's signature is checked once, not for every path. */
static void
are_checked_once(void)
{
    struct tvt_trust_store *store = x509_store("ec256/root.pem");
    struct x509_chain chain;
    struct tvt_error e;
    make_chain(&chain, 2, tvt_trust_store_get(store, 0));
    add_list(store, &(struct crl_parts){.issuer = {name_of_ca, sizeof name_of_ca},
                                        .signature = {key_of_ca, sizeof key_of_ca}});
    for (unsigned i = 0; i < 3; i++) {
        x509_fake_checks = 0;
        CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, LEAF, &e), TVT_OK);
        CU_ASSERT_EQUAL(x509_fake_checks, i == 0 ? 3 : 2);
    }
    static const uint8_t another[] = "another";
    chain.certificate[1].key.spki = tvt_span(another, sizeof another); /* and for that key alone */
    chain.certificate[0].signature = tvt_span(another, sizeof another);
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, LEAF, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_CRL_SIGNATURE);
    tvt_trust_store_unref(store);
}

#define DATE "170d3236303530313030303030305a" /* 2026-05-01 */

/* Rule C12: lists of the right name with wrong signatures, up to the budget; one that could not be checked may revoke. Those that
 * do not name the certificate are not checked where nobody asks for a list. */
static void
have_a_budget(void)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned num = TVT_CRL_SIGNATURES_MAX + i % 2;
        bool named = i / 2 == 0, enough = num <= TVT_CRL_SIGNATURES_MAX;
        struct tvt_trust_store *store = x509_store("ec256/root.pem");
        struct x509_chain chain;
        struct tvt_error e;
        make_chain(&chain, 2, tvt_trust_store_get(store, 0));
        for (uint8_t k = 0; k < num; k++)
            add_list(store, &(struct crl_parts){.issuer = {name_of_ca, sizeof name_of_ca},
                                                .signature = {&k, 1},
                                                .entries = named ? "3012 020100" DATE : "3012 020107" DATE});
        x509_fake_checks = 0;
        CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, GIVEN, &e), enough || !named ? TVT_OK : TVT_FAIL);
        CU_ASSERT_EQUAL(e.code, enough || !named ? TVT_E_NONE : TVT_E_CERT_BUDGET);
        if (!named)
            CU_ASSERT_EQUAL(x509_fake_checks, 2); /* the chain's own */
        CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, LEAF, &e), TVT_FAIL);
        CU_ASSERT_EQUAL(e.code, enough ? TVT_E_CRL_SIGNATURE : TVT_E_CERT_BUDGET);
        tvt_trust_store_unref(store);
    }
}

/* Rule C7: key usage, and algorithms that the policy does not take. */
static void
need_an_issuer_that_may(void)
{
    struct tvt_trust_store *store = x509_store("ec256/root.pem");
    struct x509_chain chain;
    struct tvt_error e;
    struct tvt_certificate *ca = &chain.certificate[1];
    make_chain(&chain, 2, tvt_trust_store_get(store, 0));
    add_list(store, &(struct crl_parts){.issuer = {name_of_ca, sizeof name_of_ca},
                                        .signature = {key_of_ca, sizeof key_of_ca}});
    ca->present |= 1u << TVT_CEXT_KEY_USAGE;
    ca->key_usage = TVT_KEY_USAGE_CERT_SIGN;
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, LEAF, &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_CRL_SIGNATURE && strcmp(e.field, "keyUsage") == 0);
    ca->key_usage |= TVT_KEY_USAGE_CRL_SIGN;
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, LEAF, &e), TVT_OK);
    tvt_trust_store_get_crl(store, 0)->data.algorithm.hash = TVT_HASH_SHA384; /* the fake one lacks it */
    tvt_trust_store_get_crl(store, 0)->signer.len = 0;
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, LEAF, &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_CRL_SIGNATURE && strcmp(e.field, "signatureAlgorithm") == 0);
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, GIVEN, &e),
                    TVT_OK); /* whoever signed it, it does not name the leaf */
    add_list(store, &(struct crl_parts){.issuer = {name_of_ca, sizeof name_of_ca},
                                        .signature = {key_of_ca, sizeof key_of_ca},
                                        .entries = "3012 020100" DATE});
    tvt_trust_store_get_crl(store, 1)->data.algorithm.hash = TVT_HASH_SHA384;
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, GIVEN, &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_CRL_SIGNATURE && strcmp(e.field, "signatureAlgorithm") == 0);
    tvt_trust_store_unref(store);
}

/* Rule C6, RFC 5280 6.3.3 d and j: a distribution point for some reasons. Its list revokes for one of them, and clears nobody,
 * whatever a list without a point says besides. */
static void
revoke_for_some_reasons(void)
{
    static const uint8_t points[] = {0x30, 13, 0x30, 11,   0xa0, 5, 0xa0, 3,
                                     0x86, 1,  'a',  0x81, 2,    6, 0x40}; /* a, for keyCompromise */
    const char *of_a = "3013 0603551d1c 0101ff 0409 3007 a005 a003 860161";
    for (unsigned i = 0; i < 4; i++) {
        struct tvt_trust_store *store = x509_store("ec256/root.pem");
        struct x509_chain chain;
        struct tvt_error e;
        bool named = i % 2 == 0, whole = i / 2 == 0;
        struct crl_parts parts = {.issuer = {name_of_ca, sizeof name_of_ca},
                                  .signature = {key_of_ca, sizeof key_of_ca}};
        make_chain(&chain, 2, tvt_trust_store_get(store, 0));
        struct tvt_certificate *leaf = &chain.certificate[0];
        leaf->der = tvt_span(points, sizeof points);
        leaf->present = 1u << TVT_CEXT_CRL_DISTRIBUTION;
        leaf->ext[TVT_CEXT_CRL_DISTRIBUTION].len = sizeof points;
        if (whole)
            add_list(store, &parts);
        parts.extensions = of_a;
        parts.entries = named ? "3012 020100" DATE : "3012 020107" DATE;
        add_list(store, &parts);
        enum tvt_error_code code = named ? TVT_E_CERT_REVOKED : whole ? TVT_E_NONE : TVT_E_CRL_MISSING;
        CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, LEAF, &e), code == TVT_E_NONE ? TVT_OK : TVT_FAIL);
        CU_ASSERT_EQUAL(e.code, code);
        CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, GIVEN, &e), named ? TVT_FAIL : TVT_OK);
        tvt_trust_store_unref(store);
    }
}

/* Rule C7: the peer sends the certificate of the authority's key that may not sign lists, too. */
static void
revoke_whatever_the_peer_sends(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct tvt_trust_store *store = x509_store("ec256/root.pem");
        struct x509_chain chain;
        struct tvt_error e;
        make_chain(&chain, 3, tvt_trust_store_get(store, 0));
        for (size_t k = 1; k < 3; k++) {
            chain.certificate[k].present = 1u << TVT_CEXT_KEY_USAGE;
            chain.certificate[k].key_usage = TVT_KEY_USAGE_CERT_SIGN | (k == i ? TVT_KEY_USAGE_CRL_SIGN : 0);
        }
        add_list(store, &(struct crl_parts){.issuer = {name_of_ca, sizeof name_of_ca},
                                            .signature = {key_of_ca, sizeof key_of_ca},
                                            .entries = "3012 020100" DATE});
        CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, GIVEN, &e), TVT_FAIL);
        CU_ASSERT_EQUAL(e.code, TVT_E_CERT_REVOKED);
        tvt_trust_store_unref(store);
    }
}

/* Rule C12: good lists, more than the budget has: the first that clears is enough. */
static void
are_enough_when_one_clears(void)
{
    struct tvt_trust_store *store = x509_store("ec256/root.pem");
    struct x509_chain chain;
    struct tvt_error e;
    char entry[64];
    make_chain(&chain, 2, tvt_trust_store_get(store, 0));
    for (unsigned i = 0; i <= TVT_CRL_SIGNATURES_MAX; i++) {
        (void)snprintf(entry, sizeof entry, "3012 0201%02x" DATE, i + 1);
        add_list(store, &(struct crl_parts){.issuer = {name_of_ca, sizeof name_of_ca},
                                            .signature = {key_of_ca, sizeof key_of_ca},
                                            .entries = entry});
    }
    x509_fake_checks = 0;
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, LEAF, &e), TVT_OK);
    CU_ASSERT_EQUAL(x509_fake_checks, 3);
    tvt_trust_store_unref(store);
}

/* Rule C12: the budget goes to another key's lists: that is what is told, not that nobody knows the issuer. */
static void
say_that_they_are_too_many(void)
{
    struct tvt_trust_store *store = x509_store("ec256/root.pem");
    const struct tvt_certificate *anchor = tvt_trust_store_get(store, 0);
    struct x509_chain chain;
    struct tvt_error e;
    make_chain(&chain, 2, anchor);
    for (uint8_t i = 1; i < TVT_CRL_SIGNATURES_MAX; i++)
        add_list(store, &(struct crl_parts){.issuer = {name_of_ca, sizeof name_of_ca}, .signature = {&i, 1}});
    add_list(store, &(struct crl_parts){.issuer = {name_of_ca, sizeof name_of_ca},
                                        .signature = {key_of_ca, sizeof key_of_ca}});
    add_list(store, &(struct crl_parts){.issuer = anchor->subject, .signature = anchor->key.spki});
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, CHAIN, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_CERT_BUDGET);
    CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, CHAIN, &e), TVT_OK); /* the two good ones are remembered since */
    tvt_trust_store_unref(store);
}

/* A store takes a bounded number of lists. */
static void
are_so_many(void)
{
    struct tvt_trust_store *store = x509_store(NULL);
    struct tvt_error e;
    for (unsigned i = 0; i <= TVT_CRLS_MAX; i++) {
        uint8_t number[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        struct tvt_span der =
            crl_make(&(struct crl_parts){.issuer = {name_of_ca, sizeof name_of_ca}, .signature = {number, 2}});
        tvt_error_clear(&e);
        CU_ASSERT_EQUAL(tvt_trust_store_add_crl_bytes(store, der, NULL, &e), i < TVT_CRLS_MAX ? TVT_OK : TVT_FAIL);
        free((void *)(uintptr_t)der.data);
    }
    CU_ASSERT_TRUE(e.code == TVT_E_STORE_FULL && strcmp(e.field, "CRLs") == 0 && e.expected == TVT_CRLS_MAX &&
                   e.got == TVT_CRLS_MAX + 1);
    tvt_trust_store_unref(store);
}

/* ---- handshakes ---- */

static void
end_handshakes(void)
{
    static const struct row cases[] = {
        {"revoked", GIVEN, GONE, NULL},
        {"revoked", CHAIN, GONE, NULL},
        {"nobody", LEAF, GOOD},
        {"nobody", CHAIN, TVT_E_CRL_MISSING, NULL, NULL},
        {"nobody root-nobody", CHAIN, GOOD},
        {"old", LEAF, TVT_E_CRL_NOT_CURRENT, NULL, NULL},
        {"other-key", LEAF, TVT_E_CRL_SIGNATURE, NULL, NULL},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const struct row *row = &cases[i / 2];
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        struct tvt_trust_store *store = tvt_fixture_trust("ed25519");
        add_lists(store, "ed25519", row->lists);
        struct tvt_config *client = f.config[TVT_CLIENT];
        if (i % 2 == 1)
            CU_ASSERT_EQUAL(tvt_config_set_versions(client, TVT_TLS12, TVT_TLS12, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_trust(client, store, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_revocation(client, row->which, NULL), TVT_OK);
        tvt_trust_store_unref(store);
        bool done = tvt_fixture_handshake(&f);
        CU_ASSERT_EQUAL(done, row->code == TVT_E_NONE);
        CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&f, TVT_CLIENT))->code, row->code);
        if (!done) {
            const struct tvt_error *told = tvt_connection_error(tvt_fixture_end(&f, TVT_SERVER));
            CU_ASSERT(told->code == TVT_E_PEER_ALERT &&
                      told->alert == (row->code == TVT_E_CERT_REVOKED ? TVT_ALERT_CERTIFICATE_REVOKED
                                                                      : TVT_ALERT_CERTIFICATE_UNKNOWN));
        }
        tvt_fixture_close(&f);
    }
}

static void
are_asked_for_in_words_that_there_are(void)
{
    struct tvt_config *c;
    struct tvt_error e;
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL_FATAL(tvt_config_new(&c, tvt_fixture_provider(NULL), NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_revocation(c, (enum tvt_revocation)3, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_BAD_ARGUMENT);
    tvt_config_free(c);
}

/* Rule C7: the issuer has two certificates of one RSA key, and signed its list in a way that the one that the peer sent is not
 * for (RFC 4055 1.2). A list that another key signed stays nobody's word. */
static void
revoke_under_a_key_for_other_signatures(void)
{
    static const struct {
        struct tvt_signature_algorithm algorithm;
        uint8_t key_hash;
        enum tvt_error_code code;
    } lists[] = {
        {{TVT_SIG_RSA_PKCS1, TVT_HASH_SHA256, TVT_KEY_NONE}, TVT_HASH_NONE, TVT_E_CRL_SIGNATURE},
        {{TVT_SIG_RSA_PSS, TVT_HASH_SHA512, TVT_KEY_NONE}, TVT_HASH_SHA256, TVT_E_CRL_SIGNATURE},
        {{TVT_SIG_RSA_PSS, TVT_HASH_SHA256, TVT_KEY_NONE}, TVT_HASH_SHA256, TVT_E_NONE},
        {{TVT_SIG_ECDSA, TVT_HASH_SHA256, TVT_KEY_NONE}, TVT_HASH_NONE, TVT_E_NONE},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct tvt_trust_store *store = x509_store("ec256/root.pem");
        struct x509_chain chain;
        struct tvt_error e;
        make_chain(&chain, 2, tvt_trust_store_get(store, 0));
        chain.certificate[0].algorithm =
            (struct tvt_signature_algorithm){TVT_SIG_RSA_PSS, TVT_HASH_SHA256, TVT_KEY_NONE};
        chain.certificate[1].key.type = TVT_KEY_RSA_PSS;
        chain.certificate[1].key.bits = 2048;
        chain.certificate[1].key_pss_hash = lists[i].key_hash;
        add_list(store, &(struct crl_parts){.issuer = chain.certificate[1].subject,
                                            .signature = chain.certificate[0].subject,
                                            .entries = "3012 020100 170d3236303530313030303030305a"});
        tvt_trust_store_get_crl(store, 0)->data.algorithm = lists[i].algorithm;
        CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, GIVEN, &e), lists[i].code == TVT_E_NONE ? TVT_OK : TVT_FAIL);
        CU_ASSERT_EQUAL(e.code, lists[i].code);
        CU_ASSERT_EQUAL(verify(&x509_fake, &chain, store, LEAF, &e), TVT_FAIL);
        CU_ASSERT_EQUAL(e.code, TVT_E_CRL_SIGNATURE);
        tvt_trust_store_unref(store);
    }
}

int
tvt_register_crl(void)
{
    static const CU_TestInfo tests[] = {
        {"speak of a path", speak_of_a_path},
        {"are of their time", are_of_their_time},
        {"do not clear when damaged", do_not_clear_when_damaged},
        {"are read from files", are_read_from_files},
        {"are signed with what counts", are_signed_with_what_counts},
        {"lead to another path", lead_to_another_path},
        {"are checked once", are_checked_once},
        {"have a budget", have_a_budget},
        {"need an issuer that may", need_an_issuer_that_may},
        {"revoke for some reasons", revoke_for_some_reasons},
        {"revoke whatever the peer sends", revoke_whatever_the_peer_sends},
        {"revoke under a key for other signatures", revoke_under_a_key_for_other_signatures},
        {"are enough when one clears", are_enough_when_one_clears},
        {"say that they are too many", say_that_they_are_too_many},
        {"are so many", are_so_many},
        {"end handshakes", end_handshakes},
        {"are asked for in words that there are", are_asked_for_in_words_that_there_are},
    };
    return suite_register("crl", tests, sizeof tests / sizeof tests[0]);
}
