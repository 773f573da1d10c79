/* SPDX-License-Identifier: MIT
 *
 * Path building: certificates and anchors of any number and kind, under a provider that takes most signatures, so that the
 * search goes deep. A path that is found holds what every path must.
 */
#include "core/x509/crl.h"
#include "core/x509/path.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate_der.h"
#include "tests/support/fixture.h"

/* Three of four are good, by the bytes of the signature and the key alone. */
static int
fake_verify(const struct tvt_signature *how, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
            size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    static const enum tvt_crypto_kind other[4] = {TVT_CRYPTO_AUTH, TVT_CRYPTO_KEY, TVT_CRYPTO_UNSUPPORTED,
                                                  TVT_CRYPTO_BACKEND};
    unsigned sum = (unsigned)msg_len + hash;
    (void)how, (void)msg;
    if (signature_len > 0 && key->spki.len > 0)
        sum += signature[signature_len - 1] + key->spki.data[key->spki.len - 1];
    return sum % 4 != 0 ? TVT_CRYPTO_OK : tvt_crypto_failure(other[sum / 4 % 4], 0);
}

#define ALL_HASHES                                                                                                     \
    (TVT_HASH_BIT(TVT_HASH_NONE) | TVT_HASH_BIT(TVT_HASH_SHA256) | TVT_HASH_BIT(TVT_HASH_SHA384) |                     \
     TVT_HASH_BIT(TVT_HASH_SHA512))
#define FAKE(f, k, can)                                                                                                \
    {                                                                                                                  \
        .family = (f), .key_type = (k), .hash_mask = ALL_HASHES, .can_verify = (can), .name = "fake",                  \
        .verify = fake_verify                                                                                          \
    }
static const struct tvt_signature fakes[] = {
    FAKE(TVT_SIG_ECDSA, TVT_KEY_P256, true),      FAKE(TVT_SIG_ECDSA, TVT_KEY_P384, false),
    FAKE(TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, true),   FAKE(TVT_SIG_RSA_PSS, TVT_KEY_RSA, true),
    FAKE(TVT_SIG_RSA_PSS, TVT_KEY_RSA_PSS, true), FAKE(TVT_SIG_EDDSA, TVT_KEY_ED25519, true)};
static const struct tvt_signature *const signatures[] = {&fakes[0], &fakes[1], &fakes[2], &fakes[3],
                                                         &fakes[4], &fakes[5], NULL};
static const struct tvt_provider provider = {
    .abi = TVT_PROVIDER_ABI, .struct_size = sizeof(struct tvt_provider), .name = "fake", .signatures = signatures};

/* An input is [flags] and then parts, [kind][length, 2 bytes][DER]. */
enum { PART_CERTIFICATE, PART_ANCHOR, PART_CRL, PART_LIMITED_ANCHOR, PART_KINDS, PART_HEADER = 3 };

/* The part at *p, which is left behind; false: no more. */
static bool
next_part(const uint8_t **p, size_t *left, uint8_t *kind, struct tvt_span *der)
{
    if (*left < PART_HEADER)
        return false;
    size_t len = (size_t)(*p)[1] << 8 | (*p)[2];
    *kind = (*p)[0];
    *p += PART_HEADER;
    *left -= PART_HEADER;
    len = len < *left ? len : *left;
    *der = tvt_span(*p, len);
    *p += len;
    *left -= len;
    return true;
}

static void
check_path(const struct tvt_verified_path *path, const struct tvt_path_request *request)
{
    REQUIRE(path->num >= 1 && path->num <= TVT_PATH_MAX && path->signatures <= TVT_PATH_SIGNATURES_MAX);
    REQUIRE(path->certificate[0] == &request->chain[0] && path->index[0] == 0);
    REQUIRE(path->num == 1 || path->index[path->num - 1] == -1);
    for (size_t i = 1; i < path->num; i++) {
        const struct tvt_certificate *c = path->certificate[i];
        REQUIRE(tvt_name_equal(path->certificate[i - 1]->issuer, c->subject));
        REQUIRE(c->is_ca || (i == path->num - 1 && c->version < 3));
        REQUIRE(c->not_before <= request->time && request->time <= c->not_after);
        REQUIRE(c->unknown_critical.len == 0);
        REQUIRE((path->index[i] == -1) == (i == path->num - 1));
        for (size_t k = 0; k < i; k++)
            REQUIRE(!tvt_name_equal(path->certificate[k]->subject, c->subject) ||
                    !tvt_span_equal(path->certificate[k]->key.spki, c->key.spki));
    }
}

/* The DER of one part of an input; none: NULL. */
static struct tvt_span
choose_part(const uint8_t *data, size_t len, unsigned seed)
{
    const uint8_t *p = data + 1;
    size_t left = len > 0 ? len - 1 : 0, num = 0;
    struct tvt_span der, chosen = {NULL, 0};
    uint8_t kind;
    while (next_part(&p, &left, &kind, &der))
        if (seed % ++num == 0) /* the first at least */
            chosen = der;
    return chosen;
}

/* One time in four bytes of the whole, else one part, and the length before it. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
    static uint8_t fresh[UINT16_MAX];
    struct tvt_span part = choose_part(data, len, seed / 4);
    if (seed % 4 == 0 || part.data == NULL || len >= max)
        return LLVMFuzzerMutate(data, len, max);
    size_t at = (size_t)(part.data - data), behind = len - at - part.len, room = max - (len - part.len);
    memcpy(fresh, part.data, part.len);
    size_t fresh_len = mutate_der(fresh, part.len, room < sizeof fresh ? room : sizeof fresh, seed / 4);
    memmove(data + at + fresh_len, data + at + part.len, behind);
    memcpy(data + at, fresh, fresh_len);
    data[at - 2] = (uint8_t)(fresh_len >> 8);
    data[at - 1] = (uint8_t)fresh_len;
    return len - part.len + fresh_len;
}

/* A part of another input in front of one of this, or in its place. */
size_t
LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t len, const uint8_t *other, size_t other_len, uint8_t *out,
                          size_t max, unsigned seed)
{
    struct tvt_span place = choose_part(data, len, seed / 2), part = choose_part(other, other_len, seed / 64);
    if (place.data == NULL || part.data == NULL)
        return 0;
    size_t at = (size_t)(place.data - data) - PART_HEADER, fresh = PART_HEADER + part.len;
    size_t from = seed % 2 == 0 ? at : at + PART_HEADER + place.len;
    if (at + fresh + (len - from) > max)
        return 0;
    memcpy(out, data, at);
    memcpy(out + at, part.data - PART_HEADER, fresh);
    memcpy(out + at + fresh, data + from, len - from);
    return at + fresh + (len - from);
}

/* Those of a PART_LIMITED_ANCHOR; the rest of its kind chooses. */
static const struct tvt_anchor_limits limits[] = {
    {.path_len = -1, .permitted = "localhost,test,127.0.0.0/8,::/0"},
    {.purposes = TVT_ANCHOR_SERVERS, .path_len = 0},
    {.purposes = TVT_ANCHOR_CLIENTS, .path_len = 1, .excluded = "2001:db8::/32,example.org"},
    {.path_len = 1, .permitted = "localhost", .excluded = "127.0.0.1"}};

/* A part that cannot be read, or is one too many, is passed over. */
static void
take_part(uint8_t kind, struct tvt_span der, struct tvt_trust_store *store, struct tvt_certificate *chain, size_t *num)
{
    struct tvt_error error;
    struct tvt_crl *crl = NULL;
    tvt_error_clear(&error);
    switch (kind % PART_KINDS) {
    case PART_CERTIFICATE:
        *num += *num < TVT_POOL_MAX &&
                tvt_certificate_parse(&chain[*num], der, tvt_certificate_label(*num), &error) == TVT_OK;
        break;
    case PART_ANCHOR:
        REQUIRE((tvt_trust_store_add_der(store, der, &error) == TVT_OK) == (error.code == TVT_E_NONE));
        break;
    case PART_CRL:
        if (tvt_crl_new(&crl, der, NULL, &error) == TVT_OK)
            REQUIRE((tvt_trust_store_add_crl(store, crl, &error) == TVT_OK) == (error.code == TVT_E_NONE));
        tvt_crl_unref(crl);
        break;
    default:
        REQUIRE(
            (tvt_trust_store_add_limited(store, der, &limits[kind / PART_KINDS % (sizeof(limits) / sizeof(limits[0]))],
                                         &error) == TVT_OK) == (error.code == TVT_E_NONE));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[8] = {"localhost", "127.0.0.1",      "::1",         "[2001:db8::1]",
                                         "server",    "a.example.com.", "192.0.2.300", "b.a.example.com"};
    static struct tvt_certificate chain[TVT_POOL_MAX];
    struct tvt_trust_store *store = NULL;
    struct tvt_verified_path path;
    struct tvt_error error;
    struct tvt_span der;
    size_t num = 0, left = len > 0 ? len - 1 : 0;
    const uint8_t *p = data + 1;
    uint8_t kind, flags = len > 0 ? data[0] : 0;

    tvt_error_clear(&error);
    REQUIRE(tvt_trust_store_new(&store, NULL, &error) == TVT_OK);
    while (next_part(&p, &left, &kind, &der))
        take_part(kind, der, store, chain, &num);
    struct tvt_path_policy policy = (flags & 2) != 0 ? tvt_path_policy_web_pki : tvt_path_policy_default;
    policy.revocation = (enum tvt_revocation)((flags >> 3 & 3) % (TVT_REVOCATION_CHAIN + 1));
    struct tvt_path_request request = {.provider = &provider,
                                       .store = store,
                                       .policy = &policy,
                                       .purpose = (flags & 1) != 0 ? TVT_PURPOSE_CLIENT : TVT_PURPOSE_SERVER,
                                       .time = (int64_t)(TVT_FIXTURE_TIME_MS / 1000),
                                       .name = (flags & 4) != 0 ? names[flags >> 5] : NULL,
                                       .no_name = (flags & 4) == 0,
                                       .chain = chain,
                                       .num_chain = num};
    if (tvt_path_verify(&path, &request, &error) == TVT_OK)
        check_path(&path, &request);
    else
        REQUIRE(error.code != TVT_E_NONE && error.code != TVT_E_INTERNAL);
    tvt_trust_store_unref(store);
    return 0;
}
