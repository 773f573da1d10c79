/* SPDX-License-Identifier: MIT
 *
 * Calls on BIOs, for either library.
 */
#define _POSIX_C_SOURCE 200809L
#ifdef TALK_THEIRS
#include <openssl/bio.h>
#define WHOSE(name) name##_theirs
#else
#include <trivet/ssl.h>
#define WHOSE(name) name##_ours
#endif
#include "tests/ssl-coexist/bio_script.h"

#include <fcntl.h>
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
