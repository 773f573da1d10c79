/* SPDX-License-Identifier: MIT
 *
 * What provider.h promises of verification, of key loading and of signers.
 */
#include "tests/kit/kit.h"

#include <stdio.h>
#include <string.h>

static const uint8_t message[] = "a message to sign, whole, not hashed before";
static uint8_t made[TVT_SIGNATURE_MAX];

struct one {
    enum kit_row row;
    uint8_t hash;
    const struct tvt_signature *sig;
    const struct tvt_private_key *key;
    struct tvt_signer *signer;
    size_t len; /* of `made` */
};

static int
verify(const struct one *o, const uint8_t *signature, size_t len)
{
    return o->sig->verify(o->sig, o->hash, &o->key->pub, message, sizeof message, signature, len);
}

static int
sign(const struct one *o, uint8_t *out, size_t *len)
{
    void *op = NULL;

    return o->signer->sign(o->signer, o->sig->family, o->hash, message, sizeof message, out, len, &op);
}

/* For each signature that the backend can make and check: a good one in `made`, then the test. */
static void
for_each_signature(void (*test)(struct one *o))
{
    for (int row = KIT_ECDSA_P256; row <= KIT_LAST_SIGNATURE; row++) {
        for (unsigned h = 0; kit_begin((enum kit_row)row) && h < KIT_ALL_HASHES((enum kit_row)row); h++) {
            struct one o = {(enum kit_row)row, kit_signature_hash((enum kit_row)row, h), NULL, NULL, NULL, sizeof made};
            const char *name = kit_test_key_name(o.row, 'a');

            o.sig = kit_signature_of(kit.now, o.row, o.hash);
            if (o.sig == NULL || !o.sig->can_sign || !o.sig->can_verify)
                continue;
            o.key = kit_test_key(name);
            o.signer = kit_signer(kit.now->provider, name);
            if (o.signer == NULL)
                continue;
            if (kit_ok("sign", sign(&o, made, &o.len)) && kit_ok("verify", verify(&o, made, o.len)))
                test(&o);
            o.signer->free(o.signer);
        }
    }
}

static void
changed_messages(struct one *o)
{
    uint8_t other[sizeof message];
    size_t none = sizeof made;
    void *op = NULL;

    for (size_t bit = 0; bit < 8 * sizeof message; bit += 31) {
        memcpy(other, message, sizeof other);
        other[bit / 8] = (uint8_t)(other[bit / 8] ^ (1u << bit % 8));
        kit_kind("another message", o->sig->verify(o->sig, o->hash, &o->key->pub, other, sizeof other, made, o->len),
                 TVT_CRYPTO_AUTH);
    }
    kit_kind("no message", o->sig->verify(o->sig, o->hash, &o->key->pub, NULL, 0, made, o->len), TVT_CRYPTO_AUTH);
    kit_ok("sign no message", o->signer->sign(o->signer, o->sig->family, o->hash, NULL, 0, made, &none, &op));
    kit_ok("verify no message", o->sig->verify(o->sig, o->hash, &o->key->pub, NULL, 0, made, none));
}

static void
changed_signatures(struct one *o)
{
    uint8_t other[TVT_SIGNATURE_MAX + 1];

    for (size_t bit = 0; bit<8 * o->len; bit += o->len> 128 ? 41 : 5) {
        memcpy(other, made, o->len);
        other[bit / 8] = (uint8_t)(other[bit / 8] ^ (1u << bit % 8));
        kit_kind("a signature with one bit changed", verify(o, other, o->len), TVT_CRYPTO_AUTH);
    }
}

static void
wrong_lengths(struct one *o)
{
    uint8_t other[TVT_SIGNATURE_MAX + 64];

    memset(other, 0, sizeof other);
    memcpy(other, made, o->len);
    kit_kind("an empty signature", verify(o, NULL, 0), TVT_CRYPTO_AUTH);
    for (size_t len = 0; len<o->len; len += o->len> 150 ? 17 : 1)
        kit_kind("a truncated signature", verify(o, other, len), TVT_CRYPTO_AUTH);
    kit_kind("one byte short", verify(o, other, o->len - 1), TVT_CRYPTO_AUTH);
    kit_kind("one byte too long", verify(o, other, o->len + 1), TVT_CRYPTO_AUTH);
    kit_kind("much too long", verify(o, other, o->len + 64), TVT_CRYPTO_AUTH);
    kit_kind("longer than the longest", verify(o, other, TVT_SIGNATURE_MAX + 1), TVT_CRYPTO_AUTH);
    memset(other, 0, sizeof other);
    kit_kind("all zeros", verify(o, other, o->len), TVT_CRYPTO_AUTH);
    memset(other, 0xff, sizeof other);
    kit_kind("all ones", verify(o, other, o->len), TVT_CRYPTO_AUTH);
}

static void
malformed_der(struct one *o)
{
    static const uint8_t zero[] = {0x30, 6, 2, 1, 0, 2, 1, 0}, r_zero[] = {0x30, 6, 2, 1, 0, 2, 1, 1},
                         one_one[] = {0x30, 6, 2, 1, 1, 2, 1, 1}, negative[] = {0x30, 6, 2, 1, 0xff, 2, 1, 1},
                         no_s[] = {0x30, 3, 2, 1, 1}, no_content[] = {0x30, 0}, octets[] = {4, 2, 1, 1},
                         indefinite[] = {0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0},
                         huge_len[] = {0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 1},
                         padded[] = {0x30, 8, 2, 2, 0, 1, 2, 2, 0, 1}, empty_int[] = {0x30, 4, 2, 0, 2, 0};
    const struct tvt_span bad[] = {{zero, sizeof zero},          {r_zero, sizeof r_zero},
                                   {one_one, sizeof one_one},    {negative, sizeof negative},
                                   {no_s, sizeof no_s},          {no_content, sizeof no_content},
                                   {octets, sizeof octets},      {indefinite, sizeof indefinite},
                                   {huge_len, sizeof huge_len},  {padded, sizeof padded},
                                   {empty_int, sizeof empty_int}};
    uint8_t other[TVT_SIGNATURE_MAX];

    if (o->sig->family != TVT_SIG_ECDSA)
        return;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        kit_kind("malformed DER", verify(o, bad[i].data, bad[i].len), TVT_CRYPTO_AUTH);
    memcpy(other, made, o->len); /* the same with a trailing NULL inside the sequence */
    other[o->len] = 5;
    other[o->len + 1] = 0;
    if (other[1] < 0x7e) {
        other[1] = (uint8_t)(other[1] + 2);
        kit_kind("a third element", verify(o, other, o->len + 2), TVT_CRYPTO_AUTH);
        other[1] = (uint8_t)(other[1] - 2);
    }
    other[0] = 0x31;
    kit_kind("SET instead of SEQUENCE", verify(o, other, o->len), TVT_CRYPTO_AUTH);
}

static void
wrong_keys(struct one *o)
{
    const struct tvt_private_key *b = kit_test_key(kit_test_key_name(o->row, 'b'));
    struct tvt_public_key bad;
    uint8_t point[2592];

    kit_kind("another key of the kind", o->sig->verify(o->sig, o->hash, &b->pub, message, sizeof message, made, o->len),
             TVT_CRYPTO_AUTH);
    for (int row = KIT_ECDSA_P256; row <= KIT_LAST_SIGNATURE; row++) {
        const struct tvt_private_key *k = kit_test_key(kit_test_key_name((enum kit_row)row, 'a'));

        if (k->pub.type == o->key->pub.type)
            continue;
        kit_refused("a key of another type",
                    o->sig->verify(o->sig, o->hash, &k->pub, message, sizeof message, made, o->len));
    }
    bad = o->key->pub;
    if (bad.n.len == 0) { /* off the curve; for EdDSA perhaps, for ML-DSA just another key */
        memcpy(point, bad.key.data, bad.key.len);
        point[bad.key.len - 3] = (uint8_t)(point[bad.key.len - 3] ^ 0x55);
        kit_public_raw(&bad, bad.type, tvt_span(point, bad.key.len));
        kit_refused("a changed public key",
                    o->sig->verify(o->sig, o->hash, &bad, message, sizeof message, made, o->len));
        kit_public_raw(&bad, bad.type, tvt_span(o->key->pub.key.data, o->key->pub.key.len - 1));
        kit_refused("a short public key", o->sig->verify(o->sig, o->hash, &bad, message, sizeof message, made, o->len));
    }
}

static void
wrong_hashes(struct one *o)
{
    if (o->hash == TVT_HASH_NONE)
        return;
    for (unsigned h = 0; h < 3; h++) {
        uint8_t hash = kit_signature_hash(o->row, h);

        if (hash != o->hash)
            kit_kind("another hash", o->sig->verify(o->sig, hash, &o->key->pub, message, sizeof message, made, o->len),
                     TVT_CRYPTO_AUTH);
    }
}

static void
the_signer(struct one *o)
{
    uint8_t out[TVT_SIGNATURE_MAX];
    size_t len;
    void *op = NULL;
    uint8_t other_family = o->sig->family == TVT_SIG_ECDSA ? TVT_SIG_RSA_PSS : TVT_SIG_ECDSA;

    kit_check(o->signer->key_type == o->key->pub.type, "key_type is %u", o->signer->key_type);
    kit_check(o->signer->signature_max > 0 && o->signer->signature_max <= TVT_SIGNATURE_MAX, "signature_max is %u",
              o->signer->signature_max);
    kit_equal("pub.key", o->key->pub.key, o->signer->pub.key);
    kit_check(o->signer->pub.key.data != o->key->pub.key.data, "the signer keeps the caller's span");
    for (int i = 0; i < 20; i++) {
        len = o->signer->signature_max;
        memset(out, 0x5a, sizeof out);
        kit_ok("sign into signature_max bytes", sign(o, out, &len));
        kit_check(len <= o->signer->signature_max, "%zu bytes", len);
        kit_check(o->signer->signature_max == sizeof out || out[o->signer->signature_max] == 0x5a,
                  "wrote behind the room");
        kit_ok("verify", verify(o, out, len));
    }
    for (size_t room = 0; room < 8; room++) {
        len = room;
        memset(out, 0x5a, sizeof out);
        kit_kind("no room", sign(o, out, &len), TVT_CRYPTO_NO_ROOM);
        kit_check(out[room] == 0x5a, "wrote behind the room");
    }
    len = sizeof out;
    kit_check(o->signer->sign(o->signer, other_family, TVT_HASH_SHA256, message, sizeof message, out, &len, &op) < 0,
              "signed with a family that is not the key's");
    len = sizeof out;
    kit_check(o->signer->sign(o->signer, o->sig->family, 99, message, sizeof message, out, &len, &op) < 0,
              "signed with a hash that does not exist");
}

/* RFC 4055 1.2: a key marked for PSS signs nothing else. */
static void
pss_key_signs_pss_only(struct one *o)
{
    uint8_t out[TVT_SIGNATURE_MAX];
    size_t len = sizeof out;
    void *op = NULL;

    if (o->row != KIT_RSA_PSS_PSS)
        return;
    kit_check(o->signer->sign(o->signer, TVT_SIG_RSA_PKCS1, o->hash, message, sizeof message, out, &len, &op) < 0,
              "an id-RSASSA-PSS key made a PKCS#1 v1.5 signature");
}

/* ---- load_key -------------------------------------------------------------------------------------------- */

static bool
can_sign_type(uint8_t type)
{
    const struct tvt_signature *const *list = kit.now->provider->signatures;

    for (; *list != NULL; list++) {
        if ((*list)->key_type == type && (*list)->can_sign)
            return true;
    }
    return false;
}

static int
load(const struct tvt_private_key *key)
{
    struct tvt_signer *signer = NULL;
    int result = kit.now->provider->load_key(kit.now->provider, key, &signer);

    if (result == TVT_CRYPTO_OK && kit_check(signer != NULL, "OK, and no signer"))
        signer->free(signer);
    return result;
}

static void
mismatched_halves(void)
{
    for (int row = KIT_ECDSA_P256; row <= KIT_LAST_SIGNATURE; row++) {
        const struct tvt_private_key *a = kit_test_key(kit_test_key_name((enum kit_row)row, 'a'));
        const struct tvt_private_key *b = kit_test_key(kit_test_key_name((enum kit_row)row, 'b'));
        struct tvt_private_key key = *a;

        if (!kit_begin((enum kit_row)row))
            continue;
        key.pub = b->pub;
        kit_kind("the public half of another key", load(&key), TVT_CRYPTO_KEY);
        key.pkcs8 = tvt_span(NULL, 0);
        kit_kind("the public half of another key, without PKCS#8", load(&key), TVT_CRYPTO_KEY);
    }
}

static void
without_public_half(void)
{
    for (int row = KIT_ECDSA_P256; row <= KIT_ED448; row++) {
        const struct tvt_private_key *a = kit_test_key(kit_test_key_name((enum kit_row)row, 'a'));
        struct tvt_private_key key;
        struct tvt_signer *signer = NULL;

        if (!kit_begin((enum kit_row)row))
            continue;
        memset(&key, 0, sizeof key);
        key.pub.type = a->pub.type;
        key.scalar = a->scalar;
        if (!kit_ok("load_key without a public half", kit.now->provider->load_key(kit.now->provider, &key, &signer)))
            continue;
        kit_equal("derived public key", a->pub.key, signer->pub.key);
        signer->free(signer);
    }
}

/* Orders of the curves, SEC 2 2.4.2, 2.5.1, 2.6.1: scalars of 1 .. n - 1 are keys, n is not. */
static const uint8_t order_p256[] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                     0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

static void
garbage_scalars(void)
{
    uint8_t scalar[80];

    for (int row = KIT_ECDSA_P256; row <= KIT_ED448; row++) {
        const struct tvt_private_key *a = kit_test_key(kit_test_key_name((enum kit_row)row, 'a'));
        struct tvt_private_key key;
        size_t len = a->scalar.len;

        if (!kit_begin((enum kit_row)row))
            continue;
        memset(&key, 0, sizeof key);
        key.pub.type = a->pub.type;
        kit_kind("no scalar", load(&key), TVT_CRYPTO_KEY);
        memset(scalar, 0xff, sizeof scalar);
        key.scalar = tvt_span(scalar, len + 1);
        kit_kind("a scalar one byte too long", load(&key), TVT_CRYPTO_KEY);
        if (row >= KIT_ED25519) {
            key.scalar = tvt_span(scalar, len - 1);
            kit_kind("a seed one byte short", load(&key), TVT_CRYPTO_KEY);
            continue;
        }
        key.scalar = tvt_span(scalar, len);
        kit_kind("a scalar beyond the order", load(&key), TVT_CRYPTO_KEY);
        memset(scalar, 0, sizeof scalar);
        kit_kind("a scalar of zero", load(&key), TVT_CRYPTO_KEY);
        if (row == KIT_ECDSA_P256) {
            key.scalar = tvt_span(order_p256, sizeof order_p256);
            kit_kind("the order itself", load(&key), TVT_CRYPTO_KEY);
        }
    }
}

static void
garbage_rsa(void)
{
    static uint8_t der[4096];

    for (int row = KIT_RSA_PKCS1; row <= KIT_RSA_PSS_PSS; row++) {
        const struct tvt_private_key *a = kit_test_key(kit_test_key_name((enum kit_row)row, 'a'));
        struct tvt_private_key key = *a;

        if (!kit_begin((enum kit_row)row) || !kit_check(a->rsa.len <= sizeof der, "test key too long"))
            continue;
        key.pkcs8 = tvt_span(NULL, 0);
        key.rsa = tvt_span(NULL, 0);
        kit_kind("no RSAPrivateKey", load(&key), TVT_CRYPTO_KEY);
        memset(der, 0x5a, sizeof der);
        key.rsa = tvt_span(der, 600);
        kit_kind("not DER", load(&key), TVT_CRYPTO_KEY);
        memcpy(der, a->rsa.data, a->rsa.len);
        for (size_t len = 0; len < a->rsa.len; len += 97) {
            key.rsa = tvt_span(der, len);
            kit_kind("a truncated RSAPrivateKey", load(&key), TVT_CRYPTO_KEY);
        }
        key.rsa = tvt_span(der, a->rsa.len);
        kit_ok("the true one", load(&key));
    }
}

/* RFC 9881 6: the seed, the expanded key, or both; that both belong together is for the provider to find. */
static void
mldsa_forms(void)
{
    for (int row = KIT_MLDSA44; row <= KIT_MLDSA87; row++) {
        const struct tvt_private_key *a = kit_test_key(kit_test_key_name((enum kit_row)row, 'a'));
        const struct tvt_private_key *b = kit_test_key(kit_test_key_name((enum kit_row)row, 'b'));
        const struct tvt_span none = {NULL, 0}, short_seed = {a->scalar.data, a->scalar.len - 1},
                              short_key = {a->expanded.data, a->expanded.len - 1};
        const struct {
            const char *what;
            struct tvt_span seed, expanded;
            bool good;
        } forms[] = {{"the seed", a->scalar, none, true},
                     {"the expanded key", none, a->expanded, true},
                     {"both", a->scalar, a->expanded, true},
                     {"neither", none, none, false},
                     {"both, of two keys", b->scalar, a->expanded, false},
                     {"a seed one byte short", short_seed, none, false},
                     {"an expanded key one byte short", none, short_key, false}};

        for (size_t i = 0; kit_begin((enum kit_row)row) && i < sizeof forms / sizeof forms[0]; i++) {
            struct tvt_private_key key = {.pub.type = a->pub.type};
            struct tvt_signer *signer = NULL;
            int result;

            key.scalar = forms[i].seed;
            key.expanded = forms[i].expanded;
            result = kit.now->provider->load_key(kit.now->provider, &key, &signer);
            if (!forms[i].good)
                kit_kind(forms[i].what, result, TVT_CRYPTO_KEY);
            else if (kit_ok(forms[i].what, result)) {
                kit_equal("derived public key", a->pub.key, signer->pub.key);
                signer->free(signer);
            }
        }
    }
}

static void
other_types(void)
{
    for (int row = KIT_ECDSA_P256; row <= KIT_LAST_SIGNATURE; row++) {
        const struct tvt_private_key *a = kit_test_key(kit_test_key_name((enum kit_row)row, 'a'));
        bool can = can_sign_type(a->pub.type);

        kit.row = (enum kit_row)row;
        if (can)
            kit_ok("load_key", load(a));
        else
            kit_kind("a key type that the backend does not sign with", load(a), TVT_CRYPTO_UNSUPPORTED);
    }
}

/* RSA of other sizes: 3072 and 4096 bits sign and verify. */
static void
larger_rsa(void)
{
    static const char *const names[] = {"rsa-3072-a", "rsa-4096-a"};

    for (int row = KIT_RSA_PKCS1; row <= KIT_RSA_PSS; row++) {
        for (size_t i = 0; kit_begin((enum kit_row)row) && i < 2; i++) {
            struct one o = {(enum kit_row)row,
                            TVT_HASH_SHA512,
                            kit_signature_of(kit.now, kit.row, TVT_HASH_SHA512),
                            kit_test_key(names[i]),
                            kit_signer(kit.now->provider, names[i]),
                            sizeof made};

            if (o.sig == NULL || o.signer == NULL)
                continue;
            if (kit_ok(names[i], sign(&o, made, &o.len)))
                kit_ok(names[i], verify(&o, made, o.len));
            o.signer->free(o.signer);
        }
    }
}

#define CASE(function)                                                                                                 \
    static void test_##function(void)                                                                                  \
    {                                                                                                                  \
        for_each_signature(function);                                                                                  \
    }
CASE(changed_messages)
CASE(changed_signatures)
CASE(wrong_lengths)
CASE(malformed_der)
CASE(wrong_keys)
CASE(wrong_hashes)
CASE(the_signer)
CASE(pss_key_signs_pss_only)

const struct kit_case kit_contract_signature[] = {{"a changed message", test_changed_messages},
                                                  {"a changed signature", test_changed_signatures},
                                                  {"empty, short and long signatures", test_wrong_lengths},
                                                  {"malformed DER", test_malformed_der},
                                                  {"keys of another kind, off-curve keys", test_wrong_keys},
                                                  {"another hash", test_wrong_hashes},
                                                  {"the signer: room, public key, refusals", test_the_signer},
                                                  {"a PSS key signs PSS only", test_pss_key_signs_pss_only},
                                                  {"RSA of 3072 and 4096 bits", larger_rsa},
                                                  {"load_key: the public half of another key", mismatched_halves},
                                                  {"load_key: no public half", without_public_half},
                                                  {"load_key: bad scalars and seeds", garbage_scalars},
                                                  {"load_key: bad RSA keys", garbage_rsa},
                                                  {"load_key: forms of ML-DSA keys", mldsa_forms},
                                                  {"load_key: types that the backend lacks", other_types},
                                                  {NULL, NULL}};
