/* SPDX-License-Identifier: MIT
 *
 * What a client offers: its ClientHello, the first and the one that answers a HelloRetryRequest (RFC 9846 4.2.2), with what a
 * server needs that has TLS 1.2 alone (RFC 5246 7.4.1.2).
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

/* ---- key shares, RFC 9846 4.3.8 ---- */

uint16_t
tvt_grease_value(uint8_t random)
{
    unsigned nibble = random & 0x0fu;
    return (uint16_t)(0x0a0au | nibble << 4 | nibble << 12);
}

static uint16_t
grease_value(const struct tvt_handshake *hs, unsigned place)
{
    return tvt_grease_value((uint8_t)(hs->scratch->offer.grease[place / 2] >> (place % 2 * 4)));
}

enum grease_place { GREASE_SUITE, GREASE_GROUP, GREASE_VERSION, GREASE_EXTENSION };

static enum tvt_result
add_grease_share(struct tvt_handshake *hs)
{
    uint8_t *at = tvt_buffer_reserve(&hs->scratch->offer.key_shares, 5);
    if (at == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "ClientHello", "key_share");
    tvt_store_u16(at, grease_value(hs, GREASE_GROUP));
    tvt_store_u16(at + 2, 1);
    at[4] = 0;
    tvt_buffer_commit(&hs->scratch->offer.key_shares, 5);
    return TVT_OK;
}

/* The key shares of the first ClientHello, or the one that a HelloRetryRequest asked for. */
static enum tvt_result
make_shares(struct tvt_handshake *hs, const uint16_t *groups, size_t num)
{
    struct tvt_offer *o = &hs->scratch->offer;
    const struct tvt_allocator *a = &hs->config->allocator;
    for (size_t i = 0; i < num; i++) {
        struct tvt_group g;
        if (!tvt_group_find(&g, hs->provider, groups[i]))
            return tvt_fail(hs->error, TVT_E_NOT_OFFERED, "ClientHello", "key_share");
        if (o->share[i] == NULL)
            o->share[i] = tvt_alloc_aligned(a, sizeof *o->share[i]);
        uint8_t *at = tvt_buffer_reserve(&o->key_shares, 4 + g.initiator_len);
        if (o->share[i] == NULL || at == NULL)
            return tvt_fail(hs->error, TVT_E_NO_MEMORY, "ClientHello", "key_share");
        tvt_store_u16(at, g.id);
        tvt_store_u16(at + 2, (uint16_t)g.initiator_len);
        int rc = tvt_group_start(o->share[i], &g, at + 4);
        if (rc != TVT_CRYPTO_OK)
            return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "ClientHello", "key_share", hs->provider, rc);
        tvt_buffer_commit(&o->key_shares, 4 + g.initiator_len);
        o->num_shares = i + 1;
    }
    return TVT_OK;
}

/* ---- lists and extensions, RFC 9846 4.3 ---- */

struct hello_lists {
    uint8_t versions[6], suites[2 * (TVT_CONFIG_SUITES_MAX + 2)], groups[2 * (TVT_CONFIG_GROUPS_MAX + 1)], psk_modes[2];
    struct tvt_auth_lists auth;
};

static void
list16_add(struct tvt_span *list, uint8_t *memory, uint16_t v)
{
    tvt_store_u16(memory + list->len, v);
    *list = tvt_span(memory, list->len + 2);
}

/* A suite of a version that is spoken; one of TLS 1.2's with a pre-shared key where we have one. */
bool
tvt_offer13_has_suite(const struct tvt_config *c, const struct tvt_suite *suite)
{
    return suite->version >= c->min_version && suite->version <= c->max_version &&
           (suite->auth != TVT_AUTH_PSK || tvt_exchange12_psk(c) != NULL);
}

static void
fill_lists(struct tvt_handshake *hs, struct tvt_client_hello *m, struct hello_lists *lists)
{
    const struct tvt_config *c = hs->config;
    struct tvt_extensions *e = &m->ext;
    if (c->grease) {
        list16_add(&m->suites, lists->suites, grease_value(hs, GREASE_SUITE));
        list16_add(&e->supported_groups, lists->groups, grease_value(hs, GREASE_GROUP));
        list16_add(&e->versions, lists->versions, grease_value(hs, GREASE_VERSION));
        e->grease = grease_value(hs, GREASE_EXTENSION);
    }
    for (size_t i = 0; i < c->num_suites; i++)
        if (tvt_offer13_has_suite(c, c->suites[i]))
            list16_add(&m->suites, lists->suites, c->suites[i]->id);
    if (c->fallback && !tvt_config_speaks(c, TVT_VERSION_TLS13)) /* RFC 7507 4: never with the highest version */
        list16_add(&m->suites, lists->suites, TVT_SCSV_FALLBACK);
    for (size_t i = 0; i < c->num_groups; i++)
        list16_add(&e->supported_groups, lists->groups, c->groups[i]);
    e->present |= TVT_EXT_BIT(TVT_EXT_SUPPORTED_GROUPS);
    if (!tvt_config_speaks(c, TVT_VERSION_TLS13))
        return; /* RFC 9846 4.3.1: legacy_version says it */
    list16_add(&e->versions, lists->versions, TVT_VERSION_TLS13);
    if (tvt_config_speaks(c, TVT_VERSION_TLS12))
        list16_add(&e->versions, lists->versions, TVT_VERSION_TLS12);
    e->present |= TVT_EXT_BIT(TVT_EXT_SUPPORTED_VERSIONS);
}

static void
fill_record_limits(struct tvt_handshake *hs, struct tvt_extensions *e)
{
    const struct tvt_config *c = hs->config;
    if (c->record_size_limit != 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_RECORD_SIZE_LIMIT);
        e->record_size_limit = c->record_size_limit;
        hs->record_limit_sent = c->record_size_limit;
    } else if (c->max_fragment != 0) { /* RFC 6066 4: 1 is 2^9 bytes, to 4, 2^12 */
        e->present |= TVT_EXT_BIT(TVT_EXT_MAX_FRAGMENT_LENGTH);
        for (e->max_fragment_length = 1; 256u << e->max_fragment_length < c->max_fragment;)
            e->max_fragment_length++;
    }
}

/* What TLS 1.2 has as extensions and TLS 1.3 without: RFC 7627 5.2, RFC 5746 3.4, RFC 8422 5.1.2, RFC 5077 3.2. */
static void
fill_tls12(struct tvt_handshake *hs, struct tvt_extensions *e)
{
    static const uint8_t uncompressed[] = {0};
    const struct tvt_session *session = hs->scratch->offer.session12;
    if (!tvt_config_speaks(hs->config, TVT_VERSION_TLS12))
        return;
    e->present |= TVT_EXT_BIT(TVT_EXT_EXTENDED_MASTER_SECRET) | TVT_EXT_BIT(TVT_EXT_RENEGOTIATION_INFO) |
                  TVT_EXT_BIT(TVT_EXT_EC_POINT_FORMATS);
    e->point_formats = tvt_span(uncompressed, 1);
    if (session == NULL && hs->config->session.new_session == NULL)
        return;
    e->present |= TVT_EXT_BIT(TVT_EXT_SESSION_TICKET);
    if (session != NULL)
        e->session_ticket = session->identity;
}

/* What says that sessions are wanted, or offers one (RFC 9846 4.3.9 to 4.3.11; RFC 9149). */
static enum tvt_result
fill_sessions(struct tvt_handshake *hs, struct tvt_extensions *e, struct hello_lists *lists)
{
    const struct tvt_config_session *c = &hs->config->session;
    const struct tvt_offer *o = &hs->scratch->offer;
    size_t modes = 0;
    if (o->num_sessions > 0 || c->new_session != NULL) {
        if (c->psk_modes & TVT_PSK_DHE_KE)
            lists->psk_modes[modes++] = 1;
        if (c->psk_modes & TVT_PSK_KE)
            lists->psk_modes[modes++] = 0;
        e->present |= TVT_EXT_BIT(TVT_EXT_PSK_KEY_EXCHANGE_MODES);
        e->psk_modes = tvt_span(lists->psk_modes, modes);
    }
    if (c->request_tickets) {
        e->present |= TVT_EXT_BIT(TVT_EXT_TICKET_REQUEST);
        e->tickets_fresh = c->tickets_fresh;
        e->tickets_resumed = c->tickets_resumed;
    }
    if (o->early)
        e->present |= TVT_EXT_BIT(TVT_EXT_EARLY_DATA);
    return o->num_sessions > 0 ? tvt_psk13_fill(hs, e) : TVT_OK;
}

static void
fill_names(struct tvt_handshake *hs, struct tvt_extensions *e)
{
    const struct tvt_config *c = hs->config;
    const struct tvt_offer *o = &hs->scratch->offer;
    if (hs->server_name[0] != '\0') {
        e->present |= TVT_EXT_BIT(TVT_EXT_SERVER_NAME);
        e->server_name = tvt_span_string(hs->server_name);
    }
    if (c->alpn_len > 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_ALPN);
        e->alpn = tvt_span(c->alpn, c->alpn_len);
    }
    if (o->cookie.len > 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_COOKIE);
        e->cookie = tvt_buffer_span(&o->cookie);
    }
}

size_t
tvt_offer13_room(const struct tvt_handshake *hs)
{
    const struct tvt_config *c = hs->config;
    const struct tvt_offer *o = &hs->scratch->offer;
    size_t room = 1024 + sizeof(struct hello_lists) + c->alpn_len + c->auth.authorities_len + o->key_shares.len +
                  o->cookie.len + (c->num_shares + 1) * (TVT_KX_SHARE_MAX + 4); /* one more for a HelloRetryRequest */
    for (size_t i = 0; i < o->num_sessions; i++)
        room += o->session[i]->identity.len + 6 + 1 + TVT_HASH_MAX;
    if (o->session12 != NULL)
        room += o->session12->identity.len;
    return room;
}

/* ---- the message ---- */

static enum tvt_result
write_client_hello(struct tvt_handshake *hs, struct tvt_writer *out)
{
    static const uint8_t null_compression[] = {0};
    struct tvt_offer *o = &hs->scratch->offer;
    struct hello_lists lists;
    struct tvt_client_hello m = {.legacy_version = TVT_VERSION_TLS12,
                                 .random = tvt_span(o->random, sizeof o->random),
                                 .session_id = tvt_span(o->session_id, o->session_id_len),
                                 .compression = tvt_span(null_compression, 1),
                                 .has_extensions = true};
    fill_lists(hs, &m, &lists);
    fill_names(hs, &m.ext);
    fill_record_limits(hs, &m.ext);
    tvt_auth13_offer(hs, &m.ext, &lists.auth);
    fill_tls12(hs, &m.ext);
    enum tvt_result r = TVT_OK;
    if (tvt_config_speaks(hs->config, TVT_VERSION_TLS13)) {
        m.ext.present |= TVT_EXT_BIT(TVT_EXT_KEY_SHARE);
        m.ext.key_shares = tvt_buffer_span(&o->key_shares);
        r = fill_sessions(hs, &m.ext, &lists);
    }
    if (r != TVT_OK)
        return r;
    o->extensions = m.ext.present;
    tvt_encode_client_hello(out, &m);
    if (out->overflow || o->num_sessions == 0 || !tvt_config_speaks(hs->config, TVT_VERSION_TLS13))
        return TVT_OK; /* no pre_shared_key, and so no binders at its end */
    return tvt_psk13_bind(hs, out->start, tvt_writer_len(out));
}

static enum tvt_result
fill_random(struct tvt_handshake *hs, uint8_t *out, size_t len, const char *field)
{
    int rc = hs->provider->random(hs->provider, out, len);
    return rc == TVT_CRYPTO_OK ? TVT_OK
                               : tvt_fail_crypto(hs->error, TVT_E_RANDOM, "ClientHello", field, hs->provider, rc);
}

/* The id of the session that is offered to a server of TLS 1.2, or, beside its ticket, one made up (RFC 5077 3.4); else one made
 * up for compatibility with TLS 1.2 (RFC 9846 appendix E.4), of which such a server knows nothing. */
static bool
makes_up_session_id(struct tvt_handshake *hs)
{
    struct tvt_offer *o = &hs->scratch->offer;
    const struct tvt_session *session = o->session12;
    if (session != NULL && session->identity.len == 0) {
        tvt_copy(o->session_id, session->session_id, session->session_id_len);
        o->session_id_len = session->session_id_len;
        return false;
    }
    return session != NULL || (hs->config->compatibility && tvt_config_speaks(hs->config, TVT_VERSION_TLS13));
}

/* The random and the session id come in one draw: what a draw costs, it costs whatever its length. */
static enum tvt_result
draw(struct tvt_handshake *hs)
{
    struct tvt_offer *o = &hs->scratch->offer;
    uint8_t bytes[sizeof o->random + sizeof o->session_id];
    bool both = makes_up_session_id(hs);
    enum tvt_result r = fill_random(hs, bytes, both ? sizeof bytes : sizeof o->random, "random");
    if (r != TVT_OK)
        return r;
    tvt_copy(o->random, bytes, sizeof o->random);
    tvt_copy(hs->scratch->client_random, bytes, sizeof o->random);
    if (both) {
        tvt_copy(o->session_id, bytes + sizeof o->random, sizeof o->session_id);
        o->session_id_len = sizeof o->session_id;
    }
    return hs->config->grease ? fill_random(hs, o->grease, sizeof o->grease, "GREASE") : TVT_OK;
}

enum tvt_result
tvt_offer13_send_client_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                              unsigned *edge)
{
    struct tvt_offer *o = &hs->scratch->offer;
    (void)in;
    tvt_psk13_prune(hs);
    enum tvt_result r = draw(hs);
    if (r == TVT_OK && hs->config->grease)
        r = add_grease_share(hs);
    if (r == TVT_OK && tvt_config_speaks(hs->config, TVT_VERSION_TLS13))
        r = make_shares(hs, hs->config->shares, hs->config->num_shares);
    if (r != TVT_OK)
        return r;
    *edge = o->early ? 1 : 0;
    return write_client_hello(hs, out);
}

enum tvt_result
tvt_offer13_send_second_client_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                                     unsigned *edge)
{
    struct tvt_scratch *s = hs->scratch;
    (void)in;
    (void)edge;
    if (s->chosen.retry_group != 0) {
        for (size_t i = 0; i < s->offer.num_shares; i++)
            tvt_group_discard(s->offer.share[i]);
        tvt_buffer_consume(&s->offer.key_shares, s->offer.key_shares.len);
        s->offer.num_shares = 0;
        enum tvt_result r = make_shares(hs, &s->chosen.retry_group, 1);
        if (r != TVT_OK)
            return r;
    }
    tvt_psk13_prune(hs);
    return write_client_hello(hs, out);
}
