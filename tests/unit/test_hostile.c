/* SPDX-License-Identifier: MIT
 *
 * Peers that break the handshake protocol, a row each: what is bent, the error that the victim must find, the field it
 * must name, and the alert as the other side reads it off the wire.
 */
#include "core/connection/connection.h"
#include "tests/unit/hostile_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_hostile(void);

/* How the two sides are set up. */
#define RETRY   0x01u /* the client offers no share: a HelloRetryRequest comes */
#define REQUEST 0x02u /* the server requires a client certificate               */
#define ALPN    0x04u /* both have ALPN "h2"                                    */
#define ALPN3   0x08u /* the client has "h3", the server "h2"                   */
#define RSA     0x10u /* an RSA key, the client takes one PSS scheme only       */
#define POINTS  0x20u /* P-256 is the only group                                */
#define SUITE1  0x40u /* ChaCha20 and AES-256 suites on the client, AES-256 on the server */

#define ZEROS32 "0000000000000000000000000000000000000000000000000000000000000000"

/* ---- hellos changed field by field ---- */

static void
ch_old_version(struct tvt_client_hello *m)
{
    m->legacy_version = 0x0302;
}
static void
ch_compression(struct tvt_client_hello *m)
{
    m->compression = tvt_span("\0\1", 2);
}
static void
ch_compression_one(struct tvt_client_hello *m)
{
    m->compression = tvt_span("\1", 1);
}
static void
ch_suites(struct tvt_client_hello *m)
{
    m->suites = tvt_span("\x13\x99", 2);
}
static void
ch_random(struct tvt_client_hello *m)
{
    m->random = tvt_span("0123456789abcdef0123456789abcdef", 32);
}
static void
ch_session(struct tvt_client_hello *m)
{
    m->session_id = tvt_span("other", 5);
}
static void
ch_fewer_suites(struct tvt_client_hello *m)
{
    m->suites = tvt_span(m->suites.data, m->suites.len - 2);
}
static void
ch_no_extensions(struct tvt_client_hello *m)
{
    m->has_extensions = false;
}

static enum tvt_message_kind
sh_session(struct tvt_server_hello *m)
{
    m->session_id = tvt_span("other", 5);
    return TVT_MSG_SERVER_HELLO13;
}

static enum tvt_message_kind
sh_suite(struct tvt_server_hello *m)
{
    m->suite = 0x1399;
    return TVT_MSG_SERVER_HELLO13;
}

static enum tvt_message_kind
sh_suite12(struct tvt_server_hello *m)
{
    m->suite = 0xc02f;
    return TVT_MSG_SERVER_HELLO13;
}

static enum tvt_message_kind
sh_other_suite(struct tvt_server_hello *m)
{
    m->suite = 0x1303;
    return TVT_MSG_SERVER_HELLO13;
}

static enum tvt_message_kind
sh_compression(struct tvt_server_hello *m)
{
    m->compression = 1;
    return TVT_MSG_SERVER_HELLO13;
}

static enum tvt_message_kind
sh_legacy(struct tvt_server_hello *m)
{
    m->legacy_version = 0x0304;
    return TVT_MSG_SERVER_HELLO13;
}

static enum tvt_message_kind
sh_selected12(struct tvt_server_hello *m)
{
    m->ext.selected_version = 0x0303;
    return TVT_MSG_SERVER_HELLO13;
}

static enum tvt_message_kind
to_tls12(struct tvt_server_hello *m, const char *random)
{
    m->random = tvt_span(random, 32);
    m->ext.present = 0;
    m->suite = 0xc02f;
    return TVT_MSG_SERVER_HELLO12;
}

static enum tvt_message_kind
sh_tls12(struct tvt_server_hello *m)
{
    return to_tls12(m, "0123456789abcdef0123456789abcdef");
}

static enum tvt_message_kind
sh_marked12(struct tvt_server_hello *m)
{
    return to_tls12(m, "0123456789abcdef01234567DOWNGRD\1");
}

static enum tvt_message_kind
sh_marked11(struct tvt_server_hello *m)
{
    m->legacy_version = 0x0302;
    return to_tls12(m, "0123456789abcdef01234567DOWNGRD");
}

static enum tvt_message_kind
sh_to_retry(struct tvt_server_hello *m)
{
    m->random = tvt_span(tvt_hello_retry_random, 32);
    return TVT_MSG_HELLO_RETRY;
}

static enum tvt_message_kind
sh_to_empty_retry(struct tvt_server_hello *m)
{
    m->ext.present &= ~TVT_EXT_BIT(TVT_EXT_KEY_SHARE);
    return sh_to_retry(m);
}

static enum tvt_message_kind
sh_to_strange_retry(struct tvt_server_hello *m)
{
    m->ext.key_share_group = 0x0100;
    return sh_to_retry(m);
}

static enum tvt_message_kind
hrr_suite(struct tvt_server_hello *m)
{
    m->suite = 0x1399;
    return TVT_MSG_HELLO_RETRY;
}

static enum tvt_message_kind
hrr_session(struct tvt_server_hello *m)
{
    m->session_id = tvt_span("other", 5);
    return TVT_MSG_HELLO_RETRY;
}

static enum tvt_message_kind
hrr_selected12(struct tvt_server_hello *m)
{
    m->ext.selected_version = 0x0303;
    return TVT_MSG_HELLO_RETRY;
}

/* ---- the rows ---- */

#define C     TVT_CLIENT
#define S     TVT_SERVER
#define CH    TVT_MSG_CLIENT_HELLO
#define SH    TVT_MSG_SERVER_HELLO13
#define HRR   TVT_MSG_HELLO_RETRY
#define EE    TVT_MSG_ENCRYPTED_EXTENSIONS
#define CR    TVT_MSG_CERTIFICATE_REQUEST
#define CT    TVT_MSG_CERTIFICATE
#define CV    TVT_MSG_CERTIFICATE_VERIFY
#define FIN   TVT_MSG_FINISHED
#define OP(x) TVT_BEND_##x
#define E(x)  TVT_E_##x

static const struct hostile_row client_hello_rows[] = {
    {"legacy_version 0x0302", C, CH, OP(CLIENT), 0, NULL, 0, E(LEGACY_VERSION), "legacy_version", 0, ch_old_version,
     NULL},
    {"two compressions", C, CH, OP(CLIENT), 0, NULL, 0, E(WRONG_COMPRESSION), "legacy_compression_methods", 0,
     ch_compression, NULL},
    {"compression 1", C, CH, OP(CLIENT), 0, NULL, 0, E(WRONG_COMPRESSION), "legacy_compression_methods", 0,
     ch_compression_one, NULL},
    {"no suite in common", C, CH, OP(CLIENT), 0, NULL, 0, E(NO_COMMON_SUITE), "cipher_suites", 0, ch_suites, NULL},
    {"no extensions at all", C, CH, OP(CLIENT), 0, NULL, 0, E(TLS12_NOT_AVAILABLE), NULL, 0, ch_no_extensions, NULL},
    {"versions: 1.1 only", C, CH, OP(PUT), 43, "020302", 0, E(PROTOCOL_VERSION), NULL, 0, NULL, NULL},
    {"versions: trailing byte", C, CH, OP(PUT), 43, "02030400", 0, E(TRAILING_BYTES), NULL, 0, NULL, NULL},
    {"versions: odd length", C, CH, OP(PUT), 43, "03030403", 0, E(BAD_LENGTH), NULL, 0, NULL, NULL},
    {"versions: empty", C, CH, OP(PUT), 43, "00", 0, E(BAD_LENGTH), NULL, 0, NULL, NULL},
    {"no signature_algorithms", C, CH, OP(DROP), 13, NULL, 0, E(MISSING_EXTENSION), "signature_algorithms", 0, NULL,
     NULL},
    {"no supported_groups", C, CH, OP(DROP), 10, NULL, 0, E(MISSING_EXTENSION), "supported_groups", 0, NULL, NULL},
    {"no key_share", C, CH, OP(DROP), 51, NULL, 0, E(MISSING_EXTENSION), "key_share", 0, NULL, NULL},
    {"PSK without modes", C, CH, OP(ADD), 41, "000b00056162636465000000000021 20" ZEROS32, 0, E(MISSING_EXTENSION),
     "psk_key_exchange_modes", 0, NULL, NULL},
    {"PSK not last", C, CH, OP(FRONT), 41, "000b00056162636465000000000021 20" ZEROS32, 0, E(PSK_NOT_LAST), NULL, 0,
     NULL, NULL},
    {"PSK: a binder too few", C, CH, OP(ADD), 41, "001600056162636465000000000005 616263646500000000 0021 20" ZEROS32,
     0, E(ILLEGAL_PARAMETER), NULL, 0, NULL, NULL},
    {"no signature algorithm in common", C, CH, OP(PUT), 13, "00020201", 0, E(NO_COMMON_SIGNATURE),
     "signature_algorithms", 0, NULL, NULL},
    {"signature_algorithms empty", C, CH, OP(PUT), 13, "0000", 0, E(BAD_LENGTH), NULL, 0, NULL, NULL},
    {"a share of a group that is not listed", C, CH, OP(PUT), 10, "00020018", 0, E(ILLEGAL_PARAMETER),
     "key_share.group", 0, NULL, NULL},
    {"no group in common", C, CH, OP(PUT), 10, "00020100", RETRY, E(NO_COMMON_GROUP), "supported_groups", 0, NULL,
     NULL},
    {"two shares of one group", C, CH, OP(PUT), 51, "0048 001d0020" ZEROS32 "001d0020" ZEROS32, 0, E(ILLEGAL_PARAMETER),
     NULL, 0, NULL, NULL},
    {"X25519 share of zeros", C, CH, OP(PUT), 51, "0024001d0020" ZEROS32, 0, E(BAD_KEY_SHARE), "key_share", 0, NULL,
     NULL},
    {"X25519 share too short", C, CH, OP(PUT), 51, "0005001d000101", 0, E(BAD_KEY_SHARE), "key_share", 0, NULL, NULL},
    {"empty key_exchange", C, CH, OP(PUT), 51, "0004001d0000", 0, E(BAD_LENGTH), NULL, 0, NULL, NULL},
    {"key_share list reaches out", C, CH, OP(PUT), 51, "0025001d0020" ZEROS32, 0, E(TRUNCATED), NULL, 0, NULL, NULL},
    {"P-256 point off the curve", C, CH, OP(PUT), 51, "004500170041 04" ZEROS32 ZEROS32, POINTS, E(BAD_KEY_SHARE),
     "key_share", 0, NULL, NULL},
    {"P-256 point compressed", C, CH, OP(PUT), 51, "002500170021 02" ZEROS32, POINTS, E(BAD_KEY_SHARE), "key_share", 0,
     NULL, NULL},
    {"P-256 point of another form", C, CH, OP(PUT), 51, "004500170041 06" ZEROS32 ZEROS32, POINTS, E(BAD_KEY_SHARE),
     "key_share", 0, NULL, NULL},
    {"supported_groups twice", C, CH, OP(TWICE), 10, NULL, 0, E(DUPLICATE_EXTENSION), NULL, 0, NULL, NULL},
    {"oid_filters in a ClientHello", C, CH, OP(ADD), 48, "0000", 0, E(FORBIDDEN_EXTENSION), NULL, 0, NULL, NULL},
    {"server_name with a NUL", C, CH, OP(PUT), 0, "0008 00 0005 6100626364", 0, E(ILLEGAL_PARAMETER), "host_name", 0,
     NULL, NULL},
    {"server_name list empty", C, CH, OP(PUT), 0, "0000", 0, E(BAD_LENGTH), NULL, 0, NULL, NULL},
    {"record_size_limit 63", C, CH, OP(ADD), 28, "003f", 0, E(ILLEGAL_PARAMETER), NULL, 0, NULL, NULL},
    {"no protocol in common", C, CH, OP(TAIL), 0, "", ALPN3, E(NO_COMMON_ALPN), "alpn", 0, NULL, NULL},
    {"an empty protocol name", C, CH, OP(PUT), 16, "000100", ALPN, E(BAD_LENGTH), NULL, 0, NULL, NULL},
    {"cut by one byte", C, CH, OP(CUT), 1, NULL, 0, E(TRUNCATED), NULL, 0, NULL, NULL},
    {"one byte more", C, CH, OP(TAIL), 0, "00", 0, E(TRAILING_BYTES), NULL, 0, NULL, NULL},
    {"empty body", C, CH, OP(RAW), 0, "01000000", 0, E(TRUNCATED), NULL, 0, NULL, NULL},
    {"session id of 33 bytes", C, CH, OP(SET), 38, "21", 0, E(BAD_LENGTH), "legacy_session_id", 0, NULL, NULL},
    {"giant length", C, CH, OP(RAW), 0, "01ffffff0303", 0, E(MESSAGE_TOO_LONG), "length", 0, NULL, NULL},
    {"giant Certificate before anything", C, CH, OP(RAW), 0, "0b01fff00000", 0, E(MESSAGE_TOO_LONG), "length", 0, NULL,
     NULL},
    {"unknown message type", C, CH, OP(RAW), 0, "6300000100", 0, E(UNKNOWN_MESSAGE), NULL, 0, NULL, NULL},
    {"bytes behind it in the record", C, CH, OP(BEHIND), 0, "14", 0, E(KEY_CHANGE_MID_RECORD), NULL, 0, NULL, NULL},
    {"2nd: legacy_version", C, CH, OP(CLIENT), 0, NULL, RETRY, E(CHANGED_HELLO), "legacy_version", 1, ch_old_version,
     NULL},
    {"2nd: random", C, CH, OP(CLIENT), 0, NULL, RETRY, E(CHANGED_HELLO), "random", 1, ch_random, NULL},
    {"2nd: session id", C, CH, OP(CLIENT), 0, NULL, RETRY, E(CHANGED_HELLO), "legacy_session_id", 1, ch_session, NULL},
    {"2nd: suites", C, CH, OP(CLIENT), 0, NULL, RETRY, E(CHANGED_HELLO), "cipher_suites", 1, ch_fewer_suites, NULL},
    {"2nd: compression", C, CH, OP(CLIENT), 0, NULL, RETRY, E(CHANGED_HELLO), "legacy_compression_methods", 1,
     ch_compression, NULL},
    {"2nd: signature_algorithms", C, CH, OP(PUT), 13, "00020403", RETRY, E(CHANGED_HELLO), "extensions", 1, NULL, NULL},
    {"2nd: no server_name", C, CH, OP(DROP), 0, NULL, RETRY, E(CHANGED_HELLO), "extensions", 1, NULL, NULL},
    {"2nd: an extension more", C, CH, OP(ADD), 0x9999, "00", RETRY, E(CHANGED_HELLO), "extensions", 1, NULL, NULL},
    {"2nd: a cookie nobody gave", C, CH, OP(ADD), 44, "000101", RETRY, E(CHANGED_HELLO), "cookie", 1, NULL, NULL},
    {"2nd: early_data", C, CH, OP(ADD), 42, "", RETRY, E(CHANGED_HELLO), "early_data", 1, NULL, NULL},
    {"2nd: still no share", C, CH, OP(PUT), 51, "0000", RETRY, E(WRONG_GROUP), "key_share", 1, NULL, NULL},
    {"2nd: no key_share", C, CH, OP(DROP), 51, NULL, RETRY, E(MISSING_EXTENSION), "key_share", 1, NULL, NULL},
    {"2nd: bytes behind it", C, CH, OP(BEHIND), 0, "14", RETRY, E(KEY_CHANGE_MID_RECORD), NULL, 1, NULL, NULL},
};

static const struct hostile_row server_hello_rows[] = {
    {"session id", S, SH, OP(SERVER), 0, NULL, 0, E(WRONG_SESSION_ID), "legacy_session_id_echo", 0, NULL, sh_session},
    {"unknown suite", S, SH, OP(SERVER), 0, NULL, 0, E(WRONG_SUITE), "cipher_suite", 0, NULL, sh_suite},
    {"suite of TLS 1.2", S, SH, OP(SERVER), 0, NULL, 0, E(WRONG_SUITE), "cipher_suite", 0, NULL, sh_suite12},
    {"compression 1", S, SH, OP(SERVER), 0, NULL, 0, E(WRONG_COMPRESSION), NULL, 0, NULL, sh_compression},
    {"legacy_version 0x0304", S, SH, OP(SERVER), 0, NULL, 0, E(LEGACY_VERSION), "legacy_version", 0, NULL, sh_legacy},
    {"supported_versions says 1.2", S, SH, OP(SERVER), 0, NULL, 0, E(ILLEGAL_PARAMETER), "supported_versions", 0, NULL,
     sh_selected12},
    {"a TLS 1.2 answer", S, SH, OP(SERVER), 0, NULL, 0, E(TLS12_NOT_AVAILABLE), NULL, 0, NULL, sh_tls12},
    {"downgrade mark of TLS 1.2", S, SH, OP(SERVER), 0, NULL, 0, E(DOWNGRADE), "random", 0, NULL, sh_marked12},
    {"downgrade mark of TLS 1.1", S, SH, OP(SERVER), 0, NULL, 0, E(DOWNGRADE), "random", 0, NULL, sh_marked11},
    {"an unknown extension", S, SH, OP(ADD), 0x9999, "", 0, E(UNSUPPORTED_EXTENSION), NULL, 0, NULL, NULL},
    {"server_name", S, SH, OP(ADD), 0, "", 0, E(FORBIDDEN_EXTENSION), NULL, 0, NULL, NULL},
    {"pre_shared_key that was not offered", S, SH, OP(ADD), 41, "0000", 0, E(UNSUPPORTED_EXTENSION), NULL, 0, NULL,
     NULL},
    {"cookie", S, SH, OP(ADD), 44, "000101", 0, E(FORBIDDEN_EXTENSION), NULL, 0, NULL, NULL},
    {"no key_share", S, SH, OP(DROP), 51, NULL, 0, E(MISSING_EXTENSION), "key_share", 0, NULL, NULL},
    {"a group without a share", S, SH, OP(PUT), 51, "00170001 04", 0, E(WRONG_GROUP), "key_share.group", 0, NULL, NULL},
    {"X25519 share of zeros", S, SH, OP(PUT), 51, "001d0020" ZEROS32, 0, E(BAD_KEY_SHARE), "key_share", 0, NULL, NULL},
    {"X25519 share too short", S, SH, OP(PUT), 51, "001d000109", 0, E(BAD_KEY_SHARE), "key_share", 0, NULL, NULL},
    {"P-256 point off the curve", S, SH, OP(PUT), 51, "00170041 04" ZEROS32 ZEROS32, POINTS, E(BAD_KEY_SHARE),
     "key_share", 0, NULL, NULL},
    {"key_share in the form of a retry", S, SH, OP(PUT), 51, "001d", 0, E(TRUNCATED), NULL, 0, NULL, NULL},
    {"key_share twice", S, SH, OP(TWICE), 51, NULL, 0, E(DUPLICATE_EXTENSION), NULL, 0, NULL, NULL},
    {"bytes behind it in the record", S, SH, OP(BEHIND), 0, "08", 0, E(KEY_CHANGE_MID_RECORD), NULL, 0, NULL, NULL},
    {"cut by one byte", S, SH, OP(CUT), 1, NULL, 0, E(TRUNCATED), NULL, 0, NULL, NULL},
    {"retry for the group of the share", S, SH, OP(SERVER), 0, NULL, 0, E(USELESS_RETRY), "selected_group", 0, NULL,
     sh_to_retry},
    {"retry for nothing", S, SH, OP(SERVER), 0, NULL, 0, E(USELESS_RETRY), "extensions", 0, NULL, sh_to_empty_retry},
    {"retry for a group nobody offered", S, SH, OP(SERVER), 0, NULL, 0, E(WRONG_GROUP), "selected_group", 0, NULL,
     sh_to_strange_retry},
    {"retry: suite", S, HRR, OP(SERVER), 0, NULL, RETRY, E(WRONG_SUITE), "cipher_suite", 0, NULL, hrr_suite},
    {"retry: session id", S, HRR, OP(SERVER), 0, NULL, RETRY, E(WRONG_SESSION_ID), NULL, 0, NULL, hrr_session},
    {"retry: supported_versions says 1.2", S, HRR, OP(SERVER), 0, NULL, RETRY, E(ILLEGAL_PARAMETER),
     "supported_versions", 0, NULL, hrr_selected12},
    {"retry: no supported_versions", S, HRR, OP(DROP), 43, NULL, RETRY, E(MISSING_EXTENSION), "supported_versions", 0,
     NULL, NULL},
    {"retry: an unknown extension", S, HRR, OP(ADD), 0x9999, "", RETRY, E(UNSUPPORTED_EXTENSION), NULL, 0, NULL, NULL},
    {"retry: an empty cookie", S, HRR, OP(ADD), 44, "0000", RETRY, E(BAD_LENGTH), NULL, 0, NULL, NULL},
    {"a second retry", S, SH, OP(SERVER), 0, NULL, RETRY, E(SECOND_RETRY), NULL, 0, NULL, sh_to_retry},
    {"after a retry: another suite", S, SH, OP(SERVER), 0, NULL, RETRY | SUITE1, E(WRONG_SUITE), "cipher_suite", 0,
     NULL, sh_other_suite},
    {"after a retry: another group", S, SH, OP(PUT), 51, "0018000104", RETRY, E(WRONG_GROUP), "key_share.group", 0,
     NULL, NULL},
    {"after a retry: TLS 1.2", S, SH, OP(SERVER), 0, NULL, RETRY, E(ILLEGAL_PARAMETER), "supported_versions", 0, NULL,
     sh_tls12},
};

static const struct hostile_row parameter_rows[] = {
    {"an unknown extension", S, EE, OP(ADD), 0x9999, "", 0, E(UNSUPPORTED_EXTENSION), NULL, 0, NULL, NULL},
    {"ALPN that was not offered", S, EE, OP(ADD), 16, "0003026832", 0, E(UNSUPPORTED_EXTENSION), NULL, 0, NULL, NULL},
    {"record_size_limit not offered", S, EE, OP(ADD), 28, "4001", 0, E(UNSUPPORTED_EXTENSION), NULL, 0, NULL, NULL},
    {"early_data not offered", S, EE, OP(ADD), 42, "", 0, E(UNSUPPORTED_EXTENSION), NULL, 0, NULL, NULL},
    {"key_share", S, EE, OP(ADD), 51, "001d00020102", 0, E(FORBIDDEN_EXTENSION), NULL, 0, NULL, NULL},
    {"supported_versions", S, EE, OP(ADD), 43, "0304", 0, E(FORBIDDEN_EXTENSION), NULL, 0, NULL, NULL},
    {"server_name twice", S, EE, OP(TWICE), 0, NULL, 0, E(DUPLICATE_EXTENSION), NULL, 0, NULL, NULL},
    {"server_name not empty", S, EE, OP(PUT), 0, "00", 0, E(TRAILING_BYTES), NULL, 0, NULL, NULL},
    {"one byte more", S, EE, OP(TAIL), 0, "00", 0, E(TRAILING_BYTES), NULL, 0, NULL, NULL},
    {"another protocol", S, EE, OP(PUT), 16, "0003026833", ALPN, E(BAD_ALPN), "alpn", 0, NULL, NULL},
    {"two protocols", S, EE, OP(PUT), 16, "0006026832026833", ALPN, E(BAD_ALPN), NULL, 0, NULL, NULL},
    {"no protocol in the list", S, EE, OP(PUT), 16, "0000", ALPN, E(BAD_LENGTH), NULL, 0, NULL, NULL},
    {"request: a context", S, CR, OP(RAW), 0, "0d00000c01aa0008000d000400020807", REQUEST, E(BAD_REQUEST_CONTEXT),
     "certificate_request_context", 0, NULL, NULL},
    {"request: no signature_algorithms", S, CR, OP(RAW), 0, "0d000003000000", REQUEST, E(MISSING_EXTENSION),
     "signature_algorithms", 0, NULL, NULL},
    {"request: key_share", S, CR, OP(ADD), 51, "001d", REQUEST, E(FORBIDDEN_EXTENSION), NULL, 0, NULL, NULL},
    {"server: no certificate", S, CT, OP(CHAIN), 0, "", 0, E(NO_CERTIFICATE), "certificate_list", 0, NULL, NULL},
    {"server: garbage", S, CT, OP(CHAIN), 1, "30020500", 0, E(NOT_A_CERTIFICATE), NULL, 0, NULL, NULL},
    {"server: an empty certificate", S, CT, OP(CHAIN), 1, "", 0, E(BAD_LENGTH), "cert_data", 0, NULL, NULL},
    {"server: eleven certificates", S, CT, OP(CHAIN), 11, "30020500", 0, E(CERT_CHAIN_TOO_LONG), NULL, 0, NULL, NULL},
    {"server: a context", S, CT, OP(RAW), 0, "0b00000e01aa00000900000430020500 0000", 0, E(BAD_REQUEST_CONTEXT),
     "certificate_request_context", 0, NULL, NULL},
    {"server: an unknown extension", S, CT, OP(RAW), 0, "0b0000110000000d00000430020500 0004 99990000", 0,
     E(UNSUPPORTED_EXTENSION), NULL, 0, NULL, NULL},
    {"server: an OCSP response nobody asked for", S, CT, OP(RAW), 0,
     "0b0000160000001200000430020500 0009 00050005 0100000155", 0, E(UNSUPPORTED_EXTENSION), NULL, 0, NULL, NULL},
    {"server: key_share", S, CT, OP(RAW), 0, "0b0000130000000f00000430020500 0006 00330002001d", 0,
     E(FORBIDDEN_EXTENSION), NULL, 0, NULL, NULL},
    {"server: longer than the limit", S, CT, OP(RAW), 0, "0b020001000000", 0, E(MESSAGE_TOO_LONG), "length", 0, NULL,
     NULL},
    {"client: a context", C, CT, OP(RAW), 0, "0b00000e01aa00000900000430020500 0000", REQUEST, E(BAD_REQUEST_CONTEXT),
     "certificate_request_context", 0, NULL, NULL},
    {"client: a context and no certificate", C, CT, OP(RAW), 0, "0b00000501aa000000", REQUEST, E(BAD_REQUEST_CONTEXT),
     "certificate_request_context", 0, NULL, NULL},
    {"client: an OCSP response nobody asked for", C, CT, OP(RAW), 0,
     "0b0000160000001200000430020500 0009 00050005 0100000155", REQUEST, E(UNSUPPORTED_EXTENSION), NULL, 0, NULL, NULL},
    {"client: garbage", C, CT, OP(CHAIN), 1, "30020500", REQUEST, E(NOT_A_CERTIFICATE), NULL, 0, NULL, NULL},
};

static const struct hostile_row proof_rows[] = {
    {"server: a scheme for another key", S, CV, OP(SET), 4, "0403", 0, E(WRONG_SIGNATURE_SCHEME), "algorithm", 0, NULL,
     NULL},
    {"server: PKCS#1", S, CV, OP(SET), 4, "0401", RSA, E(WRONG_SIGNATURE_SCHEME), "algorithm", 0, NULL, NULL},
    {"server: a scheme not offered", S, CV, OP(SET), 4, "0806", RSA, E(WRONG_SIGNATURE_SCHEME), "algorithm", 0, NULL,
     NULL},
    {"server: an unknown scheme", S, CV, OP(SET), 4, "fefe", 0, E(WRONG_SIGNATURE_SCHEME), "algorithm", 0, NULL, NULL},
    {"server: ECDSA with SHA-1", S, CV, OP(SET), 4, "0203", 0, E(WRONG_SIGNATURE_SCHEME), "algorithm", 0, NULL, NULL},
    {"server: a bad signature", S, CV, OP(FLIP), -1, NULL, 0, E(BAD_SIGNATURE), "signature", 0, NULL, NULL},
    {"server: an empty signature", S, CV, OP(RAW), 0, "0f00000408070000", 0, E(BAD_SIGNATURE), "signature", 0, NULL,
     NULL},
    {"server: a signature cut", S, CV, OP(CUT), 1, NULL, 0, E(TRUNCATED), NULL, 0, NULL, NULL},
    {"server: one byte more", S, CV, OP(TAIL), 0, "00", 0, E(TRAILING_BYTES), NULL, 0, NULL, NULL},
    {"client: a scheme for another key", C, CV, OP(SET), 4, "0403", REQUEST, E(WRONG_SIGNATURE_SCHEME), "algorithm", 0,
     NULL, NULL},
    {"client: a bad signature", C, CV, OP(FLIP), -1, NULL, REQUEST, E(BAD_SIGNATURE), "signature", 0, NULL, NULL},
    {"server: Finished wrong", S, FIN, OP(FLIP), -1, NULL, 0, E(BAD_FINISHED), "verify_data", 0, NULL, NULL},
    {"server: Finished wrong at its front", S, FIN, OP(FLIP), 4, NULL, 0, E(BAD_FINISHED), "verify_data", 0, NULL,
     NULL},
    {"server: Finished short", S, FIN, OP(CUT), 1, NULL, 0, E(BAD_FINISHED), "verify_data", 0, NULL, NULL},
    {"server: Finished long", S, FIN, OP(TAIL), 0, "00", 0, E(BAD_FINISHED), "verify_data", 0, NULL, NULL},
    {"server: Finished empty", S, FIN, OP(RAW), 0, "14000000", 0, E(BAD_FINISHED), "verify_data", 0, NULL, NULL},
    {"server: bytes behind Finished", S, FIN, OP(BEHIND), 0, "04", 0, E(KEY_CHANGE_MID_RECORD), NULL, 0, NULL, NULL},
    {"client: Finished wrong", C, FIN, OP(FLIP), -1, NULL, 0, E(BAD_FINISHED), "verify_data", 0, NULL, NULL},
    {"client: Finished short", C, FIN, OP(CUT), 1, NULL, 0, E(BAD_FINISHED), "verify_data", 0, NULL, NULL},
    {"client: Finished long", C, FIN, OP(TAIL), 0, "00", 0, E(BAD_FINISHED), "verify_data", 0, NULL, NULL},
    {"client: bytes behind Finished", C, FIN, OP(BEHIND), 0, "18", 0, E(KEY_CHANGE_MID_RECORD), NULL, 0, NULL, NULL},
};

/* Of a connection that stands: kind is NONE, hex the message. */
static const struct hostile_row later_rows[] = {
    {"KeyUpdate 2", C, TVT_MSG_NONE, OP(RAW), 0, "1800000102", 0, E(BAD_KEY_UPDATE), "request_update", 0, NULL, NULL},
    {"KeyUpdate 255 of a server", S, TVT_MSG_NONE, OP(RAW), 0, "18000001ff", 0, E(BAD_KEY_UPDATE), "request_update", 0,
     NULL, NULL},
    {"KeyUpdate empty", C, TVT_MSG_NONE, OP(RAW), 0, "18000000", 0, E(TRUNCATED), NULL, 0, NULL, NULL},
    {"KeyUpdate long", C, TVT_MSG_NONE, OP(RAW), 0, "180000020000", 0, E(TRAILING_BYTES), NULL, 0, NULL, NULL},
    {"two KeyUpdates in a record", C, TVT_MSG_NONE, OP(RAW), 0, "18000001001800000100", 0, E(KEY_CHANGE_MID_RECORD),
     NULL, 0, NULL, NULL},
    {"HelloRequest", S, TVT_MSG_NONE, OP(RAW), 0, "00000000", 0, E(UNKNOWN_MESSAGE), NULL, 0, NULL, NULL},
    {"ticket for eight days", S, TVT_MSG_NONE, OP(RAW), 0, "0400000e 000a8c00 00000000 00 000161 0000", 0,
     E(ILLEGAL_PARAMETER), "ticket_lifetime", 0, NULL, NULL},
    {"ticket without a ticket", S, TVT_MSG_NONE, OP(RAW), 0, "0400000d 00000100 00000000 00 0000 0000", 0,
     E(BAD_LENGTH), "ticket", 0, NULL, NULL},
    {"post-handshake request nobody allowed", S, TVT_MSG_NONE, OP(RAW), 0, "0d00000b000008000d000400020807", 0,
     E(UNEXPECTED_MESSAGE), NULL, 0, NULL, NULL},
    {"EndOfEarlyData", C, TVT_MSG_NONE, OP(RAW), 0, "05000000", 0, E(UNEXPECTED_MESSAGE), NULL, 0, NULL, NULL},
    {"message_hash", C, TVT_MSG_NONE, OP(RAW), 0, "fe000000", 0, E(UNKNOWN_MESSAGE), NULL, 0, NULL, NULL},
    {"a long message", C, TVT_MSG_NONE, OP(RAW), 0, "18004101", 0, E(MESSAGE_TOO_LONG), "length", 0, NULL, NULL},
};

/* What looks odd and is allowed: GREASE (RFC 8701), extensions nobody knows, and order. The handshake succeeds. */
static const struct hostile_row good_rows[] = {
    {"an unknown extension", C, CH, OP(ADD), 0x9999, "010203", 0, E(NONE), NULL, 0, NULL, NULL},
    {"an unknown extension in front", C, CH, OP(FRONT), 0x0a0a, "", 0, E(NONE), NULL, 0, NULL, NULL},
    {"an unknown version first", C, CH, OP(PUT), 43, "067a7a03040303", 0, E(NONE), NULL, 0, NULL, NULL},
    {"an unknown group and its share", C, CH, OP(PUT), 10, "00060a0a001d0017", 0, E(NONE), NULL, 0, NULL, NULL},
    {"an unknown scheme", C, CH, OP(PUT), 13, "00060a0a08070403", 0, E(NONE), NULL, 0, NULL, NULL},
    {"unknown protocols", C, CH, OP(PUT), 16, "0008020a0a02683201 7a", ALPN, E(NONE), NULL, 0, NULL, NULL},
    {"padding", C, CH, OP(ADD), 21, ZEROS32, 0, E(NONE), NULL, 0, NULL, NULL},
    {"extensions of TLS 1.2", C, CH, OP(ADD), 23, "", 0, E(NONE), NULL, 0, NULL, NULL},
    {"renegotiation_info", C, CH, OP(ADD), 65281, "00", 0, E(NONE), NULL, 0, NULL, NULL},
    {"padding in the second hello", C, CH, OP(ADD), 21, ZEROS32, RETRY, E(NONE), NULL, 1, NULL, NULL},
    {"a cookie", S, HRR, OP(ADD), 44, "0004deadbeef", RETRY, E(NONE), NULL, 0, NULL, NULL},
    {"supported_groups", S, EE, OP(ADD), 10, "0004001d0017", 0, E(NONE), NULL, 0, NULL, NULL},
    {"an unknown extension in a request", S, CR, OP(ADD), 0x9999, "00", REQUEST, E(NONE), NULL, 0, NULL, NULL},
    {"unknown schemes in a request", S, CR, OP(PUT), 13, "00060a0a04030807", REQUEST, E(NONE), NULL, 0, NULL, NULL},
    {"a ticket", S, TVT_MSG_NONE, OP(RAW), 0, "04000016 00000100 00000000 00 000161 0008 99990004 00000000", 0, E(NONE),
     NULL, 0, NULL, NULL},
};

/* ---- running a row ---- */

static bool
has(const struct hostile_row *row)
{
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    return (!(row->flags & RSA) || (tvt_fixture_can_sign(p, "rsa2048") && tvt_fixture_can_verify(p, "rsa2048"))) &&
           (!(row->flags & POINTS) || tvt_provider_kx(p, TVT_GROUP_SECP256R1) != NULL) &&
           (!(row->flags & SUITE1) || tvt_provider_aead(p, TVT_AEAD_AES_256_GCM) != NULL);
}

static void
configure(struct tvt_fixture *f, const struct hostile_row *row)
{
    struct tvt_config *c = f->config[TVT_CLIENT], *s = f->config[TVT_SERVER];
    static const uint8_t h2[] = "\2h2", h3[] = "\2h3";
    enum tvt_result r = TVT_OK;
    /* One classical group in front, whatever the backend prefers: the rows name X25519. */
    if (!(row->flags & POINTS) && tvt_provider_kx(c->provider, TVT_GROUP_SECP256R1) != NULL)
        r |= tvt_config_set_groups(c, "x25519:P-256", NULL) | tvt_config_set_groups(s, "x25519:P-256", NULL);
    if (row->flags & RETRY)
        r |= tvt_config_set_num_shares(c, 0, NULL);
    if (row->flags & REQUEST)
        r |= tvt_config_set_verify(s, TVT_VERIFY_REQUIRE, NULL);
    if (row->flags & (ALPN | ALPN3))
        r |= tvt_config_set_alpn(c, row->flags & ALPN ? h2 : h3, 3, false, NULL) |
             tvt_config_set_alpn(s, h2, 3, false, NULL);
    if (row->flags & RSA)
        r |= tvt_config_set_schemes(c, "rsa_pss_rsae_sha256:rsa_pkcs1_sha256", NULL);
    if (row->flags & POINTS)
        r |= tvt_config_set_groups(c, "P-256", NULL) | tvt_config_set_groups(s, "P-256", NULL);
    if (row->flags & SUITE1)
        r |= tvt_config_set_suites(c, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256", NULL) |
             tvt_config_set_suites(s, "TLS_AES_256_GCM_SHA384", NULL);
    CU_ASSERT_EQUAL((int)r, 0);
}

static void
run_row(const struct hostile_row *row)
{
    struct tvt_fixture f;
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    if (row->flags & RSA)
        o = (struct tvt_fixture_options){.key = "rsa2048"};
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL_FATAL(tvt_config_set_versions(f.config[role], TVT_TLS13, TVT_TLS13, NULL), TVT_OK);
    configure(&f, row);
    const struct tvt_bend *bend = hostile_bend(&f, row);
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    bool done = tvt_pair_handshake(&f.pair);
    if (row->kind == TVT_MSG_NONE) {
        uint8_t bytes[64];
        size_t len = tvt_bend_hex(bytes, sizeof bytes, row->hex);
        CU_ASSERT(done);
        CU_ASSERT_EQUAL(tvt_connection_test_send(tvt_fixture_end(&f, row->from), tvt_span(bytes, len)), TVT_OK);
        tvt_pair_settle(&f.pair);
    } else {
        CU_ASSERT(bend->done && done == (row->code == TVT_E_NONE));
    }
    hostile_judge(&f, row);
    tvt_fixture_close(&f);
}

static void
run_rows(const struct hostile_row *rows, size_t num)
{
    unsigned ran = 0, left = 0;
    for (size_t i = 0; i < num; i++) {
        if (has(&rows[i])) {
            run_row(&rows[i]);
            ran++;
        } else {
            printf("\n    left out, the default backend lacks what it needs: %s", rows[i].name);
            left++;
        }
    }
    printf("\n    %u rows, %u left out", ran, left);
    CU_ASSERT(ran > 0);
}

#define RUN(rows) run_rows(rows, sizeof rows / sizeof rows[0])
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
parameters(void)
{
    RUN(parameter_rows);
}
static void
proofs(void)
{
    RUN(proof_rows);
}
static void
later(void)
{
    RUN(later_rows);
}
static void
tolerated(void)
{
    RUN(good_rows);
}

int
tvt_register_hostile(void)
{
    static const CU_TestInfo tests[] = {
        {"ClientHellos", client_hellos},
        {"ServerHellos and HelloRetryRequests", server_hellos},
        {"EncryptedExtensions, CertificateRequest, Certificate", parameters},
        {"CertificateVerify and Finished", proofs},
        {"messages of a connection that stands", later},
        {"what is odd and allowed", tolerated},
    };
    return suite_register("hostile", tests, sizeof tests / sizeof tests[0]);
}
