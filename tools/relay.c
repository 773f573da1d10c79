/* SPDX-License-Identifier: MIT
 *
 * trivet client without --get: standard input to the peer, the peer to standard output, in one loop over poll().
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/client.h"

#include "core/base/error.h"
#include "tools/drive.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define RELAY_BUFFER 16384u
#define OUT_PIECE    4096u /* a pipe that poll() calls writable takes this much without blocking (PIPE_BUF) */

struct flow {
    char data[RELAY_BUFFER];
    size_t at, len; /* data[at..len) is to be passed on */
};

struct relay {
    struct client *c;
    struct flow up, down;
    bool in_ended, close_sent, peer_closed;
    short events; /* that the SSL waits for */
};

static bool
is_empty(const struct flow *f)
{
    return f->at == f->len;
}

static void
taken(struct flow *f, size_t n)
{
    f->at += n;
    if (f->at == f->len)
        f->at = f->len = 0;
}

/* A call on the SSL did not go on: it waits, or it failed. */
static bool
waits(struct relay *r, int result)
{
    short events = drive_events(r->c->ssl, result);
    r->events |= events;
    return events != 0;
}

static bool
receive(struct relay *r)
{
    if (r->peer_closed || !is_empty(&r->down))
        return true;
    int n = SSL_read(r->c->ssl, r->down.data, sizeof r->down.data);
    if (n > 0) {
        r->down.len = (size_t)n;
        return true;
    }
    r->peer_closed = SSL_get_error(r->c->ssl, n) == SSL_ERROR_ZERO_RETURN;
    return r->peer_closed || waits(r, n);
}

/* What --early-data has not yet brought over goes before standard input. True: there is something to send. */
static bool
refill(struct relay *r)
{
    struct client *c = r->c;
    size_t left = c->early.bytes.len - c->early_at;
    if (is_empty(&r->up) && left > 0) {
        r->up.len = left < sizeof r->up.data ? left : sizeof r->up.data;
        memcpy(r->up.data, c->early.bytes.data + c->early_at, r->up.len);
        c->early_at += r->up.len;
    }
    return !is_empty(&r->up);
}

static bool
send_up(struct relay *r)
{
    if (r->close_sent || r->peer_closed)
        return true;
    while (refill(r)) {
        int n = SSL_write(r->c->ssl, r->up.data + r->up.at, (int)(r->up.len - r->up.at));
        if (n <= 0)
            return waits(r, n);
        taken(&r->up, (size_t)n);
        if (!client_update_keys(r->c))
            return false;
    }
    if (!r->in_ended)
        return true;
    if (!client_update_keys(r->c))
        return false;
    int result = SSL_shutdown(r->c->ssl);
    r->close_sent = (SSL_get_shutdown(r->c->ssl) & SSL_SENT_SHUTDOWN) != 0;
    return r->close_sent || waits(r, result);
}

static void
read_in(struct relay *r)
{
    ssize_t n = read(STDIN_FILENO, r->up.data, sizeof r->up.data);
    if (n > 0)
        r->up.len = (size_t)n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        r->in_ended = true;
}

static bool
write_out(struct relay *r)
{
    size_t len = r->down.len - r->down.at;
    ssize_t n = write(STDOUT_FILENO, r->down.data + r->down.at, len < OUT_PIECE ? len : OUT_PIECE);
    if (n >= 0)
        taken(&r->down, (size_t)n);
    else if (errno != EINTR && errno != EAGAIN)
        return tvt_fail_os(&r->c->error, TVT_E_IO_WRITE, NULL, NULL, errno, "standard output") == TVT_OK;
    return true;
}

/* Waits until one of the three can go on, and serves standard input and output. */
static bool
wait_and_serve(struct relay *r)
{
    bool want_in = !r->in_ended && is_empty(&r->up), want_out = !is_empty(&r->down);
    struct pollfd p[3] = {{.fd = r->events != 0 ? r->c->fd : -1, .events = r->events},
                          {.fd = want_in ? STDIN_FILENO : -1, .events = POLLIN},
                          {.fd = want_out ? STDOUT_FILENO : -1, .events = POLLOUT}};
    if (poll(p, 3, -1) < 0)
        return errno == EINTR || tvt_fail_os(&r->c->error, TVT_E_IO_READ, NULL, NULL, errno, "poll") == TVT_OK;
    if (p[1].revents != 0)
        read_in(r);
    return p[2].revents == 0 || write_out(r);
}

bool
client_relay(struct client *c)
{
    struct relay r = {.c = c};
    while (!r.peer_closed || !is_empty(&r.down)) {
        r.events = 0;
        if (!send_up(&r) || !receive(&r))
            return false;
        if (r.peer_closed && is_empty(&r.down))
            break;
        if (!wait_and_serve(&r))
            return false;
    }
    return true;
}
