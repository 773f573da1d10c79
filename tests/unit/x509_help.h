/* SPDX-License-Identifier: MIT
 *
 * What the tests of core/x509 share: files of vectors/pki, chains, and one call that verifies one of its directories.
 */
#ifndef TVT_TESTS_UNIT_X509_HELP_H
#define TVT_TESTS_UNIT_X509_HELP_H

#include "core/os/file.h"
#include "core/x509/path.h"

#define X509_TIME 1780272000 /* 2026-06-01T00:00:00Z */

/* A chain of vectors/pki, decoded; every certificate in a block of exactly its size. */
struct x509_chain {
    uint8_t *bytes[TVT_CHAIN_MAX + 2];
    struct tvt_span der[TVT_CHAIN_MAX + 2];
    struct tvt_certificate certificate[TVT_CHAIN_MAX];
    size_t num;
};

/* Reads vectors/pki/<path>; fails the test and gives an empty file when it is not there. */
void x509_read(struct tvt_file *out, const char *path);
/* Every CERTIFICATE block of a file as DER, without decoding it. */
void x509_load_der(struct x509_chain *out, const char *path);
/* The same, decoded; fails the test when a certificate does not decode. */
void x509_load(struct x509_chain *out, const char *path);
void x509_free(struct x509_chain *chain);

/* Writes a value of DER with its header, at most 65535 bytes of contents. */
void x509_put(struct tvt_writer *w, uint8_t tag, struct tvt_span contents);
/* The same into out[cap], where the contents are not; fails the test when there is no room. */
struct tvt_span x509_wrap(uint8_t *out, size_t cap, uint8_t tag, struct tvt_span contents);

/* A store with the certificates of one file; NULL: an empty one. */
struct tvt_trust_store *x509_store(const char *path);

/* A provider that verifies ECDSA P-256 (the first of the built ones), made once; x509_end frees it. */
const struct tvt_provider *x509_provider(void);
void x509_end(void);

/* The first provider of this build that verifies with `key_type`, or NULL; freed by x509_end. */
const struct tvt_provider *x509_provider_for(uint8_t family, uint8_t key_type, uint8_t hash);

/* A provider of ECDSA with P-256 and RSASSA-PSS, both with SHA-256, under which the signer's key is its "signature"; and how many
 * it has checked. */
extern const struct tvt_provider x509_fake;
extern unsigned x509_fake_checks;

#endif
