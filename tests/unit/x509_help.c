/* SPDX-License-Identifier: MIT
 *
 * Helpers of the tests of core/x509.
 */
#include "tests/unit/x509_help.h"

#include "core/x509/pem.h"

#include <CUnit/CUnit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROVIDERS_MAX 8u

static struct tvt_provider *opened[PROVIDERS_MAX];
static size_t num_opened;

void
x509_read(struct tvt_file *out, const char *path)
{
    char whole[512];
    struct tvt_error error;
    tvt_error_clear(&error);
    (void)snprintf(whole, sizeof(whole), "%s/vectors/pki/%s", TRIVET_SOURCE_DIR, path);
    if (tvt_file_read(out, whole, 1u << 20, "test file", NULL, &error) != TVT_OK)
        CU_FAIL_FATAL("a file of vectors/pki cannot be read");
}

void
x509_load_der(struct x509_chain *out, const char *path)
{
    struct tvt_file file;
    struct tvt_pem pem;
    struct tvt_pem_block block;
    struct tvt_error error;
    memset(out, 0, sizeof(*out));
    x509_read(&file, path);
    tvt_error_clear(&error);
    tvt_pem_init(&pem, file.bytes);
    while (out->num < TVT_CHAIN_MAX && tvt_pem_next(&pem, &block, &error) == TVT_OK) {
        size_t max = tvt_pem_decoded_max(&block), len = 0;
        uint8_t *room = malloc(max), *exact;
        CU_ASSERT_PTR_NOT_NULL_FATAL(room);
        CU_ASSERT_EQUAL(tvt_pem_decode(&block, room, max, &len, &error), TVT_OK);
        exact = malloc(len > 0 ? len : 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
        memcpy(exact, room, len);
        free(room);
        out->bytes[out->num] = exact;
        out->der[out->num++] = tvt_span(exact, len);
    }
    CU_ASSERT_EQUAL(error.code, TVT_E_NONE);
    tvt_file_free(&file);
}

void
x509_load(struct x509_chain *out, const char *path)
{
    struct tvt_error error;
    tvt_error_clear(&error);
    x509_load_der(out, path);
    if (tvt_certificates_parse(out->certificate, out->der, out->num, &error) != TVT_OK) {
        char text[1024];
        (void)tvt_error_format_line(&error, text, sizeof(text));
        fprintf(stderr, "%s: %s\n", path, text);
        CU_FAIL_FATAL("a good certificate does not decode");
    }
}

void
x509_free(struct x509_chain *chain)
{
    for (size_t i = 0; i < chain->num; i++)
        free(chain->bytes[i]);
    chain->num = 0;
}

struct tvt_trust_store *
x509_store(const char *path)
{
    struct tvt_trust_store *store;
    struct tvt_error error;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL_FATAL(tvt_trust_store_new(&store, NULL, &error), TVT_OK);
    if (path != NULL) {
        struct tvt_file file;
        x509_read(&file, path);
        CU_ASSERT_EQUAL(tvt_trust_store_add_pem(store, file.bytes, NULL, NULL, &error), TVT_OK);
        tvt_file_free(&file);
    }
    return store;
}

static void
open_all(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    if (num_opened > 0)
        return;
    for (size_t i = 0; i < num && num_opened < PROVIDERS_MAX; i++) {
        struct tvt_error error;
        tvt_error_clear(&error);
        if (tvt_provider_open(&opened[num_opened], names[i], &error) == TVT_OK)
            num_opened++;
    }
}

const struct tvt_provider *
x509_provider_for(uint8_t family, uint8_t key_type, uint8_t hash)
{
    open_all();
    for (size_t i = 0; i < num_opened; i++) {
        const struct tvt_signature *how = tvt_provider_signature(opened[i], family, key_type, hash);
        if (how != NULL && how->can_verify && how->can_sign)
            return opened[i];
    }
    return NULL;
}

const struct tvt_provider *
x509_provider(void)
{
    return x509_provider_for(TVT_SIG_ECDSA, TVT_KEY_P256, TVT_HASH_SHA256);
}

void
x509_end(void)
{
    while (num_opened > 0)
        tvt_provider_free(opened[--num_opened]);
}

/* ---- made certificates, whose "signatures" are the signer's key ---- */

unsigned x509_fake_checks;

static int
fake_verify(const struct tvt_signature *how, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
            size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    (void)how, (void)hash, (void)msg, (void)msg_len;
    x509_fake_checks++;
    if (tvt_span_is(key->spki, "+"))
        return tvt_crypto_failure(TVT_CRYPTO_KEY, 0);
    return tvt_span_equal(key->spki, tvt_span(signature, signature_len)) ? TVT_CRYPTO_OK
                                                                         : tvt_crypto_failure(TVT_CRYPTO_AUTH, 0);
}

static const struct tvt_signature fake_signature = {.family = TVT_SIG_ECDSA,
                                                    .key_type = TVT_KEY_P256,
                                                    .hash_mask = TVT_HASH_BIT(TVT_HASH_SHA256),
                                                    .can_verify = true,
                                                    .name = "fake",
                                                    .verify = fake_verify};
static const struct tvt_signature fake_pss = {.family = TVT_SIG_RSA_PSS,
                                              .key_type = TVT_KEY_RSA_PSS,
                                              .hash_mask = TVT_HASH_BIT(TVT_HASH_SHA256),
                                              .can_verify = true,
                                              .name = "fake",
                                              .verify = fake_verify};
static const struct tvt_signature *const fake_signatures[] = {&fake_signature, &fake_pss, NULL};
const struct tvt_provider x509_fake = {
    .abi = TVT_PROVIDER_ABI, .struct_size = sizeof(struct tvt_provider), .name = "fake", .signatures = fake_signatures};

void
x509_put(struct tvt_writer *w, uint8_t tag, struct tvt_span contents)
{
    tvt_write_u8(w, tag);
    if (contents.len < 0x80) {
        tvt_write_u8(w, (uint8_t)contents.len);
    } else {
        tvt_write_u8(w, contents.len < 0x100 ? 0x81 : 0x82);
        if (contents.len < 0x100)
            tvt_write_u8(w, (uint8_t)contents.len);
        else
            tvt_write_u16(w, (uint16_t)contents.len);
    }
    tvt_write_span(w, contents);
}

struct tvt_span
x509_wrap(uint8_t *out, size_t cap, uint8_t tag, struct tvt_span contents)
{
    struct tvt_writer w;
    tvt_writer_init(&w, out, cap);
    x509_put(&w, tag, contents);
    CU_ASSERT_FALSE_FATAL(w.overflow);
    return tvt_span(out, tvt_writer_len(&w));
}
