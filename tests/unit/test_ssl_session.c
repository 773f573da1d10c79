/* SPDX-License-Identifier: MIT
 *
 * SSL_SESSION: resumption by tickets and by a cache, on every backend; stores, files, shared keys, and what is refused.
 */
#include "core/session/session.h"
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_ssl_session(void);

/* Shakes hands with new SSLs, the client offering `session`; true when both say that it was resumed. */
static bool
resumes(struct duo *d, SSL_SESSION *session)
{
    int r[2];
    if (!duo_again(d) || SSL_set_session(d->ssl[0], session) != 1 || !duo_handshake(d, r)) {
        CU_FAIL("no handshake");
        return false;
    }
    CU_ASSERT_EQUAL(SSL_session_reused(d->ssl[0]), SSL_session_reused(d->ssl[1]));
    return SSL_session_reused(d->ssl[0]) == 1;
}

/* A handshake, and the session of its last ticket; the caller's. */
static SSL_SESSION *
fetch(struct duo *d)
{
    int r[2];
    if (!duo_again(d) || !duo_handshake(d, r) || !duo_first_word(d)) {
        CU_FAIL("no handshake");
        return NULL;
    }
    return SSL_get1_session(d->ssl[0]);
}

/* ---- tickets ---- */

static void
resume_by_ticket(struct duo *d)
{
    SSL_SESSION *first = fetch(d), *second;
    CU_ASSERT_EQUAL(SSL_SESSION_is_resumable(first), 1);
    CU_ASSERT_EQUAL(SSL_SESSION_has_ticket(first), 1);
    CU_ASSERT_EQUAL(SSL_session_reused(d->ssl[0]), 0);
    CU_ASSERT_EQUAL(SSL_SESSION_get_protocol_version(first), TLS1_3_VERSION);
    CU_ASSERT_STRING_EQUAL(SSL_SESSION_get0_hostname(first), "localhost");
    CU_ASSERT_PTR_EQUAL(SSL_SESSION_get0_cipher(first), SSL_get_current_cipher(d->ssl[0]));
    CU_ASSERT_EQUAL(SSL_SESSION_get_timeout(first), 7200);
    CU_ASSERT_EQUAL(SSL_SESSION_get_ticket_lifetime_hint(first), 7200);
    CU_ASSERT_EQUAL(SSL_SESSION_get_max_early_data(first), 0);
    CU_ASSERT_TRUE(SSL_SESSION_get_time(first) > 1600000000);
    CU_ASSERT_TRUE(resumes(d, first));
    CU_ASSERT_EQUAL(SSL_get_verify_result(d->ssl[0]), X509_V_OK);
    /* the ticket is used up: there is nothing to resume until a new one came */
    CU_ASSERT_PTR_NOT_NULL(SSL_get_session(d->ssl[0]));
    CU_ASSERT_EQUAL(SSL_SESSION_is_resumable(SSL_get_session(d->ssl[0])), 0);
    CU_ASSERT_TRUE(duo_first_word(d));
    second = SSL_get1_session(d->ssl[0]);
    CU_ASSERT_EQUAL(SSL_SESSION_is_resumable(second), 1);
    CU_ASSERT_PTR_NOT_EQUAL(first, second);
    CU_ASSERT_TRUE(resumes(d, second));
    SSL_SESSION_free(first);
    SSL_SESSION_free(second);
}

static void
test_tickets(void)
{
    duo_each_backend(resume_by_ticket);
}

static unsigned told;
static SSL_SESSION *kept_session;

static int
count_new(SSL *ssl, SSL_SESSION *session)
{
    CU_ASSERT_PTR_NOT_NULL(ssl);
    CU_ASSERT_PTR_EQUAL(SSL_get_session(ssl), session);
    told++;
    return 0;
}

static int
keep_new(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept_session);
    kept_session = session;
    return 1;
}

static void
test_tickets_wait_for_first_write(void)
{
    struct duo d;
    char word[8];
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    told = 0;
    SSL_CTX_sess_set_new_cb(d.ctx[0], count_new);
    CU_ASSERT_EQUAL(SSL_CTX_set_session_cache_mode(d.ctx[0], SSL_SESS_CACHE_CLIENT), SSL_SESS_CACHE_SERVER);
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), -1);
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), 1);
    size_t sent = d.tap[1].total;
    CU_ASSERT_EQUAL(SSL_accept(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_do_handshake(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[1], word, sizeof word), -1);
    CU_ASSERT_EQUAL(d.tap[1].total, sent);
    unsigned writes = d.tap[1].writes;
    CU_ASSERT_TRUE(duo_first_word(&d));
    CU_ASSERT_EQUAL(told, 2);
    CU_ASSERT_EQUAL(d.tap[1].writes, writes + 1); /* with the data, in one write */
    CU_ASSERT_TRUE(duo_first_word(&d));
    CU_ASSERT_EQUAL(told, 2);
    /* at once, when asked for: what is owed and one more */
    told = 0;
    CU_ASSERT_TRUE_FATAL(duo_again(&d) && duo_handshake(&d, r));
    CU_ASSERT_EQUAL(SSL_new_session_ticket(d.ssl[0]), 0);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    sent = d.tap[1].total;
    CU_ASSERT_EQUAL(SSL_new_session_ticket(d.ssl[1]), 1);
    CU_ASSERT_EQUAL(d.tap[1].total, sent);
    CU_ASSERT_EQUAL(SSL_do_handshake(d.ssl[1]), 1);
    CU_ASSERT_TRUE(d.tap[1].total > sent);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], word, sizeof word), -1);
    CU_ASSERT_EQUAL(told, 3);
    CU_ASSERT_TRUE(duo_first_word(&d));
    CU_ASSERT_EQUAL(told, 3);
    /* too late */
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[1]), 0);
    CU_ASSERT_EQUAL(SSL_new_session_ticket(d.ssl[1]), 0);
    CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_WRONG_CALL);
    CU_ASSERT_EQUAL(SSL_read(d.ssl[0], word, sizeof word), 0);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[0]), 1);
    CU_ASSERT_EQUAL(SSL_shutdown(d.ssl[1]), 1);
    duo_close(&d);
}

static void
test_number_of_tickets(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_CTX_sess_set_new_cb(d.ctx[0], count_new);
    told = 0;
    CU_ASSERT_TRUE(duo_handshake(&d, r) && duo_first_word(&d));
    CU_ASSERT_EQUAL(told, 0); /* without SSL_SESS_CACHE_CLIENT the callback is not called */
    CU_ASSERT_EQUAL(SSL_SESSION_is_resumable(SSL_get_session(d.ssl[0])), 1);
    (void)SSL_CTX_set_session_cache_mode(d.ctx[0], SSL_SESS_CACHE_CLIENT);
    CU_ASSERT_EQUAL(SSL_CTX_get_num_tickets(d.ctx[1]), 2);
    CU_ASSERT_EQUAL(SSL_CTX_set_num_tickets(d.ctx[1], 9), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_num_tickets(d.ctx[1], 5), 1);
    CU_ASSERT_TRUE(duo_again(&d) && duo_handshake(&d, r) && duo_first_word(&d));
    CU_ASSERT_EQUAL(told, 5);
    CU_ASSERT_TRUE(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_set_num_tickets(d.ssl[1], 0), 1);
    CU_ASSERT_EQUAL(SSL_get_num_tickets(d.ssl[1]), 0);
    CU_ASSERT_EQUAL(SSL_CTX_get_num_tickets(d.ctx[1]), 5);
    CU_ASSERT_TRUE(duo_handshake(&d, r) && duo_first_word(&d));
    CU_ASSERT_EQUAL(told, 5);
    CU_ASSERT_EQUAL(SSL_SESSION_is_resumable(SSL_get_session(d.ssl[0])), 0);
    CU_ASSERT_EQUAL(SSL_set_num_tickets(d.ssl[1], 1), 0);
    CU_ASSERT_EQUAL(code_of(d.ssl[1]), TVT_E_WRONG_CALL);
    duo_close(&d);
}

static void
test_callback_keeps(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_CTX_sess_set_new_cb(d.ctx[0], keep_new);
    (void)SSL_CTX_set_session_cache_mode(d.ctx[0], SSL_SESS_CACHE_CLIENT);
    CU_ASSERT_TRUE(duo_again(&d) && duo_handshake(&d, r) && duo_first_word(&d));
    SSL_SESSION *mine = kept_session;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mine);
    kept_session = NULL;
    CU_ASSERT_TRUE(resumes(&d, mine));
    SSL_SESSION_free(mine);
    SSL_SESSION_free(kept_session);
    kept_session = NULL;
    duo_close(&d);
}

/* A session for another name, or from an unverified connection, is not offered. */
static void
test_what_does_not_fit(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_SESSION *session = fetch(&d);
    CU_ASSERT_TRUE(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_set_tlsext_host_name(d.ssl[0], "other.example"), 1);
    CU_ASSERT_EQUAL(SSL_set1_host(d.ssl[0], "localhost"), 1);
    CU_ASSERT_EQUAL(SSL_set_session(d.ssl[0], session), 1);
    CU_ASSERT_PTR_EQUAL(SSL_get_session(d.ssl[0]), session);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(SSL_session_reused(d.ssl[0]), 0);
    CU_ASSERT_PTR_NOT_EQUAL(SSL_get_session(d.ssl[0]), session);
    CU_ASSERT_EQUAL(SSL_set_session(d.ssl[0], session), 0);
    CU_ASSERT_EQUAL(code_of(d.ssl[0]), TVT_E_WRONG_CALL);
    SSL_SESSION_free(session);
    SSL_CTX_set_verify(d.ctx[0], SSL_VERIFY_NONE, NULL);
    session = fetch(&d);
    CU_ASSERT_EQUAL(SSL_SESSION_is_resumable(session), 1);
    SSL_CTX_set_verify(d.ctx[0], SSL_VERIFY_PEER, NULL);
    CU_ASSERT_FALSE(resumes(&d, session));
    CU_ASSERT_EQUAL(SSL_get_verify_result(d.ssl[0]), X509_V_OK);
    SSL_SESSION_free(session);
    CU_ASSERT_FALSE(resumes(&d, NULL));
    duo_close(&d);
}

/* ---- a cache ---- */

static void
resume_by_cache(struct duo *d)
{
    const unsigned char *ticket;
    size_t len;
    CU_ASSERT_NOT_EQUAL(SSL_CTX_set_options(d->ctx[1], SSL_OP_NO_TICKET) & SSL_OP_NO_TICKET, 0);
    SSL_SESSION *session = fetch(d);
    SSL_SESSION_get0_ticket(session, &ticket, &len);
    CU_ASSERT_EQUAL(len, 32);
    CU_ASSERT_TRUE(resumes(d, session));
    CU_ASSERT_FALSE(resumes(d, session)); /* good once */
    SSL_SESSION_free(session);
    session = fetch(d);
    CU_ASSERT_EQUAL(SSL_CTX_set_session_cache_mode(d->ctx[1], SSL_SESS_CACHE_OFF), SSL_SESS_CACHE_SERVER);
    CU_ASSERT_FALSE(resumes(d, session));
    CU_ASSERT_TRUE(duo_first_word(d));
    CU_ASSERT_EQUAL(SSL_SESSION_is_resumable(SSL_get_session(d->ssl[0])), 0);
    SSL_SESSION_free(session);
    /* one SSL for itself, whatever the others do */
    (void)SSL_CTX_set_session_cache_mode(d->ctx[1], SSL_SESS_CACHE_SERVER);
    (void)SSL_CTX_clear_options(d->ctx[1], SSL_OP_NO_TICKET);
    int r[2];
    CU_ASSERT_TRUE(duo_again(d));
    (void)SSL_set_options(d->ssl[1], SSL_OP_NO_TICKET);
    CU_ASSERT_TRUE(duo_handshake(d, r) && duo_first_word(d));
    SSL_SESSION_get0_ticket(SSL_get_session(d->ssl[0]), &ticket, &len);
    CU_ASSERT_EQUAL(len, 32);
}

static void
test_cache(void)
{
    duo_each_backend(resume_by_cache);
}

/* The program's store: one session. */
static struct {
    SSL_SESSION *session;
    unsigned asked, removed;
    bool gives_its_own;
} store;

static int
store_new(SSL *ssl, SSL_SESSION *session)
{
    CU_ASSERT_EQUAL(SSL_is_server(ssl), 1);
    SSL_SESSION_free(store.session);
    store.session = session;
    return 1;
}

static SSL_SESSION *
store_get(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    unsigned own;
    const unsigned char *mine = SSL_SESSION_get_id(store.session, &own);
    CU_ASSERT_EQUAL(SSL_is_server(ssl), 1);
    CU_ASSERT_EQUAL(*copy, 1);
    store.asked++;
    if (store.session == NULL || (int)own != len || memcmp(mine, id, own) != 0)
        return NULL;
    *copy = !store.gives_its_own;
    if (store.gives_its_own)
        (void)SSL_SESSION_up_ref(store.session);
    return store.session;
}

static void
store_remove(SSL_CTX *ctx, SSL_SESSION *session)
{
    unsigned a, b;
    const unsigned char *one = SSL_SESSION_get_id(session, &a), *two = SSL_SESSION_get_id(store.session, &b);
    CU_ASSERT_PTR_NOT_NULL(ctx);
    CU_ASSERT_TRUE(a == b && memcmp(one, two, a) == 0);
    SSL_SESSION_free(store.session);
    store.session = NULL;
    store.removed++;
}

static void
test_store_of_the_program(void)
{
    struct duo d;
    memset(&store, 0, sizeof store);
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    (void)SSL_CTX_set_session_cache_mode(d.ctx[1], SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(d.ctx[1], store_new);
    SSL_CTX_sess_set_get_cb(d.ctx[1], store_get);
    SSL_CTX_sess_set_remove_cb(d.ctx[1], store_remove);
    (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_NO_TICKET);
    CU_ASSERT_EQUAL(SSL_CTX_set_num_tickets(d.ctx[1], 1), 1);
    for (int turn = 0; turn < 4; turn++) {
        store.gives_its_own = turn % 2 == 1;
        if (turn == 2)
            CU_ASSERT_EQUAL(SSL_CTX_set_session_id_context(d.ctx[1], (const unsigned char *)"here", 4), 1);
        SSL_SESSION *session = fetch(&d);
        CU_ASSERT_PTR_NOT_NULL(store.session);
        CU_ASSERT_TRUE(resumes(&d, session));
        CU_ASSERT_EQUAL(store.removed, (unsigned)turn + 1);
        CU_ASSERT_PTR_NULL(store.session);
        CU_ASSERT_FALSE(resumes(&d, session));
        SSL_SESSION_free(session);
    }
    CU_ASSERT_EQUAL(store.asked, 8);
    SSL_SESSION_free(store.session);
    duo_close(&d);
}

/* ---- keys that servers share ---- */

/* True when a session of the server resumes at another one, which `other` prepares. */
static bool
moves(struct duo *d, SSL_CTX *other)
{
    SSL_SESSION *session = fetch(d);
    SSL_CTX *before = d->ctx[1];
    d->ctx[1] = other;
    bool good = resumes(d, session);
    d->ctx[1] = before;
    SSL_SESSION_free(session);
    return good;
}

static enum tvt_result
one_key(void *user, const uint8_t *name, uint8_t out[TVT_TICKET_KEY_LEN])
{
    const uint8_t *key = user;
    if (name != NULL && memcmp(name, key, 16) != 0)
        return TVT_FAIL;
    memcpy(out, key, TVT_TICKET_KEY_LEN);
    return TVT_OK;
}

static void
share_keys(struct duo *d)
{
    uint8_t keys[2 * TVT_TICKET_KEY_LEN], got[TVT_TICKET_KEY_LEN];
    SSL_CTX *other = make_ctx(TVT_SERVER, NULL, good_kind());
    pattern(keys, sizeof keys, 7);
    CU_ASSERT_FALSE(moves(d, other));
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_ticket_keys(d->ctx[1], NULL, 0), 48);
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_ticket_keys(d->ctx[1], keys, 80), 0);
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_BAD_ARGUMENT);
    /* what the SSL_CTX made for itself can be taken to another one */
    CU_ASSERT_EQUAL(SSL_CTX_get_tlsext_ticket_keys(d->ctx[1], got, sizeof got), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_ticket_keys(other, got, sizeof got), 1);
    CU_ASSERT_TRUE(moves(d, other));
    /* one seals, all open */
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_ticket_keys(d->ctx[1], keys + 48, 48), 1);
    CU_ASSERT_FALSE(moves(d, other));
    CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_ticket_keys(other, keys, 96), 1);
    CU_ASSERT_TRUE(moves(d, other));
    CU_ASSERT_EQUAL(SSL_CTX_get_tlsext_ticket_keys(other, got, sizeof got), 1);
    CU_ASSERT_EQUAL(memcmp(got, keys, 48), 0);
    /* the context is bound in */
    CU_ASSERT_EQUAL(SSL_CTX_set_session_id_context(other, keys, 33), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_session_id_context(other, (const unsigned char *)"there", 5), 1);
    CU_ASSERT_FALSE(moves(d, other));
    CU_ASSERT_EQUAL(SSL_CTX_set_session_id_context(d->ctx[1], (const unsigned char *)"there", 5), 1);
    CU_ASSERT_TRUE(moves(d, other));
    /* a callback */
    CU_ASSERT_EQUAL(SSL_CTX_set_tvt_ticket_key_cb(d->ctx[1], one_key, keys), 1);
    CU_ASSERT_TRUE(moves(d, other));
    CU_ASSERT_EQUAL(SSL_CTX_set_tvt_ticket_key_cb(other, one_key, keys), 1);
    CU_ASSERT_TRUE(moves(d, other));
    CU_ASSERT_EQUAL(SSL_CTX_set_tvt_ticket_key_cb(other, one_key, keys + 1), 1);
    CU_ASSERT_FALSE(moves(d, other));
    SSL_CTX_free(other);
}

static void
test_shared_keys(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    share_keys(&d);
    duo_close(&d);
}

static void
use_store(SSL_CTX *ctx, const char *context)
{
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, store_new);
    SSL_CTX_sess_set_get_cb(ctx, store_get);
    SSL_CTX_sess_set_remove_cb(ctx, store_remove);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    CU_ASSERT_EQUAL(SSL_CTX_set_num_tickets(ctx, 1), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_session_id_context(ctx, (const unsigned char *)context, (unsigned)strlen(context)), 1);
}

/* Servers with one store find each other's sessions, unless their contexts differ. */
static void
test_shared_store(void)
{
    struct duo d;
    memset(&store, 0, sizeof store);
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_CTX *other = make_ctx(TVT_SERVER, NULL, good_kind());
    use_store(d.ctx[1], "here");
    use_store(other, "here");
    CU_ASSERT_TRUE(moves(&d, other));
    use_store(other, "there");
    CU_ASSERT_FALSE(moves(&d, other));
    SSL_SESSION_free(store.session);
    store.session = NULL;
    use_store(d.ctx[1], "there");
    CU_ASSERT_TRUE(moves(&d, other));
    SSL_SESSION_free(store.session);
    store.session = NULL;
    SSL_CTX_free(other);
    duo_close(&d);
}

static void
test_timeout(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_CTX_set_timeout(d.ctx[1], 300), 7200);
    CU_ASSERT_EQUAL(SSL_CTX_get_timeout(d.ctx[1]), 300);
    CU_ASSERT_EQUAL(SSL_CTX_set_timeout(d.ctx[1], 0), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_timeout(d.ctx[1], 604801), 0);
    SSL_SESSION *session = fetch(&d);
    CU_ASSERT_EQUAL(SSL_SESSION_get_timeout(session), 300);
    session->issued_ms -= 301000; /* nobody else has it */
    CU_ASSERT_FALSE(resumes(&d, session));
    SSL_SESSION_free(session);
    duo_close(&d);
}

/* ---- as bytes ---- */

static SSL_SESSION *
through_der(SSL_SESSION *session)
{
    unsigned char *bytes = NULL, fixed[4096], *at = fixed;
    int len = i2d_SSL_SESSION(session, &bytes);
    CU_ASSERT_TRUE_FATAL(len > 0 && len < (int)sizeof fixed);
    CU_ASSERT_EQUAL(i2d_SSL_SESSION(session, NULL), len);
    CU_ASSERT_EQUAL(i2d_SSL_SESSION(session, &at), len);
    CU_ASSERT_PTR_EQUAL(at, fixed + len);
    CU_ASSERT_EQUAL(memcmp(fixed, bytes, (size_t)len), 0);
    const unsigned char *in = bytes;
    CU_ASSERT_PTR_NULL(d2i_SSL_SESSION(NULL, &in, len - 1));
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_SESSION_MALFORMED);
    CU_ASSERT_PTR_EQUAL(in, bytes);
    (void)SSL_SESSION_up_ref(session);
    SSL_SESSION *back = session;
    CU_ASSERT_PTR_NOT_NULL(d2i_SSL_SESSION(&back, &in, len)); /* frees the reference that stood there */
    CU_ASSERT_PTR_EQUAL(in, bytes + len);
    free(bytes);
    return back;
}

static void
test_bytes(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    SSL_SESSION *session = fetch(&d), *back = through_der(session);
    CU_ASSERT_PTR_NOT_EQUAL(back, session);
    CU_ASSERT_TRUE(resumes(&d, back));
    SSL_SESSION_free(back);
    SSL_SESSION_free(session);
    duo_close(&d);
}

static void
test_pem(void)
{
    struct duo d;
    char *text;
    FILE *file = tmpfile();
    BIO *bio = BIO_new(BIO_s_mem()), *empty = BIO_new_mem_buf("-----BEGIN TRIVET SESSION-----\nAAAA\n", -1);
    CU_ASSERT_TRUE_FATAL(file != NULL && bio != NULL && empty != NULL && duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(BIO_write(bio, "some text\n", 10), 10);
    SSL_SESSION *session[3] = {NULL};
    for (int i = 0; i < 2; i++) {
        session[i] = fetch(&d);
        CU_ASSERT_EQUAL(PEM_write_bio_SSL_SESSION(bio, session[i]), 1);
        CU_ASSERT_EQUAL(PEM_write_SSL_SESSION(file, session[i]), 1);
    }
    rewind(file);
    CU_ASSERT_TRUE(BIO_get_mem_data(bio, &text) > 200);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(PEM_read_bio_SSL_SESSION(bio, &session[2], NULL, NULL));
        CU_ASSERT_TRUE(resumes(&d, session[2]));
        SSL_SESSION *other = PEM_read_SSL_SESSION(file, NULL, NULL, NULL);
        unsigned a, b;
        const unsigned char *one = SSL_SESSION_get_id(session[i], &a), *two = SSL_SESSION_get_id(other, &b);
        CU_ASSERT_TRUE(a == b && a == 32 && memcmp(one, two, a) == 0);
        SSL_SESSION_free(other);
    }
    CU_ASSERT_PTR_NULL(PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL));
    CU_ASSERT_EQUAL(tvt_err_last()->code, TVT_E_PEM_NOT_FOUND);
    CU_ASSERT_PTR_NULL(PEM_read_bio_SSL_SESSION(empty, NULL, NULL, NULL));
    CU_ASSERT_EQUAL(PEM_write_bio_SSL_SESSION(bio, NULL), 0);
    for (int i = 0; i < 3; i++)
        SSL_SESSION_free(session[i]);
    BIO_free(bio);
    BIO_free(empty);
    (void)fclose(file);
    duo_close(&d);
}

/* Every length modulo 3, and every base64 digit, come back. */
static void
test_pem_forms(void)
{
    uint8_t key[64], name[200];
    struct tvt_error e;
    tvt_error_clear(&e);
    for (size_t len = 1; len < sizeof name; len++) {
        struct tvt_session *psk, *back;
        BIO *bio = BIO_new(BIO_s_mem());
        pattern(name, sizeof name, (unsigned)len * 5);
        pattern(key, sizeof key, (unsigned)len * 11);
        CU_ASSERT_EQUAL_FATAL(tvt_session_new_external(&psk, (struct tvt_span){name, len},
                                                       (struct tvt_span){key, sizeof key}, TVT_HASH_SHA256, &e),
                              TVT_OK);
        CU_ASSERT_EQUAL(PEM_write_bio_SSL_SESSION(bio, psk), 1);
        back = PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(back);
        CU_ASSERT_TRUE(back->identity.len == len && memcmp(back->identity.data, name, len) == 0);
        CU_ASSERT_TRUE(back->secret_len == sizeof key && memcmp(back->secret, key, sizeof key) == 0);
        SSL_SESSION_free(psk);
        SSL_SESSION_free(back);
        BIO_free(bio);
    }
}

/* ---- threads ---- */

struct runner {
    SSL_CTX *ctx[2];
    unsigned resumed;
    bool good;
};

static void *
run(void *argument)
{
    struct runner *runner = argument;
    struct duo d;
    SSL_SESSION *session = NULL;
    duo_share(&d, runner->ctx);
    runner->good = true;
    for (int i = 0; runner->good && i < 20; i++) {
        int r[2];
        runner->good =
            duo_again(&d) && SSL_set_session(d.ssl[0], session) == 1 && duo_handshake(&d, r) && duo_first_word(&d);
        runner->resumed += (unsigned)SSL_session_reused(d.ssl[1]);
        SSL_SESSION_free(session);
        session = SSL_get1_session(d.ssl[0]);
    }
    SSL_SESSION_free(session);
    duo_close(&d);
    return NULL;
}

static void
run_threads(SSL_CTX *const ctx[2])
{
    struct runner runner[4];
    pthread_t thread[4];
    for (int i = 0; i < 4; i++) {
        runner[i] = (struct runner){.ctx = {ctx[0], ctx[1]}};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, run, &runner[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        (void)pthread_join(thread[i], NULL);
        CU_ASSERT_TRUE(runner[i].good);
        CU_ASSERT_EQUAL(runner[i].resumed, 19);
    }
}

static void
test_threads(void)
{
    struct duo d;
    CU_ASSERT_TRUE_FATAL(duo_open(&d, good_kind()));
    run_threads(d.ctx);
    (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_NO_TICKET);
    run_threads(d.ctx);
    duo_close(&d);
}

/* ---- odds and ends ---- */

static void
test_objects(void)
{
    unsigned len = 9;
    size_t size = 9;
    const unsigned char *data;
    SSL_SESSION_free(NULL);
    CU_ASSERT_EQUAL(SSL_SESSION_up_ref(NULL), 0);
    CU_ASSERT_EQUAL(SSL_SESSION_is_resumable(NULL), 0);
    CU_ASSERT_EQUAL(SSL_SESSION_has_ticket(NULL), 0);
    CU_ASSERT_PTR_NULL(SSL_SESSION_get_id(NULL, &len));
    CU_ASSERT_EQUAL(len, 0);
    SSL_SESSION_get0_alpn_selected(NULL, &data, &size);
    CU_ASSERT_TRUE(data == NULL && size == 0);
    CU_ASSERT_PTR_NULL(SSL_get_session(NULL));
    CU_ASSERT_EQUAL(SSL_set_session(NULL, NULL), 0);
    CU_ASSERT_EQUAL(SSL_session_reused(NULL), 0);
    CU_ASSERT_EQUAL(SSL_new_session_ticket(NULL), 0);
    CU_ASSERT_EQUAL(i2d_SSL_SESSION(NULL, NULL), 0);
    CU_ASSERT_PTR_NULL(d2i_SSL_SESSION(NULL, NULL, 4));
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    CU_ASSERT_EQUAL(SSL_CTX_sess_get_cache_size(ctx), SSL_SESSION_CACHE_MAX_SIZE_DEFAULT);
    CU_ASSERT_EQUAL(SSL_CTX_sess_set_cache_size(ctx, 5), SSL_SESSION_CACHE_MAX_SIZE_DEFAULT);
    CU_ASSERT_EQUAL(SSL_CTX_sess_set_cache_size(ctx, -1), 5);
    CU_ASSERT_EQUAL(SSL_CTX_sess_get_cache_size(ctx), 5);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    CU_ASSERT_EQUAL(SSL_CTX_sess_set_cache_size(ctx, 6), 5);
    CU_ASSERT_EQUAL(SSL_CTX_sess_get_cache_size(ctx), 5);
    SSL_CTX_free(ctx);
    /* a client that switches tickets off has no cache */
    ctx = SSL_CTX_new(TLS_method());
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    CU_ASSERT_PTR_NULL(ctx->sessions.cache);
    unsigned char key[48];
    CU_ASSERT_EQUAL(SSL_CTX_get_tlsext_ticket_keys(ctx, key, 47), 0);
    CU_ASSERT_EQUAL(SSL_CTX_get_tlsext_ticket_keys(ctx, key, 48), 1);
    CU_ASSERT_PTR_NOT_NULL(ctx->sessions.cache); /* it is a server now */
    unsigned char two[96] = {1};
    CU_ASSERT_EQUAL(tvt_ticket_keys_set(ctx->sessions.keys, two, 2, NULL), TVT_OK);
    CU_ASSERT_EQUAL(SSL_CTX_get_tlsext_ticket_keys(ctx, key, 48), 1); /* the newest of two */
    CU_ASSERT_EQUAL(memcmp(key, two, sizeof key), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_session_id_context(ctx, key, 4), 1);
    CU_ASSERT_EQUAL(SSL_CTX_get_tlsext_ticket_keys(ctx, key, 48), 0);
    SSL_CTX_free(ctx);
}

int
tvt_register_ssl_session(void)
{
    static const struct {
        const char *name;
        CU_TestFunc test;
    } tests[] = {
        {"resumption by tickets", test_tickets},
        {"tickets leave with the first write", test_tickets_wait_for_first_write},
        {"the number of tickets", test_number_of_tickets},
        {"a callback keeps its session", test_callback_keeps},
        {"sessions that do not fit", test_what_does_not_fit},
        {"resumption by a cache", test_cache},
        {"a store of the program", test_store_of_the_program},
        {"keys that servers share", test_shared_keys},
        {"a store that servers share", test_shared_store},
        {"timeouts", test_timeout},
        {"sessions as bytes", test_bytes},
        {"sessions as PEM", test_pem},
        {"PEM of all lengths", test_pem_forms},
        {"threads", test_threads},
        {"objects", test_objects},
    };
    CU_pSuite suite = CU_add_suite("SSL: sessions", NULL, NULL);
    for (size_t i = 0; suite != NULL && i < sizeof(tests) / sizeof(tests[0]); i++)
        if (CU_add_test(suite, tests[i].name, tests[i].test) == NULL)
            return -1;
    return suite != NULL ? 0 : -1;
}
