/* SPDX-License-Identifier: MIT
 *
 * The state tables of TLS 1.2, and of the fork before them: compared with the figures of RFC 5246 7.3, RFC 5077 3.1 and
 * RFC 6066 8, and walked as graphs.
 */
#include "tests/unit/states_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_states12(void);

/* ---- the figures, as this test reads them ---- */

/* RFC 5246 7.3 figures 1 and 2; the ticket goes before the change_cipher_spec of the server (RFC 5077 3.1), CertificateStatus
 * behind the Certificate that it is of (RFC 6066 8); ECDHE_PSK has neither Certificate nor CertificateRequest (RFC 5489 2). */
static const char *const client_paths[] = {
    "START begin > ClientHello > WAIT_SH",
    "WAIT_SH ServerHello (TLS 1.2) > > WAIT_CERT",
    "WAIT_SH ServerHello (TLS 1.2) > > WAIT_SKE_PSK",
    "WAIT_SH ServerHello (TLS 1.2) > > WAIT_NST_RES",
    "WAIT_SH ServerHello (TLS 1.2) > > WAIT_CCS_RES",
    "WAIT_CERT Certificate > > WAIT_SKE",
    "WAIT_CERT Certificate > > WAIT_STATUS",
    "WAIT_STATUS CertificateStatus > > WAIT_SKE",
    "WAIT_STATUS ServerKeyExchange > > WAIT_CR_SHD", /* "MAY send", RFC 6066 8 */
    "WAIT_SKE ServerKeyExchange > > WAIT_CR_SHD",
    "WAIT_CR_SHD CertificateRequest > > WAIT_SHD_CR",
    "WAIT_CR_SHD ServerHelloDone > ClientKeyExchange Finished > WAIT_NST",
    "WAIT_CR_SHD ServerHelloDone > ClientKeyExchange Finished > WAIT_CCS",
    "WAIT_SHD_CR ServerHelloDone > Certificate ClientKeyExchange Finished > WAIT_NST",
    "WAIT_SHD_CR ServerHelloDone > Certificate ClientKeyExchange Finished > WAIT_CCS",
    "WAIT_SHD_CR ServerHelloDone > Certificate ClientKeyExchange CertificateVerify Finished > WAIT_NST",
    "WAIT_SHD_CR ServerHelloDone > Certificate ClientKeyExchange CertificateVerify Finished > WAIT_CCS",
    "WAIT_SKE_PSK ServerKeyExchange > > WAIT_SHD_PSK",
    "WAIT_SHD_PSK ServerHelloDone > ClientKeyExchange Finished > WAIT_NST",
    "WAIT_SHD_PSK ServerHelloDone > ClientKeyExchange Finished > WAIT_CCS",
    "WAIT_NST NewSessionTicket > > WAIT_CCS",
    "WAIT_CCS ChangeCipherSpec > > WAIT_FIN",
    "WAIT_FIN Finished > > CONNECTED",
    "WAIT_NST_RES NewSessionTicket > > WAIT_CCS_RES",
    "WAIT_CCS_RES ChangeCipherSpec > > WAIT_FIN_RES",
    "WAIT_FIN_RES Finished > Finished > CONNECTED",
    "WAIT_SH HelloRequest > > WAIT_SH",
    "WAIT_CERT HelloRequest > > WAIT_CERT",
    "WAIT_STATUS HelloRequest > > WAIT_STATUS",
    "WAIT_SKE HelloRequest > > WAIT_SKE",
    "WAIT_CR_SHD HelloRequest > > WAIT_CR_SHD",
    "WAIT_SHD_CR HelloRequest > > WAIT_SHD_CR",
    "WAIT_SKE_PSK HelloRequest > > WAIT_SKE_PSK",
    "WAIT_SHD_PSK HelloRequest > > WAIT_SHD_PSK",
    "WAIT_NST HelloRequest > > WAIT_NST",
    "WAIT_CCS HelloRequest > > WAIT_CCS",
    "WAIT_NST_RES HelloRequest > > WAIT_NST_RES",
    "WAIT_CCS_RES HelloRequest > > WAIT_CCS_RES",
    "CONNECTED HelloRequest refused",
};

static const char *const server_paths[] = {
    "WAIT_CH ClientHello > ServerHello (TLS 1.2) Certificate ServerKeyExchange ServerHelloDone > WAIT_CKE",
    "WAIT_CH ClientHello > ServerHello (TLS 1.2) Certificate ServerKeyExchange CertificateRequest ServerHelloDone > "
    "WAIT_CERT",
    "WAIT_CH ClientHello > ServerHello (TLS 1.2) Certificate CertificateStatus ServerKeyExchange ServerHelloDone > "
    "WAIT_CKE",
    "WAIT_CH ClientHello > ServerHello (TLS 1.2) Certificate CertificateStatus ServerKeyExchange CertificateRequest "
    "ServerHelloDone > WAIT_CERT",
    "WAIT_CH ClientHello > ServerHello (TLS 1.2) ServerKeyExchange ServerHelloDone > WAIT_CKE",
    "WAIT_CH ClientHello > ServerHello (TLS 1.2) Finished > WAIT_CCS_RES",
    "WAIT_CH ClientHello > ServerHello (TLS 1.2) NewSessionTicket Finished > WAIT_CCS_RES",
    "WAIT_CERT Certificate > > WAIT_CKE_CV",
    "WAIT_CERT Certificate > > WAIT_CKE",
    "WAIT_CKE ClientKeyExchange > > WAIT_CCS",
    "WAIT_CKE_CV ClientKeyExchange > > WAIT_CV",
    "WAIT_CV CertificateVerify > > WAIT_CCS",
    "WAIT_CCS ChangeCipherSpec > > WAIT_FIN",
    "WAIT_FIN Finished > Finished > CONNECTED",
    "WAIT_FIN Finished > NewSessionTicket Finished > CONNECTED",
    "WAIT_CCS_RES ChangeCipherSpec > > WAIT_FIN_RES",
    "WAIT_FIN_RES Finished > > CONNECTED",
    "CONNECTED ClientHello refused",
};

/* RFC 9846 4.3.1. */
static const char *const fork_paths[] = {"WAIT_CH ClientHello to server13", "WAIT_CH ClientHello to server12"};

static void
figures(void)
{
    states_compare(&tvt_server, fork_paths, sizeof fork_paths / sizeof fork_paths[0]);
    states_compare(&tvt_client12, client_paths, sizeof client_paths / sizeof client_paths[0]);
    states_compare(&tvt_server12, server_paths, sizeof server_paths / sizeof server_paths[0]);
}

/* A ClientHello, and then one of two machines, which takes that same message first; a client changes machines where a
 * ServerHello may come, and nowhere else. */
static void
fork_of_versions(void)
{
    const struct tvt_machine *const *machines;
    size_t num = tvt_machines(&machines), forks = 0;
    for (size_t i = 0; i < num; i++)
        for (size_t r = 0; r < machines[i]->num_rows; r++) {
            const struct tvt_row *row = &machines[i]->rows[r];
            for (size_t k = 0; k < sizeof row->fork / sizeof row->fork[0] && row->fork[k] != NULL; k++, forks++) {
                const struct tvt_row *next = tvt_machine_row(row->fork[k], row->fork[k]->enter, row->on);
                CU_ASSERT(next != NULL && next->num_edges > 0 && next->fork[0] == NULL);
                CU_ASSERT(row->fork[k] != machines[i] && row->num_edges == 0);
                CU_ASSERT(!machines[i]->states[row->state].done);
            }
        }
    CU_ASSERT_EQUAL(forks, 5); /* the server's two, and the client's three states that wait for a ServerHello */
    CU_ASSERT_EQUAL(tvt_server.num_rows, 1);
    const struct tvt_row *choice = tvt_machine_row(&tvt_server, tvt_server.start, TVT_MSG_CLIENT_HELLO);
    CU_ASSERT_FATAL(choice != NULL);
    CU_ASSERT(choice->fork[0] == &tvt_server13 && choice->fork[1] == &tvt_server12);
    for (uint8_t s = 0; s < tvt_client13.num_states; s++) {
        const struct tvt_row *row = tvt_machine_row(&tvt_client13, s, TVT_MSG_SERVER_HELLO12);
        CU_ASSERT((row == NULL) == (tvt_machine_row(&tvt_client13, s, TVT_MSG_SERVER_HELLO13) == NULL));
        CU_ASSERT(row == NULL || row->fork[0] == &tvt_client12);
    }
}

/* ---- as graphs ---- */

/* True: some state reached has a row on this message (or, `sends`, sends it). */
static bool
meets(const struct tvt_machine *m, const bool *reached, enum tvt_message_kind kind, bool sends)
{
    for (size_t i = 0; i < m->num_rows; i++)
        if (reached[m->rows[i].state] && (sends ? m->rows[i].sends == kind : m->rows[i].on == kind))
            return true;
    return false;
}

/* Without `w`, nothing of this kind comes (or goes). */
static void
needs(const struct tvt_machine *m, enum tvt_message_kind kind, bool sends, struct states_without w)
{
    bool reached[STATES_MAX];
    states_walk(m, m->start, (struct states_without){.psk = false}, reached);
    CU_ASSERT(meets(m, reached, kind, sends));
    states_walk(m, m->start, w, reached);
    CU_ASSERT_FALSE(meets(m, reached, kind, sends));
}

/* Both ways: keys, then change_cipher_spec, then Finished, then data. */
static void
order_of(const struct tvt_machine *m)
{
    const struct states_without derived = {.keys = TVT_KEYS_DERIVE_APPLICATION}, ours = {.keys = TVT_KEYS_CCS},
                                theirs = {.received = TVT_MSG_CHANGE_CIPHER_SPEC};
    CU_ASSERT_FATAL(m->num_states <= STATES_MAX);
    needs(m, TVT_MSG_CHANGE_CIPHER_SPEC, false, derived);
    needs(m, TVT_MSG_FINISHED, false, theirs);
    needs(m, TVT_MSG_FINISHED, false, derived);
    needs(m, TVT_MSG_FINISHED, true, ours);
    needs(m, TVT_MSG_FINISHED, true, derived);
    for (size_t i = 0; i < m->num_rows; i++) {
        const struct tvt_row *row = &m->rows[i];
        for (unsigned e = 0; e < row->num_edges; e++) {
            unsigned keys = row->edges[e].keys;
            const struct tvt_row *next = tvt_machine_row(m, row->edges[e].next, TVT_ON_SEND);
            /* The keys change with the change_cipher_spec, and never without; a Finished of ours is what follows. */
            CU_ASSERT_EQUAL((keys & TVT_KEYS_CCS) != 0, (keys & TVT_KEYS_SEND_APPLICATION) != 0);
            CU_ASSERT_EQUAL(row->on == TVT_MSG_CHANGE_CIPHER_SPEC, (keys & TVT_KEYS_RECEIVE_APPLICATION) != 0);
            CU_ASSERT(!(keys & TVT_KEYS_CCS) || (next != NULL && next->sends == TVT_MSG_FINISHED));
            CU_ASSERT(row->on != TVT_MSG_CHANGE_CIPHER_SPEC ||
                      tvt_machine_row(m, row->edges[e].next, TVT_MSG_FINISHED) != NULL);
        }
    }
    struct states_without cases[] = {derived, ours, theirs, {.received = TVT_MSG_FINISHED}, {.sent = TVT_MSG_FINISHED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_FALSE(states_connects(m, cases[i]));
    states_data_needs(m, false, TVT_DATA_APPLICATION, (struct states_without){.received = TVT_MSG_FINISHED});
    states_data_needs(m, false, TVT_DATA_APPLICATION, theirs);
    states_data_needs(m, true, TVT_DATA_APPLICATION, (struct states_without){.received = TVT_MSG_FINISHED});
    states_data_needs(m, true, TVT_DATA_APPLICATION, ours);
}

static void
shape_of(const struct tvt_machine *m)
{
    bool reached[STATES_MAX];
    states_walk(m, m->start, (struct states_without){.psk = false}, reached);
    for (size_t s = 0; s < m->num_states; s++) {
        CU_ASSERT(reached[s]);
        CU_ASSERT_EQUAL(m->states[s].done, s == m->connected);
    }
    for (size_t i = 0; i < m->num_rows; i++) /* nothing leads on from where the handshake is done: no renegotiation */
        CU_ASSERT(m->rows[i].state != m->connected || m->rows[i].num_edges == 0);
    /* With a certificate, a key, or a session; each alone suffices. */
    CU_ASSERT(states_connects(m, (struct states_without){.psk = true, .resumed = true}));
    CU_ASSERT(states_connects(m, (struct states_without){.psk = true}));
    CU_ASSERT(states_connects(m, (struct states_without){.resumed = true}));
}

static void
graph_of_client(void)
{
    const struct tvt_machine *m = &tvt_client12;
    static const enum tvt_message_kind both[] = {TVT_MSG_SERVER_KEY_EXCHANGE, TVT_MSG_SERVER_HELLO_DONE};
    bool reached[STATES_MAX];
    shape_of(m);
    order_of(m);
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.received = TVT_MSG_SERVER_HELLO12}));
    /* Certificate is passed by with a pre-shared key or a session; the key exchange with a session alone. */
    CU_ASSERT_FALSE(
        states_connects(m, (struct states_without){.received = TVT_MSG_CERTIFICATE12, .psk = true, .resumed = true}));
    CU_ASSERT(states_connects(m, (struct states_without){.received = TVT_MSG_CERTIFICATE12, .psk = true}));
    CU_ASSERT(states_connects(m, (struct states_without){.received = TVT_MSG_CERTIFICATE12, .resumed = true}));
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_FALSE(states_connects(m, (struct states_without){.received = both[i], .resumed = true}));
        CU_ASSERT(states_connects(m, (struct states_without){.received = both[i]}));
    }
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.sent = TVT_MSG_CLIENT_KEY_EXCHANGE, .resumed = true}));
    /* A staple may stay away (RFC 6066 8), a ticket may not be promised at all. */
    CU_ASSERT(states_connects(m, (struct states_without){.received = TVT_MSG_CERTIFICATE_STATUS}));
    CU_ASSERT(states_connects(m, (struct states_without){.received = TVT_MSG_NEW_SESSION_TICKET12}));
    /* A certificate of ours goes only to who asked for it, and never alone: its proof, and the Finished over it. */
    states_walk(m, m->start, (struct states_without){.received = TVT_MSG_CERTIFICATE_REQUEST12}, reached);
    CU_ASSERT_FALSE(meets(m, reached, TVT_MSG_CERTIFICATE12, true) ||
                    meets(m, reached, TVT_MSG_CERTIFICATE_VERIFY, true));
    states_walk(m, states_named(m, "SEND_CKE_CV"), (struct states_without){.sent = TVT_MSG_CERTIFICATE_VERIFY},
                reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    states_walk(m, states_named(m, "SEND_CERT"), (struct states_without){.sent = TVT_MSG_CLIENT_KEY_EXCHANGE}, reached);
    CU_ASSERT_FALSE(meets(m, reached, TVT_MSG_CERTIFICATE_VERIFY, true));
    /* False start is off: nothing of ours before the server's Finished. */
    states_walk(m, m->start, (struct states_without){.received = TVT_MSG_FINISHED}, reached);
    for (size_t s = 0; s < m->num_states; s++)
        CU_ASSERT(!reached[s] || m->states[s].send == TVT_DATA_NONE);
}

static void
graph_of_server(void)
{
    const struct tvt_machine *m = &tvt_server12;
    bool reached[STATES_MAX];
    shape_of(m);
    order_of(m);
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.received = TVT_MSG_CLIENT_HELLO}));
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.sent = TVT_MSG_SERVER_HELLO12}));
    CU_ASSERT_FALSE(
        states_connects(m, (struct states_without){.sent = TVT_MSG_CERTIFICATE12, .psk = true, .resumed = true}));
    CU_ASSERT(states_connects(m, (struct states_without){.sent = TVT_MSG_CERTIFICATE12, .psk = true}));
    CU_ASSERT(states_connects(m, (struct states_without){.sent = TVT_MSG_CERTIFICATE12, .resumed = true}));
    CU_ASSERT_FALSE(states_connects(m, (struct states_without){.sent = TVT_MSG_SERVER_KEY_EXCHANGE, .resumed = true}));
    CU_ASSERT_FALSE(
        states_connects(m, (struct states_without){.received = TVT_MSG_CLIENT_KEY_EXCHANGE, .resumed = true}));
    /* A client's certificate needs its proof; who asks for one waits for the answer. */
    CU_ASSERT_EQUAL(tvt_machine_row(m, states_named(m, "WAIT_CERT"), TVT_MSG_CERTIFICATE12)->edges[0].next,
                    states_named(m, "WAIT_CKE_CV"));
    states_walk(m, states_named(m, "WAIT_CKE_CV"), (struct states_without){.received = TVT_MSG_CERTIFICATE_VERIFY},
                reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    states_walk(m, states_named(m, "SEND_CR"), (struct states_without){.received = TVT_MSG_CERTIFICATE12}, reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    /* A key does not ask for a certificate besides (RFC 5489 2), nor does a session. */
    states_walk(m, states_named(m, "SEND_SH_PSK"), (struct states_without){.psk = false}, reached);
    CU_ASSERT_FALSE(meets(m, reached, TVT_MSG_CERTIFICATE_REQUEST12, true) ||
                    meets(m, reached, TVT_MSG_CERTIFICATE12, true) || meets(m, reached, TVT_MSG_CERTIFICATE12, false));
    states_walk(m, states_named(m, "SEND_SH_RES"), (struct states_without){.psk = false}, reached);
    CU_ASSERT_FALSE(meets(m, reached, TVT_MSG_CERTIFICATE_REQUEST12, true) ||
                    meets(m, reached, TVT_MSG_SERVER_KEY_EXCHANGE, true));
    /* No data of ours before the client's Finished. */
    states_walk(m, m->start, (struct states_without){.received = TVT_MSG_FINISHED}, reached);
    for (size_t s = 0; s < m->num_states; s++)
        CU_ASSERT(!reached[s] || m->states[s].send == TVT_DATA_NONE);
}

int
tvt_register_states12(void)
{
    CU_pSuite suite = CU_add_suite("states of TLS 1.2", NULL, NULL);
    if (suite == NULL || CU_add_test(suite, "the tables and the figures of RFC 5246 7.3", figures) == NULL ||
        CU_add_test(suite, "where the versions part", fork_of_versions) == NULL ||
        CU_add_test(suite, "the client's table as a graph", graph_of_client) == NULL ||
        CU_add_test(suite, "the server's table as a graph", graph_of_server) == NULL)
        return -1;
    return 0;
}
