/* SPDX-License-Identifier: MIT
 *
 * Addresses, connecting and listening.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/net.h"

#include "core/base/error.h"
#include "core/os/clock.h"
#include "trivet/bio.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 1024

static bool
port_good(const char *port, bool zero)
{
    size_t len = strspn(port, "0123456789");
    long number = len > 0 && len <= 5 && port[len] == '\0' ? strtol(port, NULL, 10) : -1;
    return number >= (zero ? 0 : 1) && number <= 65535;
}

bool
net_parse(struct net_place *out, const char *text, const char *port, bool alone, const char **why)
{
    const char *host = text, *colon = strchr(text, ':');
    size_t len = strlen(text);
    if (text[0] == '[') {
        const char *end = strchr(text, ']');
        *why = "a bracket is open: an IPv6 address with a port is [ADDRESS]:PORT";
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        host = text + 1;
        len = (size_t)(end - host);
        port = end[1] == ':' ? end + 2 : port;
    } else if (colon == NULL && alone) {
        len = 0;
        port = text;
    } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
        len = (size_t)(colon - text);
        port = colon + 1;
    }
    *why = "the host is missing";
    if (len == 0 && !(alone && host == text))
        return false;
    *why = "the host's name is too long";
    if (len >= sizeof out->host)
        return false;
    *why = alone ? "the port is no number from 0 to 65535" : "the port is no number from 1 to 65535";
    if (port == NULL || !port_good(port, alone))
        return false;
    memcpy(out->host, host, len);
    out->host[len] = '\0';
    (void)snprintf(out->port, sizeof out->port, "%s", port);
    return true;
}

void
net_address_text(char out[NET_ADDRESS_MAX], const struct sockaddr_storage *address)
{
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        unsigned port = ntohs(v6.sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            (void)inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, host, sizeof host);
            (void)snprintf(out, NET_ADDRESS_MAX, "%s:%u", host, port);
            return;
        }
        (void)inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
        (void)snprintf(out, NET_ADDRESS_MAX, "[%s]:%u", host, port);
        return;
    }
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    (void)inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
    (void)snprintf(out, NET_ADDRESS_MAX, "%s:%u", host, (unsigned)ntohs(v4.sin_port));
}

bool
net_prepare(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0 || BIO_socket_nbio(fd, 1) != 1)
        return false;
    (void)BIO_set_tcp_ndelay(fd, 1); /* what is not TCP has no delay to turn off */
    return true;
}

int
net_poll_time(uint64_t deadline)
{
    uint64_t now = tvt_clock_monotonic_us();
    uint64_t left = deadline > now ? (deadline - now + 999) / 1000 : 0;
    return left > INT_MAX ? INT_MAX : (int)left;
}

static int
resolve(struct addrinfo **list, const char *host, const char *port, int flags, struct tvt_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    int failed = getaddrinfo(host, port, &hints, list);
    if (failed != 0)
        (void)tvt_fail_os(error, TVT_E_IO_CONNECT, NULL, "host", failed == EAI_SYSTEM ? errno : 0, "%.100s: %s",
                          host != NULL ? host : "", gai_strerror(failed));
    return failed;
}

/* Waits for a connection that is being made; 0 or an errno. */
static int
wait_connected(int fd, uint64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int failed = 0;
    socklen_t len = sizeof failed;
    for (;;) {
        int n = poll(&p, 1, net_poll_time(deadline));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : ETIMEDOUT;
        return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) == 0 ? failed : errno;
    }
}

static int
connect_one(const struct addrinfo *to, uint64_t deadline, int *failed)
{
    int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
    *failed = errno;
    if (fd < 0)
        return -1;
    *failed = 0;
    if (!net_prepare(fd) || connect(fd, to->ai_addr, to->ai_addrlen) != 0)
        *failed = errno;
    if (*failed == EINPROGRESS)
        *failed = wait_connected(fd, deadline);
    if (*failed == 0)
        return fd;
    (void)close(fd);
    return -1;
}

int
net_connect(const struct net_place *place, uint64_t deadline, char address[NET_ADDRESS_MAX], struct tvt_error *error)
{
    struct addrinfo *list = NULL;
    struct sockaddr_storage shown;
    int fd = -1, failed = 0;
    unsigned left = 0;
    (void)snprintf(address, NET_ADDRESS_MAX, "?");
    if (resolve(&list, place->host, place->port, 0, error) != 0)
        return -1;
    for (const struct addrinfo *to = list; to != NULL; to = to->ai_next)
        left++;
    for (struct addrinfo *to = list; to != NULL && fd < 0; to = to->ai_next, left--) {
        uint64_t now = tvt_clock_monotonic_us();
        memset(&shown, 0, sizeof shown);
        memcpy(&shown, to->ai_addr, to->ai_addrlen);
        net_address_text(address, &shown);
        /* an address that does not answer leaves its share of the time to the others */
        fd = connect_one(to, now < deadline ? now + (deadline - now) / left : now, &failed);
    }
    freeaddrinfo(list);
    if (fd < 0)
        (void)tvt_fail_os(error, TVT_E_IO_CONNECT, NULL, NULL, failed, "%.100s port %s, last tried at %s", place->host,
                          place->port, address);
    return fd;
}

/* A listening socket at `to`; dual: IPv4 too. */
static int
listen_one(const struct addrinfo *to, bool dual, int *failed)
{
    int on = 1, off = dual ? 0 : 1;
    int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (to->ai_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
        bind(fd, to->ai_addr, to->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0 && net_prepare(fd))
        return fd;
    *failed = errno;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* The first address of this family, or of any with AF_UNSPEC. */
static int
listen_family(const struct addrinfo *list, int family, bool dual, int *failed)
{
    int fd = -1;
    for (; list != NULL && fd < 0; list = list->ai_next)
        if (family == AF_UNSPEC || list->ai_family == family)
            fd = listen_one(list, dual, failed);
    return fd;
}

int
net_listen(const struct net_place *place, char address[NET_ADDRESS_MAX], struct tvt_error *error)
{
    struct addrinfo *list = NULL;
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    bool any = place->host[0] == '\0';
    int fd, failed = EADDRNOTAVAIL;
    if (resolve(&list, any ? NULL : place->host, place->port, AI_PASSIVE, error) != 0)
        return -1;
    fd = listen_family(list, any ? AF_INET6 : AF_UNSPEC, any, &failed);
    if (fd < 0 && any)
        fd = listen_family(list, AF_INET, false, &failed);
    freeaddrinfo(list);
    memset(&bound, 0, sizeof bound);
    if (fd >= 0 && getsockname(fd, (struct sockaddr *)&bound, &len) != 0) {
        failed = errno;
        (void)close(fd);
        fd = -1;
    }
    if (fd >= 0)
        net_address_text(address, &bound);
    else
        (void)tvt_fail_os(error, TVT_E_IO_LISTEN, NULL, NULL, failed, "listening at %.100s port %s",
                          any ? "any address" : place->host, place->port);
    return fd;
}
