/* SPDX-License-Identifier: MIT
 *
 * Calls on BIOs, for either library.
 */
#define _POSIX_C_SOURCE 200809L
#ifdef TALK_THEIRS
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#define WHOSE(name) name##_theirs
#else
#include <trivet/ssl.h>
#define WHOSE(name) name##_ours
#endif
#include "tests/ssl-coexist/bio_script.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM       20000
#define KEPT_FLAGS 0x80f /* READ, WRITE, IO_SPECIAL, SHOULD_RETRY, IN_EOF */

struct stage {
    BIO *bio[2]; /* the second: the peer, or what is behind */
    BIO_METHOD *method;
    enum bio_kind kind;
    unsigned seed; /* of the bytes that are written */
};

static void
make_bytes(struct stage *s, char *out, int len)
{
    for (int i = 0; i < len; i++) {
        s->seed = s->seed * 1103515245u + 12345u;
        unsigned c = s->seed >> 16 & 0x3f;
        out[i] = c == 0 ? '\n' : (char)('0' + c);
    }
}

static unsigned long
sum_of(const char *bytes, long len)
{
    unsigned long sum = 5381;
    for (long i = 0; i < len; i++)
        sum = sum * 33 + (unsigned char)bytes[i];
    return sum;
}

/* ---- a kind of the program's: over a queue, with moods ---- */

struct moody {
    unsigned turn;
    char bytes[ROOM];
    int held;
};

static int
moody_create(BIO *bio)
{
    BIO_set_data(bio, calloc(1, sizeof(struct moody)));
    BIO_set_init(bio, 1);
    return BIO_get_data(bio) != NULL;
}

static int
moody_destroy(BIO *bio)
{
    free(BIO_get_data(bio));
    return 1;
}

static int
moody_read(BIO *bio, char *data, int len)
{
    struct moody *m = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (++m->turn % 5 == 0 || m->held == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    int n = len < m->held ? len : m->held;
    if (m->turn % 3 == 0 && n > 7)
        n = 7;
    memcpy(data, m->bytes, (size_t)n);
    memmove(m->bytes, m->bytes + n, (size_t)(m->held - n));
    m->held -= n;
    return n;
}

static int
moody_write(BIO *bio, const char *data, int len)
{
    struct moody *m = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (++m->turn % 4 == 0 || m->held == ROOM) {
        BIO_set_retry_write(bio);
        return -1;
    }
    int n = len < ROOM - m->held ? len : ROOM - m->held;
    if (m->turn % 3 == 0 && n > 11)
        n = 11;
    memcpy(m->bytes + m->held, data, (size_t)n);
    m->held += n;
    return n;
}

static int
moody_read_ex(BIO *bio, char *data, size_t len, size_t *got)
{
    int n = moody_read(bio, data, (int)len);
    *got = n > 0 ? (size_t)n : 0;
    return n > 0 ? 1 : n;
}

static int
moody_write_ex(BIO *bio, const char *data, size_t len, size_t *put)
{
    int n = moody_write(bio, data, (int)len);
    *put = n > 0 ? (size_t)n : 0;
    return n > 0 ? 1 : n;
}

static long
moody_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    struct moody *m = BIO_get_data(bio);
    (void)num;
    (void)ptr;
    return cmd == BIO_CTRL_FLUSH ? 1 : cmd == BIO_CTRL_PENDING ? m->held : 0;
}

static BIO *
make_moody(struct stage *s, int old)
{
    s->method = BIO_meth_new(BIO_TYPE_START | BIO_TYPE_SOURCE_SINK, "moody");
    int good = BIO_meth_set_create(s->method, moody_create) & BIO_meth_set_destroy(s->method, moody_destroy) &
               BIO_meth_set_ctrl(s->method, moody_ctrl);
    good &= old ? BIO_meth_set_read(s->method, moody_read) & BIO_meth_set_write(s->method, moody_write)
                : BIO_meth_set_read_ex(s->method, moody_read_ex) & BIO_meth_set_write_ex(s->method, moody_write_ex);
    good &= BIO_meth_get_create(s->method) == moody_create && BIO_meth_get_ctrl(s->method) == moody_ctrl;
    good &= old ? BIO_meth_get_read(s->method) == moody_read : BIO_meth_get_read_ex(s->method) == moody_read_ex;
    return good ? BIO_new(s->method) : NULL;
}

/* ---- the stage ---- */

static void
make_descriptors(struct stage *s)
{
    int fd[2];
    if (s->kind == KIND_SOCKET ? socketpair(AF_UNIX, SOCK_STREAM, 0, fd) : pipe(fd))
        return;
    for (int i = 0; i < 2; i++) {
        (void)fcntl(fd[i], F_SETFL, O_NONBLOCK);
        s->bio[i] = s->kind == KIND_SOCKET ? BIO_new_socket(fd[i], BIO_CLOSE) : BIO_new_fd(fd[i], BIO_CLOSE);
    }
}

static BIO *
filter_over(const BIO_METHOD *filter, BIO *behind)
{
    BIO *bio = BIO_new(filter);
    return bio != NULL && behind != NULL ? BIO_push(bio, behind) : NULL;
}

static char view[5000];

static void
make_stage(struct stage *s)
{
    BIO *front = NULL;
    switch (s->kind) {
    case KIND_MEM:
    case KIND_MEM_EOF:
        s->bio[0] = BIO_new(BIO_s_mem());
        if (s->kind == KIND_MEM_EOF)
            (void)BIO_set_mem_eof_return(s->bio[0], 0);
        break;
    case KIND_VIEW:
        make_bytes(s, view, sizeof view);
        s->bio[0] = BIO_new_mem_buf(view, sizeof view);
        break;
    case KIND_PAIR:
    case KIND_BUFFER_PAIR:
    case KIND_NULL_FILTER:
        if (BIO_new_bio_pair(&front, 700, &s->bio[1], s->kind == KIND_PAIR ? 0 : 9000) != 1)
            return;
        s->bio[0] = front;
        if (s->kind != KIND_PAIR)
            s->bio[0] = filter_over(s->kind == KIND_NULL_FILTER ? BIO_f_null() : BIO_f_buffer(), front);
        break;
    case KIND_BUFFER_MEM:
        s->bio[0] = filter_over(BIO_f_buffer(), BIO_new(BIO_s_mem()));
        break;
    case KIND_BUFFER_OLD:
    case KIND_BUFFER_EX:
        s->bio[0] = filter_over(BIO_f_buffer(), make_moody(s, s->kind == KIND_BUFFER_OLD));
        break;
    case KIND_OLD:
    case KIND_EX:
        s->bio[0] = make_moody(s, s->kind == KIND_OLD);
        break;
    case KIND_NULL:
        s->bio[0] = BIO_new(BIO_s_null());
        break;
    case KIND_SOCKET:
    case KIND_FD:
        make_descriptors(s);
        break;
    case KIND_FILE:
        s->bio[0] = BIO_new_fp(tmpfile(), BIO_CLOSE);
        break;
    case BIO_KINDS:
        break;
    }
    if (s->bio[1] == NULL && s->bio[0] != NULL && BIO_up_ref(s->bio[0]) == 1)
        s->bio[1] = s->bio[0];
}

/* ---- one step ---- */

static long
move_bytes(struct stage *s, const struct bio_step *step, BIO *bio, struct bio_result *r)
{
    static char bytes[ROOM + 1];
    size_t n = 0;
    long value;
    memset(bytes, 0, sizeof bytes);
    switch (step->op) {
    case OP_READ:
        value = BIO_read(bio, bytes, step->len);
        r->sum = sum_of(bytes, value);
        return value;
    case OP_READ_EX:
        value = BIO_read_ex(bio, bytes, (size_t)step->len, &n);
        r->sum = sum_of(bytes, (long)n);
        return value * 100000 + (long)n;
    case OP_GETS:
        value = BIO_gets(bio, bytes, step->len + 2);
        r->sum = sum_of(bytes, value);
        return value;
    case OP_WRITE:
        make_bytes(s, bytes, step->len);
        return BIO_write(bio, bytes, step->len);
    case OP_WRITE_EX:
        make_bytes(s, bytes, step->len);
        value = BIO_write_ex(bio, bytes, (size_t)step->len, &n);
        return value * 100000 + (long)n;
    case OP_PUTS:
        make_bytes(s, bytes, step->len % 300 + 1);
        return BIO_puts(bio, bytes);
    default:
        make_bytes(s, bytes, step->len % 3000 + 1);
        return BIO_printf(bio, "%d %s %5.2f%%\n", step->len, bytes, 1.5);
    }
}

static long
direct(struct stage *s, const struct bio_step *step, BIO *bio, struct bio_result *r)
{
    char *at = NULL;
    long value;
    if (step->op == OP_NREAD0 || step->op == OP_NREAD) {
        value = step->op == OP_NREAD ? BIO_nread(bio, &at, step->len) : BIO_nread0(bio, &at);
        r->sum = sum_of(at, value);
    } else {
        value = step->op == OP_NWRITE ? BIO_nwrite(bio, &at, step->len) : BIO_nwrite0(bio, &at);
        if (value > 0)
            make_bytes(s, at, (int)value);
    }
    return value;
}

static long
buffer_step(struct stage *s, const struct bio_step *step, BIO *bio, struct bio_result *r)
{
    char bytes[ROOM];
    long value;
    switch (step->op) {
    case OP_BUFFER_SIZE:
        return step->len % 3 == 0   ? BIO_set_buffer_size(bio, step->len)
               : step->len % 3 == 1 ? BIO_set_read_buffer_size(bio, step->len)
                                    : BIO_set_write_buffer_size(bio, step->len);
    case OP_LINES:
        return BIO_get_buffer_num_lines(bio);
    case OP_PEEK:
        value = BIO_buffer_peek(bio, bytes, step->len);
        r->sum = sum_of(bytes, value);
        return value;
    default:
        make_bytes(s, bytes, step->len);
        return step->len > 0 ? BIO_set_buffer_read_data(bio, bytes, step->len) : 0;
    }
}

static long
duplicate(struct stage *s, BIO *bio)
{
    long value = -1;
    if (s->kind == KIND_SOCKET || s->kind == KIND_FD || s->kind == KIND_FILE) /* theirs would close it twice */
        return 0;
    BIO *copy = BIO_dup_chain(bio);
    if (copy != NULL)
        value = BIO_method_type(copy) * 10 + (s->kind == KIND_PAIR || s->kind == KIND_BUFFER_PAIR ||
                                              BIO_get_init(copy)); /* theirs: ready, and it crashes */
    BIO_free_all(copy);
    return value;
}

static long
other_step(struct stage *s, const struct bio_step *step, BIO *bio)
{
    switch (step->op) {
    case OP_PENDING:
        return (long)BIO_ctrl_pending(bio);
    case OP_WPENDING:
        return (long)BIO_ctrl_wpending(bio);
    case OP_EOF:
        return BIO_eof(bio);
    case OP_FLUSH:
        return BIO_flush(bio);
    case OP_RESET:
        return BIO_reset(bio);
    case OP_GET_CLOSE:
        return BIO_get_close(bio);
    case OP_UNKNOWN:
        return BIO_ctrl(bio, 9999, step->len, NULL);
    case OP_GUARANTEE:
        return (long)BIO_ctrl_get_write_guarantee(bio);
    case OP_REQUEST:
        return (long)BIO_ctrl_get_read_request(bio);
    case OP_RESET_REQUEST:
        return BIO_ctrl_reset_read_request(bio);
    case OP_SHUTDOWN_WR:
        return BIO_shutdown_wr(bio);
    case OP_REJOIN:
        return BIO_destroy_bio_pair(s->bio[0]) * 1000 + BIO_set_write_buf_size(s->bio[0], step->len) * 100 +
               BIO_make_bio_pair(s->bio[0], s->bio[1]) * 10 + BIO_make_bio_pair(s->bio[1], s->bio[0]);
    case OP_SEEK:
        return BIO_seek(bio, step->len);
    case OP_TELL:
        return BIO_tell(bio);
    case OP_TYPE:
        return BIO_method_type(bio);
    case OP_EOF_RETURN:
        return BIO_set_mem_eof_return(bio, step->len % 2 == 0 ? 0 : -1);
    default:
        return duplicate(s, bio);
    }
}

static void
run_step(struct stage *s, const struct bio_step *step, struct bio_result *r)
{
    BIO *bio = s->bio[step->on];
    if (s->kind == KIND_VIEW || s->kind == KIND_NULL_FILTER) /* theirs keep flags of the call before */
        BIO_clear_retry_flags(bio);
    if (step->op <= OP_PRINTF)
        r->value = move_bytes(s, step, bio, r);
    else if (step->op >= OP_NREAD0 && step->op <= OP_NWRITE)
        r->value = direct(s, step, bio, r);
    else if (step->op >= OP_BUFFER_SIZE && step->op <= OP_READ_DATA)
        r->value = buffer_step(s, step, bio, r);
    else
        r->value = other_step(s, step, bio);
    if (step->op == OP_FLUSH && r->value == 1) /* theirs keeps flags of the call before */
        BIO_clear_retry_flags(bio);
    for (int i = 0; i < 2; i++) {
        BIO *b = s->bio[i];
        r->after[i].flags = BIO_test_flags(b, KEPT_FLAGS);
        r->after[i].reason = BIO_get_retry_reason(b);
        r->after[i].pending = BIO_pending(b);
        r->after[i].wpending = BIO_wpending(b);
        r->after[i].read = BIO_number_read(b);
        r->after[i].written = BIO_number_written(b);
    }
}

int
WHOSE(bio_script)(enum bio_kind kind, const struct bio_step *steps, size_t num, struct bio_result *results)
{
    struct stage s = {.kind = kind, .seed = 7};
    make_stage(&s);
    int good = s.bio[0] != NULL && s.bio[1] != NULL;
    for (size_t i = 0; good && i < num; i++)
        run_step(&s, &steps[i], &results[i]);
    BIO_free_all(s.bio[0]);
    BIO_free_all(s.bio[1]);
    BIO_meth_free(s.method);
    return good;
}

/* ---- fixed scripts ---- */

struct notes {
    long *values;
    size_t num, cap;
};

static void
note(struct notes *n, long value)
{
    if (n->num < n->cap)
        n->values[n->num++] = value;
}

static void
note_text(struct notes *n, const char *text)
{
    note(n, text != NULL ? (long)sum_of(text, (long)strlen(text)) : -1);
}

static void
note_retry(struct notes *n, BIO *bio)
{
    int reason = -1;
    note(n, BIO_should_retry(bio) != 0);
    note(n, BIO_should_io_special(bio) != 0);
    note(n, BIO_get_retry_reason(bio));
    note(n, BIO_get_retry_BIO(bio, &reason) == bio);
    note(n, reason);
}

static int
listen_here(char *port, size_t size, int backlog)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, backlog) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) != 0)
        return -1;
    (void)snprintf(port, size, "%u", (unsigned)ntohs(a.sin_port));
    return fd;
}

static void
wait_for(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    (void)poll(&p, 1, 2000);
}

static void
names(struct notes *n)
{
    static const char *const texts[] = {"host:1", "host",  "host:", ":1",  "*:1", "[::1]:443", "[::1]", "[::1",
                                        "[::1]x", "a:b:c", "::1",   "*:*", "",    "[::1]:",    "h:*"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        BIO *bio = BIO_new(BIO_s_connect());
        note(n, BIO_set_conn_port(bio, "7"));
        note(n, BIO_set_conn_hostname(bio, texts[i]));
        note_text(n, BIO_get_conn_hostname(bio));
        note_text(n, BIO_get_conn_port(bio));
        (void)BIO_free(bio);
    }
}

static void
talk_over(struct notes *n, BIO *bio, int fd)
{
    char text[32] = "";
    wait_for(fd, POLLIN);
    int peer = accept(fd, NULL, NULL);
    note(n, BIO_write(bio, "hello", 5));
    note(n, read(peer, text, sizeof text));
    note(n, write(peer, "there", 5));
    wait_for((int)BIO_get_fd(bio, NULL), POLLIN);
    note(n, BIO_read(bio, text, sizeof text));
    (void)close(peer);
    wait_for((int)BIO_get_fd(bio, NULL), POLLIN);
    note(n, BIO_read(bio, text, sizeof text));
    note(n, BIO_should_retry(bio));
    note(n, BIO_eof(bio));
}

size_t
WHOSE(bio_connect)(long *values, size_t cap)
{
    struct notes n = {values, 0, cap};
    char port[16], where[64];
    int fd = listen_here(port, sizeof port, 5), got = -7;
    names(&n);
    (void)snprintf(where, sizeof where, "127.0.0.1:%s", port);
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        BIO *bio = BIO_new_connect(where);
        note(&n, bio != NULL);
        note(&n, BIO_method_type(bio));
        note(&n, BIO_get_close(bio));
        note(&n, BIO_set_nbio(bio, nonblocking));
        note(&n, BIO_pending(bio));
        note(&n, BIO_wpending(bio));
        note(&n, BIO_flush(bio));
        long r = BIO_do_connect(bio);
        if (!nonblocking)
            note(&n, r);
        for (int i = 0; nonblocking && r <= 0 && i < 5; i++) {
            if (i == 0)
                note_retry(&n, bio);
            wait_for((int)BIO_get_fd(bio, NULL), POLLOUT);
            r = BIO_do_connect(bio);
        }
        note(&n, r);
        note(&n, BIO_get_fd(bio, &got) == got);
        talk_over(&n, bio, fd);
        note(&n, BIO_reset(bio));
        note(&n, BIO_do_connect(bio) == 1 || nonblocking);
        (void)BIO_free(bio);
    }
    (void)close(fd); /* nobody listens there now */
    BIO *bio = BIO_new_connect(where);
    note(&n, BIO_do_connect(bio) <= 0);
    note(&n, BIO_should_retry(bio));
    note(&n, BIO_write(bio, "x", 1) <= 0);
    (void)BIO_free(bio);
    bio = BIO_new(BIO_s_connect());
    note(&n, BIO_get_init(bio));
    note(&n, BIO_write(bio, "x", 1));
    note(&n, BIO_read(bio, where, 1));
    note(&n, BIO_do_connect(bio) <= 0);
    note(&n, BIO_get_fd(bio, NULL));
    (void)BIO_free(bio);
    ERR_clear_error();
    return n.num;
}

size_t
WHOSE(bio_accept)(long *values, size_t cap)
{
    struct notes n = {values, 0, cap};
    char text[16], where[64];
    BIO *bio = BIO_new_accept("127.0.0.1:0");
    note(&n, BIO_set_bind_mode(bio, BIO_BIND_REUSEADDR));
    note(&n, BIO_get_bind_mode(bio));
    note(&n, BIO_set_nbio_accept(bio, 1));
    note(&n, BIO_set_accept_bios(bio, BIO_new(BIO_f_buffer())));
    note(&n, BIO_do_accept(bio));
    note_text(&n, BIO_get_accept_name(bio));
    (void)snprintf(where, sizeof where, "127.0.0.1:%s", BIO_get_accept_port(bio));
    note(&n, BIO_do_accept(bio));
    note_retry(&n, bio);
    note(&n, BIO_read(bio, text, 1));
    note_retry(&n, bio);
    for (int i = 0; i < 2; i++) {
        BIO *client = BIO_new_connect(where);
        note(&n, BIO_do_connect(client));
        wait_for((int)BIO_get_fd(bio, NULL), POLLIN);
        note(&n, BIO_do_accept(bio));
        note(&n, BIO_do_accept(bio)); /* there is one: done */
        note_text(&n, BIO_get_peer_name(bio));
        note(&n, BIO_method_type(BIO_next(bio)));
        note(&n, BIO_method_type(BIO_next(BIO_next(bio))));
        BIO *one = BIO_pop(bio);
        note(&n, BIO_next(bio) == NULL);
        note(&n, BIO_write(client, "line\nmore", 9));
        note(&n, BIO_gets(one, text, sizeof text));
        note(&n, BIO_write(one, "x", 1));
        note(&n, BIO_wpending(one));
        note(&n, BIO_flush(one));
        note(&n, BIO_read(client, text, 1));
        BIO_free_all(one);
        (void)BIO_free(client);
    }
    (void)BIO_free(bio);
    bio = BIO_new(BIO_s_accept());
    note(&n, BIO_do_accept(bio) <= 0);
    note(&n, BIO_read(bio, text, 1));
    (void)BIO_free(bio);
    bio = BIO_new_accept("7777777");
    note(&n, BIO_do_accept(bio) <= 0);
    (void)BIO_free(bio);
    ERR_clear_error();
    return n.num;
}

/* Chains, references and SSL filters. */
size_t
WHOSE(bio_chain)(long *values, size_t cap)
{
    struct notes n = {values, 0, cap};
    BIO *a = BIO_new(BIO_f_buffer()), *b = BIO_new(BIO_f_null()), *c = BIO_new(BIO_s_mem());
    note(&n, BIO_read(NULL, values, 1));
    note(&n, BIO_write(NULL, "x", 1));
    note(&n, BIO_ctrl(NULL, BIO_CTRL_FLUSH, 0, NULL));
    note(&n, BIO_free(NULL));
    note(&n, BIO_push(NULL, a) == a);
    note(&n, BIO_push(a, b) == a && BIO_push(a, c) == a);
    note(&n, BIO_next(a) == b && BIO_next(b) == c && BIO_next(c) == NULL);
    note(&n, BIO_find_type(a, BIO_TYPE_MEM) == c);
    note(&n, BIO_find_type(a, BIO_TYPE_FILTER) == a);
    note(&n, BIO_find_type(b, BIO_TYPE_BUFFER) == NULL);
    note(&n, BIO_pop(b) == c);
    note(&n, BIO_next(a) == c && BIO_next(b) == NULL);
    (void)BIO_free(b);
    note(&n, BIO_up_ref(c));
    BIO_free_all(a);
    note(&n, BIO_write(c, "still there", 11));
    (void)BIO_free(c);
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    BIO *ssl = BIO_new_ssl(ctx, 1), *one = NULL, *other = NULL;
    SSL *inside = NULL;
    note(&n, BIO_new_bio_pair(&one, 0, &other, 0));
    note(&n, BIO_method_type(ssl));
    note(&n, BIO_get_ssl(ssl, &inside) == 1 && inside != NULL);
    note(&n, BIO_push(ssl, one) == ssl && SSL_get_rbio(inside) == one && SSL_get_wbio(inside) == one);
    note(&n, BIO_pop(ssl) == one && SSL_get_rbio(inside) == NULL);
    note(&n, BIO_push(ssl, one) == ssl && SSL_get_rbio(inside) == one);
    note(&n, BIO_get_close(ssl));
    BIO_free_all(ssl);
    note(&n, BIO_eof(other)); /* its peer is gone */
    note(&n, BIO_get_init(other));
    (void)BIO_free(other);
    ssl = BIO_new_buffer_ssl_connect(ctx);
    note(&n, BIO_method_type(ssl) * 1000L + BIO_method_type(BIO_next(ssl)));
    note(&n, BIO_method_type(BIO_next(BIO_next(ssl))));
    note(&n, BIO_set_conn_hostname(ssl, "localhost:1"));
    note_text(&n, BIO_get_conn_hostname(ssl));
    BIO_free_all(ssl);
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return n.num;
}

/* ---- references: what SSL_set_bio(3) says of every change from one pair of BIOs to another ---- */

static int destroyed[3];

static int
count_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static int
count_destroy(BIO *bio)
{
    int *counter = BIO_get_data(bio);
    if (counter != NULL)
        ++*counter;
    return 1;
}

/* References that the call takes of the caller. */
static void
give(BIO *const old[2], BIO *const now[2])
{
    if (now[0] == old[0] && now[1] == old[1])
        return;
    if (now[0] == now[1]) { /* none, and that is not in the manual, where the writing one becomes the reading one too */
        if (now[0] != NULL && now[0] != old[0] && !(now[1] == old[1] && old[0] != old[1]))
            (void)BIO_up_ref(now[0]);
        return;
    }
    if (now[0] != NULL && now[0] != old[0])
        (void)BIO_up_ref(now[0]);
    if (now[1] != NULL && (now[1] != old[1] || old[0] == old[1]))
        (void)BIO_up_ref(now[1]);
}

static void
change(struct notes *n, SSL_CTX *ctx, const BIO_METHOD *method, int from, int to)
{
    BIO *all[3], *none[2] = {NULL, NULL};
    SSL *ssl = SSL_new(ctx);
    memset(destroyed, 0, sizeof destroyed);
    for (int i = 0; i < 2; i++) {
        all[i] = BIO_new(method);
        BIO_set_data(all[i], &destroyed[i]);
    }
    all[2] = NULL;
    BIO *old[2] = {all[from % 3], all[from / 3]}, *now[2] = {all[to % 3], all[to / 3]};
    give(none, old);
    SSL_set_bio(ssl, old[0], old[1]);
    give(old, now);
    SSL_set_bio(ssl, now[0], now[1]);
    note(n, SSL_get_rbio(ssl) == now[0] && SSL_get_wbio(ssl) == now[1]);
    for (int i = 0; i < 2; i++)
        (void)BIO_free(all[i]); /* ours: those that the SSL does not hold go now */
    note(n, destroyed[0] * 10 + destroyed[1]);
    SSL_free(ssl);
    note(n, destroyed[0] * 10 + destroyed[1]);
}

size_t
WHOSE(bio_references)(long *values, size_t cap)
{
    struct notes n = {values, 0, cap};
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_START | BIO_TYPE_SOURCE_SINK, "counted");
    note(&n, BIO_meth_set_create(method, count_create) & BIO_meth_set_destroy(method, count_destroy));
    for (int from = 0; from < 9; from++)
        for (int to = 0; to < 9; to++)
            change(&n, ctx, method, from, to);
    BIO_meth_free(method);
    SSL_CTX_free(ctx);
    return n.num;
}
