/* SPDX-License-Identifier: MIT
 *
 * A server's tickets: keys that the SSL_CTX makes for itself or is given, what is bound into them, how many there are and
 * how long they are good.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/crypto/kdf.h"
#include "core/crypto/provider.h"
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"

#define ROTATE_S 86400u /* a key seals for a day and opens for another */

static int
done(enum tvt_result r, const struct tvt_error *error)
{
    if (r == TVT_OK)
        return 1;
    tvt_err_push(error);
    return 0;
}

/* ---- what a server needs ---- */

enum tvt_result
tvt_ssl_apply_sessions(SSL_CTX *ctx, struct tvt_config *config, uint64_t options, struct tvt_error *error)
{
    struct tvt_ssl_sessions *s = &ctx->sessions;
    bool tickets = (options & SSL_OP_NO_TICKET) == 0;
    bool ids = s->keys != NULL && (s->cache_mode & SSL_SESS_CACHE_SERVER) != 0; /* keys: it serves */
    bool cache = !tickets && ids;
    enum tvt_result r = cache ? tvt_ssl_cache_make(ctx, error) : TVT_OK;
    if (r == TVT_OK)
        r = tvt_config_set_ticket_keys(config, tickets ? s->keys : NULL, error);
    if (r == TVT_OK)
        r = tvt_config_set_session_cache(config, cache ? &s->cache_port : NULL, error);
    if (r == TVT_OK) /* its memory is made with the first session */
        r = tvt_config_set_id_cache(config, ids ? &s->cache_port : NULL, error);
    return r;
}

enum tvt_result
tvt_ssl_ctx_serve(SSL_CTX *ctx, struct tvt_error *error)
{
    struct tvt_ssl_sessions *s = &ctx->sessions;
    if (s->keys != NULL)
        return TVT_OK;
    enum tvt_result r = tvt_ssl_open_config(&ctx->config, error);
    if (r == TVT_OK)
        r = tvt_ticket_keys_new(&s->keys, ctx->provider, ROTATE_S, tvt_system_mutex(), error);
    return r == TVT_OK ? tvt_ssl_apply_sessions(ctx, ctx->config, ctx->options, error) : r;
}

/* ---- the session id context ---- */

enum tvt_result
tvt_ssl_bind(const SSL_CTX *ctx, uint8_t out[32], struct tvt_span key, struct tvt_span bytes, struct tvt_error *error)
{
    static const char label[] = "session id context";
    struct tvt_span parts[2] = {tvt_span((const uint8_t *)label, sizeof label), bytes};
    struct tvt_kdf kdf = {0};
    const struct tvt_hash *hash = tvt_provider_hash(ctx->provider, TVT_HASH_SHA256);
    if (hash == NULL)
        return tvt_fail(error, TVT_E_NOT_OFFERED, NULL, "SHA-256");
    int rc = tvt_kdf_init(&kdf, hash);
    if (rc == TVT_CRYPTO_OK) {
        tvt_kdf_key(&kdf, key.data, key.len);
        rc = tvt_kdf_mac(&kdf, parts, 2, out);
    }
    tvt_kdf_free(&kdf);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(error, TVT_E_CRYPTO, NULL, "session id context", ctx->provider, rc);
    return TVT_OK;
}

/* The secret of a key, in place. The name stays: with another context the ticket does not open. */
static enum tvt_result
bind_key(const SSL_CTX *ctx, uint8_t key[TVT_TICKET_KEY_LEN], struct tvt_error *error)
{
    const struct tvt_ssl_sessions *s = &ctx->sessions;
    uint8_t bound[TVT_TICKET_KEY_LEN - 16];
    if (s->id_context_len == 0)
        return TVT_OK;
    enum tvt_result r =
        tvt_ssl_bind(ctx, bound, tvt_span(key + 16, sizeof bound), tvt_span(s->id_context, s->id_context_len), error);
    if (r == TVT_OK)
        tvt_copy(key + 16, bound, sizeof bound);
    tvt_wipe(bound, sizeof bound);
    return r;
}

/* The program's keys, bound, to where connections find them. */
static enum tvt_result
use_given(SSL_CTX *ctx, struct tvt_error *error)
{
    struct tvt_ssl_sessions *s = &ctx->sessions;
    uint8_t keys[TVT_TICKET_KEYS_MAX][TVT_TICKET_KEY_LEN];
    enum tvt_result r = TVT_OK;
    tvt_copy(keys, s->given, sizeof keys);
    for (size_t i = 0; r == TVT_OK && i < s->num_given; i++)
        r = bind_key(ctx, keys[i], error);
    if (r == TVT_OK && s->num_given > 0)
        r = tvt_ticket_keys_set(s->keys, keys[0], s->num_given, error);
    tvt_wipe(keys, sizeof keys);
    return r;
}

int
SSL_CTX_set_session_id_context(SSL_CTX *ctx, const unsigned char *bytes, unsigned int len)
{
    const char *call = "SSL_CTX_set_session_id_context";
    struct tvt_error error;
    if (ctx == NULL)
        return tvt_ssl_null(call) > 0;
    if (len > SSL_MAX_SID_CTX_LENGTH || (bytes == NULL && len > 0))
        return tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "at most %d bytes", SSL_MAX_SID_CTX_LENGTH) ==
               SSL_ERROR_NONE;
    tvt_copy(ctx->sessions.id_context, bytes, len);
    ctx->sessions.id_context_len = len;
    tvt_error_clear(&error);
    return done(use_given(ctx, &error), &error);
}

/* ---- keys of the program ---- */

int
SSL_CTX_set_tlsext_ticket_keys(SSL_CTX *ctx, void *keys, int len)
{
    const char *call = "SSL_CTX_set_tlsext_ticket_keys";
    struct tvt_error error;
    if (ctx == NULL)
        return tvt_ssl_null(call) > 0;
    if (keys == NULL)
        return (int)TVT_TICKET_KEY_LEN;
    if (len <= 0 || (unsigned)len % TVT_TICKET_KEY_LEN != 0 || (unsigned)len / TVT_TICKET_KEY_LEN > TVT_TICKET_KEYS_MAX)
        return tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "1 to %u keys of %u bytes are needed, not %d bytes",
                                  TVT_TICKET_KEYS_MAX, TVT_TICKET_KEY_LEN, len) == SSL_ERROR_NONE;
    tvt_error_clear(&error);
    if (tvt_ssl_ctx_serve(ctx, &error) != TVT_OK)
        return done(TVT_FAIL, &error);
    tvt_wipe(ctx->sessions.given, sizeof ctx->sessions.given); /* more of them than now, perhaps */
    tvt_copy(ctx->sessions.given, keys, (size_t)len);
    ctx->sessions.num_given = (unsigned)len / TVT_TICKET_KEY_LEN;
    tvt_ssl_early_hold(ctx);
    return done(use_given(ctx, &error), &error);
}

int
SSL_CTX_get_tlsext_ticket_keys(SSL_CTX *ctx, void *keys, int len)
{
    const char *call = "SSL_CTX_get_tlsext_ticket_keys";
    struct tvt_error error;
    size_t num;
    if (ctx == NULL)
        return tvt_ssl_null(call) > 0;
    if (keys == NULL)
        return (int)TVT_TICKET_KEY_LEN;
    if (len < (int)TVT_TICKET_KEY_LEN)
        return tvt_ssl_raise_here(NULL, TVT_E_NO_ROOM, call, "a key has %u bytes", TVT_TICKET_KEY_LEN) ==
               SSL_ERROR_NONE;
    tvt_error_clear(&error);
    if (ctx->sessions.num_given > 0) {
        num = (unsigned)len / TVT_TICKET_KEY_LEN;
        num = num < ctx->sessions.num_given ? num : ctx->sessions.num_given;
        tvt_copy(keys, ctx->sessions.given, num * TVT_TICKET_KEY_LEN);
        return 1;
    }
    if (ctx->sessions.id_context_len > 0) /* another SSL_CTX would bind it in, and ours is not */
        return tvt_ssl_wrong_call(NULL, call, "with a session id context set keys first, and share those") ==
               SSL_ERROR_NONE;
    uint8_t held[TVT_TICKET_KEYS_MAX][TVT_TICKET_KEY_LEN];
    size_t room = (unsigned)len / TVT_TICKET_KEY_LEN;
    enum tvt_result r = tvt_ssl_ctx_serve(ctx, &error);
    if (r == TVT_OK)
        r = tvt_ticket_keys_get(ctx->sessions.keys, held[0], TVT_TICKET_KEYS_MAX, &num, &error);
    if (r == TVT_OK)
        tvt_copy(keys, held, (num < room ? num : room) * TVT_TICKET_KEY_LEN);
    tvt_wipe(held, sizeof held);
    return done(r, &error);
}

/* Between the keys and the program's callback: the context is bound in. */
static enum tvt_result
ask_for_key(void *user, const uint8_t *name, uint8_t out[TVT_TICKET_KEY_LEN])
{
    const SSL_CTX *ctx = user;
    struct tvt_error ignored;
    tvt_error_clear(&ignored);
    enum tvt_result r = ctx->sessions.key_callback(ctx->sessions.key_user, name, out);
    return r == TVT_OK ? bind_key(ctx, out, &ignored) : r;
}

int
SSL_CTX_set_tvt_ticket_key_cb(SSL_CTX *ctx, tvt_ticket_key_callback *callback, void *user)
{
    struct tvt_error error;
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_set_tvt_ticket_key_cb") > 0;
    tvt_error_clear(&error);
    if (tvt_ssl_ctx_serve(ctx, &error) != TVT_OK)
        return done(TVT_FAIL, &error);
    ctx->sessions.key_callback = callback;
    ctx->sessions.key_user = user;
    tvt_ssl_early_hold(ctx);
    tvt_ticket_keys_set_callback(ctx->sessions.keys, callback != NULL ? ask_for_key : NULL, ctx);
    return 1;
}

/* ---- how many, how long ---- */

static enum tvt_result
set_num(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    return tvt_config_set_tickets(c, *(const size_t *)value, e);
}

int
SSL_CTX_set_num_tickets(SSL_CTX *ctx, size_t num)
{
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set_num_tickets", set_num, &num);
}

int
SSL_set_num_tickets(SSL *ssl, size_t num)
{
    return tvt_ssl_change(ssl, "SSL_set_num_tickets", set_num, &num);
}

size_t
SSL_CTX_get_num_tickets(const SSL_CTX *ctx)
{
    return ctx != NULL ? ctx->config->session.num_tickets : 0;
}

size_t
SSL_get_num_tickets(const SSL *ssl)
{
    return ssl != NULL ? ssl->config->session.num_tickets : 0;
}

static enum tvt_result
set_lifetime(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    return tvt_config_set_session_lifetime(c, *(const uint32_t *)value, e);
}

long
SSL_CTX_set_timeout(SSL_CTX *ctx, long seconds)
{
    uint32_t value = seconds > 0 && seconds <= (long)TVT_LIMIT_TICKET_LIFETIME ? (uint32_t)seconds : 0;
    long before = SSL_CTX_get_timeout(ctx);
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set_timeout", set_lifetime, &value) == 1 ? before : 0;
}

long
SSL_CTX_get_timeout(const SSL_CTX *ctx)
{
    return ctx != NULL ? (long)ctx->config->session.lifetime_s : 0;
}

int
SSL_new_session_ticket(SSL *ssl)
{
    const char *call = "SSL_new_session_ticket";
    if (ssl == NULL)
        return tvt_ssl_null(call) > 0;
    if (ssl->role != TVT_SERVER || !SSL_is_init_finished(ssl))
        return tvt_ssl_wrong_call(ssl, call, "a server sends tickets when its handshake is done") == SSL_ERROR_NONE;
    SSL *before = tvt_ssl_enter(ssl);
    enum tvt_result r = tvt_connection_send_tickets(ssl->connection, 1);
    tvt_ssl_leave(before);
    return r == TVT_OK || tvt_ssl_call_failed(ssl) == SSL_ERROR_NONE;
}
