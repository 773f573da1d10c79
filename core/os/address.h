/* SPDX-License-Identifier: MIT
 *
 * Internet addresses: looked up, shown, connected to, listened on. No state of its own: what waits is the caller's
 * to keep.
 */
#ifndef TVT_CORE_OS_ADDRESS_H
#define TVT_CORE_OS_ADDRESS_H

#include "core/base/error.h"

#define TVT_LIMIT_ADDRESSES 16     /* of one name; more are left out */
#define TVT_ADDRESS_TEXT_MAX 64    /* "fe80::1%eth0" with its NUL    */
#define TVT_HOST_TEXT_MAX 1026     /* a host name with its NUL       */

enum tvt_family { TVT_FAMILY_NONE, TVT_FAMILY_IPV4 = 4, TVT_FAMILY_IPV6 = 6 };

struct tvt_address {
    enum tvt_family family;
    uint16_t port;     /* as a number, not in network order */
    uint8_t bytes[16]; /* 4 or 16 of them                   */
    uint32_t scope;    /* IPv6: the interface of a link-local one; 0: none */
};

enum tvt_connecting { TVT_CONNECTED, TVT_CONNECTING, TVT_NOT_CONNECTED };

/* Options of a socket. */
#define TVT_SOCKET_REUSE 0x01u
#define TVT_SOCKET_V6_ONLY 0x02u
#define TVT_SOCKET_KEEPALIVE 0x04u
#define TVT_SOCKET_NONBLOCK 0x08u
#define TVT_SOCKET_NODELAY 0x10u

/* The system's number of a family (AF_INET), and back. */
int tvt_family_of_system(enum tvt_family family);
enum tvt_family tvt_family_from_system(int number);

/* Addresses of `host` (name or address; NULL: this machine, any address where `listening`) and `service` (name or
 * number; NULL: 0) into list[TVT_LIMIT_ADDRESSES], *num of them; family NONE: any. IO_CONNECT, or IO_LISTEN where
 * `listening`. */
TVT_MUST_USE enum tvt_result tvt_address_lookup(struct tvt_address *list, size_t *num, const char *host,
                                                const char *service, enum tvt_family family, bool listening,
                                                struct tvt_error *error);
/* Host, or port, of an address as text: names where there are (numeric false), else numbers. False: it has none. */
TVT_MUST_USE bool tvt_address_host_text(const struct tvt_address *address, char out[TVT_HOST_TEXT_MAX], bool numeric);
TVT_MUST_USE bool tvt_address_service_text(const struct tvt_address *address, char out[TVT_ADDRESS_TEXT_MAX],
                                           bool numeric);

/* A stream socket of the family, with TVT_SOCKET_NONBLOCK, NODELAY and KEEPALIVE of `options`; -1: errno. */
int tvt_socket_open(enum tvt_family family, unsigned options);
/* Begins to connect; of a blocking socket, and ends it. NOT_CONNECTED: errno. */
enum tvt_connecting tvt_socket_begin_connect(int fd, const struct tvt_address *address);
/* How it stands with one that was CONNECTING; NOT_CONNECTED: errno says why. */
enum tvt_connecting tvt_socket_check_connect(int fd);
/* A listening socket at `address` with `options`; *bound is where it really is. -1: errno. */
int tvt_socket_listen(struct tvt_address *bound, const struct tvt_address *address, unsigned options);
/* The address that a socket is bound to; false: errno. */
bool tvt_socket_own_address(struct tvt_address *out, int fd);
/* The next connection, with NONBLOCK and NODELAY of `options`, and whose it is; -1: errno. */
int tvt_socket_accept(int fd, struct tvt_address *peer, unsigned options);

#endif
