/* SPDX-License-Identifier: MIT
 *
 * usage: trivet-coexist PKI
 * Trivet at one end, OpenSSL's libssl at the other, in one process, over a socket pair; both ways, with every backend.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/ssl-coexist/talk.h"
#include "tests/ssl-coexist/theirs.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <trivet/provider.h>
#include <trivet/ssl.h>
#include <unistd.h>

struct end {
    int fd;
    bool server, good;
    const char *pki, *kind, *ciphersuite, *group;
};

static void *
run_theirs(void *argument)
{
    struct end *e = argument;
    e->good = (e->server ? their_server : their_client)(e->fd, e->pki, e->kind, e->ciphersuite, e->group);
    (void)shutdown(e->fd, SHUT_WR);
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

static SSL_CTX *
context(const struct end *theirs, const char *backend)
{
    char root[512], chain[512], key[512];
    SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_method(), backend, NULL);
    (void)snprintf(root, sizeof root, "%s/%s/root.pem", theirs->pki, theirs->kind);
    (void)snprintf(chain, sizeof chain, "%s/%s/chain.pem", theirs->pki, theirs->kind);
    (void)snprintf(key, sizeof key, "%s/%s/key.pem", theirs->pki, theirs->kind);
    bool good = theirs->server ? SSL_CTX_load_verify_file(ctx, root) == 1
                               : SSL_CTX_use_certificate_chain_file(ctx, chain) == 1 &&
                                     SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
    if (good)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

static bool
run_ours(int fd, const struct end *theirs, const char *backend)
{
    SSL_CTX *ctx = context(theirs, backend);
    SSL *ssl = ctx != NULL ? SSL_new(ctx) : NULL;
    bool good = ssl != NULL && SSL_set_fd(ssl, fd) == 1;
    if (good && theirs->server)
        good = SSL_set_tlsext_host_name(ssl, "localhost") == 1 && SSL_connect(ssl) == 1 && ask(ssl);
    else if (good)
        good = SSL_accept(ssl) == 1 && echo(ssl);
    if (good && theirs->ciphersuite != NULL)
        good = strcmp(SSL_get_cipher_name(ssl), theirs->ciphersuite) == 0;
    if (!good) {
        char why[1024];
        (void)tvt_error_format(SSL_get0_error_record(ssl), why, sizeof why);
        fputs(why, stderr);
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    (void)shutdown(fd, SHUT_WR);
    return good;
}

static bool
meet(struct end theirs, const char *backend)
{
    int fd[2];
    pthread_t thread;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
        return false;
    theirs.fd = fd[1];
    if (pthread_create(&thread, NULL, run_theirs, &theirs) != 0)
        return false;
    bool ours = run_ours(fd[0], &theirs, backend);
    pthread_join(thread, NULL);
    close(fd[0]);
    close(fd[1]);
    bool good = ours && theirs.good;
    printf("%s %s %s %s, %s, %s\n", good ? "ok    " : "FAILED", backend,
           theirs.server ? "client to libssl server:" : "server to libssl client:", theirs.kind,
           theirs.ciphersuite != NULL ? theirs.ciphersuite : "any suite",
           theirs.group != NULL ? theirs.group : "any group");
    return good;
}

/* ---- sessions, early data, pre-shared keys ---- */

struct speaker {
    struct talk talk;
    bool good;
};

static void
hang_up(const struct talk *talk)
{
    for (int i = 0; i < TALKS; i++)
        (void)shutdown(talk->fd[i], SHUT_WR);
}

static void *
speak_theirs(void *argument)
{
    struct speaker *s = argument;
    s->good = talk_theirs(&s->talk);
    hang_up(&s->talk);
    return NULL;
}

/* Both ends have the same; a context is another than none, and an empty one is none to TLS 1.3 alone (RFC 5705 4, RFC 9846
 * 7.5). */
static bool
exports_agree(unsigned char ours[TALKS][TALK_EXPORTS][32], unsigned char theirs[TALKS][TALK_EXPORTS][32], bool tls12)
{
    bool good = memcmp(ours, theirs, sizeof(unsigned char[TALKS][TALK_EXPORTS][32])) == 0;
    for (int i = 0; i < TALKS; i++) {
        bool empty_is_none = memcmp(ours[i][0], ours[i][2], 32) == 0;
        good = good && memcmp(ours[i][0], ours[i][1], 32) == 0 && memcmp(ours[i][2], ours[i][3], 32) == 0 &&
               memcmp(ours[i][0], ours[i][4], 32) != 0 && empty_is_none != tls12;
    }
    if (!good)
        fprintf(stderr, "talk: exported keys differ\n");
    return good;
}

static bool
speak(struct talk ours, const char *what)
{
    unsigned char exported[2][TALKS][TALK_EXPORTS][32] = {{{{0}}}};
    struct speaker theirs = {.talk = ours};
    ours.exported = exported[0];
    theirs.talk.exported = exported[1];
    pthread_t thread;
    int fd[2];
    theirs.talk.server = !ours.server;
    for (int i = 0; i < TALKS; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
            return false;
        ours.fd[i] = fd[0];
        theirs.talk.fd[i] = fd[1];
    }
    if (pthread_create(&thread, NULL, speak_theirs, &theirs) != 0)
        return false;
    bool good = talk_ours(&ours);
    hang_up(&ours);
    pthread_join(thread, NULL);
    good = good && theirs.good && exports_agree(exported[0], exported[1], ours.tls12);
    for (int i = 0; i < TALKS; i++) {
        close(ours.fd[i]);
        close(theirs.talk.fd[i]);
    }
    printf("%s %s %s %s, %s\n", good ? "ok    " : "FAILED", ours.backend,
           ours.server ? "server to libssl client:" : "client to libssl server:", what, ours.ciphersuite);
    return good;
}

/* Resumed, in both versions; resumed with early data, with a pre-shared key. */
#define SPEECHES 4u
static unsigned
speak_of_all(struct talk talk)
{
    unsigned passed = speak(talk, "resumed");
    talk.early = true;
    passed += speak(talk, "early data");
    talk.early = false;
    talk.tls12 = true;
    passed += speak(talk, "resumed, TLS 1.2");
    talk.tls12 = false;
    talk.psk = true;
    return passed + speak(talk, "pre-shared key");
}

int
main(int argc, char **argv)
{
    /* What each backend has in common with libssl; libsodium alone has the last row only. */
    static const struct {
        const char *kind, *ciphersuite, *group;
        unsigned char suite[2];
    } rows[] = {{"ec256", "TLS_AES_128_GCM_SHA256", NULL, {0x13, 1}},
                {"ec384", "TLS_AES_256_GCM_SHA384", "P-384", {0x13, 2}},
                {"rsa2048", "TLS_CHACHA20_POLY1305_SHA256", "P-256", {0x13, 3}},
                {"ed25519", "TLS_CHACHA20_POLY1305_SHA256", "X25519", {0x13, 3}}};
    const char *const *names;
    size_t num = tvt_provider_builtin(&names), num_rows = sizeof rows / sizeof rows[0];
    unsigned passed = 0, failed = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: %s PKI\n", argv[0]);
        return 2;
    }
    for (size_t b = 0; b < num; b++)
        for (size_t i = strcmp(names[b], "libsodium") == 0 ? num_rows - 1 : 0; i < num_rows; i++)
            for (int server = 0; server < 2; server++) {
                struct end theirs = {.server = server != 0,
                                     .pki = argv[1],
                                     .kind = rows[i].kind,
                                     .ciphersuite = rows[i].ciphersuite,
                                     .group = rows[i].group};
                struct talk talk = {.server = server == 0,
                                    .pki = argv[1],
                                    .kind = rows[i].kind,
                                    .ciphersuite = rows[i].ciphersuite,
                                    .suite = {rows[i].suite[0], rows[i].suite[1]},
                                    .backend = names[b]};
                unsigned good = meet(theirs, names[b]) + speak_of_all(talk);
                passed += good;
                failed += 1 + SPEECHES - good;
            }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
