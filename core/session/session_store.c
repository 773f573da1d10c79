/* SPDX-License-Identifier: MIT
 *
 * A client's store: sessions by a name of the program's choice, each handed out once (RFC 9846 appendix C.4).
 */
#include "core/base/wire.h"
#include "core/session/lock.h"
#include "core/session/table.h"

#include <string.h>

struct tvt_session_store {
    atomic_uint refs;
    struct tvt_lock lock;
    struct tvt_session_table table;
};

enum tvt_result
tvt_session_store_new(struct tvt_session_store **out, size_t capacity, const struct tvt_mutex *mutex,
                      struct tvt_error *error)
{
    *out = NULL;
    if (capacity == 0 || capacity > TVT_TABLE_CAPACITY_MAX)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, "session store", "capacity", TVT_TABLE_CAPACITY_MAX,
                               capacity);
    struct tvt_session_store *store = tvt_alloc(NULL, sizeof *store);
    if (store == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "session store", NULL);
    atomic_init(&store->refs, 1);
    if (!tvt_table_init(&store->table, capacity) || !tvt_lock_make(&store->lock, mutex)) {
        tvt_table_free(&store->table);
        tvt_release(NULL, store, sizeof *store);
        return tvt_fail(error, TVT_E_NO_MEMORY, "session store", NULL);
    }
    *out = store;
    return TVT_OK;
}

struct tvt_session_store *
tvt_session_store_ref(struct tvt_session_store *store)
{
    if (store != NULL)
        (void)atomic_fetch_add_explicit(&store->refs, 1, memory_order_relaxed);
    return store;
}

void
tvt_session_store_unref(struct tvt_session_store *store)
{
    if (store == NULL || atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) != 1)
        return;
    tvt_table_free(&store->table);
    tvt_lock_free(&store->lock);
    tvt_release(NULL, store, sizeof *store);
}

enum tvt_result
tvt_session_store_put(struct tvt_session_store *store, const char *key, struct tvt_session *session,
                      struct tvt_error *error)
{
    struct tvt_session *dropped;

    tvt_lock_take(&store->lock);
    bool kept = tvt_table_put(&store->table, tvt_span_string(key), session, &dropped);
    tvt_lock_give(&store->lock);
    tvt_session_unref(dropped);
    return kept ? TVT_OK : tvt_fail(error, TVT_E_NO_MEMORY, "session store", NULL);
}

struct tvt_session *
tvt_session_store_take(struct tvt_session_store *store, const char *key, uint64_t now_ms)
{
    for (;;) {
        tvt_lock_take(&store->lock);
        struct tvt_session *session = tvt_table_take(&store->table, tvt_span_string(key));
        tvt_lock_give(&store->lock);
        if (session == NULL || tvt_session_fresh(session, now_ms))
            return session;
        tvt_session_unref(session);
    }
}

size_t
tvt_session_store_count(const struct tvt_session_store *store)
{
    tvt_lock_take(&store->lock);
    size_t count = store->table.count;
    tvt_lock_give(&store->lock);
    return count;
}
