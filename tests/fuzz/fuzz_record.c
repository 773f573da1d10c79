/* SPDX-License-Identifier: MIT
 *
 * Record headers, in each of the four situations that there are; then what stands behind the header, opened as it is and
 * as a peer with the keys could have sealed it, in both forms that protected records have.
 */
#include "core/base/wire.h"
#include "core/record/record.h"
#include "tests/fuzz/fuzz.h"

#include <trivet/error.h>

#define BODY_MAX 2048u

static struct tvt_provider *provider;
static struct tvt_kdf kdf;
/* Two ends of one direction: AEAD and form change with every key that they get. */
static struct tvt_protection seal, open;
static _Alignas(TVT_ALIGN) uint8_t seal_ctx[TVT_AEAD_CTX_MAX], open_ctx[TVT_AEAD_CTX_MAX];

static void
check_header(const uint8_t *data)
{
    for (int situation = 0; situation < 4; situation++) {
        bool first = (situation & 1) != 0, protected_now = (situation & 2) != 0;
        struct tvt_record_header h;
        struct tvt_error error;
        tvt_error_clear(&error);
        if (tvt_record_header_read(&h, data, first, protected_now, &error) != TVT_OK) {
            REQUIRE(error.code != TVT_E_NONE);
            continue;
        }
        REQUIRE(h.length <= (protected_now ? TVT_RECORD_CIPHERTEXT_MAX : TVT_RECORD_PLAINTEXT_MAX));
        REQUIRE(h.type == data[0] && h.version >> 8 == 3);
    }
}

static void
set_up(void)
{
    const char *const *names;
    struct tvt_error error;
    if (provider != NULL)
        return;
    tvt_error_clear(&error);
    REQUIRE(tvt_provider_builtin(&names) > 0);
    REQUIRE(tvt_provider_open(&provider, names[0], &error) == TVT_OK);
    REQUIRE(tvt_kdf_init(&kdf, tvt_provider_hash(provider, TVT_HASH_SHA256)) == TVT_CRYPTO_OK);
    tvt_protection_init(&seal, TVT_SEAL, seal_ctx, sizeof seal_ctx);
    tvt_protection_init(&open, TVT_OPEN, open_ctx, sizeof open_ctx);
}

static void
install(const struct tvt_aead *aead, bool is12)
{
    static const uint8_t key[TVT_HASH_MAX] = {1, 2, 3}, iv[TVT_AEAD_NONCE_MAX] = {4, 5, 6};
    struct tvt_protection *ends[2] = {&seal, &open};
    for (int i = 0; i < 2; i++)
        REQUIRE((is12 ? tvt_protection_install12(ends[i], aead, key, iv)
                      : tvt_protection_install(ends[i], &kdf, aead, key)) == TVT_CRYPTO_OK);
}

/* Whatever comes of it, it keeps the promises of record.h. */
static bool
try_open(uint8_t *record, size_t len, size_t limit)
{
    uint64_t sequence = open.sequence;
    struct tvt_span content;
    struct tvt_error error;
    uint8_t type;
    tvt_error_clear(&error);
    if (tvt_record_open(&open, &type, &content, record, len, limit, provider, &error) != TVT_OK) {
        REQUIRE(error.code != TVT_E_NONE && error.code != TVT_E_INTERNAL && content.len == 0 && type == 0);
        return false;
    }
    REQUIRE(open.sequence == sequence + 1 && content.len + open.inner_len <= limit);
    REQUIRE(type >= TVT_CONTENT_ALERT && type <= TVT_CONTENT_APPLICATION);
    REQUIRE(content.len > 0 || type == TVT_CONTENT_APPLICATION);
    REQUIRE(content.data >= record + TVT_RECORD_HEADER && content.data + content.len <= record + len);
    return true;
}

/* The bytes as a plaintext that the peer sealed, its rules its own: explicit nonce, type and padding come from them, too. */
static size_t
seal_raw(uint8_t *record, uint8_t type, const uint8_t *data, size_t len)
{
    const struct tvt_aead *aead = seal.aead;
    uint8_t nonce[TVT_AEAD_NONCE_MAX], aad[13] = {0}, *body = record + TVT_RECORD_HEADER + seal.explicit_len;
    struct tvt_span piece = tvt_span(data, len);
    size_t total = seal.explicit_len + len + aead->tag_len;
    record[0] = seal.numbered ? type : (uint8_t)TVT_CONTENT_APPLICATION;
    tvt_store_u16(record + 1, TVT_VERSION_TLS12);
    tvt_store_u16(record + 3, (uint16_t)total);
    memcpy(nonce, seal.iv, sizeof nonce); /* sequence number 0 */
    for (size_t i = 0; i < seal.explicit_len; i++)
        record[TVT_RECORD_HEADER + i] = nonce[sizeof nonce - seal.explicit_len + i] = i < len ? data[i] : type;
    memcpy(aad + 8, record, 3);
    tvt_store_u16(aad + 11, (uint16_t)len);
    REQUIRE(aead->seal(seal.ctx, body, &piece, 1, nonce, seal.numbered ? aad : record,
                       seal.numbered ? sizeof aad : TVT_RECORD_HEADER) == TVT_CRYPTO_OK);
    return TVT_RECORD_HEADER + total;
}

/* What we seal is what we open. */
static void
check_round_trip(uint8_t type, const uint8_t *data, size_t len)
{
    static uint8_t record[TVT_RECORD_HEADER + BODY_MAX + 64];
    size_t wire = 0, expected = tvt_record_sealed_len(&seal, len, 0);
    struct tvt_error error;
    tvt_error_clear(&error);
    if (tvt_record_seal(&seal, record, sizeof record, &wire, type, TVT_VERSION_TLS12, tvt_span(data, len), 0, provider,
                        &error) != TVT_OK) {
        REQUIRE(wire == 0 && (type < TVT_CONTENT_ALERT || type > TVT_CONTENT_APPLICATION ||
                              (len == 0 && type != TVT_CONTENT_APPLICATION)));
        return;
    }
    REQUIRE(wire == expected && try_open(record, wire, len + seal.inner_len));
}

static void
check_protected(const uint8_t *data, size_t len)
{
    static uint8_t record[TVT_RECORD_HEADER + BODY_MAX + 64];
    const uint8_t *body = data + TVT_RECORD_HEADER;
    size_t body_len = len - TVT_RECORD_HEADER < BODY_MAX ? len - TVT_RECORD_HEADER : BODY_MAX;
    size_t limit = 64 + (size_t)data[4] * 8;

    set_up();
    for (size_t i = 0; provider->aeads[i] != NULL; i++) {
        for (int form = 0; form < 2; form++) {
            install(provider->aeads[i], form == 1);
            memcpy(record, data, TVT_RECORD_HEADER + body_len);
            tvt_store_u16(record + 3, (uint16_t)body_len);
            (void)try_open(record, TVT_RECORD_HEADER + body_len, limit);
            install(provider->aeads[i], form == 1);
            (void)try_open(record, seal_raw(record, data[0], body, body_len), limit);
            install(provider->aeads[i], form == 1);
            check_round_trip(data[0], body, body_len);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < TVT_RECORD_HEADER)
        return 0;
    check_header(data);
    check_protected(data, len);
    return 0;
}
