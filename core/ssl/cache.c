/* SPDX-License-Identifier: MIT
 *
 * A server's sessions that are kept: in the memory of the SSL_CTX, in a store of the program's behind callbacks, or in
 * both. Who finds a session, takes it: one of TLS 1.3 is good once (RFC 9846 8.1); one of TLS 1.2 is looked up and
 * stays.
 */
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/session/session.h"
#include "core/ssl/ssl.h"

/* ---- ids ---- */

/* Where a session id context was set, the id under which a session is kept depends on it. */
static bool
kept_under(const SSL_CTX *ctx, uint8_t out[TVT_SESSION_ID_LEN], const uint8_t *id)
{
    struct tvt_error ignored;
    tvt_error_clear(&ignored);
    tvt_copy(out, id, TVT_SESSION_ID_LEN);
    if (ctx->sessions.id_context_len == 0)
        return true;
    struct tvt_span context = tvt_span(ctx->sessions.id_context, ctx->sessions.id_context_len);
    return tvt_ssl_bind(ctx, out, context, tvt_span(id, TVT_SESSION_ID_LEN), &ignored) == TVT_OK;
}

/* The session as the program sees it: SSL_SESSION_get_id() is its key. NULL: no memory. */
static struct tvt_session *
with_id(const struct tvt_session *session, const uint8_t *id)
{
    struct tvt_session fields = {0}, *made = NULL;
    struct tvt_error ignored;
    tvt_error_clear(&ignored);
    tvt_session_copy_fields(&fields, session);
    if (session->session_id_len > 0)
        tvt_copy(fields.session_id, id, fields.session_id_len = TVT_SESSION_ID_LEN);
    else
        fields.identity = tvt_span(id, TVT_SESSION_ID_LEN);
    if (tvt_session_make(&made, &fields, &ignored) != TVT_OK)
        made = NULL;
    tvt_wipe(&fields, sizeof fields);
    return made;
}

/* ---- the port that configurations see ---- */

static const struct tvt_session_cache *
memory(SSL_CTX *ctx, int unless)
{
    struct tvt_ssl_sessions *s = &ctx->sessions;
    if ((s->cache_mode & unless) != 0)
        return NULL;
    tvt_lock_take(&s->lock);
    struct tvt_memory_cache *cache = s->cache;
    tvt_lock_give(&s->lock);
    return cache != NULL ? tvt_memory_cache_port(cache) : NULL;
}

static bool
give_to_program(const SSL_CTX *ctx, const uint8_t *id, const struct tvt_session *session)
{
    SSL *ssl = tvt_ssl_driven();
    if (ctx->sessions.new_session == NULL || ssl == NULL)
        return false;
    struct tvt_session *named = with_id(session, id);
    if (named == NULL)
        return false;
    bool kept = ctx->sessions.new_session(ssl, named) != 0;
    if (!kept)
        tvt_session_unref(named);
    return kept;
}

static enum tvt_result
put(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires_ms)
{
    SSL_CTX *ctx = user;
    struct tvt_error ignored;
    uint8_t under[TVT_SESSION_ID_LEN];
    tvt_error_clear(&ignored);
    (void)tvt_ssl_cache_make(ctx, &ignored); /* without it, the session goes to the program alone */
    const struct tvt_session_cache *own = memory(ctx, SSL_SESS_CACHE_NO_INTERNAL_STORE);
    if (!kept_under(ctx, under, id))
        return TVT_FAIL;
    bool kept = own != NULL && own->put(own->user, under, session, expires_ms) == TVT_OK;
    return give_to_program(ctx, under, session) || kept ? TVT_OK : TVT_FAIL;
}

static struct tvt_session *
ask_program(const SSL_CTX *ctx, const uint8_t *id)
{
    SSL *ssl = tvt_ssl_driven();
    int copy = 1;
    if (ctx->sessions.get_session == NULL || ssl == NULL)
        return NULL;
    struct tvt_session *found = ctx->sessions.get_session(ssl, id, TVT_SESSION_ID_LEN, &copy);
    return copy != 0 ? tvt_session_ref(found) : found;
}

static enum tvt_result
take(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    SSL_CTX *ctx = user;
    const struct tvt_session_cache *own = memory(ctx, SSL_SESS_CACHE_NO_INTERNAL_LOOKUP);
    uint8_t under[TVT_SESSION_ID_LEN];
    *out = NULL;
    if (!kept_under(ctx, under, id))
        return TVT_FAIL;
    if (own == NULL || own->take(own->user, under, out) != TVT_OK)
        *out = ask_program(ctx, under);
    if (*out == NULL)
        return TVT_FAIL;
    struct tvt_session *named = ctx->sessions.remove_session != NULL ? with_id(*out, under) : NULL;
    if (named != NULL)
        ctx->sessions.remove_session(ctx, named);
    tvt_session_unref(named);
    return TVT_OK;
}

/* As SSL_CTX_sess_set_get_cb() has it: what is looked up stays, and nobody is told of a removal. */
static enum tvt_result
get(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    SSL_CTX *ctx = user;
    const struct tvt_session_cache *own = memory(ctx, SSL_SESS_CACHE_NO_INTERNAL_LOOKUP);
    uint8_t under[TVT_SESSION_ID_LEN];
    *out = NULL;
    if (!kept_under(ctx, under, id))
        return TVT_FAIL;
    if (own == NULL || own->get(own->user, under, out) != TVT_OK)
        *out = ask_program(ctx, under);
    return *out != NULL ? TVT_OK : TVT_FAIL;
}

void
tvt_ssl_cache_init(SSL_CTX *ctx)
{
    ctx->sessions.cache_mode = SSL_SESS_CACHE_SERVER;
    ctx->sessions.cache_size = SSL_SESSION_CACHE_MAX_SIZE_DEFAULT;
    ctx->sessions.cache_port = (struct tvt_session_cache){ctx, put, take, get};
}

enum tvt_result
tvt_ssl_cache_make(SSL_CTX *ctx, struct tvt_error *error)
{
    struct tvt_ssl_sessions *s = &ctx->sessions;
    enum tvt_result r = TVT_OK;
    if ((s->cache_mode & SSL_SESS_CACHE_NO_INTERNAL) == SSL_SESS_CACHE_NO_INTERNAL)
        return TVT_OK;
    tvt_lock_take(&s->lock);
    if (s->cache == NULL)
        r = tvt_memory_cache_new(&s->cache, s->cache_size, tvt_system_mutex(), error);
    tvt_lock_give(&s->lock);
    return r;
}

/* ---- callbacks, mode, size ---- */

void
SSL_CTX_sess_set_new_cb(SSL_CTX *ctx, int (*callback)(SSL *ssl, SSL_SESSION *session))
{
    if (ctx != NULL)
        ctx->sessions.new_session = callback;
}

void
SSL_CTX_sess_set_remove_cb(SSL_CTX *ctx, void (*callback)(SSL_CTX *ctx, SSL_SESSION *session))
{
    if (ctx != NULL)
        ctx->sessions.remove_session = callback;
}

void
SSL_CTX_sess_set_get_cb(SSL_CTX *ctx, SSL_SESSION *(*callback)(SSL *ssl, const unsigned char *id, int len, int *copy))
{
    if (ctx == NULL)
        return;
    ctx->sessions.get_session = callback;
    tvt_ssl_early_hold(ctx); /* what was taken under sessions that come from there is not known here */
}

static enum tvt_result
apply(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    SSL_CTX *ctx = *(SSL_CTX *const *)value;
    return tvt_ssl_apply_sessions(ctx, c, ctx->options, e);
}

long
SSL_CTX_set_session_cache_mode(SSL_CTX *ctx, long mode)
{
    if (ctx == NULL)
        return 0;
    int before = ctx->sessions.cache_mode;
    ctx->sessions.cache_mode = (int)mode;
    if (tvt_ssl_change_ctx(ctx, "SSL_CTX_set_session_cache_mode", apply, &ctx) != 1)
        ctx->sessions.cache_mode = before;
    return before;
}

long
SSL_CTX_get_session_cache_mode(const SSL_CTX *ctx)
{
    return ctx != NULL ? ctx->sessions.cache_mode : 0;
}

long
SSL_CTX_sess_set_cache_size(SSL_CTX *ctx, long size)
{
    if (ctx == NULL)
        return 0;
    long before = (long)ctx->sessions.cache_size;
    if (ctx->sessions.cache != NULL)
        (void)tvt_ssl_wrong_call(NULL, "SSL_CTX_sess_set_cache_size", "the cache is in use");
    else if (size <= 0)
        (void)tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, "SSL_CTX_sess_set_cache_size", "%ld sessions", size);
    else
        ctx->sessions.cache_size = (size_t)size;
    return before;
}

long
SSL_CTX_sess_get_cache_size(const SSL_CTX *ctx)
{
    return ctx != NULL ? (long)ctx->sessions.cache_size : 0;
}
