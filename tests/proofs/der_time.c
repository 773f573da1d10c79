/* SPDX-License-Identifier: MIT
 *
 * Proofs of the times of core/x509/der.h: which contents are a time, and that the seconds are right. The latter by
 * induction: one date has its known number, and each date that follows another lies one day later.
 */
#include "tests/proofs/proof.h"

#define DAY 86400

struct date {
    int year, month, day;
};

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

static struct date
any_date(void)
{
    struct date d = {nondet_int(), nondet_int(), nondet_int()};

    ASSUME(d.year >= 0 && d.year <= 9999 && d.month >= 1 && d.month <= 12);
    ASSUME(d.day >= 1 && d.day <= days_in(d.year, d.month));
    return d;
}

static void
put_digits(uint8_t *p, int value)
{
    p[0] = (uint8_t)('0' + value / 10);
    p[1] = (uint8_t)('0' + value % 10);
}

/* The contents of a GeneralizedTime. */
static void
put_time(uint8_t text[15], struct date d, int second_of_day)
{
    put_digits(text, d.year / 100);
    put_digits(text + 2, d.year % 100);
    put_digits(text + 4, d.month);
    put_digits(text + 6, d.day);
    put_digits(text + 8, second_of_day / 3600);
    put_digits(text + 10, second_of_day / 60 % 60);
    put_digits(text + 12, second_of_day % 60);
    text[14] = 'Z';
}

static int64_t
seconds_of(struct date d)
{
    uint8_t text[15];
    int64_t seconds = 0;

    put_time(text, d, 0);
    CLAIM(tvt_der_time(&seconds, TVT_DER_GENERALIZED_TIME, tvt_span(text, sizeof(text)), true));
    return seconds;
}

static struct date
day_after(struct date d)
{
    if (d.day < days_in(d.year, d.month))
        return (struct date){d.year, d.month, d.day + 1};
    if (d.month < 12)
        return (struct date){d.year, d.month + 1, 1};
    return (struct date){d.year + 1, 1, 1};
}

PROOF(time_days, 6, "every date from 0000-01-01 to 9999-12-31, by induction")
{
    struct date d = any_date(), next = day_after(d);

    CLAIM(seconds_of((struct date){1970, 1, 1}) == 0);
    if (next.year > 9999)
        return;
    CLAIM(seconds_of(next) == seconds_of(d) + DAY);
    REACHES(d.year == 1999 && next.year == 2000);
    REACHES(d.month == 2 && d.day == 29);
}

PROOF(time_seconds, 6, "every second of every date")
{
    struct date d = any_date();
    int second = nondet_int();
    uint8_t text[15];
    int64_t seconds;

    ASSUME(second >= 0 && second < DAY);
    put_time(text, d, second);
    CLAIM(tvt_der_time(&seconds, TVT_DER_GENERALIZED_TIME, tvt_span(text, sizeof(text)), true));
    CLAIM(seconds == seconds_of(d) + second);
    REACHES(second == DAY - 1);
}

PROOF(time_utc, 6, "every UTCTime is the GeneralizedTime of its century (RFC 5280 4.1.2.5.1)")
{
    struct tvt_span v = any_span(20);
    uint8_t text[15];
    int64_t seconds = -1, same = -1;
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
    CLAIM(seconds == same);
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

PROOF(time_read, 6, "a reader of at most 24 bytes")
{
    struct tvt_reader r = any_reader(24), was = r;
    bool odd = false;
    uint8_t tag = tvt_der_peek(&r);
    struct tvt_reader plain = was;
    struct tvt_span v = tvt_der_read(&plain, tag, FIELD);
    int64_t expected = 0, seconds = tvt_der_read_time(&r, &odd, FIELD);
    bool valid = was.bad == NULL && v.data != NULL && tvt_der_time(&expected, tag, v, true);

    claim_reader(&r, &was);
    CLAIM(valid == (r.bad == NULL));
    CLAIM(seconds == expected && (valid || seconds == 0));
    CLAIM(!odd || (valid && tag == TVT_DER_GENERALIZED_TIME && seconds >= -7305LL * DAY && seconds < 29220LL * DAY));
    CLAIM(odd || !valid || tag == TVT_DER_UTC_TIME || seconds < -7305LL * DAY || seconds >= 29220LL * DAY);
    REACHES(odd);
    REACHES(valid && !odd && tag == TVT_DER_GENERALIZED_TIME);
    REACHES(valid && tag == TVT_DER_UTC_TIME);
    REACHES(v.data != NULL && r.bad != NULL && r.bad_kind == TVT_DER_FAULT_VALUE);
    REACHES(v.data != NULL && r.bad != NULL && r.bad_kind == TVT_DER_FAULT_TAG);
}
