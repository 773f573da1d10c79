/* SPDX-License-Identifier: MIT
 *
 * SHA-256, SHA-384 and SHA-512 (FIPS 180-4), with the state in the caller's memory.
 */
#include "backends/wolfcrypt/internal.h"
#include "core/base/memory.h"

enum {
    HASH_FLAGS = TVT_FLAG_CONSTANT_TIME | TVT_WOLF_NO_HEAP,
    UPDATE_MAX = 1 << 30 /* wolfCrypt counts in 32 bits */
};

/* The first failure since setup or reset; final() returns it. */
struct sha256_ctx {
    wc_Sha256 sha;
    int ret;
};
struct sha384_ctx {
    wc_Sha384 sha;
    int ret;
};
struct sha512_ctx {
    wc_Sha512 sha;
    int ret;
};
_Static_assert(sizeof(struct sha256_ctx) <= TVT_HASH_CTX_MAX, "SHA-256 context");
_Static_assert(sizeof(struct sha384_ctx) <= TVT_HASH_CTX_MAX, "SHA-384 context");
_Static_assert(sizeof(struct sha512_ctx) <= TVT_HASH_CTX_MAX, "SHA-512 context");

/* wolfCrypt has one set of functions per hash, alike in all but the name. Free comes before Init in a live context
 * because some builds keep memory behind it. */
#define DEFINE_HASH(hash, Hash, hash_id, hash_out, hash_block, text)                                                   \
    static int setup_##hash(const struct tvt_hash *descriptor, void *ctx)                                              \
    {                                                                                                                  \
        struct hash##_ctx *c = ctx;                                                                                    \
                                                                                                                       \
        (void)descriptor;                                                                                              \
        c->ret = wc_Init##Hash(&c->sha);                                                                               \
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, c->ret);                                                            \
    }                                                                                                                  \
                                                                                                                       \
    static void reset_##hash(void *ctx)                                                                                \
    {                                                                                                                  \
        struct hash##_ctx *c = ctx;                                                                                    \
                                                                                                                       \
        wc_##Hash##Free(&c->sha);                                                                                      \
        c->ret = wc_Init##Hash(&c->sha);                                                                               \
    }                                                                                                                  \
                                                                                                                       \
    static void update_##hash(void *ctx, const void *data, size_t len)                                                 \
    {                                                                                                                  \
        struct hash##_ctx *c = ctx;                                                                                    \
        const uint8_t *at = data;                                                                                      \
                                                                                                                       \
        while (len > 0 && c->ret == 0) {                                                                               \
            size_t n = len < UPDATE_MAX ? len : UPDATE_MAX;                                                            \
                                                                                                                       \
            c->ret = wc_##Hash##Update(&c->sha, at, (word32)n);                                                        \
            at += n;                                                                                                   \
            len -= n;                                                                                                  \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    static int final_##hash(void *ctx, uint8_t *out)                                                                   \
    {                                                                                                                  \
        struct hash##_ctx *c = ctx;                                                                                    \
                                                                                                                       \
        if (c->ret == 0)                                                                                               \
            c->ret = wc_##Hash##Final(&c->sha, out);                                                                   \
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, c->ret);                                                            \
    }                                                                                                                  \
                                                                                                                       \
    static void copy_##hash(void *dst, const void *src)                                                                \
    {                                                                                                                  \
        const struct hash##_ctx *s = src;                                                                              \
        struct hash##_ctx *d = dst;                                                                                    \
                                                                                                                       \
        wc_##Hash##Free(&d->sha);                                                                                      \
        d->ret = wc_##Hash##Copy((wc_##Hash *)(uintptr_t)&s->sha, &d->sha); /* only reads its source */                \
        if (d->ret == 0)                                                                                               \
            d->ret = s->ret;                                                                                           \
    }                                                                                                                  \
                                                                                                                       \
    static void teardown_##hash(void *ctx)                                                                             \
    {                                                                                                                  \
        struct hash##_ctx *c = ctx;                                                                                    \
                                                                                                                       \
        wc_##Hash##Free(&c->sha);                                                                                      \
        tvt_wipe(c, sizeof *c);                                                                                        \
    }                                                                                                                  \
                                                                                                                       \
    const struct tvt_hash tvt_wolf_##hash = {                                                                          \
        .id = hash_id,                                                                                                 \
        .out_len = hash_out,                                                                                           \
        .block_len = hash_block,                                                                                       \
        .ctx_size = sizeof(struct hash##_ctx),                                                                         \
        .flags = HASH_FLAGS,                                                                                           \
        .name = text,                                                                                                  \
        .setup = setup_##hash,                                                                                         \
        .reset = reset_##hash,                                                                                         \
        .update = update_##hash,                                                                                       \
        .final = final_##hash,                                                                                         \
        .copy = copy_##hash,                                                                                           \
        .teardown = teardown_##hash,                                                                                   \
    }

DEFINE_HASH(sha256, Sha256, TVT_HASH_SHA256, WC_SHA256_DIGEST_SIZE, WC_SHA256_BLOCK_SIZE, "SHA-256");
DEFINE_HASH(sha384, Sha384, TVT_HASH_SHA384, WC_SHA384_DIGEST_SIZE, WC_SHA384_BLOCK_SIZE, "SHA-384");
DEFINE_HASH(sha512, Sha512, TVT_HASH_SHA512, WC_SHA512_DIGEST_SIZE, WC_SHA512_BLOCK_SIZE, "SHA-512");
