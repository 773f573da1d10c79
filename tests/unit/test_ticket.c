/* SPDX-License-Identifier: MIT
 *
 * Ticket keys over every backend: sealing and opening, what does not open, rotation by time, keys that servers share, the
 * program's own look-up, a library that fails, threads.
 */
#include "core/base/wire.h"
#include "core/session/ticket.h"
#include "tests/providers/fault.h"

#include <CUnit/Basic.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PROVIDERS 8u
#define NOW           UINT64_C(1780272000000)
#define NAME_LEN      16u

static struct tvt_provider *providers[MAX_PROVIDERS];
static size_t num_providers;

static int
open_providers(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);

    for (num_providers = 0; num_providers < num && num_providers < MAX_PROVIDERS; num_providers++)
        if (tvt_provider_open(&providers[num_providers], names[num_providers], NULL) != TVT_OK) {
            fprintf(stderr, "backend %s does not open\n", names[num_providers]);
            return -1;
        }
    return num_providers > 0 ? 0 : -1;
}

static int
close_providers(void)
{
    while (num_providers > 0)
        tvt_provider_free(providers[--num_providers]);
    return 0;
}

static struct tvt_ticket_keys *
make_keys(const struct tvt_provider *provider, uint32_t rotate_s, const struct tvt_mutex *mutex)
{
    struct tvt_ticket_keys *keys = NULL;

    CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_new(&keys, provider, rotate_s, mutex, NULL), TVT_OK);
    return keys;
}

static const uint8_t plain[300] = {'s', 't', 'a', 't', 'e', 1, 2, 3};

/* A ticket of 64 bytes of `plain`. */
struct sealed {
    uint8_t bytes[64 + TVT_SEALED_OVERHEAD];
    size_t len;
};

static struct sealed
seal(struct tvt_ticket_keys *keys, uint64_t now_ms)
{
    struct sealed s = {{0}, 0};

    CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_seal(keys, TVT_SEALED_TICKET, s.bytes, sizeof s.bytes, &s.len,
                                               tvt_span(plain, 64), now_ms, NULL),
                          TVT_OK);
    return s;
}

static bool
opens_as(struct tvt_ticket_keys *keys, enum tvt_sealed_kind kind, const uint8_t *bytes, size_t len, uint64_t now_ms)
{
    uint8_t out[sizeof plain + TVT_SEALED_OVERHEAD];
    size_t out_len = 99;
    bool opened = tvt_ticket_keys_open(keys, kind, out, sizeof out, &out_len, tvt_span(bytes, len), now_ms);

    CU_ASSERT(opened ? out_len == 64 && memcmp(out, plain, 64) == 0 : out_len == 0);
    return opened;
}

static bool
opens(struct tvt_ticket_keys *keys, const struct sealed *s, uint64_t now_ms)
{
    return opens_as(keys, TVT_SEALED_TICKET, s->bytes, s->len, now_ms);
}

/* ---- sealing and opening ----------------------------------------------------------------------------------- */

static void
test_lengths(void)
{
    for (size_t i = 0; i < num_providers; i++) {
        struct tvt_ticket_keys *keys = make_keys(providers[i], 0, NULL);
        size_t wrong = 0;

        for (size_t len = 0; len <= sizeof plain; len++) {
            uint8_t bytes[sizeof plain + TVT_SEALED_OVERHEAD], out[sizeof bytes];
            size_t sealed_len = 0, out_len = 99;
            wrong += tvt_ticket_keys_seal(keys, TVT_SEALED_COOKIE, bytes, len + TVT_SEALED_OVERHEAD, &sealed_len,
                                          tvt_span(len > 0 ? plain : NULL, len), NOW, NULL) != TVT_OK;
            wrong += sealed_len <= len || sealed_len > len + TVT_SEALED_OVERHEAD;
            wrong += !tvt_ticket_keys_open(keys, TVT_SEALED_COOKIE, out, sealed_len, &out_len,
                                           tvt_span(bytes, sealed_len), NOW);
            wrong += out_len != len || memcmp(out, plain, len) != 0;
            wrong += tvt_ticket_keys_open(keys, TVT_SEALED_COOKIE, out, sealed_len - 1, &out_len,
                                          tvt_span(bytes, sealed_len), NOW); /* no room */
        }
        CU_ASSERT_EQUAL(wrong, 0);
        tvt_ticket_keys_unref(keys);
    }
}

static void
test_no_room(void)
{
    uint8_t bytes[64 + TVT_SEALED_OVERHEAD];
    struct tvt_ticket_keys *keys = make_keys(providers[0], 0, NULL);
    struct tvt_error error;
    size_t len = 99;

    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(
        tvt_ticket_keys_seal(keys, TVT_SEALED_TICKET, bytes, sizeof bytes - 1, &len, tvt_span(plain, 64), NOW, &error),
        TVT_FAIL);
    CU_ASSERT(error.code == TVT_E_NO_ROOM && len == 0);
    CU_ASSERT_EQUAL(tvt_ticket_keys_seal(keys, TVT_SEALED_TICKET, bytes, 10, &len, tvt_span(plain, 0), NOW, NULL),
                    TVT_FAIL);
    tvt_ticket_keys_unref(keys);
}

static void
test_damage(void)
{
    for (size_t i = 0; i < num_providers; i++) {
        struct tvt_ticket_keys *keys = make_keys(providers[i], 0, NULL), *other = make_keys(providers[i], 0, NULL);
        struct sealed s = seal(keys, NOW), t = seal(keys, NOW);
        uint8_t bad[sizeof s.bytes + 1] = {0};
        size_t wrong = 0;

        CU_ASSERT(opens(keys, &s, NOW) && opens(keys, &s, NOW)); /* single use is not the keys' matter */
        CU_ASSERT_FALSE(opens_as(keys, TVT_SEALED_COOKIE, s.bytes, s.len, NOW));
        CU_ASSERT_FALSE(opens(other, &s, NOW));
        /* The same key and the same content: nothing but the name and the AEAD's number is the same. */
        CU_ASSERT(memcmp(s.bytes, t.bytes, NAME_LEN + 1) == 0);
        CU_ASSERT(memcmp(s.bytes + NAME_LEN + 1, t.bytes + NAME_LEN + 1, 20) != 0);
        CU_ASSERT(memcmp(s.bytes + s.len - 80, t.bytes + t.len - 80, 64) != 0);
        for (size_t bit = 0; bit < s.len * 8; bit++) {
            memcpy(bad, s.bytes, s.len);
            bad[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            wrong += opens_as(keys, TVT_SEALED_TICKET, bad, s.len, NOW);
        }
        for (size_t len = 0; len < s.len; len++) {
            uint8_t *exact = malloc(len > 0 ? len : 1);
            CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
            memcpy(exact, s.bytes, len);
            wrong += opens_as(keys, TVT_SEALED_TICKET, exact, len, NOW);
            free(exact);
        }
        memcpy(bad, s.bytes, s.len);
        wrong += opens_as(keys, TVT_SEALED_TICKET, bad, s.len + 1, NOW);
        for (unsigned id = 0; id < 256; id++) { /* any other AEAD */
            memcpy(bad, s.bytes, s.len);
            bad[NAME_LEN] = (uint8_t)id;
            wrong += opens_as(keys, TVT_SEALED_TICKET, bad, s.len, NOW) != (id == s.bytes[NAME_LEN]);
        }
        CU_ASSERT_EQUAL(wrong, 0);
        CU_ASSERT(opens(keys, &s, NOW) && opens(keys, &t, NOW)); /* none of it did harm */
        tvt_ticket_keys_unref(other);
        tvt_ticket_keys_unref(keys);
    }
}

/* ---- rotation ---------------------------------------------------------------------------------------------- */

static void
test_rotation(void)
{
    const uint64_t step = 1000 * 100; /* ms */
    struct tvt_ticket_keys *keys = make_keys(providers[0], 100, NULL);
    struct sealed first = seal(keys, NOW), same = seal(keys, NOW + step - 1), second = seal(keys, NOW + step);

    CU_ASSERT(memcmp(first.bytes, same.bytes, NAME_LEN) == 0);
    CU_ASSERT(memcmp(first.bytes, second.bytes, NAME_LEN) != 0);
    CU_ASSERT(opens(keys, &first, NOW + step) && opens(keys, &second, NOW + step));
    CU_ASSERT(opens(keys, &same, NOW + 2 * step - 1)); /* a replaced one opens for as long again */
    CU_ASSERT_FALSE(opens(keys, &same, NOW + 2 * step));
    CU_ASSERT(opens(keys, &second, NOW + 2 * step));
    CU_ASSERT_FALSE(opens(keys, &same, NOW + step)); /* it is gone, whatever the clock says later */
    CU_ASSERT(opens(keys, &second, NOW + 3 * step - 1));
    CU_ASSERT_FALSE(opens(keys, &second, NOW + 10 * step)); /* after a long silence too */
    struct sealed third = seal(keys, NOW + 10 * step);
    CU_ASSERT(opens(keys, &third, NOW + 10 * step));
    /* A clock set back a year does not make a key seal for a year. */
    uint64_t back = NOW - UINT64_C(365) * 86400 * 1000;
    struct sealed early = seal(keys, back), later = seal(keys, back + step);
    CU_ASSERT(memcmp(third.bytes, early.bytes, NAME_LEN) == 0);
    CU_ASSERT(memcmp(early.bytes, later.bytes, NAME_LEN) != 0);
    CU_ASSERT(opens(keys, &early, back + step));
    CU_ASSERT_FALSE(opens(keys, &early, back + 2 * step));
    tvt_ticket_keys_unref(keys);

    keys = make_keys(providers[0], 0, NULL); /* never */
    first = seal(keys, NOW);
    second = seal(keys, NOW + UINT64_C(1000) * 365 * 86400 * 1000);
    CU_ASSERT(memcmp(first.bytes, second.bytes, NAME_LEN) == 0 && opens(keys, &first, UINT64_MAX));
    tvt_ticket_keys_unref(keys);
}

/* ---- keys that servers share ------------------------------------------------------------------------------- */

static void
test_sharing(void)
{
    for (size_t i = 0; i < num_providers; i++)
        for (size_t k = 0; k < num_providers; k++) {
            struct tvt_ticket_keys *one = make_keys(providers[i], 100, NULL), *two = make_keys(providers[k], 0, NULL);
            uint8_t bytes[TVT_TICKET_KEYS_MAX * TVT_TICKET_KEY_LEN];
            struct sealed before = seal(two, NOW), s;
            size_t num = 0;

            (void)seal(one, NOW);
            (void)seal(one, NOW + 100000); /* two keys now */
            CU_ASSERT_EQUAL(tvt_ticket_keys_get(one, bytes, 1, &num, NULL), TVT_FAIL);
            CU_ASSERT_EQUAL(num, 2);
            CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_get(one, bytes, TVT_TICKET_KEYS_MAX, &num, NULL), TVT_OK);
            CU_ASSERT(num == 2 && opens(two, &before, NOW));
            CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_set(two, bytes, num, NULL), TVT_OK);
            CU_ASSERT_FALSE(opens(two, &before, NOW));
            s = seal(one, NOW + 100000);
            bool has = tvt_provider_aead(providers[k], s.bytes[NAME_LEN]) != NULL;
            CU_ASSERT_EQUAL(opens(two, &s, NOW + 100000), has);
            s = seal(two, NOW);
            CU_ASSERT(memcmp(s.bytes, bytes, NAME_LEN) == 0); /* the first seals */
            has = tvt_provider_aead(providers[i], s.bytes[NAME_LEN]) != NULL;
            CU_ASSERT_EQUAL(opens(one, &s, NOW + 100000), has);
            CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_set(two, bytes + TVT_TICKET_KEY_LEN, 1, NULL), TVT_OK);
            CU_ASSERT_FALSE(opens(two, &s, NOW));
            tvt_ticket_keys_unref(two);
            tvt_ticket_keys_unref(one);
        }
}

static void
test_set(void)
{
    static const uint8_t bytes[(TVT_TICKET_KEYS_MAX + 1) * TVT_TICKET_KEY_LEN] = {0};
    struct tvt_ticket_keys *keys = make_keys(providers[0], 1, NULL);
    uint8_t out[TVT_TICKET_KEYS_MAX * TVT_TICKET_KEY_LEN];
    size_t num;

    CU_ASSERT_EQUAL(tvt_ticket_keys_set(keys, bytes, 0, NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_ticket_keys_set(keys, bytes, TVT_TICKET_KEYS_MAX + 1, NULL), TVT_FAIL);
    CU_ASSERT_EQUAL(tvt_ticket_keys_set(keys, bytes, TVT_TICKET_KEYS_MAX, NULL), TVT_OK);
    struct sealed s = seal(keys, NOW); /* rotation has ended */
    CU_ASSERT(opens(keys, &s, NOW + UINT64_C(86400000)));
    CU_ASSERT_EQUAL(tvt_ticket_keys_get(keys, out, TVT_TICKET_KEYS_MAX, &num, NULL), TVT_OK);
    CU_ASSERT(num == TVT_TICKET_KEYS_MAX && memcmp(out, bytes, sizeof out) == 0);
    CU_ASSERT_PTR_EQUAL(tvt_ticket_keys_ref(keys), keys);
    tvt_ticket_keys_unref(keys);
    tvt_ticket_keys_unref(keys);
    tvt_ticket_keys_unref(NULL);
}

/* ---- the program's look-up --------------------------------------------------------------------------------- */

struct look_up {
    uint8_t key[TVT_TICKET_KEY_LEN];
    unsigned sealing, opening;
    bool gone, lies;
};

static enum tvt_result
look_up(void *user, const uint8_t *name, uint8_t out[TVT_TICKET_KEY_LEN])
{
    struct look_up *l = user;

    (void)(name == NULL ? l->sealing++ : l->opening++);
    if (l->gone || (name != NULL && !l->lies && memcmp(name, l->key, NAME_LEN) != 0))
        return TVT_FAIL;
    memcpy(out, l->key, TVT_TICKET_KEY_LEN);
    return TVT_OK;
}

static void
test_callback(void)
{
    struct tvt_ticket_keys *keys = make_keys(providers[0], 100, NULL);
    struct look_up l = {{'n', 'a', 'm', 'e'}, 0, 0, false, false};
    struct sealed held = seal(keys, NOW), s, t;
    struct tvt_error error;

    tvt_ticket_keys_set_callback(keys, look_up, &l);
    CU_ASSERT_FALSE(opens(keys, &held, NOW)); /* the keys held are not asked */
    s = seal(keys, NOW);
    CU_ASSERT(memcmp(s.bytes, l.key, NAME_LEN) == 0 && opens(keys, &s, NOW));
    CU_ASSERT(l.sealing == 1 && l.opening == 2);
    l.key[TVT_TICKET_KEY_LEN - 1] ^= 1; /* another secret under the same name, at once in use */
    t = seal(keys, NOW);
    CU_ASSERT(opens(keys, &t, NOW));
    CU_ASSERT_FALSE(opens(keys, &s, NOW));
    l.key[0] ^= 1;
    l.lies = true; /* a key of another name than was asked for */
    CU_ASSERT_FALSE(opens(keys, &t, NOW));
    l.gone = true;
    tvt_error_clear(&error);
    CU_ASSERT_EQUAL(tvt_ticket_keys_seal(keys, TVT_SEALED_TICKET, t.bytes, sizeof t.bytes, &t.len, tvt_span(plain, 64),
                                         NOW, &error),
                    TVT_FAIL);
    CU_ASSERT(error.code == TVT_E_NO_TICKET_KEY && t.len == 0);
    tvt_ticket_keys_set_callback(keys, NULL, NULL);
    CU_ASSERT(opens(keys, &held, NOW));
    tvt_ticket_keys_unref(keys);
}

/* ---- a library that fails ---------------------------------------------------------------------------------- */

/* Every operation of a life with ticket keys fails once: nothing is sealed wrongly, and afterwards all works. */
static uint64_t
live_with_failure(struct tvt_provider *fault, uint64_t nth)
{
    struct tvt_ticket_keys *keys;
    struct sealed s = {{0}, 0};
    bool sealed = false, opened = false;

    tvt_fault_arm(fault, nth, nth % 2 == 0 ? TVT_CRYPTO_BACKEND : TVT_CRYPTO_NO_MEMORY);
    if (tvt_ticket_keys_new(&keys, fault, 100, NULL, NULL) != TVT_OK)
        return tvt_fault_count(fault);
    for (uint64_t at = NOW; at <= NOW + 300000; at += 150000) {
        sealed = tvt_ticket_keys_seal(keys, TVT_SEALED_TICKET, s.bytes, sizeof s.bytes, &s.len, tvt_span(plain, 64), at,
                                      NULL) == TVT_OK;
        CU_ASSERT(sealed || s.len == 0);
        opened = sealed && opens(keys, &s, at);
        CU_ASSERT(nth != 0 || opened);
    }
    uint64_t count = tvt_fault_count(fault);
    if (nth > 0 && nth <= count)
        CU_ASSERT_NOT_EQUAL(tvt_fault_failed(fault), TVT_FAULT_NUM_OPS);
    s = seal(keys, NOW + 300001);
    CU_ASSERT(opens(keys, &s, NOW + 300001));
    tvt_ticket_keys_unref(keys);
    return count;
}

static void
test_failing_library(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);

    for (size_t i = 0; i < num; i++) {
        struct tvt_provider *inner, *fault;

        CU_ASSERT_EQUAL_FATAL(tvt_provider_open(&inner, names[i], NULL), TVT_OK);
        CU_ASSERT_EQUAL_FATAL(tvt_fault_new(&fault, inner), TVT_CRYPTO_OK);
        uint64_t count = live_with_failure(fault, 0);
        CU_ASSERT(count > 10);
        for (uint64_t nth = 1; nth <= count; nth++)
            (void)live_with_failure(fault, nth);
        tvt_provider_free(fault);
    }
}

/* ---- threads ----------------------------------------------------------------------------------------------- */

enum { THREADS = 10 }; /* more than there are contexts at hand */

struct worker {
    struct tvt_ticket_keys *keys;
    unsigned opened, failed;
    pthread_t thread;
};

/* A clock for all threads; all that they do takes less than two rotations. */
static atomic_uint_fast64_t ticks;

static uint64_t
now(void)
{
    return NOW + 35 * atomic_fetch_add(&ticks, 1);
}

static void *
seal_and_open(void *arg)
{
    struct worker *w = arg;

    for (size_t n = 0; n < 200; n++) {
        uint8_t bytes[64 + TVT_SEALED_OVERHEAD], out[sizeof bytes];
        size_t len, out_len;
        if (tvt_ticket_keys_seal(w->keys, TVT_SEALED_TICKET, bytes, sizeof bytes, &len, tvt_span(plain, 64), now(),
                                 NULL) != TVT_OK)
            w->failed++;
        else if (tvt_ticket_keys_open(w->keys, TVT_SEALED_TICKET, out, sizeof out, &out_len, tvt_span(bytes, len),
                                      now()))
            w->opened += memcmp(out, plain, 64) == 0;
    }
    return NULL;
}

/* Threads seal and open while the keys rotate under them and are replaced: no ticket opens to anything else, and all
 * open while the keys stay. */
static void
test_threads(void)
{
    for (size_t i = 0; i < num_providers; i++)
        for (int replaced = 0; replaced < 2; replaced++) {
            struct tvt_ticket_keys *keys = make_keys(providers[i], 100, tvt_system_mutex());
            uint8_t bytes[TVT_TICKET_KEY_LEN] = {0};
            struct worker workers[THREADS];

            atomic_store(&ticks, 0);
            for (size_t k = 0; k < THREADS; k++) {
                workers[k] = (struct worker){.keys = keys};
                CU_ASSERT_EQUAL_FATAL(pthread_create(&workers[k].thread, NULL, seal_and_open, &workers[k]), 0);
            }
            for (uint8_t n = 0; replaced && n < 50; n++) {
                bytes[0] = bytes[20] = n;
                CU_ASSERT_EQUAL(tvt_ticket_keys_set(keys, bytes, 1, NULL), TVT_OK);
            }
            for (size_t k = 0; k < THREADS; k++) {
                CU_ASSERT_EQUAL(pthread_join(workers[k].thread, NULL), 0);
                CU_ASSERT(workers[k].failed == 0 && (replaced || workers[k].opened == 200));
            }
            tvt_ticket_keys_unref(keys);
        }
}

int tvt_register_ticket(void);

int
tvt_register_ticket(void)
{
    static CU_TestInfo tests[] = {
        {"every length", test_lengths},
        {"no room", test_no_room},
        {"other kinds, other keys, cut and flipped", test_damage},
        {"rotation by time", test_rotation},
        {"keys that servers share", test_sharing},
        {"keys that are set", test_set},
        {"the program's look-up", test_callback},
        {"a library that fails", test_failing_library},
        {"threads", test_threads},
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        {"ticket keys", open_providers, close_providers, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
