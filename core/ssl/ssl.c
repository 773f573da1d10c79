/* SPDX-License-Identifier: MIT
 *
 * Life of an SSL, its channel, its names and its role.
 */
#include "core/ssl/ssl.h"
#include "core/base/memory.h"
#include "core/handshake/config.h"
#include "core/x509/name.h"

#include <string.h>

/* ---- life ---- */

SSL *
SSL_new(SSL_CTX *ctx)
{
    if (ctx == NULL) {
        (void)tvt_ssl_null("SSL_new");
        return NULL;
    }
    SSL *ssl = tvt_alloc(NULL, sizeof *ssl);
    if (ssl == NULL) {
        (void)tvt_ssl_raise_here(NULL, TVT_E_NO_MEMORY, "SSL_new", "%zu bytes", sizeof *ssl);
        return NULL;
    }
    atomic_init(&ssl->references, 1);
    (void)SSL_CTX_up_ref(ctx);
    ssl->ctx = ctx;
    if (!atomic_load_explicit(&ctx->served, memory_order_relaxed))
        atomic_store(&ctx->served, true);
    tvt_lock_take(&ctx->config_lock);
    tvt_config_freeze(ctx->config); /* what stands now is what this SSL keeps */
    tvt_config_ref(ctx->config);
    ssl->config = ctx->config;
    tvt_lock_give(&ctx->config_lock);
    ssl->role = ctx->method->role;
    ssl->verify_mode = ctx->verify_mode;
    ssl->has_callback = ctx->has_callback;
    ssl->mode = ctx->mode;
    ssl->read_ahead = ctx->read_ahead;
    ssl->options = ctx->options;
    ssl->quiet_shutdown = ctx->quiet_shutdown;
    ssl->hooks = ctx->hooks;
    ssl->early_allowed = -1;
    tvt_buffer_init(&ssl->in, NULL, TVT_RECORD_WIRE_MAX);
    tvt_buffer_init(&ssl->out, NULL, SIZE_MAX / 2);
    return ssl;
}

SSL *
tvt_ssl_duplicate(const SSL *ssl)
{
    if (ssl->connection != NULL) {
        (void)tvt_ssl_wrong_call(NULL, "BIO_dup_chain", "the handshake of the SSL that is to be copied has begun");
        return NULL;
    }
    SSL *copy = SSL_new(ssl->ctx);
    if (copy == NULL)
        return NULL;
    tvt_config_freeze(ssl->config);
    tvt_config_ref(ssl->config);
    tvt_config_free(copy->config);
    copy->config = ssl->config;
    copy->role = ssl->role;
    copy->verify_mode = ssl->verify_mode;
    copy->has_callback = ssl->has_callback;
    copy->mode = ssl->mode;
    copy->read_ahead = ssl->read_ahead;
    copy->options = ssl->options;
    copy->quiet_shutdown = ssl->quiet_shutdown;
    copy->hooks = ssl->hooks;
    if (tvt_bio_set_text(&copy->sni, ssl->sni) && tvt_bio_set_text(&copy->verify_name, ssl->verify_name))
        return copy;
    SSL_free(copy);
    (void)tvt_ssl_raise_here(NULL, TVT_E_NO_MEMORY, "BIO_dup_chain", "a name");
    return NULL;
}

int
SSL_up_ref(SSL *ssl)
{
    if (ssl == NULL)
        return 0;
    atomic_fetch_add(&ssl->references, 1);
    return 1;
}

void
SSL_free(SSL *ssl)
{
    if (ssl == NULL || atomic_fetch_sub(&ssl->references, 1) != 1)
        return;
    tvt_ex_data_release(&ssl->ex_data, CRYPTO_EX_INDEX_SSL, ssl);
    tvt_ssl_drop_peer(ssl);
    tvt_connection_free(ssl->connection);
    tvt_ssl_drop_sessions(ssl);
    tvt_buffer_release(&ssl->in);
    tvt_buffer_release(&ssl->out);
    BIO_free_all(ssl->wbio);
    BIO_free_all(ssl->rbio);
    tvt_bio_drop_text(&ssl->sni);
    tvt_bio_drop_text(&ssl->verify_name);
    tvt_release(NULL, ssl->error, sizeof *ssl->error);
    tvt_config_free(ssl->config);
    SSL_CTX_free(ssl->ctx);
    tvt_release(NULL, ssl, sizeof *ssl);
}

SSL_CTX *
SSL_get_SSL_CTX(const SSL *ssl)
{
    return ssl != NULL ? ssl->ctx : NULL;
}

/* ---- the channel ---- */

void
SSL_set0_rbio(SSL *ssl, BIO *rbio)
{
    if (ssl == NULL) {
        (void)tvt_ssl_null("SSL_set0_rbio");
        return;
    }
    BIO_free_all(ssl->rbio);
    ssl->rbio = rbio;
}

void
SSL_set0_wbio(SSL *ssl, BIO *wbio)
{
    if (ssl == NULL) {
        (void)tvt_ssl_null("SSL_set0_wbio");
        return;
    }
    BIO_free_all(ssl->wbio);
    ssl->wbio = wbio;
}

/* Each slot holds a reference of its own. What the caller gives is what SSL_set_bio(3) says: one when both are the
 * same, none for a BIO that stays where it is - except a write BIO that was the read BIO too. */
void
SSL_set_bio(SSL *ssl, BIO *rbio, BIO *wbio)
{
    if (ssl == NULL) {
        (void)tvt_ssl_null("SSL_set_bio");
        return;
    }
    bool keeps_rbio = rbio == ssl->rbio;
    bool keeps_wbio = wbio == ssl->wbio && (keeps_rbio || ssl->rbio != ssl->wbio);
    if (keeps_rbio && keeps_wbio)
        return;
    if (rbio != NULL && rbio == wbio)
        (void)BIO_up_ref(rbio);
    if (!keeps_rbio)
        SSL_set0_rbio(ssl, rbio);
    if (!keeps_wbio)
        SSL_set0_wbio(ssl, wbio);
}

BIO *
SSL_get_rbio(const SSL *ssl)
{
    return ssl != NULL ? ssl->rbio : NULL;
}

BIO *
SSL_get_wbio(const SSL *ssl)
{
    return ssl != NULL ? ssl->wbio : NULL;
}

static BIO *
socket_bio(SSL *ssl, const char *call, int fd)
{
    if (ssl == NULL) {
        (void)tvt_ssl_null(call);
        return NULL;
    }
    BIO *bio = BIO_new_socket(fd, BIO_NOCLOSE);
    if (bio == NULL)
        (void)tvt_ssl_raise_here(ssl, TVT_E_NO_MEMORY, call, "a BIO");
    return bio;
}

int
SSL_set_fd(SSL *ssl, int fd)
{
    BIO *bio = socket_bio(ssl, "SSL_set_fd", fd);
    if (bio == NULL)
        return 0;
    SSL_set_bio(ssl, bio, bio);
    return 1;
}

int
SSL_set_rfd(SSL *ssl, int fd)
{
    BIO *bio = socket_bio(ssl, "SSL_set_rfd", fd);
    if (bio == NULL)
        return 0;
    SSL_set0_rbio(ssl, bio);
    return 1;
}

int
SSL_set_wfd(SSL *ssl, int fd)
{
    BIO *bio = socket_bio(ssl, "SSL_set_wfd", fd);
    if (bio == NULL)
        return 0;
    SSL_set0_wbio(ssl, bio);
    return 1;
}

int
SSL_get_rfd(const SSL *ssl)
{
    return BIO_get_fd(SSL_get_rbio(ssl), NULL);
}

int
SSL_get_wfd(const SSL *ssl)
{
    return BIO_get_fd(SSL_get_wbio(ssl), NULL);
}

int
SSL_get_fd(const SSL *ssl)
{
    return SSL_get_rfd(ssl);
}

/* ---- names ---- */

static int
set_name(SSL *ssl, char **slot, const char *call, const char *name)
{
    struct tvt_host host;
    char shown[TVT_ERROR_DETAIL_MAX / 2];
    if (ssl == NULL)
        return tvt_ssl_null(call) > 0;
    if (ssl->connection != NULL && name != NULL && *slot != NULL && strcmp(*slot, name) == 0)
        return 1; /* event loops repeat all the calls of a handshake */
    if (ssl->connection != NULL)
        return tvt_ssl_wrong_call(ssl, call, "the handshake has begun") == SSL_ERROR_NONE;
    if (name == NULL) {
        tvt_bio_drop_text(slot);
        return 1;
    }
    size_t size = strlen(name) + 1;
    if (size > TVT_LIMIT_NAME + 1 || !tvt_host_parse(&host, name))
        return tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, call, "'%s' is neither a host name nor an IP address",
                                  tvt_printable(shown, sizeof shown, tvt_span_string(name))) == SSL_ERROR_NONE;
    if (!tvt_bio_set_text(slot, name))
        return tvt_ssl_raise_here(ssl, TVT_E_NO_MEMORY, call, "%zu bytes", size) == SSL_ERROR_NONE;
    return 1;
}

int
SSL_set_tlsext_host_name(SSL *ssl, const char *name)
{
    return set_name(ssl, ssl != NULL ? &ssl->sni : NULL, "SSL_set_tlsext_host_name", name);
}

int
SSL_set1_host(SSL *ssl, const char *name)
{
    return set_name(ssl, ssl != NULL ? &ssl->verify_name : NULL, "SSL_set1_host", name);
}

/* ---- the role ---- */

static void
set_role(SSL *ssl, const char *call, int role)
{
    if (ssl == NULL)
        (void)tvt_ssl_null(call);
    else if (ssl->connection == NULL && (ssl->ctx->method->role == TVT_ROLE_UNSET || ssl->ctx->method->role == role))
        ssl->role = role;
}

void
SSL_set_connect_state(SSL *ssl)
{
    set_role(ssl, "SSL_set_connect_state", TVT_CLIENT);
}

void
SSL_set_accept_state(SSL *ssl)
{
    set_role(ssl, "SSL_set_accept_state", TVT_SERVER);
}

int
SSL_is_server(const SSL *ssl)
{
    return ssl != NULL && ssl->role == TVT_SERVER;
}
