/* SPDX-License-Identifier: MIT
 *
 * The transport: wire bytes between a connection and its BIOs. Nothing here allocates unless something is left over
 * that the next call needs.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/ssl/ssl.h"

#include <errno.h>

/* ---- failures ---- */

/* A failure that repeats is what it was, with its errno. */
static int
failed_before(SSL *ssl, int errnum)
{
    ssl->dead_errno = errnum;
    return SSL_ERROR_SYSCALL;
}

/* Why a BIO did nothing. errno was cleared before the call: a BIO that sets none failed with none. */
static int
waits_or_failed(SSL *ssl, BIO *bio, bool reading, int r)
{
    struct tvt_error error;
    int errnum = errno;
    if (BIO_should_retry(bio)) {
        if (BIO_should_read(bio))
            return SSL_ERROR_WANT_READ;
        if (BIO_should_write(bio))
            return SSL_ERROR_WANT_WRITE;
        if (BIO_should_io_special(bio) && BIO_get_retry_reason(bio) == BIO_RR_CONNECT)
            return SSL_ERROR_WANT_CONNECT;
        if (BIO_should_io_special(bio) && BIO_get_retry_reason(bio) == BIO_RR_ACCEPT)
            return SSL_ERROR_WANT_ACCEPT;
        return reading ? SSL_ERROR_WANT_READ : SSL_ERROR_WANT_WRITE;
    }
    if (reading)
        ssl->read_dead = true;
    else
        ssl->write_dead = true;
    ssl->dead_errno = errnum;
    *(reading ? &ssl->read_errno : &ssl->write_errno) = errnum;
    tvt_error_clear(&error);
    enum tvt_error_code code = reading ? TVT_E_IO_READ : TVT_E_IO_WRITE;
    (void)tvt_fail_os(&error, code, NULL, NULL, errnum, "%s BIO%s", BIO_method_name(bio),
                      r == -2 ? ", which cannot do this" : "");
    error.origin = TVT_ORIGIN_OS;
    return tvt_ssl_refuse(ssl, &error);
}

/* The program took the BIO away: nothing is lost, and the call may be repeated when there is one again. */
static int
no_channel(SSL *ssl, const char *what)
{
    return tvt_ssl_wrong_call(ssl, "transport", "there is no channel to %s: call SSL_set_fd() or SSL_set_bio() first",
                              what);
}

/* ---- sending ---- */

/* One write after the other until all is taken. *put: bytes that were. */
static int
write_all(SSL *ssl, const uint8_t *bytes, size_t len, size_t *put)
{
    *put = 0;
    if (ssl->write_dead)
        return failed_before(ssl, ssl->write_errno);
    while (*put < len) {
        size_t n;
        if (ssl->wbio == NULL)
            return no_channel(ssl, "write to");
        errno = 0;
        int r = tvt_bio_write(ssl->wbio, bytes + *put, len - *put, &n);
        if (r <= 0)
            return waits_or_failed(ssl, ssl->wbio, false, r);
        ssl->flush_due = true;
        *put += n;
    }
    return SSL_ERROR_NONE;
}

int
tvt_ssl_send(SSL *ssl, const uint8_t *bytes, size_t len)
{
    size_t put;
    int code = write_all(ssl, bytes, len, &put);
    if (code == SSL_ERROR_NONE)
        return code;
    if (code != SSL_ERROR_SYSCALL && !tvt_buffer_append(&ssl->out, bytes + put, len - put)) {
        ssl->write_dead = true; /* a record is cut in the middle */
        ssl->write_errno = ENOMEM;
        return tvt_ssl_raise_here(ssl, TVT_E_NO_MEMORY, NULL, "%zu bytes to be sent", len - put);
    }
    return code;
}

static int
send_left_over(SSL *ssl)
{
    size_t put;
    struct tvt_span left = tvt_buffer_span(&ssl->out);
    if (left.len == 0)
        return SSL_ERROR_NONE;
    int code = write_all(ssl, left.data, left.len, &put);
    tvt_buffer_consume(&ssl->out, put);
    if (ssl->out.len == 0)
        tvt_buffer_release(&ssl->out);
    return code;
}

int
tvt_ssl_flush(SSL *ssl)
{
    if (ssl->write_dead) /* what did not leave then never will: no later call may succeed */
        return failed_before(ssl, ssl->write_errno);
    if (!ssl->flush_due)
        return SSL_ERROR_NONE;
    if (ssl->wbio == NULL)
        return no_channel(ssl, "write to");
    BIO_clear_retry_flags(ssl->wbio);
    errno = 0;
    int r = BIO_flush(ssl->wbio);
    if (r <= 0 && (r == -1 || BIO_should_retry(ssl->wbio)))
        return waits_or_failed(ssl, ssl->wbio, false, r);
    ssl->flush_due = false; /* done, or this kind of BIO has nothing to flush */
    return SSL_ERROR_NONE;
}

/* As much of the connection's output as fits: a flight leaves in one write. */
static int
gather(SSL *ssl, uint8_t *out, size_t cap, size_t *len)
{
    size_t n = 1;
    *len = 0;
    while (n > 0 && cap - *len >= TVT_OUTPUT_MIN && tvt_connection_has_output(ssl->connection)) {
        if (tvt_connection_output(ssl->connection, out + *len, cap - *len, &n) != TVT_OK)
            return tvt_ssl_connection_failed(ssl);
        *len += n;
    }
    return SSL_ERROR_NONE;
}

int
tvt_ssl_drain(SSL *ssl)
{
    uint8_t out[TVT_RECORD_WIRE_MAX];
    size_t len = 1;
    int code = send_left_over(ssl);
    while (code == SSL_ERROR_NONE && len > 0 && tvt_connection_has_output(ssl->connection)) {
        code = gather(ssl, out, sizeof out, &len);
        if (code == SSL_ERROR_NONE)
            code = tvt_ssl_send(ssl, out, len);
    }
    if (code == SSL_ERROR_NONE)
        code = tvt_ssl_flush(ssl);
    ssl->flight_held = ssl->flight_held && code != SSL_ERROR_NONE;
    return code;
}

/* ---- receiving ---- */

void
tvt_ssl_input_open(SSL *ssl, struct tvt_ssl_input *input, uint8_t *stack, size_t size)
{
    input->stack = (struct tvt_buffer){.data = stack, .cap = size, .limit = size};
    input->at = ssl->in.len > 0 ? &ssl->in : &input->stack;
}

/* What is left over goes to the heap, with room for the whole of the record at hand. */
int
tvt_ssl_input_close(SSL *ssl, struct tvt_ssl_input *input)
{
    struct tvt_span left = tvt_buffer_span(input->at);
    if (input->at == &ssl->in) {
        if (left.len == 0)
            tvt_buffer_release(&ssl->in);
        return SSL_ERROR_NONE;
    }
    if (left.len == 0)
        return SSL_ERROR_NONE;
    size_t whole = ssl->plain_len == 0 ? tvt_connection_input_size(left.data, left.len) : left.len;
    if (whole < left.len || whole > TVT_RECORD_WIRE_MAX)
        whole = left.len;
    uint8_t *to = tvt_buffer_reserve(&ssl->in, whole);
    if (to == NULL) {
        ssl->read_dead = true;
        ssl->read_errno = ENOMEM;
        return tvt_ssl_raise_here(ssl, TVT_E_NO_MEMORY, NULL, "%zu received bytes are lost", left.len);
    }
    tvt_copy(to, left.data, left.len);
    tvt_buffer_commit(&ssl->in, left.len);
    return SSL_ERROR_NONE;
}

bool
tvt_ssl_has_record(const struct tvt_ssl_input *input)
{
    struct tvt_span bytes = tvt_buffer_span(input->at);
    return bytes.len > 0 && bytes.len >= tvt_connection_input_size(bytes.data, bytes.len);
}

static int
end_of_file(SSL *ssl)
{
    if ((ssl->options & SSL_OP_IGNORE_UNEXPECTED_EOF) != 0 && tvt_connection_established(ssl->connection)) {
        ssl->shutdown_flags |= SSL_RECEIVED_SHUTDOWN;
        return SSL_ERROR_ZERO_RETURN;
    }
    if (tvt_connection_input_eof(ssl->connection) == TVT_CLOSED)
        return SSL_ERROR_ZERO_RETURN;
    return tvt_ssl_connection_failed(ssl);
}

/* A message is held for a verdict or a look-up; but a client behind its handshake checks nobody: its signer is slow. */
int
tvt_ssl_pending(const SSL *ssl)
{
    if (ssl->waits_for != SSL_ERROR_NONE)
        return ssl->waits_for;
    bool signs = ssl->role == TVT_CLIENT && tvt_connection_established(ssl->connection);
    return tvt_handshake_holds_message(&ssl->connection->hs) && !signs ? SSL_ERROR_WANT_RETRY_VERIFY
                                                                       : SSL_ERROR_WANT_ASYNC;
}

int
tvt_ssl_take(SSL *ssl, struct tvt_ssl_input *input)
{
    struct tvt_buffer *b = input->at;
    uint8_t *record = b->data + b->start;
    struct tvt_span app;
    size_t used;
    enum tvt_result r = tvt_connection_input(ssl->connection, record, b->len, &used, &app);
    if (app.len > 0) {
        size_t front = (size_t)(app.data - record);
        ssl->plain_len = app.len;
        ssl->plain_gap = used - front - app.len;
        used = front;
    }
    tvt_buffer_consume(b, used);
    switch (r) {
    case TVT_OK:
        return SSL_ERROR_NONE;
    case TVT_CLOSED:
        return SSL_ERROR_ZERO_RETURN;
    case TVT_PENDING:
        return tvt_ssl_pending(ssl);
    case TVT_WANT_WRITE:
        return SSL_ERROR_WANT_WRITE;
    case TVT_WANT_READ:
        return SSL_ERROR_WANT_READ;
    case TVT_FAIL:
        break;
    }
    (void)tvt_ssl_drain(ssl); /* the alert; kept if the BIO does not take it now */
    return tvt_ssl_connection_failed(ssl);
}

int
tvt_ssl_fill(SSL *ssl, struct tvt_ssl_input *input, size_t ahead)
{
    struct tvt_span held = tvt_buffer_span(input->at);
    size_t whole = tvt_connection_input_size(held.data, held.len), got;
    if ((BIO_method_type(ssl->rbio) & BIO_TYPE_FILTER) != 0)
        ahead = 0; /* a filter may wait until it has all that it is asked for (BIO_f_buffer does) */
    size_t upto = whole > ahead ? whole : ahead;
    if (upto > TVT_RECORD_WIRE_MAX)
        upto = TVT_RECORD_WIRE_MAX;
    if (ssl->read_dead)
        return failed_before(ssl, ssl->read_errno);
    if (held.len >= TVT_RECORD_HEADER) { /* a header that is no TLS is refused before its length is waited for */
        int code = tvt_ssl_take(ssl, input);
        if (code != SSL_ERROR_WANT_READ)
            return code;
    }
    if (ssl->rbio == NULL)
        return no_channel(ssl, "read from");
    uint8_t *to = upto > held.len ? tvt_buffer_reserve(input->at, upto - held.len) : NULL;
    if (to == NULL)
        return tvt_ssl_raise_here(ssl, TVT_E_NO_MEMORY, NULL, "%zu bytes to receive", upto);
    errno = 0;
    int r = tvt_bio_read(ssl->rbio, to, upto - held.len, &got);
    if (r > 0) {
        tvt_buffer_commit(input->at, got);
        ssl->spoke_last = false;
        return SSL_ERROR_NONE;
    }
    return r == 0 && !BIO_should_retry(ssl->rbio) ? end_of_file(ssl) : waits_or_failed(ssl, ssl->rbio, true, r);
}
