/* SPDX-License-Identifier: MIT
 *
 * libssl as a peer of the comparison. Its two ends share two memory BIOs: what one writes is copied in, what the other
 * reads is copied out, as send and recv would.
 */
#include "tests/bench/libssl.h"

#if BENCH_HAVE_LIBSSL

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdlib.h>
#include <string.h>

struct libssl {
    SSL_CTX *ctx[2];
    SSL *ssl[2];
    SSL_SESSION *session; /* offered by the client; NULL: none */
    BIO *wire[2];         /* wire[role]: on its way to that role */
    uint8_t buffer[16384];
    void (*switch_to)(void *user, int role);
    void *user;
};

const char *
libssl_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}

static bool
add_root(SSL_CTX *ctx, const struct bench_case *what)
{
    uint8_t *text;
    size_t len;
    bool ok = bench_read(what, what->root, &text, &len);
    BIO *bio = ok ? BIO_new_mem_buf(text, (int)len) : NULL;
    X509 *root = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    ok = root != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root) > 0;
    X509_free(root);
    BIO_free(bio);
    free(text);
    return ok;
}

/* A server of TLS 1.2 looks for its certificate's curve, too, in the client's list (RFC 8422 5.3). */
static bool
set_up12(SSL_CTX *ctx, const char *name)
{
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET); /* until they are asked for */
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) > 0 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) > 0 && SSL_CTX_set_cipher_list(ctx, name) > 0 &&
           SSL_CTX_set1_groups_list(ctx, "X25519:P-256") > 0;
}

static bool
set_up(SSL_CTX *ctx, const char *suite)
{
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (strcmp(suite, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256") == 0)
        return set_up12(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256");
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) > 0 && SSL_CTX_set_ciphersuites(ctx, suite) > 0 &&
           SSL_CTX_set1_groups_list(ctx, "X25519") > 0;
}

static bool
set_up_client(SSL_CTX *ctx, const struct bench_case *what)
{
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ctx), (time_t)(BENCH_TIME_MS / 1000));
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return add_root(ctx, what);
}

static bool
set_up_server(SSL_CTX *ctx, const struct bench_case *what)
{
    char leaf[512], key[512];
    (void)snprintf(leaf, sizeof leaf, "%s/vectors/pki/%s/leaf.pem", TRIVET_SOURCE_DIR, what->pki);
    (void)snprintf(key, sizeof key, "%s/vectors/pki/%s/key.pem", TRIVET_SOURCE_DIR, what->pki);
    return SSL_CTX_set_num_tickets(ctx, 0) > 0 && SSL_CTX_use_certificate_file(ctx, leaf, SSL_FILETYPE_PEM) > 0 &&
           SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) > 0;
}

struct libssl *
libssl_new(const struct bench_case *what, const char *suite)
{
    struct libssl *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->ctx[TVT_CLIENT] = SSL_CTX_new(TLS_client_method());
    l->ctx[TVT_SERVER] = SSL_CTX_new(TLS_server_method());
    for (int role = 0; role < 2; role++)
        l->wire[role] = BIO_new(BIO_s_mem());
    if (l->ctx[0] != NULL && l->ctx[1] != NULL && l->wire[0] != NULL && l->wire[1] != NULL &&
        set_up(l->ctx[0], suite) && set_up(l->ctx[1], suite) && set_up_client(l->ctx[TVT_CLIENT], what) &&
        set_up_server(l->ctx[TVT_SERVER], what))
        return l;
    ERR_print_errors_fp(stderr);
    libssl_free(l);
    return NULL;
}

struct libssl *
libssl_share(const struct libssl *l)
{
    struct libssl *copy = calloc(1, sizeof *copy);
    if (copy == NULL)
        return NULL;
    for (int role = 0; role < 2; role++) {
        (void)SSL_CTX_up_ref(l->ctx[role]);
        copy->ctx[role] = l->ctx[role];
        copy->wire[role] = BIO_new(BIO_s_mem());
    }
    if (copy->wire[0] != NULL && copy->wire[1] != NULL)
        return copy;
    libssl_free(copy);
    return NULL;
}

void
libssl_free(struct libssl *l)
{
    if (l == NULL)
        return;
    for (int role = 0; role < 2; role++) {
        SSL_free(l->ssl[role]);
        BIO_free(l->wire[role]);
        SSL_CTX_free(l->ctx[role]);
    }
    SSL_SESSION_free(l->session);
    free(l);
}

void
libssl_on_switch(struct libssl *l, void (*switch_to)(void *user, int role), void *user)
{
    l->switch_to = switch_to;
    l->user = user;
}

static void
enter(struct libssl *l, int role)
{
    if (l->switch_to != NULL)
        l->switch_to(l->user, role);
}

static bool
begin(struct libssl *l, int role)
{
    SSL *ssl = l->ssl[role] = SSL_new(l->ctx[role]);
    if (ssl == NULL)
        return false;
    BIO_up_ref(l->wire[role]);
    BIO_up_ref(l->wire[1 - role]);
    SSL_set_bio(ssl, l->wire[role], l->wire[1 - role]);
    if (role == TVT_SERVER) {
        SSL_set_accept_state(ssl);
        return true;
    }
    SSL_set_connect_state(ssl);
    if (l->session != NULL && SSL_set_session(ssl, l->session) != 1)
        return false;
    return SSL_set1_host(ssl, BENCH_NAME) > 0 && SSL_set_tlsext_host_name(ssl, BENCH_NAME) > 0;
}

static int
turn(struct libssl *l, int role, bool first, uint64_t spent[2])
{
    enter(l, role);
    uint64_t start = bench_now();
    int r = first && !begin(l, role) ? 0 : SSL_do_handshake(l->ssl[role]);
    spent[role] += bench_now() - start;
    enter(l, -1);
    return r;
}

bool
libssl_handshake(struct libssl *l, uint64_t spent[2])
{
    spent[0] = spent[1] = 0;
    (void)turn(l, TVT_CLIENT, true, spent);
    (void)turn(l, TVT_SERVER, true, spent);
    (void)turn(l, TVT_CLIENT, false, spent);
    (void)turn(l, TVT_SERVER, false, spent);
    if (SSL_is_init_finished(l->ssl[TVT_CLIENT]) == 0) /* TLS 1.2: the server is last */
        (void)turn(l, TVT_CLIENT, false, spent);
    bool ok = SSL_is_init_finished(l->ssl[TVT_CLIENT]) == 1 && SSL_is_init_finished(l->ssl[TVT_SERVER]) == 1 &&
              SSL_get_verify_result(l->ssl[TVT_CLIENT]) == X509_V_OK;
    if (!ok)
        ERR_print_errors_fp(stderr);
    return ok;
}

bool
libssl_resume(struct libssl *l)
{
    uint64_t spent[2];
    char c;
    for (int role = 0; role < 2; role++)
        (void)SSL_CTX_clear_options(l->ctx[role], SSL_OP_NO_TICKET);
    if (SSL_CTX_set_num_tickets(l->ctx[TVT_SERVER], 1) != 1 || !libssl_handshake(l, spent))
        return false;
    (void)SSL_read(l->ssl[TVT_CLIENT], &c, 1); /* the ticket */
    l->session = SSL_get1_session(l->ssl[TVT_CLIENT]);
    libssl_drop(l, spent);
    if (l->session == NULL || SSL_CTX_set_num_tickets(l->ctx[TVT_SERVER], 0) != 1 || !libssl_handshake(l, spent))
        return false;
    bool resumed = SSL_session_reused(l->ssl[TVT_CLIENT]) == 1;
    libssl_drop(l, spent);
    return resumed;
}

void
libssl_drop(struct libssl *l, uint64_t spent[2])
{
    for (int role = 0; role < 2; role++) {
        enter(l, role);
        uint64_t start = bench_now();
        /* as after a close: libssl takes a session that was dropped without one for spent */
        SSL_set_shutdown(l->ssl[role], SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(l->ssl[role]);
        spent[role] += bench_now() - start;
        enter(l, -1);
        l->ssl[role] = NULL;
    }
    for (int role = 0; role < 2; role++)
        (void)BIO_reset(l->wire[role]);
    ERR_clear_error();
}

bool
libssl_records(struct libssl *l, const uint8_t *data, size_t len, size_t num, uint64_t *write, uint64_t *read)
{
    enter(l, TVT_CLIENT);
    uint64_t start = bench_now();
    for (size_t i = 0; i < num; i++)
        if (SSL_write(l->ssl[TVT_CLIENT], data, (int)len) != (int)len)
            return false;
    uint64_t middle = bench_now();
    enter(l, TVT_SERVER);
    uint64_t next = bench_now();
    for (size_t i = 0; i < num; i++)
        if (SSL_read(l->ssl[TVT_SERVER], l->buffer, (int)len) != (int)len)
            return false;
    *read = bench_now() - next;
    *write = middle - start;
    enter(l, -1);
    return true;
}

static SSL *
on_socket(SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);
    if (ssl != NULL && SSL_set_fd(ssl, fd) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

bool
libssl_serve(struct libssl *l, int fd)
{
    char c;
    SSL *ssl = on_socket(l->ctx[TVT_SERVER], fd);
    bool ok = ssl != NULL && SSL_accept(ssl) == 1 && SSL_read(ssl, &c, 1) == 1 && SSL_write(ssl, &c, 1) == 1 &&
              SSL_read(ssl, &c, 1) <= 0;
    SSL_free(ssl);
    ERR_clear_error();
    return ok;
}

bool
libssl_ask(struct libssl *l, int fd, uint64_t *ns)
{
    char c = 'x';
    SSL *ssl = on_socket(l->ctx[TVT_CLIENT], fd);
    bool ok = ssl != NULL && SSL_set1_host(ssl, BENCH_NAME) > 0 && SSL_set_tlsext_host_name(ssl, BENCH_NAME) > 0 &&
              SSL_connect(ssl) == 1;
    uint64_t start = bench_now();
    ok = ok && SSL_write(ssl, &c, 1) == 1 && SSL_read(ssl, &c, 1) == 1;
    *ns = bench_now() - start;
    if (ok)
        (void)SSL_shutdown(ssl);
    else
        ERR_print_errors_fp(stderr);
    SSL_free(ssl);
    return ok;
}

bool
libssl_tickets(struct libssl *l, unsigned num)
{
    for (int role = 0; role < 2; role++)
        (void)SSL_CTX_clear_options(l->ctx[role], SSL_OP_NO_TICKET);
    return SSL_CTX_set_num_tickets(l->ctx[TVT_SERVER], num) == 1;
}

bool
libssl_answer(struct libssl *l, int fd)
{
    char text[64];
    int n = 0;
    SSL *ssl = on_socket(l->ctx[TVT_SERVER], fd);
    bool ok = ssl != NULL && SSL_accept(ssl) == 1;
    while (ok && memchr(text, '\n', (size_t)n) == NULL)
        ok = (n = SSL_read(ssl, text, sizeof text)) > 0;
    ok = ok && SSL_write(ssl, text, n) == n && SSL_read(ssl, text, sizeof text) <= 0;
    SSL_free(ssl);
    ERR_clear_error();
    return ok;
}

bool
libssl_line(struct libssl *l, int fd, bool resume, uint64_t *ns)
{
    char text[8] = "x\n";
    SSL *ssl = on_socket(l->ctx[TVT_CLIENT], fd);
    bool ok = ssl != NULL && SSL_set1_host(ssl, BENCH_NAME) > 0 && SSL_set_tlsext_host_name(ssl, BENCH_NAME) > 0 &&
              (!resume || SSL_set_session(ssl, l->session) == 1);
    uint64_t start = bench_now();
    ok = ok && SSL_connect(ssl) == 1 && SSL_write(ssl, text, 2) == 2 && SSL_read(ssl, text, sizeof text) > 0;
    *ns = bench_now() - start;
    if (!ok)
        ERR_print_errors_fp(stderr);
    ok = ok && (SSL_session_reused(ssl) == 1) == resume;
    SSL_SESSION_free(l->session);
    l->session = ok ? SSL_get1_session(ssl) : NULL;
    (void)SSL_shutdown(ssl);
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); /* as after a close, see libssl_drop() */
    SSL_free(ssl);
    return ok;
}

#else

bool
libssl_tickets(struct libssl *l, unsigned num)
{
    (void)l;
    (void)num;
    return false;
}

bool
libssl_answer(struct libssl *l, int fd)
{
    (void)l;
    (void)fd;
    return false;
}

bool
libssl_line(struct libssl *l, int fd, bool resume, uint64_t *ns)
{
    (void)l;
    (void)fd;
    (void)resume;
    (void)ns;
    return false;
}

bool
libssl_resume(struct libssl *l)
{
    (void)l;
    return false;
}

struct libssl *
libssl_new(const struct bench_case *what, const char *suite)
{
    (void)what;
    (void)suite;
    return NULL;
}

struct libssl *
libssl_share(const struct libssl *l)
{
    (void)l;
    return NULL;
}

void
libssl_free(struct libssl *l)
{
    (void)l;
}

void
libssl_on_switch(struct libssl *l, void (*switch_to)(void *user, int role), void *user)
{
    (void)l;
    (void)switch_to;
    (void)user;
}

bool
libssl_handshake(struct libssl *l, uint64_t spent[2])
{
    (void)l;
    (void)spent;
    return false;
}

void
libssl_drop(struct libssl *l, uint64_t spent[2])
{
    (void)l;
    (void)spent;
}

bool
libssl_records(struct libssl *l, const uint8_t *data, size_t len, size_t num, uint64_t *write, uint64_t *read)
{
    (void)l;
    (void)data;
    (void)len;
    (void)num;
    (void)write;
    (void)read;
    return false;
}

bool
libssl_serve(struct libssl *l, int fd)
{
    (void)l;
    (void)fd;
    return false;
}

bool
libssl_ask(struct libssl *l, int fd, uint64_t *ns)
{
    (void)l;
    (void)fd;
    (void)ns;
    return false;
}

const char *
libssl_version(void)
{
    return "";
}

#endif
