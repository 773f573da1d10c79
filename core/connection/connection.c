/* SPDX-License-Identifier: MIT
 *
 * Life of a connection: made, driven through its handshake, closed or failed, freed.
 */
#include "core/connection/connection.h"
#include "core/base/memory.h"

#include <string.h>

/* ---- made and freed ---- */

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
    c->hs.connection = c;
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
    void *memory = tvt_alloc_raw(&config->allocator, size);
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

/* ---- failed ---- */

enum tvt_result
tvt_connection_wrong_call(struct tvt_connection *c, const char *call, const char *why)
{
    tvt_error_clear(&c->call_error);
    return tvt_fail_detail(&c->call_error, TVT_E_WRONG_CALL, NULL, call, "%s", why);
}

/* RFC 9846 6: a failed connection forgets its secrets and keys. What it learnt of the peer stays for the program's
 * questions. */
void
tvt_connection_forget(struct tvt_connection *c)
{
    tvt_protection_free(&c->read);
    tvt_protection_free(&c->write);
    tvt_buffer_release(&c->incoming);
    tvt_handshake_forget(&c->hs);
}

enum tvt_result
tvt_connection_failed(struct tvt_connection *c)
{
    if (c->error.state == NULL)
        c->error.state = tvt_handshake_state_name(&c->hs);
    if (c->error.origin != TVT_ORIGIN_PEER && c->error.alert != TVT_ALERT_NONE && !c->fatal_sent && !c->close_sent) {
        c->alert_queued = true;
        c->alert = c->error.alert;
    }
    if (!c->alert_queued)
        tvt_connection_forget(c);
    return TVT_FAIL;
}

/* ---- driven and closed ---- */

enum tvt_result
tvt_connection_handshake(struct tvt_connection *c)
{
    if (c->error.code != TVT_E_NONE || tvt_connection_check_idle(c, __func__) != TVT_OK)
        return TVT_FAIL;
    enum tvt_result r = c->canceled ? TVT_OK : tvt_connection_check_ready(c);
    if (r == TVT_OK && !c->canceled)
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
tvt_connection_cancel(struct tvt_connection *c)
{
    if (!tvt_handshake_done(&c->hs)) /* RFC 9846 6.1: behind the handshake, closing says it */
        c->canceled = true;
    return tvt_connection_close(c);
}
