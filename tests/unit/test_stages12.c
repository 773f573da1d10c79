/* SPDX-License-Identifier: MIT
 *
 * Every message of TLS 1.2 in every waiting state of a real connection: what the table has is taken, everything else is
 * refused with unexpected_message and the list of what was legal. Until change_cipher_spec the wire is in the clear, so that
 * the message at hand can be taken off it and another be put there; behind it the peer itself says something else.
 */
#include "core/connection/connection.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_stages12(void);

/* ---- a well-formed message of each kind, with certificates and with a pre-shared key ---- */

#define MESSAGE_MAX 4096u

static const enum tvt_message_kind kinds[] = {
    TVT_MSG_HELLO_REQUEST,
    TVT_MSG_CLIENT_HELLO,
    TVT_MSG_SERVER_HELLO12,
    TVT_MSG_CERTIFICATE12,
    TVT_MSG_CERTIFICATE_STATUS,
    TVT_MSG_SERVER_KEY_EXCHANGE,
    TVT_MSG_CERTIFICATE_REQUEST12,
    TVT_MSG_SERVER_HELLO_DONE,
    TVT_MSG_CLIENT_KEY_EXCHANGE,
    TVT_MSG_CERTIFICATE_VERIFY,
    TVT_MSG_NEW_SESSION_TICKET12,
    TVT_MSG_CHANGE_CIPHER_SPEC,
    TVT_MSG_FINISHED,
};
#define NUM_KINDS (sizeof kinds / sizeof kinds[0])

struct caught {
    uint8_t bytes[MESSAGE_MAX];
    size_t len;
};
static struct caught catalogue[2][TVT_MSG_NUM_KINDS];

static bool
catch_message(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    struct caught *to = &((struct caught *)user)[kind];
    if (message->len <= sizeof to->bytes) {
        memcpy(to->bytes, message->data, message->len);
        to->len = message->len;
    }
    return false;
}

static void
catch_handshake(struct caught *to, unsigned flags)
{
    static const uint8_t hello_request[4] = {TVT_HT_HELLO_REQUEST};
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, flags));
    for (int role = 0; role < 2; role++)
        b.f.config[role]->test_port = (struct tvt_test_port){catch_message, to};
    CU_ASSERT(tls12_run(&b, flags));
    resume_close(&b);
    memcpy(to[TVT_MSG_HELLO_REQUEST].bytes, hello_request, 4);
    to[TVT_MSG_HELLO_REQUEST].len = 4;
    to[TVT_MSG_CHANGE_CIPHER_SPEC].bytes[0] = 1;
    to[TVT_MSG_CHANGE_CIPHER_SPEC].len = 1;
}

static void
build_catalogue(void)
{
    catch_handshake(catalogue[0], TLS12_REQUEST | TLS12_GIVE | TLS12_STAPLE);
    memcpy(catalogue[1], catalogue[0], sizeof catalogue[0]);
    catch_handshake(catalogue[1], TLS12_PSK | TLS12_GIVE);
    for (size_t i = 0; i < 2 * NUM_KINDS; i++)
        CU_ASSERT_FATAL(catalogue[i % 2][kinds[i / 2]].len > 0);
}

/* ---- the stages ---- */

/* How the peer is made to say something else at the moment when the victim waits in a certain state. */
struct stage {
    enum tvt_role victim;
    const char *state;
    enum tvt_message_kind instead_of; /* what the peer would send then; NONE: any time after the handshake */
    unsigned flags;
};

static const struct stage stages[] = {
    {TVT_CLIENT, "client12.WAIT_SH", TVT_MSG_SERVER_HELLO12, 0},
    {TVT_CLIENT, "client12.WAIT_SH", TVT_MSG_SERVER_HELLO12, TLS12_TICKET},
    {TVT_CLIENT, "client12.WAIT_CERT", TVT_MSG_CERTIFICATE12, 0},
    {TVT_CLIENT, "client12.WAIT_CERT", TVT_MSG_CERTIFICATE12, TLS12_BOTH | TLS12_STAPLE},
    {TVT_CLIENT, "client12.WAIT_STATUS", TVT_MSG_CERTIFICATE_STATUS, TLS12_STAPLE},
    {TVT_CLIENT, "client12.WAIT_SKE", TVT_MSG_SERVER_KEY_EXCHANGE, 0},
    {TVT_CLIENT, "client12.WAIT_SKE", TVT_MSG_SERVER_KEY_EXCHANGE, TLS12_STAPLE},
    {TVT_CLIENT, "client12.WAIT_CR_SHD", TVT_MSG_CERTIFICATE_REQUEST12, TLS12_REQUEST},
    {TVT_CLIENT, "client12.WAIT_CR_SHD", TVT_MSG_SERVER_HELLO_DONE, 0},
    {TVT_CLIENT, "client12.WAIT_SHD_CR", TVT_MSG_SERVER_HELLO_DONE, TLS12_REQUEST},
    {TVT_CLIENT, "client12.WAIT_SKE_PSK", TVT_MSG_SERVER_KEY_EXCHANGE, TLS12_PSK},
    {TVT_CLIENT, "client12.WAIT_SHD_PSK", TVT_MSG_SERVER_HELLO_DONE, TLS12_PSK},
    {TVT_CLIENT, "client12.WAIT_NST", TVT_MSG_NEW_SESSION_TICKET12, TLS12_GIVE},
    {TVT_CLIENT, "client12.WAIT_NST", TVT_MSG_NEW_SESSION_TICKET12, TLS12_GIVE | TLS12_PSK},
    {TVT_CLIENT, "client12.WAIT_CCS", TVT_MSG_CHANGE_CIPHER_SPEC, 0},
    {TVT_CLIENT, "client12.WAIT_CCS", TVT_MSG_CHANGE_CIPHER_SPEC, TLS12_GIVE | TLS12_REQUEST},
    {TVT_CLIENT, "client12.WAIT_FIN", TVT_MSG_FINISHED, 0},
    {TVT_CLIENT, "client12.WAIT_FIN", TVT_MSG_FINISHED, TLS12_GIVE | TLS12_PSK},
    {TVT_CLIENT, "client12.WAIT_NST_RES", TVT_MSG_NEW_SESSION_TICKET12, TLS12_TICKET | TLS12_OLD},
    {TVT_CLIENT, "client12.WAIT_CCS_RES", TVT_MSG_CHANGE_CIPHER_SPEC, TLS12_TICKET | TLS12_OLD},
    {TVT_CLIENT, "client12.WAIT_CCS_RES", TVT_MSG_CHANGE_CIPHER_SPEC, TLS12_ID},
    {TVT_CLIENT, "client12.WAIT_FIN_RES", TVT_MSG_FINISHED, TLS12_TICKET},
    {TVT_CLIENT, "client12.CONNECTED", TVT_MSG_NONE, 0},
    {TVT_CLIENT, "client12.CONNECTED", TVT_MSG_NONE, TLS12_ID},
    {TVT_SERVER, "server12.WAIT_CERT", TVT_MSG_CERTIFICATE12, TLS12_REQUEST},
    {TVT_SERVER, "server12.WAIT_CERT", TVT_MSG_CERTIFICATE12, TLS12_OPTION},
    {TVT_SERVER, "server12.WAIT_CKE", TVT_MSG_CLIENT_KEY_EXCHANGE, 0},
    {TVT_SERVER, "server12.WAIT_CKE", TVT_MSG_CLIENT_KEY_EXCHANGE, TLS12_PSK},
    {TVT_SERVER, "server12.WAIT_CKE_CV", TVT_MSG_CLIENT_KEY_EXCHANGE, TLS12_REQUEST},
    {TVT_SERVER, "server12.WAIT_CV", TVT_MSG_CERTIFICATE_VERIFY, TLS12_REQUEST},
    {TVT_SERVER, "server12.WAIT_CCS", TVT_MSG_CHANGE_CIPHER_SPEC, 0},
    {TVT_SERVER, "server12.WAIT_CCS", TVT_MSG_CHANGE_CIPHER_SPEC, TLS12_REQUEST},
    {TVT_SERVER, "server12.WAIT_FIN", TVT_MSG_FINISHED, 0},
    {TVT_SERVER, "server12.WAIT_CCS_RES", TVT_MSG_CHANGE_CIPHER_SPEC, TLS12_TICKET},
    {TVT_SERVER, "server12.WAIT_FIN_RES", TVT_MSG_FINISHED, TLS12_ID},
    {TVT_SERVER, "server12.CONNECTED", TVT_MSG_NONE, 0},
    {TVT_SERVER, "server12.CONNECTED", TVT_MSG_NONE, TLS12_TICKET},
};
#define NUM_STAGES (sizeof stages / sizeof stages[0])

/* ---- the wire ---- */

static void
put_record(struct tvt_queue *q, uint8_t type, const uint8_t *bytes, size_t len)
{
    uint8_t *p = q->bytes + q->len;
    p[0] = type;
    tvt_store_u16(p + 1, 0x0303);
    tvt_store_u16(p + 3, (uint16_t)len);
    memcpy(p + TVT_RECORD_HEADER, bytes, len);
    q->len += TVT_RECORD_HEADER + len;
    q->total += TVT_RECORD_HEADER + len;
}

/* Where the message begins that goes; SIZE_MAX: it is not there yet. `record`: the record that it is in. */
static size_t
find_message(const struct tvt_queue *q, uint8_t type, bool ccs, size_t *record)
{
    for (size_t at = 0; at + TVT_RECORD_HEADER <= q->len;) {
        size_t end = at + TVT_RECORD_HEADER + tvt_load_u16(q->bytes + at + 3);
        *record = at;
        if (q->bytes[at] == TVT_CONTENT_CCS)
            return ccs ? at + TVT_RECORD_HEADER : SIZE_MAX; /* behind it nothing can be read */
        for (size_t p = at + TVT_RECORD_HEADER; q->bytes[at] == TVT_CONTENT_HANDSHAKE && p < end;) {
            if (!ccs && q->bytes[p] == type)
                return p;
            p += TVT_HANDSHAKE_HEADER + tvt_load_u24(q->bytes + p + 1);
        }
        at = end;
    }
    return SIZE_MAX;
}

/* Ends the queue before the message, and puts the other one there. */
static bool
splice(struct tvt_queue *q, enum tvt_message_kind instead_of, enum tvt_message_kind with, const struct caught *caught)
{
    bool ccs = instead_of == TVT_MSG_CHANGE_CIPHER_SPEC;
    size_t record, at = find_message(q, catalogue[0][instead_of].bytes[0], ccs, &record);
    if (at == SIZE_MAX)
        return false;
    if (at == record + TVT_RECORD_HEADER)
        at = record;
    else
        tvt_store_u16(q->bytes + record + 3, (uint16_t)(at - record - TVT_RECORD_HEADER));
    q->len = at;
    put_record(q, with == TVT_MSG_CHANGE_CIPHER_SPEC ? TVT_CONTENT_CCS : TVT_CONTENT_HANDSHAKE, caught->bytes,
               caught->len);
    return true;
}

struct swap {
    enum tvt_message_kind instead_of;
    const struct caught *with;
    bool done;
};

static bool
swap_message(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    struct swap *s = user;
    if (kind != s->instead_of || s->done)
        return false;
    s->done = true;
    *message = tvt_span(s->with->bytes, s->with->len);
    return true;
}

/* ---- one connection ---- */

static bool
run_spliced(struct resume *b, const struct stage *stage, enum tvt_message_kind kind, const struct caught *with)
{
    enum tvt_role peer = (enum tvt_role)(1 - stage->victim);
    struct tvt_pair *p = &b->f.pair;
    bool done = false, moved = true;
    while (moved) {
        moved = !done && tvt_pair_step(p, peer);
        done = done || splice(&p->queue[stage->victim], stage->instead_of, kind, with);
        moved = tvt_pair_step(p, stage->victim) || moved;
    }
    p->queue[stage->victim].len = 0;
    tvt_pair_settle(p);
    return done;
}

/* True: the message was put in its place. */
static bool
provoke(struct resume *b, const struct stage *stage, enum tvt_message_kind kind, const struct caught *with)
{
    enum tvt_role peer = (enum tvt_role)(1 - stage->victim);
    struct swap swap = {stage->instead_of, with, false};
    bool clear = stage->instead_of != TVT_MSG_FINISHED && stage->instead_of != TVT_MSG_NONE;
    CU_ASSERT_FATAL(tls12_open(b, stage->flags));
    if (!clear && stage->instead_of == TVT_MSG_FINISHED)
        b->f.config[peer]->test_port = (struct tvt_test_port){swap_message, &swap};
    tls12_connect(b, stage->flags);
    if (clear)
        return run_spliced(b, stage, kind, with);
    bool done = tvt_pair_handshake(&b->f.pair);
    if (stage->instead_of == TVT_MSG_FINISHED)
        return swap.done;
    CU_ASSERT_FATAL(done);
    CU_ASSERT_EQUAL(tvt_connection_test_send(tvt_fixture_end(&b->f, peer), tvt_span(with->bytes, with->len)), TVT_OK);
    tvt_pair_settle(&b->f.pair);
    return done;
}

/* ---- what must come of it ---- */

static bool
is_legal(const struct tvt_row *row)
{
    return row != NULL && row->num_edges > 0;
}

static const struct tvt_machine *
machine_of(const char *name, uint8_t *state)
{
    const struct tvt_machine *m = name[0] == 'c' ? &tvt_client12 : &tvt_server12;
    for (*state = 0; *state < m->num_states; ++*state)
        if (strcmp(m->states[*state].name, name) == 0)
            return m;
    CU_FAIL_FATAL("no state of that name");
    return NULL;
}

static void
check_refusal(const struct resume *b, const struct stage *stage, enum tvt_message_kind kind)
{
    uint8_t state = 0;
    const struct tvt_machine *m = machine_of(stage->state, &state);
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&b->f, stage->victim));
    CU_ASSERT_EQUAL(e->alert, TVT_ALERT_UNEXPECTED_MESSAGE);
    CU_ASSERT(e->message != NULL && strcmp(e->message, tvt_message_kind_name(kind)) == 0);
    for (size_t i = 0; i < NUM_KINDS; i++)
        if (is_legal(tvt_machine_row(m, state, (uint8_t)kinds[i])))
            CU_ASSERT_PTR_NOT_NULL(strstr(e->detail, tvt_message_kind_name(kinds[i])));
    CU_ASSERT(tls12_failed(b, stage->victim, TVT_E_UNEXPECTED_MESSAGE));
}

/* True: it was taken. */
static bool
one_message(const struct stage *stage, enum tvt_message_kind kind)
{
    struct resume b;
    uint8_t state = 0;
    const struct tvt_machine *m = machine_of(stage->state, &state);
    const struct tvt_row *row = tvt_machine_row(m, state, (uint8_t)kind);
    CU_ASSERT(provoke(&b, stage, kind, &catalogue[stage->flags & TLS12_PSK ? 1 : 0][kind]));
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&b.f, stage->victim));
    bool here = e->code != TVT_E_NONE && e->state != NULL && strcmp(e->state, stage->state) == 0;
    bool unexpected = here && e->code == TVT_E_UNEXPECTED_MESSAGE;
    if (unexpected != (row == NULL))
        printf("\n    %s in %s, flags %x: %s", tvt_message_kind_name(kind), stage->state, stage->flags,
               tvt_fixture_error(&b.f, stage->victim));
    CU_ASSERT_EQUAL(unexpected, row == NULL);
    if (row == NULL)
        check_refusal(&b, stage, kind);
    else
        CU_ASSERT(is_legal(row) || (here && tls12_failed(&b, stage->victim, TVT_E_RENEGOTIATION)));
    resume_close(&b);
    return is_legal(row);
}

static void
every_message(void)
{
    unsigned taken = 0, all = 0;
    build_catalogue();
    for (size_t i = 0; i < NUM_STAGES; i++)
        for (size_t k = 0; k < NUM_KINDS; k++) {
            /* Behind the first change_cipher_spec a second one is a record like any other: second_ccs(). */
            bool hidden = stages[i].instead_of == TVT_MSG_FINISHED || stages[i].instead_of == TVT_MSG_NONE;
            if (kinds[k] == TVT_MSG_CHANGE_CIPHER_SPEC && hidden)
                continue;
            taken += one_message(&stages[i], kinds[k]);
            all++;
        }
    printf("\n    real connections: %u messages taken, %u refused", taken, all - taken);
}

/* What TLS 1.2 does not have at all. */
static void
messages_of_others(void)
{
    static const uint8_t types[] = {TVT_HT_END_OF_EARLY_DATA,
                                    TVT_HT_ENCRYPTED_EXTENSIONS,
                                    TVT_HT_KEY_UPDATE,
                                    TVT_HT_COMPRESSED_CERTIFICATE,
                                    TVT_HT_MESSAGE_HASH,
                                    3,
                                    99};
    build_catalogue();
    for (size_t i = 0; i < NUM_STAGES; i++)
        for (size_t t = 0; t < sizeof types; t++) {
            struct caught other = {{types[t]}, 4};
            struct resume b;
            CU_ASSERT(provoke(&b, &stages[i], TVT_MSG_NONE, &other));
            const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&b.f, stages[i].victim));
            CU_ASSERT(e->state != NULL && strcmp(e->state, stages[i].state) == 0);
            CU_ASSERT(tls12_failed(&b, stages[i].victim, TVT_E_UNKNOWN_MESSAGE12));
            resume_close(&b);
        }
}

/* In the clear, where records are protected: it does not open. */
static void
second_ccs(void)
{
    static const uint8_t one[] = {1};
    for (int role = 0; role < 2; role++)
        for (int by_id = 0; by_id < 2; by_id++) {
            struct resume b;
            CU_ASSERT_FATAL(tls12_open(&b, by_id ? TLS12_ID : 0));
            CU_ASSERT(tls12_run(&b, by_id ? TLS12_ID : 0));
            put_record(&b.f.pair.queue[role], TVT_CONTENT_CCS, one, sizeof one);
            tvt_pair_settle(&b.f.pair);
            const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&b.f, (enum tvt_role)role));
            CU_ASSERT(e->alert == TVT_ALERT_BAD_RECORD_MAC || e->alert == TVT_ALERT_DECODE_ERROR ||
                      e->alert == TVT_ALERT_UNEXPECTED_MESSAGE);
            CU_ASSERT(tls12_failed(&b, (enum tvt_role)role, e->code));
            resume_close(&b);
        }
}

/* The list of stages must have every state that waits for a message. */
static void
stages_are_all(void)
{
    static const struct tvt_machine *const machines[] = {&tvt_client12, &tvt_server12};
    for (size_t i = 0; i < 2; i++) {
        const struct tvt_machine *m = machines[i];
        for (size_t r = 0; r < m->num_rows; r++) {
            const char *state = m->states[m->rows[r].state].name;
            bool there = m->rows[r].on >= TVT_ON_SEND;
            /* What only a fork enters does not wait: the machine before it did. */
            there = there || (m->rows[r].state == m->start && m->enter == m->start);
            for (size_t s = 0; s < NUM_STAGES; s++)
                there = there || strcmp(stages[s].state, state) == 0;
            if (!there)
                printf("\n    no stage for %s", state);
            CU_ASSERT(there);
        }
    }
}

int
tvt_register_stages12(void)
{
    CU_pSuite suite = CU_add_suite("stages of TLS 1.2", NULL, suite_finish);
    if (suite == NULL || CU_add_test(suite, "every waiting state has its stage", stages_are_all) == NULL)
        return -1;
    if (tls12_backend() == NULL)
        return CU_add_test(suite, "no backend, no peers", suite_no_backend) == NULL ? -1 : 0;
    if (CU_add_test(suite, "every message in every waiting state", every_message) == NULL ||
        CU_add_test(suite, "messages that TLS 1.2 has not", messages_of_others) == NULL ||
        CU_add_test(suite, "a change_cipher_spec too many", second_ccs) == NULL)
        return -1;
    return 0;
}
