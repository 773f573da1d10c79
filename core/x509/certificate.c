/* SPDX-License-Identifier: MIT
 *
 * Certificates from DER (RFC 5280 4.1 and 4.2); docs/x509.md has the rules (D1 to D10) that the comments name.
 */
#include "core/x509/name.h"

#include <string.h>

#define STATUS_REQUEST 5u /* as TLS numbers it */

/* What decoding carries from one part to the next. */
struct decoding {
    struct tvt_certificate *out;
    struct tvt_span unknown[TVT_EXTENSIONS_MAX]; /* OIDs of extensions without a place, to find repetitions */
    size_t num_unknown;
    size_t num;
};

const char *
tvt_certificate_label(size_t index)
{
#define LABELS(n)                                                                                                      \
    "Certificate[" #n "]", "Certificate[1" #n "]", "Certificate[2" #n "]", "Certificate[3" #n "]",                     \
        "Certificate[4" #n "]", "Certificate[5" #n "]", "Certificate[6" #n "]"
    static const char *const labels[][7] = {{LABELS(0)}, {LABELS(1)}, {LABELS(2)}, {LABELS(3)}, {LABELS(4)},
                                            {LABELS(5)}, {LABELS(6)}, {LABELS(7)}, {LABELS(8)}, {LABELS(9)}};
    _Static_assert(TVT_POOL_MAX <= 70, "one label for each certificate that may be given");
    return index < TVT_POOL_MAX ? labels[index % 10][index / 10] : "Certificate";
}

const char *
tvt_certificate_extension_name(enum tvt_certificate_extension id)
{
    static const char *const names[TVT_CEXT_NUM] = {
        [TVT_CEXT_SUBJECT_KEY_ID] = "subjectKeyIdentifier",
        [TVT_CEXT_KEY_USAGE] = "keyUsage",
        [TVT_CEXT_SUBJECT_ALT_NAME] = "subjectAltName",
        [TVT_CEXT_ISSUER_ALT_NAME] = "issuerAltName",
        [TVT_CEXT_BASIC_CONSTRAINTS] = "basicConstraints",
        [TVT_CEXT_NAME_CONSTRAINTS] = "nameConstraints",
        [TVT_CEXT_CRL_DISTRIBUTION] = "cRLDistributionPoints",
        [TVT_CEXT_POLICIES] = "certificatePolicies",
        [TVT_CEXT_POLICY_MAPPINGS] = "policyMappings",
        [TVT_CEXT_AUTHORITY_KEY_ID] = "authorityKeyIdentifier",
        [TVT_CEXT_POLICY_CONSTRAINTS] = "policyConstraints",
        [TVT_CEXT_EXTENDED_KEY_USAGE] = "extendedKeyUsage",
        [TVT_CEXT_INHIBIT_ANY_POLICY] = "inhibitAnyPolicy",
        [TVT_CEXT_AUTHORITY_INFO_ACCESS] = "authorityInfoAccess",
        [TVT_CEXT_TLS_FEATURE] = "tlsFeature",
        [TVT_CEXT_SCT_LIST] = "signedCertificateTimestampList",
        [TVT_CEXT_OCSP_NOCHECK] = "ocspNoCheck",
    };
    return id < TVT_CEXT_NUM ? names[id] : "extension";
}

/* The place of an extension, TVT_CEXT_NUM if it has none. */
static enum tvt_certificate_extension
find_extension(struct tvt_span oid)
{
    static const uint8_t pkix_pe[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01};
    static const uint8_t nocheck[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x05};
    static const uint8_t sct_list[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02};
    if (oid.len == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x1d) {
        switch (oid.data[2]) {
        case 14:
            return TVT_CEXT_SUBJECT_KEY_ID;
        case 15:
            return TVT_CEXT_KEY_USAGE;
        case 17:
            return TVT_CEXT_SUBJECT_ALT_NAME;
        case 18:
            return TVT_CEXT_ISSUER_ALT_NAME;
        case 19:
            return TVT_CEXT_BASIC_CONSTRAINTS;
        case 30:
            return TVT_CEXT_NAME_CONSTRAINTS;
        case 31:
            return TVT_CEXT_CRL_DISTRIBUTION;
        case 32:
            return TVT_CEXT_POLICIES;
        case 33:
            return TVT_CEXT_POLICY_MAPPINGS;
        case 35:
            return TVT_CEXT_AUTHORITY_KEY_ID;
        case 36:
            return TVT_CEXT_POLICY_CONSTRAINTS;
        case 37:
            return TVT_CEXT_EXTENDED_KEY_USAGE;
        case 54:
            return TVT_CEXT_INHIBIT_ANY_POLICY;
        default:
            return TVT_CEXT_NUM;
        }
    }
    if (oid.len == sizeof(pkix_pe) + 1 && memcmp(oid.data, pkix_pe, sizeof(pkix_pe)) == 0) {
        if (oid.data[7] == 1)
            return TVT_CEXT_AUTHORITY_INFO_ACCESS;
        if (oid.data[7] == 24)
            return TVT_CEXT_TLS_FEATURE;
    }
    if (oid.len == sizeof(nocheck) && memcmp(oid.data, nocheck, sizeof(nocheck)) == 0)
        return TVT_CEXT_OCSP_NOCHECK;
    if (oid.len == sizeof(sct_list) && memcmp(oid.data, sct_list, sizeof(sct_list)) == 0)
        return TVT_CEXT_SCT_LIST;
    return TVT_CEXT_NUM;
}

static void
read_basic_constraints(struct tvt_reader *r, struct tvt_certificate *out)
{
    struct tvt_reader in;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "basicConstraints");
    out->is_ca = tvt_der_read_boolean_default_false(&in, "basicConstraints.cA");
    if (tvt_der_peek(&in) != 0) {
        struct tvt_span v = tvt_der_read_unsigned(&in, "basicConstraints.pathLenConstraint");
        bool large = v.len > 2 || (v.len == 2 && v.data[0] >= 0x80);
        out->path_len = large ? INT16_MAX : 0;
        for (size_t i = 0; i < v.len && !large; i++)
            out->path_len = out->path_len << 8 | v.data[i];
    }
    tvt_der_leave(r, &in, "basicConstraints");
}

static void
read_key_usage(struct tvt_reader *r, struct tvt_certificate *out)
{
    const uint8_t *at = r->p;
    unsigned unused;
    struct tvt_span bits = tvt_der_read_bits(r, &unused, "keyUsage");
    for (size_t i = 0; i < 16 && i / 8 < bits.len; i++)
        if ((bits.data[i / 8] & (0x80u >> (i % 8))) != 0)
            out->key_usage = (uint16_t)(out->key_usage | 1u << i);
    bool odd = out->key_usage == 0; /* RFC 5280 4.2.1.3: at least one bit */
    /* nine have a meaning: a critical extension that says more cannot be processed (RFC 5280 4.2) */
    odd = odd || ((out->critical & 1u << TVT_CEXT_KEY_USAGE) != 0 && (out->key_usage >> 9 != 0 || bits.len > 2));
    if (r->bad == NULL && odd)
        tvt_der_fault_at(r, "keyUsage", at, TVT_DER_FAULT_VALUE);
    else if (r->bad == NULL)
        out->odd_usage = (bits.data[bits.len - 1] & 1u << unused) == 0;
}

static void
read_extended_key_usage(struct tvt_reader *r, struct tvt_certificate *out)
{
    static const uint8_t pkix_kp[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03};
    static const uint8_t any[] = {0x55, 0x1d, 0x25, 0x00};
    struct tvt_reader in;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "extendedKeyUsage");
    do {
        struct tvt_span oid = tvt_der_read_oid(&in, "extendedKeyUsage");
        uint8_t bit = 0; /* a purpose that nobody here asks for */
        if (tvt_span_equal(oid, tvt_span(any, sizeof(any))))
            bit = TVT_EKU_ANY;
        else if (oid.len == sizeof(pkix_kp) + 1 && memcmp(oid.data, pkix_kp, sizeof(pkix_kp)) == 0)
            bit = oid.data[7] == 1   ? TVT_EKU_SERVER
                  : oid.data[7] == 2 ? TVT_EKU_CLIENT
                  : oid.data[7] == 9 ? TVT_EKU_OCSP_SIGNING
                                     : 0;
        out->eku = (uint8_t)(out->eku | bit);
    } while (tvt_reader_left(&in) > 0);
    tvt_der_leave(r, &in, "extendedKeyUsage");
}

static void
read_alternative_names(struct tvt_reader *r, const char *field)
{
    struct tvt_reader in;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, field);
    tvt_general_names_read(&in, field);
    tvt_der_leave(r, &in, field);
}

static void
read_authority_key_id(struct tvt_reader *r, struct tvt_certificate *out)
{
    static const char issuer_field[] = "authorityKeyIdentifier.authorityCertIssuer";
    static const char serial_field[] = "authorityKeyIdentifier.authorityCertSerialNumber";
    struct tvt_reader in, names;
    struct tvt_span number;
    const uint8_t *at = r->p;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "authorityKeyIdentifier");
    (void)tvt_der_read_optional(&in, &out->authority_key_id, TVT_DER_CONTEXT(0),
                                "authorityKeyIdentifier.keyIdentifier");
    bool issuer = tvt_der_peek(&in) == TVT_DER_CONTEXT_CONSTRUCTED(1);
    if (issuer) {
        tvt_der_enter(&in, &names, TVT_DER_CONTEXT_CONSTRUCTED(1), issuer_field);
        tvt_general_names_read(&names, issuer_field);
        tvt_der_leave(&in, &names, issuer_field);
    }
    bool serial = tvt_der_read_optional(&in, &number, TVT_DER_CONTEXT(2), serial_field);
    if (serial && !tvt_der_integer_valid(number))
        tvt_der_fault_at(&in, serial_field, number.data, TVT_DER_FAULT_VALUE);
    tvt_der_leave(r, &in, "authorityKeyIdentifier");
    out->aki_names_issuer = issuer;
    if (issuer != serial) /* RFC 5280 A.2: both or neither */
        tvt_der_fault_at(r, "authorityKeyIdentifier", at, TVT_DER_FAULT_VALUE);
}

/* RFC 5280 4.2.1.13: form only, with a name or a cRLIssuer in each. What is named relative to the issuer is nowhere compared. */
static void
read_distribution_point(struct tvt_reader *r)
{
    static const char field[] = "cRLDistributionPoints";
    struct tvt_reader point, name, names;
    struct tvt_span reasons;
    const uint8_t *at = r->p;
    tvt_der_enter(r, &point, TVT_DER_SEQUENCE, field);
    bool named = tvt_der_peek(&point) == TVT_DER_CONTEXT_CONSTRUCTED(0);
    if (named) {
        tvt_der_enter(&point, &name, TVT_DER_CONTEXT_CONSTRUCTED(0), field);
        if (tvt_der_peek(&name) == TVT_DER_CONTEXT_CONSTRUCTED(1)) {
            (void)tvt_der_read(&name, TVT_DER_CONTEXT_CONSTRUCTED(1), field);
        } else {
            tvt_der_enter(&name, &names, TVT_DER_CONTEXT_CONSTRUCTED(0), field);
            tvt_point_names_read(&names, field);
            tvt_der_leave(&name, &names, field);
        }
        tvt_der_leave(&point, &name, field);
    }
    if (tvt_der_read_optional(&point, &reasons, TVT_DER_CONTEXT(1), field) && !tvt_der_bits_valid(reasons))
        tvt_der_fault_at(&point, field, reasons.data, TVT_DER_FAULT_VALUE);
    bool issuer = tvt_der_peek(&point) == TVT_DER_CONTEXT_CONSTRUCTED(2);
    if (issuer) {
        tvt_der_enter(&point, &names, TVT_DER_CONTEXT_CONSTRUCTED(2), field);
        tvt_point_names_read(&names, field);
        tvt_der_leave(&point, &names, field);
    }
    tvt_der_leave(r, &point, field);
    if (!named && !issuer)
        tvt_der_fault_at(r, field, at, TVT_DER_FAULT_VALUE);
}

static void
read_distribution_points(struct tvt_reader *r)
{
    struct tvt_reader in;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "cRLDistributionPoints");
    do
        read_distribution_point(&in);
    while (tvt_reader_left(&in) > 0);
    tvt_der_leave(r, &in, "cRLDistributionPoints");
}

/* RFC 5280 4.2.2.1: form only. */
static void
read_authority_info_access(struct tvt_reader *r)
{
    struct tvt_reader in, description;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "authorityInfoAccess");
    do {
        tvt_der_enter(&in, &description, TVT_DER_SEQUENCE, "authorityInfoAccess");
        (void)tvt_der_read_oid(&description, "authorityInfoAccess.accessMethod");
        tvt_general_name_read(&description, "authorityInfoAccess.accessLocation");
        tvt_der_leave(&in, &description, "authorityInfoAccess");
    } while (tvt_reader_left(&in) > 0);
    tvt_der_leave(r, &in, "authorityInfoAccess");
}

/* RFC 5280 4.2.1.4. One that is not known here counts where the extension is critical: "MUST be able to interpret this
 * extension (including the optional qualifier), or MUST reject the certificate". */
static void
read_policy_qualifiers(struct tvt_reader *r, struct tvt_certificate *out)
{
    static const uint8_t pkix_qt[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02};
    struct tvt_reader in, one;
    uint8_t tag;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "policyQualifiers");
    do {
        tvt_der_enter(&in, &one, TVT_DER_SEQUENCE, "policyQualifiers");
        struct tvt_span oid = tvt_der_read_oid(&one, "policyQualifierId");
        bool known = oid.len == sizeof(pkix_qt) + 1 && memcmp(oid.data, pkix_qt, sizeof(pkix_qt)) == 0 &&
                     (oid.data[7] == 1 || oid.data[7] == 2);
        if (known) /* a URI, or a UserNotice */
            (void)tvt_der_read(&one, oid.data[7] == 1 ? TVT_DER_IA5_STRING : TVT_DER_SEQUENCE, "qualifier");
        else
            (void)tvt_der_read_any(&one, &tag, "qualifier");
        tvt_der_leave(&in, &one, "policyQualifiers");
        if (!known && in.bad == NULL && (out->critical & 1u << TVT_CEXT_POLICIES) != 0 &&
            out->unknown_critical.len == 0)
            out->unknown_critical = oid;
    } while (tvt_reader_left(&in) > 0);
    tvt_der_leave(r, &in, "policyQualifiers");
}

/* RFC 5280 4.2.1.4: form only; which policies there are is policies.c's. */
static void
read_policies(struct tvt_reader *r, struct tvt_certificate *out)
{
    struct tvt_span seen[TVT_POLICIES_MAX];
    struct tvt_reader in, information;
    size_t num = 0;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "certificatePolicies");
    do {
        const uint8_t *at = in.p;
        tvt_der_enter(&in, &information, TVT_DER_SEQUENCE, "certificatePolicies");
        struct tvt_span oid = tvt_der_read_oid(&information, "policyIdentifier");
        if (tvt_der_peek(&information) != 0)
            read_policy_qualifiers(&information, out);
        tvt_der_leave(&in, &information, "certificatePolicies");
        if (in.bad == NULL && tvt_oid_is_among(oid, seen, num))
            tvt_der_fault_at(&in, "policyIdentifier", at, TVT_DER_FAULT_REPEATED);
        else if (num < TVT_POLICIES_MAX) /* those that are compared with others */
            seen[num++] = oid;
    } while (tvt_reader_left(&in) > 0);
    tvt_der_leave(r, &in, "certificatePolicies");
}

/* RFC 5280 4.2.1.5: form, and anyPolicy is never mapped. */
static void
read_policy_mappings(struct tvt_reader *r)
{
    static const uint8_t any[] = {0x55, 0x1d, 0x20, 0x00};
    struct tvt_reader in, mapping;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "policyMappings");
    do {
        const uint8_t *at = in.p;
        tvt_der_enter(&in, &mapping, TVT_DER_SEQUENCE, "policyMappings");
        struct tvt_span from = tvt_der_read_oid(&mapping, "issuerDomainPolicy");
        struct tvt_span to = tvt_der_read_oid(&mapping, "subjectDomainPolicy");
        tvt_der_leave(&in, &mapping, "policyMappings");
        if (tvt_span_equal(from, tvt_span(any, sizeof(any))) || tvt_span_equal(to, tvt_span(any, sizeof(any))))
            tvt_der_fault_at(&in, "policyMappings", at, TVT_DER_FAULT_VALUE);
    } while (tvt_reader_left(&in) > 0);
    tvt_der_leave(r, &in, "policyMappings");
}

/* A SkipCerts under its own tag; -1: absent. More than 255 certificates never follow. */
static int16_t
read_skip_certs(struct tvt_reader *r, uint8_t tag, const char *field)
{
    struct tvt_span v;
    if (!tvt_der_read_optional(r, &v, tag, field))
        return -1;
    if (v.len == 0 || v.data[0] >= 0x80 || (v.len > 1 && v.data[0] == 0 && v.data[1] < 0x80)) {
        tvt_der_fault_at(r, field, v.data, TVT_DER_FAULT_VALUE);
        return -1;
    }
    return v.len > 1 ? 255 : v.data[0];
}

/* RFC 5280 4.2.1.11: never empty. */
static void
read_policy_constraints(struct tvt_reader *r, struct tvt_certificate *out)
{
    struct tvt_reader in;
    const uint8_t *at = r->p;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "policyConstraints");
    out->explicit_policy = read_skip_certs(&in, TVT_DER_CONTEXT(0), "requireExplicitPolicy");
    int16_t inhibit = read_skip_certs(&in, TVT_DER_CONTEXT(1), "inhibitPolicyMapping");
    tvt_der_leave(r, &in, "policyConstraints");
    if (out->explicit_policy < 0 && inhibit < 0)
        tvt_der_fault_at(r, "policyConstraints", at, TVT_DER_FAULT_VALUE);
}

/* RFC 7633 4: numbers of TLS extensions. */
static void
read_tls_feature(struct tvt_reader *r, struct tvt_certificate *out)
{
    struct tvt_reader in;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "tlsFeature");
    while (tvt_reader_left(&in) > 0)
        if (tvt_der_read_small(&in, UINT16_MAX, "tlsFeature") == STATUS_REQUEST && in.bad == NULL)
            out->must_staple = true;
    tvt_der_leave(r, &in, "tlsFeature");
}

/* Rule D9. Decodes the extensions that the core itself uses; the others keep their bytes. */
static void
read_extension_value(struct tvt_reader *r, enum tvt_certificate_extension id, struct tvt_span value,
                     struct tvt_certificate *out)
{
    struct tvt_reader in;
    tvt_reader_sub(&in, r, value);
    switch (id) {
    case TVT_CEXT_BASIC_CONSTRAINTS:
        read_basic_constraints(&in, out);
        break;
    case TVT_CEXT_KEY_USAGE:
        read_key_usage(&in, out);
        break;
    case TVT_CEXT_EXTENDED_KEY_USAGE:
        read_extended_key_usage(&in, out);
        break;
    case TVT_CEXT_SUBJECT_ALT_NAME:
        read_alternative_names(&in, "subjectAltName");
        break;
    case TVT_CEXT_ISSUER_ALT_NAME:
        read_alternative_names(&in, "issuerAltName");
        break;
    case TVT_CEXT_SUBJECT_KEY_ID:
        out->subject_key_id = tvt_der_read(&in, TVT_DER_OCTET_STRING, "subjectKeyIdentifier");
        break;
    case TVT_CEXT_AUTHORITY_KEY_ID:
        read_authority_key_id(&in, out);
        break;
    case TVT_CEXT_AUTHORITY_INFO_ACCESS:
        read_authority_info_access(&in);
        break;
    case TVT_CEXT_CRL_DISTRIBUTION:
        read_distribution_points(&in);
        break;
    case TVT_CEXT_POLICIES:
        read_policies(&in, out);
        break;
    case TVT_CEXT_POLICY_MAPPINGS:
        read_policy_mappings(&in);
        break;
    case TVT_CEXT_POLICY_CONSTRAINTS:
        read_policy_constraints(&in, out);
        break;
    case TVT_CEXT_NAME_CONSTRAINTS:
        (void)tvt_der_read(&in, TVT_DER_SEQUENCE, "extnValue");
        break;
    case TVT_CEXT_TLS_FEATURE:
        read_tls_feature(&in, out);
        break;
    case TVT_CEXT_OCSP_NOCHECK:
        tvt_der_read_null(&in, "ocspNoCheck");
        break;
    case TVT_CEXT_INHIBIT_ANY_POLICY:
        (void)tvt_der_read_unsigned(&in, "inhibitAnyPolicy");
        break;
    default:
        return;
    }
    tvt_der_leave(r, &in, "extnValue");
}

/* True when the unknown extension was not there yet. */
static bool
note_unknown(struct decoding *d, struct tvt_span oid, bool critical)
{
    if (tvt_oid_is_among(oid, d->unknown, d->num_unknown))
        return false;
    d->unknown[d->num_unknown++] = oid;
    if (critical && d->out->unknown_critical.len == 0)
        d->out->unknown_critical = oid;
    return true;
}

/* Rule D8. */
static void
read_extension(struct tvt_reader *r, struct decoding *d)
{
    struct tvt_reader in;
    const uint8_t *at = r->p;
    struct tvt_certificate *out = d->out;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "extension");
    struct tvt_span oid = tvt_der_read_oid(&in, "extnID");
    bool critical = tvt_der_read_boolean_default_false(&in, "extension.critical");
    struct tvt_span value = tvt_der_read(&in, TVT_DER_OCTET_STRING, "extnValue");
    if (in.bad == NULL) {
        enum tvt_certificate_extension id = find_extension(oid);
        uint32_t bit = id < TVT_CEXT_NUM ? 1u << id : 0;
        if (++d->num > TVT_EXTENSIONS_MAX) {
            tvt_der_fault_at(&in, "extensions", at, (enum tvt_der_fault)TVT_READ_LENGTH);
        } else if (id == TVT_CEXT_NUM) {
            if (!note_unknown(d, oid, critical))
                tvt_der_fault_at(&in, "extension", at, TVT_DER_FAULT_REPEATED);
        } else if ((out->present & bit) != 0) {
            tvt_der_fault_at(&in, "extension", at, TVT_DER_FAULT_REPEATED);
        } else {
            out->present |= bit;
            out->critical |= critical ? bit : 0;
            out->ext[id].offset = (uint32_t)(value.data - out->der.data);
            out->ext[id].len = (uint32_t)value.len;
            read_extension_value(&in, id, value, out);
        }
    }
    tvt_der_leave(r, &in, "extension");
}

static void
read_extensions(struct tvt_reader *r, struct decoding *d)
{
    struct tvt_reader outer, list;
    tvt_der_enter(r, &outer, TVT_DER_CONTEXT_CONSTRUCTED(3), "extensions");
    tvt_der_enter(&outer, &list, TVT_DER_SEQUENCE, "extensions");
    d->out->extensions = tvt_span(list.p, tvt_reader_left(&list));
    do
        read_extension(&list, d);
    while (tvt_reader_left(&list) > 0);
    tvt_der_leave(&outer, &list, "extensions");
    tvt_der_leave(r, &outer, "extensions");
}

static void
read_unique_id(struct tvt_reader *r, uint8_t tag, const char *field)
{
    struct tvt_span bits;
    if (tvt_der_read_optional(r, &bits, tag, field) && !tvt_der_bits_valid(bits))
        tvt_der_fault_at(r, field, bits.data, TVT_DER_FAULT_VALUE);
}

/* Rule D2. */
static uint8_t
read_version(struct tvt_reader *r)
{
    struct tvt_reader in;
    const uint8_t *at = r->p;
    uint32_t v;
    if (tvt_der_peek(r) != TVT_DER_CONTEXT_CONSTRUCTED(0))
        return 1;
    tvt_der_enter(r, &in, TVT_DER_CONTEXT_CONSTRUCTED(0), "version");
    v = tvt_der_read_small(&in, 2, "version");
    tvt_der_leave(r, &in, "version");
    if (v == 0) /* DEFAULT v1 is not coded, X.690 11.5 */
        tvt_der_fault_at(r, "version", at, TVT_DER_FAULT_VALUE);
    return (uint8_t)(v + 1);
}

/* Rule D3. */
static void
read_serial(struct tvt_reader *r, struct tvt_certificate *out)
{
    const uint8_t *at = r->p;
    out->serial = tvt_der_read_integer(r, "serialNumber");
    if (out->serial.len > TVT_SERIAL_MAX)
        tvt_der_fault_at(r, "serialNumber", at, TVT_DER_FAULT_VALUE);
}

/* The fields of TBSCertificate; *inner is its own signature field, tag and length included. */
static void
read_tbs(struct tvt_reader *r, struct decoding *d, struct tvt_span *inner)
{
    struct tvt_certificate *out = d->out;
    struct tvt_reader in, validity;
    const uint8_t *from = r->p;
    tvt_der_enter(r, &in, TVT_DER_SEQUENCE, "tbsCertificate");
    out->version = read_version(&in);
    read_serial(&in, out);
    *inner = tvt_der_read_whole(&in, TVT_DER_SEQUENCE, "signature");
    out->issuer = tvt_name_read(&in, false, "issuer");
    tvt_der_enter(&in, &validity, TVT_DER_SEQUENCE, "validity");
    out->not_before = tvt_der_read_time(&validity, &out->odd_time, "validity.notBefore");
    out->not_after = tvt_der_read_time(&validity, &out->odd_time, "validity.notAfter");
    tvt_der_leave(&in, &validity, "validity");
    out->subject = tvt_name_read(&in, true, "subject");
    tvt_public_key_read(&in, &out->key, &out->key_pss_hash);
    if (out->version >= 2) {
        read_unique_id(&in, TVT_DER_CONTEXT(1), "issuerUniqueID");
        read_unique_id(&in, TVT_DER_CONTEXT(2), "subjectUniqueID");
    }
    if (tvt_der_peek(&in) == TVT_DER_CONTEXT_CONSTRUCTED(3))
        read_extensions(&in, d);
    tvt_der_leave(r, &in, "tbsCertificate");
    out->tbs = r->bad == NULL ? tvt_span(from, (size_t)(r->p - from)) : tvt_span(NULL, 0);
}

enum tvt_result
tvt_certificate_parse(struct tvt_certificate *out, struct tvt_span der, const char *message, struct tvt_error *error)
{
    struct tvt_reader r, in;
    struct decoding d;
    struct tvt_span inner = {NULL, 0};
    const uint8_t *at;
    d.out = out;
    d.num = d.num_unknown = 0;
    memset(out, 0, sizeof(*out));
    out->der = der;
    out->path_len = out->explicit_policy = -1;
    tvt_reader_init(&r, der);
    if (der.len > TVT_CERTIFICATE_MAX)
        return tvt_fail_values(error, TVT_E_CERT_MALFORMED, message, "length", TVT_CERTIFICATE_MAX, der.len);
    tvt_der_enter(&r, &in, TVT_DER_SEQUENCE, "certificate");
    read_tbs(&in, &d, &inner);
    at = in.p;
    out->algorithm = tvt_signature_algorithm_read(&in, &out->signature_oid);
    /* Rule D4, RFC 5280 4.1.1.2: the same algorithm as in the signed part. */
    if (in.bad == NULL && !tvt_span_equal(inner, tvt_span(at, (size_t)(in.p - at))))
        tvt_der_fault_at(&in, "signatureAlgorithm", at, TVT_DER_FAULT_VALUE);
    out->signature = tvt_der_read_bits(&in, NULL, "signatureValue");
    tvt_der_leave(&r, &in, "certificate");
    if (!tvt_reader_done(&r, "certificate"))
        return tvt_certificate_fault(error, message, &r);
    if (out->version != 3 && (out->present != 0 || d.num > 0))
        return tvt_fail_values(error, TVT_E_CERT_VERSION, message, "version", 3, out->version);
    out->subject_hash = tvt_name_hash(out->subject);
    out->issuer_hash = tvt_name_hash(out->issuer);
    out->self_issued = out->subject_hash == out->issuer_hash && tvt_name_equal(out->issuer, out->subject);
    return TVT_OK;
}

enum tvt_result
tvt_certificates_parse(struct tvt_certificate *out, const struct tvt_span *chain, size_t num, struct tvt_error *error)
{
    if (num == 0)
        return tvt_fail(error, TVT_E_BAD_ARGUMENT, "Certificate", "num_chain");
    if (num > TVT_CHAIN_MAX)
        return tvt_fail_values(error, TVT_E_CERT_CHAIN_TOO_LONG, "Certificate", "certificate_list", TVT_CHAIN_MAX, num);
    for (size_t i = 0; i < num; i++)
        if (tvt_certificate_parse(&out[i], chain[i], tvt_certificate_label(i), error) != TVT_OK)
            return TVT_FAIL;
    return TVT_OK;
}
