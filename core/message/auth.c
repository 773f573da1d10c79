/* SPDX-License-Identifier: MIT
 *
 * The messages behind the hellos: server parameters, authentication, and those of a connection that stands
 * (RFC 9846 4.4 to 4.7).
 */
#include "core/message/internal.h"

#include <string.h>

#define MAX_TICKET_LIFETIME 604800u /* seven days in seconds, RFC 9846 4.7.1 */

/* ---- decoders ---------------------------------------------------------------------------------------------- */

void
tvt_decode_encrypted_extensions(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_span list = tvt_read_vec16(&d->r, 0, 0xffffu, "extensions");

    tvt_decode_extensions(d, &out->u.encrypted_extensions, list, TVT_IN_EE);
}

void
tvt_decode_certificate_request(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_certificate_request *m = &out->u.certificate_request;

    m->context = tvt_read_vec8(&d->r, 0, 0xffu, "certificate_request_context");
    tvt_decode_extensions(d, &m->ext, tvt_read_vec16(&d->r, 0, 0xffffu, "extensions"), TVT_IN_CR);
}

const char *const tvt_certificate_entry_names[TVT_MAX_CHAIN] = {
    "Certificate[0]", "Certificate[1]", "Certificate[2]", "Certificate[3]", "Certificate[4]",
    "Certificate[5]", "Certificate[6]", "Certificate[7]", "Certificate[8]", "Certificate[9]"};

static void
decode_certificate_entry(struct tvt_decoder *d, struct tvt_certificate_message *m)
{
    struct tvt_extensions ext;
    size_t offset = tvt_reader_offset(&d->r);

    if (m->num == TVT_MAX_CHAIN) {
        tvt_refuse_value(d, TVT_E_CERT_CHAIN_TOO_LONG, "certificate_list", offset, TVT_MAX_CHAIN, m->num + 1);
        return;
    }
    d->message = tvt_certificate_entry_names[m->num];
    m->cert[m->num] = tvt_read_vec24(&d->r, 1, 0xffffffu, "cert_data");
    memset(&ext, 0, sizeof ext);
    tvt_decode_extensions(d, &ext, tvt_read_vec16(&d->r, 0, 0xffffu, "extensions"), TVT_IN_CT);
    if (d->r.bad != NULL)
        return;
    if (m->num == 0) {
        m->ocsp_response = ext.ocsp_response;
        m->sct_list = ext.sct_list;
    }
    m->present |= ext.present;
    if (ext.unknown && !m->unknown) {
        m->unknown = true;
        m->unknown_code = ext.unknown_code;
    }
    m->num++;
    d->message = tvt_message_kind_name(TVT_MSG_CERTIFICATE);
}

void
tvt_decode_certificate(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_certificate_message *m = &out->u.certificate;
    struct tvt_reader outer;
    struct tvt_span list;

    m->context = tvt_read_vec8(&d->r, 0, 0xffu, "certificate_request_context");
    list = tvt_read_vec24(&d->r, 0, 0xffffffu, "certificate_list");
    tvt_decoder_enter(d, &outer, list);
    while (tvt_reader_left(&d->r) > 0)
        decode_certificate_entry(d, m);
    tvt_decoder_leave(d, &outer, "certificate_list");
}

void
tvt_decode_compressed_certificate(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_compressed_certificate *m = &out->u.compressed_certificate;

    m->algorithm = tvt_read_u16(&d->r, "algorithm");
    m->uncompressed_length = tvt_read_u24(&d->r, "uncompressed_length");
    m->data = tvt_read_vec24(&d->r, 1, 0xffffffu, "compressed_certificate_message");
}

void
tvt_decode_certificate_verify(struct tvt_decoder *d, struct tvt_message *out)
{
    out->u.certificate_verify.scheme = tvt_read_u16(&d->r, "algorithm");
    out->u.certificate_verify.signature = tvt_read_vec16(&d->r, 0, 0xffffu, "signature");
}

void
tvt_decode_finished(struct tvt_decoder *d, struct tvt_message *out)
{
    out->u.finished = tvt_read_bytes(&d->r, tvt_reader_left(&d->r), "verify_data");
}

void
tvt_decode_new_session_ticket(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_new_session_ticket *m = &out->u.new_session_ticket;
    size_t offset = tvt_reader_offset(&d->r);

    m->lifetime = tvt_read_u32(&d->r, "ticket_lifetime");
    if (m->lifetime > MAX_TICKET_LIFETIME)
        tvt_refuse_value(d, TVT_E_ILLEGAL_PARAMETER, "ticket_lifetime", offset, MAX_TICKET_LIFETIME, m->lifetime);
    m->age_add = tvt_read_u32(&d->r, "ticket_age_add");
    m->nonce = tvt_read_vec8(&d->r, 0, 0xffu, "ticket_nonce");
    m->ticket = tvt_read_vec16(&d->r, 1, 0xffffu, "ticket");
    tvt_decode_extensions(d, &m->ext, tvt_read_vec16(&d->r, 0, 0xffffu, "extensions"), TVT_IN_NST);
}

void
tvt_decode_key_update(struct tvt_decoder *d, struct tvt_message *out)
{
    size_t offset = tvt_reader_offset(&d->r);

    out->u.key_update = tvt_read_u8(&d->r, "request_update");
    if (out->u.key_update > 1)
        tvt_refuse_value(d, TVT_E_BAD_KEY_UPDATE, "request_update", offset, 1, out->u.key_update);
}

void
tvt_decode_end_of_early_data(struct tvt_decoder *d, struct tvt_message *out)
{
    /* Its body is empty; the dispatcher refuses any byte of it. */
    (void)d;
    (void)out;
}

/* ---- encoders ---------------------------------------------------------------------------------------------- */

void
tvt_encode_encrypted_extensions(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    size_t mark = tvt_encode_header(w, TVT_HT_ENCRYPTED_EXTENSIONS);

    tvt_encode_extensions(w, ext, TVT_IN_EE);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_certificate_request(struct tvt_writer *w, const struct tvt_certificate_request *m)
{
    size_t mark = tvt_encode_header(w, TVT_HT_CERTIFICATE_REQUEST);

    tvt_encode_vector(w, 1, m->context);
    tvt_encode_extensions(w, &m->ext, TVT_IN_CR);
    tvt_write_close(w, mark, 3);
}

static void
write_certificates(struct tvt_writer *w, struct tvt_span context, const struct tvt_span *certs, size_t num,
                   const struct tvt_extensions *leaf)
{
    static const struct tvt_extensions none = {0};
    size_t mark = tvt_encode_header(w, TVT_HT_CERTIFICATE), list;

    tvt_encode_vector(w, 1, context);
    list = tvt_write_open(w, 3);
    for (size_t i = 0; i < num; i++) {
        tvt_encode_vector(w, 3, certs[i]);
        tvt_encode_extensions(w, i == 0 ? leaf : &none, TVT_IN_CT);
    }
    tvt_write_close(w, list, 3);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_certificate(struct tvt_writer *w, struct tvt_span context, const struct tvt_span *certs, size_t num)
{
    static const struct tvt_extensions none = {0};

    write_certificates(w, context, certs, num, &none);
}

void
tvt_encode_certificate_message(struct tvt_writer *w, const struct tvt_certificate_message *m)
{
    struct tvt_extensions leaf = {.ocsp_response = m->ocsp_response, .sct_list = m->sct_list};

    leaf.present = (m->ocsp_response.len > 0 ? TVT_EXT_BIT(TVT_EXT_STATUS_REQUEST) : 0) |
                   (m->sct_list.len > 0 ? TVT_EXT_BIT(TVT_EXT_SCT) : 0);
    write_certificates(w, m->context, m->cert, m->num, &leaf);
}

void
tvt_encode_compressed_certificate(struct tvt_writer *w, const struct tvt_compressed_certificate *m)
{
    size_t mark = tvt_encode_header(w, TVT_HT_COMPRESSED_CERTIFICATE);

    tvt_write_u16(w, m->algorithm);
    tvt_write_u24(w, m->uncompressed_length);
    tvt_encode_vector(w, 3, m->data);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_certificate_verify(struct tvt_writer *w, const struct tvt_certificate_verify *m)
{
    size_t mark = tvt_encode_header(w, TVT_HT_CERTIFICATE_VERIFY);

    tvt_write_u16(w, m->scheme);
    tvt_encode_vector(w, 2, m->signature);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_finished(struct tvt_writer *w, struct tvt_span verify_data)
{
    size_t mark = tvt_encode_header(w, TVT_HT_FINISHED);

    tvt_write_span(w, verify_data);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_new_session_ticket(struct tvt_writer *w, const struct tvt_new_session_ticket *m)
{
    size_t mark = tvt_encode_header(w, TVT_HT_NEW_SESSION_TICKET);

    tvt_write_u32(w, m->lifetime);
    tvt_write_u32(w, m->age_add);
    tvt_encode_vector(w, 1, m->nonce);
    tvt_encode_vector(w, 2, m->ticket);
    tvt_encode_extensions(w, &m->ext, TVT_IN_NST);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_key_update(struct tvt_writer *w, uint8_t request_update)
{
    size_t mark = tvt_encode_header(w, TVT_HT_KEY_UPDATE);

    tvt_write_u8(w, request_update);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_end_of_early_data(struct tvt_writer *w)
{
    tvt_write_close(w, tvt_encode_header(w, TVT_HT_END_OF_EARLY_DATA), 3);
}
