/* SPDX-License-Identifier: MIT
 *
 * Why verifiers may differ about one path. A rule names who refuses, with which words, what in the certificates brings it
 * about, and who is right by which text. It is held to that: what it names is mended in a copy of the certificates, and when
 * the verdicts still differ, that difference needs a rule of its own.
 */
#include "tests/x509-oracle/mend.h"

#include <trivet/error.h>

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/x509_vfy.h>

#define ROUNDS_MAX 8

struct rule {
    const char *theirs;
    bool ours_accepts;
    int code;                                 /* of who refuses; 0: any                                     */
    const char *field;                        /* where we refuse; NULL: any                                 */
    bool (*mend)(struct oracle_world *world); /* false: what it speaks of is not there */
    const char *text;
};

#define WE_REFUSE(verifier, code, field, mend, text)                                                                   \
    {                                                                                                                  \
        verifier, false, TVT_E_CERT_##code, field, mend, text                                                          \
    }
#define OPENSSL_REFUSES(code, mend, text)                                                                              \
    {                                                                                                                  \
        "OpenSSL", true, code, NULL, mend, text                                                                        \
    }
#define GNUTLS_REFUSES(mend, text)                                                                                     \
    {                                                                                                                  \
        "GnuTLS", true, 0, NULL, mend, text                                                                            \
    }

static const struct rule rules[] = {
    WE_REFUSE("OpenSSL", KEY_USAGE, "keyUsage", mend_leaf_usage,
              "the leaf's key may not sign (RFC 9846 4.5.1.2); OpenSSL is content with what TLS 1.2's RSA and static "
              "Diffie-Hellman needed"),
    WE_REFUSE("OpenSSL", NAME_CONSTRAINTS, "nameConstraints", mend_dns_base,
              "a dNSName base with a leading dot or a wildcard is no host name (RFC 5280 4.2.1.10); OpenSSL matches it "
              "as text"),
    WE_REFUSE("OpenSSL", NAME_CONSTRAINTS, "nameConstraints", mend_mask,
              "a mask that is no prefix (RFC 5280 4.2.1.10 has CIDR's form); OpenSSL applies it bit by bit"),
    WE_REFUSE(
        "OpenSSL", NAME_CONSTRAINTS, "excludedSubtrees", mend_wildcard_name,
        "a wildcard stands for an excluded name (RFC 5280 4.2.1.10, 6.1.4 g); OpenSSL compares the asterisk as text"),
    WE_REFUSE("OpenSSL", NAME_CONSTRAINTS, NULL, mend_partial_wildcard,
              "a name with an asterisk inside a label is no host name and cannot be compared (RFC 9525 6.3); OpenSSL "
              "compares "
              "it as text"),
    WE_REFUSE("OpenSSL", NAME_CONSTRAINTS, "nameConstraints", mend_address_uri,
              "a URI with an address for a host, where URIs are constrained (OpenSSL accepts what RFC 5280 4.2.1.10 "
              "says MUST be "
              "rejected)"),
    WE_REFUSE(
        "OpenSSL", NAME_CONSTRAINTS, NULL, mend_userinfo_uri,
        "a URI with a user before the host: the host is what constraints are for (RFC 5280 4.2.1.10; RFC 3986 3.2); "
        "OpenSSL takes the user for a part of it"),
    WE_REFUSE(
        "OpenSSL", SIGNATURE_ALGORITHM, NULL, mend_sha1,
        "SHA-1 signatures are never accepted (RFC 9155, RFC 9846 4.5.1.2); OpenSSL takes them at security level 0 of "
        "X509_verify_cert"),
    WE_REFUSE(
        "OpenSSL", NOT_CA, NULL, mend_no_basic,
        "an authority without basic constraints (OpenSSL accepts what RFC 5280 6.1.4 k forbids, where key usage has "
        "keyCertSign)"),
    OPENSSL_REFUSES(X509_V_ERR_INVALID_PURPOSE, mend_any_eku,
                    "anyExtendedKeyUsage stands for every purpose (RFC 5280 4.2.1.12); OpenSSL wants it by name"),
    OPENSSL_REFUSES(
        0, mend_wrong_identifier,
        "an authority key identifier that differs is a hint (RFC 5280 4.2.1.1; not part of 6.1); OpenSSL refuses the "
        "issuer for it"),
    OPENSSL_REFUSES(
        0, mend_self_issued_identifiers,
        "a self-issued certificate whose identifiers do not say otherwise; OpenSSL holds it for self-signed (RFC 5280 "
        "3.2 tells the two apart)"),
    OPENSSL_REFUSES(0, mend_signer_identifiers,
                    "two authorities of one name; OpenSSL takes the first one that the identifiers allow and does not "
                    "try the other (RFC 4158 2.4 asks for it)"),
    OPENSSL_REFUSES(
        X509_V_ERR_PERMITTED_VIOLATION, mend_userinfo_uri,
        "a URI with a user before the host: the host is what constraints are for (RFC 5280 4.2.1.10; RFC 3986 3.2); "
        "OpenSSL takes the user for a part of it"),
    WE_REFUSE("GnuTLS", KEY_USAGE, "keyUsage", mend_leaf_usage,
              "the leaf's key may not sign (RFC 9846 4.5.1.2); GnuTLS leaves that to the cipher suite"),
    WE_REFUSE("GnuTLS", NAME_CONSTRAINTS, "nameConstraints", mend_dns_base,
              "a dNSName base with a leading dot or a wildcard is no host name (RFC 5280 4.2.1.10); GnuTLS matches it "
              "as text"),
    WE_REFUSE("GnuTLS", NAME_CONSTRAINTS, "nameConstraints", mend_mask,
              "a mask that is no prefix (RFC 5280 4.2.1.10 has CIDR's form)"),
    WE_REFUSE(
        "GnuTLS", NAME_CONSTRAINTS, "excludedSubtrees", mend_wildcard_name,
        "a wildcard stands for an excluded name (RFC 5280 4.2.1.10, 6.1.4 g); GnuTLS compares the asterisk as text"),
    WE_REFUSE("GnuTLS", NAME_CONSTRAINTS, NULL, mend_partial_wildcard,
              "a name with an asterisk inside a label is no host name and cannot be compared (RFC 9525 6.3)"),
    WE_REFUSE(
        "GnuTLS", NAME_CONSTRAINTS, "nameConstraints", mend_no_mailbox,
        "an rfc822Name that is no mailbox, where mailboxes are constrained; GnuTLS finds it in no subtree (RFC 5280 "
        "4.2.1.6, 4.2.1.10)"),
    WE_REFUSE("GnuTLS", NAME_CONSTRAINTS, NULL, mend_subject_mailbox,
              "a mailbox in the subject beside alternative names; RFC 5280 4.2.1.10 asks for the check without "
              "alternative names, "
              "rule N5 always does, as OpenSSL does"),
    WE_REFUSE(
        "GnuTLS", CRITICAL_EXTENSION, NULL, mend_trusted_leaf,
        "a leaf that is in the store: its signature is not asked for, the rest is (rule B2); GnuTLS asks for nothing"),
    WE_REFUSE("GnuTLS", EXPIRED, NULL, mend_trusted_leaf,
              "a leaf that is in the store and has expired (rule B2); GnuTLS asks for nothing"),
    WE_REFUSE("GnuTLS", EXTENDED_KEY_USAGE, NULL, mend_trusted_leaf,
              "a leaf that is in the store, for another purpose (rule B2); GnuTLS asks for nothing"),
    WE_REFUSE("GnuTLS", NAME_MISMATCH, NULL, mend_common_name,
              "the leaf has no dNSName; GnuTLS takes its common name for one (RFC 9525 2 has no common names)"),
    WE_REFUSE("GnuTLS", NOT_CA, NULL, mend_anchor_basic,
              "an anchor of version 3 without basic constraints (rule V7); GnuTLS does not look at an anchor's (RFC "
              "5280 6.1.1 d "
              "leaves it to us)"),
    WE_REFUSE(
        "GnuTLS", EXTENDED_KEY_USAGE, NULL, mend_anchor_eku,
        "the anchor's extended key usage is for something else; GnuTLS does not look at an anchor's (RFC 5280 6.1.1 d "
        "leaves it to us)"),
    WE_REFUSE("GnuTLS", NAME_CONSTRAINTS, NULL, mend_directory_bases,
              "a subject outside the permitted directory names (GnuTLS accepts what RFC 5280 6.1.3 b forbids: it does "
              "not compare "
              "subjects)"),
    WE_REFUSE("GnuTLS", NAME_CONSTRAINTS, NULL, mend_address_bases,
              "an IPv4 address where IPv6 alone is permitted, or the other way round (RFC 5280 4.2.1.10: both are "
              "iPAddress); "
              "GnuTLS constrains each family alone"),
    WE_REFUSE("GnuTLS", NAME_CONSTRAINTS, NULL, mend_uri_bases,
              "a URI that the constraints refuse; GnuTLS does not compare URIs (RFC 5280 4.2.1.10)"),
    GNUTLS_REFUSES(
        mend_path_length,
        "self-issued intermediates do not count against a path length (RFC 5280 6.1.4 l); GnuTLS counts them"),
    GNUTLS_REFUSES(mend_any_eku,
                   "anyExtendedKeyUsage stands for every purpose (RFC 5280 4.2.1.12); GnuTLS wants it by name"),
    GNUTLS_REFUSES(mend_forms,
                   "the same name in another case, spacing or string type (RFC 5280 7.1); GnuTLS compares bytes"),
    GNUTLS_REFUSES(
        mend_wrong_identifier,
        "an authority key identifier that differs is a hint (RFC 5280 4.2.1.1); GnuTLS refuses the issuer for it"),
    GNUTLS_REFUSES(mend_self_issued_identifiers,
                   "a self-issued certificate whose identifiers do not say otherwise; GnuTLS holds it for self-signed"),
    GNUTLS_REFUSES(mend_signer_identifiers,
                   "two authorities of one name; GnuTLS takes the first one and does not try the other"),
    GNUTLS_REFUSES(
        mend_empty_dns_base,
        "an empty dNSName base is the whole name space (RFC 5280 4.2.1.10: zero labels added); GnuTLS's intersection "
        "loses it"),
    GNUTLS_REFUSES(mend_other_kinds,
                   "constraints of a kind that GnuTLS does not compare (registeredID, URI, directoryName) fail every "
                   "certificate there, or those with such a name (RFC 5280 4.2.1.10 wants directoryName at least)"),
    GNUTLS_REFUSES(mend_no_dns_name,
                   "the leaf has no dNSName; GnuTLS takes its common name for one (RFC 9525 2 has no common names)"),
};

#define NUM_RULES (sizeof(rules) / sizeof(rules[0]))
_Static_assert(NUM_RULES <= ORACLE_RULES_MAX, "a rule for each mark");

static bool
fits(const struct rule *r, const struct oracle_verifier *theirs, const struct oracle_verdict *ours,
     const struct oracle_verdict *other)
{
    const struct oracle_verdict *refusal = ours->accepted ? other : ours;
    return strcmp(r->theirs, theirs->name) == 0 && r->ours_accepts == ours->accepted &&
           (r->code == 0 || r->code == refusal->code) && (r->field == NULL || strcmp(r->field, refusal->field) == 0);
}

static bool
remake(struct oracle_world *w)
{
    for (size_t i = 0; i < w->num; i++) {
        X509_free(w->x509[i]);
        OPENSSL_free(w->der[i]);
        w->x509[i] = NULL;
        w->der[i] = NULL;
    }
    return oracle_make(w);
}

static bool
ask_both(struct oracle_verdict *ours, struct oracle_verdict *other, const struct oracle_world *w,
         const struct oracle_verifier *theirs)
{
    struct oracle_part part = {0, 0};
    for (size_t i = 0; i < w->num && i < ORACLE_CERTIFICATES_MAX; i++) {
        part.sent |= (uint32_t)w->spec[i].sent << i;
        part.trusted |= (uint32_t)w->spec[i].trusted << i;
    }
    return oracle_ours.verify(ours, w, part) && theirs->verify(other, w, part);
}

/* Tries each rule in turn until one has something to mend. */
static bool
mend_once(bool *used, struct oracle_world *w, const struct oracle_verifier *theirs, const struct oracle_verdict *ours,
          const struct oracle_verdict *other)
{
    for (size_t i = 0; i < NUM_RULES; i++) {
        if (fits(&rules[i], theirs, ours, other) && rules[i].mend(w)) {
            used[i] = true;
            return true;
        }
    }
    return false;
}

bool
oracle_explain(bool *used, bool *fault, const struct oracle_world *path_world, const struct oracle_verifier *theirs)
{
    static struct oracle_world copy;
    static const uint8_t in_order[ORACLE_PATH_MAX] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    struct oracle_verdict ours, other;
    bool explained = false;
    *fault = !oracle_world_of_path(&copy, path_world, in_order, path_world->num);
    if (*fault)
        return false;
    for (int round = 0; round <= ROUNDS_MAX && !explained; round++) {
        *fault = !ask_both(&ours, &other, &copy, theirs);
        if (*fault)
            break;
        explained = ours.accepted == other.accepted;
        if (explained || !mend_once(used, &copy, theirs, &ours, &other))
            break;
        *fault = !remake(&copy);
        if (*fault)
            break;
    }
    oracle_world_free(&copy);
    return explained && !*fault;
}

const char *
oracle_rule_text(size_t index, const char **verifier, bool *ours_accepts)
{
    if (index >= NUM_RULES)
        return NULL;
    *verifier = rules[index].theirs;
    *ours_accepts = rules[index].ours_accepts;
    return rules[index].text;
}
