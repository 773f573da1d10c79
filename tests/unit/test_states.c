/* SPDX-License-Identifier: MIT
 *
 * The state tables: compared with the diagrams of RFC 9846 appendix A, and walked as graphs.
 */
#include "core/handshake/handshake.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_states(void);

#define PATHS_MAX  64u
#define PATH_SIZE  200u
#define STATES_MAX 64u

/* ---- the diagrams, as this test reads them ---------------------------------------------------------------------
 * "<state> <event> > <messages sent> > <state>": our own turns are drawn together with the event that leads to them. */

/* RFC 9846 appendix A.1. A second flight, and 0-RTT that is under way, have states of their own; compression (RFC 8879)
 * and authentication after the handshake (RFC 9846 4.7.2) are drawn as the RFC's text says. */
static const char *const client_paths[] = {
    "START begin > ClientHello > WAIT_SH",
    "START begin > ClientHello > WAIT_SH_EARLY",
    "WAIT_SH HelloRetryRequest > ClientHello > WAIT_SH2",
    "WAIT_SH ServerHello > > WAIT_EE",
    "WAIT_SH ServerHello (TLS 1.2) refused",
    "WAIT_SH_EARLY HelloRetryRequest > ClientHello > WAIT_SH2",
    "WAIT_SH_EARLY ServerHello > > WAIT_EE_EARLY",
    "WAIT_SH_EARLY ServerHello (TLS 1.2) refused",
    "WAIT_SH2 ServerHello > > WAIT_EE",
    "WAIT_SH2 ServerHello (TLS 1.2) refused",
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

/* What a walk leaves out; 0 nothing. */
struct without {
    enum tvt_message_kind received, received_too, sent;
    unsigned keys;     /* edges with one of these changes                              */
    bool psk, early;   /* edges that only a pre-shared key opens; only 0-RTT           */
    const char *state; /* its way out: "CONNECTED"                                     */
};

static bool
ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);
    return len >= tail && strcmp(text + len - tail, end) == 0;
}

static bool
edge_is_psk(const struct tvt_machine *m, const struct tvt_row *row, const struct tvt_edge *edge)
{
    const char *to = short_name(m, edge->next);
    if (row->on == TVT_MSG_CLIENT_HELLO)
        return ends_with(to, "_PSK") || ends_with(to, "_EARLY");
    return row->on == TVT_MSG_ENCRYPTED_EXTENSIONS && strcmp(to, "WAIT_CERT_CR") != 0;
}

static bool
takes(const struct tvt_machine *m, const struct tvt_row *row, const struct tvt_edge *edge, const struct without *w)
{
    if (row->on != TVT_ON_SEND && row->on != TVT_MSG_NONE && (row->on == w->received || row->on == w->received_too))
        return false;
    if (row->on == TVT_ON_SEND && row->sends == w->sent)
        return false;
    if ((edge->keys & w->keys) != 0 || (w->psk && edge_is_psk(m, row, edge)))
        return false;
    if (w->early && !ends_with(short_name(m, row->state), "_EARLY") && ends_with(short_name(m, edge->next), "_EARLY"))
        return false;
    return w->state == NULL || strcmp(short_name(m, row->state), w->state) != 0;
}

/* States that a walk from `from` reaches. */
static void
walk(const struct tvt_machine *m, uint8_t from, struct without w, bool *reached)
{
    bool grown = true;
    memset(reached, 0, m->num_states * sizeof *reached);
    reached[from] = true;
    while (grown) {
        grown = false;
        for (size_t i = 0; i < m->num_rows; i++) {
            const struct tvt_row *row = &m->rows[i];
            for (unsigned e = 0; reached[row->state] && e < row->num_edges; e++) {
                if (!takes(m, row, &row->edges[e], &w) || reached[row->edges[e].next])
                    continue;
                reached[row->edges[e].next] = grown = true;
            }
        }
    }
}

static uint8_t
state_named(const struct tvt_machine *m, const char *name)
{
    for (uint8_t s = 0; s < m->num_states; s++)
        if (strcmp(short_name(m, s), name) == 0)
            return s;
    CU_FAIL_FATAL("no state of that name");
    return 0;
}

static bool
connects(const struct tvt_machine *m, struct without w)
{
    bool reached[STATES_MAX];
    walk(m, m->start, w, reached);
    return reached[m->connected];
}

/* No state that `w` makes unreachable may let data of this kind through. */
static void
data_needs(const struct tvt_machine *m, bool sending, enum tvt_data data, struct without w)
{
    bool reached[STATES_MAX];
    unsigned states = 0;
    walk(m, m->start, w, reached);
    for (size_t s = 0; s < m->num_states; s++) {
        bool here = (sending ? m->states[s].send : m->states[s].receive) == data;
        CU_ASSERT(!(here && reached[s]));
        states += here;
    }
    CU_ASSERT(states > 0);
}

static void
graph_of(const struct tvt_machine *m)
{
    static const unsigned needed[] = {
        TVT_KEYS_DERIVE_HANDSHAKE,  TVT_KEYS_DERIVE_APPLICATION, TVT_KEYS_DERIVE_RESUMPTION,  TVT_KEYS_SEND_HANDSHAKE,
        TVT_KEYS_RECEIVE_HANDSHAKE, TVT_KEYS_SEND_APPLICATION,   TVT_KEYS_RECEIVE_APPLICATION};
    bool reached[STATES_MAX];
    CU_ASSERT_FATAL(m->num_states <= sizeof reached);
    walk(m, m->start, (struct without){.sent = TVT_MSG_NONE}, reached);
    for (size_t s = 0; s < m->num_states; s++)
        CU_ASSERT(reached[s]);
    walk(m, m->start, (struct without){.state = "CONNECTED"}, reached);
    for (size_t s = 0; s < m->num_states; s++) /* done: connected, or a turn of the connected state */
        CU_ASSERT_EQUAL(m->states[s].done, s == m->connected || !reached[s]);
    CU_ASSERT_FALSE(connects(m, (struct without){.received = TVT_MSG_FINISHED}));
    CU_ASSERT_FALSE(connects(m, (struct without){.sent = TVT_MSG_FINISHED}));
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        CU_ASSERT_FALSE(connects(m, (struct without){.keys = needed[i]}));
    CU_ASSERT(connects(m, (struct without){.keys = TVT_KEYS_DERIVE_EARLY}));
    CU_ASSERT(connects(m, (struct without){.psk = true}) && connects(m, (struct without){.early = true}));
}

static void
graph_of_client(const struct tvt_machine *m)
{
    const struct without no_certificate = {.received = TVT_MSG_CERTIFICATE,
                                           .received_too = TVT_MSG_COMPRESSED_CERTIFICATE};
    bool reached[STATES_MAX];
    CU_ASSERT_FALSE(connects(m, (struct without){.received = TVT_MSG_SERVER_HELLO13}));
    CU_ASSERT_FALSE(connects(m, (struct without){.received = TVT_MSG_ENCRYPTED_EXTENSIONS}));
    CU_ASSERT_FALSE(connects(m, (struct without){.sent = TVT_MSG_CLIENT_HELLO}));
    /* Certificate and CertificateVerify are passed by with a pre-shared key, and in no other way. */
    struct without w = no_certificate;
    CU_ASSERT(connects(m, w));
    w.psk = true;
    CU_ASSERT_FALSE(connects(m, w));
    CU_ASSERT(connects(m, (struct without){.received = TVT_MSG_CERTIFICATE_VERIFY}));
    CU_ASSERT_FALSE(connects(m, (struct without){.received = TVT_MSG_CERTIFICATE_VERIFY, .psk = true}));
    /* 0-RTT that was accepted ends with EndOfEarlyData (RFC 9846 4.6). */
    walk(m, state_named(m, "WAIT_FIN_EARLY"), (struct without){.sent = TVT_MSG_END_OF_EARLY_DATA}, reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    /* A HelloRetryRequest ends it, too (RFC 9846 4.3.10). */
    walk(m, state_named(m, "WAIT_SH2"), (struct without){.state = "CONNECTED"}, reached);
    for (size_t s = 0; s < m->num_states; s++)
        CU_ASSERT_FALSE(reached[s] && m->states[s].send == TVT_DATA_EARLY);
    data_needs(m, true, TVT_DATA_EARLY, (struct without){.early = true});
    /* A certificate of ours goes only to who asked for it (RFC 9846 4.4.2). */
    walk(m, m->start, (struct without){.received = TVT_MSG_CERTIFICATE_REQUEST}, reached);
    CU_ASSERT_FALSE(reached[state_named(m, "SEND_CERT")]);
    data_needs(m, true, TVT_DATA_EARLY, (struct without){.keys = TVT_KEYS_DERIVE_EARLY});
    data_needs(m, true, TVT_DATA_EARLY, (struct without){.keys = TVT_KEYS_SEND_EARLY});
    data_needs(m, true, TVT_DATA_APPLICATION, (struct without){.received = TVT_MSG_FINISHED});
    data_needs(m, true, TVT_DATA_APPLICATION, (struct without){.sent = TVT_MSG_FINISHED});
    data_needs(m, true, TVT_DATA_APPLICATION, (struct without){.keys = TVT_KEYS_SEND_APPLICATION});
    data_needs(m, false, TVT_DATA_APPLICATION, (struct without){.received = TVT_MSG_FINISHED});
    data_needs(m, false, TVT_DATA_APPLICATION, (struct without){.keys = TVT_KEYS_RECEIVE_APPLICATION});
}

static void
graph_of_server(const struct tvt_machine *m)
{
    static const enum tvt_message_kind sent[] = {TVT_MSG_CERTIFICATE, TVT_MSG_CERTIFICATE_VERIFY};
    bool reached[STATES_MAX];
    CU_ASSERT_FALSE(connects(m, (struct without){.received = TVT_MSG_CLIENT_HELLO}));
    CU_ASSERT_FALSE(connects(m, (struct without){.sent = TVT_MSG_SERVER_HELLO13}));
    CU_ASSERT_FALSE(connects(m, (struct without){.sent = TVT_MSG_ENCRYPTED_EXTENSIONS}));
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT(connects(m, (struct without){.sent = sent[i]}));
        CU_ASSERT_FALSE(connects(m, (struct without){.sent = sent[i], .psk = true}));
    }
    /* A client's certificate needs its proof. */
    walk(m, state_named(m, "WAIT_CV"), (struct without){.received = TVT_MSG_CERTIFICATE_VERIFY}, reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    walk(m, state_named(m, "WAIT_POST_CV"), (struct without){.received = TVT_MSG_CERTIFICATE_VERIFY}, reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    walk(m, state_named(m, "WAIT_POST_CV"), (struct without){.received = TVT_MSG_FINISHED}, reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    /* Who asks for a certificate waits for the answer (RFC 9846 4.5.1). */
    walk(m, state_named(m, "SEND_CR"),
         (struct without){.received = TVT_MSG_CERTIFICATE, .received_too = TVT_MSG_COMPRESSED_CERTIFICATE}, reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    /* 0-RTT that was accepted ends with EndOfEarlyData (RFC 9846 4.6), and never follows a HelloRetryRequest. */
    walk(m, state_named(m, "WAIT_EOED"), (struct without){.received = TVT_MSG_END_OF_EARLY_DATA}, reached);
    CU_ASSERT_FALSE(reached[m->connected]);
    walk(m, state_named(m, "WAIT_CH2"), (struct without){.state = "CONNECTED"}, reached);
    CU_ASSERT_FALSE(reached[state_named(m, "WAIT_EOED")]);
    data_needs(m, false, TVT_DATA_EARLY, (struct without){.early = true});
    data_needs(m, false, TVT_DATA_EARLY, (struct without){.psk = true});
    data_needs(m, false, TVT_DATA_EARLY, (struct without){.keys = TVT_KEYS_DERIVE_EARLY});
    data_needs(m, false, TVT_DATA_EARLY, (struct without){.keys = TVT_KEYS_RECEIVE_EARLY});
    data_needs(m, true, TVT_DATA_APPLICATION, (struct without){.sent = TVT_MSG_FINISHED});
    data_needs(m, true, TVT_DATA_APPLICATION, (struct without){.keys = TVT_KEYS_SEND_APPLICATION});
    data_needs(m, false, TVT_DATA_APPLICATION, (struct without){.received = TVT_MSG_FINISHED});
    data_needs(m, false, TVT_DATA_APPLICATION, (struct without){.keys = TVT_KEYS_RECEIVE_APPLICATION});
}

/* ---- which keys protect what, RFC 9846 4 and 5.1 ---- */

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
    if (m->states[row->state].done)
        return TVT_LEVEL_APPLICATION;
    switch (row->on == TVT_ON_SEND ? row->sends : row->on) {
    case TVT_MSG_CLIENT_HELLO:
    case TVT_MSG_SERVER_HELLO13:
    case TVT_MSG_SERVER_HELLO12:
    case TVT_MSG_HELLO_RETRY:
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
        graph_of(machines[i]);
        (machines[i] == &tvt_client13 ? graph_of_client : graph_of_server)(machines[i]);
        keys_of(machines[i]);
    }
    CU_ASSERT(!section_exists("99.99"));
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
