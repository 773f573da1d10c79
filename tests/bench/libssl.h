/* SPDX-License-Identifier: MIT
 *
 * libssl doing the work that ours does: the same certificates, suite, group and checks, bytes through memory.
 */
#ifndef TVT_TESTS_BENCH_LIBSSL_H
#define TVT_TESTS_BENCH_LIBSSL_H

#include "tests/bench/bench.h"

struct libssl;
/* NULL: this build has no libssl (no words), or it refused (words on stderr). `suite`: as in IANA's registry. */
struct libssl *libssl_new(const struct bench_case *what, const char *suite);
/* Another one of the same two SSL_CTXs, for another thread. */
struct libssl *libssl_share(const struct libssl *l);
void libssl_free(struct libssl *l);
void libssl_on_switch(struct libssl *l, void (*switch_to)(void *user, int role), void *user);
/* A handshake that gives the client a ticket; the next ones are resumed with it, with no new ticket, again and again. */
bool libssl_resume(struct libssl *l);
/* A handshake of new objects; they stay until libssl_drop(). ns of each side. */
bool libssl_handshake(struct libssl *l, uint64_t spent[2]);
void libssl_drop(struct libssl *l, uint64_t spent[2]);
/* `num` writes of `len` bytes by the client, then the reads of the server. ns of each. Needs a handshake before. */
bool libssl_records(struct libssl *l, const uint8_t *data, size_t len, size_t num, uint64_t *write, uint64_t *read);
/* Over connected sockets, blocking: a server that answers one byte with one and waits for the end; a client that asks when its
 * handshake is done, and the ns until the answer is there. Any number of threads, one for each socket. */
bool libssl_serve(struct libssl *l, int fd);
bool libssl_ask(struct libssl *l, int fd, uint64_t *ns);
/* Tickets that the server gives in a handshake of TLS 1.3; in TLS 1.2 from now on one, whatever `num` is. */
bool libssl_tickets(struct libssl *l, unsigned num);
/* The same server and client with a line; the ns count from the first byte of the handshake. The client keeps its session, and
 * fails unless the handshake was resumed with the one before (`resume`) or full. */
bool libssl_answer(struct libssl *l, int fd);
bool libssl_line(struct libssl *l, int fd, bool resume, uint64_t *ns);
const char *libssl_version(void); /* "" without libssl */

#endif
