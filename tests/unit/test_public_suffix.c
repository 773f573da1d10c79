/* SPDX-License-Identifier: MIT
 *
 * Public suffixes (docs/x509.md, rule N9): which names are one, by the algorithm of publicsuffix.org; what of a list's text is
 * read, and how its labels are encoded; which certificates match.
 */
#include "core/x509/public_suffix.h"
#include "core/x509/punycode.h"
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
                                "b\303\274cher.test\n"
                                "xn--bcher-kva.test\n"
                                "\345\205\254\345\217\270.cn\n"
                                "cn\n"
                                "*.\351\246\231\346\270\257\n"
                                "!a.b\303\274.\351\246\231\346\270\257\n"
                                "*.b\303\274.\351\246\231\346\270\257\n"
                                "// ===END ICANN DOMAINS===\n"
                                "// ===BEGIN PRIVATE DOMAINS===\n"
                                "pages.test\n"
                                "b\303\274ro.test\n"
                                "// ===END PRIVATE DOMAINS===\n"
                                "last.test";

static struct tvt_public_suffixes *
list_of(const char *text, bool want_private)
{
    struct tvt_public_suffixes *list;
    struct tvt_error error;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL_FATAL(tvt_public_suffixes_new(&list, tvt_span_string(text), want_private, NULL, &error), TVT_OK);
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
        {"xn--55qx5d.cn", "xn--55qx5d.cn"},
        {"XN--55qx5D.cn", "XN--55qx5D.cn"},
        {"a.xn--55qx5d.cn", NULL},
        {"xn--55qx5e.cn", NULL},
        {"xn--j6w193g", "*"},
        {"b.xn--j6w193g", "*.xn--j6w193g"},
        {"a.xn--b-eha.xn--j6w193g", NULL},
        {"b.xn--b-eha.xn--j6w193g", "*.xn--b-eha.xn--j6w193g"},
        {"xn--bro-hoa.test", NULL}, /* a section that is passed over */
        {"last.test", "last.test"},
        {"pages.test", NULL},
        {"a", "*"},
    };
    char rule[TVT_SUFFIX_TEXT_MAX];
    struct tvt_public_suffixes *list = list_of(list_text, false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool found = tvt_public_suffixes_find(list, rule, tvt_span_string(rows[i].name));
        if (found != (rows[i].rule != NULL) || (found && strcmp(rule, rows[i].rule) != 0))
            fprintf(stderr, "\n  %s: %s\n", rows[i].name, found ? rule : "no suffix");
        CU_ASSERT_EQUAL(found, rows[i].rule != NULL);
        CU_ASSERT_TRUE(!found || rows[i].rule == NULL || strcmp(rule, rows[i].rule) == 0);
        CU_ASSERT_EQUAL(tvt_public_suffixes_find(list, NULL, tvt_span_string(rows[i].name)), found);
    }
    tvt_public_suffixes_unref(list);
    list = list_of(list_text, true);
    CU_ASSERT_TRUE(tvt_public_suffixes_find(list, NULL, tvt_span_string("pages.test")));
    CU_ASSERT_TRUE(tvt_public_suffixes_find(list, NULL, tvt_span_string("xn--bro-hoa.test")));
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
    list = list_of(text, false);
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
        {"b\303\274cher.test\n", NULL},
        {"// ===BEGIN PRIVATE DOMAINS===\n\377.test\n// ===END PRIVATE DOMAINS===\n// \377\na.test\n", NULL},
        {"test\nb\374cher.test\n", "line 2: not UTF-8: b\\xfccher.test"},
        {"a.\303", "line 1: not UTF-8: a.\\xc3"},
        {"a.\303.test\n", "line 1: not UTF-8: a.\\xc3.test"},
        {"\n\300\200.test\n", "line 2: not UTF-8: \\xc0\\x80.test"},
        {"!b\303\274cher\n", "line 1: !b\\xc3\\xbccher"},
        {"b\303\274cher..test\n", "line 1: b\\xc3\\xbccher..test"},
        {"b\303\274/cher.test\n", "line 1: b\\xc3\\xbc/cher.test"},
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
        enum tvt_result r = tvt_public_suffixes_new(&list, tvt_span_string(rows[i].text), false, NULL, &error);
        bool right = rows[i].words == NULL ? r == TVT_OK && list != NULL
                                           : r == TVT_FAIL && list == NULL && error.code == TVT_E_SUFFIXES_MALFORMED &&
                                                 strcmp(error.detail, rows[i].words) == 0;
        if (!right)
            fprintf(stderr, "\n  row %zu: %s\n", i, error.detail);
        CU_ASSERT_TRUE(right);
        tvt_public_suffixes_unref(list);
    }
}

/* ---- A-labels ---- */

static bool
encodes(struct tvt_span label, const char *a_label, enum tvt_punycode_result wanted)
{
    uint8_t room[TVT_DNS_LABEL_MAX + 1];
    struct tvt_writer w;
    tvt_writer_init(&w, room, sizeof room);
    enum tvt_punycode_result result = tvt_punycode_write(&w, label);
    bool right = result == wanted && !w.overflow &&
                 tvt_span_is(tvt_span(room, tvt_writer_len(&w)), wanted == TVT_PUNYCODE_OK ? a_label : "");
    if (!right)
        fprintf(stderr, "\n  %s: %d, %.*s\n", a_label, (int)result, (int)tvt_writer_len(&w), (char *)room);
    return right;
}

/* Samples of RFC 3492 7.1, (A) to (Q), in their case; what is ASCII; what is not UTF-8. */
static void
encodes_labels(void)
{
    static const struct {
        const char *label, *a_label;
        enum tvt_punycode_result result;
    } rows[] = {
        {"\331\204\331\212\331\207\331\205\330\247\330\250\330\252\331\203\331\204\331\205\331\210\330\264\330\271\330"
         "\261\330\250\331\212\330\237",
         "xn--egbpdaj6bu4bxfgehfvwxn", TVT_PUNYCODE_OK},
        {"\344\273\226\344\273\254\344\270\272\344\273\200\344\271\210\344\270\215\350\257\264\344\270\255\346\226\207",
         "xn--ihqwcrb4cv8a8dqg056pqjye", TVT_PUNYCODE_OK},
        {"Pro\304\215prost\304\233nemluv\303\255\304\215esky", "xn--Proprostnemluvesky-uyb24dma41a", TVT_PUNYCODE_OK},
        {"\343\201\252\343\201\234\343\201\277\343\202\223\343\201\252\346\227\245\346\234\254\350\252\236\343\202\222"
         "\350\251\261\343\201\227\343\201\246\343\201\217\343\202\214\343\201\252\343\201\204\343\201\256\343\201\213",
         "xn--n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa", TVT_PUNYCODE_OK},
        {"\354\204\270\352\263\204\354\235\230\353\252\250\353\223\240\354\202\254\353\236\214\353\223\244\354\235\264"
         "\355\225\234\352\265\255\354\226\264\353\245\274\354\235\264\355\225\264\355\225\234\353\213\244\353\251\264"
         "\354\226\274\353\247\210\353\202\230\354\242\213\354\235\204\352\271\214",
         "(H)", TVT_PUNYCODE_TOO_LONG},
        {"T\341\272\241isaoh\341\273\215kh\303\264ngth\341\273\203ch\341\273\211n\303\263iti\341\272\277ngVi\341\273"
         "\207t",
         "xn--TisaohkhngthchnitingVit-kjcr8268qyxafd2f1b9g", TVT_PUNYCODE_OK},
        {"\345\256\211\345\256\244\345\245\210\347\276\216\346\201\265-with-SUPER-MONKEYS",
         "xn---with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n", TVT_PUNYCODE_OK},
        {"\343\203\221\343\203\225\343\202\243\343\203\274de\343\203\253\343\203\263\343\203\220",
         "xn--de-jg4avhby1noc0d", TVT_PUNYCODE_OK},
        {"\345\205\254\345\217\270", "xn--55qx5d", TVT_PUNYCODE_OK},
        {"\303\274", "xn--tda", TVT_PUNYCODE_OK},
        {"", "", TVT_PUNYCODE_OK},
        {"-> $1-00 <-", "-> $1-00 <-", TVT_PUNYCODE_OK},
        {"xn--55qx5d", "xn--55qx5d", TVT_PUNYCODE_OK},
        {"a\200", "a continuation alone", TVT_PUNYCODE_NOT_UTF8},
        {"\303", "cut, of two", TVT_PUNYCODE_NOT_UTF8},
        {"\303a", "cut short, of two", TVT_PUNYCODE_NOT_UTF8},
        {"\345\205", "cut, of three", TVT_PUNYCODE_NOT_UTF8},
        {"\360\220\200", "cut, of four", TVT_PUNYCODE_NOT_UTF8},
        {"\301\277", "overlong, of two", TVT_PUNYCODE_NOT_UTF8},
        {"\340\237\277", "overlong, of three", TVT_PUNYCODE_NOT_UTF8},
        {"\360\217\277\277", "overlong, of four", TVT_PUNYCODE_NOT_UTF8},
        {"\355\240\200", "the first surrogate", TVT_PUNYCODE_NOT_UTF8},
        {"\355\277\277", "the last surrogate", TVT_PUNYCODE_NOT_UTF8},
        {"\364\220\200\200", "above U+10FFFF", TVT_PUNYCODE_NOT_UTF8},
        {"\365\200\200\200", "a first byte of none", TVT_PUNYCODE_NOT_UTF8},
        {"\355\237\277", "xn--hb9b", TVT_PUNYCODE_OK},
        {"\356\200\200", "xn--0y0c", TVT_PUNYCODE_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CU_ASSERT_TRUE(encodes(tvt_span_string(rows[i].label), rows[i].a_label, rows[i].result));
}

/* Each character gives a byte at least: the longest labels, and one character more. Where the last character of Unicode stands
 * behind (or is) as many others as there is room for, the deltas are the largest that there are (RFC 3492 6.4). */
static void
encodes_no_more_than_fits(void)
{
    static const struct {
        const char *unit, *end;
        size_t num; /* of `unit` in the longest label */
        const char *a_label;
    } rows[] = {
        {"\302\200", "", 59, "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"\364\217\277\277", "", 55, "xn--dn32gaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"a", "\364\217\277\277", 51, "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-6q1048b"},
        {"a", "", 63, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"\302\200", "\364\217\277\277", 51, "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0328309c"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t more = 0; more < 2; more++) {
            char label[4 * TVT_DNS_LABEL_MAX + 8];
            int len = 0;
            for (size_t k = 0; k < rows[i].num + more; k++)
                len += snprintf(label + len, sizeof label - (size_t)len, "%s", rows[i].unit);
            len += snprintf(label + len, sizeof label - (size_t)len, "%s", rows[i].end);
            CU_ASSERT_TRUE(
                encodes(tvt_span(label, (size_t)len), rows[i].a_label, more ? TVT_PUNYCODE_TOO_LONG : TVT_PUNYCODE_OK));
        }
    }
}

/* A label that is too long as an A-label alone; a name that is. */
static void
refuses_long_rules(void)
{
    static const struct {
        const char *unit, *end;
        size_t most;
        const char *words; /* of one more */
    } rows[] = {
        {"\302\200", ".test\n", 59, "line 2: a label is longer than 63 bytes: \\xc2\\x80"},
        {"\303\274.", "abcde\n", 31, "line 2: longer than 253 bytes: \\xc3\\xbc."}, /* 8 bytes each */
        {"\303\274.", "abcdef\n", 30, "line 2: longer than 253 bytes: \\xc3\\xbc."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t more = 0; more < 2; more++) {
            struct tvt_public_suffixes *list;
            struct tvt_error error;
            char text[512];
            int len = snprintf(text, sizeof text, "cn\n");
            for (size_t k = 0; k < rows[i].most + more; k++)
                len += snprintf(text + len, sizeof text - (size_t)len, "%s", rows[i].unit);
            (void)snprintf(text + len, sizeof text - (size_t)len, "%s", rows[i].end);
            tvt_error_clear(&error);
            CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span_string(text), false, NULL, &error),
                            more ? TVT_FAIL : TVT_OK);
            CU_ASSERT_EQUAL(error.code, more ? TVT_E_SUFFIXES_MALFORMED : TVT_E_NONE);
            CU_ASSERT_PTR_EQUAL(strstr(error.detail, more ? rows[i].words : ""), error.detail);
            tvt_public_suffixes_unref(list);
        }
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
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span((uint8_t *)text, size), false, NULL, &error), TVT_FAIL);
    CU_ASSERT_EQUAL(error.code, TVT_E_FILE_TOO_LONG);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span((uint8_t *)text, size - 1), false, NULL, NULL), TVT_OK);
    tvt_public_suffixes_unref(list);
    for (size_t i = 0; i < num; i++)
        memcpy(text + 2 * i, "a\n", 2);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span((uint8_t *)text, 2 * num), false, NULL, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.code == TVT_E_SUFFIXES_MALFORMED && error.expected == TVT_SUFFIX_RULES_MAX &&
                   error.got == num);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span((uint8_t *)text, 2 * num - 2), false, NULL, NULL), TVT_OK);
    tvt_public_suffixes_unref(list);
    free(text);
    memset(label, 'a', 64);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span_string(label), false, NULL, NULL), TVT_FAIL);
    label[63] = '\0';
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span_string(label), false, NULL, NULL), TVT_OK);
    CU_ASSERT_PTR_EQUAL(tvt_public_suffixes_ref(list), list);
    tvt_public_suffixes_unref(list);
    CU_ASSERT_TRUE(tvt_public_suffixes_find(list, NULL, tvt_span_string(label)));
    tvt_public_suffixes_unref(list);
    tvt_public_suffixes_unref(NULL);
    CU_ASSERT_PTR_NULL(tvt_public_suffixes_ref(NULL));
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_public_suffixes_new(&list, tvt_span_string("test"), false, &none, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.code == TVT_E_NO_MEMORY && list == NULL);
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_public_suffixes_load(&list, TRIVET_SOURCE_DIR "/absent", false, NULL, &error), TVT_FAIL);
    CU_ASSERT_TRUE(error.code == TVT_E_FILE_UNREADABLE && list == NULL);
}

/* The list of publicsuffix.org, where this machine has one: suffixes that have been there for decades. */
static void
reads_the_real_list(void)
{
    static const char path[] = "/usr/share/publicsuffix/public_suffix_list.dat";
    static const char *const suffixes[] = {
        "com",           "co.uk", "com.au",        "gov.uk",   "foo.ck",
        "a.kawasaki.jp", "CO.JP", "xn--55qx5d.cn", "xn--p1ai", "xn--rhkkervju-01af.no"};
    static const char *const others[] = {"example.com",   "www.ck",    "city.kawasaki.jp",
                                         "example.co.uk", "github.io", "example.xn--55qx5d.cn"};
    struct tvt_public_suffixes *list;
    struct tvt_error error;
    if (access(path, R_OK) != 0) {
        printf("\n    left out, %s is not there (Debian: publicsuffix)", path);
        return;
    }
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL_FATAL(tvt_public_suffixes_load(&list, path, false, NULL, &error), TVT_OK);
    CU_ASSERT(list->num > 6000);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        CU_ASSERT_TRUE(tvt_public_suffixes_find(list, NULL, tvt_span_string(suffixes[i])));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CU_ASSERT_FALSE(tvt_public_suffixes_find(list, NULL, tvt_span_string(others[i])));
    tvt_public_suffixes_unref(list);
    CU_ASSERT_EQUAL_FATAL(tvt_public_suffixes_load(&list, path, true, NULL, &error), TVT_OK);
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
        struct tvt_public_suffixes *list = rows[i].list != NULL ? list_of(rows[i].list, false) : NULL;
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
        struct tvt_public_suffixes *other = list_of("wild.test", false);
        struct tvt_public_suffixes *list = clients[i].list != NULL ? list_of(clients[i].list, false) : NULL;
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
        struct tvt_public_suffixes *list = clients[i].list != NULL ? list_of(clients[i].list, false) : NULL;
        int r[2];
        CU_ASSERT_EQUAL(SSL_CTX_set1_tvt_public_suffixes(d.ctx[TVT_CLIENT], list), 1);
        tvt_public_suffixes_unref(list);
        CU_ASSERT_FATAL(duo_again(&d));
        CU_ASSERT_EQUAL(SSL_set1_host(d.ssl[TVT_CLIENT], "x.wild.test"), 1);
        list = list_of("wild.test", false);
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
        {"encodes labels", encodes_labels},
        {"encodes no more than fits", encodes_no_more_than_fits},
        {"refuses long rules", refuses_long_rules},
        {"has limits", has_limits},
        {"reads the real list", reads_the_real_list},
        {"takes wildcards away", takes_wildcards_away},
        {"configurations have it", configurations_have_it},
        {"contexts have it", contexts_have_it},
    };
    return suite_register("public suffix", tests, sizeof tests / sizeof tests[0]);
}
