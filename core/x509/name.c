/* SPDX-License-Identifier: MIT
 *
 * Host names and addresses: taking a reference identity apart, and matching a certificate with it (RFC 9525 6).
 */
#include "core/x509/name.h"

#include "core/x509/limits.h"
#include "core/x509/public_suffix.h"

#include <string.h>

static uint8_t
to_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Letters, digits, hyphens inside; the underscore, which host names in use have. */
static bool
label_char(uint8_t c)
{
    c = to_lower(c);
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

/* Rule N2. */
bool
tvt_dns_valid(struct tvt_span name, bool wildcard)
{
    size_t label = 0;
    if (wildcard && name.len > 2 && name.data[0] == '*' && name.data[1] == '.') {
        name.data += 2;
        name.len -= 2;
    }
    if (name.len == 0 || name.len > TVT_DNS_NAME_MAX)
        return false;
    for (size_t i = 0; i <= name.len; i++) {
        if (i == name.len || name.data[i] == '.') {
            if (label == 0 || label > TVT_DNS_LABEL_MAX || name.data[i - 1] == '-' || name.data[i - label] == '-')
                return false;
            label = 0;
        } else if (!label_char(name.data[i])) {
            return false;
        } else {
            label++;
        }
    }
    return true;
}

static bool
equal_fold(struct tvt_span a, struct tvt_span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (to_lower(a.data[i]) != to_lower(b.data[i]))
            return false;
    return true;
}

/* What stands behind the first dot; empty when there is none. */
static struct tvt_span
behind_first_label(struct tvt_span name)
{
    const uint8_t *dot = name.len > 0 ? memchr(name.data, '.', name.len) : NULL;
    if (dot == NULL)
        return tvt_span(NULL, 0);
    return tvt_span(dot + 1, name.len - (size_t)(dot + 1 - name.data));
}

bool
tvt_dns_matches(struct tvt_span presented, struct tvt_span reference)
{
    struct tvt_span rest;
    if (!tvt_dns_valid(presented, true) || !tvt_dns_valid(reference, false))
        return false;
    if (presented.data[0] != '*')
        return equal_fold(presented, reference);
    /* Rule N3, RFC 9525 6.3: the wildcard is one whole label. A name directly under a top-level domain is too wide. */
    presented = tvt_span(presented.data + 2, presented.len - 2);
    rest = behind_first_label(reference);
    return memchr(presented.data, '.', presented.len) != NULL && rest.len > 0 && equal_fold(presented, rest);
}

static bool
parse_ipv4(uint8_t out[4], struct tvt_span text)
{
    size_t at = 0;
    for (size_t part = 0; part < 4; part++) {
        unsigned value = 0;
        size_t from = at;
        while (at < text.len && is_digit(text.data[at]) && at - from < 3)
            value = value * 10 + (text.data[at++] - (unsigned)'0');
        if (at == from || value > 255 || (at - from > 1 && text.data[from] == '0'))
            return false;
        out[part] = (uint8_t)value;
        if (part < 3 && (at >= text.len || text.data[at++] != '.'))
            return false;
    }
    return at == text.len;
}

static int
hex_value(uint8_t c)
{
    c = to_lower(c);
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 4291 2.2, all three forms. */
static bool
parse_ipv6(uint8_t out[16], struct tvt_span text)
{
    uint8_t bytes[16] = {0};
    size_t used = 0, at = 0, gap = SIZE_MAX;
    if (text.len >= 2 && text.data[0] == ':' && text.data[1] == ':') {
        gap = 0;
        at = 2;
    }
    while (at < text.len) {
        unsigned value = 0;
        size_t from = at;
        if (used > 14)
            return false;
        while (at < text.len && at - from < 4 && hex_value(text.data[at]) >= 0)
            value = value << 4 | (unsigned)hex_value(text.data[at++]);
        if (at < text.len && text.data[at] == '.') {
            if (used > 12 || !parse_ipv4(bytes + used, tvt_span(text.data + from, text.len - from)))
                return false;
            used += 4;
            at = text.len;
            break;
        }
        if (at == from)
            return false;
        bytes[used++] = (uint8_t)(value >> 8);
        bytes[used++] = (uint8_t)value;
        if (at == text.len)
            break;
        if (text.data[at++] != ':' || at == text.len)
            return false;
        if (text.data[at] == ':') {
            if (gap != SIZE_MAX)
                return false;
            gap = used;
            at++;
        }
    }
    if (gap == SIZE_MAX ? used != 16 : used > 14)
        return false;
    memset(out, 0, 16);
    if (gap == SIZE_MAX)
        gap = used;
    memcpy(out, bytes, gap);
    memcpy(out + 16 - (used - gap), bytes + gap, used - gap);
    return true;
}

/* RFC 3986 3.2.2 would take "1.2.3" for a name; nobody means one. */
static bool
last_label_is_number(struct tvt_span name)
{
    size_t at = name.len;
    while (at > 0 && is_digit(name.data[at - 1]))
        at--;
    return at < name.len && (at == 0 || name.data[at - 1] == '.');
}

bool
tvt_host_parse_span(struct tvt_host *out, struct tvt_span text)
{
    memset(out, 0, sizeof(*out));
    if (text.len > 2 && text.data[0] == '[' && text.data[text.len - 1] == ']') {
        text = tvt_span(text.data + 1, text.len - 2);
        out->is_ip = parse_ipv6(out->ip, text);
        out->ip_len = 16;
        return out->is_ip;
    }
    if (parse_ipv4(out->ip, text)) {
        out->is_ip = true;
        out->ip_len = 4;
        return true;
    }
    if (parse_ipv6(out->ip, text)) {
        out->is_ip = true;
        out->ip_len = 16;
        return true;
    }
    if (text.len > 1 && text.data[text.len - 1] == '.')
        text.len--;
    if (!tvt_dns_valid(text, false) || last_label_is_number(text))
        return false;
    out->dns = text;
    return true;
}

bool
tvt_host_parse(struct tvt_host *out, const char *text)
{
    return tvt_host_parse_span(out, tvt_span_string(text));
}

bool
tvt_general_name_next(struct tvt_reader *r, uint8_t *tag, struct tvt_span *value)
{
    if (tvt_reader_left(r) == 0)
        return false;
    *value = tvt_der_read_any(r, tag, "GeneralName");
    return r->bad == NULL;
}

/* Rule N9: a wildcard that every name directly under a public suffix would match. `name` is valid. */
static bool
is_too_wide(struct tvt_span name, const struct tvt_public_suffixes *suffixes)
{
    return suffixes != NULL && name.data[0] == '*' &&
           tvt_public_suffixes_find(suffixes, NULL, tvt_span(name.data + 2, name.len - 2));
}

/* Rules N1 and N4. */
static bool
matches(struct tvt_span *too_wide, const struct tvt_certificate *certificate, const struct tvt_host *host,
        const struct tvt_public_suffixes *suffixes, bool wildcards)
{
    struct tvt_reader r, names;
    struct tvt_span value;
    uint8_t tag;
    *too_wide = tvt_span(NULL, 0);
    tvt_reader_init(&r, tvt_certificate_extension(certificate, TVT_CEXT_SUBJECT_ALT_NAME));
    if (tvt_reader_left(&r) == 0)
        return false;
    tvt_der_enter(&r, &names, TVT_DER_SEQUENCE, "subjectAltName");
    while (tvt_general_name_next(&names, &tag, &value)) {
        if (host->is_ip) {
            if (tag == TVT_GN_IP && tvt_span_equal(value, tvt_span(host->ip, host->ip_len)))
                return true;
        } else if (tag == TVT_GN_DNS && tvt_dns_matches(value, host->dns) && (wildcards || value.data[0] != '*')) {
            if (!is_too_wide(value, suffixes))
                return true;
            *too_wide = value;
        }
    }
    return false;
}

bool
tvt_certificate_matches_host_under(struct tvt_span *too_wide, const struct tvt_certificate *certificate,
                                   const struct tvt_host *host, const struct tvt_public_suffixes *suffixes)
{
    return matches(too_wide, certificate, host, suffixes, true);
}

bool
tvt_certificate_matches_host(const struct tvt_certificate *certificate, const struct tvt_host *host, bool wildcards)
{
    struct tvt_span unused;
    return matches(&unused, certificate, host, NULL, wildcards);
}
