/* SPDX-License-Identifier: MIT
 *
 * The strict DER reader: lengths, primitive types, times.
 */
#include "core/x509/der.h"

#include <stdio.h>
#include <string.h>

static const struct tvt_span no_bytes = {NULL, 0};

const char *
tvt_der_fault_words(unsigned kind)
{
    switch (kind) {
    case TVT_READ_TRUNCATED:
        return "reaches past the end";
    case TVT_READ_LENGTH:
        return "has a length outside its bounds";
    case TVT_READ_TRAILING:
        return "has bytes left over behind it";
    case TVT_DER_FAULT_TAG:
        return "has another type than it must have";
    case TVT_DER_FAULT_LENGTH:
        return "has a length that is not DER";
    case TVT_DER_FAULT_VALUE:
        return "has a value that is not allowed";
    case TVT_DER_FAULT_REPEATED:
        return "stands twice";
    case TVT_DER_FAULT_ORDER:
        return "has its parts in another order than DER";
    default:
        return "cannot be read";
    }
}

enum tvt_result
tvt_der_fail(struct tvt_error *error, enum tvt_error_code code, const char *message, const struct tvt_reader *r)
{
    bool first = error != NULL && error->code == TVT_E_NONE;
    (void)tvt_fail_detail(error, code, message, r->bad, "it %s", tvt_der_fault_words(r->bad_kind));
    if (first)
        error->offset = r->bad_offset;
    return TVT_FAIL;
}

void
tvt_der_fault_at(struct tvt_reader *r, const char *field, const uint8_t *at, enum tvt_der_fault kind)
{
    if (r->bad == NULL)
        tvt_reader_fault(r, field, (size_t)(at - r->start), (enum tvt_read_fault)kind);
}

/* A fault of the value that was just read. */
static void
fault_value(struct tvt_reader *r, const char *field, struct tvt_span value)
{
    tvt_der_fault_at(r, field, value.data, TVT_DER_FAULT_VALUE);
}

/* Tag and length at r->p: the contents go to *out, r->p moves behind them. Lengths up to 2^24 - 1 are enough for
 * every object here; longer ones cannot lie inside their bounds. */
static bool
read_header(struct tvt_reader *r, struct tvt_span *out, const char *field)
{
    const uint8_t *p = r->p;
    size_t left = (size_t)(r->end - p), len, header = 2;
    if (left < 2) {
        tvt_der_fault_at(r, field, p, (enum tvt_der_fault)TVT_READ_TRUNCATED);
        return false;
    }
    if ((p[0] & 0x1f) == 0x1f) {
        tvt_der_fault_at(r, field, p, TVT_DER_FAULT_TAG);
        return false;
    }
    len = p[1];
    if (len >= 0x80) {
        size_t width = len & 0x7f;
        if (width == 0 || width > 3 || left < 2 + width || p[2] == 0) {
            tvt_der_fault_at(r, field, p, TVT_DER_FAULT_LENGTH);
            return false;
        }
        len = 0;
        for (size_t i = 0; i < width; i++)
            len = len << 8 | p[2 + i];
        header += width;
        if (len < 0x80) {
            tvt_der_fault_at(r, field, p, TVT_DER_FAULT_LENGTH);
            return false;
        }
    }
    if (len > left - header) {
        tvt_der_fault_at(r, field, p, (enum tvt_der_fault)TVT_READ_TRUNCATED);
        return false;
    }
    out->data = p + header;
    out->len = len;
    r->p = p + header + len;
    return true;
}

uint8_t
tvt_der_peek(const struct tvt_reader *r)
{
    return r->p < r->end ? *r->p : 0;
}

struct tvt_span
tvt_der_read(struct tvt_reader *r, uint8_t tag, const char *field)
{
    struct tvt_span out;
    if (r->p < r->end && *r->p != tag) {
        tvt_der_fault_at(r, field, r->p, TVT_DER_FAULT_TAG);
        return no_bytes;
    }
    return read_header(r, &out, field) ? out : no_bytes;
}

struct tvt_span
tvt_der_read_whole(struct tvt_reader *r, uint8_t tag, const char *field)
{
    const uint8_t *from = r->p;
    struct tvt_span out = tvt_der_read(r, tag, field);
    if (out.data == NULL)
        return no_bytes;
    return tvt_span(from, (size_t)(out.data + out.len - from));
}

struct tvt_span
tvt_der_read_any(struct tvt_reader *r, uint8_t *tag, const char *field)
{
    struct tvt_span out;
    *tag = tvt_der_peek(r);
    if (!read_header(r, &out, field)) {
        *tag = 0;
        return no_bytes;
    }
    return out;
}

bool
tvt_der_read_optional(struct tvt_reader *r, struct tvt_span *out, uint8_t tag, const char *field)
{
    *out = no_bytes;
    if (r->p >= r->end || *r->p != tag)
        return false;
    *out = tvt_der_read(r, tag, field);
    return out->data != NULL;
}

void
tvt_der_enter(struct tvt_reader *r, struct tvt_reader *sub, uint8_t tag, const char *field)
{
    struct tvt_span part = tvt_der_read(r, tag, field);
    if (part.data == NULL) {
        *sub = *r;
        sub->p = sub->end;
        return;
    }
    tvt_reader_sub(sub, r, part);
}

void
tvt_der_leave(struct tvt_reader *r, struct tvt_reader *sub, const char *field)
{
    if (!tvt_reader_done(sub, field) && r->bad == NULL)
        tvt_reader_adopt(r, sub);
}

bool
tvt_der_read_boolean(struct tvt_reader *r, const char *field)
{
    struct tvt_span v = tvt_der_read(r, TVT_DER_BOOLEAN, field);
    if (v.data == NULL)
        return false;
    if (v.len != 1 || (v.data[0] != 0x00 && v.data[0] != 0xff)) {
        fault_value(r, field, v);
        return false;
    }
    return v.data[0] == 0xff;
}

bool
tvt_der_read_boolean_default_false(struct tvt_reader *r, const char *field)
{
    const uint8_t *at = r->p;
    if (tvt_der_peek(r) != TVT_DER_BOOLEAN)
        return false;
    bool value = tvt_der_read_boolean(r, field);
    if (!value)
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
    return value;
}

bool
tvt_der_integer_valid(struct tvt_span v)
{
    return v.len > 0 &&
           (v.len == 1 || !((v.data[0] == 0 && v.data[1] < 0x80) || (v.data[0] == 0xff && v.data[1] >= 0x80)));
}

struct tvt_span
tvt_der_read_integer(struct tvt_reader *r, const char *field)
{
    struct tvt_span v = tvt_der_read(r, TVT_DER_INTEGER, field);
    if (v.data == NULL)
        return no_bytes;
    if (!tvt_der_integer_valid(v)) {
        fault_value(r, field, v);
        return no_bytes;
    }
    return v;
}

struct tvt_span
tvt_der_read_unsigned(struct tvt_reader *r, const char *field)
{
    struct tvt_span v = tvt_der_read_integer(r, field);
    if (v.data == NULL)
        return no_bytes;
    if (v.data[0] >= 0x80) {
        fault_value(r, field, v);
        return no_bytes;
    }
    if (v.data[0] == 0) {
        v.data++;
        v.len--;
    }
    return v;
}

uint32_t
tvt_der_read_small(struct tvt_reader *r, uint32_t max, const char *field)
{
    const uint8_t *at = r->p;
    struct tvt_span v = tvt_der_read_unsigned(r, field);
    uint32_t value = 0;
    if (r->bad != NULL)
        return 0;
    if (v.len > 4) {
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
        return 0;
    }
    for (size_t i = 0; i < v.len; i++)
        value = value << 8 | v.data[i];
    if (value > max) {
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
        return 0;
    }
    return value;
}

bool
tvt_der_bits_valid(struct tvt_span v)
{
    unsigned spare = v.len > 0 ? v.data[0] : 8;
    if (spare > 7 || (spare > 0 && v.len == 1))
        return false;
    return (v.data[v.len - 1] & ((1u << spare) - 1)) == 0;
}

struct tvt_span
tvt_der_read_bits(struct tvt_reader *r, unsigned *unused, const char *field)
{
    struct tvt_span v = tvt_der_read(r, TVT_DER_BIT_STRING, field);
    if (unused != NULL)
        *unused = 0;
    if (v.data == NULL)
        return no_bytes;
    if (!tvt_der_bits_valid(v) || (unused == NULL && v.data[0] != 0)) {
        fault_value(r, field, v);
        return no_bytes;
    }
    if (unused != NULL)
        *unused = v.data[0];
    return tvt_span(v.data + 1, v.len - 1);
}

void
tvt_der_read_null(struct tvt_reader *r, const char *field)
{
    struct tvt_span v = tvt_der_read(r, TVT_DER_NULL, field);
    if (v.data != NULL && v.len != 0)
        fault_value(r, field, v);
}

/* X.690 8.19: the last byte ends an arc, no arc begins with 0x80. */
bool
tvt_der_oid_valid(struct tvt_span v)
{
    bool first = true;
    if (v.len == 0 || (v.data[v.len - 1] & 0x80) != 0)
        return false;
    for (size_t i = 0; i < v.len; i++) {
        if (first && v.data[i] == 0x80)
            return false;
        first = (v.data[i] & 0x80) == 0;
    }
    return true;
}

struct tvt_span
tvt_der_read_oid(struct tvt_reader *r, const char *field)
{
    struct tvt_span v = tvt_der_read(r, TVT_DER_OID, field);
    if (v.data != NULL && !tvt_der_oid_valid(v)) {
        fault_value(r, field, v);
        return no_bytes;
    }
    return v;
}

static int
two_digits(const uint8_t *p)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return -1;
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar, year 0..9999. */
static int64_t
days_from_civil(int year, int month, int day)
{
    static const int before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int past = year - 1;
    int64_t days = (int64_t)year * 365 + (year > 0 ? past / 4 - past / 100 + past / 400 + 1 : 0);
    return days - 719528 + before[month - 1] + (leap && month > 2) + day - 1;
}

bool
tvt_der_time(int64_t *out, uint8_t tag, struct tvt_span v, bool any_year)
{
    static const int month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const uint8_t *p = v.data;
    int year, f[5];
    if (tag == TVT_DER_UTC_TIME && v.len == 13) {
        year = two_digits(p);
        if (year < 0)
            return false;
        year += year < 50 ? 2000 : 1900;
        p += 2;
    } else if (tag == TVT_DER_GENERALIZED_TIME && v.len == 15) {
        int high = two_digits(p), low = two_digits(p + 2);
        if (high < 0 || low < 0)
            return false;
        year = high * 100 + low;
        if (!any_year && year >= 1950 && year < 2050)
            return false;
        p += 4;
    } else {
        return false;
    }
    for (int i = 0; i < 5; i++, p += 2)
        f[i] = two_digits(p);
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (*p != 'Z' || f[0] < 1 || f[0] > 12 || f[1] < 1 || f[1] > month_days[f[0] - 1] + (f[0] == 2 && leap) ||
        f[2] < 0 || f[2] > 23 || f[3] < 0 || f[3] > 59 || f[4] < 0 || f[4] > 59)
        return false;
    *out = days_from_civil(year, f[0], f[1]) * 86400 + f[2] * 3600 + f[3] * 60 + f[4];
    return true;
}

int64_t
tvt_der_read_time(struct tvt_reader *r, bool *odd, const char *field)
{
    uint8_t tag;
    int64_t seconds = 0, unused;
    const uint8_t *at = r->p;
    struct tvt_span v = tvt_der_read_any(r, &tag, field);
    if (r->bad != NULL)
        return 0;
    if (tag != TVT_DER_UTC_TIME && tag != TVT_DER_GENERALIZED_TIME)
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_TAG);
    else if (!tvt_der_time(&seconds, tag, v, true))
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
    else if (!tvt_der_time(&unused, tag, v, false))
        *odd = true;
    return seconds;
}

const char *
tvt_oid_text(char *out, size_t cap, struct tvt_span oid)
{
    uint64_t arc = 0;
    size_t at = 0;
    bool first = true;
    if (cap == 0)
        return out;
    out[0] = '\0';
    for (size_t i = 0; i < oid.len; i++) {
        int n;
        if (arc >> 57 != 0) {
            (void)snprintf(out, cap, "(an OID with a very large arc)");
            return out;
        }
        arc = arc << 7 | (oid.data[i] & 0x7f);
        if ((oid.data[i] & 0x80) != 0)
            continue;
        if (first) {
            unsigned top = arc < 40 ? 0 : arc < 80 ? 1 : 2;
            n = snprintf(out, cap, "%u.%llu", top, (unsigned long long)(arc - 40u * top));
        } else {
            n = snprintf(out + at, cap - at, ".%llu", (unsigned long long)arc);
        }
        if (n < 0 || (size_t)n >= cap - at) {
            if (cap > 3)
                out[cap - 2] = out[cap - 3] = out[cap - 4] = '.';
            return out;
        }
        at += (size_t)n;
        first = false;
        arc = 0;
    }
    return out;
}
