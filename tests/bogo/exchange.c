/* SPDX-License-Identifier: MIT
 *
 * One connection: the handshake, then every byte that comes is sent back inverted, until the runner closes.
 */
#include "tests/bogo/shim.h"

#include "core/base/registry.h"

#include <stdio.h>
#include <string.h>

#define READ_SIZE       512u /* bytes of data that are answered at a time */
#define RECORD_OVERHEAD 22u  /* header, type and tag of a record          */
#define OVERHEAD12      21u  /* the least of TLS 1.2: header and tag      */
#define HEADER          5u
#define EXPORT_MAX      4096u

/* Every step is an exit status, or -1 to go on. */

static int
fail(struct shim_run *run)
{
    return shim_report(tvt_connection_error(run->connection));
}

/* Room for one record as the flags limit it: smaller by its overhead until the first protected one was written. */
static size_t
record_room(const struct shim_run *run)
{
    struct tvt_info info;
    tvt_connection_info(run->connection, &info);
    size_t overhead = info.version == TVT_VERSION_TLS12 ? OVERHEAD12 : RECORD_OVERHEAD;
    overhead = run->protects ? overhead : HEADER;
    size_t most = run->o->max_send_fragment > 0 ? (size_t)run->o->max_send_fragment + overhead : SIZE_MAX;
    return most < TVT_RECORD_WIRE_MAX ? most : TVT_RECORD_WIRE_MAX;
}

static int
flush(struct shim_run *run)
{
    uint8_t out[TVT_RECORD_WIRE_MAX];
    size_t len;
    if (run->shaking && tvt_connection_has_output(run->connection))
        shim_link_release(&run->link);
    while (tvt_connection_has_output(run->connection)) {
        if (tvt_connection_output(run->connection, out, record_room(run), &len) != TVT_OK)
            return fail(run);
        for (size_t at = 0; at + HEADER <= len; at += HEADER + ((size_t)out[at + 3] << 8 | out[at + 4]))
            run->protects |= out[at] == TVT_CONTENT_CCS || out[at] == TVT_CONTENT_APPLICATION;
        shim_link_write(&run->link, out, len);
        if (len == 0)
            break;
    }
    return -1;
}

/* What does not fit into 0-RTT waits for the end of the handshake. `leave`: of the last record only the first byte leaves; the link keeps the rest until complete_write(). */
static int
send_data(struct shim_run *run, const uint8_t *data, size_t len, bool leave)
{
    static uint8_t out[TVT_RECORD_WIRE_MAX];
    bool early = tvt_connection_early_room(run->connection) > 0;
    size_t out_len, used;
    while (len > 0) {
        enum tvt_result r =
            early ? tvt_connection_seal_early(run->connection, out, record_room(run), &out_len, data, len, &used)
                  : tvt_connection_seal(run->connection, out, record_room(run), &out_len, data, len, &used);
        if (r != TVT_OK)
            return fail(run);
        data += used;
        len -= used;
        if (leave && len == 0) {
            shim_link_write(&run->link, out, 1);
            shim_link_hold(&run->link, out + 1, out_len - 1);
        } else {
            shim_link_write(&run->link, out, out_len);
        }
        early = early && tvt_connection_early_room(run->connection) > 0;
        if (!early && !tvt_connection_can_send(run->connection))
            break;
    }
    run->left = data;
    run->num_left = len;
    return -1;
}

static int
update_key(struct shim_run *run)
{
    return tvt_connection_key_update(run->connection, false) == TVT_OK ? flush(run) : fail(run);
}

static int
export_between(struct shim_run *run)
{
    uint8_t byte;
    return tvt_connection_export(run->connection, &byte, 1, "", NULL, 0) == TVT_OK ? -1 : fail(run);
}

/* Sends what came back inverted, a little at a time. */
static int
answer(struct shim_run *run, struct tvt_span data)
{
    const struct shim_options *o = run->o;
    uint8_t echo[TVT_RECORD_WIRE_MAX];
    size_t step = o->read_size > 0 ? (size_t)o->read_size : READ_SIZE;
    int status = -1;
    shim_link_release(&run->link);
    for (size_t at = 0; at < data.len && status < 0; at += step) {
        size_t len = data.len - at < step ? data.len - at : step;
        for (size_t i = 0; i < len; i++)
            echo[i] = data.data[at + i] ^ 0xff;
        if (o->key_update)
            status = update_key(run);
        if (status < 0 && o->use_exporter_between_reads)
            status = export_between(run);
        if (status < 0)
            status = send_data(run, echo, len, false);
        if (status < 0 && o->key_update_before_read)
            status = update_key(run);
    }
    return status;
}

/* The runner has closed its end. Without -check-close-notify an end without words is good, too. */
static int
take_end(struct shim_run *run)
{
    bool orderly = tvt_connection_received_close(run->connection);
    bool established = tvt_connection_established(run->connection);
    run->ended = true;
    if (tvt_connection_input_eof(run->connection) == TVT_CLOSED && orderly)
        return -1;
    return established && !run->o->check_close_notify ? -1 : fail(run);
}

/* Takes one record, or reads on. */
static int
step(struct shim_run *run)
{
    struct shim_link *link = &run->link;
    struct tvt_span data = {NULL, 0};
    size_t used = 0;
    int status = -1;
    enum tvt_result r = tvt_connection_input(run->connection, link->in, link->have, &used, &data);
    switch (r) {
    case TVT_OK:
        if (data.len > 0 && !run->o->shim_shuts_down)
            status = answer(run, data);
        break;
    case TVT_WANT_READ:
        if (!shim_link_fill(link))
            return take_end(run);
        return -1;
    case TVT_WANT_WRITE:
        break;
    case TVT_PENDING:
        r = tvt_connection_handshake(run->connection);
        return r == TVT_FAIL ? fail(run) : flush(run);
    case TVT_CLOSED:
        run->ended = true;
        break;
    case TVT_FAIL:
        return fail(run);
    }
    shim_link_drop(link, used);
    return status < 0 ? flush(run) : status;
}

static int
export_material(struct shim_run *run)
{
    const struct shim_options *o = run->o;
    uint8_t out[EXPORT_MAX];
    size_t len = (size_t)o->export_keying_material;
    if (len > sizeof out)
        return shim_say(SHIM_UNIMPLEMENTED, "exporting %zu bytes", len);
    /* in TLS 1.2 no context is another one than an empty one (RFC 5705 4) */
    const uint8_t *context = o->use_export_context ? (const uint8_t *)o->export_context : NULL;
    if (tvt_connection_export(run->connection, out, len, o->export_label, context,
                              context != NULL ? strlen(o->export_context) : 0) != TVT_OK)
        return fail(run);
    return send_data(run, out, len, false);
}

static int
write_sizes(struct shim_run *run)
{
    static const size_t sizes[] = {0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769};
    static uint8_t data[32769];
    int status = -1;
    memset(data, 0x42, sizeof data);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && status < 0; i++)
        status = send_data(run, data, sizes[i], false);
    return status;
}

static bool
may_send(const struct shim_run *run)
{
    return tvt_connection_can_send(run->connection) || tvt_connection_early_room(run->connection) > 0;
}

/* What the shim says first. In 0-RTT it may be cut short; called again, it goes on where it was. */
static int
write_first(struct shim_run *run)
{
    const struct shim_options *o = run->o;
    const uint8_t *words = (const uint8_t *)o->shim_initial_write;
    size_t len = strlen(o->shim_initial_write);
    int times = o->read_with_unfinished_write ? 1 : o->shim_writes_first ? o->repeat_shim_initial_write : 0;
    int status = run->num_left > 0 ? send_data(run, run->left, run->num_left, false) : -1;
    if (o->write_different_record_sizes)
        return write_sizes(run);
    while (run->num_wrote < times && run->num_left == 0 && status < 0 && may_send(run)) {
        run->num_wrote++;
        status = send_data(run, words, len, o->read_with_unfinished_write);
    }
    return status;
}

/* 0-RTT: what the shim says first leaves behind the ClientHello. */
static int
write_early(struct shim_run *run)
{
    int status = -1;
    if (run->o->server || tvt_connection_early_room(run->connection) == 0)
        return -1;
    if (run->num_wrote == 0 && run->o->export_keying_material > 0)
        status = export_material(run);
    return status < 0 ? write_first(run) : status;
}

/* The server took the handshake and not the early data: from here on the flags for that hold. */
static void
note_rejection(struct shim_run *run)
{
    const struct shim_options *now = shim_flags_now(run);
    if (now == run->o)
        return;
    shim_link_release(&run->link);
    run->o = now;
    run->retried = true;
    run->num_left = 0;
    run->num_wrote = 0;
}

static int
handshake(struct shim_run *run)
{
    int status = -1;
    run->shaking = true;
    while (status < 0) {
        enum tvt_result r = tvt_connection_handshake(run->connection);
        status = flush(run);
        if (r == TVT_FAIL || r == TVT_CLOSED || (r == TVT_WANT_READ && run->ended))
            return fail(run);
        if (r == TVT_OK) {
            run->shaking = false;
            note_rejection(run);
            return status;
        }
        if (status < 0)
            status = write_early(run);
        if (status < 0 && r == TVT_WANT_READ)
            status = step(run);
    }
    return status;
}

static int
read_all(struct shim_run *run)
{
    int status = run->o->key_update_before_read ? update_key(run) : -1;
    while (status < 0 && !run->ended)
        status = step(run);
    return status;
}

/* Closes in order; where the flags ask for it, waits until the other end has done so, too. */
static int
close_down(struct shim_run *run)
{
    int status = tvt_connection_close(run->connection) == TVT_OK ? flush(run) : fail(run);
    if (!run->o->shim_shuts_down || !run->o->check_close_notify)
        return status;
    while (status < 0 && !run->ended)
        status = step(run);
    return status;
}

int
shim_exchange(struct shim_run *run)
{
    int status = handshake(run);
    const struct shim_options *o = run->o;
    if (status < 0)
        status = shim_check_handshake(run);
    if (status < 0 && o->handshake_twice)
        status = handshake(run);
    if (status < 0 && o->no_op_extra_handshake && tvt_connection_handshake(run->connection) != TVT_OK)
        status = shim_say(SHIM_WRONG, "another call for the handshake did something");
    if (status < 0 && o->export_keying_material > 0)
        status = export_material(run);
    if (status < 0)
        status = write_first(run);
    if (status < 0 && !o->shim_shuts_down && !o->write_different_record_sizes)
        status = read_all(run);
    if (status < 0)
        status = shim_check_new_session(run);
    if (status < 0)
        status = close_down(run);
    if (status >= 0)
        (void)flush(run); /* the alert */
    return status < 0 ? SHIM_DONE : status;
}
