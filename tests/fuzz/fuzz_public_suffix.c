/* SPDX-License-Identifier: MIT
 *
 * Public suffix lists and names that are looked up in them: the algorithm of publicsuffix.org, rule by rule, gives each answer,
 * too, and what a decoder makes of an A-label is the label that it was made of.
 */
#include "core/base/utf8.h"
#include "core/x509/name.h"
#include "core/x509/public_suffix.h"
#include "core/x509/punycode.h"
#include "tests/fuzz/fuzz.h"

enum { RULES = 48, NAMES = 48 }; /* of an input that are looked at */

/* ---- A-labels ---- */

static uint32_t
digit_of(uint8_t c)
{
    REQUIRE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
    return c >= 'a' ? c - (uint32_t)'a' : c - (uint32_t)'0' + 26;
}

/* RFC 3492 6.1 */
static uint64_t
adapt(uint64_t delta, size_t num, bool first)
{
    uint64_t k = 0;
    delta = first ? delta / 700 : delta / 2;
    for (delta += delta / num; delta > 455; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

/* RFC 3492 6.2, of the digits behind the last hyphen; out[*num] has the basic code points already. */
static void
decode_digits(uint32_t out[TVT_DNS_LABEL_MAX], size_t *num, struct tvt_span digits)
{
    uint64_t n = 0x80, i = 0, bias = 72;
    for (size_t at = 0; at < digits.len;) {
        uint64_t before = i, weight = 1;
        for (uint64_t k = 36;; k += 36) {
            uint64_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
            REQUIRE(at < digits.len);
            uint32_t digit = digit_of(digits.data[at++]);
            i += digit * weight;
            if (digit < t)
                break;
            weight *= 36 - t;
        }
        REQUIRE(*num < TVT_DNS_LABEL_MAX);
        bias = adapt(i - before, *num + 1, before == 0);
        n += i / (*num + 1);
        i %= *num + 1;
        REQUIRE(n <= 0x10ffff);
        memmove(out + i + 1, out + i, (*num - i) * sizeof *out);
        out[i++] = (uint32_t)n;
        ++*num;
    }
}

static void
check_label(struct tvt_span label)
{
    uint8_t room[TVT_DNS_LABEL_MAX + 1];
    uint32_t points[TVT_DNS_LABEL_MAX] = {0}, c;
    struct tvt_writer w;
    size_t num = 0, at = 0, front = 4;
    tvt_writer_init(&w, room, sizeof room);
    enum tvt_punycode_result result = tvt_punycode_write(&w, label);
    struct tvt_span a_label = tvt_span(room, tvt_writer_len(&w)), left = label;
    REQUIRE(!w.overflow && a_label.len <= TVT_DNS_LABEL_MAX && (result == TVT_PUNYCODE_OK || a_label.len == 0));
    if (tvt_span_equal(a_label, label))
        return; /* ASCII, or refused and empty */
    while (left.len > 0 && tvt_utf8_next(&left, &c))
        ;
    if (result != TVT_PUNYCODE_OK) {
        REQUIRE(result == TVT_PUNYCODE_TOO_LONG || left.len > 0);
        return;
    }
    REQUIRE(left.len == 0 && a_label.len > 4 && memcmp(room, "xn--", 4) == 0);
    for (size_t i = 4; i < a_label.len; i++)
        if (room[i] == '-')
            front = i + 1;
    for (size_t i = 4; i + 1 < front; i++)
        points[num++] = room[i];
    decode_digits(points, &num, tvt_span(room + front, a_label.len - front));
    for (left = label; left.len > 0; at++)
        REQUIRE(tvt_utf8_next(&left, &c) && at < num && points[at] == c);
    REQUIRE(at == num);
}

/* ---- names ---- */

static struct tvt_span
rule_name(const struct tvt_public_suffixes *list, size_t i)
{
    return tvt_span(list->text + list->rule[i].at, list->rule[i].len);
}

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* True when `name` is `tail`, or ends in it behind a dot. */
static bool
is_under(struct tvt_span name, struct tvt_span tail)
{
    size_t more = name.len - tail.len;
    if (name.len < tail.len || (more > 0 && name.data[more - 1] != '.'))
        return false;
    for (size_t i = 0; i < tail.len; i++)
        if (lower(name.data[more + i]) != lower(tail.data[i]))
            return false;
    return true;
}

static size_t
labels_of(struct tvt_span name)
{
    size_t num = 1;
    for (size_t i = 0; i < name.len; i++)
        num += name.data[i] == '.';
    return num;
}

/* The algorithm as publicsuffix.org words it: how many labels of the name its public suffix has. */
static size_t
suffix_labels(const struct tvt_public_suffixes *list, struct tvt_span name)
{
    size_t most = 1;
    for (size_t i = 0; i < list->num; i++) {
        struct tvt_span rule = rule_name(list, i);
        size_t num = labels_of(rule) + (list->rule[i].kind == TVT_SUFFIX_WILDCARD);
        if (!is_under(name, rule) || labels_of(name) < num)
            continue;
        if (list->rule[i].kind == TVT_SUFFIX_EXCEPTION)
            return num - 1;
        most = num > most ? num : most;
    }
    return most;
}

static void
check_name(const struct tvt_public_suffixes *list, struct tvt_span name)
{
    char rule[TVT_SUFFIX_TEXT_MAX], again[TVT_SUFFIX_TEXT_MAX];
    uint8_t other[TVT_DNS_NAME_MAX];
    if (!tvt_dns_valid(name, false))
        return;
    bool found = tvt_public_suffixes_find(list, rule, name);
    REQUIRE(found == (suffix_labels(list, name) == labels_of(name)));
    for (size_t i = 0; i < name.len; i++) {
        bool letter = lower(name.data[i]) >= 'a' && lower(name.data[i]) <= 'z';
        other[i] = letter ? name.data[i] ^ 0x20u : name.data[i];
    }
    REQUIRE(tvt_public_suffixes_find(list, again, tvt_span(other, name.len)) == found);
    REQUIRE(tvt_public_suffixes_find(list, NULL, name) == found);
    if (!found)
        return;
    REQUIRE(strlen(rule) == strlen(again));
    /* the rule is the name, or a tail of it at the border of a label behind "*" */
    struct tvt_span shown = tvt_span_string(rule);
    if (shown.data[0] != '*')
        REQUIRE(tvt_span_equal(shown, name));
    else if (shown.len > 1)
        REQUIRE(shown.data[1] == '.' && is_under(name, tvt_span(rule + 2, shown.len - 2)) &&
                labels_of(shown) == labels_of(name));
    else
        REQUIRE(labels_of(name) == 1);
}

/* ---- lists ---- */

/* The rules as text make the same list. */
static void
check_again(const struct tvt_public_suffixes *list)
{
    static const char *const fronts[] = {"!", "", "*."};
    struct tvt_public_suffixes *again;
    size_t cap = 1, at = 0;
    for (size_t i = 0; i < list->num; i++)
        cap += list->rule[i].len + 3u;
    char *text = malloc(cap);
    REQUIRE(text != NULL);
    for (size_t i = list->num; i-- > 0;)
        at += (size_t)snprintf(text + at, cap - at, "%s%.*s\n", fronts[list->rule[i].kind], (int)list->rule[i].len,
                               (const char *)rule_name(list, i).data);
    REQUIRE(tvt_public_suffixes_new(&again, tvt_span(text, at), false, NULL, NULL) == TVT_OK &&
            again->num == list->num);
    for (size_t i = 0; i < list->num; i++)
        REQUIRE(again->rule[i].kind == list->rule[i].kind && tvt_span_equal(rule_name(again, i), rule_name(list, i)));
    tvt_public_suffixes_unref(again);
    free(text);
}

static void
check_rules(const struct tvt_public_suffixes *list)
{
    for (size_t i = 0; i < list->num; i++) {
        struct tvt_span name = rule_name(list, i);
        REQUIRE(tvt_dns_valid(name, false));
        for (size_t k = 0; k < name.len; k++)
            REQUIRE(lower(name.data[k]) == name.data[k]);
        if (i >= RULES)
            continue;
        char below[TVT_SUFFIX_TEXT_MAX + 4];
        int len = snprintf(below, sizeof below, "x.%.*s", (int)name.len, (const char *)name.data);
        check_name(list, name);
        check_name(list, tvt_span(below, (size_t)len));
        REQUIRE(list->rule[i].kind != TVT_SUFFIX_EXCEPTION || !tvt_public_suffixes_find(list, NULL, name));
    }
    check_again(list);
}

static struct tvt_public_suffixes *
load(struct tvt_span text, bool want_private, struct tvt_error *error)
{
    struct tvt_public_suffixes *list;
    tvt_error_clear(error);
    bool good = tvt_public_suffixes_new(&list, text, want_private, NULL, error) == TVT_OK;
    REQUIRE(good == (list != NULL) && (good ? error->code == TVT_E_NONE : error->code == TVT_E_SUFFIXES_MALFORMED));
    return list;
}

/* A list up to the first NUL, then names, a line each. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *nul = len > 0 ? memchr(data, 0, len) : NULL;
    struct tvt_span text = tvt_span(data, nul != NULL ? (size_t)(nul - data) : len);
    struct tvt_span names = nul != NULL ? tvt_span(nul + 1, len - text.len - 1) : tvt_span(NULL, 0);
    struct tvt_error error;
    struct tvt_public_suffixes *all = load(text, true, &error), *list = load(text, false, &error);
    /* without the private section less is read, and nothing else */
    REQUIRE(all == NULL || (list != NULL ? list->num <= all->num : strcmp(error.detail, "there is none") == 0));
    if (list != NULL)
        check_rules(list);
    if (all != NULL)
        check_rules(all);
    for (size_t i = 0; i < NAMES && names.len > 0; i++) {
        const uint8_t *end = memchr(names.data, '\n', names.len);
        struct tvt_span name = tvt_span(names.data, end != NULL ? (size_t)(end - names.data) : names.len);
        if (list != NULL)
            check_name(list, name);
        if (all != NULL)
            check_name(all, name);
        check_label(name);
        names = tvt_span(names.data + name.len + (end != NULL), names.len - name.len - (end != NULL));
    }
    tvt_public_suffixes_unref(list);
    tvt_public_suffixes_unref(all);
    return 0;
}
