/* SPDX-License-Identifier: MIT
 *
 * X25519 (RFC 7748) and, where libsodium has it, ML-KEM-768 (FIPS 203).
 */
#include <string.h>

#include "backends/libsodium/internal.h"

enum { KX_FLAGS = TVT_FLAG_CONSTANT_TIME | TVT_FLAG_NO_HEAP };

/* ---- X25519: the state is the scalar --------------------------------------------------------------------- */
enum { X25519_LEN = crypto_scalarmult_curve25519_BYTES };

static int
publish_x25519(const uint8_t *scalar, uint8_t *share)
{
    if (crypto_scalarmult_curve25519_base(share, scalar) != 0)
        return tvt_sodium_failure(TVT_CRYPTO_BACKEND);
    return TVT_CRYPTO_OK;
}

/* libsodium refuses points of low order and with them the all-zero secret (RFC 7748 6.1). */
static int
agree_x25519(const uint8_t *scalar, const uint8_t *peer, uint8_t *secret)
{
    if (crypto_scalarmult_curve25519(secret, scalar, peer) == 0 && !sodium_is_zero(secret, X25519_LEN))
        return TVT_CRYPTO_OK;
    sodium_memzero(secret, X25519_LEN);
    return tvt_sodium_failure(TVT_CRYPTO_PEER_KEY);
}

static void
discard_x25519(const struct tvt_kx *kx, void *state)
{
    (void)kx;
    sodium_memzero(state, X25519_LEN);
}

static int
start_x25519(const struct tvt_kx *kx, void *state, uint8_t *share)
{
    int result;

    randombytes_buf(state, X25519_LEN);
    result = publish_x25519(state, share);
    if (result != TVT_CRYPTO_OK)
        discard_x25519(kx, state);
    return result;
}

static int
start_x25519_from(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *seed, size_t seed_len)
{
    (void)kx;
    if (seed_len != X25519_LEN)
        return tvt_sodium_failure(TVT_CRYPTO_KEY);
    memcpy(state, seed, X25519_LEN);
    return publish_x25519(state, share);
}

static int
finish_x25519(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    (void)kx;
    return agree_x25519(state, peer, secret);
}

static int
respond_x25519_from(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *seed,
                    size_t seed_len)
{
    int result;

    (void)kx;
    if (seed_len != X25519_LEN)
        return tvt_sodium_failure(TVT_CRYPTO_KEY);
    result = agree_x25519(seed, peer, secret);
    return result == TVT_CRYPTO_OK ? publish_x25519(seed, share) : result;
}

static int
respond_x25519(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    uint8_t scalar[X25519_LEN];
    int result;

    randombytes_buf(scalar, sizeof scalar);
    result = respond_x25519_from(kx, peer, share, secret, scalar, sizeof scalar);
    sodium_memzero(scalar, sizeof scalar);
    return result;
}

const struct tvt_kx tvt_sodium_x25519 = {
    .group = TVT_GROUP_X25519,
    .flags = KX_FLAGS,
    .state_size = X25519_LEN,
    .initiator_len = X25519_LEN,
    .responder_len = X25519_LEN,
    .secret_len = X25519_LEN,
    .name = "X25519",
    .start = start_x25519,
    .finish = finish_x25519,
    .respond = respond_x25519,
    .discard = discard_x25519,
    .start_from = start_x25519_from,
    .respond_from = respond_x25519_from,
};

/* ---- ML-KEM-768: the state is the decapsulation key ------------------------------------------------------ */
#if TVT_SODIUM_HAS_MLKEM768
enum {
    MLKEM_STATE_LEN = crypto_kem_mlkem768_SECRETKEYBYTES,
    MLKEM_SECRET_LEN = crypto_kem_mlkem768_SHAREDSECRETBYTES,
    MLKEM_START_SEED_LEN = crypto_kem_mlkem768_SEEDBYTES, /* d || z */
    MLKEM_RESPOND_SEED_LEN = 32                           /* m      */
};

static void
discard_mlkem(const struct tvt_kx *kx, void *state)
{
    (void)kx;
    sodium_memzero(state, MLKEM_STATE_LEN);
}

static int
start_mlkem(const struct tvt_kx *kx, void *state, uint8_t *share)
{
    (void)kx;
    if (crypto_kem_mlkem768_keypair(share, state) != 0)
        return tvt_sodium_failure(TVT_CRYPTO_BACKEND);
    return TVT_CRYPTO_OK;
}

static int
start_mlkem_from(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *seed, size_t seed_len)
{
    (void)kx;
    if (seed_len != MLKEM_START_SEED_LEN)
        return tvt_sodium_failure(TVT_CRYPTO_KEY);
    if (crypto_kem_mlkem768_seed_keypair(share, state, seed) != 0)
        return tvt_sodium_failure(TVT_CRYPTO_BACKEND);
    return TVT_CRYPTO_OK;
}

/* A wrong ciphertext is no failure: it gives another secret (FIPS 203 6.3). */
static int
finish_mlkem(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    (void)kx;
    if (crypto_kem_mlkem768_dec(secret, peer, state) == 0)
        return TVT_CRYPTO_OK;
    sodium_memzero(secret, MLKEM_SECRET_LEN);
    return tvt_sodium_failure(TVT_CRYPTO_PEER_KEY);
}

/* Fails for a key that is not reduced modulo q (FIPS 203 7.2). */
static int
respond_mlkem(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    (void)kx;
    if (crypto_kem_mlkem768_enc(share, secret, peer) == 0)
        return TVT_CRYPTO_OK;
    sodium_memzero(secret, MLKEM_SECRET_LEN);
    return tvt_sodium_failure(TVT_CRYPTO_PEER_KEY);
}

static int
respond_mlkem_from(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *seed,
                   size_t seed_len)
{
    (void)kx;
    if (seed_len != MLKEM_RESPOND_SEED_LEN)
        return tvt_sodium_failure(TVT_CRYPTO_KEY);
    if (crypto_kem_mlkem768_enc_deterministic(share, secret, peer, seed) == 0)
        return TVT_CRYPTO_OK;
    sodium_memzero(secret, MLKEM_SECRET_LEN);
    return tvt_sodium_failure(TVT_CRYPTO_PEER_KEY);
}

const struct tvt_kx tvt_sodium_mlkem768 = {
    .group = TVT_GROUP_MLKEM768,
    .flags = KX_FLAGS,
    .state_size = MLKEM_STATE_LEN,
    .initiator_len = crypto_kem_mlkem768_PUBLICKEYBYTES,
    .responder_len = crypto_kem_mlkem768_CIPHERTEXTBYTES,
    .secret_len = MLKEM_SECRET_LEN,
    .name = "ML-KEM-768",
    .start = start_mlkem,
    .finish = finish_mlkem,
    .respond = respond_mlkem,
    .discard = discard_mlkem,
    .start_from = start_mlkem_from,
    .respond_from = respond_mlkem_from,
};
#endif
