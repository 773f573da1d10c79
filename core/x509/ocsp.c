/* SPDX-License-Identifier: MIT
 *
 * OCSP responses (RFC 6960 4.2): decoding, and the acceptance requirements of 3.2.
 */
#include "core/x509/ocsp.h"

#include "core/x509/path_check.h"

#include <string.h>

#define NAME     "OCSPResponse"
#define SHA1_LEN 20u

static const uint8_t oid_basic[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
static const uint8_t oid_sha1[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a};

struct basic_response {
    struct tvt_certificate data;    /* `tbs`, `algorithm` and `signature` alone, as a certificate has them */
    struct tvt_span responder_name; /* Name; empty: byKey */
    struct tvt_span answers;        /* contents of SEQUENCE OF SingleResponse */
    struct tvt_span certificates;   /* contents of SEQUENCE OF Certificate; may be empty */
};

struct answer {
    struct tvt_span hash_oid, name_hash, key_hash, serial;
    uint8_t status; /* tag of CertStatus: [0] good, [1] revoked, [2] unknown */
    int64_t this_update, next_update;
    bool has_next;
    struct tvt_crl_entry revoked; /* of status [1] */
};

/* ---- decoding ---- */

static void
read_critical_free(struct tvt_reader *r, struct tvt_span extensions)
{
    struct tvt_reader outer, list, one;
    tvt_reader_sub(&outer, r, extensions);
    tvt_der_enter(&outer, &list, TVT_DER_SEQUENCE, "extensions");
    do { /* one at least (RFC 5280 4.1) */
        const uint8_t *at = list.p;
        tvt_der_enter(&list, &one, TVT_DER_SEQUENCE, "extension");
        (void)tvt_der_read_oid(&one, "extension");
        if (tvt_der_read_boolean_default_false(&one, "extension.critical")) /* none is known here */
            tvt_der_fault_at(&one, "extension.critical", at, TVT_DER_FAULT_VALUE);
        (void)tvt_der_read(&one, TVT_DER_OCTET_STRING, "extension");
        tvt_der_leave(&list, &one, "extension");
    } while (tvt_reader_left(&list) > 0);
    tvt_der_leave(&outer, &list, "extensions");
    if (!tvt_reader_done(&outer, "extensions"))
        tvt_reader_adopt(r, &outer);
}

static int64_t
read_time(struct tvt_reader *r, const char *field)
{
    int64_t t = 0;
    const uint8_t *at = r->p;
    struct tvt_span v = tvt_der_read(r, TVT_DER_GENERALIZED_TIME, field);
    if (r->bad == NULL && !tvt_der_time(&t, TVT_DER_GENERALIZED_TIME, v, true))
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
    return t;
}

static void
read_response_data(struct tvt_reader *r, struct basic_response *out)
{
    struct tvt_reader in, sub;
    struct tvt_span part;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "tbsResponseData");
    if (tvt_der_peek(&in) == TVT_DER_CONTEXT_CONSTRUCTED(0)) {
        tvt_der_enter(&in, &sub, TVT_DER_CONTEXT_CONSTRUCTED(0), "version");
        const uint8_t *at = sub.p;
        (void)tvt_der_read_small(&sub, 0, "version");
        tvt_der_fault_at(&sub, "version", at, TVT_DER_FAULT_VALUE); /* v1 alone, DEFAULT: not coded (X.690 11.5) */
        tvt_der_leave(&in, &sub, "version");
    }
    if (tvt_der_peek(&in) == TVT_DER_CONTEXT_CONSTRUCTED(1)) {
        tvt_der_enter(&in, &sub, TVT_DER_CONTEXT_CONSTRUCTED(1), "responderID");
        out->responder_name = tvt_name_read(&sub, true, "responderID");
        tvt_der_leave(&in, &sub, "responderID");
    } else {
        tvt_der_enter(&in, &sub, TVT_DER_CONTEXT_CONSTRUCTED(2), "responderID");
        (void)tvt_der_read(&sub, TVT_DER_OCTET_STRING, "responderID");
        tvt_der_leave(&in, &sub, "responderID");
    }
    (void)read_time(&in, "producedAt");
    out->answers = tvt_der_read(&in, TVT_DER_SEQUENCE, "responses");
    if (tvt_der_read_optional(&in, &part, TVT_DER_CONTEXT_CONSTRUCTED(1), "responseExtensions"))
        read_critical_free(&in, part);
    tvt_der_leave(r, &in, "tbsResponseData");
}

static void
read_basic(struct tvt_reader *r, struct basic_response *out)
{
    struct tvt_reader in, sub;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "BasicOCSPResponse");
    const uint8_t *from = in.p;
    read_response_data(&in, out);
    out->data.tbs = tvt_span(from, in.bad == NULL ? (size_t)(in.p - from) : 0);
    out->data.algorithm = tvt_signature_algorithm_read(&in, &out->data.signature_oid);
    out->data.signature = tvt_der_read_bits(&in, NULL, "signature");
    if (tvt_der_peek(&in) == TVT_DER_CONTEXT_CONSTRUCTED(0)) {
        tvt_der_enter(&in, &sub, TVT_DER_CONTEXT_CONSTRUCTED(0), "certs");
        out->certificates = tvt_der_read(&sub, TVT_DER_SEQUENCE, "certs");
        tvt_der_leave(&in, &sub, "certs");
    }
    tvt_der_leave(r, &in, "BasicOCSPResponse");
}

/* RFC 6960 4.2.1. *status: OCSPResponseStatus; the rest is there when it is 0. */
static bool
read_response(struct tvt_reader *r, uint8_t *status, struct basic_response *out)
{
    struct tvt_reader in, wrap, bytes, basic;
    struct tvt_span oid;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, NAME);
    const uint8_t *at = in.p;
    struct tvt_span code = tvt_der_read(&in, TVT_DER_ENUMERATED, "responseStatus");
    if (code.len != 1)
        tvt_der_fault_at(&in, "responseStatus", at, TVT_DER_FAULT_VALUE);
    *status = code.len == 1 ? code.data[0] : 0xff;
    if (*status == 0) {
        tvt_der_enter(&in, &wrap, TVT_DER_CONTEXT_CONSTRUCTED(0), "responseBytes");
        tvt_der_enter(&wrap, &bytes, TVT_DER_SEQUENCE, "responseBytes");
        at = bytes.p;
        oid = tvt_der_read_oid(&bytes, "responseType");
        if (!tvt_span_equal(oid, tvt_span(oid_basic, sizeof oid_basic)))
            tvt_der_fault_at(&bytes, "responseType", at, TVT_DER_FAULT_VALUE);
        struct tvt_span octets = tvt_der_read(&bytes, TVT_DER_OCTET_STRING, "response");
        tvt_reader_sub(&basic, &bytes, octets);
        read_basic(&basic, out);
        if (!tvt_reader_done(&basic, "BasicOCSPResponse"))
            tvt_reader_adopt(&bytes, &basic);
        tvt_der_leave(&wrap, &bytes, "responseBytes");
        tvt_der_leave(&in, &wrap, "responseBytes");
    }
    tvt_der_leave(r, &in, NAME);
    return tvt_reader_done(r, NAME);
}

bool
tvt_ocsp_is_response(struct tvt_span der)
{
    struct tvt_reader r;
    struct basic_response basic = {0};
    uint8_t status = 0xff;
    tvt_reader_init(&r, der);
    return read_response(&r, &status, &basic) && status == 0;
}

static void
read_cert_id(struct tvt_reader *r, struct answer *out)
{
    struct tvt_reader in, algorithm;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "certID");
    tvt_der_enter(&in, &algorithm, TVT_DER_SEQUENCE, "certID.hashAlgorithm");
    out->hash_oid = tvt_der_read_oid(&algorithm, "certID.hashAlgorithm");
    if (tvt_reader_left(&algorithm) > 0)
        tvt_der_read_null(&algorithm, "certID.hashAlgorithm");
    tvt_der_leave(&in, &algorithm, "certID.hashAlgorithm");
    out->name_hash = tvt_der_read(&in, TVT_DER_OCTET_STRING, "certID.issuerNameHash");
    out->key_hash = tvt_der_read(&in, TVT_DER_OCTET_STRING, "certID.issuerKeyHash");
    out->serial = tvt_der_read_integer(&in, "certID.serialNumber");
    tvt_der_leave(r, &in, "certID");
}

/* RevokedInfo: when, and perhaps why. */
static void
read_revoked(struct tvt_reader *r, struct tvt_span contents, struct tvt_crl_entry *out)
{
    struct tvt_reader in, sub;
    tvt_reader_sub(&in, r, contents);
    out->date = read_time(&in, "revocationTime");
    if (tvt_der_peek(&in) != 0) {
        tvt_der_enter(&in, &sub, TVT_DER_CONTEXT_CONSTRUCTED(0), "revocationReason");
        const uint8_t *at = sub.p;
        struct tvt_span reason = tvt_der_read(&sub, TVT_DER_ENUMERATED, "revocationReason");
        if (reason.len != 1 || reason.data[0] > TVT_CRL_REASON_MAX)
            tvt_der_fault_at(&sub, "revocationReason", at, TVT_DER_FAULT_VALUE);
        else
            out->reason = reason.data[0];
        tvt_der_leave(&in, &sub, "revocationReason");
    }
    tvt_der_leave(r, &in, "certStatus");
}

static void
read_answer(struct tvt_reader *r, struct answer *out)
{
    struct tvt_reader in, sub;
    struct tvt_span part;
    memset(out, 0, sizeof *out);
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "SingleResponse");
    read_cert_id(&in, out);
    const uint8_t *at = in.p;
    struct tvt_span status = tvt_der_read_any(&in, &out->status, "certStatus");
    bool revoked = out->status == TVT_DER_CONTEXT_CONSTRUCTED(1);
    if (!revoked && (status.len != 0 || (out->status != TVT_DER_CONTEXT(0) && out->status != TVT_DER_CONTEXT(2))))
        tvt_der_fault_at(&in, "certStatus", at, TVT_DER_FAULT_VALUE);
    if (revoked)
        read_revoked(&in, status, &out->revoked);
    out->this_update = read_time(&in, "thisUpdate");
    if (tvt_der_peek(&in) == TVT_DER_CONTEXT_CONSTRUCTED(0)) {
        tvt_der_enter(&in, &sub, TVT_DER_CONTEXT_CONSTRUCTED(0), "nextUpdate");
        out->next_update = read_time(&sub, "nextUpdate");
        tvt_der_leave(&in, &sub, "nextUpdate");
        out->has_next = true;
    }
    if (tvt_der_read_optional(&in, &part, TVT_DER_CONTEXT_CONSTRUCTED(1), "singleExtensions"))
        read_critical_free(&in, part);
    tvt_der_leave(r, &in, "SingleResponse");
}

/* ---- whose certificate it is about ---- */

static uint8_t
hash_of_oid(struct tvt_span oid)
{
    static const uint8_t sha2[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
    if (oid.len != sizeof sha2 + 1 || memcmp(oid.data, sha2, sizeof sha2) != 0)
        return TVT_HASH_NONE;
    switch (oid.data[sizeof sha2]) {
    case 1:
        return TVT_HASH_SHA256;
    case 2:
        return TVT_HASH_SHA384;
    case 3:
        return TVT_HASH_SHA512;
    default:
        return TVT_HASH_NONE;
    }
}

static bool
hash_is(const struct tvt_hash *hash, struct tvt_span data, struct tvt_span expected)
{
    _Alignas(TVT_ALIGN) uint8_t ctx[TVT_HASH_CTX_MAX];
    uint8_t out[TVT_HASH_MAX];
    if (expected.len != hash->out_len || hash->ctx_size > sizeof ctx || hash->setup(hash, ctx) != TVT_CRYPTO_OK)
        return false;
    hash->update(ctx, data.data, data.len);
    int rc = hash->final(ctx, out);
    hash->teardown(ctx);
    return rc == TVT_CRYPTO_OK && memcmp(out, expected.data, expected.len) == 0;
}

enum match { MATCH_NO, MATCH_YES, MATCH_UNKNOWABLE };

/* Of a certID with SHA-1, which no backend has to have: the issuer's key identifier is by custom that very hash of its key
 * (RFC 5280 4.2.1.2, method 1), and so is the one that the leaf names. */
static enum match
matches_by_key_id(const struct tvt_ocsp_request *q, const struct answer *a)
{
    bool is_hash = a->key_hash.len == SHA1_LEN && a->name_hash.len == SHA1_LEN; /* an absent identifier is none */
    if (is_hash && (tvt_span_equal(a->key_hash, q->issuer->subject_key_id) ||
                    tvt_span_equal(a->key_hash, q->leaf->authority_key_id)))
        return MATCH_YES;
    return MATCH_UNKNOWABLE;
}

static enum match
matches(const struct tvt_ocsp_request *q, const struct answer *a)
{
    if (!tvt_span_equal(a->serial, q->leaf->serial))
        return MATCH_NO;
    if (tvt_span_equal(a->hash_oid, tvt_span(oid_sha1, sizeof oid_sha1)))
        return matches_by_key_id(q, a);
    const struct tvt_hash *hash = tvt_provider_hash(q->provider, hash_of_oid(a->hash_oid));
    if (hash == NULL)
        return MATCH_UNKNOWABLE;
    return hash_is(hash, q->leaf->issuer, a->name_hash) && hash_is(hash, q->issuer->key.key, a->key_hash) ? MATCH_YES
                                                                                                          : MATCH_NO;
}

/* ---- who signed it (RFC 6960 4.2.2.2) ---- */

static const struct tvt_path_policy *
policy_of(const struct tvt_ocsp_request *q)
{
    return q->policy != NULL ? q->policy : &tvt_path_policy_default;
}

static bool
algorithm_is_strong(const struct tvt_ocsp_request *q, const struct tvt_signature_algorithm *algorithm)
{
    return algorithm->family != TVT_SIG_NONE &&
           (algorithm->hash == TVT_HASH_NONE || (policy_of(q)->hash_mask & TVT_HASH_BIT(algorithm->hash)) != 0);
}

/* Nobody's word stands against a responder without id-pkix-ocsp-nocheck: the lists of the store are looked at as they are for
 * a leaf (RFC 6960 4.2.2.2.1). */
static bool
is_not_revoked(const struct tvt_ocsp_request *q, struct tvt_path_request *path, struct tvt_path_place place)
{
    struct tvt_path_policy policy = *policy_of(q);
    struct tvt_path_place both[] = {place, {q->issuer, -1}};
    uint32_t steps = policy.max_steps;
    struct tvt_revocation_budget budget = {TVT_CRL_SIGNATURES_MAX, &steps};
    struct tvt_refusal refusal;
    path->store = q->store;
    return q->store == NULL || tvt_certificate_has(place.certificate, TVT_CEXT_OCSP_NOCHECK) ||
           tvt_check_revocation(&refusal, path, &policy, both, 2, &budget);
}

static bool
signed_by(const struct tvt_ocsp_request *q, const struct basic_response *b, const struct tvt_certificate *signer)
{
    return (b->responder_name.len == 0 || tvt_name_equal(b->responder_name, signer->subject)) &&
           tvt_check_signature(&b->data, signer, q->provider) == TVT_CRYPTO_OK;
}

/* A certificate of the response that the issuer itself issued for signing OCSP responses, and that signed this one. Its key, which
 * may be anybody's, is used when all else is known to be good. */
static bool
is_delegate(const struct tvt_ocsp_request *q, const struct basic_response *b, const struct tvt_certificate *c)
{
    struct tvt_path_request path = {.provider = q->provider, .time = q->time, .purpose = TVT_PURPOSE_SERVER};
    struct tvt_refusal refusal;
    struct tvt_path_place place = {c, -1};
    if (!tvt_name_equal(c->issuer, q->issuer->subject) || !tvt_certificate_has(c, TVT_CEXT_EXTENDED_KEY_USAGE) ||
        (c->eku & TVT_EKU_OCSP_SIGNING) == 0)
        return false;
    if (tvt_certificate_has(c, TVT_CEXT_KEY_USAGE) && (c->key_usage & TVT_KEY_USAGE_DIGITAL_SIGNATURE) == 0)
        return false;
    return tvt_check_certificate(&refusal, &path, policy_of(q), place, false) &&
           tvt_check_signature(c, q->issuer, q->provider) == TVT_CRYPTO_OK && signed_by(q, b, c) &&
           is_not_revoked(q, &path, place);
}

static bool
is_authorized(const struct tvt_ocsp_request *q, const struct basic_response *b)
{
    struct tvt_reader r;
    if (signed_by(q, b, q->issuer))
        return true;
    tvt_reader_init(&r, b->certificates);
    for (unsigned i = 0; i < TVT_OCSP_CERTIFICATES_MAX && tvt_reader_left(&r) > 0; i++) {
        struct tvt_certificate c;
        struct tvt_span der = tvt_der_read_whole(&r, TVT_DER_SEQUENCE, "certs");
        if (r.bad == NULL && tvt_certificate_parse(&c, der, "OCSP responder", NULL) == TVT_OK && is_delegate(q, b, &c))
            return true;
    }
    return false;
}

/* ---- the verdict ---- */

static enum tvt_result
judge(const struct tvt_ocsp_request *q, const struct answer *a, struct tvt_error *error)
{
    char from[24], now[24];
    if (a->status == TVT_DER_CONTEXT_CONSTRUCTED(1))
        return tvt_fail_detail(
            error, TVT_E_CERT_REVOKED, NAME, "certStatus", "revoked at %s (%s), says the stapled OCSP response",
            tvt_time_text(from, sizeof from, a->revoked.date), tvt_crl_reason_text(a->revoked.reason));
    if (a->status != TVT_DER_CONTEXT(0))
        return tvt_fail_detail(error, TVT_E_OCSP_STATUS, NAME, "certStatus", "its authority does not know it");
    int64_t until = a->has_next ? a->next_update : a->this_update + TVT_OCSP_AGE_MAX_S;
    if (a->this_update > q->time + TVT_OCSP_SKEW_S)
        return tvt_fail_detail(error, TVT_E_OCSP_NOT_CURRENT, NAME, "thisUpdate", "not before %s, it is %s",
                               tvt_time_text(from, sizeof from, a->this_update),
                               tvt_time_text(now, sizeof now, q->time));
    if (until < q->time - TVT_OCSP_SKEW_S)
        return tvt_fail_detail(error, TVT_E_OCSP_NOT_CURRENT, NAME, a->has_next ? "nextUpdate" : "thisUpdate",
                               "good until %s, it is %s", tvt_time_text(from, sizeof from, until),
                               tvt_time_text(now, sizeof now, q->time));
    return TVT_OK;
}

/* Every answer about the certificate counts: one that says "revoked" is not outvoted. */
static enum tvt_result
judge_answers(const struct tvt_ocsp_request *q, const struct basic_response *b, struct tvt_error *error)
{
    struct tvt_reader r;
    struct answer a;
    bool good = false, unknowable = false;
    tvt_reader_init(&r, b->answers);
    for (unsigned i = 0; i < TVT_OCSP_ANSWERS_MAX && tvt_reader_left(&r) > 0; i++) {
        read_answer(&r, &a);
        if (r.bad != NULL)
            return tvt_der_fail(error, TVT_E_OCSP_MALFORMED, NAME, &r);
        enum match m = matches(q, &a);
        unknowable = unknowable || m == MATCH_UNKNOWABLE;
        if (m == MATCH_YES && judge(q, &a, error) != TVT_OK)
            return TVT_FAIL;
        good = good || m == MATCH_YES;
    }
    if (good)
        return TVT_OK;
    if (unknowable)
        return tvt_fail_detail(error, TVT_E_OCSP_WRONG_CERTIFICATE, NAME, "certID",
                               "the serial number fits; whether the issuer does cannot be told: it is named by SHA-1 "
                               "hashes, and its key identifier is no such hash");
    return tvt_fail(error, TVT_E_OCSP_WRONG_CERTIFICATE, NAME, "certID");
}

static enum tvt_result
refuse_status(uint8_t status, struct tvt_error *error)
{
    static const char *const words[] = {"successful", "malformedRequest", "internalError", "tryLater",
                                        "?",          "sigRequired",      "unauthorized"};
    return tvt_fail_detail(error, TVT_E_OCSP_STATUS, NAME, "responseStatus", "the responder's answer is %s (%u)",
                           status < sizeof words / sizeof words[0] ? words[status] : "?", status);
}

enum tvt_result
tvt_ocsp_check(const struct tvt_ocsp_request *request, struct tvt_error *error)
{
    struct basic_response b;
    struct tvt_reader r;
    uint8_t status;
    memset(&b, 0, sizeof b);
    tvt_reader_init(&r, request->response);
    if (!read_response(&r, &status, &b))
        return tvt_der_fail(error, TVT_E_OCSP_MALFORMED, NAME, &r);
    if (status != 0)
        return refuse_status(status, error);
    if (!algorithm_is_strong(request, &b.data.algorithm)) {
        char oid[64];
        return tvt_fail_detail(error, TVT_E_OCSP_SIGNATURE, NAME, "signatureAlgorithm", "%s is not accepted",
                               tvt_oid_text(oid, sizeof oid, b.data.signature_oid));
    }
    if (!is_authorized(request, &b))
        return tvt_fail(error, TVT_E_OCSP_SIGNATURE, NAME, "signature");
    return judge_answers(request, &b, error);
}
