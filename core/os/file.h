/* SPDX-License-Identifier: MIT
 *
 * Whole files into memory.
 */
#ifndef TVT_CORE_OS_FILE_H
#define TVT_CORE_OS_FILE_H

#include <stdio.h>

#include "core/base/error.h"

struct tvt_file {
    struct tvt_span bytes;                 /* contents; a NUL follows them in memory */
    const struct tvt_allocator *allocator;
    uint8_t *memory;
    size_t size;
};

/* Reads the file at `path`, at most `limit` bytes. `message` (static) says what it is, in errors ("trust store").
 * FILE_UNREADABLE (errno in `native`, the path in `detail`), FILE_TOO_LONG, NO_MEMORY. Regular files, and pipes. */
TVT_MUST_USE enum tvt_result tvt_file_read(struct tvt_file *out, const char *path, size_t limit, const char *message,
                                           const struct tvt_allocator *allocator, struct tvt_error *error);
void tvt_file_free(struct tvt_file *file); /* wipes (it may be a key); a zeroed struct is allowed */

/* fopen(3), closed in programs that are executed. NULL: errno. */
FILE *tvt_file_stream(const char *path, const char *mode);

#endif
