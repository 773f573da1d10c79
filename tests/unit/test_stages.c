/* SPDX-License-Identifier: MIT
 *
 * Every message in every waiting state of a real connection: what the table has is taken, everything else is refused with
 * unexpected_message and the list of what was legal.
 */
#include "core/connection/connection.h"
#include "core/handshake/protocol.h"
#include "tests/support/fixture.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_stages(void);

/* ---- a well-formed message of each kind ---- */

#define MESSAGE_MAX 4096u

struct caught {
    uint8_t bytes[MESSAGE_MAX];
    size_t len;
};
static struct caught catalogue[TVT_MSG_NUM_KINDS13];

/* "Compressed" as it is: whether a library is there does not matter here. */
static size_t
stored_bound(size_t len)
{
    return len;
}

static bool
store(uint8_t *out, size_t cap, size_t *out_len, struct tvt_span in)
{
    if (in.len > cap)
        return false;
    memcpy(out, in.data, in.len);
    *out_len = in.len;
    return true;
}

static bool
unstore(uint8_t *out, size_t len, struct tvt_span in)
{
    if (in.len != len)
        return false;
    memcpy(out, in.data, len);
    return true;
}

static const struct tvt_compression stored = {0xfff0, "stored", stored_bound, store, unstore};

static bool
catch_message(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    (void)user;
    if (message->data[0] == TVT_HT_COMPRESSED_CERTIFICATE) /* goes in the place of a Certificate */
        kind = TVT_MSG_COMPRESSED_CERTIFICATE;
    if (message->len <= sizeof catalogue[kind].bytes) {
        memcpy(catalogue[kind].bytes, message->data, message->len);
        catalogue[kind].len = message->len;
    }
    return false;
}

static void
catch_handshake(bool compressed)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    struct tvt_fixture f;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    CU_ASSERT(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL) == TVT_OK);
    CU_ASSERT(tvt_config_set_num_shares(f.config[TVT_CLIENT], 0, NULL) == TVT_OK);
    for (int role = 0; role < 2; role++) {
        f.config[role]->test_port = (struct tvt_test_port){catch_message, NULL};
        CU_ASSERT(!compressed || tvt_config_add_compression(f.config[role], &stored));
    }
    CU_ASSERT(tvt_fixture_handshake(&f));
    tvt_fixture_close(&f);
}

static void
begin(struct tvt_writer *w, enum tvt_message_kind kind)
{
    tvt_writer_init(w, catalogue[kind].bytes, sizeof catalogue[kind].bytes);
}

static void
build_catalogue(void)
{
    struct tvt_new_session_ticket ticket = {
        .lifetime = 100, .nonce = tvt_span("n", 1), .ticket = tvt_span("ticket", 6)};
    struct tvt_server_hello old = {
        .legacy_version = 0x0303, .random = tvt_span("0123456789abcdef0123456789abcdef", 32), .suite = 0xc02f};
    struct tvt_writer w;
    catch_handshake(false);
    catch_handshake(true);
    begin(&w, TVT_MSG_NEW_SESSION_TICKET);
    tvt_encode_new_session_ticket(&w, &ticket);
    catalogue[TVT_MSG_NEW_SESSION_TICKET].len = tvt_writer_len(&w);
    begin(&w, TVT_MSG_KEY_UPDATE);
    tvt_encode_key_update(&w, 0);
    catalogue[TVT_MSG_KEY_UPDATE].len = tvt_writer_len(&w);
    begin(&w, TVT_MSG_END_OF_EARLY_DATA);
    tvt_encode_end_of_early_data(&w);
    catalogue[TVT_MSG_END_OF_EARLY_DATA].len = tvt_writer_len(&w);
    begin(&w, TVT_MSG_SERVER_HELLO12);
    tvt_encode_server_hello(&w, &old, TVT_MSG_SERVER_HELLO12);
    catalogue[TVT_MSG_SERVER_HELLO12].len = tvt_writer_len(&w);
    for (unsigned kind = TVT_MSG_CLIENT_HELLO; kind < TVT_MSG_NUM_KINDS13; kind++) {
        struct tvt_message m;
        struct tvt_span raw = tvt_span(catalogue[kind].bytes, catalogue[kind].len);
        CU_ASSERT_FATAL(raw.len > 0 && tvt_message_decode(&m, raw, NULL) == TVT_OK && m.kind == kind);
    }
}

/* ---- the stages ---- */

/* RETRY: a HelloRetryRequest comes. REQUEST: the client's certificate is asked for. PSK: a pre-shared key is used. EARLY: and
 * 0-RTT offered with it. UNKNOWN: the server does not have that key. REPLAYED: it has, but does not take the 0-RTT. POST:
 * post-handshake authentication is on; the server asks where it is the victim. */
enum flag { RETRY = 1, REQUEST = 2, PSK = 4, EARLY = 8, POST = 16, UNKNOWN = 32, REPLAYED = 64 };

/* How the peer is made to say something else at the moment when the victim waits in a certain state. */
struct stage {
    enum tvt_role victim;
    const char *state;
    enum tvt_message_kind instead_of; /* what the peer would send then; NONE: any time after the handshake */
    unsigned nth;                     /* of that kind, from 0          */
    unsigned flags;
    unsigned keep; /* messages that stay before it, of those that are sent in one piece */
};

static const struct stage stages[] = {
    {TVT_CLIENT, "client13.WAIT_SH", TVT_MSG_SERVER_HELLO13, 0, 0, 0},
    {TVT_CLIENT, "client13.WAIT_SH", TVT_MSG_HELLO_RETRY, 0, RETRY, 0},
    {TVT_CLIENT, "client13.WAIT_SH", TVT_MSG_SERVER_HELLO13, 0, PSK, 0},
    {TVT_CLIENT, "client13.WAIT_SH_EARLY", TVT_MSG_SERVER_HELLO13, 0, PSK | EARLY, 0},
    {TVT_CLIENT, "client13.WAIT_SH_EARLY", TVT_MSG_HELLO_RETRY, 0, PSK | EARLY | RETRY, 0},
    {TVT_CLIENT, "client13.WAIT_SH2", TVT_MSG_SERVER_HELLO13, 0, RETRY, 0},
    {TVT_CLIENT, "client13.WAIT_SH2", TVT_MSG_SERVER_HELLO13, 0, PSK | EARLY | RETRY, 0},
    {TVT_CLIENT, "client13.WAIT_EE", TVT_MSG_ENCRYPTED_EXTENSIONS, 0, 0, 0},
    {TVT_CLIENT, "client13.WAIT_EE", TVT_MSG_ENCRYPTED_EXTENSIONS, 0, PSK, 0},
    {TVT_CLIENT, "client13.WAIT_EE_EARLY", TVT_MSG_ENCRYPTED_EXTENSIONS, 0, PSK | EARLY, 0},
    {TVT_CLIENT, "client13.WAIT_CERT_CR", TVT_MSG_CERTIFICATE, 0, 0, 0},
    {TVT_CLIENT, "client13.WAIT_CERT_CR", TVT_MSG_CERTIFICATE_REQUEST, 0, REQUEST, 0},
    {TVT_CLIENT, "client13.WAIT_CERT", TVT_MSG_CERTIFICATE, 0, REQUEST, 0},
    {TVT_CLIENT, "client13.WAIT_CV", TVT_MSG_CERTIFICATE_VERIFY, 0, 0, 0},
    {TVT_CLIENT, "client13.WAIT_CV_CR", TVT_MSG_CERTIFICATE_VERIFY, 0, REQUEST, 0},
    {TVT_CLIENT, "client13.WAIT_FIN", TVT_MSG_FINISHED, 0, 0, 0},
    {TVT_CLIENT, "client13.WAIT_FIN_CR", TVT_MSG_FINISHED, 0, REQUEST, 0},
    {TVT_CLIENT, "client13.WAIT_FIN", TVT_MSG_FINISHED, 0, PSK, 0},
    {TVT_CLIENT, "client13.WAIT_FIN_EARLY", TVT_MSG_FINISHED, 0, PSK | EARLY, 0},
    {TVT_CLIENT, "client13.WAIT_CERT_CR", TVT_MSG_CERTIFICATE, 0, PSK | EARLY | UNKNOWN, 0},
    {TVT_CLIENT, "client13.WAIT_FIN", TVT_MSG_FINISHED, 0, PSK | EARLY | REPLAYED, 0},
    {TVT_CLIENT, "client13.CONNECTED", TVT_MSG_NONE, 0, 0, 0},
    {TVT_CLIENT, "client13.CONNECTED", TVT_MSG_NONE, 0, PSK | EARLY, 0},
    {TVT_CLIENT, "client13.CONNECTED", TVT_MSG_NONE, 0, POST, 0},
    {TVT_SERVER, "server.WAIT_CH", TVT_MSG_CLIENT_HELLO, 0, 0, 0},
    {TVT_SERVER, "server13.WAIT_CH2", TVT_MSG_CLIENT_HELLO, 1, RETRY, 0},
    {TVT_SERVER, "server13.WAIT_CH2", TVT_MSG_CLIENT_HELLO, 1, PSK | EARLY | RETRY, 0},
    {TVT_SERVER, "server13.WAIT_EOED", TVT_MSG_END_OF_EARLY_DATA, 0, PSK | EARLY, 0},
    {TVT_SERVER, "server13.WAIT_FIN_EARLY", TVT_MSG_FINISHED, 0, PSK | EARLY, 0},
    {TVT_SERVER, "server13.WAIT_CERT", TVT_MSG_CERTIFICATE, 0, REQUEST, 0},
    {TVT_SERVER, "server13.WAIT_CV", TVT_MSG_CERTIFICATE_VERIFY, 0, REQUEST, 0},
    {TVT_SERVER, "server13.WAIT_FIN", TVT_MSG_FINISHED, 0, 0, 0},
    {TVT_SERVER, "server13.WAIT_FIN", TVT_MSG_FINISHED, 0, REQUEST, 0},
    {TVT_SERVER, "server13.WAIT_FIN", TVT_MSG_FINISHED, 0, PSK, 0},
    {TVT_SERVER, "server13.WAIT_FIN", TVT_MSG_FINISHED, 0, PSK | EARLY | UNKNOWN, 0},
    {TVT_SERVER, "server13.WAIT_FIN", TVT_MSG_FINISHED, 0, PSK | EARLY | REPLAYED, 0},
    {TVT_SERVER, "server13.CONNECTED", TVT_MSG_NONE, 0, 0, 0},
    {TVT_SERVER, "server13.CONNECTED", TVT_MSG_NONE, 0, PSK | EARLY, 0},
    {TVT_SERVER, "server13.CONNECTED", TVT_MSG_NONE, 0, POST, 0},
    {TVT_SERVER, "server13.WAIT_POST_CV", TVT_MSG_CERTIFICATE, 0, POST, 1},
    {TVT_SERVER, "server13.WAIT_POST_FIN", TVT_MSG_CERTIFICATE, 0, POST, 2},
};
#define NUM_STAGES (sizeof stages / sizeof stages[0])

struct swap {
    const struct stage *stage;
    enum tvt_message_kind with;
    unsigned seen;
    bool done;
    uint8_t bytes[2 * MESSAGE_MAX]; /* what is kept, and what comes instead of the rest */
};

static bool
swap_message(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    struct swap *s = user;
    const struct caught *with = &catalogue[s->with];
    size_t kept = 0;
    if (kind != s->stage->instead_of || s->seen++ != s->stage->nth)
        return false;
    for (unsigned i = 0; i < s->stage->keep && kept + TVT_HANDSHAKE_HEADER < message->len; i++)
        kept += TVT_HANDSHAKE_HEADER + tvt_load_u24(message->data + kept + 1);
    if (kept > message->len || kept + with->len > sizeof s->bytes)
        return false;
    memcpy(s->bytes, message->data, kept);
    memcpy(s->bytes + kept, with->bytes, with->len);
    s->done = true;
    *message = tvt_span(s->bytes, kept + with->len);
    return true;
}

/* ---- one connection ---- */

static enum tvt_result
first_time(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now_ms, uint64_t until_ms)
{
    const struct swap *swap = user;
    CU_ASSERT(id != NULL && now_ms < until_ms);
    return swap->stage->flags & REPLAYED ? TVT_FAIL : TVT_OK;
}

static struct tvt_session *
make_psk(bool early)
{
    struct tvt_session *plain = NULL, *with_early = NULL;
    static const uint8_t key[32] = {1, 2, 3};
    CU_ASSERT_FATAL(tvt_session_new_external(&plain, tvt_span("stage", 5), tvt_span(key, sizeof key), TVT_HASH_SHA256,
                                             NULL) == TVT_OK);
    if (!early)
        return plain;
    CU_ASSERT_FATAL(tvt_session_with_early_data(&with_early, plain, 1000, 0x1303, tvt_span(NULL, 0), NULL) == TVT_OK);
    tvt_session_unref(plain);
    return with_early;
}

static void
connect(struct tvt_fixture *f, const struct stage *stage, struct swap *swap)
{
    static struct tvt_replay replay;
    struct tvt_config *client = f->config[TVT_CLIENT], *server = f->config[TVT_SERVER];
    enum tvt_role peer = (enum tvt_role)(1 - stage->victim);
    struct tvt_session *psk = stage->flags & PSK ? make_psk(stage->flags & EARLY) : NULL;
    if (stage->flags & REQUEST)
        CU_ASSERT(tvt_config_set_verify(server, TVT_VERIFY_REQUIRE, NULL) == TVT_OK);
    if (stage->flags & RETRY)
        CU_ASSERT(tvt_config_set_num_shares(client, 0, NULL) == TVT_OK);
    for (int role = 0; role < 2; role++) {
        CU_ASSERT(tvt_config_set_post_handshake_auth(f->config[role], stage->flags & POST, NULL) == TVT_OK);
        CU_ASSERT(tvt_config_set_early_data(f->config[role], 1000, NULL) == TVT_OK);
    }
    replay = (struct tvt_replay){swap, first_time};
    CU_ASSERT(tvt_config_set_replay(server, &replay, 10000, NULL) == TVT_OK);
    if (psk != NULL && !(stage->flags & UNKNOWN))
        CU_ASSERT(tvt_config_add_psk(server, psk, NULL) == TVT_OK);
    CU_ASSERT(tvt_config_add_compression(f->config[stage->victim], &stored));
    f->config[peer]->test_port = (struct tvt_test_port){swap_message, swap};
    CU_ASSERT_FATAL(tvt_fixture_connect(f));
    if (psk != NULL)
        CU_ASSERT(tvt_connection_add_session(tvt_fixture_end(f, TVT_CLIENT), psk) == TVT_OK);
    if (stage->flags & EARLY)
        CU_ASSERT(tvt_connection_offer_early(tvt_fixture_end(f, TVT_CLIENT)) == TVT_OK);
    tvt_session_unref(psk);
}

/* The handshake, and what comes behind it, with one message swapped for one of `kind`. */
static void
provoke(struct tvt_fixture *f, const struct stage *stage, enum tvt_message_kind kind, struct swap *swap)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    struct tvt_connection *peer;
    bool behind = stage->instead_of == TVT_MSG_NONE || stage->flags & POST;
    swap->stage = stage;
    swap->with = kind;
    swap->seen = 0;
    swap->done = false;
    CU_ASSERT_FATAL(tvt_fixture_open(f, &o));
    connect(f, stage, swap);
    peer = tvt_fixture_end(f, (enum tvt_role)(1 - stage->victim));
    if (!behind) {
        (void)tvt_pair_handshake(&f->pair);
        return;
    }
    CU_ASSERT_FATAL(tvt_pair_handshake(&f->pair));
    if (stage->flags & POST && stage->victim == TVT_SERVER)
        CU_ASSERT_EQUAL(tvt_connection_request_certificate(tvt_fixture_end(f, TVT_SERVER)), TVT_OK);
    if (stage->instead_of == TVT_MSG_NONE) {
        struct tvt_span bytes = tvt_span(catalogue[kind].bytes, catalogue[kind].len);
        CU_ASSERT_EQUAL_FATAL(tvt_connection_test_send(peer, bytes), TVT_OK);
        swap->done = true;
    }
    tvt_pair_settle(&f->pair);
}

/* ---- what must come of it ---- */

/* Where the state takes the message in general, but nobody has asked for it. */
static bool
is_unasked(const struct stage *stage, enum tvt_message_kind kind)
{
    if (stage->instead_of != TVT_MSG_NONE || stage->flags & POST)
        return false;
    return stage->victim == TVT_CLIENT ? kind == TVT_MSG_CERTIFICATE_REQUEST
                                       : kind == TVT_MSG_CERTIFICATE || kind == TVT_MSG_COMPRESSED_CERTIFICATE;
}

static const struct tvt_machine *
machine_of(const char *name, uint8_t *state)
{
    const struct tvt_machine *const *machines;
    size_t num = tvt_machines(&machines);
    for (size_t i = 0; i < num; i++)
        for (*state = 0; *state < machines[i]->num_states; ++*state)
            if (strcmp(machines[i]->states[*state].name, name) == 0)
                return machines[i];
    CU_FAIL_FATAL("no state of that name");
    return NULL;
}

static bool
is_legal(const struct tvt_row *row)
{
    return row != NULL && (row->num_edges > 0 || row->fork[0] != NULL);
}

/* What a refusal must look like: code, the list of what was legal, and the alert as the other side reads it. */
static void
check_refusal(const struct tvt_fixture *f, const struct stage *stage, const struct tvt_machine *m, uint8_t state,
              enum tvt_message_kind kind)
{
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(f, stage->victim));
    const struct tvt_error *told = tvt_connection_error(tvt_fixture_end(f, (enum tvt_role)(1 - stage->victim)));
    CU_ASSERT_EQUAL(e->code, TVT_E_UNEXPECTED_MESSAGE);
    CU_ASSERT_EQUAL(e->alert, TVT_ALERT_UNEXPECTED_MESSAGE);
    CU_ASSERT(e->message != NULL && strcmp(e->message, tvt_message_kind_name(kind)) == 0);
    for (uint8_t k = TVT_MSG_CLIENT_HELLO; k < TVT_MSG_NUM_KINDS13; k++) {
        const struct tvt_row *row = tvt_machine_row(m, state, k);
        if (is_legal(row) && !is_unasked(stage, kind))
            CU_ASSERT(strstr(e->detail, tvt_message_kind_name((enum tvt_message_kind)k)) != NULL);
    }
    /* An alert under the 0-RTT keys is 0-RTT data to a server that did not accept them (RFC 9846 appendix A.1). */
    bool deaf = stage->flags & EARLY && stage->instead_of == TVT_MSG_HELLO_RETRY;
    CU_ASSERT_EQUAL(told->code, deaf ? TVT_E_NONE : TVT_E_PEER_ALERT);
    CU_ASSERT(deaf || told->alert == TVT_ALERT_UNEXPECTED_MESSAGE);
}

/* True: it was taken. */
static bool
one_message(const struct stage *stage, const struct tvt_machine *m, uint8_t state, enum tvt_message_kind kind)
{
    static struct swap swap;
    struct tvt_fixture f;
    const struct tvt_row *row = tvt_machine_row(m, state, (uint8_t)kind);
    bool refuse = row == NULL || is_unasked(stage, kind);
    provoke(&f, stage, kind, &swap);
    CU_ASSERT(swap.done);
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&f, stage->victim));
    bool here = e->code != TVT_E_NONE && e->state != NULL && strcmp(e->state, stage->state) == 0;
    bool unexpected = here && e->code == TVT_E_UNEXPECTED_MESSAGE;
    if (unexpected != refuse)
        printf("\n    %s in %s: %s", tvt_message_kind_name(kind), stage->state, tvt_fixture_error(&f, stage->victim));
    CU_ASSERT_EQUAL(unexpected, refuse);
    if (refuse)
        check_refusal(&f, stage, m, state, kind);
    else
        CU_ASSERT(is_legal(row) || here);
    tvt_fixture_close(&f);
    return !refuse && is_legal(row);
}

static void
every_message(void)
{
    unsigned taken = 0, all = 0;
    build_catalogue();
    for (size_t i = 0; i < NUM_STAGES; i++) {
        const struct stage *stage = &stages[i];
        uint8_t state = 0;
        const struct tvt_machine *m = machine_of(stage->state, &state);
        for (unsigned kind = TVT_MSG_CLIENT_HELLO; kind < TVT_MSG_NUM_KINDS13; kind++, all++)
            taken += one_message(stage, m, state, (enum tvt_message_kind)kind);
    }
    printf("\n    real connections: %u messages taken, %u refused", taken, all - taken);
}

/* The list of stages must have every state that waits for a message. */
static void
stages_are_all(void)
{
    const struct tvt_machine *const *machines;
    size_t num = tvt_machines(&machines);
    for (size_t i = 0; i < num; i++) {
        const struct tvt_machine *m = machines[i];
        if (m->protocol != &tvt_protocol13) /* test_stages12.c */
            continue;
        for (size_t r = 0; r < m->num_rows; r++) {
            const char *state = m->states[m->rows[r].state].name;
            bool there = m->rows[r].on >= TVT_ON_SEND;
            /* What only a fork enters does not wait: the machine before it did. */
            there = there || (m->rows[r].state == m->start && m->enter == m->start && m != &tvt_server);
            for (size_t s = 0; s < NUM_STAGES; s++)
                there = there || strcmp(stages[s].state, state) == 0;
            if (!there)
                printf("\n    no stage for %s", state);
            CU_ASSERT(there);
        }
    }
}

int
tvt_register_stages(void)
{
    CU_pSuite suite = CU_add_suite("stages", NULL, suite_finish);
    if (suite == NULL || CU_add_test(suite, "every waiting state has its stage", stages_are_all) == NULL)
        return -1;
    if (tvt_fixture_provider(NULL) != NULL && /* the core alone has no connections */
        CU_add_test(suite, "every message in every waiting state", every_message) == NULL)
        return -1;
    return 0;
}
