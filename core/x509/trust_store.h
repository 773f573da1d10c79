/* SPDX-License-Identifier: MIT
 *
 * Trust anchors: owned copies, decoded, indexed by subject. Built by one owner, immutable from the moment it is shared.
 * <trivet/x509.h> has what programs call; here is what path building needs.
 */
#ifndef TVT_CORE_X509_TRUST_STORE_H
#define TVT_CORE_X509_TRUST_STORE_H

#include "core/x509/certificate.h"
#include <trivet/x509.h>

/* A store may change while nobody else holds it: else WRONG_CALL. */
enum tvt_result tvt_trust_store_check_unshared(const struct tvt_trust_store *store, struct tvt_error *error);
/* For calls that pass over what cannot be read: true, and handed on in *error, when it was not the certificate's fault. */
TVT_MUST_USE bool tvt_trust_store_takes_no_more(struct tvt_error *error, const struct tvt_error *passed_over);
/* Anchor `index` (< count), in the order they were added; lives as long as the store. */
const struct tvt_certificate *tvt_trust_store_get(const struct tvt_trust_store *store, size_t index);

/* What the program says of an anchor besides its certificate. */
struct tvt_anchor_own_limits {
    struct tvt_span constraints; /* NameConstraints, DER; empty: none */
    unsigned purposes;           /* TVT_ANCHOR_*; 0: all              */
    int path_len;                /* -1: any                           */
    size_t size;                 /* bytes of this block               */
    uint8_t bytes[];
};
/* Of an anchor that tvt_trust_store_get, _find or _find_same gave; NULL: no limits. */
const struct tvt_anchor_own_limits *tvt_trust_store_limits(const struct tvt_certificate *anchor);

/* Anchors of this subject (RFC 5280 7.1; `hash` is its tvt_name_hash): the first one, then the ones behind it; NULL: no
 * (more). */
const struct tvt_certificate *tvt_trust_store_find(const struct tvt_trust_store *store, struct tvt_span subject,
                                                   uint32_t hash, const struct tvt_certificate *after);
/* The anchor that is this very certificate; NULL: none. */
const struct tvt_certificate *tvt_trust_store_find_same(const struct tvt_trust_store *store,
                                                        const struct tvt_certificate *certificate);

#endif
