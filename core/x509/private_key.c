/* SPDX-License-Identifier: MIT
 *
 * Private keys out of their wrappings. One block of memory holds the DER and, for RSA, the public half built from it.
 */
#include "core/x509/private_key.h"

#include "core/base/memory.h"
#include "core/x509/pem.h"

#include <string.h>

/* SubjectPublicKeyInfo of an RSA key: two SEQUENCE headers, the algorithm, BIT STRING header, RSAPublicKey header. */
#define RSA_SPKI_OVERHEAD 64u
#define MLDSA_SEED_LEN    32u

enum wrapping { WRAPPING_ANY, WRAPPING_PKCS8, WRAPPING_SEC1, WRAPPING_PKCS1 };

static void
set_point(struct tvt_private_key *key, struct tvt_reader *r, struct tvt_span point)
{
    if (!tvt_public_point_valid(key->pub.type, point))
        tvt_der_fault_at(r, "publicKey", point.data != NULL ? point.data : r->p, TVT_DER_FAULT_VALUE);
    else
        key->pub.key = point;
}

/* RFC 5915 3, in its SEQUENCE's contents. `curve`: what the wrapping said, TVT_KEY_NONE if nothing. */
static void
read_sec1(struct tvt_reader *r, struct tvt_private_key *key, uint8_t curve)
{
    struct tvt_reader in;
    const uint8_t *at = r->p;
    (void)tvt_der_read_small(r, 1, "ECPrivateKey.version");
    key->scalar = tvt_der_read(r, TVT_DER_OCTET_STRING, "ECPrivateKey.privateKey");
    if (tvt_der_peek(r) == TVT_DER_CONTEXT_CONSTRUCTED(0)) {
        tvt_der_enter(r, &in, TVT_DER_CONTEXT_CONSTRUCTED(0), "ECPrivateKey.parameters");
        uint8_t named = tvt_der_peek(&in) == TVT_DER_OID
                            ? tvt_curve_by_oid(tvt_der_read_oid(&in, "ECPrivateKey.parameters"))
                            : TVT_KEY_NONE;
        in.p = in.bad == NULL ? in.end : in.p; /* explicit parameters: a curve that is not supported */
        tvt_der_leave(r, &in, "ECPrivateKey.parameters");
        if (curve != TVT_KEY_NONE && named != curve)
            tvt_der_fault_at(r, "ECPrivateKey.parameters", at, TVT_DER_FAULT_VALUE);
        curve = named;
    }
    key->pub.type = curve;
    key->pub.bits = tvt_key_bits(curve);
    if (r->bad != NULL || curve == TVT_KEY_NONE)
        return;
    if (key->scalar.len != tvt_key_field_len(curve))
        tvt_der_fault_at(r, "ECPrivateKey.privateKey", at, TVT_DER_FAULT_VALUE);
    if (tvt_der_peek(r) == TVT_DER_CONTEXT_CONSTRUCTED(1)) {
        tvt_der_enter(r, &in, TVT_DER_CONTEXT_CONSTRUCTED(1), "ECPrivateKey.publicKey");
        set_point(key, &in, tvt_der_read_bits(&in, NULL, "ECPrivateKey.publicKey"));
        tvt_der_leave(r, &in, "ECPrivateKey.publicKey");
    }
}

/* RFC 8017 A.1.2: checks the form of all nine integers; `whole` is the value with its tag. */
static void
read_pkcs1(struct tvt_reader *r, struct tvt_private_key *key, struct tvt_span whole, uint8_t type)
{
    static const char *const fields[] = {"privateExponent", "prime1",    "prime2",
                                         "exponent1",       "exponent2", "coefficient"};
    key->pub.type = type;
    (void)tvt_der_read_small(r, 0, "RSAPrivateKey.version");
    tvt_rsa_public_read(r, &key->pub);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct tvt_span number = tvt_der_read_unsigned(r, fields[i]);
        if (number.len == 0 && r->bad == NULL)
            tvt_der_fault_at(r, fields[i], r->p, TVT_DER_FAULT_VALUE);
        tvt_secret(number.data, number.len); /* its length is public: DER shows it */
    }
    key->rsa = whole;
}

/* RFC 9881 6: the seed, the expanded key, or both. That the two belong together is for the provider to find. */
static void
read_mldsa(struct tvt_reader *r, struct tvt_private_key *key)
{
    struct tvt_reader both;
    const uint8_t *at = r->p;
    uint8_t type = key->pub.type;
    size_t expanded_len = type == TVT_KEY_MLDSA44 ? 2560 : type == TVT_KEY_MLDSA65 ? 4032 : 4896; /* FIPS 204 4 */
    switch (tvt_der_peek(r)) {
    case TVT_DER_CONTEXT(0):
        key->scalar = tvt_der_read(r, TVT_DER_CONTEXT(0), "ML-DSA-PrivateKey.seed");
        break;
    case TVT_DER_SEQUENCE:
        tvt_der_enter(r, &both, TVT_DER_SEQUENCE, "ML-DSA-PrivateKey.both");
        key->scalar = tvt_der_read(&both, TVT_DER_OCTET_STRING, "ML-DSA-PrivateKey.both.seed");
        key->expanded = tvt_der_read(&both, TVT_DER_OCTET_STRING, "ML-DSA-PrivateKey.both.expandedKey");
        tvt_der_leave(r, &both, "ML-DSA-PrivateKey.both");
        break;
    default:
        key->expanded = tvt_der_read(r, TVT_DER_OCTET_STRING, "ML-DSA-PrivateKey.expandedKey");
        break;
    }
    if (r->bad != NULL)
        return;
    if (key->scalar.data != NULL && key->scalar.len != MLDSA_SEED_LEN)
        tvt_der_fault_at(r, "ML-DSA-PrivateKey.seed", at, TVT_DER_FAULT_VALUE);
    else if (key->expanded.data != NULL && key->expanded.len != expanded_len)
        tvt_der_fault_at(r, "ML-DSA-PrivateKey.expandedKey", at, TVT_DER_FAULT_VALUE);
}

/* The privateKey OCTET STRING of PKCS#8, by the algorithm. */
static void
read_inner_key(struct tvt_reader *r, struct tvt_private_key *key, uint8_t type)
{
    struct tvt_reader octets, in;
    struct tvt_span contents = tvt_der_read(r, TVT_DER_OCTET_STRING, "privateKey");
    if (contents.data == NULL)
        return;
    tvt_reader_sub(&octets, r, contents);
    switch (type) {
    case TVT_KEY_P256:
    case TVT_KEY_P384:
    case TVT_KEY_P521:
        tvt_der_enter(&octets, &in, TVT_DER_SEQUENCE, "ECPrivateKey");
        read_sec1(&in, key, type);
        tvt_der_leave(&octets, &in, "ECPrivateKey");
        break;
    case TVT_KEY_RSA:
    case TVT_KEY_RSA_PSS:
        tvt_der_enter(&octets, &in, TVT_DER_SEQUENCE, "RSAPrivateKey");
        read_pkcs1(&in, key, contents, type);
        tvt_der_leave(&octets, &in, "RSAPrivateKey");
        break;
    case TVT_KEY_ED25519:
    case TVT_KEY_ED448: /* RFC 8410 7: an OCTET STRING in the OCTET STRING */
        key->pub.type = type;
        key->pub.bits = tvt_key_bits(type);
        key->scalar = tvt_der_read(&octets, TVT_DER_OCTET_STRING, "CurvePrivateKey");
        if (octets.bad == NULL && key->scalar.len != tvt_key_field_len(type))
            tvt_der_fault_at(&octets, "CurvePrivateKey", contents.data, TVT_DER_FAULT_VALUE);
        break;
    case TVT_KEY_MLDSA44:
    case TVT_KEY_MLDSA65:
    case TVT_KEY_MLDSA87:
        key->pub.type = type;
        key->pub.bits = tvt_key_bits(type);
        read_mldsa(&octets, key);
        break;
    default:
        key->pub.type = TVT_KEY_NONE;
        return;
    }
    tvt_der_leave(r, &octets, "privateKey");
}

/* OneAsymmetricKey (RFC 5958 2); version 1 is PrivateKeyInfo (RFC 5208 5). */
static void
read_pkcs8(struct tvt_reader *r, struct tvt_private_key *key, struct tvt_span whole)
{
    struct tvt_span public_key;
    uint8_t type, pss_hash;
    uint32_t version = tvt_der_read_small(r, 1, "PrivateKeyInfo.version");
    type = tvt_key_algorithm_read(r, &pss_hash);
    read_inner_key(r, key, type);
    (void)tvt_der_read_optional(r, &public_key, TVT_DER_CONTEXT_CONSTRUCTED(0), "PrivateKeyInfo.attributes");
    if (version == 1 && tvt_der_read_optional(r, &public_key, TVT_DER_CONTEXT(1), "PrivateKeyInfo.publicKey") &&
        key->pub.type != TVT_KEY_NONE && key->pub.type != TVT_KEY_RSA && key->pub.type != TVT_KEY_RSA_PSS) {
        if (public_key.len < 1 || public_key.data[0] != 0)
            tvt_der_fault_at(r, "PrivateKeyInfo.publicKey", r->p, TVT_DER_FAULT_VALUE);
        else
            set_point(key, r, tvt_span(public_key.data + 1, public_key.len - 1));
    }
    key->pkcs8 = whole;
}

/* EncryptedPrivateKeyInfo (RFC 5958 3) begins with an AlgorithmIdentifier where the others have a version. PKCS#8 has
 * one as its second value, SEC1 an OCTET STRING, PKCS#1 an INTEGER. */
static enum tvt_result
read_key(struct tvt_private_key *key, struct tvt_span der, enum wrapping wrapping, struct tvt_error *error)
{
    struct tvt_reader r, in, look;
    tvt_reader_init(&r, der);
    tvt_der_enter(&r, &in, TVT_DER_SEQUENCE, "private key");
    if (tvt_der_peek(&in) == TVT_DER_SEQUENCE)
        return tvt_fail(error, TVT_E_KEY_ENCRYPTED, "private key", "EncryptedPrivateKeyInfo");
    look = in;
    (void)tvt_der_read_integer(&look, "version");
    uint8_t second = tvt_der_peek(&look);
    enum wrapping found = second == TVT_DER_SEQUENCE       ? WRAPPING_PKCS8
                          : second == TVT_DER_OCTET_STRING ? WRAPPING_SEC1
                                                           : WRAPPING_PKCS1;
    if (in.bad == NULL && wrapping != WRAPPING_ANY && wrapping != found)
        tvt_der_fault_at(&in, "private key", in.p, TVT_DER_FAULT_TAG);
    if (found == WRAPPING_PKCS8)
        read_pkcs8(&in, key, der);
    else if (found == WRAPPING_SEC1)
        read_sec1(&in, key, TVT_KEY_NONE);
    else
        read_pkcs1(&in, key, der, TVT_KEY_RSA);
    if (in.bad == NULL && key->pub.type == TVT_KEY_NONE)
        return tvt_fail(error, TVT_E_KEY_UNSUPPORTED, "private key", "algorithm");
    tvt_der_leave(&r, &in, "private key");
    if (!tvt_reader_done(&r, "private key"))
        return tvt_der_fail(error, TVT_E_KEY_MALFORMED, "private key", &r);
    return TVT_OK;
}

/* ---- the public half of an RSA key ----------------------------------------------------------------------- */

static size_t
header_len(size_t len)
{
    return len < 0x80 ? 2 : len < 0x100 ? 3 : 4;
}

static void
write_header(struct tvt_writer *w, uint8_t tag, size_t len)
{
    tvt_write_u8(w, tag);
    if (len >= 0x100) {
        tvt_write_u8(w, 0x82);
        tvt_write_u16(w, (uint16_t)len);
    } else {
        if (len >= 0x80)
            tvt_write_u8(w, 0x81);
        tvt_write_u8(w, (uint8_t)len);
    }
}

static void
write_unsigned(struct tvt_writer *w, struct tvt_span n)
{
    bool pad = (n.data[0] & 0x80) != 0;
    write_header(w, TVT_DER_INTEGER, n.len + pad);
    if (pad)
        tvt_write_u8(w, 0);
    tvt_write_span(w, n);
}

static size_t
unsigned_len(struct tvt_span n)
{
    size_t len = n.len + ((n.data[0] & 0x80) != 0);
    return header_len(len) + len;
}

/* Builds RSAPublicKey in its SubjectPublicKeyInfo at `out`. id-RSASSA-PSS without parameters allows every use. */
static bool
build_rsa_public(struct tvt_public_key *pub, uint8_t *out, size_t cap)
{
    static const uint8_t rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                  0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    static const uint8_t pss[] = {0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
    bool is_pss = pub->type == TVT_KEY_RSA_PSS;
    size_t algorithm_len = is_pss ? sizeof(pss) : sizeof(rsa);
    size_t body = unsigned_len(pub->n) + unsigned_len(pub->e), key = header_len(body) + body;
    size_t bits = header_len(key + 1) + key + 1;
    struct tvt_writer w;
    tvt_writer_init(&w, out, cap);
    write_header(&w, TVT_DER_SEQUENCE, algorithm_len + bits);
    tvt_write_bytes(&w, is_pss ? pss : rsa, algorithm_len);
    write_header(&w, TVT_DER_BIT_STRING, key + 1);
    tvt_write_u8(&w, 0);
    size_t at = tvt_writer_len(&w);
    write_header(&w, TVT_DER_SEQUENCE, body);
    write_unsigned(&w, pub->n);
    write_unsigned(&w, pub->e);
    if (w.overflow)
        return false;
    pub->key = tvt_span(out + at, tvt_writer_len(&w) - at);
    pub->spki = tvt_span(out, tvt_writer_len(&w));
    return true;
}

/* ---- files ----------------------------------------------------------------------------------------------- */

static bool
label_wrapping(struct tvt_span label, enum wrapping *wrapping)
{
    if (tvt_span_is(label, "PRIVATE KEY"))
        *wrapping = WRAPPING_PKCS8;
    else if (tvt_span_is(label, "EC PRIVATE KEY"))
        *wrapping = WRAPPING_SEC1;
    else if (tvt_span_is(label, "RSA PRIVATE KEY"))
        *wrapping = WRAPPING_PKCS1;
    else
        return false;
    return true;
}

/* The first private key block of a PEM text. */
static enum tvt_result
find_block(struct tvt_pem_block *block, enum wrapping *wrapping, struct tvt_span text, struct tvt_error *error)
{
    struct tvt_pem pem;
    enum tvt_result result;
    tvt_pem_init(&pem, text);
    while ((result = tvt_pem_next(&pem, block, error)) == TVT_OK) {
        if (tvt_span_is(block->label, "ENCRYPTED PRIVATE KEY"))
            return tvt_fail(error, TVT_E_KEY_ENCRYPTED, "private key", "ENCRYPTED PRIVATE KEY");
        if (!label_wrapping(block->label, wrapping))
            continue;
        if (block->has_headers)
            return tvt_fail(error, TVT_E_KEY_ENCRYPTED, "private key", "Proc-Type");
        return TVT_OK;
    }
    if (result == TVT_CLOSED)
        return tvt_pem_not_found(error, "private key", "a PRIVATE KEY block, or one in DER,", text);
    return TVT_FAIL;
}

/* Takes memory for `der_max` bytes and the built public half. */
static enum tvt_result
take_memory(struct tvt_private_key_file *out, size_t der_max, const struct tvt_allocator *allocator,
            struct tvt_error *error)
{
    out->size = 2 * der_max + RSA_SPKI_OVERHEAD;
    out->allocator = allocator;
    out->memory = tvt_alloc(allocator, out->size);
    if (out->memory == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "private key", NULL);
    return TVT_OK;
}

static enum tvt_result
parse(struct tvt_private_key_file *out, struct tvt_span text, const struct tvt_allocator *allocator,
      struct tvt_error *error)
{
    enum wrapping wrapping = WRAPPING_ANY;
    struct tvt_pem_block block;
    size_t len = text.len;
    if (text.len > TVT_KEY_FILE_MAX)
        return tvt_fail_values(error, TVT_E_FILE_TOO_LONG, "private key", NULL, TVT_KEY_FILE_MAX, text.len);
    if (tvt_pem_looks_like(text) || text.len == 0 || text.data[0] != TVT_DER_SEQUENCE) {
        if (find_block(&block, &wrapping, text, error) != TVT_OK ||
            take_memory(out, tvt_pem_decoded_max(&block), allocator, error) != TVT_OK ||
            tvt_pem_decode(&block, out->memory, tvt_pem_decoded_max(&block), &len, error) != TVT_OK)
            return TVT_FAIL;
    } else {
        if (take_memory(out, text.len, allocator, error) != TVT_OK)
            return TVT_FAIL;
        tvt_copy(out->memory, text.data, text.len);
    }
    if (read_key(&out->key, tvt_span(out->memory, len), wrapping, error) != TVT_OK)
        return TVT_FAIL;
    tvt_secret(out->key.scalar.data, out->key.scalar.len);
    tvt_secret(out->key.expanded.data, out->key.expanded.len);
    if (out->key.pub.n.len > 0 && !build_rsa_public(&out->key.pub, out->memory + len, out->size - len))
        return tvt_fail(error, TVT_E_INTERNAL, "private key", "SubjectPublicKeyInfo");
    return TVT_OK;
}

enum tvt_result
tvt_private_key_parse(struct tvt_private_key_file *out, struct tvt_span text, const struct tvt_allocator *allocator,
                      struct tvt_error *error)
{
    bool first = error != NULL && error->code == TVT_E_NONE;
    memset(out, 0, sizeof(*out));
    if (parse(out, text, allocator, error) == TVT_OK)
        return TVT_OK;
    tvt_private_key_free(out);
    if (first)
        error->origin = TVT_ORIGIN_CALLER;
    return TVT_FAIL;
}

void
tvt_private_key_free(struct tvt_private_key_file *file)
{
    if (file->memory != NULL)
        tvt_release_wiped(file->allocator, file->memory, file->size);
    tvt_wipe(file, sizeof(*file));
}
