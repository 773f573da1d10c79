/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.3 server (RFC 9846 4, appendix A.2): its table, and what each row does.
 */
#include "core/base/memory.h"
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
    WAIT_CERT,
    WAIT_CV,
    WAIT_FIN,
    CONNECTED,
    SEND_KU,
    NUM_STATES
};

/* ---- ClientHello, RFC 9846 4.2.2 ---- */

static enum tvt_result
check_version(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    const struct tvt_config *c = hs->config;
    bool has13 = tvt_has(&m->ext, TVT_EXT_SUPPORTED_VERSIONS) && tvt_list16_has(m->ext.versions, TVT_VERSION_TLS13);
    bool has12 = tvt_has(&m->ext, TVT_EXT_SUPPORTED_VERSIONS) ? tvt_list16_has(m->ext.versions, TVT_VERSION_TLS12)
                                                              : m->legacy_version >= TVT_VERSION_TLS12;
    if (has13 && c->max_version >= TVT_VERSION_TLS13) {
        if (m->legacy_version != TVT_VERSION_TLS12)
            return tvt_fail_values(hs->error, TVT_E_LEGACY_VERSION, "ClientHello", "legacy_version", TVT_VERSION_TLS12,
                                   m->legacy_version);
        return TVT_OK;
    }
    if (has12)
        return tvt_fail(hs->error, TVT_E_TLS12_NOT_AVAILABLE, "ClientHello", "supported_versions");
    return tvt_fail_detail(hs->error, TVT_E_PROTOCOL_VERSION, "ClientHello", "legacy_version", "the client has %s",
                           tvt_version_name(m->legacy_version));
}

/* RFC 9846 4.3.8: a share is of a group that supported_groups lists. A bit per group: the work stays linear in what the
 * client sends. */
static enum tvt_result
check_share_groups(struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    uint64_t listed[0x10000u / 64] = {0};
    struct tvt_span rest = e->key_shares, share;
    uint16_t group;
    for (size_t i = 0; i < tvt_list16_num(e->supported_groups); i++) {
        group = tvt_list16_at(e->supported_groups, i);
        listed[group / 64] |= UINT64_C(1) << (group % 64);
    }
    while (tvt_list_next_share(&rest, &group, &share))
        if ((listed[group / 64] >> (group % 64) & 1u) == 0)
            return tvt_fail_detail(hs->error, TVT_E_ILLEGAL_PARAMETER, "ClientHello", "key_share.group",
                                   "a share of %s, which supported_groups does not list", tvt_group_name(group));
    return TVT_OK;
}

/* What every ClientHello of TLS 1.3 without a pre-shared key must have (RFC 9846 9.2). */
static enum tvt_result
check_extensions(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    const struct tvt_extensions *e = &m->ext;
    const char *missing = NULL;
    if (m->compression.len != 1 || m->compression.data[0] != 0)
        return tvt_fail(hs->error, TVT_E_WRONG_COMPRESSION, "ClientHello", "legacy_compression_methods");
    if (!tvt_has(e, TVT_EXT_SIGNATURE_ALGORITHMS))
        missing = "signature_algorithms";
    else if (!tvt_has(e, TVT_EXT_SUPPORTED_GROUPS))
        missing = "supported_groups";
    else if (!tvt_has(e, TVT_EXT_KEY_SHARE))
        missing = "key_share";
    else if (tvt_has(e, TVT_EXT_PRE_SHARED_KEY) && !tvt_has(e, TVT_EXT_PSK_KEY_EXCHANGE_MODES))
        missing = "psk_key_exchange_modes";
    if (missing != NULL)
        return tvt_fail(hs->error, TVT_E_MISSING_EXTENSION, "ClientHello", missing);

    return check_share_groups(hs, e);
}

static enum tvt_result
keep_hello(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    struct tvt_scratch *s = hs->scratch;
    tvt_copy(s->peer.session_id, m->session_id.data, m->session_id.len);
    s->peer.session_id_len = m->session_id.len;
    tvt_copy(s->client_random, m->random.data, sizeof s->client_random);
    s->peer.extensions = m->ext.present;
    hs->server_name[0] = '\0';
    if (tvt_has(&m->ext, TVT_EXT_SERVER_NAME)) {
        if (m->ext.server_name.len > TVT_LIMIT_NAME)
            return tvt_fail_values(hs->error, TVT_E_BAD_LENGTH, "ClientHello", "server_name", TVT_LIMIT_NAME,
                                   m->ext.server_name.len);
        tvt_copy(hs->server_name, m->ext.server_name.data, m->ext.server_name.len);
        hs->server_name[m->ext.server_name.len] = '\0';
    }
    if (tvt_has(&m->ext, TVT_EXT_RECORD_SIZE_LIMIT))
        hs->peer_record_limit = m->ext.record_size_limit;
    return TVT_OK;
}

static enum tvt_result
choose_suite(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    const struct tvt_suite *suite = tvt_negotiate_suite(hs->config, m->suites, TVT_VERSION_TLS13);
    if (suite == NULL)
        return tvt_fail(hs->error, TVT_E_NO_COMMON_SUITE, "ClientHello", "cipher_suites");
    hs->suite = suite;
    hs->hash = tvt_provider_hash(hs->provider, suite->hash);
    hs->aead = tvt_provider_aead(hs->provider, suite->aead);
    return TVT_OK;
}

static enum tvt_result
choose_alpn(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    if (hs->config->alpn_len == 0 || !tvt_has(&m->ext, TVT_EXT_ALPN))
        return TVT_OK;
    hs->alpn = tvt_negotiate_alpn(hs->config, m->ext.alpn);
    if (hs->alpn.len == 0 && !hs->config->alpn_lenient)
        return tvt_fail(hs->error, TVT_E_NO_COMMON_ALPN, "ClientHello", "alpn");
    return TVT_OK;
}

static enum tvt_result
answer_share(struct tvt_handshake *hs, struct tvt_span share)
{
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    int rc = tvt_group_respond(&chosen->group, share, chosen->share, chosen->secret);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error,
                               tvt_crypto_kind(rc) == TVT_CRYPTO_PEER_KEY ? TVT_E_BAD_KEY_SHARE : TVT_E_CRYPTO,
                               "ClientHello", "key_share", hs->provider, rc);
    chosen->secret_len = chosen->group.secret_len;
    hs->group = chosen->group.id;
    return TVT_OK;
}

/* Everything that a ClientHello decides, first or second alike. `share` is empty when a retry is needed. */
static enum tvt_result
choose(struct tvt_handshake *hs, const struct tvt_client_hello *m, struct tvt_span *share)
{
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    enum tvt_result r = check_version(hs, m);
    if (r == TVT_OK)
        r = check_extensions(hs, m);
    if (r == TVT_OK)
        r = keep_hello(hs, m);
    if (r == TVT_OK)
        r = choose_suite(hs, m);
    if (r == TVT_OK)
        r = choose_alpn(hs, m);
    if (r != TVT_OK)
        return r;
    if (!tvt_negotiate_group(hs->config, m->ext.supported_groups, m->ext.key_shares, &chosen->group, share))
        return tvt_fail(hs->error, TVT_E_NO_COMMON_GROUP, "ClientHello", "supported_groups");
    if (hs->config->num_credentials == 0)
        return tvt_fail(hs->error, TVT_E_NO_CREDENTIAL, "ClientHello", NULL);
    if (!tvt_negotiate_credential(hs->config, m->ext.signature_algorithms, hs->server_name, &chosen->credential,
                                  &chosen->scheme))
        return tvt_fail(hs->error, TVT_E_NO_COMMON_SIGNATURE, "ClientHello", "signature_algorithms");
    return TVT_OK;
}

static enum tvt_result
recv_client_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_client_hello *m = &in->u.client_hello;
    struct tvt_span share;
    (void)out;
    enum tvt_result r = choose(hs, m, &share);
    if (r != TVT_OK)
        return r;
    hs->ignore_early_data = tvt_has(&m->ext, TVT_EXT_EARLY_DATA);
    if (share.len > 0)
        return answer_share(hs, share);
    *edge = 1;
    hs->scratch->chosen.retry_group = hs->scratch->chosen.group.id;
    if (!tvt_buffer_append(&hs->scratch->peer.first_hello, in->raw.data, in->raw.len))
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "ClientHello", NULL);
    return TVT_OK;
}

/* ---- the second ClientHello, RFC 9846 4.2.2 ---- */

/* Extensions that a second ClientHello may change, add or leave out. */
static bool
may_change(uint16_t code)
{
    static const enum tvt_extension_index free_to_change[] = {TVT_EXT_KEY_SHARE, TVT_EXT_EARLY_DATA, TVT_EXT_COOKIE,
                                                              TVT_EXT_PRE_SHARED_KEY, TVT_EXT_PADDING};
    for (size_t i = 0; i < sizeof free_to_change / sizeof free_to_change[0]; i++)
        if (tvt_extension_code(free_to_change[i]) == code)
            return true;
    return false;
}

/* True when every extension of `a` that may not change stands in `b` with the same bytes. */
static bool
extensions_kept(struct tvt_span a, struct tvt_span b)
{
    struct tvt_reader r;
    struct tvt_span other;
    tvt_reader_init(&r, a);
    while (tvt_reader_left(&r) > 0) {
        uint16_t code = tvt_read_u16(&r, "extension_type");
        struct tvt_span data = tvt_read_vec16(&r, 0, UINT16_MAX, "extension_data");
        if (!may_change(code) && (!tvt_extension_find(b, code, &other) || !tvt_span_equal(data, other)))
            return false;
    }
    return true;
}

static const char *
changed_field(const struct tvt_client_hello *a, const struct tvt_client_hello *b, bool cookie_sent)
{
    if (a->legacy_version != b->legacy_version)
        return "legacy_version";
    if (!tvt_span_equal(a->random, b->random))
        return "random";
    if (!tvt_span_equal(a->session_id, b->session_id))
        return "legacy_session_id";
    if (!tvt_span_equal(a->suites, b->suites))
        return "cipher_suites";
    if (!tvt_span_equal(a->compression, b->compression))
        return "legacy_compression_methods";
    if (!extensions_kept(a->ext.raw, b->ext.raw) || !extensions_kept(b->ext.raw, a->ext.raw))
        return "extensions";
    if (tvt_has(&b->ext, TVT_EXT_COOKIE) && !cookie_sent)
        return "cookie";
    if (tvt_has(&b->ext, TVT_EXT_EARLY_DATA))
        return "early_data"; /* RFC 9846 4.2.2: removed */
    if (tvt_has(&b->ext, TVT_EXT_PRE_SHARED_KEY) && !tvt_has(&a->ext, TVT_EXT_PRE_SHARED_KEY))
        return "pre_shared_key"; /* updated, or left out */
    return NULL;
}

static enum tvt_result
recv_second_client_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_client_hello *m = &in->u.client_hello;
    struct tvt_scratch *s = hs->scratch;
    struct tvt_message first;
    struct tvt_span share, rest, other;
    uint16_t group, retry = s->chosen.retry_group;
    (void)out;
    (void)edge;

    enum tvt_result r = tvt_message_decode(&first, tvt_buffer_span(&s->peer.first_hello), hs->error);
    if (r != TVT_OK)
        return r;
    const char *changed = changed_field(&first.u.client_hello, m, s->chosen.cookie_sent);
    if (changed != NULL)
        return tvt_fail(hs->error, TVT_E_CHANGED_HELLO, "ClientHello", changed);
    tvt_buffer_release(&s->peer.first_hello);
    hs->ignore_early_data = false; /* 0-RTT ends before the second ClientHello (RFC 9846 4.3.10) */
    r = choose(hs, m, &share);
    if (r != TVT_OK)
        return r;
    rest = m->ext.key_shares;
    if (!tvt_list_next_share(&rest, &group, &share) || group != retry || tvt_list_next_share(&rest, &group, &other))
        return tvt_fail_detail(hs->error, TVT_E_WRONG_GROUP, "ClientHello", "key_share",
                               "HelloRetryRequest asked for one share, of %s", tvt_group_name(retry));
    if (!tvt_group_find(&s->chosen.group, hs->provider, retry))
        return tvt_fail(hs->error, TVT_E_INTERNAL, "ClientHello", "key_share");
    return answer_share(hs, share);
}

/* ---- ServerHello and HelloRetryRequest, RFC 9846 4.2.3 and 4.2.4 ---- */

static void
write_server_hello(struct tvt_handshake *hs, struct tvt_writer *out, struct tvt_span random, struct tvt_span share,
                   enum tvt_message_kind kind)
{
    const struct tvt_scratch *s = hs->scratch;
    struct tvt_server_hello m = {.legacy_version = TVT_VERSION_TLS12,
                                 .random = random,
                                 .session_id = tvt_span(s->peer.session_id, s->peer.session_id_len),
                                 .suite = hs->suite->id};
    m.ext.present = TVT_EXT_BIT(TVT_EXT_SUPPORTED_VERSIONS) | TVT_EXT_BIT(TVT_EXT_KEY_SHARE);
    m.ext.selected_version = TVT_VERSION_TLS13;
    m.ext.key_share_group = s->chosen.group.id;
    m.ext.key_share = share;
    tvt_encode_server_hello(out, &m, kind);
}

static enum tvt_result
send_hello_retry(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)edge;
    hs->hello_retry = true;
    write_server_hello(hs, out, tvt_span(tvt_hello_retry_random, 32), tvt_span(NULL, 0), TVT_MSG_HELLO_RETRY);
    return TVT_OK;
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
    write_server_hello(hs, out, tvt_span(random, sizeof random), tvt_span(chosen->share, chosen->group.responder_len),
                       TVT_MSG_SERVER_HELLO13);
    return TVT_OK;
}

/* ---- EncryptedExtensions and CertificateRequest, RFC 9846 4.4 ---- */

static enum tvt_result
send_encrypted_extensions(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                          unsigned *edge)
{
    struct tvt_extensions e = {0};
    uint8_t alpn[1 + TVT_LIMIT_ALPN];
    (void)in;
    *edge = hs->config->verify == TVT_VERIFY_REQUEST || hs->config->verify == TVT_VERIFY_REQUIRE ? 1 : 0;
    if (hs->server_name[0] != '\0')
        e.present |= TVT_EXT_BIT(TVT_EXT_SERVER_NAME);
    if (hs->alpn.len > 0) {
        alpn[0] = (uint8_t)hs->alpn.len;
        tvt_copy(alpn + 1, hs->alpn.data, hs->alpn.len);
        e.present |= TVT_EXT_BIT(TVT_EXT_ALPN);
        e.alpn = tvt_span(alpn, 1 + hs->alpn.len);
    }
    if (hs->config->record_size_limit != 0 && hs->scratch->peer.extensions & TVT_EXT_BIT(TVT_EXT_RECORD_SIZE_LIMIT)) {
        e.present |= TVT_EXT_BIT(TVT_EXT_RECORD_SIZE_LIMIT);
        e.record_size_limit = hs->config->record_size_limit;
        hs->record_limit_sent = e.record_size_limit;
    }
    tvt_encode_encrypted_extensions(out, &e);
    return TVT_OK;
}

static enum tvt_result
send_certificate_request(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    uint8_t schemes[2 * TVT_CONFIG_SCHEMES_MAX];
    struct tvt_certificate_request m = {.ext.present = TVT_EXT_BIT(TVT_EXT_SIGNATURE_ALGORITHMS)};
    (void)in;
    (void)edge;
    for (size_t i = 0; i < hs->config->num_schemes; i++)
        tvt_store_u16(schemes + 2 * i, hs->config->schemes[i]->id);
    m.ext.signature_algorithms = tvt_span(schemes, 2 * hs->config->num_schemes);
    tvt_encode_certificate_request(out, &m);
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
    *edge = hs->config->verify == TVT_VERIFY_REQUEST || hs->config->verify == TVT_VERIFY_REQUIRE ? 1 : 0;
    return tvt_auth13_send_finished(hs, out);
}

/* ---- the client's authentication ---- */

static enum tvt_result
recv_certificate(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)out;
    if (in->u.certificate.num > 0)
        return tvt_auth13_recv_certificate(hs, &in->u.certificate);
    if (in->u.certificate.context.len != 0)
        return tvt_fail(hs->error, TVT_E_BAD_REQUEST_CONTEXT, "Certificate", "certificate_request_context");
    if (hs->config->verify == TVT_VERIFY_REQUIRE)
        return tvt_fail(hs->error, TVT_E_CERTIFICATE_REQUIRED, "Certificate", "certificate_list");
    *edge = 1;
    return TVT_OK;
}

static enum tvt_result
recv_certificate_verify(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)out;
    (void)edge;
    uint16_t ours = hs->scheme;
    enum tvt_result r = tvt_auth13_recv_certificate_verify(hs, &in->u.certificate_verify);
    hs->scheme = ours;
    return r;
}

static enum tvt_result
recv_finished(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)out;
    (void)edge;
    hs->ignore_early_data = false;
    return tvt_auth13_recv_finished(hs, in->u.finished);
}

/* ---- the table ---- */

#define HELLO_DONE  (TVT_KEYS_DERIVE_HANDSHAKE | TVT_KEYS_CCS | TVT_KEYS_SEND_HANDSHAKE | TVT_KEYS_RECEIVE_HANDSHAKE)
#define FLIGHT_DONE (TVT_KEYS_DERIVE_APPLICATION | TVT_KEYS_SEND_APPLICATION)

static const struct tvt_row rows[] = {
    RECV(WAIT_CH, CLIENT_HELLO, ADD, recv_client_hello, 2, "4.2.2", {SEND_SH, 0}, {SEND_HRR, 0}),
    SEND(SEND_HRR, HELLO_RETRY, RETRY, send_hello_retry, 1, "4.2.4", {WAIT_CH2, TVT_KEYS_CCS}),
    RECV(WAIT_CH2, CLIENT_HELLO, ADD, recv_second_client_hello, 1, "4.2.2", {SEND_SH, 0}),
    SEND(SEND_SH, SERVER_HELLO13, ADD, send_server_hello, 1, "4.2.3", {SEND_EE, HELLO_DONE}),
    SEND(SEND_EE, ENCRYPTED_EXTENSIONS, ADD, send_encrypted_extensions, 2, "4.4.1", {SEND_CERT, 0}, {SEND_CR, 0}),
    SEND(SEND_CR, CERTIFICATE_REQUEST, ADD, send_certificate_request, 1, "4.4.2", {SEND_CERT, 0}),
    SEND(SEND_CERT, CERTIFICATE, ADD, send_certificate, 1, "4.5.1", {SEND_CV, 0}),
    SEND(SEND_CV, CERTIFICATE_VERIFY, ADD, tvt_auth13_send_certificate_verify, 1, "4.5.2", {SEND_FIN, 0}),
    SEND(SEND_FIN, FINISHED, ADD, send_finished, 2, "4.5.3", {WAIT_FIN, FLIGHT_DONE}, {WAIT_CERT, FLIGHT_DONE}),
    RECV(WAIT_CERT, CERTIFICATE, ADD, recv_certificate, 2, "4.5.1", {WAIT_CV, 0}, {WAIT_FIN, 0}),
    RECV(WAIT_CV, CERTIFICATE_VERIFY, ADD, recv_certificate_verify, 1, "4.5.2", {WAIT_FIN, 0}),
    RECV(WAIT_FIN, FINISHED, ADD, recv_finished, 1, "4.5.3", {CONNECTED, TVT_KEYS_RECEIVE_APPLICATION}),
    RECV(CONNECTED, KEY_UPDATE, NO, tvt_auth13_recv_key_update, 2, "4.7.3", {CONNECTED, TVT_KEYS_RECEIVE_NEXT},
         {SEND_KU, TVT_KEYS_RECEIVE_NEXT}),
    CALL(CONNECTED, TVT_ON_CALL_KEY_UPDATE, tvt_auth13_call_key_update, 2, "4.7.3", {SEND_KU, 0}, {CONNECTED, 0}),
    SEND(SEND_KU, KEY_UPDATE, NO, tvt_auth13_send_key_update, 1, "4.7.3", {CONNECTED, TVT_KEYS_SEND_NEXT}),
};

static const struct tvt_state states[NUM_STATES] = {
    [WAIT_CH] = {"server13.WAIT_CH", false, false},     [SEND_HRR] = {"server13.SEND_HRR", false, false},
    [WAIT_CH2] = {"server13.WAIT_CH2", false, false},   [SEND_SH] = {"server13.SEND_SH", false, false},
    [SEND_EE] = {"server13.SEND_EE", false, false},     [SEND_CR] = {"server13.SEND_CR", false, false},
    [SEND_CERT] = {"server13.SEND_CERT", false, false}, [SEND_CV] = {"server13.SEND_CV", false, false},
    [SEND_FIN] = {"server13.SEND_FIN", false, false},   [WAIT_CERT] = {"server13.WAIT_CERT", false, false},
    [WAIT_CV] = {"server13.WAIT_CV", false, false},     [WAIT_FIN] = {"server13.WAIT_FIN", false, false},
    [CONNECTED] = {"server13.CONNECTED", true, true},   [SEND_KU] = {"server13.SEND_KU", true, true},
};

const struct tvt_machine tvt_server13 = {"server13", states,   NUM_STATES, rows, sizeof rows / sizeof rows[0],
                                         WAIT_CH,    CONNECTED};
