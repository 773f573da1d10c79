/* SPDX-License-Identifier: MIT
 *
 * What the proofs share: values that the checker chooses, claims that it must prove, cases that it must reach.
 *
 * A proof starts from any state that the invariant of a reader or a writer allows, not from a fresh one, and shows
 * that the invariant holds after the call: so what is proved of one call holds for calls in any order and number.
 * The objects are exactly as long as the reader or writer says: one byte outside is a fault that the checker sees.
 */
#ifndef TVT_TESTS_PROOFS_PROOF_H
#define TVT_TESTS_PROOFS_PROOF_H

#include "core/x509/der.h"

#include <stdlib.h>

/* The runner finds the proofs by this line: name, unwinding of loops, and what the proof covers, in words. */
#define PROOF(name, unwind, words) \
    void proof_##name(void);       \
    void proof_##name(void)
/* The same with a planted fault; `property` is the kind of check that must find it. */
#define CANARY(name, unwind, property) \
    void canary_##name(void);          \
    void canary_##name(void)

/* In the program of this file, every call of `function` in the sources is one of `stand_in`, of the same type: the runner
 * sees to it. */
#define REPLACES(function, stand_in) _Static_assert(sizeof(&(function) == &(stand_in)) != 0, "of the same type")

#define ASSUME(condition) __CPROVER_assume(condition)
#define CLAIM(condition) __CPROVER_assert((condition), "claim: " #condition)
/* The checker must find an execution with this: a proof whose assumptions exclude each other would not have one. */
#define REACHES(condition) __CPROVER_assert(!(condition), "reaches: " #condition)

/* Functions without a body whose names begin so return any value of their type. */
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
int64_t nondet_i64(void);
unsigned nondet_unsigned(void);
int nondet_int(void);
size_t nondet_size(void);
bool nondet_bool(void);

#define ANY_LENGTH SIZE_MAX /* every length that an object of the checker can have (2^55 bytes) */

static const char FIELD[] = "field";
static const char EARLIER[] = "an earlier field";

/* Any bytes, at most `max` of them. */
static inline struct tvt_span
any_span(size_t max)
{
    size_t size = nondet_size();
    ASSUME(size <= max);
    uint8_t *data = malloc(size);
    ASSUME(data != NULL);
    return tvt_span(data, size);
}

/* Any reader that its invariant allows, with at most `max` bytes left; `bad` tells whether a read has failed before. A
 * small bound is the length of the object, in which the cursor stands anywhere: less work than any length up to it. */
static inline struct tvt_reader
any_reader(size_t max)
{
    size_t size = max > 64 ? nondet_size() : max;
    ASSUME(size <= max);
    uint8_t *data = malloc(size);
    ASSUME(data != NULL);
    struct tvt_span all = {data, size};
    struct tvt_reader r = {.start = all.data, .end = all.data + all.len};
    size_t at = nondet_size();
    ASSUME(at <= all.len);
    r.p = r.start + at;
    if (nondet_bool()) {
        r.p = r.end;
        r.bad = EARLIER;
        r.bad_offset = nondet_size();
        r.bad_kind = nondet_u8();
    }
    return r;
}

/* The invariant after a call: the cursor moved forward or not at all, and not past the end; a fault empties the
 * reader; an earlier fault is still there as it was. */
static inline void
claim_reader(const struct tvt_reader *r, const struct tvt_reader *was)
{
    CLAIM(r->start == was->start && r->end == was->end);
    CLAIM(r->p >= was->p && r->p <= r->end);
    CLAIM(r->bad == NULL || r->p == r->end);
    CLAIM(was->bad == NULL ||
          (r->bad == was->bad && r->bad_offset == was->bad_offset && r->bad_kind == was->bad_kind));
}

/* The reader was good and now holds this fault. */
static inline void
claim_fault(const struct tvt_reader *r, const uint8_t *at, unsigned kind)
{
    CLAIM(r->bad == FIELD);
    CLAIM(r->bad_offset == (size_t)(at - r->start));
    CLAIM(r->bad_kind == kind);
}

/* A span that a reader gave: inside what was left, and behind it the reader goes on. */
static inline void
claim_inside(struct tvt_span s, const struct tvt_reader *r, const struct tvt_reader *was)
{
    CLAIM(s.data != NULL);
    CLAIM(s.data >= was->p && s.len <= (size_t)(was->end - s.data));
    CLAIM(r->p == s.data + s.len);
}

#endif
