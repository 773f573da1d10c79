/* SPDX-License-Identifier: MIT
 *
 * Certificates: parsing, the texts made of names, host names, and a path of two copies of the same.
 */
#include "core/x509/certificate.h"
#include "core/x509/name.h"
#include "core/x509/path.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct tvt_certificate certificate;
    struct tvt_error error;
    char text[256];

    tvt_error_clear(&error);
    if (tvt_certificate_parse(&certificate, tvt_span(data, len), tvt_certificate_label(0), &error) != TVT_OK) {
        REQUIRE(error.code != TVT_E_NONE);
        (void)tvt_error_format(&error, text, sizeof text);
        return 0;
    }
    REQUIRE(strlen(tvt_name_text(text, sizeof text, certificate.subject)) < sizeof text);
    REQUIRE(strlen(tvt_name_short_text(text, sizeof text, certificate.issuer)) < sizeof text);
    REQUIRE(tvt_public_key_equal(&certificate.key, &certificate.key) || certificate.key.type == TVT_KEY_NONE);
    return 0;
}
