/* SPDX-License-Identifier: MIT
 *
 * The record layer: headers, protection in both directions, limits (RFC 9846 5, RFC 5246 6.2).
 */
#include "core/record/record.h"

#include "core/base/memory.h"
#include "core/base/wire.h"

#include <string.h>

#define MESSAGE_NAME "record"
#define AAD12_LEN    13u /* sequence number, type, version, length: RFC 5246 6.2.3.3 */

/* Padding is sealed from here in as many pieces as it takes. */
static const uint8_t zeros[4096];
enum { MAX_PIECES = 8 };

/* ---- keys -------------------------------------------------------------------------------------------------- */

void
tvt_protection_init(struct tvt_protection *p, enum tvt_direction direction, void *ctx, size_t ctx_size)
{
    memset(p, 0, sizeof *p);
    p->ctx = ctx;
    p->ctx_size = ctx_size;
    p->direction = direction;
}

static void
tear_down(struct tvt_protection *p)
{
    if (p->live)
        p->aead->teardown(p->ctx);
    p->live = false;
}

void
tvt_protection_free(struct tvt_protection *p)
{
    tear_down(p);
    /* Nothing can be sealed or opened after this: a direction of 0 is neither. */
    tvt_wipe(p, sizeof *p);
}

void
tvt_protection_drop(struct tvt_protection *p)
{
    tear_down(p);
    p->aead = NULL;
    p->sequence = p->limit = 0;
    p->explicit_len = p->inner_len = 0;
    p->numbered = p->renewable = false;
    tvt_wipe(p->iv, sizeof p->iv);
}

/* The key and the IV of a traffic secret, RFC 9846 7.3. */
static int
derive(struct tvt_protection *p, struct tvt_kdf *kdf, const struct tvt_aead *aead, const uint8_t *traffic_secret,
       uint8_t *key)
{
    const struct tvt_span empty = {NULL, 0};
    int result;

    if (aead->key_len > TVT_AEAD_KEY_MAX || aead->nonce_len > TVT_AEAD_NONCE_MAX || aead->nonce_len < 8)
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    tvt_kdf_key(kdf, traffic_secret, kdf->hash->out_len);
    result = tvt_kdf_expand_label(kdf, "key", empty, key, aead->key_len);
    return result == TVT_CRYPTO_OK ? tvt_kdf_expand_label(kdf, "iv", empty, p->iv, aead->nonce_len) : result;
}

static int
load_key(struct tvt_protection *p, const struct tvt_aead *aead, const uint8_t *key)
{
    if (p->live && p->aead == aead)
        return aead->rekey(p->ctx, key);
    tear_down(p);
    p->aead = aead;
    if (aead->ctx_size > p->ctx_size)
        return tvt_crypto_failure(TVT_CRYPTO_NO_ROOM, 0);
    int result = aead->setup(aead, p->ctx, p->direction, key);
    p->live = result == TVT_CRYPTO_OK;
    return result;
}

/* What every installation ends with: `result` is how making key and IV went. */
static int
install(struct tvt_protection *p, const struct tvt_aead *aead, const uint8_t *key, int result)
{
    if (result == TVT_CRYPTO_OK)
        result = load_key(p, aead, key);
    p->sequence = 0;
    p->limit = tvt_aead_record_limit(aead->id);
    if (result != TVT_CRYPTO_OK) {
        /* An AEAD without live keys: nothing goes out in the clear, nor under the keys before. */
        tear_down(p);
        p->aead = aead;
        tvt_wipe(p->iv, sizeof p->iv);
    }
    return result;
}

int
tvt_protection_install(struct tvt_protection *p, struct tvt_kdf *kdf, const struct tvt_aead *aead,
                       const uint8_t *traffic_secret)
{
    uint8_t key[TVT_AEAD_KEY_MAX];
    int result = install(p, aead, key, derive(p, kdf, aead, traffic_secret, key));

    p->explicit_len = 0;
    p->inner_len = 1; /* RFC 9846 5.2 */
    p->numbered = false;
    p->renewable = true;
    tvt_wipe(key, sizeof key);
    return result;
}

int
tvt_protection_install12(struct tvt_protection *p, const struct tvt_aead *aead, const uint8_t *key,
                         const uint8_t *fixed_iv)
{
    size_t iv_len = tvt_aead_fixed_iv12(aead->id);
    int result = TVT_CRYPTO_OK;

    if (iv_len == 0 || aead->key_len > TVT_AEAD_KEY_MAX || aead->nonce_len != TVT_AEAD_NONCE_MAX) {
        result = tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
        iv_len = 0;
    }
    /* Behind a salt of 4 bytes come zeros, which the sequence number takes the place of: of what we seal it is the explicit
     * part (RFC 5288 3, RFC 6655 3). With 12 bytes it is XORed (RFC 7905 2). */
    memset(p->iv, 0, sizeof p->iv);
    tvt_copy(p->iv, fixed_iv, iv_len);
    p->explicit_len = (uint8_t)(TVT_AEAD_NONCE_MAX - iv_len);
    p->inner_len = 0;
    p->numbered = true;
    p->renewable = false;
    return install(p, aead, key, result);
}

uint64_t
tvt_aead_record_limit(uint16_t aead_id)
{
    switch (aead_id) {
    case TVT_AEAD_AES_128_GCM:
    case TVT_AEAD_AES_256_GCM:
        return 23726566; /* 2^24.5, RFC 9846 5.5 */
    case TVT_AEAD_CHACHA20_POLY1305:
        return UINT64_C(1) << 48; /* the analysis sets none; nobody gets here in a connection's life */
    default:
        return UINT64_C(1) << 23; /* CCM, RFC 9147 4.5.3 */
    }
}

bool
tvt_protection_wants_update(const struct tvt_protection *p)
{
    return p->renewable && p->sequence >= p->limit - p->limit / 8;
}

bool
tvt_protection_is_spent(const struct tvt_protection *p)
{
    return p->aead != NULL && (p->sequence >= p->limit || p->limit - p->sequence <= TVT_RECORDS_FOR_END);
}

/* RFC 9846 5.3: the sequence number, on the right, XORed with the IV. */
static void
make_nonce(const struct tvt_protection *p, uint8_t nonce[TVT_AEAD_NONCE_MAX])
{
    /* Without a loop: a compiler makes one swap of it, and of a short record this is a part that shows. */
    const uint64_t n = p->sequence;
    const uint8_t number[8] = {(uint8_t)(n >> 56), (uint8_t)(n >> 48), (uint8_t)(n >> 40), (uint8_t)(n >> 32),
                               (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),  (uint8_t)n};
    size_t pad = p->aead->nonce_len - sizeof number;
    uint64_t iv, mask;

    memcpy(nonce, p->iv, TVT_AEAD_NONCE_MAX);
    memcpy(&iv, nonce + pad, sizeof iv);
    memcpy(&mask, number, sizeof mask);
    iv ^= mask;
    memcpy(nonce + pad, &iv, sizeof iv);
}

/* The additional data of RFC 5246 6.2.3.3, of a record whose header is written. RFC 9846 5.2 takes the header as it is. */
static void
number_aad(const struct tvt_protection *p, uint8_t aad[AAD12_LEN], const uint8_t *record, size_t plaintext_len)
{
    tvt_store_u64(aad, p->sequence);
    memcpy(aad + 8, record, 3); /* type, version */
    tvt_store_u16(aad + 11, (uint16_t)plaintext_len);
}

/* ---- headers ----------------------------------------------------------------------------------------------- */

/* Raises at an offset in the record; the offset belongs only to an error raised here. */
static enum tvt_result
refuse(struct tvt_error *error, enum tvt_error_code code, const char *field, size_t offset, uint64_t expected,
       uint64_t got)
{
    bool fresh = error != NULL && error->code == TVT_E_NONE;
    enum tvt_result result = tvt_fail_values(error, code, MESSAGE_NAME, field, expected, got);

    if (fresh)
        error->offset = offset;
    return result;
}

static bool
is_content_type(uint8_t type)
{
    return type >= TVT_CONTENT_CCS && type <= TVT_CONTENT_APPLICATION;
}

enum tvt_result
tvt_record_header_read(struct tvt_record_header *out, const uint8_t *data, bool first, bool protected_now,
                       struct tvt_error *error)
{
    uint16_t limit = protected_now ? TVT_RECORD_CIPHERTEXT_MAX : TVT_RECORD_PLAINTEXT_MAX;

    out->type = data[0];
    out->version = tvt_load_u16(data + 1);
    out->length = tvt_load_u16(data + 3);
    if (!is_content_type(out->type))
        return refuse(error, first ? TVT_E_NOT_TLS : TVT_E_RECORD_TYPE, "type", 0, TVT_CONTENT_HANDSHAKE, out->type);
    /* RFC 9846 5.1 has the version ignored. Every TLS has 3 in front; something else is no TLS. */
    if (out->version >> 8 != 3)
        return refuse(error, first ? TVT_E_NOT_TLS : TVT_E_RECORD_VERSION, "legacy_record_version", 1,
                      TVT_VERSION_TLS12, out->version);
    if (out->length > limit)
        return refuse(error, TVT_E_RECORD_OVERFLOW, "length", 3, limit, out->length);
    if (out->length == 0 && !protected_now && (out->type == TVT_CONTENT_ALERT || out->type == TVT_CONTENT_HANDSHAKE))
        return refuse(error, TVT_E_EMPTY_HANDSHAKE_FRAGMENT, "length", 3, 1, 0);
    return TVT_OK;
}

/* ---- opening ----------------------------------------------------------------------------------------------- */

/* What stands in a record must have a type of its own, and bytes unless it is application data (RFC 9846 5.1, 5.4). */
static enum tvt_result
check_inner(uint8_t type, size_t content_len, size_t type_offset, struct tvt_error *error)
{
    if (type == TVT_CONTENT_CCS)
        return refuse(error, TVT_E_BAD_CCS, "type", type_offset, TVT_CONTENT_HANDSHAKE, type);
    if (!is_content_type(type))
        return refuse(error, TVT_E_RECORD_TYPE, "type", type_offset, TVT_CONTENT_APPLICATION, type);
    if (content_len == 0 && type != TVT_CONTENT_APPLICATION)
        return refuse(error, TVT_E_EMPTY_HANDSHAKE_FRAGMENT, "content", TVT_RECORD_HEADER, 1, 0);
    return TVT_OK;
}

/* *plain: what was encrypted, within `record`. */
static enum tvt_result
decrypt(struct tvt_protection *p, struct tvt_span *plain, uint8_t *record, size_t record_len,
        const struct tvt_provider *provider, struct tvt_error *error)
{
    uint8_t nonce[TVT_AEAD_NONCE_MAX], own[AAD12_LEN], *body = record + TVT_RECORD_HEADER;
    const uint8_t *aad = record;
    size_t len = record_len - TVT_RECORD_HEADER, aad_len = TVT_RECORD_HEADER;
    int result;

    if (!p->live || p->direction != TVT_OPEN)
        return tvt_fail(error, TVT_E_INTERNAL, MESSAGE_NAME, "keys");
    if (p->sequence == UINT64_MAX)
        return tvt_fail(error, TVT_E_SEQUENCE_EXHAUSTED, MESSAGE_NAME, "sequence");
    size_t least = (size_t)p->explicit_len + p->aead->tag_len;
    if (len < least)
        return refuse(error, TVT_E_BAD_RECORD_MAC, "length", 3, least, len);
    make_nonce(p, nonce);
    if (p->explicit_len > 0) {
        memcpy(nonce + TVT_AEAD_NONCE_MAX - p->explicit_len, body, p->explicit_len);
        body += p->explicit_len;
        len -= p->explicit_len;
    }
    if (p->numbered) {
        number_aad(p, own, record, len - p->aead->tag_len);
        aad = own;
        aad_len = AAD12_LEN;
    }
    result = p->aead->open(p->ctx, body, body, len, nonce, aad, aad_len);
    tvt_public(&result, sizeof result); /* the verdict on a record, and what it holds, which is parsed by its bytes */
    tvt_public(body, len);
    if (result != TVT_CRYPTO_OK) {
        enum tvt_error_code code = tvt_crypto_kind(result) == TVT_CRYPTO_AUTH ? TVT_E_BAD_RECORD_MAC : TVT_E_CRYPTO;
        return tvt_fail_crypto(error, code, MESSAGE_NAME, "encrypted_record", provider, result);
    }
    *plain = tvt_span(body, len - p->aead->tag_len);
    p->sequence++;
    return TVT_OK;
}

/* Splits TLSInnerPlaintext: the last byte that is not zero is the type (RFC 9846 5.4). */
static enum tvt_result
split_inner(uint8_t *type, struct tvt_span *content, struct tvt_span inner, struct tvt_error *error)
{
    size_t len = inner.len;
    enum tvt_result result;

    while (len > 0 && inner.data[len - 1] == 0)
        len--;
    if (len == 0)
        return refuse(error, TVT_E_NO_CONTENT_TYPE, "type", TVT_RECORD_HEADER, TVT_CONTENT_APPLICATION, 0);
    result = check_inner(inner.data[len - 1], len - 1, TVT_RECORD_HEADER + len - 1, error);
    if (result != TVT_OK)
        return result;
    *type = inner.data[len - 1];
    *content = tvt_span(inner.data, len - 1);
    return TVT_OK;
}

enum tvt_result
tvt_record_open(struct tvt_protection *p, uint8_t *type, struct tvt_span *content, uint8_t *record, size_t record_len,
                size_t plaintext_limit, const struct tvt_provider *provider, struct tvt_error *error)
{
    struct tvt_span plain;
    enum tvt_result result;
    size_t most = TVT_RECORD_PLAINTEXT_MAX + (size_t)p->inner_len;

    *type = 0;
    *content = tvt_span(record, 0);
    if (record_len < TVT_RECORD_HEADER || tvt_load_u16(record + 3) != record_len - TVT_RECORD_HEADER)
        return tvt_fail(error, TVT_E_INTERNAL, MESSAGE_NAME, "length");
    /* RFC 9846 5.2: the outer type of what is protected. Without keys there is nothing to open (5.1). */
    if (p->aead == NULL || (p->inner_len > 0 && record[0] != TVT_CONTENT_APPLICATION))
        return refuse(error, TVT_E_UNPROTECTED, "type", 0, TVT_CONTENT_APPLICATION, record[0]);
    result = decrypt(p, &plain, record, record_len, provider, error);
    if (result != TVT_OK)
        return result;
    if (plaintext_limit > most)
        plaintext_limit = most;
    if (plain.len > plaintext_limit)
        return refuse(error, TVT_E_RECORD_OVERFLOW, "length", 3, plaintext_limit, plain.len);
    if (p->inner_len > 0)
        return split_inner(type, content, plain, error);
    result = check_inner(record[0], plain.len, 0, error);
    if (result != TVT_OK)
        return result;
    *type = record[0];
    *content = plain;
    return TVT_OK;
}

/* ---- sealing ----------------------------------------------------------------------------------------------- */

size_t
tvt_record_sealed_len(const struct tvt_protection *p, size_t content_len, size_t padding)
{
    size_t len = TVT_RECORD_HEADER + content_len;

    return p->aead == NULL ? len : len + p->explicit_len + p->inner_len + padding + p->aead->tag_len;
}

size_t
tvt_record_content_fit(const struct tvt_protection *p, size_t room)
{
    size_t overhead = tvt_record_sealed_len(p, 0, 0);
    size_t fit = room > overhead ? room - overhead : 0;

    return fit < TVT_RECORD_PLAINTEXT_MAX ? fit : TVT_RECORD_PLAINTEXT_MAX;
}

static enum tvt_result
encrypt(struct tvt_protection *p, uint8_t *out, uint8_t type, struct tvt_span content, size_t padding,
        const struct tvt_provider *provider, struct tvt_error *error)
{
    struct tvt_span pieces[MAX_PIECES];
    uint8_t nonce[TVT_AEAD_NONCE_MAX], own[AAD12_LEN], *body = out + TVT_RECORD_HEADER + p->explicit_len;
    const uint8_t *aad = out;
    size_t aad_len = TVT_RECORD_HEADER;
    unsigned num = 0;
    int result;

    if (content.len > 0)
        pieces[num++] = content;
    if (p->inner_len > 0 || num == 0) /* an AEAD wants a piece, be it an empty one */
        pieces[num++] = tvt_span(&type, p->inner_len);
    for (size_t left = padding; left > 0 && num < MAX_PIECES; left -= pieces[num++].len)
        pieces[num] = tvt_span(zeros, left < sizeof zeros ? left : sizeof zeros);
    make_nonce(p, nonce);
    if (p->numbered) {
        memcpy(out + TVT_RECORD_HEADER, nonce + TVT_AEAD_NONCE_MAX - p->explicit_len, p->explicit_len);
        number_aad(p, own, out, content.len);
        aad = own;
        aad_len = AAD12_LEN;
    }
    result = p->aead->seal(p->ctx, body, pieces, num, nonce, aad, aad_len);
    tvt_public(body, content.len + p->inner_len + padding + p->aead->tag_len);
    if (result != TVT_CRYPTO_OK)
        return tvt_fail_crypto(error, TVT_E_CRYPTO, MESSAGE_NAME, "encrypted_record", provider, result);
    p->sequence++;
    return TVT_OK;
}

/* Our own mistakes, not the peer's: none of these may reach the wire. */
static bool
may_seal(const struct tvt_protection *p, uint8_t type, size_t content_len, size_t padding)
{
    if (p->direction != TVT_SEAL || !is_content_type(type) || content_len > TVT_RECORD_PLAINTEXT_MAX)
        return false;
    if (content_len == 0 && type != TVT_CONTENT_APPLICATION)
        return false;
    if (p->aead == NULL) /* RFC 9846 5.1: application data is always protected */
        return padding == 0 && type != TVT_CONTENT_APPLICATION;
    if (padding > 0 && p->inner_len == 0) /* padding stands behind the content type, RFC 9846 5.4 */
        return false;
    return p->live && type != TVT_CONTENT_CCS && padding <= TVT_RECORD_PLAINTEXT_MAX - content_len;
}

enum tvt_result
tvt_record_seal(struct tvt_protection *p, uint8_t *out, size_t cap, size_t *out_len, uint8_t type, uint16_t version,
                struct tvt_span content, size_t padding, const struct tvt_provider *provider, struct tvt_error *error)
{
    size_t len = tvt_record_sealed_len(p, content.len, padding);
    enum tvt_result result;

    *out_len = 0;
    if (!may_seal(p, type, content.len, padding))
        return tvt_fail(error, TVT_E_INTERNAL, MESSAGE_NAME, "content");
    if (cap < len)
        return refuse(error, TVT_E_NO_ROOM, "content", TVT_RECORD_HEADER, len, cap);
    if (p->aead != NULL && p->sequence >= p->limit)
        return refuse(error, TVT_E_SEQUENCE_EXHAUSTED, "sequence", TVT_ERROR_NO_OFFSET, p->limit, p->sequence);
    out[0] = p->inner_len == 0 ? type : (uint8_t)TVT_CONTENT_APPLICATION;
    tvt_store_u16(out + 1, version);
    tvt_store_u16(out + 3, (uint16_t)(len - TVT_RECORD_HEADER));
    if (p->aead == NULL) {
        tvt_move(out + TVT_RECORD_HEADER, content.data, content.len);
    } else {
        result = encrypt(p, out, type, content, padding, provider, error);
        if (result != TVT_OK)
            return result;
    }
    *out_len = len;
    return TVT_OK;
}
