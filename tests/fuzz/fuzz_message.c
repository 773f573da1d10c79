/* SPDX-License-Identifier: MIT
 *
 * Handshake messages: what is decoded can be encoded, what was encoded decodes, and encodes to the same bytes again.
 */
#include "core/message/internal.h"
#include "tests/fuzz/fuzz.h"

#define ROOM 70000u

static void
encode(struct tvt_writer *w, const struct tvt_message *m)
{
    switch (m->kind) {
    case TVT_MSG_CLIENT_HELLO:
        tvt_encode_client_hello(w, &m->u.client_hello);
        break;
    case TVT_MSG_SERVER_HELLO13:
    case TVT_MSG_SERVER_HELLO12:
    case TVT_MSG_HELLO_RETRY:
        tvt_encode_server_hello(w, &m->u.server_hello, m->kind);
        break;
    case TVT_MSG_ENCRYPTED_EXTENSIONS:
        tvt_encode_encrypted_extensions(w, &m->u.encrypted_extensions);
        break;
    case TVT_MSG_CERTIFICATE_REQUEST:
        tvt_encode_certificate_request(w, &m->u.certificate_request);
        break;
    case TVT_MSG_CERTIFICATE:
        tvt_encode_certificate(w, m->u.certificate.context, m->u.certificate.cert, m->u.certificate.num);
        break;
    case TVT_MSG_CERTIFICATE_VERIFY:
        tvt_encode_certificate_verify(w, &m->u.certificate_verify);
        break;
    case TVT_MSG_FINISHED:
        tvt_encode_finished(w, m->u.finished);
        break;
    case TVT_MSG_NEW_SESSION_TICKET:
        tvt_encode_new_session_ticket(w, &m->u.new_session_ticket);
        break;
    case TVT_MSG_KEY_UPDATE:
        tvt_encode_key_update(w, m->u.key_update);
        break;
    default:
        tvt_encode_end_of_early_data(w);
        break;
    }
}

static struct tvt_extensions *
extensions_of(struct tvt_message *m, enum tvt_extension_place *place)
{
    switch (m->kind) {
    case TVT_MSG_CLIENT_HELLO:
        *place = TVT_IN_CH;
        return &m->u.client_hello.ext;
    case TVT_MSG_SERVER_HELLO13:
    case TVT_MSG_SERVER_HELLO12:
    case TVT_MSG_HELLO_RETRY:
        *place = m->kind == TVT_MSG_SERVER_HELLO13 ? TVT_IN_SH
                 : m->kind == TVT_MSG_HELLO_RETRY  ? TVT_IN_HRR
                                                   : TVT_IN_SH12;
        return &m->u.server_hello.ext;
    case TVT_MSG_ENCRYPTED_EXTENSIONS:
        *place = TVT_IN_EE;
        return &m->u.encrypted_extensions;
    case TVT_MSG_CERTIFICATE_REQUEST:
        *place = TVT_IN_CR;
        return &m->u.certificate_request.ext;
    case TVT_MSG_NEW_SESSION_TICKET:
        *place = TVT_IN_NST;
        return &m->u.new_session_ticket.ext;
    default:
        return NULL;
    }
}

/* Some extensions are read and never sent: their encoding is refused. */
static void
drop_unsendable(struct tvt_message *m)
{
    enum tvt_extension_place place = TVT_IN_CH;
    struct tvt_extensions *ext = extensions_of(m, &place);

    for (unsigned i = 0; ext != NULL && i < TVT_EXT_NUM; i++) {
        const struct tvt_extension_form *form = tvt_extension_form((enum tvt_extension_index)i, place);
        if (form == NULL || form->write == NULL)
            ext->present &= ~TVT_EXT_BIT(i);
    }
}

/* The bound of a ClientHello and of an extension list is what a sender reserves: it must be enough. */
static void
check_bound(const struct tvt_message *m, size_t len)
{
    if (m->kind == TVT_MSG_CLIENT_HELLO)
        REQUIRE(len <= tvt_client_hello_bound(&m->u.client_hello));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t first[ROOM], second[ROOM];
    struct tvt_message m, again;
    struct tvt_error error;
    struct tvt_writer w;

    if (len > ROOM / 2)
        return 0;
    tvt_error_clear(&error);
    if (tvt_message_decode(&m, tvt_span(data, len), &error) != TVT_OK) {
        REQUIRE(error.code != TVT_E_NONE && error.alert != TVT_ALERT_NONE);
        return 0;
    }
    REQUIRE(m.kind != TVT_MSG_NONE && m.raw.len == len);
    drop_unsendable(&m);
    tvt_writer_init(&w, first, sizeof first);
    encode(&w, &m);
    REQUIRE(!w.overflow);
    size_t first_len = tvt_writer_len(&w);
    check_bound(&m, first_len);
    REQUIRE(tvt_message_decode(&again, tvt_span(first, first_len), &error) == TVT_OK);
    REQUIRE(again.kind == m.kind);
    tvt_writer_init(&w, second, sizeof second);
    encode(&w, &again);
    REQUIRE(tvt_writer_len(&w) == first_len && memcmp(first, second, first_len) == 0);
    return 0;
}
