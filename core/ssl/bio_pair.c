/* SPDX-License-Identifier: MIT
 *
 * Half of a BIO pair: what is written to one half is read from the other. Each half owns the ring that it writes to;
 * its size is fixed when the pair is made, and nothing is allocated afterwards. There are no locks.
 */
#include "core/base/memory.h"
#include "core/ssl/ssl.h"

#include <limits.h>
#include <string.h>

#define DEFAULT_SIZE (17u * 1024) /* a full record and some more, as OpenSSL has it */

struct half {
    BIO *peer;     /* no reference; NULL: not paired                     */
    uint8_t *ring; /* of `made` bytes: what was written here             */
    size_t made, size;
    size_t at, held; /* the first byte held, and how many there are        */
    size_t request;  /* bytes that the peer wanted and did not get         */
    bool closed;     /* nothing more is written here                       */
};

static struct half *
half_of(const BIO *bio)
{
    return bio->data;
}

/* ---- reading: from the peer's ring ---- */

/* Nothing is there: the end, or a request. */
static long
nothing(BIO *bio, struct half *from, size_t wanted)
{
    if (from->closed)
        return 0;
    BIO_set_retry_read(bio);
    from->request = wanted < from->size ? wanted : from->size;
    return -1;
}

/* The bytes at hand that lie in one piece. */
static long
pair_nread0(BIO *bio, char **data)
{
    BIO_clear_retry_flags(bio);
    if (half_of(bio)->peer == NULL)
        return 0;
    struct half *from = half_of(half_of(bio)->peer);
    from->request = 0;
    if (from->held == 0)
        return nothing(bio, from, 1);
    size_t len = from->at + from->held > from->size ? from->size - from->at : from->held;
    if (data != NULL)
        *data = (char *)from->ring + from->at;
    return (long)len;
}

static void
took(struct half *from, size_t len)
{
    from->held -= len;
    from->at = from->held == 0 || from->at + len == from->size ? 0 : from->at + len;
}

static long
pair_nread(BIO *bio, char **data, long most)
{
    long len = pair_nread0(bio, data);
    if (len > most)
        len = most;
    if (len > 0)
        took(half_of(half_of(bio)->peer), (size_t)len);
    return len;
}

static int
pair_read(BIO *bio, char *data, size_t len, size_t *got)
{
    struct half *from = half_of(half_of(bio)->peer);
    from->request = 0;
    if (len == 0)
        return 0;
    if (from->held == 0)
        return (int)nothing(bio, from, len);
    while (*got < len && from->held > 0) { /* two pieces at most */
        size_t piece = from->at + from->held > from->size ? from->size - from->at : from->held;
        piece = piece < len - *got ? piece : len - *got;
        memcpy(data + *got, from->ring + from->at, piece);
        took(from, piece);
        *got += piece;
    }
    return 1;
}

/* ---- writing: to one's own ring ---- */

static long
pair_nwrite0(BIO *bio, char **data)
{
    struct half *to = half_of(bio);
    BIO_clear_retry_flags(bio);
    if (to->peer == NULL)
        return 0;
    to->request = 0;
    if (to->closed)
        return tvt_bio_refuse(TVT_E_WRONG_CALL, "BIO_write", "BIO_shutdown_wr() closed this half");
    if (to->held == to->size) {
        BIO_set_retry_write(bio);
        return -1;
    }
    size_t end = to->at + to->held < to->size ? to->at + to->held : to->at + to->held - to->size;
    size_t room = to->size - to->held;
    if (data != NULL)
        *data = (char *)to->ring + end;
    return (long)(end + room > to->size ? to->size - end : room);
}

static long
pair_nwrite(BIO *bio, char **data, long most)
{
    long len = pair_nwrite0(bio, data);
    if (len > most)
        len = most;
    if (len > 0)
        half_of(bio)->held += (size_t)len;
    return len;
}

static int
pair_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    while (*put < len) {
        char *to;
        size_t left = len - *put;
        if (*put > 0 && half_of(bio)->held == half_of(bio)->size)
            break;
        long piece = pair_nwrite(bio, &to, left > LONG_MAX ? LONG_MAX : (long)left);
        if (piece <= 0)
            return (int)piece;
        memcpy(to, data + *put, (size_t)piece);
        *put += (size_t)piece;
    }
    return *put > 0;
}

/* ---- pairing ---- */

static bool
make_ring(struct half *h)
{
    if (h->ring != NULL && h->made != h->size) {
        tvt_release_wiped(NULL, h->ring, h->made);
        h->ring = NULL;
    }
    if (h->ring == NULL)
        h->ring = tvt_alloc(NULL, h->size);
    h->made = h->ring != NULL ? h->size : 0;
    h->at = h->held = h->request = 0;
    h->closed = false;
    return h->ring != NULL;
}

static long
make_pair(BIO *one, BIO *other)
{
    if (other == NULL || other == one || other->method != BIO_s_bio())
        return tvt_bio_refuse(TVT_E_BAD_ARGUMENT, "BIO_make_bio_pair",
                              "the other BIO is not the other half of a pair") > 0;
    if (half_of(one)->peer != NULL || half_of(other)->peer != NULL)
        return tvt_bio_refuse(TVT_E_WRONG_CALL, "BIO_make_bio_pair", "one of them has a peer already") > 0;
    if (!make_ring(half_of(one)) || !make_ring(half_of(other)))
        return tvt_bio_refuse(TVT_E_NO_MEMORY, "BIO_make_bio_pair", "%zu and %zu bytes", half_of(one)->size,
                              half_of(other)->size) > 0;
    half_of(one)->peer = other;
    half_of(other)->peer = one;
    one->init = other->init = 1;
    return 1;
}

static void
part(BIO *bio)
{
    half_of(bio)->peer = NULL;
    half_of(bio)->at = half_of(bio)->held = 0;
    bio->init = 0;
}

static long
destroy_pair(BIO *bio)
{
    BIO *peer = half_of(bio)->peer;
    if (peer != NULL) {
        part(peer);
        part(bio);
    }
    return 1;
}

static long
set_size(struct half *h, long size)
{
    if (h->peer != NULL)
        return tvt_bio_refuse(TVT_E_WRONG_CALL, "BIO_set_write_buf_size", "the pair is made") > 0;
    if (size <= 0 || size > INT_MAX)
        return tvt_bio_refuse(TVT_E_BAD_ARGUMENT, "BIO_set_write_buf_size", "%ld bytes", size) > 0;
    h->size = (size_t)size;
    return 1;
}

/* ---- control ---- */

static long
ring_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    struct half *h = half_of(bio);
    switch (cmd) {
    case BIO_C_NREAD0:
        return pair_nread0(bio, ptr);
    case BIO_C_NREAD:
        return pair_nread(bio, ptr, num);
    case BIO_C_NWRITE0:
        return pair_nwrite0(bio, ptr);
    case BIO_C_NWRITE:
        return pair_nwrite(bio, ptr, num);
    case BIO_CTRL_RESET: /* what the peer did not read yet is gone */
        h->at = h->held = 0;
        return 0;
    case BIO_CTRL_PENDING:
        return h->peer != NULL ? (long)half_of(h->peer)->held : 0;
    case BIO_CTRL_WPENDING:
        return (long)h->held;
    case BIO_CTRL_EOF:
        return h->peer == NULL || (half_of(h->peer)->held == 0 && half_of(h->peer)->closed);
    case BIO_CTRL_DUP:
        half_of(ptr)->size = h->size;
        ((BIO *)ptr)->init = 0; /* a half without a peer */
        return 1;
    case BIO_CTRL_FLUSH:
        return 1;
    default:
        return 0;
    }
}

static long
pair_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    struct half *h = half_of(bio);
    long r;
    switch (cmd) {
    case BIO_C_SET_WRITE_BUF_SIZE:
        return set_size(h, num);
    case BIO_C_GET_WRITE_BUF_SIZE:
        return (long)h->size;
    case BIO_C_MAKE_BIO_PAIR:
        return make_pair(bio, ptr);
    case BIO_C_DESTROY_BIO_PAIR:
        return destroy_pair(bio);
    case BIO_C_GET_WRITE_GUARANTEE:
        return h->peer == NULL || h->closed ? 0 : (long)(h->size - h->held);
    case BIO_C_GET_READ_REQUEST:
        return (long)h->request;
    case BIO_C_RESET_READ_REQUEST:
        h->request = 0;
        return 1;
    case BIO_C_SHUTDOWN_WR:
        h->closed = true;
        return 1;
    default:
        return tvt_bio_close_ctrl(bio, cmd, num, &r) ? r : ring_ctrl(bio, cmd, num, ptr);
    }
}

/* ---- life ---- */

static int
pair_create(BIO *bio)
{
    struct half *h = tvt_alloc(NULL, sizeof *h);
    if (h == NULL)
        return 0;
    h->size = DEFAULT_SIZE;
    bio->data = h;
    return 1;
}

static int
pair_destroy(BIO *bio)
{
    struct half *h = half_of(bio);
    (void)destroy_pair(bio);
    tvt_release_wiped(NULL, h->ring, h->made);
    tvt_release(NULL, h, sizeof *h);
    return 1;
}

const BIO_METHOD *
BIO_s_bio(void)
{
    static const struct tvt_bio_method method = {
        .type = BIO_TYPE_BIO,
        .name = "BIO pair",
        .read = pair_read,
        .write = pair_write,
        .puts = tvt_bio_puts,
        .ctrl = pair_ctrl,
        .create = pair_create,
        .destroy = pair_destroy,
    };
    return &method;
}

static bool
sized(BIO *bio, size_t size)
{
    return bio != NULL && (size == 0 || (size <= INT_MAX && BIO_set_write_buf_size(bio, (long)size) == 1));
}

int
BIO_new_bio_pair(BIO **one, size_t one_size, BIO **other, size_t other_size)
{
    if (one == NULL || other == NULL)
        return tvt_bio_refuse(TVT_E_BAD_ARGUMENT, "BIO_new_bio_pair", "there is no place for the two halves") > 0;
    *one = BIO_new(BIO_s_bio());
    *other = BIO_new(BIO_s_bio());
    if (sized(*one, one_size) && sized(*other, other_size) && BIO_make_bio_pair(*one, *other) == 1)
        return 1;
    (void)BIO_free(*one);
    (void)BIO_free(*other);
    *one = *other = NULL;
    return 0;
}

/* ---- calls of this kind alone ---- */

size_t
BIO_ctrl_get_write_guarantee(BIO *bio)
{
    long n = BIO_ctrl(bio, BIO_C_GET_WRITE_GUARANTEE, 0, NULL);
    return n > 0 ? (size_t)n : 0;
}

size_t
BIO_ctrl_get_read_request(BIO *bio)
{
    long n = BIO_ctrl(bio, BIO_C_GET_READ_REQUEST, 0, NULL);
    return n > 0 ? (size_t)n : 0;
}

int
BIO_ctrl_reset_read_request(BIO *bio)
{
    return BIO_ctrl(bio, BIO_C_RESET_READ_REQUEST, 0, NULL) > 0;
}

/* Without a copy. -2: no peer. */
static int
direct(BIO *bio, int cmd, char **data, long num)
{
    if (bio == NULL || bio->init == 0)
        return tvt_bio_refuse(TVT_E_WRONG_CALL, "BIO_nread, BIO_nwrite", "this BIO has no peer") - 1;
    long r = BIO_ctrl(bio, cmd, num, data);
    if (r > INT_MAX)
        r = INT_MAX;
    if (r > 0 && cmd == BIO_C_NREAD)
        bio->num_read += (unsigned long)r;
    if (r > 0 && cmd == BIO_C_NWRITE)
        bio->num_written += (unsigned long)r;
    return (int)r;
}

int
BIO_nread0(BIO *bio, char **data)
{
    return direct(bio, BIO_C_NREAD0, data, 0);
}

int
BIO_nread(BIO *bio, char **data, int num)
{
    return direct(bio, BIO_C_NREAD, data, num);
}

int
BIO_nwrite0(BIO *bio, char **data)
{
    return direct(bio, BIO_C_NWRITE0, data, 0);
}

int
BIO_nwrite(BIO *bio, char **data, int num)
{
    return direct(bio, BIO_C_NWRITE, data, num);
}
