/* SPDX-License-Identifier: MIT
 *
 * What the tests of messages and of extensions share.
 */
#include "tests/unit/message_help.h"

#include <CUnit/Basic.h>

#include <stdlib.h>
#include <string.h>

enum tvt_result
message_decode_exact(struct tvt_message *out, const uint8_t *data, size_t len, struct tvt_error *error,
                     uint8_t **memory)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    enum tvt_result result;

    if (copy == NULL)
        abort();
    memcpy(copy, data, len);
    tvt_error_clear(error);
    result = tvt_message_decode(out, tvt_span(copy, len), error);
    if (memory != NULL)
        *memory = copy;
    else
        free(copy);
    return result;
}

enum tvt_result
message_decode_exact12(struct tvt_message *out, const uint8_t *data, size_t len, unsigned form, struct tvt_error *error)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);

    if (copy == NULL)
        abort();
    memcpy(copy, data, len);
    tvt_error_clear(error);
    enum tvt_result result = tvt_message_decode12(out, tvt_span(copy, len), form, error);
    free(copy);
    return result;
}

void
message_encode(struct tvt_writer *w, const struct tvt_message *m)
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
    case TVT_MSG_END_OF_EARLY_DATA:
        tvt_encode_end_of_early_data(w);
        break;
    default:
        CU_FAIL("a kind that cannot be encoded");
    }
}

void
message_encode12(struct tvt_writer *w, const struct tvt_message *m, unsigned form)
{
    switch (m->kind) {
    case TVT_MSG_HELLO_REQUEST:
        tvt_encode_hello_request(w);
        break;
    case TVT_MSG_CERTIFICATE12:
        tvt_encode_certificate12(w, &m->u.certificate, form);
        break;
    case TVT_MSG_CERTIFICATE_STATUS:
        tvt_encode_certificate_status(w, m->u.certificate_status);
        break;
    case TVT_MSG_SERVER_KEY_EXCHANGE:
        tvt_encode_server_key_exchange(w, &m->u.server_key_exchange, form);
        break;
    case TVT_MSG_CERTIFICATE_REQUEST12:
        tvt_encode_certificate_request12(w, &m->u.certificate_request12);
        break;
    case TVT_MSG_SERVER_HELLO_DONE:
        tvt_encode_server_hello_done(w);
        break;
    case TVT_MSG_CLIENT_KEY_EXCHANGE:
        tvt_encode_client_key_exchange(w, &m->u.client_key_exchange, form);
        break;
    case TVT_MSG_NEW_SESSION_TICKET12:
        tvt_encode_new_session_ticket12(w, &m->u.new_session_ticket12);
        break;
    default:
        message_encode(w, m);
        break;
    }
}

const struct tvt_extensions *
message_extensions(const struct tvt_message *m)
{
    switch (m->kind) {
    case TVT_MSG_CLIENT_HELLO:
        return &m->u.client_hello.ext;
    case TVT_MSG_SERVER_HELLO13:
    case TVT_MSG_SERVER_HELLO12:
    case TVT_MSG_HELLO_RETRY:
        return &m->u.server_hello.ext;
    case TVT_MSG_ENCRYPTED_EXTENSIONS:
        return &m->u.encrypted_extensions;
    case TVT_MSG_CERTIFICATE_REQUEST:
        return &m->u.certificate_request.ext;
    case TVT_MSG_NEW_SESSION_TICKET:
        return &m->u.new_session_ticket.ext;
    default:
        return NULL;
    }
}

size_t
message_wrap(struct tvt_writer *w, enum tvt_extension_place place, const uint8_t *list, size_t len)
{
    static const uint8_t zeros[32];
    enum tvt_handshake_type type = place == TVT_IN_CH    ? TVT_HT_CLIENT_HELLO
                                   : place == TVT_IN_EE  ? TVT_HT_ENCRYPTED_EXTENSIONS
                                   : place == TVT_IN_CT  ? TVT_HT_CERTIFICATE
                                   : place == TVT_IN_CR  ? TVT_HT_CERTIFICATE_REQUEST
                                   : place == TVT_IN_NST ? TVT_HT_NEW_SESSION_TICKET
                                                         : TVT_HT_SERVER_HELLO;
    size_t mark = tvt_encode_header(w, type), offset;

    if (type == TVT_HT_CLIENT_HELLO || type == TVT_HT_SERVER_HELLO) {
        tvt_write_u16(w, 0x0303);
        tvt_write_bytes(w, place == TVT_IN_HRR ? tvt_hello_retry_random : zeros, 32);
        tvt_write_u8(w, 0);
        if (place == TVT_IN_CH)
            tvt_write_u16(w, 2);
        tvt_write_u16(w, 0x1301);
        if (place == TVT_IN_CH)
            tvt_write_u8(w, 1);
        tvt_write_u8(w, 0);
    } else if (place == TVT_IN_CR) {
        tvt_write_u8(w, 0);
    } else if (place == TVT_IN_NST) {
        tvt_write_bytes(w, zeros, 9);
        tvt_write_u16(w, 1);
        tvt_write_u8(w, 7);
    } else if (place == TVT_IN_CT) {
        tvt_write_u8(w, 0);
        tvt_write_u24(w, (uint32_t)(3 + 1 + 2 + len));
        tvt_write_u24(w, 1);
        tvt_write_u8(w, 0x30);
    }
    tvt_write_u16(w, (uint16_t)len);
    offset = tvt_writer_len(w);
    tvt_write_bytes(w, list, len);
    tvt_write_close(w, mark, 3);
    return offset;
}
