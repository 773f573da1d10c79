/* SPDX-License-Identifier: MIT
 *
 * Ours by <trivet/ssl.h>, doing what libssl.h has libssl do: handshakes through two memory BIOs, of one pair of SSL_CTXs.
 */
#ifndef TVT_TESTS_BENCH_SSL_PAIR_H
#define TVT_TESTS_BENCH_SSL_PAIR_H

#include "tests/bench/bench.h"

struct ssl_pair;
/* NULL, and words on stderr. */
struct ssl_pair *ssl_pair_new(const struct bench_case *what);
/* Another one of the same two SSL_CTXs, for another thread. */
struct ssl_pair *ssl_pair_share(const struct ssl_pair *p);
void ssl_pair_free(struct ssl_pair *p);
/* A handshake of new SSLs, which are freed; resumed with the ticket of the one before where `resumed`. */
bool ssl_pair_handshake(struct ssl_pair *p, bool resumed);

#endif
