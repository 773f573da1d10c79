/* SPDX-License-Identifier: MIT
 *
 * The memory BIO: a queue of bytes that grows, or a view of bytes that somebody else owns.
 */
#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/ssl/ssl.h"

#include <limits.h>
#include <string.h>

struct memory {
    struct tvt_buffer held;
    struct tvt_span view; /* of a read-only BIO */
    size_t at;            /* read so far of `view` */
    int eof_return;       /* what reading returns when nothing is left */
};

static struct tvt_span
left(const BIO *bio)
{
    const struct memory *m = bio->data;
    if ((bio->flags & BIO_FLAGS_MEM_RDONLY) != 0)
        return tvt_span(m->view.data + m->at, m->view.len - m->at);
    return tvt_buffer_span(&m->held);
}

static void
take(BIO *bio, size_t len)
{
    struct memory *m = bio->data;
    if ((bio->flags & BIO_FLAGS_MEM_RDONLY) != 0)
        m->at += len;
    else
        tvt_buffer_consume(&m->held, len);
}

static int
nothing(BIO *bio)
{
    const struct memory *m = bio->data;
    if (m->eof_return == 0)
        return 0;
    BIO_set_retry_read(bio);
    return -1;
}

static int
mem_read(BIO *bio, char *data, size_t len, size_t *got)
{
    struct tvt_span bytes = left(bio);
    if (bytes.len == 0)
        return nothing(bio);
    *got = len < bytes.len ? len : bytes.len;
    tvt_copy(data, bytes.data, *got);
    take(bio, *got);
    return *got > 0 ? 1 : 0;
}

static int
mem_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    struct memory *m = bio->data;
    if ((bio->flags & BIO_FLAGS_MEM_RDONLY) != 0)
        return tvt_bio_refuse(TVT_E_WRONG_CALL, "BIO_write", "these bytes are read-only");
    if (len == 0)
        return 0;
    if (!tvt_buffer_append(&m->held, data, len))
        return tvt_bio_refuse(TVT_E_NO_MEMORY, "BIO_write", "%zu bytes", len);
    *put = len;
    return 1;
}

static int
mem_gets(BIO *bio, char *data, int size)
{
    struct tvt_span bytes = left(bio);
    BIO_clear_retry_flags(bio);
    size_t n = bytes.len < (size_t)size - 1 ? bytes.len : (size_t)size - 1;
    const uint8_t *newline = n > 0 ? memchr(bytes.data, '\n', n) : NULL;
    if (newline != NULL)
        n = (size_t)(newline - bytes.data) + 1;
    tvt_copy(data, bytes.data, n);
    data[n] = '\0';
    take(bio, n);
    return (int)n;
}

static int
reset(BIO *bio)
{
    struct memory *m = bio->data;
    m->at = 0;
    tvt_buffer_release(&m->held);
    return 1;
}

static long
as_long(size_t n)
{
    return n > LONG_MAX ? LONG_MAX : (long)n;
}

/* What was read of a queue is gone: only a view has places to go back to. */
static long
place(BIO *bio, bool moves, long at)
{
    struct memory *m = bio->data;
    if ((bio->flags & BIO_FLAGS_MEM_RDONLY) == 0)
        return moves ? -1 : 0;
    if (moves && (at < 0 || (size_t)at > m->view.len))
        return -1;
    if (moves)
        m->at = (size_t)at;
    return as_long(m->at);
}

static long
mem_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    struct memory *m = bio->data;
    struct tvt_span bytes = left(bio);
    long r = 0;
    switch (cmd) {
    case BIO_CTRL_RESET:
        return reset(bio);
    case BIO_CTRL_EOF:
        return bytes.len == 0;
    case BIO_CTRL_INFO:
        if (ptr != NULL) {
            const void *data = bytes.data;
            memcpy(ptr, &data, sizeof data); /* char ** of the caller */
        }
        return as_long(bytes.len);
    case BIO_C_SET_BUF_MEM_EOF_RETURN:
        m->eof_return = (int)num;
        return 1;
    case BIO_CTRL_PENDING:
        return as_long(bytes.len);
    case BIO_C_FILE_SEEK:
    case BIO_C_FILE_TELL:
        return place(bio, cmd == BIO_C_FILE_SEEK, num);
    case BIO_CTRL_DUP:
    case BIO_CTRL_FLUSH:
        return 1;
    default:
        (void)tvt_bio_close_ctrl(bio, cmd, num, &r);
        return r;
    }
}

static int
mem_create(BIO *bio)
{
    struct memory *m = tvt_alloc(NULL, sizeof *m);
    if (m == NULL)
        return 0;
    tvt_buffer_init(&m->held, NULL, SIZE_MAX / 2);
    m->eof_return = -1;
    bio->data = m;
    bio->init = 1;
    return 1;
}

static int
mem_destroy(BIO *bio)
{
    struct memory *m = bio->data;
    tvt_buffer_release(&m->held);
    tvt_release(NULL, m, sizeof *m);
    return 1;
}

const BIO_METHOD *
BIO_s_mem(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_MEM,
        .name = "memory buffer",
        .read = mem_read,
        .write = mem_write,
        .gets = mem_gets,
        .puts = tvt_bio_puts,
        .ctrl = mem_ctrl,
        .create = mem_create,
        .destroy = mem_destroy,
    };
    return &method;
}

BIO *
BIO_new_mem_buf(const void *data, int len)
{
    BIO *bio = data != NULL ? BIO_new(BIO_s_mem()) : NULL;
    if (bio == NULL)
        return NULL;
    struct memory *m = bio->data;
    m->view = tvt_span(data, len < 0 ? strlen(data) : (size_t)len);
    m->eof_return = 0;
    bio->flags |= BIO_FLAGS_MEM_RDONLY;
    return bio;
}

int
BIO_set_mem_eof_return(BIO *bio, int value)
{
    return (int)BIO_ctrl(bio, BIO_C_SET_BUF_MEM_EOF_RETURN, value, NULL);
}
