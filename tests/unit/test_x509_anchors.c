/* SPDX-License-Identifier: MIT
 *
 * Limits that a program gives a trust anchor (docs/x509.md, rules T1 to T5), on a real chain: root, intermediate, and a leaf
 * for localhost, example.test, *.wild.test, 127.0.0.1 and ::1.
 */
#include "core/x509/name_constraints.h"
#include "core/x509/path_check.h"
#include "tests/support/fixture.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/x509_help.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_x509_anchors(void);

struct trial {
    struct tvt_anchor_limits limits;
    enum tvt_purpose purpose;
    enum tvt_error_code code;
    const char *field, *words;
};

#define ALL "localhost,example.test,wild.test,127.0.0.1,::1"
static const struct trial trials[] = {
    {{0, -1, NULL, NULL}, TVT_PURPOSE_SERVER, TVT_E_NONE, NULL, NULL},
    {{TVT_ANCHOR_SERVERS, -1, NULL, NULL}, TVT_PURPOSE_SERVER, TVT_E_NONE, NULL, NULL},
    {{TVT_ANCHOR_SERVERS | TVT_ANCHOR_CLIENTS, -1, NULL, NULL}, TVT_PURPOSE_SERVER, TVT_E_NONE, NULL, NULL},
    {{TVT_ANCHOR_CLIENTS, -1, NULL, NULL},
     TVT_PURPOSE_SERVER,
     TVT_E_CERT_ANCHOR_LIMIT,
     "purposes",
     "not trusted for servers"},
    {{0, 1, NULL, NULL}, TVT_PURPOSE_SERVER, TVT_E_NONE, NULL, NULL},
    {{0, 0, NULL, NULL}, TVT_PURPOSE_SERVER, TVT_E_CERT_ANCHOR_LIMIT, "path_len", "shorter paths"},
    {{0, -1, ALL, NULL}, TVT_PURPOSE_SERVER, TVT_E_NONE, NULL, NULL},
    {{0, -1, " localhost , test, 127.0.0.0/8 , ::/0", NULL}, TVT_PURPOSE_SERVER, TVT_E_NONE, NULL, NULL},
    {{0, -1, "localhost", NULL}, TVT_PURPOSE_SERVER, TVT_E_CERT_ANCHOR_LIMIT, "permittedSubtrees", "is not permitted"},
    {{0, -1, ALL ",example.com", NULL}, TVT_PURPOSE_SERVER, TVT_E_NONE, NULL, NULL},
    {{0, -1, "localhost,test", "sub.wild.test"},
     TVT_PURPOSE_SERVER,
     TVT_E_CERT_ANCHOR_LIMIT,
     "excludedSubtrees",
     "is excluded"},
    {{0, -1, "192.0.2.0/24,::1", NULL}, TVT_PURPOSE_SERVER, TVT_E_CERT_ANCHOR_LIMIT, "permittedSubtrees", "127.0.0.1"},
    {{0, -1, NULL, "127.0.0.0/31"}, TVT_PURPOSE_SERVER, TVT_E_CERT_ANCHOR_LIMIT, "excludedSubtrees", "127.0.0.1"},
    {{0, -1, NULL, "127.0.0.2/31,example.com"}, TVT_PURPOSE_SERVER, TVT_E_NONE, NULL, NULL},
};

static enum tvt_error_code
verify(struct tvt_trust_store *store, const struct x509_chain *chain, enum tvt_purpose purpose, struct tvt_error *e)
{
    struct tvt_path_request request = {.provider = tvt_fixture_provider(NULL),
                                       .store = store,
                                       .purpose = purpose,
                                       .time = X509_TIME,
                                       .no_name = true,
                                       .chain = chain->certificate,
                                       .num_chain = chain->num};
    tvt_error_clear(e);
    CU_ASSERT_EQUAL(tvt_path_verify(NULL, &request, e), e->code == TVT_E_NONE ? TVT_OK : TVT_FAIL);
    return e->code;
}

static struct tvt_trust_store *
limited(const struct tvt_anchor_limits *limits)
{
    struct tvt_trust_store *store = x509_store(NULL);
    struct x509_chain root;
    x509_load(&root, "ed25519/root.pem");
    CU_ASSERT_EQUAL(tvt_trust_store_add_limited(store, root.der[0], limits, NULL), TVT_OK);
    x509_free(&root);
    return store;
}

static void
bind(void)
{
    struct x509_chain chain;
    struct tvt_error e;
    x509_load(&chain, "ed25519/chain.pem");
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
        const struct trial *t = &trials[i];
        struct tvt_trust_store *store = limited(&t->limits), *copy = x509_store(NULL);
        enum tvt_error_code code = verify(store, &chain, t->purpose, &e);
        bool good = code == t->code && (t->field == NULL || strcmp(e.field, t->field) == 0) &&
                    (t->words == NULL || strstr(e.detail, t->words) != NULL);
        if (!good)
            printf("\n    trial %zu: %s in %s: %s", i, tvt_error_name(code), e.field != NULL ? e.field : "-", e.detail);
        CU_ASSERT(good);
        CU_ASSERT_EQUAL(tvt_trust_store_add_store(copy, store, NULL), TVT_OK);
        CU_ASSERT_EQUAL(verify(copy, &chain, t->purpose, &e), t->code); /* limits go with the anchor */
        tvt_trust_store_unref(copy);
        tvt_trust_store_unref(store);
    }
    x509_free(&chain);
}

/* Rule T5: another certificate of the anchor's name and key, here with another signature, which nobody checks, is bound as the
 * one with limits is, in whatever order they came; one with limits of its own keeps to those. */
static void
bind_copies(void)
{
    const struct tvt_anchor_limits names = {0, -1, "example.com", NULL}, none = {0, -1, NULL, NULL};
    struct x509_chain root, chain;
    struct tvt_error e;
    x509_load(&root, "ed25519/root.pem");
    x509_load(&chain, "ed25519/chain.pem");
    uint8_t *bent = malloc(root.der[0].len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bent);
    memcpy(bent, root.der[0].data, root.der[0].len);
    bent[root.der[0].len - 1] ^= 1;
    struct tvt_span copy = tvt_span(bent, root.der[0].len);
    for (unsigned i = 0; i < 3; i++) {
        struct tvt_trust_store *store = x509_store(NULL);
        if (i == 0)
            CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, copy, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_trust_store_add_limited(store, root.der[0], &names, NULL), TVT_OK);
        if (i == 1)
            CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, copy, NULL), TVT_OK);
        if (i == 2)
            CU_ASSERT_EQUAL(tvt_trust_store_add_limited(store, copy, &none, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_trust_store_count(store), 2);
        CU_ASSERT_EQUAL(verify(store, &chain, TVT_PURPOSE_SERVER, &e), i < 2 ? TVT_E_CERT_ANCHOR_LIMIT : TVT_E_NONE);
        tvt_trust_store_unref(store);
    }
    free(bent);
    x509_free(&root);
    x509_free(&chain);
}

/* The certificate with its key as one for RSASSA-PSS, without parameters (RFC 4055 1.2): two bytes less. */
static struct tvt_span
for_pss(struct tvt_span der)
{
    static const uint8_t rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0};
    uint8_t *out = malloc(der.len);
    size_t at = 8;
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    memcpy(out, der.data, der.len);
    while (at + sizeof rsa < der.len && memcmp(out + at, rsa, sizeof rsa) != 0)
        at++;
    out[at + 8] = 0x0a;
    memmove(out + at + 9, out + at + 11, der.len - at - 11);
    const size_t lengths[] = {3, 7, at - 5, at - 3}; /* of certificate, tbsCertificate, key, algorithm */
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_FATAL(out[lengths[i]] >= 2); /* no borrow */
        out[lengths[i]] = (uint8_t)(out[lengths[i]] - 2);
    }
    return tvt_span(out, der.len - 2);
}

/* Rule T5: one RSA key is one key, whatever signatures its certificate says that it makes. */
static void
bind_keys_in_other_words(void)
{
    const struct tvt_anchor_limits names = {0, -1, "example.com", NULL};
    struct tvt_trust_store *store = x509_store(NULL);
    struct x509_chain root;
    struct tvt_refusal refusal;
    uint32_t steps = TVT_CONSTRAINT_STEPS_MAX;
    x509_load(&root, "rsa2048/root.pem");
    struct tvt_span other = for_pss(root.der[0]);
    CU_ASSERT_EQUAL(tvt_trust_store_add_limited(store, root.der[0], &names, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, other, NULL), TVT_OK);
    CU_ASSERT_FATAL(tvt_trust_store_count(store) == 2);
    const struct tvt_certificate *anchor = tvt_trust_store_get(store, 1);
    CU_ASSERT_EQUAL(anchor->key.type, TVT_KEY_RSA_PSS);
    struct x509_chain chain;
    x509_load(&chain, "rsa2048/chain.pem");
    struct tvt_path_place leaf = {&chain.certificate[0], 0};
    struct tvt_path_request request = {.store = store, .purpose = TVT_PURPOSE_SERVER};
    CU_ASSERT_FALSE(tvt_check_anchor_limits(&refusal, &request, anchor, &leaf, 1, 0, &steps));
    CU_ASSERT_EQUAL(refusal.code, TVT_E_CERT_ANCHOR_LIMIT);
    tvt_trust_store_unref(store);
    free((void *)(uintptr_t)other.data);
    x509_free(&root);
    x509_free(&chain);
}

/* A leaf that is trusted by itself (B2) is bound, too. */
static void
bind_leaves(void)
{
    struct tvt_anchor_limits limits = {0, -1, "example.com", NULL};
    struct tvt_error e;
    for (unsigned i = 0; i < 2; i++) {
        struct tvt_trust_store *store = x509_store(NULL);
        struct x509_chain chain;
        x509_load(&chain, "ed25519-self-signed/chain.pem");
        limits.permitted = i == 0 ? "example.com" : NULL;
        CU_ASSERT_EQUAL(tvt_trust_store_add_limited(store, chain.der[0], &limits, NULL), TVT_OK);
        CU_ASSERT_EQUAL(verify(store, &chain, TVT_PURPOSE_SERVER, &e), i == 0 ? TVT_E_CERT_ANCHOR_LIMIT : TVT_E_NONE);
        tvt_trust_store_unref(store);
        x509_free(&chain);
    }
}

/* Rule T4. */
static void
stay(void)
{
    const struct tvt_anchor_limits clients = {TVT_ANCHOR_CLIENTS, -1, NULL, NULL}, other = {0, -1, NULL, NULL};
    struct tvt_trust_store *store = limited(&clients);
    struct x509_chain chain, root;
    struct tvt_error e;
    tvt_error_clear(&e);
    x509_load(&chain, "ed25519/chain.pem");
    x509_load(&root, "ed25519/root.pem");
    CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, root.der[0], &e), TVT_OK);
    CU_ASSERT_EQUAL(tvt_trust_store_add_limited(store, root.der[0], &clients, &e), TVT_OK);
    CU_ASSERT_EQUAL(tvt_trust_store_add_limited(store, root.der[0], &other, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_BAD_ARGUMENT);
    CU_ASSERT_EQUAL(tvt_trust_store_count(store), 1);
    CU_ASSERT_EQUAL(verify(store, &chain, TVT_PURPOSE_SERVER, &e), TVT_E_CERT_ANCHOR_LIMIT);
    tvt_trust_store_unref(store);
    store = x509_store("ed25519/root.pem"); /* one without limits gets them */
    CU_ASSERT_EQUAL(verify(store, &chain, TVT_PURPOSE_SERVER, &e), TVT_E_NONE);
    CU_ASSERT_EQUAL(tvt_trust_store_add_limited(store, root.der[0], &clients, &e), TVT_OK);
    CU_ASSERT_EQUAL(verify(store, &chain, TVT_PURPOSE_SERVER, &e), TVT_E_CERT_ANCHOR_LIMIT);
    tvt_trust_store_unref(store);
    x509_free(&root);
    x509_free(&chain);
}

static void
refuse_what_says_nothing(void)
{
    static const char *const bad[] = {
        "",           ",",       "a,,b",          "*.example.com", "192.0.2.1/24",  "192.0.2.0/33",
        "192.0.2.0/", "a b.com", "192.0.2.0/024", "::/129",        "example.com/8", "10.0.0.0/x"};
    struct tvt_trust_store *store = x509_store(NULL);
    struct x509_chain root;
    char long_list[8000];
    x509_load(&root, "ed25519/root.pem");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0] + 1; i++) {
        struct tvt_anchor_limits limits = {0, -1, NULL, NULL};
        struct tvt_error e;
        tvt_error_clear(&e);
        for (size_t k = 0; k < sizeof long_list; k++)
            long_list[k] = k % 4 == 3 ? ',' : 'a';
        long_list[sizeof long_list - 1] = '\0';
        limits.excluded = i < sizeof bad / sizeof bad[0] ? bad[i] : long_list;
        if (tvt_trust_store_add_limited(store, root.der[0], &limits, &e) == TVT_OK)
            printf("\n    \"%.20s\" is taken", limits.excluded);
        CU_ASSERT_EQUAL(e.code, TVT_E_BAD_ARGUMENT);
    }
    CU_ASSERT_EQUAL(
        tvt_trust_store_add_limited(store, root.der[0], &(struct tvt_anchor_limits){0, -2, NULL, NULL}, NULL),
        TVT_FAIL);
    CU_ASSERT_EQUAL(
        tvt_trust_store_add_limited(store, root.der[0], &(struct tvt_anchor_limits){4, -1, NULL, NULL}, NULL),
        TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_trust_store_count(store), 0);
    tvt_trust_store_unref(store);
    x509_free(&root);
}

/* The DER of lists of every length around 128 and 256 octets is read back by the strict reader. */
static void
are_written_in_der(void)
{
    for (size_t len = 1; len <= 63; len++) {
        for (unsigned num = 1; num <= 8; num++) {
            char list[1024] = "";
            uint8_t room[TVT_ANCHOR_CONSTRAINTS_MAX];
            struct tvt_reader r, in, part;
            struct tvt_span der;
            for (unsigned i = 0; i < num; i++) {
                size_t at = strlen(list);
                (void)snprintf(list + at, sizeof list - at, "%s%.*s.%.*s", i > 0 ? "," : "", (int)len,
                               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", (int)len,
                               "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
            }
            CU_ASSERT_TRUE_FATAL(tvt_name_constraints_write(&der, room, sizeof room, list, num % 2 == 0 ? list : NULL));
            tvt_reader_init(&r, der);
            tvt_der_enter(&r, &in, TVT_DER_SEQUENCE, "NameConstraints");
            for (uint8_t kind = 0; kind < (num % 2 == 0 ? 2 : 1); kind++) {
                unsigned count = 0;
                tvt_der_enter(&in, &part, TVT_DER_CONTEXT_CONSTRUCTED(kind), "subtrees");
                while (tvt_reader_left(&part) > 0) {
                    struct tvt_reader one;
                    tvt_der_enter(&part, &one, TVT_DER_SEQUENCE, "subtree");
                    CU_ASSERT_EQUAL(tvt_der_read(&one, TVT_GN_DNS, "base").len, 2 * len + 1);
                    tvt_der_leave(&part, &one, "subtree");
                    count++;
                }
                tvt_der_leave(&in, &part, "subtrees");
                CU_ASSERT_EQUAL(count, num);
            }
            tvt_der_leave(&r, &in, "NameConstraints");
            CU_ASSERT_TRUE(tvt_reader_done(&r, "NameConstraints"));
        }
    }
}

int
tvt_register_x509_anchors(void)
{
    static const CU_TestInfo tests[] = {
        {"bind", bind},
        {"bind leaves", bind_leaves},
        {"bind copies", bind_copies},
        {"bind keys in other words", bind_keys_in_other_words},
        {"stay", stay},
        {"refuse what says nothing", refuse_what_says_nothing},
        {"are written in DER", are_written_in_der},
    };
    return suite_register("x509_anchors", tests, sizeof tests / sizeof tests[0]);
}
