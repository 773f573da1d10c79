/* SPDX-License-Identifier: MIT
 *
 * Faults that were found by attacking the connection, each held by the attack that found it.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "tests/providers/fault.h"
#include "tests/support/bend.h"
#include "tests/support/fixture.h"
#include "tests/unit/crypto_fakes.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_regressions(void);

#define KEY_UPDATE_WIRE (5u + 5u + 1u + 16u) /* a KeyUpdate in a record of its own */
#define DATA_WIRE       23u                  /* a record of one byte of data */

/* ---- helpers ---- */

static struct tvt_bend bend;

static void
start(struct tvt_fixture *f)
{
    CU_ASSERT_FATAL(tvt_fixture_open(f, NULL));
    CU_ASSERT_FATAL(tvt_fixture_handshake(f));
}

static void
inject(struct tvt_fixture *f, enum tvt_role to, const uint8_t *bytes, size_t len)
{
    struct tvt_queue *q = &f->pair.queue[to];
    tvt_copy(q->bytes + q->len, bytes, len);
    q->len += len;
    q->total += len;
}

/* One side alone, as far as it gets. */
static void
drive(struct tvt_fixture *f, enum tvt_role role)
{
    while (tvt_pair_step(&f->pair, role))
        ;
}

/* Connects with one message of `from` bent; `retry`: the client offers no share. */
static void
connect_bent(struct tvt_fixture *f, enum tvt_role from, enum tvt_message_kind kind, unsigned nth, enum tvt_bend_op op,
             int at, const char *hex, bool retry)
{
    memset(&bend, 0, offsetof(struct tvt_bend, out));
    bend.kind = kind;
    bend.nth = nth;
    bend.op = op;
    bend.at = at;
    bend.hex = hex;
    CU_ASSERT_FATAL(tvt_fixture_open(f, NULL));
    f->config[from]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
    if (retry)
        CU_ASSERT_EQUAL(tvt_config_set_num_shares(f->config[TVT_CLIENT], 0, NULL), TVT_OK);
    CU_ASSERT_FATAL(tvt_fixture_connect(f));
}

static void
expect(const struct tvt_fixture *f, enum tvt_role victim, enum tvt_error_code code)
{
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(f, victim));
    if (e->code != code)
        printf("\n    want %s: %s", tvt_error_name(code), tvt_fixture_error(f, victim));
    CU_ASSERT_EQUAL(e->code, code);
}

/* ---- KeyUpdate: one request at a time, RFC 9846 4.7.3 ---- */

static void
update_asked_once(void)
{
    struct tvt_fixture f;
    start(&f);
    struct tvt_connection *c = tvt_fixture_end(&f, TVT_CLIENT);
    size_t before = f.pair.queue[TVT_CLIENT].total;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(tvt_connection_key_update(c, true), TVT_OK);
        (void)tvt_pair_step(&f.pair, TVT_CLIENT);
    }
    for (size_t answers = 1; answers < 3; answers++) {
        tvt_pair_settle(&f.pair);
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_SERVER, "", 1)); /* the answer goes in front of data */
        tvt_pair_settle(&f.pair);
        CU_ASSERT_EQUAL(f.pair.queue[TVT_CLIENT].total - before, answers * (KEY_UPDATE_WIRE + DATA_WIRE));
        CU_ASSERT_EQUAL(tvt_connection_key_update(c, true), TVT_OK); /* it came: asking is allowed again */
    }
    f.pair.end[TVT_CLIENT].data_len = 0;
    for (int from = 0; from < 2; from++) {
        CU_ASSERT(tvt_pair_send(&f.pair, (enum tvt_role)from, "still here", 10));
        tvt_pair_settle(&f.pair);
        CU_ASSERT_EQUAL(f.pair.end[1 - from].data_len, 10);
    }
    tvt_fixture_close(&f);
}

/* An answer that waits to be sent does not swallow a request of our own; and requests do not pile up. */
static void
update_asked_beside_answer(void)
{
    struct tvt_fixture f;
    struct tvt_span app;
    size_t used = 0;
    start(&f);
    struct tvt_connection *c = tvt_fixture_end(&f, TVT_CLIENT), *s = tvt_fixture_end(&f, TVT_SERVER);
    CU_ASSERT_EQUAL(tvt_connection_key_update(c, true), TVT_OK);
    drive(&f, TVT_CLIENT);
    struct tvt_queue *q = &f.pair.queue[TVT_SERVER];
    CU_ASSERT_EQUAL(tvt_connection_input(s, q->bytes, q->len, &used, &app), TVT_OK);
    CU_ASSERT_EQUAL(used, q->len);
    q->len = 0;
    size_t before = q->total;
    for (int i = 0; i < 20; i++) {
        CU_ASSERT_EQUAL(tvt_connection_key_update(s, true), TVT_OK);
        CU_ASSERT_EQUAL(tvt_connection_key_update(c, true), TVT_OK); /* a request of its own is on the way */
    }
    tvt_pair_settle(&f.pair);
    expect(&f, TVT_CLIENT, TVT_E_NONE);
    expect(&f, TVT_SERVER, TVT_E_NONE);
    CU_ASSERT(q->total - before >= KEY_UPDATE_WIRE && q->total - before <= 2 * KEY_UPDATE_WIRE);
    for (int from = 0; from < 2; from++) {
        CU_ASSERT(tvt_pair_send(&f.pair, (enum tvt_role)from, "still here", 10));
        tvt_pair_settle(&f.pair);
        CU_ASSERT_EQUAL(f.pair.end[1 - from].data_len, 10);
    }
    tvt_fixture_close(&f);
}

/* ---- hellos end their record, RFC 9846 5.1 ---- */

static void
hellos_aligned(void)
{
    struct tvt_fixture f;
    connect_bent(&f, TVT_CLIENT, TVT_MSG_CLIENT_HELLO, 0, TVT_BEND_BEHIND, 0, "01", true);
    CU_ASSERT(!tvt_pair_handshake(&f.pair));
    expect(&f, TVT_SERVER, TVT_E_KEY_CHANGE_MID_RECORD);
    CU_ASSERT_EQUAL(f.pair.queue[TVT_CLIENT].total, 7); /* the alert, and no answer to the ClientHello */
    tvt_fixture_close(&f);
    connect_bent(&f, TVT_SERVER, TVT_MSG_HELLO_RETRY, 0, TVT_BEND_BEHIND, 0, "02", true);
    CU_ASSERT(!tvt_pair_handshake(&f.pair));
    expect(&f, TVT_CLIENT, TVT_E_KEY_CHANGE_MID_RECORD);
    tvt_fixture_close(&f);
}

/* A record that is no ClientHello opens no door for change_cipher_spec (RFC 9846 5). */
static void
ccs_before_hello(void)
{
    static const uint8_t wire[] = {21, 3, 3, 0, 2, 1, TVT_ALERT_USER_CANCELED, 20, 3, 3, 0, 1, 1};
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    inject(&f, TVT_SERVER, wire, sizeof wire);
    drive(&f, TVT_SERVER);
    expect(&f, TVT_SERVER, TVT_E_BAD_CCS);
    tvt_fixture_close(&f);
}

/* ---- 0-RTT data that is passed over, RFC 9846 4.3.10 ---- */

/* A client that says it sends 0-RTT data; its ClientHello waits for the server. */
static void
begin_early(struct tvt_fixture *f, bool retry)
{
    connect_bent(f, TVT_CLIENT, TVT_MSG_CLIENT_HELLO, 0, TVT_BEND_ADD, 42, "", retry);
    (void)tvt_pair_step(&f->pair, TVT_CLIENT);
}

static void
inject_junk(struct tvt_fixture *f, uint16_t len)
{
    static uint8_t junk[5 + TVT_RECORD_CIPHERTEXT_MAX] = {23, 3, 3};
    tvt_store_u16(junk + 3, len);
    inject(f, TVT_SERVER, junk, 5u + len);
}

static void
early_data_limit(void)
{
    for (int retry = 0; retry < 2; retry++) {
        for (unsigned more = 0; more < 2; more++) {
            struct tvt_fixture f;
            begin_early(&f, retry != 0);
            inject_junk(&f, TVT_LIMIT_EARLY_DATA / 2);
            inject_junk(&f, (uint16_t)(TVT_LIMIT_EARLY_DATA / 2 + more));
            CU_ASSERT_EQUAL(tvt_pair_handshake(&f.pair), more == 0);
            expect(&f, TVT_SERVER, more == 0 ? TVT_E_NONE : TVT_E_TOO_MUCH_EARLY_DATA);
            tvt_fixture_close(&f);
        }
    }
}

/* Records of no bytes use the limit up, too. */
static void
early_data_empty(void)
{
    struct tvt_fixture f;
    begin_early(&f, true);
    for (unsigned i = 0; i <= TVT_LIMIT_EARLY_DATA; i++)
        inject_junk(&f, 0);
    CU_ASSERT(!tvt_pair_handshake(&f.pair));
    expect(&f, TVT_SERVER, TVT_E_TOO_MUCH_EARLY_DATA);
    tvt_fixture_close(&f);
}

/* Not even a record that is passed over may stand between the fragments of the second ClientHello (RFC 9846 5.1). */
static void
early_data_between(void)
{
    struct tvt_fixture f;
    uint8_t wire[4096], *hello = wire + 6;
    begin_early(&f, true);
    drive(&f, TVT_SERVER);
    drive(&f, TVT_CLIENT);
    struct tvt_queue *q = &f.pair.queue[TVT_SERVER];
    size_t len = q->len;
    CU_ASSERT_FATAL(len > 6 + 5 + 20 && len <= sizeof wire);
    tvt_copy(wire, q->bytes, len);
    CU_ASSERT_FATAL(wire[0] == TVT_CONTENT_CCS && hello[0] == TVT_CONTENT_HANDSHAKE);
    q->len = 0;
    inject(&f, TVT_SERVER, wire, 6);
    tvt_store_u16(hello + 3, 10);
    inject(&f, TVT_SERVER, hello, 5 + 10);
    inject_junk(&f, 40);
    tvt_store_u16(hello + 3, (uint16_t)(len - 6 - 5 - 10));
    inject(&f, TVT_SERVER, hello, 5);
    inject(&f, TVT_SERVER, hello + 5 + 10, len - 6 - 5 - 10);
    CU_ASSERT(!tvt_pair_handshake(&f.pair));
    expect(&f, TVT_SERVER, TVT_E_INTERLEAVED);
    tvt_fixture_close(&f);
}

/* The longer limit of protected records is not for plaintext ones (RFC 9846 5.1). */
static void
early_data_plaintext_size(void)
{
    static const uint8_t header[] = {22, 3, 3, 0x40, 0x01};
    struct tvt_fixture f;
    begin_early(&f, true);
    drive(&f, TVT_SERVER);
    inject(&f, TVT_SERVER, header, sizeof header);
    drive(&f, TVT_SERVER);
    expect(&f, TVT_SERVER, TVT_E_RECORD_OVERFLOW);
    tvt_fixture_close(&f);
}

/* ---- hellos ---- */

/* The share of a HelloRetryRequest needs room of its own; a KEM of the tests gives it the length of ML-KEM. */
static void
retry_for_a_long_share(void)
{
    const struct tvt_provider *real = tvt_fixture_provider(NULL);
    const struct tvt_kx *groups[16] = {tvt_fake_provider.groups[0]};
    struct tvt_provider provider = *real;
    struct tvt_fixture_options options = {.provider = {&provider, &provider}};
    struct tvt_fixture f;
    size_t num = 1;
    for (const struct tvt_kx *const *kx = real->groups; *kx != NULL && num < 15; kx++)
        if ((*kx)->group != groups[0]->group)
            groups[num++] = *kx;
    provider.groups = groups;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &options));
    CU_ASSERT_EQUAL(tvt_config_set_groups(f.config[TVT_CLIENT], "X25519MLKEM768", NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_num_shares(f.config[TVT_CLIENT], 0, NULL), TVT_OK);
    CU_ASSERT(tvt_fixture_handshake(&f));
    expect(&f, TVT_CLIENT, TVT_E_NONE);
    tvt_fixture_close(&f);
}

/* A second ClientHello updates pre_shared_key "if present" (RFC 9846 4.2.2). */
static void
no_new_psk(void)
{
    struct tvt_fixture f;
    connect_bent(&f, TVT_CLIENT, TVT_MSG_CLIENT_HELLO, 1, TVT_BEND_ADD, 41,
                 "0007 000161 00000000 0021 20 0000000000000000000000000000000000000000000000000000000000000000", true);
    CU_ASSERT(!tvt_pair_handshake(&f.pair));
    expect(&f, TVT_SERVER, TVT_E_CHANGED_HELLO);
    const char *field = tvt_connection_error(tvt_fixture_end(&f, TVT_SERVER))->field;
    CU_ASSERT_PTR_NOT_NULL_FATAL(field);
    CU_ASSERT_STRING_EQUAL(field, "pre_shared_key");
    tvt_fixture_close(&f);
}

/* ---- after a fatal alert, RFC 9846 6 and 6.2 ---- */

static void
silent_after_alert(void)
{
    static const uint8_t garbage[5 + 20] = {23, 3, 3, 0, 20};
    struct tvt_fixture f;
    struct tvt_span app;
    uint8_t out[256], more[256];
    size_t n = 0, used = 0;
    start(&f);
    struct tvt_connection *c = tvt_fixture_end(&f, TVT_CLIENT), *s = tvt_fixture_end(&f, TVT_SERVER);
    inject(&f, TVT_SERVER, garbage, sizeof garbage);
    drive(&f, TVT_SERVER);
    expect(&f, TVT_SERVER, TVT_E_BAD_RECORD_MAC);
    struct tvt_queue *q = &f.pair.queue[TVT_CLIENT];
    CU_ASSERT_FATAL(q->len > 5 && q->len <= sizeof out);
    CU_ASSERT_EQUAL(tvt_connection_key_update(c, true), TVT_OK); /* waits to be sent */
    tvt_copy(out, q->bytes, q->len);
    CU_ASSERT_EQUAL(tvt_connection_input(c, out, q->len, &used, &app), TVT_FAIL);
    expect(&f, TVT_CLIENT, TVT_E_PEER_ALERT);
    CU_ASSERT(!tvt_connection_has_output(c));
    (void)!tvt_connection_output(c, more, sizeof more, &n);
    CU_ASSERT_EQUAL(n, 0);
    CU_ASSERT_EQUAL(tvt_connection_input(s, out, sizeof out, &used, &app), TVT_FAIL);
    tvt_fixture_close(&f);
}

static bool
has_forgotten(const struct tvt_connection *c)
{
    const struct tvt_handshake *hs = &c->hs;
    return !c->read.live && !c->write.live && tvt_is_zero_secret(hs->send_secret, sizeof hs->send_secret) &&
           tvt_is_zero_secret(hs->receive_secret, sizeof hs->receive_secret) &&
           tvt_is_zero_secret(hs->exporter_secret, sizeof hs->exporter_secret) &&
           tvt_is_zero_secret(c->read.iv, sizeof c->read.iv) && tvt_is_zero_secret(c->write.iv, sizeof c->write.iv);
}

static void
secrets_forgotten(void)
{
    static const uint8_t garbage[5 + 20] = {23, 3, 3, 0, 20};
    struct tvt_fixture f;
    uint8_t exported[32];
    start(&f);
    inject(&f, TVT_SERVER, garbage, sizeof garbage);
    tvt_pair_settle(&f.pair);
    expect(&f, TVT_SERVER, TVT_E_BAD_RECORD_MAC);
    expect(&f, TVT_CLIENT, TVT_E_PEER_ALERT);
    for (int role = 0; role < 2; role++) {
        struct tvt_connection *c = tvt_fixture_end(&f, (enum tvt_role)role);
        CU_ASSERT(has_forgotten(c));
        CU_ASSERT_EQUAL(tvt_connection_export(c, exported, sizeof exported, "EXPERIMENTAL x", NULL, 0), TVT_FAIL);
    }
    tvt_fixture_close(&f);
    connect_bent(&f, TVT_SERVER, TVT_MSG_FINISHED, 0, TVT_BEND_FLIP, -1, NULL, false);
    CU_ASSERT(!tvt_pair_handshake(&f.pair));
    for (int role = 0; role < 2; role++) {
        struct tvt_connection *c = tvt_fixture_end(&f, (enum tvt_role)role);
        const struct tvt_scratch *scratch = c->hs.scratch;
        CU_ASSERT(has_forgotten(c));
        CU_ASSERT(!tvt_connection_established(c));
        CU_ASSERT_PTR_NOT_NULL_FATAL(scratch);
        CU_ASSERT(tvt_is_zero_secret(scratch->client_secret, sizeof scratch->client_secret));
        CU_ASSERT(tvt_is_zero_secret(scratch->server_secret, sizeof scratch->server_secret));
        CU_ASSERT(tvt_is_zero_secret(scratch->schedule.secret, sizeof scratch->schedule.secret));
    }
    tvt_fixture_close(&f);
}

/* ---- failing backends ---- */

static uint64_t
run_with_fault(struct tvt_provider *fault, enum tvt_role side, uint64_t nth)
{
    static const uint8_t data[20000];
    struct tvt_fixture_options options = {.client_key = "client-ed25519", .client_root = "ed25519"};
    struct tvt_fixture f;
    enum tvt_role other = (enum tvt_role)(1 - side);
    options.provider[side] = fault;
    tvt_fault_arm(fault, 0, TVT_CRYPTO_BACKEND);
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &options));
    CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_num_shares(f.config[TVT_CLIENT], 0, NULL), TVT_OK);
    tvt_fault_arm(fault, nth, TVT_CRYPTO_BACKEND);
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    if (tvt_pair_handshake(&f.pair)) {
        (void)!tvt_connection_key_update(tvt_fixture_end(&f, side), true);
        tvt_pair_settle(&f.pair);
        for (int from = 0; from < 2; from++) {
            (void)tvt_pair_send(&f.pair, (enum tvt_role)from, data, sizeof data);
            tvt_pair_settle(&f.pair);
        }
    }
    const struct tvt_error *own = tvt_connection_error(tvt_fixture_end(&f, side));
    const struct tvt_error *told = tvt_connection_error(tvt_fixture_end(&f, other));
    if (tvt_fault_failed(fault) == TVT_FAULT_NUM_OPS)
        CU_ASSERT_EQUAL(own->code, TVT_E_NONE);
    bool good = told->code == TVT_E_NONE || told->code == TVT_E_PEER_ALERT;
    if (!good)
        printf("\n    %s %s fails at %s: %s", side == TVT_CLIENT ? "client" : "server",
               tvt_fault_op_name(tvt_fault_failed(fault)), own->state, tvt_fixture_error(&f, other));
    CU_ASSERT(good);
    uint64_t count = tvt_fault_count(fault);
    tvt_fixture_close(&f);
    return count;
}

/* Wherever a backend fails: what the other side sees is an alert that it can read, or silence. */
static void
failing_backend(void)
{
    struct tvt_provider *inner = NULL, *fault = NULL;
    CU_ASSERT_FATAL(tvt_provider_open(&inner, NULL, NULL) == TVT_OK);
    CU_ASSERT_FATAL(tvt_fault_new(&fault, inner) == TVT_CRYPTO_OK);
    for (int side = 0; side < 2; side++) {
        uint64_t count = run_with_fault(fault, (enum tvt_role)side, 0);
        CU_ASSERT(count > 50);
        for (uint64_t nth = 1; nth <= count; nth++)
            (void)run_with_fault(fault, (enum tvt_role)side, nth);
    }
    tvt_provider_free(fault);
}

/* ---- calls ---- */

/* Names that are refused leave those that were set. */
static void
names_stay(void)
{
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    struct tvt_connection *c = tvt_fixture_end(&f, TVT_CLIENT);
    CU_ASSERT_EQUAL(tvt_connection_set_names(c, "other.example", "no name!"), TVT_FAIL);
    CU_ASSERT_STRING_EQUAL(c->hs.server_name, "localhost");
    CU_ASSERT_STRING_EQUAL(tvt_handshake_verify_name(&c->hs), "localhost");
    tvt_fixture_close(&f);
}

int
tvt_register_regressions(void)
{
    static const CU_TestInfo tests[] = {
        {"a KeyUpdate is asked for once", update_asked_once},
        {"a request beside an answer", update_asked_beside_answer},
        {"hellos end their record", hellos_aligned},
        {"change_cipher_spec before the ClientHello", ccs_before_hello},
        {"0-RTT data: the limit", early_data_limit},
        {"0-RTT data: empty records", early_data_empty},
        {"0-RTT data between fragments", early_data_between},
        {"a plaintext record's size beside 0-RTT data", early_data_plaintext_size},
        {"a retry for a long share", retry_for_a_long_share},
        {"no new pre_shared_key", no_new_psk},
        {"silence after a fatal alert", silent_after_alert},
        {"secrets are forgotten", secrets_forgotten},
        {"a failing backend", failing_backend},
        {"refused names change nothing", names_stay},
    };
    return suite_register("regressions", tests, sizeof tests / sizeof tests[0]);
}
