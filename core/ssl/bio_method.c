/* SPDX-License-Identifier: MIT
 *
 * Kinds of BIO that a program makes: a table of its own functions (BIO_meth_new(3)).
 */
#include "core/base/memory.h"
#include "core/ssl/ssl.h"

#include <limits.h>
#include <string.h>

int
BIO_get_new_index(void)
{
    static atomic_int last = BIO_TYPE_START;
    int before = atomic_load(&last);
    do {
        if (before >= BIO_TYPE_MASK) /* there are that many: types are told apart by one byte */
            return tvt_bio_refuse(TVT_E_WRONG_CALL, "BIO_get_new_index", "all %d numbers are taken",
                                  BIO_TYPE_MASK - BIO_TYPE_START);
    } while (!atomic_compare_exchange_weak(&last, &before, before + 1));
    return before + 1;
}

BIO_METHOD *
BIO_meth_new(int type, const char *name)
{
    struct tvt_bio_method *method = tvt_alloc(NULL, sizeof *method);
    if (method == NULL)
        return NULL;
    method->type = type;
    method->name = tvt_bio_copy_text(name != NULL ? name : "", name != NULL ? strlen(name) : 0);
    if (method->name != NULL)
        return method;
    tvt_release(NULL, method, sizeof *method);
    return NULL;
}

void
BIO_meth_free(BIO_METHOD *method)
{
    if (method == NULL)
        return;
    char *name = (char *)(uintptr_t)method->name; /* BIO_meth_new() made it */
    tvt_bio_drop_text(&name);
    tvt_release(NULL, method, sizeof *method);
}

/* ---- functions of the older form, which count in int ---- */

static int
read_old(BIO *bio, char *data, size_t len, size_t *got)
{
    int r = bio->method->read_old(bio, data, len > INT_MAX ? INT_MAX : (int)len);
    *got = r > 0 ? (size_t)r : 0;
    return r > 0 ? 1 : r;
}

static int
write_old(BIO *bio, const char *data, size_t len, size_t *put)
{
    int r = bio->method->write_old(bio, data, len > INT_MAX ? INT_MAX : (int)len);
    *put = r > 0 ? (size_t)r : 0;
    return r > 0 ? 1 : r;
}

int
BIO_meth_set_read(BIO_METHOD *method, int (*function)(BIO *bio, char *data, int len))
{
    if (method == NULL)
        return 0;
    method->read_old = function;
    method->read = function != NULL ? read_old : NULL;
    return 1;
}

int
BIO_meth_set_write(BIO_METHOD *method, int (*function)(BIO *bio, const char *data, int len))
{
    if (method == NULL)
        return 0;
    method->write_old = function;
    method->write = function != NULL ? write_old : NULL;
    return 1;
}

int
BIO_meth_set_read_ex(BIO_METHOD *method, int (*function)(BIO *bio, char *data, size_t len, size_t *got))
{
    if (method == NULL)
        return 0;
    method->read_old = NULL;
    method->read = function;
    return 1;
}

int
BIO_meth_set_write_ex(BIO_METHOD *method, int (*function)(BIO *bio, const char *data, size_t len, size_t *put))
{
    if (method == NULL)
        return 0;
    method->write_old = NULL;
    method->write = function;
    return 1;
}

int (*BIO_meth_get_read(const BIO_METHOD *method))(BIO *bio, char *data, int len)
{
    return method != NULL ? method->read_old : NULL;
}

int (*BIO_meth_get_write(const BIO_METHOD *method))(BIO *bio, const char *data, int len)
{
    return method != NULL ? method->write_old : NULL;
}

int (*BIO_meth_get_read_ex(const BIO_METHOD *method))(BIO *bio, char *data, size_t len, size_t *got)
{
    return method != NULL ? method->read : NULL;
}

int (*BIO_meth_get_write_ex(const BIO_METHOD *method))(BIO *bio, const char *data, size_t len, size_t *put)
{
    return method != NULL ? method->write : NULL;
}

/* ---- the rest ---- */

int
BIO_meth_set_puts(BIO_METHOD *method, int (*function)(BIO *bio, const char *text))
{
    if (method == NULL)
        return 0;
    method->puts = function;
    return 1;
}

int
BIO_meth_set_gets(BIO_METHOD *method, int (*function)(BIO *bio, char *data, int size))
{
    if (method == NULL)
        return 0;
    method->gets = function;
    return 1;
}

int
BIO_meth_set_ctrl(BIO_METHOD *method, long (*function)(BIO *bio, int cmd, long num, void *ptr))
{
    if (method == NULL)
        return 0;
    method->ctrl = function;
    return 1;
}

int
BIO_meth_set_create(BIO_METHOD *method, int (*function)(BIO *bio))
{
    if (method == NULL)
        return 0;
    method->create = function;
    return 1;
}

int
BIO_meth_set_destroy(BIO_METHOD *method, int (*function)(BIO *bio))
{
    if (method == NULL)
        return 0;
    method->destroy = function;
    return 1;
}

int
BIO_meth_set_callback_ctrl(BIO_METHOD *method, long (*function)(BIO *bio, int cmd, BIO_info_cb *callback))
{
    if (method == NULL)
        return 0;
    method->callback_ctrl = function;
    return 1;
}

int (*BIO_meth_get_puts(const BIO_METHOD *method))(BIO *bio, const char *text)
{
    return method != NULL ? method->puts : NULL;
}

int (*BIO_meth_get_gets(const BIO_METHOD *method))(BIO *bio, char *data, int size)
{
    return method != NULL ? method->gets : NULL;
}

long (*BIO_meth_get_ctrl(const BIO_METHOD *method))(BIO *bio, int cmd, long num, void *ptr)
{
    return method != NULL ? method->ctrl : NULL;
}

int (*BIO_meth_get_create(const BIO_METHOD *method))(BIO *bio)
{
    return method != NULL ? method->create : NULL;
}

int (*BIO_meth_get_destroy(const BIO_METHOD *method))(BIO *bio)
{
    return method != NULL ? method->destroy : NULL;
}

long (*BIO_meth_get_callback_ctrl(const BIO_METHOD *method))(BIO *bio, int cmd, BIO_info_cb *callback)
{
    return method != NULL ? method->callback_ctrl : NULL;
}
