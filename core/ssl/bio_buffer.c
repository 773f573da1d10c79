/* SPDX-License-Identifier: MIT
 *
 * The buffering filter: many small reads and writes become few large ones of the BIO behind it.
 */
#include "core/base/memory.h"
#include "core/ssl/ssl.h"

#include <limits.h>
#include <string.h>

#define DEFAULT_SIZE 4096u /* of either buffer, and the least */

struct room {
    char *bytes;
    size_t made, size; /* allocated; filled at a time       */
    size_t at, held;   /* held bytes begin at bytes[at]     */
};

struct buffers {
    struct room in, out;
};

static struct buffers *
of(const BIO *bio)
{
    return bio->data;
}

/* What the BIO behind said when it gave nothing. `done` bytes were moved before: they count first. */
static int
stopped(BIO *bio, int r, size_t done)
{
    BIO_copy_next_retry(bio);
    return done > 0 ? 1 : r;
}

/* ---- reading ---- */

static size_t
take(struct room *in, char *to, size_t most)
{
    size_t n = most < in->held ? most : in->held;
    tvt_copy(to, in->bytes + in->at, n);
    in->at += n;
    in->held -= n;
    return n;
}

/* One read of the BIO behind, as much as fits. */
static int
fill(BIO *bio)
{
    struct room *in = &of(bio)->in;
    size_t got;
    int r = tvt_bio_read(bio->next, in->bytes, in->size, &got);
    if (r > 0) {
        in->at = 0;
        in->held = got;
    }
    return r;
}

static int
buffer_read(BIO *bio, char *data, size_t len, size_t *got)
{
    struct room *in = &of(bio)->in;
    int r = 1;
    if (bio->next == NULL)
        return 0;
    *got = take(in, data, len);
    bool direct = len - *got > in->size; /* straight to the caller, to the end */
    while (r > 0 && (*got < len || (len == 0 && in->held == 0))) {
        size_t n;
        if (direct) {
            r = tvt_bio_read(bio->next, data + *got, len - *got, &n);
            *got += n;
            continue;
        }
        r = fill(bio);
        if (r > 0)
            *got += take(in, data + *got, len - *got);
    }
    if (r <= 0)
        return stopped(bio, r, *got);
    return *got > 0;
}

static int
buffer_gets(BIO *bio, char *data, int size)
{
    struct room *in = &of(bio)->in;
    size_t n = 0, most = (size_t)size - 1;
    BIO_clear_retry_flags(bio);
    data[0] = '\0';
    if (bio->next == NULL)
        return 0;
    while (n < most && (n == 0 || data[n - 1] != '\n')) {
        int r = in->held > 0 ? 1 : fill(bio);
        if (r <= 0) {
            BIO_copy_next_retry(bio);
            return n > 0 ? (int)n : r;
        }
        size_t len = in->held < most - n ? in->held : most - n;
        const char *newline = memchr(in->bytes + in->at, '\n', len);
        if (newline != NULL)
            len = (size_t)(newline - in->bytes) - in->at + 1;
        n += take(in, data + n, len);
        data[n] = '\0';
    }
    return (int)n;
}

/* ---- writing ---- */

static size_t
put_in(struct room *out, const char *data, size_t len)
{
    size_t end = out->at + out->held, n = out->size - end < len ? out->size - end : len;
    tvt_copy(out->bytes + end, data, n);
    out->held += n;
    return n;
}

/* What is held goes to the BIO behind. */
static int
drain(BIO *bio)
{
    struct room *out = &of(bio)->out;
    while (out->held > 0) {
        size_t n;
        int r = tvt_bio_write(bio->next, out->bytes + out->at, out->held, &n);
        if (r <= 0)
            return r;
        out->at += n;
        out->held -= n;
    }
    out->at = 0;
    return 1;
}

static int
buffer_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    struct room *out = &of(bio)->out;
    bool drained = false;
    if (bio->next == NULL || len == 0)
        return 0;
    while (*put < len) {
        size_t left = len - *put, n;
        int r = 1;
        if (out->held > 0 || left < out->size || (left == out->size && !drained)) {
            *put += put_in(out, data + *put, left);
            drained = *put < len;
            r = drained ? drain(bio) : 1;
        } else {
            r = tvt_bio_write(bio->next, data + *put, left, &n); /* more than fits: without a copy */
            *put += n;
        }
        if (r <= 0)
            return stopped(bio, r, *put);
    }
    return 1;
}

static long
flush(BIO *bio)
{
    if (bio->next == NULL)
        return 0;
    BIO_clear_retry_flags(bio);
    int r = drain(bio);
    if (r <= 0)
        BIO_copy_next_retry(bio);
    return r > 0 ? tvt_bio_ctrl_next(bio, BIO_CTRL_FLUSH, 0, NULL) : r;
}

/* ---- sizes ---- */

/* Makes room for `made` bytes; what it held is gone. */
static bool
allocate(struct room *room, size_t made)
{
    char *bytes = tvt_alloc(NULL, made);
    if (bytes == NULL)
        return false;
    tvt_release_wiped(NULL, room->bytes, room->made);
    *room = (struct room){.bytes = bytes, .made = made, .size = room->size};
    return true;
}

/* Sizes below the default change nothing. */
static bool
resize(struct room *room, size_t size)
{
    if (size <= DEFAULT_SIZE || size == room->size)
        return true;
    if (!allocate(room, size))
        return false;
    room->size = size;
    return true;
}

static long
set_size(BIO *bio, long size, const int *which)
{
    bool reads = which == NULL || *which == 0, writes = which == NULL || *which != 0;
    if (size > INT_MAX || (reads && !resize(&of(bio)->in, size > 0 ? (size_t)size : 0)) ||
        (writes && !resize(&of(bio)->out, size > 0 ? (size_t)size : 0)))
        return tvt_bio_refuse(TVT_E_NO_MEMORY, "BIO_set_buffer_size", "%ld bytes", size) > 0;
    return 1;
}

/* Bytes to be read before those of the BIO behind. */
static long
set_read_data(BIO *bio, const char *data, long len)
{
    struct room *in = &of(bio)->in;
    if (data == NULL || len <= 0 || len > INT_MAX || ((size_t)len > in->made && !allocate(in, (size_t)len)))
        return 0;
    memcpy(in->bytes, data, (size_t)len);
    in->at = 0;
    in->held = (size_t)len;
    return 1;
}

static long
peek(BIO *bio, char *data, long most)
{
    struct room *in = &of(bio)->in;
    BIO_clear_retry_flags(bio);
    if (in->held == 0 && bio->next != NULL && fill(bio) <= 0)
        BIO_copy_next_retry(bio);
    size_t n = most <= 0 ? 0 : (size_t)most < in->held ? (size_t)most : in->held;
    tvt_copy(data, in->bytes + in->at, data != NULL ? n : 0);
    return (long)n;
}

static long
num_lines(const struct room *in)
{
    long n = 0;
    for (size_t i = 0; i < in->held; i++)
        n += in->bytes[in->at + i] == '\n';
    return n;
}

static long
reset(BIO *bio)
{
    of(bio)->in.at = of(bio)->in.held = 0;
    of(bio)->out.at = of(bio)->out.held = 0;
    return bio->next != NULL ? BIO_ctrl(bio->next, BIO_CTRL_RESET, 0, NULL) : 0;
}

static long
behind(BIO *bio, int cmd, long num, void *ptr)
{
    return bio->next != NULL ? BIO_ctrl(bio->next, cmd, num, ptr) : 0;
}

static long
buffer_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    const struct buffers *b = of(bio);
    switch (cmd) {
    case BIO_CTRL_RESET:
        return reset(bio);
    case BIO_CTRL_EOF:
        return b->in.held > 0 ? 0 : behind(bio, cmd, num, ptr);
    case BIO_CTRL_INFO:
        return (long)b->out.held;
    case BIO_C_GET_BUFF_NUM_LINES:
        return num_lines(&b->in);
    case BIO_CTRL_WPENDING:
        return b->out.held > 0 ? (long)b->out.held : behind(bio, cmd, num, ptr);
    case BIO_CTRL_PENDING:
        return b->in.held > 0 ? (long)b->in.held : behind(bio, cmd, num, ptr);
    case BIO_C_SET_BUFF_READ_DATA:
        return set_read_data(bio, ptr, num);
    case BIO_C_SET_BUFF_SIZE:
        return set_size(bio, num, ptr);
    case BIO_C_DO_STATE_MACHINE:
        return tvt_bio_ctrl_next(bio, cmd, num, ptr);
    case BIO_CTRL_FLUSH:
        return flush(bio);
    case BIO_CTRL_DUP:
        return set_size(ptr, (long)b->in.size, &(int){0}) == 1 && set_size(ptr, (long)b->out.size, &(int){1}) == 1;
    case BIO_CTRL_PEEK:
        return peek(bio, ptr, num);
    default:
        return behind(bio, cmd, num, ptr);
    }
}

/* ---- life ---- */

static int
buffer_destroy(BIO *bio)
{
    struct buffers *b = of(bio);
    tvt_release_wiped(NULL, b->in.bytes, b->in.made);
    tvt_release_wiped(NULL, b->out.bytes, b->out.made);
    tvt_release(NULL, b, sizeof *b);
    return 1;
}

static int
buffer_create(BIO *bio)
{
    struct buffers *b = tvt_alloc(NULL, sizeof *b);
    if (b == NULL)
        return 0;
    bio->data = b;
    bio->init = 1;
    b->in.size = b->out.size = DEFAULT_SIZE;
    if (allocate(&b->in, DEFAULT_SIZE) && allocate(&b->out, DEFAULT_SIZE))
        return 1;
    (void)buffer_destroy(bio);
    return 0;
}

const BIO_METHOD *
BIO_f_buffer(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_BUFFER,
        .name = "buffer",
        .read = buffer_read,
        .write = buffer_write,
        .gets = buffer_gets,
        .puts = tvt_bio_puts,
        .ctrl = buffer_ctrl,
        .create = buffer_create,
        .destroy = buffer_destroy,
        .callback_ctrl = tvt_bio_callback_next,
    };
    return &method;
}
