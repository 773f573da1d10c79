/* SPDX-License-Identifier: MIT
 *
 * A chain and its provider, strict and lenient (signed.h).
 */
#include "tests/fuzz/signed.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fixture.h"

enum { SIGNATURES_MAX = 32 };

static int
take_any(const struct tvt_signature *self, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
         size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    (void)self, (void)hash, (void)key, (void)msg, (void)msg_len, (void)signature, (void)signature_len;
    return TVT_CRYPTO_OK;
}

const struct fuzz_signed *
fuzz_signed(void)
{
    static struct fuzz_signed all;
    static struct tvt_provider lenient;
    static struct tvt_signature taken[SIGNATURES_MAX];
    static const struct tvt_signature *list[SIGNATURES_MAX + 1];
    static struct tvt_credential *credential;

    if (credential != NULL)
        return &all;
    all.strict = tvt_fixture_provider(NULL);
    REQUIRE(all.strict != NULL);
    credential = tvt_fixture_credential(all.strict, "ed25519");
    REQUIRE(credential != NULL);
    for (size_t i = 0; i < 2; i++)
        REQUIRE(tvt_certificate_parse(&all.chain[i], credential->chain[i], "chain", NULL) == TVT_OK);
    for (size_t i = 0; i < SIGNATURES_MAX && all.strict->signatures[i] != NULL; i++) {
        taken[i] = *all.strict->signatures[i];
        taken[i].verify = take_any;
        list[i] = &taken[i];
    }
    lenient = *all.strict;
    lenient.signatures = list;
    all.lenient = &lenient;
    return &all;
}
