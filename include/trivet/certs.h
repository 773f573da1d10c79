/* SPDX-License-Identifier: MIT
 *
 * certs.h - certificates, names and keys as programs written for OpenSSL look at them: views, by value, of what the library
 * keeps. They are read and shown here, and given to an SSL_CTX; nothing in Trivet decides by them.
 *
 * An X509 has references (X509_free drops one); what X509_get_subject_name() and its kin return belongs to it. Every object
 * is immutable: any number of threads may look at it. NULL for an object is an error (NULL, 0 or -1), never a crash.
 */
#ifndef TRIVET_CERTS_H
#define TRIVET_CERTS_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "bio.h"
#include "names.h"
#include "ssl.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tvt_x509 X509;
typedef struct tvt_x509_name X509_NAME;
typedef struct tvt_x509_name_entry X509_NAME_ENTRY;
typedef struct tvt_x509_store X509_STORE;
typedef struct tvt_x509_lookup X509_LOOKUP;
typedef struct tvt_x509_lookup_method X509_LOOKUP_METHOD;
typedef struct tvt_crl X509_CRL;
typedef struct tvt_asn1_string ASN1_STRING;
typedef struct tvt_asn1_string ASN1_INTEGER;
typedef struct tvt_asn1_string ASN1_OCTET_STRING;
typedef struct tvt_asn1_string ASN1_IA5STRING;
typedef struct tvt_asn1_string ASN1_UTF8STRING;
typedef struct tvt_asn1_string ASN1_TIME;
typedef struct tvt_asn1_string ASN1_UTCTIME;
typedef struct tvt_asn1_string ASN1_GENERALIZEDTIME;
typedef struct tvt_asn1_object ASN1_OBJECT;
typedef struct tvt_evp_pkey EVP_PKEY;

/* ---- stacks ---- */

struct tvt_stack;
struct tvt_stack *tvt_stack_new(void);
int tvt_stack_num(const struct tvt_stack *stack); /* -1: NULL */
void *tvt_stack_value(const struct tvt_stack *stack, int index);
int tvt_stack_push(struct tvt_stack *stack, const void *value); /* the new count; 0: no memory */
void *tvt_stack_pop(struct tvt_stack *stack);                   /* the last one; NULL: empty   */
void tvt_stack_free(struct tvt_stack *stack);

#define STACK_OF(type) struct stack_st_##type
/* sk_T_new_null, _num, _value, _push, _pop, _free, _pop_free: as in OpenSSL. */
#define TVT_STACK_OF(type)                                                                                             \
    STACK_OF(type);                                                                                                    \
    static inline STACK_OF(type) * sk_##type##_new_null(void) { return (STACK_OF(type) *)tvt_stack_new(); }            \
    static inline int sk_##type##_num(const STACK_OF(type) * s) { return tvt_stack_num((const struct tvt_stack *)s); } \
    static inline type *sk_##type##_value(const STACK_OF(type) * s, int i)                                             \
    {                                                                                                                  \
        return (type *)tvt_stack_value((const struct tvt_stack *)s, i);                                                \
    }                                                                                                                  \
    static inline int sk_##type##_push(STACK_OF(type) * s, type * v) { return tvt_stack_push((struct tvt_stack *)s, v); } \
    static inline type *sk_##type##_pop(STACK_OF(type) * s) { return (type *)tvt_stack_pop((struct tvt_stack *)s); }   \
    static inline void sk_##type##_free(STACK_OF(type) * s) { tvt_stack_free((struct tvt_stack *)s); }                 \
    static inline void sk_##type##_pop_free(STACK_OF(type) * s, void (*release)(type *))                               \
    {                                                                                                                  \
        while (s != NULL && sk_##type##_num(s) > 0)                                                                    \
            release(sk_##type##_pop(s));                                                                               \
        sk_##type##_free(s);                                                                                           \
    }                                                                                                                  \
    struct tvt_stack /* takes the semicolon */

/* ---- strings, numbers, object identifiers ---- */

#define V_ASN1_INTEGER 2
#define V_ASN1_BIT_STRING 3
#define V_ASN1_OCTET_STRING 4
#define V_ASN1_NEG 0x100
#define V_ASN1_NEG_INTEGER (2 | V_ASN1_NEG)
#define V_ASN1_UTF8STRING 12
#define V_ASN1_NUMERICSTRING 18
#define V_ASN1_PRINTABLESTRING 19
#define V_ASN1_T61STRING 20
#define V_ASN1_TELETEXSTRING 20
#define V_ASN1_IA5STRING 22
#define V_ASN1_UTCTIME 23
#define V_ASN1_GENERALIZEDTIME 24
#define V_ASN1_VISIBLESTRING 26
#define V_ASN1_UNIVERSALSTRING 28
#define V_ASN1_BMPSTRING 30

int ASN1_STRING_length(const ASN1_STRING *string);
int ASN1_STRING_type(const ASN1_STRING *string); /* V_ASN1_*; -1 for NULL */
/* Its contents; a NUL stands behind them, which does not say that none stands within: compare with the length. */
const unsigned char *ASN1_STRING_get0_data(const ASN1_STRING *string);
#define ASN1_STRING_data(string) ((unsigned char *)(uintptr_t)ASN1_STRING_get0_data(string))
/* In UTF-8, for OPENSSL_free(), NUL-terminated: the length, or -1: no text, malformed, no memory. */
int ASN1_STRING_to_UTF8(unsigned char **out, const ASN1_STRING *string);
/* 0: the same type and contents. */
int ASN1_STRING_cmp(const ASN1_STRING *a, const ASN1_STRING *b);
int ASN1_STRING_print(BIO *bio, const ASN1_STRING *string); /* bytes that are not printable as '.': 1 or 0 */

/* The names of what certificates carry. OpenSSL's numbers. */
#define NID_undef 0
#define NID_commonName 13
#define NID_countryName 14
#define NID_localityName 15
#define NID_stateOrProvinceName 16
#define NID_organizationName 17
#define NID_organizationalUnitName 18
#define NID_pkcs9_emailAddress 48
#define NID_subject_alt_name 85
#define NID_givenName 99
#define NID_surname 100
#define NID_serialNumber 105
#define NID_title 106
#define NID_domainComponent 391
#define NID_userId 458
#define SN_commonName "CN"
#define LN_commonName "commonName"
int OBJ_obj2nid(const ASN1_OBJECT *object); /* NID_*; NID_undef: another */
const char *OBJ_nid2sn(int nid);            /* "CN"; NULL: unknown       */
const char *OBJ_nid2ln(int nid);            /* "commonName"              */
/* "commonName", or "1.2.3" where there is no name or `no_name` is set; cut to size. The length of the whole; -1. */
int OBJ_obj2txt(char *out, int size, const ASN1_OBJECT *object, int no_name);

/* ---- times ---- */

int ASN1_TIME_print(BIO *bio, const ASN1_TIME *time);       /* "Jan  2 15:04:05 2026 GMT": 1 or 0 */
int ASN1_TIME_to_tm(const ASN1_TIME *time, struct tm *out); /* UTC; `time` NULL: now. 1 or 0      */
/* *days and *seconds from `from` to `to` (NULL: now); both have one sign. 1 or 0. */
int ASN1_TIME_diff(int *days, int *seconds, const ASN1_TIME *from, const ASN1_TIME *to);
int X509_cmp_time(const ASN1_TIME *time, time_t *when); /* -1: `time` is not later than *when (NULL: now); 1: later; 0 failed */
int X509_cmp_current_time(const ASN1_TIME *time);

/* ---- names ---- */

int X509_NAME_entry_count(const X509_NAME *name);
X509_NAME_ENTRY *X509_NAME_get_entry(const X509_NAME *name, int index); /* in the order of the certificate */
/* The first entry of the kind behind `last` (-1: from the beginning); -1: none. */
int X509_NAME_get_index_by_NID(const X509_NAME *name, int nid, int last);
ASN1_STRING *X509_NAME_ENTRY_get_data(const X509_NAME_ENTRY *entry);
ASN1_OBJECT *X509_NAME_ENTRY_get_object(const X509_NAME_ENTRY *entry);
/* The first entry of the kind as bytes and a NUL, cut to size; its length (out NULL: that it has); -1: none. A name that has
 * a NUL within is -1: text[0..strlen) would be another. */
int X509_NAME_get_text_by_NID(const X509_NAME *name, int nid, char *out, int size);
/* "/C=DE/O=Example/CN=example.com", others than printable ASCII as \xNN; cut to size. `out` NULL: for OPENSSL_free(). */
char *X509_NAME_oneline(const X509_NAME *name, char *out, int size);
#define XN_FLAG_COMPAT 0
#define XN_FLAG_SEP_CPLUS_SPC (2 << 16)
#define XN_FLAG_ONELINE 0x82203dfUL
#define XN_FLAG_RFC2253 0x1110317UL
/* "C = DE, O = Example, CN = example.com" whatever `flags` say; with XN_FLAG_RFC2253 the other way round, "CN=...,O=...". The
 * count, or -1. */
int X509_NAME_print_ex(BIO *bio, const X509_NAME *name, int indent, unsigned long flags);
int X509_NAME_print_ex_fp(FILE *file, const X509_NAME *name, int indent, unsigned long flags);
int X509_NAME_cmp(const X509_NAME *a, const X509_NAME *b); /* 0: the same bytes */
X509_NAME *X509_NAME_dup(const X509_NAME *name);           /* NULL: no memory   */
void X509_NAME_free(X509_NAME *name);                      /* one of X509_NAME_dup() or of SSL_load_client_CA_file() */

/* ---- certificates ---- */

int X509_up_ref(X509 *certificate);
void X509_free(X509 *certificate); /* drops one reference; NULL allowed */
/* DER, checked as the library checks what a peer sends; a copy is kept. *certificate, where `certificate` is not NULL, is set
 * too. NULL: malformed (see the record). */
X509 *d2i_X509(X509 **certificate, const unsigned char **in, long len);
int i2d_X509(const X509 *certificate, unsigned char **out); /* the length; *out NULL: for OPENSSL_free(). -1. */
X509 *d2i_X509_bio(BIO *bio, X509 **certificate); /* reads the BIO to its end, 1 MiB at most; what is behind is dropped */
/* The next CERTIFICATE block; NULL: no more, or malformed. The callback is not used. */
X509 *PEM_read_bio_X509(BIO *bio, X509 **certificate, pem_password_cb *callback, void *user);
X509 *PEM_read_X509(FILE *file, X509 **certificate, pem_password_cb *callback, void *user);
#define PEM_read_bio_X509_AUX PEM_read_bio_X509
int PEM_write_bio_X509(BIO *bio, const X509 *certificate); /* 1 or 0 */
int PEM_write_X509(FILE *file, const X509 *certificate);

X509_NAME *X509_get_subject_name(const X509 *certificate);
X509_NAME *X509_get_issuer_name(const X509 *certificate);
long X509_get_version(const X509 *certificate); /* 0 (v1) to 2 (v3); -1 */
ASN1_INTEGER *X509_get_serialNumber(X509 *certificate);
const ASN1_INTEGER *X509_get0_serialNumber(const X509 *certificate);
const ASN1_TIME *X509_get0_notBefore(const X509 *certificate);
const ASN1_TIME *X509_get0_notAfter(const X509 *certificate);
#define X509_get_notBefore(certificate) ((ASN1_TIME *)(uintptr_t)X509_get0_notBefore(certificate))
#define X509_get_notAfter(certificate) ((ASN1_TIME *)(uintptr_t)X509_get0_notAfter(certificate))
#define X509_getm_notBefore X509_get_notBefore
#define X509_getm_notAfter X509_get_notAfter
int X509_cmp(const X509 *a, const X509 *b); /* 0: the same bytes */
/* The certificate is for this host, or this address (RFC 9525; subjectAltName alone, the common name never): 1, 0, or -2:
 * `name` is none. `len` 0: up to the NUL. X509_CHECK_FLAG_NO_WILDCARDS alone changes anything;
 * *peer_name, where not NULL, is a copy of `name`. */
int X509_check_host(X509 *certificate, const char *name, size_t len, unsigned int flags, char **peer_name);
int X509_check_ip_asc(X509 *certificate, const char *address, unsigned int flags);
#define X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT 0x1
#define X509_CHECK_FLAG_NO_WILDCARDS 0x2
#define X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS 0x4
#define X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS 0x8
#define X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS 0x10
#define X509_CHECK_FLAG_NEVER_CHECK_SUBJECT 0x20
const char *X509_verify_cert_error_string(long result); /* of SSL_get_verify_result(); static */

/* ---- subjectAltName ---- */

#define GEN_OTHERNAME 0
#define GEN_EMAIL 1
#define GEN_DNS 2
#define GEN_X400 3
#define GEN_DIRNAME 4
#define GEN_EDIPARTY 5
#define GEN_URI 6
#define GEN_IPADD 7
#define GEN_RID 8
/* d of those with strings; NULL of the others. */
typedef struct tvt_general_name_view {
    int type; /* GEN_* */
    union {
        char *ptr;
        ASN1_IA5STRING *rfc822Name;
        ASN1_IA5STRING *dNSName;
        ASN1_IA5STRING *uniformResourceIdentifier;
        ASN1_OCTET_STRING *iPAddress;
        ASN1_IA5STRING *ia5;
    } d;
} GENERAL_NAME;
TVT_STACK_OF(X509);
TVT_STACK_OF(X509_NAME);
TVT_STACK_OF(GENERAL_NAME);
TVT_STACK_OF(SSL_CIPHER);
typedef STACK_OF(GENERAL_NAME) GENERAL_NAMES;
void *GENERAL_NAME_get0_value(const GENERAL_NAME *name, int *type);
void GENERAL_NAME_free(GENERAL_NAME *name);
void GENERAL_NAMES_free(GENERAL_NAMES *names);
/* NID_subject_alt_name alone: GENERAL_NAMES, for GENERAL_NAMES_free(); NULL with *critical -1: there is none. Another `nid`:
 * NULL with *critical -1 and a record. */
void *X509_get_ext_d2i(const X509 *certificate, int nid, int *critical, int *index);

/* ---- keys ---- */

/* A private key, or the public one of a certificate: it is given to an SSL_CTX, or asked what it is. */
#define EVP_PKEY_NONE 0
#define EVP_PKEY_RSA 6
#define EVP_PKEY_RSA_PSS 912
#define EVP_PKEY_EC 408
#define EVP_PKEY_ED25519 1087
#define EVP_PKEY_ED448 1088
EVP_PKEY *PEM_read_bio_PrivateKey(BIO *bio, EVP_PKEY **key, pem_password_cb *callback, void *user);
EVP_PKEY *d2i_PrivateKey_bio(BIO *bio, EVP_PKEY **key);
EVP_PKEY *X509_get_pubkey(X509 *certificate);        /* with one reference */
EVP_PKEY *X509_get0_pubkey(const X509 *certificate); /* the X509's own     */
int EVP_PKEY_up_ref(EVP_PKEY *key);
void EVP_PKEY_free(EVP_PKEY *key); /* wipes with the last reference; NULL allowed */
int EVP_PKEY_id(const EVP_PKEY *key);   /* EVP_PKEY_*; EVP_PKEY_NONE: another; of a private key, of PKCS#8 alone */
int EVP_PKEY_bits(const EVP_PKEY *key); /* of a public key; 0 for others */
#define EVP_PKEY_base_id EVP_PKEY_id
#define EVP_PKEY_get_id EVP_PKEY_id
#define EVP_PKEY_get_base_id EVP_PKEY_id
#define EVP_PKEY_get_bits EVP_PKEY_bits

/* ---- on an SSL_CTX and an SSL ---- */

/* As the calls with files, from objects; nothing of them is kept by reference. 1 or 0. A chain: the leaf first, then those
 * behind it, then the key. */
int SSL_CTX_use_certificate(SSL_CTX *ctx, X509 *certificate);
int SSL_CTX_use_certificate_ASN1(SSL_CTX *ctx, int len, const unsigned char *der);
int SSL_CTX_use_PrivateKey(SSL_CTX *ctx, EVP_PKEY *key);
/* add_extra and add0 take over the caller's reference when they succeed. */
int SSL_CTX_add_extra_chain_cert(SSL_CTX *ctx, X509 *certificate);
int SSL_CTX_add0_chain_cert(SSL_CTX *ctx, X509 *certificate);
int SSL_CTX_add1_chain_cert(SSL_CTX *ctx, X509 *certificate);

/* The peer's certificate with one reference; NULL: none. */
X509 *SSL_get_peer_certificate(const SSL *ssl);
#define SSL_get1_peer_certificate SSL_get_peer_certificate
X509 *SSL_get0_peer_certificate(const SSL *ssl); /* the SSL's own */
/* What the peer sent, leaf first, on a client with the leaf and on a server without; the SSL's own. NULL: none. */
STACK_OF(X509) * SSL_get_peer_cert_chain(const SSL *ssl);

/* Subjects of the certificates in a PEM file, for SSL_CTX_set_client_CA_list(); NULL: see the record. */
STACK_OF(X509_NAME) * SSL_load_client_CA_file(const char *file);
/* The names that are sent to clients whose certificate is asked for. Takes over the list; NULL: does nothing. */
void SSL_CTX_set_client_CA_list(SSL_CTX *ctx, STACK_OF(X509_NAME) * names);
int SSL_CTX_add_client_CA(SSL_CTX *ctx, X509 *certificate); /* one more: 1 or 0 */

/* The trusted roots of `ctx`; the SSL_CTX's own. What is added to it is what SSL_new() takes from then on. */
X509_STORE *SSL_CTX_get_cert_store(const SSL_CTX *ctx);
int X509_STORE_add_cert(X509_STORE *store, X509 *certificate); /* 1 or 0; one that is there already: 1 */
int X509_STORE_load_locations(X509_STORE *store, const char *file, const char *directory);
int X509_STORE_set_default_paths(X509_STORE *store);
#define X509_V_FLAG_CRL_CHECK 0x4
#define X509_V_FLAG_CRL_CHECK_ALL 0x8
#define X509_V_FLAG_X509_STRICT 0x20
#define X509_V_FLAG_TRUSTED_FIRST 0x8000
#define X509_V_FLAG_PARTIAL_CHAIN 0x80000
/* 1 for X509_STRICT, TRUSTED_FIRST and PARTIAL_CHAIN, which are always so. CRL_CHECK: the leaf is refused unless a current
 * revocation list of its issuer clears it; CRL_CHECK_ALL, with it or alone: every certificate of the path but the root. Flags
 * add up and are not taken back. 0, with a record, for others. */
int X509_STORE_set_flags(X509_STORE *store, unsigned long flags);

/* ---- revocation lists (RFC 5280 5) ---- */

/* Complete lists of the certificates' own issuer: delta and indirect ones are refused when they are read. Whom a list of the
 * store names is refused without a flag, too. */
void X509_CRL_free(X509_CRL *crl); /* drops one reference; NULL allowed */
int X509_CRL_up_ref(X509_CRL *crl);
/* DER; a copy is kept. *crl, where `crl` is not NULL, is set too. NULL: see the record. */
X509_CRL *d2i_X509_CRL(X509_CRL **crl, const unsigned char **in, long len);
/* The next X509 CRL block, of at most 1 MiB; NULL: no more, or malformed. The callback is not used. */
X509_CRL *PEM_read_bio_X509_CRL(BIO *bio, X509_CRL **crl, pem_password_cb *callback, void *user);
/* One more list, shared: 1 or 0; one that is there already: 1. For SSL_new() from then on. */
int X509_STORE_add_crl(X509_STORE *store, X509_CRL *crl);

#define X509_FILETYPE_PEM 1
#define X509_FILETYPE_ASN1 2
/* A store by another name, to load files into it; nothing has to be freed. NULL: another method than X509_LOOKUP_file(). */
X509_LOOKUP_METHOD *X509_LOOKUP_file(void);
X509_LOOKUP *X509_STORE_add_lookup(X509_STORE *store, X509_LOOKUP_METHOD *method);
/* The lists of a file of at most 32 MiB, PEM or DER whatever `type` says: how many are new (1 where all were there); 0: see the
 * record. */
int X509_load_crl_file(X509_LOOKUP *lookup, const char *file, int type);
/* X509_FILETYPE_PEM: certificates and lists of the file, one at least. X509_FILETYPE_ASN1: a list in DER. 1 or 0. */
int X509_LOOKUP_load_file(X509_LOOKUP *lookup, const char *file, int type);

#ifdef __cplusplus
}
#endif
#endif
