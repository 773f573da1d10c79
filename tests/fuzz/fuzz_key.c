/* SPDX-License-Identifier: MIT
 *
 * PEM and private key files: blocks, base64, and every wrapping of a key.
 */
#include "core/x509/pem.h"
#include "core/x509/private_key.h"
#include "tests/fuzz/fuzz.h"

static void
walk_blocks(struct tvt_span text)
{
    struct tvt_pem pem;
    struct tvt_pem_block block;
    struct tvt_error error;

    tvt_error_clear(&error);
    tvt_pem_init(&pem, text);
    while (tvt_pem_next(&pem, &block, &error) == TVT_OK) {
        size_t cap = tvt_pem_decoded_max(&block), len = 0;
        uint8_t *out = malloc(cap);
        REQUIRE(out != NULL);
        if (tvt_pem_decode(&block, out, cap, &len, &error) == TVT_OK)
            REQUIRE(len <= cap);
        else
            REQUIRE(error.code == TVT_E_PEM_MALFORMED); /* never that the bound was too small */
        free(out);
        tvt_error_clear(&error);
    }
}

static void
check_key(const struct tvt_private_key_file *file)
{
    const struct tvt_private_key *key = &file->key;
    const uint8_t *end = file->memory + file->size;

    REQUIRE(key->pub.type != TVT_KEY_NONE);
    REQUIRE((key->scalar.len > 0) != (key->rsa.len > 0));
    REQUIRE(key->scalar.len == 0 || (key->scalar.data >= file->memory && key->scalar.data + key->scalar.len <= end));
    REQUIRE(key->rsa.len == 0 || (key->rsa.data >= file->memory && key->rsa.data + key->rsa.len <= end));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct tvt_span text = tvt_span(data, len);
    struct tvt_private_key_file file;
    struct tvt_error error;

    walk_blocks(text);
    tvt_error_clear(&error);
    if (tvt_private_key_parse(&file, text, NULL, &error) == TVT_OK)
        check_key(&file);
    else
        REQUIRE(error.code != TVT_E_NONE && error.origin == TVT_ORIGIN_CALLER);
    tvt_private_key_free(&file);
    return 0;
}
