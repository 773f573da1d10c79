/* SPDX-License-Identifier: MIT
 *
 * The talk of the BIO tests.
 */
#include "tests/unit/bio_help.h"

#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

#define TALK  3000
#define TURNS 200000u

static SSL_CTX *contexts[2];

bool
ends_make(struct ends *e, int version)
{
    memset(e, 0, sizeof *e);
    for (int role = 0; role < 2; role++) {
        if (contexts[role] == NULL)
            contexts[role] = make_ctx(role, NULL, good_kind());
        e->ssl[role] = SSL_new(contexts[role]);
        if (e->ssl[role] == NULL || SSL_set_min_proto_version(e->ssl[role], version) != 1 ||
            SSL_set_max_proto_version(e->ssl[role], version) != 1)
            return false;
    }
    SSL_set_connect_state(e->ssl[TVT_CLIENT]);
    SSL_set_accept_state(e->ssl[TVT_SERVER]);
    return SSL_set1_host(e->ssl[TVT_CLIENT], "localhost") == 1;
}

void
ends_free(struct ends *e)
{
    for (int role = 0; role < 2; role++) {
        SSL_free(e->ssl[role]);
        (void)BIO_free(e->net[role]);
    }
    memset(e, 0, sizeof *e);
}

void
ends_free_contexts(void)
{
    for (int role = 0; role < 2; role++) {
        SSL_CTX_free(contexts[role]);
        contexts[role] = NULL;
    }
}

/* ---- moving bytes ---- */

static void
move(const struct ends *e, BIO *from, BIO *to)
{
    char bytes[4096], *source = NULL, *target = NULL;
    size_t most = BIO_ctrl_get_write_guarantee(to);
    if (most > sizeof bytes)
        most = sizeof bytes;
    if (e->chunk != 0 && most > e->chunk)
        most = e->chunk;
    if (most == 0 || BIO_ctrl_pending(from) == 0)
        return;
    if (!e->in_place) {
        int n = BIO_read(from, bytes, (int)most);
        CU_ASSERT_TRUE(n > 0);
        CU_ASSERT_EQUAL(BIO_write(to, bytes, n), n);
        return;
    }
    int room = BIO_nwrite0(to, &target), n = BIO_nread(from, &source, room < (int)most ? room : (int)most);
    CU_ASSERT_TRUE(room > 0 && n > 0);
    memcpy(target, source, (size_t)n);
    CU_ASSERT_EQUAL(BIO_nwrite(to, &target, n), n);
}

static void
pump(struct ends *e)
{
    for (int role = 0; role < 2 && e->net[0] != NULL; role++)
        move(e, e->net[role], e->net[1 - role]);
}

static bool
waits(struct ends *e, int role, int r)
{
    int why = SSL_get_error(e->ssl[role], r);
    bool explained = r == -1 && (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ||
                                 why == SSL_ERROR_WANT_CONNECT || why == SSL_ERROR_WANT_ACCEPT);
    e->waits += explained;
    if (!explained) {
        char text[1024];
        (void)tvt_error_format(SSL_get0_error_record(e->ssl[role]), text, sizeof text);
        fprintf(stderr, "%s: %d, error %d: %s\n", role == 0 ? "client" : "server", r, why, text);
    }
    return explained;
}

/* ---- the talk ---- */

bool
ends_shake(struct ends *e)
{
    int r[2] = {-1, -1};
    for (unsigned turn = 0; turn < TURNS && (r[0] != 1 || r[1] != 1); turn++) {
        for (int role = 0; role < 2; role++) {
            if (r[role] != 1)
                r[role] = role == TVT_CLIENT ? SSL_connect(e->ssl[role]) : SSL_accept(e->ssl[role]);
            if (r[role] != 1 && !waits(e, role, r[role]))
                return false;
        }
        pump(e);
    }
    return r[0] == 1 && r[1] == 1;
}

static bool
say(struct ends *e, int from)
{
    uint8_t out[TALK], in[TALK + 1];
    size_t got = 0;
    bool written = false;
    pattern(out, sizeof out, (unsigned)from);
    for (unsigned turn = 0; turn < TURNS && (!written || got < TALK); turn++) {
        int r = written ? 1 : SSL_write(e->ssl[from], out, TALK);
        written = written || r == TALK;
        if (!written && !waits(e, from, r))
            return false;
        pump(e);
        r = SSL_read(e->ssl[1 - from], in + got, (int)(sizeof in - got));
        if (r <= 0 && !waits(e, 1 - from, r))
            return false;
        got += r > 0 ? (size_t)r : 0;
    }
    return written && got == TALK && memcmp(in, out, TALK) == 0;
}

/* The client says that it is done, the server reads that, and then does the same. */
static bool
close_both(struct ends *e)
{
    int r[2] = {0, 0};
    bool heard = false;
    char byte;
    for (unsigned turn = 0; turn < TURNS && (r[0] != 1 || r[1] != 1); turn++) {
        r[0] = SSL_shutdown(e->ssl[0]);
        if (r[0] < 0 && !waits(e, 0, r[0]))
            return false;
        pump(e);
        r[1] = heard ? SSL_shutdown(e->ssl[1]) : SSL_read(e->ssl[1], &byte, 1);
        heard = heard || SSL_get_error(e->ssl[1], r[1]) == SSL_ERROR_ZERO_RETURN;
        if (r[1] < 0 && !waits(e, 1, r[1]))
            return false;
        pump(e);
    }
    return r[0] == 1 && r[1] == 1;
}

bool
ends_talk(struct ends *e)
{
    return ends_shake(e) && say(e, TVT_CLIENT) && say(e, TVT_SERVER) && close_both(e);
}

/* ---- a kind of the program's ---- */

#define QUEUE_MAX 65536u

static bool
holds_back(struct queue *q)
{
    q->turn = !q->turn;
    return q->turn && q->chunk != 0;
}

static int
queue_read(BIO *bio, char *data, int len)
{
    struct queue *q = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (q->len == 0 || holds_back(q)) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t n = (size_t)len < q->len ? (size_t)len : q->len;
    if (q->chunk != 0 && n > q->chunk)
        n = q->chunk;
    memcpy(data, q->bytes, n);
    memmove(q->bytes, q->bytes + n, q->len - n);
    q->len -= n;
    return (int)n;
}

static int
queue_write(BIO *bio, const char *data, int len)
{
    struct queue *q = BIO_get_data(bio);
    size_t n = (size_t)len, room = QUEUE_MAX - q->peer->len;
    BIO_clear_retry_flags(bio);
    if (q->chunk != 0 && n > q->chunk)
        n = q->chunk;
    if (n > room)
        n = room;
    if (n == 0 || holds_back(q)) {
        BIO_set_retry_write(bio);
        return -1;
    }
    memcpy(q->peer->bytes + q->peer->len, data, n);
    q->peer->len += n;
    q->writes++;
    return (int)n;
}

static int
queue_read_ex(BIO *bio, char *data, size_t len, size_t *got)
{
    int n = queue_read(bio, data, (int)len);
    *got = n > 0 ? (size_t)n : 0;
    return n > 0 ? 1 : n;
}

static int
queue_write_ex(BIO *bio, const char *data, size_t len, size_t *put)
{
    int n = queue_write(bio, data, (int)len);
    *put = n > 0 ? (size_t)n : 0;
    return n > 0 ? 1 : n;
}

static long
queue_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    struct queue *q = BIO_get_data(bio);
    (void)num;
    (void)ptr;
    q->flushes += cmd == BIO_CTRL_FLUSH;
    return cmd == BIO_CTRL_FLUSH;
}

static int
queue_create(BIO *bio)
{
    BIO_set_init(bio, 0);
    return 1;
}

static int
queue_destroy(BIO *bio)
{
    struct queue *q = BIO_get_data(bio);
    q->destroyed++;
    free(q->bytes);
    q->bytes = NULL;
    return 1;
}

BIO_METHOD *
queue_method(bool old)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "queue");
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(old ? BIO_meth_set_read(m, queue_read) : BIO_meth_set_read_ex(m, queue_read_ex), 1);
    CU_ASSERT_EQUAL(old ? BIO_meth_set_write(m, queue_write) : BIO_meth_set_write_ex(m, queue_write_ex), 1);
    CU_ASSERT_EQUAL(BIO_meth_set_ctrl(m, queue_ctrl), 1);
    CU_ASSERT_EQUAL(BIO_meth_set_create(m, queue_create), 1);
    CU_ASSERT_EQUAL(BIO_meth_set_destroy(m, queue_destroy), 1);
    return m;
}

BIO *
queue_bio(BIO_METHOD *method, struct queue *q, struct queue *peer, size_t chunk)
{
    BIO *bio = BIO_new(method);
    char byte;
    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    CU_ASSERT_EQUAL(BIO_read(bio, &byte, 1), -1); /* not ready yet */
    *q = (struct queue){.peer = peer, .bytes = malloc(QUEUE_MAX), .chunk = chunk};
    BIO_set_data(bio, q);
    BIO_set_init(bio, 1);
    return bio;
}
