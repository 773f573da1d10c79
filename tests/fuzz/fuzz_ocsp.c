/* SPDX-License-Identifier: MIT
 *
 * Stapled OCSP responses: with signatures that are checked, where only what an authority signed may be good, and with
 * signatures that are all taken for good, so that what stands behind the check is reached.
 */
#include "core/x509/ocsp.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate_der.h"
#include "tests/fuzz/signed.h"
#include "tests/support/fixture.h"

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
    return mutate_der(data, len, max, seed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct fuzz_signed *f = fuzz_signed();
    struct tvt_ocsp_request q = {.provider = f->strict,
                                 .response = tvt_span(data, len),
                                 .leaf = &f->chain[0],
                                 .issuer = &f->chain[1],
                                 .time = (int64_t)(TVT_FIXTURE_TIME_MS / 1000)};
    struct tvt_error error;
    enum tvt_error_code strict;

    tvt_error_clear(&error);
    REQUIRE((tvt_ocsp_check(&q, &error) == TVT_OK) == (error.code == TVT_E_NONE));
    strict = error.code;
    q.provider = f->lenient;
    tvt_error_clear(&error);
    REQUIRE((tvt_ocsp_check(&q, &error) == TVT_OK) == (error.code == TVT_E_NONE));
    REQUIRE(error.code != TVT_E_INTERNAL && error.code != TVT_E_NO_MEMORY);
    REQUIRE(strict != TVT_E_NONE || error.code == TVT_E_NONE); /* what is good in earnest is good here */
    return 0;
}
