/* SPDX-License-Identifier: MIT
 *
 * Key exchange groups as TLS names them: one primitive of a provider, or a hybrid of two.
 */
#include "core/crypto/group.h"

#include "core/base/memory.h"
#include "core/base/wire.h"

#include <string.h>

/* Parts in the order of their shares and of their secrets (draft-ietf-tls-ecdhe-mlkem 4.1 to 4.3). */
static const struct hybrid {
    uint16_t id, part[2];
} hybrids[] = {
    {TVT_GROUP_X25519MLKEM768, {TVT_GROUP_MLKEM768, TVT_GROUP_X25519}},
    {TVT_GROUP_SECP256R1MLKEM768, {TVT_GROUP_SECP256R1, TVT_GROUP_MLKEM768}},
};
#define NUM_HYBRIDS (sizeof(hybrids) / sizeof(hybrids[0]))

static bool
add_part(struct tvt_group *out, size_t index, const struct tvt_provider *provider, uint16_t id)
{
    const struct tvt_kx *kx = tvt_provider_kx(provider, id);

    out->part[index] = kx;
    if (kx == NULL)
        return false;
    out->initiator_len += kx->initiator_len;
    out->responder_len += kx->responder_len;
    out->secret_len += kx->secret_len;
    return true;
}

bool
tvt_group_find(struct tvt_group *out, const struct tvt_provider *provider, uint16_t id)
{
    memset(out, 0, sizeof(*out));
    out->id = id;
    for (size_t i = 0; i < NUM_HYBRIDS; i++)
        if (hybrids[i].id == id)
            return add_part(out, 0, provider, hybrids[i].part[0]) && add_part(out, 1, provider, hybrids[i].part[1]);
    return add_part(out, 0, provider, id);
}

static size_t
add_group(const struct tvt_provider *provider, uint16_t id, uint16_t *out, size_t num, size_t cap)
{
    struct tvt_group group;

    for (size_t i = 0; i < num; i++)
        if (out[i] == id)
            return num;
    if (num < cap && tvt_group_find(&group, provider, id))
        out[num++] = id;
    return num;
}

size_t
tvt_group_list(const struct tvt_provider *provider, uint16_t *out, size_t cap)
{
    size_t num = add_group(provider, TVT_GROUP_X25519MLKEM768, out, 0, cap);

    for (const struct tvt_kx *const *kx = provider->groups; *kx != NULL; kx++) {
        for (size_t i = 0; i < NUM_HYBRIDS; i++)
            if (hybrids[i].part[0] == (*kx)->group)
                num = add_group(provider, hybrids[i].id, out, num, cap);
        num = add_group(provider, (*kx)->group, out, num, cap);
    }
    return num;
}

static bool
is_point(uint16_t group)
{
    return group == TVT_GROUP_SECP256R1 || group == TVT_GROUP_SECP384R1 || group == TVT_GROUP_SECP521R1;
}

/* RFC 9846 4.3.8.2: a point is uncompressed. That it is on the curve the provider checks. */
static bool
share_form_is_good(const struct tvt_kx *kx, const uint8_t *share)
{
    return !is_point(kx->group) || share[0] == 4;
}

/* RFC 9846 7.4.2: a peer with a point of low order gets no shared secret. */
static int
check_secret(const struct tvt_kx *kx, const uint8_t *secret)
{
    if (kx->group != TVT_GROUP_X25519 && kx->group != TVT_GROUP_X448)
        return TVT_CRYPTO_OK;
    return tvt_is_zero_secret(secret, kx->secret_len) ? tvt_crypto_failure(TVT_CRYPTO_PEER_KEY, 0) : TVT_CRYPTO_OK;
}

int
tvt_group_start(struct tvt_group_state *state, const struct tvt_group *group, uint8_t *share)
{
    state->group = *group;
    state->live[0] = state->live[1] = false;
    for (size_t i = 0; i < 2 && group->part[i] != NULL; i++) {
        const struct tvt_kx *kx = group->part[i];
        int result = kx->start(kx, state->part[i], share);
        if (result != TVT_CRYPTO_OK) {
            tvt_group_discard(state);
            return result;
        }
        state->live[i] = true;
        share += kx->initiator_len;
    }
    return TVT_CRYPTO_OK;
}

static int
finish_part(struct tvt_group_state *state, size_t index, const uint8_t *peer, uint8_t *secret)
{
    const struct tvt_kx *kx = state->group.part[index];

    if (!state->live[index])
        return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);
    if (!share_form_is_good(kx, peer))
        return tvt_crypto_failure(TVT_CRYPTO_PEER_KEY, 0);
    int result = kx->finish(kx, state->part[index], peer, secret);
    tvt_secret(secret, kx->secret_len);
    return result == TVT_CRYPTO_OK ? check_secret(kx, secret) : result;
}

int
tvt_group_finish(struct tvt_group_state *state, struct tvt_span peer, uint8_t *secret)
{
    const struct tvt_group *group = &state->group;
    const uint8_t *p = peer.data;
    uint8_t *out = secret;
    int result = TVT_CRYPTO_OK;

    if (group->part[0] == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);
    if (peer.len != group->responder_len)
        result = tvt_crypto_failure(TVT_CRYPTO_PEER_KEY, 0);
    for (size_t i = 0; result == TVT_CRYPTO_OK && i < 2 && group->part[i] != NULL; i++) {
        result = finish_part(state, i, p, out);
        p += group->part[i]->responder_len;
        out += group->part[i]->secret_len;
    }
    if (result != TVT_CRYPTO_OK)
        tvt_wipe(secret, group->secret_len);
    tvt_group_discard(state); /* a private key serves one exchange */
    return result;
}

int
tvt_group_respond(const struct tvt_group *group, struct tvt_span peer, uint8_t *share, uint8_t *secret)
{
    const uint8_t *p = peer.data;
    uint8_t *out = secret;
    int result = TVT_CRYPTO_OK;

    if (peer.len != group->initiator_len)
        return tvt_crypto_failure(TVT_CRYPTO_PEER_KEY, 0);
    for (size_t i = 0; result == TVT_CRYPTO_OK && i < 2 && group->part[i] != NULL; i++) {
        const struct tvt_kx *kx = group->part[i];
        if (share_form_is_good(kx, p))
            result = kx->respond(kx, p, share, out);
        else
            result = tvt_crypto_failure(TVT_CRYPTO_PEER_KEY, 0);
        tvt_secret(out, kx->secret_len);
        if (result == TVT_CRYPTO_OK)
            result = check_secret(kx, out);
        p += kx->initiator_len;
        share += kx->responder_len;
        out += kx->secret_len;
    }
    if (result != TVT_CRYPTO_OK)
        tvt_wipe(secret, group->secret_len);
    return result;
}

void
tvt_group_discard(struct tvt_group_state *state)
{
    for (size_t i = 0; i < 2; i++) {
        const struct tvt_kx *kx = state->group.part[i];
        if (state->live[i])
            kx->discard(kx, state->part[i]);
        state->live[i] = false;
    }
}
