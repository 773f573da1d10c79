/* SPDX-License-Identifier: MIT
 *
 * The connecting BIO: a socket that opens itself when it is first used, to each address of a host in turn.
 */
#include "core/base/memory.h"
#include "core/os/address.h"
#include "core/os/socket.h"
#include "core/ssl/ssl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* before --lookup--> trying --> connecting --> connected; from trying and connecting to the next address, or, where
 * none is left, to failed. */
enum state { BEFORE, TRYING, CONNECTING, CONNECTED, FAILED };

struct connecting {
    enum state state;
    char *host, *service; /* NULL: not given */
    long mode;            /* BIO_SOCK_* */
    enum tvt_family family;
    struct tvt_address list[TVT_LIMIT_ADDRESSES]; /* of the host */
    size_t num, at;
    struct tvt_address given; /* BIO_set_conn_address(); no family: none */
    BIO_info_cb *callback;
};

static struct connecting *
of(const BIO *bio)
{
    return bio->data;
}

/* ---- the state machine ---- */

static int
failed(struct connecting *c, const char *what)
{
    struct tvt_error error;
    int errnum = errno;
    tvt_error_clear(&error);
    c->state = FAILED;
    (void)tvt_fail_os(&error, TVT_E_IO_CONNECT, NULL, NULL, errnum, "%s %.100s port %.40s", what,
                      c->host != NULL ? c->host : "*", c->service != NULL ? c->service : "0");
    (void)tvt_bio_failed(&error);
    errno = errnum;
    return -1;
}

static int
look_up(struct connecting *c)
{
    struct tvt_error error;
    if (c->host == NULL && c->service == NULL && c->given.family == TVT_FAMILY_NONE)
        return tvt_bio_refuse(TVT_E_WRONG_CALL, "BIO_do_connect",
                              "there is neither host nor port: call BIO_set_conn_hostname() first");
    tvt_error_clear(&error);
    c->at = 0;
    if (c->given.family != TVT_FAMILY_NONE) {
        c->list[0] = c->given;
        c->num = 1;
    } else if (tvt_address_lookup(c->list, &c->num, c->host, c->service, c->family, false, &error) != TVT_OK) {
        return tvt_bio_failed(&error);
    }
    c->state = TRYING;
    return 1;
}

static void
close_socket(BIO *bio)
{
    if (bio->fd >= 0 && bio->close_flag != BIO_NOCLOSE)
        tvt_socket_close(bio->fd);
    bio->fd = -1;
}

/* The next address, or the end. Sockets that did not connect are ours whatever the close flag says. */
static int
next_address(BIO *bio, const char *what)
{
    struct connecting *c = of(bio);
    tvt_socket_close(bio->fd);
    bio->fd = -1;
    if (++c->at >= c->num)
        return failed(c, what);
    c->state = TRYING;
    return 1;
}

static int
waits(BIO *bio)
{
    of(bio)->state = CONNECTING;
    tvt_bio_retry_special(bio, BIO_RR_CONNECT);
    return -1;
}

static int
went(BIO *bio, enum tvt_connecting how)
{
    if (how == TVT_CONNECTING)
        return waits(bio);
    if (how == TVT_NOT_CONNECTED)
        return next_address(bio, "connecting to");
    of(bio)->state = CONNECTED;
    return 1;
}

static unsigned
options_of(long mode)
{
    return (unsigned)mode & (TVT_SOCKET_NONBLOCK | TVT_SOCKET_NODELAY | TVT_SOCKET_KEEPALIVE);
}

static int
step(BIO *bio)
{
    struct connecting *c = of(bio);
    switch (c->state) {
    case BEFORE:
        return look_up(c);
    case TRYING:
        bio->fd = tvt_socket_open(c->list[c->at].family, options_of(c->mode) | TVT_SOCKET_KEEPALIVE);
        if (bio->fd < 0)
            return next_address(bio, "a socket for");
        return went(bio, tvt_socket_begin_connect(bio->fd, &c->list[c->at]));
    case CONNECTING:
        return went(bio, tvt_socket_check_connect(bio->fd));
    case CONNECTED:
        return 1;
    case FAILED:
        break;
    }
    return tvt_bio_refuse(TVT_E_IO_CONNECT, "BIO_do_connect", "it failed before: call BIO_reset() to try again");
}

/* 1, or -1: failed, or a retry for BIO_RR_CONNECT. */
static int
do_connect(BIO *bio)
{
    struct connecting *c = of(bio);
    int r = 1;
    BIO_clear_retry_flags(bio);
    bio->retry_reason = 0;
    while (r > 0 && c->state != CONNECTED) {
        r = step(bio);
        if (c->callback != NULL)
            r = c->callback(bio, (int)c->state, r) > 0 || r <= 0 ? r : -1;
    }
    return r;
}

static int
connect_read(BIO *bio, char *data, size_t len, size_t *got)
{
    int r = do_connect(bio);
    return r > 0 ? tvt_bio_fd_read(bio, data, len, got) : r;
}

static int
connect_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    int r = do_connect(bio);
    return r > 0 ? tvt_bio_fd_write(bio, data, len, put) : r;
}

/* ---- control ---- */

static long
set_address(struct connecting *c, const BIO_ADDR *address)
{
    char host[TVT_HOST_TEXT_MAX], service[TVT_ADDRESS_TEXT_MAX];
    if (!tvt_address_host_text(address, host, true) || !tvt_address_service_text(address, service, true))
        return 0;
    if (!tvt_bio_set_text(&c->host, host) || !tvt_bio_set_text(&c->service, service))
        return 0;
    c->given = *address;
    return 1;
}

static long
set_where(BIO *bio, long what, const void *ptr)
{
    struct connecting *c = of(bio);
    if (ptr == NULL)
        return 0;
    bio->init = 1;
    switch (what) {
    case 0:
        c->given.family = TVT_FAMILY_NONE;
        return tvt_bio_parse(ptr, &c->host, &c->service, false, "BIO_set_conn_hostname");
    case 1:
        c->given.family = TVT_FAMILY_NONE;
        return tvt_bio_set_text(&c->service, ptr);
    case 2:
        return set_address(c, ptr);
    case 3: {
        int family = *(const int *)ptr;
        c->family = family == BIO_FAMILY_IPV4 ? TVT_FAMILY_IPV4 : family == BIO_FAMILY_IPV6 ? TVT_FAMILY_IPV6 : 0;
        return family == BIO_FAMILY_IPANY || c->family != TVT_FAMILY_NONE;
    }
    default:
        return 0;
    }
}

static const struct tvt_address *
address_of(const struct connecting *c)
{
    return c->at < c->num ? &c->list[c->at] : c->given.family != TVT_FAMILY_NONE ? &c->given : NULL;
}

static long
get_where(const struct connecting *c, long what, const void **out)
{
    const struct tvt_address *address = address_of(c);
    switch (what) {
    case 3:
        return address != NULL                ? (long)address->family
               : c->family != TVT_FAMILY_NONE ? (long)c->family
                                              : BIO_FAMILY_IPANY;
    case 4:
        return c->mode;
    default:
        break;
    }
    if (out == NULL || what > 2 || what < 0)
        return 0;
    *out = what == 0 ? (const void *)c->host : what == 1 ? (const void *)c->service : (const void *)address;
    return 1;
}

static long
reset(BIO *bio)
{
    struct connecting *c = of(bio);
    close_socket(bio);
    c->state = BEFORE;
    c->num = c->at = 0;
    bio->flags = 0;
    return 0;
}

static long
copy_to(const struct connecting *c, BIO *copy)
{
    struct connecting *d = of(copy);
    copy->fd = -1; /* it connects for itself */
    copy->close_flag = BIO_CLOSE;
    copy->flags = 0;
    d->mode = c->mode;
    d->family = c->family;
    d->given = c->given;
    d->callback = c->callback;
    return tvt_bio_set_text(&d->host, c->host) && tvt_bio_set_text(&d->service, c->service);
}

/* A socket that is connected already. */
static long
take_fd(BIO *bio, long num, void *ptr)
{
    bool known;
    if (ptr == NULL)
        return 0;
    close_socket(bio);
    bio->init = 0;
    of(bio)->state = CONNECTED;
    return tvt_bio_fd_ctrl(bio, BIO_C_SET_FD, num, ptr, &known);
}

static long
connect_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    struct connecting *c = of(bio);
    bool known;
    switch (cmd) {
    case BIO_CTRL_RESET:
        return reset(bio);
    case BIO_C_DO_STATE_MACHINE:
        return do_connect(bio);
    case BIO_C_SET_CONNECT:
        return set_where(bio, num, ptr);
    case BIO_C_GET_CONNECT:
        return get_where(c, num, ptr);
    case BIO_C_SET_NBIO:
        c->mode = num != 0 ? c->mode | BIO_SOCK_NONBLOCK : c->mode & ~(long)BIO_SOCK_NONBLOCK;
        return 1;
    case BIO_C_SET_CONNECT_MODE:
        c->mode = num;
        return 1;
    case BIO_CTRL_DUP:
        return copy_to(c, ptr);
    case BIO_C_SET_FD:
        return take_fd(bio, num, ptr);
    case BIO_C_TVT_QUICK_ACK:
        return tvt_socket_quick_ack(bio->fd);
    default:
        return tvt_bio_fd_ctrl(bio, cmd, num, ptr, &known);
    }
}

static long
connect_callback_ctrl(BIO *bio, int cmd, BIO_info_cb *callback)
{
    if (cmd != BIO_CTRL_SET_CALLBACK)
        return 0;
    of(bio)->callback = callback;
    return 1;
}

/* ---- life ---- */

static int
connect_create(BIO *bio)
{
    bio->data = tvt_alloc(NULL, sizeof(struct connecting));
    return bio->data != NULL;
}

static int
connect_destroy(BIO *bio)
{
    struct connecting *c = of(bio);
    close_socket(bio);
    tvt_bio_drop_text(&c->host);
    tvt_bio_drop_text(&c->service);
    tvt_release(NULL, c, sizeof *c);
    return 1;
}

const BIO_METHOD *
BIO_s_connect(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_CONNECT,
        .name = "socket connect",
        .read = connect_read,
        .write = connect_write,
        .puts = tvt_bio_puts,
        .ctrl = connect_ctrl,
        .create = connect_create,
        .destroy = connect_destroy,
        .callback_ctrl = connect_callback_ctrl,
    };
    return &method;
}

BIO *
BIO_new_connect(const char *host_port)
{
    BIO *bio = host_port != NULL ? BIO_new(BIO_s_connect()) : NULL;
    if (bio == NULL || BIO_set_conn_hostname(bio, host_port) == 1)
        return bio;
    (void)BIO_free(bio);
    return NULL;
}

const char *
tvt_bio_conn_hostname(BIO *bio)
{
    BIO *found = BIO_find_type(bio, BIO_TYPE_CONNECT);
    return found != NULL ? of(found)->host : NULL;
}
