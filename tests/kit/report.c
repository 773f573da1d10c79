/* SPDX-License-Identifier: MIT
 *
 * The results: as text, as JSON, and as the README's table.
 */
#include "tests/kit/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define README_BEGIN "<!-- kit-table -->"
#define README_END   "<!-- /kit-table -->"

/* ---- text ------------------------------------------------------------------------------------------------ */

static const char *
cell_text(const struct kit_subject *s, int row, char *out, size_t cap)
{
    const struct kit_cell *c = &s->cells[row];

    if (c->failed > 0)
        (void)snprintf(out, cap, "%lu FAILED", c->failed);
    else if (s->provider == NULL && c->checks == 0)
        (void)snprintf(out, cap, "-");
    else if (c->declared_absent && !c->present)
        (void)snprintf(out, cap, "declared absent");
    else if (c->vectors > 0)
        (void)snprintf(out, cap, "%lu + %lu", c->vectors, c->checks);
    else
        (void)snprintf(out, cap, "%lu", c->checks);
    return out;
}

static void
print_table(size_t first, size_t end)
{
    char text[32];

    printf("%-22s", "");
    for (size_t i = first; i < end; i++)
        printf(" %-20s", kit.subjects[i].name);
    printf("\n");
    for (int row = 0; row < KIT_NUM_ROWS; row++) {
        printf("%-22s", kit_algorithms[row].name);
        for (size_t i = first; i < end; i++)
            printf(" %-20s", cell_text(&kit.subjects[i], row, text, sizeof text));
        printf("\n");
    }
}

static void
print_not_run(void)
{
    printf("\nNot run:\n");
    if (kit.options.wycheproof == NULL)
        printf("  Wycheproof: no directory was given (--wycheproof DIR)\n");
    else
        printf("  Wycheproof over overlays: their parts ran it\n");
    if (!kit.options.long_run)
        printf("  X25519 and X448 iterated 1,000,000 times: only with --long (1 and 1,000 ran)\n");
    for (size_t i = 0; i < kit.num_providers; i++) {
        const struct kit_subject *s = &kit.subjects[i];

        for (size_t j = 0; j < s->num_skips; j++)
            printf("  %s: %lu x %s\n", s->name, s->skips[j].count, s->skips[j].reason);
    }
}

void
kit_print_text(void)
{
    printf("\nBackends (passed: known answers + other checks)\n");
    for (size_t i = 0; i < kit.num_providers; i++) {
        const struct kit_subject *s = &kit.subjects[i];

        printf("  %s: %s, %s\n", s->name, s->provider->version, s->provider->licence);
    }
    printf("\n");
    print_table(0, kit.num_providers);
    if (kit.num_subjects > kit.num_providers) {
        printf("\nCrossings (left seals, signs, starts; right opens, verifies, responds)\n");
        print_table(kit.num_providers, kit.num_subjects);
    }
    print_not_run();
    for (size_t i = 0; i < kit.num_subjects; i++) {
        const struct kit_subject *s = &kit.subjects[i];
        unsigned long passed = 0, failed = 0;

        for (int row = 0; row < KIT_NUM_ROWS; row++) {
            passed += s->cells[row].vectors + s->cells[row].checks;
            failed += s->cells[row].failed;
        }
        printf("%s%s: %lu passed, %lu failed\n", i == 0 ? "\n" : "", s->name, passed, failed);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------------------ */

static json_t *
subject_json(const struct kit_subject *s)
{
    json_t *o = json_object(), *rows = json_object(), *skips = json_object();

    for (int row = 0; row < KIT_NUM_ROWS; row++) {
        const struct kit_cell *c = &s->cells[row];

        if (s->provider == NULL && c->checks + c->failed == 0)
            continue;
        json_object_set_new(rows, kit_algorithms[row].name,
                            json_pack("{s:s, s:I, s:I, s:I}", "state",
                                      s->provider != NULL && !c->present ? "declared absent" : "present", "vectors",
                                      (json_int_t)c->vectors, "checks", (json_int_t)c->checks, "failed",
                                      (json_int_t)c->failed));
    }
    for (size_t i = 0; i < s->num_skips; i++)
        json_object_set_new(skips, s->skips[i].reason, json_integer((json_int_t)s->skips[i].count));
    json_object_set_new(o, "name", json_string(s->name));
    if (s->provider != NULL) {
        json_object_set_new(o, "version", json_string(s->provider->version));
        json_object_set_new(o, "licence", json_string(s->provider->licence));
    }
    json_object_set_new(o, "algorithms", rows);
    json_object_set_new(o, "skipped", skips);
    return o;
}

bool
kit_write_json(const char *path)
{
    json_t *root = json_object(), *backends = json_array(), *crossings = json_array();
    bool good;

    for (size_t i = 0; i < kit.num_subjects; i++)
        json_array_append_new(i < kit.num_providers ? backends : crossings, subject_json(&kit.subjects[i]));
    json_object_set_new(root, "backends", backends);
    json_object_set_new(root, "crossings", crossings);
    json_object_set_new(root, "wycheproof", json_boolean(kit.options.wycheproof != NULL));
    json_object_set_new(root, "long", json_boolean(kit.options.long_run));
    json_object_set_new(root, "passed", json_integer((json_int_t)kit.passed));
    json_object_set_new(root, "failed", json_integer((json_int_t)kit.failed));
    good = json_dump_file(root, path, JSON_INDENT(2)) == 0;
    if (!good)
        printf("FAIL %s cannot be written\n", path);
    json_decref(root);
    return good;
}

/* ---- the README's table ---------------------------------------------------------------------------------- */

/* Text that grows; memory running out ends in NULL. */
struct text {
    char *p;
    size_t len;
};

static void
add_text(struct text *t, const char *a, const char *b, const char *c)
{
    size_t more = strlen(a) + strlen(b) + strlen(c);
    char *grown = t->p != NULL || t->len == 0 ? (char *)realloc(t->p, t->len + more + 1) : NULL;

    if (grown == NULL) {
        free(t->p);
        t->p = NULL;
        t->len = 1;
        return;
    }
    t->p = grown;
    (void)snprintf(t->p + t->len, more + 1, "%s%s%s", a, b, c);
    t->len += more;
}

/* "yes" only where this run has seen it: a failure shows. */
static const char *
readme_cell(const struct kit_subject *s, int row, char *out, size_t cap)
{
    if (s->cells[row].failed > 0)
        (void)snprintf(out, cap, "FAILS");
    else
        (void)kit_absent_cell(s->name, kit_algorithms[row].name, out, cap);
    return out;
}

char *
kit_markdown(void)
{
    struct text t = {NULL, 0};
    char cell[128];

    add_text(&t, README_BEGIN, "\n| Algorithm |", "");
    for (size_t i = 0; i < kit.num_providers; i++) {
        if (kit.subjects[i].num_parts == 1)
            add_text(&t, " ", kit.subjects[i].name, " |");
    }
    add_text(&t, "\n|---|", "", "");
    for (size_t i = 0; i < kit.num_providers; i++) {
        if (kit.subjects[i].num_parts == 1)
            add_text(&t, "---|", "", "");
    }
    for (int row = 0; row < KIT_NUM_ROWS; row++) {
        if (!kit_algorithms[row].in_readme)
            continue;
        add_text(&t, "\n| ", kit_algorithms[row].name, " |");
        for (size_t i = 0; i < kit.num_providers; i++) {
            if (kit.subjects[i].num_parts == 1)
                add_text(&t, " ", readme_cell(&kit.subjects[i], row, cell, sizeof cell), " |");
        }
    }
    add_text(&t, "\n| Licence of the library |", "", "");
    for (size_t i = 0; i < kit.num_providers; i++) {
        if (kit.subjects[i].num_parts == 1)
            add_text(&t, " ", kit_licence_cell(kit.subjects[i].name, cell, sizeof cell), " |");
    }
    add_text(&t, "\n", README_END, "\n");
    return t.p;
}

static char *
read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = (char *)calloc(1, 1u << 20);

    if (f != NULL && text != NULL)
        (void)fread(text, 1, (1u << 20) - 1, f);
    if (f != NULL)
        (void)fclose(f);
    else {
        free(text);
        text = NULL;
    }
    return text;
}

/* True if every backend that the README's table names is in this run. */
static bool
can_compare(const char *table)
{
    char name[40];
    const char *p = strstr(table, "| Algorithm |");

    for (p = p != NULL ? p + strlen("| Algorithm |") : ""; *p == ' ';) {
        bool found = false;

        if (sscanf(p, " %39[^ |\n]", name) != 1)
            break;
        for (size_t i = 0; i < kit.num_providers; i++)
            found = found || strcmp(kit.subjects[i].name, name) == 0;
        if (!found) {
            printf("README not compared: its table names %s, which is not in this run\n", name);
            return false;
        }
        p += strcspn(p, "|\n");
        p += *p == '|';
    }
    return true;
}

int
kit_check_readme(const char *path)
{
    char *text = read_file(path), *table = kit_markdown();
    const char *begin = text != NULL ? strstr(text, README_BEGIN) : NULL;
    const char *end = begin != NULL ? strstr(begin, README_END) : NULL;
    int status = 0;

    if (end == NULL || table == NULL) {
        printf("FAIL %s has no table between %s and %s\n", path, README_BEGIN, README_END);
        status = 1;
    } else if (!can_compare(begin)) {
        status = 77;
    } else if (strlen(table) != (size_t)(end - begin) + strlen(README_END) + 1 ||
               strncmp(table, begin, strlen(table) - 1) != 0) {
        printf("FAIL the table in %s is not current; put this in its place:\n%s", path, table);
        status = 1;
    }
    free(text);
    free(table);
    return status;
}
