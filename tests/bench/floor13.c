/* SPDX-License-Identifier: MIT
 *
 * The list of operations of a TLS 1.3 handshake.
 *
 *                                  client                            server
 *   random                         random and session id, one draw   random
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
#include "tests/bench/floor_list.h"

#include "core/base/wire.h"

#include <string.h>

/* HKDF-Expand-Label of one block, RFC 9846 7.1. */
static void
expand(struct floor *f, struct floor_side *s, const char *label, const uint8_t *context, size_t context_len,
       uint8_t *out, size_t len)
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
    floor_mac(f, s, info, (size_t)(p - info), block);
    memcpy(out, block, len);
}

/* Keys of one direction, and for the handshake its finished key. `way`: 0 open, 1 seal. */
static void
traffic_keys(struct floor *f, struct floor_side *s, const uint8_t *secret, unsigned way, uint8_t *finished_key)
{
    uint8_t key[64];
    floor_key_mac(f, s, secret, f->hash_len);
    expand(f, s, "key", NULL, 0, key, f->key_len);
    expand(f, s, "iv", NULL, 0, s->iv[way], 12);
    if (finished_key != NULL)
        expand(f, s, "finished", NULL, 0, finished_key, f->hash_len);
    floor_key_aead(f, s, way, key);
}

/* The first stage, of a PSK or of zeros. */
static void
early_secret(struct floor *f, struct floor_side *s, const uint8_t *psk)
{
    static const uint8_t zeros[64];
    s->hash_library->hash_reset(s->work);
    floor_final(f, s, s->work, s->nothing);
    floor_key_mac(f, s, zeros, f->hash_len);
    floor_mac(f, s, psk, f->hash_len, s->early);
}

static void
handshake_secrets(struct floor *f, struct floor_side *s, enum tvt_role role, const uint8_t *shared,
                  uint8_t secret[2][64])
{
    uint8_t stage[64], *nothing = s->nothing;
    floor_key_mac(f, s, s->early, f->hash_len);
    expand(f, s, "derived", nothing, f->hash_len, stage, f->hash_len);
    floor_key_mac(f, s, stage, f->hash_len);
    floor_mac(f, s, shared, 32, stage);
    floor_key_mac(f, s, stage, f->hash_len);
    expand(f, s, "c hs traffic", s->hash, f->hash_len, secret[TVT_CLIENT], f->hash_len);
    expand(f, s, "s hs traffic", s->hash, f->hash_len, secret[TVT_SERVER], f->hash_len);
    expand(f, s, "derived", nothing, f->hash_len, s->salt, f->hash_len);
    s->keyed = false;
    for (int from = 0; from < 2; from++)
        traffic_keys(f, s, secret[from], from == (int)role ? 1 : 0, s->handshake_finished[from]);
    s->keyed = true;
}

static void
application_secrets(struct floor *f, struct floor_side *s, uint8_t secret[2][64])
{
    static const uint8_t zeros[64];
    uint8_t stage[64], exporter[64];
    floor_key_mac(f, s, s->salt, f->hash_len);
    floor_mac(f, s, zeros, f->hash_len, stage);
    memcpy(s->master, stage, f->hash_len);
    floor_key_mac(f, s, stage, f->hash_len);
    expand(f, s, "c ap traffic", s->hash, f->hash_len, secret[TVT_CLIENT], f->hash_len);
    expand(f, s, "s ap traffic", s->hash, f->hash_len, secret[TVT_SERVER], f->hash_len);
    expand(f, s, "exp master", s->hash, f->hash_len, exporter, f->hash_len);
}

static void
finished(struct floor *f, struct floor_side *s, enum tvt_role from, uint8_t *out)
{
    floor_key_mac(f, s, s->handshake_finished[from], f->hash_len);
    floor_mac(f, s, s->hash, f->hash_len, out);
}

static size_t
signed_content(const struct floor *f, const struct floor_side *s, uint8_t *out)
{
    memset(out, 0x20, 64);
    memcpy(out + 64, "TLS 1.3, server CertificateVerify", 34);
    memcpy(out + 98, s->hash, f->hash_len);
    return 98 + f->hash_len;
}

static void
record_header(uint8_t header[5], size_t len)
{
    static const uint8_t plain[3] = {23, 3, 3};
    memcpy(header, plain, sizeof plain);
    tvt_store_u16(header + 3, (uint16_t)(len + 17));
}

static void
seal(struct floor *f, struct floor_side *s, uint8_t *out, uint8_t *in, size_t len)
{
    uint8_t header[5];
    in[len] = 22;
    record_header(header, len);
    floor_seal(f, s, out, in, len + 1, tvt_span(header, sizeof header));
}

static void
open_record(struct floor *f, struct floor_side *s, uint8_t *record, size_t len)
{
    uint8_t header[5];
    record_header(header, len);
    floor_open(f, s, record, len + 17, tvt_span(header, sizeof header));
}

/* Over the ClientHello up to its binders; what stands there costs nothing here. */
static void
binder(struct floor *f, struct floor_side *s, uint8_t *out)
{
    uint8_t key[64], hash[64];
    size_t binders = 3 + f->hash_len;
    early_secret(f, s, f->psk);
    floor_key_mac(f, s, s->early, f->hash_len);
    expand(f, s, "res binder", s->nothing, f->hash_len, key, f->hash_len);
    s->hash_library->hash_reset(s->work);
    s->hash_library->hash_update(s->work, f->message, f->lengths.client_hello - binders);
    floor_final(f, s, s->work, hash);
    floor_key_mac(f, s, key, f->hash_len);
    expand(f, s, "finished", NULL, 0, key, f->hash_len);
    floor_key_mac(f, s, key, f->hash_len);
    floor_mac(f, s, hash, f->hash_len, out);
}

static void
resumption_secret(struct floor *f, struct floor_side *s)
{
    uint8_t secret[64];
    floor_snapshot(f, s);
    floor_key_mac(f, s, s->master, f->hash_len);
    expand(f, s, "res master", s->hash, f->hash_len, secret, f->hash_len);
}

static bool
resumed(const struct floor *f)
{
    return f->lengths.ticket > 0;
}

/* The first stage: of zeros, or on the way to the binder. */
static void
first_stage(struct floor *f, struct floor_side *s)
{
    static const uint8_t zeros[64];
    uint8_t out[64];
    if (resumed(f))
        binder(f, s, out);
    else
        early_secret(f, s, zeros);
}

/* ---- the turns ---- */

static void
client_begins(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_CLIENT];
    floor_random(f, s, 64);
    floor_kx_start(f, TVT_CLIENT);
    if (resumed(f))
        first_stage(f, s);
}

/* Certificate and CertificateVerify; returns what follows them. */
static uint8_t *
add_certificate(struct floor *f, struct floor_side *s, uint8_t *p, enum tvt_role role)
{
    const struct floor_lengths *l = &f->lengths;
    uint8_t content[256];
    floor_add_message(s, p, l->certificate);
    p += l->certificate;
    if (role == TVT_CLIENT)
        floor_verify_leaf(f);
    floor_snapshot(f, s);
    struct tvt_span text = tvt_span(content, signed_content(f, s, content));
    if (role == TVT_SERVER) {
        size_t signature_len = 160;
        floor_sign(f, text, p + 8, &signature_len);
        p[7] = (uint8_t)signature_len;
    } else {
        floor_verify(f, text, tvt_span(p + 8, p[7]));
    }
    floor_add_message(s, p, l->certificate_verify);
    return p + l->certificate_verify;
}

static void
server_answers(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_SERVER];
    const struct floor_lengths *l = &f->lengths;
    uint8_t shared[32], secret[2][64], *p = f->flight;
    if (resumed(f))
        floor_open_ticket(f, s);
    first_stage(f, s);
    floor_begin_transcript(f, s);
    floor_kx_respond(f, TVT_SERVER, shared);
    floor_random(f, s, 32);
    floor_add_message(s, f->message, l->server_hello);
    floor_snapshot(f, s);
    handshake_secrets(f, s, TVT_SERVER, shared, secret);
    floor_add_message(s, p, l->encrypted_extensions);
    p += l->encrypted_extensions;
    if (!resumed(f))
        p = add_certificate(f, s, p, TVT_SERVER);
    floor_snapshot(f, s);
    finished(f, s, TVT_SERVER, p + 4);
    floor_add_message(s, p, 4 + f->hash_len);
    floor_snapshot(f, s);
    application_secrets(f, s, secret);
    seal(f, s, f->flight_sealed, f->flight, f->flight_len);
    traffic_keys(f, s, secret[TVT_SERVER], 1, NULL);
    memcpy(s->salt, secret[TVT_CLIENT], f->hash_len); /* kept for its turn */
}

static void
client_finishes(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_CLIENT];
    const struct floor_lengths *l = &f->lengths;
    uint8_t shared[32], secret[2][64], expected[64], message[128] = {20};
    uint8_t *p = f->flight_sealed;
    floor_begin_transcript(f, s);
    floor_add_message(s, f->message, l->server_hello);
    floor_kx_finish(f, TVT_CLIENT, shared);
    floor_snapshot(f, s);
    if (!resumed(f))
        first_stage(f, s);
    handshake_secrets(f, s, TVT_CLIENT, shared, secret);
    open_record(f, s, p, f->flight_len);
    floor_add_message(s, p, l->encrypted_extensions);
    p += l->encrypted_extensions;
    if (!resumed(f))
        p = add_certificate(f, s, p, TVT_CLIENT);
    floor_snapshot(f, s);
    finished(f, s, TVT_SERVER, expected);
    floor_need(f, memcmp(expected, p + 4, f->hash_len) == 0);
    floor_add_message(s, p, 4 + f->hash_len);
    floor_snapshot(f, s);
    application_secrets(f, s, secret);
    finished(f, s, TVT_CLIENT, message + 4);
    floor_add_message(s, message, 4 + f->hash_len);
    if (resumed(f))
        resumption_secret(f, s);
    seal(f, s, f->finished_sealed, message, 4 + f->hash_len);
    traffic_keys(f, s, secret[TVT_SERVER], 0, NULL);
    traffic_keys(f, s, secret[TVT_CLIENT], 1, NULL);
}

static void
server_finishes(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_SERVER];
    uint8_t expected[64];
    open_record(f, s, f->finished_sealed, 4 + f->hash_len);
    finished(f, s, TVT_CLIENT, expected);
    floor_need(f, memcmp(expected, f->finished_sealed + 4, f->hash_len) == 0);
    floor_add_message(s, f->finished_sealed, 4 + f->hash_len);
    traffic_keys(f, s, s->salt, 0, NULL);
    if (resumed(f))
        resumption_secret(f, s);
}

const floor_turn floor_list13[FLOOR_TURNS_MAX + 1] = {client_begins, server_answers, client_finishes, server_finishes};
