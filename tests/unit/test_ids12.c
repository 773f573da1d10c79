/* SPDX-License-Identifier: MIT
 *
 * One session id, several connections at once: an id of TLS 1.2 serves them all (RFC 5246 7.3), a ticket of TLS 1.3 that is
 * kept in the same store serves one (RFC 9846 8.1); and neither takes the other away.
 */
#define _POSIX_C_SOURCE 200809L
#include "core/session/session.h"
#include "tests/unit/ssl_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <string.h>

int tvt_register_ids12(void);

/* ---- threads ---- */

#define THREADS 4
#define TURNS   25

struct runner {
    SSL_CTX *ctx[2];
    SSL_SESSION *session;
    unsigned resumed;
    bool good;
};

static void *
run(void *argument)
{
    struct runner *runner = argument;
    struct duo d;
    duo_share(&d, runner->ctx);
    runner->good = true;
    for (int i = 0; runner->good && i < TURNS; i++) {
        int r[2];
        runner->good = duo_again(&d) && SSL_set_session(d.ssl[0], runner->session) == 1 && duo_handshake(&d, r) &&
                       duo_first_word(&d);
        runner->resumed += runner->good && SSL_session_reused(d.ssl[1]) == 1;
    }
    duo_close(&d);
    return NULL;
}

static unsigned
run_threads(SSL_CTX *const ctx[2], SSL_SESSION *session)
{
    struct runner runner[THREADS];
    pthread_t thread[THREADS];
    unsigned resumed = 0;
    for (int i = 0; i < THREADS; i++) {
        runner[i] = (struct runner){.ctx = {ctx[0], ctx[1]}, .session = session};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, run, &runner[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(thread[i], NULL);
        CU_ASSERT(runner[i].good);
        resumed += runner[i].resumed;
    }
    return resumed;
}

/* A store of its own in each SSL_CTX; every connection of every thread shows the same session. */
static void
at_once(void)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 2; i++) {
        struct duo d;
        int r[2];
        CU_ASSERT_FATAL(duo_open(&d, good_kind()));
        (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_NO_TICKET);
        for (int role = 0; role < 2; role++)
            CU_ASSERT(SSL_CTX_set_min_proto_version(d.ctx[role], versions[i]) == 1 &&
                      SSL_CTX_set_max_proto_version(d.ctx[role], versions[i]) == 1);
        CU_ASSERT_FATAL(duo_again(&d) && duo_handshake(&d, r) && duo_first_word(&d));
        SSL_SESSION *session = SSL_get1_session(d.ssl[0]);
        CU_ASSERT_EQUAL_FATAL(SSL_SESSION_is_resumable(session), 1);
        CU_ASSERT_EQUAL(run_threads(d.ctx, session), versions[i] == TLS1_2_VERSION ? THREADS * TURNS : 1);
        SSL_SESSION_free(session);
        duo_close(&d);
    }
}

/* ---- a store of the program's ---- */

static unsigned removed, added;

static void
count_removed(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)ctx;
    (void)session;
    removed++;
}

static int
count_added(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    (void)session;
    added++;
    return 0;
}

/* Who goes back to a session of TLS 1.2 does not remove it, nor is it a new one. */
static void
nobody_is_told(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_FATAL(duo_open(&d, good_kind()));
    (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_NO_TICKET);
    for (int role = 0; role < 2; role++)
        CU_ASSERT(SSL_CTX_set_min_proto_version(d.ctx[role], TLS1_2_VERSION) == 1 &&
                  SSL_CTX_set_max_proto_version(d.ctx[role], TLS1_2_VERSION) == 1);
    SSL_CTX_sess_set_remove_cb(d.ctx[1], count_removed);
    SSL_CTX_sess_set_new_cb(d.ctx[1], count_added);
    removed = added = 0;
    CU_ASSERT_FATAL(duo_again(&d) && duo_handshake(&d, r) && duo_first_word(&d));
    SSL_SESSION *session = SSL_get1_session(d.ssl[0]);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_FATAL(duo_again(&d) && SSL_set_session(d.ssl[0], session) == 1 && duo_handshake(&d, r));
        CU_ASSERT_EQUAL(SSL_session_reused(d.ssl[1]), 1);
    }
    CU_ASSERT(removed == 0 && added == 1);
    SSL_SESSION_free(session);
    duo_close(&d);
}

/* ---- stores that can look up, and stores that can only take ---- */

static const struct tvt_session_cache *inner;
static unsigned looked, taken, put;

static enum tvt_result
put_counted(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires_ms)
{
    (void)user;
    put++;
    return inner->put(inner->user, id, session, expires_ms);
}

static enum tvt_result
take_counted(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    (void)user;
    taken++;
    return inner->take(inner->user, id, out);
}

static enum tvt_result
get_counted(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    (void)user;
    looked++;
    return inner->get(inner->user, id, out);
}

static void
both_kinds(void)
{
    for (int can_get = 0; can_get < 2; can_get++) {
        struct tvt_session_cache counted = {NULL, put_counted, take_counted, can_get ? get_counted : NULL};
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, TLS12_ID));
        inner = tvt_memory_cache_port(b.cache);
        CU_ASSERT_EQUAL(tvt_config_set_session_cache(b.f.config[TVT_SERVER], &counted, NULL), TVT_OK);
        looked = taken = put = 0;
        for (unsigned i = 1; i <= 3; i++) {
            resume_next(&b, 0, false);
            resume_expect(&b, true);
            CU_ASSERT_EQUAL(looked, can_get ? i : 0);
            CU_ASSERT(taken == (can_get ? 0 : i) && put == taken);
            resume_thaw(&b);
        }
        resume_close(&b);
    }
}

static enum tvt_result
find_nothing(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    (void)user;
    (void)id;
    *out = NULL;
    return TVT_OK;
}

/* A store that says "here it is" and gives nothing: as if it had none. */
static void
nonsense(void)
{
    for (int can_get = 0; can_get < 2; can_get++) {
        struct tvt_session_cache empty = {NULL, put_counted, find_nothing, can_get ? find_nothing : NULL};
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, TLS12_ID));
        inner = tvt_memory_cache_port(b.cache);
        CU_ASSERT_EQUAL(tvt_config_set_session_cache(b.f.config[TVT_SERVER], &empty, NULL), TVT_OK);
        resume_next(&b, 0, false);
        resume_expect(&b, false);
        resume_close(&b);
    }
}

/* The id of a session of TLS 1.2 goes in the clear: who has read it and shows it as a ticket of TLS 1.3 gets nothing, and takes
 * nothing from its owner. */
static void
as_a_ticket(void)
{
    static const uint8_t key[32] = {7};
    struct tvt_session *lie = NULL;
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_ID));
    const struct tvt_session *real = b.kept.session[0];
    CU_ASSERT_EQUAL_FATAL(real->session_id_len, TVT_SESSION_ID_LEN);
    for (int role = 0; role < 2; role++)
        tls12_versions(&b, (enum tvt_role)role, TVT_TLS12, TVT_TLS13);
    CU_ASSERT_EQUAL_FATAL(tvt_session_new_external(&lie, tvt_span(real->session_id, TVT_SESSION_ID_LEN),
                                                   tvt_span(key, sizeof key), TVT_HASH_SHA256, NULL),
                          TVT_OK);
    CU_ASSERT_FATAL(tvt_fixture_connect(&b.f));
    CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&b.f, TVT_CLIENT), lie), TVT_OK);
    resume_expect(&b, false);
    CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).version, TVT_TLS13);
    resume_thaw(&b);
    tls12_versions(&b, TVT_SERVER, TVT_TLS12, TVT_TLS12);
    resume_next(&b, 0, false);
    resume_expect(&b, true);
    CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).version, TVT_TLS12);
    tvt_session_unref(lie);
    resume_close(&b);
}

int
tvt_register_ids12(void)
{
    static const CU_TestInfo tests[] = {
        {"in threads, at once", at_once},
        {"nobody is told of a removal", nobody_is_told},
        {"stores that can look up, and that cannot", both_kinds},
        {"a store of nonsense", nonsense},
        {"an id that is shown as a ticket", as_a_ticket},
    };
    return suite_register("one session id, several connections", tests, sizeof tests / sizeof tests[0]);
}
