/* SPDX-License-Identifier: MIT
 *
 * The observer of errors.
 */
#include "tests/unit/errors_seen.h"
#include "core/base/error.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* several suites raise in threads */
static bool seen[TVT_E_NUM_CODES];
static CU_pTest last;
static FILE *out;
static const char *(*suite_file)(const char *suite);

int
tvt_errors_seen_open(const char *path, const char *(*file_of)(const char *suite))
{
    suite_file = file_of;
    out = fopen(path, "a");
    return out != NULL ? 0 : -1;
}

void
tvt_errors_seen_close(void)
{
    if (out != NULL)
        (void)fclose(out);
    out = NULL;
}

void
tvt_errors_seen_forget(void)
{
    (void)pthread_mutex_lock(&lock);
    memset(seen, 0, sizeof seen);
    (void)pthread_mutex_unlock(&lock);
}

bool
tvt_errors_seen(const char *code)
{
    bool found = false;

    (void)pthread_mutex_lock(&lock);
    for (int i = 0; i < TVT_E_NUM_CODES; i++)
        found = found || (seen[i] && strcmp(tvt_error_name((enum tvt_error_code)i), code) == 0);
    (void)pthread_mutex_unlock(&lock);
    return found;
}

/* A test that raises an error itself, to see what becomes of it, does not count: `file` is where it was raised. */
static void
note(const struct tvt_error *error, const char *file)
{
    CU_pTest test = CU_get_current_test();
    CU_pSuite suite = CU_get_current_suite();

    if (test == NULL || suite == NULL || (strncmp(file, "core/", 5) != 0 && strncmp(file, "backends/", 9) != 0))
        return;
    (void)pthread_mutex_lock(&lock);
    if (test != last && out != NULL)
        memset(seen, 0, sizeof seen);
    last = test;
    if (!seen[error->code] && out != NULL) {
        (void)fprintf(out, "%s\t%s\t%s\t%s\n", tvt_error_name(error->code), suite_file(suite->pName), suite->pName,
                      test->pName);
        (void)fflush(out); /* before a fork */
    }
    seen[error->code] = true;
    (void)pthread_mutex_unlock(&lock);
}

/* ---- what --wrap puts in the place of each raiser ------------------------------------------------------------- */

#define RAISER(name, ...)                                                                                              \
    enum tvt_result __real_##name(__VA_ARGS__);                                                                        \
    enum tvt_result __wrap_##name(__VA_ARGS__);                                                                        \
    enum tvt_result __wrap_##name(__VA_ARGS__)
#define EMPTY(error) ((error) != NULL && (error)->code == TVT_E_NONE)

static enum tvt_result
noted(bool was_empty, const struct tvt_error *error, const char *file, enum tvt_result result)
{
    if (was_empty)
        note(error, file);
    return result;
}

RAISER(tvt_error_raise, struct tvt_error *error, enum tvt_error_code code, const char *message, const char *field,
       const char *file, int line)
{
    bool empty = EMPTY(error);

    return noted(empty, error, file, __real_tvt_error_raise(error, code, message, field, file, line));
}

RAISER(tvt_error_raise_values, struct tvt_error *error, enum tvt_error_code code, const char *message,
       const char *field, uint64_t expected, uint64_t got, const char *file, int line)
{
    bool empty = EMPTY(error);

    return noted(empty, error, file,
                 __real_tvt_error_raise_values(error, code, message, field, expected, got, file, line));
}

RAISER(tvt_error_raise_crypto, struct tvt_error *error, enum tvt_error_code code, const char *message,
       const char *field, const struct tvt_provider *provider, int result, const char *file, int line)
{
    bool empty = EMPTY(error);

    return noted(empty, error, file,
                 __real_tvt_error_raise_crypto(error, code, message, field, provider, result, file, line));
}

RAISER(tvt_error_raise_reader, struct tvt_error *error, const struct tvt_reader *reader, const char *message,
       const char *file, int line)
{
    bool empty = EMPTY(error);

    return noted(empty, error, file, __real_tvt_error_raise_reader(error, reader, message, file, line));
}

/* Longer than the record's own limit, so that the raiser still cuts and marks what is too long. */
enum { WORDS = 2 * TVT_ERROR_DETAIL_MAX };

static void
words(char text[WORDS], const char *format, va_list args)
{
    if (vsnprintf(text, WORDS, format, args) < 0)
        text[0] = '\0';
}

enum tvt_result __real_tvt_error_raise_detail(struct tvt_error *error, enum tvt_error_code code, const char *message,
                                              const char *field, const char *file, int line, const char *format, ...)
    TVT_PRINTF(7, 8);
enum tvt_result __wrap_tvt_error_raise_detail(struct tvt_error *error, enum tvt_error_code code, const char *message,
                                              const char *field, const char *file, int line, const char *format, ...)
    TVT_PRINTF(7, 8);

enum tvt_result
__wrap_tvt_error_raise_detail(struct tvt_error *error, enum tvt_error_code code, const char *message, const char *field,
                              const char *file, int line, const char *format, ...)
{
    bool empty = EMPTY(error);
    char text[WORDS];
    va_list args;

    va_start(args, format);
    words(text, format, args);
    va_end(args);
    return noted(empty, error, file,
                 __real_tvt_error_raise_detail(error, code, message, field, file, line, "%s", text));
}

enum tvt_result __real_tvt_error_raise_os(struct tvt_error *error, enum tvt_error_code code, const char *message,
                                          const char *field, int errnum, const char *file, int line, const char *format,
                                          ...) TVT_PRINTF(8, 9);
enum tvt_result __wrap_tvt_error_raise_os(struct tvt_error *error, enum tvt_error_code code, const char *message,
                                          const char *field, int errnum, const char *file, int line, const char *format,
                                          ...) TVT_PRINTF(8, 9);

enum tvt_result
__wrap_tvt_error_raise_os(struct tvt_error *error, enum tvt_error_code code, const char *message, const char *field,
                          int errnum, const char *file, int line, const char *format, ...)
{
    bool empty = EMPTY(error);
    char text[WORDS];
    va_list args;

    va_start(args, format);
    words(text, format, args);
    va_end(args);
    return noted(empty, error, file,
                 __real_tvt_error_raise_os(error, code, message, field, errnum, file, line, "%s", text));
}
