/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets share. Each is a program of libFuzzer's: it is given bytes, and must not crash, leak, read what
 * it may not, or break a promise written as a REQUIRE.
 */
#ifndef TVT_TESTS_FUZZ_FUZZ_H
#define TVT_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(what)                                                                                                  \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #what);                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
