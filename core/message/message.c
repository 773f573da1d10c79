/* SPDX-License-Identifier: MIT
 *
 * The way into the decoders: a handshake message's header, the table of messages, and the one place that raises what a
 * decoder found.
 */
#include "core/message/internal.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct message_row {
    uint8_t type; /* enum tvt_handshake_type */
    uint8_t kind; /* enum tvt_message_kind   */
    void (*decode)(struct tvt_decoder *d, struct tvt_message *out);
};

/* RFC 9846 4 */
static const struct message_row message_rows[] = {
    {TVT_HT_CLIENT_HELLO, TVT_MSG_CLIENT_HELLO, tvt_decode_client_hello},
    {TVT_HT_SERVER_HELLO, TVT_MSG_SERVER_HELLO13, tvt_decode_server_hello},
    {TVT_HT_NEW_SESSION_TICKET, TVT_MSG_NEW_SESSION_TICKET, tvt_decode_new_session_ticket},
    {TVT_HT_END_OF_EARLY_DATA, TVT_MSG_END_OF_EARLY_DATA, tvt_decode_end_of_early_data},
    {TVT_HT_ENCRYPTED_EXTENSIONS, TVT_MSG_ENCRYPTED_EXTENSIONS, tvt_decode_encrypted_extensions},
    {TVT_HT_CERTIFICATE, TVT_MSG_CERTIFICATE, tvt_decode_certificate},
    {TVT_HT_COMPRESSED_CERTIFICATE, TVT_MSG_COMPRESSED_CERTIFICATE, tvt_decode_compressed_certificate},
    {TVT_HT_CERTIFICATE_REQUEST, TVT_MSG_CERTIFICATE_REQUEST, tvt_decode_certificate_request},
    {TVT_HT_CERTIFICATE_VERIFY, TVT_MSG_CERTIFICATE_VERIFY, tvt_decode_certificate_verify},
    {TVT_HT_FINISHED, TVT_MSG_FINISHED, tvt_decode_finished},
    {TVT_HT_KEY_UPDATE, TVT_MSG_KEY_UPDATE, tvt_decode_key_update},
};

/* RFC 5246 7.4, RFC 5077 3.3, RFC 6066 8 */
static const struct message_row message_rows12[] = {
    {TVT_HT_HELLO_REQUEST, TVT_MSG_HELLO_REQUEST, tvt_decode_hello_request},
    {TVT_HT_CLIENT_HELLO, TVT_MSG_CLIENT_HELLO, tvt_decode_client_hello},
    {TVT_HT_SERVER_HELLO, TVT_MSG_SERVER_HELLO12, tvt_decode_server_hello12},
    {TVT_HT_NEW_SESSION_TICKET, TVT_MSG_NEW_SESSION_TICKET12, tvt_decode_new_session_ticket12},
    {TVT_HT_CERTIFICATE, TVT_MSG_CERTIFICATE12, tvt_decode_certificate12},
    {TVT_HT_SERVER_KEY_EXCHANGE, TVT_MSG_SERVER_KEY_EXCHANGE, tvt_decode_server_key_exchange},
    {TVT_HT_CERTIFICATE_REQUEST, TVT_MSG_CERTIFICATE_REQUEST12, tvt_decode_certificate_request12},
    {TVT_HT_SERVER_HELLO_DONE, TVT_MSG_SERVER_HELLO_DONE, tvt_decode_hello_request},
    {TVT_HT_CERTIFICATE_VERIFY, TVT_MSG_CERTIFICATE_VERIFY, tvt_decode_certificate_verify},
    {TVT_HT_CLIENT_KEY_EXCHANGE, TVT_MSG_CLIENT_KEY_EXCHANGE, tvt_decode_client_key_exchange},
    {TVT_HT_FINISHED, TVT_MSG_FINISHED, tvt_decode_finished12},
    {TVT_HT_CERTIFICATE_STATUS, TVT_MSG_CERTIFICATE_STATUS, tvt_decode_certificate_status},
};

static const char *const kind_names[TVT_MSG_NUM_KINDS] = {
    [TVT_MSG_NONE] = "none",
    [TVT_MSG_CLIENT_HELLO] = "ClientHello",
    [TVT_MSG_SERVER_HELLO13] = "ServerHello",
    [TVT_MSG_SERVER_HELLO12] = "ServerHello (TLS 1.2)",
    [TVT_MSG_HELLO_RETRY] = "HelloRetryRequest",
    [TVT_MSG_ENCRYPTED_EXTENSIONS] = "EncryptedExtensions",
    [TVT_MSG_CERTIFICATE_REQUEST] = "CertificateRequest",
    [TVT_MSG_CERTIFICATE] = "Certificate",
    [TVT_MSG_CERTIFICATE_VERIFY] = "CertificateVerify",
    [TVT_MSG_FINISHED] = "Finished",
    [TVT_MSG_NEW_SESSION_TICKET] = "NewSessionTicket",
    [TVT_MSG_KEY_UPDATE] = "KeyUpdate",
    [TVT_MSG_END_OF_EARLY_DATA] = "EndOfEarlyData",
    [TVT_MSG_COMPRESSED_CERTIFICATE] = "CompressedCertificate",
    [TVT_MSG_HELLO_REQUEST] = "HelloRequest",
    [TVT_MSG_CERTIFICATE12] = "Certificate",
    [TVT_MSG_CERTIFICATE_STATUS] = "CertificateStatus",
    [TVT_MSG_SERVER_KEY_EXCHANGE] = "ServerKeyExchange",
    [TVT_MSG_CERTIFICATE_REQUEST12] = "CertificateRequest",
    [TVT_MSG_SERVER_HELLO_DONE] = "ServerHelloDone",
    [TVT_MSG_CLIENT_KEY_EXCHANGE] = "ClientKeyExchange",
    [TVT_MSG_NEW_SESSION_TICKET12] = "NewSessionTicket",
    [TVT_MSG_CHANGE_CIPHER_SPEC] = "ChangeCipherSpec",
};

const char *
tvt_message_kind_name(enum tvt_message_kind kind)
{
    return (unsigned)kind < TVT_MSG_NUM_KINDS ? kind_names[kind] : "unknown";
}

/* ---- the decoder ------------------------------------------------------------------------------------------- */

void
tvt_message_refuse(struct tvt_decoder *d, enum tvt_error_code code, const char *field, size_t offset)
{
    if (d->r.bad != NULL)
        return;
    d->code = code;
    d->field = field;
    d->offset = offset;
    /* Stops the reader; raise() looks at d->code first. */
    tvt_reader_fault(&d->r, field, offset, TVT_READ_LENGTH);
}

void
tvt_refuse_value(struct tvt_decoder *d, enum tvt_error_code code, const char *field, size_t offset, uint64_t expected,
                 uint64_t got)
{
    if (d->r.bad != NULL)
        return;
    tvt_message_refuse(d, code, field, offset);
    d->has_values = true;
    d->expected = expected;
    d->got = got;
}

void
tvt_refuse_type(struct tvt_decoder *d, enum tvt_error_code code, const char *field, size_t offset, uint16_t type)
{
    if (d->r.bad != NULL)
        return;
    tvt_message_refuse(d, code, field, offset);
    d->has_type = true;
    d->type = type;
}

void
tvt_decoder_enter(struct tvt_decoder *d, struct tvt_reader *outer, struct tvt_span part)
{
    *outer = d->r;
    /* A reader that failed stays as it is: it yields nothing, and what failed first stands. */
    if (outer->bad == NULL)
        tvt_reader_sub(&d->r, outer, part);
}

void
tvt_decoder_leave(struct tvt_decoder *d, const struct tvt_reader *outer, const char *field)
{
    struct tvt_reader inner = d->r;
    bool good = tvt_reader_done(&inner, field);

    d->r = *outer;
    if (!good)
        tvt_reader_adopt(&d->r, &inner);
}

struct tvt_span
tvt_decode_list16(struct tvt_decoder *d, unsigned width, size_t min, size_t max, const char *field)
{
    size_t offset = tvt_reader_offset(&d->r);
    struct tvt_span list = width == 1 ? tvt_read_vec8(&d->r, min, max, field) : tvt_read_vec16(&d->r, min, max, field);

    if ((list.len & 1u) != 0)
        tvt_reader_fault(&d->r, field, offset, TVT_READ_LENGTH);
    return list;
}

static enum tvt_result
raise_refusal(const struct tvt_decoder *d, struct tvt_error *error)
{
    /* The first error sticks; an offset belongs only to the one raised here. */
    bool fresh = error != NULL && error->code == TVT_E_NONE;
    enum tvt_result result;

    if (d->has_type)
        result = tvt_fail_detail(error, d->code, d->message, d->field, "type %u", (unsigned)d->type);
    else if (d->has_values)
        result = tvt_fail_values(error, d->code, d->message, d->field, d->expected, d->got);
    else
        result = tvt_fail(error, d->code, d->message, d->field);
    if (fresh)
        error->offset = d->offset;
    return result;
}

/* ---- dispatch ---------------------------------------------------------------------------------------------- */

static const struct message_row *
find_row(const struct message_row *rows, size_t num, uint8_t type)
{
    for (size_t i = 0; i < num; i++) {
        if (rows[i].type == type)
            return &rows[i];
    }
    return NULL;
}

static enum tvt_result
refuse_type12(struct tvt_error *error, uint8_t type)
{
    bool fresh = error != NULL && error->code == TVT_E_NONE;
    enum tvt_result result = tvt_fail_detail(error, TVT_E_UNKNOWN_MESSAGE12, "handshake message", "msg_type",
                                             "%s, type %u", tvt_handshake_type_name(type), (unsigned)type);

    if (fresh)
        error->offset = 0;
    return result;
}

static enum tvt_result
decode(struct tvt_decoder *d, struct tvt_message *out, struct tvt_span raw, struct tvt_error *error)
{
    const struct message_row *row;
    struct tvt_reader outer;

    memset(out, 0, sizeof *out);
    d->message = "handshake message";
    tvt_reader_init(&d->r, raw);
    out->raw = raw;
    out->type = tvt_read_u8(&d->r, "msg_type");
    if (d->r.bad != NULL)
        return tvt_fail_reader(error, &d->r, d->message);
    row = d->tls12 ? find_row(message_rows12, COUNT(message_rows12), out->type)
                   : find_row(message_rows, COUNT(message_rows), out->type);
    if (row == NULL && d->tls12)
        return refuse_type12(error, out->type);
    if (row == NULL) {
        tvt_refuse_type(d, TVT_E_UNKNOWN_MESSAGE, "msg_type", 0, out->type);
        return raise_refusal(d, error);
    }
    out->kind = (enum tvt_message_kind)row->kind;
    d->message = kind_names[row->kind];

    struct tvt_span body = tvt_read_vec24(&d->r, 0, 0xffffffu, "length");
    tvt_decoder_enter(d, &outer, body);
    row->decode(d, out);
    tvt_decoder_leave(d, &outer, d->message);
    if (tvt_reader_done(&d->r, "length"))
        return TVT_OK;
    out->kind = TVT_MSG_NONE;
    return d->code != TVT_E_NONE ? raise_refusal(d, error) : tvt_fail_reader(error, &d->r, d->message);
}

enum tvt_result
tvt_message_decode(struct tvt_message *out, struct tvt_span raw, struct tvt_error *error)
{
    struct tvt_decoder d = {0};

    return decode(&d, out, raw, error);
}

enum tvt_result
tvt_message_decode12(struct tvt_message *out, struct tvt_span raw, unsigned form, struct tvt_error *error)
{
    struct tvt_decoder d = {.tls12 = true, .form = form};

    return decode(&d, out, raw, error);
}

enum tvt_result
tvt_certificate_body_decode(struct tvt_message *out, struct tvt_span body, struct tvt_error *error)
{
    struct tvt_decoder d;

    memset(out, 0, sizeof *out);
    memset(&d, 0, sizeof d);
    d.message = kind_names[TVT_MSG_CERTIFICATE];
    tvt_reader_init(&d.r, body);
    out->raw = body;
    out->type = TVT_HT_CERTIFICATE;
    tvt_decode_certificate(&d, out);
    if (tvt_reader_done(&d.r, d.message)) {
        out->kind = TVT_MSG_CERTIFICATE;
        return TVT_OK;
    }
    return d.code != TVT_E_NONE ? raise_refusal(&d, error) : tvt_fail_reader(error, &d.r, d.message);
}

/* ---- parts of encoders ------------------------------------------------------------------------------------- */

size_t
tvt_encode_header(struct tvt_writer *w, enum tvt_handshake_type type)
{
    tvt_write_u8(w, (uint8_t)type);
    return tvt_write_open(w, 3);
}

void
tvt_encode_vector(struct tvt_writer *w, unsigned width, struct tvt_span data)
{
    size_t mark = tvt_write_open(w, width);

    tvt_write_span(w, data);
    tvt_write_close(w, mark, width);
}
