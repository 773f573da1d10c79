/* SPDX-License-Identifier: MIT
 *
 * Counts blocks of the heap: the linker puts these in the place of malloc() and its kin wherever Trivet and this program
 * call them (--wrap). What crypto libraries take for themselves is the sanitizer's to judge.
 */
#include "tests/crowd/crowd.h"

#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t num, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t num, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static long long blocks;

long long
crowd_blocks(void)
{
    return blocks;
}

static void *
came(void *p)
{
    blocks += p != NULL;
    return p;
}

void *
__wrap_malloc(size_t size)
{
    return came(__real_malloc(size));
}

void *
__wrap_calloc(size_t num, size_t size)
{
    return came(__real_calloc(num, size));
}

void *
__wrap_realloc(void *p, size_t size)
{
    void *grown = __real_realloc(p, size);
    if (p == NULL)
        blocks += grown != NULL;
    return grown;
}

void
__wrap_free(void *p)
{
    blocks -= p != NULL;
    __real_free(p);
}
