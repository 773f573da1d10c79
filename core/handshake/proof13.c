/* SPDX-License-Identifier: MIT
 *
 * Proof of a key and of the handshake: CertificateVerify and Finished, both ways, in the handshake and after it
 * (RFC 9846 4.5.2, 4.5.3).
 */
#include "core/base/memory.h"
#include "core/handshake/post13.h"

#include <string.h>

/* ---- CertificateVerify, RFC 9846 4.5.2 ---- */

#define PAD_LEN     64u
#define CONTEXT_LEN 33u /* both context strings */
#define SIGNED_MAX  (PAD_LEN + CONTEXT_LEN + 1 + TVT_HASH_MAX)

/* 64 spaces, the context string, a zero byte, the transcript hash. Returns the length, 0 if hashing failed. */
static size_t
signed_content(struct tvt_handshake *hs, bool by_server, uint8_t *out)
{
    const char *context = by_server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify";
    memset(out, 0x20, PAD_LEN);
    tvt_copy(out + PAD_LEN, context, CONTEXT_LEN);
    out[PAD_LEN + CONTEXT_LEN] = 0;
    int rc = tvt_transcript_hash(tvt_post13_transcript(hs), tvt_span(NULL, 0), out + PAD_LEN + CONTEXT_LEN + 1);
    if (rc != TVT_CRYPTO_OK) {
        (void)tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "CertificateVerify", "transcript", hs->provider, rc);
        return 0;
    }
    return PAD_LEN + CONTEXT_LEN + 1 + hs->hash->out_len;
}

/* The scheme must be one that we offered, allowed in TLS 1.3, and made for this kind of key. */
static const struct tvt_scheme *
accept_scheme(struct tvt_handshake *hs, uint16_t id)
{
    const struct tvt_certificate *leaf = &hs->scratch->peer.leaf;
    const struct tvt_scheme *s = tvt_scheme_find(id);
    bool wrong_end = s != NULL && tvt_scheme_is_legacy(s) && hs->role == TVT_CLIENT; /* RFC 9963 3 */
    if (s == NULL || !s->in_tls13 || wrong_end || !tvt_config_has_scheme(hs->config, id) ||
        s->key_type != leaf->key.type || (leaf->key_pss_hash != TVT_HASH_NONE && leaf->key_pss_hash != s->hash)) {
        (void)tvt_fail_detail(hs->error, TVT_E_WRONG_SIGNATURE_SCHEME, "CertificateVerify", "algorithm",
                              "%s (0x%04x) with a %s key", s != NULL ? s->name : "unknown", id,
                              tvt_key_type_name(leaf->key.type));
        return NULL;
    }
    return s;
}

enum tvt_result
tvt_auth13_recv_certificate_verify(struct tvt_handshake *hs, const struct tvt_certificate_verify *m)
{
    const struct tvt_public_key *key = &hs->scratch->peer.leaf.key;
    uint8_t content[SIGNED_MAX];

    if (key->type == TVT_KEY_NONE)
        return tvt_fail(hs->error, TVT_E_CERT_KEY_UNSUPPORTED, "Certificate[0]", "subjectPublicKeyInfo");
    if ((key->type == TVT_KEY_RSA || key->type == TVT_KEY_RSA_PSS) && key->bits < hs->config->policy.rsa_min_bits)
        return tvt_fail_values(hs->error, TVT_E_CERT_WEAK_KEY, "Certificate[0]", "subjectPublicKeyInfo",
                               hs->config->policy.rsa_min_bits, key->bits);
    const struct tvt_scheme *scheme = accept_scheme(hs, m->scheme);
    if (scheme == NULL)
        return TVT_FAIL;
    const struct tvt_signature *sig =
        tvt_provider_signature(hs->provider, scheme->family, scheme->key_type, scheme->hash);
    if (sig == NULL || !sig->can_verify)
        return tvt_fail(hs->error, TVT_E_CERT_KEY_UNSUPPORTED, "CertificateVerify", "algorithm");
    size_t len = signed_content(hs, hs->role == TVT_CLIENT, content);
    if (len == 0)
        return TVT_FAIL;
    int rc = sig->verify(sig, scheme->hash, key, content, len, m->signature.data, m->signature.len);
    if (rc == TVT_CRYPTO_OK) {
        hs->scratch->peer.proved = true;
        hs->peer_scheme = scheme->id;
        if (hs->role == TVT_CLIENT)
            hs->scheme = scheme->id;
        return TVT_OK;
    }
    if (tvt_crypto_kind(rc) == TVT_CRYPTO_AUTH)
        return tvt_fail(hs->error, TVT_E_BAD_SIGNATURE, "CertificateVerify", "signature");
    return tvt_fail_crypto(hs->error, tvt_crypto_kind(rc) == TVT_CRYPTO_KEY ? TVT_E_CERT_KEY_UNSUPPORTED : TVT_E_CRYPTO,
                           "CertificateVerify", "signature", hs->provider, rc);
}

enum tvt_result
tvt_auth13_send_certificate_verify(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                                   unsigned *edge)
{
    (void)in;
    (void)edge;
    struct tvt_scratch *s = hs->scratch;
    struct tvt_signer *signer = s->chosen.credential->signer;
    uint8_t content[SIGNED_MAX];
    size_t len = signed_content(hs, hs->role == TVT_SERVER, content);
    if (len == 0)
        return TVT_FAIL;

    uint8_t *signature = tvt_alloc(&hs->config->allocator, signer->signature_max);
    if (signature == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "CertificateVerify", "signature");
    size_t signature_len = signer->signature_max;
    int rc = signer->sign(signer, s->chosen.scheme->family, s->chosen.scheme->hash, content, len, signature,
                          &signature_len, &s->sign_op);
    tvt_public(&rc, sizeof rc);
    tvt_public(&signature_len, sizeof signature_len);
    if (rc == TVT_CRYPTO_OK && signature_len > signer->signature_max)
        rc = tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);
    tvt_public(signature, signer->signature_max);
    enum tvt_result r = TVT_OK;
    if (rc == TVT_CRYPTO_PENDING) {
        r = TVT_PENDING;
    } else {
        s->sign_op = NULL;
        if (rc != TVT_CRYPTO_OK)
            r = tvt_fail_crypto(hs->error, TVT_E_SIGNING, "CertificateVerify", "signature", hs->provider, rc);
    }
    if (r == TVT_OK) {
        struct tvt_certificate_verify m = {s->chosen.scheme->id, tvt_span(signature, signature_len)};
        tvt_encode_certificate_verify(out, &m);
        if (hs->role == TVT_SERVER)
            hs->scheme = m.scheme;
    }
    tvt_release(&hs->config->allocator, signature, signer->signature_max);
    return r;
}

/* ---- Finished, RFC 9846 4.5.3 ---- */

/* The base key after the handshake is the client's current application traffic secret (RFC 9846 4.5). Where our KeyUpdate
 * waits to be sent, Finished goes behind it: under the next one. */
static int
load_base_key(struct tvt_handshake *hs, bool ours, uint8_t *out)
{
    enum tvt_level level = tvt_post13_active(hs) ? TVT_LEVEL_APPLICATION : TVT_LEVEL_HANDSHAKE;
    int rc = TVT_CRYPTO_OK;
    tvt_copy(out, tvt_handshake_secret(hs, level, ours), hs->hash->out_len);
    for (size_t i = 0; level == TVT_LEVEL_APPLICATION && ours && rc == TVT_CRYPTO_OK && i < hs->flight.num; i++)
        if (hs->flight.op[i].kind == TVT_FLIGHT_KEYS && hs->flight.op[i].level == TVT_LEVEL_NEXT)
            rc = tvt_schedule13_update(&hs->scratch->schedule.kdf, out);
    return rc;
}

static enum tvt_result
verify_data(struct tvt_handshake *hs, bool ours, uint8_t *out)
{
    uint8_t hash[TVT_HASH_MAX], key[TVT_HASH_MAX];
    int rc = tvt_transcript_hash(tvt_post13_transcript(hs), tvt_span(NULL, 0), hash);
    if (rc == TVT_CRYPTO_OK)
        rc = load_base_key(hs, ours, key);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_finished(&hs->scratch->schedule.kdf, key, hash, out);
    tvt_wipe(key, sizeof key);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "Finished", "verify_data", hs->provider, rc);
    return TVT_OK;
}

enum tvt_result
tvt_auth13_recv_finished(struct tvt_handshake *hs, struct tvt_span received)
{
    uint8_t expected[TVT_HASH_MAX];
    if (received.len != hs->hash->out_len)
        return tvt_fail_values(hs->error, TVT_E_BAD_FINISHED, "Finished", "verify_data", hs->hash->out_len,
                               received.len);
    /* The table leads nowhere else; a server that proved nothing is never one that we talk to. */
    if (hs->role == TVT_CLIENT && hs->session == NULL && !hs->scratch->peer.proved)
        return tvt_fail(hs->error, TVT_E_INTERNAL, "Finished", "authentication");
    enum tvt_result r = verify_data(hs, false, expected);
    if (r == TVT_OK && !tvt_equal_secret(expected, received.data, received.len))
        r = tvt_fail(hs->error, TVT_E_BAD_FINISHED, "Finished", "verify_data");
    tvt_wipe(expected, sizeof expected);
    if (r == TVT_OK && hs->scratch->peer.proved) {
        hs->peer_verified = hs->scratch->peer.path_verified;
        hs->client_authenticated = hs->client_authenticated || hs->role == TVT_SERVER;
    }
    return r;
}

enum tvt_result
tvt_auth13_send_finished(struct tvt_handshake *hs, struct tvt_writer *out)
{
    const struct tvt_scratch *s = hs->scratch;
    uint8_t data[TVT_HASH_MAX];
    enum tvt_result r = verify_data(hs, true, data);
    tvt_public(data, hs->hash->out_len); /* about to be sent */
    if (r != TVT_OK)
        return r;
    tvt_encode_finished(out, tvt_span(data, hs->hash->out_len));
    if (hs->role == TVT_CLIENT && s->chosen.credential != NULL)
        hs->client_authenticated = true;
    return TVT_OK;
}
