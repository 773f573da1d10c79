/* SPDX-License-Identifier: MIT
 *
 * The groups that a client offers key shares for (RFC 9846 4.3.8), and a suite that the client decides.
 */
#include "core/crypto/group.h"
#include "core/message/message.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_shares(void);

static const char *const two[] = {"x25519", "P-256", "P-384"};

/* Our lists need three classical groups. */
static bool
lacks_groups(void)
{
    for (size_t i = 0; i < 3; i++) {
        struct tvt_group g;
        if (tvt_group_find(&g, tvt_fixture_provider(NULL), tvt_group_by_name(two[i])))
            continue;
        printf("\n    left out, the default backend has no %s", two[i]);
        CU_ASSERT_PTR_NULL(tvt_provider_kx(tvt_fixture_provider(NULL), tvt_group_by_name(two[i])));
        return true;
    }
    return false;
}

static enum tvt_error_code
refusal(struct tvt_config *c, const char *list)
{
    struct tvt_error e;
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_config_set_shares(c, list, &e), TVT_FAIL);
    CU_ASSERT(e.code != TVT_E_BAD_ARGUMENT || e.detail[0] != 0 || list == NULL);
    return e.code;
}

static void
calls(void)
{
    struct tvt_config *c = NULL;
    if (lacks_groups())
        return;
    CU_ASSERT_EQUAL_FATAL(tvt_config_new(&c, tvt_fixture_provider(NULL), NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_groups(c, "x25519:P-256:P-384", NULL), TVT_OK);
    CU_ASSERT_EQUAL(c->num_shares, 1);
    CU_ASSERT_EQUAL(tvt_config_set_shares(c, "x25519:P-384", NULL), TVT_OK);
    CU_ASSERT_EQUAL(c->num_shares, 2);
    CU_ASSERT_EQUAL(refusal(c, "P-384:x25519"), TVT_E_BAD_ARGUMENT); /* the order of the groups */
    CU_ASSERT_EQUAL(refusal(c, "P-256:P-256"), TVT_E_BAD_ARGUMENT);
    CU_ASSERT_EQUAL(refusal(c, "P-256:P-521"), TVT_E_BAD_ARGUMENT); /* not among them */
    CU_ASSERT_EQUAL(refusal(c, "x25519:nothing"), TVT_E_UNKNOWN_WORD);
    CU_ASSERT_EQUAL(refusal(c, ""), TVT_E_BAD_ARGUMENT);
    CU_ASSERT_EQUAL(refusal(c, NULL), TVT_E_BAD_ARGUMENT);
    CU_ASSERT(c->num_shares == 2 && c->shares[0] == TVT_GROUP_X25519 && c->shares[1] == TVT_GROUP_SECP384R1);
    CU_ASSERT_EQUAL(tvt_config_set_num_shares(c, 3, NULL), TVT_OK);
    CU_ASSERT(c->num_shares == 3 && c->shares[1] == TVT_GROUP_SECP256R1);
    CU_ASSERT_EQUAL(tvt_config_set_groups(c, "P-256:x25519", NULL), TVT_OK); /* the default again */
    CU_ASSERT(c->num_shares == 1 && c->shares[0] == TVT_GROUP_SECP256R1);
    tvt_config_free(c);
}

/* The shares on the wire are the ones asked for, and a server that wants another group asks for it. */
struct seen {
    uint16_t group[8];
    size_t num;
};

static enum tvt_result
note_shares(void *user, struct tvt_connection *c, const struct tvt_hello *hello)
{
    struct seen *seen = user;
    (void)c;
    for (size_t i = 0; i < tvt_list16_num(hello->groups) && i < 8; i++)
        seen->group[seen->num++] = tvt_list16_at(hello->groups, i);
    return TVT_OK;
}

static void
handshakes(void)
{
    static const struct {
        const char *shares, *server;
        uint16_t group;
        bool retry;
    } rows[] = {
        {"P-256", "P-256", TVT_GROUP_SECP256R1, false},
        {"P-256", "x25519", TVT_GROUP_X25519, true},
        {"x25519:P-384", "P-384", TVT_GROUP_SECP384R1, false},
        {"x25519:P-384", "P-256", TVT_GROUP_SECP256R1, true},
        {"P-256:P-384", "x25519", TVT_GROUP_X25519, true},
        {"x25519:P-256:P-384", "P-384", TVT_GROUP_SECP384R1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !lacks_groups(); i++) {
        struct seen seen = {.num = 0};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        CU_ASSERT_EQUAL(tvt_config_set_groups(f.config[TVT_CLIENT], "x25519:P-256:P-384", NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_shares(f.config[TVT_CLIENT], rows[i].shares, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_groups(f.config[TVT_SERVER], rows[i].server, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_hello(f.config[TVT_SERVER], note_shares, &seen, NULL), TVT_OK);
        CU_ASSERT(tvt_fixture_handshake(&f));
        CU_ASSERT_EQUAL(auth_info(&f, TVT_CLIENT).group, rows[i].group);
        CU_ASSERT_EQUAL(auth_info(&f, TVT_SERVER).hello_retry, rows[i].retry);
        CU_ASSERT(seen.num == 3 && seen.group[0] == TVT_GROUP_X25519 && seen.group[2] == TVT_GROUP_SECP384R1);
        CU_ASSERT(auth_talks(&f));
        tvt_fixture_close(&f);
    }
}

/* ---- suites: the client that begins with ChaCha20 ---- */

static void
chacha_first(void)
{
    static const struct {
        const char *client, *server;
        bool on, grease;
        uint16_t suite;
    } rows[] = {
        {"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256",
         false, false, 0x1301},
        {"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256",
         true, false, 0x1303},
        {"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256",
         true, true, 0x1303},
        {"TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256",
         true, false, 0x1301},
        {"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", true, false, 0x1301},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        if (tvt_config_set_suites(f.config[TVT_CLIENT], rows[i].client, NULL) != TVT_OK) {
            printf("\n    left out, the default backend lacks one of these suites");
            CU_ASSERT(tvt_provider_aead(f.config[TVT_CLIENT]->provider, TVT_AEAD_AES_128_GCM) == NULL ||
                      tvt_provider_aead(f.config[TVT_CLIENT]->provider, TVT_AEAD_CHACHA20_POLY1305) == NULL);
            tvt_fixture_close(&f);
            return;
        }
        CU_ASSERT_EQUAL(tvt_config_set_suites(f.config[TVT_SERVER], rows[i].server, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_prioritize_chacha(f.config[TVT_SERVER], rows[i].on, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_grease(f.config[TVT_CLIENT], rows[i].grease, NULL), TVT_OK);
        CU_ASSERT(tvt_fixture_handshake(&f));
        CU_ASSERT_EQUAL(auth_info(&f, TVT_CLIENT).suite, rows[i].suite);
        tvt_fixture_close(&f);
    }
}

int
tvt_register_shares(void)
{
    static const CU_TestInfo tests[] = {
        {"a client that begins with ChaCha20", chacha_first},
        {"lists of shares", calls},
        {"shares in a handshake", handshakes},
    };
    return suite_register("shares", tests, sizeof tests / sizeof tests[0]);
}
