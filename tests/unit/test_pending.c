/* SPDX-License-Identifier: MIT
 *
 * Answers that come late, and operations and allocations that fail: each of them, at every place of a handshake.
 */
#include "core/connection/connection.h"
#include "tests/providers/fault.h"
#include "tests/support/fixture.h"
#include "tests/unit/heap_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_pending(void);

/* A full handshake in every respect: HelloRetryRequest, client authentication. */
static void
configure_full(struct tvt_fixture *f)
{
    CU_ASSERT_EQUAL_FATAL(tvt_config_set_verify(f->config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_config_set_num_shares(f->config[TVT_CLIENT], 0, NULL), TVT_OK);
}

static const struct tvt_fixture_options full = {.client_key = "client-ed25519", .client_root = "ed25519"};

/* ---- a signer that answers late ---- */

struct slow_signer {
    struct tvt_signer base;
    struct tvt_signer *inner;
    unsigned times; /* PENDING before the answer */
    bool refuse;    /* the answer is a failure   */
};

static struct {
    unsigned open, pending, cancelled;
} slow;

static int
slow_sign(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
          uint8_t *signature, size_t *signature_len, void **op)
{
    struct slow_signer *s = (struct slow_signer *)signer;
    unsigned *left = *op;
    if (left == NULL) {
        left = malloc(sizeof *left + msg_len);
        if (left == NULL)
            return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
        *left = s->times;
        memcpy(left + 1, msg, msg_len);
        slow.open++;
        *op = left;
    }
    CU_ASSERT(memcmp(left + 1, msg, msg_len) == 0); /* the same question each time */
    if (*left > 0) {
        --*left;
        slow.pending++;
        return TVT_CRYPTO_PENDING;
    }
    free(left);
    slow.open--;
    *op = NULL;
    if (s->refuse)
        return tvt_crypto_failure(TVT_CRYPTO_BACKEND, 77);
    return s->inner->sign(s->inner, family, hash, msg, msg_len, signature, signature_len, op);
}

static void
slow_cancel(struct tvt_signer *signer, void *op)
{
    (void)signer;
    free(op);
    slow.open--;
    slow.cancelled++;
}

static void
slow_free(struct tvt_signer *signer)
{
    struct slow_signer *s = (struct slow_signer *)signer;
    s->inner->free(s->inner);
    free(s);
}

static void
slow_down(struct tvt_credential *credential, unsigned times, bool refuse)
{
    struct slow_signer *s = calloc(1, sizeof *s);
    CU_ASSERT_FATAL(s != NULL);
    s->base = *credential->signer;
    s->base.sign = slow_sign;
    s->base.cancel = slow_cancel;
    s->base.free = slow_free;
    s->inner = credential->signer;
    s->times = times;
    s->refuse = refuse;
    credential->signer = &s->base;
}

/* ---- a verdict that comes late ---- */

struct slow_verdict {
    unsigned left, asked;
    bool refuse;
};

static enum tvt_result
verdict(void *user, const struct tvt_span *chain, size_t num)
{
    struct slow_verdict *v = user;
    v->asked++;
    CU_ASSERT_EQUAL(num, 2);
    CU_ASSERT(chain[0].len > 100 && chain[0].data[0] == 0x30 && chain[1].len > 100 && chain[1].data[0] == 0x30);
    if (v->left > 0) {
        v->left--;
        return TVT_PENDING;
    }
    return v->refuse ? TVT_FAIL : TVT_OK;
}

struct wait {
    unsigned sign[2], judge[2]; /* by role: times that they say PENDING */
    bool refuse_sign[2], refuse_judge[2];
};

static void
open_waiting(struct tvt_fixture *f, const struct wait *w, struct slow_verdict *v)
{
    CU_ASSERT_FATAL(tvt_fixture_open(f, &full));
    configure_full(f);
    for (int role = 0; role < 2; role++) {
        v[role] = (struct slow_verdict){w->judge[role], 0, w->refuse_judge[role]};
        slow_down(f->config[role]->credentials[0], w->sign[role], w->refuse_sign[role]);
        CU_ASSERT_EQUAL(tvt_config_set_verdict(f->config[role], verdict, &v[role], NULL), TVT_OK);
    }
    CU_ASSERT_FATAL(tvt_fixture_connect(f));
}

/* Asks again and again, more often than anybody here says PENDING. */
static bool
handshake_patiently(struct tvt_fixture *f)
{
    bool done = tvt_pair_handshake(&f->pair);
    for (unsigned i = 0; !done && i < 40; i++) {
        for (int role = 0; role < 2; role++)
            (void)!tvt_connection_handshake(tvt_fixture_end(f, (enum tvt_role)role));
        done = tvt_pair_handshake(&f->pair);
    }
    return done;
}

static void
late_answers(void)
{
    unsigned seed = 1;
    for (unsigned i = 0; i < 40; i++) {
        struct wait w = {{0}, {0}, {false}, {false}};
        struct tvt_fixture f;
        struct slow_verdict v[2];
        unsigned expected = 0;
        for (int role = 0; role < 2; role++) {
            w.sign[role] = (seed = seed * 1103515245u + 12345u) >> 16 & 7u;
            w.judge[role] = (seed = seed * 1103515245u + 12345u) >> 16 & 7u;
            expected += w.sign[role];
        }
        memset(&slow, 0, sizeof slow);
        open_waiting(&f, &w, v);
        f.pair.chunk = i % 4 == 3 ? 1 : 0;
        CU_ASSERT(handshake_patiently(&f));
        CU_ASSERT_EQUAL(slow.pending, expected);
        CU_ASSERT_EQUAL(slow.open, 0);
        CU_ASSERT_EQUAL(slow.cancelled, 0);
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(v[role].asked, w.judge[role] + 1);
        CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, "after", 5));
        tvt_pair_settle(&f.pair);
        CU_ASSERT_EQUAL(f.pair.end[TVT_SERVER].data_len, 5);
        tvt_fixture_close(&f);
    }
}

static void
late_refusals(void)
{
    for (int role = 0; role < 2; role++) {
        for (int by_signer = 0; by_signer < 2; by_signer++) {
            for (unsigned times = 0; times < 3; times++) {
                struct wait w = {{0}, {0}, {false}, {false}};
                struct tvt_fixture f;
                struct slow_verdict v[2];
                enum tvt_error_code code = by_signer ? TVT_E_SIGNING : TVT_E_CERT_REJECTED;
                *(by_signer ? &w.sign[role] : &w.judge[role]) = times;
                *(by_signer ? &w.refuse_sign[role] : &w.refuse_judge[role]) = true;
                memset(&slow, 0, sizeof slow);
                open_waiting(&f, &w, v);
                CU_ASSERT(!handshake_patiently(&f));
                const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&f, (enum tvt_role)role));
                const struct tvt_error *told = tvt_connection_error(tvt_fixture_end(&f, (enum tvt_role)(1 - role)));
                CU_ASSERT_EQUAL(e->code, code);
                CU_ASSERT_EQUAL(told->code, TVT_E_PEER_ALERT);
                CU_ASSERT_EQUAL(told->alert, tvt_error_alert(code));
                CU_ASSERT_EQUAL(slow.open, 0);
                if (by_signer)
                    CU_ASSERT_EQUAL(e->native, 77);
                tvt_fixture_close(&f);
            }
        }
    }
}

static void
freed_while_pending(void)
{
    for (int role = 0; role < 2; role++) {
        for (int by_signer = 0; by_signer < 2; by_signer++) {
            struct wait w = {{0}, {0}, {false}, {false}};
            struct tvt_fixture f;
            struct slow_verdict v[2];
            *(by_signer ? &w.sign[role] : &w.judge[role]) = 1000;
            memset(&slow, 0, sizeof slow);
            open_waiting(&f, &w, v);
            CU_ASSERT(!tvt_pair_handshake(&f.pair));
            CU_ASSERT_EQUAL(tvt_connection_handshake(tvt_fixture_end(&f, (enum tvt_role)role)), TVT_PENDING);
            CU_ASSERT_EQUAL(slow.open, by_signer ? 1 : 0);
            tvt_fixture_close(&f);
            CU_ASSERT_EQUAL(slow.open, 0);
            CU_ASSERT_EQUAL(slow.cancelled, by_signer ? 1 : 0);
        }
    }
}

/* ---- the nth operation of the backend fails ---- */

struct faulted {
    struct tvt_provider *fault;
    struct tvt_fixture f;
};

static void
open_faulted(struct faulted *x, enum tvt_role role)
{
    struct tvt_provider *inner = NULL;
    struct tvt_fixture_options o = full;
    CU_ASSERT_EQUAL_FATAL(tvt_provider_open(&inner, NULL, NULL), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_fault_new(&x->fault, inner), TVT_CRYPTO_OK);
    tvt_fault_arm(x->fault, 0, TVT_CRYPTO_BACKEND);
    o.provider[role] = x->fault;
    CU_ASSERT_FATAL(tvt_fixture_open(&x->f, &o));
    configure_full(&x->f);
}

static void
close_faulted(struct faulted *x)
{
    tvt_fixture_close(&x->f);
    tvt_provider_free(x->fault);
}

/* What both sides must have come to. True: the other side was told by an alert. */
static bool
judge_fault(struct faulted *x, enum tvt_role role, uint64_t n)
{
    struct tvt_connection *c = tvt_fixture_end(&x->f, role), *other = tvt_fixture_end(&x->f, (enum tvt_role)(1 - role));
    const struct tvt_error *e = tvt_connection_error(c), *told = tvt_connection_error(other);
    bool alerted = told->code == TVT_E_PEER_ALERT;
    bool good =
        e->code != TVT_E_NONE && e->origin == TVT_ORIGIN_BACKEND && tvt_fault_failed(x->fault) < TVT_FAULT_NUM_OPS;
    if (alerted) {
        good = good && told->alert == e->alert && e->alert == tvt_error_alert(e->code);
    } else if (told->code == TVT_E_NONE) {
        enum tvt_error_code eof = tvt_connection_established(other) ? TVT_E_UNEXPECTED_EOF : TVT_E_EOF_IN_HANDSHAKE;
        good = good && tvt_connection_input_eof(other) == TVT_FAIL && tvt_connection_error(other)->code == eof;
    }
    if (!good)
        printf("\n    %s, operation %llu (%s): %s\n      other: %s", role == TVT_CLIENT ? "client" : "server",
               (unsigned long long)n, tvt_fault_op_name(tvt_fault_failed(x->fault)), tvt_fixture_error(&x->f, role),
               tvt_fixture_error(&x->f, (enum tvt_role)(1 - role)));
    CU_ASSERT(good);
    return alerted;
}

static void
every_operation_fails(void)
{
    for (int role = 0; role < 2; role++) {
        struct faulted x;
        unsigned alerts = 0;
        open_faulted(&x, (enum tvt_role)role);
        tvt_fault_arm(x.fault, 0, TVT_CRYPTO_BACKEND);
        CU_ASSERT_FATAL(tvt_fixture_handshake(&x.f));
        uint64_t count = tvt_fault_count(x.fault);
        close_faulted(&x);
        CU_ASSERT(count > 30);
        for (uint64_t n = 1; n <= count; n++) {
            open_faulted(&x, (enum tvt_role)role);
            tvt_fault_arm(x.fault, n, TVT_CRYPTO_BACKEND);
            bool done = tvt_fixture_handshake(&x.f);
            if (done)
                printf("\n    %s, operation %llu (%s) failed and nobody noticed",
                       role == TVT_CLIENT ? "client" : "server", (unsigned long long)n,
                       tvt_fault_op_name(tvt_fault_failed(x.fault)));
            CU_ASSERT(!done);
            if (!done)
                alerts += judge_fault(&x, (enum tvt_role)role, n);
            close_faulted(&x);
        }
        CU_ASSERT(alerts > count / 2);
        printf("\n    %s: %llu operations, each failed once; the other side read an alert %u times",
               role == TVT_CLIENT ? "client" : "server", (unsigned long long)count, alerts);
    }
}

/* ---- the nth allocation fails ---- */

static bool
run_on(struct heap *h, enum tvt_role role, struct tvt_fixture *f)
{
    struct tvt_allocator allocator = heap_allocator(h);
    struct tvt_fixture_options o = full;
    o.allocator[role] = &allocator;
    CU_ASSERT_FATAL(tvt_fixture_open(f, &o));
    configure_full(f);
    h->count = 0;
    return tvt_fixture_handshake(f);
}

static void
every_allocation_fails(void)
{
    for (int role = 0; role < 2; role++) {
        struct heap h = {0};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(run_on(&h, (enum tvt_role)role, &f));
        unsigned count = h.count;
        tvt_fixture_close(&f);
        CU_ASSERT_EQUAL(h.live, 0);
        CU_ASSERT_EQUAL(h.bytes, 0);
        for (unsigned n = 1; n <= count; n++) {
            h = (struct heap){.fail_at = n};
            CU_ASSERT(!run_on(&h, (enum tvt_role)role, &f));
            const struct tvt_connection *c = tvt_fixture_end(&f, (enum tvt_role)role);
            if (c != NULL) /* there is none when its own memory was refused */
                CU_ASSERT_EQUAL(tvt_connection_error(c)->code, TVT_E_NO_MEMORY);
            CU_ASSERT(c != NULL || n <= 2);
            CU_ASSERT(h.count >= n);
            tvt_fixture_close(&f);
            CU_ASSERT_EQUAL(h.live, 0);
            CU_ASSERT_EQUAL(h.bytes, 0);
        }
        printf("\n    %s: %u allocations, each refused once", role == TVT_CLIENT ? "client" : "server", count);
    }
}

static void
steady_state(void)
{
    static uint8_t data[16384];
    for (int role = 0; role < 2; role++) {
        for (int plain = 0; plain < 2; plain++) {
            struct heap h = {0};
            struct tvt_fixture f;
            if (plain) {
                struct tvt_allocator allocator = heap_allocator(&h);
                struct tvt_fixture_options o = {.allocator = {NULL, NULL}};
                o.allocator[role] = &allocator;
                CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
                CU_ASSERT_FATAL(tvt_fixture_handshake(&f));
            } else {
                CU_ASSERT_FATAL(run_on(&h, (enum tvt_role)role, &f));
            }
            unsigned handshake = h.count;
            size_t idle = h.bytes, peak = h.most;
            for (unsigned i = 0; i < 50; i++) {
                CU_ASSERT(tvt_pair_send(&f.pair, TVT_CLIENT, data, i * 300));
                CU_ASSERT(tvt_pair_send(&f.pair, TVT_SERVER, data, i * 300));
                tvt_pair_settle(&f.pair);
                f.pair.end[0].data_len = f.pair.end[1].data_len = 0;
            }
            CU_ASSERT_EQUAL(h.count, handshake);
            CU_ASSERT_EQUAL(tvt_connection_key_update(tvt_fixture_end(&f, TVT_CLIENT), true), TVT_OK);
            tvt_pair_settle(&f.pair);
            unsigned update = h.count - handshake;
            CU_ASSERT_EQUAL(h.bytes, idle); /* what an update needed it gave back */
            printf("\n    %s%s: %u allocations in a handshake, peak %zu bytes, idle %zu, 0 in 100 records, %u in a key "
                   "update",
                   role == TVT_CLIENT ? "client" : "server", plain ? "" : ", retry and client authentication",
                   handshake, peak, idle, update);
            tvt_fixture_close(&f);
            CU_ASSERT_EQUAL(h.live, 0);
        }
    }
}

int
tvt_register_pending(void)
{
    static const CU_TestInfo tests[] = {
        {"signers and verdicts that answer late", late_answers},
        {"late refusals", late_refusals},
        {"freed while something is pending", freed_while_pending},
        {"every operation of the backend fails once", every_operation_fails},
        {"every allocation fails once", every_allocation_fails},
        {"no allocation in steady state", steady_state},
    };
    return suite_register("pending", tests, sizeof tests / sizeof tests[0]);
}
