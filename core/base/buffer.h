/* SPDX-License-Identifier: MIT
 *
 * A byte buffer that grows through the caller's allocator, up to a limit that its owner names. It exists only while
 * it holds something: releasing gives the memory back and leaves an empty buffer that may be used again.
 */
#ifndef TVT_CORE_BASE_BUFFER_H
#define TVT_CORE_BASE_BUFFER_H

#include <trivet/base.h>

struct tvt_buffer {
    const struct tvt_allocator *allocator; /* NULL: malloc and free        */
    uint8_t *data;
    size_t start, len, cap;                /* bytes held are data[start .. start + len) */
    size_t limit;                          /* most bytes it may ever hold  */
};

void tvt_buffer_init(struct tvt_buffer *b, const struct tvt_allocator *allocator, size_t limit);
/* Makes sure `more` bytes fit behind the held ones (moving them to the front if that suffices). Returns where they
 * go, or NULL: no memory, or over the limit. tvt_buffer_commit() then adds what was written there. */
TVT_MUST_USE uint8_t *tvt_buffer_reserve(struct tvt_buffer *b, size_t more);
void tvt_buffer_commit(struct tvt_buffer *b, size_t written);
TVT_MUST_USE bool tvt_buffer_append(struct tvt_buffer *b, const void *data, size_t len);
struct tvt_span tvt_buffer_span(const struct tvt_buffer *b);
void tvt_buffer_consume(struct tvt_buffer *b, size_t len); /* drops from the front */
void tvt_buffer_release(struct tvt_buffer *b);             /* wipes and gives back */

#endif
