/* SPDX-License-Identifier: MIT
 *
 * Known answers of key exchange, through core/crypto/group.h, because the core is the one that checks lengths, the
 * 0x04 prefix of points and all-zero secrets.
 */
#include "tests/kit/kit.h"

#include <string.h>

#define ABSENT        "the backend does not have the group (declared absent)"
#define NO_START_FROM "the backend takes no scalar (start_from is declared absent)"

static struct tvt_group_state state;

/* The secret of `scalar` and `peer`; `*share` is what start_from made. */
static int
exchange(enum kit_row row, struct tvt_span scalar, struct tvt_span peer, uint8_t *share, uint8_t *secret)
{
    int result = kit_start_from(&state, kit.now->provider, kit_algorithms[row].id, share, scalar);

    if (result == TVT_CRYPTO_OK)
        result = tvt_group_finish(&state, peer, secret);
    tvt_group_discard(&state);
    return result;
}

static bool
can_start_from(enum kit_row row)
{
    if (!kit_begin(row)) {
        kit_skip(ABSENT);
        return false;
    }
    if (kit_kx_of(kit.now, row)->start_from == NULL) {
        kit_skip(NO_START_FROM);
        return false;
    }
    return true;
}

static void
known_secret(enum kit_row row, struct tvt_span scalar, struct tvt_span peer, struct tvt_span own,
             struct tvt_span secret)
{
    const struct tvt_kx *kx = kit_kx_of(kit.now, row);
    uint8_t share[TVT_KX_SHARE_MAX], got[TVT_GROUP_SECRET_MAX];

    if (!kit_ok("start_from and finish", exchange(row, scalar, peer, share, got)))
        return;
    kit_equal("secret", secret, tvt_span(got, kx->secret_len));
    if (own.len > 0)
        kit_equal("share", own, tvt_span(share, kx->initiator_len));
    if (kx->respond_from != NULL &&
        kit_ok("respond_from", kx->respond_from(kx, peer.data, share, got, scalar.data, scalar.len))) {
        kit_equal("secret of respond_from", secret, tvt_span(got, kx->secret_len));
        if (own.len > 0)
            kit_equal("share of respond_from", own, tvt_span(share, kx->responder_len));
    }
}

/* ---- X25519, X448 ---------------------------------------------------------------------------------------- */

static void
iterate(enum kit_row row, const json_t *t)
{
    size_t len = kit_kx_of(kit.now, row)->secret_len;
    int steps = kit_int(t, "iterations");
    uint8_t k[TVT_KX_SECRET_MAX], u[TVT_KX_SECRET_MAX], share[TVT_KX_SHARE_MAX], out[TVT_GROUP_SECRET_MAX];

    if (steps > 1000 && !kit.options.long_run) {
        kit_skip("1,000,000 iterations (--long runs them)");
        return;
    }
    memcpy(k, kit_bytes(t, "start").data, len);
    memcpy(u, k, len);
    for (int i = 0; i < steps; i++) {
        if (exchange(row, tvt_span(k, len), tvt_span(u, len), share, out) != TVT_CRYPTO_OK) {
            kit_check(false, "iteration %d failed", i);
            return;
        }
        memcpy(u, k, len);
        memcpy(k, out, len);
    }
    kit_equal("iterated", kit_bytes(t, "result"), tvt_span(k, len));
}

static void
xdh(const json_t *group, const json_t *t)
{
    enum kit_row row = kit_row_named(kit_text(t, "alg"));
    const char *type = kit_text(t, "type");

    (void)group;
    if (!can_start_from(row))
        return;
    if (strcmp(type, "iterate") == 0) {
        iterate(row, t);
    } else if (strcmp(type, "dh") == 0) {
        known_secret(row, kit_bytes(t, "private_a"), kit_bytes(t, "public_b"), kit_bytes(t, "public_a"),
                     kit_bytes(t, "shared"));
        known_secret(row, kit_bytes(t, "private_b"), kit_bytes(t, "public_a"), kit_bytes(t, "public_b"),
                     kit_bytes(t, "shared"));
    } else {
        known_secret(row, kit_bytes(t, "private"), kit_bytes(t, "public"), tvt_span(NULL, 0), kit_bytes(t, "shared"));
    }
}

/* ---- NIST curves ----------------------------------------------------------------------------------------- */

static enum kit_row
row_of_curve(const char *curve)
{
    return strcmp(curve, "P-256") == 0 || strcmp(curve, "secp256r1") == 0   ? KIT_SECP256R1
           : strcmp(curve, "P-384") == 0 || strcmp(curve, "secp384r1") == 0 ? KIT_SECP384R1
                                                                            : KIT_SECP521R1;
}

static void
ecdh(const json_t *group, const json_t *t)
{
    enum kit_row row = row_of_curve(kit_text(t, "curve"));

    (void)group;
    if (can_start_from(row))
        known_secret(row, kit_bytes_padded(t, "private", kit_kx_of(kit.now, row)->secret_len), kit_bytes(t, "peer"),
                     kit_bytes(t, "public"), kit_bytes(t, "shared"));
}

static void
public_key(const json_t *group, const json_t *t)
{
    enum kit_row row = row_of_curve(kit_text(t, "curve"));
    struct tvt_span point = kit_bytes(t, "point");
    uint8_t share[TVT_KX_SHARE_MAX], secret[TVT_GROUP_SECRET_MAX];
    struct tvt_group g;

    (void)group;
    if (!kit_begin(row)) {
        kit_skip(ABSENT);
        return;
    }
    if (point.len == 0) {
        kit_skip("a coordinate that is too long to be encoded as a point");
        return;
    }
    if (!kit_check(tvt_group_find(&g, kit.now->provider, kit_algorithms[row].id), "tvt_group_find"))
        return;
    if (kit_expected(t) == KIT_VALID) {
        kit_ok("respond to a good point", tvt_group_respond(&g, point, share, secret));
    } else {
        kit_kind("respond to a bad point", tvt_group_respond(&g, point, share, secret), TVT_CRYPTO_PEER_KEY);
        kit_kind("the provider alone", g.part[0]->respond(g.part[0], point.data, share, secret), TVT_CRYPTO_PEER_KEY);
    }
}

/* ---- ML-KEM-768 ------------------------------------------------------------------------------------------ */

#define EXPANDED "an expanded decapsulation key (the interface takes seeds)"

static void
encapsulate(struct tvt_span ek, struct tvt_span m, struct tvt_span ct, struct tvt_span ss, bool valid)
{
    const struct tvt_kx *kx = kit_kx_of(kit.now, KIT_MLKEM768);
    uint8_t share[TVT_KX_SHARE_MAX], secret[TVT_GROUP_SECRET_MAX];
    struct tvt_group g;
    int result;

    if (!tvt_group_find(&g, kit.now->provider, TVT_GROUP_MLKEM768)) {
        kit_check(false, "tvt_group_find");
        return;
    }
    if (!valid) {
        kit_kind("respond to a bad key", tvt_group_respond(&g, ek, share, secret), TVT_CRYPTO_PEER_KEY);
        return;
    }
    if (m.len == 0) {
        kit_ok("respond to a good key", tvt_group_respond(&g, ek, share, secret));
        return;
    }
    result = kx->respond_from(kx, ek.data, share, secret, m.data, m.len);
    if (kit_ok("respond_from", result)) {
        kit_equal("ciphertext", ct, tvt_span(share, kx->responder_len));
        kit_equal("secret", ss, tvt_span(secret, kx->secret_len));
    }
}

/* Key from a seed; then, with a ciphertext, its secret. */
static void
decapsulate(const json_t *t, const char *ct_field, const char *ss_field, bool valid)
{
    struct tvt_span ct = kit_bytes(t, ct_field), ss = kit_bytes(t, ss_field), ek = kit_bytes(t, "ek");
    uint8_t share[TVT_KX_SHARE_MAX], secret[TVT_GROUP_SECRET_MAX];
    int result = kit_start_from(&state, kit.now->provider, TVT_GROUP_MLKEM768, share, kit_bytes(t, "seed"));

    if (result == TVT_CRYPTO_OK && ek.len > 0)
        kit_equal("share", ek, tvt_span(share, ek.len));
    if (result == TVT_CRYPTO_OK && kit_is_set(t, ct_field))
        result = tvt_group_finish(&state, ct, secret);
    tvt_group_discard(&state);
    if (!valid)
        kit_check(result < 0, "a bad seed or ciphertext was accepted");
    else if (kit_ok("start_from and finish", result) && ss.len > 0)
        kit_equal("secret", ss, tvt_span(secret, ss.len));
}

static void
mlkem(const json_t *group, const json_t *t)
{
    const char *type = kit_text(t, "type");
    bool valid = kit_expected(t) == KIT_VALID;

    (void)group;
    if (!can_start_from(KIT_MLKEM768))
        return;
    if (strcmp(type, "keygen") == 0 || (strcmp(type, "decaps") == 0 && kit_is_set(t, "seed")))
        decapsulate(t, "ct", "ss", valid);
    else if (strcmp(type, "encaps") == 0 || strcmp(type, "ek-check") == 0)
        encapsulate(kit_bytes(t, "ek"), kit_bytes(t, "m"), kit_bytes(t, "ct"), kit_bytes(t, "ss"), valid);
    else
        kit_skip(EXPANDED);
}

static void
run_xdh(void)
{
    kit.row = KIT_X25519;
    kit_each_kat("kat/xdh.json", xdh);
}

static void
run_ecdh(void)
{
    kit.row = KIT_SECP256R1;
    kit_each_kat("kat/ecdh.json", ecdh);
}

static void
run_public_key(void)
{
    kit.row = KIT_SECP256R1;
    kit_each_kat("kat/ec-public-key.json", public_key);
}

static void
run_mlkem(void)
{
    kit.row = KIT_MLKEM768;
    if (kit_present(kit.now, KIT_MLKEM768))
        kit_each_kat("kat/mlkem768.json", mlkem);
    else
        kit_skip("file mlkem768.json: " ABSENT);
}

const struct kit_case kit_vectors_kx[] = {{"xdh.json", run_xdh},
                                          {"ecdh.json", run_ecdh},
                                          {"ec-public-key.json", run_public_key},
                                          {"mlkem768.json", run_mlkem},
                                          {NULL, NULL}};

/* ---- Wycheproof ------------------------------------------------------------------------------------------ */

static void
wycheproof_xdh(const json_t *group, const json_t *t)
{
    enum kit_row row = strcmp(kit_text(group, "curve"), "curve448") == 0 ? KIT_X448 : KIT_X25519;
    struct tvt_span peer = kit_bytes(t, "public"), scalar = kit_bytes(t, "private");
    uint8_t share[TVT_KX_SHARE_MAX], secret[TVT_GROUP_SECRET_MAX];

    if (!can_start_from(row))
        return;
    if (kit_flagged(t, "ZeroSharedSecret") || kit_expected(t) == KIT_INVALID)
        kit_kind("zero secret or wrong length", exchange(row, scalar, peer, share, secret), TVT_CRYPTO_PEER_KEY);
    else
        known_secret(row, scalar, peer, tvt_span(NULL, 0), kit_bytes(t, "shared"));
}

static void
wycheproof_ecdh(const json_t *group, const json_t *t)
{
    bool asn1 = strcmp(kit_text(group, "encoding"), "asn") == 0;
    enum kit_row row = row_of_curve(kit_text(group, "curve"));
    struct tvt_span peer = kit_bytes(t, "public"), scalar;
    uint8_t share[TVT_KX_SHARE_MAX], secret[TVT_GROUP_SECRET_MAX];

    if (!can_start_from(row))
        return;
    scalar = kit_bytes_padded(t, "private", kit_kx_of(kit.now, row)->secret_len);
    if (asn1)
        peer = kit_spki_point(peer, kit_algorithms[row].key_type);
    if (kit_expected(t) == KIT_VALID && asn1) { /* the points of the other file again: one way is enough */
        if (kit_ok("start_from and finish", exchange(row, scalar, peer, share, secret)))
            kit_equal("secret", kit_bytes(t, "shared"), tvt_span(secret, kit_kx_of(kit.now, row)->secret_len));
    } else if (kit_expected(t) == KIT_VALID)
        known_secret(row, scalar, peer, tvt_span(NULL, 0), kit_bytes(t, "shared"));
    else if (kit_expected(t) == KIT_INVALID || kit_flagged(t, "CompressedPoint"))
        kit_kind("a bad peer key", exchange(row, scalar, peer, share, secret), TVT_CRYPTO_PEER_KEY);
    else
        kit_skip("ECDH keys in odd ASN.1, which may be taken or refused (core/x509 parses them)");
}

static void
wycheproof_mlkem(const json_t *group, const json_t *t)
{
    (void)group;
    if (can_start_from(KIT_MLKEM768))
        decapsulate(t, "c", "K", kit_expected(t) == KIT_VALID);
}

static void
wycheproof_encaps(const json_t *group, const json_t *t)
{
    (void)group;
    if (can_start_from(KIT_MLKEM768))
        encapsulate(kit_bytes(t, "ek"), kit_bytes(t, "m"), kit_bytes(t, "c"), kit_bytes(t, "K"),
                    kit_expected(t) == KIT_VALID);
}

static void
wycheproof_expanded(const json_t *group, const json_t *t)
{
    (void)group;
    (void)t;
    kit_skip(EXPANDED);
}

static void
run_wycheproof_xdh(void)
{
    kit.row = KIT_X25519;
    kit_each_wycheproof("x25519_test.json", wycheproof_xdh);
    kit_each_wycheproof("x448_test.json", wycheproof_xdh);
}

static void
run_wycheproof_points(void)
{
    kit.row = KIT_SECP256R1;
    kit_each_wycheproof("ecdh_secp256r1_ecpoint_test.json", wycheproof_ecdh);
    kit_each_wycheproof("ecdh_secp384r1_ecpoint_test.json", wycheproof_ecdh);
    kit_each_wycheproof("ecdh_secp521r1_ecpoint_test.json", wycheproof_ecdh);
}

static void
run_wycheproof_spki(void)
{
    kit.row = KIT_SECP256R1;
    kit_each_wycheproof("ecdh_secp256r1_test.json", wycheproof_ecdh);
    kit_each_wycheproof("ecdh_secp384r1_test.json", wycheproof_ecdh);
    kit_each_wycheproof("ecdh_secp521r1_test.json", wycheproof_ecdh);
}

static void
run_wycheproof_mlkem(void)
{
    kit.row = KIT_MLKEM768;
    if (!kit_present(kit.now, KIT_MLKEM768)) {
        kit_skip("Wycheproof's ML-KEM-768 files: " ABSENT);
        return;
    }
    kit_each_wycheproof("mlkem_768_test.json", wycheproof_mlkem);
    kit_each_wycheproof("mlkem_768_keygen_seed_test.json", wycheproof_mlkem);
    kit_each_wycheproof("mlkem_768_encaps_test.json", wycheproof_encaps);
    kit_each_wycheproof("mlkem_768_semi_expanded_decaps_test.json", wycheproof_expanded);
}

const struct kit_case kit_wycheproof_kx[] = {{"X25519 and X448", run_wycheproof_xdh},
                                             {"ECDH, bare points", run_wycheproof_points},
                                             {"ECDH, SubjectPublicKeyInfo", run_wycheproof_spki},
                                             {"ML-KEM-768", run_wycheproof_mlkem},
                                             {NULL, NULL}};
