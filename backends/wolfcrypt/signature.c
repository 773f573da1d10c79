/* SPDX-License-Identifier: MIT
 *
 * Verification: RSA PKCS#1 v1.5 and PSS (RFC 8017), ECDSA, Ed25519 and Ed448 (RFC 8032). Every key is rebuilt of its
 * raw bytes for every operation.
 */
#include "backends/wolfcrypt/internal.h"
#include "core/base/memory.h"

#include <string.h>

/* ---- messages -------------------------------------------------------------------------------------------- */

int
tvt_wolf_digest(struct tvt_wolf_digest *out, uint8_t hash, const uint8_t *msg, size_t len)
{
    _Alignas(TVT_ALIGN) uint8_t ctx[TVT_HASH_CTX_MAX];
    const struct tvt_hash *h;
    int result;

    switch (hash) {
    case TVT_HASH_SHA256:
        h = &tvt_wolf_sha256;
        out->type = WC_HASH_TYPE_SHA256;
        out->mgf = WC_MGF1SHA256;
        break;
    case TVT_HASH_SHA384:
        h = &tvt_wolf_sha384;
        out->type = WC_HASH_TYPE_SHA384;
        out->mgf = WC_MGF1SHA384;
        break;
    case TVT_HASH_SHA512:
        h = &tvt_wolf_sha512;
        out->type = WC_HASH_TYPE_SHA512;
        out->mgf = WC_MGF1SHA512;
        break;
    default:
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    }
    out->len = h->out_len;
    result = h->setup(h, ctx);
    if (result != TVT_CRYPTO_OK)
        return result;
    h->update(ctx, msg, len);
    result = h->final(ctx, out->bytes);
    h->teardown(ctx);
    return result;
}

word32
tvt_wolf_digest_info(uint8_t out[TVT_WOLF_DIGEST_INFO_MAX], const struct tvt_wolf_digest *digest)
{
    return wc_EncodeSignature(out, digest->bytes, digest->len, wc_HashGetOID(digest->type));
}

/* The end of every verify(): what wolfCrypt says, and what it thinks of the signature. */
static int
finish_verify(int ret, int good)
{
    if (ret < 0)
        return tvt_wolf_result(TVT_CRYPTO_AUTH, ret);
    return good == 1 ? TVT_CRYPTO_OK : tvt_wolf_result(TVT_CRYPTO_AUTH, SIG_VERIFY_E);
}

/* ---- RSA ------------------------------------------------------------------------------------------------- */

/* RFC 8017 8.2.2: the signature is the padded DigestInfo. */
static int
check_pkcs1(RsaKey *key, uint8_t *signature, word32 len, const struct tvt_wolf_digest *digest)
{
    uint8_t expected[TVT_WOLF_DIGEST_INFO_MAX];
    uint8_t *found;
    word32 expected_len = tvt_wolf_digest_info(expected, digest);
    int ret = wc_RsaSSL_VerifyInline(signature, len, &found, key);

    return finish_verify(ret, ret > 0 && (word32)ret == expected_len && memcmp(found, expected, expected_len) == 0);
}

/* RFC 8017 9.1.2 with a salt as long as the hash, always: with a default length wolfCrypt takes a shorter one for
 * SHA-512 and 1024 bits. */
static int
check_pss(RsaKey *key, uint8_t *signature, word32 len, const struct tvt_wolf_digest *digest)
{
    uint8_t *found;
    int salt_len = (int)digest->len;
    int ret = wc_RsaPSS_VerifyInline_ex(signature, len, &found, digest->type, digest->mgf, salt_len, key);

    if (ret > 0)
        ret = wc_RsaPSS_CheckPadding_ex(digest->bytes, digest->len, found, (word32)ret, digest->type, salt_len,
                                        (int)len * 8);
    return finish_verify(ret, ret == 0);
}

static int
verify_rsa(const struct tvt_signature *sig, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
           size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    struct tvt_span n = key->n, e = key->e;
    uint8_t copy[TVT_WOLF_RSA_MAX]; /* worked on in place */
    struct tvt_wolf_digest digest;
    RsaKey rsa;
    int ret, result;

    if (n.len == 0 || n.len > sizeof copy || (n.data[n.len - 1] & 1) == 0 || e.len == 0 || e.len > n.len)
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    /* RFC 8017 5.2.2: wolfCrypt takes signatures that are not below the modulus. */
    if (signature_len != n.len || memcmp(signature, n.data, n.len) >= 0)
        return tvt_crypto_failure(TVT_CRYPTO_AUTH, 0);
    result = tvt_wolf_digest(&digest, hash, msg, msg_len);
    if (result != TVT_CRYPTO_OK)
        return result;
    ret = wc_InitRsaKey(&rsa, NULL);
    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    memcpy(copy, signature, n.len);
    result =
        tvt_wolf_result(TVT_CRYPTO_KEY, wc_RsaPublicKeyDecodeRaw(n.data, (word32)n.len, e.data, (word32)e.len, &rsa));
    if (result == TVT_CRYPTO_OK)
        result = sig->family == TVT_SIG_RSA_PSS ? check_pss(&rsa, copy, (word32)n.len, &digest)
                                                : check_pkcs1(&rsa, copy, (word32)n.len, &digest);
    wc_FreeRsaKey(&rsa);
    return result;
}

/* ---- ECDSA ----------------------------------------------------------------------------------------------- */

/* True if the signature is DER as there is only one: wolfCrypt also takes other lengths, signs and trailing bytes, so
 * the numbers are read and written again. */
static bool
is_strict_der(const struct tvt_wolf_curve *curve, const uint8_t *signature, size_t len)
{
    uint8_t r[MAX_ECC_BYTES + 1], s[MAX_ECC_BYTES + 1], again[ECC_MAX_SIG_SIZE];
    word32 r_len = sizeof r, s_len = sizeof s, again_len = sizeof again;

    if (len > 9 + 2 * ((size_t)curve->len + 1)) /* longer than any signature of this curve */
        return false;
    if (wc_ecc_sig_to_rs(signature, (word32)len, r, &r_len, s, &s_len) != 0)
        return false;
    if (wc_ecc_rs_raw_to_sig(r, r_len, s, s_len, again, &again_len) != 0)
        return false;
    return again_len == len && memcmp(again, signature, len) == 0;
}

static int
verify_ecdsa(const struct tvt_signature *sig, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
             size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    const struct tvt_wolf_curve *curve = tvt_wolf_curve_of(sig->key_type);
    struct tvt_wolf_digest digest;
    struct tvt_wolf_ec_key pub;
    int ret, result, good = 0;

    result = tvt_wolf_digest(&digest, hash, msg, msg_len);
    if (result != TVT_CRYPTO_OK)
        return result;
    result = tvt_wolf_ec_public(&pub, curve, key->key, TVT_CRYPTO_KEY);
    if (result == TVT_CRYPTO_OK && !is_strict_der(curve, signature, signature_len))
        result = tvt_wolf_result(TVT_CRYPTO_AUTH, ASN_PARSE_E);
    if (result == TVT_CRYPTO_OK) {
        ret = wc_ecc_verify_hash(signature, (word32)signature_len, digest.bytes, digest.len, &good, &pub.key);
        result = finish_verify(ret, good);
    }
    tvt_wolf_ec_free(&pub);
    return result;
}

/* ---- EdDSA ----------------------------------------------------------------------------------------------- */

/* RFC 8032 5.1.7: S is below the order of the group. Version 5.5 lets some through that are just above. */
static bool
is_below_ed25519_order(const uint8_t *s)
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10}; /* little-endian */
    int i = 31;

    while (i > 0 && s[i] == order[i])
        i--;
    return s[i] < order[i];
}

static int
verify_ed25519(const struct tvt_signature *sig, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
               size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    ed25519_key ed;
    int ret, result, good = 0;

    (void)sig;
    (void)hash;
    if (signature_len != ED25519_SIG_SIZE || !is_below_ed25519_order(signature + 32))
        return tvt_crypto_failure(TVT_CRYPTO_AUTH, 0);
    if (msg_len > INT32_MAX)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, BUFFER_E);
    if (key->key.len != ED25519_PUB_KEY_SIZE)
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    if (msg_len == 0) /* wolfCrypt wants a pointer even to nothing */
        msg = signature;
    ret = wc_ed25519_init(&ed);
    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    result = tvt_wolf_result(TVT_CRYPTO_KEY, wc_ed25519_import_public(key->key.data, ED25519_PUB_KEY_SIZE, &ed));
    if (result == TVT_CRYPTO_OK) {
        ret = wc_ed25519_verify_msg(signature, ED25519_SIG_SIZE, msg, (word32)msg_len, &good, &ed);
        result = finish_verify(ret, good);
    }
    wc_ed25519_free(&ed);
    return result;
}

static int
verify_ed448(const struct tvt_signature *sig, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
             size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    ed448_key ed;
    int ret, result, good = 0;

    (void)sig;
    (void)hash;
    if (signature_len != ED448_SIG_SIZE)
        return tvt_crypto_failure(TVT_CRYPTO_AUTH, 0);
    if (msg_len > INT32_MAX)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, BUFFER_E);
    if (key->key.len != ED448_PUB_KEY_SIZE)
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    if (msg_len == 0) /* wolfCrypt wants a pointer even to nothing */
        msg = signature;
    ret = wc_ed448_init(&ed);
    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    result = tvt_wolf_result(TVT_CRYPTO_KEY, wc_ed448_import_public(key->key.data, ED448_PUB_KEY_SIZE, &ed));
    if (result == TVT_CRYPTO_OK) {
        ret = wc_ed448_verify_msg(signature, ED448_SIG_SIZE, msg, (word32)msg_len, &good, &ed, NULL, 0);
        result = finish_verify(ret, good);
    }
    wc_ed448_free(&ed);
    return result;
}

/* ---- the list -------------------------------------------------------------------------------------------- */
#define SHA2_MASK (TVT_HASH_BIT(TVT_HASH_SHA256) | TVT_HASH_BIT(TVT_HASH_SHA384) | TVT_HASH_BIT(TVT_HASH_SHA512))

/* The flags speak of signing; nothing in verifying is secret. */
#define SIGNATURE(sig_family, type, mask, sig_flags, text, function)                                                   \
    {                                                                                                                  \
        .family = sig_family, .key_type = type, .hash_mask = mask, .can_verify = true, .can_sign = true,               \
        .flags = sig_flags, .name = text, .verify = function,                                                          \
    }

static const struct tvt_signature ed25519 = SIGNATURE(TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_BIT(TVT_HASH_NONE),
                                                      TVT_FLAG_CONSTANT_TIME, "Ed25519", verify_ed25519);
static const struct tvt_signature ed448 =
    SIGNATURE(TVT_SIG_EDDSA, TVT_KEY_ED448, TVT_HASH_BIT(TVT_HASH_NONE), TVT_FLAG_CONSTANT_TIME, "Ed448", verify_ed448);
static const struct tvt_signature ecdsa_p256 =
    SIGNATURE(TVT_SIG_ECDSA, TVT_KEY_P256, SHA2_MASK, 0, "ECDSA P-256", verify_ecdsa);
static const struct tvt_signature ecdsa_p384 =
    SIGNATURE(TVT_SIG_ECDSA, TVT_KEY_P384, SHA2_MASK, 0, "ECDSA P-384", verify_ecdsa);
static const struct tvt_signature ecdsa_p521 =
    SIGNATURE(TVT_SIG_ECDSA, TVT_KEY_P521, SHA2_MASK, 0, "ECDSA P-521", verify_ecdsa);
static const struct tvt_signature rsa_pss =
    SIGNATURE(TVT_SIG_RSA_PSS, TVT_KEY_RSA, SHA2_MASK, 0, "RSA-PSS", verify_rsa);
static const struct tvt_signature rsa_pss_pss =
    SIGNATURE(TVT_SIG_RSA_PSS, TVT_KEY_RSA_PSS, SHA2_MASK, 0, "RSA-PSS (id-RSASSA-PSS)", verify_rsa);
static const struct tvt_signature rsa_pkcs1 =
    SIGNATURE(TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, SHA2_MASK, 0, "RSA PKCS#1 v1.5", verify_rsa);

const struct tvt_signature *const tvt_wolf_signatures[] = {
    &ed25519, &ecdsa_p256, &ecdsa_p384, &ecdsa_p521, &ed448, &rsa_pss, &rsa_pss_pss, &rsa_pkcs1, NULL,
};
