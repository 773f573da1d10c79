/* SPDX-License-Identifier: MIT
 *
 * libcrypto verifying the chain that ours verifies: d2i_X509 of what came, X509_verify_cert up to a root in its store.
 */
#ifndef TVT_TESTS_BENCH_LIBCRYPTO_H
#define TVT_TESTS_BENCH_LIBCRYPTO_H

#include <stdbool.h>
#include <stdint.h>
#include <trivet/base.h>

struct libcrypto_chain;
/* `der`: leaf, intermediate, root; `time`: seconds since 1970. NULL: this build has no libcrypto. */
struct libcrypto_chain *libcrypto_chain_new(const struct tvt_span der[3], const char *name, uint64_t time);
void libcrypto_chain_free(struct libcrypto_chain *chain); /* NULL allowed */
bool libcrypto_chain_verify(const struct libcrypto_chain *chain);

#endif
