/* SPDX-License-Identifier: MIT
 *
 * The BIO that keeps nothing, and the filter that changes nothing.
 */
#include "core/ssl/bio.h"

#include <limits.h>
#include <string.h>

/* ---- the sink ---- */

static int
sink_read(BIO *bio, char *data, size_t len, size_t *got)
{
    (void)bio;
    (void)data;
    (void)len;
    *got = 0;
    return 0;
}

static int
sink_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    (void)bio;
    (void)data;
    *put = len;
    return len > 0;
}

static int
sink_gets(BIO *bio, char *data, int size)
{
    (void)bio;
    (void)size;
    data[0] = '\0';
    return 0;
}

static long
sink_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void)bio;
    (void)num;
    (void)ptr;
    switch (cmd) {
    case BIO_CTRL_RESET:
    case BIO_CTRL_EOF:
    case BIO_CTRL_SET_CLOSE:
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DUP:
        return 1;
    default:
        return 0;
    }
}

const BIO_METHOD *
BIO_s_null(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_NULL,
        .name = "NULL",
        .read = sink_read,
        .write = sink_write,
        .gets = sink_gets,
        .puts = tvt_bio_puts,
        .ctrl = sink_ctrl,
    };
    return &method;
}

/* ---- the filter ---- */

static int
filter_read(BIO *bio, char *data, size_t len, size_t *got)
{
    if (bio->next == NULL)
        return 0;
    int r = tvt_bio_read(bio->next, data, len, got);
    BIO_copy_next_retry(bio);
    return r;
}

static int
filter_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    if (bio->next == NULL || len == 0)
        return 0;
    int r = tvt_bio_write(bio->next, data, len, put);
    BIO_copy_next_retry(bio);
    return r;
}

static int
filter_gets(BIO *bio, char *data, int size)
{
    if (bio->next == NULL)
        return 0;
    BIO_clear_retry_flags(bio);
    int r = BIO_gets(bio->next, data, size);
    BIO_copy_next_retry(bio);
    return r;
}

static int
filter_puts(BIO *bio, const char *text)
{
    if (bio->next == NULL)
        return 0;
    BIO_clear_retry_flags(bio);
    int r = BIO_puts(bio->next, text);
    BIO_copy_next_retry(bio);
    return r;
}

static long
filter_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    if (cmd == BIO_CTRL_DUP)
        return 1;
    if (cmd == BIO_C_DO_STATE_MACHINE || cmd == BIO_CTRL_FLUSH)
        return tvt_bio_ctrl_next(bio, cmd, num, ptr);
    return bio->next != NULL ? BIO_ctrl(bio->next, cmd, num, ptr) : 0;
}

const BIO_METHOD *
BIO_f_null(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_NULL_FILTER,
        .name = "NULL filter",
        .read = filter_read,
        .write = filter_write,
        .gets = filter_gets,
        .puts = filter_puts,
        .ctrl = filter_ctrl,
        .callback_ctrl = tvt_bio_callback_next,
    };
    return &method;
}
