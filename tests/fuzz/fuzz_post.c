/* SPDX-License-Identifier: MIT
 *
 * A connection that stands, whose peer has the keys and sends what it likes: handshake messages cut as it likes, data,
 * requests for a certificate and answers to them. The first byte says who is fed. Each chunk is a length byte, a byte that
 * says what it is, and so many bytes; the answer to a request has its context put in where it belongs.
 */
#include "core/connection/connection.h"
#include "core/handshake/post13.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fixture.h"

static struct tvt_fixture fixture;

enum { RAW, DATA, REQUEST, ANSWER, VERDICT, TICKET, UPDATE, CLOSE, NUM_KINDS };

static bool late;

static enum tvt_result
verdict(void *user, const struct tvt_span *chain, size_t num)
{
    (void)user;
    REQUIRE(num > 0 && chain[0].len > 0);
    return late ? TVT_PENDING : TVT_OK;
}

static void
open_fixture(void)
{
    static bool open;
    struct tvt_fixture_options options = {.key = "ed25519", .client_key = "client-ed25519", .client_root = "ed25519"};
    struct tvt_ticket_keys *keys;

    if (open)
        return;
    REQUIRE(tvt_fixture_open(&fixture, &options));
    REQUIRE(tvt_ticket_keys_new(&keys, tvt_config_provider(fixture.config[TVT_SERVER]), 0, NULL, NULL) == TVT_OK);
    REQUIRE(tvt_config_set_ticket_keys(fixture.config[TVT_SERVER], keys, NULL) == TVT_OK);
    tvt_ticket_keys_unref(keys);
    REQUIRE(tvt_config_set_verdict(fixture.config[TVT_SERVER], verdict, NULL, NULL) == TVT_OK);
    for (int role = 0; role < 2; role++)
        REQUIRE(tvt_config_set_post_handshake_auth(fixture.config[role], true, NULL) == TVT_OK);
    open = true;
}

/* The context of the server's oldest request, into the bytes of a Certificate. */
static void
put_context(const struct tvt_connection *server, uint8_t *bytes, size_t len)
{
    const struct tvt_post13 *post = server->hs.scratch != NULL ? server->hs.scratch->post : NULL;
    if (post != NULL && post->num > 0 && len >= 5 + sizeof post->request[0].context)
        memcpy(bytes + 5, post->request[0].context, sizeof post->request[0].context);
}

static void
play(enum tvt_role victim, unsigned kind, uint8_t *bytes, size_t len)
{
    struct tvt_connection *from = fixture.pair.end[1 - victim].connection, *to = fixture.pair.end[victim].connection;
    struct tvt_connection *server = fixture.pair.end[TVT_SERVER].connection;

    if (kind == ANSWER)
        put_context(server, bytes, len);
    if (kind == RAW || kind == ANSWER)
        (void)!tvt_connection_test_send(from, tvt_span(bytes, len));
    if (kind == DATA && tvt_connection_can_send(from))
        (void)!tvt_pair_send(&fixture.pair, (enum tvt_role)(1 - victim), bytes, len);
    if (kind == REQUEST)
        (void)!tvt_connection_request_certificate(server);
    if (kind == VERDICT)
        late = !late;
    if (kind == TICKET)
        (void)!tvt_connection_send_tickets(server, len % 4);
    if (kind == UPDATE)
        (void)!tvt_connection_key_update(len % 2 == 0 ? from : to, len % 3 == 0);
    if (kind == CLOSE)
        (void)!tvt_connection_close(len % 2 == 0 ? from : to);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t bytes[256];
    bool settles = true;

    if (len < 3 || len > 4000)
        return 0;
    open_fixture();
    enum tvt_role victim = (data[0] & 1) != 0 ? TVT_SERVER : TVT_CLIENT;
    late = (data[0] & 2) != 0;
    REQUIRE(tvt_pair_open(&fixture.pair, fixture.config[TVT_CLIENT], fixture.config[TVT_SERVER], "localhost"));
    REQUIRE(tvt_pair_handshake(&fixture.pair));
    struct tvt_connection *to = fixture.pair.end[victim].connection;
    for (size_t at = 1; at + 2 <= len;) {
        size_t n = data[at] < len - at - 2 ? data[at] : len - at - 2;
        memcpy(bytes, data + at + 2, n);
        settles = (data[at + 1] & 0x80) == 0; /* else what comes next goes into the same flight */
        play(victim, (data[at + 1] & 0x7fu) % NUM_KINDS, bytes, n);
        if (settles)
            tvt_pair_settle(&fixture.pair);
        at += 2 + n;
    }
    late = false;
    for (int role = 0; role < 2; role++)
        (void)!tvt_connection_handshake(fixture.pair.end[role].connection);
    tvt_pair_settle(&fixture.pair);
    struct tvt_info info;
    tvt_connection_info(fixture.pair.end[TVT_SERVER].connection, &info);
    const struct tvt_error *error = tvt_connection_error(to);
    REQUIRE(error->code != TVT_E_INTERNAL && error->code != TVT_E_NO_MEMORY);
    REQUIRE(!info.client_authenticated || info.num_peer_certificates > 0);
    REQUIRE(to->hs.flight.bytes.len < 1u << 20);
    tvt_pair_close(&fixture.pair);
    return 0;
}
