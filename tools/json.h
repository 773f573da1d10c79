/* SPDX-License-Identifier: MIT
 *
 * Writes JSON (RFC 8259) to a stream: commas, quotes and escapes are put where they belong.
 */
#ifndef TVT_TOOLS_JSON_H
#define TVT_TOOLS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <trivet/base.h>

struct json {
    FILE *out;
    bool comma; /* a value stands before, in the same object or array */
};

/* `name` is the member's name, NULL in an array and at the top. */
void json_open(struct json *j, const char *name, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);                  /* '}' or ']' */
void json_end(struct json *j);                                  /* the line's end, and out it goes */
void json_text(struct json *j, const char *name, const char *text);      /* NULL: null */
void json_bytes(struct json *j, const char *name, struct tvt_span text); /* what is not UTF-8 becomes U+FFFD */
void json_unsigned(struct json *j, const char *name, uint64_t value);
void json_ms(struct json *j, const char *name, double milliseconds);
void json_bool(struct json *j, const char *name, bool value);
void json_raw(struct json *j, const char *name, const char *value); /* JSON already */

#endif
