/* SPDX-License-Identifier: MIT
 *
 * Up: a record is opened in place and becomes application data, an alert, or handshake bytes that are gathered to whole
 * messages.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"

/* ---- handshake messages ---- */

/* The receiving keys change at once; nothing may be left of the record that brought the message (RFC 9846 5.1). */
static enum tvt_result
change_receiving_keys(struct tvt_connection *c)
{
    enum tvt_level level = c->hs.receive_keys;
    if (level == TVT_LEVEL_NONE)
        return TVT_OK;
    c->hs.receive_keys = TVT_LEVEL_NONE;
    if (c->incoming.len > 0)
        return tvt_fail(&c->error, TVT_E_KEY_CHANGE_MID_RECORD, NULL, NULL);
    return tvt_connection_install(c, level, false);
}

/* Rows that need no message, then the keys they lead to. */
static enum tvt_result
run(struct tvt_connection *c)
{
    enum tvt_result r = tvt_handshake_run(&c->hs);
    return r == TVT_OK || r == TVT_PENDING ? (change_receiving_keys(c) == TVT_OK ? r : TVT_FAIL) : r;
}

/* Length of the first message in `incoming`, header included; 0: not whole yet. */
static enum tvt_result
first_message(struct tvt_connection *c, size_t *len)
{
    struct tvt_span held = tvt_buffer_span(&c->incoming);
    *len = 0;
    if (held.len < TVT_HANDSHAKE_HEADER)
        return TVT_OK;
    size_t body = tvt_load_u24(held.data + 1), limit = tvt_handshake_message_limit(&c->hs, held.data[0]);
    if (body > limit)
        return tvt_fail_values(&c->error, TVT_E_MESSAGE_TOO_LONG, tvt_handshake_type_name(held.data[0]), "length",
                               limit, body);
    if (held.len >= TVT_HANDSHAKE_HEADER + body)
        *len = TVT_HANDSHAKE_HEADER + body;
    return TVT_OK;
}

static enum tvt_result
count_post_handshake(struct tvt_connection *c, uint8_t type)
{
    if (type == TVT_HT_KEY_UPDATE && ++c->key_updates > TVT_LIMIT_KEY_UPDATES)
        return tvt_fail_values(&c->error, TVT_E_TOO_MANY_KEY_UPDATES, "KeyUpdate", NULL, TVT_LIMIT_KEY_UPDATES,
                               c->key_updates);
    if (++c->post_handshake > TVT_LIMIT_POST_HANDSHAKE)
        return tvt_fail_values(&c->error, TVT_E_TOO_MANY_POST_HANDSHAKE, tvt_handshake_type_name(type), NULL,
                               TVT_LIMIT_POST_HANDSHAKE, c->post_handshake);
    return TVT_OK;
}

/* A hello of TLS 1.3 has the end of its record for its own: what the peer writes behind one, it writes when it has the answer
 * (RFC 9846 5.1); other messages that change keys are looked at when the keys change. Where flights take turns, the last
 * message of one ends its record: what the peer writes behind it, it cannot know (RFC 5246 7.3). */
static enum tvt_result
check_alignment(struct tvt_connection *c, uint8_t type)
{
    const struct tvt_handshake *hs = &c->hs;
    if (c->incoming.len == 0)
        return TVT_OK;
    bool ends = hs->machine->protocol->turns
                    ? tvt_machine_row(hs->machine, hs->state, TVT_ON_SEND) != NULL || tvt_handshake_done(hs)
                    : type == TVT_HT_CLIENT_HELLO || type == TVT_HT_SERVER_HELLO;
    if (!ends)
        return TVT_OK;
    return tvt_fail(&c->error, TVT_E_KEY_CHANGE_MID_RECORD, tvt_handshake_type_name(type), NULL);
}

/* The message at the front was handled. */
static enum tvt_result
consume(struct tvt_connection *c, uint8_t type, size_t len)
{
    tvt_buffer_consume(&c->incoming, len);
    return check_alignment(c, type) == TVT_OK ? change_receiving_keys(c) : TVT_FAIL;
}

/* Each answer to a request waits in the flight with its certificates: a server that asks and does not read, whatever it sends
 * between, would make us keep them without end. */
static enum tvt_result
count_answers(struct tvt_connection *c)
{
    if (c->hs.flight.bytes.len == 0)
        c->unsent_answers = 0;
    if (++c->unsent_answers > TVT_LIMIT_UNSENT_ANSWERS)
        return tvt_fail_values(&c->error, TVT_E_TOO_MANY_POST_HANDSHAKE, "CertificateRequest", "unsent answers",
                               TVT_LIMIT_UNSENT_ANSWERS, c->unsent_answers);
    return TVT_OK;
}

/* In an established connection: counted; and what an exchange of certificates would hold up, goes before it. */
static enum tvt_result
before_post_handshake(struct tvt_connection *c, uint8_t type)
{
    enum tvt_result r = count_post_handshake(c, type);
    if (r == TVT_OK && type == TVT_HT_CERTIFICATE_REQUEST)
        r = count_answers(c);
    if (r == TVT_OK &&
        (type == TVT_HT_CERTIFICATE || type == TVT_HT_COMPRESSED_CERTIFICATE || type == TVT_HT_CERTIFICATE_REQUEST))
        r = tvt_connection_answer_update(c);
    return r;
}

/* A message that was waited over, our turns, whole messages. */
static enum tvt_result
go_on(struct tvt_connection *c)
{
    size_t len;
    enum tvt_result r = TVT_OK;
    if (tvt_handshake_holds_message(&c->hs)) {
        uint8_t type = tvt_buffer_span(&c->incoming).data[0];
        r = first_message(c, &len);
        if (r == TVT_OK)
            r = tvt_handshake_resume(&c->hs);
        if (r == TVT_OK)
            r = consume(c, type, len);
    }
    if (r == TVT_OK)
        r = run(c);
    while (r == TVT_OK) {
        r = first_message(c, &len);
        if (r != TVT_OK || len == 0)
            break;
        struct tvt_span raw = tvt_span(tvt_buffer_span(&c->incoming).data, len);
        uint8_t type = raw.data[0];
        if (tvt_handshake_done(&c->hs))
            r = before_post_handshake(c, type);
        if (r == TVT_OK)
            r = tvt_handshake_receive(&c->hs, raw);
        if (r == TVT_OK)
            r = consume(c, type, len);
        if (r == TVT_OK)
            r = run(c);
    }
    if (c->incoming.len == 0)
        tvt_buffer_release(&c->incoming);
    if (r == TVT_OK)
        tvt_connection_settle(c);
    return r;
}

/* Goes on as far as the gathered bytes allow. */
enum tvt_result
tvt_connection_advance(struct tvt_connection *c)
{
    c->advancing = true;
    enum tvt_result r = go_on(c);
    c->advancing = false;
    return r;
}

/* The message at hand would be handled again, and its callback called again, without end. */
enum tvt_result
tvt_connection_check_idle(struct tvt_connection *c, const char *call)
{
    return c->advancing || c->queueing
               ? tvt_connection_wrong_call(c, call, "a callback of this connection has not returned yet")
               : TVT_OK;
}

static enum tvt_result
take_handshake(struct tvt_connection *c, struct tvt_span content)
{
    if (content.len == 0)
        return tvt_fail(&c->error, TVT_E_EMPTY_HANDSHAKE_FRAGMENT, "handshake record", "length");
    if (!tvt_buffer_append(&c->incoming, content.data, content.len))
        return tvt_fail(&c->error, TVT_E_NO_MEMORY, "handshake record", NULL);
    return tvt_connection_advance(c);
}

/* ---- records ---- */

/* RFC 9846 5: it says nothing, and is dropped after the first ClientHello and before the peer's Finished. */
static enum tvt_result
drop_ccs(struct tvt_connection *c)
{
    /* Where any connection may go on after a HelloRetryRequest, the ClientHello before it went to another one. */
    bool begun = c->hs.state != c->hs.machine->start || c->hs.config->session.cookie_keys != NULL;
    if (tvt_handshake_done(&c->hs) || !begun)
        return tvt_fail(&c->error, TVT_E_BAD_CCS, "change_cipher_spec", NULL);
    if (++c->ccs > TVT_LIMIT_CCS)
        return tvt_fail_values(&c->error, TVT_E_TOO_MANY_CCS, "change_cipher_spec", NULL, TVT_LIMIT_CCS, c->ccs);
    return TVT_OK;
}

/* RFC 5246 7.1: what follows is protected. One that came before the versions parted was dropped, and was wrong. */
static enum tvt_result
take_real_ccs(struct tvt_connection *c)
{
    if (c->ccs > 0)
        return tvt_fail(&c->error, TVT_E_BAD_CCS, "change_cipher_spec", NULL);
    enum tvt_result r = tvt_handshake_receive_ccs(&c->hs);
    return r == TVT_OK ? change_receiving_keys(c) : r;
}

/* A change_cipher_spec of one byte 0x01, without protection. */
static enum tvt_result
take_ccs(struct tvt_connection *c, struct tvt_span content)
{
    if (content.len != 1 || content.data[0] != 1)
        return tvt_fail(&c->error, TVT_E_BAD_CCS, "change_cipher_spec", NULL);
    if (c->incoming.len > 0 && !tvt_handshake_holds_message(&c->hs))
        return tvt_fail(&c->error, TVT_E_INTERLEAVED, "change_cipher_spec", NULL);
    return c->hs.machine->protocol->dummy_ccs ? drop_ccs(c) : take_real_ccs(c);
}

static enum tvt_result
take_application(struct tvt_connection *c, struct tvt_span content, struct tvt_span *app)
{
    enum tvt_data receives = tvt_handshake_may_receive(&c->hs);
    if (receives == TVT_DATA_NONE)
        return tvt_fail(&c->error, TVT_E_UNEXPECTED_MESSAGE, "application data", NULL);
    if (receives == TVT_DATA_EARLY && tvt_connection_take_early(c, content) != TVT_OK)
        return TVT_FAIL;
    if (content.len == 0) {
        if (++c->empty_records > TVT_LIMIT_EMPTY_RECORDS)
            return tvt_fail_values(&c->error, TVT_E_TOO_MANY_EMPTY_RECORDS, "application data", NULL,
                                   TVT_LIMIT_EMPTY_RECORDS, c->empty_records);
        return TVT_OK;
    }
    c->empty_records = c->key_updates = c->post_handshake = 0;
    *app = content;
    return TVT_OK;
}

static enum tvt_result
dispatch(struct tvt_connection *c, uint8_t type, struct tvt_span content, struct tvt_span *app)
{
    if (type != TVT_CONTENT_HANDSHAKE && type != TVT_CONTENT_ALERT && c->incoming.len > 0 &&
        !tvt_handshake_holds_message(&c->hs))
        return tvt_fail(&c->error, TVT_E_INTERLEAVED, tvt_content_type_name(type), NULL);
    switch (type) {
    case TVT_CONTENT_HANDSHAKE:
        return take_handshake(c, content);
    case TVT_CONTENT_ALERT:
        return tvt_connection_take_alert(c, content);
    case TVT_CONTENT_APPLICATION:
        return take_application(c, content, app);
    default:
        return tvt_fail(&c->error, TVT_E_RECORD_TYPE, "record", "type");
    }
}

/* Most bytes of content, content type and padding that the peer may send. Our limits bind it when both sides know of them:
 * record_size_limit when it answered with its own (RFC 8449 4), and neither before its 0-RTT data are over. */
static size_t
plaintext_limit(const struct tvt_connection *c)
{
    const struct tvt_handshake *hs = &c->hs;
    size_t limit = TVT_RECORD_PLAINTEXT_MAX + c->read.inner_len;
    if (tvt_handshake_may_receive(hs) == TVT_DATA_EARLY)
        return limit;
    if (hs->record_limit_sent != 0 && hs->peer_record_limit != 0)
        return hs->record_limit_sent < limit ? hs->record_limit_sent : limit;
    return hs->max_fragment != 0 ? hs->max_fragment + (size_t)c->read.inner_len : limit; /* RFC 6066 4 */
}

static enum tvt_result
open_record(struct tvt_connection *c, uint8_t *record, size_t len, uint8_t *type, struct tvt_span *content, bool *skip)
{
    size_t limit = plaintext_limit(c);
    struct tvt_error error;
    if (!c->hs.ignore_early_data)
        return tvt_record_open(&c->read, type, content, record, len, limit, c->hs.provider, &c->error);
    tvt_error_clear(&error);
    enum tvt_result r = tvt_record_open(&c->read, type, content, record, len, limit, c->hs.provider, &error);
    if (r == TVT_OK) {
        c->hs.ignore_early_data = false; /* the second flight has begun (RFC 9846 4.3.10) */
        return r;
    }
    *skip = error.code == TVT_E_BAD_RECORD_MAC;
    if (*skip)
        return tvt_connection_skip_early(c, len - TVT_RECORD_HEADER);
    c->error = error;
    return r;
}

/* A peer that failed before it had keys says so unprotected. One that may send data has them: else anybody on the path could
 * cut the data short with a close_notify (RFC 9846 6.1). */
static bool
may_lack_keys(const struct tvt_connection *c)
{
    return !tvt_handshake_done(&c->hs) && c->read.sequence == 0 && tvt_handshake_may_receive(&c->hs) == TVT_DATA_NONE;
}

/* One whole record, header at record[0]. */
static enum tvt_result
take_record(struct tvt_connection *c, const struct tvt_record_header *h, uint8_t *record, struct tvt_span *app)
{
    struct tvt_span content = tvt_span(record + TVT_RECORD_HEADER, h->length);
    uint8_t type = h->type;
    bool is_protected = c->read.aead != NULL, skip = false, hides_type = c->read.inner_len > 0;
    if (type == TVT_CONTENT_CCS && (!is_protected || hides_type))
        return take_ccs(c, content);
    if (!is_protected && type == TVT_CONTENT_APPLICATION && c->hs.ignore_early_data && c->incoming.len == 0)
        return tvt_connection_skip_early(c, content.len);
    if (!is_protected)
        return dispatch(c, type, content, app);
    if (hides_type && type == TVT_CONTENT_ALERT && may_lack_keys(c))
        return dispatch(c, type, content, app);
    if (hides_type && type != TVT_CONTENT_APPLICATION)
        return tvt_fail_detail(&c->error, TVT_E_UNPROTECTED, "record", "type", "%s", tvt_content_type_name(type));
    enum tvt_result r = open_record(c, record, TVT_RECORD_HEADER + h->length, &type, &content, &skip);
    if (r != TVT_OK || skip)
        return r;
    return dispatch(c, type, content, app);
}

size_t
tvt_connection_input_size(const uint8_t *data, size_t len)
{
    return len < TVT_RECORD_HEADER ? TVT_RECORD_HEADER : TVT_RECORD_HEADER + tvt_load_u16(data + 3);
}

/* Post-handshake authentication may wait for a signer or a verdict: what comes behind it waits, too. */
bool
tvt_connection_waits(const struct tvt_connection *c)
{
    return tvt_handshake_done(&c->hs) && c->hs.scratch != NULL &&
           (tvt_handshake_holds_message(&c->hs) || tvt_machine_row(c->hs.machine, c->hs.state, TVT_ON_SEND) != NULL);
}

/* What stands in the way of the next record. */
static enum tvt_result
make_way(struct tvt_connection *c)
{
    if (!tvt_handshake_done(&c->hs))
        return tvt_connection_handshake(c);
    if (!tvt_connection_waits(c))
        return TVT_OK;
    enum tvt_result r = tvt_connection_advance(c);
    return r == TVT_FAIL ? tvt_connection_failed(c) : r;
}

enum tvt_result
tvt_connection_input(struct tvt_connection *c, uint8_t *data, size_t len, size_t *used, struct tvt_span *app)
{
    struct tvt_record_header h;
    *used = 0;
    *app = tvt_span(NULL, 0);
    if (c->error.code != TVT_E_NONE || tvt_connection_check_idle(c, __func__) != TVT_OK)
        return TVT_FAIL;
    c->input_early = false;
    if (c->close_received)
        return TVT_CLOSED;
    enum tvt_result r = make_way(c);
    if (r != TVT_WANT_READ && r != TVT_OK)
        return r;
    if (len < TVT_RECORD_HEADER)
        return TVT_WANT_READ;
    /* 0-RTT data that is passed over is protected, with keys that are not ours. */
    bool protected_now = c->read.aead != NULL || (c->hs.ignore_early_data && data[0] == TVT_CONTENT_APPLICATION);
    r = tvt_record_header_read(&h, data, !c->first_received, protected_now, &c->error);
    if (r != TVT_OK)
        return tvt_connection_failed(c);
    if (len < TVT_RECORD_HEADER + (size_t)h.length)
        return TVT_WANT_READ;
    r = take_record(c, &h, data, app);
    *used = TVT_RECORD_HEADER + (size_t)h.length;
    c->first_received = true;
    if (r == TVT_FAIL)
        return tvt_connection_failed(c);
    return r == TVT_PENDING ? TVT_OK : r;
}

enum tvt_result
tvt_connection_input_eof(struct tvt_connection *c)
{
    if (c->close_received)
        return TVT_CLOSED;
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL; /* its alert may still wait to be sent */
    (void)tvt_fail(&c->error, tvt_handshake_done(&c->hs) ? TVT_E_UNEXPECTED_EOF : TVT_E_EOF_IN_HANDSHAKE, NULL, NULL);
    return tvt_connection_failed(c);
}
