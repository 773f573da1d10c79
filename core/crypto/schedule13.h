/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.3 key schedule (RFC 9846 7.1 to 7.5), in its order: a derivation out of order is refused.
 *
 *     0 -> EARLY -> HANDSHAKE -> MASTER
 */
#ifndef TVT_CORE_CRYPTO_SCHEDULE13_H
#define TVT_CORE_CRYPTO_SCHEDULE13_H

#include "core/crypto/kdf.h"

enum tvt_stage13 { TVT_STAGE_NONE = 0, TVT_STAGE_EARLY, TVT_STAGE_HANDSHAKE, TVT_STAGE_MASTER };

struct tvt_schedule13 {
    enum tvt_stage13 stage;
    uint8_t secret[TVT_HASH_MAX];     /* Early, Handshake or Main Secret of the stage                          */
    uint8_t empty_hash[TVT_HASH_MAX]; /* Transcript-Hash("")                                                  */
    uint32_t loaded; /* kdf.loads right after `secret` was loaded; 0: it was not */
    struct tvt_kdf kdf;
};

/* All functions return TVT_CRYPTO_OK or a failure. */
TVT_MUST_USE int tvt_schedule13_init(struct tvt_schedule13 *s, const struct tvt_hash *hash);
void tvt_schedule13_free(struct tvt_schedule13 *s); /* wipes */

TVT_MUST_USE int tvt_schedule13_early(struct tvt_schedule13 *s, struct tvt_span psk /* empty: none */);
TVT_MUST_USE int tvt_schedule13_handshake(struct tvt_schedule13 *s, struct tvt_span dhe /* empty: psk_ke */);
TVT_MUST_USE int tvt_schedule13_main(struct tvt_schedule13 *s);

/* Derive-Secret(stage's secret, label, transcript) -> hash->out_len bytes. `stage` is the one that the label belongs
 * to: another one is refused with TVT_CRYPTO_BACKEND. */
TVT_MUST_USE int tvt_schedule13_derive(struct tvt_schedule13 *s, enum tvt_stage13 stage, const char *label,
                                       const uint8_t *transcript_hash, uint8_t *out);

/* The following load another key into `kdf`; the stage's own secret is loaded again when it is needed. */

/* verify_data of Finished (RFC 9846 4.5.3), and PSK binders: base_key -> finished_key -> MAC over the hash. */
TVT_MUST_USE int tvt_schedule13_finished(struct tvt_kdf *kdf, const uint8_t *base_key, const uint8_t *transcript_hash,
                                         uint8_t *out);
/* Traffic key and IV of a traffic secret (RFC 9846 7.3). */
TVT_MUST_USE int tvt_schedule13_traffic(struct tvt_kdf *kdf, const uint8_t *secret, uint8_t *key, size_t key_len,
                                        uint8_t *iv, size_t iv_len);
/* application_traffic_secret_N+1, in place (RFC 9846 7.2). */
TVT_MUST_USE int tvt_schedule13_update(struct tvt_kdf *kdf, uint8_t *secret);
/* The PSK of a ticket, from the resumption secret and the ticket's nonce (RFC 9846 4.7.1); hash->out_len bytes. */
TVT_MUST_USE int tvt_schedule13_ticket(struct tvt_kdf *kdf, const uint8_t *resumption_secret, struct tvt_span nonce,
                                       uint8_t *out);
/* Exporter (RFC 9846 7.5) over exporter_secret. */
TVT_MUST_USE int tvt_schedule13_export(struct tvt_kdf *kdf, const uint8_t *exporter_secret, const char *label,
                                       struct tvt_span context, uint8_t *out, size_t len);

#endif
