/* SPDX-License-Identifier: MIT
 *
 * x509.h - trust stores and credentials: what a configuration (tls.h) needs to know whom to trust and who we are.
 * Both are reference-counted and immutable once they are shared.
 */
#ifndef TRIVET_X509_H
#define TRIVET_X509_H

#include "error_own.h"
#include "provider.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tvt_trust_store;
struct tvt_credential;
struct tvt_crl;
struct tvt_public_suffixes;

/* An empty store with one reference. `allocator` (NULL: malloc and free) is copied. NO_MEMORY. */
TVT_MUST_USE enum tvt_result tvt_trust_store_new(struct tvt_trust_store **out, const struct tvt_allocator *allocator,
                                                 struct tvt_error *error);
struct tvt_trust_store *tvt_trust_store_ref(struct tvt_trust_store *store); /* returns its argument; NULL allowed */
void tvt_trust_store_unref(struct tvt_trust_store *store);                  /* NULL allowed                       */

/* Adding: while the caller holds the only reference (else WRONG_CALL). The bytes are copied. A certificate that is
 * there already is not added again and is no error. STORE_FULL: there are 65536. `der`: one certificate (RFC 5280 4.1), of 65536
 * bytes at most. Errors: CERT_MALFORMED, CERT_VERSION, NO_MEMORY. */
TVT_MUST_USE enum tvt_result tvt_trust_store_add_der(struct tvt_trust_store *store, struct tvt_span der,
                                                     struct tvt_error *error);
/* Every CERTIFICATE block of a PEM text (RFC 7468 5). *added (may be NULL): how many. PEM_NOT_FOUND when there is none.
 * With `skipped` NULL a certificate that cannot be read fails the call; else it is passed over and counted there (a
 * system's bundle). */
TVT_MUST_USE enum tvt_result tvt_trust_store_add_pem(struct tvt_trust_store *store, struct tvt_span pem, size_t *added,
                                                     size_t *skipped, struct tvt_error *error);
size_t tvt_trust_store_count(const struct tvt_trust_store *store);

/* What an anchor is trusted for, beyond what its own certificate says (RFC 5280 6.1.1 d, RFC 5937). */
#define TVT_ANCHOR_SERVERS 1u /* chains of servers */
#define TVT_ANCHOR_CLIENTS 2u /* chains of clients */
struct tvt_anchor_limits {
    unsigned purposes;     /* TVT_ANCHOR_*; 0: all                                                            */
    int path_len;          /* certificates between the anchor and a leaf that are not self-issued; -1: any number */
    const char *permitted; /* names under it, with ',' between: "example.com" (it and all below), "192.0.2.0/24",
                              "2001:db8::/32". Of a kind that stands here, others are refused. NULL: all      */
    const char *excluded;  /* names that are refused, in the same form. NULL: none                            */
};
/* Adds the one certificate of `der` with limits (each counts besides the certificate's own). One that is there without limits
 * gets them; one that has others keeps those, and this is BAD_ARGUMENT; no later call takes them away. A certificate of the
 * store with the same name and key and without limits is bound by them, too. Else as tvt_trust_store_add_der(). */
TVT_MUST_USE enum tvt_result tvt_trust_store_add_limited(struct tvt_trust_store *store, struct tvt_span der,
                                                         const struct tvt_anchor_limits *limits,
                                                         struct tvt_error *error);
/* Adds what another store has: anchors, with their limits, and revocation lists. Errors: WRONG_CALL, STORE_FULL, BAD_ARGUMENT (an
 * anchor has other limits here), NO_MEMORY; what was added before stays. */
TVT_MUST_USE enum tvt_result tvt_trust_store_add_store(struct tvt_trust_store *store, const struct tvt_trust_store *other,
                                                       struct tvt_error *error);

/* Loads SSL_CERT_FILE and SSL_CERT_DIR if either is set (and then nothing else), else the first bundle with a certificate of
 * the usual places, else the first directory. A certificate in it that cannot be read is passed over. The variables do not
 * count in a process with more rights than whoever started it (set-user-ID). On success *out has one reference.
 * NO_SYSTEM_STORE lists what was tried. `source` (may be NULL) receives the path used, cut to cap. */
TVT_MUST_USE enum tvt_result tvt_system_store_load(struct tvt_trust_store **out, char *source, size_t cap,
                                                   const struct tvt_allocator *allocator, struct tvt_error *error);
/* Adds one bundle file (PEM, or one certificate in DER; 16 MiB at most), or every file of a directory, to a store that is being
 * built. A broken certificate in the file fails, and the detail says which; in a directory it is passed over. *added (may be
 * NULL): how many are new. Errors: FILE_UNREADABLE, FILE_TOO_LONG, PEM_NOT_FOUND, PEM_MALFORMED, and those of
 * tvt_trust_store_add_der(). */
TVT_MUST_USE enum tvt_result tvt_trust_store_add_file(struct tvt_trust_store *store, const char *path,
                                                      struct tvt_error *error);
TVT_MUST_USE enum tvt_result tvt_trust_store_add_directory(struct tvt_trust_store *store, const char *path,
                                                           size_t *added, struct tvt_error *error);

/* ---- revocation lists (CRLs, RFC 5280 5) ---- */

/* One list, DER, decoded and indexed, with one reference; the bytes are copied. Its signature is checked when the list is
 * first used. CRL_MALFORMED; CRL_UNSUPPORTED: delta and indirect lists, lists of some reasons alone, unknown critical
 * extensions; FILE_TOO_LONG (16 MiB), NO_MEMORY. */
TVT_MUST_USE enum tvt_result tvt_crl_new(struct tvt_crl **out, struct tvt_span der, const struct tvt_allocator *allocator,
                                         struct tvt_error *error);
struct tvt_crl *tvt_crl_ref(struct tvt_crl *crl); /* returns its argument; NULL allowed */
void tvt_crl_unref(struct tvt_crl *crl);          /* NULL allowed                       */

/* Adding to a store, while the caller holds the only reference to that (else WRONG_CALL): one list, of which a reference is
 * taken; every X509 CRL block of a PEM text, or one list in DER (PEM_NOT_FOUND when there is none); those of a file. *added
 * (may be NULL): how many. STORE_FULL: there are 1024. A list that is there already is not added again. A certificate that a list of the
 * store names is refused (CERT_REVOKED); that a list must speak of it is tvt_config_set_revocation()'s. */
TVT_MUST_USE enum tvt_result tvt_trust_store_add_crl(struct tvt_trust_store *store, struct tvt_crl *crl,
                                                     struct tvt_error *error);
TVT_MUST_USE enum tvt_result tvt_trust_store_add_crl_bytes(struct tvt_trust_store *store, struct tvt_span bytes,
                                                           size_t *added, struct tvt_error *error);
TVT_MUST_USE enum tvt_result tvt_trust_store_add_crl_file(struct tvt_trust_store *store, const char *path, size_t *added,
                                                          struct tvt_error *error);
size_t tvt_trust_store_count_crls(const struct tvt_trust_store *store);

/* Which certificates of a path, its anchor left out, a current list of their issuer must speak of, or they are refused
 * (CRL_MISSING, CRL_NOT_CURRENT, CRL_SIGNATURE). */
enum tvt_revocation {
    TVT_REVOCATION_GIVEN = 0, /* none: the lists that the store has refuse whom they name */
    TVT_REVOCATION_LEAF,      /* the leaf                                                 */
    TVT_REVOCATION_CHAIN      /* all                                                      */
};

/* ---- public suffixes (RFC 9525 7.1) ---- */

/* A list of names under which anybody may register one, in the format of publicsuffix.org (UTF-8; `//` comments, `*.` wildcards,
 * `!` exceptions), with one reference; the bytes are copied, the list is immutable. tvt_config_set_public_suffixes() says what it
 * is for. `want_private`: with the rules between "===BEGIN PRIVATE DOMAINS===" and "===END PRIVATE DOMAINS===", too: suffixes whose
 * owners, other than a registry, may well have a wildcard certificate for them. Certificates have A-labels alone (RFC 9525 6.3): a
 * rule in other letters than ASCII holds for its A-labels, and may be written as those just as well. It is taken as canonical,
 * lower case and NFC, as the format has it: one that is not matches nothing. SUFFIXES_MALFORMED: a rule that is none, is not UTF-8,
 * or has a label longer than 63 bytes as an A-label (which line), none at all, more than 65536; FILE_TOO_LONG (4 MiB), NO_MEMORY. */
TVT_MUST_USE enum tvt_result tvt_public_suffixes_new(struct tvt_public_suffixes **out, struct tvt_span text,
                                                     bool want_private, const struct tvt_allocator *allocator,
                                                     struct tvt_error *error);
/* Those of a file. FILE_UNREADABLE, and as above. */
TVT_MUST_USE enum tvt_result tvt_public_suffixes_load(struct tvt_public_suffixes **out, const char *path, bool want_private,
                                                      const struct tvt_allocator *allocator,
                                                      struct tvt_error *error);
struct tvt_public_suffixes *tvt_public_suffixes_ref(struct tvt_public_suffixes *suffixes); /* its argument; NULL allowed */
void tvt_public_suffixes_unref(struct tvt_public_suffixes *suffixes);                      /* NULL allowed               */

/* ---- who we are ---- */

/* `chain`: PEM (every CERTIFICATE block, leaf first) or one DER certificate. `key`: a private key in PEM or DER, as
 * PKCS#8 (RFC 5958), SEC1 (RFC 5915) or PKCS#1 (RFC 8017). The key must belong to the leaf (KEY_MISMATCH). Bytes are
 * copied; nothing of `key` is kept. `provider` must outlive the credential. */
TVT_MUST_USE enum tvt_result tvt_credential_new(struct tvt_credential **out, const struct tvt_provider *provider,
                                                struct tvt_span chain, struct tvt_span key,
                                                const struct tvt_allocator *allocator, struct tvt_error *error);
/* The same with a signer (HSM, remote), which the credential owns on success only. */
TVT_MUST_USE enum tvt_result tvt_credential_new_signer(struct tvt_credential **out, struct tvt_span chain,
                                                       struct tvt_signer *signer,
                                                       const struct tvt_allocator *allocator,
                                                       struct tvt_error *error);
/* A key without a certificate (RFC 7250): its SubjectPublicKeyInfo is what the peer sees. `key` as above. */
TVT_MUST_USE enum tvt_result tvt_credential_new_raw_key(struct tvt_credential **out, const struct tvt_provider *provider,
                                                        struct tvt_span key, const struct tvt_allocator *allocator,
                                                        struct tvt_error *error);
/* The same with a signer (HSM, remote), which the credential owns on success only. */
TVT_MUST_USE enum tvt_result tvt_credential_new_raw_key_signer(struct tvt_credential **out, struct tvt_signer *signer,
                                                               const struct tvt_allocator *allocator,
                                                               struct tvt_error *error);
/* The schemes that this key signs with, in order of preference: names joined with ':' ("rsa_pss_rsae_sha256"); NULL: all that
 * fit it, those of the configuration first. One that the protocol version has no place for (rsa_pkcs1_sha256 in TLS 1.3) is
 * passed over there. The key of a client that cannot do RSASSA-PSS (an old TPM) is given "rsa_pkcs1_sha256_legacy" (RFC 9963),
 * for servers that ask for it. While the caller holds the only reference (else WRONG_CALL). UNKNOWN_WORD; BAD_ARGUMENT: an
 * empty list, or one too long; KEY_UNSUPPORTED: one that no key of this kind makes. */
TVT_MUST_USE enum tvt_result tvt_credential_set_schemes(struct tvt_credential *credential, const char *list,
                                                        struct tvt_error *error);
/* On: only for a peer whose certificate_authorities (RFC 9846 4.3.4) names an issuer of this chain, and not for one that sends
 * none. Off by default: then it is a preference. While the caller holds the only reference (else WRONG_CALL); BAD_ARGUMENT for
 * a raw key, which has no issuer. */
TVT_MUST_USE enum tvt_result tvt_credential_set_issuer_named(struct tvt_credential *credential, bool on,
                                                             struct tvt_error *error);
/* What is stapled to the leaf where the peer asks: a DER OCSPResponse (RFC 6960), a SignedCertificateTimestampList
 * (RFC 6962 3.3); each copied; empty: none. While the caller holds the only reference (else WRONG_CALL). */
TVT_MUST_USE enum tvt_result tvt_credential_set_staples(struct tvt_credential *credential, struct tvt_span ocsp_response,
                                                        struct tvt_span sct_list, struct tvt_error *error);
struct tvt_credential *tvt_credential_ref(struct tvt_credential *credential); /* returns its argument; NULL allowed */
void tvt_credential_unref(struct tvt_credential *credential);                 /* NULL allowed                       */

#ifdef __cplusplus
}
#endif
#endif
