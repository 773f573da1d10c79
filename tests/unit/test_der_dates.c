/* SPDX-License-Identifier: MIT
 *
 * The seconds of every date that a certificate can name, counted: what tests/proofs leaves out of the DER reader.
 */
#include "core/x509/der.h"

#include <CUnit/Basic.h>
#include <stdio.h>

#define DAY INT64_C(86400)

static int
days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* From 0000-01-01, which is 719,528 days before 1970-01-01, one day after the other; no other day of a month is one. */
static void
counts_every_date(void)
{
    int64_t expected = -719528 * DAY, seconds;
    unsigned wrong = 0, dates = 0;
    char text[64];

    for (int year = 0; year <= 9999; year++) {
        for (int month = 0; month <= 13; month++) {
            int last = month >= 1 && month <= 12 ? days_in(year, month) : 0;
            for (int day = 0; day <= 32; day++) {
                (void)snprintf(text, sizeof(text), "%04d%02d%02d000000Z", year, month, day);
                bool good = tvt_der_time(&seconds, TVT_DER_GENERALIZED_TIME, tvt_span(text, 15), true);
                bool right = day >= 1 && day <= last;
                wrong += good != right || (right && seconds != expected);
                expected += right ? DAY : 0;
                dates += right;
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(dates, 3652425);
    CU_ASSERT_EQUAL(expected, 2932897 * DAY);
}

static void
counts_every_second(void)
{
    int64_t seconds;
    unsigned wrong = 0;
    char text[64];

    for (int hour = 0; hour <= 99; hour++) {
        for (int minute = 0; minute <= 99; minute++) {
            for (int second = 0; second <= 99; second++) {
                (void)snprintf(text, sizeof(text), "700102%02d%02d%02dZ", hour, minute, second);
                bool good = tvt_der_time(&seconds, TVT_DER_UTC_TIME, tvt_span(text, 13), false);
                bool right = hour < 24 && minute < 60 && second < 60;
                wrong += good != right || (right && seconds != DAY + hour * 3600 + minute * 60 + second);
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

int tvt_register_der_dates(void);

int
tvt_register_der_dates(void)
{
    static CU_TestInfo dates[] = {{"every date of the years 0 to 9999", counts_every_date},
                                  {"every second of a day", counts_every_second},
                                  CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{"der: dates", NULL, NULL, NULL, NULL, dates}, CU_SUITE_INFO_NULL};

    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
