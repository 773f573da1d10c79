/* SPDX-License-Identifier: MIT
 *
 * Heap: of an idle connection, at the peak of a handshake, and allocations per handshake and per record; the core's
 * own, and all with what the crypto library takes. The same of libssl.
 */
#include "tests/bench/heap.h"
#include "tests/bench/libssl.h"

#include <string.h>

#define RECORDS 16u

struct figures {
    long long idle, peak;         /* bytes of all, one side */
    unsigned long long handshake; /* allocations */
    double record;                /* allocations per record sealed or opened */
};

static struct heap_account accounts[2];

static void
switch_to(void *user, int role)
{
    (void)user;
    heap_count_to(role >= 0 ? &accounts[role] : NULL);
}

static void
print(const char *row, const char *who, const char *side, const struct figures *f)
{
    char cell[40];
    printf("%-22s %-6s %-6s %8lld %8lld %10llu %10.2f", row, who, side, f->idle, f->peak, f->handshake, f->record);
    const struct {
        const char *name;
        double value;
    } all[] = {{"idle", (double)f->idle},
               {"peak", (double)f->peak},
               {"allocations", (double)f->handshake},
               {"allocations_per_record", f->record}};
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(cell, sizeof cell, "%s_%s_%s", who, side, all[i].name);
        bench_record("memory", row, cell, all[i].value);
    }
}

/* Bytes in the block of a connection that are the backend's: two AEAD contexts, with their alignment. */
static size_t
context_bytes(const struct tvt_provider *provider)
{
    size_t most = 0;
    for (const struct tvt_aead *const *a = provider->aeads; *a != NULL; a++)
        most = (*a)->ctx_size > most ? (*a)->ctx_size : most;
    return TVT_ALIGN + 2 * ((most + TVT_ALIGN - 1) / TVT_ALIGN * TVT_ALIGN);
}

static bool
pass_records(struct bench_pair *pair)
{
    static uint8_t data[16384];
    size_t n, used;
    struct tvt_span app;
    for (unsigned i = 0; i < RECORDS; i++) {
        switch_to(NULL, TVT_CLIENT);
        bool ok = tvt_connection_seal(pair->connection[TVT_CLIENT], pair->buffer, sizeof pair->buffer, &n, data,
                                      sizeof data, &used) == TVT_OK;
        switch_to(NULL, TVT_SERVER);
        ok = ok && tvt_connection_input(pair->connection[TVT_SERVER], pair->buffer, n, &used, &app) == TVT_OK &&
             app.len == sizeof data;
        switch_to(NULL, -1);
        if (!ok)
            return false;
    }
    return true;
}

static const char *const sides[2] = {"client", "server"};

static void
print_core(const struct bench_case *what, const struct bench_core_heap *h, int role, size_t contexts, size_t chain,
           double per_record)
{
    struct figures f = {(long long)h->now, (long long)h->peak, h->allocations, per_record};
    long long own = f.idle - (long long)contexts - (long long)chain;
    char row[64];
    print(what->row, "core", sides[role], &f);
    (void)snprintf(row, sizeof row, "%s %s", what->row, sides[role]);
    bench_record("memory", row, "core_idle_own", (double)own);
    printf("   own %lld (contexts %zu, peer's chain %zu): <= 4096 %s, <= 2048 %s; no allocation per record %s\n", own,
           contexts, chain, bench_mark("memory", row, "idle <= 4096", own <= 4096),
           bench_mark("memory", row, "idle <= 2048", own <= 2048),
           bench_mark("memory", row, "0 per record", per_record == 0));
}

static bool
measure_ours(const struct bench_case *what)
{
    static struct bench_pair pair;
    struct bench_peers peers;
    struct bench_core_heap core[2];
    struct heap_account done[2];
    if (!bench_peers_open(&peers, what, NULL, false))
        return false;
    memset(&pair, 0, sizeof pair);
    pair.switch_to = switch_to;
    bool ok = true;
    for (int i = 0; ok && i < 3; i++) { /* what the library makes once is made in the first */
        memset(accounts, 0, sizeof accounts);
        memset(peers.heap, 0, sizeof peers.heap);
        if (i > 0)
            bench_pair_free(&pair);
        memset(accounts, 0, sizeof accounts);
        memset(peers.heap, 0, sizeof peers.heap);
        ok = bench_pair_handshake(&pair, &peers);
    }
    memcpy(core, peers.heap, sizeof core);
    memcpy(done, accounts, sizeof done);
    size_t chain[2] = {0, 0}, contexts = context_bytes(peers.provider);
    if (ok)
        chain[TVT_CLIENT] = 3 + tvt_connection_peer_certificate(pair.connection[TVT_CLIENT], 0).len;
    ok = ok && pass_records(&pair);
    for (int role = 0; ok && role < 2; role++) {
        double per[2] = {(double)(peers.heap[role].allocations - core[role].allocations) / RECORDS,
                         (double)(accounts[role].allocations - done[role].allocations) / RECORDS};
        struct figures f = {done[role].now, done[role].peak, done[role].allocations, per[1]};
        print_core(what, &core[role], role, contexts, chain[role], per[0]);
        if (heap_is_counted()) {
            print(what->row, "all", sides[role], &f);
            printf("\n");
        }
    }
    bench_pair_free(&pair);
    bench_peers_close(&peers);
    return ok;
}

static void
measure_libssl(const struct bench_case *what)
{
    static uint8_t data[16384];
    struct heap_account done[2];
    uint64_t spent[2], write, read;
    struct libssl *l = heap_is_counted() ? libssl_new(what, what->suite) : NULL;
    if (l == NULL)
        return;
    libssl_on_switch(l, switch_to, NULL);
    bool ok = true;
    for (int i = 0; ok && i < 3; i++) {
        if (i > 0)
            libssl_drop(l, spent);
        memset(accounts, 0, sizeof accounts);
        ok = libssl_handshake(l, spent);
    }
    memcpy(done, accounts, sizeof done);
    for (unsigned i = 0; ok && i < RECORDS; i++)
        ok = libssl_records(l, data, sizeof data, 1, &write, &read);
    for (int role = 0; ok && role < 2; role++) {
        struct figures f = {done[role].now, done[role].peak, done[role].allocations,
                            (double)(accounts[role].allocations - done[role].allocations) / RECORDS};
        print(what->row, "libssl", sides[role], &f);
        printf("\n");
    }
    libssl_free(l);
}

void
bench_memory(const struct bench_options *o)
{
    bench_heading(
        "Heap of one connection, bytes, and allocations. core: through the configuration's allocator; all: the "
        "process, the crypto library included.",
        "backend                who    side       idle     peak  handshake per record");
    for (size_t i = 0; i < bench_num_cases; i++) {
        const struct bench_case *what = &bench_cases[i];
        if (!bench_is_built(what) || !bench_has_name(o->backend, what->backend))
            continue;
        bench_progress("memory, %s", what->row);
        if (!measure_ours(what))
            printf("%-22s FAILED\n", what->row);
        if (strcmp(what->row, "openssl") == 0)
            measure_libssl(what);
    }
    if (!heap_is_counted())
        printf("(the heap of the whole process is not counted on this system)\n");
}
