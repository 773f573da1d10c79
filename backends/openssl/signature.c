/* SPDX-License-Identifier: MIT
 *
 * Verification of signatures with the keys of others. A key is made for each call: it is used once.
 */
#include "backends/openssl/internal.h"

#include <openssl/bn.h>
#include <openssl/rsa.h>

#define RSA_BYTES_MAX ((size_t)OPENSSL_RSA_MAX_MODULUS_BITS / 8u)
/* Above the one a modulus takes no exponent above the other; headers without deprecated functions do not tell. */
#define SMALL_MODULUS_BITS 3072u
#define MAX_EXPONENT_BITS  64u

void
tvt_openssl_rsa_params(OSSL_PARAM out[4], uint8_t family, const EVP_MD *md)
{
    OSSL_PARAM *p = out;

    *p++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, (char *)EVP_MD_get0_name(md), 0);
    if (family == TVT_SIG_RSA_PSS) {
        *p++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_PSS, 0);
        *p++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST, 0);
    } else {
        *p++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_PKCSV15, 0);
    }
    *p = OSSL_PARAM_construct_end();
}

/* OSSL_PARAM wants numbers in the byte order of the machine. */
static bool
to_native(uint8_t out[RSA_BYTES_MAX], struct tvt_span in)
{
    BIGNUM *number;
    bool ok;

    if (in.len == 0 || in.len > RSA_BYTES_MAX)
        return false;
    number = BN_bin2bn(in.data, (int)in.len, NULL);
    ok = number != NULL && BN_bn2nativepad(number, out, (int)in.len) > 0;
    BN_free(number);
    return ok;
}

static EVP_PKEY *
rsa_key(const struct tvt_public_key *key)
{
    uint8_t n[RSA_BYTES_MAX], e[RSA_BYTES_MAX];
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx;

    /* libcrypto finds an exponent too long only when it verifies, as if the signature were bad. */
    if (key->n.len > SMALL_MODULUS_BITS / 8 && key->e.len > MAX_EXPONENT_BITS / 8)
        return NULL;
    if (!to_native(n, key->n) || !to_native(e, key->e))
        return NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY,
                          (OSSL_PARAM[]){OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, key->n.len),
                                         OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, key->e.len),
                                         OSSL_PARAM_construct_end()}) <= 0)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

const char *
tvt_openssl_key_name(uint8_t key_type)
{
    switch (key_type) {
    case TVT_KEY_ED25519:
        return "ED25519";
    case TVT_KEY_ED448:
        return "ED448";
    case TVT_KEY_MLDSA44:
        return "ML-DSA-44";
    case TVT_KEY_MLDSA65:
        return "ML-DSA-65";
    case TVT_KEY_MLDSA87:
        return "ML-DSA-87";
    default:
        return NULL;
    }
}

static EVP_PKEY *
public_key(const struct tvt_openssl_signature *sig, const struct tvt_public_key *key)
{
    const char *name = tvt_openssl_key_name(sig->base.key_type);

    if (name == NULL) /* parameters of an RSA-PSS key are policy, which the core keeps: a plain RSA key here */
        return rsa_key(key);
    return EVP_PKEY_new_raw_public_key_ex(NULL, name, NULL, key->key.data, key->key.len);
}

/* A context for EdDSA serves once. It and ML-DSA want the whole message; the context string of ML-DSA is empty unless
 * one is set (FIPS 204 5.2), as TLS and X.509 want it. */
static bool
verify_message(EVP_PKEY *key, struct tvt_span msg, struct tvt_span signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key, NULL) > 0 &&
              EVP_DigestVerify(ctx, signature.data, signature.len, msg.data, msg.len) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

/* verify_init() takes the point that the key has now. */
static enum tvt_crypto_kind
verify_ecdsa(const struct tvt_openssl_curve *curve, const EVP_MD *md, struct tvt_span point, struct tvt_span msg,
             struct tvt_span signature)
{
    struct tvt_openssl_worker *w = NULL;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len;
    bool ok;

    if (point.len == 1 + 2 * (size_t)curve->field_len)
        w = tvt_openssl_take_worker(curve->workers, curve->domain);
    if (w == NULL || EVP_PKEY_set1_encoded_public_key(w->key, point.data, point.len) <= 0) {
        tvt_openssl_give_worker(curve->workers, w, false);
        return TVT_CRYPTO_KEY;
    }
    ok = EVP_Digest(msg.data, msg.len, digest, &len, md, NULL) > 0 && EVP_PKEY_verify_init(w->ctx) > 0 &&
         EVP_PKEY_verify(w->ctx, signature.data, signature.len, digest, len) == 1;
    tvt_openssl_give_worker(curve->workers, w, ok);
    return ok ? TVT_CRYPTO_NONE : TVT_CRYPTO_AUTH;
}

static bool
verify_digest(EVP_PKEY *key, uint8_t family, const EVP_MD *md, struct tvt_span msg, struct tvt_span signature)
{
    EVP_PKEY_CTX *ctx = NULL;
    OSSL_PARAM params[4];
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len;
    bool ok;

    tvt_openssl_rsa_params(params, family, md);
    ok = EVP_Digest(msg.data, msg.len, digest, &len, md, NULL) > 0 &&
         (ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL)) != NULL && EVP_PKEY_verify_init_ex(ctx, params) > 0 &&
         EVP_PKEY_verify(ctx, signature.data, signature.len, digest, len) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static int
verify(const struct tvt_signature *sig, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
       size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    const struct tvt_openssl_signature *self = (const struct tvt_openssl_signature *)sig;
    const struct tvt_span message = {msg, msg_len}, given = {signature, signature_len};
    const EVP_MD *md = NULL;
    EVP_PKEY *pkey;
    bool ok;

    if (hash > TVT_HASH_SHA512 || (sig->hash_mask & TVT_HASH_BIT(hash)) == 0)
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    if (hash != TVT_HASH_NONE)
        md = tvt_openssl_md(self->hashes, hash);
    ERR_set_mark();
    if (sig->family == TVT_SIG_ECDSA)
        return tvt_openssl_end(md != NULL ? verify_ecdsa(self->curve, md, key->key, message, given)
                                          : TVT_CRYPTO_BACKEND);
    pkey = public_key(self, key);
    if (pkey == NULL)
        return tvt_openssl_end(TVT_CRYPTO_KEY);
    ok = md != NULL ? verify_digest(pkey, sig->family, md, message, given) : verify_message(pkey, message, given);
    EVP_PKEY_free(pkey);
    return tvt_openssl_end(ok ? TVT_CRYPTO_NONE : TVT_CRYPTO_AUTH);
}

/* Best first: the price of a handshake as client and server. */
static const struct {
    uint8_t family, key_type;
    uint16_t flags; /* of signing */
    const char *name, *fetch;
} kinds[TVT_OPENSSL_NUM_SIGNATURES] = {
    {TVT_SIG_ECDSA, TVT_KEY_P256, TVT_FLAG_CONSTANT_TIME, "ECDSA P-256", "ECDSA"},
    {TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_FLAG_CONSTANT_TIME, "Ed25519", "ED25519"},
    {TVT_SIG_RSA_PSS, TVT_KEY_RSA, 0, "RSA-PSS", "RSA"},
    {TVT_SIG_RSA_PSS, TVT_KEY_RSA_PSS, 0, "RSA-PSS (rsassaPss key)", "RSA"},
    {TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, 0, "RSA PKCS#1 v1.5", "RSA"},
    {TVT_SIG_ECDSA, TVT_KEY_P384, 0, "ECDSA P-384", "ECDSA"},
    {TVT_SIG_ECDSA, TVT_KEY_P521, 0, "ECDSA P-521", "ECDSA"},
    {TVT_SIG_EDDSA, TVT_KEY_ED448, TVT_FLAG_CONSTANT_TIME, "Ed448", "ED448"},
    {TVT_SIG_MLDSA, TVT_KEY_MLDSA44, TVT_FLAG_CONSTANT_TIME, "ML-DSA-44", "ML-DSA-44"}, /* from 3.5 on */
    {TVT_SIG_MLDSA, TVT_KEY_MLDSA65, TVT_FLAG_CONSTANT_TIME, "ML-DSA-65", "ML-DSA-65"},
    {TVT_SIG_MLDSA, TVT_KEY_MLDSA87, TVT_FLAG_CONSTANT_TIME, "ML-DSA-87", "ML-DSA-87"},
};

static bool
is_there(const char *name)
{
    EVP_SIGNATURE *signature = EVP_SIGNATURE_fetch(NULL, name, NULL);
    const bool found = signature != NULL;

    EVP_SIGNATURE_free(signature);
    return found;
}

void
tvt_openssl_list_signatures(struct tvt_openssl *provider, uint16_t flags)
{
    uint8_t hash_mask = 0;
    size_t n = 0;

    for (size_t i = 0; provider->hashes[i] != NULL; i++)
        hash_mask = (uint8_t)(hash_mask | TVT_HASH_BIT(provider->hashes[i]->id));
    for (size_t i = 0; i < TVT_OPENSSL_NUM_SIGNATURES; i++) {
        struct tvt_openssl_signature *sig = &provider->signature[n];

        sig->curve = tvt_openssl_curve_of(provider, kinds[i].key_type);
        sig->hashes = provider->hash;
        if ((kinds[i].family == TVT_SIG_ECDSA && sig->curve == NULL) || !is_there(kinds[i].fetch))
            continue;
        sig->base = (struct tvt_signature){
            .family = kinds[i].family,
            .key_type = kinds[i].key_type,
            .hash_mask = tvt_openssl_key_name(kinds[i].key_type) != NULL ? TVT_HASH_BIT(TVT_HASH_NONE) : hash_mask,
            .can_verify = true,
            .can_sign = true,
            .flags = flags | kinds[i].flags,
            .name = kinds[i].name,
            .verify = verify,
        };
        provider->signatures[n++] = &sig->base;
    }
}
