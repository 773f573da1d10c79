/* SPDX-License-Identifier: MIT
 *
 * Hashes over EVP digests that are fetched once; a context keeps its EVP_MD_CTX from setup to teardown.
 */
#include "backends/openssl/internal.h"

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

/* Best first. `cpu` is what makes the hash run on instructions of its own. */
static const struct {
    uint8_t id, out_len, block_len;
    unsigned cpu;
    const char *name, *fetch;
} kinds[TVT_OPENSSL_NUM_HASHES] = {
    {TVT_HASH_SHA256, 32, 64, TVT_OPENSSL_CPU_SHA256, "SHA-256", "SHA2-256"},
    {TVT_HASH_SHA384, 48, 128, TVT_OPENSSL_CPU_SHA512, "SHA-384", "SHA2-384"},
    {TVT_HASH_SHA512, 64, 128, TVT_OPENSSL_CPU_SHA512, "SHA-512", "SHA2-512"},
};

void
tvt_openssl_list_hashes(struct tvt_openssl *provider, unsigned cpu, uint16_t flags)
{
    size_t n = 0;

    for (size_t i = 0; i < TVT_OPENSSL_NUM_HASHES; i++) {
        struct tvt_openssl_hash *hash = &provider->hash[n];

        hash->md = EVP_MD_fetch(NULL, kinds[i].fetch, NULL);
        if (hash->md == NULL)
            continue;
        hash->base = (struct tvt_hash){
            .id = kinds[i].id,
            .out_len = kinds[i].out_len,
            .block_len = kinds[i].block_len,
            .ctx_size = sizeof(struct hash_ctx),
            .flags = flags | TVT_FLAG_CONSTANT_TIME,
            .name = kinds[i].name,
            .setup = set_up,
            .reset = reset,
            .update = update,
            .final = final,
            .copy = copy,
            .teardown = tear_down,
        };
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
