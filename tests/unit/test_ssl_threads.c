/* SPDX-License-Identifier: MIT
 *
 * One SSL_CTX at either end, many threads, each its own SSLs: certificates of both sides verified and refused, sessions resumed
 * by tickets, by tickets whose keys are replaced meanwhile, and from the SSL_CTX's store, callbacks, references. It is for the
 * thread sanitizer to look at; what each thread gets is judged here.
 */
#include "core/ssl/ssl.h"
#include "tests/support/fixture.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_ssl_threads(void);

#define THREADS 4
#define TURNS   8 /* connections of each thread; every fourth one is refused */

static atomic_uint told, kept, logged;

static void
count_told(const SSL *ssl, int where, int value)
{
    (void)ssl;
    (void)value;
    told += where == SSL_CB_HANDSHAKE_DONE;
}

static int
count_kept(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    (void)session;
    kept++;
    return 0;
}

static void
count_logged(const SSL *ssl, const char *line)
{
    (void)ssl;
    logged += line[0] != '\0';
}

struct runner {
    SSL_CTX *ctx[2];
    const char *failed; /* what went wrong; NULL: nothing */
    unsigned resumed, refused;
};

static const char *
talk(struct duo *d, struct runner *r, SSL_SESSION **session)
{
    int result[2];
    char host[16];
    if (SSL_set_session(d->ssl[0], *session) != 1 || !duo_handshake(d, result))
        return "a handshake";
    if (!duo_first_word(d) || !duo_move(d, TVT_CLIENT, "request", 7))
        return "data";
    if (SSL_get_verify_result(d->ssl[0]) != X509_V_OK || SSL_get_verify_result(d->ssl[1]) != X509_V_OK)
        return "a verdict";
    X509 *peer = SSL_get1_peer_certificate(d->ssl[1]);
    if (peer == NULL)
        return "a client's certificate";
    X509_free(peer);
    (void)snprintf(host, sizeof host, "%s", SSL_get_servername(d->ssl[1], TLSEXT_NAMETYPE_host_name));
    r->resumed += (unsigned)SSL_session_reused(d->ssl[1]);
    SSL_SESSION_free(*session);
    *session = SSL_get1_session(d->ssl[0]);
    return strcmp(host, "localhost") == 0 ? NULL : "a name";
}

/* A name that the certificate has not: this thread's SSLs say why, and this thread's records. */
static const char *
be_refused(struct duo *d, struct runner *r)
{
    int result[2];
    ERR_clear_error();
    if (SSL_set1_host(d->ssl[0], "other.test") != 1 || duo_handshake(d, result))
        return "a wrong name was taken";
    r->refused += code_of(d->ssl[0]) == TVT_E_CERT_NAME_MISMATCH && code_of(d->ssl[1]) == TVT_E_PEER_ALERT;
    return ERR_GET_REASON(ERR_peek_error()) == TVT_E_CERT_NAME_MISMATCH ? NULL : "another thread's record";
}

static void *
run(void *argument)
{
    struct runner *r = argument;
    struct duo d;
    SSL_SESSION *session = NULL;
    memset(&d, 0, sizeof d);
    for (int i = 0; i < 2; i++) {
        (void)SSL_CTX_up_ref(r->ctx[i]);
        d.ctx[i] = r->ctx[i];
    }
    for (int i = 0; r->failed == NULL && i < TURNS; i++) {
        if (!duo_again(&d))
            r->failed = "SSL_new";
        else
            r->failed = i % 4 == 3 ? be_refused(&d, r) : talk(&d, r, &session);
    }
    SSL_SESSION_free(session);
    duo_close(&d);
    return NULL;
}

/* How many were resumed; `rotate`: new keys for the tickets meanwhile, again and again. */
static unsigned
run_threads(SSL_CTX *const ctx[2], bool rotate)
{
    struct runner runner[THREADS];
    pthread_t thread[THREADS];
    unsigned resumed = 0;
    unsigned char keys[96];
    for (int i = 0; i < THREADS; i++) {
        runner[i] = (struct runner){.ctx = {ctx[0], ctx[1]}};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, run, &runner[i]), 0);
    }
    for (unsigned n = 0; rotate && n < 40; n++) {
        pattern(keys, sizeof keys, n);
        CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_ticket_keys(ctx[1], keys, sizeof keys), 1);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(thread[i], NULL);
        CU_ASSERT_PTR_NULL(runner[i].failed);
        CU_ASSERT_EQUAL(runner[i].refused, TURNS / 4);
        if (runner[i].failed != NULL)
            printf("\n    thread %d: %s failed", i, runner[i].failed);
        resumed += runner[i].resumed;
    }
    return resumed;
}

static void
set_up(struct duo *d, const char *backend, int version)
{
    const struct tvt_provider *p = tvt_fixture_provider(backend);
    bool p256 = tvt_fixture_can_sign(p, "ec256") && tvt_fixture_can_verify(p, "ec256");
    const char *kind = p256 ? "ec256" : "ed25519", *client = p256 ? "client" : "client-ed25519";
    memset(d, 0, sizeof *d);
    for (int role = 0; role < 2; role++) {
        d->ctx[role] = make_ctx(role, backend, kind);
        CU_ASSERT_PTR_NOT_NULL_FATAL(d->ctx[role]);
    }
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(d->ctx[0], pki_file(client, "chain.pem")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(d->ctx[0], pki_file(client, "key.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(d->ctx[1], pki_file(kind, "root.pem")), 1);
    SSL_CTX_set_verify(d->ctx[1], SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(d->ctx[role], version), 1);
        SSL_CTX_set_info_callback(d->ctx[role], count_told);
        SSL_CTX_set_keylog_callback(d->ctx[role], count_logged);
    }
    (void)SSL_CTX_set_session_cache_mode(d->ctx[0], SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(d->ctx[0], count_kept);
    told = kept = logged = 0;
}

static void
check(const char *backend, int version)
{
    enum { TALKS = THREADS * (TURNS - TURNS / 4), RESUMED = TALKS - THREADS };
    for (int by_store = 0; by_store < 2; by_store++) {
        struct duo d;
        set_up(&d, backend, version);
        if (by_store == 1)
            (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_NO_TICKET);
        CU_ASSERT_EQUAL(run_threads(d.ctx, false), RESUMED);
        CU_ASSERT_EQUAL(told, 2 * TALKS);
        CU_ASSERT_TRUE(kept >= THREADS && logged >= 2 * TALKS);
        if (by_store == 0)
            CU_ASSERT_TRUE(run_threads(d.ctx, true) <= RESUMED);
        duo_close(&d);
    }
}

static void
check_version(int version)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    for (size_t i = 0; i < num; i++)
        check(names[i], version);
}

static void
test_tls13(void)
{
    check_version(TLS1_3_VERSION);
}

static void
test_tls12(void)
{
    check_version(TLS1_2_VERSION);
}

int
tvt_register_ssl_threads(void)
{
    static CU_TestInfo tests[] = {{"TLS 1.3", test_tls13}, {"TLS 1.2", test_tls12}, CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{"SSL: threads", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    return (int)CU_register_suites(suites);
}
