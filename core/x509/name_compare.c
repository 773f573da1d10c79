/* SPDX-License-Identifier: MIT
 *
 * Comparison of distinguished names (RFC 5280 7.1): strings of whatever type are compared as characters, without case
 * and with every run of white space as one space, none at the ends. Letters beyond Latin-1 are compared as they are.
 */
#include "core/x509/name.h"

#include "core/base/utf8.h"

#include <string.h>

/* The characters of one string, one at a time. */
struct characters {
    const uint8_t *p, *end;
    uint8_t tag;
    bool bad;
    bool started;  /* a character other than space was given */
    uint32_t held; /* a character that waits behind a space  */
    bool has_held;
};

static bool
is_string_tag(uint8_t tag)
{
    switch (tag) {
    case TVT_DER_UTF8_STRING:
    case TVT_DER_NUMERIC_STRING:
    case TVT_DER_PRINTABLE_STRING:
    case TVT_DER_TELETEX_STRING:
    case TVT_DER_IA5_STRING:
    case TVT_DER_VISIBLE_STRING:
    case TVT_DER_UNIVERSAL_STRING:
    case TVT_DER_BMP_STRING:
        return true;
    default:
        return false;
    }
}

static bool
next_raw(struct characters *c, uint32_t *out)
{
    size_t width = c->tag == TVT_DER_BMP_STRING ? 2 : c->tag == TVT_DER_UNIVERSAL_STRING ? 4 : 1;
    if (c->p >= c->end)
        return false;
    if (c->tag == TVT_DER_UTF8_STRING) {
        struct tvt_span left = tvt_span(c->p, (size_t)(c->end - c->p));
        c->bad = !tvt_utf8_next(&left, out);
        c->p = left.data;
        return !c->bad;
    }
    if ((size_t)(c->end - c->p) < width) {
        c->bad = true;
        return false;
    }
    *out = 0;
    for (size_t i = 0; i < width; i++)
        *out = *out << 8 | *c->p++;
    c->bad = *out > TVT_UNICODE_MAX;
    return !c->bad;
}

static uint32_t
fold(uint32_t c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7))
        return c + 32;
    return c == '\t' || c == '\n' || c == '\r' || c == 0xa0 ? ' ' : c;
}

#define NAME_END (TVT_UNICODE_MAX + 1u) /* where a string has no more characters: none of them is this */

/* Ideographs: no case, nothing that they are composed of, and string preparation makes each of itself alone. */
static bool
is_ideograph(uint32_t c)
{
    return c >= 0x3400 && c <= 0x9fff;
}

/* Letters that string preparation never makes an ASCII character, a space or nothing of: Greek, Cyrillic, Hebrew, Arabic, Thai,
 * Hangul, ideographs. */
static bool
is_foreign_letter(uint32_t c)
{
    return (c >= 0x391 && c <= 0x3ce) || (c >= 0x400 && c <= 0x481) || (c >= 0x5d0 && c <= 0x5ea) ||
           (c >= 0x621 && c <= 0x64a) || (c >= 0xe01 && c <= 0xe2e) || (c >= 0xac00 && c <= 0xd7a3) || is_ideograph(c);
}

/* True when two characters, folded and different, are different whatever string preparation makes of them and of what stands
 * behind them (RFC 5280 7.1). */
static bool
surely_differ(uint32_t a, uint32_t b)
{
    bool plain_a = (a >= ' ' && a <= '~') || a == NAME_END, plain_b = (b >= ' ' && b <= '~') || b == NAME_END;
    if ((a == NAME_END && b == ' ') || (a == ' ' && b == NAME_END)) /* what is behind it may come to nothing */
        return false;
    if (plain_a || plain_b)
        return (plain_a || is_foreign_letter(a)) && (plain_b || is_foreign_letter(b));
    return is_ideograph(a) && is_ideograph(b);
}

/* The next character of the normalized string; false at its end (or `bad`). */
static bool
next_character(struct characters *c, uint32_t *out)
{
    bool space = false;
    uint32_t value;
    if (c->has_held) {
        c->has_held = false;
        *out = c->held;
        return true;
    }
    while (next_raw(c, &value)) {
        value = fold(value);
        if (value == ' ') {
            space = c->started;
            continue;
        }
        c->started = true;
        if (space) {
            c->held = value;
            c->has_held = true;
            value = ' ';
        }
        *out = value;
        return true;
    }
    return false;
}

/* `doubt`: what cannot be told apart for certain counts as equal. */
static bool
value_equal(uint8_t tag_a, struct tvt_span a, uint8_t tag_b, struct tvt_span b, bool doubt)
{
    struct characters ca = {a.data, a.data + a.len, tag_a, false, false, 0, false};
    struct characters cb = {b.data, b.data + b.len, tag_b, false, false, 0, false};
    if (tag_a == tag_b && tvt_span_equal(a, b))
        return true;
    if (!is_string_tag(tag_a) || !is_string_tag(tag_b)) /* a SEQUENCE may have one thing in two forms */
        return doubt && (tag_a != tag_b || tag_a == TVT_DER_SEQUENCE);
    for (;;) {
        uint32_t va = 0, vb = 0;
        bool more_a = next_character(&ca, &va), more_b = next_character(&cb, &vb);
        if (ca.bad || cb.bad)
            return doubt;
        if (more_a != more_b || va != vb)
            return doubt && !surely_differ(more_a ? va : NAME_END, more_b ? vb : NAME_END);
        if (!more_a)
            return true;
    }
}

static bool
read_attribute(struct tvt_reader *set, struct tvt_span *oid, uint8_t *tag, struct tvt_span *value)
{
    struct tvt_reader in;
    if (tvt_reader_left(set) == 0)
        return false;
    tvt_der_enter(set, &in, TVT_DER_SEQUENCE, "name");
    *oid = tvt_der_read_oid(&in, "name");
    *value = tvt_der_read_any(&in, tag, "name");
    tvt_der_leave(set, &in, "name");
    return set->bad == NULL;
}

/* Sets of attributes, of each type one: as many in both, and each of `a` in `b`. DER orders a set by its bytes, which case
 * changes. */
static bool
rdn_equal(struct tvt_span a, struct tvt_span b, bool doubt)
{
    struct tvt_reader ra, rb;
    struct tvt_span oid_a, oid_b, value_a, value_b;
    uint8_t tag_a, tag_b;
    size_t num_a = 0, num_b = 0;
    if (tvt_span_equal(a, b))
        return true;
    tvt_reader_init(&rb, b);
    while (read_attribute(&rb, &oid_b, &tag_b, &value_b))
        num_b++;
    tvt_reader_init(&ra, a);
    while (read_attribute(&ra, &oid_a, &tag_a, &value_a)) {
        bool found = false;
        if (++num_a > num_b)
            return false;
        tvt_reader_init(&rb, b);
        while (!found && read_attribute(&rb, &oid_b, &tag_b, &value_b))
            found = tvt_span_equal(oid_a, oid_b) && value_equal(tag_a, value_a, tag_b, value_b, doubt);
        if (!found)
            return false;
    }
    return ra.bad == NULL && num_a == num_b;
}

/* Relative names of `base` against the first ones of `name`. */
static bool
begins_with(struct tvt_span name, struct tvt_span base, bool whole, bool doubt)
{
    struct tvt_reader rn, rb, names, bases;
    tvt_reader_init(&rn, name);
    tvt_reader_init(&rb, base);
    tvt_der_enter(&rn, &names, TVT_DER_SEQUENCE, "name");
    tvt_der_enter(&rb, &bases, TVT_DER_SEQUENCE, "name");
    if (rn.bad != NULL || rb.bad != NULL)
        return false;
    while (tvt_reader_left(&bases) > 0) {
        struct tvt_span b = tvt_der_read(&bases, TVT_DER_SET, "name");
        struct tvt_span n = tvt_der_read(&names, TVT_DER_SET, "name");
        if (bases.bad != NULL || names.bad != NULL || !rdn_equal(n, b, doubt))
            return false;
    }
    return !whole || tvt_reader_left(&names) == 0;
}

bool
tvt_name_equal(struct tvt_span a, struct tvt_span b)
{
    return tvt_span_equal(a, b) || begins_with(a, b, true, false);
}

bool
tvt_name_within(struct tvt_span name, struct tvt_span base)
{
    return begins_with(name, base, false, false);
}

bool
tvt_name_may_be_within(struct tvt_span name, struct tvt_span base)
{
    return begins_with(name, base, false, true);
}

/* FNV-1a */
static uint32_t
mix(uint32_t hash, uint32_t value)
{
    return (hash ^ value) * 16777619u;
}

/* The hash of printable ASCII with single spaces inside, which is normalized but for case; false: something else. */
static bool
hash_plain(uint32_t *hash, struct tvt_span value)
{
    uint32_t h = *hash;
    uint8_t before = ' ';
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        if (c < ' ' || c >= 0x7f || (c == ' ' && before == ' '))
            return false;
        h = mix(h, c >= 'A' && c <= 'Z' ? c + 32u : c);
        before = c;
    }
    *hash = h;
    return value.len == 0 || before != ' ';
}

static uint32_t
attribute_hash(struct tvt_span oid, uint8_t tag, struct tvt_span value)
{
    struct characters c = {.p = value.data, .end = value.data + value.len, .tag = tag};
    uint32_t hash = 2166136261u, plain, next;
    for (size_t i = 0; i < oid.len; i++)
        hash = mix(hash, oid.data[i]);
    plain = hash;
    if (tag != TVT_DER_BMP_STRING && tag != TVT_DER_UNIVERSAL_STRING && hash_plain(&plain, value))
        return plain;
    if (is_string_tag(tag)) {
        while (next_character(&c, &next))
            hash = mix(hash, next);
        return hash;
    }
    for (size_t i = 0; i < value.len; i++)
        hash = mix(hash, value.data[i]);
    return hash;
}

uint32_t
tvt_name_hash(struct tvt_span name)
{
    struct tvt_reader r, names, set;
    struct tvt_span oid, value;
    uint32_t hash = 2166136261u;
    uint8_t tag;
    tvt_reader_init(&r, name);
    tvt_der_enter(&r, &names, TVT_DER_SEQUENCE, "name");
    while (tvt_reader_left(&names) > 0) {
        uint32_t sum = 0; /* the order of a set does not count */
        tvt_der_enter(&names, &set, TVT_DER_SET, "name");
        while (read_attribute(&set, &oid, &tag, &value))
            sum += attribute_hash(oid, tag, value);
        hash = mix(hash, sum);
        hash ^= hash >> 15;
    }
    return hash;
}
