/* SPDX-License-Identifier: MIT
 *
 * What records and a ClientHello look like: padding, lengths, GREASE.
 */
#include "core/ssl/ssl.h"

/* ---- padding, RFC 9846 5.4 ---- */

static enum tvt_result
set_padding(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    size_t size = *(const size_t *)value;
    return tvt_config_set_padding(c, size > UINT16_MAX ? UINT16_MAX : size > 1 ? (uint16_t)size : 0, e);
}

int
SSL_CTX_set_block_padding(SSL_CTX *ctx, size_t size)
{
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set_block_padding", set_padding, &size);
}

int
SSL_set_block_padding(SSL *ssl, size_t size)
{
    return tvt_ssl_change(ssl, "SSL_set_block_padding", set_padding, &size);
}

/* ---- max_fragment_length, RFC 6066 4 ---- */

static enum tvt_result
set_max_fragment(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    unsigned mode = *(const uint8_t *)value;
    if (mode > TLSEXT_max_fragment_length_4096)
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "max_fragment_length", "mode %u", mode);
    return tvt_config_set_max_fragment(c, (uint16_t)(mode == 0 ? 0u : 256u << mode), e);
}

int
SSL_CTX_set_tlsext_max_fragment_length(SSL_CTX *ctx, uint8_t mode)
{
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set_tlsext_max_fragment_length", set_max_fragment, &mode);
}

int
SSL_set_tlsext_max_fragment_length(SSL *ssl, uint8_t mode)
{
    return tvt_ssl_change(ssl, "SSL_set_tlsext_max_fragment_length", set_max_fragment, &mode);
}

/* ---- GREASE, RFC 8701 ---- */

static enum tvt_result
set_grease(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    return tvt_config_set_grease(c, *(const int *)value != 0, e);
}

void
SSL_CTX_set_grease_enabled(SSL_CTX *ctx, int on)
{
    (void)tvt_ssl_change_ctx(ctx, "SSL_CTX_set_grease_enabled", set_grease, &on);
}
