/* SPDX-License-Identifier: MIT
 *
 * The life of a session: made in one block, shared by counting, wiped at its end; and what it tells about itself.
 */
#include "core/session/session.h"

#include <string.h>

#define CLOCK_SKEW_MS UINT64_C(60000) /* a session from the future by more than this is not believed */

/* The parts of a session that lie behind it in its block. */
enum { NUM_PARTS = 5 };

static void
list_parts(struct tvt_session *session, struct tvt_span *parts[NUM_PARTS])
{
    parts[0] = &session->identity;
    parts[1] = &session->alpn;
    parts[2] = &session->peer_chain;
    parts[3] = &session->ocsp_response;
    parts[4] = &session->sct_list;
}

/* `fields` may be a session that others count at this moment. */
void
tvt_session_copy_fields(struct tvt_session *to, const struct tvt_session *fields)
{
    const size_t from = offsetof(struct tvt_session, kind);

    memcpy((uint8_t *)to + from, (const uint8_t *)fields + from, sizeof *to - from);
}

enum tvt_result
tvt_session_make(struct tvt_session **out, const struct tvt_session *fields, struct tvt_error *error)
{
    struct tvt_span *parts[NUM_PARTS];
    size_t size = sizeof(struct tvt_session);

    *out = NULL;
    if (fields->secret_len > sizeof fields->secret)
        return tvt_fail_values(error, TVT_E_INTERNAL, "session", "secret", sizeof fields->secret, fields->secret_len);
    if (memchr(fields->server_name, '\0', sizeof fields->server_name) == NULL ||
        memchr(fields->verify_name, '\0', sizeof fields->verify_name) == NULL)
        return tvt_fail(error, TVT_E_INTERNAL, "session", "server_name");
    size += fields->identity.len + fields->alpn.len + fields->peer_chain.len + fields->ocsp_response.len +
            fields->sct_list.len;
    struct tvt_session *session = tvt_alloc(NULL, size);
    if (session == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "session", NULL);
    tvt_session_copy_fields(session, fields);
    atomic_init(&session->refs, 1);
    session->block_size = size;
    uint8_t *at = (uint8_t *)(session + 1);
    list_parts(session, parts);
    for (size_t i = 0; i < NUM_PARTS; i++) {
        tvt_copy(at, parts[i]->data, parts[i]->len);
        parts[i]->data = at;
        at += parts[i]->len;
    }
    *out = session;
    return TVT_OK;
}

struct tvt_session *
tvt_session_ref(struct tvt_session *session)
{
    if (session != NULL)
        (void)atomic_fetch_add_explicit(&session->refs, 1, memory_order_relaxed);
    return session;
}

void
tvt_session_unref(struct tvt_session *session)
{
    if (session != NULL && atomic_fetch_sub_explicit(&session->refs, 1, memory_order_acq_rel) == 1)
        tvt_release_wiped(NULL, session, session->block_size);
}

void
tvt_session_info(const struct tvt_session *session, struct tvt_session_info *info)
{
    const struct tvt_session_info told = {
        .kind = (enum tvt_session_kind)session->kind,
        .version = session->version,
        .suite = session->suite,
        .hash = (enum tvt_hash_id)session->hash,
        .identity = session->identity,
        .issued_ms = session->issued_ms,
        .lifetime_s = session->lifetime_s,
        .max_early_data = session->max_early_data,
        .server_name = session->server_name,
        .alpn = session->alpn,
        .peer_verified = session->peer_verified,
        .num_peer_certificates = session->peer_raw_key ? 0 : session->num_peer_chain,
    };

    *info = told;
}

bool
tvt_session_fresh(const struct tvt_session *session, uint64_t now_ms)
{
    if (session->issued_ms > now_ms)
        return session->issued_ms - now_ms <= CLOCK_SKEW_MS;
    if (session->lifetime_s == 0) /* of a ticket: "should be discarded immediately", RFC 9846 4.7.1 */
        return session->kind != TVT_SESSION_RESUMPTION;
    return now_ms - session->issued_ms <= UINT64_C(1000) * session->lifetime_s;
}
