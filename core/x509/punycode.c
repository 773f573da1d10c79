/* SPDX-License-Identifier: MIT
 *
 * The Punycode encoder (RFC 3492 6.3), for one label.
 */
#include "core/x509/punycode.h"

#include "core/base/utf8.h"
#include "core/x509/limits.h"

/* RFC 3492 5 */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_N = 0x80 };

#define PREFIX     "xn--"
#define POINTS_MAX (TVT_DNS_LABEL_MAX - (sizeof PREFIX - 1)) /* each character gives one byte, or more */

/* RFC 3492 6.4: where no character is above U+10FFFF, and there are no more than POINTS_MAX, no delta overflows. */
_Static_assert((0x10ffffull - FIRST_N) * (POINTS_MAX + 1) + POINTS_MAX <= UINT32_MAX, "a delta fits into 32 bits");

struct points {
    uint32_t at[POINTS_MAX];
    uint32_t num;
};

static enum tvt_punycode_result
read_points(struct points *points, struct tvt_span label)
{
    for (points->num = 0; label.len > 0; points->num++) {
        uint32_t c;
        if (!tvt_utf8_next(&label, &c))
            return TVT_PUNYCODE_NOT_UTF8;
        if (points->num == POINTS_MAX)
            return TVT_PUNYCODE_TOO_LONG;
        points->at[points->num] = c;
    }
    return TVT_PUNYCODE_OK;
}

/* RFC 3492 6.1 */
static uint32_t
adapt(uint32_t delta, uint32_t num, bool first)
{
    uint32_t k = 0;
    delta /= first ? DAMP : 2;
    delta += delta / num;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void
write_digit(struct tvt_writer *w, uint32_t digit)
{
    tvt_write_u8(w, (uint8_t)(digit < 26 ? 'a' + digit : '0' + (digit - 26)));
}

/* A generalized variable-length integer (RFC 3492 3.3). */
static void
write_delta(struct tvt_writer *w, uint32_t q, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        if (q < t)
            break;
        write_digit(w, t + (q - t) % (BASE - t));
        q = (q - t) / (BASE - t);
    }
    write_digit(w, q);
}

static uint32_t
write_basic(struct tvt_writer *w, const struct points *points)
{
    uint32_t basic = 0;
    for (uint32_t i = 0; i < points->num; i++)
        if (points->at[i] < FIRST_N) {
            tvt_write_u8(w, (uint8_t)points->at[i]);
            basic++;
        }
    if (basic > 0)
        tvt_write_u8(w, '-');
    return basic;
}

/* The least code point that is `n` or more; there is one. */
static uint32_t
least_from(const struct points *points, uint32_t n)
{
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < points->num; i++)
        if (points->at[i] >= n && points->at[i] < least)
            least = points->at[i];
    return least;
}

static void
encode(struct tvt_writer *w, const struct points *points)
{
    uint32_t basic = write_basic(w, points), done = basic, n = FIRST_N, delta = 0, bias = FIRST_BIAS;
    while (done < points->num) {
        uint32_t next = least_from(points, n);
        delta += (next - n) * (done + 1);
        for (uint32_t i = 0; i < points->num; i++) {
            delta += points->at[i] < next;
            if (points->at[i] != next)
                continue;
            write_delta(w, delta, bias);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        n = next + 1;
    }
}

enum tvt_punycode_result
tvt_punycode_write(struct tvt_writer *out, struct tvt_span label)
{
    uint8_t room[TVT_DNS_LABEL_MAX];
    struct tvt_writer w;
    struct points points;
    tvt_writer_init(&w, room, sizeof room);
    if (tvt_is_ascii(label)) {
        tvt_write_span(&w, label);
    } else {
        enum tvt_punycode_result result = read_points(&points, label);
        if (result != TVT_PUNYCODE_OK)
            return result;
        tvt_write_bytes(&w, PREFIX, sizeof PREFIX - 1);
        encode(&w, &points);
    }
    if (w.overflow)
        return TVT_PUNYCODE_TOO_LONG;
    tvt_write_bytes(out, room, tvt_writer_len(&w));
    return TVT_PUNYCODE_OK;
}
