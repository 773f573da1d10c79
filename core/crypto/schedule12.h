/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.2 key schedule (RFC 5246 8.1, 6.3, 7.4.9; RFC 7627 4; RFC 5489 2; RFC 5705 4), for suites with an AEAD.
 *
 *     premaster secret -> master secret -> key block, both Finished, exporters
 *
 * The master secret is hashed into the MAC once: all that is made of it starts from that state.
 */
#ifndef TVT_CORE_CRYPTO_SCHEDULE12_H
#define TVT_CORE_CRYPTO_SCHEDULE12_H

#include "core/crypto/kdf.h"

#define TVT_RANDOM_LEN        32u
#define TVT_MASTER12_LEN      48u /* RFC 5246 8.1  */
#define TVT_VERIFY_DATA12_LEN 12u /* RFC 5246 7.4.9 */

struct tvt_randoms12 {
    uint8_t client[TVT_RANDOM_LEN], server[TVT_RANDOM_LEN];
};

struct tvt_schedule12 {
    bool ready;                       /* `master` is the master secret                      */
    uint8_t master[TVT_MASTER12_LEN];
    uint32_t loaded; /* kdf.loads right after `master` was loaded; 0: it was not */
    struct tvt_kdf kdf;
};

/* What protects one direction: aead->key_len and tvt_aead_fixed_iv12() bytes count. */
struct tvt_write_keys12 {
    uint8_t key[TVT_AEAD_KEY_MAX];
    uint8_t iv[TVT_AEAD_NONCE_MAX];
};
struct tvt_key_block12 {
    struct tvt_write_keys12 client, server;
};

/* Bytes of an AEAD's nonce that come from the key block: 4 for AES-GCM (RFC 5288 3) and AES-CCM (RFC 6655 3), 12 for
 * ChaCha20-Poly1305 (RFC 7905 2); 0: no AEAD of TLS 1.2. */
size_t tvt_aead_fixed_iv12(uint16_t aead_id);

/* All functions return TVT_CRYPTO_OK or a failure. */
TVT_MUST_USE int tvt_schedule12_init(struct tvt_schedule12 *s, const struct tvt_hash *hash);
void tvt_schedule12_free(struct tvt_schedule12 *s); /* wipes; a zeroed struct is allowed */

/* The master secret, by one of three ways; a second time is refused with TVT_CRYPTO_BACKEND, and so is an empty premaster.
 * After a failure there is none. `premaster` stays the caller's to wipe. */
TVT_MUST_USE int tvt_schedule12_master(struct tvt_schedule12 *s, struct tvt_span premaster,
                                       const struct tvt_randoms12 *randoms); /* RFC 5246 8.1 */
/* `session_hash`: of the handshake messages up to and including ClientKeyExchange; hash->out_len bytes (RFC 7627 3). */
TVT_MUST_USE int tvt_schedule12_extended_master(struct tvt_schedule12 *s, struct tvt_span premaster,
                                                const uint8_t *session_hash); /* RFC 7627 4 */
/* The one of a session that is resumed (RFC 5246 F.1.4); TVT_MASTER12_LEN bytes. */
TVT_MUST_USE int tvt_schedule12_resume(struct tvt_schedule12 *s, const uint8_t *master);

/* The premaster secret of ECDHE_PSK (RFC 5489 2): the shared secret and the PSK, each behind its length. TVT_CRYPTO_NO_ROOM
 * when cap is less than 4 bytes and both. No kdf takes part. */
TVT_MUST_USE int tvt_schedule12_psk_premaster(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span shared,
                                              struct tvt_span psk);

/* What follows is made of the master secret: without one it is refused with TVT_CRYPTO_BACKEND. */

/* client_write_key, server_write_key, client_write_IV, server_write_IV (RFC 5246 6.3). On failure `out` is zeros. */
TVT_MUST_USE int tvt_schedule12_key_block(struct tvt_schedule12 *s, struct tvt_key_block12 *out,
                                          const struct tvt_aead *aead, const struct tvt_randoms12 *randoms);
/* verify_data of the client's or the server's Finished: TVT_VERIFY_DATA12_LEN bytes, over the hash of the handshake messages
 * before it (RFC 5246 7.4.9). */
TVT_MUST_USE int tvt_schedule12_finished(struct tvt_schedule12 *s, bool of_server, const uint8_t *transcript_hash,
                                         uint8_t *out);

/* The handshake uses this label with the PRF of the exporters (RFC 5705 6, RFC 7627 4). */
bool tvt_schedule12_owns_label(const char *label);
/* Exporter (RFC 5705 4) over a master secret, with any live kdf of the suite's hash, whose key is replaced. Without a context
 * (context.data NULL) it gives something else than with an empty one. Labels of the handshake's own are refused with
 * TVT_CRYPTO_BACKEND, and so is a context of more than 65535 bytes. */
TVT_MUST_USE int tvt_schedule12_export(struct tvt_kdf *kdf, const uint8_t *master, const struct tvt_randoms12 *randoms,
                                       const char *label, struct tvt_span context, uint8_t *out, size_t len);

#endif
