/* SPDX-License-Identifier: MIT
 *
 * Path building (docs/x509.md, rules B1 to B9, P1 to P4, W1 to W14), on certificates that are made field by field and whose
 * "signatures" are the issuer's key: each test says which graph it searches.
 */
#include "core/x509/path_check.h"
#include "tests/unit/x509_help.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <string.h>

int tvt_register_x509_building(void);

#define TEXT(s)                                                                                                        \
    {                                                                                                                  \
        (const uint8_t *)(s), sizeof(s) - 1                                                                            \
    }

/* ---- certificates ---------------------------------------------------------------------------------------- */

#define NAMES "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
static uint8_t names[26][14];
static const uint8_t keys[64] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/";

/* The certificates of a test, and the one anchor, whose key vouches with '!'. */
static struct {
    struct tvt_certificate chain[TVT_POOL_MAX];
    size_t num;
    struct tvt_trust_store *store;
    const struct tvt_certificate *anchor;
    struct tvt_error error;
    struct tvt_verified_path path;
} graph;

static struct tvt_span
name_of(char letter)
{
    uint8_t *name = names[letter - 'A'];
    static const uint8_t form[14] = {0x30, 12, 0x31, 10, 0x30, 8, 0x06, 3, 0x55, 4, 3, TVT_DER_UTF8_STRING, 1, 0};
    memcpy(name, form, sizeof(form));
    name[13] = (uint8_t)letter;
    return tvt_span(name, sizeof(form));
}

static void
begin(void)
{
    memset(&graph, 0, sizeof(graph));
    graph.store = x509_store("ec256/root.pem");
    graph.anchor = tvt_trust_store_get(graph.store, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph.anchor);
}

/* An authority (the first one: the leaf) named `subject` with key `key`, issued by `issuer` with key `by`; '!' for both: by
 * the anchor. */
static struct tvt_certificate *
add(char subject, char key, char issuer, char by)
{
    struct tvt_certificate *c = &graph.chain[graph.num];
    const uint8_t *own = memchr(keys, key, sizeof(keys)), *signer = memchr(keys, by, sizeof(keys));
    c->version = 3;
    c->not_after = INT64_MAX;
    c->subject = name_of(subject);
    c->issuer = issuer == '!' ? graph.anchor->subject : name_of(issuer);
    c->subject_hash = tvt_name_hash(c->subject);
    c->issuer_hash = tvt_name_hash(c->issuer);
    c->self_issued = tvt_name_equal(c->subject, c->issuer);
    c->is_ca = graph.num > 0;
    c->path_len = c->explicit_policy = -1;
    c->algorithm = (struct tvt_signature_algorithm){TVT_SIG_ECDSA, TVT_HASH_SHA256, TVT_KEY_NONE};
    c->tbs = c->subject;
    c->signature = by == '!' ? graph.anchor->key.spki : tvt_span(signer, 1);
    c->key.type = TVT_KEY_P256;
    c->key.spki = c->key.key = tvt_span(own, 1);
    graph.num++;
    return c;
}

static enum tvt_result
search(const struct tvt_path_policy *policy)
{
    struct tvt_path_request request = {.provider = &x509_fake,
                                       .store = graph.store,
                                       .policy = policy,
                                       .purpose = TVT_PURPOSE_SERVER,
                                       .time = X509_TIME,
                                       .no_name = true,
                                       .chain = graph.chain,
                                       .num_chain = graph.num};
    x509_fake_checks = 0;
    tvt_error_clear(&graph.error);
    enum tvt_result result = tvt_path_verify(&graph.path, &request, &graph.error);
    tvt_trust_store_unref(graph.store);
    graph.store = NULL;
    return result;
}

/* The path goes through these places of the chain, and ends in the anchor. */
static void
expect_path(const char *places)
{
    size_t num = strlen(places);
    if (search(NULL) != TVT_OK) {
        char text[512];
        (void)tvt_error_format_line(&graph.error, text, sizeof(text));
        fprintf(stderr, "\n  refused: %s\n", text);
        CU_FAIL("a path is there");
        return;
    }
    CU_ASSERT_EQUAL_FATAL(graph.path.num, num + 1);
    for (size_t i = 0; i < num; i++)
        CU_ASSERT_EQUAL(graph.path.index[i], places[i] - '0');
    CU_ASSERT_EQUAL(graph.path.index[num], -1);
}

static void
expect_refusal(enum tvt_error_code code, const char *message, const char *field)
{
    CU_ASSERT_EQUAL(search(NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(graph.error.code, code);
    CU_ASSERT_STRING_EQUAL(graph.error.message, message);
    if (field != NULL)
        CU_ASSERT_STRING_EQUAL(graph.error.field, field);
}

/* ---- B: building ----------------------------------------------------------------------------------------- */

/* Rule B1: of four issuers of one name the expired one, the one that is no authority and the one with another key lead
 * nowhere. */
static void
tries_every_issuer(void)
{
    begin();
    (void)add('L', '0', 'I', '1');
    add('I', '1', '!', '!')->not_after = X509_TIME - 1;
    add('I', '1', '!', '!')->is_ca = false;
    (void)add('I', '2', '!', '!');
    (void)add('I', '1', '!', '!');
    expect_path("04");
}

/* Rule B1: a cross-sign to an authority that nobody knows is gone back from. */
static void
goes_back(void)
{
    begin();
    (void)add('L', '0', 'I', '1');
    (void)add('I', '1', 'X', '3');
    (void)add('X', '3', 'Y', '4');
    (void)add('I', '1', 'J', '5');
    (void)add('J', '5', '!', '!');
    expect_path("034");
}

/* Rule B5: two authorities that sign each other. */
static void
goes_round_no_loop(void)
{
    begin();
    (void)add('L', '0', 'A', '1');
    (void)add('A', '1', 'B', '2');
    (void)add('B', '2', 'A', '1');
    expect_refusal(TVT_E_CERT_UNKNOWN_ISSUER, "Certificate[2]", "issuer");
    CU_ASSERT_EQUAL(x509_fake_checks, 2); /* each pair once, in both runs together */
    begin();
    (void)add('L', '0', 'A', '1');
    (void)add('A', '1', 'B', '2');
    (void)add('B', '2', 'A', '1');
    (void)add('B', '2', '!', '!');
    expect_path("013");
}

/* Rule B5: an RSA key under two algorithm identifiers is two: the one signed what the other may not have. */
static void
tells_an_rsa_key_by_its_algorithm(void)
{
    static const struct tvt_span modulus = TEXT("\xc1\x07"), exponent = TEXT("\x03");
    begin();
    (void)add('L', '0', 'A', '1');
    (void)add('A', '1', 'A', '2');
    (void)add('A', '2', '!', '!');
    for (size_t i = 1; i < 3; i++) {
        graph.chain[i].key.n = modulus;
        graph.chain[i].key.e = exponent;
    }
    expect_path("012");
}

/* Rule B3: type, case and white space of a string make no other name; the hash says the same. */
static void
compares_names(void)
{
    static const struct tvt_span same[] = {
        TEXT("\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05"
             "Ab cD"),
        TEXT("\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x13\x05"
             "aB Cd"),
        TEXT("\x30\x13\x31\x11\x30\x0f\x06\x03\x55\x04\x03\x16\x08"
             " ab  cd "),
        TEXT("\x30\x15\x31\x13\x30\x11\x06\x03\x55\x04\x03\x1e\x0a"
             "\0a\0B\0 \0c\0d"),
    };
    static const struct tvt_span other = TEXT("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04"
                                              "Abcd");
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        CU_ASSERT_EQUAL(tvt_name_hash(same[i]), tvt_name_hash(same[0]));
        CU_ASSERT_TRUE(tvt_name_equal(same[i], same[0]));
        CU_ASSERT_FALSE(tvt_name_equal(same[i], other));
        begin();
        (void)add('L', '0', 'I', '1');
        graph.chain[0].issuer = same[0];
        graph.chain[0].issuer_hash = tvt_name_hash(same[0]);
        struct tvt_certificate *c = add('I', '1', '!', '!');
        c->subject = same[i];
        c->subject_hash = tvt_name_hash(same[i]);
        expect_path("01");
    }
    CU_ASSERT_NOT_EQUAL(tvt_name_hash(other), tvt_name_hash(same[0]));
}

/* Rule B4: the authority whose identifier agrees comes first, and one that differs is still taken. */
static void
takes_identifiers_as_hints(void)
{
    static const struct tvt_span mine = TEXT("mine"), others = TEXT("others");
    begin();
    add('L', '0', 'I', '1')->authority_key_id = mine;
    for (char key = '2'; key <= '9'; key++)
        add('I', key, '!', '!')->subject_key_id = others;
    add('I', '1', '!', '!')->subject_key_id = mine;
    expect_path("09");
    CU_ASSERT_EQUAL(x509_fake_checks, 2);
    begin();
    add('L', '0', 'I', '1')->authority_key_id = mine;
    add('I', '1', '!', '!')->subject_key_id = others;
    expect_path("01");
}

/* Rule B9: another authority of the name, whose key did not sign, is not held against a signature that is good. */
static void
blames_no_good_signature(void)
{
    for (char first = '1'; first <= '2'; first++) {
        begin();
        (void)add('L', '0', 'I', '1');
        (void)add('I', first, 'R', '3');
        (void)add('I', (char)('3' - first + '0'), 'R', '3');
        expect_refusal(TVT_E_CERT_UNKNOWN_ISSUER, first == '1' ? "Certificate[1]" : "Certificate[2]", "issuer");
    }
    for (char first = '?'; first <= '@'; first++) { /* nor is one whose key is none */
        begin();
        (void)add('L', '0', 'I', '1');
        (void)add('I', first == '?' ? '+' : '1', 'R', '3');
        (void)add('I', first == '?' ? '1' : '+', 'R', '3');
        expect_refusal(TVT_E_CERT_UNKNOWN_ISSUER, first == '?' ? "Certificate[2]" : "Certificate[1]", "issuer");
    }
    begin();
    (void)add('L', '0', 'I', '1');
    (void)add('I', '+', 'R', '3');
    expect_refusal(TVT_E_CERT_KEY_UNSUPPORTED, "Certificate[1]", "subjectPublicKeyInfo");
}

/* Rule B9: a leaf whose issuer has its own name need not be signed by itself: key identifiers tell (RFC 5280 3.2). A root that
 * nobody knows is not badly signed, whatever else has its name. */
static void
tells_self_issued_from_self_signed(void)
{
    static const struct tvt_span old = TEXT("old"), new = TEXT("new"), none = {NULL, 0};
    const struct tvt_span *const authority[] = {&old, &none, &new};
    for (int i = 0; i < 3; i++) {
        begin();
        struct tvt_certificate *leaf = add('L', '0', 'L', '1');
        leaf->subject_key_id = new;
        leaf->authority_key_id = *authority[i];
        if (i < 2)
            expect_refusal(TVT_E_CERT_UNKNOWN_ISSUER, "Certificate[0]", "issuer");
        else
            expect_refusal(TVT_E_CERT_BAD_SIGNATURE, "Certificate[0]", "signatureValue");
    }
    begin();
    (void)add('L', '0', 'R', '1');
    (void)add('R', '1', 'R', '1');
    (void)add('R', '2', 'R', '2');
    expect_refusal(TVT_E_CERT_UNKNOWN_ISSUER, "Certificate[1]", "issuer");
}

/* Rule B6: ten intermediates are one too many; those that are self-issued do not count. */
static void
stops_at_depth(void)
{
    struct tvt_path_policy policy = tvt_path_policy_default;
    begin();
    (void)add('L', '0', 'A', '1');
    for (char i = 0; i < 9; i++)
        (void)add((char)('A' + i), (char)('1' + i), (char)('B' + i), (char)('2' + i));
    add('J', 'a', '!', '!')->key.spki = graph.chain[9].signature;
    expect_refusal(TVT_E_CERT_CHAIN_TOO_LONG, "Certificate[9]", "certificate_list");
    CU_ASSERT_TRUE(graph.error.has_values && graph.error.expected == 9);
    begin();
    policy.max_depth = 1;
    (void)add('L', '0', 'A', '1');
    (void)add('A', '1', 'A', '2');
    (void)add('A', '2', '!', '!');
    CU_ASSERT_EQUAL(search(&policy), TVT_OK);
}

/* Rule B7: three layers of twenty authorities that all sign one another, without an anchor: 8,000 paths. */
static void
keeps_to_its_budget(void)
{
    begin();
    (void)add('L', '0', 'A', '0');
    for (size_t layer = 0; layer < 3; layer++)
        for (size_t i = 0; i < 20; i++)
            add((char)('A' + (int)layer), '1', (char)('B' + (int)layer), '0')->key.spki = tvt_span(keys + 1, 1 + i);
    for (size_t i = 0; i < graph.num; i++)
        graph.chain[i].signature = tvt_span(keys + 1, 1); /* that of the first of each layer */
    CU_ASSERT_EQUAL(search(NULL), TVT_FAIL);
    CU_ASSERT_TRUE(x509_fake_checks <= TVT_PATH_SIGNATURES_MAX);
    CU_ASSERT_TRUE(graph.error.code == TVT_E_CERT_BUDGET || graph.error.code == TVT_E_CERT_UNKNOWN_ISSUER);
    /* 62 authorities of one name, none of which signed: each is asked once, although there are two runs */
    begin();
    (void)add('L', '0', 'A', '0');
    for (size_t i = 1; i < 63; i++)
        add('A', (char)keys[i], '!', '!');
    expect_refusal(TVT_E_CERT_BAD_SIGNATURE, "Certificate[0]", "signatureValue");
    CU_ASSERT_EQUAL(x509_fake_checks, 62);
    /* names of 60000 octets are paid for: 4096 steps are 130 looks at one */
    static uint8_t wide[60000];
    begin();
    (void)add('L', '0', 'A', '0');
    for (size_t i = 1; i < TVT_POOL_MAX; i++)
        add('A', (char)keys[i], '!', '!')->subject = tvt_span(wide, sizeof(wide));
    struct tvt_path_policy policy = tvt_path_policy_default;
    policy.max_steps = 1000;
    CU_ASSERT_EQUAL(search(&policy), TVT_FAIL);
    CU_ASSERT_EQUAL(graph.error.code, TVT_E_CERT_BUDGET);
}

/* Rule B8: the path with one fault says more than the one with two that is found first. */
static void
reports_the_best_attempt(void)
{
    begin();
    (void)add('L', '0', 'I', '1');
    add('I', '1', 'J', '2')->not_after = X509_TIME - 1;
    add('J', '2', '!', '!')->is_ca = false;
    add('I', '1', '!', '!')->not_before = X509_TIME + 1;
    expect_refusal(TVT_E_CERT_NOT_YET_VALID, "Certificate[3]", "validity.notBefore");
    begin();
    (void)add('L', '0', 'I', '1');
    add('I', '1', 'J', '2')->not_after = X509_TIME - 1;
    add('J', '2', '!', '!')->is_ca = false;
    expect_refusal(TVT_E_CERT_EXPIRED, "Certificate[1]", "validity.notAfter");
    CU_ASSERT_TRUE(graph.error.has_values);
    begin(); /* before 1970: words alone, no number that nobody meant */
    (void)add('L', '0', 'I', '1');
    add('I', '1', '!', '!')->not_after = -1;
    expect_refusal(TVT_E_CERT_EXPIRED, "Certificate[1]", "validity.notAfter");
    CU_ASSERT_FALSE(graph.error.has_values);
    CU_ASSERT_PTR_NOT_NULL(strstr(graph.error.detail, "not after 1969-12-31T23:59:59Z"));
}

/* ---- P: policies ----------------------------------------------------------------------------------------- */

/* certificatePolicies of 1.2.3 alone, of 1.2.4 and 1.2.3, of 1.2.4 alone, of anyPolicy; mappings are only there or not. */
static const uint8_t some_policies[] = {0x30, 6, 0x30, 4,    0x06, 2,    0x2a, 3,    0x30, 12,   0x30, 4,   0x06, 2,
                                        0x2a, 4, 0x30, 4,    6,    2,    0x2a, 3,    0x30, 6,    0x30, 4,   6,    2,
                                        0x2a, 4, 0x30, 0x08, 0x30, 0x06, 0x06, 0x04, 0x55, 0x1d, 0x20, 0x00};
enum { ONLY_3, BOTH, ONLY_4, ANY };

static void
give_policies(struct tvt_certificate *c, unsigned which)
{
    static const uint8_t offsets[] = {0, 8, 22, 30}, lens[] = {8, 14, 8, 10};
    c->der = tvt_span(some_policies, sizeof(some_policies));
    c->present |= 1u << TVT_CEXT_POLICIES;
    c->ext[TVT_CEXT_POLICIES].offset = offsets[which];
    c->ext[TVT_CEXT_POLICIES].len = lens[which];
}

static void
wants_explicit_policies(void)
{
    begin(); /* rule P3: five certificates more may follow without a policy */
    (void)add('L', '0', 'I', '1');
    add('I', '1', '!', '!')->explicit_policy = 5;
    expect_path("01");
    begin(); /* rule P2: one may follow: the leaf is the one */
    (void)add('L', '0', 'I', '1');
    add('I', '1', '!', '!')->explicit_policy = 1;
    expect_refusal(TVT_E_CERT_POLICY, "Certificate[1]", "policyConstraints.requireExplicitPolicy");
    begin(); /* the leaf's own counts when it is zero alone */
    add('L', '0', 'I', '1')->explicit_policy = 0;
    (void)add('I', '1', '!', '!');
    expect_refusal(TVT_E_CERT_POLICY, "Certificate[0]", NULL);
    begin(); /* rule P4 */
    give_policies(add('L', '0', 'I', '1'), BOTH);
    give_policies(add('I', '1', '!', '!'), ONLY_3);
    graph.chain[1].explicit_policy = 0;
    expect_path("01");
    begin();
    give_policies(add('L', '0', 'I', '1'), ONLY_4);
    give_policies(add('I', '1', '!', '!'), ONLY_3);
    graph.chain[1].explicit_policy = 0;
    expect_refusal(TVT_E_CERT_POLICY, "Certificate[1]", NULL);
    begin();
    give_policies(add('L', '0', 'I', '1'), ONLY_3);
    give_policies(add('I', '1', '!', '!'), ONLY_3);
    graph.chain[1].explicit_policy = 0;
    graph.chain[1].present |= 1u << TVT_CEXT_POLICY_MAPPINGS;
    expect_refusal(TVT_E_CERT_POLICY, "Certificate[1]", NULL);
}

/* RFC 5280 6.1.3 d 2: where an authority inhibits anyPolicy, that one counts for nothing below it. */
static void
any_policy_may_be_inhibited(void)
{
    begin();
    give_policies(add('L', '0', 'I', '1'), ANY);
    give_policies(add('I', '1', '!', '!'), ANY);
    graph.chain[1].explicit_policy = 0;
    expect_path("01");
    for (size_t by = 0; by < 3; by++) { /* the leaf's own is about nobody */
        for (unsigned policy = ONLY_3; policy <= ANY; policy += ANY) {
            begin();
            give_policies(add('L', '0', 'I', '1'), policy);
            give_policies(add('I', '1', 'J', '2'), policy);
            give_policies(add('J', '2', '!', '!'), policy);
            graph.chain[1].explicit_policy = 0;
            graph.chain[by].present |= 1u << TVT_CEXT_INHIBIT_ANY_POLICY;
            if (by > 0 && policy == ANY)
                expect_refusal(TVT_E_CERT_POLICY, "Certificate[1]", "policyConstraints.requireExplicitPolicy");
            else
                expect_path("012");
        }
    }
}

/* ---- W: the web-PKI profile ------------------------------------------------------------------------------ */

/* subjectAltName of a.b.test and 192.0.2.1 */
static const uint8_t alternative_names[] = {0x30, 16,  0x82, 8,    'a', '.', 'b', '.', 't',
                                            'e',  's', 't',  0x87, 4,   192, 0,   2,   1};

static const char *
broken_rule(const struct tvt_certificate *c, bool leaf)
{
    struct tvt_path_request request = {.purpose = TVT_PURPOSE_SERVER};
    struct tvt_path_place place = {c, 0};
    struct tvt_refusal refusal;
    return tvt_check_web_pki(&refusal, &request, place, leaf) ? "none" : refusal.field;
}

static struct tvt_certificate
server_leaf(void)
{
    static const uint8_t serial[] = {1};
    struct tvt_certificate c;
    memset(&c, 0, sizeof(c));
    c.version = 3;
    c.serial = tvt_span(serial, 1);
    c.subject = name_of('L');
    c.der = tvt_span(alternative_names, sizeof(alternative_names));
    c.present = 1u << TVT_CEXT_SUBJECT_ALT_NAME | 1u << TVT_CEXT_AUTHORITY_KEY_ID;
    c.ext[TVT_CEXT_SUBJECT_ALT_NAME].len = sizeof(alternative_names);
    c.authority_key_id = c.serial;
    c.path_len = -1;
    return c;
}

/* Rule W14. */
static void
compares_common_names(void)
{
    static const struct {
        const char *text;
        bool good;
        uint8_t tag;
    } rows[] = {
        {"a.b.test", true, TVT_DER_UTF8_STRING},         {"b.test", true, TVT_DER_UTF8_STRING},
        {"A.b.test", false, TVT_DER_UTF8_STRING},        {"c.b.test", false, TVT_DER_UTF8_STRING},
        {"192.0.2.1", true, TVT_DER_UTF8_STRING},        {"192.0.02.1", false, TVT_DER_UTF8_STRING},
        {"0xC0000201", false, TVT_DER_UTF8_STRING},      {"2001:db8::1", false, TVT_DER_UTF8_STRING},
        {"A Company", true, TVT_DER_UTF8_STRING},        {"example.com", false, TVT_DER_UTF8_STRING},
        {"St. John Ltd", true, TVT_DER_UTF8_STRING},     {"xn--a.test", false, TVT_DER_UTF8_STRING},
        {"localhost", true, TVT_DER_UTF8_STRING},        {"t\xc3\xa9st.test", false, TVT_DER_UTF8_STRING},
        {"a.b.test", true, TVT_DER_PRINTABLE_STRING},    {"c.b.test", false, TVT_DER_TELETEX_STRING},
        {"\x04\x10\x04\x11", false, TVT_DER_BMP_STRING},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tvt_certificate c = server_leaf();
        uint8_t name[64] = {0x30, 0, 0x31, 0, 0x30, 0, 0x06, 3, 0x55, 4, 3, TVT_DER_UTF8_STRING, 0};
        size_t len = strlen(rows[i].text);
        memcpy(name + 13, rows[i].text, len);
        name[11] = rows[i].tag;
        name[12] = (uint8_t)len;
        name[5] = (uint8_t)(len + 7);
        name[3] = (uint8_t)(len + 9);
        name[1] = (uint8_t)(len + 11);
        c.subject = tvt_span(name, len + 13);
        CU_ASSERT_STRING_EQUAL(broken_rule(&c, true), rows[i].good ? "none" : "subject.commonName");
        c.is_ca = true; /* rule W14 is for end entities; this one breaks W10 */
        CU_ASSERT_STRING_EQUAL(broken_rule(&c, true), "basicConstraints.cA");
    }
}

static void
keeps_the_web_pki_profile(void)
{
    static const uint8_t zero[] = {0}, negative[] = {0x80}, empty[] = {0x30, 0};
    struct tvt_certificate c = server_leaf();
#define BREAK(change, field)                                                                                           \
    do {                                                                                                               \
        c = server_leaf();                                                                                             \
        change;                                                                                                        \
        CU_ASSERT_STRING_EQUAL(broken_rule(&c, true), field);                                                          \
    } while (0)
    CU_ASSERT_STRING_EQUAL(broken_rule(&c, true), "none");
    BREAK(c.version = 1, "version");
    BREAK(c.serial = tvt_span(zero, 1), "serialNumber");
    BREAK(c.serial = tvt_span(negative, 1), "serialNumber");
    BREAK((c.key.type = TVT_KEY_RSA, c.key.bits = 2049), "modulus");
    BREAK(c.present ^= 1u << TVT_CEXT_AUTHORITY_KEY_ID, "authorityKeyIdentifier");
    BREAK(c.aki_names_issuer = true, "authorityKeyIdentifier");
    BREAK(c.authority_key_id.len = 0, "authorityKeyIdentifier");
    BREAK(c.present |= 1u << TVT_CEXT_POLICY_CONSTRAINTS, "policyConstraints");
    BREAK(c.present |= 1u << TVT_CEXT_INHIBIT_ANY_POLICY, "inhibitAnyPolicy");
    BREAK(c.present |= 1u << TVT_CEXT_NAME_CONSTRAINTS, "nameConstraints");
    BREAK((c.present |= 1u << TVT_CEXT_KEY_USAGE, c.key_usage = TVT_KEY_USAGE_CERT_SIGN), "basicConstraints.cA");
    BREAK(c.path_len = 0, "basicConstraints.pathLenConstraint");
    BREAK((c.present |= 1u << TVT_CEXT_EXTENDED_KEY_USAGE, c.eku = TVT_EKU_ANY), "extendedKeyUsage");
    BREAK(c.critical |= 1u << TVT_CEXT_EXTENDED_KEY_USAGE, "extendedKeyUsage");
    BREAK(c.present ^= 1u << TVT_CEXT_SUBJECT_ALT_NAME, "subjectAltName");
    BREAK(c.critical |= 1u << TVT_CEXT_SUBJECT_ALT_NAME, "subjectAltName");
    BREAK(c.subject = tvt_span(empty, 2), "subjectAltName");
    BREAK(c.self_issued = true, "none");
#undef BREAK
    c = server_leaf();
    CU_ASSERT_STRING_EQUAL(broken_rule(&c, false), "subjectKeyIdentifier");
    c.present |= 1u << TVT_CEXT_SUBJECT_KEY_ID;
    CU_ASSERT_STRING_EQUAL(broken_rule(&c, false), "basicConstraints");
    c.critical |= 1u << TVT_CEXT_BASIC_CONSTRAINTS;
    CU_ASSERT_STRING_EQUAL(broken_rule(&c, false), "none");
    c.present |= 1u << TVT_CEXT_EXTENDED_KEY_USAGE;
    CU_ASSERT_STRING_EQUAL(broken_rule(&c, false), "none");
    c.self_issued = true;
    CU_ASSERT_STRING_EQUAL(broken_rule(&c, false), "extendedKeyUsage");
    begin(); /* asked for by the policy object alone */
    (void)add('L', '0', '!', '!');
    graph.chain[0].serial = tvt_span(zero, 1);
    CU_ASSERT_EQUAL(search(&tvt_path_policy_web_pki), TVT_FAIL);
    CU_ASSERT_EQUAL(graph.error.code, TVT_E_CERT_PROFILE);
    CU_ASSERT_PTR_NOT_NULL(strstr(graph.error.detail, "RFC 5280 4.1.2.2"));
}

int
tvt_register_x509_building(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"tries every issuer of a name", tries_every_issuer},
        {"goes back from a dead end", goes_back},
        {"goes round no loop", goes_round_no_loop},
        {"tells an RSA key by its algorithm", tells_an_rsa_key_by_its_algorithm},
        {"compares names as characters", compares_names},
        {"takes key identifiers as hints", takes_identifiers_as_hints},
        {"blames no good signature", blames_no_good_signature},
        {"tells self-issued from self-signed", tells_self_issued_from_self_signed},
        {"stops at its depth", stops_at_depth},
        {"keeps to its budget", keeps_to_its_budget},
        {"reports the best attempt", reports_the_best_attempt},
        {"wants explicit policies where they are required", wants_explicit_policies},
        {"anyPolicy may be inhibited", any_policy_may_be_inhibited},
        {"compares common names in the web-PKI profile", compares_common_names},
        {"keeps the web-PKI profile", keeps_the_web_pki_profile},
    };
    CU_pSuite suite = CU_add_suite("x509 building", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
