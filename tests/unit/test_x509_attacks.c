/* SPDX-License-Identifier: MIT
 *
 * Name constraints under attack: names that hide from an excluded subtree, and names that only burn time.
 */
#include "core/x509/name_constraints.h"
#include "tests/unit/x509_help.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <string.h>

int tvt_register_x509_attacks(void);

#define TEXT(text)                                                                                                     \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }
#define ROOM 60000u

/* A Name of one organizationName, with tag and length, by way of `room`; both are `cap` bytes long. */
static struct tvt_span
long_organization(uint8_t *out, uint8_t *room, size_t cap, uint8_t tag, struct tvt_span text)
{
    struct tvt_writer w;
    tvt_writer_init(&w, room, cap);
    tvt_write_bytes(&w, "\x06\x03\x55\x04\x0a", 5);
    x509_put(&w, tag, text);
    struct tvt_span attribute = x509_wrap(out, cap, TVT_DER_SEQUENCE, tvt_span(room, tvt_writer_len(&w)));
    struct tvt_span set = x509_wrap(room, cap, TVT_DER_SET, attribute);
    return x509_wrap(out, cap, TVT_DER_SEQUENCE, set);
}

static struct tvt_span
organization(uint8_t out[128], uint8_t tag, struct tvt_span text)
{
    uint8_t room[128];
    return long_organization(out, room, sizeof room, tag, text);
}

/* nameConstraints with `num` times the same base, permitted ([0]) or excluded ([1]). */
static struct tvt_span
constraints(uint8_t *out, uint8_t list_tag, uint8_t tag, struct tvt_span base, unsigned num)
{
    static uint8_t lists[ROOM], list[ROOM], subtree[1024], general[1024];
    struct tvt_writer w;
    struct tvt_span one =
        x509_wrap(subtree, sizeof subtree, TVT_DER_SEQUENCE, x509_wrap(general, sizeof general, tag, base));
    tvt_writer_init(&w, lists, sizeof lists);
    while (num-- > 0)
        tvt_write_span(&w, one);
    CU_ASSERT_FALSE_FATAL(w.overflow);
    return x509_wrap(out, ROOM, TVT_DER_SEQUENCE, x509_wrap(list, ROOM, list_tag, tvt_span(lists, tvt_writer_len(&w))));
}

/* A certificate of which only the subject and the one subjectAltName are there. */
static enum tvt_constraints_result
check(struct tvt_span bases, struct tvt_span subject, uint8_t san_tag, struct tvt_span san, uint32_t *steps)
{
    static uint8_t names[ROOM + 8], name[ROOM + 4];
    struct tvt_certificate c;
    struct tvt_span refused;
    uint8_t tag;
    memset(&c, 0, sizeof c);
    c.subject = subject;
    if (san_tag != 0) {
        c.der = x509_wrap(names, sizeof names, TVT_DER_SEQUENCE, x509_wrap(name, sizeof name, san_tag, san));
        c.ext[TVT_CEXT_SUBJECT_ALT_NAME].len = (uint32_t)c.der.len;
        c.present = 1u << TVT_CEXT_SUBJECT_ALT_NAME;
    }
    return tvt_name_constraints_check(bases, &c, steps, &tag, &refused);
}

/* Bases and names: what becomes of a name under an excluded base, and under a permitted one. */
static const struct {
    uint8_t base_tag;
    struct tvt_span base;
    uint8_t name_tag;
    struct tvt_span name;
    enum tvt_constraints_result excluded, permitted;
} doubtful[] = {
    {0x13, TEXT("Evil"), 0x0c, TEXT("evil "), TVT_CONSTRAINTS_EXCLUDED, TVT_CONSTRAINTS_MET},
    {0x13, TEXT("Evil"), 0x0c, TEXT("Good"), TVT_CONSTRAINTS_MET, TVT_CONSTRAINTS_NOT_PERMITTED},
    {0x13, TEXT("Evil"), 0x0c, TEXT("Evil2"), TVT_CONSTRAINTS_MET, TVT_CONSTRAINTS_NOT_PERMITTED},
    /* a soft hyphen counts for nothing in comparisons (RFC 5280 7.1) */
    {0x13, TEXT("Evil"), 0x0c,
     TEXT("E\xc2\xad"
          "vil"),
     TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    /* a full-width E is an E in comparisons (RFC 5280 7.1) */
    {0x13, TEXT("Evil"), 0x0c, TEXT("\xef\xbc\xa5vil"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    /* Cyrillic in capitals and not */
    {0x0c, TEXT("\xd0\x97\xd0\xbb\xd0\xbe"), 0x0c, TEXT("\xd0\xb7\xd0\xbb\xd0\xbe"), TVT_CONSTRAINTS_UNSUPPORTED,
     TVT_CONSTRAINTS_NOT_PERMITTED},
    {0x0c, TEXT("\xd0\x97\xd0\xbb\xd0\xbe"), 0x0c, TEXT("Good"), TVT_CONSTRAINTS_MET, TVT_CONSTRAINTS_NOT_PERMITTED},
    /* ideographs have no case */
    {0x0c, TEXT("\xe6\x9d\xb1\xe4\xba\xac"), 0x0c, TEXT("\xe5\xa4\xa7\xe9\x98\xaa"), TVT_CONSTRAINTS_MET,
     TVT_CONSTRAINTS_NOT_PERMITTED},
    /* characters that count for nothing, or as a space, in comparisons: DEL, NUL, U+06DD, U+180E, U+1680, U+200B */
    {0x0c, TEXT("Evil"), 0x0c, TEXT("Evil\x7f"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    {0x0c, TEXT("Evil"), 0x16, TEXT("Ev\0il"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    {0x0c, TEXT("Evil"), 0x0c, TEXT("Evil\0"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    {0x0c, TEXT("Evil"), 0x0c, TEXT("Evil\xdb\x9d"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    {0x0c, TEXT("Evil"), 0x0c,
     TEXT("\xe1\xa0\x8e"
          "Evil"),
     TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    {0x0c, TEXT("Evil"), 0x0c,
     TEXT("\xe1\x9a\x80"
          "Evil"),
     TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    {0x0c, TEXT("Evil"), 0x0c, TEXT("Evil \xe2\x80\x8b"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    {0x0c, TEXT("\xe6\x9d\xb1"), 0x0c, TEXT("\xe6\x9d\xb1\x7f"), TVT_CONSTRAINTS_UNSUPPORTED,
     TVT_CONSTRAINTS_NOT_PERMITTED},
    /* one syllable of Hangul, whole and in two characters */
    {0x0c, TEXT("\xea\xb0\x81"), 0x0c, TEXT("\xea\xb0\x80\xe1\x86\xa8"), TVT_CONSTRAINTS_UNSUPPORTED,
     TVT_CONSTRAINTS_NOT_PERMITTED},
    /* no string */
    {0x0c, TEXT("Evil"), 0x03, TEXT("\0Evil"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    /* no string, and what is inside may have another form */
    {0x30, TEXT("\x0c\4Evil"), 0x30, TEXT("\x13\4Evil"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_NOT_PERMITTED},
    {0x30, TEXT("\x0c\4Evil"), 0x30, TEXT("\x0c\4Evil"), TVT_CONSTRAINTS_EXCLUDED, TVT_CONSTRAINTS_MET},
    /* beyond Unicode, where a string that is over was once told from all others by such a number */
    {0x0c, TEXT("Ev"), 0x1c, TEXT("\0\0\0E\0\0\0v\xff\xff\xff\xff"), TVT_CONSTRAINTS_UNSUPPORTED,
     TVT_CONSTRAINTS_UNSUPPORTED},
    {0x0c, TEXT("Ev"), 0x1c, TEXT("\0\0\0E\xff\xff\xff\xff\0\0\0v"), TVT_CONSTRAINTS_UNSUPPORTED,
     TVT_CONSTRAINTS_UNSUPPORTED},
    {0x0c, TEXT("Ev"), 0x1c, TEXT("\0\0\0E\0\0\0v\0\x11\0\0"), TVT_CONSTRAINTS_UNSUPPORTED,
     TVT_CONSTRAINTS_UNSUPPORTED},
    /* not UTF-8; half a BMP character; in pieces, which is BER: nobody is given such names */
    {0x0c, TEXT("Evil"), 0x0c, TEXT("Evil\xff"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_UNSUPPORTED},
    {0x0c, TEXT("Ev"), 0x1e, TEXT("\0E\0v\0"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_UNSUPPORTED},
    {0x0c, TEXT("Evil"), 0x2c, TEXT("\x0c\4Evil"), TVT_CONSTRAINTS_UNSUPPORTED, TVT_CONSTRAINTS_UNSUPPORTED},
};

/* RFC 5280 4.2.1.10 and 7.1: what cannot be told from an excluded name is refused. */
static void
refuses_doubtful_directory_names(void)
{
    static uint8_t extension[ROOM];
    for (size_t i = 0; i < sizeof doubtful / sizeof doubtful[0]; i++) {
        uint8_t a[128], b[128];
        struct tvt_span base = organization(a, doubtful[i].base_tag, doubtful[i].base);
        struct tvt_span name = organization(b, doubtful[i].name_tag, doubtful[i].name), none = {NULL, 0};
        uint32_t steps = 1000;
        struct tvt_span bases = constraints(extension, 0xa1, TVT_GN_DIRECTORY, base, 1);
        CU_ASSERT_EQUAL(check(bases, name, 0, none, &steps), doubtful[i].excluded);
        bases = constraints(extension, 0xa0, TVT_GN_DIRECTORY, base, 1);
        CU_ASSERT_EQUAL(check(bases, name, 0, none, &steps), doubtful[i].permitted);
    }
}

/* RFC 3986 2 has no backslash; readers that end the host there would go to the excluded one. */
static void
refuses_uris_with_other_characters(void)
{
    static const struct {
        struct tvt_span uri;
        enum tvt_constraints_result result;
    } rows[] = {
        {TEXT("http://good.com/"), TVT_CONSTRAINTS_MET},
        {TEXT("http://good.com@evil.com/"), TVT_CONSTRAINTS_EXCLUDED},
        {TEXT("http://evil.com.:80/"), TVT_CONSTRAINTS_EXCLUDED},
        {TEXT("http://evil.com\\@good.com/"), TVT_CONSTRAINTS_UNSUPPORTED},
        {TEXT("http://evil.com\t@good.com/"), TVT_CONSTRAINTS_UNSUPPORTED},
        {TEXT("http://evil.com\0@good.com/"), TVT_CONSTRAINTS_UNSUPPORTED},
        {TEXT("git+ssh://good.com:8080"), TVT_CONSTRAINTS_MET},
        {TEXT("http://good.com:"), TVT_CONSTRAINTS_MET}, /* RFC 3986 3.2.3: a port of no digits */
        /* no authority, and so no host: "://" stands in a path (RFC 5280 4.2.1.10, RFC 3986 3) */
        {TEXT("urn:x://good.com/"), TVT_CONSTRAINTS_UNSUPPORTED},
        {TEXT("http:/evil.com/://good.com/"), TVT_CONSTRAINTS_UNSUPPORTED},
        {TEXT("http:\\evil.com\\://good.com/"), TVT_CONSTRAINTS_UNSUPPORTED},
        {TEXT("1x://good.com/"), TVT_CONSTRAINTS_UNSUPPORTED},
        {TEXT("//good.com/"), TVT_CONSTRAINTS_UNSUPPORTED},
        {TEXT("http://good.com:80.evil.com/"), TVT_CONSTRAINTS_UNSUPPORTED},
    };
    static const struct tvt_span base = TEXT("evil.com"), nobody = TEXT("\x30\x00");
    static uint8_t extension[ROOM];
    struct tvt_span bases = constraints(extension, 0xa1, TVT_GN_URI, base, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t steps = 1000;
        CU_ASSERT_EQUAL(check(bases, nobody, TVT_GN_URI, rows[i].uri, &steps), rows[i].result);
    }
}

/* The budget counts bytes: 500 comparisons with a name of 50000 bytes are more than 10000 steps. */
static void
charges_for_long_names(void)
{
    static uint8_t long_name[50000], extension[ROOM];
    static const struct tvt_span base = TEXT("evil.com"), nobody = TEXT("\x30\x00"), tail = TEXT("://good.com");
    struct tvt_span bases = constraints(extension, 0xa1, TVT_GN_URI, base, 500);
    uint32_t steps = 10000;
    memset(long_name, 'x', sizeof long_name);
    memcpy(long_name + sizeof long_name - tail.len, tail.data, tail.len);
    CU_ASSERT_EQUAL(check(bases, nobody, TVT_GN_URI, tvt_span(long_name, sizeof long_name), &steps),
                    TVT_CONSTRAINTS_BUDGET);
    CU_ASSERT_EQUAL(steps, 0);
    steps = 10000; /* the same bases against a short one are within it */
    CU_ASSERT_EQUAL(check(bases, nobody, TVT_GN_URI, tvt_span(long_name + sizeof long_name - 20, 20), &steps),
                    TVT_CONSTRAINTS_MET);
}

/* Distinguished names are compared character by character: 60 with 60 of 900 bytes are more than is allowed. */
static void
charges_for_long_directory_names(void)
{
    static uint8_t extension[ROOM], text[900], base[1000], name[1000], a[1000], b[1000];
    static const struct tvt_span type = TEXT("\x06\x03\x55\x04\x0a");
    struct tvt_span names[2];
    uint32_t steps = TVT_CONSTRAINT_STEPS_MAX;
    for (size_t i = 0; i < 2; i++) {
        struct tvt_writer w;
        memset(text, i == 0 ? 'a' : 'A', sizeof text);
        text[sizeof text - 1] = i == 0 ? 'b' : 'c';
        tvt_writer_init(&w, a, sizeof a);
        tvt_write_span(&w, type);
        x509_put(&w, TVT_DER_UTF8_STRING, tvt_span(text, sizeof text));
        struct tvt_span attribute = x509_wrap(b, sizeof b, TVT_DER_SEQUENCE, tvt_span(a, tvt_writer_len(&w)));
        struct tvt_span set = x509_wrap(a, sizeof a, TVT_DER_SET, attribute);
        names[i] = x509_wrap(i == 0 ? name : base, sizeof name, TVT_DER_SEQUENCE, set);
    }
    struct tvt_span bases = constraints(extension, 0xa1, TVT_GN_DIRECTORY, names[1], 60), none = {NULL, 0};
    unsigned times = 0;
    while (check(bases, names[0], 0, none, &steps) == TVT_CONSTRAINTS_MET)
        times++;
    CU_ASSERT_EQUAL(steps, 0);
    CU_ASSERT_TRUE(times > 2 && times < 20);
}

/* A subject is looked through for mailboxes: that is paid for, whatever the constraints are of. */
static void
charges_for_the_search_for_mailboxes(void)
{
    static uint8_t extension[ROOM], text[40000], a[40100], b[40100];
    static const struct tvt_span oid = TEXT("\x2a\x03");
    memset(text, 'a', sizeof text);
    struct tvt_span bases = constraints(extension, 0xa1, TVT_GN_REGISTERED_ID, oid, 1), none = {NULL, 0};
    struct tvt_span name = long_organization(a, b, sizeof a, TVT_DER_UTF8_STRING, tvt_span(text, sizeof text));
    uint32_t steps = 10000;
    CU_ASSERT_EQUAL(check(bases, name, 0, none, &steps), TVT_CONSTRAINTS_MET);
    CU_ASSERT_TRUE(steps < 10000 - sizeof text / 16);
}

/* Nine authorities of one name, none of which signed the leaf, with keys of `len` bytes. */
static enum tvt_error_code
search_among(size_t len)
{
    static uint8_t n[2048 + TVT_CHAIN_MAX], e[8];
    static const struct tvt_span leaf_name = TEXT("\x30\x02\x31\x00"), issuer = TEXT("\x30\x04\x31\x02\x30\x00");
    static const struct tvt_span bits = TEXT("not a signature");
    struct tvt_certificate chain[TVT_CHAIN_MAX];
    struct tvt_error error;
    memset(n, 0xff, sizeof n);
    memset(e, 0xff, sizeof e);
    memset(chain, 0, sizeof chain);
    for (size_t i = 0; i < TVT_CHAIN_MAX; i++) {
        struct tvt_public_key *key = &chain[i].key;
        chain[i].version = 3;
        chain[i].not_after = INT64_MAX;
        chain[i].subject = i == 0 ? leaf_name : issuer;
        chain[i].issuer = issuer;
        chain[i].is_ca = i > 0;
        chain[i].path_len = -1;
        chain[i].algorithm = (struct tvt_signature_algorithm){TVT_SIG_RSA_PKCS1, TVT_HASH_SHA256, TVT_KEY_NONE};
        chain[i].tbs = chain[i].signature = bits;
        key->type = TVT_KEY_RSA;
        key->bits = (uint16_t)(len * 8);
        n[i] = (uint8_t)(0x80 + i); /* different keys */
        key->n = tvt_span(n + i, len);
        key->e = tvt_span(e, sizeof e);
        key->spki = key->n;
    }
    struct tvt_trust_store *store = x509_store(NULL);
    struct tvt_path_request request = {.provider = x509_provider_for(TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA256),
                                       .store = store,
                                       .purpose = TVT_PURPOSE_SERVER,
                                       .time = X509_TIME,
                                       .no_name = true,
                                       .chain = chain,
                                       .num_chain = TVT_CHAIN_MAX};
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_path_verify(NULL, &request, &error), TVT_FAIL);
    tvt_trust_store_unref(store);
    return error.code;
}

/* A check under a key of 16384 bits and a long exponent costs what a hundred usual ones do. */
static void
charges_for_large_keys(void)
{
    if (x509_provider_for(TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA256) == NULL) {
        printf(
            "\nnot run: large RSA keys: no backend of this build has RSA (declared absent in tests/kit/absent.txt)\n");
        x509_end();
        return;
    }
    CU_ASSERT_NOT_EQUAL(search_among(256), TVT_E_CERT_BUDGET);
    CU_ASSERT_NOT_EQUAL(search_among(512), TVT_E_CERT_BUDGET);
    CU_ASSERT_EQUAL(search_among(2048), TVT_E_CERT_BUDGET);
    x509_end();
}

/* Rule N8: a base whose tag is no GeneralName's, as a dNSName that is said to be constructed, would bind nobody. */
static void
refuses_bases_that_are_no_names(void)
{
    static const uint8_t tags[] = {0x02, 0x22, 0x80, 0x84, 0x89, 0xa1, 0xa2, 0xa6, 0xa7, 0xa8, 0xa9, 0xc2};
    static uint8_t extension[ROOM];
    for (size_t i = 0; i < sizeof tags; i++) {
        uint32_t steps = TVT_CONSTRAINT_STEPS_MAX;
        struct tvt_span bases = constraints(extension, 0xa0, tags[i], tvt_span_string("example.com"), 1);
        enum tvt_constraints_result result =
            check(bases, tvt_span(NULL, 0), TVT_GN_DNS, tvt_span_string("example.net"), &steps);
        CU_ASSERT_EQUAL(result, TVT_CONSTRAINTS_MALFORMED);
    }
}

/* An IPv4 address in the clothes of IPv6 (RFC 4291 2.5.5.2) is the same host: who connects to it asks for either. */
static void
mapped_addresses_are_excluded(void)
{
    static const struct {
        uint8_t list;
        struct tvt_span base, name;
        enum tvt_constraints_result result;
    } rows[] = {
        {0xa1, TEXT("\12\0\0\0\377\0\0\0"), TEXT("\12\0\0\1"), TVT_CONSTRAINTS_EXCLUDED},
        {0xa1, TEXT("\12\0\0\0\377\0\0\0"), TEXT("\0\0\0\0\0\0\0\0\0\0\377\377\12\0\0\1"), TVT_CONSTRAINTS_EXCLUDED},
        {0xa1, TEXT("\12\0\0\0\377\0\0\0"), TEXT("\0\0\0\0\0\0\0\0\0\0\377\377\13\0\0\1"), TVT_CONSTRAINTS_MET},
        {0xa1, TEXT("\12\0\0\0\377\0\0\0"), TEXT("\0\1\0\0\0\0\0\0\0\0\377\377\12\0\0\1"), TVT_CONSTRAINTS_MET},
        /* permitted as what it is alone */
        {0xa0, TEXT("\12\0\0\0\377\0\0\0"), TEXT("\0\0\0\0\0\0\0\0\0\0\377\377\12\0\0\1"),
         TVT_CONSTRAINTS_NOT_PERMITTED},
    };
    static const struct tvt_span nobody = TEXT("\x30\x00");
    static uint8_t extension[ROOM];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t steps = 1000;
        struct tvt_span bases = constraints(extension, rows[i].list, TVT_GN_IP, rows[i].base, 1);
        CU_ASSERT_EQUAL(check(bases, nobody, TVT_GN_IP, rows[i].name, &steps), rows[i].result);
    }
}

/* A name of more parts than are written is told by its last ones: nobody puts others in front to be told by those. */
static void
long_names_are_told_by_their_end(void)
{
    uint8_t parts[1024], name[1100];
    char text[TVT_NAME_TEXT_MAX];
    struct tvt_writer w;
    tvt_writer_init(&w, parts, sizeof parts);
    for (unsigned i = 0; i < TVT_RDN_MAX + 2; i++) {
        tvt_write_bytes(&w, "\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02", 11);
        tvt_write_u8(&w, (uint8_t)('A' + i / 10));
        tvt_write_u8(&w, (uint8_t)('0' + i % 10));
    }
    struct tvt_span many = x509_wrap(name, sizeof name, TVT_DER_SEQUENCE, tvt_span(parts, tvt_writer_len(&w)));
    CU_ASSERT_STRING_EQUAL(tvt_name_short_text(text, sizeof text, many), "D3");
    (void)tvt_name_text(text, sizeof text, many);
    CU_ASSERT(strncmp(text, "CN=D3, CN=D2, ", 14) == 0);
    CU_ASSERT_STRING_EQUAL(text + strlen(text) - 10, "CN=A2, ...");
}

int
tvt_register_x509_attacks(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"refuses directory names that leave a doubt", refuses_doubtful_directory_names},
        {"refuses URIs with other characters", refuses_uris_with_other_characters},
        {"refuses bases that are no names", refuses_bases_that_are_no_names},
        {"mapped addresses are excluded", mapped_addresses_are_excluded},
        {"long names are told by their end", long_names_are_told_by_their_end},
        {"charges for long names", charges_for_long_names},
        {"charges for long directory names", charges_for_long_directory_names},
        {"charges for the search for mailboxes", charges_for_the_search_for_mailboxes},
        {"charges for large keys", charges_for_large_keys},
    };
    CU_pSuite suite = CU_add_suite("x509 attacks", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
