/* SPDX-License-Identifier: MIT
 *
 * Proofs of the times of core/x509/der.h: which contents are a time. That the seconds of every date are right, no proof
 * shows but a count of all dates (unit.der_dates).
 */
#include "tests/proofs/proof.h"

#define DAY 86400

static bool
is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
days_in(int year, int month)
{
    return month == 2 ? 28 + is_leap(year) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

PROOF(time_utc, 14, "every UTCTime is the GeneralizedTime of its century (RFC 5280 4.1.2.5.1)")
{
    struct tvt_span v = any_span(20);
    uint8_t text[15];
    int64_t seconds = 0, same = 0;
    bool valid = tvt_der_time(&seconds, TVT_DER_UTC_TIME, v, nondet_bool());

    CLAIM(!valid || v.len == 13);
    if (v.len != 13)
        return;
    bool this_century = v.data[0] < '5';
    text[0] = this_century ? '2' : '1';
    text[1] = this_century ? '0' : '9';
    for (size_t i = 0; i < 13; i++)
        text[2 + i] = v.data[i];
    CLAIM(valid == tvt_der_time(&same, TVT_DER_GENERALIZED_TIME, tvt_span(text, sizeof(text)), true));
    REACHES(valid && this_century);
    REACHES(valid && !this_century);
    REACHES(!valid && text[14] == 'Z');
}

/* The number that two characters are; -1 if one of them is no digit. */
static int
number(const uint8_t *p)
{
    bool digits = p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9';
    return digits ? 10 * (p[0] - '0') + p[1] - '0' : -1;
}

PROOF(time_valid, 6, "any contents up to 20 bytes, any tag")
{
    struct tvt_span v = any_span(20);
    uint8_t tag = nondet_u8();
    bool any_year = nondet_bool();
    int64_t seconds = INT64_MIN;
    bool valid = tvt_der_time(&seconds, tag, v, any_year);

    CLAIM(!valid || tag == TVT_DER_UTC_TIME || tag == TVT_DER_GENERALIZED_TIME);
    CLAIM(valid || seconds == INT64_MIN);
    CLAIM(!valid || (seconds >= -719528LL * DAY && seconds < 2932897LL * DAY));
    if (tag == TVT_DER_GENERALIZED_TIME && v.len == 15) {
        int year = number(v.data) < 0 || number(v.data + 2) < 0 ? -1 : 100 * number(v.data) + number(v.data + 2);
        int month = number(v.data + 4), day = number(v.data + 6), hour = number(v.data + 8);
        int minute = number(v.data + 10), second = number(v.data + 12);
        bool right = year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month) && hour >= 0 &&
                     hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59 && v.data[14] == 'Z' &&
                     (any_year || year < 1950 || year > 2049);
        CLAIM(valid == right);
    } else {
        CLAIM(!valid || (tag == TVT_DER_UTC_TIME && v.len == 13));
    }
    REACHES(valid && !any_year && v.len == 15);
    REACHES(valid && seconds == -719528LL * DAY);
    REACHES(valid && seconds == 2932897LL * DAY - 1);
    REACHES(valid && tag == TVT_DER_UTC_TIME);
}
