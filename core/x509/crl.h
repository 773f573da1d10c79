/* SPDX-License-Identifier: MIT
 *
 * A certificate revocation list, decoded once (RFC 5280 5), with an index of its entries; and what the lists of a store say of
 * a path. docs/x509.md has the rules (C1 to C12) that the comments name.
 */
#ifndef TVT_CORE_X509_CRL_H
#define TVT_CORE_X509_CRL_H

#include <stdatomic.h>

#include "core/x509/certificate.h"
#include "core/x509/limits.h"
#include <trivet/x509.h>

struct tvt_path_policy;
struct tvt_path_request;
struct tvt_path_place;
struct tvt_refusal;

/* CRLReason (RFC 5280 5.3.1); an entry without one has 0. */
enum { TVT_CRL_REASON_HOLD = 6, TVT_CRL_REASON_REMOVE = 8, TVT_CRL_REASON_MAX = 10 };

struct tvt_crl_entry {
    int64_t date; /* revocationDate */
    uint8_t reason;
};

/* The key that the list's signature was found good under: checked once, not at every handshake. Written by one thread, and
 * read once `state` says that it is whole. */
struct tvt_crl_signer {
    atomic_uint state;
    size_t len;
    uint8_t spki[TVT_CRL_SIGNER_MAX];
};

struct tvt_crl {
    struct tvt_certificate data; /* `tbs`, `algorithm`, `signature`, `signature_oid` alone, as a certificate has them */
    struct tvt_span der;
    struct tvt_span issuer; /* Name, tag and length included                                   */
    uint32_t issuer_hash;   /* its tvt_name_hash                                               */
    int64_t this_update, next_update;
    struct tvt_span point;  /* fullName of issuingDistributionPoint: contents; empty: none     */
    bool only_user, only_ca;
    uint32_t *entries;      /* offsets of the entries in `der`, in the order of serial numbers */
    size_t num;
    struct tvt_crl_signer signer;
    struct tvt_allocator allocator;
    atomic_uint refs;
    size_t size; /* bytes of this block, the DER behind the struct included */
    uint8_t bytes[];
};

/* True when the list names the serial number (contents of an INTEGER); *out (may be NULL) says since when, and why. */
TVT_MUST_USE bool tvt_crl_find(const struct tvt_crl *crl, struct tvt_span serial, struct tvt_crl_entry *out);
/* "keyCompromise"; static. */
const char *tvt_crl_reason_text(uint8_t reason);
/* Rule C6: what the list can say of a certificate. REVOKES: an entry counts, and the lack of one clears nobody, for the
 * certificate asks for this list in part alone, or the names of points are more than are compared. *steps counts down, with the
 * directory names that are compared; 0: the budget is spent, and the answer is none. */
enum tvt_crl_scope { TVT_CRL_OTHER, TVT_CRL_REVOKES, TVT_CRL_WHOLE };
TVT_MUST_USE enum tvt_crl_scope tvt_crl_covers(const struct tvt_crl *crl, const struct tvt_certificate *certificate,
                                               uint32_t *steps);

/* The list of this issuer behind `*place` (0 at first) in the store's order; NULL: no more. */
struct tvt_crl *tvt_trust_store_find_crl(const struct tvt_trust_store *store, struct tvt_span issuer, uint32_t hash,
                                         size_t *place);
/* List `index` (< tvt_trust_store_count_crls), in the order they were added. */
struct tvt_crl *tvt_trust_store_get_crl(const struct tvt_trust_store *store, size_t index);

/* What is left to spend in one path search. */
struct tvt_revocation_budget {
    uint32_t signatures; /* of lists, those remembered left out */
    uint32_t *steps;     /* lists and names looked at           */
};

/* Rules C4 to C12: what the store's lists say of a path of `num` certificates, its anchor last. */
TVT_MUST_USE bool tvt_check_revocation(struct tvt_refusal *out, const struct tvt_path_request *request,
                                       const struct tvt_path_policy *policy, const struct tvt_path_place *path,
                                       size_t num, struct tvt_revocation_budget *budget);

#endif
