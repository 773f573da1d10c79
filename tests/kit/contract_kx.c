/* SPDX-License-Identifier: MIT
 *
 * What provider.h promises of key exchange, and what the core adds to it (core/crypto/group.h).
 */
#include "tests/kit/kit.h"

#include <string.h>

static struct tvt_group_state state;
static uint8_t share[TVT_KX_SHARE_MAX + 1], answer[TVT_KX_SHARE_MAX + 1];
static uint8_t secret[2][TVT_GROUP_SECRET_MAX];

static bool
find(struct tvt_group *group, int row)
{
    return kit_begin((enum kit_row)row) &&
           kit_check(tvt_group_find(group, kit.now->provider, kit_algorithms[row].id), "tvt_group_find");
}

static void
agree(void)
{
    struct tvt_group g;

    for (int row = KIT_X25519; row <= KIT_SECP256R1MLKEM768; row++) {
        uint8_t last[TVT_KX_SHARE_MAX];

        if (!find(&g, row))
            continue;
        memset(last, 0, sizeof last);
        for (int i = 0; i < 10; i++) {
            if (!kit_ok("start", tvt_group_start(&state, &g, share)))
                break;
            kit_ok("respond", tvt_group_respond(&g, tvt_span(share, g.initiator_len), answer, secret[1]));
            kit_ok("finish", tvt_group_finish(&state, tvt_span(answer, g.responder_len), secret[0]));
            kit_equal("secret", tvt_span(secret[0], g.secret_len), tvt_span(secret[1], g.secret_len));
            tvt_group_discard(&state);
            kit_check(memcmp(last, share, g.initiator_len) != 0, "start gave the same share twice");
            memcpy(last, share, g.initiator_len);
        }
    }
}

/* A state that was started and never finished: discard alone. And one that was never started. */
static void
discard(void)
{
    struct tvt_group g;

    for (int row = KIT_X25519; row <= KIT_SECP256R1MLKEM768; row++) {
        if (!find(&g, row))
            continue;
        if (kit_ok("start", tvt_group_start(&state, &g, share)))
            tvt_group_discard(&state);
        memset(&state, 0, sizeof state);
        tvt_group_discard(&state);
    }
}

static void
state_is_bounded(void)
{
    static struct kit_context ctx;

    for (int row = KIT_X25519; row <= KIT_MLKEM768; row++) {
        const struct tvt_kx *kx;

        if (!kit_begin((enum kit_row)row))
            continue;
        kx = kit_kx_of(kit.now, (enum kit_row)row);
        kit_arm(&ctx);
        memset(share, 0x5a, sizeof share);
        memset(answer, 0x5a, sizeof answer);
        memset(secret, 0x5a, sizeof secret);
        if (!kit_ok("start", kx->start(kx, ctx.memory, share)))
            continue;
        kit_ok("respond", kx->respond(kx, share, answer, secret[1]));
        kit_ok("finish", kx->finish(kx, ctx.memory, answer, secret[0]));
        kx->discard(kx, ctx.memory);
        kit_guarded(&ctx, kx->state_size);
        kit_check(share[kx->initiator_len] == 0x5a && answer[kx->responder_len] == 0x5a &&
                      secret[0][kx->secret_len] == 0x5a && secret[1][kx->secret_len] == 0x5a,
                  "a byte behind an output was written");
        kit_equal("secret", tvt_span(secret[0], kx->secret_len), tvt_span(secret[1], kx->secret_len));
    }
}

/* The scalar of a state is a secret: it must not be there after discard. */
static void
state_is_wiped(void)
{
    static struct kit_context ctx;
    uint8_t seed[64];

    for (int row = KIT_X25519; row <= KIT_MLKEM768; row++) {
        const struct tvt_kx *kx;
        size_t len = row == KIT_MLKEM768 ? 64 : 0;

        if (!kit_begin((enum kit_row)row))
            continue;
        kx = kit_kx_of(kit.now, (enum kit_row)row);
        if (kx->start_from == NULL || row == KIT_SECP521R1) /* 66 bytes with few bits: covered by the others */
            continue;
        len = len == 0 ? kx->secret_len : len;
        for (size_t i = 0; i < len; i++)
            seed[i] = (uint8_t)(i * 3 + 64);
        kit_arm(&ctx);
        if (!kit_ok("start_from", kx->start_from(kx, ctx.memory, share, seed, len)))
            continue;
        kx->discard(kx, ctx.memory);
        kit_check(!kit_contains(ctx.memory, kx->state_size, seed + 8, 16), "the scalar is left after discard");
    }
}

static void
deterministic_forms(void)
{
    uint8_t seed[66];

    for (int row = KIT_X25519; row <= KIT_MLKEM768; row++) {
        const struct tvt_kx *kx;
        uint8_t again[TVT_KX_SHARE_MAX];

        if (!kit_begin((enum kit_row)row))
            continue;
        kx = kit_kx_of(kit.now, (enum kit_row)row);
        if (kx->start_from == NULL)
            continue;
        memset(seed, 0x11, sizeof seed);
        seed[0] = 0;
        for (size_t len = 0; len < sizeof seed; len += 5) {
            int result = kit_start_from(&state, kit.now->provider, kx->group, share, tvt_span(seed, len));

            if (len != (row == KIT_MLKEM768 ? 64u : kx->secret_len))
                kit_check(result < 0, "a seed of %zu bytes was accepted", len);
            tvt_group_discard(&state);
        }
        for (int i = 0; i < 2; i++) {
            kit_ok("start_from", kit_start_from(&state, kit.now->provider, kx->group, i == 0 ? share : again,
                                                tvt_span(seed, row == KIT_MLKEM768 ? 64 : kx->secret_len)));
            tvt_group_discard(&state);
        }
        kit_check(memcmp(share, again, kx->initiator_len) == 0, "start_from is not deterministic");
    }
}

static void
refuse(const struct tvt_group *g, const char *what, struct tvt_span peer)
{
    struct tvt_group_state *s = &state;

    kit_kind(what, tvt_group_respond(g, peer, answer, secret[0]), TVT_CRYPTO_PEER_KEY);
    if (kit_ok("start", tvt_group_start(s, g, share))) {
        kit_kind(what, tvt_group_finish(s, peer, secret[0]), TVT_CRYPTO_PEER_KEY);
        tvt_group_discard(s);
    }
}

static void
wrong_lengths(void)
{
    static uint8_t peer[TVT_KX_SHARE_MAX + 1];
    struct tvt_group g;

    for (int row = KIT_X25519; row <= KIT_SECP256R1MLKEM768; row++) {
        if (!find(&g, row))
            continue;
        kit_ok("start", tvt_group_start(&state, &g, peer));
        tvt_group_discard(&state);
        peer[g.initiator_len] = 0;
        kit_kind("one byte too long", tvt_group_respond(&g, tvt_span(peer, g.initiator_len + 1), answer, secret[0]),
                 TVT_CRYPTO_PEER_KEY);
        kit_kind("one byte short", tvt_group_respond(&g, tvt_span(peer, g.initiator_len - 1), answer, secret[0]),
                 TVT_CRYPTO_PEER_KEY);
        refuse(&g, "empty", tvt_span(NULL, 0));
    }
}

static void
bad_points(void)
{
    static uint8_t good[TVT_KX_SHARE_MAX], peer[TVT_KX_SHARE_MAX];
    struct tvt_group g;

    for (int row = KIT_SECP256R1; row <= KIT_SECP521R1; row++) {
        size_t len, half;

        if (!find(&g, row))
            continue;
        len = g.initiator_len;
        half = (len - 1) / 2;
        kit_ok("start", tvt_group_start(&state, &g, good));
        tvt_group_discard(&state);
        for (size_t i = 1; i < len; i += 7) { /* off the curve */
            memcpy(peer, good, len);
            peer[i] = (uint8_t)(peer[i] ^ 1);
            refuse(&g, "a point off the curve", tvt_span(peer, len));
            kit_kind("the provider alone", g.part[0]->respond(g.part[0], peer, answer, secret[0]), TVT_CRYPTO_PEER_KEY);
        }
        memset(peer, 0xff, sizeof peer);
        peer[0] = 4;
        refuse(&g, "coordinates beyond the field", tvt_span(peer, len));
        memset(peer, 0, sizeof peer);
        peer[0] = 4;
        refuse(&g, "the point (0, 0)", tvt_span(peer, len));
        memcpy(peer, good, len); /* the same point, X and Y exchanged */
        memcpy(peer + 1, good + 1 + half, half);
        memcpy(peer + 1 + half, good + 1, half);
        refuse(&g, "X and Y exchanged", tvt_span(peer, len));
    }
}

/* RFC 7748 6: values whose product with any scalar is zero (and their forms with the top bit set). */
static void
low_order(void)
{
    static const uint8_t points[][32] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
         0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
         0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57}};
    uint8_t peer[56], top;
    struct tvt_group g;

    if (find(&g, KIT_X25519)) {
        for (size_t i = 0; i < 2 * sizeof points / sizeof points[0]; i++) {
            top = i % 2 == 0 ? 0 : 0x80;
            memcpy(peer, points[i / 2], 32);
            peer[31] = (uint8_t)(peer[31] | top);
            refuse(&g, "a point of low order", tvt_span(peer, 32));
        }
        memset(peer, 0xff, 32); /* p - 1, p, p + 1 */
        peer[31] = 0x7f;
        for (uint8_t low = 0xec; low <= 0xee; low++) {
            peer[0] = low;
            refuse(&g, "a point of low order, not reduced", tvt_span(peer, 32));
        }
    }
    if (find(&g, KIT_X448)) {
        memset(peer, 0, sizeof peer);
        refuse(&g, "zero", tvt_span(peer, 56));
        peer[0] = 1;
        refuse(&g, "one", tvt_span(peer, 56));
        memset(peer, 0xff, sizeof peer); /* p - 1, p, p + 1 of 2^448 - 2^224 - 1 */
        peer[28] = 0xfe;
        refuse(&g, "p", tvt_span(peer, 56));
        peer[0] = 0xfe;
        refuse(&g, "p - 1", tvt_span(peer, 56));
    }
}

static void
mlkem_inputs(void)
{
    static uint8_t ek[1184], ct[1088];
    struct tvt_group g;

    if (!find(&g, KIT_MLKEM768))
        return;
    kit_ok("start", tvt_group_start(&state, &g, ek));
    kit_ok("respond", tvt_group_respond(&g, tvt_span(ek, sizeof ek), ct, secret[1]));
    ct[100] ^= 1; /* FIPS 203: implicit rejection, another secret and no error */
    kit_ok("finish with a wrong ciphertext", tvt_group_finish(&state, tvt_span(ct, sizeof ct), secret[0]));
    kit_check(memcmp(secret[0], secret[1], 32) != 0, "a wrong ciphertext gave the right secret");
    tvt_group_discard(&state);
    memset(ek, 0xff, 3); /* coefficients 4095: FIPS 203 7.2 */
    kit_kind("a key that is not reduced", tvt_group_respond(&g, tvt_span(ek, sizeof ek), ct, secret[0]),
             TVT_CRYPTO_PEER_KEY);
}

const struct kit_case kit_contract_kx[] = {{"start, respond, finish agree", agree},
                                           {"discard without finish, or without start", discard},
                                           {"nothing is written behind state and outputs", state_is_bounded},
                                           {"discard wipes the scalar", state_is_wiped},
                                           {"start_from is deterministic, and checks lengths", deterministic_forms},
                                           {"shares of a wrong length", wrong_lengths},
                                           {"points off the curve", bad_points},
                                           {"X25519 and X448 points of low order", low_order},
                                           {"ML-KEM: wrong ciphertext, bad key", mlkem_inputs},
                                           {NULL, NULL}};
