/* SPDX-License-Identifier: MIT
 *
 * Verifying Ed25519 signatures (RFC 8032). libsodium is stricter than the RFC: it also refuses keys and R values of
 * small order or not in canonical form, none of which an honest signer makes.
 */
#include "backends/libsodium/internal.h"

/* True for an encoding of a point of the prime-order group, which is what every public key is (RFC 8032 5.1.5).
 * The conversion to X25519 refuses everything else; what it yields is of no interest. */
static bool
is_public_key(const uint8_t *key)
{
    uint8_t converted[crypto_scalarmult_curve25519_BYTES];

    return crypto_sign_ed25519_pk_to_curve25519(converted, key) == 0;
}

static int
verify_ed25519(const struct tvt_signature *sig, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
               size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    const uint8_t *bytes = key->key.data;

    (void)sig;
    if (hash != TVT_HASH_NONE)
        return tvt_sodium_failure(TVT_CRYPTO_UNSUPPORTED);
    if (key->key.len != crypto_sign_ed25519_PUBLICKEYBYTES)
        return tvt_sodium_failure(TVT_CRYPTO_KEY);
    if (signature_len == crypto_sign_ed25519_BYTES &&
        crypto_sign_ed25519_verify_detached(signature, msg, msg_len, bytes) == 0)
        return TVT_CRYPTO_OK;
    return tvt_sodium_failure(is_public_key(bytes) ? TVT_CRYPTO_AUTH : TVT_CRYPTO_KEY);
}

const struct tvt_signature tvt_sodium_ed25519 = {
    .family = TVT_SIG_EDDSA,
    .key_type = TVT_KEY_ED25519,
    .hash_mask = TVT_HASH_BIT(TVT_HASH_NONE),
    .can_verify = true,
    .can_sign = true,
    .flags = TVT_FLAG_CONSTANT_TIME | TVT_FLAG_NO_HEAP,
    .name = "Ed25519",
    .verify = verify_ed25519,
};
