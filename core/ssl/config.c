/* SPDX-License-Identifier: MIT
 *
 * Settings of an SSL_CTX and of one SSL. Both hold a configuration that connections share: it is copied before the
 * first change, so that what an SSL took stays as it was.
 */
#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"

enum tvt_result
tvt_ssl_open_config(struct tvt_config **config, struct tvt_error *error)
{
    struct tvt_config *copy;
    if (!atomic_load(&(*config)->frozen))
        return TVT_OK;
    if (tvt_config_copy(&copy, *config, error) != TVT_OK)
        return TVT_FAIL;
    tvt_config_free(*config);
    *config = copy;
    return TVT_OK;
}

int
tvt_ssl_change_ctx(SSL_CTX *ctx, const char *call, tvt_ssl_setter *set, const void *value)
{
    struct tvt_error error;
    if (ctx == NULL) {
        (void)tvt_ssl_null(call);
        return 0;
    }
    tvt_error_clear(&error);
    if (tvt_ssl_open_config(&ctx->config, &error) == TVT_OK && set(ctx->config, value, &error) == TVT_OK)
        return 1;
    tvt_err_push(&error);
    return 0;
}

int
tvt_ssl_change(SSL *ssl, const char *call, tvt_ssl_setter *set, const void *value)
{
    struct tvt_error error;
    if (ssl == NULL) {
        (void)tvt_ssl_null(call);
        return 0;
    }
    if (ssl->connection != NULL) {
        (void)tvt_ssl_wrong_call(ssl, call, "the handshake has begun");
        return 0;
    }
    tvt_error_clear(&error);
    if (tvt_ssl_open_config(&ssl->config, &error) == TVT_OK && set(ssl->config, value, &error) == TVT_OK)
        return 1;
    (void)tvt_ssl_refuse(ssl, &error);
    return 0;
}

/* A client takes REQUEST and REQUIRE as PEER, so that one configuration serves both roles. */
enum tvt_verify
tvt_ssl_verify_of(int mode, int role)
{
    if (mode == TVT_VERIFY_MODE_UNSET)
        return TVT_VERIFY_PEER;
    if ((mode & SSL_VERIFY_PEER) == 0)
        return TVT_VERIFY_NONE;
    if ((mode & SSL_VERIFY_NO_NAME) != 0 && role != TVT_SERVER)
        return TVT_VERIFY_CHAIN_ONLY;
    if ((mode & SSL_VERIFY_POST_HANDSHAKE) != 0 && role != TVT_CLIENT)
        return TVT_VERIFY_PEER; /* a server that asks later does not ask now */
    return (mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) != 0 ? TVT_VERIFY_REQUIRE : TVT_VERIFY_REQUEST;
}

/* ---- one setting at a time, for whichever holds it ---- */

struct setting {
    enum { SET_GROUPS, SET_SCHEMES, SET_ALPN, SET_MIN, SET_MAX, SET_VERIFY, SET_COMPATIBILITY, SET_KEYLOG } what;
    const char *list;
    struct tvt_span bytes;
    int value, role;
};

/* A number that is no version on the wire becomes one that nobody knows. */
static uint16_t
as_version(int version)
{
    return version >= 0 && version <= UINT16_MAX ? (uint16_t)version : UINT16_MAX;
}

static enum tvt_result
set_min(struct tvt_config *c, int version, struct tvt_error *e)
{
    uint16_t min = version <= (int)TVT_TLS12 ? TVT_TLS12 : as_version(version);
    return tvt_config_set_versions(c, min, c->max_version, e);
}

static enum tvt_result
set_max(struct tvt_config *c, int version, struct tvt_error *e)
{
    uint16_t max = version == 0 ? TVT_TLS13 : as_version(version);
    return tvt_config_set_versions(c, c->min_version, max, e);
}

static enum tvt_result
set_verify(struct tvt_config *c, int mode, int role, struct tvt_error *e)
{
    enum tvt_result r = tvt_config_set_verify(c, tvt_ssl_verify_of(mode, role), e);
    if (r == TVT_OK && (mode & SSL_VERIFY_POST_HANDSHAKE) != 0 && role != TVT_CLIENT)
        r = tvt_config_set_post_handshake_auth(c, true, e);
    return r;
}

static enum tvt_result
apply(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const struct setting *s = value;
    switch (s->what) {
    case SET_GROUPS:
        return tvt_config_set_groups(c, s->list, e);
    case SET_SCHEMES:
        return tvt_ssl_set_sigalgs(c, s->list, e);
    case SET_ALPN:
        return tvt_config_set_alpn(c, s->bytes.data, s->bytes.len, false, e);
    case SET_MIN:
        return set_min(c, s->value, e);
    case SET_MAX:
        return set_max(c, s->value, e);
    case SET_VERIFY:
        return set_verify(c, s->value, s->role, e);
    case SET_COMPATIBILITY:
        return tvt_config_set_compatibility(c, s->value != 0, e);
    case SET_KEYLOG:
        return tvt_config_set_keylog(c, s->value != 0 ? tvt_ssl_keylog : NULL, NULL, e);
    }
    return TVT_FAIL;
}

static int
set_in_ctx(SSL_CTX *ctx, const char *call, const struct setting *s)
{
    return tvt_ssl_change_ctx(ctx, call, apply, s);
}

static int
set_in_ssl(SSL *ssl, const char *call, const struct setting *s)
{
    return tvt_ssl_change(ssl, call, apply, s);
}

/* ---- lists, versions, ALPN ---- */

int
SSL_CTX_set1_groups_list(SSL_CTX *ctx, const char *list)
{
    return set_in_ctx(ctx, "SSL_CTX_set1_groups_list", &(struct setting){.what = SET_GROUPS, .list = list});
}

int
SSL_set1_groups_list(SSL *ssl, const char *list)
{
    return set_in_ssl(ssl, "SSL_set1_groups_list", &(struct setting){.what = SET_GROUPS, .list = list});
}

int
SSL_CTX_set1_sigalgs_list(SSL_CTX *ctx, const char *list)
{
    return set_in_ctx(ctx, "SSL_CTX_set1_sigalgs_list", &(struct setting){.what = SET_SCHEMES, .list = list});
}

int
SSL_set1_sigalgs_list(SSL *ssl, const char *list)
{
    return set_in_ssl(ssl, "SSL_set1_sigalgs_list", &(struct setting){.what = SET_SCHEMES, .list = list});
}

int
SSL_CTX_set_min_proto_version(SSL_CTX *ctx, int version)
{
    return set_in_ctx(ctx, "SSL_CTX_set_min_proto_version", &(struct setting){.what = SET_MIN, .value = version});
}

int
SSL_set_min_proto_version(SSL *ssl, int version)
{
    return set_in_ssl(ssl, "SSL_set_min_proto_version", &(struct setting){.what = SET_MIN, .value = version});
}

int
SSL_CTX_set_max_proto_version(SSL_CTX *ctx, int version)
{
    return set_in_ctx(ctx, "SSL_CTX_set_max_proto_version", &(struct setting){.what = SET_MAX, .value = version});
}

int
SSL_set_max_proto_version(SSL *ssl, int version)
{
    return set_in_ssl(ssl, "SSL_set_max_proto_version", &(struct setting){.what = SET_MAX, .value = version});
}

int
SSL_CTX_set_alpn_protos(SSL_CTX *ctx, const unsigned char *protos, unsigned int len)
{
    struct setting s = {.what = SET_ALPN, .bytes = tvt_span(protos, protos != NULL ? len : 0)};
    return set_in_ctx(ctx, "SSL_CTX_set_alpn_protos", &s) == 1 ? 0 : 1;
}

int
SSL_set_alpn_protos(SSL *ssl, const unsigned char *protos, unsigned int len)
{
    struct setting s = {.what = SET_ALPN, .bytes = tvt_span(protos, protos != NULL ? len : 0)};
    return set_in_ssl(ssl, "SSL_set_alpn_protos", &s) == 1 ? 0 : 1;
}

/* ---- verification ---- */

void
SSL_CTX_set_verify(SSL_CTX *ctx, int mode, SSL_verify_cb callback)
{
    struct setting s = {.what = SET_VERIFY, .value = mode, .role = ctx != NULL ? ctx->method->role : TVT_ROLE_UNSET};
    if (set_in_ctx(ctx, "SSL_CTX_set_verify", &s) != 1)
        return;
    ctx->verify_mode = mode;
    ctx->has_callback = callback != NULL;
}

void
SSL_set_verify(SSL *ssl, int mode, SSL_verify_cb callback)
{
    struct setting s = {.what = SET_VERIFY, .value = mode, .role = ssl != NULL ? ssl->role : TVT_ROLE_UNSET};
    if (set_in_ssl(ssl, "SSL_set_verify", &s) != 1)
        return;
    ssl->verify_mode = mode;
    ssl->has_callback = callback != NULL;
}

static int
shown_mode(int mode, int role)
{
    if (mode == TVT_VERIFY_MODE_UNSET)
        return role == TVT_SERVER ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    return mode;
}

int
SSL_CTX_get_verify_mode(const SSL_CTX *ctx)
{
    return ctx != NULL ? shown_mode(ctx->verify_mode, ctx->method->role) : SSL_VERIFY_PEER;
}

int
SSL_get_verify_mode(const SSL *ssl)
{
    return ssl != NULL ? shown_mode(ssl->verify_mode, ssl->role) : SSL_VERIFY_PEER;
}

/* ---- key log ---- */

void
SSL_CTX_set_keylog_callback(SSL_CTX *ctx, SSL_CTX_keylog_cb_func callback)
{
    if (set_in_ctx(ctx, "SSL_CTX_set_keylog_callback",
                   &(struct setting){.what = SET_KEYLOG, .value = callback != NULL}) == 1)
        ctx->keylog = callback;
}

SSL_CTX_keylog_cb_func
SSL_CTX_get_keylog_callback(const SSL_CTX *ctx)
{
    return ctx != NULL ? ctx->keylog : NULL;
}
