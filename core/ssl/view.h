/* SPDX-License-Identifier: MIT
 *
 * What the views of certificates are inside: owned copies of DER, taken apart by core/x509 alone.
 */
#ifndef TVT_CORE_SSL_VIEW_H
#define TVT_CORE_SSL_VIEW_H

#include <stdatomic.h>

#include "core/ssl/ssl.h"
#include "core/x509/certificate.h"
#include <trivet/certs.h>

#define TVT_VIEW_FILE_MAX (1u << 20) /* bytes of a PEM text that is read from a BIO or FILE */

struct tvt_asn1_string {
    int type;             /* V_ASN1_* */
    struct tvt_span text; /* contents; a NUL stands behind them */
};

struct tvt_asn1_object {
    int nid;
    struct tvt_span oid; /* contents; in the name */
};

struct tvt_x509_name_entry {
    struct tvt_asn1_object object;
    struct tvt_asn1_string value;
};

struct tvt_x509_name {
    struct tvt_span der; /* tag and length included; in `memory` */
    int num;
    struct tvt_x509_name_entry *entry; /* num of them */
    uint8_t *memory;                   /* der, then the values with a NUL behind each */
    size_t size;
};

#define TVT_TIME_TEXT 16u /* "20500102150405Z" */

struct tvt_x509 {
    atomic_uint references;
    uint8_t *der;
    struct tvt_certificate certificate; /* spans into `der` */
    struct tvt_x509_name *subject, *issuer;
    struct tvt_asn1_string serial, not_before, not_after;
    char text[2][TVT_TIME_TEXT]; /* of the two times */
    uint8_t *serial_text;        /* the serial number without its sign, and a NUL */
    size_t serial_size;
    struct tvt_evp_pkey *key;    /* the public one */
};

struct tvt_evp_pkey {
    atomic_uint references;
    int id, bits;
    uint8_t *memory; /* of a private key: PEM or DER, as it was read; NULL: a public one */
    size_t len;
};

/* x509_name.c */
/* A copy of a Name (tag and length included); NULL: no memory, or no Name. */
struct tvt_x509_name *tvt_x509_name_make(struct tvt_span der);
void tvt_x509_name_release(struct tvt_x509_name *name);

/* x509_string.c */
void tvt_asn1_time_make(struct tvt_asn1_string *out, char text[TVT_TIME_TEXT], int64_t seconds);
bool tvt_asn1_time_seconds(int64_t *out, const struct tvt_asn1_string *time);

/* x509_object.c */
int tvt_oid_nid(struct tvt_span oid);

/* x509_cert.c */
/* One over a copy of `der`; NULL with a record. */
X509 *tvt_x509_make(struct tvt_span der, const char *call);

/* x509_pem.c */
/* The next block with this label, or one that ends with it behind a space, as it stands: text that the caller releases, in any
 * case. False: there is none. */
bool tvt_pem_gather(struct tvt_buffer *text, BIO *bio, FILE *file, const char *label);
/* The certificate in such a text; NULL with a record. */
X509 *tvt_x509_from_pem(struct tvt_span text, const char *call);
/* `len` bytes as a PEM block. */
bool tvt_pem_put(struct tvt_buffer *text, const char *label, struct tvt_span bytes);

/* ctx_files.c */
/* A text of PEM up to its second CERTIFICATE block. */
struct tvt_span tvt_ssl_first_certificate(struct tvt_span text);
/* A half of a pair from bytes. PEM or DER; `is_key` says which half. 1 or 0. */
int tvt_ssl_use_half(SSL_CTX *ctx, bool is_key, struct tvt_span bytes, bool leaf_alone, const char *message);
/* Roots that are added to those of `ctx`; the store stays the caller's. 1 or 0. */
int tvt_ssl_add_trust(SSL_CTX *ctx, struct tvt_trust_store *store, struct tvt_error *error);

#endif
