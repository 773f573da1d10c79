/* SPDX-License-Identifier: MIT
 *
 * Randomness: it does not repeat, from two threads, after fork. And work from two threads at once.
 */
#define _POSIX_C_SOURCE 200809L

#include "tests/kit/kit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAW      16u
#define NUM_DRAWS 20000u

static uint8_t draws[2 * NUM_DRAWS][DRAW];

static int
compare_draws(const void *a, const void *b)
{
    return memcmp(a, b, DRAW);
}

static size_t
count_duplicates(size_t num)
{
    size_t duplicates = 0;

    qsort(draws, num, DRAW, compare_draws);
    for (size_t i = 1; i < num; i++)
        duplicates += memcmp(draws[i - 1], draws[i], DRAW) == 0;
    return duplicates;
}

static int
draw_many(size_t first, size_t num)
{
    const struct tvt_provider *p = kit.now->provider;
    int result = TVT_CRYPTO_OK;

    for (size_t i = first; i < first + num && result == TVT_CRYPTO_OK; i++)
        result = p->random(p, draws[i], DRAW);
    return result;
}

static void
never_repeats(void)
{
    size_t set = 0;

    kit.row = KIT_RANDOM;
    kit_ok("random", draw_many(0, NUM_DRAWS));
    for (size_t i = 0; i < NUM_DRAWS; i++) {
        for (size_t j = 0; j < DRAW; j++)
            set += (size_t)__builtin_popcount(draws[i][j]);
    }
    /* 2,560,000 bits: 1,280,000 +- 800 (one sigma); 12 sigma here */
    kit_check(set > 1270400 && set < 1289600, "%zu bits of 2,560,000 are set", set);
    kit_check(count_duplicates(NUM_DRAWS) == 0, "a value of 16 bytes came twice");
}

static void
every_length(void)
{
    static uint8_t big[70001];
    const struct tvt_provider *p = kit.now->provider;

    kit.row = KIT_RANDOM;
    for (size_t len = 0; len <= 70000; len += len < 70 ? 1 : 9990) {
        size_t zeros = 0;

        memset(big, 0, sizeof big);
        kit_ok("random", p->random(p, big, len));
        kit_check(big[len] == 0, "wrote behind %zu bytes", len);
        for (size_t i = 0; i < len; i++)
            zeros += big[i] == 0;
        kit_check(len < 32 || zeros < len / 8, "%zu of %zu bytes are zero", zeros, len);
    }
}

static void *
draw_in_thread(void *result)
{
    *(int *)result = draw_many(NUM_DRAWS, NUM_DRAWS);
    return NULL;
}

static void
two_threads(void)
{
    pthread_t thread;
    int mine, theirs = -1;
    size_t duplicates;

    kit.row = KIT_RANDOM;
    if (!kit_check(pthread_create(&thread, NULL, draw_in_thread, &theirs) == 0, "no thread"))
        return;
    mine = draw_many(0, NUM_DRAWS);
    (void)pthread_join(thread, NULL);
    kit_ok("random in the first thread", mine);
    kit_ok("random in the second thread", theirs);
    duplicates = count_duplicates(2 * NUM_DRAWS);
    kit_check(duplicates == 0, "%zu values came twice", duplicates);
}

/* Parent and child draw the same number of values from the same state. */
static void
after_fork(void)
{
    const struct tvt_provider *p = kit.now->provider;
    enum { NUM = 64 };
    int ends[2];
    pid_t child;
    ssize_t got = 0;
    int status = -1;

    kit.row = KIT_RANDOM;
    kit_ok("random before", p->random(p, draws[0], DRAW));
    if (!kit_check(pipe(ends) == 0, "no pipe"))
        return;
    child = fork();
    if (child == 0) {
        bool good = draw_many(0, NUM) == TVT_CRYPTO_OK;

        _exit(good && write(ends[1], draws, (size_t)NUM * DRAW) == (ssize_t)(NUM * DRAW) ? 0 : 1);
    }
    (void)close(ends[1]);
    kit_ok("random in the parent", draw_many(NUM, NUM));
    while (got < (ssize_t)(NUM * DRAW)) {
        ssize_t n = read(ends[0], (uint8_t *)draws + got, (size_t)((ssize_t)(NUM * DRAW) - got));

        if (n <= 0)
            break;
        got += n;
    }
    (void)close(ends[0]);
    kit_check(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child failed");
    kit_check(got == (ssize_t)(NUM * DRAW) && count_duplicates((size_t)2 * NUM) == 0, "parent and child drew the same");
}

/* ---- sign, verify and exchange from two threads ---------------------------------------------------------- */

#define THREAD_ROUNDS 40

struct work {
    const struct kit_subject *subject;
    enum kit_row row;
    struct tvt_signer *signer;
    const struct tvt_public_key *key;
    int failed_sign, failed_verify, failed_refusal;
    uint8_t thread;
};

static void *
sign_and_verify(void *argument)
{
    struct work *w = (struct work *)argument;
    uint8_t hash = kit_signature_hash(w->row, 0), message[40], out[TVT_SIGNATURE_MAX];
    const struct tvt_signature *sig = kit_signature_of(w->subject, w->row, hash);

    for (int i = 0; i < THREAD_ROUNDS; i++) {
        size_t len = sizeof out;
        void *op = NULL;

        memset(message, i, sizeof message);
        message[0] = w->thread;
        if (w->signer->sign(w->signer, sig->family, hash, message, sizeof message, out, &len, &op) != TVT_CRYPTO_OK) {
            w->failed_sign++;
            continue;
        }
        w->failed_verify += sig->verify(sig, hash, w->key, message, sizeof message, out, len) != TVT_CRYPTO_OK;
        message[1] ^= 1;
        w->failed_refusal +=
            tvt_crypto_kind(sig->verify(sig, hash, w->key, message, sizeof message, out, len)) != TVT_CRYPTO_AUTH;
    }
    return NULL;
}

static void
threads_share_a_signer(void)
{
    for (int row = KIT_ECDSA_P256; row <= KIT_LAST_SIGNATURE; row++) {
        struct work w[2];
        pthread_t thread;
        const char *name = kit_test_key_name((enum kit_row)row, 'a');
        struct tvt_signer *signer;

        if (!kit_begin((enum kit_row)row))
            continue;
        signer = kit_signer(kit.now->provider, name);
        if (signer == NULL)
            continue;
        for (uint8_t i = 0; i < 2; i++)
            w[i] = (struct work){kit.now, (enum kit_row)row, signer, &kit_test_key(name)->pub, 0, 0, 0, i};
        if (kit_check(pthread_create(&thread, NULL, sign_and_verify, &w[1]) == 0, "no thread")) {
            (void)sign_and_verify(&w[0]);
            (void)pthread_join(thread, NULL);
        }
        signer->free(signer);
        kit_check(w[0].failed_sign + w[1].failed_sign == 0, "%d signatures failed",
                  w[0].failed_sign + w[1].failed_sign);
        kit_check(w[0].failed_verify + w[1].failed_verify == 0, "%d good signatures did not verify",
                  w[0].failed_verify + w[1].failed_verify);
        kit_check(w[0].failed_refusal + w[1].failed_refusal == 0, "%d bad signatures were not refused",
                  w[0].failed_refusal + w[1].failed_refusal);
    }
}

struct exchange_work {
    struct tvt_group group;
    int failed;
};

static void *
exchange(void *argument)
{
    struct exchange_work *w = (struct exchange_work *)argument;
    struct tvt_group_state *s = (struct tvt_group_state *)aligned_alloc(TVT_ALIGN, sizeof *s);
    uint8_t share[TVT_KX_SHARE_MAX], answer[TVT_KX_SHARE_MAX], a[TVT_GROUP_SECRET_MAX], b[TVT_GROUP_SECRET_MAX];

    for (int i = 0; s != NULL && i < THREAD_ROUNDS; i++) {
        bool good = tvt_group_start(s, &w->group, share) == TVT_CRYPTO_OK;

        good = good && tvt_group_respond(&w->group, tvt_span(share, w->group.initiator_len), answer, a) == 0 &&
               tvt_group_finish(s, tvt_span(answer, w->group.responder_len), b) == 0 &&
               memcmp(a, b, w->group.secret_len) == 0;
        w->failed += !good;
        tvt_group_discard(s);
    }
    free(s);
    return NULL;
}

static void
threads_exchange_keys(void)
{
    for (int row = KIT_X25519; row <= KIT_SECP256R1MLKEM768; row++) {
        struct exchange_work w[2];
        pthread_t thread;

        memset(w, 0, sizeof w);
        if (!kit_begin((enum kit_row)row) ||
            !kit_check(tvt_group_find(&w[0].group, kit.now->provider, kit_algorithms[row].id), "tvt_group_find"))
            continue;
        w[1] = w[0];
        if (kit_check(pthread_create(&thread, NULL, exchange, &w[1]) == 0, "no thread")) {
            (void)exchange(&w[0]);
            (void)pthread_join(thread, NULL);
        }
        kit_check(w[0].failed + w[1].failed == 0, "%d exchanges failed", w[0].failed + w[1].failed);
    }
}

const struct kit_case kit_contract_random[] = {{"random never repeats", never_repeats},
                                               {"random of every length", every_length},
                                               {"random from two threads", two_threads},
                                               {"random after fork", after_fork},
                                               {"two threads share a signer", threads_share_a_signer},
                                               {"two threads exchange keys", threads_exchange_keys},
                                               {NULL, NULL}};
