/* SPDX-License-Identifier: MIT
 *
 * The web-PKI profile (docs/x509.md, W rules): what RFC 5280 demands of those who issue certificates, and the CA/Browser
 * Forum's Baseline Requirements ("BR") of public ones. Validation needs none of it; who asks for the profile wants
 * chains that were issued with care.
 */
#include "core/x509/path_check.h"

#include <string.h>

/* Where a rule applies. */
enum { LEAF = 1, AUTHORITY = 2, SERVER_LEAF = 4 /* a leaf that is a server's and no authority */ };

typedef bool (*broken_fn)(const struct tvt_certificate *c);

static bool
has(const struct tvt_certificate *c, enum tvt_certificate_extension id)
{
    return tvt_certificate_has(c, id);
}

static bool
is_critical(const struct tvt_certificate *c, enum tvt_certificate_extension id)
{
    return (c->critical & 1u << id) != 0;
}

static bool
may_sign_certificates(const struct tvt_certificate *c)
{
    return has(c, TVT_CEXT_KEY_USAGE) && (c->key_usage & TVT_KEY_USAGE_CERT_SIGN) != 0;
}

static bool
not_version_3(const struct tvt_certificate *c)
{
    return c->version != 3;
}

static bool
serial_not_positive(const struct tvt_certificate *c)
{
    return c->serial.data[0] >= 0x80 || (c->serial.len == 1 && c->serial.data[0] == 0);
}

static bool
odd_modulus(const struct tvt_certificate *c)
{
    return (c->key.type == TVT_KEY_RSA || c->key.type == TVT_KEY_RSA_PSS) && c->key.bits % 8 != 0;
}

static bool
no_authority_key_id(const struct tvt_certificate *c)
{
    return !c->self_issued && !has(c, TVT_CEXT_AUTHORITY_KEY_ID);
}

static bool
odd_authority_key_id(const struct tvt_certificate *c)
{
    return has(c, TVT_CEXT_AUTHORITY_KEY_ID) && (c->authority_key_id.len == 0 || c->aki_names_issuer);
}

static bool
no_subject_key_id(const struct tvt_certificate *c)
{
    return !has(c, TVT_CEXT_SUBJECT_KEY_ID);
}

static bool
uncritical_basic_constraints(const struct tvt_certificate *c)
{
    return !is_critical(c, TVT_CEXT_BASIC_CONSTRAINTS);
}

static bool
uncritical_policy_constraints(const struct tvt_certificate *c)
{
    return has(c, TVT_CEXT_POLICY_CONSTRAINTS) && !is_critical(c, TVT_CEXT_POLICY_CONSTRAINTS);
}

static bool
uncritical_inhibit_any_policy(const struct tvt_certificate *c)
{
    return has(c, TVT_CEXT_INHIBIT_ANY_POLICY) && !is_critical(c, TVT_CEXT_INHIBIT_ANY_POLICY);
}

static bool
constrains_names(const struct tvt_certificate *c)
{
    return !c->is_ca && has(c, TVT_CEXT_NAME_CONSTRAINTS);
}

static bool
half_authority(const struct tvt_certificate *c)
{
    return c->is_ca != may_sign_certificates(c);
}

static bool
path_length_of_none(const struct tvt_certificate *c)
{
    return !c->is_ca && c->path_len >= 0;
}

static bool
any_purpose(const struct tvt_certificate *c)
{
    return has(c, TVT_CEXT_EXTENDED_KEY_USAGE) && (c->eku & TVT_EKU_ANY) != 0;
}

static bool
critical_purpose(const struct tvt_certificate *c)
{
    return is_critical(c, TVT_CEXT_EXTENDED_KEY_USAGE);
}

static bool
root_with_purpose(const struct tvt_certificate *c)
{
    return c->self_issued && has(c, TVT_CEXT_EXTENDED_KEY_USAGE);
}

static bool
no_alternative_name(const struct tvt_certificate *c)
{
    return !has(c, TVT_CEXT_SUBJECT_ALT_NAME);
}

/* The empty subject is two bytes long. */
static bool
alternative_name_criticality(const struct tvt_certificate *c)
{
    return has(c, TVT_CEXT_SUBJECT_ALT_NAME) && is_critical(c, TVT_CEXT_SUBJECT_ALT_NAME) != (c->subject.len == 2);
}

/* A reader at the names of subjectAltName. */
static struct tvt_reader
alternative_names(struct tvt_reader *outer, const struct tvt_certificate *c)
{
    struct tvt_reader names;
    tvt_reader_init(outer, tvt_certificate_extension(c, TVT_CEXT_SUBJECT_ALT_NAME));
    tvt_der_enter(outer, &names, TVT_DER_SEQUENCE, "subjectAltName");
    return names;
}

static bool
odd_dns_name(const struct tvt_certificate *c)
{
    struct tvt_reader outer, names = alternative_names(&outer, c);
    struct tvt_span value;
    uint8_t tag;
    while (tvt_general_name_next(&names, &tag, &value))
        if (tag == TVT_GN_DNS && (!tvt_dns_valid(value, true) || memchr(value.data, '_', value.len) != NULL))
            return true;
    return false;
}

/* What a common name looks like to one who would match it. */
enum look { LOOKS_PLAIN, LOOKS_LIKE_HOST, LOOKS_LIKE_ADDRESS };

static bool
is_hex_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* An address in any writing that some reader takes (leading zeros, hexadecimal), a host name in ASCII or not. */
static enum look
look_of(struct tvt_span text)
{
    bool dots = false, colons = false, address = text.len > 0, host = true;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        dots = dots || c == '.';
        colons = colons || c == ':';
        address = address && (is_hex_digit(c) || c == '.' || c == ':' || (c | 0x20) == 'x');
        host = host && c > ' ' && c != ',' && c != '@' && c != '/' && c != ':';
    }
    bool hexadecimal = text.len > 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x';
    if (address && (colons || hexadecimal || (dots && text.data[0] <= '9')))
        return LOOKS_LIKE_ADDRESS;
    return host && dots ? LOOKS_LIKE_HOST : LOOKS_PLAIN;
}

static bool
ends_below(struct tvt_span name, struct tvt_span domain)
{
    return name.len > domain.len + 1 && name.data[name.len - domain.len - 1] == '.' &&
           tvt_span_equal(tvt_span(name.data + name.len - domain.len, domain.len), domain);
}

/* A copy of an alternative name, or, for a host, a domain above one; where there are addresses alone, no host is compared. */
static bool
has_its_like(const struct tvt_certificate *c, struct tvt_span text, enum look look)
{
    struct tvt_reader outer, names = alternative_names(&outer, c);
    struct tvt_span value;
    uint8_t tag;
    bool any_dns = false;
    while (tvt_general_name_next(&names, &tag, &value)) {
        char address[48];
        any_dns = any_dns || tag == TVT_GN_DNS;
        if (tag == TVT_GN_DNS && (tvt_span_equal(value, text) || ends_below(value, text)))
            return true;
        if (tag == TVT_GN_IP && tvt_span_is(text, tvt_general_name_text(address, sizeof(address), tag, value)))
            return true;
    }
    return look == LOOKS_LIKE_HOST && !any_dns;
}

/* A common name that looks like a host or an address and has no like among the alternative names. */
static bool
common_name_alone(const struct tvt_certificate *c)
{
    static const uint8_t common_name[] = {0x55, 0x04, 0x03};
    struct tvt_reader r, names, set, attribute;
    unsigned budget = 8; /* common names of one subject that are looked up */
    tvt_reader_init(&r, c->subject);
    tvt_der_enter(&r, &names, TVT_DER_SEQUENCE, "subject");
    while (tvt_reader_left(&names) > 0) {
        tvt_der_enter(&names, &set, TVT_DER_SET, "subject");
        while (tvt_reader_left(&set) > 0) {
            uint8_t tag;
            tvt_der_enter(&set, &attribute, TVT_DER_SEQUENCE, "subject");
            struct tvt_span oid = tvt_der_read_oid(&attribute, "subject");
            struct tvt_span value = tvt_der_read_any(&attribute, &tag, "subject");
            /* two or four bytes for a letter are no copy of anything, whatever they look like */
            bool wide = tag == TVT_DER_BMP_STRING || tag == TVT_DER_UNIVERSAL_STRING;
            enum look look = wide ? LOOKS_LIKE_HOST : look_of(value);
            if (tvt_span_equal(oid, tvt_span(common_name, sizeof(common_name))) && look != LOOKS_PLAIN &&
                (budget-- == 0 || !has_its_like(c, value, look)))
                return true;
        }
    }
    return false;
}

static const struct rule {
    broken_fn broken;
    unsigned where;
    const char *field;
    const char *words;
} rules[] = {
    /* W1 */ {not_version_3, LEAF | AUTHORITY, "version", "version 3 is wanted (BR 7.1.1)"},
    /* W2 */ {serial_not_positive, LEAF | AUTHORITY, "serialNumber", "a positive one is wanted (RFC 5280 4.1.2.2)"},
    /* W3 */ {odd_modulus, LEAF | AUTHORITY, "modulus", "a length of whole octets is wanted (BR 6.1.5)"},
    /* W4 */
    {no_authority_key_id, LEAF | AUTHORITY, "authorityKeyIdentifier", "it is wanted (RFC 5280 4.2.1.1)"},
    /* W5 */
    {odd_authority_key_id, LEAF | AUTHORITY, "authorityKeyIdentifier",
     "a keyIdentifier alone is wanted (BR 7.1.2.11.1)"},
    /* W6 */ {no_subject_key_id, AUTHORITY, "subjectKeyIdentifier", "it is wanted (RFC 5280 4.2.1.2)"},
    /* W7 */
    {uncritical_basic_constraints, AUTHORITY, "basicConstraints", "a critical one is wanted (RFC 5280 4.2.1.9)"},
    /* W8 */
    {uncritical_policy_constraints, LEAF | AUTHORITY, "policyConstraints",
     "a critical one is wanted (RFC 5280 4.2.1.11)"},
    {uncritical_inhibit_any_policy, LEAF | AUTHORITY, "inhibitAnyPolicy",
     "a critical one is wanted (RFC 5280 4.2.1.14)"},
    /* W9 */ {constrains_names, LEAF, "nameConstraints", "authorities alone have it (RFC 5280 4.2.1.10)"},
    /* W10 */
    {half_authority, LEAF, "basicConstraints.cA", "cA and keyCertSign go together (RFC 5280 4.2.1.9, BR 7.1.2.7.8)"},
    {path_length_of_none, LEAF, "basicConstraints.pathLenConstraint", "authorities alone have it (RFC 5280 4.2.1.9)"},
    /* W11 */ {any_purpose, LEAF, "extendedKeyUsage", "single purposes are wanted (BR 7.1.2.7.10)"},
    {critical_purpose, LEAF, "extendedKeyUsage", "one that is not critical is wanted (BR 7.1.2.7.6)"},
    {root_with_purpose, AUTHORITY, "extendedKeyUsage", "a root has none (BR 7.1.2.1.2)"},
    /* W12 */ {no_alternative_name, SERVER_LEAF, "subjectAltName", "it is wanted (BR 7.1.2.7.12)"},
    {alternative_name_criticality, LEAF, "subjectAltName",
     "critical with an empty subject, and only then (RFC 5280 4.2.1.6, BR 7.1.2.7.12)"},
    /* W13 */
    {odd_dns_name, SERVER_LEAF, "subjectAltName", "letters, digits and hyphens are wanted (RFC 5280 4.2.1.6)"},
    /* W14 */
    {common_name_alone, SERVER_LEAF, "subject.commonName",
     "a copy of one of its alternative names is wanted (BR 7.1.4.3)"},
};

bool
tvt_check_web_pki(struct tvt_refusal *out, const struct tvt_path_request *request, struct tvt_path_place place,
                  bool is_leaf)
{
    bool server_leaf = is_leaf && request->purpose == TVT_PURPOSE_SERVER && !place.certificate->is_ca;
    unsigned where = (is_leaf ? LEAF : AUTHORITY) | (server_leaf ? SERVER_LEAF : 0u);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if ((rules[i].where & where) == 0 || !rules[i].broken(place.certificate))
            continue;
        memset(out, 0, sizeof(*out));
        out->code = TVT_E_CERT_PROFILE;
        out->field = rules[i].field;
        out->words = rules[i].words;
        out->certificate = place.certificate;
        out->index = place.index;
        return false;
    }
    return true;
}
