/* SPDX-License-Identifier: MIT
 *
 * HMAC (RFC 2104), HKDF (RFC 5869), HKDF-Expand-Label (RFC 9846 7.1) and the TLS 1.2 PRF (RFC 5246 5), over a
 * provider's hash. A key that is used more than once is hashed once: its inner and outer states are kept and copied.
 */
#ifndef TVT_CORE_CRYPTO_KDF_H
#define TVT_CORE_CRYPTO_KDF_H

#include <trivet/provider.h>

/* One keyed MAC in live contexts. Memory is the struct's own: no heap of ours. */
struct tvt_kdf {
    const struct tvt_hash *hash;
    bool live;
    int failure; /* first failure of the provider, sticky: every output then fails */
    uint32_t loads; /* keys loaded so far: tells an owner whether its key is still the one loaded */
    _Alignas(TVT_ALIGN) uint8_t inner[TVT_HASH_CTX_MAX];
    _Alignas(TVT_ALIGN) uint8_t outer[TVT_HASH_CTX_MAX];
    _Alignas(TVT_ALIGN) uint8_t work[TVT_HASH_CTX_MAX];
};

/* All functions return TVT_CRYPTO_OK or the provider's failure. `out` never overlaps an input unless said. */
TVT_MUST_USE int tvt_kdf_init(struct tvt_kdf *kdf, const struct tvt_hash *hash);
void tvt_kdf_free(struct tvt_kdf *kdf); /* wipes; a zeroed struct is allowed */

/* Loads an HMAC key of any length. */
void tvt_kdf_key(struct tvt_kdf *kdf, const uint8_t *key, size_t len);
/* HMAC of the concatenated parts under the loaded key; hash->out_len bytes. */
TVT_MUST_USE int tvt_kdf_mac(struct tvt_kdf *kdf, const struct tvt_span *parts, size_t num, uint8_t *out);
/* One digest without a key. */
TVT_MUST_USE int tvt_kdf_digest(struct tvt_kdf *kdf, const struct tvt_span *parts, size_t num, uint8_t *out);

/* HKDF-Extract(salt, ikm); an empty salt or ikm means hash->out_len zeros (RFC 9846 7.1). Loads salt as the key.
 * `out` may be the salt's or ikm's memory. */
TVT_MUST_USE int tvt_kdf_extract(struct tvt_kdf *kdf, struct tvt_span salt, struct tvt_span ikm, uint8_t *out);
/* HKDF-Expand under the loaded key (the PRK). len <= 255 * out_len. */
TVT_MUST_USE int tvt_kdf_expand(struct tvt_kdf *kdf, struct tvt_span info, uint8_t *out, size_t len);
/* HKDF-Expand-Label under the loaded key; `label` without "tls13 ". */
TVT_MUST_USE int tvt_kdf_expand_label(struct tvt_kdf *kdf, const char *label, struct tvt_span context, uint8_t *out,
                                      size_t len);
/* The TLS 1.2 PRF under the loaded key (the secret): P_hash(secret, label + seed). */
TVT_MUST_USE int tvt_kdf_prf12(struct tvt_kdf *kdf, const char *label, struct tvt_span seed, uint8_t *out, size_t len);
/* The same with a seed of several parts, at most TVT_KDF_SEED_PARTS: what a caller has in several places is not gathered. */
#define TVT_KDF_SEED_PARTS 4u
TVT_MUST_USE int tvt_kdf_prf12_parts(struct tvt_kdf *kdf, const char *label, const struct tvt_span *seed, size_t num,
                                     uint8_t *out, size_t len);

#endif
