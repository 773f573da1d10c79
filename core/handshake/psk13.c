/* SPDX-License-Identifier: MIT
 *
 * What both sides make of a pre-shared key: binders and the early secrets (RFC 9846 4.3.11.2, 7.1).
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

const struct tvt_hash *
tvt_psk13_hash(const struct tvt_handshake *hs, const struct tvt_session *session)
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
int
tvt_psk13_binder(struct tvt_handshake *hs, const struct tvt_session *session, struct tvt_span truncated, uint8_t *out)
{
    struct tvt_scratch *s = hs->scratch;
    struct tvt_schedule13 *schedule = &s->schedule;
    uint8_t key[TVT_HASH_MAX], hash[TVT_HASH_MAX];
    s->schedule_psk = session;
    int rc = start_schedule(schedule, tvt_psk13_hash(hs, session), session);
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
