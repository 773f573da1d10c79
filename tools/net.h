/* SPDX-License-Identifier: MIT
 *
 * Addresses and sockets of the tool. Sockets are non-blocking and closed on exec.
 */
#ifndef TVT_TOOLS_NET_H
#define TVT_TOOLS_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <trivet/error.h>

#define NET_HOST_MAX 256u
#define NET_ADDRESS_MAX 80u /* "[v6%scope]:65535" */

struct net_place {
    char host[NET_HOST_MAX]; /* without brackets; "": none was given */
    char port[8];
};

/* "HOST", "HOST:PORT", "[v6]:PORT", "v6" (two colons or more). `alone` true: a text without a colon is a port. False:
 * it is none of these; *why says what is wrong with it. */
bool net_parse(struct net_place *out, const char *text, const char *port, bool alone, const char **why);

/* Connects to the first address that answers before `deadline` (tvt_clock_monotonic_us). The descriptor, or -1 and the
 * record; `address` says whom it is connected to. */
int net_connect(const struct net_place *place, uint64_t deadline, char address[NET_ADDRESS_MAX], struct tvt_error *error);
/* Listens; without a host on IPv6 and IPv4 at once, where the system has both. `address` is what it is bound to. */
int net_listen(const struct net_place *place, char address[NET_ADDRESS_MAX], struct tvt_error *error);

/* "192.0.2.1:443"; IPv4 addresses that an IPv6 socket shows are written as IPv4. */
void net_address_text(char out[NET_ADDRESS_MAX], const struct sockaddr_storage *address);
bool net_prepare(int fd); /* non-blocking, close on exec, no delay */

/* Milliseconds until `deadline` for poll(): 0 when it has passed. */
int net_poll_time(uint64_t deadline);

#endif
