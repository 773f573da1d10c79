/* SPDX-License-Identifier: MIT
 *
 * A certificate, decoded once (RFC 5280 4.1, 4.2): spans into its DER, nothing copied. What can be judged without
 * other certificates was checked when decoding succeeds; what depends on purpose, time or path is path.h's.
 */
#ifndef TVT_CORE_X509_CERTIFICATE_H
#define TVT_CORE_X509_CERTIFICATE_H

#include "core/x509/der.h"
#include "core/x509/limits.h"
#include <trivet/provider.h>

/* Extensions that have a place of their own; the order is free. */
enum tvt_certificate_extension {
    TVT_CEXT_SUBJECT_KEY_ID = 0,    /* 2.5.29.14 */
    TVT_CEXT_KEY_USAGE,             /* 2.5.29.15 */
    TVT_CEXT_SUBJECT_ALT_NAME,      /* 2.5.29.17 */
    TVT_CEXT_ISSUER_ALT_NAME,       /* 2.5.29.18 */
    TVT_CEXT_BASIC_CONSTRAINTS,     /* 2.5.29.19 */
    TVT_CEXT_NAME_CONSTRAINTS,      /* 2.5.29.30 */
    TVT_CEXT_CRL_DISTRIBUTION,      /* 2.5.29.31 */
    TVT_CEXT_POLICIES,              /* 2.5.29.32 */
    TVT_CEXT_POLICY_MAPPINGS,       /* 2.5.29.33 */
    TVT_CEXT_AUTHORITY_KEY_ID,      /* 2.5.29.35 */
    TVT_CEXT_POLICY_CONSTRAINTS,    /* 2.5.29.36 */
    TVT_CEXT_EXTENDED_KEY_USAGE,    /* 2.5.29.37 */
    TVT_CEXT_INHIBIT_ANY_POLICY,    /* 2.5.29.54 */
    TVT_CEXT_AUTHORITY_INFO_ACCESS, /* 1.3.6.1.5.5.7.1.1  */
    TVT_CEXT_TLS_FEATURE,           /* 1.3.6.1.5.5.7.1.24, RFC 7633 */
    TVT_CEXT_SCT_LIST,              /* 1.3.6.1.4.1.11129.2.4.2, RFC 6962 3.3 */
    TVT_CEXT_OCSP_NOCHECK,          /* 1.3.6.1.5.5.7.48.1.5, RFC 6960 4.2.2.2.1 */
    TVT_CEXT_NUM
};

/* keyUsage bits (RFC 5280 4.2.1.3): bit n of the BIT STRING is 1 << n. */
#define TVT_KEY_USAGE_DIGITAL_SIGNATURE 0x0001u
#define TVT_KEY_USAGE_KEY_ENCIPHERMENT 0x0004u
#define TVT_KEY_USAGE_KEY_AGREEMENT 0x0010u
#define TVT_KEY_USAGE_CERT_SIGN 0x0020u
#define TVT_KEY_USAGE_CRL_SIGN 0x0040u

/* extendedKeyUsage (RFC 5280 4.2.1.12) */
#define TVT_EKU_ANY 0x01u
#define TVT_EKU_SERVER 0x02u
#define TVT_EKU_CLIENT 0x04u
#define TVT_EKU_OCSP_SIGNING 0x08u

/* A signature algorithm as certificates name it; family TVT_SIG_NONE: not one of ours (SHA-1, MD5, DSA ...). */
struct tvt_signature_algorithm {
    uint8_t family;   /* enum tvt_signature_family                                      */
    uint8_t hash;     /* enum tvt_hash_id                                               */
    uint8_t key_type; /* EdDSA and ML-DSA: enum tvt_key_type; else TVT_KEY_NONE         */
};

struct tvt_certificate {
    struct tvt_span der;     /* all of it                                              */
    struct tvt_span tbs;     /* TBSCertificate, tag and length included: what is signed */
    struct tvt_span serial;  /* INTEGER contents, two's complement                     */
    struct tvt_span issuer;  /* Name, tag and length included                          */
    struct tvt_span subject; /* Name, tag and length included                          */
    int64_t not_before, not_after; /* seconds since 1970, both inclusive               */
    struct tvt_public_key key;     /* type TVT_KEY_NONE: a kind that is not supported  */
    struct tvt_span signature_oid; /* OID contents of signatureAlgorithm               */
    struct tvt_span signature;     /* the bits                                         */
    struct tvt_signature_algorithm algorithm; /* of `signature`                        */
    uint8_t version;         /* 1, 2 or 3                                              */
    uint8_t key_pss_hash;    /* RSA-PSS key that is bound to one hash, else TVT_HASH_NONE */
    uint8_t eku;             /* TVT_EKU_* bits; meaningful when the extension is there */
    bool is_ca;              /* basicConstraints cA                                    */
    bool odd_time;           /* validity in GeneralizedTime where RFC 5280 4.1.2.5 wants UTCTime: some roots have it */
    bool odd_usage;          /* keyUsage with zero bits behind the last one (X.690 11.2.2): two roots in use have it */
    bool self_issued;        /* issuer and subject are the same name (RFC 5280 7.1)    */
    bool must_staple;        /* tlsFeature names status_request (RFC 7633) */
    bool aki_names_issuer;   /* AKI has authorityCertIssuer and its serial number      */
    int16_t explicit_policy; /* requireExplicitPolicy, capped at 255; -1: none         */
    uint32_t subject_hash, issuer_hash; /* tvt_name_hash of the two                    */
    int32_t path_len;        /* pathLenConstraint, capped at 32767; -1: none           */
    uint16_t key_usage;      /* TVT_KEY_USAGE_* bits; meaningful when the extension is there */
    uint32_t present, critical;         /* 1 << enum tvt_certificate_extension         */
    struct tvt_span unknown_critical;   /* OID of the first critical extension that is not in the enum; empty: none */
    struct tvt_span authority_key_id;   /* keyIdentifier of AKI; empty: none           */
    struct tvt_span subject_key_id;     /* empty: none                                 */
    struct {
        uint32_t offset, len;
    } ext[TVT_CEXT_NUM];     /* extnValue contents in `der`                            */
    struct tvt_span extensions; /* of all: contents of Extensions; empty: none         */
};

/* Decodes `der`, which must outlive `out`. `message` (static) names the certificate in errors ("Certificate[0]").
 * Errors: CERT_MALFORMED (field, offset), CERT_VERSION. Keys and signature algorithms that are not known do not fail here. */
TVT_MUST_USE enum tvt_result tvt_certificate_parse(struct tvt_certificate *out, struct tvt_span der,
                                                   const char *message, struct tvt_error *error);

/* CERT_MALFORMED for a reader's fault: its field and offset; the detail says what is wrong, and what is wanted. */
enum tvt_result tvt_certificate_fault(struct tvt_error *error, const char *message, const struct tvt_reader *r);

/* Decodes a chain as a Certificate message carries it, leaf first: `out` has room for num. CERT_CHAIN_TOO_LONG above
 * TVT_CHAIN_MAX, BAD_ARGUMENT for none. */
TVT_MUST_USE enum tvt_result tvt_certificates_parse(struct tvt_certificate *out, const struct tvt_span *chain,
                                                    size_t num, struct tvt_error *error);

/* "Certificate[i]"; static. */
const char *tvt_certificate_label(size_t index);

/* "keyUsage"; static. */
const char *tvt_certificate_extension_name(enum tvt_certificate_extension id);

static inline bool
tvt_certificate_has(const struct tvt_certificate *c, enum tvt_certificate_extension id)
{
    return (c->present & 1u << id) != 0;
}
/* Contents of extnValue: the extension's own DER; empty when absent. */
static inline struct tvt_span
tvt_certificate_extension(const struct tvt_certificate *c, enum tvt_certificate_extension id)
{
    struct tvt_span s = {NULL, 0};
    if (tvt_certificate_has(c, id)) {
        s.data = c->der.data + c->ext[id].offset;
        s.len = c->ext[id].len;
    }
    return s;
}

/* Reads an AlgorithmIdentifier of a signature. `oid` (may be NULL) receives the OID. Unknown algorithms, and parameters
 * that are not supported, give family TVT_SIG_NONE; DER faults stay in the reader. */
struct tvt_signature_algorithm tvt_signature_algorithm_read(struct tvt_reader *r, struct tvt_span *oid);
/* Reads RSASSA-PSS-params contents (without the SEQUENCE header): the hash, when MGF1 uses the same one and the salt
 * is as long; else TVT_HASH_NONE. */
uint8_t tvt_pss_params_hash(struct tvt_span params);

/* Reads a SubjectPublicKeyInfo. An unknown algorithm or curve gives type TVT_KEY_NONE; a known one whose key is
 * malformed is a fault of the reader. pss_hash may be NULL. Spans point into the reader's bytes. */
void tvt_public_key_read(struct tvt_reader *r, struct tvt_public_key *out, uint8_t *pss_hash);
/* A whole SubjectPublicKeyInfo (raw public keys, RFC 7250). */
TVT_MUST_USE enum tvt_result tvt_public_key_parse(struct tvt_public_key *out, struct tvt_span spki,
                                                  const char *message, struct tvt_error *error);
/* Reads RSAPublicKey contents n, e into key->n, e, bits. */
void tvt_rsa_public_read(struct tvt_reader *r, struct tvt_public_key *key);
/* Key type of a namedCurve OID, and its field length in bytes; TVT_KEY_NONE: unknown. */
uint8_t tvt_curve_by_oid(struct tvt_span oid);
/* Key type of an algorithm OID that needs no parameters to tell; TVT_KEY_NONE for others, id-ecPublicKey too. */
uint8_t tvt_key_algorithm_by_oid(struct tvt_span oid);
/* Reads the AlgorithmIdentifier of a key: its type, the curve included; TVT_KEY_NONE: not supported. */
uint8_t tvt_key_algorithm_read(struct tvt_reader *r, uint8_t *pss_hash);
bool tvt_public_point_valid(uint8_t key_type, struct tvt_span point); /* length and form, not the curve's equation */
bool tvt_key_is_mldsa(uint8_t key_type);
uint16_t tvt_key_bits(uint8_t key_type);                              /* of EC, EdDSA and ML-DSA; 0 for RSA        */
size_t tvt_key_field_len(uint8_t key_type); /* bytes of a coordinate, or of an EdDSA key; 0 for others */
/* True when both are the same public key. */
bool tvt_public_key_equal(const struct tvt_public_key *a, const struct tvt_public_key *b);

#endif
