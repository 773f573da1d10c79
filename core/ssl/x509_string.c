/* SPDX-License-Identifier: MIT
 *
 * ASN1_STRING and ASN1_TIME: contents of strings, and times.
 */
#include "core/base/memory.h"
#include "core/base/utf8.h"
#include "core/base/wire.h"
#include "core/os/clock.h"
#include "core/ssl/view.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- strings ---- */

int
ASN1_STRING_length(const ASN1_STRING *string)
{
    return string != NULL && string->text.len <= INT_MAX ? (int)string->text.len : 0;
}

int
ASN1_STRING_type(const ASN1_STRING *string)
{
    return string != NULL ? string->type : -1;
}

const unsigned char *
ASN1_STRING_get0_data(const ASN1_STRING *string)
{
    return string != NULL ? string->text.data : NULL;
}

int
ASN1_STRING_cmp(const ASN1_STRING *a, const ASN1_STRING *b)
{
    if (a == NULL || b == NULL)
        return a == b ? 0 : a == NULL ? -1 : 1;
    if (a->text.len != b->text.len)
        return a->text.len < b->text.len ? -1 : 1;
    int r = a->text.len > 0 ? memcmp(a->text.data, b->text.data, a->text.len) : 0;
    return r != 0 ? r : a->type - b->type;
}

static size_t
utf8_put(uint8_t *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 63));
        return 2;
    }
    size_t more = c < 0x10000 ? 2 : 3;
    out[0] = (uint8_t)(more == 2 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);
    for (size_t i = 1; i <= more; i++)
        out[i] = (uint8_t)(0x80 | (c >> 6 * (more - i) & 63));
    return more + 1;
}

/* Bytes of one character of a string of this type; 0: no text, or UTF-8 already. */
static size_t
character_len(int type)
{
    switch (type) {
    case V_ASN1_T61STRING:
        return 1;
    case V_ASN1_BMPSTRING:
        return 2;
    case V_ASN1_UNIVERSALSTRING:
        return 4;
    default:
        return 0;
    }
}

static bool
is_text(int type)
{
    return character_len(type) != 0 || type == V_ASN1_UTF8STRING || type == V_ASN1_NUMERICSTRING ||
           type == V_ASN1_PRINTABLESTRING || type == V_ASN1_IA5STRING || type == V_ASN1_VISIBLESTRING;
}

int
ASN1_STRING_to_UTF8(unsigned char **out, const ASN1_STRING *string)
{
    if (out == NULL || string == NULL || !is_text(string->type) || string->text.len > INT_MAX / 4)
        return -1;
    struct tvt_span text = string->text;
    size_t width = character_len(string->type), at = 0;
    uint8_t *to = malloc(text.len * 2 + 1); /* for OPENSSL_free(), which is free() */
    if (to == NULL)
        return -1;
    for (size_t i = 0; width != 0 && i + width <= text.len; i += width) {
        uint32_t c = 0;
        for (size_t k = 0; k < width; k++)
            c = c << 8 | text.data[i + k];
        if (!tvt_is_character(c) || text.len % width != 0) {
            free(to);
            return -1;
        }
        at += utf8_put(to + at, c); /* 1 byte gives 2, 2 give 3, 4 give 4 */
    }
    if (width == 0) {
        tvt_copy(to, text.data, text.len);
        at = text.len;
    }
    to[at] = '\0';
    *out = to;
    return (int)at;
}

int
ASN1_STRING_print(BIO *bio, const ASN1_STRING *string)
{
    char piece[80];
    if (bio == NULL || string == NULL)
        return 0;
    for (size_t i = 0, n; i < string->text.len; i += n) {
        for (n = 0; n < sizeof piece && i + n < string->text.len; n++) {
            uint8_t c = string->text.data[i + n];
            piece[n] = (c >= 0x20 && c <= 0x7e) || c == '\n' || c == '\r' ? (char)c : '.';
        }
        if (BIO_write(bio, piece, (int)n) != (int)n)
            return 0;
    }
    return 1;
}

/* ---- times ---- */

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* The day of the civil calendar, which repeats after 146097 days. */
static void
civil(int64_t days, int *year, int *month, int *day)
{
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

static void
broken_down(struct tm *out, int64_t seconds)
{
    int64_t days = seconds / 86400 - (seconds % 86400 < 0), rest = seconds - days * 86400;
    int year, month, day, first, unused1, unused2;
    civil(days, &year, &month, &day);
    memset(out, 0, sizeof *out);
    out->tm_year = year - 1900;
    out->tm_mon = month - 1;
    out->tm_mday = day;
    out->tm_hour = (int)(rest / 3600);
    out->tm_min = (int)(rest / 60 % 60);
    out->tm_sec = (int)(rest % 60);
    out->tm_wday = (int)(((days + 4) % 7 + 7) % 7);
    for (first = 0; first < 366; first++) {
        civil(days - first, &unused1, &month, &unused2);
        if (month == 1 && unused2 == 1)
            break;
    }
    out->tm_yday = first;
}

void
tvt_asn1_time_make(struct tvt_asn1_string *out, char text[TVT_TIME_TEXT], int64_t seconds)
{
    struct tm tm;
    broken_down(&tm, seconds);
    int year = tm.tm_year + 1900;
    bool utc = year >= 1950 && year < 2050; /* RFC 5280 4.1.2.5 */
    int len = snprintf(text, TVT_TIME_TEXT, utc ? "%02u%02u%02u%02u%02u%02uZ" : "%04u%02u%02u%02u%02u%02uZ",
                       (unsigned)(utc ? year % 100 : year) % 10000u, (unsigned)(tm.tm_mon + 1) % 100u,
                       (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u, (unsigned)tm.tm_min % 100u,
                       (unsigned)tm.tm_sec % 100u);
    out->type = utc ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME;
    out->text = tvt_span(text, len > 0 ? (size_t)len : 0);
}

bool
tvt_asn1_time_seconds(int64_t *out, const struct tvt_asn1_string *time)
{
    return time != NULL && tvt_der_time(out, (uint8_t)time->type, time->text, true);
}

/* `time` NULL: now. */
static bool
seconds_of(int64_t *out, const ASN1_TIME *time)
{
    if (time != NULL)
        return tvt_asn1_time_seconds(out, time);
    *out = tvt_clock_wall_ms() / 1000;
    return true;
}

int
ASN1_TIME_print(BIO *bio, const ASN1_TIME *time)
{
    char text[64];
    struct tm tm;
    int64_t seconds;
    if (bio == NULL || !tvt_asn1_time_seconds(&seconds, time))
        return 0;
    broken_down(&tm, seconds);
    int len = snprintf(text, sizeof text, "%s %2d %02d:%02d:%02d %d GMT", months[tm.tm_mon], tm.tm_mday, tm.tm_hour,
                       tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
    return BIO_write(bio, text, len) == len;
}

int
ASN1_TIME_to_tm(const ASN1_TIME *time, struct tm *out)
{
    int64_t seconds;
    if (!seconds_of(&seconds, time) || out == NULL)
        return 0;
    broken_down(out, seconds);
    return 1;
}

int
ASN1_TIME_diff(int *days, int *seconds, const ASN1_TIME *from, const ASN1_TIME *to)
{
    int64_t a, b;
    if (!seconds_of(&a, from) || !seconds_of(&b, to))
        return 0;
    if (days != NULL)
        *days = (int)((b - a) / 86400);
    if (seconds != NULL)
        *seconds = (int)((b - a) % 86400);
    return 1;
}

int
X509_cmp_time(const ASN1_TIME *time, time_t *when)
{
    int64_t a, b = when != NULL ? (int64_t)*when : tvt_clock_wall_ms() / 1000;
    if (!tvt_asn1_time_seconds(&a, time))
        return 0;
    return a <= b ? -1 : 1;
}

int
X509_cmp_current_time(const ASN1_TIME *time)
{
    return X509_cmp_time(time, NULL);
}
