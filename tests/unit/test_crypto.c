/* SPDX-License-Identifier: MIT
 *
 * core/crypto over every backend built in: MACs and derivations against the RFCs' answers, the transcript, the key
 * schedule against RFC 8448, groups, and the providers that wrap others.
 */
#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/base/wire.h"
#include "core/crypto/group.h"
#include "core/crypto/provider.h"
#include "core/crypto/schedule13.h"
#include "core/crypto/transcript.h"
#include "tests/unit/crypto_fakes.h"
#include "tests/unit/trace.h"

#include <trivet/error.h>

#include <CUnit/CUnit.h>
#include <string.h>

int tvt_register_crypto(void);

#define BYTES_MAX 256u

struct bytes {
    uint8_t data[BYTES_MAX];
    size_t len;
};

static struct bytes
hex(const char *text)
{
    struct bytes b;

    b.len = trace_hex(b.data, sizeof(b.data), text);
    CU_ASSERT_FATAL(b.len <= sizeof(b.data));
    return b;
}

static struct tvt_span
span(const struct bytes *b)
{
    return tvt_span(b->data, b->len);
}

static bool
is_hex(const uint8_t *got, size_t len, const char *text)
{
    struct bytes expected = hex(text);

    return expected.len == len && memcmp(expected.data, got, len) == 0;
}

/* Runs `check` with every backend built in, alone, and says how many there were. */
static void
with_each(void (*check)(struct tvt_provider *))
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    struct tvt_error error;

    CU_ASSERT_TRUE(num > 0);
    for (size_t i = 0; i < num; i++) {
        struct tvt_provider *provider;
        tvt_error_clear(&error);
        CU_ASSERT_EQUAL_FATAL(tvt_provider_open(&provider, names[i], &error), TVT_OK);
        CU_ASSERT_STRING_EQUAL(provider->name, names[i]);
        check(provider);
        tvt_provider_free(provider);
    }
}

/* ---- MAC and derivation ----------------------------------------------------------------------------------- */

static void
check_hmac_case(const struct tvt_hash *hash, struct tvt_span key, const char *data, const char *answer)
{
    struct tvt_kdf kdf;
    uint8_t out[TVT_HASH_MAX];
    size_t half = strlen(data) / 2;
    struct tvt_span parts[2] = {tvt_span(data, half), tvt_span(data + half, strlen(data) - half)};

    CU_ASSERT_EQUAL_FATAL(tvt_kdf_init(&kdf, hash), TVT_CRYPTO_OK);
    tvt_kdf_key(&kdf, key.data, key.len);
    for (int i = 0; i < 2; i++) { /* a key serves more than once */
        CU_ASSERT_EQUAL(tvt_kdf_mac(&kdf, parts, 2, out), TVT_CRYPTO_OK);
        CU_ASSERT_TRUE(is_hex(out, hash->out_len, answer));
    }
    tvt_kdf_free(&kdf);
    tvt_kdf_free(&kdf);
}

static void
check_hmac(struct tvt_provider *provider)
{
    /* RFC 4231 4.2, 4.3 and 4.7: SHA-256, SHA-384, SHA-512 */
    static const char *const answers[3][3] = {
        {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
         "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
         "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
        {"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
        {"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
         "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
         "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    };
    static const char *const data[3] = {"Hi There", "what do ya want for nothing?",
                                        "Test Using Larger Than Block-Size Key - Hash Key First"};
    static const uint8_t ids[3] = {TVT_HASH_SHA256, TVT_HASH_SHA384, TVT_HASH_SHA512};
    uint8_t key_0b[20] = {0}, key_aa[131] = {0}; /* gcc at -O0 takes a span of them for a use */
    struct tvt_span keys[3] = {tvt_span(key_0b, sizeof(key_0b)), tvt_span_string("Jefe"),
                               tvt_span(key_aa, sizeof(key_aa))};

    memset(key_0b, 0x0b, sizeof(key_0b));
    memset(key_aa, 0xaa, sizeof(key_aa));
    CU_ASSERT_PTR_NOT_NULL(tvt_provider_hash(provider, TVT_HASH_SHA256));
    for (size_t h = 0; h < 3; h++) {
        const struct tvt_hash *hash = tvt_provider_hash(provider, ids[h]);
        for (size_t i = 0; hash != NULL && i < 3; i++)
            check_hmac_case(hash, keys[i], data[i], answers[i][h]);
    }
}

static void
hmac_answers(void)
{
    with_each(check_hmac);
}

static void
check_hkdf(struct tvt_provider *provider)
{
    /* RFC 5869 A.1 to A.3 */
    static const struct {
        uint8_t ikm_first, ikm_step, ikm_len, salt_first, salt_len, info_first, info_len, okm_len;
        const char *prk, *okm;
    } cases[] = {
        {0x0b, 0, 22, 0x00, 13, 0xf0, 10, 42, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        {0x00, 1, 80, 0x60, 80, 0xb0, 80, 82, "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
         "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
        {0x0b, 0, 22, 0, 0, 0, 0, 42, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    };
    uint8_t ikm[80], salt[80], info[80], prk[TVT_HASH_MAX], okm[82];
    struct tvt_kdf kdf;

    CU_ASSERT_EQUAL_FATAL(tvt_kdf_init(&kdf, tvt_provider_hash(provider, TVT_HASH_SHA256)), TVT_CRYPTO_OK);
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        for (size_t i = 0; i < 80; i++) {
            ikm[i] = (uint8_t)(cases[c].ikm_first + cases[c].ikm_step * i);
            salt[i] = (uint8_t)(cases[c].salt_first + i);
            info[i] = (uint8_t)(cases[c].info_first + i);
        }
        struct tvt_span from = tvt_span(ikm, cases[c].ikm_len);
        CU_ASSERT_EQUAL(tvt_kdf_extract(&kdf, tvt_span(salt, cases[c].salt_len), from, prk), TVT_CRYPTO_OK);
        CU_ASSERT_TRUE(is_hex(prk, 32, cases[c].prk));
        tvt_kdf_key(&kdf, prk, 32);
        CU_ASSERT_EQUAL(tvt_kdf_expand(&kdf, tvt_span(info, cases[c].info_len), okm, cases[c].okm_len), TVT_CRYPTO_OK);
        CU_ASSERT_TRUE(is_hex(okm, cases[c].okm_len, cases[c].okm));
    }
    static uint8_t large[255 * 32 + 1];
    CU_ASSERT_EQUAL(tvt_kdf_expand(&kdf, tvt_span(NULL, 0), large, 255 * 32), TVT_CRYPTO_OK);
    CU_ASSERT_NOT_EQUAL(tvt_kdf_expand(&kdf, tvt_span(NULL, 0), large, 255 * 32 + 1), TVT_CRYPTO_OK);
    CU_ASSERT_NOT_EQUAL(tvt_kdf_expand_label(&kdf, "key", tvt_span(large, 256), okm, 16), TVT_CRYPTO_OK);
    tvt_kdf_free(&kdf);
}

static void
hkdf_answers(void)
{
    with_each(check_hkdf);
}

static void
check_prf12(struct tvt_provider *provider)
{
    /* The answers that the TLS working group's list agreed on for the PRF of RFC 5246 5 */
    static const struct {
        uint8_t hash;
        const char *secret, *seed, *out;
    } cases[] = {
        {TVT_HASH_SHA256, "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c",
         "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077d"
         "ef17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66"},
        {TVT_HASH_SHA384, "b80b733d6ceefcdc71566ea48e5567df", "cd665cf6a8447dd6ff8b27555edb7465",
         "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed"
         "2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec4"
         "79e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f"},
    };
    uint8_t out[160];
    struct tvt_kdf kdf;

    for (size_t c = 0; c < 2; c++) {
        const struct tvt_hash *hash = tvt_provider_hash(provider, cases[c].hash);
        if (hash == NULL)
            continue;
        struct bytes secret = hex(cases[c].secret), seed = hex(cases[c].seed);
        size_t len = strlen(cases[c].out) / 2;
        CU_ASSERT_EQUAL_FATAL(tvt_kdf_init(&kdf, hash), TVT_CRYPTO_OK);
        tvt_kdf_key(&kdf, secret.data, secret.len);
        CU_ASSERT_EQUAL(tvt_kdf_prf12(&kdf, "test label", span(&seed), out, len), TVT_CRYPTO_OK);
        CU_ASSERT_TRUE(is_hex(out, len, cases[c].out));
        tvt_kdf_free(&kdf);
    }
}

static void
prf12_answers(void)
{
    with_each(check_prf12);
}

/* A provider's failure latches: no output is ever made of it. */
static void
failures_stick(void)
{
    struct tvt_kdf kdf;
    uint8_t out[32];
    struct tvt_span part = tvt_span_string("x");

    tvt_fake_hash_reset();
    CU_ASSERT_EQUAL_FATAL(tvt_kdf_init(&kdf, &tvt_fake_hash), TVT_CRYPTO_OK);
    tvt_kdf_key(&kdf, (const uint8_t *)"key", 3);
    CU_ASSERT_EQUAL(tvt_kdf_mac(&kdf, &part, 1, out), TVT_CRYPTO_OK);
    CU_ASSERT_FALSE(tvt_is_zero_secret(out, 32));
    tvt_fake_hash_fail_final = true;
    int result = tvt_kdf_mac(&kdf, &part, 1, out);
    CU_ASSERT_EQUAL(tvt_crypto_code(result), 99);
    tvt_fake_hash_fail_final = false;
    memset(out, 1, sizeof(out));
    CU_ASSERT_EQUAL(tvt_kdf_mac(&kdf, &part, 1, out), result);
    CU_ASSERT_EQUAL(tvt_kdf_expand(&kdf, part, out, 32), result);
    CU_ASSERT_EQUAL(tvt_kdf_extract(&kdf, part, part, out), result);
    tvt_kdf_free(&kdf);
    CU_ASSERT_EQUAL(tvt_fake_hash_live, 0);
    for (int nth = 1; nth <= 3; nth++) { /* what was set up before the failure is torn down */
        tvt_fake_hash_fail_setup = nth;
        CU_ASSERT_NOT_EQUAL(tvt_kdf_init(&kdf, &tvt_fake_hash), TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(tvt_fake_hash_live, 0);
        CU_ASSERT_NOT_EQUAL(tvt_kdf_mac(&kdf, &part, 1, out), TVT_CRYPTO_OK);
        tvt_kdf_free(&kdf);
    }
    CU_ASSERT_EQUAL(tvt_fake_hash_live, 0);
}

/* ---- transcript ------------------------------------------------------------------------------------------- */

/* ClientHello and ServerHello of RFC 8448 3, and hashes of what that section lists. */
#define CLIENT_HELLO                                                                                                   \
    "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113031302010000910000000b"   \
    "0009000006736572766572ff01000100000a00140012001d0017001800190100010101020103010400230000003300260024001d002099"   \
    "381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e0403050306030203080408"   \
    "05080604010501060102010402050206020202002d00020101001c00024001"
#define SERVER_HELLO                                                                                                   \
    "020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020c98288"   \
    "76112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304"
#define HASH_CH    "4db255f30da09a407c841720be831a06a5aa9b3662a5f44267d37706b73c2b8c"
#define HASH_CH_SH "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8"
#define HASH_CV    "edb7725fa7a3473b031ec8ef65a2485493900138a2b91291407d7951a06110ed"
#define HASH_SF    "9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13"
#define HASH_CF    "209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d"

static void
check_transcript(struct tvt_provider *provider)
{
    struct bytes ch = hex(CLIENT_HELLO), sh = hex(SERVER_HELLO);
    struct tvt_transcript t;
    uint8_t out[TVT_HASH_MAX];
    const struct tvt_hash *hash = tvt_provider_hash(provider, TVT_HASH_SHA256);

    tvt_transcript_init(&t, NULL, 200);
    CU_ASSERT_NOT_EQUAL(tvt_transcript_hash(&t, tvt_span(NULL, 0), out), TVT_CRYPTO_OK); /* no hash yet */
    CU_ASSERT_NOT_EQUAL(tvt_transcript_retry(&t), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(tvt_transcript_add(&t, span(&ch)));
    CU_ASSERT_FALSE(tvt_transcript_add(&t, span(&sh))); /* over the limit */
    CU_ASSERT_EQUAL_FATAL(tvt_transcript_start(&t, hash), TVT_CRYPTO_OK);
    CU_ASSERT_PTR_NULL(t.kept.data);
    CU_ASSERT_NOT_EQUAL(tvt_transcript_start(&t, hash), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_transcript_hash(&t, span(&sh), out), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(is_hex(out, 32, HASH_CH_SH));
    CU_ASSERT_EQUAL(tvt_transcript_hash(&t, tvt_span(NULL, 0), out), TVT_CRYPTO_OK); /* extra was not kept */
    CU_ASSERT_TRUE(is_hex(out, 32, HASH_CH));
    CU_ASSERT_TRUE(tvt_transcript_add(&t, span(&sh)));
    CU_ASSERT_EQUAL(tvt_transcript_hash(&t, tvt_span(NULL, 0), out), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(is_hex(out, 32, HASH_CH_SH));
    tvt_transcript_free(&t);

    tvt_transcript_init(&t, NULL, 200);
    CU_ASSERT_TRUE(tvt_transcript_add(&t, span(&ch)));
    CU_ASSERT_EQUAL_FATAL(tvt_transcript_start(&t, hash), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_transcript_retry(&t), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(tvt_transcript_add(&t, span(&sh)));
    CU_ASSERT_EQUAL(tvt_transcript_hash(&t, tvt_span(NULL, 0), out), TVT_CRYPTO_OK);
    /* SHA-256 of fe 00 00 20, HASH_CH, SERVER_HELLO */
    CU_ASSERT_TRUE(is_hex(out, 32, "0caf860aaed3150fe14a74611154836a98e5bcb2c5f8015493c650698eaee18a"));
    tvt_transcript_free(&t);
    tvt_transcript_free(&t);
}

static void
transcript_hashes(void)
{
    with_each(check_transcript);
}

/* ---- key schedule ----------------------------------------------------------------------------------------- */

static void
derives(struct tvt_schedule13 *s, enum tvt_stage13 stage, const char *label, const char *hash, uint8_t *out,
        const char *answer)
{
    struct bytes transcript = hex(hash);

    CU_ASSERT_EQUAL(tvt_schedule13_derive(s, stage, label, transcript.data, out), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(is_hex(out, s->kdf.hash->out_len, answer));
}

static void
keys_are(struct tvt_kdf *kdf, const uint8_t *secret, const char *key_answer, const char *iv_answer)
{
    uint8_t key[16], iv[12];

    CU_ASSERT_EQUAL(tvt_schedule13_traffic(kdf, secret, key, 16, iv, 12), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(is_hex(key, 16, key_answer));
    CU_ASSERT_TRUE(is_hex(iv, 12, iv_answer));
}

static void
finished_is(struct tvt_kdf *kdf, const uint8_t *base_key, const char *hash, const char *answer)
{
    struct bytes transcript = hex(hash);
    uint8_t out[TVT_HASH_MAX];

    CU_ASSERT_EQUAL(tvt_schedule13_finished(kdf, base_key, transcript.data, out), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(is_hex(out, kdf->hash->out_len, answer));
}

/* RFC 8448 3, with its "master" for what RFC 9846 calls main. */
static void
check_schedule(struct tvt_provider *provider)
{
    struct bytes dhe = hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");
    struct tvt_schedule13 s;
    uint8_t c[TVT_HASH_MAX], v[TVT_HASH_MAX], e[TVT_HASH_MAX], out[40];

    CU_ASSERT_EQUAL_FATAL(tvt_schedule13_init(&s, tvt_provider_hash(provider, TVT_HASH_SHA256)), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_schedule13_early(&s, tvt_span(NULL, 0)), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(is_hex(s.secret, 32, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"));
    CU_ASSERT_EQUAL(tvt_schedule13_handshake(&s, span(&dhe)), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(is_hex(s.secret, 32, "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"));
    derives(&s, TVT_STAGE_HANDSHAKE, "c hs traffic", HASH_CH_SH, c,
            "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21");
    keys_are(&s.kdf, c, "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"); /* loads another key */
    derives(&s, TVT_STAGE_HANDSHAKE, "s hs traffic", HASH_CH_SH, v,
            "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
    keys_are(&s.kdf, v, "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30");
    finished_is(&s.kdf, v, HASH_CV, "9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718");
    finished_is(&s.kdf, c, HASH_SF, "a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61");
    CU_ASSERT_EQUAL(tvt_schedule13_main(&s), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(is_hex(s.secret, 32, "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"));
    derives(&s, TVT_STAGE_MASTER, "c ap traffic", HASH_SF, c,
            "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
    derives(&s, TVT_STAGE_MASTER, "s ap traffic", HASH_SF, v,
            "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
    derives(&s, TVT_STAGE_MASTER, "exp master", HASH_SF, e,
            "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50");
    keys_are(&s.kdf, c, "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9");
    keys_are(&s.kdf, v, "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984");
    derives(&s, TVT_STAGE_MASTER, "res master", HASH_CF, v,
            "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c");
    /* Not in RFC 8448: computed from the definitions of RFC 9846 7.2 and 7.5 with another implementation. */
    CU_ASSERT_EQUAL(tvt_schedule13_update(&s.kdf, c), TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(is_hex(c, 32, "fcdfcc72725aaee48bf64e4fd8b749cdbdbab39d90da0b26e2245ca6ea167207"));
    CU_ASSERT_EQUAL(tvt_schedule13_export(&s.kdf, e, "EXPORTER-test", tvt_span_string("context"), out, 40),
                    TVT_CRYPTO_OK);
    CU_ASSERT_TRUE(is_hex(out, 40, "6b42f9f9156843559fc98feed480120e49314d669b27529015fe4759a5284e6ae158bb66c2d12a60"));
    tvt_schedule13_free(&s);
    CU_ASSERT_TRUE(tvt_is_zero_secret(s.secret, sizeof(s.secret)));
}

static void
schedule_answers(void)
{
    with_each(check_schedule);
}

/* NIST ACVP TLS-v1.3 KDF, tcId 35: SHA-384, PSK with (EC)DHE; the four messages are stand-ins. */
static const char *const messages384[4] = {"86cd9a462f470100bd497d48e678cb8f3979584e03098a58ef1c6a61b356992fb2c833",
                                           "8983bdbea8ed2360b39950b26ae2baf7e3001018347469384d086254d30d0c379aa579",
                                           "8bebe57b8e5f7430725a73e7e83a96cbd5b6451e2ecc8b5310303f8424f8822c41bea8",
                                           "d4419f6d95a1df0ff48528b95ad66ef2b7e70862cef49328453f822a5e95ff61d3cf5a"};
static const struct {
    const char *label, *answer;
    uint8_t stage, messages;
} rows384[] = {
    {"c e traffic", "8d7371011e34f991c9142a521e12738528967394e94751e5d18edfa381ffd2c74d88367fe5e288f711d9c1b9155c66a9",
     TVT_STAGE_EARLY, 0},
    {"e exp master", "484fd552236216c283b39b68ac83e7d7287ec7799cd88285733fe2c4d59787f708238231a85d64c4ddbaa7c1f2e93ceb",
     TVT_STAGE_EARLY, 0},
    {"c hs traffic", "cff35433cbde1a59859b697cd4629c8d549089acd8628b50c3ee1b080ddf4bdf2e1cc316c39923dea45ed46cd6bc46bc",
     TVT_STAGE_HANDSHAKE, 1},
    {"s hs traffic", "319c6725bb800be47a18cee8e525eb45fd334ac7931a57fec05817b188cd123ebe9e16fc9e6c1f19b7699d345f1b946c",
     TVT_STAGE_HANDSHAKE, 1},
    {"c ap traffic", "f90800b57835de627fe948b4b5e1a7f7d0264fa9cb69d0e45716aa0b10c3be10b6bf65dfbc7a12db14f001f404fff466",
     TVT_STAGE_MASTER, 2},
    {"s ap traffic", "09a4dd3189ba10c147460c93bd0e460273e4b50bc3d80b650ede78e3c1cefb97d178d3bc8ddc11b48aed82ca5e5eb1c7",
     TVT_STAGE_MASTER, 2},
    {"exp master", "14fb3a3ba810856180661cbf9693a4301188b8a66070285026d1e4a715e749f057855e412dd79eb6d31e879f61af86cf",
     TVT_STAGE_MASTER, 2},
    {"res master", "01621a8054439049700381bba6750e9ea6140a5077ac8a490ea8c4c73fa419f3d98ff4d41439824e299062f5de4d1dec",
     TVT_STAGE_MASTER, 3},
};

static void
check_schedule384(struct tvt_provider *provider)
{
    const struct tvt_hash *hash = tvt_provider_hash(provider, TVT_HASH_SHA384);
    struct bytes psk = hex("519d4b22a645c31b6670d622e52c87a652f22d6ac4c5d7d69229bd36df0d6854e01aed");
    struct bytes dhe = hex("c3733a8a70827872c3a6f77ebe35c163d1c95842b9900e80b9b78378300c2340643700");
    uint8_t hashes[4][TVT_HASH_MAX], out[TVT_HASH_MAX];
    struct tvt_transcript t;
    struct tvt_schedule13 s;

    if (hash == NULL)
        return;
    tvt_transcript_init(&t, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(tvt_transcript_start(&t, hash), TVT_CRYPTO_OK);
    for (size_t i = 0; i < 4; i++) {
        struct bytes message = hex(messages384[i]);
        CU_ASSERT_TRUE(tvt_transcript_add(&t, span(&message)));
        CU_ASSERT_EQUAL(tvt_transcript_hash(&t, tvt_span(NULL, 0), hashes[i]), TVT_CRYPTO_OK);
    }
    tvt_transcript_free(&t);
    CU_ASSERT_EQUAL_FATAL(tvt_schedule13_init(&s, hash), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_schedule13_early(&s, span(&psk)), TVT_CRYPTO_OK);
    for (size_t i = 0; i < sizeof(rows384) / sizeof(rows384[0]); i++) {
        enum tvt_stage13 stage = (enum tvt_stage13)rows384[i].stage;
        if (s.stage != stage)
            CU_ASSERT_EQUAL(stage == TVT_STAGE_HANDSHAKE ? tvt_schedule13_handshake(&s, span(&dhe))
                                                         : tvt_schedule13_main(&s),
                            TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(tvt_schedule13_derive(&s, stage, rows384[i].label, hashes[rows384[i].messages], out),
                        TVT_CRYPTO_OK);
        CU_ASSERT_TRUE(is_hex(out, 48, rows384[i].answer));
    }
    tvt_schedule13_free(&s);
}

static void
schedule384_answers(void)
{
    with_each(check_schedule384);
}

static void
check_order(struct tvt_provider *provider)
{
    static const uint8_t hash[TVT_HASH_MAX];
    const struct tvt_span none = tvt_span(NULL, 0);
    struct tvt_schedule13 s;
    uint8_t out[TVT_HASH_MAX];

    CU_ASSERT_EQUAL_FATAL(tvt_schedule13_init(&s, tvt_provider_hash(provider, TVT_HASH_SHA256)), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule13_handshake(&s, none)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule13_main(&s)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule13_derive(&s, TVT_STAGE_NONE, "x", hash, out)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule13_derive(&s, TVT_STAGE_EARLY, "x", hash, out)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_schedule13_early(&s, none), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_schedule13_derive(&s, TVT_STAGE_EARLY, "c e traffic", hash, out), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule13_early(&s, none)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule13_main(&s)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule13_derive(&s, TVT_STAGE_HANDSHAKE, "c hs traffic", hash, out)),
                    TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_schedule13_handshake(&s, none), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule13_derive(&s, TVT_STAGE_EARLY, "c e traffic", hash, out)),
                    TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_schedule13_main(&s), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_crypto_kind(tvt_schedule13_main(&s)), TVT_CRYPTO_BACKEND);
    CU_ASSERT_EQUAL(tvt_schedule13_derive(&s, TVT_STAGE_MASTER, "c ap traffic", hash, out), TVT_CRYPTO_OK);
    tvt_schedule13_free(&s);
    CU_ASSERT_NOT_EQUAL(tvt_schedule13_early(&s, none), TVT_CRYPTO_OK);
}

static void
schedule_order(void)
{
    with_each(check_order);
}

int
tvt_register_crypto(void)
{
    static CU_TestInfo derivation[] = {{"HMAC answers of RFC 4231", hmac_answers},
                                       {"HKDF answers of RFC 5869", hkdf_answers},
                                       {"PRF answers", prf12_answers},
                                       {"failures stick", failures_stick},
                                       {"transcript hashes", transcript_hashes},
                                       {"key schedule of RFC 8448", schedule_answers},
                                       {"key schedule with SHA-384 and a PSK", schedule384_answers},
                                       {"derivations out of order are refused", schedule_order},
                                       CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{"crypto: derivation", NULL, NULL, NULL, NULL, derivation}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
