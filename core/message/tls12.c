/* SPDX-License-Identifier: MIT
 *
 * The messages behind the hellos that TLS 1.2 has in a form of its own (RFC 5246 7.4, RFC 8422 5, RFC 5489, RFC 5077,
 * RFC 6066).
 */
#include "core/message/internal.h"

#define VEC16_MAX       0xffffu
#define VEC24_MAX       0xffffffu
#define NAMED_CURVE     3u  /* ECCurveType, RFC 8422 5.4: the only one that is not deprecated */
#define STATUS_OCSP     1u  /* CertificateStatusType, RFC 6066 8                              */
#define VERIFY_DATA_LEN 12u /* RFC 5246 7.4.9: what every suite here has                      */

/* ---- decoders ---------------------------------------------------------------------------------------------- */

void
tvt_decode_hello_request(struct tvt_decoder *d, struct tvt_message *out)
{
    /* Its body is empty; the dispatcher refuses any byte of it. */
    (void)d;
    (void)out;
}

static void
decode_certificate_entry12(struct tvt_decoder *d, struct tvt_certificate_message *m)
{
    size_t offset = tvt_reader_offset(&d->r);

    if (m->num == TVT_MAX_CHAIN) {
        tvt_refuse_value(d, TVT_E_CERT_CHAIN_TOO_LONG, "certificate_list", offset, TVT_MAX_CHAIN, m->num + 1);
        return;
    }
    d->message = tvt_certificate_entry_names[m->num];
    m->cert[m->num] = tvt_read_vec24(&d->r, 1, VEC24_MAX, "ASN.1Cert");
    if (d->r.bad != NULL)
        return;
    m->num++;
    d->message = tvt_message_kind_name(TVT_MSG_CERTIFICATE12);
}

void
tvt_decode_certificate12(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_certificate_message *m = &out->u.certificate;
    struct tvt_reader outer;
    struct tvt_span list;

    if ((d->form & TVT_FORM12_RAW_KEY) != 0) {
        /* The key stands where the list would (RFC 7250 3); none is as long as no certificate (RFC 5246 7.4.6). */
        m->cert[0] = tvt_read_vec24(&d->r, 0, VEC24_MAX, "ASN.1_subjectPublicKeyInfo");
        m->num = m->cert[0].len > 0 ? 1 : 0;
        return;
    }
    list = tvt_read_vec24(&d->r, 0, VEC24_MAX, "certificate_list");
    tvt_decoder_enter(d, &outer, list);
    while (tvt_reader_left(&d->r) > 0)
        decode_certificate_entry12(d, m);
    tvt_decoder_leave(d, &outer, "certificate_list");
}

void
tvt_decode_certificate_status(struct tvt_decoder *d, struct tvt_message *out)
{
    size_t offset = tvt_reader_offset(&d->r);
    uint8_t type = tvt_read_u8(&d->r, "status_type");

    if (type != STATUS_OCSP)
        tvt_refuse_value(d, TVT_E_ILLEGAL_PARAMETER, "status_type", offset, STATUS_OCSP, type);
    out->u.certificate_status = tvt_read_vec24(&d->r, 1, VEC24_MAX, "response");
}

void
tvt_decode_server_key_exchange(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_server_key_exchange *m = &out->u.server_key_exchange;
    bool psk = (d->form & TVT_FORM12_PSK) != 0;
    const uint8_t *params;
    size_t offset;
    uint8_t curve_type;

    if (psk)
        m->identity_hint = tvt_read_vec16(&d->r, 0, VEC16_MAX, "psk_identity_hint");
    params = d->r.p;
    offset = tvt_reader_offset(&d->r);
    curve_type = tvt_read_u8(&d->r, "curve_type");
    if (curve_type != NAMED_CURVE)
        tvt_refuse_value(d, TVT_E_ILLEGAL_PARAMETER, "curve_type", offset, NAMED_CURVE, curve_type);
    m->group = tvt_read_u16(&d->r, "namedcurve");
    m->point = tvt_read_vec8(&d->r, 1, 0xffu, "point");
    if (d->r.bad != NULL)
        return;
    m->params = tvt_span(params, (size_t)(d->r.p - params));
    if (psk)
        return;
    m->scheme = tvt_read_u16(&d->r, "algorithm");
    m->signature = tvt_read_vec16(&d->r, 0, VEC16_MAX, "signature");
}

void
tvt_decode_certificate_request12(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_certificate_request12 *m = &out->u.certificate_request12;
    struct tvt_reader outer;

    m->types = tvt_read_vec8(&d->r, 1, 0xffu, "certificate_types");
    m->signature_algorithms = tvt_decode_list16(d, 2, 2, 0xfffeu, "supported_signature_algorithms");
    m->authorities = tvt_read_vec16(&d->r, 0, VEC16_MAX, "certificate_authorities");
    tvt_decoder_enter(d, &outer, m->authorities);
    while (tvt_reader_left(&d->r) > 0)
        (void)tvt_read_vec16(&d->r, 1, VEC16_MAX, "distinguished_name");
    tvt_decoder_leave(d, &outer, "certificate_authorities");
}

void
tvt_decode_client_key_exchange(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_client_key_exchange *m = &out->u.client_key_exchange;

    if ((d->form & TVT_FORM12_PSK) != 0)
        m->identity = tvt_read_vec16(&d->r, 0, VEC16_MAX, "psk_identity");
    m->point = tvt_read_vec8(&d->r, 1, 0xffu, "ecdh_Yc");
}

void
tvt_decode_new_session_ticket12(struct tvt_decoder *d, struct tvt_message *out)
{
    out->u.new_session_ticket12.lifetime_hint = tvt_read_u32(&d->r, "ticket_lifetime_hint");
    out->u.new_session_ticket12.ticket = tvt_read_vec16(&d->r, 0, VEC16_MAX, "ticket");
}

void
tvt_decode_finished12(struct tvt_decoder *d, struct tvt_message *out)
{
    out->u.finished = tvt_read_bytes(&d->r, VERIFY_DATA_LEN, "verify_data");
}

/* ---- encoders ---------------------------------------------------------------------------------------------- */

void
tvt_encode_hello_request(struct tvt_writer *w)
{
    tvt_write_close(w, tvt_encode_header(w, TVT_HT_HELLO_REQUEST), 3);
}

void
tvt_encode_certificate12(struct tvt_writer *w, const struct tvt_certificate_message *m, unsigned form)
{
    size_t mark = tvt_encode_header(w, TVT_HT_CERTIFICATE), list = tvt_write_open(w, 3);

    if ((form & TVT_FORM12_RAW_KEY) != 0 && m->num > 0)
        tvt_write_span(w, m->cert[0]);
    else
        for (size_t i = 0; i < m->num; i++)
            tvt_encode_vector(w, 3, m->cert[i]);
    tvt_write_close(w, list, 3);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_certificate_status(struct tvt_writer *w, struct tvt_span ocsp_response)
{
    size_t mark = tvt_encode_header(w, TVT_HT_CERTIFICATE_STATUS);

    tvt_write_u8(w, STATUS_OCSP);
    tvt_encode_vector(w, 3, ocsp_response);
    tvt_write_close(w, mark, 3);
}

void
tvt_write_ecdh_params(struct tvt_writer *w, uint16_t group, struct tvt_span point)
{
    tvt_write_u8(w, NAMED_CURVE);
    tvt_write_u16(w, group);
    tvt_encode_vector(w, 1, point);
}

void
tvt_write_signed_params(struct tvt_writer *w, struct tvt_span client_random, struct tvt_span server_random,
                        struct tvt_span params)
{
    tvt_write_span(w, client_random);
    tvt_write_span(w, server_random);
    tvt_write_span(w, params);
}

void
tvt_encode_server_key_exchange(struct tvt_writer *w, const struct tvt_server_key_exchange *m, unsigned form)
{
    size_t mark = tvt_encode_header(w, TVT_HT_SERVER_KEY_EXCHANGE);
    bool psk = (form & TVT_FORM12_PSK) != 0;

    if (psk)
        tvt_encode_vector(w, 2, m->identity_hint);
    tvt_write_ecdh_params(w, m->group, m->point);
    if (!psk) {
        tvt_write_u16(w, m->scheme);
        tvt_encode_vector(w, 2, m->signature);
    }
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_certificate_request12(struct tvt_writer *w, const struct tvt_certificate_request12 *m)
{
    size_t mark = tvt_encode_header(w, TVT_HT_CERTIFICATE_REQUEST);

    tvt_encode_vector(w, 1, m->types);
    tvt_encode_vector(w, 2, m->signature_algorithms);
    tvt_encode_vector(w, 2, m->authorities);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_server_hello_done(struct tvt_writer *w)
{
    tvt_write_close(w, tvt_encode_header(w, TVT_HT_SERVER_HELLO_DONE), 3);
}

void
tvt_encode_client_key_exchange(struct tvt_writer *w, const struct tvt_client_key_exchange *m, unsigned form)
{
    size_t mark = tvt_encode_header(w, TVT_HT_CLIENT_KEY_EXCHANGE);

    if ((form & TVT_FORM12_PSK) != 0)
        tvt_encode_vector(w, 2, m->identity);
    tvt_encode_vector(w, 1, m->point);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_new_session_ticket12(struct tvt_writer *w, const struct tvt_new_session_ticket12 *m)
{
    size_t mark = tvt_encode_header(w, TVT_HT_NEW_SESSION_TICKET);

    tvt_write_u32(w, m->lifetime_hint);
    tvt_encode_vector(w, 2, m->ticket);
    tvt_write_close(w, mark, 3);
}

/* ---- room for them ----------------------------------------------------------------------------------------- */

size_t
tvt_certificate12_bound(const struct tvt_certificate_message *m)
{
    size_t bound = TVT_HANDSHAKE_HEADER + 3;

    for (size_t i = 0; i < m->num; i++)
        bound += 3 + m->cert[i].len;
    return bound;
}

size_t
tvt_certificate_status_bound(struct tvt_span ocsp_response)
{
    return TVT_HANDSHAKE_HEADER + 1 + 3 + ocsp_response.len;
}

size_t
tvt_server_key_exchange_bound(const struct tvt_server_key_exchange *m)
{
    return TVT_HANDSHAKE_HEADER + 2 + m->identity_hint.len + TVT_ECDH_PARAMS_MAX + 2 + 2 + m->signature.len;
}

size_t
tvt_certificate_request12_bound(const struct tvt_certificate_request12 *m)
{
    return TVT_HANDSHAKE_HEADER + 1 + m->types.len + 2 + m->signature_algorithms.len + 2 + m->authorities.len;
}

size_t
tvt_client_key_exchange_bound(const struct tvt_client_key_exchange *m)
{
    return TVT_HANDSHAKE_HEADER + 2 + m->identity.len + 1 + m->point.len;
}

size_t
tvt_new_session_ticket12_bound(const struct tvt_new_session_ticket12 *m)
{
    return TVT_HANDSHAKE_HEADER + 4 + 2 + m->ticket.len;
}
