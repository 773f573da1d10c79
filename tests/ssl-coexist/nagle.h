/* SPDX-License-Identifier: MIT
 *
 * One end of connections over TCP, with either library: a session, and the first byte there and back.
 */
#ifndef TVT_TESTS_SSL_COEXIST_NAGLE_H
#define TVT_TESTS_SSL_COEXIST_NAGLE_H

#include <stdbool.h>

enum nagle_sessions { NAGLE_TICKETS, NAGLE_IDS, NAGLE_NONE };

struct nagle_end {
    const char *pki, *kind;
    bool server, speaks_first;
    enum nagle_sessions sessions;
    int version; /* TLS1_2_VERSION or TLS1_3_VERSION */
    /* of one connection */
    int fd;
    bool good, resumed;
    double ms; /* from the end of its handshake to the end of the exchange */
    /* the library's */
    void *ctx, *session;
};

/* False: the library refuses. Each is there twice, in nagle.c compiled against one library's headers or the other's. */
bool nagle_open_ours(struct nagle_end *e);
bool nagle_open_theirs(struct nagle_end *e);
void nagle_play_ours(struct nagle_end *e); /* a client goes back to its last session */
void nagle_play_theirs(struct nagle_end *e);
void nagle_forget_ours(struct nagle_end *e); /* that session */
void nagle_forget_theirs(struct nagle_end *e);
void nagle_close_ours(struct nagle_end *e);
void nagle_close_theirs(struct nagle_end *e);

#endif
