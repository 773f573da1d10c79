/* SPDX-License-Identifier: MIT
 *
 * See heap_help.h.
 */
#include "tests/unit/heap_help.h"

#include <stdlib.h>

static void *
take(void *user, size_t size)
{
    struct heap *h = user;
    if (++h->count == h->fail_at)
        return NULL;
    h->live++;
    h->bytes += size;
    h->most = h->bytes > h->most ? h->bytes : h->most;
    return malloc(size);
}

static void
give(void *user, void *memory, size_t size)
{
    struct heap *h = user;
    h->live--;
    h->bytes -= size;
    free(memory);
}

struct tvt_allocator
heap_allocator(struct heap *heap)
{
    return (struct tvt_allocator){take, give, heap};
}
