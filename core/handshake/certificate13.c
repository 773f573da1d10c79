/* SPDX-License-Identifier: MIT
 *
 * The peer's Certificate message: taken, compressed or not (RFC 8879), kept, and checked (RFC 9846 4.5.1).
 */
#include "core/base/memory.h"
#include "core/handshake/post13.h"
#include "core/x509/ocsp.h"
#include "core/x509/oid_filter.h"
#include "core/x509/path_check.h"

#include <string.h>

/* ---- keeping ---- */

/* After the handshake the connection's peer stays who it was until the new one is proved. */
static struct tvt_shown *
shown_of(struct tvt_handshake *hs)
{
    return tvt_post13_active(hs) ? &hs->scratch->post->shown : &hs->shown;
}

/* Keeps the chain: it outlives the message (signature check, the program's questions). */
enum tvt_result
tvt_certificate_keep_chain(struct tvt_handshake *hs, const struct tvt_certificate_message *m)
{
    struct tvt_shown *s = shown_of(hs);
    size_t total = 0;
    for (size_t i = 0; i < m->num; i++)
        total += 3 + m->cert[i].len;
    uint8_t *at = tvt_buffer_reserve(&s->chain, total);
    if (at == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "Certificate", "certificate_list");
    struct tvt_writer w;
    tvt_writer_init(&w, at, total);
    for (size_t i = 0; i < m->num; i++) {
        tvt_write_u24(&w, (uint32_t)m->cert[i].len);
        tvt_write_span(&w, m->cert[i]);
    }
    tvt_buffer_commit(&s->chain, tvt_writer_len(&w));
    s->num = m->num;
    s->raw_key = hs->scratch->peer.certificate_type == TVT_CERTIFICATE_RAW_KEY;
    if (!tvt_buffer_append(&s->ocsp, m->ocsp_response.data, m->ocsp_response.len) ||
        !tvt_buffer_append(&s->scts, m->sct_list.data, m->sct_list.len))
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "Certificate", "extensions");
    return TVT_OK;
}

static void
kept_chain(struct tvt_handshake *hs, struct tvt_span *out)
{
    const struct tvt_shown *s = shown_of(hs);
    struct tvt_reader r;
    tvt_reader_init(&r, tvt_buffer_span(&s->chain));
    for (size_t i = 0; i < s->num; i++)
        out[i] = tvt_read_vec24(&r, 0, UINT32_MAX, "kept certificate");
}

/* ---- a chain ---- */

static bool
wants_path(const struct tvt_handshake *hs)
{
    return hs->config->verify != TVT_VERIFY_NONE;
}

static int64_t
now(const struct tvt_config *c)
{
    return (int64_t)(c->clock(c->clock_user) / 1000);
}

static enum tvt_result
verify_path(struct tvt_handshake *hs, const struct tvt_certificate *certs, size_t num, struct tvt_verified_path *path)
{
    const struct tvt_config *c = hs->config;
    bool client = hs->role == TVT_CLIENT;
    struct tvt_path_request request = {
        .provider = hs->provider,
        .store = c->trust,
        .policy = &c->policy,
        .suffixes = c->suffixes,
        .purpose = client ? TVT_PURPOSE_SERVER : TVT_PURPOSE_CLIENT,
        .time = now(c),
        .name = client && c->verify != TVT_VERIFY_CHAIN_ONLY ? tvt_handshake_verify_name(hs) : NULL,
        .no_name = !client || c->verify == TVT_VERIFY_CHAIN_ONLY,
        .chain = certs,
        .num_chain = num,
    };
    return tvt_path_verify(path, &request, hs->error);
}

/* The issuer: of the verified path, or, where the leaf is trusted by itself or nothing is verified, the one in the chain that
 * has its name and whose key signed it: the leaf's word alone says who may speak for it. */
static const struct tvt_certificate *
issuer_of(const struct tvt_verified_path *path, const struct tvt_certificate *certs, size_t num,
          const struct tvt_provider *provider)
{
    uint32_t left = TVT_PATH_SIGNATURES_MAX;
    if (path->num > 1)
        return path->certificate[1];
    for (size_t i = 1; i < num; i++) {
        uint32_t price = tvt_signature_price(&certs[i].key);
        if (price > left || !tvt_name_equal(certs[0].issuer, certs[i].subject))
            continue;
        left -= price;
        if (tvt_check_signature(&certs[0], &certs[i], provider) == TVT_CRYPTO_OK)
            return &certs[i];
    }
    return certs[0].self_issued ? &certs[0] : NULL;
}

static enum tvt_result
check_ocsp(struct tvt_handshake *hs, struct tvt_span response, const struct tvt_certificate *leaf,
           const struct tvt_certificate *issuer)
{
    struct tvt_ocsp_request q = {.provider = hs->provider,
                                 .policy = &hs->config->policy,
                                 .response = response,
                                 .leaf = leaf,
                                 .issuer = issuer,
                                 .store = hs->config->trust,
                                 .time = now(hs->config)};
    if (q.response.len == 0 && hs->config->auth.ocsp != TVT_STAPLE_REQUIRE)
        return tvt_fail_detail(hs->error, TVT_E_OCSP_MISSING, "Certificate[0]", "tlsFeature",
                               "the certificate says that its server staples one (RFC 7633)");
    if (q.response.len == 0)
        return tvt_fail(hs->error, TVT_E_OCSP_MISSING, "Certificate[0]", "status_request");
    if (issuer == NULL)
        return tvt_fail_detail(hs->error, TVT_E_OCSP_SIGNATURE, "Certificate[0]", "status_request",
                               "the certificate's issuer is not known");
    return tvt_ocsp_check(&q, hs->error);
}

/* Far enough to tell a certificate from other things. */
static bool
looks_like_certificate(struct tvt_span der)
{
    struct tvt_reader r, in;
    tvt_reader_init(&r, der);
    tvt_der_enter(&r, &in, TVT_DER_SEQUENCE, "Certificate");
    (void)tvt_der_read(&in, TVT_DER_SEQUENCE, "tbsCertificate");
    (void)tvt_der_read(&in, TVT_DER_SEQUENCE, "signatureAlgorithm");
    (void)tvt_der_read_bits(&in, NULL, "signatureValue");
    tvt_der_leave(&r, &in, "Certificate");
    return tvt_reader_done(&r, "Certificate");
}

/* One who relied on a PSK, or on raw keys, has nothing to check a chain by: then it does not hold. */
static enum tvt_result
check_means(struct tvt_handshake *hs)
{
    const struct tvt_config *c = hs->config;
    bool needs_name = hs->role == TVT_CLIENT && c->verify != TVT_VERIFY_CHAIN_ONLY;
    if (c->trust == NULL)
        return tvt_fail_detail(hs->error, TVT_E_CERT_UNKNOWN_ISSUER, "Certificate", NULL,
                               "no trust store is set: call tvt_config_set_trust()");
    if (needs_name && tvt_handshake_verify_name(hs)[0] == '\0')
        return tvt_fail_detail(hs->error, TVT_E_CERT_NAME_MISMATCH, "Certificate[0]", "subjectAltName",
                               "no name is set to compare it with: call tvt_connection_set_name()");
    return TVT_OK;
}

/* RFC 7633 4.3.3: a server whose certificate says that it staples, and that was asked to. What it staples is judged: one that
 * says nothing of use would be as good as none. */
bool
tvt_certificate13_wants_status(const struct tvt_handshake *hs, const struct tvt_certificate *leaf)
{
    enum tvt_staple ocsp = hs->config->auth.ocsp;
    return ocsp == TVT_STAPLE_REQUIRE ||
           (hs->role == TVT_CLIENT && wants_path(hs) && ocsp == TVT_STAPLE_ASK && leaf->must_staple);
}

enum tvt_result
tvt_certificate13_hold(struct tvt_handshake *hs, const struct tvt_certificate *certs, size_t num,
                       struct tvt_span ocsp_response)
{
    const struct tvt_config_auth *a = &hs->config->auth;
    struct tvt_verified_path path = {.num = 0};
    enum tvt_result r = TVT_OK;
    if (wants_path(hs))
        r = check_means(hs);
    if (r == TVT_OK && wants_path(hs))
        r = verify_path(hs, certs, num, &path);
    if (r == TVT_OK && hs->role == TVT_SERVER && a->oid_filters_len > 0 &&
        !tvt_oid_filters_match(tvt_span(a->oid_filters, a->oid_filters_len), &certs[0]))
        r = tvt_fail(hs->error, TVT_E_OID_FILTER, "Certificate[0]", "extensions");
    if (r == TVT_OK && tvt_certificate13_wants_status(hs, &certs[0]))
        r = check_ocsp(hs, ocsp_response, &certs[0], issuer_of(&path, certs, num, hs->provider));
    return r;
}

/* Our own checks: the leaf is read in any case, the path where it is wanted. */
static enum tvt_result
check_chain(struct tvt_handshake *hs, const struct tvt_span *chain)
{
    const struct tvt_config *c = hs->config;
    struct tvt_certificate certs[TVT_CHAIN_MAX];
    size_t num = wants_path(hs) || c->auth.ocsp == TVT_STAPLE_REQUIRE ? shown_of(hs)->num : 1;
    if (!looks_like_certificate(chain[0]))
        return tvt_fail(hs->error, TVT_E_NOT_A_CERTIFICATE, "Certificate[0]", "cert_data");
    enum tvt_result r = tvt_certificates_parse(certs, chain, num, hs->error);
    if (r != TVT_OK)
        return r;
    bool status = tvt_certificate13_wants_status(hs, &certs[0]);
    if ((wants_path(hs) || status) && c->clock == NULL)
        return tvt_fail_detail(hs->error, TVT_E_WRONG_CALL, "Certificate", "validity",
                               "no clock is set: call tvt_config_set_clock()");
    /* RFC 9846 4.5.1.2; the path's own check has more words */
    if (!wants_path(hs) && tvt_certificate_has(&certs[0], TVT_CEXT_KEY_USAGE) &&
        (certs[0].key_usage & TVT_KEY_USAGE_DIGITAL_SIGNATURE) == 0)
        return tvt_fail_values(hs->error, TVT_E_CERT_KEY_USAGE, "Certificate[0]", "keyUsage",
                               TVT_KEY_USAGE_DIGITAL_SIGNATURE, certs[0].key_usage);
    r = tvt_certificate13_hold(hs, certs, num, tvt_buffer_span(&shown_of(hs)->ocsp));
    if (r == TVT_OK) {
        shown_of(hs)->status_good = status;
        hs->scratch->peer.leaf = certs[0];
        hs->scratch->peer.path_verified = wants_path(hs);
    }
    return r;
}

/* ---- a raw key, RFC 7250 ---- */

bool
tvt_certificate13_key_is_known(const struct tvt_config_auth *a, struct tvt_span spki)
{
    for (size_t i = 0; i < a->num_peer_keys; i++)
        if (tvt_span_equal(a->peer_key[i], spki))
            return true;
    return false;
}

static enum tvt_result
check_raw_key(struct tvt_handshake *hs, const struct tvt_span *chain)
{
    struct tvt_certificate *leaf = &hs->scratch->peer.leaf;
    struct tvt_reader r;
    if (shown_of(hs)->num != 1)
        return tvt_fail_values(hs->error, TVT_E_RAW_KEY_NOT_ALONE, "Certificate", "certificate_list", 1,
                               shown_of(hs)->num);
    memset(leaf, 0, sizeof *leaf);
    tvt_reader_init(&r, chain[0]);
    tvt_public_key_read(&r, &leaf->key, &leaf->key_pss_hash);
    if (!tvt_reader_done(&r, "ASN1_subjectPublicKeyInfo"))
        return tvt_der_fail(hs->error, TVT_E_RAW_KEY_MALFORMED, "Certificate[0]", &r);
    hs->scratch->peer.path_verified = tvt_certificate13_key_is_known(&hs->config->auth, chain[0]);
    shown_of(hs)->status_good = hs->scratch->peer.path_verified;
    if (!hs->scratch->peer.path_verified && wants_path(hs) && !tvt_ask13_judges(hs->config))
        return tvt_fail(hs->error, TVT_E_RAW_KEY_UNKNOWN, "Certificate[0]", "ASN1_subjectPublicKeyInfo");
    if (hs->config->auth.ocsp == TVT_STAPLE_REQUIRE && !hs->scratch->peer.path_verified)
        return tvt_fail_detail(hs->error, TVT_E_OCSP_MISSING, "Certificate[0]", "status_request",
                               "a raw key has no status: only a key that is configured is taken");
    return TVT_OK;
}

/* ---- the message ---- */

static enum tvt_result
refuse_extensions(struct tvt_handshake *hs, const struct tvt_certificate_message *m)
{
    /* What we asked for: in our ClientHello, or in our CertificateRequest. */
    uint64_t asked = hs->role == TVT_CLIENT ? hs->scratch->offer.extensions : hs->scratch->peer.requested;
    if (m->unknown || (m->present & ~asked) != 0)
        return tvt_fail(hs->error, TVT_E_UNSUPPORTED_EXTENSION, "Certificate", "extensions");
    return TVT_OK;
}

enum tvt_result
tvt_certificate_keep(struct tvt_handshake *hs, const struct tvt_certificate_message *m)
{
    tvt_shown_release(shown_of(hs));
    hs->scratch->peer.proved = hs->scratch->peer.has_leaf = false;
    return tvt_certificate_keep_chain(hs, m);
}

enum tvt_result
tvt_certificate_check(struct tvt_handshake *hs)
{
    struct tvt_peer *peer = &hs->scratch->peer;
    struct tvt_span chain[TVT_CHAIN_MAX];
    enum tvt_result r = TVT_OK;
    kept_chain(hs, chain);
    if (!peer->chain_checked) {
        r = shown_of(hs)->raw_key ? check_raw_key(hs, chain) : check_chain(hs, chain);
        peer->has_leaf = peer->chain_checked = r == TVT_OK;
    }
    if (r == TVT_OK)
        r = tvt_ask13_certificates(hs, chain, shown_of(hs)->num, "Certificate");
    if (r == TVT_OK)
        peer->chain_checked = false; /* another message may come after the handshake */
    return r;
}

/* The client has none that it would show (RFC 9846 4.5.1.3). A server must have one. */
static enum tvt_result
take_none(struct tvt_handshake *hs, unsigned *edge)
{
    if (hs->role == TVT_CLIENT)
        return tvt_fail(hs->error, TVT_E_NO_CERTIFICATE, "Certificate", "certificate_list");
    if (hs->config->verify == TVT_VERIFY_REQUIRE)
        return tvt_fail(hs->error, TVT_E_CERTIFICATE_REQUIRED, "Certificate", "certificate_list");
    *edge = 1;
    return TVT_OK;
}

/* `m`: NULL when it was taken before, and a verdict is waited for. */
static enum tvt_result
take(struct tvt_handshake *hs, const struct tvt_certificate_message *m, unsigned *edge)
{
    if (!hs->scratch->peer.chain_checked) {
        if (m->context.len != 0 && !tvt_post13_active(hs))
            return tvt_fail(hs->error, TVT_E_BAD_REQUEST_CONTEXT, "Certificate", "certificate_request_context");
        if (m->num == 0)
            return take_none(hs, edge);
        enum tvt_result r = refuse_extensions(hs, m);
        if (r == TVT_OK)
            r = tvt_certificate_keep(hs, m);
        if (r != TVT_OK)
            return r;
    }
    return tvt_certificate_check(hs);
}

/* ---- CompressedCertificate, RFC 8879 ---- */

static const struct tvt_compression *
asked_compression(struct tvt_handshake *hs, uint16_t algorithm)
{
    const struct tvt_config_auth *a = &hs->config->auth;
    uint64_t asked = hs->role == TVT_CLIENT ? hs->scratch->offer.extensions : hs->scratch->peer.requested;
    for (size_t i = 0; i < a->num_compression && asked & TVT_EXT_BIT(TVT_EXT_COMPRESS_CERTIFICATE); i++)
        if (a->compression[i]->id == algorithm)
            return a->compression[i];
    return NULL;
}

/* Whom the expanded message is for: an answer after the handshake finds its request by it. */
typedef enum tvt_result taker(struct tvt_handshake *hs, const struct tvt_certificate_message *m, unsigned *edge);

static enum tvt_result
expand(struct tvt_handshake *hs, const struct tvt_compressed_certificate *m, taker *then, unsigned *edge)
{
    static const char name[] = "CompressedCertificate";
    const struct tvt_compression *how = asked_compression(hs, m->algorithm);
    struct tvt_message inner;
    if (how == NULL)
        return tvt_fail_detail(hs->error, TVT_E_COMPRESSION_ALGORITHM, name, "algorithm", "algorithm %u", m->algorithm);
    if (m->uncompressed_length > hs->config->max_certificate)
        return tvt_fail_values(hs->error, TVT_E_DECOMPRESSED_TOO_LONG, name, "uncompressed_length",
                               hs->config->max_certificate, m->uncompressed_length);
    size_t len = m->uncompressed_length;
    uint8_t *body = len > 0 ? tvt_alloc(&hs->config->allocator, len) : NULL;
    if (len > 0 && body == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, name, "compressed_certificate_message");
    enum tvt_result r = TVT_OK;
    if (len == 0 || !how->expand(body, len, m->data))
        r = tvt_fail_detail(hs->error, TVT_E_DECOMPRESSION, name, "compressed_certificate_message",
                            "%s, %u bytes stated", how->name, m->uncompressed_length);
    if (r == TVT_OK)
        r = tvt_certificate_body_decode(&inner, tvt_span(body, len), hs->error);
    if (r == TVT_OK)
        r = then(hs, &inner.u.certificate, edge);
    if (r != TVT_FAIL)
        hs->compression = how->id;
    tvt_release(&hs->config->allocator, body, len);
    return r;
}

/* ---- rows ---- */

static enum tvt_result
take_message(struct tvt_handshake *hs, const struct tvt_message *in, taker *then, unsigned *edge)
{
    if (hs->scratch->peer.chain_checked) /* a verdict was not there yet */
        return take(hs, NULL, edge);
    hs->compression = 0;
    if (in->kind == TVT_MSG_COMPRESSED_CERTIFICATE)
        return expand(hs, &in->u.compressed_certificate, then, edge);
    return then(hs, &in->u.certificate, edge);
}

enum tvt_result
tvt_certificate13_recv(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)out;
    return take_message(hs, in, take, edge);
}

static enum tvt_result
take_answer(struct tvt_handshake *hs, const struct tvt_certificate_message *m, unsigned *edge)
{
    enum tvt_result r = tvt_post13_find_request(hs, m->context);
    return r == TVT_OK ? take(hs, m, edge) : r;
}

enum tvt_result
tvt_post13_recv_certificate(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                            unsigned *edge)
{
    (void)out;
    if (!tvt_post13_awaits(hs))
        return tvt_fail_detail(hs->error, TVT_E_UNEXPECTED_MESSAGE, tvt_message_kind_name(in->kind), NULL,
                               "no certificate was asked for");
    return take_message(hs, in, take_answer, edge);
}
