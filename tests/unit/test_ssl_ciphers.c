/* SPDX-License-Identifier: MIT
 *
 * Lists of cipher suites as ciphers(1) of OpenSSL has them: what each word and sign comes to, and what is refused; and what
 * SSL_get_extms_support() says.
 */
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"
#include "tests/support/bend.h"
#include "tests/unit/ssl_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_ssl_ciphers(void);

/* One letter for each suite of TLS 1.2. */
static char
letter(const struct tvt_suite *suite)
{
    static const struct {
        uint16_t id;
        char letter;
    } letters[] = {{0xc02b, 'a'}, {0xc02f, 'b'}, {0xc02c, 'c'}, {0xc030, 'd'}, {0xcca9, 'e'},
                   {0xcca8, 'f'}, {0xc0ac, 'g'}, {0xd001, 'p'}, {0xd002, 'q'}, {0xccac, 'r'},
                   {0xd005, 's'}, {0xc0ae, 'x'}, {0xd003, 'y'}};
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (letters[i].id == suite->id)
            return letters[i].letter;
    return '?';
}

static void
letters_of(const SSL_CTX *ctx, char out[TVT_CONFIG_SUITES_MAX + 1])
{
    const struct tvt_config *c = ctx->config;
    size_t len = 0;
    for (size_t i = 0; i < c->num_suites; i++)
        if (c->suites[i]->version == TVT_TLS12)
            out[len++] = letter(c->suites[i]);
    out[len] = 0;
}

/* A backend that has every AEAD; NULL: this build has none. */
static const char *
full_backend(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    for (size_t i = 0; i < num; i++)
        if (strcmp(names[i], "openssl") == 0 || strcmp(names[i], "wolfcrypt") == 0)
            return names[i];
    return NULL;
}

struct list {
    const char *text, *letters; /* NULL: refused */
};

static const struct list lists[] = {
    /* names, of either kind */
    {"ECDHE-ECDSA-AES128-GCM-SHA256", "a"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "b"},
    {"ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384", "fd"},
    {"ECDHE-RSA-AES256-GCM-SHA384, ECDHE-RSA-AES128-GCM-SHA256;ECDHE-ECDSA-AES128-CCM", "dbg"},
    {"ECDHE-ECDSA-AES128-CCM8", "x"}, /* by name */
    {"AESCCM8", "xy"},
    {"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", "b"},
    /* words, and words that are joined */
    {"aRSA", "bdf"},
    {"ECDSA", "aceg"},
    {"aECDSA+CHACHA20", "e"},
    {"ECDHE+AESGCM", "abcd"},
    {"EECDH+aRSA+AES256", "d"},
    {"kEECDH+AESCCM", "g"},
    {"AES256", "cdq"},
    {"CHACHA20", "efr"},
    {"PSK+CHACHA20", "r"},
    {"AESGCM+CHACHA20", NULL}, /* both at once: none */
    /* unknown and old ones mean nothing beside others */
    {"RC4:aRSA:MD5:nonsense", "bdf"},
    {"aRSA:!aNULL:!eNULL:!3DES:!kRSA", "bdf"},
    {":: aRSA , ;", "bdf"},
    {"aRSA+nonsense:CHACHA20+aRSA", "f"},
    {"TLS_AES_128_GCM_SHA256:aRSA", "bdf"}, /* TLS 1.3 has its own call */
    {"arsa:AES256+aRSA", "d"},              /* words have one spelling */
    /* '!': for good; '-': for now; '+': to the end */
    {"aRSA:!AES256", "bf"},
    {"!AES256:aRSA:AES256", "bf"},
    {"aRSA:-AES256", "bf"},
    {"aRSA:-AES256:AES256+aRSA", "bfd"},
    {"aRSA:+AES128", "dfb"},
    {"aRSA:+ECDSA", "bdf"}, /* moves what is there, adds nothing */
    {"CHACHA20+aRSA:aRSA", "fbd"},
    {"aRSA:!ECDHE-RSA-AES128-GCM-SHA256", "df"},
    {"aRSA:-ECDHE+AES128", "df"},
    /* by strength: stable; of what stands before it */
    {"aRSA:@STRENGTH", "dfb"},
    {"aECDSA:aRSA:@STRENGTH", "cedfagb"},
    {"aRSA:@STRENGTH:ECDSA+AES128", "dfbag"},
    {"aRSA:@SECLEVEL=2", "bdf"},
    {"@SECLEVEL=2:aRSA", "bdf"},
    {"aRSA:@NONSENSE", "bdf"},
    /* what is left is nothing */
    {"", NULL},
    {":", NULL},
    {"@STRENGTH", NULL},
    {"nonsense", NULL},
    {"RC4-SHA:AES128-SHA:DHE-RSA-AES128-GCM-SHA256", NULL}, /* no ECDHE with an AEAD */
    {"aRSA:!ECDHE", NULL},
    {"aRSA:-ALL", NULL},
    {"!ALL:aRSA", NULL},
    {"+aRSA", NULL},
    {"TLS_AES_128_GCM_SHA256", NULL},
    {"ECDHE-ECDSA-AES128-GCM-SHA256-AND-A-NAME-THAT-GOES-ON-BEHIND-SIXTY-FOUR-LETTERS", NULL},
};

static void
all_lists(void)
{
    SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_method(), full_backend(), NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        char before[TVT_CONFIG_SUITES_MAX + 1], after[TVT_CONFIG_SUITES_MAX + 1];
        const char *wanted = lists[i].letters;
        letters_of(ctx, before);
        int r = SSL_CTX_set_cipher_list(ctx, lists[i].text);
        letters_of(ctx, after);
        if (r != (wanted != NULL) || strcmp(after, wanted != NULL ? wanted : before) != 0)
            printf("\n    \"%s\": %d, %s", lists[i].text, r, after);
        CU_ASSERT_EQUAL(r, wanted != NULL);
        CU_ASSERT_STRING_EQUAL(after, wanted != NULL ? wanted : before); /* what is refused changes nothing */
        if (wanted == NULL) {
            const struct tvt_error *e = SSL_get0_error_record(NULL);
            char text[1024];
            (void)tvt_error_format(e, text, sizeof text);
            bool is_new = tvt_suite_by_name(lists[i].text) != NULL; /* of TLS 1.3: the error names the other call */
            CU_ASSERT_EQUAL(e->code, is_new ? TVT_E_UNKNOWN_WORD : TVT_E_NOT_OFFERED);
            CU_ASSERT_PTR_NOT_NULL(strstr(text, is_new ? "SSL_CTX_set_ciphersuites()" : "ECDHE and an AEAD"));
        }
        ERR_clear_error();
    }
    SSL_CTX_free(ctx);
}

/* Neither call changes the other's half; what is NULL is refused. */
static void
halves(void)
{
    SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_method(), full_backend(), NULL);
    char before[TVT_CONFIG_SUITES_MAX + 1], after[TVT_CONFIG_SUITES_MAX + 1];
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(SSL_CTX_set_cipher_list(ctx, "aRSA"), 1);
    letters_of(ctx, before);
    CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256"), 1);
    letters_of(ctx, after);
    CU_ASSERT_STRING_EQUAL(before, after);
    CU_ASSERT_EQUAL(SSL_CTX_set_cipher_list(ctx, "ECDSA+AES256"), 1);
    letters_of(ctx, after);
    CU_ASSERT_STRING_EQUAL(after, "c");
    CU_ASSERT_EQUAL(ctx->config->num_suites, 2);
    CU_ASSERT_EQUAL(SSL_CTX_set_cipher_list(ctx, NULL), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_cipher_list(NULL, "aRSA"), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(ctx, "ECDHE-RSA-AES128-GCM-SHA256"), 0);
    CU_ASSERT_EQUAL(ctx->config->num_suites, 2);
    ERR_clear_error();
    SSL_CTX_free(ctx);
}

static size_t
suites_of(const SSL_CTX *ctx, uint16_t version)
{
    size_t num = 0;
    for (size_t i = 0; i < ctx->config->num_suites; i++)
        num += ctx->config->suites[i]->version == version;
    return num;
}

/* "": no suite of TLS 1.3, and so no TLS 1.3; it comes back with a list of its own. */
static void
without_tls13(void)
{
    struct duo d;
    int r[2];
    CU_ASSERT_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(d.ctx[0], ""), 1);
    CU_ASSERT(suites_of(d.ctx[0], TVT_TLS13) == 0 && suites_of(d.ctx[0], TVT_TLS12) > 0);
    CU_ASSERT_FATAL(duo_again(&d));
    CU_ASSERT_FATAL(duo_handshake(&d, r));
    CU_ASSERT_STRING_EQUAL(SSL_get_version(d.ssl[0]), "TLSv1.2");
    CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(d.ctx[0], TLS1_3_VERSION), 1);
    CU_ASSERT_FATAL(duo_again(&d));
    CU_ASSERT_EQUAL(SSL_connect(d.ssl[0]), -1);
    CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[0])->code, TVT_E_NO_VERSION);
    CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(d.ctx[0], "TLS_CHACHA20_POLY1305_SHA256"), 1);
    CU_ASSERT_EQUAL(suites_of(d.ctx[0], TVT_TLS13), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(d.ctx[0], ":"), 0);
    CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(d.ctx[0], NULL), 0);
    CU_ASSERT_EQUAL(suites_of(d.ctx[0], TVT_TLS13), 1);
    duo_close(&d);
}

/* A minimum above a maximum is refused when it is set, and says what it is. */
static void
no_version(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION), 1);
    ERR_clear_error();
    CU_ASSERT_EQUAL(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION), 0);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), TVT_E_NO_VERSION);
    CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION), 0);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), TVT_E_BAD_ARGUMENT);
    CU_ASSERT_EQUAL(ctx->config->max_version, TVT_TLS12);
    SSL_CTX_free(ctx);
}

/* ---- signature algorithms ---- */

static const struct list sigalgs[] = {
    {"RSA+SHA256", "rsa_pkcs1_sha256"},
    {"RSA-PSS+SHA384:PSS+SHA512", "rsa_pss_rsae_sha384:rsa_pss_rsae_sha512"},
    {"ECDSA+SHA256", "ecdsa_secp256r1_sha256"},
    {"ECDSA+SHA512:ECDSA+SHA384:RSA+SHA512", "ecdsa_secp521r1_sha512:ecdsa_secp384r1_sha384:rsa_pkcs1_sha512"},
    {"ecdsa+sha256:Rsa-Pss+Sha256", "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256"},
    {"ECDSA+SHA256:ecdsa_secp256r1_sha256:RSA+SHA256:ECDSA+SHA256", "ecdsa_secp256r1_sha256:rsa_pkcs1_sha256"},
    {"ed25519:rsa_pss_pss_sha256:RSA+SHA384", "ed25519:rsa_pss_pss_sha256:rsa_pkcs1_sha384"},
    {"?RSA+SHA1:RSA+SHA256:?nonsense:?", "rsa_pkcs1_sha256"},
    {":RSA+SHA256,,ECDSA+SHA384:", "rsa_pkcs1_sha256:ecdsa_secp384r1_sha384"},
    {"RSA+SHA1", NULL},
    {"RSA+SHA256:ECDSA+SHA224", NULL},
    {"DSA+SHA256", NULL},
    {"RSA+MD5", NULL},
    {"RSA+", NULL},
    {"+SHA256", NULL},
    {"RSA", NULL},
    {"SHA256", NULL},
    {"RSA+SHA256+SHA384", NULL},
    {"RSAX+SHA256", NULL},
    {"nonsense", NULL},
    {"?nonsense", NULL}, /* nothing is left */
    {"", NULL},
};

static void
schemes_of(const SSL_CTX *ctx, char out[512])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < ctx->config->num_schemes; i++)
        len += (size_t)snprintf(out + len, 512 - len, "%s%s", i > 0 ? ":" : "", ctx->config->schemes[i]->name);
}

static void
all_sigalgs(void)
{
    SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_method(), full_backend(), NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(SSL_CTX_set1_sigalgs_list(ctx, "ed25519"), 1);
    for (size_t i = 0; i < sizeof sigalgs / sizeof sigalgs[0]; i++) {
        char before[512], after[512];
        const char *wanted = sigalgs[i].letters;
        schemes_of(ctx, before);
        int r = SSL_CTX_set1_sigalgs_list(ctx, sigalgs[i].text);
        schemes_of(ctx, after);
        if (r != (wanted != NULL) || strcmp(after, wanted != NULL ? wanted : before) != 0)
            printf("\n    \"%s\": %d, %s", sigalgs[i].text, r, after);
        CU_ASSERT_EQUAL(r, wanted != NULL);
        CU_ASSERT_STRING_EQUAL(after, wanted != NULL ? wanted : before);
    }
    CU_ASSERT_EQUAL(SSL_CTX_set1_sigalgs_list(ctx, NULL), 0);
    ERR_clear_error();
    SSL_CTX_free(ctx);
}

/* The handshake with such a list, and one that a backend lacks. */
static void
sigalgs_of_backends(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    for (size_t i = 0; i < num; i++) {
        SSL_CTX *ctx = SSL_CTX_new_with_backend(TLS_method(), names[i], NULL);
        bool has = ctx != NULL && SSL_CTX_set1_sigalgs_list(ctx, "RSA-PSS+SHA256") == 1;
        CU_ASSERT_EQUAL(has, strcmp(names[i], "libsodium") != 0);
        if (!has)
            CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_last_error()), TVT_E_NOT_OFFERED);
        CU_ASSERT_EQUAL(SSL_CTX_set1_sigalgs_list(ctx, "?RSA+SHA256:ed25519"), 1);
        CU_ASSERT_EQUAL(ctx->config->num_schemes, has ? 2 : 1);
        ERR_clear_error();
        SSL_CTX_free(ctx);
    }
}

/* RFC 7507: a client that tries again says so, and a server that has more refuses it; one that has not takes it. */
static void
fallback(void)
{
    for (int newer = 0; newer < 2; newer++) {
        struct duo d;
        int r[2];
        CU_ASSERT_FATAL(duo_open(&d, good_kind()));
        CU_ASSERT((SSL_CTX_set_mode(d.ctx[0], SSL_MODE_SEND_FALLBACK_SCSV) & (long)SSL_MODE_SEND_FALLBACK_SCSV) != 0);
        CU_ASSERT_FATAL(duo_again(&d));
        CU_ASSERT_FATAL(duo_handshake(&d, r)); /* with the highest version it is not sent */
        CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(d.ctx[0], TLS1_2_VERSION), 1);
        if (newer == 0)
            CU_ASSERT_EQUAL(SSL_CTX_set_max_proto_version(d.ctx[1], TLS1_2_VERSION), 1);
        CU_ASSERT_FATAL(duo_again(&d));
        CU_ASSERT_EQUAL(duo_handshake(&d, r), newer == 0);
        if (newer == 1)
            CU_ASSERT_EQUAL(SSL_get0_error_record(d.ssl[1])->code, TVT_E_FALLBACK);
        duo_close(&d);
    }
}

/* Options that the handshake's beginning turns into settings, whatever was called first. */
static void
late_options(void)
{
    static const unsigned char name[] = {0, 14, 0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 12, 1, 'a'}; /* CN=a */
    struct duo d;
    struct tvt_error e;
    int r[2];
    CU_ASSERT_FATAL(duo_open(&d, good_kind()));
    CU_ASSERT_EQUAL(tvt_ssl_open_config(&d.ctx[1]->config, &e), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_authorities(d.ctx[1]->config, name, sizeof name, &e), TVT_OK);
    (void)SSL_CTX_set_options(d.ctx[1], SSL_OP_DISABLE_TLSEXT_CA_NAMES | SSL_OP_PRIORITIZE_CHACHA);
    CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(d.ctx[0], "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"), 1);
    (void)SSL_CTX_set_options(d.ctx[0], SSL_OP_NO_SSL_MASK);
    (void)SSL_CTX_clear_options(d.ctx[0], SSL_OP_NO_TLSv1_3);
    CU_ASSERT_FATAL(duo_again(&d));
    CU_ASSERT_FATAL(duo_handshake(&d, r));
    CU_ASSERT_STRING_EQUAL(SSL_get_version(d.ssl[0]), "TLSv1.3");
    CU_ASSERT_STRING_EQUAL(SSL_get_cipher_name(d.ssl[1]), "TLS_CHACHA20_POLY1305_SHA256");
    CU_ASSERT_EQUAL(d.ssl[1]->config->auth.authorities_len, 0);
    CU_ASSERT_EQUAL(d.ctx[1]->config->auth.authorities_len, sizeof name); /* the SSL's own copy was changed */
    duo_close(&d);
}

/* -1 before the handshake is done; then 1, or 0 where the peer has no extended master secret and may lack it. */
static void
extms(void)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION, TLS1_2_VERSION};
    static struct tvt_bend bend;
    CU_ASSERT_EQUAL(SSL_get_extms_support(NULL), -1);
    for (size_t i = 0; i < 3; i++) {
        bool without = i == 2;
        struct duo d;
        int r[2];
        CU_ASSERT_FATAL(duo_open(&d, good_kind()));
        for (int role = 0; role < 2; role++)
            CU_ASSERT(SSL_CTX_set_min_proto_version(d.ctx[role], versions[i]) == 1 &&
                      SSL_CTX_set_max_proto_version(d.ctx[role], versions[i]) == 1);
        if (without) { /* as if the client did not know of it */
            memset(&bend, 0, offsetof(struct tvt_bend, out));
            bend.kind = TVT_MSG_CLIENT_HELLO;
            bend.op = TVT_BEND_DROP;
            bend.at = 23 /* extended_master_secret */;
            CU_ASSERT(SSL_CTX_set_tvt_allow_no_ems(d.ctx[0], 1) == 1 && SSL_CTX_set_tvt_allow_no_ems(d.ctx[1], 1) == 1);
            d.ctx[0]->config->test_port = (struct tvt_test_port){tvt_bend_message, &bend};
        }
        CU_ASSERT_FATAL(duo_again(&d));
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(SSL_get_extms_support(d.ssl[role]), -1);
        CU_ASSERT_FATAL(duo_handshake(&d, r));
        for (int role = 0; role < 2; role++)
            CU_ASSERT_EQUAL(SSL_get_extms_support(d.ssl[role]), !without);
        duo_close(&d);
    }
}

static void
no_backend(void)
{
    CU_ASSERT_PTR_NULL(full_backend());
}

int
tvt_register_ssl_ciphers(void)
{
    const char *const *names;
    CU_pSuite suite = CU_add_suite("lists of cipher suites", NULL, NULL);
    if (suite == NULL)
        return -1;
    if (full_backend() == NULL && CU_add_test(suite, "no backend with every AEAD", no_backend) == NULL)
        return -1;
    if (full_backend() != NULL && (CU_add_test(suite, "rules of ciphers(1)", all_lists) == NULL ||
                                   CU_add_test(suite, "each its half", halves) == NULL))
        return -1;
    if (full_backend() != NULL && CU_add_test(suite, "lists of signature algorithms", all_sigalgs) == NULL)
        return -1;
    if (tvt_provider_builtin(&names) == 0)
        return 0;
    bool added = CU_add_test(suite, "SSL_get_extms_support", extms) != NULL &&
                 CU_add_test(suite, "no suite of TLS 1.3", without_tls13) != NULL &&
                 CU_add_test(suite, "no version is left", no_version) != NULL &&
                 CU_add_test(suite, "signature algorithms of each backend", sigalgs_of_backends) != NULL &&
                 CU_add_test(suite, "TLS_FALLBACK_SCSV", fallback) != NULL &&
                 CU_add_test(suite, "options that wait for the handshake", late_options) != NULL;
    return added ? 0 : -1;
}
