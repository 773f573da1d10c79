/* SPDX-License-Identifier: MIT
 *
 * A peer that has the keys and sends what it likes: one message of a real handshake, protected as it should be, is
 * replaced by the bytes given, so that every state is reached. The first byte chooses which.
 */
#include "core/connection/connection.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fixture.h"

static struct tvt_fixture fixture;
static enum tvt_message_kind chosen;
static struct tvt_span substitute;

static bool
replace(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    (void)user;
    if (kind != chosen)
        return false;
    *message = substitute;
    return true;
}

static void
open_fixture(void)
{
    static bool open;
    struct tvt_fixture_options options = {.key = "ed25519", .client_key = "client-ed25519", .client_root = "ed25519"};

    if (open)
        return;
    REQUIRE(tvt_fixture_open(&fixture, &options));
    open = true;
}

/* In the clear a length may promise more than comes; then both sides wait, and the driver's end of file ends it. */
static void
check_end(struct tvt_connection *c)
{
    const struct tvt_error *error = tvt_connection_error(c);

    REQUIRE(error->code == TVT_E_NONE || error->state != NULL);
    REQUIRE(error->code != TVT_E_INTERNAL && error->code != TVT_E_NO_MEMORY);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2 || len > 16000)
        return 0;
    open_fixture();
    enum tvt_role sender = (data[0] & 1) != 0 ? TVT_SERVER : TVT_CLIENT;
    chosen = (enum tvt_message_kind)((data[0] >> 1) % TVT_MSG_NUM_KINDS13);
    substitute = tvt_span(data + 1, len - 1);
    for (int role = 0; role < 2; role++)
        fixture.config[role]->test_port.replace = role == (int)sender ? replace : NULL;
    REQUIRE(tvt_pair_open(&fixture.pair, fixture.config[TVT_CLIENT], fixture.config[TVT_SERVER], "localhost"));
    bool ok = tvt_pair_handshake(&fixture.pair);
    if (ok && tvt_connection_test_send(fixture.pair.end[sender].connection, substitute) == TVT_OK)
        tvt_pair_settle(&fixture.pair);
    check_end(fixture.pair.end[1 - sender].connection);
    tvt_pair_close(&fixture.pair);
    return 0;
}
