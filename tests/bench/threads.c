/* SPDX-License-Identifier: MIT
 *
 * Two threads over one: each with connections of its own, on one configuration. Besides the work done by the wall clock
 * stands what it cost in processor time, which other programs on the machine do not disturb: without contention an
 * operation costs in two threads what it costs in one, and the ratio is 2.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/bench/bench.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 5
#define WARM   8 /* handshakes before the clock starts */

struct task {
    struct bench_peers *peers;
    struct bench_pair pair;
    bool bulk;
    double seconds;
    pthread_barrier_t *start;
    uint64_t done, cpu;
    bool failed;
    uint8_t data[16384];
};

static bool
one_record(struct task *t)
{
    size_t n, used;
    struct tvt_span app;
    return tvt_connection_seal(t->pair.connection[TVT_CLIENT], t->pair.buffer, sizeof t->pair.buffer, &n, t->data,
                               sizeof t->data, &used) == TVT_OK &&
           tvt_connection_input(t->pair.connection[TVT_SERVER], t->pair.buffer, n, &used, &app) == TVT_OK;
}

static bool
one_handshake(struct task *t)
{
    if (!bench_pair_handshake(&t->pair, t->peers))
        return false;
    bench_pair_free(&t->pair);
    return true;
}

static void *
work(void *user)
{
    struct task *t = user;
    t->done = 0;
    t->failed = false;
    for (int i = 0; !t->failed && i < WARM; i++) /* what a library makes once for each thread is made here */
        t->failed = !one_handshake(t);
    t->failed = t->failed || (t->bulk && !bench_pair_handshake(&t->pair, t->peers));
    pthread_barrier_wait(t->start);
    uint64_t start = bench_thread_cpu(), end = bench_now() + (uint64_t)(t->seconds * 1e9);
    while (!t->failed && bench_now() < end) {
        t->failed = t->bulk ? !one_record(t) : !one_handshake(t);
        t->done++;
    }
    t->cpu = bench_thread_cpu() - start;
    if (t->bulk && !t->failed)
        bench_pair_free(&t->pair);
    return NULL;
}

/* Work done by `num` threads in that time, and the processor time of one operation. */
static bool
round_of(struct task *tasks[2], int num, double seconds, double *done, double *cost)
{
    pthread_t thread[2];
    pthread_barrier_t start;
    uint64_t cpu = 0, count = 0;
    bool ok = true;
    if (pthread_barrier_init(&start, NULL, (unsigned)num) != 0)
        abort();
    for (int i = 0; i < num; i++) {
        tasks[i]->seconds = seconds;
        tasks[i]->start = &start;
        if (pthread_create(&thread[i], NULL, work, tasks[i]) != 0)
            abort();
    }
    for (int i = 0; i < num; i++) {
        pthread_join(thread[i], NULL);
        count += tasks[i]->done;
        cpu += tasks[i]->cpu;
        ok = ok && !tasks[i]->failed;
    }
    pthread_barrier_destroy(&start);
    *done = (double)count;
    *cost = (double)cpu / (double)count;
    return ok && count > 0;
}

static void
measure(const struct bench_case *what, struct bench_peers *peers, bool bulk, double seconds)
{
    struct bench_samples wall, cpu;
    struct task *tasks[2];
    double done[2], cost[2];
    bool ok = true;
    bench_samples_init(&wall);
    bench_samples_init(&cpu);
    for (int i = 0; i < 2; i++) {
        tasks[i] = calloc(1, sizeof *tasks[i]);
        if (tasks[i] == NULL)
            abort();
        tasks[i]->peers = peers;
        tasks[i]->bulk = bulk;
    }
    for (int i = 0; ok && i < ROUNDS; i++) {
        ok = round_of(tasks, 1, seconds / (2 * ROUNDS), &done[0], &cost[0]) &&
             round_of(tasks, 2, seconds / (2 * ROUNDS), &done[1], &cost[1]);
        bench_sample(&wall, done[1] / done[0]);
        bench_sample(&cpu, 2 * cost[0] / cost[1]);
    }
    const char *name = bulk ? "16 KiB records" : "handshakes";
    char row[64];
    (void)snprintf(row, sizeof row, "%s %s", what->row, name);
    if (ok) {
        double by_wall = bench_median(&wall), by_cpu = bench_median(&cpu);
        printf("%-22s %-16s %6.2f %14.2f   >= 1.9 by processor time %s\n", what->row, name, by_wall, by_cpu,
               bench_mark("threads", row, ">= 1.9", by_cpu >= 1.9));
        bench_record("threads", row, "wall", by_wall);
        bench_record("threads", row, "cpu", by_cpu);
    } else {
        printf("%-22s %-16s FAILED\n", what->row, name);
    }
    free(tasks[0]);
    free(tasks[1]);
    bench_samples_free(&wall);
    bench_samples_free(&cpu);
}

/* A configuration that counts what its connections allocate serves one thread; here it does not count. */
static bool
open_uncounted(struct bench_peers *peers, const struct bench_case *what)
{
    static const struct tvt_allocator plain;
    struct tvt_error e;
    tvt_error_clear(&e);
    return bench_peers_open(peers, what, NULL, false) &&
           tvt_config_set_allocator(peers->config[0], &plain, &e) == TVT_OK &&
           tvt_config_set_allocator(peers->config[1], &plain, &e) == TVT_OK;
}

void
bench_threads(const struct bench_options *o)
{
    struct bench_peers peers;
    bench_heading("Two threads over one.", "backend                work             by wall by processor time");
    for (size_t i = 0; i < bench_num_cases; i++) {
        const struct bench_case *what = &bench_cases[i];
        if (!bench_is_built(what) || !bench_has_name(o->backend, what->backend))
            continue;
        bench_progress("threads, %s", what->row);
        if (!open_uncounted(&peers, what))
            continue;
        measure(what, &peers, false, o->seconds);
        measure(what, &peers, true, o->seconds);
        bench_peers_close(&peers);
    }
}
