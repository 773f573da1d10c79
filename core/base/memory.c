/* SPDX-License-Identifier: MIT
 *
 * Memory: wiping, constant-time comparison, and allocation through the caller's allocator.
 */
#include "core/base/memory.h"

#include <trivet/provider.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
tvt_wipe(void *p, size_t len)
{
    if (len == 0)
        return;
#if defined(__GNUC__) || defined(__clang__)
    memset(p, 0, len);
    /* The barrier claims to read the memory: the stores before it must happen. */
    __asm__ __volatile__("" : : "r"(p) : "memory");
#else
    volatile uint8_t *v = p;
    while (len-- > 0)
        *v++ = 0;
#endif
}

/* 1 when v is 0, else 0; without a branch. */
static uint32_t
is_zero(uint32_t v)
{
    return ((v | (0u - v)) >> 31) ^ 1u;
}

/* Hides a value from the optimiser, which could otherwise turn the loops below into ones that stop early. */
static uint32_t
opaque(uint32_t v)
{
#if defined(__GNUC__) || defined(__clang__)
    __asm__ __volatile__("" : "+r"(v));
    return v;
#else
    volatile uint32_t hidden = v;
    return hidden;
#endif
}

bool
tvt_equal_secret(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a, *y = b;
    uint32_t difference = 0;

    for (size_t i = 0; i < len; i++)
        difference = opaque(difference | (uint32_t)(x[i] ^ y[i]));
    difference = is_zero(difference);
    tvt_public(&difference, sizeof(difference)); /* the verdict is public, the bytes are not */
    return difference != 0;
}

bool
tvt_is_zero_secret(const void *p, size_t len)
{
    const uint8_t *x = p;
    uint32_t any = 0;

    for (size_t i = 0; i < len; i++)
        any = opaque(any | x[i]);
    any = is_zero(any);
    tvt_public(&any, sizeof(any));
    return any != 0;
}

void
tvt_copy(void *dst, const void *src, size_t len)
{
    if (len > 0)
        memcpy(dst, src, len);
}

void
tvt_move(void *dst, const void *src, size_t len)
{
    if (len > 0)
        memmove(dst, src, len);
}

void *
tvt_alloc_raw(const struct tvt_allocator *allocator, size_t size)
{
    if (size == 0)
        size = 1;
    return allocator == NULL || allocator->alloc == NULL ? malloc(size) : allocator->alloc(allocator->user, size);
}

void *
tvt_alloc(const struct tvt_allocator *allocator, size_t size)
{
    void *p;

    if (size == 0)
        size = 1;
    if (allocator == NULL || allocator->alloc == NULL)
        return calloc(1, size); /* knows where fresh pages are zero */
    p = tvt_alloc_raw(allocator, size);
    if (p != NULL)
        memset(p, 0, size);
    return p;
}

void
tvt_release(const struct tvt_allocator *allocator, void *p, size_t size)
{
    if (p == NULL)
        return;
    if (allocator == NULL || allocator->alloc == NULL)
        free(p);
    else if (allocator->release != NULL)
        allocator->release(allocator->user, p, size == 0 ? 1 : size);
}

void
tvt_release_wiped(const struct tvt_allocator *allocator, void *p, size_t size)
{
    if (p == NULL)
        return;
    tvt_wipe(p, size);
    tvt_release(allocator, p, size);
}

/* The byte in front of the aligned block says how far in front the allocator's own begins: 1 .. TVT_ALIGN. */
void *
tvt_alloc_aligned(const struct tvt_allocator *allocator, size_t size)
{
    if (size > SIZE_MAX - TVT_ALIGN)
        return NULL;
    uint8_t *raw = tvt_alloc(allocator, size + TVT_ALIGN);
    if (raw == NULL)
        return NULL;
    size_t skip = TVT_ALIGN - (uintptr_t)raw % TVT_ALIGN;
    raw[skip - 1] = (uint8_t)skip;
    return raw + skip;
}

void
tvt_release_aligned(const struct tvt_allocator *allocator, void *p, size_t size)
{
    uint8_t *block = p;
    if (block == NULL)
        return;
    tvt_wipe(block, size);
    tvt_release(allocator, block - block[-1], size + TVT_ALIGN);
}

/* Bytes that one byte takes when printed. */
static size_t
printed_len(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f ? 1 : 4;
}

const char *
tvt_printable(char *out, size_t cap, struct tvt_span bytes)
{
    static const char dots[] = "...";
    size_t at = 0, whole = 0, i;

    if (cap == 0)
        return "";
    for (i = 0; i < bytes.len && whole < cap; i++)
        whole += printed_len(bytes.data[i]);
    /* All of it fits, or room is kept for the dots. */
    size_t room = i == bytes.len && whole < cap ? cap - 1 : cap > sizeof(dots) ? cap - sizeof(dots) : 0;
    for (i = 0; i < bytes.len && at + printed_len(bytes.data[i]) <= room; i++) {
        if (printed_len(bytes.data[i]) == 1)
            out[at] = (char)bytes.data[i];
        else
            (void)snprintf(out + at, cap - at, "\\x%02x", bytes.data[i]);
        at += printed_len(bytes.data[i]);
    }
    (void)snprintf(out + at, cap - at, "%s", i < bytes.len ? dots : "");
    return out;
}

void
tvt_arena_init(struct tvt_arena *arena, void *memory, size_t size)
{
    arena->base = memory;
    arena->size = size;
    arena->used = 0;
}

void *
tvt_arena_take(struct tvt_arena *arena, size_t size)
{
    if (arena->base == NULL)
        return NULL;
    /* The address is aligned, not the offset: the block itself may be aligned to less. */
    size_t skip = (size_t)(0u - (uintptr_t)(arena->base + arena->used)) & (TVT_ALIGN - 1u);
    size_t left = arena->size - arena->used;
    if (skip > left || size > left - skip)
        return NULL;
    void *p = arena->base + arena->used + skip;
    arena->used += skip + size;
    return p;
}
