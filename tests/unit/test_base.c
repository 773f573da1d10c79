/* SPDX-License-Identifier: MIT
 *
 * core/base: memory, reader and writer, buffer, registries, and the error record with its three written forms.
 */
#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/base/wire.h"

#include <trivet/provider.h>

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_base(void);

/* ---- memory ----------------------------------------------------------------------------------------------- */

static void
compares_and_wipes(void)
{
    uint8_t a[64], b[64];

    memset(a, 0x5a, sizeof(a));
    memcpy(b, a, sizeof(b));
    CU_ASSERT_TRUE(tvt_equal_secret(a, b, sizeof(a)));
    for (size_t i = 0; i < sizeof(a); i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            b[i] ^= (uint8_t)(1u << bit);
            CU_ASSERT_FALSE(tvt_equal_secret(a, b, sizeof(a)));
            b[i] ^= (uint8_t)(1u << bit);
        }
    CU_ASSERT_TRUE(tvt_equal_secret(NULL, NULL, 0));
    CU_ASSERT_FALSE(tvt_is_zero_secret(a, sizeof(a)));
    tvt_wipe(a, sizeof(a));
    CU_ASSERT_TRUE(tvt_is_zero_secret(a, sizeof(a)));
    for (size_t i = 0; i < sizeof(a); i++) {
        a[i] = 0x80;
        CU_ASSERT_FALSE(tvt_is_zero_secret(a, sizeof(a)));
        a[i] = 0;
    }
    tvt_wipe(NULL, 0);
    tvt_copy(NULL, NULL, 0);
    tvt_move(a, NULL, 0);
}

static void
prints_bytes(void)
{
    char out[16];

    CU_ASSERT_STRING_EQUAL(tvt_printable(out, sizeof(out), tvt_span("ab\n\xff", 4)), "ab\\x0a\\xff");
    CU_ASSERT_STRING_EQUAL(tvt_printable(out, sizeof(out), tvt_span("123456789012345", 15)), "123456789012345");
    CU_ASSERT_STRING_EQUAL(tvt_printable(out, sizeof(out), tvt_span("1234567890123456", 16)), "123456789012...");
    CU_ASSERT_STRING_EQUAL(tvt_printable(out, sizeof(out), tvt_span("12345678901\n34567", 17)), "12345678901...");
    CU_ASSERT_STRING_EQUAL(tvt_printable(out, 3, tvt_span("abcdef", 6)), "..");
    CU_ASSERT_STRING_EQUAL(tvt_printable(out, sizeof(out), tvt_span(NULL, 0)), "");
}

static void
cuts_an_arena(void)
{
    _Alignas(64) uint8_t memory[256];
    struct tvt_arena arena;

    tvt_arena_init(&arena, memory, sizeof(memory));
    uint8_t *a = tvt_arena_take(&arena, 1), *b = tvt_arena_take(&arena, 64), *c = tvt_arena_take(&arena, 128);
    CU_ASSERT_PTR_EQUAL(a, memory);
    CU_ASSERT_PTR_EQUAL(b, memory + 64);
    CU_ASSERT_PTR_EQUAL(c, memory + 128);
    CU_ASSERT_PTR_NULL(tvt_arena_take(&arena, 1));
    tvt_arena_init(&arena, memory + 1, 128);
    CU_ASSERT_PTR_NULL(tvt_arena_take(&arena, SIZE_MAX));
    CU_ASSERT_PTR_EQUAL(tvt_arena_take(&arena, 65), memory + 64);
    CU_ASSERT_PTR_NULL(tvt_arena_take(&arena, 1));
}

struct account {
    size_t held, calls, refuse_at; /* bytes; calls so far; the call that gets NULL */
};

static void *
account_alloc(void *user, size_t size)
{
    struct account *a = user;

    if (++a->calls == a->refuse_at)
        return NULL;
    a->held += size;
    void *p = malloc(size);
    if (p != NULL)
        memset(p, 0xee, size);
    return p;
}

static void
account_release(void *user, void *p, size_t size)
{
    ((struct account *)user)->held -= size;
    free(p);
}

static void
grows_a_buffer(void)
{
    struct account account = {0, 0, 0};
    const struct tvt_allocator allocator = {account_alloc, account_release, &account};
    uint8_t bytes[1000];
    struct tvt_buffer b;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7);
    tvt_buffer_init(&b, &allocator, sizeof(bytes));
    CU_ASSERT_EQUAL(tvt_buffer_span(&b).len, 0);
    for (size_t i = 0; i < sizeof(bytes); i += 100)
        CU_ASSERT_TRUE(tvt_buffer_append(&b, bytes + i, 100));
    CU_ASSERT_TRUE(tvt_span_equal(tvt_buffer_span(&b), tvt_span(bytes, sizeof(bytes))));
    CU_ASSERT_FALSE(tvt_buffer_append(&b, bytes, 1)); /* over the limit */
    CU_ASSERT_TRUE(tvt_buffer_append(&b, NULL, 0));
    size_t calls = account.calls;
    tvt_buffer_consume(&b, 900);
    CU_ASSERT_TRUE(tvt_buffer_append(&b, bytes, 900)); /* moves, and does not allocate */
    CU_ASSERT_EQUAL(account.calls, calls);
    CU_ASSERT_TRUE(tvt_span_equal(tvt_span(tvt_buffer_span(&b).data, 100), tvt_span(bytes + 900, 100)));
    CU_ASSERT_EQUAL(tvt_buffer_span(&b).len, 1000);
    CU_ASSERT_PTR_NULL(tvt_buffer_reserve(&b, SIZE_MAX));
    tvt_buffer_consume(&b, 1000);
    CU_ASSERT_EQUAL(b.start, 0);
    tvt_buffer_release(&b);
    CU_ASSERT_EQUAL(account.held, 0);
    account.refuse_at = account.calls + 1;
    CU_ASSERT_FALSE(tvt_buffer_append(&b, bytes, 1)); /* no memory */
    CU_ASSERT_TRUE(tvt_buffer_append(&b, bytes, 1));
    tvt_buffer_release(&b);
    CU_ASSERT_EQUAL(account.held, 0);
}

static void
allocates_zeroed(void)
{
    struct account account = {0, 0, 0};
    const struct tvt_allocator allocator = {account_alloc, account_release, &account};
    uint8_t *p = tvt_alloc(&allocator, 33);

    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    CU_ASSERT_TRUE(tvt_is_zero_secret(p, 33));
    tvt_release_wiped(&allocator, p, 33);
    tvt_release(&allocator, NULL, 33);
    p = tvt_alloc(&allocator, 0);
    CU_ASSERT_PTR_NOT_NULL(p);
    tvt_release(&allocator, p, 0);
    CU_ASSERT_EQUAL(account.held, 0);
}

/* ---- wire ------------------------------------------------------------------------------------------------- */

static void
reads_what_is_there(void)
{
    static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 2,  'h',
                                    'i',  0,    1,    'x',  0,    0,    2,    'y',  'z',  'r',  's'};
    struct tvt_reader r, sub;

    tvt_reader_init(&r, tvt_span(bytes, sizeof(bytes)));
    CU_ASSERT_EQUAL(tvt_read_u8(&r, "a"), 0x01);
    CU_ASSERT_EQUAL(tvt_read_u16(&r, "b"), 0x0203);
    CU_ASSERT_EQUAL(tvt_read_u24(&r, "c"), 0x040506);
    CU_ASSERT_EQUAL(tvt_read_u32(&r, "d"), 0x0708090au);
    CU_ASSERT_TRUE(tvt_span_is(tvt_read_vec8(&r, 1, 2, "e"), "hi"));
    CU_ASSERT_TRUE(tvt_span_is(tvt_read_vec16(&r, 0, 65535, "f"), "x"));
    CU_ASSERT_EQUAL(tvt_reader_offset(&r), 16);
    struct tvt_span part = tvt_read_vec24(&r, 2, 2, "g");
    CU_ASSERT_TRUE(tvt_span_is(part, "yz"));
    CU_ASSERT_TRUE(tvt_span_is(tvt_read_bytes(&r, 2, "h"), "rs"));
    CU_ASSERT_TRUE(tvt_reader_done(&r, "message"));
    tvt_reader_sub(&sub, &r, part);
    CU_ASSERT_EQUAL(tvt_read_u8(&sub, "y"), 'y');
    CU_ASSERT_EQUAL(tvt_reader_offset(&sub), 20); /* counts from the parent's start */
    (void)tvt_read_u16(&sub, "too long");
    tvt_reader_adopt(&r, &sub);
    CU_ASSERT_FALSE(tvt_reader_done(&r, "message"));
    CU_ASSERT_STRING_EQUAL(r.bad, "too long");
    CU_ASSERT_EQUAL(r.bad_offset, 20);
}

static void
first_fault_sticks(void)
{
    static const uint8_t bytes[] = {5, 1, 2, 3};
    struct tvt_reader r;

    tvt_reader_init(&r, tvt_span(bytes, sizeof(bytes)));
    CU_ASSERT_EQUAL(tvt_read_vec8(&r, 0, 255, "list").len, 0);
    CU_ASSERT_EQUAL(tvt_reader_left(&r), 0);
    CU_ASSERT_EQUAL(tvt_read_u32(&r, "later"), 0);
    CU_ASSERT_PTR_NOT_NULL(tvt_read_bytes(&r, 3, "later still").data);
    CU_ASSERT_FALSE(tvt_reader_done(&r, "message"));
    CU_ASSERT_STRING_EQUAL(r.bad, "list");
    CU_ASSERT_EQUAL(r.bad_offset, 0);
    CU_ASSERT_EQUAL(r.bad_kind, TVT_READ_TRUNCATED);

    tvt_reader_init(&r, tvt_span(bytes, sizeof(bytes)));
    (void)tvt_read_u8(&r, "first");
    (void)tvt_read_vec8(&r, 2, 255, "too short");
    CU_ASSERT_EQUAL(r.bad_kind, TVT_READ_LENGTH);
    CU_ASSERT_EQUAL(r.bad_offset, 1);
    tvt_reader_init(&r, tvt_span(bytes, sizeof(bytes)));
    (void)tvt_read_vec8(&r, 0, 4, "too long"); /* also truncated: the bound speaks first */
    CU_ASSERT_EQUAL(r.bad_kind, TVT_READ_LENGTH);

    tvt_reader_init(&r, tvt_span(bytes, sizeof(bytes)));
    (void)tvt_read_u16(&r, "first");
    CU_ASSERT_FALSE(tvt_reader_done(&r, "message"));
    CU_ASSERT_EQUAL(r.bad_kind, TVT_READ_TRAILING);
    CU_ASSERT_EQUAL(r.bad_offset, 2);

    tvt_reader_init(&r, tvt_span(NULL, 0));
    CU_ASSERT_TRUE(tvt_reader_done(&r, "nothing"));
    CU_ASSERT_EQUAL(tvt_read_u8(&r, "none"), 0);
    CU_ASSERT_FALSE(tvt_reader_done(&r, "nothing"));
}

static void
every_cut_is_a_fault(void)
{
    static const uint8_t bytes[] = {0x12, 0x34, 0, 3, 'a', 'b', 'c', 1, 'd'};

    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        uint8_t *copy = malloc(cut + 1); /* its own block: an over-read shows under a sanitizer */
        struct tvt_reader r;
        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        tvt_copy(copy, bytes, cut);
        tvt_reader_init(&r, tvt_span(copy, cut));
        (void)tvt_read_u16(&r, "a");
        (void)tvt_read_vec16(&r, 1, 8, "b");
        (void)tvt_read_vec8(&r, 1, 8, "c");
        CU_ASSERT_EQUAL(tvt_reader_done(&r, "m"), cut == sizeof(bytes));
        free(copy);
    }
}

static void
writes_and_patches(void)
{
    uint8_t buffer[32];
    static const uint8_t expected[] = {1, 0, 0, 7, 0, 5, 2, 0xab, 0xcd, 'o', 'k', 9, 8, 7, 6};
    struct tvt_writer w;

    tvt_writer_init(&w, buffer, sizeof(buffer));
    tvt_write_u8(&w, 1);
    size_t outer = tvt_write_open(&w, 3), inner = tvt_write_open(&w, 2);
    size_t smallest = tvt_write_open(&w, 1);
    tvt_write_u16(&w, 0xabcd);
    tvt_write_close(&w, smallest, 1);
    tvt_write_span(&w, tvt_span_string("ok"));
    tvt_write_close(&w, inner, 2);
    tvt_write_close(&w, outer, 3);
    tvt_write_u32(&w, 0x09080706);
    CU_ASSERT_FALSE(w.overflow);
    CU_ASSERT_TRUE(tvt_span_equal(tvt_span(buffer, tvt_writer_len(&w)), tvt_span(expected, sizeof(expected))));
}

static void
overflow_sticks(void)
{
    uint8_t buffer[300];
    struct tvt_writer w;

    memset(buffer, 0xee, sizeof(buffer));
    tvt_writer_init(&w, buffer, 4);
    tvt_write_u24(&w, 0x010203);
    tvt_write_u16(&w, 0x0405);
    CU_ASSERT_TRUE(w.overflow);
    tvt_write_u8(&w, 6); /* would fit: but the message is broken already */
    CU_ASSERT_EQUAL(tvt_writer_len(&w), 3);
    CU_ASSERT_EQUAL(buffer[3], 0xee);
    CU_ASSERT_PTR_NULL(tvt_write_reserve(&w, 0));

    tvt_writer_init(&w, buffer, sizeof(buffer));
    size_t mark = tvt_write_open(&w, 1);
    CU_ASSERT_PTR_NOT_NULL(tvt_write_reserve(&w, 256));
    tvt_write_close(&w, mark, 1); /* 256 does not fit one byte */
    CU_ASSERT_TRUE(w.overflow);

    tvt_writer_init(&w, NULL, 0);
    tvt_write_bytes(&w, NULL, 0);
    CU_ASSERT_FALSE(w.overflow);
    tvt_write_u8(&w, 1);
    CU_ASSERT_TRUE(w.overflow);
}

/* ---- registries ------------------------------------------------------------------------------------------- */

static void
finds_suites_and_schemes(void)
{
    const struct tvt_suite *suites;
    const struct tvt_scheme *schemes;
    size_t num = tvt_suite_table(&suites);

    CU_ASSERT_EQUAL(num, 18);
    for (size_t i = 0; i < num; i++) {
        CU_ASSERT_PTR_EQUAL(tvt_suite_find(suites[i].id), &suites[i]);
        CU_ASSERT_PTR_EQUAL(tvt_suite_by_name(suites[i].name), &suites[i]);
    }
    CU_ASSERT_EQUAL(suites[0].id, 0x1301);
    CU_ASSERT_EQUAL(tvt_suite_find(0x1302)->hash, TVT_HASH_SHA384);
    CU_ASSERT_EQUAL(tvt_suite_find(0x1303)->aead, TVT_AEAD_CHACHA20_POLY1305);
    CU_ASSERT_PTR_NULL(tvt_suite_find(0x1306));
    CU_ASSERT_PTR_NULL(tvt_suite_by_name("TLS_AES_128_GCM_SHA25"));
    num = tvt_scheme_table(&schemes);
    for (size_t i = 0; i < num; i++) {
        CU_ASSERT_PTR_EQUAL(tvt_scheme_find(schemes[i].id), &schemes[i]);
        CU_ASSERT_PTR_EQUAL(tvt_scheme_by_name(schemes[i].name), &schemes[i]);
        bool legacy = (schemes[i].id & 0xff) == 0x20; /* RFC 9963 3 */
        CU_ASSERT_EQUAL(tvt_scheme_is_legacy(&schemes[i]), legacy);
        CU_ASSERT_EQUAL(schemes[i].in_tls13, legacy || schemes[i].family != TVT_SIG_RSA_PKCS1); /* RFC 9846 4.3.3 */
        CU_ASSERT_EQUAL(schemes[i].in_tls12, !legacy && schemes[i].family != TVT_SIG_MLDSA);
        CU_ASSERT_EQUAL(schemes[i].hash == TVT_HASH_NONE,
                        schemes[i].family == TVT_SIG_EDDSA || schemes[i].family == TVT_SIG_MLDSA);
    }
    CU_ASSERT_EQUAL(tvt_scheme_by_name("ED25519")->id, TVT_SCHEME_ED25519);
    CU_ASSERT_EQUAL(tvt_scheme_by_name("mldsa44")->id, 0x0904);
    CU_ASSERT_EQUAL(tvt_scheme_by_name("mldsa65")->id, 0x0905);
    CU_ASSERT_EQUAL(tvt_scheme_by_name("mldsa87")->id, 0x0906);
    CU_ASSERT_PTR_NULL(tvt_scheme_find(0x0201)); /* rsa_pkcs1_sha1 */
}

/* What each suite of TLS 1.2 is, of which the name says the same. */
static void
knows_suites_of_tls12(void)
{
    static const struct {
        uint16_t id;
        const char *name, *alias;
    } rows[] = {
        {0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
        {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
        {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ecdhe-rsa-aes256-gcm-sha384"},
        {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
        {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
        {0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-PSK-CHACHA20-POLY1305"},
        {0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "ECDHE-ECDSA-AES128-CCM"},
        {0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "ECDHE-ECDSA-AES128-CCM8"},
        {0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", NULL},
        {0xd002, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384", NULL},
        {0xd003, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", NULL},
        {0xd005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct tvt_suite *s = tvt_suite_find(rows[i].id);
        CU_ASSERT_PTR_NOT_NULL_FATAL(s);
        CU_ASSERT_PTR_EQUAL(tvt_suite_by_name(rows[i].name), s);
        CU_ASSERT(rows[i].alias != NULL ? tvt_suite_by_name(rows[i].alias) == s : s->alias == NULL);
        CU_ASSERT_EQUAL(s->version, TVT_VERSION_TLS12);
        CU_ASSERT_EQUAL(s->auth, strstr(s->name, "_ECDSA_") != NULL ? TVT_AUTH_ECDSA
                                 : strstr(s->name, "_RSA_") != NULL ? TVT_AUTH_RSA
                                                                    : TVT_AUTH_PSK);
        CU_ASSERT_EQUAL(s->aead, strstr(s->name, "AES_128_GCM") != NULL   ? TVT_AEAD_AES_128_GCM
                                 : strstr(s->name, "AES_256_GCM") != NULL ? TVT_AEAD_AES_256_GCM
                                 : strstr(s->name, "CHACHA20") != NULL    ? TVT_AEAD_CHACHA20_POLY1305
                                 : strstr(s->name, "CCM_8") != NULL       ? TVT_AEAD_AES_128_CCM_8
                                                                          : TVT_AEAD_AES_128_CCM);
        CU_ASSERT_EQUAL(s->hash, strstr(s->name, "SHA384") != NULL ? TVT_HASH_SHA384 : TVT_HASH_SHA256);
    }
    CU_ASSERT_PTR_NULL(tvt_suite_find(TVT_SCSV_FALLBACK));
    CU_ASSERT_PTR_NULL(tvt_suite_find(TVT_SCSV_EMPTY_RENEGOTIATION_INFO));
    CU_ASSERT_PTR_NULL(tvt_suite_by_name("ECDHE-RSA-AES128-SHA256")); /* CBC */
}

static void
tells_keys_of_tls12(void)
{
    static const uint8_t keys[] = {TVT_KEY_RSA,  TVT_KEY_RSA_PSS, TVT_KEY_P256, TVT_KEY_P384,
                                   TVT_KEY_P521, TVT_KEY_ED25519, TVT_KEY_ED448};
    static const struct {
        const char *name; /* of a suite or a scheme                */
        const char *fits; /* 'x' for each of the keys that does    */
    } rows[] = {
        {"TLS_AES_128_GCM_SHA256", "xxxxxxx"},
        {"ECDHE-ECDSA-AES128-GCM-SHA256", "..xxxxx"},
        {"ECDHE-RSA-AES128-GCM-SHA256", "xx....."},
        {"ECDHE-PSK-CHACHA20-POLY1305", "......."},
        {"rsa_pkcs1_sha256", "x......"},
        {"rsa_pss_rsae_sha384", "x......"},
        {"rsa_pss_pss_sha256", ".x....."},
        {"ecdsa_secp256r1_sha256", "..xxx.."},
        {"ecdsa_secp521r1_sha512", "..xxx.."},
        {"ed25519", ".....x."},
        {"ed448", "......x"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct tvt_suite *suite = tvt_suite_by_name(rows[i].name);
        const struct tvt_scheme *scheme = tvt_scheme_by_name(rows[i].name);
        CU_ASSERT_FATAL((suite == NULL) != (scheme == NULL));
        for (size_t k = 0; k < sizeof keys; k++) {
            bool fits = suite != NULL ? tvt_suite_takes_key(suite, keys[k]) : tvt_scheme_takes_key12(scheme, keys[k]);
            CU_ASSERT_EQUAL(fits, rows[i].fits[k] == 'x');
        }
    }
    struct tvt_scheme newer = *tvt_scheme_find(TVT_SCHEME_ED25519);
    newer.in_tls12 = false;
    CU_ASSERT_FALSE(tvt_scheme_takes_key12(&newer, TVT_KEY_ED25519));
}

static void
names_numbers(void)
{
    static const uint16_t groups[] = {0x17, 0x18, 0x19, 0x1d, 0x1e, 0x0201, 0x11eb, 0x11ec};

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        CU_ASSERT_EQUAL(tvt_group_by_name(tvt_group_name(groups[i])), groups[i]);
    CU_ASSERT_STRING_EQUAL(tvt_group_name(0x11ec), "X25519MLKEM768");
    CU_ASSERT_EQUAL(tvt_group_by_name("x25519mlkem768"), 0x11ec);
    CU_ASSERT_EQUAL(tvt_group_by_name("X25519"), 0x1d);
    CU_ASSERT_EQUAL(tvt_group_by_name("p-256"), 0x17);
    CU_ASSERT_EQUAL(tvt_group_by_name("P-521"), 0x19);
    CU_ASSERT_EQUAL(tvt_group_by_name("x2551"), 0);
    CU_ASSERT_EQUAL(tvt_group_by_name(""), 0);
    CU_ASSERT_STRING_EQUAL(tvt_group_name(0x2a2a), "GREASE");
    CU_ASSERT_STRING_EQUAL(tvt_group_name(0x2a3a), "unknown");
    CU_ASSERT_STRING_EQUAL(tvt_alert_name(40), "handshake_failure");
    CU_ASSERT_STRING_EQUAL(tvt_alert_name(113), "bad_certificate_status_response");
    CU_ASSERT_STRING_EQUAL(tvt_alert_name(255), "unknown");
    CU_ASSERT_STRING_EQUAL(tvt_version_name(0x0304), "TLSv1.3");
    CU_ASSERT_STRING_EQUAL(tvt_handshake_type_name(8), "EncryptedExtensions");
    CU_ASSERT_STRING_EQUAL(tvt_content_type_name(20), "change_cipher_spec");
    CU_ASSERT_STRING_EQUAL(tvt_extension_name(16), "application_layer_protocol_negotiation");
    CU_ASSERT_STRING_EQUAL(tvt_extension_name(0x8888), "unknown");
    CU_ASSERT_STRING_EQUAL(tvt_key_type_name(TVT_KEY_P384), "P-384");
}

/* ---- errors ----------------------------------------------------------------------------------------------- */

static void
table_is_whole(void)
{
    for (int i = 1; i < TVT_E_NUM_CODES; i++) {
        enum tvt_error_code code = (enum tvt_error_code)i;
        CU_ASSERT_TRUE(tvt_error_name(code)[0] != '\0');
        CU_ASSERT_TRUE(tvt_error_sentence(code)[0] != '\0');
        CU_ASSERT_TRUE(tvt_error_remedy(code)[0] != '\0');
        CU_ASSERT_EQUAL(tvt_error_rfc(code)[0] == '\0', tvt_error_section(code)[0] == '\0');
        if (tvt_error_alert(code) != TVT_ALERT_NONE)
            CU_ASSERT_STRING_NOT_EQUAL(tvt_alert_name(tvt_error_alert(code)), "unknown");
    }
    CU_ASSERT_STRING_EQUAL(tvt_error_name(TVT_E_BAD_RECORD_MAC), "BAD_RECORD_MAC");
    CU_ASSERT_EQUAL(tvt_error_alert(TVT_E_BAD_RECORD_MAC), 20);
    CU_ASSERT_EQUAL(tvt_error_alert(TVT_E_NO_TRUST), TVT_ALERT_NONE);
    CU_ASSERT_STRING_EQUAL(tvt_error_section(TVT_E_BAD_FINISHED), "4.5.3");
    CU_ASSERT_STRING_EQUAL(tvt_error_name((enum tvt_error_code)9999), "INTERNAL");
}

static void
first_error_sticks(void)
{
    struct tvt_error e;

    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_fail_values(&e, TVT_E_WRONG_GROUP, "ServerHello", "group", 29, 23), TVT_FAIL);
    struct tvt_error before = e;
    CU_ASSERT_EQUAL(tvt_fail(&e, TVT_E_INTERNAL, "x", "y"), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_fail_detail(&e, TVT_E_INTERNAL, "x", "y", "%d", 1), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_fail_os(&e, TVT_E_IO_READ, "x", "y", ENOENT, "z"), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, before.code);
    CU_ASSERT_EQUAL(e.line, before.line);
    CU_ASSERT_STRING_EQUAL(e.detail, "");
    CU_ASSERT_EQUAL(e.origin, TVT_ORIGIN_LOCAL);
    CU_ASSERT_EQUAL(e.alert, 47);
    CU_ASSERT_TRUE(e.has_values && e.expected == 29 && e.got == 23);
    CU_ASSERT_EQUAL(tvt_fail(NULL, TVT_E_INTERNAL, NULL, NULL), TVT_FAIL);
}

static void
describe_words(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap)
{
    (void)provider;
    (void)snprintf(out, cap, "library words for %u\n", (unsigned)code);
}

static void
tells_origins_apart(void)
{
    const struct tvt_provider provider = {.name = "fake", .describe = describe_words};
    struct tvt_error e;

    tvt_error_clear(&e);
    (void)tvt_fail_crypto(&e, TVT_E_BAD_SIGNATURE, "CertificateVerify", "signature", &provider,
                          tvt_crypto_failure(TVT_CRYPTO_AUTH, 0));
    CU_ASSERT_EQUAL(e.code, TVT_E_BAD_SIGNATURE);
    CU_ASSERT_EQUAL(e.origin, TVT_ORIGIN_LOCAL);
    CU_ASSERT_STRING_EQUAL(e.detail, "");
    tvt_error_clear(&e);
    (void)tvt_fail_crypto(&e, TVT_E_CRYPTO, NULL, NULL, &provider, tvt_crypto_failure(TVT_CRYPTO_BACKEND, 77));
    CU_ASSERT_EQUAL(e.origin, TVT_ORIGIN_BACKEND);
    CU_ASSERT_EQUAL(e.native, 77);
    CU_ASSERT_STRING_EQUAL(e.backend, "fake");
    CU_ASSERT_STRING_EQUAL(e.detail, "library words for 77?");
    tvt_error_clear(&e);
    (void)tvt_fail_crypto(&e, TVT_E_CRYPTO, NULL, NULL, NULL, tvt_crypto_failure(TVT_CRYPTO_RANDOM, 0));
    CU_ASSERT_EQUAL(e.code, TVT_E_RANDOM);
    tvt_error_clear(&e);
    (void)tvt_fail_crypto(&e, TVT_E_CRYPTO, NULL, NULL, NULL, tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0));
    CU_ASSERT_EQUAL(e.code, TVT_E_NO_MEMORY);
    tvt_error_clear(&e);
    (void)tvt_fail(&e, TVT_E_NO_TRUST, NULL, NULL);
    CU_ASSERT_EQUAL(e.origin, TVT_ORIGIN_CALLER);
    tvt_error_clear(&e);
    (void)tvt_fail_os(&e, TVT_E_FILE_UNREADABLE, "trust store", NULL, ENOENT, "%s", "/no/such");
    CU_ASSERT_EQUAL(e.origin, TVT_ORIGIN_OS);
    CU_ASSERT_EQUAL(e.native, ENOENT);
}

static void
takes_over_reader_faults(void)
{
    static const uint8_t bytes[] = {0, 9, 1, 2};
    struct tvt_reader r;
    struct tvt_error e;

    tvt_reader_init(&r, tvt_span(bytes, sizeof(bytes)));
    (void)tvt_read_u8(&r, "zero");
    (void)tvt_read_vec8(&r, 0, 255, "list");
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_fail_reader(&e, &r, "ClientHello"), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_TRUNCATED);
    CU_ASSERT_STRING_EQUAL(e.field, "list");
    CU_ASSERT_EQUAL(e.offset, 1);
    tvt_error_clear(&e);
    r.bad_kind = TVT_READ_LENGTH;
    (void)tvt_fail_reader(&e, &r, "ClientHello");
    CU_ASSERT_EQUAL(e.code, TVT_E_BAD_LENGTH);
    tvt_error_clear(&e);
    r.bad_kind = TVT_READ_TRAILING;
    (void)tvt_fail_reader(&e, &r, "ClientHello");
    CU_ASSERT_EQUAL(e.code, TVT_E_TRAILING_BYTES);
}

static void
sample_error(struct tvt_error *e)
{
    tvt_error_clear(e);
    (void)tvt_error_raise_values(e, TVT_E_WRONG_SUITE, "ServerHello", "cipher_suite", 0x1301, 0x1303, "core/x.c", 42);
    e->offset = 39;
    e->state = "client13.WAIT_SH";
}

static void
reads_well(void)
{
    struct tvt_error e;
    char text[1024];

    sample_error(&e);
    CU_ASSERT_EQUAL(tvt_error_format(&e, text, sizeof(text)), strlen(text));
    CU_ASSERT_STRING_EQUAL(
        text, "The server selected a cipher suite that was not offered, or changed it after HelloRetryRequest "
              "(ServerHello, field cipher_suite) [WRONG_SUITE]\n"
              "  expected 4865 (0x1301), got 4867 (0x1303)\n"
              "  at byte 39 of ServerHello\n"
              "  who: found here; to the peer goes alert illegal_parameter(47)\n"
              "  why: RFC 9846, section 4.2.3\n"
              "  what to do: The server is broken: report it to its maker\n"
              "  state: client13.WAIT_SH\n"
              "  raised at: core/x.c:42\n");
    CU_ASSERT_EQUAL(tvt_error_format_line(&e, text, sizeof(text)), strlen(text));
    CU_ASSERT_STRING_EQUAL(
        text, "WRONG_SUITE: The server selected a cipher suite that was not offered, or changed it after "
              "HelloRetryRequest (ServerHello, field cipher_suite); expected 4865 (0x1301), got 4867 (0x1303); "
              "at byte 39; found here; to the peer goes alert illegal_parameter(47); state client13.WAIT_SH "
              "[RFC 9846 4.2.3]");
    tvt_error_clear(&e);
    (void)tvt_fail(&e, TVT_E_PEER_ALERT, NULL, NULL);
    e.alert = 40;
    (void)tvt_error_format(&e, text, sizeof(text));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n  who: the peer told us: alert handshake_failure(40)\n"));
    tvt_error_clear(&e);
    (void)tvt_fail_os(&e, TVT_E_FILE_UNREADABLE, NULL, NULL, ENOENT, "%s", "/no/such");
    (void)tvt_error_format(&e, text, sizeof(text));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  detail: /no/such\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, strerror(ENOENT)));
    tvt_error_clear(&e);
    (void)tvt_error_format(&e, text, sizeof(text));
    CU_ASSERT_STRING_EQUAL(text, "no error\n");
}

static void
json_is_escaped(void)
{
    struct tvt_error e;
    char text[1024];

    tvt_error_clear(&e);
    (void)tvt_error_raise_detail(&e, TVT_E_UNKNOWN_WORD, NULL, "list", "core/x.c", 7, "%s", "a\"b\\c\x01\xc3");
    e.detail[5] = '\x01'; /* as a careless caller might leave it */
    CU_ASSERT_EQUAL(tvt_error_format_json(&e, text, sizeof(text)), strlen(text));
    CU_ASSERT_STRING_EQUAL(text, "{\"code\":\"UNKNOWN_WORD\",\"sentence\":\"A list has a name that is not known\","
                                 "\"field\":\"list\",\"origin\":\"caller\","
                                 "\"remedy\":\"`trivet providers` prints the names\","
                                 "\"detail\":\"a\\\"b\\\\c\\u0001?\",\"file\":\"core/x.c\",\"line\":7}");
    sample_error(&e);
    (void)tvt_error_format_json(&e, text, sizeof(text));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"expected\":4865,\"got\":4867,\"offset\":39,\"origin\":\"local\","
                                        "\"alert\":\"illegal_parameter\",\"alert_number\":47,"
                                        "\"alert_direction\":\"sent\",\"rfc\":\"RFC 9846\",\"section\":\"4.2.3\""));
}

static void
any_room_will_do(void)
{
    struct tvt_error e;
    char whole[1024], cut[1024];

    sample_error(&e);
    size_t len = tvt_error_format(&e, whole, sizeof(whole));
    CU_ASSERT_EQUAL(tvt_error_format(&e, NULL, 0), len);
    for (size_t cap = 1; cap <= len + 1; cap++) {
        memset(cut, 'x', sizeof(cut));
        CU_ASSERT_EQUAL(tvt_error_format(&e, cut, cap), len);
        CU_ASSERT_EQUAL(strlen(cut), cap - 1);
        CU_ASSERT_EQUAL(memcmp(cut, whole, cap - 1), 0);
        CU_ASSERT_EQUAL(cut[cap], 'x');
    }
    CU_ASSERT_EQUAL(tvt_error_format_json(&e, NULL, 0), tvt_error_format_json(&e, whole, sizeof(whole)));
    tvt_error_clear(&e);
    memset(cut, 'y', sizeof(cut));
    (void)tvt_fail_detail(&e, TVT_E_UNKNOWN_WORD, NULL, NULL, "%.500s", cut);
    CU_ASSERT_EQUAL(strlen(e.detail), TVT_ERROR_DETAIL_MAX - 1);
    CU_ASSERT_STRING_EQUAL(e.detail + TVT_ERROR_DETAIL_MAX - 5, "y...");
}

int
tvt_register_base(void)
{
    static CU_TestInfo memory[] = {{"compares and wipes", compares_and_wipes}, {"prints bytes", prints_bytes},
                                   {"cuts an arena", cuts_an_arena},           {"grows a buffer", grows_a_buffer},
                                   {"allocates zeroed", allocates_zeroed},     CU_TEST_INFO_NULL};
    static CU_TestInfo wire[] = {
        {"reads what is there", reads_what_is_there},   {"first fault sticks", first_fault_sticks},
        {"every cut is a fault", every_cut_is_a_fault}, {"writes and patches", writes_and_patches},
        {"overflow sticks", overflow_sticks},           CU_TEST_INFO_NULL};
    static CU_TestInfo registry[] = {{"finds suites and schemes", finds_suites_and_schemes},
                                     {"suites of TLS 1.2", knows_suites_of_tls12},
                                     {"keys that TLS 1.2 lets sign", tells_keys_of_tls12},
                                     {"names numbers", names_numbers},
                                     CU_TEST_INFO_NULL};
    static CU_TestInfo error[] = {{"table is whole", table_is_whole},
                                  {"first error sticks", first_error_sticks},
                                  {"tells origins apart", tells_origins_apart},
                                  {"takes over reader faults", takes_over_reader_faults},
                                  {"reads well", reads_well},
                                  {"JSON is escaped", json_is_escaped},
                                  {"any room will do", any_room_will_do},
                                  CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{"base: memory", NULL, NULL, NULL, NULL, memory},
                                    {"base: wire", NULL, NULL, NULL, NULL, wire},
                                    {"base: registries", NULL, NULL, NULL, NULL, registry},
                                    {"base: errors", NULL, NULL, NULL, NULL, error},
                                    CU_SUITE_INFO_NULL};

    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
