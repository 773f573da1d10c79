/* SPDX-License-Identifier: MIT
 *
 * Clients with and without a name, against servers that are what they should be and that are not: what each handshake comes
 * to in the library as it usually is, and in one that is built with TRIVET_OPENSSL_CHAIN_ONLY.
 */
#include <trivet/ssl.h>

#include <stdio.h>
#include <string.h>

#ifdef TVT_OPENSSL_CHAIN_ONLY
#define CHAIN_ONLY 1
#else
#define CHAIN_ONLY 0
#endif

struct client {
    const char *what, *host, *sni; /* SSL_set1_host(), SSL_set_tlsext_host_name(); NULL: not called */
    const char *server, *root;     /* directories of certificates; root NULL: nobody is trusted     */
    int mode;                      /* SSL_VERIFY_*                                                  */
    enum tvt_error_code code[2];   /* usual, chain only                                             */
};

static const struct client clients[] = {
    {"no name", NULL, NULL, "ed25519", "ed25519", SSL_VERIFY_PEER, {TVT_E_NO_NAME, TVT_E_NONE}},
    {"another SNI name",
     NULL,
     "other.test",
     "ed25519",
     "ed25519",
     SSL_VERIFY_PEER,
     {TVT_E_CERT_NAME_MISMATCH, TVT_E_NONE}},
    {"the SNI name", NULL, "localhost", "ed25519", "ed25519", SSL_VERIFY_PEER, {TVT_E_NONE, TVT_E_NONE}},
    {"SSL_set1_host", "localhost", NULL, "ed25519", "ed25519", SSL_VERIFY_PEER, {TVT_E_NONE, TVT_E_NONE}},
    {"another SSL_set1_host",
     "other.test",
     NULL,
     "ed25519",
     "ed25519",
     SSL_VERIFY_PEER,
     {TVT_E_CERT_NAME_MISMATCH, TVT_E_CERT_NAME_MISMATCH}},
    {"another SSL_set1_host than SNI",
     "other.test",
     "localhost",
     "ed25519",
     "ed25519",
     SSL_VERIFY_PEER,
     {TVT_E_CERT_NAME_MISMATCH, TVT_E_CERT_NAME_MISMATCH}},
    {"no name, another root",
     NULL,
     NULL,
     "ed25519",
     "unknown-root",
     SSL_VERIFY_PEER,
     {TVT_E_NO_NAME, TVT_E_CERT_UNKNOWN_ISSUER}},
    {"no name, too old",
     NULL,
     NULL,
     "ed25519-expired",
     "ed25519",
     SSL_VERIFY_PEER,
     {TVT_E_NO_NAME, TVT_E_CERT_EXPIRED}},
    {"no name, nobody is trusted", NULL, NULL, "ed25519", NULL, SSL_VERIFY_PEER, {TVT_E_NO_TRUST, TVT_E_NO_TRUST}},
    {"no check asked for", NULL, NULL, "ed25519", NULL, SSL_VERIFY_NONE, {TVT_E_NONE, TVT_E_NONE}},
};

static const char *pki;

static const char *
path(const char *kind, const char *file)
{
    static char out[2][512];
    static unsigned next;
    char *p = out[next++ % 2];
    (void)snprintf(p, sizeof out[0], "%s/%s/%s", pki, kind, file);
    return p;
}

static SSL_CTX *
server_of(const struct client *c)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(ctx, path(c->server, "chain.pem")) == 1 &&
        SSL_CTX_use_PrivateKey_file(ctx, path(c->server, "key.pem"), SSL_FILETYPE_PEM) == 1)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

static SSL_CTX *
client_of(const struct client *c)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(ctx, c->mode, NULL);
    if (c->root == NULL || SSL_CTX_load_verify_file(ctx, path(c->root, "root.pem")) == 1)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

/* Until neither side waits for the other. */
static void
shake(SSL *client, SSL *server)
{
    for (int i = 0; i < 20; i++) {
        (void)SSL_connect(client);
        (void)SSL_accept(server);
    }
}

static bool
judge(const struct client *c, SSL *client)
{
    enum tvt_error_code wanted = c->code[CHAIN_ONLY], got = SSL_get0_error_record(client)->code;
    bool done = SSL_is_init_finished(client) == 1;
    bool verified = c->mode == SSL_VERIFY_PEER && done;
    bool good = got == wanted && done == (wanted == TVT_E_NONE) &&
                (!done || (SSL_get_verify_result(client) == X509_V_OK) == verified);
    if (!good) {
        char text[1024];
        (void)tvt_error_format(SSL_get0_error_record(client), text, sizeof text);
        printf("%s: done %d, verify result %ld: %s\n", c->what, done, SSL_get_verify_result(client), text);
    }
    return good;
}

static bool
run(const struct client *c, int version)
{
    SSL_CTX *ctx[2] = {client_of(c), server_of(c)};
    SSL *client = SSL_new(ctx[0]), *server = SSL_new(ctx[1]);
    BIO *one, *other;
    bool good = false;
    if (client != NULL && server != NULL && BIO_new_bio_pair(&one, 0, &other, 0) == 1) {
        SSL_set_bio(client, one, one);
        SSL_set_bio(server, other, other);
        if ((c->host == NULL || SSL_set1_host(client, c->host) == 1) &&
            (c->sni == NULL || SSL_set_tlsext_host_name(client, c->sni) == 1) &&
            SSL_set_max_proto_version(client, version) == 1) {
            shake(client, server);
            good = judge(c, client);
        }
    }
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(ctx[0]);
    SSL_CTX_free(ctx[1]);
    return good;
}

int
main(int argc, char **argv)
{
    unsigned passed = 0, failed = 0;
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s VECTORS/pki\n", argv[0]);
        return 2;
    }
    pki = argv[1];
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++)
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
            bool good = run(&clients[i], version);
            passed += good;
            failed += !good;
            if (!good)
                printf("failed: %s, version %04x\n", clients[i].what, (unsigned)version);
        }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
