/* SPDX-License-Identifier: MIT
 *
 * SSL_read(3) and its kin: records are opened where they arrived and copied once, to the caller.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/record/record.h"
#include "core/ssl/ssl.h"

#include <errno.h>
#include <limits.h>

struct request {
    uint8_t *out;
    size_t len, got;
    bool peek;
    bool silent;       /* the last record brought no data: a ticket */
    bool acknowledged; /* the system was told to, once              */
};

size_t
tvt_ssl_deliver(SSL *ssl, struct tvt_ssl_input *input, uint8_t *out, size_t room, bool keep)
{
    size_t n = ssl->plain_len < room ? ssl->plain_len : room, gone = n;
    tvt_copy(out, tvt_buffer_span(input->at).data, n);
    if (keep)
        return n;
    ssl->plain_len -= n;
    if (ssl->plain_len == 0) {
        gone += ssl->plain_gap;
        ssl->plain_gap = 0;
    }
    tvt_buffer_consume(input->at, gone);
    return n;
}

/* No descriptor is behind the channel that the program could wait on: it moves the bytes itself. */
static bool
is_moved_by_caller(BIO *bio)
{
    int type = BIO_method_type(bio);
    return type == BIO_TYPE_MEM || type == BIO_TYPE_BIO;
}

/* How many wire bytes may be read at once. 0: no more than the record at hand, so that whatever comes behind it, a close_notify
 * too, is still in the channel, where select() sees it. With read-ahead, what `len` plus one record's overhead brings: each
 * record is longer than its plaintext, and all of the data fit the caller's buffer. */
static size_t
ahead(const SSL *ssl, const struct request *q)
{
    size_t overhead = tvt_record_sealed_len(&ssl->connection->read, 0, 0);
    if (q->peek || (ssl->mode & SSL_MODE_AUTO_RETRY) == 0) /* a call may end with any record: none may wait behind it */
        return 0;
    if (!ssl->read_ahead && !is_moved_by_caller(ssl->rbio))
        return 0;
    return q->len > TVT_RECORD_WIRE_MAX ? TVT_RECORD_WIRE_MAX : q->len + overhead;
}

/* Something of ours was cut off by the transport, and no write of the program will be repeated for it: the peer may say nothing
 * more before it has the rest. */
static bool
answer_is_cut(const SSL *ssl)
{
    return (ssl->out.len > 0 || ssl->flush_due) && ssl->retry_len == 0 && !ssl->write_dead;
}

/* An answer that the record asked for (a certificate after the handshake), or a key update of the program's, goes at once if
 * the transport takes it, else with the next call. The answer to a key update waits in the connection for data. */
static int
answer(SSL *ssl)
{
    if (ssl->out.len == 0 && !tvt_connection_has_output(ssl->connection))
        return SSL_ERROR_NONE;
    int code = tvt_ssl_drain(ssl);
    return code == SSL_ERROR_SSL ? code : SSL_ERROR_NONE;
}

/* What waits for a signer or a verdict is asked again: the peer may say nothing more before it has its answer. */
static int
go_on(SSL *ssl)
{
    int code = SSL_ERROR_NONE;
    enum tvt_result r = TVT_WANT_WRITE;
    for (int i = 0; i < 2 && r == TVT_WANT_WRITE && tvt_connection_waits(ssl->connection); i++) {
        r = tvt_connection_handshake(ssl->connection);
        if (r == TVT_FAIL) {
            (void)tvt_ssl_drain(ssl);
            return tvt_ssl_connection_failed(ssl);
        }
        if (code == SSL_ERROR_NONE)
            code = answer(ssl);
    }
    return code == SSL_ERROR_NONE && tvt_connection_waits(ssl->connection) ? tvt_ssl_pending(ssl) : code;
}

/* One step: a record if a whole one is here, else one read. */
static int
step(SSL *ssl, struct tvt_ssl_input *input, struct request *q)
{
    int code;
    if (!tvt_ssl_has_record(input)) {
        code = go_on(ssl);
        if (q->silent && !q->acknowledged && ssl->role == TVT_CLIENT && input->at->len == 0) {
            tvt_ssl_acknowledge(ssl);
            q->acknowledged = true;
        }
        if (code == SSL_ERROR_NONE && answer_is_cut(ssl))
            (void)tvt_ssl_drain(ssl); /* one that fails for good is told by the next write: there may be data to read */
        if (code == SSL_ERROR_NONE)
            code = tvt_ssl_fill(ssl, input, ahead(ssl, q));
        return code == SSL_ERROR_WANT_READ && answer_is_cut(ssl) ? SSL_ERROR_WANT_WRITE : code;
    }
    code = tvt_ssl_take(ssl, input);
    if (code == SSL_ERROR_NONE)
        code = answer(ssl);
    q->silent = ssl->plain_len == 0;
    if (code == SSL_ERROR_NONE && q->silent && (ssl->mode & SSL_MODE_AUTO_RETRY) == 0)
        code = SSL_ERROR_WANT_READ;
    return code;
}

/* What came before an error is delivered before it: the error is still there at the next call. */
static int
receive(SSL *ssl, struct tvt_ssl_input *input, struct request *q)
{
    int code = SSL_ERROR_NONE;
    while (code == SSL_ERROR_NONE) {
        if (ssl->plain_len > 0)
            q->got += tvt_ssl_deliver(ssl, input, q->out + q->got, q->len - q->got, q->peek);
        if (q->got == q->len || (q->got > 0 && (q->peek || !tvt_ssl_has_record(input))))
            break;
        code = step(ssl, input, q);
    }
    return q->got > 0 ? SSL_ERROR_NONE : code;
}

/* The peer may say nothing before it has our last flight. One that is gone may have said something: it is read. */
static int
release(SSL *ssl)
{
    int code = tvt_ssl_release(ssl);
    bool gone = code == SSL_ERROR_SYSCALL && (ssl->dead_errno == EPIPE || ssl->dead_errno == ECONNRESET);
    return gone ? SSL_ERROR_NONE : code;
}

static int
read_records(SSL *ssl, struct request *q)
{
    uint8_t stack[TVT_RECORD_WIRE_MAX];
    struct tvt_ssl_input input;
    if (ssl->plain_len == 0 && tvt_ssl_is_broken(ssl)) {
        (void)tvt_ssl_drain(ssl);
        return tvt_ssl_connection_failed(ssl);
    }
    if (ssl->plain_len == 0 && (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
        return SSL_ERROR_ZERO_RETURN;
    int code = release(ssl);
    if (code != SSL_ERROR_NONE)
        return code;
    tvt_ssl_input_open(ssl, &input, stack, sizeof stack);
    code = receive(ssl, &input, q);
    int kept = tvt_ssl_input_close(ssl, &input);
    if ((ssl->options & SSL_OP_CLEANSE_PLAINTEXT) != 0)
        tvt_wipe(stack, sizeof stack);
    return code != SSL_ERROR_NONE ? code : kept;
}

static int
read_or_peek(SSL *ssl, struct request *q, const char *call)
{
    if (ssl == NULL)
        return tvt_ssl_null(call);
    if (q->len == 0)
        return tvt_ssl_finish(ssl, SSL_ERROR_NONE) - 1;
    if (q->out == NULL)
        return tvt_ssl_finish(ssl, tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, call, "the buffer is NULL"));
    int code = tvt_ssl_check_idle(ssl, call);
    if (code != SSL_ERROR_NONE)
        return tvt_ssl_finish(ssl, code);
    SSL *before = tvt_ssl_enter(ssl);
    code = tvt_ssl_handshake_first(ssl);
    if (code == SSL_ERROR_NONE)
        code = read_records(ssl, q);
    tvt_ssl_leave(before);
    int r = tvt_ssl_finish(ssl, code);
    tvt_ssl_tell_news(ssl);
    return r;
}

static int
refuse_length(SSL *ssl, const char *call, int len)
{
    return tvt_ssl_finish(ssl, tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, call, "a length of %d", len));
}

int
SSL_read(SSL *ssl, void *data, int len)
{
    struct request q = {.out = data, .len = len > 0 ? (size_t)len : 0};
    if (ssl != NULL && len < 0)
        return refuse_length(ssl, "SSL_read", len);
    int r = read_or_peek(ssl, &q, "SSL_read");
    return r > 0 ? (int)q.got : r;
}

int
SSL_peek(SSL *ssl, void *data, int len)
{
    struct request q = {.out = data, .len = len > 0 ? (size_t)len : 0, .peek = true};
    if (ssl != NULL && len < 0)
        return refuse_length(ssl, "SSL_peek", len);
    int r = read_or_peek(ssl, &q, "SSL_peek");
    return r > 0 ? (int)q.got : r;
}

int
SSL_read_ex(SSL *ssl, void *data, size_t len, size_t *got)
{
    struct request q = {.out = data, .len = len};
    int r = read_or_peek(ssl, &q, "SSL_read_ex");
    if (got != NULL)
        *got = q.got;
    return r > 0;
}

int
SSL_peek_ex(SSL *ssl, void *data, size_t len, size_t *got)
{
    struct request q = {.out = data, .len = len, .peek = true};
    int r = read_or_peek(ssl, &q, "SSL_peek_ex");
    if (got != NULL)
        *got = q.got;
    return r > 0;
}

int
SSL_pending(const SSL *ssl)
{
    size_t n = ssl != NULL ? ssl->plain_len : 0;
    return n > INT_MAX ? INT_MAX : (int)n;
}

int
SSL_has_pending(const SSL *ssl)
{
    if (ssl == NULL)
        return 0;
    if (ssl->plain_len > 0 || ssl->in.len > 0)
        return 1;
    return ssl->connection != NULL && ssl->outcome == SSL_ERROR_NONE &&
           (tvt_connection_received_close(ssl->connection) || tvt_ssl_is_broken(ssl));
}
