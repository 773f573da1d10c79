/* SPDX-License-Identifier: MIT
 *
 * The record layer (RFC 9846 5, RFC 5246 6.2): headers, protection, limits. It holds no buffers: records are opened in
 * place where they arrived and sealed from where the content lies into the caller's output. The keys that are installed
 * bring the form of their records with them; nothing here asks for a version.
 */
#ifndef TVT_CORE_RECORD_RECORD_H
#define TVT_CORE_RECORD_RECORD_H

#include "core/base/error.h"
#include "core/base/registry.h"
#include "core/crypto/kdf.h"
#include "core/crypto/schedule12.h"
#include <trivet/provider.h>

#define TVT_RECORD_HEADER 5u
#define TVT_RECORD_PLAINTEXT_MAX 16384u /* RFC 9846 5.1, RFC 5246 6.2.1 */
/* RFC 9846 5.2. RFC 5246 6.2.3 has 2^14 + 2048, for the sake of its block ciphers: the AEADs here add 24 bytes at most, so
 * that a record between the two carries more than any plaintext may have. It is refused before it is buffered. */
#define TVT_RECORD_CIPHERTEXT_MAX (TVT_RECORD_PLAINTEXT_MAX + 256u)
#define TVT_RECORD_MAX (TVT_RECORD_HEADER + TVT_RECORD_CIPHERTEXT_MAX)

struct tvt_record_header {
    uint8_t type;      /* outer content type      */
    uint16_t version;  /* legacy_record_version   */
    uint16_t length;   /* of what follows, bytes  */
};

/* One direction of protection. `ctx` is the AEAD's memory (aead->ctx_size bytes, TVT_ALIGN). */
struct tvt_protection {
    const struct tvt_aead *aead; /* NULL: plaintext                              */
    void *ctx;
    size_t ctx_size;             /* room at ctx, bytes                           */
    bool live;                   /* ctx is set up                                */
    enum tvt_direction direction;
    uint64_t sequence;           /* of the next record                           */
    uint64_t limit;              /* records these keys may protect (RFC 9846 5.5) */
    uint8_t iv[TVT_AEAD_NONCE_MAX]; /* XORed with the sequence number            */
    /* The form of what these keys protect; without keys all is 0.               TLS 1.3   TLS 1.2            */
    uint8_t explicit_len;        /* bytes of nonce in front of the ciphertext:    0         8, ChaCha20 has 0  */
    uint8_t inner_len;           /* bytes of content type behind the content:     1         0                  */
    bool numbered;               /* AAD: the header (no), or RFC 5246 6.2.3.3's:  no        yes                */
    bool renewable;              /* KeyUpdate can take their place:               yes       no                 */
};

void tvt_protection_init(struct tvt_protection *p, enum tvt_direction direction, void *ctx, size_t ctx_size);
void tvt_protection_free(struct tvt_protection *p); /* tears down and wipes; nothing can be sealed or opened with it */
void tvt_protection_drop(struct tvt_protection *p); /* tears down: plaintext again (0-RTT, and a HelloRetryRequest) */

/* Installs the keys of a traffic secret (RFC 9846 7.3): rekeys the live context when the AEAD stays the same.
 * The sequence number starts at 0. `kdf` is any live kdf of the suite's hash; its loaded key is replaced.
 * TVT_CRYPTO_OK or a failure. */
TVT_MUST_USE int tvt_protection_install(struct tvt_protection *p, struct tvt_kdf *kdf, const struct tvt_aead *aead,
                                        const uint8_t *traffic_secret);
/* Installs one direction's key and fixed IV of a TLS 1.2 key block (RFC 5246 6.3): key_len and tvt_aead_fixed_iv12() bytes, not
 * kept by reference. The rest is the same. */
TVT_MUST_USE int tvt_protection_install12(struct tvt_protection *p, const struct tvt_aead *aead, const uint8_t *key,
                                          const uint8_t *fixed_iv);
/* Records that one set of keys may protect with this AEAD (RFC 9846 5.5): 2^24.5 for AES-GCM rounded down, a bound of ours
 * (2^48) for ChaCha20-Poly1305, 2^23 for CCM. */
uint64_t tvt_aead_record_limit(uint16_t aead_id);
/* True when the keys should be updated soon (seven eighths of the limit), and can be. Keys that cannot end their connection
 * with SEQUENCE_EXHAUSTED. */
bool tvt_protection_wants_update(const struct tvt_protection *p);

/* True when what these keys may still protect is kept for the end: application data go no more. */
#define TVT_RECORDS_FOR_END 2u /* an alert; or user_canceled and close_notify */
bool tvt_protection_is_spent(const struct tvt_protection *p);

/* Reads a header; data has at least TVT_RECORD_HEADER bytes. Checks type, version and length:
 * `first` is true until the peer's first record was accepted (then garbage is NOT_TLS rather than RECORD_TYPE, and any
 * 0x03xx version is taken, RFC 9846 5.1); `protected_now` allows the longer ciphertext. */
TVT_MUST_USE enum tvt_result tvt_record_header_read(struct tvt_record_header *out, const uint8_t *data, bool first,
                                                    bool protected_now, struct tvt_error *error);

/* Opens a protected record in place: `record` is header + ciphertext as received. On success *type is the real content
 * type and *content what it carries (within `record`). `plaintext_limit`: most plaintext bytes that the peer may send
 * (TVT_RECORD_PLAINTEXT_MAX + p->inner_len, which is never exceeded, or the record_size_limit sent, RFC 8449 4): where the
 * content type is inside it counts, and so does padding. */
TVT_MUST_USE enum tvt_result tvt_record_open(struct tvt_protection *p, uint8_t *type, struct tvt_span *content,
                                             uint8_t *record, size_t record_len, size_t plaintext_limit,
                                             const struct tvt_provider *provider, struct tvt_error *error);

/* Bytes a record of `content_len` takes on the wire under `p` with `padding` zero bytes (none where inner_len is 0). */
size_t tvt_record_sealed_len(const struct tvt_protection *p, size_t content_len, size_t padding);
/* Most content bytes that fit a record of at most `room` wire bytes; 0: none. Never above TVT_RECORD_PLAINTEXT_MAX. */
size_t tvt_record_content_fit(const struct tvt_protection *p, size_t room);

/* Seals one record into out[cap]; `content` may lie anywhere but must not overlap out, unless content.data is
 * out + TVT_RECORD_HEADER + p->explicit_len (in place). `version` is legacy_record_version (0x0301 for a first ClientHello,
 * else 0x0303).
 * With no keys installed it writes a TLSPlaintext. */
TVT_MUST_USE enum tvt_result tvt_record_seal(struct tvt_protection *p, uint8_t *out, size_t cap, size_t *out_len,
                                             uint8_t type, uint16_t version, struct tvt_span content, size_t padding,
                                             const struct tvt_provider *provider, struct tvt_error *error);

#endif
