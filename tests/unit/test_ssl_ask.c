/* SPDX-License-Identifier: MIT
 *
 * Callbacks that take their time: about a ClientHello, before a certificate is chosen, about the peer's. SSL_connect() and
 * SSL_accept() say which one they wait for, in both versions, and nothing is lost when they are called again.
 */
#include "core/ssl/ssl.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_ssl_ask(void);

/* What a callback answers, turn by turn; the last one again and again. */
struct script {
    int says[4];
    unsigned asked, turns;
    int alert;
    bool looks; /* at the peer's certificate */
};

static int
next(struct script *s)
{
    unsigned i = s->asked++;
    return s->says[i < s->turns ? i : s->turns - 1];
}

static int
ask_hello(SSL *ssl, int *alert, void *user)
{
    struct script *s = user;
    CU_ASSERT_EQUAL(*alert, 80);
    CU_ASSERT_STRING_EQUAL(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), "localhost");
    if (s->alert != 0)
        *alert = s->alert;
    return next(s);
}

static int
ask(SSL *ssl, void *user)
{
    struct script *s = user;
    char c;
    if (s->looks) {
        X509 *peer = SSL_get1_peer_certificate(ssl);
        CU_ASSERT_PTR_NOT_NULL(peer);
        X509_free(peer);
    }
    CU_ASSERT_EQUAL(SSL_read(ssl, &c, 1), -1); /* not from here; and the handshake is none the worse for it */
    return next(s);
}

static void
open_both(struct duo *d, int version)
{
    const char *client = kind_of_two("client", "client-ed25519");
    CU_ASSERT_TRUE_FATAL(duo_open(d, good_kind()));
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(d->ctx[role], version), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(d->ctx[0], pki_file(client, "chain.pem")), 1);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(d->ctx[0], pki_file(client, "key.pem"), SSL_FILETYPE_PEM), 1);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_file(d->ctx[1], pki_file(good_kind(), "root.pem")), 1);
    SSL_CTX_set_verify(d->ctx[1], SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

/* Turn by turn; counts what each side waited for. */
static bool
shake(struct duo *d, unsigned seen[2][16])
{
    int r[2] = {-1, -1};
    memset(seen, 0, 2 * sizeof seen[0]);
    for (int turn = 0; turn < 40 && (r[0] != 1 || r[1] != 1); turn++)
        for (int role = 0; role < 2; role++) {
            r[role] = SSL_do_handshake(d->ssl[role]);
            int why = SSL_get_error(d->ssl[role], r[role]);
            seen[role][why]++;
            if (why == SSL_ERROR_SSL)
                return false;
        }
    return r[0] == 1 && r[1] == 1;
}

/* ---- waiting ---- */

static const struct {
    int why, want;
} waits[] = {{SSL_ERROR_WANT_CLIENT_HELLO_CB, SSL_CLIENT_HELLO_CB},
             {SSL_ERROR_WANT_X509_LOOKUP, SSL_X509_LOOKUP},
             {SSL_ERROR_WANT_RETRY_VERIFY, SSL_RETRY_VERIFY}};

/* Each callback of a server says "later" twice, in a handshake where all are asked. */
static void
wait_in(int version)
{
    struct duo d;
    struct script s[2][3];
    unsigned seen[2][16];
    memset(s, 0, sizeof s);
    for (int role = 0; role < 2; role++)
        for (int i = 0; i < 3; i++)
            s[role][i] = (struct script){.says = {-1, -1, 1}, .turns = 3, .looks = i == 2};
    open_both(&d, version);
    for (int role = 0; role < 2; role++) {
        SSL_CTX_set_client_hello_cb(d.ctx[role], ask_hello, &s[role][0]);
        SSL_CTX_set_cert_cb(d.ctx[role], ask, &s[role][1]);
        CU_ASSERT_EQUAL(SSL_CTX_set_tvt_verdict_callback(d.ctx[role], ask, &s[role][2]), 1);
    }
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_TRUE(shake(&d, seen));
    CU_ASSERT_EQUAL(s[0][0].asked, 0); /* a client has no ClientHello to be asked about */
    CU_ASSERT_EQUAL(seen[0][SSL_ERROR_WANT_CLIENT_HELLO_CB], 0);
    for (int role = 0; role < 2; role++)
        for (int i = role == 0; i < 3; i++) {
            CU_ASSERT_EQUAL(s[role][i].asked, 3);
            CU_ASSERT_TRUE(seen[role][waits[i].why] >= 1 && seen[role][waits[i].why] <= 2);
        }
    CU_ASSERT_EQUAL(seen[0][SSL_ERROR_WANT_ASYNC] + seen[1][SSL_ERROR_WANT_ASYNC], 0);
    CU_ASSERT_TRUE(duo_first_word(&d) && duo_move(&d, TVT_CLIENT, "data", 4));
    duo_close(&d);
}

static void
test_waits(void)
{
    wait_in(TLS1_3_VERSION);
    wait_in(TLS1_2_VERSION);
}

/* Called again and again in vain: the same answer, and SSL_want() and a BIO_f_ssl() say it, too. */
static void
test_in_vain(void)
{
    for (int i = 0; i < 3; i++) {
        struct duo d;
        struct script s = {.says = {-1}, .turns = 1};
        open_both(&d, TLS1_3_VERSION);
        if (i == 0)
            SSL_CTX_set_client_hello_cb(d.ctx[1], ask_hello, &s);
        else if (i == 1)
            SSL_CTX_set_cert_cb(d.ctx[1], ask, &s);
        else
            CU_ASSERT_EQUAL(SSL_CTX_set_tvt_verdict_callback(d.ctx[0], ask, &s), 1);
        CU_ASSERT_TRUE_FATAL(duo_again(&d));
        CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
        (void)SSL_accept(d.ssl[1]);
        SSL *ssl = d.ssl[i < 2];
        for (int turn = 0; turn < 3; turn++) {
            int r = SSL_do_handshake(ssl);
            CU_ASSERT_EQUAL(r, -1);
            CU_ASSERT_EQUAL(SSL_get_error(ssl, r), waits[i].why);
            CU_ASSERT_EQUAL(SSL_want(ssl), waits[i].want);
            CU_ASSERT_EQUAL(SSL_in_init(ssl), 1);
        }
        BIO *bio = BIO_new(BIO_f_ssl());
        CU_ASSERT_EQUAL(BIO_set_ssl(bio, ssl, BIO_CLOSE), 1);
        CU_ASSERT_EQUAL(BIO_do_handshake(bio), -1);
        CU_ASSERT_TRUE(BIO_should_retry(bio) && BIO_should_io_special(bio));
        CU_ASSERT_EQUAL(SSL_up_ref(ssl), 1); /* one for the filter, one for duo_close() */
        (void)BIO_free_all(bio);
        duo_close(&d);
    }
}

/* ---- refusing ---- */

static void
expect_refusal(struct duo *d, int role, enum tvt_error_code code, uint8_t alert)
{
    unsigned seen[2][16];
    CU_ASSERT_TRUE_FATAL(duo_again(d));
    CU_ASSERT_FALSE(shake(d, seen));
    CU_ASSERT_EQUAL(code_of(d->ssl[role]), code);
    (void)SSL_do_handshake(d->ssl[1 - role]);
    char c;
    (void)SSL_read(d->ssl[1 - role], &c, 1);
    CU_ASSERT_EQUAL(code_of(d->ssl[1 - role]), TVT_E_PEER_ALERT);
    CU_ASSERT_EQUAL(SSL_get0_error_record(d->ssl[1 - role])->alert, alert);
}

static void
test_refusals(void)
{
    static const int versions[] = {TLS1_3_VERSION, TLS1_2_VERSION};
    for (int i = 0; i < 2; i++) {
        struct duo d;
        struct script no = {.says = {0}, .turns = 1}, named = {.says = {0}, .turns = 1, .alert = 112};
        open_both(&d, versions[i]);
        SSL_CTX_set_client_hello_cb(d.ctx[1], ask_hello, &no);
        expect_refusal(&d, 1, TVT_E_HELLO_REFUSED, 80);
        SSL_CTX_set_client_hello_cb(d.ctx[1], ask_hello, &named);
        expect_refusal(&d, 1, TVT_E_HELLO_REFUSED, 112);
        SSL_CTX_set_client_hello_cb(d.ctx[1], NULL, NULL);
        SSL_CTX_set_cert_cb(d.ctx[1], ask, &no);
        expect_refusal(&d, 1, TVT_E_HELLO_REFUSED, 80);
        SSL_CTX_set_cert_cb(d.ctx[1], NULL, NULL);
        SSL_CTX_set_cert_cb(d.ctx[0], ask, &no);
        expect_refusal(&d, 0, TVT_E_REQUEST_REFUSED, 80);
        SSL_CTX_set_cert_cb(d.ctx[0], NULL, NULL);
        CU_ASSERT_EQUAL(SSL_CTX_set_tvt_verdict_callback(d.ctx[0], ask, &no), 1);
        expect_refusal(&d, 0, TVT_E_CERT_REJECTED, 46);
        CU_ASSERT_EQUAL(SSL_CTX_set_tvt_verdict_callback(d.ctx[0], NULL, NULL), 1);
        CU_ASSERT_EQUAL(SSL_CTX_set_tvt_verdict_callback(d.ctx[1], ask, &no), 1);
        expect_refusal(&d, 1, TVT_E_CERT_REJECTED, 46);
        duo_close(&d);
    }
}

/* ---- for whom ---- */

/* For one SSL; an SSL that was made before is not asked; what is refused is not asked about; a cleared SSL is asked anew. */
static void
test_for_whom(void)
{
    struct duo d;
    struct script yes = {.says = {1}, .turns = 1}, verdict = {.says = {1}, .turns = 1};
    int r[2];
    open_both(&d, TLS1_3_VERSION);
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    SSL_CTX_set_client_hello_cb(d.ctx[1], ask_hello, &yes);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(yes.asked, 0);
    SSL_CTX_set_client_hello_cb(d.ctx[1], NULL, NULL);
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    SSL_set_cert_cb(d.ssl[0], ask, &yes);
    CU_ASSERT_TRUE(duo_handshake(&d, r));
    CU_ASSERT_EQUAL(yes.asked, 1);
    SSL_set_cert_cb(d.ssl[0], NULL, NULL); /* too late: a record, and no effect */
    CU_ASSERT_PTR_NOT_NULL(d.ssl[0]->hooks.cert);
    CU_ASSERT_EQUAL(SSL_CTX_set_tvt_verdict_callback(d.ctx[0], ask, &verdict), 1);
    CU_ASSERT_TRUE_FATAL(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_set1_host(d.ssl[0], "other.test"), 1);
    CU_ASSERT_FALSE(duo_handshake(&d, r)); /* a verdict is for what is good already */
    CU_ASSERT_EQUAL(verdict.asked, 0);
    SSL_CTX_set_client_hello_cb(NULL, NULL, NULL);
    SSL_CTX_set_cert_cb(NULL, NULL, NULL);
    SSL_set_cert_cb(NULL, NULL, NULL);
    CU_ASSERT_EQUAL(SSL_CTX_set_tvt_verdict_callback(NULL, NULL, NULL), 0);
    duo_close(&d);
}

int
tvt_register_ssl_ask(void)
{
    static CU_TestInfo tests[] = {{"callbacks that take their time", test_waits},
                                  {"called again in vain", test_in_vain},
                                  {"callbacks that refuse", test_refusals},
                                  {"who is asked", test_for_whom},
                                  CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{"SSL: callbacks that are asked", NULL, NULL, NULL, NULL, tests},
                                    CU_SUITE_INFO_NULL};
    return (int)CU_register_suites(suites);
}
