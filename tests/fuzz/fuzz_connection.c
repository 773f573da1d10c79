/* SPDX-License-Identifier: MIT
 *
 * A connection that is fed with the bytes of somebody who has no keys. The first byte chooses the role and how the rest
 * is cut into pieces. Whatever comes: the handshake does not end well.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/support/fixture.h"

static struct tvt_fixture fixture;

static void
open_fixture(void)
{
    static bool open;
    struct tvt_fixture_options options = {.key = "ed25519", .client_root = "ed25519"};

    if (open)
        return;
    REQUIRE(tvt_fixture_open(&fixture, &options));
    open = true;
}

static void
drain(struct tvt_connection *c)
{
    uint8_t out[TVT_RECORD_WIRE_MAX];
    size_t n = 0;

    while (tvt_connection_has_output(c) && tvt_connection_output(c, out, sizeof out, &n) == TVT_OK && n > 0)
        ;
}

/* Feeds pieces as they would come off a socket; false when the connection wants no more. */
static bool
feed(struct tvt_connection *c, uint8_t *in, size_t *held)
{
    size_t used = 0;
    struct tvt_span app;
    enum tvt_result result;

    do {
        result = tvt_connection_input(c, in, *held, &used, &app);
        REQUIRE(used <= *held && app.len == 0);
        REQUIRE((result == TVT_FAIL) == (tvt_connection_error(c)->code != TVT_E_NONE));
        memmove(in, in + used, *held - used);
        *held -= used;
        drain(c);
    } while (result == TVT_OK && used > 0);
    return result == TVT_OK || result == TVT_WANT_READ;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct tvt_connection *c = NULL;
    struct tvt_error error;
    size_t held = 0;

    if (len < 1 || len > 65536)
        return 0;
    open_fixture();
    tvt_error_clear(&error);
    enum tvt_role role = (data[0] & 1) != 0 ? TVT_SERVER : TVT_CLIENT;
    size_t piece = (data[0] >> 1) == 0 ? len : data[0] >> 1;
    REQUIRE(tvt_connection_new(&c, fixture.config[role], role, &error) == TVT_OK);
    REQUIRE(role == TVT_SERVER || tvt_connection_set_name(c, "localhost") == TVT_OK);
    (void)!tvt_connection_handshake(c);
    drain(c);
    uint8_t *in = malloc(len);
    REQUIRE(in != NULL);
    bool open = true;
    for (size_t at = 1; at < len && open; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        memcpy(in + held, data + at, n);
        held += n;
        open = feed(c, in, &held);
    }
    REQUIRE(!tvt_connection_established(c));
    (void)!tvt_connection_input_eof(c);
    drain(c);
    free(in);
    tvt_connection_free(c);
    return 0;
}
