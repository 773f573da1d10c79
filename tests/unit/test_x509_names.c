/* SPDX-License-Identifier: MIT
 *
 * The form of names and of extensions (docs/x509.md, rules D2, D5, D9 and D11): what is DER, and what is refused.
 */
#include "core/x509/pem.h"
#include "tests/unit/x509_help.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <string.h>

int tvt_register_x509_names(void);

#define ROOM 4096u
#define DER(text)                                                                                                      \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }

static struct tvt_span
wrap(uint8_t out[ROOM], uint8_t tag, struct tvt_span contents)
{
    return x509_wrap(out, ROOM, tag, contents);
}

/* ---- names ------------------------------------------------------------------------------------------------- */

#define O_TYPE  "\x06\x03\x55\x04\x0a"
#define CN_TYPE "\x06\x03\x55\x04\x03"

static void
reads_names(void)
{
    static const struct {
        struct tvt_span set; /* of a relative name: contents */
        unsigned fault;      /* 0: good */
    } rows[] = {
        {DER("\x30\x08" O_TYPE "\x0c\x01x"), 0},
        {DER("\x30\x08" O_TYPE "\x13\x01x"), 0},
        {DER("\x30\x09" O_TYPE "\x0c\x02\xc3\xa9"), 0},
        {DER("\x30\x09" O_TYPE "\x1e\x02\x00x"), 0},
        {DER("\x30\x08" O_TYPE "\x14\x01\xe9"), 0},
        {DER("\x30\x09\x06\x03\x55\x04\x2d\x03\x02\x00\x80"), 0}, /* x500UniqueIdentifier */
        {DER("\x30\x08" O_TYPE "\x0c\x01\xe9"), TVT_DER_FAULT_VALUE},
        {DER("\x30\x08" O_TYPE "\x13\x01\xe9"), TVT_DER_FAULT_VALUE},
        {DER("\x30\x08" O_TYPE "\x16\x01\xe9"), TVT_DER_FAULT_VALUE},
        {DER("\x30\x08" O_TYPE "\x1e\x01x"), TVT_DER_FAULT_VALUE},
        {DER("\x30\x09" O_TYPE "\x1c\x02\x00x"), TVT_DER_FAULT_VALUE},
        {DER("\x30\x0b" O_TYPE "\x1c\x04\x00\x10\xff\xff"), 0}, /* the last character of Unicode */
        {DER("\x30\x0b" O_TYPE "\x1c\x04\x00\x11\x00\x00"), TVT_DER_FAULT_VALUE},
        {DER("\x30\x0b" O_TYPE "\x1c\x04\xff\xff\xff\xff"), TVT_DER_FAULT_VALUE},
        {DER("\x30\x0b" O_TYPE "\x1c\x04\x00\x00\xd8\x00"), TVT_DER_FAULT_VALUE}, /* a surrogate */
        {DER("\x30\x0a\x06\x03\x55\x04\x10\x30\x03\x0c\x01x"), 0},                /* postalAddress */
        {DER("\x30\x09" O_TYPE "\x03\x02\x01\x81"), TVT_DER_FAULT_VALUE},
        {DER("\x30\x0a" O_TYPE "\x2c\x03\x0c\x01x"), TVT_DER_FAULT_TAG}, /* in pieces: BER */
        {DER("\x30\x08" O_TYPE "\x00\x01x"), TVT_DER_FAULT_TAG},
        {DER("\x30\x08" O_TYPE "\x01\x01\xff"), TVT_DER_FAULT_TAG},
        {DER("\x30\x08" O_TYPE "\x1b\x01x"), TVT_DER_FAULT_TAG}, /* GeneralString */
        {DER("\x30\x08" CN_TYPE "\x0c\x01x\x30\x08" O_TYPE "\x0c\x01x"), 0},
        {DER("\x30\x08" O_TYPE "\x0c\x01x\x30\x08" CN_TYPE "\x0c\x01x"), TVT_DER_FAULT_ORDER},
        {DER("\x30\x08" O_TYPE "\x0c\x01x\x30\x08" O_TYPE "\x0c\x01y"), TVT_DER_FAULT_REPEATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t set[ROOM], name[ROOM];
        struct tvt_reader r;
        struct tvt_span whole = wrap(name, TVT_DER_SEQUENCE, wrap(set, TVT_DER_SET, rows[i].set));
        tvt_reader_init(&r, whole);
        struct tvt_span got = tvt_name_read(&r, false, "subject");
        bool right = (rows[i].fault == 0) == (r.bad == NULL) && (r.bad == NULL || r.bad_kind == rows[i].fault) &&
                     got.len == (rows[i].fault == 0 ? whole.len : 0);
        if (!right)
            fprintf(stderr, "\n  name %zu: fault %u\n", i, r.bad != NULL ? (unsigned)r.bad_kind : 0);
        CU_ASSERT_TRUE(right);
    }
}

static void
reads_general_names(void)
{
    static const struct {
        struct tvt_span names;
        bool good;
    } rows[] = {
        {DER("\x82\x01x"), true},
        {DER("\x81\x03x@y\x82\x01x\x86\x03x:y"), true},
        {DER("\x87\x04\x7f\x00\x00\x01"), true},
        {DER("\x88\x02\x55\x1d"), true},
        {DER("\xa4\x0e\x30\x0c\x31\x0a\x30\x08" O_TYPE "\x0c\x01x"), true},
        {DER("\xa0\x09\x06\x02\x55\x1d\xa0\x03\x0c\x01x"), true},
        {DER(""), false},
        {DER("\x82\x00"), false},
        {DER("\x82\x02\xff\xfe"), false},
        {DER("\x81\x01\x80"), false},
        {DER("\x86\x00"), false},
        {DER("\x87\x03\x7f\x00\x00"), false},
        {DER("\x88\x00"), false},
        {DER("\x88\x02\x80\x80"), false},
        {DER("\xa4\x03\x01\x02\x03"), false},
        {DER("\xa4\x05\x30\x00\x30\x01x"), false},
        {DER("\xa0\x02\x05\x00"), false},
        {DER("\xa2\x01x"), false},
        {DER("\x84\x02\x30\x00"), false},
        {DER("\x89\x01x"), false},
        {DER("\x04\x01x"), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_reader r;
        tvt_reader_init(&r, rows[i].names);
        tvt_general_names_read(&r, "names");
        if ((r.bad == NULL) != rows[i].good)
            fprintf(stderr, "\n  names %zu\n", i);
        CU_ASSERT_EQUAL(r.bad == NULL, rows[i].good);
    }
}

/* ---- certificates ------------------------------------------------------------------------------------------ */

/* The leaf of vectors/pki/ed25519 with other fields behind its key, under its old signature. */
static enum tvt_error_code
parse_with(struct tvt_certificate *out, uint8_t der[ROOM], struct tvt_span behind_key)
{
    struct x509_chain chain;
    struct tvt_error error;
    struct tvt_writer w;
    uint8_t fields[ROOM];
    tvt_error_clear(&error);
    x509_load(&chain, "ed25519/chain.pem");
    struct tvt_span tbs = chain.certificate[0].tbs, spki = chain.certificate[0].key.spki;
    const uint8_t *from = tbs.data + (tbs.data[1] == 0x82 ? 4 : 3);
    tvt_writer_init(&w, fields, sizeof fields);
    tvt_write_bytes(&w, from, (size_t)(spki.data + spki.len - from));
    tvt_write_span(&w, behind_key);
    struct tvt_span inside = wrap(der, TVT_DER_SEQUENCE, tvt_span(fields, tvt_writer_len(&w)));
    tvt_writer_init(&w, fields, sizeof fields);
    tvt_write_span(&w, inside);
    struct tvt_span old = chain.certificate[0].der;
    tvt_write_bytes(&w, tbs.data + tbs.len, (size_t)(old.data + old.len - (tbs.data + tbs.len)));
    x509_free(&chain);
    struct tvt_span whole = wrap(der, TVT_DER_SEQUENCE, tvt_span(fields, tvt_writer_len(&w)));
    enum tvt_result result = tvt_certificate_parse(out, whole, "Certificate", &error);
    CU_ASSERT_TRUE((result == TVT_OK) == (error.code == TVT_E_NONE));
    return error.code;
}

static void
reads_unique_identifiers(void)
{
    static const struct {
        struct tvt_span field;
        bool good;
    } rows[] = {
        {DER("\x81\x02\x00\x01"), true},  {DER("\x81\x02\x07\x80\x82\x01\x00"), true},
        {DER("\x81\x00"), false},         {DER("\x81\x02\x08\x00"), false},
        {DER("\x82\x02\xff\xff"), false}, {DER("\x82\x02\x01\x81"), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_certificate c;
        uint8_t der[ROOM];
        CU_ASSERT_EQUAL(parse_with(&c, der, rows[i].field), rows[i].good ? TVT_E_NONE : TVT_E_CERT_MALFORMED);
    }
}

enum verdict { GOOD, MALFORMED, NOT_UNDERSTOOD };

#define QUALIFIER(arc) "\x30\x0c\x06\x08\x2b\x06\x01\x05\x05\x07\x02" arc
static const struct {
    uint8_t id; /* of id-ce */
    bool critical;
    struct tvt_span value;
    enum verdict verdict;
} extensions[] = {
    /* certificatePolicies (RFC 5280 4.2.1.4) */
    {32, true, DER("\x30\x06\x30\x04\x06\x02\x2a\x03"), GOOD},
    {32, true, DER("\x30\x16\x30\x14\x06\x02\x2a\x03\x30\x0e" QUALIFIER("\x01") "\x16\x00"), GOOD},
    {32, true, DER("\x30\x16\x30\x14\x06\x02\x2a\x03\x30\x0e" QUALIFIER("\x02") "\x30\x00"), GOOD},
    {32, true, DER("\x30\x16\x30\x14\x06\x02\x2a\x03\x30\x0e" QUALIFIER("\x03") "\x30\x00"), NOT_UNDERSTOOD},
    {32, false, DER("\x30\x16\x30\x14\x06\x02\x2a\x03\x30\x0e" QUALIFIER("\x03") "\x30\x00"), GOOD},
    {32, false, DER("\x30\x16\x30\x14\x06\x02\x2a\x03\x30\x0e" QUALIFIER("\x01") "\x05\x00"), MALFORMED},
    {32, false, DER("\x30\x08\x30\x06\x06\x02\x2a\x03\x30\x00"), MALFORMED},
    {32, false, DER("\x30\x0a\x30\x08\x06\x02\x2a\x03\x30\x02\xff\xff"), MALFORMED},
    {32, false, DER("\x30\x0c\x30\x04\x06\x02\x2a\x03\x30\x04\x06\x02\x2a\x03"), MALFORMED}, /* the same twice */
    /* keyUsage (4.2.1.3) */
    {15, true, DER("\x03\x02\x07\x80"), GOOD},
    {15, true, DER("\x03\x03\x07\x00\x80"), GOOD},
    {15, true, DER("\x03\x03\x05\x80\x20"), MALFORMED}, /* bit 10 */
    {15, false, DER("\x03\x03\x05\x80\x20"), GOOD},
    {15, false, DER("\x03\x02\x07\x00"), MALFORMED},
    /* authorityKeyIdentifier (4.2.1.1) */
    {35, false, DER("\x30\x08\xa1\x03\x82\x01x\x82\x01\x05"), GOOD},
    {35, false, DER("\x30\x05\xa1\x00\x82\x01\x05"), MALFORMED},
    {35, false, DER("\x30\x07\xa1\x02\xff\xff\x82\x01\x05"), MALFORMED},
    {35, false, DER("\x30\x07\xa1\x03\x82\x01x\x82\x00"), MALFORMED},
    {35, false, DER("\x30\x09\xa1\x03\x82\x01x\x82\x02\x00\x01"), MALFORMED},
    {35, false, DER("\x30\x05\xa1\x03\x82\x01x"), MALFORMED},
    /* cRLDistributionPoints (4.2.1.13) */
    {31, false, DER("\x30\x0b\x30\x09\xa0\x07\xa0\x05\x86\x03x:y"), GOOD},
    {31, false, DER("\x30\x0f\x30\x0d\xa0\x07\xa0\x05\x86\x03x:y\x81\x02\x06\x41"), MALFORMED},
    {31, false, DER("\x30\x0f\x30\x0d\xa0\x07\xa0\x05\x86\x03x:y\x81\x02\x06\x40"), GOOD},
    {31, false, DER("\x30\x10\x30\x0e\xa0\x0c\xa1\x0a\x30\x08" O_TYPE "\x0c\x01x"), GOOD},
    {31, false, DER("\x30\x07\x30\x05\xa2\x03\x82\x01x"), GOOD},
    {31, false, DER("\x30\x0b\x30\x09\xa0\x07\xa0\x05\x86\x03x\xff\xfe"),
     GOOD}, /* ldap:///CN=M(u umlaut)ller is in use */
    {31, false, DER("\x30\x02\x30\x00"), MALFORMED},
    {31, false, DER("\x30\x06\x30\x04\x81\x02\x06\x40"), MALFORMED}, /* reasons alone */
    {31, false, DER("\x30\x00"), MALFORMED},
    {31, false, DER("\x30\x06\x30\x04\xa0\x02\xa0\x00"), MALFORMED},
    {31, false, DER("\x30\x05\x30\x03\xa0\x01\x05"), MALFORMED},
    {31, false, DER("\x30\x04\x30\x02\xa2\x00"), MALFORMED},
    /* one type twice in a set, which makes comparisons dear */
    {31, false,
     DER("\x30\x20\x30\x1e\xa0\x1c\xa0\x1a\xa4\x18\x30\x16\x31\x14\x30\x08" O_TYPE "\x0c\x01x\x30\x08" O_TYPE
         "\x0c\x01y"),
     MALFORMED},
    /* subjectAltName (4.2.1.6) */
    {17, true, DER("\x30\x03\x82\x01x"), GOOD},
    {17, true, DER("\x30\x05\xa4\x03\x01\x02\x03"), MALFORMED},
    {17, true, DER("\x30\x00"), MALFORMED},
};

static void
reads_extensions(void)
{
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        struct tvt_certificate c;
        struct tvt_writer w;
        uint8_t one[ROOM], two[ROOM], der[ROOM];
        tvt_writer_init(&w, two, sizeof two);
        const uint8_t oid[] = {0x06, 0x03, 0x55, 0x1d, extensions[i].id};
        tvt_write_bytes(&w, oid, sizeof oid);
        if (extensions[i].critical)
            tvt_write_bytes(&w, "\x01\x01\xff", 3);
        x509_put(&w, TVT_DER_OCTET_STRING, extensions[i].value);
        struct tvt_span extension = wrap(one, TVT_DER_SEQUENCE, tvt_span(two, tvt_writer_len(&w)));
        struct tvt_span list = wrap(two, TVT_DER_SEQUENCE, extension);
        enum tvt_error_code code = parse_with(&c, der, wrap(one, TVT_DER_CONTEXT_CONSTRUCTED(3), list));
        bool right = code == (extensions[i].verdict == MALFORMED ? TVT_E_CERT_MALFORMED : TVT_E_NONE) &&
                     (code != TVT_E_NONE || (c.unknown_critical.len > 0) == (extensions[i].verdict == NOT_UNDERSTOOD));
        if (!right)
            fprintf(stderr, "\n  extension %zu: code %d\n", i, (int)code);
        CU_ASSERT_TRUE(right);
    }
}

/* A certificate that does not decode says what is wanted in the field's place. */
static void
says_what_is_wanted(void)
{
    static const struct {
        uint8_t find[4], put[4];
        const char *field, *wanted;
    } rows[] = {
        {{0x02, 0x03, 0x01, 0x03}, {0x02, 0x03, 0x00, 0x03}, "serialNumber", "4.1.2.2 wants 1 to 20 octets"},
        {{0x03, 0x02, 0x07, 0x80}, {0x03, 0x02, 0x07, 0x00}, "keyUsage", "4.2.1.3 wants one bit or more"},
        {{0x55, 0x04, 0x03, 0x0c}, {0x55, 0x04, 0x03, 0x2c}, "issuer", "4.1.2.4 wants a name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct x509_chain chain;
        struct tvt_certificate c;
        struct tvt_error error;
        size_t at = 0;
        tvt_error_clear(&error);
        x509_load_der(&chain, "ed25519/leaf.pem");
        while (at + 4 < chain.der[0].len && memcmp(chain.bytes[0] + at, rows[i].find, 4) != 0)
            at++;
        memcpy(chain.bytes[0] + at, rows[i].put, 4);
        CU_ASSERT_EQUAL(tvt_certificate_parse(&c, chain.der[0], "Certificate", &error), TVT_FAIL);
        CU_ASSERT_EQUAL_FATAL(error.code, TVT_E_CERT_MALFORMED);
        CU_ASSERT_STRING_EQUAL(error.field, rows[i].field);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.detail, rows[i].wanted));
        CU_ASSERT_TRUE(error.offset >= at - 2 && error.offset <= at + 4);
        x509_free(&chain);
    }
}

/* ---- files ------------------------------------------------------------------------------------------------- */

/* ---- texts ------------------------------------------------------------------------------------------------- */

static void
writes_oids(void)
{
    static const struct {
        struct tvt_span oid;
        size_t cap;
        const char *text;
    } rows[] = {
        {DER("\x55\x1d\x11"), 64, "2.5.29.17"},
        {DER("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), 64, "1.2.840.113549.1.1.11"},
        {DER("\x00\x01"), 64, "0.0.1"},
        {DER("\x55\x1d\x11"), 10, "2.5.29.17"},
        {DER("\x55\x1d\x11"), 9, "2.5.2..."}, /* what is cut says so */
        {DER("\x55\x1d\x11"), 3, "2."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        CU_ASSERT_STRING_EQUAL(tvt_oid_text(text, rows[i].cap, rows[i].oid), rows[i].text);
    }
}

/* Of the two's complement, without what stands there for the sign alone. */
static void
writes_serial_numbers(void)
{
    static const struct {
        struct tvt_span serial;
        const char *text;
    } rows[] = {
        {{(const uint8_t *)"\x00", 1}, "00"},        {{(const uint8_t *)"\x05", 1}, "05"},
        {{(const uint8_t *)"\x00\xfb", 2}, "fb"},    {{(const uint8_t *)"\x7f\xff", 2}, "7fff"},
        {{(const uint8_t *)"\xfb", 1}, "-05"},       {{(const uint8_t *)"\xff", 1}, "-01"},
        {{(const uint8_t *)"\x80", 1}, "-80"},       {{(const uint8_t *)"\xff\x7b", 2}, "-85"},
        {{(const uint8_t *)"\xff\x00", 2}, "-0100"}, {{(const uint8_t *)"\x80\x00", 2}, "-8000"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[48];
        CU_ASSERT_STRING_EQUAL(tvt_serial_text(text, sizeof(text), rows[i].serial), rows[i].text);
    }
}

/* A certificate that has PEM inside is that certificate, and not the one inside. */
static void
tells_der_from_pem(void)
{
    static const char text[] = "\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    uint8_t der[ROOM], more[ROOM];
    struct tvt_span sequence = wrap(der, TVT_DER_SEQUENCE, tvt_span(text, sizeof text - 1));
    CU_ASSERT_TRUE(tvt_pem_looks_like(tvt_span(text, sizeof text - 1)));
    CU_ASSERT_FALSE(tvt_pem_looks_like(sequence));
    memcpy(more, sequence.data, sequence.len);
    more[sequence.len] = '\n'; /* "0", a length and PEM: no DER as a whole */
    CU_ASSERT_TRUE(tvt_pem_looks_like(tvt_span(more, sequence.len + 1)));
}

int
tvt_register_x509_names(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"reads names", reads_names},
        {"reads general names", reads_general_names},
        {"reads unique identifiers", reads_unique_identifiers},
        {"reads extensions", reads_extensions},
        {"writes OIDs", writes_oids},
        {"writes serial numbers", writes_serial_numbers},
        {"says what is wanted", says_what_is_wanted},
        {"tells DER from PEM", tells_der_from_pem},
    };
    CU_pSuite suite = CU_add_suite("x509 names", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
