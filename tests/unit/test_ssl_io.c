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
        CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_UNEXPECTED_EOF);
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
        {"a refused key update", test_refused_key_update},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {.pName = "SSL: failed transports", .pTests = tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
