/* SPDX-License-Identifier: MIT
 *
 * base.h - the few types that every Trivet header shares.
 */
#ifndef TRIVET_BASE_H
#define TRIVET_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TVT_VERSION_MAJOR 0
#define TVT_VERSION_MINOR 1
#define TVT_VERSION_PATCH 0
#define TVT_VERSION_STRING "0.1.0"

#if defined(__GNUC__) || defined(__clang__)
#define TVT_MUST_USE __attribute__((warn_unused_result))
#define TVT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define TVT_MUST_USE
#define TVT_PRINTF(fmt, args)
#endif

/* What an operation of the core came to. No output integer shares this value. */
enum tvt_result {
    TVT_OK = 0,     /* done                                                              */
    TVT_PENDING,    /* a signer, a verdict or a look-up has not answered: call again     */
    TVT_WANT_READ,  /* more wire bytes from the peer are needed                          */
    TVT_WANT_WRITE, /* wire bytes must leave first: drain the output, then call again    */
    TVT_CLOSED,     /* closed in order (close_notify)                                    */
    TVT_FAIL        /* fatal; the error record says why                                  */
};

/* Bytes that somebody else owns. `data` may be NULL only when `len` is 0.
 * Lifetime: as the function that returns or takes it says. */
struct tvt_span {
    const uint8_t *data;
    size_t len; /* bytes */
};

/* Where the memory of a connection comes from. `alloc` returns memory aligned for any object (max_align_t)
 * or NULL; `release` takes what `alloc` gave with the same `size` in bytes (the bytes were wiped by the
 * caller where they were secret). NULL pointers in the struct mean malloc and free. Both must be
 * thread-safe if connections live in several threads. */
struct tvt_allocator {
    void *(*alloc)(void *user, size_t size);
    void (*release)(void *user, void *memory, size_t size);
    void *user;
};

#ifdef __cplusplus
}
#endif
#endif
