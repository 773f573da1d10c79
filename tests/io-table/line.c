/* SPDX-License-Identifier: MIT
 *
 * BIOs of every kind over two queues. Descriptors are real; read() and send() on them are answered from the queues
 * (the linker's --wrap), so that the system stops and fails at the byte that is wanted.
 */
#include "tests/io-table/line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);

static struct line *current; /* whose descriptor is answered for */
static BIO_METHOD *own_method, *peer_method;
static int listener = -1;
static char listener_at[32];

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- the answers ---- */

static ssize_t
take(struct line *l, void *data, size_t len)
{
    size_t n = least(len, least(l->in_len, l->may_read) - l->in_pos);
    bool gone = l->gone && l->out_len >= l->may_write;
    if (n == 0 && (gone || (l->in_pos >= l->may_read && l->read_end == LINE_ENDS)))
        return 0;
    if (n == 0) {
        errno = l->in_pos >= l->may_read && l->read_end > 0 ? l->read_end : EAGAIN;
        return -1;
    }
    memcpy(data, l->in + l->in_pos, n);
    l->in_pos += n;
    return (ssize_t)n;
}

static ssize_t
give(struct line *l, const void *data, size_t len)
{
    size_t n = least(len, least(LINE_ALL, l->may_write) - l->out_len);
    if (n == 0) {
        errno = l->out_len >= l->may_write && l->write_end > 0 ? l->write_end : EAGAIN;
        return -1;
    }
    memcpy(l->out + l->out_len, data, n);
    l->out_len += n;
    return (ssize_t)n;
}

ssize_t
__wrap_read(int fd, void *data, size_t len)
{
    return current != NULL && fd == current->fd ? take(current, data, len) : __real_read(fd, data, len);
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
    return current != NULL && fd == current->fd ? give(current, data, len) : __real_send(fd, data, len, flags);
}

/* ---- kinds of a program's own ---- */

static int
own_read(BIO *bio, char *data, size_t len, size_t *got)
{
    ssize_t n = take(BIO_get_data(bio), data, len);
    BIO_clear_retry_flags(bio);
    if (n < 0 && errno == EAGAIN)
        BIO_set_retry_read(bio);
    *got = n > 0 ? (size_t)n : 0;
    return n > 0 ? 1 : (int)n;
}

static int
own_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    ssize_t n = give(BIO_get_data(bio), data, len);
    BIO_clear_retry_flags(bio);
    if (n < 0 && errno == EAGAIN)
        BIO_set_retry_write(bio);
    *put = n > 0 ? (size_t)n : 0;
    return n > 0 ? 1 : (int)n;
}

static int
peer_read(BIO *bio, char *data, size_t len, size_t *got)
{
    struct line *l = BIO_get_data(bio);
    *got = least(len, l->out_len - l->peer_pos);
    BIO_clear_retry_flags(bio);
    if (*got == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(data, l->out + l->peer_pos, *got);
    l->peer_pos += *got;
    return 1;
}

static int
peer_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    struct line *l = BIO_get_data(bio);
    *put = least(len, LINE_ALL - l->in_len);
    memcpy(l->in + l->in_len, data, *put);
    l->in_len += *put;
    return *put > 0;
}

static long
own_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void)bio;
    (void)num;
    (void)ptr;
    return cmd == BIO_CTRL_FLUSH;
}

static BIO *
make_own(struct line *l, BIO_METHOD **method, int (*reads)(BIO *, char *, size_t, size_t *),
         int (*writes)(BIO *, const char *, size_t, size_t *))
{
    if (*method == NULL) {
        *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "own");
        if (*method == NULL || BIO_meth_set_read_ex(*method, reads) != 1 ||
            BIO_meth_set_write_ex(*method, writes) != 1 || BIO_meth_set_ctrl(*method, own_ctrl) != 1)
            return NULL;
    }
    BIO *bio = BIO_new(*method);
    BIO_set_data(bio, l);
    BIO_set_init(bio, 1);
    return bio;
}

/* ---- kinds with a descriptor ---- */

static int
listen_on_loopback(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return -1;
    (void)snprintf(listener_at, sizeof listener_at, "127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    return fd;
}

static BIO *
make_descriptor(struct line *l)
{
    int fd[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
        return NULL;
    l->fd = fd[0];
    l->other = fd[1];
    return l->kind == KIND_FD ? BIO_new_fd(fd[0], BIO_CLOSE) : BIO_new_socket(fd[0], BIO_CLOSE);
}

static BIO *
make_connect(struct line *l)
{
    if (listener < 0)
        listener = listen_on_loopback();
    BIO *bio = BIO_new_connect(listener_at);
    if (listener < 0 || BIO_do_connect(bio) != 1) {
        (void)BIO_free(bio);
        return NULL;
    }
    l->other = accept(listener, NULL, NULL);
    l->fd = BIO_get_fd(bio, NULL);
    return bio;
}

static BIO *
make_accept(struct line *l)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    BIO *bio = BIO_new_accept("127.0.0.1:0");
    if (BIO_do_accept(bio) == 1) {
        at.sin_port = htons((uint16_t)strtoul(BIO_get_accept_port(bio), NULL, 10));
        l->other = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(l->other, (struct sockaddr *)&at, sizeof at) == 0 && BIO_do_accept(bio) == 1) {
            l->fd = BIO_get_fd(BIO_next(bio), NULL);
            return bio;
        }
    }
    (void)BIO_free_all(bio);
    return NULL;
}

/* ---- opening and closing ---- */

static BIO *
make_bio(struct line *l, bool narrow)
{
    BIO *bio = NULL, *behind;
    switch (l->kind) {
    case KIND_SOCKET:
    case KIND_FD:
        return make_descriptor(l);
    case KIND_CONNECT:
        return make_connect(l);
    case KIND_ACCEPT:
        return make_accept(l);
    case KIND_MEM:
        return BIO_new(BIO_s_mem());
    case KIND_PAIR:
        return BIO_new_bio_pair(&bio, narrow, &l->far, 0) == 1 ? bio : NULL;
    case KIND_BUFFER:
        behind = make_own(l, &own_method, own_read, own_write);
        bio = BIO_new(BIO_f_buffer());
        return bio != NULL && behind != NULL ? BIO_push(bio, behind) : NULL;
    default:
        return make_own(l, &own_method, own_read, own_write);
    }
}

bool
line_open(struct line *l, enum kind kind, SSL *ssl, SSL *peer, bool narrow)
{
    l->kind = kind;
    l->ssl = ssl;
    l->in_len = l->in_pos = l->out_len = l->peer_pos = 0;
    l->may_read = l->may_write = LINE_ALL;
    l->read_end = l->write_end = LINE_WAITS;
    l->fd = l->other = -1;
    l->far = l->rbio = NULL;
    l->gone = l->cut = l->closed = false;
    current = l;
    BIO *bio = make_bio(l, narrow), *far = make_own(l, &peer_method, peer_read, peer_write);
    if (bio == NULL || far == NULL)
        return false;
    SSL_set_bio(ssl, bio, kind == KIND_MEM ? BIO_new(BIO_s_mem()) : bio);
    SSL_set_bio(peer, far, far);
    l->rbio = kind == KIND_MEM || kind == KIND_PAIR ? bio : NULL;
    return true;
}

/* The far end first, and at once: no port stays taken. */
void
line_close(struct line *l)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)BIO_free(l->far);
    l->far = NULL;
    if (l->other >= 0) {
        (void)setsockopt(l->other, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        (void)close(l->other);
    }
    l->other = -1;
    current = NULL;
}

void
line_free_all(void)
{
    if (listener >= 0)
        (void)close(listener);
    listener = -1;
    BIO_meth_free(own_method);
    BIO_meth_free(peer_method);
    own_method = peer_method = NULL;
}

/* ---- pairs and memory ---- */

static void
sync_pair(struct line *l)
{
    size_t more = least(l->in_len, l->may_read) - l->in_pos, room = least(LINE_ALL, l->may_write) - l->out_len;
    int n = more > 0 ? BIO_write(l->far, l->in + l->in_pos, (int)more) : 0;
    l->in_pos += n > 0 ? (size_t)n : 0;
    n = room > 0 ? BIO_read(l->far, l->out + l->out_len, (int)room) : 0;
    l->out_len += n > 0 ? (size_t)n : 0;
    bool read_over = l->read_end != LINE_WAITS && line_read_stopped(l);
    bool write_over = l->write_end != LINE_WAITS && l->out_len >= l->may_write;
    if (write_over && !l->closed) {
        (void)BIO_shutdown_wr(l->rbio);
        l->closed = true;
    }
    if ((read_over && l->read_end == LINE_ENDS) || (write_over && l->gone && l->in_pos == l->in_len)) {
        (void)BIO_shutdown_wr(l->far);
        l->cut = true;
    } else if (read_over) {
        (void)BIO_destroy_bio_pair(l->far);
        l->cut = true;
    }
}

static void
sync_memory(struct line *l)
{
    size_t more = least(l->in_len, l->may_read) - l->in_pos, room = LINE_ALL - l->out_len;
    int n = more > 0 ? BIO_write(l->rbio, l->in + l->in_pos, (int)more) : 0;
    l->in_pos += n > 0 ? (size_t)n : 0;
    n = room > 0 && !l->closed ? BIO_read(SSL_get_wbio(l->ssl), l->out + l->out_len, (int)room) : 0;
    l->out_len += n > 0 ? (size_t)n : 0;
    if (l->read_end == LINE_ENDS && line_read_stopped(l)) {
        (void)BIO_set_mem_eof_return(l->rbio, 0);
        l->cut = true;
    }
    if (l->write_end > 0 && l->out_len >= l->may_write && !l->closed) {
        SSL_set0_wbio(l->ssl, BIO_new_mem_buf("", -1)); /* which cannot be written */
        if (l->gone)
            (void)BIO_set_mem_eof_return(l->rbio, 0);
        l->closed = true;
    }
}

void
line_sync(struct line *l)
{
    if (l->cut)
        return;
    if (l->kind == KIND_PAIR)
        sync_pair(l);
    else if (l->kind == KIND_MEM)
        sync_memory(l);
}

bool
line_read_stopped(const struct line *l)
{
    return l->in_pos >= l->may_read && (l->rbio == NULL || BIO_ctrl_pending(l->rbio) == 0);
}

bool
line_write_stopped(const struct line *l)
{
    return l->out_len >= l->may_write;
}

bool
line_holds(const struct line *l)
{
    return l->far != NULL && BIO_ctrl_pending(l->far) > 0;
}

/* ---- words ---- */

const char *
kind_name(enum kind kind)
{
    static const char *const names[NUM_KINDS] = {"socket", "fd", "mem", "pair", "buffer", "connect", "accept", "own"};
    return names[kind];
}

const char *
kind_cannot_fail(enum kind kind, bool reading)
{
    return kind == KIND_MEM && reading ? "reading memory cannot fail" : NULL;
}

const char *
kind_cannot_wait_to_write(enum kind kind)
{
    return kind == KIND_MEM ? "memory takes every byte" : NULL;
}
