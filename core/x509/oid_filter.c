/* SPDX-License-Identifier: MIT
 *
 * OID filters (RFC 9846 4.3.5).
 */
#include "core/x509/oid_filter.h"

#define FILTERS_MAX 64u /* more of them are refused: each is compared with those before it */

static const uint8_t oid_key_usage[] = {0x55, 0x1d, 0x0f};
static const uint8_t oid_extended_key_usage[] = {0x55, 0x1d, 0x25};
static const uint8_t oid_any_usage[] = {0x55, 0x1d, 0x25, 0x00};

struct filter {
    struct tvt_span oid, values;
};

static bool
next_filter(struct tvt_reader *r, struct filter *out)
{
    if (tvt_reader_left(r) == 0)
        return false;
    out->oid = tvt_read_vec8(r, 1, 0xff, "certificate_extension_oid");
    out->values = tvt_read_vec16(r, 0, 0xffff, "certificate_extension_values");
    return r->bad == NULL;
}

static bool
is_oid(struct tvt_span oid, const uint8_t *other, size_t len)
{
    return tvt_span_equal(oid, tvt_span(other, len));
}

/* The bits of a keyUsage value as a certificate's are numbered: bit n of the BIT STRING is 1 << n. */
static bool
read_usage(struct tvt_span value, uint32_t *bits)
{
    struct tvt_reader r;
    unsigned unused;
    tvt_reader_init(&r, value);
    struct tvt_span s = tvt_der_read_bits(&r, &unused, "keyUsage");
    *bits = 0;
    for (size_t i = 0; i < s.len && i < 4; i++)
        for (unsigned k = 0; k < 8; k++)
            if ((s.data[i] & 0x80u >> k) != 0)
                *bits |= 1u << (8 * i + k);
    return tvt_reader_done(&r, "keyUsage") && s.len <= 4;
}

/* True when `purposes` (an extendedKeyUsage value) is well-formed and has `wanted`; an empty `wanted` asks for the form. */
static bool
has_purpose(struct tvt_span purposes, struct tvt_span wanted)
{
    struct tvt_reader r, list;
    bool found = wanted.len == 0;
    tvt_reader_init(&r, purposes);
    tvt_der_enter(&r, &list, TVT_DER_SEQUENCE, "extendedKeyUsage");
    while (tvt_reader_left(&list) > 0)
        if (tvt_span_equal(tvt_der_read_oid(&list, "KeyPurposeId"), wanted))
            found = true;
    tvt_der_leave(&r, &list, "extendedKeyUsage");
    return tvt_reader_done(&r, "extendedKeyUsage") && found;
}

static bool
value_is_valid(const struct filter *f)
{
    uint32_t bits;
    if (is_oid(f->oid, oid_key_usage, sizeof oid_key_usage))
        return read_usage(f->values, &bits);
    if (is_oid(f->oid, oid_extended_key_usage, sizeof oid_extended_key_usage))
        return has_purpose(f->values, tvt_span(NULL, 0)) &&
               !has_purpose(f->values, tvt_span(oid_any_usage, sizeof oid_any_usage));
    return true;
}

bool
tvt_oid_filters_valid(struct tvt_span filters)
{
    struct tvt_span seen[FILTERS_MAX];
    struct tvt_reader r;
    struct filter f;
    size_t num = 0;
    tvt_reader_init(&r, filters);
    while (next_filter(&r, &f)) {
        if (num == FILTERS_MAX || !value_is_valid(&f))
            return false;
        for (size_t i = 0; i < num; i++)
            if (tvt_span_equal(seen[i], f.oid))
                return false;
        seen[num++] = f.oid;
    }
    return tvt_reader_done(&r, "filters");
}

static bool
purposes_match(struct tvt_span wanted, struct tvt_span has)
{
    struct tvt_reader r, list;
    tvt_reader_init(&r, wanted);
    tvt_der_enter(&r, &list, TVT_DER_SEQUENCE, "extendedKeyUsage");
    while (tvt_reader_left(&list) > 0) {
        struct tvt_span oid = tvt_der_read_oid(&list, "KeyPurposeId");
        if (oid.len == 0 || !has_purpose(has, oid))
            return false;
    }
    return true;
}

bool
tvt_oid_filters_match(struct tvt_span filters, const struct tvt_certificate *certificate)
{
    struct tvt_reader r;
    struct filter f;
    uint32_t bits;
    tvt_reader_init(&r, filters);
    while (next_filter(&r, &f)) {
        if (is_oid(f.oid, oid_key_usage, sizeof oid_key_usage) &&
            (!tvt_certificate_has(certificate, TVT_CEXT_KEY_USAGE) || !read_usage(f.values, &bits) ||
             (bits & ~(uint32_t)certificate->key_usage) != 0))
            return false;
        if (is_oid(f.oid, oid_extended_key_usage, sizeof oid_extended_key_usage) &&
            (!tvt_certificate_has(certificate, TVT_CEXT_EXTENDED_KEY_USAGE) ||
             !purposes_match(f.values, tvt_certificate_extension(certificate, TVT_CEXT_EXTENDED_KEY_USAGE))))
            return false;
    }
    return true;
}
