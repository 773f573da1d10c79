/* SPDX-License-Identifier: MIT
 *
 * What all BIOs share: life, chains, dispatch to the methods, retry flags.
 */
#include "core/ssl/bio.h"
#include "core/base/memory.h"

#include <limits.h>
#include <string.h>

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

/* ---- chains ---- */

BIO *
BIO_next(BIO *bio)
{
    return bio != NULL ? bio->next : NULL;
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
    return bio;
}

BIO *
BIO_pop(BIO *bio)
{
    if (bio == NULL)
        return NULL;
    BIO *next = bio->next;
    bio->next = NULL;
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

/* ---- bytes ---- */

int
tvt_bio_read(BIO *bio, void *data, size_t len, size_t *got)
{
    *got = 0;
    if (bio == NULL || bio->method->read == NULL)
        return -2;
    BIO_clear_retry_flags(bio);
    if (data == NULL && len > 0)
        return -1;
    return bio->method->read(bio, data, len, got);
}

int
tvt_bio_write(BIO *bio, const void *data, size_t len, size_t *put)
{
    *put = 0;
    if (bio == NULL || bio->method->write == NULL)
        return -2;
    BIO_clear_retry_flags(bio);
    if (data == NULL && len > 0)
        return -1;
    return bio->method->write(bio, data, len, put);
}

int
BIO_read(BIO *bio, void *data, int len)
{
    size_t got;
    if (bio != NULL && len <= 0)
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
    if (bio != NULL && len <= 0)
        return 0;
    int r = tvt_bio_write(bio, data, (size_t)len, &put);
    return r > 0 ? (int)put : r;
}

int
BIO_write_ex(BIO *bio, const void *data, size_t len, size_t *put)
{
    size_t ignored;
    return tvt_bio_write(bio, data, len, put != NULL ? put : &ignored) > 0;
}

int
BIO_gets(BIO *bio, char *data, int size)
{
    if (bio == NULL || bio->method->gets == NULL)
        return -2;
    return bio->method->gets(bio, data, size);
}

int
BIO_puts(BIO *bio, const char *text)
{
    if (bio == NULL || text == NULL)
        return -2;
    if (bio->method->puts != NULL)
        return bio->method->puts(bio, text);
    size_t len = strlen(text);
    return BIO_write(bio, text, len > INT_MAX ? INT_MAX : (int)len);
}

/* ---- control ---- */

long
BIO_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    if (bio == NULL)
        return 0;
    if (bio->method->ctrl == NULL)
        return -2;
    return bio->method->ctrl(bio, cmd, num, ptr);
}

int
BIO_flush(BIO *bio)
{
    return (int)BIO_ctrl(bio, BIO_CTRL_FLUSH, 0, NULL);
}

static size_t
count_of(BIO *bio, int cmd)
{
    long n = BIO_ctrl(bio, cmd, 0, NULL);
    return n > 0 ? (size_t)n : 0;
}

size_t
BIO_ctrl_pending(BIO *bio)
{
    return count_of(bio, BIO_CTRL_PENDING);
}

size_t
BIO_ctrl_wpending(BIO *bio)
{
    return count_of(bio, BIO_CTRL_WPENDING);
}

static int
as_int(size_t n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}

int
BIO_pending(BIO *bio)
{
    return as_int(BIO_ctrl_pending(bio));
}

int
BIO_wpending(BIO *bio)
{
    return as_int(BIO_ctrl_wpending(bio));
}

int
BIO_eof(BIO *bio)
{
    return (int)BIO_ctrl(bio, BIO_CTRL_EOF, 0, NULL);
}

int
BIO_reset(BIO *bio)
{
    return (int)BIO_ctrl(bio, BIO_CTRL_RESET, 0, NULL);
}

int
BIO_get_close(BIO *bio)
{
    return bio != NULL ? bio->close_flag : 0;
}

int
BIO_set_close(BIO *bio, int close_flag)
{
    if (bio != NULL)
        bio->close_flag = close_flag;
    return 1;
}

int
BIO_get_fd(BIO *bio, int *fd)
{
    BIO *descriptor = BIO_find_type(bio, BIO_TYPE_DESCRIPTOR);
    if (descriptor == NULL)
        return -1;
    return (int)BIO_ctrl(descriptor, BIO_C_GET_FD, 0, fd);
}

int
BIO_set_fd(BIO *bio, int fd, int close_flag)
{
    return BIO_ctrl(bio, BIO_C_SET_FD, close_flag, &fd) == 1;
}

/* ---- flags ---- */

int
BIO_test_flags(const BIO *bio, int flags)
{
    return bio != NULL ? bio->flags & flags : 0;
}

void
BIO_set_flags(BIO *bio, int flags)
{
    if (bio != NULL)
        bio->flags |= flags;
}

void
BIO_clear_flags(BIO *bio, int flags)
{
    if (bio != NULL)
        bio->flags &= ~flags;
}

void
BIO_clear_retry_flags(BIO *bio)
{
    BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
}

void
BIO_set_retry_read(BIO *bio)
{
    BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
}

void
BIO_set_retry_write(BIO *bio)
{
    BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY);
}

int
BIO_should_retry(const BIO *bio)
{
    return BIO_test_flags(bio, BIO_FLAGS_SHOULD_RETRY) != 0;
}

int
BIO_should_read(const BIO *bio)
{
    return BIO_test_flags(bio, BIO_FLAGS_READ) != 0;
}

int
BIO_should_write(const BIO *bio)
{
    return BIO_test_flags(bio, BIO_FLAGS_WRITE) != 0;
}

int
BIO_should_io_special(const BIO *bio)
{
    return BIO_test_flags(bio, BIO_FLAGS_IO_SPECIAL) != 0;
}

int
BIO_retry_type(const BIO *bio)
{
    return BIO_test_flags(bio, BIO_FLAGS_RWS);
}
