/* SPDX-License-Identifier: MIT
 *
 * Internet addresses of POSIX, connecting to them and listening on them.
 */
#define _POSIX_C_SOURCE 200809L

#include "core/os/address.h"

#include "core/os/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#define BACKLOG 128

union any {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

int
tvt_family_of_system(enum tvt_family family)
{
    return family == TVT_FAMILY_IPV4 ? AF_INET : family == TVT_FAMILY_IPV6 ? AF_INET6 : AF_UNSPEC;
}

enum tvt_family
tvt_family_from_system(int number)
{
    return number == AF_INET ? TVT_FAMILY_IPV4 : number == AF_INET6 ? TVT_FAMILY_IPV6 : TVT_FAMILY_NONE;
}

/* ---- to and from the system's form ---- */

static socklen_t
to_system(union any *out, const struct tvt_address *address)
{
    memset(out, 0, sizeof *out);
    if (address->family == TVT_FAMILY_IPV6) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(address->port);
        out->v6.sin6_scope_id = address->scope;
        memcpy(&out->v6.sin6_addr, address->bytes, 16);
        return sizeof out->v6;
    }
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(address->port);
    memcpy(&out->v4.sin_addr, address->bytes, 4);
    return sizeof out->v4;
}

static bool
from_system(struct tvt_address *out, const struct sockaddr *address)
{
    union any from;
    memset(out, 0, sizeof *out);
    out->family = tvt_family_from_system(address->sa_family);
    if (out->family == TVT_FAMILY_IPV4) {
        memcpy(&from.v4, address, sizeof from.v4);
        out->port = ntohs(from.v4.sin_port);
        memcpy(out->bytes, &from.v4.sin_addr, 4);
    } else if (out->family == TVT_FAMILY_IPV6) {
        memcpy(&from.v6, address, sizeof from.v6);
        out->port = ntohs(from.v6.sin6_port);
        out->scope = from.v6.sin6_scope_id;
        memcpy(out->bytes, &from.v6.sin6_addr, 16);
    }
    return out->family != TVT_FAMILY_NONE;
}

/* ---- names ---- */

enum tvt_result
tvt_address_lookup(struct tvt_address *list, size_t *num, const char *host, const char *service, enum tvt_family family,
                   bool listening, struct tvt_error *error)
{
    enum tvt_error_code code = listening ? TVT_E_IO_LISTEN : TVT_E_IO_CONNECT;
    struct addrinfo hints = {.ai_family = tvt_family_of_system(family), .ai_socktype = SOCK_STREAM}, *found = NULL;
    hints.ai_flags = listening ? AI_PASSIVE : 0;
    *num = 0;
    int rc = getaddrinfo(host, service != NULL ? service : "0", &hints, &found);
    if (rc != 0)
        return tvt_fail_os(error, code, NULL, "host", rc == EAI_SYSTEM ? errno : 0, "%.100s port %.40s: %s",
                           host != NULL ? host : "*", service != NULL ? service : "0", gai_strerror(rc));
    for (const struct addrinfo *a = found; a != NULL && *num < TVT_LIMIT_ADDRESSES; a = a->ai_next)
        *num += from_system(&list[*num], a->ai_addr);
    freeaddrinfo(found);
    if (*num > 0)
        return TVT_OK;
    return tvt_fail_os(error, code, NULL, "host", 0, "%.100s has no internet address", host != NULL ? host : "*");
}

bool
tvt_address_host_text(const struct tvt_address *address, char out[TVT_HOST_TEXT_MAX], bool numeric)
{
    union any system;
    if (address->family == TVT_FAMILY_NONE)
        return false;
    socklen_t len = to_system(&system, address);
    return getnameinfo(&system.any, len, out, TVT_HOST_TEXT_MAX, NULL, 0, numeric ? NI_NUMERICHOST : 0) == 0;
}

bool
tvt_address_service_text(const struct tvt_address *address, char out[TVT_ADDRESS_TEXT_MAX], bool numeric)
{
    union any system;
    if (address->family == TVT_FAMILY_NONE)
        return false;
    socklen_t len = to_system(&system, address);
    return getnameinfo(&system.any, len, NULL, 0, out, TVT_ADDRESS_TEXT_MAX, numeric ? NI_NUMERICSERV : 0) == 0;
}

/* ---- connecting ---- */

static void
switch_on(int fd, int level, int option)
{
    int on = 1;
    (void)setsockopt(fd, level, option, &on, sizeof on);
}

static bool
set_options(int fd, unsigned options)
{
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    if ((options & TVT_SOCKET_KEEPALIVE) != 0)
        switch_on(fd, SOL_SOCKET, SO_KEEPALIVE);
    if ((options & TVT_SOCKET_NODELAY) != 0)
        (void)tvt_socket_set_nodelay(fd, true);
    return (options & TVT_SOCKET_NONBLOCK) == 0 || tvt_socket_set_nonblocking(fd, true);
}

int
tvt_socket_open(enum tvt_family family, unsigned options)
{
    int fd = socket(tvt_family_of_system(family), SOCK_STREAM, 0);
    if (fd < 0 || set_options(fd, options))
        return fd;
    tvt_socket_close(fd);
    return -1;
}

/* A signal does not stop a connection that is under way: poll() tells when it is there. */
static enum tvt_connecting
wait_connected(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int n;
    do
        n = poll(&p, 1, -1);
    while (n < 0 && errno == EINTR);
    return n > 0 ? tvt_socket_check_connect(fd) : TVT_NOT_CONNECTED;
}

enum tvt_connecting
tvt_socket_begin_connect(int fd, const struct tvt_address *address)
{
    union any system;
    socklen_t len = to_system(&system, address);
    if (connect(fd, &system.any, len) == 0 || errno == EISCONN)
        return TVT_CONNECTED;
    if (errno == EINTR) {
        int flags = fcntl(fd, F_GETFL);
        return flags >= 0 && (flags & O_NONBLOCK) != 0 ? TVT_CONNECTING : wait_connected(fd);
    }
    return errno == EINPROGRESS || errno == EALREADY ? TVT_CONNECTING : TVT_NOT_CONNECTED;
}

enum tvt_connecting
tvt_socket_check_connect(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int failed = 0, n = poll(&p, 1, 0);
    socklen_t size = sizeof failed;
    if (n == 0 || (n < 0 && errno == EINTR))
        return TVT_CONNECTING;
    if (n < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) != 0)
        return TVT_NOT_CONNECTED;
    errno = failed;
    return failed == 0 ? TVT_CONNECTED : TVT_NOT_CONNECTED;
}

/* ---- listening ---- */

bool
tvt_socket_own_address(struct tvt_address *out, int fd)
{
    union any system;
    socklen_t len = sizeof system;
    memset(&system, 0, sizeof system);
    return getsockname(fd, &system.any, &len) == 0 && from_system(out, &system.any);
}

int
tvt_socket_listen(struct tvt_address *bound, const struct tvt_address *address, unsigned options)
{
    union any system;
    socklen_t len = to_system(&system, address);
    int fd = tvt_socket_open(address->family, options);
    if (fd < 0)
        return -1;
    if ((options & TVT_SOCKET_REUSE) != 0)
        switch_on(fd, SOL_SOCKET, SO_REUSEADDR);
    if (address->family == TVT_FAMILY_IPV6) {
        int only = (options & TVT_SOCKET_V6_ONLY) != 0;
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    }
    if (bind(fd, &system.any, len) == 0 && listen(fd, BACKLOG) == 0 && tvt_socket_own_address(bound, fd))
        return fd;
    tvt_socket_close(fd);
    return -1;
}

/* What the system reports of a connection that was lost before it was taken is none of the listener's failures. */
static bool
lost_before(int errnum)
{
    return errnum == ECONNABORTED || errnum == EPROTO;
}

int
tvt_socket_accept(int fd, struct tvt_address *peer, unsigned options)
{
    union any system;
    int taken;
    socklen_t len;
    do {
        len = sizeof system;
        memset(&system, 0, sizeof system);
        taken = accept(fd, &system.any, &len);
    } while (taken < 0 && (errno == EINTR || lost_before(errno)));
    if (taken < 0)
        return -1;
    (void)from_system(peer, &system.any);
    if (tvt_socket_set_nonblocking(taken, false) && set_options(taken, options))
        return taken;
    tvt_socket_close(taken);
    return -1;
}
