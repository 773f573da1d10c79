/* SPDX-License-Identifier: MIT
 *
 * Memory: wiping, constant-time comparison, copies that allow empty spans, and allocation through the caller's
 * allocator.
 */
#ifndef TVT_CORE_BASE_MEMORY_H
#define TVT_CORE_BASE_MEMORY_H

#include <trivet/base.h>

/* Overwrites `len` bytes with zeros; the compiler cannot leave it out. */
void tvt_wipe(void *p, size_t len);
/* True if the `len` bytes are equal; time depends on `len` alone. */
TVT_MUST_USE bool tvt_equal_secret(const void *a, const void *b, size_t len);
/* True if all `len` bytes are zero; time depends on `len` alone. */
TVT_MUST_USE bool tvt_is_zero_secret(const void *p, size_t len);
/* memcpy and memmove that take NULL when len is 0. */
void tvt_copy(void *dst, const void *src, size_t len);
void tvt_move(void *dst, const void *src, size_t len);

/* `allocator` NULL, or with NULL functions: malloc and free. tvt_alloc zeroes; tvt_alloc_raw is for what is written before it
 * is read. */
TVT_MUST_USE void *tvt_alloc(const struct tvt_allocator *allocator, size_t size);
TVT_MUST_USE void *tvt_alloc_raw(const struct tvt_allocator *allocator, size_t size);
void tvt_release(const struct tvt_allocator *allocator, void *p, size_t size);      /* p may be NULL */
void tvt_release_wiped(const struct tvt_allocator *allocator, void *p, size_t size); /* wipes first   */
/* The same for what needs TVT_ALIGN (provider.h), which malloc does not promise; released by its own function alone. */
TVT_MUST_USE void *tvt_alloc_aligned(const struct tvt_allocator *allocator, size_t size);
void tvt_release_aligned(const struct tvt_allocator *allocator, void *p, size_t size); /* wipes first */

/* Writes bytes as printable ASCII into out[cap], others as \xNN, cut with "..." if need be; returns `out`. */
const char *tvt_printable(char *out, size_t cap, struct tvt_span bytes);

/* A region that grows only forward, cut from one block; allocations are aligned to TVT_ALIGN. */
struct tvt_arena {
    uint8_t *base;
    size_t size, used; /* bytes */
};
void tvt_arena_init(struct tvt_arena *arena, void *memory, size_t size);
void *tvt_arena_take(struct tvt_arena *arena, size_t size); /* NULL when it does not fit */

/* Marks secrets for the tests that run under valgrind; nothing in other builds. */
#ifdef TVT_CHECK_SECRETS
#include <valgrind/memcheck.h>
#define tvt_secret(p, len) ((void)VALGRIND_MAKE_MEM_UNDEFINED((p), (len)))
#define tvt_public(p, len) ((void)VALGRIND_MAKE_MEM_DEFINED((p), (len)))
#else
#define tvt_secret(p, len) ((void)(p), (void)(len))
#define tvt_public(p, len) ((void)(p), (void)(len))
#endif

#endif
