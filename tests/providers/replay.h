/* SPDX-License-Identifier: MIT
 *
 * The replay provider (tests only): over any backend it records what every randomised operation and the clock gave,
 * or gives it back from such a log, so that a handshake runs again byte for byte, here or on another backend.
 * Deterministic operations (hashes, AEADs, verifying, the *_from forms of a key exchange) always go to the backend.
 *
 * The order of events is the order of calls: use one replay provider from one thread at a time. A log holds secrets.
 */
#ifndef TVT_TESTS_PROVIDERS_REPLAY_H
#define TVT_TESTS_PROVIDERS_REPLAY_H

#include <trivet/provider.h>

/* ---- the log --------------------------------------------------------------------------------------------- */
enum tvt_replay_kind {
    TVT_REPLAY_RANDOM,     /* number: bytes asked for; a: the bytes                                      */
    TVT_REPLAY_KX_START,   /* id: group; a: the share                                                    */
    TVT_REPLAY_KX_FINISH,  /* id: group; number: which event started it; a: the secret                   */
    TVT_REPLAY_KX_RESPOND, /* id: group; a: the share; b: the secret                                     */
    TVT_REPLAY_SIGN,       /* id: family << 8 | hash; a: the signature                                   */
    TVT_REPLAY_CLOCK,      /* number: milliseconds                                                       */
    TVT_REPLAY_NUM_KINDS
};
#define TVT_REPLAY_BIT(kind) (1u << (kind))

struct tvt_replay_event {
    enum tvt_replay_kind kind;
    uint16_t id;
    uint64_t number;
    enum tvt_crypto_kind failure; /* the operation failed with this kind: a and b are empty               */
    struct tvt_span a, b;
};

struct tvt_replay_log;

struct tvt_replay_log *tvt_replay_log_new(void); /* NULL: no memory */
void tvt_replay_log_free(struct tvt_replay_log *log);
size_t tvt_replay_log_count(const struct tvt_replay_log *log);
/* Valid until the next push. `at` is below the count. */
const struct tvt_replay_event *tvt_replay_log_event(const struct tvt_replay_log *log, size_t at);
const char *tvt_replay_kind_name(enum tvt_replay_kind kind);

/* Filling a log by hand, from a published trace for instance. The bytes are copied. False: no memory, or an event
 * that makes no sense (a finish without an earlier start of its group, a failure with bytes). */
TVT_MUST_USE bool tvt_replay_push(struct tvt_replay_log *log, const struct tvt_replay_event *event);
TVT_MUST_USE bool tvt_replay_push_random(struct tvt_replay_log *log, struct tvt_span bytes);
TVT_MUST_USE bool tvt_replay_push_kx_start(struct tvt_replay_log *log, uint16_t group, struct tvt_span share);
/* Belongs to the latest start of `group`. */
TVT_MUST_USE bool tvt_replay_push_kx_finish(struct tvt_replay_log *log, uint16_t group, struct tvt_span secret);
TVT_MUST_USE bool tvt_replay_push_kx_respond(struct tvt_replay_log *log, uint16_t group, struct tvt_span share,
                                             struct tvt_span secret);
TVT_MUST_USE bool tvt_replay_push_sign(struct tvt_replay_log *log, uint8_t family, uint8_t hash,
                                       struct tvt_span signature);
TVT_MUST_USE bool tvt_replay_push_clock(struct tvt_replay_log *log, uint64_t ms);

/* The log as text: a title line, then an event a line: kind, id (hex), number, failure, a and b in hex ("-" when
 * empty). Lines that are empty or start with '#' are skipped. */
char *tvt_replay_log_to_text(const struct tvt_replay_log *log); /* for free(); NULL: no memory */
/* NULL on failure, with the reason and the line in problem[cap]. */
struct tvt_replay_log *tvt_replay_log_from_text(const char *text, char *problem, size_t cap);
TVT_MUST_USE bool tvt_replay_log_save(const struct tvt_replay_log *log, const char *path);
struct tvt_replay_log *tvt_replay_log_load(const char *path, char *problem, size_t cap);

/* ---- the provider ---------------------------------------------------------------------------------------- */
enum tvt_replay_mode { TVT_REPLAY_RECORD, TVT_REPLAY_PLAY };

struct tvt_replay_options {
    enum tvt_replay_mode mode;
    /* TVT_REPLAY_BIT()s of the kinds that go straight to the backend: they are not recorded, and skipped in a log
     * that has them. KX_FINISH goes with KX_START. */
    unsigned pass;
    /* PLAY: kinds (and groups) keep their order among themselves only, for traces made by hand. */
    bool any_order;
};

/* Wraps `inner` (owned on success). `log` is borrowed and must live longer: RECORD adds to it, PLAY reads it and may
 * do so from many providers. A provider's result. */
TVT_MUST_USE int tvt_replay_new(struct tvt_provider **out, struct tvt_provider *inner, struct tvt_replay_log *log,
                                const struct tvt_replay_options *options);
/* RECORD: records `now_ms` and returns it. PLAY: returns the recorded time, or after a mismatch the last one. */
uint64_t tvt_replay_clock(struct tvt_provider *replay, uint64_t now_ms);
/* The first mismatch, in words, or NULL. After it every operation that the log serves fails; describe() gives the
 * same words for the failure's code. */
const char *tvt_replay_problem(const struct tvt_provider *replay);
/* PLAY: events not given back yet, passed kinds aside. */
size_t tvt_replay_left(const struct tvt_provider *replay);
/* PLAY: a signer for a public key whose private half is not there. The spans of `pub` are copied. */
TVT_MUST_USE int tvt_replay_signer(struct tvt_provider *replay, const struct tvt_public_key *pub,
                                   struct tvt_signer **out);

#endif
