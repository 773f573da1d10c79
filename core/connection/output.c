/* SPDX-License-Identifier: MIT
 *
 * Down: the flight, alerts and application data are sealed into the caller's output, in order, from where they lie.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"

/* Installs the keys of `level` for one direction. NEXT moves on to the updated secret first (RFC 9846 7.2). */
enum tvt_result
tvt_connection_install(struct tvt_connection *c, enum tvt_level level, bool sending)
{
    struct tvt_handshake *hs = &c->hs;
    /* After an error the handshake's own may be what failed: the alert still wants its keys. */
    bool shared = hs->scratch != NULL && c->error.code == TVT_E_NONE;
    struct tvt_kdf own = {0}, *kdf = shared ? &hs->scratch->schedule.kdf : &own;
    uint8_t *secret = sending ? hs->send_secret : hs->receive_secret;
    int rc = kdf == &own ? tvt_kdf_init(&own, hs->hash) : TVT_CRYPTO_OK;
    if (rc == TVT_CRYPTO_OK && level == TVT_LEVEL_NEXT)
        rc = tvt_schedule13_update(kdf, secret);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_protection_install(sending ? &c->write : &c->read, kdf, hs->aead,
                                    tvt_handshake_secret(hs, level, sending));
    tvt_kdf_free(&own);
    if (rc == TVT_CRYPTO_OK)
        return TVT_OK;
    tvt_protection_free(sending ? &c->write : &c->read); /* the old keys are over: not even an alert goes under them */
    return tvt_fail_crypto(&c->error, TVT_E_CRYPTO, NULL, "traffic keys", hs->provider, rc);
}

struct out {
    uint8_t *p;
    size_t room, *len;
};

static enum tvt_result
seal(struct tvt_connection *c, struct tvt_protection *write, struct out *out, uint8_t type, struct tvt_span content)
{
    size_t n = 0;
    uint16_t version = c->first_sent || c->hs.role == TVT_SERVER ? TVT_VERSION_TLS12 : TVT_VERSION_TLS10;
    enum tvt_result r =
        tvt_record_seal(write, out->p, out->room, &n, type, version, content, 0, c->hs.provider, &c->error);
    if (r != TVT_OK)
        return r;
    c->first_sent = true;
    out->p += n;
    out->room -= n;
    *out->len += n;
    return TVT_OK;
}

/* Content bytes of the next record: what fits, what the peer takes (RFC 8449 4 counts the type byte). */
static size_t
fragment(const struct tvt_connection *c, size_t room, size_t len)
{
    size_t fit = tvt_record_content_fit(&c->write, room);
    size_t limit = c->hs.peer_record_limit;
    if (limit != 0 && c->write.aead != NULL && fit > limit - 1)
        fit = limit - 1;
    return fit < len ? fit : len;
}

/* A dummy change_cipher_spec is never protected (RFC 9846 5). */
static enum tvt_result
write_ccs(struct tvt_connection *c, struct out *out)
{
    static const uint8_t one = 1;
    struct tvt_protection plain = {.direction = TVT_SEAL};
    return seal(c, &plain, out, TVT_CONTENT_CCS, tvt_span(&one, 1));
}

static void
drop_op(struct tvt_flight *f)
{
    f->num--;
    tvt_move(&f->op[0], &f->op[1], f->num * sizeof f->op[0]);
}

/* One op of the flight. *full: no room for more. */
static enum tvt_result
drain_op(struct tvt_connection *c, struct out *out, bool *full)
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
        size_t n = fragment(c, out->room, f->op[0].len);
        *full = n == 0;
        if (*full)
            return TVT_OK;
        r = seal(c, &c->write, out, TVT_CONTENT_HANDSHAKE, tvt_span(tvt_buffer_span(&f->bytes).data, n));
        tvt_buffer_consume(&f->bytes, n);
        f->op[0].len -= n;
        if (f->op[0].len > 0)
            return r;
    }
    drop_op(f);
    return r;
}

static enum tvt_result
write_alert(struct tvt_connection *c, struct out *out, uint8_t level, uint8_t alert)
{
    uint8_t bytes[2] = {level, alert};
    return seal(c, &c->write, out, TVT_CONTENT_ALERT, tvt_span(bytes, 2));
}

static enum tvt_result
drain_alerts(struct tvt_connection *c, struct out *out)
{
    enum tvt_result r = TVT_OK;
    if (tvt_record_sealed_len(&c->write, 2, 0) > out->room)
        return TVT_OK;
    if (c->alert_queued) {
        c->alert_queued = false;
        c->fatal_sent = true;
        r = write_alert(c, out, TVT_ALERT_LEVEL_FATAL, c->alert);
        tvt_connection_forget(c);
        return r;
    }
    if (c->close_queued && !c->close_sent && !c->fatal_sent && c->error.code == TVT_E_NONE) {
        c->close_sent = true;
        r = write_alert(c, out, TVT_ALERT_LEVEL_WARNING, TVT_ALERT_CLOSE_NOTIFY);
    }
    return r;
}

/* What only the handshake needed goes when it is done and nothing of it waits to be sent. */
void
tvt_connection_settle(struct tvt_connection *c)
{
    if (c->hs.flight.num == 0 && c->hs.state == c->hs.machine->connected)
        tvt_handshake_release_scratch(&c->hs);
}

/* In order, and an alert last: the keys that the flight leads to are those that the peer expects it under (RFC 9846 6). */
static enum tvt_result
drain(struct tvt_connection *c, struct out *out)
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
        r = drain_alerts(c, out);
    tvt_connection_settle(c);
    return r;
}

enum tvt_result
tvt_connection_output(struct tvt_connection *c, uint8_t *out, size_t cap, size_t *len)
{
    struct out o = {out, cap, len};
    *len = 0;
    if (out == NULL || cap < TVT_OUTPUT_MIN)
        return TVT_WANT_WRITE;
    if (drain(c, &o) == TVT_OK)
        return TVT_OK;
    (void)tvt_connection_failed(c);
    return *len > 0 ? TVT_OK : TVT_FAIL; /* what was sealed before goes first, or the peer could not read the alert */
}

/* Key changes and a dummy change_cipher_spec alone are no reason to send: they wait for what comes behind them. */
bool
tvt_connection_has_output(const struct tvt_connection *c)
{
    const struct tvt_flight *f = &c->hs.flight;
    if (c->close_sent || c->fatal_sent)
        return false;
    for (size_t i = 0; i < f->num; i++)
        if (f->op[i].kind == TVT_FLIGHT_WRITE)
            return true;
    return c->alert_queued || (c->close_queued && c->error.code == TVT_E_NONE);
}

/* A key change that waits at the end of a flight (the client's last) is made before data is sealed. */
static enum tvt_result
prepare_seal(struct tvt_connection *c, struct out *o)
{
    if (tvt_protection_wants_update(&c->write) && c->hs.flight.num == 0 &&
        tvt_handshake_call_key_update(&c->hs, false) != TVT_OK)
        return TVT_FAIL;
    return drain(c, o);
}

enum tvt_result
tvt_connection_seal(struct tvt_connection *c, uint8_t *out, size_t cap, size_t *out_len, const uint8_t *data,
                    size_t len, size_t *used)
{
    struct out o = {out, cap, out_len};
    *out_len = 0;
    *used = 0;
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL;
    if (!tvt_handshake_may_send(&c->hs) || c->close_queued)
        return tvt_connection_wrong_call(
            c, __func__, c->close_queued ? "the connection is closed for sending" : "the handshake is not done");
    if (prepare_seal(c, &o) != TVT_OK)
        return tvt_connection_failed(c);
    if (c->hs.flight.num > 0)
        return TVT_WANT_WRITE;
    while (*used < len) {
        size_t n = fragment(c, o.room, len - *used);
        if (n == 0)
            return *used > 0 ? TVT_OK : TVT_WANT_WRITE;
        if (seal(c, &c->write, &o, TVT_CONTENT_APPLICATION, tvt_span(data + *used, n)) != TVT_OK) {
            (void)tvt_connection_failed(c);
            return *used > 0 ? TVT_OK : TVT_FAIL; /* the records before go first; the next call says TVT_FAIL */
        }
        *used += n;
    }
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
