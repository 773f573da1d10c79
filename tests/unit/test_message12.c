/* SPDX-License-Identifier: MIT
 *
 * Handshake messages of TLS 1.2: recorded handshakes decoded, encoded, cut short at every byte and changed in every byte;
 * what they say, and what their signatures are over. Refusals have a file of their own.
 */
#include "tests/unit/message_help.h"
#include "tests/unit/trace.h"
#include "tests/unit/x509_help.h"

#include <CUnit/Basic.h>
#include <trivet/provider.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 4096, RECORDED_MAX = 32 };

/* ---- recordings -------------------------------------------------------------------------------------------- */

struct recorded {
    uint8_t *bytes; /* allocated, of exactly this length */
    size_t len;
};

struct recording {
    const char *name; /* of vectors/tls12/<name>.json */
    unsigned form;
    size_t num;
    struct recorded message[RECORDED_MAX];
};

static struct recording recordings[] = {
    {.name = "ecdsa"}, {.name = "rsa"}, {.name = "resumed"}, {.name = "psk", .form = TVT_FORM12_PSK}};
enum { NUM_RECORDINGS = sizeof recordings / sizeof recordings[0] };

/* One message a line: {"from": "client", "hex": "0100..."}. False: the line has one that cannot be taken. */
static bool
take_line(struct recording *r, char *line)
{
    static uint8_t bytes[MESSAGE_MAX];
    char *hex = strstr(line, "\"hex\": \""), *end;

    if (hex == NULL)
        return true;
    hex += strlen("\"hex\": \"");
    end = strchr(hex, '"');
    if (end == NULL || r->num == RECORDED_MAX)
        return false;
    *end = '\0';
    struct recorded *m = &r->message[r->num];
    size_t len = trace_hex(bytes, sizeof bytes, hex);
    if (len == SIZE_MAX || len < TVT_HANDSHAKE_HEADER || (m->bytes = malloc(len)) == NULL)
        return false;
    memcpy(m->bytes, bytes, len);
    m->len = len;
    r->num++;
    return true;
}

static int
read_recordings(void)
{
    static char line[3 * MESSAGE_MAX];
    const char *dir = getenv("TVT_VECTORS_DIR");

    for (size_t i = 0; i < NUM_RECORDINGS; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/tls12/%s.json", dir != NULL ? dir : TRIVET_SOURCE_DIR "/vectors",
                       recordings[i].name);
        FILE *file = fopen(path, "rb");
        if (file == NULL) {
            perror(path);
            return -1;
        }
        bool good = true;
        while (good && fgets(line, sizeof line, file) != NULL)
            good = take_line(&recordings[i], line);
        (void)fclose(file);
        if (!good) {
            fprintf(stderr, "%s: message %zu cannot be read\n", path, recordings[i].num);
            return -1;
        }
    }
    return 0;
}

static int
drop_recordings(void)
{
    for (size_t i = 0; i < NUM_RECORDINGS; i++) {
        for (size_t k = 0; k < recordings[i].num; k++)
            free(recordings[i].message[k].bytes);
        recordings[i].num = 0;
    }
    x509_end();
    return 0;
}

/* The nth message of that type in a recording; NULL: there is none. */
static const struct recorded *
recorded(const char *name, uint8_t type, unsigned nth)
{
    for (size_t i = 0; i < NUM_RECORDINGS; i++)
        for (size_t k = 0; strcmp(recordings[i].name, name) == 0 && k < recordings[i].num; k++)
            if (recordings[i].message[k].bytes[0] == type && nth-- == 0)
                return &recordings[i].message[k];
    return NULL;
}

/* The same, decoded; fails the test when it is not there or does not decode. */
static struct tvt_message
decoded(const char *name, uint8_t type, unsigned nth, unsigned form)
{
    const struct recorded *r = recorded(name, type, nth);
    struct tvt_message m;
    struct tvt_error e;

    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL_FATAL(tvt_message_decode12(&m, tvt_span(r->bytes, r->len), form, &e), TVT_OK);
    return m;
}

/* Every message of every recording, and a raw key besides, which they do not have. */
static void
for_each_message(void (*visit)(const uint8_t *data, size_t len, unsigned form))
{
    static const uint8_t raw_key[] = {11, 0, 0, 6, 0, 0, 3, 0x30, 1, 0};

    for (size_t i = 0; i < NUM_RECORDINGS; i++) {
        CU_ASSERT_FATAL(recordings[i].num >= 4);
        for (size_t k = 0; k < recordings[i].num; k++)
            visit(recordings[i].message[k].bytes, recordings[i].message[k].len, recordings[i].form);
    }
    visit(raw_key, sizeof raw_key, TVT_FORM12_RAW_KEY);
}

/* ---- all of them ------------------------------------------------------------------------------------------- */

static size_t
bound_of(const struct tvt_message *m)
{
    switch (m->kind) {
    case TVT_MSG_CLIENT_HELLO:
        return tvt_client_hello_bound(&m->u.client_hello);
    case TVT_MSG_SERVER_HELLO12:
        return tvt_server_hello_bound(&m->u.server_hello);
    case TVT_MSG_CERTIFICATE12:
        return tvt_certificate12_bound(&m->u.certificate);
    case TVT_MSG_CERTIFICATE_STATUS:
        return tvt_certificate_status_bound(m->u.certificate_status);
    case TVT_MSG_SERVER_KEY_EXCHANGE:
        return tvt_server_key_exchange_bound(&m->u.server_key_exchange);
    case TVT_MSG_CERTIFICATE_REQUEST12:
        return tvt_certificate_request12_bound(&m->u.certificate_request12);
    case TVT_MSG_CLIENT_KEY_EXCHANGE:
        return tvt_client_key_exchange_bound(&m->u.client_key_exchange);
    case TVT_MSG_NEW_SESSION_TICKET12:
        return tvt_new_session_ticket12_bound(&m->u.new_session_ticket12);
    default:
        return SIZE_MAX;
    }
}

/* Decoded and encoded a message is the same; one with extensions, whose order is free, at the second time. */
static void
check_round_trip(const uint8_t *data, size_t len, unsigned form)
{
    static uint8_t one[MESSAGE_MAX], two[MESSAGE_MAX];
    struct tvt_message first, second;
    struct tvt_error error;
    struct tvt_writer w;

    tvt_error_clear(&error);
    if (tvt_message_decode12(&first, tvt_span(data, len), form, &error) != TVT_OK) {
        fprintf(stderr, "\n%s: %s %s at %zu\n", tvt_error_name(error.code), error.message, error.field, error.offset);
        CU_FAIL("a recorded message does not decode");
        return;
    }
    CU_ASSERT(first.raw.data == data && first.raw.len == len && first.type == data[0]);
    tvt_writer_init(&w, one, sizeof one);
    message_encode12(&w, &first, form);
    size_t one_len = tvt_writer_len(&w);
    CU_ASSERT_FALSE(w.overflow);
    CU_ASSERT(one_len <= bound_of(&first));
    CU_ASSERT_EQUAL_FATAL(tvt_message_decode12(&second, tvt_span(one, one_len), form, &error), TVT_OK);
    CU_ASSERT_EQUAL(second.kind, first.kind);
    if (message_extensions(&first) == NULL) {
        CU_ASSERT(one_len == len && memcmp(one, data, len) == 0);
    } else {
        CU_ASSERT_EQUAL(message_extensions(&first)->present, message_extensions(&second)->present);
    }
    tvt_writer_init(&w, two, sizeof two);
    message_encode12(&w, &second, form);
    CU_ASSERT(tvt_writer_len(&w) == one_len && memcmp(one, two, one_len) == 0);
    /* Room for one byte less overflows and writes nothing behind the end. */
    two[one_len - 1] = 0xa5;
    tvt_writer_init(&w, two, one_len - 1);
    message_encode12(&w, &second, form);
    CU_ASSERT(w.overflow && two[one_len - 1] == 0xa5);
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
           e->offset <= len;
}

static void
check_truncations(const uint8_t *data, size_t len, unsigned form)
{
    static uint8_t cut[MESSAGE_MAX];
    struct tvt_message m;
    struct tvt_error e;
    size_t wrong = 0, good = 0;

    for (size_t n = 0; n < len; n++)
        wrong += message_decode_exact12(&m, data, n, form, &e) != TVT_FAIL || !is_decode_error(&e, n);
    /* With the header's length corrected, so that the inner fields are what is cut. */
    for (size_t n = 4; n < len; n++) {
        memcpy(cut, data, n);
        tvt_store_u16(cut + 2, (uint16_t)(n - 4));
        if (message_decode_exact12(&m, cut, n, form, &e) == TVT_FAIL)
            wrong += !is_decode_error(&e, n) || m.kind != TVT_MSG_NONE;
        else
            good++;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    /* A hello may end before its extensions (RFC 5246 7.4.1.2). */
    CU_ASSERT_EQUAL(good, data[0] == TVT_HT_CLIENT_HELLO || data[0] == TVT_HT_SERVER_HELLO);
}

static void
test_truncations(void)
{
    for_each_message(check_truncations);
}

static void
check_trailing(const uint8_t *data, size_t len, unsigned form)
{
    static uint8_t longer[MESSAGE_MAX + 1];
    struct tvt_message m;
    struct tvt_error e;

    memcpy(longer, data, len);
    longer[len] = 0;
    CU_ASSERT_EQUAL(message_decode_exact12(&m, longer, len + 1, form, &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_TRAILING_BYTES && e.offset == len);
    tvt_store_u16(longer + 2, (uint16_t)(len - 3));
    CU_ASSERT_EQUAL(message_decode_exact12(&m, longer, len + 1, form, &e), TVT_FAIL);
    CU_ASSERT(e.code == TVT_E_TRAILING_BYTES && e.offset == len);
}

static void
test_trailing(void)
{
    for_each_message(check_trailing);
}

/* Every byte with every other value (behind the first of a long message, which are contents of certificates, with a few):
 * a result, and with a failure a whole error. */
static void
check_mutations(const uint8_t *data, size_t len, unsigned form)
{
    static uint8_t copy[MESSAGE_MAX];
    struct tvt_message m;
    struct tvt_error e;
    size_t wrong = 0;

    memcpy(copy, data, len);
    for (size_t i = 0; i < len; i++) {
        for (unsigned v = 1; v < 256; v += i < 256 ? 1 : 127) {
            copy[i] = (uint8_t)(data[i] ^ v);
            tvt_error_clear(&e);
            if (tvt_message_decode12(&m, tvt_span(copy, len), form, &e) == TVT_OK)
                wrong += m.kind == TVT_MSG_NONE || e.code != TVT_E_NONE;
            else
                wrong += e.code == TVT_E_NONE || e.alert == TVT_ALERT_NONE || e.field == NULL || e.offset > len ||
                         m.kind != TVT_MSG_NONE;
        }
        copy[i] = data[i];
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_mutations(void)
{
    for_each_message(check_mutations);
}

/* ---- what they say ----------------------------------------------------------------------------------------- */

static void
test_hello_fields(void)
{
    struct tvt_message client = decoded("ecdsa", TVT_HT_CLIENT_HELLO, 0, 0),
                       server = decoded("ecdsa", TVT_HT_SERVER_HELLO, 0, 0);
    const struct tvt_extensions *e = &server.u.server_hello.ext;
    static const enum tvt_extension_index answered[] = {TVT_EXT_STATUS_REQUEST,         TVT_EXT_ALPN,
                                                        TVT_EXT_EXTENDED_MASTER_SECRET, TVT_EXT_SESSION_TICKET,
                                                        TVT_EXT_EC_POINT_FORMATS,       TVT_EXT_RENEGOTIATION_INFO};

    CU_ASSERT(client.kind == TVT_MSG_CLIENT_HELLO && tvt_span_is(client.u.client_hello.ext.server_name, "localhost"));
    CU_ASSERT(tvt_list16_has(client.u.client_hello.suites, TVT_SCSV_EMPTY_RENEGOTIATION_INFO));
    CU_ASSERT(server.kind == TVT_MSG_SERVER_HELLO12 && server.u.server_hello.legacy_version == TVT_VERSION_TLS12);
    CU_ASSERT_EQUAL(server.u.server_hello.suite, 0xc02b);
    for (size_t i = 0; i < sizeof answered / sizeof answered[0]; i++)
        CU_ASSERT(tvt_has(e, answered[i]));
    CU_ASSERT(!e->unknown && tvt_span_is(e->alpn, "\x02h2") && tvt_list8_has(e->point_formats, 0));
    CU_ASSERT_EQUAL(e->renegotiation_info.len, 0);
    /* The renegotiation names the verify_data of the handshake before (RFC 5746 3.5, 3.7). */
    struct tvt_message finished = decoded("ecdsa", TVT_HT_FINISHED, 0, 0);
    struct tvt_message client2 = decoded("ecdsa", TVT_HT_CLIENT_HELLO, 1, 0),
                       server2 = decoded("ecdsa", TVT_HT_SERVER_HELLO, 1, 0);
    CU_ASSERT(finished.kind == TVT_MSG_FINISHED && finished.u.finished.len == 12);
    CU_ASSERT(tvt_span_equal(client2.u.client_hello.ext.renegotiation_info, finished.u.finished));
    CU_ASSERT_EQUAL(server2.u.server_hello.ext.renegotiation_info.len, 24);
    CU_ASSERT_EQUAL(decoded("ecdsa", TVT_HT_HELLO_REQUEST, 0, 0).kind, TVT_MSG_HELLO_REQUEST);
}

static void
test_server_fields(void)
{
    struct tvt_message m = decoded("ecdsa", TVT_HT_CERTIFICATE, 0, 0);
    struct tvt_certificate leaf;

    CU_ASSERT(m.kind == TVT_MSG_CERTIFICATE12 && m.u.certificate.num >= 2 && m.u.certificate.context.len == 0);
    CU_ASSERT(tvt_certificate_parse(&leaf, m.u.certificate.cert[0], "Certificate[0]", NULL) == TVT_OK);
    m = decoded("ecdsa", TVT_HT_CERTIFICATE_STATUS, 0, 0);
    CU_ASSERT(m.kind == TVT_MSG_CERTIFICATE_STATUS && m.u.certificate_status.len == m.raw.len - 8);
    m = decoded("ecdsa", TVT_HT_SERVER_KEY_EXCHANGE, 0, 0);
    CU_ASSERT(m.kind == TVT_MSG_SERVER_KEY_EXCHANGE && m.u.server_key_exchange.group == TVT_GROUP_X25519);
    CU_ASSERT(m.u.server_key_exchange.point.len == 32 && m.u.server_key_exchange.params.len == 36);
    CU_ASSERT(m.u.server_key_exchange.params.data == m.raw.data + 4 && m.u.server_key_exchange.identity_hint.len == 0);
    CU_ASSERT_EQUAL(m.u.server_key_exchange.scheme, TVT_SCHEME_ECDSA_SECP256R1_SHA256);
    m = decoded("ecdsa", TVT_HT_CERTIFICATE_REQUEST, 0, 0);
    struct tvt_span names = m.u.certificate_request12.authorities, name;
    CU_ASSERT(tvt_list8_has(m.u.certificate_request12.types, TVT_CLIENT_CERTIFICATE_RSA_SIGN));
    CU_ASSERT(tvt_list8_has(m.u.certificate_request12.types, TVT_CLIENT_CERTIFICATE_ECDSA_SIGN));
    CU_ASSERT(tvt_list16_has(m.u.certificate_request12.signature_algorithms, TVT_SCHEME_ED25519));
    CU_ASSERT(tvt_list_next_vec16(&names, &name) && name.len > 2 && name.data[0] == 0x30 && names.len == 0);
    m = decoded("rsa", TVT_HT_NEW_SESSION_TICKET, 0, 0);
    CU_ASSERT(m.kind == TVT_MSG_NEW_SESSION_TICKET12 && m.u.new_session_ticket12.lifetime_hint == 7200);
    struct tvt_message offer = decoded("resumed", TVT_HT_CLIENT_HELLO, 0, 0);
    CU_ASSERT(tvt_span_equal(offer.u.client_hello.ext.session_ticket, m.u.new_session_ticket12.ticket));
    CU_ASSERT_EQUAL(decoded("rsa", TVT_HT_SERVER_HELLO_DONE, 0, 0).kind, TVT_MSG_SERVER_HELLO_DONE);
}

static void
test_client_fields(void)
{
    struct tvt_message m = decoded("ecdsa", TVT_HT_CLIENT_KEY_EXCHANGE, 0, 0);

    CU_ASSERT(m.kind == TVT_MSG_CLIENT_KEY_EXCHANGE && m.u.client_key_exchange.point.len == 32);
    m = decoded("ecdsa", TVT_HT_CERTIFICATE_VERIFY, 0, 0);
    CU_ASSERT(m.kind == TVT_MSG_CERTIFICATE_VERIFY);
    CU_ASSERT_EQUAL(m.u.certificate_verify.scheme, TVT_SCHEME_ECDSA_SECP256R1_SHA256);
    m = decoded("psk", TVT_HT_SERVER_KEY_EXCHANGE, 0, TVT_FORM12_PSK);
    CU_ASSERT(tvt_span_is(m.u.server_key_exchange.identity_hint, "hint"));
    CU_ASSERT(m.u.server_key_exchange.params.len == 36 && m.u.server_key_exchange.params.data == m.raw.data + 10);
    CU_ASSERT(m.u.server_key_exchange.scheme == 0 && m.u.server_key_exchange.signature.len == 0);
    m = decoded("psk", TVT_HT_CLIENT_KEY_EXCHANGE, 0, TVT_FORM12_PSK);
    CU_ASSERT(tvt_span_is(m.u.client_key_exchange.identity, "somebody") && m.u.client_key_exchange.point.len == 32);
}

/* The recorded signatures are over what tvt_write_signed_params() writes. */
static void
check_signed_params(const char *name, uint8_t family, uint8_t key_type)
{
    struct tvt_message client = decoded(name, TVT_HT_CLIENT_HELLO, 0, 0),
                       server = decoded(name, TVT_HT_SERVER_HELLO, 0, 0),
                       certificate = decoded(name, TVT_HT_CERTIFICATE, 0, 0),
                       exchange = decoded(name, TVT_HT_SERVER_KEY_EXCHANGE, 0, 0);
    const struct tvt_server_key_exchange *m = &exchange.u.server_key_exchange;
    const struct tvt_scheme *scheme = tvt_scheme_find(m->scheme);
    uint8_t content[TVT_SIGNED_PARAMS_MAX], params[TVT_ECDH_PARAMS_MAX];
    struct tvt_certificate leaf;
    struct tvt_writer w;

    CU_ASSERT_FATAL(scheme != NULL && scheme->family == family && tvt_scheme_takes_key12(scheme, key_type));
    CU_ASSERT_FATAL(tvt_certificate_parse(&leaf, certificate.u.certificate.cert[0], "leaf", NULL) == TVT_OK);
    CU_ASSERT_EQUAL_FATAL(leaf.key.type, key_type);
    tvt_writer_init(&w, params, sizeof params);
    tvt_write_ecdh_params(&w, m->group, m->point);
    CU_ASSERT(!w.overflow && tvt_span_equal(tvt_span(params, tvt_writer_len(&w)), m->params));
    tvt_writer_init(&w, content, sizeof content);
    tvt_write_signed_params(&w, client.u.client_hello.random, server.u.server_hello.random, m->params);
    CU_ASSERT_FALSE(w.overflow);
    const struct tvt_provider *p = x509_provider_for(family, key_type, scheme->hash);
    if (p == NULL) {
        printf("\n    no backend verifies %s: its recorded signature is not checked", scheme->name);
        return;
    }
    const struct tvt_signature *s = tvt_provider_signature(p, family, key_type, scheme->hash);
    CU_ASSERT_EQUAL(
        s->verify(s, scheme->hash, &leaf.key, content, tvt_writer_len(&w), m->signature.data, m->signature.len),
        TVT_CRYPTO_OK);
    content[31] ^= 1;
    CU_ASSERT_EQUAL(tvt_crypto_kind(s->verify(s, scheme->hash, &leaf.key, content, tvt_writer_len(&w),
                                              m->signature.data, m->signature.len)),
                    TVT_CRYPTO_AUTH);
}

static void
test_signed_params(void)
{
    check_signed_params("ecdsa", TVT_SIG_ECDSA, TVT_KEY_P256);
    check_signed_params("rsa", TVT_SIG_RSA_PSS, TVT_KEY_RSA);
}

int tvt_register_message12(void);

int
tvt_register_message12(void)
{
    static CU_TestInfo tests[] = {
        {"round trip of every recorded message", test_round_trip},
        {"every truncation is a decode_error", test_truncations},
        {"trailing bytes", test_trailing},
        {"every byte changed", test_mutations},
        {"fields of the hellos", test_hello_fields},
        {"fields of the server's messages", test_server_fields},
        {"fields of the client's messages", test_client_fields},
        {"what is signed", test_signed_params},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"handshake messages of TLS 1.2", read_recordings, drop_recordings, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
