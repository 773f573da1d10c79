/* SPDX-License-Identifier: MIT
 *
 * Pre-shared keys, the server's side: identities are looked up, the first that fits is taken, its binder checked (RFC 9846
 * 4.3.11).
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

#include <string.h>

enum tvt_result
tvt_ticket_open(struct tvt_handshake *hs, struct tvt_span ticket, struct tvt_session **out)
{
    const struct tvt_config *c = hs->config;
    uint8_t opened[TVT_LIMIT_TICKET_STATE + TVT_SEALED_OVERHEAD];
    struct tvt_error ignored; /* a ticket of another version of Trivet, perhaps */
    size_t len;
    if (c->session.ticket_keys == NULL || ticket.len > sizeof opened ||
        !tvt_ticket_keys_open(c->session.ticket_keys, TVT_SEALED_TICKET, opened, sizeof opened, &len, ticket,
                              c->clock(c->clock_user)))
        return TVT_FAIL;
    tvt_error_clear(&ignored);
    enum tvt_result r = tvt_session_decode(out, tvt_span(opened, len), &ignored);
    tvt_wipe(opened, sizeof opened);
    return r;
}

/* The session of a ticket of ours; PENDING. */
static enum tvt_result
look_up_ticket(struct tvt_handshake *hs, struct tvt_span ticket, struct tvt_session **out)
{
    const struct tvt_config *c = hs->config;
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    if (c->clock == NULL)
        return TVT_FAIL;
    if (c->session.cache != NULL && ticket.len == TVT_SESSION_ID_LEN) {
        if (chosen->taken != NULL && memcmp(chosen->taken_id, ticket.data, ticket.len) == 0) {
            *out = tvt_session_ref(chosen->taken); /* of the first ClientHello, before a HelloRetryRequest */
            return TVT_OK;
        }
        enum tvt_result r = c->session.cache->take(c->session.cache->user, ticket.data, out);
        /* Its time, name and certificates would not be looked at; and the id of one of TLS 1.2 is in the clear on the wire: who
         * offers that here must not take the session from its client. */
        if (r == TVT_OK && *out != NULL &&
            ((*out)->kind != TVT_SESSION_RESUMPTION || (*out)->version != TVT_VERSION_TLS13)) {
            if ((*out)->version != TVT_VERSION_TLS13)
                tvt_session_put_back(c->session.cache, ticket.data, *out);
            tvt_session_unref(*out);
            *out = NULL;
            return TVT_FAIL;
        }
        if (r == TVT_OK && chosen->taken == NULL) {
            tvt_copy(chosen->taken_id, ticket.data, ticket.len);
            chosen->taken = tvt_session_ref(*out);
        }
        return r;
    }
    return tvt_ticket_open(hs, ticket, out);
}

static enum tvt_result
look_up(struct tvt_handshake *hs, struct tvt_span identity, struct tvt_session **out)
{
    const struct tvt_config_session *c = &hs->config->session;
    for (size_t i = 0; i < c->num_psk; i++) {
        if (tvt_span_equal(c->psk[i]->identity, identity)) {
            *out = tvt_session_ref(c->psk[i]);
            return TVT_OK;
        }
    }
    enum tvt_result r = TVT_FAIL;
    if (c->psk_lookup != NULL)
        r = c->psk_lookup(c->psk_lookup_user, identity, out);
    return r == TVT_FAIL ? look_up_ticket(hs, identity, out) : r;
}

/* The suite for a PSK: its own where the client has it, else another of the same hash. */
static const struct tvt_suite *
suite_for(const struct tvt_config *c, struct tvt_span list, const struct tvt_session *session)
{
    const struct tvt_suite *fit = NULL;
    for (size_t i = 0; i < c->num_suites; i++) {
        const struct tvt_suite *suite = c->suites[i];
        if (suite->version != TVT_VERSION_TLS13 || suite->hash != session->hash || !tvt_list16_has(list, suite->id))
            continue;
        if (suite->id == session->suite)
            return suite;
        if (fit == NULL)
            fit = suite;
    }
    return fit;
}

/* Who came by an external key where one is taken does not come in by its ticket where none is. */
static bool
takes_keys(const struct tvt_config *c)
{
    return c->session.num_psk > 0 || c->session.psk_lookup != NULL;
}

/* It proved of the client what this configuration asks of one. */
static bool
proves_enough(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    bool by_key = session->peer_by_key && takes_keys(c);
    if (c->verify == TVT_VERIFY_REQUIRE && !session->peer_verified && !session->peer_accepted && !by_key)
        return false;
    return c->auth.ocsp != TVT_STAPLE_REQUIRE || session->num_peer_chain == 0 || session->peer_status;
}

bool
tvt_session_fits_server(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    return c->clock != NULL && tvt_session_fresh(session, c->clock(c->clock_user)) &&
           strcmp(session->server_name, hs->server_name) == 0 && proves_enough(hs, session);
}

static bool
fits_server(const struct tvt_handshake *hs, const struct tvt_client_hello *m, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    if (session == NULL ||
        session->secret_len == 0) /* a callback's nonsense; a key of no bytes is known to everybody */
        return false;
    const struct tvt_suite *suite = suite_for(c, m->suites, session);
    if (session->version != TVT_VERSION_TLS13 || suite == NULL || tvt_psk13_hash(hs, session) == NULL)
        return false;
    if (hs->hello_retry && suite != hs->suite && hs->suite->hash != session->hash)
        return false;
    return session->kind != TVT_SESSION_RESUMPTION || tvt_session_fits_server(hs, session);
}

static enum tvt_result
check_binder(struct tvt_handshake *hs, const struct tvt_message *in, const struct tvt_session *session, size_t index)
{
    const struct tvt_extensions *e = &in->u.client_hello.ext;
    struct tvt_span rest = e->psk_binders, binder = {NULL, 0};
    uint8_t expected[TVT_HASH_MAX];
    for (size_t i = 0; i <= index; i++)
        (void)tvt_list_next_vec8(&rest, &binder);
    int rc = tvt_psk13_binder(hs, session, tvt_span(in->raw.data, e->psk_binders_offset), expected);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "ClientHello", "pre_shared_key.binders", hs->provider, rc);
    size_t len = tvt_psk13_hash(hs, session)->out_len;
    bool good = binder.len == len && tvt_equal_secret(expected, binder.data, len);
    tvt_wipe(expected, sizeof expected);
    return good ? TVT_OK : tvt_fail(hs->error, TVT_E_BAD_BINDER, "ClientHello", "pre_shared_key.binders");
}

static enum tvt_result
take(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_session *session, size_t index)
{
    const struct tvt_suite *suite = suite_for(hs->config, in->u.client_hello.suites, session);
    tvt_session_unref(hs->session);
    hs->session = session;
    hs->scratch->chosen.psk_index = (uint16_t)index;
    hs->peer_verified = session->peer_verified;
    if (!hs->hello_retry)
        hs->suite = suite; /* a HelloRetryRequest named one that has the same hash */
    hs->hash = tvt_provider_hash(hs->provider, hs->suite->hash);
    hs->aead = tvt_provider_aead(hs->provider, hs->suite->aead);
    return check_binder(hs, in, session, index);
}

static bool
choose_mode(struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    unsigned ours = hs->config->session.psk_modes;
    bool dhe = (ours & TVT_PSK_DHE_KE) && tvt_list8_has(e->psk_modes, 1);
    bool only = (ours & TVT_PSK_KE) && tvt_list8_has(e->psk_modes, 0);
    hs->scratch->chosen.psk_only = only && (!dhe || !tvt_has(e, TVT_EXT_KEY_SHARE));
    return dhe || only;
}

enum tvt_result
tvt_psk13_select(struct tvt_handshake *hs, const struct tvt_message *in)
{
    const struct tvt_client_hello *m = &in->u.client_hello;
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    struct tvt_span rest = m->ext.psk_identities, identity;
    if (chosen->psk_looked_up)
        return TVT_OK;
    if (tvt_has(&m->ext, TVT_EXT_PRE_SHARED_KEY) && choose_mode(hs, &m->ext)) {
        for (size_t i = 0; i < TVT_LIMIT_PSKS && tvt_list_next_vec16(&rest, &identity); i++) {
            struct tvt_session *session = NULL;
            uint32_t age = (uint32_t)tvt_load_u16(rest.data) << 16 | tvt_load_u16(rest.data + 2);
            rest = tvt_span(rest.data + 4, rest.len - 4);
            if (i < chosen->psk_next)
                continue;
            enum tvt_result r = look_up(hs, identity, &session);
            if (r == TVT_PENDING)
                return r;
            chosen->psk_next = (uint16_t)(i + 1);
            if (r != TVT_OK)
                continue;
            if (fits_server(hs, m, session)) {
                chosen->psk_looked_up = true;
                r = take(hs, in, session, i);
                if (r == TVT_OK && hs->config->clock != NULL)
                    tvt_early13_measure_age(hs, age, hs->config->clock(hs->config->clock_user));
                return r;
            }
            tvt_session_unref(session);
        }
    }
    chosen->psk_only = false;
    chosen->psk_looked_up = true;
    return TVT_OK;
}
