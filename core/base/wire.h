/* SPDX-License-Identifier: MIT
 *
 * Bounded reader and writer: every byte that the core parses or builds goes through these.
 *
 * Reader: a failed read sticks. It empties the reader (so that loops end), remembers the field and the offset, and
 * yields zeros and empty spans from then on; a decoder reads flat and tests once, with tvt_reader_done().
 * Writer: a fixed buffer; what does not fit is not written and sticks in `overflow`. Lengths are back-patched.
 * Presentation language: RFC 9846 3.
 */
#ifndef TVT_CORE_BASE_WIRE_H
#define TVT_CORE_BASE_WIRE_H

#include <trivet/base.h>

struct tvt_reader {
    const uint8_t *start; /* first byte of the message, for offsets          */
    const uint8_t *p;     /* next byte                                       */
    const uint8_t *end;
    const char *bad;      /* field of the first failed read; NULL: none yet  */
    size_t bad_offset;    /* of that field from `start`, bytes               */
    uint8_t bad_kind;     /* enum tvt_read_fault                             */
};

enum tvt_read_fault {
    TVT_READ_TRUNCATED = 1, /* the field reaches past the end                */
    TVT_READ_LENGTH,        /* a vector's length is outside its bounds       */
    TVT_READ_TRAILING       /* bytes were left after the last field          */
};

void tvt_reader_init(struct tvt_reader *r, struct tvt_span data);
/* A reader over `part`, a span got from `parent`, whose offsets count from the parent's start. */
void tvt_reader_sub(struct tvt_reader *r, const struct tvt_reader *parent, struct tvt_span part);
static inline size_t
tvt_reader_left(const struct tvt_reader *r)
{
    return (size_t)(r->end - r->p);
}
size_t tvt_reader_offset(const struct tvt_reader *r); /* of the next byte, from `start` */

uint8_t tvt_read_u8(struct tvt_reader *r, const char *field);
uint16_t tvt_read_u16(struct tvt_reader *r, const char *field);
uint32_t tvt_read_u24(struct tvt_reader *r, const char *field);
uint32_t tvt_read_u32(struct tvt_reader *r, const char *field);
struct tvt_span tvt_read_bytes(struct tvt_reader *r, size_t len, const char *field);
/* A vector <min..max> behind a length of 1, 2 or 3 bytes; min and max in bytes. */
struct tvt_span tvt_read_vec8(struct tvt_reader *r, size_t min, size_t max, const char *field);
struct tvt_span tvt_read_vec16(struct tvt_reader *r, size_t min, size_t max, const char *field);
struct tvt_span tvt_read_vec24(struct tvt_reader *r, size_t min, size_t max, const char *field);
/* Marks the reader bad by hand (a value that the grammar forbids). */
void tvt_reader_fault(struct tvt_reader *r, const char *field, size_t offset, enum tvt_read_fault kind);
/* Adopts the fault of a sub-reader, if it has one. */
void tvt_reader_adopt(struct tvt_reader *parent, const struct tvt_reader *sub);
/* True when nothing failed and every byte was read; else the fault is set. */
TVT_MUST_USE bool tvt_reader_done(struct tvt_reader *r, const char *field);

struct tvt_writer {
    uint8_t *start, *p, *end;
    bool overflow;
};

void tvt_writer_init(struct tvt_writer *w, uint8_t *buffer, size_t cap);
static inline size_t
tvt_writer_len(const struct tvt_writer *w)
{
    return (size_t)(w->p - w->start);
}
static inline size_t
tvt_writer_room(const struct tvt_writer *w)
{
    return (size_t)(w->end - w->p);
}
void tvt_write_u8(struct tvt_writer *w, uint8_t v);
void tvt_write_u16(struct tvt_writer *w, uint16_t v);
void tvt_write_u24(struct tvt_writer *w, uint32_t v);
void tvt_write_u32(struct tvt_writer *w, uint32_t v);
void tvt_write_bytes(struct tvt_writer *w, const void *data, size_t len);
void tvt_write_span(struct tvt_writer *w, struct tvt_span s);
/* Leaves `len` bytes for the caller to fill; NULL on overflow. */
uint8_t *tvt_write_reserve(struct tvt_writer *w, size_t len);
/* A vector whose length field is `width` bytes (1, 2, 3): open returns a mark for close, which back-patches. */
size_t tvt_write_open(struct tvt_writer *w, unsigned width);
void tvt_write_close(struct tvt_writer *w, size_t mark, unsigned width);

static inline uint16_t
tvt_load_u16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}
static inline uint32_t
tvt_load_u24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}
static inline void
tvt_store_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)(v & 0xff);
}
static inline void
tvt_store_u64(uint8_t *p, uint64_t v)
{
    for (int i = 7; i >= 0; i--, v >>= 8)
        p[i] = (uint8_t)(v & 0xff);
}

/* Spans */
static inline struct tvt_span
tvt_span(const void *data, size_t len)
{
    struct tvt_span s = {(const uint8_t *)data, len};
    return s;
}
bool tvt_span_equal(struct tvt_span a, struct tvt_span b);         /* public data: not constant-time */
bool tvt_span_is(struct tvt_span a, const char *text);             /* equal to a C string            */
struct tvt_span tvt_span_string(const char *text);

#endif
