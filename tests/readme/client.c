/* SPDX-License-Identifier: MIT
 *
 * A complete TLS client: usage: client HOST PORT [CA-FILE]
 */
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <stdio.h>
#include <unistd.h>

#include <trivet/ssl.h>

static int
open_tcp(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int fd = -1, connected = -1;
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return -1;
    for (struct addrinfo *a = list; a != NULL && connected != 0; a = a->ai_next) {
        if (fd >= 0)
            close(fd);
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        connected = connect(fd, a->ai_addr, a->ai_addrlen);
    }
    freeaddrinfo(list);
    return connected == 0 ? fd : -1;
}
