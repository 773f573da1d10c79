/* SPDX-License-Identifier: MIT
 *
 * Handshake messages of TLS 1.2: each refusal of a message with its code, alert, field and offset, and what a ServerHello
 * may answer.
 */
#include "tests/unit/message_help.h"
#include "tests/unit/trace.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <string.h>

/* ---- refusals ---------------------------------------------------------------------------------------------- */

#define DECODE     TVT_ALERT_DECODE_ERROR
#define ILLEGAL    TVT_ALERT_ILLEGAL_PARAMETER
#define UNEXPECTED TVT_ALERT_UNEXPECTED_MESSAGE
#define Z32        "0000000000000000000000000000000000000000000000000000000000000000"
#define PSK        TVT_FORM12_PSK
#define RAW        TVT_FORM12_RAW_KEY

struct refusal {
    unsigned form;
    const char *hex;
    enum tvt_error_code code; /* NONE: it is taken */
    uint8_t alert;
    const char *message, *field;
    size_t offset;
};

static const struct refusal refusals[] = {
    /* what TLS 1.2 does not have */
    {0, "05000000", TVT_E_UNKNOWN_MESSAGE12, UNEXPECTED, "handshake message", "msg_type", 0},
    {0, "08000002 0000", TVT_E_UNKNOWN_MESSAGE12, UNEXPECTED, "handshake message", "msg_type", 0},
    {0, "18000001 00", TVT_E_UNKNOWN_MESSAGE12, UNEXPECTED, "handshake message", "msg_type", 0},
    {0, "19000000", TVT_E_UNKNOWN_MESSAGE12, UNEXPECTED, "handshake message", "msg_type", 0},
    {0, "", TVT_E_TRUNCATED, DECODE, "handshake message", "msg_type", 0},
    /* empty messages */
    {0, "00000000", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "00000001 00", TVT_E_TRAILING_BYTES, DECODE, "HelloRequest", "HelloRequest", 4},
    {0, "0e000000", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "0e000001 00", TVT_E_TRAILING_BYTES, DECODE, "ServerHelloDone", "ServerHelloDone", 4},
    /* Certificate */
    {0, "0b000003 000000", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "0b000007 000004 000001 30", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "0b000002 0000", TVT_E_TRUNCATED, DECODE, "Certificate", "certificate_list", 4},
    {0, "0b000004 000000 00", TVT_E_TRAILING_BYTES, DECODE, "Certificate", "Certificate", 7},
    {0, "0b000006 000003 000000", TVT_E_BAD_LENGTH, DECODE, "Certificate[0]", "ASN.1Cert", 7},
    {0, "0b00000a 000007 00000130 000002", TVT_E_TRUNCATED, DECODE, "Certificate[1]", "ASN.1Cert", 11},
    {0, "0b000008 000005 000001 30 00", TVT_E_TRUNCATED, DECODE, "Certificate[1]", "ASN.1Cert", 11},
    {RAW, "0b000005 000002 3000", TVT_E_NONE, 0, NULL, NULL, 0},
    {RAW, "0b000003 000000", TVT_E_NONE, 0, NULL, NULL, 0},
    {RAW, "0b000005 000003 3000", TVT_E_TRUNCATED, DECODE, "Certificate", "ASN.1_subjectPublicKeyInfo", 4},
    {RAW, "0b000006 000002 3000 00", TVT_E_TRAILING_BYTES, DECODE, "Certificate", "Certificate", 9},
    /* CertificateStatus */
    {0, "16000005 01 000001 30", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "16000005 02 000001 30", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "CertificateStatus", "status_type", 4},
    {0, "16000004 01 000000", TVT_E_BAD_LENGTH, DECODE, "CertificateStatus", "response", 5},
    {0, "16000000", TVT_E_TRUNCATED, DECODE, "CertificateStatus", "status_type", 4},
    /* ServerKeyExchange */
    {0, "0c000009 03 001d 01 41 0403 0000", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "0c000009 01 001d 01 41 0403 0000", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "ServerKeyExchange", "curve_type", 4},
    {0, "0c000009 02 001d 01 41 0403 0000", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "ServerKeyExchange", "curve_type", 4},
    {0, "0c000008 03 001d 00 0403 0000", TVT_E_BAD_LENGTH, DECODE, "ServerKeyExchange", "point", 7},
    {0, "0c000002 03 00", TVT_E_TRUNCATED, DECODE, "ServerKeyExchange", "namedcurve", 5},
    {0, "0c000005 03 001d 01 41", TVT_E_TRUNCATED, DECODE, "ServerKeyExchange", "algorithm", 9},
    {0, "0c000009 03 001d 01 41 0403 0001", TVT_E_TRUNCATED, DECODE, "ServerKeyExchange", "signature", 11},
    {0, "0c00000a 03 001d 01 41 0403 0000 00", TVT_E_TRAILING_BYTES, DECODE, "ServerKeyExchange", "ServerKeyExchange",
     13},
    {PSK, "0c000007 0000 03 001d 01 41", TVT_E_NONE, 0, NULL, NULL, 0},
    {PSK, "0c000007 0006 03 001d 01 41", TVT_E_TRUNCATED, DECODE, "ServerKeyExchange", "psk_identity_hint", 4},
    {PSK, "0c000008 0001 61 04 001d 01 41", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "ServerKeyExchange", "curve_type", 7},
    {PSK, "0c00000b 0000 03 001d 01 41 0403 0000", TVT_E_TRAILING_BYTES, DECODE, "ServerKeyExchange",
     "ServerKeyExchange", 11},
    /* CertificateRequest */
    {0, "0d000008 01 01 0002 0403 0000", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "0d000007 00 0002 0403 0000", TVT_E_BAD_LENGTH, DECODE, "CertificateRequest", "certificate_types", 4},
    {0, "0d000006 01 01 0000 0000", TVT_E_BAD_LENGTH, DECODE, "CertificateRequest", "supported_signature_algorithms",
     6},
    {0, "0d000009 01 01 0003 040300 0000", TVT_E_BAD_LENGTH, DECODE, "CertificateRequest",
     "supported_signature_algorithms", 6},
    {0, "0d00000a 01 01 0002 0403 0002 0000", TVT_E_BAD_LENGTH, DECODE, "CertificateRequest", "distinguished_name", 12},
    {0, "0d00000b 01 01 0002 0403 0003 0002 30", TVT_E_TRUNCATED, DECODE, "CertificateRequest", "distinguished_name",
     12},
    {0, "0d000008 01 01 0002 0403 0001", TVT_E_TRUNCATED, DECODE, "CertificateRequest", "certificate_authorities", 10},
    /* CertificateVerify */
    {0, "0f000004 0403 0000", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "0f000004 0403 0001", TVT_E_TRUNCATED, DECODE, "CertificateVerify", "signature", 6},
    /* ClientKeyExchange */
    {0, "10000002 01 41", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "10000001 00", TVT_E_BAD_LENGTH, DECODE, "ClientKeyExchange", "ecdh_Yc", 4},
    {0, "10000000", TVT_E_TRUNCATED, DECODE, "ClientKeyExchange", "ecdh_Yc", 4},
    {0, "10000003 01 41 00", TVT_E_TRAILING_BYTES, DECODE, "ClientKeyExchange", "ClientKeyExchange", 6},
    {PSK, "10000004 0000 01 41", TVT_E_NONE, 0, NULL, NULL, 0},
    {PSK, "10000003 0002 61", TVT_E_TRUNCATED, DECODE, "ClientKeyExchange", "psk_identity", 4},
    {PSK, "10000003 0001 61", TVT_E_TRUNCATED, DECODE, "ClientKeyExchange", "ecdh_Yc", 7},
    /* NewSessionTicket */
    {0, "04000006 ffffffff 0000", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "04000006 00000000 0001", TVT_E_TRUNCATED, DECODE, "NewSessionTicket", "ticket", 8},
    {0, "04000003 000000", TVT_E_TRUNCATED, DECODE, "NewSessionTicket", "ticket_lifetime_hint", 4},
    /* Finished */
    {0, "1400000c 000102030405060708090a0b", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "1400000b 000102030405060708090a", TVT_E_TRUNCATED, DECODE, "Finished", "verify_data", 4},
    {0, "1400000d 000102030405060708090a0b0c", TVT_E_TRAILING_BYTES, DECODE, "Finished", "Finished", 16},
    /* ServerHello */
    {0, "02000026 0303" Z32 "00 c02b 00", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "02000028 0303" Z32 "00 c02b 00 0000", TVT_E_NONE, 0, NULL, NULL, 0},
    {0, "02000026 0303" Z32 "00 c02b 01", TVT_E_WRONG_COMPRESSION, ILLEGAL, "ServerHello (TLS 1.2)",
     "compression_method", 41},
    {0, "02000026 0303" Z32 "21 c02b 00", TVT_E_BAD_LENGTH, DECODE, "ServerHello (TLS 1.2)", "session_id", 38},
    {0, "02000027 0303" Z32 "00 c02b 00 00", TVT_E_TRUNCATED, DECODE, "ServerHello (TLS 1.2)", "extensions", 42},
    {0, "02000001 03", TVT_E_TRUNCATED, DECODE, "ServerHello (TLS 1.2)", "server_version", 4},
};

static bool
is_as_expected(const struct refusal *row, const struct tvt_error *e, enum tvt_result result)
{
    if (row->code == TVT_E_NONE)
        return result == TVT_OK && e->code == TVT_E_NONE;
    return result == TVT_FAIL && e->code == row->code && e->alert == row->alert && e->offset == row->offset &&
           strcmp(e->message, row->message) == 0 && strcmp(e->field, row->field) == 0;
}

static void
test_refusals(void)
{
    uint8_t data[128];

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct tvt_message m;
        struct tvt_error e;
        size_t len = trace_hex(data, sizeof data, refusals[i].hex);

        CU_ASSERT_NOT_EQUAL_FATAL(len, SIZE_MAX);
        enum tvt_result result = message_decode_exact12(&m, data, len, refusals[i].form, &e);
        bool good = is_as_expected(&refusals[i], &e, result);
        if (!good)
            fprintf(stderr, "\nrow %zu \"%s\": %s, alert %u, %s, field %s, offset %zu\n", i, refusals[i].hex,
                    tvt_error_name(e.code), e.alert, e.message, e.field, e.offset);
        CU_ASSERT(good);
    }
}

/* Of all types those twelve are taken up; the rest is named. */
static void
test_types(void)
{
    unsigned known = 0;

    for (unsigned type = 0; type < 256; type++) {
        uint8_t data[4] = {(uint8_t)type};
        struct tvt_message m;
        struct tvt_error e;

        if (message_decode_exact12(&m, data, sizeof data, 0, &e) == TVT_OK || e.code != TVT_E_UNKNOWN_MESSAGE12) {
            known++;
            continue;
        }
        CU_ASSERT(e.alert == UNEXPECTED && m.kind == TVT_MSG_NONE);
        CU_ASSERT(strstr(e.detail, tvt_handshake_type_name((uint8_t)type)) != NULL);
    }
    CU_ASSERT_EQUAL(known, 12);
    CU_ASSERT_STRING_EQUAL(tvt_message_kind_name(TVT_MSG_CHANGE_CIPHER_SPEC), "ChangeCipherSpec");
}

static void
test_chain_limit(void)
{
    struct tvt_certificate_message in = {.num = TVT_MAX_CHAIN};
    uint8_t buffer[4 + 3 + 4 * (TVT_MAX_CHAIN + 1)];
    struct tvt_message m;
    struct tvt_error e;
    struct tvt_writer w;

    for (size_t i = 0; i < TVT_MAX_CHAIN; i++)
        in.cert[i] = tvt_span(&"0123456789"[i], 1);
    tvt_writer_init(&w, buffer, sizeof buffer);
    tvt_encode_certificate12(&w, &in, 0);
    CU_ASSERT_EQUAL(tvt_writer_len(&w), tvt_certificate12_bound(&in));
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL_FATAL(tvt_message_decode12(&m, tvt_span(buffer, tvt_writer_len(&w)), 0, &e), TVT_OK);
    CU_ASSERT_EQUAL(m.u.certificate.num, TVT_MAX_CHAIN);
    for (size_t i = 0; i < TVT_MAX_CHAIN; i++)
        CU_ASSERT(tvt_span_equal(m.u.certificate.cert[i], in.cert[i]));
    tvt_write_u24(&w, 1);
    tvt_write_u8(&w, 'a');
    CU_ASSERT_FALSE_FATAL(w.overflow);
    tvt_store_u16(buffer + 2, 3 + 4 * (TVT_MAX_CHAIN + 1));
    tvt_store_u16(buffer + 5, 4 * (TVT_MAX_CHAIN + 1));
    CU_ASSERT_EQUAL(message_decode_exact12(&m, buffer, sizeof buffer, 0, &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_CERT_CHAIN_TOO_LONG && e.alert == TVT_ALERT_BAD_CERTIFICATE &&
              e.offset == 7 + 4 * TVT_MAX_CHAIN && strcmp(e.message, "Certificate") == 0);
}

/* ---- extensions of a ServerHello --------------------------------------------------------------------------- */

struct answer {
    const char *list; /* the extension list, hex */
    enum tvt_error_code code;
    const char *field;
    size_t offset; /* from the list's first byte */
};

/* Of decoding alone. */
static const struct answer answers[] = {
    {"00000000", TVT_E_NONE, NULL, 0},
    {"00000001 00", TVT_E_TRAILING_BYTES, "server_name", 4},
    {"00010001 04", TVT_E_NONE, NULL, 0},
    {"00010001 05", TVT_E_ILLEGAL_PARAMETER, "max_fragment_length", 4},
    {"00050000", TVT_E_NONE, NULL, 0},
    {"00050001 01", TVT_E_TRAILING_BYTES, "status_request", 4},
    {"000a0004 0002001d", TVT_E_NONE, NULL, 0},
    {"000b0002 0100", TVT_E_NONE, NULL, 0},
    {"000b0004 03020100", TVT_E_NONE, NULL, 0},
    {"000b0002 0101", TVT_E_ILLEGAL_PARAMETER, "ec_point_format_list", 4},
    {"000b0001 00", TVT_E_BAD_LENGTH, "ec_point_format_list", 4},
    {"00100005 0003 026832", TVT_E_NONE, NULL, 0},
    {"00100006 0004 01610162", TVT_E_BAD_ALPN, "protocol_name_list", 4},
    {"00120006 0004 00027878", TVT_E_NONE, NULL, 0},
    {"00120000", TVT_E_TRUNCATED, "sct_list", 4},
    {"00130001 02 00140001 02", TVT_E_NONE, NULL, 0},
    {"00140002 0102", TVT_E_TRAILING_BYTES, "server_certificate_type", 5},
    {"00170000", TVT_E_NONE, NULL, 0},
    {"00170001 00", TVT_E_TRAILING_BYTES, "extended_master_secret", 4},
    {"00170000 00170000", TVT_E_DUPLICATE_EXTENSION, "extended_master_secret", 4},
    {"001c0002 0040", TVT_E_NONE, NULL, 0},
    {"001c0002 003f", TVT_E_ILLEGAL_PARAMETER, "record_size_limit", 4},
    {"00230000", TVT_E_NONE, NULL, 0},
    {"00230001 00", TVT_E_TRAILING_BYTES, "session_ticket", 4},
    {"ff010001 00", TVT_E_NONE, NULL, 0},
    {"ff010000", TVT_E_TRUNCATED, "renegotiated_connection", 4},
    {"ff010002 0000", TVT_E_TRAILING_BYTES, "renegotiation_info", 5},
    {"00170000 000d0004 00020403", TVT_E_FORBIDDEN_EXTENSION, "signature_algorithms", 4},
    {"00150000", TVT_E_FORBIDDEN_EXTENSION, "padding", 0},
    {"001b0003 020001", TVT_E_FORBIDDEN_EXTENSION, "compress_certificate", 0},
    {"00290002 0000", TVT_E_FORBIDDEN_EXTENSION, "pre_shared_key", 0},
    {"002b0002 0304", TVT_E_FORBIDDEN_EXTENSION, "supported_versions", 0},
    {"00330002 001d", TVT_E_FORBIDDEN_EXTENSION, "key_share", 0},
};

static void
test_answers(void)
{
    uint8_t list[64], buffer[160];

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct answer *row = &answers[i];
        struct tvt_message m;
        struct tvt_error e;
        struct tvt_writer w;
        size_t len = trace_hex(list, sizeof list, row->list), offset;

        CU_ASSERT_NOT_EQUAL_FATAL(len, SIZE_MAX);
        tvt_writer_init(&w, buffer, sizeof buffer);
        offset = message_wrap(&w, TVT_IN_SH12, list, len);
        enum tvt_result result = message_decode_exact12(&m, buffer, tvt_writer_len(&w), 0, &e);
        bool good = row->code == TVT_E_NONE
                        ? result == TVT_OK && !m.u.server_hello.ext.unknown
                        : result == TVT_FAIL && e.code == row->code && e.offset == offset + row->offset &&
                              strcmp(e.field, row->field) == 0 && strcmp(e.message, "ServerHello (TLS 1.2)") == 0;
        if (!good)
            fprintf(stderr, "\n\"%s\": %s, field %s, offset %zu in the list\n", row->list, tvt_error_name(e.code),
                    e.field, e.offset - offset);
        CU_ASSERT(good);
    }
}

/* Nothing that was not asked for is answered; what no ClientHello of ours can have asked for is such, too. */
static void
test_unsolicited(void)
{
    uint8_t list[64], buffer[160];
    size_t len = trace_hex(list, sizeof list, "00170000 ff010001 00 00160000"), offset;
    uint64_t ems = TVT_EXT_BIT(TVT_EXT_EXTENDED_MASTER_SECRET), reneg = TVT_EXT_BIT(TVT_EXT_RENEGOTIATION_INFO);
    const struct {
        size_t len;
        uint64_t offered;
        const char *detail; /* NULL: it is taken */
        size_t offset;
    } rows[] = {
        {9, ems | reneg, NULL, 0},
        {4, ems, NULL, 0},
        {0, 0, NULL, 0},
        {9, ems, "renegotiation_info (65281)", 4},
        {9, reneg, "extended_master_secret (23)", 0},
        {13, ~UINT64_C(0), "encrypt_then_mac (22)", 9},
    };

    CU_ASSERT_EQUAL_FATAL(len, 13);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_message m;
        struct tvt_error e;
        struct tvt_writer w;

        tvt_writer_init(&w, buffer, sizeof buffer);
        offset = message_wrap(&w, TVT_IN_SH12, list, rows[i].len);
        tvt_error_clear(&e);
        CU_ASSERT_EQUAL_FATAL(tvt_message_decode12(&m, tvt_span(buffer, tvt_writer_len(&w)), 0, &e), TVT_OK);
        enum tvt_result result = tvt_server_hello12_check(&m, rows[i].offered, &e);
        CU_ASSERT_EQUAL(result, rows[i].detail == NULL ? TVT_OK : TVT_FAIL);
        if (rows[i].detail == NULL)
            continue;
        CU_ASSERT(e.code == TVT_E_UNSUPPORTED_EXTENSION && e.alert == TVT_ALERT_UNSUPPORTED_EXTENSION);
        CU_ASSERT_STRING_EQUAL(e.detail, rows[i].detail);
        CU_ASSERT_EQUAL(e.offset, offset + rows[i].offset);
        CU_ASSERT_EQUAL(tvt_server_hello12_check(&m, rows[i].offered, NULL), TVT_FAIL);
    }
}

int tvt_register_refusals12(void);

int
tvt_register_refusals12(void)
{
    static CU_TestInfo tests[] = {
        {"refusals of messages", test_refusals},
        {"types of message", test_types},
        {"limit of a chain", test_chain_limit},
        {"extensions of a ServerHello", test_answers},
        {"extensions that nobody asked for", test_unsolicited},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"refusals of TLS 1.2 messages", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
