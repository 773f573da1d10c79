/* SPDX-License-Identifier: MIT
 *
 * ML-DSA (FIPS 204, RFC 9881): key files and certificates everywhere; credentials and handshakes on the backends that
 * have it, and what the others answer.
 */
#include "core/x509/private_key.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/x509_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_mldsa(void);

static const struct set {
    const char *name; /* of the scheme, and of the directory in vectors/pki */
    uint8_t key_type;
    size_t public_len, expanded_len;
} sets[] = {{"mldsa44", TVT_KEY_MLDSA44, 1312, 2560},
            {"mldsa65", TVT_KEY_MLDSA65, 1952, 4032},
            {"mldsa87", TVT_KEY_MLDSA87, 2592, 4896}};
#define NUM_SETS (sizeof sets / sizeof sets[0])

static const char *
path_of(const char *set, const char *what)
{
    static char path[64];
    (void)snprintf(path, sizeof path, "rfc9881/%s%s.pem", set, what);
    return path;
}

static const struct tvt_provider *
with_mldsa(void)
{
    return x509_provider_for(TVT_SIG_MLDSA, TVT_KEY_MLDSA44, TVT_HASH_NONE);
}

/* ---- everywhere: forms ---- */

static void
reads_key_forms(void)
{
    static const char *const forms[] = {"-seed", "-expanded", "-both"};
    for (size_t i = 0; i < NUM_SETS; i++) {
        for (size_t k = 0; k < 3; k++) {
            struct tvt_private_key_file key;
            struct tvt_file file;
            x509_read(&file, path_of(sets[i].name, forms[k]));
            CU_ASSERT_EQUAL(tvt_private_key_parse(&key, file.bytes, NULL, NULL), TVT_OK);
            CU_ASSERT_EQUAL(key.key.pub.type, sets[i].key_type);
            CU_ASSERT_EQUAL(key.key.pub.bits, sets[i].public_len * 8);
            CU_ASSERT_EQUAL(key.key.scalar.len, k == 1 ? 0 : 32);
            CU_ASSERT_EQUAL(key.key.expanded.len, k == 0 ? 0 : sets[i].expanded_len);
            for (size_t n = 0; n < key.key.scalar.len; n++)
                CU_ASSERT_EQUAL(key.key.scalar.data[n], n); /* RFC 9881 C.1 */
            tvt_private_key_free(&key);
            tvt_file_free(&file);
        }
    }
}

/* The PKCS#8 of ML-DSA-44 around a privateKey that begins with `head` and goes on with zeros. */
static enum tvt_result
parse_around(struct tvt_error *error, const uint8_t *head, size_t head_len, size_t inner_len)
{
    static const uint8_t front[] = {0x02, 1, 0, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x11, 0x04, 0x82};
    static uint8_t der[8192];
    struct tvt_private_key_file key;
    size_t len = sizeof front + 2 + inner_len;
    memset(der, 0, sizeof der);
    der[0] = 0x30;
    der[1] = 0x82;
    tvt_store_u16(der + 2, (uint16_t)len);
    memcpy(der + 4, front, sizeof front);
    tvt_store_u16(der + 4 + sizeof front, (uint16_t)inner_len);
    memcpy(der + 6 + sizeof front, head, head_len);
    tvt_error_clear(error);
    enum tvt_result r = tvt_private_key_parse(&key, tvt_span(der, len + 4), NULL, error);
    if (r == TVT_OK)
        tvt_private_key_free(&key);
    return r;
}

static void
refuses_wrong_lengths(void)
{
    static const struct {
        uint8_t head[8];
        size_t head_len, len;
        bool good;
    } rows[] = {
        {{0x04, 0x82, 0x0a, 0x00}, 4, 4 + 2560, true},                          /* expandedKey            */
        {{0x04, 0x82, 0x09, 0xff}, 4, 4 + 2559, false},                         /* a byte short           */
        {{0x04, 0x82, 0x0a, 0x01}, 4, 4 + 2561, false},                         /* a byte long            */
        {{0x04, 0x82, 0x0f, 0xc0}, 4, 4 + 4032, false},                         /* one of ML-DSA-65       */
        {{0x04, 0x82, 0x0a, 0x00}, 4, 4 + 2561, false},                         /* something behind it    */
        {{0x30, 0x82, 0x0a, 0x04, 0x04, 0x82, 0x0a, 0x00}, 8, 8 + 2560, false}, /* both without a seed    */
        {{0x30, 0x82, 0x01, 0x00, 0x04, 0x81, 0xfd}, 7, 260, false},            /* both with a long seed  */
        {{0x02, 0x82, 0x0a, 0x00}, 4, 4 + 2560, false},                         /* an INTEGER             */
        {{0xa0, 0x82, 0x01, 0x00}, 4, 260, false},                              /* [0] that is constructed */
        {{0x80, 0x82, 0x01, 0x00}, 4, 260, false},                              /* a seed of 256 bytes    */
    };
    struct tvt_error error;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum tvt_result r = parse_around(&error, rows[i].head, rows[i].head_len, rows[i].len);
        if (r != (rows[i].good ? TVT_OK : TVT_FAIL))
            printf("\n    row %zu: %s", i, tvt_error_name(error.code));
        CU_ASSERT_EQUAL(r, rows[i].good ? TVT_OK : TVT_FAIL);
        CU_ASSERT_EQUAL(error.code, rows[i].good ? TVT_E_NONE : TVT_E_KEY_MALFORMED);
    }
}

/* The certificates of RFC 9881 C.3; with a backend that has no ML-DSA they are read, and refused for what they are. */
static void
reads_certificates(void)
{
    for (size_t i = 0; i < NUM_SETS; i++) {
        struct x509_chain chain;
        struct tvt_error error;
        x509_load(&chain, path_of(sets[i].name, ""));
        const struct tvt_certificate *c = &chain.certificate[0];
        CU_ASSERT_FATAL(chain.num == 1);
        CU_ASSERT_TRUE(c->key.type == sets[i].key_type && c->key.key.len == sets[i].public_len);
        CU_ASSERT_TRUE(c->algorithm.family == TVT_SIG_MLDSA && c->algorithm.key_type == sets[i].key_type &&
                       c->algorithm.hash == TVT_HASH_NONE);
        const char *const *names;
        for (size_t n = tvt_provider_builtin(&names); n-- > 0;) {
            const struct tvt_provider *p = tvt_fixture_provider(names[n]);
            bool has = tvt_provider_signature(p, TVT_SIG_MLDSA, sets[i].key_type, TVT_HASH_NONE) != NULL;
            tvt_error_clear(&error);
            CU_ASSERT_EQUAL(tvt_certificate_check_signature(c, c, p, "Certificate[0]", &error),
                            has ? TVT_OK : TVT_FAIL);
            CU_ASSERT_EQUAL(error.code, has ? TVT_E_NONE : TVT_E_CERT_SIGNATURE_ALGORITHM);
        }
        x509_free(&chain);
    }
}

/* One set's signature is not another's, whatever the algorithm identifier says. */
static void
keeps_the_sets_apart(void)
{
    struct x509_chain chain[NUM_SETS];
    for (size_t i = 0; i < NUM_SETS; i++)
        x509_load(&chain[i], path_of(sets[i].name, ""));
    for (size_t i = 0; i < NUM_SETS && with_mldsa() != NULL; i++)
        for (size_t k = 0; k < NUM_SETS; k++)
            CU_ASSERT_EQUAL(tvt_certificate_check_signature(&chain[i].certificate[0], &chain[k].certificate[0],
                                                            with_mldsa(), "Certificate[0]", NULL),
                            i == k ? TVT_OK : TVT_FAIL);
    for (size_t i = 0; i < NUM_SETS; i++)
        x509_free(&chain[i]);
}

static void
writes_public_keys(void)
{
    static uint8_t out[4096];
    for (size_t i = 0; i < NUM_SETS; i++) {
        struct x509_chain chain;
        struct tvt_public_key key;
        x509_load(&chain, path_of(sets[i].name, ""));
        struct tvt_span spki = chain.certificate[0].key.spki;
        size_t len = tvt_spki_write(out, sizeof out, sets[i].key_type, chain.certificate[0].key.key);
        CU_ASSERT_TRUE(tvt_span_equal(tvt_span(out, len), spki));
        CU_ASSERT_EQUAL(tvt_public_key_parse(&key, tvt_span(out, len), "key", NULL), TVT_OK);
        len = tvt_spki_write(out, sizeof out, sets[i].key_type, tvt_span(key.key.data, key.key.len - 1));
        CU_ASSERT_EQUAL(tvt_public_key_parse(&key, tvt_span(out, len), "key", NULL), TVT_FAIL);
        len = tvt_spki_write(out, sizeof out, sets[(i + 1) % NUM_SETS].key_type, chain.certificate[0].key.key);
        CU_ASSERT_EQUAL(tvt_public_key_parse(&key, tvt_span(out, len), "key", NULL), TVT_FAIL);
        x509_free(&chain);
    }
}

/* ---- on each backend, as it is ---- */

static void
offers_what_there_is(void)
{
    const char *const *names;
    for (size_t n = tvt_provider_builtin(&names); n-- > 0;) {
        const struct tvt_provider *p = tvt_fixture_provider(names[n]);
        struct tvt_config *c = NULL;
        struct tvt_error error;
        CU_ASSERT_EQUAL_FATAL(tvt_config_new(&c, p, NULL), TVT_OK);
        size_t listed = 0;
        for (size_t i = 0; i < c->num_schemes; i++) {
            listed += c->schemes[i]->family == TVT_SIG_MLDSA;
            CU_ASSERT(listed == 0 || c->schemes[i]->family == TVT_SIG_MLDSA); /* behind all others */
        }
        for (size_t i = 0; i < NUM_SETS; i++) {
            bool has = tvt_provider_signature(p, TVT_SIG_MLDSA, sets[i].key_type, TVT_HASH_NONE) != NULL;
            tvt_error_clear(&error);
            CU_ASSERT_EQUAL(tvt_config_set_schemes(c, sets[i].name, &error), has ? TVT_OK : TVT_FAIL);
            CU_ASSERT_EQUAL(error.code, has ? TVT_E_NONE : TVT_E_NOT_OFFERED);
            CU_ASSERT_EQUAL(listed, has ? NUM_SETS : 0);
        }
        tvt_config_free(c);
    }
}

static enum tvt_error_code
load(const struct tvt_provider *p, const char *chain_path, const char *key_path)
{
    struct tvt_credential *credential = NULL;
    struct tvt_file chain, key;
    struct tvt_error error;
    tvt_error_clear(&error);
    x509_read(&chain, chain_path);
    x509_read(&key, key_path);
    if (tvt_credential_new(&credential, p, chain.bytes, key.bytes, NULL, &error) == TVT_OK)
        tvt_credential_unref(credential);
    tvt_file_free(&chain);
    tvt_file_free(&key);
    return error.code;
}

static void
loads_credentials(void)
{
    const char *const *names;
    for (size_t n = tvt_provider_builtin(&names); n-- > 0;) {
        const struct tvt_provider *p = tvt_fixture_provider(names[n]);
        for (size_t i = 0; i < NUM_SETS; i++) {
            bool has = tvt_provider_signature(p, TVT_SIG_MLDSA, sets[i].key_type, TVT_HASH_NONE) != NULL;
            enum tvt_error_code good = has ? TVT_E_NONE : TVT_E_KEY_UNSUPPORTED;
            char chain[64];
            (void)snprintf(chain, sizeof chain, "rfc9881/%s.pem", sets[i].name);
            CU_ASSERT_EQUAL(load(p, chain, path_of(sets[i].name, "-seed")), good);
            CU_ASSERT_EQUAL(load(p, chain, path_of(sets[i].name, "-expanded")), good);
            CU_ASSERT_EQUAL(load(p, chain, path_of(sets[i].name, "-both")), good);
            CU_ASSERT_EQUAL(load(p, chain, path_of(sets[(i + 1) % NUM_SETS].name, "-seed")), TVT_E_KEY_MISMATCH);
        }
        if (!tvt_fixture_can_sign(p, "mldsa44"))
            continue;
        for (int bad = 1; bad <= 3; bad++) { /* RFC 9881 C.4: halves that do not belong together */
            char path[64];
            (void)snprintf(path, sizeof path, "rfc9881/mldsa44-bad-%d.pem", bad);
            enum tvt_error_code code = load(p, "rfc9881/mldsa44.pem", path);
            if (code != TVT_E_KEY_MALFORMED)
                printf("\n    %s on %s: %s", path, names[n], tvt_error_name(code));
            CU_ASSERT_EQUAL(code, TVT_E_KEY_MALFORMED);
        }
    }
}

/* ---- handshakes ---- */

/* The first backend that has it, for both ends; NULL, and said, when none has. */
static const char *
backend_for_handshakes(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    for (size_t n = 0; n < num; n++)
        if (tvt_fixture_can_sign(tvt_fixture_provider(names[n]), "mldsa44"))
            return names[n];
    fprintf(stderr, "\n  no backend of this build has ML-DSA\n");
    return NULL;
}

static void
both_ends_sign(void)
{
    const char *backend = backend_for_handshakes();
    for (size_t i = 0; i < NUM_SETS && backend != NULL; i++) {
        struct tvt_fixture f;
        struct tvt_fixture_options o = {.client = backend,
                                        .server = backend,
                                        .key = sets[i].name,
                                        .client_key = "client-mldsa44",
                                        .client_root = "client-mldsa44"};
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
        CU_ASSERT(tvt_fixture_handshake(&f));
        CU_ASSERT_EQUAL(auth_info(&f, TVT_CLIENT).peer_scheme, 0x0904 + i);
        CU_ASSERT_EQUAL(auth_info(&f, TVT_SERVER).peer_scheme, TVT_SCHEME_MLDSA44);
        tvt_fixture_close(&f);
    }
}

/* A server that has two certificates shows the classical one, unless the client takes ML-DSA only. */
static void
chooses_between_two(void)
{
    const char *backend = backend_for_handshakes();
    for (int only = 0; only < 2 && backend != NULL; only++) {
        struct tvt_fixture f;
        struct tvt_fixture_options o = {.client = backend, .server = backend, .key = "ed25519"};
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        struct tvt_credential *second = tvt_fixture_credential(f.config[TVT_SERVER]->provider, "mldsa65");
        struct tvt_trust_store *trust = tvt_fixture_trust("mldsa65");
        CU_ASSERT_FATAL(second != NULL && trust != NULL);
        CU_ASSERT_EQUAL(tvt_config_add_credential(f.config[TVT_SERVER], second, NULL), TVT_OK);
        if (only) {
            CU_ASSERT_EQUAL(tvt_config_set_trust(f.config[TVT_CLIENT], trust, NULL), TVT_OK);
            CU_ASSERT_EQUAL(tvt_config_set_schemes(f.config[TVT_CLIENT], "mldsa87:mldsa65", NULL), TVT_OK);
        }
        tvt_credential_unref(second);
        tvt_trust_store_unref(trust);
        CU_ASSERT(tvt_fixture_handshake(&f));
        CU_ASSERT_EQUAL(auth_info(&f, TVT_CLIENT).peer_scheme, only ? TVT_SCHEME_MLDSA65 : TVT_SCHEME_ED25519);
        tvt_fixture_close(&f);
    }
}

/* A client that takes no ML-DSA, or another set, gets nothing signed with it. */
static void
signs_nothing_unasked(void)
{
    static const char *const lists[] = {"ed25519", "mldsa44:mldsa87"};
    const char *backend = backend_for_handshakes();
    for (size_t i = 0; i < 2 && backend != NULL; i++) {
        struct tvt_fixture f;
        struct tvt_fixture_options o = {.client = backend, .server = backend, .key = "mldsa65"};
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        CU_ASSERT_EQUAL(tvt_config_set_schemes(f.config[TVT_CLIENT], lists[i], NULL), TVT_OK);
        CU_ASSERT_FALSE(tvt_fixture_handshake(&f));
        const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&f, TVT_SERVER));
        CU_ASSERT_EQUAL(e->code, TVT_E_NO_COMMON_SIGNATURE);
        tvt_fixture_close(&f);
    }
}

int
tvt_register_mldsa(void)
{
    static const CU_TestInfo tests[] = {
        {"reads the three forms of keys", reads_key_forms},
        {"refuses keys of a wrong length", refuses_wrong_lengths},
        {"reads certificates", reads_certificates},
        {"keeps the sets apart", keeps_the_sets_apart},
        {"writes public keys", writes_public_keys},
        {"offers what there is", offers_what_there_is},
        {"loads credentials", loads_credentials},
        {"both ends sign", both_ends_sign},
        {"chooses between two certificates", chooses_between_two},
        {"signs nothing unasked", signs_nothing_unasked},
    };
    return suite_register("mldsa", tests, sizeof tests / sizeof tests[0]);
}
