/* SPDX-License-Identifier: MIT
 *
 * The floor: what its lists need, the operations that they consist of, and their runs.
 */
#include "tests/bench/floor_list.h"

#include "core/crypto/schedule12.h"

#include <stdlib.h>
#include <string.h>

/* ---- which library ---- */

static const struct floor_library *
library_by_name(const char *name, size_t len)
{
    static const struct floor_library *const all[] = {
#if BENCH_HAVE_openssl
        &floor_openssl,
#endif
#if BENCH_HAVE_libsodium
        &floor_libsodium,
#endif
#if BENCH_HAVE_wolfcrypt
        &floor_wolfcrypt,
#endif
        NULL
    };
    for (size_t i = 0; all[i] != NULL; i++)
        if (strlen(all[i]->name) == len && strncmp(all[i]->name, name, len) == 0)
            return all[i];
    return NULL;
}

/* Calls `has` for the libraries of "a+b" in turn. */
static const struct floor_library *
first_with(const char *names, bool (*has)(const struct floor_library *library, unsigned what), unsigned what)
{
    for (const char *p = names; p != NULL; p = strchr(p, '+')) {
        p += *p == '+';
        const struct floor_library *l = library_by_name(p, strcspn(p, "+"));
        if (l != NULL && has(l, what))
            return l;
    }
    return NULL;
}

static bool
has_aead(const struct floor_library *library, unsigned aead)
{
    void *ctx = library->aead_new((uint16_t)aead, true);
    if (ctx != NULL)
        library->aead_free(ctx);
    return ctx != NULL;
}

static bool
has_signature(const struct floor_library *library, unsigned key_type)
{
    void *ctx = library->verifier_new((uint8_t)key_type);
    if (ctx != NULL)
        library->verifier_free(ctx);
    return ctx != NULL;
}

static bool
has_any(const struct floor_library *library, unsigned what)
{
    (void)library;
    (void)what;
    return true;
}

const struct floor_library *
floor_library_of_aead(const char *backend, uint16_t aead)
{
    return first_with(backend, has_aead, aead);
}

/* ---- setting up ---- */

static bool
open_side(struct floor *f, struct floor_side *s, enum tvt_role role, const char *backend, const struct tvt_suite *suite)
{
    s->hash_library = s->kx_library = first_with(backend, has_any, 0);
    s->aead_library = floor_library_of_aead(backend, suite->aead);
    s->signature_library = first_with(backend, has_signature, f->leaf.key.type);
    if (s->hash_library == NULL || s->aead_library == NULL || s->signature_library == NULL)
        return false;
    void **hashes[] = {&s->running, &s->snapshot, &s->inner, &s->outer, &s->work};
    for (size_t i = 0; i < 5; i++)
        if ((*hashes[i] = s->hash_library->hash_new(suite->hash)) == NULL)
            return false;
    s->aead[0] = s->aead_library->aead_new(suite->aead, false);
    s->aead[1] = s->aead_library->aead_new(suite->aead, true);
    s->kx = s->kx_library->kx_new();
    s->signature = role == TVT_CLIENT ? s->signature_library->verifier_new(f->leaf.key.type)
                                      : s->signature_library->signer_new(f->leaf.key.type, &f->key.key);
    return s->aead[0] != NULL && s->aead[1] != NULL && s->kx != NULL && s->signature != NULL;
}

static const uint16_t ticket_aeads[] = {TVT_AEAD_AES_256_GCM, TVT_AEAD_CHACHA20_POLY1305};

/* A ticket to be opened at each handshake: sealed as ours are, with the better AEAD that the library has. */
static bool
make_ticket(struct floor *f, const char *backend)
{
    struct floor_side *s = &f->side[TVT_SERVER];
    static const uint8_t nonce[12], aad[49], plain[MESSAGE_MAX];
    uint8_t key[64];
    for (size_t i = 0; i < sizeof ticket_aeads / sizeof ticket_aeads[0]; i++) {
        const struct floor_library *library = s->ticket_library = floor_library_of_aead(backend, ticket_aeads[i]);
        if (library == NULL)
            continue;
        void *sealing = library->aead_new(ticket_aeads[i], true);
        s->ticket = library->aead_new(ticket_aeads[i], false);
        floor_key_mac(f, s, f->ticket_key, f->hash_len);
        floor_mac(f, s, f->message, 64, key);
        f->ticket_len = f->lengths.ticket - 49;
        bool ok = sealing != NULL && s->ticket != NULL && library->aead_key(sealing, key) &&
                  library->seal(sealing, f->ticket, plain, f->ticket_len - 16, nonce, aad, sizeof aad);
        if (sealing != NULL)
            library->aead_free(sealing);
        return ok;
    }
    return false;
}

struct floor *
floor_new(const struct bench_peers *peers, const struct floor_lengths *lengths)
{
    const struct tvt_suite *suite = tvt_suite_by_name(peers->what->suite);
    struct floor *f = calloc(1, sizeof *f);
    struct tvt_error e;
    tvt_error_clear(&e);
    if (f == NULL || suite == NULL)
        abort();
    f->lengths = *lengths;
    f->hash_len = suite->hash == TVT_HASH_SHA384 ? 48 : 32;
    f->block_len = suite->hash == TVT_HASH_SHA384 ? 128 : 64;
    f->key_len = tvt_provider_aead(peers->provider, suite->aead)->key_len;
    f->fixed_iv_len = tvt_aead_fixed_iv12(suite->aead);
    f->turns = suite->version != TVT_VERSION_TLS12 ? floor_list13
               : lengths->ticket > 0               ? floor_resumed12
                                                   : floor_full12;
    f->flight_len =
        lengths->encrypted_extensions + lengths->certificate + lengths->certificate_verify + 4 + f->hash_len;
    if (lengths->client_hello <= MESSAGE_MAX && f->flight_len + 1 + 16 <= MESSAGE_MAX &&
        bench_certificate(tvt_span(peers->text[0], peers->text_len[0]), f->leaf_der, sizeof f->leaf_der, &f->leaf) &&
        bench_certificate(tvt_span(peers->text[1], peers->text_len[1]), f->root_der, sizeof f->root_der, &f->root) &&
        tvt_private_key_parse(&f->key, tvt_span(peers->text[2], peers->text_len[2]), NULL, &e) == TVT_OK &&
        open_side(f, &f->side[TVT_CLIENT], TVT_CLIENT, peers->what->backend, suite) &&
        open_side(f, &f->side[TVT_SERVER], TVT_SERVER, peers->what->backend, suite) &&
        (lengths->ticket == 0 || make_ticket(f, peers->what->backend)))
        return f;
    fprintf(stderr, "bench: %s: there is no floor for this build\n", peers->what->row);
    floor_free(f);
    return NULL;
}

void
floor_free(struct floor *f)
{
    for (int role = 0; role < 2; role++) {
        struct floor_side *s = &f->side[role];
        void *hashes[] = {s->running, s->snapshot, s->inner, s->outer, s->work};
        for (size_t i = 0; i < 5; i++)
            if (hashes[i] != NULL)
                s->hash_library->hash_free(hashes[i]);
        for (size_t i = 0; i < 2; i++)
            if (s->aead[i] != NULL)
                s->aead_library->aead_free(s->aead[i]);
        if (s->ticket != NULL)
            s->ticket_library->aead_free(s->ticket);
        if (s->kx != NULL)
            s->kx_library->kx_free(s->kx);
        if (s->signature != NULL && role == TVT_CLIENT)
            s->signature_library->verifier_free(s->signature);
        else if (s->signature != NULL)
            s->signature_library->signer_free(s->signature);
    }
    tvt_private_key_free(&f->key);
    free(f);
}

const uint64_t *
floor_counts(const struct floor *f, enum tvt_role role)
{
    return f->side[role].count;
}

/* ---- the operations ---- */

void
floor_need(struct floor *f, bool ok)
{
    if (!ok)
        f->failed = true;
}

void
floor_final(struct floor *f, struct floor_side *s, void *ctx, uint8_t *out)
{
    s->count[TVT_METER_HASH_FINAL]++;
    floor_need(f, s->hash_library->hash_final(ctx, out));
}

void
floor_copy(struct floor_side *s, void *dst, const void *src)
{
    s->count[TVT_METER_HASH_COPY]++;
    s->hash_library->hash_copy(dst, src);
}

void
floor_add_message(struct floor_side *s, const uint8_t *data, size_t len)
{
    s->hash_library->hash_update(s->running, data, len);
}

void
floor_snapshot(struct floor *f, struct floor_side *s)
{
    floor_copy(s, s->snapshot, s->running);
    floor_final(f, s, s->snapshot, s->hash);
}

void
floor_key_mac(struct floor *f, struct floor_side *s, const uint8_t *key, size_t key_len)
{
    uint8_t pad[2][128];
    memset(pad, 0, sizeof pad);
    memcpy(pad[0], key, key_len);
    for (size_t i = 0; i < f->block_len; i++) {
        pad[1][i] = pad[0][i] ^ 0x5c;
        pad[0][i] ^= 0x36;
    }
    s->hash_library->hash_reset(s->inner);
    s->hash_library->hash_update(s->inner, pad[0], f->block_len);
    s->hash_library->hash_reset(s->outer);
    s->hash_library->hash_update(s->outer, pad[1], f->block_len);
}

void
floor_mac(struct floor *f, struct floor_side *s, const uint8_t *data, size_t len, uint8_t *out)
{
    floor_copy(s, s->work, s->inner);
    s->hash_library->hash_update(s->work, data, len);
    floor_final(f, s, s->work, out);
    floor_copy(s, s->work, s->outer);
    s->hash_library->hash_update(s->work, out, f->hash_len);
    floor_final(f, s, s->work, out);
}

void
floor_random(struct floor *f, struct floor_side *s, size_t len)
{
    uint8_t random[64];
    s->count[TVT_METER_RANDOM]++;
    floor_need(f, s->hash_library->random(random, len));
}

void
floor_key_aead(struct floor *f, struct floor_side *s, unsigned way, const uint8_t *key)
{
    s->count[s->keyed ? TVT_METER_AEAD_REKEY : TVT_METER_AEAD_SETUP]++;
    floor_need(f, s->aead_library->aead_key(s->aead[way], key));
}

void
floor_open_ticket(struct floor *f, struct floor_side *s)
{
    uint8_t key[64];
    static const uint8_t nonce[12], aad[49];
    floor_key_mac(f, s, f->ticket_key, f->hash_len);
    floor_mac(f, s, f->message, 64, key);
    s->count[TVT_METER_AEAD_REKEY]++;
    floor_need(f, s->ticket_library->aead_key(s->ticket, key));
    s->count[TVT_METER_OPEN]++;
    floor_need(f,
               s->ticket_library->open(s->ticket, f->ticket_plain, f->ticket, f->ticket_len, nonce, aad, sizeof aad));
}

void
floor_begin_transcript(struct floor *f, struct floor_side *s)
{
    s->hash_library->hash_reset(s->running);
    floor_add_message(s, f->message, f->lengths.client_hello);
}

void
floor_kx_start(struct floor *f, enum tvt_role role)
{
    struct floor_side *s = &f->side[role];
    s->count[TVT_METER_KX_START]++;
    floor_need(f, s->kx_library->kx_start(s->kx, f->share[role]));
}

void
floor_kx_finish(struct floor *f, enum tvt_role role, uint8_t shared[32])
{
    struct floor_side *s = &f->side[role];
    s->count[TVT_METER_KX_FINISH]++;
    floor_need(f, s->kx_library->kx_finish(s->kx, f->share[1 - role], shared));
}

void
floor_kx_respond(struct floor *f, enum tvt_role role, uint8_t shared[32])
{
    struct floor_side *s = &f->side[role];
    s->count[TVT_METER_KX_RESPOND]++;
    floor_need(f, s->kx_library->kx_start(s->kx, f->share[role]) &&
                      s->kx_library->kx_finish(s->kx, f->share[1 - role], shared));
}

void
floor_sign(struct floor *f, struct tvt_span content, uint8_t *signature, size_t *len)
{
    struct floor_side *s = &f->side[TVT_SERVER];
    s->count[TVT_METER_SIGN]++;
    floor_need(f, s->signature_library->sign(s->signature, content, signature, len));
}

static void
verify_with(struct floor *f, struct tvt_span key, struct tvt_span content, struct tvt_span signature)
{
    struct floor_side *s = &f->side[TVT_CLIENT];
    s->count[TVT_METER_VERIFY]++;
    floor_need(f, s->signature_library->verify(s->signature, key, content, signature));
}

void
floor_verify(struct floor *f, struct tvt_span content, struct tvt_span signature)
{
    verify_with(f, f->leaf.key.key, content, signature);
}

void
floor_verify_leaf(struct floor *f)
{
    verify_with(f, f->root.key.key, f->leaf.tbs, f->leaf.signature);
}

void
floor_seal(struct floor *f, struct floor_side *s, uint8_t *out, const uint8_t *in, size_t len, struct tvt_span aad)
{
    s->count[TVT_METER_SEAL]++;
    floor_need(f, s->aead_library->seal(s->aead[1], out, in, len, s->iv[1], aad.data, aad.len));
}

void
floor_open(struct floor *f, struct floor_side *s, uint8_t *record, size_t len, struct tvt_span aad)
{
    s->count[TVT_METER_OPEN]++;
    floor_need(f, s->aead_library->open(s->aead[0], record, record, len, s->iv[0], aad.data, aad.len));
}

/* ---- the runs ---- */

bool
floor_run(struct floor *f, uint64_t spent[2])
{
    f->failed = false;
    spent[0] = spent[1] = 0;
    for (int role = 0; role < 2; role++) {
        memset(f->side[role].count, 0, sizeof f->side[role].count);
        f->side[role].keyed = false;
    }
    for (size_t i = 0; f->turns[i] != NULL; i++) {
        uint64_t start = bench_now();
        f->turns[i](f);
        spent[i % 2] += bench_now() - start;
    }
    return !f->failed;
}
