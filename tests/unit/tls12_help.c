/* SPDX-License-Identifier: MIT
 *
 * Connections of TLS 1.2 for tests.
 */
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

const uint8_t tls12_scts[7] = {0, 5, 0, 3, 1, 2, 3};

const char *
tls12_backend(void)
{
    const char *const *names;
    return tvt_provider_builtin(&names) > 0 ? names[0] : NULL;
}

void
tls12_versions(struct resume *b, enum tvt_role role, uint16_t min, uint16_t max)
{
    CU_ASSERT_EQUAL(tvt_config_set_versions(b->f.config[role], min, max, NULL), TVT_OK);
}

struct tvt_session *
tls12_psk(const char *identity)
{
    static const uint8_t key[32] = {9, 8, 7};
    struct tvt_session *psk = NULL;
    CU_ASSERT_EQUAL_FATAL(tvt_session_new_external(&psk, tvt_span(identity, strlen(identity)),
                                                   tvt_span(key, sizeof key), TVT_HASH_SHA256, NULL),
                          TVT_OK);
    return psk;
}

static void
set_psk(struct resume *b)
{
    struct tvt_session *psk = tls12_psk("somebody");
    for (int role = 0; role < 2; role++) {
        CU_ASSERT_EQUAL(tvt_config_set_suites(b->f.config[role], "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", NULL),
                        TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_add_psk(b->f.config[role], psk, NULL), TVT_OK);
    }
    tvt_session_unref(psk);
}

/* As long as it is not in use, and with the root that it is under on the other side. */
static void
set_client_key(struct resume *b, unsigned flags)
{
    struct tvt_config *client = b->f.config[TVT_CLIENT], *server = b->f.config[TVT_SERVER];
    struct tvt_trust_store *store = tvt_fixture_trust("client-ed25519");
    struct tvt_credential *c = tvt_fixture_credential(client->provider, "client-ed25519");
    CU_ASSERT_FATAL(store != NULL && c != NULL);
    CU_ASSERT_EQUAL(tvt_config_set_trust(server, store, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_add_credential(client, c, NULL), TVT_OK);
    CU_ASSERT_EQUAL(
        tvt_config_set_verify(server, flags & TLS12_REQUEST ? TVT_VERIFY_REQUIRE : TVT_VERIFY_REQUEST, NULL), TVT_OK);
    tvt_trust_store_unref(store);
    tvt_credential_unref(c);
}

static void
set_staples(struct resume *b)
{
    struct tvt_config *server = b->f.config[TVT_SERVER];
    struct tvt_credential *c = tvt_fixture_credential(server->provider, "ed25519");
    CU_ASSERT_FATAL(c != NULL);
    CU_ASSERT_EQUAL(tvt_credential_set_staples(c, tvt_fixture_file("pki/ocsp/ed25519/good.der"),
                                               tvt_span(tls12_scts, sizeof tls12_scts), NULL),
                    TVT_OK);
    tvt_credential_unref(server->credentials[0]);
    server->credentials[0] = c;
    CU_ASSERT_EQUAL(tvt_config_set_staples(b->f.config[TVT_CLIENT], TVT_STAPLE_REQUIRE, true, NULL), TVT_OK);
}

static void
configure(struct resume *b, unsigned flags)
{
    static const uint8_t h2[] = "\2h2";
    struct tvt_config *client = b->f.config[TVT_CLIENT], *server = b->f.config[TVT_SERVER];
    for (int role = 0; role < 2; role++)
        tls12_versions(b, (enum tvt_role)role, TVT_TLS12, flags & TLS12_BOTH ? TVT_TLS13 : TVT_TLS12);
    if (flags & TLS12_BOTH)
        tls12_versions(b, TVT_SERVER, TVT_TLS12, TVT_TLS12);
    if (flags & TLS12_PSK)
        set_psk(b);
    if (flags & (TLS12_REQUEST | TLS12_OPTION))
        set_client_key(b, flags);
    if (flags & TLS12_STAPLE)
        set_staples(b);
    if (flags & TLS12_ALPN)
        CU_ASSERT(tvt_config_set_alpn(client, h2, 3, false, NULL) == TVT_OK &&
                  tvt_config_set_alpn(server, h2, 3, false, NULL) == TVT_OK);
    if (!(flags & (TLS12_GIVE | TLS12_TICKET)))
        CU_ASSERT_EQUAL(tvt_config_set_ticket_keys(server, NULL, NULL), TVT_OK);
    if (flags & TLS12_ID) {
        CU_ASSERT_EQUAL_FATAL(tvt_memory_cache_new(&b->cache, 16, NULL, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_session_cache(server, tvt_memory_cache_port(b->cache), NULL), TVT_OK);
    }
}

/* resume_open() with the certificates of other keys. */
static bool
open_keys(struct resume *b, const struct tvt_fixture_options *o)
{
    struct tvt_credential *c;
    struct tvt_trust_store *store;
    if (o->key == NULL)
        return true;
    c = tvt_fixture_credential(b->f.config[TVT_SERVER]->provider, o->key);
    store = tvt_fixture_trust(o->key);
    CU_ASSERT_FATAL(c != NULL && store != NULL);
    tvt_credential_unref(b->f.config[TVT_SERVER]->credentials[0]);
    b->f.config[TVT_SERVER]->credentials[0] = c;
    CU_ASSERT_EQUAL(tvt_config_set_trust(b->f.config[TVT_CLIENT], store, NULL), TVT_OK);
    tvt_trust_store_unref(store);
    return true;
}

bool
tls12_open_with(struct resume *b, unsigned flags, const struct tvt_fixture_options *options)
{
    if (!resume_open(b, tls12_backend()) || !open_keys(b, options))
        return false;
    configure(b, flags);
    if (!(flags & (TLS12_TICKET | TLS12_ID)))
        return true;
    if (flags & TLS12_PSK) { /* which is a session, too */
        CU_ASSERT_FATAL(tvt_fixture_handshake(&b->f) && resume_exchange(b));
        resume_thaw(b);
    } else {
        CU_ASSERT_FATAL(resume_first(b));
    }
    CU_ASSERT_EQUAL_FATAL(b->kept.num, 1);
    if (flags & TLS12_OLD)
        resume_now_ms += 4000 * UINT64_C(1000); /* more than half of 7200 s */
    return true;
}

bool
tls12_open(struct resume *b, unsigned flags)
{
    static const struct tvt_fixture_options none = {0};
    return tls12_open_with(b, flags, &none);
}

void
tls12_connect(struct resume *b, unsigned flags)
{
    CU_ASSERT_FATAL(tvt_fixture_connect(&b->f));
    if (flags & (TLS12_TICKET | TLS12_ID))
        CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&b->f, TVT_CLIENT), b->kept.session[0]), TVT_OK);
}

bool
tls12_run(struct resume *b, unsigned flags)
{
    tls12_connect(b, flags);
    bool good = tvt_pair_handshake(&b->f.pair) && resume_exchange(b);
    if (!good)
        printf("\n    flags %x: client: %s\n      server: %s", flags, tvt_fixture_error(&b->f, TVT_CLIENT),
               tvt_fixture_error(&b->f, TVT_SERVER));
    return good;
}

bool
tls12_failed(const struct resume *b, enum tvt_role victim, enum tvt_error_code code)
{
    enum tvt_role other = (enum tvt_role)(1 - victim);
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&b->f, victim));
    const struct tvt_error *told = tvt_connection_error(tvt_fixture_end(&b->f, other));
    bool good = e->code == code && told->code == TVT_E_PEER_ALERT && told->alert == tvt_error_alert(code);
    if (!good)
        printf("\n    want %s: %s\n      told: %s", tvt_error_name(code), tvt_fixture_error(&b->f, victim),
               tvt_fixture_error(&b->f, other));
    return good;
}
