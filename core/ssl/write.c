/* SPDX-License-Identifier: MIT
 *
 * SSL_write(3): data is sealed straight from the caller's buffer, record by record, and leaves at once.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/os/socket.h"
#include "core/ssl/ssl.h"

struct request {
    const uint8_t *data;
    size_t len, done; /* done: sealed and sent, or kept to be sent */
    bool early;       /* as 0-RTT data                             */
};

/* ---- Nagle, SSL_connect(3) ----
 * Our Finished was the last thing on the wire (a client's; in a full handshake of TLS 1.2 the server's) and may not be
 * acknowledged yet: what we write first would wait for that. TCP_NODELAY is set for the one write, and what the program had is restored. */

static int
nodelay_begin(const SSL *ssl)
{
    BIO *bio = ssl->spoke_last ? tvt_bio_find_socket(ssl->wbio) : NULL;
    int fd = bio != NULL ? bio->fd : -1;
    return fd >= 0 && tvt_socket_get_nodelay(fd) == 0 && tvt_socket_set_nodelay(fd, true) ? fd : -1;
}

static void
nodelay_end(SSL *ssl, int fd)
{
    ssl->spoke_last = false;
    if (fd >= 0)
        (void)tvt_socket_set_nodelay(fd, false);
}

/* ---- writing ---- */

static int
check_retry(SSL *ssl, struct request *q)
{
    if (ssl->retry_early != q->early) /* what is left of early data is no part of what follows */
        ssl->retry_len = 0;
    if (ssl->retry_len == 0)
        return SSL_ERROR_NONE;
    bool moved = q->data != ssl->retry_data && (ssl->mode & SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER) == 0;
    if (q->len < ssl->retry_len || moved)
        return tvt_ssl_raise_here(ssl, TVT_E_BAD_WRITE_RETRY, "SSL_write", "%zu bytes before, %zu now%s",
                                  ssl->retry_len, q->len, moved ? ", from another address" : "");
    q->done = ssl->retry_done;
    return SSL_ERROR_NONE;
}

static int
check_open(SSL *ssl)
{
    if (tvt_ssl_is_broken(ssl)) {
        (void)tvt_ssl_drain(ssl);
        return tvt_ssl_connection_failed(ssl);
    }
    if (ssl->connection->queueing)
        return tvt_ssl_wrong_call(ssl, "SSL_write", "a callback of this SSL has not returned yet");
    if (tvt_connection_can_send(ssl->connection) && (ssl->shutdown_flags & SSL_SENT_SHUTDOWN) == 0)
        return SSL_ERROR_NONE;
    return tvt_ssl_wrong_call(ssl, "SSL_write", "SSL_shutdown() closed this direction");
}

/* All of it must be allowed: a part of a request is no request. */
static int
check_early(SSL *ssl, const struct request *q)
{
    if (tvt_ssl_is_broken(ssl)) {
        (void)tvt_ssl_drain(ssl);
        return tvt_ssl_connection_failed(ssl);
    }
    size_t room = tvt_connection_early_room(ssl->connection);
    if (q->len - q->done <= room)
        return SSL_ERROR_NONE;
    return tvt_ssl_wrong_call(ssl, "SSL_write_early_data", "%zu bytes of early data may be sent now, not %zu%s", room,
                              q->len - q->done, room == 0 ? ": no session that allows more is offered" : "");
}

/* One full record (or several small ones, where the peer limits them), sealed and handed to the transport. */
static int
write_record(SSL *ssl, struct request *q)
{
    uint8_t out[TVT_RECORD_WIRE_MAX];
    size_t left = q->len - q->done, len, used;
    if (left > TVT_RECORD_PLAINTEXT_MAX) /* room is left in `out` for a second, tiny record: not worth its overhead */
        left = TVT_RECORD_PLAINTEXT_MAX;
    enum tvt_result r = (q->early ? tvt_connection_seal_early : tvt_connection_seal)(
        ssl->connection, out, sizeof out, &len, q->data + q->done, left, &used);
    if (r == TVT_FAIL) {
        (void)tvt_ssl_drain(ssl);
        return tvt_ssl_connection_failed(ssl);
    }
    if (len == 0)
        return tvt_ssl_raise_here(ssl, TVT_E_INTERNAL, "SSL_write", "nothing was sealed");
    q->done += used;
    return tvt_ssl_send(ssl, out, len);
}

/* What waits goes first; the ClientHello leaves together with the first early data, and a last flight that was held back
 * with the first data. */
static int
write_what_waits(SSL *ssl, const struct request *q)
{
    bool together = q->early || (ssl->flight_held && q->done < q->len);
    return together && ssl->out.len == 0 ? SSL_ERROR_NONE : tvt_ssl_drain(ssl);
}

static int
write_records(SSL *ssl, struct request *q)
{
    bool partial = (ssl->mode & SSL_MODE_ENABLE_PARTIAL_WRITE) != 0;
    int code = check_retry(ssl, q);
    if (code == SSL_ERROR_NONE)
        code = q->early ? check_early(ssl, q) : check_open(ssl);
    if (code == SSL_ERROR_NONE)
        code = write_what_waits(ssl, q);
    else
        return code; /* nothing of this call is under way */
    int fd = code == SSL_ERROR_NONE ? nodelay_begin(ssl) : -1;
    while (code == SSL_ERROR_NONE && q->done < q->len && !(partial && q->done > 0))
        code = write_record(ssl, q);
    if (code == SSL_ERROR_NONE)
        code = tvt_ssl_flush(ssl);
    ssl->flight_held = ssl->flight_held && code != SSL_ERROR_NONE;
    if (q->done > 0)
        nodelay_end(ssl, fd);
    bool again = q->done > 0 && code != SSL_ERROR_NONE;
    ssl->retry_data = again ? q->data : NULL;
    ssl->retry_len = again ? q->len : 0;
    ssl->retry_done = again ? q->done : 0;
    ssl->retry_early = q->early;
    return code;
}

static int
write_all(SSL *ssl, struct request *q, const char *call)
{
    if (ssl == NULL)
        return tvt_ssl_null(call);
    if (q->len > 0 && q->data == NULL)
        return tvt_ssl_finish(ssl, tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, call, "the data are NULL"));
    SSL *before = tvt_ssl_enter(ssl);
    int code = tvt_ssl_handshake_first(ssl);
    if (code == SSL_ERROR_NONE)
        code = write_records(ssl, q);
    tvt_ssl_leave(before);
    int r = tvt_ssl_finish(ssl, code);
    tvt_ssl_tell_news(ssl);
    return r;
}

int
SSL_write(SSL *ssl, const void *data, int len)
{
    struct request q = {.data = data, .len = len > 0 ? (size_t)len : 0};
    if (ssl != NULL && len < 0)
        return tvt_ssl_finish(ssl, tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, "SSL_write", "a length of %d", len));
    int r = write_all(ssl, &q, "SSL_write");
    return r > 0 ? (int)q.done : r;
}

int
SSL_write_ex(SSL *ssl, const void *data, size_t len, size_t *put)
{
    struct request q = {.data = data, .len = len};
    int r = write_all(ssl, &q, "SSL_write_ex");
    if (put != NULL)
        *put = r > 0 ? q.done : 0;
    return r > 0;
}

/* ---- early data ---- */

/* The ClientHello is made, and with it the keys of early data. Nothing is sent yet. */
static int
begin_early(SSL *ssl)
{
    if (ssl->connection == NULL) {
        if (!SSL_SESSION_is_resumable(ssl->offered) && ssl->hooks.use_psk == NULL && ssl->config->session.num_psk == 0)
            return tvt_ssl_wrong_call(ssl, "SSL_write_early_data", "there is no session: call SSL_set_session() first");
        ssl->writes_early = true;
    }
    int code = tvt_ssl_begin(ssl);
    if (code == SSL_ERROR_NONE && tvt_connection_handshake(ssl->connection) == TVT_FAIL)
        return tvt_ssl_connection_failed(ssl);
    return code;
}

static int
write_early(SSL *ssl, struct request *q)
{
    int code = SSL_ERROR_NONE;
    if (ssl->role == TVT_SERVER) {
        q->early = false;
        if (ssl->connection == NULL || tvt_handshake_may_send(&ssl->connection->hs) != TVT_DATA_APPLICATION)
            return tvt_ssl_wrong_call(ssl, "SSL_write_early_data", "a server reads early data first");
    } else {
        code = begin_early(ssl);
    }
    return code == SSL_ERROR_NONE ? write_records(ssl, q) : code;
}

int
SSL_write_early_data(SSL *ssl, const void *data, size_t len, size_t *put)
{
    const char *call = "SSL_write_early_data";
    struct request q = {.data = data, .len = len, .early = true};
    if (put != NULL)
        *put = 0;
    if (ssl == NULL)
        return tvt_ssl_null(call) > 0;
    if (ssl->role == TVT_ROLE_UNSET)
        ssl->role = TVT_CLIENT;
    if (data == NULL && len > 0)
        return tvt_ssl_finish(ssl, tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, call, "the data are NULL")) > 0;
    SSL *before = tvt_ssl_enter(ssl);
    int code = write_early(ssl, &q);
    tvt_ssl_leave(before);
    if (tvt_ssl_finish(ssl, code) != 1)
        return 0;
    if (put != NULL)
        *put = q.done;
    return 1;
}

int
SSL_key_update(SSL *ssl, int type)
{
    if (ssl == NULL)
        return tvt_ssl_null("SSL_key_update") > 0;
    int code = SSL_ERROR_NONE;
    if (type != SSL_KEY_UPDATE_NOT_REQUESTED && type != SSL_KEY_UPDATE_REQUESTED)
        code = tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, "SSL_key_update", "type %d", type);
    else if (!SSL_is_init_finished(ssl) || !tvt_connection_can_send(ssl->connection))
        code = tvt_ssl_wrong_call(ssl, "SSL_key_update", "there is no open connection");
    else if (tvt_connection_key_update(ssl->connection, type == SSL_KEY_UPDATE_REQUESTED) != TVT_OK)
        code = tvt_ssl_call_failed(ssl);
    return code == SSL_ERROR_NONE || tvt_ssl_finish(ssl, code) > 0; /* a refusal is SSL_get_error()'s, too */
}
