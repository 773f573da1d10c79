/* SPDX-License-Identifier: MIT
 *
 * error.h - the error record: what went wrong, where, what was expected, which RFC says so, and what to do.
 *
 * There is one record per connection (or per call that has none), filled by the first error and by no later one.
 * It holds no heap memory and may be copied by value.
 */
#ifndef TRIVET_ERROR_H
#define TRIVET_ERROR_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tvt_error_code {
    TVT_E_NONE = 0,
#define TVT_ERROR(code, alert, rfc, section, sentence, remedy) TVT_E_##code,
#include "errors.def"
#undef TVT_ERROR
    TVT_E_NUM_CODES
};

/* Who found the fault. */
enum tvt_error_origin {
    TVT_ORIGIN_NONE = 0,
    TVT_ORIGIN_LOCAL,   /* we found it in what the peer sent                       */
    TVT_ORIGIN_PEER,    /* the peer told us, by an alert                           */
    TVT_ORIGIN_OS,      /* a system call failed; `native` is errno                 */
    TVT_ORIGIN_BACKEND, /* the crypto library failed; `native` is its code         */
    TVT_ORIGIN_CALLER   /* the program called us wrongly, or gave bad material     */
};

#define TVT_ERROR_DETAIL_MAX 192
#define TVT_ERROR_NO_OFFSET SIZE_MAX

struct tvt_error {
    enum tvt_error_code code;
    enum tvt_error_origin origin;
    uint8_t alert;       /* AlertDescription sent, or received when origin is PEER; 0xff: none      */
    bool has_values;     /* `expected` and `got` are set                                            */
    int32_t native;      /* errno, or the backend's code; 0: none                                   */
    size_t offset;       /* of the field in its message, bytes from the message's first byte, header included;
                            TVT_ERROR_NO_OFFSET: unknown                                            */
    uint64_t expected, got; /* of the field, in its unit: a number of the protocol, octets, bits, seconds since 1970; `expected`
                               is the bound where one was passed                                        */
    const char *message; /* "ServerHello", "Certificate[1]", a file's kind; static storage; NULL: none */
    const char *field;   /* "cipher_suite"; static storage; NULL: none                              */
    const char *state;   /* state of the handshake, "client13.WAIT_SH"; static storage; NULL: none  */
    const char *backend; /* provider's name; lives as long as the provider; NULL: none              */
    const char *file;    /* source file and line that raised it                                     */
    int line;
    char detail[TVT_ERROR_DETAIL_MAX]; /* free text (names, subjects), printable ASCII, NUL-terminated */
};

#define TVT_ALERT_NONE 0xffu

/* An empty record. */
void tvt_error_clear(struct tvt_error *error);

/* Writes the record as text of a few lines, each with its newline: what happened, where, expected/got, the RFC section, the remedy.
 * Returns the length it would have without the limit (as snprintf); `out` is NUL-terminated if cap > 0. */
size_t tvt_error_format(const struct tvt_error *error, char *out, size_t cap);
/* The same on one line, without source position and remedy. */
size_t tvt_error_format_line(const struct tvt_error *error, char *out, size_t cap);
/* The same as one JSON object. */
size_t tvt_error_format_json(const struct tvt_error *error, char *out, size_t cap);

/* Properties of a code; static strings, never NULL ("" if there is none). */
const char *tvt_error_name(enum tvt_error_code code);     /* "BAD_RECORD_MAC"                        */
const char *tvt_error_sentence(enum tvt_error_code code); /* "The record's tag does not match: ..."   */
const char *tvt_error_remedy(enum tvt_error_code code);
const char *tvt_error_rfc(enum tvt_error_code code);      /* "RFC 9846"                              */
const char *tvt_error_section(enum tvt_error_code code);  /* "5.2"                                   */
uint8_t tvt_error_alert(enum tvt_error_code code);        /* alert that code sends; 0xff: none       */

#ifdef __cplusplus
}
#endif
#endif

/* -I.../include/trivet, which programs written for OpenSSL are given, puts this file in front of the C library's <error.h>:
 * whoever asks for that one gets it as well. */
#if !defined(TRIVET_ERROR_OWN) && defined(__has_include) && defined(__GNUC__)
#if __has_include(<openssl/trivet.h>)
#pragma GCC system_header
#if __has_include_next(<error.h>)
#include_next <error.h>
#endif
#endif
#endif
