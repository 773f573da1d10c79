/* SPDX-License-Identifier: MIT
 *
 * The first bytes behind each handshake, over TCP with Nagle's algorithm on: their time and their segments.
 */
#include "core/os/clock.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <limits.h>
#include <linux/tcp.h> /* its tcp_info counts segments; the one of <netinet/tcp.h> does not */
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

int tvt_register_ssl_nagle(void);

static void
tcp_pair(int fd[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    CU_ASSERT_EQUAL_FATAL(listen(listener, 1), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(listener, (struct sockaddr *)&a, &size), 0);
    fd[0] = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd[0], (struct sockaddr *)&a, sizeof a), 0);
    fd[1] = accept(listener, NULL, NULL);
    CU_ASSERT_TRUE_FATAL(fd[1] >= 0);
    close(listener);
}

#define ROUNDS    30 /* at most: one that the machine leaves alone is enough */
#define PATIENCE  30 /* ms; an acknowledgement that is held back comes after 40 */
#define UNCOUNTED UINT_MAX

/* Segments with data that the system of `fd` sent; UNCOUNTED where it does not tell (an emulated one). */
static unsigned
segments_of(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(struct tcp_info, tcpi_data_segs_out) + sizeof info.tcpi_data_segs_out)
        return UNCOUNTED;
    return info.tcpi_data_segs_out;
}

struct end {
    SSL_CTX *ctx;
    int fd;
    bool speaks_first, good;
    double ms; /* from the end of its handshake to the end of the exchange */
};

/* One byte there and one back. */
static void
exchange(struct end *e, SSL *ssl)
{
    char c = 'x';
    uint64_t begin = tvt_clock_monotonic_us();
    if (e->speaks_first)
        e->good = SSL_write(ssl, &c, 1) == 1 && SSL_read(ssl, &c, 1) == 1;
    else
        e->good = SSL_read(ssl, &c, 1) == 1 && SSL_write(ssl, &c, 1) == 1;
    e->ms = (double)(tvt_clock_monotonic_us() - begin) / 1000;
}

static void *
serve(void *user)
{
    struct end *e = user;
    SSL *ssl = SSL_new(e->ctx);
    if (SSL_set_fd(ssl, e->fd) == 1 && SSL_accept(ssl) == 1)
        exchange(e, ssl);
    SSL_free(ssl);
    return NULL;
}

struct round {
    double ms; /* -1: failed */
    bool resumed;
    unsigned segments[2];
};

/* A connection and its first exchange over TCP, with Nagle's algorithm on. Takes the session in *session, and leaves the one
 * that came. */
static struct round
play(SSL_CTX *ctx[2], enum tvt_role first, SSL_SESSION **session)
{
    int fd[2], late = 0;
    pthread_t thread;
    struct round r = {.ms = -1};
    tcp_pair(fd);
    for (int i = 0; i < 2; i++) /* as on an older connection: the system holds acknowledgements back */
        CU_ASSERT_EQUAL(setsockopt(fd[i], IPPROTO_TCP, TCP_QUICKACK, &late, sizeof late), 0);
    struct end client = {.ctx = ctx[0], .fd = fd[0], .speaks_first = first == TVT_CLIENT};
    struct end server = {.ctx = ctx[1], .fd = fd[1], .speaks_first = first == TVT_SERVER};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, serve, &server), 0);
    SSL *ssl = SSL_new(ctx[0]);
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(ssl, "localhost"), 1);
    CU_ASSERT_EQUAL(SSL_set_session(ssl, *session), 1);
    if (SSL_set_fd(ssl, fd[0]) == 1 && SSL_connect(ssl) == 1)
        exchange(&client, ssl);
    r.resumed = SSL_session_reused(ssl) == 1;
    if (!client.good)
        (void)shutdown(fd[0], SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    for (int i = 0; i < 2; i++)
        r.segments[i] = segments_of(fd[i]);
    SSL_SESSION_free(*session);
    *session = SSL_get1_session(ssl);
    SSL_free(ssl);
    close(fd[0]);
    close(fd[1]);
    if (client.good && server.good)
        r.ms = client.ms > server.ms ? client.ms : server.ms;
    return r;
}

struct best {
    double ms;
    unsigned segments[2];
};

static void
keep_best(struct best *b, const struct round *r)
{
    b->ms = r->ms < b->ms ? r->ms : b->ms;
    for (int i = 0; i < 2; i++)
        b->segments[i] = r->segments[i] < b->segments[i] ? r->segments[i] : b->segments[i];
}

static bool
is_good(const struct best *b, const unsigned segments[2])
{
    for (int i = 0; i < 2; i++)
        if (b->segments[i] != UNCOUNTED && b->segments[i] != segments[i])
            return false;
    return b->ms < PATIENCE;
}

/* Full handshakes and, with their sessions, abbreviated ones; until the best of each is good. A machine that is busy adds
 * time, and segments that are sent again; what this side does too much, or waits for, is there in every round. */
static void
check(SSL_CTX *ctx[2], enum tvt_role first, const unsigned segments[2][2], const char *what)
{
    struct best best[2] = {{1e9, {UNCOUNTED, UNCOUNTED}}, {1e9, {UNCOUNTED, UNCOUNTED}}};
    for (int turn = 0; turn < ROUNDS && !(is_good(&best[0], segments[0]) && is_good(&best[1], segments[1])); turn++) {
        SSL_SESSION *session = NULL;
        for (int again = 0; again < 2; again++) {
            struct round r = play(ctx, first, &session);
            CU_ASSERT_TRUE_FATAL(r.ms >= 0);
            CU_ASSERT_EQUAL(r.resumed, again == 1);
            keep_best(&best[again], &r);
        }
        SSL_SESSION_free(session);
    }
    for (int again = 0; again < 2; again++) {
        CU_ASSERT_TRUE(is_good(&best[again], segments[again]));
        if (!is_good(&best[again], segments[again]))
            printf("\n    %s, %s first, %s: %.1f ms, segments %u and %u, not %u and %u", what,
                   first == TVT_CLIENT ? "client" : "server", again ? "resumed" : "full", best[again].ms,
                   best[again].segments[0], best[again].segments[1], segments[again][0], segments[again][1]);
        if (best[again].segments[0] == UNCOUNTED)
            printf("\n    %s: this system does not count segments; the time alone was judged", what);
    }
}

static void
check_version(int version, const unsigned segments[2][2], const char *what)
{
    SSL_CTX *ctx[2] = {make_ctx(TVT_CLIENT, NULL, good_kind()), make_ctx(TVT_SERVER, NULL, good_kind())};
    CU_ASSERT_TRUE_FATAL(ctx[0] != NULL && ctx[1] != NULL);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(ctx[i], version), 1);
        CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx[i], version), 1);
    }
    for (int by_id = 0; by_id < 2; by_id++) {
        check(ctx, TVT_CLIENT, segments, what);
        check(ctx, TVT_SERVER, segments, what);
        (void)SSL_CTX_set_options(ctx[1], SSL_OP_NO_TICKET);
    }
    SSL_CTX_free(ctx[0]);
    SSL_CTX_free(ctx[1]);
}

/* A full handshake ends with the server's flight, an abbreviated one with the client's. In neither does the first byte of
 * either side wait for an acknowledgement that the other system holds back, and each flight is one segment: ClientHello, the
 * flight with Finished, the byte; the server's hello, in a full one its Finished, the byte. */
static void
test_nagle_tls12(void)
{
    static const unsigned segments[2][2] = {{3, 3}, {3, 2}};
    check_version(TLS1_2_VERSION, segments, "TLS 1.2");
}

/* Always ends with the client's flight; what the server has to say about tickets goes with its first byte. */
static void
test_nagle_tls13(void)
{
    static const unsigned segments[2][2] = {{3, 2}, {3, 2}};
    check_version(TLS1_3_VERSION, segments, "TLS 1.3");
}

/* A client that holds its last flight back sends it with the byte: hello and that one are all. Where the server speaks first,
 * it leaves when the client reads. */
static void
test_nagle_held(void)
{
    static const unsigned byte[2][2][2] = {{{3, 3}, {2, 2}}, {{2, 2}, {2, 2}}},
                          reads[2][2][2] = {{{3, 3}, {3, 2}}, {{3, 2}, {3, 2}}};
    for (int new = 0; new < 2; new ++) {
        SSL_CTX *ctx[2] = {make_ctx(TVT_CLIENT, NULL, good_kind()), make_ctx(TVT_SERVER, NULL, good_kind())};
        CU_ASSERT_TRUE_FATAL(ctx[0] != NULL && ctx[1] != NULL);
        CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx[0], new ? TLS1_3_VERSION : TLS1_2_VERSION), 1);
        (void)SSL_CTX_set_mode(ctx[0], SSL_MODE_TVT_HOLD_LAST_FLIGHT);
        check(ctx, TVT_CLIENT, byte[new], new ? "TLS 1.3, held" : "TLS 1.2, held");
        check(ctx, TVT_SERVER, reads[new], new ? "TLS 1.3, held" : "TLS 1.2, held");
        SSL_CTX_free(ctx[0]);
        SSL_CTX_free(ctx[1]);
    }
}

int
tvt_register_ssl_nagle(void)
{
    CU_TestInfo tests[] = {{"the first bytes of TLS 1.2 do not wait", test_nagle_tls12},
                           {"the first bytes of TLS 1.3 do not wait", test_nagle_tls13},
                           {"a last flight that is held leaves with the byte", test_nagle_held},
                           CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"SSL: Nagle", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return (int)CU_register_suites(suites);
}
