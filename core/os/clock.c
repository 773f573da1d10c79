/* SPDX-License-Identifier: MIT
 *
 * The system's clocks (POSIX clock_gettime), and getpid().
 */
#define _POSIX_C_SOURCE 200809L
#include "core/os/clock.h"

#include <time.h>
#include <unistd.h>

int64_t
tvt_clock_wall_ms(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t
tvt_clock_monotonic_us(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

long
tvt_process_id(void)
{
    return (long)getpid();
}
