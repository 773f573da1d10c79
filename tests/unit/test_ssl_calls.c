/* SPDX-License-Identifier: MIT
 *
 * Every return value of the SSL_connect(3) contract provoked, what is refused by default, settings, errors, and BIOs.
 */
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"
#include "core/x509/credential.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
why(const SSL *ssl)
{
    return SSL_get_error(ssl, -1);
}

static bool
detail_has(const SSL *ssl, const char *words)
{
    return strstr(SSL_get0_error_record(ssl)->detail, words) != NULL;
}

/* ---- what SSL_connect() returns ---- */

static void
test_missing_calls(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method()), *servers = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);
    char c;
    CU_ASSERT_EQUAL(SSL_connect(ssl), -1);
    CU_ASSERT_EQUAL(why(ssl), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(ssl), TVT_E_WRONG_CALL);
    CU_ASSERT_TRUE(detail_has(ssl, "SSL_set_fd()"));
    SSL_free(ssl);
    ssl = SSL_new(ctx);
    CU_ASSERT_EQUAL(SSL_set_fd(ssl, 0), 1);
    CU_ASSERT_EQUAL(SSL_do_handshake(ssl), -1);
    CU_ASSERT_TRUE(detail_has(ssl, "SSL_set_connect_state()"));
    CU_ASSERT_EQUAL(SSL_read(ssl, &c, 1), -1);
    CU_ASSERT_EQUAL(SSL_write(ssl, "x", 1), -1);
    CU_ASSERT_EQUAL(SSL_shutdown(ssl), -1);
    CU_ASSERT_EQUAL(why(ssl), SSL_ERROR_SSL);
    SSL_set_accept_state(ssl);
    CU_ASSERT_EQUAL(SSL_connect(ssl), -1);
    CU_ASSERT_TRUE(detail_has(ssl, "server"));
    SSL_free(ssl);
    ssl = SSL_new(servers);
    CU_ASSERT_EQUAL(SSL_is_server(ssl), 1);
    SSL_set_connect_state(ssl);
    CU_ASSERT_EQUAL(SSL_is_server(ssl), 1);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    SSL_CTX_free(servers);
}

static void
test_want(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    d.tap[0].room = 10;
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_WANT_WRITE);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 1), SSL_ERROR_NONE);
    d.tap[0].room = SIZE_MAX;
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_in_init(d.ssl[0]), 1);
    CU_ASSERT_STRING_EQUAL(SSL_state_string(d.ssl[0]), "SSLHS ");
    /* an error that somebody else left in the thread changes nothing */
    CU_ASSERT_PTR_NULL(SSL_new(NULL));
    CU_ASSERT_NOT_EQUAL(ERR_peek_error(), 0);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_WANT_READ);
    duo_close(&d);
}

static void
test_peer_ends_handshake(void)
{
    static const uint8_t close_notify[] = {21, 3, 3, 0, 2, 1, 0}, fatal[] = {21, 3, 3, 0, 2, 2, 40};
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    duo_inject(&d, 0, close_notify, sizeof close_notify);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 0);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 0), SSL_ERROR_ZERO_RETURN);
        CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_CLOSED_IN_HANDSHAKE);
    }
    duo_close(&d);
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    duo_inject(&d, 0, fatal, sizeof fatal);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_PEER_ALERT);
    CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[0])->origin, TVT_ORIGIN_PEER);
    CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[0])->alert, 40);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SSL);
    duo_close(&d);
}

/* What is no TLS is told at its header, and the alert goes out - with a later call if the transport is full. */
static void
test_alert_is_sent(void)
{
    static const char *const texts[] = {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x", "220 smtp ready\r\n"};
    struct duo d;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        size_t hello = d.tap[1].len;
        d.tap[0].room = i == 0 ? SIZE_MAX : 2;
        duo_inject(&d, 0, texts[i], strlen(texts[i]));
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SSL);
        CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_NOT_TLS);
        CU_ASSERT_EQUAL(d.tap[1].len, hello + (i == 0 ? 7 : 2));
        d.tap[0].room = SIZE_MAX;
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SSL);
        CU_ASSERT_EQUAL(d.tap[1].len, hello + 7);
        CU_ASSERT_EQUAL(d.tap[1].bytes[hello], 21);
        CU_ASSERT_EQUAL(d.tap[1].bytes[hello + 6], 70); /* protocol_version */
        duo_close(&d);
    }
}

static void
test_end_of_transport(void)
{
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    d.tap[0].eof = true;
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_EOF_IN_HANDSHAKE);
    duo_close(&d);
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "data", 4), 4);
    d.tap[0].eof = true; /* truncation: what came is delivered, then the error */
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, 8), 4);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, 8), -1);
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_UNEXPECTED_EOF);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_UNEXPECTED_EOF_WHILE_READING);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), -1);
    duo_close(&d);
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    SSL_set_options(d.ssl[0], SSL_OP_IGNORE_UNEXPECTED_EOF);
    d.tap[0].eof = true;
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, 8), 0);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 0), SSL_ERROR_ZERO_RETURN);
    duo_close(&d);
}

/* Data, then a record that does not decrypt: the data first, then the error, and the alert went out. */
static void
test_data_before_error(void)
{
    struct duo d;
    char text[64];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "good", 4), 4);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "bad", 3), 3);
    d.tap[0].bytes[d.tap[0].len - 1] ^= 1;
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), 4);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), -1);
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_BAD_RECORD_MAC);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", 1), -1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_PEER_ALERT);
    CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[1])->alert, 20);
    duo_close(&d);
}

static void
test_system_errors(void)
{
    struct duo d;
    char c;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    d.tap[0].read_errno = ECONNRESET;
    for (int i = 0; i < 2; i++) {
        errno = 0;
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        CU_ASSERT_EQUAL(errno, ECONNRESET);
        CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SYSCALL);
        CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_IO_READ);
        CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[0])->native, ECONNRESET);
    }
    duo_close(&d);
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "y", 1), 1);
    d.tap[0].write_errno = EPIPE;
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", 1), -1);
    CU_ASSERT_EQUAL(errno, EPIPE);
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SYSCALL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_IO_WRITE);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], &c, 1), 1); /* the other direction goes on */
    duo_close(&d);
}

/* The server refuses and closes; the client learns of it while it writes, and tells the alert, not EPIPE. */
static void
test_alert_behind_epipe(void)
{
    static const uint8_t fatal[] = {21, 3, 3, 0, 2, 2, 80};
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    duo_inject(&d, 0, fatal, sizeof fatal);
    d.tap[0].write_errno = EPIPE;
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_PEER_ALERT);
    duo_close(&d);
}

/* ---- waiting for the program ---- */

static int verdict_after;

static enum tvt_result
late_verdict(void *user, const struct tvt_span *chain, size_t num)
{
    (void)user;
    CU_ASSERT_TRUE(num == 2 && chain[0].len > 0);
    return verdict_after-- > 0 ? TVT_PENDING : TVT_OK;
}

struct late_signer {
    struct tvt_signer base;
    struct tvt_signer *inner;
    int after;
};

static int
late_sign(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
          uint8_t *signature, size_t *signature_len, void **op)
{
    struct late_signer *s = (struct late_signer *)signer;
    *op = s->after > 0 ? s : NULL;
    if (s->after-- > 0)
        return TVT_CRYPTO_PENDING;
    return s->inner->sign(s->inner, family, hash, msg, msg_len, signature, signature_len, op);
}

static void
late_cancel(struct tvt_signer *signer, void *op)
{
    (void)signer;
    (void)op;
}

static void
late_free(struct tvt_signer *signer)
{
    (void)signer;
}

static void
test_pending(void)
{
    struct duo d = {{NULL, NULL}, {NULL, NULL}, {{0}, {0}}};
    struct tvt_error error;
    int r[2], seen[2] = {0, 0};
    for (int role = 0; role < 2; role++) {
        d.ctx[role] = make_ctx(role, NULL, good_kind());
        CU_ASSERT_PTR_NOT_NULL_FATAL(d.ctx[role]);
    }
    tvt_error_clear(&error);
    verdict_after = 8;
    CU_ASSERT_EQUAL(tvt_config_set_verdict(d.ctx[0]->config, late_verdict, NULL, &error), TVT_OK);
    struct tvt_credential *credential = d.ctx[1]->config->credentials[0];
    struct late_signer late = {*credential->signer, credential->signer, 8};
    late.base.sign = late_sign;
    late.base.cancel = late_cancel;
    late.base.free = late_free;
    credential->signer = &late.base;
    CU_ASSERT_TRUE_FATAL(duo_connect(&d));
    for (int turn = 0; turn < 30; turn++)
        for (int role = 0; role < 2; role++) {
            r[role] = SSL_do_handshake(d.ssl[role]);
            int code = SSL_get_error(d.ssl[role], r[role]);
            if (code == (role == TVT_CLIENT ? SSL_ERROR_WANT_RETRY_VERIFY : SSL_ERROR_WANT_ASYNC)) {
                CU_ASSERT_EQUAL(SSL_want(d.ssl[role]), role == TVT_CLIENT ? SSL_RETRY_VERIFY : SSL_ASYNC_PAUSED);
                seen[role]++;
            }
        }
    CU_ASSERT_TRUE(r[0] == 1 && r[1] == 1);
    CU_ASSERT_TRUE(seen[0] >= 2 && seen[1] >= 2); /* each is asked more than once in a call */
    credential->signer = late.inner;
    duo_close(&d);
}

/* ---- refused by default ---- */

static void
expect_refusal(const char *client_kind, const char *server_kind, enum tvt_error_code code, long result)
{
    struct duo d = {{NULL, NULL}, {NULL, NULL}, {{0}, {0}}};
    int r[2];
    d.ctx[0] = make_ctx(TVT_CLIENT, NULL, client_kind);
    d.ctx[1] = make_ctx(TVT_SERVER, NULL, server_kind);
    CU_ASSERT_TRUE_FATAL(d.ctx[0] != NULL && d.ctx[1] != NULL && duo_connect(&d));
    CU_ASSERT_FALSE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(why(d.ssl[0]), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), code);
    CU_ASSERT_EQUAL(SSL_get_verify_result(d.ssl[0]), result);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_PEER_ALERT);
    CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[1])->alert, tvt_error_alert(code));
    duo_close(&d);
}

static void
test_bad_certificates(void)
{
    const char *good = good_kind();
    expect_refusal(good, kind_of_two("wrong-name", "ed25519-wrong-name"), TVT_E_CERT_NAME_MISMATCH,
                   X509_V_ERR_HOSTNAME_MISMATCH);
    expect_refusal(good, kind_of_two("expired", "ed25519-expired"), TVT_E_CERT_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED);
    expect_refusal(good, kind_of_two("not-yet-valid", "ed25519-not-yet-valid"), TVT_E_CERT_NOT_YET_VALID,
                   X509_V_ERR_CERT_NOT_YET_VALID);
    expect_refusal("rsa2048", good, TVT_E_CERT_UNKNOWN_ISSUER, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    expect_refusal(good, kind_of_two("self-signed", "ed25519-self-signed"), TVT_E_CERT_SELF_SIGNED,
                   X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    expect_refusal(good, kind_of_two("eku-client-only", "ed25519-eku-client-only"), TVT_E_CERT_EXTENDED_KEY_USAGE,
                   X509_V_ERR_INVALID_PURPOSE);
}

static void
test_nothing_to_verify_with(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(d.ssl[0], NULL), 1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_NO_NAME);
    CU_ASSERT_EQUAL(d.tap[0].total, 0);
    duo_close(&d);
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_free(d.ssl[0]);
    SSL_CTX *bare = SSL_CTX_new(TLS_client_method());
    d.ssl[0] = SSL_new(bare);
    SSL_CTX_free(bare); /* the SSL holds it */
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(d.ssl[0], "localhost"), 1);
    SSL_set_bio(d.ssl[0], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_NO_TRUST);
    CU_ASSERT_EQUAL(BIO_pending(SSL_get_wbio(d.ssl[0])), 0);
    SSL_free(d.ssl[1]);
    SSL_CTX *empty = SSL_CTX_new(TLS_server_method());
    d.ssl[1] = SSL_new(empty);
    SSL_CTX_free(empty);
    SSL_set_bio(d.ssl[1], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_NO_CREDENTIAL);
    duo_close(&d);
}

static int
never_called(int ok, X509_STORE_CTX *store)
{
    (void)store;
    return ok;
}

static void
test_verify_modes(void)
{
    static const struct {
        int mode;
        bool good;
        long result;
    } rows[] = {{SSL_VERIFY_PEER, false, X509_V_ERR_HOSTNAME_MISMATCH},
                {SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, false, X509_V_ERR_HOSTNAME_MISMATCH},
                {SSL_VERIFY_PEER | SSL_VERIFY_NO_NAME, true, X509_V_OK},
                {SSL_VERIFY_NONE, true, X509_V_ERR_UNSPECIFIED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct duo d;
        int r[2];
        CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
        CU_ASSERT_EQUAL(SSL_set1_host(d.ssl[0], "other.test"), 1);
        SSL_set_verify(d.ssl[0], rows[i].mode, NULL);
        CU_ASSERT_EQUAL(SSL_get_verify_mode(d.ssl[0]), rows[i].mode);
        CU_ASSERT_EQUAL(duo_handshake(&d, r), rows[i].good);
        CU_ASSERT_EQUAL(SSL_get_verify_result(d.ssl[0]), rows[i].result);
        duo_close(&d);
    }
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_set_verify(d.ssl[0], SSL_VERIFY_PEER, never_called);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_TRUE(detail_has(d.ssl[0], "verify_callback"));
    CU_ASSERT_EQUAL(d.tap[0].total, 0);
    duo_close(&d);
}

/* A server that asks: with a certificate, without one, and without one that is required. */
static void
test_client_certificates(void)
{
    for (int i = 0; i < 3; i++) {
        struct duo d = {{NULL, NULL}, {NULL, NULL}, {{0}, {0}}};
        const char *client = kind_of_two("client", "client-ed25519");
        int r[2];
        d.ctx[0] = make_ctx(TVT_CLIENT, NULL, good_kind());
        d.ctx[1] = make_ctx(TVT_SERVER, NULL, good_kind());
        CU_ASSERT_TRUE_FATAL(d.ctx[0] != NULL && d.ctx[1] != NULL);
        CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(d.ctx[1], pki_file(good_kind(), "root.pem")), 1);
        SSL_CTX_set_verify(d.ctx[1], SSL_VERIFY_PEER | (i == 2 ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
        if (i == 0) {
            CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(d.ctx[0], pki_file(client, "key.pem"), SSL_FILETYPE_PEM), 1);
            CU_ASSERT_EQUAL(SSL_CTX_check_private_key(d.ctx[0]), 0);
            CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(d.ctx[0], pki_file(client, "chain.pem")), 1);
            CU_ASSERT_EQUAL(SSL_CTX_check_private_key(d.ctx[0]), 1);
        }
        CU_ASSERT_TRUE_FATAL(duo_connect(&d));
        CU_ASSERT_EQUAL(duo_handshake(&d, r), i < 2);
        if (i == 2)
            CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_CERTIFICATE_REQUIRED);
        if (i < 2) {
            struct tvt_info info;
            tvt_connection_info(SSL_get0_tvt_connection(d.ssl[1]), &info);
            CU_ASSERT_EQUAL(info.num_peer_certificates, i == 0 ? 2 : 0);
            CU_ASSERT_EQUAL(SSL_get_verify_result(d.ssl[1]), X509_V_OK);
        }
        duo_close(&d);
    }
}

/* ---- settings ---- */

static unsigned keylog_lines;
static const SSL *keylog_ssl;

static void
count_keylog(const SSL *ssl, const char *line)
{
    keylog_ssl = ssl;
    keylog_lines += strlen(line) > 64;
}

static void
test_settings(void)
{
    struct duo d;
    int r[2];
    const unsigned char *alpn;
    unsigned len;
    unsigned char key[2][32];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL *old = SSL_new(d.ctx[0]);
    SSL_free(d.ssl[0]);
    CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(d.ctx[0], "TLS_CHACHA20_POLY1305_SHA256"), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set1_groups_list(d.ctx[0], kind_of_two("P-256", "X25519")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set1_sigalgs_list(d.ctx[0], kind_of_two("ecdsa_secp256r1_sha256", "ed25519")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(d.ctx[0], "TLS_NO_SUCH"), 0);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_UNKNOWN_WORD);
    CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(d.ctx[0], "ECDHE-RSA-CHACHA20-POLY1305"), 0); /* of TLS 1.2 */
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_UNKNOWN_WORD);
    CU_ASSERT_EQUAL(d.ctx[0]->config->suites[0]->id, 0x1303);
    for (size_t i = 1; i < d.ctx[0]->config->num_suites; i++) /* its other half stands */
        CU_ASSERT_EQUAL(d.ctx[0]->config->suites[i]->version, TLS1_2_VERSION);
    CU_ASSERT_TRUE(d.ctx[0]->config->num_suites > 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(d.ctx[0], TLS1_3_VERSION), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(d.ctx[0], 0), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_alpn_protos(d.ctx[1], (const unsigned char *)"\2h2\3x/1", 7), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_alpn_protos(d.ctx[1], (const unsigned char *)"\7h2", 3), 1);
    SSL_CTX_set_keylog_callback(d.ctx[0], count_keylog);
    CU_ASSERT_PTR_NOT_EQUAL(old->config, d.ctx[0]->config); /* what an SSL took does not change */
    CU_ASSERT_TRUE(old->config->num_suites > 1);
    SSL_free(old);
    BIO *bio = SSL_get_rbio(d.ssl[1]);
    CU_ASSERT_PTR_NOT_NULL(bio);
    SSL_free(d.ssl[1]);
    for (int role = 0; role < 2; role++)
        free(d.tap[role].bytes);
    CU_ASSERT_TRUE_FATAL(duo_connect(&d));
    CU_ASSERT_EQUAL(SSL_set_alpn_protos(d.ssl[0], (const unsigned char *)"\3x/1", 4), 0);
    keylog_lines = 0;
    CU_ASSERT_STRING_EQUAL(SSL_get_version(d.ssl[0]), "unknown");
    CU_ASSERT_STRING_EQUAL(SSL_get_cipher_name(d.ssl[0]), "(NONE)");
    CU_ASSERT_TRUE_FATAL(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(keylog_lines, 5);
    CU_ASSERT_PTR_EQUAL(keylog_ssl, d.ssl[0]);
    CU_ASSERT_STRING_EQUAL(SSL_get_version(d.ssl[0]), "TLSv1.3");
    CU_ASSERT_EQUAL(SSL_version(d.ssl[1]), TLS1_3_VERSION);
    CU_ASSERT_STRING_EQUAL(SSL_get_cipher(d.ssl[1]), "TLS_CHACHA20_POLY1305_SHA256");
    CU_ASSERT_STRING_EQUAL(SSL_get0_group_name(d.ssl[1]), SSL_get0_group_name(d.ssl[0]));
    SSL_get0_alpn_selected(d.ssl[0], &alpn, &len);
    CU_ASSERT_TRUE(len == 3 && memcmp(alpn, "x/1", 3) == 0);
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(SSL_export_keying_material(d.ssl[role], key[role], 32, "EXPORTER-test", 13, NULL, 0, 0), 1);
    CU_ASSERT_EQUAL(memcmp(key[0], key[1], 32), 0);
    CU_ASSERT_EQUAL(SSL_set_ciphersuites(d.ssl[0], "TLS_AES_128_GCM_SHA256"), 0); /* too late */
    CU_ASSERT_EQUAL(SSL_set1_host(d.ssl[0], "late.test"), 0);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "still alive", 11), 11);
    duo_close(&d);
}

static void
test_modes_and_options(void)
{
    const uint64_t all = SSL_OP_ALL | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    CU_ASSERT_EQUAL(SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE), 5); /* SSL_MODE_AUTO_RETRY was on */
    CU_ASSERT_EQUAL(SSL_CTX_get_options(ctx), SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    CU_ASSERT_EQUAL(SSL_CTX_set_options(ctx, all), all | SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    CU_ASSERT_EQUAL(SSL_CTX_clear_options(ctx, SSL_OP_ENABLE_MIDDLEBOX_COMPAT), all);
    CU_ASSERT_FALSE(ctx->config->compatibility);
    SSL *ssl = SSL_new(ctx);
    CU_ASSERT_EQUAL(SSL_get_mode(ssl), 5);
    CU_ASSERT_EQUAL(SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY), 1);
    CU_ASSERT_EQUAL(SSL_set_fd(ssl, 0), 1);
    CU_ASSERT_EQUAL(SSL_connect(ssl), -1); /* no version is left */
    CU_ASSERT_EQUAL(code_of(ssl), TVT_E_NO_VERSION);
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(ssl, "not a name"), 0);
    CU_ASSERT_EQUAL(code_of(ssl), TVT_E_BAD_ARGUMENT);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void
test_files(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    const char *kind = good_kind(), *other = kind_of_two("rsa2048", "client-ed25519");
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_locations(ctx, NULL, NULL), 0);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(ctx, pki("none.pem")), 0);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_FILE_UNREADABLE);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(ctx, pki("ec256/root.pem")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_dir(ctx, pki("ed25519")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(ctx, pki("rsa2048/root.pem")), 1);
    CU_ASSERT_TRUE(tvt_trust_store_count(ctx->config->trust) >= 3); /* they add up */
    CU_ASSERT_EQUAL(SSL_CTX_check_private_key(ctx), 0);
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_file(ctx, pki_file(kind, "leaf.pem"), SSL_FILETYPE_ASN1), 0);
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_file(ctx, pki_file(kind, "chain.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(ctx, pki_file(other, "key.pem"), SSL_FILETYPE_PEM), 0);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_KEY_MISMATCH);
    CU_ASSERT_EQUAL(SSL_CTX_check_private_key(ctx), 0);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(ctx, pki_file(kind, "key.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL_FATAL(ctx->config->num_credentials, 1);
    CU_ASSERT_EQUAL(ctx->config->credentials[0]->num_chain, 1); /* the leaf alone */
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(ctx, pki_file(other, "chain.pem")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(ctx, pki_file(other, "key.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL(SSL_CTX_check_private_key(ctx), 1);
    CU_ASSERT_EQUAL(ctx->config->num_credentials, 2);
    SSL_CTX_free(ctx);
    struct tvt_error error;
    CU_ASSERT_PTR_NULL(SSL_CTX_new_with_backend(TLS_method(), "nosuch", &error));
    CU_ASSERT_EQUAL(error.code, TVT_E_UNKNOWN_BACKEND);
}

/* ---- NULL, errors, BIOs ---- */

static void
test_null(void)
{
    char c;
    size_t n;
    SSL_free(NULL);
    SSL_CTX_free(NULL);
    BIO_free_all(NULL);
    CU_ASSERT_EQUAL(BIO_free(NULL), 0);
    CU_ASSERT_PTR_NULL(SSL_new(NULL));
    CU_ASSERT_PTR_NULL(SSL_CTX_new(NULL));
    CU_ASSERT_EQUAL(SSL_connect(NULL), -1);
    CU_ASSERT_EQUAL(SSL_accept(NULL), -1);
    CU_ASSERT_EQUAL(SSL_do_handshake(NULL), -1);
    CU_ASSERT_EQUAL(SSL_read(NULL, &c, 1), -1);
    CU_ASSERT_EQUAL(SSL_read_ex(NULL, &c, 1, &n), 0);
    CU_ASSERT_EQUAL(SSL_peek(NULL, &c, 1), -1);
    CU_ASSERT_EQUAL(SSL_write(NULL, &c, 1), -1);
    CU_ASSERT_EQUAL(SSL_write_ex(NULL, &c, 1, &n), 0);
    CU_ASSERT_EQUAL(SSL_shutdown(NULL), -1);
    CU_ASSERT_EQUAL(SSL_get_error(NULL, -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(SSL_set_fd(NULL, 0), 0);
    CU_ASSERT_EQUAL(SSL_get_fd(NULL), -1);
    CU_ASSERT_EQUAL(SSL_set1_host(NULL, "x"), 0);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(NULL, "x"), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_alpn_protos(NULL, NULL, 0), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_default_verify_paths(NULL), 0);
    SSL_set_bio(NULL, NULL, NULL);
    SSL_set_verify(NULL, 0, NULL);
    CU_ASSERT_STRING_EQUAL(SSL_get_version(NULL), "unknown");
    CU_ASSERT_EQUAL(SSL_get_verify_result(NULL), X509_V_ERR_UNSPECIFIED);
    CU_ASSERT_EQUAL(SSL_get0_error_record(NULL)->code, TVT_E_BAD_ARGUMENT);
}

static void
test_err_view(void)
{
    char text[256];
    ERR_clear_error();
    CU_ASSERT_EQUAL(ERR_get_error(), 0);
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    for (int i = 0; i < 20; i++)
        CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(ctx, pki("none.pem")), 0);
    unsigned long code = ERR_peek_error();
    CU_ASSERT_EQUAL(ERR_GET_LIB(code), ERR_LIB_SSL);
    CU_ASSERT_EQUAL(ERR_GET_REASON(code), TVT_E_FILE_UNREADABLE);
    CU_ASSERT_STRING_EQUAL(ERR_reason_error_string(code), tvt_error_sentence(TVT_E_FILE_UNREADABLE));
    ERR_error_string_n(code, text, sizeof text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "FILE_UNREADABLE"));
    CU_ASSERT_PTR_NULL(ERR_reason_error_string(0xffffffUL));
    int num = 0;
    while (ERR_get_error() != 0)
        num++;
    CU_ASSERT_TRUE(num > 0 && num < 20); /* bounded */
    SSL_CTX_free(ctx);
}

static void
test_bios(void)
{
    char text[16], *data;
    BIO *bio = BIO_new(BIO_s_mem()), *view = BIO_new_mem_buf("one\ntwo", -1);
    CU_ASSERT_EQUAL(BIO_read(bio, text, 4), -1);
    CU_ASSERT_TRUE(BIO_should_retry(bio) && BIO_should_read(bio) && !BIO_should_write(bio));
    CU_ASSERT_EQUAL(BIO_set_mem_eof_return(bio, 0), 1);
    CU_ASSERT_EQUAL(BIO_read(bio, text, 4), 0);
    CU_ASSERT_FALSE(BIO_should_retry(bio));
    CU_ASSERT_EQUAL(BIO_puts(bio, "hello"), 5);
    CU_ASSERT_EQUAL(BIO_pending(bio), 5);
    CU_ASSERT_TRUE(BIO_get_mem_data(bio, &data) == 5 && memcmp(data, "hello", 5) == 0);
    CU_ASSERT_EQUAL(BIO_read(bio, text, 2), 2);
    CU_ASSERT_EQUAL(BIO_reset(bio), 1);
    CU_ASSERT_EQUAL(BIO_eof(bio), 1);
    CU_ASSERT_EQUAL(BIO_write(view, "x", 1), -1);
    CU_ASSERT_EQUAL(BIO_gets(view, text, sizeof text), 4);
    CU_ASSERT_STRING_EQUAL(text, "one\n");
    CU_ASSERT_EQUAL(BIO_read(view, text, sizeof text), 3);
    CU_ASSERT_EQUAL(BIO_read(view, text, sizeof text), 0);
    CU_ASSERT_EQUAL(BIO_method_type(view), BIO_TYPE_MEM);
    /* references: the SSL takes one of each, one when both are the same, none for what stays */
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    CU_ASSERT_EQUAL(BIO_up_ref(bio), 1);
    SSL_set_bio(ssl, bio, bio);
    CU_ASSERT_EQUAL(atomic_load(&bio->references), 3); /* ours, and one for each direction */
    SSL_set_bio(ssl, bio, bio);
    CU_ASSERT_EQUAL(atomic_load(&bio->references), 3);
    SSL_set_bio(ssl, bio, view); /* takes `view` alone */
    CU_ASSERT_EQUAL(atomic_load(&bio->references), 2);
    SSL_free(ssl);
    CU_ASSERT_EQUAL(atomic_load(&bio->references), 1);
    SSL_CTX_free(ctx);
    BIO_free(bio);
}

int tvt_register_ssl_calls(void);

int
tvt_register_ssl_calls(void)
{
    static CU_TestInfo returns[] = {
        {"calls that are missing", test_missing_calls},
        {"WANT_READ, WANT_WRITE", test_want},
        {"a peer that ends the handshake", test_peer_ends_handshake},
        {"alerts are sent", test_alert_is_sent},
        {"the end of the transport", test_end_of_transport},
        {"data before an error", test_data_before_error},
        {"failed system calls", test_system_errors},
        {"an alert behind EPIPE", test_alert_behind_epipe},
        {"signer and verdict that take time", test_pending},
        CU_TEST_INFO_NULL,
    };
    static CU_TestInfo defaults[] = {
        {"bad certificates", test_bad_certificates},
        {"nothing to verify with", test_nothing_to_verify_with},
        {"verification modes", test_verify_modes},
        {"client certificates", test_client_certificates},
        CU_TEST_INFO_NULL,
    };
    static CU_TestInfo rest[] = {
        {"settings", test_settings},
        {"modes and options", test_modes_and_options},
        {"files", test_files},
        {"NULL everywhere", test_null},
        {"the ERR view", test_err_view},
        {"BIOs", test_bios},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {.pName = "SSL: what calls return", .pTests = returns},
        {.pName = "SSL: refused by default", .pTests = defaults},
        {.pName = "SSL: settings, errors, BIOs", .pTests = rest},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
