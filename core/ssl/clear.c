/* SPDX-License-Identifier: MIT
 *
 * SSL_clear(): an SSL for one connection after the other.
 */
#include "core/base/memory.h"
#include "core/ssl/ssl.h"

/* What the next connection offers: after one that was closed in order its last ticket, after another nothing. */
static struct tvt_session *
session_to_keep(const SSL *ssl)
{
    bool closed = SSL_get_shutdown(ssl) != 0 && SSL_is_init_finished(ssl) && !tvt_ssl_is_broken(ssl);
    struct tvt_session *session = ssl->role == TVT_CLIENT && closed ? SSL_get_session(ssl) : NULL;
    return SSL_SESSION_is_resumable(session) ? tvt_session_ref(session) : NULL;
}

int
SSL_clear(SSL *ssl)
{
    if (ssl == NULL)
        return tvt_ssl_null("SSL_clear") > 0;
    if (ssl->telling)
        return tvt_ssl_wrong_call(ssl, "SSL_clear", "the info callback has not returned yet") == SSL_ERROR_NONE;
    if (tvt_ssl_check_idle(ssl, "SSL_clear") != SSL_ERROR_NONE)
        return 0;
    if (ssl->connection != NULL) {
        struct tvt_session *kept = session_to_keep(ssl);
        tvt_ssl_drop_sessions(ssl);
        ssl->offered = kept;
    }
    tvt_ssl_drop_peer(ssl);
    tvt_connection_free(ssl->connection);
    ssl->connection = NULL;
    tvt_buffer_release(&ssl->in);
    tvt_buffer_release(&ssl->out);
    tvt_release(NULL, ssl->error, sizeof *ssl->error);
    ssl->error = NULL;
    ssl->outcome = SSL_ERROR_NONE;
    ssl->plain_len = ssl->plain_gap = 0;
    ssl->spoke_last = ssl->flight_unsent = ssl->flight_held = ssl->flush_due = ssl->reported = ssl->write_dead =
        ssl->read_dead = false;
    ssl->told_done = ssl->told_alert = false;
    ssl->dead_errno = 0;
    ssl->shutdown_flags = 0;
    ssl->retry_data = NULL;
    ssl->retry_len = ssl->retry_done = 0;
    ssl->retry_early = ssl->writes_early = ssl->reads_early = false;
    ssl->early_allowed = -1;
    ssl->hello_answered = false;
    ssl->waits_for = SSL_ERROR_NONE;
    return 1;
}

int
SSL_in_before(const SSL *ssl)
{
    return ssl != NULL && ssl->connection == NULL;
}
