/* SPDX-License-Identifier: MIT
 *
 * A public suffix list from its text (publicsuffix.org), sorted once; a look-up is a few binary searches.
 */
#include "core/x509/public_suffix.h"

#include "core/base/memory.h"
#include "core/x509/name.h"
#include "core/x509/punycode.h"

#include <stdio.h>
#include <string.h>

#define NAME "public suffix list"

/* ---- the text ---- */

/* A line after the other, and what stands in a section that is not wanted passed over. */
struct reading {
    struct tvt_span left;
    size_t line; /* of `rule`, from 1 */
    bool want_private, passing;
    struct tvt_span rule; /* the name in A-labels, in `room` */
    uint8_t room[TVT_DNS_NAME_MAX];
    enum tvt_suffix_kind kind;
};

static uint8_t
to_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool
begins(struct tvt_span text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.data, with, len) == 0;
}

static struct tvt_span
behind(struct tvt_span text, size_t len)
{
    return tvt_span(text.data + len, text.len - len);
}

static struct tvt_span
next_line(struct reading *r)
{
    const uint8_t *end = memchr(r->left.data, '\n', r->left.len);
    struct tvt_span line = tvt_span(r->left.data, end != NULL ? (size_t)(end - r->left.data) : r->left.len);
    r->left = behind(r->left, line.len + (end != NULL));
    r->line++;
    return line;
}

static bool
is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A rule ends at the first white space; what stands in front of it does no harm. */
static struct tvt_span
first_word(struct tvt_span line)
{
    size_t len = 0;
    while (line.len > 0 && is_space(line.data[0]))
        line = behind(line, 1);
    while (len < line.len && !is_space(line.data[len]))
        len++;
    return tvt_span(line.data, len);
}

/* What is to be matched has A-labels. NULL, or what is wrong. */
static const char *
to_a_labels(struct reading *r, struct tvt_span rule)
{
    struct tvt_writer w;
    tvt_writer_init(&w, r->room, sizeof r->room);
    for (;;) {
        const uint8_t *dot = memchr(rule.data, '.', rule.len);
        struct tvt_span label = tvt_span(rule.data, dot != NULL ? (size_t)(dot - rule.data) : rule.len);
        enum tvt_punycode_result result = tvt_punycode_write(&w, label);
        if (result != TVT_PUNYCODE_OK)
            return result == TVT_PUNYCODE_NOT_UTF8 ? "not UTF-8: " : "a label is longer than 63 bytes: ";
        if (dot == NULL)
            break;
        tvt_write_u8(&w, '.');
        rule = behind(rule, label.len + 1);
    }
    r->rule = tvt_span(r->room, tvt_writer_len(&w));
    return w.overflow ? "longer than 253 bytes: " : NULL;
}

/* NULL, or what is wrong; empty: it is no rule. */
static const char *
take_rule(struct reading *r, struct tvt_span rule)
{
    const char *wrong;
    r->kind = TVT_SUFFIX_NAME;
    if (begins(rule, "!")) {
        r->kind = TVT_SUFFIX_EXCEPTION;
        rule = behind(rule, 1);
    } else if (begins(rule, "*.")) {
        r->kind = TVT_SUFFIX_WILDCARD;
        rule = behind(rule, 2);
    }
    if ((wrong = to_a_labels(r, rule)) != NULL)
        return wrong;
    /* an exception takes its first label away, and something has to be left */
    bool alone = r->kind == TVT_SUFFIX_EXCEPTION && memchr(rule.data, '.', rule.len) == NULL;
    return tvt_dns_valid(r->rule, false) && !alone ? NULL : "";
}

/* The next rule. TVT_CLOSED: there is none. */
static enum tvt_result
next_rule(struct reading *r, struct tvt_error *error)
{
    while (r->left.len > 0) {
        struct tvt_span line = next_line(r), rule;
        if (begins(line, "// ===BEGIN PRIVATE DOMAINS==="))
            r->passing = !r->want_private;
        else if (begins(line, "// ===END PRIVATE DOMAINS===") || begins(line, "// ===BEGIN ICANN DOMAINS==="))
            r->passing = false;
        rule = first_word(line);
        if (r->passing || rule.len == 0 || begins(rule, "//") || tvt_span_is(rule, "*"))
            continue; /* "*" holds without being said */
        const char *wrong = take_rule(r, rule);
        if (wrong != NULL) {
            char text[48];
            return tvt_fail_detail(error, TVT_E_SUFFIXES_MALFORMED, NAME, "rule", "line %zu: %s%s", r->line, wrong,
                                   tvt_printable(text, sizeof text, rule));
        }
        return TVT_OK;
    }
    return TVT_CLOSED;
}

static struct reading
reading_of(struct tvt_span text, bool want_private)
{
    struct reading r = {.left = text, .want_private = want_private};
    if (begins(text, "\xef\xbb\xbf"))
        r.left = behind(text, 3);
    return r;
}

/* ---- the array ---- */

static int
compare_names(struct tvt_span a, struct tvt_span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < len; i++)
        if (to_lower(a.data[i]) != to_lower(b.data[i]))
            return to_lower(a.data[i]) < to_lower(b.data[i]) ? -1 : 1;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static int
compare(const struct tvt_public_suffixes *list, const struct tvt_suffix_rule *rule, struct tvt_span name, unsigned kind)
{
    int order = compare_names(tvt_span(list->text + rule->at, rule->len), name);
    return order != 0 ? order : (int)rule->kind - (int)kind;
}

static bool
is_before(const struct tvt_public_suffixes *list, size_t a, size_t b)
{
    const struct tvt_suffix_rule *other = &list->rule[b];
    return compare(list, &list->rule[a], tvt_span(list->text + other->at, other->len), other->kind) < 0;
}

static void
swap(struct tvt_public_suffixes *list, size_t a, size_t b)
{
    struct tvt_suffix_rule kept = list->rule[a];
    list->rule[a] = list->rule[b];
    list->rule[b] = kept;
}

static void
sift(struct tvt_public_suffixes *list, size_t at, size_t num)
{
    for (size_t child; (child = 2 * at + 1) < num; at = child) {
        if (child + 1 < num && is_before(list, child, child + 1))
            child++;
        if (!is_before(list, at, child))
            return;
        swap(list, at, child);
    }
}

/* Heapsort: without memory of its own, bounded whatever the order is that the rules come in. */
static void
sort(struct tvt_public_suffixes *list)
{
    for (size_t i = list->num / 2; i-- > 0;)
        sift(list, i, list->num);
    for (size_t end = list->num; end-- > 1;) {
        swap(list, 0, end);
        sift(list, 0, end);
    }
}

static bool
has_rule(const struct tvt_public_suffixes *list, struct tvt_span name, enum tvt_suffix_kind kind)
{
    size_t low = 0, high = list->num;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(list, &list->rule[middle], name, kind);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* What stands behind the first label; empty when there is one alone. */
static struct tvt_span
parent_of(struct tvt_span name)
{
    const uint8_t *dot = memchr(name.data, '.', name.len);
    return dot == NULL ? tvt_span(NULL, 0) : behind(name, (size_t)(dot + 1 - name.data));
}

bool
tvt_public_suffixes_find(const struct tvt_public_suffixes *suffixes, char *rule, struct tvt_span name)
{
    struct tvt_span parent = parent_of(name), shown = name;
    const char *front = "";
    for (struct tvt_span at = name; at.len > 0; at = parent_of(at))
        if (has_rule(suffixes, at, TVT_SUFFIX_EXCEPTION))
            return false; /* the suffix is what the exception has behind its first label: less than `name` */
    if (!has_rule(suffixes, name, TVT_SUFFIX_NAME)) {
        bool below = parent.len > 0 && has_rule(suffixes, parent, TVT_SUFFIX_WILDCARD);
        if (!below && parent.len > 0)
            return false; /* whatever fits has fewer labels */
        front = below ? "*." : "*";
        shown = parent;
    }
    if (rule != NULL)
        (void)snprintf(rule, TVT_SUFFIX_TEXT_MAX, "%s%.*s", front, (int)shown.len,
                       shown.len > 0 ? (const char *)shown.data : "");
    return true;
}

/* ---- the object ---- */

/* How many rules, and how many bytes their names have. */
static enum tvt_result
measure(struct reading r, size_t *num, size_t *bytes, struct tvt_error *error)
{
    enum tvt_result result;
    while ((result = next_rule(&r, error)) == TVT_OK) {
        if (++*num > TVT_SUFFIX_RULES_MAX)
            return tvt_fail_values(error, TVT_E_SUFFIXES_MALFORMED, NAME, "rules", TVT_SUFFIX_RULES_MAX, *num);
        *bytes += r.rule.len;
    }
    if (result == TVT_FAIL)
        return TVT_FAIL;
    if (*num == 0)
        return tvt_fail_detail(error, TVT_E_SUFFIXES_MALFORMED, NAME, "rules", "there is none");
    return TVT_OK;
}

static void
fill(struct tvt_public_suffixes *list, struct reading r)
{
    uint8_t *text = (uint8_t *)&list->rule[list->num];
    uint32_t at = 0;
    list->text = text;
    for (size_t i = 0; i < list->num && next_rule(&r, NULL) == TVT_OK; i++) {
        list->rule[i] = (struct tvt_suffix_rule){at, (uint8_t)r.rule.len, (uint8_t)r.kind};
        for (size_t k = 0; k < r.rule.len; k++)
            text[at++] = to_lower(r.rule.data[k]);
    }
    sort(list);
}

enum tvt_result
tvt_public_suffixes_new(struct tvt_public_suffixes **out, struct tvt_span text, bool want_private,
                        const struct tvt_allocator *allocator, struct tvt_error *error)
{
    struct reading r = reading_of(text, want_private);
    size_t num = 0, bytes = 0;
    *out = NULL;
    if (text.len > TVT_SUFFIX_FILE_MAX)
        return tvt_fail_values(error, TVT_E_FILE_TOO_LONG, NAME, "length", TVT_SUFFIX_FILE_MAX, text.len);
    if (measure(r, &num, &bytes, error) != TVT_OK)
        return TVT_FAIL;
    size_t size = sizeof(struct tvt_public_suffixes) + num * sizeof(struct tvt_suffix_rule) + bytes;
    struct tvt_public_suffixes *list = tvt_alloc(allocator, size);
    if (list == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, NAME, NULL);
    if (allocator != NULL)
        list->allocator = *allocator;
    atomic_init(&list->refs, 1);
    list->size = size;
    list->num = num;
    fill(list, r);
    *out = list;
    return TVT_OK;
}

struct tvt_public_suffixes *
tvt_public_suffixes_ref(struct tvt_public_suffixes *suffixes)
{
    if (suffixes != NULL)
        (void)atomic_fetch_add_explicit(&suffixes->refs, 1, memory_order_relaxed);
    return suffixes;
}

void
tvt_public_suffixes_unref(struct tvt_public_suffixes *suffixes)
{
    if (suffixes == NULL || atomic_fetch_sub_explicit(&suffixes->refs, 1, memory_order_acq_rel) != 1)
        return;
    struct tvt_allocator allocator = suffixes->allocator;
    tvt_release(allocator.alloc != NULL ? &allocator : NULL, suffixes, suffixes->size);
}
