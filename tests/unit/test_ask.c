/* SPDX-License-Identifier: MIT
 *
 * What the program is asked in the middle of a handshake, and how it refuses: the peer's certificates, a ClientHello, a
 * CertificateRequest; the alert that goes out (RFC 9846 6.2).
 */
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_ask(void);

/* A program's answers, and what it was shown. */
struct program {
    enum tvt_result answers[4]; /* one after the other, the last one again */
    size_t asked;
    uint8_t alert;           /* of its refusal; 0: none is chosen */
    enum tvt_result refused; /* of tvt_connection_refuse()        */
    enum tvt_error_code refused_code;
    size_t num, staple_len; /* certificates shown, staple seen   */
    char name[64];
    struct tvt_hello hello;
    struct tvt_request request;
    bool in_order;
};

static enum tvt_result
answer(struct program *p, struct tvt_connection *c)
{
    size_t i = p->asked++;
    enum tvt_result r = p->answers[i < 3 ? i : 3];
    if (r == TVT_FAIL && p->alert != 0) {
        p->refused = tvt_connection_refuse(c, p->alert, "the \x01 reason");
        p->refused_code = tvt_connection_error(c)->code;
    }
    return r;
}

static enum tvt_result
judge(void *user, struct tvt_connection *c, const struct tvt_span *chain, size_t num)
{
    struct program *p = user;
    struct tvt_info info;
    tvt_connection_info(c, &info);
    p->num = num;
    p->in_order = num > 0 && chain[0].len > 0 && tvt_span_equal(chain[0], tvt_connection_peer_certificate(c, 0)) &&
                  !tvt_connection_established(c);
    p->staple_len = tvt_connection_peer_ocsp(c).len;
    (void)snprintf(p->name, sizeof p->name, "%s", info.server_name);
    return answer(p, c);
}

static enum tvt_result
take_hello(void *user, struct tvt_connection *c, const struct tvt_hello *hello)
{
    struct program *p = user;
    p->hello = *hello;
    (void)snprintf(p->name, sizeof p->name, "%s", hello->server_name);
    p->in_order = tvt_list16_has(hello->suites, 0x1303) || tvt_list16_has(hello->suites, 0x1301);
    p->in_order = p->in_order && tvt_list16_has(hello->schemes, TVT_SCHEME_ED25519) && hello->groups.len > 0 &&
                  hello->random.len == 32;
    return answer(p, c);
}

static enum tvt_result
take_request(void *user, struct tvt_connection *c, const struct tvt_request *request)
{
    struct program *p = user;
    p->request = *request;
    p->in_order = tvt_list16_has(request->schemes, TVT_SCHEME_ED25519);
    return answer(p, c);
}

/* Calls again as long as something is put off. */
static bool
shake(struct tvt_fixture *f)
{
    bool done = false;
    for (int i = 0; i < 4 && !done; i++)
        done = tvt_pair_handshake(&f->pair);
    return done;
}

static bool
told_alert(const struct tvt_fixture *f, enum tvt_role role, uint8_t alert)
{
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(f, role));
    return e->code == TVT_E_PEER_ALERT && e->origin == TVT_ORIGIN_PEER && e->alert == alert;
}

/* ---- certificates ---- */

static const struct {
    uint8_t alert;
    bool fits_certificate, fits_hello, fits_request;
} alerts[] = {
    {0, true, true, true}, /* none is chosen */
    {TVT_ALERT_BAD_CERTIFICATE, true, false, false},
    {TVT_ALERT_UNSUPPORTED_CERTIFICATE, true, false, false},
    {TVT_ALERT_CERTIFICATE_REVOKED, true, false, false},
    {TVT_ALERT_CERTIFICATE_EXPIRED, true, false, false},
    {TVT_ALERT_CERTIFICATE_UNKNOWN, true, false, false},
    {TVT_ALERT_UNKNOWN_CA, true, false, false},
    {TVT_ALERT_ACCESS_DENIED, true, true, true},
    {TVT_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, true, false, false},
    {TVT_ALERT_HANDSHAKE_FAILURE, true, true, true},
    {TVT_ALERT_INSUFFICIENT_SECURITY, false, true, true},
    {TVT_ALERT_INTERNAL_ERROR, false, true, true},
    {TVT_ALERT_UNRECOGNIZED_NAME, false, true, false},
    {TVT_ALERT_BAD_RECORD_MAC, false, false, false},
    {TVT_ALERT_USER_CANCELED, false, false, false},
    {TVT_ALERT_DECODE_ERROR, false, false, false},
    {255, false, false, false},
};

/* The alert that is wanted, or the default where it does not fit, which is said in words. */
static void
check_refusal(const struct tvt_fixture *f, enum tvt_role role, const struct program *p, bool fits,
              enum tvt_error_code code)
{
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(f, role));
    uint8_t wanted = fits && p->alert != 0 ? p->alert : tvt_error_alert(code);
    CU_ASSERT_EQUAL(e->code, code);
    CU_ASSERT_EQUAL(e->alert, wanted);
    CU_ASSERT(told_alert(f, role == TVT_CLIENT ? TVT_SERVER : TVT_CLIENT, wanted));
    CU_ASSERT(p->in_order);
    if (p->alert == 0)
        return;
    CU_ASSERT_EQUAL(p->refused, fits ? TVT_OK : TVT_FAIL);
    CU_ASSERT_EQUAL(p->refused_code, fits ? TVT_E_NONE : TVT_E_BAD_ARGUMENT);
    CU_ASSERT_EQUAL(strcmp(e->detail, fits ? "the \\x01 reason" : ""), 0);
}

static void
certificates(void)
{
    for (size_t i = 0; i < 2 * sizeof alerts / sizeof alerts[0]; i++) {
        enum tvt_role role = i % 2 == 0 ? TVT_CLIENT : TVT_SERVER;
        struct program p = {.answers = {TVT_PENDING, TVT_FAIL, TVT_FAIL, TVT_FAIL}, .alert = alerts[i / 2].alert};
        struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_judge(f.config[role], judge, &p, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        CU_ASSERT(!shake(&f));
        CU_ASSERT_EQUAL(p.asked, 2);
        CU_ASSERT_EQUAL(strcmp(p.name, "localhost"), 0);
        check_refusal(&f, role, &p, alerts[i / 2].fits_certificate, TVT_E_CERT_REJECTED);
        tvt_fixture_close(&f);
    }
}

/* Accepted; and a verdict that takes the place of a judge, and the other way round. */
static enum tvt_result
verdict(void *user, const struct tvt_span *chain, size_t num)
{
    (void)chain;
    (void)num;
    ++*(unsigned *)user;
    return TVT_OK;
}

static void
one_of_two(void)
{
    for (int last = 0; last < 3; last++) {
        struct program p = {.answers = {TVT_OK, TVT_OK, TVT_OK, TVT_OK}};
        struct tvt_fixture f;
        unsigned verdicts = 0;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        struct tvt_config *c = f.config[TVT_CLIENT];
        if (last == 0)
            CU_ASSERT_EQUAL(tvt_config_set_judge(c, judge, &p, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_verdict(c, verdict, &verdicts, NULL), TVT_OK);
        if (last > 0)
            CU_ASSERT_EQUAL(tvt_config_set_judge(c, last == 1 ? judge : NULL, &p, NULL), TVT_OK);
        CU_ASSERT(tvt_fixture_handshake(&f));
        CU_ASSERT_EQUAL(verdicts, last == 0);
        CU_ASSERT_EQUAL(p.asked, last == 1);
        CU_ASSERT_EQUAL(tvt_connection_refuse(tvt_fixture_end(&f, TVT_CLIENT), TVT_ALERT_UNKNOWN_CA, NULL), TVT_FAIL);
        CU_ASSERT_EQUAL(auth_code(&f, TVT_CLIENT), TVT_E_WRONG_CALL);
        CU_ASSERT(auth_talks(&f));
        tvt_fixture_close(&f);
    }
}

/* ---- ClientHello and CertificateRequest ---- */

static void
hellos(void)
{
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        struct program p = {.answers = {TVT_PENDING, TVT_PENDING, TVT_FAIL, TVT_FAIL}, .alert = alerts[i].alert};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        CU_ASSERT_EQUAL(tvt_config_set_hello(f.config[TVT_SERVER], take_hello, &p, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        CU_ASSERT(!shake(&f));
        CU_ASSERT_EQUAL(p.asked, 3);
        CU_ASSERT_EQUAL(strcmp(p.name, "localhost"), 0);
        check_refusal(&f, TVT_SERVER, &p, alerts[i].fits_hello, TVT_E_HELLO_REFUSED);
        tvt_fixture_close(&f);
    }
}

/* Once for each client, though a HelloRetryRequest brings a second ClientHello. */
static void
hello_once(void)
{
    for (int retry = 0; retry < 2; retry++) {
        struct program p = {.answers = {TVT_PENDING, TVT_OK, TVT_FAIL, TVT_FAIL}};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        if (retry)
            CU_ASSERT_EQUAL(tvt_config_set_num_shares(f.config[TVT_CLIENT], 0, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_hello(f.config[TVT_SERVER], take_hello, &p, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_hello(f.config[TVT_CLIENT], take_hello, &p, NULL), TVT_OK); /* a server's */
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        CU_ASSERT(shake(&f));
        CU_ASSERT_EQUAL(p.asked, 2);
        CU_ASSERT(p.in_order && !p.hello.offers_psk && !p.hello.offers_early_data);
        CU_ASSERT_EQUAL(auth_info(&f, TVT_SERVER).hello_retry, retry != 0);
        CU_ASSERT(auth_talks(&f));
        tvt_fixture_close(&f);
    }
}

static void
requests(void)
{
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        struct program p = {.answers = {TVT_PENDING, TVT_FAIL, TVT_FAIL, TVT_FAIL}, .alert = alerts[i].alert};
        struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUEST, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_request(f.config[TVT_CLIENT], take_request, &p, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&f));
        CU_ASSERT(!shake(&f));
        CU_ASSERT_EQUAL(p.asked, 2);
        check_refusal(&f, TVT_CLIENT, &p, alerts[i].fits_request, TVT_E_REQUEST_REFUSED);
        tvt_fixture_close(&f);
    }
}

/* Not asked where the server does not ask; after the handshake, the same. */
static void
request_later(void)
{
    struct program p = {.answers = {TVT_PENDING, TVT_OK, TVT_OK, TVT_OK}};
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(f.config[TVT_CLIENT], true, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_post_handshake_auth(f.config[TVT_SERVER], true, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_request(f.config[TVT_CLIENT], take_request, &p, NULL), TVT_OK);
    CU_ASSERT_FATAL(tvt_fixture_connect(&f));
    CU_ASSERT(shake(&f));
    CU_ASSERT_EQUAL(p.asked, 0);
    CU_ASSERT_EQUAL(tvt_connection_request_certificate(tvt_fixture_end(&f, TVT_SERVER)), TVT_OK);
    for (int i = 0; i < 4; i++) {
        tvt_pair_settle(&f.pair);
        f.pair.end[TVT_CLIENT].last = tvt_connection_handshake(tvt_fixture_end(&f, TVT_CLIENT));
    }
    CU_ASSERT_EQUAL(p.asked, 2);
    CU_ASSERT(p.in_order && auth_info(&f, TVT_SERVER).client_authenticated);
    CU_ASSERT(auth_talks(&f));
    tvt_fixture_close(&f);
}

int
tvt_register_ask(void)
{
    static const CU_TestInfo tests[] = {
        {"the alert of a refused certificate", certificates}, {"a verdict or a judge", one_of_two},
        {"the alert of a refused ClientHello", hellos},       {"a ClientHello is shown once", hello_once},
        {"the alert of a refused request", requests},         {"a request after the handshake", request_later},
    };
    return suite_register("ask", tests, sizeof tests / sizeof tests[0]);
}
