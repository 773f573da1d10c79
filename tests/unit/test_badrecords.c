/* SPDX-License-Identifier: MIT
 *
 * Peers that break the record protocol: headers, change_cipher_spec, alerts, floods, ciphertext, order, and transports
 * that end early.
 */
#include "core/connection/connection.h"
#include "tests/support/bend.h"
#include "tests/support/fixture.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_badrecords(void);

#define SENT_NONE 0xffu /* no alert is expected on the wire */

/* ---- helpers ---- */

static void
start(struct tvt_fixture *f, bool handshake)
{
    struct tvt_error error;
    CU_ASSERT_FATAL(tvt_fixture_open(f, NULL));
    for (int role = 0; role < 2; role++) /* the lengths below are those of hellos without a post-quantum share */
        CU_ASSERT_EQUAL_FATAL(tvt_config_set_groups(f->config[role], "x25519", &error), TVT_OK);
    bool good = handshake ? tvt_fixture_handshake(f) : tvt_fixture_connect(f);
    CU_ASSERT_FATAL(good);
}

static void
inject(struct tvt_fixture *f, enum tvt_role to, const uint8_t *bytes, size_t len)
{
    struct tvt_queue *q = &f->pair.queue[to];
    memcpy(q->bytes + q->len, bytes, len);
    q->len += len;
    q->total += len;
}

static void
inject_hex(struct tvt_fixture *f, enum tvt_role to, const char *hex)
{
    uint8_t bytes[512];
    inject(f, to, bytes, tvt_bend_hex(bytes, sizeof bytes, hex));
}

/* A record under the keys of `from` whose inner plaintext is given whole, content type and padding included. */
static void
inject_inner(struct tvt_fixture *f, enum tvt_role from, const uint8_t *inner, size_t len)
{
    static uint8_t out[20000];
    struct tvt_protection *p = &tvt_fixture_end(f, from)->write;
    uint8_t nonce[TVT_AEAD_NONCE_MAX], number[8];
    struct tvt_span in = {inner, len};
    CU_ASSERT_FATAL(p->aead != NULL && p->live);
    tvt_store_u64(number, p->sequence++);
    memcpy(nonce, p->iv, p->aead->nonce_len);
    for (size_t i = 0; i < 8; i++)
        nonce[p->aead->nonce_len - 8u + i] ^= number[i];
    out[0] = TVT_CONTENT_APPLICATION;
    tvt_store_u16(out + 1, 0x0303);
    tvt_store_u16(out + 3, (uint16_t)(len + p->aead->tag_len));
    CU_ASSERT_EQUAL(p->aead->seal(p->ctx, out + 5, &in, 1, nonce, out, 5), TVT_CRYPTO_OK);
    inject(f, (enum tvt_role)(1 - from), out, 5 + len + p->aead->tag_len);
}

static void
inject_inner_hex(struct tvt_fixture *f, enum tvt_role from, const char *hex)
{
    uint8_t bytes[512];
    inject_inner(f, from, bytes, tvt_bend_hex(bytes, sizeof bytes, hex));
}

/* The victim found `code`; the other side (its keys are right) reads the alert that belongs to it. */
static void
expect(struct tvt_fixture *f, enum tvt_role victim, enum tvt_error_code code, const char *what)
{
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(f, victim));
    const struct tvt_error *told = tvt_connection_error(tvt_fixture_end(f, (enum tvt_role)(1 - victim)));
    bool alert = tvt_error_alert(code) != TVT_ALERT_NONE;
    bool good = e->code == code && (!alert || (told->code == TVT_E_PEER_ALERT && told->alert == tvt_error_alert(code)));
    if (!good)
        printf("\n    %s (want %s): %s\n      told: %s", what, tvt_error_name(code), tvt_fixture_error(f, victim),
               tvt_fixture_error(f, (enum tvt_role)(1 - victim)));
    CU_ASSERT(good);
}

/* ---- unprotected records ---- */

struct plain_row {
    const char *name;
    enum tvt_role victim;
    const char *hex;
    enum tvt_error_code code;
    uint8_t alert; /* as it stands on the wire; SENT_NONE */
};

#define CCS   "140303000101 "
#define CCS_8 CCS CCS CCS CCS CCS CCS CCS CCS

static const struct plain_row plain_rows[] = {
    {"HTTP", TVT_SERVER, "474554202f20485454502f312e310d0a", TVT_E_NOT_TLS, 70},
    {"HTTP answer", TVT_CLIENT, "485454502f312e312034303020426164", TVT_E_NOT_TLS, 70},
    {"type 25", TVT_SERVER, "190301000100", TVT_E_NOT_TLS, 70},
    {"version 2.0", TVT_SERVER, "160200000100", TVT_E_NOT_TLS, 70},
    {"empty handshake record", TVT_SERVER, "1603010000", TVT_E_EMPTY_HANDSHAKE_FRAGMENT, 10},
    {"empty handshake record", TVT_CLIENT, "1603030000", TVT_E_EMPTY_HANDSHAKE_FRAGMENT, 10},
    {"data first", TVT_SERVER, "170303000100", TVT_E_UNEXPECTED_MESSAGE, 10},
    {"data first", TVT_CLIENT, "170303000100", TVT_E_UNEXPECTED_MESSAGE, 10},
    {"empty data first", TVT_SERVER, "1703030000", TVT_E_UNEXPECTED_MESSAGE, 10},
    {"CCS before the ClientHello", TVT_SERVER, "140303000101", TVT_E_BAD_CCS, 10},
    {"CCS of two bytes", TVT_CLIENT, "14030300020101", TVT_E_BAD_CCS, 10},
    {"CCS of no byte", TVT_CLIENT, "1403030000", TVT_E_BAD_CCS, 10},
    {"CCS 2", TVT_CLIENT, "140303000102", TVT_E_BAD_CCS, 10},
    {"CCS 33 times", TVT_CLIENT, CCS_8 CCS_8 CCS_8 CCS_8 CCS, TVT_E_TOO_MANY_CCS, 10},
    {"CCS between fragments", TVT_CLIENT, "1603030002 0200 140303000101", TVT_E_INTERLEAVED, 10},
    {"data between fragments", TVT_CLIENT, "1603030002 0200 170303000101", TVT_E_INTERLEAVED, 10},
    {"later record of version 2.0", TVT_CLIENT, "140303000101 160200000100", TVT_E_RECORD_VERSION, 50},
    {"later record of type 99", TVT_CLIENT, "140303000101 630303000100", TVT_E_RECORD_TYPE, 10},
    {"alert of one byte", TVT_SERVER, "150301000102", TVT_E_BAD_ALERT, 50},
    {"alert of three bytes", TVT_CLIENT, "1503030003022800", TVT_E_BAD_ALERT, 50},
    {"two alerts in a record", TVT_CLIENT, "150303000402280228", TVT_E_BAD_ALERT, 50},
    {"empty alert", TVT_CLIENT, "1503030000", TVT_E_EMPTY_HANDSHAKE_FRAGMENT, 10},
    {"fatal alert", TVT_SERVER, "15030100020228", TVT_E_PEER_ALERT, SENT_NONE},
    {"alert of a level that is none", TVT_CLIENT, "15030300020728", TVT_E_PEER_ALERT, SENT_NONE},
    {"five warnings", TVT_CLIENT, "15030300020170 15030300020170 15030300020170 15030300020170 15030300020170",
     TVT_E_TOO_MANY_WARNINGS, 10},
    {"five times user_canceled", TVT_CLIENT,
     "1503030002015a 1503030002015a 1503030002015a 1503030002015a 1503030002015a", TVT_E_TOO_MANY_WARNINGS, 10},
    {"record of 16385 bytes", TVT_SERVER, "1603014001", TVT_E_RECORD_OVERFLOW, 22},
    {"record of 65535 bytes", TVT_CLIENT, "160303ffff", TVT_E_RECORD_OVERFLOW, 22},
};

static void
plain(void)
{
    for (size_t i = 0; i < sizeof plain_rows / sizeof plain_rows[0]; i++) {
        const struct plain_row *row = &plain_rows[i];
        struct tvt_fixture f;
        start(&f, false);
        if (row->victim == TVT_CLIENT)
            (void)tvt_pair_step(&f.pair, TVT_CLIENT); /* its ClientHello is on the way */
        struct tvt_queue *seen = &f.pair.queue[1 - row->victim];
        size_t before = seen->len;
        inject_hex(&f, row->victim, row->hex);
        while (tvt_pair_step(&f.pair, row->victim))
            ;
        const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&f, row->victim));
        const uint8_t *wire = seen->bytes + before;
        bool good = e->code == row->code;
        if (row->alert == SENT_NONE)
            good = good && seen->len == before && e->origin == TVT_ORIGIN_PEER;
        else
            good = good && seen->len == before + 7 && wire[0] == TVT_CONTENT_ALERT && wire[1] == 3 && wire[4] == 2 &&
                   wire[5] == 2 && wire[6] == row->alert && tvt_error_alert(row->code) == row->alert;
        if (!good)
            printf("\n    %s: %s; %zu bytes went", row->name, tvt_fixture_error(&f, row->victim), seen->len - before);
        CU_ASSERT(good);
        tvt_fixture_close(&f);
    }
}

/* ---- protected records ---- */

struct inner_row {
    const char *name;
    const char *inner; /* hex: content, type, padding; NULL: `record` */
    const char *record;
    unsigned times;
    enum tvt_error_code code; /* NONE: all is well */
};

static const struct inner_row inner_rows[] = {
    {"unprotected handshake", NULL, "1603030004 00000000", 1, TVT_E_UNPROTECTED},
    {"unprotected alert", NULL, "1503030002 0100", 1, TVT_E_UNPROTECTED},
    {"CCS after the handshake", NULL, "140303000101", 1, TVT_E_BAD_CCS},
    {"record of 16641 bytes", NULL, "1703034101", 1, TVT_E_RECORD_OVERFLOW},
    {"record of type 24", NULL, "180303000100", 1, TVT_E_RECORD_TYPE},
    {"shorter than a tag", NULL, "170303000f 000000000000000000000000000000", 1, TVT_E_BAD_RECORD_MAC},
    {"empty record", NULL, "1703030000", 1, TVT_E_BAD_RECORD_MAC},
    {"garbage", NULL, "1703030014 0000000000000000000000000000000000000000", 1, TVT_E_BAD_RECORD_MAC},
    {"protected CCS", "0114", NULL, 1, TVT_E_BAD_CCS},
    {"no content type", "0000000000", NULL, 1, TVT_E_NO_CONTENT_TYPE},
    {"content type 99", "000063", NULL, 1, TVT_E_RECORD_TYPE},
    {"content type 24", "00000018", NULL, 1, TVT_E_RECORD_TYPE},
    {"empty handshake", "160000", NULL, 1, TVT_E_EMPTY_HANDSHAKE_FRAGMENT},
    {"empty alert", "1500", NULL, 1, TVT_E_EMPTY_HANDSHAKE_FRAGMENT},
    {"alert of one byte", "0215", NULL, 1, TVT_E_BAD_ALERT},
    {"alert of three bytes", "02280015", NULL, 1, TVT_E_BAD_ALERT},
    {"four times user_canceled", "015a15", NULL, 4, TVT_E_NONE},
    {"five times user_canceled", "015a15", NULL, 5, TVT_E_TOO_MANY_WARNINGS},
    {"32 empty records", "17", NULL, 32, TVT_E_NONE},
    {"33 empty records", "1700", NULL, 33, TVT_E_TOO_MANY_EMPTY_RECORDS},
    {"padding only behind the type", "61170000000000000000", NULL, 1, TVT_E_NONE},
};

static void
inner(void)
{
    for (size_t i = 0; i < sizeof inner_rows / sizeof inner_rows[0]; i++) {
        for (int victim = 0; victim < 2; victim++) {
            const struct inner_row *row = &inner_rows[i];
            struct tvt_fixture f;
            start(&f, true);
            for (unsigned n = 0; n < row->times; n++) {
                if (row->inner != NULL)
                    inject_inner_hex(&f, (enum tvt_role)(1 - victim), row->inner);
                else
                    inject_hex(&f, (enum tvt_role)victim, row->record);
            }
            tvt_pair_settle(&f.pair);
            expect(&f, (enum tvt_role)victim, row->code, row->name);
            tvt_fixture_close(&f);
        }
    }
}

/* Content and padding together may be 2^14 bytes and the type (RFC 9846 5.2, 5.4). */
static void
sizes(void)
{
    static uint8_t big[16400];
    static const struct {
        size_t content, padding;
        enum tvt_error_code code;
    } cases[] = {{16384, 0, TVT_E_NONE},
                 {16385, 0, TVT_E_RECORD_OVERFLOW},
                 {1, 16383, TVT_E_NONE},
                 {1, 16384, TVT_E_RECORD_OVERFLOW},
                 {16384, 1, TVT_E_RECORD_OVERFLOW}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tvt_fixture f;
        start(&f, true);
        memset(big, 0, sizeof big);
        memset(big, 'x', cases[i].content);
        big[cases[i].content] = TVT_CONTENT_APPLICATION;
        inject_inner(&f, TVT_CLIENT, big, cases[i].content + 1 + cases[i].padding);
        tvt_pair_settle(&f.pair);
        expect(&f, TVT_SERVER, cases[i].code, "a long record");
        CU_ASSERT_EQUAL(f.pair.end[TVT_SERVER].data_len, cases[i].code == TVT_E_NONE ? cases[i].content : 0);
        tvt_fixture_close(&f);
    }
}

/* ---- floods of messages ---- */

static void
flood(const char *hex, enum tvt_role from, unsigned times, enum tvt_error_code code, bool data_between)
{
    struct tvt_fixture f;
    uint8_t bytes[64];
    size_t len = tvt_bend_hex(bytes, sizeof bytes, hex);
    start(&f, true);
    for (unsigned i = 0; i < times; i++) {
        if (tvt_connection_error(tvt_fixture_end(&f, from))->code != TVT_E_NONE)
            break; /* the alert came */
        enum tvt_result r = bytes[0] == TVT_HT_KEY_UPDATE
                                ? tvt_connection_key_update(tvt_fixture_end(&f, from), bytes[4] == 1)
                                : tvt_connection_test_send(tvt_fixture_end(&f, from), tvt_span(bytes, len));
        CU_ASSERT_EQUAL(r, TVT_OK);
        tvt_pair_settle(&f.pair);
        if (data_between)
            CU_ASSERT(tvt_pair_send(&f.pair, from, "x", 1));
    }
    tvt_pair_settle(&f.pair);
    expect(&f, (enum tvt_role)(1 - from), code, hex);
    tvt_fixture_close(&f);
}

static void
floods(void)
{
    static const char ticket[] = "0400000e 00000100 00000000 00 000161 0000";
    for (int from = 0; from < 2; from++) {
        flood("1800000100", (enum tvt_role)from, TVT_LIMIT_KEY_UPDATES, TVT_E_NONE, false);
        flood("1800000100", (enum tvt_role)from, TVT_LIMIT_KEY_UPDATES + 1, TVT_E_TOO_MANY_KEY_UPDATES, false);
        flood("1800000101", (enum tvt_role)from, TVT_LIMIT_KEY_UPDATES + 1, TVT_E_TOO_MANY_KEY_UPDATES, false);
        flood("1800000101", (enum tvt_role)from, 4 * TVT_LIMIT_KEY_UPDATES, TVT_E_NONE, true);
    }
    flood(ticket, TVT_SERVER, TVT_LIMIT_POST_HANDSHAKE, TVT_E_NONE, false);
    flood(ticket, TVT_SERVER, TVT_LIMIT_POST_HANDSHAKE + 1, TVT_E_TOO_MANY_POST_HANDSHAKE, false);
    flood(ticket, TVT_SERVER, 3 * TVT_LIMIT_POST_HANDSHAKE, TVT_E_NONE, true);
}

/* Updates called for again and again before any leaves: one goes, and one more that asks; the first is the answer, too, where
 * one was due. The other side's answer to them waits for its data. */
static void
updates_that_wait(void)
{
    for (int answer = 0; answer < 2; answer++) {
        struct tvt_fixture f;
        start(&f, true);
        struct tvt_connection *c = tvt_fixture_end(&f, TVT_CLIENT);
        struct tvt_end *e = &f.pair.end[TVT_CLIENT];
        if (answer) {
            size_t used = 0;
            struct tvt_span app;
            CU_ASSERT_EQUAL(tvt_connection_key_update(tvt_fixture_end(&f, TVT_SERVER), true), TVT_OK);
            (void)tvt_pair_step(&f.pair, TVT_SERVER);
            struct tvt_queue *q = &f.pair.queue[TVT_CLIENT];
            memcpy(e->in, q->bytes, q->len);
            CU_ASSERT_EQUAL(tvt_connection_input(c, e->in, q->len, &used, &app), TVT_OK);
            CU_ASSERT(used == q->len && !tvt_connection_has_output(c));
            q->len = 0;
        }
        for (int i = 0; i < 20; i++)
            CU_ASSERT_EQUAL(tvt_connection_key_update(c, i > 0), TVT_OK);
        tvt_pair_settle(&f.pair);
        CU_ASSERT_EQUAL(tvt_fixture_end(&f, TVT_SERVER)->key_updates, 2);
        CU_ASSERT_EQUAL(tvt_fixture_end(&f, TVT_SERVER)->updates, (unsigned)answer);
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, "x", 1) && tvt_pair_send(&f.pair, TVT_SERVER, "y", 1));
        CU_ASSERT_EQUAL(tvt_fixture_end(&f, TVT_SERVER)->updates, 1u + (unsigned)answer);
        tvt_pair_settle(&f.pair);
        CU_ASSERT(f.pair.end[0].data_len == 1 && f.pair.end[1].data_len == 1);
        tvt_fixture_close(&f);
    }
}

/* ---- ciphertext changed, repeated, reordered, lost ---- */

static void
every_bit(void)
{
    unsigned flips = 0;
    for (size_t bit = 0; bit < 8 * (5 + 4 + 1 + 16); bit++, flips++) {
        struct tvt_fixture f;
        start(&f, true);
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, "data", 4));
        CU_ASSERT_EQUAL(f.pair.queue[TVT_SERVER].len, 26);
        f.pair.queue[TVT_SERVER].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        tvt_pair_settle(&f.pair);
        const struct tvt_connection *c = tvt_fixture_end(&f, TVT_SERVER);
        enum tvt_error_code code = tvt_connection_error(c)->code;
        CU_ASSERT_EQUAL(f.pair.end[TVT_SERVER].data_len, 0);
        if (bit / 8 >= 5 || bit / 8 == 2)
            CU_ASSERT_EQUAL(code, TVT_E_BAD_RECORD_MAC);
        /* A length that grew waits for more bytes: nothing is wrong yet. */
        CU_ASSERT(code != TVT_E_NONE || ((bit / 8 == 3 || bit / 8 == 4) && f.pair.end[TVT_SERVER].in_len == 26));
        tvt_fixture_close(&f);
    }
    CU_ASSERT_EQUAL(flips, 208);
}

static void
order(void)
{
    enum { REPLAY, SWAP, DROP, NUM };
    for (int what = 0; what < NUM; what++) {
        struct tvt_fixture f;
        uint8_t first[26];
        start(&f, true);
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_SERVER, "one1", 4) && tvt_pair_send(&f.pair, TVT_SERVER, "two2", 4));
        struct tvt_queue *q = &f.pair.queue[TVT_CLIENT];
        CU_ASSERT_EQUAL_FATAL(q->len, 52);
        memcpy(first, q->bytes, 26);
        if (what == SWAP)
            memcpy(q->bytes, q->bytes + 26, 26);
        if (what != DROP)
            memcpy(q->bytes + 26, first, 26);
        if (what == DROP) {
            memcpy(q->bytes, q->bytes + 26, 26);
            q->len = 26;
        }
        tvt_pair_settle(&f.pair);
        expect(&f, TVT_CLIENT, TVT_E_BAD_RECORD_MAC, "order");
        CU_ASSERT_EQUAL(f.pair.end[TVT_CLIENT].data_len, what == REPLAY ? 4 : 0);
        tvt_fixture_close(&f);
    }
}

/* Data, or a piece of a message and then data, under the handshake keys. */
static void
data_before_finished(void)
{
    for (int fragment = 0; fragment < 2; fragment++) {
        struct tvt_fixture f;
        uint8_t out[160];
        size_t n = 0;
        start(&f, false);
        (void)tvt_pair_step(&f.pair, TVT_CLIENT);
        struct tvt_connection *s = tvt_fixture_end(&f, TVT_SERVER);
        struct tvt_end *e = &f.pair.end[TVT_SERVER];
        size_t used = 0;
        struct tvt_span app;
        memcpy(e->in, f.pair.queue[TVT_SERVER].bytes, f.pair.queue[TVT_SERVER].len);
        CU_ASSERT_EQUAL(tvt_connection_input(s, e->in, f.pair.queue[TVT_SERVER].len, &used, &app), TVT_OK);
        f.pair.queue[TVT_SERVER].len = 0;
        CU_ASSERT_EQUAL(tvt_connection_output(s, out, 127 + 6 + 16, &n), TVT_OK);
        CU_ASSERT_EQUAL(n, 127 + 6); /* ServerHello, change_cipher_spec; no room for more */
        inject(&f, TVT_CLIENT, out, n);
        if (fragment)
            inject_inner_hex(&f, TVT_SERVER, "080016");
        inject_inner_hex(&f, TVT_SERVER, "6117");
        while (tvt_pair_step(&f.pair, TVT_CLIENT))
            ;
        const struct tvt_error *err = tvt_connection_error(tvt_fixture_end(&f, TVT_CLIENT));
        CU_ASSERT_EQUAL(err->code, fragment ? TVT_E_INTERLEAVED : TVT_E_UNEXPECTED_MESSAGE);
        CU_ASSERT_EQUAL(f.pair.end[TVT_CLIENT].data_len, 0);
        tvt_fixture_close(&f);
    }
}

/* ---- 0-RTT data that is not taken, RFC 9846 4.3.10 ---- */

static void
early_data(void)
{
    static struct tvt_bend bend;
    static uint8_t junk[5 + TVT_LIMIT_EARLY_DATA];
    for (unsigned records = 0; records < 3; records++) {
        for (int retry = 0; retry < 2; retry++) {
            struct tvt_fixture f;
            memset(&bend, 0, offsetof(struct tvt_bend, out));
            bend.kind = TVT_MSG_CLIENT_HELLO;
            bend.op = TVT_BEND_ADD;
            bend.at = 42;
            bend.hex = "";
            CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
            f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
            if (retry)
                CU_ASSERT_EQUAL(tvt_config_set_num_shares(f.config[TVT_CLIENT], 0, NULL), TVT_OK);
            CU_ASSERT_FATAL(tvt_fixture_connect(&f));
            (void)tvt_pair_step(&f.pair, TVT_CLIENT);
            junk[0] = 23;
            junk[1] = junk[2] = 3;
            tvt_store_u16(junk + 3, TVT_LIMIT_EARLY_DATA);
            for (unsigned i = 0; i < records; i++)
                inject(&f, TVT_SERVER, junk, sizeof junk);
            bool done = tvt_pair_handshake(&f.pair);
            CU_ASSERT_EQUAL(done, records < 2);
            if (records == 2)
                expect(&f, TVT_SERVER, TVT_E_TOO_MUCH_EARLY_DATA, "too much 0-RTT data");
            inject_hex(&f, TVT_SERVER, "1703030014 0000000000000000000000000000000000000000");
            tvt_pair_settle(&f.pair);
            if (done)
                expect(&f, TVT_SERVER, TVT_E_BAD_RECORD_MAC, "0-RTT data after the handshake");
            tvt_fixture_close(&f);
        }
    }
}

/* ---- record_size_limit, RFC 8449 4 ---- */

struct watch {
    size_t longest[2]; /* protected records, by who sent them */
};

static void
watch_records(void *user, enum tvt_role from, uint8_t *bytes, size_t len)
{
    struct watch *w = user;
    for (size_t at = 0; at + 5 <= len; at += 5u + tvt_load_u16(bytes + at + 3))
        if (bytes[at] == TVT_CONTENT_APPLICATION && tvt_load_u16(bytes + at + 3) > w->longest[from])
            w->longest[from] = tvt_load_u16(bytes + at + 3);
}

static void
record_limits(void)
{
    static const struct {
        uint16_t client, server;
        size_t most[2]; /* ciphertext that the two may send */
    } cases[] = {{0, 0, {16401, 16401}},
                 {512, 0, {16401, 16401}},
                 {0, 512, {16401, 16401}},
                 {512, 64, {80, 528}},
                 {64, 16385, {16401, 80}}};
    static uint8_t data[20000];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tvt_fixture f;
        struct watch w = {{0, 0}};
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        CU_ASSERT_EQUAL(tvt_config_set_record_size_limit(f.config[0], cases[i].client, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_record_size_limit(f.config[1], cases[i].server, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        f.pair.on_wire = watch_records;
        f.pair.user = &w;
        CU_ASSERT(tvt_pair_handshake(&f.pair));
        for (int from = 0; from < 2; from++) {
            CU_ASSERT(tvt_pair_send(&f.pair, (enum tvt_role)from, data, sizeof data));
            tvt_pair_settle(&f.pair);
            CU_ASSERT_EQUAL(f.pair.end[1 - from].data_len, sizeof data);
            if (cases[i].client != 0 && cases[i].server != 0)
                CU_ASSERT_EQUAL(w.longest[from], cases[i].most[from]);
            CU_ASSERT(w.longest[from] <= cases[i].most[from]);
        }
        if (cases[i].client == 64 || cases[i].server == 64) { /* and one byte more than was agreed is refused */
            static const uint8_t many[66] = {[64] = TVT_CONTENT_APPLICATION};
            enum tvt_role victim = cases[i].client == 64 ? TVT_CLIENT : TVT_SERVER;
            inject_inner(&f, (enum tvt_role)(1 - victim), many, 65);
            tvt_pair_settle(&f.pair);
            expect(&f, victim, TVT_E_RECORD_OVERFLOW, "record_size_limit");
        }
        tvt_fixture_close(&f);
    }
}

/* ---- ends ---- */

static void
ends(void)
{
    unsigned in_handshake = 0, after = 0;
    for (size_t k = 1; k < 1300; k += 19) {
        for (int role = 0; role < 2; role++) {
            struct tvt_fixture f;
            start(&f, false);
            f.pair.gate[role] = k;
            tvt_pair_settle(&f.pair);
            struct tvt_connection *c = tvt_fixture_end(&f, (enum tvt_role)role);
            bool established = tvt_connection_established(c);
            CU_ASSERT_EQUAL(tvt_connection_input_eof(c), TVT_FAIL);
            CU_ASSERT_EQUAL(tvt_connection_error(c)->code, established ? TVT_E_UNEXPECTED_EOF : TVT_E_EOF_IN_HANDSHAKE);
            CU_ASSERT(!tvt_connection_has_output(c));
            CU_ASSERT_EQUAL(tvt_connection_input_eof(c), TVT_FAIL);
            in_handshake += !established;
            after += established;
            tvt_fixture_close(&f);
        }
    }
    CU_ASSERT(in_handshake > 60 && after > 20);
}

static void
close_in_order(void)
{
    struct tvt_fixture f;
    struct tvt_span app;
    size_t used = 9;
    uint8_t more[] = {23, 3, 3, 0, 1, 0};
    start(&f, true);
    struct tvt_connection *c = tvt_fixture_end(&f, TVT_CLIENT), *s = tvt_fixture_end(&f, TVT_SERVER);
    CU_ASSERT_EQUAL(tvt_connection_close(c), TVT_OK);
    CU_ASSERT_EQUAL(tvt_connection_close(c), TVT_OK); /* once is enough */
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(f.pair.end[TVT_SERVER].last, TVT_CLOSED);
    CU_ASSERT_EQUAL(tvt_connection_input(s, more, sizeof more, &used, &app), TVT_CLOSED);
    CU_ASSERT_EQUAL(used, 0);
    CU_ASSERT_EQUAL(app.len, 0);
    CU_ASSERT_EQUAL(tvt_connection_input_eof(s), TVT_CLOSED);
    /* The other direction is still open; nothing goes out behind a close_notify, not even the answer to a KeyUpdate. */
    CU_ASSERT_EQUAL(tvt_connection_key_update(s, true), TVT_OK);
    CU_ASSERT(tvt_pair_send(&f.pair, TVT_SERVER, "late", 4));
    size_t before = f.pair.queue[TVT_SERVER].total;
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(f.pair.end[TVT_CLIENT].data_len, 4);
    CU_ASSERT(!tvt_connection_has_output(c));
    CU_ASSERT_EQUAL(f.pair.queue[TVT_SERVER].total, before);
    tvt_fixture_close(&f);
}

static void
close_in_handshake(void)
{
    struct tvt_fixture f;
    start(&f, false);
    (void)tvt_pair_step(&f.pair, TVT_CLIENT);
    CU_ASSERT_EQUAL(tvt_connection_close(tvt_fixture_end(&f, TVT_CLIENT)), TVT_OK);
    (void)tvt_pair_step(&f.pair, TVT_CLIENT);
    CU_ASSERT(tvt_connection_sent_close(tvt_fixture_end(&f, TVT_CLIENT)));
    size_t before = f.pair.queue[TVT_SERVER].total;
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(f.pair.queue[TVT_SERVER].total, before); /* nothing behind it */
    CU_ASSERT(!tvt_connection_established(tvt_fixture_end(&f, TVT_SERVER)));
    CU_ASSERT(!tvt_connection_can_send(tvt_fixture_end(&f, TVT_CLIENT)));
    tvt_fixture_close(&f);

    start(&f, false);
    inject_hex(&f, TVT_CLIENT, "15030300020100");
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(f.pair.end[TVT_CLIENT].last, TVT_CLOSED);
    CU_ASSERT_EQUAL(tvt_connection_handshake(tvt_fixture_end(&f, TVT_CLIENT)), TVT_CLOSED);
    CU_ASSERT_EQUAL(tvt_connection_input_eof(tvt_fixture_end(&f, TVT_CLIENT)), TVT_CLOSED);
    CU_ASSERT(!tvt_connection_established(tvt_fixture_end(&f, TVT_CLIENT)));
    tvt_fixture_close(&f);
}

/* A server answers a session id with a dummy change_cipher_spec, whatever its own setting (RFC 9846 appendix E.4). */
static void
compatibility(void)
{
    for (int client = 0; client < 2; client++) {
        for (int server = 0; server < 2; server++) {
            struct tvt_fixture f;
            CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
            CU_ASSERT_EQUAL(tvt_config_set_compatibility(f.config[0], client == 1, NULL), TVT_OK);
            CU_ASSERT_EQUAL(tvt_config_set_compatibility(f.config[1], server == 1, NULL), TVT_OK);
            CU_ASSERT(tvt_fixture_handshake(&f));
            CU_ASSERT_EQUAL(tvt_fixture_end(&f, TVT_CLIENT)->ccs, (unsigned)client);
            CU_ASSERT_EQUAL(tvt_fixture_end(&f, TVT_SERVER)->ccs, (unsigned)client);
            tvt_fixture_close(&f);
        }
    }
}

int
tvt_register_badrecords(void)
{
    static const CU_TestInfo tests[] = {
        {"unprotected records", plain},
        {"protected records", inner},
        {"long records", sizes},
        {"floods of messages", floods},
        {"key updates that wait", updates_that_wait},
        {"every bit of a record", every_bit},
        {"records again, swapped, lost", order},
        {"data under the handshake keys", data_before_finished},
        {"0-RTT data that is not taken", early_data},
        {"record_size_limit", record_limits},
        {"a transport that ends", ends},
        {"close", close_in_order},
        {"close in the handshake", close_in_handshake},
        {"change_cipher_spec for middleboxes", compatibility},
    };
    return suite_register("badrecords", tests, sizeof tests / sizeof tests[0]);
}
