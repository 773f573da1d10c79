/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.3 key schedule (RFC 9846 7.1 to 7.5), in its order.
 */
#include "core/crypto/schedule13.h"

#include "core/base/memory.h"
#include "core/base/wire.h"

#include <string.h>

static int
misuse(void)
{
    return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);
}

int
tvt_schedule13_init(struct tvt_schedule13 *s, const struct tvt_hash *hash)
{
    s->stage = TVT_STAGE_NONE;
    s->loaded = 0;
    int result = tvt_kdf_init(&s->kdf, hash);
    if (result == TVT_CRYPTO_OK)
        result = tvt_kdf_digest(&s->kdf, NULL, 0, s->empty_hash);
    if (result != TVT_CRYPTO_OK)
        tvt_kdf_free(&s->kdf);
    return result;
}

void
tvt_schedule13_free(struct tvt_schedule13 *s)
{
    tvt_kdf_free(&s->kdf);
    tvt_wipe(s->secret, sizeof(s->secret));
    s->stage = TVT_STAGE_NONE;
}

/* Loads the stage's secret, unless it is what `kdf` still holds. */
static void
load_secret(struct tvt_schedule13 *s)
{
    if (s->loaded != 0 && s->loaded == s->kdf.loads)
        return;
    tvt_kdf_key(&s->kdf, s->secret, s->kdf.hash->out_len);
    s->loaded = s->kdf.loads;
}

/* From one stage to the next: HKDF-Extract(salt, ikm), where the salt stands in `secret` (empty for the first). */
static int
enter(struct tvt_schedule13 *s, enum tvt_stage13 stage, struct tvt_span salt, struct tvt_span ikm)
{
    int result = tvt_kdf_extract(&s->kdf, salt, ikm, s->secret);

    s->loaded = 0;
    if (result != TVT_CRYPTO_OK) {
        tvt_wipe(s->secret, sizeof(s->secret));
        s->stage = TVT_STAGE_NONE;
        return result;
    }
    s->stage = stage;
    return TVT_CRYPTO_OK;
}

/* The step that both later stages share: the salt is Derive-Secret(., "derived", ""). */
static int
advance(struct tvt_schedule13 *s, enum tvt_stage13 from, enum tvt_stage13 to, struct tvt_span ikm)
{
    if (s->stage != from)
        return misuse();
    size_t len = s->kdf.hash->out_len;
    load_secret(s);
    int result = tvt_kdf_expand_label(&s->kdf, "derived", tvt_span(s->empty_hash, len), s->secret, len);
    if (result != TVT_CRYPTO_OK)
        return result;
    return enter(s, to, tvt_span(s->secret, len), ikm);
}

int
tvt_schedule13_early(struct tvt_schedule13 *s, struct tvt_span psk)
{
    if (s->stage != TVT_STAGE_NONE || !s->kdf.live)
        return misuse();
    return enter(s, TVT_STAGE_EARLY, tvt_span(NULL, 0), psk);
}

int
tvt_schedule13_handshake(struct tvt_schedule13 *s, struct tvt_span dhe)
{
    return advance(s, TVT_STAGE_EARLY, TVT_STAGE_HANDSHAKE, dhe);
}

int
tvt_schedule13_main(struct tvt_schedule13 *s)
{
    return advance(s, TVT_STAGE_HANDSHAKE, TVT_STAGE_MASTER, tvt_span(NULL, 0));
}

int
tvt_schedule13_derive(struct tvt_schedule13 *s, enum tvt_stage13 stage, const char *label,
                      const uint8_t *transcript_hash, uint8_t *out)
{
    if (stage == TVT_STAGE_NONE || s->stage != stage)
        return misuse();
    size_t len = s->kdf.hash->out_len;
    load_secret(s);
    return tvt_kdf_expand_label(&s->kdf, label, tvt_span(transcript_hash, len), out, len);
}

int
tvt_schedule13_finished(struct tvt_kdf *kdf, const uint8_t *base_key, const uint8_t *transcript_hash, uint8_t *out)
{
    uint8_t finished_key[TVT_HASH_MAX];

    if (!kdf->live)
        return misuse();
    size_t len = kdf->hash->out_len;
    struct tvt_span hash = tvt_span(transcript_hash, len);
    tvt_kdf_key(kdf, base_key, len);
    int result = tvt_kdf_expand_label(kdf, "finished", tvt_span(NULL, 0), finished_key, len);
    if (result == TVT_CRYPTO_OK) {
        tvt_kdf_key(kdf, finished_key, len);
        result = tvt_kdf_mac(kdf, &hash, 1, out);
    }
    tvt_wipe(finished_key, sizeof(finished_key));
    return result;
}

int
tvt_schedule13_traffic(struct tvt_kdf *kdf, const uint8_t *secret, uint8_t *key, size_t key_len, uint8_t *iv,
                       size_t iv_len)
{
    if (!kdf->live)
        return misuse();
    tvt_kdf_key(kdf, secret, kdf->hash->out_len);
    int result = tvt_kdf_expand_label(kdf, "key", tvt_span(NULL, 0), key, key_len);
    if (result == TVT_CRYPTO_OK)
        result = tvt_kdf_expand_label(kdf, "iv", tvt_span(NULL, 0), iv, iv_len);
    return result;
}

int
tvt_schedule13_update(struct tvt_kdf *kdf, uint8_t *secret)
{
    if (!kdf->live)
        return misuse();
    tvt_kdf_key(kdf, secret, kdf->hash->out_len);
    return tvt_kdf_expand_label(kdf, "traffic upd", tvt_span(NULL, 0), secret, kdf->hash->out_len);
}

int
tvt_schedule13_ticket(struct tvt_kdf *kdf, const uint8_t *resumption_secret, struct tvt_span nonce, uint8_t *out)
{
    if (!kdf->live)
        return misuse();
    tvt_kdf_key(kdf, resumption_secret, kdf->hash->out_len);
    return tvt_kdf_expand_label(kdf, "resumption", nonce, out, kdf->hash->out_len);
}

int
tvt_schedule13_export(struct tvt_kdf *kdf, const uint8_t *exporter_secret, const char *label, struct tvt_span context,
                      uint8_t *out, size_t len)
{
    uint8_t secret[TVT_HASH_MAX], hash[TVT_HASH_MAX];

    if (!kdf->live)
        return misuse();
    size_t hash_len = kdf->hash->out_len;
    int result = tvt_kdf_digest(kdf, NULL, 0, hash);
    tvt_kdf_key(kdf, exporter_secret, hash_len);
    if (result == TVT_CRYPTO_OK)
        result = tvt_kdf_expand_label(kdf, label, tvt_span(hash, hash_len), secret, hash_len);
    if (result == TVT_CRYPTO_OK)
        result = tvt_kdf_digest(kdf, &context, 1, hash);
    if (result == TVT_CRYPTO_OK) {
        tvt_kdf_key(kdf, secret, hash_len);
        result = tvt_kdf_expand_label(kdf, "exporter", tvt_span(hash, hash_len), out, len);
    }
    tvt_wipe(secret, sizeof(secret));
    return result;
}
