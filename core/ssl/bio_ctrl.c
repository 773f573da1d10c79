/* SPDX-License-Identifier: MIT
 *
 * Controls of a BIO, its retry flags, and what the methods share of both.
 */
#include "core/base/memory.h"
#include "core/ssl/bio.h"

#include <limits.h>
#include <string.h>

/* ---- control ---- */

long
BIO_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    if (bio == NULL)
        return -1;
    if (bio->method->ctrl == NULL)
        return -2;
    return bio->method->ctrl(bio, cmd, num, ptr);
}

long
BIO_int_ctrl(BIO *bio, int cmd, long num, int value)
{
    return BIO_ctrl(bio, cmd, num, &value);
}

void *
BIO_ptr_ctrl(BIO *bio, int cmd, long num)
{
    void *ptr = NULL;
    return BIO_ctrl(bio, cmd, num, &ptr) > 0 ? ptr : NULL;
}

long
BIO_callback_ctrl(BIO *bio, int cmd, BIO_info_cb *callback)
{
    if (bio == NULL || bio->method->callback_ctrl == NULL || cmd != BIO_CTRL_SET_CALLBACK)
        return -2;
    return bio->method->callback_ctrl(bio, cmd, callback);
}

long
tvt_bio_ctrl_next(BIO *bio, int cmd, long num, void *ptr)
{
    if (bio->next == NULL)
        return 0;
    BIO_clear_retry_flags(bio);
    long r = BIO_ctrl(bio->next, cmd, num, ptr);
    if (r <= 0) /* what is done does not wait: flags of an earlier call stay there */
        BIO_copy_next_retry(bio);
    return r;
}

long
tvt_bio_callback_next(BIO *bio, int cmd, BIO_info_cb *callback)
{
    return bio->next != NULL ? BIO_callback_ctrl(bio->next, cmd, callback) : 0;
}

bool
tvt_bio_close_ctrl(BIO *bio, int cmd, long num, long *result)
{
    if (cmd == BIO_CTRL_GET_CLOSE) {
        *result = bio->close_flag;
        return true;
    }
    if (cmd != BIO_CTRL_SET_CLOSE)
        return false;
    bio->close_flag = (int)num;
    *result = 1;
    return true;
}

char *
tvt_bio_copy_text(const char *text, size_t len)
{
    char *copy = tvt_alloc(NULL, len + 1);
    if (copy != NULL)
        tvt_copy(copy, text, len);
    return copy;
}

void
tvt_bio_drop_text(char **text)
{
    if (*text != NULL)
        tvt_release(NULL, *text, strlen(*text) + 1);
    *text = NULL;
}

bool
tvt_bio_set_text(char **slot, const char *text)
{
    char *copy = text != NULL ? tvt_bio_copy_text(text, strlen(text)) : NULL;
    if (copy == NULL && text != NULL)
        return false;
    tvt_bio_drop_text(slot);
    *slot = copy;
    return true;
}

/* ---- shorthands ---- */

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
as_int(long n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}

int
BIO_pending(BIO *bio)
{
    return as_int(BIO_ctrl(bio, BIO_CTRL_PENDING, 0, NULL));
}

int
BIO_wpending(BIO *bio)
{
    return as_int(BIO_ctrl(bio, BIO_CTRL_WPENDING, 0, NULL));
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
    return (int)BIO_ctrl(bio, BIO_CTRL_GET_CLOSE, 0, NULL);
}

int
BIO_set_close(BIO *bio, int close_flag)
{
    return (int)BIO_ctrl(bio, BIO_CTRL_SET_CLOSE, close_flag, NULL);
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
    return BIO_int_ctrl(bio, BIO_C_SET_FD, close_flag, fd) == 1;
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

void
tvt_bio_retry_special(BIO *bio, int reason)
{
    BIO_set_retry_special(bio);
    bio->retry_reason = reason;
}

int
BIO_should_retry(const BIO *bio)
{
    return BIO_test_flags(bio, BIO_FLAGS_SHOULD_RETRY);
}

int
BIO_should_read(const BIO *bio)
{
    return BIO_test_flags(bio, BIO_FLAGS_READ);
}

int
BIO_should_write(const BIO *bio)
{
    return BIO_test_flags(bio, BIO_FLAGS_WRITE);
}

int
BIO_should_io_special(const BIO *bio)
{
    return BIO_test_flags(bio, BIO_FLAGS_IO_SPECIAL);
}

int
BIO_retry_type(const BIO *bio)
{
    return BIO_test_flags(bio, BIO_FLAGS_RWS);
}

int
BIO_get_retry_reason(BIO *bio)
{
    return bio != NULL ? bio->retry_reason : 0;
}

void
BIO_set_retry_reason(BIO *bio, int reason)
{
    if (bio != NULL)
        bio->retry_reason = reason;
}

BIO *
BIO_get_retry_BIO(BIO *bio, int *reason)
{
    BIO *last = bio;
    for (; bio != NULL && BIO_should_retry(bio) != 0; bio = bio->next)
        last = bio;
    if (reason != NULL)
        *reason = last != NULL ? last->retry_reason : 0;
    return last;
}

void
BIO_copy_next_retry(BIO *bio)
{
    if (bio == NULL || bio->next == NULL)
        return;
    BIO_set_flags(bio, BIO_get_retry_flags(bio->next));
    bio->retry_reason = bio->next->retry_reason;
}
