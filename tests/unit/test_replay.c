/* SPDX-License-Identifier: MIT
 *
 * The memory of ClientHellos that refuses replays (RFC 9846 8.2): what it remembers, for how long, when it is full, before
 * its birth, under a clock that is set back, against a model, and with threads that race. The stores of sessions race here
 * too.
 */
#define _POSIX_C_SOURCE 200809L /* barriers */
#include "core/base/wire.h"
#include "core/session/session.h"

#include <CUnit/Basic.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW    UINT64_C(1780272000000)
#define WINDOW 10000u /* ms */
#define SLACK  1000u  /* ms that it remembers longer than it must */

static struct tvt_replay_memory *
make_memory(size_t capacity, uint64_t born_ms, const struct tvt_mutex *mutex)
{
    struct tvt_replay_memory *memory = NULL;

    CU_ASSERT_EQUAL_FATAL(tvt_replay_memory_new(&memory, capacity, born_ms, WINDOW, mutex, NULL), TVT_OK);
    return memory;
}

/* Asks for id number `n`; true: it is new. `where`: the bytes of the id that hold n, so that ids can share a chain. */
static bool
ask_at(struct tvt_replay_memory *memory, size_t where, uint32_t n, uint64_t now_ms, uint64_t until_ms)
{
    const struct tvt_replay *port = tvt_replay_memory_port(memory);
    uint8_t id[TVT_REPLAY_ID_LEN] = {0};

    for (size_t i = 0; i < 4; i++)
        id[where + i] = (uint8_t)(n >> (24 - 8 * i));
    enum tvt_result result = port->first_time(port->user, id, now_ms, until_ms);
    CU_ASSERT(result == TVT_OK || result == TVT_FAIL);
    return result == TVT_OK;
}

static bool
ask(struct tvt_replay_memory *memory, uint32_t n, uint64_t now_ms)
{
    return ask_at(memory, 0, n, now_ms, now_ms + WINDOW);
}

static void
test_birth(void)
{
    struct tvt_replay_memory *memory = make_memory(10, NOW, NULL);

    CU_ASSERT_FALSE(ask(memory, 1, NOW));
    CU_ASSERT_FALSE(ask(memory, 1, NOW + 2 * WINDOW - 1));
    CU_ASSERT_FALSE(ask(memory, 1, NOW - 1));
    CU_ASSERT(ask(memory, 1, NOW + 2 * WINDOW));
    CU_ASSERT_FALSE(ask(memory, 1, NOW + 2 * WINDOW));
    CU_ASSERT_FALSE(ask_at(memory, 0, 2, NOW + 2 * WINDOW, UINT64_MAX)); /* for good: from before its birth, too */
    CU_ASSERT(ask_at(memory, 0, 2, NOW + 2 * WINDOW, UINT64_MAX - 1));
    tvt_replay_memory_free(memory);
    tvt_replay_memory_free(NULL);
    CU_ASSERT_EQUAL(tvt_replay_memory_new(&memory, 0, NOW, WINDOW, NULL, NULL), TVT_FAIL);
}

static void
test_full(void)
{
    for (size_t where = 0; where <= 28; where += 28) { /* spread, and all in one chain */
        struct tvt_replay_memory *memory = make_memory(100, NOW - 2 * WINDOW, NULL);
        size_t wrong = 0;

        for (uint32_t n = 0; n < 100; n++)
            wrong += !ask_at(memory, where, n, NOW, NOW + 1000 + n);
        for (uint32_t n = 0; n < 200; n++)
            wrong += ask_at(memory, where, n, NOW, NOW + WINDOW); /* seen; or no room */
        /* Its time is over, and the slack is not: still there. Then one leaves with every millisecond. */
        wrong += ask_at(memory, where, 100, NOW + 1000 + SLACK - 1, NOW + 50000);
        for (uint32_t n = 0; n < 100; n++) {
            wrong += !ask_at(memory, where, 100 + n, NOW + 1000 + SLACK + n, NOW + 50000);
            wrong += ask_at(memory, where, 300 + n, NOW + 1000 + SLACK + n, NOW + 50000);
        }
        CU_ASSERT_EQUAL(wrong, 0);
        tvt_replay_memory_free(memory);
    }
}

/* What was forgotten does not become new again when the clock goes back. */
static void
test_clock_set_back(void)
{
    struct tvt_replay_memory *memory = make_memory(10, NOW - 2 * WINDOW, NULL);

    CU_ASSERT(ask(memory, 1, NOW));
    CU_ASSERT(ask(memory, 2, NOW + WINDOW + SLACK)); /* 1 is forgotten */
    CU_ASSERT_FALSE(ask(memory, 1, NOW + 5));
    CU_ASSERT_FALSE(ask(memory, 3, NOW + WINDOW)); /* not known for sure */
    CU_ASSERT(ask(memory, 3, NOW + WINDOW + 1));
    CU_ASSERT_FALSE(ask(memory, 2, NOW + WINDOW + 1));
    tvt_replay_memory_free(memory);
}

/* Random times and ids against a table of all ids that ever were. */
static void
test_model(void)
{
    enum { IDS = 300, CAPACITY = 64 };
    uint64_t until[IDS] = {0}, now = NOW;
    struct tvt_replay_memory *memory = make_memory(CAPACITY, NOW - 2 * WINDOW, NULL);
    uint32_t state = 3;
    size_t wrong = 0, fresh = 0, full = 0;

    for (size_t round = 0; round < 50000; round++) {
        state = state * 1664525u + 1013904223u;
        uint32_t id = (state >> 8) % IDS;
        uint64_t lasts = 1 + (state >> 20) % 2000;
        size_t live = 0;
        now += state >> 30;
        for (size_t i = 0; i < IDS; i++)
            live += until[i] != 0 && until[i] + SLACK > now;
        bool expected = live < CAPACITY && (until[id] == 0 || until[id] + SLACK <= now);
        wrong += ask_at(memory, 3, id, now, now + lasts) != expected;
        fresh += expected;
        full += live == CAPACITY;
        if (expected)
            until[id] = now + lasts;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(fresh > 1000 && full > 1000);
    tvt_replay_memory_free(memory);
}

/* ---- threads ----------------------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 4000 };

static struct race {
    struct tvt_replay_memory *memory;
    struct tvt_session_store *store;
    struct tvt_session *session;
    pthread_barrier_t start;
    uint8_t won[THREADS][ROUNDS];
    unsigned taken[THREADS];
} race;

static void *
ask_all(void *arg)
{
    const size_t self = *(const size_t *)arg;
    const struct tvt_replay *port = tvt_replay_memory_port(race.memory);

    (void)pthread_barrier_wait(&race.start);
    for (uint32_t n = 0; n < ROUNDS; n++) {
        uint8_t id[TVT_REPLAY_ID_LEN] = {(uint8_t)(n >> 8), (uint8_t)n};
        race.won[self][n] = port->first_time(port->user, id, NOW, NOW + WINDOW) == TVT_OK;
    }
    return NULL;
}

static void *
put_and_take(void *arg)
{
    const size_t self = *(const size_t *)arg;

    (void)pthread_barrier_wait(&race.start);
    for (size_t n = 0; n < ROUNDS; n++) {
        if (tvt_session_store_put(race.store, "host", race.session, NULL) != TVT_OK)
            abort();
        struct tvt_session *session = tvt_session_store_take(race.store, "host", NOW);
        race.taken[self] += session != NULL;
        tvt_session_unref(session);
    }
    return NULL;
}

static void
run(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    size_t numbers[THREADS];

    CU_ASSERT_EQUAL_FATAL(pthread_barrier_init(&race.start, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, body, &numbers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
    CU_ASSERT_EQUAL(pthread_barrier_destroy(&race.start), 0);
}

/* The same ids on several threads: each is new for exactly one of them. */
static void
test_race(void)
{
    size_t wrong = 0;

    race.memory = make_memory(ROUNDS, NOW - 2 * WINDOW, tvt_system_mutex());
    run(ask_all);
    for (size_t n = 0; n < ROUNDS; n++) {
        size_t winners = 0;
        for (size_t i = 0; i < THREADS; i++)
            winners += race.won[i][n];
        wrong += winners != 1;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    tvt_replay_memory_free(race.memory);
}

/* What is put in comes out once: none is lost and none comes twice. */
static void
test_store_race(void)
{
    struct tvt_session fields;
    size_t taken = 0;

    memset(&fields, 0, sizeof fields);
    fields.kind = TVT_SESSION_EXTERNAL;
    CU_ASSERT_EQUAL_FATAL(tvt_session_make(&race.session, &fields, NULL), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_session_store_new(&race.store, THREADS, tvt_system_mutex(), NULL), TVT_OK);
    memset(race.taken, 0, sizeof race.taken);
    run(put_and_take);
    for (size_t i = 0; i < THREADS; i++)
        taken += race.taken[i];
    CU_ASSERT_EQUAL(taken + tvt_session_store_count(race.store), (size_t)THREADS * ROUNDS);
    CU_ASSERT_EQUAL(atomic_load(&race.session->refs), 1 + tvt_session_store_count(race.store));
    tvt_session_store_unref(race.store);
    CU_ASSERT_EQUAL(atomic_load(&race.session->refs), 1);
    tvt_session_unref(race.session);
}

int tvt_register_replay(void);

int
tvt_register_replay(void)
{
    static CU_TestInfo tests[] = {
        {"before its birth", test_birth},
        {"full", test_full},
        {"a clock set back", test_clock_set_back},
        {"a memory and a model of it", test_model},
        {"threads that race", test_race},
        {"threads that race for sessions", test_store_race},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"replay memory", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
