/* SPDX-License-Identifier: MIT
 *
 * ChaCha20-Poly1305 (RFC 8439), AES-GCM (SP 800-38D) and AES-CCM (RFC 6655). wolfCrypt's AES reads tables at places
 * that depend on the key, so it is not flagged constant-time.
 */
#include "backends/wolfcrypt/internal.h"
#include "core/base/memory.h"

#include <string.h>

enum { NONCE_LEN = TVT_AEAD_NONCE_MAX, TAG_LEN = TVT_AEAD_TAG_MAX };

/* Puts the pieces together at their destination, to be sealed there: wolfCrypt's streaming calls cost more per piece
 * than the copy does. Returns false if the message or the additional data is too long for wolfCrypt's 32 bits. */
static bool
gather(uint8_t *out, size_t *total, const struct tvt_span *in, unsigned num_in, size_t aad_len)
{
    unsigned i;

    *total = 0;
    for (i = 0; i < num_in; i++) {
        if (in[i].len > INT32_MAX - *total)
            return false;
        if (in[i].data != out + *total)
            tvt_copy(out + *total, in[i].data, in[i].len);
        *total += in[i].len;
    }
    return aad_len <= INT32_MAX;
}

static int
refuse_length(void)
{
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, BUFFER_E);
}

/* The end of every open(): no plaintext stays behind a tag that does not match. */
static int
finish_open(int ret, uint8_t *out, size_t len)
{
    tvt_public(&ret, sizeof ret);
    if (ret == 0)
        return TVT_CRYPTO_OK;
    tvt_wipe(out, len);
    return tvt_wolf_result(TVT_CRYPTO_AUTH, ret);
}

/* ---- ChaCha20-Poly1305 ----------------------------------------------------------------------------------- */
struct chacha_ctx {
    ChaChaPoly_Aead state; /* of one message */
    uint8_t key[CHACHA20_POLY1305_AEAD_KEYSIZE];
};
_Static_assert(sizeof(struct chacha_ctx) <= TVT_AEAD_CTX_MAX, "ChaCha20-Poly1305 context");

static int
rekey_chacha(void *ctx, const uint8_t *key)
{
    struct chacha_ctx *c = ctx;

    memcpy(c->key, key, sizeof c->key);
    return TVT_CRYPTO_OK;
}

static int
setup_chacha(const struct tvt_aead *aead, void *ctx, enum tvt_direction direction, const uint8_t *key)
{
    (void)aead;
    (void)direction;
    return rekey_chacha(ctx, key);
}

static int
begin_chacha(struct chacha_ctx *c, int direction, const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
    int ret = wc_ChaCha20Poly1305_Init(&c->state, c->key, nonce, direction);

    if (ret == 0)
        ret = wc_ChaCha20Poly1305_UpdateAad(&c->state, aad, (word32)aad_len);
    return ret;
}

static int
seal_chacha(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce,
            const uint8_t *aad, size_t aad_len)
{
    struct chacha_ctx *c = ctx;
    size_t total;
    int ret;

    if (!gather(out, &total, in, num_in, aad_len))
        return refuse_length();
    ret = begin_chacha(c, CHACHA20_POLY1305_AEAD_ENCRYPT, nonce, aad, aad_len);
    if (ret == 0)
        ret = wc_ChaCha20Poly1305_UpdateData(&c->state, out, out, (word32)total);
    if (ret == 0)
        ret = wc_ChaCha20Poly1305_Final(&c->state, out + total);
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
}

static int
open_chacha(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
            size_t aad_len)
{
    struct chacha_ctx *c = ctx;
    uint8_t expected[TAG_LEN], tag[TAG_LEN];
    int ret;

    if (len < TAG_LEN)
        return tvt_crypto_failure(TVT_CRYPTO_AUTH, 0);
    if (len > INT32_MAX || aad_len > INT32_MAX)
        return refuse_length();
    len -= TAG_LEN;
    memcpy(tag, in + len, TAG_LEN);
    ret = begin_chacha(c, CHACHA20_POLY1305_AEAD_DECRYPT, nonce, aad, aad_len);
    if (ret == 0)
        ret = wc_ChaCha20Poly1305_UpdateData(&c->state, in, out, (word32)len);
    if (ret == 0)
        ret = wc_ChaCha20Poly1305_Final(&c->state, expected);
    if (ret == 0)
        ret = wc_ChaCha20Poly1305_CheckTag(tag, expected);
    return finish_open(ret, out, len);
}

static void
teardown_chacha(void *ctx)
{
    tvt_wipe(ctx, sizeof(struct chacha_ctx));
}

const struct tvt_aead tvt_wolf_chacha20_poly1305 = {
    .id = TVT_AEAD_CHACHA20_POLY1305,
    .ctx_size = sizeof(struct chacha_ctx),
    .flags = TVT_FLAG_CONSTANT_TIME | TVT_WOLF_NO_HEAP,
    .key_len = CHACHA20_POLY1305_AEAD_KEYSIZE,
    .nonce_len = NONCE_LEN,
    .tag_len = TAG_LEN,
    .name = "ChaCha20-Poly1305",
    .setup = setup_chacha,
    .rekey = rekey_chacha,
    .seal = seal_chacha,
    .open = open_chacha,
    .teardown = teardown_chacha,
};

/* ---- AES ------------------------------------------------------------------------------------------------- */
struct aes_ctx {
    Aes aes;
    const struct tvt_aead *aead;
};
_Static_assert(sizeof(struct aes_ctx) <= TVT_AEAD_CTX_MAX, "AES context");

static int
set_aes_key(struct aes_ctx *c, const uint8_t *key)
{
    if (c->aead->id == TVT_AEAD_AES_128_GCM || c->aead->id == TVT_AEAD_AES_256_GCM)
        return wc_AesGcmSetKey(&c->aes, key, c->aead->key_len);
    return wc_AesCcmSetKey(&c->aes, key, c->aead->key_len);
}

static int
rekey_aes(void *ctx, const uint8_t *key)
{
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, set_aes_key(ctx, key));
}

static void
teardown_aes(void *ctx)
{
    struct aes_ctx *c = ctx;

    wc_AesFree(&c->aes);
    tvt_wipe(c, sizeof *c);
}

static int
setup_aes(const struct tvt_aead *aead, void *ctx, enum tvt_direction direction, const uint8_t *key)
{
    struct aes_ctx *c = ctx;
    int ret;

    (void)direction;
    c->aead = aead;
    ret = wc_AesInit(&c->aes, NULL, INVALID_DEVID);
    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    ret = set_aes_key(c, key);
    if (ret != 0)
        teardown_aes(c);
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
}

static int
seal_gcm(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce, const uint8_t *aad,
         size_t aad_len)
{
    Aes *aes = &((struct aes_ctx *)ctx)->aes;
    size_t total;
    int ret;

    if (!gather(out, &total, in, num_in, aad_len))
        return refuse_length();
    ret = wc_AesGcmEncrypt(aes, out, out, (word32)total, nonce, NONCE_LEN, out + total, TAG_LEN, aad, (word32)aad_len);
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
}

static int
open_gcm(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
         size_t aad_len)
{
    Aes *aes = &((struct aes_ctx *)ctx)->aes;
    uint8_t tag[TAG_LEN];
    int ret;

    if (len < TAG_LEN)
        return tvt_crypto_failure(TVT_CRYPTO_AUTH, 0);
    if (len > INT32_MAX || aad_len > INT32_MAX)
        return refuse_length();
    len -= TAG_LEN;
    memcpy(tag, in + len, TAG_LEN);
    ret = wc_AesGcmDecrypt(aes, out, in, (word32)len, nonce, NONCE_LEN, tag, TAG_LEN, aad, (word32)aad_len);
    return finish_open(ret, out, len);
}

static int
seal_ccm(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce, const uint8_t *aad,
         size_t aad_len)
{
    struct aes_ctx *c = ctx;
    size_t total;
    int ret;

    if (!gather(out, &total, in, num_in, aad_len))
        return refuse_length();
    ret = wc_AesCcmEncrypt(&c->aes, out, out, (word32)total, nonce, NONCE_LEN, out + total, c->aead->tag_len, aad,
                           (word32)aad_len);
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
}

static int
open_ccm(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
         size_t aad_len)
{
    struct aes_ctx *c = ctx;
    uint8_t tag[TAG_LEN];
    int ret;

    if (len < c->aead->tag_len)
        return tvt_crypto_failure(TVT_CRYPTO_AUTH, 0);
    if (len > INT32_MAX || aad_len > INT32_MAX)
        return refuse_length();
    len -= c->aead->tag_len;
    memcpy(tag, in + len, c->aead->tag_len);
    ret =
        wc_AesCcmDecrypt(&c->aes, out, in, (word32)len, nonce, NONCE_LEN, tag, c->aead->tag_len, aad, (word32)aad_len);
    return finish_open(ret, out, len);
}

#define AES_AEAD(aead_id, mode, keylen, taglen, text)                                                                  \
    {                                                                                                                  \
        .id = aead_id, .ctx_size = sizeof(struct aes_ctx), .flags = TVT_WOLF_NO_HEAP, .key_len = keylen,               \
        .nonce_len = NONCE_LEN, .tag_len = taglen, .name = text, .setup = setup_aes, .rekey = rekey_aes,               \
        .seal = seal_##mode, .open = open_##mode, .teardown = teardown_aes,                                            \
    }

const struct tvt_aead tvt_wolf_aes_128_gcm = AES_AEAD(TVT_AEAD_AES_128_GCM, gcm, 16, 16, "AES-128-GCM");
const struct tvt_aead tvt_wolf_aes_256_gcm = AES_AEAD(TVT_AEAD_AES_256_GCM, gcm, 32, 16, "AES-256-GCM");
const struct tvt_aead tvt_wolf_aes_128_ccm = AES_AEAD(TVT_AEAD_AES_128_CCM, ccm, 16, 16, "AES-128-CCM");
const struct tvt_aead tvt_wolf_aes_128_ccm_8 = AES_AEAD(TVT_AEAD_AES_128_CCM_8, ccm, 16, 8, "AES-128-CCM-8");
