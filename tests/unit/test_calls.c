/* SPDX-License-Identifier: MIT
 *
 * Every function of <trivet/tls.h> in every phase of a connection: what comes in the wrong order is refused in words, and
 * the connection goes on as if nothing had been called.
 */
#include "core/connection/connection.h"
#include "tests/support/fixture.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_calls(void);

/* ---- calls that may come at any time ---- */

static bool
wrong_call(const struct tvt_connection *c)
{
    const struct tvt_error *e = tvt_connection_error(c);
    return e->code == TVT_E_WRONG_CALL && e->field != NULL && e->detail[0] != '\0';
}

/* Questions have no effect and never fail. */
static void
ask(struct tvt_connection *c)
{
    struct tvt_info info;
    tvt_connection_info(c, &info);
    CU_ASSERT(info.version_name != NULL && info.suite_name != NULL && info.group_name != NULL &&
              info.scheme_name != NULL && info.server_name != NULL);
    CU_ASSERT(info.num_peer_certificates <= 2);
    CU_ASSERT_EQUAL(tvt_connection_peer_certificate(c, info.num_peer_certificates).len, 0);
    CU_ASSERT_EQUAL(tvt_connection_peer_certificate(c, SIZE_MAX).len, 0);
    CU_ASSERT(strchr(tvt_connection_state(c), '.') != NULL);
    CU_ASSERT(tvt_connection_error(c) != NULL);
    CU_ASSERT(!tvt_connection_established(c) || info.version == TVT_TLS13);
    CU_ASSERT(!info.peer_verified || tvt_connection_established(c));
    (void)tvt_connection_can_send(c);
    (void)tvt_connection_sent_close(c);
    (void)tvt_connection_received_close(c);
    (void)tvt_connection_has_output(c);
    CU_ASSERT_EQUAL(tvt_connection_early_room(c), 0);
    CU_ASSERT(!tvt_connection_input_was_early(c));
    CU_ASSERT(tvt_connection_peer_ocsp(c).len == 0 && tvt_connection_peer_scts(c).len == 0);
    CU_ASSERT(!info.resumed && !info.psk_external && info.early == TVT_EARLY_NONE && info.early_bytes == 0);
    CU_ASSERT(!info.peer_raw_key && !info.client_authenticated && info.compression == 0);
}

/* Too little room and no bytes: no effect. */
static void
starve(struct tvt_connection *c)
{
    uint8_t bytes[TVT_OUTPUT_MIN];
    size_t n = 99, used = 99;
    struct tvt_span app = {bytes, 99};
    bool output = tvt_connection_has_output(c);
    enum tvt_result r = tvt_connection_output(c, bytes, TVT_OUTPUT_MIN - 1, &n);
    CU_ASSERT(n == 0 && r != TVT_OK);
    r = tvt_connection_output(c, NULL, 1000, &n);
    CU_ASSERT(n == 0 && r != TVT_OK);
    r = tvt_connection_input(c, bytes, 0, &used, &app);
    CU_ASSERT(used == 0 && app.len == 0 && r != TVT_OK);
    memset(bytes, 22, sizeof bytes);
    r = tvt_connection_input(c, bytes, 4, &used, &app);
    CU_ASSERT(used == 0 && app.len == 0 && r != TVT_OK);
    (void)output;
}

/* Everything that needs another phase. */
static void
misuse(struct tvt_connection *c, bool is_client, bool untouched)
{
    uint8_t out[600], data[4] = {1, 2, 3, 4};
    size_t n = 99, used = 99;
    if (!tvt_connection_established(c)) {
        CU_ASSERT_EQUAL(tvt_connection_seal(c, out, sizeof out, &n, data, sizeof data, &used), TVT_FAIL);
        CU_ASSERT(n == 0 && used == 0 && wrong_call(c));
        CU_ASSERT_EQUAL(tvt_connection_key_update(c, true), TVT_FAIL);
        CU_ASSERT(wrong_call(c));
        CU_ASSERT_EQUAL(tvt_connection_export(c, out, 32, "EXPORTER", NULL, 0), TVT_FAIL);
        CU_ASSERT(wrong_call(c));
        CU_ASSERT_EQUAL(tvt_connection_channel_binding(c, out), TVT_FAIL);
        CU_ASSERT(wrong_call(c));
    } else {
        CU_ASSERT_EQUAL(tvt_connection_export(c, out, 255 * 64 + 1, "EXPORTER", NULL, 0), TVT_FAIL);
        CU_ASSERT(wrong_call(c));
        CU_ASSERT_EQUAL(tvt_connection_export(c, out, 16, "EXPORTER", NULL, 0), TVT_OK);
        CU_ASSERT_EQUAL(tvt_connection_channel_binding(c, out), TVT_OK);
    }
    CU_ASSERT_EQUAL(tvt_connection_seal_early(c, out, sizeof out, &n, data, sizeof data, &used), TVT_FAIL);
    CU_ASSERT(n == 0 && used == 0 && wrong_call(c));
    CU_ASSERT_EQUAL(tvt_connection_export_early(c, out, 32, "EXPORTER", NULL, 0), TVT_FAIL);
    CU_ASSERT(wrong_call(c));
    CU_ASSERT_EQUAL(tvt_connection_request_certificate(c), TVT_FAIL);
    CU_ASSERT(wrong_call(c));
    CU_ASSERT_EQUAL(tvt_connection_offer_early(c), TVT_FAIL);
    CU_ASSERT(wrong_call(c));
    if (is_client || !tvt_connection_established(c)) {
        CU_ASSERT_EQUAL(tvt_connection_send_tickets(c, 1), TVT_FAIL);
        CU_ASSERT(wrong_call(c));
    }
    if (!is_client || !untouched) {
        CU_ASSERT_EQUAL(tvt_connection_set_name(c, "other.test"), TVT_FAIL);
        CU_ASSERT(wrong_call(c));
        CU_ASSERT_EQUAL(tvt_connection_set_names(c, "other.test", NULL), TVT_FAIL);
        CU_ASSERT(wrong_call(c));
        CU_ASSERT_EQUAL(tvt_connection_add_session(c, NULL), TVT_FAIL);
        CU_ASSERT(wrong_call(c));
    }
}

/* A configuration in use does not change, by any setter. */
static void
change(struct tvt_config *c)
{
    struct tvt_config before;
    struct tvt_error e;
    memcpy(&before, c, sizeof before);
    enum tvt_result r[52];
    size_t n = 0;
    tvt_error_clear(&e);
    r[n++] = tvt_config_set_versions(c, TVT_TLS13, TVT_TLS13, &e);
    r[n++] = tvt_config_set_suites(c, "TLS_CHACHA20_POLY1305_SHA256", &e);
    r[n++] = tvt_config_set_groups(c, "x25519", &e);
    r[n++] = tvt_config_set_schemes(c, "ed25519", &e);
    r[n++] = tvt_config_set_num_shares(c, 0, &e);
    r[n++] = tvt_config_set_prioritize_chacha(c, true, &e);
    r[n++] = tvt_config_set_shares(c, "x25519", &e);
    r[n++] = tvt_config_set_judge(c, NULL, NULL, &e);
    r[n++] = tvt_config_set_hello(c, NULL, NULL, &e);
    r[n++] = tvt_config_set_request(c, NULL, NULL, &e);
    r[n++] = tvt_config_set_credential_required(c, true, &e);
    r[n++] = tvt_config_set_alpn(c, (const uint8_t *)"\1a", 2, true, &e);
    r[n++] = tvt_config_set_trust(c, NULL, &e);
    r[n++] = tvt_config_set_verify(c, TVT_VERIFY_NONE, &e);
    r[n++] = tvt_config_set_verdict(c, NULL, NULL, &e);
    r[n++] = tvt_config_set_clock(c, NULL, NULL, &e);
    r[n++] = tvt_config_set_keylog(c, NULL, NULL, &e);
    r[n++] = tvt_config_set_max_certificate(c, 1000, &e);
    r[n++] = tvt_config_set_compatibility(c, false, &e);
    r[n++] = tvt_config_set_record_size_limit(c, 64, &e);
    r[n++] = tvt_config_set_allocator(c, NULL, &e);
    r[n++] = tvt_config_add_credential(c, NULL, &e);
    r[n++] = tvt_config_set_new_session(c, NULL, NULL, &e);
    r[n++] = tvt_config_set_ticket_keys(c, NULL, &e);
    r[n++] = tvt_config_set_session_cache(c, NULL, &e);
    r[n++] = tvt_config_set_tickets(c, 1, &e);
    r[n++] = tvt_config_set_ticket_request(c, 1, 1, &e);
    r[n++] = tvt_config_set_session_lifetime(c, 1, &e);
    r[n++] = tvt_config_set_psk_modes(c, TVT_PSK_KE, &e);
    r[n++] = tvt_config_add_psk(c, NULL, &e);
    r[n++] = tvt_config_set_psk_lookup(c, NULL, NULL, &e);
    r[n++] = tvt_config_set_early_data(c, 1, &e);
    r[n++] = tvt_config_set_replay(c, NULL, 1, &e);
    r[n++] = tvt_config_set_cookie(c, NULL, true, &e);
    r[n++] = tvt_config_set_strict_name(c, true, &e);
    r[n++] = tvt_config_set_web_pki(c, true, &e);
    r[n++] = tvt_config_set_revocation(c, TVT_REVOCATION_CHAIN, &e);
    r[n++] = tvt_config_set_public_suffixes(c, NULL, &e);
    r[n++] = tvt_config_set_authorities(c, NULL, 0, &e);
    r[n++] = tvt_config_set_oid_filters(c, NULL, 0, &e);
    r[n++] = tvt_config_set_certificate_schemes(c, "ed25519", &e);
    r[n++] = tvt_config_set_staples(c, TVT_STAPLE_ASK, true, &e);
    r[n++] = tvt_config_set_certificate_types(c, NULL, 0, NULL, 0, &e);
    r[n++] = tvt_config_add_peer_key(c, tvt_span(NULL, 0), &e);
    r[n++] = tvt_config_set_compression(c, NULL, 0, &e);
    r[n++] = tvt_config_set_post_handshake_auth(c, true, &e);
    r[n++] = tvt_config_set_max_fragment(c, 512, &e);
    r[n++] = tvt_config_set_padding(c, 16, &e);
    r[n++] = tvt_config_set_grease(c, true, &e);
    for (size_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL(r[i], TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_WRONG_CALL);
    CU_ASSERT(memcmp(&before.min_version, &c->min_version, sizeof before - offsetof(struct tvt_config, min_version)) ==
              0);
}

static bool
both_established(const struct tvt_fixture *f)
{
    return tvt_connection_established(tvt_fixture_end(f, TVT_CLIENT)) &&
           tvt_connection_established(tvt_fixture_end(f, TVT_SERVER));
}

/* Held up at many places, called wrongly there, and on it goes. */
static void
every_phase(void)
{
    unsigned phases = 0;
    for (size_t k = 1; k < 1300; k += 13) {
        for (int held = 0; held < 2; held++, phases++) {
            struct tvt_fixture f;
            CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
            CU_ASSERT_FATAL(tvt_fixture_connect(&f));
            for (int role = 0; role < 2 && k == 1; role++)
                misuse(tvt_fixture_end(&f, (enum tvt_role)role), role == TVT_CLIENT, true);
            f.pair.gate[held] = k;
            tvt_pair_settle(&f.pair);
            for (int role = 0; role < 2; role++) {
                struct tvt_connection *c = tvt_fixture_end(&f, (enum tvt_role)role);
                ask(c);
                starve(c);
                misuse(c, role == TVT_CLIENT, false);
                ask(c);
                change(f.config[role]);
            }
            f.pair.gate[held] = 0;
            tvt_pair_settle(&f.pair);
            CU_ASSERT_FATAL(both_established(&f));
            CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, "ping", 4) && tvt_pair_send(&f.pair, TVT_SERVER, "pong", 4));
            tvt_pair_settle(&f.pair);
            CU_ASSERT(f.pair.end[0].data_len == 4 && f.pair.end[1].data_len == 4);
            for (int role = 0; role < 2; role++)
                misuse(tvt_fixture_end(&f, (enum tvt_role)role), role == TVT_CLIENT, false);
            CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, "ping", 4));
            tvt_pair_settle(&f.pair);
            CU_ASSERT_EQUAL(f.pair.end[1].data_len, 8);
            tvt_fixture_close(&f);
        }
    }
    printf("\n    %u phases", phases);
}

/* ---- after the end ---- */

static void
after_close(void)
{
    struct tvt_fixture f;
    uint8_t out[600], data[4] = {0};
    size_t n = 0, used = 0;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
    struct tvt_connection *c = tvt_fixture_end(&f, TVT_CLIENT);
    CU_ASSERT_EQUAL(tvt_connection_close(c), TVT_OK);
    for (int settled = 0; settled < 2; settled++) {
        CU_ASSERT(!tvt_connection_can_send(c));
        CU_ASSERT_EQUAL(tvt_connection_seal(c, out, sizeof out, &n, data, 4, &used), TVT_FAIL);
        CU_ASSERT(n == 0 && used == 0 && wrong_call(c));
        CU_ASSERT_EQUAL(tvt_connection_key_update(c, false), TVT_FAIL);
        CU_ASSERT(wrong_call(c));
        CU_ASSERT_EQUAL(tvt_connection_export(c, out, 16, "EXPORTER", NULL, 0), TVT_OK);
        ask(c);
        tvt_pair_settle(&f.pair);
    }
    CU_ASSERT(tvt_pair_send(&f.pair, TVT_SERVER, "late", 4));
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(f.pair.end[TVT_CLIENT].data_len, 4);
    CU_ASSERT_EQUAL(tvt_connection_close(tvt_fixture_end(&f, TVT_SERVER)), TVT_OK);
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(tvt_connection_input_eof(c), TVT_CLOSED);
    tvt_fixture_close(&f);
}

/* The first error stays; nothing works any more, and nothing crashes. */
static void
after_failure(void)
{
    for (int stage = 0; stage < 3; stage++) {
        struct tvt_fixture f;
        uint8_t out[600], in[] = {23, 3, 3, 0, 1, 0}, data[4] = {0};
        size_t n = 9, used = 9;
        struct tvt_span app;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        f.pair.gate[TVT_CLIENT] = stage == 1 ? 200 : 0;
        if (stage > 0)
            tvt_pair_settle(&f.pair);
        struct tvt_connection *c = tvt_fixture_end(&f, TVT_CLIENT);
        CU_ASSERT_EQUAL(tvt_connection_input_eof(c), TVT_FAIL);
        struct tvt_error first = *tvt_connection_error(c);
        CU_ASSERT_EQUAL(first.code, stage == 2 ? TVT_E_UNEXPECTED_EOF : TVT_E_EOF_IN_HANDSHAKE);
        CU_ASSERT_EQUAL(tvt_connection_handshake(c), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_input(c, in, sizeof in, &used, &app), TVT_FAIL);
        CU_ASSERT(used == 0 && app.len == 0);
        CU_ASSERT_EQUAL(tvt_connection_seal(c, out, sizeof out, &n, data, 4, &used), TVT_FAIL);
        CU_ASSERT(n == 0 && used == 0);
        CU_ASSERT_EQUAL(tvt_connection_close(c), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_key_update(c, true), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_input_eof(c), TVT_FAIL);
        CU_ASSERT_EQUAL(tvt_connection_output(c, out, sizeof out, &n), TVT_OK);
        if (stage > 0)
            CU_ASSERT_EQUAL(tvt_connection_set_name(c, "other.test"), TVT_FAIL);
        CU_ASSERT(!tvt_connection_can_send(c));
        ask(c);
        CU_ASSERT(tvt_connection_error(c)->code == first.code && tvt_connection_error(c)->line == first.line);
        tvt_fixture_close(&f);
    }
}

/* ---- names ---- */

static void
names(void)
{
    static const char *const good[] = {"localhost", "a.example.test",    "a.example.test.", "127.0.0.1",
                                       "::1",       "xn--bcher-kva.test"};
    static const char *const bad[] = {"", "a b", "-a.test", "a..test", "*.test", "host:443", "a_\n.test"};
    char longest[300];
    struct tvt_fixture f;
    struct tvt_info info;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    f.connected = true;
    CU_ASSERT_FATAL(tvt_pair_open(&f.pair, f.config[0], f.config[1], "localhost"));
    struct tvt_connection *c = tvt_fixture_end(&f, TVT_CLIENT);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bool refused = tvt_connection_set_name(c, bad[i]) == TVT_FAIL &&
                       tvt_connection_error(c)->code == TVT_E_BAD_ARGUMENT &&
                       tvt_connection_set_names(c, "localhost", bad[i]) == TVT_FAIL;
        if (!refused)
            printf("\n    \"%s\" was taken", bad[i]);
        CU_ASSERT(refused);
    }
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    CU_ASSERT_EQUAL(tvt_connection_set_name(c, longest), TVT_FAIL);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CU_ASSERT_EQUAL(tvt_connection_set_name(c, good[i]), TVT_OK);
    /* A refused name leaves the ones before it. */
    CU_ASSERT_EQUAL(tvt_connection_set_name(c, "localhost"), TVT_OK);
    CU_ASSERT_EQUAL(tvt_connection_set_names(c, "example.test", "no name"), TVT_FAIL);
    tvt_pair_settle(&f.pair);
    if (!both_established(&f))
        printf("\n    %s", tvt_fixture_error(&f, TVT_CLIENT));
    CU_ASSERT(both_established(&f));
    tvt_connection_info(tvt_fixture_end(&f, TVT_SERVER), &info);
    CU_ASSERT_STRING_EQUAL(info.server_name, "localhost");
    tvt_fixture_close(&f);
}

/* What is not there cannot be shown: a server with it would begin, and find nothing to sign with. */
static void
no_credential(void)
{
    struct tvt_fixture f;
    struct tvt_error e;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    size_t had = f.config[TVT_SERVER]->num_credentials;
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_config_add_credential(f.config[TVT_SERVER], NULL, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_BAD_ARGUMENT);
    CU_ASSERT_EQUAL(f.config[TVT_SERVER]->num_credentials, had);
    CU_ASSERT(tvt_fixture_handshake(&f));
    tvt_fixture_close(&f);
}

/* ---- the program's own memory ---- */

static void
own_memory(void)
{
    struct tvt_fixture f;
    struct tvt_connection *c = NULL;
    struct tvt_error e;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
    size_t size = tvt_connection_size(f.config[0]);
    uint8_t *memory = aligned_alloc(TVT_ALIGN, (size + 2 * TVT_ALIGN) / TVT_ALIGN * TVT_ALIGN);
    CU_ASSERT_FATAL(memory != NULL);
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_connection_init(&c, memory, size - 1, f.config[0], TVT_CLIENT, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_NO_ROOM);
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_connection_init(&c, memory + 1, size, f.config[0], TVT_CLIENT, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_BAD_ARGUMENT);
    CU_ASSERT_EQUAL(tvt_connection_init(NULL, memory, size, f.config[0], TVT_CLIENT, NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_connection_new(NULL, f.config[0], TVT_CLIENT, NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_connection_new(&c, NULL, TVT_CLIENT, NULL), TVT_FAIL);
    CU_ASSERT_EQUAL_FATAL(tvt_connection_init(&c, memory, size, f.config[0], TVT_CLIENT, NULL), TVT_OK);
    CU_ASSERT_PTR_EQUAL(c, memory);
    CU_ASSERT_EQUAL(tvt_connection_set_name(c, "localhost"), TVT_OK);
    CU_ASSERT_EQUAL(tvt_connection_handshake(c), TVT_WANT_WRITE);
    tvt_connection_free(c);
    size_t dirty = 0;
    for (size_t i = 0; i < size; i++)
        dirty += memory[i] != 0;
    CU_ASSERT_EQUAL(dirty, 0); /* wiped, and still the program's */
    tvt_connection_free(NULL);
    free(memory);
    tvt_fixture_close(&f);
}

int
tvt_register_calls(void)
{
    static const CU_TestInfo tests[] = {
        {"every call in every phase", every_phase}, {"after close", after_close},
        {"after a failure", after_failure},         {"names", names},
        {"no credential", no_credential},           {"the program's own memory", own_memory},
    };
    return suite_register("calls", tests, sizeof tests / sizeof tests[0]);
}
