/* SPDX-License-Identifier: MIT
 *
 * A handshake does the operations of the floor's list and no other: the meter's counts of a client and a server equal
 * the counts of the list as the floor runs it, and those equal the numbers written down here.
 */
#include "tests/bench/floor.h"

#include <CUnit/Basic.h>

#include <string.h>

/* floor.c explains the lists. */
#define BOTH(snapshots, macs, nothing)                                                                                 \
    [TVT_METER_HASH_FINAL] = (snapshots) + (nothing) + 2 * (macs), [TVT_METER_HASH_COPY] = (snapshots) + 2 * (macs)

static const uint64_t full[2][TVT_METER_NUM_OPS] = {
    [TVT_CLIENT] = {BOTH(4, 22, 1), [TVT_METER_RANDOM] = 1, [TVT_METER_AEAD_SETUP] = 2, [TVT_METER_AEAD_REKEY] = 2,
                    [TVT_METER_SEAL] = 1, [TVT_METER_OPEN] = 1, [TVT_METER_KX_START] = 1, [TVT_METER_KX_FINISH] = 1,
                    [TVT_METER_VERIFY] = 2},
    [TVT_SERVER] = {BOTH(4, 22, 1), [TVT_METER_RANDOM] = 1, [TVT_METER_AEAD_SETUP] = 2, [TVT_METER_AEAD_REKEY] = 2,
                    [TVT_METER_SEAL] = 1, [TVT_METER_OPEN] = 1, [TVT_METER_KX_RESPOND] = 1, [TVT_METER_SIGN] = 1},
};
/* A PSK's binder hashes the ClientHello once more; the ticket costs the server a MAC, a keying and an opening. */
static const uint64_t resumed[2][TVT_METER_NUM_OPS] = {
    [TVT_CLIENT] = {BOTH(4, 26, 2), [TVT_METER_RANDOM] = 1, [TVT_METER_AEAD_SETUP] = 2, [TVT_METER_AEAD_REKEY] = 2,
                    [TVT_METER_SEAL] = 1, [TVT_METER_OPEN] = 1, [TVT_METER_KX_START] = 1, [TVT_METER_KX_FINISH] = 1},
    [TVT_SERVER] = {BOTH(4, 27, 2), [TVT_METER_RANDOM] = 1, [TVT_METER_AEAD_SETUP] = 2, [TVT_METER_AEAD_REKEY] = 3,
                    [TVT_METER_SEAL] = 1, [TVT_METER_OPEN] = 2, [TVT_METER_KX_RESPOND] = 1},
};

/* floor12.c explains the lists of TLS 1.2. The key block takes two MACs for each hash that it is long. */
static void
list12(const struct bench_case *what, bool is_resumed, int role, uint64_t out[TVT_METER_NUM_OPS])
{
    bool client = role == TVT_CLIENT;
    unsigned hash_len = strstr(what->suite, "SHA384") != NULL ? 48 : 32;
    unsigned key = strstr(what->suite, "AES_128") != NULL ? 16 : 32,
             iv = strstr(what->suite, "CHACHA") != NULL ? 12 : 4;
    unsigned block = 2 * ((2 * (key + iv) + hash_len - 1) / hash_len), master = 2 * ((48 + hash_len - 1) / hash_len);
    uint64_t macs = block + 4 + (is_resumed ? !client : master);
    const uint64_t list[TVT_METER_NUM_OPS] = {
        BOTH(2, macs, 0),
        [TVT_METER_RANDOM] = 1,
        [TVT_METER_AEAD_SETUP] = 2,
        [TVT_METER_AEAD_REKEY] = is_resumed && !client ? 1 : 0,
        [TVT_METER_SEAL] = 1,
        [TVT_METER_OPEN] = is_resumed && !client ? 2 : 1,
        [TVT_METER_KX_RESPOND] = !is_resumed && client,
        [TVT_METER_KX_START] = !is_resumed && !client,
        [TVT_METER_KX_FINISH] = !is_resumed && !client,
        [TVT_METER_VERIFY] = !is_resumed && client ? 2 : 0,
        [TVT_METER_SIGN] = !is_resumed && !client,
    };
    memcpy(out, list, sizeof list);
}

static bool
same(const struct bench_case *what, const char *who, bool is_resumed, int role, const uint64_t *counts)
{
    uint64_t listed[TVT_METER_NUM_OPS];
    memcpy(listed, is_resumed ? resumed[role] : full[role], sizeof listed);
    if (tvt_suite_by_name(what->suite)->version == TVT_VERSION_TLS12)
        list12(what, is_resumed, role, listed);
    bool all = true;
    for (int op = 0; op < TVT_METER_NUM_OPS; op++) {
        if (counts[op] == listed[op])
            continue;
        all = false;
        printf("\n    %s, %s, %s handshake, %s of %s: %llu x %s, the list has %llu", what->row, what->suite,
               is_resumed ? "resumed" : "full", role == TVT_CLIENT ? "client" : "server", who,
               (unsigned long long)counts[op], tvt_meter_op_name((enum tvt_meter_op)op),
               (unsigned long long)listed[op]);
    }
    return all;
}

/* The meter's counts of each side, taken at the changes of turn. */
struct taps {
    struct tvt_provider *meter;
    uint64_t counts[2][TVT_METER_NUM_OPS];
    int role;
};

static void
take(void *user, int role)
{
    struct taps *t = user;
    if (role < 0)
        for (int op = 0; op < TVT_METER_NUM_OPS; op++)
            t->counts[t->role][op] += tvt_meter_count(t->meter, (enum tvt_meter_op)op);
    tvt_meter_reset(t->meter);
    t->role = role;
}

static void
check_handshake(const struct bench_case *what, bool is_resumed)
{
    static struct bench_pair pair;
    struct bench_peers peers;
    struct taps taps;
    memset(&pair, 0, sizeof pair);
    memset(&taps, 0, sizeof taps);
    CU_ASSERT_FATAL(bench_peers_open(&peers, what, NULL, true));
    CU_ASSERT_FATAL(!is_resumed || bench_peers_resume(&peers));
    taps.meter = peers.provider;
    pair.switch_to = take;
    pair.user = &taps;
    CU_ASSERT_FATAL(bench_pair_handshake(&pair, &peers));
    bench_pair_free(&pair);
    for (int role = 0; role < 2; role++)
        CU_ASSERT(same(what, "Trivet", is_resumed, role, taps.counts[role]));
    bench_peers_close(&peers);
}

static void
check_floor(const struct bench_case *what, bool is_resumed)
{
    struct bench_peers peers;
    struct floor_lengths lengths;
    uint64_t spent[2];
    CU_ASSERT_FATAL(bench_peers_open(&peers, what, NULL, false));
    CU_ASSERT_FATAL(!is_resumed || bench_peers_resume(&peers));
    CU_ASSERT_FATAL(is_resumed ? floor_measure_resumed(&lengths, &peers) : floor_measure_lengths(&lengths, &peers));
    struct floor *f = floor_new(&peers, &lengths);
    CU_ASSERT_FATAL(f != NULL);
    CU_ASSERT(floor_run(f, spent) && floor_run(f, spent)); /* kept contexts serve again */
    for (int role = 0; role < 2; role++)
        CU_ASSERT(same(what, "the floor", is_resumed, role, floor_counts(f, (enum tvt_role)role)));
    floor_free(f);
    bench_peers_close(&peers);
}

static void
every_case(void (*check)(const struct bench_case *what, bool is_resumed), bool is_resumed)
{
    for (size_t i = 0; i < bench_num_cases; i++)
        if (bench_is_built(&bench_cases[i]))
            check(&bench_cases[i], is_resumed);
    for (size_t i = 0; i < bench_num_cases12; i++)
        if (bench_is_built(&bench_cases12[i]))
            check(&bench_cases12[i], is_resumed);
}

static void
handshakes_do_what_is_listed(void)
{
    every_case(check_handshake, false);
}

static void
resumed_handshakes_do_what_is_listed(void)
{
    every_case(check_handshake, true);
}

static void
floors_do_what_is_listed(void)
{
    every_case(check_floor, false);
    every_case(check_floor, true);
}

int
main(void)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    CU_pSuite suite = CU_add_suite("operations", NULL, NULL);
    if (suite == NULL || CU_ADD_TEST(suite, handshakes_do_what_is_listed) == NULL ||
        CU_ADD_TEST(suite, resumed_handshakes_do_what_is_listed) == NULL ||
        CU_ADD_TEST(suite, floors_do_what_is_listed) == NULL)
        return 2;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0 ? 1 : 0;
}
