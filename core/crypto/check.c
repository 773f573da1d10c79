/* SPDX-License-Identifier: MIT
 *
 * Does a provider keep its contract? Asked once, when it is opened; the core trusts its sizes from then on.
 */
#include "core/crypto/provider.h"

#include "core/base/error.h"

/* What a known algorithm's descriptor must say: the core and the peer depend on it. */
static const struct {
    uint8_t id, out_len, block_len;
} hash_facts[] = {{TVT_HASH_SHA256, 32, 64}, {TVT_HASH_SHA384, 48, 128}, {TVT_HASH_SHA512, 64, 128}};

static const struct {
    uint16_t id;
    uint8_t key_len, nonce_len, tag_len;
} aead_facts[] = {
    {TVT_AEAD_AES_128_GCM, 16, 12, 16},  {TVT_AEAD_AES_256_GCM, 32, 12, 16},       {TVT_AEAD_AES_128_CCM, 16, 12, 16},
    {TVT_AEAD_AES_128_CCM_8, 16, 12, 8}, {TVT_AEAD_CHACHA20_POLY1305, 32, 12, 16},
};

static const struct {
    uint16_t group, initiator_len, responder_len, secret_len;
} kx_facts[] = {
    {TVT_GROUP_SECP256R1, 65, 65, 32}, {TVT_GROUP_SECP384R1, 97, 97, 48}, {TVT_GROUP_SECP521R1, 133, 133, 66},
    {TVT_GROUP_X25519, 32, 32, 32},    {TVT_GROUP_X448, 56, 56, 56},      {TVT_GROUP_MLKEM768, 1184, 1088, 32},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Fails with the descriptor's name and the member unless `condition` holds. */
#define REQUIRE(condition, descriptor, member)                                                                         \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            return tvt_fail_detail(error, TVT_E_BAD_PROVIDER, "provider", (member), "descriptor \"%s\"",               \
                                   (descriptor));                                                                      \
    } while (0)

static enum tvt_result
check_table(const struct tvt_provider *p, struct tvt_error *error)
{
    if (p == NULL)
        return tvt_fail(error, TVT_E_BAD_ARGUMENT, "provider", NULL);
    if (p->abi != TVT_PROVIDER_ABI)
        return tvt_fail_values(error, TVT_E_BAD_PROVIDER, "provider", "abi", TVT_PROVIDER_ABI, p->abi);
    if (p->struct_size < sizeof(*p))
        return tvt_fail_values(error, TVT_E_BAD_PROVIDER, "provider", "struct_size", sizeof(*p), p->struct_size);
    REQUIRE(p->name != NULL && p->name[0] != '\0', "the provider itself", "name");
    REQUIRE(p->version != NULL, p->name, "version");
    REQUIRE(p->licence != NULL, p->name, "licence");
    REQUIRE(p->hashes != NULL, p->name, "hashes");
    REQUIRE(p->aeads != NULL, p->name, "aeads");
    REQUIRE(p->groups != NULL, p->name, "groups");
    REQUIRE(p->signatures != NULL, p->name, "signatures");
    REQUIRE(p->random != NULL, p->name, "random");
    REQUIRE(p->load_key != NULL, p->name, "load_key");
    REQUIRE(p->describe != NULL, p->name, "describe");
    REQUIRE(p->free != NULL, p->name, "free");
    return TVT_OK;
}

static enum tvt_result
check_hash(const struct tvt_hash *h, struct tvt_error *error)
{
    REQUIRE(h->name != NULL, "a hash", "name");
    REQUIRE(h->id != TVT_HASH_NONE, h->name, "id");
    REQUIRE(h->out_len > 0 && h->out_len <= TVT_HASH_MAX, h->name, "out_len");
    REQUIRE(h->block_len >= h->out_len && h->block_len <= TVT_HASH_BLOCK_MAX, h->name, "block_len");
    REQUIRE(h->ctx_size > 0 && h->ctx_size <= TVT_HASH_CTX_MAX, h->name, "ctx_size");
    REQUIRE(h->setup != NULL && h->teardown != NULL, h->name, "setup, teardown");
    REQUIRE(h->reset != NULL && h->update != NULL && h->final != NULL, h->name, "reset, update, final");
    REQUIRE(h->copy != NULL, h->name, "copy");
    for (size_t i = 0; i < COUNT(hash_facts); i++)
        if (hash_facts[i].id == h->id) {
            REQUIRE(h->out_len == hash_facts[i].out_len, h->name, "out_len");
            REQUIRE(h->block_len == hash_facts[i].block_len, h->name, "block_len");
        }
    return TVT_OK;
}

static enum tvt_result
check_aead(const struct tvt_aead *a, struct tvt_error *error)
{
    REQUIRE(a->name != NULL, "an AEAD", "name");
    REQUIRE(a->key_len > 0 && a->key_len <= TVT_AEAD_KEY_MAX, a->name, "key_len");
    REQUIRE(a->nonce_len == TVT_AEAD_NONCE_MAX, a->name, "nonce_len");
    REQUIRE(a->tag_len > 0 && a->tag_len <= TVT_AEAD_TAG_MAX, a->name, "tag_len");
    REQUIRE(a->ctx_size > 0 && a->ctx_size <= TVT_AEAD_CTX_MAX, a->name, "ctx_size");
    REQUIRE(a->setup != NULL && a->teardown != NULL && a->rekey != NULL, a->name, "setup, rekey, teardown");
    REQUIRE(a->seal != NULL && a->open != NULL, a->name, "seal, open");
    for (size_t i = 0; i < COUNT(aead_facts); i++)
        if (aead_facts[i].id == a->id) {
            REQUIRE(a->key_len == aead_facts[i].key_len, a->name, "key_len");
            REQUIRE(a->tag_len == aead_facts[i].tag_len, a->name, "tag_len");
        }
    return TVT_OK;
}

static enum tvt_result
check_kx(const struct tvt_kx *k, struct tvt_error *error)
{
    REQUIRE(k->name != NULL, "a group", "name");
    REQUIRE(k->group != TVT_GROUP_X25519MLKEM768 && k->group != TVT_GROUP_SECP256R1MLKEM768, k->name,
            "group (the core composes hybrids)");
    REQUIRE(k->state_size <= TVT_KX_STATE_MAX, k->name, "state_size");
    REQUIRE(k->initiator_len > 0 && k->initiator_len <= TVT_KX_SHARE_MAX, k->name, "initiator_len");
    REQUIRE(k->responder_len > 0 && k->responder_len <= TVT_KX_SHARE_MAX, k->name, "responder_len");
    REQUIRE(k->secret_len > 0 && k->secret_len <= TVT_KX_SECRET_MAX, k->name, "secret_len");
    REQUIRE(k->start != NULL && k->finish != NULL, k->name, "start, finish");
    REQUIRE(k->respond != NULL && k->discard != NULL, k->name, "respond, discard");
    for (size_t i = 0; i < COUNT(kx_facts); i++)
        if (kx_facts[i].group == k->group) {
            REQUIRE(k->initiator_len == kx_facts[i].initiator_len, k->name, "initiator_len");
            REQUIRE(k->responder_len == kx_facts[i].responder_len, k->name, "responder_len");
            REQUIRE(k->secret_len == kx_facts[i].secret_len, k->name, "secret_len");
        }
    return TVT_OK;
}

static enum tvt_result
check_signature(const struct tvt_signature *s, struct tvt_error *error)
{
    REQUIRE(s->name != NULL, "a signature", "name");
    REQUIRE(s->family != TVT_SIG_NONE, s->name, "family");
    REQUIRE(s->key_type != TVT_KEY_NONE, s->name, "key_type");
    REQUIRE(s->hash_mask != 0, s->name, "hash_mask");
    REQUIRE(s->can_verify || s->can_sign, s->name, "can_verify, can_sign");
    REQUIRE(!s->can_verify || s->verify != NULL, s->name, "verify");
    return TVT_OK;
}

enum tvt_result
tvt_provider_check(const struct tvt_provider *p, struct tvt_error *error)
{
    enum tvt_result result = check_table(p, error);

    if (result != TVT_OK)
        return result;
    for (size_t i = 0; result == TVT_OK && p->hashes[i] != NULL; i++)
        result = check_hash(p->hashes[i], error);
    for (size_t i = 0; result == TVT_OK && p->aeads[i] != NULL; i++)
        result = check_aead(p->aeads[i], error);
    for (size_t i = 0; result == TVT_OK && p->groups[i] != NULL; i++)
        result = check_kx(p->groups[i], error);
    for (size_t i = 0; result == TVT_OK && p->signatures[i] != NULL; i++)
        result = check_signature(p->signatures[i], error);
    return result;
}
