/* SPDX-License-Identifier: MIT
 *
 * HMAC (RFC 2104), HKDF (RFC 5869), HKDF-Expand-Label (RFC 9846 7.1) and the TLS 1.2 PRF (RFC 5246 5).
 */
#include "core/crypto/kdf.h"

#include "core/base/memory.h"
#include "core/base/wire.h"

#include <string.h>

#define LABEL_MAX 255u /* of label with prefix, and of context: RFC 9846 7.1 */

static int
misuse(void)
{
    return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);
}

int
tvt_kdf_init(struct tvt_kdf *kdf, const struct tvt_hash *hash)
{
    uint8_t *contexts[3] = {kdf->inner, kdf->outer, kdf->work};

    kdf->hash = hash;
    kdf->live = false;
    kdf->failure = TVT_CRYPTO_OK;
    kdf->loads = 0;
    if (hash == NULL || hash->ctx_size > TVT_HASH_CTX_MAX)
        return kdf->failure = misuse();
    for (size_t i = 0; i < 3; i++) {
        kdf->failure = hash->setup(hash, contexts[i]);
        if (kdf->failure == TVT_CRYPTO_OK)
            continue;
        while (i-- > 0)
            hash->teardown(contexts[i]);
        return kdf->failure;
    }
    kdf->live = true;
    return TVT_CRYPTO_OK;
}

void
tvt_kdf_free(struct tvt_kdf *kdf)
{
    if (kdf->live) {
        kdf->hash->teardown(kdf->inner);
        kdf->hash->teardown(kdf->outer);
        kdf->hash->teardown(kdf->work);
    }
    kdf->live = false;
    kdf->hash = NULL;
}

/* The result of an operation whose provider failures latched in `work`; the first failure sticks. */
static int
finish_work(struct tvt_kdf *kdf, uint8_t *out)
{
    int result = kdf->hash->final(kdf->work, out);

    if (result != TVT_CRYPTO_OK && kdf->failure == TVT_CRYPTO_OK)
        kdf->failure = result;
    if (kdf->failure != TVT_CRYPTO_OK)
        tvt_wipe(out, kdf->hash->out_len);
    return kdf->failure;
}

/* Why no output can be made; TVT_CRYPTO_OK if it can. */
static int
unusable(const struct tvt_kdf *kdf)
{
    if (kdf->failure != TVT_CRYPTO_OK)
        return kdf->failure;
    return kdf->live ? TVT_CRYPTO_OK : misuse();
}

static void
load_pad(struct tvt_kdf *kdf, void *ctx, uint8_t *block)
{
    kdf->hash->reset(ctx);
    kdf->hash->update(ctx, block, kdf->hash->block_len);
}

/* By words: this stands between all the hashing of a key schedule, and bytes would cost a twentieth of it. */
static void
xor_block(uint8_t *block, size_t len, uint8_t byte)
{
    uint64_t word, pattern = UINT64_C(0x0101010101010101) * byte;
    size_t i = 0;

    for (; i + sizeof(word) <= len; i += sizeof(word)) {
        memcpy(&word, block + i, sizeof(word));
        word ^= pattern;
        memcpy(block + i, &word, sizeof(word));
    }
    for (; i < len; i++)
        block[i] ^= byte;
}

void
tvt_kdf_key(struct tvt_kdf *kdf, const uint8_t *key, size_t len)
{
    uint8_t block[TVT_HASH_BLOCK_MAX];
    uint8_t digest[TVT_HASH_MAX];

    kdf->loads++;
    if (unusable(kdf) != TVT_CRYPTO_OK)
        return;
    size_t block_len = kdf->hash->block_len;
    if (len > block_len) { /* RFC 2104 2 */
        struct tvt_span whole = tvt_span(key, len);
        if (tvt_kdf_digest(kdf, &whole, 1, digest) != TVT_CRYPTO_OK)
            return;
        key = digest;
        len = kdf->hash->out_len;
    }
    tvt_copy(block, key, len);
    memset(block + len, 0, block_len - len);
    xor_block(block, block_len, 0x36);
    load_pad(kdf, kdf->inner, block);
    xor_block(block, block_len, 0x36 ^ 0x5c);
    load_pad(kdf, kdf->outer, block);
    tvt_wipe(block, block_len);
    if (key == digest)
        tvt_wipe(digest, sizeof(digest));
}

int
tvt_kdf_mac(struct tvt_kdf *kdf, const struct tvt_span *parts, size_t num, uint8_t *out)
{
    uint8_t digest[TVT_HASH_MAX];
    const struct tvt_hash *hash = kdf->hash;

    if (unusable(kdf) != TVT_CRYPTO_OK)
        return unusable(kdf);
    hash->copy(kdf->work, kdf->inner);
    for (size_t i = 0; i < num; i++)
        if (parts[i].len > 0)
            hash->update(kdf->work, parts[i].data, parts[i].len);
    int result = finish_work(kdf, digest);
    if (result == TVT_CRYPTO_OK) {
        hash->copy(kdf->work, kdf->outer);
        hash->update(kdf->work, digest, hash->out_len);
        result = finish_work(kdf, out);
    }
    tvt_wipe(digest, sizeof(digest));
    return result;
}

int
tvt_kdf_digest(struct tvt_kdf *kdf, const struct tvt_span *parts, size_t num, uint8_t *out)
{
    if (unusable(kdf) != TVT_CRYPTO_OK)
        return unusable(kdf);
    kdf->hash->reset(kdf->work);
    for (size_t i = 0; i < num; i++)
        if (parts[i].len > 0)
            kdf->hash->update(kdf->work, parts[i].data, parts[i].len);
    return finish_work(kdf, out);
}

int
tvt_kdf_extract(struct tvt_kdf *kdf, struct tvt_span salt, struct tvt_span ikm, uint8_t *out)
{
    static const uint8_t zeros[TVT_HASH_MAX];

    /* HMAC pads its key with zeros: an empty salt is one of zeros already. */
    tvt_kdf_key(kdf, salt.data, salt.len);
    if (ikm.len == 0 && kdf->live)
        ikm = tvt_span(zeros, kdf->hash->out_len);
    return tvt_kdf_mac(kdf, &ikm, 1, out);
}

int
tvt_kdf_expand(struct tvt_kdf *kdf, struct tvt_span info, uint8_t *out, size_t len)
{
    uint8_t block[TVT_HASH_MAX], counter = 1;
    struct tvt_span parts[3] = {tvt_span(NULL, 0), info, tvt_span(&counter, 1)};
    int result = unusable(kdf);

    if (result != TVT_CRYPTO_OK)
        return result;
    size_t step = kdf->hash->out_len;
    if (len > 255 * step) /* RFC 5869 2.3 */
        return misuse();
    for (size_t done = 0; done < len; done += step, counter++) {
        bool whole = len - done >= step;
        result = tvt_kdf_mac(kdf, parts, 3, whole ? out + done : block);
        if (result != TVT_CRYPTO_OK)
            break;
        if (!whole) {
            memcpy(out + done, block, len - done);
            tvt_wipe(block, step);
            break;
        }
        parts[0] = tvt_span(out + done, step);
    }
    if (result != TVT_CRYPTO_OK)
        tvt_wipe(out, len);
    return result;
}

int
tvt_kdf_expand_label(struct tvt_kdf *kdf, const char *label, struct tvt_span context, uint8_t *out, size_t len)
{
    static const char prefix[] = {'t', 'l', 's', '1', '3', ' '};
    uint8_t info[2 + 1 + LABEL_MAX + 1 + LABEL_MAX]; /* HkdfLabel, public */
    size_t label_len = strlen(label);

    if (label_len > LABEL_MAX - sizeof(prefix) || context.len > LABEL_MAX || len > UINT16_MAX)
        return misuse();
    uint8_t *p = info;
    tvt_store_u16(p, (uint16_t)len);
    p += 2;
    *p++ = (uint8_t)(sizeof(prefix) + label_len);
    memcpy(p, prefix, sizeof(prefix));
    p += sizeof(prefix);
    memcpy(p, label, label_len);
    p += label_len;
    *p++ = (uint8_t)context.len;
    tvt_copy(p, context.data, context.len);
    p += context.len;
    return tvt_kdf_expand(kdf, tvt_span(info, (size_t)(p - info)), out, len);
}

int
tvt_kdf_prf12_parts(struct tvt_kdf *kdf, const char *label, const struct tvt_span *seed, size_t num, uint8_t *out,
                    size_t len)
{
    uint8_t a[TVT_HASH_MAX], block[TVT_HASH_MAX];
    struct tvt_span parts[2 + TVT_KDF_SEED_PARTS]; /* A(i), label, seed */
    int result = unusable(kdf);

    if (result != TVT_CRYPTO_OK)
        return result;
    if (num > TVT_KDF_SEED_PARTS)
        return misuse();
    size_t step = kdf->hash->out_len;
    parts[0] = tvt_span(a, step);
    parts[1] = tvt_span_string(label);
    for (size_t i = 0; i < num; i++)
        parts[2 + i] = seed[i];
    result = tvt_kdf_mac(kdf, parts + 1, 1 + num, a); /* A(1) */
    for (size_t done = 0; result == TVT_CRYPTO_OK && done < len; done += step) {
        size_t part = len - done < step ? len - done : step;
        result = tvt_kdf_mac(kdf, parts, 2 + num, block);
        if (result != TVT_CRYPTO_OK)
            break;
        memcpy(out + done, block, part);
        if (len - done > step)
            result = tvt_kdf_mac(kdf, parts, 1, a);
    }
    tvt_wipe(a, sizeof(a));
    tvt_wipe(block, sizeof(block));
    if (result != TVT_CRYPTO_OK)
        tvt_wipe(out, len);
    return result;
}

int
tvt_kdf_prf12(struct tvt_kdf *kdf, const char *label, struct tvt_span seed, uint8_t *out, size_t len)
{
    return tvt_kdf_prf12_parts(kdf, label, &seed, 1, out, len);
}
