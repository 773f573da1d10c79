/* SPDX-License-Identifier: MIT
 *
 * core/x509: private key files and credentials.
 */
#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/x509/credential.h"
#include "core/x509/private_key.h"
#include "tests/unit/heap_help.h"
#include "tests/unit/x509_help.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_x509_keys(void);

/* ---- private keys ---------------------------------------------------------------------------------------- */

static void
load_key(struct tvt_private_key_file *out, const char *path)
{
    struct tvt_file file;
    struct tvt_error error;
    tvt_error_clear(&error);
    x509_read(&file, path);
    if (tvt_private_key_parse(out, file.bytes, NULL, &error) != TVT_OK) {
        char text[1024];
        (void)tvt_error_format_line(&error, text, sizeof(text));
        fprintf(stderr, "\n  %s: %s\n", path, text);
        CU_FAIL_FATAL("a good key is refused");
    }
    tvt_file_free(&file);
}

static void
reads_every_wrapping(void)
{
    static const char *const p256[] = {"keys/p256-pkcs8.pem", "keys/p256-sec1.pem", "keys/p256-pkcs8.der"};
    static const char *const rsa[] = {"keys/rsa-pkcs8.pem", "keys/rsa-pkcs1.pem", "keys/rsa-pkcs1.der"};
    struct tvt_private_key_file first, other;
    load_key(&first, p256[0]);
    CU_ASSERT_TRUE(first.key.pub.type == TVT_KEY_P256 && first.key.scalar.len == 32 && first.key.pkcs8.len > 0);
    CU_ASSERT_TRUE(first.key.pub.key.len == 65 && first.key.pub.bits == 256 && first.key.rsa.len == 0);
    for (size_t i = 1; i < 3; i++) {
        load_key(&other, p256[i]);
        CU_ASSERT_TRUE(tvt_span_equal(first.key.scalar, other.key.scalar));
        CU_ASSERT_TRUE(tvt_public_key_equal(&first.key.pub, &other.key.pub));
        CU_ASSERT_EQUAL(other.key.pkcs8.len > 0, i == 2);
        tvt_private_key_free(&other);
    }
    tvt_private_key_free(&first);
    load_key(&first, rsa[0]);
    CU_ASSERT_TRUE(first.key.pub.type == TVT_KEY_RSA && first.key.pub.bits == 2048 && first.key.pub.n.len == 256);
    for (size_t i = 1; i < 3; i++) {
        load_key(&other, rsa[i]);
        CU_ASSERT_TRUE(tvt_span_equal(first.key.rsa, other.key.rsa));
        CU_ASSERT_TRUE(tvt_span_equal(first.key.pub.spki, other.key.pub.spki));
        CU_ASSERT_EQUAL(other.key.pkcs8.len, 0);
        tvt_private_key_free(&other);
    }
    tvt_private_key_free(&first);
    tvt_private_key_free(&first);
}

/* The public half that is built for RSA is what the certificate carries. */
static void
builds_rsa_public(void)
{
    static const char *const dirs[] = {"rsa2048", "rsa3072", "rsa1024"};
    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        struct tvt_private_key_file key;
        struct x509_chain chain;
        char path[64];
        (void)snprintf(path, sizeof(path), "%s/key.pem", dirs[i]);
        load_key(&key, path);
        (void)snprintf(path, sizeof(path), "%s/chain.pem", dirs[i]);
        x509_load(&chain, path);
        CU_ASSERT_TRUE(tvt_span_equal(key.key.pub.spki, chain.certificate[0].key.spki));
        CU_ASSERT_TRUE(tvt_span_equal(key.key.pub.key, chain.certificate[0].key.key));
        CU_ASSERT_EQUAL(key.key.pub.bits, chain.certificate[0].key.bits);
        x509_free(&chain);
        tvt_private_key_free(&key);
    }
}

static void
reads_eddsa(void)
{
    struct tvt_private_key_file key;
    load_key(&key, "keys/ed25519-pkcs8.pem");
    CU_ASSERT_TRUE(key.key.pub.type == TVT_KEY_ED25519 && key.key.scalar.len == 32 && key.key.pub.key.len == 0);
    tvt_private_key_free(&key);
    load_key(&key, "keys/ed448-pkcs8.pem");
    CU_ASSERT_TRUE(key.key.pub.type == TVT_KEY_ED448 && key.key.scalar.len == 57);
    tvt_private_key_free(&key);
    /* RFC 8410 10.3: version 2 with attributes and the public key. */
    load_key(&key, "keys/ed25519-v2.pem");
    CU_ASSERT_TRUE(key.key.pub.type == TVT_KEY_ED25519 && key.key.scalar.len == 32 && key.key.pub.key.len == 32);
    CU_ASSERT_TRUE(key.key.pub.key.len == 32 && key.key.pub.key.data[0] == 0x19 && key.key.pub.key.data[31] == 0xe1);
    tvt_private_key_free(&key);
    load_key(&key, "rsapss/key.pem");
    CU_ASSERT_TRUE(key.key.pub.type == TVT_KEY_RSA_PSS && key.key.pub.n.len == 256);
    tvt_private_key_free(&key);
}

static void
expect_key_error(struct tvt_span text, enum tvt_error_code code)
{
    struct tvt_private_key_file key;
    struct tvt_error error;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_private_key_parse(&key, text, NULL, &error), TVT_FAIL);
    if (error.code != code)
        fprintf(stderr, "\n  %s, expected %s\n", tvt_error_name(error.code), tvt_error_name(code));
    CU_ASSERT_EQUAL(error.code, code);
    CU_ASSERT_EQUAL(error.origin, TVT_ORIGIN_CALLER);
    CU_ASSERT_PTR_NULL(key.memory);
}

static void
refuses_keys(void)
{
    static const struct {
        const char *path;
        enum tvt_error_code code;
    } rows[] = {
        {"keys/p256-encrypted.pem", TVT_E_KEY_ENCRYPTED},
        {"keys/p256-sec1-encrypted.pem", TVT_E_KEY_ENCRYPTED},
        {"secp256k1/key.pem", TVT_E_KEY_UNSUPPORTED},
        {"ec256/leaf.pem", TVT_E_PEM_NOT_FOUND},
        {"SOURCE", TVT_E_PEM_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tvt_file file;
        x509_read(&file, rows[i].path);
        expect_key_error(file.bytes, rows[i].code);
        tvt_file_free(&file);
    }
    expect_key_error(tvt_span("", 0), TVT_E_PEM_NOT_FOUND);
    expect_key_error(tvt_span("\x30\x00", 2), TVT_E_KEY_MALFORMED);
    expect_key_error(tvt_span("\x30\x03\x02\x01\x00", 5), TVT_E_KEY_MALFORMED);
    expect_key_error(tvt_span_string("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"),
                     TVT_E_KEY_MALFORMED);
    expect_key_error(tvt_span_string("-----BEGIN PRIVATE KEY-----\nMA=\n-----END PRIVATE KEY-----\n"),
                     TVT_E_PEM_MALFORMED);
    expect_key_error(tvt_span_string("-----BEGIN PRIVATE KEY-----\nMAA=\n"), TVT_E_PEM_MALFORMED);
}

/* A label that names another wrapping than its contents have. */
static void
refuses_wrong_label(void)
{
    struct tvt_file file;
    x509_read(&file, "keys/rsa-pkcs1.pem");
    char *text = malloc(file.bytes.len + 1), *at;
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memcpy(text, file.bytes.data, file.bytes.len + 1);
    while ((at = strstr(text, "RSA PRIVATE")) != NULL)
        memmove(at, at + 4, strlen(at + 4) + 1);
    expect_key_error(tvt_span_string(text), TVT_E_KEY_MALFORMED);
    free(text);
    tvt_file_free(&file);
}

/* Cut and changed keys: never a crash, and a cut one is never read. */
static void
survives_changed_keys(void)
{
    static const char *const files[] = {"keys/p256-pkcs8.der", "keys/rsa-pkcs1.der"};
    for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
        struct tvt_file file;
        x509_read(&file, files[f]);
        for (size_t len = 0; len < file.bytes.len; len++) {
            struct tvt_private_key_file key;
            uint8_t *exact = malloc(len + 1);
            CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
            memcpy(exact, file.bytes.data, len + 1);
            CU_ASSERT_EQUAL(tvt_private_key_parse(&key, tvt_span(exact, len), NULL, NULL), TVT_FAIL);
            exact[len] ^= 0x41;
            if (len + 1 < file.bytes.len) {
                uint8_t *whole = malloc(file.bytes.len);
                CU_ASSERT_PTR_NOT_NULL_FATAL(whole);
                memcpy(whole, file.bytes.data, file.bytes.len);
                whole[len] = exact[len];
                if (tvt_private_key_parse(&key, tvt_span(whole, file.bytes.len), NULL, NULL) == TVT_OK) {
                    CU_ASSERT_NOT_EQUAL(key.key.pub.type, TVT_KEY_NONE);
                    tvt_private_key_free(&key);
                }
                free(whole);
            }
            free(exact);
        }
        tvt_file_free(&file);
    }
}

/* ---- credentials ----------------------------------------------------------------------------------------- */

static enum tvt_result
load_credential(struct tvt_credential **out, const struct tvt_provider *provider, const char *chain_path,
                const char *key_path, struct tvt_error *error)
{
    struct tvt_file chain, key;
    x509_read(&chain, chain_path);
    x509_read(&key, key_path);
    tvt_error_clear(error);
    *out = NULL;
    enum tvt_result result = tvt_credential_new(out, provider, chain.bytes, key.bytes, NULL, error);
    CU_ASSERT_EQUAL(result == TVT_OK, *out != NULL);
    tvt_file_free(&chain);
    tvt_file_free(&key);
    return result;
}

/* What the signer signs verifies under the certificate's key. */
static void
sign_and_verify(const struct tvt_credential *credential, const struct tvt_provider *provider, uint8_t family,
                uint8_t hash)
{
    static const uint8_t message[] = "a message";
    uint8_t signature[TVT_SIGNATURE_MAX];
    size_t len = sizeof(signature);
    void *op = NULL;
    int result =
        credential->signer->sign(credential->signer, family, hash, message, sizeof(message), signature, &len, &op);
    CU_ASSERT_EQUAL_FATAL(result, TVT_CRYPTO_OK);
    const struct tvt_signature *how = tvt_provider_signature(provider, family, credential->leaf.key.type, hash);
    CU_ASSERT_PTR_NOT_NULL_FATAL(how);
    CU_ASSERT_EQUAL(how->verify(how, hash, &credential->leaf.key, message, sizeof(message), signature, len),
                    TVT_CRYPTO_OK);
    signature[len / 2] ^= 1;
    CU_ASSERT_EQUAL(
        tvt_crypto_kind(how->verify(how, hash, &credential->leaf.key, message, sizeof(message), signature, len)),
        TVT_CRYPTO_AUTH);
}

static void
makes_credentials(void)
{
    static const struct {
        const char *dir;
        uint8_t family, key_type, hash;
    } rows[] = {
        {"ec256", TVT_SIG_ECDSA, TVT_KEY_P256, TVT_HASH_SHA256},
        {"ec384", TVT_SIG_ECDSA, TVT_KEY_P384, TVT_HASH_SHA384},
        {"ec521", TVT_SIG_ECDSA, TVT_KEY_P521, TVT_HASH_SHA512},
        {"rsa2048", TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256},
        {"rsa3072", TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA384},
        {"rsapss", TVT_SIG_RSA_PSS, TVT_KEY_RSA_PSS, TVT_HASH_SHA256},
        {"ed25519", TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE},
        {"ed448", TVT_SIG_EDDSA, TVT_KEY_ED448, TVT_HASH_NONE},
        {"mldsa44", TVT_SIG_MLDSA, TVT_KEY_MLDSA44, TVT_HASH_NONE},
        {"mldsa65", TVT_SIG_MLDSA, TVT_KEY_MLDSA65, TVT_HASH_NONE},
        {"mldsa87", TVT_SIG_MLDSA, TVT_KEY_MLDSA87, TVT_HASH_NONE},
    };
    size_t tried = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct tvt_provider *provider = x509_provider_for(rows[i].family, rows[i].key_type, rows[i].hash);
        char chain[64], key[64], text[1024] = "";
        struct tvt_credential *credential;
        struct tvt_error error;
        if (provider == NULL) {
            fprintf(stderr, "\n  no backend of this build signs with %s\n", rows[i].dir);
            continue;
        }
        tried++;
        (void)snprintf(chain, sizeof(chain), "%s/chain.pem", rows[i].dir);
        (void)snprintf(key, sizeof(key), "%s/key.pem", rows[i].dir);
        if (load_credential(&credential, provider, chain, key, &error) != TVT_OK) {
            (void)tvt_error_format_line(&error, text, sizeof(text));
            fprintf(stderr, "\n  %s: %s\n", rows[i].dir, text);
            CU_FAIL("a good credential is refused");
            continue;
        }
        CU_ASSERT_EQUAL(credential->num_chain, 2);
        CU_ASSERT_EQUAL(credential->leaf.key.type, rows[i].key_type);
        sign_and_verify(credential, provider, rows[i].family, rows[i].hash);
        CU_ASSERT_PTR_EQUAL(tvt_credential_ref(credential), credential);
        tvt_credential_unref(credential);
        struct tvt_host host;
        CU_ASSERT_TRUE(tvt_host_parse(&host, "example.test") && tvt_credential_matches_host(credential, &host));
        CU_ASSERT_TRUE(tvt_host_parse(&host, "other.test") && !tvt_credential_matches_host(credential, &host));
        tvt_credential_unref(credential);
    }
    CU_ASSERT_TRUE(tried > 0);
    tvt_credential_unref(NULL);
}

static void
refuses_credentials(void)
{
    static const struct {
        const char *chain, *key;
        enum tvt_error_code code;
    } rows[] = {
        {"ec256/chain.pem", "client/key.pem", TVT_E_KEY_MISMATCH},
        {"ec256/chain.pem", "rsa2048/key.pem", TVT_E_KEY_MISMATCH},
        {"ec256/chain.pem", "ec384/key.pem", TVT_E_KEY_MISMATCH},
        {"ec256/chain.pem", "keys/p256-encrypted.pem", TVT_E_KEY_ENCRYPTED},
        {"ec256/chain.pem", "ec256/chain.pem", TVT_E_PEM_NOT_FOUND},
        {"ec256/key.pem", "ec256/key.pem", TVT_E_PEM_NOT_FOUND},
    };
    const struct tvt_provider *provider = x509_provider_for(TVT_SIG_ECDSA, TVT_KEY_P256, TVT_HASH_SHA256);
    struct tvt_credential *credential;
    struct tvt_error error;
    if (provider == NULL) {
        fprintf(stderr, "\n  no backend of this build signs with P-256\n");
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(load_credential(&credential, provider, rows[i].chain, rows[i].key, &error), TVT_FAIL);
        CU_ASSERT_EQUAL(error.code, rows[i].code);
        CU_ASSERT_EQUAL(error.origin, TVT_ORIGIN_CALLER);
    }
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_credential_new(&credential, provider, tvt_span("", 0), tvt_span("", 0), NULL, &error),
                    TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_NO_CREDENTIAL);
}

/* An Ed25519 key file has no public half: the signer derives it, and the mismatch is found all the same. */
static void
finds_derived_mismatch(void)
{
    const struct tvt_provider *provider = x509_provider_for(TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE);
    struct tvt_credential *credential;
    struct tvt_error error;
    if (provider == NULL) {
        fprintf(stderr, "\n  no backend of this build signs with Ed25519\n");
        return;
    }
    CU_ASSERT_EQUAL(load_credential(&credential, provider, "ed25519/chain.pem", "client-ed25519/key.pem", &error),
                    TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_KEY_MISMATCH);
}

/* Allocation failures: the nth one fails; nothing leaks, and the code is NO_MEMORY. */
static void
survives_lack_of_memory(void)
{
    struct heap heap = {0};
    const struct tvt_allocator allocator = heap_allocator(&heap);
    const struct tvt_provider *provider = x509_provider_for(TVT_SIG_ECDSA, TVT_KEY_P256, TVT_HASH_SHA256);
    struct tvt_file chain, key;
    bool done = false;
    x509_read(&chain, "ec256/chain.pem");
    x509_read(&key, "ec256/key.pem");
    for (unsigned n = 1; !done && provider != NULL && n < 20; n++) {
        struct tvt_credential *credential = NULL;
        struct tvt_error error;
        heap = (struct heap){.fail_at = n};
        tvt_error_clear(&error);
        done = tvt_credential_new(&credential, provider, chain.bytes, key.bytes, &allocator, &error) == TVT_OK;
        CU_ASSERT_EQUAL(error.code, done ? TVT_E_NONE : TVT_E_NO_MEMORY);
        tvt_credential_unref(credential);
        CU_ASSERT_EQUAL(heap.live, 0);
    }
    CU_ASSERT_TRUE(done || provider == NULL);
    done = false;
    for (unsigned n = 1; !done && n < 20; n++) {
        struct tvt_trust_store *store = NULL;
        struct tvt_error error;
        heap = (struct heap){.fail_at = n};
        tvt_error_clear(&error);
        done = tvt_trust_store_new(&store, &allocator, &error) == TVT_OK &&
               tvt_trust_store_add_pem(store, chain.bytes, NULL, NULL, &error) == TVT_OK;
        CU_ASSERT_EQUAL(error.code, done ? TVT_E_NONE : TVT_E_NO_MEMORY);
        tvt_trust_store_unref(store);
        CU_ASSERT_EQUAL(heap.live, 0);
    }
    CU_ASSERT_TRUE(done);
    tvt_file_free(&chain);
    tvt_file_free(&key);
}

static int
end_suite(void)
{
    x509_end();
    return 0;
}

int
tvt_register_x509_keys(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"reads every wrapping", reads_every_wrapping},
        {"builds the public half of RSA keys", builds_rsa_public},
        {"reads EdDSA and RSA-PSS keys", reads_eddsa},
        {"refuses with the right error", refuses_keys},
        {"refuses a label that lies", refuses_wrong_label},
        {"survives cut and changed keys", survives_changed_keys},
        {"makes credentials that sign", makes_credentials},
        {"refuses credentials", refuses_credentials},
        {"finds a mismatch with a derived public key", finds_derived_mismatch},
        {"survives lack of memory", survives_lack_of_memory},
    };
    CU_pSuite suite = CU_add_suite("x509 keys", NULL, end_suite);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
