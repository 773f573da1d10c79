/* SPDX-License-Identifier: MIT
 *
 * What a TLS 1.3 server makes of a ClientHello: version, pre-shared key, suite, group, protocol, certificate (RFC 9846 4.2.1).
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

/* ---- ClientHello, RFC 9846 4.2.2 ---- */

static enum tvt_result
check_version(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    if (!tvt_has(&m->ext, TVT_EXT_SUPPORTED_VERSIONS) || !tvt_list16_has(m->ext.versions, TVT_VERSION_TLS13))
        return tvt_fail(hs->error, TVT_E_CHANGED_HELLO, "ClientHello", "supported_versions");
    if (m->legacy_version != TVT_VERSION_TLS12)
        return tvt_fail_values(hs->error, TVT_E_LEGACY_VERSION, "ClientHello", "legacy_version", TVT_VERSION_TLS12,
                               m->legacy_version);
    return TVT_OK;
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

/* What every ClientHello of TLS 1.3 must have (RFC 9846 9.2). */
static enum tvt_result
check_extensions(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    const struct tvt_extensions *e = &m->ext;
    const char *missing = NULL;
    if (m->compression.len != 1 || m->compression.data[0] != 0)
        return tvt_fail(hs->error, TVT_E_WRONG_COMPRESSION, "ClientHello", "legacy_compression_methods");
    bool psk = tvt_has(e, TVT_EXT_PRE_SHARED_KEY), groups = tvt_has(e, TVT_EXT_SUPPORTED_GROUPS);
    if (!psk && !tvt_has(e, TVT_EXT_SIGNATURE_ALGORITHMS))
        missing = "signature_algorithms";
    else if (!groups && (!psk || tvt_has(e, TVT_EXT_KEY_SHARE)))
        missing = "supported_groups";
    else if (groups && !tvt_has(e, TVT_EXT_KEY_SHARE))
        missing = "key_share";
    else if (psk && !tvt_has(e, TVT_EXT_PSK_KEY_EXCHANGE_MODES))
        missing = "psk_key_exchange_modes";
    if (missing != NULL)
        return tvt_fail(hs->error, TVT_E_MISSING_EXTENSION, "ClientHello", missing);

    return groups ? check_share_groups(hs, e) : TVT_OK;
}

enum tvt_result
tvt_select_keep_hello(struct tvt_handshake *hs, const struct tvt_client_hello *m)
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
    else if (tvt_has(&m->ext, TVT_EXT_MAX_FRAGMENT_LENGTH)) /* RFC 8449 5: the other one wins */
        hs->max_fragment = (uint16_t)(256u << m->ext.max_fragment_length);
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

/* What HelloRetryRequest said stands (RFC 9846 4.2.4); the client that answers a cookie must still have it. */
static enum tvt_result
keep_suite(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    if (tvt_list16_has(m->suites, hs->suite->id))
        return TVT_OK;
    return tvt_fail_detail(hs->error, TVT_E_CHANGED_HELLO, "ClientHello", "cipher_suites", "%s is not there any more",
                           hs->suite->name);
}

enum tvt_result
tvt_select_alpn(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    if (hs->config->alpn_len == 0 || !tvt_has(&m->ext, TVT_EXT_ALPN))
        return TVT_OK;
    hs->alpn = tvt_negotiate_alpn(hs->config, m->ext.alpn);
    if (hs->alpn.len == 0 && !hs->config->alpn_lenient)
        return tvt_fail(hs->error, TVT_E_NO_COMMON_ALPN, "ClientHello", "alpn");
    return TVT_OK;
}

enum tvt_result
tvt_select13_answer_share(struct tvt_handshake *hs, struct tvt_span share)
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

/* Tickets that will be sent: for a client that can use them, as many as it wants at most (RFC 9846 4.3.9, RFC 9149 3). */
static void
plan_tickets(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    const struct tvt_config_session *c = &hs->config->session;
    bool dhe = (c->psk_modes & TVT_PSK_DHE_KE) && tvt_list8_has(m->ext.psk_modes, 1);
    bool only = (c->psk_modes & TVT_PSK_KE) && tvt_list8_has(m->ext.psk_modes, 0);
    size_t due = c->num_tickets;
    hs->wants_resumption = (c->ticket_keys != NULL || c->cache != NULL) && hs->config->clock != NULL &&
                           tvt_has(&m->ext, TVT_EXT_PSK_KEY_EXCHANGE_MODES) && (dhe || only);
    if (tvt_has(&m->ext, TVT_EXT_TICKET_REQUEST) && due > 0) {
        due = hs->session != NULL ? m->ext.tickets_resumed : m->ext.tickets_fresh;
        due = due < TVT_LIMIT_TICKETS ? due : TVT_LIMIT_TICKETS;
    } else if (hs->session != NULL && due > 1) {
        due = 1; /* one for the one that was used */
    }
    hs->tickets_due = hs->wants_resumption ? (uint8_t)due : 0;
}

static enum tvt_result
select_group(struct tvt_handshake *hs, const struct tvt_client_hello *m, struct tvt_span *share)
{
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    *share = tvt_span(NULL, 0);
    if (chosen->psk_only)
        return TVT_OK;
    if (!tvt_has(&m->ext, TVT_EXT_KEY_SHARE))
        return tvt_fail(hs->error, TVT_E_MISSING_EXTENSION, "ClientHello", "key_share");
    if (!tvt_negotiate_group(hs->config, m->ext.supported_groups, m->ext.key_shares, &chosen->group, share))
        return tvt_fail(hs->error, TVT_E_NO_COMMON_GROUP, "ClientHello", "supported_groups");
    return TVT_OK;
}

/* A PSK stands for certificates; without one the client must be able to check ours (RFC 9846 9.2). */
static enum tvt_result
select_authentication(struct tvt_handshake *hs, const struct tvt_message *in)
{
    const struct tvt_client_hello *m = &in->u.client_hello;
    enum tvt_result r = tvt_psk13_select(hs, in);
    if (r == TVT_OK && hs->session != NULL) {
        tvt_auth13_select_none(hs, m);
        return tvt_recheck13(hs);
    }
    if (r != TVT_OK)
        return r;
    if (!tvt_has(&m->ext, TVT_EXT_SIGNATURE_ALGORITHMS))
        return tvt_fail(hs->error, TVT_E_MISSING_EXTENSION, "ClientHello", "signature_algorithms");
    if (hs->config->num_credentials == 0)
        return tvt_fail(hs->error, TVT_E_NO_COMMON_PSK, "ClientHello", "pre_shared_key");
    return tvt_auth13_select(hs, m);
}

enum tvt_result
tvt_select13(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_span *share)
{
    const struct tvt_client_hello *m = &in->u.client_hello;
    enum tvt_result r = check_version(hs, m);
    if (r == TVT_OK)
        r = check_extensions(hs, m);
    if (r == TVT_OK)
        r = tvt_select_keep_hello(hs, m);
    if (r == TVT_OK)
        r = tvt_ask13_hello(hs, m);
    if (r == TVT_OK && hs->hello_retry)
        r = keep_suite(hs, m);
    else if (r == TVT_OK && hs->session == NULL)
        r = choose_suite(hs, m);
    if (r == TVT_OK)
        r = tvt_select_alpn(hs, m);
    if (r == TVT_OK)
        r = select_authentication(hs, in);
    if (r == TVT_OK)
        r = select_group(hs, m, share);
    if (r == TVT_OK)
        plan_tickets(hs, m);
    return r;
}

/* Certificates, a PSK, or a PSK with 0-RTT. */
static enum tvt_result
chose(const struct tvt_handshake *hs, unsigned *edge, enum tvt_result r)
{
    *edge = hs->early == TVT_EARLY_ACCEPTED ? 3 : hs->session != NULL ? 2 : 0;
    return r;
}

enum tvt_result
tvt_select13_recv_client_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                               unsigned *edge)
{
    const struct tvt_client_hello *m = &in->u.client_hello;
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    struct tvt_span share;
    (void)out;
    if (hs->config->session.cookie_keys != NULL && tvt_has(&m->ext, TVT_EXT_COOKIE) && tvt_retry13_restore(hs, m))
        return chose(hs, edge, tvt_retry13_take_second(hs, in));
    enum tvt_result r = tvt_select13(hs, in, &share);
    if (r != TVT_OK)
        return r;
    bool cookie_due = hs->config->session.cookie_keys != NULL && hs->config->session.cookie_always;
    if (!cookie_due && (share.len > 0 || chosen->psk_only)) {
        r = tvt_early13_select(hs, m);
        if (r != TVT_OK)
            return r;
        return chose(hs, edge, chosen->psk_only ? TVT_OK : tvt_select13_answer_share(hs, share));
    }
    *edge = 1;
    hs->early = tvt_has(&m->ext, TVT_EXT_EARLY_DATA) ? TVT_EARLY_REJECTED : TVT_EARLY_NONE;
    hs->ignore_early_data = hs->early == TVT_EARLY_REJECTED;
    chosen->retry_group = share.len > 0 || chosen->psk_only ? 0 : chosen->group.id;
    if (!tvt_buffer_append(&hs->scratch->peer.first_hello, in->raw.data, in->raw.len))
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "ClientHello", NULL);
    return TVT_OK;
}
