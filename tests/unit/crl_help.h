/* SPDX-License-Identifier: MIT
 *
 * Revocation lists that tests make part by part, with a "signature" that fake providers look at.
 */
#ifndef TVT_TESTS_UNIT_CRL_HELP_H
#define TVT_TESTS_UNIT_CRL_HELP_H

#include "core/x509/crl.h"

struct crl_text {
    uint8_t *bytes;
    size_t len, cap;
};

/* What a list is made of; zeros and NULL: a list of version 2 without entries and extensions, of 2026-05-31 for 30 days. */
struct crl_parts {
    const char *version;      /* DER of the version, in hex; "": none; NULL: version 2     */
    struct tvt_span issuer;   /* Name                                                      */
    const char *this_update;  /* DER in hex; "": none                                      */
    const char *next_update;
    const char *entries;      /* contents of revokedCertificates in hex; NULL: absent      */
    struct tvt_span raw;      /* the same as bytes, where `entries` is NULL                */
    const char *extensions;   /* contents of Extensions in hex; NULL: absent               */
    const char *outer;        /* DER of signatureAlgorithm; NULL: as inside                */
    struct tvt_span signature;
    const char *behind;       /* hex, behind the signature                                 */
};

void crl_put(struct crl_text *text, const void *data, size_t len);
void crl_put_hex(struct crl_text *text, const char *hex);
/* Puts a header in front of what stands from `from` on. */
void crl_wrap(struct crl_text *text, size_t from, uint8_t tag);
/* The DER, in a block of its exact size that the caller frees. */
struct tvt_span crl_make(const struct crl_parts *parts);

#endif
