/* SPDX-License-Identifier: MIT
 *
 * A lock that may be absent: a program of one thread gives no struct tvt_mutex, and nothing is locked.
 */
#ifndef TVT_CORE_SESSION_LOCK_H
#define TVT_CORE_SESSION_LOCK_H

#include <trivet/session.h>

struct tvt_lock {
    const struct tvt_mutex *mutex; /* NULL: one thread */
    void *handle;
};

/* False: no memory. */
TVT_MUST_USE static inline bool
tvt_lock_make(struct tvt_lock *lock, const struct tvt_mutex *mutex)
{
    lock->mutex = mutex;
    lock->handle = mutex != NULL ? mutex->create() : NULL;
    return mutex == NULL || lock->handle != NULL;
}

static inline void
tvt_lock_free(struct tvt_lock *lock)
{
    if (lock->mutex != NULL && lock->handle != NULL)
        lock->mutex->destroy(lock->handle);
    lock->handle = NULL;
}

static inline void
tvt_lock_take(const struct tvt_lock *lock)
{
    if (lock->mutex != NULL)
        lock->mutex->lock(lock->handle);
}

static inline void
tvt_lock_give(const struct tvt_lock *lock)
{
    if (lock->mutex != NULL)
        lock->mutex->unlock(lock->handle);
}

#endif
