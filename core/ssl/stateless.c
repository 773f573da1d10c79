/* SPDX-License-Identifier: MIT
 *
 * A server that holds no state before its client has shown that it can be reached: cookies (RFC 9846 4.3.2).
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/ssl/ssl.h"

#define COOKIE_ROTATE_S 60u /* a cookie is good for one to two minutes */

/* Of the SSL_CTX, for all its SSLs: another one may take the second ClientHello. */
static enum tvt_result
make_keys(SSL_CTX *ctx, struct tvt_error *error)
{
    struct tvt_ssl_sessions *s = &ctx->sessions;
    enum tvt_result r = TVT_OK;
    tvt_lock_take(&s->lock);
    if (s->cookie_keys == NULL)
        r = tvt_ticket_keys_new(&s->cookie_keys, ctx->provider, COOKIE_ROTATE_S, tvt_system_mutex(), error);
    tvt_lock_give(&s->lock);
    return r;
}

enum tvt_result
tvt_ssl_apply_cookie(SSL_CTX *ctx, struct tvt_config *config, uint64_t options, struct tvt_error *error)
{
    if ((options & SSL_OP_COOKIE_EXCHANGE) == 0)
        return tvt_config_set_cookie(config, NULL, false, error);
    if (make_keys(ctx, error) != TVT_OK)
        return TVT_FAIL;
    return tvt_config_set_cookie(config, ctx->sessions.cookie_keys, true, error);
}

/* A HelloRetryRequest is out, or a good second ClientHello was taken. */
static bool
is_answered(const SSL *ssl)
{
    const struct tvt_connection *c = ssl->connection;
    return c->read.aead != NULL || c->hs.hello_retry;
}

static bool
is_taken(const SSL *ssl)
{
    return ssl->connection->read.aead != NULL;
}

static int
run(SSL *ssl)
{
    uint8_t stack[TVT_RECORD_WIRE_MAX];
    struct tvt_ssl_input input;
    int code = tvt_ssl_begin(ssl);
    if (code != SSL_ERROR_NONE)
        return code;
    tvt_ssl_input_open(ssl, &input, stack, sizeof stack);
    code = tvt_ssl_drive(ssl, &input, ssl->connection->hs.hello_retry ? is_taken : is_answered);
    int kept = tvt_ssl_input_close(ssl, &input);
    return code != SSL_ERROR_NONE ? code : kept;
}

int
SSL_stateless(SSL *ssl)
{
    const char *call = "SSL_stateless";
    if (ssl == NULL)
        return tvt_ssl_null(call);
    if (ssl->role == TVT_ROLE_UNSET)
        ssl->role = TVT_SERVER;
    int code = SSL_ERROR_NONE;
    if (ssl->connection == NULL)
        (void)SSL_set_options(ssl, SSL_OP_COOKIE_EXCHANGE | SSL_OP_NO_TLSv1_2); /* which has no cookies */
    if (ssl->role != TVT_SERVER)
        code = tvt_ssl_wrong_call(ssl, call, "this SSL is a client");
    else if ((ssl->options & SSL_OP_COOKIE_EXCHANGE) == 0)
        code = tvt_ssl_wrong_call(ssl, call, "cookies are not to be had, or the handshake has begun without them");
    if (code == SSL_ERROR_NONE) {
        SSL *before = tvt_ssl_enter(ssl);
        code = run(ssl);
        tvt_ssl_leave(before);
    }
    if (tvt_ssl_finish(ssl, code) != 1)
        return -1;
    return ssl->connection->read.aead != NULL || SSL_is_init_finished(ssl);
}
