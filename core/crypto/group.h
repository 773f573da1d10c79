/* SPDX-License-Identifier: MIT
 *
 * Key exchange groups as TLS names them: one primitive of a provider, or a hybrid of two
 * (draft-ietf-tls-ecdhe-mlkem: X25519MLKEM768 is ML-KEM first, SecP256r1MLKEM768 is P-256 first).
 * The checks that no provider is trusted with are here: lengths, the 0x04 prefix of points (RFC 9846 4.3.8.2),
 * the all-zero X25519/X448 secret (RFC 9846 7.4.2).
 */
#ifndef TVT_CORE_CRYPTO_GROUP_H
#define TVT_CORE_CRYPTO_GROUP_H

#include <trivet/provider.h>

#define TVT_GROUP_SECRET_MAX (2u * TVT_KX_SECRET_MAX)

struct tvt_group {
    uint16_t id;
    const struct tvt_kx *part[2]; /* [1] NULL unless hybrid */
    size_t initiator_len, responder_len, secret_len; /* bytes */
};

/* False when the provider lacks the group or a part of it. */
TVT_MUST_USE bool tvt_group_find(struct tvt_group *out, const struct tvt_provider *provider, uint16_t id);
/* Every group that the provider can serve, best first; returns the count, at most cap. X25519MLKEM768 leads (it holds
 * against a later quantum computer and costs no round trip more); then the provider's own order, where another hybrid
 * stands right before its first part (SecP256r1MLKEM768 before secp256r1). */
size_t tvt_group_list(const struct tvt_provider *provider, uint16_t *out, size_t cap);

/* The initiator's side of one offered share. */
struct tvt_group_state {
    struct tvt_group group;
    bool live[2];
    _Alignas(TVT_ALIGN) uint8_t part[2][TVT_KX_STATE_MAX];
};

/* Results as a provider's; TVT_CRYPTO_PEER_KEY for every fault of the peer's share. */
TVT_MUST_USE int tvt_group_start(struct tvt_group_state *state, const struct tvt_group *group, uint8_t *share);
TVT_MUST_USE int tvt_group_finish(struct tvt_group_state *state, struct tvt_span peer, uint8_t *secret);
TVT_MUST_USE int tvt_group_respond(const struct tvt_group *group, struct tvt_span peer, uint8_t *share,
                                   uint8_t *secret);
void tvt_group_discard(struct tvt_group_state *state); /* wipes; a zeroed state is allowed */

#endif
