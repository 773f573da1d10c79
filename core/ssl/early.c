/* SPDX-License-Identifier: MIT
 *
 * 0-RTT: whether it is taken, the memory that refuses replays, and how a server reads it. (SSL_write_early_data() is with
 * the other writes.)
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/os/clock.h"
#include "core/ssl/ssl.h"

#define WINDOW_MS       10000u          /* how far ages may be apart (RFC 9846 8.3) */
#define FRESH_MS        (2 * WINDOW_MS) /* how long one ClientHello is fresh: its client's clock may be ahead */
#define REPLAY_CAPACITY 32768u          /* ClientHellos with 0-RTT that are remembered at a time: 1600 a second */

static uint64_t
now_ms(void)
{
    int64_t now = tvt_clock_wall_ms();
    return now > 0 ? (uint64_t)now : 0;
}

/* ---- may it be taken? ---- */

static bool
is_allowed(SSL *ssl)
{
    if (ssl->early_allowed < 0)
        ssl->early_allowed =
            ssl->hooks.allow_early == NULL || ssl->hooks.allow_early(ssl, ssl->hooks.allow_early_user) != 0;
    return ssl->early_allowed != 0;
}

/* The last word on 0-RTT, when nothing else speaks against it. An SSL whose program does not read early data as such takes
 * none: it could not tell the bytes apart. The child of a fork has the keys of its parent and siblings and a copy of
 * the memory, which does not hear what they take: the SSL_CTX's own memory serves the process that made it alone. */
static enum tvt_result
first_time(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now, uint64_t until)
{
    const SSL_CTX *ctx = user;
    const struct tvt_ssl_sessions *s = &ctx->sessions;
    SSL *ssl = tvt_ssl_driven();
    if (ssl == NULL || !ssl->reads_early || ssl->hooks.recv_max_early_data == 0 || !is_allowed(ssl))
        return TVT_FAIL;
    if (s->shared_replay != NULL)
        return s->shared_replay->first_time(s->shared_replay->user, id, now, until);
    if (s->replay == NULL || now < atomic_load(&s->early_from_ms) || tvt_process_id() != s->home)
        return TVT_FAIL;
    const struct tvt_replay *own = tvt_replay_memory_port(s->replay);
    return own->first_time(own->user, id, now, until);
}

void
tvt_ssl_early_init(SSL_CTX *ctx)
{
    atomic_init(&ctx->sessions.early_from_ms, 0);
    ctx->sessions.home = tvt_process_id();
    ctx->sessions.replay_port = (struct tvt_replay){ctx, first_time};
    ctx->hooks.recv_max_early_data = UINT32_MAX;
}

/* A little more than a ClientHello is fresh: one that another process took is too old by then. */
void
tvt_ssl_early_hold(SSL_CTX *ctx)
{
    atomic_store(&ctx->sessions.early_from_ms, now_ms() + FRESH_MS + 1000u);
}

/* ---- settings ---- */

/* What this SSL_CTX took is all that was ever taken under keys that it made: its memory need not wait after its birth. */
static enum tvt_result
make_memory(SSL_CTX *ctx, struct tvt_error *error)
{
    struct tvt_ssl_sessions *s = &ctx->sessions;
    uint64_t now = now_ms(), birth = now > FRESH_MS ? now - FRESH_MS : 0;
    enum tvt_result r = TVT_OK;
    tvt_lock_take(&s->lock);
    if (s->replay == NULL)
        r = tvt_replay_memory_new(&s->replay, REPLAY_CAPACITY, birth, WINDOW_MS, tvt_system_mutex(), error);
    tvt_lock_give(&s->lock);
    return r;
}

struct early {
    SSL_CTX *ctx;
    uint32_t bytes;
};

static enum tvt_result
set_early(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const struct early *early = value;
    enum tvt_result r = TVT_OK;
    if (early->bytes > 0 && early->ctx->method->role != TVT_CLIENT) {
        if (early->ctx->sessions.shared_replay == NULL)
            r = make_memory(early->ctx, e);
        if (r == TVT_OK)
            r = tvt_config_set_replay(c, &early->ctx->sessions.replay_port, WINDOW_MS, e);
    }
    return r == TVT_OK ? tvt_config_set_early_data(c, early->bytes, e) : r;
}

int
SSL_CTX_set_max_early_data(SSL_CTX *ctx, uint32_t bytes)
{
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set_max_early_data", set_early, &(struct early){ctx, bytes});
}

int
SSL_set_max_early_data(SSL *ssl, uint32_t bytes)
{
    struct early early = {ssl != NULL ? ssl->ctx : NULL, bytes};
    return tvt_ssl_change(ssl, "SSL_set_max_early_data", set_early, &early);
}

uint32_t
SSL_CTX_get_max_early_data(const SSL_CTX *ctx)
{
    return ctx != NULL ? ctx->config->session.max_early_data : 0;
}

uint32_t
SSL_get_max_early_data(const SSL *ssl)
{
    return ssl != NULL ? ssl->config->session.max_early_data : 0;
}

int
SSL_CTX_set_recv_max_early_data(SSL_CTX *ctx, uint32_t bytes)
{
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_set_recv_max_early_data") > 0;
    ctx->hooks.recv_max_early_data = bytes;
    return 1;
}

int
SSL_set_recv_max_early_data(SSL *ssl, uint32_t bytes)
{
    if (ssl == NULL)
        return tvt_ssl_null("SSL_set_recv_max_early_data") > 0;
    ssl->hooks.recv_max_early_data = bytes;
    return 1;
}

uint32_t
SSL_CTX_get_recv_max_early_data(const SSL_CTX *ctx)
{
    return ctx != NULL ? ctx->hooks.recv_max_early_data : 0;
}

uint32_t
SSL_get_recv_max_early_data(const SSL *ssl)
{
    return ssl != NULL ? ssl->hooks.recv_max_early_data : 0;
}

int
SSL_CTX_set0_tvt_replay(SSL_CTX *ctx, const struct tvt_replay *replay)
{
    struct tvt_error error;
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_set0_tvt_replay") > 0;
    if (replay != NULL && replay->first_time == NULL)
        return tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, "SSL_CTX_set0_tvt_replay", "first_time is NULL") ==
               SSL_ERROR_NONE;
    tvt_error_clear(&error);
    if (replay == NULL && ctx->sessions.shared_replay != NULL) {
        tvt_ssl_early_hold(ctx); /* what was recorded there is not known here */
        if (make_memory(ctx, &error) != TVT_OK) {
            tvt_err_push(&error);
            return 0;
        }
    }
    ctx->sessions.shared_replay = replay;
    return 1;
}

void
SSL_CTX_set_allow_early_data_cb(SSL_CTX *ctx, SSL_allow_early_data_cb_fn callback, void *user)
{
    if (ctx == NULL)
        return;
    ctx->hooks.allow_early = callback;
    ctx->hooks.allow_early_user = user;
}

void
SSL_set_allow_early_data_cb(SSL *ssl, SSL_allow_early_data_cb_fn callback, void *user)
{
    if (ssl == NULL)
        return;
    ssl->hooks.allow_early = callback;
    ssl->hooks.allow_early_user = user;
}

/* ---- reading it ---- */

static bool
takes_early(const SSL *ssl)
{
    return tvt_handshake_may_receive(&ssl->connection->hs) == TVT_DATA_EARLY;
}

/* There is something to read, or it is over: the keys that follow early data, or stand in its place, are in use. */
static bool
is_settled(const SSL *ssl)
{
    return ssl->plain_len > 0 || SSL_is_init_finished(ssl) || (ssl->connection->read.aead != NULL && !takes_early(ssl));
}

static int
read_early(SSL *ssl, uint8_t *out, size_t len, size_t *got)
{
    uint8_t stack[TVT_RECORD_WIRE_MAX];
    struct tvt_ssl_input input;
    int code = tvt_ssl_begin(ssl);
    if (code != SSL_ERROR_NONE || SSL_is_init_finished(ssl))
        return code;
    tvt_ssl_input_open(ssl, &input, stack, sizeof stack);
    code = tvt_ssl_drive(ssl, &input, is_settled);
    if ((code == SSL_ERROR_NONE || code == SSL_ERROR_SYSCALL) &&
        ssl->plain_len > 0) { /* what came before a failure is read first */
        *got = tvt_ssl_deliver(ssl, &input, out, len, false);
        code = SSL_ERROR_NONE;
    }
    int kept = tvt_ssl_input_close(ssl, &input);
    return code != SSL_ERROR_NONE ? code : kept;
}

int
SSL_read_early_data(SSL *ssl, void *data, size_t len, size_t *got)
{
    const char *call = "SSL_read_early_data";
    size_t n = 0;
    if (got != NULL)
        *got = 0;
    if (ssl == NULL) {
        (void)tvt_ssl_null(call);
        return SSL_READ_EARLY_DATA_ERROR;
    }
    if (ssl->role == TVT_ROLE_UNSET)
        ssl->role = TVT_SERVER;
    int code = SSL_ERROR_NONE;
    if (ssl->role != TVT_SERVER)
        code = tvt_ssl_wrong_call(ssl, call, "a client writes early data: SSL_write_early_data()");
    else if (data == NULL || got == NULL || len == 0)
        code = tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, call, "a buffer and a count are needed");
    if (code == SSL_ERROR_NONE) {
        SSL *before = tvt_ssl_enter(ssl);
        ssl->reads_early = true;
        code = read_early(ssl, data, len, &n);
        tvt_ssl_leave(before);
    }
    int r = tvt_ssl_finish(ssl, code);
    tvt_ssl_tell_news(ssl);
    if (r != 1)
        return SSL_READ_EARLY_DATA_ERROR;
    *got = n;
    return n > 0 ? SSL_READ_EARLY_DATA_SUCCESS : SSL_READ_EARLY_DATA_FINISH;
}

int
SSL_get_early_data_status(const SSL *ssl)
{
    struct tvt_info info;
    if (ssl == NULL || ssl->connection == NULL)
        return SSL_EARLY_DATA_NOT_SENT;
    tvt_connection_info(ssl->connection, &info);
    if (info.early == TVT_EARLY_ACCEPTED)
        return SSL_EARLY_DATA_ACCEPTED;
    return info.early == TVT_EARLY_REJECTED ? SSL_EARLY_DATA_REJECTED : SSL_EARLY_DATA_NOT_SENT;
}
