/* SPDX-License-Identifier: MIT
 *
 * A program that makes a connection and says one byte, for either library.
 */
#define _POSIX_C_SOURCE 200809L
#ifdef TALK_THEIRS
#include <openssl/ssl.h>
#define NAME(verb) nagle_##verb##_theirs
#else
#include <trivet/ssl.h>
#define NAME(verb) nagle_##verb##_ours
#endif
#include "tests/ssl-coexist/nagle.h"

#include <stdio.h>
#include <time.h>

static bool
use_files(SSL_CTX *ctx, const struct nagle_end *e)
{
    char root[512], chain[512], key[512];
    (void)snprintf(root, sizeof root, "%s/%s/root.pem", e->pki, e->kind);
    (void)snprintf(chain, sizeof chain, "%s/%s/chain.pem", e->pki, e->kind);
    (void)snprintf(key, sizeof key, "%s/%s/key.pem", e->pki, e->kind);
    if (e->server)
        return SSL_CTX_use_certificate_chain_file(ctx, chain) == 1 &&
               SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return SSL_CTX_load_verify_locations(ctx, root, NULL) == 1;
}

bool
NAME(open)(struct nagle_end *e)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    e->ctx = ctx;
    e->session = NULL;
    if (ctx == NULL || !use_files(ctx, e))
        return false;
    if (e->sessions != NAGLE_TICKETS)
        (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET); /* TLS 1.3: tickets that are keys to a session */
    if (e->sessions == NAGLE_NONE && SSL_CTX_set_num_tickets(ctx, 0) != 1)
        return false;
    return SSL_CTX_set_min_proto_version(ctx, e->version) == 1 && SSL_CTX_set_max_proto_version(ctx, e->version) == 1;
}

static double
now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
exchange(struct nagle_end *e, SSL *ssl)
{
    char c = 'x';
    double begin = now_ms();
    if (e->speaks_first)
        e->good = SSL_write(ssl, &c, 1) == 1 && SSL_read(ssl, &c, 1) == 1;
    else
        e->good = SSL_read(ssl, &c, 1) == 1 && SSL_write(ssl, &c, 1) == 1;
    e->ms = now_ms() - begin;
}

/* As after a close in order: libssl takes a session that was dropped without one for spent. */
static void
drop(struct nagle_end *e, SSL *ssl)
{
    if (!e->server && e->good) {
        NAME(forget)(e);
        e->session = SSL_get1_session(ssl);
    }
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
}

void
NAME(play)(struct nagle_end *e)
{
    SSL *ssl = SSL_new(e->ctx);
    e->good = e->resumed = false;
    if (ssl == NULL || SSL_set_fd(ssl, e->fd) != 1)
        return;
    if (e->server ? SSL_accept(ssl) == 1
                  : SSL_set_tlsext_host_name(ssl, "localhost") == 1 &&
                        (e->session == NULL || SSL_set_session(ssl, e->session) == 1) && SSL_connect(ssl) == 1)
        exchange(e, ssl);
    e->resumed = SSL_session_reused(ssl) == 1;
    drop(e, ssl);
}

void
NAME(forget)(struct nagle_end *e)
{
    SSL_SESSION_free(e->session);
    e->session = NULL;
}

void
NAME(close)(struct nagle_end *e)
{
    NAME(forget)(e);
    SSL_CTX_free(e->ctx);
}
