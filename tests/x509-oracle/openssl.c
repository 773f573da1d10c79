/* SPDX-License-Identifier: MIT
 *
 * The verdict of libcrypto's X509_verify_cert, told to mean what core/x509 means: any certificate of the store is an
 * anchor, the common name is no host name, no partial wildcards.
 */
#include "tests/x509-oracle/oracle.h"

#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

static const char *
openssl_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

static bool
openssl_open(void)
{
    return true;
}

static void
openssl_close(void)
{
}

static bool
set_questions(X509_VERIFY_PARAM *p, const struct oracle_world *w)
{
    bool is_address =
        w->host != NULL && (strchr(w->host, ':') != NULL || strspn(w->host, "0123456789.") == strlen(w->host));
    X509_VERIFY_PARAM_set_time(p, ORACLE_TIME);
    X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST) != 1 ||
        X509_VERIFY_PARAM_set_purpose(p, w->client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER) != 1)
        return false;
    return w->host == NULL ||
           (is_address ? X509_VERIFY_PARAM_set1_ip_asc(p, w->host) : X509_VERIFY_PARAM_set1_host(p, w->host, 0)) == 1;
}

static bool
give_path(struct oracle_verdict *out, const struct oracle_world *w, STACK_OF(X509) * chain)
{
    out->accepted = true;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        size_t k = 0;
        while (k < w->num && X509_cmp(w->x509[k], sk_X509_value(chain, i)) != 0)
            k++;
        if (k == w->num || out->num == ORACLE_PATH_MAX)
            return false;
        out->path[out->num++] = (uint8_t)k;
    }
    return true;
}

static bool
judge(struct oracle_verdict *out, const struct oracle_world *w, X509_STORE *store, STACK_OF(X509) * sent)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool good = ctx != NULL && X509_STORE_CTX_init(ctx, store, w->x509[0], sent) == 1 &&
                set_questions(X509_STORE_CTX_get0_param(ctx), w);
    if (good && X509_verify_cert(ctx) == 1) {
        good = give_path(out, w, X509_STORE_CTX_get0_chain(ctx));
    } else if (good) {
        out->code = X509_STORE_CTX_get_error(ctx);
        (void)snprintf(out->words, sizeof(out->words), "%s, at %d", X509_verify_cert_error_string(out->code),
                       X509_STORE_CTX_get_error_depth(ctx));
    }
    X509_STORE_CTX_free(ctx);
    return good;
}

static bool
openssl_verify(struct oracle_verdict *out, const struct oracle_world *w, struct oracle_part part)
{
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *sent = sk_X509_new_null();
    bool good = store != NULL && sent != NULL;
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; good && i < w->num; i++) {
        if ((part.trusted & 1u << i) != 0)
            good = X509_STORE_add_cert(store, w->x509[i]) == 1;
        if (good && i > 0 && (part.sent & 1u << i) != 0)
            good = sk_X509_push(sent, w->x509[i]) > 0;
    }
    good = good && judge(out, w, store, sent);
    sk_X509_free(sent);
    X509_STORE_free(store);
    return good;
}

const struct oracle_verifier oracle_openssl = {"OpenSSL", openssl_version, openssl_open, openssl_close, openssl_verify};
