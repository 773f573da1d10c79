/* SPDX-License-Identifier: MIT
 *
 * SSL filters (BIO_f_ssl) as programs use them, and the kinds of BIO that carry no TLS: files, text, duplicates.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/unit/bio_help.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int tvt_register_bio_filter(void);

static SSL_CTX *ctx[2];

static int
start(void)
{
    for (int role = 0; role < 2; role++)
        ctx[role] = make_ctx(role, NULL, good_kind());
    return ctx[0] == NULL || ctx[1] == NULL;
}

static int
finish(void)
{
    SSL_CTX_free(ctx[0]);
    SSL_CTX_free(ctx[1]);
    ends_free_contexts();
    ERR_clear_error();
    return 0;
}

static void
set_version(int version)
{
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(ctx[role], TLS1_2_VERSION), 1);
        CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx[role], version), 1);
        CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(ctx[role], version), 1);
    }
}

/* ---- over TCP ---- */

static BIO *
listener(char *where, size_t size)
{
    BIO *bio = BIO_new_accept("127.0.0.1:0");
    BIO *front = BIO_push(BIO_new(BIO_f_buffer()), BIO_new_ssl(ctx[TVT_SERVER], 0));
    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    CU_ASSERT_EQUAL(BIO_set_accept_bios(bio, front), 1);
    CU_ASSERT_EQUAL(BIO_set_nbio_accept(bio, 1), 1);
    CU_ASSERT_EQUAL(BIO_set_nbio(bio, 1), 1);
    CU_ASSERT_EQUAL_FATAL(BIO_do_accept(bio), 1);
    (void)snprintf(where, size, "127.0.0.1:%s", BIO_get_accept_port(bio));
    return bio;
}

/* What the page says of a retry holds: the chain says what it waits for, and the descriptor tells when. */
static bool
retry(BIO *bio)
{
    int reason = 0;
    struct pollfd p = {.fd = BIO_get_fd(bio, NULL), .events = BIO_should_read(bio) ? POLLIN : POLLOUT};
    if (!BIO_should_retry(bio))
        return false;
    BIO *why = BIO_get_retry_BIO(bio, &reason);
    CU_ASSERT_PTR_NOT_NULL(why);
    if (BIO_should_io_special(bio))
        CU_ASSERT_TRUE(reason == BIO_RR_CONNECT || reason == BIO_RR_ACCEPT);
    (void)poll(&p, 1, 1);
    return true;
}

struct chat {
    BIO *client, *accepting, *server;
    char asked[64], answered[64];
    bool asks_done, done;
};

static void
client_turn(struct chat *c)
{
    if (!c->asks_done) {
        int n = BIO_puts(c->client, "who is there?\n");
        CU_ASSERT_TRUE(n == 14 || retry(c->client));
        c->asks_done = n == 14 && BIO_flush(c->client) == 1;
        if (n == 14)
            return;
    }
    if (c->asks_done && !c->done) {
        int n = BIO_gets(c->client, c->answered, sizeof c->answered);
        c->done = n > 0;
        CU_ASSERT_TRUE(c->done || retry(c->client));
    }
}

static void
server_turn(struct chat *c)
{
    if (c->server == NULL) {
        if (BIO_do_accept(c->accepting) == 1)
            c->server = BIO_pop(c->accepting);
        else
            CU_ASSERT_EQUAL(BIO_get_retry_reason(c->accepting), BIO_RR_ACCEPT);
        return;
    }
    if (c->asked[0] != '\0')
        return;
    int n = BIO_gets(c->server, c->asked, sizeof c->asked);
    CU_ASSERT_TRUE(n > 0 || retry(c->server));
    if (n > 0) {
        CU_ASSERT_EQUAL(BIO_printf(c->server, "you, with %d bytes\n", n), 19);
        CU_ASSERT_EQUAL(BIO_flush(c->server), 1);
    }
}

/* A line each way between BIO_new_buffer_ssl_connect() and a chain that BIO_do_accept() made, nothing blocking. */
static void
lines_over_tcp(void)
{
    for (int turn = 0; turn < 2; turn++) {
        struct chat c = {NULL, NULL, NULL, "", "", false, false};
        char where[32];
        SSL *ssl = NULL;
        set_version(turn == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
        c.accepting = listener(where, sizeof where);
        c.client = BIO_new_buffer_ssl_connect(ctx[TVT_CLIENT]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(c.client);
        CU_ASSERT_EQUAL(BIO_set_conn_hostname(c.client, where), 1);
        CU_ASSERT_EQUAL(BIO_set_nbio(c.client, 1), 1);
        CU_ASSERT_EQUAL(BIO_get_ssl(c.client, &ssl), 1);
        CU_ASSERT_EQUAL(SSL_set1_host(ssl, "localhost"), 1);
        long shaken = -1;
        for (int i = 0; i < 1000 && !c.done; i++) {
            if (shaken != 1) {
                shaken = BIO_do_handshake(c.client);
                CU_ASSERT_TRUE(shaken == 1 || retry(c.client));
            } else {
                client_turn(&c);
            }
            server_turn(&c);
        }
        CU_ASSERT_STRING_EQUAL(c.asked, "who is there?\n");
        CU_ASSERT_STRING_EQUAL(c.answered, "you, with 14 bytes\n");
        BIO_ssl_shutdown(c.client);
        char byte;
        CU_ASSERT_EQUAL(BIO_read(c.server, &byte, 1), 0); /* close_notify */
        CU_ASSERT_FALSE(BIO_should_retry(c.server));
        CU_ASSERT_EQUAL(BIO_eof(c.server), 1);
        BIO_free_all(c.client);
        BIO_free_all(c.server);
        BIO_free_all(c.accepting);
    }
}

/* ---- SSL inside SSL ---- */

static bool
shake(BIO *a, BIO *b)
{
    long r[2] = {-1, -1};
    for (int i = 0; i < 100 && (r[0] != 1 || r[1] != 1); i++) {
        r[0] = BIO_do_handshake(a);
        r[1] = BIO_do_handshake(b);
        if ((r[0] != 1 && !BIO_should_retry(a)) || (r[1] != 1 && !BIO_should_retry(b)))
            return false;
    }
    return r[0] == 1 && r[1] == 1;
}

static void
name_it(BIO *bio)
{
    SSL *ssl = NULL;
    CU_ASSERT_EQUAL(BIO_get_ssl(bio, &ssl), 1);
    CU_ASSERT_EQUAL(SSL_set1_host(ssl, "localhost"), 1);
}

/* A connection through a connection, as a client of an HTTPS proxy has it. */
static void
inside_another(void)
{
    for (int turn = 0; turn < 2; turn++) {
        BIO *side[2];
        char text[16];
        set_version(turn == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
        CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&side[0], 0, &side[1], 0), 1);
        for (int layer = 0; layer < 3; layer++) {
            for (int role = 0; role < 2; role++)
                side[role] = BIO_push(BIO_new_ssl(ctx[role], role == TVT_CLIENT), side[role]);
            name_it(side[TVT_CLIENT]);
            CU_ASSERT_TRUE(shake(side[0], side[1]));
        }
        CU_ASSERT_EQUAL(BIO_write(side[0], "through three", 13), 13);
        CU_ASSERT_EQUAL(BIO_read(side[1], text, sizeof text), 13);
        CU_ASSERT_EQUAL(BIO_read(side[1], text, sizeof text), -1);
        CU_ASSERT_TRUE(BIO_should_read(side[1]));
        CU_ASSERT_EQUAL(BIO_number_written(side[0]), 13);
        BIO_free_all(side[0]);
        BIO_free_all(side[1]);
    }
}

/* ---- what a filter refuses, resumes and copies ---- */

static void
refusals(void)
{
    BIO *bio = BIO_new_ssl(ctx[TVT_CLIENT], 1);
    SSL *ssl = NULL;
    CU_ASSERT_EQUAL(BIO_set_ssl_renegotiate_bytes(bio, 1000), 0);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(BIO_set_ssl_renegotiate_timeout(bio, 10), 0);
    CU_ASSERT_EQUAL(BIO_get_num_renegotiates(bio), 0);
    CU_ASSERT_EQUAL(BIO_reset(bio), 0);
    CU_ASSERT_EQUAL(BIO_get_ssl(bio, &ssl), 1);
    CU_ASSERT_FALSE(SSL_is_server(ssl));
    CU_ASSERT_EQUAL(BIO_set_ssl_mode(bio, 0), 1);
    CU_ASSERT_TRUE(SSL_is_server(ssl));
    BIO *copy = BIO_dup_chain(bio);
    SSL *other = NULL;
    CU_ASSERT_EQUAL(BIO_get_ssl(copy, &other), 1);
    CU_ASSERT_TRUE(other != ssl && SSL_is_server(other));
    BIO_free_all(copy);
    BIO_free_all(bio);
    bio = BIO_new(BIO_f_ssl());
    char byte;
    CU_ASSERT_EQUAL(BIO_read(bio, &byte, 1), -1);
    CU_ASSERT_EQUAL(BIO_do_handshake(bio), 0);
    BIO_free_all(bio);
}

static void
session_copied(void)
{
    SSL *ssl = NULL;
    BIO *kept = NULL;
    set_version(TLS1_3_VERSION);
    for (int turn = 0; turn < 2; turn++) {
        BIO *side[2];
        char text[8];
        CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&side[0], 0, &side[1], 0), 1);
        for (int role = 0; role < 2; role++)
            side[role] = BIO_push(BIO_new_ssl(ctx[role], role == TVT_CLIENT), side[role]);
        name_it(side[0]);
        if (kept != NULL)
            CU_ASSERT_EQUAL(BIO_ssl_copy_session_id(side[0], kept), 1);
        CU_ASSERT_TRUE(shake(side[0], side[1]));
        CU_ASSERT_EQUAL(BIO_write(side[1], "word", 4), 4); /* with the tickets */
        CU_ASSERT_EQUAL(BIO_read(side[0], text, sizeof text), 4);
        CU_ASSERT_EQUAL(BIO_get_ssl(side[0], &ssl), 1);
        CU_ASSERT_EQUAL(SSL_session_reused(ssl), turn);
        BIO_free_all(kept);
        kept = side[0];
        BIO_free_all(side[1]);
    }
    BIO_free_all(kept);
}

/* ---- files and text ---- */

static void
files(void)
{
    char name[] = "trivet-bio-XXXXXX", text[64];
    int fd = mkstemp(name);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    close(fd);
    BIO *bio = BIO_new_file(name, "w");
    CU_ASSERT_EQUAL(BIO_printf(bio, "%s %05d\n", "line", 42), 11);
    CU_ASSERT_EQUAL(BIO_puts(bio, "last"), 4);
    CU_ASSERT_EQUAL(BIO_free(bio), 1);
    bio = BIO_new(BIO_s_file());
    CU_ASSERT_EQUAL(BIO_read_filename(bio, name), 1);
    CU_ASSERT_EQUAL(BIO_gets(bio, text, sizeof text), 11);
    CU_ASSERT_STRING_EQUAL(text, "line 00042\n");
    CU_ASSERT_EQUAL(BIO_tell(bio), 11);
    CU_ASSERT_EQUAL(BIO_seek(bio, 5), 0);
    CU_ASSERT_EQUAL(BIO_read(bio, text, 5), 5);
    CU_ASSERT_NSTRING_EQUAL(text, "00042", 5);
    CU_ASSERT_EQUAL(BIO_reset(bio), 0);
    CU_ASSERT_EQUAL(BIO_free(bio), 1);
    CU_ASSERT_EQUAL(unlink(name), 0);
    CU_ASSERT_PTR_NULL(BIO_new_file(name, "r"));
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_FILE_UNREADABLE);
    CU_ASSERT_PTR_NULL(BIO_new_fp(NULL, BIO_CLOSE));
}

/* Short texts need no memory; long ones arrive whole. */
static void
printing(void)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    for (int width = 1; width < 5000; width += 499) {
        CU_ASSERT_EQUAL(BIO_printf(bio, "%*d", width, 7), width);
        CU_ASSERT_EQUAL(BIO_get_mem_data(bio, &data), width);
        CU_ASSERT_EQUAL(data[width - 1], '7');
        CU_ASSERT_EQUAL(BIO_reset(bio), 1);
    }
    CU_ASSERT_EQUAL(BIO_number_written(bio), 11 * 1 + 499 * 55);
    CU_ASSERT_EQUAL(BIO_printf(NULL, "x"), 0);
    (void)BIO_free(bio);
}

int
tvt_register_bio_filter(void)
{
    CU_pSuite suite = CU_add_suite("bio: SSL filters, files, text", start, finish);
    CU_add_test(suite, "lines over TCP", lines_over_tcp);
    CU_add_test(suite, "one inside another", inside_another);
    CU_add_test(suite, "refusals and duplicates", refusals);
    CU_add_test(suite, "a session copied", session_copied);
    CU_add_test(suite, "files", files);
    CU_add_test(suite, "printing", printing);
    return 0;
}
