/* SPDX-License-Identifier: MIT
 *
 * TLS 1.2 where not all goes well at once: signers, verdicts, look-ups of keys and sessions that answer late, at random; each
 * operation of the backend and each allocation that fails, once.
 */
#include "core/connection/connection.h"
#include "tests/providers/delay.h"
#include "tests/providers/fault.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_pending12(void);

#define MOST   5u
#define ROUNDS 24u

/* ---- late ---- */

struct late {
    struct tvt_provider *provider[2];
    struct tvt_delay_wait verdict[2], lookup, take;
    struct tvt_session *psk, *kept;
    struct tvt_session_cache cache;
    uint8_t id[TVT_SESSION_ID_LEN];
    struct kept got;
    struct tvt_fixture f;
};

static enum tvt_result
find_psk(void *user, struct tvt_span identity, struct tvt_session **out)
{
    struct late *x = user;
    if (identity.len != 8)
        return TVT_FAIL;
    enum tvt_result r = tvt_delay_wait(&x->lookup);
    if (r == TVT_OK)
        *out = tvt_session_ref(x->psk);
    return r;
}

static enum tvt_result
put_session(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires_ms)
{
    struct late *x = user;
    CU_ASSERT(expires_ms > TVT_FIXTURE_TIME_MS);
    tvt_session_ref(session);
    tvt_session_unref(x->kept);
    x->kept = session;
    memcpy(x->id, id, sizeof x->id);
    return TVT_OK;
}

static enum tvt_result
take_session(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    struct late *x = user;
    if (x->kept == NULL || memcmp(id, x->id, sizeof x->id) != 0)
        return TVT_FAIL;
    enum tvt_result r = tvt_delay_wait(&x->take);
    if (r == TVT_OK) {
        *out = x->kept;
        x->kept = NULL;
    }
    return r;
}

static void
keep(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    struct kept *kept = user;
    CU_ASSERT_PTR_NOT_NULL(connection);
    if (kept->num < KEPT_MAX)
        kept->session[kept->num++] = tvt_session_ref(session);
}

static void
open_late(struct late *x, uint32_t seed, unsigned flags)
{
    struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
    memset(x, 0, sizeof *x);
    for (int role = 0; role < 2; role++) {
        x->provider[role] = tvt_delay_new(tvt_fixture_provider(NULL), MOST, seed * 2 + (uint32_t)role);
        CU_ASSERT_FATAL(x->provider[role] != NULL);
        o.provider[role] = x->provider[role];
        x->verdict[role].delay = x->provider[role];
    }
    x->lookup.delay = x->take.delay = x->provider[TVT_SERVER];
    x->cache = (struct tvt_session_cache){x, put_session, take_session, NULL};
    CU_ASSERT_FATAL(tvt_fixture_open(&x->f, &o));
    for (int role = 0; role < 2; role++) {
        bool both = role == TVT_CLIENT && seed % 3 == 0;
        CU_ASSERT_EQUAL(tvt_config_set_versions(x->f.config[role], TVT_TLS12, both ? TVT_TLS13 : TVT_TLS12, NULL),
                        TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_verdict(x->f.config[role], tvt_delay_verdict, &x->verdict[role], NULL), TVT_OK);
    }
    struct tvt_config *client = x->f.config[TVT_CLIENT], *server = x->f.config[TVT_SERVER];
    CU_ASSERT_EQUAL(tvt_config_set_session_cache(server, &x->cache, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_new_session(client, keep, &x->got, NULL), TVT_OK);
    if (flags & TLS12_REQUEST)
        CU_ASSERT_EQUAL(tvt_config_set_verify(server, TVT_VERIFY_REQUIRE, NULL), TVT_OK);
    if (!(flags & TLS12_PSK))
        return;
    x->psk = tls12_psk("somebody");
    CU_ASSERT_EQUAL(tvt_config_add_psk(client, x->psk, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_psk_lookup(server, find_psk, x, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_suites(server, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", NULL), TVT_OK);
}

static void
close_late(struct late *x)
{
    tvt_fixture_close(&x->f);
    for (size_t i = 0; i < x->got.num; i++)
        tvt_session_unref(x->got.session[i]);
    tvt_session_unref(x->psk);
    tvt_session_unref(x->kept);
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(tvt_delay_open(x->provider[role]), 0);
        x->provider[role]->free(x->provider[role]);
    }
}

/* Asks again as often as anybody here could say PENDING. */
static bool
patiently(struct late *x)
{
    bool done = tvt_pair_handshake(&x->f.pair);
    for (unsigned i = 0; !done && i < 8 * (MOST + 1); i++) {
        for (int role = 0; role < 2; role++)
            (void)!tvt_connection_handshake(tvt_fixture_end(&x->f, (enum tvt_role)role));
        done = tvt_pair_handshake(&x->f.pair);
    }
    if (!done)
        printf("\n    client: %s\n      server: %s", tvt_fixture_error(&x->f, TVT_CLIENT),
               tvt_fixture_error(&x->f, TVT_SERVER));
    return done;
}

static void
late_answers(void)
{
    static const unsigned forms[] = {0, TLS12_REQUEST, TLS12_PSK};
    unsigned pending = 0;
    for (uint32_t seed = 1; seed <= 3 * ROUNDS; seed++) {
        unsigned flags = forms[seed % 3];
        struct late x;
        open_late(&x, seed / 3, flags);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        x.f.pair.chunk = seed % 5 == 0 ? 1 : 0;
        CU_ASSERT(patiently(&x));
        CU_ASSERT(auth_talks(&x.f));
        CU_ASSERT_EQUAL(auth_info(&x.f, TVT_SERVER).client_authenticated, (flags & TLS12_REQUEST) != 0);
        CU_ASSERT_EQUAL(auth_info(&x.f, TVT_CLIENT).psk_external, (flags & TLS12_PSK) != 0);
        CU_ASSERT_EQUAL(x.verdict[TVT_CLIENT].answered, flags & TLS12_PSK ? 0 : 1);
        CU_ASSERT_EQUAL(x.verdict[TVT_SERVER].answered, flags & TLS12_REQUEST ? 1 : 0);
        CU_ASSERT_EQUAL(x.lookup.answered, flags & TLS12_PSK ? 1 : 0);
        for (int role = 0; role < 2; role++)
            pending += tvt_delay_pending(x.provider[role]);
        close_late(&x);
    }
    CU_ASSERT(pending > ROUNDS * MOST);
    printf(" %u times PENDING", pending);
}

static void
late_sessions(void)
{
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        struct late x;
        open_late(&x, seed, seed % 2 ? TLS12_REQUEST : 0);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT_FATAL(patiently(&x));
        CU_ASSERT_FATAL(x.got.num == 1 && x.kept != NULL);
        tvt_pair_close(&x.f.pair);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&x.f, TVT_CLIENT), x.got.session[0]), TVT_OK);
        x.f.pair.chunk = seed % 5 == 0 ? 1 : 0;
        CU_ASSERT(patiently(&x));
        CU_ASSERT(auth_info(&x.f, TVT_CLIENT).resumed && auth_info(&x.f, TVT_SERVER).resumed);
        CU_ASSERT_EQUAL(x.take.answered, 1);
        CU_ASSERT(auth_talks(&x.f));
        close_late(&x);
    }
}

/* Freed while a signer, a verdict or a look-up is out. */
static void
given_up(void)
{
    static const unsigned forms[] = {0, TLS12_REQUEST, TLS12_PSK};
    unsigned cancelled = 0;
    for (uint32_t seed = 1; seed <= 3 * ROUNDS; seed++) {
        struct late x;
        open_late(&x, seed * 13, forms[seed % 3]);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        for (uint32_t i = 0; i <= seed % 2; i++)
            (void)tvt_pair_handshake(&x.f.pair);
        tvt_fixture_close(&x.f);
        for (int role = 0; role < 2; role++)
            cancelled += tvt_delay_cancelled(x.provider[role]);
        close_late(&x);
    }
    printf(" %u cancelled", cancelled);
    CU_ASSERT(cancelled > 5);
}

/* ---- never ---- */

/* All forms that a handshake of TLS 1.2 has. */
static const unsigned forms[] = {0,          TLS12_REQUEST | TLS12_GIVE | TLS12_STAPLE | TLS12_ALPN,
                                 TLS12_BOTH, TLS12_PSK,
                                 TLS12_ID,   TLS12_TICKET | TLS12_OLD};
#define NUM_FORMS (sizeof forms / sizeof forms[0])

static void
every_operation_fails(void)
{
    unsigned long long all = 0;
    for (size_t i = 0; i < 2 * NUM_FORMS; i++) {
        int role = i % 2;
        uint64_t count = 0;
        for (uint64_t n = 0; n <= count; n++) {
            struct tvt_provider *inner = NULL, *fault = NULL;
            const struct tvt_provider *plain;
            struct resume b;
            CU_ASSERT_EQUAL_FATAL(tvt_provider_open(&inner, NULL, NULL), TVT_OK);
            CU_ASSERT_EQUAL_FATAL(tvt_fault_new(&fault, inner), TVT_CRYPTO_OK);
            CU_ASSERT_FATAL(tls12_open(&b, forms[i / 2]));
            plain = b.f.config[role]->provider;
            b.f.config[role]->provider = fault;
            tls12_connect(&b, forms[i / 2]);
            tvt_fault_arm(fault, n, TVT_CRYPTO_BACKEND);
            bool done = tvt_pair_handshake(&b.f.pair);
            const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&b.f, (enum tvt_role)role));
            if (n == 0)
                count = tvt_fault_count(fault);
            /* A staple that cannot be judged is one that is not good. */
            bool told =
                e->origin == TVT_ORIGIN_BACKEND || (e->message != NULL && strcmp(e->message, "OCSPResponse") == 0);
            if (done ? n != 0 : !told)
                printf("\n    flags %x, %s, operation %llu (%s): %s; %s", forms[i / 2], role ? "server" : "client",
                       (unsigned long long)n, n > 0 ? tvt_fault_op_name(tvt_fault_failed(fault)) : "none",
                       tvt_fixture_error(&b.f, TVT_CLIENT), tvt_fixture_error(&b.f, TVT_SERVER));
            CU_ASSERT(done ? n == 0 : told);
            tvt_pair_close(&b.f.pair);
            b.f.connected = false;
            b.f.config[role]->provider = plain;
            resume_close(&b);
            tvt_provider_free(fault);
        }
        CU_ASSERT(count > 5);
        all += count;
    }
    printf("\n    %llu operations, each failed once", all);
}

struct heap {
    unsigned count, fail_at; /* 0: never */
    unsigned live;
};

static void *
heap_alloc(void *user, size_t size)
{
    struct heap *h = user;
    if (++h->count == h->fail_at)
        return NULL;
    h->live++;
    return malloc(size);
}

static void
heap_release(void *user, void *memory, size_t size)
{
    struct heap *h = user;
    (void)size;
    h->live--;
    free(memory);
}

/* True: the handshake was done although the n-th allocation failed. */
static bool
run_on(struct heap *h, unsigned flags, enum tvt_role role, unsigned n)
{
    struct tvt_allocator allocator = {heap_alloc, heap_release, h};
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, flags));
    CU_ASSERT_EQUAL(tvt_config_set_allocator(b.f.config[role], &allocator, NULL), TVT_OK);
    *h = (struct heap){0, n, 0};
    bool opened = tvt_fixture_connect(&b.f), done = false;
    if (opened) {
        if (flags & (TLS12_TICKET | TLS12_ID))
            CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&b.f, TVT_CLIENT), b.kept.session[0]), TVT_OK);
        done = tvt_pair_handshake(&b.f.pair);
    }
    const struct tvt_connection *c = tvt_fixture_end(&b.f, role);
    bool good = done || c == NULL || tvt_connection_error(c)->code == TVT_E_NO_MEMORY;
    if (!good)
        printf("\n    flags %x, %s, allocation %u: %s; %s", flags, role ? "server" : "client", n,
               tvt_fixture_error(&b.f, TVT_CLIENT), tvt_fixture_error(&b.f, TVT_SERVER));
    CU_ASSERT(good && (c != NULL || n <= 2));
    resume_close(&b);
    CU_ASSERT_EQUAL(h->live, 0);
    return done;
}

static void
every_allocation_fails(void)
{
    unsigned all = 0;
    for (size_t i = 0; i < 2 * NUM_FORMS; i++) {
        struct heap h;
        CU_ASSERT_FATAL(run_on(&h, forms[i / 2], (enum tvt_role)(i % 2), 0));
        unsigned count = h.count;
        for (unsigned n = 1; n <= count; n++)
            CU_ASSERT_FALSE(run_on(&h, forms[i / 2], (enum tvt_role)(i % 2), n));
        all += count;
    }
    printf("\n    %u allocations, each refused once", all);
}

/* Data, and nothing allocated for it. */
static void
steady_state(void)
{
    static uint8_t data[16384];
    for (size_t i = 0; i < 2 * NUM_FORMS; i++) {
        struct heap h = {0, 0, 0};
        struct tvt_allocator allocator = {heap_alloc, heap_release, &h};
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, forms[i / 2]));
        CU_ASSERT_EQUAL(tvt_config_set_allocator(b.f.config[i % 2], &allocator, NULL), TVT_OK);
        CU_ASSERT(tls12_run(&b, forms[i / 2]));
        unsigned handshake = h.count;
        for (unsigned k = 0; k < 40; k++) {
            CU_ASSERT(tvt_pair_send(&b.f.pair, TVT_CLIENT, data, k * 300));
            CU_ASSERT(tvt_pair_send(&b.f.pair, TVT_SERVER, data, k * 300));
            tvt_pair_settle(&b.f.pair);
            b.f.pair.end[0].data_len = b.f.pair.end[1].data_len = 0;
        }
        CU_ASSERT_EQUAL(h.count, handshake);
        resume_close(&b);
        CU_ASSERT_EQUAL(h.live, 0);
    }
}

int
tvt_register_pending12(void)
{
    static const CU_TestInfo tests[] = {
        {"late answers", late_answers},
        {"sessions that are looked up late", late_sessions},
        {"given up", given_up},
        {"every operation of the backend fails once", every_operation_fails},
        {"every allocation fails once", every_allocation_fails},
        {"no allocation in steady state", steady_state},
    };
    return suite_register("pending, TLS 1.2", tests, sizeof tests / sizeof tests[0]);
}
