/* SPDX-License-Identifier: MIT
 *
 * The single checks of path validation (RFC 5280 6.1.3 to 6.1.5), and the words for their refusals.
 */
#include "core/x509/path_check.h"

#include "core/base/registry.h"
#include "core/x509/name_constraints.h"
#include "core/x509/public_suffix.h"

#include <stdio.h>
#include <string.h>

/* Rule V3: critical extensions that are processed here. Without a policy that the caller requires, every policy is
 * acceptable, so that those of policies matter only where an explicit one is required (RFC 5280 6.1.1 c to f). Key
 * identifiers are never critical (RFC 5280 4.2.1.1, 4.2.1.2): where they say so, somebody means something else. */
#define PROCESSED                                                                                                      \
    (1u << TVT_CEXT_KEY_USAGE | 1u << TVT_CEXT_SUBJECT_ALT_NAME | 1u << TVT_CEXT_ISSUER_ALT_NAME |                     \
     1u << TVT_CEXT_BASIC_CONSTRAINTS | 1u << TVT_CEXT_NAME_CONSTRAINTS | 1u << TVT_CEXT_EXTENDED_KEY_USAGE |          \
     1u << TVT_CEXT_POLICIES | 1u << TVT_CEXT_POLICY_MAPPINGS | 1u << TVT_CEXT_POLICY_CONSTRAINTS |                    \
     1u << TVT_CEXT_INHIBIT_ANY_POLICY)

static bool
refused(struct tvt_refusal *out, enum tvt_error_code code, struct tvt_path_place place, const char *field)
{
    memset(out, 0, sizeof(*out));
    out->code = code;
    out->field = field;
    out->certificate = place.certificate;
    out->index = place.index;
    return false;
}

static bool
refused_values(struct tvt_refusal *out, enum tvt_error_code code, struct tvt_path_place place, const char *field,
               uint64_t expected, uint64_t got)
{
    (void)refused(out, code, place, field);
    out->has_values = true;
    out->expected = expected;
    out->got = got;
    return false;
}

/* Seconds since 1970: what lies before has no number among the values, and its words alone. */
static bool
refused_time(struct tvt_refusal *out, enum tvt_error_code code, struct tvt_path_place place, const char *field,
             int64_t bound, int64_t now)
{
    if (bound < 0 || now < 0)
        return refused(out, code, place, field);
    return refused_values(out, code, place, field, (uint64_t)bound, (uint64_t)now);
}

static bool
is_rsa(const struct tvt_public_key *key)
{
    return key->type == TVT_KEY_RSA || key->type == TVT_KEY_RSA_PSS;
}

/* Rule V1. */
static bool
check_key(struct tvt_refusal *out, const struct tvt_path_policy *policy, struct tvt_path_place place)
{
    const struct tvt_public_key *key = &place.certificate->key;
    if (key->type == TVT_KEY_NONE)
        return refused(out, TVT_E_CERT_KEY_UNSUPPORTED, place, "subjectPublicKeyInfo");
    if (is_rsa(key) && key->bits < policy->rsa_min_bits)
        return refused_values(out, TVT_E_CERT_WEAK_KEY, place, "subjectPublicKeyInfo", policy->rsa_min_bits, key->bits);
    if (is_rsa(key) && key->bits > policy->rsa_max_bits)
        return refused_values(out, TVT_E_CERT_KEY_UNSUPPORTED, place, "subjectPublicKeyInfo", policy->rsa_max_bits,
                              key->bits);
    return true;
}

/* Rule V3. */
static bool
check_critical(struct tvt_refusal *out, struct tvt_path_place place)
{
    const struct tvt_certificate *c = place.certificate;
    uint32_t left = c->critical & ~PROCESSED;
    if (c->unknown_critical.len > 0)
        return refused(out, TVT_E_CERT_CRITICAL_EXTENSION, place, "extension");
    for (unsigned i = 0; left != 0 && i < TVT_CEXT_NUM; i++)
        if ((left & 1u << i) != 0)
            return refused(out, TVT_E_CERT_CRITICAL_EXTENSION, place,
                           tvt_certificate_extension_name((enum tvt_certificate_extension)i));
    return true;
}

bool
tvt_check_certificate(struct tvt_refusal *out, const struct tvt_path_request *request,
                      const struct tvt_path_policy *policy, struct tvt_path_place place, bool is_anchor)
{
    const struct tvt_certificate *c = place.certificate;
    if (!check_critical(out, place) || !check_key(out, policy, place))
        return false;
    /* rule V4 */
    if (request->time > c->not_after)
        return refused_time(out, TVT_E_CERT_EXPIRED, place, "validity.notAfter", c->not_after, request->time);
    if (request->time < c->not_before)
        return refused_time(out, TVT_E_CERT_NOT_YET_VALID, place, "validity.notBefore", c->not_before, request->time);
    if (is_anchor)
        return true;
    /* rules D6, W15 and V2 */
    if (c->odd_time)
        return refused(out, TVT_E_CERT_MALFORMED, place, "validity");
    if (policy->web_pki && c->odd_usage)
        return refused(out, TVT_E_CERT_MALFORMED, place, "keyUsage");
    if (c->algorithm.family == TVT_SIG_NONE ||
        (c->algorithm.hash != TVT_HASH_NONE && (policy->hash_mask & TVT_HASH_BIT(c->algorithm.hash)) == 0))
        return refused(out, TVT_E_CERT_SIGNATURE_ALGORITHM, place, "signatureAlgorithm");
    return true;
}

/* Rule V6. */
static bool
check_purpose(struct tvt_refusal *out, const struct tvt_path_request *request, struct tvt_path_place place)
{
    uint8_t wanted = request->purpose == TVT_PURPOSE_SERVER ? TVT_EKU_SERVER : TVT_EKU_CLIENT;
    if (tvt_certificate_has(place.certificate, TVT_CEXT_EXTENDED_KEY_USAGE) &&
        (place.certificate->eku & (wanted | TVT_EKU_ANY)) == 0)
        return refused(out, TVT_E_CERT_EXTENDED_KEY_USAGE, place, "extendedKeyUsage");
    return true;
}

/* Rules V5 and V8. */
static bool
check_usage(struct tvt_refusal *out, struct tvt_path_place place, uint16_t bit)
{
    if (tvt_certificate_has(place.certificate, TVT_CEXT_KEY_USAGE) && (place.certificate->key_usage & bit) == 0)
        return refused_values(out, TVT_E_CERT_KEY_USAGE, place, "keyUsage", bit, place.certificate->key_usage);
    return true;
}

bool
tvt_check_leaf(struct tvt_refusal *out, const struct tvt_path_request *request, struct tvt_path_place place,
               const struct tvt_host *host)
{
    if (!request->any_usage && !check_usage(out, place, TVT_KEY_USAGE_DIGITAL_SIGNATURE))
        return false;
    if (!check_purpose(out, request, place))
        return false;
    /* rule N8: they bind nobody, and are to be understood all the same where they are critical */
    if (tvt_certificate_has(place.certificate, TVT_CEXT_NAME_CONSTRAINTS) &&
        !tvt_name_constraints_valid(tvt_certificate_extension(place.certificate, TVT_CEXT_NAME_CONSTRAINTS)))
        return refused(out, TVT_E_CERT_NAME_CONSTRAINTS, place, "nameConstraints");
    struct tvt_span too_wide;
    if (host == NULL || tvt_certificate_matches_host_under(&too_wide, place.certificate, host, request->suffixes))
        return true;
    (void)refused(out, TVT_E_CERT_NAME_MISMATCH, place, "subjectAltName");
    out->name = too_wide;
    return false;
}

bool
tvt_check_authority(struct tvt_refusal *out, const struct tvt_path_request *request, struct tvt_path_place place,
                    bool is_anchor, unsigned below)
{
    const struct tvt_certificate *c = place.certificate;
    /* Rule V7: an anchor of version 1 has no way to say that it is an authority (RFC 5280 6.1.4 k). */
    if (!c->is_ca && !(is_anchor && c->version < 3))
        return refused(out, TVT_E_CERT_NOT_CA, place, "basicConstraints.cA");
    /* rule V9 */
    if (c->is_ca && c->path_len >= 0 && below > (unsigned)c->path_len)
        return refused_values(out, TVT_E_CERT_PATH_LENGTH, place, "basicConstraints.pathLenConstraint",
                              (uint64_t)c->path_len, below);
    return check_usage(out, place, TVT_KEY_USAGE_CERT_SIGN) && check_purpose(out, request, place);
}

static bool
constraints_refused(struct tvt_refusal *out, enum tvt_constraints_result result, struct tvt_span constraints,
                    struct tvt_path_place authority, struct tvt_path_place place, uint8_t tag, struct tvt_span name)
{
    switch (result) {
    case TVT_CONSTRAINTS_MET:
        return true;
    case TVT_CONSTRAINTS_BUDGET:
        return refused(out, TVT_E_CERT_BUDGET, place, "nameConstraints");
    case TVT_CONSTRAINTS_MALFORMED:
        (void)refused(out, TVT_E_CERT_NAME_CONSTRAINTS, authority, "nameConstraints");
        return false;
    case TVT_CONSTRAINTS_NOT_PERMITTED:
        (void)refused(out, TVT_E_CERT_NAME_CONSTRAINTS, place, "permittedSubtrees");
        break;
    case TVT_CONSTRAINTS_EXCLUDED:
        (void)refused(out, TVT_E_CERT_NAME_CONSTRAINTS, place, "excludedSubtrees");
        break;
    case TVT_CONSTRAINTS_UNSUPPORTED:
        (void)refused(out, TVT_E_CERT_NAME_CONSTRAINTS, place, "nameConstraints");
        break;
    }
    out->authority = authority.certificate;
    out->constraints = constraints;
    out->name_tag = tag;
    out->name = name;
    return false;
}

static bool
check_names(struct tvt_refusal *out, struct tvt_span constraints, struct tvt_path_place authority,
            const struct tvt_path_place *path, size_t num, uint32_t *steps)
{
    if (constraints.len == 0)
        return true;
    for (size_t i = 0; i < num; i++) {
        struct tvt_span name;
        uint8_t tag;
        if (i > 0 && path[i].certificate->self_issued) /* RFC 5280 6.1.3 b */
            continue;
        enum tvt_constraints_result result =
            tvt_name_constraints_check(constraints, path[i].certificate, steps, &tag, &name);
        if (!constraints_refused(out, result, constraints, authority, path[i], tag, name))
            return false;
    }
    return true;
}

bool
tvt_identifiers_differ(const struct tvt_certificate *certificate, const struct tvt_certificate *issuer)
{
    return certificate->authority_key_id.len > 0 && issuer->subject_key_id.len > 0 &&
           !tvt_span_equal(certificate->authority_key_id, issuer->subject_key_id);
}

/* Rule N5. */
bool
tvt_check_constraints(struct tvt_refusal *out, struct tvt_path_place authority, const struct tvt_path_place *path,
                      size_t num, uint32_t *steps)
{
    return check_names(out, tvt_certificate_extension(authority.certificate, TVT_CEXT_NAME_CONSTRAINTS), authority,
                       path, num, steps);
}

/* Rules T1 to T3: these limits, of this anchor or of a certificate that stands for the same one. */
static bool
check_own_limits(struct tvt_refusal *out, const struct tvt_path_request *request,
                 const struct tvt_anchor_own_limits *own, const struct tvt_certificate *anchor,
                 const struct tvt_path_place *path, size_t num, unsigned below, uint32_t *steps)
{
    struct tvt_path_place place = {anchor, -1};
    unsigned wanted = request->purpose == TVT_PURPOSE_SERVER ? TVT_ANCHOR_SERVERS : TVT_ANCHOR_CLIENTS;
    if (own->purposes != 0 && (own->purposes & wanted) == 0) {
        (void)refused(out, TVT_E_CERT_ANCHOR_LIMIT, place, "purposes");
        out->words = wanted == TVT_ANCHOR_SERVERS ? "it is not trusted for servers" : "it is not trusted for clients";
        return false;
    }
    if (own->path_len >= 0 && below > (unsigned)own->path_len) {
        (void)refused_values(out, TVT_E_CERT_ANCHOR_LIMIT, place, "path_len", (uint64_t)own->path_len, below);
        out->words = "it is trusted for shorter paths";
        return false;
    }
    if (check_names(out, own->constraints, place, path, num, steps))
        return true;
    if (out->code == TVT_E_CERT_NAME_CONSTRAINTS)
        out->code = TVT_E_CERT_ANCHOR_LIMIT;
    return false;
}

/* Rule T5: an anchor is a name and a key (RFC 5280 6.1.1 d, RFC 5937). Another certificate of both, in a bundle beside the
 * one that has limits, is trusted for no more. */
bool
tvt_check_anchor_limits(struct tvt_refusal *out, const struct tvt_path_request *request,
                        const struct tvt_certificate *anchor, const struct tvt_path_place *path, size_t num,
                        unsigned below, uint32_t *steps)
{
    const struct tvt_anchor_own_limits *own = tvt_trust_store_limits(anchor);
    const struct tvt_certificate *same = NULL;
    if (own != NULL)
        return check_own_limits(out, request, own, anchor, path, num, below, steps);
    while ((same = tvt_trust_store_find(request->store, anchor->subject, anchor->subject_hash, same)) != NULL) {
        own = tvt_trust_store_limits(same);
        if (own != NULL && tvt_public_key_equal(&same->key, &anchor->key) &&
            !check_own_limits(out, request, own, anchor, path, num, below, steps))
            return false;
    }
    return true;
}

/* Rule V2: whether a key of this kind makes signatures of this kind. */
static bool
key_fits(const struct tvt_signature_algorithm *algorithm, const struct tvt_certificate *issuer)
{
    uint8_t type = issuer->key.type;
    switch (algorithm->family) {
    case TVT_SIG_RSA_PKCS1:
        return type == TVT_KEY_RSA;
    case TVT_SIG_RSA_PSS:
        return type == TVT_KEY_RSA || (type == TVT_KEY_RSA_PSS && (issuer->key_pss_hash == TVT_HASH_NONE ||
                                                                   issuer->key_pss_hash == algorithm->hash));
    case TVT_SIG_ECDSA:
        return type == TVT_KEY_P256 || type == TVT_KEY_P384 || type == TVT_KEY_P521;
    case TVT_SIG_EDDSA:
    case TVT_SIG_MLDSA:
        return type == algorithm->key_type;
    default:
        return false;
    }
}

uint32_t
tvt_signature_price(const struct tvt_public_key *key)
{
    uint32_t blocks = key->n.len > 512 ? ((uint32_t)key->n.len + 511) / 512 : 1;
    return blocks * blocks * (blocks > 1 && key->e.len > 4 ? 4 : 1);
}

int
tvt_check_signature(const struct tvt_certificate *certificate, const struct tvt_certificate *issuer,
                    const struct tvt_provider *provider)
{
    const struct tvt_signature_algorithm *algorithm = &certificate->algorithm;
    const struct tvt_signature *how;
    if (algorithm->family == TVT_SIG_NONE || issuer->key.type == TVT_KEY_NONE)
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    if (!key_fits(algorithm, issuer))
        return tvt_crypto_failure(TVT_CRYPTO_AUTH, 0);
    how = tvt_provider_signature(provider, algorithm->family, issuer->key.type, algorithm->hash);
    if (how == NULL || !how->can_verify)
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    return how->verify(how, algorithm->hash, &issuer->key, certificate->tbs.data, certificate->tbs.len,
                       certificate->signature.data, certificate->signature.len);
}

enum tvt_result
tvt_certificate_check_signature(const struct tvt_certificate *certificate, const struct tvt_certificate *issuer,
                                const struct tvt_provider *provider, const char *message, struct tvt_error *error)
{
    int result = tvt_check_signature(certificate, issuer, provider);
    switch (tvt_crypto_kind(result)) {
    case TVT_CRYPTO_NONE:
        return TVT_OK;
    case TVT_CRYPTO_AUTH:
        return tvt_fail(error, TVT_E_CERT_BAD_SIGNATURE, message, "signatureValue");
    case TVT_CRYPTO_UNSUPPORTED:
        return tvt_fail(error, TVT_E_CERT_SIGNATURE_ALGORITHM, message, "signatureAlgorithm");
    case TVT_CRYPTO_KEY:
        return tvt_fail_crypto(error, TVT_E_CERT_KEY_UNSUPPORTED, message, "subjectPublicKeyInfo", provider, result);
    default:
        return tvt_fail_crypto(error, TVT_E_CRYPTO, message, "signatureValue", provider, result);
    }
}

/* ---- words ----------------------------------------------------------------------------------------------- */

static const char *
purpose_words(const struct tvt_path_request *request)
{
    return request->purpose == TVT_PURPOSE_SERVER ? "serverAuth" : "clientAuth";
}

static void
constraints_words(char *out, size_t cap, const struct tvt_refusal *refusal)
{
    char name[64], authority[48], trees[96];
    if (refusal->authority == NULL) {
        (void)snprintf(out, cap, "%s", refusal->words != NULL ? refusal->words : "its name constraints are malformed");
        return;
    }
    bool permitted = strcmp(refusal->field, "permittedSubtrees") == 0;
    (void)tvt_general_name_text(name, sizeof(name), refusal->name_tag, refusal->name);
    (void)tvt_name_short_text(authority, sizeof(authority), refusal->authority->subject);
    (void)tvt_name_constraints_text(trees, sizeof(trees), refusal->constraints, !permitted, refusal->name_tag);
    if (permitted || strcmp(refusal->field, "excludedSubtrees") == 0) {
        (void)snprintf(out, cap, "the name %s is %s by %s; ", name, permitted ? "not permitted" : "excluded",
                       authority);
        size_t at = strlen(out);
        (void)snprintf(out + at, cap - at, "%s: %s", permitted ? "permitted" : "excluded", trees);
    } else {
        (void)snprintf(out, cap, "%s has constraints for such names; this one cannot be compared for certain: %s",
                       authority, name);
    }
}

/* Rule N9: a name that would have matched is told with the rule that takes it away. */
static void
mismatch_words(char *out, size_t cap, const struct tvt_refusal *refusal, const struct tvt_path_request *request)
{
    char names[128], rule[TVT_SUFFIX_TEXT_MAX];
    struct tvt_span wide = refusal->name;
    if (wide.len > 2 && request->suffixes != NULL &&
        tvt_public_suffixes_find(request->suffixes, rule, tvt_span(wide.data + 2, wide.len - 2)))
        (void)snprintf(out, cap, "asked for %.60s; a public suffix stands behind \"*.\" in %.*s, by the rule %.60s",
                       request->name, wide.len > 60 ? 60 : (int)wide.len, (const char *)wide.data, rule);
    else
        (void)snprintf(out, cap, "asked for %.60s; it is for %s", request->name,
                       tvt_certificate_names_text(names, sizeof(names), refusal->certificate));
}

/* "5f03, revoked at 2026-05-01T00:00:00Z (keyCompromise), says the list of 2026-05-31T00:00:00Z" */
static void
list_words(char *out, size_t cap, const struct tvt_refusal *refusal, const struct tvt_path_request *request)
{
    const struct tvt_crl *crl = refusal->crl;
    char a[24], b[24], serial[48];
    if (refusal->code == TVT_E_CERT_REVOKED)
        (void)snprintf(out, cap, "%s, revoked at %s (%s), says the list of %s",
                       tvt_serial_text(serial, sizeof(serial), refusal->certificate->serial),
                       tvt_time_text(a, sizeof(a), refusal->revoked.date), tvt_crl_reason_text(refusal->revoked.reason),
                       tvt_time_text(b, sizeof(b), crl->this_update));
    else
        (void)snprintf(
            out, cap, "the list is %s %s, it is %s",
            request->time < crl->this_update ? "not good before" : "good until",
            tvt_time_text(a, sizeof(a), request->time < crl->this_update ? crl->this_update : crl->next_update),
            tvt_time_text(b, sizeof(b), request->time));
}

/* What a certificate may be used for, and what it would have to be good for. */
static void
rights_words(char *out, size_t cap, const struct tvt_refusal *refusal, const struct tvt_path_request *request)
{
    const struct tvt_certificate *c = refusal->certificate;
    char has[128];
    if (refusal->code == TVT_E_CERT_KEY_USAGE)
        (void)snprintf(out, cap, "%s is needed; it has %s%s",
                       refusal->expected == TVT_KEY_USAGE_CERT_SIGN ? "keyCertSign" : "digitalSignature",
                       tvt_key_usage_text(has, sizeof(has), c->key_usage),
                       refusal->index == 0 && c->is_ca ? "; an authority stands where the leaf must" : "");
    else if (refusal->code == TVT_E_CERT_EXTENDED_KEY_USAGE)
        (void)snprintf(out, cap, "%s is needed; it has %s", purpose_words(request),
                       tvt_purposes_text(has, sizeof(has), c));
    else if (refusal->code == TVT_E_CERT_NOT_CA)
        (void)snprintf(out, cap, "cA is needed; %s",
                       tvt_certificate_has(c, TVT_CEXT_BASIC_CONSTRAINTS) ? "it is false"
                                                                          : "it has no basicConstraints");
    else
        (void)snprintf(out, cap, "authorities that may stand below it: %llu; there: %llu",
                       (unsigned long long)refusal->expected, (unsigned long long)refusal->got);
}

static void
key_words(char *out, size_t cap, const struct tvt_refusal *refusal)
{
    char kind[96];
    unsigned bits = refusal->certificate->key.bits;
    unsigned long long bound = refusal->expected;
    if (refusal->code == TVT_E_CERT_WEAK_KEY)
        (void)snprintf(out, cap, "RSA %u bits, %llu are needed", bits, bound);
    else if (refusal->has_values)
        (void)snprintf(out, cap, "RSA %u bits, at most %llu are taken", bits, bound);
    else
        (void)snprintf(out, cap, "%s; RSA, P-256, P-384, P-521, Ed25519, Ed448 and ML-DSA are known",
                       tvt_key_text(kind, sizeof(kind), &refusal->certificate->key));
}

/* What is wrong, in words, and what would have been accepted. */
static void
refusal_words(char *out, size_t cap, const struct tvt_refusal *refusal, const struct tvt_path_request *request)
{
    const struct tvt_certificate *c = refusal->certificate;
    char a[128], b[32];
    switch (refusal->code) {
    case TVT_E_CERT_EXPIRED:
        (void)snprintf(out, cap, "not after %s, it is %s", tvt_time_text(a, sizeof(a), c->not_after),
                       tvt_time_text(b, sizeof(b), request->time));
        break;
    case TVT_E_CERT_NOT_YET_VALID:
        (void)snprintf(out, cap, "not before %s, it is %s", tvt_time_text(a, sizeof(a), c->not_before),
                       tvt_time_text(b, sizeof(b), request->time));
        break;
    case TVT_E_CERT_NAME_MISMATCH:
        mismatch_words(out, cap, refusal, request);
        break;
    case TVT_E_CERT_KEY_USAGE:
    case TVT_E_CERT_EXTENDED_KEY_USAGE:
    case TVT_E_CERT_NOT_CA:
    case TVT_E_CERT_PATH_LENGTH:
        rights_words(out, cap, refusal, request);
        break;
    case TVT_E_CERT_WEAK_KEY:
    case TVT_E_CERT_KEY_UNSUPPORTED:
        key_words(out, cap, refusal);
        break;
    case TVT_E_CERT_SIGNATURE_ALGORITHM:
        (void)snprintf(out, cap, "%s", tvt_signature_algorithm_text(a, sizeof(a), c));
        break;
    case TVT_E_CERT_CRITICAL_EXTENSION:
        (void)snprintf(out, cap, "%s",
                       strcmp(refusal->field, "extension") == 0 ? tvt_oid_text(a, sizeof(a), c->unknown_critical)
                                                                : refusal->field);
        break;
    case TVT_E_CERT_MALFORMED:
        (void)snprintf(out, cap, "%s",
                       c->odd_time ? "a date before 2050 is not a UTCTime" : "zero bits stand behind its last one");
        break;
    case TVT_E_CERT_ANCHOR_LIMIT:
    case TVT_E_CERT_NAME_CONSTRAINTS:
        constraints_words(out, cap, refusal);
        break;
    case TVT_E_CERT_UNKNOWN_ISSUER:
        if (c->self_issued && !tvt_identifiers_differ(c, c))
            (void)snprintf(out, cap, "the chain ends in this root, which is not in the trust store");
        else
            (void)snprintf(out, cap, "its issuer is %s", tvt_name_text(a, sizeof(a), c->issuer));
        break;
    case TVT_E_CERT_REVOKED:
    case TVT_E_CRL_NOT_CURRENT:
        list_words(out, cap, refusal, request);
        break;
    case TVT_E_CERT_POLICY:
        (void)snprintf(out, cap, "one policy in every certificate of the path would do");
        break;
    default:
        (void)snprintf(out, cap, "%s", refusal->words != NULL ? refusal->words : "");
        break;
    }
}

enum tvt_result
tvt_path_refuse(struct tvt_error *error, const struct tvt_refusal *refusal, const struct tvt_path_request *request)
{
    bool first = error != NULL && error->code == TVT_E_NONE;
    const char *message = refusal->index >= 0 ? tvt_certificate_label((size_t)refusal->index) : "trust anchor";
    char words[TVT_ERROR_DETAIL_MAX], subject[64];
    if (!first)
        return TVT_FAIL;
    if (refusal->native != 0)
        return tvt_fail_crypto(error, refusal->code, message, refusal->field, request->provider, refusal->native);
    refusal_words(words, sizeof(words), refusal, request);
    (void)tvt_name_short_text(subject, sizeof(subject), refusal->certificate->subject);
    (void)tvt_fail_detail(error, refusal->code, message, refusal->field, "certificate \"%s\"%s%s", subject,
                          words[0] != '\0' ? ": " : "", words);
    if (refusal->has_values) {
        error->has_values = true;
        error->expected = refusal->expected;
        error->got = refusal->got;
    }
    return TVT_FAIL;
}
