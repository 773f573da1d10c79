/* SPDX-License-Identifier: MIT
 *
 * What the data of each extension looks like, in each message that may hold it, and the table that says so. Readers
 * know grammar and the values that the extension's own definition forbids; writers write what readers read.
 */
#include "core/message/internal.h"

#include <string.h>

#define VEC16_MAX             0xffffu
#define MIN_RECORD_SIZE_LIMIT 64u    /* RFC 8449 4 */
#define MAX_RECORD_SIZE_LIMIT 16385u /* RFC 8449 4: 2^14 and the content type */

/* ---- forms of several extensions --------------------------------------------------------------------------- */

/* Empty: the loop refuses any byte that is left. */
static void
read_nothing(struct tvt_decoder *d, struct tvt_extensions *out)
{
    (void)d;
    (void)out;
}

static void
write_nothing(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    (void)w;
    (void)ext;
}

/* Data that means nothing to us here. */
static void
read_ignored(struct tvt_decoder *d, struct tvt_extensions *out)
{
    (void)out;
    (void)tvt_read_bytes(&d->r, tvt_reader_left(&d->r), "extension_data");
}

/* ---- RFC 6066: server_name, max_fragment_length, status_request -------------------------------------------- */

static void
read_host_name(struct tvt_decoder *d, struct tvt_extensions *out)
{
    struct tvt_span list = tvt_read_vec16(&d->r, 1, VEC16_MAX, "server_name_list");
    struct tvt_reader outer;
    size_t offset;
    uint8_t type;

    tvt_decoder_enter(d, &outer, list);
    offset = tvt_reader_offset(&d->r);
    type = tvt_read_u8(&d->r, "name_type");
    if (type != 0)
        tvt_refuse_value(d, TVT_E_ILLEGAL_PARAMETER, "name_type", offset, 0, type);
    offset = tvt_reader_offset(&d->r);
    out->server_name = tvt_read_vec16(&d->r, 1, VEC16_MAX, "host_name");
    if (out->server_name.len > 0 && memchr(out->server_name.data, 0, out->server_name.len) != NULL)
        tvt_message_refuse(d, TVT_E_ILLEGAL_PARAMETER, "host_name", offset);
    /* One name of each type (RFC 6066 3), and there is one type. */
    if (tvt_reader_left(&d->r) > 0)
        tvt_message_refuse(d, TVT_E_ILLEGAL_PARAMETER, "server_name_list", tvt_reader_offset(&d->r));
    tvt_decoder_leave(d, &outer, "server_name_list");
}

static void
write_host_name(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    size_t mark = tvt_write_open(w, 2);

    tvt_write_u8(w, 0);
    tvt_encode_vector(w, 2, ext->server_name);
    tvt_write_close(w, mark, 2);
}

static void
read_fragment_length(struct tvt_decoder *d, struct tvt_extensions *out)
{
    size_t offset = tvt_reader_offset(&d->r);

    out->max_fragment_length = tvt_read_u8(&d->r, "max_fragment_length");
    if (out->max_fragment_length < 1 || out->max_fragment_length > 4)
        tvt_refuse_value(d, TVT_E_ILLEGAL_PARAMETER, "max_fragment_length", offset, 4, out->max_fragment_length);
}

static void
write_fragment_length(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u8(w, ext->max_fragment_length);
}

static void
read_status_request(struct tvt_decoder *d, struct tvt_extensions *out)
{
    struct tvt_reader outer;
    struct tvt_span ids;

    out->status_type = tvt_read_u8(&d->r, "status_type");
    if (out->status_type != 1) {
        read_ignored(d, out);
        return;
    }
    ids = tvt_read_vec16(&d->r, 0, VEC16_MAX, "responder_id_list");
    tvt_decoder_enter(d, &outer, ids);
    while (tvt_reader_left(&d->r) > 0)
        (void)tvt_read_vec16(&d->r, 1, VEC16_MAX, "responder_id");
    tvt_decoder_leave(d, &outer, "responder_id_list");
    (void)tvt_read_vec16(&d->r, 0, VEC16_MAX, "request_extensions");
}

/* The writer asks for OCSP with no responders and no extensions. */
static void
write_status_request(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u8(w, ext->status_type);
    if (ext->status_type == 1)
        tvt_write_u32(w, 0);
}

/* RFC 9846 4.5.1.1: a CertificateRequest asks with an empty one. */
static void
read_status_asked(struct tvt_decoder *d, struct tvt_extensions *out)
{
    (void)d;
    out->status_type = 1;
}

static void
read_status(struct tvt_decoder *d, struct tvt_extensions *out)
{
    size_t offset = tvt_reader_offset(&d->r);

    out->status_type = tvt_read_u8(&d->r, "status_type");
    if (out->status_type != 1)
        tvt_refuse_value(d, TVT_E_ILLEGAL_PARAMETER, "status_type", offset, 1, out->status_type);
    out->ocsp_response = tvt_read_vec24(&d->r, 1, 0xffffffu, "ocsp_response");
}

/* ---- lists of numbers -------------------------------------------------------------------------------------- */

static void
read_groups(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->supported_groups = tvt_decode_list16(d, 2, 2, VEC16_MAX, "named_group_list");
}

static void
write_groups(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 2, ext->supported_groups);
}

static void
read_point_formats(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->point_formats = tvt_read_vec8(&d->r, 1, 0xffu, "ec_point_format_list");
}

/* RFC 8422 5.2: what a server answers has the uncompressed format. */
static void
read_point_formats_answer(struct tvt_decoder *d, struct tvt_extensions *out)
{
    size_t offset = tvt_reader_offset(&d->r);

    read_point_formats(d, out);
    if (d->tls12 && !tvt_list8_has(out->point_formats, 0))
        tvt_message_refuse(d, TVT_E_ILLEGAL_PARAMETER, "ec_point_format_list", offset);
}

static void
write_point_formats(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 1, ext->point_formats);
}

static void
read_schemes(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->signature_algorithms = tvt_decode_list16(d, 2, 2, 0xfffeu, "supported_signature_algorithms");
}

static void
write_schemes(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 2, ext->signature_algorithms);
}

static void
read_schemes_cert(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->signature_algorithms_cert = tvt_decode_list16(d, 2, 2, 0xfffeu, "supported_signature_algorithms");
}

static void
write_schemes_cert(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 2, ext->signature_algorithms_cert);
}

static void
read_versions(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->versions = tvt_decode_list16(d, 1, 2, 254, "versions");
}

static void
write_versions(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 1, ext->versions);
}

static void
read_selected_version(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->selected_version = tvt_read_u16(&d->r, "selected_version");
}

static void
write_selected_version(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u16(w, ext->selected_version);
}

static void
read_psk_modes(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->psk_modes = tvt_read_vec8(&d->r, 1, 0xffu, "ke_modes");
}

static void
write_psk_modes(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 1, ext->psk_modes);
}

/* ---- ALPN (RFC 7301 3.1) ----------------------------------------------------------------------------------- */

static size_t
read_protocols(struct tvt_decoder *d, struct tvt_extensions *out)
{
    struct tvt_reader outer;
    size_t num = 0;

    out->alpn = tvt_read_vec16(&d->r, 2, VEC16_MAX, "protocol_name_list");
    tvt_decoder_enter(d, &outer, out->alpn);
    for (; tvt_reader_left(&d->r) > 0; num++)
        (void)tvt_read_vec8(&d->r, 1, 0xffu, "protocol_name");
    tvt_decoder_leave(d, &outer, "protocol_name_list");
    return num;
}

static void
read_alpn_offer(struct tvt_decoder *d, struct tvt_extensions *out)
{
    (void)read_protocols(d, out);
}

static void
read_alpn_choice(struct tvt_decoder *d, struct tvt_extensions *out)
{
    size_t offset = tvt_reader_offset(&d->r);
    size_t num = read_protocols(d, out);

    if (num != 1)
        tvt_refuse_value(d, TVT_E_BAD_ALPN, "protocol_name_list", offset, 1, num);
}

static void
write_alpn(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 2, ext->alpn);
}

/* ---- SCTs (RFC 6962 3.3) ----------------------------------------------------------------------------------- */

static void
read_scts(struct tvt_decoder *d, struct tvt_extensions *out)
{
    struct tvt_reader outer;
    const uint8_t *whole = d->r.p;
    struct tvt_span list = tvt_read_vec16(&d->r, 1, VEC16_MAX, "sct_list");

    tvt_decoder_enter(d, &outer, list);
    while (tvt_reader_left(&d->r) > 0)
        (void)tvt_read_vec16(&d->r, 1, VEC16_MAX, "serialized_sct");
    tvt_decoder_leave(d, &outer, "sct_list");
    if (d->r.bad == NULL) /* programs hand it on as a whole, its length included */
        out->sct_list = tvt_span(whole, 2 + list.len);
}

static void
write_scts(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_span(w, ext->sct_list);
}

static void
write_status(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u8(w, 1);
    tvt_encode_vector(w, 3, ext->ocsp_response);
}

/* ---- certificate types (RFC 7250 3), compression (RFC 8879 3) ---------------------------------------------- */

/* RFC 7250 4.1: a client that has X.509 alone leaves the extension out. */
static struct tvt_span
read_types(struct tvt_decoder *d, const char *field)
{
    size_t offset = tvt_reader_offset(&d->r);
    struct tvt_span list = tvt_read_vec8(&d->r, 0, 0xffu, field);

    if (list.len == 0 || (list.len == 1 && list.data[0] == 0))
        tvt_message_refuse(d, TVT_E_ILLEGAL_PARAMETER, field, offset);
    return list;
}

static void
read_client_types(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->client_certificate_types = read_types(d, "client_certificate_types");
}

static void
write_client_types(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 1, ext->client_certificate_types);
}

static void
read_server_types(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->server_certificate_types = read_types(d, "server_certificate_types");
}

static void
write_server_types(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 1, ext->server_certificate_types);
}

static void
read_client_type(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->client_certificate_type = tvt_read_u8(&d->r, "client_certificate_type");
}

static void
write_client_type(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u8(w, ext->client_certificate_type);
}

static void
read_server_type(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->server_certificate_type = tvt_read_u8(&d->r, "server_certificate_type");
}

static void
write_server_type(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u8(w, ext->server_certificate_type);
}

static void
read_compression(struct tvt_decoder *d, struct tvt_extensions *out)
{
    size_t offset = tvt_reader_offset(&d->r);

    out->compression_algorithms = tvt_decode_list16(d, 1, 2, 254, "algorithms");
    for (size_t i = 1; i < tvt_list16_num(out->compression_algorithms); i++) {
        struct tvt_span before = tvt_span(out->compression_algorithms.data, 2 * i);
        if (tvt_list16_has(before, tvt_list16_at(out->compression_algorithms, i)))
            tvt_message_refuse(d, TVT_E_ILLEGAL_PARAMETER, "algorithms", offset);
    }
}

static void
write_compression(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 1, ext->compression_algorithms);
}

/* ---- record_size_limit, session_ticket, renegotiation_info ------------------------------------------------- */

static void
read_record_size_limit(struct tvt_decoder *d, struct tvt_extensions *out)
{
    size_t offset = tvt_reader_offset(&d->r);

    out->record_size_limit = tvt_read_u16(&d->r, "record_size_limit");
    if (out->record_size_limit < MIN_RECORD_SIZE_LIMIT)
        tvt_refuse_value(d, TVT_E_ILLEGAL_PARAMETER, "record_size_limit", offset, MIN_RECORD_SIZE_LIMIT,
                         out->record_size_limit);
    /* A larger value is for versions to come, and lets nobody send more than this one allows. */
    if (out->record_size_limit > MAX_RECORD_SIZE_LIMIT)
        out->record_size_limit = MAX_RECORD_SIZE_LIMIT;
}

static void
write_record_size_limit(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u16(w, ext->record_size_limit);
}

static void
read_session_ticket(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->session_ticket = tvt_read_bytes(&d->r, tvt_reader_left(&d->r), "ticket");
}

static void
write_session_ticket(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_span(w, ext->session_ticket);
}

static void
read_renegotiation(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->renegotiation_info = tvt_read_vec8(&d->r, 0, 0xffu, "renegotiated_connection");
}

static void
write_renegotiation(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 1, ext->renegotiation_info);
}

/* ---- pre_shared_key (RFC 9846 4.3.11), early_data (4.3.10), cookie (4.3.2) --------------------------------- */

static void
read_psk_offer(struct tvt_decoder *d, struct tvt_extensions *out)
{
    struct tvt_reader outer;
    size_t binders = 0;

    out->psk_identities = tvt_read_vec16(&d->r, 7, VEC16_MAX, "identities");
    tvt_decoder_enter(d, &outer, out->psk_identities);
    for (; tvt_reader_left(&d->r) > 0; out->psk_num++) {
        (void)tvt_read_vec16(&d->r, 1, VEC16_MAX, "identity");
        (void)tvt_read_u32(&d->r, "obfuscated_ticket_age");
    }
    tvt_decoder_leave(d, &outer, "identities");
    out->psk_binders_offset = tvt_reader_offset(&d->r);
    out->psk_binders = tvt_read_vec16(&d->r, 2, VEC16_MAX, "binders");
    tvt_decoder_enter(d, &outer, out->psk_binders);
    for (; tvt_reader_left(&d->r) > 0; binders++)
        (void)tvt_read_vec8(&d->r, 1, 0xffu, "binder"); /* one that is too short does not verify (RFC 9846 6.2) */
    tvt_decoder_leave(d, &outer, "binders");
    if (binders != out->psk_num)
        tvt_refuse_value(d, TVT_E_ILLEGAL_PARAMETER, "binders", out->psk_binders_offset, out->psk_num, binders);
}

static void
write_psk_offer(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 2, ext->psk_identities);
    tvt_encode_vector(w, 2, ext->psk_binders);
}

static void
read_psk_choice(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->psk_selected = tvt_read_u16(&d->r, "selected_identity");
}

static void
write_psk_choice(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u16(w, ext->psk_selected);
}

static void
read_max_early_data(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->max_early_data = tvt_read_u32(&d->r, "max_early_data_size");
}

static void
write_max_early_data(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u32(w, ext->max_early_data);
}

static void
read_cookie(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->cookie = tvt_read_vec16(&d->r, 1, VEC16_MAX, "cookie");
}

static void
write_cookie(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 2, ext->cookie);
}

/* ---- certificate_authorities (RFC 9846 4.3.4), oid_filters (4.3.5) ----------------------------------------- */

static void
read_authorities(struct tvt_decoder *d, struct tvt_extensions *out)
{
    struct tvt_reader outer;

    out->authorities = tvt_read_vec16(&d->r, 3, VEC16_MAX, "authorities");
    tvt_decoder_enter(d, &outer, out->authorities);
    while (tvt_reader_left(&d->r) > 0)
        (void)tvt_read_vec16(&d->r, 1, VEC16_MAX, "distinguished_name");
    tvt_decoder_leave(d, &outer, "authorities");
}

static void
write_authorities(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 2, ext->authorities);
}

static void
read_oid_filters(struct tvt_decoder *d, struct tvt_extensions *out)
{
    struct tvt_reader outer;

    out->oid_filters = tvt_read_vec16(&d->r, 0, VEC16_MAX, "filters");
    tvt_decoder_enter(d, &outer, out->oid_filters);
    while (tvt_reader_left(&d->r) > 0) {
        (void)tvt_read_vec8(&d->r, 1, 0xffu, "certificate_extension_oid");
        (void)tvt_read_vec16(&d->r, 0, VEC16_MAX, "certificate_extension_values");
    }
    tvt_decoder_leave(d, &outer, "filters");
}

static void
write_oid_filters(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 2, ext->oid_filters);
}

/* ---- key_share (RFC 9846 4.3.8) ---------------------------------------------------------------------------- */

static void
read_key_shares(struct tvt_decoder *d, struct tvt_extensions *out)
{
    uint64_t seen[0x10000u / 64] = {0}; /* a bit per group: the check stays linear in what the peer sends */
    struct tvt_reader outer;

    out->key_shares = tvt_read_vec16(&d->r, 0, VEC16_MAX, "client_shares");
    tvt_decoder_enter(d, &outer, out->key_shares);
    while (tvt_reader_left(&d->r) > 0) {
        size_t offset = tvt_reader_offset(&d->r);
        uint16_t group = tvt_read_u16(&d->r, "group");
        uint64_t bit = UINT64_C(1) << (group % 64);

        (void)tvt_read_vec16(&d->r, 1, VEC16_MAX, "key_exchange");
        if ((seen[group / 64] & bit) != 0)
            tvt_message_refuse(d, TVT_E_ILLEGAL_PARAMETER, "group", offset);
        seen[group / 64] |= bit;
    }
    tvt_decoder_leave(d, &outer, "client_shares");
}

static void
write_key_shares(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_encode_vector(w, 2, ext->key_shares);
}

static void
read_key_share(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->key_share_group = tvt_read_u16(&d->r, "group");
    out->key_share = tvt_read_vec16(&d->r, 1, VEC16_MAX, "key_exchange");
}

static void
write_key_share(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u16(w, ext->key_share_group);
    tvt_encode_vector(w, 2, ext->key_share);
}

static void
read_selected_group(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->key_share_group = tvt_read_u16(&d->r, "selected_group");
}

static void
write_selected_group(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u16(w, ext->key_share_group);
}

/* ---- ticket_request (RFC 9149 3) ---------------------------------------------------------------------------- */

static void
read_ticket_request(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->tickets_fresh = tvt_read_u8(&d->r, "new_session_count");
    out->tickets_resumed = tvt_read_u8(&d->r, "resumption_count");
}

static void
write_ticket_request(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u8(w, ext->tickets_fresh);
    tvt_write_u8(w, ext->tickets_resumed);
}

static void
read_ticket_count(struct tvt_decoder *d, struct tvt_extensions *out)
{
    out->tickets_fresh = tvt_read_u8(&d->r, "expected_count");
}

static void
write_ticket_count(struct tvt_writer *w, const struct tvt_extensions *ext)
{
    tvt_write_u8(w, ext->tickets_fresh);
}

/* ---- the table --------------------------------------------------------------------------------------------- */

enum { MAX_FORMS = 3 };
enum {
    CH = TVT_IN_CH,
    SH = TVT_IN_SH,
    HRR = TVT_IN_HRR,
    EE = TVT_IN_EE,
    CT = TVT_IN_CT,
    CR = TVT_IN_CR,
    NST = TVT_IN_NST,
    SH12 = TVT_IN_SH12
};

static const struct tvt_extension_form forms[TVT_EXT_NUM][MAX_FORMS] = {
    /* server_name in a CertificateRequest belongs to exported authenticators (RFC 9261 4), which are not ours. */
    [TVT_EXT_SERVER_NAME] = {{CH, read_host_name, write_host_name},
                             {EE | SH12, read_nothing, write_nothing},
                             {CR, read_ignored, NULL}},
    [TVT_EXT_MAX_FRAGMENT_LENGTH] = {{CH | EE | SH12, read_fragment_length, write_fragment_length}},
    [TVT_EXT_STATUS_REQUEST] = {{CH, read_status_request, write_status_request},
                                {CR | SH12, read_status_asked, write_nothing},
                                {CT, read_status, write_status}},
    /* No server of TLS 1.2 has anything to say with supported_groups, but some echo it. */
    [TVT_EXT_SUPPORTED_GROUPS] = {{CH | EE, read_groups, write_groups}, {SH12, read_ignored, NULL}},
    [TVT_EXT_EC_POINT_FORMATS] = {{CH, read_point_formats, write_point_formats},
                                  {SH12, read_point_formats_answer, write_point_formats}},
    [TVT_EXT_SIGNATURE_ALGORITHMS] = {{CH | CR, read_schemes, write_schemes}},
    [TVT_EXT_ALPN] = {{CH, read_alpn_offer, write_alpn}, {EE | SH12, read_alpn_choice, write_alpn}},
    [TVT_EXT_SCT] = {{CH | CR, read_nothing, write_nothing},
                     {SH12, read_scts, write_scts},
                     {CT, read_scts, write_scts}},
    [TVT_EXT_CLIENT_CERTIFICATE_TYPE] = {{CH, read_client_types, write_client_types},
                                         {EE | SH12, read_client_type, write_client_type}},
    [TVT_EXT_SERVER_CERTIFICATE_TYPE] = {{CH, read_server_types, write_server_types},
                                         {EE | SH12, read_server_type, write_server_type}},
    [TVT_EXT_PADDING] = {{CH, read_ignored, write_nothing}},
    [TVT_EXT_EXTENDED_MASTER_SECRET] = {{CH | SH12, read_nothing, write_nothing}},
    [TVT_EXT_COMPRESS_CERTIFICATE] = {{CH | CR, read_compression, write_compression}},
    [TVT_EXT_RECORD_SIZE_LIMIT] = {{CH | EE | SH12, read_record_size_limit, write_record_size_limit}},
    [TVT_EXT_SESSION_TICKET] = {{CH, read_session_ticket, write_session_ticket}, {SH12, read_nothing, write_nothing}},
    [TVT_EXT_PRE_SHARED_KEY] = {{CH, read_psk_offer, write_psk_offer}, {SH, read_psk_choice, write_psk_choice}},
    [TVT_EXT_EARLY_DATA] = {{CH | EE, read_nothing, write_nothing}, {NST, read_max_early_data, write_max_early_data}},
    [TVT_EXT_SUPPORTED_VERSIONS] = {{CH, read_versions, write_versions},
                                    {SH | HRR, read_selected_version, write_selected_version}},
    [TVT_EXT_COOKIE] = {{CH | HRR, read_cookie, write_cookie}},
    [TVT_EXT_PSK_KEY_EXCHANGE_MODES] = {{CH, read_psk_modes, write_psk_modes}},
    [TVT_EXT_CERTIFICATE_AUTHORITIES] = {{CH | CR, read_authorities, write_authorities}},
    [TVT_EXT_OID_FILTERS] = {{CR, read_oid_filters, write_oid_filters}},
    [TVT_EXT_POST_HANDSHAKE_AUTH] = {{CH, read_nothing, write_nothing}},
    [TVT_EXT_SIGNATURE_ALGORITHMS_CERT] = {{CH | CR, read_schemes_cert, write_schemes_cert}},
    [TVT_EXT_KEY_SHARE] = {{CH, read_key_shares, write_key_shares},
                           {SH, read_key_share, write_key_share},
                           {HRR, read_selected_group, write_selected_group}},
    [TVT_EXT_TICKET_REQUEST] = {{CH, read_ticket_request, write_ticket_request},
                                {EE, read_ticket_count, write_ticket_count}},
    [TVT_EXT_RENEGOTIATION_INFO] = {{CH | SH12, read_renegotiation, write_renegotiation}},
};

const struct tvt_extension_form *
tvt_extension_form(enum tvt_extension_index index, enum tvt_extension_place place)
{
    for (size_t i = 0; i < MAX_FORMS; i++) {
        if ((forms[index][i].places & (unsigned)place) != 0)
            return &forms[index][i];
    }
    return NULL;
}
