/* SPDX-License-Identifier: MIT
 *
 * AES-256-GCM (expanded key and GHASH table in the context) and ChaCha20-Poly1305 (the key in the context).
 * libsodium seals whole messages only: a message in pieces is gathered in the output and sealed in place there.
 */
#include <string.h>

#include "backends/libsodium/internal.h"
#include "core/base/memory.h"

enum { TAG_LEN = 16 }; /* both algorithms */

/* Returns the plaintext as one run of *len bytes: the only piece where it stands, or all of them at `out`. */
static const uint8_t *
gather(uint8_t *out, const struct tvt_span *in, unsigned num_in, size_t *len)
{
    size_t at = 0;

    if (num_in == 1) {
        *len = in[0].len;
        return in[0].data;
    }
    for (unsigned i = 0; i < num_in; i++) {
        if (in[i].len > 0 && in[i].data != out + at) /* the first may be in place */
            memcpy(out + at, in[i].data, in[i].len);
        at += in[i].len;
    }
    *len = at;
    return out;
}

/* ---- AES-256-GCM ----------------------------------------------------------------------------------------- */
static int
rekey_aes(void *ctx, const uint8_t *key)
{
    return crypto_aead_aes256gcm_beforenm(ctx, key) == 0 ? TVT_CRYPTO_OK : tvt_sodium_failure(TVT_CRYPTO_BACKEND);
}

static int
setup_aes(const struct tvt_aead *aead, void *ctx, enum tvt_direction direction, const uint8_t *key)
{
    (void)aead;
    (void)direction; /* both use the same state */
    return rekey_aes(ctx, key);
}

static int
seal_aes(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce, const uint8_t *aad,
         size_t aad_len)
{
    size_t len;
    const uint8_t *plain = gather(out, in, num_in, &len);

    if (crypto_aead_aes256gcm_encrypt_detached_afternm(out, out + len, NULL, plain, len, aad, aad_len, NULL, nonce,
                                                       ctx) != 0)
        return tvt_sodium_failure(TVT_CRYPTO_BACKEND);
    return TVT_CRYPTO_OK;
}

static int
open_aes(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
         size_t aad_len)
{
    if (len < TAG_LEN)
        return tvt_sodium_failure(TVT_CRYPTO_AUTH);
    len -= TAG_LEN;
    int ret = crypto_aead_aes256gcm_decrypt_detached_afternm(out, NULL, in, len, in + len, aad, aad_len, nonce, ctx);
    tvt_public(&ret, sizeof ret);
    if (ret == 0)
        return TVT_CRYPTO_OK;
    sodium_memzero(out, len);
    return tvt_sodium_failure(TVT_CRYPTO_AUTH);
}

static void
teardown_aes(void *ctx)
{
    sodium_memzero(ctx, sizeof(crypto_aead_aes256gcm_state));
}

const struct tvt_aead tvt_sodium_aes_256_gcm = {
    .id = TVT_AEAD_AES_256_GCM,
    .ctx_size = sizeof(crypto_aead_aes256gcm_state),
    .flags = TVT_FLAG_CONSTANT_TIME | TVT_FLAG_HARDWARE | TVT_FLAG_NO_HEAP,
    .key_len = crypto_aead_aes256gcm_KEYBYTES,
    .nonce_len = crypto_aead_aes256gcm_NPUBBYTES,
    .tag_len = TAG_LEN,
    .name = "AES-256-GCM",
    .setup = setup_aes,
    .rekey = rekey_aes,
    .seal = seal_aes,
    .open = open_aes,
    .teardown = teardown_aes,
};

/* ---- ChaCha20-Poly1305, RFC 8439 ------------------------------------------------------------------------- */
enum { CHACHA_KEY_LEN = crypto_aead_chacha20poly1305_ietf_KEYBYTES };

static int
rekey_chacha(void *ctx, const uint8_t *key)
{
    memcpy(ctx, key, CHACHA_KEY_LEN);
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
seal_chacha(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce,
            const uint8_t *aad, size_t aad_len)
{
    size_t len;
    const uint8_t *plain = gather(out, in, num_in, &len);

    if (crypto_aead_chacha20poly1305_ietf_encrypt_detached(out, out + len, NULL, plain, len, aad, aad_len, NULL, nonce,
                                                           ctx) != 0)
        return tvt_sodium_failure(TVT_CRYPTO_BACKEND);
    return TVT_CRYPTO_OK;
}

static int
open_chacha(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
            size_t aad_len)
{
    if (len < TAG_LEN)
        return tvt_sodium_failure(TVT_CRYPTO_AUTH);
    len -= TAG_LEN;
    int ret =
        crypto_aead_chacha20poly1305_ietf_decrypt_detached(out, NULL, in, len, in + len, aad, aad_len, nonce, ctx);
    tvt_public(&ret, sizeof ret);
    if (ret == 0)
        return TVT_CRYPTO_OK;
    sodium_memzero(out, len);
    return tvt_sodium_failure(TVT_CRYPTO_AUTH);
}

static void
teardown_chacha(void *ctx)
{
    sodium_memzero(ctx, CHACHA_KEY_LEN);
}

const struct tvt_aead tvt_sodium_chacha20_poly1305 = {
    .id = TVT_AEAD_CHACHA20_POLY1305,
    .ctx_size = CHACHA_KEY_LEN,
    .flags = TVT_FLAG_CONSTANT_TIME | TVT_FLAG_NO_HEAP,
    .key_len = CHACHA_KEY_LEN,
    .nonce_len = crypto_aead_chacha20poly1305_ietf_NPUBBYTES,
    .tag_len = TAG_LEN,
    .name = "ChaCha20-Poly1305",
    .setup = setup_chacha,
    .rekey = rekey_chacha,
    .seal = seal_chacha,
    .open = open_chacha,
    .teardown = teardown_chacha,
};
