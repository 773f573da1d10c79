/* SPDX-License-Identifier: MIT
 *
 * The floor on libcrypto: algorithms fetched once, contexts kept, peers' keys set into a kept key of their kind, random bytes
 * drawn ahead.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "tests/bench/floor.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

/* ---- hash: without EVP, as the backend's are where libcrypto's own provider would compute them ---- */

struct hash {
    bool is_sha384;
    union {
        SHA256_CTX sha256;
        SHA512_CTX sha384;
    } ctx;
};

static void
hash_reset(void *ctx)
{
    struct hash *h = ctx;
    (void)(h->is_sha384 ? SHA384_Init(&h->ctx.sha384) : SHA256_Init(&h->ctx.sha256));
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
    (void)(h->is_sha384 ? SHA384_Update(&h->ctx.sha384, data, len) : SHA256_Update(&h->ctx.sha256, data, len));
}

static bool
hash_final(void *ctx, uint8_t *out)
{
    struct hash *h = ctx;
    return (h->is_sha384 ? SHA384_Final(out, &h->ctx.sha384) : SHA256_Final(out, &h->ctx.sha256)) > 0;
}

static void
hash_copy(void *dst, const void *src)
{
    memcpy(dst, src, sizeof(struct hash));
}

static void
hash_free(void *ctx)
{
    free(ctx);
}

/* ---- AEAD ---- */

struct aead {
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *ctx;
    bool sealing, is_ccm;
    int tag_len;
};

static void
aead_free(void *ctx)
{
    struct aead *a = ctx;
    EVP_CIPHER_CTX_free(a->ctx);
    EVP_CIPHER_free(a->cipher);
    free(a);
}

static bool
set_ccm_lengths(struct aead *a)
{
    size_t nonce_len = 12;
    const OSSL_PARAM lengths[] = {
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &nonce_len),
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, (size_t)a->tag_len),
        OSSL_PARAM_construct_end(),
    };
    return EVP_CipherInit_ex2(a->ctx, a->cipher, NULL, NULL, a->sealing, lengths) > 0;
}

static void *
aead_new(uint16_t id, bool sealing)
{
    static const struct {
        uint16_t id;
        const char *name;
        bool is_ccm;
        int tag_len;
    } kinds[] = {
        {TVT_AEAD_AES_128_GCM, "AES-128-GCM", false, 16},
        {TVT_AEAD_AES_256_GCM, "AES-256-GCM", false, 16},
        {TVT_AEAD_CHACHA20_POLY1305, "ChaCha20-Poly1305", false, 16},
        {TVT_AEAD_AES_128_CCM, "AES-128-CCM", true, 16},
        {TVT_AEAD_AES_128_CCM_8, "AES-128-CCM", true, 8},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].id != id)
            continue;
        struct aead *a = calloc(1, sizeof *a);
        if (a == NULL)
            return NULL;
        a->cipher = EVP_CIPHER_fetch(NULL, kinds[i].name, NULL);
        a->ctx = EVP_CIPHER_CTX_new();
        a->sealing = sealing;
        a->is_ccm = kinds[i].is_ccm;
        a->tag_len = kinds[i].tag_len;
        bool ok = a->is_ccm ? set_ccm_lengths(a) : EVP_CipherInit_ex2(a->ctx, a->cipher, NULL, NULL, sealing, NULL) > 0;
        if (ok)
            return a;
        aead_free(a);
    }
    return NULL;
}

static bool
aead_key(void *ctx, const uint8_t *key)
{
    struct aead *a = ctx;
    return EVP_CipherInit_ex2(a->ctx, NULL, key, NULL, -1, NULL) > 0;
}

static bool
seal(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
    struct aead *a = ctx;
    int n;
    OSSL_PARAM tag[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, out + len, (size_t)a->tag_len),
        OSSL_PARAM_construct_end(),
    };
    return EVP_EncryptInit_ex2(a->ctx, NULL, NULL, nonce, NULL) > 0 &&
           (!a->is_ccm || EVP_EncryptUpdate(a->ctx, NULL, &n, NULL, (int)len) > 0) &&
           EVP_EncryptUpdate(a->ctx, NULL, &n, aad, (int)aad_len) > 0 &&
           EVP_EncryptUpdate(a->ctx, out, &n, in, (int)len) > 0 &&
           (a->is_ccm || EVP_EncryptFinal_ex(a->ctx, out + len, &n) > 0) && EVP_CIPHER_CTX_get_params(a->ctx, tag) > 0;
}

static bool
open(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
    struct aead *a = ctx;
    int n;
    len -= (size_t)a->tag_len;
    return EVP_DecryptInit_ex2(a->ctx, NULL, NULL, nonce, NULL) > 0 &&
           EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_SET_TAG, a->tag_len, (void *)(uintptr_t)(in + len)) > 0 &&
           (!a->is_ccm || EVP_DecryptUpdate(a->ctx, NULL, &n, NULL, (int)len) > 0) &&
           EVP_DecryptUpdate(a->ctx, NULL, &n, aad, (int)aad_len) > 0 &&
           EVP_DecryptUpdate(a->ctx, out, &n, in, (int)len) > 0 &&
           (a->is_ccm || EVP_DecryptFinal_ex(a->ctx, out + len, &n) > 0);
}

static bool
fill_random(void *out, size_t len)
{
    static uint8_t drawn[1016];
    static size_t left;
    if (left < len && RAND_bytes(drawn, sizeof drawn) <= 0)
        return false;
    left = (left < len ? sizeof drawn : left) - len;
    memcpy(out, drawn + left, len);
    return true;
}

/* ---- X25519 ---- */

struct kx {
    EVP_PKEY_CTX *generator;
    EVP_PKEY *own, *peer;
};

static void
kx_free(void *ctx)
{
    struct kx *k = ctx;
    EVP_PKEY_CTX_free(k->generator);
    EVP_PKEY_free(k->own);
    EVP_PKEY_free(k->peer);
    free(k);
}

static void *
kx_new(void)
{
    struct kx *k = calloc(1, sizeof *k);
    if (k == NULL)
        return NULL;
    k->generator = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
    if (k->generator != NULL && EVP_PKEY_keygen_init(k->generator) > 0 && EVP_PKEY_generate(k->generator, &k->peer) > 0)
        return k;
    kx_free(k);
    return NULL;
}

static bool
kx_start(void *ctx, uint8_t share[32])
{
    struct kx *k = ctx;
    size_t len = 0;
    EVP_PKEY_free(k->own);
    k->own = NULL;
    return EVP_PKEY_generate(k->generator, &k->own) > 0 &&
           EVP_PKEY_get_octet_string_param(k->own, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, share, 32, &len) > 0;
}

static bool
kx_finish(void *ctx, const uint8_t peer[32], uint8_t secret[32])
{
    struct kx *k = ctx;
    size_t len = 32;
    EVP_PKEY_CTX *derive = EVP_PKEY_CTX_new_from_pkey(NULL, k->own, NULL);
    bool ok = EVP_PKEY_set1_encoded_public_key(k->peer, peer, 32) > 0 && EVP_PKEY_derive_init(derive) > 0 &&
              EVP_PKEY_derive_set_peer_ex(derive, k->peer, 0) > 0 && EVP_PKEY_derive(derive, secret, &len) > 0;
    EVP_PKEY_CTX_free(derive);
    return ok;
}

/* ---- ECDSA on P-256 ---- */

struct ecdsa {
    EVP_PKEY *key;
    EVP_PKEY_CTX *ctx;
};

static void
ecdsa_free(void *ctx)
{
    struct ecdsa *e = ctx;
    EVP_PKEY_free(e->key);
    EVP_PKEY_CTX_free(e->ctx);
    free(e);
}

static bool
digest_of(struct tvt_span msg, uint8_t out[32])
{
    SHA256_CTX c;
    return SHA256_Init(&c) > 0 && SHA256_Update(&c, msg.data, msg.len) > 0 && SHA256_Final(out, &c) > 0;
}

/* A key of P-256: any one will do where another's point is set into it. */
static void *
verifier_new(uint8_t key_type)
{
    struct ecdsa *e = key_type == TVT_KEY_P256 ? calloc(1, sizeof *e) : NULL;
    if (e == NULL)
        return NULL;
    e->key = EVP_EC_gen("P-256");
    e->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, e->key, NULL);
    if (e->ctx != NULL && EVP_PKEY_verify_init(e->ctx) > 0)
        return e;
    ecdsa_free(e);
    return NULL;
}

static bool
verify(void *ctx, struct tvt_span key, struct tvt_span msg, struct tvt_span signature)
{
    struct ecdsa *e = ctx;
    uint8_t digest[32];
    return EVP_PKEY_set1_encoded_public_key(e->key, key.data, key.len) > 0 && digest_of(msg, digest) &&
           EVP_PKEY_verify(e->ctx, signature.data, signature.len, digest, sizeof digest) == 1;
}

static void *
signer_new(uint8_t key_type, const struct tvt_private_key *key)
{
    struct ecdsa *e = key_type == TVT_KEY_P256 ? calloc(1, sizeof *e) : NULL;
    const uint8_t *der = key->pkcs8.data;
    if (e == NULL)
        return NULL;
    e->key = d2i_AutoPrivateKey(NULL, &der, (long)key->pkcs8.len);
    e->ctx = e->key != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, e->key, NULL) : NULL;
    if (e->ctx != NULL && EVP_PKEY_sign_init(e->ctx) > 0)
        return e;
    ecdsa_free(e);
    return NULL;
}

static bool
sign(void *ctx, struct tvt_span msg, uint8_t *signature, size_t *len)
{
    struct ecdsa *e = ctx;
    uint8_t digest[32];
    return digest_of(msg, digest) && EVP_PKEY_sign(e->ctx, signature, len, digest, sizeof digest) > 0;
}

const struct floor_library floor_openssl = {
    .name = "openssl",
    .hash_new = hash_new,
    .hash_reset = hash_reset,
    .hash_update = hash_update,
    .hash_final = hash_final,
    .hash_copy = hash_copy,
    .hash_free = hash_free,
    .aead_new = aead_new,
    .aead_key = aead_key,
    .seal = seal,
    .open = open,
    .aead_free = aead_free,
    .random = fill_random,
    .kx_new = kx_new,
    .kx_start = kx_start,
    .kx_finish = kx_finish,
    .kx_free = kx_free,
    .verifier_new = verifier_new,
    .verify = verify,
    .verifier_free = ecdsa_free,
    .signer_new = signer_new,
    .sign = sign,
    .signer_free = ecdsa_free,
};
