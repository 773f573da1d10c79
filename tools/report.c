/* SPDX-License-Identifier: MIT
 *
 * What the tool tells about failures.
 */
#include "tools/report.h"

#include "core/base/utf8.h"
#include "core/base/wire.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX  8192u /* a path of 4096 bytes, and what is said of it */
#define ERROR_MAX 4096u

/* A server keeps standard output for its first line: what it reports goes with its log. */
static FILE *
json_stream(const struct tool_options *options)
{
    return options->command->bit == TOOL_SERVER ? stderr : stdout;
}

static const char *
stage_name(enum tool_stage stage)
{
    static const char *const names[] = {"usage", "connect", "handshake", "data", "verify"};
    return names[stage];
}

/* Marks that turn the direction of what follows: a terminal may show another text than the one that is there. */
static bool
is_direction(uint32_t c)
{
    return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void
tool_put_argument(const char *text)
{
    struct tvt_span left = tvt_span_string(text);
    while (left.len > 0) {
        const uint8_t *from = left.data;
        uint32_t c = 0;
        if (!tvt_utf8_next(&left, &c)) {
            left = tvt_span(left.data + 1, left.len - 1);
            c = 0;
        }
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || is_direction(c))
            putc('?', stderr);
        else
            (void)fwrite(from, 1, (size_t)(left.data - from), stderr);
    }
}

/* The record by one of tvt_error_format*(), on the heap; "" in a bad hour. */
static char *
error_text(size_t (*format)(const struct tvt_error *, char *, size_t), const struct tvt_error *error)
{
    size_t need = format(error, NULL, 0) + 1;
    char *text = calloc(1, need);
    if (text != NULL)
        (void)format(error, text, need);
    return text;
}

/* Member "error": the record. */
static void
error_member(struct json *j, const struct tvt_error *error)
{
    char *text = error_text(tvt_error_format_json, error);
    json_raw(j, "error", text != NULL ? text : "null");
    free(text);
}

static void
usage_message(const struct tool_options *options, const char *message, const struct tvt_error *error)
{
    if (!options->json) {
        fprintf(stderr, "trivet %s: ", options->command->name);
        tool_put_argument(message);
        putc('\n', stderr);
        return;
    }
    struct json j = {.out = json_stream(options)};
    json_open(&j, NULL, '{');
    json_bool(&j, "ok", false);
    json_text(&j, "stage", "usage");
    json_unsigned(&j, "status", TOOL_USAGE);
    json_text(&j, "message", message);
    if (error != NULL)
        error_member(&j, error);
    json_close(&j, '}');
    json_end(&j);
}

int
tool_usage(const struct tool_options *options, const char *format, ...)
{
    char message[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    usage_message(options, message, NULL);
    return TOOL_USAGE;
}

/* `dashes`: in front of what the words are about. */
static int
usage_record(const struct tool_options *options, const char *dashes, const char *option, const char *value,
             const struct tvt_error *error)
{
    char message[TEXT_MAX];
    const char *rfc = tvt_error_rfc(error->code);
    const char *why = error->native != 0 && error->origin == TVT_ORIGIN_OS ? strerror(error->native) : NULL;
    char where[64] = "", source[64] = "";
    struct tvt_error record = *error;
    record.alert = TVT_ALERT_NONE; /* there is no peer */
    if (error->field != NULL && error->offset != TVT_ERROR_NO_OFFSET)
        (void)snprintf(where, sizeof where, " (%.30s, at byte %zu)", error->field, error->offset);
    if (rfc[0] != '\0')
        (void)snprintf(source, sizeof source, " [%s %s]", rfc, tvt_error_section(error->code));
    (void)snprintf(message, sizeof message, "%s%s%s%s: %s%s%s%s%s%s%s. %s.%s", dashes, option, value != NULL ? " " : "",
                   value != NULL ? value : "", tvt_error_sentence(error->code), where,
                   error->detail[0] != '\0' ? ": " : "", error->detail, why != NULL ? " (" : "", why != NULL ? why : "",
                   why != NULL ? ")" : "", tvt_error_remedy(error->code), source);
    usage_message(options, message, &record);
    return TOOL_USAGE;
}

int
tool_usage_record(const struct tool_options *options, const char *option, const char *value,
                  const struct tvt_error *error)
{
    return usage_record(options, "--", option, value, error);
}

int
tool_usage_file(const struct tool_options *options, const char *file, const struct tvt_error *error)
{
    return usage_record(options, "", file, NULL, error);
}

void
tool_error_json(struct json *j, enum tool_stage stage, const struct tvt_error *error, int status)
{
    json_bool(j, "ok", false);
    json_text(j, "stage", stage_name(stage));
    json_unsigned(j, "status", (uint64_t)status);
    error_member(j, error);
}

int
tool_failed(const struct tool_options *options, enum tool_stage stage, const struct tvt_error *error, int status)
{
    if (options->json) {
        struct json j = {.out = json_stream(options)};
        json_open(&j, NULL, '{');
        tool_error_json(&j, stage, error, status);
        json_close(&j, '}');
        json_end(&j);
    } else {
        char *text = error_text(tvt_error_format, error);
        static const char *const what[] = {"the backend cannot be used", "there is no connection",
                                           "the handshake failed", "the connection broke", "not valid"};
        bool listening = stage == STAGE_CONNECT && options->command->bit == TOOL_SERVER;
        fprintf(stderr, "trivet %s: %s\n%s", options->command->name, listening ? "it does not listen" : what[stage],
                text != NULL ? text : "");
        size_t len = text != NULL ? strlen(text) : 0;
        if (len == 0 || text[len - 1] != '\n')
            fputc('\n', stderr);
        free(text);
    }
    return status;
}
