/* SPDX-License-Identifier: MIT
 *
 * Sessions, tickets, pre-shared keys and 0-RTT as the flags ask for them, and what came of them.
 */
#include "tests/bogo/shim.h"

#include "core/base/registry.h"
#include "core/session/session.h"

#include <stdlib.h>
#include <string.h>

#define EARLY_DATA_MAX 14336u /* bytes; the runner sends more to see where the limit is */
#define FRESH_MS       60000u /* how far the runner lets a ticket's age be off          */
#define REPLAYS        64u
#define SESSIONS       16u

/* The server's cache is for TLS 1.2: what TLS 1.3 would put there has its ticket, or there shall be none. */
static enum tvt_result
put_session(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires_ms)
{
    struct shim_shared *shared = user;
    const struct tvt_session_cache *inner = tvt_memory_cache_port(shared->sessions);
    struct tvt_session_info info;
    tvt_session_info(session, &info);
    if (info.version != TVT_VERSION_TLS12)
        return TVT_FAIL;
    shared->num_put++;
    return inner->put(inner->user, id, session, expires_ms);
}

static enum tvt_result
take_session(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    struct shim_shared *shared = user;
    const struct tvt_session_cache *inner = tvt_memory_cache_port(shared->sessions);
    return inner->take(inner->user, id, out);
}

static enum tvt_result
get_session(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    struct shim_shared *shared = user;
    const struct tvt_session_cache *inner = tvt_memory_cache_port(shared->sessions);
    return inner->get(inner->user, id, out);
}

int
shim_shared_open(struct shim_shared *shared, const char *backend)
{
    struct tvt_provider *provider = NULL;
    struct tvt_error error;
    memset(shared, 0, sizeof *shared);
    tvt_error_clear(&error);
    enum tvt_result r = tvt_provider_open(&provider, backend, &error);
    shared->provider = provider;
    if (r == TVT_OK)
        r = tvt_ticket_keys_new(&shared->tickets, provider, 0, NULL, &error);
    if (r == TVT_OK) /* born so early that it knows all there is to know */
        r = tvt_replay_memory_new(&shared->replay, REPLAYS, shim_clock(NULL) - 4 * FRESH_MS, FRESH_MS, NULL, &error);
    if (r == TVT_OK)
        r = tvt_memory_cache_new(&shared->sessions, SESSIONS, NULL, &error);
    shared->port = (struct tvt_session_cache){shared, put_session, take_session, get_session};
    if (r == TVT_OK)
        return -1;
    (void)shim_report(&error);
    return SHIM_WRONG;
}

void
shim_shared_close(struct shim_shared *shared)
{
    tvt_session_unref(shared->session);
    tvt_ticket_keys_unref(shared->tickets);
    tvt_replay_memory_free(shared->replay);
    tvt_memory_cache_free(shared->sessions);
    tvt_provider_free((struct tvt_provider *)(uintptr_t)shared->provider);
}

static void
keep_session(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    struct shim_run *run = user;
    (void)connection;
    tvt_session_unref(run->shared->session);
    run->shared->session = tvt_session_ref(session);
    run->got_session = true;
}

/* The ticket callback of the tests: one key of zeros, or none. */
static enum tvt_result
zero_key(void *user, const uint8_t *name, uint8_t out[TVT_TICKET_KEY_LEN])
{
    static const uint8_t zeros[16];
    const struct shim_run *run = user;
    if (name == NULL ? run->o->skip_ticket : memcmp(name, zeros, sizeof zeros) != 0)
        return TVT_FAIL;
    memset(out, 0, TVT_TICKET_KEY_LEN);
    return TVT_OK;
}

static enum tvt_result
set_server(struct shim_run *run, struct tvt_error *e)
{
    const struct shim_options *o = run->o;
    enum tvt_result r = TVT_OK;
    if (o->use_ticket_callback)
        tvt_ticket_keys_set_callback(run->shared->tickets, zero_key, run);
    if (!o->no_ticket)
        r = tvt_config_set_ticket_keys(run->config, run->shared->tickets, e);
    if (r == TVT_OK)
        r = tvt_config_set_session_cache(run->config, &run->shared->port, e);
    if (r == TVT_OK && o->enable_early_data)
        r = tvt_config_set_replay(run->config, tvt_replay_memory_port(run->shared->replay), FRESH_MS, e);
    if (r == TVT_OK && o->enable_early_data)
        r = tvt_config_set_early_data(run->config, EARLY_DATA_MAX, e);
    return r;
}

static enum tvt_result
set_client(struct shim_run *run, struct tvt_error *e)
{
    enum tvt_result r = TVT_OK;
    if (!run->o->no_ticket)
        r = tvt_config_set_new_session(run->config, keep_session, run, e);
    if (r == TVT_OK && run->o->enable_early_data)
        r = tvt_config_set_early_data(run->config, UINT32_MAX, e);
    return r;
}

/* One external key serves connections of either hash (RFC 9258 5.1). */
static enum tvt_result
add_psk(struct shim_run *run, const struct shim_credential *c, struct tvt_error *e)
{
    static const enum tvt_hash_id targets[] = {TVT_HASH_SHA256, TVT_HASH_SHA384};
    enum tvt_result r = TVT_OK;
    for (size_t i = 0; i < 2 && r == TVT_OK; i++) {
        struct tvt_session *psk = NULL;
        r = tvt_session_new_imported(&psk, run->provider, c->psk_identity, c->psk_key, (enum tvt_hash_id)c->psk_hash,
                                     c->psk_context, targets[i], e);
        if (r == TVT_OK)
            r = tvt_config_add_psk(run->config, psk, e);
        tvt_session_unref(psk);
    }
    return r;
}

/* The runner's key has five bytes. tvt_session_new_external() refuses one so short (RFC 9257 6). */
static enum tvt_result
add_short_psk(struct shim_run *run, struct tvt_error *e)
{
    const struct shim_options *o = run->o;
    const char *identity = o->psk_identity != NULL ? o->psk_identity : "";
    struct tvt_session fields = {.kind = TVT_SESSION_EXTERNAL,
                                 .hash = TVT_HASH_SHA256,
                                 .secret_len = strlen(o->psk),
                                 .identity = {(const uint8_t *)identity, strlen(identity)}};
    struct tvt_session *psk = NULL;
    if (fields.secret_len > sizeof fields.secret)
        return tvt_fail(e, TVT_E_BAD_ARGUMENT, NULL, "psk");
    memcpy(fields.secret, o->psk, fields.secret_len);
    enum tvt_result r = tvt_session_make(&psk, &fields, e);
    if (r == TVT_OK)
        r = tvt_config_add_psk(run->config, psk, e);
    tvt_session_unref(psk);
    return r;
}

int
shim_set_sessions(struct shim_run *run)
{
    const struct shim_options *o = run->o;
    struct tvt_error error;
    tvt_error_clear(&error);
    enum tvt_result r = o->server ? set_server(run, &error) : set_client(run, &error);
    if (r == TVT_OK && o->psk != NULL)
        r = add_short_psk(run, &error);
    for (size_t i = 1; i < o->num_credentials && r == TVT_OK; i++)
        if (o->credential[i].kind == SHIM_PSK)
            r = add_psk(run, &o->credential[i], &error);
    return r == TVT_OK ? -1 : shim_report_setup(&error);
}

int
shim_offer_session(struct shim_run *run)
{
    struct tvt_session_info info;
    if (run->o->server || !run->resumption || run->o->no_ticket)
        return -1;
    if (run->shared->session == NULL)
        return shim_say(SHIM_WRONG, "there is no session to offer");
    run->offered = run->shared->session; /* offered once, but for one of TLS 1.2 */
    tvt_session_info(run->offered, &info);
    run->shared->session = info.version == TVT_VERSION_TLS12 ? tvt_session_ref(run->offered) : NULL;
    if (tvt_connection_add_session(run->connection, run->offered) != TVT_OK)
        return shim_report(tvt_connection_error(run->connection));
    if (run->o->enable_early_data && info.max_early_data > 0 && tvt_connection_offer_early(run->connection) != TVT_OK)
        return shim_report(tvt_connection_error(run->connection));
    return -1;
}

const struct shim_options *
shim_flags_now(const struct shim_run *run)
{
    struct tvt_info info;
    tvt_connection_info(run->connection, &info);
    bool rejected = !run->o->server && run->o->expect_reject_early_data && info.early == TVT_EARLY_REJECTED;
    return rejected && !run->retried ? run->retry : run->o;
}

int
shim_check_session(const struct shim_run *run, const struct tvt_info *info)
{
    const struct shim_options *o = run->o;
    bool resumed = info->resumed && !info->psk_external, wanted = run->resumption && !o->expect_session_miss;
    if (resumed != wanted)
        return shim_say(SHIM_WRONG, "the session was %sresumed", resumed ? "" : "not ");
    if (run->resumption && o->expect_ticket_age_skew != 0 &&
        info->ticket_age_skew_ms / 1000 != o->expect_ticket_age_skew)
        return shim_say(SHIM_WRONG, "the age of the ticket is %lld ms off", (long long)info->ticket_age_skew_ms);
    bool accepted = info->early == TVT_EARLY_ACCEPTED;
    if ((o->expect_accept_early_data && !accepted) || (o->expect_reject_early_data && accepted))
        return shim_say(SHIM_WRONG, "early data was %saccepted", accepted ? "" : "not ");
    if (!o->server && run->resumption && !run->retried && o->expect_no_offer_early_data &&
        info->early != TVT_EARLY_NONE)
        return shim_say(SHIM_WRONG, "early data was offered");
    /* the reasons have words of BoringSSL's own: "accept" is the one that has a counterpart */
    if (o->expect_early_data_reason != NULL && (strcmp(o->expect_early_data_reason, "accept") == 0) != accepted)
        return shim_say(SHIM_WRONG, "early data was %saccepted in place of \"%s\"", accepted ? "" : "not ",
                        o->expect_early_data_reason);
    return -1;
}

/* TLS 1.2: a session comes within the handshake, and within one that goes back to another only as a new ticket. */
static int
check_session12(const struct shim_run *run, const struct tvt_info *info)
{
    const struct shim_options *o = run->o;
    bool expected = !o->expect_no_session && (!info->resumed || o->expect_ticket_renewal || info->psk_external);
    bool put = run->shared->num_put > run->num_put;
    if (!o->server && run->got_session != expected)
        return shim_say(SHIM_WRONG, "a session came%s", run->got_session ? "" : " not");
    if (o->server && !run->resumption && ((o->expect_session_id && !put) || (o->expect_no_session_id && put)))
        return shim_say(SHIM_WRONG, "the session has %s id", put ? "an" : "no");
    return -1;
}

int
shim_check_new_session(const struct shim_run *run)
{
    const struct shim_options *o = run->o;
    struct tvt_session_info info;
    struct tvt_info connection;
    tvt_connection_info(run->connection, &connection);
    if (connection.version == TVT_VERSION_TLS12)
        return check_session12(run, &connection);
    if (o->server)
        return -1;
    if (run->got_session != (!o->expect_no_session && !o->shim_shuts_down))
        return shim_say(SHIM_WRONG, "a ticket came%s", run->got_session ? "" : " not");
    if (!run->got_session)
        return -1;
    tvt_session_info(run->shared->session, &info);
    if (o->expect_ticket_supports_early_data != (info.max_early_data > 0))
        return shim_say(SHIM_WRONG, "the ticket allows %u bytes of early data", info.max_early_data);
    return -1;
}
