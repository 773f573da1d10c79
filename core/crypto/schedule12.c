/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.2 key schedule: master secret, key block, Finished, exporters.
 */
#include "core/crypto/schedule12.h"

#include "core/base/memory.h"
#include "core/base/wire.h"

#include <string.h>

static int
misuse(void)
{
    return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);
}

size_t
tvt_aead_fixed_iv12(uint16_t aead_id)
{
    switch (aead_id) {
    case TVT_AEAD_AES_128_GCM:
    case TVT_AEAD_AES_256_GCM:
    case TVT_AEAD_AES_128_CCM:
    case TVT_AEAD_AES_128_CCM_8:
        return 4;
    case TVT_AEAD_CHACHA20_POLY1305:
        return 12;
    default:
        return 0;
    }
}

int
tvt_schedule12_init(struct tvt_schedule12 *s, const struct tvt_hash *hash)
{
    s->ready = false;
    s->loaded = 0;
    return tvt_kdf_init(&s->kdf, hash);
}

void
tvt_schedule12_free(struct tvt_schedule12 *s)
{
    tvt_kdf_free(&s->kdf);
    tvt_wipe(s->master, sizeof(s->master));
    s->ready = false;
    s->loaded = 0;
}

/* ---- master secret ------------------------------------------------------------------------------------------ */

static int
make_master(struct tvt_schedule12 *s, struct tvt_span premaster, const char *label, const struct tvt_span *seed,
            size_t num)
{
    if (s->ready || !s->kdf.live || premaster.len == 0)
        return misuse();
    tvt_kdf_key(&s->kdf, premaster.data, premaster.len);
    int result = tvt_kdf_prf12_parts(&s->kdf, label, seed, num, s->master, sizeof(s->master));
    s->ready = result == TVT_CRYPTO_OK;
    return result;
}

int
tvt_schedule12_master(struct tvt_schedule12 *s, struct tvt_span premaster, const struct tvt_randoms12 *randoms)
{
    const struct tvt_span seed[2] = {tvt_span(randoms->client, TVT_RANDOM_LEN),
                                     tvt_span(randoms->server, TVT_RANDOM_LEN)};

    return make_master(s, premaster, "master secret", seed, 2);
}

int
tvt_schedule12_extended_master(struct tvt_schedule12 *s, struct tvt_span premaster, const uint8_t *session_hash)
{
    if (!s->kdf.live)
        return misuse();
    struct tvt_span seed = tvt_span(session_hash, s->kdf.hash->out_len);
    return make_master(s, premaster, "extended master secret", &seed, 1);
}

int
tvt_schedule12_resume(struct tvt_schedule12 *s, const uint8_t *master)
{
    if (s->ready || !s->kdf.live)
        return misuse();
    memcpy(s->master, master, sizeof(s->master));
    s->ready = true;
    return TVT_CRYPTO_OK;
}

int
tvt_schedule12_psk_premaster(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span shared, struct tvt_span psk)
{
    struct tvt_writer w;

    *out_len = 0;
    if (shared.len > UINT16_MAX || psk.len > UINT16_MAX || cap < 4 + shared.len + psk.len)
        return tvt_crypto_failure(TVT_CRYPTO_NO_ROOM, 0);
    tvt_writer_init(&w, out, cap);
    tvt_write_u16(&w, (uint16_t)shared.len);
    tvt_write_span(&w, shared);
    tvt_write_u16(&w, (uint16_t)psk.len);
    tvt_write_span(&w, psk);
    *out_len = tvt_writer_len(&w);
    return TVT_CRYPTO_OK;
}

/* ---- what is made of it --------------------------------------------------------------------------------------- */

/* PRF(master secret, ...), which is loaded unless it is what `kdf` still holds. */
static int
derive(struct tvt_schedule12 *s, const char *label, const struct tvt_span *seed, size_t num, uint8_t *out, size_t len)
{
    if (!s->ready)
        return misuse();
    if (s->loaded == 0 || s->loaded != s->kdf.loads) {
        tvt_kdf_key(&s->kdf, s->master, sizeof(s->master));
        s->loaded = s->kdf.loads;
    }
    return tvt_kdf_prf12_parts(&s->kdf, label, seed, num, out, len);
}

int
tvt_schedule12_key_block(struct tvt_schedule12 *s, struct tvt_key_block12 *out, const struct tvt_aead *aead,
                         const struct tvt_randoms12 *randoms)
{
    /* The other way round than for the master secret (RFC 5246 6.3). */
    const struct tvt_span seed[2] = {tvt_span(randoms->server, TVT_RANDOM_LEN),
                                     tvt_span(randoms->client, TVT_RANDOM_LEN)};
    uint8_t block[2 * (TVT_AEAD_KEY_MAX + TVT_AEAD_NONCE_MAX)], *p = block;
    size_t key_len = aead->key_len, iv_len = tvt_aead_fixed_iv12(aead->id);

    memset(out, 0, sizeof(*out));
    if (iv_len == 0 || key_len > TVT_AEAD_KEY_MAX)
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    int result = derive(s, "key expansion", seed, 2, block, 2 * (key_len + iv_len));
    if (result == TVT_CRYPTO_OK) {
        memcpy(out->client.key, p, key_len);
        memcpy(out->server.key, p += key_len, key_len);
        memcpy(out->client.iv, p += key_len, iv_len);
        memcpy(out->server.iv, p + iv_len, iv_len);
    }
    tvt_wipe(block, sizeof(block));
    return result;
}

int
tvt_schedule12_finished(struct tvt_schedule12 *s, bool of_server, const uint8_t *transcript_hash, uint8_t *out)
{
    if (!s->ready || !s->kdf.live)
        return misuse();
    struct tvt_span seed = tvt_span(transcript_hash, s->kdf.hash->out_len);
    return derive(s, of_server ? "server finished" : "client finished", &seed, 1, out, TVT_VERIFY_DATA12_LEN);
}

bool
tvt_schedule12_owns_label(const char *label)
{
    static const char *const own[] = {"client finished", "server finished", "master secret", "extended master secret",
                                      "key expansion"};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (strcmp(label, own[i]) == 0)
            return true;
    return false;
}

int
tvt_schedule12_export(struct tvt_kdf *kdf, const uint8_t *master, const struct tvt_randoms12 *randoms,
                      const char *label, struct tvt_span context, uint8_t *out, size_t len)
{
    uint8_t context_len[2];
    const struct tvt_span seed[4] = {tvt_span(randoms->client, TVT_RANDOM_LEN),
                                     tvt_span(randoms->server, TVT_RANDOM_LEN),
                                     tvt_span(context_len, sizeof(context_len)), context};

    if (!kdf->live || tvt_schedule12_owns_label(label) || context.len > UINT16_MAX)
        return misuse();
    tvt_store_u16(context_len, (uint16_t)context.len);
    tvt_kdf_key(kdf, master, TVT_MASTER12_LEN);
    return tvt_kdf_prf12_parts(kdf, label, seed, context.data != NULL ? 4 : 2, out, len);
}
