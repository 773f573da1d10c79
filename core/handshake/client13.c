/* SPDX-License-Identifier: MIT
 *
 * The TLS 1.3 client (RFC 9846 4, appendix A.1): its table, and what each row does.
 */
#include "core/base/memory.h"
#include "core/handshake/rows.h"

#include <string.h>

enum state {
    START,
    WAIT_SH,
    SEND_CH2,
    WAIT_SH2,
    WAIT_EE,
    WAIT_CERT_CR,
    WAIT_CERT,
    WAIT_CV,
    WAIT_FIN,
    SEND_CERT,
    SEND_CV,
    SEND_FIN,
    CONNECTED,
    SEND_KU,
    NUM_STATES
};

/* ---- ClientHello, RFC 9846 4.2.2 ---- */

/* The key shares of the first ClientHello, or the one that a HelloRetryRequest asked for. */
static enum tvt_result
make_shares(struct tvt_handshake *hs, const uint16_t *groups, size_t num)
{
    struct tvt_offer *o = &hs->scratch->offer;
    const struct tvt_allocator *a = &hs->config->allocator;
    for (size_t i = 0; i < num; i++) {
        struct tvt_group g;
        if (!tvt_group_find(&g, hs->provider, groups[i]))
            return tvt_fail(hs->error, TVT_E_NOT_OFFERED, "ClientHello", "key_share");
        if (o->share[i] == NULL)
            o->share[i] = tvt_alloc_aligned(a, sizeof *o->share[i]);
        uint8_t *at = tvt_buffer_reserve(&o->key_shares, 4 + g.initiator_len);
        if (o->share[i] == NULL || at == NULL)
            return tvt_fail(hs->error, TVT_E_NO_MEMORY, "ClientHello", "key_share");
        tvt_store_u16(at, g.id);
        tvt_store_u16(at + 2, (uint16_t)g.initiator_len);
        int rc = tvt_group_start(o->share[i], &g, at + 4);
        if (rc != TVT_CRYPTO_OK)
            return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "ClientHello", "key_share", hs->provider, rc);
        tvt_buffer_commit(&o->key_shares, 4 + g.initiator_len);
        o->num_shares = i + 1;
    }
    return TVT_OK;
}

struct hello_lists {
    uint8_t suites[2 * TVT_CONFIG_SUITES_MAX], groups[2 * TVT_CONFIG_GROUPS_MAX], schemes[2 * TVT_CONFIG_SCHEMES_MAX];
};

static struct tvt_span
list16_add(uint8_t *list, size_t num, uint16_t v)
{
    tvt_store_u16(list + 2 * num, v);
    return tvt_span(list, 2 * (num + 1));
}

static void
fill_extensions(struct tvt_handshake *hs, struct tvt_extensions *e, struct hello_lists *lists)
{
    static const uint8_t versions13[] = {0x03, 0x04};
    const struct tvt_config *c = hs->config;
    const struct tvt_offer *o = &hs->scratch->offer;

    e->present = TVT_EXT_BIT(TVT_EXT_SUPPORTED_VERSIONS) | TVT_EXT_BIT(TVT_EXT_SUPPORTED_GROUPS) |
                 TVT_EXT_BIT(TVT_EXT_SIGNATURE_ALGORITHMS) | TVT_EXT_BIT(TVT_EXT_KEY_SHARE);
    e->versions = tvt_span(versions13, sizeof versions13);
    for (size_t i = 0; i < c->num_groups; i++)
        e->supported_groups = list16_add(lists->groups, i, c->groups[i]);
    for (size_t i = 0; i < c->num_schemes; i++)
        e->signature_algorithms = list16_add(lists->schemes, i, c->schemes[i]->id);
    e->key_shares = tvt_buffer_span(&o->key_shares);
    if (hs->server_name[0] != '\0') {
        e->present |= TVT_EXT_BIT(TVT_EXT_SERVER_NAME);
        e->server_name = tvt_span_string(hs->server_name);
    }
    if (c->alpn_len > 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_ALPN);
        e->alpn = tvt_span(c->alpn, c->alpn_len);
    }
    if (c->record_size_limit != 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_RECORD_SIZE_LIMIT);
        e->record_size_limit = c->record_size_limit;
        hs->record_limit_sent = c->record_size_limit;
    }
    if (o->cookie.len > 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_COOKIE);
        e->cookie = tvt_buffer_span(&o->cookie);
    }
}

static enum tvt_result
write_client_hello(struct tvt_handshake *hs, struct tvt_writer *out)
{
    static const uint8_t null_compression[] = {0};
    struct tvt_offer *o = &hs->scratch->offer;
    struct hello_lists lists;
    struct tvt_client_hello m = {.legacy_version = TVT_VERSION_TLS12,
                                 .random = tvt_span(o->random, sizeof o->random),
                                 .session_id = tvt_span(o->session_id, o->session_id_len),
                                 .compression = tvt_span(null_compression, 1),
                                 .has_extensions = true};
    for (size_t i = 0; i < hs->config->num_suites; i++)
        m.suites = list16_add(lists.suites, i, hs->config->suites[i]->id);
    fill_extensions(hs, &m.ext, &lists);
    o->extensions = m.ext.present;
    tvt_encode_client_hello(out, &m);
    return TVT_OK;
}

static enum tvt_result
fill_random(struct tvt_handshake *hs, uint8_t *out, size_t len, const char *field)
{
    int rc = hs->provider->random(hs->provider, out, len);
    return rc == TVT_CRYPTO_OK ? TVT_OK
                               : tvt_fail_crypto(hs->error, TVT_E_RANDOM, "ClientHello", field, hs->provider, rc);
}

static enum tvt_result
send_client_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    struct tvt_offer *o = &hs->scratch->offer;
    (void)in;
    (void)edge;
    enum tvt_result r = fill_random(hs, o->random, sizeof o->random, "random");
    if (r == TVT_OK && hs->config->compatibility) { /* RFC 9846 appendix E.4 */
        r = fill_random(hs, o->session_id, sizeof o->session_id, "legacy_session_id");
        o->session_id_len = sizeof o->session_id;
    }
    if (r == TVT_OK)
        r = make_shares(hs, hs->config->groups, hs->config->num_shares);
    if (r != TVT_OK)
        return r;
    tvt_copy(hs->scratch->client_random, o->random, sizeof o->random);
    return write_client_hello(hs, out);
}

static enum tvt_result
send_second_client_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    struct tvt_scratch *s = hs->scratch;
    (void)in;
    (void)edge;
    if (s->chosen.retry_group != 0) {
        for (size_t i = 0; i < s->offer.num_shares; i++)
            tvt_group_discard(s->offer.share[i]);
        tvt_buffer_consume(&s->offer.key_shares, s->offer.key_shares.len);
        s->offer.num_shares = 0;
        enum tvt_result r = make_shares(hs, &s->chosen.retry_group, 1);
        if (r != TVT_OK)
            return r;
    }
    return write_client_hello(hs, out);
}

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
    for (size_t i = 0; i < hs->config->num_suites; i++) {
        const struct tvt_suite *suite = hs->config->suites[i];
        if (suite->id != m->suite || suite->version != TVT_VERSION_TLS13)
            continue;
        if (hs->suite != NULL && hs->suite != suite)
            return tvt_fail_values(hs->error, TVT_E_WRONG_SUITE, name, "cipher_suite", hs->suite->id, m->suite);
        hs->suite = suite;
        hs->hash = tvt_provider_hash(hs->provider, suite->hash);
        hs->aead = tvt_provider_aead(hs->provider, suite->aead);
        return TVT_OK;
    }
    return tvt_fail_detail(hs->error, TVT_E_WRONG_SUITE, name, "cipher_suite", "0x%04x", m->suite);
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

static enum tvt_result
recv_server_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_server_hello *m = &in->u.server_hello;
    (void)out;
    (void)edge;
    enum tvt_result r = check_server_hello(hs, m, "ServerHello", 0);
    if (r != TVT_OK)
        return r;
    if (!tvt_has(&m->ext, TVT_EXT_KEY_SHARE))
        return tvt_fail(hs->error, TVT_E_MISSING_EXTENSION, "ServerHello", "key_share");
    return finish_key_exchange(hs, m);
}

/* A server that knows TLS 1.3 and answers with less was made to (RFC 9846 4.2.3). */
static enum tvt_result
refuse_server_hello12(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_server_hello *m = &in->u.server_hello;
    const uint8_t *mark = m->random.data + 24;
    (void)out;
    (void)edge;
    if (memcmp(mark, tvt_downgrade_tls12, 8) == 0 || memcmp(mark, tvt_downgrade_tls11, 8) == 0)
        return tvt_fail(hs->error, TVT_E_DOWNGRADE, "ServerHello", "random");
    if (hs->hello_retry)
        return tvt_fail(hs->error, TVT_E_ILLEGAL_PARAMETER, "ServerHello", "supported_versions");
    return tvt_fail_detail(hs->error,
                           m->legacy_version == TVT_VERSION_TLS12 ? TVT_E_TLS12_NOT_AVAILABLE : TVT_E_PROTOCOL_VERSION,
                           "ServerHello", "legacy_version", "the server chose %s", tvt_version_name(m->legacy_version));
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

static enum tvt_result
recv_encrypted_extensions(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                          unsigned *edge)
{
    const struct tvt_extensions *e = &in->u.encrypted_extensions;
    uint64_t unasked = e->present & ~hs->scratch->offer.extensions;
    (void)out;
    (void)edge;
    if (e->unknown)
        return tvt_fail_detail(hs->error, TVT_E_UNSUPPORTED_EXTENSION, "EncryptedExtensions", "extensions",
                               "extension %u", e->unknown_code);
    for (unsigned i = 0; i < TVT_EXT_NUM; i++)
        if (unasked & TVT_EXT_BIT(i))
            return tvt_fail_detail(hs->error, TVT_E_UNSUPPORTED_EXTENSION, "EncryptedExtensions", "extensions", "%s",
                                   tvt_extension_name(tvt_extension_code((enum tvt_extension_index)i)));
    if (tvt_has(e, TVT_EXT_RECORD_SIZE_LIMIT))
        hs->peer_record_limit = e->record_size_limit;
    return tvt_has(e, TVT_EXT_ALPN) ? recv_alpn(hs, e->alpn) : TVT_OK;
}

static enum tvt_result
recv_certificate_request(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_certificate_request *m = &in->u.certificate_request;
    struct tvt_scratch *s = hs->scratch;
    (void)out;
    (void)edge;
    if (m->context.len != 0)
        return tvt_fail(hs->error, TVT_E_BAD_REQUEST_CONTEXT, "CertificateRequest", "certificate_request_context");
    if (!tvt_has(&m->ext, TVT_EXT_SIGNATURE_ALGORITHMS))
        return tvt_fail(hs->error, TVT_E_MISSING_EXTENSION, "CertificateRequest", "signature_algorithms");
    s->peer.certificate_requested = true;
    (void)tvt_negotiate_credential(hs->config, m->ext.signature_algorithms, "", &s->chosen.credential,
                                   &s->chosen.scheme);
    return TVT_OK;
}

/* ---- the server's authentication, RFC 9846 4.5 ---- */

static enum tvt_result
recv_certificate(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)out;
    (void)edge;
    if (in->u.certificate.num == 0)
        return tvt_fail(hs->error, TVT_E_NO_CERTIFICATE, "Certificate", "certificate_list");
    return tvt_auth13_recv_certificate(hs, &in->u.certificate);
}

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
    *edge = hs->scratch->peer.certificate_requested ? 1 : 0;
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

/* Tickets are read, for their grammar, and dropped: there is no store for them yet (RFC 9846 4.7.1 allows that). */
static enum tvt_result
recv_new_session_ticket(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)hs;
    (void)in;
    (void)out;
    (void)edge;
    return TVT_OK;
}

/* ---- the table ---- */

/* The sending keys change right behind ServerHello, so that an alert about the server's certificate is protected. */
#define HELLO_DONE  (TVT_KEYS_DERIVE_HANDSHAKE | TVT_KEYS_RECEIVE_HANDSHAKE | TVT_KEYS_CCS | TVT_KEYS_SEND_HANDSHAKE)
#define SERVER_DONE (TVT_KEYS_DERIVE_APPLICATION | TVT_KEYS_RECEIVE_APPLICATION)

static const struct tvt_row rows[] = {
    SEND(START, CLIENT_HELLO, ADD, send_client_hello, 1, "4.2.2", {WAIT_SH, 0}),
    RECV(WAIT_SH, HELLO_RETRY, RETRY, recv_hello_retry, 1, "4.2.4", {SEND_CH2, TVT_KEYS_CCS}),
    RECV(WAIT_SH, SERVER_HELLO13, ADD, recv_server_hello, 1, "4.2.3", {WAIT_EE, HELLO_DONE}),
    RECV(WAIT_SH, SERVER_HELLO12, NO, refuse_server_hello12, 0, "4.2.3", {0, 0}),
    SEND(SEND_CH2, CLIENT_HELLO, ADD, send_second_client_hello, 1, "4.2.2", {WAIT_SH2, 0}),
    RECV(WAIT_SH2, SERVER_HELLO13, ADD, recv_server_hello, 1, "4.2.3", {WAIT_EE, HELLO_DONE}),
    RECV(WAIT_SH2, SERVER_HELLO12, NO, refuse_server_hello12, 0, "4.2.4", {0, 0}),
    RECV(WAIT_SH2, HELLO_RETRY, NO, refuse_second_retry, 0, "4.2.4", {0, 0}),
    RECV(WAIT_EE, ENCRYPTED_EXTENSIONS, ADD, recv_encrypted_extensions, 1, "4.4.1", {WAIT_CERT_CR, 0}),
    RECV(WAIT_CERT_CR, CERTIFICATE_REQUEST, ADD, recv_certificate_request, 1, "4.4.2", {WAIT_CERT, 0}),
    RECV(WAIT_CERT_CR, CERTIFICATE, ADD, recv_certificate, 1, "4.5.1", {WAIT_CV, 0}),
    RECV(WAIT_CERT, CERTIFICATE, ADD, recv_certificate, 1, "4.5.1", {WAIT_CV, 0}),
    RECV(WAIT_CV, CERTIFICATE_VERIFY, ADD, recv_certificate_verify, 1, "4.5.2", {WAIT_FIN, 0}),
    RECV(WAIT_FIN, FINISHED, ADD, recv_finished, 2, "4.5.3", {SEND_FIN, SERVER_DONE}, {SEND_CERT, SERVER_DONE}),
    SEND(SEND_CERT, CERTIFICATE, ADD, send_certificate, 2, "4.5.1", {SEND_CV, 0}, {SEND_FIN, 0}),
    SEND(SEND_CV, CERTIFICATE_VERIFY, ADD, tvt_auth13_send_certificate_verify, 1, "4.5.2", {SEND_FIN, 0}),
    SEND(SEND_FIN, FINISHED, ADD, send_finished, 1, "4.5.3", {CONNECTED, TVT_KEYS_SEND_APPLICATION}),
    RECV(CONNECTED, NEW_SESSION_TICKET, NO, recv_new_session_ticket, 1, "4.7.1", {CONNECTED, 0}),
    RECV(CONNECTED, KEY_UPDATE, NO, tvt_auth13_recv_key_update, 2, "4.7.3", {CONNECTED, TVT_KEYS_RECEIVE_NEXT},
         {SEND_KU, TVT_KEYS_RECEIVE_NEXT}),
    CALL(CONNECTED, TVT_ON_CALL_KEY_UPDATE, tvt_auth13_call_key_update, 2, "4.7.3", {SEND_KU, 0}, {CONNECTED, 0}),
    SEND(SEND_KU, KEY_UPDATE, NO, tvt_auth13_send_key_update, 1, "4.7.3", {CONNECTED, TVT_KEYS_SEND_NEXT}),
};

static const struct tvt_state states[NUM_STATES] = {
    [START] = {"client13.START", false, false},         [WAIT_SH] = {"client13.WAIT_SH", false, false},
    [SEND_CH2] = {"client13.SEND_CH2", false, false},   [WAIT_SH2] = {"client13.WAIT_SH2", false, false},
    [WAIT_EE] = {"client13.WAIT_EE", false, false},     [WAIT_CERT_CR] = {"client13.WAIT_CERT_CR", false, false},
    [WAIT_CERT] = {"client13.WAIT_CERT", false, false}, [WAIT_CV] = {"client13.WAIT_CV", false, false},
    [WAIT_FIN] = {"client13.WAIT_FIN", false, false},   [SEND_CERT] = {"client13.SEND_CERT", false, true},
    [SEND_CV] = {"client13.SEND_CV", false, true},      [SEND_FIN] = {"client13.SEND_FIN", false, true},
    [CONNECTED] = {"client13.CONNECTED", true, true},   [SEND_KU] = {"client13.SEND_KU", true, true},
};

const struct tvt_machine tvt_client13 = {"client13", states,   NUM_STATES, rows, sizeof rows / sizeof rows[0],
                                         START,      CONNECTED};
