/* SPDX-License-Identifier: MIT
 *
 * Revocation lists: decoding, the index against a walk over the entries, and what a list does to a path, with signatures that
 * are checked and with signatures that are all taken for good.
 */
#include "core/x509/crl.h"
#include "core/x509/path.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fixture.h"

enum { MOST = 32 };

static struct tvt_certificate chain[2];
static struct tvt_provider lenient;

static int
take_any(const struct tvt_signature *self, uint8_t hash, const struct tvt_public_key *key, const uint8_t *msg,
         size_t msg_len, const uint8_t *signature, size_t signature_len)
{
    (void)self, (void)hash, (void)key, (void)msg, (void)msg_len, (void)signature, (void)signature_len;
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

/* Whether a walk over the entries finds the serial number, too; every entry is found by the index. */
static bool
walk(const struct tvt_crl *crl, struct tvt_span serial)
{
    bool there = false;
    for (size_t i = 0; i < crl->num; i++) {
        struct tvt_reader r, in;
        struct tvt_crl_entry entry;
        tvt_reader_init(&r, tvt_span(crl->der.data + crl->entries[i], crl->der.len - crl->entries[i]));
        tvt_der_enter(&r, &in, TVT_DER_SEQUENCE, "entry");
        struct tvt_span other = tvt_der_read_integer(&in, "serial");
        REQUIRE(in.bad == NULL && tvt_crl_find(crl, other, &entry));
        REQUIRE(entry.reason <= TVT_CRL_REASON_MAX && entry.reason != TVT_CRL_REASON_REMOVE);
        there = there || tvt_span_equal(other, serial);
    }
    return there;
}

static enum tvt_error_code
verify(const struct tvt_provider *provider, struct tvt_trust_store *store, enum tvt_revocation which)
{
    struct tvt_path_policy policy = tvt_path_policy_default;
    struct tvt_path_request request = {.provider = provider,
                                       .store = store,
                                       .policy = &policy,
                                       .purpose = TVT_PURPOSE_SERVER,
                                       .time = (int64_t)(TVT_FIXTURE_TIME_MS / 1000),
                                       .no_name = true,
                                       .chain = chain,
                                       .num_chain = 2};
    struct tvt_error error;
    policy.revocation = which;
    tvt_error_clear(&error);
    REQUIRE((tvt_path_verify(NULL, &request, &error) == TVT_OK) == (error.code == TVT_E_NONE));
    REQUIRE(error.code != TVT_E_INTERNAL && error.code != TVT_E_NO_MEMORY);
    return error.code;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct tvt_crl *crl = NULL;
    struct tvt_error error;
    open_fixture();
    tvt_error_clear(&error);
    if (tvt_crl_new(&crl, tvt_span(data, len), NULL, &error) != TVT_OK) {
        REQUIRE(crl == NULL && (error.code == TVT_E_CRL_MALFORMED || error.code == TVT_E_CRL_UNSUPPORTED));
        return 0;
    }
    REQUIRE(walk(crl, chain[0].serial) == tvt_crl_find(crl, chain[0].serial, NULL));
    struct tvt_trust_store *store = tvt_fixture_trust("ed25519");
    REQUIRE(store != NULL && tvt_trust_store_add_crl(store, crl, &error) == TVT_OK);
    const struct tvt_provider *strict = tvt_fixture_provider(NULL);
    enum tvt_error_code given = verify(strict, store, TVT_REVOCATION_GIVEN),
                        leaf = verify(strict, store, TVT_REVOCATION_LEAF);
    REQUIRE(given == TVT_E_NONE || given == TVT_E_CERT_REVOKED);
    REQUIRE(given == TVT_E_NONE || leaf == given); /* to ask for more refuses no less */
    REQUIRE(leaf != TVT_E_NONE || crl->issuer_hash == chain[0].issuer_hash);
    given = verify(&lenient, store, TVT_REVOCATION_GIVEN);
    leaf = verify(&lenient, store, TVT_REVOCATION_LEAF);
    REQUIRE(given == TVT_E_NONE || leaf == given);
    REQUIRE(verify(&lenient, store, TVT_REVOCATION_CHAIN) !=
            TVT_E_NONE); /* one list never clears two issuers' certificates */
    tvt_trust_store_unref(store);
    tvt_crl_unref(crl);
    return 0;
}
