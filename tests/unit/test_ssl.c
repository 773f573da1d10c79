/* SPDX-License-Identifier: MIT
 *
 * SSL_* over every kind of transport: blocking and non-blocking sockets, memory BIOs, one byte at a time; data, retries
 * and shutdown.
 */
#define _POSIX_C_SOURCE 200809L
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BULK 300000u /* bytes: many records, more than a socket's buffer */

static uint8_t sent[BULK], received[BULK];

/* Every backend of the build with every other, and one overlay; Ed25519 is what all of them verify. */
static const char *
backend_name(size_t i)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    return i < num ? names[i] : NULL;
}

/* ---- blocking sockets, a thread for the server ---- */

struct server {
    SSL_CTX *ctx;
    int fd;
    bool good;
};

/* Echoes BULK bytes, then answers the client's close_notify. */
static void *
serve(void *argument)
{
    struct server *s = argument;
    uint8_t *data = malloc(BULK);
    SSL *ssl = SSL_new(s->ctx);
    size_t got = 0, n;
    s->good = SSL_set_fd(ssl, s->fd) == 1 && SSL_accept(ssl) == 1;
    while (s->good && got < BULK && SSL_read_ex(ssl, data + got, BULK - got, &n) == 1)
        got += n;
    s->good = s->good && got == BULK && SSL_write(ssl, data, BULK) == (int)BULK;
    s->good = s->good && SSL_read(ssl, data, 1) == 0 && SSL_get_error(ssl, 0) == SSL_ERROR_ZERO_RETURN;
    s->good = s->good && SSL_shutdown(ssl) == 1;
    SSL_free(ssl);
    free(data);
    return NULL;
}

static void
talk_blocking(SSL_CTX *client, SSL_CTX *server)
{
    int fd[2];
    size_t got = 0, n;
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    struct server s = {server, fd[1], false};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, serve, &s), 0);
    SSL *ssl = SSL_new(client);
    CU_ASSERT_EQUAL(SSL_set_fd(ssl, fd[0]), 1);
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(ssl, "localhost"), 1);
    CU_ASSERT_EQUAL(SSL_connect(ssl), 1);
    CU_ASSERT_EQUAL(SSL_get_verify_result(ssl), X509_V_OK);
    CU_ASSERT_EQUAL(SSL_write(ssl, sent, BULK), (int)BULK);
    memset(received, 0, sizeof received);
    while (got < BULK && SSL_read_ex(ssl, received + got, BULK - got, &n) == 1)
        got += n;
    CU_ASSERT_EQUAL(got, BULK);
    CU_ASSERT_EQUAL(memcmp(sent, received, BULK), 0);
    CU_ASSERT_EQUAL(SSL_shutdown(ssl), 0);
    CU_ASSERT_EQUAL(SSL_get_error(ssl, 0), SSL_ERROR_NONE);
    CU_ASSERT_EQUAL(SSL_shutdown(ssl), 1);
    CU_ASSERT_EQUAL(SSL_get_shutdown(ssl), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    CU_ASSERT_PTR_NULL(ssl->in.data); /* idle: no buffers */
    CU_ASSERT_PTR_NULL(ssl->out.data);
    SSL_free(ssl);
    pthread_join(thread, NULL);
    CU_ASSERT_TRUE(s.good);
    close(fd[0]);
    close(fd[1]);
}

/* ---- non-blocking sockets, one thread and poll ---- */

struct half {
    SSL *ssl;
    int fd;
    size_t put, got;
    bool done;
};

/* One call, as far as it goes; says in `events` what poll has to wait for. True when everything moved. */
static bool
go_on(struct half *h, uint8_t *into, short *events, bool *failed)
{
    int r = 1;
    *events = 0;
    while (r > 0 && (h->put < BULK || h->got < BULK)) {
        if (h->put < BULK) {
            r = SSL_write(h->ssl, sent + h->put, (int)(BULK - h->put));
            h->put += r > 0 ? (size_t)r : 0;
        }
        if (r > 0 || SSL_get_error(h->ssl, r) == SSL_ERROR_WANT_WRITE || h->put == BULK) {
            bool blocked = r <= 0;
            r = SSL_read(h->ssl, into + h->got, (int)(BULK - h->got) + 1);
            h->got += r > 0 ? (size_t)r : 0;
            if (blocked)
                *events |= POLLOUT;
        }
    }
    if (r <= 0) {
        int why = SSL_get_error(h->ssl, r);
        *events |= why == SSL_ERROR_WANT_READ ? POLLIN : why == SSL_ERROR_WANT_WRITE ? POLLOUT : 0;
        *failed = *events == 0;
    }
    return h->put == BULK && h->got == BULK;
}

static void
talk_polling(SSL_CTX *ctx[2])
{
    int fd[2], small = 4096;
    static uint8_t into[2][BULK + 1];
    struct half h[2];
    bool failed = false;
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    for (int i = 0; i < 2; i++) {
        (void)setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        CU_ASSERT_EQUAL(BIO_socket_nbio(fd[i], 1), 1);
        h[i] = (struct half){.ssl = SSL_new(ctx[i]), .fd = fd[i]};
        CU_ASSERT_EQUAL(SSL_set_fd(h[i].ssl, fd[i]), 1);
        SSL_set_mode(h[i].ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        memset(into[i], 0, sizeof into[i]);
    }
    SSL_set_connect_state(h[0].ssl);
    SSL_set_accept_state(h[1].ssl);
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(h[0].ssl, "localhost"), 1);
    for (unsigned turns = 0; !failed && !(h[0].done && h[1].done) && turns < 100000; turns++) {
        struct pollfd p[2] = {{.fd = fd[0]}, {.fd = fd[1]}};
        for (int i = 0; i < 2; i++)
            if (!h[i].done)
                h[i].done = go_on(&h[i], into[i], &p[i].events, &failed);
        if (!failed && !(h[0].done && h[1].done) && poll(p, 2, 10000) <= 0)
            failed = true; /* asleep although there is something to do */
    }
    CU_ASSERT_FALSE(failed);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_TRUE(h[i].done);
        CU_ASSERT_EQUAL(memcmp(into[i], sent, BULK), 0);
        SSL_free(h[i].ssl);
        close(fd[i]);
    }
}

/* ---- memory BIOs, moved by hand ---- */

static void
talk_memory(SSL_CTX *ctx[2])
{
    SSL *ssl[2] = {SSL_new(ctx[0]), SSL_new(ctx[1])};
    char text[32];
    int r[2] = {-1, -1};
    for (int i = 0; i < 2; i++)
        SSL_set_bio(ssl[i], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set1_host(ssl[0], "127.0.0.1");
    SSL_set_tlsext_host_name(ssl[0], "example.test");
    for (int turn = 0; turn < 8 && (r[0] != 1 || r[1] != 1); turn++) {
        int i = turn % 2;
        char wire[512];
        int n;
        r[i] = i == 0 ? SSL_connect(ssl[i]) : SSL_accept(ssl[i]);
        CU_ASSERT_TRUE(r[i] == 1 ||
                       (SSL_get_error(ssl[i], r[i]) == SSL_ERROR_WANT_READ && SSL_want(ssl[i]) == SSL_READING));
        while ((n = BIO_read(SSL_get_wbio(ssl[i]), wire, sizeof wire)) > 0)
            CU_ASSERT_EQUAL(BIO_write(SSL_get_rbio(ssl[1 - i]), wire, n), n);
    }
    CU_ASSERT_TRUE(r[0] == 1 && r[1] == 1);
    CU_ASSERT_STRING_EQUAL(SSL_get_servername(ssl[1], TLSEXT_NAMETYPE_host_name), "example.test");
    CU_ASSERT_EQUAL(SSL_write(ssl[0], "by hand", 7), 7);
    BIO *wire = SSL_get_wbio(ssl[0]);
    char *data;
    long len = BIO_get_mem_data(wire, &data);
    CU_ASSERT_TRUE(len > 7 && BIO_pending(wire) == (int)len);
    CU_ASSERT_EQUAL(BIO_write(SSL_get_rbio(ssl[1]), data, (int)len), (int)len);
    CU_ASSERT_EQUAL(SSL_read(ssl[1], text, sizeof text), 7);
    CU_ASSERT_EQUAL(memcmp(text, "by hand", 7), 0);
    CU_ASSERT_EQUAL(SSL_read(ssl[1], text, sizeof text), -1);
    CU_ASSERT_EQUAL(SSL_get_error(ssl[1], -1), SSL_ERROR_WANT_READ);
    SSL_free(ssl[0]);
    SSL_free(ssl[1]);
}

static void
test_every_pair_of_backends(void)
{
    size_t num = 0;
    pattern(sent, sizeof sent, 1);
    while (backend_name(num) != NULL)
        num++;
    CU_ASSERT_TRUE(num > 0);
    for (size_t c = 0; c < num; c++)
        for (size_t s = 0; s < num; s++) {
            SSL_CTX *ctx[2] = {make_ctx(TVT_CLIENT, backend_name(c), "ed25519"),
                               make_ctx(TVT_SERVER, backend_name(s), "ed25519")};
            CU_ASSERT_TRUE_FATAL(ctx[0] != NULL && ctx[1] != NULL);
            talk_blocking(ctx[0], ctx[1]);
            talk_polling(ctx);
            talk_memory(ctx);
            SSL_CTX_free(ctx[0]);
            SSL_CTX_free(ctx[1]);
        }
}

/* All backends of the build laid over each other, in both orders. */
static void
test_overlays(void)
{
    char forward[128] = "", backward[128] = "", old[128];
    for (size_t i = 0; backend_name(i) != NULL; i++) {
        (void)snprintf(forward + strlen(forward), sizeof forward - strlen(forward), "%s%s", i > 0 ? "+" : "",
                       backend_name(i));
        (void)snprintf(old, sizeof old, "%s%s%s", backend_name(i), i > 0 ? "+" : "", backward);
        memcpy(backward, old, sizeof old);
    }
    SSL_CTX *ctx[2] = {make_ctx(TVT_CLIENT, forward, "ed25519"), make_ctx(TVT_SERVER, backward, "ed25519")};
    CU_ASSERT_TRUE_FATAL(ctx[0] != NULL && ctx[1] != NULL);
    talk_blocking(ctx[0], ctx[1]);
    SSL_CTX_free(ctx[0]);
    SSL_CTX_free(ctx[1]);
}

/* ---- resumable at any byte ---- */

static void
test_byte_at_a_time(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    for (int i = 0; i < 2; i++) {
        d.tap[i].chunk = 1;
        d.tap[i].stutter = true;
    }
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    pattern(sent, 3000, 2);
    for (int from = 0; from < 2; from++) {
        CU_ASSERT_TRUE(duo_move(&d, from, sent, 3000));
        CU_ASSERT_EQUAL(SSL_key_update(d.ssl[from], SSL_KEY_UPDATE_REQUESTED), 1);
        CU_ASSERT_TRUE(duo_move(&d, from, sent, 100));
        CU_ASSERT_TRUE(duo_move(&d, 1 - from, sent, 100));
    }
    for (int i = 0; i < 2; i++)
        CU_ASSERT_TRUE(d.ssl[i]->in.data == NULL && d.ssl[i]->out.data == NULL);
    duo_close(&d);
}

/* Each flight leaves in one write, with a flush behind it. */
static void
test_flights(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL(d.tap[TVT_CLIENT].writes, 2); /* ClientHello; Finished */
    CU_ASSERT_EQUAL(d.tap[TVT_SERVER].writes, 1);
    CU_ASSERT_EQUAL(d.tap[TVT_CLIENT].flushes, 2);
    CU_ASSERT_EQUAL(d.tap[TVT_SERVER].flushes, 1);
    duo_close(&d);
}

/* ---- reading ---- */

static void
test_read_gathers(void)
{
    struct duo d;
    uint8_t into[16384];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    for (int i = 0; i < 11; i++)
        CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "0123456789", 10), 10);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], into, sizeof into), 10);
    SSL_set_read_ahead(d.ssl[1], 1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], into, sizeof into), 100);
    CU_ASSERT_EQUAL(SSL_has_pending(d.ssl[1]), 0);
    /* a small buffer: no record is taken from the transport that does not fit, except the rest of one */
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "0123456789", 10), 10);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], into, 4), 4);
    CU_ASSERT_EQUAL(SSL_pending(d.ssl[1]), 6);
    CU_ASSERT_EQUAL(SSL_has_pending(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_peek(d.ssl[1], into, sizeof into), 6);
    CU_ASSERT_EQUAL(memcmp(into, "456789", 6), 0);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], into, 6), 6);
    CU_ASSERT_EQUAL(memcmp(into, "456789", 6), 0);
    CU_ASSERT_EQUAL(SSL_pending(d.ssl[1]), 0);
    CU_ASSERT_TRUE(d.tap[1].len > 0);
    CU_ASSERT_EQUAL(SSL_peek(d.ssl[1], into, 3), 3);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], into, sizeof into), 10); /* what is held goes without asking the transport */
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], into, sizeof into), 10);
    duo_close(&d);
}

/* Whatever the sizes, a reader with room for a record leaves nothing behind that select() would not see. */
static void
test_nothing_stays_behind(void)
{
    struct duo d;
    static uint8_t into[16384];
    static const int sizes[][2] = {{16000, 384}, {16362, 22}, {16384, 1}, {10000, 6384}, {16340, 44}};
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    pattern(sent, 16384, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int total = 0, n;
        CU_ASSERT_EQUAL(SSL_write(d.ssl[0], sent, sizes[i][0]), sizes[i][0]);
        CU_ASSERT_EQUAL(SSL_write(d.ssl[0], sent, sizes[i][1]), sizes[i][1]);
        while (d.tap[1].len > 0 && (n = SSL_read(d.ssl[1], into, sizeof into)) > 0)
            total += n; /* select() says readable only while bytes are in the transport */
        CU_ASSERT_EQUAL(total, sizes[i][0] + sizes[i][1]);
        CU_ASSERT_EQUAL(SSL_has_pending(d.ssl[1]), 0);
    }
    duo_close(&d);
}

/* The client's Finished and its first request arrive together: the request stays where select() sees it. */
static void
test_handshake_reads_exactly(void)
{
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "first", 5), 5);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), 1);
    CU_ASSERT_TRUE(d.tap[1].len > 5);
    CU_ASSERT_EQUAL(SSL_has_pending(d.ssl[1]), 0);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), 5);
    duo_close(&d);
}

static void
test_implicit_handshake(void)
{
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", 1), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, 8), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[1], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", 1), 1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, 8), 1);
    CU_ASSERT_EQUAL(text[0], 'x');
    duo_close(&d);
}

/* Without AUTO_RETRY a record that carries no data ends the call. */
static void
test_no_auto_retry(void)
{
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    for (int automatic = 1; automatic >= 0; automatic--) {
        if (!automatic)
            (void)SSL_clear_mode(d.ssl[1], SSL_MODE_AUTO_RETRY);
        CU_ASSERT_EQUAL(SSL_key_update(d.ssl[0], SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "data", 4), 4);
        if (!automatic) {
            CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, 8), -1);
            CU_ASSERT_EQUAL(SSL_get_error(d.ssl[1], -1), SSL_ERROR_WANT_READ);
        }
        CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, 8), 4);
    }
    duo_close(&d);
}

/* ---- writing ---- */

static void
test_write_retries(void)
{
    struct duo d;
    static uint8_t copy[40000], into[65536];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    pattern(sent, 40000, 4);
    memcpy(copy, sent, 40000);
    d.tap[0].room = 20000; /* the second record gets stuck */
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], sent, 40000), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_WRITE);
    CU_ASSERT_EQUAL(SSL_want(d.ssl[0]), SSL_WRITING);
    d.tap[0].room = SIZE_MAX;
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], copy, 40000), -1); /* from another address */
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_BAD_WRITE_RETRY);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], sent, 39999), -1); /* less */
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_BAD_WRITE_RETRY);
    SSL_set_mode(d.ssl[0], SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], copy, 40000), 40000); /* neither did harm */
    size_t got = 0, n;
    while (SSL_read_ex(d.ssl[1], into + got, sizeof into - got, &n) == 1)
        got += n;
    CU_ASSERT_EQUAL(got, 40000);
    CU_ASSERT_EQUAL(memcmp(into, sent, 40000), 0);
    duo_close(&d);
}

static void
test_partial_writes(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    SSL_set_mode(d.ssl[0], SSL_MODE_ENABLE_PARTIAL_WRITE);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], sent, 40000), 16384);
    d.tap[0].room = 100;
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], sent, 40000), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_WRITE);
    d.tap[0].room = SIZE_MAX;
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], sent, 40000), 16384);
    CU_ASSERT_PTR_NULL(d.ssl[0]->out.data);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], sent, 0), 0);
    duo_close(&d);
}

/* ---- shutdown ---- */

static void
test_shutdown(void)
{
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "last", 4), 4);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 0);
    CU_ASSERT_EQUAL(SSL_get_shutdown(d.ssl[0]), SSL_SENT_SHUTDOWN);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", 1), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), -1); /* data wait: they are not lost */
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, 8), 4);
    CU_ASSERT_EQUAL(memcmp(text, "last", 4), 0);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, 8), 0);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[1], 0), SSL_ERROR_ZERO_RETURN);
    CU_ASSERT_EQUAL(SSL_get_shutdown(d.ssl[1]), SSL_RECEIVED_SHUTDOWN);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "after", 5), 5); /* the other direction is still open */
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, 8), 5);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, 8), 0);
    duo_close(&d);
}

static void
test_shutdown_waits(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    d.tap[0].room = 3;
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_WRITE);
    d.tap[0].room = SIZE_MAX;
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 0);
    duo_close(&d);
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    SSL_set_quiet_shutdown(d.ssl[0], 1);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(d.tap[1].len, 0);
    duo_close(&d);
}

/* ---- Nagle ---- */

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

static int
nodelay_of(int fd)
{
    int on = -1;
    socklen_t size = sizeof on;
    (void)getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size);
    return on != 0;
}

/* The program's own choice stands after the first write, whatever it is. */
static void
test_nodelay_restored(void)
{
    SSL_CTX *ctx[2] = {make_ctx(TVT_CLIENT, NULL, good_kind()), make_ctx(TVT_SERVER, NULL, good_kind())};
    CU_ASSERT_TRUE_FATAL(ctx[0] != NULL && ctx[1] != NULL);
    for (int choice = 0; choice < 2; choice++) {
        int fd[2];
        tcp_pair(fd);
        SSL *ssl[2] = {SSL_new(ctx[0]), SSL_new(ctx[1])};
        for (int i = 0; i < 2; i++) {
            CU_ASSERT_EQUAL(BIO_socket_nbio(fd[i], 1), 1);
            CU_ASSERT_EQUAL(SSL_set_fd(ssl[i], fd[i]), 1);
        }
        CU_ASSERT_EQUAL(BIO_set_tcp_ndelay(fd[0], choice), 1);
        CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(ssl[0], "localhost"), 1);
        int r[2] = {-1, -1};
        for (int turn = 0; turn < 1000 && (r[0] != 1 || r[1] != 1); turn++) {
            r[0] = SSL_connect(ssl[0]);
            r[1] = SSL_accept(ssl[1]);
            (void)poll(NULL, 0, 1);
        }
        CU_ASSERT_TRUE(r[0] == 1 && r[1] == 1);
        CU_ASSERT_TRUE(ssl[0]->spoke_last);
        CU_ASSERT_FALSE(ssl[1]->spoke_last);
        CU_ASSERT_EQUAL(nodelay_of(fd[0]), choice);
        CU_ASSERT_EQUAL(SSL_write(ssl[0], "GET", 3), 3);
        CU_ASSERT_FALSE(ssl[0]->spoke_last);
        CU_ASSERT_EQUAL(nodelay_of(fd[0]), choice);
        for (int i = 0; i < 2; i++) {
            SSL_free(ssl[i]);
            CU_ASSERT_NOT_EQUAL(fcntl(fd[i], F_GETFD), -1); /* SSL_set_fd: it stays the caller's */
            close(fd[i]);
        }
    }
    SSL_CTX_free(ctx[0]);
    SSL_CTX_free(ctx[1]);
}

/* ---- what the system does ---- */

/* The peer is gone: a failed call, and no signal. */
static void
test_no_sigpipe(void)
{
    int fd[2], r[2] = {-1, -1};
    SSL_CTX *ctx[2] = {make_ctx(TVT_CLIENT, NULL, good_kind()), make_ctx(TVT_SERVER, NULL, good_kind())};
    CU_ASSERT_TRUE_FATAL(ctx[0] != NULL && ctx[1] != NULL);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    SSL *ssl[2] = {SSL_new(ctx[0]), SSL_new(ctx[1])};
    for (int i = 0; i < 2; i++)
        CU_ASSERT_TRUE(BIO_socket_nbio(fd[i], 1) == 1 && SSL_set_fd(ssl[i], fd[i]) == 1);
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(ssl[0], "localhost"), 1);
    for (int turn = 0; turn < 4; turn++) {
        r[0] = SSL_connect(ssl[0]);
        r[1] = SSL_accept(ssl[1]);
    }
    CU_ASSERT_TRUE(r[0] == 1 && r[1] == 1);
    close(fd[1]);
    CU_ASSERT_EQUAL(SSL_write(ssl[0], "x", 1), -1);
    CU_ASSERT_EQUAL(errno, EPIPE);
    CU_ASSERT_EQUAL(SSL_get_error(ssl[0], -1), SSL_ERROR_SYSCALL);
    for (int i = 0; i < 2; i++) {
        SSL_free(ssl[i]);
        SSL_CTX_free(ctx[i]);
    }
    close(fd[0]);
}

static void
put_back(const char *name, char *old)
{
    CU_ASSERT_EQUAL(old != NULL ? setenv(name, old, 1) : unsetenv(name), 0);
    free(old);
}

static void
test_default_paths(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    const char *file = getenv("SSL_CERT_FILE"), *directory = getenv("SSL_CERT_DIR");
    char *old_file = file != NULL ? strdup(file) : NULL, *old_directory = directory != NULL ? strdup(directory) : NULL;
    CU_ASSERT_EQUAL(setenv("SSL_CERT_DIR", "", 1), 0);
    CU_ASSERT_EQUAL(setenv("SSL_CERT_FILE", pki("ec256/root.pem"), 1), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_default_verify_paths(ctx), 1);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(ctx, pki("ed25519/root.pem")), 1);
    CU_ASSERT_EQUAL(tvt_trust_store_count(ctx->config->trust), 2);
    CU_ASSERT_EQUAL(setenv("SSL_CERT_FILE", pki("none.pem"), 1), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_default_verify_paths(ctx), 0);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_NO_SYSTEM_STORE);
    CU_ASSERT_EQUAL(tvt_trust_store_count(ctx->config->trust), 2);
    put_back("SSL_CERT_FILE", old_file);
    put_back("SSL_CERT_DIR", old_directory);
    SSL_CTX_free(ctx);
}

int tvt_register_ssl(void);

int
tvt_register_ssl(void)
{
    static CU_TestInfo tests[] = {
        {"every pair of backends, over sockets and memory", test_every_pair_of_backends},
        {"backends laid over each other", test_overlays},
        {"one byte at a time", test_byte_at_a_time},
        {"one write for each flight", test_flights},
        {"reading gathers records", test_read_gathers},
        {"nothing stays behind", test_nothing_stays_behind},
        {"the handshake reads no further than itself", test_handshake_reads_exactly},
        {"reading and writing shake hands", test_implicit_handshake},
        {"without AUTO_RETRY", test_no_auto_retry},
        {"writes that are repeated", test_write_retries},
        {"partial writes", test_partial_writes},
        {"shutdown", test_shutdown},
        {"shutdown that waits, and quiet shutdown", test_shutdown_waits},
        {"TCP_NODELAY is restored", test_nodelay_restored},
        {"a peer that is gone", test_no_sigpipe},
        {"the system's root certificates", test_default_paths},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {.pName = "SSL over transports", .pTests = tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
