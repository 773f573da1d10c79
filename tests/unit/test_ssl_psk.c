/* SPDX-License-Identifier: MIT
 *
 * Pre-shared keys through SSL: fixed ones, OpenSSL's callbacks, 0-RTT under one, and what is refused.
 */
#include "core/handshake/config.h"
#include "core/session/session.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <string.h>

int tvt_register_ssl_psk(void);

static const unsigned char key[32] = {7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5, 2,
                                      3, 5, 3, 6, 0, 2, 8, 7, 4, 7, 1, 3, 5, 2, 6, 6};
static const char identity[] = "printer 7";

static unsigned char suite_bytes[2] = {0x13, 0x01};
static unsigned asked;
static uint32_t early_bytes;
static bool wrong_key;

/* A PSK in OpenSSL's way. */
static SSL_SESSION *
make(size_t key_len)
{
    SSL_SESSION *session = SSL_SESSION_new();
    unsigned char bytes[sizeof key];
    memcpy(bytes, key, sizeof key);
    bytes[0] ^= (unsigned char)wrong_key;
    CU_ASSERT_PTR_NOT_NULL_FATAL(session);
    CU_ASSERT_EQUAL(SSL_SESSION_set_cipher(session, SSL_CIPHER_find(NULL, suite_bytes)), 1);
    CU_ASSERT_EQUAL(SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION), 1);
    CU_ASSERT_EQUAL(SSL_SESSION_set1_master_key(session, bytes, key_len), key_len >= 16);
    CU_ASSERT_EQUAL(SSL_SESSION_set_max_early_data(session, early_bytes), 1);
    return session;
}

static int
use(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len, SSL_SESSION **session)
{
    CU_ASSERT_EQUAL(SSL_is_server(ssl), 0);
    CU_ASSERT_PTR_NULL(md);
    *id = (const unsigned char *)identity;
    *id_len = sizeof identity - 1;
    *session = make(sizeof key);
    asked++;
    return 1;
}

static int
use_none(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len, SSL_SESSION **session)
{
    (void)ssl;
    (void)md;
    (void)id;
    (void)id_len;
    *session = NULL;
    return 1;
}

static int
use_fails(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len, SSL_SESSION **session)
{
    (void)use_none(ssl, md, id, id_len, session);
    return 0;
}

static int
use_short(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len, SSL_SESSION **session)
{
    (void)ssl;
    (void)md;
    *id = (const unsigned char *)identity;
    *id_len = sizeof identity - 1;
    *session = make(8);
    return 1;
}

static int
find(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **session)
{
    CU_ASSERT_EQUAL(SSL_is_server(ssl), 1);
    asked++;
    *session = len == sizeof identity - 1 && memcmp(id, identity, len) == 0 ? make(sizeof key) : NULL;
    return 1;
}

static int
find_none(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **session)
{
    (void)ssl;
    (void)id;
    (void)len;
    *session = NULL;
    asked++;
    return 1;
}

static void
reset(void)
{
    asked = 0;
    early_bytes = 0;
    wrong_key = false;
    suite_bytes[1] = 1;
}

/* Two contexts that know no certificate. */
static bool
open_bare(struct duo *d, const char *backend)
{
    memset(d, 0, sizeof *d);
    for (int role = 0; role < 2; role++)
        d->ctx[role] = SSL_CTX_new_with_backend(TLS_method(), backend, NULL);
    return d->ctx[0] != NULL && d->ctx[1] != NULL;
}

static void
check_psk(struct duo *d)
{
    struct tvt_info info;
    CU_ASSERT_EQUAL(SSL_session_reused(d->ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_session_reused(d->ssl[1]), 1);
    tvt_connection_info(SSL_get0_tvt_connection(d->ssl[1]), &info);
    CU_ASSERT_TRUE(info.psk_external);
    CU_ASSERT_NOT_EQUAL(info.group, 0); /* with forward secrecy */
    CU_ASSERT_TRUE(duo_move(d, TVT_CLIENT, "ping", 4));
    CU_ASSERT_TRUE(duo_move(d, TVT_SERVER, "pong", 4));
}

/* ---- fixed ---- */

static void
test_fixed(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    struct tvt_error e;
    int r[2];
    tvt_error_clear(&e);
    for (size_t i = 0; i < num; i++) {
        struct duo d;
        struct tvt_session *psk;
        CU_ASSERT_TRUE_FATAL(open_bare(&d, names[i]));
        CU_ASSERT_EQUAL_FATAL(
            tvt_session_new_external(&psk, (struct tvt_span){(const uint8_t *)identity, sizeof identity - 1},
                                     (struct tvt_span){key, sizeof key}, TVT_HASH_SHA256, &e),
            TVT_OK);
        for (int role = 0; role < 2; role++) {
            CU_ASSERT_EQUAL(SSL_CTX_add_tvt_psk(d.ctx[role], psk), 1);
            CU_ASSERT_EQUAL(SSL_CTX_add_tvt_psk(d.ctx[role], psk), 0); /* twice the same identity */
        }
        tvt_session_unref(psk);
        CU_ASSERT_TRUE(duo_connect(&d) && duo_handshake(&d, r));
        check_psk(&d);
        /* the ticket of such a connection resumes it */
        SSL_SESSION *session = SSL_get1_session(d.ssl[0]);
        CU_ASSERT_EQUAL(SSL_SESSION_has_ticket(session), 1);
        SSL_SESSION_free(session);
        duo_close(&d);
    }
}

/* Without (EC)DHE, where both were told to. */
static void
test_psk_alone(void)
{
    struct duo d;
    struct tvt_info info;
    int r[2];
    reset();
    CU_ASSERT_TRUE_FATAL(open_bare(&d, NULL));
    SSL_CTX_set_psk_use_session_callback(d.ctx[0], use);
    SSL_CTX_set_psk_find_session_callback(d.ctx[1], find);
    (void)SSL_CTX_set_options(d.ctx[0], SSL_OP_ALLOW_NO_DHE_KEX);
    CU_ASSERT_EQUAL(d.ctx[0]->config->session.psk_modes, TVT_PSK_KE | TVT_PSK_DHE_KE);
    CU_ASSERT_TRUE(duo_connect(&d) && duo_handshake(&d, r));
    check_psk(&d); /* the server was not */
    (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_ALLOW_NO_DHE_KEX);
    CU_ASSERT_TRUE(duo_again(&d) && duo_handshake(&d, r));
    tvt_connection_info(SSL_get0_tvt_connection(d.ssl[1]), &info);
    CU_ASSERT_TRUE(info.psk_external);
    (void)SSL_CTX_clear_options(d.ctx[1], SSL_OP_ALLOW_NO_DHE_KEX);
    CU_ASSERT_EQUAL(d.ctx[1]->config->session.psk_modes, TVT_PSK_DHE_KE);
    duo_close(&d);
}

/* ---- callbacks ---- */

static void
test_callbacks(void)
{
    struct duo d;
    int r[2];
    reset();
    CU_ASSERT_TRUE_FATAL(open_bare(&d, NULL));
    SSL_CTX_set_psk_use_session_callback(d.ctx[0], use);
    SSL_CTX_set_psk_find_session_callback(d.ctx[1], find);
    CU_ASSERT_TRUE(duo_connect(&d) && duo_handshake(&d, r));
    CU_ASSERT_EQUAL(asked, 2);
    check_psk(&d);
    /* another key under the same name: refused, in words */
    CU_ASSERT_TRUE(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    wrong_key = true;
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_BAD_BINDER);
    duo_close(&d);
}

static void
test_callbacks_of_one_ssl(void)
{
    struct duo d;
    int r[2];
    reset();
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_set_psk_use_session_callback(d.ssl[0], use);
    SSL_set_psk_find_session_callback(d.ssl[1], find);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(SSL_session_reused(d.ssl[0]), 1);
    /* unknown there: certificates */
    CU_ASSERT_TRUE(duo_again(&d));
    asked = 0;
    SSL_set_psk_use_session_callback(d.ssl[0], use);
    SSL_set_psk_find_session_callback(d.ssl[1], find_none);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(asked, 2);
    CU_ASSERT_EQUAL(SSL_session_reused(d.ssl[0]), 0);
    CU_ASSERT_EQUAL(SSL_get_verify_result(d.ssl[0]), X509_V_OK);
    /* none to offer */
    CU_ASSERT_TRUE(duo_again(&d));
    SSL_set_psk_use_session_callback(d.ssl[0], use_none);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(SSL_session_reused(d.ssl[0]), 0);
    duo_close(&d);
}

static void
test_callbacks_that_fail(void)
{
    struct duo d;
    reset();
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_set_psk_use_session_callback(d.ssl[0], use_fails);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(d.tap[0].total, 0);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(d.tap[0].total, 0);
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    SSL_set_psk_use_session_callback(d.ssl[0], use_short);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_BAD_ARGUMENT);
    CU_ASSERT_EQUAL(d.tap[0].total, 0);
    duo_close(&d);
}

/* As one that outlives the process: nothing was seen yet. */
static enum tvt_result
never_seen(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now_ms, uint64_t until_ms)
{
    (void)user;
    CU_ASSERT(id != NULL && now_ms < until_ms && until_ms == UINT64_MAX);
    return TVT_OK;
}

static void
test_early_data(void)
{
    static const struct tvt_replay lasting = {NULL, never_seen};
    struct duo d;
    char text[16];
    size_t n;
    int r[2];
    reset();
    early_bytes = 100;
    CU_ASSERT_TRUE_FATAL(open_bare(&d, NULL));
    SSL_CTX_set_psk_use_session_callback(d.ctx[0], use);
    SSL_CTX_set_psk_find_session_callback(d.ctx[1], find);
    if (SSL_CTX_set_ciphersuites(d.ctx[1], "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256") != 1)
        suite_bytes[1] = 3; /* without AES there is one suite alone with SHA-256 */
    CU_ASSERT_EQUAL(SSL_CTX_set_max_early_data(d.ctx[1], 100), 1);
    CU_ASSERT_TRUE(duo_connect(&d));
    /* a key without an age: what was taken under it before this process began is never known here */
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "hello", 5, &n), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_FINISH);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(SSL_get_early_data_status(d.ssl[0]), SSL_EARLY_DATA_REJECTED);
    atomic_store(&d.ctx[1]->sessions.early_from_ms, 0); /* nor when the freshness window is over */
    CU_ASSERT_TRUE(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "hello", 5, &n), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_FINISH);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(SSL_CTX_set0_tvt_replay(d.ctx[1], &lasting), 1);
    CU_ASSERT_TRUE(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "hello", 5, &n), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_SUCCESS);
    CU_ASSERT_TRUE(n == 5 && memcmp(text, "hello", 5) == 0);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_FINISH);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    check_psk(&d);
    duo_close(&d);
}

/* ---- sessions of keys ---- */

static void
test_setters(void)
{
    struct tvt_error e;
    struct tvt_session *psk;
    unsigned char unknown[2] = {0x13, 0x99};
    reset();
    SSL_SESSION *session = make(sizeof key);
    CU_ASSERT_EQUAL(SSL_SESSION_is_resumable(session), 0);
    CU_ASSERT_STRING_EQUAL(SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)), "TLS_AES_128_GCM_SHA256");
    CU_ASSERT_PTR_NULL(SSL_CIPHER_find(NULL, unknown));
    CU_ASSERT_EQUAL(SSL_SESSION_set_cipher(session, NULL), 0);
    CU_ASSERT_EQUAL(SSL_SESSION_set_protocol_version(session, TLS1_2_VERSION), 0);
    CU_ASSERT_EQUAL(SSL_SESSION_set1_master_key(session, key, 15), 0);
    CU_ASSERT_EQUAL(SSL_SESSION_set1_master_key(session, key, 129), 0);
    CU_ASSERT_EQUAL(SSL_SESSION_set1_master_key(NULL, key, 16), 0);
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    CU_ASSERT_EQUAL(SSL_CTX_add_tvt_psk(ctx, NULL), 0);
    CU_ASSERT_EQUAL(SSL_CTX_add_tvt_psk(ctx, session), 0); /* it has no identity */
    SSL_SESSION_free(session);
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL_FATAL(tvt_session_new_external(&psk, (struct tvt_span){key, 4}, (struct tvt_span){key, sizeof key},
                                                   TVT_HASH_SHA256, &e),
                          TVT_OK);
    CU_ASSERT_EQUAL(SSL_SESSION_set_max_early_data(psk, 5), 0); /* it may be in use */
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_WRONG_CALL);
    SSL_SESSION_free(psk);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

int
tvt_register_ssl_psk(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"fixed keys", test_fixed},
        {"keys alone", test_psk_alone},
        {"callbacks", test_callbacks},
        {"callbacks of one SSL", test_callbacks_of_one_ssl},
        {"callbacks that fail", test_callbacks_that_fail},
        {"early data", test_early_data},
        {"sessions made of keys", test_setters},
    };
    CU_pSuite suite = CU_add_suite("SSL: pre-shared keys", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
