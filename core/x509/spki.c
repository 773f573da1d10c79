/* SPDX-License-Identifier: MIT
 *
 * Public keys (docs/x509.md, rule D7): SubjectPublicKeyInfo taken apart into every view that a provider may want (RFC 3279 2.3.1, RFC 4055 1.2,
 * RFC 5480 2, RFC 8410, RFC 9881 4).
 */
#include "core/x509/certificate.h"

#include <string.h>

#define OID(bytes)                                                                                                     \
    {                                                                                                                  \
        (const uint8_t *)(bytes), sizeof(bytes) - 1                                                                    \
    }

static const struct tvt_span oid_rsa = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
static const struct tvt_span oid_rsa_pss = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a");
static const struct tvt_span oid_ec = OID("\x2a\x86\x48\xce\x3d\x02\x01");
static const struct tvt_span oid_ed25519 = OID("\x2b\x65\x70");
static const struct tvt_span oid_ed448 = OID("\x2b\x65\x71");
static const struct tvt_span oid_mldsa44 = OID("\x60\x86\x48\x01\x65\x03\x04\x03\x11");
static const struct tvt_span oid_mldsa65 = OID("\x60\x86\x48\x01\x65\x03\x04\x03\x12");
static const struct tvt_span oid_mldsa87 = OID("\x60\x86\x48\x01\x65\x03\x04\x03\x13");

static const struct {
    struct tvt_span oid;
    uint8_t key_type;
} curves[] = {
    {OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"), TVT_KEY_P256},
    {OID("\x2b\x81\x04\x00\x22"), TVT_KEY_P384},
    {OID("\x2b\x81\x04\x00\x23"), TVT_KEY_P521},
};

uint8_t
tvt_curve_by_oid(struct tvt_span oid)
{
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
        if (tvt_span_equal(oid, curves[i].oid))
            return curves[i].key_type;
    return TVT_KEY_NONE;
}

size_t
tvt_key_field_len(uint8_t key_type)
{
    switch (key_type) {
    case TVT_KEY_P256:
    case TVT_KEY_ED25519:
        return 32;
    case TVT_KEY_P384:
        return 48;
    case TVT_KEY_P521:
        return 66;
    case TVT_KEY_ED448:
        return 57;
    default:
        return 0;
    }
}

bool
tvt_key_is_mldsa(uint8_t key_type)
{
    return key_type == TVT_KEY_MLDSA44 || key_type == TVT_KEY_MLDSA65 || key_type == TVT_KEY_MLDSA87;
}

uint8_t
tvt_key_algorithm_by_oid(struct tvt_span oid)
{
    if (tvt_span_equal(oid, oid_rsa))
        return TVT_KEY_RSA;
    if (tvt_span_equal(oid, oid_rsa_pss))
        return TVT_KEY_RSA_PSS;
    if (tvt_span_equal(oid, oid_ed25519))
        return TVT_KEY_ED25519;
    if (tvt_span_equal(oid, oid_ed448))
        return TVT_KEY_ED448;
    if (tvt_span_equal(oid, oid_mldsa44))
        return TVT_KEY_MLDSA44;
    if (tvt_span_equal(oid, oid_mldsa65))
        return TVT_KEY_MLDSA65;
    if (tvt_span_equal(oid, oid_mldsa87))
        return TVT_KEY_MLDSA87;
    return TVT_KEY_NONE;
}

uint8_t
tvt_key_algorithm_read(struct tvt_reader *r, uint8_t *pss_hash)
{
    struct tvt_reader in;
    uint8_t type, tag;
    *pss_hash = TVT_HASH_NONE;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "algorithm");
    struct tvt_span oid = tvt_der_read_oid(&in, "algorithm");
    type = tvt_key_algorithm_by_oid(oid);
    if (type == TVT_KEY_RSA) {
        tvt_der_read_null(&in, "algorithm.parameters");
    } else if (type == TVT_KEY_RSA_PSS && tvt_der_peek(&in) != 0) {
        *pss_hash = tvt_pss_params_hash(tvt_der_read(&in, TVT_DER_SEQUENCE, "algorithm.parameters"));
        if (*pss_hash == TVT_HASH_NONE)
            type = TVT_KEY_NONE;
    } else if (type == TVT_KEY_NONE) {
        if (tvt_span_equal(oid, oid_ec) && tvt_der_peek(&in) == TVT_DER_OID)
            type = tvt_curve_by_oid(tvt_der_read_oid(&in, "algorithm.namedCurve"));
        else if (tvt_der_peek(&in) != 0)
            (void)tvt_der_read_any(&in, &tag, "algorithm.parameters");
    }
    tvt_der_leave(r, &in, "algorithm.parameters");
    return r->bad == NULL ? type : TVT_KEY_NONE;
}

static uint16_t
bit_length(struct tvt_span n)
{
    unsigned bits = (unsigned)n.len * 8;
    if (n.len > 0)
        for (uint8_t top = n.data[0]; (top & 0x80) == 0; top = (uint8_t)(top << 1))
            bits--;
    return (uint16_t)bits;
}

void
tvt_rsa_public_read(struct tvt_reader *r, struct tvt_public_key *key)
{
    const uint8_t *at = r->p;
    key->n = tvt_der_read_unsigned(r, "modulus");
    const uint8_t *at_exponent = r->p;
    key->e = tvt_der_read_unsigned(r, "publicExponent");
    if (r->bad != NULL)
        return;
    /* RFC 8017 3.1: n odd, e odd and at least 3. A long exponent serves only to burn time: 64 bits are plenty. */
    if (key->n.len == 0 || key->n.len > TVT_RSA_BITS_MAX / 8 || (key->n.data[key->n.len - 1] & 1) == 0)
        tvt_der_fault_at(r, "modulus", at, TVT_DER_FAULT_VALUE);
    else if (key->e.len == 0 || key->e.len > 8 || (key->e.data[key->e.len - 1] & 1) == 0 ||
             (key->e.len == 1 && key->e.data[0] < 3))
        tvt_der_fault_at(r, "publicExponent", at_exponent, TVT_DER_FAULT_VALUE);
    else
        key->bits = bit_length(key->n);
}

bool
tvt_public_point_valid(uint8_t type, struct tvt_span point)
{
    size_t len = tvt_key_field_len(type);
    if (type == TVT_KEY_ED25519 || type == TVT_KEY_ED448)
        return point.len == len;
    if (tvt_key_is_mldsa(type))
        return point.len == tvt_key_bits(type) / 8u;
    return len > 0 && point.len == 1 + 2 * len && point.data[0] == 0x04;
}

uint16_t
tvt_key_bits(uint8_t type)
{
    switch (type) {
    case TVT_KEY_P256:
        return 256;
    case TVT_KEY_P384:
        return 384;
    case TVT_KEY_P521:
        return 521;
    case TVT_KEY_ED25519:
        return 255;
    case TVT_KEY_ED448:
        return 448;
    case TVT_KEY_MLDSA44: /* FIPS 204 4, table 2 */
        return 1312 * 8;
    case TVT_KEY_MLDSA65:
        return 1952 * 8;
    case TVT_KEY_MLDSA87:
        return 2592 * 8;
    default:
        return 0;
    }
}

/* A compressed point (RFC 5480 2.2) is lawful and not supported. */
static bool
is_compressed_point(uint8_t type, struct tvt_span point)
{
    return (type == TVT_KEY_P256 || type == TVT_KEY_P384 || type == TVT_KEY_P521) &&
           point.len == 1 + tvt_key_field_len(type) && (point.data[0] == 0x02 || point.data[0] == 0x03);
}

void
tvt_public_key_read(struct tvt_reader *r, struct tvt_public_key *out, uint8_t *pss_hash)
{
    struct tvt_reader in, rsa, sequence;
    const uint8_t *from = r->p;
    uint8_t hash;
    memset(out, 0, sizeof(*out));
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "subjectPublicKeyInfo");
    out->type = tvt_key_algorithm_read(&in, &hash);
    out->key = tvt_der_read_bits(&in, NULL, "subjectPublicKey");
    if (in.bad == NULL && (out->type == TVT_KEY_RSA || out->type == TVT_KEY_RSA_PSS)) {
        tvt_reader_sub(&rsa, &in, out->key);
        tvt_der_enter(&rsa, &sequence, TVT_DER_SEQUENCE, "subjectPublicKey");
        tvt_rsa_public_read(&sequence, out);
        tvt_der_leave(&rsa, &sequence, "subjectPublicKey");
        tvt_der_leave(&in, &rsa, "subjectPublicKey");
    } else if (in.bad == NULL && out->type != TVT_KEY_NONE) {
        out->bits = tvt_key_bits(out->type);
        if (is_compressed_point(out->type, out->key))
            out->type = TVT_KEY_NONE;
        else if (!tvt_public_point_valid(out->type, out->key))
            tvt_der_fault_at(&in, "subjectPublicKey", out->key.data, TVT_DER_FAULT_VALUE);
    }
    tvt_der_leave(r, &in, "subjectPublicKeyInfo");
    if (r->bad != NULL) {
        memset(out, 0, sizeof(*out));
        return;
    }
    out->spki = tvt_span(from, (size_t)(r->p - from));
    if (pss_hash != NULL)
        *pss_hash = hash;
}

enum tvt_result
tvt_public_key_parse(struct tvt_public_key *out, struct tvt_span spki, const char *message, struct tvt_error *error)
{
    struct tvt_reader r;
    tvt_reader_init(&r, spki);
    tvt_public_key_read(&r, out, NULL);
    if (!tvt_reader_done(&r, "subjectPublicKeyInfo"))
        return tvt_der_fail(error, TVT_E_CERT_MALFORMED, message, &r);
    return TVT_OK;
}

bool
tvt_public_key_equal(const struct tvt_public_key *a, const struct tvt_public_key *b)
{
    if (a->n.len > 0 && b->n.len > 0)
        return tvt_span_equal(a->n, b->n) && tvt_span_equal(a->e, b->e);
    return a->type == b->type && a->key.len > 0 && tvt_span_equal(a->key, b->key);
}
