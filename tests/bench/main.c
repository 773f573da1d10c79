/* SPDX-License-Identifier: MIT
 *
 * trivet-bench: measures Trivet against its floor and against libssl, in one run, and says how the figures stand to the
 * marks of the project. It fails only when something cannot be measured, never for a figure.
 */
#include "tests/bench/bench.h"
#include "tests/bench/libssl.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    void (*run)(const struct bench_options *o);
    const char *words;
} parts[] = {
    {"handshake", bench_handshake, "full handshakes: ours, the floor, libssl"},
    {"resumption", bench_resumption, "resumed handshakes, a ticket and X25519: ours, the floor, libssl"},
    {"handshake12", bench_handshake12, "full handshakes of TLS 1.2: ours, the floor, libssl, BearSSL"},
    {"resumption12", bench_resumption12, "resumed handshakes of TLS 1.2, a ticket: ours, the floor, libssl, BearSSL"},
    {"bulk", bench_bulk, "records of 16384, 1350 and 64 bytes: ours, the raw AEAD, libssl"},
    {"memory", bench_memory, "heap and allocations: ours, libssl"},
    {"threads", bench_threads, "two threads over one"},
    {"chain", bench_chain, "decoding and verifying certificates: ours, the signature checks, libcrypto"},
    {"first-request", bench_first_request, "a client's first request over TCP, Nagle's algorithm on: ours, libssl"},
    {"first-byte", bench_first_byte, "a handshake and the first byte of an answer, Nagle's algorithm on: ours, libssl"},
    {"size", bench_size, "a stripped client with one backend"},
};
#define NUM_PARTS (sizeof parts / sizeof parts[0])

static void
usage(FILE *f)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    fprintf(f, "usage: trivet-bench [options]\n\n"
               "  --backend NAME[,NAME]  these backends alone; with '+' between two that are laid over each other\n"
               "  --only PART[,PART]     these parts alone\n"
               "  --seconds N            time of one measurement (1; the whole run is about 50 times that)\n"
               "  --json FILE            all figures, too\n"
               "  --help\n\nparts:\n");
    for (size_t i = 0; i < NUM_PARTS; i++)
        fprintf(f, "  %-14s %s\n", parts[i].name, parts[i].words);
    fprintf(f, "backends of this build:");
    for (size_t i = 0; i < num; i++)
        fprintf(f, " %s", names[i]);
    fprintf(f, "\n");
}

/* The value of an option that is followed by one. */
static const char *
value(int argc, char **argv, int *i)
{
    if (*i + 1 < argc)
        return argv[++*i];
    fprintf(stderr, "trivet-bench: %s needs a value\n", argv[*i]);
    exit(2);
}

static bool
part_is_known(const char *list)
{
    char name[32];
    for (const char *p = list; p != NULL; p = strchr(p, ',')) {
        bool known = false;
        p += *p == ',';
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(p, ","), p);
        for (size_t i = 0; i < NUM_PARTS; i++)
            known = known || strcmp(parts[i].name, name) == 0;
        if (!known)
            return false;
    }
    return true;
}

static bool
backend_is_known(const char *list)
{
    for (size_t i = 0; i < bench_num_cases; i++)
        if (bench_is_built(&bench_cases[i]) && bench_has_name(list, bench_cases[i].backend))
            return true;
    return false;
}

static void
parse(int argc, char **argv, struct bench_options *o, const char **json)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            exit(0);
        } else if (strcmp(argv[i], "--backend") == 0) {
            o->backend = value(argc, argv, &i);
        } else if (strcmp(argv[i], "--only") == 0) {
            o->only = value(argc, argv, &i);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            o->seconds = strtod(value(argc, argv, &i), NULL);
        } else if (strcmp(argv[i], "--json") == 0) {
            *json = value(argc, argv, &i);
        } else {
            fprintf(stderr, "trivet-bench: unknown option %s\n", argv[i]);
            usage(stderr);
            exit(2);
        }
    }
    if (!(o->seconds >= 0.01 && o->seconds <= 600) || !part_is_known(o->only) || !backend_is_known(o->backend)) {
        usage(stderr);
        exit(2);
    }
}

static void
introduce(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    struct tvt_error e;
    tvt_error_clear(&e);
    printf("Trivet %s\n", TVT_VERSION_STRING);
    for (size_t i = 0; i < num; i++) {
        struct tvt_provider *p;
        if (tvt_provider_open(&p, names[i], &e) != TVT_OK)
            continue;
        printf("  %-12s %s\n", names[i], p->version);
        tvt_provider_free(p);
    }
    if (libssl_version()[0] != '\0')
        printf("  %-12s %s\n", "libssl", libssl_version());
    printf("Medians of turns in this run. Trust ratios; digits depend on the machine and on what else it does.\n");
}

int
main(int argc, char **argv)
{
    struct bench_options o = {.seconds = 1};
    const char *json = NULL;
    parse(argc, argv, &o, &json);
    introduce();
    for (size_t i = 0; i < NUM_PARTS; i++)
        if (bench_has_name(o.only, parts[i].name))
            parts[i].run(&o);
    if (json != NULL && !bench_write_json(json)) {
        perror(json);
        return 1;
    }
    return 0;
}
