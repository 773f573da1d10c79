/* SPDX-License-Identifier: MIT
 *
 * From the first byte of a handshake to the first byte of the answer to a line that the client sends behind it, over TCP on
 * loopback with Nagle's algorithm on: a client of ours and one of libssl in turns, against `openssl s_server -rev` and
 * against a server of libssl in this process. What a client says last in a handshake may hold up its request for the 40 ms by
 * which the server's system delays acknowledgements.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/bench/bench.h"
#include "tests/bench/libssl.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <trivet/ssl.h>
#include <unistd.h>

#define ROUNDS   21   /* connections of each client, where the other one waits */
#define MANY     101  /* where the difference is small */
#define AHEAD_MS 35.0 /* by which we are ahead where libssl's request waits */
#define NOISE    1.05 /* of the same time, where it does not */

enum client { OURS, HELD, LIBSSL, CLIENTS };
enum server { S_SERVER, THREAD, SERVERS };

static const char *const server_names[SERVERS] = {"s_server", "libssl"};

static const struct row {
    const char *words;
    int version;
    unsigned tickets;    /* at the measured connection */
    bool resumed, waits; /* libssl's client waits */
} rows[] = {
    {"TLS 1.3, no tickets", TLS1_3_VERSION, 0, false, true},
    {"TLS 1.3 resumed, no tickets", TLS1_3_VERSION, 0, true, true},
    {"TLS 1.3, tickets", TLS1_3_VERSION, 2, false, false},
    {"TLS 1.3 resumed, tickets", TLS1_3_VERSION, 2, true, false},
    {"TLS 1.2", TLS1_2_VERSION, 1, false, false},
    {"TLS 1.2 resumed", TLS1_2_VERSION, 1, true, true},
};

struct run {
    const struct bench_case *what;
    SSL_CTX *ctx;
    SSL_SESSION *session;
    struct libssl *client, *server;
    struct sockaddr_in at;
    int listener;
    pid_t child;
    pthread_t thread;
};

/* ---- servers ---- */

static bool
listen_here(struct run *r)
{
    socklen_t len = sizeof r->at;
    r->at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    r->listener = socket(AF_INET, SOCK_STREAM, 0);
    return r->listener >= 0 && bind(r->listener, (struct sockaddr *)&r->at, len) == 0 && listen(r->listener, 4) == 0 &&
           getsockname(r->listener, (struct sockaddr *)&r->at, &len) == 0;
}

static int
dial(const struct run *r)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&r->at, sizeof r->at) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static void *
answer_all(void *user)
{
    const struct run *r = user;
    for (int fd; (fd = accept(r->listener, NULL, NULL)) >= 0;) {
        (void)libssl_answer(r->server, fd);
        (void)close(fd);
    }
    return NULL;
}

static void
become_s_server(const struct run *r, const struct row *row)
{
    char leaf[512], key[512], port[16], tickets[16];
    int nowhere = open("/dev/null", O_RDWR);
    (void)snprintf(leaf, sizeof leaf, "%s/vectors/pki/%s/leaf.pem", TRIVET_SOURCE_DIR, r->what->pki);
    (void)snprintf(key, sizeof key, "%s/vectors/pki/%s/key.pem", TRIVET_SOURCE_DIR, r->what->pki);
    (void)snprintf(port, sizeof port, "%u", (unsigned)ntohs(r->at.sin_port));
    (void)snprintf(tickets, sizeof tickets, "%u", row->tickets);
    for (int fd = 0; fd < 3; fd++)
        (void)dup2(nowhere, fd);
    (void)execlp("openssl", "openssl", "s_server", "-quiet", "-rev", "-accept", port, "-cert", leaf, "-key", key,
                 "-num_tickets", tickets, row->version == TLS1_2_VERSION ? "-tls1_2" : "-tls1_3", (char *)NULL);
    _exit(127);
}

/* On a port that was free a moment ago; false: it does not answer within five seconds. */
static bool
start_s_server(struct run *r, const struct row *row)
{
    const struct timespec while_it_starts = {.tv_nsec = 20000000};
    if (!listen_here(r))
        return false;
    (void)close(r->listener);
    r->listener = -1;
    r->child = fork();
    if (r->child == 0)
        become_s_server(r, row);
    for (int i = 0; r->child > 0 && i < 250; i++) {
        (void)nanosleep(&while_it_starts, NULL);
        int fd = dial(r);
        if (fd >= 0) {
            (void)close(fd);
            return true;
        }
        if (waitpid(r->child, NULL, WNOHANG) == r->child)
            r->child = -1;
    }
    return false;
}

static bool
start(struct run *r, enum server server, const struct row *row)
{
    r->listener = -1;
    r->child = -1;
    if (server == S_SERVER)
        return start_s_server(r, row);
    if (listen_here(r) && pthread_create(&r->thread, NULL, answer_all, r) == 0)
        return true;
    if (r->listener >= 0)
        (void)close(r->listener);
    r->listener = -1;
    return false;
}

static void
stop(struct run *r)
{
    if (r->child > 0) {
        (void)kill(r->child, SIGTERM);
        (void)waitpid(r->child, NULL, 0);
    }
    if (r->listener >= 0) {
        (void)shutdown(r->listener, SHUT_RDWR);
        (void)pthread_join(r->thread, NULL);
        (void)close(r->listener);
    }
}

/* ---- clients ---- */

static SSL_CTX *
context(const struct bench_case *what, int version)
{
    char root[512];
    SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_client_method(), what->backend, NULL);
    (void)snprintf(root, sizeof root, "%s/vectors/pki/%s/%s", TRIVET_SOURCE_DIR, what->pki, what->root);
    if (SSL_CTX_load_verify_file(ctx, root) == 1 && SSL_CTX_set_min_proto_version(ctx, version) == 1 &&
        SSL_CTX_set_max_proto_version(ctx, version) == 1 && SSL_CTX_set1_groups_list(ctx, "X25519:P-256") == 1)
        return ctx;
    ERR_print_errors_fp(stderr);
    SSL_CTX_free(ctx);
    return NULL;
}

static bool
ask(struct run *r, int fd, bool resume, bool held, uint64_t *ns)
{
    char text[8] = "x\n";
    SSL *ssl = SSL_new(r->ctx);
    bool ok = ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_set_tlsext_host_name(ssl, BENCH_NAME) == 1 &&
              (!resume || SSL_set_session(ssl, r->session) == 1);
    if (held)
        (void)SSL_set_mode(ssl, SSL_MODE_TVT_HOLD_LAST_FLIGHT);
    uint64_t begin = bench_now();
    ok = ok && SSL_connect(ssl) == 1 && SSL_write(ssl, text, 2) == 2 && SSL_read(ssl, text, sizeof text) > 0;
    *ns = bench_now() - begin;
    if (!ok)
        ERR_print_errors_fp(stderr);
    ok = ok && (SSL_session_reused(ssl) == 1) == resume;
    SSL_SESSION_free(r->session);
    r->session = ok ? SSL_get1_session(ssl) : NULL;
    (void)SSL_shutdown(ssl);
    SSL_free(ssl);
    return ok;
}

static bool
talk(struct run *r, enum client client, bool resume, uint64_t *ns)
{
    int fd = dial(r);
    bool ok =
        fd >= 0 && (client == LIBSSL ? libssl_line(r->client, fd, resume, ns) : ask(r, fd, resume, client == HELD, ns));
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

/* A resumed connection behind a full one that gives it its session. */
static bool
one(struct run *r, enum client client, const struct row *row, uint64_t *ns)
{
    if (row->resumed && !(libssl_tickets(r->server, 1) && talk(r, client, false, ns)))
        return false;
    return libssl_tickets(r->server, row->tickets) && talk(r, client, row->resumed, ns);
}

/* ---- the part ---- */

/* A tenth of them was quicker: what waits, waits in those, too, and another program on the machine disturbs them least. Behind
 * bench_median(), which sorts. */
static double
quickest(const struct bench_samples *s)
{
    return s->num > 0 ? s->value[s->num / 10] : 0;
}

static void
print(enum server server, const struct row *row, struct bench_samples samples[CLIENTS])
{
    static const char *const names[CLIENTS] = {"ours_ms", "held_ms", "libssl_ms"};
    static const char *const quick_names[CLIENTS] = {"ours_quickest_ms", "held_quickest_ms", "libssl_quickest_ms"};
    char name[64];
    double ms[CLIENTS];
    (void)snprintf(name, sizeof name, "%s to %s", row->words, server_names[server]);
    for (int i = 0; i < CLIENTS; i++) {
        ms[i] = bench_median(&samples[i]);
        bench_record("first-byte", name, names[i], ms[i]);
        bench_record("first-byte", name, quick_names[i], quickest(&samples[i]));
    }
    double ahead = ms[LIBSSL] - ms[OURS];
    bench_record("first-byte", name, "ahead_ms", ahead);
    const char *mark = row->waits ? ">= 35 ms ahead" : "not slower";
    bool holds = row->waits ? ahead >= AHEAD_MS : quickest(&samples[OURS]) <= NOISE * quickest(&samples[LIBSSL]);
    printf("%-40s %8.3f %8.3f %8.3f %8.3f   %s %s\n", name, ms[OURS], ms[HELD], ms[LIBSSL], ahead, mark,
           bench_mark("first-byte", name, mark, holds));
}

static void
measure(struct run *r, enum server server, const struct row *row)
{
    struct bench_samples samples[CLIENTS];
    uint64_t ns;
    bool ok = start(r, server, row);
    for (int i = 0; i < CLIENTS; i++)
        bench_samples_init(&samples[i]);
    for (int round = 0; ok && round < (row->waits ? ROUNDS : MANY); round++)
        for (int i = 0; ok && i < CLIENTS; i++) {
            ok = one(r, (enum client)i, row, &ns);
            bench_sample(&samples[i], (double)ns / 1e6);
        }
    stop(r);
    if (ok)
        print(server, row, samples);
    else
        printf("%-28s to %-8s FAILED\n", row->words, server_names[server]);
    for (int i = 0; i < CLIENTS; i++)
        bench_samples_free(&samples[i]);
}

static void
run_row(const struct bench_case *const cases[2], const struct row *row)
{
    struct run r = {.what = cases[row->version == TLS1_2_VERSION]};
    bench_progress("first byte, %s", row->words);
    r.ctx = context(r.what, row->version);
    r.client = libssl_new(r.what, r.what->suite);
    r.server = libssl_new(r.what, r.what->suite);
    bool ok = r.ctx != NULL && r.client != NULL && r.server != NULL && libssl_tickets(r.client, 1);
    for (int server = 0; ok && server < SERVERS; server++)
        if (server == THREAD || row->tickets > 0 || !row->resumed) /* s_server gives tickets always or never */
            measure(&r, (enum server)server, row);
    if (!ok)
        printf("%-40s not run: there is no libssl\n", row->words);
    libssl_free(r.client);
    libssl_free(r.server);
    SSL_SESSION_free(r.session);
    SSL_CTX_free(r.ctx);
}

void
bench_first_byte(const struct bench_options *o)
{
    const struct bench_case *cases[2] = {NULL, NULL}; /* TLS 1.3, 1.2 */
    for (size_t i = 0; cases[0] == NULL && i < bench_num_cases; i++)
        if (bench_is_built(&bench_cases[i]) && bench_has_name(o->backend, bench_cases[i].backend)) {
            cases[0] = &bench_cases[i];
            cases[1] = &bench_cases12[i];
        }
    if (cases[0] == NULL)
        return;
    bench_heading(
        "From the first byte of a handshake to the first byte of the answer to a line, over TCP on loopback with "
        "Nagle's algorithm on.\nOurs as any program calls it, with SSL_MODE_TVT_HOLD_LAST_FLIGHT, libssl's client: "
        "medians. \"Not slower\" is said of the quickest tenth.",
        "handshake and server                      ours ms  held ms libssl ms ahead ms   mark");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        run_row(cases, &rows[i]);
}
