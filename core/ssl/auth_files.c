/* SPDX-License-Identifier: MIT
 *
 * Files that an SSL_CTX loads besides chains and keys: staples, raw keys, names of authorities.
 */
#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/handshake/config.h"
#include "core/os/file.h"
#include "core/ssl/ssl.h"
#include "core/x509/certificate.h"
#include "core/x509/ocsp.h"
#include "core/x509/pem.h"
#include <trivet/x509.h>

#define FILE_MAX  (1u << 20) /* bytes */
#define NAMES_MAX 65533u     /* bytes of a list of names, RFC 9846 4.3.4 */

/* What is done with the bytes of a file. */
typedef enum tvt_result consumer(SSL_CTX *ctx, struct tvt_span bytes, struct tvt_error *error);

/* Reads a file and lets `consume` have it, over a configuration that may be changed. 1 or 0. */
static int
with_file(SSL_CTX *ctx, const char *call, const char *path, const char *message, consumer *consume)
{
    struct tvt_error error;
    struct tvt_file file = {0};
    if (ctx == NULL)
        return tvt_ssl_null(call) > 0;
    if (path == NULL)
        return tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "a file is needed") == SSL_ERROR_NONE;
    tvt_error_clear(&error);
    enum tvt_result r = tvt_file_read(&file, path, FILE_MAX, message, NULL, &error);
    if (r == TVT_OK)
        r = tvt_ssl_open_config(&ctx->config, &error);
    if (r == TVT_OK)
        r = consume(ctx, file.bytes, &error);
    tvt_file_free(&file);
    if (r != TVT_OK)
        tvt_err_push(&error);
    return r == TVT_OK;
}

/* ---- PEM ---- */

/* A copy of the next block with this label, decoded, in memory of `len` bytes; no block: *len is 0. */
static enum tvt_result
next_block(struct tvt_pem *pem, const char *label, uint8_t **out, size_t *len, size_t *size, struct tvt_error *error)
{
    struct tvt_pem_block block;
    enum tvt_result r;
    *out = NULL;
    *len = *size = 0;
    do {
        r = tvt_pem_next(pem, &block, error);
    } while (r == TVT_OK && !tvt_span_is(block.label, label));
    if (r != TVT_OK)
        return r == TVT_CLOSED ? TVT_OK : TVT_FAIL;
    *size = tvt_pem_decoded_max(&block);
    *out = tvt_alloc(NULL, *size);
    if (*out == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "PEM", NULL);
    r = tvt_pem_decode(&block, *out, *size, len, error);
    if (r != TVT_OK)
        tvt_release(NULL, *out, *size);
    return r;
}

/* ---- staples ---- */

/* Of the pair that was loaded last, which no SSL has yet. */
static enum tvt_result
staple(SSL_CTX *ctx, const struct tvt_span *ocsp, const struct tvt_span *scts, struct tvt_error *error)
{
    if (ctx->config->num_credentials == 0)
        return tvt_fail_detail(error, TVT_E_NO_CREDENTIAL, NULL, "staple", "load a certificate and its key first");
    struct tvt_credential *last = ctx->config->credentials[ctx->config->num_credentials - 1];
    return tvt_credential_set_staples(last, ocsp != NULL ? *ocsp : tvt_span(last->ocsp, last->ocsp_len),
                                      scts != NULL ? *scts : tvt_span(last->scts, last->scts_len), error);
}

static enum tvt_result
staple_ocsp(SSL_CTX *ctx, struct tvt_span bytes, struct tvt_error *error)
{
    if (!tvt_ocsp_is_response(bytes))
        return tvt_fail_detail(error, TVT_E_BAD_ARGUMENT, NULL, "OCSP response",
                               "an OCSPResponse in DER that was successful (RFC 6960 4.2.1)");
    return staple(ctx, &bytes, NULL, error);
}

static enum tvt_result
staple_scts(SSL_CTX *ctx, struct tvt_span bytes, struct tvt_error *error)
{
    return staple(ctx, NULL, &bytes, error);
}

int
SSL_CTX_use_ocsp_response_file(SSL_CTX *ctx, const char *file)
{
    return with_file(ctx, "SSL_CTX_use_ocsp_response_file", file, "OCSP response", staple_ocsp);
}

int
SSL_CTX_use_scts_file(SSL_CTX *ctx, const char *file)
{
    return with_file(ctx, "SSL_CTX_use_scts_file", file, "SCT list", staple_scts);
}

/* ---- raw keys ---- */

static enum tvt_result
use_raw_key(SSL_CTX *ctx, struct tvt_span bytes, struct tvt_error *error)
{
    struct tvt_credential *credential;
    enum tvt_result r = ctx->method->role != TVT_CLIENT ? tvt_ssl_ctx_serve(ctx, error) : TVT_OK;
    if (r == TVT_OK)
        r = tvt_credential_new_raw_key(&credential, ctx->provider, bytes, NULL, error);
    if (r == TVT_OK) {
        r = tvt_config_add_credential(ctx->config, credential, error);
        tvt_credential_unref(credential);
    }
    return r;
}

int
SSL_CTX_use_raw_key_file(SSL_CTX *ctx, const char *file, int type)
{
    const char *call = "SSL_CTX_use_raw_key_file";
    if (type != SSL_FILETYPE_PEM && type != SSL_FILETYPE_ASN1)
        return tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "type %d", type) == SSL_ERROR_NONE;
    return with_file(ctx, call, file, "private key", use_raw_key);
}

static enum tvt_result
add_peer_key(SSL_CTX *ctx, struct tvt_span bytes, struct tvt_error *error)
{
    struct tvt_pem pem;
    uint8_t *der;
    size_t len, size;
    if (!tvt_pem_looks_like(bytes))
        return tvt_config_add_peer_key(ctx->config, bytes, error);
    tvt_pem_init(&pem, bytes);
    if (next_block(&pem, "PUBLIC KEY", &der, &len, &size, error) != TVT_OK)
        return TVT_FAIL;
    if (der == NULL)
        return tvt_fail_detail(error, TVT_E_PEM_NOT_FOUND, "public key", NULL, "no block \"PUBLIC KEY\"");
    enum tvt_result r = tvt_config_add_peer_key(ctx->config, tvt_span(der, len), error);
    tvt_release(NULL, der, size);
    return r;
}

int
SSL_CTX_add_expected_rpk_file(SSL_CTX *ctx, const char *file)
{
    return with_file(ctx, "SSL_CTX_add_expected_rpk_file", file, "public key", add_peer_key);
}

/* ---- names of authorities ---- */

static enum tvt_result
append_name(struct tvt_buffer *names, struct tvt_span der, struct tvt_error *error)
{
    struct tvt_certificate certificate;
    if (tvt_certificate_parse(&certificate, der, "authority", error) != TVT_OK)
        return TVT_FAIL;
    struct tvt_span name = certificate.subject;
    uint8_t length[2] = {(uint8_t)(name.len >> 8), (uint8_t)name.len};
    if (name.len > UINT16_MAX || !tvt_buffer_append(names, length, 2) || !tvt_buffer_append(names, name.data, name.len))
        return tvt_fail_detail(error, TVT_E_NO_ROOM, "authority", "subject", "the names are longer than %u bytes",
                               NAMES_MAX);
    return TVT_OK;
}

static enum tvt_result
use_names(SSL_CTX *ctx, struct tvt_span bytes, struct tvt_error *error)
{
    struct tvt_pem pem;
    struct tvt_buffer names;
    uint8_t *der;
    size_t len, size;
    enum tvt_result r;
    tvt_buffer_init(&names, NULL, NAMES_MAX);
    tvt_pem_init(&pem, bytes);
    while ((r = next_block(&pem, "CERTIFICATE", &der, &len, &size, error)) == TVT_OK && der != NULL) {
        r = append_name(&names, tvt_span(der, len), error);
        tvt_release(NULL, der, size);
        if (r != TVT_OK)
            break;
    }
    struct tvt_span list = tvt_buffer_span(&names);
    if (r == TVT_OK && list.len == 0)
        r = tvt_fail_detail(error, TVT_E_PEM_NOT_FOUND, "authority", NULL, "no block \"CERTIFICATE\"");
    if (r == TVT_OK)
        r = tvt_config_set_authorities(ctx->config, list.data, list.len, error);
    tvt_buffer_release(&names);
    return r;
}

int
SSL_CTX_load_client_CA_names_file(SSL_CTX *ctx, const char *file)
{
    return with_file(ctx, "SSL_CTX_load_client_CA_names_file", file, "authorities", use_names);
}
