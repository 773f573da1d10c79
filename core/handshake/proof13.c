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

enum tvt_result
tvt_auth13_recv_certificate_verify(struct tvt_handshake *hs, const struct tvt_certificate_verify *m)
{
    uint8_t content[SIGNED_MAX];
    const struct tvt_scheme *scheme;
    enum tvt_result r = tvt_proof_check_key(hs);
    if (r == TVT_OK)
        r = tvt_proof_accept_scheme(hs, "CertificateVerify", m->scheme, &scheme);
    if (r != TVT_OK)
        return r;
    size_t len = signed_content(hs, hs->role == TVT_CLIENT, content);
    if (len == 0)
        return TVT_FAIL;
    return tvt_proof_verify(hs, "CertificateVerify", scheme, tvt_span(content, len), m->signature);
}

enum tvt_result
tvt_auth13_send_certificate_verify(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                                   unsigned *edge)
{
    uint8_t content[SIGNED_MAX];
    struct tvt_certificate_verify m;
    struct tvt_proof proof;
    (void)in;
    (void)edge;
    size_t len = signed_content(hs, hs->role == TVT_SERVER, content);
    if (len == 0)
        return TVT_FAIL;
    enum tvt_result r = tvt_proof_sign(hs, &proof, "CertificateVerify", tvt_span(content, len));
    if (r == TVT_OK) {
        m = (struct tvt_certificate_verify){hs->scratch->chosen.scheme->id, tvt_buffer_span(&proof.signature)};
        tvt_encode_certificate_verify(out, &m);
    }
    tvt_proof_free(&proof);
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
