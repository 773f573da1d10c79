/* SPDX-License-Identifier: MIT
 *
 * The JSON writer.
 */
#include "tools/json.h"

#include "core/base/utf8.h"

#include <inttypes.h>
#include <string.h>

/* Length of the UTF-8 character at the start of text[0..len), 0: it is none. */
static size_t
utf8_length(const uint8_t *text, size_t len)
{
    struct tvt_span left = {text, len};
    uint32_t c;
    return tvt_utf8_next(&left, &c) ? len - left.len : 0;
}

static void
put_string(FILE *out, struct tvt_span text)
{
    putc('"', out);
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_length(text.data + i, text.len - i);
        uint8_t c = text.data[i];
        if (len == 0)
            fputs("\\ufffd", out);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else
            fwrite(text.data + i, 1, len, out);
        i += len > 0 ? len : 1;
    }
    putc('"', out);
}

static struct tvt_span
span_of(const char *text)
{
    struct tvt_span s = {(const uint8_t *)text, strlen(text)};
    return s;
}

static void
begin_value(struct json *j, const char *name)
{
    if (j->comma)
        putc(',', j->out);
    if (name != NULL) {
        put_string(j->out, span_of(name));
        putc(':', j->out);
    }
    j->comma = true;
}

void
json_open(struct json *j, const char *name, char bracket)
{
    begin_value(j, name);
    putc(bracket, j->out);
    j->comma = false;
}

void
json_close(struct json *j, char bracket)
{
    putc(bracket, j->out);
    j->comma = true;
}

void
json_end(struct json *j)
{
    putc('\n', j->out);
    fflush(j->out);
    j->comma = false;
}

void
json_text(struct json *j, const char *name, const char *text)
{
    if (text == NULL)
        json_raw(j, name, "null");
    else
        json_bytes(j, name, span_of(text));
}

void
json_bytes(struct json *j, const char *name, struct tvt_span text)
{
    begin_value(j, name);
    put_string(j->out, text);
}

void
json_unsigned(struct json *j, const char *name, uint64_t value)
{
    begin_value(j, name);
    fprintf(j->out, "%" PRIu64, value);
}

void
json_ms(struct json *j, const char *name, double milliseconds)
{
    begin_value(j, name);
    fprintf(j->out, "%.3f", milliseconds);
}

void
json_bool(struct json *j, const char *name, bool value)
{
    json_raw(j, name, value ? "true" : "false");
}

void
json_raw(struct json *j, const char *name, const char *value)
{
    begin_value(j, name);
    fputs(value, j->out);
}
