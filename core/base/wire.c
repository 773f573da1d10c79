/* SPDX-License-Identifier: MIT
 *
 * Bounded reader and writer: every byte that the core parses or builds goes through these.
 */
#include "core/base/wire.h"

#include "core/base/memory.h"

#include <string.h>

/* Stands for the data of an empty span without one, so that pointers can always be subtracted. */
static const uint8_t nothing[1];

void
tvt_reader_init(struct tvt_reader *r, struct tvt_span data)
{
    memset(r, 0, sizeof(*r));
    r->start = r->p = data.len > 0 ? data.data : nothing;
    r->end = r->p + data.len;
}

void
tvt_reader_sub(struct tvt_reader *r, const struct tvt_reader *parent, struct tvt_span part)
{
    memset(r, 0, sizeof(*r));
    r->start = parent->start;
    r->p = part.data != NULL ? part.data : parent->p;
    r->end = r->p + part.len;
}

size_t
tvt_reader_offset(const struct tvt_reader *r)
{
    return (size_t)(r->p - r->start);
}

void
tvt_reader_fault(struct tvt_reader *r, const char *field, size_t offset, enum tvt_read_fault kind)
{
    r->p = r->end;
    if (r->bad != NULL)
        return;
    r->bad = field != NULL ? field : "";
    r->bad_offset = offset;
    r->bad_kind = (uint8_t)kind;
}

/* The next `len` bytes, or NULL and a fault at `offset`, where the field that they belong to begins. */
static const uint8_t *
take(struct tvt_reader *r, size_t len, const char *field, size_t offset)
{
    if (len > tvt_reader_left(r)) {
        tvt_reader_fault(r, field, offset, TVT_READ_TRUNCATED);
        return NULL;
    }
    const uint8_t *p = r->p;
    r->p += len;
    return p;
}

static uint32_t
read_number(struct tvt_reader *r, unsigned width, const char *field)
{
    const uint8_t *p = take(r, width, field, tvt_reader_offset(r));
    uint32_t v = 0;

    for (unsigned i = 0; p != NULL && i < width; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t
tvt_read_u8(struct tvt_reader *r, const char *field)
{
    return (uint8_t)read_number(r, 1, field);
}

uint16_t
tvt_read_u16(struct tvt_reader *r, const char *field)
{
    return (uint16_t)read_number(r, 2, field);
}

uint32_t
tvt_read_u24(struct tvt_reader *r, const char *field)
{
    return read_number(r, 3, field);
}

uint32_t
tvt_read_u32(struct tvt_reader *r, const char *field)
{
    return read_number(r, 4, field);
}

struct tvt_span
tvt_read_bytes(struct tvt_reader *r, size_t len, const char *field)
{
    const uint8_t *p = take(r, len, field, tvt_reader_offset(r));

    return p != NULL ? tvt_span(p, len) : tvt_span(r->end, 0);
}

/* RFC 9846 3.4: a length outside the vector's bounds is malformed even if so many bytes are there. */
static struct tvt_span
read_vector(struct tvt_reader *r, unsigned width, size_t min, size_t max, const char *field)
{
    size_t offset = tvt_reader_offset(r);
    size_t len = read_number(r, width, field);

    if (r->bad == NULL && (len < min || len > max))
        tvt_reader_fault(r, field, offset, TVT_READ_LENGTH);
    const uint8_t *p = r->bad == NULL ? take(r, len, field, offset) : NULL;
    return p != NULL ? tvt_span(p, len) : tvt_span(r->end, 0);
}

struct tvt_span
tvt_read_vec8(struct tvt_reader *r, size_t min, size_t max, const char *field)
{
    return read_vector(r, 1, min, max, field);
}

struct tvt_span
tvt_read_vec16(struct tvt_reader *r, size_t min, size_t max, const char *field)
{
    return read_vector(r, 2, min, max, field);
}

struct tvt_span
tvt_read_vec24(struct tvt_reader *r, size_t min, size_t max, const char *field)
{
    return read_vector(r, 3, min, max, field);
}

void
tvt_reader_adopt(struct tvt_reader *parent, const struct tvt_reader *sub)
{
    if (sub->bad != NULL)
        tvt_reader_fault(parent, sub->bad, sub->bad_offset, (enum tvt_read_fault)sub->bad_kind);
}

bool
tvt_reader_done(struct tvt_reader *r, const char *field)
{
    if (r->bad == NULL && r->p != r->end)
        tvt_reader_fault(r, field, tvt_reader_offset(r), TVT_READ_TRAILING);
    return r->bad == NULL;
}

void
tvt_writer_init(struct tvt_writer *w, uint8_t *buffer, size_t cap)
{
    static uint8_t none[1]; /* never written: the room behind it is 0 */

    w->start = w->p = buffer != NULL ? buffer : none;
    w->end = w->start + (buffer != NULL ? cap : 0);
    w->overflow = false;
}

uint8_t *
tvt_write_reserve(struct tvt_writer *w, size_t len)
{
    if (w->overflow || len > tvt_writer_room(w)) {
        w->overflow = true;
        return NULL;
    }
    uint8_t *p = w->p;
    w->p += len;
    return p;
}

static void
store_number(uint8_t *p, unsigned width, uint32_t v)
{
    for (unsigned i = width; i > 0; v >>= 8)
        p[--i] = (uint8_t)(v & 0xff);
}

static void
write_number(struct tvt_writer *w, unsigned width, uint32_t v)
{
    uint8_t *p = tvt_write_reserve(w, width);

    if (p != NULL)
        store_number(p, width, v);
}

void
tvt_write_u8(struct tvt_writer *w, uint8_t v)
{
    write_number(w, 1, v);
}

void
tvt_write_u16(struct tvt_writer *w, uint16_t v)
{
    write_number(w, 2, v);
}

void
tvt_write_u24(struct tvt_writer *w, uint32_t v)
{
    write_number(w, 3, v);
}

void
tvt_write_u32(struct tvt_writer *w, uint32_t v)
{
    write_number(w, 4, v);
}

void
tvt_write_bytes(struct tvt_writer *w, const void *data, size_t len)
{
    uint8_t *p = tvt_write_reserve(w, len);

    if (p != NULL)
        tvt_copy(p, data, len);
}

void
tvt_write_span(struct tvt_writer *w, struct tvt_span s)
{
    tvt_write_bytes(w, s.data, s.len);
}

size_t
tvt_write_open(struct tvt_writer *w, unsigned width)
{
    size_t mark = tvt_writer_len(w);

    write_number(w, width, 0);
    return mark;
}

void
tvt_write_close(struct tvt_writer *w, size_t mark, unsigned width)
{
    if (w->overflow)
        return;
    size_t len = tvt_writer_len(w) - mark - width;
    if (len >> (8u * width) != 0)
        w->overflow = true;
    else
        store_number(w->start + mark, width, (uint32_t)len);
}

bool
tvt_span_equal(struct tvt_span a, struct tvt_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool
tvt_span_is(struct tvt_span a, const char *text)
{
    return tvt_span_equal(a, tvt_span_string(text));
}

struct tvt_span
tvt_span_string(const char *text)
{
    return tvt_span(text, strlen(text));
}
