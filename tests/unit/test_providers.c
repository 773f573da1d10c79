/* SPDX-License-Identifier: MIT
 *
 * Key exchange groups, and the providers that choose and wrap others: opening by name, overlay, meter, the contract.
 */
#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/base/wire.h"
#include "core/crypto/group.h"
#include "core/crypto/kdf.h"
#include "core/crypto/provider.h"
#include "tests/unit/crypto_fakes.h"

#include <trivet/error.h>

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_providers(void);

#define SHARE_MAX 2048u

static struct tvt_provider *
opened(const char *names)
{
    struct tvt_provider *provider = NULL;
    struct tvt_error error;

    tvt_error_clear(&error);
    CU_ASSERT_EQUAL_FATAL(tvt_provider_open(&provider, names, &error), TVT_OK);
    return provider;
}

/* Runs `check` with every backend built in: alone, under a meter, and over the fake that has a KEM. */
static void
with_each(void (*check)(struct tvt_provider *))
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);

    CU_ASSERT_TRUE(num > 0);
    for (size_t i = 0; i < num; i++) {
        struct tvt_provider *provider = opened(names[i]), *metered, *layers[2] = {provider, &tvt_fake_provider};
        check(provider);
        CU_ASSERT_EQUAL_FATAL(tvt_overlay_new(&provider, layers, 2, NULL), TVT_OK);
        check(provider);
        CU_ASSERT_EQUAL_FATAL(tvt_meter_new(&metered, provider, NULL), TVT_OK);
        check(metered);
        int frees = tvt_fake_provider_frees;
        tvt_provider_free(metered);
        CU_ASSERT_EQUAL(tvt_fake_provider_frees, frees + 1); /* what is wrapped goes with its wrapper */
    }
}

/* ---- groups ----------------------------------------------------------------------------------------------- */

struct exchange {
    struct tvt_group group;
    struct tvt_group_state state;
    uint8_t share[SHARE_MAX], answer[SHARE_MAX], ours[TVT_GROUP_SECRET_MAX], theirs[TVT_GROUP_SECRET_MAX];
};
static struct exchange x;

static bool
starts_and_responds(const struct tvt_provider *provider, uint16_t id)
{
    if (!tvt_group_find(&x.group, provider, id))
        return false;
    return tvt_group_start(&x.state, &x.group, x.share) == TVT_CRYPTO_OK &&
           tvt_group_respond(&x.group, tvt_span(x.share, x.group.initiator_len), x.answer, x.theirs) == TVT_CRYPTO_OK;
}

static void
check_round_trips(struct tvt_provider *provider)
{
    uint16_t ids[16];
    size_t num = tvt_group_list(provider, ids, 16);

    CU_ASSERT_TRUE(num > 0);
    for (size_t i = 0; i < num; i++) {
        CU_ASSERT_TRUE(starts_and_responds(provider, ids[i]));
        CU_ASSERT_TRUE(x.group.initiator_len <= TVT_KX_SHARE_MAX && x.group.secret_len <= TVT_GROUP_SECRET_MAX);
        struct tvt_span answer = tvt_span(x.answer, x.group.responder_len);
        CU_ASSERT_EQUAL(tvt_group_finish(&x.state, answer, x.ours), TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(memcmp(x.ours, x.theirs, x.group.secret_len), 0);
        CU_ASSERT_FALSE(tvt_is_zero_secret(x.ours, x.group.secret_len));
        CU_ASSERT_NOT_EQUAL(tvt_group_finish(&x.state, answer, x.ours), TVT_CRYPTO_OK); /* once only */
        CU_ASSERT_TRUE(tvt_is_zero_secret(x.ours, x.group.secret_len));
        tvt_group_discard(&x.state);
        tvt_group_discard(&x.state);
    }
    memset(&x.state, 0, sizeof(x.state));
    tvt_group_discard(&x.state);
    CU_ASSERT_FALSE(tvt_group_find(&x.group, provider, 0x0100)); /* ffdhe2048 */
}

static void
groups_round_trip(void)
{
    with_each(check_round_trips);
}

#define IS_PEER_KEY(result) CU_ASSERT_EQUAL(tvt_crypto_kind(result), TVT_CRYPTO_PEER_KEY)

static void
check_refuses(struct tvt_provider *provider)
{
    uint16_t ids[16];
    size_t num = tvt_group_list(provider, ids, 16);

    for (size_t i = 0; i < num; i++) {
        CU_ASSERT_TRUE(starts_and_responds(provider, ids[i]));
        struct tvt_span share = tvt_span(x.share, x.group.initiator_len);
        for (int by = -1; by <= 1; by += 2) {
            struct tvt_span wrong = tvt_span(x.share, by < 0 ? share.len - 1 : share.len + 1);
            IS_PEER_KEY(tvt_group_respond(&x.group, wrong, x.answer, x.theirs));
        }
        struct tvt_span answer = tvt_span(x.answer, x.group.responder_len - 1);
        IS_PEER_KEY(tvt_group_finish(&x.state, answer, x.ours));
        if (x.share[0] == 4 && x.group.part[1] == NULL && (ids[i] >= 0x17 && ids[i] <= 0x19)) {
            for (unsigned form = 0; form < 8; form++) { /* infinity, compressed and hybrid points */
                x.share[0] = (uint8_t)form;
                if (form != 4)
                    IS_PEER_KEY(tvt_group_respond(&x.group, share, x.answer, x.theirs));
            }
            x.share[0] = 4;
            x.share[share.len - 1] ^= 1; /* off the curve */
            IS_PEER_KEY(tvt_group_respond(&x.group, share, x.answer, x.theirs));
        } else if (ids[i] == TVT_GROUP_X25519 || ids[i] == TVT_GROUP_X448) {
            for (uint8_t u = 0; u <= 1; u++) { /* points of low order: RFC 7748 6 */
                memset(x.share, 0, share.len);
                x.share[0] = u;
                IS_PEER_KEY(tvt_group_respond(&x.group, share, x.answer, x.theirs));
                CU_ASSERT_TRUE(tvt_is_zero_secret(x.theirs, x.group.secret_len));
                CU_ASSERT_EQUAL(tvt_group_start(&x.state, &x.group, x.answer), TVT_CRYPTO_OK);
                IS_PEER_KEY(tvt_group_finish(&x.state, share, x.ours));
                CU_ASSERT_TRUE(tvt_is_zero_secret(x.ours, x.group.secret_len));
            }
        }
    }
}

static void
groups_refuse_bad_shares(void)
{
    with_each(check_refuses);
}

/* Shares and secrets of a hybrid, taken apart by hand at the lengths of draft-ietf-tls-ecdhe-mlkem 4. */
static void
check_hybrid(struct tvt_provider *provider, uint16_t id, uint16_t first, uint16_t second, size_t cut, size_t answer_cut)
{
    const struct tvt_kx *a = tvt_provider_kx(provider, first), *b = tvt_provider_kx(provider, second);

    CU_ASSERT_EQUAL(tvt_group_find(&x.group, provider, id), a != NULL && b != NULL);
    if (a == NULL || b == NULL)
        return;
    CU_ASSERT_EQUAL(x.group.initiator_len, id == TVT_GROUP_X25519MLKEM768 ? 1216 : 1249);
    CU_ASSERT_EQUAL(x.group.responder_len, id == TVT_GROUP_X25519MLKEM768 ? 1120 : 1153);
    CU_ASSERT_EQUAL(x.group.secret_len, 64);
    CU_ASSERT_EQUAL(tvt_group_start(&x.state, &x.group, x.share), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(a->respond(a, x.share, x.answer, x.theirs), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(b->respond(b, x.share + cut, x.answer + answer_cut, x.theirs + 32), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_group_finish(&x.state, tvt_span(x.answer, x.group.responder_len), x.ours), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(memcmp(x.ours, x.theirs, 64), 0);
    size_t point = first == TVT_GROUP_SECP256R1 ? 0 : SIZE_MAX;
    if (point == 0) {
        CU_ASSERT_EQUAL(tvt_group_start(&x.state, &x.group, x.share), TVT_CRYPTO_OK);
        x.share[point] = 2;
        IS_PEER_KEY(tvt_group_respond(&x.group, tvt_span(x.share, x.group.initiator_len), x.answer, x.theirs));
        tvt_group_discard(&x.state);
    }
}

static void
check_hybrids(struct tvt_provider *provider)
{
    check_hybrid(provider, TVT_GROUP_X25519MLKEM768, TVT_GROUP_MLKEM768, TVT_GROUP_X25519, 1184, 1088);
    check_hybrid(provider, TVT_GROUP_SECP256R1MLKEM768, TVT_GROUP_SECP256R1, TVT_GROUP_MLKEM768, 65, 65);
}

static void
hybrids_are_composed(void)
{
    with_each(check_hybrids);
}

static void
check_list(struct tvt_provider *provider)
{
    uint16_t ids[16], few[2];
    size_t num = tvt_group_list(provider, ids, 16);
    struct tvt_group group;

    CU_ASSERT_EQUAL(tvt_group_list(provider, few, 2), num < 2 ? num : 2);
    CU_ASSERT_EQUAL(ids[0] == TVT_GROUP_X25519MLKEM768, tvt_group_find(&group, provider, TVT_GROUP_X25519MLKEM768));
    for (size_t i = 0; i < num; i++) {
        CU_ASSERT_TRUE(tvt_group_find(&group, provider, ids[i]));
        for (size_t j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(ids[i], ids[j]);
        if (ids[i] == TVT_GROUP_SECP256R1 && tvt_group_find(&group, provider, TVT_GROUP_SECP256R1MLKEM768))
            CU_ASSERT_TRUE(i > 0 && ids[i - 1] == TVT_GROUP_SECP256R1MLKEM768);
    }
}

static void
groups_are_listed(void)
{
    with_each(check_list);
}

/* ---- opening and overlay ---------------------------------------------------------------------------------- */

static void
refuses_names(const char *names, enum tvt_error_code code, const char *in_detail)
{
    struct tvt_provider *provider = (struct tvt_provider *)&x;
    struct tvt_error error;

    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_provider_open(&provider, names, &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, code);
    CU_ASSERT_PTR_NULL(provider);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.detail, in_detail));
}

static void
opens_by_name(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    char many[256], joined[512];

    CU_ASSERT_TRUE_FATAL(num > 0);
    struct tvt_provider *provider = opened(NULL);
    CU_ASSERT_STRING_EQUAL(provider->name, names[0]);
    tvt_provider_free(provider);
    tvt_provider_free(NULL);
    refuses_names("no-such", TVT_E_UNKNOWN_BACKEND, "\"no-such\"; built in: ");
    refuses_names("no-such", TVT_E_UNKNOWN_BACKEND, names[num - 1]);
    refuses_names("", TVT_E_UNKNOWN_BACKEND, "\"\"");
    refuses_names("a\nb", TVT_E_UNKNOWN_BACKEND, "a\\x0ab");
    (void)snprintf(joined, sizeof(joined), "%s+", names[0]);
    refuses_names(joined, TVT_E_UNKNOWN_BACKEND, "\"\"");
    (void)snprintf(joined, sizeof(joined), "%s+no-such", names[0]);
    refuses_names(joined, TVT_E_UNKNOWN_BACKEND, "no-such");
    (void)snprintf(many, sizeof(many), "%s+%s+%s+%s", names[0], names[0], names[0], names[0]);
    provider = opened(many);
    CU_ASSERT_STRING_EQUAL(provider->name, many);
    tvt_provider_free(provider);
    (void)snprintf(joined, sizeof(joined), "%s+%s", many, names[0]);
    refuses_names(joined, TVT_E_BAD_ARGUMENT, "");
}

static void
check_overlay_pair(const char *first, const char *second)
{
    struct tvt_provider *a = opened(first), *b = opened(second), *o, *list[2] = {a, b};
    const struct tvt_scheme *schemes;
    const struct tvt_suite *suites;
    uint8_t bytes[2][32] = {{0}, {0}};

    CU_ASSERT_EQUAL_FATAL(tvt_overlay_new(&o, list, 2, NULL), TVT_OK);
    CU_ASSERT_EQUAL(strncmp(o->name, first, strlen(first)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(o->licence, b->licence));
    for (unsigned id = 1; id < 8; id++) {
        const struct tvt_hash *h = tvt_provider_hash(a, (uint8_t)id);
        CU_ASSERT_PTR_EQUAL(tvt_provider_hash(o, (uint8_t)id), h != NULL ? h : tvt_provider_hash(b, (uint8_t)id));
    }
    size_t num = tvt_suite_table(&suites);
    for (size_t i = 0; i < num; i++) {
        const struct tvt_aead *f = tvt_provider_aead(a, suites[i].aead);
        CU_ASSERT_PTR_EQUAL(tvt_provider_aead(o, suites[i].aead), f != NULL ? f : tvt_provider_aead(b, suites[i].aead));
    }
    for (unsigned id = 0; id < 0x0400; id++) {
        const struct tvt_kx *k = tvt_provider_kx(a, (uint16_t)id);
        CU_ASSERT_PTR_EQUAL(tvt_provider_kx(o, (uint16_t)id), k != NULL ? k : tvt_provider_kx(b, (uint16_t)id));
    }
    num = tvt_scheme_table(&schemes);
    for (size_t i = 0; i < num; i++) {
        const struct tvt_scheme *s = &schemes[i];
        const struct tvt_signature *f = tvt_provider_signature(a, s->family, s->key_type, s->hash);
        if (f == NULL || !f->can_verify)
            f = tvt_provider_signature(b, s->family, s->key_type, s->hash) != NULL
                    ? tvt_provider_signature(b, s->family, s->key_type, s->hash)
                    : f;
        CU_ASSERT_PTR_EQUAL(tvt_provider_signature(o, s->family, s->key_type, s->hash), f);
    }
    if (strcmp(first, second) == 0) { /* nothing is listed twice */
        size_t whole, single;
        TVT_LIST_COUNT(o->signatures, whole);
        TVT_LIST_COUNT(a->signatures, single);
        CU_ASSERT_EQUAL(whole, single);
    }
    CU_ASSERT_EQUAL(o->random(o, bytes[0], 32), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(o->random(o, bytes[1], 32), TVT_CRYPTO_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(bytes[0], bytes[1], 32), 0);
    tvt_provider_free(o);
}

static void
overlay_first_wins(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    struct tvt_provider *o, *list[5] = {&tvt_fake_provider, NULL, NULL, NULL, NULL};

    CU_ASSERT_TRUE(num > 0);
    for (size_t i = 0; i < num; i++)
        for (size_t j = 0; j < num; j++)
            check_overlay_pair(names[i], names[j]);
    CU_ASSERT_EQUAL(tvt_overlay_new(&o, list, 0, NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_overlay_new(&o, list, 5, NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_overlay_new(&o, list, 2, NULL), TVT_FAIL); /* a NULL among them */
}

/* ---- the contract ----------------------------------------------------------------------------------------- */

static void
refuses_provider(const struct tvt_provider *provider, const char *member)
{
    struct tvt_error error;

    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_provider_check(provider, &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_BAD_PROVIDER);
    CU_ASSERT_STRING_EQUAL(error.field, member);
}

static void
checks_the_contract(void)
{
    struct tvt_provider p = tvt_fake_provider;
    struct tvt_hash hash = tvt_fake_hash;
    struct tvt_kx kx = *tvt_provider_kx(&tvt_fake_provider, TVT_GROUP_MLKEM768);
    const struct tvt_hash *hashes[] = {&hash, NULL};
    const struct tvt_kx *groups[] = {&kx, NULL};

    CU_ASSERT_EQUAL(tvt_provider_check(&p, NULL), TVT_OK);
    p.abi++;
    refuses_provider(&p, "abi");
    p = tvt_fake_provider;
    p.struct_size--;
    refuses_provider(&p, "struct_size");
    p = tvt_fake_provider;
    p.groups = NULL;
    refuses_provider(&p, "groups");
    p = tvt_fake_provider;
    p.hashes = hashes;
    hash.out_len = 31;
    refuses_provider(&p, "out_len");
    hash = tvt_fake_hash;
    hash.ctx_size = TVT_HASH_CTX_MAX + 1;
    refuses_provider(&p, "ctx_size");
    hash = tvt_fake_hash;
    hash.copy = NULL;
    refuses_provider(&p, "copy");
    hash = tvt_fake_hash;
    p.groups = groups;
    kx.state_size = TVT_KX_STATE_MAX + 1;
    refuses_provider(&p, "state_size");
    kx.state_size = 1;
    kx.responder_len = 1087;
    refuses_provider(&p, "responder_len");
    kx.responder_len = 1088;
    CU_ASSERT_EQUAL(tvt_provider_check(&p, NULL), TVT_OK);
    hash.ctx_size = TVT_HASH_CTX_MAX - TVT_ALIGN + 1; /* right, but a meter has no room for its slot */
    struct tvt_provider *metered;
    CU_ASSERT_EQUAL(tvt_meter_new(&metered, &p, NULL), TVT_FAIL);
}

/* ---- meter ------------------------------------------------------------------------------------------------ */

static struct tvt_provider *meter;

static void
counts_are(enum tvt_meter_op op, uint64_t expected)
{
    CU_ASSERT_EQUAL(tvt_meter_count(meter, op), expected);
}

static void
meter_counts_derivation(void)
{
    struct tvt_kdf kdf;
    uint8_t out[32];

    CU_ASSERT_EQUAL_FATAL(tvt_kdf_init(&kdf, tvt_provider_hash(meter, TVT_HASH_SHA256)), TVT_CRYPTO_OK);
    tvt_kdf_key(&kdf, (const uint8_t *)"k", 1);
    counts_are(TVT_METER_HASH_FINAL, 0);
    CU_ASSERT_EQUAL(tvt_kdf_expand_label(&kdf, "key", tvt_span(NULL, 0), out, 32), TVT_CRYPTO_OK);
    tvt_kdf_free(&kdf);
    counts_are(TVT_METER_HASH_FINAL, 2); /* inner and outer hash of one HMAC, both copied, nothing hashed twice */
    counts_are(TVT_METER_HASH_COPY, 2);
}

static void
meter_counts_aead(void)
{
    _Alignas(TVT_ALIGN) uint8_t ctx[TVT_AEAD_CTX_MAX];
    const struct tvt_aead *aead = tvt_provider_aead(meter, TVT_AEAD_CHACHA20_POLY1305);
    static const uint8_t key[32] = {1}, nonce[12] = {2};
    uint8_t sealed[64], opened_text[64];
    struct tvt_span text = tvt_span_string("some text");

    CU_ASSERT_PTR_NOT_NULL_FATAL(aead); /* all three libraries have it */
    CU_ASSERT_TRUE(aead->ctx_size <= sizeof(ctx));
    CU_ASSERT_EQUAL_FATAL(aead->setup(aead, ctx, TVT_SEAL, key), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(aead->rekey(ctx, key), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(aead->seal(ctx, sealed, &text, 1, nonce, NULL, 0), TVT_CRYPTO_OK);
    aead->teardown(ctx);
    CU_ASSERT_EQUAL_FATAL(aead->setup(aead, ctx, TVT_OPEN, key), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(aead->open(ctx, opened_text, sealed, text.len + 16, nonce, NULL, 0), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(memcmp(opened_text, text.data, text.len), 0);
    sealed[0] ^= 1;
    CU_ASSERT_EQUAL(tvt_crypto_kind(aead->open(ctx, opened_text, sealed, text.len + 16, nonce, NULL, 0)),
                    TVT_CRYPTO_AUTH);
    aead->teardown(ctx);
    counts_are(TVT_METER_AEAD_SETUP, 2);
    counts_are(TVT_METER_AEAD_REKEY, 1);
    counts_are(TVT_METER_SEAL, 1);
    counts_are(TVT_METER_OPEN, 2);
}

static void
meter_counts_signing(void)
{
    static const uint8_t seed[32] = {7};
    struct tvt_private_key key = {.pub = {.type = TVT_KEY_ED25519}, .scalar = {seed, sizeof(seed)}};
    const struct tvt_signature *ed25519 = tvt_provider_signature(meter, TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE);
    struct tvt_signer *signer = NULL;
    uint8_t signature[64], bytes[8];
    size_t len = sizeof(signature);
    void *op = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(ed25519); /* all three libraries have it */
    CU_ASSERT_EQUAL_FATAL(meter->load_key(meter, &key, &signer), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(signer->key_type, TVT_KEY_ED25519);
    CU_ASSERT_EQUAL(signer->sign(signer, TVT_SIG_EDDSA, TVT_HASH_NONE, seed, 5, signature, &len, &op), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(len, 64);
    CU_ASSERT_EQUAL(ed25519->verify(ed25519, TVT_HASH_NONE, &signer->pub, seed, 5, signature, len), TVT_CRYPTO_OK);
    signature[40] ^= 1;
    CU_ASSERT_EQUAL(tvt_crypto_kind(ed25519->verify(ed25519, TVT_HASH_NONE, &signer->pub, seed, 5, signature, len)),
                    TVT_CRYPTO_AUTH);
    CU_ASSERT_EQUAL(meter->random(meter, bytes, sizeof(bytes)), TVT_CRYPTO_OK);
    signer->free(signer);
    counts_are(TVT_METER_SIGN, 1);
    counts_are(TVT_METER_VERIFY, 2);
    counts_are(TVT_METER_RANDOM, 1);
}

static void
meter_counts(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);

    CU_ASSERT_TRUE(num > 0);
    for (size_t i = 0; i < num; i++) {
        struct tvt_provider *inner = opened(names[i]);
        CU_ASSERT_EQUAL_FATAL(tvt_meter_new(&meter, inner, NULL), TVT_OK);
        CU_ASSERT_STRING_EQUAL(meter->name, names[i]);
        for (int op = 0; op < TVT_METER_NUM_OPS; op++)
            counts_are((enum tvt_meter_op)op, 0);
        meter_counts_derivation();
        meter_counts_aead();
        CU_ASSERT_TRUE(starts_and_responds(meter, TVT_GROUP_X25519));
        CU_ASSERT_EQUAL(tvt_group_finish(&x.state, tvt_span(x.answer, 32), x.ours), TVT_CRYPTO_OK);
        counts_are(TVT_METER_KX_START, 1);
        counts_are(TVT_METER_KX_RESPOND, 1);
        counts_are(TVT_METER_KX_FINISH, 1);
        meter_counts_signing();
        tvt_meter_reset(meter);
        for (int op = 0; op < TVT_METER_NUM_OPS; op++)
            counts_are((enum tvt_meter_op)op, 0);
        CU_ASSERT_EQUAL(tvt_meter_count(inner, TVT_METER_RANDOM), 0); /* not a meter */
        tvt_provider_free(meter);
    }
    CU_ASSERT_STRING_EQUAL(tvt_meter_op_name(TVT_METER_SEAL), "seal");
    CU_ASSERT_STRING_EQUAL(tvt_meter_op_name(TVT_METER_NUM_OPS), "unknown");
}

int
tvt_register_providers(void)
{
    static CU_TestInfo groups[] = {{"round trips", groups_round_trip},
                                   {"bad shares are refused", groups_refuse_bad_shares},
                                   {"hybrids are composed", hybrids_are_composed},
                                   {"groups are listed", groups_are_listed},
                                   CU_TEST_INFO_NULL};
    static CU_TestInfo providers[] = {{"opens by name", opens_by_name},
                                      {"overlay: the first wins", overlay_first_wins},
                                      {"checks the contract", checks_the_contract},
                                      {"meter counts", meter_counts},
                                      CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{"crypto: groups", NULL, NULL, NULL, NULL, groups},
                                    {"crypto: providers", NULL, NULL, NULL, NULL, providers},
                                    CU_SUITE_INFO_NULL};

    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
