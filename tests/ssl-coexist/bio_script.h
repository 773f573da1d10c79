/* SPDX-License-Identifier: MIT
 *
 * A script of calls on BIOs, and what they came to: the same source files (bio_script.c, bio_fixed.c), compiled
 * against the headers of either library, word for word the same.
 */
#ifndef TVT_TESTS_SSL_COEXIST_BIO_SCRIPT_H
#define TVT_TESTS_SSL_COEXIST_BIO_SCRIPT_H

#include <stddef.h>

#define BIO_STEPS 120

enum bio_kind {
    KIND_MEM,
    KIND_MEM_EOF, /* reading an empty one is the end */
    KIND_VIEW,    /* BIO_new_mem_buf                 */
    KIND_PAIR,
    KIND_BUFFER_PAIR,
    KIND_BUFFER_MEM,
    KIND_BUFFER_OLD, /* over a kind of the program's: short, and "retry" now and then */
    KIND_BUFFER_EX,
    KIND_OLD,
    KIND_EX,
    KIND_NULL,
    KIND_NULL_FILTER,
    KIND_SOCKET,
    KIND_FD,
    KIND_FILE,
    BIO_KINDS
};

enum bio_op {
    OP_READ,
    OP_WRITE,
    OP_READ_EX,
    OP_WRITE_EX,
    OP_GETS,
    OP_PUTS,
    OP_PRINTF,
    OP_PENDING,
    OP_WPENDING,
    OP_EOF,
    OP_FLUSH,
    OP_RESET,
    OP_GET_CLOSE,
    OP_UNKNOWN,
    OP_NREAD0,
    OP_NREAD,
    OP_NWRITE0,
    OP_NWRITE,
    OP_GUARANTEE,
    OP_REQUEST,
    OP_RESET_REQUEST,
    OP_SHUTDOWN_WR,
    OP_BUFFER_SIZE,
    OP_LINES,
    OP_PEEK,
    OP_READ_DATA,
    OP_REJOIN, /* the pair is destroyed and made again */
    OP_SEEK,
    OP_TELL,
    OP_TYPE,
    OP_EOF_RETURN,
    OP_DUP,
    BIO_OPS
};

struct bio_step {
    enum bio_op op;
    int on; /* 0: the first BIO; 1: its peer */
    int len;
};

struct bio_result {
    long value;
    unsigned long sum; /* of the bytes that came out */
    struct {
        int flags, reason;
        long pending, wpending;
        unsigned long long read, written;
    } after[2];
};

typedef int bio_script(enum bio_kind kind, const struct bio_step *steps, size_t num, struct bio_result *results);
bio_script bio_script_ours, bio_script_theirs; /* 0: the BIOs could not be made */
/* Values of a fixed script: connecting, accepting, names and failures; how many. */
typedef size_t bio_fixed(long *values, size_t cap);
bio_fixed bio_connect_ours, bio_connect_theirs, bio_accept_ours, bio_accept_theirs, bio_chain_ours, bio_chain_theirs;
bio_fixed bio_references_ours, bio_references_theirs;

#endif
