/* SPDX-License-Identifier: MIT
 *
 * Every trap that was met in the three libraries (docs on backends: measured, reproduced) has a test of its own here,
 * and every backend runs all of them: the next library may fall into another one's.
 */
#define _POSIX_C_SOURCE 200809L

#include "tests/kit/kit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct tvt_group_state state;
static uint8_t share[TVT_KX_SHARE_MAX + 1], answer[TVT_KX_SHARE_MAX + 1], secret[2][TVT_GROUP_SECRET_MAX];
static const uint8_t message[] = "trap";

static bool
find(struct tvt_group *group, enum kit_row row)
{
    return kit_begin(row) &&
           kit_check(tvt_group_find(group, kit.now->provider, kit_algorithms[row].id), "tvt_group_find");
}

static int
sign_once(struct tvt_signer *signer, enum kit_row row, uint8_t *out, size_t *len)
{
    void *op = NULL;

    *len = TVT_SIGNATURE_MAX;
    return signer->sign(signer, (uint8_t)kit_algorithms[row].id, kit_signature_hash(row, 0), message, sizeof message,
                        out, len, &op);
}

/* ---- OpenSSL --------------------------------------------------------------------------------------------- */

/* EVP_PKEY_set1_encoded_public_key accepts infinity, compressed and hybrid points: the core checks the form. */
static void
point_forms(void)
{
    for (int row = KIT_SECP256R1; row <= KIT_SECP521R1; row++) {
        struct tvt_group g;
        size_t len;
        static const uint8_t infinity = 0;

        if (!find(&g, (enum kit_row)row))
            continue;
        len = g.initiator_len;
        kit_ok("start", tvt_group_start(&state, &g, share));
        tvt_group_discard(&state);
        kit_kind("infinity", tvt_group_respond(&g, tvt_span(&infinity, 1), answer, secret[0]), TVT_CRYPTO_PEER_KEY);
        share[0] = (uint8_t)(6 + (share[len - 1] & 1));
        kit_kind("hybrid", tvt_group_respond(&g, tvt_span(share, len), answer, secret[0]), TVT_CRYPTO_PEER_KEY);
        share[0] = (uint8_t)(share[0] - 4);
        kit_kind("compressed", tvt_group_respond(&g, tvt_span(share, 1 + (len - 1) / 2), answer, secret[0]),
                 TVT_CRYPTO_PEER_KEY);
        kit_kind("compressed prefix, full length", tvt_group_respond(&g, tvt_span(share, len), answer, secret[0]),
                 TVT_CRYPTO_PEER_KEY);
        memset(share, 0, len);
        kit_kind("infinity at full length", tvt_group_respond(&g, tvt_span(share, len), answer, secret[0]),
                 TVT_CRYPTO_PEER_KEY);
    }
}

/* From 3.5 on a kept EdDSA context of DigestSign or DigestVerify fails on its second use. */
static void
eddsa_twice(void)
{
    for (int row = KIT_ED25519; row <= KIT_ED448; row++) {
        const struct tvt_private_key *key = kit_test_key(kit_test_key_name((enum kit_row)row, 'a'));
        const struct tvt_signature *sig;
        struct tvt_signer *signer;
        uint8_t first[TVT_SIGNATURE_MAX], out[TVT_SIGNATURE_MAX];
        size_t first_len = 0, len;

        if (!kit_begin((enum kit_row)row))
            continue;
        sig = kit_signature_of(kit.now, (enum kit_row)row, TVT_HASH_NONE);
        signer = kit_signer(kit.now->provider, kit_test_key_name((enum kit_row)row, 'a'));
        for (int i = 0; signer != NULL && i < 5; i++) {
            if (!kit_ok("sign", sign_once(signer, (enum kit_row)row, i == 0 ? first : out, i == 0 ? &first_len : &len)))
                break;
            if (i > 0)
                kit_equal("the same signature", tvt_span(first, first_len), tvt_span(out, len));
            kit_ok("verify", sig->verify(sig, TVT_HASH_NONE, &key->pub, message, sizeof message, first, first_len));
        }
        if (signer != NULL)
            signer->free(signer);
    }
}

/* The peer's validation is left out of derive_set_peer where set1_encoded does it: off-curve must still be refused,
 * also by finish(), also right after a good peer on kept contexts. */
static void
validation_is_done_once_but_done(void)
{
    for (int row = KIT_SECP256R1; row <= KIT_SECP521R1; row++) {
        struct tvt_group g;
        static uint8_t bad[TVT_KX_SHARE_MAX];

        if (!find(&g, (enum kit_row)row))
            continue;
        for (int i = 0; i < 6; i++) {
            kit_ok("start", tvt_group_start(&state, &g, share));
            kit_ok("respond", tvt_group_respond(&g, tvt_span(share, g.initiator_len), answer, secret[1]));
            memcpy(bad, answer, g.responder_len);
            bad[g.responder_len - 1] ^= 1;
            if (i % 2 == 0) {
                kit_ok("finish", tvt_group_finish(&state, tvt_span(answer, g.responder_len), secret[0]));
            } else {
                kit_kind("finish with a point off the curve",
                         g.part[0]->finish(g.part[0], state.part[0], bad, secret[0]), TVT_CRYPTO_PEER_KEY);
            }
            tvt_group_discard(&state);
        }
    }
}

/* ---- libsodium ------------------------------------------------------------------------------------------- */

/* crypto_aead_aes256gcm_is_available() is 0 before sodium_init(): a provider opened first of all must list it. The
 * presence suite asks the same of this process; here it is a fresh one, by a second provider that must list as much. */
static void
lists_are_complete_at_once(void)
{
    struct tvt_provider *p = NULL;
    size_t a = 0, b = 0;

    kit.row = KIT_PROVIDER;
    if (!kit_check(tvt_provider_open(&p, kit.now->name, NULL) == TVT_OK, "cannot be opened twice"))
        return;
    while (kit.now->provider->aeads[a] != NULL)
        a++;
    while (p->aeads[b] != NULL)
        b++;
    kit_check(a == b, "the first provider lists %zu AEADs, the second %zu", a, b);
    tvt_provider_free(p);
    kit_check(kit.now->provider->random(kit.now->provider, share, 32) == TVT_CRYPTO_OK,
              "freeing one provider broke the other");
}

/* SHA-384 made of SHA-512's state: reset must set the other IV again, and copy must keep it. */
static void
sha384_keeps_its_iv(void)
{
    static const uint8_t abc[48] = {0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b, 0xb5, 0xa0, 0x3d, 0x69,
                                    0x9a, 0xc6, 0x50, 0x07, 0x27, 0x2c, 0x32, 0xab, 0x0e, 0xde, 0xd1, 0x63,
                                    0x1a, 0x8b, 0x60, 0x5a, 0x43, 0xff, 0x5b, 0xed, 0x80, 0x86, 0x07, 0x2b,
                                    0xa1, 0xe7, 0xcc, 0x23, 0x58, 0xba, 0xec, 0xa1, 0x34, 0xc8, 0x25, 0xa7};
    static struct kit_context ctx, other;
    const struct tvt_hash *hash;
    uint8_t out[TVT_HASH_MAX];

    if (!kit_begin(KIT_SHA384))
        return;
    hash = kit_hash_of(kit.now, KIT_SHA384);
    kit_ok("setup", hash->setup(hash, ctx.memory));
    kit_ok("setup", hash->setup(hash, other.memory));
    for (int i = 0; i < 3; i++) {
        hash->update(ctx.memory, "abc", 3);
        hash->copy(other.memory, ctx.memory);
        kit_ok("final", hash->final(ctx.memory, out));
        kit_equal("SHA-384(\"abc\")", tvt_span(abc, 48), tvt_span(out, 48));
        kit_ok("final of the copy", hash->final(other.memory, out));
        kit_equal("SHA-384(\"abc\") of the copy", tvt_span(abc, 48), tvt_span(out, 48));
        hash->reset(ctx.memory);
    }
    hash->teardown(ctx.memory);
    hash->teardown(other.memory);
}

/* The AEAD is one-shot: scattered input is gathered first, and the tag must land behind it. 8 pieces of one byte. */
static void
gather_then_seal(void)
{
    static struct kit_context ctx;
    static const uint8_t key[TVT_AEAD_KEY_MAX] = {1}, nonce[TVT_AEAD_NONCE_MAX] = {2}, text[9] = "12345678";

    for (int row = KIT_AES_128_GCM; row <= KIT_AES_128_CCM_8; row++) {
        const struct tvt_aead *aead;
        struct tvt_span pieces[8], whole = {text, 8};
        uint8_t a[8 + TVT_AEAD_TAG_MAX], b[8 + TVT_AEAD_TAG_MAX];

        if (!kit_begin((enum kit_row)row))
            continue;
        aead = kit_aead_of(kit.now, (enum kit_row)row);
        for (unsigned i = 0; i < 8; i++)
            pieces[i] = tvt_span(text + i, 1);
        kit_ok("setup", aead->setup(aead, ctx.memory, TVT_SEAL, key));
        kit_ok("seal", aead->seal(ctx.memory, a, &whole, 1, nonce, NULL, 0));
        kit_ok("seal", aead->seal(ctx.memory, b, pieces, 8, nonce, NULL, 0));
        kit_equal("sealed", tvt_span(a, 8u + aead->tag_len), tvt_span(b, 8u + aead->tag_len));
        aead->teardown(ctx.memory);
    }
}

/* ---- wolfCrypt, numbered as they were found -------------------------------------------------------------- */

/* 1. wc_ecc_import_x963_ex accepts off-curve points and shared_secret then succeeds. An invalid-curve point. */
static void
off_curve_point(void)
{
    for (int row = KIT_SECP256R1; row <= KIT_SECP521R1; row++) {
        const struct tvt_kx *kx;

        if (!kit_begin((enum kit_row)row))
            continue;
        kx = kit_kx_of(kit.now, (enum kit_row)row);
        memset(share, 0, sizeof share);
        share[0] = 4;
        for (uint8_t x = 1; x < 8; x++) { /* (x, x): on none of the three curves */
            share[(kx->initiator_len - 1) / 2] = x;
            share[kx->initiator_len - 1] = x;
            kit_kind("respond", kx->respond(kx, share, answer, secret[0]), TVT_CRYPTO_PEER_KEY);
        }
    }
}

/* 2. X25519 accepts the zero point: the core checks for an all-zero secret. */
static void
zero_point(void)
{
    static const uint8_t zero[56] = {0};

    for (int row = KIT_X25519; row <= KIT_X448; row++) {
        struct tvt_group g;

        if (!find(&g, (enum kit_row)row))
            continue;
        kit_kind("respond", tvt_group_respond(&g, tvt_span(zero, g.initiator_len), answer, secret[0]),
                 TVT_CRYPTO_PEER_KEY);
        kit_ok("start", tvt_group_start(&state, &g, share));
        kit_kind("finish", tvt_group_finish(&state, tvt_span(zero, g.responder_len), secret[0]), TVT_CRYPTO_PEER_KEY);
        tvt_group_discard(&state);
    }
}

#define NUM_SHARES 400
static uint8_t drawn[2][NUM_SHARES][32];

static void *
draw_shares(void *argument)
{
    const struct tvt_provider *p = kit.now->provider;
    uint8_t(*out)[32] = (uint8_t(*)[32])argument;

    for (int i = 0; i < NUM_SHARES; i++) {
        if (p->random(p, out[i], 32) != TVT_CRYPTO_OK)
            memset(out[i], 0, 32);
    }
    return NULL;
}

static size_t
common_values(void)
{
    size_t common = 0;

    for (int i = 0; i < NUM_SHARES; i++) {
        for (int j = 0; j < NUM_SHARES; j++)
            common += memcmp(drawn[0][i], drawn[1][j], 32) == 0;
    }
    return common;
}

/* 3. An RNG shared by two threads returned thousands of duplicates, with no error. */
static void
rng_of_two_threads(void)
{
    pthread_t thread;

    kit.row = KIT_RANDOM;
    for (int round = 0; round < 10; round++) {
        if (!kit_check(pthread_create(&thread, NULL, draw_shares, drawn[1]) == 0, "no thread"))
            return;
        (void)draw_shares(drawn[0]);
        (void)pthread_join(thread, NULL);
        kit_check(common_values() == 0, "%zu values in both threads", common_values());
    }
}

/* 4. After fork, parent and child drew identical output: from random(), and so for key shares. */
static void
fork_and_share(void)
{
    struct tvt_group g;
    int ends[2];
    pid_t child;
    int status = -1;
    bool same;

    for (int row = KIT_X25519; row <= KIT_SECP521R1; row++) {
        if (!find(&g, (enum kit_row)row) || !kit_check(pipe(ends) == 0, "no pipe"))
            continue;
        kit_ok("start before", tvt_group_start(&state, &g, share));
        tvt_group_discard(&state);
        child = fork();
        if (child == 0) {
            if (tvt_group_start(&state, &g, share) != TVT_CRYPTO_OK)
                _exit(1);
            _exit(write(ends[1], share, g.initiator_len) == (ssize_t)g.initiator_len ? 0 : 1);
        }
        (void)close(ends[1]);
        kit_ok("start in the parent", tvt_group_start(&state, &g, answer));
        tvt_group_discard(&state);
        memset(share, 0, sizeof share);
        same = read(ends[0], share, g.initiator_len) != (ssize_t)g.initiator_len ||
               memcmp(share, answer, g.initiator_len) == 0;
        (void)close(ends[0]);
        kit_check(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child failed");
        kit_check(!same, "parent and child made the same key share");
    }
}

struct verifier {
    const struct tvt_signature *sig;
    const struct tvt_public_key *key;
    uint8_t hash;
    const uint8_t *signature;
    size_t len;
    int failed;
};

static void *
verify_many(void *argument)
{
    struct verifier *v = (struct verifier *)argument;

    for (int i = 0; i < 150; i++)
        v->failed += v->sig->verify(v->sig, v->hash, v->key, message, sizeof message, v->signature, v->len) != 0;
    return NULL;
}

/* 5. RsaKey and ecc_key objects shared by threads fail sporadically: one public key, one signer, two threads. */
static void
one_key_two_threads(void)
{
    for (int row = KIT_ECDSA_P256; row <= KIT_LAST_SIGNATURE; row++) {
        const char *name = kit_test_key_name((enum kit_row)row, 'a');
        uint8_t out[TVT_SIGNATURE_MAX];
        size_t len;
        struct tvt_signer *signer;
        struct verifier v[2];
        pthread_t thread;

        if (!kit_begin((enum kit_row)row))
            continue;
        signer = kit_signer(kit.now->provider, name);
        if (signer == NULL)
            continue;
        if (kit_ok("sign", sign_once(signer, (enum kit_row)row, out, &len))) {
            v[0] = (struct verifier){NULL, &signer->pub, kit_signature_hash((enum kit_row)row, 0), out, len, 0};
            v[0].key = &kit_test_key(name)->pub;
            v[0].sig = kit_signature_of(kit.now, (enum kit_row)row, v[0].hash);
            v[1] = v[0];
            if (kit_check(pthread_create(&thread, NULL, verify_many, &v[1]) == 0, "no thread")) {
                (void)verify_many(&v[0]);
                (void)pthread_join(thread, NULL);
            }
            kit_check(v[0].failed + v[1].failed == 0, "%d verifications failed", v[0].failed + v[1].failed);
        }
        signer->free(signer);
    }
}

/* 6. FP_ECC keeps tables for points it has seen: with many keys in turn the answers must stay right. */
static void
cached_points(void)
{
    for (int row = KIT_ECDSA_P256; row <= KIT_ECDSA_P521; row++) {
        struct tvt_signer *signer[2];
        uint8_t out[2][TVT_SIGNATURE_MAX];
        size_t len[2];
        const struct tvt_signature *sig;
        uint8_t hash = kit_signature_hash((enum kit_row)row, 0);

        if (!kit_begin((enum kit_row)row))
            continue;
        sig = kit_signature_of(kit.now, (enum kit_row)row, hash);
        for (int i = 0; i < 2; i++)
            signer[i] = kit_signer(kit.now->provider, kit_test_key_name((enum kit_row)row, i == 0 ? 'a' : 'b'));
        for (int round = 0; signer[0] != NULL && signer[1] != NULL && round < 8; round++) {
            for (int i = 0; i < 2; i++)
                kit_ok("sign", sign_once(signer[i], (enum kit_row)row, out[i], &len[i]));
            for (int i = 0; i < 4; i++) {
                const char *name = kit_test_key_name((enum kit_row)row, i / 2 == 0 ? 'a' : 'b');
                int result =
                    sig->verify(sig, hash, &kit_test_key(name)->pub, message, sizeof message, out[i % 2], len[i % 2]);

                if (i / 2 == i % 2)
                    kit_ok("verify with its key", result);
                else
                    kit_kind("verify with the other key", result, TVT_CRYPTO_AUTH);
            }
        }
        for (int i = 0; i < 2; i++) {
            if (signer[i] != NULL)
                signer[i]->free(signer[i]);
        }
    }
}

/* 7. wc_InitRng costs 7 to 11 us: never once a draw. The best of 20 batches, so that a busy machine does not fail. */
static void
random_is_cheap(void)
{
    const struct tvt_provider *p = kit.now->provider;
    uint8_t out[32];
    double best = 1e9;

    kit.row = KIT_RANDOM;
    for (int batch = 0; batch < 20; batch++) {
        clock_t begin = clock();
        double us;

        for (int i = 0; i < 500; i++) {
            if (p->random(p, out, sizeof out) != TVT_CRYPTO_OK)
                kit_check(false, "random failed");
        }
        us = (double)(clock() - begin) * 1e6 / CLOCKS_PER_SEC / 500;
        best = us < best ? us : best;
    }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    kit_check(best < 60, "random(32) costs %.1f us under a sanitizer", best);
#else
    kit_check(best < 6, "random(32) costs %.1f us: a generator is made for each draw", best);
#endif
}

/* 8. AES-GCM left the plaintext in the output when the tag failed: the provider wipes it. */
static void
plaintext_after_bad_tag(void)
{
    static struct kit_context ctx;
    static const uint8_t key[TVT_AEAD_KEY_MAX] = {5}, nonce[TVT_AEAD_NONCE_MAX] = {6};
    static uint8_t text[512], sealed[512 + TVT_AEAD_TAG_MAX];

    memset(text, 'S', sizeof text);
    for (int row = KIT_AES_128_GCM; row <= KIT_AES_128_CCM_8; row++) {
        const struct tvt_aead *aead;
        struct tvt_span whole = {text, sizeof text};

        if (!kit_begin((enum kit_row)row))
            continue;
        aead = kit_aead_of(kit.now, (enum kit_row)row);
        kit_ok("setup", aead->setup(aead, ctx.memory, TVT_SEAL, key));
        kit_ok("seal", aead->seal(ctx.memory, sealed, &whole, 1, nonce, NULL, 0));
        aead->teardown(ctx.memory);
        sealed[sizeof text] ^= 0x10;
        kit_ok("setup", aead->setup(aead, ctx.memory, TVT_OPEN, key));
        kit_kind("open", aead->open(ctx.memory, sealed, sealed, sizeof text + aead->tag_len, nonce, NULL, 0),
                 TVT_CRYPTO_AUTH);
        aead->teardown(ctx.memory);
        kit_check(!kit_contains(sealed, sizeof text, "SSSSSS", 6), "plaintext is left");
    }
}

/* wolfCrypt's AES without instructions reads tables by secret bytes: it must not claim to be constant-time. */
static void
table_aes_does_not_claim(void)
{
    for (int row = KIT_AES_128_GCM; row <= KIT_AES_128_CCM_8; row++) {
        const struct tvt_aead *aead;

        if (row == KIT_CHACHA20_POLY1305 || !kit_begin((enum kit_row)row))
            continue;
        aead = kit_aead_of(kit.now, (enum kit_row)row);
        kit_check(strcmp(kit.now->part[0], "wolfcrypt") != 0 || (aead->flags & TVT_FLAG_HARDWARE) != 0 ||
                      (aead->flags & TVT_FLAG_CONSTANT_TIME) == 0,
                  "flags are 0x%x", aead->flags);
    }
}

const struct kit_case kit_traps[] = {
    {"OpenSSL: infinity, compressed and hybrid points", point_forms},
    {"OpenSSL: an EdDSA context fails on its second use", eddsa_twice},
    {"OpenSSL: validation of the peer is not lost", validation_is_done_once_but_done},
    {"libsodium: AES-256-GCM is not seen before sodium_init", lists_are_complete_at_once},
    {"libsodium: SHA-384 loses its IV on reset", sha384_keeps_its_iv},
    {"libsodium: one-shot AEAD and scattered input", gather_then_seal},
    {"wolfCrypt 1: off-curve points are accepted", off_curve_point},
    {"wolfCrypt 2: the zero point is accepted", zero_point},
    {"wolfCrypt 3: one RNG, two threads", rng_of_two_threads},
    {"wolfCrypt 4: one RNG, parent and child", fork_and_share},
    {"wolfCrypt 5: one key, two threads", one_key_two_threads},
    {"wolfCrypt 6: tables for cached points", cached_points},
    {"wolfCrypt 7: a new RNG for each draw", random_is_cheap},
    {"wolfCrypt 8: plaintext left after a bad tag", plaintext_after_bad_tag},
    {"wolfCrypt: table AES is not constant-time", table_aes_does_not_claim},
    {NULL, NULL}};
