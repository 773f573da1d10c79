/* SPDX-License-Identifier: MIT
 *
 * Handshake messages of TLS 1.2: what is decoded can be encoded, in the room that was said to be enough, what was encoded
 * decodes, and encodes to the same bytes again.
 * The first byte chooses the form.
 */
#include "core/message/internal.h"
#include "tests/fuzz/fuzz.h"

#define ROOM 70000u

/* Returns the room that the encoding needs at most. */
static size_t
encode(struct tvt_writer *w, const struct tvt_message *m, unsigned form)
{
    switch (m->kind) {
    case TVT_MSG_CLIENT_HELLO:
        tvt_encode_client_hello(w, &m->u.client_hello);
        return tvt_client_hello_bound(&m->u.client_hello);
    case TVT_MSG_SERVER_HELLO12:
        tvt_encode_server_hello(w, &m->u.server_hello, m->kind);
        return tvt_server_hello_bound(&m->u.server_hello);
    case TVT_MSG_CERTIFICATE12:
        tvt_encode_certificate12(w, &m->u.certificate, form);
        return tvt_certificate12_bound(&m->u.certificate);
    case TVT_MSG_CERTIFICATE_STATUS:
        tvt_encode_certificate_status(w, m->u.certificate_status);
        return tvt_certificate_status_bound(m->u.certificate_status);
    case TVT_MSG_SERVER_KEY_EXCHANGE:
        tvt_encode_server_key_exchange(w, &m->u.server_key_exchange, form);
        return tvt_server_key_exchange_bound(&m->u.server_key_exchange);
    case TVT_MSG_CERTIFICATE_REQUEST12:
        tvt_encode_certificate_request12(w, &m->u.certificate_request12);
        return tvt_certificate_request12_bound(&m->u.certificate_request12);
    case TVT_MSG_CERTIFICATE_VERIFY:
        tvt_encode_certificate_verify(w, &m->u.certificate_verify);
        return ROOM;
    case TVT_MSG_CLIENT_KEY_EXCHANGE:
        tvt_encode_client_key_exchange(w, &m->u.client_key_exchange, form);
        return tvt_client_key_exchange_bound(&m->u.client_key_exchange);
    case TVT_MSG_NEW_SESSION_TICKET12:
        tvt_encode_new_session_ticket12(w, &m->u.new_session_ticket12);
        return tvt_new_session_ticket12_bound(&m->u.new_session_ticket12);
    case TVT_MSG_FINISHED:
        tvt_encode_finished(w, m->u.finished);
        return TVT_HANDSHAKE_HEADER + 12;
    case TVT_MSG_HELLO_REQUEST:
        tvt_encode_hello_request(w);
        return TVT_HANDSHAKE_HEADER;
    default:
        REQUIRE(m->kind == TVT_MSG_SERVER_HELLO_DONE);
        tvt_encode_server_hello_done(w);
        return TVT_HANDSHAKE_HEADER;
    }
}

/* Some extensions are read and never sent: their encoding is refused. */
static void
drop_unsendable(struct tvt_message *m)
{
    bool client = m->kind == TVT_MSG_CLIENT_HELLO;
    struct tvt_extensions *ext = client ? &m->u.client_hello.ext : &m->u.server_hello.ext;

    if (!client && m->kind != TVT_MSG_SERVER_HELLO12)
        return;
    for (unsigned i = 0; i < TVT_EXT_NUM; i++) {
        const struct tvt_extension_form *form =
            tvt_extension_form((enum tvt_extension_index)i, client ? TVT_IN_CH : TVT_IN_SH12);
        if (form == NULL || form->write == NULL)
            ext->present &= ~TVT_EXT_BIT(i);
    }
}

/* Against ClientHellos that had every extension but one. */
static void
check_answers(const struct tvt_message *m)
{
    const struct tvt_extensions *ext = &m->u.server_hello.ext;

    for (unsigned i = 0; i < TVT_EXT_NUM; i++) {
        struct tvt_error error;
        tvt_error_clear(&error);
        bool good = tvt_server_hello12_check(m, ~TVT_EXT_BIT(i), &error) == TVT_OK;
        REQUIRE(good == (!ext->unknown && !tvt_has(ext, (enum tvt_extension_index)i)));
        REQUIRE(good || (error.offset > TVT_HANDSHAKE_HEADER && error.offset < m->raw.len));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t first[ROOM], second[ROOM];
    struct tvt_message m, again;
    struct tvt_error error;
    struct tvt_writer w;

    if (len < 1 || len > ROOM / 2)
        return 0;
    unsigned form = data[0] & (TVT_FORM12_PSK | TVT_FORM12_RAW_KEY);
    tvt_error_clear(&error);
    if (tvt_message_decode12(&m, tvt_span(data + 1, len - 1), form, &error) != TVT_OK) {
        REQUIRE(error.code != TVT_E_NONE && error.alert != TVT_ALERT_NONE && m.kind == TVT_MSG_NONE);
        return 0;
    }
    REQUIRE(m.kind != TVT_MSG_NONE && m.raw.len == len - 1);
    if (m.kind == TVT_MSG_SERVER_HELLO12)
        check_answers(&m);
    drop_unsendable(&m);
    tvt_writer_init(&w, first, sizeof first);
    size_t bound = encode(&w, &m, form), first_len = tvt_writer_len(&w);
    REQUIRE(!w.overflow && first_len <= bound);
    REQUIRE(tvt_message_decode12(&again, tvt_span(first, first_len), form, &error) == TVT_OK);
    REQUIRE(again.kind == m.kind);
    tvt_writer_init(&w, second, sizeof second);
    (void)encode(&w, &again, form);
    REQUIRE(tvt_writer_len(&w) == first_len && memcmp(first, second, first_len) == 0);
    return 0;
}
