/* SPDX-License-Identifier: MIT
 *
 * What the I/O table holds: for each version, operation, event and kind of BIO the distinct outcomes.
 */
#ifndef TVT_TESTS_IO_TABLE_TABLE_H
#define TVT_TESTS_IO_TABLE_TABLE_H

#include "tests/io-table/line.h"

#include <stdio.h>

enum operation {
    OP_CONNECT,
    OP_ACCEPT,
    OP_READ,
    OP_PEEK,
    OP_WRITE,
    OP_SHUTDOWN,
    OP_UPDATE,
    OP_EARLY_WRITE,
    OP_EARLY_READ,
    NUM_OPS
};

enum event {
    EVENT_WAIT_READ,
    EVENT_WAIT_WRITE,
    EVENT_TIMEOUT,
    EVENT_END,
    EVENT_READ_FAILS,
    EVENT_WRITE_FAILS,
    EVENT_GONE,
    EVENT_CLOSE,
    EVENT_ALERT,
    NUM_EVENTS
};

#define NUM_VERSIONS 2 /* TLS 1.2, TLS 1.3 */

/* Where the transport stopped; bits. */
#define AT_START  1u /* before the first byte of what the operation moves */
#define AT_INSIDE 2u
#define AT_EDGE   4u /* at a record's end                                 */
#define AT_NEVER  8u /* the event was there, the operation did not meet it */

#define OUTCOMES_MAX 24u
#define TEXT_MAX     64u

struct outcome {
    unsigned at;
    char result[16]; /* of the call: "-1", "0", "1", ">0" */
    int error;       /* SSL_get_error()                   */
    char call[32];   /* which call it was                 */
    char reason[TEXT_MAX];
    char state[TEXT_MAX];
    char data[TEXT_MAX];
    unsigned times; /* boundaries                        */
};

struct cell {
    struct outcome outcome[OUTCOMES_MAX];
    size_t num;
    const char *none; /* why there is no such event; NULL: it was run */
};

struct table {
    struct cell cell[NUM_VERSIONS][NUM_OPS][NUM_EVENTS][NUM_KINDS];
    unsigned long connections, boundaries, faults;
};

/* Adds it, or counts it where the same is there. False: there is no room. */
bool cell_add(struct cell *c, const struct outcome *o);
void table_fault(struct table *t, int version, enum operation op, enum event event, enum kind kind, const char *what,
                 const struct outcome *o);
/* Cells with neither an outcome nor a reason why not. */
unsigned table_blanks(const struct table *t);
unsigned table_outcomes(const struct table *t);

const char *operation_name(enum operation op);
const char *event_name(enum event event);
const char *version_name(int version);
const char *error_name(int error);

/* page.c */
void page_markdown(const struct table *t, FILE *out);
void page_text(const struct table *t, FILE *out);
void page_json(const struct table *t, FILE *out);

/* run.c: fills the cell of each kind. `every`: boundaries are that far apart but for those next to a record's end. */
bool run_open(const char *backend);
void run_cell(struct table *t, int version, enum operation op, enum event event, enum kind kind, size_t every);
void run_close(void);

#endif
