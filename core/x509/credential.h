/* SPDX-License-Identifier: MIT
 *
 * A credential: a certificate chain and the signer that holds its key. Immutable, reference counted. <trivet/x509.h> has
 * the calls that make and share one.
 */
#ifndef TVT_CORE_X509_CREDENTIAL_H
#define TVT_CORE_X509_CREDENTIAL_H

#include "core/x509/name.h"
#include <trivet/x509.h>
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

/* True when the leaf is for `host` (a server's choice by SNI). */
TVT_MUST_USE bool tvt_credential_matches_host(const struct tvt_credential *credential, const struct tvt_host *host);

#endif
