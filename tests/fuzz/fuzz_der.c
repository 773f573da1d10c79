/* SPDX-License-Identifier: MIT
 *
 * The DER reader: any bytes as a tree of values, each read by every reader that could take it, and the coding of what was
 * taken for good made anew: a value that reads in two ways, or a byte that nobody counted, breaks a promise here.
 */
#include "core/x509/der.h"
#include "tests/fuzz/fuzz.h"

enum { DEPTH_MAX = 16 };

static void
check_fault(const struct tvt_reader *r)
{
    struct tvt_error error;
    char text[512];

    REQUIRE(tvt_reader_left(r) == 0 && r->bad_kind != 0);
    REQUIRE(strlen(tvt_der_fault_words(r->bad_kind)) > 0);
    tvt_error_clear(&error);
    REQUIRE(tvt_der_fail(&error, TVT_E_CERT_MALFORMED, "Certificate", r) != TVT_OK && error.code != TVT_E_NONE);
    (void)tvt_error_format(&error, text, sizeof text);
}

/* Tag and length of `contents` in the one form that DER allows. */
static size_t
put_header(uint8_t *out, uint8_t tag, size_t len)
{
    size_t n = 0, bytes = 0;

    out[n++] = tag;
    if (len < 0x80) {
        out[n++] = (uint8_t)len;
        return n;
    }
    while (bytes < sizeof len && len >> (8 * bytes) != 0)
        bytes++;
    out[n++] = (uint8_t)(0x80u | bytes);
    while (bytes > 0)
        out[n++] = (uint8_t)(len >> (8 * --bytes) & 0xff);
    return n;
}

/* One value was read, whole. */
static bool
is_good(const struct tvt_reader *r)
{
    REQUIRE(tvt_reader_left(r) == 0 && (r->bad == NULL) == (r->bad_kind == 0));
    return r->bad == NULL;
}

/* Reads one value from its first byte on: true when `call` took it. */
#define READ(call) (tvt_reader_init(&r, whole), (call), is_good(&r))

/* The same value by each reader of one type; what it takes has the form that X.690 gives. */
static void
try_types(struct tvt_span whole, uint8_t tag, struct tvt_span contents)
{
    struct tvt_reader r;
    struct tvt_span got;
    unsigned unused = 0;
    int64_t seconds = 0;
    char text[64];
    bool odd = false;

    if (READ(got = tvt_der_read_integer(&r, "integer"))) {
        REQUIRE(tag == TVT_DER_INTEGER && got.len > 0 && tvt_span_equal(got, contents));
        REQUIRE(got.len == 1 ||
                !((got.data[0] == 0 && got.data[1] < 0x80) || (got.data[0] == 0xff && got.data[1] >= 0x80)));
    }
    if (READ(got = tvt_der_read_unsigned(&r, "unsigned")))
        REQUIRE(tag == TVT_DER_INTEGER && (got.len == 0 || got.data[0] != 0));
    uint32_t small = 0;
    if (READ(small = tvt_der_read_small(&r, 65535, "small")))
        REQUIRE(small <= 65535);
    if (READ(got = tvt_der_read_bits(&r, &unused, "bits"))) {
        REQUIRE(tag == TVT_DER_BIT_STRING && unused < 8 && got.len + 1 == contents.len && (got.len > 0 || unused == 0));
        REQUIRE(got.len == 0 || (got.data[got.len - 1] & ((1u << unused) - 1)) == 0);
    }
    if (READ(got = tvt_der_read_oid(&r, "oid"))) {
        REQUIRE(tag == TVT_DER_OID && got.len > 0 && got.data[got.len - 1] < 0x80 && got.data[0] != 0x80);
        REQUIRE(strlen(tvt_oid_text(text, sizeof text, got)) < sizeof text);
    }
    if (READ((void)tvt_der_read_boolean(&r, "boolean")))
        REQUIRE(tag == TVT_DER_BOOLEAN && contents.len == 1 && (contents.data[0] == 0 || contents.data[0] == 0xff));
    if (READ(tvt_der_read_null(&r, "null")))
        REQUIRE(tag == TVT_DER_NULL && contents.len == 0);
    if (READ(seconds = tvt_der_read_time(&r, &odd, "time"))) {
        int64_t again = 0;
        REQUIRE(contents.len == (tag == TVT_DER_UTC_TIME ? 13 : 15) && contents.data[contents.len - 1] == 'Z');
        REQUIRE(seconds >= -62167219200 && seconds < 253402300800); /* years 0000 to 9999 */
        REQUIRE(tvt_der_time(&again, tag, contents, true) && again == seconds);
    }
}

static void
walk(struct tvt_reader *r, int depth)
{
    while (tvt_reader_left(r) > 0) {
        const uint8_t *begin = r->p;
        uint8_t tag = 0, header[2 + sizeof(size_t)];
        struct tvt_span contents = tvt_der_read_any(r, &tag, "value");

        if (r->bad != NULL)
            return;
        size_t header_len = put_header(header, tag, contents.len);
        REQUIRE((size_t)(r->p - begin) == header_len + contents.len && contents.data == begin + header_len);
        REQUIRE(memcmp(begin, header, header_len) == 0);
        struct tvt_span whole = tvt_span(begin, header_len + contents.len);
        try_types(whole, tag, contents);
        if ((tag & 0x20) != 0 && depth < DEPTH_MAX) {
            struct tvt_reader outer, sub;
            tvt_reader_init(&outer, whole);
            tvt_der_enter(&outer, &sub, tag, "inner");
            walk(&sub, depth + 1);
            bool inner_bad = sub.bad != NULL;
            tvt_der_leave(&outer, &sub, "inner");
            REQUIRE((outer.bad != NULL) == inner_bad);
            if (inner_bad)
                check_fault(&outer);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct tvt_reader r;

    tvt_reader_init(&r, tvt_span(data, len));
    walk(&r, 0);
    if (r.bad != NULL)
        check_fault(&r);
    else
        REQUIRE(tvt_reader_done(&r, "end"));
    return 0;
}
