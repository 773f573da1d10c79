/* SPDX-License-Identifier: MIT
 *
 * How long a client waits for the answer to its first request, over TCP on loopback with Nagle's algorithm on at both ends.
 * The client's Finished and its request are two small writes: the second one may have to wait until the first is
 * acknowledged, and the other end's system holds acknowledgements back for 40 ms where it has nothing to send.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/bench/bench.h"
#include "tests/bench/libssl.h"

#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <trivet/ssl.h>
#include <unistd.h>

#define ROUNDS  21 /* connections of each kind */
#define GOOD_MS 15 /* well below the 40 ms of a delayed acknowledgement */

enum { OURS, LIBSSL };

struct run {
    SSL_CTX *ctx[2]; /* ours */
    struct libssl *libssl;
    int listener;
    struct sockaddr_in at;
    int server; /* OURS, LIBSSL */
    bool served;
};

/* ---- ours ---- */

static SSL_CTX *
context(int role, const struct bench_case *what)
{
    char path[512], key[512];
    SSL_CTX *ctx =
        SSL_CTX_new_with_backend(role == TVT_CLIENT ? TLS_client_method() : TLS_server_method(), what->backend, NULL);
    (void)snprintf(path, sizeof path, "%s/vectors/pki/%s/%s", TRIVET_SOURCE_DIR, what->pki,
                   role == TVT_CLIENT ? what->root : "leaf.pem");
    (void)snprintf(key, sizeof key, "%s/vectors/pki/%s/key.pem", TRIVET_SOURCE_DIR, what->pki);
    bool ok = role == TVT_CLIENT ? SSL_CTX_load_verify_file(ctx, path) == 1
                                 : SSL_CTX_use_certificate_file(ctx, path, SSL_FILETYPE_PEM) == 1 &&
                                       SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
    if (ok)
        return ctx;
    ERR_print_errors_fp(stderr);
    SSL_CTX_free(ctx);
    return NULL;
}

static bool
serve(const struct run *r, int fd)
{
    char c;
    SSL *ssl = SSL_new(r->ctx[TVT_SERVER]);
    bool ok = ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1 && SSL_read(ssl, &c, 1) == 1 &&
              SSL_write(ssl, &c, 1) == 1 && SSL_read(ssl, &c, 1) <= 0;
    SSL_free(ssl);
    return ok;
}

static bool
ask(const struct run *r, int fd, uint64_t *ns)
{
    char c = 'x';
    SSL *ssl = SSL_new(r->ctx[TVT_CLIENT]);
    bool ok = ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_set_tlsext_host_name(ssl, BENCH_NAME) == 1 &&
              SSL_connect(ssl) == 1;
    uint64_t start = bench_now();
    ok = ok && SSL_write(ssl, &c, 1) == 1 && SSL_read(ssl, &c, 1) == 1;
    *ns = bench_now() - start;
    if (ok)
        (void)SSL_shutdown(ssl);
    else
        ERR_print_errors_fp(stderr);
    SSL_free(ssl);
    return ok;
}

/* ---- one connection ---- */

static void *
accept_one(void *user)
{
    struct run *r = user;
    int fd = accept(r->listener, NULL, NULL);
    if (fd < 0)
        return NULL;
    r->served = r->server == OURS ? serve(r, fd) : libssl_serve(r->libssl, fd);
    (void)close(fd);
    return NULL;
}

static bool
one(struct run *r, int client, int server, double *ms)
{
    pthread_t thread;
    uint64_t ns = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&r->at, sizeof r->at) == 0;
    r->server = server;
    r->served = false;
    ok = ok && pthread_create(&thread, NULL, accept_one, r) == 0;
    if (ok) {
        ok = client == OURS ? ask(r, fd, &ns) : libssl_ask(r->libssl, fd, &ns);
        (void)shutdown(fd, SHUT_RDWR);
        (void)pthread_join(thread, NULL);
    }
    if (fd >= 0)
        (void)close(fd);
    *ms = (double)ns / 1e6;
    return ok && r->served;
}

static bool
listen_here(struct run *r)
{
    socklen_t len = sizeof r->at;
    r->at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    r->listener = socket(AF_INET, SOCK_STREAM, 0);
    return r->listener >= 0 && bind(r->listener, (struct sockaddr *)&r->at, len) == 0 && listen(r->listener, 4) == 0 &&
           getsockname(r->listener, (struct sockaddr *)&r->at, &len) == 0;
}

/* ---- the part ---- */

static const struct {
    const char *name;
    int client, server;
} rows[] = {
    {"ours to ours", OURS, OURS},
    {"libssl to ours", LIBSSL, OURS},
    {"ours to libssl", OURS, LIBSSL},
    {"libssl to libssl", LIBSSL, LIBSSL},
};
#define NUM_ROWS (sizeof rows / sizeof rows[0])

static void
measure(struct run *r, const struct bench_case *what)
{
    struct bench_samples samples[NUM_ROWS];
    bool ok[NUM_ROWS];
    for (size_t i = 0; i < NUM_ROWS; i++) {
        bench_samples_init(&samples[i]);
        ok[i] = r->libssl != NULL || (rows[i].client == OURS && rows[i].server == OURS);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < NUM_ROWS; i++) {
            double ms;
            ok[i] = ok[i] && one(r, rows[i].client, rows[i].server, &ms);
            if (ok[i])
                bench_sample(&samples[i], ms);
        }
    }
    for (size_t i = 0; i < NUM_ROWS; i++) {
        double ms = bench_median(&samples[i]);
        bool marked = ok[i] && rows[i].client + rows[i].server < 2;
        if (ok[i])
            bench_record("first-request", rows[i].name, "ms", ms);
        printf("%-22s %-20s %10.3f %10s\n", what->row, rows[i].name, ok[i] ? ms : 0.0,
               marked  ? bench_mark("first-request", rows[i].name, "no delay", ms < GOOD_MS)
               : ok[i] ? ""
                       : "not run");
        bench_samples_free(&samples[i]);
    }
}

void
bench_first_request(const struct bench_options *o)
{
    const struct bench_case *what = NULL;
    struct run r = {.listener = -1};
    for (size_t i = 0; what == NULL && i < bench_num_cases; i++)
        if (bench_is_built(&bench_cases[i]) && bench_has_name(o->backend, bench_cases[i].backend))
            what = &bench_cases[i];
    if (what == NULL)
        return;
    bench_heading("A client's first request and its answer, after a full handshake, over TCP on loopback with Nagle's "
                  "algorithm on;\nlibssl's server sends no tickets, ours withholds them until it writes. Medians.",
                  "backend                client to server      answer ms      mark");
    r.ctx[TVT_CLIENT] = context(TVT_CLIENT, what);
    r.ctx[TVT_SERVER] = context(TVT_SERVER, what);
    r.libssl = libssl_new(what, what->suite);
    if (r.ctx[0] != NULL && r.ctx[1] != NULL && listen_here(&r))
        measure(&r, what);
    else
        fprintf(stderr, "bench: first-request cannot be measured\n");
    if (r.listener >= 0)
        (void)close(r.listener);
    libssl_free(r.libssl);
    SSL_CTX_free(r.ctx[0]);
    SSL_CTX_free(r.ctx[1]);
}
