/* SPDX-License-Identifier: MIT
 *
 * Extensions: every one in every message, all that a message may have at once, and each refusal with its code, alert,
 * field and offset.
 */
#include "tests/unit/message_help.h"
#include "tests/unit/trace.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <string.h>

/* ---- extensions in every message --------------------------------------------------------------------------- */

static const enum tvt_extension_place places[] = {TVT_IN_CH, TVT_IN_SH, TVT_IN_HRR, TVT_IN_EE,
                                                  TVT_IN_CT, TVT_IN_CR, TVT_IN_NST, TVT_IN_SH12};
enum { NUM_PLACES = sizeof places / sizeof places[0] };

/* An empty extension of each kind in each message is refused as forbidden exactly where the table does not allow it. */
static void
test_allowed(void)
{
    uint8_t buffer[128];

    for (unsigned i = 0; i < TVT_EXT_NUM; i++) {
        enum tvt_extension_index index = (enum tvt_extension_index)i;

        for (size_t k = 0; k < NUM_PLACES; k++) {
            bool allowed = tvt_extension_allowed(index, places[k]);
            uint8_t list[10] = {0};
            struct tvt_message m;
            struct tvt_error error;
            struct tvt_writer w;
            size_t len = 4, offset;
            enum tvt_result result;

            CU_ASSERT_EQUAL(allowed, tvt_extension_form(index, places[k]) != NULL);
            if (places[k] == TVT_IN_SH12 || (places[k] == TVT_IN_SH && index == TVT_EXT_SUPPORTED_VERSIONS))
                continue;
            tvt_store_u16(list, tvt_extension_code(index));
            if (places[k] == TVT_IN_SH) {
                memcpy(list + 4, "\x00\x2b\x00\x02\x03\x04", 6);
                len = 10;
            }
            tvt_writer_init(&w, buffer, sizeof buffer);
            offset = message_wrap(&w, places[k], list, len);
            result = message_decode_exact(&m, buffer, tvt_writer_len(&w), &error, NULL);
            if (allowed) {
                CU_ASSERT(error.code != TVT_E_FORBIDDEN_EXTENSION);
            } else {
                CU_ASSERT(result == TVT_FAIL && error.code == TVT_E_FORBIDDEN_EXTENSION && error.offset == offset &&
                          error.alert == TVT_ALERT_ILLEGAL_PARAMETER && error.field != NULL);
            }
        }
    }
}

/* Every field of an extension list, with something in it that its grammar allows. */
static void
fill_extensions(struct tvt_extensions *e)
{
    static const uint8_t binder[33] = {32, 1, 2, 3};

    memset(e, 0, sizeof *e);
    e->server_name = tvt_span_string("example.org");
    e->max_fragment_length = 3;
    e->status_type = 1;
    e->supported_groups = tvt_span("\x00\x1d\x00\x17", 4);
    e->point_formats = tvt_span("\x00", 1);
    e->signature_algorithms = tvt_span("\x08\x04\x04\x03", 4);
    e->signature_algorithms_cert = tvt_span("\x04\x01", 2);
    e->alpn = tvt_span("\x02h2", 3);
    e->sct_list = tvt_span("\x00\x04\x00\x02xy", 6);
    e->ocsp_response = tvt_span("ocsp", 4);
    e->client_certificate_types = tvt_span("\x02", 1);
    e->server_certificate_types = tvt_span("\x02\x00", 2);
    e->client_certificate_type = 2;
    e->compression_algorithms = tvt_span("\x00\x01\x00\x03", 4);
    e->record_size_limit = 64;
    e->session_ticket = tvt_span("ticket", 6);
    e->psk_identities = tvt_span("\x00\x01i\x00\x00\x00\x09", 7);
    e->psk_binders = tvt_span(binder, sizeof binder);
    e->psk_selected = 1;
    e->max_early_data = 0x01020304;
    e->versions = tvt_span("\x03\x04\x03\x03", 4);
    e->selected_version = 0x0304;
    e->cookie = tvt_span("c", 1);
    e->psk_modes = tvt_span("\x01", 1);
    e->authorities = tvt_span("\x00\x02\x30\x00", 4);
    e->oid_filters = tvt_span("\x01o\x00\x01v", 5);
    e->key_shares = tvt_span("\x00\x1d\x00\x01k\x00\x17\x00\x02kk", 11);
    e->key_share_group = 0x001d;
    e->key_share = tvt_span("kkk", 3);
    e->renegotiation_info = tvt_span("r", 1);
}

static void
compare_extensions(const struct tvt_extensions *a, const struct tvt_extensions *b, enum tvt_extension_place place)
{
    bool ch = place == TVT_IN_CH;

#define SAME_SPAN(index, where, field)                                                                                 \
    CU_ASSERT(!((where) && tvt_has(b, TVT_EXT_##index)) || tvt_span_equal(a->field, b->field))
#define SAME(index, where, field) CU_ASSERT(!((where) && tvt_has(b, TVT_EXT_##index)) || a->field == b->field)
    SAME_SPAN(SERVER_NAME, ch, server_name);
    SAME(MAX_FRAGMENT_LENGTH, true, max_fragment_length);
    SAME(STATUS_REQUEST, true, status_type);
    SAME_SPAN(SUPPORTED_GROUPS, true, supported_groups);
    SAME_SPAN(EC_POINT_FORMATS, true, point_formats);
    SAME_SPAN(SIGNATURE_ALGORITHMS, true, signature_algorithms);
    SAME_SPAN(SIGNATURE_ALGORITHMS_CERT, true, signature_algorithms_cert);
    SAME_SPAN(ALPN, true, alpn);
    SAME_SPAN(SCT, place == TVT_IN_SH12, sct_list);
    SAME_SPAN(CLIENT_CERTIFICATE_TYPE, ch, client_certificate_types);
    SAME_SPAN(SERVER_CERTIFICATE_TYPE, ch, server_certificate_types);
    SAME(CLIENT_CERTIFICATE_TYPE, !ch, client_certificate_type);
    SAME(SERVER_CERTIFICATE_TYPE, !ch, server_certificate_type);
    SAME_SPAN(COMPRESS_CERTIFICATE, true, compression_algorithms);
    SAME(RECORD_SIZE_LIMIT, true, record_size_limit);
    SAME_SPAN(SESSION_TICKET, ch, session_ticket);
    SAME_SPAN(PRE_SHARED_KEY, ch, psk_identities);
    SAME_SPAN(PRE_SHARED_KEY, ch, psk_binders);
    SAME(PRE_SHARED_KEY, !ch, psk_selected);
    SAME(EARLY_DATA, place == TVT_IN_NST, max_early_data);
    SAME_SPAN(SUPPORTED_VERSIONS, ch, versions);
    SAME(SUPPORTED_VERSIONS, !ch, selected_version);
    SAME_SPAN(COOKIE, true, cookie);
    SAME_SPAN(PSK_KEY_EXCHANGE_MODES, true, psk_modes);
    SAME_SPAN(CERTIFICATE_AUTHORITIES, true, authorities);
    SAME_SPAN(OID_FILTERS, true, oid_filters);
    SAME_SPAN(KEY_SHARE, ch, key_shares);
    SAME(KEY_SHARE, !ch, key_share_group);
    SAME_SPAN(KEY_SHARE, place == TVT_IN_SH, key_share);
    SAME_SPAN(RENEGOTIATION_INFO, true, renegotiation_info);
#undef SAME_SPAN
#undef SAME
}

/* All extensions that we may write into a message, in one. */
static void
test_all_extensions(void)
{
    for (size_t k = 0; k < NUM_PLACES; k++) {
        struct tvt_extensions in;
        struct tvt_message m;
        struct tvt_error error;
        struct tvt_writer list, w;
        uint8_t list_bytes[512], bytes[640], again[512];

        if (places[k] == TVT_IN_CT)
            continue;
        fill_extensions(&in);
        for (unsigned i = 0; i < TVT_EXT_NUM; i++) {
            const struct tvt_extension_form *form = tvt_extension_form((enum tvt_extension_index)i, places[k]);
            if (form != NULL && form->write != NULL)
                in.present |= TVT_EXT_BIT(i);
        }
        tvt_writer_init(&list, list_bytes, sizeof list_bytes);
        tvt_encode_extensions(&list, &in, places[k]);
        CU_ASSERT_FATAL(!list.overflow && tvt_writer_len(&list) > 2);
        CU_ASSERT(tvt_writer_len(&list) <= tvt_extensions_bound(&in));
        tvt_writer_init(&w, bytes, sizeof bytes);
        (void)message_wrap(&w, places[k], list_bytes + 2, tvt_writer_len(&list) - 2);
        tvt_error_clear(&error);
        if (tvt_message_decode(&m, tvt_span(bytes, tvt_writer_len(&w)), &error) != TVT_OK) {
            fprintf(stderr, "place %u: %s %s\n", (unsigned)places[k], tvt_error_name(error.code), error.field);
            CU_FAIL("a full extension list does not decode");
            continue;
        }
        CU_ASSERT_EQUAL(message_extensions(&m)->present, in.present);
        compare_extensions(&in, message_extensions(&m), places[k]);
        tvt_writer_init(&w, again, sizeof again);
        tvt_encode_extensions(&w, message_extensions(&m), places[k]);
        CU_ASSERT(tvt_writer_len(&w) == tvt_writer_len(&list) && memcmp(again, list_bytes, tvt_writer_len(&w)) == 0);
        if (places[k] == TVT_IN_CH) {
            CU_ASSERT(m.u.client_hello.ext.last == TVT_EXT_PRE_SHARED_KEY);
        }
    }
}

/* An extension that may not stand in a message does not leave in it. */
static void
test_encode_forbidden(void)
{
    struct tvt_extensions e;
    struct tvt_writer w;
    uint8_t buffer[64];

    fill_extensions(&e);
    e.present = TVT_EXT_BIT(TVT_EXT_ALPN);
    tvt_writer_init(&w, buffer, sizeof buffer);
    tvt_encode_extensions(&w, &e, TVT_IN_SH);
    CU_ASSERT(w.overflow);
}

/* ---- refusals ---------------------------------------------------------------------------------------------- */

struct refusal_row {
    enum tvt_extension_place place;
    const char *list; /* the extension list, hex                              */
    enum tvt_error_code code;
    uint8_t alert;
    const char *field;
    size_t offset; /* from the list's first byte                           */
};

#define DECODE  TVT_ALERT_DECODE_ERROR
#define ILLEGAL TVT_ALERT_ILLEGAL_PARAMETER
#define BINDER  "20 0000000000000000000000000000000000000000000000000000000000000000"

static const struct refusal_row refusals[] = {
    /* the list itself */
    {TVT_IN_CH, "00170000 00170000", TVT_E_DUPLICATE_EXTENSION, ILLEGAL, NULL, 4},
    {TVT_IN_CH, "0a0a0000 00170000 0a0a0000", TVT_E_DUPLICATE_EXTENSION, ILLEGAL, NULL, 8},
    {TVT_IN_EE, "eeee0000 eeee0000", TVT_E_DUPLICATE_EXTENSION, ILLEGAL, NULL, 4},
    {TVT_IN_NST, "002a0004 00000001 002a0004 00000001", TVT_E_DUPLICATE_EXTENSION, ILLEGAL, NULL, 8},
    {TVT_IN_CH, "0017", TVT_E_TRUNCATED, DECODE, "extension_data", 2},
    {TVT_IN_CH, "00", TVT_E_TRUNCATED, DECODE, "extension_type", 0},
    {TVT_IN_CH, "00170001", TVT_E_TRUNCATED, DECODE, "extension_data", 2},
    {TVT_IN_CH, "0017000100", TVT_E_TRAILING_BYTES, DECODE, NULL, 4},
    {TVT_IN_EE, "00330000", TVT_E_FORBIDDEN_EXTENSION, ILLEGAL, "key_share", 0},
    {TVT_IN_CH, "00300000", TVT_E_FORBIDDEN_EXTENSION, ILLEGAL, "oid_filters", 0},
    {TVT_IN_SH, "002b00020304 00100000", TVT_E_FORBIDDEN_EXTENSION, ILLEGAL, NULL, 6},
    /* server_name */
    {TVT_IN_CH, "00000002 0000", TVT_E_BAD_LENGTH, DECODE, "server_name_list", 4},
    {TVT_IN_CH, "00000005 0003 000000", TVT_E_BAD_LENGTH, DECODE, "host_name", 7},
    {TVT_IN_CH, "00000006 0004 00000100", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "host_name", 7},
    {TVT_IN_CH, "00000006 0004 01000161", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "name_type", 6},
    {TVT_IN_CH, "0000000a 0008 00000161 00000162", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "server_name_list", 10},
    {TVT_IN_CH, "00000007 0004 00000161 00", TVT_E_TRAILING_BYTES, DECODE, "server_name", 10},
    {TVT_IN_EE, "00000002 0000", TVT_E_TRAILING_BYTES, DECODE, "server_name", 4},
    /* numbers and lists of them */
    {TVT_IN_CH, "00010001 05", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "max_fragment_length", 4},
    {TVT_IN_CH, "00010001 00", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "max_fragment_length", 4},
    {TVT_IN_CH, "000a0002 0000", TVT_E_BAD_LENGTH, DECODE, "named_group_list", 4},
    {TVT_IN_CH, "000a0005 0003 001d00", TVT_E_BAD_LENGTH, DECODE, "named_group_list", 4},
    {TVT_IN_CH, "000d0005 0003 080400", TVT_E_BAD_LENGTH, DECODE, "supported_signature_algorithms", 4},
    {TVT_IN_CH, "00320002 0000", TVT_E_BAD_LENGTH, DECODE, "supported_signature_algorithms", 4},
    {TVT_IN_CH, "000b0001 00", TVT_E_BAD_LENGTH, DECODE, "ec_point_format_list", 4},
    {TVT_IN_CH, "001c0002 003f", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "record_size_limit", 4},
    {TVT_IN_EE, "001c0002 003f", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "record_size_limit", 4},
    {TVT_IN_EE, "001c0001 40", TVT_E_TRUNCATED, DECODE, "record_size_limit", 4},
    {TVT_IN_CH, "002b0004 03 030403", TVT_E_BAD_LENGTH, DECODE, "versions", 4},
    {TVT_IN_CH, "002b0001 00", TVT_E_BAD_LENGTH, DECODE, "versions", 4},
    {TVT_IN_HRR, "002b0003 030400", TVT_E_TRAILING_BYTES, DECODE, "supported_versions", 6},
    {TVT_IN_CH, "002d0001 00", TVT_E_BAD_LENGTH, DECODE, "ke_modes", 4},
    {TVT_IN_CH, "002c0002 0000", TVT_E_BAD_LENGTH, DECODE, "cookie", 4},
    {TVT_IN_HRR, "002c0002 0000", TVT_E_BAD_LENGTH, DECODE, "cookie", 4},
    {TVT_IN_CH, "00310001 00", TVT_E_TRAILING_BYTES, DECODE, "post_handshake_auth", 4},
    {TVT_IN_CH, "002a0001 00", TVT_E_TRAILING_BYTES, DECODE, "early_data", 4},
    {TVT_IN_NST, "002a0003 000000", TVT_E_TRUNCATED, DECODE, "max_early_data_size", 4},
    {TVT_IN_CH, "ff010001 01", TVT_E_TRUNCATED, DECODE, "renegotiated_connection", 4},
    /* ALPN, authorities, filters, SCTs, OCSP */
    {TVT_IN_CH, "00100003 0001 00", TVT_E_BAD_LENGTH, DECODE, "protocol_name_list", 4},
    {TVT_IN_CH, "00100005 0003 016100", TVT_E_BAD_LENGTH, DECODE, "protocol_name", 8},
    {TVT_IN_EE, "00100006 0004 01610162", TVT_E_BAD_ALPN, ILLEGAL, "protocol_name_list", 4},
    {TVT_IN_CR, "002f0004 0002 0000", TVT_E_BAD_LENGTH, DECODE, "authorities", 4},
    {TVT_IN_CR, "002f0005 0003 000000", TVT_E_BAD_LENGTH, DECODE, "distinguished_name", 6},
    {TVT_IN_CR, "00300005 0003 000000", TVT_E_BAD_LENGTH, DECODE, "certificate_extension_oid", 6},
    {TVT_IN_CR, "00050001 01", TVT_E_TRAILING_BYTES, DECODE, "status_request", 4},
    {TVT_IN_CH, "00050004 01 0000 00", TVT_E_TRUNCATED, DECODE, "request_extensions", 7},
    {TVT_IN_CT, "00050001 02", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "status_type", 4},
    {TVT_IN_CT, "00050004 01 000000", TVT_E_BAD_LENGTH, DECODE, "ocsp_response", 5},
    {TVT_IN_CT, "00120004 0002 0000", TVT_E_BAD_LENGTH, DECODE, "serialized_sct", 6},
    {TVT_IN_CH, "00120001 00", TVT_E_TRAILING_BYTES, DECODE, NULL, 4},
    /* certificate types, compression (RFC 7250, RFC 8879) */
    {TVT_IN_CH, "00130001 00", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "client_certificate_types", 4},
    {TVT_IN_CH, "00140001 00", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "server_certificate_types", 4},
    {TVT_IN_CH, "00140002 01 00", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "server_certificate_types", 4},
    {TVT_IN_CH, "00140004 02 0200 00", TVT_E_TRAILING_BYTES, DECODE, "server_certificate_type", 7},
    {TVT_IN_EE, "00140002 02 00", TVT_E_TRAILING_BYTES, DECODE, "server_certificate_type", 5},
    {TVT_IN_EE, "00130000", TVT_E_TRUNCATED, DECODE, "client_certificate_type", 4},
    {TVT_IN_CH, "001b0001 00", TVT_E_BAD_LENGTH, DECODE, "algorithms", 4},
    {TVT_IN_CH, "001b0004 03 000100", TVT_E_BAD_LENGTH, DECODE, "algorithms", 4},
    {TVT_IN_CH, "001b0005 04 00010001", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "algorithms", 4},
    {TVT_IN_CR, "001b0007 06 000100030001", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "algorithms", 4},
    {TVT_IN_EE, "001b0003 02 0001", TVT_E_FORBIDDEN_EXTENSION, ILLEGAL, "compress_certificate", 0},
    /* key_share */
    {TVT_IN_CH, "0033000c 000a 001d000161 001d000162", TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "group", 11},
    {TVT_IN_CH, "00330006 0004 001d0000", TVT_E_BAD_LENGTH, DECODE, "key_exchange", 8},
    {TVT_IN_SH, "002b00020304 00330002 001d", TVT_E_TRUNCATED, DECODE, "key_exchange", 12},
    {TVT_IN_HRR, "00330005 001d000161", TVT_E_TRAILING_BYTES, DECODE, "key_share", 6},
    /* pre_shared_key */
    {TVT_IN_CH, "00290030 0007 00016900000000 0021" BINDER "00170000", TVT_E_TRAILING_BYTES, DECODE, "pre_shared_key",
     48},
    {TVT_IN_CH, "0029002d 0007 00016900000000 0021" BINDER, TVT_E_TRUNCATED, DECODE, "extension_data", 2},
    {TVT_IN_CH, "0029002c 0007 00016900000000 0021" BINDER " 00170000", TVT_E_PSK_NOT_LAST, ILLEGAL, "pre_shared_key",
     0},
    {TVT_IN_CH, "0029002c 0007 00016900000000 0021" BINDER " 0a0a0000", TVT_E_PSK_NOT_LAST, ILLEGAL, "pre_shared_key",
     0},
    {TVT_IN_CH, "00290033 000e 00016900000000 00016a00000000 0021" BINDER, TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "binders",
     20},
    {TVT_IN_CH, "0029004d 0007 00016900000000 0042" BINDER BINDER, TVT_E_ILLEGAL_PARAMETER, ILLEGAL, "binders", 13},
    {TVT_IN_CH, "00290004 0000 0000", TVT_E_BAD_LENGTH, DECODE, "identities", 4},
    {TVT_IN_CH, "0029000b 0007 00000000000000 0000", TVT_E_BAD_LENGTH, DECODE, "identity", 6},
};

static void
test_refusals(void)
{
    uint8_t list[256], buffer[512];

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal_row *row = &refusals[i];
        struct tvt_message m;
        struct tvt_error error;
        struct tvt_writer w;
        size_t len = trace_hex(list, sizeof list, row->list), offset;
        bool good;

        CU_ASSERT_NOT_EQUAL_FATAL(len, SIZE_MAX);
        tvt_writer_init(&w, buffer, sizeof buffer);
        offset = message_wrap(&w, row->place, list, len);
        good = message_decode_exact(&m, buffer, tvt_writer_len(&w), &error, NULL) == TVT_FAIL &&
               error.code == row->code && error.alert == row->alert && error.offset == offset + row->offset &&
               error.field != NULL && (row->field == NULL || strcmp(error.field, row->field) == 0);
        if (!good)
            fprintf(stderr, "\nrow %zu \"%s\": %s, alert %u, field %s, offset %zu in the list\n", i, row->list,
                    tvt_error_name(error.code), error.alert, error.field, error.offset - offset);
        CU_ASSERT(good);
    }
}

static void
test_extension_limit(void)
{
    uint8_t list[4 * (TVT_MAX_EXTENSIONS + 1)] = {0}, buffer[1024];

    for (size_t i = 0; i <= TVT_MAX_EXTENSIONS; i++)
        tvt_store_u16(list + 4 * i, (uint16_t)(0x4000 + i));
    for (size_t num = TVT_MAX_EXTENSIONS; num <= TVT_MAX_EXTENSIONS + 1; num++) {
        struct tvt_message m;
        struct tvt_error e;
        struct tvt_writer w;
        size_t offset;

        tvt_writer_init(&w, buffer, sizeof buffer);
        offset = message_wrap(&w, TVT_IN_CH, list, 4 * num);
        if (num == TVT_MAX_EXTENSIONS) {
            CU_ASSERT_EQUAL(message_decode_exact(&m, buffer, tvt_writer_len(&w), &e, NULL), TVT_OK);
            CU_ASSERT(m.u.client_hello.ext.unknown && m.u.client_hello.ext.unknown_code == 0x4000);
        } else {
            CU_ASSERT_EQUAL(message_decode_exact(&m, buffer, tvt_writer_len(&w), &e, NULL), TVT_FAIL);
            CU_ASSERT(e.code == TVT_E_TOO_MANY_EXTENSIONS && e.alert == ILLEGAL &&
                      e.offset == offset + 4 * TVT_MAX_EXTENSIONS && e.expected == 128 && e.got == 129);
        }
    }
}

int tvt_register_extensions(void);

int
tvt_register_extensions(void)
{
    static CU_TestInfo tests[] = {
        {"where they may stand", test_allowed},
        {"all of a message at once", test_all_extensions},
        {"no forbidden one is written", test_encode_forbidden},
        {"refusals", test_refusals},
        {"limit of their number", test_extension_limit},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"extensions", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
