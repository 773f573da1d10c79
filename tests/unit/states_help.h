/* SPDX-License-Identifier: MIT
 *
 * The tables as tests read them: their paths in words, and walks that leave something out.
 */
#ifndef TVT_TESTS_UNIT_STATES_HELP_H
#define TVT_TESTS_UNIT_STATES_HELP_H

#include "core/handshake/handshake.h"

#define STATES_MAX 64u

/* The name of a state without that of its machine. */
const char *states_short_name(const struct tvt_machine *m, uint8_t state);
/* The paths of the table are those of the list, no more and no less. A path is
 * "<state> <event> > <messages sent> > <state>": our own turns are drawn together with the event that leads to them. */
void states_compare(const struct tvt_machine *m, const char *const *expected, size_t num);

/* What a walk leaves out; 0 nothing. */
struct states_without {
    enum tvt_message_kind received, received_too, sent;
    unsigned keys;     /* edges with one of these changes                              */
    bool psk, early;   /* edges that only a pre-shared key opens; only 0-RTT           */
    bool resumed;      /* TLS 1.2: edges that only a session opens that is gone back to */
    const char *state; /* its way out: "CONNECTED"                                     */
};

/* States that a walk from `from` reaches. */
void states_walk(const struct tvt_machine *m, uint8_t from, struct states_without w, bool *reached);
uint8_t states_named(const struct tvt_machine *m, const char *name);
bool states_connects(const struct tvt_machine *m, struct states_without w);
/* No state that `w` makes unreachable may let data of this kind through. */
void states_data_needs(const struct tvt_machine *m, bool sending, enum tvt_data data, struct states_without w);

#endif
