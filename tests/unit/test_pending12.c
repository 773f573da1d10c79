/* SPDX-License-Identifier: MIT
 *
 * TLS 1.2 where not all goes well at once: signers, verdicts, look-ups of keys and sessions that answer late, at random; each
 * operation of the backend and each allocation that fails, once.
 */
#include "core/connection/connection.h"
#include "tests/providers/fault.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/delay_help.h"
#include "tests/unit/heap_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_pending12(void);

#define MOST   5u
#define ROUNDS 24u

/* ---- late ---- */

static void
open_late(struct delayed *x, uint32_t seed, unsigned flags)
{
    delayed_open(x, seed, MOST);
    for (int role = 0; role < 2; role++) {
        bool both = role == TVT_CLIENT && seed % 3 == 0;
        CU_ASSERT_EQUAL(tvt_config_set_versions(x->f.config[role], TVT_TLS12, both ? TVT_TLS13 : TVT_TLS12, NULL),
                        TVT_OK);
    }
    struct tvt_config *server = x->f.config[TVT_SERVER];
    CU_ASSERT_EQUAL(tvt_config_set_session_cache(server, &x->cache, NULL), TVT_OK);
    if (flags & TLS12_REQUEST)
        CU_ASSERT_EQUAL(tvt_config_set_verify(server, TVT_VERIFY_REQUIRE, NULL), TVT_OK);
    if (!(flags & TLS12_PSK))
        return;
    delayed_know(x, tls12_psk("somebody"));
    CU_ASSERT_EQUAL(tvt_config_set_suites(server, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", NULL), TVT_OK);
}

static void
late_answers(void)
{
    static const unsigned forms[] = {0, TLS12_REQUEST, TLS12_PSK};
    unsigned pending = 0;
    for (uint32_t seed = 1; seed <= 3 * ROUNDS; seed++) {
        unsigned flags = forms[seed % 3];
        struct delayed x;
        open_late(&x, seed / 3, flags);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        x.f.pair.chunk = seed % 5 == 0 ? 1 : 0;
        CU_ASSERT(delayed_handshake(&x));
        CU_ASSERT(auth_talks(&x.f));
        CU_ASSERT_EQUAL(auth_info(&x.f, TVT_SERVER).client_authenticated, (flags & TLS12_REQUEST) != 0);
        CU_ASSERT_EQUAL(auth_info(&x.f, TVT_CLIENT).psk_external, (flags & TLS12_PSK) != 0);
        CU_ASSERT_EQUAL(x.verdict[TVT_CLIENT].answered, flags & TLS12_PSK ? 0 : 1);
        CU_ASSERT_EQUAL(x.verdict[TVT_SERVER].answered, flags & TLS12_REQUEST ? 1 : 0);
        CU_ASSERT_EQUAL(x.lookup.answered, flags & TLS12_PSK ? 1 : 0);
        for (int role = 0; role < 2; role++)
            pending += tvt_delay_pending(x.provider[role]);
        delayed_close(&x);
    }
    CU_ASSERT(pending > ROUNDS * MOST);
    printf(" %u times PENDING", pending);
}

static void
late_sessions(void)
{
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        struct delayed x;
        open_late(&x, seed, seed % 2 ? TLS12_REQUEST : 0);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT_FATAL(delayed_handshake(&x));
        CU_ASSERT_FATAL(x.got.num == 1 && x.there != NULL);
        tvt_pair_close(&x.f.pair);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&x.f, TVT_CLIENT), x.got.session[0]), TVT_OK);
        x.f.pair.chunk = seed % 5 == 0 ? 1 : 0;
        CU_ASSERT(delayed_handshake(&x));
        CU_ASSERT(auth_info(&x.f, TVT_CLIENT).resumed && auth_info(&x.f, TVT_SERVER).resumed);
        CU_ASSERT_EQUAL(x.take.answered, 1);
        CU_ASSERT(auth_talks(&x.f));
        delayed_close(&x);
    }
}

/* Freed while a signer, a verdict or a look-up is out. */
static void
given_up(void)
{
    static const unsigned forms[] = {0, TLS12_REQUEST, TLS12_PSK};
    unsigned cancelled = 0;
    for (uint32_t seed = 1; seed <= 3 * ROUNDS; seed++) {
        struct delayed x;
        open_late(&x, seed * 13, forms[seed % 3]);
        CU_ASSERT_FATAL(tvt_fixture_connect(&x.f));
        for (uint32_t i = 0; i <= seed % 2; i++)
            (void)tvt_pair_handshake(&x.f.pair);
        tvt_fixture_close(&x.f);
        for (int role = 0; role < 2; role++)
            cancelled += tvt_delay_cancelled(x.provider[role]);
        delayed_close(&x);
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

/* True: the handshake was done although the n-th allocation failed. */
static bool
run_on(struct heap *h, unsigned flags, enum tvt_role role, unsigned n)
{
    struct tvt_allocator allocator = heap_allocator(h);
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, flags));
    CU_ASSERT_EQUAL(tvt_config_set_allocator(b.f.config[role], &allocator, NULL), TVT_OK);
    *h = (struct heap){.fail_at = n};
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
        struct heap h = {0};
        struct tvt_allocator allocator = heap_allocator(&h);
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
