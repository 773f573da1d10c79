/* SPDX-License-Identifier: MIT
 *
 * Collects the outcomes of the I/O table, and names its rows and columns.
 */
#include "tests/io-table/table.h"

#include <stdio.h>
#include <string.h>

static bool
same(const struct outcome *a, const struct outcome *b)
{
    return a->error == b->error && strcmp(a->result, b->result) == 0 && strcmp(a->call, b->call) == 0 &&
           strcmp(a->reason, b->reason) == 0 && strcmp(a->state, b->state) == 0 && strcmp(a->data, b->data) == 0;
}

bool
cell_add(struct cell *c, const struct outcome *o)
{
    for (size_t i = 0; i < c->num; i++)
        if (same(&c->outcome[i], o)) {
            c->outcome[i].at |= o->at;
            c->outcome[i].times++;
            return true;
        }
    if (c->num == OUTCOMES_MAX)
        return false;
    c->outcome[c->num++] = *o;
    return true;
}

void
table_fault(struct table *t, int version, enum operation op, enum event event, enum kind kind, const char *what,
            const struct outcome *o)
{
    t->faults++;
    fprintf(stderr, "%s, %s, %s, %s: %s", version_name(version), operation_name(op), event_name(event), kind_name(kind),
            what);
    if (o != NULL)
        fprintf(stderr, " (%s: %s, %s %s, %s)", o->call, o->result, error_name(o->error), o->reason, o->state);
    fprintf(stderr, "\n");
}

unsigned
table_blanks(const struct table *t)
{
    const struct cell *c = &t->cell[0][0][0][0];
    unsigned num = 0;
    for (size_t i = 0; i < sizeof t->cell / sizeof *c; i++)
        num += c[i].num == 0 && c[i].none == NULL;
    return num;
}

unsigned
table_outcomes(const struct table *t)
{
    const struct cell *c = &t->cell[0][0][0][0];
    size_t num = 0;
    for (size_t i = 0; i < sizeof t->cell / sizeof *c; i++)
        num += c[i].num;
    return (unsigned)num;
}

const char *
operation_name(enum operation op)
{
    static const char *const names[NUM_OPS] = {
        "connect", "accept", "read", "peek", "write", "shutdown", "key update", "early data, sent", "early data, read"};
    return names[op];
}

const char *
event_name(enum event event)
{
    static const char *const names[NUM_EVENTS] = {"nothing to read",  "no room to write", "called again in vain",
                                                  "end of file",      "reading fails",    "writing fails",
                                                  "the peer is gone", "close_notify",     "fatal alert"};
    return names[event];
}

const char *
version_name(int version)
{
    return version == 0 ? "TLS 1.2" : "TLS 1.3";
}

const char *
error_name(int error)
{
    switch (error) {
    case SSL_ERROR_NONE:
        return "NONE";
    case SSL_ERROR_SSL:
        return "SSL";
    case SSL_ERROR_WANT_READ:
        return "WANT_READ";
    case SSL_ERROR_WANT_WRITE:
        return "WANT_WRITE";
    case SSL_ERROR_SYSCALL:
        return "SYSCALL";
    case SSL_ERROR_ZERO_RETURN:
        return "ZERO_RETURN";
    default:
        return "another";
    }
}
