/* SPDX-License-Identifier: MIT
 *
 * The accepting BIO: a listening socket, and behind it the socket BIO of the connection that came.
 */
#include "core/base/memory.h"
#include "core/os/address.h"
#include "core/os/socket.h"
#include "core/ssl/ssl.h"

#include <errno.h>
#include <string.h>

/* before --listen--> listening; that a connection was taken is seen by the BIO behind. */
enum state { BEFORE, LISTENING };

struct accepting {
    enum state state;
    char *host, *service; /* where to listen, as it was asked for; NULL: not given */
    enum tvt_family family;
    long bind_mode;   /* BIO_SOCK_*: of the listening socket */
    bool nonblocking; /* those that are taken */
    BIO *filters;     /* put in front of each connection: duplicates of them */
    struct tvt_address bound;
    char *bound_host, *bound_service; /* as text; NULL: not listening */
    char *peer_host, *peer_service;   /* of the last connection       */
};

static struct accepting *
of(const BIO *bio)
{
    return bio->data;
}

/* ---- listening ---- */

static bool
show(const struct tvt_address *address, char **host, char **service)
{
    char h[TVT_HOST_TEXT_MAX], s[TVT_ADDRESS_TEXT_MAX];
    tvt_bio_drop_text(host);
    tvt_bio_drop_text(service);
    if (!tvt_address_host_text(address, h, true) || !tvt_address_service_text(address, s, true))
        return false;
    return tvt_bio_set_text(host, h) && tvt_bio_set_text(service, s);
}

static int
listen_failed(const struct accepting *a, int errnum)
{
    struct tvt_error error;
    tvt_error_clear(&error);
    (void)tvt_fail_os(&error, TVT_E_IO_LISTEN, NULL, NULL, errnum, "%.100s port %.40s", a->host != NULL ? a->host : "*",
                      a->service != NULL ? a->service : "0");
    (void)tvt_bio_failed(&error);
    errno = errnum;
    return -1;
}

static int
start(BIO *bio)
{
    struct accepting *a = of(bio);
    struct tvt_address list[TVT_LIMIT_ADDRESSES];
    struct tvt_error error;
    size_t num;
    if (a->host == NULL && a->service == NULL)
        return tvt_bio_refuse(TVT_E_WRONG_CALL, "BIO_do_accept", "there is no port: call BIO_set_accept_name() first");
    tvt_error_clear(&error);
    if (tvt_address_lookup(list, &num, a->host, a->service, a->family, true, &error) != TVT_OK)
        return tvt_bio_failed(&error);
    for (size_t i = 0; i < num && bio->fd < 0; i++)
        bio->fd = tvt_socket_listen(&a->bound, &list[i], (unsigned)a->bind_mode);
    if (bio->fd < 0)
        return listen_failed(a, errno);
    (void)show(&a->bound, &a->bound_host, &a->bound_service);
    a->state = LISTENING;
    return 1;
}

/* ---- connections ---- */

static int
put_behind(BIO *bio, int fd)
{
    struct accepting *a = of(bio);
    BIO *taken = BIO_new_socket(fd, BIO_CLOSE);
    BIO *front = taken != NULL && a->filters != NULL ? BIO_dup_chain(a->filters) : NULL;
    if (taken == NULL || (a->filters != NULL && front == NULL)) {
        if (taken == NULL)
            tvt_socket_close(fd);
        BIO_free_all(taken);
        return tvt_bio_refuse(TVT_E_NO_MEMORY, "BIO_do_accept", "a connection was dropped");
    }
    (void)BIO_push(bio, front != NULL ? BIO_push(front, taken) : taken);
    return 1;
}

static int
take_one(BIO *bio)
{
    struct accepting *a = of(bio);
    struct tvt_address peer = {TVT_FAMILY_NONE, 0, {0}, 0};
    int fd = tvt_socket_accept(bio->fd, &peer, a->nonblocking ? TVT_SOCKET_NONBLOCK : 0);
    if (fd < 0 && tvt_socket_would_block(errno)) {
        tvt_bio_retry_special(bio, BIO_RR_ACCEPT);
        return -1;
    }
    if (fd < 0)
        return listen_failed(a, errno);
    (void)show(&peer, &a->peer_host, &a->peer_service);
    return put_behind(bio, fd);
}

/* The first call listens; one with no connection behind takes the next; with one there it is done. */
static int
do_accept(BIO *bio)
{
    BIO_clear_retry_flags(bio);
    bio->retry_reason = 0;
    if (of(bio)->state == BEFORE)
        return start(bio);
    return bio->next != NULL ? 1 : take_one(bio);
}

static int
until_taken(BIO *bio)
{
    int r = 1;
    while (r > 0 && bio->next == NULL)
        r = do_accept(bio);
    return r;
}

static int
accept_read(BIO *bio, char *data, size_t len, size_t *got)
{
    int r = until_taken(bio);
    if (r <= 0)
        return r;
    r = tvt_bio_read(bio->next, data, len, got);
    BIO_copy_next_retry(bio);
    return r;
}

static int
accept_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    int r = until_taken(bio);
    if (r <= 0)
        return r;
    r = tvt_bio_write(bio->next, data, len, put);
    BIO_copy_next_retry(bio);
    return r;
}

/* ---- control ---- */

static long
set_text(BIO *bio, long what, const char *text)
{
    struct accepting *a = of(bio);
    bio->init = 1;
    if (what == 0)
        return tvt_bio_parse(text, &a->host, &a->service, true, "BIO_set_accept_name");
    return tvt_bio_set_text(&a->service, text);
}

static long
set_where(BIO *bio, long what, void *ptr)
{
    struct accepting *a = of(bio);
    switch (what) {
    case 0:
    case 1:
        return ptr != NULL ? set_text(bio, what, ptr) : 1;
    case 2:
        a->bind_mode = ptr != NULL ? a->bind_mode | BIO_SOCK_NONBLOCK : a->bind_mode & ~(long)BIO_SOCK_NONBLOCK;
        return 1;
    case 3:
        BIO_free_all(a->filters);
        a->filters = ptr;
        return 1;
    case 4:
        if (ptr != NULL) {
            int family = *(const int *)ptr;
            a->family = family == BIO_FAMILY_IPV4 ? TVT_FAMILY_IPV4 : family == BIO_FAMILY_IPV6 ? TVT_FAMILY_IPV6 : 0;
        }
        return 1;
    default:
        return 0;
    }
}

static long
get_where(const BIO *bio, long what, const char **out)
{
    const struct accepting *a = of(bio);
    const char *const texts[] = {a->bound_host, a->bound_service, a->peer_host, a->peer_service};
    if (bio->init == 0)
        return -1;
    if (what == 4)
        return a->state == LISTENING          ? (long)a->bound.family
               : a->family != TVT_FAMILY_NONE ? (long)a->family
                                              : BIO_FAMILY_IPANY;
    if (what < 0 || what > 3 || out == NULL)
        return -1;
    *out = texts[what];
    return 1;
}

static void
stop(BIO *bio)
{
    struct accepting *a = of(bio);
    if (bio->close_flag != BIO_NOCLOSE)
        tvt_socket_close(bio->fd);
    bio->fd = -1;
    a->state = BEFORE;
    tvt_bio_drop_text(&a->bound_host);
    tvt_bio_drop_text(&a->bound_service);
}

static long
copy_to(const struct accepting *a, BIO *copy)
{
    struct accepting *b = of(copy);
    copy->fd = -1; /* it listens for itself */
    copy->close_flag = BIO_CLOSE;
    copy->flags = 0;
    b->family = a->family;
    b->bind_mode = a->bind_mode;
    b->nonblocking = a->nonblocking;
    b->filters = a->filters != NULL ? BIO_dup_chain(a->filters) : NULL;
    return tvt_bio_set_text(&b->host, a->host) && tvt_bio_set_text(&b->service, a->service) &&
           (b->filters != NULL) == (a->filters != NULL);
}

/* A socket that listens already. */
static long
take_fd(BIO *bio, long close_flag, const int *fd)
{
    struct accepting *a = of(bio);
    if (fd == NULL)
        return 0;
    stop(bio);
    bio->fd = *fd;
    bio->close_flag = (int)close_flag;
    bio->init = 1;
    a->state = LISTENING;
    if (tvt_socket_own_address(&a->bound, bio->fd))
        (void)show(&a->bound, &a->bound_host, &a->bound_service);
    return 1;
}

static long
accept_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    struct accepting *a = of(bio);
    long r = 0;
    switch (cmd) {
    case BIO_CTRL_RESET:
        stop(bio);
        bio->flags = 0;
        return 0;
    case BIO_C_DO_STATE_MACHINE:
        return do_accept(bio);
    case BIO_C_SET_ACCEPT:
        return set_where(bio, num, ptr);
    case BIO_C_GET_ACCEPT:
        return get_where(bio, num, ptr);
    case BIO_C_SET_NBIO:
        a->nonblocking = num != 0;
        return 1;
    case BIO_C_SET_BIND_MODE:
        a->bind_mode = num;
        return 1;
    case BIO_C_GET_BIND_MODE:
        return a->bind_mode;
    case BIO_C_SET_FD:
        return take_fd(bio, num, ptr);
    case BIO_C_GET_FD:
        if (bio->init != 0 && ptr != NULL)
            *(int *)ptr = bio->fd;
        return bio->init != 0 ? bio->fd : -1;
    case BIO_CTRL_FLUSH:
        return bio->next != NULL ? tvt_bio_ctrl_next(bio, cmd, num, ptr) : 1;
    case BIO_CTRL_PENDING:
    case BIO_CTRL_WPENDING:
    case BIO_CTRL_EOF:
        return bio->next != NULL ? BIO_ctrl(bio->next, cmd, num, ptr) : 0;
    case BIO_CTRL_DUP:
        return copy_to(a, ptr);
    default:
        (void)tvt_bio_close_ctrl(bio, cmd, num, &r);
        return r;
    }
}

/* ---- life ---- */

static int
accept_create(BIO *bio)
{
    bio->data = tvt_alloc(NULL, sizeof(struct accepting));
    return bio->data != NULL;
}

static int
accept_destroy(BIO *bio)
{
    struct accepting *a = of(bio);
    stop(bio);
    tvt_bio_drop_text(&a->host);
    tvt_bio_drop_text(&a->service);
    tvt_bio_drop_text(&a->peer_host);
    tvt_bio_drop_text(&a->peer_service);
    BIO_free_all(a->filters);
    tvt_release(NULL, a, sizeof *a);
    return 1;
}

const BIO_METHOD *
BIO_s_accept(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_ACCEPT,
        .name = "socket accept",
        .read = accept_read,
        .write = accept_write,
        .puts = tvt_bio_puts,
        .ctrl = accept_ctrl,
        .create = accept_create,
        .destroy = accept_destroy,
    };
    return &method;
}

BIO *
BIO_new_accept(const char *host_port)
{
    BIO *bio = host_port != NULL ? BIO_new(BIO_s_accept()) : NULL;
    if (bio == NULL || BIO_set_accept_name(bio, host_port) == 1)
        return bio;
    (void)BIO_free(bio);
    return NULL;
}
