/* SPDX-License-Identifier: MIT
 *
 * The server: takes early data, shakes hands, answers requests, and notes what became of each connection.
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

#define ACCEPT_TURN 256u

enum stage { EARLY, HANDSHAKE, READ, WRITE, CLOSE, OVER };

struct crowd_server {
    int fd;
    SSL *ssl;
    enum stage stage;
    short events;
    uint8_t *data; /* a request, then its answer; NULL while nothing has come */
    size_t len, at;
    struct crowd_outcome *outcome;
};

struct crowd_server *
crowd_servers_make(size_t num)
{
    return calloc(num, sizeof(struct crowd_server));
}

bool
crowd_listen(struct crowd *crowd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    crowd->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (crowd->listener < 0 || bind(crowd->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(crowd->listener, 4096) != 0 || !tvt_socket_set_nonblocking(crowd->listener, true) ||
        getsockname(crowd->listener, (struct sockaddr *)&address, &len) != 0)
        return false;
    crowd->port = ntohs(address.sin_port);
    return true;
}

static void
note_end(struct crowd *crowd, struct crowd_server *s)
{
    const struct tvt_connection *c = SSL_get0_tvt_connection(s->ssl);
    struct tvt_info info = {0};
    if (c != NULL)
        tvt_connection_info(c, &info);
    s->outcome->resumed = info.resumed;
    s->outcome->early = info.early;
    s->outcome->early_bytes = info.early_bytes;
    s->outcome->over = true;
    SSL_free(s->ssl);
    free(s->data);
    (void)close(s->fd);
    *s = (struct crowd_server){.fd = -1, .stage = OVER};
    crowd->num_open--;
}

static bool
take(struct crowd *crowd, int fd, uint16_t port)
{
    int32_t client = crowd->client_of_port[port];
    if (client < 0 || !tvt_socket_set_nonblocking(fd, true))
        return false;
    struct crowd_server *s = &crowd->servers[crowd->num_accepted];
    *s = (struct crowd_server){.fd = fd, .ssl = SSL_new(crowd->server_ctx), .events = POLLIN};
    s->outcome = &crowd->outcomes[client];
    s->outcome->accepted = true;
    crowd->num_accepted++;
    crowd->num_open++;
    crowd->most_open = crowd->num_open > crowd->most_open ? crowd->num_open : crowd->most_open;
    return s->ssl != NULL && SSL_set_fd(s->ssl, fd) == 1;
}

void
crowd_accept(struct crowd *crowd)
{
    for (unsigned i = 0; i < ACCEPT_TURN && crowd->num_accepted < crowd->num; i++) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        int fd = accept(crowd->listener, (struct sockaddr *)&from, &len);
        if (fd < 0)
            return;
        if (!take(crowd, fd, ntohs(from.sin_port))) {
            fprintf(stderr, "crowd: a connection could not be taken: %s\n", strerror(errno));
            (void)close(fd);
        }
    }
}

struct pollfd
crowd_server_poll(const struct crowd *crowd, size_t i)
{
    const struct crowd_server *s = &crowd->servers[i];
    return (struct pollfd){.fd = s->stage == OVER ? -1 : s->fd, .events = s->events};
}

/* True: the call waits for what poll() is now asked for. */
static bool
waits(struct crowd_server *s, int result)
{
    int why = SSL_get_error(s->ssl, result);
    s->events = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

/* The call ended the connection: in order, or with a record. */
static void
end(struct crowd *crowd, struct crowd_server *s, int result)
{
    if (SSL_get_error(s->ssl, result) != SSL_ERROR_ZERO_RETURN)
        s->outcome->code = SSL_get0_error_record(s->ssl)->code;
    else if (s->stage < READ)
        s->outcome->code = TVT_E_EOF_IN_HANDSHAKE;
    note_end(crowd, s);
}

static bool
has_room(struct crowd_server *s)
{
    if (s->data == NULL)
        s->data = malloc(CROWD_HEAD + CROWD_REQUEST_MAX);
    return s->data != NULL;
}

/* A whole request: its length, 0 while it is not whole. */
static size_t
whole_request(const struct crowd_server *s)
{
    if (s->len < CROWD_HEAD)
        return 0;
    size_t len = (size_t)s->data[0] << 24 | (size_t)s->data[1] << 16 | (size_t)s->data[2] << 8 | s->data[3];
    return len <= CROWD_REQUEST_MAX && s->len == CROWD_HEAD + len ? s->len : 0;
}

static bool
begin_answer(struct crowd_server *s)
{
    if (whole_request(s) == 0)
        return false;
    for (size_t i = CROWD_HEAD; i < s->len; i++)
        s->data[i] ^= CROWD_KEY;
    s->at = 0;
    s->stage = WRITE;
    return true;
}

/* True: there is more to do at once. */
static bool
run_early(struct crowd *crowd, struct crowd_server *s)
{
    size_t got = 0;
    if (!has_room(s)) {
        note_end(crowd, s);
        return false;
    }
    int result = SSL_read_early_data(s->ssl, s->data + s->len, CROWD_HEAD + CROWD_REQUEST_MAX - s->len, &got);
    s->len += got;
    s->outcome->bytes += got;
    if (result == SSL_READ_EARLY_DATA_FINISH)
        s->stage = HANDSHAKE;
    if (result != SSL_READ_EARLY_DATA_ERROR)
        return true;
    if (!waits(s, 0))
        end(crowd, s, 0);
    return false;
}

static bool
run_handshake(struct crowd *crowd, struct crowd_server *s)
{
    int result = SSL_accept(s->ssl);
    if (result == 1) {
        s->outcome->established = true;
        if (!begin_answer(s))
            s->stage = READ;
        return true;
    }
    if (!waits(s, result))
        end(crowd, s, result);
    return false;
}

static bool
run_read(struct crowd *crowd, struct crowd_server *s)
{
    if (s->len == CROWD_HEAD + CROWD_REQUEST_MAX) { /* no request of ours */
        s->outcome->code = TVT_E_MESSAGE_TOO_LONG;
        note_end(crowd, s);
        return false;
    }
    int n = SSL_read(s->ssl, s->data + s->len, (int)(CROWD_HEAD + CROWD_REQUEST_MAX - s->len));
    if (n > 0) {
        s->len += (size_t)n;
        s->outcome->bytes += (size_t)n;
        (void)begin_answer(s);
        return true;
    }
    if (SSL_get_error(s->ssl, n) == SSL_ERROR_ZERO_RETURN) {
        s->stage = CLOSE;
        return true;
    }
    if (!waits(s, n))
        end(crowd, s, n);
    return false;
}

static bool
run_write(struct crowd *crowd, struct crowd_server *s)
{
    int n = SSL_write(s->ssl, s->data + s->at, (int)(s->len - s->at));
    if (n > 0) {
        s->at += (size_t)n;
        if (s->at < s->len)
            return true;
        s->outcome->requests++;
        s->len = 0;
        s->stage = READ;
        return true;
    }
    if (!waits(s, n))
        end(crowd, s, n);
    return false;
}

void
crowd_server_run(struct crowd *crowd, size_t i)
{
    struct crowd_server *s = &crowd->servers[i];
    bool more = true;
    while (more)
        switch (s->stage) {
        case EARLY:
            more = run_early(crowd, s);
            break;
        case HANDSHAKE:
            more = run_handshake(crowd, s);
            break;
        case READ:
            more = run_read(crowd, s);
            break;
        case WRITE:
            more = run_write(crowd, s);
            break;
        case CLOSE: {
            int result = SSL_shutdown(s->ssl);
            more = false;
            if (result >= 0 || !waits(s, result))
                note_end(crowd, s);
            break;
        }
        case OVER:
            more = false;
            break;
        }
}

void
crowd_server_free(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->num_accepted; i++)
        if (crowd->servers[i].stage != OVER)
            note_end(crowd, &crowd->servers[i]);
    if (crowd->listener >= 0)
        (void)close(crowd->listener);
    crowd->listener = -1;
    free(crowd->servers);
    crowd->servers = NULL;
}
