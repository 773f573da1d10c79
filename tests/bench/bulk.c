/* SPDX-License-Identifier: MIT
 *
 * Application data: records sealed and opened, against the raw AEAD over the same bytes, and against libssl.
 */
#include "tests/bench/floor.h"
#include "tests/bench/libssl.h"

#include <stdlib.h>
#include <string.h>

#define ROUND_BYTES 65536u /* of one kind before the next kind's turn; they stay in the second-level cache */
#define RECORDS_MAX 128u
#define SLOT        16704u

enum { OURS, RAW, LIBSSL, KINDS };

struct run {
    struct bench_pair pair;
    const struct floor_library *library;
    void *raw[2]; /* seal, open */
    size_t tag_len;
    struct libssl *libssl;
    size_t len, num;
    uint8_t *data, *sealed;
    size_t sealed_len[RECORDS_MAX];
    struct bench_samples ns[KINDS][3]; /* seal, open, both; of one record */
    struct bench_samples ratio[KINDS]; /* ours over that kind, of turns that stood side by side */
};

static bool
run_ours(struct run *r, uint64_t *seal, uint64_t *open)
{
    struct tvt_span app;
    size_t used;
    uint64_t start = bench_now();
    for (size_t i = 0; i < r->num; i++)
        if (tvt_connection_seal(r->pair.connection[TVT_CLIENT], r->sealed + i * SLOT, SLOT, &r->sealed_len[i], r->data,
                                r->len, &used) != TVT_OK ||
            used != r->len)
            return false;
    uint64_t middle = bench_now();
    for (size_t i = 0; i < r->num; i++)
        if (tvt_connection_input(r->pair.connection[TVT_SERVER], r->sealed + i * SLOT, r->sealed_len[i], &used, &app) !=
                TVT_OK ||
            app.len != r->len)
            return false;
    *open = bench_now() - middle;
    *seal = middle - start;
    return true;
}

/* The same bytes: the content with its type byte, a header as additional data, a new nonce for each. */
static bool
run_raw(struct run *r, uint64_t *seal, uint64_t *open)
{
    uint8_t nonce[12] = {0}, header[5] = {23, 3, 3};
    uint64_t start = bench_now();
    for (size_t i = 0; i < r->num; i++) {
        nonce[11] = (uint8_t)i;
        if (!r->library->seal(r->raw[0], r->sealed + i * SLOT + 5, r->data, r->len + 1, nonce, header, 5))
            return false;
    }
    uint64_t middle = bench_now();
    for (size_t i = 0; i < r->num; i++) {
        uint8_t *at = r->sealed + i * SLOT + 5;
        nonce[11] = (uint8_t)i;
        if (!r->library->open(r->raw[1], at, at, r->len + 1 + r->tag_len, nonce, header, 5))
            return false;
    }
    *open = bench_now() - middle;
    *seal = middle - start;
    return true;
}

static bool
measure(struct run *r, double seconds)
{
    uint64_t end = bench_now() + (uint64_t)(seconds * 1e9), seal, open;
    double ours = 0;
    bool warm = false, ok = true;
    while (!warm || bench_now() < end) {
        for (int kind = 0; kind < KINDS; kind++) {
            if (kind == LIBSSL && r->libssl == NULL)
                continue;
            ok = kind == OURS  ? run_ours(r, &seal, &open)
                 : kind == RAW ? run_raw(r, &seal, &open)
                               : libssl_records(r->libssl, r->data, r->len, r->num, &seal, &open);
            if (!ok)
                return false;
            double per = (double)r->num;
            if (kind == OURS)
                ours = (double)(seal + open);
            if (warm) {
                bench_sample(&r->ratio[kind], ours / (double)(seal + open));
                bench_sample(&r->ns[kind][0], (double)seal / per);
                bench_sample(&r->ns[kind][1], (double)open / per);
                bench_sample(&r->ns[kind][2], (double)(seal + open) / per);
            }
        }
        warm = true;
    }
    return true;
}

static void
print(struct run *r, const char *row)
{
    static const char *const names[KINDS] = {"ours", "raw", "libssl"};
    static const char *const ways[3] = {"seal_ns", "open_ns", "both_ns"};
    char cell[40], label[96];
    double ns[KINDS][3];
    (void)snprintf(label, sizeof label, "%s %zu", row, r->len);
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < 3; i++) {
            ns[kind][i] = bench_median(&r->ns[kind][i]);
            (void)snprintf(cell, sizeof cell, "%s_%s", names[kind], ways[i]);
            if (kind != LIBSSL || r->libssl != NULL)
                bench_record("bulk", label, cell, ns[kind][i]);
        }
    double ratio = 1 / bench_median(&r->ratio[RAW]);
    printf("%-28s %6zu %8.0f %8.0f %8.0f %8.0f %6.2f %6.3f", row, r->len, ns[OURS][0], ns[OURS][1], ns[RAW][0],
           ns[RAW][1], 2.0 * (double)r->len / ns[OURS][2], ratio);
    bench_record("bulk", label, "of_raw", ratio);
    if (r->libssl != NULL) {
        double times = 1 / bench_median(&r->ratio[LIBSSL]);
        printf(" %8.0f %8.0f %6.2f", ns[LIBSSL][0], ns[LIBSSL][1], times);
        bench_record("bulk", label, "times_libssl", times);
        printf("  ahead of libssl %s", bench_mark("bulk", label, "ahead of libssl", times > 1));
    }
    if (r->len == 16384)
        printf("  >= 0.95 of raw %s", bench_mark("bulk", label, ">= 0.95 of raw", ratio >= 0.95));
    printf("\n");
    fflush(stdout);
}

static void
run_length(struct run *r, const char *row, size_t len, double seconds)
{
    r->len = len;
    r->num = ROUND_BYTES / len < RECORDS_MAX ? ROUND_BYTES / len : RECORDS_MAX;
    for (int kind = 0; kind < KINDS; kind++) {
        bench_samples_init(&r->ratio[kind]);
        for (int i = 0; i < 3; i++)
            bench_samples_init(&r->ns[kind][i]);
    }
    if (measure(r, seconds))
        print(r, row);
    else
        printf("%-28s FAILED\n", row);
    for (int kind = 0; kind < KINDS; kind++) {
        bench_samples_free(&r->ratio[kind]);
        for (int i = 0; i < 3; i++)
            bench_samples_free(&r->ns[kind][i]);
    }
}

static void
run_suite(const struct bench_options *o, const struct bench_case *what, const struct tvt_suite *suite,
          const struct tvt_aead *aead)
{
    static const size_t lengths[] = {16384, 1350, 64};
    static const uint8_t key[32] = {1};
    struct run *r = calloc(1, sizeof *r);
    struct bench_peers peers;
    uint64_t spent[2];
    char row[64];
    (void)snprintf(row, sizeof row, "%s %s", what->backend, aead->name);
    bench_progress("records, %s", row);
    if (r == NULL || (r->data = calloc(1, SLOT)) == NULL || (r->sealed = calloc(RECORDS_MAX, SLOT)) == NULL)
        abort();
    r->tag_len = aead->tag_len;
    r->library = floor_library_of_aead(what->backend, suite->aead);
    if (bench_peers_open(&peers, what, suite->name, false)) {
        if (r->library != NULL && bench_pair_handshake(&r->pair, &peers)) {
            r->raw[0] = r->library->aead_new(suite->aead, true);
            r->raw[1] = r->library->aead_new(suite->aead, false);
            r->libssl = strcmp(what->backend, "openssl") == 0 ? libssl_new(what, suite->name) : NULL;
            bool ready = r->raw[0] != NULL && r->raw[1] != NULL && r->library->aead_key(r->raw[0], key) &&
                         r->library->aead_key(r->raw[1], key) &&
                         (r->libssl == NULL || libssl_handshake(r->libssl, spent));
            for (size_t i = 0; ready && i < 3; i++)
                run_length(r, row, lengths[i], o->seconds / 2);
            for (size_t i = 0; i < 2; i++)
                if (r->raw[i] != NULL)
                    r->library->aead_free(r->raw[i]);
            libssl_free(r->libssl);
            bench_pair_free(&r->pair);
        }
        bench_peers_close(&peers);
    }
    free(r->data);
    free(r->sealed);
    free(r);
}

void
bench_bulk(const struct bench_options *o)
{
    const struct tvt_suite *suites;
    size_t num = tvt_suite_table(&suites);
    bench_heading("Records, ns each: sealed and opened by ours, by the raw AEAD (kept context, type byte included), by "
                  "libssl's SSL_write and SSL_read.",
                  "backend and AEAD              bytes   seal ns  open ns raw seal raw open  GB/s  of raw  libssl w "
                  "libssl r  times");
    for (size_t i = 0; i < bench_num_cases; i++) {
        const struct bench_case *what = &bench_cases[i];
        struct tvt_provider *provider;
        struct tvt_error e;
        tvt_error_clear(&e);
        if (!bench_is_built(what) || strchr(what->backend, '+') != NULL || !bench_has_name(o->backend, what->backend) ||
            (i > 0 && strcmp(bench_cases[i - 1].backend, what->backend) == 0))
            continue;
        if (tvt_provider_open(&provider, what->backend, &e) != TVT_OK)
            continue;
        for (size_t k = 0; k < num; k++) {
            const struct tvt_aead *aead = tvt_provider_aead(provider, suites[k].aead);
            if (suites[k].version == TVT_TLS13 && aead != NULL)
                run_suite(o, what, &suites[k], aead);
        }
        tvt_provider_free(provider);
    }
}
