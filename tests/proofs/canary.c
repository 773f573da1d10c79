/* SPDX-License-Identifier: MIT
 *
 * Planted faults, one for each kind of check: a checker or a command line that does not find them proves nothing.
 */
#include "tests/proofs/proof.h"

CANARY(read_past_end, 1, "pointer_dereference")
{
    struct tvt_reader r = any_reader(ANY_LENGTH);
    uint8_t sum = 0;
    if (r.p <= r.end) /* < would be right */
        sum = *r.p;
    CLAIM(sum <= 0xff);
}

CANARY(write_past_end, 1, "pointer_dereference")
{
    size_t cap = nondet_size(), at = nondet_size();
    uint8_t *buffer = malloc(cap);
    ASSUME(buffer != NULL && at <= cap);
    buffer[at] = 1;
}

CANARY(array_index, 1, "array_bounds")
{
    static const uint8_t table[12] = {1};
    uint8_t i = nondet_u8();
    CLAIM(i > 12 || table[i] <= 1);
}

CANARY(freed, 1, "pointer_dereference")
{
    uint8_t *p = malloc(4);
    ASSUME(p != NULL);
    free(p);
    p[0] = 1;
}

CANARY(pointer_overflow, 1, "pointer_arithmetic")
{
    struct tvt_span s = any_span(16);
    const uint8_t *p = s.data + nondet_size();
    CLAIM(p != NULL || p == NULL);
}

CANARY(unsigned_wrap, 1, "overflow")
{
    size_t a = nondet_size(), b = a + 2;
    CLAIM(b != 7 || a == 5);
}

CANARY(signed_wrap, 1, "overflow")
{
    int a = nondet_int(), b = a * 10;
    CLAIM(b != 10 || a == 1 || a != 1);
}

CANARY(narrowing, 1, "overflow")
{
    size_t len = nondet_size();
    uint8_t byte = (uint8_t)len;
    CLAIM(byte <= 0xff);
}

CANARY(division, 1, "division-by-zero")
{
    unsigned a = nondet_unsigned();
    CLAIM(100 / a <= 100);
}

CANARY(shift, 1, "undefined-shift")
{
    unsigned by = nondet_unsigned();
    ASSUME(by <= 32);
    CLAIM(1u << by != 3);
}

CANARY(loop_too_long, 4, "unwind")
{
    size_t n = nondet_size(), i = 0;
    while (i < n && i < 4)
        i++;
    CLAIM(i <= 4);
}

CANARY(claim, 2, "assertion")
{
    struct tvt_reader r = any_reader(ANY_LENGTH);
    CLAIM(tvt_read_u8(&r, FIELD) < 0xff);
}

CANARY(vacuous, 1, "reaches")
{
    size_t n = nondet_size();
    ASSUME(n < 4 && n > 4);
    REACHES(n < 4);
}
