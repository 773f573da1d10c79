/* SPDX-License-Identifier: MIT
 *
 * The two ends of a connection's life. Before: names, sessions, what must be there to begin. After: close, half close, cancel
 * (RFC 9846 6.1), what is received then, keying material.
 */
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "tests/unit/connection_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <string.h>

int tvt_register_ends(void);

static struct tvt_connection *
end_of(const struct tvt_fixture *f, int role)
{
    return tvt_fixture_end(f, (enum tvt_role)role);
}

static enum tvt_error_code
code_of(const struct tvt_connection *c)
{
    return tvt_connection_error(c)->code;
}

/* ---- close ---- */

/* One direction ends, the other goes on; then that ends too. What comes behind close_notify is not looked at. */
static void
half_close(void)
{
    for (int first = 0; first < 2; first++) {
        struct tvt_fixture f;
        uint8_t out[100], junk[] = {99, 1, 2, 3, 4, 5};
        size_t n, used;
        struct tvt_span app;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        struct tvt_connection *c = end_of(&f, first), *other = end_of(&f, 1 - first);
        CU_ASSERT(tvt_pair_send(&f.pair, (enum tvt_role)first, "last", 4));
        CU_ASSERT_EQUAL(tvt_connection_close(c), TVT_OK);
        CU_ASSERT(!tvt_connection_can_send(c) && tvt_connection_has_output(c) && !tvt_connection_sent_close(c));
        CU_ASSERT_EQUAL(tvt_connection_seal(c, out, sizeof out, &n, junk, 1, &used), TVT_FAIL);
        tvt_pair_settle(&f.pair);
        CU_ASSERT(tvt_connection_sent_close(c) && !tvt_connection_has_output(c) && !tvt_connection_received_close(c));
        CU_ASSERT(tvt_connection_received_close(other) && tvt_connection_can_send(other));
        CU_ASSERT_EQUAL(f.pair.end[1 - first].data_len, 4);
        CU_ASSERT_EQUAL(f.pair.end[1 - first].last, TVT_CLOSED);
        for (int i = 0; i < 3; i++) /* RFC 9846 6.1: MUST be ignored */
            CU_ASSERT_EQUAL(tvt_connection_input(other, junk, sizeof junk, &used, &app), TVT_CLOSED);
        CU_ASSERT(used == 0 && app.len == 0 && code_of(other) == TVT_E_NONE);
        CU_ASSERT_EQUAL(tvt_connection_input_eof(other), TVT_CLOSED);
        tvt_error_clear(&c->call_error);
        CU_ASSERT(tvt_pair_send(&f.pair, (enum tvt_role)(1 - first), "and more", 8));
        tvt_pair_settle(&f.pair);
        CU_ASSERT_EQUAL(f.pair.end[first].data_len, 8);
        CU_ASSERT_EQUAL(tvt_connection_close(other), TVT_OK);
        tvt_pair_settle(&f.pair);
        CU_ASSERT(tvt_connection_received_close(c) && code_of(c) == TVT_E_NONE && code_of(other) == TVT_E_NONE);
        CU_ASSERT_EQUAL(tvt_connection_close(c), TVT_OK); /* again: nothing */
        CU_ASSERT(!tvt_connection_has_output(c));
        tvt_fixture_close(&f);
    }
}

/* The transport ends: told apart from close_notify, in either direction's state. */
static void
truncated(void)
{
    for (int closed = 0; closed < 2; closed++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        if (closed) {
            CU_ASSERT_EQUAL(tvt_connection_close(end_of(&f, 0)), TVT_OK);
            tvt_pair_settle(&f.pair);
        }
        CU_ASSERT_EQUAL(tvt_connection_input_eof(end_of(&f, 0)), TVT_FAIL); /* our close is not the peer's */
        CU_ASSERT_EQUAL(code_of(end_of(&f, 0)), TVT_E_UNEXPECTED_EOF);
        CU_ASSERT(!tvt_connection_has_output(end_of(&f, 0)));
        tvt_fixture_close(&f);
    }
}

/* ---- user_canceled ---- */

/* At every point of the handshake: the other side sees two warnings, no error, and the end. Afterwards it is a close. */
static void
cancel(void)
{
    unsigned before = 0, after = 0;
    for (size_t k = 1; k < 1300; k += 29) {
        for (int who = 0; who < 2; who++) {
            struct tvt_fixture f;
            uint8_t byte[8] = {0};
            size_t used;
            struct tvt_span app;
            CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
            CU_ASSERT(tvt_config_set_groups(f.config[TVT_CLIENT], "x25519", NULL) == TVT_OK); /* short messages */
            CU_ASSERT_FATAL(tvt_fixture_connect(&f));
            f.pair.gate[who] = k;
            tvt_pair_settle(&f.pair);
            struct tvt_connection *c = end_of(&f, who), *other = end_of(&f, 1 - who);
            bool done = tvt_connection_established(c);
            CU_ASSERT_EQUAL(tvt_connection_cancel(c), TVT_OK);
            CU_ASSERT_EQUAL(tvt_connection_handshake(c), TVT_WANT_WRITE);
            tvt_pair_settle(&f.pair);
            CU_ASSERT(tvt_connection_sent_close(c) && !tvt_connection_has_output(c));
            CU_ASSERT_EQUAL(tvt_connection_handshake(c), done ? TVT_OK : TVT_CLOSED);
            if (!done)
                CU_ASSERT_EQUAL(tvt_connection_input(c, byte, sizeof byte, &used, &app), TVT_CLOSED);
            CU_ASSERT(tvt_connection_received_close(other));
            CU_ASSERT_EQUAL(other->warnings, !done);
            CU_ASSERT(code_of(c) == TVT_E_NONE && code_of(other) == TVT_E_NONE);
            before += !done;
            after += done;
            tvt_fixture_close(&f);
        }
    }
    CU_ASSERT(before > 10 && after > 10);
}

/* Outputs that hold one alert only. */
static void
cancel_in_little_room(void)
{
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_padding(f.config[role], 40, NULL), TVT_OK);
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    f.pair.write_room = TVT_OUTPUT_MIN;
    f.pair.gate[TVT_SERVER] = 100;
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(tvt_connection_cancel(end_of(&f, 1)), TVT_OK);
    tvt_pair_settle(&f.pair);
    CU_ASSERT(tvt_connection_sent_close(end_of(&f, 1)) && tvt_connection_received_close(end_of(&f, 0)));
    CU_ASSERT_EQUAL(end_of(&f, 0)->warnings, 1);
    tvt_fixture_close(&f);
}

/* A failed connection has said all, a closed one too. */
static void
cancel_too_late(void)
{
    struct tvt_fixture f;
    static const uint8_t junk[] = {99, 1, 2, 3, 4, 5};
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    tvt_again_inject(&f, TVT_SERVER, junk, sizeof junk);
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(tvt_connection_cancel(end_of(&f, 1)), TVT_FAIL);
    tvt_pair_settle(&f.pair);
    CU_ASSERT(!tvt_connection_sent_close(end_of(&f, 1)));
    CU_ASSERT_EQUAL(tvt_connection_cancel(end_of(&f, 0)), TVT_FAIL); /* by the alert that came */
    tvt_fixture_close(&f);
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    CU_ASSERT_EQUAL(tvt_connection_close(end_of(&f, 0)), TVT_OK);
    (void)tvt_pair_step(&f.pair, TVT_CLIENT);
    CU_ASSERT_EQUAL(tvt_connection_cancel(end_of(&f, 0)), TVT_OK);
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(end_of(&f, 1)->warnings, 0);
    tvt_fixture_close(&f);
}

/* ---- channel binding, RFC 9266 ---- */

static void
channel_binding(void)
{
    uint8_t binding[2][2][32], same[32];
    for (int i = 0; i < 2; i++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        CU_ASSERT_EQUAL(tvt_connection_channel_binding(end_of(&f, 0), binding[0][0]), TVT_FAIL);
        tvt_error_clear(&end_of(&f, 0)->call_error);
        CU_ASSERT_FATAL(tvt_pair_handshake(&f.pair));
        for (int role = 0; role < 2; role++) {
            CU_ASSERT_EQUAL(tvt_connection_channel_binding(end_of(&f, role), binding[i][role]), TVT_OK);
            CU_ASSERT_EQUAL(tvt_connection_export(end_of(&f, role), same, 32, "EXPORTER-Channel-Binding", NULL, 0),
                            TVT_OK);
            CU_ASSERT(memcmp(same, binding[i][role], 32) == 0);
        }
        CU_ASSERT(memcmp(binding[i][0], binding[i][1], 32) == 0);
        tvt_fixture_close(&f);
    }
    CU_ASSERT(memcmp(binding[0][0], binding[1][0], 32) != 0);
}

/* ---- names ---- */

static void
names(void)
{
    static const struct {
        const char *sni, *verify, *sent, *compared;
        bool own_memory;
    } cases[] = {{"localhost", "localhost", "localhost", "localhost", false},
                 {"localhost.", "localhost", "localhost", "localhost", false},
                 {"a.test", "localhost", "a.test", "localhost", true},
                 {NULL, "localhost", "", "localhost", true},
                 {"localhost", NULL, "localhost", "", false},
                 {NULL, NULL, "", "", false},
                 {"127.0.0.1", "127.0.0.1", "", "127.0.0.1", true}};
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    struct tvt_connection *c = end_of(&f, 0);
    for (size_t i = 0; i < 3 * sizeof cases / sizeof cases[0]; i++) {
        size_t k = i * 5 % (sizeof cases / sizeof cases[0]);
        CU_ASSERT_EQUAL(tvt_connection_set_names(c, cases[k].sni, cases[k].verify), TVT_OK);
        CU_ASSERT_STRING_EQUAL(c->hs.server_name, cases[k].sent);
        CU_ASSERT_STRING_EQUAL(tvt_handshake_verify_name(&c->hs), cases[k].compared);
        CU_ASSERT_EQUAL(c->hs.verify_name != NULL, cases[k].own_memory);
        CU_ASSERT_EQUAL(tvt_connection_set_names(c, "bad name", "localhost"), TVT_FAIL); /* and nothing has changed */
        CU_ASSERT_EQUAL(tvt_connection_set_names(c, "localhost", "bad name"), TVT_FAIL);
        CU_ASSERT_STRING_EQUAL(c->hs.server_name, cases[k].sent);
        CU_ASSERT_STRING_EQUAL(tvt_handshake_verify_name(&c->hs), cases[k].compared);
    }
    CU_ASSERT_EQUAL(tvt_connection_set_names(c, "other.test", "localhost"), TVT_OK);
    tvt_error_clear(&c->call_error);
    CU_ASSERT(tvt_pair_handshake(&f.pair));
    CU_ASSERT_STRING_EQUAL(end_of(&f, 1)->hs.server_name, "other.test");
    tvt_fixture_close(&f);
}

/* ---- ready? ---- */

static struct tvt_session *
external(void)
{
    struct tvt_session *psk = NULL;
    CU_ASSERT_EQUAL_FATAL(tvt_session_new_external(&psk, tvt_span((const uint8_t *)"friend", 6),
                                                   tvt_span((const uint8_t *)"0123456789abcdef0123456789abcdef", 32),
                                                   TVT_HASH_SHA256, NULL),
                          TVT_OK);
    return psk;
}

/* Both ends with a key and nothing else; and where one of them does not have it. */
static void
psk_alone(void)
{
    enum { BOTH, CLIENT_ONLY, SERVER_ONLY, CONNECTION_ONLY, NUM };
    for (int who = 0; who < NUM; who++) {
        struct tvt_fixture f;
        struct tvt_config *config[2] = {NULL, NULL};
        struct tvt_session *psk = external();
        const struct tvt_provider *p = tvt_fixture_provider(NULL);
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        for (int role = 0; role < 2; role++) {
            CU_ASSERT_EQUAL_FATAL(tvt_config_new(&config[role], p, NULL), TVT_OK);
            if (who == BOTH || (who == CLIENT_ONLY && role == TVT_CLIENT) ||
                ((who == SERVER_ONLY || who == CONNECTION_ONLY) && role == TVT_SERVER))
                CU_ASSERT_EQUAL(tvt_config_add_psk(config[role], psk, NULL), TVT_OK);
        }
        int replaced =
            who == CLIENT_ONLY ? TVT_CLIENT : TVT_SERVER; /* the end without the key is as the fixture makes it */
        for (int role = 0; role < 2; role++) {
            if (who == BOTH || who == CONNECTION_ONLY || role == replaced) {
                tvt_config_free(f.config[role]);
                f.config[role] = config[role];
            } else {
                tvt_config_free(config[role]);
            }
        }
        f.connected = true;
        CU_ASSERT_FATAL(tvt_pair_open(&f.pair, f.config[0], f.config[1], who == SERVER_ONLY ? "localhost" : NULL));
        if (who == CONNECTION_ONLY)
            CU_ASSERT_EQUAL(tvt_connection_add_session(end_of(&f, 0), psk), TVT_OK);
        tvt_session_unref(psk);
        bool good = tvt_pair_handshake(&f.pair);
        CU_ASSERT_EQUAL(good, who == BOTH || who == CONNECTION_ONLY);
        if (good) {
            struct tvt_info info;
            CU_ASSERT(tvt_again_talk(&f));
            for (int role = 0; role < 2; role++) {
                tvt_connection_info(end_of(&f, role), &info);
                CU_ASSERT(info.resumed && info.psk_external && info.num_peer_certificates == 0 && !info.peer_verified);
            }
        } else {
            CU_ASSERT_EQUAL(code_of(end_of(&f, replaced)),
                            who == CLIENT_ONLY ? TVT_E_PSK_REFUSED : TVT_E_NO_COMMON_PSK);
            CU_ASSERT_EQUAL(code_of(end_of(&f, 1 - replaced)), TVT_E_PEER_ALERT);
            CU_ASSERT(!tvt_connection_established(end_of(&f, 0)) && !tvt_connection_established(end_of(&f, 1)));
        }
        tvt_fixture_close(&f);
    }
}

/* Without a key, a trust store, a name, a credential there is no connection; a ticket does not stand for them. */
static void
not_ready(void)
{
    struct tvt_again a;
    struct tvt_config *bare = NULL;
    tvt_again_open(&a, 0, 0);
    tvt_again_first(&a);
    CU_ASSERT_EQUAL_FATAL(tvt_config_new(&bare, tvt_fixture_provider(NULL), NULL), TVT_OK);
    static const struct {
        bool bare_client, bare_server;
        const char *name;
        enum tvt_error_code client, server;
    } cases[] = {{true, false, "localhost", TVT_E_NO_TRUST, TVT_E_NONE},
                 {false, false, NULL, TVT_E_NO_NAME, TVT_E_NONE},
                 {false, true, "localhost", TVT_E_NONE, TVT_E_NO_CREDENTIAL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tvt_pair pair = {0};
        CU_ASSERT_FATAL(tvt_pair_open(&pair, cases[i].bare_client ? bare : a.f.config[0],
                                      cases[i].bare_server ? bare : a.f.config[1], cases[i].name));
        CU_ASSERT_EQUAL(tvt_connection_add_session(pair.end[0].connection, a.session[0]), TVT_OK);
        enum tvt_result client = tvt_connection_handshake(pair.end[0].connection);
        enum tvt_result server = tvt_connection_handshake(pair.end[1].connection);
        CU_ASSERT(client == (cases[i].client != TVT_E_NONE ? TVT_FAIL : TVT_WANT_WRITE));
        CU_ASSERT(server == (cases[i].server != TVT_E_NONE ? TVT_FAIL : TVT_WANT_READ));
        CU_ASSERT_EQUAL(code_of(pair.end[0].connection), cases[i].client);
        CU_ASSERT_EQUAL(code_of(pair.end[1].connection), cases[i].server);
        tvt_pair_close(&pair);
    }
    tvt_config_free(bare);
    tvt_again_close(&a);
}

/* A resumed connection answers questions about its peer from the session. */
static void
resumed_peer(void)
{
    struct tvt_again a;
    struct tvt_info info;
    tvt_again_open(&a, 0, 0);
    tvt_again_first(&a);
    tvt_again_connect(&a, false);
    CU_ASSERT(tvt_pair_handshake(&a.f.pair) && tvt_again_talk(&a.f));
    struct tvt_connection *client = end_of(&a.f, 0);
    tvt_connection_info(client, &info);
    CU_ASSERT(info.resumed && !info.psk_external && info.peer_verified && info.num_peer_certificates > 0);
    CU_ASSERT(client->hs.shown.num == 0);
    for (size_t i = 0; i < info.num_peer_certificates; i++)
        CU_ASSERT(tvt_connection_peer_certificate(client, i).len > 100);
    CU_ASSERT_EQUAL(tvt_connection_peer_certificate(client, info.num_peer_certificates).len, 0);
    CU_ASSERT(tvt_connection_peer_ocsp(client).len == 0 && tvt_connection_peer_scts(client).len == 0);
    tvt_again_close(&a);
}

int
tvt_register_ends(void)
{
    static const CU_TestInfo tests[] = {{"half close", half_close},
                                        {"truncation", truncated},
                                        {"cancel", cancel},
                                        {"cancel in little room", cancel_in_little_room},
                                        {"cancel too late", cancel_too_late},
                                        {"channel binding", channel_binding},
                                        {"names", names},
                                        {"a key and nothing else", psk_alone},
                                        {"not ready", not_ready},
                                        {"the peer of a resumed connection", resumed_peer}};
    return suite_register("ends", tests, sizeof tests / sizeof tests[0]);
}
