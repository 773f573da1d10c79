/* SPDX-License-Identifier: MIT
 *
 * A credential: a certificate chain and the signer that holds its key. Immutable, reference counted.
 */
#ifndef TVT_CORE_X509_CREDENTIAL_H
#define TVT_CORE_X509_CREDENTIAL_H

#include "core/x509/name.h"
#include <stdatomic.h>

struct tvt_credential {
    struct tvt_span chain[TVT_CHAIN_MAX]; /* DER, leaf first                            */
    size_t num_chain;
    struct tvt_certificate leaf;          /* decoded chain[0]                           */
    struct tvt_signer *signer;            /* owned                                      */
    struct tvt_allocator allocator;
    uint8_t *memory;                      /* bytes of the chain                         */
    size_t size;
    atomic_uint refs;
};

/* `chain`: PEM (every CERTIFICATE block, leaf first) or one DER certificate; `key`: as tvt_private_key_parse takes it.
 * The key must belong to the leaf (KEY_MISMATCH). Bytes are copied; nothing of `key` is kept. */
TVT_MUST_USE enum tvt_result tvt_credential_new(struct tvt_credential **out, const struct tvt_provider *provider,
                                                struct tvt_span chain, struct tvt_span key,
                                                const struct tvt_allocator *allocator, struct tvt_error *error);
/* The same with a signer (HSM, remote), which the credential owns on success only. */
TVT_MUST_USE enum tvt_result tvt_credential_new_signer(struct tvt_credential **out, struct tvt_span chain,
                                                       struct tvt_signer *signer,
                                                       const struct tvt_allocator *allocator,
                                                       struct tvt_error *error);
struct tvt_credential *tvt_credential_ref(struct tvt_credential *credential); /* returns its argument; NULL allowed */
void tvt_credential_unref(struct tvt_credential *credential);                 /* NULL allowed                       */

/* True when the leaf is for `host` (a server's choice by SNI). */
TVT_MUST_USE bool tvt_credential_matches_host(const struct tvt_credential *credential, const struct tvt_host *host);

#endif
