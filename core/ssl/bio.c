/* SPDX-License-Identifier: MIT
 *
 * What all BIOs share: life, chains, dispatch to the methods.
 */
#include "core/ssl/bio.h"
#include "core/base/memory.h"
#include "core/ssl/ssl.h"

#include <limits.h>
#include <string.h>

/* ---- failures ---- */

int
tvt_bio_failed(const struct tvt_error *error)
{
    tvt_err_push(error);
    return -1;
}

/* ---- life ---- */

BIO *
BIO_new(const BIO_METHOD *method)
{
    BIO *bio = method != NULL ? tvt_alloc(NULL, sizeof *bio) : NULL;
    if (bio == NULL)
        return NULL;
    bio->method = method;
    atomic_init(&bio->references, 1);
    bio->close_flag = BIO_CLOSE;
    bio->fd = -1;
    bio->init = method->create == NULL;
    if (method->create != NULL && method->create(bio) != 1) {
        tvt_release(NULL, bio, sizeof *bio);
        return NULL;
    }
    return bio;
}

int
BIO_free(BIO *bio)
{
    if (bio == NULL)
        return 0;
    if (atomic_fetch_sub(&bio->references, 1) != 1)
        return 1;
    if (bio->method->destroy != NULL)
        (void)bio->method->destroy(bio);
    tvt_release(NULL, bio, sizeof *bio);
    return 1;
}

void
BIO_vfree(BIO *bio)
{
    (void)BIO_free(bio);
}

void
BIO_free_all(BIO *bio)
{
    while (bio != NULL) {
        BIO *next = bio->next;
        bool shared = atomic_load(&bio->references) > 1;
        (void)BIO_free(bio);
        if (shared)
            break;
        bio = next;
    }
}

int
BIO_up_ref(BIO *bio)
{
    if (bio == NULL)
        return 0;
    atomic_fetch_add(&bio->references, 1);
    return 1;
}

/* ---- what a method keeps in its BIO ---- */

void
BIO_set_data(BIO *bio, void *data)
{
    if (bio != NULL)
        bio->data = data;
}

void *
BIO_get_data(BIO *bio)
{
    return bio != NULL ? bio->data : NULL;
}

void
BIO_set_init(BIO *bio, int init)
{
    if (bio != NULL)
        bio->init = init;
}

int
BIO_get_init(BIO *bio)
{
    return bio != NULL ? bio->init : 0;
}

void
BIO_set_shutdown(BIO *bio, int close_flag)
{
    if (bio != NULL)
        bio->close_flag = close_flag;
}

int
BIO_get_shutdown(BIO *bio)
{
    return bio != NULL ? bio->close_flag : 0;
}

/* ---- chains ---- */

BIO *
BIO_next(BIO *bio)
{
    return bio != NULL ? bio->next : NULL;
}

void
BIO_set_next(BIO *bio, BIO *next)
{
    if (bio != NULL)
        bio->next = next;
}

BIO *
BIO_push(BIO *bio, BIO *next)
{
    BIO *last = bio;
    if (bio == NULL)
        return next;
    while (last->next != NULL)
        last = last->next;
    last->next = next;
    if (next != NULL)
        next->prev = last;
    (void)BIO_ctrl(bio, BIO_CTRL_PUSH, 0, last);
    return bio;
}

BIO *
BIO_pop(BIO *bio)
{
    if (bio == NULL)
        return NULL;
    BIO *next = bio->next;
    (void)BIO_ctrl(bio, BIO_CTRL_POP, 0, bio);
    if (bio->prev != NULL)
        bio->prev->next = bio->next;
    if (bio->next != NULL)
        bio->next->prev = bio->prev;
    bio->next = NULL;
    bio->prev = NULL;
    return next;
}

BIO *
BIO_find_type(BIO *bio, int type)
{
    for (; bio != NULL; bio = bio->next)
        if ((type & 0xff) != 0 ? bio->method->type == type : (bio->method->type & type) != 0)
            return bio;
    return NULL;
}

int
BIO_method_type(const BIO *bio)
{
    return bio != NULL ? bio->method->type : 0;
}

const char *
BIO_method_name(const BIO *bio)
{
    return bio != NULL ? bio->method->name : "";
}

/* A descriptor has one owner: the duplicate does not close it. */
static BIO *
duplicate(BIO *bio)
{
    BIO *copy = BIO_new(bio->method);
    if (copy == NULL)
        return NULL;
    copy->init = bio->init;
    copy->close_flag = bio->close_flag;
    copy->flags = bio->flags;
    copy->fd = bio->fd;
    if (bio->fd >= 0)
        copy->close_flag = BIO_NOCLOSE;
    if (BIO_ctrl(bio, BIO_CTRL_DUP, 0, copy) > 0)
        return copy;
    (void)BIO_free(copy);
    return NULL;
}

BIO *
BIO_dup_chain(BIO *bio)
{
    BIO *first = NULL, *last = NULL;
    for (; bio != NULL; bio = bio->next) {
        BIO *copy = duplicate(bio);
        if (copy == NULL) {
            BIO_free_all(first);
            return NULL;
        }
        if (first == NULL)
            first = copy;
        else
            (void)BIO_push(last, copy);
        last = copy;
    }
    return first;
}

/* ---- bytes ---- */

static bool
is_ready(const BIO *bio, const char *call)
{
    if (bio->init != 0)
        return true;
    (void)tvt_bio_refuse(TVT_E_WRONG_CALL, call, "this BIO (%s) is not ready: it has no descriptor, name or peer yet",
                         bio->method->name);
    return false;
}

int
tvt_bio_read(BIO *bio, void *data, size_t len, size_t *got)
{
    *got = 0;
    if (bio == NULL)
        return -1;
    if (bio->method->read == NULL)
        return -2;
    BIO_clear_retry_flags(bio);
    if (!is_ready(bio, "BIO_read"))
        return -1;
    if (data == NULL && len > 0)
        return -1;
    int r = bio->method->read(bio, data, len, got);
    if (r > 0 && *got > len) { /* a method of the program's that claims more than it could have written */
        *got = 0;
        return tvt_bio_refuse(TVT_E_INTERNAL, "BIO_read", "the BIO (%s) gave more than %zu bytes", bio->method->name,
                              len);
    }
    if (r <= 0)
        *got = 0;
    bio->num_read += *got;
    return r > 0 && *got == 0 && len > 0 ? 0 : r; /* success with nothing: as BIO_read() would say it */
}

int
tvt_bio_write(BIO *bio, const void *data, size_t len, size_t *put)
{
    *put = 0;
    if (bio == NULL)
        return -1;
    if (bio->method->write == NULL)
        return -2;
    BIO_clear_retry_flags(bio);
    if (!is_ready(bio, "BIO_write"))
        return -1;
    if (data == NULL && len > 0)
        return -1;
    int r = bio->method->write(bio, data, len, put);
    if (r > 0 && *put > len) {
        *put = 0;
        return tvt_bio_refuse(TVT_E_INTERNAL, "BIO_write", "the BIO (%s) took more than %zu bytes", bio->method->name,
                              len);
    }
    if (r <= 0)
        *put = 0;
    bio->num_written += *put;
    return r > 0 && *put == 0 && len > 0 ? 0 : r;
}

int
BIO_read(BIO *bio, void *data, int len)
{
    size_t got;
    if (len < 0)
        return 0;
    int r = tvt_bio_read(bio, data, (size_t)len, &got);
    return r > 0 ? (int)got : r;
}

int
BIO_read_ex(BIO *bio, void *data, size_t len, size_t *got)
{
    size_t ignored;
    return tvt_bio_read(bio, data, len, got != NULL ? got : &ignored) > 0;
}

int
BIO_write(BIO *bio, const void *data, int len)
{
    size_t put;
    if (bio == NULL || len <= 0)
        return 0;
    int r = tvt_bio_write(bio, data, (size_t)len, &put);
    return r > 0 ? (int)put : r;
}

int
BIO_write_ex(BIO *bio, const void *data, size_t len, size_t *put)
{
    size_t ignored;
    return tvt_bio_write(bio, data, len, put != NULL ? put : &ignored) > 0 || (bio != NULL && len == 0);
}

int
BIO_gets(BIO *bio, char *data, int size)
{
    if (bio == NULL)
        return -1;
    if (bio->method->gets == NULL)
        return -2;
    if (size < 0 || data == NULL)
        return tvt_bio_refuse(TVT_E_BAD_ARGUMENT, "BIO_gets", "%d bytes at %s", size, data != NULL ? "data" : "NULL");
    if (!is_ready(bio, "BIO_gets"))
        return -1;
    if (size == 0)
        return 0;
    BIO_clear_retry_flags(bio);
    return bio->method->gets(bio, data, size);
}

int
BIO_puts(BIO *bio, const char *text)
{
    if (bio == NULL || text == NULL)
        return -1;
    if (bio->method->puts == NULL)
        return -2;
    if (!is_ready(bio, "BIO_puts"))
        return -1;
    BIO_clear_retry_flags(bio);
    int r = bio->method->puts(bio, text);
    if (r > 0)
        bio->num_written += (unsigned)r;
    return r;
}

int
tvt_bio_puts(BIO *bio, const char *text)
{
    size_t len = strlen(text), put = 0;
    BIO_clear_retry_flags(bio);
    if (len == 0)
        return 0;
    int r = bio->method->write(bio, text, len > INT_MAX ? INT_MAX : len, &put);
    return r > 0 ? (int)put : r;
}

uint64_t
BIO_number_read(BIO *bio)
{
    return bio != NULL ? bio->num_read : 0;
}

uint64_t
BIO_number_written(BIO *bio)
{
    return bio != NULL ? bio->num_written : 0;
}
