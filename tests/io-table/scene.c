/* SPDX-License-Identifier: MIT
 *
 * The operations of the I/O table, and their peers.
 */
#include "tests/io-table/scene.h"

#include <trivet/tls.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TURNS 20000u
#define STALE EDOM /* an errno that nothing here sets */

static SSL_CTX *contexts[2];
static SSL_SESSION *session; /* TLS 1.3, with early data */

/* ---- contexts ---- */

static SSL_CTX *
make_context(int role, const char *backend)
{
    static const char *const kinds[] = {"ed25519", "ec256"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char chain[512], key[512];
        SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_method(), backend, NULL);
        const char *file = role == TVT_CLIENT ? "root" : "chain";
        (void)snprintf(chain, sizeof chain, "%s/vectors/pki/%s/%s.pem", TRIVET_SOURCE_DIR, kinds[i], file);
        (void)snprintf(key, sizeof key, "%s/vectors/pki/%s/key.pem", TRIVET_SOURCE_DIR, kinds[i]);
        int ok = role == TVT_CLIENT ? SSL_CTX_load_verify_locations(ctx, chain, NULL)
                                    : SSL_CTX_use_certificate_chain_file(ctx, chain) == 1 &&
                                          SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
        if (ok == 1)
            return ctx;
        SSL_CTX_free(ctx);
    }
    return NULL;
}

/* The same session is offered again and again here: its ClientHellos differ. */
static enum tvt_result
always_first(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now_ms, uint64_t until_ms)
{
    (void)user;
    (void)id;
    (void)now_ms;
    (void)until_ms;
    return TVT_OK;
}

static bool
make_session(struct scene *s)
{
    bool good = scene_open(s, 1, OP_READ, KIND_OWN, false);
    if (good) {
        (void)SSL_write(s->peer, FIRST, (int)strlen(FIRST)); /* the ticket comes before it */
        good = SSL_read(s->me, s->got, sizeof s->got) > 0;
        session = good ? SSL_get1_session(s->me) : NULL;
    }
    scene_close(s);
    return good && SSL_SESSION_get_max_early_data(session) > 0;
}

bool
scene_open_contexts(const char *backend)
{
    static const struct tvt_replay replay = {NULL, always_first};
    static struct scene s;
    for (int role = 0; role < 2; role++) {
        contexts[role] = make_context(role, backend);
        if (contexts[role] == NULL || SSL_CTX_set1_groups_list(contexts[role], "X25519") != 1)
            return false;
    }
    if (SSL_CTX_set0_tvt_replay(contexts[TVT_SERVER], &replay) != 1 ||
        SSL_CTX_set_max_early_data(contexts[TVT_SERVER], 1000) != 1 ||
        SSL_CTX_set_num_tickets(contexts[TVT_SERVER], 1) != 1 || !make_session(&s))
        return false;
    return SSL_CTX_set_num_tickets(contexts[TVT_SERVER], 0) == 1;
}

void
scene_close_contexts(void)
{
    SSL_SESSION_free(session);
    session = NULL;
    for (int role = 0; role < 2; role++) {
        SSL_CTX_free(contexts[role]);
        contexts[role] = NULL;
    }
}

/* ---- opening ---- */

static int
role_of(enum operation op)
{
    return op == OP_ACCEPT || op == OP_EARLY_READ ? TVT_SERVER : TVT_CLIENT;
}

static SSL *
make_ssl(const struct scene *s, int role)
{
    int version = s->version == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
    SSL *ssl = SSL_new(contexts[role]);
    bool good =
        ssl != NULL && SSL_set_min_proto_version(ssl, version) == 1 && SSL_set_max_proto_version(ssl, version) == 1;
    if (!good)
        return ssl;
    if (role == TVT_SERVER) {
        SSL_set_accept_state(ssl);
        return ssl;
    }
    SSL_set_connect_state(ssl);
    (void)SSL_set1_host(ssl, "localhost");
    if (s->version == 1 && (s->op == OP_EARLY_WRITE || s->op == OP_EARLY_READ)) {
        unsigned char der[4096], *to = der;
        const unsigned char *from = der;
        int len = i2d_SSL_SESSION(session, NULL);
        SSL_SESSION *copy = len > 0 && (size_t)len <= sizeof der && i2d_SSL_SESSION(session, &to) == len
                                ? d2i_SSL_SESSION(NULL, &from, len)
                                : NULL; /* a session is resumed once */
        (void)SSL_set_session(ssl, copy);
        SSL_SESSION_free(copy);
    }
    return ssl;
}

static bool
shake(struct scene *s)
{
    int r = -1;
    for (unsigned i = 0; i < TURNS && (r != 1 || !SSL_is_init_finished(s->peer)); i++) {
        line_sync(&s->line);
        if (r != 1)
            r = SSL_do_handshake(s->me);
        if (r != 1 && SSL_get_error(s->me, r) != SSL_ERROR_WANT_READ && SSL_get_error(s->me, r) != SSL_ERROR_WANT_WRITE)
            return false;
        scene_pump(s);
    }
    return r == 1 && SSL_is_init_finished(s->peer);
}

bool
scene_open(struct scene *s, int version, enum operation op, enum kind kind, bool narrow)
{
    s->version = version;
    s->op = op;
    s->stage = 0;
    s->answered = s->met = s->wrong = false;
    s->num_got = s->num_heard = 0;
    s->end_of[0] = s->end_of[1] = 0;
    s->me = make_ssl(s, role_of(op));
    s->peer = make_ssl(s, 1 - role_of(op));
    bool shaken = op == OP_READ || op == OP_PEEK || op == OP_WRITE || op == OP_SHUTDOWN || op == OP_UPDATE;
    if (s->me == NULL || s->peer == NULL || !line_open(&s->line, kind, s->me, s->peer, narrow) || (shaken && !shake(s)))
        return false;
    s->base_in = s->line.in_len;
    s->base_out = s->line.out_len;
    return true;
}

static bool
say(struct scene *s, const char *text, size_t at)
{
    bool good = SSL_write(s->peer, text, (int)strlen(text)) == (int)strlen(text);
    s->end_of[at] = s->line.in_len;
    return good;
}

bool
scene_prepare(struct scene *s)
{
    if (s->op == OP_READ || s->op == OP_PEEK)
        return say(s, FIRST, 0) && say(s, SECOND, 1);
    return s->op != OP_WRITE || say(s, FIRST, 0);
}

void
scene_close(struct scene *s)
{
    SSL_free(s->me);
    SSL_free(s->peer);
    s->me = s->peer = NULL;
    line_close(&s->line);
}

/* ---- the peer ---- */

static void
pump_handshake(struct scene *s)
{
    size_t moved = 0;
    bool early = s->version == 1 && !s->answered;
    if (early && s->op == OP_EARLY_READ) {
        s->answered = SSL_write_early_data(s->peer, EARLY, strlen(EARLY), &moved) == 1;
        s->end_of[0] = s->line.in_len;
    } else if (early && s->op == OP_EARLY_WRITE) {
        char *to = s->heard + s->num_heard;
        s->answered =
            SSL_read_early_data(s->peer, to, sizeof s->heard - s->num_heard, &moved) == SSL_READ_EARLY_DATA_FINISH;
        s->num_heard += moved;
        return;
    }
    (void)SSL_do_handshake(s->peer);
}

void
scene_pump(struct scene *s)
{
    line_sync(&s->line);
    if (!SSL_is_init_finished(s->peer))
        pump_handshake(s);
    if (SSL_is_init_finished(s->peer)) {
        char text[DATA_MAX];
        int r = SSL_read(s->peer, text, sizeof text);
        if (r > 0 && s->num_heard + (size_t)r <= sizeof s->heard) {
            memcpy(s->heard + s->num_heard, text, (size_t)r);
            s->num_heard += (size_t)r;
        }
        if ((SSL_get_shutdown(s->peer) & SSL_RECEIVED_SHUTDOWN) != 0)
            (void)SSL_shutdown(s->peer);
        if (s->op == OP_UPDATE && s->stage == 2 && !s->answered)
            s->answered = say(s, FIRST, 0);
    }
    line_sync(&s->line);
}

void
scene_break_peer(struct scene *s)
{
    static const uint8_t garbage[5 + 40] = {23, 3, 3, 0, 40};
    struct line *l = &s->line;
    char byte;
    memcpy(l->out + l->out_len, garbage, sizeof garbage);
    l->out_len += sizeof garbage;
    (void)SSL_read(s->peer, &byte, 1);
}

/* ---- the operations ---- */

static void
received(struct scene *s, const char *data, size_t len)
{
    static const char all[] = FIRST SECOND;
    if (s->op == OP_EARLY_READ)
        s->wrong |= s->num_got + len > strlen(EARLY) || memcmp(data, &EARLY[s->num_got], len) != 0;
    else
        s->wrong |= s->num_got + len > strlen(all) || memcmp(data, all + s->num_got, len) != 0;
    s->num_got += len;
}

static struct call
call_read(struct scene *s)
{
    char data[DATA_MAX], again[DATA_MAX];
    struct call c = {.name = s->op == OP_PEEK ? "SSL_peek" : "SSL_read"};
    c.r = s->op == OP_PEEK ? SSL_peek(s->me, data, sizeof data) : SSL_read(s->me, data, sizeof data);
    if (c.r <= 0)
        return c;
    if (s->op == OP_PEEK) { /* what was shown is what is read then */
        s->wrong |= SSL_read(s->me, again, c.r) != c.r || memcmp(data, again, (size_t)c.r) != 0;
    }
    received(s, data, (size_t)c.r);
    c.done = s->num_got == strlen(s->op == OP_UPDATE ? FIRST : FIRST SECOND);
    c.went = true;
    return c;
}

static struct call
call_update(struct scene *s)
{
    struct call c = {.name = "SSL_key_update"};
    if (s->stage == 0) {
        c.r = SSL_key_update(s->me, SSL_KEY_UPDATE_REQUESTED);
        c.went = c.r == 1;
        c.done = c.r != 1; /* refused */
    } else if (s->stage == 1) {
        c.name = "SSL_do_handshake";
        c.r = SSL_do_handshake(s->me);
        c.went = c.r == 1;
    } else {
        return call_read(s);
    }
    s->stage += c.went;
    return c;
}

static struct call
call_early_write(struct scene *s)
{
    struct call c = {.name = "SSL_write_early_data"};
    size_t put;
    if (s->stage > 0) {
        c.name = "SSL_connect";
        c.r = SSL_connect(s->me);
        c.done = c.r == 1;
        return c;
    }
    c.r = SSL_write_early_data(s->me, EARLY, strlen(EARLY), &put);
    c.went = c.r == 1;
    c.done = s->version == 0; /* refused */
    s->stage += c.went;
    return c;
}

static struct call
call_early_read(struct scene *s)
{
    struct call c = {.name = "SSL_read_early_data"};
    char data[DATA_MAX];
    size_t got;
    if (s->stage > 0) {
        c.name = "SSL_accept";
        c.r = SSL_accept(s->me);
        c.done = c.r == 1;
        return c;
    }
    c.r = SSL_read_early_data(s->me, data, sizeof data, &got);
    c.went = c.r != SSL_READ_EARLY_DATA_ERROR;
    received(s, data, got);
    s->stage += c.r == SSL_READ_EARLY_DATA_FINISH;
    return c;
}

static struct call
call_plain(struct scene *s)
{
    struct call c = {.name = "SSL_connect"};
    switch (s->op) {
    case OP_CONNECT:
        c.r = SSL_connect(s->me);
        break;
    case OP_ACCEPT:
        c.name = "SSL_accept";
        c.r = SSL_accept(s->me);
        break;
    case OP_WRITE:
        c.name = "SSL_write";
        c.r = SSL_write(s->me, OURS, (int)strlen(OURS));
        s->wrong |= c.r > 0 && c.r != (int)strlen(OURS);
        break;
    default:
        c.name = "SSL_shutdown";
        c.r = SSL_shutdown(s->me);
        c.went = c.r == 0 && SSL_get_error(s->me, 0) == SSL_ERROR_NONE;
    }
    c.done = c.r > 0;
    return c;
}

struct call
scene_call(struct scene *s)
{
    (void)SSL_key_update(NULL, 0); /* an entry in the ERR view that is none of this SSL's */
    errno = STALE;
    switch (s->op) {
    case OP_READ:
    case OP_PEEK:
        return call_read(s);
    case OP_UPDATE:
        return call_update(s);
    case OP_EARLY_WRITE:
        return call_early_write(s);
    case OP_EARLY_READ:
        return call_early_read(s);
    default:
        return call_plain(s);
    }
}
