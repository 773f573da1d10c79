/* SPDX-License-Identifier: MIT
 *
 * Peers, programs and clocks that abuse sessions, pre-shared keys and 0-RTT: a proof that is carried over into a handshake
 * that proves nothing, replays around a restart, stores that answer nonsense, sessions that no handshake made.
 */
#include "core/base/memory.h"
#include "core/session/session.h"
#include "tests/support/bend.h"
#include "tests/unit/resume_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <string.h>

#define WINDOW_MS 10000u

int tvt_register_hostile_resume(void);

static bool
open_any(struct resume *b)
{
    return resume_open(b, "openssl") || resume_open(b, "wolfcrypt") || resume_open(b, "libsodium");
}

/* ---- what a PSK proved is not what its connection proves ---- */

/* The client has a certificate, and the server demands it: a session that says so. */
static bool
open_verified(struct resume *b)
{
    struct tvt_fixture_options options = {.client_key = "client-ed25519", .client_root = "ed25519"};
    struct tvt_fixture with;
    if (!open_any(b))
        return false;
    options.client = options.server = b->names;
    CU_ASSERT_FATAL(tvt_fixture_open(&with, &options));
    struct tvt_config *client = b->f.config[TVT_CLIENT], *server = b->f.config[TVT_SERVER];
    CU_ASSERT_EQUAL(tvt_config_add_credential(client, with.config[TVT_CLIENT]->credentials[0], NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_trust(server, with.config[TVT_SERVER]->trust, NULL), TVT_OK);
    tvt_fixture_close(&with);
    CU_ASSERT_EQUAL(tvt_config_set_verify(server, TVT_VERIFY_REQUIRE, NULL), TVT_OK);
    CU_ASSERT(tvt_fixture_handshake(&b->f) && resume_exchange(b));
    CU_ASSERT(resume_info(b, TVT_SERVER).peer_verified);
    resume_thaw(b);
    return true;
}

/* The first ClientHello may be a recorded one, sent by anybody: its binder is good. The second one leaves the key out, and
 * its handshake proves nothing about the client; neither does the ticket that it earns. */
static void
proof_of_the_first_hello(void)
{
    struct tvt_bend bend = {.kind = TVT_MSG_CLIENT_HELLO, .nth = 1, .op = TVT_BEND_DROP, .at = 41};
    struct resume b;
    CU_ASSERT_FATAL(open_verified(&b));
    CU_ASSERT_EQUAL(tvt_config_set_verify(b.f.config[TVT_SERVER], TVT_VERIFY_PEER, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_num_shares(b.f.config[TVT_CLIENT], 0, NULL), TVT_OK);
    b.f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
    size_t before = b.kept.num;
    resume_next(&b, 0, false);
    CU_ASSERT(tvt_pair_handshake(&b.f.pair) && resume_exchange(&b));
    CU_ASSERT(bend.done);
    CU_ASSERT_FALSE(resume_info(&b, TVT_SERVER).resumed);
    CU_ASSERT_FALSE(resume_info(&b, TVT_SERVER).peer_verified);
    CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).num_peer_certificates, 0);
    /* its ticket, where certificates are demanded */
    CU_ASSERT_FATAL(b.kept.num > before);
    resume_thaw(&b);
    b.f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){NULL, NULL};
    CU_ASSERT_EQUAL(tvt_config_set_verify(b.f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
    resume_next(&b, before, false);
    CU_ASSERT(tvt_pair_handshake(&b.f.pair) && resume_exchange(&b));
    CU_ASSERT_FALSE(resume_info(&b, TVT_SERVER).resumed);
    resume_close(&b);
}

/* The same without an attacker: the session grows too old between the two hellos. */
static void
too_old_for_the_second_hello(void)
{
    struct resume b;
    CU_ASSERT_FATAL(open_verified(&b));
    CU_ASSERT_EQUAL(tvt_config_set_verify(b.f.config[TVT_SERVER], TVT_VERIFY_PEER, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_num_shares(b.f.config[TVT_CLIENT], 0, NULL), TVT_OK);
    resume_next(&b, 0, false);
    (void)tvt_pair_step(&b.f.pair, TVT_CLIENT);
    (void)tvt_pair_step(&b.f.pair, TVT_SERVER);
    resume_client_ahead_ms = UINT64_C(7201) * 1000;
    CU_ASSERT(tvt_pair_handshake(&b.f.pair) && resume_exchange(&b));
    CU_ASSERT_FALSE(resume_info(&b, TVT_SERVER).resumed);
    CU_ASSERT_FALSE(resume_info(&b, TVT_SERVER).peer_verified);
    CU_ASSERT(resume_info(&b, TVT_CLIENT).peer_verified);
    resume_close(&b);
}

/* ---- replays ---- */

static void
allow_early(struct resume *b, const struct tvt_replay *replay)
{
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_early_data(b->f.config[role], 100, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_replay(b->f.config[TVT_SERVER], replay, WINDOW_MS, NULL), TVT_OK);
}

/* What the server says of a ClientHello that is sent to it, at a time, with that memory. */
static enum tvt_early
early_of(struct resume *b, const uint8_t *hello, size_t len, const struct tvt_replay *replay)
{
    static uint8_t wire[TVT_RECORD_WIRE_MAX];
    struct tvt_config *config = NULL;
    struct tvt_connection *c = NULL;
    struct tvt_span app;
    struct tvt_info info;
    size_t used;
    CU_ASSERT_FATAL(len <= sizeof wire);
    CU_ASSERT_EQUAL_FATAL(tvt_config_copy(&config, b->f.config[TVT_SERVER], NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_replay(config, replay, WINDOW_MS, NULL), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_connection_new(&c, config, TVT_SERVER, NULL), TVT_OK);
    memcpy(wire, hello, len);
    CU_ASSERT_EQUAL(tvt_connection_input(c, wire, len, &used, &app), TVT_OK);
    tvt_connection_info(c, &info);
    CU_ASSERT(info.resumed);
    tvt_connection_free(c);
    tvt_config_free(config);
    return info.early;
}

/* The ClientHello of the connection at hand, before anybody else sees it. */
static size_t
take_hello(struct resume *b, uint8_t *out, size_t cap)
{
    size_t len = 0;
    struct tvt_connection *c = tvt_fixture_end(&b->f, TVT_CLIENT);
    CU_ASSERT_EQUAL(tvt_connection_handshake(c), TVT_WANT_WRITE);
    CU_ASSERT_EQUAL_FATAL(tvt_connection_output(c, out, cap, &len), TVT_OK);
    return len;
}

static struct tvt_replay_memory *
born_at(uint64_t now_ms)
{
    struct tvt_replay_memory *memory = NULL;
    CU_ASSERT_EQUAL_FATAL(tvt_replay_memory_new(&memory, 100, now_ms, WINDOW_MS, NULL, NULL), TVT_OK);
    return memory;
}

/* A ClientHello is fresh from one window before its time to one window after it. Whoever saw it at the first moment, and
 * was started anew, must not take it at the last. */
static void
replay_over_a_restart(void)
{
    static const int ahead_ms[] = {-9000, 0, 9000, 9999};
    uint8_t hello[2048];
    for (size_t i = 0; i < sizeof ahead_ms / sizeof ahead_ms[0]; i++) {
        struct resume b;
        CU_ASSERT_FATAL(open_any(&b));
        struct tvt_replay_memory *first = born_at(resume_now_ms - 100 * WINDOW_MS);
        allow_early(&b, tvt_replay_memory_port(first));
        CU_ASSERT(resume_first(&b));
        resume_now_ms += 60000;
        resume_next(&b, 0, true);
        resume_client_ahead_ms = (uint64_t)(int64_t)ahead_ms[i];
        size_t len = take_hello(&b, hello, sizeof hello);
        CU_ASSERT_EQUAL(early_of(&b, hello, len, tvt_replay_memory_port(first)), TVT_EARLY_ACCEPTED);
        CU_ASSERT_EQUAL(early_of(&b, hello, len, tvt_replay_memory_port(first)), TVT_EARLY_REJECTED);
        struct tvt_replay_memory *second = born_at(resume_now_ms + 1);
        unsigned taken = 0, refused = 0;
        for (uint64_t step = 0; step < 5 * WINDOW_MS; step += 499) {
            resume_now_ms += 499;
            taken += early_of(&b, hello, len, tvt_replay_memory_port(second)) == TVT_EARLY_ACCEPTED;
            refused += early_of(&b, hello, len, tvt_replay_memory_port(first)) == TVT_EARLY_REJECTED;
        }
        CU_ASSERT_EQUAL(taken, 0);
        CU_ASSERT_EQUAL(refused, 101);
        tvt_replay_memory_free(second);
        resume_close(&b);
        tvt_replay_memory_free(first);
    }
}

/* A clock that is set back a little between the ticket and its use: the ticket is of no age, not of fifty days. */
static void
ticket_from_the_future(void)
{
    struct tvt_replay_memory *memory = born_at(TVT_FIXTURE_TIME_MS - 100 * WINDOW_MS);
    uint8_t hello[2048];
    struct resume b;
    CU_ASSERT_FATAL(open_any(&b));
    allow_early(&b, tvt_replay_memory_port(memory));
    resume_client_ahead_ms = 5000;
    CU_ASSERT(resume_first(&b));
    resume_client_ahead_ms = 0;
    resume_next(&b, 0, true);
    size_t len = take_hello(&b, hello, sizeof hello);
    CU_ASSERT_EQUAL(early_of(&b, hello, len, tvt_replay_memory_port(memory)), TVT_EARLY_ACCEPTED);
    resume_close(&b);
    tvt_replay_memory_free(memory);
}

/* A server that takes less than it once announced takes none of what it announced. */
static void
less_than_announced(void)
{
    struct resume b;
    uint8_t hello[2048];
    CU_ASSERT_FATAL(open_any(&b));
    b.answers[0] = TVT_OK;
    allow_early(&b, &b.replay);
    CU_ASSERT(resume_first(&b));
    for (uint32_t max = 99; max <= 101; max++) {
        CU_ASSERT_EQUAL(tvt_config_set_early_data(b.f.config[TVT_SERVER], max, NULL), TVT_OK);
        resume_next(&b, 0, true);
        size_t len = take_hello(&b, hello, sizeof hello);
        CU_ASSERT_EQUAL(early_of(&b, hello, len, &b.replay), max < 100 ? TVT_EARLY_REJECTED : TVT_EARLY_ACCEPTED);
        resume_thaw(&b);
    }
    resume_close(&b);
}

/* RFC 9846 4.2.2: early_data is not in a second ClientHello, whichever connection of the server gets it. */
static void
early_data_behind_a_cookie(void)
{
    for (int stateless = 0; stateless < 2; stateless++) {
        struct tvt_bend bend = {.kind = TVT_MSG_CLIENT_HELLO, .nth = 1, .op = TVT_BEND_FRONT, .at = 42, .hex = ""};
        struct resume b;
        CU_ASSERT_FATAL(open_any(&b));
        CU_ASSERT_EQUAL(tvt_config_set_cookie(b.f.config[TVT_SERVER], b.keys, true, NULL), TVT_OK);
        b.f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
        CU_ASSERT_FATAL(tvt_fixture_connect(&b.f));
        for (int turn = 0; turn < 2; turn++) {
            (void)tvt_pair_step(&b.f.pair, TVT_CLIENT);
            (void)tvt_pair_step(&b.f.pair, TVT_SERVER);
        }
        if (stateless) {
            tvt_connection_free(b.f.pair.end[TVT_SERVER].connection);
            CU_ASSERT_EQUAL_FATAL(
                tvt_connection_new(&b.f.pair.end[TVT_SERVER].connection, b.f.config[TVT_SERVER], TVT_SERVER, NULL),
                TVT_OK);
        }
        CU_ASSERT_FALSE(tvt_pair_handshake(&b.f.pair));
        CU_ASSERT(bend.done);
        const struct tvt_error *error = tvt_connection_error(tvt_fixture_end(&b.f, TVT_SERVER));
        CU_ASSERT_EQUAL(error->code, TVT_E_CHANGED_HELLO);
        CU_ASSERT_STRING_EQUAL(error->field, "early_data");
        resume_close(&b);
    }
}

/* A cookie goes on with what its server said, for a minute, under its keys; anything else begins anew, and a client does
 * not take two HelloRetryRequests (RFC 9846 4.2.4). */
static void
cookies_out_of_place(void)
{
    enum { GOOD, LATE, EARLY, OTHER_KEYS, FORGED, NUM_CASES };
    for (unsigned what = 0; what < NUM_CASES; what++) {
        struct tvt_bend bend = {
            .kind = TVT_MSG_CLIENT_HELLO, .nth = 1, .op = TVT_BEND_PUT, .at = 44, .hex = "0003 010203"};
        struct tvt_ticket_keys *others;
        struct resume b;
        CU_ASSERT_FATAL(open_any(&b));
        CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_new(&others, tvt_config_provider(b.f.config[TVT_SERVER]), 0, NULL, NULL),
                              TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_cookie(b.f.config[TVT_SERVER], b.keys, true, NULL), TVT_OK);
        if (what == FORGED)
            b.f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
        CU_ASSERT_FATAL(tvt_fixture_connect(&b.f));
        for (int turn = 0; turn < 2; turn++) {
            (void)tvt_pair_step(&b.f.pair, TVT_CLIENT);
            (void)tvt_pair_step(&b.f.pair, TVT_SERVER);
        }
        struct tvt_config *second = NULL;
        CU_ASSERT_EQUAL_FATAL(tvt_config_copy(&second, b.f.config[TVT_SERVER], NULL), TVT_OK);
        if (what == OTHER_KEYS)
            CU_ASSERT_EQUAL(tvt_config_set_cookie(second, others, true, NULL), TVT_OK);
        resume_now_ms += what == LATE ? 60001 : 0;
        resume_now_ms -= what == EARLY ? 60001 : 0;
        tvt_connection_free(b.f.pair.end[TVT_SERVER].connection);
        CU_ASSERT_EQUAL_FATAL(tvt_connection_new(&b.f.pair.end[TVT_SERVER].connection, second, TVT_SERVER, NULL),
                              TVT_OK);
        CU_ASSERT_EQUAL(tvt_pair_handshake(&b.f.pair), what == GOOD);
        if (what != GOOD) {
            const struct tvt_error *error = tvt_connection_error(tvt_fixture_end(&b.f, TVT_CLIENT));
            CU_ASSERT_EQUAL(error->code, TVT_E_SECOND_RETRY);
        }
        tvt_config_free(second);
        tvt_ticket_keys_unref(others);
        resume_close(&b);
    }
}

/* ---- stores that answer nonsense ---- */

enum nonsense { NOTHING, NO_SECRET, NO_TICKET, BAD_RESULT, NUM_NONSENSE };

static struct tvt_session *
senseless(enum nonsense kind)
{
    struct tvt_session fields = {.kind = TVT_SESSION_RESUMPTION, .version = 0x0304, .hash = TVT_HASH_SHA256};
    struct tvt_session *made = NULL;
    if (kind == NOTHING)
        return NULL;
    if (kind == NO_TICKET) {
        fields.kind = TVT_SESSION_EXTERNAL;
        fields.secret_len = 32;
    }
    fields.suite = 0x1301;
    fields.identity = fields.alpn = fields.peer_chain = fields.ocsp_response = fields.sct_list =
        (struct tvt_span){(const uint8_t *)"", 0};
    fields.lifetime_s = 7200;
    fields.issued_ms = resume_now_ms;
    memcpy(fields.server_name, "localhost", 10);
    CU_ASSERT_EQUAL_FATAL(tvt_session_make(&made, &fields, NULL), TVT_OK);
    return made;
}

static enum tvt_result
take_nonsense(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    enum nonsense kind = *(enum nonsense *)user;
    (void)id;
    if (kind == BAD_RESULT)
        return (enum tvt_result)77;
    *out = senseless(kind);
    return TVT_OK;
}

static enum tvt_result
put_nothing(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires_ms)
{
    (void)user;
    return id != NULL && session != NULL && expires_ms > 0 ? TVT_OK : TVT_FAIL;
}

/* A store that says "here it is" and gives nothing, a session without a secret, or what is no ticket: as if it had found
 * none, though the client has the same. */
static void
stores_of_nonsense(void)
{
    for (unsigned kind = 0; kind < NUM_NONSENSE; kind++) {
        enum nonsense answer = (enum nonsense)kind;
        struct tvt_session_cache cache = {&answer, put_nothing, take_nonsense, NULL};
        struct resume b;
        CU_ASSERT_FATAL(open_any(&b));
        CU_ASSERT_EQUAL(tvt_config_set_session_cache(b.f.config[TVT_SERVER], &cache, NULL), TVT_OK);
        CU_ASSERT(resume_first(&b));
        if (answer == NO_TICKET) {
            memset(b.kept.session[0]->secret, 0, 32);
            b.kept.session[0]->secret_len = 32;
        }
        resume_next(&b, 0, false);
        resume_expect(&b, false);
        resume_close(&b);
    }
}

/* ---- sessions that no handshake made ---- */

static void
mend_sum(uint8_t *bytes, size_t len)
{
    uint64_t values = 1, places = 0;
    for (size_t i = 0; i < len - 8; i++) {
        values += bytes[i];
        places += values;
    }
    places = places << 24 | values;
    for (size_t i = 0; i < 8; i++)
        bytes[len - 1 - i] = (uint8_t)(places >> 8 * i);
}

/* A secret is as long as its hash (RFC 9846 4.7.1), and a key from outside as long as one must be (RFC 9257 6). */
static void
secret_of_another_length(void)
{
    static const struct {
        uint8_t kind, hash, len;
        bool good;
    } rows[] = {
        {TVT_SESSION_RESUMPTION, TVT_HASH_SHA256, 32, true},  {TVT_SESSION_RESUMPTION, TVT_HASH_SHA256, 31, false},
        {TVT_SESSION_RESUMPTION, TVT_HASH_SHA256, 1, false},  {TVT_SESSION_RESUMPTION, TVT_HASH_SHA384, 48, true},
        {TVT_SESSION_RESUMPTION, TVT_HASH_SHA384, 32, false}, {TVT_SESSION_RESUMPTION, TVT_HASH_SHA256, 48, false},
        {TVT_SESSION_EXTERNAL, TVT_HASH_SHA256, 16, true},    {TVT_SESSION_EXTERNAL, TVT_HASH_SHA256, 15, false},
        {TVT_SESSION_EXTERNAL, TVT_HASH_SHA384, 128, true},   {TVT_SESSION_IMPORTED, TVT_HASH_SHA256, 32, true},
        {TVT_SESSION_IMPORTED, TVT_HASH_SHA256, 16, false},   {TVT_SESSION_IMPORTED, TVT_HASH_SHA384, 48, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_session fields = {.kind = rows[i].kind, .hash = rows[i].hash, .version = 0x0304}, *made,
                           *read = NULL;
        uint8_t bytes[512];
        size_t len;
        struct tvt_error error;
        tvt_error_clear(&error);
        fields.suite = rows[i].hash == TVT_HASH_SHA256 ? 0x1301 : 0x1302;
        fields.secret_len = rows[i].len;
        fields.identity = (struct tvt_span){(const uint8_t *)"who", 3};
        CU_ASSERT_EQUAL_FATAL(tvt_session_make(&made, &fields, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_session_encode(made, bytes, sizeof bytes, &len, NULL), TVT_OK);
        mend_sum(bytes, len);
        CU_ASSERT_EQUAL(tvt_session_decode(&read, (struct tvt_span){bytes, len}, &error) == TVT_OK, rows[i].good);
        if (!rows[i].good)
            CU_ASSERT_STRING_EQUAL(error.field, "secret");
        tvt_session_unref(made);
        tvt_session_unref(read);
    }
}

/* ---- a callback that drives ---- */

static void
drive_again(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    uint8_t wire[TVT_RECORD_WIRE_MAX] = {0};
    struct tvt_span app;
    size_t used = 1;
    unsigned *times = user;
    CU_ASSERT_PTR_NOT_NULL(session);
    if (++*times > 8)
        return;
    CU_ASSERT_EQUAL(tvt_connection_handshake(connection), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_connection_input(connection, wire, sizeof wire, &used, &app), TVT_FAIL);
    CU_ASSERT_EQUAL(used, 0);
}

static void
callback_that_drives(void)
{
    struct resume b;
    unsigned times = 0;
    CU_ASSERT_FATAL(open_any(&b));
    CU_ASSERT_EQUAL(tvt_config_set_new_session(b.f.config[TVT_CLIENT], drive_again, &times, NULL), TVT_OK);
    CU_ASSERT(tvt_fixture_handshake(&b.f) && resume_exchange(&b) && resume_exchange(&b));
    CU_ASSERT_EQUAL(times, 2);
    resume_close(&b);
}

int
tvt_register_hostile_resume(void)
{
    static const CU_TestInfo tests[] = {
        {"proof of the first ClientHello", proof_of_the_first_hello},
        {"too old for the second ClientHello", too_old_for_the_second_hello},
        {"replay over a restart", replay_over_a_restart},
        {"ticket from the future", ticket_from_the_future},
        {"less than announced", less_than_announced},
        {"early_data behind a cookie", early_data_behind_a_cookie},
        {"cookies out of place", cookies_out_of_place},
        {"stores of nonsense", stores_of_nonsense},
        {"secrets of another length", secret_of_another_length},
        {"callback that drives", callback_that_drives},
    };
    return suite_register("hostile_resume", tests, sizeof tests / sizeof tests[0]);
}
