/* SPDX-License-Identifier: MIT
 *
 * BearSSL doing what ours does at TLS 1.2, for information: the same certificates, suite and group, bytes through memory. It has
 * no extended master secret and no tickets: what it goes back to is a session of its server's cache, by its id.
 */
#ifndef TVT_TESTS_BENCH_BEARSSL_H
#define TVT_TESTS_BENCH_BEARSSL_H

#include "tests/bench/bench.h"

struct bearssl;
/* NULL: this build has no BearSSL, or it has not this case (no words), or it refused (words on stderr). `peers` lends
 * certificates and key. */
struct bearssl *bearssl_new(const struct bench_peers *peers);
void bearssl_free(struct bearssl *b);
/* A handshake, whose session the next ones go back to, again and again. */
bool bearssl_resume(struct bearssl *b);
/* A handshake of new objects, which are freed in it; ns of each side. */
bool bearssl_handshake(struct bearssl *b, uint64_t spent[2]);

#endif
