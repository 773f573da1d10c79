/* SPDX-License-Identifier: MIT
 *
 * SSL_connect(3), sentence by sentence: what each one promises, on the channel that it speaks of.
 */
#define _GNU_SOURCE
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int tvt_register_ssl_page(void);

static void
check_failure(SSL *ssl, int r, int result, int why)
{
    CU_ASSERT_EQUAL(r, result);
    CU_ASSERT_EQUAL(SSL_get_error(ssl, r), why);
}

static void
make_pair(int fd[2], bool nonblocking)
{
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | (nonblocking ? SOCK_NONBLOCK : 0), 0, fd), 0);
}

/* ---- "The communication channel must already have been set and assigned to the ssl" ---- */

static bool
names(const SSL *ssl, const char *call)
{
    const struct tvt_error *e = SSL_get0_error_record(ssl);
    return e->code == TVT_E_WRONG_CALL && strstr(e->detail, call) != NULL;
}

static void
test_channel_must_be_set(void)
{
    SSL_CTX *ctx = make_ctx(TVT_CLIENT, NULL, good_kind());
    SSL *ssl = SSL_new(ctx);
    char c;
    CU_ASSERT_PTR_NOT_NULL_FATAL(ssl);
    for (int i = 0; i < 2; i++) { /* and it may be set then */
        check_failure(ssl, SSL_connect(ssl), -1, SSL_ERROR_SSL);
        CU_ASSERT_TRUE(names(ssl, "SSL_set_fd()") && names(ssl, "SSL_set_bio()"));
        check_failure(ssl, SSL_read(ssl, &c, 1), -1, SSL_ERROR_SSL);
        check_failure(ssl, SSL_write(ssl, "x", 1), -1, SSL_ERROR_SSL);
    }
    SSL_free(ssl);
    ssl = SSL_new(ctx); /* one direction is not enough */
    SSL_set0_rbio(ssl, BIO_new(BIO_s_mem()));
    check_failure(ssl, SSL_connect(ssl), -1, SSL_ERROR_SSL);
    CU_ASSERT_TRUE(names(ssl, "SSL_set_bio()"));
    SSL_set0_wbio(ssl, BIO_new(BIO_s_mem()));
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(ssl, "localhost"), 1);
    check_failure(ssl, SSL_connect(ssl), -1, SSL_ERROR_WANT_READ);
    SSL_free(ssl);
    ssl = SSL_new(ctx); /* no role */
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    check_failure(ssl, SSL_do_handshake(ssl), -1, SSL_ERROR_SSL);
    CU_ASSERT_TRUE(names(ssl, "SSL_set_connect_state()") && names(ssl, "SSL_set_accept_state()"));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* ---- "If the underlying BIO is blocking, SSL_connect() will only return once the handshake has been finished or an error
 * occurred." ---- */

struct slow_server {
    SSL_CTX *ctx;
    int fd;
    pthread_t client;
    bool breaks; /* off, with an alert, in the middle */
};

static void
sleep_ms(long ms)
{
    struct timespec t = {.tv_nsec = ms * 1000000};
    (void)nanosleep(&t, NULL);
}

/* In pieces of 199 bytes, each behind a while and a signal that interrupts the system call of the client. */
static void
send_slowly(const struct slow_server *s, const uint8_t *bytes, size_t len)
{
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 80};
    for (size_t i = 0; i < len; i += 199) {
        sleep_ms(2);
        (void)pthread_kill(s->client, SIGUSR1);
        sleep_ms(2);
        CU_ASSERT_TRUE(write(s->fd, bytes + i, len - i < 199 ? len - i : 199) > 0);
    }
    if (s->breaks)
        CU_ASSERT_EQUAL(write(s->fd, alert, sizeof alert), sizeof alert);
}

static void *
serve_slowly(void *user)
{
    const struct slow_server *s = user;
    static uint8_t bytes[16384];
    SSL *ssl = SSL_new(s->ctx);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    ssize_t n;
    int r = -1;
    while (r != 1 && (n = read(s->fd, bytes, sizeof bytes)) > 0) {
        (void)BIO_write(in, bytes, (int)n);
        r = SSL_accept(ssl);
        int len = BIO_read(out, bytes, sizeof bytes);
        if (len > 0)
            send_slowly(s, bytes,
                        s->breaks ? 5 + (size_t)(bytes[3] << 8 | bytes[4]) : (size_t)len); /* ServerHello alone */
    }
    SSL_free(ssl);
    return NULL;
}

static void
interrupted(int number)
{
    (void)number;
}

static void
test_blocking(void)
{
    struct sigaction action = {.sa_handler = interrupted}, before; /* system calls are not restarted */
    CU_ASSERT_EQUAL(sigaction(SIGUSR1, &action, &before), 0);
    for (int breaks = 0; breaks < 2; breaks++) {
        struct slow_server s = {.client = pthread_self(), .breaks = breaks == 1};
        SSL_CTX *ctx = make_ctx(TVT_CLIENT, NULL, good_kind());
        pthread_t thread;
        int fd[2];
        s.ctx = make_ctx(TVT_SERVER, NULL, good_kind());
        make_pair(fd, false);
        s.fd = fd[1];
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, serve_slowly, &s), 0);
        SSL *ssl = SSL_new(ctx);
        CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(ssl, "localhost"), 1);
        CU_ASSERT_EQUAL(SSL_set_fd(ssl, fd[0]), 1);
        int r = SSL_connect(ssl); /* once */
        check_failure(ssl, r, breaks ? -1 : 1, breaks ? SSL_ERROR_SSL : SSL_ERROR_NONE);
        (void)shutdown(fd[0], SHUT_RDWR);
        (void)pthread_join(thread, NULL);
        SSL_free(ssl);
        SSL_CTX_free(ctx);
        SSL_CTX_free(s.ctx);
        close(fd[0]);
        close(fd[1]);
    }
    CU_ASSERT_EQUAL(sigaction(SIGUSR1, &before, NULL), 0);
}

/* ---- "If the underlying BIO is nonblocking ... -1 ... SSL_ERROR_WANT_READ or SSL_ERROR_WANT_WRITE. The calling process then
 * must repeat the call after taking appropriate action" ---- */

static void
test_nonblocking(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    for (unsigned room = 0; room < 3;
         room++) { /* repeated without that action: the same answer, and nothing is harmed */
        d.tap[0].room = room == 2 ? SIZE_MAX : room;
        for (int again = 0; again < 3; again++) {
            int wants = room == 2 ? SSL_ERROR_WANT_READ : SSL_ERROR_WANT_WRITE;
            check_failure(d.ssl[0], SSL_connect(d.ssl[0]), -1, wants);
            CU_ASSERT_EQUAL(SSL_want(d.ssl[0]), room == 2 ? SSL_READING : SSL_WRITING);
            CU_ASSERT_EQUAL(SSL_in_init(d.ssl[0]), 1);
            CU_ASSERT_EQUAL(ERR_peek_error(), 0);
        }
    }
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 1), SSL_ERROR_NONE);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1); /* done is done */
    duo_close(&d);
}

/* ---- "When using a nonblocking socket, nothing is to be done, but select() can be used to check for the required
 * condition." ---- */

struct party {
    SSL *ssl;
    int fd, r;
};

/* Calls one end when poll() says what it asked for, and never otherwise. False: poll() knows of nothing. */
static bool
turn(struct party *p, int (*call)(SSL *ssl))
{
    struct pollfd f = {.fd = p->fd};
    int why = SSL_get_error(p->ssl, p->r);
    f.events = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
    if (poll(&f, 1, 0) != 1)
        return false;
    p->r = call(p->ssl);
    return true;
}

static void
open_party(struct party *p, SSL_CTX *ctx, int fd)
{
    p->ssl = SSL_new(ctx);
    p->fd = fd;
    CU_ASSERT_PTR_NOT_NULL_FATAL(p->ssl);
    CU_ASSERT_EQUAL(SSL_set_fd(p->ssl, fd), 1);
}

/* Two ends over nonblocking sockets, shaken hands by poll() alone. */
static void
connect_by_poll(struct party p[2], SSL_CTX *ctx[2], bool small)
{
    int fd[2], size = 1;
    bool moves = true;
    make_pair(fd, true);
    for (int i = 0; i < 2; i++) {
        ctx[i] = make_ctx(i, NULL, good_kind());
        if (small) /* the smallest that there is: a flight does not fit */
            CU_ASSERT_EQUAL(setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
        open_party(&p[i], ctx[i], fd[i]);
    }
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(p[0].ssl, "localhost"), 1);
    p[0].r = SSL_connect(p[0].ssl);
    p[1].r = SSL_accept(p[1].ssl);
    while (moves && (p[0].r != 1 || p[1].r != 1)) {
        moves = p[0].r != 1 && turn(&p[0], SSL_connect);
        moves = (p[1].r != 1 && turn(&p[1], SSL_accept)) || moves;
    }
    CU_ASSERT_TRUE(p[0].r == 1 && p[1].r == 1);
}

static void
close_parties(struct party p[2], SSL_CTX *ctx[2])
{
    for (int i = 0; i < 2; i++) {
        SSL_free(p[i].ssl);
        SSL_CTX_free(ctx[i]);
        close(p[i].fd);
    }
}

/* The reader is called once each time that poll() calls, and asks nobody what is held: all of it arrives. */
static void
move_by_poll(struct party p[2], size_t record, size_t ask)
{
    static uint8_t data[60000], back[60000];
    size_t sent = 0, got = 0;
    pattern(data, sizeof data, (unsigned)(record + ask));
    for (bool moves = true; moves && got < sizeof data;) {
        struct pollfd out = {.fd = p[1].fd, .events = POLLOUT}, in = {.fd = p[0].fd, .events = POLLIN};
        size_t n = sizeof data - sent < record ? sizeof data - sent : record;
        moves = false;
        if (sent < sizeof data && poll(&out, 1, 0) == 1) {
            int r = SSL_write(p[1].ssl, data + sent, (int)n);
            sent += r > 0 ? (size_t)r : 0;
            moves = true;
        }
        if (poll(&in, 1, 0) == 1) {
            size_t room = sizeof back - got < ask ? sizeof back - got : ask;
            int r = SSL_read(p[0].ssl, back + got, (int)room);
            if (r <= 0)
                check_failure(p[0].ssl, r, -1, SSL_ERROR_WANT_READ);
            got += r > 0 ? (size_t)r : 0;
            while ((r = SSL_pending(p[0].ssl)) > 0) /* what of an opened record did not fit, and nothing else */
                got += (size_t)SSL_read(p[0].ssl, back + got, r);
            moves = true;
        }
    }
    CU_ASSERT_EQUAL(got, sizeof data);
    CU_ASSERT_EQUAL(memcmp(data, back, sizeof data), 0);
}

static void
test_select_suffices(void)
{
    static const size_t sizes[] = {1, 50, 1000, 16384, 20000};
    for (int small = 0; small < 2; small++) {
        struct party p[2];
        SSL_CTX *ctx[2];
        connect_by_poll(p, ctx, small == 1);
        for (size_t i = 1; i < 5; i++)
            for (size_t k = 1; k < 5; k++)
                move_by_poll(p, sizes[i], sizes[k]);
        close_parties(p, ctx);
    }
}

/* What comes in one segment behind data, a close_notify of a peer that then waits for ours, poll() still tells of. */
static void
test_select_sees_the_close(void)
{
    for (int ahead = 0; ahead < 2; ahead++) {
        struct party p[2];
        SSL_CTX *ctx[2];
        uint8_t out[16384];
        connect_by_poll(p, ctx, false);
        SSL_set_read_ahead(p[0].ssl, ahead);
        CU_ASSERT_EQUAL(SSL_get_read_ahead(p[0].ssl), ahead);
        CU_ASSERT_EQUAL(SSL_write(p[1].ssl, "hello", 5), 5);
        CU_ASSERT_EQUAL(SSL_shutdown(p[1].ssl), 0);
        struct pollfd in = {.fd = p[0].fd, .events = POLLIN};
        CU_ASSERT_EQUAL_FATAL(poll(&in, 1, 0), 1);
        CU_ASSERT_EQUAL(SSL_read(p[0].ssl, out, sizeof out), 5);
        CU_ASSERT_EQUAL(SSL_pending(p[0].ssl), 0);
        CU_ASSERT_EQUAL(poll(&in, 1, 0) == 1, ahead == 0);
        CU_ASSERT_EQUAL(SSL_has_pending(p[0].ssl), ahead); /* who asked for read-ahead asks here, too */
        CU_ASSERT_EQUAL(SSL_read(p[0].ssl, out, sizeof out), 0);
        CU_ASSERT_EQUAL(SSL_get_error(p[0].ssl, 0), SSL_ERROR_ZERO_RETURN);
        close_parties(p, ctx);
    }
}

/* SSL_read() fills the caller's buffer from every complete record that is held; what it leaves is told by SSL_pending(), which
 * no partial record adds to: with a transport that has nothing more, exactly that much can be read. */
static void
test_pending(void)
{
    static const size_t asks[] = {1, 3, 7, 40, 16384};
    static uint8_t data[16384], out[16384], late[2048];
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    SSL_set_read_ahead(d.ssl[0], 1); /* else nothing is held behind a record */
    for (unsigned cut = 0; cut < 120; cut += 7)
        for (size_t a = 0; a < 5; a++) {
            size_t whole = d.tap[1].total, n;
            for (size_t len = 1; len <= 9; len += 4) /* records of 1, 5 and 9 bytes */
                CU_ASSERT_EQUAL(SSL_write(d.ssl[1], data, (int)len), (int)len);
            whole = d.tap[1].total - whole;
            size_t hidden = cut < whole ? whole - cut : 0; /* of the wire's bytes, that come later */
            CU_ASSERT_TRUE_FATAL(hidden <= sizeof late);   /* tickets go before the first record */
            d.tap[0].len -= hidden;
            memcpy(late, d.tap[0].bytes + d.tap[0].len, hidden);
            for (int r = 1; r > 0;) {
                r = SSL_read(d.ssl[0], out, (int)asks[a]);
                n = (size_t)SSL_pending(d.ssl[0]);
                size_t came = d.tap[0].len;
                d.tap[0].len = 0; /* nothing more for now */
                int p = SSL_peek(d.ssl[0], out, sizeof out);
                CU_ASSERT_EQUAL(p > 0 ? (size_t)p : 0, n);
                d.tap[0].len = came;
            }
            CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
            memcpy(d.tap[0].bytes + d.tap[0].len, late, hidden);
            d.tap[0].len += hidden;
            while (SSL_read(d.ssl[0], out, sizeof out) > 0)
                continue;
        }
    /* every complete record, in one call */
    for (size_t len = 1; len <= 9; len += 4)
        CU_ASSERT_EQUAL(SSL_write(d.ssl[1], data, (int)len), (int)len);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], out, sizeof out), 15);
    CU_ASSERT_EQUAL(SSL_pending(d.ssl[0]), 0);
    duo_close(&d);
}

/* ---- "When using a buffering BIO, like a BIO pair, data must be written into or retrieved out of the BIO before being able to
 * continue." ---- */

static void
test_buffering_bio(void)
{
    enum { SIZE = 100 };
    SSL_CTX *ctx[2] = {make_ctx(TVT_CLIENT, NULL, good_kind()), make_ctx(TVT_SERVER, NULL, good_kind())};
    BIO *near[2], *far[2];
    SSL *ssl[2];
    int r[2] = {-1, -1};
    unsigned retrieved = 0, written = 0;
    char bytes[SIZE];
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&near[i], SIZE, &far[i], SIZE), 1);
        ssl[i] = SSL_new(ctx[i]);
        SSL_set_bio(ssl[i], near[i], near[i]);
    }
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(ssl[0], "localhost"), 1);
    for (int turns = 0; turns < 1000 && (r[0] != 1 || r[1] != 1); turns++) {
        int i = turns % 2;
        for (int again = 0; again < 2 && r[i] != 1; again++) { /* in vain the second time */
            int before = (int)BIO_pending(far[i]);
            r[i] = i == 0 ? SSL_connect(ssl[0]) : SSL_accept(ssl[1]);
            CU_ASSERT_TRUE(again == 0 || BIO_pending(far[i]) == before);
        }
        int why = SSL_get_error(ssl[i], r[i]);
        if (why == SSL_ERROR_WANT_WRITE)
            CU_ASSERT_EQUAL(BIO_pending(far[i]), SIZE); /* it is full */
        if (why == SSL_ERROR_WANT_READ)
            CU_ASSERT_TRUE(BIO_ctrl_get_read_request(far[i]) > 0); /* it is empty, and asks */
        int n =
            BIO_read(far[i], bytes, (int)BIO_ctrl_get_write_guarantee(far[1 - i])); /* retrieved, and written there */
        retrieved += why == SSL_ERROR_WANT_WRITE;
        written += why == SSL_ERROR_WANT_READ;
        if (n > 0)
            CU_ASSERT_EQUAL(BIO_write(far[1 - i], bytes, n), n);
    }
    CU_ASSERT_TRUE(r[0] == 1 && r[1] == 1);
    CU_ASSERT_TRUE(retrieved > 3 && written > 0);
    for (int i = 0; i < 2; i++) {
        SSL_free(ssl[i]);
        (void)BIO_free(far[i]);
        SSL_CTX_free(ctx[i]);
    }
}

/* ---- "The helper function BIO_set_tcp_ndelay() can be used to turn on or off the TCP_NODELAY option." ---- */

static int
nodelay_of(int fd)
{
    int on = -1;
    socklen_t size = sizeof on;
    CU_ASSERT_EQUAL(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    return on != 0;
}

static void
test_nodelay(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    CU_ASSERT_EQUAL(SSL_set_fd(ssl, fd), 1);
    CU_ASSERT_EQUAL(nodelay_of(fd), 0); /* the system's default stands */
    CU_ASSERT_TRUE(BIO_set_tcp_ndelay(fd, 1));
    CU_ASSERT_EQUAL(nodelay_of(fd), 1);
    CU_ASSERT_TRUE(BIO_set_tcp_ndelay(fd, 0)); /* "turning it back on again later" */
    CU_ASSERT_EQUAL(nodelay_of(fd), 0);
    close(fd);
    CU_ASSERT_FALSE(BIO_set_tcp_ndelay(fd, 1));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* ---- "The following return values can occur" ---- */

/* "0: not successful but was shut down controlled and by the specifications of the TLS/SSL protocol": close_notify, of a client
 * or a server, before or within the handshake, in both calls. */
static void
test_zero(void)
{
    static const uint8_t close_notify[] = {21, 3, 3, 0, 2, 1, 0};
    for (int role = 0; role < 2; role++)
        for (int implicit = 0; implicit < 4; implicit++) {
            struct duo d;
            char c;
            CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
            if (role == 0)
                CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
            duo_inject(&d, role, close_notify, sizeof close_notify);
            int r = implicit == 0   ? SSL_do_handshake(d.ssl[role])
                    : implicit == 1 ? SSL_read(d.ssl[role], &c, 1)
                    : implicit == 2 ? SSL_write(d.ssl[role], "x", 1)
                                    : SSL_peek(d.ssl[role], &c, 1);
            check_failure(d.ssl[role], r, 0, SSL_ERROR_ZERO_RETURN);
            CU_ASSERT_EQUAL(SSL_get_shutdown(d.ssl[role]) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
            CU_ASSERT_EQUAL(SSL_is_init_finished(d.ssl[role]), 0);
            duo_close(&d);
        }
}

/* "1: The TLS/SSL handshake was successfully completed, a TLS/SSL connection has been established." */
static void
test_one(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(SSL_is_init_finished(d.ssl[role]), 1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[role], 1), SSL_ERROR_NONE);
        CU_ASSERT_TRUE(duo_move(&d, role, "data", 4));
    }
    CU_ASSERT_EQUAL(SSL_get_verify_result(d.ssl[0]), X509_V_OK);
    duo_close(&d);
}

/* "<0: a fatal error occurred ... at the protocol level": an alert received, by either side, and one sent, which the other side
 * then receives. Both stay what they are when the call is repeated. */
static void
test_protocol_error(void)
{
    static const uint8_t fatal[] = {21, 3, 3, 0, 2, 2, 47}, nonsense[] = {22, 3, 3, 0, 4, 99, 0, 0, 0};
    for (int role = 0; role < 2; role++)
        for (int sent = 0; sent < 2; sent++) {
            struct duo d;
            CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
            CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
            d.tap[1].len = 0;
            duo_inject(&d, role, sent ? nonsense : fatal, sent ? sizeof nonsense : sizeof fatal);
            for (int i = 0; i < 3; i++) {
                check_failure(d.ssl[role], SSL_do_handshake(d.ssl[role]), -1, SSL_ERROR_SSL);
                CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[role])->origin, sent ? TVT_ORIGIN_LOCAL : TVT_ORIGIN_PEER);
            }
            if (sent) {
                check_failure(d.ssl[1 - role], SSL_do_handshake(d.ssl[1 - role]), -1, SSL_ERROR_SSL);
                CU_ASSERT_EQUAL(code_of(d.ssl[1 - role]), TVT_E_PEER_ALERT);
                CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[1 - role])->alert, 10); /* unexpected_message */
            } else {
                CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[role])->alert, 47);
                CU_ASSERT_EQUAL(d.tap[1 - role].len, 0); /* an alert is not answered */
            }
            duo_close(&d);
        }
}

/* "<0: ... or a connection failure occurred. The shutdown was not clean.": the end of the transport, and a failed system call,
 * whose errno is there when the call returns. */
static void
test_connection_failure(void)
{
    for (int role = 0; role < 2; role++) {
        struct duo d;
        CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
        d.tap[role].eof = true;
        for (int i = 0; i < 2; i++) {
            ERR_clear_error();
            check_failure(d.ssl[role], SSL_do_handshake(d.ssl[role]), -1, SSL_ERROR_SSL);
            if (i == 0)
                CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_UNEXPECTED_EOF_WHILE_READING);
        }
        CU_ASSERT_TRUE_FATAL(duo_again(&d));
        d.tap[role].read_errno = ETIMEDOUT;
        for (int i = 0; i < 2; i++) {
            errno = EAGAIN;
            check_failure(d.ssl[role], SSL_do_handshake(d.ssl[role]), -1, SSL_ERROR_SYSCALL);
            CU_ASSERT_EQUAL(errno, ETIMEDOUT);
            CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[role])->native, ETIMEDOUT);
        }
        duo_close(&d);
    }
}

/* "Call SSL_get_error() with the return value ret to find out the reason": of this SSL, and of its last call. */
static void
test_reason(void)
{
    struct duo d, other;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()) && duo_open(&other, good_kind()));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    other.tap[0].eof = true;
    CU_ASSERT_EQUAL(SSL_connect(other.ssl[0]), -1); /* leaves entries in the view of the thread */
    CU_ASSERT_NOT_EQUAL(ERR_peek_error(), 0);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_get_error(other.ssl[0], -1), SSL_ERROR_SSL);
    ERR_clear_error(); /* and without them */
    CU_ASSERT_EQUAL(SSL_get_error(other.ssl[0], -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 1), SSL_ERROR_NONE);
    duo_close(&d);
    duo_close(&other);
}

int
tvt_register_ssl_page(void)
{
    static CU_TestInfo tests[] = {{"the channel must have been set", test_channel_must_be_set},
                                  {"blocking: once finished or failed", test_blocking},
                                  {"nonblocking: -1, WANT_READ or WANT_WRITE, repeated", test_nonblocking},
                                  {"a socket: select() can be used", test_select_suffices},
                                  {"a close_notify behind data", test_select_sees_the_close},
                                  {"SSL_pending and what is held", test_pending},
                                  {"a buffering BIO: the caller moves the data", test_buffering_bio},
                                  {"BIO_set_tcp_ndelay()", test_nodelay},
                                  {"0: shut down controlled", test_zero},
                                  {"1: established", test_one},
                                  {"<0: at the protocol level", test_protocol_error},
                                  {"<0: a connection failure", test_connection_failure},
                                  {"SSL_get_error() finds the reason", test_reason},
                                  CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{"SSL_connect(3)", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return (int)CU_register_suites(suites);
}
