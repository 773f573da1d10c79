/* SPDX-License-Identifier: MIT
 *
 * The list of operations of a TLS 1.2 handshake with ECDHE, an AEAD and the extended master secret.
 *
 *                                  client                            server
 *   random                         random                            random
 *   X25519                         respond (start and finish)        start, finish
 *   transcript hash                ClientHello .. the client's Finished, and two snapshots of it, on either side: one up to
 *                                  ClientKeyExchange for master secret and client's Finished, one for the server's
 *   PRF                            12 MACs over kept keyed states, on either side: master secret 4, key block 4 (as many as
 *                                  two times the hashes that it is long), either Finished 2
 *   signatures                     certificate, ServerKeyExchange    ServerKeyExchange
 *   AEAD                           two keyings, on either side
 *   records                        seal one, open one                open one, seal one
 *
 * One that goes back to a session has no X25519, no signature and no master secret to derive, and besides:
 *
 *   random                         the session id with it (RFC 5077  -
 *                                  3.4), one draw
 *   ticket                         -                                 its key derived (one MAC), one AEAD keying, one opening
 */
#include "tests/bench/floor_list.h"

#include "core/base/wire.h"

#include <string.h>

#define MASTER_LEN   48u
#define FINISHED_LEN 16u /* header and verify_data */
#define POINT_LEN    36u /* named_curve, x25519, length, point */

/* P_hash under the key that is loaded, RFC 5246 5. */
static void
prf(struct floor *f, struct floor_side *s, const char *label, const uint8_t *seed, size_t seed_len, uint8_t *out,
    size_t len)
{
    uint8_t text[64 + 128], block[64];
    size_t label_len = strlen(label), text_len = f->hash_len + label_len + seed_len;
    memcpy(text + f->hash_len, label, label_len);
    memcpy(text + f->hash_len + label_len, seed, seed_len);
    floor_mac(f, s, text + f->hash_len, label_len + seed_len, text);
    for (size_t done = 0; done < len; done += f->hash_len) {
        size_t left = len - done;
        floor_mac(f, s, text, text_len, block);
        memcpy(out + done, block, left < f->hash_len ? left : f->hash_len);
        if (left > f->hash_len)
            floor_mac(f, s, text, f->hash_len, text);
    }
}

static void
master_secret(struct floor *f, struct floor_side *s, const uint8_t shared[32])
{
    floor_snapshot(f, s);
    floor_key_mac(f, s, shared, 32);
    prf(f, s, "extended master secret", s->hash, f->hash_len, s->master, MASTER_LEN);
}

/* The key block, and both directions keyed. The master secret stays loaded for what follows. */
static void
keys(struct floor *f, struct floor_side *s, enum tvt_role role)
{
    uint8_t block[2 * (64 + 12)], *iv = block + 2 * f->key_len;
    floor_key_mac(f, s, s->master, MASTER_LEN);
    prf(f, s, "key expansion", f->message, 64, block, 2 * (f->key_len + f->fixed_iv_len));
    for (unsigned way = 0; way < 2; way++) {
        unsigned from = way == 1 ? role : 1 - role;
        memset(s->iv[way], 0, sizeof s->iv[way]);
        memcpy(s->iv[way], iv + from * f->fixed_iv_len, f->fixed_iv_len);
        floor_key_aead(f, s, way, block + from * f->key_len);
    }
}

/* Over the last snapshot. */
static void
finished(struct floor *f, struct floor_side *s, enum tvt_role from, uint8_t *message)
{
    memset(message, 0, 4);
    prf(f, s, from == TVT_SERVER ? "server finished" : "client finished", s->hash, f->hash_len, message + 4,
        FINISHED_LEN - 4);
}

/* What a Finished is sealed with. */
static const uint8_t additional[13] = {0, 0, 0, 0, 0, 0, 0, 0, 22, 3, 3, 0, FINISHED_LEN};

/* A Finished of ours, on its way to the peer. */
static void
send_finished(struct floor *f, enum tvt_role role, bool add)
{
    struct floor_side *s = &f->side[role];
    uint8_t message[FINISHED_LEN];
    finished(f, s, role, message);
    if (add)
        floor_add_message(s, message, sizeof message);
    floor_seal(f, s, f->finished_sealed, message, sizeof message, tvt_span(additional, sizeof additional));
}

static void
receive_finished(struct floor *f, enum tvt_role role, bool add)
{
    struct floor_side *s = &f->side[role];
    uint8_t expected[FINISHED_LEN], *record = f->finished_sealed;
    floor_open(f, s, record, FINISHED_LEN + 16, tvt_span(additional, sizeof additional));
    finished(f, s, role == TVT_SERVER ? TVT_CLIENT : TVT_SERVER, expected);
    floor_need(f, memcmp(expected, record, sizeof expected) == 0);
    if (add)
        floor_add_message(s, record, FINISHED_LEN);
}

/* RFC 8422 5.4: both randoms, and the share. */
static struct tvt_span
signed_content(const struct floor *f, uint8_t out[64 + POINT_LEN])
{
    static const uint8_t curve[4] = {3, 0, 29, 32};
    memcpy(out, f->message, 64);
    memcpy(out + 64, curve, 4);
    memcpy(out + 68, f->share[TVT_SERVER], 32);
    return tvt_span(out, 64 + POINT_LEN);
}

/* ClientHello to ServerHelloDone. */
static void
add_hello_flights(struct floor *f, struct floor_side *s)
{
    const struct floor_lengths *l = &f->lengths;
    floor_begin_transcript(f, s);
    floor_add_message(s, f->message, l->server_hello);
    floor_add_message(s, f->message, l->certificate);
    floor_add_message(s, f->message, l->server_key_exchange);
    floor_add_message(s, f->message, 4);
}

/* ---- full ---- */

static void
client_begins(struct floor *f)
{
    floor_random(f, &f->side[TVT_CLIENT], 32);
}

static void
server_answers(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_SERVER];
    uint8_t content[64 + POINT_LEN];
    floor_random(f, s, 32);
    floor_kx_start(f, TVT_SERVER);
    f->signature_len = sizeof f->signature;
    floor_sign(f, signed_content(f, content), f->signature, &f->signature_len);
    add_hello_flights(f, s);
}

static void
client_answers(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_CLIENT];
    uint8_t content[64 + POINT_LEN], shared[32];
    add_hello_flights(f, s);
    floor_verify_leaf(f);
    floor_verify(f, signed_content(f, content), tvt_span(f->signature, f->signature_len));
    floor_kx_respond(f, TVT_CLIENT, shared);
    floor_add_message(s, f->message, f->lengths.client_key_exchange);
    master_secret(f, s, shared);
    keys(f, s, TVT_CLIENT);
    send_finished(f, TVT_CLIENT, true);
}

static void
server_finishes(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_SERVER];
    uint8_t shared[32];
    floor_kx_finish(f, TVT_SERVER, shared);
    floor_add_message(s, f->message, f->lengths.client_key_exchange);
    master_secret(f, s, shared);
    keys(f, s, TVT_SERVER);
    receive_finished(f, TVT_SERVER, true);
    floor_snapshot(f, s);
    send_finished(f, TVT_SERVER, false);
}

static void
client_finishes(struct floor *f)
{
    floor_snapshot(f, &f->side[TVT_CLIENT]);
    receive_finished(f, TVT_CLIENT, false);
}

/* ---- going back to a session ---- */

/* Both hellos, the keys out of the session's master secret, and the snapshot for the server's Finished. */
static void
go_back(struct floor *f, enum tvt_role role)
{
    struct floor_side *s = &f->side[role];
    floor_begin_transcript(f, s);
    floor_add_message(s, f->message, f->lengths.server_hello);
    memcpy(s->master, f->psk, MASTER_LEN);
    keys(f, s, role);
    floor_snapshot(f, s);
}

static void
resuming_client_begins(struct floor *f)
{
    floor_random(f, &f->side[TVT_CLIENT], 64);
}

static void
resuming_server_answers(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_SERVER];
    floor_open_ticket(f, s);
    floor_random(f, s, 32);
    go_back(f, TVT_SERVER);
    send_finished(f, TVT_SERVER, true);
}

static void
resuming_client_answers(struct floor *f)
{
    struct floor_side *s = &f->side[TVT_CLIENT];
    go_back(f, TVT_CLIENT);
    receive_finished(f, TVT_CLIENT, true);
    floor_snapshot(f, s);
    send_finished(f, TVT_CLIENT, false);
}

static void
resuming_server_finishes(struct floor *f)
{
    floor_snapshot(f, &f->side[TVT_SERVER]);
    receive_finished(f, TVT_SERVER, false);
}

const floor_turn floor_full12[FLOOR_TURNS_MAX + 1] = {client_begins, server_answers, client_answers, server_finishes,
                                                      client_finishes};
const floor_turn floor_resumed12[FLOOR_TURNS_MAX + 1] = {resuming_client_begins, resuming_server_answers,
                                                         resuming_client_answers, resuming_server_finishes};
