/* SPDX-License-Identifier: MIT
 *
 * The fault provider (tests only): counts the fallible operations of the backend under it and makes the nth one fail.
 * A test runs once unarmed, reads the count, and runs again for every n from 1 to that count.
 */
#ifndef TVT_TESTS_PROVIDERS_FAULT_H
#define TVT_TESTS_PROVIDERS_FAULT_H

#include <trivet/provider.h>

enum tvt_fault_op {
    TVT_FAULT_HASH_SETUP,
    TVT_FAULT_HASH_FINAL,
    TVT_FAULT_AEAD_SETUP,
    TVT_FAULT_REKEY,
    TVT_FAULT_SEAL,
    TVT_FAULT_OPEN,
    TVT_FAULT_START,
    TVT_FAULT_FINISH,
    TVT_FAULT_RESPOND,
    TVT_FAULT_VERIFY,
    TVT_FAULT_SIGN,
    TVT_FAULT_RANDOM,
    TVT_FAULT_LOAD_KEY,
    TVT_FAULT_NUM_OPS /* none */
};

/* Wraps `inner` (owned on success). A provider's result; TVT_CRYPTO_UNSUPPORTED when a context of `inner` leaves no
 * room for the wrapper's. */
TVT_MUST_USE int tvt_fault_new(struct tvt_provider **out, struct tvt_provider *inner);
/* Sets the count to 0; from then on the `nth` operation (the first is 1, 0: none) fails with `kind` instead of being
 * done, once. Outputs of fixed length are filled with rubbish, so that using them shows. */
void tvt_fault_arm(struct tvt_provider *fault, uint64_t nth, enum tvt_crypto_kind kind);
/* Operations since the provider was made or armed. */
uint64_t tvt_fault_count(const struct tvt_provider *fault);
uint64_t tvt_fault_count_of(const struct tvt_provider *fault, enum tvt_fault_op op);
/* Which operation was made to fail since arming; TVT_FAULT_NUM_OPS if none was yet. */
enum tvt_fault_op tvt_fault_failed(const struct tvt_provider *fault);
const char *tvt_fault_op_name(enum tvt_fault_op op);

#endif
