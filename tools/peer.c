/* SPDX-License-Identifier: MIT
 *
 * One connection of the server: handshake, a request and its page or records and their echo, an orderly end.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/server.h"

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/handshake/post13.h"
#include "core/os/clock.h"
#include "tools/drive.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One byte more than the longest request tells that it is too long; a record and an answer are shorter. */
#define BUFFER_SIZE (HTTP_REQUEST_MAX + 1u)

static void
allow(struct peer *p, uint64_t microseconds)
{
    p->deadline = tvt_clock_monotonic_us() + microseconds;
}

/* The end of a connection has its time; less when the server ends too. */
static void
allow_end(struct peer *p)
{
    allow(p, p->server->stopping ? SERVER_STOP_END_US : SERVER_DRAIN_US);
}

static void
allow_idle(struct peer *p)
{
    const struct tool_options *o = p->server->options;
    if (p->server->stopping)
        return;
    allow(p, (uint64_t)(o->idle > 0 ? o->idle : SERVER_IDLE_SECONDS) * 1000000);
}

struct peer *
peer_new(struct server *server, int fd, const char *address)
{
    const struct tool_options *o = server->options;
    struct peer *p = calloc(1, sizeof *p);
    if (p != NULL)
        p->ssl = SSL_new(server->setup.ctx);
    if (p == NULL || p->ssl == NULL || SSL_set_fd(p->ssl, fd) != 1) {
        if (p != NULL)
            SSL_free(p->ssl);
        free(p);
        (void)close(fd);
        return NULL;
    }
    p->server = server;
    p->fd = fd;
    p->begin = tvt_clock_monotonic_us();
    p->events = POLLIN;
    p->stage = o->early_max > 0 ? PEER_EARLY : PEER_HANDSHAKE;
    tvt_error_clear(&p->error);
    (void)snprintf(p->address, sizeof p->address, "%s", address);
    allow(p, (uint64_t)(o->timeout > 0 ? o->timeout : SERVER_HANDSHAKE_SECONDS) * 1000000);
    return p;
}

/* No more is sent; what the peer still sends is read for a short time. A close with unread bytes would be a reset, which
 * can overtake our last record. */
static void
begin_drain(struct peer *p)
{
    (void)shutdown(p->fd, SHUT_WR);
    free(p->buffer);
    p->buffer = NULL;
    p->stage = PEER_DRAIN;
    p->events = POLLIN;
    p->again = true;
    allow_end(p);
}

static void
fail(struct peer *p)
{
    if (p->error.code == TVT_E_NONE)
        p->error = *SSL_get0_error_record(p->ssl);
    begin_drain(p);
}

/* A call did not go on. True: it waits for an event, which is noted. False: it ended. */
static bool
waits(struct peer *p, int result)
{
    short events = drive_events(p->ssl, result);
    if (events == 0)
        return false;
    p->events = events;
    return true;
}

static void
run_close(struct peer *p)
{
    int result = SSL_shutdown(p->ssl);
    if (result == 1)
        p->stage = PEER_DONE;
    else if ((SSL_get_shutdown(p->ssl) & SSL_SENT_SHUTDOWN) != 0)
        begin_drain(p);
    else if (!waits(p, result))
        fail(p);
}

static void
begin_close(struct peer *p)
{
    p->stage = PEER_CLOSE;
    p->again = true;
    allow_end(p);
}

static bool
has_buffer(struct peer *p)
{
    if (p->buffer == NULL)
        p->buffer = malloc(BUFFER_SIZE);
    if (p->buffer != NULL)
        return true;
    (void)tvt_fail_detail(&p->error, TVT_E_NO_MEMORY, NULL, "buffer", "%u bytes", BUFFER_SIZE);
    fail(p);
    return false;
}

/* 0-RTT data is taken and kept until the handshake is done: an answer would go to a client that nobody has
 * authenticated. --early-data-max is less than the buffer. */
static void
run_early(struct peer *p)
{
    size_t got = 0;
    if (!has_buffer(p))
        return;
    int result = SSL_read_early_data(p->ssl, p->buffer + p->len, BUFFER_SIZE - p->len, &got);
    p->len += got;
    p->again = result != SSL_READ_EARLY_DATA_ERROR;
    if (result == SSL_READ_EARLY_DATA_FINISH) {
        p->stage = PEER_HANDSHAKE;
    } else if (result == SSL_READ_EARLY_DATA_ERROR && !waits(p, 0)) {
        drive_explain(p->ssl, 0, &p->error);
        fail(p);
    }
}

static bool
lacks_certificate(const struct peer *p)
{
    struct tvt_info info;
    tvt_connection_info(SSL_get0_tvt_connection(p->ssl), &info);
    return strcmp(p->server->options->client_auth, "require") == 0 && !tool_knows_client(&info);
}

/* With --post-handshake-auth the client's answer may come behind its request. */
static bool
awaits_certificate(const struct peer *p)
{
    return p->asked_later && tvt_connection_awaits_certificate(SSL_get0_tvt_connection(p->ssl));
}

/* The client must hear it too: SSL_shutdown() sends the alert of a connection that failed. */
static void
refuse(struct peer *p, const char *why)
{
    (void)tvt_connection_lacks_certificate(SSL_get0_tvt_connection(p->ssl), why);
    (void)SSL_shutdown(p->ssl);
    fail(p);
}

/* With --tickets-now: what the socket does not take leaves with the answer. */
static bool
give_tickets(struct peer *p)
{
    if (!p->server->options->tickets_now)
        return true;
    int result =
        tvt_connection_send_tickets(SSL_get0_tvt_connection(p->ssl), 0) == TVT_OK ? SSL_do_handshake(p->ssl) : 0;
    if (result == 1 || (result < 0 && waits(p, result)))
        return true;
    fail(p);
    return false;
}

/* With --post-handshake-auth: asks now. */
static bool
ask_later(struct peer *p)
{
    if (!p->server->options->post_handshake_auth || p->asked_later)
        return true;
    if (SSL_verify_client_post_handshake(p->ssl) != 1) {
        if (lacks_certificate(p))
            refuse(p, "the client does not offer post-handshake authentication");
        return p->error.code == TVT_E_NONE;
    }
    p->asked_later = true;
    int result = SSL_do_handshake(p->ssl); /* what the socket does not take leaves with the answer */
    if (result == 1 || waits(p, result))
        return true;
    fail(p);
    return false;
}

static void
prepare_answer(struct peer *p)
{
    char page[HTTP_PAGE_MAX];
    if (SSL_get0_tvt_connection(p->ssl)->error.code != TVT_E_NONE) { /* its certificate was refused */
        fail(p);
        return;
    }
    if (p->asked_later && lacks_certificate(p)) {
        refuse(p, "the client was asked after the handshake, and has none");
        return;
    }
    p->keep = p->server->options->keep_alive && !p->server->stopping && http_keeps_alive(p->buffer, p->len);
    size_t len =
        http_answer(page, &p->status, p->request, sizeof p->request, p->buffer, p->len, p->ssl, p->address, p->keep);
    p->keep = p->keep && p->status == 200;
    memcpy(p->buffer, page, len);
    p->at = 0;
    p->len = len;
    p->requests++;
    p->stage = PEER_ANSWER;
    p->again = true;
}

static void
run_handshake(struct peer *p)
{
    int result = SSL_accept(p->ssl);
    if (result != 1) {
        if (!waits(p, result)) {
            drive_explain(p->ssl, result, &p->error);
            fail(p);
        }
        return;
    }
    p->handshake_ms = (double)(tvt_clock_monotonic_us() - p->begin) / 1000;
    if (!has_buffer(p))
        return;
    if (!give_tickets(p) || !ask_later(p))
        return;
    p->stage = p->server->options->echo ? PEER_ECHO : PEER_REQUEST;
    p->records += p->stage == PEER_ECHO && p->len > 0;
    if (p->stage == PEER_REQUEST && http_request_whole(p->buffer, p->len)) /* it came as 0-RTT data */
        prepare_answer(p);
    p->again = true;
    allow_idle(p);
    if (p->server->stopping && p->stage == PEER_ECHO)
        begin_close(p);
}

/* The time for a request is one and the same, however slowly it comes: the deadline is not moved by its bytes. */
static void
run_request(struct peer *p)
{
    int n = SSL_read(p->ssl, p->buffer + p->len, (int)(BUFFER_SIZE - p->len));
    if (n > 0) {
        p->len += (size_t)n;
        p->again = true;
    }
    if (p->len == BUFFER_SIZE || (http_request_whole(p->buffer, p->len) && !awaits_certificate(p)))
        prepare_answer(p);
    else if (n <= 0 && SSL_get_error(p->ssl, n) == SSL_ERROR_ZERO_RETURN)
        begin_close(p);
    else if (n <= 0 && !waits(p, n))
        fail(p);
}

/* Sends buffer[at..len). True when all of it went. */
static bool
run_write(struct peer *p)
{
    if (p->at < p->len && p->server->options->key_update && !p->key_updated && SSL_version(p->ssl) != TLS1_2_VERSION) {
        p->key_updated = true;
        if (SSL_key_update(p->ssl, SSL_KEY_UPDATE_REQUESTED) != 1) {
            fail(p);
            return false;
        }
    }
    while (p->at < p->len) {
        int n = SSL_write(p->ssl, p->buffer + p->at, (int)(p->len - p->at));
        if (n <= 0) {
            if (!waits(p, n))
                fail(p);
            return false;
        }
        p->at += (size_t)n;
        p->bytes += (uint64_t)n;
    }
    p->at = p->len = 0;
    return true;
}

static void
end_answer(struct peer *p)
{
    if (!p->keep) {
        begin_close(p);
        return;
    }
    p->stage = PEER_REQUEST;
    p->again = true;
    allow_idle(p);
}

/* Reads the data of one record: its first byte opens it, and what is pending then is its rest. */
static int
read_record(struct peer *p)
{
    int n = SSL_read(p->ssl, p->buffer, 1);
    int rest = n == 1 ? SSL_pending(p->ssl) : 0;
    if (rest <= 0)
        return n;
    rest = SSL_read(p->ssl, p->buffer + 1, rest < (int)BUFFER_SIZE - 1 ? rest : (int)BUFFER_SIZE - 1);
    return rest > 0 ? rest + 1 : rest;
}

static void
run_echo(struct peer *p)
{
    for (unsigned turn = 0; turn < SERVER_TURN_RECORDS; turn++) {
        if (!run_write(p))
            return;
        int n = read_record(p);
        if (n > 0) {
            p->len = (size_t)n;
            p->records++;
            allow_idle(p);
        } else if (SSL_get_error(p->ssl, n) == SSL_ERROR_ZERO_RETURN || p->server->stopping) {
            begin_close(p);
            return;
        } else {
            if (!waits(p, n))
                fail(p);
            return;
        }
    }
    p->again = true;
}

static void
run_drain(struct peer *p)
{
    uint8_t scratch[16384];
    ssize_t n = recv(p->fd, scratch, sizeof scratch, 0);
    if (n > 0)
        p->drained += (size_t)n;
    p->again = n > 0;
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) ||
        p->drained >= SERVER_DRAIN_BYTES)
        p->stage = PEER_DONE;
}

void
peer_run(struct peer *p)
{
    unsigned turns = 0;
    do {
        p->again = false;
        switch (p->stage) {
        case PEER_EARLY:
            run_early(p);
            break;
        case PEER_HANDSHAKE:
            run_handshake(p);
            break;
        case PEER_REQUEST:
            run_request(p);
            break;
        case PEER_ANSWER:
            if (run_write(p))
                end_answer(p);
            break;
        case PEER_ECHO:
            run_echo(p);
            break;
        case PEER_CLOSE:
            run_close(p);
            break;
        case PEER_DRAIN:
            run_drain(p);
            break;
        case PEER_DONE:
            break;
        }
    } while (p->again && p->stage != PEER_DONE && ++turns < SERVER_TURN_RECORDS);
}

void
peer_expire(struct peer *p)
{
    if (p->stage == PEER_DRAIN || p->stage == PEER_CLOSE) {
        p->stage = PEER_DONE;
        return;
    }
    (void)tvt_fail_os(&p->error, TVT_E_IO_READ, NULL, NULL, ETIMEDOUT, "%s",
                      p->server->stopping          ? "the server was told to end"
                      : p->stage <= PEER_HANDSHAKE ? "the handshake took too long"
                                                   : "the client was silent too long");
    if (p->stage <= PEER_HANDSHAKE || p->at < p->len)
        p->stage = PEER_DONE;
    else
        begin_close(p);
}

void
peer_stop(struct peer *p)
{
    if (p->stage != PEER_DRAIN && p->stage != PEER_CLOSE)
        allow(p, SERVER_STOP_US);
    p->again = p->again || p->stage == PEER_ECHO; /* what has come already is returned, then it is closed */
}

void
peer_finish(struct peer *p)
{
    struct tvt_info info = {.server_name = ""};
    const struct tvt_connection *c = SSL_get0_tvt_connection(p->ssl);
    if (c != NULL)
        tvt_connection_info(c, &info);
    peer_log(p, &info);
    p->server->finished++;
    p->server->resumed += info.resumed;
    p->server->early += info.early == TVT_EARLY_ACCEPTED;
    p->server->failed += p->error.code != TVT_E_NONE;
    SSL_free(p->ssl);
    (void)close(p->fd);
    free(p->buffer);
    free(p);
}
