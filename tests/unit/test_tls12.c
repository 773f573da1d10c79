/* SPDX-License-Identifier: MIT
 *
 * TLS 1.2 between two ends of ours: what is negotiated beside the keys (RFC 5246 7.4, RFC 7301, RFC 6066, RFC 6962, RFC 8449,
 * RFC 5705, RFC 9266), how a client proves itself, and a pre-shared key (RFC 8442).
 */
#include "core/connection/connection.h"
#include "tests/support/bend.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_tls12(void);

static struct tvt_connection *
end_of(const struct resume *b, enum tvt_role role)
{
    return tvt_fixture_end(&b->f, role);
}

/* ---- ALPN and names ---- */

static void
alpn(void)
{
    static const uint8_t both[] = "\2h2\10http/1.1", one[] = "\10http/1.1", none[] = "\2h3";
    const struct {
        const uint8_t *server;
        size_t len;
        bool lenient;
        const char *chosen; /* NULL: refused */
    } cases[] = {{both, 12, false, "h2"},
                 {one, 9, false, "http/1.1"},
                 {none, 3, false, NULL},
                 {none, 3, true, ""},
                 {NULL, 0, false, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, i % 2 == 0 ? TLS12_BOTH : 0));
        CU_ASSERT_EQUAL(tvt_config_set_alpn(b.f.config[TVT_CLIENT], both, 12, false, NULL), TVT_OK);
        CU_ASSERT_EQUAL(
            tvt_config_set_alpn(b.f.config[TVT_SERVER], cases[i].server, cases[i].len, cases[i].lenient, NULL), TVT_OK);
        if (cases[i].chosen == NULL) {
            CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
            CU_ASSERT(tls12_failed(&b, TVT_SERVER, TVT_E_NO_COMMON_ALPN));
        } else {
            CU_ASSERT(tls12_run(&b, 0));
            for (int role = 0; role < 2; role++) {
                struct tvt_span got = resume_info(&b, (enum tvt_role)role).alpn;
                CU_ASSERT(tvt_span_equal(got, tvt_span(cases[i].chosen, strlen(cases[i].chosen))));
            }
        }
        resume_close(&b);
    }
}

static void
names(void)
{
    for (int strict = 0; strict < 2; strict++)
        for (int right = 0; right < 2; right++) {
            struct resume b;
            CU_ASSERT_FATAL(tls12_open(&b, 0));
            CU_ASSERT_EQUAL(tvt_config_set_strict_name(b.f.config[TVT_SERVER], strict == 1, NULL), TVT_OK);
            tls12_connect(&b, 0);
            CU_ASSERT_EQUAL(tvt_connection_set_name(end_of(&b, TVT_CLIENT), right ? "localhost" : "other.example"),
                            TVT_OK);
            CU_ASSERT_EQUAL(tvt_pair_handshake(&b.f.pair), right == 1);
            if (right) {
                CU_ASSERT_STRING_EQUAL(resume_info(&b, TVT_SERVER).server_name, "localhost");
            } else {
                CU_ASSERT(strict ? tls12_failed(&b, TVT_SERVER, TVT_E_UNRECOGNIZED_NAME)
                                 : tls12_failed(&b, TVT_CLIENT, TVT_E_CERT_NAME_MISMATCH));
            }
            resume_close(&b);
        }
}

/* ---- staples ---- */

static void
staples(void)
{
    static const struct {
        const char *file; /* NULL: nothing is stapled */
        enum tvt_staple client;
        enum tvt_error_code code;
    } cases[] = {
        {"good", TVT_STAPLE_REQUIRE, TVT_E_NONE},
        {"delegated", TVT_STAPLE_REQUIRE, TVT_E_NONE},
        {"revoked", TVT_STAPLE_REQUIRE, TVT_E_CERT_REVOKED},
        {"old", TVT_STAPLE_REQUIRE, TVT_E_OCSP_NOT_CURRENT},
        {NULL, TVT_STAPLE_REQUIRE, TVT_E_OCSP_MISSING},
        {NULL, TVT_STAPLE_ASK, TVT_E_NONE},
        {"revoked", TVT_STAPLE_ASK, TVT_E_NONE},
        {"good", TVT_STAPLE_NONE, TVT_E_NONE},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct resume b;
        char path[64];
        bool sct = i % 2 == 1;
        CU_ASSERT_FATAL(tls12_open(&b, sct ? TLS12_BOTH : 0));
        (void)snprintf(path, sizeof path, "pki/ocsp/ed25519/%s.der",
                       cases[i / 2].file != NULL ? cases[i / 2].file : "");
        struct tvt_span der = cases[i / 2].file != NULL ? tvt_fixture_file(path) : tvt_span(NULL, 0);
        struct tvt_credential *c = tvt_fixture_credential(b.f.config[TVT_SERVER]->provider, "ed25519");
        CU_ASSERT_EQUAL(tvt_credential_set_staples(c, der, tvt_span(tls12_scts, sizeof tls12_scts), NULL), TVT_OK);
        auth_put(&b.f, TVT_SERVER, c);
        CU_ASSERT_EQUAL(tvt_config_set_staples(b.f.config[TVT_CLIENT], cases[i / 2].client, sct, NULL), TVT_OK);
        bool done = tvt_fixture_handshake(&b.f);
        CU_ASSERT_EQUAL(done, cases[i / 2].code == TVT_E_NONE);
        if (done) {
            struct tvt_span ocsp = tvt_connection_peer_ocsp(end_of(&b, TVT_CLIENT)),
                            scts = tvt_connection_peer_scts(end_of(&b, TVT_CLIENT));
            CU_ASSERT(cases[i / 2].client == TVT_STAPLE_NONE ? ocsp.len == 0 : tvt_span_equal(ocsp, der));
            CU_ASSERT(sct ? tvt_span_equal(scts, tvt_span(tls12_scts, sizeof tls12_scts)) : scts.len == 0);
        } else {
            CU_ASSERT(tls12_failed(&b, TVT_CLIENT, cases[i / 2].code));
        }
        resume_close(&b);
    }
}

/* ---- sizes of records ---- */

/* The longest content of a record that went to `to`: read off the wire, where 1.2 says it (RFC 5288 3: nonce and tag). */
static size_t longest[2];

static void
measure(void *user, enum tvt_role from, uint8_t *bytes, size_t len)
{
    (void)user;
    for (size_t at = 0; at + TVT_RECORD_HEADER <= len;) {
        size_t n = tvt_load_u16(bytes + at + 3);
        if (bytes[at] == TVT_CONTENT_APPLICATION && n > longest[from])
            longest[from] = n;
        at += TVT_RECORD_HEADER + n;
    }
}

static void
record_sizes(void)
{
    static uint8_t data[20000];
    static const struct {
        uint16_t limit[2], fragment; /* record_size_limit by role; max_fragment_length of the client */
        size_t plain[2];             /* most bytes of content that each may send                     */
    } cases[] = {
        {{0, 0}, 0, {16384, 16384}}, {{200, 300}, 0, {300, 200}},  {{64, 16384}, 0, {16384, 64}},
        {{200, 0}, 0, {16384, 200}}, /* a server keeps to it without a limit of its own */
        {{0, 0}, 512, {512, 512}},   {{0, 0}, 4096, {4096, 4096}}, {{1000, 2000}, 512, {2000, 1000}}}; /* RFC 8449 5 */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        for (int role = 0; role < 2; role++) {
            CU_ASSERT_EQUAL(tvt_config_set_record_size_limit(b.f.config[role], cases[i].limit[role], NULL), TVT_OK);
            CU_ASSERT_EQUAL(
                tvt_config_set_suites(b.f.config[role], "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", NULL), TVT_OK);
        }
        CU_ASSERT_EQUAL(tvt_config_set_max_fragment(b.f.config[TVT_CLIENT], cases[i].fragment, NULL), TVT_OK);
        longest[0] = longest[1] = 0;
        tls12_connect(&b, 0);
        b.f.pair.on_wire = measure;
        CU_ASSERT(tvt_pair_handshake(&b.f.pair));
        for (int from = 0; from < 2; from++) {
            CU_ASSERT(tvt_pair_send(&b.f.pair, (enum tvt_role)from, data, sizeof data));
            tvt_pair_settle(&b.f.pair);
            CU_ASSERT_EQUAL(b.f.pair.end[1 - from].data_len, sizeof data);
            CU_ASSERT_EQUAL(longest[from], cases[i].plain[from] + 16); /* RFC 7905 2: the tag, and no nonce */
        }
        resume_close(&b);
    }
}

/* ---- identity hints ---- */

struct hint {
    size_t len;
    bool done;
    uint8_t bytes[20000];
};

/* Puts a hint into the ServerKeyExchange of ECDHE_PSK, in the place of none. */
static bool
put_hint(void *user, enum tvt_message_kind kind, struct tvt_span *message)
{
    struct hint *h = user;
    if (kind != TVT_MSG_SERVER_KEY_EXCHANGE)
        return false;
    size_t head = TVT_HANDSHAKE_HEADER + 2, rest = message->len - head;
    CU_ASSERT_EQUAL_FATAL(tvt_load_u16(message->data + TVT_HANDSHAKE_HEADER), 0);
    memcpy(h->bytes, message->data, head);
    h->bytes[1] = 0;
    tvt_store_u16(h->bytes + 2, (uint16_t)(2 + h->len + rest));
    tvt_store_u16(h->bytes + TVT_HANDSHAKE_HEADER, (uint16_t)h->len);
    memset(h->bytes + head, 'h', h->len);
    memcpy(h->bytes + head + h->len, message->data + head, rest);
    *message = tvt_span(h->bytes, head + h->len + rest);
    h->done = true;
    return true;
}

/* RFC 4279 5.2: without a profile that says what a hint means, a client ignores it, however long a message may be. */
static void
identity_hints(void)
{
    static const size_t lens[] = {1, 4, 255, 256, 16000, 17000};
    static struct hint h;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        bool fits = lens[i] < TVT_LIMIT_HANDSHAKE_MESSAGE;
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, TLS12_PSK));
        h.len = lens[i];
        h.done = false;
        b.f.config[TVT_SERVER]->test_port = (struct tvt_test_port){put_hint, &h};
        CU_ASSERT_EQUAL(tls12_run(&b, 0), fits);
        CU_ASSERT(h.done && (fits || tls12_failed(&b, TVT_CLIENT, TVT_E_MESSAGE_TOO_LONG)));
        resume_close(&b);
    }
}

/* ---- exporters ---- */

/* As a client does that knows nothing of RFC 7627: the test takes the extension out of its ClientHello. */
static void
without_ems(struct resume *b, struct tvt_bend *bend, bool allow)
{
    memset(bend, 0, offsetof(struct tvt_bend, out));
    bend->kind = TVT_MSG_CLIENT_HELLO;
    bend->op = TVT_BEND_DROP;
    bend->at = 23 /* extended_master_secret */;
    b->f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){tvt_bend_message, bend};
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_allow_no_ems(b->f.config[role], allow, NULL), TVT_OK);
}

static void
exporters(void)
{
    uint8_t out[2][32], other[32], binding[2][32];
    for (int ids = 0; ids < 2; ids++) {
        unsigned flags = ids ? TLS12_ID : 0;
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, flags));
        tls12_connect(&b, flags);
        CU_ASSERT(tvt_pair_handshake(&b.f.pair) && resume_exchange(&b));
        for (int role = 0; role < 2; role++) {
            struct tvt_connection *c = end_of(&b, (enum tvt_role)role);
            CU_ASSERT_EQUAL(tvt_connection_export(c, out[role], 32, "EXPORTER-x", (const uint8_t *)"y", 1), TVT_OK);
            CU_ASSERT_EQUAL(tvt_connection_export(c, other, 32, "EXPORTER-x", NULL, 0), TVT_OK);
            CU_ASSERT(memcmp(other, out[role], 32) != 0);
            CU_ASSERT_EQUAL(tvt_connection_channel_binding(c, binding[role]), TVT_OK);
            /* RFC 9266 2: with a context, an empty one; which is another than none (RFC 5705 4). */
            CU_ASSERT_EQUAL(tvt_connection_export(c, other, 32, "EXPORTER-Channel-Binding", (const uint8_t *)"", 0),
                            TVT_OK);
            CU_ASSERT_EQUAL(memcmp(other, binding[role], 32), 0);
            CU_ASSERT_EQUAL(tvt_connection_export(c, other, 32, "EXPORTER-Channel-Binding", NULL, 0), TVT_OK);
            CU_ASSERT(memcmp(other, binding[role], 32) != 0);
        }
        CU_ASSERT(memcmp(out[0], out[1], 32) == 0 && memcmp(binding[0], binding[1], 32) == 0);
        resume_close(&b);
    }
}

static void
no_extended_master(void)
{
    static struct tvt_bend bend;
    uint8_t out[32];
    for (int allow = 0; allow < 2; allow++) {
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, 0));
        without_ems(&b, &bend, allow == 1);
        CU_ASSERT_EQUAL(tvt_fixture_handshake(&b.f), allow == 1);
        if (!allow) {
            CU_ASSERT(tls12_failed(&b, TVT_SERVER, TVT_E_NO_EXTENDED_MASTER_SECRET));
        } else {
            CU_ASSERT(resume_exchange(&b));
            for (int role = 0; role < 2; role++) {
                struct tvt_connection *c = end_of(&b, (enum tvt_role)role);
                CU_ASSERT_EQUAL(tvt_connection_export(c, out, 32, "EXPORTER-x", NULL, 0), TVT_FAIL);
                CU_ASSERT_EQUAL(tvt_connection_error(c)->code, TVT_E_WRONG_CALL);
                CU_ASSERT_EQUAL(tvt_connection_channel_binding(c, out), TVT_FAIL);
            }
            CU_ASSERT(resume_exchange(&b)); /* a wrong call harms nothing */
        }
        resume_close(&b);
    }
    /* A server that lets it go, and a client that does not. */
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, 0));
    without_ems(&b, &bend, true);
    CU_ASSERT_EQUAL(tvt_config_set_allow_no_ems(b.f.config[TVT_CLIENT], false, NULL), TVT_OK);
    CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
    CU_ASSERT(tls12_failed(&b, TVT_CLIENT, TVT_E_NO_EXTENDED_MASTER_SECRET));
    resume_close(&b);
}

/* ---- a client's certificate ---- */

static void
client_certificates(void)
{
    static const struct {
        enum tvt_verify mode;
        const char *key;          /* of the client; NULL: none                          */
        const char *schemes;      /* that the server takes; NULL: all                   */
        bool shown;               /* the server saw it, and its proof                   */
        enum tvt_error_code code; /* of the server                                      */
    } cases[] = {
        {TVT_VERIFY_REQUIRE, "client-ed25519", NULL, true, TVT_E_NONE},
        {TVT_VERIFY_REQUEST, "client-ed25519", NULL, true, TVT_E_NONE},
        {TVT_VERIFY_PEER, "client-ed25519", NULL, false, TVT_E_NONE},
        {TVT_VERIFY_REQUEST, NULL, NULL, false, TVT_E_NONE},
        {TVT_VERIFY_REQUIRE, NULL, NULL, false, TVT_E_CERTIFICATE_REQUIRED12},
        {TVT_VERIFY_REQUEST, "client-ed25519", "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256", false, TVT_E_NONE},
        {TVT_VERIFY_REQUIRE, "client-ed25519", "ecdsa_secp256r1_sha256", false, TVT_E_CERTIFICATE_REQUIRED12},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct resume b;
        bool ec = cases[i / 2].schemes != NULL;
        CU_ASSERT_FATAL(tls12_open(&b, (i % 2 ? TLS12_BOTH : 0) | TLS12_OPTION));
        struct tvt_config *server = b.f.config[TVT_SERVER];
        if (ec && tvt_provider_signature(server->provider, TVT_SIG_ECDSA, TVT_KEY_P256, TVT_HASH_SHA256) == NULL) {
            printf("\n    left out, the default backend has no ECDSA");
            resume_close(&b);
            continue;
        }
        CU_ASSERT_EQUAL(tvt_config_set_verify(server, cases[i / 2].mode, NULL), TVT_OK);
        if (cases[i / 2].key == NULL)
            auth_put(&b.f, TVT_CLIENT, NULL);
        if (ec)
            CU_ASSERT_EQUAL(tvt_config_set_schemes(server, cases[i / 2].schemes, NULL), TVT_OK);
        bool done = tvt_fixture_handshake(&b.f);
        CU_ASSERT_EQUAL(done, cases[i / 2].code == TVT_E_NONE);
        if (done) {
            CU_ASSERT(resume_exchange(&b));
            CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).client_authenticated, cases[i / 2].shown);
            CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).client_authenticated, cases[i / 2].shown);
            CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).peer_verified, cases[i / 2].shown);
            CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).num_peer_certificates > 0, cases[i / 2].shown);
        } else {
            CU_ASSERT(tls12_failed(&b, TVT_SERVER, cases[i / 2].code));
        }
        resume_close(&b);
    }
}

/* A chain that the server cannot follow to a root of its own. */
static void
strange_client(void)
{
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_REQUEST));
    struct tvt_trust_store *other = tvt_fixture_trust("unknown-root");
    CU_ASSERT_EQUAL(tvt_config_set_trust(b.f.config[TVT_SERVER], other, NULL), TVT_OK);
    tvt_trust_store_unref(other);
    CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
    enum tvt_error_code code = auth_code(&b.f, TVT_SERVER);
    CU_ASSERT(code == TVT_E_CERT_UNKNOWN_ISSUER && tls12_failed(&b, TVT_SERVER, code));
    resume_close(&b);
}

/* ---- pre-shared keys ---- */

static enum tvt_result
look_up(void *user, struct tvt_span identity, struct tvt_session **out)
{
    if (!tvt_span_equal(identity, tvt_span("somebody", 8)))
        return TVT_FAIL;
    *out = tvt_session_ref(user);
    return TVT_OK;
}

static void
pre_shared_keys(void)
{
    for (int found = 0; found < 2; found++) {
        struct tvt_session *psk = tls12_psk("somebody"), *stranger = tls12_psk("nobody");
        struct resume b;
        CU_ASSERT_FATAL(tls12_open(&b, TLS12_PSK));
        auth_put(&b.f, TVT_SERVER, NULL); /* it needs no certificate */
        b.f.config[TVT_SERVER]->session.num_psk = 0;
        tvt_session_unref(b.f.config[TVT_SERVER]->session.psk[0]);
        CU_ASSERT_EQUAL(tvt_config_set_psk_lookup(b.f.config[TVT_SERVER], look_up, psk, NULL), TVT_OK);
        if (!found) {
            tvt_session_unref(b.f.config[TVT_CLIENT]->session.psk[0]);
            b.f.config[TVT_CLIENT]->session.psk[0] = tvt_session_ref(stranger);
        }
        CU_ASSERT_EQUAL(tvt_fixture_handshake(&b.f), found == 1);
        if (found) {
            CU_ASSERT(resume_exchange(&b));
            for (int role = 0; role < 2; role++) {
                struct tvt_info info = resume_info(&b, (enum tvt_role)role);
                CU_ASSERT(info.psk_external && !info.peer_verified && info.group != 0);
            }
        } else {
            CU_ASSERT(tls12_failed(&b, TVT_SERVER, TVT_E_UNKNOWN_PSK_IDENTITY));
        }
        resume_close(&b);
        tvt_session_unref(psk);
        tvt_session_unref(stranger);
    }
}

/* The same identity, another key: the server's Finished is never reached (RFC 4279 2). */
static void
wrong_key(void)
{
    static const uint8_t key[32] = {1};
    struct tvt_session *wrong = NULL;
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, TLS12_PSK));
    CU_ASSERT_EQUAL_FATAL(
        tvt_session_new_external(&wrong, tvt_span("somebody", 8), tvt_span(key, sizeof key), TVT_HASH_SHA256, NULL),
        TVT_OK);
    tvt_session_unref(b.f.config[TVT_CLIENT]->session.psk[0]);
    b.f.config[TVT_CLIENT]->session.psk[0] = wrong;
    CU_ASSERT_FALSE(tvt_fixture_handshake(&b.f));
    CU_ASSERT(tls12_failed(&b, TVT_SERVER, TVT_E_BAD_RECORD_MAC));
    resume_close(&b);
}

int
tvt_register_tls12(void)
{
    static const CU_TestInfo tests[] = {
        {"application protocols", alpn},
        {"names", names},
        {"OCSP responses and SCTs", staples},
        {"sizes of records", record_sizes},
        {"identity hints", identity_hints},
        {"exporters and channel binding", exporters},
        {"without the extended master secret", no_extended_master},
        {"certificates of a client", client_certificates},
        {"a client of another root", strange_client},
        {"pre-shared keys", pre_shared_keys},
        {"a wrong pre-shared key", wrong_key},
    };
    return suite_register("TLS 1.2", tests, sizeof tests / sizeof tests[0]);
}
