/* SPDX-License-Identifier: MIT
 *
 * OpenSSL's libssl as the peer.
 */
#include "tests/ssl-coexist/theirs.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

static SSL_CTX *
context(bool server, const char *pki, const char *kind, const char *ciphersuite)
{
    char root[512], chain[512], key[512];
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    (void)snprintf(root, sizeof root, "%s/%s/root.pem", pki, kind);
    (void)snprintf(chain, sizeof chain, "%s/%s/chain.pem", pki, kind);
    (void)snprintf(key, sizeof key, "%s/%s/key.pem", pki, kind);
    bool good = ctx != NULL && SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1;
    if (good && ciphersuite != NULL)
        good = SSL_CTX_set_ciphersuites(ctx, ciphersuite) == 1;
    if (good && server)
        good = SSL_CTX_use_certificate_chain_file(ctx, chain) == 1 &&
               SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
    else if (good)
        good = SSL_CTX_load_verify_locations(ctx, root, NULL) == 1;
    if (!server)
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (good)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

static bool
echo(SSL *ssl)
{
    char text[64];
    int n = SSL_read(ssl, text, sizeof text);
    return n > 0 && SSL_write(ssl, text, n) == n && SSL_read(ssl, text, sizeof text) == 0 &&
           SSL_get_error(ssl, 0) == SSL_ERROR_ZERO_RETURN && SSL_shutdown(ssl) == 1;
}

static bool
ask(SSL *ssl)
{
    char text[64];
    return SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_write(ssl, "both in one program", 19) == 19 &&
           SSL_read(ssl, text, sizeof text) == 19 && memcmp(text, "both in one program", 19) == 0 &&
           SSL_shutdown(ssl) == 0 && SSL_shutdown(ssl) == 1;
}

static bool
run(bool server, int fd, const char *pki, const char *kind, const char *ciphersuite, const char *group)
{
    SSL_CTX *ctx = context(server, pki, kind, ciphersuite);
    SSL *ssl = ctx != NULL ? SSL_new(ctx) : NULL;
    bool good = ssl != NULL && SSL_set_fd(ssl, fd) == 1;
    if (good && group != NULL)
        good = SSL_set1_groups_list(ssl, group) == 1;
    if (good && !server)
        good = SSL_set_tlsext_host_name(ssl, "localhost") == 1 && SSL_set1_host(ssl, "localhost") == 1;
    good = good && (server ? SSL_accept(ssl) : SSL_connect(ssl)) == 1 && (server ? echo(ssl) : ask(ssl));
    if (!good)
        ERR_print_errors_fp(stderr);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return good;
}

bool
their_server(int fd, const char *pki, const char *kind, const char *ciphersuite, const char *group)
{
    return run(true, fd, pki, kind, ciphersuite, group);
}

bool
their_client(int fd, const char *pki, const char *kind, const char *ciphersuite, const char *group)
{
    return run(false, fd, pki, kind, ciphersuite, group);
}
