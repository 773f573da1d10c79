/* SPDX-License-Identifier: MIT
 *
 * 0-RTT through SSL_write_early_data() and SSL_read_early_data(): taken, refused for each reason there is, replayed, cut
 * into pieces, called at the wrong time; on every backend.
 */
#include "core/session/session.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_ssl_early(void);

#define MAX_EARLY 16000u

/* Switches 0-RTT on at the server and fetches a session that allows it; then new SSLs, the client with the session. */
static bool
prepare(struct duo *d)
{
    int r[2];
    if (SSL_CTX_set_max_early_data(d->ctx[1], MAX_EARLY) != 1 || !duo_again(d) || !duo_handshake(d, r) ||
        !duo_first_word(d))
        return false;
    SSL_SESSION *session = SSL_get1_session(d->ssl[0]);
    CU_ASSERT_EQUAL(SSL_SESSION_get_max_early_data(session), MAX_EARLY);
    bool good = duo_again(d) && SSL_set_session(d->ssl[0], session) == 1;
    SSL_SESSION_free(session);
    return good;
}

static bool
write_early(struct duo *d, const char *text)
{
    size_t put = 0;
    return SSL_write_early_data(d->ssl[0], text, strlen(text), &put) == 1 && put == strlen(text);
}

static int
status(const struct duo *d, int role)
{
    return SSL_get_early_data_status(d->ssl[role]);
}

/* The server sees no early data, and the connection is as good as any. */
static void
expect_refusal(struct duo *d, bool reads)
{
    char text[64];
    size_t got = 9;
    int r[2];
    if (reads) {
        CU_ASSERT_EQUAL(SSL_read_early_data(d->ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_FINISH);
        CU_ASSERT_EQUAL(got, 0);
    }
    CU_ASSERT_TRUE(duo_handshake(d, r));
    CU_ASSERT_EQUAL(status(d, 0), SSL_EARLY_DATA_REJECTED);
    CU_ASSERT_EQUAL(status(d, 1), SSL_EARLY_DATA_REJECTED);
    CU_ASSERT_TRUE(duo_move(d, TVT_CLIENT, "again", 5));
    CU_ASSERT_TRUE(duo_move(d, TVT_SERVER, "answer", 6));
}

/* ---- taken ---- */

static void
take(struct duo *d)
{
    char text[64];
    uint8_t ours[32], theirs[32];
    size_t got;
    int r[2];
    CU_ASSERT_TRUE_FATAL(prepare(d));
    CU_ASSERT_TRUE(write_early(d, "GET / early"));
    CU_ASSERT_EQUAL(d->tap[0].writes, 1); /* together with the ClientHello */
    CU_ASSERT_TRUE(write_early(d, " and more"));
    CU_ASSERT_EQUAL(SSL_in_init(d->ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d->ssl[1], text, 5, &got), SSL_READ_EARLY_DATA_SUCCESS);
    CU_ASSERT_TRUE(got == 5 && memcmp(text, "GET /", 5) == 0);
    /* what is early is read as such, or not at all */
    CU_ASSERT_EQUAL(SSL_accept(d->ssl[1]), -1);
    CU_ASSERT_EQUAL(code_of(d->ssl[1]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_read(d->ssl[1], text, sizeof text), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d->ssl[1], -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(SSL_read_early_data(d->ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_SUCCESS);
    CU_ASSERT_TRUE(got == 6 && memcmp(text, " early", 6) == 0);
    CU_ASSERT_EQUAL(SSL_export_keying_material_early(d->ssl[0], ours, 32, "EXPERIMENTAL", 12, NULL, 0), 1);
    CU_ASSERT_EQUAL(SSL_export_keying_material_early(d->ssl[1], theirs, 32, "EXPERIMENTAL", 12, NULL, 0), 1);
    CU_ASSERT_EQUAL(memcmp(ours, theirs, 32), 0);
    CU_ASSERT_EQUAL(SSL_read_early_data(d->ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_SUCCESS);
    CU_ASSERT_TRUE(got == 9 && memcmp(text, " and more", 9) == 0);
    CU_ASSERT_EQUAL(SSL_read_early_data(d->ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_ERROR);
    CU_ASSERT_EQUAL(SSL_get_error(d->ssl[1], 0), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_write_early_data(d->ssl[1], "half", 4, &got), 1); /* before the client's Finished */
    CU_ASSERT_EQUAL(SSL_connect(d->ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_read(d->ssl[0], text, sizeof text), 4);
    CU_ASSERT_EQUAL(SSL_read_early_data(d->ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_FINISH);
    CU_ASSERT_EQUAL(got, 0);
    CU_ASSERT_TRUE(duo_handshake(d, r));
    CU_ASSERT_EQUAL(status(d, 0), SSL_EARLY_DATA_ACCEPTED);
    CU_ASSERT_EQUAL(status(d, 1), SSL_EARLY_DATA_ACCEPTED);
    CU_ASSERT_TRUE(duo_move(d, TVT_CLIENT, "then", 4));
    CU_ASSERT_TRUE(duo_first_word(d));
    CU_ASSERT_EQUAL(SSL_SESSION_get_max_early_data(SSL_get_session(d->ssl[0])), MAX_EARLY);
}

static void
test_taken(void)
{
    duo_each_backend(take);
}

/* Piece by piece: the transport takes and gives one byte at a time, every other call says "retry". */
static void
test_pieces(void)
{
    struct duo d;
    uint8_t data[3000], back[sizeof data];
    size_t have = 0, got, put = 0, turns = 0;
    int r[2], w = 0, e = SSL_READ_EARLY_DATA_ERROR;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()) && prepare(&d));
    pattern(data, sizeof data, 3);
    for (int role = 0; role < 2; role++) {
        d.tap[role].chunk = 7;
        d.tap[role].stutter = true;
    }
    while ((w != 1 || e != SSL_READ_EARLY_DATA_FINISH) && turns++ < 100000) {
        if (w != 1) {
            w = SSL_write_early_data(d.ssl[0], data, sizeof data, &put);
            CU_ASSERT_TRUE(w == 1 || SSL_get_error(d.ssl[0], w) == SSL_ERROR_WANT_WRITE);
        } else {
            (void)SSL_connect(d.ssl[0]);
        }
        e = SSL_read_early_data(d.ssl[1], back + have, sizeof back - have + (have == sizeof back), &got);
        have += got;
        if (e == SSL_READ_EARLY_DATA_ERROR && SSL_get_error(d.ssl[1], 0) != SSL_ERROR_WANT_READ &&
            SSL_get_error(d.ssl[1], 0) != SSL_ERROR_WANT_WRITE)
            break;
    }
    CU_ASSERT_EQUAL(put, sizeof data);
    CU_ASSERT_TRUE(have == sizeof data && memcmp(data, back, have) == 0);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(status(&d, 1), SSL_EARLY_DATA_ACCEPTED);
    CU_ASSERT_TRUE(duo_move(&d, TVT_CLIENT, data, sizeof data));
    duo_close(&d);
}

/* A write that was not finished when the program went on is no part of what it writes later. */
static void
test_given_up(void)
{
    struct duo d;
    uint8_t data[3000];
    char text[64];
    size_t put, got;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()) && prepare(&d));
    pattern(data, sizeof data, 3);
    d.tap[0].room = 1500;
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], data, sizeof data, &put), 0);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 0), SSL_ERROR_WANT_WRITE);
    d.tap[0].room = SIZE_MAX;
    do {
        (void)SSL_connect(d.ssl[0]);
        r[1] = SSL_read_early_data(d.ssl[1], text, sizeof text, &got);
    } while (r[1] == SSL_READ_EARLY_DATA_SUCCESS ||
             (r[1] == SSL_READ_EARLY_DATA_ERROR && SSL_get_error(d.ssl[1], 0) == SSL_ERROR_WANT_READ));
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_TRUE(duo_move(&d, TVT_CLIENT, "other data", 10));
    duo_close(&d);
}

/* ---- refused ---- */

static void
refuse_accept(struct duo *d)
{
    CU_ASSERT_TRUE_FATAL(prepare(d));
    CU_ASSERT_TRUE(write_early(d, "nobody reads this"));
    expect_refusal(d, false);
}

static void
test_program_that_does_not_read(void)
{
    duo_each_backend(refuse_accept);
}

static unsigned asked;

static int
answer(SSL *ssl, void *user)
{
    CU_ASSERT_EQUAL(SSL_is_server(ssl), 1);
    asked++;
    return *(int *)user;
}

static void
test_program_that_refuses(void)
{
    struct duo d;
    int no = 0, yes = 1, r[2];
    char text[64];
    size_t got;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()) && prepare(&d));
    SSL_set_allow_early_data_cb(d.ssl[1], answer, &no);
    asked = 0;
    CU_ASSERT_TRUE(write_early(&d, "x"));
    expect_refusal(&d, true);
    CU_ASSERT_EQUAL(asked, 1);
    SSL_CTX_set_allow_early_data_cb(d.ctx[1], answer, &yes);
    CU_ASSERT_TRUE(prepare(&d) && write_early(&d, "x"));
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_SUCCESS);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_FINISH);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(asked, 2);
    CU_ASSERT_EQUAL(SSL_CTX_set_recv_max_early_data(d.ctx[1], 0), 1);
    CU_ASSERT_TRUE(prepare(&d) && write_early(&d, "x"));
    expect_refusal(&d, true);
    CU_ASSERT_EQUAL(asked, 2);
    duo_close(&d);
}

/* The ClientHello and its early data, sent twice: the second time it is no early data any more. */
static void
replay(struct duo *d)
{
    char text[64];
    size_t got;
    int r[2];
    CU_ASSERT_TRUE_FATAL(prepare(d));
    CU_ASSERT_TRUE(write_early(d, "pay 100"));
    size_t len = d->tap[1].len;
    uint8_t *bytes = malloc(len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    memcpy(bytes, d->tap[1].bytes, len);
    CU_ASSERT_EQUAL(SSL_read_early_data(d->ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_SUCCESS);
    CU_ASSERT_TRUE(got == 7 && memcmp(text, "pay 100", 7) == 0);
    CU_ASSERT_TRUE_FATAL(duo_again(d));
    duo_inject(d, TVT_SERVER, bytes, len);
    CU_ASSERT_EQUAL(SSL_read_early_data(d->ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_FINISH);
    CU_ASSERT_EQUAL(got, 0);
    CU_ASSERT_EQUAL(SSL_accept(d->ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d->ssl[1], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(status(d, 1), SSL_EARLY_DATA_REJECTED);
    free(bytes);
    /* an honest client is served as before */
    CU_ASSERT_TRUE(prepare(d) && write_early(d, "x"));
    CU_ASSERT_EQUAL(SSL_read_early_data(d->ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_SUCCESS);
    CU_ASSERT_EQUAL(SSL_connect(d->ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d->ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_FINISH);
    CU_ASSERT_TRUE(duo_handshake(d, r));
}

static void
test_replay(void)
{
    duo_each_backend(replay);
}

/* Under keys that others have too, what was taken elsewhere is not known: nothing is taken until it is too old. */
static void
test_keys_from_outside(void)
{
    struct duo d;
    uint8_t keys[48];
    char text[64];
    size_t got;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    pattern(keys, sizeof keys, 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_ticket_keys(d.ctx[1], keys, sizeof keys), 1);
    CU_ASSERT_TRUE(prepare(&d) && write_early(&d, "x"));
    expect_refusal(&d, true);
    atomic_store(&d.ctx[1]->sessions.early_from_ms, 0); /* as when the time is over */
    CU_ASSERT_TRUE(prepare(&d) && write_early(&d, "x"));
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_SUCCESS);
    duo_close(&d);
}

/* ---- the memory of a fleet ---- */

struct fleet {
    enum tvt_result says;
    unsigned asked;
    uint8_t id[TVT_REPLAY_ID_LEN];
};

static enum tvt_result
ask_fleet(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now_ms, uint64_t until_ms)
{
    struct fleet *f = user;
    CU_ASSERT_TRUE(until_ms > now_ms);
    CU_ASSERT_TRUE(f->asked == 0 || memcmp(f->id, id, sizeof f->id) == 0);
    memcpy(f->id, id, sizeof f->id);
    f->asked++;
    return f->says;
}

static void
test_fleet(void)
{
    struct duo d;
    struct fleet fleet = {.says = TVT_PENDING};
    struct tvt_replay port = {&fleet, ask_fleet};
    char text[64];
    size_t got;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_CTX_set0_tvt_replay(d.ctx[1], &port), 1);
    CU_ASSERT_TRUE(prepare(&d) && write_early(&d, "x"));
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_ERROR);
        int why = SSL_get_error(d.ssl[1], 0);
        CU_ASSERT_TRUE(why == SSL_ERROR_WANT_ASYNC || why == SSL_ERROR_WANT_RETRY_VERIFY);
    }
    CU_ASSERT_TRUE(fleet.asked >= 3);
    fleet.says = TVT_OK;
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &got), SSL_READ_EARLY_DATA_SUCCESS);
    fleet = (struct fleet){.says = TVT_FAIL};
    CU_ASSERT_TRUE(prepare(&d) && write_early(&d, "x"));
    expect_refusal(&d, true);
    CU_ASSERT_EQUAL(fleet.asked, 1);
    CU_ASSERT_EQUAL(SSL_CTX_set0_tvt_replay(d.ctx[1], &(struct tvt_replay){NULL, NULL}), 0);
    duo_close(&d);
}

/* ---- calls ---- */

static void
test_too_much(void)
{
    struct duo d;
    uint8_t data[MAX_EARLY + 1] = {0};
    size_t put = 5, got;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()) && prepare(&d));
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], data, sizeof data, &put), 0);
    CU_ASSERT_EQUAL(put, 0);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 0), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(d.tap[0].total, 0);
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], data, MAX_EARLY, &put), 1);
    CU_ASSERT_EQUAL(put, MAX_EARLY);
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], data, 1, &put), 0);
    size_t total = 0;
    while (SSL_read_early_data(d.ssl[1], data, sizeof data, &got) == SSL_READ_EARLY_DATA_SUCCESS)
        total += got;
    CU_ASSERT_EQUAL(total, MAX_EARLY);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], data, 1, &put), 0);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], data, sizeof data, &got), SSL_READ_EARLY_DATA_FINISH);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_TRUE(duo_move(&d, TVT_CLIENT, "on", 2));
    duo_close(&d);
}

static void
test_wrong_calls(void)
{
    struct duo d;
    char text[8];
    size_t n = 7;
    uint8_t key[16];
    int r[2];
    CU_ASSERT_EQUAL(SSL_write_early_data(NULL, "x", 1, &n), 0);
    CU_ASSERT_EQUAL(SSL_read_early_data(NULL, text, sizeof text, &n), SSL_READ_EARLY_DATA_ERROR);
    CU_ASSERT_EQUAL(n, 0);
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    /* without a session; with one that allows none */
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "x", 1, &n), 0);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[1], "x", 1, &n), 0);
    CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[0], text, sizeof text, &n), SSL_READ_EARLY_DATA_ERROR);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_export_keying_material_early(d.ssl[0], key, 16, "x", 1, NULL, 0), 0);
    CU_ASSERT_TRUE(duo_handshake(&d, r) && duo_first_word(&d));
    CU_ASSERT_EQUAL(SSL_export_keying_material_early(d.ssl[0], key, 16, "x", 1, NULL, 0), 0);
    CU_ASSERT_EQUAL(status(&d, 0), SSL_EARLY_DATA_NOT_SENT);
    SSL_SESSION *session = SSL_get1_session(d.ssl[0]);
    CU_ASSERT_TRUE(duo_again(&d) && SSL_set_session(d.ssl[0], session) == 1);
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "x", 1, &n), 0);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 0), SSL_ERROR_SSL);
    CU_ASSERT_TRUE(duo_handshake(&d, r)); /* and the handshake goes on, resumed */
    CU_ASSERT_EQUAL(SSL_session_reused(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_FINISH);
    SSL_SESSION_free(session);
    CU_ASSERT_EQUAL(SSL_set_max_early_data(d.ssl[1], 5), 0);
    CU_ASSERT_EQUAL(SSL_CTX_get_max_early_data(d.ctx[1]), 0);
    duo_close(&d);
}

/* SSL_accept() instead of it, when no early data come: both do. */
static void
test_without_early_data(void)
{
    struct duo d;
    char text[8];
    size_t n = 7;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_CTX_set_max_early_data(d.ctx[1], 100), 1);
    CU_ASSERT_TRUE(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_ERROR);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[1], 0), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_FINISH);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_TRUE(duo_move(&d, TVT_CLIENT, "late", 4));
    CU_ASSERT_EQUAL(status(&d, 1), SSL_EARLY_DATA_NOT_SENT);
    duo_close(&d);
}

int
tvt_register_ssl_early(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"taken", test_taken},
        {"in pieces", test_pieces},
        {"given up", test_given_up},
        {"a program that does not read it", test_program_that_does_not_read},
        {"a program that refuses", test_program_that_refuses},
        {"a replay", test_replay},
        {"keys from outside", test_keys_from_outside},
        {"the memory of a fleet", test_fleet},
        {"too much", test_too_much},
        {"wrong calls", test_wrong_calls},
        {"none", test_without_early_data},
    };
    CU_pSuite suite = CU_add_suite("SSL: early data", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
