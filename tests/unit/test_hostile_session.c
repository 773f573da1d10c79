/* SPDX-License-Identifier: MIT
 *
 * Programs that abuse the sessions of the ssl floor: stores that others have too, callbacks that call back, threads that share
 * the memory against replays while keys are changed.
 */
#include "core/session/session.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WINDOW_MS 10000u

int tvt_register_hostile_session(void);

/* ---- a store of the program's ---- */

static SSL_SESSION *
get_none(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    (void)ssl;
    (void)id;
    (void)len;
    *copy = 0;
    return NULL;
}

static bool
fetch_early(struct duo *d)
{
    int r[2];
    if (SSL_CTX_set_max_early_data(d->ctx[1], 100) != 1 || !duo_again(d) || !duo_handshake(d, r) || !duo_first_word(d))
        return false;
    SSL_SESSION *session = SSL_get1_session(d->ssl[0]);
    bool good = duo_again(d) && SSL_set_session(d->ssl[0], session) == 1;
    SSL_SESSION_free(session);
    return good;
}

/* A store of the program's may have sessions of another process, or of this one before it was started anew: what was
 * taken under them is not known here. And the time to wait is as long as a ClientHello can be fresh: two windows. */
static void
store_from_outside(void)
{
    struct duo d;
    char text[16];
    size_t n;
    struct timespec now;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_CTX_sess_set_get_cb(d.ctx[1], get_none);
    (void)timespec_get(&now, TIME_UTC);
    uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    CU_ASSERT(atomic_load(&d.ctx[1]->sessions.early_from_ms) + 1000 >= now_ms + 2 * WINDOW_MS);
    (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_NO_TICKET);
    CU_ASSERT_TRUE(fetch_early(&d));
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "x", 1, &n), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_FINISH);
    atomic_store(&d.ctx[1]->sessions.early_from_ms, 0); /* as when the time is over */
    CU_ASSERT_TRUE(fetch_early(&d));
    CU_ASSERT_EQUAL(SSL_write_early_data(d.ssl[0], "x", 1, &n), 1);
    CU_ASSERT_EQUAL(SSL_read_early_data(d.ssl[1], text, sizeof text, &n), SSL_READ_EARLY_DATA_SUCCESS);
    duo_close(&d);
}

/* ---- threads ---- */

struct runner {
    SSL_CTX *ctx[2];
    unsigned taken, rounds;
    bool good;
};

/* One thread's connections, one after the other: each with 0-RTT under the ticket of the one before. */
static void *
send_early_data(void *argument)
{
    struct runner *runner = argument;
    struct duo d;
    SSL_SESSION *session = NULL;
    char text[8];
    duo_share(&d, runner->ctx);
    runner->good = true;
    for (unsigned i = 0; runner->good && i < runner->rounds; i++) {
        size_t n = 0;
        int r[2];
        runner->good = duo_again(&d) && SSL_set_session(d.ssl[0], session) == 1;
        if (runner->good && session != NULL)
            runner->good = SSL_write_early_data(d.ssl[0], "x", 1, &n) == 1 &&
                           SSL_read_early_data(d.ssl[1], text, sizeof text, &n) != SSL_READ_EARLY_DATA_ERROR;
        runner->taken += n == 1;
        runner->good = runner->good && duo_handshake(&d, r) && duo_first_word(&d);
        SSL_SESSION_free(session);
        session = SSL_get1_session(d.ssl[0]);
    }
    SSL_SESSION_free(session);
    duo_close(&d);
    return NULL;
}

/* Four threads share the memory against replays, the keys or the cache, and one of them is given other keys meanwhile. */
static void
threads_with_early_data(void)
{
    enum { THREADS = 4, ROUNDS = 12 };
    for (int cached = 0; cached < 2; cached++) {
        struct duo d;
        struct runner runner[THREADS];
        pthread_t thread[THREADS];
        CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
        CU_ASSERT_EQUAL(SSL_CTX_set_max_early_data(d.ctx[1], 100), 1);
        if (cached)
            (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_NO_TICKET);
        struct tvt_ticket_keys *keys = d.ctx[1]->sessions.keys;
        for (int i = 0; i < THREADS; i++) {
            runner[i] = (struct runner){.ctx = {d.ctx[0], d.ctx[1]}, .rounds = ROUNDS};
            CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, send_early_data, &runner[i]), 0);
        }
        for (unsigned round = 0; round < 200; round++) {
            uint8_t given[2 * TVT_TICKET_KEY_LEN];
            pattern(given, sizeof given, round);
            CU_ASSERT_EQUAL(tvt_ticket_keys_set(keys, given, 2, NULL), TVT_OK);
        }
        for (int i = 0; i < THREADS; i++) {
            (void)pthread_join(thread[i], NULL);
            CU_ASSERT_TRUE(runner[i].good);
            CU_ASSERT_TRUE(!cached || runner[i].taken == ROUNDS - 1);
            CU_ASSERT_TRUE(runner[i].taken > 0);
        }
        duo_close(&d);
    }
}

/* ---- callbacks that call back ---- */

static int again_with, nested, deepest;

static int
call_again(SSL *ssl, SSL_SESSION *session)
{
    char text[16];
    int r = -1;
    CU_ASSERT_PTR_NOT_NULL(session);
    if (++nested > deepest)
        deepest = nested;
    if (nested < 20)
        r = again_with == 0   ? SSL_read(ssl, text, sizeof text)
            : again_with == 1 ? SSL_peek(ssl, text, sizeof text)
            : again_with == 2 ? SSL_do_handshake(ssl)
                              : SSL_shutdown(ssl);
    CU_ASSERT(r == -1 && SSL_get_error(ssl, r) == SSL_ERROR_SSL);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_WRONG_CALL);
    nested--;
    return 0;
}

/* A callback that reads would have the message at hand handled again, and be called again, without end. It is refused,
 * and what waits behind the message is there for the call that comes next. */
static void
callbacks_that_call_back(void)
{
    for (again_with = 0; again_with < 4; again_with++) {
        for (size_t chunk = 0; chunk < 400; chunk += 100) {
            struct duo d;
            char text[16];
            int r[2];
            nested = deepest = 0;
            CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
            SSL_CTX_sess_set_new_cb(d.ctx[0], call_again);
            (void)SSL_CTX_set_session_cache_mode(d.ctx[0], SSL_SESS_CACHE_CLIENT);
            CU_ASSERT_TRUE_FATAL(duo_handshake(&d, r));
            CU_ASSERT_EQUAL(SSL_write(d.ssl[1], "hello", 5), 5);
            d.tap[0].chunk = chunk;
            CU_ASSERT_EQUAL(SSL_read(d.ssl[0], text, sizeof text), 5);
            CU_ASSERT_EQUAL(memcmp(text, "hello", 5), 0);
            CU_ASSERT_EQUAL(deepest, 1);
            CU_ASSERT_TRUE(duo_move(&d, TVT_CLIENT, "ping", 4));
            duo_close(&d);
        }
    }
}

int
tvt_register_hostile_session(void)
{
    CU_pSuite s = CU_add_suite("hostile_session", NULL, NULL);
    if (s == NULL || CU_add_test(s, "store from outside", store_from_outside) == NULL ||
        CU_add_test(s, "callbacks that call back", callbacks_that_call_back) == NULL ||
        CU_add_test(s, "threads with early data", threads_with_early_data) == NULL)
        return 1;
    return 0;
}
