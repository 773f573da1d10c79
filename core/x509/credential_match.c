/* SPDX-License-Identifier: MIT
 *
 * How a credential fits what a peer asks for, and the compressed messages that it remembers.
 */
#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/x509/credential.h"

/* ---- authorities and schemes ---- */

static bool
issued_by(const struct tvt_credential *credential, struct tvt_span name)
{
    for (size_t i = 0; i < credential->num_chain; i++)
        if (tvt_name_equal(credential->issuer[i], name))
            return true;
    return false;
}

bool
tvt_credential_has_authority(const struct tvt_credential *credential, struct tvt_span names)
{
    struct tvt_reader r;
    tvt_reader_init(&r, names);
    for (unsigned i = 0; i < TVT_AUTHORITIES_MAX && tvt_reader_left(&r) > 0 && !credential->raw_key; i++) {
        struct tvt_reader one;
        struct tvt_span name = tvt_read_vec16(&r, 1, UINT16_MAX, "distinguished_name");
        tvt_reader_init(&one, name);
        (void)tvt_name_read(&one, false, "distinguished_name");
        if (r.bad == NULL && tvt_reader_done(&one, "distinguished_name") && issued_by(credential, name))
            return true;
    }
    return false;
}

static bool
scheme_covers(uint16_t id, const struct tvt_signature_algorithm *algorithm)
{
    const struct tvt_scheme *s = tvt_scheme_find(id);
    return s != NULL && !tvt_scheme_is_legacy(s) && s->family == algorithm->family && s->hash == algorithm->hash &&
           (algorithm->key_type == TVT_KEY_NONE || s->key_type == algorithm->key_type);
}

bool
tvt_credential_signed_by(const struct tvt_credential *credential, struct tvt_span schemes)
{
    size_t num = credential->num_chain - (credential->ends_in_root ? 1 : 0);
    if (credential->raw_key)
        return true;
    for (size_t i = 0; i < num; i++) {
        bool covered = false;
        for (size_t k = 0; k + 2 <= schemes.len && !covered; k += 2)
            covered = scheme_covers(tvt_load_u16(schemes.data + k), &credential->algorithm[i]);
        if (!covered)
            return false;
    }
    return true;
}

/* ---- compressed messages ---- */

static const struct tvt_allocator *
allocator_of(const struct tvt_credential *credential)
{
    return credential->allocator.alloc != NULL ? &credential->allocator : NULL;
}

const struct tvt_compressed *
tvt_credential_compressed(struct tvt_credential *credential, const struct tvt_compression *how, uint8_t staples)
{
    for (size_t i = 0; i < TVT_COMPRESSED_MAX; i++) {
        const struct tvt_compressed *one = atomic_load_explicit(&credential->compressed[i], memory_order_acquire);
        if (one == NULL)
            return NULL;
        if (one->how == how && one->staples == staples)
            return one;
    }
    return NULL;
}

struct tvt_compressed *
tvt_credential_new_compressed(struct tvt_credential *credential, size_t cap)
{
    return tvt_alloc(allocator_of(credential), sizeof(struct tvt_compressed) + cap);
}

void
tvt_credential_keep_compressed(struct tvt_credential *credential, const struct tvt_compressed *made)
{
    struct tvt_compressed *copy = tvt_credential_new_compressed(credential, made->len);
    if (copy == NULL)
        return; /* it is made anew next time */
    *copy = *made;
    tvt_copy(copy->data, made->data, made->len);
    for (size_t i = 0; i < TVT_COMPRESSED_MAX; i++) {
        struct tvt_compressed *there = NULL;
        if (atomic_compare_exchange_strong_explicit(&credential->compressed[i], &there, copy, memory_order_acq_rel,
                                                    memory_order_acquire))
            return;
        if (there->how == made->how && there->staples == made->staples)
            break;
    }
    tvt_credential_free_compressed(credential, copy, made->len);
}

void
tvt_credential_free_compressed(struct tvt_credential *credential, struct tvt_compressed *made, size_t cap)
{
    tvt_release(allocator_of(credential), made, sizeof *made + cap);
}

/* ---- SubjectPublicKeyInfo (RFC 5280 4.1.2.7) ---- */

#define OID_EC    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01
#define OID_MLDSA 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03

static struct tvt_span
algorithm_of(uint8_t key_type)
{
    static const uint8_t rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                  0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    static const uint8_t pss[] = {0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
    static const uint8_t p256[] = {0x30, 0x13, OID_EC, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    static const uint8_t p384[] = {0x30, 0x10, OID_EC, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
    static const uint8_t p521[] = {0x30, 0x10, OID_EC, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23};
    static const uint8_t ed25519[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
    static const uint8_t ed448[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71};
    static const uint8_t mldsa44[] = {OID_MLDSA, 0x11};
    static const uint8_t mldsa65[] = {OID_MLDSA, 0x12};
    static const uint8_t mldsa87[] = {OID_MLDSA, 0x13};
    switch (key_type) {
    case TVT_KEY_RSA:
        return tvt_span(rsa, sizeof rsa);
    case TVT_KEY_RSA_PSS:
        return tvt_span(pss, sizeof pss);
    case TVT_KEY_P256:
        return tvt_span(p256, sizeof p256);
    case TVT_KEY_P384:
        return tvt_span(p384, sizeof p384);
    case TVT_KEY_P521:
        return tvt_span(p521, sizeof p521);
    case TVT_KEY_ED25519:
        return tvt_span(ed25519, sizeof ed25519);
    case TVT_KEY_ED448:
        return tvt_span(ed448, sizeof ed448);
    case TVT_KEY_MLDSA44:
        return tvt_span(mldsa44, sizeof mldsa44);
    case TVT_KEY_MLDSA65:
        return tvt_span(mldsa65, sizeof mldsa65);
    case TVT_KEY_MLDSA87:
        return tvt_span(mldsa87, sizeof mldsa87);
    default:
        return tvt_span(NULL, 0);
    }
}

static size_t
header_len(size_t len)
{
    return len < 0x80 ? 2 : len < 0x100 ? 3 : 4;
}

static void
write_header(struct tvt_writer *w, uint8_t tag, size_t len)
{
    tvt_write_u8(w, tag);
    if (len >= 0x100)
        tvt_write_u8(w, 0x82);
    else if (len >= 0x80)
        tvt_write_u8(w, 0x81);
    if (len >= 0x100)
        tvt_write_u8(w, (uint8_t)(len >> 8));
    tvt_write_u8(w, (uint8_t)len);
}

size_t
tvt_spki_write(uint8_t *out, size_t cap, uint8_t key_type, struct tvt_span key)
{
    struct tvt_writer w;
    struct tvt_span algorithm = algorithm_of(key_type);
    size_t bits = 1 + key.len, all = algorithm.len + header_len(bits) + bits;
    if (algorithm.len == 0 || key.len == 0 || all > 0xffff)
        return 0;
    tvt_writer_init(&w, out, cap);
    write_header(&w, TVT_DER_SEQUENCE, all);
    tvt_write_span(&w, algorithm);
    write_header(&w, TVT_DER_BIT_STRING, bits);
    tvt_write_u8(&w, 0); /* no unused bits */
    tvt_write_span(&w, key);
    return w.overflow ? 0 : tvt_writer_len(&w);
}
