/* SPDX-License-Identifier: MIT
 *
 * KeyUpdate, the same for both sides (RFC 9846 4.7.3). An answer is due before our next application data, and serves for
 * every request that came until then.
 */
#include "core/handshake/handshake.h"

/* One that still waits to be sent serves for every call that comes meanwhile. */
static bool
update_is_queued(const struct tvt_handshake *hs)
{
    for (size_t i = 0; i < hs->flight.num; i++)
        if (hs->flight.op[i].kind == TVT_FLIGHT_KEYS && hs->flight.op[i].level == TVT_LEVEL_NEXT)
            return true;
    return false;
}

enum tvt_result
tvt_update13_recv(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)out;
    (void)edge;
    hs->update_owed = hs->update_owed || (in->u.key_update == 1 && !update_is_queued(hs));
    hs->request_update = hs->update_asked = false;
    return TVT_OK;
}

enum tvt_result
tvt_update13_call(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)out;
    /* One that waits does, unless this one asks and no other did. */
    *edge = update_is_queued(hs) && (!hs->request_update || hs->update_asked) ? 1 : 0;
    return TVT_OK;
}

enum tvt_result
tvt_update13_send(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)edge;
    bool ask = hs->request_update && !hs->update_asked;
    tvt_encode_key_update(out, ask ? 1 : 0);
    hs->update_asked = hs->update_asked || ask;
    hs->update_owed = false;
    return TVT_OK;
}
