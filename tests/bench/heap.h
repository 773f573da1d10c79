/* SPDX-License-Identifier: MIT
 *
 * The heap of the whole process, counted: malloc and its kin are the program's own here, so that libcrypto's and
 * libssl's allocations are seen too. Where that cannot be done the counts stay 0 and heap_is_counted() says so.
 */
#ifndef TVT_TESTS_BENCH_HEAP_H
#define TVT_TESTS_BENCH_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_account {
    int64_t now, peak; /* bytes, as the allocator rounds them */
    uint64_t allocations;
};

bool heap_is_counted(void);
/* Allocations and releases go to this account from now on; NULL: nowhere. One thread at a time. */
void heap_count_to(struct heap_account *account);

#endif
