/* SPDX-License-Identifier: MIT
 *
 * Primitives without security for the unit tests of core/crypto: a hash that fails when told to, and a KEM with the
 * sizes of ML-KEM-768, for backends whose library has none.
 */
#ifndef TVT_TESTS_UNIT_CRYPTO_FAKES_H
#define TVT_TESTS_UNIT_CRYPTO_FAKES_H

#include <trivet/provider.h>

extern const struct tvt_hash tvt_fake_hash; /* 32 bytes out; a sum, no hash */
extern int tvt_fake_hash_live;              /* contexts set up and not torn down */
extern int tvt_fake_hash_fail_setup;        /* the nth set-up from now fails; 0: none */
extern bool tvt_fake_hash_fail_final;       /* final() fails with code 99 */
void tvt_fake_hash_reset(void);

/* Lists the fake hash (as SHA-256) and the fake KEM (as MLKEM768), no more. Has nothing to free. */
extern struct tvt_provider tvt_fake_provider;
extern int tvt_fake_provider_frees; /* calls of its free() */

#endif
