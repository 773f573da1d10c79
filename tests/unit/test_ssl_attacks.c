/* SPDX-License-Identifier: MIT
 *
 * The ssl floor with arguments and orders of calls that a program gets wrong, and what must survive them.
 */
#include "core/base/memory.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/CUnit.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_ssl_attacks(void);

/* A call that is refused does not end the connection. */
static void
test_refused_export(void)
{
    struct duo d;
    static uint8_t out[100000];
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_export_keying_material(d.ssl[0], out, sizeof out, "label", 5, NULL, 0, 0), 0);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_has_pending(d.ssl[0]), 0);
    CU_ASSERT_STRING_EQUAL(SSL_state_string(d.ssl[0]), "SSLOK ");
    CU_ASSERT_EQUAL(SSL_get_verify_result(d.ssl[0]), X509_V_OK);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "to", 2), 2);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), 2);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "fro", 3), 3);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), 3);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "x", -1), -1); /* the record is of this call, not of the old one */
    CU_ASSERT_PTR_NOT_NULL(strstr(SSL_get0_error_record(d.ssl[0])->field, "SSL_write"));
    CU_ASSERT_EQUAL(SSL_export_keying_material(d.ssl[0], out, 32, "label", 5, NULL, 0, 0), 1);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 0);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[1]), 0);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 1);
    duo_close(&d);
}

/* -1 with an error, so that no loop takes it for "call again". */
static void
test_negative_lengths(void)
{
    static const int lengths[] = {-1, -16384, INT_MIN};
    struct duo d;
    char text[8];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "data", 4), 4);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, lengths[i]), -1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
        CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_BAD_ARGUMENT);
        CU_ASSERT_EQUAL(SSL_peek(d.ssl[0], text, lengths[i]), -1);
        CU_ASSERT_EQUAL(SSL_get_error(d.ssl[0], -1), SSL_ERROR_SSL);
    }
    CU_ASSERT_EQUAL(SSL_read(NULL, text, -1), -1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), 4);
    duo_close(&d);
}

/* Without AUTO_RETRY a call ends with WANT_READ after a record without data: select() must then see the next one. */
static void
test_no_auto_retry_leaves_nothing(void)
{
    struct duo d;
    char text[64];
    CU_ASSERT_TRUE_FATAL(duo_ready(&d, good_kind()));
    (void)SSL_clear_mode(d.ssl[1], SSL_MODE_AUTO_RETRY);
    CU_ASSERT_EQUAL(SSL_key_update(d.ssl[0], SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    CU_ASSERT_EQUAL(SSL_write(d.ssl[0], "data", 4), 4);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), -1);
    CU_ASSERT_EQUAL(SSL_get_error(d.ssl[1], -1), SSL_ERROR_WANT_READ);
    CU_ASSERT_EQUAL(SSL_has_pending(d.ssl[1]), 0);
    CU_ASSERT_TRUE(d.tap[1].len > 4);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], text, sizeof text), 4);
    duo_close(&d);
}

/* A record in the ERR view names its backend when the provider and its name are gone. */
static void
test_err_view_outlives_backend(void)
{
    struct tvt_error error;
    char *name = malloc(8);
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    memcpy(name, "one+two", 8);
    ERR_clear_error();
    for (int i = 0; i < 20; i++) {
        tvt_error_clear(&error);
        error.code = TVT_E_KEY_MALFORMED;
        error.backend = name;
        tvt_err_push(&error);
    }
    memset(name, 'x', 7);
    free(name);
    CU_ASSERT_STRING_EQUAL(SSL_get0_error_record(NULL)->backend, "one+two");
    error = *SSL_get0_error_record(NULL);
    tvt_err_push(&error); /* its name is the view's own by now */
    CU_ASSERT_STRING_EQUAL(SSL_get0_error_record(NULL)->backend, "one+two");
    ERR_print_errors_fp(NULL);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
}

static void
test_bios_without_buffers(void)
{
    size_t n = 7;
    char text[8];
    BIO *memory = BIO_new(BIO_s_mem()), *channel = BIO_new_socket(-1, BIO_NOCLOSE);
    CU_ASSERT_TRUE_FATAL(memory != NULL && channel != NULL);
    CU_ASSERT_EQUAL(BIO_write(memory, "abc", 3), 3);
    CU_ASSERT_EQUAL(BIO_read(memory, NULL, 3), -1);
    CU_ASSERT_EQUAL(BIO_read_ex(memory, NULL, 3, &n), 0);
    CU_ASSERT_EQUAL(n, 0);
    CU_ASSERT_EQUAL(BIO_write(memory, NULL, 3), -1);
    CU_ASSERT_FALSE(BIO_should_retry(memory));
    CU_ASSERT_EQUAL(BIO_read(memory, text, sizeof text), 3);
    CU_ASSERT_EQUAL(BIO_ctrl(channel, BIO_C_SET_FD, BIO_NOCLOSE, NULL), 0);
    CU_ASSERT_EQUAL(BIO_free(memory), 1);
    CU_ASSERT_EQUAL(BIO_free(channel), 1);
}

/* Numbers that are equal to a version in their last 16 bits only. */
static void
test_wide_versions(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(ctx, 0x10304), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx, 0x10304), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx, -0xfcfc), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx, 0), 1);
    SSL_CTX_free(ctx);
}

int
tvt_register_ssl_attacks(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"a refused export", test_refused_export},
        {"negative lengths", test_negative_lengths},
        {"without AUTO_RETRY nothing stays behind", test_no_auto_retry_leaves_nothing},
        {"the ERR view outlives a backend", test_err_view_outlives_backend},
        {"BIOs without buffers", test_bios_without_buffers},
        {"versions that are too wide", test_wide_versions},
    };
    CU_pSuite suite = CU_add_suite("SSL: attacks", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
