/* SPDX-License-Identifier: MIT
 *
 * Life of an SSL_CTX.
 */
#include "core/ssl/ssl.h"
#include "core/base/memory.h"
#include "core/os/clock.h"

const SSL_METHOD *
TLS_method(void)
{
    static const struct tvt_ssl_method method = {TVT_ROLE_UNSET};
    return &method;
}

const SSL_METHOD *
TLS_client_method(void)
{
    static const struct tvt_ssl_method method = {TVT_CLIENT};
    return &method;
}

const SSL_METHOD *
TLS_server_method(void)
{
    static const struct tvt_ssl_method method = {TVT_SERVER};
    return &method;
}

static uint64_t
system_clock(void *user)
{
    (void)user;
    int64_t now = tvt_clock_wall_ms();
    return now > 0 ? (uint64_t)now : 0;
}

static enum tvt_result
fill_ctx(SSL_CTX *ctx, const char *backend, struct tvt_error *error)
{
    if (!tvt_lock_make(&ctx->sessions.lock, tvt_system_mutex()) ||
        !tvt_lock_make(&ctx->config_lock, tvt_system_mutex()))
        return tvt_fail(error, TVT_E_NO_MEMORY, NULL, "SSL_CTX");
    tvt_ssl_cache_init(ctx);
    tvt_ssl_early_init(ctx);
    enum tvt_result r = tvt_provider_open(&ctx->provider, backend, error);
    if (r == TVT_OK)
        r = tvt_config_new(&ctx->config, ctx->provider, error);
    if (r == TVT_OK)
        r = tvt_config_set_clock(ctx->config, system_clock, NULL, error);
    if (r == TVT_OK && ctx->method->role != TVT_SERVER)
        r = tvt_config_set_new_session(ctx->config, tvt_ssl_new_session, NULL, error);
    if (r == TVT_OK && ctx->method->role == TVT_CLIENT) /* a client's sessions have their own limits */
        r = tvt_config_set_early_data(ctx->config, UINT32_MAX, error);
    if (r == TVT_OK && ctx->method->role == TVT_SERVER)
        r = tvt_ssl_ctx_serve(ctx, error);
    return r;
}

SSL_CTX *
SSL_CTX_new_with_backend(const SSL_METHOD *method, const char *backend, struct tvt_error *error)
{
    struct tvt_error own;
    tvt_error_clear(&own);
    SSL_CTX *ctx = method != NULL ? tvt_alloc(NULL, sizeof *ctx) : NULL;
    enum tvt_result r = TVT_FAIL;
    if (method == NULL) {
        (void)tvt_fail_detail(&own, TVT_E_BAD_ARGUMENT, NULL, "SSL_CTX_new", "the method is NULL");
    } else if (ctx == NULL) {
        (void)tvt_fail(&own, TVT_E_NO_MEMORY, NULL, "SSL_CTX");
    } else {
        atomic_init(&ctx->references, 1);
        ctx->method = method;
        ctx->verify_mode = TVT_VERIFY_MODE_UNSET;
        ctx->mode = SSL_MODE_AUTO_RETRY;
        ctx->options = SSL_OP_ENABLE_MIDDLEBOX_COMPAT;
        r = fill_ctx(ctx, backend, &own);
    }
    if (r == TVT_OK)
        return ctx;
    tvt_err_push(&own);
    if (error != NULL)
        *error = own;
    SSL_CTX_free(ctx);
    return NULL;
}

SSL_CTX *
SSL_CTX_new(const SSL_METHOD *method)
{
    return SSL_CTX_new_with_backend(method, NULL, NULL);
}

int
SSL_CTX_up_ref(SSL_CTX *ctx)
{
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_up_ref") > 0;
    atomic_fetch_add(&ctx->references, 1);
    return 1;
}

static void
free_sessions(struct tvt_ssl_sessions *s)
{
    tvt_ticket_keys_unref(s->keys);
    tvt_ticket_keys_unref(s->cookie_keys);
    tvt_memory_cache_free(s->cache);
    tvt_replay_memory_free(s->replay);
    tvt_lock_free(&s->lock);
    tvt_wipe(s, sizeof *s);
}

void
SSL_CTX_free(SSL_CTX *ctx)
{
    if (ctx == NULL || atomic_fetch_sub(&ctx->references, 1) != 1)
        return;
    tvt_ex_data_release(&ctx->ex_data, CRYPTO_EX_INDEX_SSL_CTX, ctx);
    tvt_config_free(ctx->config);
    tvt_lock_free(&ctx->config_lock);
    free_sessions(&ctx->sessions); /* after the configuration, which points into them */
    tvt_file_free(&ctx->chain);
    tvt_file_free(&ctx->key);
    tvt_provider_free(ctx->provider);
    tvt_release(NULL, ctx, sizeof *ctx);
}
