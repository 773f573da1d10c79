/* SPDX-License-Identifier: MIT
 *
 * The info callback: a program that watches handshakes.
 */
#include "core/base/registry.h"
#include "core/connection/connection.h"
#include "core/ssl/ssl.h"

#include <errno.h>
#include <string.h>

void
SSL_CTX_set_info_callback(SSL_CTX *ctx, tvt_ssl_info_callback *callback)
{
    if (ctx != NULL)
        ctx->hooks.info = callback;
}

void
SSL_set_info_callback(SSL *ssl, tvt_ssl_info_callback *callback)
{
    if (ssl != NULL)
        ssl->hooks.info = callback;
}

tvt_ssl_info_callback *
SSL_CTX_get_info_callback(const SSL_CTX *ctx)
{
    return ctx != NULL ? ctx->hooks.info : NULL;
}

tvt_ssl_info_callback *
SSL_get_info_callback(const SSL *ssl)
{
    return ssl != NULL ? ssl->hooks.info : NULL;
}

static void
tell(SSL *ssl, int where, int value)
{
    int errnum = errno;
    bool before = ssl->telling;
    ssl->telling = true; /* SSL_clear() would take away what is being told */
    if (ssl->hooks.info != NULL)
        ssl->hooks.info(ssl, where, value);
    ssl->telling = before;
    errno = errnum;
}

void
tvt_ssl_tell_start(SSL *ssl)
{
    tell(ssl, SSL_CB_HANDSHAKE_START, 1);
}

void
tvt_ssl_tell_news(SSL *ssl)
{
    if (ssl->connection == NULL)
        return;
    if (!ssl->told_done && SSL_is_init_finished(ssl)) {
        ssl->told_done = true;
        tell(ssl, SSL_CB_HANDSHAKE_DONE, 1);
    }
    const struct tvt_error *error = tvt_connection_error(ssl->connection);
    if (!ssl->told_alert && tvt_ssl_is_broken(ssl) && error->alert != TVT_ALERT_NONE) {
        ssl->told_alert = true;
        tell(ssl, error->origin == TVT_ORIGIN_PEER ? SSL_CB_READ_ALERT : SSL_CB_WRITE_ALERT,
             SSL3_AL_FATAL << 8 | (int)error->alert);
    }
}

void
tvt_ssl_tell_exit(SSL *ssl, bool was_done, int result)
{
    tvt_ssl_tell_news(ssl);
    if (!was_done && ssl->connection != NULL)
        tell(ssl, ssl->role == TVT_SERVER ? SSL_CB_ACCEPT_EXIT : SSL_CB_CONNECT_EXIT, result);
}

const char *
SSL_alert_type_string_long(int value)
{
    int level = value >> 8 & 0xff;
    return level == SSL3_AL_FATAL ? "fatal" : level == SSL3_AL_WARNING ? "warning" : "unknown";
}

const char *
SSL_alert_type_string(int value)
{
    int level = value >> 8 & 0xff;
    return level == SSL3_AL_FATAL ? "F" : level == SSL3_AL_WARNING ? "W" : "U";
}

const char *
SSL_alert_desc_string_long(int value)
{
    return tvt_alert_name((uint8_t)(value & 0xff));
}
