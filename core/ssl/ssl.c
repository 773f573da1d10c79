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
    tvt_config_freeze(ctx->config); /* what stands now is what this SSL keeps */
    tvt_config_ref(ctx->config);
    ssl->config = ctx->config;
    ssl->role = ctx->method->role;
    ssl->verify_mode = ctx->verify_mode;
    ssl->has_callback = ctx->has_callback;
    ssl->mode = ctx->mode;
    ssl->options = ctx->options;
    ssl->quiet_shutdown = ctx->quiet_shutdown;
    tvt_buffer_init(&ssl->in, NULL, TVT_RECORD_WIRE_MAX);
    tvt_buffer_init(&ssl->out, NULL, SIZE_MAX / 2);
    return ssl;
}

int
SSL_up_ref(SSL *ssl)
{
    if (ssl == NULL)
        return 0;
    atomic_fetch_add(&ssl->references, 1);
    return 1;
}

static void
drop_text(char **text)
{
    if (*text != NULL)
        tvt_release(NULL, *text, strlen(*text) + 1);
    *text = NULL;
}

void
SSL_free(SSL *ssl)
{
    if (ssl == NULL || atomic_fetch_sub(&ssl->references, 1) != 1)
        return;
    tvt_connection_free(ssl->connection);
    tvt_buffer_release(&ssl->in);
    tvt_buffer_release(&ssl->out);
    if (ssl->wbio != ssl->rbio)
        BIO_free_all(ssl->wbio);
    BIO_free_all(ssl->rbio);
    drop_text(&ssl->sni);
    drop_text(&ssl->verify_name);
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

/* Each slot owns one reference, and both together one when they hold the same BIO. */
void
SSL_set_bio(SSL *ssl, BIO *rbio, BIO *wbio)
{
    if (ssl == NULL) {
        (void)tvt_ssl_null("SSL_set_bio");
        return;
    }
    BIO *old_rbio = ssl->rbio, *old_wbio = ssl->wbio;
    ssl->rbio = rbio;
    ssl->wbio = wbio;
    if (old_rbio != NULL && old_rbio == old_wbio) {
        if (old_rbio != rbio && old_rbio != wbio)
            BIO_free_all(old_rbio);
        else if (rbio != wbio)
            return; /* the one that stays keeps the reference; the caller gave the other's */
        return;
    }
    if (old_rbio != rbio)
        BIO_free_all(old_rbio);
    if (old_wbio != wbio)
        BIO_free_all(old_wbio);
}
