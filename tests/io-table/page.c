/* SPDX-License-Identifier: MIT
 *
 * Writes the I/O table: as a page of the manual, as text, and as JSON. Kinds and versions that behave alike share a row.
 */
#include "tests/io-table/table.h"

#include <stdio.h>
#include <string.h>

#define ROWS_MAX  512u
#define WORDS_MAX 128u

struct row {
    enum event event;
    const struct outcome *o; /* NULL: there is no such event */
    const char *none;
    unsigned kinds, versions; /* bits */
};

/* ---- rows ---- */

static bool
same_outcome(const struct row *a, const struct row *b)
{
    if (a->event != b->event || a->none != b->none || (a->o == NULL) != (b->o == NULL))
        return false;
    return a->o == NULL ||
           (a->o->at == b->o->at && a->o->error == b->o->error && strcmp(a->o->result, b->o->result) == 0 &&
            strcmp(a->o->call, b->o->call) == 0 && strcmp(a->o->reason, b->o->reason) == 0 &&
            strcmp(a->o->state, b->o->state) == 0 && strcmp(a->o->data, b->o->data) == 0);
}

static size_t
add_row(struct row *rows, size_t num, const struct row *row)
{
    for (size_t i = 0; i < num; i++)
        if (same_outcome(&rows[i], row) && rows[i].versions == row->versions) {
            rows[i].kinds |= row->kinds;
            return num;
        }
    if (num < ROWS_MAX)
        rows[num++] = *row;
    return num;
}

static size_t
rows_of_event(const struct table *t, enum operation op, enum event event, struct row *rows)
{
    size_t num = 0, kept = 0;
    for (int v = 0; v < NUM_VERSIONS; v++)
        for (enum kind kind = 0; kind < NUM_KINDS; kind++) {
            const struct cell *c = &t->cell[v][op][event][kind];
            struct row row = {event, NULL, c->none, 1u << kind, 1u << v};
            if (c->num == 0)
                num = add_row(rows, num, &row);
            row.none = NULL;
            for (size_t i = 0; i < c->num; i++) {
                row.o = &c->outcome[i];
                num = add_row(rows, num, &row);
            }
        }
    for (size_t i = 0; i < num; i++) { /* versions that agree */
        size_t j = 0;
        while (j < kept && !(same_outcome(&rows[j], &rows[i]) && rows[j].kinds == rows[i].kinds))
            j++;
        if (j < kept)
            rows[j].versions |= rows[i].versions;
        else
            rows[kept++] = rows[i];
    }
    return kept;
}

static size_t
rows_of(const struct table *t, enum operation op, struct row *rows)
{
    size_t num = 0;
    for (enum event event = 0; event < NUM_EVENTS; event++)
        num += rows_of_event(t, op, event, rows + num);
    return num;
}

/* ---- words ---- */

static void
add_word(char out[WORDS_MAX], const char *word)
{
    size_t len = strlen(out);
    (void)snprintf(out + len, WORDS_MAX - len, "%s%s", len > 0 ? ", " : "", word);
}

static const char *
kinds_of(unsigned kinds, char out[WORDS_MAX])
{
    out[0] = '\0';
    if (kinds == (1u << NUM_KINDS) - 1)
        add_word(out, "all");
    else
        for (unsigned k = 0; k < NUM_KINDS; k++)
            if ((kinds & 1u << k) != 0)
                add_word(out, kind_name((enum kind)k));
    return out;
}

static const char *
versions_of(unsigned versions)
{
    return versions == 3 ? "1.2, 1.3" : versions == 1 ? "1.2" : "1.3";
}

static const char *
where_of(unsigned at, char out[WORDS_MAX])
{
    out[0] = '\0';
    if ((at & AT_START) != 0)
        add_word(out, "before the first byte");
    if ((at & AT_INSIDE) != 0)
        add_word(out, "within a record");
    if ((at & AT_EDGE) != 0)
        add_word(out, "at a record's end");
    if ((at & AT_NEVER) != 0)
        add_word(out, "nowhere");
    return out;
}

static const char *
or_dash(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

/* ---- the page ---- */

static void
markdown_row(const struct row *row, FILE *out)
{
    char kinds[WORDS_MAX], where[WORDS_MAX];
    fprintf(out, "| %s | %s | %s |", event_name(row->event), versions_of(row->versions), kinds_of(row->kinds, kinds));
    if (row->o == NULL) {
        fprintf(out, " cannot happen: %s | - | - | - | - | - | - |\n", row->none != NULL ? row->none : "BLANK");
        return;
    }
    const struct outcome *o = row->o;
    fprintf(out, " %s | `%s` | %s | %s | %s | %s | %s |\n", where_of(o->at, where), o->call, o->result,
            error_name(o->error), or_dash(o->reason), o->state, or_dash(o->data));
}

void
page_markdown(const struct table *t, FILE *out)
{
    static struct row rows[NUM_EVENTS * ROWS_MAX];
    fputs("# The I/O table\n\n"
          "What each operation of `<trivet/ssl.h>` comes to when its transport stops, on every kind of BIO, in both\n"
          "versions. `trivet-io-table` (`tests/io-table`) makes this page by running it all, judges it by "
          "SSL_connect(3),\n"
          "and ctest compares the two; `--json` has each cell by itself.\n\n"
          "- *nothing to read*, *no room to write*: the transport stops at each byte in turn, and goes on with the "
          "next.\n"
          "  The operation is whole in the end, and so is its data.\n"
          "- *called again in vain*: at each of these bytes the caller's time is up, and it calls twice more though "
          "nothing\n"
          "  moved: the answer is the same, and the operation can still be finished.\n"
          "- *end of file*: without close_notify. *reading fails*, *writing fails*: the system (or the program's BIO) "
          "says\n"
          "  ECONNRESET, EPIPE; a pair is destroyed or shut down, memory is read-only. All three: at each byte in a\n"
          "  connection of its own; the second call after it gives the same answer.\n"
          "- *the peer is gone*: from that byte on writing fails, and reading is at its end behind what has come.\n"
          "- *close_notify*, *fatal alert*: from the peer, in a handshake as the first record.\n"
          "- Where: the byte of the operation at which the transport stopped; *nowhere*: the event was there and the\n"
          "  operation did not meet it. Early data and key updates do not exist in TLS 1.2: those calls are refused.\n"
          "- State: SSL_state_string() and SSL_get_shutdown(). Every call is made with a stale errno and a stale entry "
          "in\n"
          "  the ERR view, which change nothing.\n"
          "- BIO: `socket`, `fd`, `mem`, `pair` (BIO_s_bio), `buffer` (BIO_f_buffer over a program's own), `connect`,\n"
          "  `accept`, `own` (BIO_meth_new).\n",
          out);
    for (enum operation op = 0; op < NUM_OPS; op++) {
        size_t num = rows_of(t, op, rows);
        fprintf(
            out,
            "\n## %s\n\n| Event | TLS | BIO | Where | Call | Returns | SSL_get_error | Reason, errno | State | Data |\n"
            "|---|---|---|---|---|---|---|---|---|---|\n",
            operation_name(op));
        for (size_t i = 0; i < num; i++)
            markdown_row(&rows[i], out);
    }
}

void
page_text(const struct table *t, FILE *out)
{
    static struct row rows[NUM_EVENTS * ROWS_MAX];
    for (enum operation op = 0; op < NUM_OPS; op++) {
        size_t num = rows_of(t, op, rows);
        fprintf(out, "%s\n", operation_name(op));
        for (size_t i = 0; i < num; i++) {
            char kinds[WORDS_MAX], where[WORDS_MAX];
            const struct outcome *o = rows[i].o;
            fprintf(out, "  %-20s  TLS %-8s  %s\n", event_name(rows[i].event), versions_of(rows[i].versions),
                    kinds_of(rows[i].kinds, kinds));
            if (o == NULL)
                fprintf(out, "      cannot happen: %s\n", rows[i].none != NULL ? rows[i].none : "BLANK");
            else
                fprintf(out, "      %s: %s -> %s, %s %s; %s%s%s\n", where_of(o->at, where), o->call, o->result,
                        error_name(o->error), o->reason, o->state, o->data[0] != '\0' ? "; " : "", o->data);
        }
    }
}

/* ---- JSON ---- */

static void
json_cell(const struct cell *c, FILE *out)
{
    char where[WORDS_MAX];
    if (c->none != NULL)
        fprintf(out, "\"cannot happen\": \"%s\", ", c->none);
    fputs("\"outcomes\": [", out);
    for (size_t i = 0; i < c->num; i++) {
        const struct outcome *o = &c->outcome[i];
        fprintf(out,
                "%s{\"where\": \"%s\", \"call\": \"%s\", \"returns\": \"%s\", \"error\": \"%s\", \"reason\": \"%s\", "
                "\"state\": \"%s\", \"data\": \"%s\", \"boundaries\": %u}",
                i > 0 ? ", " : "", where_of(o->at, where), o->call, o->result, error_name(o->error), o->reason,
                o->state, o->data, o->times);
    }
    fputs("]}", out);
}

void
page_json(const struct table *t, FILE *out)
{
    const char *comma = "[\n";
    for (int v = 0; v < NUM_VERSIONS; v++)
        for (enum operation op = 0; op < NUM_OPS; op++)
            for (enum event event = 0; event < NUM_EVENTS; event++)
                for (enum kind kind = 0; kind < NUM_KINDS; kind++) {
                    fprintf(out, "%s{\"version\": \"%s\", \"operation\": \"%s\", \"event\": \"%s\", \"bio\": \"%s\", ",
                            comma, version_name(v), operation_name(op), event_name(event), kind_name(kind));
                    json_cell(&t->cell[v][op][event][kind], out);
                    comma = ",\n";
                }
    fputs("\n]\n", out);
}
