/* SPDX-License-Identifier: MIT
 *
 * What programs written for OpenSSL call besides TLS: initialisation, versions, random bytes, suites.
 */
#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"
#include <trivet/openssl/opensslv.h>

#include <string.h>

/* ---- initialisation and versions ---- */

int
OPENSSL_init_ssl(uint64_t options, const void *settings)
{
    (void)options;
    (void)settings;
    return 1;
}

int
OPENSSL_init_crypto(uint64_t options, const void *settings)
{
    (void)options;
    (void)settings;
    return 1;
}

const char *
OpenSSL_version(int what)
{
    return what == OPENSSL_VERSION ? "Trivet " TVT_VERSION_STRING : "not available";
}

unsigned long
OpenSSL_version_num(void)
{
    return OPENSSL_VERSION_NUMBER;
}

/* ---- random bytes, memory ---- */

/* The default one, for calls that have no SSL_CTX: to open one costs milliseconds, so that the first is kept. NULL: none. */
static const struct tvt_provider *
own_provider(struct tvt_error *error)
{
    static _Atomic(struct tvt_provider *) kept;
    struct tvt_provider *opened, *first = atomic_load(&kept);
    if (first != NULL)
        return first;
    if (tvt_provider_open(&opened, NULL, error) != TVT_OK)
        return NULL;
    if (atomic_compare_exchange_strong(&kept, &first, opened))
        return opened;
    tvt_provider_free(opened); /* another thread was faster */
    return first;
}

int
RAND_bytes(unsigned char *out, int len)
{
    struct tvt_error error;
    if (out == NULL || len < 0)
        return tvt_ssl_null("RAND_bytes") > 0;
    tvt_error_clear(&error);
    const struct tvt_provider *provider = own_provider(&error);
    if (provider == NULL) {
        tvt_err_push(&error);
        return 0;
    }
    int r = provider->random(provider, out, (size_t)len);
    if (r != TVT_CRYPTO_OK)
        (void)tvt_ssl_raise_here(NULL, TVT_E_RANDOM, "RAND_bytes", "%d bytes", len);
    return r == TVT_CRYPTO_OK;
}

int
RAND_priv_bytes(unsigned char *out, int len)
{
    return RAND_bytes(out, len);
}

int
RAND_status(void)
{
    unsigned char byte;
    return RAND_bytes(&byte, 1);
}

/* For free(), as OPENSSL_free() is; strdup() is not there for a program of ISO C before C23. */
char *
OPENSSL_strdup(const char *text)
{
    size_t size = text != NULL ? strlen(text) + 1 : 0;
    char *copy = text != NULL ? malloc(size) : NULL;
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

void
OPENSSL_cleanse(void *memory, size_t len)
{
    if (memory != NULL)
        tvt_wipe(memory, len);
}

int
CRYPTO_memcmp(const void *a, const void *b, size_t len)
{
    return tvt_equal_secret(a, b, len) ? 0 : 1;
}

/* ---- suites ---- */

int
SSL_CIPHER_get_bits(const SSL_CIPHER *cipher, int *algorithm_bits)
{
    bool half = cipher != NULL && (cipher->aead == TVT_AEAD_AES_128_GCM || cipher->aead == TVT_AEAD_AES_128_CCM ||
                                   cipher->aead == TVT_AEAD_AES_128_CCM_8);
    int bits = cipher == NULL ? 0 : half ? 128 : 256;
    if (algorithm_bits != NULL)
        *algorithm_bits = bits;
    return bits;
}

const char *
SSL_CIPHER_get_version(const SSL_CIPHER *cipher)
{
    return cipher == NULL ? "(NONE)" : cipher->version == TVT_VERSION_TLS13 ? "TLSv1.3" : "TLSv1.2";
}

uint32_t
SSL_CIPHER_get_id(const SSL_CIPHER *cipher)
{
    return cipher != NULL ? 0x03000000u | cipher->id : 0;
}

uint16_t
SSL_CIPHER_get_protocol_id(const SSL_CIPHER *cipher)
{
    return cipher != NULL ? cipher->id : 0;
}

const char *
SSL_CIPHER_standard_name(const SSL_CIPHER *cipher)
{
    return cipher != NULL ? cipher->name : NULL;
}

int
SSL_get_cipher_bits(const SSL *ssl, int *algorithm_bits)
{
    return SSL_CIPHER_get_bits(SSL_get_current_cipher(ssl), algorithm_bits);
}

const char *
SSL_get_cipher_version(const SSL *ssl)
{
    return SSL_CIPHER_get_version(SSL_get_current_cipher(ssl));
}

const char *
SSL_get_cipher_list(const SSL *ssl, int priority)
{
    if (ssl == NULL || priority < 0 || (size_t)priority >= ssl->config->num_suites)
        return NULL;
    return ssl->config->suites[priority]->name;
}

/* ---- depth of a path, keys that are encrypted ---- */

static enum tvt_result
set_depth(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    int depth = *(const int *)value;
    return tvt_config_set_max_depth(c, depth > 0 ? (size_t)depth : 0, e);
}

void
SSL_CTX_set_verify_depth(SSL_CTX *ctx, int depth)
{
    (void)tvt_ssl_change_ctx(ctx, "SSL_CTX_set_verify_depth", set_depth, &depth);
}

void
SSL_set_verify_depth(SSL *ssl, int depth)
{
    (void)tvt_ssl_change(ssl, "SSL_set_verify_depth", set_depth, &depth);
}

int
SSL_CTX_get_verify_depth(const SSL_CTX *ctx)
{
    return ctx != NULL ? (int)ctx->config->policy.max_depth : -1;
}

int
SSL_get_verify_depth(const SSL *ssl)
{
    return ssl != NULL ? (int)ssl->config->policy.max_depth : -1;
}

void
SSL_CTX_set_default_passwd_cb(SSL_CTX *ctx, pem_password_cb *callback)
{
    (void)ctx;
    (void)callback;
}

void
SSL_CTX_set_default_passwd_cb_userdata(SSL_CTX *ctx, void *user)
{
    (void)ctx;
    (void)user;
}

/* ---- what is read in vain ---- */

DH *
PEM_read_bio_DHparams(BIO *bio, DH **dh, pem_password_cb *callback, void *user)
{
    (void)bio;
    (void)dh;
    (void)callback;
    (void)user;
    (void)tvt_ssl_raise_here(NULL, TVT_E_NOT_OFFERED, "PEM_read_DHparams",
                             "there is no finite-field Diffie-Hellman: call SSL_CTX_set1_groups_list()");
    return NULL;
}

DH *
PEM_read_DHparams(FILE *file, DH **dh, pem_password_cb *callback, void *user)
{
    (void)file;
    return PEM_read_bio_DHparams(NULL, dh, callback, user);
}
