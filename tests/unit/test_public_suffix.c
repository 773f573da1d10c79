/* SPDX-License-Identifier: MIT
 *
 * Public suffixes (docs/x509.md, rule N9): which names are one, by the algorithm of publicsuffix.org; what of a list's text is
 * read; which certificates match.
 */
#include "core/x509/public_suffix.h"
#include "tests/support/fixture.h"
#include "tests/unit/ssl_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/x509_help.h"
#include <trivet/compat.h>

#include <CUnit/Basic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int tvt_register_public_suffix(void);

static const char list_text[] = "// ===BEGIN ICANN DOMAINS===\n"
                                "\n"
                                "test\n"
                                "co.test // and the rest of the line is none\n"
                                "\tab.co.test\r\n"
                                "ZZ.test\n"
                                "// wildcards, an exception\n"
                                "*.wide.test\n"
                                "!city.wide.test\n"
                                "*.alone\n"
                                "!www.alone\n"
                                "deep.city.wide.test\n"
                                "co.test\n"
                                "*\n"
                                "b\xc3\xbc"
                                "cher.test\n"
                                "xn--bcher-kva.test\n"
                                "// ===END ICANN DOMAINS===\n"
                                "// ===BEGIN PRIVATE DOMAINS===\n"
                                "pages.test\n"
                                "b\xc3\xbc"
                                "ro.test\n"
                                "// ===END PRIVATE DOMAINS===\n"
                                "last.test";

static struct tvt_public_suffixes *
list_of(const char *text, bool want_private, size_t *skipped)
{
    struct tvt_public_suffixes *list;
    struct tvt_error error;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL_FATAL(tvt_public_suffixes_new(&list, tvt_span_string(text), want_private, skipped, NULL, &error),
                          TVT_OK);
    return list;
}

static void
finds_suffixes(void)
{
    static const struct {
        const char *name, *rule; /* NULL: it is no suffix */
    } rows[] = {
        {"test", "test"},
        {"example.test", NULL},
        {"co.test", "co.test"},
        {"CO.Test", "CO.Test"},
        {"a.co.test", NULL},
        {"ab.co.test", "ab.co.test"},
        {"xab.co.test", NULL}, /* labels, not letters */
        {"b.co.test", NULL},
        {"xco.test", NULL},
        {"zz.test", "zz.test"},
        {"wide.test", NULL}, /* the wildcard is about what is below */
        {"a.wide.test", "*.wide.test"},
        {"b.a.wide.test", NULL},
        {"city.wide.test", NULL},
        {"x.city.wide.test", NULL},
        {"deep.city.wide.test", NULL}, /* an exception counts before a rule with more labels */
        {"alone", "*"},
        {"a.alone", "*.alone"},
        {"www.alone", NULL},
        {"a.www.alone", NULL},
        {"unlisted", "*"}, /* the rule that holds where no other does */
        {"co.unlisted", NULL},
        {"xn--bcher-kva.test", "xn--bcher-kva.test"},
        {"last.test", "last.test"},
        {"pages.test", NULL},
        {"a", "*"},
    };
    size_t skipped;
    char rule[TVT_SUFFIX_TEXT_MAX];
    struct tvt_public_suffixes *list = list_of(list_text, false, &skipped);
    CU_ASSERT_EQUAL(skipped, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool found = tvt_public_suffixes_find(list, rule, tvt_span_string(rows[i].name));
        if (found != (rows[i].rule != NULL) || (found && strcmp(rule, rows[i].rule) != 0))
            fprintf(stderr, "\n  %s: %s\n", rows[i].name, found ? rule : "no suffix");
        CU_ASSERT_EQUAL(found, rows[i].rule != NULL);
        CU_ASSERT_TRUE(!found || rows[i].rule == NULL || strcmp(rule, rows[i].rule) == 0);
        CU_ASSERT_EQUAL(tvt_public_suffixes_find(list, NULL, tvt_span_string(rows[i].name)), found);
    }
    tvt_public_suffixes_unref(list);
    list = list_of(list_text, true, &skipped);
    CU_ASSERT_EQUAL(skipped, 2);
    CU_ASSERT_TRUE(tvt_public_suffixes_find(list, NULL, tvt_span_string("pages.test")));
    tvt_public_suffixes_unref(list);
}

/* Each rule of a long list, in no order, is found, and its neighbours are not. */
static void
finds_each_of_many(void)
{
    enum { MANY = 3000 };
    static char text[MANY * 16], name[24];
    struct tvt_public_suffixes *list;
    size_t len = 0, wrong = 0;
    for (unsigned i = 0; i < MANY; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "n%u.test\n", i * 7919u % MANY);
    list = list_of(text, false, NULL);
    CU_ASSERT_EQUAL(list->num, MANY);
    for (unsigned i = 0; i < 2 * MANY; i++) {
        (void)snprintf(name, sizeof name, "n%u.test", i);
        wrong += tvt_public_suffixes_find(list, NULL, tvt_span_string(name)) != (i < MANY);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    tvt_public_suffixes_unref(list);
}

static void
reads_the_text(void)
{
    static const struct {
        const char *text, *words; /* NULL: it is good */
    } rows[] = {
        {"test", NULL},
        {"\xef\xbb\xbf"
         "test\n",
         NULL},
        {"*.test\r\n!a.test\r\n", NULL},
        {"", "there is none"},
        {"// a comment\n\n   \n", "there is none"},
        {"*\n", "there is none"},
        {"b\xc3\xbc"
         "cher.test\n",
         "there is none"},
        {"// ===BEGIN PRIVATE DOMAINS===\na.test\n", "there is none"},
        {"test\n<html>\n", "line 2: <html>"},
        {"test\n\nco..test\n", "line 3: co..test"},
        {".test\n", "line 1: .test"},
        {"test.\n", "line 1: test."},
        {"a.*.test\n", "line 1: a.*.test"},
        {"*test\n", "line 1: *test"},
        {"!*.test\n", "line 1: !*.test"},
        {"!test\n", "line 1: !test"},
        {"*.\n", "line 1: *."},
        {"!\n", "line 1: !"},
        {"/ one stroke\n", "line 1: /"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_public_suffixes *list;
        struct tvt_error error;
        tvt_error_clear(&error);
        size_t skipped = 7;
        enum tvt_result r =
            tvt_public_suffixes_new(&list, tvt_span_string(rows[i].text), false, &skipped, NULL, &error);
        bool right = rows[i].words == NULL
                         ? r == TVT_OK && list != NULL && skipped == 0
                         : r == TVT_FAIL && list == NULL && skipped == 0 && error.code == TVT_E_SUFFIXES_MALFORMED &&
                               strcmp(error.detail, rows[i].words) == 0;
        if (!right)
            fprintf(stderr, "\n  row %zu: %s\n", i, error.detail);
        CU_ASSERT_TRUE(right);
        tvt_public_suffixes_unref(list);
    }
}

static void *
no_memory(void *user, size_t size)
{
    (void)user, (void)size;
    return NULL;
}

static void
no_release(void *user, void *memory, size_t size)
{
    (void)user, (void)memory, (void)size;
}

static void
has_limits(void)
{
    const struct tvt_allocator none = {no_memory, no_release, NULL};
    struct tvt_public_suffixes *list;
    struct tvt_error error;
    size_t num = TVT_SUFFIX_RULES_MAX + 1u, size = TVT_SUFFIX_FILE_MAX + 1u;
    char *text = malloc(size), label[70] = "test\n";
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, '\n', size);
    text[0] = 'a';
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span((uint8_t *)text, size), false, NULL, NULL, &error),
                    TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_FILE_TOO_LONG);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span((uint8_t *)text, size - 1), false, NULL, NULL, NULL),
                    TVT_OK);
    tvt_public_suffixes_unref(list);
    for (size_t i = 0; i < num; i++)
        memcpy(text + 2 * i, "a\n", 2);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span((uint8_t *)text, 2 * num), false, NULL, NULL, &error),
                    TVT_FAIL);
    CU_ASSERT_TRUE(error.code == TVT_E_SUFFIXES_MALFORMED && error.expected == TVT_SUFFIX_RULES_MAX &&
                   error.got == num);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span((uint8_t *)text, 2 * num - 2), false, NULL, NULL, NULL),
                    TVT_OK);
    tvt_public_suffixes_unref(list);
    free(text);
    memset(label, 'a', 64);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span_string(label), false, NULL, NULL, NULL), TVT_FAIL);
    label[63] = '\0';
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span_string(label), false, NULL, NULL, NULL), TVT_OK);
    CU_ASSERT_PTR_EQUAL(tvt_public_suffixes_ref(list), list);
    tvt_public_suffixes_unref(list);
    CU_ASSERT_TRUE(tvt_public_suffixes_find(list, NULL, tvt_span_string(label)));
    tvt_public_suffixes_unref(list);
    tvt_public_suffixes_unref(NULL);
    CU_ASSERT_PTR_NULL(tvt_public_suffixes_ref(NULL));
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span_string("test"), false, NULL, &none, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.code == TVT_E_NO_MEMORY && list == NULL);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_public_suffixes_load(&list, TRIVET_SOURCE_DIR "/absent", false, NULL, NULL, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.code == TVT_E_FILE_UNREADABLE && list == NULL);
}

/* The list of publicsuffix.org, where this machine has one: suffixes that have been there for decades. */
static void
reads_the_real_list(void)
{
    static const char path[] = "/usr/share/publicsuffix/public_suffix_list.dat";
    static const char *const suffixes[] = {"com", "co.uk", "com.au", "gov.uk", "foo.ck", "a.kawasaki.jp", "CO.JP"};
    static const char *const others[] = {"example.com", "www.ck", "city.kawasaki.jp", "example.co.uk", "github.io"};
    struct tvt_public_suffixes *list;
    struct tvt_error error;
    size_t skipped;
    if (access(path, R_OK) != 0) {
        printf("\n    left out, %s is not there (Debian: publicsuffix)", path);
        return;
    }
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL_FATAL(tvt_public_suffixes_load(&list, path, false, &skipped, NULL, &error), TVT_OK);
    CU_ASSERT(list->num > 6000 && skipped > 100 && skipped < list->num / 4);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        CU_ASSERT_TRUE(tvt_public_suffixes_find(list, NULL, tvt_span_string(suffixes[i])));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CU_ASSERT_FALSE(tvt_public_suffixes_find(list, NULL, tvt_span_string(others[i])));
    tvt_public_suffixes_unref(list);
    CU_ASSERT_EQUAL_FATAL(tvt_public_suffixes_load(&list, path, true, NULL, NULL, &error), TVT_OK);
    CU_ASSERT_TRUE(tvt_public_suffixes_find(list, NULL, tvt_span_string("github.io")));
    tvt_public_suffixes_unref(list);
}

/* ed25519 is for *.wild.test; every backend can verify what its intermediate signed. */
static void
takes_wildcards_away(void)
{
    static const struct {
        const char *list, *name, *words; /* NULL: the path is good */
    } rows[] = {
        {NULL, "x.wild.test", NULL},
        {"test", "x.wild.test", NULL},
        {"wild.test", "localhost", NULL},
        {"wild.test", "127.0.0.1", NULL},
        {"wild.test", "example.test", NULL},
        {"*.test\n!wild.test", "x.wild.test", NULL},
        {"*.wild.test", "x.wild.test", NULL},
        {"wild.test", "x.wild.test",
         "asked for x.wild.test; a public suffix stands behind \"*.\" in *.wild.test, by the rule wild.test"},
        {"*.test", "x.wild.test", "by the rule *.test"},
        {"wild.test", "other.example", "asked for other.example; it is for localhost"},
    };
    struct tvt_trust_store *store = x509_store("ed25519/intermediate.pem");
    struct x509_chain chain;
    x509_load(&chain, "ed25519/chain.pem");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_public_suffixes *list = rows[i].list != NULL ? list_of(rows[i].list, false, NULL) : NULL;
        const struct tvt_path_request request = {.provider =
                                                     x509_provider_for(TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE),
                                                 .store = store,
                                                 .suffixes = list,
                                                 .purpose = TVT_PURPOSE_SERVER,
                                                 .time = X509_TIME,
                                                 .name = rows[i].name,
                                                 .chain = chain.certificate,
                                                 .num_chain = chain.num};
        struct tvt_error error;
        tvt_error_clear(&error);
        enum tvt_result r = tvt_path_verify(NULL, &request, &error);
        bool right = rows[i].words == NULL ? r == TVT_OK
                                           : r == TVT_FAIL && error.code == TVT_E_CERT_NAME_MISMATCH &&
                                                 strcmp(error.field, "subjectAltName") == 0 &&
                                                 strstr(error.detail, rows[i].words) != NULL;
        if (!right)
            fprintf(stderr, "\n  %s, %s: %s\n", rows[i].list, rows[i].name, error.detail);
        CU_ASSERT_TRUE(right);
        tvt_public_suffixes_unref(list);
    }
    x509_free(&chain);
    tvt_trust_store_unref(store);
    x509_end();
}

/* Which lists a client has, and whether the server's wildcard is a name then. */
static const struct {
    const char *list; /* NULL: none */
    enum tvt_error_code code;
} clients[] = {{NULL, TVT_E_NONE}, {"test", TVT_E_NONE}, {"wild.test", TVT_E_CERT_NAME_MISMATCH}, {NULL, TVT_E_NONE}};

static void
configurations_have_it(void)
{
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        const struct tvt_fixture_options o = {0};
        struct tvt_fixture f;
        struct tvt_public_suffixes *other = list_of("wild.test", false, NULL);
        struct tvt_public_suffixes *list = clients[i].list != NULL ? list_of(clients[i].list, false, NULL) : NULL;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_public_suffixes(f.config[TVT_CLIENT], other, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_public_suffixes(f.config[TVT_CLIENT], list, NULL), TVT_OK);
        tvt_public_suffixes_unref(list); /* the configuration has its own */
        tvt_public_suffixes_unref(other);
        CU_ASSERT_FATAL(tvt_pair_open(&f.pair, f.config[TVT_CLIENT], f.config[TVT_SERVER], "x.wild.test"));
        CU_ASSERT_EQUAL(tvt_pair_handshake(&f.pair), clients[i].code == TVT_E_NONE);
        CU_ASSERT_EQUAL(tvt_connection_error(f.pair.end[TVT_CLIENT].connection)->code, clients[i].code);
        f.connected = true;
        tvt_fixture_close(&f);
    }
    tvt_fixture_cleanup();
}

/* One SSL_CTX: what stands when an SSL is made counts for it. */
static void
contexts_have_it(void)
{
    struct duo d;
    CU_ASSERT_FATAL(duo_open(&d, good_kind()));
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        struct tvt_public_suffixes *list = clients[i].list != NULL ? list_of(clients[i].list, false, NULL) : NULL;
        int r[2];
        CU_ASSERT_EQUAL(SSL_CTX_set1_tvt_public_suffixes(d.ctx[TVT_CLIENT], list), 1);
        tvt_public_suffixes_unref(list);
        CU_ASSERT_FATAL(duo_again(&d));
        CU_ASSERT_EQUAL(SSL_set1_host(d.ssl[TVT_CLIENT], "x.wild.test"), 1);
        list = list_of("wild.test", false, NULL);
        CU_ASSERT_EQUAL(SSL_CTX_set1_tvt_public_suffixes(d.ctx[TVT_CLIENT], list), 1); /* too late for this SSL */
        tvt_public_suffixes_unref(list);
        CU_ASSERT_EQUAL(duo_handshake(&d, r), clients[i].code == TVT_E_NONE);
        CU_ASSERT_EQUAL(code_of(d.ssl[TVT_CLIENT]), clients[i].code);
        if (clients[i].code != TVT_E_NONE)
            CU_ASSERT_EQUAL(SSL_get_verify_result(d.ssl[TVT_CLIENT]), X509_V_ERR_HOSTNAME_MISMATCH);
    }
    duo_close(&d);
    CU_ASSERT_EQUAL(SSL_CTX_set1_tvt_public_suffixes(NULL, NULL), 0);
    ERR_clear_error();
}

int
tvt_register_public_suffix(void)
{
    static const CU_TestInfo tests[] = {
        {"finds suffixes", finds_suffixes},
        {"finds each of many", finds_each_of_many},
        {"reads the text", reads_the_text},
        {"has limits", has_limits},
        {"reads the real list", reads_the_real_list},
        {"takes wildcards away", takes_wildcards_away},
        {"configurations have it", configurations_have_it},
        {"contexts have it", contexts_have_it},
    };
    return suite_register("public suffix", tests, sizeof tests / sizeof tests[0]);
}
