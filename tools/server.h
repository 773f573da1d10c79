/* SPDX-License-Identifier: MIT
 *
 * What the files of the command `server` share: the server, and one connection of it.
 */
#ifndef TVT_TOOLS_SERVER_H
#define TVT_TOOLS_SERVER_H

#include "tools/http.h"
#include "tools/net.h"
#include "tools/options.h"
#include "tools/report.h"
#include "tools/setup.h"

/* What a peer can make the server hold or wait for. */
#define SERVER_PEERS_MAX 4096u         /* connections at once; more wait in the system's queue     */
#define SERVER_HANDSHAKE_SECONDS 10u   /* --timeout sets another                                   */
#define SERVER_IDLE_SECONDS 60u        /* --idle sets another                                      */
#define SERVER_DRAIN_US 1000000u       /* after the end: how long, and                             */
#define SERVER_DRAIN_BYTES 65536u      /* how much is read, so that no reset eats our last record  */
#define SERVER_STOP_US 1500000u        /* after SIGTERM: to finish what is in hand, and            */
#define SERVER_STOP_END_US 400000u     /* to close                                                 */
#define SERVER_TURN_RECORDS 16u        /* records of one peer before the others have their turn    */

enum peer_stage { PEER_EARLY, PEER_HANDSHAKE, PEER_REQUEST, PEER_ANSWER, PEER_ECHO, PEER_CLOSE, PEER_DRAIN, PEER_DONE };

struct server {
    const struct tool_options *options;
    struct tool_setup setup;
    int listener; /* -1: no more connections are accepted */
    bool stopping;
    struct peer **peers;
    size_t num_peers;
    uint64_t accepted, finished, failed;
    uint64_t resumed, early; /* connections of those that finished; with 0-RTT data accepted */
    uint64_t shown;          /* when the count of --quiet was last shown */
    uint64_t accept_again; /* after a lack of descriptors or memory: when to try again; 0: now */
};

struct peer {
    struct server *server;
    int fd;
    SSL *ssl;
    enum peer_stage stage;
    short events;      /* that poll() is to wait for */
    bool again;        /* there is work that needs no event */
    uint64_t deadline; /* when its patience ends */
    uint64_t begin;
    double handshake_ms;
    char address[NET_ADDRESS_MAX];
    struct tvt_error error; /* code TVT_E_NONE: none */
    uint8_t *buffer;        /* a request, an answer, a record; on the heap after the handshake */
    size_t at, len;
    size_t drained;
    int status;             /* of HTTP; 0: none */
    char request[96];       /* the request line, printable */
    uint64_t records, bytes, requests;
    bool key_updated, asked_later; /* --key-update, --post-handshake-auth: done */
    bool keep;                     /* another request may follow the answer */
};

/* peer.c */
/* Takes `fd`; NULL: no memory (the descriptor is closed). */
struct peer *peer_new(struct server *server, int fd, const char *address);
/* Does what can be done without waiting. */
void peer_run(struct peer *p);
/* Its time is up. */
void peer_expire(struct peer *p);
/* The server ends: what is in hand is finished, what waits for the client is closed. */
void peer_stop(struct peer *p);
/* Writes its line of the log and frees it. */
void peer_finish(struct peer *p);

/* peer_log.c */
void peer_log(const struct peer *p, const struct tvt_info *info);

#endif
