/* SPDX-License-Identifier: MIT
 *
 * Which version two ends come to (RFC 9846 4.2.3, 4.3.1, appendix E; RFC 7507), and what TLS 1.2 has for later: renegotiation,
 * which is refused (RFC 5746 4), and alerts of the level warning (RFC 5246 7.2).
 */
#include "core/connection/connection.h"
#include "tests/support/bend.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_versions(void);

#define ONLY13 "TLS_CHACHA20_POLY1305_SHA256"
#define ONLY12 "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"

/* ---- what the configurations come to ---- */

struct meeting {
    uint16_t client_min, client_max, server_min, server_max;
    const char *client_suites, *server_suites; /* NULL: the default */
    uint16_t version;                          /* 0: refused        */
    enum tvt_role victim;
    enum tvt_error_code code;
};

static const struct meeting meetings[] = {
    {TVT_TLS12, TVT_TLS13, TVT_TLS12, TVT_TLS13, NULL, NULL, TVT_TLS13, 0, TVT_E_NONE},
    {TVT_TLS12, TVT_TLS13, TVT_TLS12, TVT_TLS12, NULL, NULL, TVT_TLS12, 0, TVT_E_NONE},
    {TVT_TLS12, TVT_TLS12, TVT_TLS12, TVT_TLS13, NULL, NULL, TVT_TLS12, 0, TVT_E_NONE},
    {TVT_TLS12, TVT_TLS12, TVT_TLS12, TVT_TLS12, NULL, NULL, TVT_TLS12, 0, TVT_E_NONE},
    {TVT_TLS13, TVT_TLS13, TVT_TLS12, TVT_TLS13, NULL, NULL, TVT_TLS13, 0, TVT_E_NONE},
    {TVT_TLS12, TVT_TLS13, TVT_TLS13, TVT_TLS13, NULL, NULL, TVT_TLS13, 0, TVT_E_NONE},
    {TVT_TLS13, TVT_TLS13, TVT_TLS12, TVT_TLS12, NULL, NULL, 0, TVT_SERVER, TVT_E_PROTOCOL_VERSION},
    {TVT_TLS12, TVT_TLS12, TVT_TLS13, TVT_TLS13, NULL, NULL, 0, TVT_SERVER, TVT_E_TLS12_NOT_AVAILABLE},
    /* A version without a suite is none: nobody says that it is there, and nobody warns of its loss. */
    {TVT_TLS12, TVT_TLS13, TVT_TLS12, TVT_TLS13, ONLY12, NULL, TVT_TLS12, 0, TVT_E_NONE},
    {TVT_TLS12, TVT_TLS13, TVT_TLS12, TVT_TLS13, NULL, ONLY12, TVT_TLS12, 0, TVT_E_NONE},
    {TVT_TLS12, TVT_TLS13, TVT_TLS12, TVT_TLS13, ONLY12, ONLY12, TVT_TLS12, 0, TVT_E_NONE},
    {TVT_TLS12, TVT_TLS13, TVT_TLS12, TVT_TLS13, ONLY13, NULL, TVT_TLS13, 0, TVT_E_NONE},
    {TVT_TLS12, TVT_TLS13, TVT_TLS12, TVT_TLS13, ONLY13, ONLY12, 0, TVT_SERVER, TVT_E_PROTOCOL_VERSION},
    {TVT_TLS12, TVT_TLS13, TVT_TLS12, TVT_TLS13, ONLY12, ONLY13, 0, TVT_SERVER, TVT_E_TLS12_NOT_AVAILABLE},
};

static void
configurations(void)
{
    for (size_t i = 0; i < sizeof meetings / sizeof meetings[0]; i++) {
        const struct meeting *m = &meetings[i];
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        tls12_versions(&b, TVT_CLIENT, m->client_min, m->client_max);
        tls12_versions(&b, TVT_SERVER, m->server_min, m->server_max);
        if (m->client_suites != NULL)
            CU_ASSERT_EQUAL(tvt_config_set_suites(b.f.config[TVT_CLIENT], m->client_suites, NULL), TVT_OK);
        if (m->server_suites != NULL)
            CU_ASSERT_EQUAL(tvt_config_set_suites(b.f.config[TVT_SERVER], m->server_suites, NULL), TVT_OK);
        bool done = tvt_fixture_handshake(&b.f) && resume_exchange(&b);
        if (done != (m->version != 0))
            printf("\n    row %zu: %s; %s", i, tvt_fixture_error(&b.f, TVT_CLIENT),
                   tvt_fixture_error(&b.f, TVT_SERVER));
        CU_ASSERT_EQUAL(done, m->version != 0);
        CU_ASSERT(done ? resume_info(&b, TVT_CLIENT).version == m->version &&
                             resume_info(&b, TVT_SERVER).version == m->version
                       : tls12_failed(&b, m->victim, m->code));
        resume_close(&b);
    }
}

/* ---- somebody on the way takes TLS 1.3 out of the offer, or a client falls back ---- */

static void
take_versions(struct tvt_client_hello *m)
{
    m->ext.present &= ~(TVT_EXT_BIT(TVT_EXT_SUPPORTED_VERSIONS) | TVT_EXT_BIT(TVT_EXT_KEY_SHARE) |
                        TVT_EXT_BIT(TVT_EXT_PSK_KEY_EXCHANGE_MODES));
}
static void
fall_back(struct tvt_client_hello *m)
{
    static uint8_t suites[64];
    memcpy(suites, m->suites.data, m->suites.len);
    suites[m->suites.len] = 0x56;
    suites[m->suites.len + 1] = 0x00;
    m->suites = tvt_span(suites, m->suites.len + 2);
}
static void
fall_back_without_versions(struct tvt_client_hello *m)
{
    take_versions(m);
    fall_back(m);
}
static void
only_old(struct tvt_client_hello *m)
{
    take_versions(m);
    m->legacy_version = 0x0302;
}
static void
newest(struct tvt_client_hello *m)
{
    m->legacy_version = 0x0304; /* a version to come has no other way to say so: it is answered with what is known */
}
static void
no_extensions(struct tvt_client_hello *m)
{
    m->has_extensions = false;
}

struct offer {
    void (*change)(struct tvt_client_hello *m);
    uint16_t client, server; /* the highest versions */
    enum tvt_role victim;
    enum tvt_error_code code; /* NONE: TLS 1.2 comes of it */
};

static const struct offer offers[] = {
    {take_versions, TVT_TLS13, TVT_TLS13, TVT_CLIENT, TVT_E_DOWNGRADE},
    {fall_back, TVT_TLS12, TVT_TLS13, TVT_SERVER, TVT_E_FALLBACK},
    {fall_back_without_versions, TVT_TLS13, TVT_TLS13, TVT_SERVER, TVT_E_FALLBACK},
    {only_old, TVT_TLS12, TVT_TLS12, TVT_SERVER, TVT_E_PROTOCOL_VERSION},
    {only_old, TVT_TLS12, TVT_TLS13, TVT_SERVER, TVT_E_PROTOCOL_VERSION},
    {no_extensions, TVT_TLS12, TVT_TLS12, TVT_SERVER, TVT_E_NO_EXTENDED_MASTER_SECRET},
};

/* What went is what the client's transcript has, so that a change is an offer of its own; where it harms, somebody says so. */
static void
bent_offers(void)
{
    static struct tvt_bend bend;
    for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
        struct resume b;
        memset(&bend, 0, offsetof(struct tvt_bend, out));
        bend.kind = TVT_MSG_CLIENT_HELLO;
        bend.op = TVT_BEND_CLIENT;
        bend.client = offers[i].change;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        tls12_versions(&b, TVT_CLIENT, TVT_TLS12, offers[i].client);
        tls12_versions(&b, TVT_SERVER, TVT_TLS12, offers[i].server);
        b.f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
        CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
        CU_ASSERT(bend.done && tls12_failed(&b, offers[i].victim, offers[i].code));
        resume_close(&b);
    }
}

/* Odd, and allowed: the SCSV where nothing higher is there (RFC 7507 3), and a version that is not known yet (RFC 5246 E.1). */
static void
odd_offers(void)
{
    static void (*const changes[])(struct tvt_client_hello *) = {fall_back, newest};
    static struct tvt_bend bend;
    for (size_t i = 0; i < 2; i++) {
        struct resume b;
        memset(&bend, 0, offsetof(struct tvt_bend, out));
        bend.kind = TVT_MSG_CLIENT_HELLO;
        bend.op = TVT_BEND_CLIENT;
        bend.client = changes[i];
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        b.f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
        CU_ASSERT(tls12_run(&b, 0) && bend.done);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).version, TVT_TLS12);
        resume_close(&b);
    }
}

/* The marks in a random, each against each highest version of the client. */
static void
sentinels(void)
{
    static const struct {
        const char *mark;
        uint16_t client;
        bool refused;
    } cases[] = {{"444f574e47524401", TVT_TLS13, true},
                 {"444f574e47524401", TVT_TLS12, false}, /* it was asked for no more */
                 {"444f574e47524400", TVT_TLS13, true},
                 {"444f574e47524400", TVT_TLS12, true}, /* of a server that was made to say TLS 1.1 */
                 {"444f574e47524402", TVT_TLS13, false}};
    static struct tvt_bend bend;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct resume b;
        memset(&bend, 0, offsetof(struct tvt_bend, out));
        bend.kind = TVT_MSG_SERVER_HELLO12;
        bend.op = TVT_BEND_SET;
        bend.at = TVT_HANDSHAKE_HEADER + 2 + 24;
        bend.hex = cases[i].mark;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        tls12_versions(&b, TVT_CLIENT, TVT_TLS12, cases[i].client);
        b.f.config[TVT_SERVER]->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
        CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
        CU_ASSERT(bend.done);
        /* Where the mark says nothing, the random that the server signed is still another one. */
        CU_ASSERT(tls12_failed(&b, TVT_CLIENT, cases[i].refused ? TVT_E_DOWNGRADE : TVT_E_BAD_SIGNATURE));
        resume_close(&b);
    }
}

static bool
see_random(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    if (kind == TVT_MSG_SERVER_HELLO12)
        memcpy(user, message->data + TVT_HANDSHAKE_HEADER + 2, 32);
    return false;
}

static void
sent_sentinels(void)
{
    static const uint8_t mark[8] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 1};
    for (int newer = 0; newer < 3; newer++) {
        uint8_t random[32] = {0};
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        tls12_versions(&b, TVT_SERVER, TVT_TLS12, newer ? TVT_TLS13 : TVT_TLS12);
        if (newer == 2) /* in name alone */
            CU_ASSERT_EQUAL(tvt_config_set_suites(b.f.config[TVT_SERVER], ONLY12, NULL), TVT_OK);
        b.f.config[TVT_SERVER]->test_port = (struct tvt_test_port){see_random, random};
        CU_ASSERT(tls12_run(&b, 0));
        CU_ASSERT_EQUAL(memcmp(random + 24, mark, 8) == 0, newer == 1);
        resume_close(&b);
    }
}

/* 0-RTT has no meaning to a server of TLS 1.2 (RFC 9846 appendix E.3), and none in a client of it. */
static void
early_data(void)
{
    struct tvt_session *plain = tls12_psk("early"), *early = NULL;
    CU_ASSERT_EQUAL_FATAL(tvt_session_with_early_data(&early, plain, 1000, 0x1303, tvt_span(NULL, 0), NULL), TVT_OK);
    for (int both = 0; both < 2; both++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, both ? TLS12_BOTH : 0));
        CU_ASSERT_EQUAL(tvt_config_set_early_data(b.f.config[TVT_CLIENT], 1000, NULL), TVT_OK);
        tls12_connect(&b, 0);
        CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&b.f, TVT_CLIENT), early), TVT_OK);
        CU_ASSERT_EQUAL(tvt_connection_offer_early(tvt_fixture_end(&b.f, TVT_CLIENT)), TVT_OK);
        bool done = tvt_pair_handshake(&b.f.pair);
        CU_ASSERT_EQUAL(done, both == 0);
        CU_ASSERT_EQUAL(auth_code(&b.f, TVT_CLIENT), both ? TVT_E_EARLY_DATA_TLS12 : TVT_E_NONE);
        resume_close(&b);
    }
    tvt_session_unref(plain);
    tvt_session_unref(early);
}

/* A binder has made a key schedule of TLS 1.3 in the ClientHello; that of TLS 1.2 takes its memory. */
static void
key_schedules(void)
{
    struct tvt_session *psk = tls12_psk("nobody here");
    struct resume b;
    CU_ASSERT_EQUAL(offsetof(struct tvt_scratch, schedule), offsetof(struct tvt_scratch, schedule12));
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_BOTH));
    CU_ASSERT_EQUAL(tvt_config_add_psk(b.f.config[TVT_CLIENT], psk, NULL), TVT_OK);
    tls12_connect(&b, 0);
    CU_ASSERT(tvt_pair_step(&b.f.pair, TVT_CLIENT));
    CU_ASSERT_EQUAL(tvt_fixture_end(&b.f, TVT_CLIENT)->hs.scratch->schedule.stage, TVT_STAGE_EARLY);
    CU_ASSERT(tvt_pair_handshake(&b.f.pair) && resume_exchange(&b));
    CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).version, TVT_TLS12);
    resume_close(&b);
    tvt_session_unref(psk);
}

/* ---- later: renegotiation and warnings ---- */

static void
renegotiation(void)
{
    static const uint8_t hello_request[] = {TVT_HT_HELLO_REQUEST, 0, 0, 0};
    static uint8_t hello[2048];
    static const unsigned forms[] = {0, TLS12_ID, TLS12_REQUEST | TLS12_GIVE};
    for (size_t i = 0; i < 2 * sizeof forms / sizeof forms[0]; i++) {
        enum tvt_role victim = i % 2 == 0 ? TVT_CLIENT : TVT_SERVER;
        struct resume b;
        size_t len = 0;
        CU_ASSERT_FATAL(tls12_open(&b, forms[i / 2]));
        tls12_connect(&b, forms[i / 2]);
        CU_ASSERT(tvt_pair_step(&b.f.pair, TVT_CLIENT));
        len = tvt_load_u16(b.f.pair.queue[TVT_SERVER].bytes + 3);
        memcpy(hello, b.f.pair.queue[TVT_SERVER].bytes + TVT_RECORD_HEADER, len);
        CU_ASSERT_FATAL(tvt_pair_handshake(&b.f.pair) && resume_exchange(&b));
        struct tvt_span bytes = victim == TVT_CLIENT ? tvt_span(hello_request, 4) : tvt_span(hello, len);
        CU_ASSERT_EQUAL(tvt_connection_test_send(tvt_fixture_end(&b.f, (enum tvt_role)(1 - victim)), bytes), TVT_OK);
        tvt_pair_settle(&b.f.pair);
        CU_ASSERT(tls12_failed(&b, victim, TVT_E_RENEGOTIATION));
        CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&b.f, victim))->alert, TVT_ALERT_NO_RENEGOTIATION);
        resume_close(&b);
    }
}

/* HelloRequests behind one message of a flight. */
struct requests {
    enum tvt_message_kind behind;
    unsigned num;
    bool done;
    uint8_t bytes[8192];
};

static bool
put_requests(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    struct requests *q = user;
    size_t all = 4u * q->num;
    if (kind != q->behind || q->done || message->len + all > sizeof q->bytes)
        return false;
    memset(q->bytes, 0, sizeof q->bytes);
    memcpy(q->bytes, message->data, message->len);
    *message = tvt_span(q->bytes, message->len + all);
    q->done = true;
    return true;
}

/* RFC 5246 7.4.1.1: in the middle of a handshake it is ignored, and no part of the hashes; without end it is a flood. */
static void
hello_requests(void)
{
    static const struct {
        unsigned flags;
        enum tvt_message_kind behind;
    } places[] = {{0, TVT_MSG_SERVER_HELLO12},
                  {0, TVT_MSG_CERTIFICATE12},
                  {TLS12_STAPLE, TVT_MSG_CERTIFICATE12},
                  {TLS12_STAPLE, TVT_MSG_CERTIFICATE_STATUS},
                  {TLS12_REQUEST, TVT_MSG_SERVER_KEY_EXCHANGE},
                  {TLS12_REQUEST, TVT_MSG_CERTIFICATE_REQUEST12},
                  {TLS12_REQUEST | TLS12_GIVE, TVT_MSG_NEW_SESSION_TICKET12},
                  {TLS12_PSK, TVT_MSG_SERVER_HELLO12},
                  {TLS12_PSK, TVT_MSG_SERVER_KEY_EXCHANGE},
                  {TLS12_BOTH, TVT_MSG_SERVER_HELLO12},
                  {TLS12_ID, TVT_MSG_SERVER_HELLO12},
                  {TLS12_TICKET, TVT_MSG_SERVER_HELLO12},
                  {TLS12_TICKET | TLS12_OLD, TVT_MSG_NEW_SESSION_TICKET12}};
    static struct requests q;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        for (unsigned num = 1; num < TVT_LIMIT_HELLO_REQUESTS + 3; num++) {
            bool ok = num <= TVT_LIMIT_HELLO_REQUESTS;
            struct resume b;
            q = (struct requests){.behind = places[i].behind, .num = num};
            CU_ASSERT_FATAL(tls12_open(&b, places[i].flags));
            b.f.config[TVT_SERVER]->test_port = (struct tvt_test_port){put_requests, &q};
            tls12_connect(&b, places[i].flags);
            bool done = tvt_pair_handshake(&b.f.pair);
            if (done != ok)
                printf("\n    %zu, %u times: %s", i, num, tvt_fixture_error(&b.f, TVT_CLIENT));
            CU_ASSERT(q.done && done == ok);
            CU_ASSERT(ok ? resume_exchange(&b) : tls12_failed(&b, TVT_CLIENT, TVT_E_TOO_MANY_HELLO_REQUESTS));
            resume_close(&b);
        }
}

/* A record at the front of what is on its way. */
static void
put_record(struct tvt_pair *pair, enum tvt_role to, const uint8_t *record, size_t len)
{
    struct tvt_queue *q = &pair->queue[to];
    memmove(q->bytes + len, q->bytes, q->len);
    memcpy(q->bytes, record, len);
    q->len += len;
    q->total += len;
}

/* Who may still come to TLS 1.2, ignores what a server of it says before its hello; who cannot, does not. */
static void
before_server_hello(void)
{
    static const uint8_t request[] = {TVT_CONTENT_HANDSHAKE, 3, 3, 0, 4, TVT_HT_HELLO_REQUEST, 0, 0, 0},
                         warning[] = {TVT_CONTENT_ALERT,          3, 3, 0, 2, TVT_ALERT_LEVEL_WARNING,
                                      TVT_ALERT_UNRECOGNIZED_NAME};
    static const struct {
        uint16_t client_min, client_max, server_min, server_max;
        bool open;
    } cases[] = {{TVT_TLS12, TVT_TLS12, TVT_TLS12, TVT_TLS12, true},
                 {TVT_TLS12, TVT_TLS13, TVT_TLS12, TVT_TLS12, true},
                 {TVT_TLS12, TVT_TLS13, TVT_TLS12, TVT_TLS13, true},
                 {TVT_TLS13, TVT_TLS13, TVT_TLS13, TVT_TLS13, false}};
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        bool alert = i % 2 != 0;
        unsigned limit = alert ? TVT_LIMIT_WARNINGS : TVT_LIMIT_HELLO_REQUESTS;
        for (unsigned num = 1; num <= limit + 1; num++) {
            bool open = cases[i / 2].open, ok = open && num <= limit;
            enum tvt_error_code flood = alert ? TVT_E_TOO_MANY_WARNINGS : TVT_E_TOO_MANY_HELLO_REQUESTS,
                                closed = alert ? TVT_E_PEER_ALERT : TVT_E_UNKNOWN_MESSAGE;
            struct resume b;
            CU_ASSERT_FATAL(tls12_open(&b, 0));
            tls12_versions(&b, TVT_CLIENT, cases[i / 2].client_min, cases[i / 2].client_max);
            tls12_versions(&b, TVT_SERVER, cases[i / 2].server_min, cases[i / 2].server_max);
            tls12_connect(&b, 0);
            CU_ASSERT(tvt_pair_step(&b.f.pair, TVT_CLIENT));
            for (unsigned n = 0; n < num; n++)
                put_record(&b.f.pair, TVT_CLIENT, alert ? warning : request, alert ? sizeof warning : sizeof request);
            CU_ASSERT_EQUAL(tvt_pair_handshake(&b.f.pair), ok);
            CU_ASSERT_EQUAL(auth_code(&b.f, TVT_CLIENT), ok ? TVT_E_NONE : open ? flood : closed);
            CU_ASSERT(!ok || resume_exchange(&b));
            resume_close(&b);
        }
    }
}

/* Behind a HelloRetryRequest, and behind a ServerHello of TLS 1.3, it is TLS 1.3 for good (RFC 9846 6): a warning is an error
 * alert, in the clear or not. */
static void
behind_the_choice(void)
{
    static const uint8_t warning[] = {TVT_CONTENT_ALERT,          3, 3, 0, 2, TVT_ALERT_LEVEL_WARNING,
                                      TVT_ALERT_UNRECOGNIZED_NAME},
                         request[] = {TVT_CONTENT_HANDSHAKE, 3, 3, 0, 4, TVT_HT_HELLO_REQUEST, 0, 0, 0};
    for (int alert = 0; alert < 2; alert++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        for (int role = 0; role < 2; role++)
            tls12_versions(&b, (enum tvt_role)role, TVT_TLS12, TVT_TLS13);
        CU_ASSERT_EQUAL(tvt_config_set_num_shares(b.f.config[TVT_CLIENT], 0, NULL), TVT_OK);
        tls12_connect(&b, 0);
        for (int turn = 0; turn < 20 && !resume_info(&b, TVT_CLIENT).hello_retry; turn++)
            (void)tvt_pair_step(&b.f.pair, turn % 2 == 0 ? TVT_CLIENT : TVT_SERVER);
        CU_ASSERT_STRING_EQUAL(tvt_connection_state(tvt_fixture_end(&b.f, TVT_CLIENT)), "client13.WAIT_SH2");
        put_record(&b.f.pair, TVT_CLIENT, alert ? warning : request, alert ? sizeof warning : sizeof request);
        CU_ASSERT_FALSE(tvt_pair_handshake(&b.f.pair));
        CU_ASSERT_EQUAL(auth_code(&b.f, TVT_CLIENT), alert ? TVT_E_PEER_ALERT : TVT_E_UNKNOWN_MESSAGE);
        resume_close(&b);
    }
}

static void
put_alert(struct tvt_pair *pair, enum tvt_role to, uint8_t level, uint8_t alert)
{
    const uint8_t record[] = {TVT_CONTENT_ALERT, 3, 3, 0, 2, level, alert};
    put_record(pair, to, record, sizeof record);
}

/* A warning in the middle of a handshake is passed over, so many times; the same alert as a fatal one ends it. */
static void
warnings(void)
{
    for (unsigned num = 1; num < TVT_LIMIT_WARNINGS + 3; num++)
        for (int fatal = 0; fatal < 2; fatal++) {
            struct resume b;
            CU_ASSERT_FATAL(tls12_open(&b, 0));
            tls12_connect(&b, 0);
            CU_ASSERT(tvt_pair_step(&b.f.pair, TVT_CLIENT) && tvt_pair_step(&b.f.pair, TVT_SERVER));
            for (unsigned i = 0; i < num; i++)
                put_alert(&b.f.pair, TVT_CLIENT, fatal ? TVT_ALERT_LEVEL_FATAL : TVT_ALERT_LEVEL_WARNING,
                          TVT_ALERT_UNRECOGNIZED_NAME);
            bool done = tvt_pair_handshake(&b.f.pair), ok = !fatal && num <= TVT_LIMIT_WARNINGS;
            enum tvt_error_code code = auth_code(&b.f, TVT_CLIENT);
            CU_ASSERT_EQUAL(done, ok);
            CU_ASSERT_EQUAL(code, ok ? TVT_E_NONE : fatal ? TVT_E_PEER_ALERT : TVT_E_TOO_MANY_WARNINGS);
            CU_ASSERT(!fatal ||
                      tvt_connection_error(tvt_fixture_end(&b.f, TVT_CLIENT))->alert == TVT_ALERT_UNRECOGNIZED_NAME);
            CU_ASSERT(!ok || resume_exchange(&b));
            resume_close(&b);
        }
}

/* Behind the handshake they are protected; close_notify is one of them, and still the end. */
static void
protected_alerts(void)
{
    for (int to = 0; to < 2; to++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        CU_ASSERT(tls12_run(&b, 0));
        put_alert(&b.f.pair, (enum tvt_role)to, TVT_ALERT_LEVEL_WARNING, TVT_ALERT_CLOSE_NOTIFY);
        tvt_pair_settle(&b.f.pair);
        CU_ASSERT_FALSE(tvt_connection_received_close(tvt_fixture_end(&b.f, (enum tvt_role)to)));
        CU_ASSERT(auth_code(&b.f, (enum tvt_role)to) != TVT_E_NONE);
        CU_ASSERT(tls12_failed(&b, (enum tvt_role)to, auth_code(&b.f, (enum tvt_role)to)));
        resume_close(&b);
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        CU_ASSERT(tls12_run(&b, 0));
        CU_ASSERT_EQUAL(tvt_connection_close(tvt_fixture_end(&b.f, (enum tvt_role)(1 - to))), TVT_OK);
        tvt_pair_settle(&b.f.pair);
        CU_ASSERT(tvt_connection_received_close(tvt_fixture_end(&b.f, (enum tvt_role)to)));
        CU_ASSERT_EQUAL(auth_code(&b.f, (enum tvt_role)to), TVT_E_NONE);
        resume_close(&b);
    }
}

int
tvt_register_versions(void)
{
    static const CU_TestInfo tests[] = {
        {"what two configurations come to", configurations},
        {"offers that were changed", bent_offers},
        {"offers that are odd and allowed", odd_offers},
        {"marks in a ServerHello", sentinels},
        {"marks in ours", sent_sentinels},
        {"0-RTT and TLS 1.2", early_data},
        {"key schedules of both versions", key_schedules},
        {"renegotiation", renegotiation},
        {"HelloRequest in a handshake", hello_requests},
        {"before the ServerHello", before_server_hello},
        {"behind the choice of a version", behind_the_choice},
        {"warnings", warnings},
        {"alerts behind the handshake", protected_alerts},
    };
    return suite_register("versions", tests, sizeof tests / sizeof tests[0]);
}
