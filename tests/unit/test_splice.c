/* SPDX-License-Identifier: MIT
 *
 * Records put between those of a good peer: alerts without protection, 0-RTT data too late; and a record size limit that
 * the peer never heard of.
 */
#include "core/connection/connection.h"
#include "tests/support/bend.h"
#include "tests/support/fixture.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_splice(void);

static struct tvt_bend bend;

static void
bend_hello(struct tvt_fixture *f, enum tvt_bend_op op, int extension)
{
    memset(&bend, 0, offsetof(struct tvt_bend, out));
    bend.kind = TVT_MSG_CLIENT_HELLO;
    bend.op = op;
    bend.at = extension;
    bend.hex = "";
    f->config[TVT_CLIENT]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
}

/* Where the nth protected record (from 0) on its way to `to` begins; the end of what is there when there are fewer. */
static size_t
protected_record(const struct tvt_queue *q, unsigned nth)
{
    size_t at = 0;
    while (at < q->len && (q->bytes[at] != TVT_CONTENT_APPLICATION || nth-- > 0))
        at += 5u + tvt_load_u16(q->bytes + at + 3);
    return at;
}

static void
put_between(struct tvt_queue *q, size_t at, const char *hex)
{
    uint8_t bytes[64];
    size_t len = tvt_bend_hex(bytes, sizeof bytes, hex);
    memmove(q->bytes + at + len, q->bytes + at, q->len - at);
    memcpy(q->bytes + at, bytes, len);
    q->len += len;
    q->total += len;
}

static const char junk[] = "1703030014 0000000000000000000000000000000000000000";

/* An alert without protection is believed until the first record that is protected, and no longer (RFC 9846 6). */
static void
plain_alert(void)
{
    for (unsigned behind = 0; behind < 2; behind++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        f.pair.write_room = 300;
        (void)tvt_pair_step(&f.pair, TVT_CLIENT);
        while (tvt_pair_step(&f.pair, TVT_SERVER))
            ;
        struct tvt_queue *q = &f.pair.queue[TVT_CLIENT];
        CU_ASSERT_FATAL(protected_record(q, 2) < q->len);
        put_between(q, protected_record(q, behind), "15030300020228");
        tvt_pair_settle(&f.pair);
        const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&f, TVT_CLIENT));
        CU_ASSERT_EQUAL(e->code, behind ? TVT_E_UNPROTECTED : TVT_E_PEER_ALERT);
        CU_ASSERT_EQUAL(e->alert, behind ? TVT_ALERT_UNEXPECTED_MESSAGE : TVT_ALERT_HANDSHAKE_FAILURE);
        tvt_fixture_close(&f);
    }
}

/* What does not decrypt is passed over as 0-RTT data before the client's second flight, and not within it (RFC 9846
 * 4.3.10). */
static void
early_data_too_late(void)
{
    for (unsigned behind = 0; behind < 2; behind++) {
        struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
        bend_hello(&f, TVT_BEND_ADD, 42);
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        f.pair.write_room = 300;
        (void)tvt_pair_step(&f.pair, TVT_CLIENT);
        while (tvt_pair_step(&f.pair, TVT_SERVER))
            ;
        while (tvt_pair_step(&f.pair, TVT_CLIENT))
            ;
        struct tvt_queue *q = &f.pair.queue[TVT_SERVER];
        CU_ASSERT_FATAL(protected_record(q, 1) < q->len);
        put_between(q, protected_record(q, behind), junk);
        CU_ASSERT_EQUAL(tvt_pair_handshake(&f.pair), behind == 0);
        CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&f, TVT_SERVER))->code,
                        behind == 0 ? TVT_E_NONE : TVT_E_BAD_RECORD_MAC);
        tvt_fixture_close(&f);
    }
}

/* After a HelloRetryRequest 0-RTT data may come until the second ClientHello, and not behind it. */
static void
early_data_and_retry(void)
{
    for (int behind = 0; behind < 2; behind++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        CU_ASSERT_EQUAL(tvt_config_set_num_shares(f.config[TVT_CLIENT], 0, NULL), TVT_OK);
        bend_hello(&f, TVT_BEND_ADD, 42);
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        (void)tvt_pair_step(&f.pair, TVT_CLIENT);
        while (tvt_pair_step(&f.pair, TVT_SERVER))
            ;
        while (tvt_pair_step(&f.pair, TVT_CLIENT))
            ;
        struct tvt_queue *q = &f.pair.queue[TVT_SERVER];
        CU_ASSERT_FATAL(q->len > 100 && q->bytes[0] == TVT_CONTENT_CCS && q->bytes[6] == TVT_CONTENT_HANDSHAKE);
        put_between(q, behind ? q->len : 6, junk);
        CU_ASSERT_EQUAL(tvt_pair_handshake(&f.pair), !behind);
        CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&f, TVT_SERVER))->code,
                        behind ? TVT_E_BAD_RECORD_MAC : TVT_E_NONE);
        tvt_fixture_close(&f);
    }
}

/* A server that does not answer record_size_limit has not agreed to one (RFC 8449 4). */
static void
limit_not_agreed(void)
{
    static uint8_t data[20000];
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    CU_ASSERT_EQUAL(tvt_config_set_record_size_limit(f.config[TVT_CLIENT], 64, NULL), TVT_OK);
    bend_hello(&f, TVT_BEND_DROP, 28);
    CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
    CU_ASSERT(tvt_pair_send(&f.pair, TVT_SERVER, data, sizeof data));
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(f.pair.end[TVT_CLIENT].data_len, sizeof data);
    CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&f, TVT_CLIENT))->code, TVT_E_NONE);
    tvt_fixture_close(&f);
}

/* Output that is asked for without a reason, after close_notify, is empty. */
static void
output_after_close(void)
{
    struct tvt_fixture f;
    uint8_t out[TVT_RECORD_WIRE_MAX];
    size_t n = 9;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
    CU_ASSERT_EQUAL(tvt_connection_close(tvt_fixture_end(&f, TVT_CLIENT)), TVT_OK);
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(tvt_connection_key_update(tvt_fixture_end(&f, TVT_SERVER), true), TVT_OK);
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(tvt_connection_output(tvt_fixture_end(&f, TVT_CLIENT), out, sizeof out, &n), TVT_OK);
    CU_ASSERT_EQUAL(n, 0);
    tvt_fixture_close(&f);
}

int
tvt_register_splice(void)
{
    static const CU_TestInfo tests[] = {
        {"alerts without protection", plain_alert},
        {"0-RTT data too late", early_data_too_late},
        {"0-RTT data and HelloRetryRequest", early_data_and_retry},
        {"a record size limit that was not agreed on", limit_not_agreed},
        {"output after close_notify", output_after_close},
    };
    return suite_register("splice", tests, sizeof tests / sizeof tests[0]);
}
