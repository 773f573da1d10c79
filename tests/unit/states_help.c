/* SPDX-License-Identifier: MIT
 *
 * The tables as tests read them.
 */
#include "tests/unit/states_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define PATHS_MAX 64u
#define PATH_SIZE 200u

struct paths {
    char path[PATHS_MAX][PATH_SIZE];
    size_t num;
};

const char *
states_short_name(const struct tvt_machine *m, uint8_t state)
{
    const char *dot = strchr(m->states[state].name, '.');
    return dot != NULL ? dot + 1 : m->states[state].name;
}

/* Follows our own turns, every edge of each, to the next state that waits. */
static void
follow_turns(const struct tvt_machine *m, struct paths *out, const char *so_far, uint8_t state, unsigned depth)
{
    const struct tvt_row *row = tvt_machine_row(m, state, TVT_ON_SEND);
    char text[PATH_SIZE];
    CU_ASSERT_FATAL(depth < 12 && out->num < PATHS_MAX);
    if (row == NULL) {
        (void)snprintf(out->path[out->num++], PATH_SIZE, "%s > %s", so_far, states_short_name(m, state));
        return;
    }
    (void)snprintf(text, sizeof text, "%s %s", so_far, tvt_message_kind_name((enum tvt_message_kind)row->sends));
    for (unsigned i = 0; i < row->num_edges; i++)
        follow_turns(m, out, text, row->edges[i].next, depth + 1);
}

static void
collect_paths(const struct tvt_machine *m, struct paths *out)
{
    char text[PATH_SIZE];
    out->num = 0;
    if (tvt_machine_row(m, m->start, TVT_ON_SEND) != NULL) {
        (void)snprintf(text, sizeof text, "%s begin >", states_short_name(m, m->start));
        follow_turns(m, out, text, m->start, 0);
    }
    for (size_t i = 0; i < m->num_rows; i++) {
        const struct tvt_row *row = &m->rows[i];
        if (row->on == TVT_ON_SEND)
            continue;
        char event[64];
        (void)snprintf(event, sizeof event, "%s%s", row->on > TVT_ON_SEND ? "call " : "",
                       row->on > TVT_ON_SEND ? tvt_on_name(row->on)
                                             : tvt_message_kind_name((enum tvt_message_kind)row->on));
        for (size_t k = 0; k < sizeof row->fork / sizeof row->fork[0] && row->fork[k] != NULL; k++)
            (void)snprintf(out->path[out->num++], PATH_SIZE, "%s %s to %s", states_short_name(m, row->state), event,
                           row->fork[k]->name);
        if (row->num_edges == 0 && row->fork[0] == NULL)
            (void)snprintf(out->path[out->num++], PATH_SIZE, "%s %s refused", states_short_name(m, row->state), event);
        for (unsigned e = 0; e < row->num_edges; e++) {
            (void)snprintf(text, sizeof text, "%s %s >", states_short_name(m, row->state), event);
            follow_turns(m, out, text, row->edges[e].next, 0);
        }
    }
}

static bool
has_path(const char *const *list, size_t num, const char *path)
{
    for (size_t i = 0; i < num; i++)
        if (strcmp(list[i], path) == 0)
            return true;
    return false;
}

void
states_compare(const struct tvt_machine *m, const char *const *expected, size_t num)
{
    static struct paths found;
    collect_paths(m, &found);
    for (size_t i = 0; i < found.num; i++) {
        bool known = has_path(expected, num, found.path[i]);
        if (!known)
            printf("\n    the table of %s has, and the RFC has not: %s", m->name, found.path[i]);
        CU_ASSERT(known);
    }
    for (size_t i = 0; i < num; i++) {
        bool there = false;
        for (size_t k = 0; k < found.num; k++)
            there = there || strcmp(found.path[k], expected[i]) == 0;
        if (!there)
            printf("\n    the RFC has, and the table of %s has not: %s", m->name, expected[i]);
        CU_ASSERT(there);
    }
}

static bool
ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);
    return len >= tail && strcmp(text + len - tail, end) == 0;
}

static bool
edge_is_psk(const struct tvt_machine *m, const struct tvt_row *row, const struct tvt_edge *edge)
{
    const char *to = states_short_name(m, edge->next);
    if (row->on == TVT_MSG_CLIENT_HELLO)
        return ends_with(to, "_PSK") || ends_with(to, "_EARLY");
    if (row->on == TVT_MSG_SERVER_HELLO12)
        return ends_with(to, "_PSK");
    return row->on == TVT_MSG_ENCRYPTED_EXTENSIONS && strcmp(to, "WAIT_CERT_CR") != 0;
}

static bool
edge_is_resumed(const struct tvt_machine *m, const struct tvt_row *row, const struct tvt_edge *edge)
{
    return (row->on == TVT_MSG_CLIENT_HELLO || row->on == TVT_MSG_SERVER_HELLO12) &&
           ends_with(states_short_name(m, edge->next), "_RES");
}

static bool
takes(const struct tvt_machine *m, const struct tvt_row *row, const struct tvt_edge *edge,
      const struct states_without *w)
{
    if (row->on != TVT_ON_SEND && row->on != TVT_MSG_NONE && (row->on == w->received || row->on == w->received_too))
        return false;
    if (row->on == TVT_ON_SEND && row->sends == w->sent)
        return false;
    if ((edge->keys & w->keys) != 0 || (w->psk && edge_is_psk(m, row, edge)))
        return false;
    if (w->resumed && edge_is_resumed(m, row, edge))
        return false;
    if (w->early && !ends_with(states_short_name(m, row->state), "_EARLY") &&
        ends_with(states_short_name(m, edge->next), "_EARLY"))
        return false;
    return w->state == NULL || strcmp(states_short_name(m, row->state), w->state) != 0;
}

void
states_walk(const struct tvt_machine *m, uint8_t from, struct states_without w, bool *reached)
{
    bool grown = true;
    memset(reached, 0, m->num_states * sizeof *reached);
    reached[from] = true;
    while (grown) {
        grown = false;
        for (size_t i = 0; i < m->num_rows; i++) {
            const struct tvt_row *row = &m->rows[i];
            for (unsigned e = 0; reached[row->state] && e < row->num_edges; e++) {
                if (!takes(m, row, &row->edges[e], &w) || reached[row->edges[e].next])
                    continue;
                reached[row->edges[e].next] = grown = true;
            }
        }
    }
}

uint8_t
states_named(const struct tvt_machine *m, const char *name)
{
    for (uint8_t s = 0; s < m->num_states; s++)
        if (strcmp(states_short_name(m, s), name) == 0)
            return s;
    CU_FAIL_FATAL("no state of that name");
    return 0;
}

bool
states_connects(const struct tvt_machine *m, struct states_without w)
{
    bool reached[STATES_MAX];
    states_walk(m, m->start, w, reached);
    return reached[m->connected];
}

void
states_data_needs(const struct tvt_machine *m, bool sending, enum tvt_data data, struct states_without w)
{
    bool reached[STATES_MAX];
    unsigned states = 0;
    states_walk(m, m->start, w, reached);
    for (size_t s = 0; s < m->num_states; s++) {
        bool here = (sending ? m->states[s].send : m->states[s].receive) == data;
        CU_ASSERT(!(here && reached[s]));
        states += here;
    }
    CU_ASSERT(states > 0);
}
