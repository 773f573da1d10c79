/* SPDX-License-Identifier: MIT
 *
 * Sealing and opening with ticket keys. What is sealed looks like this:
 *
 *     name (16), AEAD (1), salt (20), nonce (12), ciphertext, tag (16)
 *
 * The key of each is HKDF-Expand(secret, label || kind || AEAD || salt) with SHA-256 (RFC 5869 2.3; the secret is uniform,
 * so nothing has to be extracted). Keys and nonces are random both: nothing repeats in 2^64 tickets of one secret. The kind
 * and everything in front of the ciphertext are authenticated too.
 */
#include "core/base/wire.h"
#include "core/session/ticket_keys.h"

#include <string.h>

#define NAME      "ticket"
#define SALT_LEN  20u
#define NONCE_LEN TVT_AEAD_NONCE_MAX
#define AEAD_AT   TVT_TICKET_NAME_LEN
#define SALT_AT   (AEAD_AT + 1u)
#define NONCE_AT  (SALT_AT + SALT_LEN)
#define HEAD_LEN  (NONCE_AT + NONCE_LEN)
#define TAG_LEN   16u

_Static_assert(HEAD_LEN + TAG_LEN <= TVT_SEALED_OVERHEAD, "more is added than was said");

/* Best first. One that another server of the fleet chose opens wherever the provider has it. */
static const uint8_t aeads[] = {TVT_AEAD_AES_256_GCM, TVT_AEAD_CHACHA20_POLY1305, TVT_AEAD_AES_128_GCM};

/* NULL: the provider has none of that number, or it does not fit, or it is none of ours. */
static const struct tvt_aead *
find_aead(const struct tvt_provider *provider, uint8_t id)
{
    if (memchr(aeads, id, sizeof aeads) == NULL)
        return NULL;
    const struct tvt_aead *aead = tvt_provider_aead(provider, id);
    return aead != NULL && aead->ctx_size <= TVT_AEAD_CTX_MAX && aead->nonce_len == NONCE_LEN &&
                   aead->tag_len == TAG_LEN && aead->key_len <= TVT_AEAD_KEY_MAX
               ? aead
               : NULL;
}

static const struct tvt_aead *
best_aead(const struct tvt_provider *provider)
{
    const struct tvt_aead *aead = NULL;

    for (size_t i = 0; i < sizeof aeads && aead == NULL; i++)
        aead = find_aead(provider, aeads[i]);
    return aead;
}

bool
tvt_sealers_possible(const struct tvt_provider *provider)
{
    return tvt_provider_hash(provider, TVT_HASH_SHA256) != NULL && best_aead(provider) != NULL;
}

/* ---- sealers ----------------------------------------------------------------------------------------------- */

void
tvt_sealer_free(struct tvt_sealer *sealer)
{
    if (!sealer->live)
        return;
    if (sealer->sealing != NULL)
        sealer->sealing->teardown(sealer->seal_ctx);
    if (sealer->opening != NULL)
        sealer->opening->teardown(sealer->open_ctx);
    tvt_kdf_free(&sealer->kdf);
    sealer->sealing = sealer->opening = NULL;
    sealer->live = sealer->loaded = false;
    tvt_wipe(sealer->secret, sizeof sealer->secret);
}

/* Makes the sealer live, with `secret` loaded; for the same secret as before that costs nothing. */
static int
load_secret(struct tvt_sealer *sealer, const struct tvt_provider *provider, const uint8_t *secret)
{
    int result = TVT_CRYPTO_OK;

    if (!sealer->live) {
        sealer->sealing = sealer->opening = NULL;
        sealer->loaded = false;
        result = tvt_kdf_init(&sealer->kdf, tvt_provider_hash(provider, TVT_HASH_SHA256));
        sealer->live = result == TVT_CRYPTO_OK;
    }
    if (result != TVT_CRYPTO_OK || (sealer->loaded && tvt_equal_secret(sealer->secret, secret, sizeof sealer->secret)))
        return result;
    tvt_kdf_key(&sealer->kdf, secret, sizeof sealer->secret);
    memcpy(sealer->secret, secret, sizeof sealer->secret);
    sealer->loaded = true;
    return sealer->kdf.failure;
}

/* Loads `key` into the context of one direction, which is live for *current. */
static int
load_aead(const struct tvt_aead **current, void *ctx, enum tvt_direction direction, const struct tvt_aead *aead,
          const uint8_t *key)
{
    if (*current == aead)
        return aead->rekey(ctx, key);
    if (*current != NULL)
        (*current)->teardown(ctx);
    int result = aead->setup(aead, ctx, direction, key);
    *current = result == TVT_CRYPTO_OK ? aead : NULL;
    return result;
}

/* The context that seals, or opens, what has this head. */
static int
load_key(struct tvt_sealer *sealer, enum tvt_direction direction, const struct tvt_aead *aead,
         enum tvt_sealed_kind kind, const uint8_t *head)
{
    static const char label[] = "trivet sealed 1";
    uint8_t info[sizeof label + 2 + SALT_LEN], key[TVT_AEAD_KEY_MAX];

    memcpy(info, label, sizeof label);
    info[sizeof label] = (uint8_t)kind;
    info[sizeof label + 1] = head[AEAD_AT];
    memcpy(info + sizeof label + 2, head + SALT_AT, SALT_LEN);
    int result = tvt_kdf_expand(&sealer->kdf, tvt_span(info, sizeof info), key, aead->key_len);
    if (result == TVT_CRYPTO_OK)
        result = direction == TVT_SEAL ? load_aead(&sealer->sealing, sealer->seal_ctx, TVT_SEAL, aead, key)
                                       : load_aead(&sealer->opening, sealer->open_ctx, TVT_OPEN, aead, key);
    tvt_wipe(key, sizeof key);
    return result;
}

static void
make_aad(uint8_t aad[1 + HEAD_LEN], enum tvt_sealed_kind kind, const uint8_t *head)
{
    aad[0] = (uint8_t)kind;
    memcpy(aad + 1, head, HEAD_LEN);
}

/* ---- both ways --------------------------------------------------------------------------------------------- */

/* Seals behind the head that stands in `out`. */
static int
seal_with(struct tvt_sealer *sealer, const struct tvt_provider *provider, const struct tvt_aead *aead,
          enum tvt_sealed_kind kind, uint8_t *out, struct tvt_span plain, const uint8_t *secret)
{
    uint8_t aad[1 + HEAD_LEN];
    int result = load_secret(sealer, provider, secret);

    if (result == TVT_CRYPTO_OK)
        result = load_key(sealer, TVT_SEAL, aead, kind, out);
    make_aad(aad, kind, out);
    if (result == TVT_CRYPTO_OK)
        result = aead->seal(sealer->seal_ctx, out + HEAD_LEN, &plain, 1, out + NONCE_AT, aad, sizeof aad);
    return result;
}

/* The sealer was lent before the key was looked up: a key that goes away meanwhile is not left loaded in it. */
static enum tvt_result
seal_under(struct tvt_ticket_keys *keys, struct tvt_sealer *sealer, const uint8_t *key, enum tvt_sealed_kind kind,
           uint8_t *out, size_t *out_len, struct tvt_span plain, struct tvt_error *error)
{
    const struct tvt_provider *provider = keys->provider;
    const struct tvt_aead *aead = best_aead(provider);

    memcpy(out, key, TVT_TICKET_NAME_LEN);
    out[AEAD_AT] = (uint8_t)aead->id;
    int result = provider->random(provider, out + SALT_AT, SALT_LEN + NONCE_LEN);
    if (result != TVT_CRYPTO_OK)
        return tvt_fail_crypto(error, TVT_E_RANDOM, NAME, "salt", provider, result);
    result = seal_with(sealer, provider, aead, kind, out, plain, key + TVT_TICKET_NAME_LEN);
    if (result != TVT_CRYPTO_OK)
        tvt_sealer_free(sealer);
    *out_len = HEAD_LEN + plain.len + TAG_LEN;
    if (result != TVT_CRYPTO_OK) {
        tvt_wipe(out, *out_len);
        return tvt_fail_crypto(error, TVT_E_CRYPTO, NAME, "ciphertext", provider, result);
    }
    tvt_public(out, *out_len);
    return TVT_OK;
}

enum tvt_result
tvt_ticket_keys_seal(struct tvt_ticket_keys *keys, enum tvt_sealed_kind kind, uint8_t *out, size_t cap, size_t *out_len,
                     struct tvt_span plain, uint64_t now_ms, struct tvt_error *error)
{
    static const uint8_t nothing[1];
    uint8_t key[TVT_TICKET_KEY_LEN];
    struct tvt_sealer spare;

    *out_len = 0;
    if (cap < TVT_SEALED_OVERHEAD || plain.len > cap - TVT_SEALED_OVERHEAD)
        return tvt_fail_values(error, TVT_E_NO_ROOM, NAME, "out", plain.len + TVT_SEALED_OVERHEAD, cap);
    if (plain.len == 0)
        plain.data = nothing;
    struct tvt_sealer *sealer = tvt_ticket_keys_borrow(keys, &spare);
    enum tvt_result result = tvt_ticket_keys_sealing(keys, key, now_ms, error);
    if (result == TVT_OK)
        result = seal_under(keys, sealer, key, kind, out, out_len, plain, error);
    tvt_ticket_keys_give_back(keys, sealer, &spare);
    if (result != TVT_OK)
        *out_len = 0;
    tvt_wipe(key, sizeof key);
    return result;
}

static bool
open_under(struct tvt_ticket_keys *keys, struct tvt_sealer *sealer, const uint8_t *secret, const struct tvt_aead *aead,
           enum tvt_sealed_kind kind, uint8_t *out, struct tvt_span sealed)
{
    uint8_t aad[1 + HEAD_LEN];
    int result = load_secret(sealer, keys->provider, secret);

    if (result == TVT_CRYPTO_OK)
        result = load_key(sealer, TVT_OPEN, aead, kind, sealed.data);
    make_aad(aad, kind, sealed.data);
    bool loaded = result == TVT_CRYPTO_OK;
    if (loaded)
        result = aead->open(sealer->open_ctx, out, sealed.data + HEAD_LEN, sealed.len - HEAD_LEN,
                            sealed.data + NONCE_AT, aad, sizeof aad);
    tvt_public(&result, sizeof result);
    if (!loaded || (result != TVT_CRYPTO_OK && tvt_crypto_kind(result) != TVT_CRYPTO_AUTH))
        tvt_sealer_free(sealer); /* the library failed: nothing of it is used again */
    return result == TVT_CRYPTO_OK;
}

bool
tvt_ticket_keys_open(struct tvt_ticket_keys *keys, enum tvt_sealed_kind kind, uint8_t *out, size_t cap, size_t *out_len,
                     struct tvt_span sealed, uint64_t now_ms)
{
    uint8_t key[TVT_TICKET_KEY_LEN];
    const struct tvt_aead *aead;
    struct tvt_sealer spare;

    *out_len = 0;
    if (sealed.len < HEAD_LEN + TAG_LEN || cap < sealed.len)
        return false;
    aead = find_aead(keys->provider, sealed.data[AEAD_AT]);
    if (aead == NULL)
        return false;
    struct tvt_sealer *sealer = tvt_ticket_keys_borrow(keys, &spare);
    bool opened = tvt_ticket_keys_opening(keys, key, sealed.data, now_ms) &&
                  open_under(keys, sealer, key + TVT_TICKET_NAME_LEN, aead, kind, out, sealed);
    tvt_ticket_keys_give_back(keys, sealer, &spare);
    tvt_wipe(key, sizeof key); /* a callback may have written one of another name, too */
    if (!opened)
        return false;
    *out_len = sealed.len - HEAD_LEN - TAG_LEN;
    tvt_public(out, *out_len); /* parsed by its bytes; the decoder marks the secret in it again */
    return true;
}
