/* SPDX-License-Identifier: MIT
 *
 * Bends handshake messages.
 */
#include "tests/support/bend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned
digit(char c)
{
    return c >= 'a' ? (unsigned)(c - 'a' + 10) : (unsigned)(c - '0');
}

size_t
tvt_bend_hex(uint8_t *out, size_t cap, const char *hex)
{
    size_t len = 0;
    while (hex != NULL && *hex != '\0' && len < cap) {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        out[len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
        hex += 2;
    }
    return len;
}

static void
set_u16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void
set_header(struct tvt_bend *b)
{
    size_t body = b->len - TVT_HANDSHAKE_HEADER;
    b->out[1] = (uint8_t)(body >> 16);
    set_u16(b->out + 2, body & 0xffffu);
}

/* Where the length of the extension list stands. */
static size_t
extensions_at(const struct tvt_bend *b)
{
    size_t at = TVT_HANDSHAKE_HEADER;
    switch (b->out[0]) {
    case TVT_HT_CLIENT_HELLO:
        at += 34;
        at += 1u + b->out[at];
        at += 2u + tvt_load_u16(b->out + at);
        return at + 1u + b->out[at];
    case TVT_HT_SERVER_HELLO:
        at += 34;
        at += 1u + b->out[at];
        return at + 3;
    case TVT_HT_CERTIFICATE_REQUEST:
        return at + 1u + b->out[at];
    default:
        return at;
    }
}

/* Makes room of `grow` bytes (or takes them away) at `at` within the extensions. */
static void
resize(struct tvt_bend *b, size_t at, long grow)
{
    size_t list = extensions_at(b), old = tvt_load_u16(b->out + list);
    size_t from = grow < 0 ? at + (size_t)-grow : at, to = grow > 0 ? at + (size_t)grow : at;
    memmove(b->out + to, b->out + from, b->len - from);
    b->len = (size_t)((long)b->len + grow);
    set_u16(b->out + list, (size_t)((long)old + grow));
    set_header(b);
}

/* Offset of an extension, header included; 0: not there. */
static size_t
find(const struct tvt_bend *b, uint16_t code, size_t *len)
{
    size_t at = extensions_at(b) + 2, end = at + tvt_load_u16(b->out + at - 2);
    while (at < end) {
        *len = 4u + tvt_load_u16(b->out + at + 2);
        if (tvt_load_u16(b->out + at) == code)
            return at;
        at += *len;
    }
    return 0;
}

static void
insert(struct tvt_bend *b, size_t at, const uint8_t *data, size_t len)
{
    resize(b, at, 4 + (long)len);
    set_u16(b->out + at, (size_t)b->at);
    set_u16(b->out + at + 2, len);
    memcpy(b->out + at + 4, data, len);
}

static void
bend_extension(struct tvt_bend *b, const uint8_t *data, size_t data_len)
{
    size_t len = 0, list = extensions_at(b), end = list + 2 + tvt_load_u16(b->out + list);
    size_t at = find(b, (uint16_t)b->at, &len);
    uint8_t copy[4096];
    if (b->op == TVT_BEND_ADD || b->op == TVT_BEND_FRONT) {
        insert(b, b->op == TVT_BEND_ADD ? end : list + 2, data, data_len);
        return;
    }
    if (at == 0) {
        fprintf(stderr, "the message has no extension %d\n", b->at);
        abort();
    }
    if (b->op == TVT_BEND_TWICE) {
        memcpy(copy, b->out + at + 4, len - 4);
        insert(b, list + 2, copy, len - 4);
        return;
    }
    resize(b, at, -(long)len);
    if (b->op == TVT_BEND_PUT)
        insert(b, at, data, data_len);
}

static void
bend_hello(struct tvt_bend *b, struct tvt_span message)
{
    struct tvt_message m;
    struct tvt_writer w;
    if (tvt_message_decode(&m, message, NULL) != TVT_OK)
        abort();
    tvt_writer_init(&w, b->out, sizeof b->out);
    if (b->op == TVT_BEND_CLIENT) {
        b->client(&m.u.client_hello);
        tvt_encode_client_hello(&w, &m.u.client_hello);
    } else {
        enum tvt_message_kind kind = b->server(&m.u.server_hello);
        tvt_encode_server_hello(&w, &m.u.server_hello, kind);
    }
    b->len = tvt_writer_len(&w);
}

static void
bend_chain(struct tvt_bend *b, const uint8_t *data, size_t len)
{
    struct tvt_writer w;
    tvt_writer_init(&w, b->out, sizeof b->out);
    tvt_write_u8(&w, TVT_HT_CERTIFICATE);
    size_t body = tvt_write_open(&w, 3);
    tvt_write_u8(&w, 0);
    size_t list = tvt_write_open(&w, 3);
    for (int i = 0; i < b->at; i++) {
        tvt_write_u24(&w, (uint32_t)len);
        tvt_write_bytes(&w, data, len);
        tvt_write_u16(&w, 0);
    }
    tvt_write_close(&w, list, 3);
    tvt_write_close(&w, body, 3);
    b->len = tvt_writer_len(&w);
}

static void
bend_bytes(struct tvt_bend *b, const uint8_t *data, size_t len)
{
    size_t at = b->at < 0 ? b->len - (size_t)-b->at : (size_t)b->at;
    switch (b->op) {
    case TVT_BEND_RAW:
        memcpy(b->out, data, len);
        b->len = len;
        break;
    case TVT_BEND_SET:
        memcpy(b->out + at, data, len);
        break;
    case TVT_BEND_FLIP:
        b->out[at] ^= 1;
        break;
    case TVT_BEND_CUT:
        b->len -= (size_t)b->at;
        set_header(b);
        break;
    default: /* TAIL, BEHIND */
        memcpy(b->out + b->len, data, len);
        b->len += len;
        if (b->op == TVT_BEND_TAIL)
            set_header(b);
        break;
    }
}

bool
tvt_bend_message(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    struct tvt_bend *b = user;
    uint8_t data[2048];
    if (kind != b->kind || b->op == TVT_BEND_NOTHING || b->seen++ != b->nth)
        return false;
    size_t len = tvt_bend_hex(data, sizeof data, b->hex);
    b->done = true;
    b->len = message->len;
    memcpy(b->out, message->data, message->len);
    if (b->op == TVT_BEND_CLIENT || b->op == TVT_BEND_SERVER)
        bend_hello(b, *message);
    else if (b->op == TVT_BEND_CHAIN)
        bend_chain(b, data, len);
    else if (b->op >= TVT_BEND_DROP)
        bend_extension(b, data, len);
    else
        bend_bytes(b, data, len);
    *message = tvt_span(b->out, b->len);
    return true;
}
