/* SPDX-License-Identifier: MIT
 *
 * What SSL_get_error() and errno say of a transport that failed: in either direction, in both, again and again, and
 * after something else failed before. The whole of it is the I/O table (tests/io-table).
 */
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <errno.h>

int tvt_register_ssl_io(void);

/* Each direction keeps its own errno and its own answer, whatever the other one failed with since. */
static void
test_errno_of_each_direction(void)
{
    struct duo d;
    char c;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    d.tap[0].write_errno = EPIPE;
    d.tap[0].read_errno = ECONNRESET;
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", 1), -1);
        CU_ASSERT_EQUAL(errno, EPIPE);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SYSCALL);
        CU_ASSERT_EQUAL(SSL_read(d.ssl[0], &c, 1), -1);
        CU_ASSERT_EQUAL(errno, ECONNRESET);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SYSCALL);
    }
    duo_close(&d);
}

/* A BIO that fails without a system call has no errno: what an earlier call of the program left there is none of it. */
static void
test_no_stale_errno(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    SSL_set0_wbio(d.ssl[0], BIO_new_mem_buf("", -1)); /* which cannot be written */
    errno = EDOM;
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", 1), -1);
    CU_ASSERT_EQUAL(errno, 0);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SYSCALL);
    CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[0])->native, 0);
    duo_close(&d);
}

/* The peer is gone in both directions during the handshake: the same answer however often it is asked. */
static void
test_gone_in_handshake(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    d.tap[0].write_errno = EPIPE;
    d.tap[0].eof = true;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
        CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_EOF_IN_HANDSHAKE);
    }
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    d.tap[0].write_errno = EPIPE;
    d.tap[0].read_errno = ECONNRESET;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        CU_ASSERT_EQUAL(errno, EPIPE);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SYSCALL);
        CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_IO_WRITE);
    }
    duo_close(&d);
}

/* A handshake whose last flight has not left is not done: a program that reads next sends it by that. */
static void
test_last_flight_waits(void)
{
    struct duo d;
    char c;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    d.tap[0].room = 10; /* of the Finished */
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_WRITE);
        CU_ASSERT_EQUAL(SSL_in_init(d.ssl[0]), 1);
        CU_ASSERT_EQUAL(SSL_read(d.ssl[0], &c, 1), -1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_WRITE);
    }
    d.tap[0].room = SIZE_MAX;
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], &c, 1), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_is_init_finished(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), 1);
    CU_ASSERT_TRUE(duo_move(&d, TVT_SERVER, "word", 4));
    duo_close(&d);
}

/* A write that failed is not made good by asking again. */
static void
test_failed_write_stays_failed(void)
{
    struct duo d;
    char c;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "y", 1), 1);
    d.tap[0].write_errno = EPIPE;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", 1), -1);
        CU_ASSERT_EQUAL(errno, EPIPE);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SYSCALL);
        d.tap[0].write_errno = 0; /* too late: a record is missing */
    }
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SYSCALL);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SYSCALL);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], &c, 1), 1); /* the other direction goes on */
    duo_close(&d);
}

/* A half of a pair that lost its peer has failed: it does not wait for ever because it did so before. */
static void
test_destroyed_pair(void)
{
    struct duo d;
    BIO *mine, *far;
    char c;
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&mine, 0, &far, 0), 1);
    SSL_set_bio(d.ssl[0], mine, mine);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], &c, 1), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(BIO_destroy_bio_pair(far), 1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], &c, 1), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SYSCALL);
    (void)BIO_free(far);
    duo_close(&d);
}

/* The end of the transport has one reason for programs, whenever it comes; its sentence says when. */
static void
test_end_has_one_reason(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    d.tap[0].eof = true;
    ERR_clear_error();
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
    unsigned long code = ERR_get_error();
    CU_ASSERT_EQUAL(ERR_GET_REASON(code), SSL_R_UNEXPECTED_EOF_WHILE_READING);
    CU_ASSERT_STRING_EQUAL(ERR_reason_error_string(code), tvt_error_sentence(TVT_E_EOF_IN_HANDSHAKE));
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_EOF_IN_HANDSHAKE);
    duo_close(&d);
}

/* A key update that is refused is told by SSL_get_error(), not the outcome of the call before. */
static void
test_refused_key_update(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_key_update(d.ssl[0], SSL_KEY_UPDATE_REQUESTED), 0);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 0), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_key_update(d.ssl[0], 7), 0);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], 0), SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_BAD_ARGUMENT);
    duo_close(&d);
}

int
tvt_register_ssl_io(void)
{
    static CU_TestInfo tests[] = {
        {"errno of each direction", test_errno_of_each_direction},
        {"no stale errno", test_no_stale_errno},
        {"gone in the handshake", test_gone_in_handshake},
        {"a last flight that waits", test_last_flight_waits},
        {"a failed write stays failed", test_failed_write_stays_failed},
        {"a destroyed pair", test_destroyed_pair},
        {"the end has one reason", test_end_has_one_reason},
        {"a refused key update", test_refused_key_update},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {.pName = "SSL: failed transports", .pTests = tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
