/* SPDX-License-Identifier: MIT
 *
 * Post-handshake authentication (RFC 9846 4.7.2): asked, answered, declined, several at once, while data flow and keys
 * change; and what neither side may do.
 */
#include "core/connection/connection.h"
#include "core/handshake/post13.h"
#include "tests/support/bend.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_post(void);

static const struct tvt_fixture_options with_key = {.client_key = "client-ed25519", .client_root = "ed25519"};

static void
open_post(struct tvt_fixture *f, const struct tvt_fixture_options *o)
{
    CU_ASSERT_FATAL(tvt_fixture_open(f, o));
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(f->config[role], true, NULL), TVT_OK);
}

static bool
ask(struct tvt_fixture *f)
{
    return tvt_connection_request_certificate(tvt_fixture_end(f, TVT_SERVER)) == TVT_OK;
}

static bool
both_know(const struct tvt_fixture *f)
{
    struct tvt_info server = auth_info(f, TVT_SERVER), client = auth_info(f, TVT_CLIENT);
    return server.client_authenticated && server.peer_verified && client.client_authenticated &&
           server.num_peer_certificates == 2;
}

static void
asked_and_answered(void)
{
    struct tvt_fixture f;
    open_post(&f, &with_key);
    CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
    CU_ASSERT(!auth_info(&f, TVT_SERVER).client_authenticated);
    CU_ASSERT_EQUAL(auth_info(&f, TVT_SERVER).num_peer_certificates, 0);
    CU_ASSERT(auth_talks(&f));
    for (unsigned i = 0; i < 5; i++) { /* and again: each has a context of its own */
        CU_ASSERT(ask(&f));
        tvt_pair_settle(&f.pair);
        CU_ASSERT(both_know(&f));
        CU_ASSERT(auth_talks(&f));
    }
    CU_ASSERT(!tvt_post13_awaits(&tvt_fixture_end(&f, TVT_SERVER)->hs));
    tvt_fixture_close(&f);
}

/* A client without a certificate, or without one that fits, declines. */
static void
declined(void)
{
    for (int required = 0; required < 2; required++) {
        struct tvt_fixture_options o = {.client_root = "ed25519"};
        struct tvt_fixture f;
        open_post(&f, &o);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        /* REQUIRE would ask in the handshake already: set behind it, as only a test can */
        f.config[TVT_SERVER]->verify = required ? TVT_VERIFY_REQUIRE : TVT_VERIFY_PEER;
        CU_ASSERT(ask(&f));
        tvt_pair_settle(&f.pair);
        CU_ASSERT(!auth_info(&f, TVT_SERVER).client_authenticated && !auth_info(&f, TVT_CLIENT).client_authenticated);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), required ? TVT_E_CERTIFICATE_REQUIRED : TVT_E_NONE);
        CU_ASSERT(required ? auth_told(&f, TVT_CLIENT, TVT_E_CERTIFICATE_REQUIRED) : auth_talks(&f));
        tvt_fixture_close(&f);
    }
}

/* After a certificate in the handshake a declined request takes nothing away. */
static void
declined_later(void)
{
    struct tvt_fixture f;
    open_post(&f, &with_key);
    CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUEST, NULL), TVT_OK);
    CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
    CU_ASSERT(both_know(&f));
    f.config[TVT_CLIENT]->num_credentials = 0;
    CU_ASSERT(ask(&f));
    tvt_pair_settle(&f.pair);
    f.config[TVT_CLIENT]->num_credentials = 1;
    CU_ASSERT(both_know(&f));
    CU_ASSERT(auth_talks(&f));
    tvt_fixture_close(&f);
}

static void
several_at_once(void)
{
    struct tvt_fixture f;
    open_post(&f, &with_key);
    CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
    for (unsigned i = 0; i < TVT_POST13_REQUESTS; i++)
        CU_ASSERT(ask(&f));
    CU_ASSERT(!ask(&f)); /* no answer has come yet */
    CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_WRONG_CALL);
    tvt_pair_settle(&f.pair);
    CU_ASSERT(both_know(&f));
    CU_ASSERT(!tvt_post13_awaits(&tvt_fixture_end(&f, TVT_SERVER)->hs));
    CU_ASSERT(ask(&f));
    tvt_pair_settle(&f.pair);
    CU_ASSERT(auth_talks(&f) && both_know(&f));
    tvt_fixture_close(&f);
}

/* Key updates before, between and behind; Finished counts under the current key (RFC 9846 4.5). */
static void
keys_change(void)
{
    for (unsigned i = 0; i < 16; i++) {
        struct tvt_fixture f;
        open_post(&f, &with_key);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        struct tvt_connection *client = tvt_fixture_end(&f, TVT_CLIENT), *server = tvt_fixture_end(&f, TVT_SERVER);
        if (i & 1)
            CU_ASSERT_EQUAL(tvt_connection_key_update(client, (i & 8) != 0), TVT_OK);
        if (i & 2)
            CU_ASSERT_EQUAL(tvt_connection_key_update(server, (i & 8) != 0), TVT_OK);
        CU_ASSERT(ask(&f));
        if (i & 4)
            CU_ASSERT_EQUAL(tvt_connection_key_update(server, true), TVT_OK);
        tvt_pair_settle(&f.pair);
        CU_ASSERT(both_know(&f) && auth_talks(&f));
        CU_ASSERT(ask(&f));
        tvt_pair_settle(&f.pair);
        CU_ASSERT(both_know(&f) && auth_talks(&f));
        tvt_fixture_close(&f);
    }
}

/* Data on their way in both directions when it is asked, and one byte at a time. */
static void
among_data(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct tvt_fixture f;
        open_post(&f, &with_key);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        f.pair.chunk = i == 0 ? 0 : 1;
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, "before", 6) && tvt_pair_send(&f.pair, TVT_SERVER, "before", 6));
        CU_ASSERT(ask(&f));
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_SERVER, "behind", 6) && tvt_pair_send(&f.pair, TVT_CLIENT, "behind", 6));
        tvt_pair_settle(&f.pair);
        for (int role = 0; role < 2; role++)
            CU_ASSERT(f.pair.end[role].data_len == 12 && memcmp(f.pair.end[role].data, "beforebehind", 12) == 0);
        CU_ASSERT(both_know(&f) && auth_talks(&f));
        tvt_fixture_close(&f);
    }
}

/* ---- what is not allowed ---- */

static void
not_offered(void)
{
    for (int side = 0; side < 2; side++) { /* who does not want it */
        struct tvt_fixture f;
        open_post(&f, &with_key);
        CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(f.config[side], false, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        CU_ASSERT(!ask(&f));
        CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_WRONG_CALL);
        CU_ASSERT(auth_talks(&f));
        tvt_fixture_close(&f);
    }
}

/* A server that asks all the same. */
static void
asked_unasked(void)
{
    uint8_t bytes[64];
    size_t len = tvt_bend_hex(bytes, sizeof bytes, "0d00000e 03616161 0008 000d0004 0002 0807");
    for (int offered = 0; offered < 2; offered++) {
        struct tvt_fixture f;
        open_post(&f, &with_key);
        CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(f.config[TVT_CLIENT], offered != 0, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        CU_ASSERT_EQUAL(tvt_connection_test_send(tvt_fixture_end(&f, TVT_SERVER), tvt_span(bytes, len)), TVT_OK);
        tvt_pair_settle(&f.pair);
        /* A client that offered it answers; then the server knows of no such request. */
        CU_ASSERT_EQUAL(auth_code(&f, offered ? TVT_SERVER : TVT_CLIENT), TVT_E_UNEXPECTED_MESSAGE);
        CU_ASSERT(auth_told(&f, offered ? TVT_CLIENT : TVT_SERVER, TVT_E_UNEXPECTED_MESSAGE));
        CU_ASSERT(!auth_info(&f, TVT_SERVER).client_authenticated);
        tvt_fixture_close(&f);
    }
}

struct intrusion {
    const char *name, *hex;
    enum tvt_error_code code;
};

/* A client that answers with something else. The request is out. */
static void
bad_answers(void)
{
    static const struct intrusion cases[] = {
        {"no context", "0b000004 00 000000", TVT_E_BAD_REQUEST_CONTEXT},
        {"another context", "0b000007 03616263 000000", TVT_E_BAD_REQUEST_CONTEXT},
        {"CertificateVerify first", "0f000006 0807 0002 0000", TVT_E_UNEXPECTED_MESSAGE},
        {"Finished first", "14000020 00000000000000000000000000000000 00000000000000000000000000000000",
         TVT_E_UNEXPECTED_MESSAGE},
        {"a long Certificate", "0b020001", TVT_E_MESSAGE_TOO_LONG},
        {"compressed, not asked for", "1900000d 0001 000004 000005 4200000000", TVT_E_COMPRESSION_ALGORITHM},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tvt_fixture f;
        uint8_t bytes[64];
        size_t len = tvt_bend_hex(bytes, sizeof bytes, cases[i].hex);
        open_post(&f, &with_key);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        CU_ASSERT(ask(&f));
        CU_ASSERT_EQUAL(tvt_connection_test_send(tvt_fixture_end(&f, TVT_CLIENT), tvt_span(bytes, len)), TVT_OK);
        tvt_pair_settle(&f.pair);
        if (auth_code(&f, TVT_SERVER) != cases[i].code)
            printf("\n    %s: %s", cases[i].name, tvt_fixture_error(&f, TVT_SERVER));
        CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), cases[i].code);
        CU_ASSERT(auth_told(&f, TVT_CLIENT, cases[i].code));
        CU_ASSERT(!auth_info(&f, TVT_SERVER).client_authenticated);
        tvt_fixture_close(&f);
    }
}

/* Nobody asked: neither the message nor the memory for a long one. */
static void
unasked_answers(void)
{
    static const struct intrusion cases[] = {
        {"a Certificate", "0b000004 00 000000", TVT_E_UNEXPECTED_MESSAGE},
        {"a compressed one", "1900000d 0001 000004 000005 4200000000", TVT_E_UNEXPECTED_MESSAGE},
        {"the head of a long one", "0b018000", TVT_E_MESSAGE_TOO_LONG},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const struct intrusion *c = &cases[i / 2];
        struct tvt_fixture f;
        uint8_t bytes[64];
        size_t len = tvt_bend_hex(bytes, sizeof bytes, c->hex);
        open_post(&f, &with_key);
        CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(f.config[TVT_SERVER], i % 2 == 0, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        CU_ASSERT_EQUAL(tvt_connection_test_send(tvt_fixture_end(&f, TVT_CLIENT), tvt_span(bytes, len)), TVT_OK);
        tvt_pair_settle(&f.pair);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), c->code);
        CU_ASSERT(auth_told(&f, TVT_CLIENT, c->code));
        tvt_fixture_close(&f);
    }
}

/* One bit of the answer, which goes as one message here, is turned: in the certificate, in CertificateVerify's signature, in
 * Finished. Each ends the connection, and the client is not authenticated. */
static void
bent_answers(void)
{
    static const enum tvt_error_code codes[] = {TVT_E_CERT_BAD_SIGNATURE, TVT_E_BAD_SIGNATURE, TVT_E_BAD_FINISHED};
    for (unsigned i = 0; i < 3; i++) {
        struct tvt_fixture f;
        static struct tvt_bend bend;
        memset(&bend, 0, sizeof bend);
        bend.kind = TVT_MSG_CERTIFICATE;
        bend.op = TVT_BEND_FLIP;
        open_post(&f, &with_key);
        f.config[TVT_CLIENT]->test_port.replace = tvt_bend_message;
        f.config[TVT_CLIENT]->test_port.user = &bend;
        CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
        int finished = 4 + tvt_fixture_end(&f, TVT_CLIENT)->hs.hash->out_len;
        size_t leaf = f.config[TVT_CLIENT]->credentials[0]->chain[0].len;
        bend.at = i == 0 ? (int)(4 + 1 + 32 + 3 + 3 + leaf) - 20 : i == 1 ? -finished - 50 : -5;
        CU_ASSERT(ask(&f));
        tvt_pair_settle(&f.pair);
        CU_ASSERT(bend.done);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), codes[i]);
        CU_ASSERT(auth_told(&f, TVT_CLIENT, codes[i]));
        CU_ASSERT(!auth_info(&f, TVT_SERVER).client_authenticated);
        tvt_fixture_close(&f);
    }
}

static void
untrusted(void)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ec256"};
    struct tvt_fixture f;
    if (!tvt_fixture_can_verify(tvt_fixture_provider(NULL), "ec256"))
        o.client_root = "rsa2048"; /* any root but the client's */
    open_post(&f, &o);
    CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
    CU_ASSERT(ask(&f));
    tvt_pair_settle(&f.pair);
    CU_ASSERT_EQUAL(auth_code(&f, TVT_SERVER), TVT_E_CERT_UNKNOWN_ISSUER);
    CU_ASSERT(auth_told(&f, TVT_CLIENT, TVT_E_CERT_UNKNOWN_ISSUER));
    CU_ASSERT(!auth_info(&f, TVT_SERVER).client_authenticated && !auth_info(&f, TVT_SERVER).peer_verified);
    tvt_fixture_close(&f);
}

int
tvt_register_post(void)
{
    static const CU_TestInfo tests[] = {
        {"asked and answered", asked_and_answered},
        {"declined", declined},
        {"declined later", declined_later},
        {"several at once", several_at_once},
        {"keys change", keys_change},
        {"among data", among_data},
        {"not offered", not_offered},
        {"asked though not offered", asked_unasked},
        {"bad answers", bad_answers},
        {"answers to nothing", unasked_answers},
        {"bent answers", bent_answers},
        {"untrusted", untrusted},
    };
    return suite_register("post", tests, sizeof tests / sizeof tests[0]);
}
