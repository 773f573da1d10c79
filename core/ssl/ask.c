/* SPDX-License-Identifier: MIT
 *
 * What a program is asked in the middle of a handshake, in OpenSSL's way: about a ClientHello, before a certificate of ours is
 * chosen, and about the peer's. A callback that cannot answer yet says so, and SSL_get_error() says which one it was.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/ssl/ssl.h"

/* ---- asking ---- */

/* An answer of a callback: more than 0, 0, less; `wants`: what SSL_get_error() says of the last. */
static enum tvt_result
answer(SSL *ssl, int said, int wants)
{
    ssl->waits_for = said < 0 ? wants : SSL_ERROR_NONE;
    return said > 0 ? TVT_OK : said < 0 ? TVT_PENDING : TVT_FAIL;
}

static enum tvt_result
ask_about_certificate(SSL *ssl)
{
    const struct tvt_ssl_hooks *h = &ssl->hooks;
    return h->cert == NULL ? TVT_OK : answer(ssl, h->cert(ssl, h->cert_user), SSL_ERROR_WANT_X509_LOOKUP);
}

/* An alert that does not fit is none: the default is told. */
static enum tvt_result
ask_about_hello(SSL *ssl, struct tvt_connection *connection)
{
    const struct tvt_ssl_hooks *h = &ssl->hooks;
    int alert = TVT_ALERT_INTERNAL_ERROR;
    if (h->hello == NULL || ssl->hello_answered)
        return TVT_OK;
    enum tvt_result r = answer(ssl, h->hello(ssl, &alert, h->hello_user), SSL_ERROR_WANT_CLIENT_HELLO_CB);
    ssl->hello_answered = r == TVT_OK;
    bool named = r == TVT_FAIL && alert != TVT_ALERT_INTERNAL_ERROR && alert >= 0 && alert <= UINT8_MAX;
    if (named && tvt_connection_refuse(connection, (uint8_t)alert, NULL) != TVT_OK)
        return TVT_FAIL;
    return r;
}

static enum tvt_result
hello(void *user, struct tvt_connection *connection, const struct tvt_hello *client_hello)
{
    SSL *ssl = tvt_ssl_driven();
    (void)user;
    (void)client_hello;
    enum tvt_result r = ssl != NULL ? ask_about_hello(ssl, connection) : TVT_FAIL;
    return r == TVT_OK ? ask_about_certificate(ssl) : r;
}

static enum tvt_result
request(void *user, struct tvt_connection *connection, const struct tvt_request *certificate_request)
{
    SSL *ssl = tvt_ssl_driven();
    (void)user;
    (void)connection;
    (void)certificate_request;
    return ssl != NULL ? ask_about_certificate(ssl) : TVT_FAIL;
}

static enum tvt_result
judge(void *user, struct tvt_connection *connection, const struct tvt_span *chain, size_t num)
{
    SSL *ssl = tvt_ssl_driven();
    (void)user;
    (void)connection;
    (void)chain;
    (void)num;
    if (ssl == NULL || ssl->hooks.verdict == NULL)
        return ssl == NULL ? TVT_FAIL : TVT_OK;
    return answer(ssl, ssl->hooks.verdict(ssl, ssl->hooks.verdict_user), SSL_ERROR_WANT_RETRY_VERIFY);
}

/* ---- settings ---- */

struct asks {
    bool hello, request, verdict;
};

static enum tvt_result
set_asks(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const struct asks *asks = value;
    enum tvt_result r = tvt_config_set_hello(c, asks->hello ? hello : NULL, NULL, e);
    if (r == TVT_OK)
        r = tvt_config_set_request(c, asks->request ? request : NULL, NULL, e);
    return r == TVT_OK ? tvt_config_set_judge(c, asks->verdict ? judge : NULL, NULL, e) : r;
}

static struct asks
asks_of(const struct tvt_ssl_hooks *h)
{
    return (struct asks){h->hello != NULL || h->cert != NULL, h->cert != NULL, h->verdict != NULL};
}

static int
set_in_ctx(SSL_CTX *ctx, const char *call, const struct tvt_ssl_hooks *hooks)
{
    struct asks asks = asks_of(hooks);
    if (tvt_ssl_change_ctx(ctx, call, set_asks, &asks) != 1)
        return 0;
    ctx->hooks = *hooks;
    return 1;
}

void
SSL_CTX_set_client_hello_cb(SSL_CTX *ctx, SSL_client_hello_cb_fn callback, void *user)
{
    struct tvt_ssl_hooks hooks;
    if (ctx == NULL)
        return;
    hooks = ctx->hooks;
    hooks.hello = callback;
    hooks.hello_user = user;
    (void)set_in_ctx(ctx, "SSL_CTX_set_client_hello_cb", &hooks);
}

void
SSL_CTX_set_cert_cb(SSL_CTX *ctx, tvt_ssl_ask_callback *callback, void *user)
{
    struct tvt_ssl_hooks hooks;
    if (ctx == NULL)
        return;
    hooks = ctx->hooks;
    hooks.cert = callback;
    hooks.cert_user = user;
    (void)set_in_ctx(ctx, "SSL_CTX_set_cert_cb", &hooks);
}

void
SSL_set_cert_cb(SSL *ssl, tvt_ssl_ask_callback *callback, void *user)
{
    struct tvt_ssl_hooks hooks;
    if (ssl == NULL)
        return;
    hooks = ssl->hooks;
    hooks.cert = callback;
    hooks.cert_user = user;
    struct asks asks = asks_of(&hooks);
    if (tvt_ssl_change(ssl, "SSL_set_cert_cb", set_asks, &asks) == 1)
        ssl->hooks = hooks;
}

int
SSL_CTX_set_tvt_verdict_callback(SSL_CTX *ctx, tvt_ssl_ask_callback *callback, void *user)
{
    struct tvt_ssl_hooks hooks;
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_set_tvt_verdict_callback") > 0;
    hooks = ctx->hooks;
    hooks.verdict = callback;
    hooks.verdict_user = user;
    return set_in_ctx(ctx, "SSL_CTX_set_tvt_verdict_callback", &hooks);
}
