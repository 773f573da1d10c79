/* SPDX-License-Identifier: MIT
 *
 * Two threads over one: each with connections of its own, on one configuration or one SSL_CTX. Besides the work done by the wall
 * clock stands what it cost in processor time, which other programs on the machine do not disturb: without contention an
 * operation costs in two threads what it costs in one, and the ratio is 2.
 *
 * Two processors may be two threads of one core, or share what the machine has of memory and heat: then the bare cryptography
 * scales no better. It is measured in turns with the rest, and so is libssl.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/bench/bench.h"
#include "tests/bench/floor.h"
#include "tests/bench/libssl.h"
#include "tests/bench/ssl_pair.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS   9
#define WARM     8    /* operations before the clock starts */
#define LEAST    1.9  /* times the work of one thread */
#define OF_FLOOR 0.98 /* of the floor's times, where that has less */

enum work { FLOOR, HANDSHAKES, BY_SSL, RESUMED_BY_SSL, LIBSSL, RECORDS, WORKS };

static const char *const work_names[WORKS] = {"floor",  "handshakes",    "handshakes by SSL_CTX", "resumed by SSL_CTX",
                                              "libssl", "16 KiB records"};

struct task {
    enum work work;
    struct bench_peers *peers;
    struct floor *floor;
    struct ssl_pair *ssl;
    struct libssl *libssl; /* NULL: not compared */
    struct bench_pair pair;
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
one_of_libssl(struct task *t)
{
    uint64_t spent[2];
    bool ok = libssl_handshake(t->libssl, spent);
    libssl_drop(t->libssl, spent);
    return ok;
}

static bool
one(struct task *t)
{
    uint64_t spent[2];
    switch (t->work) {
    case FLOOR:
        return floor_run(t->floor, spent);
    case BY_SSL:
    case RESUMED_BY_SSL:
        return ssl_pair_handshake(t->ssl, t->work == RESUMED_BY_SSL);
    case LIBSSL:
        return one_of_libssl(t);
    case RECORDS:
        return one_record(t);
    default:
        break;
    }
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
    t->failed = t->work == RECORDS && !bench_pair_handshake(&t->pair, t->peers);
    for (int i = 0; !t->failed && i < WARM; i++) /* what a library makes once for each thread is made here */
        t->failed = !one(t);
    pthread_barrier_wait(t->start);
    uint64_t start = bench_thread_cpu(), end = bench_now() + (uint64_t)(t->seconds * 1e9);
    while (!t->failed && bench_now() < end) {
        t->failed = !one(t);
        t->done++;
    }
    t->cpu = bench_thread_cpu() - start;
    if (t->work == RECORDS && !t->failed)
        bench_pair_free(&t->pair);
    return NULL;
}

/* Work done by `num` threads in that time, and the processor time of one operation. */
static bool
round_of(struct task *tasks[2], int num, enum work what, double seconds, double *done, double *cost)
{
    pthread_t thread[2];
    pthread_barrier_t start;
    uint64_t cpu = 0, count = 0;
    bool ok = true;
    if (pthread_barrier_init(&start, NULL, (unsigned)num) != 0)
        abort();
    for (int i = 0; i < num; i++) {
        tasks[i]->work = what;
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

/* ---- what the threads work on ---- */

static void
close_tasks(struct task *tasks[2])
{
    for (int i = 0; i < 2; i++) {
        if (tasks[i]->floor != NULL)
            floor_free(tasks[i]->floor);
        ssl_pair_free(tasks[i]->ssl);
        libssl_free(tasks[i]->libssl);
        free(tasks[i]);
    }
}

static bool
open_tasks(struct task *tasks[2], const struct bench_case *what, struct bench_peers *peers)
{
    struct floor_lengths lengths;
    bool ok = floor_measure_lengths(&lengths, peers);
    for (int i = 0; i < 2; i++) {
        tasks[i] = calloc(1, sizeof *tasks[i]);
        if (tasks[i] == NULL)
            abort();
        tasks[i]->peers = peers;
        tasks[i]->floor = ok ? floor_new(peers, &lengths) : NULL;
        tasks[i]->ssl = i == 0 ? ssl_pair_new(what) : tasks[0]->ssl != NULL ? ssl_pair_share(tasks[0]->ssl) : NULL;
        ok = ok && tasks[i]->floor != NULL && tasks[i]->ssl != NULL;
    }
    if (ok && strcmp(what->row, "openssl") == 0) {
        tasks[0]->libssl = libssl_new(what, what->suite);
        tasks[1]->libssl = tasks[0]->libssl != NULL ? libssl_share(tasks[0]->libssl) : NULL;
    }
    return ok;
}

/* ---- the part ---- */

struct scaling {
    struct bench_samples wall, cpu, rate[2];
};

static void
print(const struct bench_case *what, enum work work, struct scaling s[WORKS])
{
    char row[64];
    double by_wall = bench_median(&s[work].wall), by_cpu = bench_median(&s[work].cpu);
    double floor = bench_median(&s[FLOOR].cpu), rate[2];
    (void)snprintf(row, sizeof row, "%s %s", what->row, work_names[work]);
    for (int i = 0; i < 2; i++)
        rate[i] = bench_median(&s[work].rate[i]);
    printf("%-18s %-22s %8.0f %8.0f %6.2f %6.2f %9.3f", what->row, work_names[work], rate[0], rate[1], by_wall, by_cpu,
           by_cpu / floor);
    bench_record("threads", row, "one_a_second", rate[0]);
    bench_record("threads", row, "two_a_second", rate[1]);
    bench_record("threads", row, "wall", by_wall);
    bench_record("threads", row, "cpu", by_cpu);
    bench_record("threads", row, "ratio_to_floor", by_cpu / floor);
    if (work != FLOOR && work != LIBSSL)
        printf("   >= 1.9, or as the floor %s",
               bench_mark("threads", row, ">= 1.9, or as the floor", by_cpu >= LEAST || by_cpu >= OF_FLOOR * floor));
    printf("\n");
}

/* In turns: one thread, two, the next work. */
static bool
measure(struct task *tasks[2], struct scaling s[WORKS], double seconds)
{
    double done[2], cost[2], slice = seconds / (2 * ROUNDS);
    for (int round = 0; round < ROUNDS; round++)
        for (int work = 0; work < WORKS; work++) {
            if (work == LIBSSL && tasks[1]->libssl == NULL)
                continue;
            for (int num = 1; num <= 2; num++) {
                if (!round_of(tasks, num, (enum work)work, slice, &done[num - 1], &cost[num - 1])) {
                    fprintf(stderr, "bench: %s, %d threads: failed\n", work_names[work], num);
                    return false;
                }
                bench_sample(&s[work].rate[num - 1], done[num - 1] / slice);
            }
            bench_sample(&s[work].wall, done[1] / done[0]);
            bench_sample(&s[work].cpu, 2 * cost[0] / cost[1]);
        }
    return true;
}

static void
run_case(const struct bench_case *what, struct bench_peers *peers, double seconds)
{
    struct scaling s[WORKS];
    struct task *tasks[2];
    for (int work = 0; work < WORKS; work++) {
        bench_samples_init(&s[work].wall);
        bench_samples_init(&s[work].cpu);
        for (int i = 0; i < 2; i++)
            bench_samples_init(&s[work].rate[i]);
    }
    if (open_tasks(tasks, what, peers) && measure(tasks, s, seconds)) {
        for (int work = 0; work < WORKS; work++)
            if (s[work].cpu.num > 0)
                print(what, (enum work)work, s);
    } else {
        printf("%-18s FAILED\n", what->row);
    }
    close_tasks(tasks);
    for (int work = 0; work < WORKS; work++) {
        bench_samples_free(&s[work].wall);
        bench_samples_free(&s[work].cpu);
        for (int i = 0; i < 2; i++)
            bench_samples_free(&s[work].rate[i]);
    }
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
    bench_heading(
        "Two threads over one: what they do in a second, and the ratio by the wall's clock and by processor time.",
        "backend            work                        one      two   wall    cpu  to floor   mark");
    for (size_t i = 0; i < bench_num_cases; i++) {
        const struct bench_case *what = &bench_cases[i];
        if (!bench_is_built(what) || !bench_has_name(o->backend, what->backend))
            continue;
        bench_progress("threads, %s", what->row);
        if (!open_uncounted(&peers, what))
            continue;
        run_case(what, &peers, o->seconds);
        bench_peers_close(&peers);
    }
}
