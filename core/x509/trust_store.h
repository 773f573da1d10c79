/* SPDX-License-Identifier: MIT
 *
 * Trust anchors: owned copies, decoded, indexed by subject. Built by one owner, immutable from the moment it is shared.
 */
#ifndef TVT_CORE_X509_TRUST_STORE_H
#define TVT_CORE_X509_TRUST_STORE_H

#include "core/x509/certificate.h"

struct tvt_trust_store;

/* An empty store with one reference. `allocator` (NULL: malloc and free) is copied. */
TVT_MUST_USE enum tvt_result tvt_trust_store_new(struct tvt_trust_store **out, const struct tvt_allocator *allocator,
                                                 struct tvt_error *error);
struct tvt_trust_store *tvt_trust_store_ref(struct tvt_trust_store *store); /* returns its argument; NULL allowed */
void tvt_trust_store_unref(struct tvt_trust_store *store);                  /* NULL allowed                       */

/* Adding: while the caller holds the only reference (else WRONG_CALL). The bytes are copied. A certificate that is
 * there already is not added again and is no error. */
TVT_MUST_USE enum tvt_result tvt_trust_store_add_der(struct tvt_trust_store *store, struct tvt_span der,
                                                     struct tvt_error *error);
/* Every CERTIFICATE (or X509 CERTIFICATE) block of a PEM text; others are passed over. *added (may be NULL): how many.
 * PEM_NOT_FOUND when there is none. With `skipped` NULL a certificate that cannot be read fails the call; else it is
 * passed over and counted there (a system's bundle). */
TVT_MUST_USE enum tvt_result tvt_trust_store_add_pem(struct tvt_trust_store *store, struct tvt_span pem, size_t *added,
                                                     size_t *skipped, struct tvt_error *error);
size_t tvt_trust_store_count(const struct tvt_trust_store *store);
/* Anchor `index` (< count), in the order they were added; lives as long as the store. */
const struct tvt_certificate *tvt_trust_store_get(const struct tvt_trust_store *store, size_t index);

/* Anchors whose subject is these bytes: the first one, then the ones behind it; NULL: no (more). */
const struct tvt_certificate *tvt_trust_store_find(const struct tvt_trust_store *store, struct tvt_span subject,
                                                   const struct tvt_certificate *after);
/* The anchor that is this very certificate; NULL: none. */
const struct tvt_certificate *tvt_trust_store_find_same(const struct tvt_trust_store *store,
                                                        const struct tvt_certificate *certificate);

#endif
