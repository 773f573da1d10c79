/* SPDX-License-Identifier: MIT
 *
 * Hashes. Where libcrypto's own default provider would compute one, its functions are called without EVP in between: a
 * context is then plain memory, and a MAC costs half (docs/decisions/0018). Where another provider does - a validated
 * module, a driver - its answer is what was asked for: EVP digests that are fetched once, and a context keeps its
 * EVP_MD_CTX from setup to teardown.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* sha.h; a libcrypto that was built without these has EVP alone */

#include "backends/openssl/internal.h"

#include <openssl/provider.h>
#include <openssl/sha.h>

#include <string.h>

/* ---- over EVP ---------------------------------------------------------------------------------------------- */

struct hash_ctx {
    EVP_MD_CTX *live;
    const EVP_MD *md;
    int failure; /* the first since the context was reset or copied into */
};

static int
set_up(const struct tvt_hash *hash, void *ctx)
{
    const struct tvt_openssl_hash *self = (const struct tvt_openssl_hash *)hash;
    struct hash_ctx *c = ctx;

    c->md = self->md;
    c->failure = 0;
    ERR_set_mark();
    c->live = EVP_MD_CTX_new();
    if (c->live == NULL || !EVP_DigestInit_ex2(c->live, c->md, NULL)) {
        EVP_MD_CTX_free(c->live);
        return tvt_openssl_end(TVT_CRYPTO_BACKEND);
    }
    return tvt_openssl_end(TVT_CRYPTO_NONE);
}

static void
latch(struct hash_ctx *c, int ok)
{
    if (!ok && c->failure == 0)
        c->failure = tvt_openssl_failure(TVT_CRYPTO_BACKEND);
}

static void
reset(void *ctx)
{
    struct hash_ctx *c = ctx;
    /* A failed copy may have left the context without its digest; naming it each time would cost a third more. */
    const EVP_MD *md = c->failure != 0 ? c->md : NULL;

    c->failure = 0;
    latch(c, EVP_DigestInit_ex2(c->live, md, NULL));
}

static void
update(void *ctx, const void *data, size_t len)
{
    struct hash_ctx *c = ctx;

    if (len != 0 && c->failure == 0)
        latch(c, EVP_DigestUpdate(c->live, data, len));
}

static int
final(void *ctx, uint8_t *out)
{
    struct hash_ctx *c = ctx;

    if (c->failure == 0)
        latch(c, EVP_DigestFinal_ex(c->live, out, NULL));
    return c->failure;
}

static void
copy(void *dst, const void *src)
{
    struct hash_ctx *d = dst;
    const struct hash_ctx *s = src;

    d->failure = s->failure;
    if (d->failure == 0)
        latch(d, EVP_MD_CTX_copy_ex(d->live, s->live));
}

static void
tear_down(void *ctx)
{
    struct hash_ctx *c = ctx;

    EVP_MD_CTX_free(c->live); /* wipes the state */
    c->live = NULL;
}

static const struct tvt_hash over_evp = {
    .ctx_size = sizeof(struct hash_ctx),
    .setup = set_up,
    .reset = reset,
    .update = update,
    .final = final,
    .copy = copy,
    .teardown = tear_down,
};

/* ---- without EVP ------------------------------------------------------------------------------------------- */

#ifndef OPENSSL_NO_DEPRECATED_3_0

/* The functions of one hash. They cannot fail: a message would have to be of 2^61 bytes. */
#define DIRECT(name, type, Init, Update, Final)                                                                        \
    static void reset_##name(void *ctx)                                                                                \
    {                                                                                                                  \
        (void)Init(ctx);                                                                                               \
    }                                                                                                                  \
    static int set_up_##name(const struct tvt_hash *hash, void *ctx)                                                   \
    {                                                                                                                  \
        (void)hash;                                                                                                    \
        return Init(ctx) ? TVT_CRYPTO_OK : tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);                                  \
    }                                                                                                                  \
    static void update_##name(void *ctx, const void *data, size_t len)                                                 \
    {                                                                                                                  \
        (void)Update(ctx, data, len);                                                                                  \
    }                                                                                                                  \
    static int final_##name(void *ctx, uint8_t *out)                                                                   \
    {                                                                                                                  \
        return Final(out, ctx) ? TVT_CRYPTO_OK : tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);                            \
    }                                                                                                                  \
    static void copy_##name(void *dst, const void *src)                                                                \
    {                                                                                                                  \
        memcpy(dst, src, sizeof(type));                                                                                \
    }                                                                                                                  \
    static void tear_down_##name(void *ctx)                                                                            \
    {                                                                                                                  \
        OPENSSL_cleanse(ctx, sizeof(type));                                                                            \
    }                                                                                                                  \
    static const struct tvt_hash direct_##name = {                                                                     \
        .ctx_size = sizeof(type),                                                                                      \
        .flags = TVT_FLAG_NO_HEAP,                                                                                     \
        .setup = set_up_##name,                                                                                        \
        .reset = reset_##name,                                                                                         \
        .update = update_##name,                                                                                       \
        .final = final_##name,                                                                                         \
        .copy = copy_##name,                                                                                           \
        .teardown = tear_down_##name,                                                                                  \
    };

DIRECT(sha256, SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final)
DIRECT(sha384, SHA512_CTX, SHA384_Init, SHA384_Update, SHA384_Final)
DIRECT(sha512, SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final)
#define DIRECT_OR_NULL(name) &direct_##name

#else
#define DIRECT_OR_NULL(name) NULL
#endif

/* ---- which -------------------------------------------------------------------------------------------------- */

/* Best first. `cpu` is what makes the hash run on instructions of its own. */
static const struct {
    uint8_t id, out_len, block_len;
    unsigned cpu;
    const char *name, *fetch;
    const struct tvt_hash *direct;
} kinds[TVT_OPENSSL_NUM_HASHES] = {
    {TVT_HASH_SHA256, 32, 64, TVT_OPENSSL_CPU_SHA256, "SHA-256", "SHA2-256", DIRECT_OR_NULL(sha256)},
    {TVT_HASH_SHA384, 48, 128, TVT_OPENSSL_CPU_SHA512, "SHA-384", "SHA2-384", DIRECT_OR_NULL(sha384)},
    {TVT_HASH_SHA512, 64, 128, TVT_OPENSSL_CPU_SHA512, "SHA-512", "SHA2-512", DIRECT_OR_NULL(sha512)},
};

/* What a configuration chose in the place of libcrypto's own is not passed by. */
static bool
is_of_default_provider(const EVP_MD *md)
{
    const OSSL_PROVIDER *provider = EVP_MD_get0_provider(md);
    const char *name = provider != NULL ? OSSL_PROVIDER_get0_name(provider) : NULL;

    return name != NULL && strcmp(name, "default") == 0;
}

void
tvt_openssl_list_hashes(struct tvt_openssl *provider, unsigned cpu, uint16_t flags)
{
    size_t n = 0;

    for (size_t i = 0; i < TVT_OPENSSL_NUM_HASHES; i++) {
        struct tvt_openssl_hash *hash = &provider->hash[n];

        hash->md = EVP_MD_fetch(NULL, kinds[i].fetch, NULL);
        if (hash->md == NULL)
            continue;
        hash->base = kinds[i].direct != NULL && is_of_default_provider(hash->md) ? *kinds[i].direct : over_evp;
        hash->base.id = kinds[i].id;
        hash->base.out_len = kinds[i].out_len;
        hash->base.block_len = kinds[i].block_len;
        hash->base.name = kinds[i].name;
        hash->base.flags |= flags | TVT_FLAG_CONSTANT_TIME;
        if ((cpu & kinds[i].cpu) != 0)
            hash->base.flags |= TVT_FLAG_HARDWARE;
        provider->hashes[n++] = &hash->base;
    }
}

const EVP_MD *
tvt_openssl_md(const struct tvt_openssl_hash *hashes, uint8_t id)
{
    for (size_t i = 0; i < TVT_OPENSSL_NUM_HASHES; i++)
        if (hashes[i].md != NULL && hashes[i].base.id == id)
            return hashes[i].md;
    return NULL;
}
