/* SPDX-License-Identifier: MIT
 *
 * The floor on libsodium: everything lies in memory of ours.
 */
#include "tests/bench/floor.h"

#include <sodium.h>

#include <stdlib.h>
#include <string.h>

struct hash {
    bool is_sha384;
    crypto_hash_sha256_state sha256;
    crypto_hash_sha512_state sha512;
};

static void
hash_reset(void *ctx)
{
    static const uint64_t sha384[8] = {
        /* FIPS 180-4 5.3.4 */
        0xcbbb9d5dc1059ed8u, 0x629a292a367cd507u, 0x9159015a3070dd17u, 0x152fecd8f70e5939u,
        0x67332667ffc00b31u, 0x8eb44a8768581511u, 0xdb0c2e0d64f98fa7u, 0x47b5481dbefa4fa4u,
    };
    struct hash *h = ctx;
    if (!h->is_sha384) {
        (void)crypto_hash_sha256_init(&h->sha256);
        return;
    }
    (void)crypto_hash_sha512_init(&h->sha512);
    memcpy(h->sha512.state, sha384, sizeof sha384);
}

static void *
hash_new(uint8_t hash)
{
    struct hash *h = sodium_init() >= 0 ? calloc(1, sizeof *h) : NULL;
    if (h == NULL)
        return NULL;
    h->is_sha384 = hash == TVT_HASH_SHA384;
    hash_reset(h);
    return h;
}

static void
hash_update(void *ctx, const void *data, size_t len)
{
    struct hash *h = ctx;
    if (h->is_sha384)
        (void)crypto_hash_sha512_update(&h->sha512, data, len);
    else
        (void)crypto_hash_sha256_update(&h->sha256, data, len);
}

static bool
hash_final(void *ctx, uint8_t *out)
{
    struct hash *h = ctx;
    uint8_t whole[64];
    if (!h->is_sha384)
        return crypto_hash_sha256_final(&h->sha256, out) == 0;
    (void)crypto_hash_sha512_final(&h->sha512, whole);
    memcpy(out, whole, 48);
    return true;
}

static void
hash_copy(void *dst, const void *src)
{
    struct hash *d = dst;
    const struct hash *s = src;
    if (s->is_sha384)
        d->sha512 = s->sha512;
    else
        d->sha256 = s->sha256;
}

/* ---- AEAD ---- */

struct aead {
    crypto_aead_aes256gcm_state aes;
    uint8_t key[32];
    bool is_aes;
};

static void
aead_free(void *ctx)
{
    free(ctx);
}

static void *
aead_new(uint16_t id, bool sealing)
{
    (void)sealing;
    if (sodium_init() < 0)
        return NULL;
    if (id != TVT_AEAD_CHACHA20_POLY1305 && (id != TVT_AEAD_AES_256_GCM || !crypto_aead_aes256gcm_is_available()))
        return NULL;
    struct aead *a = aligned_alloc(64, (sizeof *a + 63) / 64 * 64);
    if (a != NULL)
        a->is_aes = id == TVT_AEAD_AES_256_GCM;
    return a;
}

static bool
aead_key(void *ctx, const uint8_t *key)
{
    struct aead *a = ctx;
    if (a->is_aes)
        return crypto_aead_aes256gcm_beforenm(&a->aes, key) == 0;
    memcpy(a->key, key, sizeof a->key);
    return true;
}

static bool
seal(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
    struct aead *a = ctx;
    if (a->is_aes)
        return crypto_aead_aes256gcm_encrypt_detached_afternm(out, out + len, NULL, in, len, aad, aad_len, NULL, nonce,
                                                              &a->aes) == 0;
    return crypto_aead_chacha20poly1305_ietf_encrypt_detached(out, out + len, NULL, in, len, aad, aad_len, NULL, nonce,
                                                              a->key) == 0;
}

static bool
open(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
    struct aead *a = ctx;
    len -= 16;
    if (a->is_aes)
        return crypto_aead_aes256gcm_decrypt_detached_afternm(out, NULL, in, len, in + len, aad, aad_len, nonce,
                                                              &a->aes) == 0;
    return crypto_aead_chacha20poly1305_ietf_decrypt_detached(out, NULL, in, len, in + len, aad, aad_len, nonce,
                                                              a->key) == 0;
}

static bool
fill_random(void *out, size_t len)
{
    randombytes_buf(out, len);
    return true;
}

/* ---- X25519: the state is the scalar ---- */

static void *
kx_new(void)
{
    return calloc(1, 32);
}

static bool
kx_start(void *ctx, uint8_t share[32])
{
    randombytes_buf(ctx, 32);
    return crypto_scalarmult_curve25519_base(share, ctx) == 0;
}

static bool
kx_finish(void *ctx, const uint8_t peer[32], uint8_t secret[32])
{
    return crypto_scalarmult_curve25519(secret, ctx, peer) == 0;
}

/* ---- Ed25519 ---- */

static void *
verifier_new(uint8_t key_type)
{
    return key_type == TVT_KEY_ED25519 ? calloc(1, 1) : NULL;
}

static bool
verify(void *ctx, struct tvt_span key, struct tvt_span msg, struct tvt_span signature)
{
    (void)ctx;
    return signature.len == 64 && crypto_sign_ed25519_verify_detached(signature.data, msg.data, msg.len, key.data) == 0;
}

static void *
signer_new(uint8_t key_type, const struct tvt_private_key *key)
{
    uint8_t public_key[32], *secret = key_type == TVT_KEY_ED25519 ? calloc(1, 64) : NULL;
    if (secret != NULL)
        (void)crypto_sign_ed25519_seed_keypair(public_key, secret, key->scalar.data);
    return secret;
}

static bool
sign(void *ctx, struct tvt_span msg, uint8_t *signature, size_t *len)
{
    *len = 64;
    return crypto_sign_ed25519_detached(signature, NULL, msg.data, msg.len, ctx) == 0;
}

const struct floor_library floor_libsodium = {
    .name = "libsodium",
    .hash_new = hash_new,
    .hash_reset = hash_reset,
    .hash_update = hash_update,
    .hash_final = hash_final,
    .hash_copy = hash_copy,
    .hash_free = free,
    .aead_new = aead_new,
    .aead_key = aead_key,
    .seal = seal,
    .open = open,
    .aead_free = aead_free,
    .random = fill_random,
    .kx_new = kx_new,
    .kx_start = kx_start,
    .kx_finish = kx_finish,
    .kx_free = free,
    .verifier_new = verifier_new,
    .verify = verify,
    .verifier_free = free,
    .signer_new = signer_new,
    .sign = sign,
    .signer_free = free,
};
