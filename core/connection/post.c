/* SPDX-License-Identifier: MIT
 *
 * Behind the handshake (RFC 9846 4.7): key updates, tickets, a request for the client's certificate.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/handshake/post13.h"

static bool
may_call(const struct tvt_connection *c, enum tvt_on on)
{
    return tvt_machine_row(c->hs.machine, c->hs.state, (uint8_t)on) != NULL;
}

/* Not now, and never: the version that was negotiated does not have it. */
static bool
is_unknown(const struct tvt_connection *c, enum tvt_on on)
{
    return tvt_handshake_done(&c->hs) && !tvt_machine_has_behind(c->hs.machine, (uint8_t)on);
}

static bool
is_open(const struct tvt_connection *c)
{
    return tvt_handshake_done(&c->hs) && !c->close_queued && !c->queueing;
}

/* ---- key updates, RFC 9846 4.7.3 ----
 * The answer to a request waits until application data go: so many requests get one answer, and a peer that floods us
 * cannot make us write. */

static enum tvt_result
update_keys(struct tvt_connection *c, bool request)
{
    c->hs.update_owed = false; /* this is the answer */
    if (c->updates >= TVT_KEY_UPDATES_MAX)
        return TVT_OK;
    c->updates++;
    return tvt_handshake_call_key_update(&c->hs, request);
}

enum tvt_result
tvt_connection_answer_update(struct tvt_connection *c)
{
    return c->hs.update_owed && may_call(c, TVT_ON_CALL_KEY_UPDATE) ? update_keys(c, false) : TVT_OK;
}

enum tvt_result
tvt_connection_key_update(struct tvt_connection *c, bool request)
{
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL;
    if (is_unknown(c, TVT_ON_CALL_KEY_UPDATE))
        return tvt_connection_wrong_call(c, __func__,
                                         "TLS 1.2 was negotiated, whose keys stay: TLS 1.3 has key updates (RFC 9846 "
                                         "4.7.3), and a new connection has new keys");
    if (!is_open(c) || !may_call(c, TVT_ON_CALL_KEY_UPDATE))
        return tvt_connection_wrong_call(c, __func__, "only an open connection, its handshake done, can update keys");
    if (c->updates >= TVT_KEY_UPDATES_MAX)
        return tvt_connection_wrong_call(c, __func__, "the keys were updated as often as they may be");
    if (request) /* the answer is ours: it must not count as a flood where the peer has no data to send */
        c->key_updates = c->post_handshake = 0;
    enum tvt_result r = TVT_OK;
    if (request && c->hs.update_owed) /* an answer does not ask, so it goes by itself */
        r = update_keys(c, false);
    if (r == TVT_OK)
        r = update_keys(c, request);
    return r == TVT_OK ? TVT_OK : tvt_connection_failed(c);
}

/* ---- tickets, RFC 9846 4.7.1 ---- */

static enum tvt_result
queue_tickets(struct tvt_connection *c, size_t num)
{
    enum tvt_result r = TVT_OK;
    for (; r == TVT_OK && num > 0 && may_call(c, TVT_ON_CALL_TICKET); num--) {
        c->queueing = true;
        r = tvt_handshake_call(&c->hs, TVT_ON_CALL_TICKET);
        c->queueing = false;
    }
    return r;
}

enum tvt_result
tvt_connection_send_tickets(struct tvt_connection *c, size_t extra)
{
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL;
    if (c->hs.role == TVT_SERVER && is_unknown(c, TVT_ON_CALL_TICKET))
        return tvt_connection_wrong_call(
            c, __func__, "TLS 1.2 was negotiated, where a ticket goes in the handshake alone (RFC 5077 3.3)");
    if (!is_open(c) || !may_call(c, TVT_ON_CALL_TICKET))
        return tvt_connection_wrong_call(c, __func__, "only a server sends tickets, on an open connection");
    size_t num = c->hs.tickets_due + (extra < UINT8_MAX ? extra : UINT8_MAX); /* each has a nonce of one byte */
    return queue_tickets(c, num) == TVT_OK ? TVT_OK : tvt_connection_failed(c);
}

/* ---- post-handshake authentication, RFC 9846 4.7.2 ---- */

bool
tvt_connection_awaits_certificate(const struct tvt_connection *c)
{
    return c->error.code == TVT_E_NONE && c->hs.role == TVT_SERVER && tvt_post13_awaits(&c->hs);
}

enum tvt_result
tvt_connection_request_certificate(struct tvt_connection *c)
{
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL;
    if (c->hs.role != TVT_SERVER || !is_open(c))
        return tvt_connection_wrong_call(c, __func__, "only a server asks for a certificate, on an open connection");
    const char *refusal = tvt_post13_refusal(&c->hs);
    if (refusal != NULL)
        return tvt_connection_wrong_call(c, __func__, refusal);
    c->post_handshake = 0; /* the messages to come are asked for */
    if (tvt_handshake_call(&c->hs, TVT_ON_CALL_REQUEST) == TVT_OK)
        return TVT_OK;
    if (c->error.code != TVT_E_NONE)
        return tvt_connection_failed(c);
    return tvt_connection_wrong_call(c, __func__, "another message is under way");
}

enum tvt_result
tvt_connection_lacks_certificate(struct tvt_connection *c, const char *why)
{
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL;
    if (c->hs.role != TVT_SERVER || !is_open(c))
        return tvt_connection_wrong_call(c, __func__, "only a server misses a certificate, on an open connection");
    (void)tvt_fail_detail(&c->error, TVT_E_CERTIFICATE_REQUIRED, NULL, NULL, "%s", why);
    return tvt_connection_failed(c);
}

/* ---- in front of application data ---- */

enum tvt_result
tvt_connection_before_data(struct tvt_connection *c)
{
    enum tvt_result r = TVT_OK;
    if (!tvt_handshake_done(&c->hs))
        return r;
    if (c->hs.tickets_due > 0)
        r = queue_tickets(c, c->hs.tickets_due);
    /* Worn keys (RFC 9846 5.5) are looked at when nothing waits: an update may be what waits. */
    bool worn = c->hs.flight.num == 0 && tvt_protection_wants_update(&c->write);
    if (r == TVT_OK && (worn || c->hs.update_owed) && may_call(c, TVT_ON_CALL_KEY_UPDATE))
        r = update_keys(c, false);
    return r;
}
