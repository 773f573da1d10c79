/* SPDX-License-Identifier: MIT
 *
 * The part of a configuration that is about sessions, pre-shared keys and 0-RTT.
 */
#include "core/handshake/config.h"

#define DEFAULT_TICKETS    2u
#define DEFAULT_LIFETIME_S 7200u
#define DEFAULT_WINDOW_MS  10000u

/* ---- life ---- */

void
tvt_config_session_defaults(struct tvt_config *c)
{
    c->session.num_tickets = DEFAULT_TICKETS;
    c->session.lifetime_s = DEFAULT_LIFETIME_S;
    c->session.psk_modes = TVT_PSK_DHE_KE;
    c->session.replay_window_ms = DEFAULT_WINDOW_MS;
}

void
tvt_config_session_copied(struct tvt_config *c)
{
    (void)tvt_ticket_keys_ref(c->session.ticket_keys);
    (void)tvt_ticket_keys_ref(c->session.cookie_keys);
    for (size_t i = 0; i < c->session.num_psk; i++)
        (void)tvt_session_ref(c->session.psk[i]);
}

void
tvt_config_session_free(struct tvt_config *c)
{
    tvt_ticket_keys_unref(c->session.ticket_keys);
    tvt_ticket_keys_unref(c->session.cookie_keys);
    for (size_t i = 0; i < c->session.num_psk; i++)
        tvt_session_unref(c->session.psk[i]);
}

/* ---- setters ---- */

enum tvt_result
tvt_config_set_new_session(struct tvt_config *c, tvt_session_callback *callback, void *user, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->session.new_session = callback;
    c->session.new_session_user = user;
    return TVT_OK;
}

static void
replace_keys(struct tvt_ticket_keys **at, struct tvt_ticket_keys *keys)
{
    struct tvt_ticket_keys *old = *at;
    *at = tvt_ticket_keys_ref(keys);
    tvt_ticket_keys_unref(old);
}

enum tvt_result
tvt_config_set_ticket_keys(struct tvt_config *c, struct tvt_ticket_keys *keys, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    replace_keys(&c->session.ticket_keys, keys);
    return TVT_OK;
}

static enum tvt_result
set_cache(struct tvt_config *c, const struct tvt_session_cache **at, const struct tvt_session_cache *cache,
          const char *call, struct tvt_error *e)
{
    if (!tvt_config_open(c, call, e))
        return TVT_FAIL;
    if (cache != NULL && (cache->put == NULL || cache->take == NULL))
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "session cache", "put and take are both needed");
    *at = cache;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_session_cache(struct tvt_config *c, const struct tvt_session_cache *cache, struct tvt_error *e)
{
    return set_cache(c, &c->session.cache, cache, __func__, e);
}

enum tvt_result
tvt_config_set_id_cache(struct tvt_config *c, const struct tvt_session_cache *cache, struct tvt_error *e)
{
    return set_cache(c, &c->session.id_cache, cache, __func__, e);
}

enum tvt_result
tvt_config_set_tickets(struct tvt_config *c, size_t num, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (num > TVT_LIMIT_TICKETS)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "tickets", TVT_LIMIT_TICKETS, num);
    c->session.num_tickets = num;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_ticket_request(struct tvt_config *c, uint8_t fresh, uint8_t resumed, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->session.request_tickets = true;
    c->session.tickets_fresh = fresh;
    c->session.tickets_resumed = resumed;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_session_lifetime(struct tvt_config *c, uint32_t seconds, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (seconds == 0 || seconds > TVT_LIMIT_TICKET_LIFETIME)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "session lifetime", TVT_LIMIT_TICKET_LIFETIME, seconds);
    c->session.lifetime_s = seconds;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_psk_modes(struct tvt_config *c, unsigned modes, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (modes == 0 || (modes & ~(TVT_PSK_KE | TVT_PSK_DHE_KE)) != 0)
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "PSK modes", "TVT_PSK_DHE_KE, TVT_PSK_KE or both");
    c->session.psk_modes = modes;
    return TVT_OK;
}

enum tvt_result
tvt_config_add_psk(struct tvt_config *c, struct tvt_session *psk, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (psk == NULL || psk->kind == TVT_SESSION_RESUMPTION || psk->identity.len == 0 || psk->secret_len == 0)
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "PSK", "an external or imported one is needed");
    if (c->session.num_psk == TVT_LIMIT_PSKS)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "PSKs", TVT_LIMIT_PSKS, TVT_LIMIT_PSKS + 1);
    for (size_t i = 0; i < c->session.num_psk; i++)
        if (tvt_span_equal(c->session.psk[i]->identity, psk->identity))
            return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "PSK", "another one has the same identity");
    c->session.psk[c->session.num_psk++] = tvt_session_ref(psk);
    return TVT_OK;
}

enum tvt_result
tvt_config_set_psk_lookup(struct tvt_config *c, tvt_psk_callback *lookup, void *user, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->session.psk_lookup = lookup;
    c->session.psk_lookup_user = user;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_early_data(struct tvt_config *c, uint32_t max, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->session.max_early_data = max;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_replay(struct tvt_config *c, const struct tvt_replay *replay, uint32_t window_ms, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    if (replay != NULL && (replay->first_time == NULL || window_ms == 0))
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "replay", "first_time and a window above 0 are needed");
    c->session.replay = replay;
    c->session.replay_window_ms = window_ms;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_reverify(struct tvt_config *c, bool on, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    c->session.reverify = on;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_cookie(struct tvt_config *c, struct tvt_ticket_keys *keys, bool always, struct tvt_error *e)
{
    if (!tvt_config_open(c, __func__, e))
        return TVT_FAIL;
    replace_keys(&c->session.cookie_keys, keys);
    c->session.cookie_always = always;
    return TVT_OK;
}
