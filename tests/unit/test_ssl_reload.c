/* SPDX-License-Identifier: MIT
 *
 * A trust store that is replaced while other threads shake hands (SSL_CTX_set1_tvt_trust).
 */
#include "core/x509/crl.h"
#include "tests/unit/ssl_help.h"
#include "tests/unit/suite_help.h"
#include <trivet/certs.h>
#include <trivet/x509.h>

#include <CUnit/Basic.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

int tvt_register_ssl_reload(void);

enum { THREADS = 3, HANDSHAKES = 40, SWAPS = 400 };

struct shared {
    SSL_CTX *ctx[2];
    struct tvt_trust_store *store[2]; /* the right root; a list that revokes the leaf */
    atomic_uint good, revoked, other, swaps;
    atomic_bool done;
};

static struct tvt_trust_store *
make_store(const char *list)
{
    struct tvt_trust_store *store = NULL;
    char path[200];
    CU_ASSERT_EQUAL_FATAL(tvt_trust_store_new(&store, NULL, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_trust_store_add_file(store, pki_file(good_kind(), "root.pem"), NULL), TVT_OK);
    (void)snprintf(path, sizeof path, TRIVET_SOURCE_DIR "/vectors/pki/crl/%s/%s.pem", good_kind(), list);
    CU_ASSERT_EQUAL(tvt_trust_store_add_crl_file(store, path, NULL, NULL), TVT_OK);
    return store;
}

/* One handshake over a pair of BIOs, turn by turn: the client's error, TVT_E_NONE where it is done. */
static enum tvt_error_code
shake(SSL_CTX *const ctx[2])
{
    SSL *ssl[2] = {SSL_new(ctx[0]), SSL_new(ctx[1])};
    BIO *bio[2] = {NULL, NULL};
    enum tvt_error_code code = TVT_E_INTERNAL;
    if (ssl[0] != NULL && ssl[1] != NULL && BIO_new_bio_pair(&bio[0], 1 << 16, &bio[1], 1 << 16) == 1) {
        int r[2] = {-1, -1};
        SSL_set_bio(ssl[0], bio[0], bio[0]);
        SSL_set_bio(ssl[1], bio[1], bio[1]);
        (void)SSL_set1_host(ssl[0], "localhost");
        for (unsigned i = 0; i < 20 && r[0] != 1; i++) {
            r[0] = SSL_connect(ssl[0]);
            if (r[0] != 1 && SSL_get_error(ssl[0], r[0]) != SSL_ERROR_WANT_READ)
                break;
            r[1] = r[1] == 1 ? 1 : SSL_accept(ssl[1]);
        }
        code = r[0] == 1 ? TVT_E_NONE : code_of(ssl[0]);
    }
    SSL_free(ssl[0]);
    SSL_free(ssl[1]);
    ERR_clear_error();
    return code;
}

static void *
work(void *user)
{
    struct shared *s = user;
    for (unsigned i = 0; i < HANDSHAKES; i++) {
        enum tvt_error_code code = shake(s->ctx);
        atomic_fetch_add(code == TVT_E_NONE ? &s->good : code == TVT_E_CERT_REVOKED ? &s->revoked : &s->other, 1);
    }
    return NULL;
}

static void *
swap(void *user)
{
    struct shared *s = user;
    for (unsigned i = 0; !atomic_load(&s->done) || i < SWAPS; i++)
        if (SSL_CTX_set1_tvt_trust(s->ctx[0], s->store[i % 2]) == 1)
            atomic_fetch_add(&s->swaps, 1);
    return NULL;
}

/* Whatever stands when an SSL is made counts for it, and nothing is freed under it. */
static void
under_handshakes(void)
{
    struct shared s = {.ctx = {make_ctx(TVT_CLIENT, NULL, good_kind()), make_ctx(TVT_SERVER, NULL, good_kind())},
                       .store = {make_store("long-nobody"), make_store("long-revoked")}};
    pthread_t worker[THREADS], swapper;
    for (size_t i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&worker[i], NULL, work, &s), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&swapper, NULL, swap, &s), 0);
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(worker[i], NULL);
    atomic_store(&s.done, true);
    (void)pthread_join(swapper, NULL);
    CU_ASSERT_EQUAL(s.other, 0);
    CU_ASSERT_EQUAL(s.good + s.revoked, THREADS * HANDSHAKES);
    CU_ASSERT(s.swaps >= SWAPS);
    for (unsigned i = 0; i < 4; i++) { /* and one after the other it is the last one that counts */
        CU_ASSERT_EQUAL(SSL_CTX_set1_tvt_trust(s.ctx[0], s.store[i % 2]), 1);
        CU_ASSERT_EQUAL(shake(s.ctx), i % 2 == 0 ? TVT_E_NONE : TVT_E_CERT_REVOKED);
    }
    SSL_CTX_free(s.ctx[0]);
    SSL_CTX_free(s.ctx[1]);
    tvt_trust_store_unref(s.store[0]);
    tvt_trust_store_unref(s.store[1]);
}

static void *
make_ssls(void *user)
{
    struct shared *s = user;
    for (unsigned i = 0; i < 20 * SWAPS; i++) {
        SSL *ssl = SSL_new(s->ctx[0]);
        if (ssl != NULL)
            atomic_fetch_add(&s->good, 1);
        SSL_free(ssl);
    }
    return NULL;
}

static void *
add_lists(void *user)
{
    struct shared *s = user;
    X509_STORE *store = SSL_CTX_get_cert_store(s->ctx[0]);
    for (unsigned i = 0; i < SWAPS; i++)
        if (X509_STORE_add_crl(store, tvt_trust_store_get_crl(s->store[i % 2], 0)) == 1)
            atomic_fetch_add(&s->swaps, 1);
    return NULL;
}

/* The same with what programs written for OpenSSL have: lists that several threads add to the X509_STORE. */
static void
under_lists_that_are_added(void)
{
    struct shared s = {.ctx = {make_ctx(TVT_CLIENT, NULL, good_kind()), make_ctx(TVT_SERVER, NULL, good_kind())},
                       .store = {make_store("long-nobody"), make_store("long-revoked")}};
    pthread_t thread[4];
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, i < 2 ? make_ssls : add_lists, &s), 0);
    for (size_t i = 0; i < 4; i++)
        (void)pthread_join(thread[i], NULL);
    CU_ASSERT_EQUAL(s.good, 2 * 20 * SWAPS);
    CU_ASSERT_EQUAL(s.swaps, 2 * SWAPS);
    CU_ASSERT_EQUAL(shake(s.ctx), TVT_E_CERT_REVOKED);
    SSL_CTX_free(s.ctx[0]);
    SSL_CTX_free(s.ctx[1]);
    tvt_trust_store_unref(s.store[0]);
    tvt_trust_store_unref(s.store[1]);
}

/* An SSL keeps what it was made with, whose last user it may be. */
static void
old_ones_live(void)
{
    SSL_CTX *ctx = make_ctx(TVT_CLIENT, NULL, good_kind());
    struct tvt_trust_store *first = make_store("long-nobody"), *second = make_store("long-revoked");
    CU_ASSERT_EQUAL(SSL_CTX_set1_tvt_trust(ctx, first), 1);
    tvt_trust_store_unref(first);
    SSL *ssl = SSL_new(ctx);
    CU_ASSERT_EQUAL(SSL_CTX_set1_tvt_trust(ctx, second), 1);
    tvt_trust_store_unref(second);
    CU_ASSERT_EQUAL(tvt_trust_store_count_crls(first), 1); /* the SSL has it still */
    SSL_free(ssl);
    CU_ASSERT_EQUAL(SSL_CTX_set1_tvt_trust(NULL, second), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set1_tvt_trust(ctx, NULL), 0);
    ERR_clear_error();
    SSL_CTX_free(ctx);
}

int
tvt_register_ssl_reload(void)
{
    static const CU_TestInfo tests[] = {
        {"under handshakes", under_handshakes},
        {"under lists that are added", under_lists_that_are_added},
        {"old ones live", old_ones_live},
    };
    return suite_register("ssl_reload", tests, sizeof tests / sizeof tests[0]);
}
