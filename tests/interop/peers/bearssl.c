/* SPDX-License-Identifier: MIT
 *
 * A client and a server that stand on BearSSL, for tests/interop/tls12.py: it has no command-line tools where it is packaged.
 *   bearssl client PORT ROOT.der               two connections, the second one goes back to the session of the first
 *   bearssl server PORT KEY.der CERT.der...    until its standard input ends
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

/* ---- client ---- */

struct name {
    unsigned char bytes[FILE_MAX];
    size_t len;
};

static void
add_name(void *user, const void *bytes, size_t len)
{
    struct name *name = user;
    if (name->len + len <= sizeof name->bytes) {
        memcpy(name->bytes + name->len, bytes, len);
        name->len += len;
    }
}

static int
run_client(const char *port, const char *root)
{
    static br_ssl_client_context client;
    static br_x509_minimal_context x509;
    static br_x509_decoder_context decoder;
    static struct name name;
    unsigned char der[FILE_MAX], answer[1024];
    br_ssl_session_parameters before = {.session_id_len = 0};
    size_t len = load(root, der);
    br_x509_decoder_init(&decoder, add_name, &name);
    br_x509_decoder_push(&decoder, der, len);
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&decoder);
    if (key == NULL)
        return 2;
    br_x509_trust_anchor anchor = {.dn = {name.bytes, name.len}, .flags = BR_X509_TA_CA, .pkey = *key};
    br_ssl_client_init_full(&client, &x509, &anchor, 1);
    br_ssl_engine_set_buffer(&client.eng, iobuf, sizeof iobuf, 1);
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
        printf("%s %04x %04x error %d %.15s\n", fate(&client.eng, &before), br_ssl_engine_get_version(&client.eng),
               client.eng.session.cipher_suite, br_ssl_engine_last_error(&client.eng), answer);
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
    printf("served %04x %04x error %d\n", br_ssl_engine_get_version(&server->eng), server->eng.session.cipher_suite,
           br_ssl_engine_last_error(&server->eng));
    (void)fflush(stdout);
}

static int
run_server(const char *port, const char *key_file, char **files, int num)
{
    static br_ssl_server_context server;
    static br_ssl_session_cache_lru cache;
    static unsigned char store[SESSIONS], key_der[FILE_MAX], der[CHAIN_MAX][FILE_MAX];
    static br_skey_decoder_context decoder;
    br_x509_certificate chain[CHAIN_MAX];
    br_skey_decoder_init(&decoder);
    br_skey_decoder_push(&decoder, key_der, load(key_file, key_der));
    const br_ec_private_key *key = br_skey_decoder_get_ec(&decoder);
    if (key == NULL || num > CHAIN_MAX)
        return 2;
    for (int i = 0; i < num; i++)
        chain[i] = (br_x509_certificate){der[i], load(files[i], der[i])};
    br_ssl_server_init_full_ec(&server, chain, (size_t)num, BR_KEYTYPE_EC, key);
    br_ssl_engine_set_buffer(&server.eng, iobuf, sizeof iobuf, 1);
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
        if (fd >= 0)
            serve(&server, fd);
        (void)close(fd);
    }
}

int
main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "client") == 0)
        return run_client(argv[2], argv[3]);
    if (argc >= 5 && strcmp(argv[1], "server") == 0)
        return run_server(argv[2], argv[3], argv + 4, argc - 4);
    return 2;
}
