/* SPDX-License-Identifier: MIT
 *
 * The state tables: compared with the diagrams of RFC 9846 appendix A, and walked as graphs.
 */
#include "core/handshake/protocol.h"
#include "tests/unit/states_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_states(void);

/* ---- the diagrams, as this test reads them --------------------------------------------------------------------- */

/* RFC 9846 appendix A.1. A second flight, and 0-RTT that is under way, have states of their own; compression (RFC 8879)
 * and authentication after the handshake (RFC 9846 4.7.2) are drawn as the RFC's text says. */
static const char *const client_paths[] = {
    "START begin > ClientHello > WAIT_SH",
    "START begin > ClientHello > WAIT_SH_EARLY",
    "WAIT_SH HelloRetryRequest > ClientHello > WAIT_SH2",
    "WAIT_SH ServerHello > > WAIT_EE",
    "WAIT_SH ServerHello (TLS 1.2) to client12",
    "WAIT_SH HelloRequest > > WAIT_SH",
    "WAIT_SH_EARLY HelloRetryRequest > ClientHello > WAIT_SH2",
    "WAIT_SH_EARLY HelloRequest > > WAIT_SH_EARLY",
    "WAIT_SH_EARLY ServerHello > > WAIT_EE_EARLY",
    "WAIT_SH_EARLY ServerHello (TLS 1.2) to client12",
    "WAIT_SH2 ServerHello > > WAIT_EE",
    "WAIT_SH2 ServerHello (TLS 1.2) to client12",
    "WAIT_SH2 HelloRetryRequest refused",
    "WAIT_EE EncryptedExtensions > > WAIT_CERT_CR",
    "WAIT_EE EncryptedExtensions > > WAIT_FIN",
    "WAIT_EE_EARLY EncryptedExtensions > > WAIT_CERT_CR",
    "WAIT_EE_EARLY EncryptedExtensions > > WAIT_FIN",
    "WAIT_EE_EARLY EncryptedExtensions > > WAIT_FIN_EARLY",
    "WAIT_CERT_CR Certificate > > WAIT_CV",
    "WAIT_CERT_CR CompressedCertificate > > WAIT_CV",
    "WAIT_CERT_CR CertificateRequest > > WAIT_CERT",
    "WAIT_CERT Certificate > > WAIT_CV_CR",
    "WAIT_CERT CompressedCertificate > > WAIT_CV_CR",
    "WAIT_CV CertificateVerify > > WAIT_FIN",
    "WAIT_CV_CR CertificateVerify > > WAIT_FIN_CR",
    "WAIT_FIN Finished > Finished > CONNECTED",
    "WAIT_FIN_CR Finished > Certificate CertificateVerify Finished > CONNECTED",
    "WAIT_FIN_CR Finished > Certificate Finished > CONNECTED",
    "WAIT_FIN_EARLY Finished > EndOfEarlyData Finished > CONNECTED",
    "CONNECTED NewSessionTicket > > CONNECTED",
    "CONNECTED KeyUpdate > > CONNECTED",
    "CONNECTED call key_update > > CONNECTED",
    "CONNECTED call key_update > KeyUpdate > CONNECTED",
    "CONNECTED CertificateRequest > Certificate > CONNECTED", /* with what follows it, in one piece */
};

#define AUTHENTICATION "Certificate CertificateVerify Finished"

/* RFC 9846 appendix A.2. */
static const char *const server_paths[] = {
    "WAIT_CH ClientHello > HelloRetryRequest > WAIT_CH2",
    "WAIT_CH ClientHello > ServerHello EncryptedExtensions " AUTHENTICATION " > WAIT_FIN",
    "WAIT_CH ClientHello > ServerHello EncryptedExtensions CertificateRequest " AUTHENTICATION " > WAIT_CERT",
    "WAIT_CH ClientHello > ServerHello EncryptedExtensions Finished > WAIT_FIN",
    "WAIT_CH ClientHello > ServerHello EncryptedExtensions Finished > WAIT_EOED",
    "WAIT_CH2 ClientHello > ServerHello EncryptedExtensions " AUTHENTICATION " > WAIT_FIN",
    "WAIT_CH2 ClientHello > ServerHello EncryptedExtensions CertificateRequest " AUTHENTICATION " > WAIT_CERT",
    "WAIT_CH2 ClientHello > ServerHello EncryptedExtensions Finished > WAIT_FIN",
    "WAIT_EOED EndOfEarlyData > > WAIT_FIN_EARLY",
    "WAIT_FIN_EARLY Finished > > CONNECTED",
    "WAIT_CERT Certificate > > WAIT_CV",
    "WAIT_CERT Certificate > > WAIT_FIN",
    "WAIT_CERT CompressedCertificate > > WAIT_CV",
    "WAIT_CERT CompressedCertificate > > WAIT_FIN",
    "WAIT_CV CertificateVerify > > WAIT_FIN",
    "WAIT_FIN Finished > > CONNECTED",
    "CONNECTED KeyUpdate > > CONNECTED",
    "CONNECTED call key_update > > CONNECTED",
    "CONNECTED call key_update > KeyUpdate > CONNECTED",
    "CONNECTED call ticket > > CONNECTED",
    "CONNECTED call ticket > NewSessionTicket > CONNECTED",
    "CONNECTED call request_certificate > > CONNECTED",
    "CONNECTED call request_certificate > CertificateRequest > CONNECTED",
    "CONNECTED Certificate > > WAIT_POST_CV",
    "CONNECTED Certificate > > WAIT_POST_FIN",
    "CONNECTED CompressedCertificate > > WAIT_POST_CV",
    "CONNECTED CompressedCertificate > > WAIT_POST_FIN",
    "WAIT_POST_CV CertificateVerify > > WAIT_POST_FIN",
    "WAIT_POST_FIN Finished > > CONNECTED",
};

static void
diagrams(void)
{
    const struct tvt_machine *const *machines;
    size_t num = tvt_machines(&machines);
    unsigned compared = 0;
    for (size_t i = 0; i < num; i++) {
        if (strcmp(machines[i]->name, "client13") == 0)
            states_compare(machines[i], client_paths, sizeof client_paths / sizeof client_paths[0]), compared++;
        if (strcmp(machines[i]->name, "server13") == 0)
            states_compare(machines[i], server_paths, sizeof server_paths / sizeof server_paths[0]), compared++;
    }
    CU_ASSERT_EQUAL(compared, 2);
}

/* ---- the tables as graphs ---- */

static void
graph_of(const struct tvt_machine *m)
{
    static const unsigned needed[] = {
        TVT_KEYS_DERIVE_HANDSHAKE,  TVT_KEYS_DERIVE_APPLICATION, TVT_KEYS_DERIVE_RESUMPTION,  TVT_KEYS_SEND_HANDSHAKE,
        TVT_KEYS_RECEIVE_HANDSHAKE, TVT_KEYS_SEND_APPLICATION,   TVT_KEYS_RECEIVE_APPLICATION};
    bool reached[STATES_MAX];
    CU_ASSERT_FATAL(m->num_states <= sizeof reached);
    states_walk(m, m->start, (struct states_without){.sent = TVT_MSG_NONE}, reached);
    for (size_t s = 0; s < m->num_states; s++)
        CU_ASSERT(reached[s]);
    states_walk(m, m->start, (struct states_without){.state = "CONNECTED"}, reached);
    for (size_t s = 0; s < m->num_states; s++) /* done: connected, or a turn of the connected state */
        CU_ASSERT_EQUAL(m->states[s].done, s == m->connected || !reached[s]);
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.received = TVT_MSG_FINISHED}));
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.sent = TVT_MSG_FINISHED}));
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        CU_ASSERT_FALSE(states_connects(m, (struct states_without){.keys = needed[i]}));
    CU_ASSERT(states_connects(m, (struct states_without){.keys = TVT_KEYS_DERIVE_EARLY}));
    CU_ASSERT(states_connects(m, (struct states_without){.psk = true}) &&
              states_connects(m, (struct states_without){.early = true}));
}

static void
graph_of_client(const struct tvt_machine *m)
{
    const struct states_without no_certificate = {.received = TVT_MSG_CERTIFICATE,
                                                  .received_too = TVT_MSG_COMPRESSED_CERTIFICATE};
    bool reached[STATES_MAX];
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.received = TVT_MSG_SERVER_HELLO13}));
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.received = TVT_MSG_ENCRYPTED_EXTENSIONS}));
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.sent = TVT_MSG_CLIENT_HELLO}));
    /* Certificate and CertificateVerify are passed by with a pre-shared key, and in no other way. */
    struct states_without w = no_certificate;
    CU_ASSERT(states_connects(m, w));
    w.psk = true;
    CU_ASSERT_FALSE(states_connects(m, w));
    CU_ASSERT(states_connects(m, (struct states_without){.received = TVT_MSG_CERTIFICATE_VERIFY}));
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.received = TVT_MSG_CERTIFICATE_VERIFY, .psk = true}));
    /* 0-RTT that was accepted ends with EndOfEarlyData (RFC 9846 4.6). */
    states_walk(m, states_named(m, "WAIT_FIN_EARLY"), (struct states_without){.sent = TVT_MSG_END_OF_EARLY_DATA},
                reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    /* A HelloRetryRequest ends it, too (RFC 9846 4.3.10). */
    states_walk(m, states_named(m, "WAIT_SH2"), (struct states_without){.state = "CONNECTED"}, reached);
    for (size_t s = 0; s < m->num_states; s++)
        CU_ASSERT_FALSE(reached[s] && m->states[s].send == TVT_DATA_EARLY);
    states_data_needs(m, true, TVT_DATA_EARLY, (struct states_without){.early = true});
    /* A certificate of ours goes only to who asked for it (RFC 9846 4.4.2). */
    states_walk(m, m->start, (struct states_without){.received = TVT_MSG_CERTIFICATE_REQUEST}, reached);
    CU_ASSERT_FALSE(reached[states_named(m, "SEND_CERT")]);
    states_data_needs(m, true, TVT_DATA_EARLY, (struct states_without){.keys = TVT_KEYS_DERIVE_EARLY});
    states_data_needs(m, true, TVT_DATA_EARLY, (struct states_without){.keys = TVT_KEYS_SEND_EARLY});
    states_data_needs(m, true, TVT_DATA_APPLICATION, (struct states_without){.received = TVT_MSG_FINISHED});
    states_data_needs(m, true, TVT_DATA_APPLICATION, (struct states_without){.sent = TVT_MSG_FINISHED});
    states_data_needs(m, true, TVT_DATA_APPLICATION, (struct states_without){.keys = TVT_KEYS_SEND_APPLICATION});
    states_data_needs(m, false, TVT_DATA_APPLICATION, (struct states_without){.received = TVT_MSG_FINISHED});
    states_data_needs(m, false, TVT_DATA_APPLICATION, (struct states_without){.keys = TVT_KEYS_RECEIVE_APPLICATION});
}

static void
graph_of_server(const struct tvt_machine *m)
{
    static const enum tvt_message_kind sent[] = {TVT_MSG_CERTIFICATE, TVT_MSG_CERTIFICATE_VERIFY};
    bool reached[STATES_MAX];
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.received = TVT_MSG_CLIENT_HELLO}));
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.sent = TVT_MSG_SERVER_HELLO13}));
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.sent = TVT_MSG_ENCRYPTED_EXTENSIONS}));
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT(states_connects(m, (struct states_without){.sent = sent[i]}));
        CU_ASSERT_FALSE(states_connects(m, (struct states_without){.sent = sent[i], .psk = true}));
    }
    /* A client's certificate needs its proof. */
    states_walk(m, states_named(m, "WAIT_CV"), (struct states_without){.received = TVT_MSG_CERTIFICATE_VERIFY},
                reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    states_walk(m, states_named(m, "WAIT_POST_CV"), (struct states_without){.received = TVT_MSG_CERTIFICATE_VERIFY},
                reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    states_walk(m, states_named(m, "WAIT_POST_CV"), (struct states_without){.received = TVT_MSG_FINISHED}, reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    /* Who asks for a certificate waits for the answer (RFC 9846 4.5.1). */
    states_walk(
        m, states_named(m, "SEND_CR"),
        (struct states_without){.received = TVT_MSG_CERTIFICATE, .received_too = TVT_MSG_COMPRESSED_CERTIFICATE},
        reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    /* 0-RTT that was accepted ends with EndOfEarlyData (RFC 9846 4.6), and never follows a HelloRetryRequest. */
    states_walk(m, states_named(m, "WAIT_EOED"), (struct states_without){.received = TVT_MSG_END_OF_EARLY_DATA},
                reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    states_walk(m, states_named(m, "WAIT_CH2"), (struct states_without){.state = "CONNECTED"}, reached);
    CU_ASSERT_FALSE(reached[states_named(m, "WAIT_EOED")]);
    states_data_needs(m, false, TVT_DATA_EARLY, (struct states_without){.early = true});
    states_data_needs(m, false, TVT_DATA_EARLY, (struct states_without){.psk = true});
    states_data_needs(m, false, TVT_DATA_EARLY, (struct states_without){.keys = TVT_KEYS_DERIVE_EARLY});
    states_data_needs(m, false, TVT_DATA_EARLY, (struct states_without){.keys = TVT_KEYS_RECEIVE_EARLY});
    states_data_needs(m, true, TVT_DATA_APPLICATION, (struct states_without){.sent = TVT_MSG_FINISHED});
    states_data_needs(m, true, TVT_DATA_APPLICATION, (struct states_without){.keys = TVT_KEYS_SEND_APPLICATION});
    states_data_needs(m, false, TVT_DATA_APPLICATION, (struct states_without){.received = TVT_MSG_FINISHED});
    states_data_needs(m, false, TVT_DATA_APPLICATION, (struct states_without){.keys = TVT_KEYS_RECEIVE_APPLICATION});
}

/* ---- which keys protect what, RFC 9846 4 and 5.1, RFC 5246 7.3 ---- */

#define LEVELS ((unsigned)TVT_LEVEL_NEXT + 1)

static unsigned
level_after(unsigned level, unsigned keys, bool sending)
{
    const struct {
        unsigned send, receive;
        enum tvt_level level;
    } changes[] = {{TVT_KEYS_SEND_EARLY, TVT_KEYS_RECEIVE_EARLY, TVT_LEVEL_EARLY},
                   {TVT_KEYS_SEND_PLAIN, 0, TVT_LEVEL_PLAIN},
                   {TVT_KEYS_SEND_HANDSHAKE, TVT_KEYS_RECEIVE_HANDSHAKE, TVT_LEVEL_HANDSHAKE},
                   {TVT_KEYS_SEND_APPLICATION, TVT_KEYS_RECEIVE_APPLICATION, TVT_LEVEL_APPLICATION},
                   {TVT_KEYS_SEND_NEXT, TVT_KEYS_RECEIVE_NEXT, TVT_LEVEL_APPLICATION}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        if ((sending ? changes[i].send : changes[i].receive) & keys)
            level = changes[i].level;
    return level;
}

static unsigned
level_of_message(const struct tvt_machine *m, const struct tvt_row *row)
{
    unsigned kind = row->on == TVT_ON_SEND ? row->sends : row->on;
    if (m->states[row->state].done)
        return TVT_LEVEL_APPLICATION;
    if (!m->protocol
             ->dummy_ccs) /* change_cipher_spec means something: Finished is the first behind it (RFC 5246 7.3) */
        return kind == TVT_MSG_FINISHED ? TVT_LEVEL_APPLICATION : TVT_LEVEL_PLAIN;
    switch (kind) {
    case TVT_MSG_CLIENT_HELLO:
    case TVT_MSG_SERVER_HELLO13:
    case TVT_MSG_SERVER_HELLO12:
    case TVT_MSG_HELLO_RETRY:
    case TVT_MSG_HELLO_REQUEST:
        return TVT_LEVEL_PLAIN;
    case TVT_MSG_END_OF_EARLY_DATA:
        return TVT_LEVEL_EARLY;
    default:
        return TVT_LEVEL_HANDSHAKE;
    }
}

static bool
data_fits(uint8_t data, unsigned level)
{
    return data == TVT_DATA_NONE || level == (data == TVT_DATA_EARLY ? TVT_LEVEL_EARLY : TVT_LEVEL_APPLICATION);
}

/* Every state with every pair of keys that a walk brings along. Returns how many there are. */
static unsigned
walk_keys(const struct tvt_machine *m, bool seen[STATES_MAX][LEVELS][LEVELS])
{
    unsigned found = 1, before = 0;
    seen[m->start][TVT_LEVEL_PLAIN][TVT_LEVEL_PLAIN] = true;
    while (found != before) {
        before = found;
        for (size_t i = 0; i < m->num_rows * LEVELS * LEVELS; i++) {
            const struct tvt_row *row = &m->rows[i / (LEVELS * LEVELS)];
            unsigned send = (unsigned)i / LEVELS % LEVELS, receive = (unsigned)i % LEVELS;
            for (unsigned e = 0; seen[row->state][send][receive] && e < row->num_edges; e++) {
                const struct tvt_edge *edge = &row->edges[e];
                bool *next =
                    &seen[edge->next][level_after(send, edge->keys, true)][level_after(receive, edge->keys, false)];
                found += !*next;
                *next = true;
            }
        }
    }
    return found;
}

/* However a state was come to, the message that goes or comes there has the keys that it must have, and so have data. */
static void
keys_of(const struct tvt_machine *m)
{
    bool seen[STATES_MAX][LEVELS][LEVELS] = {{{false}}};
    CU_ASSERT_FATAL(m->num_states <= STATES_MAX);
    CU_ASSERT(walk_keys(m, seen) >= m->num_states);
    for (size_t i = 0; i < m->num_rows * LEVELS * LEVELS; i++) {
        const struct tvt_row *row = &m->rows[i / (LEVELS * LEVELS)];
        unsigned send = (unsigned)i / LEVELS % LEVELS, receive = (unsigned)i % LEVELS;
        if (!seen[row->state][send][receive])
            continue;
        bool good = row->on > TVT_ON_SEND || (row->on == TVT_ON_SEND ? send : receive) == level_of_message(m, row);
        if (!good)
            printf("\n    %s: wrong keys for %s", m->states[row->state].name,
                   tvt_message_kind_name((enum tvt_message_kind)(row->on == TVT_ON_SEND ? row->sends : row->on)));
        CU_ASSERT(good);
        CU_ASSERT(data_fits(m->states[row->state].send, send));
        CU_ASSERT(data_fits(m->states[row->state].receive, receive));
    }
}

#define CITED "RFC " /* in front of what does not exist, and is not meant to */

/* "4.1.2" is of RFC 9846, "RFC 5246 7.4.9" says of which it is. */
static bool
section_exists(const char *citation)
{
    char line[8192], want[32], rfc[8] = "9846";
    const char *section = citation;
    FILE *file = fopen(TRIVET_SOURCE_DIR "/tools/rfc-sections.txt", "r");
    bool found = false;
    CU_ASSERT_FATAL(file != NULL);
    if (strncmp(citation, "RFC ", 4) == 0) {
        section = strrchr(citation, ' ') + 1;
        (void)snprintf(rfc, sizeof rfc, "%.*s", (int)strcspn(citation + 4, " "), citation + 4);
    }
    (void)snprintf(want, sizeof want, " %s ", section);
    while (!found && fgets(line, sizeof line - 1, file) != NULL) {
        size_t len = strcspn(line, "\n");
        line[len] = ' ';
        line[len + 1] = '\0';
        found = strncmp(line, rfc, strlen(rfc)) == 0 && line[strlen(rfc)] == ':' && strstr(line, want) != NULL;
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
            bool is_legal = row != NULL && (row->num_edges > 0 || row->fork[0] != NULL);
            legal += is_legal;
            refused += !is_legal;
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
        rows_of(machines[i]);
        if (machines[i] == &tvt_server) /* all that it does is to leave */
            continue;
        keys_of(machines[i]);
        if (machines[i]->protocol != &tvt_protocol13) /* test_states12.c */
            continue;
        graph_of(machines[i]);
        (machines[i] == &tvt_client13 ? graph_of_client : graph_of_server)(machines[i]);
    }
    CU_ASSERT(!section_exists("99.99") && !section_exists(CITED "5246 99.99") && !section_exists(CITED "5246"));
    CU_ASSERT(section_exists("RFC 5246 7.4.9") && !section_exists(CITED "524 7.4.9") && !section_exists("7.4.9"));
}

int
tvt_register_states(void)
{
    CU_pSuite suite = CU_add_suite("states", NULL, NULL);
    if (suite == NULL || CU_add_test(suite, "the tables and RFC 9846 appendix A", diagrams) == NULL ||
        CU_add_test(suite, "the tables as graphs", graphs) == NULL)
        return -1;
    return 0;
}
