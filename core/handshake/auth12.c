/* SPDX-License-Identifier: MIT
 *
 * Authentication in TLS 1.2: Certificate, CertificateStatus, CertificateRequest, CertificateVerify and Finished (RFC 5246
 * 7.4.2 to 7.4.9, RFC 6066 8).
 */
#include "core/base/memory.h"
#include "core/handshake/tls12.h"

/* ---- Certificate, RFC 5246 7.4.2 and 7.4.6 ---- */

size_t
tvt_auth12_certificate_room(const struct tvt_handshake *hs)
{
    const struct tvt_credential *c = hs->scratch->chosen.credential;
    size_t room = 64u;
    for (size_t i = 0; c != NULL && i < c->num_chain; i++)
        room += 3u + c->chain[i].len;
    return room;
}

enum tvt_result
tvt_auth12_send_certificate(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                            unsigned *edge)
{
    const struct tvt_credential *c = hs->scratch->chosen.credential;
    struct tvt_certificate_message m = {.num = c != NULL ? c->num_chain : 0};
    (void)in;
    (void)edge;
    for (size_t i = 0; i < m.num; i++)
        m.cert[i] = c->chain[i];
    tvt_encode_certificate12(out, &m, c != NULL && c->raw_key ? TVT_FORM12_RAW_KEY : 0);
    return TVT_OK;
}

static enum tvt_result
recv_none(struct tvt_handshake *hs, unsigned *edge)
{
    if (hs->role == TVT_CLIENT)
        return tvt_fail(hs->error, TVT_E_NO_CERTIFICATE, "Certificate", "certificate_list");
    if (hs->config->verify == TVT_VERIFY_REQUIRE)
        return tvt_fail(hs->error, TVT_E_CERTIFICATE_REQUIRED12, "Certificate", "certificate_list");
    tvt_transcript_drop(&hs->scratch->transcript); /* no signature follows */
    *edge = 1;
    return TVT_OK;
}

/* A server's is checked when its staple has come, or is known not to come: at ServerKeyExchange. */
enum tvt_result
tvt_auth12_recv_certificate(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                            unsigned *edge)
{
    const struct tvt_certificate_message *m = &in->u.certificate;
    struct tvt_peer *peer = &hs->scratch->peer;
    (void)out;
    if (!peer->chain_checked) { /* else a verdict is waited for */
        if (m->num == 0)
            return recv_none(hs, edge);
        struct tvt_certificate_message kept = *m; /* the ServerHello brought these */
        kept.sct_list = tvt_span(NULL, 0);
        enum tvt_result r =
            hs->role == TVT_CLIENT ? tvt_certificate_keep_chain(hs, &kept) : tvt_certificate_keep(hs, &kept);
        if (r != TVT_OK)
            return r;
    }
    if (hs->role == TVT_CLIENT) {
        *edge = peer->staples ? 1 : 0;
        return TVT_OK;
    }
    return tvt_certificate_check(hs);
}

/* ---- CertificateStatus, RFC 6066 8 ---- */

bool
tvt_auth12_staples(const struct tvt_handshake *hs)
{
    const struct tvt_scratch *s = hs->scratch;
    return s->peer.wants_ocsp && s->chosen.credential != NULL && s->chosen.credential->ocsp_len > 0;
}

enum tvt_result
tvt_auth12_send_status(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_credential *c = hs->scratch->chosen.credential;
    (void)in;
    (void)edge;
    tvt_encode_certificate_status(out, tvt_span(c->ocsp, c->ocsp_len));
    return TVT_OK;
}

enum tvt_result
tvt_auth12_recv_status(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    struct tvt_span response = in->u.certificate_status;
    (void)out;
    (void)edge;
    if (tvt_buffer_append(&hs->shown.ocsp, response.data, response.len))
        return TVT_OK;
    return tvt_fail(hs->error, TVT_E_NO_MEMORY, "CertificateStatus", "response");
}

/* ---- CertificateRequest, RFC 5246 7.4.4 ---- */

enum tvt_result
tvt_auth12_send_request(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    static const uint8_t types[] = {TVT_CLIENT_CERTIFICATE_ECDSA_SIGN, TVT_CLIENT_CERTIFICATE_RSA_SIGN};
    const struct tvt_config *c = hs->config;
    uint8_t schemes[2 * TVT_CONFIG_SCHEMES_MAX];
    size_t num = 0;
    (void)in;
    (void)edge;
    for (size_t i = 0; i < c->num_schemes; i++)
        if (c->schemes[i]->in_tls12)
            tvt_store_u16(schemes + 2 * num++, c->schemes[i]->id);
    struct tvt_certificate_request12 m = {.types = tvt_span(types, sizeof types),
                                          .signature_algorithms = tvt_span(schemes, 2 * num),
                                          .authorities = tvt_span(c->auth.authorities, c->auth.authorities_len)};
    tvt_encode_certificate_request12(out, &m);
    return TVT_OK;
}

enum tvt_result
tvt_auth12_recv_request(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_certificate_request12 *m = &in->u.certificate_request12;
    struct tvt_credential_wish wish = {
        .client_types = m->types, .schemes = m->signature_algorithms, .authorities = m->authorities};
    (void)out;
    (void)edge;
    return tvt_request_answer(hs, &wish);
}

/* ---- CertificateVerify, RFC 5246 7.4.8 ---- */

enum tvt_result
tvt_auth12_send_verify(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    struct tvt_transcript *t = &hs->scratch->transcript;
    struct tvt_proof proof;
    (void)in;
    (void)edge;
    enum tvt_result r = tvt_proof_sign(hs, &proof, "CertificateVerify", tvt_transcript_messages(t));
    if (r == TVT_OK) {
        struct tvt_certificate_verify m = {hs->scratch->chosen.scheme->id, tvt_buffer_span(&proof.signature)};
        tvt_encode_certificate_verify(out, &m);
        tvt_transcript_drop(t);
    }
    tvt_proof_free(&proof);
    return r;
}

enum tvt_result
tvt_auth12_recv_verify(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_certificate_verify *m = &in->u.certificate_verify;
    struct tvt_transcript *t = &hs->scratch->transcript;
    const struct tvt_scheme *scheme;
    (void)out;
    (void)edge;
    enum tvt_result r = tvt_proof_check_key(hs);
    if (r == TVT_OK)
        r = tvt_proof_accept_scheme(hs, "CertificateVerify", m->scheme, &scheme);
    if (r == TVT_OK)
        r = tvt_proof_verify(hs, "CertificateVerify", scheme, tvt_transcript_messages(t), m->signature);
    tvt_transcript_drop(t);
    return r;
}

/* ---- Finished, RFC 5246 7.4.9 ---- */

static enum tvt_result
verify_data(struct tvt_handshake *hs, bool ours, uint8_t out[TVT_VERIFY_DATA12_LEN])
{
    uint8_t hash[TVT_HASH_MAX];
    bool of_server = (hs->role == TVT_SERVER) == ours;
    int rc = tvt_transcript_hash(&hs->scratch->transcript, tvt_span(NULL, 0), hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule12_finished(&hs->scratch->schedule12, of_server, hash, out);
    if (rc == TVT_CRYPTO_OK)
        return TVT_OK;
    return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "Finished", "verify_data", hs->provider, rc);
}

enum tvt_result
tvt_auth12_send_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    uint8_t data[TVT_VERIFY_DATA12_LEN];
    (void)in;
    (void)edge;
    enum tvt_result r = verify_data(hs, true, data);
    tvt_public(data, sizeof data); /* about to be sent */
    if (r == TVT_OK)
        tvt_encode_finished(out, tvt_span(data, sizeof data));
    if (hs->role == TVT_CLIENT && hs->scratch->chosen.credential != NULL)
        hs->client_authenticated = true;
    return r;
}

enum tvt_result
tvt_auth12_recv_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    uint8_t expected[TVT_VERIFY_DATA12_LEN];
    struct tvt_span received = in->u.finished;
    (void)out;
    (void)edge;
    /* The table leads nowhere else; a server that proved nothing is never one that we talk to. */
    if (hs->role == TVT_CLIENT && hs->session == NULL && !hs->scratch->peer.proved)
        return tvt_fail(hs->error, TVT_E_INTERNAL, "Finished", "authentication");
    enum tvt_result r = verify_data(hs, false, expected);
    if (r == TVT_OK && (received.len != sizeof expected || !tvt_equal_secret(expected, received.data, sizeof expected)))
        r = tvt_fail(hs->error, TVT_E_BAD_FINISHED, "Finished", "verify_data");
    tvt_wipe(expected, sizeof expected);
    if (r == TVT_OK && hs->scratch->peer.proved) {
        hs->peer_verified = hs->scratch->peer.path_verified;
        hs->client_authenticated |= hs->role == TVT_SERVER; /* a client knows since its own Finished */
    }
    return r;
}
