/* SPDX-License-Identifier: MIT
 *
 * malloc and its kin over glibc's own, with accounts.
 */
#define _DEFAULT_SOURCE /* posix_memalign */
#include "tests/bench/heap.h"

#include <errno.h>
#include <stdlib.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <malloc.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t num, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *p);

static struct heap_account *current;

bool
heap_is_counted(void)
{
    return true;
}

void
heap_count_to(struct heap_account *account)
{
    current = account;
}

static void *
came(void *p)
{
    struct heap_account *a = current;
    if (a != NULL && p != NULL) {
        a->now += (int64_t)malloc_usable_size(p);
        a->peak = a->now > a->peak ? a->now : a->peak;
        a->allocations++;
    }
    return p;
}

static void
goes(void *p)
{
    struct heap_account *a = current;
    if (a != NULL && p != NULL)
        a->now -= (int64_t)malloc_usable_size(p);
}

void *
malloc(size_t size)
{
    return came(__libc_malloc(size));
}

void *
calloc(size_t num, size_t size)
{
    return came(__libc_calloc(num, size));
}

void *
realloc(void *p, size_t size)
{
    goes(p);
    return came(__libc_realloc(p, size));
}

void
free(void *p)
{
    goes(p);
    __libc_free(p);
}

void *
memalign(size_t alignment, size_t size)
{
    return came(__libc_memalign(alignment, size));
}

void *
aligned_alloc(size_t alignment, size_t size)
{
    return came(__libc_memalign(alignment, size));
}

int
posix_memalign(void **out, size_t alignment, size_t size)
{
    void *p = came(__libc_memalign(alignment, size));
    if (p == NULL)
        return ENOMEM;
    *out = p;
    return 0;
}

#else

bool
heap_is_counted(void)
{
    return false;
}

void
heap_count_to(struct heap_account *account)
{
    (void)account;
}

#endif
