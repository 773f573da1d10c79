/* SPDX-License-Identifier: MIT
 *
 * Stream sockets of POSIX.
 */
#define _POSIX_C_SOURCE 200809L

#include "core/os/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef MSG_NOSIGNAL
#define SEND_FLAGS MSG_NOSIGNAL
#else
#define SEND_FLAGS 0
#endif

long
tvt_socket_read(int fd, void *data, size_t len)
{
    ssize_t n;
    do
        n = read(fd, data, len > INT_MAX ? INT_MAX : len);
    while (n < 0 && errno == EINTR);
    return (long)n;
}

long
tvt_socket_write(int fd, const void *data, size_t len)
{
    ssize_t n;
    size_t most = len > INT_MAX ? INT_MAX : len;
    do
        n = send(fd, data, most, SEND_FLAGS);
    while (n < 0 && errno == EINTR);
    if (n >= 0 || errno != ENOTSOCK)
        return (long)n;
    do
        n = write(fd, data, most);
    while (n < 0 && errno == EINTR);
    return (long)n;
}

long
tvt_fd_seek(int fd, long offset, bool tell)
{
    return (long)lseek(fd, tell ? 0 : (off_t)offset, tell ? SEEK_CUR : SEEK_SET);
}

void
tvt_socket_close(int fd)
{
    int kept = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = kept;
}

bool
tvt_socket_would_block(int errnum)
{
#if EAGAIN != EWOULDBLOCK
    if (errnum == EWOULDBLOCK)
        return true;
#endif
    return errnum == EAGAIN || errnum == EINTR || errnum == EINPROGRESS || errnum == EALREADY;
}

int
tvt_socket_get_nodelay(int fd)
{
    int on = 0, kept = errno;
    socklen_t size = sizeof on;
    bool is_tcp = getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0;
    errno = kept;
    return is_tcp ? on != 0 : -1;
}

bool
tvt_socket_set_nodelay(int fd, bool on)
{
    int value = on;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value) == 0;
}

bool
tvt_socket_quick_ack(int fd)
{
#ifdef TCP_QUICKACK
    int on = 1, kept = errno;
    bool done = setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on) == 0;
    errno = kept;
    return done;
#else
    (void)fd;
    return false;
#endif
}

bool
tvt_socket_set_nonblocking(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return false;
    return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) == 0;
}

static int
connect_to(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (fd < 0)
        return -1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    int r;
    do
        r = connect(fd, address->ai_addr, address->ai_addrlen);
    while (r < 0 && errno == EINTR);
    if (r == 0 || errno == EISCONN)
        return fd;
    tvt_socket_close(fd);
    return -1;
}

int
tvt_socket_connect(const char *host, const char *service, struct tvt_error *error)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    int fd = -1, rc = getaddrinfo(host, service, &hints, &list);
    if (rc != 0) {
        (void)tvt_fail_os(error, TVT_E_IO_CONNECT, NULL, "host", rc == EAI_SYSTEM ? errno : 0, "%s: %s", host,
                          gai_strerror(rc));
        return -1;
    }
    for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next)
        fd = connect_to(a);
    if (fd < 0)
        (void)tvt_fail_os(error, TVT_E_IO_CONNECT, NULL, NULL, errno, "%s port %s", host, service);
    freeaddrinfo(list);
    return fd;
}
