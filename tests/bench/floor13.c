/* SPDX-License-Identifier: MIT
 *
 * The list of operations of a full TLS 1.3 handshake.
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
seal(struct floor *f, struct floor_side *s, uint8_t *out, uint8_t *in, size_t len)
{
    uint8_t header[5] = {23, 3, 3};
    in[len] = 22;
    tvt_store_u16(header + 3, (uint16_t)(len + 17));
    s->count[TVT_METER_SEAL]++;
    floor_need(f, s->aead_library->seal(s->aead[1], out, in, len + 1, s->iv[1], header, sizeof header));
}

static void
open_record(struct floor *f, struct floor_side *s, uint8_t *record, size_t len)
{
    uint8_t header[5] = {23, 3, 3};
    tvt_store_u16(header + 3, (uint16_t)(len + 17));
    s->count[TVT_METER_OPEN]++;
    floor_need(f, s->aead_library->open(s->aead[0], record, record, len + 17, s->iv[0], header, sizeof header));
}

static const uint8_t zeros[64];

/* ---- the two lists ---- */

static void
client_begins(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_CLIENT];
    floor_random(f, s, 64);
    s->count[TVT_METER_KX_START]++;
    floor_need(f, s->kx_library->kx_start(s->kx, f->share[TVT_CLIENT]));
}

static void
server_answers(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_SERVER];
    const struct floor_lengths *l = &f->lengths;
    uint8_t shared[32], secret[2][64], content[256], *p = f->flight;
    size_t signature_len = 160;
    s->hash_library->hash_reset(s->running);
    floor_add_message(s, f->message, l->client_hello);
    s->count[TVT_METER_KX_RESPOND]++;
    floor_need(f, s->kx_library->kx_start(s->kx, f->share[TVT_SERVER]) &&
                      s->kx_library->kx_finish(s->kx, f->share[TVT_CLIENT], shared));
    floor_random(f, s, 32);
    floor_add_message(s, f->message, l->server_hello);
    floor_snapshot(f, s);
    early_secret(f, s, zeros);
    handshake_secrets(f, s, TVT_SERVER, shared, secret);
    floor_add_message(s, p, l->encrypted_extensions);
    p += l->encrypted_extensions;
    floor_add_message(s, p, l->certificate);
    p += l->certificate;
    floor_snapshot(f, s);
    s->count[TVT_METER_SIGN]++;
    floor_need(f, s->signature_library->sign(s->signature, tvt_span(content, signed_content(f, s, content)), p + 8,
                                             &signature_len));
    p[7] = (uint8_t)signature_len;
    floor_add_message(s, p, l->certificate_verify);
    p += l->certificate_verify;
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
    uint8_t shared[32], secret[2][64], content[256], expected[64], message[128] = {20};
    uint8_t *p = f->flight_sealed;
    s->hash_library->hash_reset(s->running);
    floor_add_message(s, f->message, l->client_hello);
    floor_add_message(s, f->message, l->server_hello);
    s->count[TVT_METER_KX_FINISH]++;
    floor_need(f, s->kx_library->kx_finish(s->kx, f->share[TVT_SERVER], shared));
    floor_snapshot(f, s);
    early_secret(f, s, zeros);
    handshake_secrets(f, s, TVT_CLIENT, shared, secret);
    open_record(f, s, p, f->flight_len);
    floor_add_message(s, p, l->encrypted_extensions);
    p += l->encrypted_extensions;
    floor_add_message(s, p, l->certificate);
    p += l->certificate;
    s->count[TVT_METER_VERIFY]++;
    floor_need(f, s->signature_library->verify(s->signature, f->root.key.key, f->leaf.tbs, f->leaf.signature));
    floor_snapshot(f, s);
    s->count[TVT_METER_VERIFY]++;
    floor_need(f,
               s->signature_library->verify(s->signature, f->leaf.key.key,
                                            tvt_span(content, signed_content(f, s, content)), tvt_span(p + 8, p[7])));
    floor_add_message(s, p, l->certificate_verify);
    p += l->certificate_verify;
    floor_snapshot(f, s);
    finished(f, s, TVT_SERVER, expected);
    floor_need(f, memcmp(expected, p + 4, f->hash_len) == 0);
    floor_add_message(s, p, 4 + f->hash_len);
    floor_snapshot(f, s);
    application_secrets(f, s, secret);
    finished(f, s, TVT_CLIENT, message + 4);
    floor_add_message(s, message, 4 + f->hash_len);
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
}

/* ---- the same, resumed ---- */

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

static void
resuming_client_begins(struct floor *f)
{
    uint8_t out[64];
    client_begins(f);
    binder(f, &f->side[TVT_CLIENT], out);
}

static void
resuming_server_answers(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_SERVER];
    const struct floor_lengths *l = &f->lengths;
    uint8_t shared[32], secret[2][64], out[64], *p = f->flight;
    floor_open_ticket(f, s);
    binder(f, s, out);
    s->hash_library->hash_reset(s->running);
    floor_add_message(s, f->message, l->client_hello);
    s->count[TVT_METER_KX_RESPOND]++;
    floor_need(f, s->kx_library->kx_start(s->kx, f->share[TVT_SERVER]) &&
                      s->kx_library->kx_finish(s->kx, f->share[TVT_CLIENT], shared));
    floor_random(f, s, 32);
    floor_add_message(s, f->message, l->server_hello);
    floor_snapshot(f, s);
    handshake_secrets(f, s, TVT_SERVER, shared, secret);
    floor_add_message(s, p, l->encrypted_extensions);
    p += l->encrypted_extensions;
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
resuming_client_finishes(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_CLIENT];
    const struct floor_lengths *l = &f->lengths;
    uint8_t shared[32], secret[2][64], expected[64], message[128] = {20};
    uint8_t *p = f->flight_sealed;
    s->hash_library->hash_reset(s->running);
    floor_add_message(s, f->message, l->client_hello);
    floor_add_message(s, f->message, l->server_hello);
    s->count[TVT_METER_KX_FINISH]++;
    floor_need(f, s->kx_library->kx_finish(s->kx, f->share[TVT_SERVER], shared));
    floor_snapshot(f, s);
    handshake_secrets(f, s, TVT_CLIENT, shared, secret);
    open_record(f, s, p, f->flight_len);
    floor_add_message(s, p, l->encrypted_extensions);
    p += l->encrypted_extensions;
    floor_snapshot(f, s);
    finished(f, s, TVT_SERVER, expected);
    floor_need(f, memcmp(expected, p + 4, f->hash_len) == 0);
    floor_add_message(s, p, 4 + f->hash_len);
    floor_snapshot(f, s);
    application_secrets(f, s, secret);
    finished(f, s, TVT_CLIENT, message + 4);
    floor_add_message(s, message, 4 + f->hash_len);
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

const floor_turn floor_full13[FLOOR_TURNS_MAX + 1] = {client_begins, server_answers, client_finishes, server_finishes};
const floor_turn floor_resumed13[FLOOR_TURNS_MAX + 1] = {resuming_client_begins, resuming_server_answers,
                                                         resuming_client_finishes, resuming_server_finishes};
