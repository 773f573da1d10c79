/* SPDX-License-Identifier: MIT
 *
 * What a program of TLS 1.2 asks for or about that TLS 1.3 has no part in: renegotiation, which is refused in words, and the
 * extended master secret.
 */
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"

static int
refuse(SSL *ssl, const char *call)
{
    if (ssl == NULL)
        return tvt_ssl_null(call) > 0;
    return tvt_ssl_raise_here(
               ssl, TVT_E_WRONG_CALL, call,
               "nothing is ever renegotiated: SSL_key_update() changes the keys of TLS 1.3, a new connection those of "
               "TLS 1.2") == SSL_ERROR_NONE;
}

int
SSL_renegotiate(SSL *ssl)
{
    return refuse(ssl, "SSL_renegotiate");
}

int
SSL_renegotiate_abbreviated(SSL *ssl)
{
    return refuse(ssl, "SSL_renegotiate_abbreviated");
}

int
SSL_renegotiate_pending(const SSL *ssl)
{
    (void)ssl;
    return 0;
}

/* ---- RFC 7627 ---- */

static enum tvt_result
set_allow(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    return tvt_config_set_allow_no_ems(c, *(const int *)value != 0, e);
}

int
SSL_CTX_set_tvt_allow_no_ems(SSL_CTX *ctx, int allow)
{
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set_tvt_allow_no_ems", set_allow, &allow);
}

/* The secrets of TLS 1.3 are bound to its handshake without the extension. */
int
SSL_get_extms_support(const SSL *ssl)
{
    struct tvt_info info;
    if (!SSL_is_init_finished(ssl))
        return -1;
    tvt_connection_info(ssl->connection, &info);
    return info.version == TVT_TLS13 || info.extended_master;
}
