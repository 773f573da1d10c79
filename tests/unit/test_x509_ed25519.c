/* SPDX-License-Identifier: MIT
 *
 * core/x509: paths of Ed25519 certificates, which every backend verifies: good ones, and refusals with their reason.
 */
#include "tests/unit/x509_help.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <string.h>

int tvt_register_x509_ed25519(void);

struct trial {
    const char *dir, *root, *name;
    enum tvt_error_code code; /* TVT_E_NONE: a good chain */
    const char *message, *field;
};

static const struct trial trials[] = {
    {"ed25519", "ed25519/root.pem", "localhost", TVT_E_NONE, NULL, NULL},
    {"ed25519", "ed25519/root.pem", "a.wild.test", TVT_E_NONE, NULL, NULL},
    {"ed25519", "ed25519/root.pem", "::1", TVT_E_NONE, NULL, NULL},
    {"ed25519", "ed25519/intermediate.pem", "localhost", TVT_E_NONE, NULL, NULL},
    {"ed25519-self-signed", "ed25519-self-signed/chain.pem", "localhost", TVT_E_NONE, NULL, NULL},
    {"ed25519", "ed25519/root.pem", "other.test", TVT_E_CERT_NAME_MISMATCH, "Certificate[0]", "subjectAltName"},
    {"ed25519-wrong-name", "ed25519/root.pem", "localhost", TVT_E_CERT_NAME_MISMATCH, "Certificate[0]",
     "subjectAltName"},
    {"ed25519", "ec256/root.pem", "localhost", TVT_E_CERT_UNKNOWN_ISSUER, "Certificate[1]", "issuer"},
    {"ed25519-expired", "ed25519/root.pem", "localhost", TVT_E_CERT_EXPIRED, "Certificate[0]", "validity.notAfter"},
    {"ed25519-not-yet-valid", "ed25519/root.pem", "localhost", TVT_E_CERT_NOT_YET_VALID, "Certificate[0]",
     "validity.notBefore"},
    {"ed25519-eku-client-only", "ed25519/root.pem", "localhost", TVT_E_CERT_EXTENDED_KEY_USAGE, "Certificate[0]",
     "extendedKeyUsage"},
    {"client-ed25519", "ed25519/root.pem", "localhost", TVT_E_CERT_EXTENDED_KEY_USAGE, "Certificate[0]",
     "extendedKeyUsage"},
    {"ed25519-self-signed", "ed25519/root.pem", "localhost", TVT_E_CERT_SELF_SIGNED, "Certificate[0]", "issuer"},
};

static void
try_one(const struct trial *t, const struct tvt_provider *provider)
{
    char file[64];
    struct x509_chain chain;
    struct tvt_error error;
    struct tvt_trust_store *store = x509_store(t->root);
    (void)snprintf(file, sizeof file, "%s/chain.pem", t->dir);
    x509_load(&chain, file);
    struct tvt_path_request request = {.provider = provider,
                                       .store = store,
                                       .purpose = TVT_PURPOSE_SERVER,
                                       .time = X509_TIME,
                                       .name = t->name,
                                       .chain = chain.certificate,
                                       .num_chain = chain.num};
    tvt_error_clear(&error);
    enum tvt_result result = tvt_path_verify(NULL, &request, &error);
    bool good = result == (t->code == TVT_E_NONE ? TVT_OK : TVT_FAIL) && error.code == t->code;
    if (good && t->code != TVT_E_NONE)
        good = error.message != NULL && strcmp(error.message, t->message) == 0 && error.field != NULL &&
               strcmp(error.field, t->field) == 0;
    if (!good) {
        char text[1024] = "accepted";
        if (error.code != TVT_E_NONE)
            (void)tvt_error_format_line(&error, text, sizeof text);
        fprintf(stderr, "\n  %s: expected %s; got %s\n", t->dir, tvt_error_name(t->code), text);
    }
    CU_ASSERT_TRUE(good);
    x509_free(&chain);
    tvt_trust_store_unref(store);
}

static void
verifies_and_refuses(void)
{
    const struct tvt_provider *provider = x509_provider_for(TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(provider);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        try_one(&trials[i], provider);
}

static int
end_suite(void)
{
    x509_end();
    return 0;
}

int
tvt_register_x509_ed25519(void)
{
    CU_pSuite suite = CU_add_suite("x509 paths, Ed25519", NULL, end_suite);
    if (suite == NULL || CU_add_test(suite, "verifies and refuses", verifies_and_refuses) == NULL)
        return -1;
    return 0;
}
