/* SPDX-License-Identifier: MIT
 *
 * The providers that only tests use, over every backend built in: replay gives back what it recorded and notices
 * every deviation; fault makes exactly the operation fail that it was told to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <trivet/error.h>

#include "tests/providers/fault.h"
#include "tests/providers/replay.h"

int tvt_register_test_providers(void);

static const uint8_t seed[32] = {1, 2, 3, 4, 5};
static const uint8_t message[] = "what is signed, hashed and sealed";

/* Everything that a run of the script below yields. */
struct trace {
    uint8_t random[40], shares[3][32], secrets[2][32], signature[64], digest[32], sealed[sizeof message + 16];
    uint64_t ms;
};

static struct tvt_span
span(const void *data, size_t len)
{
    return (struct tvt_span){data, len};
}

/* ---- a script that uses every operation ------------------------------------------------------------------ */
/* Two starts, one answered: what a replayed finish must tell apart. */
static int
run_kx(const struct tvt_provider *p, struct trace *t)
{
    const struct tvt_kx *kx = tvt_provider_kx(p, TVT_GROUP_X25519);
    static _Alignas(TVT_ALIGN) uint8_t first[TVT_KX_STATE_MAX], second[TVT_KX_STATE_MAX];
    int result = kx->start(kx, first, t->shares[0]);

    if (result != TVT_CRYPTO_OK)
        return result;
    result = kx->start(kx, second, t->shares[1]);
    if (result == TVT_CRYPTO_OK) {
        result = kx->respond(kx, t->shares[0], t->shares[2], t->secrets[0]);
        if (result == TVT_CRYPTO_OK)
            result = kx->finish(kx, first, t->shares[2], t->secrets[1]);
        kx->discard(kx, second);
    }
    kx->discard(kx, first);
    return result;
}

static int
run_signature(const struct tvt_provider *p, struct trace *t)
{
    const struct tvt_signature *sig = tvt_provider_signature(p, TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE);
    struct tvt_private_key key = {.pub.type = TVT_KEY_ED25519, .scalar = {seed, sizeof seed}};
    struct tvt_signer *signer;
    size_t len = sizeof t->signature;
    void *op = NULL;
    int result = p->load_key(p, &key, &signer);

    if (result != TVT_CRYPTO_OK)
        return result;
    result = signer->sign(signer, TVT_SIG_EDDSA, TVT_HASH_NONE, message, sizeof message, t->signature, &len, &op);
    if (result == TVT_CRYPTO_OK)
        result = sig->verify(sig, TVT_HASH_NONE, &signer->pub, message, sizeof message, t->signature, len);
    signer->free(signer);
    return result;
}

static int
run_hash(const struct tvt_provider *p, struct trace *t)
{
    const struct tvt_hash *hash = tvt_provider_hash(p, TVT_HASH_SHA256);
    static _Alignas(TVT_ALIGN) uint8_t one[TVT_HASH_CTX_MAX], other[TVT_HASH_CTX_MAX];
    int result = hash->setup(hash, one);

    if (result != TVT_CRYPTO_OK)
        return result;
    hash->update(one, message, sizeof message);
    result = hash->setup(hash, other);
    if (result == TVT_CRYPTO_OK) {
        hash->copy(other, one);
        hash->reset(one);
        hash->update(other, t->secrets[0], sizeof t->secrets[0]);
        result = hash->final(other, t->digest);
        hash->teardown(other);
    }
    hash->teardown(one);
    return result;
}

static int
run_aead(const struct tvt_provider *p, struct trace *t)
{
    static const uint8_t nonce[TVT_AEAD_NONCE_MAX] = {9};
    const struct tvt_aead *aead = tvt_provider_aead(p, TVT_AEAD_CHACHA20_POLY1305);
    static _Alignas(TVT_ALIGN) uint8_t ctx[TVT_AEAD_CTX_MAX];
    uint8_t opened[sizeof message];
    struct tvt_span pieces[2] = {{message, 10}, {message + 10, sizeof message - 10}};
    int result = aead->setup(aead, ctx, TVT_SEAL, seed);

    if (result != TVT_CRYPTO_OK)
        return result;
    result = aead->rekey(ctx, t->secrets[0]);
    if (result == TVT_CRYPTO_OK)
        result = aead->seal(ctx, t->sealed, pieces, 2, nonce, seed, 5);
    aead->teardown(ctx);
    if (result != TVT_CRYPTO_OK)
        return result;
    result = aead->setup(aead, ctx, TVT_OPEN, t->secrets[1]);
    if (result != TVT_CRYPTO_OK)
        return result;
    result = aead->open(ctx, opened, t->sealed, sizeof t->sealed, nonce, seed, 5);
    aead->teardown(ctx);
    if (result == TVT_CRYPTO_OK && memcmp(opened, message, sizeof message) != 0)
        CU_FAIL("opened to something else");
    return result;
}

/* The first failure of the script, or TVT_CRYPTO_OK. */
static int
run_script(const struct tvt_provider *p, struct trace *t)
{
    int result;

    memset(t, 0, sizeof *t);
    result = p->random(p, t->random, 33);
    if (result == TVT_CRYPTO_OK)
        result = p->random(p, t->random + 33, 7);
    if (result == TVT_CRYPTO_OK)
        result = run_kx(p, t);
    if (result == TVT_CRYPTO_OK)
        result = run_signature(p, t);
    if (result == TVT_CRYPTO_OK)
        result = run_hash(p, t);
    if (result == TVT_CRYPTO_OK)
        result = run_aead(p, t);
    return result;
}

/* ---- helpers --------------------------------------------------------------------------------------------- */
static struct tvt_provider *
open_backend(size_t at)
{
    const char *const *names;
    struct tvt_provider *p = NULL;

    CU_ASSERT_FATAL(at < tvt_provider_builtin(&names));
    CU_ASSERT_FATAL(tvt_provider_open(&p, names[at], NULL) == TVT_OK);
    return p;
}

static size_t
num_backends(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);

    CU_ASSERT_FATAL(num > 0);
    return num;
}

static struct tvt_provider *
open_replay(size_t backend, struct tvt_replay_log *log, struct tvt_replay_options options)
{
    struct tvt_provider *p = NULL;

    CU_ASSERT_FATAL(log != NULL);
    CU_ASSERT_FATAL(tvt_replay_new(&p, open_backend(backend), log, &options) == TVT_CRYPTO_OK);
    return p;
}

static struct tvt_provider *
open_player(struct tvt_replay_log *log)
{
    return open_replay(0, log, (struct tvt_replay_options){.mode = TVT_REPLAY_PLAY});
}

/* Records the script on a backend; the log is the caller's. */
static struct tvt_replay_log *
record_script(size_t backend, struct trace *t)
{
    struct tvt_replay_log *log = tvt_replay_log_new();
    struct tvt_provider *p = open_replay(backend, log, (struct tvt_replay_options){.mode = TVT_REPLAY_RECORD});

    CU_ASSERT_EQUAL(run_script(p, t), TVT_CRYPTO_OK);
    t->ms = tvt_replay_clock(p, 1234567890123);
    CU_ASSERT_EQUAL(t->ms, 1234567890123);
    CU_ASSERT_PTR_NULL(tvt_replay_problem(p));
    p->free(p);
    CU_ASSERT_EQUAL(tvt_replay_log_count(log), 8);
    return log;
}

static void
play_script(size_t backend, struct tvt_replay_log *log, const struct trace *recorded)
{
    struct tvt_provider *p = open_replay(backend, log, (struct tvt_replay_options){.mode = TVT_REPLAY_PLAY});
    struct trace played;

    CU_ASSERT_EQUAL(tvt_replay_left(p), 8);
    CU_ASSERT_EQUAL(run_script(p, &played), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_replay_left(p), 1);
    played.ms = tvt_replay_clock(p, 5);
    CU_ASSERT_EQUAL(memcmp(&played, recorded, sizeof played), 0);
    CU_ASSERT_EQUAL(tvt_replay_left(p), 0);
    CU_ASSERT_PTR_NULL(tvt_replay_problem(p));
    p->free(p);
}

static void
expect_problem(struct tvt_provider *p, int result, const char *words)
{
    char described[200];

    CU_ASSERT_EQUAL(tvt_crypto_kind(result), TVT_CRYPTO_BACKEND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tvt_replay_problem(p));
    CU_ASSERT_STRING_EQUAL(tvt_replay_problem(p), words);
    p->describe(p, tvt_crypto_code(result), described, sizeof described);
    CU_ASSERT_STRING_EQUAL(described, words);
}

/* ---- replay ---------------------------------------------------------------------------------------------- */
static void
replay_gives_back_what_was_recorded(void)
{
    for (size_t on = 0; on < num_backends(); on++) {
        struct trace recorded, again;
        struct tvt_replay_log *log = record_script(on, &recorded);

        tvt_replay_log_free(record_script(on, &again));
        CU_ASSERT_NOT_EQUAL(memcmp(recorded.shares, again.shares, sizeof again.shares), 0);
        for (size_t other = 0; other < num_backends(); other++)
            play_script(other, log, &recorded);
        tvt_replay_log_free(log);
    }
}

static void
replay_log_survives_text_and_file(void)
{
    static const char path[] = "test_test_providers.replay";
    struct trace recorded;
    struct tvt_replay_log *log = record_script(0, &recorded), *read, *loaded;
    char *text = tvt_replay_log_to_text(log), *again, problem[120] = "";

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    read = tvt_replay_log_from_text(text, problem, sizeof problem);
    CU_ASSERT_STRING_EQUAL(problem, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    again = tvt_replay_log_to_text(read);
    CU_ASSERT_STRING_EQUAL(text, again);
    play_script(0, read, &recorded);

    CU_ASSERT_TRUE(tvt_replay_log_save(log, path));
    loaded = tvt_replay_log_load(path, problem, sizeof problem);
    CU_ASSERT_EQUAL(remove(path), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
    play_script(0, loaded, &recorded);
    CU_ASSERT_PTR_NULL(tvt_replay_log_load(path, problem, sizeof problem));
    CU_ASSERT_STRING_EQUAL(problem, "test_test_providers.replay cannot be read");

    free(text);
    free(again);
    tvt_replay_log_free(loaded);
    tvt_replay_log_free(read);
    tvt_replay_log_free(log);
}

static void
replay_refuses_bad_text(void)
{
    static const char *const bad[][2] = {
        {"", "line 1: the text is empty"},
        {"random 0000 1 0 aa -\n", "line 1: the first line is not \"trivet-replay 1\""},
        {"trivet-replay 1\nrandom 0000 1 0 aa\n", "line 2: a line has six words: kind id number failure a b"},
        {"trivet-replay 1\n\n# note\nrandom 0000 1 0 aa - -\n",
         "line 4: a line has six words: kind id number failure a b"},
        {"trivet-replay 1\nrandm 0000 1 0 aa -\n", "line 2: unknown kind of event"},
        {"trivet-replay 1\nrandom 10000 1 0 aa -\n", "line 2: bad id, number or failure"},
        {"trivet-replay 1\nrandom 0000 -1 0 aa -\n", "line 2: bad id, number or failure"},
        {"trivet-replay 1\nrandom 0000 1 9 aa -\n", "line 2: bad id, number or failure"},
        {"trivet-replay 1\nrandom 0000 1 0 a -\n", "line 2: bad hex"},
        {"trivet-replay 1\nrandom 0000 1 0 ag -\n", "line 2: bad hex"},
        {"trivet-replay 1\nrandom 0000 2 0 aa -\n", "line 2: the event makes no sense here, or no memory"},
        {"trivet-replay 1\nrandom 0000 1 5 aa -\n", "line 2: the event makes no sense here, or no memory"},
        {"trivet-replay 1\nsign 0000 0 0 aa bb\n", "line 2: the event makes no sense here, or no memory"},
        {"trivet-replay 1\nkx_finish 001d 0 0 aa -\n", "line 2: the event makes no sense here, or no memory"},
        {"trivet-replay 1\nkx_start 0017 0 0 aa -\nkx_finish 001d 0 0 aa -\n",
         "line 3: the event makes no sense here, or no memory"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char problem[120] = "";

        CU_ASSERT_PTR_NULL(tvt_replay_log_from_text(bad[i][0], problem, sizeof problem));
        CU_ASSERT_STRING_EQUAL(problem, bad[i][1]);
    }
}

static void
replay_notices_deviations(void)
{
    struct trace recorded;
    struct tvt_replay_log *log = record_script(0, &recorded);
    struct tvt_provider *p = open_player(log);
    const struct tvt_kx *kx = tvt_provider_kx(p, TVT_GROUP_X25519);
    static _Alignas(TVT_ALIGN) uint8_t state[TVT_KX_STATE_MAX];
    uint8_t out[64];

    expect_problem(p, p->random(p, out, 32),
                   "event 0: asked for random id 0000 of 32 bytes, but the log has random id 0000 of 33 bytes, number "
                   "33");
    /* the first mismatch sticks, also for what would have fitted */
    expect_problem(p, p->random(p, out, 33), tvt_replay_problem(p));
    CU_ASSERT_EQUAL(tvt_replay_left(p), 8);
    p->free(p);

    p = open_player(log);
    kx = tvt_provider_kx(p, TVT_GROUP_X25519);
    CU_ASSERT_EQUAL(p->random(p, out, 33), TVT_CRYPTO_OK);
    expect_problem(
        p, kx->start(kx, state, out),
        "event 1: asked for kx_start id 001d of 32 bytes, but the log has random id 0000 of 7 bytes, number 7");
    p->free(p);

    p = open_player(log);
    CU_ASSERT_EQUAL(run_script(p, &recorded), TVT_CRYPTO_OK);
    (void)tvt_replay_clock(p, 0);
    expect_problem(p, p->random(p, out, 1),
                   "event 8: asked for random id 0000 of 1 bytes, but the log has nothing of the kind left");
    CU_ASSERT_EQUAL(tvt_replay_clock(p, 7), 1234567890123); /* time stands still */
    p->free(p);
    tvt_replay_log_free(log);
}

static void
replay_tells_starts_apart(void)
{
    struct tvt_replay_log *log = tvt_replay_log_new();
    struct tvt_provider *p;
    const struct tvt_kx *kx;
    static _Alignas(TVT_ALIGN) uint8_t first[TVT_KX_STATE_MAX], second[TVT_KX_STATE_MAX];
    uint8_t share[32], secret[32];

    CU_ASSERT_FALSE(tvt_replay_push_kx_finish(log, TVT_GROUP_X25519, span(seed, 32)));
    CU_ASSERT_TRUE(tvt_replay_push_kx_start(log, TVT_GROUP_X25519, span(seed, 32)));
    CU_ASSERT_TRUE(tvt_replay_push_kx_start(log, TVT_GROUP_X25519, span(message, 32)));
    CU_ASSERT_TRUE(tvt_replay_push_kx_finish(log, TVT_GROUP_X25519, span(message, 32))); /* of the second */
    for (int wrong = 0; wrong < 2; wrong++) {
        p = open_player(log);
        kx = tvt_provider_kx(p, TVT_GROUP_X25519);
        CU_ASSERT_EQUAL(kx->start(kx, first, share), TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(memcmp(share, seed, 32), 0);
        CU_ASSERT_EQUAL(kx->start(kx, second, share), TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(memcmp(share, message, 32), 0);
        if (wrong) {
            expect_problem(p, kx->finish(kx, first, seed, secret),
                           "event 2: asked for kx_finish id 001d of 32 bytes, but the log has kx_finish id 001d of 32 "
                           "bytes, number 1");
        } else {
            CU_ASSERT_EQUAL(kx->finish(kx, second, seed, secret), TVT_CRYPTO_OK);
            CU_ASSERT_EQUAL(memcmp(secret, message, 32), 0);
        }
        kx->discard(kx, first);
        kx->discard(kx, second);
        p->free(p);
    }
    tvt_replay_log_free(log);
}

static void
replay_keeps_failures(void)
{
    static const uint8_t zero[32] = {0};
    static _Alignas(TVT_ALIGN) uint8_t state[TVT_KX_STATE_MAX];
    struct tvt_replay_log *log = tvt_replay_log_new();
    struct tvt_replay_event broken = {
        .kind = TVT_REPLAY_KX_RESPOND, .id = TVT_GROUP_X25519, .failure = TVT_CRYPTO_PEER_KEY};
    struct tvt_provider *p = open_replay(0, log, (struct tvt_replay_options){.mode = TVT_REPLAY_RECORD});
    const struct tvt_kx *kx = tvt_provider_kx(p, TVT_GROUP_X25519);
    uint8_t share[32], secret[32], again[32];
    int result = kx->respond(kx, zero, share, secret);
    bool refused = result != TVT_CRYPTO_OK; /* a backend may leave the all-zero secret to the core */

    p->free(p);
    CU_ASSERT_TRUE(tvt_replay_push(log, &broken));
    p = open_player(log);
    kx = tvt_provider_kx(p, TVT_GROUP_X25519);
    CU_ASSERT_EQUAL(tvt_crypto_kind(kx->respond(kx, zero, again, secret)), tvt_crypto_kind(result));
    if (!refused)
        CU_ASSERT_EQUAL(memcmp(share, again, sizeof share), 0);
    CU_ASSERT_EQUAL(tvt_crypto_kind(kx->respond(kx, seed, again, secret)), TVT_CRYPTO_PEER_KEY);
    CU_ASSERT_PTR_NULL(tvt_replay_problem(p));
    /* what is deterministic is the backend's, even when playing */
    CU_ASSERT_PTR_NOT_NULL_FATAL(kx->start_from);
    CU_ASSERT_EQUAL(kx->start_from(kx, state, share, seed, sizeof seed), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(kx->respond_from(kx, share, again, secret, message, 32), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(kx->finish(kx, state, again, share), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(memcmp(share, secret, sizeof share), 0);
    kx->discard(kx, state);
    p->free(p);
    tvt_replay_log_free(log);
}

static void
replay_plays_traces_made_by_hand(void)
{
    struct tvt_replay_log *log = tvt_replay_log_new();
    struct tvt_replay_options options = {
        .mode = TVT_REPLAY_PLAY, .any_order = true, .pass = TVT_REPLAY_BIT(TVT_REPLAY_CLOCK)};
    struct tvt_public_key pub = {.type = TVT_KEY_RSA, .bits = 1024, .key = span(message, 20), .e = span(seed, 3)};
    struct tvt_signer *signer = NULL;
    struct tvt_provider *p;
    uint8_t out[64];
    size_t len = sizeof out;
    void *op = NULL;

    CU_ASSERT_TRUE(tvt_replay_push_sign(log, TVT_SIG_RSA_PSS, TVT_HASH_SHA256, span(seed, 30)));
    CU_ASSERT_TRUE(tvt_replay_push_clock(log, 1));
    CU_ASSERT_TRUE(tvt_replay_push_kx_respond(log, TVT_GROUP_X25519, span(seed, 32), span(message, 32)));
    CU_ASSERT_TRUE(tvt_replay_push_random(log, span(message, 8)));
    p = open_replay(0, log, options);
    CU_ASSERT_EQUAL(tvt_replay_left(p), 3);
    CU_ASSERT_EQUAL(tvt_replay_clock(p, 99), 99);
    CU_ASSERT_EQUAL(p->random(p, out, 8), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(memcmp(out, message, 8), 0);

    CU_ASSERT_EQUAL_FATAL(tvt_replay_signer(p, &pub, &signer), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(signer->key_type, TVT_KEY_RSA);
    CU_ASSERT_EQUAL(signer->signature_max, 30);
    CU_ASSERT_EQUAL(signer->pub.key.len, 20);
    CU_ASSERT_EQUAL(memcmp(signer->pub.key.data, message, 20), 0);
    CU_ASSERT_EQUAL(memcmp(signer->pub.e.data, seed, 3), 0);
    CU_ASSERT_EQUAL(signer->sign(signer, TVT_SIG_RSA_PSS, TVT_HASH_SHA256, message, 5, out, &len, &op), 0);
    CU_ASSERT_EQUAL(len, 30);
    CU_ASSERT_EQUAL(memcmp(out, seed, 30), 0);
    CU_ASSERT_EQUAL(tvt_replay_left(p), 1);
    len = sizeof out;
    expect_problem(p, signer->sign(signer, TVT_SIG_RSA_PSS, TVT_HASH_SHA256, message, 5, out, &len, &op),
                   "event 4: asked for sign id 0204, but the log has nothing of the kind left");
    signer->free(signer);
    p->free(p);
    tvt_replay_log_free(log);
}

static void
replay_lets_kinds_pass(void)
{
    struct trace recorded, played;
    struct tvt_replay_log *log = record_script(0, &recorded);
    struct tvt_replay_options options = {.mode = TVT_REPLAY_PLAY,
                                         .pass = TVT_REPLAY_BIT(TVT_REPLAY_KX_START) |
                                                 TVT_REPLAY_BIT(TVT_REPLAY_KX_RESPOND) |
                                                 TVT_REPLAY_BIT(TVT_REPLAY_SIGN)};
    struct tvt_provider *p = open_replay(0, log, options);

    CU_ASSERT_EQUAL(run_script(p, &played), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(tvt_replay_left(p), 1);                 /* the clock */
    CU_ASSERT_EQUAL(tvt_replay_clock(p, 5), 1234567890123); /* the events of kinds that pass are skipped */
    CU_ASSERT_EQUAL(memcmp(played.random, recorded.random, sizeof played.random), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(played.shares, recorded.shares, sizeof played.shares), 0);
    CU_ASSERT_EQUAL(memcmp(played.secrets[0], played.secrets[1], 32), 0);
    CU_ASSERT_PTR_NULL(tvt_replay_problem(p));
    p->free(p);
    tvt_replay_log_free(log);
}

/* ---- fault ----------------------------------------------------------------------------------------------- */
static struct tvt_provider *
open_fault(size_t backend)
{
    struct tvt_provider *p = NULL;

    CU_ASSERT_FATAL(tvt_fault_new(&p, open_backend(backend)) == TVT_CRYPTO_OK);
    return p;
}

static void
fault_counts_every_operation(void)
{
    static const unsigned expected[TVT_FAULT_NUM_OPS] = {
        [TVT_FAULT_HASH_SETUP] = 2, [TVT_FAULT_HASH_FINAL] = 1, [TVT_FAULT_AEAD_SETUP] = 2, [TVT_FAULT_REKEY] = 1,
        [TVT_FAULT_SEAL] = 1,       [TVT_FAULT_OPEN] = 1,       [TVT_FAULT_START] = 2,      [TVT_FAULT_FINISH] = 1,
        [TVT_FAULT_RESPOND] = 1,    [TVT_FAULT_VERIFY] = 1,     [TVT_FAULT_SIGN] = 1,       [TVT_FAULT_RANDOM] = 2,
        [TVT_FAULT_LOAD_KEY] = 1,
    };

    for (size_t on = 0; on < num_backends(); on++) {
        struct tvt_provider *p = open_fault(on);
        struct trace t;

        CU_ASSERT_EQUAL(run_script(p, &t), TVT_CRYPTO_OK);
        CU_ASSERT_EQUAL(tvt_fault_count(p), 17);
        for (int op = 0; op < TVT_FAULT_NUM_OPS; op++)
            CU_ASSERT_EQUAL(tvt_fault_count_of(p, (enum tvt_fault_op)op), expected[op]);
        CU_ASSERT_EQUAL(tvt_fault_failed(p), TVT_FAULT_NUM_OPS);
        p->free(p);
    }
}

static void
fault_fails_the_nth(void)
{
    static const enum tvt_fault_op order[] = {
        TVT_FAULT_RANDOM,     TVT_FAULT_RANDOM,     TVT_FAULT_START,      TVT_FAULT_START,  TVT_FAULT_RESPOND,
        TVT_FAULT_FINISH,     TVT_FAULT_LOAD_KEY,   TVT_FAULT_SIGN,       TVT_FAULT_VERIFY, TVT_FAULT_HASH_SETUP,
        TVT_FAULT_HASH_SETUP, TVT_FAULT_HASH_FINAL, TVT_FAULT_AEAD_SETUP, TVT_FAULT_REKEY,  TVT_FAULT_SEAL,
        TVT_FAULT_AEAD_SETUP, TVT_FAULT_OPEN,
    };

    for (size_t on = 0; on < num_backends(); on++) {
        struct tvt_provider *p = open_fault(on);
        struct trace t;

        for (size_t n = 1; n <= sizeof order / sizeof order[0]; n++) {
            enum tvt_crypto_kind kind = (enum tvt_crypto_kind)(1 + n % TVT_CRYPTO_NO_ROOM);

            tvt_fault_arm(p, n, kind);
            CU_ASSERT_EQUAL(tvt_crypto_kind(run_script(p, &t)), kind);
            CU_ASSERT_EQUAL(tvt_fault_count(p), n);
            CU_ASSERT_EQUAL(tvt_fault_failed(p), order[n - 1]);
            CU_ASSERT_STRING_NOT_EQUAL(tvt_fault_op_name(tvt_fault_failed(p)), "none");
        }
        tvt_fault_arm(p, 0, TVT_CRYPTO_BACKEND);
        CU_ASSERT_EQUAL(run_script(p, &t), TVT_CRYPTO_OK);
        p->free(p);
    }
}

/* Over a player both runs of the script must come out alike: the wrapper changes no result. */
static void
fault_changes_nothing_else(void)
{
    struct trace recorded, t;
    struct tvt_replay_log *log = record_script(0, &recorded);
    struct tvt_provider *p = NULL;

    CU_ASSERT_FATAL(tvt_fault_new(&p, open_player(log)) == TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL(run_script(p, &t), TVT_CRYPTO_OK);
    t.ms = recorded.ms;
    CU_ASSERT_EQUAL(memcmp(&t, &recorded, sizeof t), 0);
    p->free(p);
    tvt_replay_log_free(log);
}

static void
wrapped_contexts_stay_in_bounds(void)
{
    for (size_t on = 0; on < num_backends(); on++) {
        struct tvt_provider *p = open_fault(on);
        struct tvt_replay_log *log = tvt_replay_log_new();
        struct tvt_provider *player = open_replay(on, log, (struct tvt_replay_options){.mode = TVT_REPLAY_PLAY});

        for (size_t i = 0; p->hashes[i] != NULL; i++)
            CU_ASSERT_TRUE(p->hashes[i]->ctx_size <= TVT_HASH_CTX_MAX);
        for (size_t i = 0; p->aeads[i] != NULL; i++)
            CU_ASSERT_TRUE(p->aeads[i]->ctx_size <= TVT_AEAD_CTX_MAX);
        for (size_t i = 0; player->groups[i] != NULL; i++)
            CU_ASSERT_TRUE(player->groups[i]->state_size <= TVT_KX_STATE_MAX);
        player->free(player);
        tvt_replay_log_free(log);
        p->free(p);
    }
}

int
tvt_register_test_providers(void)
{
    static CU_TestInfo replay[] = {
        {"gives back what was recorded, on every backend", replay_gives_back_what_was_recorded},
        {"the log survives text and file", replay_log_survives_text_and_file},
        {"bad text is refused with its line", replay_refuses_bad_text},
        {"every deviation is noticed and sticks", replay_notices_deviations},
        {"a finish belongs to its start", replay_tells_starts_apart},
        {"failures are kept", replay_keeps_failures},
        {"traces made by hand", replay_plays_traces_made_by_hand},
        {"kinds pass to the backend", replay_lets_kinds_pass},
        CU_TEST_INFO_NULL,
    };
    static CU_TestInfo fault[] = {
        {"counts every operation", fault_counts_every_operation},
        {"fails the nth", fault_fails_the_nth},
        {"changes nothing else", fault_changes_nothing_else},
        {"wrapped contexts stay in bounds", wrapped_contexts_stay_in_bounds},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"replay provider", NULL, NULL, NULL, NULL, replay},
        {"fault provider", NULL, NULL, NULL, NULL, fault},
        CU_SUITE_INFO_NULL,
    };

    return (int)CU_register_suites(suites);
}
