/* SPDX-License-Identifier: MIT
 *
 * Walking lists that stay in wire form. Decoders have checked their grammar; the walkers still stop at a list's end
 * whatever its bytes say.
 */
#include "core/message/message.h"

bool
tvt_list16_has(struct tvt_span list, uint16_t v)
{
    for (size_t i = 0; i < tvt_list16_num(list); i++) {
        if (tvt_list16_at(list, i) == v)
            return true;
    }
    return false;
}

bool
tvt_list8_has(struct tvt_span list, uint8_t v)
{
    for (size_t i = 0; i < list.len; i++) {
        if (list.data[i] == v)
            return true;
    }
    return false;
}

/* Takes a vector whose length field has `width` bytes and stands `skip` bytes into the list. */
static bool
next_vector(struct tvt_span *list, size_t skip, size_t width, struct tvt_span *entry)
{
    size_t head = skip + width, len;

    if (list->len < head)
        return false;
    len = width == 1 ? list->data[skip] : tvt_load_u16(list->data + skip);
    if (list->len - head < len)
        return false;
    *entry = tvt_span(list->data + head, len);
    *list = tvt_span(list->data + head + len, list->len - head - len);
    return true;
}

bool
tvt_list_next_vec8(struct tvt_span *list, struct tvt_span *entry)
{
    return next_vector(list, 0, 1, entry);
}

bool
tvt_list_next_vec16(struct tvt_span *list, struct tvt_span *entry)
{
    return next_vector(list, 0, 2, entry);
}

bool
tvt_list_next_share(struct tvt_span *list, uint16_t *group, struct tvt_span *key_exchange)
{
    const uint8_t *entry = list->data;

    if (!next_vector(list, 2, 2, key_exchange))
        return false;
    *group = tvt_load_u16(entry);
    return true;
}

bool
tvt_extension_find(struct tvt_span raw, uint16_t code, struct tvt_span *data)
{
    const uint8_t *entry = raw.data;
    struct tvt_span found;

    while (next_vector(&raw, 2, 2, &found)) {
        if (tvt_load_u16(entry) == code) {
            *data = found;
            return true;
        }
        entry = raw.data;
    }
    return false;
}
