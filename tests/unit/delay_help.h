/* SPDX-License-Identifier: MIT
 *
 * Two ends of which everything that may answer late does, at random: signers, verdicts, look-ups of keys and sessions, the
 * memory against replays.
 */
#ifndef TVT_TESTS_UNIT_DELAY_HELP_H
#define TVT_TESTS_UNIT_DELAY_HELP_H

#include "tests/providers/delay.h"
#include "tests/unit/resume_help.h"

struct delayed {
    unsigned most; /* times that one operation says PENDING at most */
    struct tvt_provider *provider[2];
    struct tvt_delay_wait verdict[2];              /* of each end  */
    struct tvt_delay_wait lookup, take, first_time; /* of the server: a key, a session, a replay */
    struct tvt_session *psk, *there;               /* the one that is known; that lies in the cache, under `id` */
    uint8_t id[TVT_SESSION_ID_LEN];
    struct tvt_session_cache cache;
    struct tvt_replay replay;
    struct kept got; /* by the client */
    struct tvt_fixture f;
};

/* Both ends have a certificate, and ask for a verdict; the client keeps its sessions. */
void delayed_open(struct delayed *x, uint32_t seed, unsigned most);
/* Asserts that no operation was left open. */
void delayed_close(struct delayed *x);
/* The client has this key (the reference is taken over), and the server finds it. */
void delayed_know(struct delayed *x, struct tvt_session *psk);
/* The whole handshake: asks again as often as anybody here could say PENDING. */
bool delayed_handshake(struct delayed *x);
/* The same of what comes behind it. */
void delayed_settle(struct delayed *x);

#endif
