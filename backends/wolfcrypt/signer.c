/* SPDX-License-Identifier: MIT
 *
 * Private keys. A signer keeps the raw bytes and rebuilds wolfCrypt's object for every signature, because objects
 * shared by threads fail now and then.
 */
#include "backends/wolfcrypt/internal.h"
#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct wolf_signer {
    struct tvt_signer base;
    size_t size;            /* of the whole block, bytes                                     */
    struct tvt_span secret; /* RSAPrivateKey DER, EC scalar or EdDSA seed; inside this block */
    uint8_t bytes[];        /* secret, then the public parts                                 */
};

typedef int sign_function(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
                          uint8_t *signature, size_t *signature_len, void **op);

static void
free_signer(struct tvt_signer *signer)
{
    struct wolf_signer *s = (struct wolf_signer *)signer;

    tvt_wipe(s, s->size);
    free(s);
}

/* Makes a signer with copies of the two; *public_bytes points at the second. NULL without memory. */
static struct wolf_signer *
new_signer(uint8_t key_type, size_t signature_max, struct tvt_span secret, size_t public_len, sign_function *sign)
{
    size_t size = sizeof(struct wolf_signer) + secret.len + public_len;
    struct wolf_signer *s = calloc(1, size);

    if (s == NULL)
        return NULL;
    memcpy(s->bytes, secret.data, secret.len);
    s->size = size;
    s->secret = (struct tvt_span){s->bytes, secret.len};
    s->base.key_type = key_type;
    s->base.signature_max = (uint16_t)signature_max;
    s->base.pub.type = key_type;
    s->base.sign = sign;
    s->base.free = free_signer;
    return s;
}

static struct tvt_span
keep_public(struct wolf_signer *s, size_t *used, const uint8_t *data, size_t len)
{
    uint8_t *at = s->bytes + s->secret.len + *used;

    memcpy(at, data, len);
    *used += len;
    return (struct tvt_span){at, len};
}

static bool
differs(struct tvt_span given, const uint8_t *made, size_t len)
{
    tvt_public(made, len); /* from the private key */
    return given.len != 0 && (given.len != len || memcmp(given.data, made, len) != 0);
}

/* ---- RSA ------------------------------------------------------------------------------------------------- */

/* Reads an RSAPrivateKey that has nothing after it. */
static int
read_rsa(RsaKey *rsa, struct tvt_span der)
{
    word32 at = 0;
    int ret = wc_RsaPrivateKeyDecode(der.data, &at, rsa, (word32)der.len);

    return ret == 0 && at != der.len ? ASN_PARSE_E : ret;
}

static int
sign_with_rsa(RsaKey *rsa, uint8_t family, const struct tvt_wolf_digest *digest, uint8_t *signature, word32 room)
{
    uint8_t info[TVT_WOLF_DIGEST_INFO_MAX];
    WC_RNG rng;
    int ret;

    tvt_wolf_rng(&rng);
    ret = wc_RsaSetRNG(rsa, &rng); /* for blinding */
    if (ret != 0)
        return ret;
    if (family == TVT_SIG_RSA_PSS)
        return wc_RsaPSS_Sign_ex(digest->bytes, digest->len, signature, room, digest->type, digest->mgf,
                                 (int)digest->len, rsa, &rng);
    return wc_RsaSSL_Sign(info, tvt_wolf_digest_info(info, digest), signature, room, rsa, &rng);
}

static int
sign_rsa(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
         uint8_t *signature, size_t *signature_len, void **op)
{
    struct wolf_signer *s = (struct wolf_signer *)signer;
    struct tvt_wolf_digest digest;
    RsaKey rsa;
    int ret, result;

    (void)op;
    if (family != TVT_SIG_RSA_PSS && (family != TVT_SIG_RSA_PKCS1 || signer->key_type != TVT_KEY_RSA))
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    if (*signature_len < signer->signature_max)
        return tvt_crypto_failure(TVT_CRYPTO_NO_ROOM, 0);
    result = tvt_wolf_digest(&digest, hash, msg, msg_len);
    if (result != TVT_CRYPTO_OK)
        return result;
    ret = wc_InitRsaKey(&rsa, NULL);
    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    ret = read_rsa(&rsa, s->secret);
    if (ret == 0)
        ret = sign_with_rsa(&rsa, family, &digest, signature, signer->signature_max);
    wc_FreeRsaKey(&rsa);
    tvt_wipe(&rsa, sizeof rsa);
    if (ret > 0)
        *signature_len = (size_t)ret;
    tvt_public(signature, signer->signature_max);
    return tvt_wolf_result(TVT_CRYPTO_KEY, ret);
}

/* wolfCrypt exports no check of a whole key; a signature that verifies is one. */
static int
try_rsa(struct tvt_signer *signer)
{
    static const uint8_t msg[1] = {0};
    const struct tvt_signature *const *sig = tvt_wolf_signatures;
    uint8_t signature[TVT_WOLF_RSA_MAX];
    size_t len = sizeof signature;
    int result = signer->sign(signer, TVT_SIG_RSA_PSS, TVT_HASH_SHA256, msg, sizeof msg, signature, &len, NULL);

    if (result != TVT_CRYPTO_OK)
        return result;
    while ((*sig)->family != TVT_SIG_RSA_PSS)
        sig++;
    result = (*sig)->verify(*sig, TVT_HASH_SHA256, &signer->pub, msg, sizeof msg, signature, len);
    return tvt_crypto_kind(result) == TVT_CRYPTO_AUTH ? tvt_crypto_failure(TVT_CRYPTO_KEY, 0) : result;
}

static int
make_rsa(const struct tvt_private_key *key, RsaKey *rsa, struct tvt_signer **out)
{
    uint8_t n[TVT_WOLF_RSA_MAX], e[TVT_WOLF_RSA_MAX], der[2 * TVT_WOLF_RSA_MAX + 32];
    word32 n_len = sizeof n, e_len = sizeof e;
    struct wolf_signer *s;
    size_t used = 0;
    int der_len, result, ret = wc_RsaFlattenPublicKey(rsa, e, &e_len, n, &n_len);

    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_KEY, ret);
    der_len = wc_RsaKeyToPublicDer_ex(rsa, der, sizeof der, 0);
    if (der_len <= 0)
        return tvt_wolf_result(TVT_CRYPTO_KEY, der_len);
    if (n_len == 0 || differs(key->pub.n, n, n_len) || differs(key->pub.e, e, e_len) ||
        differs(key->pub.key, der, (size_t)der_len))
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    s = new_signer(key->pub.type, n_len, key->rsa, n_len + e_len + (size_t)der_len, sign_rsa);
    if (s == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    s->base.pub.key = keep_public(s, &used, der, (size_t)der_len);
    s->base.pub.n = keep_public(s, &used, n, n_len);
    s->base.pub.e = keep_public(s, &used, e, e_len);
    s->base.pub.bits = (uint16_t)mp_count_bits(&rsa->n);
    result = try_rsa(&s->base);
    if (result != TVT_CRYPTO_OK) {
        free_signer(&s->base);
        return result;
    }
    *out = &s->base;
    return TVT_CRYPTO_OK;
}

static int
load_rsa(const struct tvt_private_key *key, struct tvt_signer **out)
{
    RsaKey rsa;
    int ret, result;

    if (key->rsa.len == 0 || key->rsa.len > INT32_MAX)
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    ret = wc_InitRsaKey(&rsa, NULL);
    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    result = tvt_wolf_result(TVT_CRYPTO_KEY, read_rsa(&rsa, key->rsa));
    if (result == TVT_CRYPTO_OK)
        result = make_rsa(key, &rsa, out);
    wc_FreeRsaKey(&rsa);
    tvt_wipe(&rsa, sizeof rsa);
    return result;
}

/* ---- ECDSA ----------------------------------------------------------------------------------------------- */

static int
sign_ecdsa(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
           uint8_t *signature, size_t *signature_len, void **op)
{
    struct wolf_signer *s = (struct wolf_signer *)signer;
    const struct tvt_wolf_curve *curve = tvt_wolf_curve_of(signer->key_type);
    struct tvt_wolf_digest digest;
    struct tvt_wolf_ec_key pair;
    word32 len = signer->signature_max;
    int ret, result;

    (void)op;
    if (family != TVT_SIG_ECDSA)
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    if (*signature_len < signer->signature_max)
        return tvt_crypto_failure(TVT_CRYPTO_NO_ROOM, 0);
    result = tvt_wolf_digest(&digest, hash, msg, msg_len);
    if (result != TVT_CRYPTO_OK)
        return result;
    result = tvt_wolf_ec_private(&pair, curve, s->secret.data);
    if (result == TVT_CRYPTO_OK) {
        ret = wc_ecc_sign_hash(digest.bytes, digest.len, signature, &len, &pair.rng, &pair.key);
        result = tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    }
    tvt_wolf_ec_free(&pair);
    *signature_len = len;
    return result;
}

static int
load_ec(const struct tvt_private_key *key, const struct tvt_wolf_curve *curve, struct tvt_signer **out)
{
    uint8_t point[TVT_WOLF_POINT_MAX];
    size_t point_len = TVT_WOLF_POINT_LEN((size_t)curve->len), used = 0;
    struct tvt_wolf_ec_key pair;
    struct wolf_signer *s;
    int result;

    if (key->scalar.len != curve->len)
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    result = tvt_wolf_ec_pair(&pair, curve, key->scalar.data);
    if (result == TVT_CRYPTO_OK)
        result = tvt_wolf_ec_point(&pair, curve, point);
    tvt_wolf_ec_free(&pair);
    if (result != TVT_CRYPTO_OK)
        return result;
    if (differs(key->pub.key, point, point_len))
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    s = new_signer(key->pub.type, (size_t)wc_ecc_sig_size_calc(curve->len), key->scalar, point_len, sign_ecdsa);
    if (s == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    s->base.pub.key = keep_public(s, &used, point, point_len);
    s->base.pub.bits = (uint16_t)(curve->len == 66 ? 521 : 8 * curve->len);
    *out = &s->base;
    return TVT_CRYPTO_OK;
}

/* ---- EdDSA ----------------------------------------------------------------------------------------------- */

/* wolfCrypt has the same functions for the two curves; only Ed448's take a context. */
#define DEFINE_EDDSA(ed, ED, ...)                                                                                      \
    static int sign_##ed(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,  \
                         uint8_t *signature, size_t *signature_len, void **op)                                         \
    {                                                                                                                  \
        struct wolf_signer *s = (struct wolf_signer *)signer;                                                          \
        word32 len = ED##_SIG_SIZE;                                                                                    \
        ed##_key key;                                                                                                  \
        int ret;                                                                                                       \
                                                                                                                       \
        (void)op;                                                                                                      \
        if (family != TVT_SIG_EDDSA || hash != TVT_HASH_NONE)                                                          \
            return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);                                                      \
        if (*signature_len < ED##_SIG_SIZE)                                                                            \
            return tvt_crypto_failure(TVT_CRYPTO_NO_ROOM, 0);                                                          \
        if (msg_len > INT32_MAX)                                                                                       \
            return tvt_wolf_result(TVT_CRYPTO_BACKEND, BUFFER_E);                                                      \
        if (msg_len == 0)                                                                                              \
            msg = signature; /* wolfCrypt wants a pointer even to nothing */                                           \
        ret = wc_##ed##_init(&key);                                                                                    \
        if (ret != 0)                                                                                                  \
            return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);                                                           \
        ret = wc_##ed##_import_private_key_ex(s->secret.data, ED##_KEY_SIZE, signer->pub.key.data, ED##_PUB_KEY_SIZE,  \
                                              &key, 1 /* trusted: derived by load */);                                 \
        if (ret == 0)                                                                                                  \
            ret = wc_##ed##_sign_msg(msg, (word32)msg_len, signature, &len, &key __VA_ARGS__);                         \
        wc_##ed##_free(&key);                                                                                          \
        tvt_wipe(&key, sizeof key);                                                                                    \
        *signature_len = len;                                                                                          \
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);                                                               \
    }                                                                                                                  \
                                                                                                                       \
    static int load_##ed(const struct tvt_private_key *key, struct tvt_signer **out)                                   \
    {                                                                                                                  \
        uint8_t pub[ED##_PUB_KEY_SIZE];                                                                                \
        struct wolf_signer *s;                                                                                         \
        size_t used = 0;                                                                                               \
        ed##_key made;                                                                                                 \
        int ret;                                                                                                       \
                                                                                                                       \
        if (key->scalar.len != ED##_KEY_SIZE)                                                                          \
            return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);                                                              \
        ret = wc_##ed##_init(&made);                                                                                   \
        if (ret != 0)                                                                                                  \
            return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);                                                           \
        ret = wc_##ed##_import_private_only(key->scalar.data, ED##_KEY_SIZE, &made);                                   \
        if (ret == 0)                                                                                                  \
            ret = wc_##ed##_make_public(&made, pub, sizeof pub);                                                       \
        wc_##ed##_free(&made);                                                                                         \
        tvt_wipe(&made, sizeof made);                                                                                  \
        if (ret != 0 || differs(key->pub.key, pub, sizeof pub))                                                        \
            return tvt_crypto_failure(TVT_CRYPTO_KEY, ret < 0 ? (uint32_t)-ret : 0);                                   \
        s = new_signer(key->pub.type, ED##_SIG_SIZE, key->scalar, sizeof pub, sign_##ed);                              \
        if (s == NULL)                                                                                                 \
            return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);                                                        \
        s->base.pub.key = keep_public(s, &used, pub, sizeof pub);                                                      \
        s->base.pub.bits = ED##_FIELD_BITS;                                                                            \
        *out = &s->base;                                                                                               \
        return TVT_CRYPTO_OK;                                                                                          \
    }

#define NO_CONTEXT         , NULL, 0
#define ED25519_FIELD_BITS 256
#define ED448_FIELD_BITS   448
DEFINE_EDDSA(ed25519, ED25519, )
DEFINE_EDDSA(ed448, ED448, NO_CONTEXT)

int
tvt_wolf_load_key(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out)
{
    const struct tvt_wolf_curve *curve = tvt_wolf_curve_of(key->pub.type);

    (void)provider;
    if (curve != NULL)
        return load_ec(key, curve, out);
    switch (key->pub.type) {
    case TVT_KEY_RSA:
    case TVT_KEY_RSA_PSS:
        return load_rsa(key, out);
    case TVT_KEY_ED25519:
        return load_ed25519(key, out);
    case TVT_KEY_ED448:
        return load_ed448(key, out);
    default:
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    }
}
