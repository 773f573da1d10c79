/* SPDX-License-Identifier: MIT
 *
 * Two SSLs of ours that shake hands through memory.
 */
#include "tests/bench/ssl_pair.h"

#include <stdlib.h>
#include <trivet/ssl.h>

struct ssl_pair {
    SSL_CTX *ctx[2];
    SSL_SESSION *session;
    BIO *wire[2]; /* wire[role]: on its way to that role */
};

static SSL_CTX *
context(const struct bench_case *what, int role)
{
    char path[512], key[512];
    SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_method(), what->backend, NULL);
    (void)snprintf(path, sizeof path, "%s/vectors/pki/%s/%s", TRIVET_SOURCE_DIR, what->pki,
                   role == TVT_CLIENT ? what->root : "leaf.pem");
    (void)snprintf(key, sizeof key, "%s/vectors/pki/%s/key.pem", TRIVET_SOURCE_DIR, what->pki);
    bool ok = SSL_CTX_set_ciphersuites(ctx, what->suite) == 1 && SSL_CTX_set1_groups_list(ctx, "X25519") == 1 &&
              SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1;
    if (role == TVT_CLIENT)
        ok = ok && SSL_CTX_load_verify_file(ctx, path) == 1;
    else
        ok = ok && SSL_CTX_use_certificate_file(ctx, path, SSL_FILETYPE_PEM) == 1 &&
             SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
    if (ok)
        return ctx;
    ERR_print_errors_fp(stderr);
    SSL_CTX_free(ctx);
    return NULL;
}

static struct ssl_pair *
with_wires(struct ssl_pair *p)
{
    for (int role = 0; role < 2; role++)
        p->wire[role] = BIO_new(BIO_s_mem());
    if (p->ctx[0] != NULL && p->ctx[1] != NULL && p->wire[0] != NULL && p->wire[1] != NULL)
        return p;
    ssl_pair_free(p);
    return NULL;
}

struct ssl_pair *
ssl_pair_new(const struct bench_case *what)
{
    struct ssl_pair *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    for (int role = 0; role < 2; role++)
        p->ctx[role] = context(what, role);
    return with_wires(p);
}

struct ssl_pair *
ssl_pair_share(const struct ssl_pair *p)
{
    struct ssl_pair *copy = calloc(1, sizeof *copy);
    if (copy == NULL)
        return NULL;
    for (int role = 0; role < 2; role++) {
        (void)SSL_CTX_up_ref(p->ctx[role]);
        copy->ctx[role] = p->ctx[role];
    }
    return with_wires(copy);
}

void
ssl_pair_free(struct ssl_pair *p)
{
    if (p == NULL)
        return;
    for (int role = 0; role < 2; role++) {
        (void)BIO_free(p->wire[role]);
        SSL_CTX_free(p->ctx[role]);
    }
    SSL_SESSION_free(p->session);
    free(p);
}

static SSL *
begin(struct ssl_pair *p, int role)
{
    SSL *ssl = SSL_new(p->ctx[role]);
    if (ssl == NULL)
        return NULL;
    (void)BIO_up_ref(p->wire[role]);
    (void)BIO_up_ref(p->wire[1 - role]);
    SSL_set_bio(ssl, p->wire[role], p->wire[1 - role]);
    if (role == TVT_CLIENT)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    return ssl;
}

bool
ssl_pair_handshake(struct ssl_pair *p, bool resumed)
{
    char c = 'x';
    SSL *client = begin(p, TVT_CLIENT), *server = begin(p, TVT_SERVER);
    bool ok = client != NULL && server != NULL && SSL_set_tlsext_host_name(client, BENCH_NAME) == 1 &&
              (!resumed || SSL_set_session(client, p->session) == 1) && SSL_do_handshake(client) == -1 &&
              SSL_do_handshake(server) == -1 && SSL_do_handshake(client) == 1 && SSL_do_handshake(server) == 1;
    if (ok && resumed) { /* the ticket leaves with the first data */
        ok = SSL_write(server, &c, 1) == 1 && SSL_read(client, &c, 1) == 1 &&
             (p->session == NULL || SSL_session_reused(server) == 1);
        SSL_SESSION_free(p->session);
        p->session = SSL_get1_session(client);
    }
    if (!ok)
        ERR_print_errors_fp(stderr);
    SSL_free(client);
    SSL_free(server);
    for (int role = 0; role < 2; role++)
        (void)BIO_reset(p->wire[role]);
    return ok;
}
