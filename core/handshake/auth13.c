/* SPDX-License-Identifier: MIT
 *
 * Authentication in TLS 1.3, the same for both sides (RFC 9846 4.5), and KeyUpdate (4.7.3).
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

#include <string.h>

/* ---- Certificate, RFC 9846 4.5.1 ---- */

/* Keeps the chain: it outlives the message (signature check, the program's questions). */
static enum tvt_result
keep_chain(struct tvt_handshake *hs, const struct tvt_certificate_message *m)
{
    size_t total = 0;
    for (size_t i = 0; i < m->num; i++)
        total += 3 + m->cert[i].len;
    uint8_t *at = tvt_buffer_reserve(&hs->peer_chain, total);
    if (at == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "Certificate", "certificate_list");
    struct tvt_writer w;
    tvt_writer_init(&w, at, total);
    for (size_t i = 0; i < m->num; i++) {
        tvt_write_u24(&w, (uint32_t)m->cert[i].len);
        tvt_write_span(&w, m->cert[i]);
    }
    tvt_buffer_commit(&hs->peer_chain, tvt_writer_len(&w));
    hs->num_peer_chain = m->num;
    return TVT_OK;
}

static void
kept_chain(const struct tvt_handshake *hs, struct tvt_span *out)
{
    struct tvt_reader r;
    tvt_reader_init(&r, tvt_buffer_span(&hs->peer_chain));
    for (size_t i = 0; i < hs->num_peer_chain; i++)
        out[i] = tvt_read_vec24(&r, 0, UINT32_MAX, "kept certificate");
}

static bool
wants_path(const struct tvt_handshake *hs)
{
    return hs->config->verify != TVT_VERIFY_NONE;
}

static enum tvt_result
verify_path(struct tvt_handshake *hs, const struct tvt_certificate *certs, size_t num)
{
    const struct tvt_config *c = hs->config;
    bool client = hs->role == TVT_CLIENT;
    struct tvt_path_request request = {
        .provider = hs->provider,
        .store = c->trust,
        .policy = &c->policy,
        .purpose = client ? TVT_PURPOSE_SERVER : TVT_PURPOSE_CLIENT,
        .name = client && c->verify != TVT_VERIFY_CHAIN_ONLY ? hs->scratch->verify_name : NULL,
        .no_name = !client || c->verify == TVT_VERIFY_CHAIN_ONLY,
        .chain = certs,
        .num_chain = num,
    };
    if (c->clock == NULL)
        return tvt_fail_detail(hs->error, TVT_E_WRONG_CALL, "Certificate", "validity",
                               "no clock is set: call tvt_config_set_clock()");
    request.time = (int64_t)(c->clock(c->clock_user) / 1000);
    return tvt_path_verify(NULL, &request, hs->error);
}

/* Our own checks: the leaf is read in any case, the path where it is wanted. */
static enum tvt_result
check_chain(struct tvt_handshake *hs, const struct tvt_span *chain)
{
    struct tvt_certificate certs[TVT_CHAIN_MAX];
    size_t num = wants_path(hs) ? hs->num_peer_chain : 1;
    enum tvt_result r = tvt_certificates_parse(certs, chain, num, hs->error);
    if (r == TVT_OK && wants_path(hs)) {
        r = verify_path(hs, certs, num);
        hs->peer_verified = r == TVT_OK;
    }
    if (r == TVT_OK) {
        hs->scratch->peer.leaf = certs[0];
        hs->scratch->peer.has_leaf = true;
        hs->scratch->peer.chain_checked = true;
    }
    return r;
}

enum tvt_result
tvt_auth13_recv_certificate(struct tvt_handshake *hs, const struct tvt_certificate_message *m)
{
    struct tvt_scratch *s = hs->scratch;
    struct tvt_span chain[TVT_CHAIN_MAX];
    enum tvt_result r = TVT_OK;

    if (!s->peer.chain_checked) {
        if (m->context.len != 0)
            return tvt_fail(hs->error, TVT_E_BAD_REQUEST_CONTEXT, "Certificate", "certificate_request_context");
        /* What we asked for: in our ClientHello, or in our CertificateRequest, which has signature_algorithms alone. */
        uint64_t asked = hs->role == TVT_CLIENT ? s->offer.extensions : 0;
        if (m->unknown || (m->present & ~asked) != 0)
            return tvt_fail(hs->error, TVT_E_UNSUPPORTED_EXTENSION, "Certificate", "extensions");
        hs->peer_chain.len = 0;
        r = keep_chain(hs, m);
    }
    kept_chain(hs, chain);
    if (r == TVT_OK && !s->peer.chain_checked)
        r = check_chain(hs, chain);
    if (r != TVT_OK || hs->config->verdict == NULL)
        return r;
    r = hs->config->verdict(hs->config->verdict_user, chain, hs->num_peer_chain);
    if (r == TVT_OK || r == TVT_PENDING)
        return r;
    return tvt_fail(hs->error, TVT_E_CERT_REJECTED, "Certificate", NULL);
}

enum tvt_result
tvt_auth13_send_certificate(struct tvt_handshake *hs, struct tvt_writer *out)
{
    const struct tvt_scratch *s = hs->scratch;
    const struct tvt_credential *c = s->chosen.credential;
    struct tvt_span context = tvt_span(s->peer.request_context, s->peer.request_context_len);
    tvt_encode_certificate(out, context, c != NULL ? c->chain : NULL, c != NULL ? c->num_chain : 0);
    return TVT_OK;
}

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
    int rc = tvt_transcript_hash(&hs->scratch->transcript, tvt_span(NULL, 0), out + PAD_LEN + CONTEXT_LEN + 1);
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
    if (s == NULL || !s->in_tls13 || !tvt_config_has_scheme(hs->config, id) || s->key_type != leaf->key.type ||
        (leaf->key_pss_hash != TVT_HASH_NONE && leaf->key_pss_hash != s->hash)) {
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

static enum tvt_result
verify_data(struct tvt_handshake *hs, bool ours, uint8_t *out)
{
    uint8_t hash[TVT_HASH_MAX];
    int rc = tvt_transcript_hash(&hs->scratch->transcript, tvt_span(NULL, 0), hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_finished(&hs->scratch->schedule.kdf, tvt_handshake_secret(hs, TVT_LEVEL_HANDSHAKE, ours),
                                     hash, out);
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
    enum tvt_result r = verify_data(hs, false, expected);
    if (r == TVT_OK && !tvt_equal_secret(expected, received.data, received.len))
        r = tvt_fail(hs->error, TVT_E_BAD_FINISHED, "Finished", "verify_data");
    tvt_wipe(expected, sizeof expected);
    return r;
}

enum tvt_result
tvt_auth13_send_finished(struct tvt_handshake *hs, struct tvt_writer *out)
{
    uint8_t data[TVT_HASH_MAX];
    enum tvt_result r = verify_data(hs, true, data);
    tvt_public(data, hs->hash->out_len); /* about to be sent */
    if (r == TVT_OK)
        tvt_encode_finished(out, tvt_span(data, hs->hash->out_len));
    return r;
}

/* ---- KeyUpdate, RFC 9846 4.7.3 ---- */

/* An answer that still waits to be sent serves for every request that comes meanwhile. */
static bool
update_is_queued(const struct tvt_handshake *hs)
{
    for (size_t i = 0; i < hs->flight.num; i++)
        if (hs->flight.op[i].kind == TVT_FLIGHT_KEYS && hs->flight.op[i].level == TVT_LEVEL_NEXT)
            return true;
    return false;
}

enum tvt_result
tvt_auth13_recv_key_update(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                           unsigned *edge)
{
    (void)out;
    *edge = in->u.key_update == 1 && !update_is_queued(hs) ? 1 : 0;
    hs->request_update = hs->update_asked = false;
    return TVT_OK;
}

enum tvt_result
tvt_auth13_call_key_update(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                           unsigned *edge)
{
    (void)in;
    (void)out;
    /* One that waits does, unless this one asks and no other did. */
    *edge = update_is_queued(hs) && (!hs->request_update || hs->update_asked) ? 1 : 0;
    return TVT_OK;
}

enum tvt_result
tvt_auth13_send_key_update(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                           unsigned *edge)
{
    (void)in;
    (void)edge;
    bool ask = hs->request_update && !hs->update_asked;
    tvt_encode_key_update(out, ask ? 1 : 0);
    hs->update_asked = hs->update_asked || ask;
    return TVT_OK;
}
