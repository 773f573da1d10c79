/* SPDX-License-Identifier: MIT
 *
 * Down: the flight, alerts and application data are sealed into the caller's output, in order, from where they lie.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"

/* ---- keys ---- */

/* Installs the keys of `level` for one direction. NEXT moves on to the updated secret first (RFC 9846 7.2). */
enum tvt_result
tvt_connection_install(struct tvt_connection *c, enum tvt_level level, bool sending)
{
    struct tvt_handshake *hs = &c->hs;
    struct tvt_protection *p = sending ? &c->write : &c->read;
    if (sending)
        c->early_keys = level == TVT_LEVEL_EARLY;
    if (level == TVT_LEVEL_PLAIN) {
        tvt_protection_drop(p);
        return TVT_OK;
    }
    int rc = hs->machine->protocol->install(hs, p, level, sending);
    if (c->test_record_limit != 0)
        p->limit = c->test_record_limit;
    if (rc == TVT_CRYPTO_OK)
        return TVT_OK;
    tvt_protection_free(p); /* the old keys are over: not even an alert goes under them */
    return tvt_fail_crypto(&c->error, TVT_E_CRYPTO, NULL, "traffic keys", hs->provider, rc);
}

/* ---- one record ---- */

/* Most content bytes of a record, padding included, that the peer takes. Protected, the content type counts among what is
 * limited (RFC 8449 4; RFC 9846 5.4 for RFC 6066 4). */
static size_t
content_limit(const struct tvt_connection *c)
{
    const struct tvt_handshake *hs = &c->hs;
    size_t limit = TVT_RECORD_PLAINTEXT_MAX, type = c->write.inner_len;
    if (hs->peer_record_limit != 0 && c->write.aead != NULL && limit > hs->peer_record_limit - type)
        limit = hs->peer_record_limit - type;
    if (hs->max_fragment != 0 && limit > hs->max_fragment - type)
        limit = hs->max_fragment - type;
    return limit;
}

/* Content and padding of a record with `len` bytes of content: up to the next multiple of what was configured, or as far as
 * the peer takes it. */
static size_t
padded(const struct tvt_connection *c, size_t len)
{
    size_t unit = c->hs.config->padding, limit = content_limit(c);
    if (unit > 1 && c->write.inner_len > 0 && len % unit != 0)
        len += unit - len % unit;
    return len < limit ? len : limit;
}

/* Padding that does not fit the room is left out only where no output was larger: the caller's is as small as that. */
size_t
tvt_connection_fragment(const struct tvt_connection *c, const struct tvt_output *out, size_t len)
{
    size_t fit = tvt_record_content_fit(&c->write, out->room), limit = content_limit(c);
    if (len > limit)
        len = limit;
    if (fit < len || fit < padded(c, len))
        return c->hs.config->padding > 1 && *out->len > 0 ? 0 : fit < len ? fit : len;
    return len;
}

static enum tvt_result
seal_with(struct tvt_connection *c, struct tvt_protection *write, struct tvt_output *out, uint8_t type,
          struct tvt_span content, size_t zeros)
{
    size_t n = 0;
    uint16_t version = c->first_sent || c->hs.role == TVT_SERVER ? TVT_VERSION_TLS12 : TVT_VERSION_TLS10;
    enum tvt_result r =
        tvt_record_seal(write, out->p, out->room, &n, type, version, content, zeros, c->hs.provider, &c->error);
    if (r != TVT_OK)
        return r;
    c->first_sent = true;
    out->p += n;
    out->room -= n;
    *out->len += n;
    return TVT_OK;
}

enum tvt_result
tvt_connection_seal_record(struct tvt_connection *c, struct tvt_output *out, uint8_t type, struct tvt_span content)
{
    size_t fit = tvt_record_content_fit(&c->write, out->room), whole = padded(c, content.len);
    if (whole > fit)
        whole = fit;
    return seal_with(c, &c->write, out, type, content, whole > content.len ? whole - content.len : 0);
}

/* A dummy change_cipher_spec is never protected (RFC 9846 5). */
static enum tvt_result
write_ccs(struct tvt_connection *c, struct tvt_output *out)
{
    static const uint8_t one = 1;
    struct tvt_protection plain = {.direction = TVT_SEAL};
    return seal_with(c, &plain, out, TVT_CONTENT_CCS, tvt_span(&one, 1), 0);
}

/* ---- the flight ---- */

static void
drop_op(struct tvt_flight *f)
{
    f->num--;
    tvt_move(&f->op[0], &f->op[1], f->num * sizeof f->op[0]);
}

/* One op of the flight. *full: no room for more. */
static enum tvt_result
drain_op(struct tvt_connection *c, struct tvt_output *out, bool *full)
{
    struct tvt_flight *f = &c->hs.flight;
    enum tvt_result r;
    if (f->op[0].kind == TVT_FLIGHT_KEYS) {
        r = tvt_connection_install(c, (enum tvt_level)f->op[0].level, true);
    } else if (f->op[0].kind == TVT_FLIGHT_CCS) {
        *full = out->room < TVT_RECORD_HEADER + 1;
        if (*full)
            return TVT_OK;
        r = write_ccs(c, out);
    } else {
        size_t n = tvt_connection_fragment(c, out, f->op[0].len);
        *full = n == 0;
        if (*full)
            return TVT_OK;
        r = tvt_connection_seal_record(c, out, TVT_CONTENT_HANDSHAKE, tvt_span(tvt_buffer_span(&f->bytes).data, n));
        tvt_buffer_consume(&f->bytes, n);
        f->op[0].len -= n;
        if (f->op[0].len > 0)
            return r;
    }
    drop_op(f);
    return r;
}

/* What only the handshake needed goes when it is done and nothing of it waits to be sent; post-handshake authentication
 * needs the transcript as long as the connection lives. */
void
tvt_connection_settle(struct tvt_connection *c)
{
    if (c->hs.scratch != NULL && c->hs.flight.num == 0 && c->hs.state == c->hs.machine->connected &&
        !tvt_post13_possible(&c->hs))
        tvt_handshake_release_scratch(&c->hs);
}

/* In order, and an alert last: the keys that the flight leads to are those that the peer expects it under (RFC 9846 6). */
enum tvt_result
tvt_connection_drain(struct tvt_connection *c, struct tvt_output *out)
{
    struct tvt_flight *f = &c->hs.flight;
    enum tvt_result r = TVT_OK;
    bool full = false;
    if (c->close_sent || c->fatal_sent) /* nothing follows these (RFC 9846 6.1, 6.2) */
        return TVT_OK;
    while (r == TVT_OK && !full && f->num > 0)
        r = drain_op(c, out, &full);
    if (r != TVT_OK)
        f->num = 0; /* what stands behind a gap must not go: an alert comes next, under the keys of this point */
    if (f->num == 0)
        tvt_buffer_release(&f->bytes);
    if (r == TVT_OK && f->num == 0)
        r = tvt_connection_drain_alerts(c, out);
    tvt_connection_settle(c);
    return r;
}

/* ---- what the program calls ---- */

enum tvt_result
tvt_connection_output(struct tvt_connection *c, uint8_t *out, size_t cap, size_t *len)
{
    struct tvt_output o = {out, cap, len};
    *len = 0;
    if (out == NULL || cap < TVT_OUTPUT_MIN)
        return TVT_WANT_WRITE;
    if (c->queueing)
        return TVT_OK;
    if (tvt_connection_drain(c, &o) == TVT_OK)
        return TVT_OK;
    (void)tvt_connection_failed(c);
    return *len > 0 ? TVT_OK : TVT_FAIL; /* what was sealed before goes first, or the peer could not read the alert */
}

/* Key changes and a dummy change_cipher_spec alone are no reason to send: they wait for what comes behind them. So does the
 * answer to a KeyUpdate. */
bool
tvt_connection_has_output(const struct tvt_connection *c)
{
    const struct tvt_flight *f = &c->hs.flight;
    if (c->close_sent || c->fatal_sent || c->queueing)
        return false;
    for (size_t i = 0; i < f->num; i++)
        if (f->op[i].kind == TVT_FLIGHT_WRITE)
            return true;
    return c->alert_queued || (c->close_queued && c->error.code == TVT_E_NONE);
}

/* In a callback of the store: what it is asked about is not whole. */
static bool
is_half_written(struct tvt_connection *c, const char *call)
{
    return c->queueing &&
           tvt_connection_wrong_call(c, call, "a callback of this connection has not returned yet") == TVT_FAIL;
}

/* What has to go first, then what waits: a key change at the end of a flight (the client's last), too. */
static enum tvt_result
prepare_seal(struct tvt_connection *c, struct tvt_output *o)
{
    enum tvt_result r = tvt_connection_before_data(c);
    return r == TVT_OK && c->hs.flight.num > 0 ? tvt_connection_drain(c, o) : r;
}

/* Where keys cannot be renewed (TLS 1.2, or no KeyUpdate is left), the last records are for the words that end the connection. */
static enum tvt_result
seal_data(struct tvt_connection *c, struct tvt_output *o, struct tvt_span data)
{
    const struct tvt_protection *w = &c->write;
    if (tvt_protection_is_spent(w))
        return tvt_fail_values(&c->error, TVT_E_SEQUENCE_EXHAUSTED, "application data", "sequence", w->limit,
                               w->sequence);
    return tvt_connection_seal_record(c, o, TVT_CONTENT_APPLICATION, data);
}

enum tvt_result
tvt_connection_seal(struct tvt_connection *c, uint8_t *out, size_t cap, size_t *out_len, const uint8_t *data,
                    size_t len, size_t *used)
{
    struct tvt_output o = {out, cap, out_len};
    *out_len = 0;
    *used = 0;
    if (c->error.code != TVT_E_NONE || is_half_written(c, __func__))
        return TVT_FAIL;
    if (tvt_handshake_may_send(&c->hs) != TVT_DATA_APPLICATION || c->close_queued)
        return tvt_connection_wrong_call(
            c, __func__, c->close_queued ? "the connection is closed for sending" : "the handshake is not done");
    do {
        if (prepare_seal(c, &o) != TVT_OK) {
            (void)tvt_connection_failed(c);
            return *used > 0 ? TVT_OK : TVT_FAIL; /* the records before go first; the next call says TVT_FAIL */
        }
        size_t n = c->hs.flight.num > 0 ? 0 : tvt_connection_fragment(c, &o, len - *used);
        if (n == 0)
            return *out_len > 0 || (len == 0 && c->hs.flight.num == 0) ? TVT_OK : TVT_WANT_WRITE;
        if (seal_data(c, &o, tvt_span(data + *used, n)) != TVT_OK) {
            (void)tvt_connection_failed(c);
            return *used > 0 ? TVT_OK : TVT_FAIL;
        }
        *used += n;
    } while (*used < len);
    return TVT_OK;
}

enum tvt_result
tvt_connection_test_send(struct tvt_connection *c, struct tvt_span message)
{
    struct tvt_flight *f = &c->hs.flight;
    if (f->num == TVT_FLIGHT_OPS || !tvt_buffer_append(&f->bytes, message.data, message.len))
        return TVT_FAIL;
    f->op[f->num].kind = TVT_FLIGHT_WRITE;
    f->op[f->num].len = message.len;
    f->num++;
    return TVT_OK;
}
