/* SPDX-License-Identifier: MIT
 *
 * Runs an operation up to each byte at which its transport can stop, writes down what it came to, and judges it by
 * SSL_connect(3): what a wait, an end and a failure must look like, that they stay what they are, and that nothing
 * received before them is lost.
 */
#include "tests/io-table/scene.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TURNS     40000u
#define ENDS_MAX  64u
#define NEAR_EDGE 6u /* bytes behind a record's end that are never skipped: its header, and one more */

static struct scene scene; /* large */

bool
run_open(const char *backend)
{
    return scene_open_contexts(backend);
}

void
run_close(void)
{
    scene_close_contexts();
    line_free_all();
}

/* ---- records ---- */

static size_t
record_ends(const uint8_t *bytes, size_t from, size_t to, size_t ends[ENDS_MAX])
{
    size_t num = 0;
    while (to - from >= 5 && num < ENDS_MAX) {
        size_t len = 5 + ((size_t)bytes[from + 3] << 8 | bytes[from + 4]);
        if (len > to - from)
            break;
        from += len;
        ends[num++] = from;
    }
    return num;
}

static unsigned
place(const uint8_t *bytes, size_t base, size_t len, size_t at)
{
    size_t ends[ENDS_MAX], num = record_ends(bytes, base, len, ends);
    if (at <= base)
        return AT_START;
    for (size_t i = 0; i < num; i++)
        if (ends[i] == at)
            return AT_EDGE;
    return AT_INSIDE;
}

/* ---- what came of a call ---- */

static const char *
state_of(const struct scene *s, char text[TEXT_MAX])
{
    static const struct {
        const char *state, *words;
    } words[] = {{"PINIT ", "not begun"}, {"SSLHS ", "in the handshake"}, {"SSLOK ", "open"}, {"SSLERR", "failed"}};
    const char *state = "?";
    int flags = SSL_get_shutdown(s->me);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(SSL_state_string(s->me), words[i].state) == 0)
            state = words[i].words;
    (void)snprintf(text, TEXT_MAX, "%s%s%s", state, (flags & SSL_SENT_SHUTDOWN) != 0 ? ", close_notify sent" : "",
                   (flags & SSL_RECEIVED_SHUTDOWN) != 0 ? ", close_notify received" : "");
    return text;
}

static const char *
errno_name(int number)
{
    return number == 0            ? "errno 0"
           : number == ECONNRESET ? "ECONNRESET"
           : number == EPIPE      ? "EPIPE"
           : number == EDOM       ? "a stale errno"
                                  : "another errno";
}

static struct outcome
outcome_of(const struct scene *s, const struct call *c, unsigned at)
{
    int number = errno;
    struct outcome o = {.at = at, .error = SSL_get_error(s->me, c->r), .times = 1};
    (void)snprintf(o.call, sizeof o.call, "%s", c->name);
    (void)snprintf(o.result, sizeof o.result, c->r > 1 ? ">1" : "%d", c->r);
    if (o.error == SSL_ERROR_SYSCALL)
        (void)snprintf(o.reason, sizeof o.reason, "%s", errno_name(number));
    else if (o.error == SSL_ERROR_SSL)
        (void)snprintf(o.reason, sizeof o.reason, "%s", tvt_error_name(SSL_get0_error_record(s->me)->code));
    (void)state_of(s, o.state);
    return o;
}

static bool
same_result(const struct outcome *a, const struct outcome *b)
{
    return a->error == b->error && strcmp(a->result, b->result) == 0 && strcmp(a->reason, b->reason) == 0;
}

/* ---- judging ---- */

static bool
reads(int version, enum operation op)
{
    return op != OP_WRITE && (version == 1 || (op != OP_UPDATE && op != OP_EARLY_WRITE));
}

static bool
writes(int version, enum operation op)
{
    return op != OP_READ && op != OP_PEEK && (version == 1 || (op != OP_UPDATE && op != OP_EARLY_WRITE));
}

static bool
is_refused(int version, enum operation op)
{
    return version == 0 && (op == OP_UPDATE || op == OP_EARLY_WRITE);
}

static bool
is_early_call(const struct outcome *o)
{
    return strstr(o->call, "early_data") != NULL;
}

/* Both are SSL_R_UNEXPECTED_EOF_WHILE_READING. */
static bool
is_eof(const struct outcome *o)
{
    return strcmp(o->reason, "UNEXPECTED_EOF") == 0 || strcmp(o->reason, "EOF_IN_HANDSHAKE") == 0;
}

/* What the contract says of an outcome: NULL, or what is wrong. */
static const char *
judge(int version, enum operation op, enum event event, enum kind kind, const struct outcome *o)
{
    bool failed = strcmp(o->result, is_early_call(o) ? "0" : "-1") == 0;
    bool looks = event == EVENT_WAIT_WRITE || event == EVENT_WRITE_FAILS || event == EVENT_GONE ? writes(version, op)
                 : event == EVENT_TIMEOUT ? op != OP_WRITE || kind_cannot_wait_to_write(kind) == NULL
                                          : reads(version, op);
    if (is_refused(version, op))
        return o->error == SSL_ERROR_SSL && strcmp(o->result, "0") == 0 ? NULL : "not refused";
    if (o->at == AT_NEVER)
        return looks && (event != EVENT_WAIT_WRITE || kind_cannot_wait_to_write(kind) == NULL) ? "not met" : NULL;
    switch (event) {
    case EVENT_WAIT_READ:
        return failed && o->error == SSL_ERROR_WANT_READ ? NULL : "must be WANT_READ";
    case EVENT_WAIT_WRITE:
        return failed && o->error == SSL_ERROR_WANT_WRITE ? NULL : "must be WANT_WRITE";
    case EVENT_TIMEOUT:
        return failed && (o->error == SSL_ERROR_WANT_READ || o->error == SSL_ERROR_WANT_WRITE) ? NULL : "must wait";
    case EVENT_END:
        return failed && o->error == SSL_ERROR_SSL && is_eof(o) ? NULL : "must be UNEXPECTED_EOF";
    case EVENT_GONE: /* a handshake looks for an alert, and meets the end */
        if (failed && o->error == SSL_ERROR_SSL && is_eof(o))
            return op == OP_WRITE ? "must be SYSCALL" : NULL;
        /* fall through */
    case EVENT_READ_FAILS:
    case EVENT_WRITE_FAILS: {
        const char *number = kind == KIND_PAIR || kind == KIND_MEM ? "errno 0"
                             : event == EVENT_READ_FAILS           ? "ECONNRESET"
                                                                   : "EPIPE";
        return failed && o->error == SSL_ERROR_SYSCALL && strcmp(o->reason, number) == 0 ? NULL
                                                                                         : "must be SYSCALL with errno";
    }
    case EVENT_CLOSE:
        return strcmp(o->result, op == OP_SHUTDOWN ? "1" : "0") == 0 &&
                       o->error == (op == OP_SHUTDOWN ? SSL_ERROR_NONE : SSL_ERROR_ZERO_RETURN)
                   ? NULL
                   : "must be ZERO_RETURN";
    default:
        return failed && o->error == SSL_ERROR_SSL && strcmp(o->reason, "PEER_ALERT") == 0 ? NULL
                                                                                           : "must be PEER_ALERT";
    }
}

struct run {
    struct table *table;
    int version;
    enum operation op;
    enum event event;
    enum kind kind;
};

static struct cell *
cell_of(const struct run *r)
{
    return &r->table->cell[r->version][r->op][r->event][r->kind];
}

static void
fault(const struct run *r, const char *what, const struct outcome *o)
{
    table_fault(r->table, r->version, r->op, r->event, r->kind, what, o);
}

static void
note(const struct run *r, const struct outcome *o)
{
    const char *wrong = judge(r->version, r->op, r->event, r->kind, o);
    if (wrong != NULL)
        fault(r, wrong, o);
    if (!cell_add(cell_of(r), o))
        fault(r, "too many outcomes", o);
    r->table->boundaries++;
}

static bool
begin(const struct run *r, bool narrow)
{
    r->table->connections++;
    if (scene_open(&scene, r->version, r->op, r->kind, narrow))
        return true;
    fault(r, "the scene does not open", NULL);
    return false;
}

/* ---- waiting, byte by byte, in one connection ---- */

/* What each side has when the operation is done. */
static const char *
whole(struct scene *s)
{
    for (int i = 0; i < 3; i++)
        scene_pump(s);
    bool good = !s->wrong;
    switch (s->op) {
    case OP_READ:
    case OP_PEEK:
        good = good && s->num_got == strlen(FIRST SECOND);
        break;
    case OP_WRITE:
        good = good && s->num_heard == strlen(OURS) && memcmp(s->heard, OURS, s->num_heard) == 0;
        break;
    case OP_EARLY_WRITE:
        good = good && s->num_heard == strlen(EARLY) && memcmp(s->heard, EARLY, s->num_heard) == 0;
        break;
    case OP_EARLY_READ:
        good = good && s->num_got == (s->version == 1 ? strlen(EARLY) : 0);
        break;
    case OP_UPDATE:
        good = good && s->num_got == strlen(FIRST);
        break;
    default:
        break;
    }
    return good ? NULL : "the data is not what was sent";
}

/* A caller whose time is up calls again though nothing moved: nothing may change. */
static void
call_in_vain(const struct run *r, const struct outcome *first)
{
    for (int i = 0; i < 2; i++) {
        struct call c = scene_call(&scene);
        struct outcome o = outcome_of(&scene, &c, first->at);
        line_sync(&scene.line);
        if (!same_result(&o, first))
            fault(r, "another answer to the same call", &o);
    }
}

/* Where the call stopped, and one byte more for the next one. 0: it waits for something else. */
static unsigned
stopped_at(const struct run *r, int error, size_t last[2])
{
    struct line *l = &scene.line;
    bool reading = r->event != EVENT_WAIT_WRITE && error == SSL_ERROR_WANT_READ && line_read_stopped(l);
    bool writing = r->event != EVENT_WAIT_READ && error == SSL_ERROR_WANT_WRITE && line_write_stopped(l);
    unsigned at = 0;
    if (reading && l->may_read != last[0]) {
        scene_pump(&scene); /* so that the record is known */
        at = place(l->in, scene.base_in, l->in_len, l->may_read);
        last[0] = l->may_read;
    }
    if (writing && l->may_write != last[1]) {
        at = place(l->out, scene.base_out, l->out_len, l->may_write);
        last[1] = l->may_write;
    }
    return at;
}

static void
run_waits(const struct run *r)
{
    struct line *l = &scene.line;
    size_t last[2] = {LINE_ALL, LINE_ALL};
    struct call c = {.done = false};
    struct outcome o = {.at = 0};
    if (!begin(r, r->event != EVENT_WAIT_READ))
        return;
    if (r->event != EVENT_WAIT_WRITE)
        l->may_read = scene.base_in;
    if (r->event != EVENT_WAIT_READ)
        l->may_write = scene.base_out;
    bool good = scene_prepare(&scene);
    for (unsigned turn = 0; good && turn < TURNS && !c.done; turn++) {
        line_sync(l);
        c = scene_call(&scene);
        o = outcome_of(&scene, &c, AT_NEVER);
        line_sync(l);
        o.at = c.done || c.went ? AT_NEVER : stopped_at(r, o.error, last);
        if (o.at != 0 && o.at != AT_NEVER) {
            note(r, &o);
            if (r->event == EVENT_TIMEOUT)
                call_in_vain(r, &o);
        }
        good = c.done || c.went || o.error == SSL_ERROR_WANT_READ || o.error == SSL_ERROR_WANT_WRITE;
        if (c.done)
            break;
        l->may_read += l->may_read < l->in_len && line_read_stopped(l);
        l->may_write += line_write_stopped(l) && (o.error == SSL_ERROR_WANT_WRITE || line_holds(l));
        scene_pump(&scene);
    }
    if (!c.done)
        fault(r, "the operation does not end", &o);
    else if (cell_of(r)->num == 0)
        note(r, &o);
    l->may_read = l->may_write = LINE_ALL;
    if (c.done && !is_refused(r->version, r->op) && whole(&scene) != NULL)
        fault(r, whole(&scene), &o);
    scene_close(&scene);
}

/* ---- breaking, a connection for each byte ---- */

/* Nothing received before an error is lost. NULL: so it is. */
static const char *
kept(struct scene *s, enum event event, size_t at, struct outcome *o)
{
    char text[DATA_MAX];
    const char *words = "";
    size_t due = (s->end_of[0] != 0 && at >= s->end_of[0] ? strlen(FIRST) : 0) +
                 (s->end_of[1] != 0 && at >= s->end_of[1] ? strlen(SECOND) : 0);
    bool good = !s->wrong;
    if (s->op == OP_READ || s->op == OP_PEEK || (s->op == OP_EARLY_READ && event == EVENT_END)) {
        good = good && s->num_got == due;
        words = "every whole record came before it";
    } else if (s->op == OP_WRITE) {
        int r = SSL_read(s->me, text, sizeof text);
        good = good && (due == 0 || (r == (int)due && memcmp(text, FIRST, due) == 0));
        words = "what waited is read after it";
    }
    (void)snprintf(o->data, sizeof o->data, "%s", words);
    return good ? NULL : "received data is lost";
}

/* Until the operation is done, fails, or nothing moves any more. */
static struct call
drive(struct scene *s, struct outcome *o)
{
    struct call c = {.done = false};
    size_t moved = 0;
    unsigned idle = 0;
    for (unsigned turn = 0; turn < TURNS && !c.done && idle < 4; turn++) {
        line_sync(&s->line);
        c = scene_call(s);
        *o = outcome_of(s, &c, AT_NEVER);
        if (!c.done && !c.went && o->error != SSL_ERROR_WANT_READ && o->error != SSL_ERROR_WANT_WRITE)
            break;
        scene_pump(s);
        size_t now = s->line.in_pos + s->line.in_len + s->line.out_len + s->line.peer_pos;
        idle = now == moved && !c.went ? idle + 1 : 0;
        moved = now;
    }
    return c;
}

static bool
fails_writing(enum event event)
{
    return event == EVENT_WRITE_FAILS || event == EVENT_GONE;
}

/* The transport ends or fails at byte `k` of the operation. True: the operation met it. */
static bool
break_at(const struct run *r, size_t k)
{
    struct line *l = &scene.line;
    struct outcome o = {.at = 0};
    if (!begin(r, fails_writing(r->event)))
        return false;
    bool writing = fails_writing(r->event);
    l->gone = r->event == EVENT_GONE;
    if (writing) {
        l->may_write = scene.base_out + k;
        l->write_end = EPIPE;
    } else {
        l->may_read = scene.base_in + k;
        l->read_end = r->event == EVENT_END ? LINE_ENDS : ECONNRESET;
    }
    struct call c = scene_prepare(&scene) ? drive(&scene, &o) : (struct call){.done = false};
    bool met = !c.done;
    if (met) {
        o.at = writing ? place(l->out, scene.base_out, l->out_len, l->out_len)
                       : place(l->in, scene.base_in, l->in_len, l->may_read);
        c = scene_call(&scene);
        struct outcome again = outcome_of(&scene, &c, o.at);
        if (!same_result(&again, &o))
            fault(r, "another answer to the same call", &again);
        const char *lost = kept(&scene, r->event, l->may_read, &o);
        if (lost != NULL)
            fault(r, lost, &o);
    }
    if (met || k == 0)
        note(r, &o);
    scene_close(&scene);
    return met;
}

/* Where records end in an operation that nothing stops. */
static size_t
probe(const struct run *r, size_t ends[ENDS_MAX], size_t *total)
{
    struct line *l = &scene.line;
    struct outcome o;
    size_t num = 0;
    *total = 0;
    if (begin(r, false) && scene_prepare(&scene) && drive(&scene, &o).done) {
        bool writing = fails_writing(r->event);
        size_t base = writing ? scene.base_out : scene.base_in;
        num = writing ? record_ends(l->out, base, l->out_len, ends) : record_ends(l->in, base, l->in_len, ends);
        for (size_t i = 0; i < num; i++)
            ends[i] -= base;
        *total = num > 0 ? ends[num - 1] : 0;
    }
    scene_close(&scene);
    return num;
}

static bool
is_chosen(size_t k, size_t every, const size_t *ends, size_t num)
{
    bool near = k <= NEAR_EDGE || k % every == 0;
    for (size_t i = 0; i < num && !near; i++)
        near = (k >= ends[i] && k <= ends[i] + NEAR_EDGE) || k + 1 == ends[i];
    return near;
}

static void
run_breaks(const struct run *r, size_t every)
{
    size_t ends[ENDS_MAX], total, num = probe(r, ends, &total);
    for (size_t k = 0; k <= total; k++)
        if (is_chosen(k, every, ends, num) && !break_at(r, k))
            break;
}

/* ---- what the peer says ---- */

static void
run_words(const struct run *r)
{
    static const uint8_t close_notify[] = {21, 3, 3, 0, 2, 1, 0}, handshake_failure[] = {21, 3, 3, 0, 2, 2, 40};
    struct line *l = &scene.line;
    struct outcome o = {.at = 0};
    struct call c = {.done = false};
    if (!begin(r, false))
        return;
    bool good = scene_prepare(&scene), shaken = SSL_is_init_finished(scene.me) != 0;
    if (!shaken) {
        memcpy(l->in, r->event == EVENT_CLOSE ? close_notify : handshake_failure, sizeof close_notify);
        l->in_len = sizeof close_notify;
    } else if (r->event == EVENT_CLOSE) {
        (void)SSL_shutdown(scene.peer);
    } else {
        scene_break_peer(&scene);
    }
    for (unsigned turn = 0; good && turn < 10 && !c.done; turn++) {
        line_sync(l);
        c = scene_call(&scene);
        o = outcome_of(&scene, &c, c.done ? AT_NEVER : AT_EDGE);
        c.done = c.done && r->op != OP_READ && r->op != OP_PEEK; /* these go on to it */
        if (!c.done && !c.went)
            break;
    }
    if (r->op == OP_SHUTDOWN && r->event == EVENT_CLOSE)
        o.at = AT_EDGE;
    if ((r->op == OP_READ || r->op == OP_PEEK) && (scene.wrong || scene.num_got != strlen(FIRST SECOND)))
        fault(r, "received data is lost", &o);
    note(r, &o);
    scene_close(&scene);
}

void
run_cell(struct table *t, int version, enum operation op, enum event event, enum kind kind, size_t every)
{
    struct run r = {t, version, op, event, kind};
    struct cell *c = cell_of(&r);
    if (event == EVENT_READ_FAILS)
        c->none = kind_cannot_fail(kind, true);
    if (event == EVENT_WAIT_WRITE)
        c->none = kind_cannot_wait_to_write(kind);
    if (c->none != NULL && event == EVENT_READ_FAILS)
        return;
    if (event == EVENT_WAIT_READ || event == EVENT_WAIT_WRITE || event == EVENT_TIMEOUT)
        run_waits(&r);
    else if (event == EVENT_CLOSE || event == EVENT_ALERT)
        run_words(&r);
    else
        run_breaks(&r, every);
}
