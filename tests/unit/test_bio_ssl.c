/* SPDX-License-Identifier: MIT
 *
 * SSL_connect(3) and SSL_accept(3) over BIOs of every kind, TLS 1.2 and 1.3.
 */
#include "tests/unit/bio_help.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int tvt_register_bio_ssl(void);

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void
set(struct ends *e, int role, BIO *bio)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    SSL_set_bio(e->ssl[role], bio, bio);
}

/* ---- pairs ---- */

/* The caller moves the bytes, so many at a time, with and without copies, through halves of any size. */
static void
pair_fed_and_drained(void)
{
    static const size_t chunks[] = {1, 2, 3, 5, 7, 16, 100, 255, 1000, 4096, 0}, sizes[] = {0, 1, 13, 600};
    for (int v = 0; v < 2; v++)
        for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++)
            for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
                struct ends e;
                BIO *inner;
                CU_ASSERT_TRUE_FATAL(ends_make(&e, versions[v]));
                e.chunk = chunks[i];
                e.in_place = (i + j) % 2 == 0;
                for (int role = 0; role < 2; role++) {
                    CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&inner, sizes[j], &e.net[role], sizes[j]), 1);
                    set(&e, role, inner);
                }
                CU_ASSERT_TRUE(ends_talk(&e));
                CU_ASSERT_TRUE(e.waits > 0);
                ends_free(&e);
            }
}

/* The two SSLs hold the halves of one pair. */
static void
pair_shared(void)
{
    static const size_t sizes[] = {1, 2, 9, 300, 4096, 0};
    for (int v = 0; v < 2; v++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct ends e;
            BIO *half[2];
            CU_ASSERT_TRUE_FATAL(ends_make(&e, versions[v]));
            CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&half[0], sizes[i], &half[1], sizes[i]), 1);
            for (int role = 0; role < 2; role++)
                set(&e, role, half[role]);
            CU_ASSERT_TRUE(ends_talk(&e));
            ends_free(&e);
        }
}

/* A half that was shut down is the end of the transport: an error of its own, not a retry. */
static void
pair_cut(void)
{
    struct ends e;
    BIO *half[2];
    char c;
    CU_ASSERT_TRUE_FATAL(ends_make(&e, TLS1_3_VERSION));
    CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&half[0], 0, &half[1], 0), 1);
    for (int role = 0; role < 2; role++)
        set(&e, role, half[role]);
    CU_ASSERT_TRUE(ends_shake(&e));
    CU_ASSERT_EQUAL(BIO_shutdown_wr(half[1]), 1);
    CU_ASSERT_EQUAL(SSL_read(e.ssl[0], &c, 1), -1);
    CU_ASSERT_EQUAL(SSL_get_error(e.ssl[0], -1), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(e.ssl[0]), TVT_E_UNEXPECTED_EOF);
    CU_ASSERT_EQUAL(SSL_write(e.ssl[1], "x", 1), -1);
    CU_ASSERT_EQUAL(SSL_get_error(e.ssl[1], -1), SSL_ERROR_SYSCALL);
    ends_free(&e);
}

/* ---- memory, buffers, filters ---- */

static void
memory_both_ways(void)
{
    for (int v = 0; v < 2; v++) {
        struct ends e;
        BIO *to[2] = {BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};
        CU_ASSERT_TRUE_FATAL(ends_make(&e, versions[v]));
        for (int role = 0; role < 2; role++) { /* each is the reading BIO of one and the writing BIO of the other */
            CU_ASSERT_EQUAL(BIO_up_ref(to[0]), 1);
            CU_ASSERT_EQUAL(BIO_up_ref(to[1]), 1);
            SSL_set_bio(e.ssl[role], to[role], to[1 - role]);
        }
        (void)BIO_free(to[0]);
        (void)BIO_free(to[1]);
        CU_ASSERT_TRUE(ends_talk(&e));
        ends_free(&e);
    }
}

static BIO *
over(const BIO_METHOD *filter, BIO *behind)
{
    BIO *bio = BIO_new(filter);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    return BIO_push(bio, behind);
}

static void
filters_over_pairs(void)
{
    static const size_t sizes[] = {1, 50, 5000, 0};
    for (int v = 0; v < 2; v++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            for (int null = 0; null < 2; null++) {
                struct ends e;
                BIO *half[2];
                CU_ASSERT_TRUE_FATAL(ends_make(&e, versions[v]));
                CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&half[0], sizes[i], &half[1], sizes[i]), 1);
                for (int role = 0; role < 2; role++)
                    set(&e, role, over(null ? BIO_f_null() : BIO_f_buffer(), half[role]));
                CU_ASSERT_TRUE(ends_talk(&e));
                ends_free(&e);
            }
}

/* ---- kinds of the program's ---- */

/* One byte at a time, and every other call says "retry": before it, after it, in the middle of everything. */
static void
own_kind(void)
{
    static const size_t chunks[] = {1, 2, 17, 1000, 0};
    for (int v = 0; v < 2; v++)
        for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++)
            for (int old = 0; old < 2; old++) {
                struct ends e;
                struct queue q[2];
                BIO_METHOD *method = queue_method(old != 0);
                CU_ASSERT_TRUE_FATAL(ends_make(&e, versions[v]));
                for (int role = 0; role < 2; role++)
                    set(&e, role, queue_bio(method, &q[role], &q[1 - role], chunks[i]));
                CU_ASSERT_TRUE(ends_talk(&e));
                ends_free(&e);
                CU_ASSERT_TRUE(q[0].destroyed == 1 && q[1].destroyed == 1);
                BIO_meth_free(method);
            }
}

/* A buffer in front: each flight is one flush and one write. */
static void
one_flush_per_flight(void)
{
    for (int v = 0; v < 2; v++) {
        struct ends e;
        struct queue q[2];
        BIO_METHOD *method = queue_method(false);
        unsigned client = 2, server = versions[v] == TLS1_3_VERSION ? 1 : 2;
        CU_ASSERT_TRUE_FATAL(ends_make(&e, versions[v]));
        for (int role = 0; role < 2; role++) {
            BIO *buffer = over(BIO_f_buffer(), queue_bio(method, &q[role], &q[1 - role], 0));
            CU_ASSERT_EQUAL(BIO_set_buffer_size(buffer, 20000), 1);
            set(&e, role, buffer);
        }
        CU_ASSERT_TRUE(ends_shake(&e));
        CU_ASSERT_EQUAL(q[0].flushes, client);
        CU_ASSERT_EQUAL(q[0].writes, client);
        CU_ASSERT_EQUAL(q[1].flushes, server);
        CU_ASSERT_EQUAL(q[1].writes, server);
        CU_ASSERT_EQUAL(SSL_write(e.ssl[0], "one", 3), 3);
        CU_ASSERT_EQUAL(q[0].flushes, client + 1);
        ends_free(&e);
        BIO_meth_free(method);
    }
}

/* A method that lies about its counts is a failure, not memory that was never written. */
static int
boast(BIO *bio, char *data, size_t len, size_t *got)
{
    (void)bio;
    (void)data;
    *got = len + 1;
    return 1;
}

static int
nothing_written(BIO *bio, const char *data, size_t len, size_t *put)
{
    (void)bio;
    (void)data;
    (void)len;
    *put = 0;
    return 1;
}

/* The first line does not come yet, the next one never. */
static int
late_line(BIO *bio, char *data, int size)
{
    bool first = BIO_get_data(bio) == NULL;
    (void)size;
    BIO_set_data(bio, data);
    if (first)
        BIO_set_retry_read(bio);
    return -1;
}

static int
late_text(BIO *bio, const char *text)
{
    char *seen = (char *)(uintptr_t)text;
    return late_line(bio, seen, 0);
}

/* Flags of an earlier call do not turn the failure of a program's own functions into a retry. */
static void
stale_flags(void)
{
    char line[8];
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_TYPE_START, "late");
    (void)BIO_meth_set_gets(m, late_line);
    (void)BIO_meth_set_puts(m, late_text);
    for (int writes = 0; writes < 2; writes++) {
        BIO *bio = BIO_new(m);
        CU_ASSERT_EQUAL(writes ? BIO_puts(bio, "x") : BIO_gets(bio, line, sizeof line), -1);
        CU_ASSERT_NOT_EQUAL(BIO_should_retry(bio), 0);
        CU_ASSERT_EQUAL(writes ? BIO_puts(bio, "x") : BIO_gets(bio, line, sizeof line), -1);
        CU_ASSERT_EQUAL(BIO_should_retry(bio), 0);
        (void)BIO_free(bio);
    }
    BIO_meth_free(m);
}

static void
liars(void)
{
    struct ends e;
    char byte;
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_TYPE_START, "liar");
    (void)BIO_meth_set_read_ex(m, boast);
    (void)BIO_meth_set_write_ex(m, nothing_written);
    BIO *bio = BIO_new(m);
    CU_ASSERT_EQUAL(BIO_read(bio, &byte, 1), -1);
    CU_ASSERT_EQUAL(BIO_write(bio, "x", 1), 0);
    CU_ASSERT_EQUAL(BIO_number_read(bio) + BIO_number_written(bio), 0);
    CU_ASSERT_EQUAL(BIO_gets(bio, &byte, 1), -2);
    CU_ASSERT_EQUAL(BIO_puts(bio, "x"), -2);
    CU_ASSERT_EQUAL(BIO_ctrl(bio, BIO_CTRL_FLUSH, 0, NULL), -2);
    CU_ASSERT_TRUE_FATAL(ends_make(&e, TLS1_3_VERSION));
    set(&e, TVT_CLIENT, bio);
    CU_ASSERT_EQUAL(SSL_connect(e.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(e.ssl[0], -1), SSL_ERROR_SYSCALL);
    CU_ASSERT_EQUAL(code_of(e.ssl[0]), TVT_E_IO_WRITE);
    ends_free(&e);
    BIO_meth_free(m);
}

/* ---- descriptors ---- */

static void
descriptors(void)
{
    for (int v = 0; v < 2; v++)
        for (int plain = 0; plain < 2; plain++) {
            struct ends e;
            int fd[2];
            CU_ASSERT_TRUE_FATAL(ends_make(&e, versions[v]));
            CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
            for (int role = 0; role < 2; role++) {
                CU_ASSERT_EQUAL(BIO_socket_nbio(fd[role], 1), 1);
                set(&e, role, plain ? BIO_new_fd(fd[role], BIO_CLOSE) : BIO_new_socket(fd[role], BIO_CLOSE));
                CU_ASSERT_EQUAL(SSL_get_fd(e.ssl[role]), fd[role]);
            }
            CU_ASSERT_TRUE(ends_talk(&e));
            ends_free(&e);
        }
}

static void *
answer(void *user)
{
    SSL *ssl = user;
    char text[64];
    int n = SSL_accept(ssl) == 1 ? SSL_read(ssl, text, sizeof text) : -1;
    CU_ASSERT_EQUAL(n > 0 ? SSL_write(ssl, text, n) : -1, 4);
    return NULL;
}

/* Blocking sockets behind buffers, which wait for all that they are asked for: that is never more than the peer sends. */
static void
blocking_behind_buffers(void)
{
    for (int v = 0; v < 2; v++) {
        struct ends e;
        pthread_t thread;
        char text[64];
        int fd[2];
        CU_ASSERT_TRUE_FATAL(ends_make(&e, versions[v]));
        CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
        for (int role = 0; role < 2; role++)
            set(&e, role, over(BIO_f_buffer(), BIO_new_socket(fd[role], BIO_CLOSE)));
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, answer, e.ssl[1]), 0);
        CU_ASSERT_EQUAL(SSL_connect(e.ssl[0]), 1);
        CU_ASSERT_EQUAL(SSL_write(e.ssl[0], "ping", 4), 4);
        CU_ASSERT_EQUAL(SSL_read(e.ssl[0], text, sizeof text), 4);
        pthread_join(thread, NULL);
        ends_free(&e);
    }
}

/* ---- connecting and accepting ---- */

static void
wait_for(BIO *bio, short events)
{
    struct pollfd p = {.fd = BIO_get_fd(bio, NULL), .events = events};
    (void)poll(&p, 1, 2000);
}

static BIO *
listener(char *where, size_t size)
{
    BIO *bio = BIO_new_accept("127.0.0.1:0");
    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    CU_ASSERT_EQUAL(BIO_set_bind_mode(bio, BIO_BIND_REUSEADDR), 1);
    CU_ASSERT_EQUAL(BIO_set_nbio_accept(bio, 1), 1);
    CU_ASSERT_EQUAL(BIO_set_nbio(bio, 1), 1);
    CU_ASSERT_EQUAL_FATAL(BIO_do_accept(bio), 1);
    (void)snprintf(where, size, "127.0.0.1:%s", BIO_get_accept_port(bio));
    return bio;
}

/* The SSLs open the transport themselves, and say what they wait for. */
static void
connect_and_accept(void)
{
    for (int v = 0; v < 2; v++) {
        struct ends e;
        char where[32];
        CU_ASSERT_TRUE_FATAL(ends_make(&e, versions[v]));
        BIO *server = listener(where, sizeof where), *client = BIO_new_connect(where);
        CU_ASSERT_EQUAL(BIO_set_nbio(client, 1), 1);
        set(&e, TVT_SERVER, server);
        set(&e, TVT_CLIENT, client);
        CU_ASSERT_EQUAL(SSL_accept(e.ssl[1]), -1);
        CU_ASSERT_EQUAL(SSL_get_error(e.ssl[1], -1), SSL_ERROR_WANT_ACCEPT);
        CU_ASSERT_EQUAL(SSL_want(e.ssl[1]), SSL_READING);
        CU_ASSERT_EQUAL(SSL_connect(e.ssl[0]), -1);
        if (BIO_should_io_special(client)) { /* loopback may be faster than the call */
            CU_ASSERT_EQUAL(SSL_get_error(e.ssl[0], -1), SSL_ERROR_WANT_CONNECT);
            CU_ASSERT_EQUAL(SSL_want(e.ssl[0]), SSL_WRITING);
            wait_for(client, POLLOUT);
        } else {
            CU_ASSERT_EQUAL(SSL_get_error(e.ssl[0], -1), SSL_ERROR_WANT_READ);
        }
        CU_ASSERT_TRUE(ends_talk(&e));
        CU_ASSERT_EQUAL(BIO_get_conn_ip_family(client), BIO_FAMILY_IPV4);
        ends_free(&e);
    }
}

/* Of several addresses the one that answers is found; with none the reason is told, once and for all. */
static void
addresses_in_turn(void)
{
    char where[32], named[64], port[16];
    BIO *server = listener(where, sizeof where);
    (void)snprintf(port, sizeof port, "%s", BIO_get_accept_port(server));
    (void)snprintf(named, sizeof named, "localhost:%s", port); /* ::1 is tried too, where it is a name of it */
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        BIO *client = BIO_new_connect(named);
        CU_ASSERT_EQUAL(BIO_set_nbio(client, nonblocking), 1);
        long r = BIO_do_connect(client);
        for (int i = 0; i < 10 && r <= 0 && BIO_should_retry(client); i++) {
            CU_ASSERT_EQUAL(BIO_get_retry_reason(client), BIO_RR_CONNECT);
            wait_for(client, POLLOUT);
            r = BIO_do_connect(client);
        }
        CU_ASSERT_EQUAL(r, 1);
        CU_ASSERT_STRING_EQUAL(BIO_get_conn_hostname(client), "localhost");
        CU_ASSERT_STRING_EQUAL(BIO_get_conn_port(client), port);
        const BIO_ADDR *address = BIO_get_conn_address(client);
        char *text = BIO_ADDR_hostname_string(address, 1);
        CU_ASSERT_STRING_EQUAL(text, "127.0.0.1");
        free(text);
        BIO *again = BIO_new(BIO_s_connect());
        CU_ASSERT_EQUAL(BIO_set_conn_address(again, address), 1);
        CU_ASSERT_EQUAL(BIO_do_connect(again), 1);
        (void)BIO_free(again);
        (void)BIO_free(client);
    }
    (void)BIO_free(server);
    BIO *client = BIO_new_connect(where);
    ERR_clear_error();
    CU_ASSERT_EQUAL(BIO_do_connect(client), -1);
    CU_ASSERT_FALSE(BIO_should_retry(client));
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_IO_CONNECT);
    CU_ASSERT_EQUAL(BIO_do_connect(client), -1);
    CU_ASSERT_EQUAL(BIO_reset(client), 0);
    (void)BIO_free(client);
}

/* ---- the name to verify ---- */

static enum tvt_error_code
connect_with(BIO *bio, const char *sni, int verify)
{
    SSL_CTX *ctx = make_ctx(TVT_CLIENT, NULL, good_kind());
    SSL *ssl = SSL_new(ctx);
    if (verify >= 0)
        SSL_set_verify(ssl, verify, NULL);
    if (sni != NULL)
        CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(ssl, sni), 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_connect_state(ssl);
    CU_ASSERT_EQUAL(SSL_connect(ssl), -1);
    enum tvt_error_code code = SSL_get_error(ssl, -1) == SSL_ERROR_SSL ? code_of(ssl) : TVT_E_NONE;
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return code;
}

/* The name of a connecting BIO counts where no other was set; without any the client is refused. */
static void
name_to_verify(void)
{
    static const struct {
        const char *host, *sni;
        enum tvt_error_code code;
    } rows[] = {{"localhost", NULL, TVT_E_NONE},
                {"wrong.example", NULL, TVT_E_CERT_NAME_MISMATCH},
                {"wrong.example", "localhost", TVT_E_NONE},
                {"localhost", "wrong.example", TVT_E_CERT_NAME_MISMATCH}};
    CU_ASSERT_EQUAL(connect_with(BIO_new(BIO_s_mem()), NULL, -1), TVT_E_NO_NAME);
    CU_ASSERT_EQUAL(connect_with(BIO_new(BIO_s_mem()), NULL, SSL_VERIFY_NONE), TVT_E_UNEXPECTED_MESSAGE); /* its own */
    CU_ASSERT_PTR_NOT_NULL(strstr(tvt_error_remedy(TVT_E_NO_NAME), "BIO_set_conn_hostname()"));
    BIO *nameless = BIO_new(BIO_s_connect());
    CU_ASSERT_EQUAL(BIO_set_conn_port(nameless, "1"), 1);
    CU_ASSERT_EQUAL(connect_with(nameless, NULL, -1), TVT_E_NO_NAME);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int v = 0; v < 2; v++) {
            struct ends e;
            char where[32];
            CU_ASSERT_TRUE_FATAL(ends_make(&e, versions[v]));
            CU_ASSERT_EQUAL(SSL_set1_host(e.ssl[0], NULL), 1);
            if (rows[i].sni != NULL)
                CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(e.ssl[0], rows[i].sni), 1);
            BIO *server = listener(where, sizeof where), *client = BIO_new_connect(where);
            CU_ASSERT_EQUAL(BIO_do_connect(client), 1);
            CU_ASSERT_EQUAL(BIO_set_conn_hostname(client, rows[i].host), 1); /* where it went is done */
            CU_ASSERT_EQUAL(BIO_socket_nbio(BIO_get_fd(client, NULL), 1), 1);
            set(&e, TVT_SERVER, server);
            set(&e, TVT_CLIENT, over(BIO_f_null(), client));
            int r[2] = {-1, -1};
            for (int turn = 0; turn < 1000 && (r[0] != 1 || r[1] != 1) && code_of(e.ssl[0]) == TVT_E_NONE; turn++) {
                r[0] = SSL_connect(e.ssl[0]);
                r[1] = SSL_accept(e.ssl[1]);
            }
            CU_ASSERT_EQUAL(code_of(e.ssl[0]), rows[i].code);
            ends_free(&e);
        }
}

/* Numbers of kinds are told once, and run out. */
static void
numbers(void)
{
    int last = BIO_get_new_index();
    CU_ASSERT_TRUE(last > BIO_TYPE_START);
    for (int next; (next = BIO_get_new_index()) > 0; last = next)
        CU_ASSERT_EQUAL(next, last + 1);
    CU_ASSERT_EQUAL(last, BIO_TYPE_MASK);
    CU_ASSERT_EQUAL(BIO_get_new_index(), -1);
}

static int
finish(void)
{
    ends_free_contexts();
    ERR_clear_error();
    return 0;
}

int
tvt_register_bio_ssl(void)
{
    CU_pSuite suite = CU_add_suite("bio: SSL over every kind", NULL, finish);
    CU_add_test(suite, "pair, fed and drained by the caller", pair_fed_and_drained);
    CU_add_test(suite, "pair, one half each", pair_shared);
    CU_add_test(suite, "pair, cut off", pair_cut);
    CU_add_test(suite, "memory", memory_both_ways);
    CU_add_test(suite, "buffers and null filters", filters_over_pairs);
    CU_add_test(suite, "a kind of the program's, at every byte", own_kind);
    CU_add_test(suite, "one flush per flight", one_flush_per_flight);
    CU_add_test(suite, "methods that lie", liars);
    CU_add_test(suite, "methods that leave flags", stale_flags);
    CU_add_test(suite, "sockets and descriptors", descriptors);
    CU_add_test(suite, "blocking sockets behind buffers", blocking_behind_buffers);
    CU_add_test(suite, "connecting and accepting", connect_and_accept);
    CU_add_test(suite, "addresses in turn", addresses_in_turn);
    CU_add_test(suite, "the name to verify", name_to_verify);
    CU_add_test(suite, "numbers of kinds", numbers); /* the last: none is left */
    return 0;
}
