/* SPDX-License-Identifier: MIT
 *
 * Life of a connection, what the program may set and ask, and the calls that are neither input nor output.
 */
#include "core/connection/connection.h"
#include "core/base/memory.h"

#include <string.h>

/* ---- life ---- */

static size_t
aead_room(const struct tvt_provider *provider)
{
    size_t most = 0;
    for (const struct tvt_aead *const *a = provider->aeads; *a != NULL; a++)
        if ((*a)->ctx_size > most)
            most = (*a)->ctx_size;
    return (most + TVT_ALIGN - 1) / TVT_ALIGN * TVT_ALIGN;
}

/* Alignment of the contexts is made by hand: the block comes from malloc, or from the caller. */
static uint8_t *
contexts_of(struct tvt_connection *c)
{
    uintptr_t p = (uintptr_t)c->contexts;
    return c->contexts + ((TVT_ALIGN - p % TVT_ALIGN) % TVT_ALIGN);
}

size_t
tvt_connection_size(const struct tvt_config *config)
{
    return sizeof(struct tvt_connection) + TVT_ALIGN + 2 * aead_room(config->provider);
}

enum tvt_result
tvt_connection_init(struct tvt_connection **out, void *memory, size_t size, struct tvt_config *config,
                    enum tvt_role role, struct tvt_error *error)
{
    if (out == NULL || memory == NULL || config == NULL)
        return tvt_fail(error, TVT_E_BAD_ARGUMENT, NULL, "connection");
    if (size < tvt_connection_size(config))
        return tvt_fail_values(error, TVT_E_NO_ROOM, NULL, "connection", tvt_connection_size(config), size);
    if ((uintptr_t)memory % _Alignof(struct tvt_connection) != 0)
        return tvt_fail_detail(error, TVT_E_BAD_ARGUMENT, NULL, "connection", "the memory is not aligned");
    struct tvt_connection *c = memory;
    size_t room = aead_room(config->provider);
    memset(c, 0, sizeof *c);
    tvt_error_clear(&c->error);
    tvt_error_clear(&c->call_error);
    enum tvt_result r = tvt_handshake_init(&c->hs, config, role, &c->error);
    if (r != TVT_OK) {
        if (error != NULL)
            *error = c->error;
        return r;
    }
    c->size = size;
    tvt_protection_init(&c->read, TVT_OPEN, contexts_of(c), room);
    tvt_protection_init(&c->write, TVT_SEAL, contexts_of(c) + room, room);
    size_t limit =
        config->max_certificate > TVT_LIMIT_HANDSHAKE_MESSAGE ? config->max_certificate : TVT_LIMIT_HANDSHAKE_MESSAGE;
    tvt_buffer_init(&c->incoming, &config->allocator, limit + TVT_HANDSHAKE_HEADER + TVT_RECORD_PLAINTEXT_MAX);
    *out = c;
    return TVT_OK;
}

enum tvt_result
tvt_connection_new(struct tvt_connection **out, struct tvt_config *config, enum tvt_role role, struct tvt_error *error)
{
    if (out == NULL || config == NULL)
        return tvt_fail(error, TVT_E_BAD_ARGUMENT, NULL, "connection");
    size_t size = tvt_connection_size(config);
    void *memory = tvt_alloc(&config->allocator, size);
    if (memory == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, NULL, "connection");
    enum tvt_result r = tvt_connection_init(out, memory, size, config, role, error);
    if (r != TVT_OK) {
        tvt_release(&config->allocator, memory, size);
        return r;
    }
    (*out)->owns_memory = true;
    return TVT_OK;
}

void
tvt_connection_free(struct tvt_connection *c)
{
    if (c == NULL)
        return;
    struct tvt_config *config = c->hs.config;
    tvt_config_ref(config); /* its allocator is needed to the end */
    tvt_protection_free(&c->read);
    tvt_protection_free(&c->write);
    tvt_buffer_release(&c->incoming);
    tvt_handshake_free(&c->hs);
    bool owned = c->owns_memory;
    size_t size = c->size;
    tvt_wipe(c, size);
    if (owned)
        tvt_release(&config->allocator, c, size);
    tvt_config_free(config);
}

/* ---- names ---- */

enum tvt_result
tvt_connection_wrong_call(struct tvt_connection *c, const char *call, const char *why)
{
    tvt_error_clear(&c->call_error);
    return tvt_fail_detail(&c->call_error, TVT_E_WRONG_CALL, NULL, call, "%s", why);
}

static enum tvt_result
bad_name(struct tvt_connection *c, const char *name)
{
    char text[TVT_ERROR_DETAIL_MAX / 2];
    tvt_error_clear(&c->call_error);
    return tvt_fail_detail(&c->call_error, TVT_E_BAD_ARGUMENT, NULL, "server name",
                           "'%s' is neither a host name nor an IP address",
                           tvt_printable(text, sizeof text, tvt_span_string(name)));
}

enum tvt_result
tvt_connection_set_names(struct tvt_connection *c, const char *sni, const char *verify)
{
    struct tvt_host host, checked;
    if (c->hs.role != TVT_CLIENT || c->hs.state != c->hs.machine->start)
        return tvt_connection_wrong_call(c, "tvt_connection_set_names",
                                         "a client sets names before its handshake begins");
    if (sni != NULL && (strlen(sni) > TVT_LIMIT_NAME || !tvt_host_parse(&host, sni)))
        return bad_name(c, sni);
    if (verify != NULL && (strlen(verify) > TVT_LIMIT_NAME || !tvt_host_parse(&checked, verify)))
        return bad_name(c, verify);
    c->hs.server_name[0] = '\0';
    c->hs.scratch->verify_name[0] = '\0';
    if (sni != NULL && !host.is_ip) { /* RFC 6066 3: no addresses, no trailing dot */
        tvt_copy(c->hs.server_name, host.dns.data, host.dns.len);
        c->hs.server_name[host.dns.len] = '\0';
    }
    if (verify != NULL)
        strcpy(c->hs.scratch->verify_name, verify);
    return TVT_OK;
}

enum tvt_result
tvt_connection_set_name(struct tvt_connection *c, const char *name)
{
    return tvt_connection_set_names(c, name, name);
}

/* ---- calls ---- */

/* A client that could not check what it gets does not begin (design: safe unless asked otherwise by name). */
static enum tvt_result
check_ready(struct tvt_connection *c)
{
    const struct tvt_config *config = c->hs.config;
    enum tvt_verify v = config->verify;
    if (c->checked)
        return TVT_OK;
    bool verifies =
        c->hs.role == TVT_CLIENT ? v != TVT_VERIFY_NONE : v == TVT_VERIFY_REQUEST || v == TVT_VERIFY_REQUIRE;
    if (verifies && config->trust == NULL)
        return tvt_fail(&c->error, TVT_E_NO_TRUST, NULL, NULL);
    if (verifies && config->clock == NULL)
        return tvt_fail_detail(&c->error, TVT_E_WRONG_CALL, NULL, "clock", "call tvt_config_set_clock()");
    if (c->hs.role == TVT_CLIENT && verifies && v != TVT_VERIFY_CHAIN_ONLY && c->hs.scratch->verify_name[0] == '\0')
        return tvt_fail(&c->error, TVT_E_NO_NAME, NULL, NULL);
    if (c->hs.role == TVT_SERVER && config->num_credentials == 0)
        return tvt_fail(&c->error, TVT_E_NO_CREDENTIAL, NULL, NULL);
    if (config->num_suites == 0 || config->num_groups == 0 || config->num_schemes == 0)
        return tvt_fail_detail(&c->error, TVT_E_NOT_OFFERED, NULL, "provider",
                               "TLS 1.3 needs a suite, a group and a signature algorithm");
    c->checked = true;
    return TVT_OK;
}

enum tvt_result
tvt_connection_handshake(struct tvt_connection *c)
{
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL;
    enum tvt_result r = check_ready(c);
    if (r == TVT_OK)
        r = tvt_connection_advance(c);
    if (r == TVT_FAIL)
        return tvt_connection_failed(c);
    if (tvt_connection_has_output(c))
        return TVT_WANT_WRITE;
    if (r == TVT_PENDING)
        return r;
    if (tvt_handshake_done(&c->hs))
        return TVT_OK;
    return c->close_received || c->close_sent ? TVT_CLOSED : TVT_WANT_READ;
}

enum tvt_result
tvt_connection_close(struct tvt_connection *c)
{
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL; /* the alert says it already */
    c->close_queued = true;
    return TVT_OK;
}

enum tvt_result
tvt_connection_key_update(struct tvt_connection *c, bool request)
{
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL;
    if (!tvt_handshake_may_send(&c->hs) || c->close_queued)
        return tvt_connection_wrong_call(c, __func__, "only an open connection, its handshake done, can update keys");
    if (request) /* the answer is ours: it must not count as a flood where the peer has no data to send */
        c->key_updates = c->post_handshake = 0;
    return tvt_handshake_call_key_update(&c->hs, request) == TVT_OK ? TVT_OK : tvt_connection_failed(c);
}

enum tvt_result
tvt_connection_export(struct tvt_connection *c, uint8_t *out, size_t len, const char *label, const uint8_t *context,
                      size_t context_len)
{
    struct tvt_kdf kdf = {0};
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL; /* the secrets are gone (RFC 9846 6) */
    if (!tvt_handshake_done(&c->hs))
        return tvt_connection_wrong_call(c, __func__, "keying material exists when the handshake is done");
    if (len > 255u * c->hs.hash->out_len)
        return tvt_connection_wrong_call(c, __func__, "more bytes than 255 times the hash's length (RFC 5869 2.3)");
    int rc = tvt_kdf_init(&kdf, c->hs.hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_export(&kdf, c->hs.exporter_secret, label, tvt_span(context, context_len), out, len);
    tvt_kdf_free(&kdf);
    if (rc == TVT_CRYPTO_OK)
        return TVT_OK;
    tvt_error_clear(&c->call_error);
    return tvt_fail_crypto(&c->call_error, TVT_E_CRYPTO, NULL, "exporter", c->hs.provider, rc);
}

/* ---- questions ---- */

const struct tvt_error *
tvt_connection_error(const struct tvt_connection *c)
{
    return c->error.code != TVT_E_NONE ? &c->error : &c->call_error;
}

const char *
tvt_connection_state(const struct tvt_connection *c)
{
    return tvt_handshake_state_name(&c->hs);
}

bool
tvt_connection_established(const struct tvt_connection *c)
{
    return tvt_handshake_done(&c->hs);
}

bool
tvt_connection_can_send(const struct tvt_connection *c)
{
    return tvt_handshake_may_send(&c->hs) && c->error.code == TVT_E_NONE && !c->close_queued;
}

bool
tvt_connection_sent_close(const struct tvt_connection *c)
{
    return c->close_sent;
}

bool
tvt_connection_received_close(const struct tvt_connection *c)
{
    return c->close_received;
}

void
tvt_connection_info(const struct tvt_connection *c, struct tvt_info *info)
{
    const struct tvt_handshake *hs = &c->hs;
    const struct tvt_scheme *scheme = tvt_scheme_find(hs->scheme);
    *info = (struct tvt_info){.group = hs->group,
                              .scheme = hs->scheme,
                              .version_name = "",
                              .suite_name = "",
                              .group_name = hs->group != 0 ? tvt_group_name(hs->group) : "",
                              .scheme_name = scheme != NULL ? scheme->name : "",
                              .alpn = hs->alpn,
                              .server_name = hs->server_name,
                              .hello_retry = hs->hello_retry,
                              .peer_verified = hs->peer_verified && tvt_handshake_done(hs),
                              .num_peer_certificates = hs->num_peer_chain};
    if (hs->suite != NULL) {
        info->version = hs->suite->version;
        info->version_name = tvt_version_name(hs->suite->version);
        info->suite = hs->suite->id;
        info->suite_name = hs->suite->name;
    }
}

struct tvt_span
tvt_connection_peer_certificate(const struct tvt_connection *c, size_t index)
{
    struct tvt_reader r;
    struct tvt_span cert = {NULL, 0};
    if (index >= c->hs.num_peer_chain)
        return cert;
    tvt_reader_init(&r, tvt_buffer_span(&c->hs.peer_chain));
    for (size_t i = 0; i <= index; i++)
        cert = tvt_read_vec24(&r, 0, UINT32_MAX, "kept certificate");
    return cert;
}
