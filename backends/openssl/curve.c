/* SPDX-License-Identifier: MIT
 *
 * Keys on the NIST curves, for key exchange and for ECDSA.
 */
#include "backends/openssl/internal.h"

#include <string.h>

#define FIELD_LEN_MAX 66u
#define SEC1_MAX      (9u + FIELD_LEN_MAX + 10u)

static const struct tvt_openssl_curve curves[TVT_OPENSSL_NUM_CURVES] = {
    {.group = TVT_GROUP_SECP256R1,
     .key_type = TVT_KEY_P256,
     .field_len = 32,
     .name = "P-256",
     .oid = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07},
     .oid_len = 10},
    {.group = TVT_GROUP_SECP384R1,
     .key_type = TVT_KEY_P384,
     .field_len = 48,
     .name = "P-384",
     .oid = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22},
     .oid_len = 7},
    {.group = TVT_GROUP_SECP521R1,
     .key_type = TVT_KEY_P521,
     .field_len = 66,
     .name = "P-521",
     .oid = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23},
     .oid_len = 7},
};

static EVP_PKEY *
domain_of(const char *name)
{
    EVP_PKEY *domain = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)name, 0),
        OSSL_PARAM_construct_end(),
    };

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
        EVP_PKEY_fromdata(ctx, &domain, EVP_PKEY_KEY_PARAMETERS, params) <= 0)
        domain = NULL;
    EVP_PKEY_CTX_free(ctx);
    return domain;
}

void
tvt_openssl_list_curves(struct tvt_openssl *provider)
{
    for (size_t i = 0; i < TVT_OPENSSL_NUM_CURVES; i++) {
        provider->curve[i] = curves[i];
        provider->curve[i].domain = domain_of(curves[i].name);
        provider->curve[i].workers = &provider->curve_workers[i];
    }
}

const struct tvt_openssl_curve *
tvt_openssl_curve_of(const struct tvt_openssl *provider, uint8_t key_type)
{
    for (size_t i = 0; i < TVT_OPENSSL_NUM_CURVES; i++)
        if (provider->curve[i].key_type == key_type && provider->curve[i].domain != NULL)
            return &provider->curve[i];
    return NULL;
}

/* EVP_PKEY_fromdata() leaves a key without its public half; reading an ECPrivateKey (RFC 5915 3) that has none
 * computes it. Used for keys that are loaded, not for those of a handshake. */
EVP_PKEY *
tvt_openssl_curve_private(const struct tvt_openssl_curve *curve, struct tvt_span scalar)
{
    uint8_t der[SEC1_MAX], *p = der;
    const uint8_t *start = der;
    EVP_PKEY *key;
    EVP_PKEY_CTX *ctx;

    if (scalar.len != curve->field_len)
        return NULL;
    *p++ = 0x30; /* SEQUENCE */
    *p++ = (uint8_t)(7u + scalar.len + curve->oid_len);
    memcpy(p, (const uint8_t[]){0x02, 0x01, 0x01, 0x04}, 4); /* version 1, OCTET STRING */
    p += 4;
    *p++ = (uint8_t)scalar.len;
    memcpy(p, scalar.data, scalar.len);
    p += scalar.len;
    *p++ = 0xa0; /* [0] parameters */
    *p++ = curve->oid_len;
    memcpy(p, curve->oid, curve->oid_len);
    p += curve->oid_len;
    key = d2i_PrivateKey_ex(EVP_PKEY_EC, NULL, &start, p - der, NULL, NULL);
    OPENSSL_cleanse(der, sizeof der);
    if (key == NULL)
        return NULL;
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (ctx == NULL || EVP_PKEY_private_check(ctx) <= 0) { /* the scalar's range */
        EVP_PKEY_free(key);
        key = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return key;
}
