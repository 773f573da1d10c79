/* SPDX-License-Identifier: MIT
 *
 * trivet-limbo: an x509-limbo harness. The suite on stdin, results on stdout, logs on stderr; exit status 0 unless the
 * harness itself has a fault.
 */
#include "tests/limbo/limbo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: trivet-limbo [--backend NAME] [--profile auto|web-pki|rfc5280] [--limit-ms N] < SUITE.json > RESULTS.json\n"
    "\n"
    "  --backend NAME  the provider (the default one)\n"
    "  --profile WORD  auto: rfc5280 for bettertls::, web-pki for the rest (auto)\n"
    "  --limit-ms N    a test that takes more CPU time is a HANG (none)\n";

struct options {
    const char *backend;
    enum limbo_profile profile;
    double limit_ms;
};

static bool
parse_options(struct options *out, int argc, char **argv)
{
    static const char *const profiles[] = {"auto", "web-pki", "rfc5280"};
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (value == NULL)
            return false;
        if (strcmp(argv[i], "--backend") == 0) {
            out->backend = value;
        } else if (strcmp(argv[i], "--limit-ms") == 0) {
            char *end;
            out->limit_ms = strtod(value, &end);
            if (end == value || *end != '\0')
                return false;
        } else if (strcmp(argv[i], "--profile") == 0) {
            size_t k = 0;
            while (k < 3 && strcmp(profiles[k], value) != 0)
                k++;
            if (k == 3)
                return false;
            out->profile = (enum limbo_profile)k;
        } else {
            return false;
        }
    }
    return true;
}

/* The results of a suite; NULL: the suite, or memory, is at fault. */
static json_t *
run_all(const json_t *tests, const struct tvt_provider *provider, const struct options *options)
{
    static const char *const answers[] = {"SUCCESS", "FAILURE", "SKIPPED"};
    json_t *results = json_array();
    size_t i;
    json_t *test;
    json_array_foreach(tests, i, test)
    {
        struct limbo_result r;
        const char *id = json_string_value(json_object_get(test, "id"));
        limbo_run(&r, test, provider, options->profile);
        if (id == NULL || r.answer == LIMBO_BROKEN) {
            fprintf(stderr, "trivet-limbo: %s: not a test case that can be read\n", id != NULL ? id : "(no id)");
            json_decref(results);
            return NULL;
        }
        bool late = options->limit_ms > 0 && r.ms > options->limit_ms;
        if (late)
            fprintf(stderr, "trivet-limbo: %s: %.1f ms\n", id, r.ms);
        json_t *row = json_pack("{s:s, s:s, s:o}", "id", id, "actual_result", late ? "HANG" : answers[r.answer],
                                "context", r.context[0] != '\0' ? json_string_nocheck(r.context) : json_null());
        if (row == NULL || json_array_append_new(results, row) != 0) {
            json_decref(results);
            return NULL;
        }
    }
    return results;
}

int
main(int argc, char **argv)
{
    struct options options = {NULL, LIMBO_AUTO, 0};
    struct tvt_provider *provider;
    struct tvt_error error;
    json_error_t json_error;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("%s", usage);
        return 0;
    }
    if (!parse_options(&options, argc, argv)) {
        fprintf(stderr, "%s", usage);
        return 2;
    }
    tvt_error_clear(&error);
    json_t *suite = json_loadf(stdin, 0, &json_error);
    const json_t *tests = json_object_get(suite, "testcases");
    if (!json_is_array(tests)) {
        fprintf(stderr, "trivet-limbo: stdin is no x509-limbo suite: %s\n",
                suite == NULL ? json_error.text : "no testcases");
        json_decref(suite);
        return 1;
    }
    if (tvt_provider_open(&provider, options.backend, &error) != TVT_OK) {
        fprintf(stderr, "trivet-limbo: the backend cannot be opened\n");
        json_decref(suite);
        return 1;
    }
    json_t *results = run_all(tests, provider, &options);
    json_t *all = results == NULL ? NULL
                                  : json_pack("{s:i, s:s, s:o}", "version", 1, "harness", "trivet-" TVT_VERSION_STRING,
                                              "results", results);
    bool good =
        all != NULL && json_dumpf(all, stdout, JSON_INDENT(1)) == 0 && putchar('\n') == '\n' && fflush(stdout) == 0;
    json_decref(all);
    tvt_provider_free(provider);
    json_decref(suite);
    return good ? 0 : 1;
}
