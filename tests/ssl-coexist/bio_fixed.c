/* SPDX-License-Identifier: MIT
 *
 * Fixed scripts of calls on BIOs, for either library: connecting, accepting, chains, references.
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
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned long
sum_of(const char *text)
{
    unsigned long sum = 5381;
    for (; *text != '\0'; text++)
        sum = sum * 33 + (unsigned char)*text;
    return sum;
}

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
    note(n, text != NULL ? (long)sum_of(text) : -1);
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
