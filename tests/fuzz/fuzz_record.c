/* SPDX-License-Identifier: MIT
 *
 * Record headers, in each of the four situations that there are.
 */
#include "core/record/record.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    for (int situation = 0; situation < 4 && len >= TVT_RECORD_HEADER; situation++) {
        bool first = (situation & 1) != 0, protected_now = (situation & 2) != 0;
        struct tvt_record_header h;
        struct tvt_error error;
        tvt_error_clear(&error);
        if (tvt_record_header_read(&h, data, first, protected_now, &error) != TVT_OK) {
            REQUIRE(error.code != TVT_E_NONE);
            continue;
        }
        REQUIRE(h.length <= (protected_now ? TVT_RECORD_CIPHERTEXT_MAX : TVT_RECORD_PLAINTEXT_MAX));
        REQUIRE(h.type == data[0] && h.version >> 8 == 3);
    }
    return 0;
}
