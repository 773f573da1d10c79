/* SPDX-License-Identifier: MIT
 *
 * The transport: a TCP connection to the runner, which says first which test it is for.
 */
#include "tests/bogo/shim.h"

#include "core/os/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool
shim_link_open(struct shim_link *link, const struct shim_options *o)
{
    char port[16];
    uint8_t id[8];
    struct tvt_error error;

    tvt_error_clear(&error);
    snprintf(port, sizeof port, "%d", o->port);
    link->fd = tvt_socket_connect(o->ipv6 ? "::1" : "127.0.0.1", port, &error);
    if (link->fd < 0) {
        (void)shim_report(&error);
        return false;
    }
    (void)tvt_socket_set_nodelay(link->fd, true);
    unsigned long long number = strtoull(o->shim_id != NULL ? o->shim_id : "0", NULL, 10);
    for (int i = 0; i < 8; i++)
        id[i] = (uint8_t)(number >> 8 * i);
    shim_link_write(link, id, sizeof id);
    link->one_byte = o->async;
    return true;
}

bool
shim_link_fill(struct shim_link *link)
{
    size_t room = sizeof link->in - link->have;
    long got = room == 0 ? -1 : tvt_socket_read(link->fd, link->in + link->have, link->one_byte ? 1 : room);
    if (got <= 0)
        return false;
    link->have += (size_t)got;
    return true;
}

void
shim_link_drop(struct shim_link *link, size_t used)
{
    link->have -= used;
    memmove(link->in, link->in + used, link->have);
}

void
shim_link_hold(struct shim_link *link, const uint8_t *data, size_t len)
{
    if (len > sizeof link->held - link->num_held)
        link->broken = true;
    if (link->broken)
        return;
    memcpy(link->held + link->num_held, data, len);
    link->num_held += len;
}

void
shim_link_release(struct shim_link *link)
{
    size_t len = link->num_held;
    link->num_held = 0;
    shim_link_write(link, link->held, len);
}

void
shim_link_write(struct shim_link *link, const uint8_t *data, size_t len)
{
    if (link->num_held > 0) {
        shim_link_hold(link, data, len);
        return;
    }
    while (len > 0 && !link->broken) {
        long sent = tvt_socket_write(link->fd, data, link->one_byte ? 1 : len);
        if (sent <= 0) {
            link->broken = true;
            return;
        }
        data += sent;
        len -= (size_t)sent;
    }
}

void
shim_link_close(struct shim_link *link)
{
    uint8_t rest[4096];
    if (link->fd < 0)
        return;
    if (shutdown(link->fd, SHUT_WR) == 0)
        while (tvt_socket_read(link->fd, rest, sizeof rest) > 0)
            continue;
    tvt_socket_close(link->fd);
    link->fd = -1;
}
