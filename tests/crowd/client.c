/* SPDX-License-Identifier: MIT
 *
 * The clients: good ones over SSL_connect(), bad ones over bytes of their own or over an SSL that misbehaves.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/crowd/crowd.h"

#include "core/os/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_EVERY 64u  /* connections opened before the server accepts, so that the queue never fills */
#define FLOOD        100u /* alerts, change_cipher_specs or key updates                                   */

enum stage { EARLY, HANDSHAKE, HOLD, SEND, RECEIVE, CLOSE, SCRIPT, LINGER, OVER };

struct crowd_client {
    enum crowd_kind kind;
    int fd;
    SSL *ssl;
    enum stage stage;
    short events;
    uint8_t *out; /* the request, or what a script says */
    size_t out_len, at;
    uint8_t *in;
    size_t got;
    unsigned rounds;
    const char *problem;
};

const struct crowd_kind_row crowd_kinds[NUM_KINDS] = {
    [GOOD_FULL] = {"full handshake", 500, true, false, {0}},
    [GOOD_RESUMED] = {"resumed", 250, true, false, {0}},
    [GOOD_EARLY] = {"0-RTT", 200, true, false, {0}},
    [GOOD_KEY_UPDATE] = {"key update", 50, true, false, {0}},
    [BAD_GARBAGE] = {"garbage", 100, false, false, {TVT_E_NOT_TLS}},
    [BAD_JUNK] = {"junk in a record", 100, false, false, {TVT_E_NUM_CODES}},
    [BAD_HALF] = {"half a hello", 100, false, true, {TVT_E_EOF_IN_HANDSHAKE}},
    [BAD_STALLED] = {"silent", 100, false, true, {TVT_E_EOF_IN_HANDSHAKE}},
    [BAD_TRUNCATED] = {"truncated hello", 100, false, false, {TVT_E_EOF_IN_HANDSHAKE}},
    [BAD_ALERTS] = {"alert flood", 100, false, false, {TVT_E_TOO_MANY_WARNINGS}},
    [BAD_CCS] = {"ccs flood", 50, false, false, {TVT_E_TOO_MANY_CCS}},
    [BAD_FINISHED] = {"wrong Finished", 100, false, false, {TVT_E_BAD_FINISHED}},
    [BAD_RESET] = {"reset", 50, false, false, {TVT_E_IO_READ, TVT_E_IO_WRITE, TVT_E_EOF_IN_HANDSHAKE}},
    [BAD_CUT] = {"cut request", 50, false, false, {TVT_E_UNEXPECTED_EOF}},
    [BAD_KEY_UPDATES] = {"key update flood", 50, false, false, {TVT_E_TOO_MANY_KEY_UPDATES}},
    [BAD_REPLAY] = {"0-RTT replay", 100, false, true, {TVT_E_EOF_IN_HANDSHAKE}},
};

/* ---- what they send ---- */

static size_t
repeat(uint8_t *out, const uint8_t *record, size_t len)
{
    for (unsigned i = 0; i < FLOOD; i++)
        memcpy(out + i * len, record, len);
    return FLOOD * len;
}

static size_t
junk_record(uint8_t *out, size_t seed)
{
    static const uint8_t head[] = {22, 3, 1, 1, 0, 1, 0, 0, 252};
    memcpy(out, head, sizeof head);
    for (size_t i = 0; i < 252; i++)
        out[sizeof head + i] = (uint8_t)((seed + 1) * (i + 7) * 2654435761u >> 11);
    return sizeof head + 252;
}

/* The bytes of a client without an SSL. */
static size_t
script(uint8_t *out, const struct crowd *crowd, enum crowd_kind kind, size_t i)
{
    static const uint8_t warning[] = {21, 3, 3, 0, 2, 1, 90}, ccs[] = {20, 3, 3, 0, 1, 1};
    size_t half = crowd->hello.len / 2, len = crowd->hello.len;
    switch (kind) {
    case BAD_GARBAGE:
        return (size_t)snprintf((char *)out, 512, "GET /%zu HTTP/1.1\r\nHost: localhost\r\n\r\n", i);
    case BAD_JUNK:
        return junk_record(out, i);
    case BAD_HALF:
    case BAD_TRUNCATED:
        memcpy(out, crowd->hello.data, half);
        return half;
    case BAD_ALERTS:
        return repeat(out, warning, sizeof warning);
    case BAD_CCS:
        memcpy(out, crowd->hello.data, len);
        return len + repeat(out + len, ccs, sizeof ccs);
    case BAD_RESET:
        memcpy(out, crowd->hello.data, len);
        return len;
    case BAD_REPLAY:
        memcpy(out, crowd->replay.data, crowd->replay.len);
        return crowd->replay.len;
    default:
        return 0; /* BAD_STALLED */
    }
}

static bool
has_ssl(enum crowd_kind kind)
{
    return crowd_kinds[kind].good || kind == BAD_FINISHED || kind == BAD_CUT || kind == BAD_KEY_UPDATES;
}

size_t
crowd_request(uint8_t out[CROWD_HEAD + CROWD_REQUEST_MAX], enum crowd_kind kind, size_t i)
{
    size_t len = kind != GOOD_EARLY && i % 50 == 7 ? CROWD_REQUEST_MAX : 1 + i * 37 % 3000;
    for (unsigned b = 0; b < CROWD_HEAD; b++)
        out[b] = (uint8_t)(len >> (24 - 8 * b));
    for (size_t b = 0; b < len; b++)
        out[CROWD_HEAD + b] = (uint8_t)(b * 31 + i + (b >> 8));
    return CROWD_HEAD + len;
}

/* ---- connecting ---- */

struct crowd_client *
crowd_clients_make(size_t num)
{
    struct crowd_client *clients = calloc(num, sizeof *clients);
    for (size_t i = 0; clients != NULL && i < num; i++)
        clients[i].fd = -1;
    return clients;
}

static bool
open_ssl(struct crowd *crowd, struct crowd_client *c)
{
    c->ssl = SSL_new(c->kind == BAD_FINISHED ? crowd->wrong_ctx : crowd->client_ctx);
    if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 || SSL_set_tlsext_host_name(c->ssl, "localhost") != 1)
        return false;
    if (c->kind != GOOD_RESUMED && c->kind != GOOD_EARLY)
        return true;
    if (crowd->num_sessions == 0)
        return false;
    SSL_SESSION *session = crowd->sessions[--crowd->num_sessions];
    bool good = SSL_set_session(c->ssl, session) == 1;
    SSL_SESSION_free(session);
    return good;
}

static bool
connect_one(struct crowd *crowd, struct crowd_client *c, size_t i)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(crowd->port)}, own;
    socklen_t len = sizeof own;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        getsockname(c->fd, (struct sockaddr *)&own, &len) != 0 || !tvt_socket_set_nonblocking(c->fd, true))
        return false;
    crowd->client_of_port[ntohs(own.sin_port)] = (int32_t)i;
    c->out = malloc(CROWD_HEAD + CROWD_REQUEST_MAX);
    c->in = malloc(CROWD_HEAD + CROWD_REQUEST_MAX);
    if (c->out == NULL || c->in == NULL)
        return false;
    c->events = POLLOUT;
    if (!has_ssl(c->kind)) {
        c->stage = SCRIPT;
        c->out_len = script(c->out, crowd, c->kind, i);
        return true;
    }
    c->stage = c->kind == GOOD_EARLY ? EARLY : HANDSHAKE;
    c->out_len = crowd_request(c->out, c->kind, i);
    return open_ssl(crowd, c);
}

bool
crowd_clients_connect(struct crowd *crowd, const enum crowd_kind *kinds)
{
    for (size_t i = 0; i < crowd->num; i++) {
        crowd->clients[i].kind = kinds[i];
        crowd->num_good += crowd_kinds[kinds[i]].good;
    }
    for (size_t i = 0; i < crowd->num; i++) {
        if (!connect_one(crowd, &crowd->clients[i], i)) {
            fprintf(stderr, "crowd: client %zu cannot connect: %s\n", i, strerror(errno));
            return false;
        }
        if (i % ACCEPT_EVERY == 0)
            crowd_accept(crowd);
    }
    return true;
}

/* ---- running ---- */

struct pollfd
crowd_client_poll(const struct crowd *crowd, size_t i)
{
    const struct crowd_client *c = &crowd->clients[i];
    bool held = c->stage == HOLD && crowd->num_hands < crowd->num_good;
    return (struct pollfd){.fd = c->stage == OVER || held ? -1 : c->fd, .events = c->events};
}

static bool
waits(struct crowd_client *c, int result)
{
    int why = SSL_get_error(c->ssl, result);
    c->events = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

static void
over(struct crowd_client *c, const char *problem)
{
    c->stage = OVER;
    c->problem = problem;
}

static bool
run_early(struct crowd_client *c)
{
    size_t put = 0;
    if (SSL_write_early_data(c->ssl, c->out, c->out_len, &put) == 1) {
        c->at = put;
        c->stage = HANDSHAKE;
        return true;
    }
    if (!waits(c, 0))
        over(c, "early data could not be sent");
    return false;
}

/* A good one must have got what it came for. */
static const char *
handshake_problem(const struct crowd_client *c)
{
    bool reused = SSL_session_reused(c->ssl) == 1;
    if ((c->kind == GOOD_RESUMED || c->kind == GOOD_EARLY) != reused)
        return reused ? "resumed, unasked" : "not resumed";
    if (c->kind == GOOD_EARLY && SSL_get_early_data_status(c->ssl) != SSL_EARLY_DATA_ACCEPTED)
        return "early data was rejected";
    return SSL_get_verify_result(c->ssl) == X509_V_OK ? NULL : "not verified";
}

static bool
run_handshake(struct crowd *crowd, struct crowd_client *c)
{
    int result = SSL_connect(c->ssl);
    if (result != 1) {
        if (!waits(c, result))
            over(c, "the handshake failed");
        return false;
    }
    const char *problem = handshake_problem(c);
    if (problem != NULL) {
        over(c, problem);
        return false;
    }
    crowd->num_hands += crowd_kinds[c->kind].good;
    c->events = POLLOUT;
    c->stage = crowd_kinds[c->kind].good ? HOLD : c->kind == BAD_FINISHED ? RECEIVE : SEND;
    return c->stage != HOLD;
}

/* Half a request, or key updates until nobody listens. */
static bool
misbehave(struct crowd_client *c)
{
    int result;
    if (c->kind == BAD_CUT) {
        result = SSL_write(c->ssl, c->out, (int)(c->out_len / 2 + 1));
        if (result > 0 || !waits(c, result))
            over(c, NULL);
        return false;
    }
    for (; c->rounds < FLOOD; c->rounds++) {
        if (SSL_key_update(c->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1)
            break;
        result = SSL_do_handshake(c->ssl);
        if (result != 1 && waits(c, result))
            return false;
        if (result != 1)
            break;
    }
    c->stage = RECEIVE;
    c->events = POLLIN;
    return false;
}

static bool
run_send(struct crowd_client *c)
{
    if (!crowd_kinds[c->kind].good)
        return misbehave(c);
    if (c->kind == GOOD_KEY_UPDATE && c->rounds++ == 0 && SSL_key_update(c->ssl, SSL_KEY_UPDATE_REQUESTED) != 1)
        over(c, "no key update");
    while (c->stage == SEND && c->at < c->out_len) {
        int n = SSL_write(c->ssl, c->out + c->at, (int)(c->out_len - c->at));
        if (n <= 0) {
            if (!waits(c, n))
                over(c, "the request could not be sent");
            return false;
        }
        c->at += (size_t)n;
    }
    c->stage = c->stage == SEND ? RECEIVE : c->stage;
    return true;
}

static bool
is_answer(const struct crowd_client *c)
{
    for (size_t i = 0; i < c->out_len; i++)
        if (c->in[i] != (i < CROWD_HEAD ? c->out[i] : (c->out[i] ^ CROWD_KEY)))
            return false;
    return true;
}

static bool
run_receive(struct crowd_client *c)
{
    bool good = crowd_kinds[c->kind].good;
    while (c->got < c->out_len) {
        int n = SSL_read(c->ssl, c->in + c->got, (int)(c->out_len - c->got));
        if (n <= 0) {
            if (!waits(c, n))
                over(c, good ? "the answer did not come" : NULL);
            return false;
        }
        c->got += (size_t)n;
    }
    if (!is_answer(c) || !good) {
        over(c, "a wrong answer, or one to a bad client");
        return false;
    }
    c->stage = CLOSE;
    return true;
}

static void
run_close(struct crowd *crowd, struct crowd_client *c)
{
    int result = SSL_shutdown(c->ssl);
    if (result == 1) {
        crowd->num_good_done++;
        over(c, NULL);
    } else if (result == 0) {
        c->events = POLLIN;
    } else if (!waits(c, result)) {
        over(c, "not closed in order");
    }
}

/* Sends its bytes, then waits for the end, or makes it. */
static void
run_script(struct crowd_client *c)
{
    const struct linger hard = {.l_onoff = 1, .l_linger = 0};
    while (c->at < c->out_len) {
        long n = tvt_socket_write(c->fd, c->out + c->at, c->out_len - c->at);
        if (n < 0 && tvt_socket_would_block(errno))
            return;
        if (n <= 0)
            break; /* the server has had enough */
        c->at += (size_t)n;
    }
    c->stage = LINGER;
    c->events = POLLIN;
    if (c->kind == BAD_TRUNCATED)
        (void)shutdown(c->fd, SHUT_WR);
    if (c->kind != BAD_RESET)
        return;
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    over(c, NULL);
}

static void
run_linger(struct crowd_client *c)
{
    uint8_t bytes[4096];
    long n;
    while ((n = tvt_socket_read(c->fd, bytes, sizeof bytes)) > 0)
        continue;
    if (n == 0 || !tvt_socket_would_block(errno))
        over(c, NULL);
}

void
crowd_client_run(struct crowd *crowd, size_t i)
{
    struct crowd_client *c = &crowd->clients[i];
    bool more = c->stage != OVER;
    while (more) {
        more = false;
        switch (c->stage) {
        case EARLY:
            more = run_early(c);
            break;
        case HANDSHAKE:
            more = run_handshake(crowd, c);
            break;
        case HOLD:
            more = crowd->num_hands == crowd->num_good;
            c->stage = more ? SEND : HOLD;
            break;
        case SEND:
            more = run_send(c);
            break;
        case RECEIVE:
            more = run_receive(c);
            break;
        case CLOSE:
            run_close(crowd, c);
            break;
        case SCRIPT:
            run_script(c);
            break;
        case LINGER:
            run_linger(c);
            break;
        case OVER:
            break;
        }
    }
    if (c->stage == OVER && c->fd >= 0)
        crowd_client_close(crowd, i);
}

/* ---- the end ---- */

const char *
crowd_client_problem(const struct crowd *crowd, size_t i)
{
    const struct crowd_client *c = &crowd->clients[i];
    if (c->problem != NULL)
        return c->problem;
    return crowd_kinds[c->kind].good && c->stage != OVER ? "it did not come to its end" : NULL;
}

bool
crowd_client_lasts(const struct crowd *crowd, size_t i)
{
    return crowd->clients[i].stage == LINGER;
}

enum crowd_kind
crowd_client_kind(const struct crowd *crowd, size_t i)
{
    return crowd->clients[i].kind;
}

void
crowd_client_close(struct crowd *crowd, size_t i)
{
    struct crowd_client *c = &crowd->clients[i];
    SSL_free(c->ssl);
    c->ssl = NULL;
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
    free(c->out);
    free(c->in);
    c->out = c->in = NULL;
    c->stage = OVER;
}

void
crowd_clients_free(struct crowd *crowd)
{
    for (size_t i = 0; crowd->clients != NULL && i < crowd->num; i++)
        crowd_client_close(crowd, i);
    free(crowd->clients);
    crowd->clients = NULL;
}
