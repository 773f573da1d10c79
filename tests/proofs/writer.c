/* SPDX-License-Identifier: MIT
 *
 * Proofs of the byte writer of core/base/wire.h.
 */
#include "tests/proofs/proof.h"

/* Any writer that its invariant allows, over at most `max` bytes. */
static struct tvt_writer
any_writer(size_t max)
{
    struct tvt_writer w;
    size_t cap = nondet_size(), at = nondet_size();
    ASSUME(cap <= max && at <= cap);
    uint8_t *buffer = malloc(cap);
    ASSUME(buffer != NULL);
    w.start = buffer;
    w.p = buffer + at;
    w.end = buffer + cap;
    w.overflow = nondet_bool();
    return w;
}

/* One byte of the buffer, chosen by the checker: what holds for it holds for each. */
struct witness {
    size_t at;
    uint8_t value;
    bool some; /* false: the buffer is empty */
};

static struct witness
watch(const struct tvt_writer *w)
{
    struct witness one = {.at = nondet_size(), .some = w->end > w->start};
    ASSUME(!one.some || one.at < (size_t)(w->end - w->start));
    one.value = one.some ? w->start[one.at] : 0;
    return one;
}

/* The invariant after a call that writes `len` bytes, or none: overflow sticks, what does not fit is not written, and
 * no byte changes outside of those that were written. */
static void
claim_written(const struct tvt_writer *w, const struct tvt_writer *was, size_t len, struct witness one)
{
    bool fits = !was->overflow && len <= (size_t)(was->end - was->p);

    CLAIM(w->start == was->start && w->end == was->end);
    CLAIM(w->overflow == !fits);
    CLAIM(w->p == was->p + (fits ? len : 0));
    CLAIM(w->p >= w->start && w->p <= w->end);
    size_t from = (size_t)(was->p - was->start), to = (size_t)(w->p - w->start);
    CLAIM(!one.some || (one.at >= from && one.at < to) || w->start[one.at] == one.value);
    REACHES(!fits && !was->overflow && len > 0 && len == (size_t)(was->end - was->p) + 1);
    REACHES(!fits && was->overflow);
    REACHES(fits && w->p == w->end);
    REACHES(fits && w->p < w->end);
}

PROOF(writer_init, 2, "any capacity; no buffer")
{
    size_t cap = nondet_size();
    uint8_t *buffer = nondet_bool() ? malloc(cap) : NULL;
    struct tvt_writer w;

    tvt_writer_init(&w, buffer, cap);
    CLAIM(!w.overflow && tvt_writer_len(&w) == 0);
    CLAIM(tvt_writer_room(&w) == (buffer != NULL ? cap : 0));
    CLAIM(buffer == NULL || w.start == buffer);
    tvt_write_u8(&w, nondet_u8());
    CLAIM(w.overflow == (buffer == NULL || cap == 0));
    REACHES(buffer == NULL && cap > 0);
    REACHES(buffer != NULL && cap > 0);
}

static void
prove_number(unsigned width)
{
    struct tvt_writer w = any_writer(ANY_LENGTH), was = w;
    struct witness one = watch(&w);
    uint32_t v = nondet_u32();

    ASSUME(width == 4 || v >> (8 * width) == 0);
    if (width == 1)
        tvt_write_u8(&w, (uint8_t)v);
    else if (width == 2)
        tvt_write_u16(&w, (uint16_t)v);
    else if (width == 3)
        tvt_write_u24(&w, v);
    else
        tvt_write_u32(&w, v);
    claim_written(&w, &was, width, one);
    if (w.overflow)
        return;
    struct tvt_reader r;
    tvt_reader_init(&r, tvt_span(was.p, width));
    uint32_t back = width == 1   ? tvt_read_u8(&r, FIELD)
                    : width == 2 ? tvt_read_u16(&r, FIELD)
                    : width == 3 ? tvt_read_u24(&r, FIELD)
                                 : tvt_read_u32(&r, FIELD);
    CLAIM(back == v && tvt_reader_done(&r, FIELD));
    CLAIM(was.p[width - 1] == (v & 0xff));
    REACHES(v >> (8 * width - 1) != 0);
}

PROOF(write_u8, 2, "any capacity, any value")
{
    prove_number(1);
}

PROOF(write_u16, 3, "any capacity, any value")
{
    prove_number(2);
}

PROOF(write_u24, 4, "any capacity, any value")
{
    prove_number(3);
}

PROOF(write_u32, 5, "any capacity, any value")
{
    prove_number(4);
}

PROOF(write_reserve, 1, "any capacity, any length")
{
    struct tvt_writer w = any_writer(ANY_LENGTH), was = w;
    struct witness one = watch(&w);
    size_t len = nondet_size();
    uint8_t *p = tvt_write_reserve(&w, len);

    claim_written(&w, &was, len, one);
    CLAIM(p == (w.overflow ? NULL : was.p));
    REACHES(len == SIZE_MAX);
}

PROOF(write_bytes, 10, "at most 8 bytes of capacity and of data")
{
    struct tvt_writer w = any_writer(8), was = w;
    struct witness one = watch(&w);
    struct tvt_span data = any_span(9);
    size_t at = nondet_size();

    if (data.len == 0 && nondet_bool())
        data.data = NULL;
    if (nondet_bool())
        tvt_write_span(&w, data);
    else
        tvt_write_bytes(&w, data.data, data.len);
    claim_written(&w, &was, data.len, one);
    CLAIM(w.overflow || at >= data.len || was.p[at] == data.data[at]);
    REACHES(data.data == NULL);
}

/* Between open and close anything may be written; to the length field itself nothing is. */
static void
prove_vector(unsigned width)
{
    struct tvt_writer w = any_writer(ANY_LENGTH), was = w;
    struct witness one = watch(&w);
    size_t mark = tvt_write_open(&w, width);
    size_t from = (size_t)(was.p - was.start);

    claim_written(&w, &was, width, one);
    CLAIM(mark == from);
    size_t len = nondet_size();
    if (!w.overflow && len > 0) {
        uint8_t *p = tvt_write_reserve(&w, len);
        if (p != NULL && one.some && one.at >= from + width && one.at < from + width + len)
            one.value = w.start[one.at] = nondet_u8();
    }
    struct tvt_writer before = w;
    tvt_write_close(&w, mark, width);
    bool fits = !before.overflow && len < (size_t)1 << (8 * width);
    CLAIM(w.overflow == !fits);
    CLAIM(w.start == was.start && w.end == was.end && w.p == before.p);
    CLAIM(!one.some || (!was.overflow && one.at >= from && one.at < from + width) || w.start[one.at] == one.value);
    if (fits) {
        struct tvt_reader r;
        tvt_reader_init(&r, tvt_span(was.p, width + len));
        struct tvt_span back = width == 1   ? tvt_read_vec8(&r, 0, SIZE_MAX, FIELD)
                               : width == 2 ? tvt_read_vec16(&r, 0, SIZE_MAX, FIELD)
                                            : tvt_read_vec24(&r, 0, SIZE_MAX, FIELD);
        CLAIM(tvt_reader_done(&r, FIELD) && back.data == was.p + width && back.len == len);
    }
    REACHES(fits && len == ((size_t)1 << (8 * width)) - 1);
    REACHES(!before.overflow && len == (size_t)1 << (8 * width));
    REACHES(fits && len == 0);
    REACHES(before.overflow && !was.overflow);
}

PROOF(write_vec8, 2, "any capacity, any length of the contents")
{
    prove_vector(1);
}

PROOF(write_vec16, 3, "any capacity, any length of the contents")
{
    prove_vector(2);
}

PROOF(write_vec24, 4, "any capacity, any length of the contents")
{
    prove_vector(3);
}

PROOF(load_store, 9, "any value")
{
    uint8_t *two = malloc(2), *three = malloc(3), *eight = malloc(8);
    uint16_t v = nondet_u16();
    uint64_t wide = nondet_u64();

    ASSUME(two != NULL && three != NULL && eight != NULL);
    tvt_store_u16(two, v);
    CLAIM(tvt_load_u16(two) == v && two[0] == v >> 8);
    CLAIM(tvt_load_u24(three) == ((uint32_t)three[0] << 16 | (uint32_t)tvt_load_u16(three + 1)));
    tvt_store_u64(eight, wide);
    for (unsigned i = 0; i < 8; i++)
        CLAIM(eight[i] == (wide >> (56 - 8 * i) & 0xff));
    REACHES(v == 0xffff && wide == UINT64_MAX);
}
