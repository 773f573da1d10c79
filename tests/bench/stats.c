/* SPDX-License-Identifier: MIT
 *
 * The clock, and medians.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/bench/bench.h"

#include <stdlib.h>
#include <time.h>

static uint64_t
read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t
bench_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t
bench_thread_cpu(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void
bench_samples_init(struct bench_samples *s)
{
    s->num = 0;
    s->value = malloc(BENCH_SAMPLES_MAX * sizeof *s->value);
    if (s->value == NULL)
        abort();
}

void
bench_samples_free(struct bench_samples *s)
{
    free(s->value);
    s->value = NULL;
    s->num = 0;
}

void
bench_sample(struct bench_samples *s, double value)
{
    if (s->num < BENCH_SAMPLES_MAX)
        s->value[s->num++] = value;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double
bench_median(struct bench_samples *s)
{
    if (s->num == 0)
        return 0;
    qsort(s->value, s->num, sizeof *s->value, compare);
    return s->value[s->num / 2];
}
