/* SPDX-License-Identifier: MIT
 *
 * Authentication beyond a chain and its key: after the handshake, staples, raw keys, compressed certificates.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/ssl/ssl.h"

#define COMPRESSIONS_MAX 8u

static const unsigned char *
show(struct tvt_span bytes, size_t *len)
{
    *len = bytes.len;
    return bytes.len > 0 ? bytes.data : NULL;
}

/* ---- after the handshake, RFC 9846 4.7.2 ---- */

static enum tvt_result
set_post_handshake(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    return tvt_config_set_post_handshake_auth(c, *(const int *)value != 0, e);
}

void
SSL_CTX_set_post_handshake_auth(SSL_CTX *ctx, int on)
{
    (void)tvt_ssl_change_ctx(ctx, "SSL_CTX_set_post_handshake_auth", set_post_handshake, &on);
}

void
SSL_set_post_handshake_auth(SSL *ssl, int on)
{
    (void)tvt_ssl_change(ssl, "SSL_set_post_handshake_auth", set_post_handshake, &on);
}

int
SSL_verify_client_post_handshake(SSL *ssl)
{
    const char *call = "SSL_verify_client_post_handshake";
    if (ssl == NULL)
        return tvt_ssl_null(call) > 0;
    if (!SSL_is_init_finished(ssl))
        return tvt_ssl_wrong_call(ssl, call, "the handshake is not done") == SSL_ERROR_NONE;
    SSL *before = tvt_ssl_enter(ssl);
    enum tvt_result r = tvt_connection_request_certificate(ssl->connection);
    tvt_ssl_leave(before);
    return r == TVT_OK || tvt_ssl_call_failed(ssl) == SSL_ERROR_NONE;
}

/* ---- staples ---- */

struct staples {
    bool set_ocsp, set_sct, sct;
    bool may_lower; /* takes a requirement back, too */
    enum tvt_staple ocsp;
};

static enum tvt_result
set_staples(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const struct staples *s = value;
    bool change = s->set_ocsp && (s->may_lower || c->auth.ocsp != TVT_STAPLE_REQUIRE);
    return tvt_config_set_staples(c, change ? s->ocsp : c->auth.ocsp, s->set_sct ? s->sct : c->auth.sct, e);
}

static bool
read_status_type(int type, const char *call, struct staples *s)
{
    *s = (struct staples){.set_ocsp = true, .ocsp = type == -1 ? TVT_STAPLE_NONE : TVT_STAPLE_ASK};
    if (type == -1 || type == TLSEXT_STATUSTYPE_ocsp)
        return true;
    (void)tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "status type %d is not known", type);
    return false;
}

long
SSL_CTX_set_tlsext_status_type(SSL_CTX *ctx, int type)
{
    const char *call = "SSL_CTX_set_tlsext_status_type";
    struct staples s;
    return read_status_type(type, call, &s) && tvt_ssl_change_ctx(ctx, call, set_staples, &s) == 1;
}

long
SSL_set_tlsext_status_type(SSL *ssl, int type)
{
    const char *call = "SSL_set_tlsext_status_type";
    struct staples s;
    return read_status_type(type, call, &s) && tvt_ssl_change(ssl, call, set_staples, &s) == 1;
}

int
SSL_CTX_require_tvt_ocsp(SSL_CTX *ctx, int on)
{
    struct staples s = {.set_ocsp = true, .may_lower = true, .ocsp = on != 0 ? TVT_STAPLE_REQUIRE : TVT_STAPLE_NONE};
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_require_tvt_ocsp", set_staples, &s);
}

void
SSL_CTX_enable_signed_cert_timestamps(SSL_CTX *ctx)
{
    struct staples s = {.set_sct = true, .sct = true};
    (void)tvt_ssl_change_ctx(ctx, "SSL_CTX_enable_signed_cert_timestamps", set_staples, &s);
}

void
SSL_enable_signed_cert_timestamps(SSL *ssl)
{
    struct staples s = {.set_sct = true, .sct = true};
    (void)tvt_ssl_change(ssl, "SSL_enable_signed_cert_timestamps", set_staples, &s);
}

long
SSL_get_tlsext_status_ocsp_resp(const SSL *ssl, const unsigned char **response)
{
    size_t len = 0;
    const unsigned char *data = NULL;
    if (ssl != NULL && ssl->connection != NULL)
        data = show(tvt_connection_peer_ocsp(ssl->connection), &len);
    if (response != NULL)
        *response = data;
    return data != NULL ? (long)len : -1;
}

void
SSL_get0_signed_cert_timestamp_list(const SSL *ssl, const unsigned char **list, size_t *len)
{
    struct tvt_span scts = tvt_span(NULL, 0);
    if (list == NULL || len == NULL)
        return;
    if (ssl != NULL && ssl->connection != NULL)
        scts = tvt_connection_peer_scts(ssl->connection);
    *list = show(scts, len);
}

/* ---- raw keys, RFC 7250 ---- */

struct types {
    bool client;
    const unsigned char *list;
    size_t len;
};

static enum tvt_result
set_types(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const struct types *t = value;
    const struct tvt_config_auth *a = &c->auth;
    size_t len = t->list != NULL ? t->len : 0;
    uint8_t kept[TVT_CONFIG_CERTIFICATE_TYPES_MAX];
    tvt_copy(kept, t->client ? a->server_types : a->client_types, sizeof kept);
    return t->client ? tvt_config_set_certificate_types(c, kept, a->num_server_types, t->list, len, e)
                     : tvt_config_set_certificate_types(c, t->list, len, kept, a->num_client_types, e);
}

int
SSL_CTX_set1_server_cert_type(SSL_CTX *ctx, const unsigned char *types, size_t len)
{
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set1_server_cert_type", set_types, &(struct types){false, types, len});
}

int
SSL_CTX_set1_client_cert_type(SSL_CTX *ctx, const unsigned char *types, size_t len)
{
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set1_client_cert_type", set_types, &(struct types){true, types, len});
}

int
SSL_set1_server_cert_type(SSL *ssl, const unsigned char *types, size_t len)
{
    return tvt_ssl_change(ssl, "SSL_set1_server_cert_type", set_types, &(struct types){false, types, len});
}

int
SSL_set1_client_cert_type(SSL *ssl, const unsigned char *types, size_t len)
{
    return tvt_ssl_change(ssl, "SSL_set1_client_cert_type", set_types, &(struct types){true, types, len});
}

void
SSL_get0_tvt_peer_raw_key(const SSL *ssl, const unsigned char **key, size_t *len)
{
    struct tvt_info info = {.version = 0};
    struct tvt_span spki = tvt_span(NULL, 0);
    if (key == NULL || len == NULL)
        return;
    if (ssl != NULL && ssl->connection != NULL)
        tvt_connection_info(ssl->connection, &info);
    if (info.peer_raw_key)
        spki = tvt_connection_peer_certificate(ssl->connection, 0);
    *key = show(spki, len);
}

/* ---- compressed certificates, RFC 8879 ---- */

struct algorithms {
    const int *list;
    size_t len;
};

static enum tvt_result
set_compression(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const struct algorithms *a = value;
    uint16_t list[COMPRESSIONS_MAX];
    size_t num = 0;
    for (size_t i = 0; a->list != NULL && i < a->len && a->list[i] != TLSEXT_comp_cert_none; i++) {
        if (a->list[i] < 0 || a->list[i] > UINT16_MAX || num == COMPRESSIONS_MAX)
            return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "compression", "%d, or too many", a->list[i]);
        list[num++] = (uint16_t)a->list[i];
    }
    return tvt_config_set_compression(c, list, num, e);
}

int
SSL_CTX_set1_cert_comp_preference(SSL_CTX *ctx, int *algorithms, size_t len)
{
    struct algorithms a = {algorithms, len};
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set1_cert_comp_preference", set_compression, &a);
}

int
SSL_set1_cert_comp_preference(SSL *ssl, int *algorithms, size_t len)
{
    struct algorithms a = {algorithms, len};
    return tvt_ssl_change(ssl, "SSL_set1_cert_comp_preference", set_compression, &a);
}
