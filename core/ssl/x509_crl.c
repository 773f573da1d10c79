/* SPDX-License-Identifier: MIT
 *
 * Revocation lists as programs written for OpenSSL give them to an SSL_CTX: X509_CRL, and files through an X509_LOOKUP.
 */
#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/handshake/config.h"
#include "core/ssl/view.h"
#include "core/x509/crl.h"
#include "core/x509/pem.h"

/* ---- the object ---- */

static X509_CRL *
make(struct tvt_span der, const char *call)
{
    struct tvt_error error;
    X509_CRL *made = NULL;
    (void)call;
    tvt_error_clear(&error);
    if (tvt_crl_new(&made, der, NULL, &error) != TVT_OK)
        tvt_err_push(&error);
    return made;
}

/* Puts what was made where the caller wants it, too. */
static X509_CRL *
give(X509_CRL *made, X509_CRL **crl)
{
    if (made != NULL && crl != NULL) {
        X509_CRL_free(*crl);
        *crl = made;
    }
    return made;
}

X509_CRL *
d2i_X509_CRL(X509_CRL **crl, const unsigned char **in, long len)
{
    struct tvt_reader r;
    if (in == NULL || *in == NULL || len <= 0) {
        (void)tvt_ssl_null("d2i_X509_CRL");
        return NULL;
    }
    tvt_reader_init(&r, tvt_span(*in, (size_t)len));
    struct tvt_span whole = tvt_der_read_whole(&r, TVT_DER_SEQUENCE, "CertificateList");
    X509_CRL *made = make(whole.len > 0 ? whole : tvt_span(*in, (size_t)len), "d2i_X509_CRL");
    if (made != NULL)
        *in += whole.len;
    return give(made, crl);
}

X509_CRL *
PEM_read_bio_X509_CRL(BIO *bio, X509_CRL **crl, pem_password_cb *callback, void *user)
{
    struct tvt_buffer text;
    struct tvt_pem pem;
    struct tvt_pem_block block;
    struct tvt_error error;
    const char *call = "PEM_read_bio_X509_CRL";
    X509_CRL *made = NULL;
    (void)callback, (void)user;
    tvt_error_clear(&error);
    bool found = tvt_pem_gather(&text, bio, NULL, "X509 CRL");
    tvt_pem_init(&pem, tvt_buffer_span(&text));
    if (!found) {
        (void)tvt_fail_detail(&error, TVT_E_PEM_NOT_FOUND, call, NULL, "no block \"X509 CRL\"");
    } else if (tvt_pem_next(&pem, &block, &error) == TVT_OK) {
        size_t size = tvt_pem_decoded_max(&block), len;
        uint8_t *der = tvt_alloc_raw(NULL, size);
        if (der == NULL)
            (void)tvt_fail(&error, TVT_E_NO_MEMORY, call, NULL);
        else if (tvt_pem_decode(&block, der, size, &len, &error) == TVT_OK)
            made = make(tvt_span(der, len), call);
        tvt_release(NULL, der, size);
    }
    if (error.code != TVT_E_NONE)
        tvt_err_push(&error);
    tvt_buffer_release(&text);
    return give(made, crl);
}

int
X509_CRL_up_ref(X509_CRL *crl)
{
    return tvt_crl_ref(crl) != NULL;
}

void
X509_CRL_free(X509_CRL *crl)
{
    tvt_crl_unref(crl);
}

/* ---- the store, which is the SSL_CTX ---- */

static SSL_CTX *
ctx_of(void *store)
{
    return store;
}

static int
done(enum tvt_result r, const struct tvt_error *error)
{
    if (r != TVT_OK)
        tvt_err_push(error);
    return r == TVT_OK;
}

int
X509_STORE_add_crl(X509_STORE *store, X509_CRL *crl)
{
    struct tvt_error error;
    struct tvt_trust_store *one = NULL;
    if (store == NULL || crl == NULL)
        return tvt_ssl_null("X509_STORE_add_crl") > 0;
    tvt_error_clear(&error);
    enum tvt_result r = tvt_trust_store_new(&one, NULL, &error);
    if (r == TVT_OK)
        r = tvt_trust_store_add_crl(one, crl, &error);
    int good = r == TVT_OK ? tvt_ssl_add_trust(ctx_of(store), one, &error) : done(r, &error);
    tvt_trust_store_unref(one);
    return good;
}

static enum tvt_result
set_revocation(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const enum tvt_revocation *wanted = value;
    return *wanted > c->policy.revocation ? tvt_config_set_revocation(c, *wanted, e) : TVT_OK;
}

int
X509_STORE_set_flags(X509_STORE *store, unsigned long flags)
{
    const unsigned long kept = X509_V_FLAG_X509_STRICT | X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN |
                               X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    enum tvt_revocation wanted = (flags & X509_V_FLAG_CRL_CHECK_ALL) != 0 ? TVT_REVOCATION_CHAIN
                                 : (flags & X509_V_FLAG_CRL_CHECK) != 0   ? TVT_REVOCATION_LEAF
                                                                          : TVT_REVOCATION_GIVEN;
    if (store == NULL)
        return tvt_ssl_null("X509_STORE_set_flags") > 0;
    if ((flags & ~kept) != 0) {
        (void)tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, "X509_STORE_set_flags",
                                 "flags 0x%lx are not known here; those of CRL_CHECK, CRL_CHECK_ALL, X509_STRICT, "
                                 "TRUSTED_FIRST and PARTIAL_CHAIN are",
                                 flags & ~kept);
        return 0;
    }
    return tvt_ssl_change_ctx(ctx_of(store), "X509_STORE_set_flags", set_revocation, &wanted);
}

/* ---- files ---- */

static const char file_method[] = "file";

X509_LOOKUP_METHOD *
X509_LOOKUP_file(void)
{
    return (X509_LOOKUP_METHOD *)(uintptr_t)file_method;
}

X509_LOOKUP *
X509_STORE_add_lookup(X509_STORE *store, X509_LOOKUP_METHOD *method)
{
    if (store == NULL || method != X509_LOOKUP_file()) {
        (void)tvt_ssl_null("X509_STORE_add_lookup");
        return NULL;
    }
    return (X509_LOOKUP *)(void *)store;
}

/* Adds what `file` has; *crls: how many lists. `any`: certificates, too. */
static int
load(SSL_CTX *ctx, const char *file, bool any, size_t *crls, const char *call)
{
    struct tvt_error error, none;
    struct tvt_trust_store *store = NULL;
    if (ctx == NULL || file == NULL)
        return tvt_ssl_null(call) > 0;
    tvt_error_clear(&error);
    tvt_error_clear(&none);
    enum tvt_result r = tvt_trust_store_new(&store, NULL, &error);
    if (r == TVT_OK && any && tvt_trust_store_add_file(store, file, &none) != TVT_OK &&
        none.code != TVT_E_PEM_NOT_FOUND) {
        r = TVT_FAIL;
        error = none;
    }
    tvt_error_clear(&none);
    if (r == TVT_OK && tvt_trust_store_add_crl_file(store, file, crls, &none) != TVT_OK &&
        (none.code != TVT_E_PEM_NOT_FOUND || tvt_trust_store_count(store) == 0)) {
        r = TVT_FAIL;
        error = none;
    }
    int good = r == TVT_OK ? tvt_ssl_add_trust(ctx, store, &error) : done(r, &error);
    tvt_trust_store_unref(store);
    return good;
}

static bool
check_type(int type, const char *call)
{
    if (type == X509_FILETYPE_PEM || type == X509_FILETYPE_ASN1)
        return true;
    (void)tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "type %d", type);
    return false;
}

int
X509_load_crl_file(X509_LOOKUP *lookup, const char *file, int type)
{
    size_t num = 0;
    if (!check_type(type, "X509_load_crl_file") || load(ctx_of(lookup), file, false, &num, "X509_load_crl_file") == 0)
        return 0;
    return num > 0 ? (int)num : 1; /* all were there */
}

int
X509_LOOKUP_load_file(X509_LOOKUP *lookup, const char *file, int type)
{
    size_t num = 0;
    return check_type(type, "X509_LOOKUP_load_file") &&
           load(ctx_of(lookup), file, type == X509_FILETYPE_PEM, &num, "X509_LOOKUP_load_file");
}
