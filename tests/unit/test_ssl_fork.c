/* SPDX-License-Identifier: MIT
 *
 * fork(): parent and children draw different random bytes, keys and tickets from one SSL_CTX, none of them sends what another
 * one had to say, and 0-RTT is taken once.
 */
#define _GNU_SOURCE
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int tvt_register_ssl_fork(void);

/* What a child finds is told through a pipe; its own assertions would count nowhere. */
static bool
send_all(int fd, const void *bytes, size_t len)
{
    return write(fd, bytes, len) == (ssize_t)len;
}

static bool
take_all(int fd, void *bytes, size_t len)
{
    size_t got = 0;
    for (ssize_t n = 1; got < len && n > 0; got += n > 0 ? (size_t)n : 0)
        n = read(fd, (char *)bytes + got, len - got);
    return got == len;
}

static void
expect_good_end(pid_t child)
{
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- what is drawn ---- */

#define NUM_VALUES   8
#define NUM_SAMPLES  24 /* of each process: more than what is drawn ahead at a time */
#define NUM_CHILDREN 2

static const char *const value_names[NUM_VALUES] = {"client random", "session id", "client share", "server random",
                                                    "server share",  "exporter",   "ticket",       "RAND_bytes"};

struct sample {
    uint8_t value[NUM_VALUES][32];
};

/* The X25519 share of a hello. */
static bool
find_share(uint8_t out[32], const struct tap *wire)
{
    static const uint8_t entry[] = {0x00, 0x1d, 0x00, 0x20};
    const uint8_t *at = memmem(wire->bytes, wire->len, entry, sizeof entry);
    if (at == NULL || at + 36 > wire->bytes + wire->len)
        return false;
    memcpy(out, at + 4, 32);
    return true;
}

static bool
draw(struct duo *d, struct sample *s)
{
    const unsigned char *ticket;
    size_t len;
    int r[2];
    if (!duo_again(d) || SSL_connect(d->ssl[0]) != -1)
        return false;
    memcpy(s->value[0], d->tap[1].bytes + 11, 32);
    memcpy(s->value[1], d->tap[1].bytes + 44, 32);
    if (!find_share(s->value[2], &d->tap[1]) || SSL_accept(d->ssl[1]) != -1 || !find_share(s->value[4], &d->tap[0]))
        return false;
    memcpy(s->value[3], d->tap[0].bytes + 11, 32);
    if (!duo_handshake(d, r) || !duo_first_word(d) ||
        SSL_export_keying_material(d->ssl[0], s->value[5], 32, "EXPERIMENTAL", 12, NULL, 0, 0) != 1)
        return false;
    SSL_SESSION_get0_ticket(SSL_get_session(d->ssl[0]), &ticket, &len);
    if (ticket == NULL || len < 64)
        return false;
    memcpy(s->value[6], ticket + len / 2 - 16, 32); /* behind the name of its key */
    return RAND_bytes(s->value[7], 32) == 1;
}

static bool
draw_all(struct duo *d, struct sample *s)
{
    for (int i = 0; i < NUM_SAMPLES; i++)
        if (!draw(d, &s[i]))
            return false;
    return true;
}

static void
expect_different(const struct sample *s, size_t num)
{
    for (int v = 0; v < NUM_VALUES; v++) {
        unsigned same = 0;
        for (size_t i = 0; i < num; i++)
            for (size_t k = 0; k < i; k++)
                same += memcmp(s[i].value[v], s[k].value[v], 32) == 0;
        CU_ASSERT_EQUAL(same, 0);
        if (same > 0)
            printf("\n    %s: %u times the same", value_names[v], same);
    }
}

/* The SSL_CTXs were made, and have served, before the fork. */
static void
forked(struct duo *d)
{
    static struct sample samples[(NUM_CHILDREN + 1) * NUM_SAMPLES];
    static SSL_SESSION *session;
    int pipes[NUM_CHILDREN][2], r[2];
    pid_t child[NUM_CHILDREN];
    CU_ASSERT_TRUE_FATAL(draw(d, &samples[0]) && draw(d, &samples[0]));
    for (int i = 0; i < NUM_CHILDREN; i++) {
        CU_ASSERT_EQUAL_FATAL(pipe(pipes[i]), 0);
        child[i] = fork();
        if (child[i] == 0) {
            unsigned char bytes[4096], *p = bytes;
            bool good = draw_all(d, samples) && send_all(pipes[i][1], samples, NUM_SAMPLES * sizeof samples[0]);
            int len = i2d_SSL_SESSION(SSL_get_session(d->ssl[0]), &p);
            good =
                good && len > 0 && send_all(pipes[i][1], &len, sizeof len) && send_all(pipes[i][1], bytes, (size_t)len);
            _exit(good ? 0 : 1);
        }
        CU_ASSERT_TRUE_FATAL(child[i] > 0);
        close(pipes[i][1]);
    }
    CU_ASSERT_TRUE(draw_all(d, samples));
    for (int i = 0; i < NUM_CHILDREN; i++) {
        unsigned char bytes[4096];
        const unsigned char *p = bytes;
        int len = 0;
        CU_ASSERT_TRUE(take_all(pipes[i][0], &samples[(i + 1) * NUM_SAMPLES], NUM_SAMPLES * sizeof samples[0]));
        CU_ASSERT_TRUE(take_all(pipes[i][0], &len, sizeof len) && len <= (int)sizeof bytes);
        CU_ASSERT_TRUE(take_all(pipes[i][0], bytes, (size_t)len));
        expect_good_end(child[i]);
        close(pipes[i][0]);
        session = d2i_SSL_SESSION(NULL, &p, len); /* a ticket of one is good for all: their keys are the same */
        CU_ASSERT_TRUE(session != NULL && duo_again(d) && SSL_set_session(d->ssl[0], session) == 1);
        CU_ASSERT_TRUE(duo_handshake(d, r));
        CU_ASSERT_EQUAL(SSL_session_reused(d->ssl[1]), 1);
        SSL_SESSION_free(session);
    }
    expect_different(samples, (NUM_CHILDREN + 1) * NUM_SAMPLES);
}

static void
test_drawn(void)
{
    duo_each_backend(forked);
}

/* ---- what is sent ---- */

/* The SSLs of `d` over a pair of sockets that do not wait. */
static void
over_sockets(struct duo *d, int fd[2])
{
    CU_ASSERT_TRUE_FATAL(duo_open(d, good_kind()));
    (void)SSL_set_mode(d->ssl[0], SSL_MODE_TVT_HOLD_LAST_FLIGHT);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(SSL_set_fd(d->ssl[i], fd[i]), 1);
}

/* A child that frees what it was born with, and does nothing else. */
static void
free_in_child(struct duo *d)
{
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 2; i++)
            SSL_free(d->ssl[i]);
        SSL_CTX_free(d->ctx[0]);
        SSL_CTX_free(d->ctx[1]);
        _exit(0);
    }
    CU_ASSERT_TRUE_FATAL(child > 0);
    expect_good_end(child);
}

static bool
is_silent(int fd)
{
    char c;
    return recv(fd, &c, 1, MSG_PEEK) == -1 && errno == EAGAIN;
}

/* Bytes that wait - a flight that is held, a record that was cut - belong to the process that goes on with the SSL. */
static void
test_sent(void)
{
    static uint8_t data[400000], back[sizeof data];
    struct duo d;
    size_t got = 0;
    int fd[2], r;
    over_sockets(&d, fd);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    free_in_child(&d); /* in the middle of the handshake */
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    CU_ASSERT_TRUE(is_silent(fd[1]));
    free_in_child(&d); /* with a flight that is held */
    CU_ASSERT_TRUE(is_silent(fd[1]));
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", 1), 1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], back, sizeof back), 1);
    free_in_child(&d); /* open */
    CU_ASSERT_TRUE(is_silent(fd[0]) && is_silent(fd[1]));
    pattern(data, sizeof data, 5);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], data, sizeof data), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_WRITE);
    free_in_child(&d); /* with a record that is cut */
    for (int turns = 0, w = -1; turns < 1000 && got < sizeof data; turns++) {
        if (w <= 0)
            w = SSL_write(d.ssl[0], data, sizeof data);
        while ((r = SSL_read(d.ssl[1], back + got, (int)(sizeof back - got))) > 0)
            got += (size_t)r;
    }
    CU_ASSERT_EQUAL(got, sizeof data);
    CU_ASSERT_EQUAL(memcmp(data, back, sizeof data), 0);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 0);
    close(fd[0]);
    close(fd[1]);
    duo_close(&d);
}

/* The child that a server forks for a connection goes on with it; the parent frees its copy, and nothing is sent. */
static void
test_connection_of_child(void)
{
    struct duo d;
    char text[8];
    int fd[2];
    over_sockets(&d, fd);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "ask", 3), 3);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), 1);
    pid_t child = fork();
    if (child == 0)
        _exit(SSL_read(d.ssl[1], text, sizeof text) == 3 && SSL_write(d.ssl[1], "answer", 6) == 6 &&
                      SSL_shutdown(d.ssl[1]) == 0
                  ? 0
                  : 1);
    SSL_free(d.ssl[1]);
    d.ssl[1] = NULL;
    expect_good_end(child);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), 6);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), 0);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 0), SSL_ERROR_ZERO_RETURN);
    close(fd[0]);
    close(fd[1]);
    duo_close(&d);
}

/* ---- early data ---- */

/* What SSL_read_early_data() comes to: the count, or -1 where it is refused. */
static int
read_early(struct duo *d)
{
    char text[16];
    size_t got;
    int r = SSL_read_early_data(d->ssl[1], text, sizeof text, &got);
    return r == SSL_READ_EARLY_DATA_SUCCESS ? (int)got : -1;
}

static int
read_early_in_child(struct duo *d)
{
    int pipes[2], found = -2;
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        found = read_early(d);
        _exit(send_all(pipes[1], &found, sizeof found) ? 0 : 1);
    }
    CU_ASSERT_TRUE(take_all(pipes[0], &found, sizeof found));
    expect_good_end(child);
    close(pipes[0]);
    close(pipes[1]);
    return found;
}

/* Two processes with the same keys and a memory each would take the same ClientHello once each. */
static void
test_early_data(void)
{
    struct duo d;
    size_t put;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_CTX_set_max_early_data(d.ctx[1], 1000), 1);
    CU_ASSERT_TRUE_FATAL(duo_again(&d) && duo_handshake(&d, r) && duo_first_word(&d));
    SSL_SESSION *session = SSL_get1_session(d.ssl[0]);
    CU_ASSERT_TRUE_FATAL(duo_again(&d) && SSL_set_session(d.ssl[0], session) == 1);
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "early", 5, &put), 1);
    CU_ASSERT_EQUAL(read_early_in_child(&d), -1);
    CU_ASSERT_EQUAL(read_early(&d), 5);
    SSL_SESSION_free(session);
    duo_close(&d);
}

int
tvt_register_ssl_fork(void)
{
    static CU_TestInfo tests[] = {{"what is drawn", test_drawn},
                                  {"what is sent", test_sent},
                                  {"a connection that the child goes on with", test_connection_of_child},
                                  {"early data", test_early_data},
                                  CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{"SSL: fork", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return (int)CU_register_suites(suites);
}
