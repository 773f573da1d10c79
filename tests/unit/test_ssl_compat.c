/* SPDX-License-Identifier: MIT
 *
 * What programs written for OpenSSL use besides TLS: SSL_clear, values and callbacks of their own, views of certificates,
 * certificates and keys given as objects, pairs that are loaded again.
 */
#include "core/handshake/config.h"
#include "core/ssl/view.h"
#include "tests/unit/ssl_help.h"
#include <trivet/compat.h>

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_ssl_compat(void);

/* ---- SSL_clear ---- */

/* The client's SSL once more, against a new one of the server; `closed`: after an orderly end. */
static void
once_more(struct duo *d, bool closed)
{
    int r[2];
    if (closed) {
        CU_ASSERT_EQUAL(SSL_shutdown(d->ssl[0]), 0);
        CU_ASSERT_EQUAL(SSL_get_shutdown(d->ssl[0]), SSL_SENT_SHUTDOWN);
    }
    SSL *client = d->ssl[0];
    CU_ASSERT_EQUAL(SSL_up_ref(client), 1);
    CU_ASSERT_TRUE_FATAL(duo_again(d)); /* new ones of both; the BIO of the new client goes to the old one */
    BIO *bio = SSL_get_rbio(d->ssl[0]);
    CU_ASSERT_EQUAL(BIO_up_ref(bio), 1);
    SSL_free(d->ssl[0]);
    d->ssl[0] = client;
    CU_ASSERT_EQUAL(SSL_clear(client), 1);
    CU_ASSERT_EQUAL(SSL_in_before(client), 1);
    CU_ASSERT_EQUAL(SSL_get_shutdown(client), 0);
    CU_ASSERT_EQUAL(SSL_pending(client), 0);
    SSL_set_bio(client, bio, bio);
    CU_ASSERT_TRUE(duo_handshake(d, r)); /* the name to verify stayed */
    CU_ASSERT_EQUAL(SSL_session_reused(client), closed);
    CU_ASSERT_EQUAL(SSL_get_verify_result(client), X509_V_OK);
    CU_ASSERT_TRUE(duo_first_word(d));
    CU_ASSERT_TRUE(duo_move(d, 0, "again", 5));
}

static void
test_clear(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_TRUE(duo_first_word(&d));
    once_more(&d, true);
    once_more(&d, true);
    once_more(&d, false); /* what was not closed in order is not resumed */
    CU_ASSERT_EQUAL(SSL_clear(NULL), 0);
    duo_close(&d);
}

static void
test_clear_after_failure(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    duo_inject(&d, 0, "HTTP/1.1 400 Bad Request\r\n", 26);
    CU_ASSERT_FALSE(duo_handshake(&d, r));
    CU_ASSERT_NOT_EQUAL(code_of(d.ssl[0]), TVT_E_NONE);
    d.tap[0].len = 0;
    once_more(&d, false);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_NONE);
    duo_close(&d);
}

/* ---- values and callbacks ---- */

static int released[2];

static void
release(void *parent, void *value, CRYPTO_EX_DATA *data, int index, long number, void *pointer)
{
    CU_ASSERT_PTR_NOT_NULL(parent);
    CU_ASSERT_PTR_NOT_NULL(data);
    CU_ASSERT_TRUE(index > 0);
    CU_ASSERT_EQUAL(number, 7);
    released[pointer != NULL] += *(int *)value;
}

static void
test_ex_data(void)
{
    struct duo d;
    int one = 1, ten = 10;
    int on_ssl = SSL_get_ex_new_index(7, NULL, NULL, NULL, release);
    int on_ctx = SSL_CTX_get_ex_new_index(7, &one, NULL, NULL, release);
    CU_ASSERT_TRUE_FATAL(on_ssl > 0 && on_ctx > 0);
    CU_ASSERT_EQUAL(CRYPTO_get_ex_new_index(99, 0, NULL, NULL, NULL, NULL), -1);
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_PTR_NULL(SSL_get_ex_data(d.ssl[0], on_ssl));
    CU_ASSERT_EQUAL(SSL_set_ex_data(d.ssl[0], on_ssl, &one), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_ex_data(d.ctx[0], on_ctx, &ten), 1);
    CU_ASSERT_EQUAL(SSL_set_app_data(d.ssl[0], &d), 1);
    CU_ASSERT_EQUAL(SSL_set_ex_data(d.ssl[0], on_ssl + 1, &one), 0);
    CU_ASSERT_EQUAL(SSL_set_ex_data(d.ssl[0], -1, &one), 0);
    CU_ASSERT_PTR_EQUAL(SSL_get_ex_data(d.ssl[0], on_ssl), &one);
    CU_ASSERT_PTR_EQUAL(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(d.ssl[0]), on_ctx), &ten);
    CU_ASSERT_PTR_EQUAL(SSL_get_app_data(d.ssl[0]), &d);
    CU_ASSERT_EQUAL(SSL_clear(d.ssl[0]), 1);
    CU_ASSERT_PTR_EQUAL(SSL_get_app_data(d.ssl[0]), &d);
    duo_close(&d);
    CU_ASSERT_EQUAL(released[0], 1);
    CU_ASSERT_EQUAL(released[1], 10);
}

static struct {
    int where[16], value[16], num;
} seen;

static void
watch(const SSL *ssl, int where, int value)
{
    CU_ASSERT_PTR_NOT_NULL(ssl);
    if (seen.num < 16) {
        seen.where[seen.num] = where;
        seen.value[seen.num++] = value;
    }
}

static void
test_info_callback(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_set_info_callback(d.ssl[0], watch);
    CU_ASSERT_PTR_EQUAL(SSL_get_info_callback(d.ssl[0]), watch);
    memset(&seen, 0, sizeof seen);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_TRUE_FATAL(seen.num >= 4);
    CU_ASSERT_EQUAL(seen.where[0], SSL_CB_HANDSHAKE_START);
    CU_ASSERT_EQUAL(seen.where[1], SSL_CB_CONNECT_EXIT);
    CU_ASSERT_EQUAL(seen.value[1], -1);
    CU_ASSERT_EQUAL(seen.where[seen.num - 2], SSL_CB_HANDSHAKE_DONE);
    CU_ASSERT_EQUAL(seen.where[seen.num - 1], SSL_CB_CONNECT_EXIT);
    CU_ASSERT_EQUAL(seen.value[seen.num - 1], 1);
    CU_ASSERT_TRUE(duo_again(&d));
    SSL_set_info_callback(d.ssl[0], watch);
    CU_ASSERT_EQUAL(SSL_set1_host(d.ssl[0], "elsewhere.example"), 1);
    memset(&seen, 0, sizeof seen);
    CU_ASSERT_FALSE(duo_handshake(&d, r));
    CU_ASSERT_TRUE_FATAL(seen.num >= 3);
    CU_ASSERT_EQUAL(seen.where[seen.num - 2], SSL_CB_WRITE_ALERT);
    CU_ASSERT_STRING_EQUAL(SSL_alert_type_string_long(seen.value[seen.num - 2]), "fatal");
    CU_ASSERT_STRING_EQUAL(SSL_alert_desc_string_long(seen.value[seen.num - 2]), "bad_certificate");
    duo_close(&d);
}

static int
times_seen(int where)
{
    int times = 0;
    for (int i = 0; i < seen.num; i++)
        times += seen.where[i] == where;
    return times;
}

/* A handshake that SSL_read() and SSL_write() make is told as one of SSL_connect(), and so is an alert later on. */
static void
test_info_of_reads(void)
{
    struct duo d;
    char byte;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_set_info_callback(d.ssl[0], watch);
    memset(&seen, 0, sizeof seen);
    for (int i = 0; i < 20 && (!SSL_is_init_finished(d.ssl[0]) || !SSL_is_init_finished(d.ssl[1])); i++) {
        CU_ASSERT_EQUAL(SSL_read(d.ssl[0], &byte, 1), -1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
        CU_ASSERT_EQUAL(SSL_read(d.ssl[1], &byte, 1), -1);
    }
    CU_ASSERT_TRUE_FATAL(SSL_is_init_finished(d.ssl[0]) && seen.num >= 3);
    CU_ASSERT_EQUAL(times_seen(SSL_CB_HANDSHAKE_START), 1);
    CU_ASSERT_EQUAL(times_seen(SSL_CB_HANDSHAKE_DONE), 1);
    CU_ASSERT_EQUAL(seen.where[seen.num - 1], SSL_CB_CONNECT_EXIT);
    CU_ASSERT_EQUAL(seen.value[seen.num - 1], 1);
    int before = seen.num;
    duo_inject(&d, 0, "\x17\x03\x03\x00\x18 none of the server's data ", 5 + 24);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], &byte, 1), -1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], &byte, 1), -1);
    CU_ASSERT_EQUAL(seen.num, before + 1); /* once */
    CU_ASSERT_EQUAL(seen.where[before], SSL_CB_WRITE_ALERT);
    CU_ASSERT_STRING_EQUAL(SSL_alert_desc_string_long(seen.value[before]), "bad_record_mac");
    duo_close(&d);
}

/* ---- certificates ---- */

static void
check_names(X509 *leaf)
{
    char text[256];
    X509_NAME *name = X509_get_subject_name(leaf);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    CU_ASSERT_TRUE_FATAL(at >= 0);
    CU_ASSERT_EQUAL(X509_NAME_get_index_by_NID(name, NID_commonName, at), -1);
    ASN1_STRING *cn = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    int len = X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text);
    CU_ASSERT_EQUAL(len, ASN1_STRING_length(cn));
    CU_ASSERT_EQUAL(memcmp(text, ASN1_STRING_get0_data(cn), (size_t)len + 1), 0);
    char *line = X509_NAME_oneline(name, NULL, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "/CN="));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, text));
    OPENSSL_free(line);
    CU_ASSERT_STRING_EQUAL(OBJ_nid2sn(OBJ_obj2nid(X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, at)))), "CN");
    FILE *file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_TRUE(X509_NAME_print_ex_fp(file, name, 2, XN_FLAG_RFC2253) > 2 + 3);
    rewind(file);
    CU_ASSERT_PTR_NOT_NULL(fgets(text, sizeof text, file));
    CU_ASSERT_EQUAL(strncmp(text, "  CN=", 5), 0);
    (void)fclose(file);
    X509_NAME *copy = X509_NAME_dup(name);
    CU_ASSERT_EQUAL(X509_NAME_cmp(copy, name), 0);
    CU_ASSERT_NOT_EQUAL(X509_NAME_cmp(X509_get_issuer_name(leaf), name), 0);
    X509_NAME_free(copy);
}

/* A name of many attributes is shown with all of them: what stands last is not hidden. */
static void
long_name(void)
{
    enum { NUM = 300, EACH = 13 };
    static const uint8_t attribute[EACH + 1] = "\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
                                               "ab";
    uint8_t der[4 + NUM * EACH] = {0x30, 0x82, NUM * EACH >> 8, NUM * EACH & 0xff};
    for (size_t i = 0; i < NUM; i++)
        memcpy(der + 4 + i * EACH, attribute, EACH);
    der[sizeof der - 1] = 'z';
    X509_NAME *name = tvt_x509_name_make(tvt_span(der, sizeof der));
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    CU_ASSERT_EQUAL(X509_NAME_entry_count(name), NUM);
    ASN1_STRING *last = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, NUM - 1));
    CU_ASSERT_EQUAL(memcmp(ASN1_STRING_get0_data(last), "az", 3), 0);
    char *line = X509_NAME_oneline(name, NULL, 0);
    CU_ASSERT_EQUAL(line != NULL ? strlen(line) : 0, NUM * strlen("/CN=ab"));
    OPENSSL_free(line);
    X509_NAME_free(name);
}

static void
check_alt_names(X509 *leaf)
{
    int critical = 7;
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, &critical, NULL);
    bool found = false;
    CU_ASSERT_PTR_NOT_NULL_FATAL(names);
    CU_ASSERT_TRUE(critical == 0 || critical == 1);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS && ASN1_STRING_length(name->d.dNSName) == 9)
            found = found || memcmp(ASN1_STRING_get0_data(name->d.dNSName), "localhost", 10) == 0;
    }
    CU_ASSERT_TRUE(found);
    GENERAL_NAMES_free(names);
    CU_ASSERT_PTR_NULL(X509_get_ext_d2i(leaf, NID_commonName, &critical, NULL));
    CU_ASSERT_EQUAL(critical, -1);
    CU_ASSERT_EQUAL(X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
    CU_ASSERT_EQUAL(X509_check_host(leaf, "localhost", sizeof "localhost", 0, NULL), 1);
    CU_ASSERT_EQUAL(X509_check_host(leaf, "localhost", 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL), 1);
    CU_ASSERT_EQUAL(X509_check_host(leaf, "elsewhere.example", 0, 0, NULL), 0);
    CU_ASSERT_EQUAL(X509_check_host(leaf, "not a name", 0, 0, NULL), -2);
    CU_ASSERT_EQUAL(X509_check_ip_asc(leaf, "localhost", 0), -2);
}

static void
check_times(X509 *leaf)
{
    int days = 0, seconds = 0;
    struct tm tm;
    CU_ASSERT_EQUAL(X509_cmp_current_time(X509_get0_notBefore(leaf)), -1);
    CU_ASSERT_EQUAL(X509_cmp_current_time(X509_get0_notAfter(leaf)), 1);
    CU_ASSERT_EQUAL(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(leaf), X509_get0_notAfter(leaf)), 1);
    CU_ASSERT_TRUE(days > 0);
    CU_ASSERT_EQUAL(ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &tm), 1);
    BIO *bio = BIO_new(BIO_s_mem());
    CU_ASSERT_EQUAL(ASN1_TIME_print(bio, X509_get0_notAfter(leaf)), 1);
    char text[64] = "", year[16];
    (void)snprintf(year, sizeof year, " %d ", tm.tm_year + 1900);
    CU_ASSERT_TRUE(BIO_read(bio, text, sizeof text - 1) > 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, year));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " GMT"));
    (void)BIO_free(bio);
}

/* What a client sees of its server, and the same bytes through PEM and DER. */
static void
test_peer_certificate(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    X509 *leaf = SSL_get_peer_certificate(d.ssl[0]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(leaf);
    CU_ASSERT_PTR_EQUAL(SSL_get0_peer_certificate(d.ssl[0]), leaf);
    CU_ASSERT_PTR_NULL(SSL_get_peer_certificate(d.ssl[1]));
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(d.ssl[0]);
    CU_ASSERT_TRUE_FATAL(sk_X509_num(chain) >= 1);
    CU_ASSERT_EQUAL(X509_cmp(sk_X509_value(chain, 0), leaf), 0);
    CU_ASSERT_PTR_NULL(sk_X509_value(chain, sk_X509_num(chain)));
    CU_ASSERT_EQUAL(X509_get_version(leaf), 2);
    CU_ASSERT_TRUE(EVP_PKEY_id(X509_get0_pubkey(leaf)) == EVP_PKEY_EC ||
                   EVP_PKEY_id(X509_get0_pubkey(leaf)) == EVP_PKEY_ED25519);
    check_names(leaf);
    check_alt_names(leaf);
    check_times(leaf);
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    /* blocks of another kind are skipped; a mark in a long line begins nothing, a byte order mark is in nobody's way */
    CU_ASSERT_TRUE(BIO_puts(bio, "-----BEGIN ATTRIBUTE CERTIFICATE-----\nMAA=\n-----END ATTRIBUTE CERTIFICATE-----\n") >
                   0);
    for (unsigned i = 0; i < 1023; i++)
        CU_ASSERT_EQUAL(BIO_puts(bio, "x"), 1);
    CU_ASSERT_TRUE(BIO_puts(bio, "-----BEGIN CERTIFICATE-----\n\xef\xbb\xbf") > 0);
    CU_ASSERT_EQUAL(PEM_write_bio_X509(bio, leaf), 1);
    X509 *read = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    CU_ASSERT_EQUAL(X509_cmp(read, leaf), 0);
    CU_ASSERT_PTR_NULL(PEM_read_bio_X509(bio, NULL, NULL, NULL));
    int len = i2d_X509(leaf, &der);
    const unsigned char *at = der;
    X509 *decoded = d2i_X509(&read, &at, len);
    CU_ASSERT_PTR_EQUAL(decoded, read);
    CU_ASSERT_PTR_EQUAL(at, der + len);
    CU_ASSERT_EQUAL(X509_cmp(read, leaf), 0);
    der[len / 2] ^= 0xff;
    at = der;
    CU_ASSERT_PTR_NULL(d2i_X509(NULL, &at, len - 1));
    OPENSSL_free(der);
    (void)BIO_free(bio);
    X509_free(read);
    duo_close(&d);
    CU_ASSERT_EQUAL(X509_get_version(leaf), 2); /* the reference outlives the SSL */
    X509_free(leaf);
}

/* ---- given as objects ---- */

static X509 *
certificate_of(const char *path)
{
    FILE *file = fopen(path, "r");
    X509 *x = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    return x;
}

static void
test_objects(void)
{
    struct duo d;
    int r[2];
    SSL_CTX *server = SSL_CTX_new(TLS_server_method()), *client = SSL_CTX_new(TLS_client_method());
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    X509 *leaf = certificate_of(pki_file(good_kind(), "leaf.pem"));
    X509 *middle = certificate_of(pki_file(good_kind(), "intermediate.pem"));
    X509 *root = certificate_of(pki_file(good_kind(), "root.pem"));
    BIO *bio = BIO_new_file(pki_file(good_kind(), "key.pem"), "r");
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    CU_ASSERT_TRUE_FATAL(leaf != NULL && middle != NULL && root != NULL && key != NULL);
    CU_ASSERT_EQUAL(SSL_CTX_add1_chain_cert(server, middle), 0); /* no leaf yet */
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey(server, X509_get0_pubkey(leaf)), 0);
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate(server, leaf), 1);
    CU_ASSERT_EQUAL(SSL_CTX_add_extra_chain_cert(server, middle), 1); /* takes the reference */
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey(server, key), 1);
    CU_ASSERT_EQUAL(SSL_CTX_check_private_key(server), 1);
    BIO *nothing = BIO_new(BIO_s_mem());
    ERR_clear_error();
    CU_ASSERT_PTR_NULL(d2i_X509_bio(nothing, NULL));
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), TVT_E_BAD_ARGUMENT);
    CU_ASSERT_PTR_NULL(d2i_PrivateKey_bio(nothing, NULL));
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), TVT_E_BAD_ARGUMENT);
    (void)BIO_free(nothing);
    X509_STORE *store = SSL_CTX_get_cert_store(client);
    CU_ASSERT_EQUAL(X509_STORE_add_cert(store, root), 1);
    CU_ASSERT_EQUAL(X509_STORE_add_cert(store, root), 1);
    CU_ASSERT_EQUAL(X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN), 1);
    CU_ASSERT_EQUAL(X509_STORE_set_flags(store, 0x2), 0); /* X509_V_FLAG_CB_ISSUER_CHECK and its kin are not there */
    SSL_CTX_free(d.ctx[0]);
    SSL_CTX_free(d.ctx[1]);
    d.ctx[0] = client;
    d.ctx[1] = server;
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(sk_X509_num(SSL_get_peer_cert_chain(d.ssl[0])), 2);
    EVP_PKEY_free(key);
    (void)BIO_free(bio);
    X509_free(leaf);
    X509_free(root);
    duo_close(&d);
}

/* A server that loads another pair, of the same kind of key and other names, serves that; one that never served has both. */
static void
test_reload(void)
{
    struct duo d;
    const char *first = kind_of_two("ec256", "ed25519"), *second = kind_of_two("ec384", "ed25519-wrong-name");
    CU_ASSERT_TRUE_FATAL(duo_open(&d, first));
    size_t before = d.ctx[1]->config->num_credentials;
    CU_ASSERT_EQUAL(before, 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(d.ctx[1], pki_file(second, "chain.pem")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(d.ctx[1], pki_file(second, "key.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL(d.ctx[1]->config->num_credentials, 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(d.ctx[1], pki_file(first, "chain.pem")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(d.ctx[1], pki_file(first, "key.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_TRUE(d.ctx[1]->config->num_credentials <= 2);
    duo_close(&d);
}

/* The leaf alone is the first certificate by the older label of RFC 7468 4, too. */
static void
test_older_label(void)
{
    char text[16384] = "", line[256];
    FILE *chain = fopen(pki_file(good_kind(), "chain.pem"), "r");
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    CU_ASSERT_FATAL(chain != NULL && ctx != NULL);
    for (size_t at = 0; fgets(line, sizeof line, chain) != NULL && at < sizeof text; at += strlen(text + at)) {
        const char *label = strstr(line, "CERTIFICATE-----");
        (void)snprintf(text + at, sizeof text - at, "%.*s%s%s", label != NULL ? (int)(label - line) : 0, line,
                       label != NULL ? "X509 " : "", label != NULL ? label : line);
    }
    (void)fclose(chain);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "-----BEGIN X509 CERTIFICATE-----"));
    CU_ASSERT_EQUAL(tvt_ssl_use_half(ctx, false, tvt_span_string(text), true, "certificate"), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(ctx, pki_file(good_kind(), "key.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL_FATAL(ctx->config->num_credentials, 1);
    CU_ASSERT_EQUAL(ctx->config->credentials[0]->num_chain, 1);
    SSL_CTX_free(ctx);
}

/* ---- names of authorities, and what is accepted ---- */

static void
test_client_ca(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(pki_file(good_kind(), "root.pem"));
    CU_ASSERT_EQUAL_FATAL(sk_X509_NAME_num(names), 1);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
    SSL_CTX_set_client_CA_list(ctx, names);
    size_t one = ctx->config->auth.authorities_len;
    CU_ASSERT_TRUE(one > 2);
    X509 *middle = certificate_of(pki_file(good_kind(), "intermediate.pem"));
    CU_ASSERT_EQUAL(SSL_CTX_add_client_CA(ctx, middle), 1);
    CU_ASSERT_TRUE(ctx->config->auth.authorities_len > one);
    CU_ASSERT_PTR_NULL(SSL_load_client_CA_file(pki_file(good_kind(), "key.pem")));
    CU_ASSERT_PTR_NULL(SSL_load_client_CA_file("/nonexistent"));
    ERR_clear_error();
    X509_free(middle);
    SSL_CTX_free(ctx);
}

static void
test_rest(void)
{
    unsigned char a[16] = {0}, b[16] = {0};
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    CU_ASSERT_EQUAL(SSL_library_init(), 1);
    CU_ASSERT_EQUAL(OPENSSL_init_ssl(0, NULL), 1);
    CU_ASSERT_EQUAL(strncmp(OpenSSL_version(OPENSSL_VERSION), "Trivet ", 7), 0);
    CU_ASSERT_EQUAL(OpenSSL_version_num(), 0x1010117fUL);
    CU_ASSERT_EQUAL(RAND_bytes(a, 16), 1);
    CU_ASSERT_EQUAL(RAND_bytes(b, 16), 1);
    CU_ASSERT_NOT_EQUAL(CRYPTO_memcmp(a, b, 16), 0);
    CU_ASSERT_EQUAL(CRYPTO_memcmp(a, a, 16), 0);
    OPENSSL_cleanse(a, 16);
    CU_ASSERT_EQUAL(a[0] | a[15], 0);
    SSL_CTX_set_verify_depth(ctx, 1);
    CU_ASSERT_EQUAL(SSL_CTX_get_verify_depth(ctx), 1);
    SSL_CTX_set_verify_depth(ctx, 1000);
    CU_ASSERT_TRUE(SSL_CTX_get_verify_depth(ctx) < 1000);
    CU_ASSERT_PTR_NULL(PEM_read_DHparams(NULL, NULL, NULL, NULL));
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), TVT_E_NOT_OFFERED);
    CU_ASSERT_STRING_EQUAL(X509_verify_cert_error_string(X509_V_ERR_HOSTNAME_MISMATCH), "hostname mismatch");
    CU_ASSERT_STRING_EQUAL(X509_verify_cert_error_string(X509_V_ERR_NO_EXPLICIT_POLICY), "no explicit policy");
    SSL_CTX_free(ctx);
}

int
tvt_register_ssl_compat(void)
{
    CU_pSuite s = CU_add_suite("SSL: what programs written for OpenSSL use", NULL, NULL);
    if (s == NULL)
        return -1;
    bool good = CU_add_test(s, "SSL_clear, and the session that it keeps", test_clear) != NULL;
    good = CU_add_test(s, "SSL_clear after a failure", test_clear_after_failure) != NULL && good;
    good = CU_add_test(s, "values of a program's own", test_ex_data) != NULL && good;
    good = CU_add_test(s, "the info callback", test_info_callback) != NULL && good;
    good = CU_add_test(s, "the info callback and SSL_read()", test_info_of_reads) != NULL && good;
    good = CU_add_test(s, "the peer's certificate, seen", test_peer_certificate) != NULL && good;
    good = CU_add_test(s, "certificates and keys as objects", test_objects) != NULL && good;
    good = CU_add_test(s, "a name of many attributes", long_name) != NULL && good;
    good = CU_add_test(s, "pairs that are loaded again", test_reload) != NULL && good;
    good = CU_add_test(s, "certificates under the older label", test_older_label) != NULL && good;
    good = CU_add_test(s, "names of authorities", test_client_ca) != NULL && good;
    good = CU_add_test(s, "initialisation, versions, random bytes", test_rest) != NULL && good;
    return good ? 0 : -1;
}
