/* SPDX-License-Identifier: MIT
 *
 * Signature algorithm identifiers (RFC 4055, RFC 5758, RFC 8410, RFC 9881).
 */
#include "core/x509/certificate.h"

#include <string.h>

#define OID(bytes)                                                                                                     \
    {                                                                                                                  \
        (const uint8_t *)(bytes), sizeof(bytes) - 1                                                                    \
    }

enum parameters {
    PARAMETERS_NONE,        /* absent                                                    */
    PARAMETERS_NULL_OR_NONE /* NULL; RFC 4055 5 wants absence understood too             */
};

static const struct {
    struct tvt_span oid;
    struct tvt_signature_algorithm algorithm;
    enum parameters parameters;
} signature_algorithms[] = {
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), {TVT_SIG_ECDSA, TVT_HASH_SHA256, TVT_KEY_NONE}, PARAMETERS_NONE},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), {TVT_SIG_ECDSA, TVT_HASH_SHA384, TVT_KEY_NONE}, PARAMETERS_NONE},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), {TVT_SIG_ECDSA, TVT_HASH_SHA512, TVT_KEY_NONE}, PARAMETERS_NONE},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"),
     {TVT_SIG_RSA_PKCS1, TVT_HASH_SHA256, TVT_KEY_NONE},
     PARAMETERS_NULL_OR_NONE},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"),
     {TVT_SIG_RSA_PKCS1, TVT_HASH_SHA384, TVT_KEY_NONE},
     PARAMETERS_NULL_OR_NONE},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"),
     {TVT_SIG_RSA_PKCS1, TVT_HASH_SHA512, TVT_KEY_NONE},
     PARAMETERS_NULL_OR_NONE},
    {OID("\x2b\x65\x70"), {TVT_SIG_EDDSA, TVT_HASH_NONE, TVT_KEY_ED25519}, PARAMETERS_NONE},
    {OID("\x2b\x65\x71"), {TVT_SIG_EDDSA, TVT_HASH_NONE, TVT_KEY_ED448}, PARAMETERS_NONE},
    {OID("\x60\x86\x48\x01\x65\x03\x04\x03\x11"), {TVT_SIG_MLDSA, TVT_HASH_NONE, TVT_KEY_MLDSA44}, PARAMETERS_NONE},
    {OID("\x60\x86\x48\x01\x65\x03\x04\x03\x12"), {TVT_SIG_MLDSA, TVT_HASH_NONE, TVT_KEY_MLDSA65}, PARAMETERS_NONE},
    {OID("\x60\x86\x48\x01\x65\x03\x04\x03\x13"), {TVT_SIG_MLDSA, TVT_HASH_NONE, TVT_KEY_MLDSA87}, PARAMETERS_NONE},
};

static const struct tvt_span oid_rsassa_pss = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a");
static const struct tvt_span oid_mgf1 = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08");

static const struct {
    struct tvt_span oid;
    uint8_t hash;
    uint8_t len;
} hash_algorithms[] = {
    {OID("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), TVT_HASH_SHA256, 32},
    {OID("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), TVT_HASH_SHA384, 48},
    {OID("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), TVT_HASH_SHA512, 64},
};

/* An AlgorithmIdentifier of a hash, NULL parameters or none (RFC 4055 2.1); its digest length too. */
static uint8_t
read_hash_algorithm(struct tvt_reader *r, uint32_t *len)
{
    struct tvt_reader in;
    uint8_t hash = TVT_HASH_NONE;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "hashAlgorithm");
    struct tvt_span oid = tvt_der_read_oid(&in, "hashAlgorithm");
    if (tvt_der_peek(&in) != 0)
        tvt_der_read_null(&in, "hashAlgorithm");
    tvt_der_leave(r, &in, "hashAlgorithm");
    for (size_t i = 0; i < sizeof(hash_algorithms) / sizeof(hash_algorithms[0]); i++) {
        if (tvt_span_equal(oid, hash_algorithms[i].oid)) {
            hash = hash_algorithms[i].hash;
            *len = hash_algorithms[i].len;
        }
    }
    return r->bad == NULL ? hash : TVT_HASH_NONE;
}

uint8_t
tvt_pss_params_hash(struct tvt_span params)
{
    struct tvt_reader r, part, mgf;
    uint32_t len = 0, mgf_len = 0;
    uint8_t hash, mgf_hash;
    /* The defaults are SHA-1 and a salt of 20 bytes, so all three fields stand here (RFC 4055 3.1). */
    tvt_reader_init(&r, params);
    tvt_der_enter(&r, &part, TVT_DER_CONTEXT_CONSTRUCTED(0), "hashAlgorithm");
    hash = read_hash_algorithm(&part, &len);
    tvt_der_leave(&r, &part, "hashAlgorithm");
    tvt_der_enter(&r, &part, TVT_DER_CONTEXT_CONSTRUCTED(1), "maskGenAlgorithm");
    tvt_der_enter(&part, &mgf, TVT_DER_SEQUENCE, "maskGenAlgorithm");
    struct tvt_span oid = tvt_der_read_oid(&mgf, "maskGenAlgorithm");
    mgf_hash = read_hash_algorithm(&mgf, &mgf_len);
    tvt_der_leave(&part, &mgf, "maskGenAlgorithm");
    tvt_der_leave(&r, &part, "maskGenAlgorithm");
    tvt_der_enter(&r, &part, TVT_DER_CONTEXT_CONSTRUCTED(2), "saltLength");
    uint32_t salt = tvt_der_read_small(&part, UINT16_MAX, "saltLength");
    tvt_der_leave(&r, &part, "saltLength");
    if (!tvt_reader_done(&r, "RSASSA-PSS-params") || hash != mgf_hash || salt != len || !tvt_span_equal(oid, oid_mgf1))
        return TVT_HASH_NONE;
    return hash;
}

/* Parameters that stand where the table has others make the algorithm unknown. */
static bool
parameters_fit(struct tvt_span rest, enum parameters parameters)
{
    if (rest.len == 0)
        return true;
    return parameters == PARAMETERS_NULL_OR_NONE && rest.len == 2 && rest.data[0] == TVT_DER_NULL && rest.data[1] == 0;
}

struct tvt_signature_algorithm
tvt_signature_algorithm_read(struct tvt_reader *r, struct tvt_span *oid_out)
{
    static const struct tvt_signature_algorithm unknown = {TVT_SIG_NONE, TVT_HASH_NONE, TVT_KEY_NONE};
    struct tvt_signature_algorithm found = unknown;
    struct tvt_reader in;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "signatureAlgorithm");
    struct tvt_span oid = tvt_der_read_oid(&in, "signatureAlgorithm");
    struct tvt_span rest = tvt_span(in.p, tvt_reader_left(&in));
    if (oid_out != NULL)
        *oid_out = oid;
    for (size_t i = 0; i < sizeof(signature_algorithms) / sizeof(signature_algorithms[0]); i++) {
        if (tvt_span_equal(oid, signature_algorithms[i].oid) &&
            parameters_fit(rest, signature_algorithms[i].parameters)) {
            found = signature_algorithms[i].algorithm;
            break;
        }
    }
    if (tvt_span_equal(oid, oid_rsassa_pss) && tvt_der_peek(&in) == TVT_DER_SEQUENCE) {
        found.hash = tvt_pss_params_hash(tvt_der_read(&in, TVT_DER_SEQUENCE, "signatureAlgorithm.parameters"));
        found.family = found.hash != TVT_HASH_NONE && tvt_reader_left(&in) == 0 ? TVT_SIG_RSA_PSS : TVT_SIG_NONE;
    } else if (tvt_reader_left(&in) > 0) {
        uint8_t tag;
        (void)tvt_der_read_any(&in, &tag, "signatureAlgorithm.parameters");
    }
    tvt_der_leave(r, &in, "signatureAlgorithm.parameters");
    return r->bad == NULL ? found : unknown;
}
