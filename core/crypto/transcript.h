/* SPDX-License-Identifier: MIT
 *
 * The transcript hash (RFC 9846 4.1). Until the suite is known the messages are kept; then they are hashed as they
 * come, and a snapshot costs a copy of a live context.
 */
#ifndef TVT_CORE_CRYPTO_TRANSCRIPT_H
#define TVT_CORE_CRYPTO_TRANSCRIPT_H

#include "core/base/buffer.h"
#include <trivet/provider.h>

struct tvt_transcript {
    const struct tvt_hash *hash; /* NULL: not known yet */
    struct tvt_buffer kept;      /* messages before the hash is known */
    int failure;                 /* sticky provider failure */
    bool live;
    bool keeps;                  /* the messages are kept after the hash is known, too */
    bool has_last;               /* `last` is the hash of all messages so far */
    uint8_t last[TVT_HASH_MAX];
    _Alignas(TVT_ALIGN) uint8_t running[TVT_HASH_CTX_MAX];
    _Alignas(TVT_ALIGN) uint8_t work[TVT_HASH_CTX_MAX];
};

/* `limit`: most bytes to keep before the hash is known. */
void tvt_transcript_init(struct tvt_transcript *t, const struct tvt_allocator *allocator, size_t limit);
/* Makes `t`, initialized, a live copy of the live `from`. Its own may go on. */
TVT_MUST_USE int tvt_transcript_copy(struct tvt_transcript *t, const struct tvt_transcript *from);
void tvt_transcript_free(struct tvt_transcript *t); /* wipes; a zeroed struct is allowed */

/* Adds a whole handshake message, header included. False: no memory or over the limit (only before start). */
TVT_MUST_USE bool tvt_transcript_add(struct tvt_transcript *t, struct tvt_span message);
/* Keeps every message from now on until _drop(): a TLS 1.2 client signs them all, with a hash of the signature's own (RFC 5246
 * 7.4.8). Before start. */
void tvt_transcript_keep(struct tvt_transcript *t);
/* All messages so far, while they are kept; points into the transcript until the next one is added. */
struct tvt_span tvt_transcript_messages(const struct tvt_transcript *t);
void tvt_transcript_drop(struct tvt_transcript *t); /* gives their memory back; the hash goes on */
/* Fixes the hash, hashes what was kept and, unless it is to be kept on, gives that memory back. Once. */
TVT_MUST_USE int tvt_transcript_start(struct tvt_transcript *t, const struct tvt_hash *hash);
/* Replaces everything so far by the synthetic message_hash message (RFC 9846 4.1). After start. */
TVT_MUST_USE int tvt_transcript_retry(struct tvt_transcript *t);
/* Transcript-Hash of all messages so far, plus `extra` (may be empty; a truncated ClientHello, RFC 9846 4.3.11.2),
 * which is not added. hash->out_len bytes. After start. */
TVT_MUST_USE int tvt_transcript_hash(struct tvt_transcript *t, struct tvt_span extra, uint8_t *out);

#endif
