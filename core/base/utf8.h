/* SPDX-License-Identifier: MIT
 *
 * Characters of UTF-8 text (RFC 3629).
 */
#ifndef TVT_CORE_BASE_UTF8_H
#define TVT_CORE_BASE_UTF8_H

#include <trivet/base.h>

#define TVT_UNICODE_MAX 0x10ffffu /* the last character that there can be */

/* Whether Unicode has, or may have, a character of this number: none above the last, and no surrogates. */
static inline bool
tvt_is_character(uint32_t c)
{
    return c <= TVT_UNICODE_MAX && (c < 0xd800 || c > 0xdfff);
}

/* Takes the first character of `text`, which is not empty, off its front. False, and nothing taken: it is none of RFC 3629 4
 * (overlong, a surrogate, above U+10FFFF, cut). */
TVT_MUST_USE bool tvt_utf8_next(struct tvt_span *text, uint32_t *out);

/* True when every byte is one of ASCII. */
TVT_MUST_USE bool tvt_is_ascii(struct tvt_span text);

#endif
