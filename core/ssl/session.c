/* SPDX-License-Identifier: MIT
 *
 * SSL_SESSION: life, what it tells, and sessions that a program makes of a key.
 */
#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/base/wire.h"
#include "core/session/session.h"
#include "core/ssl/ssl.h"

#include <limits.h>

/* ---- life ---- */

int
SSL_SESSION_up_ref(SSL_SESSION *session)
{
    return tvt_session_ref(session) != NULL || tvt_ssl_null("SSL_SESSION_up_ref") > 0;
}

void
SSL_SESSION_free(SSL_SESSION *session)
{
    tvt_session_unref(session);
}

/* ---- what it tells ---- */

int
SSL_SESSION_has_ticket(const SSL_SESSION *session)
{
    return session != NULL && session->kind == TVT_SESSION_RESUMPTION && session->identity.len > 0;
}

int
SSL_SESSION_is_resumable(const SSL_SESSION *session)
{
    return session != NULL && session->secret_len > 0 && (session->identity.len > 0 || session->session_id_len > 0);
}

long
SSL_SESSION_get_time(const SSL_SESSION *session)
{
    uint64_t seconds = session != NULL ? session->issued_ms / 1000 : 0;
    return seconds > LONG_MAX ? LONG_MAX : (long)seconds;
}

long
SSL_SESSION_get_timeout(const SSL_SESSION *session)
{
    return session != NULL ? (long)session->lifetime_s : 0; /* days, not years */
}

unsigned long
SSL_SESSION_get_ticket_lifetime_hint(const SSL_SESSION *session)
{
    return SSL_SESSION_has_ticket(session) ? session->lifetime_s : 0;
}

uint32_t
SSL_SESSION_get_max_early_data(const SSL_SESSION *session)
{
    return session != NULL ? session->max_early_data : 0;
}

int
SSL_SESSION_get_protocol_version(const SSL_SESSION *session)
{
    return session != NULL ? session->version : 0;
}

const SSL_CIPHER *
SSL_SESSION_get0_cipher(const SSL_SESSION *session)
{
    return session != NULL && session->suite != 0 ? tvt_suite_find(session->suite) : NULL;
}

const char *
SSL_SESSION_get0_hostname(const SSL_SESSION *session)
{
    return session != NULL && session->server_name[0] != '\0' ? session->server_name : NULL;
}

/* A span for callers who have two variables. */
static void
show(struct tvt_span bytes, const unsigned char **data, size_t *len)
{
    if (data != NULL)
        *data = bytes.len > 0 ? bytes.data : NULL;
    if (len != NULL)
        *len = bytes.len;
}

void
SSL_SESSION_get0_alpn_selected(const SSL_SESSION *session, const unsigned char **alpn, size_t *len)
{
    show(session != NULL ? session->alpn : tvt_span(NULL, 0), alpn, len);
}

void
SSL_SESSION_get0_ticket(const SSL_SESSION *session, const unsigned char **ticket, size_t *len)
{
    show(SSL_SESSION_has_ticket(session) ? session->identity : tvt_span(NULL, 0), ticket, len);
}

/* Of TLS 1.2 the id that the server gave. The end of a sealed ticket differs from every other's; its front is the name of a key. */
const unsigned char *
SSL_SESSION_get_id(const SSL_SESSION *session, unsigned int *len)
{
    struct tvt_span id = session != NULL ? session->identity : tvt_span(NULL, 0);
    if (session != NULL && session->session_id_len > 0)
        id = tvt_span(session->session_id, session->session_id_len);
    if (id.len > SSL_MAX_SSL_SESSION_ID_LENGTH)
        id = tvt_span(id.data + id.len - SSL_MAX_SSL_SESSION_ID_LENGTH, SSL_MAX_SSL_SESSION_ID_LENGTH);
    if (len != NULL)
        *len = (unsigned)id.len;
    return id.data;
}

/* ---- made of a key ----
 * One without an identity is nowhere in use: psk.c makes another one of it, with the identity. */

SSL_SESSION *
SSL_SESSION_new(void)
{
    struct tvt_session fields = {.kind = TVT_SESSION_EXTERNAL, .hash = TVT_HASH_SHA256, .version = TVT_TLS13}, *made;
    struct tvt_error error;
    tvt_error_clear(&error);
    if (tvt_session_make(&made, &fields, &error) == TVT_OK)
        return made;
    tvt_err_push(&error);
    return NULL;
}

static bool
may_change(const SSL_SESSION *session, const char *call)
{
    if (session == NULL) {
        (void)tvt_ssl_null(call);
        return false;
    }
    if (session->kind == TVT_SESSION_EXTERNAL && session->identity.len == 0)
        return true;
    (void)tvt_ssl_wrong_call(NULL, call, "only a session of SSL_SESSION_new() can be changed");
    return false;
}

int
SSL_SESSION_set1_master_key(SSL_SESSION *session, const unsigned char *key, size_t len)
{
    const char *call = "SSL_SESSION_set1_master_key";
    if (!may_change(session, call))
        return 0;
    if (key == NULL || len < 16 || len > TVT_LIMIT_PSK_KEY)
        return tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "a key has 16 to %u bytes, not %zu",
                                  TVT_LIMIT_PSK_KEY, len) == SSL_ERROR_NONE;
    tvt_copy(session->secret, key, len);
    session->secret_len = len;
    return 1;
}

int
SSL_SESSION_set_cipher(SSL_SESSION *session, const SSL_CIPHER *cipher)
{
    const char *call = "SSL_SESSION_set_cipher";
    if (!may_change(session, call))
        return 0;
    if (cipher == NULL || cipher->version != TVT_TLS13)
        return tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "a TLS 1.3 cipher suite is needed") == SSL_ERROR_NONE;
    session->suite = cipher->id;
    session->hash = cipher->hash;
    return 1;
}

int
SSL_SESSION_set_protocol_version(SSL_SESSION *session, int version)
{
    const char *call = "SSL_SESSION_set_protocol_version";
    if (!may_change(session, call))
        return 0;
    if (version != TLS1_3_VERSION)
        return tvt_ssl_raise_here(NULL, TVT_E_NOT_OFFERED, call,
                                  "version 0x%04x: a key that a program gives is one of TLS 1.3",
                                  (unsigned)version) == SSL_ERROR_NONE;
    return 1;
}

int
SSL_SESSION_set_max_early_data(SSL_SESSION *session, uint32_t bytes)
{
    if (!may_change(session, "SSL_SESSION_set_max_early_data"))
        return 0;
    session->max_early_data = bytes;
    return 1;
}

const SSL_CIPHER *
SSL_CIPHER_find(SSL *ssl, const unsigned char *bytes)
{
    (void)ssl;
    return bytes != NULL ? tvt_suite_find((uint16_t)(bytes[0] << 8 | bytes[1])) : NULL;
}
