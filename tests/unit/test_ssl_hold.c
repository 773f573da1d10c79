/* SPDX-License-Identifier: MIT
 *
 * SSL_MODE_TVT_HOLD_LAST_FLIGHT: the client's last flight leaves with what the program does next, and is never lost on the way.
 */
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_ssl_hold(void);

/* ---- handshakes that a client ends ---- */

enum kind { FULL13, RESUMED13, RESUMED12, WITH_CERTIFICATE, NUM_KINDS };

static const char *const kind_names[] = {"TLS 1.3", "TLS 1.3 resumed", "TLS 1.2 resumed", "TLS 1.3, certificate"};

static bool
ask_for_certificate(struct duo *d)
{
    const char *client = kind_of_two("client", "client-ed25519");
    SSL_CTX_set_verify(d->ctx[1], SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return SSL_CTX_load_verify_file(d->ctx[1], pki_file(good_kind(), "root.pem")) == 1 &&
           SSL_CTX_use_certificate_chain_file(d->ctx[0], pki_file(client, "chain.pem")) == 1 &&
           SSL_CTX_use_PrivateKey_file(d->ctx[0], pki_file(client, "key.pem"), SSL_FILETYPE_PEM) == 1;
}

/* Both contexts, and the session that the next connection offers. */
static SSL_SESSION *
open_kind(struct duo *d, enum kind kind)
{
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(d, good_kind()));
    for (int role = 0; kind == RESUMED12 && role < 2; role++)
        CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(d->ctx[role], TLS1_2_VERSION), 1);
    if (kind == WITH_CERTIFICATE)
        CU_ASSERT_TRUE_FATAL(ask_for_certificate(d));
    CU_ASSERT_TRUE_FATAL(duo_again(d) && duo_handshake(d, r) && duo_first_word(d));
    (void)SSL_CTX_set_mode(d->ctx[0], SSL_MODE_TVT_HOLD_LAST_FLIGHT);
    return kind == RESUMED12 || kind == RESUMED13 ? SSL_get1_session(d->ssl[0]) : NULL;
}

/* A connection whose client is done, and whose server has not heard it. */
static void
hold(struct duo *d, SSL_SESSION *session)
{
    CU_ASSERT_TRUE_FATAL(duo_again(d));
    CU_ASSERT_EQUAL(SSL_set_session(d->ssl[0], session), 1);
    CU_ASSERT_EQUAL(SSL_connect(d->ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d->ssl[1]), -1);
    size_t hello = d->tap[0].total;
    unsigned flushes = d->tap[0].flushes;
    CU_ASSERT_EQUAL_FATAL(SSL_connect(d->ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_get_error(d->ssl[0], 1), SSL_ERROR_NONE);
    CU_ASSERT_EQUAL(SSL_session_reused(d->ssl[0]), session != NULL);
    CU_ASSERT_EQUAL(d->tap[0].total, hello);
    CU_ASSERT_EQUAL(d->tap[0].flushes, flushes);
    CU_ASSERT_EQUAL(SSL_is_init_finished(d->ssl[0]), 1);
    CU_ASSERT_STRING_EQUAL(SSL_state_string(d->ssl[0]), "SSLOK ");
    CU_ASSERT_EQUAL(SSL_pending(d->ssl[0]), 0);
    CU_ASSERT_EQUAL(SSL_has_pending(d->ssl[0]), 0);
    CU_ASSERT_EQUAL(SSL_want(d->ssl[0]), SSL_NOTHING);
    CU_ASSERT_EQUAL(SSL_accept(d->ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d->ssl[1], -1), SSL_ERROR_WANT_READ);
}

/* ---- what the program does next ---- */

struct act {
    const char *name;
    int (*call)(SSL *ssl);
    int result; /* where the channel takes all of it, and the server has said nothing yet */
    int error;
    const char *data;
    bool closes;
};

static int
act_write(SSL *ssl)
{
    return SSL_write(ssl, "request", 7);
}

static int
act_write_ex(SSL *ssl)
{
    size_t put;
    int r = SSL_write_ex(ssl, "request", 7, &put);
    return r == 1 ? (int)put : -1;
}

static int
act_write_nothing(SSL *ssl)
{
    size_t put;
    return SSL_write_ex(ssl, "", 0, &put) == 1 ? 1 : -1;
}

static int
act_update_and_write(SSL *ssl)
{
    if (ssl->out.len == 0) /* once; in TLS 1.2 it is refused, and changes nothing */
        (void)SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
    return act_write(ssl);
}

static int
act_read(SSL *ssl)
{
    char c;
    return SSL_read(ssl, &c, 1);
}

static int
act_peek(SSL *ssl)
{
    char c;
    return SSL_peek(ssl, &c, 1);
}

static int
act_shutdown(SSL *ssl)
{
    return SSL_shutdown(ssl);
}

static int
act_quiet_shutdown(SSL *ssl)
{
    SSL_set_quiet_shutdown(ssl, 1);
    return SSL_shutdown(ssl);
}

static int
act_told_shutdown(SSL *ssl)
{
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN);
    return SSL_shutdown(ssl);
}

static int
act_connect(SSL *ssl)
{
    return SSL_connect(ssl);
}

static int
act_flush(SSL *ssl)
{
    BIO *bio = BIO_new(BIO_f_ssl());
    CU_ASSERT_EQUAL(BIO_set_ssl(bio, ssl, BIO_NOCLOSE), 1);
    int r = (int)BIO_flush(bio);
    CU_ASSERT_EQUAL(BIO_should_retry(bio) != 0, r <= 0);
    CU_ASSERT_EQUAL(BIO_should_write(bio) != 0, r <= 0);
    BIO *channel = BIO_pop(bio); /* takes it from the SSL, too */
    bio->data = NULL;            /* or freeing the filter would shut the SSL down */
    (void)BIO_free(bio);
    SSL_set_bio(ssl, channel, channel);
    return r;
}

static const struct act acts[] = {
    {"SSL_write", act_write, 7, SSL_ERROR_NONE, "request", false},
    {"SSL_write_ex", act_write_ex, 7, SSL_ERROR_NONE, "request", false},
    {"SSL_write of nothing", act_write_nothing, 1, SSL_ERROR_NONE, NULL, false},
    {"SSL_key_update, SSL_write", act_update_and_write, 7, SSL_ERROR_NONE, "request", false},
    {"SSL_read", act_read, -1, SSL_ERROR_WANT_READ, NULL, false},
    {"SSL_peek", act_peek, -1, SSL_ERROR_WANT_READ, NULL, false},
    {"SSL_shutdown", act_shutdown, 0, SSL_ERROR_NONE, NULL, true},
    {"SSL_shutdown, quiet", act_quiet_shutdown, 1, SSL_ERROR_NONE, NULL, false},
    {"SSL_shutdown behind SSL_set_shutdown", act_told_shutdown, 0, SSL_ERROR_NONE, NULL, false},
    {"SSL_connect again", act_connect, 1, SSL_ERROR_NONE, NULL, false},
    {"BIO_flush", act_flush, 1, SSL_ERROR_NONE, NULL, false},
};
#define NUM_ACTS (sizeof acts / sizeof acts[0])

/* The server hears the end of the handshake, and what came with it. */
static void
check_server(struct duo *d, const struct act *a)
{
    char text[16];
    CU_ASSERT_EQUAL(SSL_accept(d->ssl[1]), 1);
    int r = SSL_read(d->ssl[1], text, sizeof text);
    if (a->data != NULL)
        CU_ASSERT_TRUE(r == (int)strlen(a->data) && memcmp(text, a->data, (size_t)r) == 0);
    if (a->data == NULL)
        CU_ASSERT_EQUAL(SSL_get_error(d->ssl[1], r), a->closes ? SSL_ERROR_ZERO_RETURN : SSL_ERROR_WANT_READ);
}

static void
check_act(struct duo *d, SSL_SESSION *session, const struct act *a, enum kind kind)
{
    unsigned before = CU_get_number_of_failures();
    hold(d, session);
    unsigned writes = d->tap[0].writes, flushes = d->tap[0].flushes;
    int r = a->call(d->ssl[0]);
    CU_ASSERT_EQUAL(r, a->result);
    CU_ASSERT_EQUAL(SSL_get_error(d->ssl[0], r), a->error);
    CU_ASSERT_EQUAL(d->tap[0].writes, writes + 1); /* all of it in one */
    CU_ASSERT_EQUAL(d->tap[0].flushes, flushes + 1);
    check_server(d, a);
    if (CU_get_number_of_failures() > before)
        printf("\n    %s, %s", kind_names[kind], a->name);
}

static void
test_acts(void)
{
    for (int kind = 0; kind < NUM_KINDS; kind++) {
        struct duo d;
        SSL_SESSION *session = open_kind(&d, (enum kind)kind);
        CU_ASSERT_EQUAL(session != NULL, kind == RESUMED12 || kind == RESUMED13);
        for (size_t i = 0; i < NUM_ACTS; i++)
            check_act(&d, session, &acts[i], (enum kind)kind);
        SSL_SESSION_free(session);
        duo_close(&d);
    }
}

/* ---- a channel that is full ---- */

static bool
waits_to_write(const struct duo *d)
{
    return SSL_get_error(d->ssl[0], -1) == SSL_ERROR_WANT_WRITE && SSL_want(d->ssl[0]) == SSL_WRITING;
}

/* The channel takes `room` bytes first, then one for each call. */
static void
check_blocked(struct duo *d, SSL_SESSION *session, const struct act *a, size_t room)
{
    int r, turns = 0;
    hold(d, session);
    d->tap[0].room = room;
    while ((r = a->call(d->ssl[0])) <= 0 && waits_to_write(d) && turns < 20000) {
        CU_ASSERT_EQUAL(SSL_is_init_finished(d->ssl[0]), 1);
        d->tap[0].room++;
        turns++;
    }
    d->tap[0].room = SIZE_MAX;
    CU_ASSERT_TRUE(turns > 0);
    CU_ASSERT_EQUAL(r, a->result);
    CU_ASSERT_EQUAL(SSL_get_error(d->ssl[0], r), a->error);
    check_server(d, a);
}

static void
test_blocked(void)
{
    static const size_t rooms[] = {0, 1, 6, 20};
    for (int kind = 0; kind < NUM_KINDS; kind++) {
        struct duo d;
        SSL_SESSION *session = open_kind(&d, (enum kind)kind);
        for (size_t i = 0; i < NUM_ACTS; i++)
            for (size_t k = 0; k < sizeof rooms / sizeof rooms[0]; k++) {
                unsigned before = CU_get_number_of_failures();
                check_blocked(&d, session, &acts[i], rooms[k]);
                if (CU_get_number_of_failures() > before)
                    printf("\n    %s, %s, %zu", kind_names[kind], acts[i].name, rooms[k]);
            }
        SSL_SESSION_free(session);
        duo_close(&d);
    }
}

/* A write that was cut may be followed by a read: the flight is out when that waits for the server. */
static void
test_read_behind_a_cut_write(void)
{
    struct duo d;
    char text[16];
    (void)open_kind(&d, FULL13);
    hold(&d, NULL);
    d.tap[0].room = 10;
    CU_ASSERT_EQUAL(act_write(d.ssl[0]), -1);
    CU_ASSERT_TRUE(waits_to_write(&d));
    CU_ASSERT_EQUAL(act_read(d.ssl[0]), -1);
    CU_ASSERT_TRUE(waits_to_write(&d));
    d.tap[0].room = SIZE_MAX;
    CU_ASSERT_EQUAL(act_read(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(act_write(d.ssl[0]), 7);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), 7); /* once */
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), -1);
    duo_close(&d);
}

static void
test_much_data(void)
{
    struct duo d;
    static uint8_t data[100000];
    pattern(data, sizeof data, 3);
    for (int kind = 0; kind < NUM_KINDS; kind++)
        for (int partial = 0; partial < 2; partial++) {
            SSL_SESSION *session = open_kind(&d, (enum kind)kind);
            hold(&d, session);
            if (partial == 1) {
                (void)SSL_set_mode(d.ssl[0], SSL_MODE_ENABLE_PARTIAL_WRITE);
                CU_ASSERT_TRUE(SSL_write(d.ssl[0], data, sizeof data) > 0);
                CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), 1);
            } else {
                CU_ASSERT_TRUE(duo_move(&d, TVT_CLIENT, data, sizeof data));
            }
            SSL_SESSION_free(session);
            duo_close(&d);
        }
}

/* ---- where nothing is held ---- */

/* A full handshake of TLS 1.2 ends with the server's flight, and a server has no such mode. */
static void
test_not_held(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(d.ctx[role], TLS1_2_VERSION), 1);
        (void)SSL_CTX_set_mode(d.ctx[role], SSL_MODE_TVT_HOLD_LAST_FLIGHT);
    }
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    duo_close(&d);
    /* off again for one SSL */
    (void)open_kind(&d, FULL13);
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_clear_mode(d.ssl[0], SSL_MODE_TVT_HOLD_LAST_FLIGHT), SSL_MODE_AUTO_RETRY);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), 1);
    CU_ASSERT_TRUE(duo_again(&d) && duo_handshake(&d, r) && duo_first_word(&d)); /* repeated calls send it */
    duo_close(&d);
}

/* SSL_write() that shakes hands first sends both in one, too. */
static void
test_implicit_handshake(void)
{
    struct duo d;
    (void)open_kind(&d, FULL13);
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_EQUAL(act_write(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    unsigned writes = d.tap[0].writes;
    CU_ASSERT_EQUAL(act_write(d.ssl[0]), 7);
    CU_ASSERT_EQUAL(d.tap[0].writes, writes + 1);
    check_server(&d, &acts[0]);
    duo_close(&d);
}

/* Behind early data the flight begins with EndOfEarlyData. */
static void
test_early_data(void)
{
    struct duo d;
    char text[16];
    size_t n;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_CTX_set_max_early_data(d.ctx[1], 1000), 1);
    CU_ASSERT_TRUE_FATAL(duo_again(&d) && duo_handshake(&d, r) && duo_first_word(&d));
    SSL_SESSION *session = SSL_get1_session(d.ssl[0]);
    (void)SSL_CTX_set_mode(d.ctx[0], SSL_MODE_TVT_HOLD_LAST_FLIGHT);
    CU_ASSERT_TRUE_FATAL(duo_again(&d) && SSL_set_session(d.ssl[0], session) == 1);
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "early", 5, &n), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_SUCCESS);
    unsigned writes = d.tap[0].writes;
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_get_early_data_status(d.ssl[0]), SSL_EARLY_DATA_ACCEPTED);
    CU_ASSERT_EQUAL(d.tap[0].writes, writes);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_ERROR);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[1], 0), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "late", 4, &n),
                    0); /* too late for it: refused, and nothing is sent */
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 0), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(act_write(d.ssl[0]), 7);
    CU_ASSERT_EQUAL(d.tap[0].writes, writes + 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_FINISH);
    check_server(&d, &acts[0]);
    SSL_SESSION_free(session);
    duo_close(&d);
}

/* ---- dropped, cleared, failed ---- */

static void
test_dropped(void)
{
    struct duo d;
    char c;
    int r[2];
    (void)open_kind(&d, FULL13);
    hold(&d, NULL);
    size_t sent = d.tap[0].total;
    SSL_free(d.ssl[0]);
    d.ssl[0] = NULL;
    CU_ASSERT_EQUAL(d.tap[0].total, sent);
    d.tap[1].eof = true;
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], &c, 1), -1);
    CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_EOF_IN_HANDSHAKE);
    hold(&d, NULL);
    sent = d.tap[0].total;
    CU_ASSERT_EQUAL(SSL_clear(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(d.tap[0].total, sent);
    SSL *server = SSL_new(d.ctx[1]); /* the next connection of that client has nothing of the last one in it */
    BIO *channel = SSL_get_rbio(d.ssl[1]);
    CU_ASSERT_EQUAL(BIO_up_ref(channel), 1);
    SSL_set_bio(server, channel, channel);
    SSL_set_accept_state(server);
    SSL_free(d.ssl[1]);
    d.ssl[1] = server;
    d.tap[0].len = d.tap[1].len = 0;
    CU_ASSERT_TRUE(duo_handshake(&d, r) && duo_first_word(&d));
    duo_close(&d);
}

/* A server that lost patience said so and closed: its alert is told, not the flight that could not leave. */
static void
test_server_is_gone(void)
{
    static const uint8_t fatal[] = {21, 3, 3, 0, 2, 2, 80};
    struct duo d;
    (void)open_kind(&d, FULL13);
    for (int alert = 0; alert < 2; alert++) {
        hold(&d, NULL);
        d.tap[0].write_errno = EPIPE;
        d.tap[0].eof = true;
        if (alert == 1)
            duo_inject(&d, 0, fatal, sizeof fatal);
        CU_ASSERT_EQUAL(act_read(d.ssl[0]), -1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
        CU_ASSERT_NOT_EQUAL(code_of(d.ssl[0]), TVT_E_IO_WRITE);
        hold(&d, NULL);
        d.tap[0].write_errno = EPIPE;
        for (int i = 0; i < 2; i++) {
            CU_ASSERT_EQUAL(act_write(d.ssl[0]), -1);
            CU_ASSERT_EQUAL(errno, EPIPE);
            CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SYSCALL);
        }
    }
    duo_close(&d);
}

/* ---- a pair of BIOs ---- */

static void
test_pair(void)
{
    struct duo d;
    BIO *end[2], *far[2];
    char wire[8192];
    (void)open_kind(&d, FULL13);
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&end[role], 0, &far[role], 0), 1);
        SSL_free(d.ssl[role]);
        d.ssl[role] = SSL_new(d.ctx[role]);
        SSL_set_bio(d.ssl[role], end[role], end[role]);
    }
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(d.ssl[0], "localhost"), 1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    for (int role = 0; role < 2; role++) {
        int n = BIO_read(far[role], wire, sizeof wire);
        CU_ASSERT_TRUE(n > 0 && BIO_write(far[1 - role], wire, n) == n);
        CU_ASSERT_EQUAL(role == 0 ? SSL_accept(d.ssl[1]) : SSL_connect(d.ssl[0]), role == 0 ? -1 : 1);
    }
    CU_ASSERT_EQUAL(BIO_pending(far[0]), 0);
    CU_ASSERT_EQUAL(BIO_wpending(SSL_get_wbio(d.ssl[0])), 0);
    CU_ASSERT_EQUAL(act_write(d.ssl[0]), 7);
    int n = BIO_read(far[0], wire, sizeof wire);
    CU_ASSERT_TRUE(n > 0 && BIO_write(far[1], wire, n) == n);
    check_server(&d, &acts[0]);
    for (int role = 0; role < 2; role++)
        (void)BIO_free(far[role]);
    duo_close(&d);
}

int
tvt_register_ssl_hold(void)
{
    static CU_TestInfo tests[] = {{"what the program does next", test_acts},
                                  {"a channel that is full", test_blocked},
                                  {"a read behind a write that was cut", test_read_behind_a_cut_write},
                                  {"much data", test_much_data},
                                  {"where nothing is held", test_not_held},
                                  {"SSL_write() that shakes hands", test_implicit_handshake},
                                  {"behind early data", test_early_data},
                                  {"dropped and cleared", test_dropped},
                                  {"a server that is gone", test_server_is_gone},
                                  {"a pair of BIOs", test_pair},
                                  CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{"SSL: a held last flight", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return (int)CU_register_suites(suites);
}
