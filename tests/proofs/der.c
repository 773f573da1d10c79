/* SPDX-License-Identifier: MIT
 *
 * Proofs of the DER reader of core/x509/der.h: headers, entering and leaving, and the primitive types but for times.
 */
#include "tests/proofs/proof.h"

#include <stdarg.h>
#include <stdio.h>

/* der_read has no bound. What stands on it adds nothing to what a length can do: it judges the first bytes of the
 * contents, and the last. */
#define VALUE_MAX 32

/* ---- headers ---------------------------------------------------------------------------------------------------- */

/* X.690 10.1: how many bytes the shortest form of a length has, tag and length. */
static size_t
header_size(size_t len)
{
    return len < 0x80 ? 2 : len < 0x100 ? 3 : len < 0x10000 ? 4 : len < 0x1000000 ? 5 : 6;
}

/* The header at p is the DER form of `len`; all its bytes are there. */
static bool
is_header(const uint8_t *p, size_t len)
{
    switch (header_size(len)) {
    case 2:
        return p[1] == len;
    case 3:
        return p[1] == 0x81 && p[2] == len;
    case 4:
        return p[1] == 0x82 && p[2] == len >> 8 && p[3] == (len & 0xff);
    case 5:
        return p[1] == 0x83 && p[2] == len >> 16 && p[3] == (len >> 8 & 0xff) && p[4] == (len & 0xff);
    default:
        return false;
    }
}

/* Makes what lies at the cursor the header of `len` bytes of contents, all of them there, when the checker wants so. */
static bool
assume_header(const struct tvt_reader *r, size_t len)
{
    size_t left = tvt_reader_left(r), header = header_size(len);
    if (left < header || left - header < len || (*r->p & 0x1f) == 0x1f)
        return false;
    return is_header(r->p, len);
}

/* What holds after every call that reads one value: a span is the contents of a header in its one right form. */
static void
claim_value(struct tvt_span v, const struct tvt_reader *r, const struct tvt_reader *was)
{
    claim_reader(r, was);
    if (r->bad != NULL) {
        CLAIM(v.data == NULL && v.len == 0);
        if (was->bad == NULL) {
            CLAIM(r->bad == FIELD);
            CLAIM(r->bad_offset == (size_t)(was->p - was->start));
            CLAIM(r->bad_kind == TVT_READ_TRUNCATED || r->bad_kind == TVT_DER_FAULT_TAG ||
                  r->bad_kind == TVT_DER_FAULT_LENGTH);
        }
        return;
    }
    claim_inside(v, r, was);
    CLAIM(v.data == was->p + header_size(v.len) && is_header(was->p, v.len) && (*was->p & 0x1f) != 0x1f);
}

PROOF(der_peek, 1, "any length")
{
    struct tvt_reader r = any_reader(ANY_LENGTH);
    uint8_t tag = tvt_der_peek(&r);

    CLAIM(tag == (r.p == r.end ? 0 : *r.p));
    REACHES(tag == 0x30);
    REACHES(r.p == r.end && r.bad == NULL);
}

PROOF(der_read, 4, "any length, any tag")
{
    struct tvt_reader r = any_reader(ANY_LENGTH), was = r;
    uint8_t tag = nondet_u8();
    size_t len = nondet_size();
    bool right = was.bad == NULL && assume_header(&r, len) && *r.p == tag;
    struct tvt_span v = tvt_der_read(&r, tag, FIELD);

    claim_value(v, &r, &was);
    CLAIM(!right || (r.bad == NULL && v.len == len));
    CLAIM(r.bad != NULL || *was.p == tag);
    REACHES(r.bad == NULL && v.len == 0 && r.p == r.end);
    REACHES(r.bad == NULL && v.len == 0x7f && r.p == r.end);
    REACHES(r.bad == NULL && v.len == 0x80);
    REACHES(r.bad == NULL && v.len == 0xff);
    REACHES(r.bad == NULL && v.len == 0x100);
    REACHES(r.bad == NULL && v.len == 0x10000);
    REACHES(r.bad == NULL && v.len == 0xffffff && r.p == r.end);
    REACHES(was.bad == NULL && r.bad != NULL && tvt_reader_left(&was) > 0x1000004);
    REACHES(was.bad == NULL && r.bad != NULL && r.bad_kind == TVT_DER_FAULT_LENGTH && tvt_reader_left(&was) == 4);
    REACHES(was.bad == NULL && r.bad != NULL && r.bad_kind == TVT_DER_FAULT_TAG && *was.p == tag);
    REACHES(was.bad == NULL && r.bad != NULL && r.bad_kind == TVT_READ_TRUNCATED && tvt_reader_left(&was) == 1);
    REACHES(right && len == 0xffffff);
}

PROOF(der_read_any, 4, "at most 32 bytes")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r;
    size_t len = nondet_size();
    bool right = was.bad == NULL && assume_header(&r, len);
    uint8_t tag;
    struct tvt_span v = tvt_der_read_any(&r, &tag, FIELD);

    claim_value(v, &r, &was);
    CLAIM(!right || (r.bad == NULL && v.len == len));
    CLAIM(tag == (r.bad != NULL ? 0 : *was.p));
    REACHES(right && tag == 0xa3 && len == 30);
    REACHES(was.bad == NULL && r.bad != NULL && tvt_reader_left(&was) > 8);
}

PROOF(der_read_whole, 4, "at most 32 bytes, any tag")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r;
    uint8_t tag = nondet_u8();
    struct tvt_span v = tvt_der_read_whole(&r, tag, FIELD);

    if (r.bad == NULL) {
        CLAIM(v.data == was.p && v.len >= 2);
        struct tvt_reader again = was;
        struct tvt_span contents = tvt_der_read(&again, tag, FIELD);
        claim_value(contents, &r, &was);
        CLAIM(contents.data + contents.len == v.data + v.len);
    } else {
        claim_value(v, &r, &was);
    }
    REACHES(r.bad == NULL && v.len == 2);
    REACHES(r.bad == NULL && v.len == 32);
}

PROOF(der_read_optional, 4, "at most 32 bytes, any tag")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r;
    uint8_t tag = nondet_u8();
    struct tvt_span v;
    bool there = was.p < was.end && *was.p == tag;
    bool got = tvt_der_read_optional(&r, &v, tag, FIELD);

    if (got || there) {
        claim_value(v, &r, &was);
        CLAIM(got == (r.bad == NULL));
    } else {
        claim_reader(&r, &was);
        CLAIM(r.p == was.p && r.bad == was.bad && v.data == NULL && v.len == 0);
    }
    REACHES(got && v.len == 0);
    REACHES(!got && there);
    REACHES(!got && !there && was.bad == NULL && was.p < was.end);
}

/* ---- nested values ---------------------------------------------------------------------------------------------- */

PROOF(der_enter_leave, 4, "at most 32 bytes, two levels with any reads between")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r, sub;

    tvt_der_enter(&r, &sub, TVT_DER_SEQUENCE, FIELD);
    claim_reader(&r, &was);
    CLAIM(sub.start == was.start && sub.p >= was.p && sub.p <= sub.end && sub.end <= was.end);
    CLAIM((sub.bad != NULL) == (r.bad != NULL));
    CLAIM(sub.bad == NULL || sub.p == sub.end);
    CLAIM(sub.bad != NULL || (sub.end == r.p && is_header(was.p, tvt_reader_left(&sub))));

    struct tvt_reader inner = sub, outer = r;
    struct tvt_span v = tvt_der_read(&sub, nondet_u8(), FIELD);
    claim_value(v, &sub, &inner);
    tvt_der_leave(&r, &sub, FIELD);
    claim_reader(&r, &outer);
    CLAIM((r.bad == NULL) == (sub.bad == NULL));
    CLAIM(r.bad != NULL || (sub.p == sub.end && r.p == outer.p));
    CLAIM(outer.bad != NULL || r.bad == NULL || (r.bad_offset == sub.bad_offset && r.bad_kind == sub.bad_kind));
    REACHES(r.bad == NULL && v.len > 0 && r.p < r.end);
    REACHES(outer.bad == NULL && r.bad != NULL && r.bad_kind == TVT_READ_TRAILING);
    REACHES(outer.bad == NULL && r.bad != NULL && r.bad_kind == TVT_DER_FAULT_LENGTH);
    REACHES(was.bad == NULL && outer.bad != NULL);
}

PROOF(der_fault_at, 1, "any reader, any byte of it")
{
    struct tvt_reader r = any_reader(ANY_LENGTH), was = r;
    size_t offset = nondet_size();
    enum tvt_der_fault kind = (enum tvt_der_fault)nondet_u8();

    ASSUME(offset <= (size_t)(r.end - r.start));
    tvt_der_fault_at(&r, FIELD, r.start + offset, kind);
    claim_reader(&r, &was);
    CLAIM(r.bad != NULL && r.p == r.end);
    if (was.bad == NULL)
        claim_fault(&r, was.start + offset, kind);
    REACHES(was.bad == NULL && offset > 0);
    REACHES(was.bad != NULL);
}

/* ---- primitive types -------------------------------------------------------------------------------------------- */

/* A call that read a value and judged it: nothing comes of a fault, and what is new of it lies in the value. */
static void
claim_judged(const struct tvt_reader *r, const struct tvt_reader *was)
{
    claim_reader(r, was);
    CLAIM(was->bad != NULL || r->bad == NULL || r->bad == FIELD);
    CLAIM(was->bad != NULL || r->bad == NULL ||
          (r->bad_offset >= (size_t)(was->p - was->start) && r->bad_offset <= (size_t)(was->end - was->start)));
}

/* The contents as a plain read gives them, of which the call under proof says whether they are right. */
static struct tvt_span
plain(const struct tvt_reader *was, uint8_t tag)
{
    struct tvt_reader r = *was;
    return tvt_der_read(&r, tag, FIELD);
}

PROOF(der_boolean, 4, "at most 32 bytes")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r;
    struct tvt_span v = plain(&was, TVT_DER_BOOLEAN);
    bool value = tvt_der_read_boolean(&r, FIELD);

    claim_judged(&r, &was);
    CLAIM((r.bad == NULL) == (v.data != NULL && v.len == 1 && (v.data[0] == 0 || v.data[0] == 0xff)));
    CLAIM(value == (r.bad == NULL && v.data[0] == 0xff));
    REACHES(r.bad == NULL && value);
    REACHES(r.bad == NULL && !value);
    REACHES(v.data != NULL && r.bad != NULL && v.len == 1);
}

PROOF(der_boolean_default, 4, "at most 32 bytes")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r;
    bool there = was.p < was.end && *was.p == TVT_DER_BOOLEAN;
    struct tvt_span v = plain(&was, TVT_DER_BOOLEAN);
    bool value = tvt_der_read_boolean_default_false(&r, FIELD);

    claim_judged(&r, &was);
    CLAIM(value == (there && v.data != NULL && v.len == 1 && v.data[0] == 0xff));
    CLAIM(there ? value == (r.bad == NULL) : r.bad == was.bad && r.p == was.p);
    REACHES(value);
    REACHES(!there && was.bad == NULL);
    REACHES(there && v.data != NULL && v.len == 1 && v.data[0] == 0);
}

/* X.690 8.3.2: the first nine bits are not all alike. */
static bool
shortest_integer(struct tvt_span v)
{
    if (v.data == NULL || v.len == 0)
        return false;
    unsigned nine = (unsigned)v.data[0] << 1 | (v.len > 1 ? v.data[1] >> 7 : 0u);
    return v.len == 1 || (nine != 0 && nine != 0x1ff);
}

PROOF(der_integer, 4, "at most 32 bytes")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r;
    struct tvt_span v = plain(&was, TVT_DER_INTEGER), got = tvt_der_read_integer(&r, FIELD);

    claim_judged(&r, &was);
    CLAIM((r.bad == NULL) == shortest_integer(v));
    CLAIM(r.bad == NULL ? got.data == v.data && got.len == v.len : got.data == NULL && got.len == 0);
    REACHES(r.bad == NULL && got.len == 1 && got.data[0] == 0);
    REACHES(r.bad == NULL && got.len == 2 && got.data[0] == 0xff);
    REACHES(r.bad == NULL && got.len == 21);
    REACHES(v.data != NULL && v.len == 0 && r.p == r.end);
    REACHES(v.data != NULL && r.bad != NULL && v.len == 2);
}

PROOF(der_unsigned, 4, "at most 32 bytes")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r;
    struct tvt_span v = plain(&was, TVT_DER_INTEGER), got = tvt_der_read_unsigned(&r, FIELD);

    claim_judged(&r, &was);
    CLAIM((r.bad == NULL) == (shortest_integer(v) && v.data[0] < 0x80));
    if (r.bad != NULL) {
        CLAIM(got.data == NULL && got.len == 0);
    } else {
        CLAIM(got.data + got.len == v.data + v.len && v.len - got.len == (v.data[0] == 0));
        CLAIM(got.len == 0 || got.data[0] != 0);
    }
    REACHES(r.bad == NULL && got.len == 0);
    REACHES(r.bad == NULL && got.len == 1 && got.data[0] == 0xff);
    REACHES(r.bad != NULL && shortest_integer(v));
}

PROOF(der_small, 5, "at most 32 bytes, any maximum")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r;
    struct tvt_span v = plain(&was, TVT_DER_INTEGER);
    uint32_t max = nondet_u32(), got = tvt_der_read_small(&r, max, FIELD);

    claim_judged(&r, &was);
    CLAIM(got <= max);
    CLAIM(r.bad == NULL || got == 0);
    if (r.bad == NULL) {
        CLAIM(shortest_integer(v) && v.len <= 5);
        size_t at = nondet_size();
        CLAIM(at >= v.len || v.data[v.len - 1 - at] == ((uint64_t)got >> (8 * at) & 0xff));
    }
    CLAIM(r.bad == NULL || !shortest_integer(v) || v.len != 1 || v.data[0] >= 0x80 || v.data[0] > max);
    REACHES(r.bad == NULL && got == UINT32_MAX);
    REACHES(r.bad == NULL && got == 0 && max == 0);
    REACHES(r.bad != NULL && shortest_integer(v) && v.len == 2 && v.data[0] == 0);
}

PROOF(der_bits, 4, "at most 32 bytes")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r;
    bool whole = nondet_bool();
    unsigned unused = nondet_unsigned();
    struct tvt_span v = plain(&was, TVT_DER_BIT_STRING);
    struct tvt_span got = tvt_der_read_bits(&r, whole ? NULL : &unused, FIELD);

    claim_judged(&r, &was);
    if (r.bad != NULL) {
        CLAIM(got.data == NULL && got.len == 0);
        CLAIM(whole || unused == 0);
        CLAIM(v.data == NULL || v.len == 0 || v.data[0] != 0);
    } else {
        unsigned spare = v.data[0];
        CLAIM(v.data != NULL && got.data == v.data + 1 && got.len == v.len - 1);
        CLAIM(spare <= (whole ? 0 : 7) && (whole || unused == spare));
        CLAIM(spare == 0 || (got.len > 0 && v.data[v.len - 1] >> spare << spare == v.data[v.len - 1]));
    }
    REACHES(r.bad == NULL && whole && got.len == 0);
    REACHES(r.bad == NULL && !whole && unused == 7);
    REACHES(r.bad != NULL && v.len == 1);
    REACHES(r.bad != NULL && v.data != NULL && v.len == 0);
    REACHES(r.bad != NULL && !whole && v.len == 3 && v.data[0] == 4);
}

PROOF(der_null, 4, "at most 32 bytes")
{
    struct tvt_reader r = any_reader(VALUE_MAX), was = r;
    struct tvt_span v = plain(&was, TVT_DER_NULL);

    tvt_der_read_null(&r, FIELD);
    claim_judged(&r, &was);
    CLAIM((r.bad == NULL) == (v.data != NULL && v.len == 0));
    REACHES(r.bad == NULL);
    REACHES(r.bad != NULL && v.data != NULL);
}

/* ---- object identifiers ----------------------------------------------------------------------------------------- */

#define OID_MAX 12

PROOF(der_oid, OID_MAX + 4, "at most 12 bytes of contents")
{
    struct tvt_reader r = any_reader(OID_MAX + 2), was = r;
    struct tvt_span v = plain(&was, TVT_DER_OID), got = tvt_der_read_oid(&r, FIELD);
    size_t at = nondet_size();

    claim_judged(&r, &was);
    if (r.bad == NULL) {
        CLAIM(v.data != NULL && got.data == v.data && got.len == v.len && got.len > 0);
        CLAIM(got.data[got.len - 1] < 0x80 && got.data[0] != 0x80);
        CLAIM(at == 0 || at >= got.len || got.data[at - 1] >= 0x80 || got.data[at] != 0x80);
    } else {
        CLAIM(got.data == NULL && got.len == 0);
    }
    bool small = v.data != NULL && at < v.len; /* a fault where every byte is an arc of its own would be wrong */
    for (size_t i = 0; i < v.len; i++)
        small = small && v.data[i] < 0x80;
    CLAIM(!small || r.bad == NULL);
    REACHES(r.bad == NULL && got.len == OID_MAX);
    REACHES(r.bad == NULL && got.len == 2 && got.data[0] >= 0x80 && got.data[1] >= 0x40);
    REACHES(r.bad != NULL && v.len == OID_MAX && v.data[11] < 0x80);
}

/* Stands for the C library's: it may write anywhere in the room that it is told of (nothing reads what it wrote), and may
 * return any number. */
int
snprintf(char *out, size_t cap, const char *format, ...)
{
    CLAIM(format != NULL && cap > 0 && __CPROVER_w_ok(out, cap));
    return nondet_int();
}

PROOF(oid_text, 13, "at most 11 bytes, valid or not, any room up to 48 characters")
{
    struct tvt_span oid = any_span(11);
    size_t cap = nondet_size();

    ASSUME(cap <= 48);
    char *out = malloc(cap);
    ASSUME(out != NULL);
    const char *text = tvt_oid_text(out, cap, oid);
    CLAIM(text == out);
    REACHES(cap == 0);
    REACHES(cap == 1 && oid.len > 1);
    REACHES(oid.len == 11);
}

/* ---- what is said of a fault ------------------------------------------------------------------------------------ */

static const struct tvt_reader *raised_for;
static bool raised;

/* Stands for the raiser of core/base/error.c: the first error sticks. */
enum tvt_result
tvt_error_raise_detail(struct tvt_error *error, enum tvt_error_code code, const char *message, const char *field,
                       const char *file, int line, const char *format, ...)
{
    va_list arguments;

    CLAIM(field == raised_for->bad && file != NULL && line > 0 && format != NULL && message == FIELD);
    va_start(arguments, format);
    const char *words = va_arg(arguments, const char *);
    va_end(arguments);
    CLAIM(words != NULL && words[0] != '\0');
    raised = true;
    if (error != NULL && error->code == TVT_E_NONE)
        error->code = code;
    return TVT_FAIL;
}

PROOF(der_fail, 1, "any reader, any kind of fault, any error record")
{
    struct tvt_reader r = any_reader(ANY_LENGTH);
    struct tvt_error *error = malloc(sizeof(*error));

    ASSUME(r.bad != NULL && error != NULL);
    struct tvt_error was = *error;
    bool without = nondet_bool();
    raised_for = &r;
    CLAIM(tvt_der_fail(without ? NULL : error, TVT_E_INTERNAL, FIELD, &r) == TVT_FAIL);
    CLAIM(raised);
    CLAIM(error->offset == (!without && was.code == TVT_E_NONE ? r.bad_offset : was.offset));
    REACHES(without);
    REACHES(!without && was.code == TVT_E_NONE);
    REACHES(!without && was.code != TVT_E_NONE);
}

PROOF(der_fault_words, 1, "any number")
{
    unsigned kind = nondet_unsigned();
    const char *words = tvt_der_fault_words(kind);

    CLAIM(words != NULL && words[0] != '\0');
    REACHES(kind == TVT_DER_FAULT_REPEATED);
    REACHES(kind == TVT_DER_FAULT_ORDER);
    REACHES(kind > 255);
}
