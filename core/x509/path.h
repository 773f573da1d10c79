/* SPDX-License-Identifier: MIT
 *
 * From a received chain to a trust anchor: building and validation in one search (RFC 5280 6.1, RFC 4158), for TLS
 * clients and servers. No clock, no file, no allocation: everything comes in as a parameter.
 */
#ifndef TVT_CORE_X509_PATH_H
#define TVT_CORE_X509_PATH_H

#include "core/x509/name.h"
#include "core/x509/trust_store.h"

enum tvt_purpose {
    TVT_PURPOSE_SERVER = 1, /* the chain is a server's: serverAuth */
    TVT_PURPOSE_CLIENT = 2  /* the chain is a client's: clientAuth */
};

/* What strength a path must have. */
struct tvt_path_policy {
    uint16_t rsa_min_bits;   /* modulus of every key in the path, anchor included       */
    uint16_t rsa_max_bits;   /* larger ones only burn time                              */
    uint16_t hash_mask;      /* TVT_HASH_BIT()s for RSA and ECDSA signatures            */
    uint16_t max_depth;      /* certificates between leaf and anchor that are not self-issued */
    uint32_t max_signatures; /* work budget; RSA keys above 4096 bits count as several  */
    uint32_t max_steps;      /* candidates looked at; those with long names count as several */
    bool web_pki;            /* what RFC 5280 and the CA/Browser Forum ask of those who issue is asked for too */
    enum tvt_revocation revocation; /* of which certificates the store's lists must speak     */
};
extern const struct tvt_path_policy tvt_path_policy_default; /* RSA 2048..16384, SHA-256/384/512 */
extern const struct tvt_path_policy tvt_path_policy_web_pki; /* the same with the web-PKI profile */

struct tvt_path_request {
    const struct tvt_provider *provider;
    const struct tvt_trust_store *store;     /* NULL: NO_TRUST                                              */
    const struct tvt_path_policy *policy;    /* NULL: the default                                           */
    const struct tvt_public_suffixes *suffixes; /* NULL: none (rule N9)                                     */
    enum tvt_purpose purpose;
    int64_t time;                            /* seconds since 1970                                          */
    const char *name;                        /* host or address that the leaf must be for; NUL-terminated   */
    bool no_name;                            /* true: no name is wanted (`name` must be NULL). Without this
                                                flag and without a name: NO_NAME                            */
    bool any_usage;                          /* true: no key usage is asked of the leaf (never for TLS)         */
    const struct tvt_certificate *chain;     /* decoded by tvt_certificates_parse, leaf first; the rest in
                                                any order                                                   */
    size_t num_chain;                        /* 1 .. TVT_POOL_MAX                                           */
};

struct tvt_verified_path {
    const struct tvt_certificate *certificate[TVT_PATH_MAX]; /* leaf first, anchor last (the leaf alone when it is
                                                                in the store itself)                          */
    int8_t index[TVT_PATH_MAX]; /* place in the received chain; -1: from the store                             */
    size_t num;
    uint32_t signatures;        /* checks that were spent                                                      */
};

/* TVT_OK: `out` (may be NULL) is a path that holds in every respect. TVT_FAIL: the most telling refusal. */
TVT_MUST_USE enum tvt_result tvt_path_verify(struct tvt_verified_path *out, const struct tvt_path_request *request,
                                             struct tvt_error *error);

/* The signature of `certificate` under the key of `issuer`, and nothing else of the path; for tests and tools.
 * CERT_BAD_SIGNATURE, CERT_SIGNATURE_ALGORITHM, CERT_KEY_UNSUPPORTED, CRYPTO. */
TVT_MUST_USE enum tvt_result tvt_certificate_check_signature(const struct tvt_certificate *certificate,
                                                             const struct tvt_certificate *issuer,
                                                             const struct tvt_provider *provider,
                                                             const char *message, struct tvt_error *error);

#endif
