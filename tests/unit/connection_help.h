/* SPDX-License-Identifier: MIT
 *
 * Two connections after each other for tests: the first gives the client tickets, the second uses one.
 */
#ifndef TVT_TESTS_UNIT_CONNECTION_HELP_H
#define TVT_TESTS_UNIT_CONNECTION_HELP_H

#include "core/connection/connection.h"
#include "tests/support/fixture.h"

#define TVT_AGAIN_SESSIONS 16u

struct tvt_again {
    struct tvt_fixture f;          /* configurations, and the connection that is looked at */
    struct tvt_ticket_keys *keys;
    struct tvt_replay_memory *memory;
    struct tvt_session *session[TVT_AGAIN_SESSIONS]; /* received by the client, in order */
    size_t num_sessions;
};

/* Configurations of a server that gives tickets and a client that keeps them; 0-RTT of so many bytes, 0: none. */
void tvt_again_open(struct tvt_again *a, uint32_t client_early, uint32_t server_early);
/* The first connection, to its end: the client has two tickets. Then copies of the configurations take the place of those
 * in use, to be changed until tvt_again_connect(). */
void tvt_again_first(struct tvt_again *a);
/* The second connection: made, with the first session added, and 0-RTT where `early`. */
void tvt_again_connect(struct tvt_again *a, bool early);
void tvt_again_close(struct tvt_again *a);

/* Puts bytes on the wire towards `to`. */
void tvt_again_inject(struct tvt_fixture *f, enum tvt_role to, const uint8_t *bytes, size_t len);
/* The client's turn to write early data; true: all of it went, in records of at most `room` bytes of output. */
bool tvt_again_send_early(struct tvt_again *a, const void *data, size_t len, size_t room);
/* The victim failed with `code`, and the other end was told with the alert that belongs to it. */
bool tvt_again_failed(const struct tvt_fixture *f, enum tvt_role victim, enum tvt_error_code code);
/* "x" from each side arrives at the other. */
bool tvt_again_talk(struct tvt_fixture *f);

#endif
