/* SPDX-License-Identifier: MIT
 *
 * A client's sessions: what an SSL offers, and what came of it.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/os/clock.h"
#include "core/session/session.h"
#include "core/ssl/ssl.h"

#include <string.h>

/* A ticket came. It is the SSL's, and the program's where it wants it. */
void
tvt_ssl_new_session(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    SSL *ssl = tvt_ssl_driven();
    (void)user;
    if (ssl == NULL || ssl->connection != connection)
        return;
    tvt_session_unref(ssl->latest);
    ssl->latest = tvt_session_ref(session);
    const struct tvt_ssl_sessions *s = &ssl->ctx->sessions;
    if (s->new_session == NULL || (s->cache_mode & SSL_SESS_CACHE_CLIENT) == 0)
        return;
    if (s->new_session(ssl, tvt_session_ref(session)) == 0)
        tvt_session_unref(session);
}

/* What this connection negotiated, as a session that cannot be resumed. NULL: no memory. */
static struct tvt_session *
describe(const SSL *ssl)
{
    const struct tvt_handshake *hs = &ssl->connection->hs;
    struct tvt_session fields = {.kind = TVT_SESSION_RESUMPTION, .version = hs->suite->version, .suite = hs->suite->id},
                       *made = NULL;
    struct tvt_error ignored;
    int64_t now = tvt_clock_wall_ms();
    tvt_error_clear(&ignored);
    fields.hash = hs->suite->hash;
    fields.group = hs->group;
    fields.scheme = hs->scheme;
    fields.issued_ms = now > 0 ? (uint64_t)now : 0;
    fields.lifetime_s = hs->config->session.lifetime_s;
    fields.peer_verified = hs->peer_verified;
    fields.alpn = hs->alpn;
    fields.peer_chain = tvt_buffer_span(&hs->shown.chain);
    fields.num_peer_chain = hs->shown.num;
    fields.peer_raw_key = hs->shown.raw_key;
    tvt_copy(fields.server_name, hs->server_name, strlen(hs->server_name) + 1);
    return tvt_session_make(&made, &fields, &ignored) == TVT_OK ? made : NULL;
}

/* A session of TLS 1.2 that the server went back to, and gave no new ticket for, is as good as before. */
static bool
may_be_resumed_again(const SSL *ssl)
{
    const struct tvt_session *used = ssl->connection->hs.session;
    return ssl->role == TVT_CLIENT && used != NULL && used == ssl->offered && used->version == TVT_TLS12;
}

SSL_SESSION *
SSL_get_session(const SSL *ssl)
{
    if (ssl == NULL)
        return NULL;
    if (ssl->latest != NULL || !SSL_is_init_finished(ssl))
        return ssl->latest != NULL ? ssl->latest : ssl->offered;
    if (may_be_resumed_again(ssl))
        return ssl->offered;
    if (ssl->described == NULL && ssl->connection->hs.suite != NULL) {
        SSL *own = (SSL *)(uintptr_t)ssl; /* a view that is made when it is asked for */
        own->described = describe(ssl);
    }
    return ssl->described;
}

SSL_SESSION *
SSL_get0_session(const SSL *ssl)
{
    return SSL_get_session(ssl);
}

SSL_SESSION *
SSL_get1_session(SSL *ssl)
{
    return tvt_session_ref(SSL_get_session(ssl));
}

int
SSL_set_session(SSL *ssl, SSL_SESSION *session)
{
    if (ssl == NULL)
        return tvt_ssl_null("SSL_set_session") > 0;
    if (ssl->connection != NULL)
        return tvt_ssl_wrong_call(ssl, "SSL_set_session", "the handshake has begun") == SSL_ERROR_NONE;
    (void)tvt_session_ref(session);
    tvt_session_unref(ssl->offered);
    ssl->offered = session;
    return 1;
}

int
SSL_session_reused(const SSL *ssl)
{
    struct tvt_info info;
    if (ssl == NULL || ssl->connection == NULL)
        return 0;
    tvt_connection_info(ssl->connection, &info);
    return info.resumed;
}

int
tvt_ssl_offer_sessions(SSL *ssl)
{
    if (SSL_SESSION_is_resumable(ssl->offered) && tvt_connection_add_session(ssl->connection, ssl->offered) != TVT_OK)
        return tvt_ssl_call_failed(ssl);
    int code = tvt_ssl_offer_psk(ssl);
    if (code == SSL_ERROR_NONE && ssl->writes_early && tvt_connection_offer_early(ssl->connection) != TVT_OK)
        return tvt_ssl_call_failed(ssl);
    return code;
}

void
tvt_ssl_drop_sessions(SSL *ssl)
{
    tvt_session_unref(ssl->offered);
    tvt_session_unref(ssl->latest);
    tvt_session_unref(ssl->described);
    ssl->offered = ssl->latest = ssl->described = NULL;
}
