/* SPDX-License-Identifier: MIT
 *
 * absent.txt: what each backend does not have, under which conditions; and the licences.
 */
#include "tests/kit/kit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

struct rule {
    char backend[32];
    char below[16];    /* "" or the version of "<V"  */
    char at_least[16]; /* "" or the version of ">=V" */
    bool without_aes;
    char what[80];
    char reason[128];
    bool used; /* a known defect that the current subject has shown */
};
#define KNOWN "known:"
static struct rule *rules;
static size_t num_rules;

static bool
machine_has_aes(void)
{
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__) && defined(__linux__)
    return (getauxval(16 /* AT_HWCAP */) & 0x18u) == 0x18u; /* AES and PMULL */
#else
    return false;
#endif
}

/* ---- versions -------------------------------------------------------------------------------------------- */

/* Compares dotted numbers: "3.0.22" < "3.5". What follows the digits and dots does not count. */
static int
compare_versions(const char *a, const char *b)
{
    for (;;) {
        char *a_end, *b_end;
        unsigned long x = strtoul(a, &a_end, 10), y = strtoul(b, &b_end, 10);

        if (x != y)
            return x < y ? -1 : 1;
        a = *a_end == '.' ? a_end + 1 : "";
        b = *b_end == '.' ? b_end + 1 : "";
        if (*a == '\0' && *b == '\0')
            return 0;
    }
}

static bool
holds(const struct rule *rule, const char *version)
{
    if (rule->below[0] != '\0' && compare_versions(version, rule->below) >= 0)
        return false;
    if (rule->at_least[0] != '\0' && compare_versions(version, rule->at_least) < 0)
        return false;
    return !rule->without_aes || !machine_has_aes();
}

/* ---- reading --------------------------------------------------------------------------------------------- */

static bool
parse_pattern(struct rule *rule, const char *text)
{
    size_t len = strcspn(text, "<>!");

    if (len == 0 || len >= sizeof rule->backend)
        return false;
    memcpy(rule->backend, text, len);
    for (text += len; *text != '\0'; text += len) {
        char *version = NULL;

        if (strncmp(text, "!aes", 4) == 0) {
            rule->without_aes = true;
            len = 4;
            continue;
        }
        if (strncmp(text, ">=", 2) == 0) {
            version = rule->at_least;
            text += 2;
        } else if (*text == '<') {
            version = rule->below;
            text += 1;
        }
        len = strspn(text, "0123456789.");
        if (version == NULL || len == 0 || len >= sizeof rule->below)
            return false;
        memcpy(version, text, len);
    }
    return true;
}

/* The algorithm must be one of the table, the part one that exists. */
static bool
known_what(const char *what)
{
    static const char *const parts[] = {"sign",    "verify",  "start_from", "respond_from",
                                        "SHA-256", "SHA-384", "SHA-512"};
    char name[80];
    const char *colon = strchr(what, ':');
    size_t len = colon != NULL ? (size_t)(colon - what) : strlen(what);

    if (strcmp(what, "licence") == 0 || strncmp(what, KNOWN, strlen(KNOWN)) == 0)
        return true;
    (void)snprintf(name, sizeof name, "%.*s", (int)len, what);
    if (kit_row_named(name) == KIT_NUM_ROWS)
        return false;
    for (size_t i = 0; colon != NULL && i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(colon + 1, parts[i]) == 0)
            return true;
    }
    return colon == NULL;
}

static bool
parse_line(const char *path, unsigned line, char *text)
{
    char pattern[64], what[80];
    int reason = 0;
    struct rule *grown, rule;

    text[strcspn(text, "\r\n")] = '\0';
    while (isspace((unsigned char)*text))
        text++;
    if (*text == '\0' || *text == '#')
        return true;
    memset(&rule, 0, sizeof rule);
    if (sscanf(text, "%63s %79s %n", pattern, what, &reason) < 2 || reason == 0 || text[reason] == '\0' ||
        !parse_pattern(&rule, pattern) || !known_what(what)) {
        fprintf(stderr, "trivet-kit: %s:%u: not of the form \"backend[conditions] algorithm reason\": %s\n", path, line,
                text);
        return false;
    }
    (void)snprintf(rule.what, sizeof rule.what, "%s", what);
    (void)snprintf(rule.reason, sizeof rule.reason, "%s", text + reason);
    grown = (struct rule *)realloc(rules, (num_rules + 1) * sizeof *rules);
    if (grown == NULL)
        return false;
    rules = grown;
    rules[num_rules++] = rule;
    return true;
}

bool
kit_absent_load(const char *path)
{
    char text[512];
    bool good = true;
    unsigned line = 0;
    FILE *f = fopen(path, "r");

    if (f == NULL) {
        fprintf(stderr, "trivet-kit: %s cannot be read; name it with --absent FILE\n", path);
        return false;
    }
    while (good && fgets(text, sizeof text, f) != NULL)
        good = parse_line(path, ++line, text);
    (void)fclose(f);
    return good;
}

void
kit_absent_free(void)
{
    free(rules);
    rules = NULL;
    num_rules = 0;
}

/* ---- asking ---------------------------------------------------------------------------------------------- */

static const struct rule *
rule_for(const struct kit_subject *subject, unsigned part, const char *what)
{
    for (size_t i = 0; i < num_rules; i++) {
        if (strcmp(rules[i].backend, subject->part[part]) == 0 && strcmp(rules[i].what, what) == 0 &&
            holds(&rules[i], subject->version[part]))
            return &rules[i];
    }
    return NULL;
}

static const char *
hybrid_parts(const char *what, const char **second)
{
    if (strcmp(what, kit_algorithms[KIT_X25519MLKEM768].name) == 0) {
        *second = kit_algorithms[KIT_MLKEM768].name;
        return kit_algorithms[KIT_X25519].name;
    }
    if (strcmp(what, kit_algorithms[KIT_SECP256R1MLKEM768].name) == 0) {
        *second = kit_algorithms[KIT_MLKEM768].name;
        return kit_algorithms[KIT_SECP256R1].name;
    }
    return NULL;
}

const char *
kit_absent(const struct kit_subject *subject, const char *what)
{
    const char *second, *first = hybrid_parts(what, &second), *reason = NULL;

    if (first != NULL) {
        reason = kit_absent(subject, second);
        return reason != NULL ? reason : kit_absent(subject, first);
    }
    for (unsigned i = 0; i < subject->num_parts; i++) {
        const struct rule *rule = rule_for(subject, i, what);

        if (rule == NULL)
            return NULL;
        reason = rule->reason;
    }
    return reason;
}

/* "file tcId 433" is declared as "known:file:433". */
const char *
kit_known(const struct kit_subject *subject, const char *where)
{
    const char *id = strrchr(where, ' ');
    char what[96];

    if (id == NULL)
        return NULL;
    (void)snprintf(what, sizeof what, KNOWN "%.*s:%s", (int)strcspn(where, " "), where, id + 1);
    for (size_t i = 0; i < num_rules; i++) {
        for (unsigned part = 0; part < subject->num_parts; part++) {
            if (strcmp(rules[i].what, what) == 0 && strcmp(rules[i].backend, subject->part[part]) == 0 &&
                holds(&rules[i], subject->version[part])) {
                rules[i].used = true;
                return rules[i].reason;
            }
        }
    }
    return NULL;
}

/* For a backend that ran everything: defects that did not show. */
void
kit_known_settle(const struct kit_subject *subject)
{
    for (size_t i = 0; i < num_rules; i++) {
        struct rule *r = &rules[i];

        if (strncmp(r->what, KNOWN, strlen(KNOWN)) != 0)
            continue;
        if (strcmp(r->backend, subject->part[0]) == 0 && holds(r, subject->version[0])) {
            kit_where("absent.txt", "%s", r->what);
            kit_check(r->used, "declared as a known defect, but it passes: remove the line");
        }
        r->used = false;
    }
}

const char *
kit_licence(const struct kit_subject *subject)
{
    const struct rule *rule = rule_for(subject, 0, "licence");

    return rule != NULL ? rule->reason : NULL;
}

const char *
kit_absent_cell(const char *backend, const char *what, char *out, size_t cap)
{
    const char *second, *first = hybrid_parts(what, &second);
    size_t at = 0;

    if (first != NULL) {
        (void)kit_absent_cell(backend, first, out, cap);
        return strcmp(out, "yes") == 0 ? kit_absent_cell(backend, second, out, cap) : out;
    }
    (void)snprintf(out, cap, "yes");
    for (size_t i = 0; i < num_rules; i++) {
        const struct rule *r = &rules[i];

        if (strcmp(r->backend, backend) != 0 || strcmp(r->what, what) != 0)
            continue;
        if (r->below[0] == '\0' && r->at_least[0] == '\0' && !r->without_aes) {
            (void)snprintf(out, cap, "-");
            return out;
        }
        if (at >= cap)
            return out;
        at += (size_t)snprintf(out + at, cap - at, "%s%s%s%s%s%s", at > 0 ? ", " : "", r->below[0] != '\0' ? ">= " : "",
                               r->below, r->at_least[0] != '\0' ? "< " : "", r->at_least,
                               r->without_aes ? "with AES instructions" : "");
    }
    return out;
}

const char *
kit_licence_cell(const char *backend, char *out, size_t cap)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < num_rules && at < cap; i++) {
        const struct rule *r = &rules[i];

        if (strcmp(r->backend, backend) != 0 || strcmp(r->what, "licence") != 0)
            continue;
        at += (size_t)snprintf(out + at, cap - at, "%s%s", at > 0 ? "; " : "", r->reason);
        if (at < cap && (r->below[0] != '\0' || r->at_least[0] != '\0'))
            at += (size_t)snprintf(out + at, cap - at, " (%s%s)",
                                   r->below[0] != '\0' ? "< " : ">= ", r->below[0] != '\0' ? r->below : r->at_least);
    }
    return out;
}
