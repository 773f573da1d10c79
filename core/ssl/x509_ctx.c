/* SPDX-License-Identifier: MIT
 *
 * Certificates, keys, roots and names of authorities that a program gives an SSL_CTX as objects.
 */
#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/handshake/config.h"
#include "core/os/file.h"
#include "core/ssl/view.h"
#include "core/x509/pem.h"
#include "core/x509/trust_store.h"
#include <trivet/x509.h>

#define CHAIN_MAX (1u << 20) /* bytes of a chain as PEM                     */
#define NAMES_MAX 65533u     /* bytes of a list of names, RFC 9846 4.3.4    */

static int
refuse(enum tvt_error_code code, const char *call, const char *words)
{
    return tvt_ssl_raise_here(NULL, code, call, "%s", words) == SSL_ERROR_NONE;
}

/* ---- who we are ---- */

int
SSL_CTX_use_certificate(SSL_CTX *ctx, X509 *certificate)
{
    struct tvt_buffer text;
    if (ctx == NULL || certificate == NULL)
        return tvt_ssl_null("SSL_CTX_use_certificate") > 0;
    tvt_buffer_init(&text, NULL, CHAIN_MAX);
    int r = tvt_pem_put(&text, "CERTIFICATE", certificate->certificate.der)
                ? tvt_ssl_use_half(ctx, false, tvt_buffer_span(&text), false, "certificate")
                : refuse(TVT_E_NO_MEMORY, "SSL_CTX_use_certificate", "a certificate");
    tvt_buffer_release(&text);
    return r;
}

int
SSL_CTX_use_certificate_ASN1(SSL_CTX *ctx, int len, const unsigned char *der)
{
    const unsigned char *at = der;
    X509 *certificate = d2i_X509(NULL, &at, len);
    int r = certificate != NULL ? SSL_CTX_use_certificate(ctx, certificate) : 0;
    X509_free(certificate);
    return r;
}

int
SSL_CTX_use_PrivateKey(SSL_CTX *ctx, EVP_PKEY *key)
{
    if (ctx == NULL || key == NULL)
        return tvt_ssl_null("SSL_CTX_use_PrivateKey") > 0;
    if (key->memory == NULL)
        return refuse(TVT_E_BAD_ARGUMENT, "SSL_CTX_use_PrivateKey", "this is a public key");
    return tvt_ssl_use_half(ctx, true, tvt_span(key->memory, key->len), false, "private key");
}

/* What there is of the chain, as PEM: the leaf alone where only that counts. */
static bool
begin_chain(struct tvt_buffer *text, const SSL_CTX *ctx)
{
    struct tvt_span held = ctx->chain.bytes;
    if (!tvt_pem_looks_like(held))
        return tvt_pem_put(text, "CERTIFICATE", held);
    if (ctx->chain_is_leaf)
        held = tvt_ssl_first_certificate(held);
    return tvt_buffer_append(text, held.data, held.len) && tvt_buffer_append(text, "\n", 1);
}

int
SSL_CTX_add1_chain_cert(SSL_CTX *ctx, X509 *certificate)
{
    struct tvt_buffer text;
    const char *call = "SSL_CTX_add1_chain_cert";
    if (ctx == NULL || certificate == NULL)
        return tvt_ssl_null(call) > 0;
    if (ctx->chain.memory == NULL)
        return refuse(TVT_E_WRONG_CALL, call, "give the leaf first, then the certificates behind it, then the key");
    tvt_buffer_init(&text, NULL, CHAIN_MAX);
    int r = begin_chain(&text, ctx) && tvt_pem_put(&text, "CERTIFICATE", certificate->certificate.der)
                ? tvt_ssl_use_half(ctx, false, tvt_buffer_span(&text), false, "certificate chain")
                : refuse(TVT_E_NO_MEMORY, call, "a certificate");
    tvt_buffer_release(&text);
    return r;
}

int
SSL_CTX_add0_chain_cert(SSL_CTX *ctx, X509 *certificate)
{
    int r = SSL_CTX_add1_chain_cert(ctx, certificate);
    if (r == 1)
        X509_free(certificate);
    return r;
}

int
SSL_CTX_add_extra_chain_cert(SSL_CTX *ctx, X509 *certificate)
{
    return SSL_CTX_add0_chain_cert(ctx, certificate);
}

/* ---- whom we trust: the store of an SSL_CTX is the SSL_CTX, seen from another side ---- */

X509_STORE *
SSL_CTX_get_cert_store(const SSL_CTX *ctx)
{
    return (X509_STORE *)(uintptr_t)ctx;
}

static SSL_CTX *
ctx_of(X509_STORE *store)
{
    return (SSL_CTX *)(void *)store;
}

int
X509_STORE_add_cert(X509_STORE *store, X509 *certificate)
{
    struct tvt_error error;
    struct tvt_trust_store *one = NULL;
    if (store == NULL || certificate == NULL)
        return tvt_ssl_null("X509_STORE_add_cert") > 0;
    tvt_error_clear(&error);
    enum tvt_result r = tvt_trust_store_new(&one, NULL, &error);
    if (r == TVT_OK)
        r = tvt_trust_store_add_der(one, certificate->certificate.der, &error);
    int good = 0;
    if (r == TVT_OK)
        good = tvt_ssl_add_trust(ctx_of(store), one, &error);
    else
        tvt_err_push(&error);
    tvt_trust_store_unref(one);
    return good;
}

int
X509_STORE_load_locations(X509_STORE *store, const char *file, const char *directory)
{
    return SSL_CTX_load_verify_locations(ctx_of(store), file, directory);
}

int
X509_STORE_set_default_paths(X509_STORE *store)
{
    return SSL_CTX_set_default_verify_paths(ctx_of(store));
}

/* ---- authorities that clients are told ---- */

/* The subjects of all certificates; false: one is malformed, or there is no memory. */
static bool
read_names(STACK_OF(X509_NAME) * names, FILE *file, const char *call)
{
    struct tvt_buffer text;
    bool good = names != NULL;
    while (good && tvt_pem_gather(&text, NULL, file, "CERTIFICATE")) {
        X509 *certificate = tvt_x509_from_pem(tvt_buffer_span(&text), call);
        X509_NAME *name = X509_NAME_dup(X509_get_subject_name(certificate));
        X509_free(certificate);
        tvt_buffer_release(&text);
        good = name != NULL && sk_X509_NAME_push(names, name) > 0;
        if (!good)
            X509_NAME_free(name);
    }
    tvt_buffer_release(&text);
    return good;
}

STACK_OF(X509_NAME) * SSL_load_client_CA_file(const char *path)
{
    const char *call = "SSL_load_client_CA_file";
    FILE *file = path != NULL ? tvt_file_stream(path, "r") : NULL;
    if (file == NULL) {
        (void)refuse(TVT_E_FILE_UNREADABLE, call, path != NULL ? path : "NULL");
        return NULL;
    }
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    bool good = read_names(names, file, call);
    (void)fclose(file);
    if (good && sk_X509_NAME_num(names) > 0)
        return names;
    if (good)
        (void)refuse(TVT_E_PEM_NOT_FOUND, call, path);
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return NULL;
}

static bool
put_name(struct tvt_buffer *list, struct tvt_span name)
{
    uint8_t length[2] = {(uint8_t)(name.len >> 8), (uint8_t)name.len};
    return name.len <= UINT16_MAX && tvt_buffer_append(list, length, 2) && tvt_buffer_append(list, name.data, name.len);
}

static enum tvt_result
set_authorities(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const struct tvt_span *list = value;
    return tvt_config_set_authorities(c, list->data, list->len, e);
}

void
SSL_CTX_set_client_CA_list(SSL_CTX *ctx, STACK_OF(X509_NAME) * names)
{
    struct tvt_buffer list;
    bool good = true;
    if (names == NULL)
        return;
    tvt_buffer_init(&list, NULL, NAMES_MAX);
    for (int i = 0; i < sk_X509_NAME_num(names) && good; i++)
        good = put_name(&list, sk_X509_NAME_value(names, i)->der);
    struct tvt_span bytes = tvt_buffer_span(&list);
    if (!good)
        (void)refuse(TVT_E_NO_ROOM, "SSL_CTX_set_client_CA_list", "the names are longer than 65533 bytes");
    else
        (void)tvt_ssl_change_ctx(ctx, "SSL_CTX_set_client_CA_list", set_authorities, &bytes);
    tvt_buffer_release(&list);
    sk_X509_NAME_pop_free(names, X509_NAME_free);
}

int
SSL_CTX_add_client_CA(SSL_CTX *ctx, X509 *certificate)
{
    struct tvt_buffer list;
    if (ctx == NULL || certificate == NULL)
        return tvt_ssl_null("SSL_CTX_add_client_CA") > 0;
    tvt_buffer_init(&list, NULL, NAMES_MAX);
    bool good = ctx->config->auth.authorities_len == 0 ||
                tvt_buffer_append(&list, ctx->config->auth.authorities, ctx->config->auth.authorities_len);
    good = good && put_name(&list, certificate->certificate.subject);
    struct tvt_span bytes = tvt_buffer_span(&list);
    int r = good ? tvt_ssl_change_ctx(ctx, "SSL_CTX_add_client_CA", set_authorities, &bytes)
                 : refuse(TVT_E_NO_ROOM, "SSL_CTX_add_client_CA", "the names are longer than 65533 bytes");
    tvt_buffer_release(&list);
    return r;
}
