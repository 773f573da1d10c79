/* SPDX-License-Identifier: MIT
 *
 * Errors that no other suite causes on purpose, each by what a peer or the system does: keys and 0-RTT that a server may not
 * take, raw keys that are none, a port that cannot be had, a backend without randomness.
 */
#include "tests/providers/fault.h"
#include "tests/support/bend.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/connection_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>
#include <trivet/bio.h>
#include <trivet/ssl.h>

int tvt_register_provoked(void);

/* The field that a message's error names, too. */
static void
expect(const struct tvt_fixture *f, enum tvt_role victim, enum tvt_error_code code, const char *field)
{
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(f, victim));
    CU_ASSERT(tvt_again_failed(f, victim, code));
    CU_ASSERT_STRING_EQUAL(e->field != NULL ? e->field : "", field);
}

/* ---- a server's answer to what it was offered ---- */

/* RFC 9846 4.3.11: selected_identity within the range of what was offered, and of the cipher suite's hash. */
static void
wrong_psk(void)
{
    static struct tvt_bend bend;
    struct tvt_again a;
    tvt_again_open(&a, 0, 0);
    tvt_again_first(&a);
    bend = (struct tvt_bend){.kind = TVT_MSG_SERVER_HELLO13, .op = TVT_BEND_PUT, .at = 41, .hex = "0001"};
    a.f.config[TVT_SERVER]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
    tvt_again_connect(&a, false);
    CU_ASSERT_FALSE(tvt_pair_handshake(&a.f.pair));
    CU_ASSERT(bend.done);
    expect(&a.f, TVT_CLIENT, TVT_E_WRONG_PSK, "selected_identity");
    CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&a.f, TVT_CLIENT))->got, 1);
    tvt_again_close(&a);
}

/* RFC 9846 4.3.10: a server that says yes to 0-RTT, with another protocol than the ticket's. */
static void
wrong_early_data(void)
{
    static const uint8_t one[] = {2, 'h', '1', 2, 'h', '2'}, two[] = {2, 'h', '2'};
    static struct tvt_bend bend;
    struct tvt_again a;
    tvt_again_open(&a, 100, 100);
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_alpn(a.f.config[role], one, sizeof one, false, NULL), TVT_OK);
    tvt_again_first(&a);
    CU_ASSERT_EQUAL(tvt_config_set_alpn(a.f.config[TVT_SERVER], two, sizeof two, false, NULL), TVT_OK);
    bend = (struct tvt_bend){.kind = TVT_MSG_ENCRYPTED_EXTENSIONS, .op = TVT_BEND_ADD, .at = 42, .hex = ""};
    a.f.config[TVT_SERVER]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
    tvt_again_connect(&a, true);
    CU_ASSERT_FALSE(tvt_pair_handshake(&a.f.pair));
    CU_ASSERT(bend.done);
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&a.f, TVT_CLIENT));
    CU_ASSERT_EQUAL(e->code, TVT_E_WRONG_EARLY_DATA);
    CU_ASSERT_STRING_EQUAL(e->field != NULL ? e->field : "", "early_data and alpn");
    tvt_again_close(&a);
}

/* ---- raw keys that are none (RFC 7250 3) ---- */

static void
raw_keys(void)
{
    static const uint8_t raw[] = {TVT_CERTIFICATE_RAW_KEY};
    static const struct {
        int num;
        enum tvt_error_code code;
        const char *hex, *field;
    } cases[] = {
        {1, TVT_E_RAW_KEY_MALFORMED, "302a300506032b6570032100", "subjectPublicKeyInfo"}, /* the key is cut off */
        {1, TVT_E_RAW_KEY_MALFORMED, "04020102", "subjectPublicKeyInfo"},                 /* an OCTET STRING */
        {2, TVT_E_RAW_KEY_NOT_ALONE, "300506032b6570", "certificate_list"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct tvt_bend bend;
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        bend = (struct tvt_bend){
            .kind = TVT_MSG_CERTIFICATE, .op = TVT_BEND_CHAIN, .at = cases[i].num, .hex = cases[i].hex};
        auth_put(&f, TVT_SERVER, auth_raw_key(tvt_config_provider(f.config[TVT_SERVER]), "ed25519"));
        for (int role = 0; role < 2; role++) {
            CU_ASSERT_EQUAL(tvt_config_set_certificate_types(f.config[role], raw, sizeof raw, NULL, 0, NULL), TVT_OK);
            CU_ASSERT_EQUAL(tvt_config_set_versions(f.config[role], TVT_TLS13, TVT_TLS13, NULL), TVT_OK);
        }
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_CLIENT], TVT_VERIFY_NONE, NULL), TVT_OK);
        f.config[TVT_SERVER]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
        CU_ASSERT_FALSE(tvt_fixture_handshake(&f));
        CU_ASSERT(bend.done);
        expect(&f, TVT_CLIENT, cases[i].code, cases[i].field);
        tvt_fixture_close(&f);
    }
}

/* ---- the machine ---- */

/* 192.0.2.0/24 is for examples, and nobody's: no socket can be bound there. */
static void
no_such_port(void)
{
    BIO *bio = BIO_new_accept("192.0.2.1:0");
    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    ERR_clear_error();
    CU_ASSERT(BIO_do_accept(bio) <= 0);
    const struct tvt_error *e = SSL_get0_error_record(NULL);
    CU_ASSERT_EQUAL(e->code, TVT_E_IO_LISTEN);
    CU_ASSERT_EQUAL(e->origin, TVT_ORIGIN_OS);
    CU_ASSERT(e->native != 0 && strstr(e->detail, "192.0.2.1") != NULL);
    ERR_clear_error();
    BIO_free_all(bio);
}

/* No randomness, no hello: nothing leaves. */
static void
no_randomness(void)
{
    struct tvt_provider *inner = NULL, *fault = NULL;
    struct tvt_fixture f;
    CU_ASSERT_EQUAL_FATAL(tvt_provider_open(&inner, NULL, NULL), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_fault_new(&fault, inner), TVT_CRYPTO_OK);
    struct tvt_fixture_options o = {.provider = {fault, NULL}};
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    struct tvt_connection *client = tvt_fixture_end(&f, TVT_CLIENT);
    for (uint64_t n = 1; n < 50 && tvt_fault_failed(fault) != TVT_FAULT_RANDOM; n++) {
        tvt_pair_close(&f.pair);
        f.connected = false;
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        client = tvt_fixture_end(&f, TVT_CLIENT);
        tvt_fault_arm(fault, n, TVT_CRYPTO_RANDOM);
        (void)!tvt_connection_handshake(client);
    }
    CU_ASSERT_EQUAL(tvt_fault_failed(fault), TVT_FAULT_RANDOM);
    const struct tvt_error *e = tvt_connection_error(client);
    CU_ASSERT_EQUAL(e->code, TVT_E_RANDOM);
    CU_ASSERT_EQUAL(e->origin, TVT_ORIGIN_BACKEND);
    CU_ASSERT_FALSE(tvt_pair_handshake(&f.pair));
    CU_ASSERT_EQUAL(f.pair.queue[TVT_SERVER].total, 7); /* an alert, and nothing else */
    CU_ASSERT(!tvt_connection_established(client));
    tvt_fixture_close(&f);
    tvt_provider_free(fault);
}

int
tvt_register_provoked(void)
{
    static const CU_TestInfo tests[] = {{"a key that was not offered", wrong_psk},
                                        {"0-RTT under another protocol", wrong_early_data},
                                        {"raw keys that are none", raw_keys},
                                        {"a port that cannot be had", no_such_port},
                                        {"no randomness", no_randomness}};
    return suite_register("provoked", tests, sizeof tests / sizeof tests[0]);
}
