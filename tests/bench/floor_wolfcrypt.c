/* SPDX-License-Identifier: MIT
 *
 * The floor on wolfCrypt: states and keys kept, a generator for each thread and for each key.
 *
 * Builds with FP_ECC keep tables of points they have met. The benchmark's keys come again and again, here and in the
 * handshakes that are compared, so that the figures of either are better than a server with many peers will see; their
 * ratio is not touched.
 */
#include "backends/wolfcrypt/internal.h"
#include "tests/bench/floor.h"

#include <stdlib.h>
#include <string.h>

static WC_RNG *
generator(void)
{
    static _Thread_local WC_RNG rng;
    static _Thread_local bool made;
    if (!made)
        made = wc_InitRng(&rng) == 0;
    return made ? &rng : NULL;
}

struct hash {
    bool is_sha384;
    wc_Sha256 sha256;
    wc_Sha384 sha384;
};

static void
hash_reset(void *ctx)
{
    struct hash *h = ctx;
    if (h->is_sha384)
        (void)wc_InitSha384(&h->sha384);
    else
        (void)wc_InitSha256(&h->sha256);
}

static void *
hash_new(uint8_t hash)
{
    struct hash *h = calloc(1, sizeof *h);
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
        (void)wc_Sha384Update(&h->sha384, data, (word32)len);
    else
        (void)wc_Sha256Update(&h->sha256, data, (word32)len);
}

static bool
hash_final(void *ctx, uint8_t *out)
{
    struct hash *h = ctx;
    return (h->is_sha384 ? wc_Sha384Final(&h->sha384, out) : wc_Sha256Final(&h->sha256, out)) == 0;
}

static void
hash_copy(void *dst, const void *src)
{
    struct hash *d = dst;
    const struct hash *s = src;
    if (s->is_sha384)
        d->sha384 = s->sha384;
    else
        d->sha256 = s->sha256;
}

/* ---- AEAD ---- */

struct aead {
    uint16_t id;
    Aes aes;
    ChaChaPoly_Aead chacha;
    uint8_t key[32];
};

static void *
aead_new(uint16_t id, bool sealing)
{
    (void)sealing;
    struct aead *a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    a->id = id;
    if (wc_AesInit(&a->aes, NULL, INVALID_DEVID) == 0)
        return a;
    free(a);
    return NULL;
}

static void
aead_free(void *ctx)
{
    struct aead *a = ctx;
    wc_AesFree(&a->aes);
    free(a);
}

static bool
is_ccm(const struct aead *a)
{
    return a->id == TVT_AEAD_AES_128_CCM || a->id == TVT_AEAD_AES_128_CCM_8;
}

static word32
tag_len_of(const struct aead *a)
{
    return a->id == TVT_AEAD_AES_128_CCM_8 ? 8 : 16;
}

static bool
aead_key(void *ctx, const uint8_t *key)
{
    struct aead *a = ctx;
    memcpy(a->key, key, a->id == TVT_AEAD_CHACHA20_POLY1305 || a->id == TVT_AEAD_AES_256_GCM ? 32 : 16);
    if (a->id == TVT_AEAD_CHACHA20_POLY1305)
        return true;
    if (is_ccm(a))
        return wc_AesCcmSetKey(&a->aes, key, 16) == 0;
    return wc_AesGcmSetKey(&a->aes, key, a->id == TVT_AEAD_AES_256_GCM ? 32 : 16) == 0;
}

static bool
chacha(struct aead *a, int direction, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce,
       const uint8_t *aad, size_t aad_len, uint8_t *tag)
{
    return wc_ChaCha20Poly1305_Init(&a->chacha, a->key, nonce, direction) == 0 &&
           wc_ChaCha20Poly1305_UpdateAad(&a->chacha, aad, (word32)aad_len) == 0 &&
           wc_ChaCha20Poly1305_UpdateData(&a->chacha, in, out, (word32)len) == 0 &&
           wc_ChaCha20Poly1305_Final(&a->chacha, tag) == 0;
}

static bool
seal(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
    struct aead *a = ctx;
    if (a->id == TVT_AEAD_CHACHA20_POLY1305)
        return chacha(a, CHACHA20_POLY1305_AEAD_ENCRYPT, out, in, len, nonce, aad, aad_len, out + len);
    if (is_ccm(a))
        return wc_AesCcmEncrypt(&a->aes, out, in, (word32)len, nonce, 12, out + len, tag_len_of(a), aad,
                                (word32)aad_len) == 0;
    return wc_AesGcmEncrypt(&a->aes, out, in, (word32)len, nonce, 12, out + len, 16, aad, (word32)aad_len) == 0;
}

static bool
open(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
    struct aead *a = ctx;
    uint8_t tag[16], got[16];
    len -= tag_len_of(a);
    if (is_ccm(a))
        return wc_AesCcmDecrypt(&a->aes, out, in, (word32)len, nonce, 12, in + len, tag_len_of(a), aad,
                                (word32)aad_len) == 0;
    if (a->id != TVT_AEAD_CHACHA20_POLY1305)
        return wc_AesGcmDecrypt(&a->aes, out, in, (word32)len, nonce, 12, in + len, 16, aad, (word32)aad_len) == 0;
    memcpy(got, in + len, sizeof got);
    return chacha(a, CHACHA20_POLY1305_AEAD_DECRYPT, out, in, len, nonce, aad, aad_len, tag) &&
           wc_ChaCha20Poly1305_CheckTag(got, tag) == 0;
}

static bool
fill_random(void *out, size_t len)
{
    return wc_RNG_GenerateBlock(generator(), out, (word32)len) == 0;
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
    uint8_t *scalar = ctx;
    if (!fill_random(scalar, 32))
        return false;
    scalar[0] &= 0xf8;
    scalar[31] = (uint8_t)((scalar[31] & 0x7f) | 0x40);
#ifdef WOLFSSL_CURVE25519_BLINDING
    return wc_curve25519_make_pub_blind(32, share, 32, scalar, generator()) == 0;
#else
    return wc_curve25519_make_pub(32, share, 32, scalar) == 0;
#endif
}

static bool
kx_finish(void *ctx, const uint8_t peer[32], uint8_t secret[32])
{
    uint8_t *scalar = ctx, u[32];
    memcpy(u, peer, sizeof u);
    u[31] &= 0x7f;
#ifdef WOLFSSL_CURVE25519_BLINDING
    return wc_curve25519_generic_blind(32, secret, 32, scalar, 32, u, generator()) == 0;
#else
    return wc_curve25519_generic(32, secret, 32, scalar, 32, u) == 0;
#endif
}

/* ---- ECDSA on P-256 ---- */

struct ecdsa {
    ecc_key key;
    wc_Sha256 sha;
    WC_RNG rng;
};

static struct ecdsa *
ecdsa_new(uint8_t key_type)
{
    struct ecdsa *e = key_type == TVT_KEY_P256 ? calloc(1, sizeof *e) : NULL;
    if (e != NULL && wc_InitRng(&e->rng) == 0 && wc_InitSha256(&e->sha) == 0 && wc_ecc_init(&e->key) == 0 &&
        wc_ecc_set_rng(&e->key, &e->rng) == 0)
        return e;
    free(e);
    return NULL;
}

static void
ecdsa_free(void *ctx)
{
    struct ecdsa *e = ctx;
    wc_ecc_free(&e->key);
    (void)wc_FreeRng(&e->rng);
    free(e);
}

static void *
verifier_new(uint8_t key_type)
{
    return ecdsa_new(key_type);
}

static bool
digest_of(struct ecdsa *e, struct tvt_span msg, uint8_t out[32])
{
    return wc_Sha256Update(&e->sha, msg.data, (word32)msg.len) == 0 && wc_Sha256Final(&e->sha, out) == 0;
}

static bool
verify(void *ctx, struct tvt_span key, struct tvt_span msg, struct tvt_span signature)
{
    struct ecdsa *e = ctx;
    uint8_t digest[32];
    int good = 0;
    return wc_ecc_import_x963_ex(key.data, (word32)key.len, &e->key, ECC_SECP256R1) == 0 &&
           wc_ecc_point_is_on_curve(&e->key.pubkey, e->key.idx) == 0 && digest_of(e, msg, digest) &&
           wc_ecc_verify_hash(signature.data, (word32)signature.len, digest, sizeof digest, &good, &e->key) == 0 &&
           good == 1;
}

static void *
signer_new(uint8_t key_type, const struct tvt_private_key *key)
{
    struct ecdsa *e = ecdsa_new(key_type);
    if (e != NULL &&
        wc_ecc_import_private_key_ex(key->scalar.data, (word32)key->scalar.len, NULL, 0, &e->key, ECC_SECP256R1) == 0)
        return e;
    if (e != NULL)
        ecdsa_free(e);
    return NULL;
}

static bool
sign(void *ctx, struct tvt_span msg, uint8_t *signature, size_t *len)
{
    struct ecdsa *e = ctx;
    uint8_t digest[32];
    word32 n = (word32)*len;
    bool ok =
        digest_of(e, msg, digest) && wc_ecc_sign_hash(digest, sizeof digest, signature, &n, &e->rng, &e->key) == 0;
    *len = n;
    return ok;
}

const struct floor_library floor_wolfcrypt = {
    .name = "wolfcrypt",
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
    .verifier_free = ecdsa_free,
    .signer_new = signer_new,
    .sign = sign,
    .signer_free = ecdsa_free,
};
