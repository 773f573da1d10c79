/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.2 client (RFC 5246 7.3): its table, and what the rows do that have no room of their own.
 */
#include "core/base/memory.h"
#include "core/handshake/rows.h"
#include "core/handshake/tls12.h"

#include <string.h>

enum state {
    START,
    WAIT_SH,
    WAIT_CERT,
    WAIT_STATUS,
    WAIT_SKE,
    WAIT_CR_SHD,
    WAIT_SHD_CR,
    WAIT_SKE_PSK,
    WAIT_SHD_PSK,
    SEND_CERT,
    SEND_CKE,
    SEND_CKE_CV,
    SEND_CV,
    SEND_FIN,
    WAIT_NST,
    WAIT_CCS,
    WAIT_FIN,
    WAIT_NST_RES,
    WAIT_CCS_RES,
    WAIT_FIN_RES,
    SEND_FIN_RES,
    CONNECTED,
    NUM_STATES
};

/* ---- ServerHello, RFC 5246 7.4.1.3 ---- */

/* RFC 9846 4.2.3: where TLS 1.3 was offered the fork has looked for both marks; where it was not, a server that knows it says
 * so in good order, and the other mark alone is one of a downgrade. */
static enum tvt_result
check_version(struct tvt_handshake *hs, const struct tvt_server_hello *m)
{
    const uint8_t *mark = m->random.data + 24;
    if (m->legacy_version != hs->machine->protocol->version)
        return tvt_fail_detail(hs->error, TVT_E_PROTOCOL_VERSION, "ServerHello", "server_version",
                               "the server chose %s", tvt_version_name(m->legacy_version));
    if (memcmp(mark, tvt_downgrade_tls11, 8) == 0)
        return tvt_fail(hs->error, TVT_E_DOWNGRADE, "ServerHello", "random");
    return TVT_OK;
}

static enum tvt_result
take_suite(struct tvt_handshake *hs, uint16_t id)
{
    const struct tvt_config *c = hs->config;
    const struct tvt_suite *suite = tvt_config_suite(c, id, hs->machine->protocol->version);
    if (suite != NULL && tvt_offer13_has_suite(c, suite))
        return tvt_tls12_take_suite(hs, suite);
    return tvt_fail_detail(hs->error, TVT_E_WRONG_SUITE, "ServerHello", "cipher_suite", "0x%04x", id);
}

static enum tvt_result
take_alpn(struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    struct tvt_span list = e->alpn, ours = tvt_span(hs->config->alpn, hs->config->alpn_len), chosen, mine;
    if (!tvt_has(e, TVT_EXT_ALPN))
        return TVT_OK;
    if (tvt_list_next_vec8(&list, &chosen))
        while (tvt_list_next_vec8(&ours, &mine))
            if (tvt_span_equal(mine, chosen)) {
                hs->alpn = mine;
                return TVT_OK;
            }
    return tvt_fail(hs->error, TVT_E_BAD_ALPN, "ServerHello", "alpn");
}

/* RFC 5746 3.4: empty in the first handshake, and there is no other. Without it, this handshake may be what somebody on the
 * path has a server take for a renegotiation of a connection of its own, and put its words before ours (RFC 5746 1, RFC 9325
 * 3.5). RFC 7627 5.2: without the extended master secret the handshake ends, unless such servers are allowed. */
static enum tvt_result
take_binding(struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    if (tvt_has(e, TVT_EXT_RENEGOTIATION_INFO) && e->renegotiation_info.len > 0)
        return tvt_fail(hs->error, TVT_E_BAD_RENEGOTIATION_INFO, "ServerHello", "renegotiation_info");
    if (!tvt_has(e, TVT_EXT_RENEGOTIATION_INFO) &&
        (hs->scratch->offer.extensions & TVT_EXT_BIT(TVT_EXT_RENEGOTIATION_INFO)) != 0)
        return tvt_fail(hs->error, TVT_E_NO_RENEGOTIATION_INFO, "ServerHello", "renegotiation_info");
    hs->extended_master = tvt_has(e, TVT_EXT_EXTENDED_MASTER_SECRET);
    hs->no_exporter = !hs->extended_master;
    if (!hs->extended_master && !hs->config->allow_no_ems)
        return tvt_fail(hs->error, TVT_E_NO_EXTENDED_MASTER_SECRET, "ServerHello", "extended_master_secret");
    return TVT_OK;
}

static enum tvt_result
take_record_limits(struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    if (tvt_has(e, TVT_EXT_RECORD_SIZE_LIMIT))
        hs->peer_record_limit = e->record_size_limit;
    if (!tvt_has(e, TVT_EXT_MAX_FRAGMENT_LENGTH))
        return TVT_OK;
    hs->max_fragment = (uint16_t)(256u << e->max_fragment_length);
    if (hs->max_fragment == hs->config->max_fragment)
        return TVT_OK;
    return tvt_fail_values(hs->error, TVT_E_ILLEGAL_PARAMETER, "ServerHello", "max_fragment_length",
                           hs->config->max_fragment, hs->max_fragment);
}

/* The server goes back to the session that was offered when it answers with its id (RFC 5246 7.4.1.3), or, to a ticket, with
 * the id that stood beside it (RFC 5077 3.4). */
static enum tvt_result
take_session(struct tvt_handshake *hs, const struct tvt_server_hello *m, unsigned *edge)
{
    struct tvt_scratch *s = hs->scratch;
    struct tvt_session *offered = tvt_session12_offered(hs);
    struct tvt_span sent = tvt_span(s->offer.session_id, s->offer.session_id_len);
    s->ticket_due = tvt_has(&m->ext, TVT_EXT_SESSION_TICKET);
    if (offered == NULL && m->session_id.len > 0 && tvt_span_equal(m->session_id, sent))
        return tvt_fail_detail(hs->error, TVT_E_WRONG_SESSION_ID, "ServerHello", "session_id",
                               "the id of no session was sent back");
    if (offered == NULL || m->session_id.len == 0 || !tvt_span_equal(m->session_id, sent)) {
        tvt_copy(s->session_id, m->session_id.data, m->session_id.len);
        s->session_id_len = (uint8_t)m->session_id.len;
        *edge = tvt_tls12_is_psk(hs) ? 1 : 0;
        return TVT_OK;
    }
    if (offered->suite != hs->suite->id)
        return tvt_fail_values(hs->error, TVT_E_WRONG_SUITE, "ServerHello", "cipher_suite", offered->suite,
                               hs->suite->id);
    if (offered->extended_master != hs->extended_master) /* RFC 7627 5.3 */
        return tvt_fail(hs->error, TVT_E_SESSION_MASTER_SECRET, "ServerHello", "extended_master_secret");
    *edge = s->ticket_due ? 2 : 3;
    return tvt_session12_resume(hs, offered);
}

static enum tvt_result
recv_server_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_server_hello *m = &in->u.server_hello;
    struct tvt_scratch *s = hs->scratch;
    (void)out;
    enum tvt_result r = check_version(hs, m);
    if (r == TVT_OK)
        r = tvt_server_hello12_check(in, s->offer.extensions, hs->error);
    if (r == TVT_OK)
        r = take_suite(hs, m->suite);
    if (r == TVT_OK)
        r = take_binding(hs, &m->ext);
    if (r == TVT_OK)
        r = take_alpn(hs, &m->ext);
    if (r == TVT_OK)
        r = take_record_limits(hs, &m->ext);
    if (r != TVT_OK)
        return r;
    tvt_copy(hs->randoms.client, s->client_random, TVT_RANDOM_LEN);
    tvt_copy(hs->randoms.server, m->random.data, TVT_RANDOM_LEN);
    s->peer.staples = tvt_has(&m->ext, TVT_EXT_STATUS_REQUEST);
    tvt_buffer_consume(&hs->shown.scts, hs->shown.scts.len); /* of a call that ended with PENDING */
    if (tvt_has(&m->ext, TVT_EXT_SCT) && !tvt_buffer_append(&hs->shown.scts, m->ext.sct_list.data, m->ext.sct_list.len))
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "ServerHello", "signed_certificate_timestamp");
    r = take_session(hs, m, edge);
    if (r == TVT_OK)
        r = tvt_auth13_recv_answer(hs, "ServerHello", &m->ext);
    if (r == TVT_OK && *edge == 0) /* a CertificateVerify of ours may have to sign them all (RFC 5246 7.4.8) */
        tvt_transcript_keep(&s->transcript);
    return r;
}

/* ---- what says nothing but that it is there ---- */

static enum tvt_result
recv_hello_done(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)out;
    (void)edge;
    if (hs->scratch->chosen.credential == NULL)
        tvt_transcript_drop(&hs->scratch->transcript); /* we shall sign nothing */
    return TVT_OK;
}

static enum tvt_result
recv_ccs(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)hs;
    (void)in;
    (void)out;
    (void)edge;
    return TVT_OK;
}

static enum tvt_result
send_certificate(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    *edge = hs->scratch->chosen.credential != NULL ? 0 : 1;
    unsigned only = 0;
    return tvt_auth12_send_certificate(hs, in, out, &only);
}

static enum tvt_result
send_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    *edge = hs->scratch->ticket_due ? 0 : 1;
    unsigned only = 0;
    return tvt_auth12_send_finished(hs, in, out, &only);
}

/* A full handshake ends with the server's Finished: the session is whole now. */
static enum tvt_result
recv_last_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    enum tvt_result r = tvt_auth12_recv_finished(hs, in, out, edge);
    return r == TVT_OK ? tvt_session12_done(hs) : r;
}

/* RFC 5246 7.4.1.1 lets a client refuse; ours ends the connection (docs/decisions/0017). */
static enum tvt_result
refuse_renegotiation(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)out;
    (void)edge;
    return tvt_fail(hs->error, TVT_E_RENEGOTIATION, "HelloRequest", NULL);
}

/* ---- the table ---- */

#define OUR_KEYS    (TVT_KEYS_CCS | TVT_KEYS_SEND_APPLICATION)
#define THEIR_KEYS  TVT_KEYS_RECEIVE_APPLICATION
#define FLIGHT_DONE (TVT_KEYS_DERIVE_APPLICATION | OUR_KEYS)

/* No part of the handshake's hashes (RFC 5246 7.4.1.1). */
#define IGNORE_REQUEST(state)                                                                                          \
    RECV(state, HELLO_REQUEST, NO, tvt_fork_ignore_hello_request, 1, "RFC 5246 7.4.1.1", {state, 0})

static const struct tvt_row rows[] = {
    SEND(START, CLIENT_HELLO, ADD, tvt_offer13_send_client_hello, 1, "RFC 5246 7.4.1.2", {WAIT_SH, 0}),
    RECV(WAIT_SH, SERVER_HELLO12, ADD, recv_server_hello, 4, "RFC 5246 7.4.1.3", {WAIT_CERT, 0}, {WAIT_SKE_PSK, 0},
         {WAIT_NST_RES, TVT_KEYS_DERIVE_APPLICATION}, {WAIT_CCS_RES, TVT_KEYS_DERIVE_APPLICATION}),
    /* with certificates */
    RECV(WAIT_CERT, CERTIFICATE12, ADD, tvt_auth12_recv_certificate, 2, "RFC 5246 7.4.2", {WAIT_SKE, 0},
         {WAIT_STATUS, 0}),
    RECV(WAIT_STATUS, CERTIFICATE_STATUS, ADD, tvt_auth12_recv_status, 1, "RFC 6066 8", {WAIT_SKE, 0}),
    RECV(WAIT_STATUS, SERVER_KEY_EXCHANGE, ADD, tvt_exchange12_recv_server, 1, "RFC 8422 5.4", {WAIT_CR_SHD, 0}),
    RECV(WAIT_SKE, SERVER_KEY_EXCHANGE, ADD, tvt_exchange12_recv_server, 1, "RFC 8422 5.4", {WAIT_CR_SHD, 0}),
    RECV(WAIT_CR_SHD, CERTIFICATE_REQUEST12, ADD, tvt_auth12_recv_request, 1, "RFC 5246 7.4.4", {WAIT_SHD_CR, 0}),
    RECV(WAIT_CR_SHD, SERVER_HELLO_DONE, ADD, recv_hello_done, 1, "RFC 5246 7.4.5", {SEND_CKE, 0}),
    RECV(WAIT_SHD_CR, SERVER_HELLO_DONE, ADD, recv_hello_done, 1, "RFC 5246 7.4.5", {SEND_CERT, 0}),
    /* with a pre-shared key */
    RECV(WAIT_SKE_PSK, SERVER_KEY_EXCHANGE, ADD, tvt_exchange12_recv_server, 1, "RFC 5489 2", {WAIT_SHD_PSK, 0}),
    RECV(WAIT_SHD_PSK, SERVER_HELLO_DONE, ADD, recv_hello_done, 1, "RFC 5246 7.4.5", {SEND_CKE, 0}),
    /* our flight */
    SEND(SEND_CERT, CERTIFICATE12, ADD, send_certificate, 2, "RFC 5246 7.4.6", {SEND_CKE_CV, 0}, {SEND_CKE, 0}),
    SEND(SEND_CKE, CLIENT_KEY_EXCHANGE, ADD, tvt_exchange12_send_client, 1, "RFC 8422 5.7", {SEND_FIN, FLIGHT_DONE}),
    SEND(SEND_CKE_CV, CLIENT_KEY_EXCHANGE, ADD, tvt_exchange12_send_client, 1, "RFC 8422 5.7",
         {SEND_CV, TVT_KEYS_DERIVE_APPLICATION}),
    SEND(SEND_CV, CERTIFICATE_VERIFY, ADD, tvt_auth12_send_verify, 1, "RFC 5246 7.4.8", {SEND_FIN, OUR_KEYS}),
    SEND(SEND_FIN, FINISHED, ADD, send_finished, 2, "RFC 5246 7.4.9", {WAIT_NST, 0}, {WAIT_CCS, 0}),
    RECV(WAIT_NST, NEW_SESSION_TICKET12, ADD, tvt_session12_recv_ticket, 1, "RFC 5077 3.3", {WAIT_CCS, 0}),
    RECV(WAIT_CCS, CHANGE_CIPHER_SPEC, NO, recv_ccs, 1, "RFC 5246 7.1", {WAIT_FIN, THEIR_KEYS}),
    RECV(WAIT_FIN, FINISHED, ADD, recv_last_finished, 1, "RFC 5246 7.4.9", {CONNECTED, 0}),
    /* a session that is gone back to: the server is first (RFC 5246 7.3) */
    RECV(WAIT_NST_RES, NEW_SESSION_TICKET12, ADD, tvt_session12_recv_ticket, 1, "RFC 5077 3.3", {WAIT_CCS_RES, 0}),
    RECV(WAIT_CCS_RES, CHANGE_CIPHER_SPEC, NO, recv_ccs, 1, "RFC 5246 7.1", {WAIT_FIN_RES, THEIR_KEYS}),
    RECV(WAIT_FIN_RES, FINISHED, ADD, recv_last_finished, 1, "RFC 5246 7.4.9", {SEND_FIN_RES, OUR_KEYS}),
    SEND(SEND_FIN_RES, FINISHED, NO, tvt_auth12_send_finished, 1, "RFC 5246 7.4.9", {CONNECTED, 0}),
    /* a wish to negotiate, where that is under way; behind change_cipher_spec stands Finished (RFC 5246 7.4.9) */
    IGNORE_REQUEST(WAIT_SH),
    IGNORE_REQUEST(WAIT_CERT),
    IGNORE_REQUEST(WAIT_STATUS),
    IGNORE_REQUEST(WAIT_SKE),
    IGNORE_REQUEST(WAIT_CR_SHD),
    IGNORE_REQUEST(WAIT_SHD_CR),
    IGNORE_REQUEST(WAIT_SKE_PSK),
    IGNORE_REQUEST(WAIT_SHD_PSK),
    IGNORE_REQUEST(WAIT_NST),
    IGNORE_REQUEST(WAIT_CCS),
    IGNORE_REQUEST(WAIT_NST_RES),
    IGNORE_REQUEST(WAIT_CCS_RES),
    RECV(CONNECTED, HELLO_REQUEST, NO, refuse_renegotiation, 0, "RFC 5246 7.4.1.1", {0, 0}),
};

/* Name; what may be sent and received; done. */
static const struct tvt_state states[NUM_STATES] = {
    [START] = {"client12.START", 0, 0, false},
    [WAIT_SH] = {"client12.WAIT_SH", 0, 0, false},
    [WAIT_CERT] = {"client12.WAIT_CERT", 0, 0, false},
    [WAIT_STATUS] = {"client12.WAIT_STATUS", 0, 0, false},
    [WAIT_SKE] = {"client12.WAIT_SKE", 0, 0, false},
    [WAIT_CR_SHD] = {"client12.WAIT_CR_SHD", 0, 0, false},
    [WAIT_SHD_CR] = {"client12.WAIT_SHD_CR", 0, 0, false},
    [WAIT_SKE_PSK] = {"client12.WAIT_SKE_PSK", 0, 0, false},
    [WAIT_SHD_PSK] = {"client12.WAIT_SHD_PSK", 0, 0, false},
    [SEND_CERT] = {"client12.SEND_CERT", 0, 0, false},
    [SEND_CKE] = {"client12.SEND_CKE", 0, 0, false},
    [SEND_CKE_CV] = {"client12.SEND_CKE_CV", 0, 0, false},
    [SEND_CV] = {"client12.SEND_CV", 0, 0, false},
    [SEND_FIN] = {"client12.SEND_FIN", 0, 0, false},
    [WAIT_NST] = {"client12.WAIT_NST", 0, 0, false},
    [WAIT_CCS] = {"client12.WAIT_CCS", 0, 0, false},
    [WAIT_FIN] = {"client12.WAIT_FIN", 0, 0, false},
    [WAIT_NST_RES] = {"client12.WAIT_NST_RES", 0, 0, false},
    [WAIT_CCS_RES] = {"client12.WAIT_CCS_RES", 0, 0, false},
    [WAIT_FIN_RES] = {"client12.WAIT_FIN_RES", 0, 0, false},
    [SEND_FIN_RES] = {"client12.SEND_FIN_RES", 0, TVT_DATA_APPLICATION, false},
    [CONNECTED] = {"client12.CONNECTED", TVT_DATA_APPLICATION, TVT_DATA_APPLICATION, true},
};

const struct tvt_machine tvt_client12 = {.name = "client12",
                                         .protocol = &tvt_protocol12,
                                         .states = states,
                                         .num_states = NUM_STATES,
                                         .rows = rows,
                                         .num_rows = sizeof rows / sizeof rows[0],
                                         .start = START,
                                         .enter = WAIT_SH,
                                         .connected = CONNECTED};
