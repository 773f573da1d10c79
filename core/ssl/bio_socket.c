/* SPDX-License-Identifier: MIT
 *
 * The socket BIO, and what programs do to sockets.
 */
#include "core/os/socket.h"
#include "core/ssl/bio.h"

#include <errno.h>

static int
socket_read(BIO *bio, void *data, size_t len, size_t *got)
{
    long n = tvt_socket_read(bio->fd, data, len);
    if (n > 0) {
        *got = (size_t)n;
        return 1;
    }
    if (n < 0 && tvt_socket_would_block(errno))
        BIO_set_retry_read(bio);
    return n < 0 ? -1 : 0;
}

static int
socket_write(BIO *bio, const void *data, size_t len, size_t *put)
{
    long n = tvt_socket_write(bio->fd, data, len);
    if (n > 0) {
        *put = (size_t)n;
        return 1;
    }
    if (n < 0 && tvt_socket_would_block(errno))
        BIO_set_retry_write(bio);
    return -1;
}

static void
close_old(BIO *bio)
{
    if (bio->close_flag == BIO_CLOSE)
        tvt_socket_close(bio->fd);
    bio->fd = -1;
}

static long
socket_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    switch (cmd) {
    case BIO_C_SET_FD:
        if (ptr == NULL)
            return 0;
        close_old(bio);
        bio->fd = *(const int *)ptr;
        bio->close_flag = (int)num;
        return 1;
    case BIO_C_GET_FD:
        if (ptr != NULL)
            *(int *)ptr = bio->fd;
        return bio->fd;
    case BIO_CTRL_GET_CLOSE:
        return bio->close_flag;
    case BIO_CTRL_SET_CLOSE:
        bio->close_flag = (int)num;
        return 1;
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_C_TVT_QUICK_ACK:
        return tvt_socket_quick_ack(bio->fd);
    default:
        return 0;
    }
}

static int
socket_destroy(BIO *bio)
{
    close_old(bio);
    return 1;
}

const BIO_METHOD *
BIO_s_socket(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_SOCKET,
        .name = "socket",
        .read = socket_read,
        .write = socket_write,
        .ctrl = socket_ctrl,
        .destroy = socket_destroy,
    };
    return &method;
}

BIO *
BIO_new_socket(int fd, int close_flag)
{
    BIO *bio = BIO_new(BIO_s_socket());
    if (bio != NULL) {
        bio->fd = fd;
        bio->close_flag = close_flag;
    }
    return bio;
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
