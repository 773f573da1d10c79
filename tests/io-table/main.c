/* SPDX-License-Identifier: MIT
 *
 * trivet-io-table: makes the I/O table, every operation x every event x every kind of BIO x both versions, and prints it
 * or compares it with the page in docs.
 */
#include "tests/io-table/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct table table;

static int
usage(void)
{
    fputs("usage: trivet-io-table [--backend NAME] [--every N] [--text | --json | --markdown | --check FILE]\n"
          "  --every N  of the byte boundaries inside records each Nth alone where each takes a connection (1: all)\n",
          stderr);
    return 2;
}

/* Each byte takes a connection: the program's own kind takes every one, the others, alike above the BIO, go in steps. */
static size_t
step_of(enum kind kind, size_t every)
{
    return kind == KIND_OWN ? every : 16 * every;
}

static void
run_all(size_t every)
{
    for (int v = 0; v < NUM_VERSIONS; v++)
        for (enum operation op = 0; op < NUM_OPS; op++)
            for (enum event event = 0; event < NUM_EVENTS; event++)
                for (enum kind kind = 0; kind < NUM_KINDS; kind++)
                    run_cell(&table, v, op, event, kind, step_of(kind, every));
}

/* The page as it is in `path`, byte by byte. */
static bool
agrees(const char *path)
{
    FILE *made = tmpfile(), *page = fopen(path, "r");
    bool same = made != NULL && page != NULL;
    unsigned long line = 1;
    if (same) {
        page_markdown(&table, made);
        rewind(made);
        for (int c = 0; same && c != EOF; line += c == '\n') {
            c = fgetc(made);
            same = c == fgetc(page);
        }
    }
    if (!same)
        fprintf(stderr, "%s does not agree (line %lu): make it with trivet-io-table --markdown > %s\n", path, line,
                path);
    if (made != NULL)
        (void)fclose(made);
    if (page != NULL)
        (void)fclose(page);
    return same;
}

static bool
show(const char *how, const char *path)
{
    if (strcmp(how, "--json") == 0)
        page_json(&table, stdout);
    else if (strcmp(how, "--markdown") == 0)
        page_markdown(&table, stdout);
    else if (strcmp(how, "--text") == 0)
        page_text(&table, stdout);
    return path == NULL || agrees(path);
}

int
main(int argc, char **argv)
{
    const char *how = "--text", *path = NULL, *backend = NULL;
    unsigned long every = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--backend") == 0 && i + 1 < argc) {
            backend = argv[++i];
        } else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc) {
            every = strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--check") == 0 && i + 1 < argc) {
            how = argv[i];
            path = argv[++i];
        } else if (strcmp(argv[i], "--text") == 0 || strcmp(argv[i], "--json") == 0 ||
                   strcmp(argv[i], "--markdown") == 0) {
            how = argv[i];
        } else {
            return usage();
        }
    }
    if (every == 0)
        return usage();
    if (!run_open(backend)) {
        ERR_print_errors_fp(stderr);
        fputs("trivet-io-table: no contexts\n", stderr);
        return 1;
    }
    run_all(every);
    run_close();
    bool good = show(how, path);
    fprintf(stderr, "%zu cells, %u blank, %u outcomes, %lu boundaries, %lu connections, %lu faults\n",
            sizeof table.cell / sizeof(struct cell), table_blanks(&table), table_outcomes(&table), table.boundaries,
            table.connections, table.faults);
    return good && table.faults == 0 && table_blanks(&table) == 0 ? 0 : 1;
}
