/* SPDX-License-Identifier: MIT
 *
 * A server's cache in the memory of this process: each session is taken once (RFC 9846 8.1), or looked up
 * any number of times (RFC 5246 7.3).
 */
#include "core/base/wire.h"
#include "core/session/lock.h"
#include "core/session/table.h"

struct tvt_memory_cache {
    struct tvt_session_cache port;
    struct tvt_lock lock;
    struct tvt_session_table table;
};

/* When it expires is the session's own matter: who takes it looks at its age. */
static enum tvt_result
put(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires_ms)
{
    struct tvt_memory_cache *cache = user;
    const struct tvt_span key = {id, TVT_SESSION_ID_LEN};
    struct tvt_session *dropped, *before;

    (void)expires_ms;
    tvt_lock_take(&cache->lock);
    before = tvt_table_take(&cache->table, key); /* an id leads to one session */
    bool kept = tvt_table_put(&cache->table, key, session, &dropped);
    tvt_lock_give(&cache->lock);
    tvt_session_unref(before);
    tvt_session_unref(dropped);
    return kept ? TVT_OK : TVT_FAIL;
}

static enum tvt_result
take(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    struct tvt_memory_cache *cache = user;

    tvt_lock_take(&cache->lock);
    *out = tvt_table_take(&cache->table, tvt_span(id, TVT_SESSION_ID_LEN));
    tvt_lock_give(&cache->lock);
    return *out != NULL ? TVT_OK : TVT_FAIL;
}

static enum tvt_result
get(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    struct tvt_memory_cache *cache = user;

    tvt_lock_take(&cache->lock);
    *out = tvt_session_ref(tvt_table_find(&cache->table, tvt_span(id, TVT_SESSION_ID_LEN)));
    tvt_lock_give(&cache->lock);
    return *out != NULL ? TVT_OK : TVT_FAIL;
}

enum tvt_result
tvt_memory_cache_new(struct tvt_memory_cache **out, size_t capacity, const struct tvt_mutex *mutex,
                     struct tvt_error *error)
{
    *out = NULL;
    if (capacity == 0 || capacity > TVT_TABLE_CAPACITY_MAX)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, "session cache", "capacity", TVT_TABLE_CAPACITY_MAX,
                               capacity);
    struct tvt_memory_cache *cache = tvt_alloc(NULL, sizeof *cache);
    if (cache == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "session cache", NULL);
    if (!tvt_table_init(&cache->table, capacity) || !tvt_lock_make(&cache->lock, mutex)) {
        tvt_table_free(&cache->table);
        tvt_release(NULL, cache, sizeof *cache);
        return tvt_fail(error, TVT_E_NO_MEMORY, "session cache", NULL);
    }
    cache->port.user = cache;
    cache->port.put = put;
    cache->port.take = take;
    cache->port.get = get;
    *out = cache;
    return TVT_OK;
}

void
tvt_memory_cache_free(struct tvt_memory_cache *cache)
{
    if (cache == NULL)
        return;
    tvt_table_free(&cache->table);
    tvt_lock_free(&cache->lock);
    tvt_release(NULL, cache, sizeof *cache);
}

const struct tvt_session_cache *
tvt_memory_cache_port(struct tvt_memory_cache *cache)
{
    return &cache->port;
}
