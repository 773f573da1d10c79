/* SPDX-License-Identifier: MIT
 *
 * The list of operations of a full TLS 1.3 handshake, and its runs.
 *
 *                                  client                            server
 *   random                         random, session id                random
 *   X25519                         start, finish                     respond (start and finish)
 *   transcript hash                ClientHello .. Finished, and four snapshots of it, on either side
 *   HKDF, HMAC                     22 MACs over kept keyed states, and the hash of nothing, on either side
 *   signatures                     certificate, CertificateVerify    CertificateVerify
 *   AEAD                           four keyings on either side: two directions, twice
 *   records                        open one, seal one                seal one, open one
 *
 * A resumed one, with PSK and (EC)DHE, has no signatures, and besides:
 *
 *   ticket                         -                                 its key derived (one MAC), one AEAD keying, one opening
 *   binder                         the hash of the ClientHello up to it, three MACs, on either side
 *   resumption secret              one MAC more, over one more snapshot; on either side
 */
#include "tests/bench/floor.h"

#include "core/base/wire.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 8192u

struct mac {
    void *inner, *outer;
};

struct side {
    const struct floor_library *hash_library, *aead_library, *kx_library, *signature_library;
    void *running, *snapshot;   /* transcript */
    void *inner, *outer, *work; /* MAC */
    void *aead[2];              /* open, seal */
    void *kx, *signature;
    const struct floor_library *ticket_library;
    void *ticket; /* server: opens tickets */
    uint8_t early[64], master[64], nothing[64];
    uint8_t handshake_finished[2][64]; /* finished keys: client's, server's */
    uint8_t hash[64];                  /* last snapshot */
    uint8_t salt[64];                  /* for the main secret */
    uint8_t iv[2][12];                 /* open, seal */
    uint64_t count[TVT_METER_NUM_OPS];
    bool keyed;
};

struct floor {
    size_t hash_len, block_len, key_len;
    struct floor_lengths lengths;
    struct side side[2];
    uint8_t leaf_der[8192], root_der[8192];
    struct tvt_certificate leaf, root;
    struct tvt_private_key_file key;
    uint8_t message[MESSAGE_MAX]; /* any bytes: what stands in hellos and certificates costs nothing here */
    uint8_t share[2][32];
    uint8_t flight[MESSAGE_MAX], flight_sealed[MESSAGE_MAX], finished_sealed[256];
    size_t flight_len;
    uint8_t psk[64], ticket_key[64], ticket[MESSAGE_MAX], ticket_plain[MESSAGE_MAX];
    size_t ticket_len; /* sealed, tag included */
    bool failed;
};

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

static void key_mac(struct floor *f, struct side *s, const uint8_t *key);
static void mac(struct floor *f, struct side *s, const uint8_t *data, size_t len, uint8_t *out);

/* ---- setting up ---- */

static bool
open_side(struct floor *f, struct side *s, enum tvt_role role, const char *backend, const struct tvt_suite *suite)
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
    struct side *s = &f->side[TVT_SERVER];
    static const uint8_t nonce[12], aad[49], plain[MESSAGE_MAX];
    uint8_t key[64];
    for (size_t i = 0; i < sizeof ticket_aeads / sizeof ticket_aeads[0]; i++) {
        const struct floor_library *library = s->ticket_library = floor_library_of_aead(backend, ticket_aeads[i]);
        if (library == NULL)
            continue;
        void *sealing = library->aead_new(ticket_aeads[i], true);
        s->ticket = library->aead_new(ticket_aeads[i], false);
        key_mac(f, s, f->ticket_key);
        mac(f, s, f->message, 64, key);
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
        struct side *s = &f->side[role];
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

static void
need(struct floor *f, bool ok)
{
    if (!ok)
        f->failed = true;
}

static void
final(struct floor *f, struct side *s, void *ctx, uint8_t *out)
{
    s->count[TVT_METER_HASH_FINAL]++;
    need(f, s->hash_library->hash_final(ctx, out));
}

static void
copy(struct side *s, void *dst, const void *src)
{
    s->count[TVT_METER_HASH_COPY]++;
    s->hash_library->hash_copy(dst, src);
}

static void
add_message(struct side *s, const uint8_t *data, size_t len)
{
    s->hash_library->hash_update(s->running, data, len);
}

static void
take_snapshot(struct floor *f, struct side *s)
{
    copy(s, s->snapshot, s->running);
    final(f, s, s->snapshot, s->hash);
}

static void
key_mac(struct floor *f, struct side *s, const uint8_t *key)
{
    uint8_t pad[2][128];
    memset(pad, 0, sizeof pad);
    memcpy(pad[0], key, f->hash_len);
    for (size_t i = 0; i < f->block_len; i++) {
        pad[1][i] = pad[0][i] ^ 0x5c;
        pad[0][i] ^= 0x36;
    }
    s->hash_library->hash_reset(s->inner);
    s->hash_library->hash_update(s->inner, pad[0], f->block_len);
    s->hash_library->hash_reset(s->outer);
    s->hash_library->hash_update(s->outer, pad[1], f->block_len);
}

static void
mac(struct floor *f, struct side *s, const uint8_t *data, size_t len, uint8_t *out)
{
    copy(s, s->work, s->inner);
    s->hash_library->hash_update(s->work, data, len);
    final(f, s, s->work, out);
    copy(s, s->work, s->outer);
    s->hash_library->hash_update(s->work, out, f->hash_len);
    final(f, s, s->work, out);
}

/* HKDF-Expand-Label of one block, RFC 9846 7.1. */
static void
expand(struct floor *f, struct side *s, const char *label, const uint8_t *context, size_t context_len, uint8_t *out,
       size_t len)
{
    uint8_t info[128], block[64], *p = info;
    size_t label_len = strlen(label);
    *p++ = 0;
    *p++ = (uint8_t)len;
    *p++ = (uint8_t)(6 + label_len);
    memcpy(p, "tls13 ", 6);
    memcpy(p + 6, label, label_len);
    p += 6 + label_len;
    *p++ = (uint8_t)context_len;
    if (context_len > 0)
        memcpy(p, context, context_len);
    p += context_len;
    *p++ = 1;
    mac(f, s, info, (size_t)(p - info), block);
    memcpy(out, block, len);
}

/* Keys of one direction, and for the handshake its finished key. `way`: 0 open, 1 seal. */
static void
traffic_keys(struct floor *f, struct side *s, const uint8_t *secret, unsigned way, uint8_t *finished_key)
{
    uint8_t key[64];
    key_mac(f, s, secret);
    expand(f, s, "key", NULL, 0, key, f->key_len);
    expand(f, s, "iv", NULL, 0, s->iv[way], 12);
    if (finished_key != NULL)
        expand(f, s, "finished", NULL, 0, finished_key, f->hash_len);
    s->count[s->keyed ? TVT_METER_AEAD_REKEY : TVT_METER_AEAD_SETUP]++;
    need(f, s->aead_library->aead_key(s->aead[way], key));
}

/* The first stage, of a PSK or of zeros. */
static void
early_secret(struct floor *f, struct side *s, const uint8_t *psk)
{
    static const uint8_t zeros[64];
    s->hash_library->hash_reset(s->work);
    final(f, s, s->work, s->nothing);
    key_mac(f, s, zeros);
    mac(f, s, psk, f->hash_len, s->early);
}

static void
handshake_secrets(struct floor *f, struct side *s, enum tvt_role role, const uint8_t *shared, uint8_t secret[2][64])
{
    uint8_t stage[64], *nothing = s->nothing;
    key_mac(f, s, s->early);
    expand(f, s, "derived", nothing, f->hash_len, stage, f->hash_len);
    key_mac(f, s, stage);
    mac(f, s, shared, 32, stage);
    key_mac(f, s, stage);
    expand(f, s, "c hs traffic", s->hash, f->hash_len, secret[TVT_CLIENT], f->hash_len);
    expand(f, s, "s hs traffic", s->hash, f->hash_len, secret[TVT_SERVER], f->hash_len);
    expand(f, s, "derived", nothing, f->hash_len, s->salt, f->hash_len);
    s->keyed = false;
    for (int from = 0; from < 2; from++)
        traffic_keys(f, s, secret[from], from == (int)role ? 1 : 0, s->handshake_finished[from]);
    s->keyed = true;
}

static void
application_secrets(struct floor *f, struct side *s, uint8_t secret[2][64])
{
    static const uint8_t zeros[64];
    uint8_t stage[64], exporter[64];
    key_mac(f, s, s->salt);
    mac(f, s, zeros, f->hash_len, stage);
    memcpy(s->master, stage, f->hash_len);
    key_mac(f, s, stage);
    expand(f, s, "c ap traffic", s->hash, f->hash_len, secret[TVT_CLIENT], f->hash_len);
    expand(f, s, "s ap traffic", s->hash, f->hash_len, secret[TVT_SERVER], f->hash_len);
    expand(f, s, "exp master", s->hash, f->hash_len, exporter, f->hash_len);
}

static void
finished(struct floor *f, struct side *s, enum tvt_role from, uint8_t *out)
{
    key_mac(f, s, s->handshake_finished[from]);
    mac(f, s, s->hash, f->hash_len, out);
}

static size_t
signed_content(const struct floor *f, const struct side *s, uint8_t *out)
{
    memset(out, 0x20, 64);
    memcpy(out + 64, "TLS 1.3, server CertificateVerify", 34);
    memcpy(out + 98, s->hash, f->hash_len);
    return 98 + f->hash_len;
}

static void
seal(struct floor *f, struct side *s, uint8_t *out, uint8_t *in, size_t len)
{
    uint8_t header[5] = {23, 3, 3};
    in[len] = 22;
    tvt_store_u16(header + 3, (uint16_t)(len + 17));
    s->count[TVT_METER_SEAL]++;
    need(f, s->aead_library->seal(s->aead[1], out, in, len + 1, s->iv[1], header, sizeof header));
}

static void
open_record(struct floor *f, struct side *s, uint8_t *record, size_t len)
{
    uint8_t header[5] = {23, 3, 3};
    tvt_store_u16(header + 3, (uint16_t)(len + 17));
    s->count[TVT_METER_OPEN]++;
    need(f, s->aead_library->open(s->aead[0], record, record, len + 17, s->iv[0], header, sizeof header));
}

static const uint8_t zeros[64];

/* ---- the two lists ---- */

static void
client_begins(struct floor *f)
{
    struct side *s = &f->side[TVT_CLIENT];
    uint8_t random[32], session_id[32];
    s->count[TVT_METER_RANDOM] += 2;
    need(f, s->hash_library->random(random, sizeof random) && s->hash_library->random(session_id, sizeof session_id));
    s->count[TVT_METER_KX_START]++;
    need(f, s->kx_library->kx_start(s->kx, f->share[TVT_CLIENT]));
}

static void
server_answers(struct floor *f)
{
    struct side *s = &f->side[TVT_SERVER];
    const struct floor_lengths *l = &f->lengths;
    uint8_t random[32], shared[32], secret[2][64], content[256], *p = f->flight;
    size_t signature_len = 160;
    s->hash_library->hash_reset(s->running);
    add_message(s, f->message, l->client_hello);
    s->count[TVT_METER_KX_RESPOND]++;
    need(f, s->kx_library->kx_start(s->kx, f->share[TVT_SERVER]) &&
                s->kx_library->kx_finish(s->kx, f->share[TVT_CLIENT], shared));
    s->count[TVT_METER_RANDOM]++;
    need(f, s->hash_library->random(random, sizeof random));
    add_message(s, f->message, l->server_hello);
    take_snapshot(f, s);
    early_secret(f, s, zeros);
    handshake_secrets(f, s, TVT_SERVER, shared, secret);
    add_message(s, p, l->encrypted_extensions);
    p += l->encrypted_extensions;
    add_message(s, p, l->certificate);
    p += l->certificate;
    take_snapshot(f, s);
    s->count[TVT_METER_SIGN]++;
    need(f, s->signature_library->sign(s->signature, tvt_span(content, signed_content(f, s, content)), p + 8,
                                       &signature_len));
    p[7] = (uint8_t)signature_len;
    add_message(s, p, l->certificate_verify);
    p += l->certificate_verify;
    take_snapshot(f, s);
    finished(f, s, TVT_SERVER, p + 4);
    add_message(s, p, 4 + f->hash_len);
    take_snapshot(f, s);
    application_secrets(f, s, secret);
    seal(f, s, f->flight_sealed, f->flight, f->flight_len);
    traffic_keys(f, s, secret[TVT_SERVER], 1, NULL);
    memcpy(s->salt, secret[TVT_CLIENT], f->hash_len); /* kept for its turn */
}

static void
client_finishes(struct floor *f)
{
    struct side *s = &f->side[TVT_CLIENT];
    const struct floor_lengths *l = &f->lengths;
    uint8_t shared[32], secret[2][64], content[256], expected[64], message[128] = {20};
    uint8_t *p = f->flight_sealed;
    s->hash_library->hash_reset(s->running);
    add_message(s, f->message, l->client_hello);
    add_message(s, f->message, l->server_hello);
    s->count[TVT_METER_KX_FINISH]++;
    need(f, s->kx_library->kx_finish(s->kx, f->share[TVT_SERVER], shared));
    take_snapshot(f, s);
    early_secret(f, s, zeros);
    handshake_secrets(f, s, TVT_CLIENT, shared, secret);
    open_record(f, s, p, f->flight_len);
    add_message(s, p, l->encrypted_extensions);
    p += l->encrypted_extensions;
    add_message(s, p, l->certificate);
    p += l->certificate;
    s->count[TVT_METER_VERIFY]++;
    need(f, s->signature_library->verify(s->signature, f->root.key.key, f->leaf.tbs, f->leaf.signature));
    take_snapshot(f, s);
    s->count[TVT_METER_VERIFY]++;
    need(f, s->signature_library->verify(s->signature, f->leaf.key.key,
                                         tvt_span(content, signed_content(f, s, content)), tvt_span(p + 8, p[7])));
    add_message(s, p, l->certificate_verify);
    p += l->certificate_verify;
    take_snapshot(f, s);
    finished(f, s, TVT_SERVER, expected);
    need(f, memcmp(expected, p + 4, f->hash_len) == 0);
    add_message(s, p, 4 + f->hash_len);
    take_snapshot(f, s);
    application_secrets(f, s, secret);
    finished(f, s, TVT_CLIENT, message + 4);
    add_message(s, message, 4 + f->hash_len);
    seal(f, s, f->finished_sealed, message, 4 + f->hash_len);
    traffic_keys(f, s, secret[TVT_SERVER], 0, NULL);
    traffic_keys(f, s, secret[TVT_CLIENT], 1, NULL);
}

static void
server_finishes(struct floor *f)
{
    struct side *s = &f->side[TVT_SERVER];
    uint8_t expected[64];
    open_record(f, s, f->finished_sealed, 4 + f->hash_len);
    finished(f, s, TVT_CLIENT, expected);
    need(f, memcmp(expected, f->finished_sealed + 4, f->hash_len) == 0);
    add_message(s, f->finished_sealed, 4 + f->hash_len);
    traffic_keys(f, s, s->salt, 0, NULL);
}

/* ---- the same, resumed ---- */

/* Over the ClientHello up to its binders; what stands there costs nothing here. */
static void
binder(struct floor *f, struct side *s, uint8_t *out)
{
    uint8_t key[64], hash[64];
    size_t binders = 3 + f->hash_len;
    early_secret(f, s, f->psk);
    key_mac(f, s, s->early);
    expand(f, s, "res binder", s->nothing, f->hash_len, key, f->hash_len);
    s->hash_library->hash_reset(s->work);
    s->hash_library->hash_update(s->work, f->message, f->lengths.client_hello - binders);
    final(f, s, s->work, hash);
    key_mac(f, s, key);
    expand(f, s, "finished", NULL, 0, key, f->hash_len);
    key_mac(f, s, key);
    mac(f, s, hash, f->hash_len, out);
}

static void
resumption_secret(struct floor *f, struct side *s)
{
    uint8_t secret[64];
    take_snapshot(f, s);
    key_mac(f, s, s->master);
    expand(f, s, "res master", s->hash, f->hash_len, secret, f->hash_len);
}

static void
resuming_client_begins(struct floor *f)
{
    uint8_t out[64];
    client_begins(f);
    binder(f, &f->side[TVT_CLIENT], out);
}

static void
open_ticket(struct floor *f, struct side *s)
{
    uint8_t key[64];
    static const uint8_t nonce[12], aad[49];
    key_mac(f, s, f->ticket_key);
    mac(f, s, f->message, 64, key);
    s->count[TVT_METER_AEAD_REKEY]++;
    need(f, s->ticket_library->aead_key(s->ticket, key));
    s->count[TVT_METER_OPEN]++;
    need(f, s->ticket_library->open(s->ticket, f->ticket_plain, f->ticket, f->ticket_len, nonce, aad, sizeof aad));
}

static void
resuming_server_answers(struct floor *f)
{
    struct side *s = &f->side[TVT_SERVER];
    const struct floor_lengths *l = &f->lengths;
    uint8_t random[32], shared[32], secret[2][64], out[64], *p = f->flight;
    open_ticket(f, s);
    binder(f, s, out);
    s->hash_library->hash_reset(s->running);
    add_message(s, f->message, l->client_hello);
    s->count[TVT_METER_KX_RESPOND]++;
    need(f, s->kx_library->kx_start(s->kx, f->share[TVT_SERVER]) &&
                s->kx_library->kx_finish(s->kx, f->share[TVT_CLIENT], shared));
    s->count[TVT_METER_RANDOM]++;
    need(f, s->hash_library->random(random, sizeof random));
    add_message(s, f->message, l->server_hello);
    take_snapshot(f, s);
    handshake_secrets(f, s, TVT_SERVER, shared, secret);
    add_message(s, p, l->encrypted_extensions);
    p += l->encrypted_extensions;
    take_snapshot(f, s);
    finished(f, s, TVT_SERVER, p + 4);
    add_message(s, p, 4 + f->hash_len);
    take_snapshot(f, s);
    application_secrets(f, s, secret);
    seal(f, s, f->flight_sealed, f->flight, f->flight_len);
    traffic_keys(f, s, secret[TVT_SERVER], 1, NULL);
    memcpy(s->salt, secret[TVT_CLIENT], f->hash_len); /* kept for its turn */
}

static void
resuming_client_finishes(struct floor *f)
{
    struct side *s = &f->side[TVT_CLIENT];
    const struct floor_lengths *l = &f->lengths;
    uint8_t shared[32], secret[2][64], expected[64], message[128] = {20};
    uint8_t *p = f->flight_sealed;
    s->hash_library->hash_reset(s->running);
    add_message(s, f->message, l->client_hello);
    add_message(s, f->message, l->server_hello);
    s->count[TVT_METER_KX_FINISH]++;
    need(f, s->kx_library->kx_finish(s->kx, f->share[TVT_SERVER], shared));
    take_snapshot(f, s);
    handshake_secrets(f, s, TVT_CLIENT, shared, secret);
    open_record(f, s, p, f->flight_len);
    add_message(s, p, l->encrypted_extensions);
    p += l->encrypted_extensions;
    take_snapshot(f, s);
    finished(f, s, TVT_SERVER, expected);
    need(f, memcmp(expected, p + 4, f->hash_len) == 0);
    add_message(s, p, 4 + f->hash_len);
    take_snapshot(f, s);
    application_secrets(f, s, secret);
    finished(f, s, TVT_CLIENT, message + 4);
    add_message(s, message, 4 + f->hash_len);
    resumption_secret(f, s);
    seal(f, s, f->finished_sealed, message, 4 + f->hash_len);
    traffic_keys(f, s, secret[TVT_SERVER], 0, NULL);
    traffic_keys(f, s, secret[TVT_CLIENT], 1, NULL);
}

static void
resuming_server_finishes(struct floor *f)
{
    server_finishes(f);
    resumption_secret(f, &f->side[TVT_SERVER]);
}

bool
floor_run(struct floor *f, uint64_t spent[2])
{
    static void (*const full[])(struct floor * f) = {client_begins, server_answers, client_finishes, server_finishes};
    static void (*const resumed[])(struct floor * f) = {resuming_client_begins, resuming_server_answers,
                                                        resuming_client_finishes, resuming_server_finishes};
    void (*const *turns)(struct floor * f) = f->lengths.ticket > 0 ? resumed : full;
    f->failed = false;
    spent[0] = spent[1] = 0;
    for (int role = 0; role < 2; role++)
        memset(f->side[role].count, 0, sizeof f->side[role].count);
    for (size_t i = 0; i < 4; i++) {
        uint64_t start = bench_now();
        turns[i](f);
        spent[i % 2] += bench_now() - start;
    }
    return !f->failed;
}
