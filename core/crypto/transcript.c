/* SPDX-License-Identifier: MIT
 *
 * The transcript hash (RFC 9846 4.1).
 */
#include "core/crypto/transcript.h"

#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/base/wire.h"

static int
misuse(void)
{
    return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);
}

void
tvt_transcript_init(struct tvt_transcript *t, const struct tvt_allocator *allocator, size_t limit)
{
    t->hash = NULL;
    t->failure = TVT_CRYPTO_OK;
    t->live = t->keeps = t->has_last = false;
    tvt_buffer_init(&t->kept, allocator, limit);
}

void
tvt_transcript_free(struct tvt_transcript *t)
{
    if (t->live) {
        t->hash->teardown(t->running);
        t->hash->teardown(t->work);
    }
    tvt_buffer_release(&t->kept);
    t->live = t->keeps = t->has_last = false;
    t->hash = NULL;
}

void
tvt_transcript_keep(struct tvt_transcript *t)
{
    t->keeps = true;
}

struct tvt_span
tvt_transcript_messages(const struct tvt_transcript *t)
{
    return tvt_buffer_span(&t->kept);
}

void
tvt_transcript_drop(struct tvt_transcript *t)
{
    t->keeps = false;
    tvt_buffer_release(&t->kept);
}

bool
tvt_transcript_add(struct tvt_transcript *t, struct tvt_span message)
{
    if ((!t->live || t->keeps) && !tvt_buffer_append(&t->kept, message.data, message.len))
        return false;
    if (!t->live)
        return true;
    t->has_last = false;
    if (message.len > 0)
        t->hash->update(t->running, message.data, message.len);
    return true;
}

int
tvt_transcript_start(struct tvt_transcript *t, const struct tvt_hash *hash)
{
    if (t->live || hash == NULL || hash->ctx_size > TVT_HASH_CTX_MAX)
        return misuse();
    t->failure = hash->setup(hash, t->running);
    if (t->failure != TVT_CRYPTO_OK)
        return t->failure;
    t->failure = hash->setup(hash, t->work);
    if (t->failure != TVT_CRYPTO_OK) {
        hash->teardown(t->running);
        return t->failure;
    }
    t->hash = hash;
    t->live = true;
    struct tvt_span kept = tvt_buffer_span(&t->kept);
    if (kept.len > 0)
        hash->update(t->running, kept.data, kept.len);
    if (!t->keeps)
        tvt_buffer_release(&t->kept);
    return TVT_CRYPTO_OK;
}

int
tvt_transcript_copy(struct tvt_transcript *t, const struct tvt_transcript *from)
{
    if (from->failure != TVT_CRYPTO_OK)
        return from->failure;
    if (!from->live || t->live)
        return misuse();
    int result = tvt_transcript_start(t, from->hash);
    if (result == TVT_CRYPTO_OK)
        t->hash->copy(t->running, from->running);
    return result;
}

int
tvt_transcript_retry(struct tvt_transcript *t)
{
    uint8_t message[4 + TVT_HASH_MAX] = {TVT_HT_MESSAGE_HASH, 0, 0, 0};
    int result = tvt_transcript_hash(t, tvt_span(NULL, 0), message + 4);

    if (result != TVT_CRYPTO_OK)
        return result;
    message[3] = t->hash->out_len;
    t->has_last = false;
    t->hash->reset(t->running);
    t->hash->update(t->running, message, 4u + t->hash->out_len);
    return TVT_CRYPTO_OK;
}

int
tvt_transcript_hash(struct tvt_transcript *t, struct tvt_span extra, uint8_t *out)
{
    if (t->failure != TVT_CRYPTO_OK)
        return t->failure;
    if (!t->live)
        return misuse();
    if (extra.len == 0 && t->has_last) { /* asked for twice: the application keys and the client's Finished */
        tvt_copy(out, t->last, t->hash->out_len);
        return TVT_CRYPTO_OK;
    }
    t->hash->copy(t->work, t->running);
    if (extra.len > 0)
        t->hash->update(t->work, extra.data, extra.len);
    t->failure = t->hash->final(t->work, out);
    t->has_last = t->failure == TVT_CRYPTO_OK && extra.len == 0;
    if (t->has_last)
        tvt_copy(t->last, out, t->hash->out_len);
    return t->failure;
}
