/* SPDX-License-Identifier: MIT
 *
 * Ed25519 private keys in use.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/libsodium/internal.h"
#include "core/base/memory.h"

struct ed25519_signer {
    struct tvt_signer base;
    uint8_t public_key[crypto_sign_ed25519_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_ed25519_SECRETKEYBYTES]; /* seed || public key */
};

static int
sign_ed25519(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
             uint8_t *signature, size_t *signature_len, void **op)
{
    const struct ed25519_signer *s = (const struct ed25519_signer *)signer;
    unsigned long long len;

    (void)op;
    if (family != TVT_SIG_EDDSA || hash != TVT_HASH_NONE)
        return tvt_sodium_failure(TVT_CRYPTO_UNSUPPORTED);
    if (*signature_len < crypto_sign_ed25519_BYTES)
        return tvt_sodium_failure(TVT_CRYPTO_NO_ROOM);
    if (crypto_sign_ed25519_detached(signature, &len, msg, msg_len, s->secret_key) != 0)
        return tvt_sodium_failure(TVT_CRYPTO_BACKEND);
    *signature_len = (size_t)len;
    return TVT_CRYPTO_OK;
}

static void
free_signer(struct tvt_signer *signer)
{
    if (signer == NULL)
        return;
    sodium_memzero(signer, sizeof(struct ed25519_signer));
    free(signer);
}

/* The public half is derived; one that was given must be the same. */
static int
derive_key(struct ed25519_signer *s, const struct tvt_private_key *key)
{
    const struct tvt_span *given = &key->pub.key;

    if (crypto_sign_ed25519_seed_keypair(s->public_key, s->secret_key, key->scalar.data) != 0)
        return tvt_sodium_failure(TVT_CRYPTO_BACKEND);
    tvt_public(s->public_key, sizeof s->public_key);
    if (given->len == 0)
        return TVT_CRYPTO_OK;
    if (given->len != sizeof s->public_key || memcmp(given->data, s->public_key, sizeof s->public_key) != 0)
        return tvt_sodium_failure(TVT_CRYPTO_KEY);
    return TVT_CRYPTO_OK;
}

int
tvt_sodium_load_key(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out)
{
    struct ed25519_signer *s;
    int result;

    (void)provider;
    if (key->pub.type != TVT_KEY_ED25519)
        return tvt_sodium_failure(TVT_CRYPTO_UNSUPPORTED);
    if (key->scalar.len != crypto_sign_ed25519_SEEDBYTES)
        return tvt_sodium_failure(TVT_CRYPTO_KEY);
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return tvt_sodium_failure(TVT_CRYPTO_NO_MEMORY);
    result = derive_key(s, key);
    if (result != TVT_CRYPTO_OK) {
        free_signer(&s->base);
        return result;
    }
    s->base.key_type = TVT_KEY_ED25519;
    s->base.signature_max = crypto_sign_ed25519_BYTES;
    s->base.pub.type = TVT_KEY_ED25519;
    s->base.pub.bits = 256;
    s->base.pub.key = (struct tvt_span){s->public_key, sizeof s->public_key};
    s->base.sign = sign_ed25519;
    s->base.free = free_signer;
    *out = &s->base;
    return TVT_CRYPTO_OK;
}
