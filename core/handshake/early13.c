/* SPDX-License-Identifier: MIT
 *
 * A server's decision about 0-RTT: accepted only when nothing speaks against it (RFC 9846 4.3.10, 8).
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

/* The age that the client claims against the one that we see (RFC 9846 8.3): they differ by what is on the way, and by how
 * far the clocks drift apart. An external PSK has no age. A ticket of a server whose clock is ahead has a negative one:
 * were it taken for zero, its ClientHello would be fresh for longer than it is remembered. */
static int64_t
age_skew(const struct tvt_session *session, uint32_t obfuscated_age, uint64_t now)
{
    if (session->kind != TVT_SESSION_RESUMPTION)
        return 0;
    int64_t claimed = (uint32_t)(obfuscated_age - session->age_add);
    int64_t seen =
        now >= session->issued_ms ? (int64_t)(now - session->issued_ms) : -(int64_t)(session->issued_ms - now);
    return claimed - seen; /* tvt_session_fresh() knows that the two times are near each other */
}

void
tvt_early13_measure_age(struct tvt_handshake *hs, uint32_t obfuscated_age, uint64_t now)
{
    hs->ticket_age_skew = age_skew(hs->session, obfuscated_age, now);
}

/* At the moment when the memory is asked, which may be long after the PSK was chosen (PENDING): what is fresh then is what
 * it remembers. */
static bool
is_fresh(const struct tvt_handshake *hs, const struct tvt_client_hello *m, uint64_t now)
{
    struct tvt_span rest = m->ext.psk_identities, identity;
    int64_t window = hs->config->session.replay_window_ms;
    if (!tvt_list_next_vec16(&rest, &identity) || rest.len < 4)
        return false;
    uint32_t age = (uint32_t)tvt_load_u16(rest.data) << 16 | tvt_load_u16(rest.data + 2);
    int64_t skew = age_skew(hs->session, age, now);
    return skew <= window && skew >= -window;
}

static bool
may_accept(const struct tvt_handshake *hs)
{
    const struct tvt_config_session *c = &hs->config->session;
    const struct tvt_session *session = hs->session;
    return c->max_early_data > 0 && c->replay != NULL && hs->config->clock != NULL && session != NULL &&
           hs->scratch->chosen.psk_index == 0 && !hs->hello_retry && session->max_early_data > 0 &&
           session->max_early_data <= c->max_early_data && /* else it was announced when more was taken than now */
           session->suite == hs->suite->id && tvt_span_equal(session->alpn, hs->alpn);
}

/* Asks the memory of what was seen (RFC 9846 8.2). What cannot be refused by its age later must be remembered for good. */
static enum tvt_result
ask_memory(struct tvt_handshake *hs, struct tvt_span binder, uint64_t now)
{
    const struct tvt_config_session *c = &hs->config->session;
    bool aged = hs->session->kind == TVT_SESSION_RESUMPTION;
    uint64_t until = aged ? now + 2 * (uint64_t)c->replay_window_ms : UINT64_MAX;
    return c->replay->first_time(c->replay->user, binder.data, now, until);
}

enum tvt_result
tvt_early13_select(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    struct tvt_span binders = m->ext.psk_binders, binder;
    hs->early = TVT_EARLY_NONE;
    hs->ignore_early_data = tvt_has(&m->ext, TVT_EXT_EARLY_DATA);
    if (!hs->ignore_early_data)
        return TVT_OK;
    hs->early = TVT_EARLY_REJECTED;
    if (!may_accept(hs) || !tvt_list_next_vec8(&binders, &binder))
        return TVT_OK;
    uint64_t now = hs->config->clock(hs->config->clock_user);
    if (!is_fresh(hs, m, now))
        return TVT_OK;
    enum tvt_result r = ask_memory(hs, binder, now);
    if (r == TVT_PENDING)
        return r;
    if (r != TVT_OK)
        return TVT_OK;
    hs->early = TVT_EARLY_ACCEPTED;
    hs->ignore_early_data = false;
    hs->early_limit = hs->session->max_early_data;
    hs->scratch->early_hash = hs->hash;
    hs->scratch->early_aead = hs->aead;
    return TVT_OK;
}
