/* SPDX-License-Identifier: MIT
 *
 * Trust stores, and what core/os finds for them: files, the system's bundle, the clocks.
 */
#define _POSIX_C_SOURCE 200809L
#include "core/os/clock.h"
#include "core/os/system_store.h"
#include "tests/unit/x509_help.h"

#include <CUnit/CUnit.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_x509_stores(void);

#define BYTES(text) tvt_span(text, sizeof(text) - 1)

static void
builds_stores(void)
{
    struct tvt_trust_store *store = x509_store("ec256/root.pem");
    struct x509_chain chain;
    struct tvt_error error;
    size_t added, skipped;
    static const char broken[] = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    x509_load(&chain, "rsa2048/root.pem");
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_trust_store_count(store), 1);
    CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, chain.der[0], &error), TVT_OK);
    CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, chain.der[0], &error), TVT_OK);
    CU_ASSERT_EQUAL(tvt_trust_store_count(store), 2);
    CU_ASSERT_PTR_NOT_NULL(
        tvt_trust_store_find(store, chain.certificate[0].subject, chain.certificate[0].subject_hash, NULL));
    CU_ASSERT_PTR_NOT_NULL(tvt_trust_store_find_same(store, &chain.certificate[0]));
    CU_ASSERT_EQUAL(tvt_trust_store_add_pem(store, BYTES(broken), &added, &skipped, &error), TVT_OK);
    CU_ASSERT_TRUE(added == 0 && skipped == 1 && error.code == TVT_E_NONE);
    CU_ASSERT_EQUAL(tvt_trust_store_add_pem(store, BYTES("-----BEGIN CERTIFICATE-----\n"), &added, &skipped, &error),
                    TVT_OK);
    CU_ASSERT_TRUE(added == 0 && skipped == 1 && error.code == TVT_E_NONE);
    CU_ASSERT_EQUAL(tvt_trust_store_add_pem(store, BYTES(broken), &added, NULL, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.code == TVT_E_CERT_MALFORMED && error.origin == TVT_ORIGIN_CALLER);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_trust_store_add_pem(store, BYTES("nothing"), NULL, NULL, &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_PEM_NOT_FOUND);
    tvt_error_clear(&error);
    CU_ASSERT_PTR_EQUAL(tvt_trust_store_ref(store), store);
    CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, chain.der[0], &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_WRONG_CALL);
    tvt_error_clear(&error); /* a directory passes over what is wrong with its files, not over this */
    CU_ASSERT_EQUAL(tvt_trust_store_add_directory(store, TRIVET_SOURCE_DIR "/vectors/pki/ec256", NULL, &error),
                    TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_WRONG_CALL);
    tvt_trust_store_unref(store);
    tvt_trust_store_unref(store);
    tvt_trust_store_unref(NULL);
    x509_free(&chain);
}

/* Two anchors of one name are both found. */
/* Certificate `i` of those that a store cannot have all of: a root with another name. */
static struct tvt_span
number(const struct x509_chain *root, uint8_t *room, unsigned i)
{
    struct tvt_span der = root->der[0], subject = root->certificate[0].subject;
    uint8_t *last = room + (subject.data - der.data) + subject.len;
    memcpy(room, der.data, der.len);
    for (unsigned k = 1; k <= 4; k++, i /= 16)
        last[-(int)k] = (uint8_t)('a' + i % 16);
    last[-5] = (uint8_t)('a' + i); /* 65536 have "a" here */
    return tvt_span(room, der.len);
}

/* At the limit each way to add says so, that which passes over what it cannot read, too; nothing is lost, and what is there is
 * there still. */
static void
is_full_at_some_time(void)
{
    static uint8_t room[4096];
    struct tvt_trust_store *store = x509_store(NULL), *other = x509_store("rsa2048/root.pem");
    struct x509_chain root;
    struct tvt_error errors[4];
    size_t wrong = 0, added, skipped;
    x509_load(&root, "ec256/root.pem");
    CU_ASSERT_FATAL(root.der[0].len <= sizeof room);
    for (unsigned i = 0; i < TVT_ANCHORS_MAX; i++)
        wrong += tvt_trust_store_add_der(store, number(&root, room, i), NULL) != TVT_OK;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(tvt_trust_store_count(store), TVT_ANCHORS_MAX);
    CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, number(&root, room, 7), NULL), TVT_OK); /* it is there */
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        tvt_error_clear(&errors[i]);
    CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, number(&root, room, TVT_ANCHORS_MAX), &errors[0]), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_trust_store_add_store(store, other, &errors[1]), TVT_FAIL);
    struct tvt_file file;
    x509_read(&file, "rsa2048/root.pem");
    CU_ASSERT_EQUAL(tvt_trust_store_add_pem(store, file.bytes, &added, &skipped, &errors[2]), TVT_FAIL);
    tvt_file_free(&file);
    CU_ASSERT_EQUAL(tvt_trust_store_add_directory(store, TRIVET_SOURCE_DIR "/vectors/pki/rsa2048", &added, &errors[3]),
                    TVT_FAIL);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        CU_ASSERT_TRUE(errors[i].code == TVT_E_STORE_FULL && strcmp(errors[i].field, "anchors") == 0 &&
                       errors[i].expected == TVT_ANCHORS_MAX && errors[i].got == TVT_ANCHORS_MAX + 1);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(errors[3].detail, "/vectors/pki/rsa2048/"));
    CU_ASSERT_EQUAL(tvt_trust_store_count(store), TVT_ANCHORS_MAX);
    x509_free(&root);
    tvt_trust_store_unref(other);
    tvt_trust_store_unref(store);
}

static void
keeps_anchors_of_one_name(void)
{
    struct tvt_trust_store *store = x509_store("ec256/root.pem");
    struct x509_chain chain;
    struct tvt_error error;
    tvt_error_clear(&error);
    x509_load(&chain, "same-name-root/root.pem");
    CU_ASSERT_EQUAL(tvt_trust_store_add_der(store, chain.der[0], &error), TVT_OK);
    const struct tvt_certificate *first =
        tvt_trust_store_find(store, chain.certificate[0].subject, chain.certificate[0].subject_hash, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    const struct tvt_certificate *second =
        tvt_trust_store_find(store, chain.certificate[0].subject, chain.certificate[0].subject_hash, first);
    CU_ASSERT_PTR_NOT_NULL_FATAL(second);
    CU_ASSERT_PTR_NULL(
        tvt_trust_store_find(store, chain.certificate[0].subject, chain.certificate[0].subject_hash, second));
    CU_ASSERT_PTR_EQUAL(second, tvt_trust_store_get(store, 1));
    x509_free(&chain);
    tvt_trust_store_unref(store);
}

/* Every root of this system's bundle decodes (Debian: ca-certificates). */
static void
reads_system_bundle(void)
{
    struct tvt_trust_store *store = NULL, *strict;
    struct tvt_error error;
    char source[512] = "";
    tvt_error_clear(&error);
    (void)unsetenv("SSL_CERT_FILE");
    (void)unsetenv("SSL_CERT_DIR");
    if (tvt_system_store_load(&store, source, sizeof(source), NULL, &error) != TVT_OK) {
        CU_FAIL("this system has no bundle of roots: install ca-certificates");
        return;
    }
    CU_ASSERT_TRUE(tvt_trust_store_count(store) > 50);
    CU_ASSERT_EQUAL(tvt_trust_store_new(&strict, NULL, &error), TVT_OK);
    if (tvt_trust_store_add_file(strict, source, &error) != TVT_OK) {
        char text[1024];
        (void)tvt_error_format_line(&error, text, sizeof(text));
        fprintf(stderr, "\n  %s: %s\n", source, text);
        CU_FAIL("a root of the system does not decode");
    }
    CU_ASSERT_EQUAL(tvt_trust_store_count(store), tvt_trust_store_count(strict));
    for (size_t i = 0; i < tvt_trust_store_count(strict); i++)
        CU_ASSERT_NOT_EQUAL(tvt_trust_store_get(strict, i)->key.type, TVT_KEY_NONE);
    tvt_trust_store_unref(store);
    tvt_trust_store_unref(strict);
}

static void
follows_environment(void)
{
    struct tvt_trust_store *store = NULL;
    struct tvt_error error;
    char source[512] = "";
    tvt_error_clear(&error);
    (void)setenv("SSL_CERT_FILE", TRIVET_SOURCE_DIR "/vectors/pki/ec256/root.pem", 1);
    CU_ASSERT_EQUAL(tvt_system_store_load(&store, source, sizeof(source), NULL, &error), TVT_OK);
    CU_ASSERT_TRUE(store != NULL && tvt_trust_store_count(store) == 1);
    CU_ASSERT_STRING_EQUAL(source, TRIVET_SOURCE_DIR "/vectors/pki/ec256/root.pem");
    tvt_trust_store_unref(store);
    (void)unsetenv("SSL_CERT_FILE");
    (void)setenv("SSL_CERT_DIR", TRIVET_SOURCE_DIR "/vectors/pki/ec256", 1);
    CU_ASSERT_EQUAL(tvt_system_store_load(&store, source, sizeof(source), NULL, &error), TVT_OK);
    CU_ASSERT_TRUE(store != NULL && tvt_trust_store_count(store) == 3); /* root, intermediate, leaf */
    tvt_trust_store_unref(store);
    (void)setenv("SSL_CERT_DIR",
                 "/nonexistent:" TRIVET_SOURCE_DIR "/vectors/pki/self-signed:" TRIVET_SOURCE_DIR "/vectors/pki/ec256",
                 1);
    CU_ASSERT_EQUAL(tvt_system_store_load(&store, source, sizeof(source), NULL, &error), TVT_OK);
    CU_ASSERT_TRUE(store != NULL && tvt_trust_store_count(store) == 4);
    tvt_trust_store_unref(store);
    (void)setenv("SSL_CERT_DIR", "/nonexistent-directory", 1);
    (void)setenv("SSL_CERT_FILE", "/nonexistent-bundle.pem", 1);
    CU_ASSERT_EQUAL(tvt_system_store_load(&store, NULL, 0, NULL, &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_NO_SYSTEM_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.detail, "/nonexistent-bundle.pem, /nonexistent-directory"));
    (void)setenv("SSL_CERT_FILE", TRIVET_SOURCE_DIR "/README.md", 1);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_system_store_load(&store, NULL, 0, NULL, &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_NO_SYSTEM_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.detail, tvt_error_sentence(TVT_E_PEM_NOT_FOUND)));
    (void)unsetenv("SSL_CERT_FILE");
    (void)unsetenv("SSL_CERT_DIR");
}

/* A file that is named by hand and cannot be used says which file it is. */
static void
names_broken_files(void)
{
    struct tvt_trust_store *store = x509_store(NULL);
    struct tvt_error error;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_trust_store_add_file(store, TRIVET_SOURCE_DIR "/vectors/pki/ec256/key.pem", &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_PEM_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.detail, "ec256/key.pem"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.detail, "its first block is \"PRIVATE KEY\""));
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_trust_store_add_directory(store, "/nonexistent", NULL, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.code == TVT_E_FILE_UNREADABLE && error.native == ENOENT);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_trust_store_add_file(store, TRIVET_SOURCE_DIR "/vectors/pki/ec256/chain.pem", &error), TVT_OK);
    CU_ASSERT_EQUAL(tvt_trust_store_count(store), 2);
    tvt_trust_store_unref(store);
}

static void
reads_files(void)
{
    struct tvt_file file;
    struct tvt_error error;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_file_read(&file, TRIVET_SOURCE_DIR "/vectors/pki/nothing", 100, "test", NULL, &error),
                    TVT_FAIL);
    CU_ASSERT_TRUE(error.code == TVT_E_FILE_UNREADABLE && error.native == ENOENT && error.origin == TVT_ORIGIN_OS);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.detail, "vectors/pki/nothing"));
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_file_read(&file, TRIVET_SOURCE_DIR, 100, "test", NULL, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.code == TVT_E_FILE_UNREADABLE && error.native == EISDIR);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_file_read(&file, TRIVET_SOURCE_DIR "/vectors/pki/SOURCE", 100, "test", NULL, &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_FILE_TOO_LONG);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_file_read(&file, TRIVET_SOURCE_DIR "/vectors/pki/SOURCE", 4096, "test", NULL, &error), TVT_OK);
    CU_ASSERT_TRUE(file.bytes.len > 100 && file.bytes.data[file.bytes.len] == 0);
    size_t len = file.bytes.len;
    tvt_file_free(&file);
    CU_ASSERT_EQUAL(tvt_file_read(&file, TRIVET_SOURCE_DIR "/vectors/pki/SOURCE", len, "test", NULL, &error), TVT_OK);
    tvt_file_free(&file);
    tvt_file_free(&file);
    CU_ASSERT_TRUE(tvt_clock_wall_ms() > INT64_C(1700000000000));
    uint64_t before = tvt_clock_monotonic_us();
    CU_ASSERT_TRUE(tvt_clock_monotonic_us() >= before);
}

int
tvt_register_x509_stores(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"builds trust stores", builds_stores},
        {"is full at some time", is_full_at_some_time},
        {"keeps two anchors of one name", keeps_anchors_of_one_name},
        {"reads the system's bundle", reads_system_bundle},
        {"follows SSL_CERT_FILE and SSL_CERT_DIR", follows_environment},
        {"names the file that is broken", names_broken_files},
        {"reads files and clocks", reads_files},
    };
    CU_pSuite suite = CU_add_suite("x509 stores", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
