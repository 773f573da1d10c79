/* SPDX-License-Identifier: MIT
 *
 * A chain of three: a leaf and its intermediate are decoded and verified up to a root that is in the store, name and time
 * included. Beside it what cannot be saved, the two signature checks by the same backend, and libcrypto doing the same work.
 */
#include "tests/bench/bench.h"

#include "core/x509/path.h"
#include "core/x509/path_check.h"
#include "core/x509/pem.h"
#include "tests/bench/libcrypto.h"

#include <stdlib.h>
#include <string.h>

#define DER_MAX   4096u
#define PER_TURN  4u
#define TURNS_MAX 4000u

static const struct chain_case {
    const char *backend, *pki;
    double mark; /* of the time of the signature checks */
} cases[] = {
    {"openssl", "ec256", 1.05},     {"openssl", "rsa2048", 1.10},   {"openssl", "ed25519", 1.05},
    {"wolfcrypt", "ec256", 1.05},   {"wolfcrypt", "rsa2048", 1.10}, {"wolfcrypt", "ed25519", 1.05},
    {"libsodium", "ed25519", 1.05},
};

struct chain {
    uint8_t der[3][DER_MAX]; /* leaf, intermediate, root */
    struct tvt_span span[3];
    struct tvt_certificate certificate[3];
    struct tvt_provider *provider;
    struct tvt_trust_store *store;
    struct libcrypto_chain *libcrypto;
};

static bool
load(struct chain *c, const struct bench_case *what)
{
    static const char *const files[3] = {"leaf.pem", "intermediate.pem", "root.pem"};
    for (size_t i = 0; i < 3; i++) {
        uint8_t *text = NULL;
        size_t len = 0;
        bool ok = bench_read(what, files[i], &text, &len) &&
                  bench_certificate(tvt_span(text, len), c->der[i], DER_MAX, &c->certificate[i]);
        free(text);
        if (!ok)
            return false;
        c->span[i] = tvt_span(c->der[i], c->certificate[i].der.len);
    }
    return true;
}

static bool
open_chain(struct chain *c, const struct chain_case *what)
{
    const struct bench_case files = {.pki = what->pki};
    struct tvt_error e;
    tvt_error_clear(&e);
    memset(c, 0, sizeof *c);
    if (!load(c, &files) || tvt_provider_open(&c->provider, what->backend, &e) != TVT_OK ||
        tvt_trust_store_new(&c->store, NULL, &e) != TVT_OK ||
        tvt_trust_store_add_der(c->store, c->span[2], &e) != TVT_OK)
        return false;
    c->libcrypto = libcrypto_chain_new(c->span, BENCH_NAME, BENCH_TIME_MS / 1000);
    return true;
}

static void
close_chain(struct chain *c)
{
    libcrypto_chain_free(c->libcrypto);
    tvt_trust_store_unref(c->store);
    tvt_provider_free(c->provider);
}

static bool
verify(const struct chain *c)
{
    struct tvt_certificate chain[2];
    struct tvt_error e;
    tvt_error_clear(&e);
    struct tvt_path_request request = {.provider = c->provider,
                                       .store = c->store,
                                       .purpose = TVT_PURPOSE_SERVER,
                                       .time = (int64_t)(BENCH_TIME_MS / 1000),
                                       .name = BENCH_NAME,
                                       .chain = chain,
                                       .num_chain = 2};
    return tvt_certificates_parse(chain, c->span, 2, &e) == TVT_OK && tvt_path_verify(NULL, &request, &e) == TVT_OK;
}

static bool
check_signatures(const struct chain *c)
{
    return tvt_check_signature(&c->certificate[0], &c->certificate[1], c->provider) == TVT_CRYPTO_OK &&
           tvt_check_signature(&c->certificate[1], &c->certificate[2], c->provider) == TVT_CRYPTO_OK;
}

static bool
verify_by_libcrypto(const struct chain *c)
{
    return libcrypto_chain_verify(c->libcrypto);
}

/* Microseconds of one of PER_TURN calls, behind as many that warm up what the turn before it left cold: caches, the branch
 * predictor, and the heap that libcrypto's many objects leave in pieces. 0: a call failed. */
static double
turn(bool (*call)(const struct chain *c), const struct chain *c)
{
    bool ok = true;
    uint64_t start = 0;
    for (unsigned i = 0; i < 2 * PER_TURN; i++) {
        if (i == PER_TURN)
            start = bench_now();
        ok = call(c) && ok;
    }
    return ok ? (double)(bench_now() - start) / 1000 / PER_TURN : 0;
}

static void
measure(struct chain *c, const struct chain_case *what, double seconds)
{
    struct bench_samples ours, floor, ratios, libcrypto;
    bool ok = true;
    bench_samples_init(&ours);
    bench_samples_init(&floor);
    bench_samples_init(&ratios);
    bench_samples_init(&libcrypto);
    uint64_t end = bench_now() + (uint64_t)(seconds * 1e9);
    while (ok && bench_now() < end && ours.num < TURNS_MAX) {
        bool ours_first = ours.num % 2 == 0; /* neither is always the one behind libcrypto */
        double first = turn(ours_first ? verify : check_signatures, c),
               second = turn(ours_first ? check_signatures : verify, c), us = ours_first ? first : second,
               floor_us = ours_first ? second : first;
        ok = us > 0 && floor_us > 0;
        bench_sample(&ours, us);
        bench_sample(&floor, floor_us);
        bench_sample(&ratios, us / floor_us); /* of neighbours: the machine's speed drifts */
        if (ok && c->libcrypto != NULL) {
            double other_us = turn(verify_by_libcrypto, c);
            ok = other_us > 0;
            bench_sample(&libcrypto, other_us);
        }
    }
    char row[64], mark[32];
    (void)snprintf(row, sizeof row, "%s %s", what->backend, what->pki);
    if (!ok) {
        printf("%-22s FAILED\n", row);
        return;
    }
    double us = bench_median(&ours), ratio = bench_median(&ratios), other = bench_median(&libcrypto);
    (void)snprintf(mark, sizeof mark, "<= %.2f", what->mark);
    printf("%-22s %9.1f %9.1f %9.3f   %s %-6s", row, us, bench_median(&floor), ratio, mark,
           bench_mark("chain", row, mark, ratio <= what->mark));
    bench_record("chain", row, "us", us);
    bench_record("chain", row, "signatures_us", bench_median(&floor));
    bench_record("chain", row, "ratio", ratio);
    if (c->libcrypto != NULL) {
        bench_record("chain", row, "libcrypto_us", other);
        printf(" %9.1f %9.2f", other, other / us);
        if (strcmp(what->backend, "openssl") == 0 && strcmp(what->pki, "ec256") == 0)
            printf("   >= 1.2 %s", bench_mark("chain", row, ">= 1.2", other / us >= 1.2));
    }
    printf("\n");
    bench_samples_free(&ours);
    bench_samples_free(&floor);
    bench_samples_free(&ratios);
    bench_samples_free(&libcrypto);
}

void
bench_chain(const struct bench_options *o)
{
    struct chain c;
    bench_heading("Decoding and verifying a chain of three; microseconds.",
                  "backend, keys               ours  2 checks     ratio   mark          libcrypto    its x");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!bench_has_backend(cases[i].backend) || !bench_has_name(o->backend, cases[i].backend))
            continue;
        bench_progress("chain, %s, %s", cases[i].backend, cases[i].pki);
        if (open_chain(&c, &cases[i]))
            measure(&c, &cases[i], o->seconds);
        else
            printf("%-22s %s: it cannot be set up\n", cases[i].backend, cases[i].pki);
        close_chain(&c);
    }
}
