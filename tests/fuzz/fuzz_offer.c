/* SPDX-License-Identifier: MIT
 *
 * A client that holds a ticket and a key, and sends ClientHellos as it likes: bytes overwritten, extensions gone or filled
 * with what is given, in the first hello or in the one behind a cookie, which another connection may get. The binders are
 * right again behind it, so that what stands behind them is reached. First byte: what is on; then the changes.
 */
#include "core/connection/connection.h"
#include "core/session/session.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fixture.h"

#define COOKIE    0x01u /* every server asks for one                          */
#define STATELESS 0x02u /* another connection gets the second ClientHello     */
#define EARLY     0x04u
#define EXTERNAL  0x08u /* an external key stands before the ticket           */
#define SECOND    0x10u /* the second ClientHello is changed                  */
#define LOOSE     0x20u /* binders are left wrong                             */
#define NO_SHARE  0x40u /* a HelloRetryRequest is due in any case             */

#define HELLO_MAX 16000u
#define PSK_CODE  41u

static struct tvt_fixture fixture;
static struct tvt_session *ticket, *key;
static struct tvt_ticket_keys *keys;
static struct tvt_span changes;
static uint8_t hello[HELLO_MAX];
static unsigned flags, hellos;

/* ---- changes of a ClientHello -------------------------------------------------------------------------------- */

/* Where the list of extensions has its length. */
static size_t
list_at(size_t len)
{
    size_t at = TVT_HANDSHAKE_HEADER + 2 + 32;
    at += 1u + hello[at];
    at += 2u + tvt_load_u16(hello + at);
    at += 1u + hello[at];
    REQUIRE(at + 2 <= len);
    return at;
}

/* Puts `data` in the place of the data of extension number `n`; with `drop` all of it goes. */
static size_t
change_extension(size_t len, unsigned n, bool drop, struct tvt_span data)
{
    size_t list = list_at(len), at = list + 2;
    while (n-- > 0 && tvt_load_u16(hello + at) != PSK_CODE)
        at += 4u + tvt_load_u16(hello + at + 2);
    size_t old = 4u + tvt_load_u16(hello + at + 2), now = drop ? 0 : 4 + data.len;
    if (tvt_load_u16(hello + at) == PSK_CODE || len - old + now > HELLO_MAX)
        return len;
    memmove(hello + at + now, hello + at + old, len - at - old);
    if (!drop) {
        tvt_store_u16(hello + at + 2, (uint16_t)data.len);
        memcpy(hello + at + 4, data.data, data.len);
    }
    len = len - old + now;
    tvt_store_u16(hello + list, (uint16_t)(len - list - 2));
    hello[1] = 0;
    tvt_store_u16(hello + 2, (uint16_t)(len - TVT_HANDSHAKE_HEADER));
    return len;
}

static size_t
change(size_t len)
{
    struct tvt_span rest = changes;
    bool bytes_changed = false;
    while (rest.len >= 4) {
        unsigned op = rest.data[0] % 3;
        size_t at = tvt_load_u16(rest.data + 1), n = rest.data[3];
        rest = tvt_span(rest.data + 4, rest.len - 4);
        n = n < rest.len ? n : rest.len;
        if (op == 0 && at + n <= len) { /* the lengths may be wrong from here on */
            memcpy(hello + at, rest.data, n);
            bytes_changed = true;
        } else if (op != 0 && !bytes_changed) {
            len = change_extension(len, (unsigned)(at & 31u), op == 1, tvt_span(rest.data, n));
        }
        rest = tvt_span(rest.data + n, rest.len - n);
    }
    return len;
}

static bool
replace(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    struct tvt_connection *c = fixture.pair.end[TVT_CLIENT].connection;
    (void)user;
    if (kind != TVT_MSG_CLIENT_HELLO || hellos++ != ((flags & SECOND) != 0) || message->len > HELLO_MAX)
        return false;
    memcpy(hello, message->data, message->len);
    size_t len = change(message->len);
    if ((flags & LOOSE) == 0 && c->hs.scratch->offer.num_sessions > 0)
        REQUIRE(tvt_psk13_bind(&c->hs, hello, len) == TVT_OK);
    *message = tvt_span(hello, len);
    return true;
}

/* ---- two connections ----------------------------------------------------------------------------------------- */

static void
keep(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    (void)user;
    (void)connection;
    if (ticket == NULL)
        ticket = tvt_session_ref(session);
}

static enum tvt_result
always_first(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now_ms, uint64_t until_ms)
{
    (void)user;
    REQUIRE(id != NULL && until_ms > now_ms);
    return TVT_OK;
}

static void
make_key(void)
{
    static const uint8_t secret[32] = {1, 2, 3};
    static const uint8_t name[] = {'d', 'e', 'v', 'i', 'c', 'e'};
    struct tvt_session *plain;
    REQUIRE(tvt_session_new_external(&plain, tvt_span(name, sizeof name), tvt_span(secret, sizeof secret),
                                     TVT_HASH_SHA256, NULL) == TVT_OK);
    REQUIRE(tvt_session_with_early_data(&key, plain, 500, 0x1301, tvt_span(NULL, 0), NULL) == TVT_OK);
    tvt_session_unref(plain);
}

static void
open_fixture(void)
{
    static const struct tvt_replay memory = {NULL, always_first};
    REQUIRE(tvt_fixture_open(&fixture, NULL));
    make_key();
    struct tvt_config *client = fixture.config[TVT_CLIENT], *server = fixture.config[TVT_SERVER];
    REQUIRE(tvt_ticket_keys_new(&keys, tvt_config_provider(server), 0, NULL, NULL) == TVT_OK);
    REQUIRE(tvt_config_set_new_session(client, keep, NULL, NULL) == TVT_OK);
    REQUIRE(tvt_config_set_ticket_keys(server, keys, NULL) == TVT_OK);
    REQUIRE(tvt_config_add_psk(server, key, NULL) == TVT_OK);
    for (int role = 0; role < 2; role++)
        REQUIRE(tvt_config_set_suites(fixture.config[role], "TLS_AES_128_GCM_SHA256", NULL) == TVT_OK &&
                tvt_config_set_early_data(fixture.config[role], 500, NULL) == TVT_OK);
    REQUIRE(tvt_config_set_replay(server, &memory, 10000, NULL) == TVT_OK);
    REQUIRE(tvt_pair_open(&fixture.pair, client, server, "localhost") && tvt_pair_handshake(&fixture.pair));
    REQUIRE(tvt_connection_send_tickets(fixture.pair.end[TVT_SERVER].connection, 1) == TVT_OK);
    tvt_pair_settle(&fixture.pair);
    tvt_pair_close(&fixture.pair);
    REQUIRE(ticket != NULL);
}

/* Configurations for these flags, made once: copies of the first ones. */
static struct tvt_config *
config_of(enum tvt_role role)
{
    static struct tvt_config *made[2][2];
    bool on = role == TVT_SERVER ? (flags & COOKIE) != 0 : (flags & NO_SHARE) != 0;
    struct tvt_config **c = &made[role][on];
    if (*c != NULL)
        return *c;
    REQUIRE(tvt_config_copy(c, fixture.config[role], NULL) == TVT_OK);
    if (role == TVT_SERVER)
        REQUIRE(tvt_config_set_cookie(*c, keys, on, NULL) == TVT_OK);
    else if (on)
        REQUIRE(tvt_config_set_num_shares(*c, 0, NULL) == TVT_OK);
    if (role == TVT_CLIENT)
        (*c)->test_port.replace = replace;
    return *c;
}

static void
check_server(struct tvt_connection *c)
{
    const struct tvt_error *error = tvt_connection_error(c);
    struct tvt_info info;
    tvt_connection_info(c, &info);
    REQUIRE(error->code == TVT_E_NONE || error->state != NULL);
    REQUIRE(error->code != TVT_E_INTERNAL && error->code != TVT_E_NO_MEMORY);
    REQUIRE(!info.peer_verified && info.early_bytes <= 500);
    REQUIRE(info.early != TVT_EARLY_ACCEPTED || (info.resumed && !info.hello_retry && c->hs.alpn.len == 0));
}

static void
shake_hands(void)
{
    struct tvt_connection *c = fixture.pair.end[TVT_CLIENT].connection;
    struct tvt_end *server = &fixture.pair.end[TVT_SERVER];
    if ((flags & EXTERNAL) != 0)
        REQUIRE(tvt_connection_add_session(c, key) == TVT_OK);
    REQUIRE(tvt_connection_add_session(c, ticket) == TVT_OK);
    if ((flags & EARLY) != 0)
        REQUIRE(tvt_connection_offer_early(c) == TVT_OK);
    for (int turn = 0; turn < 2; turn++) {
        (void)tvt_pair_step(&fixture.pair, TVT_CLIENT);
        (void)tvt_pair_step(&fixture.pair, TVT_SERVER);
    }
    if ((flags & STATELESS) != 0 && server->connection->hs.hello_retry && server->in_len == 0) {
        check_server(server->connection);
        tvt_connection_free(server->connection);
        REQUIRE(tvt_connection_new(&server->connection, config_of(TVT_SERVER), TVT_SERVER, NULL) == TVT_OK);
    }
    (void)tvt_pair_handshake(&fixture.pair);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 1 || len > 4096)
        return 0;
    if (keys == NULL)
        open_fixture();
    flags = data[0];
    changes = tvt_span(data + 1, len - 1);
    hellos = 0;
    REQUIRE(tvt_pair_open(&fixture.pair, config_of(TVT_CLIENT), config_of(TVT_SERVER), "localhost"));
    shake_hands();
    check_server(fixture.pair.end[TVT_SERVER].connection);
    tvt_pair_close(&fixture.pair);
    return 0;
}
