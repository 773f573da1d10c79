/* SPDX-License-Identifier: MIT
 *
 * What an SSL can tell about its connection.
 */
#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/base/wire.h"
#include "core/ssl/ssl.h"

#include <string.h>

#define LABEL_MAX 249u /* bytes: "tls13 " and the label share one length byte (RFC 9846 7.1) */

/* False while nothing is known. */
static bool
info_of(const SSL *ssl, struct tvt_info *info)
{
    if (ssl == NULL || ssl->connection == NULL)
        return false;
    tvt_connection_info(ssl->connection, info);
    return true;
}

const char *
SSL_get_version(const SSL *ssl)
{
    struct tvt_info info;
    return info_of(ssl, &info) && info.version != 0 ? info.version_name : "unknown";
}

int
SSL_version(const SSL *ssl)
{
    struct tvt_info info;
    return info_of(ssl, &info) ? info.version : 0;
}

const SSL_CIPHER *
SSL_get_current_cipher(const SSL *ssl)
{
    struct tvt_info info;
    return info_of(ssl, &info) && info.suite != 0 ? tvt_suite_find(info.suite) : NULL;
}

const char *
SSL_CIPHER_get_name(const SSL_CIPHER *cipher)
{
    return cipher != NULL ? cipher->name : "(NONE)";
}

const char *
SSL_get_cipher_name(const SSL *ssl)
{
    return SSL_CIPHER_get_name(SSL_get_current_cipher(ssl));
}

const char *
SSL_get_cipher(const SSL *ssl)
{
    return SSL_get_cipher_name(ssl);
}

const char *
SSL_get0_group_name(const SSL *ssl)
{
    struct tvt_info info;
    return info_of(ssl, &info) && info.group != 0 ? info.group_name : NULL;
}

void
SSL_get0_alpn_selected(const SSL *ssl, const unsigned char **data, unsigned int *len)
{
    struct tvt_info info;
    bool known = info_of(ssl, &info) && info.alpn.len > 0;
    if (data != NULL)
        *data = known ? info.alpn.data : NULL;
    if (len != NULL)
        *len = known ? (unsigned)info.alpn.len : 0;
}

const char *
SSL_get_servername(const SSL *ssl, int type)
{
    struct tvt_info info;
    if (ssl == NULL || type != TLSEXT_NAMETYPE_host_name)
        return NULL;
    if (ssl->connection == NULL)
        return ssl->sni;
    tvt_connection_info(ssl->connection, &info);
    return info.server_name[0] != '\0' ? info.server_name : NULL;
}

static long
verify_error(enum tvt_error_code code)
{
    static const struct {
        enum tvt_error_code code;
        long result;
    } rows[] = {
        {TVT_E_CERT_UNKNOWN_ISSUER, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {TVT_E_CERT_SELF_SIGNED, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
        {TVT_E_CERT_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED},
        {TVT_E_CERT_NOT_YET_VALID, X509_V_ERR_CERT_NOT_YET_VALID},
        {TVT_E_CERT_NAME_MISMATCH, X509_V_ERR_HOSTNAME_MISMATCH},
        {TVT_E_CERT_BAD_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE},
        {TVT_E_CERT_SIGNATURE_ALGORITHM, X509_V_ERR_CA_MD_TOO_WEAK},
        {TVT_E_CERT_WEAK_KEY, X509_V_ERR_EE_KEY_TOO_SMALL},
        {TVT_E_CERT_NOT_CA, X509_V_ERR_INVALID_CA},
        {TVT_E_CERT_PATH_LENGTH, X509_V_ERR_PATH_LENGTH_EXCEEDED},
        {TVT_E_CERT_KEY_USAGE, X509_V_ERR_KEYUSAGE_NO_CERTSIGN},
        {TVT_E_CERT_EXTENDED_KEY_USAGE, X509_V_ERR_INVALID_PURPOSE},
        {TVT_E_CERT_CRITICAL_EXTENSION, X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION},
        {TVT_E_CERT_NAME_CONSTRAINTS, X509_V_ERR_PERMITTED_VIOLATION},
        {TVT_E_CERT_POLICY, X509_V_ERR_NO_EXPLICIT_POLICY},
        {TVT_E_CERT_CHAIN_TOO_LONG, X509_V_ERR_CERT_CHAIN_TOO_LONG},
        {TVT_E_CERT_REJECTED, X509_V_ERR_CERT_REJECTED}, /* and what has no number of its own */
        {TVT_E_CERT_ANCHOR_LIMIT, X509_V_ERR_CERT_REJECTED},
        {TVT_E_CERT_PROFILE, X509_V_ERR_CERT_REJECTED},
        {TVT_E_CERT_BUDGET, X509_V_ERR_CERT_REJECTED},
        {TVT_E_CERT_MALFORMED, X509_V_ERR_CERT_REJECTED},
        {TVT_E_CERT_KEY_UNSUPPORTED, X509_V_ERR_CERT_REJECTED},
        {TVT_E_CERT_REVOKED, X509_V_ERR_CERT_REVOKED},
        {TVT_E_CRL_MISSING, X509_V_ERR_UNABLE_TO_GET_CRL},
        {TVT_E_CRL_NOT_CURRENT, X509_V_ERR_CRL_HAS_EXPIRED},
        {TVT_E_CRL_SIGNATURE, X509_V_ERR_CRL_SIGNATURE_FAILURE},
        {TVT_E_CERT_VERSION, X509_V_ERR_INVALID_EXTENSION},
        {TVT_E_NO_MEMORY, X509_V_ERR_OUT_OF_MEM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == code)
            return rows[i].result;
    return X509_V_ERR_UNSPECIFIED;
}

long
SSL_get_verify_result(const SSL *ssl)
{
    struct tvt_info info;
    if (!info_of(ssl, &info))
        return X509_V_ERR_UNSPECIFIED;
    if (info.peer_verified)
        return X509_V_OK;
    const struct tvt_error *error = tvt_connection_error(ssl->connection);
    if (tvt_ssl_is_broken(ssl) && error->origin != TVT_ORIGIN_PEER)
        return verify_error(error->code);
    bool nobody = ssl->role == TVT_SERVER && info.num_peer_certificates == 0 && SSL_is_init_finished(ssl);
    return nobody ? X509_V_OK : X509_V_ERR_UNSPECIFIED;
}

/* A NUL-terminated label of label[0..len). */
static bool
copy_label(SSL *ssl, const char *call, char text[LABEL_MAX + 1], const char *label, size_t len, const void *out)
{
    if (out == NULL || label == NULL || len > LABEL_MAX || memchr(label, 0, len) != NULL) {
        (void)tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, call, "a buffer, and a label of up to %u bytes, are needed",
                                 LABEL_MAX);
        return false;
    }
    memcpy(text, label, len);
    text[len] = '\0';
    return true;
}

int
SSL_export_keying_material(SSL *ssl, unsigned char *out, size_t out_len, const char *label, size_t label_len,
                           const unsigned char *context, size_t context_len, int use_context)
{
    char text[LABEL_MAX + 1];
    const char *call = "SSL_export_keying_material";
    if (ssl == NULL)
        return tvt_ssl_null(call) > 0;
    if (!SSL_is_init_finished(ssl))
        return tvt_ssl_wrong_call(ssl, call, "the handshake is not done") == SSL_ERROR_NONE;
    if (!copy_label(ssl, call, text, label, label_len, out))
        return 0;
    if (use_context != 0 && context == NULL && context_len > 0)
        return tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, call, "the context is NULL") == SSL_ERROR_NONE;
    /* With TLS 1.2 none and an empty one lead to different bytes (RFC 5705 4). */
    struct tvt_span used = context != NULL ? tvt_span(context, context_len) : tvt_span((const uint8_t *)"", 0);
    if (use_context == 0)
        used = tvt_span(NULL, 0);
    if (tvt_connection_export(ssl->connection, out, out_len, text, used.data, used.len) == TVT_OK)
        return 1;
    return tvt_ssl_call_failed(ssl) == SSL_ERROR_NONE;
}

int
SSL_export_keying_material_early(SSL *ssl, unsigned char *out, size_t out_len, const char *label, size_t label_len,
                                 const unsigned char *context, size_t context_len)
{
    char text[LABEL_MAX + 1];
    const char *call = "SSL_export_keying_material_early";
    if (ssl == NULL)
        return tvt_ssl_null(call) > 0;
    if (ssl->connection == NULL)
        return tvt_ssl_wrong_call(ssl, call, "no early data were written or read") == SSL_ERROR_NONE;
    if (!copy_label(ssl, call, text, label, label_len, out))
        return 0;
    if (context == NULL && context_len > 0)
        return tvt_ssl_raise_here(ssl, TVT_E_BAD_ARGUMENT, call, "the context is NULL") == SSL_ERROR_NONE;
    if (tvt_connection_export_early(ssl->connection, out, out_len, text, context, context_len) == TVT_OK)
        return 1;
    return tvt_ssl_call_failed(ssl) == SSL_ERROR_NONE;
}

struct tvt_connection *
SSL_get0_tvt_connection(SSL *ssl)
{
    return ssl != NULL ? ssl->connection : NULL;
}
