/* SPDX-License-Identifier: MIT
 *
 * The one raiser of errors. The first error sticks: raising into a record that holds one changes nothing, so an
 * error on the way out of a failed call cannot hide its cause.
 */
#ifndef TVT_CORE_BASE_ERROR_H
#define TVT_CORE_BASE_ERROR_H

#include <trivet/error.h>

/* Raises `code` in `error` (which may be NULL: then only the result counts) and yields TVT_FAIL. Alert, RFC and
 * section come from errors.def. `message` and `field` are static strings or NULL. */
#define tvt_fail(error, code, message, field) tvt_error_raise((error), (code), (message), (field), __FILE__, __LINE__)

enum tvt_result tvt_error_raise(struct tvt_error *error, enum tvt_error_code code, const char *message,
                                const char *field, const char *file, int line);

/* Details, added by the place that raised (each does nothing when the record was raised elsewhere first, which it
 * tells by file and line, hence macros). They yield TVT_FAIL too, so that a raise reads as one statement. */
#define tvt_fail_values(error, code, message, field, expected, got) \
    tvt_error_raise_values((error), (code), (message), (field), (expected), (got), __FILE__, __LINE__)
enum tvt_result tvt_error_raise_values(struct tvt_error *error, enum tvt_error_code code, const char *message,
                                       const char *field, uint64_t expected, uint64_t got, const char *file, int line);

/* With free text; bytes outside printable ASCII are written as \xNN by the formatter's caller or by %s of
 * tvt_printable() (memory.h). */
#define tvt_fail_detail(error, code, message, field, ...) \
    tvt_error_raise_detail((error), (code), (message), (field), __FILE__, __LINE__, __VA_ARGS__)
enum tvt_result tvt_error_raise_detail(struct tvt_error *error, enum tvt_error_code code, const char *message,
                                       const char *field, const char *file, int line, const char *format, ...)
    TVT_PRINTF(7, 8);

/* More words behind the detail of an error that was raised already, "; " between. */
void tvt_error_add_detail(struct tvt_error *error, const char *format, ...) TVT_PRINTF(2, 3);

struct tvt_provider;
/* Raises for a provider function's result: `code` says what it means here; the backend's own code and words are
 * added. RANDOM and NO_MEMORY kinds override `code`. */
#define tvt_fail_crypto(error, code, message, field, provider, result) \
    tvt_error_raise_crypto((error), (code), (message), (field), (provider), (result), __FILE__, __LINE__)
enum tvt_result tvt_error_raise_crypto(struct tvt_error *error, enum tvt_error_code code, const char *message,
                                       const char *field, const struct tvt_provider *provider, int result,
                                       const char *file, int line);

/* A failed system call: origin OS, `native` = errnum. */
#define tvt_fail_os(error, code, message, field, errnum, ...) \
    tvt_error_raise_os((error), (code), (message), (field), (errnum), __FILE__, __LINE__, __VA_ARGS__)
enum tvt_result tvt_error_raise_os(struct tvt_error *error, enum tvt_error_code code, const char *message,
                                   const char *field, int errnum, const char *file, int line, const char *format, ...)
    TVT_PRINTF(8, 9);

struct tvt_reader;
/* Turns a reader's fault (core/base/wire.h) into an error: TRUNCATED, BAD_LENGTH or TRAILING_BYTES, with its field and
 * offset. */
#define tvt_fail_reader(error, reader, message) \
    tvt_error_raise_reader((error), (reader), (message), __FILE__, __LINE__)
enum tvt_result tvt_error_raise_reader(struct tvt_error *error, const struct tvt_reader *reader, const char *message,
                                       const char *file, int line);

#endif
