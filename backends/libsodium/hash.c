/* SPDX-License-Identifier: MIT
 *
 * SHA-256, SHA-384 and SHA-512 over libsodium's streaming states, which are plain structs: copying is assignment.
 */
#include <string.h>

#include "backends/libsodium/internal.h"

enum { SHA384_LEN = 48, HASH_FLAGS = TVT_FLAG_CONSTANT_TIME | TVT_FLAG_NO_HEAP };

/* ---- SHA-256 --------------------------------------------------------------------------------------------- */
static int
setup_sha256(const struct tvt_hash *hash, void *ctx)
{
    (void)hash;
    (void)crypto_hash_sha256_init(ctx); /* returns 0 always, as do update and final */
    return TVT_CRYPTO_OK;
}

static void
reset_sha256(void *ctx)
{
    (void)crypto_hash_sha256_init(ctx);
}

static void
update_sha256(void *ctx, const void *data, size_t len)
{
    if (len > 0)
        (void)crypto_hash_sha256_update(ctx, data, len);
}

static int
finish_sha256(void *ctx, uint8_t *out)
{
    (void)crypto_hash_sha256_final(ctx, out);
    return TVT_CRYPTO_OK;
}

static void
copy_sha256(void *dst, const void *src)
{
    memcpy(dst, src, sizeof(crypto_hash_sha256_state));
}

static void
teardown_sha256(void *ctx)
{
    sodium_memzero(ctx, sizeof(crypto_hash_sha256_state));
}

const struct tvt_hash tvt_sodium_sha256 = {
    .id = TVT_HASH_SHA256,
    .out_len = crypto_hash_sha256_BYTES,
    .block_len = 64,
    .ctx_size = sizeof(crypto_hash_sha256_state),
    .flags = HASH_FLAGS,
    .name = "SHA-256",
    .setup = setup_sha256,
    .reset = reset_sha256,
    .update = update_sha256,
    .final = finish_sha256,
    .copy = copy_sha256,
    .teardown = teardown_sha256,
};

/* ---- SHA-512 and what SHA-384 shares with it ------------------------------------------------------------- */
static void
reset_sha512(void *ctx)
{
    (void)crypto_hash_sha512_init(ctx);
}

static int
setup_sha512(const struct tvt_hash *hash, void *ctx)
{
    (void)hash;
    reset_sha512(ctx);
    return TVT_CRYPTO_OK;
}

static void
update_sha512(void *ctx, const void *data, size_t len)
{
    if (len > 0)
        (void)crypto_hash_sha512_update(ctx, data, len);
}

static int
finish_sha512(void *ctx, uint8_t *out)
{
    (void)crypto_hash_sha512_final(ctx, out);
    return TVT_CRYPTO_OK;
}

static void
copy_sha512(void *dst, const void *src)
{
    memcpy(dst, src, sizeof(crypto_hash_sha512_state));
}

static void
teardown_sha512(void *ctx)
{
    sodium_memzero(ctx, sizeof(crypto_hash_sha512_state));
}

const struct tvt_hash tvt_sodium_sha512 = {
    .id = TVT_HASH_SHA512,
    .out_len = crypto_hash_sha512_BYTES,
    .block_len = 128,
    .ctx_size = sizeof(crypto_hash_sha512_state),
    .flags = HASH_FLAGS,
    .name = "SHA-512",
    .setup = setup_sha512,
    .reset = reset_sha512,
    .update = update_sha512,
    .final = finish_sha512,
    .copy = copy_sha512,
    .teardown = teardown_sha512,
};

/* ---- SHA-384: SHA-512 from another start, cut to 48 bytes (FIPS 180-4 6.5) -------------------------------- */
static void
reset_sha384(void *ctx)
{
    /* FIPS 180-4 5.3.4 */
    static const uint64_t start[8] = {
        0xcbbb9d5dc1059ed8u, 0x629a292a367cd507u, 0x9159015a3070dd17u, 0x152fecd8f70e5939u,
        0x67332667ffc00b31u, 0x8eb44a8768581511u, 0xdb0c2e0d64f98fa7u, 0x47b5481dbefa4fa4u,
    };
    crypto_hash_sha512_state *state = ctx;

    reset_sha512(state);
    memcpy(state->state, start, sizeof start);
}

static int
setup_sha384(const struct tvt_hash *hash, void *ctx)
{
    (void)hash;
    reset_sha384(ctx);
    return TVT_CRYPTO_OK;
}

static int
finish_sha384(void *ctx, uint8_t *out)
{
    uint8_t whole[crypto_hash_sha512_BYTES];

    (void)crypto_hash_sha512_final(ctx, whole);
    memcpy(out, whole, SHA384_LEN);
    sodium_memzero(whole, sizeof whole);
    return TVT_CRYPTO_OK;
}

const struct tvt_hash tvt_sodium_sha384 = {
    .id = TVT_HASH_SHA384,
    .out_len = SHA384_LEN,
    .block_len = 128,
    .ctx_size = sizeof(crypto_hash_sha512_state),
    .flags = HASH_FLAGS,
    .name = "SHA-384",
    .setup = setup_sha384,
    .reset = reset_sha384,
    .update = update_sha512,
    .final = finish_sha384,
    .copy = copy_sha512,
    .teardown = teardown_sha512,
};

bool
tvt_sodium_sha384_works(void)
{
    /* SHA-384("abc"), the example of FIPS 180-4 */
    static const uint8_t expected[SHA384_LEN] = {
        0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b, 0xb5, 0xa0, 0x3d, 0x69, 0x9a, 0xc6, 0x50, 0x07,
        0x27, 0x2c, 0x32, 0xab, 0x0e, 0xde, 0xd1, 0x63, 0x1a, 0x8b, 0x60, 0x5a, 0x43, 0xff, 0x5b, 0xed,
        0x80, 0x86, 0x07, 0x2b, 0xa1, 0xe7, 0xcc, 0x23, 0x58, 0xba, 0xec, 0xa1, 0x34, 0xc8, 0x25, 0xa7,
    };
    crypto_hash_sha512_state state;
    uint8_t got[SHA384_LEN];

    reset_sha384(&state);
    update_sha512(&state, "abc", 3);
    (void)finish_sha384(&state, got);
    return memcmp(got, expected, sizeof got) == 0;
}
