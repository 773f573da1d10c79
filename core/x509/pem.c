/* SPDX-License-Identifier: MIT
 *
 * PEM blocks (RFC 7468 3, the lax form of its figure 2: white space and line lengths are free).
 */
#include "core/x509/pem.h"

#include "core/base/memory.h"
#include "core/x509/der.h"

#include <string.h>

#define LABEL_MAX 64u

static const struct tvt_span begin_mark = {(const uint8_t *)"-----BEGIN ", 11};
static const struct tvt_span end_mark = {(const uint8_t *)"-----END ", 9};
static const struct tvt_span dashes = {(const uint8_t *)"-----", 5};

void
tvt_pem_init(struct tvt_pem *pem, struct tvt_span text)
{
    pem->text = text;
    pem->at = 0;
}

static bool
begins(struct tvt_span text, size_t at, struct tvt_span mark)
{
    return text.len - at >= mark.len && memcmp(text.data + at, mark.data, mark.len) == 0;
}

/* Offset of the line behind the one at `at`. */
static size_t
next_line(struct tvt_span text, size_t at)
{
    while (at < text.len && text.data[at] != '\n' && text.data[at] != '\r')
        at++;
    while (at < text.len && (text.data[at] == '\n' || text.data[at] == '\r'))
        at++;
    return at;
}

/* Behind what may stand before a line's mark: blanks, and the byte order mark of a file that was put behind another. */
static size_t
skip_indent(struct tvt_span text, size_t at)
{
    static const struct tvt_span bom = {(const uint8_t *)"\xef\xbb\xbf", 3};
    if (begins(text, at, bom))
        at += bom.len;
    while (at < text.len && (text.data[at] == ' ' || text.data[at] == '\t'))
        at++;
    return at;
}

/* Offset of `mark` in the next line that begins with it, from a line's first byte on; text.len when there is none. */
static size_t
find_line(struct tvt_span text, size_t at, struct tvt_span mark)
{
    while (at < text.len) {
        size_t from = skip_indent(text, at);
        if (begins(text, from, mark))
            return from;
        at = next_line(text, from);
    }
    return at;
}

/* One SEQUENCE, as its length says, and nothing else. */
static bool
is_der(struct tvt_span bytes)
{
    struct tvt_reader r;
    tvt_reader_init(&r, bytes);
    (void)tvt_der_read(&r, TVT_DER_SEQUENCE, "SEQUENCE");
    return tvt_reader_done(&r, "SEQUENCE");
}

bool
tvt_pem_looks_like(struct tvt_span text)
{
    if (is_der(text)) /* a certificate may well have PEM inside */
        return false;
    return text.len > 0 && find_line(text, 0, begin_mark) < text.len;
}

static enum tvt_result
malformed(struct tvt_error *error, const char *field, size_t offset)
{
    bool first = error != NULL && error->code == TVT_E_NONE;
    (void)tvt_fail(error, TVT_E_PEM_MALFORMED, "PEM", field);
    if (first)
        error->offset = offset;
    return TVT_FAIL;
}

/* The label of a BEGIN or END line whose mark ends at `at`: up to five dashes, then only blanks. */
static bool
read_label(struct tvt_span text, size_t at, struct tvt_span *label)
{
    size_t from = at;
    while (at < text.len && at - from <= LABEL_MAX && !begins(text, at, dashes)) {
        if (text.data[at] < 0x20 || text.data[at] > 0x7e)
            return false;
        at++;
    }
    if (at >= text.len || at - from > LABEL_MAX)
        return false;
    *label = tvt_span(text.data + from, at - from);
    for (at += dashes.len; at < text.len && text.data[at] != '\n' && text.data[at] != '\r'; at++)
        if (text.data[at] != ' ' && text.data[at] != '\t')
            return false;
    return true;
}

/* RFC 1421 4.6 headers: lines with a colon, up to an empty line. */
static size_t
skip_headers(struct tvt_span text, size_t from, size_t to)
{
    size_t line = from, end = from;
    while (line < to) {
        size_t at = line;
        while (at < to && text.data[at] != '\n')
            at++;
        size_t len = at - line;
        if (len == 0 || (len == 1 && text.data[line] == '\r')) {
            end = at;
            break;
        }
        line = at < to ? at + 1 : to;
    }
    return end;
}

enum tvt_result
tvt_pem_next(struct tvt_pem *pem, struct tvt_pem_block *block, struct tvt_error *error)
{
    struct tvt_span text = pem->text, label;
    size_t from, end, body;
    if (text.len == 0 || (from = find_line(text, pem->at, begin_mark)) >= text.len) {
        pem->at = text.len;
        return TVT_CLOSED;
    }
    body = next_line(text, from);
    pem->at = body;
    if (!read_label(text, from + begin_mark.len, &block->label))
        return malformed(error, "BEGIN", from);
    end = find_line(text, body, dashes);
    if (end >= text.len || !begins(text, end, end_mark) || !read_label(text, end + end_mark.len, &label) ||
        !tvt_span_equal(label, block->label))
        return malformed(error, "END", end < text.len ? end : from);
    block->offset = from;
    block->has_headers = memchr(text.data + body, ':', end - body) != NULL;
    if (block->has_headers)
        body = skip_headers(text, body, end);
    block->body = tvt_span(text.data + body, end - body);
    block->body_offset = body;
    pem->at = next_line(text, end);
    return TVT_OK;
}

enum tvt_result
tvt_pem_not_found(struct tvt_error *error, const char *message, const char *wanted, struct tvt_span text)
{
    struct tvt_pem pem;
    struct tvt_pem_block block;
    tvt_pem_init(&pem, text);
    if (text.len == 0)
        return tvt_fail_detail(error, TVT_E_PEM_NOT_FOUND, message, NULL, "%s is needed; it is empty", wanted);
    if (tvt_pem_next(&pem, &block, NULL) != TVT_OK)
        return tvt_fail_detail(error, TVT_E_PEM_NOT_FOUND, message, NULL, "%s is needed; it has no PEM block", wanted);
    return tvt_fail_detail(error, TVT_E_PEM_NOT_FOUND, message, NULL, "%s is needed; its first block is \"%.*s\"",
                           wanted, (int)block.label.len, (const char *)block.label.data);
}

bool
tvt_pem_is_certificate(struct tvt_span label)
{
    return tvt_span_is(label, "CERTIFICATE") || tvt_span_is(label, "X509 CERTIFICATE");
}

size_t
tvt_pem_decoded_max(const struct tvt_pem_block *block)
{
    return block->body.len / 4 * 3 + 3;
}

/* All ones if lo <= v <= hi, else 0; without a comparison, which a compiler may turn into a branch. */
static uint32_t
within(uint32_t v, uint32_t lo, uint32_t hi)
{
    return 0u - (((lo - 1u - v) & (v - hi - 1u)) >> 31);
}

/* 0..63; 64: blank; 65: '='; 66: not of the alphabet. Without a table or a branch: the bytes may be a private key's. */
static unsigned
base64_value(uint8_t c)
{
    uint32_t v = c, upper = within(v, 'A', 'Z'), lower = within(v, 'a', 'z'), digit = within(v, '0', '9');
    uint32_t plus = within(v, '+', '+'), slash = within(v, '/', '/'), pad = within(v, '=', '=');
    uint32_t blank = within(v, ' ', ' ') | within(v, '\t', '\r');
    uint32_t known = upper | lower | digit | plus | slash | pad | blank;
    return (upper & (v - 'A')) | (lower & (v - 'a' + 26u)) | (digit & (v - '0' + 52u)) | (plus & 62u) | (slash & 63u) |
           (blank & 64u) | (pad & 65u) | (~known & 66u);
}

/* 0: a digit, whichever; else the value itself. */
static unsigned
base64_kind(unsigned v)
{
    unsigned kind = v & (0u - (v >> 6));
    tvt_public(&kind, sizeof(kind)); /* where blanks and padding stand, and whether it is base64 at all */
    return kind;
}

/* True if the last bits, which nothing needs, are zero (RFC 4648 3.5). */
static bool
spare_is_zero(uint32_t held, unsigned num)
{
    bool zero = (held & (num == 2 ? 0xffffu : 0xffu)) == 0;
    tvt_public(&zero, sizeof(zero));
    return zero;
}

enum tvt_result
tvt_pem_decode(const struct tvt_pem_block *block, uint8_t *out, size_t cap, size_t *len, struct tvt_error *error)
{
    uint32_t held = 0;
    unsigned num = 0, padding = 0;
    size_t at = 0;
    for (size_t i = 0; i < block->body.len; i++) {
        uint8_t c = block->body.data[i];
        tvt_secret(&c, 1); /* of a private key, perhaps */
        unsigned v = base64_value(c), kind = base64_kind(v);
        if (kind == 64)
            continue;
        if (kind == 66 || (kind == 0 && padding > 0) || (kind == 65 && (num < 2 || padding + num >= 4)))
            return malformed(error, "base64", block->body_offset + i);
        if (kind == 65) {
            padding++;
            continue;
        }
        held = held << 6 | v;
        if (++num == 4) {
            if (cap - at < 3)
                return tvt_fail(error, TVT_E_NO_ROOM, "PEM", "base64");
            out[at++] = (uint8_t)(held >> 16);
            out[at++] = (uint8_t)(held >> 8);
            out[at++] = (uint8_t)held;
            num = 0;
            held = 0;
        }
    }
    if (num == 1 || (num == 0 ? padding : num + padding) % 4 != 0)
        return malformed(error, "base64", block->body_offset + block->body.len);
    if (num > 0) {
        held <<= 6 * (4 - num);
        if (cap - at < num - 1)
            return tvt_fail(error, TVT_E_NO_ROOM, "PEM", "base64");
        if (!spare_is_zero(held, num))
            return malformed(error, "base64", block->body_offset + block->body.len);
        out[at++] = (uint8_t)(held >> 16);
        if (num == 3)
            out[at++] = (uint8_t)(held >> 8);
    }
    tvt_public(out, at); /* whoever reads it knows what of it is secret */
    *len = at;
    return TVT_OK;
}
