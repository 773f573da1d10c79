/* SPDX-License-Identifier: MIT
 *
 * Extension lists: one loop that decodes them and one that writes them, over the table of extensions and the table of
 * their forms (RFC 9846 4.3).
 */
#include "core/message/internal.h"

#include <string.h>

/* The places as extensions.def writes them. */
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

struct extension_row {
    uint16_t code;
    uint8_t allowed; /* enum tvt_extension_place bits */
};

static const struct extension_row extension_rows[TVT_EXT_NUM] = {
#define TVT_EXTENSION(name, code, allowed, rfc, section) {code, allowed},
#include "core/message/extensions.def"
#undef TVT_EXTENSION
};

uint16_t
tvt_extension_code(enum tvt_extension_index index)
{
    return extension_rows[index].code;
}

bool
tvt_extension_allowed(enum tvt_extension_index index, enum tvt_extension_place place)
{
    return (extension_rows[index].allowed & (unsigned)place) != 0;
}

static enum tvt_extension_index
find_index(uint16_t code)
{
    unsigned index = 0;

    while (index < TVT_EXT_NUM && extension_rows[index].code != code)
        index++;
    return (enum tvt_extension_index)index;
}

/* ---- decoding ---------------------------------------------------------------------------------------------- */

static void
note_unknown(struct tvt_extensions *out, uint16_t code)
{
    if (!out->unknown)
        out->unknown_code = code;
    out->unknown = true;
    out->last = TVT_EXT_NUM;
}

/* Takes one extension whose type and data were cut out of the list; `offset` is that of its type. */
static void
take_extension(struct tvt_decoder *d, struct tvt_extensions *out, uint16_t code, struct tvt_span data, size_t offset,
               enum tvt_extension_place place)
{
    enum tvt_extension_index index = find_index(code);
    const struct tvt_extension_form *form;
    struct tvt_reader outer;

    if (index == TVT_EXT_PRE_SHARED_KEY)
        d->psk_offset = offset;
    /* As long as a TLS 1.2 ServerHello is decoded only to be told apart, what it may not hold is noted like the unknown. */
    if (index == TVT_EXT_NUM || (place == TVT_IN_SH12 && !d->tls12 && !tvt_extension_allowed(index, place))) {
        note_unknown(out, code);
        return;
    }
    form = tvt_extension_allowed(index, place) ? tvt_extension_form(index, place) : NULL;
    if (form == NULL) {
        tvt_refuse_type(d, TVT_E_FORBIDDEN_EXTENSION, tvt_extension_name(code), offset, code);
        return;
    }
    tvt_decoder_enter(d, &outer, data);
    form->read(d, out);
    tvt_decoder_leave(d, &outer, tvt_reader_left(&d->r) > 0 ? tvt_extension_name(code) : NULL);
    out->present |= TVT_EXT_BIT(index);
    out->last = (uint8_t)index;
}

static bool
is_among(const uint16_t *codes, size_t num, uint16_t code)
{
    for (size_t i = 0; i < num; i++) {
        if (codes[i] == code)
            return true;
    }
    return false;
}

void
tvt_decode_extensions(struct tvt_decoder *d, struct tvt_extensions *out, struct tvt_span list,
                      enum tvt_extension_place place)
{
    uint16_t seen[TVT_MAX_EXTENSIONS];
    struct tvt_reader outer;

    out->raw = list;
    out->last = TVT_EXT_NUM;
    tvt_decoder_enter(d, &outer, list);
    for (size_t num = 0; tvt_reader_left(&d->r) > 0; num++) {
        size_t offset = tvt_reader_offset(&d->r);
        uint16_t code = tvt_read_u16(&d->r, "extension_type");
        struct tvt_span data = tvt_read_vec16(&d->r, 0, 0xffffu, "extension_data");

        if (d->r.bad != NULL)
            break;
        if (is_among(seen, num, code))
            tvt_refuse_type(d, TVT_E_DUPLICATE_EXTENSION, tvt_extension_name(code), offset, code);
        else if (num == TVT_MAX_EXTENSIONS)
            tvt_refuse_value(d, TVT_E_TOO_MANY_EXTENSIONS, "extensions", offset, TVT_MAX_EXTENSIONS, num + 1);
        else if (place == TVT_IN_CH && tvt_has(out, TVT_EXT_PRE_SHARED_KEY))
            tvt_message_refuse(d, TVT_E_PSK_NOT_LAST, "pre_shared_key", d->psk_offset);
        if (d->r.bad != NULL)
            break;
        seen[num] = code;
        take_extension(d, out, code, data, offset, place);
    }
    tvt_decoder_leave(d, &outer, "extensions");
}

/* Where the type of the extension `code` stands in the message. */
static size_t
offset_of(const struct tvt_message *m, struct tvt_span list, uint16_t code)
{
    struct tvt_span data;

    if (!tvt_extension_find(list, code, &data))
        return 0;
    return (size_t)(data.data - m->raw.data) - 4;
}

enum tvt_result
tvt_server_hello12_check(const struct tvt_message *hello, uint64_t offered, struct tvt_error *error)
{
    const struct tvt_extensions *e = &hello->u.server_hello.ext;
    uint16_t code = e->unknown_code;
    bool fresh = error != NULL && error->code == TVT_E_NONE;
    enum tvt_result result;

    if (!e->unknown) {
        unsigned index = 0;
        while (index < TVT_EXT_NUM && (e->present & ~offered & TVT_EXT_BIT(index)) == 0)
            index++;
        if (index == TVT_EXT_NUM)
            return TVT_OK;
        code = extension_rows[index].code;
    }
    result = tvt_fail_detail(error, TVT_E_UNSUPPORTED_EXTENSION, tvt_message_kind_name(hello->kind), "extensions",
                             "%s (%u)", tvt_extension_name(code), (unsigned)code);
    if (fresh)
        error->offset = offset_of(hello, e->raw, code);
    return result;
}

/* ---- encoding ---------------------------------------------------------------------------------------------- */

static void
write_extension(struct tvt_writer *w, const struct tvt_extensions *ext, enum tvt_extension_index index,
                enum tvt_extension_place place)
{
    const struct tvt_extension_form *form;
    size_t mark;

    if (!tvt_has(ext, index))
        return;
    form = tvt_extension_form(index, place);
    if (form == NULL || form->write == NULL) {
        /* Nothing that may stand here: the message must not leave. */
        w->overflow = true;
        return;
    }
    tvt_write_u16(w, tvt_extension_code(index));
    mark = tvt_write_open(w, 2);
    form->write(w, ext);
    tvt_write_close(w, mark, 2);
}

void
tvt_encode_extensions(struct tvt_writer *w, const struct tvt_extensions *ext, enum tvt_extension_place place)
{
    size_t mark = tvt_write_open(w, 2);

    if (ext->grease != 0) { /* RFC 8701 3.1 */
        tvt_write_u16(w, ext->grease);
        tvt_write_u16(w, 0);
    }
    for (unsigned index = 0; index < TVT_EXT_NUM; index++) {
        if (index != TVT_EXT_PRE_SHARED_KEY)
            write_extension(w, ext, (enum tvt_extension_index)index, place);
    }
    if (ext->grease != 0) {
        tvt_write_u16(w, ext->grease ^ 0x1010u); /* another such value, not empty */
        tvt_write_u16(w, 1);
        tvt_write_u8(w, 0);
    }
    /* RFC 9846 4.3.11: the last of a ClientHello */
    write_extension(w, ext, TVT_EXT_PRE_SHARED_KEY, place);
    tvt_write_close(w, mark, 2);
}

size_t
tvt_extensions_bound(const struct tvt_extensions *ext)
{
    /* Type and length, and at most two length fields and a byte within. */
    enum { FIXED_PER_EXTENSION = 4 + 5 };
    const struct {
        enum tvt_extension_index index;
        size_t len;
    } parts[] = {
        {TVT_EXT_SERVER_NAME, ext->server_name.len},
        {TVT_EXT_SUPPORTED_GROUPS, ext->supported_groups.len},
        {TVT_EXT_EC_POINT_FORMATS, ext->point_formats.len},
        {TVT_EXT_SIGNATURE_ALGORITHMS, ext->signature_algorithms.len},
        {TVT_EXT_SIGNATURE_ALGORITHMS_CERT, ext->signature_algorithms_cert.len},
        {TVT_EXT_ALPN, ext->alpn.len},
        {TVT_EXT_SCT, ext->sct_list.len},
        {TVT_EXT_STATUS_REQUEST, ext->ocsp_response.len},
        {TVT_EXT_CLIENT_CERTIFICATE_TYPE, ext->client_certificate_types.len},
        {TVT_EXT_SERVER_CERTIFICATE_TYPE, ext->server_certificate_types.len},
        {TVT_EXT_COMPRESS_CERTIFICATE, ext->compression_algorithms.len},
        {TVT_EXT_SESSION_TICKET, ext->session_ticket.len},
        {TVT_EXT_PRE_SHARED_KEY, ext->psk_identities.len},
        {TVT_EXT_PRE_SHARED_KEY, ext->psk_binders.len},
        {TVT_EXT_SUPPORTED_VERSIONS, ext->versions.len},
        {TVT_EXT_COOKIE, ext->cookie.len},
        {TVT_EXT_PSK_KEY_EXCHANGE_MODES, ext->psk_modes.len},
        {TVT_EXT_CERTIFICATE_AUTHORITIES, ext->authorities.len},
        {TVT_EXT_OID_FILTERS, ext->oid_filters.len},
        {TVT_EXT_KEY_SHARE, ext->key_shares.len},
        {TVT_EXT_KEY_SHARE, ext->key_share.len},
        {TVT_EXT_RENEGOTIATION_INFO, ext->renegotiation_info.len},
    };
    size_t bound = 2 + (ext->grease != 0 ? 9 : 0);

    for (unsigned index = 0; index < TVT_EXT_NUM; index++)
        bound += tvt_has(ext, (enum tvt_extension_index)index) ? (size_t)FIXED_PER_EXTENSION : 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        bound += tvt_has(ext, parts[i].index) ? parts[i].len : 0;
    return bound;
}
