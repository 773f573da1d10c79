/* SPDX-License-Identifier: MIT
 *
 * What the files of the command `client` share.
 */
#ifndef TVT_TOOLS_CLIENT_H
#define TVT_TOOLS_CLIENT_H

#include "core/os/file.h"
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
    /* --session */
    SSL_SESSION *session;   /* taken out of the file; NULL: none */
    bool ticket_too_old;    /* the file had one for this server, and it could be used no longer */
    size_t tickets;         /* that came and were kept */
    struct tvt_error keep_error; /* a ticket could not be kept; code TVT_E_NONE: none */
    /* --early-data */
    struct tvt_file early;
    size_t early_sent; /* bytes of it that went as 0-RTT */
    size_t early_at;   /* bytes of it that went at last, as 0-RTT data that was accepted or after the handshake */
    bool early_accepted;
    bool early_given_up; /* --early-rejected stop: what the server did not get is not sent again */
    bool key_updated;
};

/* The record that says why: the tool's own, or the SSL's. */
const struct tvt_error *client_error(const struct client *c);

/* relay.c: standard input to the peer, the peer to standard output, until the peer closes. False: the connection failed. */
bool client_relay(struct client *c);

/* get.c: one request, or what --early-data has not yet brought over. What comes is printed, or kept for JSON. */
#define CLIENT_BODY_MAX (1u << 20) /* bytes of a response that JSON shows */
struct client_response {
    uint8_t *bytes; /* on the heap, with --json */
    size_t len, total;
    bool no_memory;
};
bool client_get(struct client *c, struct client_response *response);
void client_response_json(struct json *j, const struct client_response *response);
/* Writes all of it, within the time that a silent server has. */
bool client_send(struct client *c, const void *data, size_t len);

/* resume.c: tickets from and to a file, and 0-RTT data. */
/* Reads the file of --early-data and takes a ticket out of that of --session; before anything is sent. -1, or the exit
 * status. */
int client_resume_open(struct client *c);
/* Gives the ticket to the SSL, and sends 0-RTT data where it allows that. */
bool client_resume_offer(struct client *c, uint64_t deadline);
/* After the handshake: what became of the 0-RTT data. False: it is lost, and was not to be sent again. */
bool client_resume_settle(struct client *c);
/* Waits a little for the tickets of a server that says nothing else. */
void client_resume_wait(struct client *c);
void client_resume_report(const struct client *c, struct tool_report *report);
void client_resume_close(struct client *c);

/* --key-update, once: changes keys and asks the server to. */
bool client_update_keys(struct client *c);

/* Sends close_notify; the peer's is not waited for. */
void client_close(struct client *c);

#endif
