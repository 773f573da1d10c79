/* SPDX-License-Identifier: MIT
 *
 * Reads the traces of vectors/rfc8448 for the unit tests.
 */
#ifndef TVT_TESTS_UNIT_TRACE_H
#define TVT_TESTS_UNIT_TRACE_H

#include <trivet/base.h>

#define TRACE_NUM       5u
#define TRACE_BYTES_MAX 1024u
extern const char *const trace_names[TRACE_NUM];
extern const size_t trace_num_messages[TRACE_NUM]; /* that each trace has */

/* The text of a trace, allocated; NULL (and words on stderr) when it cannot be read. */
char *trace_text(const char *name);
/* The bytes of the next `"key": "<hex>"` at or behind *at; moves *at behind it. 0: no more, or not hex. */
size_t trace_next(const char **at, const char *key, uint8_t out[TRACE_BYTES_MAX]);
/* Where the messages, the records, and the steps begin. */
const char *trace_part(const char *text, const char *part);
/* Bytes of hexadecimal text, blanks skipped; SIZE_MAX: not hex, or more than cap. */
size_t trace_hex(uint8_t *out, size_t cap, const char *hex);

#endif
