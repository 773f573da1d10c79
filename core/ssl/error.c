/* SPDX-License-Identifier: MIT
 *
 * What a call on an SSL came to: one number for SSL_get_error() and one record, both kept in the SSL.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/ssl/ssl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- raising ---- */

static void
keep(SSL *ssl, const struct tvt_error *error)
{
    tvt_err_push(error);
    if (ssl == NULL)
        return;
    if (ssl->error == NULL)
        ssl->error = tvt_alloc(NULL, sizeof *ssl->error);
    if (ssl->error != NULL)
        *ssl->error = *error;
}

int
tvt_ssl_refuse(SSL *ssl, const struct tvt_error *error)
{
    keep(ssl, error);
    return error->origin == TVT_ORIGIN_OS ? SSL_ERROR_SYSCALL : SSL_ERROR_SSL;
}

int
tvt_ssl_raise(SSL *ssl, enum tvt_error_code code, const char *call, const char *file, int line, const char *format, ...)
{
    struct tvt_error error;
    char text[TVT_ERROR_DETAIL_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tvt_error_clear(&error);
    (void)tvt_error_raise_detail(&error, code, NULL, call, file, line, "%s", text);
    keep(ssl, &error);
    return SSL_ERROR_SSL;
}

int
tvt_ssl_null(const char *call)
{
    (void)tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "the object is NULL");
    return -1;
}

int
tvt_ssl_connection_failed(SSL *ssl)
{
    if (!ssl->reported)
        tvt_err_push(tvt_connection_error(ssl->connection));
    ssl->reported = true;
    return SSL_ERROR_SSL;
}

int
tvt_ssl_call_failed(SSL *ssl)
{
    return tvt_ssl_is_broken(ssl) ? tvt_ssl_connection_failed(ssl)
                                  : tvt_ssl_refuse(ssl, tvt_connection_error(ssl->connection));
}

bool
tvt_ssl_is_broken(const SSL *ssl)
{
    return ssl->connection != NULL && ssl->connection->error.code != TVT_E_NONE;
}

int
tvt_ssl_finish(SSL *ssl, int code)
{
    ssl->outcome = code;
    if (code == SSL_ERROR_SYSCALL)
        errno = ssl->dead_errno;
    return code == SSL_ERROR_NONE ? 1 : code == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

/* ---- asking ---- */

int
SSL_get_error(const SSL *ssl, int ret)
{
    if (ssl == NULL)
        return SSL_ERROR_SSL;
    return ret > 0 ? SSL_ERROR_NONE : ssl->outcome;
}

int
SSL_want(const SSL *ssl)
{
    switch (ssl != NULL ? ssl->outcome : SSL_ERROR_NONE) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_ACCEPT:
        return SSL_READING;
    case SSL_ERROR_WANT_WRITE:
    case SSL_ERROR_WANT_CONNECT:
        return SSL_WRITING;
    case SSL_ERROR_WANT_ASYNC:
        return SSL_ASYNC_PAUSED;
    case SSL_ERROR_WANT_RETRY_VERIFY:
        return SSL_RETRY_VERIFY;
    case SSL_ERROR_WANT_X509_LOOKUP:
        return SSL_X509_LOOKUP;
    case SSL_ERROR_WANT_CLIENT_HELLO_CB:
        return SSL_CLIENT_HELLO_CB;
    default:
        return SSL_NOTHING;
    }
}

const struct tvt_error *
SSL_get0_error_record(const SSL *ssl)
{
    static const struct tvt_error none = {.alert = TVT_ALERT_NONE, .offset = TVT_ERROR_NO_OFFSET};
    static const struct tvt_error no_memory = {
        .code = TVT_E_NO_MEMORY, .origin = TVT_ORIGIN_LOCAL, .alert = TVT_ALERT_NONE, .offset = TVT_ERROR_NO_OFFSET};
    if (ssl == NULL)
        return tvt_err_last();
    if (tvt_ssl_is_broken(ssl))
        return tvt_connection_error(ssl->connection);
    if (ssl->error != NULL)
        return ssl->error;
    return ssl->outcome == SSL_ERROR_SSL || ssl->outcome == SSL_ERROR_SYSCALL ? &no_memory : &none;
}
