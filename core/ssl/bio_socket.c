/* SPDX-License-Identifier: MIT
 *
 * The socket BIO, what other kinds with a descriptor share with it, and what programs do to sockets.
 */
#include "core/os/socket.h"
#include "core/ssl/bio.h"

#include <errno.h>

/* ---- descriptors ---- */

int
tvt_bio_fd_read(BIO *bio, char *data, size_t len, size_t *got)
{
    if (len == 0)
        return 0;
    long n = tvt_socket_read(bio->fd, data, len);
    if (n > 0) {
        *got = (size_t)n;
        return 1;
    }
    if (n == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    else if (tvt_socket_would_block(errno))
        BIO_set_retry_read(bio);
    return n < 0 ? -1 : 0;
}

int
tvt_bio_fd_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    if (len == 0)
        return 0;
    long n = tvt_socket_write(bio->fd, data, len);
    if (n > 0) {
        *put = (size_t)n;
        return 1;
    }
    if (n < 0 && tvt_socket_would_block(errno))
        BIO_set_retry_write(bio);
    return -1;
}

void
tvt_bio_fd_close(BIO *bio)
{
    if (bio->close_flag == BIO_NOCLOSE)
        return;
    if (bio->init != 0)
        tvt_socket_close(bio->fd);
    bio->fd = -1;
    bio->init = 0;
    bio->flags = 0;
}

static long
set_fd(BIO *bio, const int *fd, long close_flag)
{
    if (fd == NULL)
        return 0;
    tvt_bio_fd_close(bio);
    bio->fd = *fd;
    bio->close_flag = (int)close_flag;
    bio->init = 1;
    return 1;
}

long
tvt_bio_fd_ctrl(BIO *bio, int cmd, long num, void *ptr, bool *known)
{
    long r = 0;
    *known = true;
    switch (cmd) {
    case BIO_C_SET_FD:
        return set_fd(bio, ptr, num);
    case BIO_C_GET_FD:
        if (bio->init == 0)
            return -1;
        if (ptr != NULL)
            *(int *)ptr = bio->fd;
        return bio->fd;
    case BIO_CTRL_DUP:
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    default:
        *known = tvt_bio_close_ctrl(bio, cmd, num, &r);
        return r;
    }
}

static int
fd_create(BIO *bio)
{
    bio->init = 0;
    return 1;
}

static int
fd_destroy(BIO *bio)
{
    tvt_bio_fd_close(bio);
    return 1;
}

/* ---- the socket BIO ---- */

static long
socket_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    bool known;
    long r = tvt_bio_fd_ctrl(bio, cmd, num, ptr, &known);
    return !known && cmd == BIO_C_TVT_QUICK_ACK ? tvt_socket_quick_ack(bio->fd) : r;
}

const BIO_METHOD *
BIO_s_socket(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_SOCKET,
        .name = "socket",
        .read = tvt_bio_fd_read,
        .write = tvt_bio_fd_write,
        .puts = tvt_bio_puts,
        .ctrl = socket_ctrl,
        .create = fd_create,
        .destroy = fd_destroy,
    };
    return &method;
}

static BIO *
over(const BIO_METHOD *method, int fd, int close_flag)
{
    BIO *bio = BIO_new(method);
    if (bio != NULL)
        (void)set_fd(bio, &fd, close_flag);
    return bio;
}

BIO *
BIO_new_socket(int fd, int close_flag)
{
    return over(BIO_s_socket(), fd, close_flag);
}

/* ---- the descriptor BIO: files, pipes, terminals ---- */

/* One byte after the other: what follows the line stays in the descriptor. */
static int
fd_gets(BIO *bio, char *data, int size)
{
    int n = 0, r = 1;
    size_t got = 0;
    BIO_clear_retry_flags(bio);
    while (n < size - 1 && (n == 0 || data[n - 1] != '\n') && r > 0) {
        r = tvt_bio_fd_read(bio, data + n, 1, &got);
        n += r > 0;
    }
    data[n] = '\0';
    return n > 0 || r > 0 ? n : r;
}

static long
fd_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    bool known;
    long r = tvt_bio_fd_ctrl(bio, cmd, num, ptr, &known);
    if (known)
        return r;
    switch (cmd) {
    case BIO_CTRL_RESET:
        return tvt_fd_seek(bio->fd, 0, false);
    case BIO_C_FILE_SEEK:
        return tvt_fd_seek(bio->fd, num, false);
    case BIO_C_FILE_TELL:
    case BIO_CTRL_INFO:
        return tvt_fd_seek(bio->fd, 0, true);
    default:
        return 0;
    }
}

const BIO_METHOD *
BIO_s_fd(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_FD,
        .name = "file descriptor",
        .read = tvt_bio_fd_read,
        .write = tvt_bio_fd_write,
        .gets = fd_gets,
        .puts = tvt_bio_puts,
        .ctrl = fd_ctrl,
        .create = fd_create,
        .destroy = fd_destroy,
    };
    return &method;
}

BIO *
BIO_new_fd(int fd, int close_flag)
{
    return over(BIO_s_fd(), fd, close_flag);
}

int
BIO_fd_should_retry(int result)
{
    return BIO_sock_should_retry(result);
}

/* ---- sockets themselves ---- */

BIO *
tvt_bio_find_socket(BIO *bio)
{
    BIO *found = BIO_find_type(bio, BIO_TYPE_SOCKET);
    return found != NULL ? found : BIO_find_type(bio, BIO_TYPE_CONNECT);
}

int
BIO_set_tcp_ndelay(int fd, int on)
{
    return tvt_socket_set_nodelay(fd, on != 0);
}

int
BIO_socket_nbio(int fd, int mode)
{
    return tvt_socket_set_nonblocking(fd, mode != 0);
}

int
BIO_sock_should_retry(int result)
{
    return result <= 0 && tvt_socket_would_block(errno);
}

int
BIO_closesocket(int fd)
{
    if (fd < 0)
        return 0;
    tvt_socket_close(fd);
    return 1;
}
