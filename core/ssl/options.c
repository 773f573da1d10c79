/* SPDX-License-Identifier: MIT
 *
 * SSL_MODE_* and SSL_OP_* of an SSL_CTX and of one SSL.
 */
#include "core/ssl/ssl.h"

/* ---- modes and options ---- */

long
SSL_CTX_set_mode(SSL_CTX *ctx, long mode)
{
    return ctx != NULL ? (long)(ctx->mode |= (uint32_t)mode) : 0;
}

long
SSL_CTX_clear_mode(SSL_CTX *ctx, long mode)
{
    return ctx != NULL ? (long)(ctx->mode &= ~(uint32_t)mode) : 0;
}

long
SSL_CTX_get_mode(const SSL_CTX *ctx)
{
    return ctx != NULL ? (long)ctx->mode : 0;
}

long
SSL_set_mode(SSL *ssl, long mode)
{
    return ssl != NULL ? (long)(ssl->mode |= (uint32_t)mode) : 0;
}

long
SSL_clear_mode(SSL *ssl, long mode)
{
    return ssl != NULL ? (long)(ssl->mode &= ~(uint32_t)mode) : 0;
}

long
SSL_get_mode(const SSL *ssl)
{
    return ssl != NULL ? (long)ssl->mode : 0;
}

int
SSL_CTX_set_read_ahead(SSL_CTX *ctx, int on)
{
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_set_read_ahead") > 0;
    ctx->read_ahead = on != 0;
    return 1;
}

int
SSL_CTX_get_read_ahead(const SSL_CTX *ctx)
{
    return ctx != NULL && ctx->read_ahead;
}

void
SSL_set_read_ahead(SSL *ssl, int on)
{
    if (ssl != NULL)
        ssl->read_ahead = on != 0;
}

int
SSL_get_read_ahead(const SSL *ssl)
{
    return ssl != NULL && ssl->read_ahead;
}

/* What an option changes in a configuration. */
struct options {
    SSL_CTX *ctx;
    uint64_t before, now;
};

static enum tvt_result
apply_options(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const struct options *o = value;
    uint64_t changed = o->before ^ o->now;
    enum tvt_result r = TVT_OK;
    if ((changed & SSL_OP_ENABLE_MIDDLEBOX_COMPAT) != 0)
        r = tvt_config_set_compatibility(c, (o->now & SSL_OP_ENABLE_MIDDLEBOX_COMPAT) != 0, e);
    if (r == TVT_OK && (changed & SSL_OP_ALLOW_NO_DHE_KEX) != 0)
        r = tvt_config_set_psk_modes(
            c, (o->now & SSL_OP_ALLOW_NO_DHE_KEX) != 0 ? TVT_PSK_KE | TVT_PSK_DHE_KE : TVT_PSK_DHE_KE, e);
    if (r == TVT_OK && (changed & SSL_OP_NO_TICKET) != 0)
        r = tvt_ssl_apply_sessions(o->ctx, c, o->now, e);
    if (r == TVT_OK && (changed & SSL_OP_COOKIE_EXCHANGE) != 0)
        r = tvt_ssl_apply_cookie(o->ctx, c, o->now, e);
    return r;
}

#define NEEDS_CONFIG                                                                                                   \
    (SSL_OP_ENABLE_MIDDLEBOX_COMPAT | SSL_OP_ALLOW_NO_DHE_KEX | SSL_OP_NO_TICKET | SSL_OP_COOKIE_EXCHANGE)

static uint64_t
change_ctx_options(SSL_CTX *ctx, uint64_t options)
{
    struct options o = {.ctx = ctx, .before = ctx->options, .now = options};
    if (((o.before ^ o.now) & NEEDS_CONFIG) != 0 &&
        tvt_ssl_change_ctx(ctx, "SSL_CTX_set_options", apply_options, &o) != 1)
        return ctx->options;
    return ctx->options = options;
}

static uint64_t
change_ssl_options(SSL *ssl, uint64_t options)
{
    struct options o = {.ctx = ssl->ctx, .before = ssl->options, .now = options};
    if (((o.before ^ o.now) & NEEDS_CONFIG) != 0 && tvt_ssl_change(ssl, "SSL_set_options", apply_options, &o) != 1)
        return ssl->options;
    return ssl->options = options;
}

uint64_t
SSL_CTX_set_options(SSL_CTX *ctx, uint64_t options)
{
    return ctx != NULL ? change_ctx_options(ctx, ctx->options | options) : 0;
}

uint64_t
SSL_CTX_clear_options(SSL_CTX *ctx, uint64_t options)
{
    return ctx != NULL ? change_ctx_options(ctx, ctx->options & ~options) : 0;
}

uint64_t
SSL_CTX_get_options(const SSL_CTX *ctx)
{
    return ctx != NULL ? ctx->options : 0;
}

uint64_t
SSL_set_options(SSL *ssl, uint64_t options)
{
    return ssl != NULL ? change_ssl_options(ssl, ssl->options | options) : 0;
}

uint64_t
SSL_clear_options(SSL *ssl, uint64_t options)
{
    return ssl != NULL ? change_ssl_options(ssl, ssl->options & ~options) : 0;
}

uint64_t
SSL_get_options(const SSL *ssl)
{
    return ssl != NULL ? ssl->options : 0;
}

void
SSL_CTX_set_quiet_shutdown(SSL_CTX *ctx, int quiet)
{
    if (ctx != NULL)
        ctx->quiet_shutdown = quiet != 0;
}

void
SSL_set_quiet_shutdown(SSL *ssl, int quiet)
{
    if (ssl != NULL)
        ssl->quiet_shutdown = quiet != 0;
}
