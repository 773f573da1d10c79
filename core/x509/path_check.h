/* SPDX-License-Identifier: MIT
 *
 * The single checks of path validation, for path.c alone: each says what is wrong with one certificate in its place.
 */
#ifndef TVT_CORE_X509_PATH_CHECK_H
#define TVT_CORE_X509_PATH_CHECK_H

#include "core/x509/crl.h"
#include "core/x509/path.h"

/* Why a certificate is refused. */
struct tvt_refusal {
    enum tvt_error_code code; /* TVT_E_NONE: it is not                                     */
    const char *field;
    const struct tvt_certificate *certificate;
    const struct tvt_certificate *authority; /* whose constraint it is, where there is one; else NULL */
    int8_t index;             /* of `certificate` in the received chain; -1: trust anchor  */
    uint8_t name_tag;         /* of `name`, a GeneralName                                  */
    bool has_values;
    uint64_t expected, got;
    struct tvt_span constraints; /* of `authority`, what `name` breaks                     */
    struct tvt_span name;     /* CERT_NAME_MISMATCH: the dNSName of rule N9, or empty      */
    int native;               /* a provider's failure, 0: none                             */
    const struct tvt_crl *crl;     /* CERT_REVOKED, CRL_NOT_CURRENT: the list; else NULL          */
    struct tvt_crl_entry revoked;  /* CERT_REVOKED                                                */
    const char *words;        /* what would have been accepted (static); NULL: see the code */
};

/* A certificate in its place. */
struct tvt_path_place {
    const struct tvt_certificate *certificate;
    int8_t index; /* in the received chain; -1: trust anchor */
};

/* What does not depend on the place: key, critical extensions, validity, and (unless it is an anchor, which nobody's
 * signature vouches for) the signature algorithm. */
TVT_MUST_USE bool tvt_check_certificate(struct tvt_refusal *out, const struct tvt_path_request *request,
                                        const struct tvt_path_policy *policy, struct tvt_path_place place,
                                        bool is_anchor);
/* End entity: usage, purpose, name (`host` NULL: no name is wanted). */
TVT_MUST_USE bool tvt_check_leaf(struct tvt_refusal *out, const struct tvt_path_request *request,
                                 struct tvt_path_place place, const struct tvt_host *host);
/* Authority: CA, its usage, purpose, path length. `below`: intermediates under it that are not self-issued. */
TVT_MUST_USE bool tvt_check_authority(struct tvt_refusal *out, const struct tvt_path_request *request,
                                      struct tvt_path_place place, bool is_anchor, unsigned below);
/* Rule B4: key identifiers speak against `issuer` (RFC 5280 4.2.1.1). They are hints: names and signatures decide. */
TVT_MUST_USE bool tvt_identifiers_differ(const struct tvt_certificate *certificate, const struct tvt_certificate *issuer);
/* Name constraints of `authority` against the `num` certificates of the path below it, leaf first. */
TVT_MUST_USE bool tvt_check_constraints(struct tvt_refusal *out, struct tvt_path_place authority,
                                        const struct tvt_path_place *path, size_t num, uint32_t *steps);
/* What the program says of this anchor, or, where it says nothing, of others with its name and key (RFC 5280 6.1.1 d). `below` as above; path: what stands below it, leaf first. */
TVT_MUST_USE bool tvt_check_anchor_limits(struct tvt_refusal *out, const struct tvt_path_request *request,
                                          const struct tvt_certificate *anchor, const struct tvt_path_place *path,
                                          size_t num, unsigned below, uint32_t *steps);

/* Policies of a whole path of `num` certificates, its anchor last. */
TVT_MUST_USE bool tvt_check_policies(struct tvt_refusal *out, const struct tvt_path_place *path, size_t num);
/* The web-PKI profile. `is_leaf`: end of the path, else an authority. */
TVT_MUST_USE bool tvt_check_web_pki(struct tvt_refusal *out, const struct tvt_path_request *request,
                                    struct tvt_path_place place, bool is_leaf);

/* Rule B7: what a check under this key takes of the budget: one up to 4096 bits, as the square of the length above that, and four
 * times as much under an exponent that is long. */
uint32_t tvt_signature_price(const struct tvt_public_key *key);
/* The signature of `place` under the key of `issuer`. 0: good; TVT_CRYPTO_AUTH kind: it is not the issuer's;
 * TVT_CRYPTO_UNSUPPORTED kind: nobody here can tell; else the provider's failure. */
TVT_MUST_USE int tvt_check_signature(const struct tvt_certificate *certificate, const struct tvt_certificate *issuer,
                                     const struct tvt_provider *provider);

/* Raises the refusal with everything that it knows. */
enum tvt_result tvt_path_refuse(struct tvt_error *error, const struct tvt_refusal *refusal,
                           const struct tvt_path_request *request);

#endif
