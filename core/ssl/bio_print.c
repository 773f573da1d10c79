/* SPDX-License-Identifier: MIT
 *
 * Formatted text into a BIO.
 */
#include "core/base/memory.h"
#include "core/ssl/bio.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#define SHORT_TEXT 2048u /* bytes that need no allocation */

int
BIO_vprintf(BIO *bio, const char *format, va_list args)
{
    char text[SHORT_TEXT];
    va_list again;
    if (format == NULL)
        return -1;
    va_copy(again, args);
    int len = vsnprintf(text, sizeof text, format, args), r = -1;
    if (len >= 0 && (size_t)len < sizeof text) {
        r = BIO_write(bio, text, len);
    } else if (len >= 0 && (unsigned)len <= TVT_LIMIT_BIO_TEXT) {
        size_t size = (size_t)len + 1;
        char *more = tvt_alloc(NULL, size);
        if (more != NULL && vsnprintf(more, size, format, again) == len)
            r = BIO_write(bio, more, len);
        tvt_release_wiped(NULL, more, size);
    }
    va_end(again);
    return r;
}

int
BIO_printf(BIO *bio, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int r = BIO_vprintf(bio, format, args);
    va_end(args);
    return r;
}
