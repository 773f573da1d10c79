/* SPDX-License-Identifier: MIT
 *
 * Pre-shared keys: fixed ones, and OpenSSL's two callbacks.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/session/session.h"
#include "core/ssl/ssl.h"

/* The PSK that a callback's session stands for, in one of its own that has the identity. Takes over `given`. */
static enum tvt_result
make_psk(struct tvt_session **out, struct tvt_session *given, struct tvt_span identity, struct tvt_error *error)
{
    *out = NULL;
    if (given->identity.len > 0 && tvt_span_equal(given->identity, identity)) {
        *out = given;
        return TVT_OK;
    }
    enum tvt_result r = tvt_session_new_external(out, identity, tvt_span(given->secret, given->secret_len),
                                                 (enum tvt_hash_id)given->hash, error);
    if (r == TVT_OK && given->max_early_data > 0) {
        struct tvt_session *plain = *out;
        r = tvt_session_with_early_data(out, plain, given->max_early_data, given->suite, given->alpn, error);
        tvt_session_unref(plain);
    }
    tvt_session_unref(given);
    if (r != TVT_OK)
        *out = NULL;
    return r;
}

/* ---- client ---- */

int
tvt_ssl_offer_psk(SSL *ssl)
{
    const unsigned char *id = NULL;
    size_t id_len = 0;
    struct tvt_session *given = NULL, *psk;
    struct tvt_error error;
    if (ssl->hooks.use_psk == NULL)
        return SSL_ERROR_NONE;
    ssl->connection->advancing = true; /* no call may drive or drop what is not set up yet */
    int said = ssl->hooks.use_psk(ssl, NULL, &id, &id_len, &given);
    ssl->connection->advancing = false;
    if (said != 1) {
        tvt_session_unref(given);
        return tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, "psk_use_session_callback",
                                  "the callback ends the handshake");
    }
    if (given == NULL)
        return SSL_ERROR_NONE;
    tvt_error_clear(&error);
    if (make_psk(&psk, given, tvt_span(id, id_len), &error) != TVT_OK)
        return tvt_ssl_refuse(ssl, &error);
    enum tvt_result r = tvt_connection_add_session(ssl->connection, psk);
    tvt_session_unref(psk);
    return r == TVT_OK ? SSL_ERROR_NONE : tvt_ssl_call_failed(ssl);
}

void
SSL_CTX_set_psk_use_session_callback(SSL_CTX *ctx, SSL_psk_use_session_cb_func callback)
{
    if (ctx != NULL)
        ctx->hooks.use_psk = callback;
}

void
SSL_set_psk_use_session_callback(SSL *ssl, SSL_psk_use_session_cb_func callback)
{
    if (ssl != NULL)
        ssl->hooks.use_psk = callback;
}

/* ---- server ---- */

enum tvt_result
tvt_ssl_find_psk(void *user, struct tvt_span identity, struct tvt_session **out)
{
    SSL *ssl = tvt_ssl_driven();
    struct tvt_session *given = NULL;
    struct tvt_error error;
    (void)user;
    *out = NULL;
    if (ssl == NULL || ssl->hooks.find_psk == NULL)
        return TVT_FAIL;
    if (ssl->hooks.find_psk(ssl, identity.data, identity.len, &given) != 1 || given == NULL) {
        tvt_session_unref(given);
        return TVT_FAIL;
    }
    tvt_error_clear(&error);
    if (make_psk(out, given, identity, &error) == TVT_OK)
        return TVT_OK;
    tvt_err_push(&error); /* the program's key is not fit: its program should know, the peer sees an unknown PSK */
    return TVT_FAIL;
}

static enum tvt_result
set_lookup(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    return tvt_config_set_psk_lookup(c, *(const bool *)value ? tvt_ssl_find_psk : NULL, NULL, e);
}

void
SSL_CTX_set_psk_find_session_callback(SSL_CTX *ctx, SSL_psk_find_session_cb_func callback)
{
    bool on = callback != NULL;
    struct tvt_error error;
    if (tvt_ssl_change_ctx(ctx, "SSL_CTX_set_psk_find_session_callback", set_lookup, &on) != 1)
        return;
    ctx->hooks.find_psk = callback;
    tvt_error_clear(&error);
    if (ctx->method->role != TVT_CLIENT && tvt_ssl_ctx_serve(ctx, &error) != TVT_OK)
        tvt_err_push(&error);
    tvt_ssl_early_hold(ctx);
}

void
SSL_set_psk_find_session_callback(SSL *ssl, SSL_psk_find_session_cb_func callback)
{
    bool on = callback != NULL;
    if (tvt_ssl_change(ssl, "SSL_set_psk_find_session_callback", set_lookup, &on) != 1)
        return;
    ssl->hooks.find_psk = callback;
    tvt_ssl_early_hold(ssl->ctx);
}

/* ---- fixed ones ---- */

static enum tvt_result
add_psk(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    return tvt_config_add_psk(c, *(struct tvt_session *const *)value, e);
}

int
SSL_CTX_add_tvt_psk(SSL_CTX *ctx, SSL_SESSION *psk)
{
    struct tvt_error error;
    if (tvt_ssl_change_ctx(ctx, "SSL_CTX_add_tvt_psk", add_psk, &psk) != 1)
        return 0;
    tvt_error_clear(&error);
    tvt_ssl_early_hold(ctx);
    if (ctx->method->role == TVT_CLIENT || tvt_ssl_ctx_serve(ctx, &error) == TVT_OK)
        return 1;
    tvt_err_push(&error);
    return 0;
}
