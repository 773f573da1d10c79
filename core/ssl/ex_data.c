/* SPDX-License-Identifier: MIT
 *
 * Values that a program keeps on an SSL or SSL_CTX, by index.
 */
#include "core/base/memory.h"
#include "core/ssl/ssl.h"

#define INDEXES_MAX 64 /* of one kind */
#define KINDS       2

/* What the indexes of a kind do when their object goes. Entries below `num` that are `ready` do not change any more. */
static struct {
    atomic_int num;
    struct {
        atomic_bool ready;
        CRYPTO_EX_free *release;
        long number;
        void *pointer;
    } index[INDEXES_MAX];
} kinds[KINDS];

int
CRYPTO_get_ex_new_index(int kind, long number, void *pointer, CRYPTO_EX_new *make, CRYPTO_EX_dup *copy,
                        CRYPTO_EX_free *release)
{
    (void)make;
    (void)copy;
    if (kind < 0 || kind >= KINDS)
        return -1;
    int at = atomic_fetch_add(&kinds[kind].num, 1) + 1; /* 0 is SSL_set_app_data()'s */
    if (at >= INDEXES_MAX) {
        (void)atomic_fetch_sub(&kinds[kind].num, 1);
        return -1;
    }
    kinds[kind].index[at].release = release;
    kinds[kind].index[at].number = number;
    kinds[kind].index[at].pointer = pointer;
    atomic_store(&kinds[kind].index[at].ready, true);
    return at;
}

static int
set(struct tvt_ex_data *data, int kind, int index, void *value, const char *call)
{
    if (index < 0 || (index > 0 && (index >= INDEXES_MAX || !atomic_load(&kinds[kind].index[index].ready))))
        return tvt_ssl_raise_here(NULL, TVT_E_BAD_ARGUMENT, call, "no index %d", index) == SSL_ERROR_NONE;
    if (index >= data->num) {
        void **more = tvt_alloc(NULL, (size_t)(index + 1) * sizeof *more);
        if (more == NULL)
            return tvt_ssl_raise_here(NULL, TVT_E_NO_MEMORY, call, "index %d", index) == SSL_ERROR_NONE;
        tvt_copy(more, data->value, (size_t)data->num * sizeof *more);
        tvt_release(NULL, data->value, (size_t)data->num * sizeof *more);
        data->value = more;
        data->num = index + 1;
    }
    data->value[index] = value;
    return 1;
}

void
tvt_ex_data_release(struct tvt_ex_data *data, int kind, void *parent)
{
    for (int i = 1; i < data->num; i++) {
        CRYPTO_EX_free *release = kinds[kind].index[i].release;
        if (release != NULL && data->value[i] != NULL)
            release(parent, data->value[i], data, i, kinds[kind].index[i].number, kinds[kind].index[i].pointer);
    }
    tvt_release(NULL, data->value, (size_t)data->num * sizeof *data->value);
    *data = (struct tvt_ex_data){NULL, 0};
}

int
SSL_set_ex_data(SSL *ssl, int index, void *value)
{
    if (ssl == NULL)
        return tvt_ssl_null("SSL_set_ex_data") > 0;
    return set(&ssl->ex_data, CRYPTO_EX_INDEX_SSL, index, value, "SSL_set_ex_data");
}

void *
SSL_get_ex_data(const SSL *ssl, int index)
{
    return ssl != NULL && index >= 0 && index < ssl->ex_data.num ? ssl->ex_data.value[index] : NULL;
}

int
SSL_CTX_set_ex_data(SSL_CTX *ctx, int index, void *value)
{
    if (ctx == NULL)
        return tvt_ssl_null("SSL_CTX_set_ex_data") > 0;
    return set(&ctx->ex_data, CRYPTO_EX_INDEX_SSL_CTX, index, value, "SSL_CTX_set_ex_data");
}

void *
SSL_CTX_get_ex_data(const SSL_CTX *ctx, int index)
{
    return ctx != NULL && index >= 0 && index < ctx->ex_data.num ? ctx->ex_data.value[index] : NULL;
}
