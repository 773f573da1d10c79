/* SPDX-License-Identifier: MIT
 *
 * Handshake messages: the traces of RFC 8448 decoded, encoded, cut short at every byte and changed in every byte; each
 * refusal of a message with its code, alert, field and offset. Extensions have a file of their own.
 */
#include "tests/unit/message_help.h"
#include "tests/unit/trace.h"

#include <CUnit/Basic.h>
#include <trivet/provider.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void visit_message(const uint8_t *data, size_t len);

/* Calls visit for every message of every trace, and counts them. */
static void
for_each_message(visit_message *visit)
{
    for (size_t i = 0; i < TRACE_NUM; i++) {
        char *text = trace_text(trace_names[i]);
        const char *at, *records;
        uint8_t data[TRACE_BYTES_MAX];
        size_t num = 0, len;

        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        at = trace_part(text, "messages");
        records = trace_part(text, "records");
        CU_ASSERT_FATAL(at != NULL && records > at);
        while ((len = trace_next(&at, "hex", data)) > 0 && at < records) {
            visit(data, len);
            num++;
        }
        CU_ASSERT_EQUAL(num, trace_num_messages[i]);
        free(text);
    }
}

/* ---- the traces -------------------------------------------------------------------------------------------- */

/* Encoded, decoded and encoded again, a message is the same; where every extension is known, all that went in comes
 * out. */
static void
check_round_trip(const uint8_t *data, size_t len)
{
    struct tvt_message first, second;
    struct tvt_error error;
    struct tvt_writer w;
    uint8_t one[2048], two[2048], *memory;
    const struct tvt_extensions *a, *b;
    size_t one_len;

    if (message_decode_exact(&first, data, len, &error, &memory) != TVT_OK) {
        fprintf(stderr, "%s: %s at %zu\n", tvt_error_name(error.code), error.field, error.offset);
        CU_FAIL("a message of RFC 8448 does not decode");
        free(memory);
        return;
    }
    CU_ASSERT(first.raw.data == memory && first.raw.len == len && first.type == data[0]);
    tvt_writer_init(&w, one, sizeof one);
    message_encode(&w, &first);
    CU_ASSERT_FALSE(w.overflow);
    one_len = tvt_writer_len(&w);
    CU_ASSERT_EQUAL_FATAL(message_decode_exact(&second, one, one_len, &error, NULL), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_message_decode(&second, tvt_span(one, one_len), &error), TVT_OK);
    CU_ASSERT_EQUAL(second.kind, first.kind);
    a = message_extensions(&first);
    b = message_extensions(&second);
    CU_ASSERT(a == NULL || a->present == b->present);
    if (first.kind == TVT_MSG_CLIENT_HELLO) {
        CU_ASSERT(one_len <= tvt_client_hello_bound(&first.u.client_hello));
    }
    if (a == NULL)
        CU_ASSERT(one_len == len && memcmp(one, data, len) == 0);
    tvt_writer_init(&w, two, sizeof two);
    message_encode(&w, &second);
    CU_ASSERT(tvt_writer_len(&w) == one_len && memcmp(one, two, one_len) == 0);
    /* Room for one byte less overflows and writes nothing behind the end. */
    two[one_len - 1] = 0xa5;
    tvt_writer_init(&w, two, one_len - 1);
    message_encode(&w, &second);
    CU_ASSERT(w.overflow && two[one_len - 1] == 0xa5);
    free(memory);
}

static void
test_round_trip(void)
{
    for_each_message(check_round_trip);
}

static bool
is_decode_error(const struct tvt_error *e, size_t len)
{
    return (e->code == TVT_E_TRUNCATED || e->code == TVT_E_BAD_LENGTH || e->code == TVT_E_TRAILING_BYTES) &&
           e->alert == TVT_ALERT_DECODE_ERROR && e->field != NULL && e->field[0] != '\0' && e->message != NULL &&
           e->origin == TVT_ORIGIN_LOCAL && e->offset <= len;
}

static void
check_truncations(const uint8_t *data, size_t len)
{
    struct tvt_message m;
    struct tvt_error error;
    uint8_t cut[TRACE_BYTES_MAX];
    size_t wrong = 0, good = 0;

    /* As sent: the header says more than there is. */
    for (size_t n = 0; n < len; n++)
        wrong += message_decode_exact(&m, data, n, &error, NULL) != TVT_FAIL || !is_decode_error(&error, n);
    /* With the header's length corrected, so that the inner fields are what is cut. */
    for (size_t n = 4; n < len; n++) {
        memcpy(cut, data, n);
        cut[1] = 0;
        tvt_store_u16(cut + 2, (uint16_t)(n - 4));
        if (message_decode_exact(&m, cut, n, &error, NULL) == TVT_FAIL) {
            wrong += !is_decode_error(&error, n) || m.kind != TVT_MSG_NONE;
            continue;
        }
        good++;
        /* The only messages that may end early. */
        wrong += !(m.kind == TVT_MSG_FINISHED || (m.kind == TVT_MSG_CLIENT_HELLO && !m.u.client_hello.has_extensions) ||
                   (m.kind == TVT_MSG_SERVER_HELLO12 && m.u.server_hello.ext.raw.len == 0));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    if (data[0] != TVT_HT_FINISHED) {
        CU_ASSERT(good <= 1);
    }
    if (data[0] == TVT_HT_CLIENT_HELLO)
        CU_ASSERT_EQUAL(good, 1);
}

static void
test_truncations(void)
{
    for_each_message(check_truncations);
}

static void
check_trailing(const uint8_t *data, size_t len)
{
    struct tvt_message m;
    struct tvt_error error;
    uint8_t longer[TRACE_BYTES_MAX + 1];

    memcpy(longer, data, len);
    longer[len] = 0;
    CU_ASSERT_EQUAL(message_decode_exact(&m, longer, len + 1, &error, NULL), TVT_FAIL);
    CU_ASSERT(error.code == TVT_E_TRAILING_BYTES && error.offset == len);
    if (data[0] == TVT_HT_FINISHED)
        return;
    tvt_store_u16(longer + 2, (uint16_t)(len - 3));
    CU_ASSERT_EQUAL(message_decode_exact(&m, longer, len + 1, &error, NULL), TVT_FAIL);
    CU_ASSERT(error.code == TVT_E_TRAILING_BYTES && error.offset == len);
}

static void
test_trailing(void)
{
    for_each_message(check_trailing);
}

/* Every byte with every other value: a result, and with a failure a whole error. */
static void
check_mutations(const uint8_t *data, size_t len)
{
    struct tvt_message m;
    struct tvt_error error;
    uint8_t *copy = malloc(len);
    size_t wrong = 0;

    if (copy == NULL)
        abort();
    memcpy(copy, data, len);
    for (size_t i = 0; i < len; i++) {
        for (unsigned v = 1; v < 256; v++) {
            copy[i] = (uint8_t)(data[i] ^ v);
            tvt_error_clear(&error);
            if (tvt_message_decode(&m, tvt_span(copy, len), &error) == TVT_OK)
                wrong += m.kind == TVT_MSG_NONE || error.code != TVT_E_NONE;
            else
                wrong += error.code == TVT_E_NONE || error.alert == TVT_ALERT_NONE || error.field == NULL ||
                         error.offset > len || m.kind != TVT_MSG_NONE;
        }
        copy[i] = data[i];
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(copy);
}

static void
test_mutations(void)
{
    for_each_message(check_mutations);
}

/* What the first ClientHello of the simple trace says, field by field. */
static void
test_client_hello_fields(void)
{
    static const uint16_t suites[] = {0x1301, 0x1303, 0x1302};
    char *text = trace_text("simple-1rtt");
    const char *at;
    uint8_t data[TRACE_BYTES_MAX];
    struct tvt_message m;
    struct tvt_error error = {0};
    struct tvt_span shares, key;
    uint16_t group = 0;
    size_t len;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    at = trace_part(text, "messages");
    len = trace_next(&at, "hex", data);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL_FATAL(tvt_message_decode(&m, tvt_span(data, len), &error), TVT_OK);
    const struct tvt_client_hello *h = &m.u.client_hello;
    CU_ASSERT(m.kind == TVT_MSG_CLIENT_HELLO && h->legacy_version == 0x0303 && h->has_extensions);
    CU_ASSERT(h->random.data == data + 6 && h->random.len == 32 && h->session_id.len == 0);
    CU_ASSERT_EQUAL_FATAL(tvt_list16_num(h->suites), 3);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(tvt_list16_at(h->suites, i), suites[i]);
    CU_ASSERT(tvt_span_is(h->ext.server_name, "server"));
    CU_ASSERT(tvt_list16_has(h->ext.versions, 0x0304) && !tvt_list16_has(h->ext.versions, 0x0303));
    CU_ASSERT(tvt_list16_has(h->ext.supported_groups, TVT_GROUP_X25519));
    CU_ASSERT(tvt_list8_has(h->ext.psk_modes, 1) && !tvt_list8_has(h->ext.psk_modes, 0));
    CU_ASSERT_EQUAL(h->ext.record_size_limit, 0x4001);
    CU_ASSERT(tvt_has(&h->ext, TVT_EXT_RENEGOTIATION_INFO) && h->ext.renegotiation_info.len == 0);
    CU_ASSERT(tvt_has(&h->ext, TVT_EXT_SESSION_TICKET) && !h->ext.unknown);
    CU_ASSERT_EQUAL(h->ext.last, TVT_EXT_RECORD_SIZE_LIMIT);
    shares = h->ext.key_shares;
    CU_ASSERT(tvt_list_next_share(&shares, &group, &key) && group == TVT_GROUP_X25519 && key.len == 32);
    CU_ASSERT(!tvt_list_next_share(&shares, &group, &key) && shares.len == 0);
    free(text);
}

/* The resumed ClientHello: the binders' place is what RFC 9846 4.3.11.2 truncates at. */
static void
test_psk_fields(void)
{
    char *text = trace_text("resumed-0rtt");
    const char *at;
    uint8_t data[TRACE_BYTES_MAX];
    struct tvt_message m;
    struct tvt_error error;
    struct tvt_span binders, binder;
    size_t len;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    at = trace_part(text, "messages");
    len = trace_next(&at, "hex", data);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL_FATAL(tvt_message_decode(&m, tvt_span(data, len), &error), TVT_OK);
    const struct tvt_extensions *e = &m.u.client_hello.ext;
    CU_ASSERT(e->psk_num == 1 && e->last == TVT_EXT_PRE_SHARED_KEY && tvt_has(e, TVT_EXT_EARLY_DATA));
    CU_ASSERT_EQUAL(e->psk_binders_offset, len - 35);
    binders = e->psk_binders;
    CU_ASSERT(tvt_list_next_vec8(&binders, &binder) && binder.len == 32 && binder.data == data + len - 32);
    CU_ASSERT_FALSE(tvt_list_next_vec8(&binders, &binder));
    free(text);
}

/* ---- refusals, limits, kinds ------------------------------------------------------------------------------- */

#define DECODE  TVT_ALERT_DECODE_ERROR
#define ILLEGAL TVT_ALERT_ILLEGAL_PARAMETER

/* Whole messages that are refused for a field of their own. */
static void
test_message_refusals(void)
{
#define Z32   "0000000000000000000000000000000000000000000000000000000000000000"
#define HRR32 "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
    static const struct {
        const char *hex;
        enum tvt_error_code code;
        uint8_t alert;
        const char *message, *field;
        size_t offset;
    } rows[] = {
        {"18000001 02", TVT_E_BAD_KEY_UPDATE, ILLEGAL, "KeyUpdate", "request_update", 4},
        {"18000000", TVT_E_TRUNCATED, DECODE, "KeyUpdate", "request_update", 4},
        {"18000002 0000", TVT_E_TRAILING_BYTES, DECODE, "KeyUpdate", NULL, 5},
        {"05000001 00", TVT_E_TRAILING_BYTES, DECODE, "EndOfEarlyData", NULL, 4},
        {"00000000", TVT_E_UNKNOWN_MESSAGE, TVT_ALERT_UNEXPECTED_MESSAGE, NULL, "msg_type", 0},
        {"fe000000", TVT_E_UNKNOWN_MESSAGE, TVT_ALERT_UNEXPECTED_MESSAGE, NULL, "msg_type", 0},
        {"", TVT_E_TRUNCATED, DECODE, NULL, "msg_type", 0},
        {"0400000e 00093a81 00000000 00 0001 07 0000", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "NewSessionTicket",
         "ticket_lifetime", 4},
        {"0400000d 00093a80 00000000 00 0000 0000", TVT_E_BAD_LENGTH, DECODE, "NewSessionTicket", "ticket", 13},
        {"0b000004 00 000000", TVT_E_NONE, 0, NULL, NULL, 0},
        {"0b000009 00 000005 000000 0000", TVT_E_BAD_LENGTH, DECODE, "Certificate[0]", "cert_data", 8},
        {"0b00000f 00 00000b 000001 30 0000 000000 0000", TVT_E_BAD_LENGTH, DECODE, "Certificate[1]", "cert_data", 14},
        {"02000028 0303" Z32 "00 1301 00 0000", TVT_E_NONE, 0, NULL, NULL, 0},
        {"0200002e 0302" Z32 "00 1301 00 0006 002b00020304", TVT_E_LEGACY_VERSION, TVT_ALERT_PROTOCOL_VERSION,
         "ServerHello", "legacy_version", 4},
        {"0200002e 0303" Z32 "00 1301 01 0006 002b00020304", TVT_E_WRONG_COMPRESSION, ILLEGAL, "ServerHello",
         "legacy_compression_method", 41},
        {"0200002e 0304" HRR32 "00 1301 00 0006 002b00020304", TVT_E_LEGACY_VERSION, TVT_ALERT_PROTOCOL_VERSION,
         "HelloRetryRequest", "legacy_version", 4},
        {"0200002e 0303" HRR32 "00 1301 01 0006 002b00020304", TVT_E_WRONG_COMPRESSION, ILLEGAL, "HelloRetryRequest",
         "legacy_compression_method", 41},
        {"02000026 0303" HRR32 "00 1301 00", TVT_E_TRUNCATED, DECODE, "HelloRetryRequest", "extensions", 42},
        {"01000028 0303" Z32 "21 0000000000", TVT_E_BAD_LENGTH, DECODE, "ClientHello", "legacy_session_id", 38},
        {"01000028 0303" Z32 "00 0003 130100", TVT_E_BAD_LENGTH, DECODE, "ClientHello", "cipher_suites", 39},
        {"01000027 0303" Z32 "00 0000 0100", TVT_E_BAD_LENGTH, DECODE, "ClientHello", "cipher_suites", 39},
        {"01000028 0303" Z32 "00 0002 1301 00", TVT_E_BAD_LENGTH, DECODE, "ClientHello", "legacy_compression_methods",
         43},
        {"0100002a 0303" Z32 "00 0002 1301 0100 00", TVT_E_TRUNCATED, DECODE, "ClientHello", "extensions", 45},
    };
    uint8_t data[512];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_message m;
        struct tvt_error e;
        size_t len = trace_hex(data, sizeof data, rows[i].hex);
        bool good;

        CU_ASSERT_NOT_EQUAL_FATAL(len, SIZE_MAX);
        if (message_decode_exact(&m, data, len, &e, NULL) == TVT_OK)
            good = rows[i].code == TVT_E_NONE && e.code == TVT_E_NONE;
        else
            good = e.code == rows[i].code && e.alert == rows[i].alert && e.offset == rows[i].offset &&
                   (rows[i].message == NULL || strcmp(e.message, rows[i].message) == 0) &&
                   (rows[i].field == NULL || strcmp(e.field, rows[i].field) == 0);
        if (!good)
            fprintf(stderr, "\nrow %zu \"%s\": %s, alert %u, %s, field %s, offset %zu\n", i, rows[i].hex,
                    tvt_error_name(e.code), e.alert, e.message, e.field, e.offset);
        CU_ASSERT(good);
    }
}

static void
test_chain_limit(void)
{
    struct tvt_span certs[TVT_MAX_CHAIN + 1];
    uint8_t buffer[256];
    struct tvt_message m;
    struct tvt_error e;
    struct tvt_writer w;

    for (size_t i = 0; i <= TVT_MAX_CHAIN; i++)
        certs[i] = tvt_span(&"0123456789a"[i], 1);
    tvt_writer_init(&w, buffer, sizeof buffer);
    tvt_encode_certificate(&w, tvt_span("ctx", 3), certs, TVT_MAX_CHAIN);
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL_FATAL(tvt_message_decode(&m, tvt_span(buffer, tvt_writer_len(&w)), &e), TVT_OK);
    CU_ASSERT(m.u.certificate.num == TVT_MAX_CHAIN && tvt_span_is(m.u.certificate.context, "ctx"));
    for (size_t i = 0; i < TVT_MAX_CHAIN; i++)
        CU_ASSERT(tvt_span_equal(m.u.certificate.cert[i], certs[i]));
    tvt_writer_init(&w, buffer, sizeof buffer);
    tvt_encode_certificate(&w, tvt_span("ctx", 3), certs, TVT_MAX_CHAIN + 1);
    CU_ASSERT_EQUAL(message_decode_exact(&m, buffer, tvt_writer_len(&w), &e, NULL), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_CERT_CHAIN_TOO_LONG && e.alert == TVT_ALERT_BAD_CERTIFICATE &&
              e.offset == 4 + 4 + 3 + TVT_MAX_CHAIN * 6 && strcmp(e.message, "Certificate") == 0);
}

/* The leaf's OCSP response and SCTs are kept; an extension that nobody knows is noted. */
static void
test_certificate_extensions(void)
{
    uint8_t list[64], buffer[128];
    size_t len = trace_hex(list, sizeof list, "00050006 01 000002 6f6b 00120006 0004 0002 7363 eeee0000");
    struct tvt_message m;
    struct tvt_error e;
    struct tvt_writer w;

    tvt_writer_init(&w, buffer, sizeof buffer);
    (void)message_wrap(&w, TVT_IN_CT, list, len);
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL_FATAL(tvt_message_decode(&m, tvt_span(buffer, tvt_writer_len(&w)), &e), TVT_OK);
    CU_ASSERT(tvt_span_is(m.u.certificate.ocsp_response, "ok") && m.u.certificate.sct_list.len == 6);
    CU_ASSERT(m.u.certificate.unknown && m.u.certificate.unknown_code == 0xeeee);
    CU_ASSERT_EQUAL(m.u.certificate.present, TVT_EXT_BIT(TVT_EXT_STATUS_REQUEST) | TVT_EXT_BIT(TVT_EXT_SCT));
}

static void
test_hello_kinds(void)
{
    /* A TLS 1.2 ServerHello: extended_master_secret, then extensions that it may not hold, of one nobody knows, too. */
    static const char list12[] = "00170000 00330000 eeee0003 000000 ff010001 00";
    uint8_t list[64], buffer[128];
    struct tvt_message m;
    struct tvt_error e;
    struct tvt_writer w;
    size_t len = trace_hex(list, sizeof list, list12);

    tvt_writer_init(&w, buffer, sizeof buffer);
    (void)message_wrap(&w, TVT_IN_SH12, list, len);
    CU_ASSERT_EQUAL(message_decode_exact(&m, buffer, tvt_writer_len(&w), &e, NULL), TVT_OK);
    CU_ASSERT_EQUAL(m.kind, TVT_MSG_SERVER_HELLO12);
    CU_ASSERT(m.u.server_hello.ext.unknown && m.u.server_hello.ext.unknown_code == 51);
    CU_ASSERT(tvt_has(&m.u.server_hello.ext, TVT_EXT_EXTENDED_MASTER_SECRET) &&
              !tvt_has(&m.u.server_hello.ext, TVT_EXT_KEY_SHARE));
    /* In an EncryptedExtensions the unknown is only noted here. */
    tvt_writer_init(&w, buffer, sizeof buffer);
    (void)message_wrap(&w, TVT_IN_EE, (const uint8_t *)"\xee\xee\x00\x00", 4);
    CU_ASSERT_EQUAL(message_decode_exact(&m, buffer, tvt_writer_len(&w), &e, NULL), TVT_OK);
    CU_ASSERT(m.u.encrypted_extensions.unknown && m.u.encrypted_extensions.unknown_code == 0xeeee);
    CU_ASSERT_EQUAL(m.u.encrypted_extensions.last, TVT_EXT_NUM);
    /* A larger record_size_limit than there is means the largest (RFC 8449 4). */
    tvt_writer_init(&w, buffer, sizeof buffer);
    (void)message_wrap(&w, TVT_IN_CH, (const uint8_t *)"\x00\x1c\x00\x02\xff\xff", 6);
    CU_ASSERT_EQUAL(message_decode_exact(&m, buffer, tvt_writer_len(&w), &e, NULL), TVT_OK);
    CU_ASSERT_EQUAL(m.u.client_hello.ext.record_size_limit, 16385);
    for (unsigned k = 0; k < TVT_MSG_NUM_KINDS; k++)
        CU_ASSERT(tvt_message_kind_name((enum tvt_message_kind)k) != NULL);
    CU_ASSERT_STRING_EQUAL(tvt_message_kind_name(TVT_MSG_HELLO_RETRY), "HelloRetryRequest");
    CU_ASSERT_STRING_EQUAL(tvt_message_kind_name(TVT_MSG_NUM_KINDS), "unknown");
}

static void
test_first_error_sticks(void)
{
    struct tvt_message m;
    struct tvt_error e;

    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_message_decode(&m, tvt_span("\x18\x00\x00\x01\x07", 5), &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_BAD_KEY_UPDATE && e.offset == 4 && e.got == 7);
    CU_ASSERT_EQUAL(tvt_message_decode(&m, tvt_span("\x63\x00\x00\x00", 4), &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_BAD_KEY_UPDATE && e.offset == 4);
    CU_ASSERT_EQUAL(tvt_message_decode(&m, tvt_span("\x63\x00\x00\x00", 4), NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_message_decode(&m, tvt_span(NULL, 0), NULL), TVT_FAIL);
}

static void
test_lists(void)
{
    struct tvt_span list = tvt_span("\x01"
                                    "a\x00\x02"
                                    "bc",
                                    6),
                    entry;

    CU_ASSERT(tvt_list_next_vec8(&list, &entry) && tvt_span_is(entry, "a"));
    CU_ASSERT(tvt_list_next_vec8(&list, &entry) && entry.len == 0);
    CU_ASSERT(tvt_list_next_vec8(&list, &entry) && tvt_span_is(entry, "bc"));
    CU_ASSERT(!tvt_list_next_vec8(&list, &entry) && list.len == 0);
    list = tvt_span("\x02"
                    "a",
                    2);
    CU_ASSERT(!tvt_list_next_vec8(&list, &entry) && list.len == 2);
    list = tvt_span("\x00\x01"
                    "a\x00",
                    4);
    CU_ASSERT(tvt_list_next_vec16(&list, &entry) && tvt_span_is(entry, "a"));
    CU_ASSERT_FALSE(tvt_list_next_vec16(&list, &entry));
    CU_ASSERT(tvt_list16_has(tvt_span("\x01\x02\x03\x04", 4), 0x0304));
    CU_ASSERT_FALSE(tvt_list16_has(tvt_span("\x01\x02\x03\x04", 4), 0x0203));
    CU_ASSERT_FALSE(tvt_list16_has(tvt_span(NULL, 0), 0));
    list = tvt_span("\x00\x17\x00\x00\x00\x2b\x00\x01x", 9);
    CU_ASSERT(tvt_extension_find(list, 43, &entry) && tvt_span_is(entry, "x"));
    CU_ASSERT(tvt_extension_find(list, 23, &entry) && entry.len == 0);
    CU_ASSERT_FALSE(tvt_extension_find(list, 44, &entry));
    CU_ASSERT_FALSE(tvt_extension_find(tvt_span(list.data, 8), 43, &entry));
}

int tvt_register_message(void);

int
tvt_register_message(void)
{
    static CU_TestInfo tests[] = {
        {"round trip of every traced message", test_round_trip},
        {"every truncation is a decode_error", test_truncations},
        {"trailing bytes", test_trailing},
        {"every byte changed", test_mutations},
        {"fields of a ClientHello", test_client_hello_fields},
        {"fields of a ClientHello with a PSK", test_psk_fields},
        {"refusals of messages", test_message_refusals},
        {"limit of a chain", test_chain_limit},
        {"extensions of a certificate", test_certificate_extensions},
        {"kinds of hello", test_hello_kinds},
        {"the first error sticks", test_first_error_sticks},
        {"lists", test_lists},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"handshake messages", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
