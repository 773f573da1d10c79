/* SPDX-License-Identifier: MIT
 *
 * A client and a server that stand on BearSSL, for tests/interop/tls12.py: it has no command-line tools where it is packaged.
 *   bearssl client PORT [OPTION=VALUE...]    two connections, the second one goes back to the session of the first
 *   bearssl server PORT [OPTION=VALUE...]    until its standard input ends; with root=, it wants certificates
 * Options: root=FILE.der, key=FILE.der, cert=FILE.der (several: leaf first), alpn=NAME
 */
#include <arpa/inet.h>
#include <bearssl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_MAX  8192u
#define CHAIN_MAX 4
#define SESSIONS  8192u
#define REQUEST   "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
#define ANSWER    "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nbearssl\n"

static unsigned char iobuf[BR_SSL_BUFSIZE_BIDI];

static size_t
load(const char *path, unsigned char *out)
{
    FILE *file = fopen(path, "rb");
    size_t len = file != NULL ? fread(out, 1, FILE_MAX, file) : 0;
    if (file != NULL)
        (void)fclose(file);
    if (len == 0 || len == FILE_MAX) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    return len;
}

static int
read_some(void *user, unsigned char *data, size_t len)
{
    ssize_t n = read(*(int *)user, data, len);
    return n > 0 ? (int)n : -1;
}

static int
write_some(void *user, const unsigned char *data, size_t len)
{
    ssize_t n = send(*(int *)user, data, len, MSG_NOSIGNAL);
    return n > 0 ? (int)n : -1;
}

static int
open_port(const char *port, int (*how)(int, const struct sockaddr *, socklen_t))
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd >= 0 && how(fd, (const struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    perror(port);
    exit(2);
}

static const char *
fate(const br_ssl_engine_context *engine, const br_ssl_session_parameters *before)
{
    br_ssl_session_parameters now;
    br_ssl_engine_get_session_parameters(engine, &now);
    bool same = before->session_id_len > 0 && now.session_id_len == before->session_id_len &&
                memcmp(now.session_id, before->session_id, now.session_id_len) == 0;
    return same ? "resumed" : "new";
}

/* ---- what the options name ---- */

static struct {
    unsigned char der[FILE_MAX], name[FILE_MAX];
    size_t name_len;
    br_x509_decoder_context decoder;
    br_x509_trust_anchor anchor;
    bool given;
} root;

static struct {
    unsigned char key_der[FILE_MAX], der[CHAIN_MAX][FILE_MAX];
    br_skey_decoder_context decoder;
    br_x509_certificate chain[CHAIN_MAX];
    size_t num;
} own;

static const char *alpn[1];

static void
add_name(void *user, const void *bytes, size_t len)
{
    (void)user;
    if (len <= sizeof root.name - root.name_len) {
        memcpy(root.name + root.name_len, bytes, len);
        root.name_len += len;
    }
}

static void
take_root(const char *file)
{
    br_x509_decoder_init(&root.decoder, add_name, NULL);
    br_x509_decoder_push(&root.decoder, root.der, load(file, root.der));
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&root.decoder);
    root.given = key != NULL;
    if (root.given)
        root.anchor = (br_x509_trust_anchor){.dn = {root.name, root.name_len}, .flags = BR_X509_TA_CA, .pkey = *key};
}

static bool
take_option(const char *word)
{
    if (strncmp(word, "root=", 5) == 0) {
        take_root(word + 5);
        return root.given;
    }
    if (strncmp(word, "key=", 4) == 0) {
        br_skey_decoder_init(&own.decoder);
        br_skey_decoder_push(&own.decoder, own.key_der, load(word + 4, own.key_der));
        return br_skey_decoder_key_type(&own.decoder) != 0;
    }
    if (strncmp(word, "cert=", 5) == 0 && own.num < CHAIN_MAX) {
        own.chain[own.num] = (br_x509_certificate){own.der[own.num], load(word + 5, own.der[own.num])};
        own.num++;
        return true;
    }
    alpn[0] = word + 5;
    return strncmp(word, "alpn=", 5) == 0;
}

static void
set_up(br_ssl_engine_context *engine)
{
    br_ssl_engine_set_buffer(engine, iobuf, sizeof iobuf, 1);
    if (alpn[0] != NULL)
        br_ssl_engine_set_protocol_names(engine, alpn, 1);
}

static const char *
protocol(const br_ssl_engine_context *engine)
{
    const char *name = br_ssl_engine_get_selected_protocol((br_ssl_engine_context *)(uintptr_t)engine);
    return name != NULL ? name : "none";
}

/* ---- client ---- */

static int
run_client(const char *port)
{
    static br_ssl_client_context client;
    static br_x509_minimal_context x509;
    char answer[1024];
    br_ssl_session_parameters before = {.session_id_len = 0};
    br_ssl_client_init_full(&client, &x509, &root.anchor, root.given ? 1 : 0);
    set_up(&client.eng);
    const br_ec_private_key *key = own.num > 0 ? br_skey_decoder_get_ec(&own.decoder) : NULL;
    if (key != NULL)
        br_ssl_client_set_single_ec(&client, own.chain, own.num, key, BR_KEYTYPE_SIGN, BR_KEYTYPE_EC,
                                    br_ec_get_default(), br_ecdsa_sign_asn1_get_default());
    for (int i = 0; i < 2; i++) {
        br_sslio_context io;
        int fd = open_port(port, connect), got = 0, n = 0;
        br_ssl_client_reset(&client, "localhost", i > 0);
        br_sslio_init(&io, &client.eng, read_some, &fd, write_some, &fd);
        (void)br_sslio_write_all(&io, REQUEST, sizeof REQUEST - 1);
        (void)br_sslio_flush(&io);
        while (got < (int)sizeof answer - 1 &&
               (n = br_sslio_read(&io, answer + got, sizeof answer - 1 - (size_t)got)) > 0)
            got += n;
        answer[got] = '\0';
        printf("%s %04x %04x alpn %s error %d %.15s\n", fate(&client.eng, &before),
               br_ssl_engine_get_version(&client.eng), client.eng.session.cipher_suite, protocol(&client.eng),
               br_ssl_engine_last_error(&client.eng), answer);
        br_ssl_engine_get_session_parameters(&client.eng, &before);
        (void)close(fd);
        if (br_ssl_engine_last_error(&client.eng) != BR_ERR_OK)
            return 1;
    }
    return 0;
}

/* ---- server ---- */

static void
serve(br_ssl_server_context *server, int fd)
{
    br_sslio_context io;
    char request[1024] = "";
    size_t got = 0;
    br_ssl_server_reset(server);
    br_sslio_init(&io, &server->eng, read_some, &fd, write_some, &fd);
    while (strstr(request, "\r\n\r\n") == NULL && got < sizeof request - 1) {
        int n = br_sslio_read(&io, request + got, sizeof request - 1 - got);
        if (n <= 0)
            break;
        got += (size_t)n;
        request[got] = '\0';
    }
    if (got > 0) {
        (void)br_sslio_write_all(&io, ANSWER, sizeof ANSWER - 1);
        (void)br_sslio_close(&io);
    }
    printf("served %04x %04x alpn %s error %d\n", br_ssl_engine_get_version(&server->eng),
           server->eng.session.cipher_suite, protocol(&server->eng), br_ssl_engine_last_error(&server->eng));
    (void)fflush(stdout);
}

/* A client's certificate is wanted, and verified under the root. */
static void
want_certificate(br_ssl_server_context *server)
{
    static br_x509_minimal_context x509;
    br_x509_minimal_init_full(&x509, &root.anchor, 1);
    br_ssl_engine_set_default_rsavrfy(&server->eng); /* else its request names no type of certificate */
    br_ssl_engine_set_default_ecdsa(&server->eng);
    br_ssl_engine_set_x509(&server->eng, &x509.vtable);
    br_ssl_server_set_trust_anchor_names_alt(server, &root.anchor, 1);
}

static int
run_server(const char *port)
{
    static br_ssl_server_context server;
    static br_ssl_session_cache_lru cache;
    static unsigned char store[SESSIONS], rest[1024];
    const br_ec_private_key *ec = br_skey_decoder_get_ec(&own.decoder);
    const br_rsa_private_key *rsa = br_skey_decoder_get_rsa(&own.decoder);
    if (own.num == 0 || (ec == NULL && rsa == NULL))
        return 2;
    if (ec != NULL)
        br_ssl_server_init_full_ec(&server, own.chain, own.num, BR_KEYTYPE_EC, ec);
    else
        br_ssl_server_init_full_rsa(&server, own.chain, own.num, rsa);
    set_up(&server.eng);
    if (root.given)
        want_certificate(&server);
    br_ssl_session_cache_lru_init(&cache, store, sizeof store);
    br_ssl_server_set_cache(&server, &cache.vtable);
    int listener = open_port(port, bind);
    if (listen(listener, 4) != 0)
        return 2;
    for (;;) {
        struct pollfd ready[2] = {{.fd = listener, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
        if (poll(ready, 2, -1) < 0 || ready[1].revents != 0)
            return 0;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        serve(&server, fd);
        (void)shutdown(fd, SHUT_WR); /* what is left unread at a close would take an alert with it */
        while (read(fd, rest, sizeof rest) > 0) {
        }
        (void)close(fd);
    }
}

int
main(int argc, char **argv)
{
    for (int i = 3; i < argc; i++)
        if (!take_option(argv[i])) {
            fprintf(stderr, "%s: not taken\n", argv[i]);
            return 2;
        }
    if (argc >= 3 && strcmp(argv[1], "client") == 0)
        return run_client(argv[2]);
    if (argc >= 3 && strcmp(argv[1], "server") == 0)
        return run_server(argv[2]);
    return 2;
}
