/* SPDX-License-Identifier: MIT
 *
 * The replay provider: a layer over a backend that records its randomised operations, or plays them from a log.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/providers/replay.h"

/* The code of a mismatch, for describe(). */
#define PROBLEM_CODE 0xfffff1u

struct replay {
    struct tvt_provider base;
    struct tvt_provider *inner;
    struct tvt_replay_log *log;
    struct tvt_replay_options options;
    struct replay_kx *kx;
    const struct tvt_kx **groups;
    bool *used; /* PLAY: an entry per event of the log */
    size_t num_events;
    uint64_t last_ms;
    char problem[200];
};

struct replay_kx {
    struct tvt_kx base;
    const struct tvt_kx *inner;
    struct replay *owner;
};

struct replay_signer {
    struct tvt_signer base;
    struct tvt_signer *inner; /* NULL when playing */
    struct replay *owner;
    uint8_t *key; /* what base.pub points into, or NULL */
};

/* What an operation expects of the next event. */
struct want {
    enum tvt_replay_kind kind;
    uint16_t id;
    uint64_t number;
    size_t a_len, b_len; /* ANY_LEN: whatever the log has */
};
#define ANY_LEN SIZE_MAX

static struct replay *
replay_of(const struct tvt_provider *provider)
{
    return provider->self;
}

static bool
passes(const struct replay *r, enum tvt_replay_kind kind)
{
    if (kind == TVT_REPLAY_KX_FINISH)
        kind = TVT_REPLAY_KX_START;
    return (r->options.pass & TVT_REPLAY_BIT(kind)) != 0;
}

static int
problem_failure(void)
{
    return tvt_crypto_failure(TVT_CRYPTO_BACKEND, PROBLEM_CODE);
}

/* ---- recording ------------------------------------------------------------------------------------------- */
/* Records an operation that came to `result`, and yields that. */
static int
record(struct replay *r, struct tvt_replay_event event, int result)
{
    if (result < 0) {
        event.failure = tvt_crypto_kind(result);
        event.a = event.b = (struct tvt_span){NULL, 0};
    }
    if (tvt_replay_push(r->log, &event))
        return result;
    if (r->problem[0] == '\0')
        snprintf(r->problem, sizeof r->problem, "event %zu (%s) could not be recorded", tvt_replay_log_count(r->log),
                 tvt_replay_kind_name(event.kind));
    return problem_failure();
}

/* ---- playing --------------------------------------------------------------------------------------------- */
static bool
fits(const struct tvt_replay_event *e, const struct want *want)
{
    if (e->kind != want->kind || e->id != want->id)
        return false;
    if (e->kind == TVT_REPLAY_CLOCK)
        return true;
    if (e->number != want->number)
        return false;
    return e->failure != TVT_CRYPTO_NONE ||
           ((want->a_len == ANY_LEN || e->a.len == want->a_len) && (want->b_len == ANY_LEN || e->b.len == want->b_len));
}

/* The event that is due: the first that is left, or with any_order the first left of the same sort. */
static size_t
find_due(const struct replay *r, const struct want *want)
{
    for (size_t i = 0; i < r->num_events; i++) {
        const struct tvt_replay_event *e = tvt_replay_log_event(r->log, i);

        if (r->used[i] || passes(r, e->kind))
            continue;
        if (!r->options.any_order)
            return i;
        if (e->kind == want->kind && e->id == want->id &&
            (e->kind != TVT_REPLAY_KX_FINISH || e->number == want->number))
            return i;
    }
    return r->num_events;
}

static void
note_mismatch(struct replay *r, const struct want *want, size_t at)
{
    char asked[64], found[100] = "nothing of the kind left";

    if (want->a_len == ANY_LEN)
        snprintf(asked, sizeof asked, "%s id %04x", tvt_replay_kind_name(want->kind), (unsigned)want->id);
    else
        snprintf(asked, sizeof asked, "%s id %04x of %zu bytes", tvt_replay_kind_name(want->kind), (unsigned)want->id,
                 want->a_len + want->b_len);
    if (at < r->num_events) {
        const struct tvt_replay_event *e = tvt_replay_log_event(r->log, at);

        snprintf(found, sizeof found, "%s id %04x of %zu bytes, number %" PRIu64, tvt_replay_kind_name(e->kind),
                 (unsigned)e->id, e->a.len + e->b.len, e->number);
    }
    snprintf(r->problem, sizeof r->problem, "event %zu: asked for %s, but the log has %s", at, asked, found);
}

/* Takes the event that is due. NULL on a mismatch, now or earlier; *at (may be NULL) is the event's place. */
static const struct tvt_replay_event *
take(struct replay *r, const struct want *want, size_t *at)
{
    size_t due;

    if (r->problem[0] != '\0')
        return NULL;
    due = find_due(r, want);
    if (due == r->num_events || !fits(tvt_replay_log_event(r->log, due), want)) {
        note_mismatch(r, want, due);
        return NULL;
    }
    r->used[due] = true;
    if (at != NULL)
        *at = due;
    return tvt_replay_log_event(r->log, due);
}

/* Plays an operation with one or two outputs of fixed length. */
static int
play(struct replay *r, const struct want *want, uint8_t *a, uint8_t *b, size_t *at)
{
    const struct tvt_replay_event *e = take(r, want, at);

    if (e == NULL)
        return problem_failure();
    if (e->failure != TVT_CRYPTO_NONE)
        return tvt_crypto_failure(e->failure, 0);
    if (e->a.len > 0)
        memcpy(a, e->a.data, e->a.len);
    if (e->b.len > 0)
        memcpy(b, e->b.data, e->b.len);
    return TVT_CRYPTO_OK;
}

/* ---- randomness and the clock ---------------------------------------------------------------------------- */
static int
give_random(const struct tvt_provider *provider, void *out, size_t len)
{
    struct replay *r = replay_of(provider);
    struct tvt_replay_event event = {.kind = TVT_REPLAY_RANDOM, .number = len, .a = {out, len}};

    if (passes(r, TVT_REPLAY_RANDOM))
        return r->inner->random(r->inner, out, len);
    if (r->options.mode == TVT_REPLAY_RECORD)
        return record(r, event, r->inner->random(r->inner, out, len));
    return play(r, &(struct want){.kind = TVT_REPLAY_RANDOM, .number = len, .a_len = len}, out, NULL, NULL);
}

uint64_t
tvt_replay_clock(struct tvt_provider *replay, uint64_t now_ms)
{
    struct replay *r = replay_of(replay);
    const struct tvt_replay_event *e;

    if (passes(r, TVT_REPLAY_CLOCK))
        return now_ms;
    if (r->options.mode == TVT_REPLAY_RECORD) {
        (void)record(r, (struct tvt_replay_event){.kind = TVT_REPLAY_CLOCK, .number = now_ms}, TVT_CRYPTO_OK);
        return now_ms;
    }
    e = take(r, &(struct want){.kind = TVT_REPLAY_CLOCK}, NULL);
    if (e != NULL)
        r->last_ms = e->number;
    return r->last_ms;
}

/* ---- key exchange: a header, then the backend's state ----------------------------------------------------- */
struct kx_head {
    size_t start;    /* the event that started it, NOT_LOGGED when the backend alone serves it */
    bool inner_live; /* the backend's state is to be discarded                                 */
};
#define NOT_LOGGED SIZE_MAX

static void *
inner_state(void *state)
{
    return (uint8_t *)state + TVT_ALIGN;
}

static const struct replay_kx *
replay_kx_of(const struct tvt_kx *kx)
{
    return (const struct replay_kx *)kx;
}

static int
start_kx(const struct tvt_kx *kx, void *state, uint8_t *share)
{
    const struct replay_kx *k = replay_kx_of(kx);
    struct replay *r = k->owner;
    struct kx_head *head = state;
    struct tvt_replay_event event = {.kind = TVT_REPLAY_KX_START, .id = kx->group, .a = {share, kx->initiator_len}};
    int result;

    *head = (struct kx_head){.start = NOT_LOGGED};
    if (r->options.mode == TVT_REPLAY_PLAY && !passes(r, TVT_REPLAY_KX_START))
        return play(r, &(struct want){.kind = event.kind, .id = kx->group, .a_len = kx->initiator_len}, share, NULL,
                    &head->start);
    result = k->inner->start(k->inner, inner_state(state), share);
    head->inner_live = result == TVT_CRYPTO_OK;
    if (passes(r, TVT_REPLAY_KX_START))
        return result;
    head->start = tvt_replay_log_count(r->log);
    result = record(r, event, result);
    if (result != TVT_CRYPTO_OK && head->inner_live)
        k->inner->discard(k->inner, inner_state(state));
    return result;
}

static int
finish_kx(const struct tvt_kx *kx, void *state, const uint8_t *peer, uint8_t *secret)
{
    const struct replay_kx *k = replay_kx_of(kx);
    struct replay *r = k->owner;
    const struct kx_head *head = state;
    struct tvt_replay_event event = {
        .kind = TVT_REPLAY_KX_FINISH, .id = kx->group, .number = head->start, .a = {secret, kx->secret_len}};
    int result;

    if (!head->inner_live)
        return play(r,
                    &(struct want){
                        .kind = TVT_REPLAY_KX_FINISH, .id = kx->group, .number = head->start, .a_len = kx->secret_len},
                    secret, NULL, NULL);
    result = k->inner->finish(k->inner, inner_state(state), peer, secret);
    return head->start == NOT_LOGGED ? result : record(r, event, result);
}

static void
discard_kx(const struct tvt_kx *kx, void *state)
{
    const struct replay_kx *k = replay_kx_of(kx);
    struct kx_head *head = state;

    if (head->inner_live)
        k->inner->discard(k->inner, inner_state(state));
    *head = (struct kx_head){.start = NOT_LOGGED};
}

static int
respond_kx(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret)
{
    const struct replay_kx *k = replay_kx_of(kx);
    struct replay *r = k->owner;
    struct tvt_replay_event event = {
        .kind = TVT_REPLAY_KX_RESPOND, .id = kx->group, .a = {share, kx->responder_len}, .b = {secret, kx->secret_len}};

    if (passes(r, TVT_REPLAY_KX_RESPOND))
        return k->inner->respond(k->inner, peer, share, secret);
    if (r->options.mode == TVT_REPLAY_RECORD)
        return record(r, event, k->inner->respond(k->inner, peer, share, secret));
    return play(
        r, &(struct want){.kind = event.kind, .id = kx->group, .a_len = kx->responder_len, .b_len = kx->secret_len},
        share, secret, NULL);
}

static int
start_kx_from(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *seed, size_t seed_len)
{
    const struct replay_kx *k = replay_kx_of(kx);
    struct kx_head *head = state;
    int result = k->inner->start_from(k->inner, inner_state(state), share, seed, seed_len);

    *head = (struct kx_head){.start = NOT_LOGGED, .inner_live = result == TVT_CRYPTO_OK};
    return result;
}

static int
respond_kx_from(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret, const uint8_t *seed,
                size_t seed_len)
{
    const struct replay_kx *k = replay_kx_of(kx);

    return k->inner->respond_from(k->inner, peer, share, secret, seed, seed_len);
}

static int
wrap_groups(struct replay *r)
{
    const struct tvt_kx *const *inner = r->inner->groups;
    size_t num = 0;

    while (inner[num] != NULL)
        num++;
    r->kx = calloc(num + 1, sizeof *r->kx);
    r->groups = calloc(num + 1, sizeof *r->groups);
    if (r->kx == NULL || r->groups == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    for (size_t i = 0; i < num; i++) {
        if (inner[i]->state_size + TVT_ALIGN > TVT_KX_STATE_MAX)
            return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
        r->kx[i] = (struct replay_kx){.base = *inner[i], .inner = inner[i], .owner = r};
        r->kx[i].base.state_size = (uint16_t)(inner[i]->state_size + TVT_ALIGN);
        r->kx[i].base.start = start_kx;
        r->kx[i].base.finish = finish_kx;
        r->kx[i].base.respond = respond_kx;
        r->kx[i].base.discard = discard_kx;
        r->kx[i].base.start_from = inner[i]->start_from != NULL ? start_kx_from : NULL;
        r->kx[i].base.respond_from = inner[i]->respond_from != NULL ? respond_kx_from : NULL;
        r->groups[i] = &r->kx[i].base;
    }
    return TVT_CRYPTO_OK;
}

/* ---- signing --------------------------------------------------------------------------------------------- */
static int
sign_recording(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
               uint8_t *signature, size_t *signature_len, void **op)
{
    struct replay_signer *s = (struct replay_signer *)signer;
    int result = s->inner->sign(s->inner, family, hash, msg, msg_len, signature, signature_len, op);
    struct tvt_replay_event event = {
        .kind = TVT_REPLAY_SIGN, .id = (uint16_t)(family << 8 | hash), .a = {signature, *signature_len}};

    return result == TVT_CRYPTO_PENDING ? result : record(s->owner, event, result);
}

static int
sign_playing(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
             uint8_t *signature, size_t *signature_len, void **op)
{
    struct replay_signer *s = (struct replay_signer *)signer;
    const struct tvt_replay_event *e;

    (void)msg;
    (void)msg_len;
    (void)op;
    e = take(s->owner,
             &(struct want){
                 .kind = TVT_REPLAY_SIGN, .id = (uint16_t)(family << 8 | hash), .a_len = ANY_LEN, .b_len = ANY_LEN},
             NULL);
    if (e == NULL)
        return problem_failure();
    if (e->failure != TVT_CRYPTO_NONE)
        return tvt_crypto_failure(e->failure, 0);
    if (e->a.len > *signature_len)
        return tvt_crypto_failure(TVT_CRYPTO_NO_ROOM, 0);
    memcpy(signature, e->a.data, e->a.len);
    *signature_len = e->a.len;
    return TVT_CRYPTO_OK;
}

static void
cancel_signer(struct tvt_signer *signer, void *op)
{
    struct replay_signer *s = (struct replay_signer *)signer;

    s->inner->cancel(s->inner, op);
}

static void
free_signer(struct tvt_signer *signer)
{
    struct replay_signer *s = (struct replay_signer *)signer;

    if (s == NULL)
        return;
    if (s->inner != NULL)
        s->inner->free(s->inner);
    free(s->key);
    free(s);
}

/* The longest signature that the log can give. */
static uint16_t
longest_signature(const struct replay *r)
{
    size_t longest = 0;

    for (size_t i = 0; i < r->num_events; i++) {
        const struct tvt_replay_event *e = tvt_replay_log_event(r->log, i);

        if (e->kind == TVT_REPLAY_SIGN && e->a.len > longest)
            longest = e->a.len;
    }
    return (uint16_t)(longest < UINT16_MAX ? longest : UINT16_MAX);
}

/* Copies the span that `from` names to `*at`, moves that on, and points `to` at the copy. */
static void
copy_span(struct tvt_span *to, struct tvt_span from, uint8_t **at)
{
    if (from.len > 0)
        memcpy(*at, from.data, from.len);
    *to = (struct tvt_span){*at, from.len};
    *at += from.len;
}

int
tvt_replay_signer(struct tvt_provider *replay, const struct tvt_public_key *pub, struct tvt_signer **out)
{
    struct replay *r = replay_of(replay);
    struct replay_signer *s;
    uint8_t *at;

    if (r->options.mode != TVT_REPLAY_PLAY || passes(r, TVT_REPLAY_SIGN) || pub->key.len == 0)
        return tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);
    s = calloc(1, sizeof *s);
    at = malloc(pub->key.len + pub->n.len + pub->e.len + pub->spki.len);
    if (s == NULL || at == NULL) {
        free(s);
        free(at);
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    }
    s->owner = r;
    s->key = at;
    s->base.key_type = pub->type;
    s->base.signature_max = longest_signature(r);
    s->base.pub.type = pub->type;
    s->base.pub.bits = pub->bits;
    copy_span(&s->base.pub.key, pub->key, &at);
    copy_span(&s->base.pub.n, pub->n, &at);
    copy_span(&s->base.pub.e, pub->e, &at);
    copy_span(&s->base.pub.spki, pub->spki, &at);
    s->base.sign = sign_playing;
    s->base.free = free_signer;
    *out = &s->base;
    return TVT_CRYPTO_OK;
}

/* PLAY: the backend, if it can, checks the key and derives the public half; it signs nothing. */
static int
load_key_playing(struct replay *r, const struct tvt_private_key *key, struct tvt_signer **out)
{
    struct tvt_signer *inner;
    int result = r->inner->load_key(r->inner, key, &inner);

    if (tvt_crypto_kind(result) == TVT_CRYPTO_UNSUPPORTED && key->pub.key.len > 0)
        return tvt_replay_signer(&r->base, &key->pub, out);
    if (result != TVT_CRYPTO_OK)
        return result;
    result = tvt_replay_signer(&r->base, &inner->pub, out);
    inner->free(inner);
    return result;
}

static int
load_key(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out)
{
    struct replay *r = replay_of(provider);
    struct replay_signer *s;
    int result;

    if (passes(r, TVT_REPLAY_SIGN))
        return r->inner->load_key(r->inner, key, out);
    if (r->options.mode == TVT_REPLAY_PLAY)
        return load_key_playing(r, key, out);
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    result = r->inner->load_key(r->inner, key, &s->inner);
    if (result != TVT_CRYPTO_OK) {
        free(s);
        return result;
    }
    s->owner = r;
    s->base = *s->inner; /* its public spans live as long as the inner signer */
    s->base.sign = sign_recording;
    s->base.cancel = s->inner->cancel != NULL ? cancel_signer : NULL;
    s->base.free = free_signer;
    *out = &s->base;
    return TVT_CRYPTO_OK;
}

/* ---- the provider ---------------------------------------------------------------------------------------- */
static void
describe_code(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap)
{
    const struct replay *r = replay_of(provider);

    if (code != PROBLEM_CODE)
        r->inner->describe(r->inner, code, out, cap);
    else if (cap > 0)
        snprintf(out, cap, "%s", r->problem);
}

const char *
tvt_replay_problem(const struct tvt_provider *replay)
{
    const struct replay *r = replay_of(replay);

    return r->problem[0] != '\0' ? r->problem : NULL;
}

size_t
tvt_replay_left(const struct tvt_provider *replay)
{
    const struct replay *r = replay_of(replay);
    size_t left = 0;

    for (size_t i = 0; i < r->num_events; i++)
        left += !r->used[i] && !passes(r, tvt_replay_log_event(r->log, i)->kind);
    return left;
}

/* Everything but the inner provider. */
static void
free_layer(struct replay *r)
{
    free(r->kx);
    free(r->groups);
    free(r->used);
    free(r);
}

static void
free_provider(struct tvt_provider *provider)
{
    struct replay *r = replay_of(provider);

    r->inner->free(r->inner);
    free_layer(r);
}

int
tvt_replay_new(struct tvt_provider **out, struct tvt_provider *inner, struct tvt_replay_log *log,
               const struct tvt_replay_options *options)
{
    struct replay *r = calloc(1, sizeof *r);
    int result;

    if (r == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    r->inner = inner;
    r->log = log;
    r->options = *options;
    if (options->mode == TVT_REPLAY_PLAY)
        r->num_events = tvt_replay_log_count(log);
    r->used = calloc(r->num_events + 1, sizeof *r->used);
    result = r->used != NULL ? wrap_groups(r) : tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    if (result != TVT_CRYPTO_OK) {
        free_layer(r);
        return result;
    }
    r->base = *inner;
    r->base.struct_size = sizeof r->base;
    r->base.name = "replay";
    r->base.groups = r->groups;
    r->base.random = give_random;
    r->base.load_key = load_key;
    r->base.describe = describe_code;
    r->base.free = free_provider;
    r->base.self = r;
    *out = &r->base;
    return TVT_CRYPTO_OK;
}
