/* SPDX-License-Identifier: MIT
 *
 * NewSessionTicket (RFC 9846 4.7.1): a server makes a session of the connection and gives out a ticket for it; a client
 * makes a session of the ticket and gives it to the program.
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

#include <string.h>

/* The name that the peer's certificates were compared with, "" where nobody did: a later connection that asks for a name
 * must not take one for compared that was only spoken of. */
static const char *
name_compared(const struct tvt_handshake *hs)
{
    enum tvt_verify v = hs->config->verify;
    return hs->role == TVT_CLIENT && v != TVT_VERIFY_NONE && v != TVT_VERIFY_CHAIN_ONLY ? tvt_handshake_verify_name(hs)
                                                                                        : "";
}

/* What both sides remember of this connection. */
void
tvt_session_describe(const struct tvt_handshake *hs, struct tvt_session *s)
{
    const struct tvt_session *from = hs->session; /* what a resumed connection knows of its peer, it knows from there */
    bool own = from == NULL || hs->shown.num > 0;
    s->kind = TVT_SESSION_RESUMPTION;
    s->version = hs->suite->version;
    s->suite = hs->suite->id;
    s->hash = hs->suite->hash;
    s->group = hs->group;
    s->scheme = hs->scheme;
    s->secret_len = hs->hash->out_len;
    s->peer_verified = hs->peer_verified;
    s->peer_accepted =
        own ? hs->shown.raw_key && hs->shown.num > 0 && hs->config->verify != TVT_VERIFY_NONE : from->peer_accepted;
    s->peer_status = own ? hs->shown.status_good : from->peer_status;
    s->peer_by_key = from != NULL && (from->kind != TVT_SESSION_RESUMPTION || from->peer_by_key);
    tvt_copy(s->server_name, hs->server_name, strlen(hs->server_name) + 1);
    const char *compared = own ? name_compared(hs) : from->verify_name;
    tvt_copy(s->verify_name, compared, strlen(compared) + 1);
    s->alpn = hs->alpn;
    s->peer_chain = own ? tvt_buffer_span(&hs->shown.chain) : from->peer_chain;
    s->num_peer_chain = own ? hs->shown.num : from->num_peer_chain;
    s->peer_raw_key = own ? hs->shown.raw_key : from->peer_raw_key;
    s->ocsp_response = own ? tvt_buffer_span(&hs->shown.ocsp) : from->ocsp_response;
    s->sct_list = own ? tvt_buffer_span(&hs->shown.scts) : from->sct_list;
}

static enum tvt_result
derive_psk(struct tvt_handshake *hs, struct tvt_span nonce, uint8_t *out)
{
    struct tvt_kdf kdf = {0};
    int rc = tvt_kdf_init(&kdf, hs->hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_ticket(&kdf, hs->resumption_secret, nonce, out);
    tvt_kdf_free(&kdf);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "NewSessionTicket", "ticket_nonce", hs->provider, rc);
    return TVT_OK;
}

/* ---- server ---- */

enum tvt_result
tvt_ticket13_call(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)out;
    if (hs->tickets_due > 0)
        hs->tickets_due--;
    *edge = hs->wants_resumption && hs->ticket_nonce < UINT8_MAX ? 0 : 1;
    return TVT_OK;
}

bool
tvt_ticket_seal(struct tvt_handshake *hs, const struct tvt_session *fields, uint8_t *out, size_t cap, size_t *len)
{
    uint8_t state[TVT_LIMIT_TICKET_STATE];
    struct tvt_error ignored; /* a connection does not end for want of a ticket */
    size_t state_len = 0;
    bool made = false;
    tvt_error_clear(&ignored);
    if (tvt_session_encode(fields, state, sizeof state, &state_len, &ignored) == TVT_OK)
        made = tvt_ticket_keys_seal(hs->config->session.ticket_keys, TVT_SEALED_TICKET, out, cap, len,
                                    tvt_span(state, state_len), hs->config->clock(hs->config->clock_user),
                                    &ignored) == TVT_OK;
    tvt_wipe(state, sizeof state);
    return made;
}

/* A key into the cache, which may have refused the session. */
static bool
put_into_cache(struct tvt_handshake *hs, const struct tvt_session *fields, uint8_t id[TVT_SESSION_ID_LEN])
{
    const struct tvt_config_session *c = &hs->config->session;
    struct tvt_error ignored;
    struct tvt_session *session;
    tvt_error_clear(&ignored);
    if (hs->provider->random(hs->provider, id, TVT_SESSION_ID_LEN) != TVT_CRYPTO_OK ||
        tvt_session_make(&session, fields, &ignored) != TVT_OK)
        return false;
    bool put = c->cache->put(c->cache->user, id, session, fields->issued_ms + UINT64_C(1000) * c->lifetime_s) == TVT_OK;
    tvt_session_unref(session);
    return put;
}

/* The ticket is a key into the cache, or the session itself, sealed. False: there is none to give. */
static bool
make_ticket(struct tvt_handshake *hs, const struct tvt_session *fields, uint8_t *out, size_t cap, size_t *len)
{
    const struct tvt_config_session *c = &hs->config->session;
    *len = TVT_SESSION_ID_LEN;
    if (c->cache != NULL && put_into_cache(hs, fields, out))
        return true;
    return c->ticket_keys != NULL && tvt_ticket_seal(hs, fields, out, cap, len);
}

static bool
announces_early_data(const struct tvt_config_session *c)
{
    return c->max_early_data > 0 && c->replay != NULL;
}

/* Writes nothing, and so sends nothing, where no ticket can be made. */
enum tvt_result
tvt_ticket13_send(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_config *c = hs->config;
    uint8_t ticket[TVT_LIMIT_TICKET_STATE + TVT_SEALED_OVERHEAD], nonce = hs->ticket_nonce, age_add[4 + 1];
    struct tvt_session fields = {0};
    size_t len = 0;
    (void)in;
    (void)edge;
    int rc = hs->provider->random(hs->provider, age_add, c->grease ? sizeof age_add : 4);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_RANDOM, "NewSessionTicket", "ticket_age_add", hs->provider, rc);
    enum tvt_result r = derive_psk(hs, tvt_span(&nonce, 1), fields.secret);
    if (r != TVT_OK)
        return r;
    tvt_session_describe(hs, &fields);
    fields.age_add = (uint32_t)tvt_load_u16(age_add) << 16 | tvt_load_u16(age_add + 2);
    fields.lifetime_s = c->session.lifetime_s;
    fields.issued_ms = c->clock(c->clock_user);
    fields.max_early_data = announces_early_data(&c->session) ? c->session.max_early_data : 0;
    if (make_ticket(hs, &fields, ticket, sizeof ticket, &len)) {
        struct tvt_new_session_ticket m = {.lifetime = fields.lifetime_s,
                                           .age_add = fields.age_add,
                                           .nonce = tvt_span(&nonce, 1),
                                           .ticket = tvt_span(ticket, len)};
        if (fields.max_early_data > 0) {
            m.ext.present = TVT_EXT_BIT(TVT_EXT_EARLY_DATA);
            m.ext.max_early_data = fields.max_early_data;
        }
        if (c->grease) /* RFC 8701 4.1 */
            m.ext.grease = tvt_grease_value(age_add[4]);
        hs->ticket_nonce++;
        tvt_encode_new_session_ticket(out, &m);
    }
    tvt_wipe(&fields, sizeof fields);
    return TVT_OK;
}

/* ---- client ---- */

enum tvt_result
tvt_ticket13_recv(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_new_session_ticket *m = &in->u.new_session_ticket;
    const struct tvt_config *c = hs->config;
    struct tvt_session fields = {0}, *session;
    (void)out;
    (void)edge;
    if (!hs->wants_resumption || m->lifetime == 0 || m->ticket.len > TVT_LIMIT_TICKET)
        return TVT_OK; /* RFC 9846 4.7.1: 0 is to be dropped at once */
    enum tvt_result r = derive_psk(hs, m->nonce, fields.secret);
    if (r != TVT_OK)
        return r;
    tvt_session_describe(hs, &fields);
    fields.identity = m->ticket;
    fields.age_add = m->age_add;
    fields.lifetime_s = m->lifetime < TVT_LIMIT_TICKET_LIFETIME ? m->lifetime : TVT_LIMIT_TICKET_LIFETIME;
    fields.issued_ms = c->clock(c->clock_user);
    fields.max_early_data = tvt_has(&m->ext, TVT_EXT_EARLY_DATA) ? m->ext.max_early_data : 0;
    r = tvt_session_make(&session, &fields, hs->error);
    tvt_wipe(&fields, sizeof fields);
    if (r != TVT_OK)
        return r;
    c->session.new_session(c->session.new_session_user, hs->connection, session);
    tvt_session_unref(session);
    return TVT_OK;
}
