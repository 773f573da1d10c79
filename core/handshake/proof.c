/* SPDX-License-Identifier: MIT
 *
 * Signatures of the handshake: the peer's is checked with the key of its certificate, ours is made by the chosen
 * credential's signer. What is signed, the versions say themselves.
 */
#include "core/base/memory.h"
#include "core/handshake/protocol.h"

/* ---- the peer's ---- */

enum tvt_result
tvt_proof_check_key(struct tvt_handshake *hs)
{
    const struct tvt_public_key *key = &hs->scratch->peer.leaf.key;
    if (key->type == TVT_KEY_NONE)
        return tvt_fail(hs->error, TVT_E_CERT_KEY_UNSUPPORTED, "Certificate[0]", "subjectPublicKeyInfo");
    if ((key->type == TVT_KEY_RSA || key->type == TVT_KEY_RSA_PSS) && key->bits < hs->config->policy.rsa_min_bits)
        return tvt_fail_values(hs->error, TVT_E_CERT_WEAK_KEY, "Certificate[0]", "subjectPublicKeyInfo",
                               hs->config->policy.rsa_min_bits, key->bits);
    return TVT_OK;
}

enum tvt_result
tvt_proof_accept_scheme(struct tvt_handshake *hs, const char *message, uint16_t id, const struct tvt_scheme **out)
{
    const struct tvt_certificate *leaf = &hs->scratch->peer.leaf;
    const struct tvt_scheme *s = tvt_scheme_find(id);
    bool wrong_end = s != NULL && tvt_scheme_is_legacy(s) && hs->role == TVT_CLIENT; /* RFC 9963 3 */
    *out = s;
    if (s != NULL && !wrong_end && tvt_config_has_scheme(hs->config, id) &&
        hs->machine->protocol->scheme_fits(s, leaf->key.type) &&
        (leaf->key_pss_hash == TVT_HASH_NONE || leaf->key_pss_hash == s->hash))
        return TVT_OK;
    return tvt_fail_detail(hs->error, TVT_E_WRONG_SIGNATURE_SCHEME, message, "algorithm", "%s (0x%04x) with a %s key",
                           s != NULL ? s->name : "unknown", id, tvt_key_type_name(leaf->key.type));
}

enum tvt_result
tvt_proof_verify(struct tvt_handshake *hs, const char *message, const struct tvt_scheme *scheme,
                 struct tvt_span content, struct tvt_span signature)
{
    const struct tvt_public_key *key = &hs->scratch->peer.leaf.key;
    const struct tvt_signature *sig = tvt_provider_signature(hs->provider, scheme->family, key->type, scheme->hash);
    if (sig == NULL || !sig->can_verify)
        return tvt_fail(hs->error, TVT_E_CERT_KEY_UNSUPPORTED, message, "algorithm");
    int rc = sig->verify(sig, scheme->hash, key, content.data, content.len, signature.data, signature.len);
    if (rc == TVT_CRYPTO_OK) {
        hs->scratch->peer.proved = true;
        hs->peer_scheme = scheme->id;
        if (hs->role == TVT_CLIENT)
            hs->scheme = scheme->id;
        return TVT_OK;
    }
    if (tvt_crypto_kind(rc) == TVT_CRYPTO_AUTH)
        return tvt_fail(hs->error, TVT_E_BAD_SIGNATURE, message, "signature");
    return tvt_fail_crypto(hs->error, tvt_crypto_kind(rc) == TVT_CRYPTO_KEY ? TVT_E_CERT_KEY_UNSUPPORTED : TVT_E_CRYPTO,
                           message, "signature", hs->provider, rc);
}

/* ---- ours ---- */

void
tvt_proof_free(struct tvt_proof *proof)
{
    tvt_buffer_release(&proof->signature);
}

enum tvt_result
tvt_proof_sign(struct tvt_handshake *hs, struct tvt_proof *proof, const char *message, struct tvt_span content)
{
    struct tvt_scratch *s = hs->scratch;
    struct tvt_signer *signer = s->chosen.credential->signer;
    const struct tvt_scheme *scheme = s->chosen.scheme;
    tvt_buffer_init(&proof->signature, &hs->config->allocator, signer->signature_max);
    uint8_t *at = tvt_buffer_reserve(&proof->signature, signer->signature_max);
    if (at == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, message, "signature");
    size_t len = signer->signature_max;
    int rc = signer->sign(signer, scheme->family, scheme->hash, content.data, content.len, at, &len, &s->sign_op);
    tvt_public(&rc, sizeof rc);
    tvt_public(&len, sizeof len);
    if (rc == TVT_CRYPTO_PENDING)
        return TVT_PENDING;
    s->sign_op = NULL;
    if (rc == TVT_CRYPTO_OK && len > signer->signature_max)
        rc = tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);
    tvt_public(at, signer->signature_max);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_SIGNING, message, "signature", hs->provider, rc);
    tvt_buffer_commit(&proof->signature, len);
    if (hs->role == TVT_SERVER)
        hs->scheme = scheme->id;
    return TVT_OK;
}
