/* SPDX-License-Identifier: MIT
 *
 * Names: matching a certificate with the host that was asked for (RFC 9525), and distinguished names as text.
 */
#ifndef TVT_CORE_X509_NAME_H
#define TVT_CORE_X509_NAME_H

#include "core/x509/certificate.h"

struct tvt_public_suffixes;

/* GeneralName tags (RFC 5280 4.2.1.6) */
enum tvt_general_name {
    TVT_GN_OTHER = 0xa0,
    TVT_GN_EMAIL = 0x81,
    TVT_GN_DNS = 0x82,
    TVT_GN_X400 = 0xa3,
    TVT_GN_DIRECTORY = 0xa4,
    TVT_GN_EDI = 0xa5,
    TVT_GN_URI = 0x86,
    TVT_GN_IP = 0x87,
    TVT_GN_REGISTERED_ID = 0x88
};

/* What a client wants to reach: one reference identity (RFC 9525 6.1). */
struct tvt_host {
    bool is_ip;
    uint8_t ip[16];
    uint8_t ip_len;      /* 4 or 16                                             */
    struct tvt_span dns; /* A-labels, without the trailing dot; points into the text given */
};

/* Takes "example.com", "192.0.2.1", "2001:db8::1" or "[2001:db8::1]" apart. False: none of these (U-labels must be
 * A-labels already; a name of which the last label is all digits is no host name). */
TVT_MUST_USE bool tvt_host_parse(struct tvt_host *out, const char *text);
/* The same for bytes. */
TVT_MUST_USE bool tvt_host_parse_span(struct tvt_host *out, struct tvt_span text);

/* True when a dNSName or iPAddress of subjectAltName is this host; `wildcards`: or a dNSName with one stands for it. The common
 * name is never looked at (RFC 9525 2). */
TVT_MUST_USE bool tvt_certificate_matches_host(const struct tvt_certificate *certificate, const struct tvt_host *host,
                                               bool wildcards);
/* The same with public suffixes (rule N9; NULL: none). False: *too_wide is a dNSName that would match, were its wildcard not
 * directly under one; empty: there is none. */
TVT_MUST_USE bool tvt_certificate_matches_host_under(struct tvt_span *too_wide, const struct tvt_certificate *certificate,
                                                     const struct tvt_host *host,
                                                     const struct tvt_public_suffixes *suffixes);
/* One presented dNSName against a reference (RFC 9525 6.3): a wildcard is a whole left-most label. */
TVT_MUST_USE bool tvt_dns_matches(struct tvt_span presented, struct tvt_span reference);
/* True for a syntactically valid host name; `wildcard` allows "*." in front. */
TVT_MUST_USE bool tvt_dns_valid(struct tvt_span name, bool wildcard);

/* Reads a Name and checks its form (rule D5); yields it with tag and length (an empty span after a fault). */
struct tvt_span tvt_name_read(struct tvt_reader *r, bool may_be_empty, const char *field);
/* Reads a GeneralName, or the contents of GeneralNames to the end of the reader, and checks the form of each (rule D11). */
void tvt_general_name_read(struct tvt_reader *r, const char *field);
void tvt_general_names_read(struct tvt_reader *r, const char *field);
/* The same of the names of a distribution point: directory names have their form, and others are taken as bytes. */
void tvt_point_names_read(struct tvt_reader *r, const char *field);

/* Iterates a GeneralNames sequence's contents: next tag and contents; false at the end or on malformed DER. */
TVT_MUST_USE bool tvt_general_name_next(struct tvt_reader *r, uint8_t *tag, struct tvt_span *value);

/* One GeneralName as text. */
const char *tvt_general_name_text(char *out, size_t cap, uint8_t tag, struct tvt_span value);
/* The names in subjectAltName as text, ", " between them, cut with "..." if need be; returns `out`. */
const char *tvt_certificate_names_text(char *out, size_t cap, const struct tvt_certificate *certificate);

/* A Name (tag and length included) as printable text, most specific part first ("CN=example.com, O=Example, C=DE");
 * bytes outside printable ASCII as \xNN; cut with "..." if need be. Returns `out`. */
const char *tvt_name_text(char *out, size_t cap, struct tvt_span name);
/* The most specific common name as text, or the whole name if it has none. */
const char *tvt_name_short_text(char *out, size_t cap, struct tvt_span name);
/* "digitalSignature, keyCertSign"; returns `out`. */
const char *tvt_key_usage_text(char *out, size_t cap, uint16_t usage);
/* The purposes of extendedKeyUsage, in its order: "serverAuth, 1.3.6.1.4.1.311.10.3.4"; returns `out`. */
const char *tvt_purposes_text(char *out, size_t cap, const struct tvt_certificate *certificate);
/* "RSA 2048 bits", "P-256"; of a key that is not supported, what it is: "EC on the curve 1.3.132.0.10". Returns `out`. */
const char *tvt_key_text(char *out, size_t cap, const struct tvt_public_key *key);
/* A serial number in hexadecimal, two digits for an octet, without the octet of the sign: "fb", "-05"; returns `out`. */
const char *tvt_serial_text(char *out, size_t cap, struct tvt_span serial);
/* How a certificate is signed: "ECDSA with SHA-256"; those that are met and refused have words, too, others their OID. Returns
 * `out`, or static words. */
const char *tvt_signature_algorithm_text(char *out, size_t cap, const struct tvt_certificate *certificate);
/* "1998-07-01T12:00:00Z"; out[cap] with cap >= 24. */
const char *tvt_time_text(char *out, size_t cap, int64_t seconds);

/* Names as RFC 5280 7.1 compares them (case and white space of strings do not count). `prefix`: `name` may have more
 * relative names behind. Both with tag and length. */
TVT_MUST_USE bool tvt_name_equal(struct tvt_span a, struct tvt_span b);
/* Names that are equal in this sense have one hash. */
uint32_t tvt_name_hash(struct tvt_span name);
TVT_MUST_USE bool tvt_name_within(struct tvt_span name, struct tvt_span base);
/* The same, and true also where letters beyond Latin-1 or malformed strings leave a doubt: nothing to trust by. */
TVT_MUST_USE bool tvt_name_may_be_within(struct tvt_span name, struct tvt_span base);

#endif
