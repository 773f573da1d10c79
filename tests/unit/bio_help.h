/* SPDX-License-Identifier: MIT
 *
 * Two SSLs over BIOs of every kind, in one thread: whoever waits is called again after the bytes were moved.
 */
#ifndef TVT_TESTS_UNIT_BIO_HELP_H
#define TVT_TESTS_UNIT_BIO_HELP_H

#include <trivet/ssl.h>

struct ends {
    SSL *ssl[2];    /* TVT_CLIENT, TVT_SERVER */
    BIO *net[2];    /* what the caller feeds and drains; NULL: nothing to move */
    size_t chunk;   /* bytes moved at a time; 0: all                          */
    bool in_place;  /* moved by BIO_nread and BIO_nwrite                      */
    unsigned waits; /* times that a call said WANT_READ or WANT_WRITE         */
};

/* SSLs of one version (TLS1_2_VERSION, TLS1_3_VERSION) without channels, the client for "localhost". */
bool ends_make(struct ends *e, int version);
void ends_free(struct ends *e);
/* The handshake, 3000 bytes each way, and the close in both directions. Every wait is one that the transport
 * explains. */
bool ends_talk(struct ends *e);
/* The same from the handshake on, through BIO_f_ssl() filters over them where they are not NULL. */
bool ends_shake(struct ends *e);
void ends_free_contexts(void);

/* A kind of a program's own over a queue to its peer: at most `chunk` bytes at a time, and every other call "retry". */
struct queue {
    struct queue *peer;
    char *bytes; /* on their way to this side */
    size_t len, chunk;
    bool turn;
    unsigned writes, flushes, destroyed;
};
BIO_METHOD *queue_method(bool old);
BIO *queue_bio(BIO_METHOD *method, struct queue *q, struct queue *peer, size_t chunk);

#endif
