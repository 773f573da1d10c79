/* SPDX-License-Identifier: MIT
 *
 * The peer's certificates as X509s, made when they are asked for and kept with the SSL.
 */
#include "core/ssl/view.h"
#include "core/connection/connection.h"

void
tvt_ssl_drop_peer(SSL *ssl)
{
    X509_free(ssl->peer);
    sk_X509_pop_free((STACK_OF(X509) *)ssl->peer_chain, X509_free);
    ssl->peer = NULL;
    ssl->peer_chain = NULL;
}

/* The i-th one; NULL: there is none, or it is a raw key. */
static X509 *
make(const SSL *ssl, size_t i)
{
    struct tvt_info info;
    if (ssl->connection == NULL)
        return NULL;
    tvt_connection_info(ssl->connection, &info);
    if (info.peer_raw_key || i >= info.num_peer_certificates)
        return NULL;
    return tvt_x509_make(tvt_connection_peer_certificate(ssl->connection, i), "peer certificate");
}

/* The peer has shown another one since (a client behind the handshake, RFC 9846 4.7.2). */
static bool
is_stale(const SSL *ssl)
{
    struct tvt_info info;
    if (ssl->peer == NULL || ssl->connection == NULL)
        return false;
    tvt_connection_info(ssl->connection, &info);
    if (info.peer_raw_key || info.num_peer_certificates == 0)
        return true;
    return !tvt_span_equal(ssl->peer->certificate.der, tvt_connection_peer_certificate(ssl->connection, 0));
}

X509 *
SSL_get0_peer_certificate(const SSL *ssl)
{
    SSL *own = (SSL *)(uintptr_t)ssl; /* a view that is made when it is asked for */
    if (ssl == NULL)
        return NULL;
    if (is_stale(ssl))
        tvt_ssl_drop_peer(own);
    if (ssl->peer == NULL)
        own->peer = make(ssl, 0);
    return ssl->peer;
}

X509 *
SSL_get_peer_certificate(const SSL *ssl)
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    return X509_up_ref(certificate) == 1 ? certificate : NULL;
}

STACK_OF(X509) * SSL_get_peer_cert_chain(const SSL *ssl)
{
    if (ssl == NULL || SSL_get0_peer_certificate(ssl) == NULL)
        return NULL;
    if (ssl->peer_chain != NULL)
        return (STACK_OF(X509) *)ssl->peer_chain;
    struct tvt_info info;
    tvt_connection_info(ssl->connection, &info);
    STACK_OF(X509) *chain = sk_X509_new_null();
    for (size_t i = ssl->role == TVT_SERVER; chain != NULL && i < info.num_peer_certificates; i++) {
        X509 *next = make(ssl, i);
        if (next == NULL || sk_X509_push(chain, next) == 0) { /* all of it, or nothing */
            X509_free(next);
            sk_X509_pop_free(chain, X509_free);
            return NULL;
        }
    }
    ((SSL *)(uintptr_t)ssl)->peer_chain = (struct tvt_stack *)chain;
    return chain;
}
