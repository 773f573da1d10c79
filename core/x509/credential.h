/* SPDX-License-Identifier: MIT
 *
 * A credential: a certificate chain, or a raw key, and the signer that holds its private half. Immutable but for the
 * compressed forms that it remembers; reference counted. <trivet/x509.h> has the calls that make and share one.
 */
#ifndef TVT_CORE_X509_CREDENTIAL_H
#define TVT_CORE_X509_CREDENTIAL_H

#include "core/base/compression.h"
#include "core/base/registry.h"
#include "core/x509/name.h"
#include <trivet/x509.h>
#include <stdatomic.h>

/* A Certificate message of this credential's, compressed: made once, sent often. */
struct tvt_compressed {
    const struct tvt_compression *how;
    uint8_t staples;          /* TVT_STAPLED_* that the message holds       */
    uint32_t uncompressed;    /* its length, bytes                          */
    size_t len;               /* of data                                    */
    uint8_t data[];
};
#define TVT_STAPLED_OCSP 1u
#define TVT_STAPLED_SCTS 2u
#define TVT_COMPRESSED_MAX 8u /* forms that a credential remembers */

#define TVT_CREDENTIAL_SCHEMES_MAX 12u /* more than any kind of key has */

struct tvt_credential {
    struct tvt_span chain[TVT_CHAIN_MAX]; /* DER, leaf first; a raw key: its SubjectPublicKeyInfo alone */
    size_t num_chain;
    struct tvt_certificate leaf;          /* decoded chain[0]; a raw key: `key` and `key_pss_hash` alone */
    bool raw_key;                         /* RFC 7250                                   */
    struct tvt_span issuer[TVT_CHAIN_MAX]; /* of each certificate                       */
    struct tvt_signature_algorithm algorithm[TVT_CHAIN_MAX]; /* that it is signed with  */
    bool ends_in_root;                    /* the last certificate is self-issued        */
    uint8_t *ocsp, *scts;                 /* stapled; owned                             */
    size_t ocsp_len, scts_len;
    _Atomic(struct tvt_compressed *) compressed[TVT_COMPRESSED_MAX];
    struct tvt_signer *signer;            /* owned                                      */
    const struct tvt_scheme *schemes[TVT_CREDENTIAL_SCHEMES_MAX]; /* that it signs with, best first */
    size_t num_schemes;                   /* 0: all that fit                            */
    bool issuer_named;                    /* for peers alone that name an issuer of it  */
    struct tvt_allocator allocator;
    uint8_t *memory;                      /* bytes of the chain                         */
    size_t size;
    atomic_uint refs;
};

/* True when the leaf is for `host` (a server's choice by SNI). */
TVT_MUST_USE bool tvt_credential_matches_host(const struct tvt_credential *credential, const struct tvt_host *host);

/* True when a certificate of the chain was issued by one of the names: {vec16 Name} each (RFC 9846 4.3.4). Looks at the
 * first TVT_AUTHORITIES_MAX names. */
TVT_MUST_USE bool tvt_credential_has_authority(const struct tvt_credential *credential, struct tvt_span names);
/* True when every signature within the chain, a root's own left out, is of a scheme in the uint16 list (RFC 9846 4.5.1.2). */
TVT_MUST_USE bool tvt_credential_signed_by(const struct tvt_credential *credential, struct tvt_span schemes);
/* The remembered form; NULL: none. It lives as long as the credential. */
const struct tvt_compressed *tvt_credential_compressed(struct tvt_credential *credential,
                                                       const struct tvt_compression *how, uint8_t staples);
/* Memory for a form with `cap` bytes of data, from the credential's allocator; NULL: no memory. */
struct tvt_compressed *tvt_credential_new_compressed(struct tvt_credential *credential, size_t cap);
/* Remembers a copy of made->data[0..len), unless another thread was faster or there is no room. */
void tvt_credential_keep_compressed(struct tvt_credential *credential, const struct tvt_compressed *made);
void tvt_credential_free_compressed(struct tvt_credential *credential, struct tvt_compressed *made, size_t cap);
/* Writes the SubjectPublicKeyInfo of a key (`key`: subjectPublicKey, as struct tvt_public_key has it) into out[cap].
 * Returns its length; 0: it does not fit, or the type is not known. */
size_t tvt_spki_write(uint8_t *out, size_t cap, uint8_t key_type, struct tvt_span key);

#endif
