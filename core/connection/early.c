/* SPDX-License-Identifier: MIT
 *
 * 0-RTT data (RFC 9846 2.3, 4.3.10): sent by a client, taken by a server, passed over by a server that did not accept it.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"

/* ---- client ---- */

/* The server's word may be there while its checks wait. */
static bool
is_under_way(const struct tvt_connection *c)
{
    return tvt_handshake_may_send(&c->hs) == TVT_DATA_EARLY && c->hs.early != TVT_EARLY_REJECTED && !c->close_queued;
}

/* RFC 9846 5.5: no keys can be updated here; EndOfEarlyData and an alert still have to go under these. */
size_t
tvt_connection_early_room(const struct tvt_connection *c)
{
    if (!is_under_way(c) || c->error.code != TVT_E_NONE || tvt_protection_is_spent(&c->write))
        return 0;
    return (size_t)(c->hs.early_limit - c->early_bytes);
}

enum tvt_result
tvt_connection_seal_early(struct tvt_connection *c, uint8_t *out, size_t cap, size_t *out_len, const uint8_t *data,
                          size_t len, size_t *used)
{
    struct tvt_output o = {out, cap, out_len};
    *out_len = 0;
    *used = 0;
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL;
    if (!is_under_way(c))
        return tvt_connection_wrong_call(c, __func__,
                                         c->close_queued ? "the connection is closed for sending"
                                                         : "no 0-RTT is under way: see tvt_connection_info()");
    if (tvt_connection_drain(c, &o) != TVT_OK)
        return tvt_connection_failed(c);
    if (c->hs.flight.num > 0)
        return TVT_WANT_WRITE;
    for (size_t room; *used < len && (room = tvt_connection_early_room(c)) > 0;) {
        size_t left = len - *used, n = tvt_connection_fragment(c, &o, left < room ? left : room);
        if (n == 0)
            return *used > 0 ? TVT_OK : TVT_WANT_WRITE;
        if (tvt_connection_seal_record(c, &o, TVT_CONTENT_APPLICATION, tvt_span(data + *used, n)) != TVT_OK) {
            (void)tvt_connection_failed(c);
            return *used > 0 ? TVT_OK : TVT_FAIL; /* the records before go first; the next call says TVT_FAIL */
        }
        *used += n;
        c->early_bytes += n;
    }
    return TVT_OK;
}

/* ---- server ---- */

bool
tvt_connection_input_was_early(const struct tvt_connection *c)
{
    return c->input_early;
}

/* RFC 9846 4.7.1: the data count, not their padding. */
enum tvt_result
tvt_connection_take_early(struct tvt_connection *c, struct tvt_span content)
{
    c->early_bytes += content.len;
    if (c->early_bytes > c->hs.early_limit)
        return tvt_fail_values(&c->error, TVT_E_TOO_MUCH_EARLY_DATA, "application data", NULL, c->hs.early_limit,
                               c->early_bytes);
    c->input_early = true;
    return TVT_OK;
}

/* A record of the 0-RTT data that we did not accept (RFC 9846 4.3.10): passed over, within a limit. Where none was announced,
 * every byte counts. Where some was, what a record has besides its data does not, or an honest client's small records would
 * end it (RFC 9846 4.7.1); but each counts as a byte at least, or empty ones would never end. */
enum tvt_result
tvt_connection_skip_early(struct tvt_connection *c, size_t len)
{
    const struct tvt_config_session *s = &c->hs.config->session;
    bool announced = s->max_early_data > 0 && s->replay != NULL;
    size_t limit = announced && s->max_early_data > TVT_LIMIT_EARLY_DATA ? s->max_early_data : TVT_LIMIT_EARLY_DATA;
    size_t besides = announced ? 1 + 16 : 0; /* content type and tag */
    c->early_skipped += len > besides ? len - besides : 1;
    if (c->early_skipped > limit)
        return tvt_fail_values(&c->error, TVT_E_TOO_MUCH_EARLY_DATA, "record", "length", limit, c->early_skipped);
    return TVT_OK;
}
