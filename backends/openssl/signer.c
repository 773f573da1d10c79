/* SPDX-License-Identifier: MIT
 *
 * Private keys: loading, the public half, and signing. A signer is read only once it is made, so that any number
 * of threads sign with it at once, each call with a context of its own.
 */
#include "backends/openssl/internal.h"
#include "core/base/memory.h"

#include <openssl/bn.h>
#include <openssl/x509.h>

#include <string.h>

#define POINT_MAX  133u /* P-521, uncompressed */
#define MLDSA_SEED "seed"

struct openssl_signer {
    struct tvt_signer base;
    const struct tvt_openssl_hash *hashes; /* of the provider */
    EVP_PKEY *key;
    EVP_PKEY_CTX *ready;          /* ECDSA: set up to sign; each call takes a copy, which costs less than setting up */
    uint8_t point[POINT_MAX];     /* public key of EC and EdDSA                     */
    uint8_t *rsa, *rsa_n, *rsa_e; /* public key and its parts, from OPENSSL_malloc */
    uint8_t *mldsa;               /* public key, from OPENSSL_malloc                */
};

static bool
is_rsa(uint8_t key_type)
{
    return key_type == TVT_KEY_RSA || key_type == TVT_KEY_RSA_PSS;
}

static bool
is_eddsa(uint8_t key_type)
{
    return key_type == TVT_KEY_ED25519 || key_type == TVT_KEY_ED448;
}

static bool
is_mldsa(uint8_t key_type)
{
    return key_type == TVT_KEY_MLDSA44 || key_type == TVT_KEY_MLDSA65 || key_type == TVT_KEY_MLDSA87;
}

/* It signs messages whole, not their hashes. */
static bool
is_pure(uint8_t key_type)
{
    return is_eddsa(key_type) || is_mldsa(key_type);
}

static bool
serves(uint8_t key_type, uint8_t family)
{
    switch (family) {
    case TVT_SIG_RSA_PKCS1:
        return key_type == TVT_KEY_RSA;
    case TVT_SIG_RSA_PSS:
        return is_rsa(key_type);
    case TVT_SIG_ECDSA:
        return key_type == TVT_KEY_P256 || key_type == TVT_KEY_P384 || key_type == TVT_KEY_P521;
    case TVT_SIG_EDDSA:
        return is_eddsa(key_type);
    case TVT_SIG_MLDSA:
        return is_mldsa(key_type);
    default:
        return false;
    }
}

static bool
sign_message(EVP_PKEY *key, struct tvt_span msg, uint8_t *signature, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key, NULL) > 0 &&
              EVP_DigestSign(ctx, signature, len, msg.data, msg.len) > 0;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static EVP_PKEY_CTX *
new_context(const struct openssl_signer *self, uint8_t family, const EVP_MD *md)
{
    EVP_PKEY_CTX *ctx;
    OSSL_PARAM params[4];

    if (self->ready != NULL)
        return EVP_PKEY_CTX_dup(self->ready);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, self->key, NULL);
    if (family != TVT_SIG_ECDSA)
        tvt_openssl_rsa_params(params, family, md);
    if (ctx != NULL && EVP_PKEY_sign_init_ex(ctx, family == TVT_SIG_ECDSA ? NULL : params) <= 0) {
        EVP_PKEY_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

static bool
sign_digest(const struct openssl_signer *self, uint8_t family, const EVP_MD *md, struct tvt_span msg,
            uint8_t *signature, size_t *len)
{
    EVP_PKEY_CTX *ctx = NULL;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len;
    bool ok = EVP_Digest(msg.data, msg.len, digest, &digest_len, md, NULL) > 0 &&
              (ctx = new_context(self, family, md)) != NULL &&
              EVP_PKEY_sign(ctx, signature, len, digest, digest_len) > 0;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static int
sign(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len, uint8_t *signature,
     size_t *signature_len, void **op)
{
    struct openssl_signer *self = (struct openssl_signer *)signer;
    const struct tvt_span message = {msg, msg_len};
    const EVP_MD *md = NULL;
    bool ok;

    (void)op;
    if (!serves(signer->key_type, family) || is_pure(signer->key_type) != (hash == TVT_HASH_NONE))
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    if (hash != TVT_HASH_NONE && (md = tvt_openssl_md(self->hashes, hash)) == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    if (*signature_len < signer->signature_max)
        return tvt_crypto_failure(TVT_CRYPTO_NO_ROOM, 0);
    ERR_set_mark();
    ok = md != NULL ? sign_digest(self, family, md, message, signature, signature_len)
                    : sign_message(self->key, message, signature, signature_len);
    tvt_public(&ok, sizeof ok);
    tvt_public(signature_len, sizeof *signature_len);
    tvt_public(signature, signer->signature_max);
    return tvt_openssl_end(ok ? TVT_CRYPTO_NONE : TVT_CRYPTO_KEY);
}

static void
free_signer(struct tvt_signer *signer)
{
    struct openssl_signer *self = (struct openssl_signer *)signer;

    if (self == NULL)
        return;
    EVP_PKEY_CTX_free(self->ready);
    EVP_PKEY_free(self->key); /* wipes */
    OPENSSL_free(self->rsa);
    OPENSSL_free(self->rsa_n);
    OPENSSL_free(self->rsa_e);
    OPENSSL_free(self->mldsa);
    OPENSSL_free(self);
}

/* From the seed, the expanded key, or both; libcrypto compares the two then. Parameters by name, so that headers older
 * than ML-DSA will do. */
static EVP_PKEY *
mldsa_key(const struct tvt_private_key *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, tvt_openssl_key_name(key->pub.type), NULL);
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM params[3], *p = params;

    if (key->scalar.len != 0)
        *p++ = OSSL_PARAM_construct_octet_string(MLDSA_SEED, (void *)key->scalar.data, key->scalar.len);
    if (key->expanded.len != 0)
        *p++ =
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, (void *)key->expanded.data, key->expanded.len);
    *p = OSSL_PARAM_construct_end();
    if (ctx == NULL || p == params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) <= 0)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static EVP_PKEY *
private_key(const struct tvt_openssl *provider, const struct tvt_private_key *key)
{
    const uint8_t *der = key->rsa.data;

    switch (key->pub.type) {
    case TVT_KEY_RSA:
    case TVT_KEY_RSA_PSS:
        return d2i_PrivateKey_ex(EVP_PKEY_RSA, NULL, &der, (long)key->rsa.len, NULL, NULL);
    case TVT_KEY_ED25519:
    case TVT_KEY_ED448:
        return EVP_PKEY_new_raw_private_key_ex(NULL, tvt_openssl_key_name(key->pub.type), NULL, key->scalar.data,
                                               key->scalar.len);
    case TVT_KEY_MLDSA44:
    case TVT_KEY_MLDSA65:
    case TVT_KEY_MLDSA87:
        return mldsa_key(key);
    default:
        return tvt_openssl_curve_private(tvt_openssl_curve_of(provider, key->pub.type), key->scalar);
    }
}

static uint8_t *
number(EVP_PKEY *key, const char *name, struct tvt_span *out)
{
    BIGNUM *bn = NULL;
    uint8_t *bytes = NULL;

    if (EVP_PKEY_get_bn_param(key, name, &bn) > 0 && (bytes = OPENSSL_malloc((size_t)BN_num_bytes(bn) + 1)) != NULL)
        *out = (struct tvt_span){bytes, (size_t)BN_bn2bin(bn, bytes)};
    BN_free(bn);
    return bytes;
}

static bool
fill_mldsa(struct openssl_signer *self)
{
    size_t len = 0;

    if (EVP_PKEY_get_raw_public_key(self->key, NULL, &len) <= 0 || (self->mldsa = OPENSSL_malloc(len)) == NULL ||
        EVP_PKEY_get_raw_public_key(self->key, self->mldsa, &len) <= 0)
        return false;
    tvt_public(self->mldsa, len); /* made from the private key */
    self->base.pub.key = (struct tvt_span){self->mldsa, len};
    return true;
}

static bool
fill_public(struct openssl_signer *self)
{
    struct tvt_public_key *pub = &self->base.pub;
    size_t len = sizeof self->point;

    pub->type = self->base.key_type;
    pub->bits = (uint16_t)EVP_PKEY_get_bits(self->key);
    if (is_rsa(pub->type)) {
        int rsa_len = i2d_PublicKey(self->key, &self->rsa);

        self->rsa_n = number(self->key, OSSL_PKEY_PARAM_RSA_N, &pub->n);
        self->rsa_e = number(self->key, OSSL_PKEY_PARAM_RSA_E, &pub->e);
        pub->key = (struct tvt_span){self->rsa, rsa_len > 0 ? (size_t)rsa_len : 0};
        return rsa_len > 0 && self->rsa_n != NULL && self->rsa_e != NULL;
    }
    if (is_mldsa(pub->type))
        return fill_mldsa(self);
    pub->key.data = self->point;
    if (is_eddsa(pub->type) ? EVP_PKEY_get_raw_public_key(self->key, self->point, &len) <= 0
                            : EVP_PKEY_get_octet_string_param(self->key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
                                                              self->point, sizeof self->point, &len) <= 0)
        return false;
    tvt_public(self->point, sizeof self->point); /* made from the private key */
    pub->key.len = len;
    return true;
}

static bool
differ(struct tvt_span given, struct tvt_span own)
{
    return given.len != 0 && (given.len != own.len || memcmp(given.data, own.data, own.len) != 0);
}

/* A private key whose parts do not belong together shows here, not in the first handshake. */
static bool
proves_itself(struct openssl_signer *self, const struct tvt_signature *const *signatures)
{
    static const uint8_t text[] = "Trivet";
    const uint8_t hash = is_pure(self->base.key_type) ? TVT_HASH_NONE : TVT_HASH_SHA256;
    uint8_t signature[TVT_SIGNATURE_MAX];
    size_t len = sizeof signature;

    for (; *signatures != NULL; signatures++)
        if ((*signatures)->key_type == self->base.key_type)
            return sign(&self->base, (*signatures)->family, hash, text, sizeof text, signature, &len, NULL) == 0 &&
                   (*signatures)->verify(*signatures, hash, &self->base.pub, text, sizeof text, signature, len) == 0;
    return false;
}

static bool
lists(const struct tvt_openssl *openssl, uint8_t key_type)
{
    for (const struct tvt_signature *const *s = openssl->signatures; *s != NULL; s++)
        if ((*s)->key_type == key_type)
            return true;
    return false;
}

int
tvt_openssl_load_key(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out)
{
    const struct tvt_openssl *openssl = provider->self;
    struct openssl_signer *self;
    int max;

    if (!lists(openssl, key->pub.type))
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    self = OPENSSL_zalloc(sizeof *self);
    if (self == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    ERR_set_mark();
    self->hashes = openssl->hash;
    self->base.key_type = key->pub.type;
    self->base.sign = sign;
    self->base.free = free_signer;
    self->key = private_key(openssl, key);
    max = self->key != NULL ? EVP_PKEY_get_size(self->key) : 0;
    self->base.signature_max = (uint16_t)max;
    if (max > 0 && !is_rsa(key->pub.type) && !is_pure(key->pub.type))
        self->ready = new_context(self, TVT_SIG_ECDSA, NULL);
    if (max <= 0 || max > (int)TVT_SIGNATURE_MAX || !fill_public(self) || differ(key->pub.key, self->base.pub.key) ||
        differ(key->pub.n, self->base.pub.n) || differ(key->pub.e, self->base.pub.e) ||
        !proves_itself(self, openssl->signatures)) {
        int result = tvt_openssl_end(TVT_CRYPTO_KEY);

        free_signer(&self->base);
        return result;
    }
    *out = &self->base;
    return tvt_openssl_end(TVT_CRYPTO_NONE);
}
