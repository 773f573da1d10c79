/* SPDX-License-Identifier: MIT
 *
 * Pre-shared keys in the hellos, for both sides: identities, binders, the early secrets (RFC 9846 4.3.11, 7.1).
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

#include <string.h>

/* A ClientHello longer than servers take is no use: the identities offered are bounded. */
#define IDENTITIES_MAX 12288u /* bytes */

static const struct tvt_hash *
hash_of(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    return tvt_provider_hash(hs->provider, session->hash);
}

static const char *
binder_label(const struct tvt_session *session)
{
    switch (session->kind) {
    case TVT_SESSION_RESUMPTION:
        return "res binder";
    case TVT_SESSION_IMPORTED:
        return "imp binder"; /* RFC 9258 5.2 */
    default:
        return "ext binder";
    }
}

/* ---- the schedule's first stage ---- */

static int
start_schedule(struct tvt_schedule13 *schedule, const struct tvt_hash *hash, const struct tvt_session *session)
{
    tvt_schedule13_free(schedule);
    int rc = tvt_schedule13_init(schedule, hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_early(schedule,
                                  session != NULL ? tvt_span(session->secret, session->secret_len) : tvt_span(NULL, 0));
    return rc;
}

int
tvt_psk13_early_secret(struct tvt_handshake *hs)
{
    struct tvt_scratch *s = hs->scratch;
    if (hs->session != NULL && s->schedule_psk == hs->session && s->schedule.stage == TVT_STAGE_EARLY)
        return TVT_CRYPTO_OK; /* the binder needed it */
    s->schedule_psk = hs->session;
    return start_schedule(&s->schedule, hs->hash, hs->session);
}

int
tvt_psk13_derive_early(struct tvt_handshake *hs)
{
    struct tvt_scratch *s = hs->scratch;
    struct tvt_schedule13 *schedule = &s->schedule;
    uint8_t hash[TVT_HASH_MAX];
    struct tvt_span hello =
        tvt_buffer_span(&s->transcript.kept); /* a client's: the hash of the connection is not known */
    int rc = s->transcript.live ? tvt_transcript_hash(&s->transcript, tvt_span(NULL, 0), hash)
                                : tvt_kdf_digest(&schedule->kdf, &hello, 1, hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_derive(schedule, TVT_STAGE_EARLY, "c e traffic", hash, s->early_secret);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_derive(schedule, TVT_STAGE_EARLY, "e exp master", hash, hs->early_exporter_secret);
    if (rc != TVT_CRYPTO_OK)
        return rc;
    tvt_keylog(hs, "CLIENT_EARLY_TRAFFIC_SECRET", s->early_secret, s->early_hash->out_len);
    tvt_keylog(hs, "EARLY_EXPORTER_SECRET", hs->early_exporter_secret, s->early_hash->out_len);
    return TVT_CRYPTO_OK;
}

/* ---- binders, RFC 9846 4.3.11.2 ---- */

/* The binder of `session` over the ClientHello up to its binders, behind what the transcript has (a HelloRetryRequest). */
static int
make_binder(struct tvt_handshake *hs, struct tvt_schedule13 *schedule, const struct tvt_session *session,
            struct tvt_span truncated, uint8_t *out)
{
    struct tvt_scratch *s = hs->scratch;
    uint8_t key[TVT_HASH_MAX], hash[TVT_HASH_MAX];
    int rc = start_schedule(schedule, hash_of(hs, session), session);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_derive(schedule, TVT_STAGE_EARLY, binder_label(session), schedule->empty_hash, key);
    if (rc == TVT_CRYPTO_OK)
        rc = s->transcript.live ? tvt_transcript_hash(&s->transcript, truncated, hash)
                                : tvt_kdf_digest(&schedule->kdf, &truncated, 1, hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_finished(&schedule->kdf, key, hash, out);
    tvt_wipe(key, sizeof key);
    return rc;
}

/* ---- client: what is offered ---- */

static bool
has_suite_of_hash(const struct tvt_config *c, uint8_t hash)
{
    for (size_t i = 0; i < c->num_suites; i++)
        if (c->suites[i]->version == TVT_VERSION_TLS13 && c->suites[i]->hash == hash)
            return true;
    return false;
}

static bool
has_suite(const struct tvt_config *c, uint16_t id)
{
    for (size_t i = 0; i < c->num_suites; i++)
        if (c->suites[i]->id == id)
            return true;
    return false;
}

/* A session proves what its own handshake proved: no less than this connection asks for (RFC 9846 4.7.1). */
static bool
proves_enough(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    enum tvt_verify v = hs->config->verify;
    if (session->kind != TVT_SESSION_RESUMPTION || v == TVT_VERIFY_NONE)
        return true;
    if (session->peer_by_key) /* of a key that this connection would take, too */
        return hs->config->session.num_psk > 0;
    return session->peer_verified &&
           (v == TVT_VERIFY_CHAIN_ONLY || strcmp(session->verify_name, tvt_handshake_verify_name(hs)) == 0);
}

static bool
fits_client(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    if (session->version != TVT_VERSION_TLS13 || !has_suite_of_hash(c, session->hash) || hash_of(hs, session) == NULL)
        return false;
    if (hs->hello_retry && hs->suite->hash != session->hash) /* RFC 9846 4.2.2 */
        return false;
    if (session->kind != TVT_SESSION_RESUMPTION)
        return true;
    return c->clock != NULL && tvt_session_fresh(session, c->clock(c->clock_user)) &&
           strcmp(session->server_name, hs->server_name) == 0 && proves_enough(hs, session);
}

static bool
fits_early(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    struct tvt_span ours = tvt_span(c->alpn, c->alpn_len), mine;
    if (hs->hello_retry || session->max_early_data == 0 || c->session.max_early_data == 0 ||
        !has_suite(c, session->suite))
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
    hs->scratch->early_hash = hash_of(hs, session);
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
    o->early = o->early && kept > 0 && o->session[0] == first && fits_early(hs, o->session[0]);
    if (o->early)
        start_early(hs, o->session[0]);
}

static uint32_t
obfuscated_age(const struct tvt_handshake *hs, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    if (session->kind != TVT_SESSION_RESUMPTION)
        return 0; /* RFC 9846 4.3.11 */
    return (uint32_t)(c->clock(c->clock_user) - session->issued_ms) + session->age_add;
}

enum tvt_result
tvt_psk13_fill(struct tvt_handshake *hs, struct tvt_extensions *e)
{
    static const uint8_t zeros[TVT_HASH_MAX];
    struct tvt_offer *o = &hs->scratch->offer;
    size_t identities = 0, binders = 0;
    for (size_t i = 0; i < o->num_sessions; i++) {
        identities += 2 + o->session[i]->identity.len + 4;
        binders += 1u + hash_of(hs, o->session[i])->out_len;
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
        uint8_t len = hash_of(hs, o->session[i])->out_len;
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
        binders += 1u + hash_of(hs, o->session[i])->out_len;
    struct tvt_span truncated = tvt_span(hello, len - binders);
    uint8_t *at = hello + len - binders + 2;
    int rc = TVT_CRYPTO_OK;
    /* The first last: its early secret stays in the schedule, where 0-RTT and the server's likely choice need it. */
    for (size_t i = 1; i < o->num_sessions; i++)
        at += 1u + hash_of(hs, o->session[i - 1])->out_len;
    for (size_t i = o->num_sessions; rc == TVT_CRYPTO_OK && i-- > 0;) {
        rc = make_binder(hs, &s->schedule, o->session[i], truncated, at + 1);
        s->schedule_psk = o->session[i];
        tvt_public(at + 1, hash_of(hs, o->session[i])->out_len);
        if (i > 0)
            at -= 1u + hash_of(hs, o->session[i - 1])->out_len;
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

/* ---- server: what is taken ---- */

/* The session of a ticket of ours; PENDING. */
static enum tvt_result
look_up_ticket(struct tvt_handshake *hs, struct tvt_span ticket, struct tvt_session **out)
{
    const struct tvt_config *c = hs->config;
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    uint8_t state[TVT_LIMIT_TICKET_STATE];
    size_t len;
    if (c->clock == NULL)
        return TVT_FAIL;
    if (c->session.cache != NULL && ticket.len == TVT_SESSION_ID_LEN) {
        if (chosen->taken != NULL && memcmp(chosen->taken_id, ticket.data, ticket.len) == 0) {
            *out = tvt_session_ref(chosen->taken); /* of the first ClientHello, before a HelloRetryRequest */
            return TVT_OK;
        }
        enum tvt_result r = c->session.cache->take(c->session.cache->user, ticket.data, out);
        if (r == TVT_OK && chosen->taken == NULL) {
            tvt_copy(chosen->taken_id, ticket.data, ticket.len);
            chosen->taken = tvt_session_ref(*out);
        }
        return r;
    }
    if (c->session.ticket_keys == NULL || ticket.len > sizeof state + TVT_SEALED_OVERHEAD)
        return TVT_FAIL;
    uint8_t opened[sizeof state + TVT_SEALED_OVERHEAD];
    if (!tvt_ticket_keys_open(c->session.ticket_keys, TVT_SEALED_TICKET, opened, sizeof opened, &len, ticket,
                              c->clock(c->clock_user)))
        return TVT_FAIL;
    struct tvt_error ignored; /* a ticket of another version of Trivet, perhaps */
    tvt_error_clear(&ignored);
    enum tvt_result r = tvt_session_decode(out, tvt_span(opened, len), &ignored);
    tvt_wipe(opened, sizeof opened);
    return r;
}

static enum tvt_result
look_up(struct tvt_handshake *hs, struct tvt_span identity, struct tvt_session **out)
{
    const struct tvt_config_session *c = &hs->config->session;
    for (size_t i = 0; i < c->num_psk; i++) {
        if (tvt_span_equal(c->psk[i]->identity, identity)) {
            *out = tvt_session_ref(c->psk[i]);
            return TVT_OK;
        }
    }
    enum tvt_result r = TVT_FAIL;
    if (c->psk_lookup != NULL)
        r = c->psk_lookup(c->psk_lookup_user, identity, out);
    return r == TVT_FAIL ? look_up_ticket(hs, identity, out) : r;
}

/* The suite for a PSK: its own where the client has it, else another of the same hash. */
static const struct tvt_suite *
suite_for(const struct tvt_config *c, struct tvt_span list, const struct tvt_session *session)
{
    const struct tvt_suite *fit = NULL;
    for (size_t i = 0; i < c->num_suites; i++) {
        const struct tvt_suite *suite = c->suites[i];
        if (suite->version != TVT_VERSION_TLS13 || suite->hash != session->hash || !tvt_list16_has(list, suite->id))
            continue;
        if (suite->id == session->suite)
            return suite;
        if (fit == NULL)
            fit = suite;
    }
    return fit;
}

static bool
fits_server(const struct tvt_handshake *hs, const struct tvt_client_hello *m, const struct tvt_session *session)
{
    const struct tvt_config *c = hs->config;
    const struct tvt_suite *suite = suite_for(c, m->suites, session);
    if (session->version != TVT_VERSION_TLS13 || suite == NULL || hash_of(hs, session) == NULL)
        return false;
    if (hs->hello_retry && suite != hs->suite && hs->suite->hash != session->hash)
        return false;
    if (session->kind != TVT_SESSION_RESUMPTION)
        return true;
    if (c->verify == TVT_VERIFY_REQUIRE && !session->peer_verified && !session->peer_by_key)
        return false;
    return c->clock != NULL && tvt_session_fresh(session, c->clock(c->clock_user)) &&
           strcmp(session->server_name, hs->server_name) == 0;
}

static enum tvt_result
check_binder(struct tvt_handshake *hs, const struct tvt_message *in, const struct tvt_session *session, size_t index)
{
    struct tvt_scratch *s = hs->scratch;
    const struct tvt_extensions *e = &in->u.client_hello.ext;
    struct tvt_span rest = e->psk_binders, binder = {NULL, 0};
    uint8_t expected[TVT_HASH_MAX];
    for (size_t i = 0; i <= index; i++)
        (void)tvt_list_next_vec8(&rest, &binder);
    int rc = make_binder(hs, &s->schedule, session, tvt_span(in->raw.data, e->psk_binders_offset), expected);
    s->schedule_psk = session;
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, "ClientHello", "pre_shared_key.binders", hs->provider, rc);
    size_t len = hash_of(hs, session)->out_len;
    bool good = binder.len == len && tvt_equal_secret(expected, binder.data, len);
    tvt_wipe(expected, sizeof expected);
    return good ? TVT_OK : tvt_fail(hs->error, TVT_E_BAD_BINDER, "ClientHello", "pre_shared_key.binders");
}

static enum tvt_result
take(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_session *session, size_t index)
{
    const struct tvt_suite *suite = suite_for(hs->config, in->u.client_hello.suites, session);
    tvt_session_unref(hs->session);
    hs->session = session;
    hs->scratch->chosen.psk_index = (uint16_t)index;
    hs->peer_verified = session->peer_verified;
    if (!hs->hello_retry)
        hs->suite = suite; /* a HelloRetryRequest named one that has the same hash */
    hs->hash = tvt_provider_hash(hs->provider, hs->suite->hash);
    hs->aead = tvt_provider_aead(hs->provider, hs->suite->aead);
    return check_binder(hs, in, session, index);
}

static bool
choose_mode(struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    unsigned ours = hs->config->session.psk_modes;
    bool dhe = (ours & TVT_PSK_DHE_KE) && tvt_list8_has(e->psk_modes, 1);
    bool only = (ours & TVT_PSK_KE) && tvt_list8_has(e->psk_modes, 0);
    hs->scratch->chosen.psk_only = only && (!dhe || !tvt_has(e, TVT_EXT_KEY_SHARE));
    return dhe || only;
}

enum tvt_result
tvt_psk13_select(struct tvt_handshake *hs, const struct tvt_message *in)
{
    const struct tvt_client_hello *m = &in->u.client_hello;
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    struct tvt_span rest = m->ext.psk_identities, identity;
    if (chosen->psk_looked_up)
        return TVT_OK;
    if (tvt_has(&m->ext, TVT_EXT_PRE_SHARED_KEY) && choose_mode(hs, &m->ext)) {
        for (size_t i = 0; i < TVT_LIMIT_PSKS && tvt_list_next_vec16(&rest, &identity); i++) {
            struct tvt_session *session = NULL;
            uint32_t age = (uint32_t)tvt_load_u16(rest.data) << 16 | tvt_load_u16(rest.data + 2);
            rest = tvt_span(rest.data + 4, rest.len - 4);
            if (i < chosen->psk_next)
                continue;
            enum tvt_result r = look_up(hs, identity, &session);
            if (r == TVT_PENDING)
                return r;
            chosen->psk_next = (uint16_t)(i + 1);
            if (r != TVT_OK)
                continue;
            if (fits_server(hs, m, session)) {
                chosen->psk_looked_up = true;
                r = take(hs, in, session, i);
                if (r == TVT_OK && hs->config->clock != NULL)
                    tvt_early13_measure_age(hs, age, hs->config->clock(hs->config->clock_user));
                return r;
            }
            tvt_session_unref(session);
        }
    }
    chosen->psk_only = false;
    chosen->psk_looked_up = true;
    return TVT_OK;
}
