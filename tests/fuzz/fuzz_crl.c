/* SPDX-License-Identifier: MIT
 *
 * Revocation lists: decoding, the index against a walk over the entries, and what a list does to a path, with signatures that
 * are checked and with signatures that are all taken for good.
 */
#include "core/x509/crl.h"
#include "core/x509/path.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate_der.h"
#include "tests/fuzz/signed.h"
#include "tests/support/fixture.h"

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
                                       .chain = fuzz_signed()->chain,
                                       .num_chain = 2};
    struct tvt_error error;
    policy.revocation = which;
    tvt_error_clear(&error);
    REQUIRE((tvt_path_verify(NULL, &request, &error) == TVT_OK) == (error.code == TVT_E_NONE));
    REQUIRE(error.code != TVT_E_INTERNAL && error.code != TVT_E_NO_MEMORY);
    return error.code;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
    return mutate_der(data, len, max, seed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct fuzz_signed *f = fuzz_signed();
    struct tvt_crl *crl = NULL;
    struct tvt_error error;
    tvt_error_clear(&error);
    if (tvt_crl_new(&crl, tvt_span(data, len), NULL, &error) != TVT_OK) {
        REQUIRE(crl == NULL && (error.code == TVT_E_CRL_MALFORMED || error.code == TVT_E_CRL_UNSUPPORTED));
        return 0;
    }
    struct tvt_trust_store *store = tvt_fixture_trust("ed25519");
    REQUIRE(store != NULL && tvt_trust_store_add_crl(store, crl, &error) == TVT_OK);
    enum tvt_error_code given = verify(f->strict, store, TVT_REVOCATION_GIVEN),
                        leaf = verify(f->strict, store, TVT_REVOCATION_LEAF);
    bool leaf_named = tvt_crl_find(crl, f->chain[0].serial, NULL),
         named = leaf_named || tvt_crl_find(crl, f->chain[1].serial, NULL);
    REQUIRE(walk(crl, f->chain[0].serial) == leaf_named);
    /* Rules C7 and C11: who is refused is named by the list: revoked, or by one whose signature nobody can check. */
    REQUIRE(given == TVT_E_NONE || (named && (given == TVT_E_CERT_REVOKED || given == TVT_E_CRL_SIGNATURE)));
    REQUIRE(given == TVT_E_NONE || leaf == given); /* to ask for more refuses no less */
    REQUIRE(leaf != TVT_E_NONE || crl->issuer_hash == f->chain[0].issuer_hash);
    given = verify(f->lenient, store, TVT_REVOCATION_GIVEN);
    leaf = verify(f->lenient, store, TVT_REVOCATION_LEAF);
    REQUIRE(given == TVT_E_NONE || leaf == given);
    REQUIRE(verify(f->lenient, store, TVT_REVOCATION_CHAIN) !=
            TVT_E_NONE); /* one list never clears two issuers' certificates */
    tvt_trust_store_unref(store);
    tvt_crl_unref(crl);
    return 0;
}
