/* SPDX-License-Identifier: MIT
 *
 * trivet states: the tables that the handshake runs by, as text or for Graphviz; docs/states is made with it.
 */
#include "tools/commands.h"
#include "tools/report.h"

#include "core/handshake/post13.h"

#include <string.h>

#define LABEL_MAX 256u

struct word {
    unsigned bit;
    const char *text;
};
static const struct word key_words[] = {
    {TVT_KEYS_DERIVE_HANDSHAKE, "derive handshake keys"},
    {TVT_KEYS_DERIVE_EARLY, "derive 0-RTT keys"},
    {TVT_KEYS_DERIVE_APPLICATION, "derive application keys"},
    {TVT_KEYS_DERIVE_RESUMPTION, "derive the resumption secret"},
    {TVT_KEYS_CCS, "send change_cipher_spec"},
    {TVT_KEYS_SEND_EARLY, "send with 0-RTT keys"},
    {TVT_KEYS_RECEIVE_EARLY, "receive with 0-RTT keys"},
    {TVT_KEYS_SEND_PLAIN, "send in the clear"},
    {TVT_KEYS_SEND_HANDSHAKE, "send with handshake keys"},
    {TVT_KEYS_RECEIVE_HANDSHAKE, "receive with handshake keys"},
    {TVT_KEYS_SEND_APPLICATION, "send with application keys"},
    {TVT_KEYS_RECEIVE_APPLICATION, "receive with application keys"},
    {TVT_KEYS_SEND_NEXT, "send with next keys"},
    {TVT_KEYS_RECEIVE_NEXT, "receive with next keys"},
};
#define NUM_KEY_WORDS (sizeof(key_words) / sizeof(key_words[0]))

/* A state's name without its machine's: "WAIT_SH". */
static const char *
state_word(const struct tvt_machine *m, uint8_t state)
{
    const char *dot = strchr(m->states[state].name, '.');
    return dot != NULL ? dot + 1 : m->states[state].name;
}

/* What moves the machine: "receive ServerHello", "send Finished", "call key_update". */
static const char *
event_text(char out[LABEL_MAX], const struct tvt_row *row)
{
    if (row->handler == tvt_post13_send_answer) /* in one piece */
        (void)snprintf(out, LABEL_MAX, "send Certificate to Finished");
    else if (row->on == TVT_ON_SEND)
        (void)snprintf(out, LABEL_MAX, "send %s", tvt_message_kind_name((enum tvt_message_kind)row->sends));
    else if (row->on > TVT_ON_SEND)
        (void)snprintf(out, LABEL_MAX, "call %s", tvt_on_name(row->on));
    else
        (void)snprintf(out, LABEL_MAX, "receive %s", tvt_message_kind_name((enum tvt_message_kind)row->on));
    return out;
}

static void
print_keys(unsigned keys, const char *between)
{
    const char *gap = "";
    for (size_t i = 0; i < NUM_KEY_WORDS; i++) {
        if ((keys & key_words[i].bit) == 0)
            continue;
        printf("%s%s", gap, key_words[i].text);
        gap = between;
    }
}

static const char *
transcript_word(uint8_t rule)
{
    return rule == TVT_TRANSCRIPT_ADD     ? "add"
           : rule == TVT_TRANSCRIPT_RETRY ? "retry"
           : rule == TVT_TRANSCRIPT_POST  ? "answer"
                                          : "-";
}

static void
print_row(const struct tvt_machine *m, const struct tvt_row *row)
{
    char event[LABEL_MAX];
    printf("  %-14s %-30s %-10s %-8s", state_word(m, row->state), event_text(event, row),
           transcript_word(row->transcript), row->section);
    if (row->fork[0] != NULL)
        for (size_t i = 0; i < 2 && row->fork[i] != NULL; i++)
            printf(" -> %s", row->fork[i]->states[row->fork[i]->enter].name);
    else if (row->num_edges == 0)
        printf(" refused, in words of its own");
    for (unsigned i = 0; i < row->num_edges; i++) {
        if (i > 0)
            printf("\n%67s", "");
        printf(" -> %s", state_word(m, row->edges[i].next));
        if (row->edges[i].keys != 0) {
            printf(" [");
            print_keys(row->edges[i].keys, "; ");
            printf("]");
        }
    }
    putchar('\n');
}

static const char *
data_word(uint8_t data)
{
    return data == TVT_DATA_EARLY ? "0-RTT" : "application";
}

/* The states in which such data may go, if there are any. */
static void
print_data(const struct tvt_machine *m, bool sending, enum tvt_data data)
{
    unsigned states = 0;
    for (size_t i = 0; i < m->num_states; i++) {
        if ((sending ? m->states[i].send : m->states[i].receive) != data)
            continue;
        if (states++ == 0)
            printf("  %s %s data in:", sending ? "send" : "receive", data_word((uint8_t)data));
        printf(" %s", state_word(m, (uint8_t)i));
    }
    if (states > 0)
        putchar('\n');
}

static void
print_text(const struct tvt_machine *m)
{
    printf("%s: starts in %s, ", m->name, state_word(m, m->start));
    if (m->connected < m->num_states)
        printf("connected in %s", state_word(m, m->connected));
    else
        printf("leaves the rest to another one");
    printf("; sections are those of RFC 9846\n\n");
    printf("  %-14s %-30s %-10s %-8s %s\n", "state", "on", "transcript", "section", "edges [keys]");
    for (size_t i = 0; i < m->num_rows; i++)
        print_row(m, &m->rows[i]);
    putchar('\n');
    print_data(m, true, TVT_DATA_EARLY);
    print_data(m, false, TVT_DATA_EARLY);
    print_data(m, true, TVT_DATA_APPLICATION);
    print_data(m, false, TVT_DATA_APPLICATION);
    printf("  everything else is unexpected_message\n");
}

/* Two messages of one state that are taken alike (Certificate, compressed or not) are one line of the picture: the other
 * row, which stands behind; NULL: none. */
static const struct tvt_row *
twin_of(const struct tvt_machine *m, const struct tvt_row *row)
{
    for (const struct tvt_row *other = row + 1; other < m->rows + m->num_rows; other++) {
        bool alike = other->state == row->state && other->handler == row->handler && row->on < TVT_ON_SEND &&
                     other->num_edges == row->num_edges;
        for (unsigned e = 0; alike && e < row->num_edges; e++)
            alike = other->edges[e].next == row->edges[e].next && other->edges[e].keys == row->edges[e].keys;
        if (alike)
            return other;
    }
    return NULL;
}

static bool
is_twin(const struct tvt_machine *m, const struct tvt_row *row)
{
    for (const struct tvt_row *other = m->rows; other < row; other++)
        if (twin_of(m, other) == row)
            return true;
    return false;
}

/* Sending is ours to do (solid), receiving is the peer's (blue), a call is the program's (dashed). */
static void
print_edge(const struct tvt_machine *m, const struct tvt_row *row, const struct tvt_edge *edge, unsigned *loops)
{
    const struct tvt_row *twin = twin_of(m, row);
    static const char *const sides[] = {"e", "w"}; /* each loop of a state at a side of its own */
    char event[LABEL_MAX];
    const char *style = row->on == TVT_ON_SEND  ? "color=black"
                        : row->on > TVT_ON_SEND ? "style=dashed, color=gray40"
                                                : "color=blue3, fontcolor=blue3";
    printf("    %s -> %s [%s, ", state_word(m, row->state), state_word(m, edge->next), style);
    if (edge->next == row->state) {
        const char *side = sides[(*loops)++ % (sizeof sides / sizeof sides[0])];
        printf("headport=%s, tailport=%s, ", side, side);
    }
    printf("label=\"%s", event_text(event, row));
    if (twin != NULL)
        printf(" or\\n%s", tvt_message_kind_name((enum tvt_message_kind)twin->on));
    printf("\\n");
    print_keys(edge->keys, "\\n");
    printf("%s%s\"];\n", edge->keys != 0 ? "\\n" : "", row->section);
}

/* To a state of another machine. */
static void
print_fork(const struct tvt_machine *m, const struct tvt_row *row, const struct tvt_machine *to)
{
    char event[LABEL_MAX];
    printf("    %s_%s [label=\"%s\", shape=cds];\n", m->name, to->name, to->states[to->enter].name);
    printf("    %s -> %s_%s [color=blue3, fontcolor=blue3, label=\"%s\\n%s\"];\n", state_word(m, row->state), m->name,
           to->name, event_text(event, row), row->section);
}

/* The state's name, and which data may go there before the handshake is done. */
static void
print_node(const struct tvt_machine *m, uint8_t i)
{
    const struct tvt_state *state = &m->states[i];
    printf("    %s [label=\"%s", state_word(m, i), state_word(m, i));
    if (!state->done && state->send != TVT_DATA_NONE)
        printf("\\nsend %s data", data_word(state->send));
    if (!state->done && state->receive != TVT_DATA_NONE)
        printf("\\nreceive %s data", data_word(state->receive));
    printf("\"%s];\n", state->done ? ", peripheries=2" : i == m->start ? ", penwidth=2" : "");
}

static void
print_dot(const struct tvt_machine *m)
{
    printf("// Made by: trivet states --dot %s\n", m->name);
    unsigned loops = 0;
    printf("digraph %s {\n", m->name);
    printf(
        "    label=\"%s (sections of RFC 9846)\\nblack: we send; blue: the peer's message comes; dashed: the program "
        "calls; [keys that change]\\nwhat is not drawn is refused (of calls: has no effect); double border: the "
        "handshake is done\";\n",
        m->name);
    printf("    labelloc=t; fontname=\"Helvetica\";\n");
    printf("    node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11];\n");
    printf("    edge [fontname=\"Helvetica\", fontsize=9];\n");
    for (size_t i = 0; i < m->num_states; i++)
        print_node(m, (uint8_t)i);
    for (size_t i = 0; i < m->num_rows; i++)
        for (unsigned e = 0; e < m->rows[i].num_edges && !is_twin(m, &m->rows[i]); e++)
            if (m->rows[i].on <= TVT_ON_SEND || m->rows[i].edges[e].next != m->rows[i].state)
                print_edge(m, &m->rows[i], &m->rows[i].edges[e], &loops);
    for (size_t i = 0; i < m->num_rows; i++)
        for (size_t f = 0; f < 2 && m->rows[i].fork[f] != NULL; f++)
            print_fork(m, &m->rows[i], m->rows[i].fork[f]);
    printf("}\n");
}

int
tool_states(const struct tool_options *options)
{
    const struct tvt_machine *const *machines;
    size_t num = tvt_machines(&machines), shown = 0;
    char known[LABEL_MAX] = "";
    for (size_t i = 0; i < num; i++) {
        size_t at = strlen(known);
        (void)snprintf(known + at, sizeof known - at, "%s%s", i > 0 ? ", " : "", machines[i]->name);
        if (options->operand != NULL && strcmp(options->operand, machines[i]->name) != 0)
            continue;
        if (shown++ > 0)
            putchar('\n');
        if (options->dot)
            print_dot(machines[i]);
        else
            print_text(machines[i]);
    }
    if (shown == 0)
        return tool_usage(options, "there is no machine \"%s\". Say one of: %s.", options->operand, known);
    return TOOL_DONE;
}
