/* SPDX-License-Identifier: MIT
 *
 * Name constraints: subtrees of DNS names, addresses, directory names, mailboxes and URIs. What cannot be compared
 * is refused. docs/x509.md has the rules (N5 to N8) that the comments name.
 */
#include "core/x509/name_constraints.h"

#include <stdio.h>
#include <string.h>

struct constraints {
    struct tvt_span permitted, excluded; /* contents of GeneralSubtrees; empty: none */
};

/* Bytes of a name and a base that one comparison may look at for one step of the budget; character by character where they are
 * distinguished names. */
#define BYTES_PER_STEP           16u
#define DIRECTORY_BYTES_PER_STEP 4u

enum match { MATCH_NO, MATCH_YES, MATCH_IMPOSSIBLE /* the name cannot be compared */ };

static uint8_t
to_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
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

/* `name` is `base`, or ends in "." and `base`. */
static bool
dns_within(struct tvt_span name, struct tvt_span base)
{
    if (base.len == 0)
        return true;
    if (name.len < base.len || !equal_fold(tvt_span(name.data + name.len - base.len, base.len), base))
        return false;
    return name.len == base.len || name.data[name.len - base.len - 1] == '.';
}

/* Rule N7: a wildcard stands for every name with one label in front of the rest: within a permitted subtree when all of them
 * are, within an excluded one when any of them is. */
static enum match
match_dns(struct tvt_span name, struct tvt_span base, bool excluded)
{
    if (!tvt_dns_valid(name, true))
        return MATCH_IMPOSSIBLE;
    if (name.data[0] != '*')
        return dns_within(name, base) ? MATCH_YES : MATCH_NO;
    struct tvt_span rest = tvt_span(name.data + 2, name.len - 2);
    if (dns_within(rest, base))
        return MATCH_YES;
    const uint8_t *dot = base.len > 0 ? memchr(base.data, '.', base.len) : NULL;
    if (excluded && dot != NULL && equal_fold(rest, tvt_span(dot + 1, base.len - (size_t)(dot + 1 - base.data))))
        return MATCH_YES;
    return MATCH_NO;
}

/* An IPv4-mapped address (RFC 4291 2.5.5.2) leads to the host of the IPv4 one: what excludes this excludes that. */
static enum match
match_ip(struct tvt_span name, struct tvt_span base, bool excluded)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (excluded && base.len == 8 && name.len == 16 && memcmp(name.data, mapped, sizeof(mapped)) == 0)
        name = tvt_span(name.data + 12, 4);
    if (base.len != 2 * name.len)
        return MATCH_NO;
    for (size_t i = 0; i < name.len; i++)
        if (((name.data[i] ^ base.data[i]) & base.data[name.len + i]) != 0)
            return MATCH_NO;
    return MATCH_YES;
}

/* A host against "host" (itself alone) or ".domain" (every host below). */
static bool
host_within(struct tvt_span host, struct tvt_span base)
{
    if (base.len == 0)
        return true;
    if (base.data[0] != '.')
        return equal_fold(host, base);
    return host.len > base.len && equal_fold(tvt_span(host.data + host.len - base.len, base.len), base);
}

/* The part behind the last '@'; false when there is none, or nothing on a side of it. */
static bool
split_mailbox(struct tvt_span mailbox, struct tvt_span *local, struct tvt_span *host)
{
    size_t at = mailbox.len;
    while (at > 0 && mailbox.data[at - 1] != '@')
        at--;
    if (at < 2 || at == mailbox.len)
        return false;
    *local = tvt_span(mailbox.data, at - 1);
    *host = tvt_span(mailbox.data + at, mailbox.len - at);
    return true;
}

static enum match
match_email(struct tvt_span name, struct tvt_span base)
{
    struct tvt_span local, host, base_local, base_host;
    if (!split_mailbox(name, &local, &host) || !tvt_dns_valid(host, false))
        return MATCH_IMPOSSIBLE;
    if (split_mailbox(base, &base_local, &base_host))
        return tvt_span_equal(local, base_local) && equal_fold(host, base_host) ? MATCH_YES : MATCH_NO;
    return host_within(host, base) ? MATCH_YES : MATCH_NO;
}

static bool
is_letter(uint8_t c)
{
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The length of scheme "://" (RFC 3986 3.1); 0: something else, of which "://" may be a part farther on. */
static size_t
uri_prefix(struct tvt_span uri)
{
    size_t at = 0;
    while (at < uri.len && (is_letter(uri.data[at]) || (at > 0 && (is_digit(uri.data[at]) || uri.data[at] == '+' ||
                                                                   uri.data[at] == '-' || uri.data[at] == '.'))))
        at++;
    return at > 0 && at + 3 <= uri.len && memcmp(uri.data + at, "://", 3) == 0 ? at + 3 : 0;
}

/* What stands before ":" port, where that is there; false when the port is no number (RFC 3986 3.2.3). */
static bool
without_port(struct tvt_span *host)
{
    const uint8_t *colon = host->len > 0 ? memchr(host->data, ':', host->len) : NULL;
    size_t len = colon != NULL ? (size_t)(colon - host->data) : host->len;
    for (size_t i = len + 1; i < host->len; i++)
        if (!is_digit(host->data[i]))
            return false;
    host->len = len;
    return true;
}

/* The host of scheme "://" [userinfo "@"] host [":" port] (RFC 3986 3.2); false when there is no host name. */
static bool
uri_host(struct tvt_span uri, struct tvt_span *host)
{
    size_t from = uri_prefix(uri), to = from;
    if (from == 0)
        return false;
    while (to < uri.len && uri.data[to] != '/' && uri.data[to] != '?' && uri.data[to] != '#') {
        /* no URI has these (RFC 3986 2); some readers end the host at a backslash */
        if (uri.data[to] <= 0x20 || uri.data[to] >= 0x7f || uri.data[to] == '\\')
            return false;
        to++;
    }
    for (size_t i = to; i > from; i--) {
        if (uri.data[i - 1] == '@') {
            from = i;
            break;
        }
    }
    *host = tvt_span(uri.data + from, to - from);
    struct tvt_host parsed;
    if (!without_port(host) || !tvt_host_parse_span(&parsed, *host) || parsed.is_ip)
        return false;
    *host = parsed.dns; /* "evil.example." is evil.example */
    return true;
}

static enum match
match_uri(struct tvt_span name, struct tvt_span base)
{
    struct tvt_span host;
    if (!uri_host(name, &host))
        return MATCH_IMPOSSIBLE;
    return host_within(host, base) ? MATCH_YES : MATCH_NO;
}

static enum match
match_directory(struct tvt_span name, struct tvt_span base, bool excluded)
{
    struct tvt_reader r;
    tvt_reader_init(&r, name);
    (void)tvt_name_read(&r, true, "directoryName");
    if (!tvt_reader_done(&r, "directoryName"))
        return MATCH_IMPOSSIBLE;
    if (tvt_name_within(name, base))
        return MATCH_YES;
    return excluded && tvt_name_may_be_within(name, base) ? MATCH_IMPOSSIBLE : MATCH_NO;
}

static enum match
match_name(uint8_t tag, struct tvt_span name, struct tvt_span base, bool excluded)
{
    switch (tag) {
    case TVT_GN_DNS:
        return match_dns(name, base, excluded);
    case TVT_GN_IP:
        return match_ip(name, base, excluded);
    case TVT_GN_DIRECTORY:
        return match_directory(name, base, excluded);
    case TVT_GN_EMAIL:
        return match_email(name, base);
    case TVT_GN_URI:
        return match_uri(name, base);
    default:
        return MATCH_IMPOSSIBLE;
    }
}

/* An address and a mask of ones followed by zeros, as CIDR has it (RFC 4632). */
static bool
mask_valid(struct tvt_span base)
{
    bool ended = false;
    if (base.len != 8 && base.len != 32)
        return false;
    for (size_t i = base.len / 2; i < base.len; i++) {
        for (unsigned bit = 0x80; bit != 0; bit >>= 1) {
            bool set = (base.data[i] & bit) != 0;
            if (set && ended)
                return false;
            ended = ended || !set;
        }
    }
    return true;
}

static bool
base_valid(uint8_t tag, struct tvt_span base)
{
    struct tvt_reader r;
    struct tvt_span local, host;
    switch (tag) {
    case TVT_GN_DNS:
        return base.len == 0 || tvt_dns_valid(base, false);
    case TVT_GN_IP:
        return mask_valid(base);
    case TVT_GN_DIRECTORY:
        tvt_reader_init(&r, base);
        (void)tvt_name_read(&r, true, "directoryName");
        return tvt_reader_done(&r, "directoryName");
    case TVT_GN_EMAIL:
        if (split_mailbox(base, &local, &host))
            return tvt_dns_valid(host, false);
        /* fall through */
    case TVT_GN_URI:
        if (base.len > 0 && base.data[0] == '.')
            base = tvt_span(base.data + 1, base.len - 1);
        return base.len == 0 || tvt_dns_valid(base, false);
    case TVT_GN_OTHER: /* kinds that are compared with nothing: met names of them are refused */
    case TVT_GN_X400:
    case TVT_GN_EDI:
    case TVT_GN_REGISTERED_ID:
        return true;
    default:
        return false; /* no GeneralName: it would constrain nothing */
    }
}

/* The next GeneralSubtree: minimum and maximum must be absent (RFC 5280 4.2.1.10). */
static bool
next_subtree(struct tvt_reader *list, uint8_t *tag, struct tvt_span *base)
{
    struct tvt_reader in;
    if (tvt_reader_left(list) == 0)
        return false;
    tvt_der_enter(list, &in, TVT_DER_SEQUENCE, "nameConstraints");
    *base = tvt_der_read_any(&in, tag, "nameConstraints");
    tvt_der_leave(list, &in, "nameConstraints");
    return list->bad == NULL;
}

/* Takes the price of looking at so many bytes; false when the budget does not have it. */
static bool
spend(uint32_t *steps, size_t bytes)
{
    size_t price = 1 + bytes / BYTES_PER_STEP;
    bool enough = *steps >= price;
    *steps = enough ? *steps - (uint32_t)price : 0;
    return enough;
}

static bool
subtrees_valid(struct tvt_span list, uint32_t *steps)
{
    struct tvt_reader r;
    struct tvt_span base;
    uint8_t tag;
    tvt_reader_init(&r, list);
    while (next_subtree(&r, &tag, &base) && spend(steps, base.len))
        if (!base_valid(tag, base))
            return false;
    return r.bad == NULL;
}

/* Rule N8. */
static bool
read_constraints(struct constraints *out, struct tvt_span extension, uint32_t *steps)
{
    struct tvt_reader r, in;
    bool permitted, excluded;
    tvt_reader_init(&r, extension);
    tvt_der_enter(&r, &in, TVT_DER_SEQUENCE, "nameConstraints");
    permitted = tvt_der_read_optional(&in, &out->permitted, TVT_DER_CONTEXT_CONSTRUCTED(0), "permittedSubtrees");
    excluded = tvt_der_read_optional(&in, &out->excluded, TVT_DER_CONTEXT_CONSTRUCTED(1), "excludedSubtrees");
    tvt_der_leave(&r, &in, "nameConstraints");
    return tvt_reader_done(&r, "nameConstraints") && (permitted || excluded) &&
           (!permitted || out->permitted.len > 0) && (!excluded || out->excluded.len > 0) &&
           subtrees_valid(out->permitted, steps) && subtrees_valid(out->excluded, steps);
}

bool
tvt_name_constraints_valid(struct tvt_span constraints)
{
    struct constraints c = {.permitted = {NULL, 0}};
    uint32_t steps = TVT_CONSTRAINT_STEPS_MAX;
    return read_constraints(&c, constraints, &steps) && steps > 0;
}

/* A base in words; an address has its mask behind, which is a prefix (base_valid). */
static void
base_text(char *out, size_t cap, uint8_t tag, struct tvt_span base)
{
    unsigned bits = 0;
    if (tag != TVT_GN_IP) {
        (void)tvt_general_name_text(out, cap, tag, base);
        return;
    }
    for (size_t i = base.len / 2; i < base.len; i++)
        for (unsigned mask = base.data[i]; mask != 0; mask = (mask << 1) & 0xff)
            bits++;
    (void)tvt_general_name_text(out, cap, tag, tvt_span(base.data, base.len / 2));
    size_t at = strlen(out);
    (void)snprintf(out + at, cap - at, "/%u", bits);
}

const char *
tvt_name_constraints_text(char *out, size_t cap, struct tvt_span constraints, bool excluded, uint8_t tag)
{
    struct constraints c = {.permitted = {NULL, 0}};
    struct tvt_reader r;
    struct tvt_span base;
    uint32_t steps = TVT_CONSTRAINT_STEPS_MAX;
    uint8_t base_tag;
    size_t at = 0;
    out[0] = '\0';
    if (!read_constraints(&c, constraints, &steps))
        return out;
    tvt_reader_init(&r, excluded ? c.excluded : c.permitted);
    while (next_subtree(&r, &base_tag, &base)) {
        char one[272];
        if (base_tag != tag)
            continue;
        base_text(one, sizeof(one), tag, base);
        int n = snprintf(out + at, cap - at, "%s%s", at > 0 ? ", " : "", one);
        if (n < 0 || (size_t)n >= cap - at) {
            if (cap >= sizeof "...")
                memcpy(out + cap - sizeof "...", "...", sizeof "...");
            break;
        }
        at += (size_t)n;
    }
    return out;
}

/* Rule N6: one name against one list: whether the list has its kind, and whether any base matches. */
static enum tvt_constraints_result
compare(struct tvt_span list, bool is_excluded, uint8_t tag, struct tvt_span name, uint32_t *steps)
{
    struct tvt_reader r;
    struct tvt_span base;
    uint8_t base_tag;
    bool constrained = false;
    tvt_reader_init(&r, list);
    while (next_subtree(&r, &base_tag, &base)) {
        size_t bytes = base_tag == tag ? name.len + base.len : 0;
        if (!spend(steps, tag == TVT_GN_DIRECTORY ? bytes * (BYTES_PER_STEP / DIRECTORY_BYTES_PER_STEP) : bytes))
            return TVT_CONSTRAINTS_BUDGET;
        if (base_tag != tag)
            continue;
        constrained = true;
        switch (match_name(tag, name, base, is_excluded)) {
        case MATCH_YES:
            return is_excluded ? TVT_CONSTRAINTS_EXCLUDED : TVT_CONSTRAINTS_MET;
        case MATCH_IMPOSSIBLE:
            return TVT_CONSTRAINTS_UNSUPPORTED;
        case MATCH_NO:
            break;
        }
    }
    return constrained && !is_excluded ? TVT_CONSTRAINTS_NOT_PERMITTED : TVT_CONSTRAINTS_MET;
}

static enum tvt_constraints_result
check_name(const struct constraints *c, uint8_t tag, struct tvt_span name, uint32_t *steps)
{
    enum tvt_constraints_result result = compare(c->excluded, true, tag, name, steps);
    return result == TVT_CONSTRAINTS_MET ? compare(c->permitted, false, tag, name, steps) : result;
}

/* Mailboxes in the subject count as rfc822Names (RFC 5280 4.2.1.10). */
static enum tvt_constraints_result
check_subject_mailboxes(const struct constraints *c, const struct tvt_certificate *certificate, uint32_t *steps,
                        struct tvt_span *name)
{
    static const uint8_t email[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01};
    struct tvt_reader r, names, set, attribute;
    enum tvt_constraints_result result = TVT_CONSTRAINTS_MET;
    if (!spend(steps, certificate->subject.len))
        return TVT_CONSTRAINTS_BUDGET;
    tvt_reader_init(&r, certificate->subject);
    tvt_der_enter(&r, &names, TVT_DER_SEQUENCE, "subject");
    while (tvt_reader_left(&names) > 0 && result == TVT_CONSTRAINTS_MET) {
        tvt_der_enter(&names, &set, TVT_DER_SET, "subject");
        while (tvt_reader_left(&set) > 0 && result == TVT_CONSTRAINTS_MET) {
            uint8_t tag;
            tvt_der_enter(&set, &attribute, TVT_DER_SEQUENCE, "subject");
            struct tvt_span oid = tvt_der_read_oid(&attribute, "subject");
            *name = tvt_der_read_any(&attribute, &tag, "subject");
            if (attribute.bad != NULL)
                return TVT_CONSTRAINTS_UNSUPPORTED;
            if (tvt_span_equal(oid, tvt_span(email, sizeof(email))))
                result = check_name(c, TVT_GN_EMAIL, *name, steps);
        }
    }
    return result;
}

enum tvt_constraints_result
tvt_name_constraints_check(struct tvt_span constraints, const struct tvt_certificate *certificate, uint32_t *steps,
                           uint8_t *tag, struct tvt_span *name)
{
    struct constraints c;
    struct tvt_reader r, names;
    struct tvt_span first;
    enum tvt_constraints_result result;
    *tag = TVT_GN_DIRECTORY;
    *name = certificate->subject;
    if (!read_constraints(&c, constraints, steps))
        return TVT_CONSTRAINTS_MALFORMED;
    /* The empty subject is no name; its two bytes are a SEQUENCE of nothing. */
    if (certificate->subject.len > 2) {
        result = check_name(&c, TVT_GN_DIRECTORY, certificate->subject, steps);
        if (result != TVT_CONSTRAINTS_MET)
            return result;
        *tag = TVT_GN_EMAIL;
        result = check_subject_mailboxes(&c, certificate, steps, name);
        if (result != TVT_CONSTRAINTS_MET)
            return result;
    }
    first = tvt_certificate_extension(certificate, TVT_CEXT_SUBJECT_ALT_NAME);
    if (first.len == 0)
        return TVT_CONSTRAINTS_MET;
    tvt_reader_init(&r, first);
    tvt_der_enter(&r, &names, TVT_DER_SEQUENCE, "subjectAltName");
    while (tvt_general_name_next(&names, tag, name)) {
        result = check_name(&c, *tag, *name, steps);
        if (result != TVT_CONSTRAINTS_MET)
            return result;
    }
    return names.bad == NULL ? TVT_CONSTRAINTS_MET : TVT_CONSTRAINTS_UNSUPPORTED;
}
