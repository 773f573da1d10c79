/* SPDX-License-Identifier: MIT
 *
 * ClientHello, ServerHello and HelloRetryRequest (RFC 9846 4.2; RFC 5246 7.4.1).
 */
#include "core/message/internal.h"

/* SHA-256 of "HelloRetryRequest" (RFC 9846 4.2.3) */
const uint8_t tvt_hello_retry_random[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                            0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                            0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
const uint8_t tvt_downgrade_tls12[8] = {0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x01};
const uint8_t tvt_downgrade_tls11[8] = {0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x00};

void
tvt_decode_client_hello(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_client_hello *m = &out->u.client_hello;

    m->legacy_version = tvt_read_u16(&d->r, "legacy_version");
    m->random = tvt_read_bytes(&d->r, 32, "random");
    m->session_id = tvt_read_vec8(&d->r, 0, 32, "legacy_session_id");
    m->suites = tvt_decode_list16(d, 2, 2, 0xfffeu, "cipher_suites");
    m->compression = tvt_read_vec8(&d->r, 1, 0xffu, "legacy_compression_methods");
    m->ext.last = TVT_EXT_NUM;
    /* Before TLS 1.3 a hello may end here (RFC 9846 4.2.2), and the list may be empty (RFC 5246 7.4.1.2). */
    m->has_extensions = tvt_reader_left(&d->r) > 0;
    if (m->has_extensions)
        tvt_decode_extensions(d, &m->ext, tvt_read_vec16(&d->r, 0, 0xffffu, "extensions"), TVT_IN_CH);
}

/* RFC 9846 4.2.3: legacy_version and legacy_compression_method of a TLS 1.3 ServerHello are fixed. */
static void
check_fixed_fields(struct tvt_decoder *d, const struct tvt_server_hello *m, size_t compression_offset)
{
    if (m->legacy_version != TVT_VERSION_TLS12)
        tvt_refuse_value(d, TVT_E_LEGACY_VERSION, "legacy_version", TVT_HANDSHAKE_HEADER, TVT_VERSION_TLS12,
                         m->legacy_version);
    if (m->compression != 0)
        tvt_refuse_value(d, TVT_E_WRONG_COMPRESSION, "legacy_compression_method", compression_offset, 0,
                         m->compression);
}

void
tvt_decode_server_hello(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_server_hello *m = &out->u.server_hello;
    enum tvt_extension_place place = TVT_IN_SH12;
    struct tvt_span list = {NULL, 0}, versions;
    size_t compression_offset;

    m->legacy_version = tvt_read_u16(&d->r, "legacy_version");
    m->random = tvt_read_bytes(&d->r, 32, "random");
    out->kind = TVT_MSG_SERVER_HELLO12;
    if (tvt_span_equal(m->random, tvt_span(tvt_hello_retry_random, sizeof tvt_hello_retry_random))) {
        out->kind = TVT_MSG_HELLO_RETRY;
        place = TVT_IN_HRR;
        d->message = tvt_message_kind_name(TVT_MSG_HELLO_RETRY);
    }
    m->session_id = tvt_read_vec8(&d->r, 0, 32, "legacy_session_id_echo");
    m->suite = tvt_read_u16(&d->r, "cipher_suite");
    compression_offset = tvt_reader_offset(&d->r);
    m->compression = tvt_read_u8(&d->r, "legacy_compression_method");
    /* TLS 1.2 lets the list be absent (RFC 5246 7.4.1.3). */
    if (out->kind == TVT_MSG_HELLO_RETRY || tvt_reader_left(&d->r) > 0)
        list = tvt_read_vec16(&d->r, 0, 0xffffu, "extensions");
    if (out->kind != TVT_MSG_HELLO_RETRY &&
        tvt_extension_find(list, tvt_extension_code(TVT_EXT_SUPPORTED_VERSIONS), &versions)) {
        out->kind = TVT_MSG_SERVER_HELLO13;
        place = TVT_IN_SH;
    }
    if (out->kind != TVT_MSG_SERVER_HELLO12)
        check_fixed_fields(d, m, compression_offset);
    tvt_decode_extensions(d, &m->ext, list, place);
}

void
tvt_decode_server_hello12(struct tvt_decoder *d, struct tvt_message *out)
{
    struct tvt_server_hello *m = &out->u.server_hello;
    struct tvt_span list = {NULL, 0};
    size_t offset;

    m->legacy_version = tvt_read_u16(&d->r, "server_version");
    m->random = tvt_read_bytes(&d->r, 32, "random");
    m->session_id = tvt_read_vec8(&d->r, 0, 32, "session_id");
    m->suite = tvt_read_u16(&d->r, "cipher_suite");
    offset = tvt_reader_offset(&d->r);
    m->compression = tvt_read_u8(&d->r, "compression_method");
    if (m->compression != 0) /* the only one that a ClientHello of ours has */
        tvt_refuse_value(d, TVT_E_WRONG_COMPRESSION, "compression_method", offset, 0, m->compression);
    if (tvt_reader_left(&d->r) > 0)
        list = tvt_read_vec16(&d->r, 0, 0xffffu, "extensions");
    tvt_decode_extensions(d, &m->ext, list, TVT_IN_SH12);
}

/* ---- encoders ---------------------------------------------------------------------------------------------- */

void
tvt_encode_client_hello(struct tvt_writer *w, const struct tvt_client_hello *m)
{
    size_t mark = tvt_encode_header(w, TVT_HT_CLIENT_HELLO);

    tvt_write_u16(w, m->legacy_version);
    tvt_write_span(w, m->random);
    tvt_encode_vector(w, 1, m->session_id);
    tvt_encode_vector(w, 2, m->suites);
    tvt_encode_vector(w, 1, m->compression);
    if (m->has_extensions)
        tvt_encode_extensions(w, &m->ext, TVT_IN_CH);
    tvt_write_close(w, mark, 3);
}

void
tvt_encode_server_hello(struct tvt_writer *w, const struct tvt_server_hello *m, enum tvt_message_kind kind)
{
    size_t mark = tvt_encode_header(w, TVT_HT_SERVER_HELLO);

    tvt_write_u16(w, m->legacy_version);
    tvt_write_span(w, m->random);
    tvt_encode_vector(w, 1, m->session_id);
    tvt_write_u16(w, m->suite);
    tvt_write_u8(w, m->compression);
    if (kind != TVT_MSG_SERVER_HELLO12)
        tvt_encode_extensions(w, &m->ext, kind == TVT_MSG_HELLO_RETRY ? TVT_IN_HRR : TVT_IN_SH);
    else if (m->ext.present != 0)
        tvt_encode_extensions(w, &m->ext, TVT_IN_SH12);
    tvt_write_close(w, mark, 3);
}

size_t
tvt_client_hello_bound(const struct tvt_client_hello *m)
{
    /* header, version, random, and the length fields of the three vectors */
    size_t bound = TVT_HANDSHAKE_HEADER + 2 + 32 + 1 + 2 + 1;

    bound += m->session_id.len + m->suites.len + m->compression.len;
    return m->has_extensions ? bound + tvt_extensions_bound(&m->ext) : bound;
}

size_t
tvt_server_hello_bound(const struct tvt_server_hello *m)
{
    /* header, version, random, the length field of the session's identifier, suite, compression */
    return TVT_HANDSHAKE_HEADER + 2 + 32 + 1 + m->session_id.len + 2 + 1 + tvt_extensions_bound(&m->ext);
}
