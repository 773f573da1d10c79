/* SPDX-License-Identifier: MIT
 *
 * What an SSL does on the wire besides: asks for an acknowledgement, pads, limits, greases, holds no state with cookies.
 */
#define _POSIX_C_SOURCE 200809L
#include "core/os/socket.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int tvt_register_ssl_habits(void);

/* ---- the acknowledgements that a client's first request and a server's first answer wait for ---- */

static void
check_acknowledgement(struct duo *d, bool tickets)
{
    CU_ASSERT_TRUE_FATAL(duo_again(d));
    for (int role = 0; role < 2; role++)
        SSL_get_rbio(d->ssl[role])->method = duo_socket();
    CU_ASSERT_EQUAL(SSL_accept(d->ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d->ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d->ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d->ssl[0]), 1);
    CU_ASSERT_EQUAL(d->tap[1].quick_acks, 0);
    size_t sent = d->tap[1].total;
    CU_ASSERT_EQUAL(SSL_accept(d->ssl[1]), 1);
    CU_ASSERT_EQUAL(d->tap[1].quick_acks,
                    2); /* behind change_cipher_spec and Finished, and not a byte of tickets sent */
    CU_ASSERT_EQUAL(d->tap[1].len_at_ack, 0);
    CU_ASSERT_EQUAL(d->tap[1].total, sent);
    CU_ASSERT_EQUAL(SSL_do_handshake(d->ssl[1]), 1);
    CU_ASSERT_TRUE(duo_first_word(d));
    CU_ASSERT_EQUAL(d->tap[1].quick_acks, 2);
    CU_ASSERT_EQUAL(d->tap[0].quick_acks, tickets); /* once behind them, however many: the word may wait for it */
}

static void
test_acknowledgement(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    check_acknowledgement(&d, true);
    CU_ASSERT_EQUAL(SSL_CTX_set_num_tickets(d.ctx[1], 0), 1);
    check_acknowledgement(&d, false);
    /* a BIO that is no socket is not asked */
    CU_ASSERT_TRUE(duo_again(&d) && duo_handshake(&d, r) && duo_first_word(&d));
    CU_ASSERT_EQUAL(d.tap[1].quick_acks, 0);
    duo_close(&d);
}

/* A real socket takes it; what is none says no and leaves errno alone. */
static void
test_quick_ack_of_sockets(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), a = socket(AF_INET, SOCK_STREAM, 0), pair[2];
    CU_ASSERT_TRUE_FATAL(bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 1) == 0 &&
                         getsockname(listener, (struct sockaddr *)&at, &len) == 0 &&
                         connect(a, (struct sockaddr *)&at, len) == 0);
    int b = accept(listener, NULL, NULL);
    BIO *bio = BIO_new_socket(b, BIO_CLOSE);
#ifdef TCP_QUICKACK
    CU_ASSERT_EQUAL(BIO_ctrl(bio, BIO_C_TVT_QUICK_ACK, 1, NULL), 1);
#else
    CU_ASSERT_EQUAL(BIO_ctrl(bio, BIO_C_TVT_QUICK_ACK, 1, NULL), 0);
#endif
    BIO_free(bio);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    errno = EXDEV;
    CU_ASSERT_FALSE(tvt_socket_quick_ack(pair[0]));
    CU_ASSERT_FALSE(tvt_socket_quick_ack(-1));
    CU_ASSERT_EQUAL(errno, EXDEV);
    (void)close(pair[0]);
    (void)close(pair[1]);
    (void)close(a);
    (void)close(listener);
}

/* ---- records ---- */

static void
pad(struct duo *d)
{
    int r[2];
    CU_ASSERT_EQUAL(SSL_CTX_set_block_padding(d->ctx[1], 16385), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_block_padding(d->ctx[1], 256), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_num_tickets(d->ctx[1], 0), 1);
    CU_ASSERT_TRUE(duo_again(d) && duo_handshake(d, r));
    size_t before = d->tap[1].total;
    CU_ASSERT_TRUE(duo_move(d, TVT_SERVER, "x", 1));
    size_t one = d->tap[1].total - before;
    CU_ASSERT_TRUE(one >= 256 && one <= 256 + 5 + 1 + 16);
    CU_ASSERT_TRUE(duo_move(d, TVT_SERVER, "a little more", 13));
    CU_ASSERT_EQUAL(d->tap[1].total - before, 2 * one);
    CU_ASSERT_TRUE(duo_again(d));
    CU_ASSERT_EQUAL(SSL_set_block_padding(d->ssl[1], 1), 1); /* none */
    CU_ASSERT_TRUE(duo_handshake(d, r));
    before = d->tap[1].total;
    CU_ASSERT_TRUE(duo_move(d, TVT_SERVER, "x", 1));
    CU_ASSERT_EQUAL(d->tap[1].total - before, 1 + 5 + 1 + 16);
}

static void
test_padding(void)
{
    duo_each_backend(pad);
}

static void
limit(struct duo *d)
{
    uint8_t data[5000];
    int r[2];
    pattern(data, sizeof data, 2);
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_max_fragment_length(d->ctx[0], 5), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_max_fragment_length(d->ctx[0], TLSEXT_max_fragment_length_512), 1);
    CU_ASSERT_TRUE(duo_again(d) && duo_handshake(d, r) && duo_first_word(d));
    size_t before = d->tap[1].total;
    CU_ASSERT_TRUE(duo_move(d, TVT_SERVER, data, sizeof data));
    CU_ASSERT_EQUAL(d->tap[1].total - before, sizeof data + 10 * (5 + 1 + 16));
    CU_ASSERT_TRUE(duo_move(d, TVT_CLIENT, data, sizeof data));
    CU_ASSERT_TRUE(duo_again(d));
    CU_ASSERT_EQUAL(SSL_set_tlsext_max_fragment_length(d->ssl[0], TLSEXT_max_fragment_length_DISABLED), 1);
    CU_ASSERT_TRUE(duo_handshake(d, r) && duo_first_word(d));
    before = d->tap[1].total;
    CU_ASSERT_TRUE(duo_move(d, TVT_SERVER, data, sizeof data));
    CU_ASSERT_EQUAL(d->tap[1].total - before, sizeof data + 5 + 1 + 16);
}

static void
test_max_fragment(void)
{
    duo_each_backend(limit);
}

/* ---- GREASE ---- */

/* The first cipher suite of the ClientHello that waits for the server. */
static unsigned
first_suite(const struct duo *d)
{
    const uint8_t *hello = d->tap[1].bytes + 5;
    size_t at = 4 + 2 + 32;
    at += 1u + hello[at] + 2;
    return (unsigned)hello[at] << 8 | hello[at + 1];
}

static void
test_grease(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(first_suite(&d) >> 8, 0x13);
    SSL_CTX_set_grease_enabled(d.ctx[0], 1);
    CU_ASSERT_TRUE(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(first_suite(&d) & 0x0f0f, 0x0a0a);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    duo_close(&d);
}

/* ---- key updates ---- */

/* The answer to a request waits for data; one of the program's own goes with the next call. */
static void
update(struct duo *d)
{
    char text[8];
    int r[2];
    CU_ASSERT_TRUE(duo_again(d) && duo_handshake(d, r) && duo_first_word(d));
    CU_ASSERT_EQUAL(SSL_key_update(d->ssl[0], SSL_KEY_UPDATE_REQUESTED), 1);
    size_t ours = d->tap[0].total, theirs = d->tap[1].total;
    CU_ASSERT_EQUAL(SSL_do_handshake(d->ssl[0]), 1);
    CU_ASSERT_TRUE(d->tap[0].total > ours);
    CU_ASSERT_EQUAL(SSL_read(d->ssl[1], text, sizeof text), -1);
    CU_ASSERT_EQUAL(d->tap[1].total, theirs);
    CU_ASSERT_TRUE(duo_move(d, TVT_SERVER, "data", 4));
    CU_ASSERT_TRUE(d->tap[1].total > theirs + 4 + 2 * (5 + 1 + 16)); /* two records */
    CU_ASSERT_TRUE(duo_move(d, TVT_CLIENT, "data", 4));
}

static void
test_key_update(void)
{
    duo_each_backend(update);
}

/* ---- cookies ---- */

/* The first ClientHello goes to one SSL, the second to another; both of one SSL_CTX. */
static void
stateless(struct duo *d)
{
    int r[2];
    CU_ASSERT_TRUE(duo_again(d));
    CU_ASSERT_EQUAL(SSL_stateless(d->ssl[0]), -1);
    CU_ASSERT_EQUAL(code_of(d->ssl[0]), TVT_E_WRONG_CALL);
    CU_ASSERT_TRUE(duo_again(d));
    CU_ASSERT_EQUAL(SSL_stateless(d->ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d->ssl[1], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_connect(d->ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_stateless(d->ssl[1]), 0);
    BIO *bio = SSL_get_rbio(d->ssl[1]);
    (void)BIO_up_ref(bio);
    SSL_free(d->ssl[1]);
    d->ssl[1] = SSL_new(d->ctx[1]);
    SSL_set_bio(d->ssl[1], bio, bio);
    SSL_set_accept_state(d->ssl[1]);
    CU_ASSERT_EQUAL(SSL_connect(d->ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_stateless(d->ssl[1]), 1);
    CU_ASSERT_TRUE(duo_handshake(d, r));
    CU_ASSERT_TRUE(duo_move(d, TVT_CLIENT, "ping", 4));
    /* the same SSL may go on as well */
    CU_ASSERT_TRUE(duo_again(d));
    CU_ASSERT_EQUAL(SSL_connect(d->ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_stateless(d->ssl[1]), 0);
    CU_ASSERT_EQUAL(SSL_stateless(d->ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d->ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_stateless(d->ssl[1]), 1);
    CU_ASSERT_TRUE(duo_handshake(d, r));
}

static void
test_stateless(void)
{
    duo_each_backend(stateless);
}

static void
test_cookie_option(void)
{
    struct duo d;
    struct tvt_info info;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_NOT_EQUAL(SSL_CTX_set_options(d.ctx[1], SSL_OP_COOKIE_EXCHANGE) & SSL_OP_COOKIE_EXCHANGE, 0);
    CU_ASSERT_TRUE(duo_again(&d) && duo_handshake(&d, r));
    tvt_connection_info(SSL_get0_tvt_connection(d.ssl[0]), &info);
    CU_ASSERT_TRUE(info.hello_retry);
    (void)SSL_CTX_clear_options(d.ctx[1], SSL_OP_COOKIE_EXCHANGE);
    CU_ASSERT_TRUE(duo_again(&d) && duo_handshake(&d, r));
    tvt_connection_info(SSL_get0_tvt_connection(d.ssl[0]), &info);
    CU_ASSERT_FALSE(info.hello_retry);
    duo_close(&d);
}

int
tvt_register_ssl_habits(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"the acknowledgement", test_acknowledgement},
        {"TCP_QUICKACK", test_quick_ack_of_sockets},
        {"padding", test_padding},
        {"max_fragment_length", test_max_fragment},
        {"GREASE", test_grease},
        {"key updates", test_key_update},
        {"SSL_stateless", test_stateless},
        {"SSL_OP_COOKIE_EXCHANGE", test_cookie_option},
    };
    CU_pSuite suite = CU_add_suite("SSL: habits", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
