/* SPDX-License-Identifier: MIT
 *
 * What a client says before its handshake: names, sessions to resume, 0-RTT; and what must be there before it begins.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"

#include <string.h>

static bool
has_begun(const struct tvt_connection *c)
{
    return c->hs.role != TVT_CLIENT || c->hs.state != c->hs.machine->start || c->hs.scratch == NULL;
}

/* ---- names ---- */

static enum tvt_result
bad_name(struct tvt_connection *c, const char *name)
{
    char text[TVT_ERROR_DETAIL_MAX / 2];
    tvt_error_clear(&c->call_error);
    return tvt_fail_detail(&c->call_error, TVT_E_BAD_ARGUMENT, NULL, "server name",
                           "'%s' is neither a host name nor an IP address",
                           tvt_printable(text, sizeof text, tvt_span_string(name)));
}

/* The name to compare with needs memory of its own only where it is not the server_name. */
static enum tvt_result
keep_verify_name(struct tvt_connection *c, const char *sent, const char *verify)
{
    const struct tvt_allocator *a = &c->hs.config->allocator;
    char *copy = NULL;
    if (verify != NULL && strcmp(verify, sent) != 0) {
        size_t size = strlen(verify) + 1;
        copy = tvt_alloc(a, size);
        if (copy == NULL) {
            tvt_error_clear(&c->call_error);
            return tvt_fail(&c->call_error, TVT_E_NO_MEMORY, NULL, "server name");
        }
        tvt_copy(copy, verify, size);
    }
    if (c->hs.verify_name != NULL)
        tvt_release(a, c->hs.verify_name, strlen(c->hs.verify_name) + 1);
    c->hs.verify_name = copy;
    c->hs.no_verify_name = verify == NULL;
    return TVT_OK;
}

enum tvt_result
tvt_connection_set_names(struct tvt_connection *c, const char *sni, const char *verify)
{
    struct tvt_host host, checked;
    char sent[TVT_LIMIT_NAME + 1] = "";
    if (has_begun(c))
        return tvt_connection_wrong_call(c, "tvt_connection_set_names",
                                         "a client sets names before its handshake begins");
    if (sni != NULL && (strlen(sni) > TVT_LIMIT_NAME || !tvt_host_parse(&host, sni)))
        return bad_name(c, sni);
    if (verify != NULL && (strlen(verify) > TVT_LIMIT_NAME || !tvt_host_parse(&checked, verify)))
        return bad_name(c, verify);
    if (sni != NULL && !host.is_ip) { /* RFC 6066 3: no addresses, no trailing dot */
        tvt_copy(sent, host.dns.data, host.dns.len);
        sent[host.dns.len] = '\0';
    }
    enum tvt_result r = keep_verify_name(c, sent, verify);
    if (r == TVT_OK)
        memcpy(c->hs.server_name, sent, sizeof sent);
    return r;
}

enum tvt_result
tvt_connection_set_name(struct tvt_connection *c, const char *name)
{
    return tvt_connection_set_names(c, name, name);
}

/* ---- sessions ---- */

enum tvt_result
tvt_connection_add_session(struct tvt_connection *c, struct tvt_session *session)
{
    if (has_begun(c))
        return tvt_connection_wrong_call(c, __func__, "a client adds sessions before its handshake begins");
    if (session == NULL)
        return tvt_connection_wrong_call(c, __func__, "the session is NULL");
    struct tvt_offer *offer = &c->hs.scratch->offer;
    if (offer->num_sessions == TVT_LIMIT_PSKS)
        return tvt_connection_wrong_call(c, __func__, "TVT_LIMIT_PSKS sessions were added already");
    offer->session[offer->num_sessions++] = tvt_session_ref(session);
    return TVT_OK;
}

enum tvt_result
tvt_connection_offer_early(struct tvt_connection *c)
{
    if (has_begun(c))
        return tvt_connection_wrong_call(c, __func__, "a client offers 0-RTT before its handshake begins");
    if (c->hs.scratch->offer.num_sessions == 0)
        return tvt_connection_wrong_call(c, __func__, "0-RTT needs a session: call tvt_connection_add_session() first");
    c->hs.scratch->offer.early = true;
    return TVT_OK;
}

/* ---- ready? ---- */

/* A key that both ends were given stands for certificates: only who has it comes through. A ticket does not, for the
 * server may not take it. */
static bool
has_external_psk(const struct tvt_connection *c)
{
    const struct tvt_config_session *s = &c->hs.config->session;
    if (s->num_psk > 0 || (c->hs.role == TVT_SERVER && s->psk_lookup != NULL))
        return true;
    const struct tvt_offer *offer = &c->hs.scratch->offer;
    for (size_t i = 0; i < offer->num_sessions; i++)
        if (offer->session[i]->kind != TVT_SESSION_RESUMPTION)
            return true;
    return false;
}

static bool
verifies(const struct tvt_connection *c)
{
    enum tvt_verify v = c->hs.config->verify;
    return c->hs.role == TVT_CLIENT ? v != TVT_VERIFY_NONE : v == TVT_VERIFY_REQUEST || v == TVT_VERIFY_REQUIRE;
}

/* Raw keys alone (RFC 7250) are compared with those that were configured: there is no chain and no name. */
static bool
takes_raw_keys_alone(const struct tvt_connection *c)
{
    const struct tvt_config_auth *a = &c->hs.config->auth;
    const uint8_t *types = c->hs.role == TVT_CLIENT ? a->server_types : a->client_types;
    size_t num = c->hs.role == TVT_CLIENT ? a->num_server_types : a->num_client_types;
    return num == 1 && types[0] == TVT_CERTIFICATE_RAW_KEY;
}

static enum tvt_result
check_peer_checks(struct tvt_connection *c)
{
    const struct tvt_config *config = c->hs.config;
    if (!verifies(c) || takes_raw_keys_alone(c) || (c->hs.role == TVT_CLIENT && has_external_psk(c)))
        return TVT_OK;
    if (config->trust == NULL)
        return tvt_fail(&c->error, TVT_E_NO_TRUST, NULL, NULL);
    if (config->clock == NULL)
        return tvt_fail_detail(&c->error, TVT_E_WRONG_CALL, NULL, "clock", "call tvt_config_set_clock()");
    if (c->hs.role == TVT_CLIENT && config->verify != TVT_VERIFY_CHAIN_ONLY &&
        tvt_handshake_verify_name(&c->hs)[0] == '\0')
        return tvt_fail(&c->error, TVT_E_NO_NAME, NULL, NULL);
    return TVT_OK;
}

/* A client has none to offer where its list is for other clients' keys alone (RFC 9963 3). */
static bool
has_scheme(const struct tvt_connection *c)
{
    const struct tvt_config *config = c->hs.config;
    bool some = false;
    for (size_t i = 0; i < config->num_schemes; i++)
        some |= c->hs.role == TVT_SERVER || !tvt_scheme_is_legacy(config->schemes[i]);
    return some;
}

/* A client that could not check what it gets does not begin (design: safe unless asked otherwise by name). */
enum tvt_result
tvt_connection_check_ready(struct tvt_connection *c)
{
    const struct tvt_config *config = c->hs.config;
    if (c->checked)
        return TVT_OK;
    if (check_peer_checks(c) != TVT_OK)
        return TVT_FAIL;
    if (c->hs.role == TVT_SERVER && config->num_credentials == 0 && !has_external_psk(c))
        return tvt_fail(&c->error, TVT_E_NO_CREDENTIAL, NULL, NULL);
    if (c->hs.role == TVT_SERVER && config->session.max_early_data > 0 && config->session.replay == NULL)
        return tvt_fail_detail(&c->error, TVT_E_WRONG_CALL, NULL, "early data",
                               "0-RTT needs a memory of what came: call tvt_config_set_replay() too");
    bool has_version = tvt_config_has_newer(config, (uint16_t)(config->min_version - 1u));
    if (!has_version)
        return tvt_fail_detail(&c->error, TVT_E_NO_VERSION, NULL, "suites",
                               "no cipher suite of a version that is allowed is enabled: the versions and the suites "
                               "that were set do not go together");
    if (config->num_groups == 0 || !has_scheme(c))
        return tvt_fail_detail(&c->error, TVT_E_NOT_OFFERED, NULL, "provider",
                               "a group and a signature algorithm are needed");
    c->checked = true;
    return TVT_OK;
}
