/* SPDX-License-Identifier: MIT
 *
 * A byte buffer that grows through the caller's allocator, up to a limit.
 */
#include "core/base/buffer.h"

#include "core/base/memory.h"
#include "core/base/wire.h"

#include <string.h>

#define SMALLEST 256u /* first allocation, bytes: below it growth would copy for every few bytes */

void
tvt_buffer_init(struct tvt_buffer *b, const struct tvt_allocator *allocator, size_t limit)
{
    memset(b, 0, sizeof(*b));
    b->allocator = allocator;
    b->limit = limit;
}

static bool
grow(struct tvt_buffer *b, size_t need)
{
    size_t cap = b->cap > b->limit / 2 ? b->limit : 2 * b->cap;

    if (cap < SMALLEST)
        cap = SMALLEST;
    if (cap < need)
        cap = need;
    if (cap > b->limit)
        cap = b->limit;
    uint8_t *data = tvt_alloc_raw(b->allocator, cap);
    if (data == NULL)
        return false;
    if (b->len > 0)
        memcpy(data, b->data + b->start, b->len);
    tvt_release_wiped(b->allocator, b->data, b->cap);
    b->data = data;
    b->cap = cap;
    b->start = 0;
    return true;
}

uint8_t *
tvt_buffer_reserve(struct tvt_buffer *b, size_t more)
{
    if (b->limit == 0 || more > b->limit - b->len)
        return NULL;
    size_t need = b->len + more;
    if (b->data == NULL || need > b->cap) {
        if (!grow(b, need))
            return NULL;
    } else if (more > b->cap - b->start - b->len) {
        tvt_move(b->data, b->data + b->start, b->len);
        b->start = 0;
    }
    return b->data + b->start + b->len;
}

void
tvt_buffer_commit(struct tvt_buffer *b, size_t written)
{
    b->len += written;
}

bool
tvt_buffer_append(struct tvt_buffer *b, const void *data, size_t len)
{
    if (len == 0)
        return true;
    uint8_t *p = tvt_buffer_reserve(b, len);
    if (p == NULL)
        return false;
    memcpy(p, data, len);
    tvt_buffer_commit(b, len);
    return true;
}

struct tvt_span
tvt_buffer_span(const struct tvt_buffer *b)
{
    return b->len > 0 ? tvt_span(b->data + b->start, b->len) : tvt_span(NULL, 0);
}

void
tvt_buffer_consume(struct tvt_buffer *b, size_t len)
{
    if (len >= b->len) {
        b->start = b->len = 0;
        return;
    }
    b->start += len;
    b->len -= len;
}

void
tvt_buffer_release(struct tvt_buffer *b)
{
    tvt_release_wiped(b->allocator, b->data, b->cap);
    b->data = NULL;
    b->start = b->len = b->cap = 0;
}
