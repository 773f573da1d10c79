/* SPDX-License-Identifier: MIT
 *
 * The system's locks (POSIX threads), for stores that several threads use.
 */
#define _POSIX_C_SOURCE 200809L
#include <trivet/session.h>

#include <pthread.h>
#include <stdlib.h>

static void *
create(void)
{
    pthread_mutex_t *mutex = malloc(sizeof *mutex);

    if (mutex != NULL && pthread_mutex_init(mutex, NULL) != 0) {
        free(mutex);
        mutex = NULL;
    }
    return mutex;
}

static void
destroy(void *lock)
{
    (void)pthread_mutex_destroy(lock);
    free(lock);
}

/* A lock that does not lock must not be believed: what follows would race. */
static void
take(void *lock)
{
    if (pthread_mutex_lock(lock) != 0)
        abort();
}

static void
give(void *lock)
{
    if (pthread_mutex_unlock(lock) != 0)
        abort();
}

const struct tvt_mutex *
tvt_system_mutex(void)
{
    static const struct tvt_mutex mutex = {create, destroy, take, give};

    return &mutex;
}
