/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.3 client (RFC 9846 4, appendix A.1): its table, and what each row does.
 */
#include "core/base/memory.h"
#include "core/handshake/post13.h"
#include "core/handshake/protocol.h"
#include "core/handshake/rows.h"

#include <string.h>

enum state {
    START,
    WAIT_SH,
    WAIT_SH_EARLY,
    SEND_CH2,
    WAIT_SH2,
    WAIT_EE,
    WAIT_EE_EARLY,
    WAIT_CERT_CR,
    WAIT_CERT,
    WAIT_CV,
    WAIT_FIN,
    WAIT_CV_CR,
    WAIT_FIN_CR,
    WAIT_FIN_EARLY,
    SEND_EOED,
    SEND_CERT,
    SEND_CV,
    SEND_FIN,
    CONNECTED,
    SEND_ANSWER,
    SEND_KU,
    NUM_STATES
};

/* ---- ServerHello and HelloRetryRequest, RFC 9846 4.2.3 and 4.2.4 ---- */

static enum tvt_result
check_server_hello(struct tvt_handshake *hs, const struct tvt_server_hello *m, const char *name, uint64_t unasked)
{
    const struct tvt_offer *o = &hs->scratch->offer;
    if (!tvt_span_equal(m->session_id, tvt_span(o->session_id, o->session_id_len)))
        return tvt_fail(hs->error, TVT_E_WRONG_SESSION_ID, name, "legacy_session_id_echo");
    if (m->ext.unknown)
        return tvt_fail_detail(hs->error, TVT_E_UNSUPPORTED_EXTENSION, name, "extensions", "extension %u",
                               m->ext.unknown_code);
    uint64_t extra = m->ext.present & ~o->extensions & ~unasked;
    if (extra != 0)
        for (unsigned i = 0; i < TVT_EXT_NUM; i++)
            if (extra & TVT_EXT_BIT(i))
                return tvt_fail_detail(hs->error, TVT_E_UNSUPPORTED_EXTENSION, name, "extensions", "%s",
                                       tvt_extension_name(tvt_extension_code((enum tvt_extension_index)i)));
    if (!tvt_has(&m->ext, TVT_EXT_SUPPORTED_VERSIONS))
        return tvt_fail(hs->error, TVT_E_MISSING_EXTENSION, name, "supported_versions");
    if (m->ext.selected_version != TVT_VERSION_TLS13)
        return tvt_fail_values(hs->error, TVT_E_ILLEGAL_PARAMETER, name, "supported_versions", TVT_VERSION_TLS13,
                               m->ext.selected_version);
    const struct tvt_suite *suite = tvt_config_suite(hs->config, m->suite, TVT_VERSION_TLS13);
    if (suite == NULL)
        return tvt_fail_detail(hs->error, TVT_E_WRONG_SUITE, name, "cipher_suite", "0x%04x", m->suite);
    if (hs->suite != NULL && hs->suite != suite)
        return tvt_fail_values(hs->error, TVT_E_WRONG_SUITE, name, "cipher_suite", hs->suite->id, m->suite);
    hs->suite = suite;
    hs->hash = tvt_provider_hash(hs->provider, suite->hash);
    hs->aead = tvt_provider_aead(hs->provider, suite->aead);
    return TVT_OK;
}

static bool
share_was_offered(const struct tvt_offer *o, uint16_t group)
{
    for (size_t i = 0; i < o->num_shares; i++)
        if (o->share[i]->group.id == group)
            return true;
    return false;
}

static bool
group_was_offered(const struct tvt_config *c, uint16_t group)
{
    for (size_t i = 0; i < c->num_groups; i++)
        if (c->groups[i] == group)
            return true;
    return false;
}

static enum tvt_result
recv_hello_retry(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    static const char name[] = "HelloRetryRequest";
    const struct tvt_server_hello *m = &in->u.server_hello;
    struct tvt_scratch *s = hs->scratch;
    (void)out;
    (void)edge;
    enum tvt_result r = check_server_hello(hs, m, name, TVT_EXT_BIT(TVT_EXT_COOKIE));
    if (r != TVT_OK)
        return r;
    if (tvt_has(&m->ext, TVT_EXT_KEY_SHARE)) {
        uint16_t group = m->ext.key_share_group;
        if (!group_was_offered(hs->config, group))
            return tvt_fail_detail(hs->error, TVT_E_WRONG_GROUP, name, "selected_group", "%s was not offered",
                                   tvt_group_name(group));
        if (share_was_offered(&s->offer, group))
            return tvt_fail_detail(hs->error, TVT_E_USELESS_RETRY, name, "selected_group", "a share of %s was sent",
                                   tvt_group_name(group));
        s->chosen.retry_group = group;
    }
    if (tvt_has(&m->ext, TVT_EXT_COOKIE) && !tvt_buffer_append(&s->offer.cookie, m->ext.cookie.data, m->ext.cookie.len))
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, name, "cookie");
    if (s->chosen.retry_group == 0 && s->offer.cookie.len == 0)
        return tvt_fail(hs->error, TVT_E_USELESS_RETRY, name, "extensions");
    hs->hello_retry = true;
    return TVT_OK;
}

static enum tvt_result
refuse_second_retry(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)out;
    (void)edge;
    return tvt_fail(hs->error, TVT_E_SECOND_RETRY, "HelloRetryRequest", NULL);
}

static enum tvt_result
finish_key_exchange(struct tvt_handshake *hs, const struct tvt_server_hello *m)
{
    struct tvt_scratch *s = hs->scratch;
    for (size_t i = 0; i < s->offer.num_shares; i++) {
        struct tvt_group_state *share = s->offer.share[i];
        if (share->group.id != m->ext.key_share_group)
            continue;
        int rc = tvt_group_finish(share, m->ext.key_share, s->chosen.secret);
        if (rc != TVT_CRYPTO_OK)
            return tvt_fail_crypto(hs->error,
                                   tvt_crypto_kind(rc) == TVT_CRYPTO_PEER_KEY ? TVT_E_BAD_KEY_SHARE : TVT_E_CRYPTO,
                                   "ServerHello", "key_share", hs->provider, rc);
        s->chosen.secret_len = share->group.secret_len;
        hs->group = share->group.id;
        return TVT_OK;
    }
    return tvt_fail_detail(hs->error, TVT_E_WRONG_GROUP, "ServerHello", "key_share.group", "no share of %s was sent",
                           tvt_group_name(m->ext.key_share_group));
}

/* With nothing to check a certificate by, a PSK was the only way. */
static bool
lacks_trust(const struct tvt_handshake *hs)
{
    const struct tvt_config *c = hs->config;
    return c->verify != TVT_VERIFY_NONE && c->trust == NULL && c->auth.num_peer_keys == 0;
}

static enum tvt_result
recv_server_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_server_hello *m = &in->u.server_hello;
    (void)out;
    (void)edge;
    enum tvt_result r = check_server_hello(hs, m, "ServerHello", 0);
    if (r != TVT_OK)
        return r;
    if (tvt_has(&m->ext, TVT_EXT_PRE_SHARED_KEY))
        r = tvt_psk13_recv_selected(hs, m);
    else if (lacks_trust(hs))
        r = tvt_fail(hs->error, TVT_E_PSK_REFUSED, "ServerHello", "pre_shared_key");
    else if (!tvt_has(&m->ext, TVT_EXT_KEY_SHARE))
        r = tvt_fail(hs->error, TVT_E_MISSING_EXTENSION, "ServerHello", "key_share");
    if (r != TVT_OK || hs->scratch->chosen.psk_only)
        return r;
    return finish_key_exchange(hs, m);
}

/* ---- EncryptedExtensions and CertificateRequest, RFC 9846 4.4 ---- */

static enum tvt_result
recv_alpn(struct tvt_handshake *hs, struct tvt_span list)
{
    struct tvt_span chosen, ours = tvt_span(hs->config->alpn, hs->config->alpn_len), mine;
    if (!tvt_list_next_vec8(&list, &chosen))
        return tvt_fail(hs->error, TVT_E_BAD_ALPN, "EncryptedExtensions", "alpn");
    while (tvt_list_next_vec8(&ours, &mine)) {
        if (tvt_span_equal(mine, chosen)) {
            hs->alpn = mine;
            return TVT_OK;
        }
    }
    return tvt_fail(hs->error, TVT_E_BAD_ALPN, "EncryptedExtensions", "alpn");
}

/* RFC 6066 4: the length that was asked for, or none. */
static enum tvt_result
recv_record_limits(struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    if (tvt_has(e, TVT_EXT_RECORD_SIZE_LIMIT))
        hs->peer_record_limit = e->record_size_limit;
    if (!tvt_has(e, TVT_EXT_MAX_FRAGMENT_LENGTH))
        return TVT_OK;
    hs->max_fragment = (uint16_t)(256u << e->max_fragment_length);
    if (hs->max_fragment == hs->config->max_fragment)
        return TVT_OK;
    return tvt_fail_values(hs->error, TVT_E_ILLEGAL_PARAMETER, "EncryptedExtensions", "max_fragment_length",
                           hs->config->max_fragment, hs->max_fragment);
}

/* RFC 9846 4.3.10: 0-RTT is accepted under the first PSK, its suite and its protocol, or not at all. */
static enum tvt_result
recv_early(struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    const char *field = NULL;
    if (hs->early != TVT_EARLY_OFFERED)
        return TVT_OK;
    hs->early = tvt_has(e, TVT_EXT_EARLY_DATA) ? TVT_EARLY_ACCEPTED : TVT_EARLY_REJECTED;
    if (hs->early == TVT_EARLY_REJECTED)
        return TVT_OK;
    if (hs->session == NULL)
        return tvt_fail(hs->error, TVT_E_UNSUPPORTED_EXTENSION, "EncryptedExtensions", "early_data");
    if (hs->scratch->chosen.psk_index != 0)
        field = "early_data";
    else if (hs->session->suite != hs->suite->id)
        field = "early_data and cipher_suite";
    else if (!tvt_span_equal(hs->session->alpn, hs->alpn))
        field = "early_data and alpn";
    return field == NULL ? TVT_OK : tvt_fail(hs->error, TVT_E_WRONG_EARLY_DATA, "EncryptedExtensions", field);
}

static enum tvt_result
recv_encrypted_extensions(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                          unsigned *edge)
{
    const struct tvt_extensions *e = &in->u.encrypted_extensions;
    uint64_t unasked = e->present & ~hs->scratch->offer.extensions;
    (void)out;
    if (e->unknown)
        return tvt_fail_detail(hs->error, TVT_E_UNSUPPORTED_EXTENSION, "EncryptedExtensions", "extensions",
                               "extension %u", e->unknown_code);
    for (unsigned i = 0; i < TVT_EXT_NUM; i++)
        if (unasked & TVT_EXT_BIT(i))
            return tvt_fail_detail(hs->error, TVT_E_UNSUPPORTED_EXTENSION, "EncryptedExtensions", "extensions", "%s",
                                   tvt_extension_name(tvt_extension_code((enum tvt_extension_index)i)));
    enum tvt_result r = recv_record_limits(hs, e);
    if (r == TVT_OK && tvt_has(e, TVT_EXT_ALPN))
        r = recv_alpn(hs, e->alpn);
    if (r == TVT_OK)
        r = recv_early(hs, e);
    if (r == TVT_OK && hs->session == NULL)
        r = tvt_auth13_recv_answer(hs, "EncryptedExtensions", e);
    if (r == TVT_OK && hs->session != NULL)
        r = tvt_recheck13(hs);
    *edge = hs->early == TVT_EARLY_ACCEPTED ? 2 : hs->session != NULL ? 1 : 0;
    return r;
}

/* ---- the server's authentication, RFC 9846 4.5 ---- */

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
    return tvt_auth13_recv_finished(hs, in->u.finished);
}

/* ---- our own authentication ---- */

static enum tvt_result
send_certificate(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    *edge = hs->scratch->chosen.credential != NULL ? 0 : 1;
    return tvt_auth13_send_certificate(hs, out);
}

static enum tvt_result
send_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)edge;
    return tvt_auth13_send_finished(hs, out);
}

static enum tvt_result
send_end_of_early_data(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)hs;
    (void)in;
    (void)edge;
    tvt_encode_end_of_early_data(out);
    return TVT_OK;
}

/* ---- the table ---- */

/* The sending keys change right behind ServerHello, so that an alert about the server's certificate is protected. With
 * 0-RTT under way they change when it is over. */
#define HELLO_EARLY (TVT_KEYS_DERIVE_HANDSHAKE | TVT_KEYS_RECEIVE_HANDSHAKE)
#define HELLO_DONE  (HELLO_EARLY | TVT_KEYS_CCS | TVT_KEYS_SEND_HANDSHAKE)
#define SERVER_DONE (TVT_KEYS_DERIVE_APPLICATION | TVT_KEYS_RECEIVE_APPLICATION)
#define START_EARLY (TVT_KEYS_DERIVE_EARLY | TVT_KEYS_CCS | TVT_KEYS_SEND_EARLY)
#define ALL_DONE    (TVT_KEYS_SEND_APPLICATION | TVT_KEYS_DERIVE_RESUMPTION)

static const struct tvt_row rows[] = {
    SEND(START, CLIENT_HELLO, ADD, tvt_offer13_send_client_hello, 2, "4.2.2", {WAIT_SH, 0},
         {WAIT_SH_EARLY, START_EARLY}),
    RECV(WAIT_SH, HELLO_RETRY, RETRY, recv_hello_retry, 1, "4.2.4", {SEND_CH2, TVT_KEYS_CCS}),
    RECV(WAIT_SH, SERVER_HELLO13, ADD, recv_server_hello, 1, "4.2.3", {WAIT_EE, HELLO_DONE}),
    FORK(WAIT_SH, SERVER_HELLO12, tvt_fork_recv_server_hello12, "4.2.3", &tvt_client12),
    RECV(WAIT_SH, HELLO_REQUEST, NO, tvt_fork_ignore_hello_request, 1, "RFC 5246 7.4.1.1", {WAIT_SH, 0}),
    RECV(WAIT_SH_EARLY, HELLO_RETRY, RETRY, recv_hello_retry, 1, "4.2.4", {SEND_CH2, TVT_KEYS_SEND_PLAIN}),
    RECV(WAIT_SH_EARLY, SERVER_HELLO13, ADD, recv_server_hello, 1, "4.2.3", {WAIT_EE_EARLY, HELLO_EARLY}),
    FORK(WAIT_SH_EARLY, SERVER_HELLO12, tvt_fork_recv_server_hello12, "4.2.3", &tvt_client12),
    RECV(WAIT_SH_EARLY, HELLO_REQUEST, NO, tvt_fork_ignore_hello_request, 1, "RFC 5246 7.4.1.1", {WAIT_SH_EARLY, 0}),
    SEND(SEND_CH2, CLIENT_HELLO, ADD, tvt_offer13_send_second_client_hello, 1, "4.2.2", {WAIT_SH2, 0}),
    RECV(WAIT_SH2, SERVER_HELLO13, ADD, recv_server_hello, 1, "4.2.3", {WAIT_EE, HELLO_DONE}),
    FORK(WAIT_SH2, SERVER_HELLO12, tvt_fork_recv_server_hello12, "4.2.4", &tvt_client12),
    RECV(WAIT_SH2, HELLO_RETRY, NO, refuse_second_retry, 0, "4.2.4", {0, 0}),
    RECV(WAIT_EE, ENCRYPTED_EXTENSIONS, ADD, recv_encrypted_extensions, 2, "4.4.1", {WAIT_CERT_CR, 0}, {WAIT_FIN, 0}),
    RECV(WAIT_EE_EARLY, ENCRYPTED_EXTENSIONS, ADD, recv_encrypted_extensions, 3, "4.4.1",
         {WAIT_CERT_CR, TVT_KEYS_SEND_HANDSHAKE}, {WAIT_FIN, TVT_KEYS_SEND_HANDSHAKE}, {WAIT_FIN_EARLY, 0}),
    RECV(WAIT_CERT_CR, CERTIFICATE_REQUEST, ADD, tvt_request13_recv, 1, "4.4.2", {WAIT_CERT, 0}),
    RECV(WAIT_CERT_CR, CERTIFICATE, ADD, tvt_certificate13_recv, 1, "4.5.1", {WAIT_CV, 0}),
    RECV(WAIT_CERT_CR, COMPRESSED_CERTIFICATE, ADD, tvt_certificate13_recv, 1, "4.5.1", {WAIT_CV, 0}),
    RECV(WAIT_CV, CERTIFICATE_VERIFY, ADD, recv_certificate_verify, 1, "4.5.2", {WAIT_FIN, 0}),
    RECV(WAIT_FIN, FINISHED, ADD, recv_finished, 1, "4.5.3", {SEND_FIN, SERVER_DONE}),
    /* we were asked for a certificate, and answer with one or with none */
    RECV(WAIT_CERT, CERTIFICATE, ADD, tvt_certificate13_recv, 1, "4.5.1", {WAIT_CV_CR, 0}),
    RECV(WAIT_CERT, COMPRESSED_CERTIFICATE, ADD, tvt_certificate13_recv, 1, "4.5.1", {WAIT_CV_CR, 0}),
    RECV(WAIT_CV_CR, CERTIFICATE_VERIFY, ADD, recv_certificate_verify, 1, "4.5.2", {WAIT_FIN_CR, 0}),
    RECV(WAIT_FIN_CR, FINISHED, ADD, recv_finished, 1, "4.5.3", {SEND_CERT, SERVER_DONE}),
    RECV(WAIT_FIN_EARLY, FINISHED, ADD, recv_finished, 1, "4.5.3", {SEND_EOED, SERVER_DONE}),
    SEND(SEND_EOED, END_OF_EARLY_DATA, ADD, send_end_of_early_data, 1, "4.6", {SEND_FIN, TVT_KEYS_SEND_HANDSHAKE}),
    SEND(SEND_CERT, CERTIFICATE, ADD, send_certificate, 2, "4.5.1", {SEND_CV, 0}, {SEND_FIN, 0}),
    SEND(SEND_CV, CERTIFICATE_VERIFY, ADD, tvt_auth13_send_certificate_verify, 1, "4.5.2", {SEND_FIN, 0}),
    SEND(SEND_FIN, FINISHED, ADD, send_finished, 1, "4.5.3", {CONNECTED, ALL_DONE}),
    RECV(CONNECTED, CERTIFICATE_REQUEST, NO, tvt_post13_recv_request, 1, "4.7.2", {SEND_ANSWER, 0}),
    SEND(SEND_ANSWER, CERTIFICATE, NO, tvt_post13_send_answer, 1, "4.7.2", {CONNECTED, 0}),
    RECV(CONNECTED, NEW_SESSION_TICKET, NO, tvt_ticket13_recv, 1, "4.7.1", {CONNECTED, 0}),
    RECV(CONNECTED, KEY_UPDATE, NO, tvt_update13_recv, 1, "4.7.3", {CONNECTED, TVT_KEYS_RECEIVE_NEXT}),
    CALL(CONNECTED, TVT_ON_CALL_KEY_UPDATE, tvt_update13_call, 2, "4.7.3", {SEND_KU, 0}, {CONNECTED, 0}),
    SEND(SEND_KU, KEY_UPDATE, NO, tvt_update13_send, 1, "4.7.3", {CONNECTED, TVT_KEYS_SEND_NEXT}),
};

/* Name; what may be sent and received; done. */
static const struct tvt_state states[NUM_STATES] = {
    [START] = {"client13.START", 0, 0, false},
    [WAIT_SH] = {"client13.WAIT_SH", 0, 0, false},
    [WAIT_SH_EARLY] = {"client13.WAIT_SH_EARLY", TVT_DATA_EARLY, 0, false},
    [SEND_CH2] = {"client13.SEND_CH2", 0, 0, false},
    [WAIT_SH2] = {"client13.WAIT_SH2", 0, 0, false},
    [WAIT_EE] = {"client13.WAIT_EE", 0, 0, false},
    [WAIT_EE_EARLY] = {"client13.WAIT_EE_EARLY", TVT_DATA_EARLY, 0, false},
    [WAIT_CERT_CR] = {"client13.WAIT_CERT_CR", 0, 0, false},
    [WAIT_CERT] = {"client13.WAIT_CERT", 0, 0, false},
    [WAIT_CV] = {"client13.WAIT_CV", 0, 0, false},
    [WAIT_FIN] = {"client13.WAIT_FIN", 0, 0, false},
    [WAIT_CV_CR] = {"client13.WAIT_CV_CR", 0, 0, false},
    [WAIT_FIN_CR] = {"client13.WAIT_FIN_CR", 0, 0, false},
    [WAIT_FIN_EARLY] = {"client13.WAIT_FIN_EARLY", TVT_DATA_EARLY, 0, false},
    [SEND_EOED] = {"client13.SEND_EOED", 0, TVT_DATA_APPLICATION, false},
    [SEND_CERT] = {"client13.SEND_CERT", 0, TVT_DATA_APPLICATION, false},
    [SEND_CV] = {"client13.SEND_CV", 0, TVT_DATA_APPLICATION, false},
    [SEND_FIN] = {"client13.SEND_FIN", 0, TVT_DATA_APPLICATION, false},
    [CONNECTED] = {"client13.CONNECTED", TVT_DATA_APPLICATION, TVT_DATA_APPLICATION, true},
    [SEND_ANSWER] = {"client13.SEND_ANSWER", TVT_DATA_APPLICATION, TVT_DATA_APPLICATION, true},
    [SEND_KU] = {"client13.SEND_KU", TVT_DATA_APPLICATION, TVT_DATA_APPLICATION, true},
};

const struct tvt_machine tvt_client13 = {.name = "client13",
                                         .protocol = &tvt_protocol13,
                                         .states = states,
                                         .num_states = NUM_STATES,
                                         .rows = rows,
                                         .num_rows = sizeof rows / sizeof rows[0],
                                         .start = START,
                                         .connected = CONNECTED};
