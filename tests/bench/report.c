/* SPDX-License-Identifier: MIT
 *
 * What the benchmark says: tables for people as they are measured, and all figures as JSON at the end.
 */
#include "tests/bench/bench.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MAX 2048u

static struct cell {
    char group[16], row[96], measure[40];
    double value;
    int verdict; /* of a mark: 0 missed, 1 ok; -1: a figure */
} cells[CELLS_MAX];
static size_t num_cells;

void
bench_progress(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "bench: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
}

void
bench_heading(const char *title, const char *columns)
{
    printf("\n%s\n\n%s\n", title, columns);
}

static struct cell *
add(const char *group, const char *row, const char *measure)
{
    if (num_cells == CELLS_MAX) {
        fprintf(stderr, "bench: more than %u figures\n", CELLS_MAX);
        abort();
    }
    struct cell *c = &cells[num_cells++];
    (void)snprintf(c->group, sizeof c->group, "%s", group);
    (void)snprintf(c->row, sizeof c->row, "%s", row);
    (void)snprintf(c->measure, sizeof c->measure, "%s", measure);
    c->verdict = -1;
    return c;
}

void
bench_record(const char *group, const char *row, const char *measure, double value)
{
    add(group, row, measure)->value = value;
}

const char *
bench_mark(const char *group, const char *row, const char *mark, bool holds)
{
    add(group, row, mark)->verdict = holds;
    fflush(stdout);
    return holds ? "ok" : "MISSED";
}

bool
bench_write_json(const char *path)
{
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return false;
    fprintf(f, "{\"version\": \"%s\", \"figures\": [", TVT_VERSION_STRING);
    for (size_t i = 0; i < num_cells; i++) {
        const struct cell *c = &cells[i];
        fprintf(f, "%s\n  {\"group\": \"%s\", \"row\": \"%s\", ", i > 0 ? "," : "", c->group, c->row);
        if (c->verdict >= 0)
            fprintf(f, "\"mark\": \"%s\", \"holds\": %s}", c->measure, c->verdict ? "true" : "false");
        else
            fprintf(f, "\"measure\": \"%s\", \"value\": %.9g}", c->measure, c->value);
    }
    fprintf(f, "\n]}\n");
    return fclose(f) == 0;
}

bool
bench_has_name(const char *list, const char *name)
{
    size_t len = strlen(name);
    if (list == NULL)
        return true;
    for (const char *p = list; p != NULL; p = strchr(p, ',')) {
        p += *p == ',';
        if (strncmp(p, name, len) == 0 && (p[len] == ',' || p[len] == '\0'))
            return true;
    }
    return false;
}
