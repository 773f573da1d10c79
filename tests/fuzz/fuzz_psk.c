/* SPDX-License-Identifier: MIT
 *
 * A client with the server's own seal on what it likes: the bytes given become the content of a ticket (with a right sum),
 * or of a cookie, or its pre_shared_key extension, in the ClientHello of a real client. The first byte chooses which.
 */
#include "core/base/wire.h"
#include "core/connection/connection.h"
#include "core/session/ticket.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/bend.h"
#include "tests/support/fixture.h"

#define INPUT_MAX 3000u
#define SUM_LEN   8u

static struct tvt_fixture fixture;
static struct tvt_ticket_keys *keys;
static enum { TICKET, COOKIE, EXTENSION, NUM_WAYS } way;
static struct tvt_span input;
static uint8_t extra[INPUT_MAX + TVT_SEALED_OVERHEAD + 64], hello[TVT_BEND_MAX];

static void
open_fixture(void)
{
    static struct tvt_replay_memory *memory;
    if (keys != NULL)
        return;
    REQUIRE(tvt_fixture_open(&fixture, NULL));
    struct tvt_config *server = fixture.config[TVT_SERVER];
    REQUIRE(tvt_ticket_keys_new(&keys, tvt_config_provider(server), 0, NULL, NULL) == TVT_OK);
    REQUIRE(tvt_replay_memory_new(&memory, 1000, 0, 10000, NULL, NULL) == TVT_OK);
    REQUIRE(tvt_config_set_ticket_keys(server, keys, NULL) == TVT_OK);
    REQUIRE(tvt_config_set_cookie(server, keys, false, NULL) == TVT_OK);
    REQUIRE(tvt_config_set_early_data(server, 1000, NULL) == TVT_OK);
    REQUIRE(tvt_config_set_psk_modes(server, TVT_PSK_DHE_KE | TVT_PSK_KE, NULL) == TVT_OK);
    REQUIRE(tvt_config_set_replay(server, tvt_replay_memory_port(memory), 10000, NULL) == TVT_OK);
}

static void
mend_sum(uint8_t *bytes, size_t len)
{
    uint64_t values = 1, places = 0;

    for (size_t i = 0; i < len - SUM_LEN; i++) {
        values += bytes[i];
        places += values;
    }
    tvt_store_u64(bytes + len - SUM_LEN, places << 24 | values);
}

static struct tvt_span
seal(enum tvt_sealed_kind kind, uint8_t *out, size_t cap)
{
    static uint8_t plain[INPUT_MAX];
    size_t len = 0;
    memcpy(plain, input.data, input.len);
    if (kind == TVT_SEALED_TICKET && input.len >= SUM_LEN)
        mend_sum(plain, input.len);
    REQUIRE(tvt_ticket_keys_seal(keys, kind, out, cap, &len, tvt_span(plain, input.len), TVT_FIXTURE_TIME_MS, NULL) ==
            TVT_OK);
    return tvt_span(out, len);
}

/* One identity, and a binder of 32 bytes that is wrong, behind the other extensions. */
static void
put_psk(struct tvt_extensions *e, struct tvt_span ticket)
{
    static uint8_t binder[33] = {32};
    struct tvt_writer w;
    tvt_writer_init(&w, extra, sizeof extra);
    tvt_write_u16(&w, (uint16_t)ticket.len);
    tvt_write_span(&w, ticket);
    tvt_write_u32(&w, 0);
    REQUIRE(!w.overflow);
    e->psk_identities = tvt_span(extra, tvt_writer_len(&w));
    e->psk_binders = tvt_span(binder, sizeof binder);
    e->present |= TVT_EXT_BIT(TVT_EXT_PRE_SHARED_KEY) | TVT_EXT_BIT(TVT_EXT_PSK_KEY_EXCHANGE_MODES) |
                  TVT_EXT_BIT(TVT_EXT_EARLY_DATA);
    e->psk_modes = tvt_span((const uint8_t *)"\0\1", 2);
}

/* The first of three bytes says how many of the input are identities. */
static void
put_raw_psk(struct tvt_extensions *e)
{
    size_t at = 1u + (size_t)(input.data[0] * 16u) % input.len;
    put_psk(e, tvt_span((const uint8_t *)"x", 1));
    e->psk_identities = tvt_span(input.data + 1, at - 1);
    e->psk_binders = tvt_span(input.data + at, input.len - at);
}

static bool
bend(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    static uint8_t sealed[INPUT_MAX + TVT_SEALED_OVERHEAD];
    struct tvt_message m;
    struct tvt_writer w;
    (void)user;
    if (kind != TVT_MSG_CLIENT_HELLO)
        return false;
    REQUIRE(tvt_message_decode(&m, *message, NULL) == TVT_OK);
    struct tvt_extensions *e = &m.u.client_hello.ext;
    if (way == TICKET) {
        put_psk(e, seal(TVT_SEALED_TICKET, sealed, sizeof sealed));
    } else if (way == COOKIE) {
        e->cookie = seal(TVT_SEALED_COOKIE, sealed, sizeof sealed);
        e->present |= TVT_EXT_BIT(TVT_EXT_COOKIE);
    } else {
        put_raw_psk(e);
    }
    tvt_writer_init(&w, hello, sizeof hello);
    tvt_encode_client_hello(&w, &m.u.client_hello);
    REQUIRE(!w.overflow);
    *message = tvt_span(hello, tvt_writer_len(&w));
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 3 || len > INPUT_MAX)
        return 0;
    open_fixture();
    way = data[0] % NUM_WAYS;
    input = tvt_span(data + 1, len - 1);
    fixture.config[TVT_CLIENT]->test_port.replace = bend;
    REQUIRE(tvt_pair_open(&fixture.pair, fixture.config[TVT_CLIENT], fixture.config[TVT_SERVER], "localhost"));
    bool done = tvt_pair_handshake(&fixture.pair);
    struct tvt_info info;
    tvt_connection_info(fixture.pair.end[TVT_SERVER].connection, &info);
    const struct tvt_error *error = tvt_connection_error(fixture.pair.end[TVT_SERVER].connection);
    REQUIRE(info.early != TVT_EARLY_ACCEPTED && !(done && info.resumed)); /* no binder was right */
    REQUIRE(error->code != TVT_E_INTERNAL && error->code != TVT_E_NO_MEMORY);
    tvt_pair_close(&fixture.pair);
    return 0;
}
