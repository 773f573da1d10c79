/* SPDX-License-Identifier: MIT
 *
 * Revocation lists as programs written for OpenSSL load them (certs.h).
 */
#include "tests/unit/ssl_help.h"
#include "tests/unit/suite_help.h"
#include <trivet/certs.h>

#include <CUnit/Basic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_ssl_crl(void);

static const char *
list_file(const char *name)
{
    static char path[4][200];
    static unsigned turn;
    char *out = path[turn++ % 4];
    (void)snprintf(out, sizeof path[0], TRIVET_SOURCE_DIR "/vectors/pki/crl/%s/%s.pem", good_kind(), name);
    return out;
}

static X509_CRL *
list_of(const char *name)
{
    BIO *bio = BIO_new_file(list_file(name), "r");
    X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
    (void)BIO_free(bio);
    return crl;
}

struct trial {
    const char *first, *second; /* lists; NULL: none */
    unsigned long flags;
    long result; /* of SSL_get_verify_result() */
    enum tvt_error_code code;
};

static const struct trial trials[] = {
    {NULL, NULL, 0, X509_V_OK, TVT_E_NONE},
    {NULL, NULL, X509_V_FLAG_CRL_CHECK, X509_V_ERR_UNABLE_TO_GET_CRL, TVT_E_CRL_MISSING},
    {"long-nobody", NULL, X509_V_FLAG_CRL_CHECK, X509_V_OK, TVT_E_NONE},
    {"long-nobody", NULL, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL, X509_V_ERR_UNABLE_TO_GET_CRL,
     TVT_E_CRL_MISSING},
    {"long-nobody", "long-root-nobody", X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL, X509_V_OK, TVT_E_NONE},
    {"long-revoked", NULL, X509_V_FLAG_CRL_CHECK, X509_V_ERR_CERT_REVOKED, TVT_E_CERT_REVOKED},
    {"long-revoked", NULL, 0, X509_V_ERR_CERT_REVOKED, TVT_E_CERT_REVOKED},
    {"old", NULL, X509_V_FLAG_CRL_CHECK, X509_V_ERR_CRL_HAS_EXPIRED, TVT_E_CRL_NOT_CURRENT},
    {"other-key", NULL, X509_V_FLAG_CRL_CHECK, X509_V_ERR_CRL_SIGNATURE_FAILURE, TVT_E_CRL_SIGNATURE},
};

/* By object, and by file. */
static bool
load(X509_STORE *store, const char *name, size_t how)
{
    if (name == NULL)
        return true;
    if (how == 0) {
        X509_CRL *crl = list_of(name);
        int r = X509_STORE_add_crl(store, crl);
        X509_CRL_free(crl);
        return r == 1;
    }
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    return how == 1 ? X509_load_crl_file(lookup, list_file(name), X509_FILETYPE_PEM) == 1
                    : X509_LOOKUP_load_file(lookup, list_file(name), X509_FILETYPE_PEM) == 1;
}

static void
handshakes(void)
{
    for (size_t i = 0; i < 3 * sizeof trials / sizeof trials[0]; i++) {
        const struct trial *t = &trials[i / 3];
        struct duo d;
        int r[2];
        CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
        X509_STORE *store = SSL_CTX_get_cert_store(d.ctx[0]);
        CU_ASSERT_TRUE(load(store, t->first, i % 3) && load(store, t->second, i % 3));
        CU_ASSERT_EQUAL(X509_STORE_set_flags(store, t->flags), 1);
        CU_ASSERT_EQUAL(X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST), 1); /* flags add up */
        CU_ASSERT_TRUE_FATAL(duo_again(&d));
        CU_ASSERT_EQUAL(duo_handshake(&d, r), t->code == TVT_E_NONE);
        CU_ASSERT_EQUAL(SSL_get_verify_result(d.ssl[0]), t->result);
        CU_ASSERT_EQUAL(code_of(d.ssl[0]), t->code);
        CU_ASSERT(strcmp(X509_verify_cert_error_string(t->result), X509_verify_cert_error_string(9999)) != 0);
        duo_close(&d);
    }
}

/* A list is the program's and the store's, and each drops its reference. */
static void
objects(void)
{
    X509_CRL *crl = list_of("long-nobody"), *other = list_of("long-revoked");
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    CU_ASSERT_TRUE_FATAL(crl != NULL && other != NULL && ctx != NULL);
    CU_ASSERT_EQUAL(X509_CRL_up_ref(crl), 1);
    X509_CRL_free(crl);
    CU_ASSERT_EQUAL(X509_STORE_add_crl(store, crl), 1);
    CU_ASSERT_EQUAL(X509_STORE_add_crl(store, crl), 1);
    CU_ASSERT_EQUAL(X509_STORE_add_crl(store, other), 1);
    X509_CRL_free(crl);
    X509_CRL_free(other);
    SSL_CTX_free(ctx);
    X509_CRL_free(NULL);
    CU_ASSERT_EQUAL(X509_CRL_up_ref(NULL), 0);
}

static void
der(void)
{
    FILE *file = fopen(TRIVET_SOURCE_DIR "/vectors/pki/crl/ec256/revoked.der", "rb");
    unsigned char bytes[2048];
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    const unsigned char *at = bytes;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)sizeof bytes); /* what stands behind is left */
    CU_ASSERT(crl != NULL && at == bytes + len);
    at = bytes;
    CU_ASSERT_PTR_EQUAL(d2i_X509_CRL(&crl, &at, (long)len), crl);
    at = bytes;
    ERR_clear_error();
    CU_ASSERT_PTR_NULL(d2i_X509_CRL(NULL, &at, (long)len - 1));
    CU_ASSERT_PTR_EQUAL(at, bytes);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), TVT_E_CRL_MALFORMED);
    ERR_clear_error();
    X509_CRL_free(crl);
}

static void
refusals(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    X509_CRL *crl = list_of("long-nobody");
    BIO *bio = BIO_new_mem_buf("nothing", 7);
    CU_ASSERT_PTR_NOT_NULL(lookup);
    CU_ASSERT_PTR_NULL(X509_STORE_add_lookup(store, NULL));
    CU_ASSERT_PTR_NULL(X509_STORE_add_lookup(NULL, X509_LOOKUP_file()));
    CU_ASSERT_EQUAL(X509_STORE_add_crl(NULL, crl), 0);
    CU_ASSERT_EQUAL(X509_STORE_add_crl(store, NULL), 0);
    CU_ASSERT_EQUAL(X509_STORE_set_flags(NULL, 0), 0);
    CU_ASSERT_EQUAL(X509_STORE_set_flags(store, 0x10), 0);
    CU_ASSERT_PTR_NULL(PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL));
    CU_ASSERT_EQUAL(X509_load_crl_file(lookup, NULL, X509_FILETYPE_PEM), 0);
    CU_ASSERT_EQUAL(X509_load_crl_file(lookup, list_file("long-nobody"), 3), 0);
    CU_ASSERT_EQUAL(X509_load_crl_file(lookup, list_file("absent"), X509_FILETYPE_PEM), 0);
    CU_ASSERT_EQUAL(X509_load_crl_file(lookup, list_file("delta"), X509_FILETYPE_PEM), 0);
    CU_ASSERT_EQUAL(X509_load_crl_file(lookup, pki_file(good_kind(), "root.pem"), X509_FILETYPE_PEM), 0);
    CU_ASSERT_EQUAL(X509_LOOKUP_load_file(lookup, pki_file(good_kind(), "root.pem"), X509_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL(X509_LOOKUP_load_file(lookup, pki_file(good_kind(), "root.pem"), X509_FILETYPE_ASN1), 0);
    CU_ASSERT_EQUAL(X509_LOOKUP_load_file(lookup, pki_file(good_kind(), "key.pem"), X509_FILETYPE_PEM), 0);
    ERR_clear_error();
    X509_CRL_free(crl);
    (void)BIO_free(bio);
    SSL_CTX_free(ctx);
}

int
tvt_register_ssl_crl(void)
{
    static const CU_TestInfo tests[] = {
        {"handshakes", handshakes},
        {"objects", objects},
        {"DER", der},
        {"refusals", refusals},
    };
    return suite_register("ssl_crl", tests, sizeof tests / sizeof tests[0]);
}
