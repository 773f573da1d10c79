/* SPDX-License-Identifier: MIT
 *
 * Files that an SSL_CTX loads: root certificates, and pairs of a certificate chain and its key.
 */
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/handshake/config.h"
#include "core/os/file.h"
#include "core/ssl/ssl.h"
#include "core/ssl/view.h"
#include "core/x509/pem.h"
#include "core/x509/trust_store.h"
#include <trivet/x509.h>

#define CHAIN_FILE_MAX (1u << 20) /* bytes */
#define KEY_FILE_MAX   (1u << 16) /* bytes */

static int
done(enum tvt_result r, const struct tvt_error *error)
{
    if (r == TVT_OK)
        return 1;
    tvt_err_push(error);
    return 0;
}

/* ---- trust ---- */

/* What stands and what is new, in a store of its own: a store that connections share does not change. Under the lock, as
 * programs add to an X509_STORE of OpenSSL's while others make an SSL of its SSL_CTX. */
static enum tvt_result
put_trust(SSL_CTX *ctx, struct tvt_trust_store *store, struct tvt_error *error)
{
    enum tvt_result r = TVT_OK;
    tvt_lock_take(&ctx->config_lock);
    if (ctx->config->trust != NULL)
        r = tvt_trust_store_add_store(store, ctx->config->trust, error);
    if (r == TVT_OK)
        r = tvt_ssl_open_config(&ctx->config, error);
    if (r == TVT_OK)
        r = tvt_config_set_trust(ctx->config, store, error);
    tvt_lock_give(&ctx->config_lock);
    return r;
}

int
tvt_ssl_add_trust(SSL_CTX *ctx, struct tvt_trust_store *store, struct tvt_error *error)
{
    return done(put_trust(ctx, store, error), error);
}

int
SSL_CTX_set1_tvt_trust(SSL_CTX *ctx, struct tvt_trust_store *store)
{
    struct tvt_error error;
    if (ctx == NULL || store == NULL)
        return tvt_ssl_null("SSL_CTX_set1_tvt_trust") > 0;
    tvt_error_clear(&error);
    tvt_lock_take(&ctx->config_lock);
    enum tvt_result r = tvt_ssl_open_config(&ctx->config, &error);
    if (r == TVT_OK)
        r = tvt_config_set_trust(ctx->config, store, &error);
    tvt_lock_give(&ctx->config_lock);
    return done(r, &error);
}

static enum tvt_result
set_suffixes(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    return tvt_config_set_public_suffixes(c, *(struct tvt_public_suffixes *const *)value, e);
}

int
SSL_CTX_set1_tvt_public_suffixes(SSL_CTX *ctx, struct tvt_public_suffixes *suffixes)
{
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set1_tvt_public_suffixes", set_suffixes, &suffixes);
}

int
SSL_CTX_load_verify_locations(SSL_CTX *ctx, const char *file, const char *directory)
{
    struct tvt_error error;
    struct tvt_trust_store *store = NULL;
    size_t added = 1;
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_load_verify_locations") > 0;
    tvt_error_clear(&error);
    if (file == NULL && directory == NULL)
        return done(tvt_fail_detail(&error, TVT_E_BAD_ARGUMENT, NULL, "SSL_CTX_load_verify_locations",
                                    "a file or a directory is needed"),
                    &error);
    enum tvt_result r = tvt_trust_store_new(&store, NULL, &error);
    if (r == TVT_OK && directory != NULL) /* first: a bundle often has all that its directory has */
        r = tvt_trust_store_add_directory(store, directory, &added, &error);
    if (r == TVT_OK && added == 0)
        r = tvt_fail_detail(&error, TVT_E_PEM_NOT_FOUND, "trust store", NULL, "no certificate in %s", directory);
    if (r == TVT_OK && file != NULL)
        r = tvt_trust_store_add_file(store, file, &error);
    if (r == TVT_OK)
        r = put_trust(ctx, store, &error);
    tvt_trust_store_unref(store);
    return done(r, &error);
}

int
SSL_CTX_load_verify_file(SSL_CTX *ctx, const char *file)
{
    return SSL_CTX_load_verify_locations(ctx, file, NULL);
}

int
SSL_CTX_load_verify_dir(SSL_CTX *ctx, const char *directory)
{
    return SSL_CTX_load_verify_locations(ctx, NULL, directory);
}

int
SSL_CTX_set_default_verify_paths(SSL_CTX *ctx)
{
    struct tvt_error error;
    struct tvt_trust_store *store = NULL;
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_set_default_verify_paths") > 0;
    tvt_error_clear(&error);
    enum tvt_result r = tvt_system_store_load(&store, NULL, 0, NULL, &error);
    if (r == TVT_OK) {
        r = put_trust(ctx, store, &error);
        tvt_trust_store_unref(store);
    }
    return done(r, &error);
}

/* ---- who we are ---- */

struct tvt_span
tvt_ssl_first_certificate(struct tvt_span text)
{
    struct tvt_pem pem;
    struct tvt_pem_block block;
    struct tvt_error ignored;
    unsigned seen = 0;
    tvt_error_clear(&ignored);
    tvt_pem_init(&pem, text);
    while (tvt_pem_next(&pem, &block, &ignored) == TVT_OK) {
        if (!tvt_pem_is_certificate(block.label))
            continue;
        if (++seen == 2)
            return tvt_span(text.data, block.offset);
    }
    return text;
}

/* One place of OpenSSL's: every elliptic curve is the same kind. */
static uint8_t
place_of(const struct tvt_certificate *certificate)
{
    uint8_t type = certificate->key.type;
    return type == TVT_KEY_P384 || type == TVT_KEY_P521 ? TVT_KEY_P256 : type;
}

static bool
same_names(const struct tvt_certificate *a, const struct tvt_certificate *b)
{
    return tvt_span_equal(a->subject, b->subject) &&
           tvt_span_equal(tvt_certificate_extension(a, TVT_CEXT_SUBJECT_ALT_NAME),
                          tvt_certificate_extension(b, TVT_CEXT_SUBJECT_ALT_NAME));
}

/* A server that reloads its files serves the new certificate, as with OpenSSL: a pair takes the place of those of its kind
 * that stood when an SSL was made, and of one with the same names. Others that were given since stand beside it. */
static enum tvt_result
put_credential(SSL_CTX *ctx, struct tvt_credential *credential, struct tvt_error *error)
{
    if (atomic_exchange(&ctx->served, false))
        ctx->num_served = ctx->config->num_credentials;
    for (size_t i = ctx->config->num_credentials; i-- > 0;) {
        const struct tvt_credential *old = ctx->config->credentials[i];
        if (old->raw_key || place_of(&old->leaf) != place_of(&credential->leaf))
            continue;
        if (i >= ctx->num_served && !same_names(&old->leaf, &credential->leaf))
            continue;
        if (tvt_config_remove_credential(ctx->config, i, error) != TVT_OK)
            return TVT_FAIL;
        ctx->num_served -= i < ctx->num_served;
    }
    return tvt_config_add_credential(ctx->config, credential, error);
}

/* When both halves are there they become a credential. The half that came last goes when they do not fit. */
static enum tvt_result
complete_pair(SSL_CTX *ctx, struct tvt_file *last, struct tvt_error *error)
{
    struct tvt_credential *credential = NULL;
    if (ctx->chain.memory == NULL || ctx->key.memory == NULL)
        return TVT_OK;
    struct tvt_span chain = ctx->chain_is_leaf ? tvt_ssl_first_certificate(ctx->chain.bytes) : ctx->chain.bytes;
    enum tvt_result r = tvt_ssl_open_config(&ctx->config, error);
    if (r == TVT_OK && ctx->method->role != TVT_CLIENT)
        r = tvt_ssl_ctx_serve(ctx, error);
    if (r == TVT_OK)
        r = tvt_credential_new(&credential, ctx->provider, chain, ctx->key.bytes, NULL, error);
    if (r == TVT_OK) {
        r = put_credential(ctx, credential, error);
        tvt_credential_unref(credential);
    }
    if (r == TVT_OK) {
        tvt_file_free(&ctx->chain);
        tvt_file_free(&ctx->key);
    } else {
        tvt_file_free(last);
    }
    return r;
}

static enum tvt_result
check_form(const struct tvt_file *file, int type, const char *message, struct tvt_error *error)
{
    bool pem = tvt_pem_looks_like(file->bytes);
    if (type != SSL_FILETYPE_PEM && type != SSL_FILETYPE_ASN1)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, message, "type", SSL_FILETYPE_PEM, (uint64_t)(int64_t)type);
    if (pem != (type == SSL_FILETYPE_PEM))
        return tvt_fail_detail(error, TVT_E_PEM_NOT_FOUND, message, "type", "the file is %s", pem ? "PEM" : "not PEM");
    return TVT_OK;
}

/* A file of the other half would be found out only when its partner comes, and that would get the blame. */
static enum tvt_result
check_holds_certificate(const struct tvt_file *file, const char *path, const char *message, struct tvt_error *error)
{
    struct tvt_pem pem;
    struct tvt_pem_block block;
    enum tvt_result r;
    tvt_pem_init(&pem, file->bytes);
    do {
        r = tvt_pem_next(&pem, &block, error);
    } while (r == TVT_OK && !tvt_pem_is_certificate(block.label));
    if (r != TVT_CLOSED)
        return r;
    return tvt_fail_detail(error, TVT_E_PEM_NOT_FOUND, message, NULL, "%.200s has no CERTIFICATE", path);
}

/* `leaf_alone`: of a chain. What stands stays as it was when the file is not good. */
static int
load_half(SSL_CTX *ctx, struct tvt_file *half, const char *path, int type, bool leaf_alone, const char *message)
{
    struct tvt_error error;
    struct tvt_file file = {0};
    bool is_key = half == &ctx->key;
    tvt_error_clear(&error);
    if (path == NULL)
        return done(tvt_fail_detail(&error, TVT_E_BAD_ARGUMENT, message, "file", "NULL"), &error);
    enum tvt_result r = tvt_file_read(&file, path, is_key ? KEY_FILE_MAX : CHAIN_FILE_MAX, message, NULL, &error);
    if (r == TVT_OK)
        r = check_form(&file, type, message, &error);
    if (r == TVT_OK && !is_key && type == SSL_FILETYPE_PEM)
        r = check_holds_certificate(&file, path, message, &error);
    if (r != TVT_OK) {
        tvt_file_free(&file);
        return done(r, &error);
    }
    tvt_file_free(half);
    *half = file;
    if (!is_key)
        ctx->chain_is_leaf = leaf_alone;
    return done(complete_pair(ctx, half, &error), &error);
}

int
tvt_ssl_use_half(SSL_CTX *ctx, bool is_key, struct tvt_span bytes, bool leaf_alone, const char *message)
{
    struct tvt_error error;
    struct tvt_file *half = is_key ? &ctx->key : &ctx->chain;
    uint8_t *memory = tvt_alloc_raw(NULL, bytes.len + 1);
    tvt_error_clear(&error);
    if (memory == NULL)
        return done(tvt_fail_detail(&error, TVT_E_NO_MEMORY, message, NULL, "%zu bytes", bytes.len), &error);
    tvt_copy(memory, bytes.data, bytes.len);
    memory[bytes.len] = '\0';
    tvt_file_free(half);
    *half = (struct tvt_file){.bytes = tvt_span(memory, bytes.len), .memory = memory, .size = bytes.len + 1};
    if (!is_key)
        ctx->chain_is_leaf = leaf_alone;
    return done(complete_pair(ctx, half, &error), &error);
}

int
SSL_CTX_use_certificate_chain_file(SSL_CTX *ctx, const char *file)
{
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_use_certificate_chain_file") > 0;
    return load_half(ctx, &ctx->chain, file, SSL_FILETYPE_PEM, false, "certificate chain");
}

int
SSL_CTX_use_certificate_file(SSL_CTX *ctx, const char *file, int type)
{
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_use_certificate_file") > 0;
    return load_half(ctx, &ctx->chain, file, type, true, "certificate");
}

int
SSL_CTX_use_PrivateKey_file(SSL_CTX *ctx, const char *file, int type)
{
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_use_PrivateKey_file") > 0;
    return load_half(ctx, &ctx->key, file, type, false, "private key");
}

int
SSL_CTX_check_private_key(const SSL_CTX *ctx)
{
    struct tvt_error error;
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_check_private_key") > 0;
    tvt_error_clear(&error);
    if (ctx->chain.memory != NULL)
        return done(tvt_fail_detail(&error, TVT_E_NO_CREDENTIAL, NULL, NULL,
                                    "a certificate was given and no key: call SSL_CTX_use_PrivateKey_file()"),
                    &error);
    if (ctx->key.memory != NULL)
        return done(tvt_fail_detail(&error, TVT_E_NO_CREDENTIAL, NULL, NULL,
                                    "a key was given and no certificate: call SSL_CTX_use_certificate_chain_file()"),
                    &error);
    if (ctx->config->num_credentials == 0)
        return done(tvt_fail(&error, TVT_E_NO_CREDENTIAL, NULL, NULL), &error);
    return 1;
}
