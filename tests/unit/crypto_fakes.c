/* SPDX-License-Identifier: MIT
 *
 * Primitives without security for the unit tests of core/crypto.
 */
#include "tests/unit/crypto_fakes.h"

#include <string.h>

/* ---- hash: every byte is mixed into one of 32 cells ------------------------------------------------------- */

struct fake_ctx {
    uint8_t cell[32];
    uint64_t len;
};

int tvt_fake_hash_live;
int tvt_fake_hash_fail_setup;
bool tvt_fake_hash_fail_final;

void
tvt_fake_hash_reset(void)
{
    tvt_fake_hash_live = 0;
    tvt_fake_hash_fail_setup = 0;
    tvt_fake_hash_fail_final = false;
}

static void
fake_reset(void *ctx)
{
    memset(ctx, 0, sizeof(struct fake_ctx));
}

static int
fake_setup(const struct tvt_hash *hash, void *ctx)
{
    (void)hash;
    if (tvt_fake_hash_fail_setup > 0 && --tvt_fake_hash_fail_setup == 0)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    tvt_fake_hash_live++;
    fake_reset(ctx);
    return TVT_CRYPTO_OK;
}

static void
fake_update(void *ctx, const void *data, size_t len)
{
    struct fake_ctx *c = ctx;
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++, c->len++)
        c->cell[c->len % 32] = (uint8_t)(c->cell[c->len % 32] * 31u + p[i] + 1u);
}

static int
fake_final(void *ctx, uint8_t *out)
{
    memcpy(out, ((struct fake_ctx *)ctx)->cell, 32);
    return tvt_fake_hash_fail_final ? tvt_crypto_failure(TVT_CRYPTO_BACKEND, 99) : TVT_CRYPTO_OK;
}

static void
fake_copy(void *dst, const void *src)
{
    memcpy(dst, src, sizeof(struct fake_ctx));
}

static void
fake_teardown(void *ctx)
{
    fake_reset(ctx);
    tvt_fake_hash_live--;
}

const struct tvt_hash tvt_fake_hash = {
    .id = TVT_HASH_SHA256,
    .out_len = 32,
    .block_len = 64,
    .ctx_size = sizeof(struct fake_ctx),
    .name = "fake hash",
    .setup = fake_setup,
    .reset = fake_reset,
    .update = fake_update,
    .final = fake_final,
    .copy = fake_copy,
    .teardown = fake_teardown,
};

/* ---- KEM: the encapsulation key is one byte repeated, the secret is that byte and a count ----------------- */

static int
kem_start(const struct tvt_kx *kx, void *state, uint8_t *share)
{
    memset(state, 0x77, 1);
    memset(share, 0x77, kx->initiator_len);
    return TVT_CRYPTO_OK;
}

static void
kem_secret(uint8_t key, uint8_t *secret, size_t len)
{
    for (size_t i = 0; i < len; i++)
        secret[i] = (uint8_t)(key ^ i);
}

static int
kem_respond(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    for (size_t i = 0; i < kx->initiator_len; i++)
        if (peer[i] != peer[0])
            return tvt_crypto_failure(TVT_CRYPTO_PEER_KEY, 0);
    memset(share, peer[0] ^ 0xff, kx->responder_len);
    kem_secret(peer[0], secret, kx->secret_len);
    return TVT_CRYPTO_OK;
}

static int
kem_finish(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    for (size_t i = 0; i < kx->responder_len; i++)
        if ((peer[i] ^ *(uint8_t *)state) != 0xff)
            return tvt_crypto_failure(TVT_CRYPTO_PEER_KEY, 0);
    kem_secret(*(uint8_t *)state, secret, kx->secret_len);
    return TVT_CRYPTO_OK;
}

static void
kem_discard(const struct tvt_kx *kx, void *state)
{
    (void)kx;
    memset(state, 0, 1);
}

static const struct tvt_kx fake_kem = {
    .group = TVT_GROUP_MLKEM768,
    .state_size = 1,
    .initiator_len = 1184,
    .responder_len = 1088,
    .secret_len = 32,
    .name = "fake KEM",
    .start = kem_start,
    .finish = kem_finish,
    .respond = kem_respond,
    .discard = kem_discard,
};

/* ---- provider --------------------------------------------------------------------------------------------- */

int tvt_fake_provider_frees;

static int
fake_random(const struct tvt_provider *provider, void *out, size_t len)
{
    (void)provider;
    memset(out, 0x42, len);
    return TVT_CRYPTO_OK;
}

static int
fake_load_key(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out)
{
    (void)provider;
    (void)key;
    (void)out;
    return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
}

static void
fake_describe(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap)
{
    (void)provider;
    (void)code;
    if (cap > 0)
        out[0] = '\0';
}

static void
fake_free(struct tvt_provider *provider)
{
    (void)provider;
    tvt_fake_provider_frees++;
}

static const struct tvt_hash *const fake_hashes[] = {&tvt_fake_hash, NULL};
static const struct tvt_aead *const fake_aeads[] = {NULL};
static const struct tvt_kx *const fake_groups[] = {&fake_kem, NULL};
static const struct tvt_signature *const fake_signatures[] = {NULL};

struct tvt_provider tvt_fake_provider = {
    .abi = TVT_PROVIDER_ABI,
    .struct_size = sizeof(struct tvt_provider),
    .name = "fake",
    .version = "0",
    .licence = "MIT",
    .hashes = fake_hashes,
    .aeads = fake_aeads,
    .groups = fake_groups,
    .signatures = fake_signatures,
    .random = fake_random,
    .load_key = fake_load_key,
    .describe = fake_describe,
    .free = fake_free,
};
