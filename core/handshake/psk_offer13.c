/* SPDX-License-Identifier: MIT
 *
 * Pre-shared keys, the client's side: which sessions fit this connection, and how they are offered (RFC 9846 4.3.11).
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

#include <string.h>

/* A ClientHello longer than servers take is no use: the identities offered are bounded. */
#define IDENTITIES_MAX 12288u /* bytes */

static bool
has_suite_of_hash(const struct tvt_config *c, uint8_t hash)
{
    for (size_t i = 0; i < c->num_suites; i++)
        if (c->suites[i]->version == TVT_VERSION_TLS13 && c->suites[i]->hash == hash)
            return true;
    return false;
}

/* The status of its leaf was not judged, and would be in a handshake of this connection: stapled it is there alone, so that
 * the session has nothing to make up for it. */
static bool
lacks_status(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    struct tvt_certificate leaf;
    struct tvt_reader r;
    if (session->peer_status || hs->config->auth.ocsp == TVT_STAPLE_NONE)
        return false;
    if (hs->config->auth.ocsp == TVT_STAPLE_REQUIRE || session->num_peer_chain == 0 || session->peer_raw_key)
        return hs->config->auth.ocsp == TVT_STAPLE_REQUIRE;
    tvt_reader_init(&r, session->peer_chain);
    struct tvt_span der = tvt_read_vec24(&r, 0, UINT32_MAX, "kept certificate");
    return tvt_certificate_parse(&leaf, der, "session", NULL) != TVT_OK || tvt_certificate13_wants_status(hs, &leaf);
}

/* A session proves what its own handshake proved: no less than this connection asks for (RFC 9846 4.7.1). */
static bool
proves_enough(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    enum tvt_verify v = hs->config->verify;
    if (session->peer_by_key) /* of a key that this connection would take, too */
        return v == TVT_VERIFY_NONE || hs->config->session.num_psk > 0;
    if (lacks_status(hs, session))
        return false;
    if (v == TVT_VERIFY_NONE)
        return true;
    return (session->peer_verified || session->peer_accepted) &&
           (v == TVT_VERIFY_CHAIN_ONLY || strcmp(session->verify_name, tvt_handshake_verify_name(hs)) == 0);
}

bool
tvt_session_fits_client(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    return c->clock != NULL && tvt_session_fresh(session, c->clock(c->clock_user)) &&
           strcmp(session->server_name, hs->server_name) == 0 && proves_enough(hs, session);
}

static bool
fits_client(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    if (session->identity.len == 0 || session->secret_len == 0) /* a server's own, or one that describes a connection */
        return false;
    if (session->version != TVT_VERSION_TLS13 || !tvt_config_speaks(c, TVT_VERSION_TLS13) ||
        !has_suite_of_hash(c, session->hash) || tvt_psk13_hash(hs, session) == NULL)
        return false;
    if (hs->hello_retry && hs->suite->hash != session->hash) /* RFC 9846 4.2.2 */
        return false;
    return session->kind != TVT_SESSION_RESUMPTION || tvt_session_fits_client(hs, session);
}

static bool
fits_early(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    struct tvt_span ours = tvt_span(c->alpn, c->alpn_len), mine;
    if (hs->hello_retry || session->max_early_data == 0 || c->session.max_early_data == 0 ||
        tvt_config_suite(c, session->suite, TVT_VERSION_TLS13) == NULL)
        return false;
    if (session->alpn.len == 0)
        return true;
    while (tvt_list_next_vec8(&ours, &mine))
        if (tvt_span_equal(mine, session->alpn))
            return true;
    return false;
}

static void
start_early(struct tvt_handshake *hs, const struct tvt_session *session)
{
    uint32_t ours = hs->config->session.max_early_data;
    hs->early = TVT_EARLY_OFFERED;
    hs->early_limit = session->max_early_data < ours ? session->max_early_data : ours;
    hs->scratch->early_hash = tvt_psk13_hash(hs, session);
    hs->scratch->early_aead = tvt_provider_aead(hs->provider, tvt_suite_find(session->suite)->aead);
}

void
tvt_psk13_prune(struct tvt_handshake *hs)
{
    struct tvt_offer *o = &hs->scratch->offer;
    const struct tvt_config_session *c = &hs->config->session;
    const struct tvt_session *first = o->num_sessions > 0 ? o->session[0] : NULL;
    size_t kept = 0, identities = 0;

    for (size_t i = 0; !hs->hello_retry && i < c->num_psk && o->num_sessions < TVT_LIMIT_PSKS; i++)
        o->session[o->num_sessions++] = tvt_session_ref(c->psk[i]);
    if (!hs->hello_retry)
        tvt_session12_choose(hs);
    for (size_t i = 0; i < o->num_sessions; i++) {
        struct tvt_session *session = o->session[i];
        if (fits_client(hs, session) && identities + session->identity.len <= IDENTITIES_MAX) {
            identities += session->identity.len;
            o->session[kept++] = session;
        } else {
            tvt_session_unref(session);
        }
    }
    o->num_sessions = kept;
    if (hs->early == TVT_EARLY_OFFERED)
        hs->early = TVT_EARLY_REJECTED; /* by HelloRetryRequest */
    o->early = o->early && kept > 0 && o->session[0] == first && fits_early(hs, o->session[0]) &&
               tvt_recheck13_trusts_early(hs, o->session[0]);
    if (o->early)
        start_early(hs, o->session[0]);
}

static uint32_t
obfuscated_age(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    if (session->kind != TVT_SESSION_RESUMPTION)
        return 0; /* RFC 9846 4.3.11 */
    /* Both times were cut to whole milliseconds: one less is what passed for certain. A server that counts from when it
     * sent the ticket never sees less than is claimed. */
    uint64_t now = c->clock(c->clock_user), passed = now > session->issued_ms ? now - session->issued_ms : 0;
    return (uint32_t)(passed > 0 ? passed - 1 : 0) + session->age_add;
}

enum tvt_result
tvt_psk13_fill(struct tvt_handshake *hs, struct tvt_extensions *e)
{
    static const uint8_t zeros[TVT_HASH_MAX];
    struct tvt_offer *o = &hs->scratch->offer;
    size_t identities = 0, binders = 0;
    for (size_t i = 0; i < o->num_sessions; i++) {
        identities += 2 + o->session[i]->identity.len + 4;
        binders += 1u + tvt_psk13_hash(hs, o->session[i])->out_len;
    }
    tvt_buffer_consume(&o->psk, o->psk.len);
    uint8_t *at = tvt_buffer_reserve(&o->psk, identities + binders);
    if (at == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, "ClientHello", "pre_shared_key");
    struct tvt_writer w;
    tvt_writer_init(&w, at, identities + binders);
    for (size_t i = 0; i < o->num_sessions; i++) {
        tvt_write_u16(&w, (uint16_t)o->session[i]->identity.len);
        tvt_write_span(&w, o->session[i]->identity);
        tvt_write_u32(&w, obfuscated_age(hs, o->session[i]));
    }
    for (size_t i = 0; i < o->num_sessions; i++) {
        uint8_t len = tvt_psk13_hash(hs, o->session[i])->out_len;
        tvt_write_u8(&w, len);
        tvt_write_bytes(&w, zeros, len);
    }
    tvt_buffer_commit(&o->psk, tvt_writer_len(&w));
    e->present |= TVT_EXT_BIT(TVT_EXT_PRE_SHARED_KEY);
    e->psk_identities = tvt_span(at, identities);
    e->psk_binders = tvt_span(at + identities, binders);
    return TVT_OK;
}

enum tvt_result
tvt_psk13_bind(struct tvt_handshake *hs, uint8_t *hello, size_t len)
{
    struct tvt_scratch *s = hs->scratch;
    const struct tvt_offer *o = &s->offer;
    size_t binders = 2;
    for (size_t i = 0; i < o->num_sessions; i++)
        binders += 1u + tvt_psk13_hash(hs, o->session[i])->out_len;
    struct tvt_span truncated = tvt_span(hello, len - binders);
    uint8_t *at = hello + len - binders + 2;
    int rc = TVT_CRYPTO_OK;
    /* The first last: its early secret stays in the schedule, where 0-RTT and the server's likely choice need it. */
    for (size_t i = 1; i < o->num_sessions; i++)
        at += 1u + tvt_psk13_hash(hs, o->session[i - 1])->out_len;
    for (size_t i = o->num_sessions; rc == TVT_CRYPTO_OK && i-- > 0;) {
        rc = tvt_psk13_binder(hs, o->session[i], truncated, at + 1);
        tvt_public(at + 1, tvt_psk13_hash(hs, o->session[i])->out_len);
        if (i > 0)
            at -= 1u + tvt_psk13_hash(hs, o->session[i - 1])->out_len;
    }
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "ClientHello", "pre_shared_key.binders", hs->provider, rc);
    return TVT_OK;
}

enum tvt_result
tvt_psk13_recv_selected(struct tvt_handshake *hs, const struct tvt_server_hello *m)
{
    const struct tvt_offer *o = &hs->scratch->offer;
    bool dhe = tvt_has(&m->ext, TVT_EXT_KEY_SHARE);
    if (m->ext.psk_selected >= o->num_sessions)
        return tvt_fail_values(hs->error, TVT_E_WRONG_PSK, "ServerHello", "selected_identity", o->num_sessions - 1,
                               m->ext.psk_selected);
    struct tvt_session *session = o->session[m->ext.psk_selected];
    if (session->hash != hs->suite->hash)
        return tvt_fail_detail(hs->error, TVT_E_WRONG_PSK, "ServerHello", "cipher_suite",
                               "%s has another hash than the PSK", hs->suite->name);
    if (!dhe && !(hs->config->session.psk_modes & TVT_PSK_KE))
        return tvt_fail(hs->error, TVT_E_MISSING_EXTENSION, "ServerHello", "key_share");
    if (dhe && !(hs->config->session.psk_modes & TVT_PSK_DHE_KE))
        return tvt_fail_detail(hs->error, TVT_E_UNSUPPORTED_EXTENSION, "ServerHello", "key_share",
                               "psk_dhe_ke was not offered");
    hs->session = tvt_session_ref(session);
    hs->scratch->chosen.psk_index = m->ext.psk_selected;
    hs->scratch->chosen.psk_only = !dhe;
    hs->peer_verified = session->peer_verified;
    return TVT_OK;
}
