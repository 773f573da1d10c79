/* SPDX-License-Identifier: MIT
 *
 * Authentication through SSL beyond a server's chain: client certificates, in the handshake and after it, staples, raw keys,
 * compressed certificates, names of authorities, on every backend; files.
 */
#define _POSIX_C_SOURCE 200809L
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"
#include "core/x509/credential.h"
#include "tests/support/fixture.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int tvt_register_ssl_auth(void);

/* Which test certificates the contexts of `d` have. */
static const char *
kind(const struct duo *d)
{
    const struct tvt_provider *p = tvt_config_provider(d->ctx[1]->config);
    return tvt_fixture_can_sign(p, "ec256") && tvt_fixture_can_verify(p, "ec256") ? "ec256" : "ed25519";
}

static bool
load_client(struct duo *d)
{
    const char *name = strcmp(kind(d), "ec256") == 0 ? "client" : "client-ed25519";
    return SSL_CTX_use_certificate_chain_file(d->ctx[0], pki_file(name, "chain.pem")) == 1 &&
           SSL_CTX_use_PrivateKey_file(d->ctx[0], pki_file(name, "key.pem"), SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_load_verify_file(d->ctx[1], pki_file(kind(d), "root.pem")) == 1;
}

static size_t
client_certificates(const struct duo *d)
{
    struct tvt_info info;
    tvt_connection_info(SSL_get0_tvt_connection(d->ssl[1]), &info);
    return info.client_authenticated ? info.num_peer_certificates : 0;
}

/* ---- files ---- */

/* A file that is not good changes nothing; a directory that has no more than the file beside it is good. */
static void
test_files_again(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    const char *name = tvt_fixture_can_sign(tvt_fixture_provider(NULL), "ec256") ? "ec256" : "ed25519";
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_locations(ctx, pki_file("client", "chain.pem"), pki("client")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(ctx, pki_file(name, "chain.pem")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_file(ctx, pki("none.pem"), SSL_FILETYPE_PEM), 0);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(ctx, pki_file(name, "key.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL_FATAL(ctx->config->num_credentials, 1);
    CU_ASSERT_TRUE(ctx->config->credentials[0]->num_chain > 1); /* not the leaf alone */
    SSL_CTX_free(ctx);
}

/* ---- after the handshake ---- */

static void
ask_later(struct duo *d)
{
    char text[8];
    int r[2];
    CU_ASSERT_TRUE_FATAL(load_client(d));
    SSL_CTX_set_verify(d->ctx[1], SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    CU_ASSERT_TRUE(duo_again(d) && duo_handshake(d, r));
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(d->ssl[1]), 0); /* the client did not offer it */
    CU_ASSERT_EQUAL(code_of(d->ssl[1]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(d->ssl[0]), 0);
    SSL_CTX_set_post_handshake_auth(d->ctx[0], 1);
    CU_ASSERT_TRUE(duo_again(d));
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(d->ssl[1]), 0); /* too early */
    CU_ASSERT_TRUE(duo_handshake(d, r));
    CU_ASSERT_EQUAL(client_certificates(d), 0);
    CU_ASSERT_EQUAL(SSL_get_verify_result(d->ssl[1]), X509_V_OK); /* none came, unasked */
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(d->ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_do_handshake(d->ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_read(d->ssl[0], text, sizeof text), -1); /* takes the request, and answers */
    CU_ASSERT_EQUAL(SSL_get_error(d->ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_read(d->ssl[1], text, sizeof text), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d->ssl[1], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(client_certificates(d), 2);
    CU_ASSERT_EQUAL(SSL_get_verify_result(d->ssl[1]), X509_V_OK);
    CU_ASSERT_TRUE(duo_move(d, TVT_CLIENT, "ping", 4));
    CU_ASSERT_TRUE(duo_move(d, TVT_SERVER, "pong", 4));
}

static void
test_after_handshake(void)
{
    struct duo d;
    duo_each_backend(ask_later);
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(d.ctx[1], pki_file(good_kind(), "root.pem")), 1);
    SSL_CTX_set_verify(d.ctx[1], SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    CU_ASSERT_TRUE(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_WRONG_CALL);
    duo_close(&d);
}

/* ---- in the handshake ---- */

static void
ask_now(struct duo *d)
{
    int r[2];
    CU_ASSERT_TRUE_FATAL(load_client(d));
    SSL_CTX_set_verify(d->ctx[1], SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    CU_ASSERT_EQUAL(SSL_CTX_load_client_CA_names_file(d->ctx[1], pki_file(kind(d), "root.pem")), 1);
    CU_ASSERT_TRUE(d->ctx[1]->config->auth.authorities_len > 20);
    CU_ASSERT_TRUE(duo_again(d) && duo_handshake(d, r) && duo_first_word(d));
    CU_ASSERT_EQUAL(client_certificates(d), 2);
    /* and whoever resumes is still who it was */
    SSL_SESSION *session = SSL_get1_session(d->ssl[0]);
    CU_ASSERT_TRUE(duo_again(d) && SSL_set_session(d->ssl[0], session) == 1 && duo_handshake(d, r));
    CU_ASSERT_EQUAL(SSL_session_reused(d->ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_get_verify_result(d->ssl[1]), X509_V_OK);
    SSL_SESSION_free(session);
}

static void
test_in_handshake(void)
{
    SSL_CTX *ctx;
    duo_each_backend(ask_now);
    ctx = SSL_CTX_new(TLS_server_method());
    CU_ASSERT_EQUAL(SSL_CTX_load_client_CA_names_file(ctx, pki_file(good_kind(), "key.pem")), 0);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_PEM_NOT_FOUND);
    CU_ASSERT_EQUAL(SSL_CTX_load_client_CA_names_file(ctx, pki("nothing.pem")), 0);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_FILE_UNREADABLE);
    CU_ASSERT_EQUAL(SSL_CTX_load_client_CA_names_file(ctx, NULL), 0);
    SSL_CTX_free(ctx);
}

/* ---- staples ---- */

/* A file with these bytes; false: not written. */
static bool
temporary(char path[32], const void *bytes, size_t len)
{
    strcpy(path, "trivet-test-XXXXXX"); /* in the directory of the run */
    int fd = mkstemp(path);
    bool good = fd >= 0 && write(fd, bytes, len) == (ssize_t)len;
    if (fd >= 0)
        (void)close(fd);
    return good;
}

static void
staple(struct duo *d)
{
    static const uint8_t scts[] = {0, 7, 0, 5, 'p', 'r', 'o', 'o', 'f'};
    const unsigned char *data;
    char path[32], name[64];
    size_t len;
    int r[2];
    (void)snprintf(name, sizeof name, "pki/ocsp/%s/good.der", kind(d));
    struct tvt_span good = tvt_fixture_file(name);
    (void)snprintf(name, sizeof name, "ocsp/%s/good.der", kind(d));
    CU_ASSERT_TRUE_FATAL(good.len > 0 && temporary(path, scts, sizeof scts));
    CU_ASSERT_EQUAL(SSL_CTX_use_ocsp_response_file(d->ctx[0], pki(name)), 0);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_NO_CREDENTIAL);
    CU_ASSERT_EQUAL(SSL_CTX_use_ocsp_response_file(d->ctx[1], pki(name)), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_scts_file(d->ctx[1], path), 1);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_TRUE(duo_again(d) && duo_handshake(d, r));
    CU_ASSERT_EQUAL(SSL_get_tlsext_status_ocsp_resp(d->ssl[0], &data), -1); /* not asked for */
    CU_ASSERT_PTR_NULL(data);
    SSL_get0_signed_cert_timestamp_list(d->ssl[0], &data, &len);
    CU_ASSERT_EQUAL(len, 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_status_type(d->ctx[0], 7), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_status_type(d->ctx[0], TLSEXT_STATUSTYPE_ocsp), 1);
    CU_ASSERT_TRUE(duo_again(d));
    SSL_enable_signed_cert_timestamps(d->ssl[0]);
    CU_ASSERT_TRUE(duo_handshake(d, r) && duo_first_word(d));
    CU_ASSERT_EQUAL(SSL_get_tlsext_status_ocsp_resp(d->ssl[0], &data), (long)good.len);
    CU_ASSERT_TRUE(data != NULL && memcmp(data, good.data, good.len) == 0);
    SSL_get0_signed_cert_timestamp_list(d->ssl[0], &data, &len);
    CU_ASSERT_TRUE(len == sizeof scts && memcmp(data, scts, len) == 0);
    /* what was proved once is known when it is resumed */
    SSL_SESSION *session = SSL_get1_session(d->ssl[0]);
    CU_ASSERT_TRUE(duo_again(d) && SSL_set_session(d->ssl[0], session) == 1 && duo_handshake(d, r));
    CU_ASSERT_EQUAL(SSL_session_reused(d->ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_get_tlsext_status_ocsp_resp(d->ssl[0], &data), (long)good.len);
    SSL_SESSION_free(session);
    CU_ASSERT_EQUAL(SSL_set_tlsext_status_type(d->ssl[0], -1), 0); /* too late */
}

static void
test_staples(void)
{
    duo_each_backend(staple);
}

static void
require_staple(struct duo *d)
{
    int r[2];
    CU_ASSERT_EQUAL(SSL_CTX_require_tvt_ocsp(d->ctx[0], 1), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_status_type(d->ctx[0], TLSEXT_STATUSTYPE_ocsp), 1); /* no less is wanted by it */
    CU_ASSERT_TRUE(duo_again(d));
    CU_ASSERT_EQUAL(SSL_set_tlsext_status_type(d->ssl[0], -1), 1);
    CU_ASSERT_FALSE(duo_handshake(d, r));
    CU_ASSERT_EQUAL(code_of(d->ssl[0]), TVT_E_OCSP_MISSING);
    CU_ASSERT_EQUAL(SSL_CTX_require_tvt_ocsp(d->ctx[0], 0), 1);
    CU_ASSERT_TRUE(duo_again(d));
    CU_ASSERT_TRUE(duo_handshake(d, r));
}

static void
test_required_staple(void)
{
    duo_each_backend(require_staple);
}

/* ---- raw keys ---- */

static void
raw_keys(struct duo *d)
{
    static const unsigned char raw[] = {TLSEXT_cert_type_rpk};
    const unsigned char *key;
    char path[32];
    size_t len;
    int r[2];
    SSL_CTX *server = SSL_CTX_new_with_backend(TLS_server_method(), tvt_config_provider(d->ctx[1]->config)->name, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    SSL_CTX_free(d->ctx[1]);
    d->ctx[1] = server;
    const char *name = kind(d);
    CU_ASSERT_EQUAL(SSL_CTX_use_raw_key_file(server, pki_file(name, "key.pem"), 9), 0);
    CU_ASSERT_EQUAL(SSL_CTX_use_raw_key_file(server, pki_file(name, "key.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set1_server_cert_type(server, raw, sizeof raw), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set1_server_cert_type(d->ctx[0], raw, sizeof raw), 1);
    /* a key that nobody told the client about */
    CU_ASSERT_TRUE(duo_again(d));
    CU_ASSERT_FALSE(duo_handshake(d, r));
    CU_ASSERT_EQUAL(code_of(d->ssl[0]), TVT_E_RAW_KEY_UNKNOWN);
    struct tvt_span spki = server->config->credentials[0]->chain[0];
    CU_ASSERT_TRUE_FATAL(temporary(path, spki.data, spki.len));
    CU_ASSERT_EQUAL(SSL_CTX_add_expected_rpk_file(d->ctx[0], path), 1);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_TRUE(duo_again(d) && duo_handshake(d, r) && duo_first_word(d));
    SSL_get0_tvt_peer_raw_key(d->ssl[0], &key, &len);
    CU_ASSERT_TRUE(len == spki.len && memcmp(key, spki.data, len) == 0);
    CU_ASSERT_EQUAL(SSL_get_verify_result(d->ssl[0]), X509_V_OK);
    SSL_get0_tvt_peer_raw_key(d->ssl[1], &key, &len);
    CU_ASSERT_EQUAL(len, 0);
    CU_ASSERT_EQUAL(SSL_CTX_add_expected_rpk_file(d->ctx[0], pki_file(name, "root.pem")), 0);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_PEM_NOT_FOUND);
    CU_ASSERT_EQUAL(SSL_CTX_set1_client_cert_type(d->ctx[0], (const unsigned char *)"\1", 1), 0);
}

static void
test_raw_keys(void)
{
    duo_each_backend(raw_keys);
}

/* ---- compression ---- */

static void
compress(struct duo *d)
{
    struct tvt_info info;
    int list[3] = {TLSEXT_comp_cert_zlib, TLSEXT_comp_cert_none, 77}, r[2];
    bool zlib = tvt_compression_available(TLSEXT_comp_cert_zlib);
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(SSL_CTX_set1_cert_comp_preference(d->ctx[role], list, 3), zlib);
    CU_ASSERT_TRUE(duo_again(d) && duo_handshake(d, r));
    tvt_connection_info(SSL_get0_tvt_connection(d->ssl[0]), &info);
    CU_ASSERT_EQUAL(info.compression, zlib ? TLSEXT_comp_cert_zlib : 0);
    CU_ASSERT_TRUE(duo_again(d));
    CU_ASSERT_EQUAL(SSL_set1_cert_comp_preference(d->ssl[0], NULL, 0), 1);
    CU_ASSERT_EQUAL(SSL_set1_cert_comp_preference(d->ssl[0], list + 2, 1), 0);
    CU_ASSERT_TRUE(duo_handshake(d, r));
    tvt_connection_info(SSL_get0_tvt_connection(d->ssl[0]), &info);
    CU_ASSERT_EQUAL(info.compression, 0);
}

static void
test_compression(void)
{
    duo_each_backend(compress);
}

int
tvt_register_ssl_auth(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"files once more", test_files_again},
        {"after the handshake", test_after_handshake},
        {"in the handshake", test_in_handshake},
        {"staples", test_staples},
        {"a staple that is required", test_required_staple},
        {"raw keys", test_raw_keys},
        {"compressed certificates", test_compression},
    };
    CU_pSuite suite = CU_add_suite("SSL: authentication", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
