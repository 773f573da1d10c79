/* SPDX-License-Identifier: MIT
 *
 * What the files of the command `client` share.
 */
#ifndef TVT_TOOLS_CLIENT_H
#define TVT_TOOLS_CLIENT_H

#include "tools/net.h"
#include "tools/options.h"
#include "tools/report.h"
#include "tools/setup.h"

struct client {
    const struct tool_options *options;
    struct tool_setup setup;
    struct net_place place;
    const char *name; /* that the certificate is verified for */
    char address[NET_ADDRESS_MAX];
    int fd;
    SSL *ssl;
    struct tvt_error error; /* found by the tool itself (network, time); code TVT_E_NONE: see the SSL's */
    double connect_ms, handshake_ms;
};

/* The record that says why: the tool's own, or the SSL's. */
const struct tvt_error *client_error(const struct client *c);

/* relay.c: standard input to the peer, the peer to standard output, until the peer closes. False: the connection failed. */
bool client_relay(struct client *c);

/* get.c: one request. What comes is printed, or kept for JSON. */
#define CLIENT_BODY_MAX (1u << 20) /* bytes of a response that JSON shows */
struct client_response {
    uint8_t *bytes; /* on the heap, with --json */
    size_t len, total;
    bool no_memory;
};
bool client_get(struct client *c, struct client_response *response);
void client_response_json(struct json *j, const struct client_response *response);

/* Sends close_notify; the peer's is not waited for. */
void client_close(struct client *c);

#endif
