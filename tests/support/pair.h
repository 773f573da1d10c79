/* SPDX-License-Identifier: MIT
 *
 * Two connections in one process, joined by two byte queues: the wire of the tests. The queues can hand the bytes on in
 * pieces of any size, change them, or stop.
 */
#ifndef TVT_TESTS_SUPPORT_PAIR_H
#define TVT_TESTS_SUPPORT_PAIR_H

#include <trivet/tls.h>
#include <trivet/x509.h>

#define TVT_PAIR_QUEUE (1u << 20) /* bytes that a direction can hold */

struct tvt_queue {
    uint8_t *bytes;
    size_t len;
    size_t total; /* bytes that ever entered */
};

/* One end: a connection, what it has received and not yet processed, and the application data it got. */
struct tvt_end {
    struct tvt_connection *connection;
    uint8_t *in;           /* received wire bytes */
    size_t in_len;
    uint8_t *data;         /* application data received, in order */
    size_t data_len;
    enum tvt_result last;  /* result of the last step */
};

struct tvt_pair {
    struct tvt_end end[2];     /* TVT_CLIENT, TVT_SERVER */
    struct tvt_queue queue[2]; /* queue[role]: bytes on their way to that role */
    size_t chunk;              /* most bytes handed on at a time; 0: all */
    size_t gate[2];            /* most bytes that role is handed in all; 0: no limit */
    size_t write_room;         /* most bytes of output taken at a time, >= TVT_OUTPUT_MIN; 0: plenty */
    /* Called with all bytes as they leave `from`, before the other side can see them; may change them. NULL: none. */
    void (*on_wire)(void *user, enum tvt_role from, uint8_t *bytes, size_t len);
    void *user;
};

/* Makes both connections. The configurations stay the caller's. False (and a message on stderr) on failure. */
bool tvt_pair_open(struct tvt_pair *pair, struct tvt_config *client, struct tvt_config *server, const char *name);
void tvt_pair_close(struct tvt_pair *pair);
/* Moves bytes until both handshakes are done (true), or nothing moves any more or one failed (false). */
bool tvt_pair_handshake(struct tvt_pair *pair);
/* Moves bytes until nothing moves any more. */
void tvt_pair_settle(struct tvt_pair *pair);
/* One side's turn: drives its connection, takes output, processes what arrived. True if anything moved. */
bool tvt_pair_step(struct tvt_pair *pair, enum tvt_role role);
/* Seals data at `from` into the queue. */
bool tvt_pair_send(struct tvt_pair *pair, enum tvt_role from, const void *data, size_t len);

#endif
