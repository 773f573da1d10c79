/* SPDX-License-Identifier: MIT
 *
 * SSL_shutdown(3): our close_notify, then the peer's.
 */
#include "core/base/memory.h"
#include "core/ssl/ssl.h"

static bool
peer_closed(const SSL *ssl)
{
    return (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

/* Data that arrives meanwhile is not thrown away: the program is told to read it. */
static int
wait_for_close(SSL *ssl)
{
    uint8_t stack[TVT_RECORD_WIRE_MAX];
    struct tvt_ssl_input input;
    int code = SSL_ERROR_NONE;
    tvt_ssl_input_open(ssl, &input, stack, sizeof stack);
    while (code == SSL_ERROR_NONE && ssl->plain_len == 0 && !peer_closed(ssl))
        code = tvt_ssl_has_record(&input) ? tvt_ssl_take(ssl, &input) : tvt_ssl_fill(ssl, &input, 0);
    int kept = tvt_ssl_input_close(ssl, &input);
    if (ssl->plain_len > 0)
        return tvt_ssl_wrong_call(ssl, "SSL_shutdown", "data of the peer wait: read them with SSL_read() first");
    if (peer_closed(ssl))
        return SSL_ERROR_NONE;
    return code != SSL_ERROR_NONE ? code : kept;
}

/* 1: both directions are closed; 0: ours is; -1. */
static int
close_both(SSL *ssl)
{
    struct tvt_connection *c = ssl->connection;
    if (tvt_ssl_is_broken(ssl)) {
        (void)tvt_ssl_drain(ssl);
        return tvt_ssl_finish(ssl, tvt_ssl_connection_failed(ssl));
    }
    bool first = !tvt_connection_sent_close(c);
    if (first && tvt_connection_close(c) != TVT_OK)
        return tvt_ssl_finish(ssl, tvt_ssl_connection_failed(ssl));
    bool unsent = first || ssl->out.len > 0 || ssl->flush_due || ssl->write_dead;
    int code = unsent ? tvt_ssl_drain(ssl) : SSL_ERROR_NONE;
    if (code != SSL_ERROR_NONE)
        return tvt_ssl_finish(ssl, code);
    if (unsent || peer_closed(ssl))
        return tvt_ssl_finish(ssl, SSL_ERROR_NONE) - !peer_closed(ssl);
    return tvt_ssl_finish(ssl, wait_for_close(ssl));
}

/* Without a close_notify: a last flight that was held back is of the handshake, and leaves. */
static int
release(SSL *ssl)
{
    SSL *before = tvt_ssl_enter(ssl);
    int code = tvt_ssl_release(ssl);
    tvt_ssl_leave(before);
    return code;
}

int
SSL_shutdown(SSL *ssl)
{
    if (ssl == NULL)
        return tvt_ssl_null("SSL_shutdown");
    bool says_nothing = ssl->quiet_shutdown || (ssl->shutdown_flags & SSL_SENT_SHUTDOWN) != 0;
    int held = says_nothing ? release(ssl) : SSL_ERROR_NONE;
    if (held != SSL_ERROR_NONE)
        return tvt_ssl_finish(ssl, held);
    if (ssl->quiet_shutdown) {
        ssl->shutdown_flags = SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN;
        return tvt_ssl_finish(ssl, SSL_ERROR_NONE);
    }
    int idle = tvt_ssl_check_idle(ssl, "SSL_shutdown");
    if (idle != SSL_ERROR_NONE)
        return tvt_ssl_finish(ssl, idle);
    if (!SSL_is_init_finished(ssl))
        return tvt_ssl_finish(ssl, tvt_ssl_wrong_call(ssl, "SSL_shutdown", "the handshake is not done"));
    if ((ssl->shutdown_flags & SSL_SENT_SHUTDOWN) != 0 && !tvt_connection_sent_close(ssl->connection))
        return tvt_ssl_finish(ssl, SSL_ERROR_NONE) - !peer_closed(ssl); /* the program says that it was sent */
    SSL *before = tvt_ssl_enter(ssl);
    int r = close_both(ssl);
    tvt_ssl_leave(before);
    return r;
}

int
SSL_get_shutdown(const SSL *ssl)
{
    if (ssl == NULL)
        return 0;
    int flags = ssl->shutdown_flags;
    if (ssl->connection != NULL && tvt_connection_sent_close(ssl->connection))
        flags |= SSL_SENT_SHUTDOWN;
    if (ssl->connection != NULL && tvt_connection_received_close(ssl->connection))
        flags |= SSL_RECEIVED_SHUTDOWN;
    return flags;
}

void
SSL_set_shutdown(SSL *ssl, int flags)
{
    if (ssl != NULL)
        ssl->shutdown_flags = flags & (SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}
