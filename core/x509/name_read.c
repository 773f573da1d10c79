/* SPDX-License-Identifier: MIT
 *
 * Names from DER, their form only (docs/x509.md, rules D5 and D11): what they mean is for those who compare them.
 */
#include "core/x509/name.h"

#include "core/base/utf8.h"

#include <string.h>

static bool
is_utf8(struct tvt_span text)
{
    uint32_t unused;
    while (text.len > 0)
        if (!tvt_utf8_next(&text, &unused))
            return false;
    return true;
}

/* Four octets a character, and nothing that Unicode has none for. */
static bool
is_universal(struct tvt_span text)
{
    bool good = text.len % 4 == 0;
    for (size_t i = 0; i < text.len && good; i += 4)
        good = tvt_is_character((uint32_t)tvt_load_u16(text.data + i) << 16 | tvt_load_u16(text.data + i + 2));
    return good;
}

/* The value of an attribute: a string whose bytes are characters of its type, or one of the other types that standard
 * attributes have (x500UniqueIdentifier, dates, postalAddress). Constructed forms of strings are BER (X.690 10.2). */
static void
read_value(struct tvt_reader *r, const char *field)
{
    const uint8_t *at = r->p;
    uint8_t tag;
    int64_t unused;
    struct tvt_span v = tvt_der_read_any(r, &tag, field);
    bool good;
    if (r->bad != NULL)
        return;
    switch (tag) {
    case TVT_DER_UTF8_STRING:
        good = is_utf8(v);
        break;
    case TVT_DER_NUMERIC_STRING:
    case TVT_DER_PRINTABLE_STRING:
    case TVT_DER_IA5_STRING:
    case TVT_DER_VISIBLE_STRING:
        good = tvt_is_ascii(v);
        break;
    case TVT_DER_TELETEX_STRING:
        good = true;
        break;
    case TVT_DER_BMP_STRING:
        good = v.len % 2 == 0;
        break;
    case TVT_DER_UNIVERSAL_STRING:
        good = is_universal(v);
        break;
    case TVT_DER_SEQUENCE: /* what is inside is not looked at, and compared octet by octet */
        good = true;
        break;
    case TVT_DER_BIT_STRING:
        good = tvt_der_bits_valid(v);
        break;
    case TVT_DER_GENERALIZED_TIME:
        good = tvt_der_time(&unused, tag, v, true);
        break;
    default:
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_TAG);
        return;
    }
    if (!good)
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
}

/* X.690 11.6: in the order of their bytes. Of two values none is the beginning of the other. */
static bool
in_order(struct tvt_span before, struct tvt_span then)
{
    size_t len = before.len < then.len ? before.len : then.len;
    return len == 0 || memcmp(before.data, then.data, len) <= 0;
}

/* One relative name: a set of attributes, of each type one (X.501 9.3). That keeps comparisons linear, too. */
static void
read_relative_name(struct tvt_reader *names, const char *field)
{
    struct tvt_reader set, attribute;
    struct tvt_span types[TVT_RDN_ATTRIBUTES_MAX], before = {NULL, 0};
    size_t num = 0;
    tvt_der_enter(names, &set, TVT_DER_SET, field);
    do {
        const uint8_t *at = set.p;
        tvt_der_enter(&set, &attribute, TVT_DER_SEQUENCE, field);
        struct tvt_span type = tvt_der_read_oid(&attribute, field);
        read_value(&attribute, field);
        tvt_der_leave(&set, &attribute, field);
        if (set.bad != NULL)
            break;
        struct tvt_span one = tvt_span(at, (size_t)(set.p - at));
        if (!in_order(before, one))
            tvt_der_fault_at(&set, field, at, TVT_DER_FAULT_ORDER);
        else if (num == TVT_RDN_ATTRIBUTES_MAX)
            tvt_der_fault_at(&set, field, at, (enum tvt_der_fault)TVT_READ_LENGTH);
        else if (tvt_oid_is_among(type, types, num))
            tvt_der_fault_at(&set, field, at, TVT_DER_FAULT_REPEATED);
        else
            types[num++] = type;
        before = one;
    } while (tvt_reader_left(&set) > 0);
    tvt_der_leave(names, &set, field);
}

struct tvt_span
tvt_name_read(struct tvt_reader *r, bool may_be_empty, const char *field)
{
    struct tvt_reader names;
    const uint8_t *from = r->p;
    tvt_der_enter(r, &names, TVT_DER_SEQUENCE, field);
    if (!may_be_empty && names.bad == NULL && tvt_reader_left(&names) == 0)
        tvt_der_fault_at(&names, field, from, TVT_DER_FAULT_VALUE);
    while (tvt_reader_left(&names) > 0)
        read_relative_name(&names, field);
    tvt_der_leave(r, &names, field);
    return r->bad == NULL ? tvt_span(from, (size_t)(r->p - from)) : tvt_span(NULL, 0);
}

/* RFC 5280 4.2.1.6. X.400 addresses and EDI party names, which nobody here compares, are taken as they are. */
void
tvt_general_name_read(struct tvt_reader *r, const char *field)
{
    struct tvt_reader in;
    struct tvt_span v;
    uint8_t tag = tvt_der_peek(r), unused;
    const uint8_t *at = r->p;
    switch (tag) {
    case TVT_GN_OTHER:
        tvt_der_enter(r, &in, tag, field);
        (void)tvt_der_read_oid(&in, field);
        (void)tvt_der_read(&in, TVT_DER_CONTEXT_CONSTRUCTED(0), field);
        tvt_der_leave(r, &in, field);
        return;
    case TVT_GN_DIRECTORY:
        tvt_der_enter(r, &in, tag, field);
        (void)tvt_name_read(&in, true, field);
        tvt_der_leave(r, &in, field);
        return;
    default:
        break;
    }
    v = tvt_der_read_any(r, &unused, field);
    if (r->bad != NULL)
        return;
    switch (tag) {
    case TVT_GN_EMAIL:
    case TVT_GN_DNS:
    case TVT_GN_URI:
        if (v.len == 0 || !tvt_is_ascii(v))
            tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
        break;
    case TVT_GN_IP:
        if (v.len != 4 && v.len != 16)
            tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
        break;
    case TVT_GN_REGISTERED_ID:
        if (!tvt_der_oid_valid(v))
            tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
        break;
    case TVT_GN_X400:
    case TVT_GN_EDI:
        break;
    default:
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_TAG);
    }
}

/* GeneralNames ::= SEQUENCE SIZE (1..MAX) */
void
tvt_general_names_read(struct tvt_reader *r, const char *field)
{
    do
        tvt_general_name_read(r, field);
    while (tvt_reader_left(r) > 0);
}

/* URIs in use have characters that no URI has, and are nowhere compared but with the same bytes. */
void
tvt_point_names_read(struct tvt_reader *r, const char *field)
{
    do {
        uint8_t tag = tvt_der_peek(r);
        if (tag == TVT_GN_DIRECTORY)
            tvt_general_name_read(r, field);
        else
            (void)tvt_der_read_any(r, &tag, field);
    } while (tvt_reader_left(r) > 0);
}
