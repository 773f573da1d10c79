/* SPDX-License-Identifier: MIT
 *
 * An allocator that counts, and refuses one request.
 */
#ifndef TVT_TESTS_UNIT_HEAP_HELP_H
#define TVT_TESTS_UNIT_HEAP_HELP_H

#include <trivet/base.h>

struct heap {
    unsigned count;     /* requests, the refused one too */
    unsigned fail_at;   /* the request that is refused; 0: none */
    unsigned live;      /* blocks that were not given back */
    size_t bytes, most; /* in them; at most */
};
struct tvt_allocator heap_allocator(struct heap *heap);

#endif
