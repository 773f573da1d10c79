/* SPDX-License-Identifier: MIT
 *
 * 0-RTT through whole connections: accepted, rejected, passed over, limited on both sides, and peers that break its rules
 * (RFC 9846 2.3, 4.3.10, 4.6).
 */
#include "core/base/wire.h"
#include "tests/support/bend.h"
#include "tests/unit/connection_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <string.h>

int tvt_register_early(void);

#define LIMIT 40000u

static uint8_t data[3 * TVT_LIMIT_EARLY_DATA];

/* Bytes that tell where they stand. */
static void
fill(void)
{
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
}

static struct tvt_connection *
client_of(const struct tvt_again *a)
{
    return tvt_fixture_end(&a->f, TVT_CLIENT);
}

static struct tvt_connection *
server_of(const struct tvt_again *a)
{
    return tvt_fixture_end(&a->f, TVT_SERVER);
}

/* Connections that are ready for 0-RTT: the client's ClientHello is on the wire. A short ServerHello will answer it, in whose
 * bytes some tests count. */
static void
begin(struct tvt_again *a, uint32_t client, uint32_t server)
{
    fill();
    tvt_again_open(a, client, server);
    CU_ASSERT(tvt_config_set_groups(a->f.config[TVT_CLIENT], "x25519", NULL) == TVT_OK);
    tvt_again_first(a);
    tvt_again_connect(a, true);
    (void)tvt_pair_step(&a->f.pair, TVT_CLIENT);
}

static bool
info_is(const struct tvt_again *a, enum tvt_early early, bool resumed, uint64_t client_bytes, uint64_t server_bytes)
{
    bool good = true;
    for (int role = 0; role < 2; role++) {
        struct tvt_info info;
        tvt_connection_info(tvt_fixture_end(&a->f, (enum tvt_role)role), &info);
        good = good && info.early == early && info.resumed == resumed && !info.psk_external &&
               info.early_bytes == (role == TVT_CLIENT ? client_bytes : server_bytes);
    }
    return good;
}

/* ---- not offered ---- */

/* Where a session's certificates are checked again, that is before anything goes out under it. */
static void
trusts_no_more(void)
{
    for (int trusted = 0; trusted < 2; trusted++) {
        struct tvt_again a;
        struct tvt_trust_store *none;
        fill();
        tvt_again_open(&a, LIMIT, LIMIT);
        tvt_again_first(&a);
        CU_ASSERT_EQUAL(tvt_config_set_reverify(a.f.config[TVT_CLIENT], true, NULL), TVT_OK);
        CU_ASSERT_EQUAL_FATAL(tvt_trust_store_new(&none, NULL, NULL), TVT_OK);
        if (!trusted)
            CU_ASSERT_EQUAL(tvt_config_set_trust(a.f.config[TVT_CLIENT], none, NULL), TVT_OK);
        tvt_trust_store_unref(none);
        tvt_again_connect(&a, true);
        (void)tvt_pair_step(&a.f.pair, TVT_CLIENT);
        CU_ASSERT_EQUAL(tvt_connection_early_room(client_of(&a)), trusted ? LIMIT : 0);
        CU_ASSERT_EQUAL(tvt_pair_handshake(&a.f.pair), trusted);
        CU_ASSERT_EQUAL(tvt_connection_error(client_of(&a))->code, trusted ? TVT_E_NONE : TVT_E_CERT_UNKNOWN_ISSUER);
        tvt_again_close(&a);
    }
}

/* ---- accepted ---- */

/* One record at the server: how much of it was early. */
static enum tvt_result
server_input(struct tvt_again *a, size_t *app_len, bool *early)
{
    struct tvt_queue *q = &a->f.pair.queue[TVT_SERVER];
    static uint8_t record[TVT_RECORD_WIRE_MAX];
    size_t used = 0, len = tvt_connection_input_size(q->bytes, q->len);
    struct tvt_span app;
    CU_ASSERT_FATAL(q->len >= len);
    memcpy(record, q->bytes, len);
    enum tvt_result r = tvt_connection_input(server_of(a), record, len, &used, &app);
    if (used > 0) {
        memmove(q->bytes, q->bytes + used, q->len - used);
        q->len -= used;
    }
    *app_len = app.len;
    *early = tvt_connection_input_was_early(server_of(a));
    return r;
}

/* Data before the server has said a word, marked as early; the answer before the client's Finished; then all as ever. */
static void
accepted(void)
{
    struct tvt_again a;
    uint8_t key[2][32];
    size_t len, n;
    bool early;
    begin(&a, LIMIT, LIMIT);
    CU_ASSERT_EQUAL(tvt_connection_early_room(client_of(&a)), LIMIT);
    CU_ASSERT(!tvt_connection_can_send(client_of(&a)));
    CU_ASSERT(tvt_again_send_early(&a, data, 1000, SIZE_MAX));
    CU_ASSERT_EQUAL(tvt_connection_early_room(client_of(&a)), LIMIT - 1000);
    CU_ASSERT_EQUAL(tvt_connection_export_early(client_of(&a), key[0], 32, "EXPORTER-early", NULL, 0), TVT_OK);
    CU_ASSERT_EQUAL(tvt_connection_export(client_of(&a), key[1], 32, "EXPORTER-early", NULL, 0), TVT_FAIL);
    tvt_error_clear(&client_of(&a)->call_error);
    /* ClientHello, the dummy change_cipher_spec, the data */
    CU_ASSERT_EQUAL(server_input(&a, &len, &early), TVT_OK);
    CU_ASSERT(len == 0 && !early);
    n = 0;
    CU_ASSERT(tvt_connection_can_send(server_of(&a)));
    for (len = 0; len == 0 && n < 4; n++) {
        static uint8_t out[TVT_RECORD_WIRE_MAX];
        size_t m = 0;
        CU_ASSERT_EQUAL(tvt_connection_output(server_of(&a), out, sizeof out, &m), TVT_OK);
        tvt_again_inject(&a.f, TVT_CLIENT, out, m);
        CU_ASSERT_EQUAL(server_input(&a, &len, &early), TVT_OK);
    }
    CU_ASSERT(len == 1000 && early && !tvt_connection_established(server_of(&a)));
    CU_ASSERT_EQUAL(tvt_connection_export_early(server_of(&a), key[1], 32, "EXPORTER-early", NULL, 0), TVT_OK);
    CU_ASSERT(memcmp(key[0], key[1], 32) == 0);
    CU_ASSERT(tvt_pair_send(&a.f.pair, TVT_SERVER, "answer", 6)); /* before the client's Finished */
    tvt_pair_settle(&a.f.pair);
    CU_ASSERT(a.f.pair.end[TVT_CLIENT].data_len == 6 && memcmp(a.f.pair.end[TVT_CLIENT].data, "answer", 6) == 0);
    CU_ASSERT(tvt_pair_handshake(&a.f.pair) && tvt_again_talk(&a.f));
    CU_ASSERT(!tvt_connection_input_was_early(server_of(&a)));
    CU_ASSERT(info_is(&a, TVT_EARLY_ACCEPTED, true, 1000, 1000));
    for (int role = 0; role < 2; role++) { /* the early exporter stays, and is another than the later one */
        struct tvt_connection *c = tvt_fixture_end(&a.f, (enum tvt_role)role);
        CU_ASSERT_EQUAL(tvt_connection_export_early(c, key[1], 32, "EXPORTER-early", NULL, 0), TVT_OK);
        CU_ASSERT(memcmp(key[0], key[1], 32) == 0);
        CU_ASSERT_EQUAL(tvt_connection_export(c, key[1], 32, "EXPORTER-early", NULL, 0), TVT_OK);
        CU_ASSERT(memcmp(key[0], key[1], 32) != 0);
    }
    CU_ASSERT(a.num_sessions == 3); /* one for the one that was used */
    tvt_again_close(&a);
}

/* Early data from every point of the server's flight on, in pieces of every size, with outputs that hardly hold a record. */
static void
anywhere(void)
{
    unsigned sent = 0, late = 0;
    static const size_t rooms[] = {64, 100, 700, 20000};
    for (size_t gate = 1; gate < 400; gate += 23) {
        struct tvt_again a;
        size_t room = rooms[gate % 4];
        begin(&a, LIMIT, LIMIT);
        a.f.pair.gate[TVT_CLIENT] = gate;
        a.f.pair.chunk = gate % 3 == 0 ? 7 : 0;
        tvt_pair_settle(&a.f.pair);
        bool open = tvt_connection_early_room(client_of(&a)) > 0;
        CU_ASSERT_EQUAL(tvt_again_send_early(&a, data, 2000, room), open);
        CU_ASSERT_EQUAL(tvt_connection_error(client_of(&a))->code, open ? TVT_E_NONE : TVT_E_WRONG_CALL);
        sent += open;
        late += !open;
        tvt_error_clear(&client_of(&a)->call_error);
        a.f.pair.gate[TVT_CLIENT] = 0;
        CU_ASSERT(tvt_pair_handshake(&a.f.pair));
        CU_ASSERT_EQUAL(a.f.pair.end[TVT_SERVER].data_len, open ? 2000 : 0);
        CU_ASSERT(!open || memcmp(a.f.pair.end[TVT_SERVER].data, data, 2000) == 0);
        CU_ASSERT(info_is(&a, TVT_EARLY_ACCEPTED, true, open ? 2000 : 0, open ? 2000 : 0));
        CU_ASSERT(tvt_again_talk(&a.f));
        tvt_again_close(&a);
    }
    CU_ASSERT(sent > 5 && late > 5);
}

/* Limits on records are agreed on in the handshake that 0-RTT goes ahead of: until it is over they bind nobody. */
static void
long_records(void)
{
    for (int newer = 0; newer < 2; newer++) {
        struct tvt_again a;
        fill();
        tvt_again_open(&a, LIMIT, LIMIT);
        tvt_again_first(&a);
        for (int role = 0; newer && role < 2; role++)
            CU_ASSERT_EQUAL(tvt_config_set_record_size_limit(a.f.config[role], 600, NULL), TVT_OK);
        if (!newer)
            CU_ASSERT_EQUAL(tvt_config_set_max_fragment(a.f.config[TVT_CLIENT], 512, NULL), TVT_OK);
        tvt_again_connect(&a, true);
        (void)tvt_pair_step(&a.f.pair, TVT_CLIENT);
        size_t before = a.f.pair.queue[TVT_SERVER].total;
        CU_ASSERT(tvt_again_send_early(&a, data, 16384, SIZE_MAX));
        CU_ASSERT_EQUAL(a.f.pair.queue[TVT_SERVER].total - before, 5 + 16384 + 1 + 16); /* one record */
        CU_ASSERT(tvt_pair_handshake(&a.f.pair) && info_is(&a, TVT_EARLY_ACCEPTED, true, 16384, 16384));
        CU_ASSERT(a.f.pair.end[TVT_SERVER].data_len == 16384 &&
                  memcmp(a.f.pair.end[TVT_SERVER].data, data, 16384) == 0);
        CU_ASSERT(tvt_again_talk(&a.f));
        tvt_again_close(&a);
    }
}

/* ---- limits ---- */

/* What may be sent is the less of what the two sides want. */
static void
client_limit(void)
{
    static const uint32_t limits[][2] = {{10, LIMIT}, {LIMIT, 10}, {10, 10}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct tvt_again a;
        uint8_t out[200];
        size_t n, used;
        begin(&a, limits[i][0], limits[i][1]);
        CU_ASSERT_EQUAL(tvt_connection_early_room(client_of(&a)), 10);
        CU_ASSERT_EQUAL(tvt_connection_seal_early(client_of(&a), out, sizeof out, &n, data, 11, &used), TVT_OK);
        CU_ASSERT(used == 10 && n > 0);
        tvt_again_inject(&a.f, TVT_SERVER, out, n);
        CU_ASSERT_EQUAL(tvt_connection_early_room(client_of(&a)), 0);
        CU_ASSERT_EQUAL(tvt_connection_seal_early(client_of(&a), out, sizeof out, &n, data, 1, &used), TVT_OK);
        CU_ASSERT(used == 0 && n == 0);
        CU_ASSERT(tvt_pair_handshake(&a.f.pair) && info_is(&a, TVT_EARLY_ACCEPTED, true, 10, 10));
        CU_ASSERT(tvt_again_talk(&a.f));
        tvt_again_close(&a);
    }
}

/* A client that sends a byte more than the ticket allows. */
static void
server_limit(void)
{
    for (size_t more = 0; more < 2; more++) {
        for (size_t room = 100; room < 30000; room *= 16) {
            struct tvt_again a;
            begin(&a, LIMIT, 3000);
            client_of(&a)->hs.early_limit = LIMIT;
            CU_ASSERT(tvt_again_send_early(&a, data, 3000 + more, room));
            CU_ASSERT_EQUAL(tvt_pair_handshake(&a.f.pair), more == 0);
            if (more > 0)
                CU_ASSERT(tvt_again_failed(&a.f, TVT_SERVER, TVT_E_TOO_MUCH_EARLY_DATA));
            tvt_again_close(&a);
        }
    }
}

/* Keys that have protected as many records as they may: no more early data, and the handshake ends well (RFC 9846 5.5). */
static void
worn_keys(void)
{
    struct tvt_again a;
    unsigned records = 0;
    begin(&a, LIMIT, LIMIT);
    client_of(&a)->write.limit = 6;
    while (records < 20 && tvt_connection_early_room(client_of(&a)) > 0 && tvt_again_send_early(&a, data, 1, SIZE_MAX))
        records++;
    CU_ASSERT_EQUAL(records, 4);
    CU_ASSERT(tvt_pair_handshake(&a.f.pair) && info_is(&a, TVT_EARLY_ACCEPTED, true, 4, 4) && tvt_again_talk(&a.f));
    tvt_again_close(&a);
}

/* ---- rejected ---- */

enum { OFF, RETRY, OTHER_SUITE, OTHER_HASH, NO_TICKET, REJECTIONS };

static void
reject(struct tvt_again *a, int how)
{
    struct tvt_config *client = a->f.config[TVT_CLIENT], *server = a->f.config[TVT_SERVER];
    enum tvt_result r = TVT_OK;
    if (how == OFF)
        r = tvt_config_set_early_data(server, 0, NULL);
    if (how == RETRY)
        r = tvt_config_set_groups(server, "P-256", NULL);
    if (how == OTHER_SUITE)
        r = tvt_config_set_suites(server, "TLS_CHACHA20_POLY1305_SHA256", NULL);
    if (how == OTHER_HASH)
        r = tvt_config_set_suites(server, "TLS_AES_256_GCM_SHA384", NULL);
    if (how == NO_TICKET)
        r = tvt_config_set_ticket_keys(server, NULL, NULL);
    CU_ASSERT_EQUAL(r, TVT_OK);
    if (how == RETRY)
        CU_ASSERT_EQUAL(tvt_config_set_num_shares(client, 1, NULL), TVT_OK);
}

/* Whether this backend can do what the cases need: told, not passed over. */
static bool
can_reject(const struct tvt_provider *p)
{
    return tvt_provider_aead(p, TVT_AEAD_AES_128_GCM) != NULL && tvt_provider_aead(p, TVT_AEAD_AES_256_GCM) != NULL &&
           tvt_provider_aead(p, TVT_AEAD_CHACHA20_POLY1305) != NULL;
}

static void
begin_rejected(struct tvt_again *a, int how)
{
    fill();
    tvt_again_open(a, LIMIT, LIMIT);
    const char *groups =
        tvt_provider_kx(tvt_fixture_provider(NULL), TVT_GROUP_SECP256R1) != NULL ? "x25519:P-256" : "x25519";
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_groups(a->f.config[role], groups, NULL), TVT_OK);
    if (can_reject(tvt_config_provider(a->f.config[TVT_SERVER])))
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(tvt_config_set_suites(a->f.config[role],
                                                  "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"
                                                  "TLS_AES_256_GCM_SHA384",
                                                  NULL),
                            TVT_OK);
    tvt_again_first(a);
    reject(a, how);
    tvt_again_connect(a, true);
    (void)tvt_pair_step(&a->f.pair, TVT_CLIENT);
}

static void
rejected(void)
{
    static const size_t lengths[] = {0, 1, 5000, 16000};
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    for (int how = 0; how < REJECTIONS; how++) {
        if ((how == OTHER_SUITE || how == OTHER_HASH) && !can_reject(p))
            continue;
        if (how == RETRY && tvt_provider_kx(p, TVT_GROUP_SECP256R1) == NULL)
            continue;
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            struct tvt_again a;
            uint8_t byte;
            size_t n, used;
            begin_rejected(&a, how);
            CU_ASSERT(tvt_again_send_early(&a, data, lengths[i], i == 2 ? 1000 : SIZE_MAX));
            CU_ASSERT(tvt_pair_handshake(&a.f.pair));
            CU_ASSERT_EQUAL(a.f.pair.end[TVT_SERVER].data_len, 0);
            CU_ASSERT(info_is(&a, TVT_EARLY_REJECTED, how != OTHER_HASH && how != NO_TICKET, lengths[i], 0));
            CU_ASSERT_EQUAL(tvt_connection_early_room(client_of(&a)), 0);
            CU_ASSERT_EQUAL(tvt_connection_seal_early(client_of(&a), &byte, 1, &n, data, 1, &used), TVT_FAIL);
            CU_ASSERT_EQUAL(tvt_connection_export_early(client_of(&a), &byte, 1, "x", NULL, 0), TVT_FAIL);
            CU_ASSERT_EQUAL(tvt_connection_export_early(server_of(&a), &byte, 1, "x", NULL, 0), TVT_FAIL);
            CU_ASSERT_EQUAL(tvt_connection_error(client_of(&a))->code, TVT_E_WRONG_CALL);
            CU_ASSERT(tvt_again_talk(&a.f));
            tvt_again_close(&a);
        }
    }
}

/* What is passed over has an end: what was announced, in honest records of any size; and little where nothing was. */
static void
rejected_limit(void)
{
    for (int announced = 0; announced < 2; announced++) {
        for (int much = 0; much < 2; much++) {
            struct tvt_again a;
            size_t len = announced ? (much ? LIMIT + 1 : LIMIT) : (much ? TVT_LIMIT_EARLY_DATA : 16000);
            begin_rejected(&a, announced ? OTHER_HASH : OFF);
            client_of(&a)->hs.early_limit = sizeof data;
            CU_ASSERT(tvt_again_send_early(&a, data, len, announced ? 100 : SIZE_MAX));
            CU_ASSERT_EQUAL(tvt_pair_handshake(&a.f.pair), !much);
            if (much)
                CU_ASSERT(tvt_again_failed(&a.f, TVT_SERVER, TVT_E_TOO_MUCH_EARLY_DATA));
            tvt_again_close(&a);
        }
    }
}

/* A client that ends a handshake in which its 0-RTT was not taken says so under keys that the server has. */
static void
alert_behind_rejected(void)
{
    for (int cancel = 0; cancel < 2; cancel++) {
        static struct tvt_bend bend;
        struct tvt_again a;
        memset(&bend, 0, offsetof(struct tvt_bend, out));
        bend.kind = TVT_MSG_ENCRYPTED_EXTENSIONS;
        bend.op = TVT_BEND_ADD;
        bend.at = 9999;
        bend.hex = "";
        fill();
        tvt_again_open(&a, LIMIT, LIMIT);
        CU_ASSERT(tvt_config_set_groups(a.f.config[TVT_CLIENT], "x25519", NULL) == TVT_OK);
        tvt_again_first(&a);
        reject(&a, NO_TICKET);
        if (!cancel)
            a.f.config[TVT_SERVER]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
        tvt_again_connect(&a, true);
        (void)tvt_pair_step(&a.f.pair, TVT_CLIENT);
        CU_ASSERT(tvt_again_send_early(&a, data, 100, SIZE_MAX));
        if (cancel) {
            a.f.pair.gate[TVT_CLIENT] = 140; /* the ServerHello, and no more */
            tvt_pair_settle(&a.f.pair);
            CU_ASSERT_STRING_EQUAL(tvt_connection_state(client_of(&a)), "client13.WAIT_EE_EARLY");
            CU_ASSERT_EQUAL(tvt_connection_cancel(client_of(&a)), TVT_OK);
            tvt_pair_settle(&a.f.pair);
            CU_ASSERT(tvt_connection_received_close(server_of(&a)));
        } else {
            CU_ASSERT(!tvt_pair_handshake(&a.f.pair));
            CU_ASSERT(tvt_again_failed(&a.f, TVT_CLIENT, TVT_E_UNSUPPORTED_EXTENSION));
        }
        tvt_again_close(&a);
    }
}

/* ---- breaking the rules ---- */

/* Early data that were changed on the way: fatal when they were accepted (RFC 9846 4.3.10), else as good as any. */
static void
changed(void)
{
    for (int accept = 0; accept < 2; accept++) {
        struct tvt_again a;
        if (accept)
            begin(&a, LIMIT, LIMIT);
        else
            begin_rejected(&a, OFF);
        CU_ASSERT(tvt_again_send_early(&a, data, 100, SIZE_MAX));
        struct tvt_queue *q = &a.f.pair.queue[TVT_SERVER];
        q->bytes[q->len - 1] ^= 1;
        CU_ASSERT_EQUAL(tvt_pair_handshake(&a.f.pair), !accept);
        if (accept)
            CU_ASSERT(tvt_again_failed(&a.f, TVT_SERVER, TVT_E_BAD_RECORD_MAC));
        tvt_again_close(&a);
    }
}

/* Junk once the client's second flight has begun is no early data any more. */
static void
after_the_flight(void)
{
    static const uint8_t junk[] = {23, 3, 3, 0, 4, 1, 2, 3, 4};
    struct tvt_again a;
    begin_rejected(&a, OFF);
    tvt_again_inject(&a.f, TVT_SERVER, junk, sizeof junk);
    CU_ASSERT(tvt_pair_handshake(&a.f.pair));
    tvt_again_inject(&a.f, TVT_SERVER, junk, sizeof junk);
    tvt_pair_settle(&a.f.pair);
    CU_ASSERT(tvt_again_failed(&a.f, TVT_SERVER, TVT_E_BAD_RECORD_MAC));
    tvt_again_close(&a);
}

/* A record of the client's early keys with content of any type. */
static void
inject_early(struct tvt_again *a, uint8_t type, const uint8_t *bytes, size_t len)
{
    static uint8_t wire[TVT_RECORD_WIRE_MAX];
    size_t n = 0;
    struct tvt_output o = {wire, sizeof wire, &n};
    CU_ASSERT_EQUAL(tvt_connection_drain(client_of(a), &o), TVT_OK);
    CU_ASSERT_EQUAL(tvt_connection_seal_record(client_of(a), &o, type, tvt_span(bytes, len)), TVT_OK);
    tvt_again_inject(&a->f, TVT_SERVER, wire, n);
}

static void
strange_records(void)
{
    static const struct {
        uint8_t type;
        const char *bytes;
        size_t len;
        enum tvt_error_code code;
    } cases[] = {{TVT_CONTENT_HANDSHAKE, "\x18\0\0\1\0", 5, TVT_E_UNEXPECTED_MESSAGE},        /* KeyUpdate       */
                 {TVT_CONTENT_HANDSHAKE, "\x14\0\0\1\0", 5, TVT_E_UNEXPECTED_MESSAGE},        /* Finished        */
                 {TVT_CONTENT_HANDSHAKE, "\5\0\0\1\0", 5, TVT_E_TRAILING_BYTES},              /* EndOfEarlyData, */
                 {TVT_CONTENT_HANDSHAKE, "\5\0\0\0\5\0\0\0", 8, TVT_E_KEY_CHANGE_MID_RECORD}, /* with a tail     */
                 {TVT_CONTENT_ALERT, "\2", 1, TVT_E_BAD_ALERT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tvt_again a;
        begin(&a, LIMIT, LIMIT);
        CU_ASSERT(tvt_again_send_early(&a, data, 10, SIZE_MAX));
        inject_early(&a, cases[i].type, (const uint8_t *)cases[i].bytes, cases[i].len);
        CU_ASSERT(!tvt_pair_handshake(&a.f.pair));
        CU_ASSERT_EQUAL(tvt_connection_error(server_of(&a))->code, cases[i].code);
        tvt_again_close(&a);
    }
}

/* The client ends in the middle of its early data. */
static void
closed_early(void)
{
    for (int cancel = 0; cancel < 2; cancel++) {
        struct tvt_again a;
        uint8_t out[200];
        size_t n, used;
        begin(&a, LIMIT, LIMIT);
        CU_ASSERT(tvt_again_send_early(&a, data, 10, SIZE_MAX));
        CU_ASSERT_EQUAL(cancel ? tvt_connection_cancel(client_of(&a)) : tvt_connection_close(client_of(&a)), TVT_OK);
        CU_ASSERT_EQUAL(tvt_connection_seal_early(client_of(&a), out, sizeof out, &n, data, 1, &used), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_early_room(client_of(&a)), 0);
        tvt_pair_settle(&a.f.pair);
        CU_ASSERT_EQUAL(a.f.pair.end[TVT_SERVER].data_len, 10);
        CU_ASSERT(tvt_connection_received_close(server_of(&a)));
        CU_ASSERT(!tvt_connection_established(server_of(&a)));
        tvt_again_close(&a);
    }
}

/* Many empty records are as little use as ever. */
static void
empty_records(void)
{
    struct tvt_again a;
    begin(&a, LIMIT, LIMIT);
    for (unsigned i = 0; i <= TVT_LIMIT_EMPTY_RECORDS; i++)
        inject_early(&a, TVT_CONTENT_APPLICATION, data, 0);
    CU_ASSERT(!tvt_pair_handshake(&a.f.pair));
    CU_ASSERT_EQUAL(tvt_connection_error(server_of(&a))->code, TVT_E_TOO_MANY_EMPTY_RECORDS);
    tvt_again_close(&a);
}

/* ---- calls ---- */

static void
wrong_calls(void)
{
    struct tvt_again a;
    uint8_t out[100];
    size_t n, used;
    tvt_again_open(&a, LIMIT, LIMIT);
    tvt_again_first(&a);
    CU_ASSERT_FATAL(tvt_fixture_connect(&a.f));
    for (int role = 0; role < 2; role++) {
        struct tvt_connection *c = tvt_fixture_end(&a.f, (enum tvt_role)role);
        CU_ASSERT_EQUAL(tvt_connection_offer_early(c), TVT_FAIL); /* without a session */
        CU_ASSERT_EQUAL(tvt_connection_seal_early(c, out, sizeof out, &n, data, 1, &used), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_export_early(c, out, 1, "x", NULL, 0), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_early_room(c), 0);
        CU_ASSERT(!tvt_connection_input_was_early(c));
        CU_ASSERT_EQUAL(tvt_connection_error(c)->code, TVT_E_WRONG_CALL);
    }
    CU_ASSERT_EQUAL(tvt_connection_add_session(server_of(&a), a.session[0]), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_connection_add_session(client_of(&a), NULL), TVT_FAIL);
    for (size_t i = 0; i < TVT_LIMIT_PSKS; i++)
        CU_ASSERT_EQUAL(tvt_connection_add_session(client_of(&a), a.session[i % 2]), TVT_OK);
    CU_ASSERT_EQUAL(tvt_connection_add_session(client_of(&a), a.session[0]), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_connection_handshake(client_of(&a)), TVT_WANT_WRITE);
    CU_ASSERT_EQUAL(tvt_connection_add_session(client_of(&a), a.session[0]), TVT_FAIL); /* too late */
    CU_ASSERT_EQUAL(tvt_connection_offer_early(client_of(&a)), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_connection_seal_early(client_of(&a), out, sizeof out, &n, data, 1, &used), TVT_FAIL);
    tvt_pair_settle(&a.f.pair);
    for (int role = 0; role < 2; role++)
        tvt_error_clear(&tvt_fixture_end(&a.f, (enum tvt_role)role)->call_error);
    CU_ASSERT(tvt_pair_handshake(&a.f.pair) && info_is(&a, TVT_EARLY_NONE, true, 0, 0));
    tvt_again_close(&a);
}

int
tvt_register_early(void)
{
    static const CU_TestInfo tests[] = {{"trusts no more", trusts_no_more},
                                        {"accepted", accepted},
                                        {"from any point on", anywhere},
                                        {"long records", long_records},
                                        {"limit of the client", client_limit},
                                        {"limit of the server", server_limit},
                                        {"keys that are worn", worn_keys},
                                        {"rejected", rejected},
                                        {"limit of what is passed over", rejected_limit},
                                        {"an alert behind rejected data", alert_behind_rejected},
                                        {"changed on the way", changed},
                                        {"junk behind the second flight", after_the_flight},
                                        {"strange records", strange_records},
                                        {"closed", closed_early},
                                        {"empty records", empty_records},
                                        {"calls in the wrong order", wrong_calls}};
    return suite_register("early", tests, sizeof tests / sizeof tests[0]);
}
