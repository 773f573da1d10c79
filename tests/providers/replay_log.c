/* SPDX-License-Identifier: MIT
 *
 * The log of the replay provider, and its text form.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/providers/replay.h"

static const char title[] = "trivet-replay 1";

static const char *const kind_names[TVT_REPLAY_NUM_KINDS] = {
    [TVT_REPLAY_RANDOM] = "random",         [TVT_REPLAY_KX_START] = "kx_start", [TVT_REPLAY_KX_FINISH] = "kx_finish",
    [TVT_REPLAY_KX_RESPOND] = "kx_respond", [TVT_REPLAY_SIGN] = "sign",         [TVT_REPLAY_CLOCK] = "clock",
};

struct tvt_replay_log {
    struct tvt_replay_event *events; /* each owns its bytes: one block, a then b */
    size_t count, cap;
};

struct tvt_replay_log *
tvt_replay_log_new(void)
{
    return calloc(1, sizeof(struct tvt_replay_log));
}

void
tvt_replay_log_free(struct tvt_replay_log *log)
{
    if (log == NULL)
        return;
    for (size_t i = 0; i < log->count; i++)
        free((void *)(uintptr_t)log->events[i].a.data);
    free(log->events);
    free(log);
}

size_t
tvt_replay_log_count(const struct tvt_replay_log *log)
{
    return log->count;
}

const struct tvt_replay_event *
tvt_replay_log_event(const struct tvt_replay_log *log, size_t at)
{
    return &log->events[at];
}

const char *
tvt_replay_kind_name(enum tvt_replay_kind kind)
{
    return (unsigned)kind < TVT_REPLAY_NUM_KINDS ? kind_names[kind] : "?";
}

/* ---- pushing --------------------------------------------------------------------------------------------- */
static bool
makes_sense(const struct tvt_replay_log *log, const struct tvt_replay_event *e)
{
    if ((unsigned)e->kind >= TVT_REPLAY_NUM_KINDS || (unsigned)e->failure > TVT_CRYPTO_NO_ROOM)
        return false;
    if (e->failure != TVT_CRYPTO_NONE && (e->a.len > 0 || e->b.len > 0))
        return false;
    if (e->b.len > 0 && e->kind != TVT_REPLAY_KX_RESPOND)
        return false;
    if (e->kind == TVT_REPLAY_RANDOM && e->failure == TVT_CRYPTO_NONE && e->number != e->a.len)
        return false;
    if (e->kind == TVT_REPLAY_KX_FINISH)
        return e->number < log->count && log->events[e->number].kind == TVT_REPLAY_KX_START &&
               log->events[e->number].id == e->id;
    return true;
}

static bool
grow(struct tvt_replay_log *log)
{
    size_t cap = log->cap > 0 ? log->cap * 2 : 16;
    struct tvt_replay_event *events;

    if (log->count < log->cap)
        return true;
    events = realloc(log->events, cap * sizeof *events);
    if (events == NULL)
        return false;
    log->events = events;
    log->cap = cap;
    return true;
}

bool
tvt_replay_push(struct tvt_replay_log *log, const struct tvt_replay_event *event)
{
    struct tvt_replay_event *e;
    uint8_t *bytes;

    if (!makes_sense(log, event) || !grow(log))
        return false;
    bytes = malloc(event->a.len + event->b.len + 1);
    if (bytes == NULL)
        return false;
    if (event->a.len > 0)
        memcpy(bytes, event->a.data, event->a.len);
    if (event->b.len > 0)
        memcpy(bytes + event->a.len, event->b.data, event->b.len);
    e = &log->events[log->count++];
    *e = *event;
    e->a.data = bytes;
    e->b.data = bytes + event->a.len;
    return true;
}

bool
tvt_replay_push_random(struct tvt_replay_log *log, struct tvt_span bytes)
{
    return tvt_replay_push(log, &(struct tvt_replay_event){.kind = TVT_REPLAY_RANDOM, .number = bytes.len, .a = bytes});
}

bool
tvt_replay_push_kx_start(struct tvt_replay_log *log, uint16_t group, struct tvt_span share)
{
    return tvt_replay_push(log, &(struct tvt_replay_event){.kind = TVT_REPLAY_KX_START, .id = group, .a = share});
}

bool
tvt_replay_push_kx_finish(struct tvt_replay_log *log, uint16_t group, struct tvt_span secret)
{
    size_t at = log->count;

    while (at > 0 && !(log->events[at - 1].kind == TVT_REPLAY_KX_START && log->events[at - 1].id == group))
        at--;
    if (at == 0)
        return false;
    return tvt_replay_push(
        log, &(struct tvt_replay_event){.kind = TVT_REPLAY_KX_FINISH, .id = group, .number = at - 1, .a = secret});
}

bool
tvt_replay_push_kx_respond(struct tvt_replay_log *log, uint16_t group, struct tvt_span share, struct tvt_span secret)
{
    return tvt_replay_push(
        log, &(struct tvt_replay_event){.kind = TVT_REPLAY_KX_RESPOND, .id = group, .a = share, .b = secret});
}

bool
tvt_replay_push_sign(struct tvt_replay_log *log, uint8_t family, uint8_t hash, struct tvt_span signature)
{
    return tvt_replay_push(
        log, &(struct tvt_replay_event){.kind = TVT_REPLAY_SIGN, .id = (uint16_t)(family << 8 | hash), .a = signature});
}

bool
tvt_replay_push_clock(struct tvt_replay_log *log, uint64_t ms)
{
    return tvt_replay_push(log, &(struct tvt_replay_event){.kind = TVT_REPLAY_CLOCK, .number = ms});
}

/* ---- text, out ------------------------------------------------------------------------------------------- */
static size_t
put_hex(char *out, struct tvt_span bytes)
{
    static const char digits[] = "0123456789abcdef";

    if (bytes.len == 0) {
        *out = '-';
        return 1;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        out[2 * i] = digits[bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    return 2 * bytes.len;
}

char *
tvt_replay_log_to_text(const struct tvt_replay_log *log)
{
    enum { LINE_MAX_FIXED = 64 }; /* all of a line but its hex */
    size_t cap = sizeof title + 1, at;
    char *text;

    for (size_t i = 0; i < log->count; i++)
        cap += LINE_MAX_FIXED + 2 * (log->events[i].a.len + log->events[i].b.len);
    text = malloc(cap);
    if (text == NULL)
        return NULL;
    at = (size_t)snprintf(text, cap, "%s\n", title);
    for (size_t i = 0; i < log->count; i++) {
        const struct tvt_replay_event *e = &log->events[i];

        at += (size_t)snprintf(text + at, cap - at, "%s %04x %" PRIu64 " %d ", kind_names[e->kind], (unsigned)e->id,
                               e->number, (int)e->failure);
        at += put_hex(text + at, e->a);
        text[at++] = ' ';
        at += put_hex(text + at, e->b);
        text[at++] = '\n';
    }
    text[at] = '\0';
    return text;
}

bool
tvt_replay_log_save(const struct tvt_replay_log *log, const char *path)
{
    char *text = tvt_replay_log_to_text(log);
    FILE *file = text != NULL ? fopen(path, "w") : NULL;
    bool written = false;

    if (file != NULL) {
        written = fputs(text, file) >= 0;
        if (fclose(file) != 0)
            written = false;
    }
    free(text);
    return written;
}

/* ---- text, in -------------------------------------------------------------------------------------------- */
static int
digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Turns the hex in `word` into bytes where it stands. */
static bool
take_hex(char *word, struct tvt_span *out)
{
    size_t len = strlen(word);
    uint8_t *bytes = (uint8_t *)word;

    *out = (struct tvt_span){NULL, 0};
    if (strcmp(word, "-") == 0)
        return true;
    if (len == 0 || len % 2 != 0)
        return false;
    for (size_t i = 0; i < len / 2; i++) {
        int high = digit_value(word[2 * i]), low = digit_value(word[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    *out = (struct tvt_span){bytes, len / 2};
    return true;
}

static bool
take_number(const char *word, int base, uint64_t max, uint64_t *out)
{
    char *end;

    if (digit_value(word[0]) < 0)
        return false;
    errno = 0;
    *out = strtoull(word, &end, base);
    return errno == 0 && *end == '\0' && *out <= max;
}

/* Cuts `line` at its blanks into exactly `num` words. */
static bool
split_words(char *line, char **words, size_t num)
{
    size_t n = 0;

    for (char *p = line;; *p++ = '\0') {
        if (n == num)
            return false;
        words[n++] = p;
        p += strcspn(p, " ");
        if (*p == '\0')
            return n == num;
    }
}

/* Returns NULL, or what is wrong with the line. */
static const char *
push_line(struct tvt_replay_log *log, char *line)
{
    struct tvt_replay_event e = {.kind = TVT_REPLAY_RANDOM};
    char *words[6];
    uint64_t id, failure;
    int kind = 0;

    if (!split_words(line, words, 6))
        return "a line has six words: kind id number failure a b";
    while (kind < TVT_REPLAY_NUM_KINDS && strcmp(words[0], kind_names[kind]) != 0)
        kind++;
    if (kind == TVT_REPLAY_NUM_KINDS)
        return "unknown kind of event";
    if (!take_number(words[1], 16, UINT16_MAX, &id) || !take_number(words[2], 10, UINT64_MAX, &e.number) ||
        !take_number(words[3], 10, TVT_CRYPTO_NO_ROOM, &failure))
        return "bad id, number or failure";
    if (!take_hex(words[4], &e.a) || !take_hex(words[5], &e.b))
        return "bad hex";
    e.kind = (enum tvt_replay_kind)kind;
    e.id = (uint16_t)id;
    e.failure = (enum tvt_crypto_kind)failure;
    return tvt_replay_push(log, &e) ? NULL : "the event makes no sense here, or no memory";
}

/* Reads `text`, which is changed. Returns NULL or what is wrong, with the number of the line. */
static const char *
push_lines(struct tvt_replay_log *log, char *text, unsigned *line_number)
{
    const char *wrong = NULL;
    bool titled = false;

    *line_number = 0;
    for (char *line = text; line != NULL && wrong == NULL;) {
        char *next = strchr(line, '\n');

        if (next != NULL)
            *next++ = '\0';
        (*line_number)++;
        if (line[0] == '\0' || line[0] == '#') {
            line = next;
            continue;
        }
        if (titled)
            wrong = push_line(log, line);
        else
            wrong = strcmp(line, title) == 0 ? NULL : "the first line is not \"trivet-replay 1\"";
        titled = true;
        line = next;
    }
    return wrong == NULL && !titled ? "the text is empty" : wrong;
}

struct tvt_replay_log *
tvt_replay_log_from_text(const char *text, char *problem, size_t cap)
{
    struct tvt_replay_log *log = tvt_replay_log_new();
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    const char *wrong = "no memory";
    unsigned line = 0;

    if (log != NULL && copy != NULL) {
        memcpy(copy, text, size);
        wrong = push_lines(log, copy, &line);
    }
    free(copy);
    if (wrong == NULL)
        return log;
    if (cap > 0)
        snprintf(problem, cap, "line %u: %s", line, wrong);
    tvt_replay_log_free(log);
    return NULL;
}

static char *
read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t len = 0, cap = 0;

    if (file == NULL)
        return NULL;
    for (;;) {
        if (len + 1 >= cap) {
            char *more = realloc(text, cap = cap > 0 ? cap * 2 : 4096);

            if (more == NULL)
                break;
            text = more;
        }
        len += fread(text + len, 1, cap - 1 - len, file);
        if (feof(file) || ferror(file))
            break;
    }
    if (text != NULL)
        text[len] = '\0';
    if (!feof(file)) { /* an error, or no memory */
        free(text);
        text = NULL;
    }
    fclose(file);
    return text;
}

struct tvt_replay_log *
tvt_replay_log_load(const char *path, char *problem, size_t cap)
{
    char *text = read_file(path);
    struct tvt_replay_log *log;

    if (text == NULL) {
        if (cap > 0)
            snprintf(problem, cap, "%s cannot be read", path);
        return NULL;
    }
    log = tvt_replay_log_from_text(text, problem, cap);
    free(text);
    return log;
}
