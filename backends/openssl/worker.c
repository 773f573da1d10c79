/* SPDX-License-Identifier: MIT
 *
 * Keys and contexts that are kept between operations. Any thread takes one out and has it alone until it gives it back;
 * when none is idle another is made, and freed again when there is no place for it.
 */
#include "backends/openssl/internal.h"

static void
free_worker(struct tvt_openssl_worker *worker)
{
    EVP_PKEY_CTX_free(worker->ctx);
    EVP_PKEY_free(worker->key);
    OPENSSL_free(worker);
}

struct tvt_openssl_worker *
tvt_openssl_take_worker(struct tvt_openssl_pool *pool, EVP_PKEY *model)
{
    struct tvt_openssl_worker *worker;

    for (size_t i = 0; i < TVT_OPENSSL_WORKERS; i++)
        if (atomic_load_explicit(&pool->idle[i], memory_order_relaxed) != NULL &&
            (worker = atomic_exchange(&pool->idle[i], NULL)) != NULL)
            return worker;
    worker = OPENSSL_zalloc(sizeof *worker);
    if (worker == NULL)
        return NULL;
    worker->key = EVP_PKEY_dup(model);
    if (worker->key != NULL)
        worker->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, worker->key, NULL);
    if (worker->ctx != NULL)
        return worker;
    free_worker(worker);
    return NULL;
}

void
tvt_openssl_give_worker(struct tvt_openssl_pool *pool, struct tvt_openssl_worker *worker, bool good)
{
    if (worker == NULL)
        return;
    for (size_t i = 0; good && i < TVT_OPENSSL_WORKERS; i++) {
        struct tvt_openssl_worker *none = NULL;

        if (atomic_load_explicit(&pool->idle[i], memory_order_relaxed) == NULL &&
            atomic_compare_exchange_strong(&pool->idle[i], &none, worker))
            return;
    }
    free_worker(worker);
}

void
tvt_openssl_empty_pool(struct tvt_openssl_pool *pool)
{
    for (size_t i = 0; i < TVT_OPENSSL_WORKERS; i++) {
        struct tvt_openssl_worker *worker = atomic_exchange(&pool->idle[i], NULL);

        if (worker != NULL)
            free_worker(worker);
    }
}
