/* SPDX-License-Identifier: MIT
 *
 * The step engine: finds the row, runs its handler, keeps the transcript, changes the keys and the state. Nobody else
 * does any of the last three.
 */
#include "core/base/memory.h"
#include "core/handshake/post13.h"
#include "core/handshake/tls12.h"

#include <stdio.h>

#define SEND_ROOM 1024u /* a message without certificates, signatures or shares, bytes */

/* ---- the flight ---- */

static enum tvt_result
push(struct tvt_handshake *hs, enum tvt_flight_kind kind, enum tvt_level level, size_t len)
{
    struct tvt_flight *f = &hs->flight;
    if (kind == TVT_FLIGHT_WRITE && f->num > 0 && f->op[f->num - 1].kind == TVT_FLIGHT_WRITE) {
        f->op[f->num - 1].len += len;
        return TVT_OK;
    }
    if (f->num == TVT_FLIGHT_OPS)
        return tvt_fail(hs->error, TVT_E_INTERNAL, NULL, "flight");
    f->op[f->num].kind = (uint8_t)kind;
    f->op[f->num].level = (uint8_t)level;
    f->op[f->num].len = len;
    f->num++;
    return TVT_OK;
}

/* ---- key changes ---- */

/* One that means nothing goes once, where the ClientHello had a session id; a server then has no choice (RFC 9846
 * appendix E.4). */
static bool
wants_ccs(struct tvt_handshake *hs)
{
    const struct tvt_scratch *s = hs->scratch;
    size_t session_id_len = hs->role == TVT_CLIENT ? s->offer.session_id_len : s->peer.session_id_len;
    return !s->sent_ccs && session_id_len > 0 && (hs->role == TVT_SERVER || hs->config->compatibility);
}

static enum tvt_result
change_keys(struct tvt_handshake *hs, unsigned keys)
{
    static const struct {
        unsigned key;
        enum tvt_level level;
    } sending[] = {{TVT_KEYS_SEND_EARLY, TVT_LEVEL_EARLY},
                   {TVT_KEYS_SEND_PLAIN, TVT_LEVEL_PLAIN},
                   {TVT_KEYS_SEND_HANDSHAKE, TVT_LEVEL_HANDSHAKE},
                   {TVT_KEYS_SEND_APPLICATION, TVT_LEVEL_APPLICATION},
                   {TVT_KEYS_SEND_NEXT, TVT_LEVEL_NEXT}},
      receiving[] = {{TVT_KEYS_RECEIVE_EARLY, TVT_LEVEL_EARLY},
                     {TVT_KEYS_RECEIVE_HANDSHAKE, TVT_LEVEL_HANDSHAKE},
                     {TVT_KEYS_RECEIVE_APPLICATION, TVT_LEVEL_APPLICATION},
                     {TVT_KEYS_RECEIVE_NEXT, TVT_LEVEL_NEXT}};
    enum tvt_result r = TVT_OK;
    int rc = hs->machine->protocol->derive(hs, keys);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, NULL, "key schedule", hs->provider, rc);
    if (keys & TVT_KEYS_CCS && (!hs->machine->protocol->dummy_ccs || wants_ccs(hs))) {
        hs->scratch->sent_ccs = true;
        r = push(hs, TVT_FLIGHT_CCS, TVT_LEVEL_NONE, 0);
    }
    for (size_t i = 0; r == TVT_OK && i < sizeof sending / sizeof sending[0]; i++)
        if (keys & sending[i].key)
            r = push(hs, TVT_FLIGHT_KEYS, sending[i].level, 0);
    for (size_t i = 0; i < sizeof receiving / sizeof receiving[0]; i++)
        if (keys & receiving[i].key)
            hs->receive_keys = receiving[i].level;
    return r;
}

/* ---- the transcript ---- */

static enum tvt_result
record_message(struct tvt_handshake *hs, enum tvt_transcript_rule rule, struct tvt_span raw)
{
    if (rule == TVT_TRANSCRIPT_NO)
        return TVT_OK;
    struct tvt_transcript *t = rule == TVT_TRANSCRIPT_POST ? tvt_post13_transcript(hs) : &hs->scratch->transcript;
    int rc = TVT_CRYPTO_OK;
    if (hs->hash != NULL && t->hash == NULL)
        rc = tvt_transcript_start(t, hs->hash);
    if (rc == TVT_CRYPTO_OK && rule == TVT_TRANSCRIPT_RETRY)
        rc = tvt_transcript_retry(t);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, NULL, "transcript", hs->provider, rc);
    if (!tvt_transcript_add(t, raw))
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, NULL, "transcript");
    return TVT_OK;
}

/* ---- one step ---- */

static enum tvt_result
follow(struct tvt_handshake *hs, const struct tvt_row *row, unsigned edge, struct tvt_span raw)
{
    if (edge >= row->num_edges)
        return tvt_fail(hs->error, TVT_E_INTERNAL, NULL, "edge");
    enum tvt_result r = record_message(hs, (enum tvt_transcript_rule)row->transcript, raw);
    if (r == TVT_OK)
        r = change_keys(hs, row->edges[edge].keys);
    if (r == TVT_OK)
        hs->state = row->edges[edge].next;
    return r;
}

/* Puts the state into an error that was raised below. */
static enum tvt_result
stamp(struct tvt_handshake *hs, enum tvt_result r)
{
    if (r == TVT_FAIL && hs->error->state == NULL)
        hs->error->state = tvt_handshake_state_name(hs);
    return r;
}

static enum tvt_result
refuse_unexpected(struct tvt_handshake *hs, const struct tvt_message *m)
{
    char legal[TVT_ERROR_DETAIL_MAX];
    size_t used = 0;
    legal[0] = '\0';
    for (size_t i = 0; i < hs->machine->num_rows; i++) {
        const struct tvt_row *row = &hs->machine->rows[i];
        if (row->state != hs->state || row->on >= TVT_ON_SEND || (row->num_edges == 0 && row->fork[0] == NULL))
            continue;
        int n = snprintf(legal + used, sizeof legal - used, "%s%s", used > 0 ? ", " : "",
                         tvt_message_kind_name((enum tvt_message_kind)row->on));
        if (n < 0 || (size_t)n >= sizeof legal - used)
            break;
        used += (size_t)n;
    }
    return tvt_fail_detail(hs->error, TVT_E_UNEXPECTED_MESSAGE, tvt_message_kind_name(m->kind), NULL, "legal here: %s",
                           used > 0 ? legal : "none");
}

static enum tvt_result
handle(struct tvt_handshake *hs, const struct tvt_message *m)
{
    const struct tvt_row *row = tvt_machine_row(hs->machine, hs->state, (uint8_t)m->kind);
    if (row == NULL)
        return refuse_unexpected(hs, m);
    unsigned edge = 0;
    enum tvt_result r = row->handler(hs, m, NULL, &edge);
    if (r != TVT_OK || row->fork[0] == NULL)
        return r == TVT_OK ? follow(hs, row, edge, m->raw) : r;
    if (edge >= sizeof row->fork / sizeof row->fork[0] || row->fork[edge] == NULL)
        return tvt_fail(hs->error, TVT_E_INTERNAL, NULL, "fork");
    hs->machine->protocol->free_schedule(hs->scratch); /* the other's stands in the same memory */
    hs->machine = row->fork[edge];
    hs->state = hs->machine->enter;
    hs->resting = 0;
    if (m->kind != TVT_MSG_CLIENT_HELLO) /* which reads the same in every version; others as that version writes them */
        r = hs->machine->protocol->decode(hs, &hs->scratch->message, m->raw);
    return r == TVT_OK ? handle(hs, &hs->scratch->message) : r;
}

enum tvt_result
tvt_handshake_receive(struct tvt_handshake *hs, struct tvt_span raw)
{
    struct tvt_message local, *m = hs->scratch != NULL ? &hs->scratch->message : &local;
    enum tvt_result r = hs->machine->protocol->decode(hs, m, raw);
    if (r == TVT_OK)
        r = handle(hs, m);
    if (hs->scratch != NULL)
        hs->scratch->message_held = r == TVT_PENDING;
    return stamp(hs, r);
}

enum tvt_result
tvt_handshake_resume(struct tvt_handshake *hs)
{
    if (!tvt_handshake_holds_message(hs))
        return TVT_OK;
    enum tvt_result r = handle(hs, &hs->scratch->message);
    hs->scratch->message_held = r == TVT_PENDING;
    return stamp(hs, r);
}

enum tvt_result
tvt_handshake_receive_ccs(struct tvt_handshake *hs)
{
    struct tvt_message m = {.kind = TVT_MSG_CHANGE_CIPHER_SPEC};
    return stamp(hs, handle(hs, &m));
}

/* Most bytes that a message of ours takes. */
static size_t
send_room(const struct tvt_handshake *hs, enum tvt_message_kind kind)
{
    const struct tvt_scratch *s = hs->scratch;
    size_t room = SEND_ROOM;
    if (kind == TVT_MSG_CLIENT_HELLO)
        room = tvt_offer13_room(hs);
    if (kind == TVT_MSG_NEW_SESSION_TICKET || kind == TVT_MSG_NEW_SESSION_TICKET12)
        room += TVT_LIMIT_TICKET_STATE + TVT_SEALED_OVERHEAD;
    if (kind == TVT_MSG_SERVER_HELLO13)
        room += TVT_KX_SHARE_MAX;
    if (kind == TVT_MSG_CERTIFICATE)
        room += tvt_auth13_certificate_room(hs);
    if (kind == TVT_MSG_CERTIFICATE12)
        room += tvt_auth12_certificate_room(hs);
    if (kind == TVT_MSG_CERTIFICATE_STATUS)
        room += s->chosen.credential->ocsp_len;
    if (kind == TVT_MSG_SERVER_KEY_EXCHANGE || kind == TVT_MSG_CLIENT_KEY_EXCHANGE)
        room += tvt_exchange12_room(hs);
    if (kind == TVT_MSG_SERVER_HELLO12 && s->chosen.credential != NULL)
        room += s->chosen.credential->scts_len;
    if (kind == TVT_MSG_CERTIFICATE_REQUEST || kind == TVT_MSG_CERTIFICATE_REQUEST12)
        room += tvt_request13_room(hs);
    if (kind == TVT_MSG_CERTIFICATE_VERIFY && s->chosen.credential != NULL)
        room += s->chosen.credential->signer->signature_max;
    return room;
}

/* What a test put in the place of a hello counts as what we sent. */
static enum tvt_result
adopt_replacement(struct tvt_handshake *hs, enum tvt_message_kind kind, struct tvt_span raw)
{
    struct tvt_message m;
    if (!tvt_buffer_append(&hs->flight.bytes, raw.data, raw.len))
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, tvt_message_kind_name(kind), NULL);
    if (kind != TVT_MSG_CLIENT_HELLO && kind != TVT_MSG_HELLO_RETRY)
        return TVT_OK;
    if (tvt_message_decode(&m, raw, NULL) != TVT_OK)
        return TVT_OK; /* the peer shall say so */
    if (m.kind == TVT_MSG_CLIENT_HELLO)
        hs->scratch->offer.extensions = m.u.client_hello.ext.present;
    if (m.kind == TVT_MSG_HELLO_RETRY)
        hs->scratch->chosen.cookie_sent = tvt_has(&m.u.server_hello.ext, TVT_EXT_COOKIE);
    return TVT_OK;
}

/* A message whose step failed does not go: what it would lead to is not there. `ops` and `had` are from before it. */
static void
take_back(struct tvt_flight *f, size_t ops, size_t had)
{
    if (ops > 0 && f->op[ops - 1].kind == TVT_FLIGHT_WRITE)
        f->op[ops - 1].len -= f->bytes.len - had;
    f->num = ops;
    f->bytes.len = had;
}

static enum tvt_result
send_message(struct tvt_handshake *hs, const struct tvt_row *row)
{
    enum tvt_message_kind kind = (enum tvt_message_kind)row->sends;
    size_t room = send_room(hs, kind), ops = hs->flight.num, had = hs->flight.bytes.len;
    uint8_t *at = tvt_buffer_reserve(&hs->flight.bytes, room);
    if (at == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, tvt_message_kind_name(kind), NULL);
    struct tvt_writer w;
    unsigned edge = 0;
    tvt_writer_init(&w, at, room);
    enum tvt_result r = row->handler(hs, NULL, &w, &edge);
    if (r != TVT_OK)
        return r;
    if (w.overflow)
        return tvt_fail(hs->error, TVT_E_INTERNAL, tvt_message_kind_name(kind), "room");
    if (tvt_writer_len(&w) == 0) /* nothing to say */
        return follow(hs, row, edge, tvt_span(NULL, 0));
    struct tvt_span raw = tvt_span(at, tvt_writer_len(&w));
    const struct tvt_test_port *port = &hs->config->test_port;
    if (port->replace != NULL && port->replace(port->user, kind, &raw))
        r = adopt_replacement(hs, kind, raw);
    else
        tvt_buffer_commit(&hs->flight.bytes, raw.len);
    if (r == TVT_OK)
        r = push(hs, TVT_FLIGHT_WRITE, TVT_LEVEL_NONE, raw.len);
    size_t whole = raw.len >= TVT_HANDSHAKE_HEADER ? TVT_HANDSHAKE_HEADER + tvt_load_u24(raw.data + 1) : raw.len;
    if (whole < raw.len) /* a test put more than one message there: the first counts */
        raw.len = whole;
    if (r == TVT_OK)
        r = follow(hs, row, edge, raw);
    if (r != TVT_OK)
        take_back(&hs->flight, ops, had);
    return r;
}

enum tvt_result
tvt_handshake_run(struct tvt_handshake *hs)
{
    enum tvt_result r = TVT_OK;
    const struct tvt_row *row;
    if (hs->resting == hs->state + 1u)
        return TVT_OK;
    while (r == TVT_OK && (row = tvt_machine_row(hs->machine, hs->state, TVT_ON_SEND)) != NULL)
        r = send_message(hs, row);
    if (r == TVT_OK)
        hs->resting = (uint8_t)(hs->state + 1u);
    return stamp(hs, r);
}

enum tvt_result
tvt_handshake_call(struct tvt_handshake *hs, uint8_t on)
{
    const struct tvt_row *row = tvt_machine_row(hs->machine, hs->state, on);
    if (row == NULL) {
        struct tvt_error none;
        tvt_error_clear(&none);
        return tvt_fail(&none, TVT_E_WRONG_CALL, NULL, NULL);
    }
    unsigned edge = 0;
    enum tvt_result r = row->handler(hs, NULL, NULL, &edge);
    if (r == TVT_OK)
        r = follow(hs, row, edge, tvt_span(NULL, 0));
    return r == TVT_OK ? tvt_handshake_run(hs) : stamp(hs, r);
}

enum tvt_result
tvt_handshake_call_key_update(struct tvt_handshake *hs, bool request)
{
    if (tvt_machine_row(hs->machine, hs->state, TVT_ON_CALL_KEY_UPDATE) != NULL)
        hs->request_update = request;
    return tvt_handshake_call(hs, TVT_ON_CALL_KEY_UPDATE);
}
