/* SPDX-License-Identifier: MIT
 *
 * Records in the form of TLS 1.2: recorded ones byte for byte, libcrypto's AEADs, round trips with every AEAD of every
 * backend, every flipped bit, and what may be neither sealed nor opened.
 */
#include "core/base/wire.h"
#include "core/record/record.h"
#include "tests/unit/recorded12.h"
#include "tests/unit/trace.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <string.h>

#ifdef TVT_TEST_LIBCRYPTO
#include <openssl/evp.h>
#endif

#define FULL          TVT_RECORD_PLAINTEXT_MAX /* the plaintext limit without record_size_limit */
#define MAX_PROVIDERS 8u
#define AAD_LEN       13u

static struct tvt_provider *providers[MAX_PROVIDERS];
static size_t num_providers;

/* Two ends of one direction, with the same keys. */
static struct {
    const struct tvt_provider *provider;
    const struct tvt_aead *aead;
    struct tvt_protection seal, open;
    uint8_t iv[TVT_AEAD_NONCE_MAX];
    size_t salt; /* bytes of iv that count */
    _Alignas(TVT_ALIGN) uint8_t seal_ctx[TVT_AEAD_CTX_MAX];
    _Alignas(TVT_ALIGN) uint8_t open_ctx[TVT_AEAD_CTX_MAX];
} pair;

static uint8_t plain[TVT_RECORD_PLAINTEXT_MAX + 64];
static uint8_t wire[TVT_RECORD_MAX + 64];
static const uint8_t key_one[TVT_AEAD_KEY_MAX] = {1, 2, 3}, key_two[TVT_AEAD_KEY_MAX] = {4, 5, 6};
static const uint8_t iv_one[TVT_AEAD_NONCE_MAX] = {0xa1, 0xa2, 0xa3, 0xa4, 5, 6, 7, 8, 9, 10, 11, 12};

static int
open_providers(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);

    num_providers = 0;
    for (size_t i = 0; i < num && i < MAX_PROVIDERS; i++) {
        struct tvt_error error;

        tvt_error_clear(&error);
        if (tvt_provider_open(&providers[num_providers], names[i], &error) != TVT_OK) {
            fprintf(stderr, "backend %s: %s\n", names[i], tvt_error_name(error.code));
            return -1;
        }
        num_providers++;
    }
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * 7 + i / 251);
    return num_providers > 0 ? 0 : -1;
}

static int
close_providers(void)
{
    while (num_providers > 0)
        tvt_provider_free(providers[--num_providers]);
    return 0;
}

static void
pair_close(void)
{
    tvt_protection_free(&pair.seal);
    tvt_protection_free(&pair.open);
}

static void
pair_keys(const struct tvt_aead *aead, const uint8_t *key, const uint8_t *iv)
{
    pair.aead = aead;
    pair.salt = aead->id == TVT_AEAD_CHACHA20_POLY1305 ? 12 : 4;
    memcpy(pair.iv, iv, pair.salt);
    CU_ASSERT_EQUAL_FATAL(tvt_protection_install12(&pair.seal, aead, key, iv), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_protection_install12(&pair.open, aead, key, iv), TVT_CRYPTO_OK);
}

static void
pair_open(const struct tvt_provider *provider, const struct tvt_aead *aead)
{
    memset(&pair, 0, sizeof pair);
    pair.provider = provider;
    tvt_protection_init(&pair.seal, TVT_SEAL, pair.seal_ctx, sizeof pair.seal_ctx);
    tvt_protection_init(&pair.open, TVT_OPEN, pair.open_ctx, sizeof pair.open_ctx);
    pair_keys(aead, key_one, iv_one);
}

/* Runs `check` with fresh ends for every AEAD of every backend. */
static void
with_each(void (*check)(void))
{
    size_t num = 0;

    for (size_t i = 0; i < num_providers; i++) {
        for (const struct tvt_aead *const *aead = providers[i]->aeads; *aead != NULL; aead++) {
            pair_open(providers[i], *aead);
            check();
            pair_close();
            num++;
        }
    }
    CU_ASSERT_TRUE(num > 0);
}

static bool
seals(uint8_t *out, size_t cap, size_t *len, uint8_t type, struct tvt_span content)
{
    struct tvt_error error;

    tvt_error_clear(&error);
    return tvt_record_seal(&pair.seal, out, cap, len, type, TVT_VERSION_TLS12, content, 0, pair.provider, &error) ==
           TVT_OK;
}

static bool
opens(uint8_t *record, size_t len, size_t limit, uint8_t type, struct tvt_span expected)
{
    struct tvt_span content = {NULL, 0};
    struct tvt_error error;
    uint8_t got = 0;

    tvt_error_clear(&error);
    return tvt_record_open(&pair.open, &got, &content, record, len, limit, pair.provider, &error) == TVT_OK &&
           got == type && content.data == record + TVT_RECORD_HEADER + (12 - pair.salt) &&
           tvt_span_equal(content, expected);
}

/* Opens `record` as it stands; the error is checked, and that nothing comes of it. */
static bool
refused(uint8_t *record, size_t len, size_t limit, enum tvt_error_code code, uint8_t alert)
{
    struct tvt_span content = tvt_span(plain, 1);
    struct tvt_error error;
    uint8_t type = 99;
    enum tvt_result result;

    tvt_error_clear(&error);
    result = tvt_record_open(&pair.open, &type, &content, record, len, limit, pair.provider, &error);
    if (result == TVT_FAIL && error.code == code && error.alert == alert && error.field != NULL && type == 0 &&
        content.len == 0)
        return true;
    fprintf(stderr, "expected %s, got %s\n", tvt_error_name(code), tvt_error_name(error.code));
    return false;
}

/* ---- what others sealed -------------------------------------------------------------------------------------- */

/* One recorded record: it opens to `content`, and is what we seal where the explicit nonce is a number or none. */
static void
check_recorded_record(const char *record_hex, struct tvt_span content, uint8_t type)
{
    uint8_t record[TRACE_BYTES_MAX], sealed[TRACE_BYTES_MAX];
    size_t len = trace_hex(record, sizeof record, record_hex), sealed_len = 0;
    bool same_nonce = pair.aead->id != TVT_AEAD_AES_128_GCM && pair.aead->id != TVT_AEAD_AES_256_GCM;

    CU_ASSERT_FATAL(len <= sizeof record);
    CU_ASSERT_TRUE(seals(sealed, sizeof sealed, &sealed_len, type, content));
    CU_ASSERT_EQUAL(sealed_len, len);
    CU_ASSERT_EQUAL(memcmp(sealed, record, len) == 0, same_nonce);
    CU_ASSERT_TRUE(opens(record, len, FULL, type, content));
}

static void
check_recorded(const struct recorded12 *r, const struct tvt_provider *provider, const struct tvt_aead *aead)
{
    const struct tvt_hash *hash = tvt_provider_hash(provider, r->hash);
    uint8_t master[TVT_MASTER12_LEN], finished[16];
    struct tvt_randoms12 randoms;
    struct tvt_key_block12 keys;
    struct tvt_schedule12 s;

    CU_ASSERT_PTR_NOT_NULL_FATAL(hash);
    CU_ASSERT_EQUAL_FATAL(trace_hex(master, sizeof master, r->master), sizeof master);
    CU_ASSERT_EQUAL_FATAL(trace_hex(randoms.client, TVT_RANDOM_LEN, r->client_random), TVT_RANDOM_LEN);
    CU_ASSERT_EQUAL_FATAL(trace_hex(randoms.server, TVT_RANDOM_LEN, r->server_random), TVT_RANDOM_LEN);
    CU_ASSERT_EQUAL_FATAL(tvt_schedule12_init(&s, hash), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_schedule12_resume(&s, master), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_schedule12_key_block(&s, &keys, aead, &randoms), TVT_CRYPTO_OK);
    pair_open(provider, aead);
    pair_keys(aead, keys.client.key, keys.client.iv);
    CU_ASSERT_EQUAL_FATAL(trace_hex(finished, sizeof finished, r->client_finished), sizeof finished);
    check_recorded_record(r->client_record, tvt_span(finished, sizeof finished), TVT_CONTENT_HANDSHAKE);
    check_recorded_record(r->data_record, tvt_span_string("ping"), TVT_CONTENT_APPLICATION);
    pair_keys(aead, keys.server.key, keys.server.iv);
    CU_ASSERT_EQUAL_FATAL(trace_hex(finished, sizeof finished, r->server_finished), sizeof finished);
    check_recorded_record(r->server_record, tvt_span(finished, sizeof finished), TVT_CONTENT_HANDSHAKE);
    pair_close();
    tvt_schedule12_free(&s);
}

static void
test_recorded(void)
{
    size_t num = 0;

    for (size_t i = 0; i < num_providers; i++) {
        for (size_t row = 0; row < RECORDED12_NUM; row++) {
            const struct tvt_aead *aead = tvt_provider_aead(providers[i], recorded12[row].aead);

            if (aead == NULL) /* the presence of AEADs is the kit's to check */
                continue;
            check_recorded(&recorded12[row], providers[i], aead);
            num++;
        }
    }
    CU_ASSERT_TRUE(num > 0);
}

/* ---- RFC 5246 6.2.3.3, written out once more -------------------------------------------------------------------- */

static void
aad_of(uint8_t aad[AAD_LEN], uint64_t sequence, uint8_t type, uint16_t version, size_t len)
{
    for (size_t i = 0; i < 8; i++)
        aad[i] = (uint8_t)(sequence >> (56 - 8 * i));
    aad[8] = type;
    aad[9] = (uint8_t)(version >> 8);
    aad[10] = (uint8_t)version;
    aad[11] = (uint8_t)(len >> 8);
    aad[12] = (uint8_t)len;
}

/* Salt and explicit part; or, with an IV of 12 bytes, the sequence number XORed into it. */
static void
nonce_of(uint8_t nonce[12], uint64_t sequence, const uint8_t *explicit_part)
{
    memcpy(nonce, pair.iv, 12);
    if (pair.salt == 4)
        memcpy(nonce + 4, explicit_part, 8);
    else
        for (size_t i = 0; i < 8; i++)
            nonce[4 + i] ^= (uint8_t)(sequence >> (56 - 8 * i));
}

/* Seals `content` as a peer would that chooses its explicit nonce, and breaks rules: the length of the record. */
static size_t
seal_raw(uint8_t type, struct tvt_span content, const uint8_t explicit_part[8], const uint8_t aad[AAD_LEN])
{
    uint8_t nonce[12], *body = wire + TVT_RECORD_HEADER + (12 - pair.salt);
    size_t len = 12 - pair.salt + content.len + pair.aead->tag_len;

    nonce_of(nonce, pair.seal.sequence, explicit_part);
    pair.seal.sequence++;
    wire[0] = type;
    tvt_store_u16(wire + 1, TVT_VERSION_TLS12);
    tvt_store_u16(wire + 3, (uint16_t)len);
    memcpy(wire + TVT_RECORD_HEADER, explicit_part, 12 - pair.salt);
    CU_ASSERT_EQUAL_FATAL(pair.aead->seal(pair.seal.ctx, body, &content, 1, nonce, aad, AAD_LEN), TVT_CRYPTO_OK);
    return TVT_RECORD_HEADER + len;
}

#ifdef TVT_TEST_LIBCRYPTO
static const EVP_CIPHER *
cipher_of(uint16_t id)
{
    switch (id) {
    case TVT_AEAD_AES_128_GCM:
        return EVP_aes_128_gcm();
    case TVT_AEAD_AES_256_GCM:
        return EVP_aes_256_gcm();
    case TVT_AEAD_CHACHA20_POLY1305:
        return EVP_chacha20_poly1305();
    default:
        return EVP_aes_128_ccm();
    }
}

/* Seals with libcrypto alone: ciphertext and tag. */
static void
libcrypto_seal(uint8_t *out, const uint8_t nonce[12], const uint8_t aad[AAD_LEN], const uint8_t *in, size_t in_len)
{
    const EVP_CIPHER *cipher = cipher_of(pair.aead->id);
    bool ccm = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0, len = (int)in_len, tag = pair.aead->tag_len;

    CU_ASSERT_EQUAL_FATAL(EVP_EncryptInit_ex(ctx, cipher, NULL, NULL, NULL), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL), 1);
    if (ccm)
        CU_ASSERT_EQUAL_FATAL(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, tag, NULL), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_EncryptInit_ex(ctx, NULL, NULL, key_one, nonce), 1);
    if (ccm)
        CU_ASSERT_EQUAL_FATAL(EVP_EncryptUpdate(ctx, NULL, &n, NULL, len), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_EncryptUpdate(ctx, NULL, &n, aad, AAD_LEN), 1);
    n = 0;
    if (len > 0 || ccm)
        CU_ASSERT_EQUAL_FATAL(EVP_EncryptUpdate(ctx, out, &n, in, len), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_EncryptFinal_ex(ctx, out + n, &n), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, tag, out + in_len), 1);
    EVP_CIPHER_CTX_free(ctx);
}

/* What we seal, made a second time by libcrypto; and what it seals, with an explicit nonce of its own, is opened. */
static void
compare_records(void)
{
    static const size_t lens[] = {0, 1, 15, 16, 17, 255, 1400, 16384};
    static const uint64_t sequences[] = {0, 1, 255, 0x123456, UINT64_C(0xfedcba9876543210)};
    static uint8_t expected[TVT_RECORD_MAX];
    const uint8_t chosen[8] = {0xf0, 1, 2, 3, 4, 5, 6, 7};
    uint8_t nonce[12], aad[AAD_LEN], number[8];
    size_t explicit_len = 12 - pair.salt;

    for (size_t k = 0; k < sizeof sequences / sizeof sequences[0]; k++) {
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            uint8_t type = lens[i] > 0 && i % 2 == 0 ? TVT_CONTENT_HANDSHAKE : TVT_CONTENT_APPLICATION;
            uint8_t *body = expected + TVT_RECORD_HEADER + explicit_len;
            size_t total = explicit_len + lens[i] + pair.aead->tag_len, len = 0;

            pair.seal.limit = UINT64_MAX;
            pair.seal.sequence = pair.open.sequence = sequences[k];
            tvt_store_u64(number, sequences[k]);
            nonce_of(nonce, sequences[k], number);
            aad_of(aad, sequences[k], type, TVT_VERSION_TLS12, lens[i]);
            expected[0] = type;
            tvt_store_u16(expected + 1, TVT_VERSION_TLS12);
            tvt_store_u16(expected + 3, (uint16_t)total);
            memcpy(expected + TVT_RECORD_HEADER, number, explicit_len);
            libcrypto_seal(body, nonce, aad, plain, lens[i]);
            CU_ASSERT_TRUE(seals(wire, sizeof wire, &len, type, tvt_span(plain, lens[i])));
            CU_ASSERT(len == TVT_RECORD_HEADER + total && memcmp(wire, expected, len) == 0);
            nonce_of(nonce, sequences[k], chosen);
            memcpy(expected + TVT_RECORD_HEADER, chosen, explicit_len);
            libcrypto_seal(body, nonce, aad, plain, lens[i]);
            CU_ASSERT_TRUE(opens(expected, len, FULL, type, tvt_span(plain, lens[i])));
        }
    }
}

static void
test_libcrypto(void)
{
    with_each(compare_records);
}
#endif

/* ---- round trips ------------------------------------------------------------------------------------------------ */

static size_t
check_round_trip(size_t len, uint8_t type, bool in_place)
{
    size_t explicit_len = 12 - pair.salt, out_len = 0;
    size_t expected = TVT_RECORD_HEADER + explicit_len + len + pair.aead->tag_len;
    struct tvt_span content = tvt_span(plain, len);
    struct tvt_record_header header;
    struct tvt_error error;
    uint64_t sequence = pair.seal.sequence;

    tvt_error_clear(&error);
    memset(wire, 0xee, expected + 1);
    if (in_place) {
        memcpy(wire + TVT_RECORD_HEADER + explicit_len, plain, len);
        content.data = wire + TVT_RECORD_HEADER + explicit_len;
    }
    if (tvt_record_sealed_len(&pair.seal, len, 0) != expected)
        return 1;
    if (!seals(wire, expected, &out_len, type, content) || out_len != expected || wire[expected] != 0xee ||
        pair.seal.sequence != sequence + 1)
        return 1;
    if (tvt_record_header_read(&header, wire, false, true, &error) != TVT_OK || header.type != type ||
        header.version != TVT_VERSION_TLS12 || header.length != expected - TVT_RECORD_HEADER)
        return 1;
    return !opens(wire, out_len, len, type, tvt_span(plain, len)) || pair.open.sequence != sequence + 1;
}

static void
check_round_trips(void)
{
    size_t wrong = check_round_trip(0, TVT_CONTENT_APPLICATION, false);

    for (size_t len = 1; len <= 300; len++)
        wrong += check_round_trip(len, (uint8_t)(TVT_CONTENT_ALERT + len % 3), (len & 1u) != 0);
    for (size_t len = 301; len <= FULL; len += 347)
        wrong += check_round_trip(len, TVT_CONTENT_APPLICATION, (len & 1u) != 0);
    wrong +=
        check_round_trip(FULL, TVT_CONTENT_APPLICATION, false) + check_round_trip(FULL, TVT_CONTENT_HANDSHAKE, true);
    if (wrong != 0)
        fprintf(stderr, "%s %s: %zu wrong\n", pair.provider->name, pair.aead->name, wrong);
    CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_round_trips(void)
{
    with_each(check_round_trips);
}

/* Other keys, and from one form to the other and back to none: each starts at 0, and has its own overhead. */
static void
check_forms(void)
{
    const uint8_t secret[TVT_HASH_MAX] = {7};
    size_t overhead12 = TVT_RECORD_HEADER + 12 - pair.salt + pair.aead->tag_len, len;
    struct tvt_kdf kdf;

    CU_ASSERT_EQUAL(check_round_trip(20, TVT_CONTENT_APPLICATION, false), 0);
    CU_ASSERT_EQUAL(tvt_record_sealed_len(&pair.seal, 0, 0), overhead12);
    pair_keys(pair.aead, key_two, iv_one);
    CU_ASSERT(pair.seal.sequence == 0 && pair.open.sequence == 0);
    CU_ASSERT_EQUAL(check_round_trip(20, TVT_CONTENT_APPLICATION, false), 0);
    CU_ASSERT_EQUAL_FATAL(tvt_kdf_init(&kdf, tvt_provider_hash(pair.provider, TVT_HASH_SHA256)), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_protection_install(&pair.seal, &kdf, pair.aead, secret), TVT_CRYPTO_OK);
    tvt_kdf_free(&kdf);
    CU_ASSERT_EQUAL(tvt_record_sealed_len(&pair.seal, 0, 0), TVT_RECORD_HEADER + 1u + pair.aead->tag_len);
    pair_keys(pair.aead, key_one, iv_one);
    CU_ASSERT_EQUAL(check_round_trip(20, TVT_CONTENT_APPLICATION, true), 0);
    tvt_protection_drop(&pair.seal);
    CU_ASSERT_EQUAL(tvt_record_sealed_len(&pair.seal, 3, 0), TVT_RECORD_HEADER + 3u);
    CU_ASSERT_TRUE(seals(wire, 8, &len, TVT_CONTENT_HANDSHAKE, tvt_span("abc", 3)));
    CU_ASSERT(len == 8 && memcmp(wire,
                                 "\x16\x03\x03\x00\x03"
                                 "abc",
                                 8) == 0);
}

static void
test_forms(void)
{
    with_each(check_forms);
}

static void
check_fit(void)
{
    size_t overhead = TVT_RECORD_HEADER + 12 - pair.salt + pair.aead->tag_len;

    for (size_t room = 0; room < 200; room++)
        CU_ASSERT_EQUAL(tvt_record_content_fit(&pair.seal, room), room > overhead ? room - overhead : 0);
    CU_ASSERT_EQUAL(tvt_record_content_fit(&pair.seal, SIZE_MAX), FULL);
    CU_ASSERT_EQUAL(tvt_record_content_fit(&pair.seal, FULL + overhead - 1), FULL - 1);
}

static void
test_fit(void)
{
    with_each(check_fit);
}

/* ---- refusals --------------------------------------------------------------------------------------------------- */

static void
check_bit_flips(void)
{
    uint8_t good[64], bad[64];
    size_t len = 0, wrong = 0;

    CU_ASSERT_TRUE_FATAL(seals(good, sizeof good, &len, TVT_CONTENT_HANDSHAKE, tvt_span(plain, 13)));
    /* Type, version, explicit nonce, ciphertext and tag: all are authenticated. */
    for (size_t bit = 0; bit < len * 8; bit++) {
        memcpy(bad, good, len);
        bad[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (bit >= 24 && bit < 40) /* the length, against which the caller cut */
            wrong += !refused(bad, len, FULL, TVT_E_INTERNAL, TVT_ALERT_INTERNAL_ERROR);
        else
            wrong += !refused(bad, len, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    /* Cut to any length, within the explicit nonce, too; its header corrected. */
    for (size_t n = TVT_RECORD_HEADER; n < len; n++) {
        memcpy(bad, good, n);
        tvt_store_u16(bad + 3, (uint16_t)(n - TVT_RECORD_HEADER));
        CU_ASSERT(refused(bad, n, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC));
    }
    /* Of another number. */
    memcpy(bad, good, len);
    pair.open.sequence = 1;
    CU_ASSERT(refused(bad, len, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC));
    pair.open.sequence = 0;
    CU_ASSERT_TRUE(opens(good, len, FULL, TVT_CONTENT_HANDSHAKE, tvt_span(plain, 13)));
    /* A second time it is a replay. */
    CU_ASSERT(refused(good, len, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC));
}

static void
test_bit_flips(void)
{
    with_each(check_bit_flips);
}

/* Rightly sealed, and still not allowed: the wrong additional data, no bytes, a type, too many bytes. */
static void
check_contents(void)
{
    static const struct {
        uint8_t type, type_in_aad;
        size_t len, len_in_aad, limit;
        enum tvt_error_code code;
        uint8_t alert;
    } rows[] = {
        {22, 22, 5, 5, FULL, TVT_E_NONE, 0},
        {23, 23, 0, 0, FULL, TVT_E_NONE, 0},
        {22, 23, 5, 5, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC},
        {23, 21, 5, 5, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC},
        {23, 23, 5, 6, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC},
        {23, 23, 5, 21, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC}, /* of the ciphertext */
        {22, 22, 0, 0, FULL, TVT_E_EMPTY_HANDSHAKE_FRAGMENT, TVT_ALERT_UNEXPECTED_MESSAGE},
        {21, 21, 0, 0, FULL, TVT_E_EMPTY_HANDSHAKE_FRAGMENT, TVT_ALERT_UNEXPECTED_MESSAGE},
        {20, 20, 1, 1, FULL, TVT_E_BAD_CCS, TVT_ALERT_UNEXPECTED_MESSAGE},
        {24, 24, 3, 3, FULL, TVT_E_RECORD_TYPE, TVT_ALERT_UNEXPECTED_MESSAGE},
        {23, 23, 64, 64, 64, TVT_E_NONE, 0}, /* no content type takes part of the limit */
        {23, 23, 65, 65, 64, TVT_E_RECORD_OVERFLOW, TVT_ALERT_RECORD_OVERFLOW},
        {23, 23, FULL, FULL, FULL, TVT_E_NONE, 0},
        {23, 23, FULL + 1, FULL + 1, FULL, TVT_E_RECORD_OVERFLOW, TVT_ALERT_RECORD_OVERFLOW},
        {23, 23, FULL + 1, FULL + 1, FULL + 1, TVT_E_RECORD_OVERFLOW, TVT_ALERT_RECORD_OVERFLOW},
    };
    static const uint8_t nonce[8] = {1};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_span content = tvt_span(plain, rows[i].len);
        uint8_t aad[AAD_LEN];
        size_t len;

        pair_keys(pair.aead, key_one, iv_one);
        aad_of(aad, 0, rows[i].type_in_aad, TVT_VERSION_TLS12, rows[i].len_in_aad);
        len = seal_raw(rows[i].type, content, nonce, aad);
        CU_ASSERT(rows[i].code == TVT_E_NONE ? opens(wire, len, rows[i].limit, rows[i].type, content)
                                             : refused(wire, len, rows[i].limit, rows[i].code, rows[i].alert));
    }
}

static void
test_contents(void)
{
    with_each(check_contents);
}

/* The header's limit lets every record that may be right through, and none above RFC 5246 6.2.3. */
static void
test_lengths(void)
{
    static const struct {
        size_t len;
        bool allowed;
    } rows[] = {{FULL + 8 + 16, true}, {FULL + 2048 + 1, false}, {UINT16_MAX, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t header[TVT_RECORD_HEADER] = {TVT_CONTENT_APPLICATION, 3, 3};
        struct tvt_record_header out;
        struct tvt_error error;

        tvt_error_clear(&error);
        tvt_store_u16(header + 3, (uint16_t)rows[i].len);
        CU_ASSERT_EQUAL(tvt_record_header_read(&out, header, false, true, &error) == TVT_OK, rows[i].allowed);
        CU_ASSERT_EQUAL(error.code, rows[i].allowed ? TVT_E_NONE : TVT_E_RECORD_OVERFLOW);
    }
}

static void
check_sequence(void)
{
    size_t len = 0;
    struct tvt_error error;

    CU_ASSERT_EQUAL(pair.seal.limit, tvt_aead_record_limit(pair.aead->id));
    tvt_error_clear(&error);
    pair.seal.sequence = pair.open.sequence = pair.seal.limit - 1;
    CU_ASSERT_FALSE(tvt_protection_wants_update(&pair.seal)); /* there is none */
    CU_ASSERT_EQUAL(check_round_trip(10, TVT_CONTENT_APPLICATION, false), 0);
    CU_ASSERT_EQUAL(tvt_record_seal(&pair.seal, wire, sizeof wire, &len, TVT_CONTENT_APPLICATION, TVT_VERSION_TLS12,
                                    tvt_span(plain, 1), 0, pair.provider, &error),
                    TVT_FAIL);
    CU_ASSERT(error.code == TVT_E_SEQUENCE_EXHAUSTED && len == 0 && pair.seal.sequence == pair.seal.limit);
    pair.seal.sequence = pair.open.sequence = pair.seal.limit = UINT64_MAX;
    CU_ASSERT_FALSE(seals(wire, sizeof wire, &len, TVT_CONTENT_APPLICATION, tvt_span(plain, 1)));
    CU_ASSERT_EQUAL(pair.seal.sequence, UINT64_MAX);
    memset(wire, 0, 64);
    memcpy(wire, "\x17\x03\x03\x00\x20", 5);
    CU_ASSERT(refused(wire, 5 + 32, FULL, TVT_E_SEQUENCE_EXHAUSTED, TVT_ALERT_INTERNAL_ERROR));
}

static void
test_sequence(void)
{
    with_each(check_sequence);
}

/* What must not be sealed: ours to avoid, hence INTERNAL; and too little room. */
static void
check_seal_refusals(void)
{
    static const struct {
        uint8_t type;
        size_t len, padding, room_short;
        enum tvt_error_code code;
    } rows[] = {
        {23, FULL + 1, 0, 0, TVT_E_INTERNAL}, {23, 10, 1, 0, TVT_E_INTERNAL}, {22, 0, 0, 0, TVT_E_INTERNAL},
        {21, 0, 0, 0, TVT_E_INTERNAL},        {20, 1, 0, 0, TVT_E_INTERNAL},  {24, 1, 0, 0, TVT_E_INTERNAL},
        {0, 1, 0, 0, TVT_E_INTERNAL},         {23, 10, 0, 1, TVT_E_NO_ROOM},  {23, 0, 0, 1, TVT_E_NO_ROOM},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_error error;
        size_t cap = tvt_record_sealed_len(&pair.seal, rows[i].len, rows[i].padding) - rows[i].room_short, len = 7;

        tvt_error_clear(&error);
        CU_ASSERT_EQUAL(tvt_record_seal(&pair.seal, wire, cap, &len, rows[i].type, TVT_VERSION_TLS12,
                                        tvt_span(plain, rows[i].len), rows[i].padding, pair.provider, &error),
                        TVT_FAIL);
        CU_ASSERT(error.code == rows[i].code && len == 0 && pair.seal.sequence == 0);
    }
}

static void
test_seal_refusals(void)
{
    with_each(check_seal_refusals);
}

/* An AEAD that TLS 1.2 has not, or of another shape: no keys, and nothing in the clear. */
static void
test_install_refusals(void)
{
    const struct tvt_aead *real = providers[0]->aeads[0];

    CU_ASSERT_PTR_NOT_NULL_FATAL(real);
    for (int i = 0; i < 3; i++) {
        struct tvt_aead wrong = *real;
        size_t len = 1;

        pair_open(providers[0], real);
        if (i == 0)
            wrong.id = 7;
        if (i == 1)
            wrong.nonce_len = 8;
        if (i == 2)
            wrong.key_len = TVT_AEAD_KEY_MAX + 1;
        CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_protection_install12(&pair.seal, &wrong, key_one, iv_one)),
                        TVT_CRYPTO_UNSUPPORTED);
        CU_ASSERT_FALSE(pair.seal.live);
        CU_ASSERT_FALSE(seals(wire, sizeof wire, &len, TVT_CONTENT_ALERT, tvt_span(plain, 2)));
        CU_ASSERT_EQUAL(len, 0);
        pair_close();
    }
}

int tvt_register_record12(void);

int
tvt_register_record12(void)
{
    static CU_TestInfo tests[] = {
        {"recorded records", test_recorded},
#ifdef TVT_TEST_LIBCRYPTO
        {"the AEADs of libcrypto", test_libcrypto},
#endif
        {"round trips with every AEAD", test_round_trips},
        {"from one form to another", test_forms},
        {"what fits", test_fit},
        {"every bit flipped", test_bit_flips},
        {"contents", test_contents},
        {"lengths", test_lengths},
        {"sequence numbers and limits", test_sequence},
        {"what is not sealed", test_seal_refusals},
        {"what is not installed", test_install_refusals},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"records of TLS 1.2", open_providers, close_providers, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
