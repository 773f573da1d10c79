/* SPDX-License-Identifier: MIT
 *
 * A strict DER reader (X.690 8 and 10, as RFC 5280 4.1 uses it) over the bounded reader of core/base/wire.h: the
 * first fault sticks, with field and offset, and empties the reader; a decoder reads flat and tests once.
 * One-byte tags, definite and shortest lengths, shortest integers, booleans 00 or ff. Nothing of BER.
 * Nothing here recurses: a decoder enters what its grammar names.
 */
#ifndef TVT_CORE_X509_DER_H
#define TVT_CORE_X509_DER_H

#include "core/base/error.h"
#include "core/base/wire.h"

enum tvt_der_tag {
    TVT_DER_BOOLEAN = 0x01,
    TVT_DER_INTEGER = 0x02,
    TVT_DER_BIT_STRING = 0x03,
    TVT_DER_OCTET_STRING = 0x04,
    TVT_DER_NULL = 0x05,
    TVT_DER_OID = 0x06,
    TVT_DER_ENUMERATED = 0x0a,
    TVT_DER_UTF8_STRING = 0x0c,
    TVT_DER_NUMERIC_STRING = 0x12,
    TVT_DER_PRINTABLE_STRING = 0x13,
    TVT_DER_TELETEX_STRING = 0x14,
    TVT_DER_IA5_STRING = 0x16,
    TVT_DER_UTC_TIME = 0x17,
    TVT_DER_GENERALIZED_TIME = 0x18,
    TVT_DER_VISIBLE_STRING = 0x1a,
    TVT_DER_UNIVERSAL_STRING = 0x1c,
    TVT_DER_BMP_STRING = 0x1e,
    TVT_DER_SEQUENCE = 0x30,
    TVT_DER_SET = 0x31
};
#define TVT_DER_CONTEXT(n) ((uint8_t)(0x80u | (n)))             /* [n] IMPLICIT, primitive    */
#define TVT_DER_CONTEXT_CONSTRUCTED(n) ((uint8_t)(0xa0u | (n))) /* [n] constructed            */

/* Kinds of fault beyond enum tvt_read_fault, in tvt_reader.bad_kind. */
enum tvt_der_fault {
    TVT_DER_FAULT_TAG = 16, /* another type than the grammar has here          */
    TVT_DER_FAULT_LENGTH,   /* indefinite, not shortest, or past the end       */
    TVT_DER_FAULT_VALUE,    /* not canonical, or outside what the field allows */
    TVT_DER_FAULT_REPEATED, /* stands twice                                    */
    TVT_DER_FAULT_ORDER     /* a set that is not in the order of X.690 11.6    */
};
/* Marks the reader bad by hand, at a byte of what it reads; does nothing when it is bad already. */
void tvt_der_fault_at(struct tvt_reader *r, const char *field, const uint8_t *at, enum tvt_der_fault kind);
const char *tvt_der_fault_words(unsigned kind); /* static; for every fault kind of a reader */

/* Every reader yields the contents (without tag and length) and empty spans or zeros after a fault. Spans point
 * into the bytes that the reader was made over. `field` is static and names what is read. */

/* Tag of the next value; 0 when nothing is left. */
uint8_t tvt_der_peek(const struct tvt_reader *r);
struct tvt_span tvt_der_read(struct tvt_reader *r, uint8_t tag, const char *field);
/* The same with the tag and length that stand before it. */
struct tvt_span tvt_der_read_whole(struct tvt_reader *r, uint8_t tag, const char *field);
/* Any one-byte tag, which goes to *tag. */
struct tvt_span tvt_der_read_any(struct tvt_reader *r, uint8_t *tag, const char *field);
/* False, and nothing read, when the next value has another tag or there is none. */
bool tvt_der_read_optional(struct tvt_reader *r, struct tvt_span *out, uint8_t tag, const char *field);
/* `sub` reads the contents of the next value; its fault, or bytes left over, become r's in leave. */
void tvt_der_enter(struct tvt_reader *r, struct tvt_reader *sub, uint8_t tag, const char *field);
void tvt_der_leave(struct tvt_reader *r, struct tvt_reader *sub, const char *field);

bool tvt_der_read_boolean(struct tvt_reader *r, const char *field);
/* BOOLEAN DEFAULT FALSE: false when absent; a coded FALSE is a fault (X.690 11.5). */
bool tvt_der_read_boolean_default_false(struct tvt_reader *r, const char *field);
/* Two's complement, big-endian, shortest form. */
struct tvt_span tvt_der_read_integer(struct tvt_reader *r, const char *field);
/* Not negative; big-endian without leading zeros (zero is an empty span). */
struct tvt_span tvt_der_read_unsigned(struct tvt_reader *r, const char *field);
/* Not negative and at most `max`. */
uint32_t tvt_der_read_small(struct tvt_reader *r, uint32_t max, const char *field);
/* Unused bits must be zero and go to *unused (0..7), or must be none when `unused` is NULL. */
struct tvt_span tvt_der_read_bits(struct tvt_reader *r, unsigned *unused, const char *field);
void tvt_der_read_null(struct tvt_reader *r, const char *field);
/* Contents of an OBJECT IDENTIFIER, its arcs checked for shortest form. */
struct tvt_span tvt_der_read_oid(struct tvt_reader *r, const char *field);
/* UTCTime or GeneralizedTime in the forms of RFC 5280 4.1.2.5 (seconds, Z, no fraction): seconds since
 * 1970-01-01T00:00:00Z. *odd becomes true for a GeneralizedTime where the year asks for UTCTime (1950 to 2049). */
int64_t tvt_der_read_time(struct tvt_reader *r, bool *odd, const char *field);
/* The same from contents; `any_year`: GeneralizedTime for every year (OCSP). False: not a time. */
TVT_MUST_USE bool tvt_der_time(int64_t *out, uint8_t tag, struct tvt_span contents, bool any_year);

/* Contents of an INTEGER, a BIT STRING (first byte: unused bits) and an OBJECT IDENTIFIER under whatever tag stands before
 * them: true when they are DER. */
TVT_MUST_USE bool tvt_der_integer_valid(struct tvt_span contents);
TVT_MUST_USE bool tvt_der_bits_valid(struct tvt_span contents);
TVT_MUST_USE bool tvt_der_oid_valid(struct tvt_span contents);
/* True when `oid` is one of the `num` in `oids`, contents all. */
static inline bool
tvt_oid_is_among(struct tvt_span oid, const struct tvt_span *oids, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (tvt_span_equal(oid, oids[i]))
            return true;
    return false;
}

/* An OID in dotted decimal ("2.5.29.17"), cut to cap; returns `out`. */
const char *tvt_oid_text(char *out, size_t cap, struct tvt_span oid);

/* Raises `code` for a reader's fault: its field, offset, and words for the kind as detail. */
enum tvt_result tvt_der_fail(struct tvt_error *error, enum tvt_error_code code, const char *message,
                             const struct tvt_reader *r);

#endif
