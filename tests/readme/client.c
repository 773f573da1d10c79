/* SPDX-License-Identifier: MIT
 *
 * A complete TLS client: client HOST PORT [FILE OF ROOT CERTIFICATES]
 */
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <trivet/ssl.h>
#include <unistd.h>

static int
open_tcp(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return -1;
    for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

static int
get(SSL *ssl, const char *host)
{
    char text[1024];
    int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host);
    printf("%s, %s\n", SSL_get_version(ssl), SSL_get_cipher_name(ssl));
    if (SSL_write(ssl, text, len) <= 0 || (len = SSL_read(ssl, text, sizeof text - 1)) <= 0)
        return 0;
    printf("%.*s\n", (int)strcspn(text, "\r\n"), text);
    SSL_shutdown(ssl);
    return 1;
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s HOST PORT [FILE OF ROOT CERTIFICATES]\n", argv[0]);
        return 2;
    }
    const char *host = argv[1], *port = argv[2], *roots = argv[3];
    int fd = open_tcp(host, port);
    if (fd < 0) {
        fprintf(stderr, "%s port %s cannot be reached\n", host, port);
        return 1;
    }
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    int trust = roots != NULL ? SSL_CTX_load_verify_file(ctx, roots) : SSL_CTX_set_default_verify_paths(ctx);
    SSL *ssl = trust == 1 ? SSL_new(ctx) : NULL;
    int ok = ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1 &&
             SSL_connect(ssl) == 1 && get(ssl, host) == 1; /* chain and name are verified, or it fails */
    if (!ok) {
        char why[1024];
        tvt_error_format(SSL_get0_error_record(ssl), why, sizeof why);
        fputs(why, stderr);
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    return ok ? 0 : 1;
}
