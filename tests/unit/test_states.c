/* SPDX-License-Identifier: MIT
 *
 * The state tables: compared with the diagrams of RFC 9846 appendix A, walked as graphs, and every message in every
 * waiting state of a real connection.
 */
#include "core/connection/connection.h"
#include "tests/support/fixture.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_states(void);

#define PATHS_MAX 64u
#define PATH_SIZE 200u

/* ---- the diagrams, as this test reads them ---------------------------------------------------------------------
 * "<state> <event> > <messages sent> > <state>": our own turns are drawn together with the event that leads to them. */

/* RFC 9846 appendix A.1, without pre-shared keys; the second flight of a HelloRetryRequest has states of its own. */
static const char *const client_paths[] = {
    "START begin > ClientHello > WAIT_SH",
    "WAIT_SH HelloRetryRequest > ClientHello > WAIT_SH2",
    "WAIT_SH ServerHello > > WAIT_EE",
    "WAIT_SH ServerHello (TLS 1.2) refused",
    "WAIT_SH2 ServerHello > > WAIT_EE",
    "WAIT_SH2 ServerHello (TLS 1.2) refused",
    "WAIT_SH2 HelloRetryRequest refused",
    "WAIT_EE EncryptedExtensions > > WAIT_CERT_CR",
    "WAIT_CERT_CR Certificate > > WAIT_CV",
    "WAIT_CERT_CR CertificateRequest > > WAIT_CERT",
    "WAIT_CERT Certificate > > WAIT_CV",
    "WAIT_CV CertificateVerify > > WAIT_FIN",
    "WAIT_FIN Finished > Finished > CONNECTED",
    "WAIT_FIN Finished > Certificate CertificateVerify Finished > CONNECTED",
    "WAIT_FIN Finished > Certificate Finished > CONNECTED",
    "CONNECTED NewSessionTicket > > CONNECTED",
    "CONNECTED KeyUpdate > > CONNECTED",
    "CONNECTED KeyUpdate > KeyUpdate > CONNECTED",
    "CONNECTED call > > CONNECTED",
    "CONNECTED call > KeyUpdate > CONNECTED",
};

/* RFC 9846 appendix A.2, without pre-shared keys and 0-RTT. Whether a CertificateRequest goes and whether a Certificate is
 * waited for is one setting read by two rows; the table alone draws all four of its combinations. */
static const char *const server_paths[] = {
    "WAIT_CH ClientHello > HelloRetryRequest > WAIT_CH2",
    "WAIT_CH ClientHello > ServerHello EncryptedExtensions Certificate CertificateVerify Finished > WAIT_FIN",
    "WAIT_CH ClientHello > ServerHello EncryptedExtensions Certificate CertificateVerify Finished > WAIT_CERT",
    "WAIT_CH ClientHello > ServerHello EncryptedExtensions CertificateRequest Certificate CertificateVerify Finished > "
    "WAIT_FIN",
    "WAIT_CH ClientHello > ServerHello EncryptedExtensions CertificateRequest Certificate CertificateVerify Finished > "
    "WAIT_CERT",
    "WAIT_CH2 ClientHello > ServerHello EncryptedExtensions Certificate CertificateVerify Finished > WAIT_FIN",
    "WAIT_CH2 ClientHello > ServerHello EncryptedExtensions Certificate CertificateVerify Finished > WAIT_CERT",
    "WAIT_CH2 ClientHello > ServerHello EncryptedExtensions CertificateRequest Certificate CertificateVerify Finished "
    "> "
    "WAIT_FIN",
    "WAIT_CH2 ClientHello > ServerHello EncryptedExtensions CertificateRequest Certificate CertificateVerify Finished "
    "> "
    "WAIT_CERT",
    "WAIT_CERT Certificate > > WAIT_CV",
    "WAIT_CERT Certificate > > WAIT_FIN",
    "WAIT_CV CertificateVerify > > WAIT_FIN",
    "WAIT_FIN Finished > > CONNECTED",
    "CONNECTED KeyUpdate > > CONNECTED",
    "CONNECTED KeyUpdate > KeyUpdate > CONNECTED",
    "CONNECTED call > > CONNECTED",
    "CONNECTED call > KeyUpdate > CONNECTED",
};

struct paths {
    char path[PATHS_MAX][PATH_SIZE];
    size_t num;
};

static const char *
short_name(const struct tvt_machine *m, uint8_t state)
{
    const char *dot = strchr(m->states[state].name, '.');
    return dot != NULL ? dot + 1 : m->states[state].name;
}

/* Follows our own turns, every edge of each, to the next state that waits. */
static void
follow_turns(const struct tvt_machine *m, struct paths *out, const char *so_far, uint8_t state, unsigned depth)
{
    const struct tvt_row *row = tvt_machine_row(m, state, TVT_ON_SEND);
    char text[PATH_SIZE];
    CU_ASSERT_FATAL(depth < 12 && out->num < PATHS_MAX);
    if (row == NULL) {
        (void)snprintf(out->path[out->num++], PATH_SIZE, "%s > %s", so_far, short_name(m, state));
        return;
    }
    (void)snprintf(text, sizeof text, "%s %s", so_far, tvt_message_kind_name((enum tvt_message_kind)row->sends));
    for (unsigned i = 0; i < row->num_edges; i++)
        follow_turns(m, out, text, row->edges[i].next, depth + 1);
}

static void
collect_paths(const struct tvt_machine *m, struct paths *out)
{
    char text[PATH_SIZE];
    out->num = 0;
    if (tvt_machine_row(m, m->start, TVT_ON_SEND) != NULL) {
        (void)snprintf(text, sizeof text, "%s begin >", short_name(m, m->start));
        follow_turns(m, out, text, m->start, 0);
    }
    for (size_t i = 0; i < m->num_rows; i++) {
        const struct tvt_row *row = &m->rows[i];
        if (row->on == TVT_ON_SEND)
            continue;
        char event[64];
        (void)snprintf(event, sizeof event, "%s%s", row->on > TVT_ON_SEND ? "call " : "",
                       row->on > TVT_ON_SEND ? tvt_on_name(row->on)
                                             : tvt_message_kind_name((enum tvt_message_kind)row->on));
        if (row->num_edges == 0)
            (void)snprintf(out->path[out->num++], PATH_SIZE, "%s %s refused", short_name(m, row->state), event);
        for (unsigned e = 0; e < row->num_edges; e++) {
            (void)snprintf(text, sizeof text, "%s %s >", short_name(m, row->state), event);
            follow_turns(m, out, text, row->edges[e].next, 0);
        }
    }
}

static bool
has_path(const char *const *list, size_t num, const char *path)
{
    for (size_t i = 0; i < num; i++)
        if (strcmp(list[i], path) == 0)
            return true;
    return false;
}

static void
compare(const struct tvt_machine *m, const char *const *expected, size_t num)
{
    static struct paths found;
    collect_paths(m, &found);
    for (size_t i = 0; i < found.num; i++) {
        bool known = has_path(expected, num, found.path[i]);
        if (!known)
            printf("\n    the table of %s has, and the RFC has not: %s", m->name, found.path[i]);
        CU_ASSERT(known);
    }
    for (size_t i = 0; i < num; i++) {
        bool there = false;
        for (size_t k = 0; k < found.num; k++)
            there = there || strcmp(found.path[k], expected[i]) == 0;
        if (!there)
            printf("\n    the RFC has, and the table of %s has not: %s", m->name, expected[i]);
        CU_ASSERT(there);
    }
}

static void
diagrams(void)
{
    const struct tvt_machine *const *machines;
    size_t num = tvt_machines(&machines);
    unsigned compared = 0;
    for (size_t i = 0; i < num; i++) {
        if (strcmp(machines[i]->name, "client13") == 0)
            compare(machines[i], client_paths, sizeof client_paths / sizeof client_paths[0]), compared++;
        if (strcmp(machines[i]->name, "server13") == 0)
            compare(machines[i], server_paths, sizeof server_paths / sizeof server_paths[0]), compared++;
    }
    CU_ASSERT_EQUAL(compared, 2);
}

/* ---- the tables as graphs ---- */

/* States that a walk from the start reaches; a row that receives `without` is not taken. */
static void
reach(const struct tvt_machine *m, uint8_t without, bool *reached)
{
    bool grown = true;
    memset(reached, 0, m->num_states * sizeof *reached);
    reached[m->start] = true;
    while (grown) {
        grown = false;
        for (size_t i = 0; i < m->num_rows; i++) {
            const struct tvt_row *row = &m->rows[i];
            for (unsigned e = 0; reached[row->state] && row->on != without && e < row->num_edges; e++) {
                grown = grown || !reached[row->edges[e].next];
                reached[row->edges[e].next] = true;
            }
        }
    }
}

static void
graph_of(const struct tvt_machine *m)
{
    bool reached[64];
    bool is_client = strncmp(m->name, "client", 6) == 0;
    CU_ASSERT_FATAL(m->num_states <= sizeof reached);
    reach(m, TVT_MSG_NONE, reached);
    for (size_t s = 0; s < m->num_states; s++) {
        CU_ASSERT(reached[s]);
        CU_ASSERT(!m->states[s].done || s == m->connected ||
                  tvt_machine_row(m, (uint8_t)s, TVT_ON_SEND) != NULL); /* or a turn of the connected state */
    }
    reach(m, TVT_MSG_FINISHED, reached);
    CU_ASSERT(!reached[m->connected]);
    reach(m, TVT_MSG_CERTIFICATE, reached);
    CU_ASSERT_EQUAL(reached[m->connected], !is_client);
    reach(m, TVT_MSG_CERTIFICATE_VERIFY, reached);
    CU_ASSERT_EQUAL(reached[m->connected], !is_client);
    reach(m, TVT_MSG_ENCRYPTED_EXTENSIONS, reached);
    CU_ASSERT_EQUAL(reached[m->connected], !is_client);
    reach(m, TVT_MSG_CLIENT_HELLO, reached);
    CU_ASSERT_EQUAL(reached[m->connected], is_client);
}

static bool
section_exists(const char *section)
{
    char line[8192], want[32];
    FILE *file = fopen(TRIVET_SOURCE_DIR "/tools/rfc-sections.txt", "r");
    bool found = false;
    CU_ASSERT_FATAL(file != NULL);
    (void)snprintf(want, sizeof want, " %s ", section);
    while (!found && fgets(line, sizeof line - 1, file) != NULL) {
        size_t len = strcspn(line, "\n");
        line[len] = ' ';
        line[len + 1] = '\0';
        found = (strncmp(line, "9846", 4) == 0 || strncmp(line, "RFC 9846", 8) == 0) && strstr(line, want) != NULL;
    }
    (void)fclose(file);
    return found;
}

static void
rows_of(const struct tvt_machine *m)
{
    unsigned legal = 0, refused = 0;
    for (size_t i = 0; i < m->num_rows; i++) {
        const struct tvt_row *row = &m->rows[i];
        CU_ASSERT(row->state < m->num_states && row->handler != NULL && row->handler_name != NULL);
        CU_ASSERT(tvt_machine_row(m, row->state, row->on) == row); /* no second row for the same */
        CU_ASSERT(section_exists(row->section));
        CU_ASSERT(row->num_edges <= TVT_ROW_EDGES);
        for (unsigned e = 0; e < row->num_edges; e++)
            CU_ASSERT(row->edges[e].next < m->num_states);
        CU_ASSERT_EQUAL(row->sends != 0, row->on == TVT_ON_SEND);
        if (row->on == TVT_ON_SEND) /* our turn: nothing is waited for meanwhile */
            for (uint8_t kind = TVT_MSG_CLIENT_HELLO; kind < TVT_MSG_NUM_KINDS; kind++)
                CU_ASSERT_PTR_NULL(tvt_machine_row(m, row->state, kind));
    }
    for (size_t s = 0; s < m->num_states; s++) {
        CU_ASSERT(strncmp(m->states[s].name, m->name, strlen(m->name)) == 0);
        for (uint8_t kind = TVT_MSG_CLIENT_HELLO; kind < TVT_MSG_NUM_KINDS; kind++) {
            const struct tvt_row *row = tvt_machine_row(m, (uint8_t)s, kind);
            legal += row != NULL && row->num_edges > 0;
            refused += row == NULL || row->num_edges == 0;
        }
    }
    printf("\n    %s: %zu states, %zu rows, %u legal and %u illegal pairs of state and message", m->name, m->num_states,
           m->num_rows, legal, refused);
}

static void
graphs(void)
{
    const struct tvt_machine *const *machines;
    size_t num = tvt_machines(&machines);
    for (size_t i = 0; i < num; i++) {
        graph_of(machines[i]);
        rows_of(machines[i]);
    }
    CU_ASSERT(!section_exists("99.99"));
}

/* ---- every message in every waiting state of a real connection ---- */

struct caught {
    uint8_t bytes[4096];
    size_t len;
};
static struct caught catalogue[TVT_MSG_NUM_KINDS]; /* a well-formed message of each kind */

static bool
catch_message(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    (void)user;
    if (message->len <= sizeof catalogue[kind].bytes) {
        memcpy(catalogue[kind].bytes, message->data, message->len);
        catalogue[kind].len = message->len;
    }
    return false;
}

static void
build_catalogue(void)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    struct tvt_fixture f;
    struct tvt_writer w;
    CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
    CU_ASSERT(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL) == TVT_OK);
    CU_ASSERT(tvt_config_set_num_shares(f.config[TVT_CLIENT], 0, NULL) == TVT_OK);
    for (int role = 0; role < 2; role++)
        f.config[role]->test_port = (struct tvt_test_port){catch_message, NULL};
    CU_ASSERT(tvt_fixture_handshake(&f));
    tvt_fixture_close(&f);

    struct tvt_new_session_ticket ticket = {
        .lifetime = 100, .nonce = tvt_span("n", 1), .ticket = tvt_span("ticket", 6)};
    struct caught *c = &catalogue[TVT_MSG_NEW_SESSION_TICKET];
    tvt_writer_init(&w, c->bytes, sizeof c->bytes);
    tvt_encode_new_session_ticket(&w, &ticket);
    c->len = tvt_writer_len(&w);
    c = &catalogue[TVT_MSG_KEY_UPDATE];
    tvt_writer_init(&w, c->bytes, sizeof c->bytes);
    tvt_encode_key_update(&w, 0);
    c->len = tvt_writer_len(&w);
    c = &catalogue[TVT_MSG_END_OF_EARLY_DATA];
    tvt_writer_init(&w, c->bytes, sizeof c->bytes);
    tvt_encode_end_of_early_data(&w);
    c->len = tvt_writer_len(&w);
    struct tvt_server_hello old = {
        .legacy_version = 0x0303, .random = tvt_span("0123456789abcdef0123456789abcdef", 32), .suite = 0xc02f};
    c = &catalogue[TVT_MSG_SERVER_HELLO12];
    tvt_writer_init(&w, c->bytes, sizeof c->bytes);
    tvt_encode_server_hello(&w, &old, TVT_MSG_SERVER_HELLO12);
    c->len = tvt_writer_len(&w);
    for (unsigned kind = TVT_MSG_CLIENT_HELLO; kind < TVT_MSG_NUM_KINDS; kind++)
        CU_ASSERT_FATAL(catalogue[kind].len > 0);
}

/* How the peer is made to say something else at the moment when the victim waits in a certain state. */
struct stage {
    enum tvt_role victim;
    const char *state;
    enum tvt_message_kind instead_of; /* what the peer would send then */
    unsigned nth;                     /* of that kind, from 0          */
    bool retry, request;
};

static const struct stage stages[] = {
    {TVT_CLIENT, "client13.WAIT_SH", TVT_MSG_SERVER_HELLO13, 0, false, false},
    {TVT_CLIENT, "client13.WAIT_SH", TVT_MSG_HELLO_RETRY, 0, true, false},
    {TVT_CLIENT, "client13.WAIT_SH2", TVT_MSG_SERVER_HELLO13, 0, true, false},
    {TVT_CLIENT, "client13.WAIT_EE", TVT_MSG_ENCRYPTED_EXTENSIONS, 0, false, false},
    {TVT_CLIENT, "client13.WAIT_CERT_CR", TVT_MSG_CERTIFICATE, 0, false, false},
    {TVT_CLIENT, "client13.WAIT_CERT_CR", TVT_MSG_CERTIFICATE_REQUEST, 0, false, true},
    {TVT_CLIENT, "client13.WAIT_CERT", TVT_MSG_CERTIFICATE, 0, false, true},
    {TVT_CLIENT, "client13.WAIT_CV", TVT_MSG_CERTIFICATE_VERIFY, 0, false, false},
    {TVT_CLIENT, "client13.WAIT_FIN", TVT_MSG_FINISHED, 0, false, false},
    {TVT_CLIENT, "client13.CONNECTED", TVT_MSG_NONE, 0, false, false},
    {TVT_SERVER, "server13.WAIT_CH", TVT_MSG_CLIENT_HELLO, 0, false, false},
    {TVT_SERVER, "server13.WAIT_CH2", TVT_MSG_CLIENT_HELLO, 1, true, false},
    {TVT_SERVER, "server13.WAIT_CERT", TVT_MSG_CERTIFICATE, 0, false, true},
    {TVT_SERVER, "server13.WAIT_CV", TVT_MSG_CERTIFICATE_VERIFY, 0, false, true},
    {TVT_SERVER, "server13.WAIT_FIN", TVT_MSG_FINISHED, 0, false, false},
    {TVT_SERVER, "server13.CONNECTED", TVT_MSG_NONE, 0, false, false},
};

struct swap {
    const struct stage *stage;
    enum tvt_message_kind with;
    unsigned seen;
    bool done;
};

static bool
swap_message(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    struct swap *s = user;
    if (kind != s->stage->instead_of || s->seen++ != s->stage->nth)
        return false;
    s->done = true;
    *message = tvt_span(catalogue[s->with].bytes, catalogue[s->with].len);
    return true;
}

static void
provoke(struct tvt_fixture *f, const struct stage *stage, enum tvt_message_kind kind, struct swap *swap)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    enum tvt_role peer = (enum tvt_role)(1 - stage->victim);
    *swap = (struct swap){.stage = stage, .with = kind};
    CU_ASSERT_FATAL(tvt_fixture_open(f, &o));
    if (stage->request)
        CU_ASSERT(tvt_config_set_verify(f->config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL) == TVT_OK);
    if (stage->retry)
        CU_ASSERT(tvt_config_set_num_shares(f->config[TVT_CLIENT], 0, NULL) == TVT_OK);
    f->config[peer]->test_port = (struct tvt_test_port){swap_message, swap};
    CU_ASSERT_FATAL(tvt_fixture_connect(f));
    if (stage->instead_of != TVT_MSG_NONE) {
        (void)tvt_pair_handshake(&f->pair);
    } else {
        CU_ASSERT_FATAL(tvt_pair_handshake(&f->pair));
        CU_ASSERT_EQUAL_FATAL(
            tvt_connection_test_send(tvt_fixture_end(f, peer), tvt_span(catalogue[kind].bytes, catalogue[kind].len)),
            TVT_OK);
        swap->done = true;
        tvt_pair_settle(&f->pair);
    }
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
    for (uint8_t k = TVT_MSG_CLIENT_HELLO; k < TVT_MSG_NUM_KINDS; k++) {
        const struct tvt_row *row = tvt_machine_row(m, state, k);
        if (row != NULL && row->num_edges > 0)
            CU_ASSERT(strstr(e->detail, tvt_message_kind_name((enum tvt_message_kind)k)) != NULL);
    }
    CU_ASSERT_EQUAL(told->code, TVT_E_PEER_ALERT);
    CU_ASSERT_EQUAL(told->alert, TVT_ALERT_UNEXPECTED_MESSAGE);
}

static void
every_message(void)
{
    unsigned accepted = 0, refused = 0;
    build_catalogue();
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        const struct stage *stage = &stages[i];
        const struct tvt_machine *m = stage->victim == TVT_CLIENT ? &tvt_client13 : &tvt_server13;
        uint8_t state = 0;
        while (state < m->num_states && strcmp(m->states[state].name, stage->state) != 0)
            state++;
        CU_ASSERT_FATAL(state < m->num_states);
        for (uint8_t kind = TVT_MSG_CLIENT_HELLO; kind < TVT_MSG_NUM_KINDS; kind++) {
            struct tvt_fixture f;
            struct swap swap;
            const struct tvt_row *row = tvt_machine_row(m, state, kind);
            provoke(&f, stage, (enum tvt_message_kind)kind, &swap);
            CU_ASSERT(swap.done);
            const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&f, stage->victim));
            bool here = e->code != TVT_E_NONE && e->state != NULL && strcmp(e->state, stage->state) == 0;
            bool unexpected = here && e->code == TVT_E_UNEXPECTED_MESSAGE;
            if (unexpected != (row == NULL))
                printf("\n    %s in %s: %s", tvt_message_kind_name((enum tvt_message_kind)kind), stage->state,
                       tvt_fixture_error(&f, stage->victim));
            CU_ASSERT_EQUAL(unexpected, row == NULL);
            if (row == NULL)
                check_refusal(&f, stage, m, state, (enum tvt_message_kind)kind);
            else
                CU_ASSERT_EQUAL(row->num_edges == 0 && !here, false);
            accepted += row != NULL && row->num_edges > 0;
            refused += row == NULL || row->num_edges == 0;
            tvt_fixture_close(&f);
        }
    }
    printf("\n    real connections: %u messages taken, %u refused", accepted, refused);
}

/* The list of stages must have every state that waits for a message. */
static void
stages_are_all(void)
{
    const struct tvt_machine *const *machines;
    size_t num = tvt_machines(&machines);
    for (size_t i = 0; i < num; i++) {
        const struct tvt_machine *m = machines[i];
        for (size_t r = 0; r < m->num_rows; r++) {
            bool there = m->rows[r].on >= TVT_ON_SEND;
            for (size_t s = 0; s < sizeof stages / sizeof stages[0]; s++)
                there = there || strcmp(stages[s].state, m->states[m->rows[r].state].name) == 0;
            CU_ASSERT(there);
        }
    }
}

static int
finish(void)
{
    tvt_fixture_cleanup();
    return 0;
}

int
tvt_register_states(void)
{
    CU_pSuite suite = CU_add_suite("states", NULL, finish);
    if (suite == NULL || CU_add_test(suite, "the tables and RFC 9846 appendix A", diagrams) == NULL ||
        CU_add_test(suite, "the tables as graphs", graphs) == NULL ||
        CU_add_test(suite, "every waiting state has its stage", stages_are_all) == NULL)
        return -1;
    if (tvt_fixture_provider(NULL) != NULL && /* the core alone has no connections */
        CU_add_test(suite, "every message in every waiting state", every_message) == NULL)
        return -1;
    return 0;
}
