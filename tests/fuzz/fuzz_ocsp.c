/* SPDX-License-Identifier: MIT
 *
 * Stapled OCSP responses: with signatures that are checked, where only what an authority signed may be good, and with
 * signatures that are all taken for good, so that what stands behind the check is reached.
 */
#include "core/x509/ocsp.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fixture.h"

enum { MOST = 32 };

static struct tvt_certificate chain[2];
static struct tvt_provider lenient;

static int
take_any(const struct tvt_signature *self, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
         size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    (void)self;
    (void)hash;
    (void)key;
    (void)msg;
    (void)msg_len;
    (void)signature;
    (void)signature_len;
    return TVT_CRYPTO_OK;
}

static void
open_fixture(void)
{
    static struct tvt_signature taken[MOST];
    static const struct tvt_signature *list[MOST + 1];
    static struct tvt_credential *credential;
    const struct tvt_provider *p = tvt_fixture_provider(NULL);

    if (credential != NULL)
        return;
    REQUIRE(p != NULL);
    credential = tvt_fixture_credential(p, "ed25519");
    REQUIRE(credential != NULL);
    for (size_t i = 0; i < 2; i++)
        REQUIRE(tvt_certificate_parse(&chain[i], credential->chain[i], "chain", NULL) == TVT_OK);
    for (size_t i = 0; i < MOST && p->signatures[i] != NULL; i++) {
        taken[i] = *p->signatures[i];
        taken[i].verify = take_any;
        list[i] = &taken[i];
    }
    lenient = *p;
    lenient.signatures = list;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    open_fixture();
    struct tvt_ocsp_request q = {.provider = tvt_fixture_provider(NULL),
                                 .response = tvt_span(data, len),
                                 .leaf = &chain[0],
                                 .issuer = &chain[1],
                                 .time = (int64_t)(TVT_FIXTURE_TIME_MS / 1000)};
    struct tvt_error error;
    enum tvt_error_code strict;

    tvt_error_clear(&error);
    REQUIRE((tvt_ocsp_check(&q, &error) == TVT_OK) == (error.code == TVT_E_NONE));
    strict = error.code;
    q.provider = &lenient;
    tvt_error_clear(&error);
    REQUIRE((tvt_ocsp_check(&q, &error) == TVT_OK) == (error.code == TVT_E_NONE));
    REQUIRE(error.code != TVT_E_INTERNAL && error.code != TVT_E_NO_MEMORY);
    REQUIRE(strict != TVT_E_NONE || error.code == TVT_E_NONE); /* what is good in earnest is good here */
    return 0;
}
