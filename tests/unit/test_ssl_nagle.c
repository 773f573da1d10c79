/* SPDX-License-Identifier: MIT
 *
 * A client's first request behind each handshake of TLS 1.2, over TCP with Nagle's algorithm on: its time and its segments.
 */
#include "core/os/clock.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <linux/tcp.h> /* its tcp_info counts segments; the one of <netinet/tcp.h> does not */
#include <netinet/in.h>
#include <pthread.h>
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

/* Segments with data that the system of `fd` sent. */
static unsigned
segments_of(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    CU_ASSERT_EQUAL(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    return info.tcpi_data_segs_out;
}

struct round_trip {
    SSL_CTX *ctx;
    int fd;
    bool good;
};

static void *
answer_one(void *user)
{
    struct round_trip *t = user;
    SSL *ssl = SSL_new(t->ctx);
    char c;
    t->good =
        SSL_set_fd(ssl, t->fd) == 1 && SSL_accept(ssl) == 1 && SSL_read(ssl, &c, 1) == 1 && SSL_write(ssl, &c, 1) == 1;
    SSL_free(ssl);
    return NULL;
}

/* A connection and its first request over TCP, with Nagle's algorithm on; milliseconds of the request, -1: it failed. Takes
 * the session in *session, and leaves the one that came. */
static double
first_request(SSL_CTX *ctx[2], SSL_SESSION **session, bool *resumed, unsigned segments[2])
{
    int fd[2];
    char c = 'x';
    pthread_t thread;
    int late = 0;
    tcp_pair(fd);
    for (int i = 0; i < 2;
         i++) /* as on a connection that has gone on for a while: the system holds acknowledgements back */
        CU_ASSERT_EQUAL(setsockopt(fd[i], IPPROTO_TCP, TCP_QUICKACK, &late, sizeof late), 0);
    struct round_trip t = {ctx[1], fd[1], false};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, answer_one, &t), 0);
    SSL *ssl = SSL_new(ctx[0]);
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(ssl, "localhost"), 1);
    CU_ASSERT_EQUAL(SSL_set_session(ssl, *session), 1);
    bool good = SSL_set_fd(ssl, fd[0]) == 1 && SSL_connect(ssl) == 1;
    uint64_t begin = tvt_clock_monotonic_us();
    good = good && SSL_write(ssl, &c, 1) == 1 && SSL_read(ssl, &c, 1) == 1;
    double ms = (double)(tvt_clock_monotonic_us() - begin) / 1000;
    *resumed = SSL_session_reused(ssl) == 1;
    for (int i = 0; i < 2; i++)
        segments[i] = segments_of(fd[i]);
    SSL_SESSION_free(*session);
    *session = SSL_get1_session(ssl);
    (void)shutdown(fd[0], SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    SSL_free(ssl);
    close(fd[0]);
    close(fd[1]);
    return good && t.good ? ms : -1;
}

/* TLS 1.2: a full handshake ends with the server's flight, an abbreviated one with the client's. In neither does the first
 * request wait for an acknowledgement that the other system holds back for 40 ms, and each flight is one segment. */
static void
test_nagle_tls12(void)
{
    SSL_CTX *ctx[2] = {make_ctx(TVT_CLIENT, NULL, good_kind()), make_ctx(TVT_SERVER, NULL, good_kind())};
    CU_ASSERT_TRUE_FATAL(ctx[0] != NULL && ctx[1] != NULL);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(ctx[i], TLS1_2_VERSION), 1);
        CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx[i], TLS1_2_VERSION), 1);
    }
    for (int by_id = 0; by_id < 2; by_id++) {
        double best[2] = {1e9, 1e9};
        for (int turn = 0; turn < 5; turn++) {
            SSL_SESSION *session = NULL;
            for (int again = 0; again < 2; again++) {
                bool resumed;
                unsigned segments[2];
                double ms = first_request(ctx, &session, &resumed, segments);
                CU_ASSERT_TRUE(ms >= 0);
                CU_ASSERT_EQUAL(resumed, again == 1);
                CU_ASSERT_EQUAL(segments[0], 3); /* ClientHello, the flight with Finished, the request */
                CU_ASSERT_EQUAL(segments[1], again == 1 ? 2 : 3);
                best[again] = ms < best[again] ? ms : best[again];
            }
            SSL_SESSION_free(session);
        }
        CU_ASSERT_TRUE(best[0] < 30);
        CU_ASSERT_TRUE(best[1] < 30);
        (void)SSL_CTX_set_options(ctx[1], SSL_OP_NO_TICKET);
    }
    SSL_CTX_free(ctx[0]);
    SSL_CTX_free(ctx[1]);
}

int
tvt_register_ssl_nagle(void)
{
    CU_TestInfo tests[] = {{"the first request of TLS 1.2 does not wait", test_nagle_tls12}, CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"SSL: Nagle", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return (int)CU_register_suites(suites);
}
