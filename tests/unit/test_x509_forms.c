/* SPDX-License-Identifier: MIT
 *
 * core/x509: DER, names, PEM, and certificates, whole, cut and changed.
 */
#include "core/x509/pem.h"
#include "tests/unit/x509_help.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_x509_forms(void);

#define BYTES(text) tvt_span(text, sizeof(text) - 1)

/* ---- DER ------------------------------------------------------------------------------------------------- */

static bool
der_accepts(struct tvt_span der, uint8_t tag)
{
    struct tvt_reader r;
    unsigned unused;
    tvt_reader_init(&r, der);
    switch (tag) {
    case TVT_DER_BOOLEAN:
        (void)tvt_der_read_boolean(&r, "f");
        break;
    case TVT_DER_INTEGER:
        (void)tvt_der_read_integer(&r, "f");
        break;
    case TVT_DER_BIT_STRING:
        (void)tvt_der_read_bits(&r, &unused, "f");
        break;
    case TVT_DER_NULL:
        tvt_der_read_null(&r, "f");
        break;
    case TVT_DER_OID:
        (void)tvt_der_read_oid(&r, "f");
        break;
    default:
        (void)tvt_der_read(&r, tag, "f");
        break;
    }
    return tvt_reader_done(&r, "f");
}

static void
reads_der(void)
{
    static const struct {
        struct tvt_span der;
        uint8_t tag;
        bool good;
    } rows[] = {
        {{(const uint8_t *)"\x04\x00", 2}, TVT_DER_OCTET_STRING, true},
        {{(const uint8_t *)"\x04\x01\x00", 3}, TVT_DER_OCTET_STRING, true},
        {{(const uint8_t *)"\x04\x02\x00", 3}, TVT_DER_OCTET_STRING, false},     /* past the end      */
        {{(const uint8_t *)"\x04\x00\x00", 3}, TVT_DER_OCTET_STRING, false},     /* left over         */
        {{(const uint8_t *)"\x04", 1}, TVT_DER_OCTET_STRING, false},             /* no length         */
        {{(const uint8_t *)"\x04\x81\x01\x00", 4}, TVT_DER_OCTET_STRING, false}, /* not shortest      */
        {{(const uint8_t *)"\x04\x82\x00\x80", 4}, TVT_DER_OCTET_STRING, false}, /* leading zero      */
        {{(const uint8_t *)"\x04\x80\x00\x00", 4}, TVT_DER_OCTET_STRING, false}, /* indefinite        */
        {{(const uint8_t *)"\x04\xff\x00\x00", 4}, TVT_DER_OCTET_STRING, false}, /* reserved          */
        {{(const uint8_t *)"\x04\x84\x7f\xff\xff\xff", 6}, TVT_DER_OCTET_STRING, false},
        {{(const uint8_t *)"\x24\x00", 2}, TVT_DER_OCTET_STRING, false}, /* constructed: BER  */
        {{(const uint8_t *)"\x1f\x81\x01\x00", 4}, 0x1f, false},         /* two-byte tag      */
        {{(const uint8_t *)"\x01\x01\x00", 3}, TVT_DER_BOOLEAN, true},
        {{(const uint8_t *)"\x01\x01\xff", 3}, TVT_DER_BOOLEAN, true},
        {{(const uint8_t *)"\x01\x01\x01", 3}, TVT_DER_BOOLEAN, false},
        {{(const uint8_t *)"\x01\x00", 2}, TVT_DER_BOOLEAN, false},
        {{(const uint8_t *)"\x02\x01\x80", 3}, TVT_DER_INTEGER, true},
        {{(const uint8_t *)"\x02\x02\x00\x80", 4}, TVT_DER_INTEGER, true},
        {{(const uint8_t *)"\x02\x02\x00\x7f", 4}, TVT_DER_INTEGER, false},
        {{(const uint8_t *)"\x02\x02\xff\x80", 4}, TVT_DER_INTEGER, false},
        {{(const uint8_t *)"\x02\x00", 2}, TVT_DER_INTEGER, false},
        {{(const uint8_t *)"\x03\x02\x07\x80", 4}, TVT_DER_BIT_STRING, true},
        {{(const uint8_t *)"\x03\x01\x00", 3}, TVT_DER_BIT_STRING, true},
        {{(const uint8_t *)"\x03\x02\x07\x81", 4}, TVT_DER_BIT_STRING, false}, /* unused bit is set */
        {{(const uint8_t *)"\x03\x02\x08\x00", 4}, TVT_DER_BIT_STRING, false},
        {{(const uint8_t *)"\x03\x01\x01", 3}, TVT_DER_BIT_STRING, false},
        {{(const uint8_t *)"\x03\x00", 2}, TVT_DER_BIT_STRING, false},
        {{(const uint8_t *)"\x05\x00", 2}, TVT_DER_NULL, true},
        {{(const uint8_t *)"\x05\x01\x00", 3}, TVT_DER_NULL, false},
        {{(const uint8_t *)"\x06\x03\x55\x1d\x11", 5}, TVT_DER_OID, true},
        {{(const uint8_t *)"\x06\x02\x55\x80", 4}, TVT_DER_OID, false},     /* ends inside an arc */
        {{(const uint8_t *)"\x06\x03\x55\x80\x01", 5}, TVT_DER_OID, false}, /* arc not shortest  */
        {{(const uint8_t *)"\x06\x00", 2}, TVT_DER_OID, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool good = der_accepts(rows[i].der, rows[i].tag);
        if (good != rows[i].good)
            fprintf(stderr, "\n  row %zu\n", i);
        CU_ASSERT_EQUAL(good, rows[i].good);
    }
}

static void
reads_long_lengths(void)
{
    static uint8_t der[70000];
    struct tvt_reader r;
    memcpy(der, "\x04\x82\x01\x00", 4);
    tvt_reader_init(&r, tvt_span(der, 4 + 256));
    CU_ASSERT_EQUAL(tvt_der_read(&r, TVT_DER_OCTET_STRING, "f").len, 256);
    CU_ASSERT_TRUE(tvt_reader_done(&r, "f"));
    memcpy(der, "\x04\x83\x01\x00\x00", 5);
    tvt_reader_init(&r, tvt_span(der, 5 + 65536));
    CU_ASSERT_EQUAL(tvt_der_read(&r, TVT_DER_OCTET_STRING, "f").len, 65536);
    CU_ASSERT_TRUE(tvt_reader_done(&r, "f"));
    /* The first fault sticks, with its field. */
    tvt_reader_init(&r, BYTES("\x02\x01\x05\x04\x01\x00"));
    CU_ASSERT_EQUAL(tvt_der_read_small(&r, 4, "first"), 0);
    CU_ASSERT_EQUAL(tvt_der_read(&r, TVT_DER_OCTET_STRING, "second").len, 0);
    CU_ASSERT_STRING_EQUAL(r.bad, "first");
    CU_ASSERT_EQUAL(r.bad_kind, TVT_DER_FAULT_VALUE);
}

static void
reads_times(void)
{
    static const struct {
        uint8_t tag;
        const char *text;
        bool good;
        int64_t seconds;
    } rows[] = {
        {TVT_DER_UTC_TIME, "700101000000Z", true, 0},
        {TVT_DER_UTC_TIME, "500101000000Z", true, -631152000},
        {TVT_DER_UTC_TIME, "491231235959Z", true, 2524607999},
        {TVT_DER_UTC_TIME, "000229120000Z", true, 951825600},
        {TVT_DER_UTC_TIME, "010229120000Z", false, 0},
        {TVT_DER_UTC_TIME, "700101000060Z", false, 0},
        {TVT_DER_UTC_TIME, "700101006000Z", false, 0},
        {TVT_DER_UTC_TIME, "700101240000Z", false, 0},
        {TVT_DER_UTC_TIME, "700001000000Z", false, 0},
        {TVT_DER_UTC_TIME, "701301000000Z", false, 0},
        {TVT_DER_UTC_TIME, "700132000000Z", false, 0},
        {TVT_DER_UTC_TIME, "700100000000Z", false, 0},
        {TVT_DER_UTC_TIME, "7001010000Z", false, 0},
        {TVT_DER_UTC_TIME, "700101000000+0000", false, 0},
        {TVT_DER_UTC_TIME, "7001010000 0Z", false, 0},
        {TVT_DER_UTC_TIME, "70010100000-Z", false, 0},
        {TVT_DER_GENERALIZED_TIME, "20500101000000Z", true, 2524608000},
        {TVT_DER_GENERALIZED_TIME, "99991231235959Z", true, 253402300799},
        {TVT_DER_GENERALIZED_TIME, "20490101000000Z", false, 0},
        {TVT_DER_GENERALIZED_TIME, "20500101000000.5Z", false, 0},
        {TVT_DER_GENERALIZED_TIME, "205001010000Z", false, 0},
        {TVT_DER_PRINTABLE_STRING, "700101000000Z", false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t seconds = 0;
        bool good = tvt_der_time(&seconds, rows[i].tag, tvt_span_string(rows[i].text), false);
        if (good != rows[i].good || seconds != rows[i].seconds)
            fprintf(stderr, "\n  %s\n", rows[i].text);
        CU_ASSERT_TRUE(good == rows[i].good && seconds == rows[i].seconds);
    }
    for (int64_t day = -30000; day < 110000; day += 13) {
        char text[32];
        int64_t back = 0;
        (void)tvt_time_text(text, sizeof(text), day * 86400 + 3723);
        char compact[] = {text[0],  text[1],  text[2],  text[3],  text[5],  text[6],  text[8], text[9],
                          text[11], text[12], text[14], text[15], text[17], text[18], 'Z'};
        CU_ASSERT_TRUE(tvt_der_time(&back, TVT_DER_GENERALIZED_TIME, tvt_span(compact, 15), true));
        CU_ASSERT_EQUAL(back, day * 86400 + 3723);
    }
}

/* ---- names ----------------------------------------------------------------------------------------------- */

static void
matches_dns_names(void)
{
    static const struct {
        const char *presented, *reference;
        bool match;
    } rows[] = {
        {"example.test", "example.test", true},
        {"EXAMPLE.test", "example.TEST", true},
        {"example.test", "www.example.test", false},
        {"www.example.test", "example.test", false},
        {"*.example.test", "www.example.test", true},
        {"*.example.test", "WWW.Example.Test", true},
        {"*.example.test", "example.test", false},
        {"*.example.test", ".example.test", false},
        {"*.example.test", "a.b.example.test", false},
        {"*.example.test", "xn--bcher-kva.example.test", true},
        {"w*.example.test", "www.example.test", false},
        {"*w.example.test", "www.example.test", false},
        {"www.*.test", "www.example.test", false},
        {"*.*.test", "www.example.test", false},
        {"*.test", "example.test", false}, /* a whole top-level domain */
        {"*", "localhost", false},
        {"*.", "localhost", false},
        {"**.example.test", "www.example.test", false},
        {"xn--*.example.test", "xn--a.example.test", false},
        {"example.test.", "example.test", false},
        {"", "", false},
        {"example..test", "example..test", false},
        {"-a.example.test", "-a.example.test", false},
        {"a_b.example.test", "a_b.example.test", true},
        {"exa mple.test", "exa mple.test", false},
        {"b\xc3\xbc"
         "cher.test",
         "b\xc3\xbc"
         "cher.test",
         false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool match = tvt_dns_matches(tvt_span_string(rows[i].presented), tvt_span_string(rows[i].reference));
        if (match != rows[i].match)
            fprintf(stderr, "\n  %s, %s\n", rows[i].presented, rows[i].reference);
        CU_ASSERT_EQUAL(match, rows[i].match);
    }
    CU_ASSERT_FALSE(tvt_dns_matches(BYTES("example.test\0.evil.test"), BYTES("example.test")));
    char label[80];
    memset(label, 'a', sizeof(label));
    memcpy(label + 64, ".test", 6);
    CU_ASSERT_FALSE(tvt_dns_valid(tvt_span_string(label), false));
    CU_ASSERT_TRUE(tvt_dns_valid(tvt_span_string(label + 1), false));
}

static void
parses_hosts(void)
{
    static const struct {
        const char *text;
        int kind;            /* 0: refused, 1: DNS, 4, 6 */
        const char *address; /* in hex, of addresses     */
    } rows[] = {
        {"example.test", 1, ""},
        {"example.test.", 1, ""},
        {"localhost", 1, ""},
        {"4chan.test", 1, ""},
        {"127.0.0.1", 4, "7f000001"},
        {"255.255.255.255", 4, "ffffffff"},
        {"256.0.0.1", 0, ""},
        {"1.2.3", 0, ""},
        {"1.2.3.4.5", 0, ""},
        {"01.2.3.4", 0, ""},
        {"1.2.3.4.", 0, ""},
        {"::1", 6, "00000000000000000000000000000001"},
        {"::", 6, "00000000000000000000000000000000"},
        {"[::1]", 6, "00000000000000000000000000000001"},
        {"2001:DB8::8:800:200C:417A", 6, "20010db80000000000080800200c417a"},
        {"1:2:3:4:5:6:7:8", 6, "00010002000300040005000600070008"},
        {"1:2:3:4:5:6:7::", 6, "00010002000300040005000600070000"},
        {"::2:3:4:5:6:7:8", 6, "00000002000300040005000600070008"},
        {"::ffff:192.0.2.1", 6, "00000000000000000000ffffc0000201"},
        {"1:2:3:4:5:6:192.0.2.1", 6, "000100020003000400050006c0000201"},
        {"1:2:3:4:5:6:7:8:9", 0, ""},
        {"1:2:3:4:5:6:7", 0, ""},
        {"1::2::3", 0, ""},
        {":1", 0, ""},
        {"1:", 0, ""},
        {":::", 0, ""},
        {"12345::", 0, ""},
        {"fe80::1%eth0", 0, ""},
        {"[127.0.0.1]", 0, ""},
        {"1:2:3:4:5:6:7:192.0.2.1", 0, ""},
        {"", 0, ""},
        {".", 0, ""},
        {".test", 0, ""},
        {"a..b", 0, ""},
        {"https://example.test", 0, ""},
        {"example.test:443", 0, ""},
        {"*.example.test", 0, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tvt_host host;
        char hex[33] = "";
        int kind = !tvt_host_parse(&host, rows[i].text) ? 0 : !host.is_ip ? 1 : host.ip_len == 4 ? 4 : 6;
        for (size_t j = 0; kind > 1 && j < host.ip_len; j++)
            (void)snprintf(hex + 2 * j, 3, "%02x", host.ip[j]);
        if (kind != rows[i].kind || strcmp(hex, rows[i].address) != 0)
            fprintf(stderr, "\n  %s: %d %s\n", rows[i].text, kind, hex);
        CU_ASSERT_EQUAL(kind, rows[i].kind);
        CU_ASSERT_STRING_EQUAL(hex, rows[i].address);
    }
}

/* An address matches iPAddress only, a name dNSName only (RFC 9525 6.4, 6.5). */
static void
matches_certificates(void)
{
    static const struct {
        const char *dir, *name;
        bool match;
    } rows[] = {
        {"ec256", "localhost", true},         {"ec256", "127.0.0.1", true},       {"ec256", "::1", true},
        {"ec256", "::ffff:127.0.0.1", false}, {"ec256", "x.wild.test", true},     {"ec256", "wild.test", false},
        {"wrong-name", "192.0.2.1", true},    {"wrong-name", "localhost", false}, {"no-san", "localhost", false},
        {"client", "client", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char file[64];
        struct x509_chain chain;
        struct tvt_host host;
        (void)snprintf(file, sizeof(file), "%s/chain.pem", rows[i].dir);
        x509_load(&chain, file);
        CU_ASSERT_TRUE(tvt_host_parse(&host, rows[i].name));
        CU_ASSERT_EQUAL(tvt_certificate_matches_host(&chain.certificate[0], &host, true), rows[i].match);
        x509_free(&chain);
    }
}

/* SEQUENCE { SET { SEQUENCE { 2.5.4.10, a string } } } */
static struct tvt_span
one_name(uint8_t *out, uint8_t tag, const char *value, size_t len)
{
    const uint8_t head[] = {
        0x30, (uint8_t)(len + 11), 0x31, (uint8_t)(len + 9), 0x30, (uint8_t)(len + 7), 0x06, 0x03, 0x55, 0x04, 0x0a,
        tag,  (uint8_t)len};
    memcpy(out, head, sizeof(head));
    memcpy(out + sizeof(head), value, len);
    return tvt_span(out, sizeof(head) + len);
}

static void
compares_names(void)
{
    static const struct {
        uint8_t tag_a;
        const char *a;
        size_t len_a;
        uint8_t tag_b;
        const char *b;
        size_t len_b;
        bool equal;
    } rows[] = {
        {TVT_DER_UTF8_STRING, "Example", 7, TVT_DER_PRINTABLE_STRING, "example", 7, true},
        {TVT_DER_UTF8_STRING, "  An   Example ", 15, TVT_DER_PRINTABLE_STRING, "an example", 10, true},
        {TVT_DER_UTF8_STRING, "AnExample", 9, TVT_DER_PRINTABLE_STRING, "an example", 10, false},
        {TVT_DER_UTF8_STRING, "M\xc3\xbcller", 7, TVT_DER_TELETEX_STRING, "m\xdcller", 6, true},
        {TVT_DER_UTF8_STRING, "ab", 2, TVT_DER_BMP_STRING, "\0A\0B", 4, true},
        {TVT_DER_UTF8_STRING, "ab", 2, TVT_DER_BMP_STRING, "\0A\0", 3, false},
        {TVT_DER_UTF8_STRING, "ab", 2, TVT_DER_UNIVERSAL_STRING, "\0\0\0a\0\0\0b", 8, true},
        {TVT_DER_UTF8_STRING, "a", 1, TVT_DER_UTF8_STRING, "ab", 2, false},
        {TVT_DER_UTF8_STRING, "\xc0\x80", 2, TVT_DER_BMP_STRING, "\0\0", 2, false},
        {TVT_DER_UTF8_STRING, "a\xff", 2, TVT_DER_UTF8_STRING, "A\xff", 2, false},
        {TVT_DER_OCTET_STRING, "a", 1, TVT_DER_OCTET_STRING, "A", 1, false},
        {TVT_DER_UTF8_STRING, "", 0, TVT_DER_PRINTABLE_STRING, "  ", 2, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t a[64], b[64];
        bool equal = tvt_name_equal(one_name(a, rows[i].tag_a, rows[i].a, rows[i].len_a),
                                    one_name(b, rows[i].tag_b, rows[i].b, rows[i].len_b));
        if (equal != rows[i].equal)
            fprintf(stderr, "\n  row %zu\n", i);
        CU_ASSERT_EQUAL(equal, rows[i].equal);
    }
}

static void
writes_names(void)
{
    struct x509_chain chain;
    uint8_t name[64];
    char text[128];
    x509_load(&chain, "ec256/chain.pem");
    CU_ASSERT_STRING_EQUAL(tvt_name_text(text, sizeof(text), chain.certificate[0].subject),
                           "CN=ec256 leaf, O=Trivet Test, C=XX");
    CU_ASSERT_STRING_EQUAL(tvt_name_short_text(text, sizeof(text), chain.certificate[0].issuer), "ec256 intermediate");
    CU_ASSERT_STRING_EQUAL(tvt_name_text(text, 16, chain.certificate[0].subject), "CN=ec256 lea...");
    CU_ASSERT_STRING_EQUAL(tvt_certificate_names_text(text, sizeof(text), &chain.certificate[0]),
                           "localhost, example.test, *.wild.test, 127.0.0.1, ::1");
    CU_ASSERT_STRING_EQUAL(tvt_name_text(text, sizeof(text), one_name(name, TVT_DER_UTF8_STRING, "a,b\n\\", 5)),
                           "O=a\\,b\\x0a\\\\");
    CU_ASSERT_STRING_EQUAL(tvt_name_text(text, sizeof(text), BYTES("\x30\x00")), "(empty name)");
    x509_free(&chain);
}

/* ---- certificates ---------------------------------------------------------------------------------------- */

static void
decodes_fields(void)
{
    struct x509_chain chain;
    x509_load(&chain, "ec256/chain.pem");
    const struct tvt_certificate *leaf = &chain.certificate[0], *ca = &chain.certificate[1];
    CU_ASSERT_EQUAL(leaf->version, 3);
    CU_ASSERT_EQUAL(leaf->not_before, 1735689600);
    CU_ASSERT_EQUAL(leaf->not_after, 2682374399);
    CU_ASSERT_TRUE(leaf->key.type == TVT_KEY_P256 && leaf->key.bits == 256 && leaf->key.key.len == 65);
    CU_ASSERT_TRUE(leaf->algorithm.family == TVT_SIG_ECDSA && leaf->algorithm.hash == TVT_HASH_SHA256);
    CU_ASSERT_EQUAL(leaf->key_usage, TVT_KEY_USAGE_DIGITAL_SIGNATURE);
    CU_ASSERT_EQUAL(leaf->eku, TVT_EKU_SERVER);
    CU_ASSERT_FALSE(leaf->is_ca);
    CU_ASSERT_TRUE(ca->is_ca && ca->path_len == 0);
    CU_ASSERT_EQUAL(ca->key_usage, TVT_KEY_USAGE_CERT_SIGN | TVT_KEY_USAGE_CRL_SIGN);
    CU_ASSERT_TRUE(leaf->subject_key_id.len == 20 && tvt_span_equal(leaf->authority_key_id, ca->subject_key_id));
    CU_ASSERT_TRUE(tvt_span_equal(leaf->issuer, ca->subject) && !ca->self_issued);
    CU_ASSERT_TRUE(tvt_certificate_has(leaf, TVT_CEXT_SUBJECT_ALT_NAME));
    CU_ASSERT_TRUE(leaf->serial.len == 3 && leaf->tbs.len < leaf->der.len);
    x509_free(&chain);
    x509_load(&chain, "rsa2048/chain.pem");
    leaf = &chain.certificate[0];
    CU_ASSERT_TRUE(leaf->key.type == TVT_KEY_RSA && leaf->key.bits == 2048 && leaf->key.n.len == 256);
    CU_ASSERT_TRUE(tvt_span_equal(leaf->key.e, BYTES("\x01\x00\x01")));
    x509_free(&chain);
    x509_load(&chain, "rsapss/chain.pem");
    leaf = &chain.certificate[0];
    CU_ASSERT_TRUE(leaf->key.type == TVT_KEY_RSA_PSS && leaf->key_pss_hash == TVT_HASH_SHA256);
    CU_ASSERT_TRUE(leaf->algorithm.family == TVT_SIG_RSA_PSS && leaf->algorithm.hash == TVT_HASH_SHA256);
    x509_free(&chain);
}

/* Every prefix of every certificate, in a block of exactly its length, is malformed. */
static void
refuses_every_prefix(void)
{
    static const char *const files[] = {"ec256/chain.pem", "rsapss/chain.pem", "nc-good/chain.pem", "ed448/root.pem"};
    for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
        struct x509_chain chain;
        x509_load_der(&chain, files[f]);
        for (size_t i = 0; i < chain.num; i++) {
            for (size_t len = 0; len < chain.der[i].len; len++) {
                struct tvt_certificate certificate;
                struct tvt_error error;
                uint8_t *exact = malloc(len > 0 ? len : 1);
                CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
                memcpy(exact, chain.bytes[i], len);
                tvt_error_clear(&error);
                CU_ASSERT_EQUAL(tvt_certificate_parse(&certificate, tvt_span(exact, len), "Certificate[0]", &error),
                                TVT_FAIL);
                CU_ASSERT_EQUAL(error.code, TVT_E_CERT_MALFORMED);
                CU_ASSERT_PTR_NOT_NULL(error.field);
                CU_ASSERT_TRUE(error.offset <= len);
                free(exact);
            }
        }
        x509_free(&chain);
    }
}

static uint32_t
next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Several bytes changed at once, and the rest of the certificate code over what still decodes. */
static void
survives_changed_bytes(void)
{
    static const char *const files[] = {"nc-good/chain.pem", "rsapss/chain.pem", "nc-email-excluded/chain.pem"};
    uint32_t state = 20260601;
    size_t decoded = 0, matched = 0;
    for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
        struct x509_chain chain;
        x509_load_der(&chain, files[f]);
        for (unsigned round = 0; round < 20000; round++) {
            size_t which = round % chain.num;
            struct tvt_certificate certificate;
            uint8_t *copy = malloc(chain.der[which].len);
            char text[TVT_NAME_TEXT_MAX];
            struct tvt_host host;
            CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
            memcpy(copy, chain.bytes[which], chain.der[which].len);
            for (unsigned changes = 1 + next_random(&state) % 3; changes > 0; changes--)
                copy[next_random(&state) % chain.der[which].len] = (uint8_t)next_random(&state);
            if (tvt_certificate_parse(&certificate, tvt_span(copy, chain.der[which].len), "Certificate[0]", NULL) ==
                TVT_OK) {
                decoded++;
                CU_ASSERT_TRUE(strlen(tvt_name_text(text, sizeof(text), certificate.subject)) < sizeof(text));
                CU_ASSERT_TRUE(strlen(tvt_certificate_names_text(text, sizeof(text), &certificate)) < sizeof(text));
                CU_ASSERT_TRUE(tvt_host_parse(&host, "localhost"));
                matched += tvt_certificate_matches_host(&certificate, &host, true);
            }
            free(copy);
        }
        x509_free(&chain);
    }
    CU_ASSERT_TRUE(decoded > 1000 && matched > 100);
}

static void
expect_field(const struct tvt_span der, enum tvt_error_code code, const char *field)
{
    struct tvt_certificate certificate;
    struct tvt_error error;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_certificate_parse(&certificate, der, "Certificate[0]", &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, code);
    CU_ASSERT_STRING_EQUAL(error.field != NULL ? error.field : "", field);
}

/* Changes that must be named: `find` is replaced where it first stands. */
static const struct {
    struct tvt_span find, put;
    enum tvt_error_code code;
    const char *field;
} changes[] = {
    {{(const uint8_t *)"\xa0\x03\x02\x01\x02", 5},
     {(const uint8_t *)"\xa0\x03\x02\x01\x01", 5},
     TVT_E_CERT_VERSION,
     "version"},
    {{(const uint8_t *)"\xa0\x03\x02\x01\x02", 5},
     {(const uint8_t *)"\xa0\x03\x02\x01\x03", 5},
     TVT_E_CERT_MALFORMED,
     "version"},
    {{(const uint8_t *)"\xa0\x03\x02\x01\x02", 5},
     {(const uint8_t *)"\xa0\x03\x02\x01\x00", 5},
     TVT_E_CERT_MALFORMED,
     "version"},
    {{(const uint8_t *)"250101000000Z", 13},
     {(const uint8_t *)"251301000000Z", 13},
     TVT_E_CERT_MALFORMED,
     "validity.notBefore"},
    {{(const uint8_t *)"20541231235959Z", 15},
     {(const uint8_t *)"20541231235960Z", 15},
     TVT_E_CERT_MALFORMED,
     "validity.notAfter"},
    {{(const uint8_t *)"\x55\x1d\x0f\x01\x01\xff", 6},
     {(const uint8_t *)"\x55\x1d\x0f\x01\x01\x00", 6},
     TVT_E_CERT_MALFORMED,
     "extension.critical"},
    {{(const uint8_t *)"\x55\x1d\x0f\x01\x01\xff", 6},
     {(const uint8_t *)"\x55\x1d\x13\x01\x01\xff", 6},
     TVT_E_CERT_MALFORMED,
     "extension"}, /* basicConstraints a second time */
    {{(const uint8_t *)"\x03\x02\x07\x80", 4},
     {(const uint8_t *)"\x03\x02\x07\x00", 4},
     TVT_E_CERT_MALFORMED,
     "keyUsage"},
    {{(const uint8_t *)"\x87\x04\x7f\x00\x00\x01", 6},
     {(const uint8_t *)"\x89\x04\x7f\x00\x00\x01", 6},
     TVT_E_CERT_MALFORMED,
     "subjectAltName"},
    {{(const uint8_t *)"\x03\x42\x00\x04", 4},
     {(const uint8_t *)"\x03\x42\x00\x05", 4},
     TVT_E_CERT_MALFORMED,
     "subjectPublicKey"},
    {{(const uint8_t *)"\x03\x42\x00\x04", 4},
     {(const uint8_t *)"\x03\x42\x01\x04", 4},
     TVT_E_CERT_MALFORMED,
     "subjectPublicKey"},
    {{(const uint8_t *)"\x04\x03\x02\x30", 4},
     {(const uint8_t *)"\x04\x03\x03\x30", 4},
     TVT_E_CERT_MALFORMED,
     "signatureAlgorithm"}, /* the signed one is another than the outer one */
};

static void
names_malformed_fields(void)
{
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct x509_chain chain;
        bool found = false;
        x509_load_der(&chain, "ec256/leaf.pem");
        for (size_t at = 0; !found && at + changes[i].find.len <= chain.der[0].len; at++) {
            found = memcmp(chain.bytes[0] + at, changes[i].find.data, changes[i].find.len) == 0;
            if (found)
                memcpy(chain.bytes[0] + at, changes[i].put.data, changes[i].put.len);
        }
        CU_ASSERT_TRUE(found);
        expect_field(chain.der[0], changes[i].code, changes[i].field);
        x509_free(&chain);
    }
}

/* ---- PEM ------------------------------------------------------------------------------------------------- */

static void
reads_pem(void)
{
    static const struct {
        const char *text;
        const char *label; /* of the first block; NULL: none */
        const char *bytes; /* NULL: the block is malformed   */
    } rows[] = {
        {"-----BEGIN X-----\nYWJj\n-----END X-----\n", "X", "abc"},
        {"-----BEGIN X-----\r\nYWJj\r\n-----END X-----", "X", "abc"},
        {"\xef\xbb\xbf-----BEGIN X-----\nYWJj\n-----END X-----", "X", "abc"},
        {"text before\n0 and more\n-----BEGIN A B-----\n\nYW\nI=\n\n-----END A B-----\ntext behind\n", "A B", "ab"},
        {"-----BEGIN X-----  \n  YQ==  \n-----END X-----\t\n", "X", "a"},
        {"-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\nA: b\n\nYWJj\n-----END X-----\n", "X", "abc"},
        {"-----BEGIN X-----\n-----END X-----\n", "X", ""},
        {"", NULL, NULL},
        {"no block", NULL, NULL},
        {"x-----BEGIN X-----\nYWJj\n-----END X-----\n", NULL, NULL},
        {"-----BEGIN X-----\nYWJ\n-----END X-----\n", "X", NULL},
        {"-----BEGIN X-----\nYWJj=\n-----END X-----\n", "X", NULL},
        {"-----BEGIN X-----\nYQ=\n-----END X-----\n", "X", NULL},
        {"-----BEGIN X-----\nYR==\n-----END X-----\n", "X", NULL}, /* spare bits are set */
        {"-----BEGIN X-----\nYQ==YQ==\n-----END X-----\n", "X", NULL},
        {"-----BEGIN X-----\n====\n-----END X-----\n", "X", NULL},
        {"-----BEGIN X-----\nY*Jj\n-----END X-----\n", "X", NULL},
        {"-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\nYWJj\n-----END X-----\n", "X", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tvt_pem pem;
        struct tvt_pem_block block;
        struct tvt_error error;
        uint8_t out[64];
        size_t len = 0;
        tvt_error_clear(&error);
        tvt_pem_init(&pem, tvt_span_string(rows[i].text));
        enum tvt_result result = tvt_pem_next(&pem, &block, &error);
        CU_ASSERT_EQUAL(result, rows[i].label != NULL ? TVT_OK : TVT_CLOSED);
        CU_ASSERT_EQUAL(tvt_pem_looks_like(tvt_span_string(rows[i].text)), rows[i].label != NULL);
        if (result != TVT_OK || rows[i].label == NULL)
            continue;
        CU_ASSERT_TRUE(tvt_span_is(block.label, rows[i].label));
        result = tvt_pem_decode(&block, out, sizeof(out), &len, &error);
        if (result != (rows[i].bytes != NULL ? TVT_OK : TVT_FAIL))
            fprintf(stderr, "\n  row %zu\n", i);
        CU_ASSERT_EQUAL(result, rows[i].bytes != NULL ? TVT_OK : TVT_FAIL);
        if (rows[i].bytes != NULL) {
            CU_ASSERT_TRUE(tvt_span_is(tvt_span(out, len), rows[i].bytes));
        } else {
            CU_ASSERT_TRUE(error.code == TVT_E_PEM_MALFORMED && strcmp(error.field, "base64") == 0);
            const char *star = strchr(rows[i].text, '*'); /* the offset is that of what is wrong, in the text */
            CU_ASSERT_TRUE(star == NULL || error.offset == (size_t)(star - rows[i].text));
        }
        CU_ASSERT_TRUE(len <= tvt_pem_decoded_max(&block));
        if (rows[i].bytes != NULL) {
            CU_ASSERT_EQUAL(tvt_pem_next(&pem, &block, &error), TVT_CLOSED);
        }
    }
}

static void
refuses_broken_pem(void)
{
    static const char *const rows[] = {
        "-----BEGIN X-----\nYWJj\n",
        "-----BEGIN X-----\nYWJj\n-----END Y-----\n",
        "-----BEGIN X-----\nYWJj\n-----BEGIN X-----\nYWJj\n-----END X-----\n",
        "-----BEGIN X\nYWJj\n-----END X-----\n",
        "-----BEGIN X-----YWJj\n-----END X-----\n",
        "-----BEGIN X-----\nYWJj\n-----END X",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tvt_pem pem;
        struct tvt_pem_block block;
        struct tvt_error error;
        tvt_error_clear(&error);
        tvt_pem_init(&pem, tvt_span_string(rows[i]));
        CU_ASSERT_EQUAL(tvt_pem_next(&pem, &block, &error), TVT_FAIL);
        CU_ASSERT_EQUAL(error.code, TVT_E_PEM_MALFORMED);
    }
    struct tvt_pem pem;
    struct tvt_pem_block block;
    struct tvt_error error;
    uint8_t out[2];
    size_t len;
    tvt_error_clear(&error);
    tvt_pem_init(&pem, BYTES("-----BEGIN X-----\nYWJj\n-----END X-----\n"));
    CU_ASSERT_EQUAL(tvt_pem_next(&pem, &block, &error), TVT_OK);
    CU_ASSERT_EQUAL(tvt_pem_decode(&block, out, sizeof(out), &len, &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_NO_ROOM);
}

int
tvt_register_x509_forms(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"reads strict DER", reads_der},
        {"reads long lengths, keeps the first fault", reads_long_lengths},
        {"reads times", reads_times},
        {"matches DNS names", matches_dns_names},
        {"tells host names and addresses apart", parses_hosts},
        {"matches certificates with hosts", matches_certificates},
        {"compares distinguished names", compares_names},
        {"writes names", writes_names},
        {"decodes the fields of a certificate", decodes_fields},
        {"refuses every prefix of a certificate", refuses_every_prefix},
        {"survives changed bytes", survives_changed_bytes},
        {"names the malformed field", names_malformed_fields},
        {"reads PEM", reads_pem},
        {"refuses broken PEM", refuses_broken_pem},
    };
    CU_pSuite suite = CU_add_suite("x509 forms", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
