/* SPDX-License-Identifier: MIT
 *
 * Key exchange: X25519 and X448 (RFC 7748), ECDH on the NIST curves, and ML-KEM-768 (FIPS 203) where this wolfSSL has
 * it. ECDH is not flagged constant-time: the library's cache of points (FP_ECC) is indexed by bits of the scalar.
 */
#include "backends/wolfcrypt/internal.h"
#include "core/base/memory.h"

#include <string.h>

/* ---- X25519 and X448: the state is the scalar ------------------------------------------------------------ */
struct xdh {
    struct tvt_kx kx;
    void (*clamp)(uint8_t *scalar); /* wolfCrypt refuses scalars that are not clamped */
    int (*publish)(const uint8_t *scalar, uint8_t *share);
    int (*agree)(const uint8_t *scalar, const uint8_t *peer, uint8_t *secret);
};

static void
clamp_x25519(uint8_t *scalar)
{
    scalar[0] &= 0xf8;
    scalar[31] = (uint8_t)((scalar[31] & 0x7f) | 0x40);
}

static int
publish_x25519(const uint8_t *scalar, uint8_t *share)
{
#ifdef WOLFSSL_CURVE25519_BLINDING
    WC_RNG rng;

    tvt_wolf_rng(&rng);
    return wc_curve25519_make_pub_blind(CURVE25519_KEYSIZE, share, CURVE25519_KEYSIZE, scalar, &rng);
#else
    return wc_curve25519_make_pub(CURVE25519_KEYSIZE, share, CURVE25519_KEYSIZE, scalar);
#endif
}

static int
agree_x25519(const uint8_t *scalar, const uint8_t *peer, uint8_t *secret)
{
    uint8_t u[CURVE25519_KEYSIZE];

    memcpy(u, peer, sizeof u);
    u[CURVE25519_KEYSIZE - 1] &= 0x7f; /* RFC 7748 5: the unused bit is masked */
#ifdef WOLFSSL_CURVE25519_BLINDING
    {
        WC_RNG rng;

        tvt_wolf_rng(&rng);
        return wc_curve25519_generic_blind(CURVE25519_KEYSIZE, secret, CURVE25519_KEYSIZE, scalar, CURVE25519_KEYSIZE,
                                           u, &rng);
    }
#else
    return wc_curve25519_generic(CURVE25519_KEYSIZE, secret, CURVE25519_KEYSIZE, scalar, CURVE25519_KEYSIZE, u);
#endif
}

static void
clamp_x448(uint8_t *scalar)
{
    scalar[0] &= 0xfc;
    scalar[55] |= 0x80;
}

static int
publish_x448(const uint8_t *scalar, uint8_t *share)
{
    return wc_curve448_make_pub(CURVE448_KEY_SIZE, share, CURVE448_KEY_SIZE, scalar);
}

static int
agree_x448(const uint8_t *scalar, const uint8_t *peer, uint8_t *secret)
{
    curve448_key ours, theirs;
    word32 len = CURVE448_KEY_SIZE;
    int ret = wc_curve448_init(&ours);

    if (ret == 0)
        ret = wc_curve448_init(&theirs);
    if (ret != 0)
        return ret;
    ret = wc_curve448_import_private_ex(scalar, CURVE448_KEY_SIZE, &ours, EC448_LITTLE_ENDIAN);
    if (ret == 0)
        ret = wc_curve448_import_public_ex(peer, CURVE448_KEY_SIZE, &theirs, EC448_LITTLE_ENDIAN);
    if (ret == 0)
        ret = wc_curve448_shared_secret_ex(&ours, &theirs, secret, &len, EC448_LITTLE_ENDIAN);
    wc_curve448_free(&ours);
    wc_curve448_free(&theirs);
    tvt_wipe(&ours, sizeof ours);
    return ret;
}

static int
start_xdh_from(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *seed, size_t seed_len)
{
    const struct xdh *xdh = (const struct xdh *)kx;
    int ret;

    if (seed_len != kx->state_size)
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    tvt_move(state, seed, seed_len);
    xdh->clamp(state);
    ret = xdh->publish(state, share);
    if (ret != 0)
        tvt_wipe(state, kx->state_size);
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
}

static int
start_xdh(const struct tvt_kx *kx, void *state, uint8_t *share)
{
    int result = tvt_wolf_random(state, kx->state_size);

    return result == TVT_CRYPTO_OK ? start_xdh_from(kx, state, share, state, kx->state_size) : result;
}

static int
finish_xdh(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    return tvt_wolf_result(TVT_CRYPTO_PEER_KEY, ((const struct xdh *)kx)->agree(state, peer, secret));
}

static void
discard_state(const struct tvt_kx *kx, void *state)
{
    tvt_wipe(state, kx->state_size);
}

static int
respond_xdh_from(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *seed,
                 size_t seed_len)
{
    uint8_t scalar[CURVE448_KEY_SIZE];
    int result = start_xdh_from(kx, scalar, share, seed, seed_len);

    if (result != TVT_CRYPTO_OK)
        return result;
    result = finish_xdh(kx, scalar, peer, secret);
    tvt_wipe(scalar, sizeof scalar);
    return result;
}

static int
respond_xdh(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    uint8_t seed[CURVE448_KEY_SIZE];
    int result = tvt_wolf_random(seed, kx->state_size);

    if (result == TVT_CRYPTO_OK)
        result = respond_xdh_from(kx, peer, share, secret, seed, kx->state_size);
    tvt_wipe(seed, sizeof seed);
    return result;
}

#define XDH(group_id, curve, len, text)                                                                                \
    {                                                                                                                  \
        .kx = {.group = group_id,                                                                                      \
               .flags = TVT_FLAG_CONSTANT_TIME | TVT_WOLF_NO_HEAP,                                                     \
               .state_size = len,                                                                                      \
               .initiator_len = len,                                                                                   \
               .responder_len = len,                                                                                   \
               .secret_len = len,                                                                                      \
               .name = text,                                                                                           \
               .start = start_xdh,                                                                                     \
               .finish = finish_xdh,                                                                                   \
               .respond = respond_xdh,                                                                                 \
               .discard = discard_state,                                                                               \
               .start_from = start_xdh_from,                                                                           \
               .respond_from = respond_xdh_from},                                                                      \
        .clamp = clamp_##curve, .publish = publish_##curve, .agree = agree_##curve,                                    \
    }

static const struct xdh x25519 = XDH(TVT_GROUP_X25519, x25519, CURVE25519_KEYSIZE, "X25519");
static const struct xdh x448 = XDH(TVT_GROUP_X448, x448, CURVE448_KEY_SIZE, "X448");

/* ---- ECDH: the state is the scalar ----------------------------------------------------------------------- */
struct ecdh {
    struct tvt_kx kx;
    const struct tvt_wolf_curve *curve;
};

static const struct tvt_wolf_curve *
curve_of(const struct tvt_kx *kx)
{
    return ((const struct ecdh *)kx)->curve;
}

static int
agree_ecdh(struct tvt_wolf_ec_key *pair, const struct tvt_wolf_curve *curve, const uint8_t *peer, uint8_t *secret)
{
    struct tvt_span point = {peer, TVT_WOLF_POINT_LEN((size_t)curve->len)};
    struct tvt_wolf_ec_key pub;
    word32 len = curve->len;
    int result = tvt_wolf_ec_public(&pub, curve, point, TVT_CRYPTO_PEER_KEY);

    if (result == TVT_CRYPTO_OK)
        result = tvt_wolf_result(TVT_CRYPTO_PEER_KEY, wc_ecc_shared_secret(&pair->key, &pub.key, secret, &len));
    tvt_wolf_ec_free(&pub);
    return result;
}

/* `scalar` NULL: a new one. */
static int
begin_ecdh(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *scalar)
{
    const struct tvt_wolf_curve *curve = curve_of(kx);
    struct tvt_wolf_ec_key pair;
    word32 len = curve->len;
    int result = tvt_wolf_ec_pair(&pair, curve, scalar);

    if (result == TVT_CRYPTO_OK)
        result = tvt_wolf_ec_point(&pair, curve, share);
    if (result == TVT_CRYPTO_OK)
        result = tvt_wolf_result(TVT_CRYPTO_BACKEND, wc_ecc_export_private_only(&pair.key, state, &len));
    tvt_wolf_ec_free(&pair);
    return result;
}

static int
start_ecdh(const struct tvt_kx *kx, void *state, uint8_t *share)
{
    return begin_ecdh(kx, state, share, NULL);
}

static int
start_ecdh_from(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *seed, size_t seed_len)
{
    if (seed_len != kx->state_size)
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    return begin_ecdh(kx, state, share, seed);
}

static int
finish_ecdh(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    const struct tvt_wolf_curve *curve = curve_of(kx);
    struct tvt_wolf_ec_key pair;
    int result = tvt_wolf_ec_private(&pair, curve, state);

    if (result == TVT_CRYPTO_OK)
        result = agree_ecdh(&pair, curve, peer, secret);
    tvt_wolf_ec_free(&pair);
    return result;
}

/* `scalar` NULL: a new one. */
static int
answer_ecdh(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *scalar)
{
    const struct tvt_wolf_curve *curve = curve_of(kx);
    struct tvt_wolf_ec_key pair;
    int result = tvt_wolf_ec_pair(&pair, curve, scalar);

    if (result == TVT_CRYPTO_OK)
        result = tvt_wolf_ec_point(&pair, curve, share);
    if (result == TVT_CRYPTO_OK)
        result = agree_ecdh(&pair, curve, peer, secret);
    tvt_wolf_ec_free(&pair);
    return result;
}

static int
respond_ecdh(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    return answer_ecdh(kx, peer, share, secret, NULL);
}

static int
respond_ecdh_from(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *seed,
                  size_t seed_len)
{
    if (seed_len != kx->state_size)
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    return answer_ecdh(kx, peer, share, secret, seed);
}

#define ECDH(group_id, ec, len, text)                                                                                  \
    {                                                                                                                  \
        .kx = {.group = group_id,                                                                                      \
               .flags = 0,                                                                                             \
               .state_size = len,                                                                                      \
               .initiator_len = TVT_WOLF_POINT_LEN(len),                                                               \
               .responder_len = TVT_WOLF_POINT_LEN(len),                                                               \
               .secret_len = len,                                                                                      \
               .name = text,                                                                                           \
               .start = start_ecdh,                                                                                    \
               .finish = finish_ecdh,                                                                                  \
               .respond = respond_ecdh,                                                                                \
               .discard = discard_state,                                                                               \
               .start_from = start_ecdh_from,                                                                          \
               .respond_from = respond_ecdh_from},                                                                     \
        .curve = &(ec),                                                                                                \
    }

static const struct ecdh p256 = ECDH(TVT_GROUP_SECP256R1, tvt_wolf_p256, 32, "P-256");
static const struct ecdh p384 = ECDH(TVT_GROUP_SECP384R1, tvt_wolf_p384, 48, "P-384");
static const struct ecdh p521 = ECDH(TVT_GROUP_SECP521R1, tvt_wolf_p521, 66, "P-521");

/* ---- ML-KEM-768: the state is the decapsulation key ------------------------------------------------------ */
#if TVT_WOLFCRYPT_HAS_MLKEM
enum { MLKEM_START_SEED_LEN = 64 /* d || z */, MLKEM_RESPOND_SEED_LEN = 32 /* m */ };
_Static_assert(WC_ML_KEM_768_PRIVATE_KEY_SIZE <= TVT_KX_STATE_MAX, "ML-KEM-768 state");

static void
free_mlkem(MlKemKey *key)
{
    wc_MlKemKey_Free(key);
    tvt_wipe(key, sizeof *key);
}

static int
start_mlkem_from(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *seed, size_t seed_len)
{
    MlKemKey key;
    int ret;

    (void)kx;
    if (seed_len != MLKEM_START_SEED_LEN)
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    ret = wc_MlKemKey_Init(&key, WC_ML_KEM_768, NULL, INVALID_DEVID);
    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    ret = wc_MlKemKey_MakeKeyWithRandom(&key, seed, MLKEM_START_SEED_LEN);
    if (ret == 0)
        ret = wc_MlKemKey_EncodePublicKey(&key, share, WC_ML_KEM_768_PUBLIC_KEY_SIZE);
    if (ret == 0)
        ret = wc_MlKemKey_EncodePrivateKey(&key, state, WC_ML_KEM_768_PRIVATE_KEY_SIZE);
    free_mlkem(&key);
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
}

static int
start_mlkem(const struct tvt_kx *kx, void *state, uint8_t *share)
{
    uint8_t seed[MLKEM_START_SEED_LEN];
    int result = tvt_wolf_random(seed, sizeof seed);

    if (result == TVT_CRYPTO_OK)
        result = start_mlkem_from(kx, state, share, seed, sizeof seed);
    tvt_wipe(seed, sizeof seed);
    return result;
}

/* A wrong ciphertext is no failure: it gives another secret (FIPS 203 6.3). */
static int
finish_mlkem(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    MlKemKey key;
    int ret = wc_MlKemKey_Init(&key, WC_ML_KEM_768, NULL, INVALID_DEVID);

    (void)kx;
    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    ret = wc_MlKemKey_DecodePrivateKey(&key, state, WC_ML_KEM_768_PRIVATE_KEY_SIZE);
    if (ret == 0)
        ret = wc_MlKemKey_Decapsulate(&key, secret, peer, WC_ML_KEM_768_CIPHER_TEXT_SIZE);
    free_mlkem(&key);
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
}

/* Decoding refuses a key that is not reduced modulo q (FIPS 203 7.2). */
static int
respond_mlkem_from(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *seed,
                   size_t seed_len)
{
    MlKemKey key;
    int ret, result;

    (void)kx;
    if (seed_len != MLKEM_RESPOND_SEED_LEN)
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    ret = wc_MlKemKey_Init(&key, WC_ML_KEM_768, NULL, INVALID_DEVID);
    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    result =
        tvt_wolf_result(TVT_CRYPTO_PEER_KEY, wc_MlKemKey_DecodePublicKey(&key, peer, WC_ML_KEM_768_PUBLIC_KEY_SIZE));
    if (result == TVT_CRYPTO_OK) {
        ret = wc_MlKemKey_EncapsulateWithRandom(&key, share, secret, seed, MLKEM_RESPOND_SEED_LEN);
        result = tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    }
    free_mlkem(&key);
    return result;
}

static int
respond_mlkem(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    uint8_t seed[MLKEM_RESPOND_SEED_LEN];
    int result = tvt_wolf_random(seed, sizeof seed);

    if (result == TVT_CRYPTO_OK)
        result = respond_mlkem_from(kx, peer, share, secret, seed, sizeof seed);
    tvt_wipe(seed, sizeof seed);
    return result;
}

static const struct tvt_kx mlkem768 = {
    .group = TVT_GROUP_MLKEM768,
    .flags = TVT_FLAG_CONSTANT_TIME,
    .state_size = WC_ML_KEM_768_PRIVATE_KEY_SIZE,
    .initiator_len = WC_ML_KEM_768_PUBLIC_KEY_SIZE,
    .responder_len = WC_ML_KEM_768_CIPHER_TEXT_SIZE,
    .secret_len = WC_ML_KEM_SS_SZ,
    .name = "ML-KEM-768",
    .start = start_mlkem,
    .finish = finish_mlkem,
    .respond = respond_mlkem,
    .discard = discard_state,
    .start_from = start_mlkem_from,
    .respond_from = respond_mlkem_from,
};
#endif

/* P-256 costs ten times X25519 with the fresh keys of a handshake. */
const struct tvt_kx *const tvt_wolf_groups[] = {
    &x25519.kx, &p256.kx, &x448.kx, &p384.kx, &p521.kx,
#if TVT_WOLFCRYPT_HAS_MLKEM
    &mlkem768,
#endif
    NULL,
};
