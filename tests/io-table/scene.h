/* SPDX-License-Identifier: MIT
 *
 * One operation on one line: an SSL that does it, a peer that does what is needed, and what came of it.
 */
#ifndef TVT_TESTS_IO_TABLE_SCENE_H
#define TVT_TESTS_IO_TABLE_SCENE_H

#include "tests/io-table/table.h"

#define DATA_MAX 128u

struct scene {
    struct line line;
    SSL *me, *peer;
    int version;
    enum operation op;
    unsigned stage;           /* of an operation of several calls                    */
    bool answered;            /* the peer has written what the operation waits for   */
    bool met;                 /* the transport stopped the call                      */
    size_t base_in, base_out; /* positions at which the operation begins             */
    char got[DATA_MAX];       /* what the operation received                         */
    size_t num_got;
    char heard[DATA_MAX]; /* what the peer received                              */
    size_t num_heard;
    size_t end_of[2]; /* positions in `in` behind the records with FIRST, SECOND */
    bool wrong;       /* what was received is not what was sent              */
};

#define FIRST  "alpha"
#define SECOND "be"
#define OURS   "what the operation SSL_write writes to it"
#define EARLY  "early"

struct call {
    const char *name;
    int r;
    bool done; /* the operation is */
    bool went; /* the call succeeded, another follows */
};

/* `backend`: NULL is the default one. */
bool scene_open_contexts(const char *backend);
void scene_close_contexts(void);
/* The SSLs of an operation, as far as it needs them before; nothing waits to be read yet that `may_read` does not allow.
 * `narrow` as line_open(). */
bool scene_open(struct scene *s, int version, enum operation op, enum kind kind, bool narrow);
/* What the peer writes for the operation before it begins. */
bool scene_prepare(struct scene *s);
void scene_close(struct scene *s);
/* One call of the operation, with a stale errno and a stale entry in the ERR view before it. */
struct call scene_call(struct scene *s);
/* The peer reads what is there and answers. */
void scene_pump(struct scene *s);
/* The record that a refused garbage makes of the peer: its fatal alert is in `in`. */
void scene_break_peer(struct scene *s);

#endif
