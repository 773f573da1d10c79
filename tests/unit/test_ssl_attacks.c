/* SPDX-License-Identifier: MIT
 *
 * The ssl floor with arguments and orders of calls that a program gets wrong, and what must survive them.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_ssl_attacks(void);

/* A call that is refused does not end the connection. */
static void
test_refused_export(void)
{
    struct duo d;
    static uint8_t out[100000];
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_export_keying_material(d.ssl[0], out, sizeof out, "label", 5, NULL, 0, 0), 0);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_has_pending(d.ssl[0]), 0);
    CU_ASSERT_STRING_EQUAL(SSL_state_string(d.ssl[0]), "SSLOK ");
    CU_ASSERT_EQUAL(SSL_get_verify_result(d.ssl[0]), X509_V_OK);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "to", 2), 2);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), 2);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "fro", 3), 3);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), 3);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", -1), -1); /* the record is of this call, not of the old one */
    CU_ASSERT_PTR_NOT_NULL(strstr(SSL_get0_error_record(d.ssl[0])->field, "SSL_write"));
    CU_ASSERT_EQUAL(SSL_export_keying_material(d.ssl[0], out, 32, "label", 5, NULL, 0, 0), 1);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 0);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[1]), 0);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 1);
    duo_close(&d);
}

/* -1 with an error, so that no loop takes it for "call again". */
static void
test_negative_lengths(void)
{
    static const int lengths[] = {-1, -16384, INT_MIN};
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "data", 4), 4);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, lengths[i]), -1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
        CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_BAD_ARGUMENT);
        CU_ASSERT_EQUAL(SSL_peek(d.ssl[0], text, lengths[i]), -1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
    }
    CU_ASSERT_EQUAL(SSL_read(NULL, text, -1), -1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), 4);
    duo_close(&d);
}

/* Without AUTO_RETRY a call ends with WANT_READ after a record without data: select() must then see the next one. */
static void
test_no_auto_retry_leaves_nothing(void)
{
    struct duo d;
    char text[64];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    (void)SSL_clear_mode(d.ssl[1], SSL_MODE_AUTO_RETRY);
    CU_ASSERT_EQUAL(SSL_key_update(d.ssl[0], SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "data", 4), 4);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[1], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_has_pending(d.ssl[1]), 0);
    CU_ASSERT_TRUE(d.tap[1].len > 4);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), 4);
    duo_close(&d);
}

/* A record in the ERR view names its backend when the provider and its name are gone. */
static void
test_err_view_outlives_backend(void)
{
    struct tvt_error error;
    char *name = malloc(8);
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    memcpy(name, "one+two", 8);
    ERR_clear_error();
    for (int i = 0; i < 20; i++) {
        tvt_error_clear(&error);
        error.code = TVT_E_KEY_MALFORMED;
        error.backend = name;
        tvt_err_push(&error);
    }
    memset(name, 'x', 7);
    free(name);
    CU_ASSERT_STRING_EQUAL(SSL_get0_error_record(NULL)->backend, "one+two");
    error = *SSL_get0_error_record(NULL);
    tvt_err_push(&error); /* its name is the view's own by now */
    CU_ASSERT_STRING_EQUAL(SSL_get0_error_record(NULL)->backend, "one+two");
    ERR_print_errors_fp(NULL);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
}

static void
test_bios_without_buffers(void)
{
    size_t n = 7;
    char text[8];
    BIO *memory = BIO_new(BIO_s_mem()), *channel = BIO_new_socket(-1, BIO_NOCLOSE);
    CU_ASSERT_TRUE_FATAL(memory != NULL && channel != NULL);
    CU_ASSERT_EQUAL(BIO_write(memory, "abc", 3), 3);
    CU_ASSERT_EQUAL(BIO_read(memory, NULL, 3), -1);
    CU_ASSERT_EQUAL(BIO_read_ex(memory, NULL, 3, &n), 0);
    CU_ASSERT_EQUAL(n, 0);
    CU_ASSERT_EQUAL(BIO_write(memory, NULL, 3), -1);
    CU_ASSERT_FALSE(BIO_should_retry(memory));
    CU_ASSERT_EQUAL(BIO_read(memory, text, sizeof text), 3);
    CU_ASSERT_EQUAL(BIO_ctrl(channel, BIO_C_SET_FD, BIO_NOCLOSE, NULL), 0);
    CU_ASSERT_EQUAL(BIO_free(memory), 1);
    CU_ASSERT_EQUAL(BIO_free(channel), 1);
}

/* Numbers that are equal to a version in their last 16 bits only. */
static void
test_wide_versions(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(ctx, 0x10304), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx, 0x10304), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx, -0xfcfc), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx, 0), 1);
    SSL_CTX_free(ctx);
}

/* ---- callbacks that do what they may not ---- */

static unsigned cleared, refused;

static void
clear_when_told(const SSL *ssl, int where, int value)
{
    (void)where;
    (void)value;
    if (SSL_clear((SSL *)(uintptr_t)ssl) == 1)
        cleared++;
    else
        refused++;
}

/* The connection that an info callback is told about is there when it returns. */
static void
test_clear_in_info_callback(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    cleared = refused = 0;
    for (int role = 0; role < 2; role++)
        SSL_CTX_set_info_callback(d.ctx[role], clear_when_told);
    CU_ASSERT_TRUE(duo_again(&d) && duo_handshake(&d, r));
    CU_ASSERT_EQUAL(cleared, 0);
    CU_ASSERT_TRUE(refused >= 6); /* begun, done and returned, twice */
    CU_ASSERT_TRUE(duo_move(&d, TVT_CLIENT, "ping", 4));
    SSL_set_info_callback(d.ssl[0], NULL);
    CU_ASSERT_EQUAL(SSL_clear(d.ssl[0]), 1);
    duo_close(&d);
}

static int
drive_when_asked_for_psk(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len, SSL_SESSION **session)
{
    (void)md;
    (void)id;
    (void)id_len;
    (void)session;
    refused++;
    CU_ASSERT_EQUAL(SSL_clear(ssl), 0);
    CU_ASSERT_EQUAL(SSL_connect(ssl), -1);
    CU_ASSERT_EQUAL(code_of(ssl), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_write(ssl, "x", 1), -1);
    CU_ASSERT_EQUAL(SSL_get_error(ssl, -1), SSL_ERROR_SSL);
    return 1;
}

/* So is the one whose ClientHello is not made yet. */
static void
test_drive_in_psk_callback(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    refused = 0;
    SSL_set_psk_use_session_callback(d.ssl[0], drive_when_asked_for_psk);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(refused, 1);
    CU_ASSERT_TRUE(duo_move(&d, TVT_CLIENT, "ping", 4));
    duo_close(&d);
}

static unsigned asked;

/* Every call that would send from under a ticket that is half written. */
static int
write_when_made(SSL *ssl, SSL_SESSION *session)
{
    size_t n;
    (void)session;
    asked++;
    CU_ASSERT_EQUAL(SSL_write(ssl, "x", 1), -1);
    CU_ASSERT_EQUAL(SSL_get_error(ssl, -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(ssl), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_write_early_data(ssl, "x", 1, &n), 0);
    CU_ASSERT_EQUAL(SSL_do_handshake(ssl), -1);
    CU_ASSERT_EQUAL(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 0);
    CU_ASSERT_EQUAL(SSL_new_session_ticket(ssl), 0);
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(ssl), 0);
    CU_ASSERT_EQUAL(SSL_shutdown(ssl), -1);
    CU_ASSERT_EQUAL(SSL_clear(ssl), 0);
    return 0;
}

static void
test_store_that_writes(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    asked = 0;
    (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_NO_TICKET);
    SSL_CTX_sess_set_new_cb(d.ctx[1], write_when_made);
    CU_ASSERT_TRUE(duo_again(&d) && duo_handshake(&d, r));
    CU_ASSERT_TRUE(duo_move(&d, TVT_SERVER, "pong", 4));
    CU_ASSERT_EQUAL(asked, 2); /* two tickets */
    CU_ASSERT_TRUE(duo_move(&d, TVT_CLIENT, "ping", 4));
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[1]), 0);
    duo_close(&d);
}

/* ---- a client that is asked behind the handshake ---- */

static bool
load_client(struct duo *d)
{
    const char *name = kind_of_two("client", "client-ed25519");
    return SSL_CTX_use_certificate_chain_file(d->ctx[0], pki_file(name, "chain.pem")) == 1 &&
           SSL_CTX_use_PrivateKey_file(d->ctx[0], pki_file(name, "key.pem"), SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_load_verify_file(d->ctx[1], pki_file(good_kind(), "root.pem")) == 1;
}

static bool
open_to_ask(struct duo *d)
{
    int r[2];
    if (!duo_open(d, good_kind()) || !load_client(d))
        return false;
    SSL_CTX_set_verify(d->ctx[1], SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    SSL_CTX_set_post_handshake_auth(d->ctx[0], 1);
    return duo_again(d) && duo_handshake(d, r);
}

/* The server says nothing more before it has the whole answer: whoever reads is told that it has to be written. */
static void
test_cut_answer(void)
{
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(open_to_ask(&d));
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_do_handshake(d.ssl[1]), 1);
    d.tap[0].room = 300;
    for (int i = 0; i < 3; i++) { /* and goes on being told so */
        CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), -1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_WRITE);
        CU_ASSERT_EQUAL(SSL_want(d.ssl[0]), SSL_WRITING);
    }
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), -1);
    CU_ASSERT_PTR_NULL(SSL_get0_peer_certificate(d.ssl[1]));
    d.tap[0].room = SIZE_MAX;
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[1], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_PTR_NOT_NULL(SSL_get0_peer_certificate(d.ssl[1]));
    duo_close(&d);
}

/* A write that has to be repeated is its own reason: reading waits for data alone, and data that are there come first. */
static void
test_cut_write(void)
{
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    d.tap[0].room = 10;
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "request", 7), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_WRITE);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "word", 4), 4);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), 4);
    d.tap[0].room = SIZE_MAX;
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "request", 7), 7);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), 7);
    duo_close(&d);
}

/* What a server sees is the certificate that the client showed last. */
static void
test_second_certificate(void)
{
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(open_to_ask(&d));
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_do_handshake(d.ssl[1]), 1);
    (void)SSL_read(d.ssl[0], text, sizeof text);
    (void)SSL_read(d.ssl[1], text, sizeof text);
    X509 *first = SSL_get_peer_certificate(d.ssl[1]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_EQUAL(sk_X509_num(SSL_get_peer_cert_chain(d.ssl[1])), 1);
    CU_ASSERT_PTR_EQUAL(SSL_get0_peer_certificate(d.ssl[1]), first);
    struct tvt_shown *shown = &d.ssl[1]->connection->hs.shown;
    size_t leaf = tvt_connection_peer_certificate(d.ssl[1]->connection, 0).len;
    tvt_buffer_consume(&shown->chain, 3 + leaf); /* as if it had shown the one behind it, and nothing else */
    shown->num--;
    X509 *second = SSL_get0_peer_certificate(d.ssl[1]);
    CU_ASSERT_TRUE(second != NULL && X509_cmp(first, second) != 0);
    CU_ASSERT_EQUAL(sk_X509_num(SSL_get_peer_cert_chain(d.ssl[1])), 0);
    X509_free(first);
    duo_close(&d);
}

/* ---- a channel that is taken away ---- */

static void
test_channel_taken_away(void)
{
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    BIO *channel = SSL_get_rbio(d.ssl[0]);
    (void)BIO_up_ref(channel);
    SSL_set_bio(d.ssl[0], NULL, NULL);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "ping", 4), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    SSL_set_bio(d.ssl[0], channel, channel); /* and given back: nothing is lost, nothing is sent twice */
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "ping", 4), 4);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), 4);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[1], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_TRUE(duo_move(&d, TVT_SERVER, "pong", 4));
    duo_close(&d);
}

/* ---- numbers and places ---- */

static void
test_numbers_and_places(void)
{
    BIO *half = NULL;
    FILE *file = fopen(pki_file(good_kind(), "root.pem"), "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    X509 *root = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    CU_ASSERT_EQUAL(X509_NAME_get_index_by_NID(X509_get_subject_name(root), NID_commonName, INT_MAX), -1);
    X509_free(root);
    CU_ASSERT_EQUAL(BIO_new_bio_pair(NULL, 0, &half, 0), 0);
    CU_ASSERT_EQUAL(BIO_new_bio_pair(&half, 0, NULL, 0), 0);
    CU_ASSERT_PTR_NULL(half);
    char *copy = OPENSSL_strdup("text");
    CU_ASSERT_STRING_EQUAL(copy, "text");
    OPENSSL_free(copy);
    CU_ASSERT_PTR_NULL(OPENSSL_strdup(NULL));
}

int
tvt_register_ssl_attacks(void)
{
    static const CU_TestInfo tests[] = {
        {"a refused export", test_refused_export},
        {"negative lengths", test_negative_lengths},
        {"without AUTO_RETRY nothing stays behind", test_no_auto_retry_leaves_nothing},
        {"the ERR view outlives a backend", test_err_view_outlives_backend},
        {"BIOs without buffers", test_bios_without_buffers},
        {"versions that are too wide", test_wide_versions},
        {"SSL_clear() in an info callback", test_clear_in_info_callback},
        {"a handshake in a PSK callback", test_drive_in_psk_callback},
        {"a store that writes", test_store_that_writes},
        {"an answer that is cut off", test_cut_answer},
        {"a write that is cut off, and a read", test_cut_write},
        {"another certificate of the same client", test_second_certificate},
        {"a channel that is taken away", test_channel_taken_away},
        {"numbers and places", test_numbers_and_places},
    };
    return suite_register("SSL: attacks", tests, sizeof tests / sizeof tests[0]);
}
