/* SPDX-License-Identifier: MIT
 *
 * X509: a certificate that a program looks at.
 */
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/ssl/view.h"
#include "core/x509/name.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

/* The serial number as OpenSSL shows it: its sign in the type, its value in the bytes. */
static bool
make_serial(X509 *x)
{
    struct tvt_span serial = x->certificate.serial;
    bool negative = serial.len > 0 && (serial.data[0] & 0x80) != 0;
    x->serial_size = serial.len + 1;
    x->serial_text = tvt_alloc(NULL, x->serial_size);
    if (x->serial_text == NULL)
        return false;
    unsigned carry = 1;
    tvt_copy(x->serial_text, serial.data, serial.len);
    for (size_t i = serial.len; negative && i-- > 0;) {
        unsigned byte = (uint8_t)~x->serial_text[i] + carry;
        x->serial_text[i] = (uint8_t)byte;
        carry = byte >> 8;
    }
    size_t zeros = 0;
    while (serial.len - zeros > 1 && x->serial_text[zeros] == 0)
        zeros++;
    x->serial.type = negative ? V_ASN1_NEG_INTEGER : V_ASN1_INTEGER;
    x->serial.text = tvt_span(x->serial_text + zeros, serial.len - zeros);
    return true;
}

static int
pkey_id(uint8_t key_type)
{
    switch (key_type) {
    case TVT_KEY_RSA:
        return EVP_PKEY_RSA;
    case TVT_KEY_RSA_PSS:
        return EVP_PKEY_RSA_PSS;
    case TVT_KEY_P256:
    case TVT_KEY_P384:
    case TVT_KEY_P521:
        return EVP_PKEY_EC;
    case TVT_KEY_ED25519:
        return EVP_PKEY_ED25519;
    case TVT_KEY_ED448:
        return EVP_PKEY_ED448;
    default:
        return EVP_PKEY_NONE;
    }
}

static bool
make_parts(X509 *x)
{
    const struct tvt_certificate *c = &x->certificate;
    x->subject = tvt_x509_name_make(c->subject);
    x->issuer = tvt_x509_name_make(c->issuer);
    x->key = tvt_alloc(NULL, sizeof *x->key);
    if (x->subject == NULL || x->issuer == NULL || x->key == NULL || !make_serial(x))
        return false;
    atomic_init(&x->key->references, 1);
    x->key->id = pkey_id(c->key.type);
    x->key->bits = (int)c->key.bits;
    tvt_asn1_time_make(&x->not_before, x->text[0], c->not_before);
    tvt_asn1_time_make(&x->not_after, x->text[1], c->not_after);
    return true;
}

X509 *
tvt_x509_make(struct tvt_span der, const char *call)
{
    struct tvt_error error;
    X509 *x = tvt_alloc(NULL, sizeof *x);
    uint8_t *copy = tvt_alloc_raw(NULL, der.len > 0 ? der.len : 1);
    tvt_error_clear(&error);
    if (x == NULL || copy == NULL) {
        tvt_release(NULL, x, sizeof *x);
        tvt_release(NULL, copy, der.len);
        (void)tvt_ssl_raise_here(NULL, TVT_E_NO_MEMORY, call, "%zu bytes", der.len);
        return NULL;
    }
    atomic_init(&x->references, 1);
    x->der = copy;
    x->certificate.der = tvt_span(copy, der.len);
    tvt_copy(copy, der.data, der.len);
    enum tvt_result r = tvt_certificate_parse(&x->certificate, tvt_span(copy, der.len), call, &error);
    if (r == TVT_OK && !make_parts(x))
        r = tvt_fail(&error, TVT_E_NO_MEMORY, call, NULL);
    if (r == TVT_OK)
        return x;
    x->certificate.der = tvt_span(copy, der.len);
    tvt_err_push(&error);
    X509_free(x);
    return NULL;
}

int
X509_up_ref(X509 *certificate)
{
    if (certificate == NULL)
        return 0;
    atomic_fetch_add(&certificate->references, 1);
    return 1;
}

void
X509_free(X509 *certificate)
{
    if (certificate == NULL || atomic_fetch_sub(&certificate->references, 1) != 1)
        return;
    tvt_x509_name_release(certificate->subject);
    tvt_x509_name_release(certificate->issuer);
    tvt_release(NULL, certificate->serial_text, certificate->serial_size);
    EVP_PKEY_free(certificate->key);
    tvt_release(NULL, certificate->der, certificate->certificate.der.len);
    tvt_release(NULL, certificate, sizeof *certificate);
}

/* ---- DER ---- */

X509 *
d2i_X509(X509 **certificate, const unsigned char **in, long len)
{
    struct tvt_reader r;
    if (in == NULL || *in == NULL || len <= 0) {
        (void)tvt_ssl_null("d2i_X509");
        return NULL;
    }
    tvt_reader_init(&r, tvt_span(*in, (size_t)len));
    struct tvt_span whole = tvt_der_read_whole(&r, TVT_DER_SEQUENCE, "Certificate");
    X509 *made = tvt_x509_make(whole.len > 0 ? whole : tvt_span(*in, (size_t)len), "d2i_X509");
    if (made == NULL)
        return NULL;
    *in += whole.len;
    if (certificate != NULL) {
        X509_free(*certificate);
        *certificate = made;
    }
    return made;
}

int
i2d_X509(const X509 *certificate, unsigned char **out)
{
    if (certificate == NULL || certificate->certificate.der.len > INT_MAX)
        return -1;
    struct tvt_span der = certificate->certificate.der;
    if (out == NULL)
        return (int)der.len;
    if (*out == NULL) {
        *out = malloc(der.len); /* for OPENSSL_free(), which is free() */
        if (*out == NULL)
            return -1;
        tvt_copy(*out, der.data, der.len);
    } else {
        tvt_copy(*out, der.data, der.len);
        *out += der.len;
    }
    return (int)der.len;
}

/* ---- what it says ---- */

X509_NAME *
X509_get_subject_name(const X509 *certificate)
{
    return certificate != NULL ? certificate->subject : NULL;
}

X509_NAME *
X509_get_issuer_name(const X509 *certificate)
{
    return certificate != NULL ? certificate->issuer : NULL;
}

long
X509_get_version(const X509 *certificate)
{
    return certificate != NULL ? (long)certificate->certificate.version - 1 : -1;
}

const ASN1_INTEGER *
X509_get0_serialNumber(const X509 *certificate)
{
    return certificate != NULL ? &certificate->serial : NULL;
}

ASN1_INTEGER *
X509_get_serialNumber(X509 *certificate)
{
    return certificate != NULL ? &certificate->serial : NULL;
}

const ASN1_TIME *
X509_get0_notBefore(const X509 *certificate)
{
    return certificate != NULL ? &certificate->not_before : NULL;
}

const ASN1_TIME *
X509_get0_notAfter(const X509 *certificate)
{
    return certificate != NULL ? &certificate->not_after : NULL;
}

EVP_PKEY *
X509_get0_pubkey(const X509 *certificate)
{
    return certificate != NULL ? certificate->key : NULL;
}

EVP_PKEY *
X509_get_pubkey(X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    return EVP_PKEY_up_ref(key) == 1 ? key : NULL;
}

int
X509_cmp(const X509 *a, const X509 *b)
{
    if (a == NULL || b == NULL)
        return a == b ? 0 : a == NULL ? -1 : 1;
    struct tvt_span x = a->certificate.der, y = b->certificate.der;
    if (x.len != y.len)
        return x.len < y.len ? -1 : 1;
    return memcmp(x.data, y.data, x.len);
}

/* ---- whose it is ---- */

static int
check_name(const X509 *certificate, const char *name, size_t len, bool address, bool wildcards)
{
    struct tvt_host host;
    if (certificate == NULL || name == NULL)
        return -2;
    if (!tvt_host_parse_span(&host, tvt_span(name, len)) || (address && !host.is_ip))
        return -2;
    return tvt_certificate_matches_host(&certificate->certificate, &host, wildcards);
}

int
X509_check_host(X509 *certificate, const char *name, size_t len, unsigned int flags, char **peer_name)
{
    size_t used = name != NULL && len == 0 ? strlen(name) : len;
    if (name != NULL && used > 1 && name[used - 1] == '\0') /* callers who count it */
        used--;
    int r = check_name(certificate, name, used, false, (flags & X509_CHECK_FLAG_NO_WILDCARDS) == 0);
    if (r == 1 && peer_name != NULL) {
        *peer_name = malloc(used + 1); /* for OPENSSL_free(), which is free() */
        if (*peer_name == NULL)
            return -1;
        tvt_copy(*peer_name, name, used);
        (*peer_name)[used] = '\0';
    }
    return r;
}

int
X509_check_ip_asc(X509 *certificate, const char *address, unsigned int flags)
{
    (void)flags;
    return check_name(certificate, address, address != NULL ? strlen(address) : 0, true, false);
}

const char *
X509_verify_cert_error_string(long result)
{
    static const struct {
        long result;
        const char *words;
    } rows[] = {
        {X509_V_OK, "ok"},
        {X509_V_ERR_UNSPECIFIED, "nobody verified it"},
        {X509_V_ERR_CERT_SIGNATURE_FAILURE, "certificate signature failure"},
        {X509_V_ERR_CERT_NOT_YET_VALID, "certificate is not yet valid"},
        {X509_V_ERR_CERT_HAS_EXPIRED, "certificate has expired"},
        {X509_V_ERR_OUT_OF_MEM, "out of memory"},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self-signed certificate"},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unable to get local issuer certificate"},
        {X509_V_ERR_CERT_CHAIN_TOO_LONG, "certificate chain too long"},
        {X509_V_ERR_CERT_REVOKED, "certificate revoked"},
        {X509_V_ERR_UNABLE_TO_GET_CRL, "unable to get certificate CRL"},
        {X509_V_ERR_CRL_HAS_EXPIRED, "CRL has expired"},
        {X509_V_ERR_CRL_SIGNATURE_FAILURE, "CRL signature failure"},
        {X509_V_ERR_INVALID_CA, "invalid CA certificate"},
        {X509_V_ERR_PATH_LENGTH_EXCEEDED, "path length constraint exceeded"},
        {X509_V_ERR_INVALID_PURPOSE, "unsuitable certificate purpose"},
        {X509_V_ERR_CERT_REJECTED, "certificate rejected"},
        {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "key usage does not include certificate signing"},
        {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "unhandled critical extension"},
        {X509_V_ERR_INVALID_EXTENSION, "invalid or inconsistent certificate extension"},
        {X509_V_ERR_NO_EXPLICIT_POLICY, "no explicit policy"},
        {X509_V_ERR_PERMITTED_VIOLATION, "permitted subtree violation"},
        {X509_V_ERR_HOSTNAME_MISMATCH, "hostname mismatch"},
        {X509_V_ERR_EE_KEY_TOO_SMALL, "end entity key too weak"},
        {X509_V_ERR_CA_MD_TOO_WEAK, "a signature's digest algorithm is too weak"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].result == result)
            return rows[i].words;
    return "unknown certificate verification error";
}
