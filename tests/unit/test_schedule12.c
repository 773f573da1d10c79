/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.2 key schedule over every backend: NIST's answers, recorded connections, libcrypto's own PRF, and what is
 * refused.
 */
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/crypto/schedule12.h"
#include "tests/unit/crypto_fakes.h"
#include "tests/unit/recorded12.h"
#include "tests/unit/trace.h"

#include <trivet/error.h>

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#ifdef TVT_TEST_LIBCRYPTO
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#endif

int tvt_register_schedule12(void);

#define BYTES_MAX 256u

static bool
is_hex(const uint8_t *got, size_t len, const char *text)
{
    uint8_t expected[BYTES_MAX];

    return trace_hex(expected, sizeof(expected), text) == len && memcmp(expected, got, len) == 0;
}

static void
from_hex(uint8_t *out, size_t len, const char *text)
{
    CU_ASSERT_EQUAL_FATAL(trace_hex(out, len, text), len);
}

static void
randoms_from_hex(struct tvt_randoms12 *out, const char *client, const char *server)
{
    from_hex(out->client, TVT_RANDOM_LEN, client);
    from_hex(out->server, TVT_RANDOM_LEN, server);
}

/* Runs `check` with every backend built in, alone. */
static void
with_each(void (*check)(const struct tvt_provider *))
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    struct tvt_error error;

    CU_ASSERT_TRUE(num > 0);
    for (size_t i = 0; i < num; i++) {
        struct tvt_provider *provider;
        tvt_error_clear(&error);
        CU_ASSERT_EQUAL_FATAL(tvt_provider_open(&provider, names[i], &error), TVT_OK);
        check(provider);
        tvt_provider_free(provider);
    }
}

/* Only lengths and number count for the key schedule: an AEAD that the backend has not is as good. */
static struct tvt_aead
shape(uint16_t id, uint8_t key_len)
{
    struct tvt_aead aead = {.id = id, .key_len = key_len, .nonce_len = 12, .tag_len = 16};

    return aead;
}

/* ---- known answers ------------------------------------------------------------------------------------------ */

/* NIST ACVP, kdf-components tcId 31 and 51, TLS12 tcId 11 and 31. NIST draws the randoms of the key block apart. */
static const struct {
    uint8_t hash;
    const char *premaster, *session_hash, *master_client, *master_server, *client, *server, *master, *block;
} answers[] = {
    {TVT_HASH_SHA256,
     "c31daa163c74f03658ad24ecacca8d8f6767b7bffbe2e080ca8333ef7879af470c7d95602cb32e21760edbbac22b4119", NULL,
     "d6b446beff422002231fd0cad39c4bc769b613f8d94260bde698327ffed4c280",
     "762799f05efbb0a2aff9490dca750b39225fd3e28beee4f45de869e3fd7a1ec3",
     "5a6d8a6d335acb2579c8e9d1b3c51fc02e4193e2e5de3f625d85b998da156bac",
     "1e2d318a8d4f2d272276d6d4d5f5f46464297301a2f45378bd53db071832e5f2",
     "6b5df30b98de21c859ecad5cef5b5d06cd7164d6a25d58a411fa641c1e834636cffd0945a6680eb85c66aeb96035150d",
     "782eeecc47d54a5cb78089f8325f48bc27ab69694f70602e1ad0b7c92805a9e35e6a4a923ac4446feb8c73d4a89de645eb1c9214094c"
     "a0b86b73b670e964da3f703708993d901ad3"},
    {TVT_HASH_SHA384,
     "d721559bac42fc4aafb059d47b0413d0949fd210de775c2fa7ecffc237f65446ee048d1c7bf2e62df93b573f3e6e1ccc", NULL,
     "d90b3fbdc5ec47a4ed19888808ab5d465be95ce0e20fc630cc7d0f69e6b5b59e",
     "f10fb7232241c79c164f18aa3d66e712edcfcd4a0e4b3896c02ab91c5a3f9f3b",
     "df9d087754bd2950222fced9d5b3fe77d7a30b3d5072ea338d3e8f1c40a735ba",
     "2a16e9d2f3f08405ec173a0424aa6a2491d9ffa6bf0ad8a983d08e2615535928",
     "60bcfd15b777cc790789ef68a2852d6a86d76cfa063c3d77e6f80d070b4ae9d26af19d70074e6627436a58bc59ab0261",
     "ec6ef365901093f2d47dea54cda788d666fc24b652f1b6c9f3d499d77fb67697932eb383a6ce6d0ba9f2351b27f86876f2aa985c466b"
     "0c5a0edfafc6f438d655f0d2e7618bcd27b3"},
    {TVT_HASH_SHA256,
     "23c9d8d88575378f5f8009bb596be6815f5d96a3b633467712e1a22405a73482192ec19f5b1273832cb9663e7e66cb28",
     "9f395b2cec7548b4785dd555b9d9b315ec880233f70654e986366248fd766cc4", NULL, NULL,
     "8d5a49ecff49fd0fefce10fe246f88ae8c2b8802666fe5af1f175f2036f10f7c",
     "66321715222702416ca015eca33ee91c2b76f6667009ba9bb6cc5211237b671a",
     "3a43bb93200224518942279b01cbe0c04398c6da15232bfb4790b52f15fa563048360312c9958e788c74a19a2f16465e",
     "12562ee7021c315e0b23ccd6daac537b47741a2fb61717c83c76ee203b27ccd4cb7864044cdd22c4a77bd2dc163cb2ed082351a11cb9"
     "c1af1893f833058382f5e0e1e16ec79f7f04"},
    {TVT_HASH_SHA384,
     "86d4c4505eb4b275bddbd62f7a368638427bf2cd4341b575ae00a7f34e06088e3af6dd916898e28078bf4656a204c2cd",
     "fab73aa9d9b80f3d7acaceff0eb2bae0b15ea2f240d9492db70b7ba70b3055678eaa7b05a02c56c22648bd77acf2be91", NULL, NULL,
     "f20e31c397cdb58b988e9cc84ac07bf8203307e42e7f3ab315dfc994faf62607",
     "825247fbde6e5d986b316d7a2ee198dc36969b4fc45b9dda171d63abcb38df91",
     "0020134a8a8a830082674842e91bd090e695f06685298ff2fe4fc6598fd0ce2f2920faf1127b6f6745f33527a9c6a131",
     "0e4f3d3a50bf595aa110edfebce1ee84b8cf95787e0a57f1bc66d25c0ac2c723fb8af0ca1a1a934a1209cfaba51b022bca27d4d56b87"
     "5f516157b28e0fda285a097358bc56ca8ae5"},
};

static void
check_answer(const struct tvt_hash *hash, size_t row)
{
    const struct tvt_aead aead = shape(TVT_AEAD_AES_256_GCM, 32);
    uint8_t premaster[TVT_MASTER12_LEN], session_hash[TVT_HASH_MAX], block[BYTES_MAX];
    struct tvt_span secret = tvt_span(premaster, sizeof(premaster));
    struct tvt_randoms12 randoms;
    struct tvt_key_block12 keys;
    struct tvt_schedule12 s;

    from_hex(premaster, sizeof(premaster), answers[row].premaster);
    CU_ASSERT_EQUAL_FATAL(tvt_schedule12_init(&s, hash), TVT_CRYPTO_OK);
    if (answers[row].session_hash != NULL) {
        from_hex(session_hash, hash->out_len, answers[row].session_hash);
        CU_ASSERT_EQUAL(tvt_schedule12_extended_master(&s, secret, session_hash), TVT_CRYPTO_OK);
    } else {
        randoms_from_hex(&randoms, answers[row].master_client, answers[row].master_server);
        CU_ASSERT_EQUAL(tvt_schedule12_master(&s, secret, &randoms), TVT_CRYPTO_OK);
    }
    CU_ASSERT_TRUE(is_hex(s.master, sizeof(s.master), answers[row].master));
    randoms_from_hex(&randoms, answers[row].client, answers[row].server);
    CU_ASSERT_EQUAL(tvt_schedule12_key_block(&s, &keys, &aead, &randoms), TVT_CRYPTO_OK);
    from_hex(block, 72, answers[row].block);
    CU_ASSERT(memcmp(keys.client.key, block, 32) == 0 && memcmp(keys.server.key, block + 32, 32) == 0);
    CU_ASSERT(memcmp(keys.client.iv, block + 64, 4) == 0 && memcmp(keys.server.iv, block + 68, 4) == 0);
    CU_ASSERT(tvt_is_zero_secret(keys.client.iv + 4, 8) && tvt_is_zero_secret(keys.server.iv + 4, 8));
    tvt_schedule12_free(&s);
}

static void
check_answers(const struct tvt_provider *provider)
{
    for (size_t row = 0; row < sizeof(answers) / sizeof(answers[0]); row++) {
        const struct tvt_hash *hash = tvt_provider_hash(provider, answers[row].hash);
        if (hash != NULL)
            check_answer(hash, row);
    }
    CU_ASSERT_PTR_NOT_NULL(tvt_provider_hash(provider, TVT_HASH_SHA256));
}

static void
known_answers(void)
{
    with_each(check_answers);
}

/* Both Finished of a connection that OpenSSL made, and that the master secret is hashed into the MAC once for all. */
static void
check_recorded(const struct tvt_provider *provider)
{
    for (size_t row = 0; row < RECORDED12_NUM; row++) {
        const struct recorded12 *r = &recorded12[row];
        const struct tvt_hash *hash = tvt_provider_hash(provider, r->hash);
        const struct tvt_aead aead = shape(r->aead, 16);
        uint8_t master[TVT_MASTER12_LEN], transcript[TVT_HASH_MAX], message[4 + TVT_VERIFY_DATA12_LEN] = {20, 0, 0, 12};
        struct tvt_randoms12 randoms;
        struct tvt_key_block12 keys;
        struct tvt_schedule12 s;

        if (hash == NULL)
            continue;
        from_hex(master, sizeof(master), r->master);
        randoms_from_hex(&randoms, r->client_random, r->server_random);
        CU_ASSERT_EQUAL_FATAL(tvt_schedule12_init(&s, hash), TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(tvt_schedule12_resume(&s, master), TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(tvt_schedule12_key_block(&s, &keys, &aead, &randoms), TVT_CRYPTO_OK);
        from_hex(transcript, hash->out_len, r->client_hash);
        CU_ASSERT_EQUAL(tvt_schedule12_finished(&s, false, transcript, message + 4), TVT_CRYPTO_OK);
        CU_ASSERT_TRUE(is_hex(message, sizeof(message), r->client_finished));
        from_hex(transcript, hash->out_len, r->server_hash);
        CU_ASSERT_EQUAL(tvt_schedule12_finished(&s, true, transcript, message + 4), TVT_CRYPTO_OK);
        CU_ASSERT_TRUE(is_hex(message, sizeof(message), r->server_finished));
        CU_ASSERT_EQUAL(s.kdf.loads, 1);
        tvt_kdf_key(&s.kdf, master, 5); /* somebody else's key: the master secret is loaded again */
        CU_ASSERT_EQUAL(tvt_schedule12_finished(&s, true, transcript, message + 4), TVT_CRYPTO_OK);
        CU_ASSERT_TRUE(is_hex(message, sizeof(message), r->server_finished));
        CU_ASSERT_EQUAL(s.kdf.loads, 3);
        tvt_schedule12_free(&s);
    }
}

static void
recorded_connections(void)
{
    with_each(check_recorded);
}

/* ---- libcrypto ---------------------------------------------------------------------------------------------- */

#ifdef TVT_TEST_LIBCRYPTO
/* The PRF as libcrypto has it: the seed with its label in front. */
static void
libcrypto_prf(uint8_t *out, size_t len, uint8_t hash, struct tvt_span secret, const char *label, struct tvt_span seed)
{
    static char digests[][8] = {"SHA256", "SHA384", "SHA512"};
    uint8_t whole[1024], key[BYTES_MAX];
    size_t label_len = strlen(label);
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    OSSL_PARAM params[4];

    CU_ASSERT_FATAL(label_len + seed.len <= sizeof(whole) && secret.len <= sizeof(key));
    memcpy(key, secret.data, secret.len);
    memcpy(whole, label, label_len);
    tvt_copy(whole + label_len, seed.data, seed.len);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digests[hash - TVT_HASH_SHA256], 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, key, secret.len);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, whole, label_len + seed.len);
    params[3] = OSSL_PARAM_construct_end();
    CU_ASSERT_EQUAL_FATAL(EVP_KDF_derive(ctx, out, len, params), 1);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

static uint8_t pattern[1100];

static void
compare_keys(struct tvt_schedule12 *s, uint8_t hash, const struct tvt_randoms12 *randoms)
{
    static const struct {
        uint16_t id;
        uint8_t key_len, iv_len;
    } shapes[] = {{TVT_AEAD_AES_128_GCM, 16, 4},
                  {TVT_AEAD_AES_256_GCM, 32, 4},
                  {TVT_AEAD_AES_128_CCM, 16, 4},
                  {TVT_AEAD_AES_128_CCM_8, 16, 4},
                  {TVT_AEAD_CHACHA20_POLY1305, 32, 12}};
    struct tvt_span master = tvt_span(s->master, sizeof(s->master));
    uint8_t seed[2 * TVT_RANDOM_LEN], block[88];

    memcpy(seed, randoms->server, TVT_RANDOM_LEN);
    memcpy(seed + TVT_RANDOM_LEN, randoms->client, TVT_RANDOM_LEN);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        const struct tvt_aead aead = shape(shapes[i].id, shapes[i].key_len);
        size_t key = shapes[i].key_len, iv = shapes[i].iv_len;
        struct tvt_key_block12 keys;

        CU_ASSERT_EQUAL(tvt_aead_fixed_iv12(shapes[i].id), iv);
        libcrypto_prf(block, 2 * (key + iv), hash, master, "key expansion", tvt_span(seed, sizeof(seed)));
        CU_ASSERT_EQUAL(tvt_schedule12_key_block(s, &keys, &aead, randoms), TVT_CRYPTO_OK);
        CU_ASSERT(memcmp(keys.client.key, block, key) == 0 && memcmp(keys.server.key, block + key, key) == 0);
        CU_ASSERT(memcmp(keys.client.iv, block + 2 * key, iv) == 0 &&
                  memcmp(keys.server.iv, block + 2 * key + iv, iv) == 0);
    }
}

static void
compare_export(struct tvt_schedule12 *s, uint8_t hash, const struct tvt_randoms12 *randoms)
{
    static const size_t lens[] = {0, 1, 32, 500};
    uint8_t seed[2 * TVT_RANDOM_LEN + 2 + 500], expected[100], out[100];
    struct tvt_span master = tvt_span(s->master, sizeof(s->master));

    memcpy(seed, randoms, 2 * TVT_RANDOM_LEN);
    libcrypto_prf(expected, 100, hash, master, "EXPORTER-test", tvt_span(seed, 64));
    CU_ASSERT_EQUAL(tvt_schedule12_export(&s->kdf, s->master, randoms, "EXPORTER-test", tvt_span(NULL, 0), out, 100),
                    TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(memcmp(out, expected, 100), 0);
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        tvt_store_u16(seed + 64, (uint16_t)lens[i]);
        memcpy(seed + 66, pattern, lens[i]);
        libcrypto_prf(expected, 100, hash, master, "EXPORTER-test", tvt_span(seed, 66 + lens[i]));
        CU_ASSERT_EQUAL(
            tvt_schedule12_export(&s->kdf, s->master, randoms, "EXPORTER-test", tvt_span(pattern, lens[i]), out, 100),
            TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(memcmp(out, expected, 100), 0);
    }
}

/* Premaster secrets of every length there is (P-521 has 66 bytes, with a PSK 4 + 66 + 128), longer than a block too. */
static void
compare_with(const struct tvt_hash *hash)
{
    static const size_t lens[] = {1, 32, 48, 56, 64, 65, 66, 128, 129, 198};
    struct tvt_randoms12 randoms;
    uint8_t expected[TVT_MASTER12_LEN], verify[TVT_VERIFY_DATA12_LEN];
    struct tvt_span session_hash = tvt_span(pattern + 7, hash->out_len);
    struct tvt_schedule12 s;

    memcpy(&randoms, pattern + 100, sizeof(randoms));
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct tvt_span premaster = tvt_span(pattern + i, lens[i]);

        CU_ASSERT_EQUAL_FATAL(tvt_schedule12_init(&s, hash), TVT_CRYPTO_OK);
        libcrypto_prf(expected, sizeof(expected), hash->id, premaster, "master secret", tvt_span(&randoms, 64));
        CU_ASSERT_EQUAL(tvt_schedule12_master(&s, premaster, &randoms), TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(memcmp(s.master, expected, sizeof(expected)), 0);
        tvt_schedule12_free(&s);
        CU_ASSERT_EQUAL_FATAL(tvt_schedule12_init(&s, hash), TVT_CRYPTO_OK);
        libcrypto_prf(expected, sizeof(expected), hash->id, premaster, "extended master secret", session_hash);
        CU_ASSERT_EQUAL(tvt_schedule12_extended_master(&s, premaster, session_hash.data), TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(memcmp(s.master, expected, sizeof(expected)), 0);
        compare_keys(&s, hash->id, &randoms);
        for (int server = 0; server < 2; server++) {
            libcrypto_prf(expected, 12, hash->id, tvt_span(s.master, 48),
                          server ? "server finished" : "client finished", session_hash);
            CU_ASSERT_EQUAL(tvt_schedule12_finished(&s, server != 0, session_hash.data, verify), TVT_CRYPTO_OK);
            CU_ASSERT_EQUAL(memcmp(verify, expected, 12), 0);
        }
        compare_export(&s, hash->id, &randoms);
        tvt_schedule12_free(&s);
    }
}

static void
compare_provider(const struct tvt_provider *provider)
{
    size_t num = 0;

    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i * 31 + i / 256 + 1);
    for (uint8_t id = TVT_HASH_SHA256; id <= TVT_HASH_SHA512; id++) {
        const struct tvt_hash *hash = tvt_provider_hash(provider, id);
        if (hash == NULL)
            continue;
        compare_with(hash);
        num++;
    }
    CU_ASSERT_TRUE(num > 0);
}

static void
against_libcrypto(void)
{
    with_each(compare_provider);
}
#endif

/* ---- exporters, PSKs, and what is refused --------------------------------------------------------------------- */

static const uint8_t some[TVT_HASH_MAX] = {9, 8, 7};
static const struct tvt_randoms12 some_randoms = {{1}, {2}};

static void
check_exporters(const struct tvt_provider *provider)
{
    static const char *const own[] = {"client finished", "server finished", "master secret", "extended master secret",
                                      "key expansion"};
    static uint8_t context[65536];
    uint8_t none[32], empty[32], other[32];
    struct tvt_kdf kdf;

    CU_ASSERT_EQUAL_FATAL(tvt_kdf_init(&kdf, tvt_provider_hash(provider, TVT_HASH_SHA256)), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_schedule12_export(&kdf, some, &some_randoms, "EXPORTER-a", tvt_span(NULL, 0), none, 32),
                    TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_schedule12_export(&kdf, some, &some_randoms, "EXPORTER-a", tvt_span(context, 0), empty, 32),
                    TVT_CRYPTO_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(none, empty, 32), 0);
    CU_ASSERT_EQUAL(tvt_schedule12_export(&kdf, some, &some_randoms, "EXPORTER-a", tvt_span(context, 65535), other, 32),
                    TVT_CRYPTO_OK);
    CU_ASSERT(memcmp(other, empty, 32) != 0 && memcmp(other, none, 32) != 0);
    CU_ASSERT_NOT_EQUAL(
        tvt_schedule12_export(&kdf, some, &some_randoms, "EXPORTER-a", tvt_span(context, 65536), other, 32),
        TVT_CRYPTO_OK);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        CU_ASSERT_EQUAL(
            tvt_crypto_kind(tvt_schedule12_export(&kdf, some, &some_randoms, own[i], tvt_span(NULL, 0), other, 32)),
            TVT_CRYPTO_BACKEND);
    tvt_kdf_free(&kdf);
    CU_ASSERT_NOT_EQUAL(tvt_schedule12_export(&kdf, some, &some_randoms, "EXPORTER-a", tvt_span(NULL, 0), other, 32),
                        TVT_CRYPTO_OK);
}

static void
exporters(void)
{
    with_each(check_exporters);
}

static void
psk_premaster(void)
{
    static const uint8_t expected[] = {0, 2, 'z', 'Z', 0, 3, 'p', 's', 'k'}, nothing[] = {0, 0, 0, 0};
    static const uint8_t big[65536];
    uint8_t out[sizeof(expected) + 1] = {0};
    struct tvt_span shared = tvt_span_string("zZ"), psk = tvt_span_string("psk");
    size_t len = 99;

    out[sizeof(expected)] = 0xee;
    CU_ASSERT_EQUAL(tvt_schedule12_psk_premaster(out, sizeof(expected), &len, shared, psk), TVT_CRYPTO_OK);
    CU_ASSERT(len == sizeof(expected) && memcmp(out, expected, len) == 0 && out[len] == 0xee);
    for (size_t cap = 0; cap < sizeof(expected); cap++) {
        CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_psk_premaster(out, cap, &len, shared, psk)), TVT_CRYPTO_NO_ROOM);
        CU_ASSERT_EQUAL(len, 0);
    }
    CU_ASSERT_EQUAL(tvt_schedule12_psk_premaster(out, 4, &len, tvt_span(NULL, 0), tvt_span(NULL, 0)), TVT_CRYPTO_OK);
    CU_ASSERT(len == 4 && memcmp(out, nothing, 4) == 0);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_psk_premaster(out, SIZE_MAX, &len, tvt_span(big, 65536), psk)),
                    TVT_CRYPTO_NO_ROOM);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_psk_premaster(out, SIZE_MAX, &len, shared, tvt_span(big, 65536))),
                    TVT_CRYPTO_NO_ROOM);
}

/* Every derivation is refused before there is a master secret, and another master secret once there is one. */
static void
check_order(const struct tvt_provider *provider)
{
    const struct tvt_aead aead = shape(TVT_AEAD_AES_128_GCM, 16), unknown = shape(7, 16);
    struct tvt_span premaster = tvt_span(some, 32);
    struct tvt_key_block12 keys;
    struct tvt_schedule12 s;
    uint8_t out[TVT_VERIFY_DATA12_LEN];

    CU_ASSERT_EQUAL_FATAL(tvt_schedule12_init(&s, tvt_provider_hash(provider, TVT_HASH_SHA256)), TVT_CRYPTO_OK);
    memset(&keys, 1, sizeof(keys));
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_key_block(&s, &keys, &aead, &some_randoms)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_TRUE(tvt_is_zero_secret(&keys, sizeof(keys)));
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_finished(&s, true, some, out)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_master(&s, tvt_span(some, 0), &some_randoms)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_extended_master(&s, tvt_span(some, 0), some)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_schedule12_master(&s, premaster, &some_randoms), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_master(&s, premaster, &some_randoms)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_extended_master(&s, premaster, some)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_resume(&s, some)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule12_key_block(&s, &keys, &unknown, &some_randoms)),
                    TVT_CRYPTO_UNSUPPORTED);
    CU_ASSERT_EQUAL(tvt_schedule12_key_block(&s, &keys, &aead, &some_randoms), TVT_CRYPTO_OK);
    tvt_schedule12_free(&s);
    CU_ASSERT_TRUE(tvt_is_zero_secret(s.master, sizeof(s.master)));
    CU_ASSERT_NOT_EQUAL(tvt_schedule12_finished(&s, true, some, out), TVT_CRYPTO_OK);
    CU_ASSERT_NOT_EQUAL(tvt_schedule12_resume(&s, some), TVT_CRYPTO_OK);
    CU_ASSERT_NOT_EQUAL(tvt_schedule12_master(&s, premaster, &some_randoms), TVT_CRYPTO_OK);
    CU_ASSERT_NOT_EQUAL(tvt_schedule12_extended_master(&s, premaster, some), TVT_CRYPTO_OK);
    tvt_schedule12_free(&s);
}

static void
order(void)
{
    with_each(check_order);
}

/* No master secret comes of a failing library, and no keys. */
static void
failing_library(void)
{
    const struct tvt_aead aead = shape(TVT_AEAD_AES_128_GCM, 16);
    struct tvt_key_block12 keys;
    struct tvt_schedule12 s;
    uint8_t out[TVT_VERIFY_DATA12_LEN];

    tvt_fake_hash_reset();
    tvt_fake_hash_fail_setup = 2;
    CU_ASSERT_NOT_EQUAL(tvt_schedule12_init(&s, &tvt_fake_hash), TVT_CRYPTO_OK);
    tvt_schedule12_free(&s);
    CU_ASSERT_EQUAL_FATAL(tvt_schedule12_init(&s, &tvt_fake_hash), TVT_CRYPTO_OK);
    tvt_fake_hash_fail_final = true;
    CU_ASSERT_EQUAL(tvt_crypto_code(tvt_schedule12_extended_master(&s, tvt_span(some, 32), some)), 99);
    CU_ASSERT(!s.ready && tvt_is_zero_secret(s.master, sizeof(s.master)));
    CU_ASSERT_NOT_EQUAL(tvt_schedule12_finished(&s, false, some, out), TVT_CRYPTO_OK);
    tvt_schedule12_free(&s);
    tvt_fake_hash_fail_final = false;
    CU_ASSERT_EQUAL_FATAL(tvt_schedule12_init(&s, &tvt_fake_hash), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_schedule12_resume(&s, some), TVT_CRYPTO_OK);
    tvt_fake_hash_fail_final = true;
    memset(&keys, 1, sizeof(keys));
    CU_ASSERT_EQUAL(tvt_crypto_code(tvt_schedule12_key_block(&s, &keys, &aead, &some_randoms)), 99);
    CU_ASSERT_TRUE(tvt_is_zero_secret(&keys, sizeof(keys)));
    tvt_schedule12_free(&s);
    tvt_fake_hash_fail_final = false;
    CU_ASSERT_EQUAL(tvt_fake_hash_live, 0);
}

int
tvt_register_schedule12(void)
{
    static CU_TestInfo tests[] = {
        {"NIST's answers", known_answers},
        {"recorded connections", recorded_connections},
#ifdef TVT_TEST_LIBCRYPTO
        {"the PRF of libcrypto", against_libcrypto},
#endif
        {"exporters", exporters},
        {"premaster secret with a PSK", psk_premaster},
        {"order", order},
        {"a library that fails", failing_library},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"key schedule of TLS 1.2", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
