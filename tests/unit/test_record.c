/* SPDX-License-Identifier: MIT
 *
 * The record layer: the records of RFC 8448 byte for byte, round trips with every AEAD of every backend, every flipped
 * bit, every header, and what may be neither sealed nor opened.
 */
#include "core/base/wire.h"
#include "core/record/record.h"
#include "tests/unit/trace.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FULL          (TVT_RECORD_PLAINTEXT_MAX + 1u) /* the plaintext limit without record_size_limit */
#define MAX_PROVIDERS 8u

static struct tvt_provider *providers[MAX_PROVIDERS];
static size_t num_providers;

/* Two ends of one direction, with the same keys. */
struct pair {
    const struct tvt_provider *provider;
    struct tvt_protection seal, open;
    struct tvt_kdf kdf;
    _Alignas(TVT_ALIGN) uint8_t seal_ctx[TVT_AEAD_CTX_MAX];
    _Alignas(TVT_ALIGN) uint8_t open_ctx[TVT_AEAD_CTX_MAX];
};

static struct pair pair;
static uint8_t plain[TVT_RECORD_PLAINTEXT_MAX + 64];
static uint8_t wire[TVT_RECORD_MAX + 64];
static const uint8_t secret_one[TVT_HASH_MAX] = {1, 2, 3}, secret_two[TVT_HASH_MAX] = {4, 5, 6};

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
    tvt_kdf_free(&pair.kdf);
}

static void
pair_open(const struct tvt_provider *provider, const struct tvt_aead *aead, const uint8_t *secret)
{
    const struct tvt_hash *hash = tvt_provider_hash(provider, TVT_HASH_SHA256);

    memset(&pair, 0, sizeof pair);
    pair.provider = provider;
    CU_ASSERT_PTR_NOT_NULL_FATAL(hash);
    CU_ASSERT_EQUAL_FATAL(tvt_kdf_init(&pair.kdf, hash), TVT_CRYPTO_OK);
    tvt_protection_init(&pair.seal, TVT_SEAL, pair.seal_ctx, sizeof pair.seal_ctx);
    tvt_protection_init(&pair.open, TVT_OPEN, pair.open_ctx, sizeof pair.open_ctx);
    CU_ASSERT_EQUAL_FATAL(tvt_protection_install(&pair.seal, &pair.kdf, aead, secret), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_protection_install(&pair.open, &pair.kdf, aead, secret), TVT_CRYPTO_OK);
}

static const struct tvt_aead *
first_aead(const struct tvt_provider *provider)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(provider->aeads[0]);
    return provider->aeads[0];
}

/* ---- RFC 8448 ---------------------------------------------------------------------------------------------- */

static const struct {
    const char *secret;
    int step; /* of the record */
    uint8_t type;
    bool fresh; /* the first under its keys */
} traced[] = {
    {"server_handshake_traffic_secret", 20, TVT_CONTENT_HANDSHAKE, true},
    {"client_handshake_traffic_secret", 42, TVT_CONTENT_HANDSHAKE, true},
    {"server_application_traffic_secret_0", 50, TVT_CONTENT_HANDSHAKE, true},
    {"server_application_traffic_secret_0", 53, TVT_CONTENT_APPLICATION, false},
    {"server_application_traffic_secret_0", 55, TVT_CONTENT_ALERT, false},
    {"client_application_traffic_secret_0", 52, TVT_CONTENT_APPLICATION, true},
    {"client_application_traffic_secret_0", 54, TVT_CONTENT_ALERT, false},
};

static void
check_traced(const char *text, size_t row)
{
    uint8_t payload[TRACE_BYTES_MAX], record[TRACE_BYTES_MAX], sealed[TRACE_BYTES_MAX], type = 0;
    const char *at = trace_part(text, "records");
    char step[32];
    struct tvt_error error;
    struct tvt_span content;
    size_t payload_len, record_len, sealed_len = 0;

    (void)snprintf(step, sizeof step, "\"step\": %d,", traced[row].step);
    at = at != NULL ? strstr(at, step) : NULL;
    payload_len = trace_next(&at, "payload", payload);
    record_len = trace_next(&at, "record", record);
    CU_ASSERT_FATAL(payload_len > 0 && record_len > payload_len);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_record_seal(&pair.seal, sealed, sizeof sealed, &sealed_len, traced[row].type, 0x0303,
                                    tvt_span(payload, payload_len), 0, pair.provider, &error),
                    TVT_OK);
    CU_ASSERT(sealed_len == record_len && memcmp(sealed, record, record_len) == 0);
    CU_ASSERT_EQUAL(tvt_record_open(&pair.open, &type, &content, record, record_len, FULL, pair.provider, &error),
                    TVT_OK);
    CU_ASSERT(type == traced[row].type && tvt_span_equal(content, tvt_span(payload, payload_len)));
}

static void
test_traced_records(void)
{
    char *text = trace_text("simple-1rtt");
    size_t with_aead = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < num_providers; i++) {
        const struct tvt_aead *aead = tvt_provider_aead(providers[i], TVT_AEAD_AES_128_GCM);
        bool opened = false;

        if (aead == NULL) /* a backend without AES-128-GCM has its AEADs in the other tests */
            continue;
        with_aead++;
        for (size_t k = 0; k < sizeof traced / sizeof traced[0]; k++) {
            uint8_t secret[TRACE_BYTES_MAX];
            const char *at = trace_part(text, "secrets");

            CU_ASSERT_EQUAL_FATAL(trace_next(&at, traced[k].secret, secret), 32);
            if (traced[k].fresh) {
                if (opened)
                    pair_close();
                pair_open(providers[i], aead, secret);
                opened = true;
            }
            check_traced(text, k);
        }
        pair_close();
    }
    if (with_aead == 0)
        fprintf(stderr, "no backend here has AES-128-GCM: the trace was not checked\n");
    free(text);
}

/* ---- round trips ------------------------------------------------------------------------------------------- */

static size_t
check_round_trip(size_t len, size_t padding, bool in_place)
{
    size_t out_len = 0, expected = tvt_record_sealed_len(&pair.seal, len, padding);
    struct tvt_span content = tvt_span(plain, len);
    struct tvt_record_header header;
    struct tvt_error error;
    uint8_t type = 0;
    uint64_t sequence = pair.seal.sequence;

    tvt_error_clear(&error);
    memset(wire, 0xee, expected + 1);
    if (in_place) {
        memcpy(wire + TVT_RECORD_HEADER, plain, len);
        content.data = wire + TVT_RECORD_HEADER;
    }
    if (tvt_record_seal(&pair.seal, wire, expected, &out_len, TVT_CONTENT_APPLICATION, 0x0303, content, padding,
                        pair.provider, &error) != TVT_OK ||
        out_len != expected || wire[expected] != 0xee || pair.seal.sequence != sequence + 1)
        return 1;
    if (tvt_record_header_read(&header, wire, false, true, &error) != TVT_OK || header.type != 23 ||
        header.version != 0x0303 || header.length != expected - TVT_RECORD_HEADER)
        return 1;
    if (tvt_record_open(&pair.open, &type, &content, wire, out_len, len + 1 + padding, pair.provider, &error) != TVT_OK)
        return 1;
    return type != TVT_CONTENT_APPLICATION || content.data != wire + TVT_RECORD_HEADER ||
           !tvt_span_equal(content, tvt_span(plain, len)) || pair.open.sequence != sequence + 1;
}

static void
test_round_trips(void)
{
    static const size_t large[] = {1000, 1460, 4095, 4096, 4097, 8192, 16000, 16383, 16384};
    static const size_t paddings[] = {0, 1, 15, 16, 255, 4096, 4097, 12000};

    for (size_t i = 0; i < num_providers; i++) {
        for (const struct tvt_aead *const *aead = providers[i]->aeads; *aead != NULL; aead++) {
            size_t wrong = 0;

            pair_open(providers[i], *aead, secret_one);
            for (size_t len = 0; len <= 300; len++)
                wrong += check_round_trip(len, 0, (len & 1u) != 0);
            for (size_t len = 301; len <= TVT_RECORD_PLAINTEXT_MAX; len += 61)
                wrong += check_round_trip(len, 0, (len & 1u) != 0);
            for (size_t k = 0; k < sizeof large / sizeof large[0]; k++) {
                wrong += check_round_trip(large[k], 0, false);
                wrong += check_round_trip(large[k], 0, true);
            }
            for (size_t k = 0; k < sizeof paddings / sizeof paddings[0]; k++) {
                wrong += check_round_trip(0, paddings[k], false);
                wrong += check_round_trip(100, paddings[k], true);
                wrong += check_round_trip(TVT_RECORD_PLAINTEXT_MAX - paddings[k], paddings[k], false);
            }
            if (wrong != 0)
                fprintf(stderr, "%s %s: %zu wrong\n", providers[i]->name, (*aead)->name, wrong);
            CU_ASSERT_EQUAL(wrong, 0);
            pair_close();
        }
    }
}

/* New keys start at sequence 0, are other keys, and both ends agree on them, with the same AEAD and with another. */
static void
test_rekey(void)
{
    for (size_t i = 0; i < num_providers; i++) {
        for (const struct tvt_aead *const *aead = providers[i]->aeads; *aead != NULL; aead++) {
            const struct tvt_aead *other = aead[1] != NULL ? aead[1] : providers[i]->aeads[0];
            uint8_t first[64], second[64];
            struct tvt_error error;
            size_t len;

            tvt_error_clear(&error);
            pair_open(providers[i], *aead, secret_one);
            CU_ASSERT_EQUAL(tvt_record_seal(&pair.seal, first, sizeof first, &len, 23, 0x0303, tvt_span(plain, 20), 0,
                                            pair.provider, &error),
                            TVT_OK);
            CU_ASSERT_EQUAL(tvt_protection_install(&pair.seal, &pair.kdf, *aead, secret_two), TVT_CRYPTO_OK);
            CU_ASSERT_EQUAL(tvt_protection_install(&pair.open, &pair.kdf, *aead, secret_two), TVT_CRYPTO_OK);
            CU_ASSERT(pair.seal.sequence == 0 && pair.open.sequence == 0);
            CU_ASSERT_EQUAL(tvt_record_seal(&pair.seal, second, sizeof second, &len, 23, 0x0303, tvt_span(plain, 20), 0,
                                            pair.provider, &error),
                            TVT_OK);
            CU_ASSERT(memcmp(first + 5, second + 5, len - 5) != 0);
            pair.seal.sequence = 0;
            CU_ASSERT_EQUAL(check_round_trip(50, 3, false), 0);
            CU_ASSERT_EQUAL(tvt_protection_install(&pair.seal, &pair.kdf, other, secret_one), TVT_CRYPTO_OK);
            CU_ASSERT_EQUAL(tvt_protection_install(&pair.open, &pair.kdf, other, secret_one), TVT_CRYPTO_OK);
            CU_ASSERT_EQUAL(check_round_trip(50, 3, true), 0);
            pair_close();
        }
    }
}

/* ---- refusals ---------------------------------------------------------------------------------------------- */

/* Opens `record` as it stands; the error is checked, and that the end does not move on. */
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

static void
test_bit_flips(void)
{
    for (size_t i = 0; i < num_providers; i++) {
        for (const struct tvt_aead *const *aead = providers[i]->aeads; *aead != NULL; aead++) {
            uint8_t good[64], bad[64], type = 0;
            struct tvt_span content;
            struct tvt_error error;
            size_t len = 0, wrong = 0;

            tvt_error_clear(&error);
            pair_open(providers[i], *aead, secret_one);
            CU_ASSERT_EQUAL_FATAL(tvt_record_seal(&pair.seal, good, sizeof good, &len, 22, 0x0303, tvt_span(plain, 13),
                                                  2, pair.provider, &error),
                                  TVT_OK);
            for (size_t bit = 0; bit < len * 8; bit++) {
                memcpy(bad, good, len);
                bad[bit / 8] ^= (uint8_t)(1u << (bit % 8));
                if (bit < 8) /* the outer type */
                    wrong += !refused(bad, len, FULL, TVT_E_UNPROTECTED, TVT_ALERT_UNEXPECTED_MESSAGE);
                else if (bit >= 24 && bit < 40) /* the length, against which the caller cut */
                    wrong += !refused(bad, len, FULL, TVT_E_INTERNAL, TVT_ALERT_INTERNAL_ERROR);
                else
                    wrong += !refused(bad, len, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC);
            }
            CU_ASSERT_EQUAL(wrong, 0);
            /* Cut to any length, its header corrected. */
            for (size_t n = TVT_RECORD_HEADER; n < len; n++) {
                memcpy(bad, good, n);
                tvt_store_u16(bad + 3, (uint16_t)(n - TVT_RECORD_HEADER));
                CU_ASSERT(refused(bad, n, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC));
            }
            /* None of it moved the sequence number. */
            CU_ASSERT_EQUAL(tvt_record_open(&pair.open, &type, &content, good, len, FULL, pair.provider, &error),
                            TVT_OK);
            CU_ASSERT(type == 22 && content.len == 13 && memcmp(content.data, plain, 13) == 0);
            /* A second time it is a replay. */
            CU_ASSERT(refused(good, len, FULL, TVT_E_BAD_RECORD_MAC, TVT_ALERT_BAD_RECORD_MAC));
            pair_close();
        }
    }
}

/* Seals TLSInnerPlaintext bytes as they are, as a peer that breaks the rules would. */
static size_t
seal_raw(const uint8_t *inner, size_t inner_len)
{
    struct tvt_span piece = tvt_span(inner, inner_len);
    const struct tvt_aead *aead = pair.seal.aead;
    uint8_t nonce[TVT_AEAD_NONCE_MAX];
    size_t len = inner_len + aead->tag_len;

    memcpy(nonce, pair.seal.iv, sizeof nonce);
    for (size_t i = 0; i < 8; i++)
        nonce[11 - i] ^= (uint8_t)(pair.seal.sequence >> (8 * i));
    pair.seal.sequence++;
    wire[0] = TVT_CONTENT_APPLICATION;
    tvt_store_u16(wire + 1, 0x0303);
    tvt_store_u16(wire + 3, (uint16_t)len);
    CU_ASSERT_EQUAL_FATAL(aead->seal(pair.seal.ctx, wire + TVT_RECORD_HEADER, &piece, 1, nonce, wire, 5),
                          TVT_CRYPTO_OK);
    return TVT_RECORD_HEADER + len;
}

static void
test_inner(void)
{
    static const struct {
        const char *hex;
        enum tvt_error_code code;
    } rows[] = {
        {"00", TVT_E_NO_CONTENT_TYPE},
        {"0000000000000000", TVT_E_NO_CONTENT_TYPE},
        {"0114", TVT_E_BAD_CCS},
        {"0163", TVT_E_RECORD_TYPE},
        {"0118", TVT_E_RECORD_TYPE},
        {"0113 0000", TVT_E_RECORD_TYPE},
        {"16", TVT_E_EMPTY_HANDSHAKE_FRAGMENT},
        {"16 0000", TVT_E_EMPTY_HANDSHAKE_FRAGMENT},
        {"15 00", TVT_E_EMPTY_HANDSHAKE_FRAGMENT},
        {"17 00", TVT_E_NONE},
        {"0016 00", TVT_E_NONE},
        {"0117 00", TVT_E_NONE},
    };
    static uint8_t big[TVT_RECORD_PLAINTEXT_MAX + 2];

    for (size_t i = 0; i < num_providers; i++) {
        size_t len;

        pair_open(providers[i], first_aead(providers[i]), secret_one);
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
            uint8_t inner[16], type = 0;
            struct tvt_span content;
            struct tvt_error error;

            tvt_error_clear(&error);
            len = seal_raw(inner, trace_hex(inner, sizeof inner, rows[k].hex));
            if (rows[k].code != TVT_E_NONE) {
                CU_ASSERT(refused(wire, len, FULL, rows[k].code, TVT_ALERT_UNEXPECTED_MESSAGE));
            } else {
                CU_ASSERT_EQUAL(tvt_record_open(&pair.open, &type, &content, wire, len, FULL, pair.provider, &error),
                                TVT_OK);
            }
        }
        memset(big, 0x17, sizeof big);
        len = seal_raw(big, FULL + 1);
        CU_ASSERT(refused(wire, len, FULL, TVT_E_RECORD_OVERFLOW, TVT_ALERT_RECORD_OVERFLOW));
        len = seal_raw(big, 65);
        CU_ASSERT(refused(wire, len, 64, TVT_E_RECORD_OVERFLOW, TVT_ALERT_RECORD_OVERFLOW));
        memset(big + 3, 0, 62); /* padding counts, RFC 8449 4 */
        len = seal_raw(big, 65);
        CU_ASSERT(refused(wire, len, 64, TVT_E_RECORD_OVERFLOW, TVT_ALERT_RECORD_OVERFLOW));
        pair_close();
    }
}

static void
test_sequence(void)
{
    for (size_t i = 0; i < num_providers; i++) {
        struct tvt_error error;
        size_t len = 0;

        tvt_error_clear(&error);
        pair_open(providers[i], first_aead(providers[i]), secret_one);
        /* Numbers of more than 32 bits reach the nonce whole. */
        pair.seal.sequence = pair.open.sequence = UINT64_C(0x123456789abc);
        pair.seal.limit = UINT64_MAX;
        CU_ASSERT_EQUAL(check_round_trip(10, 0, false), 0);
        (void)seal_raw((const uint8_t *)"x\x17", 2);
        CU_ASSERT_EQUAL(pair.seal.sequence, UINT64_C(0x123456789abe));
        struct tvt_span content;
        uint8_t type;
        CU_ASSERT_EQUAL(tvt_record_open(&pair.open, &type, &content, wire, 5 + 2 + pair.seal.aead->tag_len, FULL,
                                        pair.provider, &error),
                        TVT_OK);
        pair.seal.limit = 100;
        pair.seal.sequence = 99;
        CU_ASSERT_TRUE(tvt_protection_wants_update(&pair.seal));
        CU_ASSERT_EQUAL(tvt_record_seal(&pair.seal, wire, sizeof wire, &len, 23, 0x0303, tvt_span(plain, 1), 0,
                                        pair.provider, &error),
                        TVT_OK);
        CU_ASSERT_EQUAL(tvt_record_seal(&pair.seal, wire, sizeof wire, &len, 23, 0x0303, tvt_span(plain, 1), 0,
                                        pair.provider, &error),
                        TVT_FAIL);
        CU_ASSERT(error.code == TVT_E_SEQUENCE_EXHAUSTED && len == 0 && pair.seal.sequence == 100);
        pair.seal.sequence = 87;
        CU_ASSERT_FALSE(tvt_protection_wants_update(&pair.seal));
        pair.seal.sequence = 88;
        CU_ASSERT_TRUE(tvt_protection_wants_update(&pair.seal));
        pair.open.sequence = UINT64_MAX;
        memset(wire, 0, 64);
        memcpy(wire, "\x17\x03\x03\x00\x20", 5);
        CU_ASSERT(refused(wire, 5 + 32, FULL, TVT_E_SEQUENCE_EXHAUSTED, TVT_ALERT_INTERNAL_ERROR));
        pair_close();
    }
    CU_ASSERT_EQUAL(tvt_aead_record_limit(TVT_AEAD_AES_128_GCM), 23726566);
    CU_ASSERT_EQUAL(tvt_aead_record_limit(TVT_AEAD_AES_256_GCM), 23726566);
    CU_ASSERT_EQUAL(tvt_aead_record_limit(TVT_AEAD_AES_128_CCM), 8388608);
    CU_ASSERT_EQUAL(tvt_aead_record_limit(TVT_AEAD_CHACHA20_POLY1305), UINT64_C(1) << 48);
}

/* What must not be sealed: ours to avoid, hence INTERNAL; and too little room. */
static void
test_seal_refusals(void)
{
    static const struct {
        uint8_t type;
        size_t len, padding;
        bool protected_now;
        size_t room_short; /* bytes that the buffer lacks */
        enum tvt_error_code code;
    } rows[] = {
        {23, 16385, 0, true, 0, TVT_E_INTERNAL}, {23, 16384, 1, true, 0, TVT_E_INTERNAL},
        {23, 0, 16385, true, 0, TVT_E_INTERNAL}, {22, 0, 0, true, 0, TVT_E_INTERNAL},
        {21, 0, 5, true, 0, TVT_E_INTERNAL},     {20, 1, 0, true, 0, TVT_E_INTERNAL},
        {24, 1, 0, true, 0, TVT_E_INTERNAL},     {0, 1, 0, true, 0, TVT_E_INTERNAL},
        {23, 10, 0, true, 1, TVT_E_NO_ROOM},     {23, 10, 7, true, 1, TVT_E_NO_ROOM},
        {23, 1, 0, false, 0, TVT_E_INTERNAL},    {22, 0, 0, false, 0, TVT_E_INTERNAL},
        {22, 5, 1, false, 0, TVT_E_INTERNAL},    {22, 16385, 0, false, 0, TVT_E_INTERNAL},
        {22, 5, 0, false, 1, TVT_E_NO_ROOM},     {22, 16384, 0, false, 0, TVT_E_NONE},
        {20, 1, 0, false, 0, TVT_E_NONE},        {23, 0, 16384, true, 0, TVT_E_NONE},
    };
    static uint8_t out[TVT_RECORD_MAX + 64];

    pair_open(providers[0], first_aead(providers[0]), secret_one);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_protection clear, *p = rows[i].protected_now ? &pair.seal : &clear;
        struct tvt_error error;
        size_t cap, len = 7;
        enum tvt_result result;

        tvt_error_clear(&error);
        tvt_protection_init(&clear, TVT_SEAL, NULL, 0);
        cap = tvt_record_sealed_len(p, rows[i].len, rows[i].padding) - rows[i].room_short;
        result = tvt_record_seal(p, out, cap, &len, rows[i].type, 0x0301, tvt_span(plain, rows[i].len), rows[i].padding,
                                 pair.provider, &error);
        CU_ASSERT(error.code == rows[i].code && result == (rows[i].code == TVT_E_NONE ? TVT_OK : TVT_FAIL));
        CU_ASSERT_EQUAL(len, rows[i].code == TVT_E_NONE ? cap : 0);
        if (rows[i].code == TVT_E_NONE && !rows[i].protected_now) {
            CU_ASSERT(out[0] == rows[i].type && out[2] == 1 && memcmp(out + 5, plain, rows[i].len) == 0);
        }
    }
    pair_close();
}

static void
test_fit(void)
{
    struct tvt_protection clear;

    tvt_protection_init(&clear, TVT_SEAL, NULL, 0);
    pair_open(providers[0], first_aead(providers[0]), secret_one);
    for (size_t room = 0; room < 200; room++) {
        size_t fit = tvt_record_content_fit(&pair.seal, room), clear_fit = tvt_record_content_fit(&clear, room);

        CU_ASSERT(fit == 0 || tvt_record_sealed_len(&pair.seal, fit, 0) <= room);
        CU_ASSERT(tvt_record_sealed_len(&pair.seal, fit + 1, 0) > room);
        CU_ASSERT(clear_fit == (room > 5 ? room - 5 : 0));
    }
    CU_ASSERT_EQUAL(tvt_record_content_fit(&pair.seal, SIZE_MAX), TVT_RECORD_PLAINTEXT_MAX);
    CU_ASSERT_EQUAL(tvt_record_content_fit(&clear, TVT_RECORD_MAX), TVT_RECORD_PLAINTEXT_MAX);
    pair_close();
}

static void
test_headers(void)
{
    static const struct {
        const char *hex;
        bool first, protected_now;
        enum tvt_error_code code;
        uint8_t alert;
        size_t offset;
    } rows[] = {
        {"1603010001", true, false, TVT_E_NONE, 0, 0},
        {"16030000ff", true, false, TVT_E_NONE, 0, 0},
        {"1603ff4000", true, false, TVT_E_NONE, 0, 0},
        {"1603014001", true, false, TVT_E_RECORD_OVERFLOW, TVT_ALERT_RECORD_OVERFLOW, 3},
        {"1703034001", false, true, TVT_E_NONE, 0, 0},
        {"1703034100", false, true, TVT_E_NONE, 0, 0},
        {"1703034101", false, true, TVT_E_RECORD_OVERFLOW, TVT_ALERT_RECORD_OVERFLOW, 3},
        {"170303ffff", false, true, TVT_E_RECORD_OVERFLOW, TVT_ALERT_RECORD_OVERFLOW, 3},
        {"1403030001", false, true, TVT_E_NONE, 0, 0},
        {"1503030002", false, false, TVT_E_NONE, 0, 0},
        {"1603030000", false, false, TVT_E_EMPTY_HANDSHAKE_FRAGMENT, TVT_ALERT_UNEXPECTED_MESSAGE, 3},
        {"1503030000", false, false, TVT_E_EMPTY_HANDSHAKE_FRAGMENT, TVT_ALERT_UNEXPECTED_MESSAGE, 3},
        {"1303030001", false, false, TVT_E_RECORD_TYPE, TVT_ALERT_UNEXPECTED_MESSAGE, 0},
        {"1803030001", false, false, TVT_E_RECORD_TYPE, TVT_ALERT_UNEXPECTED_MESSAGE, 0},
        {"0003030001", false, true, TVT_E_RECORD_TYPE, TVT_ALERT_UNEXPECTED_MESSAGE, 0},
        {"1602030001", false, false, TVT_E_RECORD_VERSION, TVT_ALERT_DECODE_ERROR, 1},
        {"1602030001", true, false, TVT_E_NOT_TLS, TVT_ALERT_PROTOCOL_VERSION, 1},
        {"4745542020", true, false, TVT_E_NOT_TLS, TVT_ALERT_PROTOCOL_VERSION, 0}, /* GET */
        {"3232302066", true, false, TVT_E_NOT_TLS, TVT_ALERT_PROTOCOL_VERSION, 0}, /* 220 */
        {"802e010301", true, false, TVT_E_NOT_TLS, TVT_ALERT_PROTOCOL_VERSION, 0}, /* SSL 2.0 */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_record_header header;
        struct tvt_error e;
        uint8_t data[TVT_RECORD_HEADER];
        enum tvt_result result;

        CU_ASSERT_EQUAL_FATAL(trace_hex(data, sizeof data, rows[i].hex), TVT_RECORD_HEADER);
        tvt_error_clear(&e);
        result = tvt_record_header_read(&header, data, rows[i].first, rows[i].protected_now, &e);
        CU_ASSERT_EQUAL(e.code, rows[i].code);
        CU_ASSERT_EQUAL(result, rows[i].code == TVT_E_NONE ? TVT_OK : TVT_FAIL);
        if (rows[i].code != TVT_E_NONE) {
            CU_ASSERT(e.alert == rows[i].alert && e.offset == rows[i].offset && e.field != NULL);
        }
        CU_ASSERT(header.type == data[0] && header.version == tvt_load_u16(data + 1) &&
                  header.length == tvt_load_u16(data + 3));
    }
}

/* ---- a library that fails ---------------------------------------------------------------------------------- */

static int failing_setups, failing_seals, live_fakes;

static int
fake_setup(const struct tvt_aead *aead, void *ctx, enum tvt_direction direction, const uint8_t *key)
{
    (void)aead, (void)ctx, (void)direction, (void)key;
    if (failing_setups)
        return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 77);
    live_fakes++;
    return TVT_CRYPTO_OK;
}

static int
fake_rekey(void *ctx, const uint8_t *key)
{
    (void)ctx, (void)key;
    return failing_setups ? tvt_crypto_failure(TVT_CRYPTO_BACKEND, 78) : TVT_CRYPTO_OK;
}

static int
fake_seal(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce, const uint8_t *aad,
          size_t aad_len)
{
    (void)ctx, (void)out, (void)in, (void)num_in, (void)nonce, (void)aad, (void)aad_len;
    return failing_seals ? tvt_crypto_failure(TVT_CRYPTO_BACKEND, 79) : TVT_CRYPTO_OK;
}

static int
fake_open(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
          size_t aad_len)
{
    (void)ctx, (void)out, (void)in, (void)len, (void)nonce, (void)aad, (void)aad_len;
    return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 80);
}

static void
fake_teardown(void *ctx)
{
    (void)ctx;
    live_fakes--;
}

static const struct tvt_aead fake = {TVT_AEAD_AES_128_GCM, 16,         0,         16,        12,           16, "fake",
                                     fake_setup,           fake_rekey, fake_seal, fake_open, fake_teardown};

static void
test_failing_library(void)
{
    struct tvt_error error;
    struct tvt_aead huge = fake;
    size_t len = 1;

    failing_setups = failing_seals = live_fakes = 0;
    pair_open(providers[0], &fake, secret_one);
    failing_seals = 1;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(
        tvt_record_seal(&pair.seal, wire, 64, &len, 23, 0x0303, tvt_span(plain, 4), 0, pair.provider, &error),
        TVT_FAIL);
    CU_ASSERT(error.code == TVT_E_CRYPTO && error.native == 79 && len == 0 && pair.seal.sequence == 0);
    memcpy(wire, "\x17\x03\x03\x00\x20", 5);
    CU_ASSERT(refused(wire, 5 + 32, FULL, TVT_E_CRYPTO, TVT_ALERT_INTERNAL_ERROR));
    /* After keys could not be installed nothing is sealed, in the clear least of all. */
    for (unsigned round = 0; round < 2; round++) {
        failing_setups = 1;
        CU_ASSERT(tvt_protection_install(&pair.seal, &pair.kdf, &fake, secret_two) < 0);
        CU_ASSERT_FALSE(pair.seal.live);
        CU_ASSERT_EQUAL(live_fakes, 1); /* the opening end alone: torn down once, and not what was never set up */
        tvt_error_clear(&error);
        CU_ASSERT_EQUAL(
            tvt_record_seal(&pair.seal, wire, 64, &len, 22, 0x0303, tvt_span(plain, 4), 0, pair.provider, &error),
            TVT_FAIL);
        CU_ASSERT(error.code == TVT_E_INTERNAL && len == 0);
    }
    huge.ctx_size = TVT_AEAD_CTX_MAX + 1;
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_protection_install(&pair.seal, &pair.kdf, &huge, secret_two)),
                    TVT_CRYPTO_NO_ROOM);
    tvt_protection_free(&pair.seal);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(
        tvt_record_seal(&pair.seal, wire, 64, &len, 22, 0x0303, tvt_span(plain, 4), 0, pair.provider, &error),
        TVT_FAIL);
    pair_close();
    CU_ASSERT_EQUAL(live_fakes, 0);
}

int tvt_register_record(void);

int
tvt_register_record(void)
{
    static CU_TestInfo tests[] = {
        {"records of RFC 8448", test_traced_records},
        {"round trips with every AEAD", test_round_trips},
        {"new keys", test_rekey},
        {"every bit flipped", test_bit_flips},
        {"inner plaintexts", test_inner},
        {"sequence numbers and limits", test_sequence},
        {"what is not sealed", test_seal_refusals},
        {"what fits", test_fit},
        {"headers", test_headers},
        {"a library that fails", test_failing_library},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"record layer", open_providers, close_providers, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
