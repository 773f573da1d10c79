/* SPDX-License-Identifier: MIT
 *
 * The transport of the I/O table: a BIO of each kind for the SSL that is looked at, and for its peer a queue without
 * limits. What the SSL may read and write ends at an exact byte, and there it waits, ends or fails.
 */
#ifndef TVT_TESTS_IO_TABLE_LINE_H
#define TVT_TESTS_IO_TABLE_LINE_H

#include <trivet/ssl.h>

enum kind { KIND_SOCKET, KIND_FD, KIND_MEM, KIND_PAIR, KIND_BUFFER, KIND_CONNECT, KIND_ACCEPT, KIND_OWN, NUM_KINDS };

#define LINE_BYTES (1u << 16)
#define LINE_ALL   ((size_t)LINE_BYTES)
#define LINE_WAITS 0    /* behind the last byte: call again */
#define LINE_ENDS  (-1) /* the end of the file; else errno  */

struct line {
    enum kind kind;
    SSL *ssl;                   /* the one that is looked at                                    */
    uint8_t in[LINE_BYTES];     /* to it                                                        */
    uint8_t out[LINE_BYTES];    /* from it                                                      */
    size_t in_len, in_pos;      /* written by the peer; taken by the SSL, or by the BIO's store */
    size_t out_len, peer_pos;   /* written by the SSL; taken by the peer                        */
    size_t may_read, may_write; /* positions in `in` and `out` that are not passed              */
    int read_end, write_end;    /* what happens there                                           */
    int fd, other;              /* of kinds with a descriptor: the SSL's, and the far end       */
    BIO *far;                   /* the other half of a pair                                     */
    BIO *rbio;                  /* borrowed; of memory and pairs                                */
    bool gone;                  /* where writing fails, reading is at its end, too               */
    bool cut, closed;           /* its end was reached in reading, in writing                             */
};

/* Gives both SSLs their channels. `narrow`: a pair takes one byte at a time. */
bool line_open(struct line *l, enum kind kind, SSL *ssl, SSL *peer, bool narrow);
/* After both SSLs are freed. */
void line_close(struct line *l);
/* Moves bytes where the BIO keeps its own (pair, memory), and ends it where it is to end. */
void line_sync(struct line *l);
/* The SSL has read, or written, as much as it may. */
bool line_read_stopped(const struct line *l);
bool line_write_stopped(const struct line *l);
/* A pair holds bytes of the SSL that may not be taken yet. */
bool line_holds(const struct line *l);
void line_free_all(void);

const char *kind_name(enum kind kind);
/* NULL, or why this kind cannot fail in reading (writing). */
const char *kind_cannot_fail(enum kind kind, bool reading);
const char *kind_cannot_wait_to_write(enum kind kind);

#endif
