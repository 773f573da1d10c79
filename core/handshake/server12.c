/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.2 server (RFC 5246 7.3): its table, and what the rows do that have no room of their own.
 */
#include "core/base/memory.h"
#include "core/handshake/rows.h"
#include "core/handshake/tls12.h"

#include <string.h>

enum state {
    WAIT_CH,
    SEND_SH,
    SEND_CERT,
    SEND_STATUS,
    SEND_SKE,
    SEND_CR,
    SEND_SHD_CR,
    SEND_SHD,
    SEND_SH_PSK,
    SEND_SKE_PSK,
    WAIT_CERT,
    WAIT_CKE,
    WAIT_CKE_CV,
    WAIT_CV,
    WAIT_CCS,
    WAIT_FIN,
    SEND_NST,
    SEND_FIN,
    SEND_SH_RES,
    SEND_NST_RES,
    SEND_FIN_RES,
    WAIT_CCS_RES,
    WAIT_FIN_RES,
    CONNECTED,
    NUM_STATES
};

/* ---- ServerHello, RFC 5246 7.4.1.3 ---- */

static void
fill_extensions(struct tvt_handshake *hs, struct tvt_extensions *e, uint8_t alpn[1 + TVT_LIMIT_ALPN])
{
    static const uint8_t uncompressed[] = {0};
    const struct tvt_scratch *s = hs->scratch;
    uint64_t offered = s->peer.extensions;
    if (s->peer.secure_renegotiation) /* RFC 5746 3.6: empty */
        e->present |= TVT_EXT_BIT(TVT_EXT_RENEGOTIATION_INFO);
    if (hs->extended_master)
        e->present |= TVT_EXT_BIT(TVT_EXT_EXTENDED_MASTER_SECRET);
    if (s->ticket_due)
        e->present |= TVT_EXT_BIT(TVT_EXT_SESSION_TICKET);
    if (hs->session == NULL && hs->server_name[0] != '\0')
        e->present |= TVT_EXT_BIT(TVT_EXT_SERVER_NAME);
    if (hs->session == NULL && offered & TVT_EXT_BIT(TVT_EXT_EC_POINT_FORMATS)) { /* RFC 8422 5.2 */
        e->present |= TVT_EXT_BIT(TVT_EXT_EC_POINT_FORMATS);
        e->point_formats = tvt_span(uncompressed, 1);
    }
    if (hs->session == NULL && tvt_auth12_staples(hs))
        e->present |= TVT_EXT_BIT(TVT_EXT_STATUS_REQUEST);
    if (hs->session == NULL && s->peer.wants_scts && s->chosen.credential != NULL &&
        s->chosen.credential->scts_len > 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_SCT);
        e->sct_list = tvt_span(s->chosen.credential->scts, s->chosen.credential->scts_len);
    }
    if (hs->alpn.len > 0) {
        alpn[0] = (uint8_t)hs->alpn.len;
        tvt_copy(alpn + 1, hs->alpn.data, hs->alpn.len);
        e->present |= TVT_EXT_BIT(TVT_EXT_ALPN);
        e->alpn = tvt_span(alpn, 1 + hs->alpn.len);
    }
    tvt_server_answer_record_limits(hs, e);
    if (!tvt_tls12_is_psk(hs))
        tvt_auth13_answer(hs, e);
}

/* RFC 9846 4.2.3: one who could have had TLS 1.3 learns from the last eight bytes that somebody took it away. */
static enum tvt_result
make_random(struct tvt_handshake *hs)
{
    int rc = hs->provider->random(hs->provider, hs->randoms.server, TVT_RANDOM_LEN);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_RANDOM, "ServerHello", "random", hs->provider, rc);
    tvt_copy(hs->randoms.client, hs->scratch->client_random, TVT_RANDOM_LEN);
    if (tvt_config_has_newer(hs->config, hs->machine->protocol->version))
        tvt_copy(hs->randoms.server + 24, tvt_downgrade_tls12, sizeof tvt_downgrade_tls12);
    return TVT_OK;
}

static enum tvt_result
send_server_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    struct tvt_scratch *s = hs->scratch;
    uint8_t alpn[1 + TVT_LIMIT_ALPN];
    (void)in;
    enum tvt_result r = make_random(hs);
    if (r != TVT_OK)
        return r;
    struct tvt_server_hello m = {.legacy_version = hs->machine->protocol->version,
                                 .random = tvt_span(hs->randoms.server, TVT_RANDOM_LEN),
                                 .session_id = tvt_span(s->session_id, s->session_id_len),
                                 .suite = hs->suite->id};
    fill_extensions(hs, &m.ext, alpn);
    tvt_encode_server_hello(out, &m, TVT_MSG_SERVER_HELLO12);
    *edge = hs->session != NULL && s->ticket_due ? 1 : 0;
    return TVT_OK;
}

/* ---- what says nothing but that it is there ---- */

static enum tvt_result
send_certificate(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    unsigned only = 0;
    *edge = tvt_auth12_staples(hs) ? 1 : 0;
    return tvt_auth12_send_certificate(hs, in, out, &only);
}

static enum tvt_result
send_key_exchange(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    unsigned only = 0;
    *edge = tvt_request13_wanted(hs) ? 1 : 0;
    return tvt_exchange12_send_server(hs, in, out, &only);
}

static enum tvt_result
send_hello_done(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)hs;
    (void)in;
    (void)edge;
    tvt_encode_server_hello_done(out);
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
recv_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    unsigned only = 0;
    *edge = hs->scratch->ticket_due ? 1 : 0;
    return tvt_auth12_recv_finished(hs, in, out, &only);
}

/* The session is whole when the client's Finished was good, and may be gone back to from here on. */
static enum tvt_result
send_last_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    enum tvt_result r = tvt_auth12_send_finished(hs, in, out, edge);
    return r == TVT_OK ? tvt_session12_done(hs) : r;
}

/* RFC 5746 4.4 lets a server refuse; ours ends the connection (docs/decisions/0017). */
static enum tvt_result
refuse_renegotiation(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)out;
    (void)edge;
    return tvt_fail(hs->error, TVT_E_RENEGOTIATION, "ClientHello", NULL);
}

/* ---- the table ---- */

#define OUR_KEYS   (TVT_KEYS_CCS | TVT_KEYS_SEND_APPLICATION)
#define THEIR_KEYS TVT_KEYS_RECEIVE_APPLICATION

static const struct tvt_row rows[] = {
    RECV(WAIT_CH, CLIENT_HELLO, ADD, tvt_select12_recv_client_hello, 3, "RFC 5246 7.4.1.2", {SEND_SH, 0},
         {SEND_SH_PSK, 0}, {SEND_SH_RES, 0}),
    /* with certificates */
    SEND(SEND_SH, SERVER_HELLO12, ADD, send_server_hello, 1, "RFC 5246 7.4.1.3", {SEND_CERT, 0}),
    SEND(SEND_CERT, CERTIFICATE12, ADD, send_certificate, 2, "RFC 5246 7.4.2", {SEND_SKE, 0}, {SEND_STATUS, 0}),
    SEND(SEND_STATUS, CERTIFICATE_STATUS, ADD, tvt_auth12_send_status, 1, "RFC 6066 8", {SEND_SKE, 0}),
    SEND(SEND_SKE, SERVER_KEY_EXCHANGE, ADD, send_key_exchange, 2, "RFC 8422 5.4", {SEND_SHD, 0}, {SEND_CR, 0}),
    SEND(SEND_SHD, SERVER_HELLO_DONE, ADD, send_hello_done, 1, "RFC 5246 7.4.5", {WAIT_CKE, 0}),
    /* and the client is asked for its own */
    SEND(SEND_CR, CERTIFICATE_REQUEST12, ADD, tvt_auth12_send_request, 1, "RFC 5246 7.4.4", {SEND_SHD_CR, 0}),
    SEND(SEND_SHD_CR, SERVER_HELLO_DONE, ADD, send_hello_done, 1, "RFC 5246 7.4.5", {WAIT_CERT, 0}),
    /* with a pre-shared key */
    SEND(SEND_SH_PSK, SERVER_HELLO12, ADD, send_server_hello, 1, "RFC 5246 7.4.1.3", {SEND_SKE_PSK, 0}),
    SEND(SEND_SKE_PSK, SERVER_KEY_EXCHANGE, ADD, tvt_exchange12_send_server, 1, "RFC 5489 2", {SEND_SHD, 0}),
    /* the client's flight, and ours behind it */
    RECV(WAIT_CERT, CERTIFICATE12, ADD, tvt_auth12_recv_certificate, 2, "RFC 5246 7.4.6", {WAIT_CKE_CV, 0},
         {WAIT_CKE, 0}),
    RECV(WAIT_CKE, CLIENT_KEY_EXCHANGE, ADD, tvt_exchange12_recv_client, 1, "RFC 8422 5.7",
         {WAIT_CCS, TVT_KEYS_DERIVE_APPLICATION}),
    RECV(WAIT_CKE_CV, CLIENT_KEY_EXCHANGE, ADD, tvt_exchange12_recv_client, 1, "RFC 8422 5.7",
         {WAIT_CV, TVT_KEYS_DERIVE_APPLICATION}),
    RECV(WAIT_CV, CERTIFICATE_VERIFY, ADD, tvt_auth12_recv_verify, 1, "RFC 5246 7.4.8", {WAIT_CCS, 0}),
    RECV(WAIT_CCS, CHANGE_CIPHER_SPEC, NO, recv_ccs, 1, "RFC 5246 7.1", {WAIT_FIN, THEIR_KEYS}),
    RECV(WAIT_FIN, FINISHED, ADD, recv_finished, 2, "RFC 5246 7.4.9", {SEND_FIN, OUR_KEYS}, {SEND_NST, 0}),
    SEND(SEND_NST, NEW_SESSION_TICKET12, ADD, tvt_session12_send_ticket, 1, "RFC 5077 3.3", {SEND_FIN, OUR_KEYS}),
    SEND(SEND_FIN, FINISHED, NO, send_last_finished, 1, "RFC 5246 7.4.9", {CONNECTED, 0}),
    /* a session that is gone back to */
    SEND(SEND_SH_RES, SERVER_HELLO12, ADD, send_server_hello, 2, "RFC 5246 7.4.1.3",
         {SEND_FIN_RES, TVT_KEYS_DERIVE_APPLICATION | OUR_KEYS}, {SEND_NST_RES, TVT_KEYS_DERIVE_APPLICATION}),
    SEND(SEND_NST_RES, NEW_SESSION_TICKET12, ADD, tvt_session12_send_ticket, 1, "RFC 5077 3.3",
         {SEND_FIN_RES, OUR_KEYS}),
    SEND(SEND_FIN_RES, FINISHED, ADD, tvt_auth12_send_finished, 1, "RFC 5246 7.4.9", {WAIT_CCS_RES, 0}),
    RECV(WAIT_CCS_RES, CHANGE_CIPHER_SPEC, NO, recv_ccs, 1, "RFC 5246 7.1", {WAIT_FIN_RES, THEIR_KEYS}),
    RECV(WAIT_FIN_RES, FINISHED, NO, tvt_auth12_recv_finished, 1, "RFC 5246 7.4.9", {CONNECTED, 0}),
    RECV(CONNECTED, CLIENT_HELLO, NO, refuse_renegotiation, 0, "RFC 5746 4.4", {0, 0}),
};

/* Name; what may be sent and received; done. */
static const struct tvt_state states[NUM_STATES] = {
    [WAIT_CH] = {"server12.WAIT_CH", 0, 0, false},
    [SEND_SH] = {"server12.SEND_SH", 0, 0, false},
    [SEND_CERT] = {"server12.SEND_CERT", 0, 0, false},
    [SEND_STATUS] = {"server12.SEND_STATUS", 0, 0, false},
    [SEND_SKE] = {"server12.SEND_SKE", 0, 0, false},
    [SEND_CR] = {"server12.SEND_CR", 0, 0, false},
    [SEND_SHD_CR] = {"server12.SEND_SHD_CR", 0, 0, false},
    [SEND_SHD] = {"server12.SEND_SHD", 0, 0, false},
    [SEND_SH_PSK] = {"server12.SEND_SH_PSK", 0, 0, false},
    [SEND_SKE_PSK] = {"server12.SEND_SKE_PSK", 0, 0, false},
    [WAIT_CERT] = {"server12.WAIT_CERT", 0, 0, false},
    [WAIT_CKE] = {"server12.WAIT_CKE", 0, 0, false},
    [WAIT_CKE_CV] = {"server12.WAIT_CKE_CV", 0, 0, false},
    [WAIT_CV] = {"server12.WAIT_CV", 0, 0, false},
    [WAIT_CCS] = {"server12.WAIT_CCS", 0, 0, false},
    [WAIT_FIN] = {"server12.WAIT_FIN", 0, 0, false},
    [SEND_NST] = {"server12.SEND_NST", 0, 0, false},
    [SEND_FIN] = {"server12.SEND_FIN", 0, 0, false},
    [SEND_SH_RES] = {"server12.SEND_SH_RES", 0, 0, false},
    [SEND_NST_RES] = {"server12.SEND_NST_RES", 0, 0, false},
    [SEND_FIN_RES] = {"server12.SEND_FIN_RES", 0, 0, false},
    [WAIT_CCS_RES] = {"server12.WAIT_CCS_RES", 0, 0, false},
    [WAIT_FIN_RES] = {"server12.WAIT_FIN_RES", 0, 0, false},
    [CONNECTED] = {"server12.CONNECTED", TVT_DATA_APPLICATION, TVT_DATA_APPLICATION, true},
};

const struct tvt_machine tvt_server12 = {.name = "server12",
                                         .protocol = &tvt_protocol12,
                                         .states = states,
                                         .num_states = NUM_STATES,
                                         .rows = rows,
                                         .num_rows = sizeof rows / sizeof rows[0],
                                         .start = WAIT_CH,
                                         .enter = WAIT_CH,
                                         .connected = CONNECTED};
