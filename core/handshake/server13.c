/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.3 server (RFC 9846 4, appendix A.2): its table, and what each row does.
 */
#include "core/base/memory.h"
#include "core/handshake/post13.h"
#include "core/handshake/protocol.h"
#include "core/handshake/rows.h"

#include <string.h>

enum state {
    WAIT_CH,
    SEND_HRR,
    WAIT_CH2,
    SEND_SH,
    SEND_EE,
    SEND_CR,
    SEND_CERT,
    SEND_CV,
    SEND_FIN,
    SEND_CERT_CR,
    SEND_CV_CR,
    SEND_FIN_CR,
    SEND_SH_PSK,
    SEND_EE_PSK,
    SEND_FIN_PSK,
    SEND_SH_EARLY,
    SEND_EE_EARLY,
    SEND_FIN_EARLY,
    WAIT_EOED,
    WAIT_FIN_EARLY,
    WAIT_CERT,
    WAIT_CV,
    WAIT_FIN,
    CONNECTED,
    SEND_POST_CR,
    WAIT_POST_CV,
    WAIT_POST_FIN,
    SEND_NST,
    SEND_KU,
    NUM_STATES
};

/* ---- ServerHello, RFC 9846 4.2.3 ---- */

void
tvt_server13_write_hello(struct tvt_handshake *hs, struct tvt_writer *out, struct tvt_span random,
                         struct tvt_span share, enum tvt_message_kind kind)
{
    const struct tvt_scratch *s = hs->scratch;
    bool retry = kind == TVT_MSG_HELLO_RETRY;
    struct tvt_server_hello m = {.legacy_version = TVT_VERSION_TLS12,
                                 .random = random,
                                 .session_id = tvt_span(s->peer.session_id, s->peer.session_id_len),
                                 .suite = hs->suite->id};
    m.ext.present = TVT_EXT_BIT(TVT_EXT_SUPPORTED_VERSIONS);
    m.ext.selected_version = TVT_VERSION_TLS13;
    if (retry ? s->chosen.retry_group != 0 : !s->chosen.psk_only) {
        m.ext.present |= TVT_EXT_BIT(TVT_EXT_KEY_SHARE);
        m.ext.key_share_group = s->chosen.group.id;
        m.ext.key_share = share;
    }
    if (retry && s->offer.cookie.len > 0) {
        m.ext.present |= TVT_EXT_BIT(TVT_EXT_COOKIE);
        m.ext.cookie = tvt_buffer_span(&s->offer.cookie);
    }
    if (!retry && hs->session != NULL) {
        m.ext.present |= TVT_EXT_BIT(TVT_EXT_PRE_SHARED_KEY);
        m.ext.psk_selected = s->chosen.psk_index;
    }
    tvt_encode_server_hello(out, &m, kind);
}

static enum tvt_result
send_server_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_chosen *chosen = &hs->scratch->chosen;
    uint8_t random[32];
    (void)in;
    (void)edge;
    int rc = hs->provider->random(hs->provider, random, sizeof random);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_RANDOM, "ServerHello", "random", hs->provider, rc);
    tvt_server13_write_hello(hs, out, tvt_span(random, sizeof random),
                             tvt_span(chosen->share, chosen->group.responder_len), TVT_MSG_SERVER_HELLO13);
    return TVT_OK;
}

/* ---- EncryptedExtensions, RFC 9846 4.4.1 ---- */

void
tvt_server_answer_record_limits(struct tvt_handshake *hs, struct tvt_extensions *e)
{
    uint64_t offered = hs->scratch->peer.extensions;
    if (hs->config->record_size_limit != 0 && offered & TVT_EXT_BIT(TVT_EXT_RECORD_SIZE_LIMIT)) {
        e->present |= TVT_EXT_BIT(TVT_EXT_RECORD_SIZE_LIMIT);
        e->record_size_limit = hs->config->record_size_limit;
        hs->record_limit_sent = e->record_size_limit;
    } else if (hs->max_fragment != 0) { /* RFC 6066 4: echoed */
        e->present |= TVT_EXT_BIT(TVT_EXT_MAX_FRAGMENT_LENGTH);
        for (e->max_fragment_length = 1; 256u << e->max_fragment_length < hs->max_fragment;)
            e->max_fragment_length++;
    }
}

/* What goes in any case; `alpn` is room for the protocol. */
static void
fill_extensions(struct tvt_handshake *hs, struct tvt_extensions *e, uint8_t alpn[1 + TVT_LIMIT_ALPN])
{
    if (hs->server_name[0] != '\0' && hs->session == NULL) /* RFC 6066 3: not when a session is resumed */
        e->present |= TVT_EXT_BIT(TVT_EXT_SERVER_NAME);
    if (hs->alpn.len > 0) {
        alpn[0] = (uint8_t)hs->alpn.len;
        tvt_copy(alpn + 1, hs->alpn.data, hs->alpn.len);
        e->present |= TVT_EXT_BIT(TVT_EXT_ALPN);
        e->alpn = tvt_span(alpn, 1 + hs->alpn.len);
    }
    tvt_server_answer_record_limits(hs, e);
    if (hs->scratch->peer.extensions & TVT_EXT_BIT(TVT_EXT_TICKET_REQUEST) && hs->tickets_due > 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_TICKET_REQUEST);
        e->tickets_fresh = hs->tickets_due;
    }
}

static enum tvt_result
send_encrypted_extensions(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                          unsigned *edge)
{
    struct tvt_extensions e = {0};
    uint8_t alpn[1 + TVT_LIMIT_ALPN];
    (void)in;
    *edge = tvt_request13_wanted(hs) ? 1 : 0;
    fill_extensions(hs, &e, alpn);
    tvt_auth13_answer(hs, &e);
    tvt_encode_encrypted_extensions(out, &e);
    return TVT_OK;
}

static enum tvt_result
send_psk_extensions(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    struct tvt_extensions e = {0};
    uint8_t alpn[1 + TVT_LIMIT_ALPN];
    (void)in;
    (void)edge;
    fill_extensions(hs, &e, alpn);
    tvt_auth13_answer(hs, &e);
    if (hs->early == TVT_EARLY_ACCEPTED)
        e.present |= TVT_EXT_BIT(TVT_EXT_EARLY_DATA);
    tvt_encode_encrypted_extensions(out, &e);
    return TVT_OK;
}

/* ---- our authentication, RFC 9846 4.5 ---- */

static enum tvt_result
send_certificate(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)edge;
    return tvt_auth13_send_certificate(hs, out);
}

static enum tvt_result
send_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)edge;
    return tvt_auth13_send_finished(hs, out);
}

/* ---- the client's authentication ---- */

static enum tvt_result
recv_certificate_verify(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)out;
    (void)edge;
    return tvt_auth13_recv_certificate_verify(hs, &in->u.certificate_verify);
}

static enum tvt_result
recv_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)out;
    (void)edge;
    hs->ignore_early_data = false;
    return tvt_auth13_recv_finished(hs, in->u.finished);
}

/* The 0-RTT keys were the client's until here (RFC 9846 4.6). */
static enum tvt_result
recv_end_of_early_data(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)hs;
    (void)in;
    (void)out;
    (void)edge;
    return TVT_OK;
}

/* ---- the table ---- */

#define HELLO_DONE  (TVT_KEYS_DERIVE_HANDSHAKE | TVT_KEYS_CCS | TVT_KEYS_SEND_HANDSHAKE)
#define FLIGHT_DONE (TVT_KEYS_DERIVE_APPLICATION | TVT_KEYS_SEND_APPLICATION)
#define ALL_DONE    (TVT_KEYS_RECEIVE_APPLICATION | TVT_KEYS_DERIVE_RESUMPTION)

static const struct tvt_row rows[] = {
    RECV(WAIT_CH, CLIENT_HELLO, ADD, tvt_select13_recv_client_hello, 4, "4.2.2", {SEND_SH, 0}, {SEND_HRR, 0},
         {SEND_SH_PSK, 0}, {SEND_SH_EARLY, TVT_KEYS_DERIVE_EARLY}),
    SEND(SEND_HRR, HELLO_RETRY, RETRY, tvt_retry13_send_hello_retry, 1, "4.2.4", {WAIT_CH2, TVT_KEYS_CCS}),
    RECV(WAIT_CH2, CLIENT_HELLO, ADD, tvt_retry13_recv_second_client_hello, 2, "4.2.2", {SEND_SH, 0}, {SEND_SH_PSK, 0}),
    /* with certificates */
    SEND(SEND_SH, SERVER_HELLO13, ADD, send_server_hello, 1, "4.2.3",
         {SEND_EE, HELLO_DONE | TVT_KEYS_RECEIVE_HANDSHAKE}),
    SEND(SEND_EE, ENCRYPTED_EXTENSIONS, ADD, send_encrypted_extensions, 2, "4.4.1", {SEND_CERT, 0}, {SEND_CR, 0}),
    SEND(SEND_CERT, CERTIFICATE, ADD, send_certificate, 1, "4.5.1", {SEND_CV, 0}),
    SEND(SEND_CV, CERTIFICATE_VERIFY, ADD, tvt_auth13_send_certificate_verify, 1, "4.5.2", {SEND_FIN, 0}),
    SEND(SEND_FIN, FINISHED, ADD, send_finished, 1, "4.5.3", {WAIT_FIN, FLIGHT_DONE}),
    /* and the client is asked for its own: what it answers is waited for */
    SEND(SEND_CR, CERTIFICATE_REQUEST, ADD, tvt_request13_send, 1, "4.4.2", {SEND_CERT_CR, 0}),
    SEND(SEND_CERT_CR, CERTIFICATE, ADD, send_certificate, 1, "4.5.1", {SEND_CV_CR, 0}),
    SEND(SEND_CV_CR, CERTIFICATE_VERIFY, ADD, tvt_auth13_send_certificate_verify, 1, "4.5.2", {SEND_FIN_CR, 0}),
    SEND(SEND_FIN_CR, FINISHED, ADD, send_finished, 1, "4.5.3", {WAIT_CERT, FLIGHT_DONE}),
    /* with a pre-shared key */
    SEND(SEND_SH_PSK, SERVER_HELLO13, ADD, send_server_hello, 1, "4.2.3",
         {SEND_EE_PSK, HELLO_DONE | TVT_KEYS_RECEIVE_HANDSHAKE}),
    SEND(SEND_EE_PSK, ENCRYPTED_EXTENSIONS, ADD, send_psk_extensions, 1, "4.4.1", {SEND_FIN_PSK, 0}),
    SEND(SEND_FIN_PSK, FINISHED, ADD, send_finished, 1, "4.5.3", {WAIT_FIN, FLIGHT_DONE}),
    /* and 0-RTT */
    SEND(SEND_SH_EARLY, SERVER_HELLO13, ADD, send_server_hello, 1, "4.2.3",
         {SEND_EE_EARLY, HELLO_DONE | TVT_KEYS_RECEIVE_EARLY}),
    SEND(SEND_EE_EARLY, ENCRYPTED_EXTENSIONS, ADD, send_psk_extensions, 1, "4.4.1", {SEND_FIN_EARLY, 0}),
    SEND(SEND_FIN_EARLY, FINISHED, ADD, send_finished, 1, "4.5.3", {WAIT_EOED, FLIGHT_DONE}),
    RECV(WAIT_EOED, END_OF_EARLY_DATA, ADD, recv_end_of_early_data, 1, "4.6",
         {WAIT_FIN_EARLY, TVT_KEYS_RECEIVE_HANDSHAKE}),
    RECV(WAIT_CERT, CERTIFICATE, ADD, tvt_certificate13_recv, 2, "4.5.1", {WAIT_CV, 0}, {WAIT_FIN, 0}),
    RECV(WAIT_CERT, COMPRESSED_CERTIFICATE, ADD, tvt_certificate13_recv, 2, "4.5.1", {WAIT_CV, 0}, {WAIT_FIN, 0}),
    RECV(WAIT_CV, CERTIFICATE_VERIFY, ADD, recv_certificate_verify, 1, "4.5.2", {WAIT_FIN, 0}),
    RECV(WAIT_FIN, FINISHED, ADD, recv_finished, 1, "4.5.3", {CONNECTED, ALL_DONE}),
    RECV(WAIT_FIN_EARLY, FINISHED, ADD, recv_finished, 1, "4.5.3", {CONNECTED, ALL_DONE}),
    CALL(CONNECTED, TVT_ON_CALL_REQUEST, tvt_post13_call, 2, "4.7.2", {SEND_POST_CR, 0}, {CONNECTED, 0}),
    SEND(SEND_POST_CR, CERTIFICATE_REQUEST, NO, tvt_post13_send_request, 1, "4.7.2", {CONNECTED, 0}),
    RECV(CONNECTED, CERTIFICATE, POST, tvt_post13_recv_certificate, 2, "4.7.2", {WAIT_POST_CV, 0}, {WAIT_POST_FIN, 0}),
    RECV(CONNECTED, COMPRESSED_CERTIFICATE, POST, tvt_post13_recv_certificate, 2, "4.7.2", {WAIT_POST_CV, 0},
         {WAIT_POST_FIN, 0}),
    RECV(WAIT_POST_CV, CERTIFICATE_VERIFY, POST, recv_certificate_verify, 1, "4.7.2", {WAIT_POST_FIN, 0}),
    RECV(WAIT_POST_FIN, FINISHED, NO, tvt_post13_recv_finished, 1, "4.7.2", {CONNECTED, 0}),
    CALL(CONNECTED, TVT_ON_CALL_TICKET, tvt_ticket13_call, 2, "4.7.1", {SEND_NST, 0}, {CONNECTED, 0}),
    SEND(SEND_NST, NEW_SESSION_TICKET, NO, tvt_ticket13_send, 1, "4.7.1", {CONNECTED, 0}),
    RECV(CONNECTED, KEY_UPDATE, NO, tvt_update13_recv, 1, "4.7.3", {CONNECTED, TVT_KEYS_RECEIVE_NEXT}),
    CALL(CONNECTED, TVT_ON_CALL_KEY_UPDATE, tvt_update13_call, 2, "4.7.3", {SEND_KU, 0}, {CONNECTED, 0}),
    SEND(SEND_KU, KEY_UPDATE, NO, tvt_update13_send, 1, "4.7.3", {CONNECTED, TVT_KEYS_SEND_NEXT}),
};

/* Name; what may be sent and received; done. With 0-RTT accepted, data may go before the client's Finished has come (RFC
 * 9846 4.5.3): to whom, a PSK has told. */
static const struct tvt_state states[NUM_STATES] = {
    [WAIT_CH] = {"server13.WAIT_CH", 0, 0, false},
    [SEND_HRR] = {"server13.SEND_HRR", 0, 0, false},
    [WAIT_CH2] = {"server13.WAIT_CH2", 0, 0, false},
    [SEND_SH] = {"server13.SEND_SH", 0, 0, false},
    [SEND_EE] = {"server13.SEND_EE", 0, 0, false},
    [SEND_CR] = {"server13.SEND_CR", 0, 0, false},
    [SEND_CERT] = {"server13.SEND_CERT", 0, 0, false},
    [SEND_CV] = {"server13.SEND_CV", 0, 0, false},
    [SEND_FIN] = {"server13.SEND_FIN", 0, 0, false},
    [SEND_CERT_CR] = {"server13.SEND_CERT_CR", 0, 0, false},
    [SEND_CV_CR] = {"server13.SEND_CV_CR", 0, 0, false},
    [SEND_FIN_CR] = {"server13.SEND_FIN_CR", 0, 0, false},
    [SEND_SH_PSK] = {"server13.SEND_SH_PSK", 0, 0, false},
    [SEND_EE_PSK] = {"server13.SEND_EE_PSK", 0, 0, false},
    [SEND_FIN_PSK] = {"server13.SEND_FIN_PSK", 0, 0, false},
    [SEND_SH_EARLY] = {"server13.SEND_SH_EARLY", 0, 0, false},
    [SEND_EE_EARLY] = {"server13.SEND_EE_EARLY", 0, 0, false},
    [SEND_FIN_EARLY] = {"server13.SEND_FIN_EARLY", 0, 0, false},
    [WAIT_EOED] = {"server13.WAIT_EOED", TVT_DATA_APPLICATION, TVT_DATA_EARLY, false},
    [WAIT_FIN_EARLY] = {"server13.WAIT_FIN_EARLY", TVT_DATA_APPLICATION, 0, false},
    [WAIT_CERT] = {"server13.WAIT_CERT", 0, 0, false},
    [WAIT_CV] = {"server13.WAIT_CV", 0, 0, false},
    [WAIT_FIN] = {"server13.WAIT_FIN", 0, 0, false},
    [CONNECTED] = {"server13.CONNECTED", TVT_DATA_APPLICATION, TVT_DATA_APPLICATION, true},
    /* The messages of an answer follow each other without others between them (RFC 9846 4.7.2). */
    [SEND_POST_CR] = {"server13.SEND_POST_CR", TVT_DATA_APPLICATION, TVT_DATA_APPLICATION, true},
    [WAIT_POST_CV] = {"server13.WAIT_POST_CV", TVT_DATA_APPLICATION, 0, true},
    [WAIT_POST_FIN] = {"server13.WAIT_POST_FIN", TVT_DATA_APPLICATION, 0, true},
    [SEND_NST] = {"server13.SEND_NST", TVT_DATA_APPLICATION, TVT_DATA_APPLICATION, true},
    [SEND_KU] = {"server13.SEND_KU", TVT_DATA_APPLICATION, TVT_DATA_APPLICATION, true},
};

const struct tvt_machine tvt_server13 = {.name = "server13",
                                         .protocol = &tvt_protocol13,
                                         .states = states,
                                         .num_states = NUM_STATES,
                                         .rows = rows,
                                         .num_rows = sizeof rows / sizeof rows[0],
                                         .start = WAIT_CH,
                                         .enter = WAIT_CH,
                                         .connected = CONNECTED};
