/* SPDX-License-Identifier: MIT
 *
 * Two connections after each other, for the tests of resumption: a client's memory, a clock that moves, a server's keys.
 */
#ifndef TVT_TESTS_UNIT_RESUME_HELP_H
#define TVT_TESTS_UNIT_RESUME_HELP_H

#include "core/connection/connection.h"
#include "tests/support/fixture.h"

#define KEPT_MAX 8u

struct kept {
    struct tvt_session *session[KEPT_MAX];
    size_t num;
};

/* For tvt_config_set_new_session(): keeps them in a struct kept. */
void resume_keep(void *user, struct tvt_connection *connection, struct tvt_session *session);
void resume_forget(struct kept *kept);

struct resume { /* what a case needs: two configurations, a client's memory, a server's keys */
    struct tvt_fixture f;
    struct kept kept;
    struct tvt_ticket_keys *keys;
    struct tvt_memory_cache *cache;
    enum tvt_result answers[2];
    struct tvt_replay replay;
    const char *names;
};

#define RESUME_BACKENDS 5u
extern const char *const resume_backends[RESUME_BACKENDS];
extern uint64_t resume_now_ms, resume_client_ahead_ms; /* what the clocks say; the client's is ahead */

/* False: this build has no such backend. */
bool resume_open(struct resume *b, const char *names);
/* The first of the backends that has all that TLS can take; false: it is said that this build has none. */
bool resume_open_full(struct resume *b);
void resume_close(struct resume *b);
/* The configurations may be changed again: copies of them take their place. */
void resume_thaw(struct resume *b);
struct tvt_info resume_info(const struct resume *b, enum tvt_role role);
/* Both ways, a few bytes each: the tickets come with the server's. */
bool resume_exchange(struct resume *b);
/* A whole handshake with certificates and its tickets; then the configurations are open again. */
bool resume_first(struct resume *b);
/* A connection that offers the kept session `index`. */
bool resume_next(struct resume *b, size_t index, bool early);
/* ClientHello and HelloRetryRequest with one server connection; the next step is another one's, of `config`. */
void resume_change_server(struct resume *b, struct tvt_config *config);
/* Ends its handshake, and checks what both sides say of it. */
void resume_expect(struct resume *b, bool resumed);
#endif
