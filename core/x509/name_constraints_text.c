/* SPDX-License-Identifier: MIT
 *
 * Name constraints that a program writes as text, in DER (RFC 5280 4.2.1.10).
 */
#include "core/base/memory.h"
#include "core/x509/limits.h"
#include "core/x509/name_constraints.h"

#include <string.h>

#define NAME_MAX 252u /* so that a subtree has less than 256 octets */

/* GeneralSubtree with a base of this tag. */
static void
write_subtree(struct tvt_writer *w, uint8_t tag, const uint8_t *bytes, size_t len)
{
    size_t inner = len < 0x80 ? 2 : 3;
    tvt_write_u8(w, TVT_DER_SEQUENCE);
    if (inner + len >= 0x80)
        tvt_write_u8(w, 0x81);
    tvt_write_u8(w, (uint8_t)(inner + len));
    tvt_write_u8(w, tag);
    if (len >= 0x80)
        tvt_write_u8(w, 0x81);
    tvt_write_u8(w, (uint8_t)len);
    tvt_write_bytes(w, bytes, len);
}

/* The number behind the '/', at most `max`; false: it is none. */
static bool
read_prefix(const char *text, unsigned max, unsigned *out)
{
    size_t len = strlen(text);
    unsigned value = 0;
    if (len == 0 || len > 3 || (len > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *out = value;
    return value <= max;
}

/* "192.0.2.0/24": address and mask, where the bits behind the prefix are zero. */
static bool
write_range(struct tvt_writer *w, const struct tvt_host *host, const char *prefix)
{
    uint8_t both[32] = {0};
    unsigned bits;
    if (!host->is_ip || !read_prefix(prefix, host->ip_len * 8u, &bits))
        return false;
    for (unsigned i = 0; i < host->ip_len; i++) {
        unsigned left = bits > 8 * i ? bits - 8 * i : 0;
        uint8_t mask = (uint8_t)(left >= 8 ? 0xffu : 0xff00u >> left);
        if ((host->ip[i] & ~mask) != 0)
            return false;
        both[i] = host->ip[i];
        both[host->ip_len + i] = mask;
    }
    write_subtree(w, TVT_GN_IP, both, 2u * host->ip_len);
    return true;
}

static bool
write_one(struct tvt_writer *w, const char *from, size_t len)
{
    char text[NAME_MAX + 1];
    struct tvt_host host;
    while (len > 0 && from[0] == ' ') {
        from++;
        len--;
    }
    while (len > 0 && from[len - 1] == ' ')
        len--;
    if (len == 0 || len > NAME_MAX)
        return false;
    tvt_copy(text, from, len);
    text[len] = '\0';
    char *slash = strchr(text, '/');
    if (slash != NULL)
        *slash++ = '\0';
    if (!tvt_host_parse(&host, text))
        return false;
    if (slash != NULL)
        return write_range(w, &host, slash);
    if (host.is_ip)
        return write_range(w, &host, host.ip_len == 4 ? "32" : "128");
    write_subtree(w, TVT_GN_DNS, host.dns.data, host.dns.len);
    return true;
}

static bool
write_list(struct tvt_writer *w, uint8_t tag, const char *list)
{
    if (list == NULL)
        return true;
    tvt_write_u8(w, tag);
    tvt_write_u8(w, 0x82);
    uint8_t *length = tvt_write_reserve(w, 2);
    const uint8_t *from = w->p;
    for (;;) {
        size_t len = strcspn(list, ",");
        if (!write_one(w, list, len))
            return false;
        if (list[len] == '\0')
            break;
        list += len + 1;
    }
    if (w->overflow || length == NULL)
        return false;
    size_t len = (size_t)(w->p - from);
    if (len >= 0x100) {
        length[0] = (uint8_t)(len >> 8);
        length[1] = (uint8_t)len;
        return true;
    }
    /* a shorter length: its octets go away, and the contents move to the front */
    size_t saved = len >= 0x80 ? 1 : 2;
    length[-1] = len >= 0x80 ? 0x81 : (uint8_t)len;
    if (len >= 0x80)
        length[0] = (uint8_t)len;
    tvt_move(w->p - len - saved, from, len);
    w->p -= saved;
    return true;
}

bool
tvt_name_constraints_write(struct tvt_span *out, uint8_t *room, size_t cap, const char *permitted, const char *excluded)
{
    uint8_t inner[TVT_ANCHOR_CONSTRAINTS_MAX];
    struct tvt_writer w;
    *out = tvt_span(NULL, 0);
    if (permitted == NULL && excluded == NULL)
        return true;
    tvt_writer_init(&w, inner, cap < sizeof inner + 4 ? (cap > 4 ? cap - 4 : 0) : sizeof inner);
    if (!write_list(&w, TVT_DER_CONTEXT_CONSTRUCTED(0), permitted) ||
        !write_list(&w, TVT_DER_CONTEXT_CONSTRUCTED(1), excluded) || w.overflow)
        return false;
    size_t len = tvt_writer_len(&w);
    tvt_writer_init(&w, room, cap);
    tvt_write_u8(&w, TVT_DER_SEQUENCE);
    if (len >= 0x100) {
        tvt_write_u8(&w, 0x82);
        tvt_write_u8(&w, (uint8_t)(len >> 8));
    } else if (len >= 0x80) {
        tvt_write_u8(&w, 0x81);
    }
    tvt_write_u8(&w, (uint8_t)len);
    tvt_write_bytes(&w, inner, len);
    *out = tvt_span(room, tvt_writer_len(&w));
    return !w.overflow;
}
