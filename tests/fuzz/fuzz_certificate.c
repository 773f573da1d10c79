/* SPDX-License-Identifier: MIT
 *
 * Certificates: parsing, names and their texts, host names, name constraints, and a path to the certificate itself.
 */
#include "core/x509/certificate.h"
#include "core/x509/name.h"
#include "core/x509/name_constraints.h"
#include "core/x509/path.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate_der.h"
#include "tests/support/fixture.h"

/* Its name constraints, if it has some, on its own names. */
static void
try_constraints(const struct tvt_certificate *certificate)
{
    uint32_t steps = 10000;
    struct tvt_span name;
    uint8_t tag;

    if (tvt_certificate_has(certificate, TVT_CEXT_NAME_CONSTRAINTS))
        (void)tvt_name_constraints_check(tvt_certificate_extension(certificate, TVT_CEXT_NAME_CONSTRAINTS), certificate,
                                         &steps, &tag, &name);
    REQUIRE(steps <= 10000);
}

/* The certificate as its own anchor, and as an intermediate above itself. */
static void
try_paths(const struct tvt_certificate *certificate, struct tvt_span der)
{
    const struct tvt_certificate chain[2] = {*certificate, *certificate};
    struct tvt_trust_store *store = NULL;
    struct tvt_error error;

    tvt_error_clear(&error);
    REQUIRE(tvt_trust_store_new(&store, NULL, &error) == TVT_OK);
    if (tvt_trust_store_add_der(store, der, &error) != TVT_OK)
        tvt_error_clear(&error);
    struct tvt_path_request request = {
        .provider = tvt_fixture_provider(NULL),
        .store = store,
        .purpose = TVT_PURPOSE_SERVER,
        .time = (int64_t)(TVT_FIXTURE_TIME_MS / 1000),
        .name = "localhost",
        .chain = chain,
        .num_chain = 2,
    };
    if (tvt_path_verify(NULL, &request, &error) != TVT_OK)
        REQUIRE(error.code != TVT_E_NONE && error.code != TVT_E_INTERNAL);
    request.policy = &tvt_path_policy_web_pki;
    request.purpose = TVT_PURPOSE_CLIENT;
    request.name = NULL;
    request.no_name = true;
    tvt_error_clear(&error);
    if (tvt_path_verify(NULL, &request, &error) != TVT_OK)
        REQUIRE(error.code != TVT_E_NONE && error.code != TVT_E_INTERNAL);
    tvt_trust_store_unref(store);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
    return mutate_der(data, len, max, seed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct tvt_certificate certificate;
    struct tvt_error error;
    struct tvt_host host;
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
    REQUIRE(tvt_name_equal(certificate.subject, certificate.subject));
    REQUIRE(strlen(tvt_certificate_names_text(text, sizeof text, &certificate)) < sizeof text);
    REQUIRE(tvt_host_parse(&host, "www.example.test"));
    (void)!tvt_certificate_matches_host(&certificate, &host, true);
    try_constraints(&certificate);
    try_paths(&certificate, tvt_span(data, len));
    return 0;
}
