/* SPDX-License-Identifier: MIT
 *
 * TLS 1.2 under the calls of ssl.h: calls that it has no answer for say why, settings that leave nothing to offer are refused
 * before a byte is sent, what is exported is what RFC 5705 says, and a flight may stop and break at every byte.
 */
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/connection/connection.h"
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <string.h>

int tvt_register_ssl12(void);

static bool
set_range(SSL_CTX *ctx, int min, int max)
{
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 && SSL_CTX_set_max_proto_version(ctx, max) == 1 &&
           SSL_CTX_set_min_proto_version(ctx, min) == 1;
}

/* The client may have both; the server has TLS 1.2 alone. */
static bool
open_duo(struct duo *d, int client_max)
{
    return duo_open(d, good_kind()) && set_range(d->ctx[0], TLS1_2_VERSION, client_max) &&
           set_range(d->ctx[1], TLS1_2_VERSION, TLS1_2_VERSION) && duo_again(d);
}

static bool
says(const SSL *ssl, enum tvt_error_code code, const char *part)
{
    char text[4096];
    tvt_error_format(SSL_get0_error_record(ssl), text, sizeof text);
    return code_of(ssl) == code && strstr(text, part) != NULL;
}

/* ---- calls ---- */

static void
test_calls_of_tls13(void)
{
    struct duo d;
    int r[2];
    size_t put = 1;
    CU_ASSERT_TRUE_FATAL(open_duo(&d, TLS1_3_VERSION));
    SSL_CTX_set_post_handshake_auth(d.ctx[0], 1);
    SSL_CTX_set_verify(d.ctx[1], SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    CU_ASSERT_TRUE_FATAL(duo_again(&d) && duo_handshake(&d, r));
    CU_ASSERT_EQUAL(SSL_version(d.ssl[0]), TLS1_2_VERSION);
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(SSL_key_update(d.ssl[role], SSL_KEY_UPDATE_REQUESTED), 0);
        CU_ASSERT_TRUE(says(d.ssl[role], TVT_E_WRONG_CALL, "TLS 1.2 was negotiated"));
        CU_ASSERT_EQUAL(SSL_renegotiate(d.ssl[role]), 0);
        CU_ASSERT_TRUE(says(d.ssl[role], TVT_E_WRONG_CALL, "renegotiated"));
        /* what only the handshake needed is gone, although a certificate could be asked for later with TLS 1.3 */
        CU_ASSERT_PTR_NULL(d.ssl[role]->connection->hs.scratch);
    }
    CU_ASSERT_EQUAL(SSL_new_session_ticket(d.ssl[1]), 0);
    CU_ASSERT_TRUE(says(d.ssl[1], TVT_E_WRONG_CALL, "TLS 1.2 was negotiated"));
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(d.ssl[1]), 0);
    CU_ASSERT_TRUE(says(d.ssl[1], TVT_E_WRONG_CALL, "TLS 1.2 was negotiated"));
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "x", 1, &put), 0);
    CU_ASSERT_TRUE(says(d.ssl[0], TVT_E_WRONG_CALL, "no session"));
    CU_ASSERT_EQUAL(put, 0);
    CU_ASSERT_TRUE(duo_move(&d, 0, "still open", 10) && duo_move(&d, 1, "still open", 10));
    duo_close(&d);
}

/* ---- settings that leave nothing ---- */

static void
test_no_suite_of_the_version(void)
{
    struct duo d;
    struct tvt_error e;
    tvt_error_clear(&e);
    CU_ASSERT_TRUE_FATAL(open_duo(&d, TLS1_2_VERSION));
    for (int role = 0; role < 2; role++) {
        SSL_CTX *ctx = d.ctx[role];
        const char *suite = ctx->config->suites[0]->name;
        for (size_t i = 0; i < ctx->config->num_suites; i++)
            if (ctx->config->suites[i]->version == TLS1_3_VERSION)
                suite = ctx->config->suites[i]->name;
        CU_ASSERT_EQUAL(tvt_ssl_open_config(&ctx->config, &e), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_suites(ctx->config, suite, &e), TVT_OK);
    }
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_TRUE(says(d.ssl[role], TVT_E_NO_VERSION, "cipher suite of a version"));
        CU_ASSERT_EQUAL(d.tap[role].total, 0);
    }
    duo_close(&d);
}

/* ---- exporters ---- */

static bool
exports(SSL *ssl, uint8_t out[32], const char *label, const char *context, size_t len, int use)
{
    return SSL_export_keying_material(ssl, out, 32, label, strlen(label), (const unsigned char *)context, len, use) ==
           1;
}

/* RFC 5705 4: no context and an empty one are two things; whether there is one says use_context alone. */
static void
test_exporters(void)
{
    struct duo d;
    uint8_t none[2][32], empty[2][32], other[32];
    int r[2];
    CU_ASSERT_TRUE_FATAL(open_duo(&d, TLS1_3_VERSION) && duo_handshake(&d, r));
    for (int role = 0; role < 2; role++) {
        SSL *ssl = d.ssl[role];
        CU_ASSERT_TRUE(exports(ssl, none[role], "EXPORTER-test", NULL, 0, 0));
        CU_ASSERT_TRUE(exports(ssl, other, "EXPORTER-test", "ignored", 7, 0));
        CU_ASSERT_EQUAL(memcmp(none[role], other, 32), 0);
        CU_ASSERT_TRUE(exports(ssl, empty[role], "EXPORTER-test", "", 0, 1));
        CU_ASSERT_TRUE(exports(ssl, other, "EXPORTER-test", NULL, 0, 1));
        CU_ASSERT_EQUAL(memcmp(empty[role], other, 32), 0);
        CU_ASSERT_NOT_EQUAL(memcmp(empty[role], none[role], 32), 0);
        /* RFC 9266 2: the context of the channel binding is a string, of length zero */
        uint8_t binding[32];
        CU_ASSERT_EQUAL(tvt_connection_channel_binding(ssl->connection, binding), TVT_OK);
        CU_ASSERT_TRUE(exports(ssl, other, "EXPORTER-Channel-Binding", "", 0, 1));
        CU_ASSERT_EQUAL(memcmp(binding, other, 32), 0);
    }
    CU_ASSERT_EQUAL(memcmp(none[0], none[1], 32), 0);
    CU_ASSERT_EQUAL(memcmp(empty[0], empty[1], 32), 0);
    /* the labels of the handshake would tell its secrets */
    CU_ASSERT_FALSE(exports(d.ssl[0], other, "key expansion", NULL, 0, 0));
    CU_ASSERT_TRUE(says(d.ssl[0], TVT_E_WRONG_CALL, "RFC 5705 6"));
    CU_ASSERT_FALSE(exports(d.ssl[0], other, "EXPORTER-test", NULL, 3, 1));
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_BAD_ARGUMENT);
    duo_close(&d);
}

/* Why nothing is exported is told. */
static void
test_exporter_without_ems(void)
{
    struct duo d;
    uint8_t out[32];
    int r[2];
    CU_ASSERT_TRUE_FATAL(open_duo(&d, TLS1_2_VERSION) && duo_handshake(&d, r));
    d.ssl[0]->connection->hs.no_exporter = true; /* as of a peer without the extended master secret */
    CU_ASSERT_FALSE(exports(d.ssl[0], out, "EXPORTER-test", NULL, 0, 0));
    CU_ASSERT_TRUE(says(d.ssl[0], TVT_E_WRONG_CALL, "RFC 7627 5.4"));
    duo_close(&d);
}

/* ---- warnings before the version is known ---- */

/* RFC 6066 3: a server that does not know the name may say so in a warning, and go on. */
static void
test_warning_before_server_hello(void)
{
    static const uint8_t unrecognized[] = {21, 3, 3, 0, 2, 1, 112};
    static const int most[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct duo d;
    int r[2];
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_TRUE_FATAL(open_duo(&d, most[i]));
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        duo_inject(&d, 0, unrecognized, sizeof unrecognized);
        CU_ASSERT_TRUE(duo_handshake(&d, r));
        CU_ASSERT_TRUE(duo_move(&d, 0, "data", 4));
        CU_ASSERT_TRUE_FATAL(duo_again(&d));
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        for (unsigned n = 0; n <= TVT_LIMIT_WARNINGS; n++)
            duo_inject(&d, 0, unrecognized, sizeof unrecognized);
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_TOO_MANY_WARNINGS);
        duo_close(&d);
    }
    /* RFC 9846 6: who offers TLS 1.3 alone reads no levels */
    CU_ASSERT_TRUE_FATAL(open_duo(&d, TLS1_3_VERSION) && set_range(d.ctx[0], TLS1_3_VERSION, TLS1_3_VERSION));
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    duo_inject(&d, 0, unrecognized, sizeof unrecognized);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_PEER_ALERT);
    duo_close(&d);
}

/* ---- a long certificate message ---- */

/* The client has the ServerHello and, behind it, the head of a Certificate of so many bytes. */
static int
give_head(struct duo *d, size_t len)
{
    struct tap *t = &d->tap[0];
    uint8_t record[2048] = {22, 3, 3};
    CU_ASSERT_EQUAL(SSL_connect(d->ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d->ssl[1]), -1);
    CU_ASSERT_TRUE_FATAL(t->len > 9 && t->bytes[5] == 2);
    size_t hello = 4 + tvt_load_u24(t->bytes + 6);
    CU_ASSERT_TRUE_FATAL(hello + 9 < sizeof record && hello < t->len);
    tvt_store_u16(record + 3, (uint16_t)(hello + 4));
    tvt_copy(record + 5, t->bytes + 5, hello);
    record[5 + hello] = 11;
    record[6 + hello] = (uint8_t)(len >> 16);
    tvt_store_u16(record + 7 + hello, (uint16_t)len);
    t->len = 0;
    duo_inject(d, 0, record, 9 + hello);
    return SSL_connect(d->ssl[0]);
}

static void
test_long_certificate(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(open_duo(&d, TLS1_3_VERSION));
    CU_ASSERT_EQUAL(give_head(&d, TVT_LIMIT_CERTIFICATE_MESSAGE), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_EQUAL(give_head(&d, TVT_LIMIT_CERTIFICATE_MESSAGE + 1), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_MESSAGE_TOO_LONG);
    duo_close(&d);
}

/* ---- cookies ---- */

/* A client of TLS 1.2 cannot show that it can be reached before there is state. */
static void
test_stateless(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(open_duo(&d, TLS1_2_VERSION) && set_range(d.ctx[1], TLS1_2_VERSION, TLS1_3_VERSION));
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_stateless(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_TLS12_NOT_AVAILABLE);
    CU_ASSERT_EQUAL(d.tap[1].total, 7); /* an alert */
    duo_close(&d);
}

/* ---- stops and ends at every byte ---- */

static SSL_SESSION *
fetch(struct duo *d)
{
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_again(d) && duo_handshake(d, r));
    return SSL_get1_session(d->ssl[0]);
}

/* One side's bytes end after `cut`; the other's call fails and says that. False: that many were not sent. */
static bool
ends_at(struct duo *d, SSL_SESSION *session, int role, size_t cut)
{
    size_t passed = 0;
    CU_ASSERT_TRUE_FATAL(duo_again(d) && SSL_set_session(d->ssl[0], session) == 1);
    for (int turn = 0; turn < 12; turn++) {
        int who = turn & 1;
        struct tap *t = &d->tap[who];
        bool last = who == role && passed + t->len > cut;
        if (last) {
            t->len = cut - passed;
            t->eof = true;
        }
        passed += who == role ? t->len : 0;
        int r = who == TVT_SERVER ? SSL_accept(d->ssl[1]) : SSL_connect(d->ssl[0]);
        if (last) {
            CU_ASSERT_EQUAL(r, -1);
            CU_ASSERT_EQUAL(code_of(d->ssl[role]), TVT_E_EOF_IN_HANDSHAKE);
            return true;
        }
    }
    return false;
}

static void
every_byte(struct duo *d, SSL_SESSION *session)
{
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_again(d) && SSL_set_session(d->ssl[0], session) == 1);
    for (int role = 0; role < 2; role++) {
        d->tap[role].chunk = 1;
        d->tap[role].stutter = true;
    }
    CU_ASSERT_TRUE(duo_handshake(d, r));
    CU_ASSERT_EQUAL(SSL_session_reused(d->ssl[0]), session != NULL);
    CU_ASSERT_TRUE(duo_move(d, 0, "there", 5) && duo_move(d, 1, "back", 4));
    for (int role = 0; role < 2; role++) {
        size_t cut = 0;
        while (ends_at(d, session, role, cut))
            cut++;
        CU_ASSERT_TRUE(cut > 50);
    }
}

static void
test_every_byte(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(open_duo(&d, TLS1_3_VERSION));
    SSL_SESSION *session = fetch(&d);
    CU_ASSERT_EQUAL(SSL_SESSION_get_protocol_version(session), TLS1_2_VERSION);
    every_byte(&d, NULL);
    every_byte(&d, session);
    SSL_SESSION_free(session);
    duo_close(&d);
}

/* ---- sessions ---- */

/* One of TLS 1.2 has no early data: nothing of it is sent, nothing is lost, and the session is gone back to. */
static void
test_early_data_of_tls12(void)
{
    static const int most[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct duo d;
    size_t put;
    int r[2];
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_TRUE_FATAL(open_duo(&d, most[i]));
        SSL_SESSION *session = fetch(&d);
        CU_ASSERT_EQUAL(SSL_SESSION_get_max_early_data(session), 0);
        CU_ASSERT_TRUE_FATAL(duo_again(&d) && SSL_set_session(d.ssl[0], session) == 1);
        CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "early", 5, &put), 0);
        CU_ASSERT_TRUE(says(d.ssl[0], TVT_E_WRONG_CALL, "no session"));
        CU_ASSERT_TRUE(duo_handshake(&d, r));
        CU_ASSERT_EQUAL(SSL_session_reused(d.ssl[0]), 1);
        CU_ASSERT_EQUAL(SSL_get_early_data_status(d.ssl[0]), SSL_EARLY_DATA_NOT_SENT);
        CU_ASSERT_TRUE(duo_move(&d, 0, "early", 5));
        SSL_SESSION_free(session);
        duo_close(&d);
    }
}

/* Whoever saw the id of a session of TLS 1.2, which goes in the clear, cannot take the session away by it with TLS 1.3. */
static void
test_id_as_identity(void)
{
    static const uint8_t key[32] = {1};
    struct duo d;
    struct tvt_session *psk;
    struct tvt_error e;
    unsigned len;
    int r[2];
    tvt_error_clear(&e);
    CU_ASSERT_TRUE_FATAL(open_duo(&d, TLS1_2_VERSION) && set_range(d.ctx[1], TLS1_2_VERSION, TLS1_3_VERSION));
    (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_NO_TICKET);
    SSL_SESSION *session = fetch(&d);
    const unsigned char *id = SSL_SESSION_get_id(session, &len);
    CU_ASSERT_EQUAL_FATAL(len, TVT_SESSION_ID_LEN);
    CU_ASSERT_EQUAL_FATAL(
        tvt_session_new_external(&psk, tvt_span(id, len), tvt_span(key, sizeof key), TVT_HASH_SHA256, &e), TVT_OK);
    SSL_CTX *honest = d.ctx[0];
    d.ctx[0] = make_ctx(TVT_CLIENT, NULL, good_kind());
    CU_ASSERT_EQUAL(SSL_CTX_add_tvt_psk(d.ctx[0], psk), 1);
    CU_ASSERT_TRUE(set_range(d.ctx[0], TLS1_3_VERSION, TLS1_3_VERSION) && duo_again(&d) && duo_handshake(&d, r));
    CU_ASSERT_EQUAL(SSL_session_reused(d.ssl[1]), 0);
    SSL_CTX_free(d.ctx[0]);
    d.ctx[0] = honest;
    CU_ASSERT_TRUE_FATAL(duo_again(&d) && SSL_set_session(d.ssl[0], session) == 1 && duo_handshake(&d, r));
    CU_ASSERT_EQUAL(SSL_session_reused(d.ssl[0]), 1);
    tvt_session_unref(psk);
    SSL_SESSION_free(session);
    duo_close(&d);
}

/* RFC 9846 E.3: the server that took early data has gone back to TLS 1.2. */
static void
test_early_data_to_tls12(void)
{
    struct duo d;
    size_t put;
    int r[2];
    CU_ASSERT_TRUE_FATAL(open_duo(&d, TLS1_3_VERSION) && set_range(d.ctx[1], TLS1_2_VERSION, TLS1_3_VERSION));
    CU_ASSERT_EQUAL(SSL_CTX_set_max_early_data(d.ctx[1], 1000), 1);
    CU_ASSERT_TRUE_FATAL(duo_again(&d) && duo_handshake(&d, r) && duo_first_word(&d));
    SSL_SESSION *session = SSL_get1_session(d.ssl[0]);
    CU_ASSERT_EQUAL(SSL_SESSION_get_max_early_data(session), 1000);
    CU_ASSERT_TRUE(set_range(d.ctx[1], TLS1_2_VERSION, TLS1_2_VERSION));
    CU_ASSERT_TRUE_FATAL(duo_again(&d) && SSL_set_session(d.ssl[0], session) == 1);
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "early", 5, &put), 1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_TRUE(says(d.ssl[0], TVT_E_EARLY_DATA_TLS12, "without 0-RTT"));
    /* without, it works */
    CU_ASSERT_TRUE_FATAL(duo_again(&d) && SSL_set_session(d.ssl[0], session) == 1);
    CU_ASSERT_TRUE(duo_handshake(&d, r) && duo_move(&d, 0, "early", 5));
    CU_ASSERT_EQUAL(SSL_version(d.ssl[0]), TLS1_2_VERSION);
    SSL_SESSION_free(session);
    duo_close(&d);
}

int
tvt_register_ssl12(void)
{
    static CU_TestInfo tests[] = {{"calls of TLS 1.3", test_calls_of_tls13},
                                  {"no suite of the version", test_no_suite_of_the_version},
                                  {"exporters", test_exporters},
                                  {"exporter without the extended master secret", test_exporter_without_ems},
                                  {"a warning before ServerHello", test_warning_before_server_hello},
                                  {"a long Certificate", test_long_certificate},
                                  {"no cookies", test_stateless},
                                  {"every byte", test_every_byte},
                                  {"early data of a session of TLS 1.2", test_early_data_of_tls12},
                                  {"early data to a server of TLS 1.2", test_early_data_to_tls12},
                                  {"an id as the identity of a key", test_id_as_identity},
                                  CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{"TLS 1.2 under ssl.h", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return (int)CU_register_suites(suites);
}
