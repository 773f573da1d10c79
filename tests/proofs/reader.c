/* SPDX-License-Identifier: MIT
 *
 * Proofs of the byte reader of core/base/wire.h.
 */
#include "tests/proofs/proof.h"

/* What `width` bytes mean as a number. */
static uint32_t
big_endian(const uint8_t *p, unsigned width)
{
    uint32_t v = p[width - 1];
    if (width >= 2)
        v |= (uint32_t)p[width - 2] << 8;
    if (width >= 3)
        v |= (uint32_t)p[width - 3] << 16;
    if (width >= 4)
        v |= (uint32_t)p[width - 4] << 24;
    return v;
}

PROOF(reader_init, 1, "any length, NULL for none")
{
    struct tvt_span data = any_span(ANY_LENGTH);
    struct tvt_reader r;

    if (data.len == 0 && nondet_bool())
        data.data = NULL;
    tvt_reader_init(&r, data);
    CLAIM(r.bad == NULL && r.p == r.start);
    CLAIM(tvt_reader_left(&r) == data.len && tvt_reader_offset(&r) == 0);
    CLAIM(data.len == 0 || r.p == data.data);
    CLAIM(tvt_reader_done(&r, FIELD) == (data.len == 0));
    REACHES(data.data == NULL);
    REACHES(data.len > 1);
}

PROOF(reader_sub, 1, "any part of any parent")
{
    struct tvt_reader parent = any_reader(ANY_LENGTH), r, was = parent;
    size_t len = nondet_size();
    struct tvt_span part = tvt_read_bytes(&parent, len, FIELD);

    if (part.len == 0 && nondet_bool())
        part.data = NULL;
    tvt_reader_sub(&r, &parent, part);
    CLAIM(r.start == was.start && r.bad == NULL && tvt_reader_left(&r) == part.len);
    CLAIM(r.p >= was.p && r.end <= was.end);
    CLAIM(tvt_reader_offset(&r) == (size_t)(r.p - was.start));
    REACHES(part.len > 0 && r.end < was.end);
    REACHES(part.data == NULL);
}

static void
prove_number(unsigned width)
{
    struct tvt_reader r = any_reader(ANY_LENGTH), was = r;
    uint32_t v = width == 1   ? tvt_read_u8(&r, FIELD)
                 : width == 2 ? tvt_read_u16(&r, FIELD)
                 : width == 3 ? tvt_read_u24(&r, FIELD)
                              : tvt_read_u32(&r, FIELD);

    claim_reader(&r, &was);
    if (was.bad != NULL) {
        CLAIM(v == 0);
    } else if (tvt_reader_left(&was) < width) {
        CLAIM(v == 0);
        claim_fault(&r, was.p, TVT_READ_TRUNCATED);
    } else {
        CLAIM(r.bad == NULL && r.p == was.p + width);
        CLAIM(v == big_endian(was.p, width));
    }
    REACHES(was.bad != NULL);
    REACHES(was.bad == NULL && r.bad != NULL && tvt_reader_left(&was) == width - 1);
    REACHES(r.bad == NULL && tvt_reader_left(&r) == 0);
    REACHES(r.bad == NULL && tvt_reader_left(&r) > 0);
}

PROOF(read_u8, 2, "any length")
{
    prove_number(1);
}

PROOF(read_u16, 3, "any length")
{
    prove_number(2);
}

PROOF(read_u24, 4, "any length")
{
    prove_number(3);
}

PROOF(read_u32, 5, "any length")
{
    prove_number(4);
}

PROOF(read_bytes, 1, "any length of the buffer and of the field")
{
    struct tvt_reader r = any_reader(ANY_LENGTH), was = r;
    size_t len = nondet_size();
    struct tvt_span s = tvt_read_bytes(&r, len, FIELD);

    claim_reader(&r, &was);
    CLAIM(s.data != NULL);
    if (was.bad == NULL && len > tvt_reader_left(&was))
        claim_fault(&r, was.p, TVT_READ_TRUNCATED);
    if (r.bad == NULL) {
        CLAIM(s.data == was.p && s.len == len);
        claim_inside(s, &r, &was);
    } else {
        CLAIM(s.len == 0);
    }
    REACHES(r.bad == NULL && len > 0 && r.p == r.end);
    REACHES(was.bad == NULL && len == tvt_reader_left(&was) + 1);
    REACHES(was.bad == NULL && len == SIZE_MAX);
}

static void
prove_vector(unsigned width)
{
    struct tvt_reader r = any_reader(ANY_LENGTH), was = r;
    size_t min = nondet_size(), max = nondet_size();
    struct tvt_span s = width == 1   ? tvt_read_vec8(&r, min, max, FIELD)
                        : width == 2 ? tvt_read_vec16(&r, min, max, FIELD)
                                     : tvt_read_vec24(&r, min, max, FIELD);

    claim_reader(&r, &was);
    CLAIM(s.data != NULL);
    if (was.bad == NULL && tvt_reader_left(&was) < width) {
        claim_fault(&r, was.p, TVT_READ_TRUNCATED);
    } else if (was.bad == NULL) {
        size_t len = big_endian(was.p, width);
        if (len < min || len > max)
            claim_fault(&r, was.p, TVT_READ_LENGTH);
        else if (len > tvt_reader_left(&was) - width)
            claim_fault(&r, was.p, TVT_READ_TRUNCATED);
        else
            CLAIM(r.bad == NULL && s.data == was.p + width && s.len == len);
    }
    if (r.bad == NULL)
        claim_inside(s, &r, &was);
    else
        CLAIM(s.len == 0);
    REACHES(was.bad == NULL && r.bad_kind == TVT_READ_LENGTH);
    REACHES(was.bad == NULL && r.bad != NULL && r.bad_kind == TVT_READ_TRUNCATED && tvt_reader_left(&was) > width);
    REACHES(r.bad == NULL && s.len == ((size_t)1 << (8 * width)) - 1 && tvt_reader_left(&r) == 0);
    REACHES(r.bad == NULL && s.len == 0 && tvt_reader_left(&r) == 0);
}

PROOF(read_vec8, 2, "any length, any bounds")
{
    prove_vector(1);
}

PROOF(read_vec16, 3, "any length, any bounds")
{
    prove_vector(2);
}

PROOF(read_vec24, 4, "any length, any bounds")
{
    prove_vector(3);
}

PROOF(reader_fault, 1, "any fault, any reader")
{
    struct tvt_reader r = any_reader(ANY_LENGTH), was = r;
    size_t offset = nondet_size();
    const char *field = nondet_bool() ? FIELD : NULL;
    enum tvt_read_fault kind = (enum tvt_read_fault)nondet_u8();

    tvt_reader_fault(&r, field, offset, kind);
    claim_reader(&r, &was);
    CLAIM(r.bad != NULL && r.p == r.end);
    CLAIM(was.bad != NULL ||
          (r.bad_offset == offset && r.bad_kind == kind && (field == NULL ? *r.bad == '\0' : r.bad == field)));
    REACHES(was.bad != NULL);
    REACHES(was.bad == NULL && field == NULL);
}

PROOF(reader_adopt, 1, "any two readers")
{
    struct tvt_reader r = any_reader(ANY_LENGTH), was = r, sub = any_reader(ANY_LENGTH);

    tvt_reader_adopt(&r, &sub);
    claim_reader(&r, &was);
    if (sub.bad == NULL)
        CLAIM(r.p == was.p && r.bad == was.bad);
    else if (was.bad == NULL)
        CLAIM(r.bad == sub.bad && r.bad_offset == sub.bad_offset && r.bad_kind == sub.bad_kind);
    REACHES(sub.bad == NULL && was.bad == NULL);
    REACHES(sub.bad != NULL && was.bad == NULL);
    REACHES(sub.bad != NULL && was.bad != NULL);
}

PROOF(reader_done, 1, "any reader")
{
    struct tvt_reader r = any_reader(ANY_LENGTH), was = r;
    bool done = tvt_reader_done(&r, FIELD);

    claim_reader(&r, &was);
    CLAIM(done == (was.bad == NULL && was.p == was.end));
    CLAIM(done == (r.bad == NULL));
    if (was.bad == NULL && !done)
        claim_fault(&r, was.p, TVT_READ_TRAILING);
    REACHES(done);
    REACHES(!done && was.bad == NULL);
    REACHES(!done && was.bad != NULL);
}

PROOF(span_equal, 9, "at most 8 bytes each")
{
    struct tvt_span a = any_span(8), b = any_span(8);

    if (a.len == 0 && nondet_bool())
        a.data = NULL;
    bool equal = tvt_span_equal(a, b), same = a.len == b.len;
    for (size_t i = 0; same && i < a.len; i++)
        same = a.data[i] == b.data[i];
    CLAIM(equal == same);
    REACHES(equal && a.len == 8);
    REACHES(equal && a.data == NULL);
    REACHES(!equal && a.len == b.len);
}

PROOF(span_string, 9, "strings of at most 7 characters")
{
    char text[8];
    struct tvt_span a = any_span(8);

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(nondet_u8() & 0x7f);
    text[sizeof(text) - 1] = '\0';
    struct tvt_span s = tvt_span_string(text);
    CLAIM(s.data == (const uint8_t *)text && s.len < sizeof(text) && text[s.len] == '\0');
    CLAIM(tvt_span_is(a, text) == tvt_span_equal(a, s));
    CLAIM(tvt_span_is(s, text));
    REACHES(tvt_span_is(a, text) && a.len == 7);
}
