/* SPDX-License-Identifier: MIT
 *
 * Peers that break TLS 1.2, a row each: what is bent, the error that the victim must find, the field it must name, and the
 * alert as the other side reads it off the wire.
 */
#include "core/connection/connection.h"
#include "tests/unit/hostile_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_hostile12(void);

#define Z16  "00000000000000000000000000000000"
#define Z32  Z16 Z16
#define FULL TLS12_REQUEST | TLS12_GIVE | TLS12_STAPLE

#define ANOTHER_SUITE "cca9" /* see another_suite() */

/* ---- ClientHello ---- */

static void
ch_no_null(struct tvt_client_hello *m)
{
    m->compression = tvt_span("\1", 1);
}
static void
ch_deflate_too(struct tvt_client_hello *m)
{
    m->compression = tvt_span("\1\0", 2);
}
static void
ch_old_suites(struct tvt_client_hello *m)
{
    m->suites = tvt_span("\x00\x2f\x00\x9c\xc0\x13\x00\x9e\x00\xff", 10); /* static RSA, CBC, DHE, and the SCSV */
}
static void
ch_rsa_suite(struct tvt_client_hello *m)
{
    m->suites = tvt_span("\xcc\xa8", 2);
}
static void
ch_psk_suite(struct tvt_client_hello *m)
{
    m->suites = tvt_span("\xcc\xac", 2);
}
static void
ch_scsv(struct tvt_client_hello *m)
{
    static uint8_t suites[64];
    memcpy(suites, m->suites.data, m->suites.len);
    suites[m->suites.len] = 0;
    suites[m->suites.len + 1] = 0xff;
    m->suites = tvt_span(suites, m->suites.len + 2);
}
static void
ch_ssl3(struct tvt_client_hello *m)
{
    m->legacy_version = 0x0300;
}
static void
ch_tls11(struct tvt_client_hello *m)
{
    m->legacy_version = 0x0302;
}

#define CH(name, op, at, hex, code, field)                                                                             \
    {                                                                                                                  \
        name, TVT_CLIENT, TVT_MSG_CLIENT_HELLO, op, at, hex, 0, code, field, 0, NULL, NULL                             \
    }
#define CF(name, function, code, field)                                                                                \
    {                                                                                                                  \
        name, TVT_CLIENT, TVT_MSG_CLIENT_HELLO, TVT_BEND_CLIENT, 0, NULL, 0, code, field, 0, function, NULL            \
    }

static const struct hostile_row client_hello_rows[] = {
    CF("SSL 3.0", ch_ssl3, TVT_E_PROTOCOL_VERSION, "legacy_version"),
    CF("TLS 1.1", ch_tls11, TVT_E_PROTOCOL_VERSION, "legacy_version"),
    CF("compression alone", ch_no_null, TVT_E_WRONG_COMPRESSION, "compression_methods"),
    CF("old suites alone", ch_old_suites, TVT_E_NO_COMMON_SUITE, "cipher_suites"),
    CF("a suite for RSA, a key of Ed25519", ch_rsa_suite, TVT_E_NO_COMMON_SIGNATURE, NULL),
    CF("a suite for keys, and no keys", ch_psk_suite, TVT_E_NO_COMMON_SIGNATURE, NULL),
    CH("no extended master secret", TVT_BEND_DROP, 23, NULL, TVT_E_NO_EXTENDED_MASTER_SECRET, "extended_master_secret"),
    CH("extended master secret with data", TVT_BEND_PUT, 23, "00", TVT_E_TRAILING_BYTES, "extended_master_secret"),
    CH("extended master secret twice", TVT_BEND_TWICE, 23, NULL, TVT_E_DUPLICATE_EXTENSION, NULL),
    CH("renegotiation_info that is not empty", TVT_BEND_PUT, 65281, "0c000102030405060708090a0b",
       TVT_E_BAD_RENEGOTIATION_INFO, "renegotiation_info"),
    CH("renegotiation_info without its length", TVT_BEND_PUT, 65281, "", TVT_E_TRUNCATED, NULL),
    CH("compressed points alone", TVT_BEND_PUT, 11, "0101", TVT_E_POINT_FORMATS, "ec_point_formats"),
    CH("no point format", TVT_BEND_PUT, 11, "00", TVT_E_BAD_LENGTH, NULL),
    CH("ffdhe2048 alone", TVT_BEND_PUT, 10, "00020100", TVT_E_NO_COMMON_GROUP, "supported_groups"),
    CH("a hybrid group alone", TVT_BEND_PUT, 10, "000211ec", TVT_E_NO_COMMON_GROUP, "supported_groups"),
    CH("no group", TVT_BEND_PUT, 10, "0000", TVT_E_BAD_LENGTH, NULL),
    CH("signatures of RSA alone", TVT_BEND_PUT, 13, "00020401", TVT_E_NO_COMMON_SIGNATURE, "signature_algorithms"),
    CH("no signature", TVT_BEND_PUT, 13, "0000", TVT_E_BAD_LENGTH, NULL),
    CH("signature_algorithms left out", TVT_BEND_DROP, 13, NULL, TVT_E_NO_COMMON_SIGNATURE, "signature_algorithms"),
    CH("a byte too many", TVT_BEND_TAIL, 0, "00", TVT_E_TRAILING_BYTES, NULL),
    CH("a byte too few", TVT_BEND_CUT, 1, NULL, TVT_E_TRUNCATED, NULL),
    CH("a message behind", TVT_BEND_BEHIND, 0, "0e000000", TVT_E_KEY_CHANGE_MID_RECORD, NULL),
};

static const struct hostile_row good_rows[] = {
    CF("compression too", ch_deflate_too, TVT_E_NONE, NULL),
    CF("the SCSV of RFC 5746 besides", ch_scsv, TVT_E_NONE, NULL),
    CH("no groups: any (RFC 8422 4)", TVT_BEND_DROP, 10, NULL, TVT_E_NONE, NULL),
    CH("no point formats: uncompressed", TVT_BEND_DROP, 11, NULL, TVT_E_NONE, NULL),
    CH("no renegotiation_info", TVT_BEND_DROP, 65281, NULL, TVT_E_NONE, NULL),
    CH("an extension that nobody knows", TVT_BEND_ADD, 0x1234, "0102", TVT_E_NONE, NULL),
};

/* ---- the server's messages ---- */

#define SH(name, op, at, hex, code, field)                                                                             \
    {                                                                                                                  \
        name, TVT_SERVER, TVT_MSG_SERVER_HELLO12, op, at, hex, 0, code, field, 0, NULL, NULL                           \
    }
#define SM(name, kind, flags, op, at, hex, code, field)                                                                \
    {                                                                                                                  \
        name, TVT_SERVER, TVT_MSG_##kind, op, at, hex, flags, code, field, 0, NULL, NULL                               \
    }

static const struct hostile_row server_hello_rows[] = {
    SH("TLS 1.1", TVT_BEND_SET, 4, "0302", TVT_E_PROTOCOL_VERSION, "server_version"),
    SH("TLS 1.3 that is none", TVT_BEND_SET, 4, "0304", TVT_E_PROTOCOL_VERSION, "server_version"),
    SM("TLS 1.1, of both", SERVER_HELLO12, TLS12_BOTH, TVT_BEND_SET, 4, "0302", TVT_E_PROTOCOL_VERSION,
       "legacy_version"),
    SH("static RSA", TVT_BEND_SET, 39, "009c", TVT_E_WRONG_SUITE, "cipher_suite"),
    SH("a suite of TLS 1.3", TVT_BEND_SET, 39, "1303", TVT_E_WRONG_SUITE, "cipher_suite"),
    SH("a suite for keys that was not offered", TVT_BEND_SET, 39, "ccac", TVT_E_WRONG_SUITE, "cipher_suite"),
    SH("CCM with a short tag, which is off", TVT_BEND_SET, 39, "c0ae", TVT_E_WRONG_SUITE, "cipher_suite"),
    SH("a suite for RSA, a key of Ed25519", TVT_BEND_SET, 39, "cca8", TVT_E_WRONG_SUITE, NULL),
    SH("compression", TVT_BEND_SET, 41, "01", TVT_E_WRONG_COMPRESSION, "compression_method"),
    SH("no extended master secret", TVT_BEND_DROP, 23, NULL, TVT_E_NO_EXTENDED_MASTER_SECRET, "extended_master_secret"),
    SH("extended master secret with data", TVT_BEND_PUT, 23, "00", TVT_E_TRAILING_BYTES, "extended_master_secret"),
    SH("extended master secret twice", TVT_BEND_TWICE, 23, NULL, TVT_E_DUPLICATE_EXTENSION, "extended_master_secret"),
    SH("renegotiation_info that is not empty", TVT_BEND_PUT, 65281, "0100", TVT_E_BAD_RENEGOTIATION_INFO,
       "renegotiation_info"),
    SH("no renegotiation_info", TVT_BEND_DROP, 65281, NULL, TVT_E_NO_RENEGOTIATION_INFO, "renegotiation_info"),
    SM("no renegotiation_info, with a key", SERVER_HELLO12, TLS12_PSK, TVT_BEND_DROP, 65281, NULL,
       TVT_E_NO_RENEGOTIATION_INFO, "renegotiation_info"),
    SM("no renegotiation_info, of a session", SERVER_HELLO12, TLS12_TICKET, TVT_BEND_DROP, 65281, NULL,
       TVT_E_NO_RENEGOTIATION_INFO, "renegotiation_info"),
    SH("an extension that nobody knows", TVT_BEND_ADD, 0x1234, "", TVT_E_UNSUPPORTED_EXTENSION, NULL),
    SH("encrypt_then_mac", TVT_BEND_ADD, 22, "", TVT_E_UNSUPPORTED_EXTENSION, NULL),
    SH("a protocol that was not asked for", TVT_BEND_ADD, 16, "0003026832", TVT_E_UNSUPPORTED_EXTENSION, NULL),
    SH("a staple that was not asked for", TVT_BEND_ADD, 5, "", TVT_E_UNSUPPORTED_EXTENSION, NULL),
    SH("SCTs that were not asked for", TVT_BEND_ADD, 18, "00030001 61", TVT_E_UNSUPPORTED_EXTENSION, NULL),
    SH("a limit that was not asked for", TVT_BEND_ADD, 28, "0100", TVT_E_UNSUPPORTED_EXTENSION, NULL),
    SH("max_fragment_length that was not asked for", TVT_BEND_ADD, 1, "01", TVT_E_UNSUPPORTED_EXTENSION, NULL),
    SH("a share of a key", TVT_BEND_ADD, 51, "001d", TVT_E_FORBIDDEN_EXTENSION, "key_share"),
    SH("compressed points alone", TVT_BEND_PUT, 11, "0101", TVT_E_ILLEGAL_PARAMETER, NULL),
    SM("another protocol", SERVER_HELLO12, TLS12_ALPN, TVT_BEND_PUT, 16, "0003026833", TVT_E_BAD_ALPN, "alpn"),
    SM("another suite for the same session", SERVER_HELLO12, TLS12_ID, TVT_BEND_SET, 71, ANOTHER_SUITE,
       TVT_E_WRONG_SUITE, "cipher_suite"),
    SM("the same session without its master secret", SERVER_HELLO12, TLS12_TICKET, TVT_BEND_DROP, 23, NULL,
       TVT_E_NO_EXTENDED_MASTER_SECRET, NULL),
    SH("a byte too many", TVT_BEND_TAIL, 0, "00", TVT_E_TRAILING_BYTES, NULL),
    SH("a byte too few", TVT_BEND_CUT, 1, NULL, TVT_E_TRUNCATED, NULL),
};

static const struct hostile_row server_rows[] = {
    SM("no certificate", CERTIFICATE12, 0, TVT_BEND_RAW, 0, "0b000003 000000", TVT_E_NO_CERTIFICATE,
       "certificate_list"),
    SM("a certificate that is none", CERTIFICATE12, 0, TVT_BEND_RAW, 0, "0b000008 000005 000002 3000",
       TVT_E_NOT_A_CERTIFICATE, NULL),
    SM("a byte too few", CERTIFICATE12, 0, TVT_BEND_CUT, 1, NULL, TVT_E_TRUNCATED, NULL),
    SM("a byte too many", CERTIFICATE12, 0, TVT_BEND_TAIL, 0, "00", TVT_E_TRAILING_BYTES, NULL),
    SM("a staple of another kind", CERTIFICATE_STATUS, FULL, TVT_BEND_SET, 4, "02", TVT_E_ILLEGAL_PARAMETER,
       "status_type"),
    SM("a staple without a response", CERTIFICATE_STATUS, FULL, TVT_BEND_RAW, 0, "16000004 01 000000", TVT_E_BAD_LENGTH,
       "response"),
    SM("a staple that is changed", CERTIFICATE_STATUS, FULL, TVT_BEND_RAW, 0, "16000006 01 000002 3000",
       TVT_E_OCSP_MALFORMED, NULL),
    SM("an explicit curve", SERVER_KEY_EXCHANGE, 0, TVT_BEND_SET, 4, "01", TVT_E_ILLEGAL_PARAMETER, "curve_type"),
    SM("another curve", SERVER_KEY_EXCHANGE, 0, TVT_BEND_SET, 5, "0017", TVT_E_BAD_SIGNATURE, "signature"),
    SM("another point", SERVER_KEY_EXCHANGE, 0, TVT_BEND_FLIP, 8, NULL, TVT_E_BAD_SIGNATURE, "signature"),
    SM("SHA-1 with RSA", SERVER_KEY_EXCHANGE, 0, TVT_BEND_SET, 40, "0201", TVT_E_WRONG_SIGNATURE_SCHEME, "algorithm"),
    SM("a scheme of another key", SERVER_KEY_EXCHANGE, 0, TVT_BEND_SET, 40, "0403", TVT_E_WRONG_SIGNATURE_SCHEME,
       "algorithm"),
    SM("another signature", SERVER_KEY_EXCHANGE, 0, TVT_BEND_FLIP, -1, NULL, TVT_E_BAD_SIGNATURE, "signature"),
    SM("a byte too few", SERVER_KEY_EXCHANGE, 0, TVT_BEND_CUT, 1, NULL, TVT_E_TRUNCATED, NULL),
    SM("a byte too many", SERVER_KEY_EXCHANGE, 0, TVT_BEND_TAIL, 0, "00", TVT_E_TRAILING_BYTES, NULL),
    SM("a curve that was not offered", SERVER_KEY_EXCHANGE, TLS12_PSK, TVT_BEND_SET, 7, "001a", TVT_E_WRONG_GROUP,
       "namedcurve"),
    SM("a hybrid group", SERVER_KEY_EXCHANGE, TLS12_PSK, TVT_BEND_SET, 7, "11ec", TVT_E_WRONG_GROUP, "namedcurve"),
    SM("a point of no order", SERVER_KEY_EXCHANGE, TLS12_PSK, TVT_BEND_SET, 10, Z32, TVT_E_BAD_KEY_SHARE, "public"),
    SM("a point that is too short", SERVER_KEY_EXCHANGE, TLS12_PSK, TVT_BEND_RAW, 0, "0c000007 0000 03 001d 01 41",
       TVT_E_BAD_KEY_SHARE, "public"),
    SM("no certificate_types", CERTIFICATE_REQUEST12, TLS12_REQUEST, TVT_BEND_RAW, 0, "0d000007 00 0002 0403 0000",
       TVT_E_BAD_LENGTH, "certificate_types"),
    SM("no signature", CERTIFICATE_REQUEST12, TLS12_REQUEST, TVT_BEND_RAW, 0, "0d000006 01 40 0000 0000",
       TVT_E_BAD_LENGTH, "supported_signature_algorithms"),
    SM("a byte too many", CERTIFICATE_REQUEST12, TLS12_REQUEST, TVT_BEND_TAIL, 0, "00", TVT_E_TRAILING_BYTES, NULL),
    SM("a byte too many", SERVER_HELLO_DONE, 0, TVT_BEND_TAIL, 0, "00", TVT_E_TRAILING_BYTES, "ServerHelloDone"),
    SM("a message behind", SERVER_HELLO_DONE, 0, TVT_BEND_BEHIND, 0, "00000000", TVT_E_KEY_CHANGE_MID_RECORD, NULL),
    SM("a byte too many", NEW_SESSION_TICKET12, TLS12_GIVE, TVT_BEND_TAIL, 0, "00", TVT_E_TRAILING_BYTES, NULL),
    SM("a byte too few", NEW_SESSION_TICKET12, TLS12_GIVE, TVT_BEND_CUT, 1, NULL, TVT_E_TRUNCATED, "ticket"),
    SM("another Finished", FINISHED, 0, TVT_BEND_FLIP, -1, NULL, TVT_E_BAD_FINISHED, "verify_data"),
    SM("another Finished, of a session", FINISHED, TLS12_ID, TVT_BEND_FLIP, 4, NULL, TVT_E_BAD_FINISHED, "verify_data"),
    SM("a short Finished", FINISHED, 0, TVT_BEND_CUT, 1, NULL, TVT_E_TRUNCATED, "verify_data"),
    SM("a long Finished", FINISHED, 0, TVT_BEND_TAIL, 0, "00", TVT_E_TRAILING_BYTES, "Finished"),
    SM("a message behind Finished", FINISHED, 0, TVT_BEND_BEHIND, 0, "00000000", TVT_E_KEY_CHANGE_MID_RECORD, NULL),
};

/* ---- the client's messages ---- */

#define CM(name, kind, flags, op, at, hex, code, field)                                                                \
    {                                                                                                                  \
        name, TVT_CLIENT, TVT_MSG_##kind, op, at, hex, flags, code, field, 0, NULL, NULL                               \
    }

static const struct hostile_row client_rows[] = {
    CM("no certificate", CERTIFICATE12, TLS12_REQUEST, TVT_BEND_RAW, 0, "0b000003 000000", TVT_E_CERTIFICATE_REQUIRED12,
       "certificate_list"),
    CM("no certificate, and a proof of it", CERTIFICATE12, TLS12_OPTION, TVT_BEND_RAW, 0, "0b000003 000000",
       TVT_E_UNEXPECTED_MESSAGE, NULL),
    CM("a certificate that is none", CERTIFICATE12, TLS12_REQUEST, TVT_BEND_RAW, 0, "0b000008 000005 000002 3000",
       TVT_E_NOT_A_CERTIFICATE, NULL),
    CM("a point of no order", CLIENT_KEY_EXCHANGE, 0, TVT_BEND_SET, 5, Z32, TVT_E_BAD_KEY_SHARE, "public"),
    CM("a point that is too short", CLIENT_KEY_EXCHANGE, 0, TVT_BEND_RAW, 0, "10000002 01 41", TVT_E_BAD_KEY_SHARE,
       "public"),
    CM("no point", CLIENT_KEY_EXCHANGE, 0, TVT_BEND_RAW, 0, "10000001 00", TVT_E_BAD_LENGTH, "ecdh_Yc"),
    CM("a byte too few", CLIENT_KEY_EXCHANGE, 0, TVT_BEND_CUT, 1, NULL, TVT_E_TRUNCATED, NULL),
    CM("a byte too many", CLIENT_KEY_EXCHANGE, 0, TVT_BEND_TAIL, 0, "00", TVT_E_TRAILING_BYTES, NULL),
    CM("a stranger", CLIENT_KEY_EXCHANGE, TLS12_PSK, TVT_BEND_FLIP, 6, NULL, TVT_E_UNKNOWN_PSK_IDENTITY,
       "psk_identity"),
    CM("a point of no order, with a key", CLIENT_KEY_EXCHANGE, TLS12_PSK, TVT_BEND_SET, 15, Z32, TVT_E_BAD_KEY_SHARE,
       "public"),
    CM("a scheme of another key", CERTIFICATE_VERIFY, TLS12_REQUEST, TVT_BEND_SET, 4, "0403",
       TVT_E_WRONG_SIGNATURE_SCHEME, "algorithm"),
    CM("a scheme that nobody knows", CERTIFICATE_VERIFY, TLS12_REQUEST, TVT_BEND_SET, 4, "0101",
       TVT_E_WRONG_SIGNATURE_SCHEME, "algorithm"),
    CM("another signature", CERTIFICATE_VERIFY, TLS12_REQUEST, TVT_BEND_FLIP, -1, NULL, TVT_E_BAD_SIGNATURE,
       "signature"),
    CM("a byte too few", CERTIFICATE_VERIFY, TLS12_REQUEST, TVT_BEND_CUT, 1, NULL, TVT_E_TRUNCATED, NULL),
    CM("another Finished", FINISHED, 0, TVT_BEND_FLIP, -1, NULL, TVT_E_BAD_FINISHED, "verify_data"),
    CM("another Finished, of a session", FINISHED, TLS12_TICKET, TVT_BEND_FLIP, 4, NULL, TVT_E_BAD_FINISHED,
       "verify_data"),
    CM("a short Finished", FINISHED, TLS12_REQUEST, TVT_BEND_CUT, 1, NULL, TVT_E_TRUNCATED, "verify_data"),
    CM("a long Finished", FINISHED, 0, TVT_BEND_TAIL, 0, "00", TVT_E_TRAILING_BYTES, "Finished"),
    CM("a message behind Finished", FINISHED, 0, TVT_BEND_BEHIND, 0, "0e000000", TVT_E_KEY_CHANGE_MID_RECORD, NULL),
};

/* ---- a row ---- */

/* "Another suite" is ChaCha20-Poly1305, unless that is the one which the server prefers: where AES is slow. */
static const char *
another_suite(const struct tvt_config *c)
{
    for (size_t i = 0; i < c->num_suites; i++)
        if (c->suites[i]->auth == TVT_AUTH_ECDSA)
            return c->suites[i]->id == 0xcca9u ? "c02b" : ANOTHER_SUITE;
    return ANOTHER_SUITE;
}

static void
run_row(const struct hostile_row *row)
{
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, row->flags));
    for (int role = 0; role < 2; role++) /* the rows name X25519 and ChaCha20-Poly1305, which every backend has */
        if (tvt_provider_kx(b.f.config[role]->provider, TVT_GROUP_SECP256R1) != NULL)
            CU_ASSERT_EQUAL(tvt_config_set_groups(b.f.config[role], "x25519:P-256", NULL), TVT_OK);
    struct tvt_bend *bend = hostile_bend(&b.f, row);
    if (row->hex != NULL && strcmp(row->hex, ANOTHER_SUITE) == 0)
        bend->hex = another_suite(b.f.config[TVT_SERVER]);
    tls12_connect(&b, row->flags);
    bool done = tvt_pair_handshake(&b.f.pair);
    CU_ASSERT(bend->done && done == (row->code == TVT_E_NONE));
    hostile_judge(&b.f, row);
    if (row->code == TVT_E_NONE)
        CU_ASSERT(resume_exchange(&b));
    resume_close(&b);
}

#define RUN(rows)                                                                                                      \
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)                                                          \
    run_row(&rows[i])
static void
client_hellos(void)
{
    RUN(client_hello_rows);
}
static void
server_hellos(void)
{
    RUN(server_hello_rows);
}
static void
of_servers(void)
{
    RUN(server_rows);
}
static void
of_clients(void)
{
    RUN(client_rows);
}
static void
tolerated(void)
{
    RUN(good_rows);
}

/* ---- what is no message ---- */

/* The id that a client of both versions made up comes back: of no session (RFC 5246 7.4.1.3). */
static uint8_t seen_id[32];
static bool
see_id(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    (void)user;
    if (kind == TVT_MSG_CLIENT_HELLO)
        memcpy(seen_id, message->data + TVT_HANDSHAKE_HEADER + 35, sizeof seen_id);
    return false;
}
static enum tvt_message_kind
send_id_back(struct tvt_server_hello *m)
{
    m->session_id = tvt_span(seen_id, sizeof seen_id);
    return TVT_MSG_SERVER_HELLO12;
}

static void
id_of_nothing(void)
{
    static struct tvt_bend bend;
    struct resume b;
    memset(&bend, 0, offsetof(struct tvt_bend, out));
    bend.kind = TVT_MSG_SERVER_HELLO12;
    bend.op = TVT_BEND_SERVER;
    bend.server = send_id_back;
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_BOTH));
    b.f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){see_id, NULL};
    b.f.config[TVT_SERVER]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
    CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
    CU_ASSERT(bend.done && tls12_failed(&b, TVT_CLIENT, TVT_E_WRONG_SESSION_ID));
    resume_close(&b);
}

/* A ClientHello of SSL 2.0 (RFC 5246 E.2) and a request in another protocol. */
static void
not_tls(void)
{
    static const char *const firsts[] = {"802e0103010015000000100000", "474554202f20485454502f312e310d0a0d0a"};
    for (size_t i = 0; i < 2; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        tls12_connect(&b, 0);
        struct tvt_queue *q = &b.f.pair.queue[TVT_SERVER];
        q->len = q->total = tvt_bend_hex(q->bytes, 64, firsts[i]);
        while (tvt_pair_step(&b.f.pair, TVT_SERVER))
            ;
        const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&b.f, TVT_SERVER));
        CU_ASSERT(e->code == TVT_E_NOT_TLS && e->alert == TVT_ALERT_PROTOCOL_VERSION);
        resume_close(&b);
    }
}

int
tvt_register_hostile12(void)
{
    static const CU_TestInfo tests[] = {
        {"ClientHellos", client_hellos},        {"ServerHellos", server_hellos},
        {"messages of servers", of_servers},    {"messages of clients", of_clients},
        {"what is odd and allowed", tolerated}, {"the id of no session", id_of_nothing},
        {"what is not TLS", not_tls},
    };
    return suite_register("hostile, TLS 1.2", tests, sizeof tests / sizeof tests[0]);
}
