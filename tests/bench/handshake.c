/* SPDX-License-Identifier: MIT
 *
 * Full and resumed handshakes: ours, the floor of that very handshake, and libssl's, in turns.
 */
#include "tests/bench/floor.h"
#include "tests/bench/libssl.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 8 /* handshakes of one kind before the next kind's turn */

enum { OURS, FLOOR, LIBSSL, KINDS };

struct run {
    struct bench_peers peers;
    struct bench_pair pair;
    struct floor *floor;
    struct libssl *libssl; /* NULL: not compared */
    const char *part;      /* "handshake", "resumption" */
    bool resumed;
    struct bench_samples us[KINDS][3];    /* client, server, both */
    struct bench_samples ratio[KINDS][3]; /* ours over that kind, of the blocks that stood side by side */
};

static bool
one(struct run *r, int kind, uint64_t spent[2])
{
    if (kind == FLOOR)
        return floor_run(r->floor, spent);
    if (kind == LIBSSL) {
        bool ok = libssl_handshake(r->libssl, spent);
        libssl_drop(r->libssl, spent);
        return ok;
    }
    if (!bench_pair_handshake(&r->pair, &r->peers))
        return false;
    bench_pair_free(&r->pair);
    memcpy(spent, r->pair.spent, sizeof r->pair.spent);
    return true;
}

/* One block of a kind; the medians of its sides. */
static bool
run_block(struct run *r, int kind, double us[3], bool keep)
{
    struct bench_samples block[3];
    uint64_t spent[2];
    bool ok = true;
    for (int i = 0; i < 3; i++)
        bench_samples_init(&block[i]);
    for (int i = 0; ok && i < BLOCK; i++) {
        ok = one(r, kind, spent);
        double each[3] = {(double)spent[0] / 1e3, (double)spent[1] / 1e3, (double)(spent[0] + spent[1]) / 1e3};
        for (int side = 0; side < 3; side++) {
            bench_sample(&block[side], each[side]);
            if (keep)
                bench_sample(&r->us[kind][side], each[side]);
        }
    }
    for (int i = 0; i < 3; i++) {
        us[i] = bench_median(&block[i]);
        bench_samples_free(&block[i]);
    }
    return ok;
}

static bool
measure(struct run *r, double seconds)
{
    uint64_t end = bench_now() + (uint64_t)(seconds * 1e9);
    double us[KINDS][3];
    bool warm = false;
    while (!warm || bench_now() < end) {
        for (int kind = 0; kind < KINDS; kind++) {
            if (kind == LIBSSL && r->libssl == NULL)
                continue;
            if (!run_block(r, kind, us[kind], warm))
                return false;
            for (int side = 0; warm && side < 3; side++)
                bench_sample(&r->ratio[kind][side], us[OURS][side] / us[kind][side]);
        }
        warm = true;
    }
    return true;
}

static void
print_kind(const char *part, const char *row, const char *name, const double us[3])
{
    char measure_name[40];
    printf("%-22s %-7s %8.0f %9.1f %9.1f", row, name, us[2] > 0 ? 1e6 / us[2] : 0, us[0], us[1]);
    static const char *const what[3] = {"client_us", "server_us", "both_us"};
    for (int i = 0; i < 3; i++) {
        (void)snprintf(measure_name, sizeof measure_name, "%s_%s", name, what[i]);
        bench_record(part, row, measure_name, us[i]);
    }
}

static void
print_ratio(const char *part, const char *row, const char *against, struct bench_samples ratios[3], double most,
            const char *mark)
{
    char measure_name[40];
    double ratio[3];
    for (int i = 0; i < 3; i++)
        ratio[i] = bench_median(&ratios[i]);
    printf("   %5.3f %5.3f %5.3f  %s %s\n", ratio[0], ratio[1], ratio[2], mark,
           bench_mark(part, row, mark, ratio[2] <= most));
    (void)snprintf(measure_name, sizeof measure_name, "ratio_to_%s", against);
    bench_record(part, row, measure_name, ratio[2]);
}

static void
print(struct run *r, const char *row)
{
    double us[KINDS][3];
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < 3; i++)
            us[kind][i] = bench_median(&r->us[kind][i]);
    print_kind(r->part, row, "ours", us[OURS]);
    printf("\n");
    print_kind(r->part, row, "floor", us[FLOOR]);
    print_ratio(r->part, row, "floor", r->ratio[FLOOR], 1.15, "<= 1.15 x floor");
    if (r->libssl != NULL) {
        print_kind(r->part, row, "libssl", us[LIBSSL]);
        print_ratio(r->part, row, "libssl", r->ratio[LIBSSL], 0.999, "ahead of libssl");
    }
    fflush(stdout);
}

/* The floor's list, and what the resumed handshakes go back to. */
static bool
prepare(struct run *r, const struct bench_case *what)
{
    struct floor_lengths lengths;
    if (r->resumed ? !bench_peers_resume(&r->peers) || !floor_measure_resumed(&lengths, &r->peers)
                   : !floor_measure_lengths(&lengths, &r->peers))
        return false;
    r->floor = floor_new(&r->peers, &lengths);
    r->libssl = strcmp(what->row, "openssl") == 0 ? libssl_new(what, what->suite) : NULL;
    return r->floor != NULL && (!r->resumed || r->libssl == NULL || libssl_resume(r->libssl));
}

static void
run_case(const struct bench_options *o, const struct bench_case *what, bool resumed)
{
    struct run *r = calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    r->resumed = resumed;
    r->part = resumed ? "resumption" : "handshake";
    bench_progress("%s handshakes, %s", resumed ? "resumed" : "full", what->row);
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < 3; i++) {
            bench_samples_init(&r->us[kind][i]);
            bench_samples_init(&r->ratio[kind][i]);
        }
    if (bench_peers_open(&r->peers, what, NULL, false)) {
        if (prepare(r, what) && measure(r, r->libssl != NULL ? 1.5 * o->seconds : o->seconds))
            print(r, what->row);
        else
            printf("%-22s FAILED\n", what->row);
        libssl_free(r->libssl);
        if (r->floor != NULL)
            floor_free(r->floor);
        bench_peers_close(&r->peers);
    }
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < 3; i++) {
            bench_samples_free(&r->us[kind][i]);
            bench_samples_free(&r->ratio[kind][i]);
        }
    free(r);
}

void
bench_handshake(const struct bench_options *o)
{
    bench_heading("Full TLS 1.3 handshakes: X25519, one certificate under its root, chain and name verified; the "
                  "connection is made and freed in it.\nThe ratios are ours over the other: client, server, both.",
                  "backend                who      both/s client us server us   ratio c, s, both    mark");
    for (size_t i = 0; i < bench_num_cases; i++)
        if (bench_is_built(&bench_cases[i]) && bench_has_name(o->backend, bench_cases[i].backend))
            run_case(o, &bench_cases[i], false);
}

void
bench_resumption(const struct bench_options *o)
{
    bench_heading("Resumed TLS 1.3 handshakes: a ticket, X25519 (psk_dhe_ke); no new ticket is sent.\n"
                  "The ratios are ours over the other: client, server, both.",
                  "backend                who      both/s client us server us   ratio c, s, both    mark");
    for (size_t i = 0; i < bench_num_cases; i++)
        if (bench_is_built(&bench_cases[i]) && bench_has_name(o->backend, bench_cases[i].backend))
            run_case(o, &bench_cases[i], true);
}
