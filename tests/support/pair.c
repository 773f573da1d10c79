/* SPDX-License-Identifier: MIT
 *
 * The in-memory wire of the tests.
 */
#include "tests/support/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
tvt_pair_open(struct tvt_pair *pair, struct tvt_config *client, struct tvt_config *server, const char *name)
{
    struct tvt_config *config[2] = {client, server};
    struct tvt_error error;
    char text[1024];
    tvt_error_clear(&error);
    for (int role = 0; role < 2; role++) {
        struct tvt_end *e = &pair->end[role];
        memset(e, 0, sizeof *e);
        e->in = malloc(TVT_RECORD_WIRE_MAX);
        e->data = malloc(TVT_PAIR_QUEUE);
        pair->queue[role] = (struct tvt_queue){malloc(TVT_PAIR_QUEUE), 0, 0};
        if (tvt_connection_new(&e->connection, config[role], (enum tvt_role)role, &error) != TVT_OK) {
            tvt_error_format(&error, text, sizeof text);
            fprintf(stderr, "connection: %s\n", text);
            return false;
        }
    }
    return name == NULL || tvt_connection_set_name(pair->end[TVT_CLIENT].connection, name) == TVT_OK;
}

void
tvt_pair_close(struct tvt_pair *pair)
{
    for (int role = 0; role < 2; role++) {
        tvt_connection_free(pair->end[role].connection);
        free(pair->end[role].in);
        free(pair->end[role].data);
        free(pair->queue[role].bytes);
    }
    memset(pair, 0, sizeof *pair);
}

static void
enqueue(struct tvt_pair *pair, enum tvt_role from, uint8_t *bytes, size_t len)
{
    struct tvt_queue *q = &pair->queue[1 - from];
    if (len > TVT_PAIR_QUEUE - q->len) {
        fprintf(stderr, "the queue is full\n");
        abort();
    }
    if (pair->on_wire != NULL)
        pair->on_wire(pair->user, from, bytes, len);
    memcpy(q->bytes + q->len, bytes, len);
    q->len += len;
    q->total += len;
}

static bool
take_output(struct tvt_pair *pair, enum tvt_role role)
{
    uint8_t out[TVT_RECORD_WIRE_MAX];
    size_t room = pair->write_room != 0 ? pair->write_room : sizeof out, n = 0;
    bool moved = false;
    while (tvt_connection_has_output(pair->end[role].connection)) {
        if (tvt_connection_output(pair->end[role].connection, out, room, &n) != TVT_OK || n == 0)
            break;
        enqueue(pair, role, out, n);
        moved = true;
    }
    return moved;
}

/* Hands on at most `chunk` bytes, and no more than the record at hand needs. */
static bool
take_input(struct tvt_pair *pair, enum tvt_role role)
{
    struct tvt_queue *q = &pair->queue[role];
    struct tvt_end *e = &pair->end[role];
    size_t want = tvt_connection_input_size(e->in, e->in_len), n = want > e->in_len ? want - e->in_len : 0;
    if (want > TVT_RECORD_WIRE_MAX)
        n = 0;
    if (n > q->len)
        n = q->len;
    if (pair->chunk != 0 && n > pair->chunk)
        n = pair->chunk;
    if (pair->gate[role] != 0 && n > pair->gate[role] - (q->total - q->len))
        n = pair->gate[role] - (q->total - q->len);
    memcpy(e->in + e->in_len, q->bytes, n);
    memmove(q->bytes, q->bytes + n, q->len - n);
    q->len -= n;
    e->in_len += n;
    size_t used = 0;
    struct tvt_span app;
    e->last = tvt_connection_input(e->connection, e->in, e->in_len, &used, &app);
    memcpy(e->data + e->data_len, app.len > 0 ? app.data : e->data, app.len);
    e->data_len += app.len;
    memmove(e->in, e->in + used, e->in_len - used);
    e->in_len -= used;
    return n > 0 || used > 0;
}

bool
tvt_pair_step(struct tvt_pair *pair, enum tvt_role role)
{
    struct tvt_end *e = &pair->end[role];
    bool moved = false;
    if (!tvt_connection_established(e->connection)) {
        const char *before = tvt_connection_state(e->connection);
        e->last = tvt_connection_handshake(e->connection);
        moved = before != tvt_connection_state(e->connection);
    }
    moved |= take_output(pair, role);
    if (pair->queue[role].len > 0 || e->in_len > 0)
        moved |= take_input(pair, role);
    moved |= take_output(pair, role);
    return moved;
}

void
tvt_pair_settle(struct tvt_pair *pair)
{
    while ((int)tvt_pair_step(pair, TVT_CLIENT) | (int)tvt_pair_step(pair, TVT_SERVER))
        ;
}

bool
tvt_pair_handshake(struct tvt_pair *pair)
{
    tvt_pair_settle(pair);
    for (int role = 0; role < 2; role++) {
        const struct tvt_connection *c = pair->end[role].connection;
        if (!tvt_connection_established(c) || tvt_connection_error(c)->code != TVT_E_NONE)
            return false;
    }
    return true;
}

bool
tvt_pair_send(struct tvt_pair *pair, enum tvt_role from, const void *data, size_t len)
{
    uint8_t out[TVT_RECORD_WIRE_MAX];
    const uint8_t *p = data;
    size_t used = 0, n = 0;
    while (len > 0) {
        if (tvt_connection_seal(pair->end[from].connection, out, sizeof out, &n, p, len, &used) != TVT_OK)
            return false;
        enqueue(pair, from, out, n);
        p += used;
        len -= used;
    }
    return true;
}
