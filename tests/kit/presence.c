/* SPDX-License-Identifier: MIT
 *
 * What a provider says of itself: the table's shape, that every algorithm is there or declared absent, and that no
 * declared absence is out of date.
 */
#include "tests/kit/kit.h"

#include <stdio.h>
#include <string.h>

static void
judge(const char *what, bool present)
{
    const char *reason = kit_absent(kit.now, what);

    kit_where("absent.txt", "%s", what);
    if (!present)
        kit_check(reason != NULL, "missing, and not declared absent: find out why, or add a line for it");
    else
        kit_check(reason == NULL, "declared absent but there: remove the line (\"%s\")", reason != NULL ? reason : "");
}

static void
every_algorithm(void)
{
    for (int row = 0; row < KIT_NUM_ROWS; row++) {
        struct kit_cell *cell = &kit.now->cells[row];

        cell->present = kit_begin((enum kit_row)row);
        cell->declared_absent = kit_absent(kit.now, kit_algorithms[row].name) != NULL;
        judge(kit_algorithms[row].name, cell->present);
    }
}

static void
every_signature_part(void)
{
    char what[64];

    for (int i = KIT_ECDSA_P256; i <= KIT_LAST_SIGNATURE; i++) {
        enum kit_row row = (enum kit_row)i;
        const char *name = kit_algorithms[row].name;
        bool sign = false, verify = false;

        if (!kit_begin(row))
            continue;
        for (unsigned h = 0; h < KIT_ALL_HASHES(row); h++) {
            uint8_t hash = kit_signature_hash(row, h);
            const struct tvt_signature *sig = kit_signature_of(kit.now, row, hash);

            if (hash != TVT_HASH_NONE) {
                (void)snprintf(what, sizeof what, "%s:%s", name, kit_algorithms[kit_row_of_hash(hash)].name);
                judge(what, sig != NULL);
            } else {
                kit_check(sig != NULL, "hash_mask of an EdDSA or ML-DSA descriptor must hold bit 0");
            }
            sign = sign || (sig != NULL && sig->can_sign);
            verify = verify || (sig != NULL && sig->can_verify && sig->verify != NULL);
        }
        (void)snprintf(what, sizeof what, "%s:sign", name);
        judge(what, sign);
        (void)snprintf(what, sizeof what, "%s:verify", name);
        judge(what, verify);
    }
}

static void
every_exchange_part(void)
{
    char what[64];

    for (int i = KIT_X25519; i <= KIT_MLKEM768; i++) {
        const struct tvt_kx *kx;

        if (!kit_begin((enum kit_row)i))
            continue;
        kx = kit_kx_of(kit.now, kit.row);
        (void)snprintf(what, sizeof what, "%s:start_from", kit_algorithms[i].name);
        judge(what, kx->start_from != NULL);
        (void)snprintf(what, sizeof what, "%s:respond_from", kit_algorithms[i].name);
        judge(what, kx->respond_from != NULL);
    }
}

static void
the_table(void)
{
    const struct tvt_provider *p = kit.now->provider;

    kit.row = KIT_PROVIDER;
    kit_where("provider", "table");
    kit_check(p->abi == TVT_PROVIDER_ABI, "abi is %u", (unsigned)p->abi);
    kit_check(p->struct_size == sizeof(struct tvt_provider), "struct_size is %u", (unsigned)p->struct_size);
    kit_check(p->name != NULL && p->version != NULL && p->version[0] != '\0', "name or version is missing");
    kit_check(p->hashes != NULL && p->aeads != NULL && p->groups != NULL && p->signatures != NULL,
              "a list is NULL (an empty list is a list with only its NULL)");
    kit_check(p->random != NULL && p->load_key != NULL && p->describe != NULL && p->free != NULL,
              "a function is missing");
    if (kit.now->num_parts == 1) {
        const char *licence = kit_licence(kit.now);

        kit_check(strcmp(p->name, kit.now->part[0]) == 0, "the provider calls itself %s", p->name);
        kit_where("absent.txt", "licence");
        kit_check(licence != NULL && p->licence != NULL && strcmp(licence, p->licence) == 0,
                  "declared is \"%s\", the backend says \"%s\"", licence != NULL ? licence : "nothing",
                  p->licence != NULL ? p->licence : "nothing");
    }
}

static void
the_words(void)
{
    char words[8];

    kit.row = KIT_PROVIDER;
    kit_where("provider", "describe");
    for (uint32_t code = 0; code < 70000; code += code < 300 ? 1 : 997) {
        memset(words, 'x', sizeof words);
        kit.now->provider->describe(kit.now->provider, code, words, sizeof words);
        if (memchr(words, '\0', sizeof words) == NULL) {
            kit_check(false, "the text for code %u has no NUL within cap", (unsigned)code);
            return;
        }
    }
    kit_check(true, "every text ends with NUL");
}

static void
sizes_are_within_bounds(void)
{
    for (int i = 0; i < KIT_NUM_ROWS; i++) {
        kit_where("provider", "sizes of %s", kit_algorithms[i].name);
        if (!kit_begin((enum kit_row)i))
            continue;
        if (kit_algorithms[i].kind == KIT_HASH) {
            const struct tvt_hash *h = kit_hash_of(kit.now, kit.row);

            kit_check(h->ctx_size > 0 && h->ctx_size <= TVT_HASH_CTX_MAX, "ctx_size is %u", h->ctx_size);
            kit_check(h->out_len == (i == KIT_SHA256 ? 32 : i == KIT_SHA384 ? 48 : 64), "out_len is %u", h->out_len);
            kit_check(h->block_len == (i == KIT_SHA256 ? 64 : 128), "block_len is %u", h->block_len);
        } else if (kit_algorithms[i].kind == KIT_AEAD) {
            const struct tvt_aead *a = kit_aead_of(kit.now, kit.row);

            kit_check(a->ctx_size > 0 && a->ctx_size <= TVT_AEAD_CTX_MAX, "ctx_size is %u", a->ctx_size);
            kit_check(a->nonce_len == 12 && a->tag_len == (i == KIT_AES_128_CCM_8 ? 8 : 16), "nonce_len %u, tag_len %u",
                      a->nonce_len, a->tag_len);
            kit_check(a->key_len == (i == KIT_AES_256_GCM || i == KIT_CHACHA20_POLY1305 ? 32 : 16), "key_len is %u",
                      a->key_len);
        } else if (kit_algorithms[i].kind == KIT_KX) {
            static const uint16_t lengths[][3] = {{32, 32, 32}, {56, 56, 56},   {65, 65, 32},
                                                  {97, 97, 48}, {133, 133, 66}, {1184, 1088, 32}};
            const struct tvt_kx *kx = kit_kx_of(kit.now, kit.row);
            const uint16_t *want = lengths[i - KIT_X25519];

            kit_check(kx->state_size <= TVT_KX_STATE_MAX, "state_size is %u", kx->state_size);
            kit_check(kx->initiator_len == want[0] && kx->responder_len == want[1] && kx->secret_len == want[2],
                      "lengths are %u, %u, %u", kx->initiator_len, kx->responder_len, kx->secret_len);
        }
    }
}

static void
nothing_is_listed_twice(void)
{
    const struct tvt_provider *p = kit.now->provider;

    kit.row = KIT_PROVIDER;
    kit_where("provider", "lists");
    for (size_t i = 0; p->hashes[i] != NULL; i++)
        kit_check(tvt_provider_hash(p, p->hashes[i]->id) == p->hashes[i], "%s is listed twice", p->hashes[i]->name);
    for (size_t i = 0; p->aeads[i] != NULL; i++)
        kit_check(tvt_provider_aead(p, p->aeads[i]->id) == p->aeads[i], "%s is listed twice", p->aeads[i]->name);
    for (size_t i = 0; p->groups[i] != NULL; i++)
        kit_check(tvt_provider_kx(p, p->groups[i]->group) == p->groups[i], "%s is listed twice", p->groups[i]->name);
}

const struct kit_case kit_presence[] = {{"the provider's table", the_table},
                                        {"every algorithm is there or declared absent", every_algorithm},
                                        {"signatures: signing, verifying, hashes", every_signature_part},
                                        {"key exchange: deterministic forms", every_exchange_part},
                                        {"sizes are within provider.h's bounds", sizes_are_within_bounds},
                                        {"no algorithm is listed twice", nothing_is_listed_twice},
                                        {"describe() ends its text", the_words},
                                        {NULL, NULL}};

static void
everything_was_tested(void)
{
    for (int row = 0; row < KIT_NUM_ROWS; row++) {
        const struct kit_cell *cell = &kit.now->cells[row];

        kit.row = (enum kit_row)row;
        kit_where("table", "%s", kit_algorithms[row].name);
        if (cell->present && row != KIT_PROVIDER)
            kit_check(cell->vectors + cell->checks > 1, "there, but nothing tested it");
    }
}

static void
known_defects_show(void)
{
    kit.row = KIT_PROVIDER;
    if (kit.options.wycheproof == NULL || kit.now->num_parts > 1)
        kit_skip("a look whether the declared defects still show (needs Wycheproof, and no overlay)");
    else
        kit_known_settle(kit.now);
}

const struct kit_case kit_completeness[] = {{"every algorithm that is there was tested", everything_was_tested},
                                            {"declared defects still show", known_defects_show},
                                            {NULL, NULL}};
