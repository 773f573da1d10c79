/* SPDX-License-Identifier: MIT
 *
 * Revocation lists as bytes (docs/x509.md, rules C1 to C3, C6, C9): what decodes, what is refused and where, the index, and
 * which certificates a list is about.
 */
#include "core/x509/name.h"
#include "tests/unit/crl_help.h"
#include "tests/unit/x509_help.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_crl_forms(void);

static const uint8_t issuer_der[] = {0x30, 13, 0x31, 11, 0x30, 9, 0x06, 3, 0x55, 4, 3, 0x0c, 2, 'C', 'A'};
#define ISSUER                                                                                                         \
    {                                                                                                                  \
        issuer_der, sizeof(issuer_der)                                                                                 \
    }

/* A list of these parts; the caller drops it. */
static struct tvt_crl *
make(struct crl_parts parts, struct tvt_error *error)
{
    struct tvt_crl *crl = NULL;
    parts.issuer = parts.issuer.data != NULL ? parts.issuer : tvt_span(issuer_der, sizeof issuer_der);
    struct tvt_span der = crl_make(&parts);
    tvt_error_clear(error);
    CU_ASSERT_EQUAL(tvt_crl_new(&crl, der, NULL, error), error->code == TVT_E_NONE ? TVT_OK : TVT_FAIL);
    CU_ASSERT_EQUAL(crl != NULL, error->code == TVT_E_NONE);
    free((void *)(uintptr_t)der.data);
    return crl;
}

struct form {
    const char *what;
    enum tvt_error_code code;
    const char *field;
    struct crl_parts parts;
};

#define GOOD TVT_E_NONE, NULL
#define BAD  TVT_E_CRL_MALFORMED
#define NOT  TVT_E_CRL_UNSUPPORTED
#define DATE "170d3236303530313030303030305a" /* 2026-05-01 */
#define ONE  "3012 020105" DATE
/* Extensions: an identifier, perhaps TRUE, a value. */
#define IDP(n, value)                                                                                                  \
    {                                                                                                                  \
        .extensions = "30" n "0603551d1c 0101ff " value                                                                \
    }

static const struct form forms[] = {
    {"empty", GOOD, {0}},
    {"version 1", GOOD, {.version = "", .entries = ONE}},
    {"an entry", GOOD, {.entries = ONE}},
    {"a reason", GOOD, {.entries = "3020 020105" DATE "300c 300a 0603551d15 0403 0a0101"}},
    {"an invalidity date",
     GOOD,
     {.entries = "302e 020105" DATE "301a 3018 0603551d18 0411 180f 32303236303433303030303030305a"}},
    {"an unknown extension", GOOD, {.extensions = "300a 06032a0304 04030c0161"}},
    {"an unknown extension of an entry", GOOD, {.entries = "3020 020105" DATE "300c 300a 06032a0304 04030a0101"}},
    {"a number", GOOD, {.extensions = "300a 0603551d14 0403 020105"}},
    {"both signature algorithms differ", BAD, "signatureAlgorithm", {.outer = "300a06082a8648ce3d040303"}},
    {"version 3", BAD, "version", {.version = "020102"}},
    {"version 1 spelled out", BAD, "version", {.version = "020100"}},
    {"version 1 with extensions", BAD, "version", {.version = "", .extensions = "300a 0603551d14 0403 020105"}},
    {"version 1 with extensions of an entry",
     BAD,
     "version",
     {.version = "", .entries = "3020 020105" DATE "300c 300a 0603551d15 0403 0a0101"}},
    {"an issuer without a name", BAD, "issuer", {.issuer = {(const uint8_t *)"\x30\0", 2}}},
    {"no thisUpdate", BAD, "nextUpdate", {.this_update = ""}},
    {"no nextUpdate", BAD, "nextUpdate", {.next_update = ""}},
    {"GeneralizedTime before 2050", BAD, "thisUpdate", {.this_update = "180f 32303236303533313030303030305a"}},
    {"a time without seconds", BAD, "nextUpdate", {.next_update = "170b 323630363330303030305a"}},
    {"no entry in the list of entries", BAD, "revokedCertificates", {.entries = ""}},
    {"an entry without a date", BAD, "revocationDate", {.entries = "3003 020105"}},
    {"a serial number that is not shortest", BAD, "userCertificate", {.entries = "3013 02020005" DATE}},
    {"a serial number of 21 octets",
     BAD,
     "userCertificate",
     {.entries = "3026 0215 010203040506070809101112131415161718192021" DATE}},
    {"a reason that there is not",
     BAD,
     "reasonCode",
     {.entries = "3020 020105" DATE "300c 300a 0603551d15 0403 0a0107"}},
    {"removeFromCRL", BAD, "reasonCode", {.entries = "3020 020105" DATE "300c 300a 0603551d15 0403 0a0108"}},
    {"a critical reason", BAD, "reasonCode", {.entries = "3023 020105" DATE "300f 300d 0603551d15 0101ff 0403 0a0101"}},
    {"bytes behind a reason", BAD, "extnValue", {.entries = "3021 020105" DATE "300d 300b 0603551d15 0404 0a010100"}},
    {"an empty list of entry extensions", BAD, "crlEntryExtensions", {.entries = "3014 020105" DATE "3000"}},
    {"an empty list of extensions", BAD, "crlExtensions", {.extensions = ""}},
    {"an extension twice",
     BAD,
     "crlExtensions",
     {.extensions = "300a 0603551d14 0403 020105 300a 0603551d14 0403 020106"}},
    {"a critical number", BAD, "cRLNumber", {.extensions = "300d 0603551d14 0101ff 0403 020105"}},
    {"a negative number", BAD, "cRLNumber", {.extensions = "300a 0603551d14 0403 0201ff"}},
    {"a coded default", BAD, "extension.critical", {.extensions = "300d 0603551d14 010100 0403 020105"}},
    {"an empty distribution point", BAD, "issuingDistributionPoint", IDP("0c", "0402 3000")},
    {"user and authority", BAD, "issuingDistributionPoint", IDP("12", "0408 3006 8101ff 8201ff")},
    {"a FALSE that is coded", BAD, "onlyContainsUserCerts", IDP("0f", "0405 3003 810100")},
    {"a flag in the wrong place", BAD, "issuingDistributionPoint", IDP("12", "0408 3006 8401ff 8101ff")},
    {"bytes behind the signature", BAD, "CertificateList", {.behind = "0500"}},
    {"user certificates", GOOD, IDP("0f", "0405 3003 8101ff")},
    {"a delta", NOT, "deltaCRLIndicator", {.extensions = "300d 0603551d1b 0101ff 0403 020105"}},
    {"a delta that is not critical", NOT, "deltaCRLIndicator", {.extensions = "300a 0603551d1b 0403 020105"}},
    {"an indirect list", NOT, "indirectCRL", IDP("0f", "0405 3003 8401ff")},
    {"some reasons", NOT, "onlySomeReasons", IDP("10", "0406 3004 83020640")},
    {"attribute certificates", NOT, "onlyContainsAttributeCerts", IDP("0f", "0405 3003 8501ff")},
    {"a relative name", NOT, "nameRelativeToCRLIssuer", IDP("1a", "0410 300e a00c a10a 3008 0603550403 0c0131")},
    {"an unknown critical extension", NOT, "crlExtensions", {.extensions = "300d 06032a0304 0101ff 04030c0161"}},
    {"an unknown critical extension of an entry",
     NOT,
     "crlEntryExtensions",
     {.entries = "3023 020105" DATE "300f 300d 06032a0304 0101ff 0403 0a0101"}},
    {"an entry of another issuer",
     NOT,
     "certificateIssuer",
     {.entries = "3022 020105" DATE "300e 300c 0603551d1d 0101ff 0402 3000"}},
};

static void
decodes(void)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tvt_error e;
        struct tvt_crl *crl = make(forms[i].parts, &e);
        bool good =
            e.code == forms[i].code &&
            (crl != NULL || (e.field != NULL && strcmp(e.field, forms[i].field) == 0 && e.origin == TVT_ORIGIN_CALLER));
        if (!good)
            printf("\n    %s: %s in %s", forms[i].what, tvt_error_name(e.code), e.field != NULL ? e.field : "-");
        CU_ASSERT(good);
        tvt_crl_unref(crl);
    }
}

/* The words of a list that is not used here say which extension nobody understands. */
static void
names_the_extension(void)
{
    struct tvt_error e;
    CU_ASSERT_PTR_NULL(make((struct crl_parts){.extensions = "300d 06032a0304 0101ff 04030c0161"}, &e));
    CU_ASSERT(strstr(e.detail, "1.2.3.4") != NULL);
}

/* Every cut is refused, in a block of the exact size, for the sanitizer. */
static void
refuses_every_cut(void)
{
    struct crl_parts parts = {.issuer = ISSUER,
                              .entries = "3020 020105" DATE "300c 300a 0603551d15 0403 0a0101",
                              .extensions = "300f 0603551d1c 0101ff 0405 3003 8101ff"};
    struct tvt_span whole = crl_make(&parts);
    for (size_t len = 0; len < whole.len; len++) {
        struct tvt_crl *crl;
        struct tvt_error e;
        uint8_t *cut = malloc(len + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
        memcpy(cut, whole.data, len);
        tvt_error_clear(&e);
        CU_ASSERT_EQUAL(tvt_crl_new(&crl, tvt_span(cut, len), NULL, &e), TVT_FAIL);
        CU_ASSERT_EQUAL(e.code, TVT_E_CRL_MALFORMED);
        free(cut);
    }
    free((void *)(uintptr_t)whole.data);
}

/* ---- the index ---- */

static uint32_t
next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Entry `i` of a list: serials of 1 to 4 octets, every tenth with a reason. */
static void
put_entry(struct crl_text *t, uint32_t serial, bool reason)
{
    uint8_t number[4] = {(uint8_t)(serial >> 24 & 0x7f), (uint8_t)(serial >> 16), (uint8_t)(serial >> 8),
                         (uint8_t)serial};
    size_t skip = 0, from = t->len;
    while (skip < 3 && number[skip] == 0 && number[skip + 1] < 0x80)
        skip++;
    crl_put(t, number + skip, 4 - skip);
    crl_wrap(t, from, TVT_DER_INTEGER);
    crl_put_hex(t, DATE);
    if (reason)
        crl_put_hex(t, "300c 300a 0603551d15 0403 0a0104");
    crl_wrap(t, from, TVT_DER_SEQUENCE);
}

static struct tvt_span
serial_of(uint8_t out[4], uint32_t serial)
{
    struct crl_text t = {0};
    put_entry(&t, serial, false);
    size_t len = t.bytes[3];
    memcpy(out, t.bytes + 4, len);
    free(t.bytes);
    return tvt_span(out, len);
}

enum { ENTRIES = 3000 };

/* In any order and number, even with one serial number twice: what is in the list is found, what is not is not. */
static void
finds_what_is_there(void)
{
    uint32_t seed = 7, made[ENTRIES];
    for (size_t num = 1; num <= ENTRIES; num = num < 40 ? num + 1 : num * 4 + 3) {
        struct crl_text t = {0};
        struct tvt_error e;
        for (size_t i = 0; i < num; i++) {
            made[i] = i % 17 == 16 ? made[i - 5] : next_random(&seed) >> next_random(&seed) % 24;
            put_entry(&t, made[i], made[i] % 10 == 0);
        }
        struct tvt_crl *crl = make((struct crl_parts){.raw = tvt_span(t.bytes, t.len)}, &e);
        CU_ASSERT_PTR_NOT_NULL_FATAL(crl);
        CU_ASSERT_EQUAL(crl->num, num);
        for (size_t i = 0; i < num; i++) {
            struct tvt_crl_entry entry = {0};
            uint8_t bytes[4];
            CU_ASSERT(tvt_crl_find(crl, serial_of(bytes, made[i]), &entry));
            CU_ASSERT(entry.date == 1777593600 && entry.reason == (made[i] % 10 == 0 ? 4 : 0));
        }
        for (size_t i = 0; i < 300; i++) {
            uint32_t other = next_random(&seed);
            uint8_t bytes[4];
            bool there = false;
            for (size_t k = 0; k < num; k++)
                there = there || made[k] == other;
            CU_ASSERT_EQUAL(tvt_crl_find(crl, serial_of(bytes, other), NULL), there);
        }
        CU_ASSERT_FALSE(tvt_crl_find(crl, tvt_span(NULL, 0), NULL));
        tvt_crl_unref(crl);
        free(t.bytes);
    }
}

/* One that stands there twice: in whatever order, a hold hides no other reason. */
static void
finds_the_worse_of_two(void)
{
#define HELD "3020 020105" DATE "300c 300a 0603551d15 0403 0a0106"
#define LOST "3020 020105" DATE "300c 300a 0603551d15 0403 0a0101"
#define NEXT "3012 020106" DATE
#define LAST "3012 020107" DATE
    static const char *const lists[] = {HELD LOST, LOST HELD, HELD LOST NEXT, LOST HELD NEXT, NEXT LAST HELD LOST};
    uint8_t five = 5;
    struct tvt_crl_entry entry;
    struct tvt_error e;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct tvt_crl *crl = make((struct crl_parts){.entries = lists[i]}, &e);
        CU_ASSERT(crl != NULL && tvt_crl_find(crl, tvt_span(&five, 1), &entry));
        CU_ASSERT_NOT_EQUAL(entry.reason, TVT_CRL_REASON_HOLD);
        tvt_crl_unref(crl);
    }
    struct tvt_crl *crl = make((struct crl_parts){.entries = HELD NEXT}, &e);
    CU_ASSERT(crl != NULL && tvt_crl_find(crl, tvt_span(&five, 1), &entry));
    CU_ASSERT_EQUAL(entry.reason, TVT_CRL_REASON_HOLD);
    tvt_crl_unref(crl);
}

/* ---- which certificates it is about ---- */

struct about {
    const char *idp;    /* contents of issuingDistributionPoint's SEQUENCE in hex */
    const char *points; /* contents of cRLDistributionPoints' SEQUENCE; NULL: the certificate has none */
    bool is_ca;
    enum tvt_crl_scope scope;
};
#define WHOLE   TVT_CRL_WHOLE
#define REVOKES TVT_CRL_REVOKES
#define OTHER   TVT_CRL_OTHER
#define URI_A   "8601 61"
#define URI_B   "8601 62"

#define URI_B16   URI_B URI_B URI_B URI_B URI_B URI_B URI_B URI_B URI_B URI_B URI_B URI_B URI_B URI_B URI_B URI_B
#define POINT_B   "3007 a005 a003 " URI_B
#define POINT_B16 POINT_B4 POINT_B4 POINT_B4 POINT_B4
#define POINT_B4  POINT_B POINT_B POINT_B POINT_B

static const struct about abouts[] = {
    {"8101ff", NULL, false, WHOLE},
    {"8101ff", NULL, true, OTHER},
    {"8201ff", NULL, false, OTHER},
    {"8201ff", NULL, true, WHOLE},
    {"a005 a003 " URI_A, NULL, false, OTHER},
    {"a005 a003 " URI_A, "3007 a005 a003 " URI_A, false, WHOLE},
    {"a005 a003 " URI_A, "3007 a005 a003 " URI_B, false, OTHER},
    {"a008 a006 " URI_B URI_A, "3007 a005 a003 " URI_A, false, WHOLE},
    {"a005 a003 " URI_A, "3007 a005 a003 " URI_B " 3007 a005 a003 " URI_A, false, WHOLE},
    {"a005 a003 " URI_A, "300b a005 a003 " URI_A " 81020640", false, REVOKES},    /* for some reasons    */
    {"a005 a003 " URI_A, "300c a005 a003 " URI_A " a203 " URI_B, false, REVOKES}, /* of another issuer   */
    {"a005 a003 " URI_A, "3007 a005 a003 8701 61", false, OTHER},                 /* of another kind     */
    {"a005 a003 " URI_A " 8201ff", "3007 a005 a003 " URI_A, false, OTHER},        /* the right place, and not a CA */
    {"a013 a011 a40f 300d 310b 3009 0603550403 0c02 4341", NULL, false, WHOLE},   /* the issuer's name   */
    {"a013 a011 a40f 300d 310b 3009 0603550403 0c02 4342", NULL, false, OTHER},
    {"a005 a003 " URI_A, "3007 a005 a003 " URI_A "05", false, WHOLE}, /* bytes behind: read up to there */
    {"a005 a003 " URI_A, "30ff", false, REVOKES},
    {"a005 a003 " URI_A, "300b a005 a003 " URI_B " 81020640", false, OTHER},
    {"a005 a003 " URI_A, "300e a00c a10a 3008 0603550403 0c0131", false, REVOKES}, /* not compared */
    {"a035 a033 " URI_B16 URI_A, "3007 a005 a003 " URI_A, false, REVOKES},         /* more names than are compared */
    {"a035 a033 " URI_B16 URI_A, "3007 a005 a003 " URI_B, false, WHOLE},
    {"a005 a003 " URI_A, "3037 a035 a033 " URI_B16 URI_A, false, REVOKES},
    {"a005 a003 " URI_A, POINT_B16, false, OTHER},
    {"a005 a003 " URI_A, POINT_B16 "3007 a005 a003 " URI_A, false, REVOKES}, /* more points */
};

static void
knows_its_certificates(void)
{
    for (size_t i = 0; i < sizeof abouts / sizeof abouts[0]; i++) {
        struct crl_text idp = {0}, points = {0};
        struct tvt_certificate c = {.is_ca = abouts[i].is_ca, .issuer = ISSUER};
        struct tvt_error e;
        char hex[256] = "";
        crl_put_hex(&idp, abouts[i].idp);
        crl_wrap(&idp, 0, TVT_DER_SEQUENCE);
        crl_wrap(&idp, 0, TVT_DER_OCTET_STRING);
        struct crl_text extension = {0};
        crl_put_hex(&extension, "0603551d1c 0101ff");
        crl_put(&extension, idp.bytes, idp.len);
        crl_wrap(&extension, 0, TVT_DER_SEQUENCE);
        for (size_t k = 0; k < extension.len && 2 * k + 3 < sizeof hex; k++)
            (void)snprintf(hex + 2 * k, 3, "%02x", extension.bytes[k]);
        struct tvt_crl *crl = make((struct crl_parts){.extensions = hex}, &e);
        CU_ASSERT_PTR_NOT_NULL_FATAL(crl);
        if (abouts[i].points != NULL) {
            crl_put_hex(&points, abouts[i].points);
            crl_wrap(&points, 0, TVT_DER_SEQUENCE);
            c.der = tvt_span(points.bytes, points.len);
            c.present = 1u << TVT_CEXT_CRL_DISTRIBUTION;
            c.ext[TVT_CEXT_CRL_DISTRIBUTION].len = (uint32_t)points.len;
        }
        uint32_t steps = TVT_PATH_STEPS_MAX;
        bool right = tvt_crl_covers(crl, &c, &steps) == abouts[i].scope && steps > 0;
        if (!right)
            printf("\n    list about %s, certificate with %s", abouts[i].idp,
                   abouts[i].points != NULL ? abouts[i].points : "none");
        CU_ASSERT(right);
        tvt_crl_unref(crl);
        free(extension.bytes);
        free(points.bytes);
        free(idp.bytes);
    }
}

/* ---- memory ---- */

struct meter {
    size_t left, held;
};

static void *
take(void *user, size_t size)
{
    struct meter *m = user;
    if (m->left == 0)
        return NULL;
    m->left--;
    m->held++;
    return malloc(size);
}

static void
give(void *user, void *p, size_t size)
{
    (void)size;
    ((struct meter *)user)->held -= p != NULL;
    free(p);
}

/* Each failed allocation is an error, and nothing is left behind. */
static void
survives_without_memory(void)
{
    struct crl_parts parts = {.issuer = ISSUER, .entries = ONE};
    struct tvt_span der = crl_make(&parts);
    enum tvt_result result = TVT_FAIL;
    for (size_t room = 0; room < 20 && result != TVT_OK; room++) {
        struct meter m = {.left = room};
        struct tvt_allocator a = {.alloc = take, .release = give, .user = &m};
        struct tvt_trust_store *store = NULL;
        struct tvt_error e;
        tvt_error_clear(&e);
        result = tvt_trust_store_new(&store, &a, &e);
        if (result == TVT_OK)
            result = tvt_trust_store_add_crl_bytes(store, der, NULL, &e);
        CU_ASSERT(result == TVT_OK || e.code == TVT_E_NO_MEMORY);
        tvt_trust_store_unref(store);
        CU_ASSERT_EQUAL(m.held, 0);
    }
    CU_ASSERT_EQUAL(result, TVT_OK);
    free((void *)(uintptr_t)der.data);
}

int
tvt_register_crl_forms(void)
{
    CU_pSuite suite = CU_add_suite("crl_forms", NULL, NULL);
    if (suite == NULL || CU_add_test(suite, "decodes", decodes) == NULL ||
        CU_add_test(suite, "names the extension", names_the_extension) == NULL ||
        CU_add_test(suite, "refuses every cut", refuses_every_cut) == NULL ||
        CU_add_test(suite, "finds what is there", finds_what_is_there) == NULL ||
        CU_add_test(suite, "finds the worse of two", finds_the_worse_of_two) == NULL ||
        CU_add_test(suite, "knows its certificates", knows_its_certificates) == NULL ||
        CU_add_test(suite, "survives without memory", survives_without_memory) == NULL)
        return -1;
    return 0;
}
