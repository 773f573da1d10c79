/* SPDX-License-Identifier: MIT
 *
 * The one raiser of errors, and the error record written for people and for programs.
 */
#include "core/base/error.h"

#include "core/base/registry.h"
#include "core/base/wire.h"

#include <trivet/provider.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *name, *rfc, *section, *sentence, *remedy;
    uint8_t alert;
};

static const struct row rows[TVT_E_NUM_CODES] = {
    [TVT_E_NONE] = {"NONE", "", "", "No error", "", TVT_ALERT_NONE},
#define TVT_ERROR(code, alert, rfc, section, sentence, remedy)                                                         \
    [TVT_E_##code] = {#code, rfc, section, sentence, remedy, TVT_ALERT_##alert},
#include <trivet/errors.def>
#undef TVT_ERROR
};

static const struct row *
row_of(enum tvt_error_code code)
{
    return &rows[(unsigned)code < TVT_E_NUM_CODES ? code : TVT_E_INTERNAL];
}

const char *
tvt_error_name(enum tvt_error_code code)
{
    return row_of(code)->name;
}

const char *
tvt_error_sentence(enum tvt_error_code code)
{
    return row_of(code)->sentence;
}

const char *
tvt_error_remedy(enum tvt_error_code code)
{
    return row_of(code)->remedy;
}

const char *
tvt_error_rfc(enum tvt_error_code code)
{
    return row_of(code)->rfc;
}

const char *
tvt_error_section(enum tvt_error_code code)
{
    return row_of(code)->section;
}

uint8_t
tvt_error_alert(enum tvt_error_code code)
{
    return row_of(code)->alert;
}

/* ---- raising ---------------------------------------------------------------------------------------------- */

void
tvt_error_clear(struct tvt_error *error)
{
    memset(error, 0, sizeof(*error));
    error->alert = TVT_ALERT_NONE;
    error->offset = TVT_ERROR_NO_OFFSET;
}

/* The groups of errors.def tell who is to blame where the raiser does not say. */
static enum tvt_error_origin
usual_origin(enum tvt_error_code code)
{
    if (code == TVT_E_PEER_ALERT || code == TVT_E_CLOSED_IN_HANDSHAKE)
        return TVT_ORIGIN_PEER;
    if (code >= TVT_E_NO_TRUST && code < TVT_E_NO_MEMORY)
        return TVT_ORIGIN_CALLER;
    if (code == TVT_E_NO_MEMORY || code == TVT_E_IO_READ || code == TVT_E_IO_WRITE || code == TVT_E_IO_CONNECT)
        return TVT_ORIGIN_OS;
    if (code == TVT_E_RANDOM || code == TVT_E_CRYPTO || code == TVT_E_SIGNING || code == TVT_E_BAD_PROVIDER)
        return TVT_ORIGIN_BACKEND;
    return TVT_ORIGIN_LOCAL;
}

/* Fills a record that is still empty; false when there is none, or it holds an error already. */
static bool
begin(struct tvt_error *error, enum tvt_error_code code, const char *message, const char *field, const char *file,
      int line)
{
    const char *state, *backend;

    if (error == NULL || error->code != TVT_E_NONE)
        return false;
    state = error->state; /* a connection keeps these two up to date before anything fails */
    backend = error->backend;
    tvt_error_clear(error);
    error->code = code;
    error->origin = usual_origin(code);
    error->alert = tvt_error_alert(code);
    error->message = message;
    error->field = field;
    error->state = state;
    error->backend = backend;
    error->file = file;
    error->line = line;
    return true;
}

enum tvt_result
tvt_error_raise(struct tvt_error *error, enum tvt_error_code code, const char *message, const char *field,
                const char *file, int line)
{
    (void)begin(error, code, message, field, file, line);
    return TVT_FAIL;
}

enum tvt_result
tvt_error_raise_values(struct tvt_error *error, enum tvt_error_code code, const char *message, const char *field,
                       uint64_t expected, uint64_t got, const char *file, int line)
{
    if (begin(error, code, message, field, file, line)) {
        error->has_values = true;
        error->expected = expected;
        error->got = got;
    }
    return TVT_FAIL;
}

/* Marks text that was cut, and keeps control characters out of logs and terminals. */
static void
tidy_detail(struct tvt_error *error, bool cut)
{
    for (char *p = error->detail; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
            *p = '?';
    if (cut)
        memcpy(error->detail + TVT_ERROR_DETAIL_MAX - 4, "...", 4);
}

static void
set_detail(struct tvt_error *error, const char *format, va_list args)
{
    int len = vsnprintf(error->detail, sizeof(error->detail), format, args);

    if (len < 0)
        error->detail[0] = '\0';
    tidy_detail(error, len >= (int)sizeof(error->detail));
}

enum tvt_result
tvt_error_raise_detail(struct tvt_error *error, enum tvt_error_code code, const char *message, const char *field,
                       const char *file, int line, const char *format, ...)
{
    va_list args;

    if (begin(error, code, message, field, file, line)) {
        va_start(args, format);
        set_detail(error, format, args);
        va_end(args);
    }
    return TVT_FAIL;
}

void
tvt_error_add_detail(struct tvt_error *error, const char *format, ...)
{
    size_t at = strlen(error->detail), room = sizeof(error->detail) - at;
    va_list args;

    va_start(args, format);
    int between = snprintf(error->detail + at, room, "%s", at > 0 ? "; " : "");
    int len =
        (size_t)between < room ? vsnprintf(error->detail + at + between, room - (size_t)between, format, args) : 0;
    va_end(args);
    tidy_detail(error, len < 0 || (size_t)between + (size_t)len >= room);
}

enum tvt_result
tvt_error_raise_crypto(struct tvt_error *error, enum tvt_error_code code, const char *message, const char *field,
                       const struct tvt_provider *provider, int result, const char *file, int line)
{
    enum tvt_crypto_kind kind = tvt_crypto_kind(result);

    if (kind == TVT_CRYPTO_RANDOM)
        code = TVT_E_RANDOM;
    else if (kind == TVT_CRYPTO_NO_MEMORY)
        code = TVT_E_NO_MEMORY;
    if (!begin(error, code, message, field, file, line))
        return TVT_FAIL;
    /* A verdict on the peer's bytes is found here; anything else is the library's failure. */
    if (kind != TVT_CRYPTO_AUTH && kind != TVT_CRYPTO_PEER_KEY && kind != TVT_CRYPTO_KEY)
        error->origin = TVT_ORIGIN_BACKEND;
    error->native = (int32_t)tvt_crypto_code(result);
    if (provider == NULL)
        return TVT_FAIL;
    error->backend = provider->name;
    if (error->native != 0 && provider->describe != NULL)
        provider->describe(provider, tvt_crypto_code(result), error->detail, sizeof(error->detail));
    error->detail[TVT_ERROR_DETAIL_MAX - 1] = '\0';
    tidy_detail(error, false);
    return TVT_FAIL;
}

enum tvt_result
tvt_error_raise_os(struct tvt_error *error, enum tvt_error_code code, const char *message, const char *field,
                   int errnum, const char *file, int line, const char *format, ...)
{
    va_list args;

    if (begin(error, code, message, field, file, line)) {
        error->origin = TVT_ORIGIN_OS;
        error->native = errnum;
        va_start(args, format);
        set_detail(error, format, args);
        va_end(args);
    }
    return TVT_FAIL;
}

enum tvt_result
tvt_error_raise_reader(struct tvt_error *error, const struct tvt_reader *reader, const char *message, const char *file,
                       int line)
{
    enum tvt_error_code code = reader->bad_kind == TVT_READ_LENGTH     ? TVT_E_BAD_LENGTH
                               : reader->bad_kind == TVT_READ_TRAILING ? TVT_E_TRAILING_BYTES
                                                                       : TVT_E_TRUNCATED;

    if (reader->bad == NULL)
        code = TVT_E_INTERNAL; /* a reader without a fault was turned into an error */
    if (begin(error, code, message, reader->bad, file, line) && reader->bad != NULL)
        error->offset = reader->bad_offset;
    return TVT_FAIL;
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

struct text {
    char *out;
    size_t cap, len; /* len: as if there were no limit */
};

static void put(struct text *t, const char *format, ...) TVT_PRINTF(2, 3);

static void
put(struct text *t, const char *format, ...)
{
    bool fits = t->len < t->cap;
    va_list args;

    va_start(args, format);
    int len = vsnprintf(fits ? t->out + t->len : NULL, fits ? t->cap - t->len : 0, format, args);
    va_end(args);
    if (len > 0)
        t->len += (size_t)len;
}

static struct text
text_begin(char *out, size_t cap)
{
    struct text t = {out, cap, 0};

    if (cap > 0)
        out[0] = '\0';
    return t;
}

/* Small numbers are counts; from 10 on the reader may know the number from a registry, in hexadecimal. */
static void
put_number(struct text *t, uint64_t v)
{
    put(t, "%" PRIu64, v);
    if (v >= 10)
        put(t, v <= 0xffff ? " (0x%04" PRIx64 ")" : " (0x%" PRIx64 ")", v);
}

static void
put_values(struct text *t, const struct tvt_error *e)
{
    put(t, "expected ");
    put_number(t, e->expected);
    put(t, ", got ");
    put_number(t, e->got);
}

/* "ServerHello, field cipher_suite" */
static void
put_place(struct text *t, const struct tvt_error *e)
{
    if (e->message != NULL)
        put(t, "%s", e->message);
    if (e->field != NULL && e->field[0] != '\0')
        put(t, "%sfield %s", e->message != NULL ? ", " : "", e->field);
}

static const char *
origin_words(enum tvt_error_origin origin)
{
    switch (origin) {
    case TVT_ORIGIN_LOCAL:
        return "found here";
    case TVT_ORIGIN_PEER:
        return "the peer told us";
    case TVT_ORIGIN_OS:
        return "the operating system told us";
    case TVT_ORIGIN_BACKEND:
        return "the crypto library told us";
    case TVT_ORIGIN_CALLER:
        return "in the way this program uses Trivet";
    case TVT_ORIGIN_NONE:
        break;
    }
    return "unknown";
}

static void
put_origin(struct text *t, const struct tvt_error *e)
{
    put(t, "%s", origin_words(e->origin));
    if (e->alert == TVT_ALERT_NONE)
        return;
    put(t, "%s alert %s(%u)", e->origin == TVT_ORIGIN_PEER ? ":" : "; to the peer goes", tvt_alert_name(e->alert),
        e->alert);
}

/* What the system or the library said, with the free text. */
static void
put_words(struct text *t, const struct tvt_error *e)
{
    bool os = e->origin == TVT_ORIGIN_OS;

    if (!os && e->backend != NULL) {
        put(t, "  backend: %s", e->backend);
        if (e->native != 0)
            put(t, ", its error 0x%06" PRIx32, (uint32_t)e->native);
        put(t, "\n");
    }
    if (os && e->native != 0)
        put(t, "  system: %s (errno %" PRId32 ")\n", strerror(e->native), e->native);
    if (e->detail[0] != '\0')
        put(t, "  %s: %s\n", !os && e->native != 0 ? "in its words" : "detail", e->detail);
}

size_t
tvt_error_format(const struct tvt_error *e, char *out, size_t cap)
{
    const struct row *row = row_of(e->code);
    struct text t = text_begin(out, cap);

    if (e->code == TVT_E_NONE) {
        put(&t, "no error\n");
        return t.len;
    }
    put(&t, "%s", row->sentence);
    if (e->message != NULL || (e->field != NULL && e->field[0] != '\0')) {
        put(&t, " (");
        put_place(&t, e);
        put(&t, ")");
    }
    put(&t, " [%s]\n", row->name);
    if (e->has_values) {
        put(&t, "  ");
        put_values(&t, e);
        put(&t, "\n");
    }
    if (e->offset != TVT_ERROR_NO_OFFSET)
        put(&t, "  at byte %zu of %s\n", e->offset, e->message != NULL ? e->message : "the message");
    put(&t, "  who: ");
    put_origin(&t, e);
    put(&t, "\n");
    if (row->rfc[0] != '\0')
        put(&t, "  why: %s, section %s\n", row->rfc, row->section);
    if (row->remedy[0] != '\0')
        put(&t, "  what to do: %s\n", row->remedy);
    if (e->state != NULL)
        put(&t, "  state: %s\n", e->state);
    put_words(&t, e);
    if (e->file != NULL)
        put(&t, "  raised at: %s:%d\n", e->file, e->line);
    return t.len;
}

size_t
tvt_error_format_line(const struct tvt_error *e, char *out, size_t cap)
{
    const struct row *row = row_of(e->code);
    struct text t = text_begin(out, cap);

    if (e->code == TVT_E_NONE) {
        put(&t, "no error");
        return t.len;
    }
    put(&t, "%s: %s", row->name, row->sentence);
    if (e->message != NULL || (e->field != NULL && e->field[0] != '\0')) {
        put(&t, " (");
        put_place(&t, e);
        put(&t, ")");
    }
    if (e->has_values) {
        put(&t, "; ");
        put_values(&t, e);
    }
    if (e->offset != TVT_ERROR_NO_OFFSET)
        put(&t, "; at byte %zu", e->offset);
    if (e->detail[0] != '\0')
        put(&t, "; %s", e->detail);
    if (e->origin == TVT_ORIGIN_OS && e->native != 0)
        put(&t, "; %s", strerror(e->native));
    put(&t, "; ");
    put_origin(&t, e);
    if (e->state != NULL)
        put(&t, "; state %s", e->state);
    if (row->rfc[0] != '\0')
        put(&t, " [%s %s]", row->rfc, row->section);
    return t.len;
}

/* ---- JSON ------------------------------------------------------------------------------------------------- */

/* RFC 8259 7. Bytes outside ASCII cannot be trusted to be UTF-8: they are written as the code point of their value. */
static void
put_json_string(struct text *t, const char *s)
{
    put(t, "\"");
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            put(t, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            put(t, "\\u%04x", c);
        else
            put(t, "%c", c);
    }
    put(t, "\"");
}

static void
put_json_member(struct text *t, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    put(t, ",\"%s\":", name);
    put_json_string(t, value);
}

static const char *
origin_name(enum tvt_error_origin origin)
{
    static const char *const names[] = {"none", "local", "peer", "os", "backend", "caller"};

    return (unsigned)origin < sizeof(names) / sizeof(names[0]) ? names[origin] : names[0];
}

size_t
tvt_error_format_json(const struct tvt_error *e, char *out, size_t cap)
{
    const struct row *row = row_of(e->code);
    struct text t = text_begin(out, cap);

    put(&t, "{\"code\":\"%s\"", row->name);
    put_json_member(&t, "sentence", row->sentence);
    put_json_member(&t, "message", e->message);
    put_json_member(&t, "field", e->field);
    if (e->has_values)
        put(&t, ",\"expected\":%" PRIu64 ",\"got\":%" PRIu64, e->expected, e->got);
    if (e->offset != TVT_ERROR_NO_OFFSET)
        put(&t, ",\"offset\":%zu", e->offset);
    put_json_member(&t, "origin", origin_name(e->origin));
    if (e->alert != TVT_ALERT_NONE)
        put(&t, ",\"alert\":\"%s\",\"alert_number\":%u,\"alert_direction\":\"%s\"", tvt_alert_name(e->alert), e->alert,
            e->origin == TVT_ORIGIN_PEER ? "received" : "sent");
    put_json_member(&t, "rfc", row->rfc);
    put_json_member(&t, "section", row->section);
    put_json_member(&t, "remedy", row->remedy);
    put_json_member(&t, "state", e->state);
    put_json_member(&t, "backend", e->backend);
    if (e->native != 0)
        put(&t, ",\"native\":%" PRId32, e->native);
    if (e->native != 0 && e->origin == TVT_ORIGIN_OS)
        put_json_member(&t, "system", strerror(e->native));
    put_json_member(&t, "detail", e->detail);
    put_json_member(&t, "file", e->file);
    if (e->file != NULL)
        put(&t, ",\"line\":%d", e->line);
    put(&t, "}");
    return t.len;
}
