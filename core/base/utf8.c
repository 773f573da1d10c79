/* SPDX-License-Identifier: MIT
 *
 * Decoding of UTF-8.
 */
#include "core/base/utf8.h"

bool
tvt_utf8_next(struct tvt_span *text, uint32_t *out)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    uint8_t first = text->data[0];
    size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t value = more == 0 ? first : first & (0x3fu >> more);
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || text->len <= more)
        return false;
    for (size_t i = 1; i <= more; i++) {
        if ((text->data[i] & 0xc0) != 0x80)
            return false;
        value = value << 6 | (text->data[i] & 0x3fu);
    }
    if (value < least[more] || !tvt_is_character(value))
        return false;
    text->data += more + 1;
    text->len -= more + 1;
    *out = value;
    return true;
}

bool
tvt_is_ascii(struct tvt_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}
