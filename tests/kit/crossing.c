/* SPDX-License-Identifier: MIT
 *
 * Two backends against each other: what one seals, signs or starts, the other opens, verifies and answers.
 */
#include "core/crypto/kdf.h"
#include "tests/kit/kit.h"

#include <string.h>

#define MAX_LEN 16400u

static const struct kit_subject *
left(void)
{
    return kit.now->from;
}

static const struct kit_subject *
right(void)
{
    return kit.now->to;
}

/* ---- AEAD ------------------------------------------------------------------------------------------------ */

static void
cross_aead(enum kit_row row)
{
    static const size_t around[] = {255,  256,  257,  1023, 1024, 1025,  1350,  2047,
                                    2048, 2049, 4095, 4096, 8191, 16383, 16384, 16385};
    static struct kit_context sealer, opener;
    static uint8_t plain[MAX_LEN], sealed[MAX_LEN + TVT_AEAD_TAG_MAX], opened[MAX_LEN];
    const struct tvt_aead *a = kit_aead_of(left(), row), *b = kit_aead_of(right(), row);
    uint8_t key[TVT_AEAD_KEY_MAX], nonce[TVT_AEAD_NONCE_MAX], aad[32];
    size_t i = 0;

    kit_ok("random", left()->provider->random(left()->provider, plain, sizeof plain));
    memcpy(key, plain, sizeof key);
    memcpy(nonce, plain + 100, sizeof nonce);
    memcpy(aad, plain + 200, sizeof aad);
    kit_ok("setup", a->setup(a, sealer.memory, TVT_SEAL, key));
    kit_ok("setup", b->setup(b, opener.memory, TVT_OPEN, key));
    for (size_t len = 0;; len = len < 200 ? len + 1 : around[i++]) {
        struct tvt_span pieces[2] = {{plain, len / 3}, {plain + len / 3, len - len / 3}};
        size_t aad_len = len % (sizeof aad + 1);
        int result = a->seal(sealer.memory, sealed, pieces, 2, nonce, aad, aad_len);

        kit_check(result == TVT_CRYPTO_OK, "seal of %zu bytes: %s", len, kit_result_text(result));
        result = b->open(opener.memory, opened, sealed, len + a->tag_len, nonce, aad, aad_len);
        kit_check(result == TVT_CRYPTO_OK && memcmp(opened, plain, len) == 0, "open of %zu bytes: %s", len,
                  kit_result_text(result));
        sealed[len] ^= 1;
        result = b->open(opener.memory, opened, sealed, len + a->tag_len, nonce, aad, aad_len);
        kit_check(tvt_crypto_kind(result) == TVT_CRYPTO_AUTH, "open of %zu forged bytes: %s", len,
                  kit_result_text(result));
        if (len == around[sizeof around / sizeof around[0] - 1])
            break;
    }
    a->teardown(sealer.memory);
    b->teardown(opener.memory);
}

static void
aeads(void)
{
    for (int row = KIT_AES_128_GCM; row <= KIT_AES_128_CCM_8; row++) {
        if (kit_begin((enum kit_row)row))
            cross_aead((enum kit_row)row);
    }
}

/* ---- key exchange ---------------------------------------------------------------------------------------- */

static void
exchanges(void)
{
    static struct tvt_group_state state;
    uint8_t share[TVT_KX_SHARE_MAX], answer[TVT_KX_SHARE_MAX], a[TVT_GROUP_SECRET_MAX], b[TVT_GROUP_SECRET_MAX];

    for (int row = KIT_X25519; row <= KIT_SECP256R1MLKEM768; row++) {
        struct tvt_group first, second;

        if (!kit_begin((enum kit_row)row) ||
            !kit_check(tvt_group_find(&first, left()->provider, kit_algorithms[row].id) &&
                           tvt_group_find(&second, right()->provider, kit_algorithms[row].id),
                       "tvt_group_find"))
            continue;
        for (int i = 0; i < 20; i++) {
            if (!kit_ok("start", tvt_group_start(&state, &first, share)))
                break;
            kit_ok("respond", tvt_group_respond(&second, tvt_span(share, second.initiator_len), answer, b));
            kit_ok("finish", tvt_group_finish(&state, tvt_span(answer, first.responder_len), a));
            kit_equal("secret", tvt_span(a, first.secret_len), tvt_span(b, second.secret_len));
            tvt_group_discard(&state);
        }
    }
}

/* ---- signatures ------------------------------------------------------------------------------------------ */

static void
cross_signature(enum kit_row row, uint8_t hash, const char *name)
{
    static uint8_t message[1000];
    const struct tvt_signature *a = kit_signature_of(left(), row, hash), *b = kit_signature_of(right(), row, hash);
    const struct tvt_private_key *key = kit_test_key(name);
    struct tvt_signer *signer;
    uint8_t out[TVT_SIGNATURE_MAX];

    if (a == NULL || b == NULL || !a->can_sign || !b->can_verify)
        return;
    signer = kit_signer(left()->provider, name);
    for (size_t len = 0; signer != NULL && len <= sizeof message; len += 100) {
        size_t out_len = sizeof out;
        void *op = NULL;

        memset(message, (int)len, sizeof message);
        if (!kit_ok("sign", signer->sign(signer, a->family, hash, message, len, out, &out_len, &op)))
            break;
        kit_ok("verify", b->verify(b, hash, &key->pub, message, len, out, out_len));
        out[out_len / 2] ^= 4;
        kit_kind("verify a changed one", b->verify(b, hash, &key->pub, message, len, out, out_len), TVT_CRYPTO_AUTH);
    }
    if (signer != NULL)
        signer->free(signer);
}

static void
signatures(void)
{
    for (int row = KIT_ECDSA_P256; row <= KIT_LAST_SIGNATURE; row++) {
        for (unsigned h = 0; kit_begin((enum kit_row)row) && h < KIT_ALL_HASHES((enum kit_row)row); h++) {
            cross_signature((enum kit_row)row, kit_signature_hash((enum kit_row)row, h),
                            kit_test_key_name((enum kit_row)row, 'a'));
            cross_signature((enum kit_row)row, kit_signature_hash((enum kit_row)row, h),
                            kit_test_key_name((enum kit_row)row, 'b'));
        }
        if (row == KIT_RSA_PKCS1 || row == KIT_RSA_PSS) {
            if (kit_begin((enum kit_row)row)) {
                cross_signature((enum kit_row)row, TVT_HASH_SHA256, "rsa-3072-b");
                cross_signature((enum kit_row)row, TVT_HASH_SHA384, "rsa-4096-b");
            }
        }
    }
}

/* ---- hashes ---------------------------------------------------------------------------------------------- */

static void
hashes(void)
{
    static uint8_t text[4000];
    static struct tvt_kdf one, two;

    for (int row = KIT_SHA256; row <= KIT_SHA512; row++) {
        uint8_t a[TVT_HASH_MAX], b[TVT_HASH_MAX];

        if (!kit_begin((enum kit_row)row))
            continue;
        kit_ok("random", left()->provider->random(left()->provider, text, sizeof text));
        if (!kit_ok("tvt_kdf_init", tvt_kdf_init(&one, kit_hash_of(left(), (enum kit_row)row))) ||
            !kit_ok("tvt_kdf_init", tvt_kdf_init(&two, kit_hash_of(right(), (enum kit_row)row))))
            continue;
        for (size_t len = 0; len <= sizeof text; len += len < 300 ? 1 : 233) {
            struct tvt_span part = {text, len};

            if (tvt_kdf_digest(&one, &part, 1, a) != TVT_CRYPTO_OK ||
                tvt_kdf_digest(&two, &part, 1, b) != TVT_CRYPTO_OK)
                kit_check(false, "digest of %zu bytes failed", len);
            else
                kit_equal("digest", tvt_span(a, one.hash->out_len), tvt_span(b, two.hash->out_len));
        }
        tvt_kdf_free(&one);
        tvt_kdf_free(&two);
    }
}

const struct kit_case kit_crossing[] = {{"one digests, the other too", hashes},
                                        {"one seals, the other opens", aeads},
                                        {"one starts, the other responds", exchanges},
                                        {"one signs, the other verifies", signatures},
                                        {NULL, NULL}};
