/* SPDX-License-Identifier: MIT
 *
 * Full and resumed handshakes: ours, the floor of that very handshake, libssl's, and at TLS 1.2 BearSSL's, in turns.
 */
#include "tests/bench/bearssl.h"
#include "tests/bench/floor.h"
#include "tests/bench/libssl.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 8 /* handshakes of one kind before the next kind's turn */

enum { OURS, FLOOR, LIBSSL, BEARSSL, KINDS };

struct part {
    const char *name, *words, *title;
    const struct bench_case *cases;
    const size_t *num;
    bool resumed;
    double most_of_floor, most_of_libssl; /* marks: times of ours over the other's; 0: none */
    const char *floor_mark, *libssl_mark;
    double least_a_second; /* mark: handshakes, both sides after each other on one processor; 0: none */
    const char *rate_mark;
};

struct run {
    struct bench_peers peers;
    struct bench_pair pair;
    struct floor *floor;
    struct libssl *libssl;   /* NULL: not compared */
    struct bearssl *bearssl; /* NULL: not compared */
    const struct part *part;
    struct bench_samples us[KINDS][3];    /* client, server, both */
    struct bench_samples ratio[KINDS][3]; /* ours over that kind, of the blocks that stood side by side */
};

static bool
one(struct run *r, int kind, uint64_t spent[2])
{
    if (kind == FLOOR)
        return floor_run(r->floor, spent);
    if (kind == BEARSSL)
        return bearssl_handshake(r->bearssl, spent);
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
            if ((kind == LIBSSL && r->libssl == NULL) || (kind == BEARSSL && r->bearssl == NULL))
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

/* `most` 0: for information. */
static void
print_ratio(const char *part, const char *row, const char *against, struct bench_samples ratios[3], double most,
            const char *mark)
{
    char measure_name[40];
    double ratio[3];
    for (int i = 0; i < 3; i++)
        ratio[i] = bench_median(&ratios[i]);
    printf("   %5.3f %5.3f %5.3f", ratio[0], ratio[1], ratio[2]);
    if (most > 0)
        printf("  %s %s", mark, bench_mark(part, row, mark, ratio[2] <= most));
    printf("\n");
    (void)snprintf(measure_name, sizeof measure_name, "ratio_to_%s", against);
    bench_record(part, row, measure_name, ratio[2]);
}

static void
print(struct run *r, const char *row)
{
    const struct part *p = r->part;
    double us[KINDS][3];
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < 3; i++)
            us[kind][i] = bench_median(&r->us[kind][i]);
    print_kind(p->name, row, "ours", us[OURS]);
    if (p->least_a_second > 0)
        printf("%21s  %s %s", "", p->rate_mark,
               bench_mark(p->name, row, p->rate_mark, us[OURS][2] * p->least_a_second <= 1e6));
    printf("\n");
    print_kind(p->name, row, "floor", us[FLOOR]);
    print_ratio(p->name, row, "floor", r->ratio[FLOOR], p->most_of_floor, p->floor_mark);
    if (r->libssl != NULL) {
        print_kind(p->name, row, "libssl", us[LIBSSL]);
        print_ratio(p->name, row, "libssl", r->ratio[LIBSSL], p->most_of_libssl, p->libssl_mark);
    }
    if (r->bearssl != NULL) {
        print_kind(p->name, row, "bearssl", us[BEARSSL]);
        print_ratio(p->name, row, "bearssl", r->ratio[BEARSSL], 0, NULL);
    }
    fflush(stdout);
}

/* The floor's list, and what the resumed handshakes go back to. */
static bool
prepare(struct run *r, const struct bench_case *what)
{
    struct floor_lengths lengths;
    if (r->part->resumed ? !bench_peers_resume(&r->peers) || !floor_measure_resumed(&lengths, &r->peers)
                         : !floor_measure_lengths(&lengths, &r->peers))
        return false;
    r->floor = floor_new(&r->peers, &lengths);
    r->libssl = strcmp(what->row, "openssl") == 0 ? libssl_new(what, what->suite) : NULL;
    r->bearssl = strchr(what->backend, '+') == NULL ? bearssl_new(&r->peers) : NULL;
    return r->floor != NULL && (!r->part->resumed || ((r->libssl == NULL || libssl_resume(r->libssl)) &&
                                                      (r->bearssl == NULL || bearssl_resume(r->bearssl))));
}

static void
run_case(const struct bench_options *o, const struct bench_case *what, const struct part *part)
{
    struct run *r = calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    r->part = part;
    bench_progress("%s handshakes, %s", part->words, what->row);
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
        bearssl_free(r->bearssl);
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

static void
run_part(const struct bench_options *o, const struct part *part)
{
    bench_heading(part->title, "backend                who      both/s client us server us   ratio c, s, both    mark");
    for (size_t i = 0; i < *part->num; i++)
        if (bench_is_built(&part->cases[i]) && bench_has_name(o->backend, part->cases[i].backend))
            run_case(o, &part->cases[i], part);
}

#define AGAINST_FLOOR  .most_of_floor = 1.15, .floor_mark = "<= 1.15 x floor"
#define AHEAD_OF_OTHER .most_of_libssl = 0.999, .libssl_mark = "ahead of libssl"

void
bench_handshake(const struct bench_options *o)
{
    static const struct part part = {
        .name = "handshake",
        .words = "full",
        .title = "Full TLS 1.3 handshakes: X25519, one certificate under its root, chain and name verified; the "
                 "connection is made and freed in it.\nThe ratios are ours over the other: client, server, both.",
        .cases = bench_cases,
        .num = &bench_num_cases,
        AGAINST_FLOOR,
        AHEAD_OF_OTHER};
    run_part(o, &part);
}

void
bench_resumption(const struct bench_options *o)
{
    static const struct part part = {
        .name = "resumption",
        .words = "resumed",
        .title = "Resumed TLS 1.3 handshakes: a ticket, X25519 (psk_dhe_ke); no new ticket is sent.\n"
                 "The ratios are ours over the other: client, server, both.",
        .cases = bench_cases,
        .num = &bench_num_cases,
        .resumed = true,
        AGAINST_FLOOR,
        AHEAD_OF_OTHER};
    run_part(o, &part);
}

void
bench_handshake12(const struct bench_options *o)
{
    static const struct part part = {
        .name = "handshake12",
        .words = "full TLS 1.2",
        .title =
            "Full TLS 1.2 handshakes: ECDHE with X25519, extended master secret, one certificate under its root, chain "
            "and name verified; no ticket;\nthe connection is made and freed in it. "
            "The ratios are ours over the other: client, server, both. BearSSL, which has no\nextended master secret, "
            "is for information.",
        .cases = bench_cases12,
        .num = &bench_num_cases12,
        AGAINST_FLOOR,
        AHEAD_OF_OTHER};
    run_part(o, &part);
}

void
bench_resumption12(const struct bench_options *o)
{
    static const struct part part = {
        .name = "resumption12",
        .words = "resumed TLS 1.2",
        .title =
            "Resumed TLS 1.2 handshakes: a ticket, extended master secret; no new ticket is sent. both/s: handshakes a "
            "second, client and server\nafter each other on one processor, their connections made and freed in it. "
            "The ratios are ours over the other: client, server, both.\nBearSSL goes back by id, which is all that it "
            "has; for information.",
        .cases = bench_cases12,
        .num = &bench_num_cases12,
        .resumed = true,
        .most_of_libssl = 1 / 3.0,
        .libssl_mark = ">= 3 x libssl",
        .least_a_second = 50000,
        .rate_mark = ">= 50000/s"};
    run_part(o, &part);
}
