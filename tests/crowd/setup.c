/* SPDX-License-Identifier: MIT
 *
 * What the crowd needs before it comes: contexts, tickets, and a 0-RTT flight to be replayed.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/crowd/crowd.h"

#include "core/handshake/config.h"
#include "core/message/message.h"
#include "core/ssl/ssl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND    "/vectors/pki/ed25519/" /* every backend has it */
#define TICKETS 8u                      /* of one connection */

/* ---- contexts ---- */

static bool
wrong_finished(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    static uint8_t bytes[4 + TVT_HASH_MAX];
    (void)user;
    if (kind != TVT_MSG_FINISHED || message->len > sizeof bytes)
        return false;
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, message->data, 4);
    message->data = bytes;
    return true;
}

static SSL_CTX *
client_context(const char *backend)
{
    SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_client_method(), backend, NULL);
    if (ctx != NULL && SSL_CTX_load_verify_file(ctx, TRIVET_SOURCE_DIR KIND "root.pem") == 1)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

static SSL_CTX *
server_context(const char *backend)
{
    SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_server_method(), backend, NULL);
    if (ctx != NULL && SSL_CTX_use_certificate_chain_file(ctx, TRIVET_SOURCE_DIR KIND "chain.pem") == 1 &&
        SSL_CTX_use_PrivateKey_file(ctx, TRIVET_SOURCE_DIR KIND "key.pem", SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_set_max_early_data(ctx, CROWD_EARLY_MAX) == 1)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

bool
crowd_open(struct crowd *crowd, const char *backend)
{
    crowd->listener = -1;
    crowd->server_ctx = server_context(backend);
    crowd->client_ctx = client_context(backend);
    crowd->wrong_ctx = client_context(backend);
    if (crowd->server_ctx == NULL || crowd->client_ctx == NULL || crowd->wrong_ctx == NULL) {
        ERR_print_errors_fp(stderr);
        return false;
    }
    crowd->wrong_ctx->config->test_port = (struct tvt_test_port){wrong_finished, NULL};
    return true;
}

void
crowd_close(struct crowd *crowd)
{
    SSL_CTX_free(crowd->server_ctx);
    SSL_CTX_free(crowd->client_ctx);
    SSL_CTX_free(crowd->wrong_ctx);
}

/* ---- one connection in memory ---- */

struct duo {
    SSL *client, *server;
    BIO *up, *down; /* owned by the SSLs */
};

static bool
open_duo(struct crowd *crowd, struct duo *d, SSL_SESSION *session)
{
    d->client = SSL_new(crowd->client_ctx);
    d->server = SSL_new(crowd->server_ctx);
    d->up = BIO_new(BIO_s_mem());
    d->down = BIO_new(BIO_s_mem());
    if (d->client == NULL || d->server == NULL || d->up == NULL || d->down == NULL || BIO_up_ref(d->up) != 1 ||
        BIO_up_ref(d->down) != 1)
        return false;
    SSL_set_bio(d->client, d->down, d->up);
    SSL_set_bio(d->server, d->up, d->down);
    SSL_set_connect_state(d->client);
    return SSL_set_tlsext_host_name(d->client, "localhost") == 1 && SSL_set_num_tickets(d->server, TICKETS) == 1 &&
           (session == NULL || SSL_set_session(d->client, session) == 1);
}

static void
close_duo(struct duo *d)
{
    SSL_free(d->client);
    SSL_free(d->server);
}

static bool
copy_sent(struct tvt_span *out, BIO *bio)
{
    char *bytes;
    long len = BIO_get_mem_data(bio, &bytes);
    uint8_t *copy = len > 0 ? malloc((size_t)len) : NULL;
    if (copy == NULL)
        return false;
    memcpy(copy, bytes, (size_t)len);
    *out = (struct tvt_span){copy, (size_t)len};
    return true;
}

static bool
shake_hands(struct duo *d)
{
    int client = 0, server = 0;
    for (unsigned turn = 0; turn < 8 && (client != 1 || server != 1); turn++) {
        client = SSL_connect(d->client);
        server = SSL_accept(d->server);
    }
    return client == 1 && server == 1;
}

/* ---- tickets ---- */

static struct crowd *collector; /* NULL: tickets are not kept */
static size_t wanted;

static int
collect(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    if (collector == NULL || collector->num_sessions >= wanted)
        return 0;
    collector->sessions[collector->num_sessions++] = session;
    return 1;
}

/* A whole connection, whose tickets the callback keeps; they leave in front of the server's first data. */
static bool
collect_tickets(struct crowd *crowd)
{
    struct duo d;
    char byte;
    bool good = open_duo(crowd, &d, NULL);
    if (good && crowd->hello.data == NULL) {
        (void)SSL_connect(d.client);
        good = copy_sent(&crowd->hello, d.up);
    }
    good = good && shake_hands(&d) && SSL_write(d.server, "x", 1) == 1 && SSL_read(d.client, &byte, 1) == 1;
    close_duo(&d);
    return good;
}

/* The flight is taken once, here; whoever sends it again is a thief. */
static bool
record_flight(struct crowd *crowd)
{
    static const uint8_t request[] = {0, 0, 0, 4, 't', 'a', 'k', 'e'};
    uint8_t taken[16];
    size_t put = 0, got = 0;
    struct duo d;
    SSL_SESSION *session = crowd->sessions[--crowd->num_sessions];
    bool good = open_duo(crowd, &d, session) && SSL_write_early_data(d.client, request, sizeof request, &put) == 1 &&
                copy_sent(&crowd->replay, d.up) &&
                SSL_read_early_data(d.server, taken, sizeof taken, &got) == SSL_READ_EARLY_DATA_SUCCESS &&
                got == sizeof request;
    close_duo(&d);
    SSL_SESSION_free(session);
    return good;
}

bool
crowd_prepare(struct crowd *crowd, size_t num)
{
    bool good = true;
    wanted = num + 1;
    crowd->sessions = calloc(wanted, sizeof *crowd->sessions);
    if (crowd->sessions == NULL)
        return false;
    (void)SSL_CTX_set_session_cache_mode(crowd->client_ctx, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(crowd->client_ctx, collect);
    collector = crowd;
    while (good && crowd->num_sessions < wanted) {
        size_t before = crowd->num_sessions;
        good = collect_tickets(crowd) && crowd->num_sessions > before;
    }
    collector = NULL;
    good = good && record_flight(crowd);
    if (!good) {
        fprintf(stderr, "crowd: tickets could not be collected, or early data was not taken\n");
        ERR_print_errors_fp(stderr);
    }
    return good;
}

void
crowd_forget(struct crowd *crowd)
{
    while (crowd->num_sessions > 0)
        SSL_SESSION_free(crowd->sessions[--crowd->num_sessions]);
    free(crowd->sessions);
    free((void *)(uintptr_t)crowd->hello.data);
    free((void *)(uintptr_t)crowd->replay.data);
    crowd->sessions = NULL;
    crowd->hello = crowd->replay = (struct tvt_span){NULL, 0};
}
