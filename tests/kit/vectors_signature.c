/* SPDX-License-Identifier: MIT
 *
 * Known answers of signatures: verification of good and bad ones, and signing where it is deterministic.
 */
#include "tests/kit/kit.h"

#include <stdio.h>
#include <string.h>

#define ABSENT       "the backend does not have the signature (declared absent)"
#define NOT_TLS_HASH "a signature with a hash that TLS does not use (SHA-1, SHA-224 ...)"

static const struct tvt_signature *
signature_for(enum kit_row row, uint8_t hash)
{
    const struct tvt_signature *sig = kit_begin(row) ? kit_signature_of(kit.now, row, hash) : NULL;

    if (sig == NULL)
        kit_skip(ABSENT);
    return sig;
}

static void
check_verify(const struct tvt_signature *sig, uint8_t hash, const struct tvt_public_key *key, struct tvt_span msg,
             struct tvt_span signature, enum kit_expect expect)
{
    int result = sig->verify(sig, hash, key, msg.data, msg.len, signature.data, signature.len);

    if (expect == KIT_VALID)
        kit_ok("verify", result);
    else if (expect == KIT_INVALID)
        kit_kind("verify of a bad signature", result, TVT_CRYPTO_AUTH);
    else
        kit_check(result == TVT_CRYPTO_OK || tvt_crypto_kind(result) == TVT_CRYPTO_AUTH, "expected OK or AUTH, got %s",
                  kit_result_text(result));
}

/* Signs with `key`; the result must verify, and be `expected` where that is given. */
static void
check_sign(const struct tvt_signature *sig, uint8_t hash, const struct tvt_private_key *key, struct tvt_span msg,
           struct tvt_span expected)
{
    struct tvt_signer *signer = NULL;
    uint8_t out[TVT_SIGNATURE_MAX];
    size_t len = sizeof out;
    void *op = NULL;
    int result = kit.now->provider->load_key(kit.now->provider, key, &signer);

    if (!kit_ok("load_key", result) || !kit_check(signer != NULL, "no signer"))
        return;
    kit_equal("the signer's public key", key->pub.key, signer->pub.key);
    result = signer->sign(signer, sig->family, hash, msg.data, msg.len, out, &len, &op);
    if (kit_ok("sign", result) &&
        kit_check(len <= signer->signature_max, "%zu bytes, signature_max is %u", len, signer->signature_max)) {
        if (expected.len > 0)
            kit_equal("signature", expected, tvt_span(out, len));
        check_verify(sig, hash, &key->pub, msg, tvt_span(out, len), KIT_VALID);
    }
    signer->free(signer);
}

/* ---- kat ------------------------------------------------------------------------------------------------- */

static void
eddsa(const json_t *group, const json_t *t)
{
    enum kit_row row = kit_row_named(kit_text(t, "alg"));
    const struct tvt_signature *sig = signature_for(row, TVT_HASH_NONE);
    struct tvt_private_key key;
    struct tvt_span msg = kit_bytes(t, "msg");

    (void)group;
    if (sig == NULL)
        return;
    memset(&key, 0, sizeof key);
    kit_public_raw(&key.pub, kit_algorithms[row].key_type, kit_bytes(t, "public"));
    key.scalar = kit_bytes(t, "private");
    check_verify(sig, TVT_HASH_NONE, &key.pub, msg, kit_bytes(t, "sig"), KIT_VALID);
    check_sign(sig, TVT_HASH_NONE, &key, msg, kit_bytes(t, "sig"));
}

/* Signing is randomised: what is made must verify, whichever form of the private key it was made with. */
static void
mldsa(const json_t *group, const json_t *t)
{
    enum kit_row row = kit_row_named(kit_text(t, "alg"));
    const struct tvt_signature *sig = signature_for(row, TVT_HASH_NONE);
    struct tvt_private_key key;
    struct tvt_span msg = kit_bytes(t, "msg");

    (void)group;
    if (sig == NULL)
        return;
    memset(&key, 0, sizeof key);
    kit_public_raw(&key.pub, kit_algorithms[row].key_type, kit_bytes(t, "public"));
    check_verify(sig, TVT_HASH_NONE, &key.pub, msg, kit_bytes(t, "sig"), kit_expected(t));
    key.scalar = kit_bytes(t, "seed");
    check_sign(sig, TVT_HASH_NONE, &key, msg, tvt_span(NULL, 0));
    if (kit_is_set(t, "expanded")) {
        key.scalar = tvt_span(NULL, 0);
        key.expanded = kit_bytes(t, "expanded");
        check_sign(sig, TVT_HASH_NONE, &key, msg, tvt_span(NULL, 0));
    }
}

static enum kit_row
row_of_curve(const char *curve)
{
    return strcmp(curve, "P-256") == 0 || strcmp(curve, "secp256r1") == 0   ? KIT_ECDSA_P256
           : strcmp(curve, "P-384") == 0 || strcmp(curve, "secp384r1") == 0 ? KIT_ECDSA_P384
                                                                            : KIT_ECDSA_P521;
}

static void
ecdsa(const json_t *group, const json_t *t)
{
    enum kit_row row = row_of_curve(kit_text(t, "curve"));
    uint8_t hash = kit_hash_named(kit_text(t, "hash"));
    const struct tvt_signature *sig = signature_for(row, hash);
    struct tvt_private_key key;
    struct tvt_span msg = kit_bytes(t, "msg");

    (void)group;
    if (sig == NULL)
        return;
    memset(&key, 0, sizeof key);
    kit_public_raw(&key.pub, kit_algorithms[row].key_type, kit_bytes(t, "public"));
    check_verify(sig, hash, &key.pub, msg, kit_bytes(t, "sig"), kit_expected(t));
    if (kit_is_set(t, "private")) { /* randomised: need not be the RFC's, must verify */
        key.scalar = kit_bytes_padded(t, "private", (kit_algorithms[row].bits + 7u) / 8u);
        check_sign(sig, hash, &key, msg, tvt_span(NULL, 0));
    }
}

static void
rsa(const json_t *group, const json_t *t)
{
    bool pss = strcmp(kit_text(t, "padding"), "PSS") == 0;
    bool tls = json_is_true(json_object_get(t, "tls"));
    uint8_t hash = kit_hash_named(kit_text(t, "hash"));
    struct tvt_public_key key;

    (void)group;
    for (int i = pss ? KIT_RSA_PSS : KIT_RSA_PKCS1; i <= (pss ? KIT_RSA_PSS_PSS : KIT_RSA_PKCS1); i++) {
        const struct tvt_signature *sig = signature_for((enum kit_row)i, hash);

        if (sig == NULL)
            continue;
        kit_public_rsa(&key, kit_algorithms[i].key_type, kit_bytes_stripped(t, "n"), kit_bytes_stripped(t, "e"));
        check_verify(sig, hash, &key, kit_bytes(t, "msg"), kit_bytes(t, "sig"), tls ? kit_expected(t) : KIT_INVALID);
    }
}

static void
run_eddsa(void)
{
    kit.row = KIT_ED25519;
    kit_each_kat("kat/eddsa.json", eddsa);
}

static void
run_ecdsa(void)
{
    kit.row = KIT_ECDSA_P256;
    kit_each_kat("kat/ecdsa.json", ecdsa);
}

static void
run_rsa(void)
{
    kit.row = KIT_RSA_PKCS1;
    kit_each_kat("kat/rsa.json", rsa);
}

static void
run_mldsa(void)
{
    kit.row = KIT_MLDSA44;
    kit_each_kat("kat/mldsa.json", mldsa);
}

const struct kit_case kit_vectors_signature[] = {{"eddsa.json", run_eddsa},
                                                 {"ecdsa.json", run_ecdsa},
                                                 {"rsa.json", run_rsa},
                                                 {"mldsa.json", run_mldsa},
                                                 {NULL, NULL}};

/* ---- Wycheproof ------------------------------------------------------------------------------------------ */

static void
wycheproof_ecdsa(const json_t *group, const json_t *t)
{
    const json_t *pub = json_object_get(group, "publicKey");
    enum kit_row row = row_of_curve(kit_text(pub, "curve"));
    uint8_t hash = kit_hash_named(kit_text(group, "sha"));
    const struct tvt_signature *sig = signature_for(row, hash);
    struct tvt_public_key key;

    if (sig == NULL)
        return;
    kit_public_raw(&key, kit_algorithms[row].key_type, kit_bytes(pub, "uncompressed"));
    check_verify(sig, hash, &key, kit_bytes(t, "msg"), kit_bytes(t, "sig"), kit_expected(t));
}

static void
wycheproof_eddsa(const json_t *group, const json_t *t)
{
    const json_t *pub = json_object_get(group, "publicKey");
    enum kit_row row = strcmp(kit_text(pub, "curve"), "edwards448") == 0 ? KIT_ED448 : KIT_ED25519;
    const struct tvt_signature *sig = signature_for(row, TVT_HASH_NONE);
    struct tvt_public_key key;

    if (sig == NULL)
        return;
    kit_public_raw(&key, kit_algorithms[row].key_type, kit_bytes(pub, "pk"));
    check_verify(sig, TVT_HASH_NONE, &key, kit_bytes(t, "msg"), kit_bytes(t, "sig"), kit_expected(t));
}

static void
group_rsa_key(struct tvt_public_key *out, uint8_t type, const json_t *group, const char *field)
{
    const json_t *pub = json_object_get(group, field);

    kit_public_rsa(out, type, kit_bytes_stripped(pub, "modulus"), kit_bytes_stripped(pub, "publicExponent"));
}

static void
wycheproof_pkcs1(const json_t *group, const json_t *t)
{
    uint8_t hash = kit_hash_named(kit_text(group, "sha"));
    const struct tvt_signature *sig = signature_for(KIT_RSA_PKCS1, hash);
    struct tvt_public_key key;

    if (sig == NULL)
        return;
    group_rsa_key(&key, TVT_KEY_RSA, group, "publicKey");
    check_verify(sig, hash, &key, kit_bytes(t, "msg"), kit_bytes(t, "sig"), kit_expected(t));
}

/* TLS fixes MGF1 with the same hash and a salt as long as the hash (RFC 9846 4.3.3): others must be refused. */
static bool
pss_of_tls(const json_t *group, uint8_t hash)
{
    const struct tvt_hash *h = tvt_provider_hash(kit.now->provider, hash);
    const char *mgf = kit_text(group, "mgfSha");

    return strcmp(kit_text(group, "mgf"), "MGF1") == 0 && strcmp(mgf, kit_text(group, "sha")) == 0 && h != NULL &&
           kit_int(group, "sLen") == h->out_len;
}

/* One "invalid" test of a file with empty salts has the salt of TLS: it is good here, and bad for the file's key. */
static bool
salt_of_tls_after_all(const json_t *group, const json_t *t, uint8_t hash)
{
    const struct tvt_hash *h = tvt_provider_hash(kit.now->provider, hash);
    char comment[32];

    (void)snprintf(comment, sizeof comment, "s_len changed to %d", h != NULL ? h->out_len : -1);
    return strcmp(kit_text(group, "mgfSha"), kit_text(group, "sha")) == 0 &&
           strcmp(kit_text(t, "comment"), comment) == 0;
}

static void
wycheproof_pss(const json_t *group, const json_t *t)
{
    bool parameters = strcmp(kit_text(group, "type"), "RsassaPssWithParametersVerify") == 0;
    enum kit_row row = parameters ? KIT_RSA_PSS_PSS : KIT_RSA_PSS;
    uint8_t hash = kit_hash_named(kit_text(group, "sha"));
    const struct tvt_signature *sig;
    struct tvt_public_key key;
    struct tvt_span msg = kit_bytes(t, "msg"), signature = kit_bytes(t, "sig");

    if (hash == TVT_HASH_NONE) {
        kit_skip(NOT_TLS_HASH);
        return;
    }
    sig = signature_for(row, hash);
    if (sig == NULL)
        return;
    group_rsa_key(&key, kit_algorithms[row].key_type, group, "publicKey");
    if (parameters)
        key.spki = kit_bytes(group, "publicKeyDer");
    if (pss_of_tls(group, hash))
        check_verify(sig, hash, &key, msg, signature, kit_expected(t));
    else if (salt_of_tls_after_all(group, t, hash))
        check_verify(sig, hash, &key, msg, signature, KIT_VALID);
    else
        kit_refused("PSS with parameters that TLS does not allow",
                    sig->verify(sig, hash, &key, msg.data, msg.len, signature.data, signature.len));
}

static void
wycheproof_sign(const json_t *group, const json_t *t)
{
    uint8_t hash = kit_hash_named(kit_text(group, "sha"));
    const struct tvt_signature *sig;
    struct tvt_private_key key;
    struct tvt_signer *signer = NULL;

    if (hash == TVT_HASH_NONE) {
        kit_skip(NOT_TLS_HASH);
        return;
    }
    sig = signature_for(KIT_RSA_PKCS1, hash);
    if (sig == NULL)
        return;
    memset(&key, 0, sizeof key);
    group_rsa_key(&key.pub, TVT_KEY_RSA, group, "privateKey");
    key.pkcs8 = kit_bytes(group, "privateKeyPkcs8");
    key.rsa = kit_pkcs8_rsa(key.pkcs8);
    if (kit_expected(t) == KIT_EITHER) { /* e = 3: a provider may refuse the key, in order */
        int result = kit.now->provider->load_key(kit.now->provider, &key, &signer);

        if (result != TVT_CRYPTO_OK) {
            kit_check(tvt_crypto_kind(result) == TVT_CRYPTO_KEY, "expected OK or KEY, got %s", kit_result_text(result));
            return;
        }
        signer->free(signer);
    }
    check_sign(sig, hash, &key, kit_bytes(t, "msg"), kit_bytes(t, "sig"));
}

static void
run_files(enum kit_row row, const char *const *files, kit_test *test)
{
    kit.row = row;
    for (; *files != NULL; files++)
        kit_each_wycheproof(*files, test);
}

static void
run_wycheproof_ecdsa(void)
{
    static const char *const files[] = {"ecdsa_secp256r1_sha256_test.json",
                                        "ecdsa_secp256r1_sha512_test.json",
                                        "ecdsa_secp384r1_sha256_test.json",
                                        "ecdsa_secp384r1_sha384_test.json",
                                        "ecdsa_secp384r1_sha512_test.json",
                                        "ecdsa_secp521r1_sha512_test.json",
                                        NULL};

    run_files(KIT_ECDSA_P256, files, wycheproof_ecdsa);
}

static void
run_wycheproof_eddsa(void)
{
    static const char *const files[] = {"ed25519_test.json", "ed448_test.json", NULL};

    run_files(KIT_ED25519, files, wycheproof_eddsa);
}

static void
run_wycheproof_pkcs1(void)
{
    static const char *const files[] = {"rsa_signature_2048_sha256_test.json", "rsa_signature_2048_sha384_test.json",
                                        "rsa_signature_2048_sha512_test.json", "rsa_signature_3072_sha256_test.json",
                                        "rsa_signature_3072_sha384_test.json", "rsa_signature_3072_sha512_test.json",
                                        "rsa_signature_4096_sha256_test.json", "rsa_signature_4096_sha384_test.json",
                                        "rsa_signature_4096_sha512_test.json", NULL};

    run_files(KIT_RSA_PKCS1, files, wycheproof_pkcs1);
}

static void
run_wycheproof_pss(void)
{
    static const char *const files[] = {"rsa_pss_2048_sha256_mgf1_0_test.json",
                                        "rsa_pss_2048_sha256_mgf1_32_test.json",
                                        "rsa_pss_2048_sha256_mgf1_32_params_test.json",
                                        "rsa_pss_2048_sha384_mgf1_48_test.json",
                                        "rsa_pss_3072_sha256_mgf1_32_test.json",
                                        "rsa_pss_3072_sha256_mgf1_32_params_test.json",
                                        "rsa_pss_4096_sha256_mgf1_32_test.json",
                                        "rsa_pss_4096_sha384_mgf1_48_test.json",
                                        "rsa_pss_4096_sha512_mgf1_32_test.json",
                                        "rsa_pss_4096_sha512_mgf1_64_test.json",
                                        "rsa_pss_4096_sha512_mgf1_64_params_test.json",
                                        "rsa_pss_misc_test.json",
                                        "rsa_pss_misc_params_test.json",
                                        NULL};

    run_files(KIT_RSA_PSS, files, wycheproof_pss);
}

static void
run_wycheproof_sign(void)
{
    static const char *const files[] = {"rsa_pkcs1_2048_sig_gen_test.json", "rsa_pkcs1_3072_sig_gen_test.json",
                                        "rsa_pkcs1_4096_sig_gen_test.json", NULL};

    run_files(KIT_RSA_PKCS1, files, wycheproof_sign);
}

const struct kit_case kit_wycheproof_signature[] = {{"ECDSA", run_wycheproof_ecdsa},
                                                    {"EdDSA", run_wycheproof_eddsa},
                                                    {"RSA PKCS#1, verification", run_wycheproof_pkcs1},
                                                    {"RSA PSS, verification", run_wycheproof_pss},
                                                    {"RSA PKCS#1, signing", run_wycheproof_sign},
                                                    {NULL, NULL}};
