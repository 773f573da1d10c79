/* SPDX-License-Identifier: MIT
 *
 * Sessions of TLS 1.2: gone back to by a ticket (RFC 5077) or by an id (RFC 5246 7.3), and made of a handshake that is done.
 */
#include "core/base/memory.h"
#include "core/handshake/tls12.h"

/* ---- both sides ---- */

enum tvt_result
tvt_session12_resume(struct tvt_handshake *hs, struct tvt_session *session)
{
    struct tvt_schedule12 *schedule = &hs->scratch->schedule12;
    if (hs->session == NULL)
        hs->session = tvt_session_ref(session);
    hs->peer_verified = session->peer_verified;
    hs->group = session->group;
    int rc = schedule->ready ? TVT_CRYPTO_OK : tvt_schedule12_resume(schedule, session->secret);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "ServerHello", "master secret", hs->provider, rc);
    return tvt_recheck13(hs);
}

/* What this connection came to, for the next one. */
static void
describe(const struct tvt_handshake *hs, struct tvt_session *fields)
{
    const struct tvt_scratch *s = hs->scratch;
    tvt_session_describe(hs, fields);
    tvt_copy(fields->secret, s->schedule12.master, TVT_MASTER12_LEN);
    fields->secret_len = TVT_MASTER12_LEN;
    fields->extended_master = hs->extended_master;
    tvt_copy(fields->session_id, s->session_id, s->session_id_len);
    fields->session_id_len = s->session_id_len;
    /* The master secret stays the same, and so does the day on which it was agreed. */
    fields->issued_ms = hs->session != NULL && hs->session->kind == TVT_SESSION_RESUMPTION
                            ? hs->session->issued_ms
                            : hs->config->clock(hs->config->clock_user);
}

/* ---- client ---- */

static bool
fits_client(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    return session->version == tvt_protocol12.version &&
           tvt_config_suite(hs->config, session->suite, tvt_protocol12.version) != NULL &&
           (session->extended_master || hs->config->allow_no_ems) && tvt_session_fits_client(hs, session);
}

void
tvt_session12_choose(struct tvt_handshake *hs)
{
    struct tvt_offer *o = &hs->scratch->offer;
    for (size_t i = 0; o->session12 == NULL && i < o->num_sessions; i++)
        if (fits_client(hs, o->session[i]))
            o->session12 = tvt_session_ref(o->session[i]);
}

struct tvt_session *
tvt_session12_offered(const struct tvt_handshake *hs)
{
    return hs->scratch->offer.session12;
}

enum tvt_result
tvt_session12_recv_ticket(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                          unsigned *edge)
{
    const struct tvt_new_session_ticket12 *m = &in->u.new_session_ticket12;
    struct tvt_scratch *s = hs->scratch;
    (void)out;
    (void)edge;
    s->ticket_lifetime = m->lifetime_hint;
    if (m->ticket.len > TVT_LIMIT_TICKET) /* as if none had come */
        return TVT_OK;
    if (!tvt_buffer_append(&s->ticket, m->ticket.data, m->ticket.len))
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "NewSessionTicket", "ticket");
    return TVT_OK;
}

static enum tvt_result
give_to_program(struct tvt_handshake *hs)
{
    const struct tvt_config_session *c = &hs->config->session;
    const struct tvt_scratch *s = hs->scratch;
    struct tvt_session fields = {0}, *session;
    bool resumed = hs->session != NULL && hs->session->kind == TVT_SESSION_RESUMPTION;
    if (c->new_session == NULL || hs->config->clock == NULL ||
        (s->ticket.len == 0 && (resumed || s->session_id_len == 0)))
        return TVT_OK;
    describe(hs, &fields);
    fields.identity = tvt_buffer_span(&s->ticket);
    fields.lifetime_s = s->ticket.len > 0 && s->ticket_lifetime > 0 ? s->ticket_lifetime : c->lifetime_s;
    if (fields.lifetime_s > TVT_LIMIT_TICKET_LIFETIME)
        fields.lifetime_s = TVT_LIMIT_TICKET_LIFETIME;
    enum tvt_result r = tvt_session_make(&session, &fields, hs->error);
    tvt_wipe(&fields, sizeof fields);
    if (r != TVT_OK)
        return r;
    c->new_session(c->new_session_user, hs->connection, session);
    tvt_session_unref(session);
    return TVT_OK;
}

/* ---- server: found ---- */

static const struct tvt_session_cache *
cache_of(const struct tvt_handshake *hs)
{
    const struct tvt_config_session *c = &hs->config->session;
    return c->cache != NULL ? c->cache : c->id_cache;
}

void
tvt_session_put_back(const struct tvt_session_cache *cache, const uint8_t id[TVT_SESSION_ID_LEN],
                     struct tvt_session *session)
{
    (void)cache->put(cache->user, id, session, session->issued_ms + UINT64_C(1000) * session->lifetime_s);
}

/* A session of an id stays in the cache: it may be gone back to until it ends, by two at once too. Where the store can only
 * take, one of two that ask in the same moment finds nothing, and makes a full handshake. PENDING. */
static enum tvt_result
look_up_id(struct tvt_handshake *hs, struct tvt_span id, struct tvt_session **out)
{
    const struct tvt_session_cache *cache = cache_of(hs);
    if (cache == NULL || id.len != TVT_SESSION_ID_LEN)
        return TVT_FAIL;
    enum tvt_result r =
        cache->get != NULL ? cache->get(cache->user, id.data, out) : cache->take(cache->user, id.data, out);
    if (r == TVT_OK && *out == NULL) /* a callback's nonsense */
        return TVT_FAIL;
    if (r == TVT_OK && cache->get == NULL)
        tvt_session_put_back(cache, id.data, *out);
    return r;
}

/* RFC 7627 5.3 has the four cases. */
static enum tvt_result
check_master(struct tvt_handshake *hs, const struct tvt_session *session, bool *fits)
{
    *fits = session->extended_master == hs->extended_master;
    if (session->extended_master && !hs->extended_master)
        return tvt_fail(hs->error, TVT_E_SESSION_MASTER_SECRET, "ClientHello", "extended_master_secret");
    return TVT_OK;
}

static bool
fits_server(const struct tvt_handshake *hs, const struct tvt_client_hello *m, const struct tvt_session *session)
{
    if (session->version != tvt_protocol12.version || session->kind != TVT_SESSION_RESUMPTION ||
        session->secret_len != TVT_MASTER12_LEN ||
        tvt_config_suite(hs->config, session->suite, tvt_protocol12.version) == NULL ||
        !tvt_list16_has(m->suites, session->suite))
        return false;
    return tvt_session_fits_server(hs, session);
}

static bool
is_old(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    uint64_t age = hs->config->clock(hs->config->clock_user) - session->issued_ms;
    return age > UINT64_C(500) * session->lifetime_s;
}

enum tvt_result
tvt_session12_find(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    struct tvt_scratch *s = hs->scratch;
    struct tvt_session *session = NULL;
    bool by_ticket = tvt_has(&m->ext, TVT_EXT_SESSION_TICKET) && m->ext.session_ticket.len > 0, fits = false;
    /* Beside a ticket the id says nothing, and may be missing (RFC 5077 3.4). */
    if (hs->session != NULL || hs->config->clock == NULL || (!by_ticket && m->session_id.len == 0))
        return TVT_OK;
    enum tvt_result r =
        by_ticket ? tvt_ticket_open(hs, m->ext.session_ticket, &session) : look_up_id(hs, m->session_id, &session);
    if (r == TVT_PENDING)
        return r;
    if (r != TVT_OK)
        return TVT_OK;
    r = TVT_OK;
    if (fits_server(hs, m, session))
        r = check_master(hs, session, &fits);
    if (r != TVT_OK || !fits) {
        tvt_session_unref(session);
        return r;
    }
    r = tvt_tls12_take_suite(hs, tvt_config_suite(hs->config, session->suite, tvt_protocol12.version));
    hs->session = session;
    tvt_copy(s->session_id, m->session_id.data, m->session_id.len);
    s->session_id_len = (uint8_t)m->session_id.len;
    s->ticket_due = by_ticket && is_old(hs, session);
    return r;
}

/* ---- server: made ---- */

static bool
gives_ticket(const struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    const struct tvt_config_session *c = &hs->config->session;
    return c->ticket_keys != NULL && c->num_tickets > 0 && hs->config->clock != NULL &&
           tvt_has(&m->ext, TVT_EXT_SESSION_TICKET);
}

enum tvt_result
tvt_session12_plan(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    struct tvt_scratch *s = hs->scratch;
    s->ticket_due = gives_ticket(hs, m);
    if (s->ticket_due || cache_of(hs) == NULL || hs->config->clock == NULL)
        return TVT_OK;
    int rc = hs->provider->random(hs->provider, s->session_id, TVT_SESSION_ID_LEN);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_RANDOM, "ServerHello", "session_id", hs->provider, rc);
    s->session_id_len = TVT_SESSION_ID_LEN;
    return TVT_OK;
}

/* A ticket was promised in ServerHello: where none can be made, an empty one goes (RFC 5077 3.3). */
enum tvt_result
tvt_session12_send_ticket(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                          unsigned *edge)
{
    uint8_t ticket[TVT_LIMIT_TICKET_STATE + TVT_SEALED_OVERHEAD];
    struct tvt_session fields = {0};
    struct tvt_new_session_ticket12 m = {0};
    size_t len = 0;
    (void)in;
    (void)edge;
    describe(hs, &fields);
    fields.session_id_len = 0; /* the client makes up its own */
    fields.lifetime_s = hs->config->session.lifetime_s;
    if (tvt_ticket_seal(hs, &fields, ticket, sizeof ticket, &len)) {
        m.lifetime_hint = fields.lifetime_s;
        m.ticket = tvt_span(ticket, len);
    }
    tvt_encode_new_session_ticket12(out, &m);
    tvt_wipe(&fields, sizeof fields);
    return TVT_OK;
}

static enum tvt_result
put_into_cache(struct tvt_handshake *hs)
{
    const struct tvt_scratch *s = hs->scratch;
    const struct tvt_session_cache *cache = cache_of(hs);
    struct tvt_session fields = {0}, *session;
    struct tvt_error ignored; /* a connection does not end for want of a session */
    if (cache == NULL || s->session_id_len == 0)
        return TVT_OK;
    tvt_error_clear(&ignored);
    describe(hs, &fields);
    fields.lifetime_s = hs->config->session.lifetime_s;
    if (tvt_session_make(&session, &fields, &ignored) == TVT_OK) {
        (void)cache->put(cache->user, s->session_id, session, fields.issued_ms + UINT64_C(1000) * fields.lifetime_s);
        tvt_session_unref(session);
    }
    tvt_wipe(&fields, sizeof fields);
    return TVT_OK;
}

enum tvt_result
tvt_session12_done(struct tvt_handshake *hs)
{
    return hs->role == TVT_CLIENT ? give_to_program(hs) : put_into_cache(hs);
}
