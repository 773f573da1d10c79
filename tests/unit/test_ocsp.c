/* SPDX-License-Identifier: MIT
 *
 * OCSP responses (RFC 6960 3.2): good ones, each way of being bad, and damaged bytes.
 */
#include "core/x509/ocsp.h"
#include "tests/support/fixture.h"
#include "tests/unit/resume_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/x509_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_ocsp(void);

#define NOW (int64_t)(TVT_FIXTURE_TIME_MS / 1000)

struct row {
    const char *file;
    enum tvt_error_code code;
    const char *field;
};

static const struct row rows[] = {
    {"good", TVT_E_NONE, NULL},
    {"good-sha1-id", TVT_E_NONE, NULL},
    {"good-sha384-id", TVT_E_NONE, NULL},
    {"delegated", TVT_E_NONE, NULL},
    {"delegated-by-key", TVT_E_NONE, NULL},
    {"no-next-update", TVT_E_NONE, NULL}, /* of a day ago: just so */
    {"revoked", TVT_E_CERT_REVOKED, "certStatus"},
    {"unknown", TVT_E_OCSP_STATUS, "certStatus"},
    {"old", TVT_E_OCSP_NOT_CURRENT, "nextUpdate"},
    {"future", TVT_E_OCSP_NOT_CURRENT, "thisUpdate"},
    {"other-certificate", TVT_E_OCSP_WRONG_CERTIFICATE, "certID"},
    {"delegated-no-purpose", TVT_E_OCSP_SIGNATURE, "signature"},
    {"delegated-expired", TVT_E_OCSP_SIGNATURE, "signature"},
    {"signed-by-root", TVT_E_OCSP_SIGNATURE, "signature"},
};

struct chain {
    struct tvt_certificate leaf, issuer;
    struct tvt_credential *credential;
};

static bool
open_chain(struct chain *c, const struct tvt_provider *provider, const char *family)
{
    c->credential = tvt_fixture_credential(provider, family);
    return c->credential != NULL && tvt_certificate_parse(&c->leaf, c->credential->chain[0], "leaf", NULL) == TVT_OK &&
           tvt_certificate_parse(&c->issuer, c->credential->chain[1], "issuer", NULL) == TVT_OK;
}

static struct tvt_span
response(const char *family, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "pki/ocsp/%s/%s.der", family, name);
    return tvt_fixture_file(path);
}

static enum tvt_error_code
ask(const struct chain *c, const struct tvt_provider *provider, struct tvt_span der, int64_t time, const char **field)
{
    struct tvt_ocsp_request q = {
        .provider = provider, .response = der, .leaf = &c->leaf, .issuer = &c->issuer, .time = time};
    struct tvt_error e;
    tvt_error_clear(&e);
    enum tvt_result r = tvt_ocsp_check(&q, &e);
    CU_ASSERT_EQUAL(r, e.code == TVT_E_NONE ? TVT_OK : TVT_FAIL);
    if (field != NULL)
        *field = e.field;
    return e.code;
}

static const char *const families[] = {"ec256", "ed25519"};

/* Every row, over every backend that has the family's algorithm. */
static void
responses(void)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    unsigned ran = 0;
    for (size_t b = 0; b < num; b++) {
        const struct tvt_provider *p = tvt_fixture_provider(names[b]);
        for (size_t f = 0; f < 2; f++) {
            struct chain c;
            if (!tvt_fixture_can_sign(p, families[f]) || !tvt_fixture_can_verify(p, families[f]))
                continue;
            CU_ASSERT_FATAL(open_chain(&c, p, families[f]));
            for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                const char *field;
                if (strstr(rows[i].file, "sha384") != NULL && tvt_provider_hash(p, TVT_HASH_SHA384) == NULL)
                    continue;
                struct tvt_span der = response(families[f], rows[i].file);
                CU_ASSERT_FATAL(der.len > 0);
                enum tvt_error_code code = ask(&c, p, der, NOW, &field);
                bool good = code == rows[i].code &&
                            (code == TVT_E_NONE || (field != NULL && strcmp(field, rows[i].field) == 0));
                if (!good)
                    printf("\n    %s, %s, %s: %s in %s", names[b], families[f], rows[i].file, tvt_error_name(code),
                           field != NULL ? field : "-");
                CU_ASSERT(good);
                ran++;
            }
            tvt_credential_unref(c.credential);
        }
    }
    CU_ASSERT(num == 0 || ran >= sizeof rows / sizeof rows[0] - 1);
}

/* The edges of its time. */
static void
times(void)
{
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    const int64_t from = 1780185600, until = from + 30 * 86400; /* 2026-05-31, 30 days */
    struct tvt_span next = response("ed25519", "good"), none = response("ed25519", "no-next-update");
    struct chain c;
    CU_ASSERT_FATAL(open_chain(&c, p, "ed25519"));
    CU_ASSERT_EQUAL(ask(&c, p, next, from - TVT_OCSP_SKEW_S, NULL), TVT_E_NONE);
    CU_ASSERT_EQUAL(ask(&c, p, next, from - TVT_OCSP_SKEW_S - 1, NULL), TVT_E_OCSP_NOT_CURRENT);
    CU_ASSERT_EQUAL(ask(&c, p, next, until + TVT_OCSP_SKEW_S, NULL), TVT_E_NONE);
    CU_ASSERT_EQUAL(ask(&c, p, next, until + TVT_OCSP_SKEW_S + 1, NULL), TVT_E_OCSP_NOT_CURRENT);
    CU_ASSERT_EQUAL(ask(&c, p, none, from + TVT_OCSP_AGE_MAX_S, NULL), TVT_E_NONE);
    CU_ASSERT_EQUAL(ask(&c, p, none, from + TVT_OCSP_AGE_MAX_S + TVT_OCSP_SKEW_S + 1, NULL), TVT_E_OCSP_NOT_CURRENT);
    tvt_credential_unref(c.credential);
}

/* A certID with SHA-1: known by the key identifiers, and refused in words where those are no such hash. */
static void
sha1_names(void)
{
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    struct tvt_span der = response("ed25519", "good-sha1-id");
    struct chain c;
    struct tvt_error e;
    CU_ASSERT_FATAL(open_chain(&c, p, "ed25519"));
    CU_ASSERT_EQUAL(ask(&c, p, der, NOW, NULL), TVT_E_NONE);
    c.issuer.subject_key_id.len = 0;
    CU_ASSERT_EQUAL(ask(&c, p, der, NOW, NULL), TVT_E_NONE); /* the leaf's authorityKeyIdentifier is left */
    c.leaf.authority_key_id.len = 0;
    struct tvt_ocsp_request q = {.provider = p, .response = der, .leaf = &c.leaf, .issuer = &c.issuer, .time = NOW};
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_ocsp_check(&q, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_OCSP_WRONG_CERTIFICATE);
    CU_ASSERT(strstr(e.detail, "SHA-1") != NULL);
    CU_ASSERT_EQUAL(ask(&c, p, response("ed25519", "good"), NOW, NULL), TVT_E_NONE); /* SHA-256 needs neither */
    tvt_credential_unref(c.credential);
}

static void
other_refusals(void)
{
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    struct tvt_span later = tvt_fixture_file("pki/ocsp/try-later.der");
    struct chain c;
    const char *field;
    CU_ASSERT_FATAL(open_chain(&c, p, "ed25519"));
    CU_ASSERT_EQUAL(ask(&c, p, later, NOW, &field), TVT_E_OCSP_STATUS);
    CU_ASSERT_STRING_EQUAL(field, "responseStatus");
    CU_ASSERT_EQUAL(ask(&c, p, tvt_span(NULL, 0), NOW, NULL), TVT_E_OCSP_MALFORMED);
    struct tvt_certificate issuer = c.issuer;
    c.issuer = c.leaf; /* another issuer: its key did not sign, its name is not the leaf's issuer */
    CU_ASSERT_EQUAL(ask(&c, p, response("ed25519", "good"), NOW, NULL), TVT_E_OCSP_SIGNATURE);
    c.issuer = issuer;
    tvt_credential_unref(c.credential);
    if (tvt_fixture_can_verify(p, "ec256") && tvt_fixture_can_sign(p, "ec256")) {
        CU_ASSERT_FATAL(open_chain(&c, p, "ec256"));
        CU_ASSERT_EQUAL(ask(&c, p, response("ec256", "sha1-signature"), NOW, &field), TVT_E_OCSP_SIGNATURE);
        CU_ASSERT_STRING_EQUAL(field, "signatureAlgorithm");
        tvt_credential_unref(c.credential);
    }
}

/* Every cut, and every byte changed: never good, unless the byte is one that nobody signed. */
static void
damaged(void)
{
    static const char *const files[] = {"good", "delegated", "revoked"};
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    struct chain c;
    CU_ASSERT_FATAL(open_chain(&c, p, "ed25519"));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct tvt_span der = response("ed25519", files[i]);
        unsigned good = 0;
        for (size_t len = 0; len < der.len; len++) {
            uint8_t *cut = malloc(len + 1); /* of the exact size, for the sanitizer */
            CU_ASSERT_FATAL(cut != NULL);
            memcpy(cut, der.data, len);
            CU_ASSERT_EQUAL(ask(&c, p, tvt_span(cut, len), NOW, NULL), TVT_E_OCSP_MALFORMED);
            free(cut);
        }
        for (size_t at = 0; at < der.len; at++) {
            uint8_t *bent = malloc(der.len);
            CU_ASSERT_FATAL(bent != NULL);
            memcpy(bent, der.data, der.len);
            bent[at] ^= 0x01;
            good += ask(&c, p, tvt_span(bent, der.len), NOW, NULL) == TVT_E_NONE;
            free(bent);
        }
        CU_ASSERT_EQUAL(good, 0);
    }
    tvt_credential_unref(c.credential);
}

/* ---- in a handshake ---- */

struct stapled {
    const char *file; /* NULL: nothing is stapled */
    enum tvt_staple client;
    enum tvt_error_code code;
};

enum { ROOM = 4096 };

/* A BasicOCSPResponse's tbsResponseData (contents) and what stands behind it, as a whole response again. */
static struct tvt_span
whole_response(uint8_t out[ROOM], struct tvt_span fields, struct tvt_span behind)
{
    static const uint8_t basic[] = {0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
    uint8_t a[ROOM], b[ROOM];
    struct tvt_writer w;
    tvt_writer_init(&w, a, sizeof a);
    x509_put(&w, TVT_DER_SEQUENCE, fields);
    tvt_write_span(&w, behind);
    struct tvt_span response = x509_wrap(b, sizeof b, TVT_DER_SEQUENCE, tvt_span(a, tvt_writer_len(&w)));
    tvt_writer_init(&w, a, sizeof a);
    tvt_write_bytes(&w, basic, sizeof basic);
    x509_put(&w, TVT_DER_OCTET_STRING, response);
    struct tvt_span bytes = x509_wrap(b, sizeof b, TVT_DER_SEQUENCE, tvt_span(a, tvt_writer_len(&w)));
    tvt_writer_init(&w, a, sizeof a);
    tvt_write_bytes(&w, "\x0a\x01\x00", 3);
    x509_put(&w, TVT_DER_CONTEXT_CONSTRUCTED(0), bytes);
    return x509_wrap(out, ROOM, TVT_DER_SEQUENCE, tvt_span(a, tvt_writer_len(&w)));
}

/* Rule O1: a version that is the default is not coded, times are GeneralizedTime, extensions are one or more (RFC 6960 4.2.1). */
static void
other_forms(void)
{
    static const char *const wanted[] = {NULL, "version", "producedAt", "extension"};
    const struct tvt_provider *provider = tvt_fixture_provider(NULL);
    struct chain c;
    struct tvt_reader r, in, wrap, bytes, octets, basic, fields;
    if (provider == NULL || !tvt_fixture_can_verify(provider, "ed25519"))
        return; /* a build without a backend, or without Ed25519 */
    CU_ASSERT_FATAL(open_chain(&c, provider, "ed25519"));
    tvt_reader_init(&r, response("ed25519", "good"));
    tvt_der_enter(&r, &in, TVT_DER_SEQUENCE, "f");
    (void)tvt_der_read(&in, TVT_DER_ENUMERATED, "f");
    tvt_der_enter(&in, &wrap, TVT_DER_CONTEXT_CONSTRUCTED(0), "f");
    tvt_der_enter(&wrap, &bytes, TVT_DER_SEQUENCE, "f");
    (void)tvt_der_read_oid(&bytes, "f");
    tvt_der_enter(&bytes, &octets, TVT_DER_OCTET_STRING, "f");
    tvt_der_enter(&octets, &basic, TVT_DER_SEQUENCE, "f");
    tvt_der_enter(&basic, &fields, TVT_DER_SEQUENCE, "f");
    struct tvt_span behind = tvt_span(basic.p, tvt_reader_left(&basic));
    uint8_t tag;
    const uint8_t *from = fields.p;
    (void)tvt_der_read_any(&fields, &tag, "responderID");
    struct tvt_span responder = tvt_span(from, (size_t)(fields.p - from));
    struct tvt_span produced = tvt_der_read(&fields, TVT_DER_GENERALIZED_TIME, "producedAt");
    CU_ASSERT_PTR_NULL_FATAL(fields.bad);
    for (unsigned form = 0; form < 4; form++) {
        uint8_t out[ROOM], changed[ROOM];
        struct tvt_writer w;
        const char *field = NULL;
        tvt_writer_init(&w, changed, sizeof changed);
        if (form == 1)
            tvt_write_bytes(&w, "\xa0\x03\x02\x01\x00", 5);
        tvt_write_span(&w, responder);
        x509_put(&w, form == 2 ? TVT_DER_UTC_TIME : TVT_DER_GENERALIZED_TIME,
                 form == 2 ? tvt_span(produced.data + 2, produced.len - 2) : produced);
        tvt_write_bytes(&w, fields.p, tvt_reader_left(&fields));
        if (form == 3)
            tvt_write_bytes(&w, "\xa1\x02\x30\x00", 4);
        struct tvt_span der = whole_response(out, tvt_span(changed, tvt_writer_len(&w)), behind);
        CU_ASSERT_EQUAL(ask(&c, provider, der, NOW, &field), form == 0 ? TVT_E_NONE : TVT_E_OCSP_MALFORMED);
        CU_ASSERT_TRUE(form == 0 || strcmp(field, wanted[form]) == 0);
    }
    tvt_credential_unref(c.credential);
}

static void
in_handshake(void)
{
    static const struct stapled cases[] = {
        {"good", TVT_STAPLE_REQUIRE, TVT_E_NONE},
        {"delegated", TVT_STAPLE_REQUIRE, TVT_E_NONE},
        {"revoked", TVT_STAPLE_REQUIRE, TVT_E_CERT_REVOKED},
        {"old", TVT_STAPLE_REQUIRE, TVT_E_OCSP_NOT_CURRENT},
        {NULL, TVT_STAPLE_REQUIRE, TVT_E_OCSP_MISSING},
        {NULL, TVT_STAPLE_ASK, TVT_E_NONE},
        {"revoked", TVT_STAPLE_ASK, TVT_E_NONE}, /* shown, and not judged */
        {"good", TVT_STAPLE_NONE, TVT_E_NONE},
    };
    static const uint8_t scts[] = {0, 5, 0, 3, 1, 2, 3};
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const struct stapled *s = &cases[i / 2];
        bool sct = i % 2 == 1;
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        struct tvt_span der = s->file != NULL ? response("ed25519", s->file) : tvt_span(NULL, 0);
        struct tvt_credential *c = tvt_fixture_credential(f.config[TVT_SERVER]->provider, "ed25519");
        CU_ASSERT_EQUAL(tvt_credential_set_staples(c, der, tvt_span(scts, sizeof scts), NULL), TVT_OK);
        tvt_credential_unref(f.config[TVT_SERVER]->credentials[0]);
        f.config[TVT_SERVER]->credentials[0] = c;
        CU_ASSERT_EQUAL(tvt_config_set_staples(f.config[TVT_CLIENT], s->client, sct, NULL), TVT_OK);
        bool done = tvt_fixture_handshake(&f);
        const struct tvt_connection *client = tvt_fixture_end(&f, TVT_CLIENT);
        CU_ASSERT_EQUAL(done, s->code == TVT_E_NONE);
        CU_ASSERT_EQUAL(tvt_connection_error(client)->code, s->code);
        if (done) {
            struct tvt_span ocsp = tvt_connection_peer_ocsp(client), got = tvt_connection_peer_scts(client);
            CU_ASSERT(s->client == TVT_STAPLE_NONE ? ocsp.len == 0 : tvt_span_equal(ocsp, der));
            CU_ASSERT(sct ? tvt_span_equal(got, tvt_span(scts, sizeof scts)) : got.len == 0);
        } else {
            const struct tvt_error *told = tvt_connection_error(tvt_fixture_end(&f, TVT_SERVER));
            CU_ASSERT(told->code == TVT_E_PEER_ALERT && told->alert == tvt_error_alert(s->code));
            CU_ASSERT(s->code != TVT_E_CERT_REVOKED || told->alert == TVT_ALERT_CERTIFICATE_REVOKED);
        }
        tvt_fixture_close(&f);
    }
}

/* RFC 7633: a certificate that says that its server staples. */
static void
must_staple(void)
{
    static const struct {
        const char *chain, *file;
        enum tvt_staple client;
        enum tvt_verify verify;
        enum tvt_error_code code;
    } cases[] = {
        {"must-staple", "must-staple-good", TVT_STAPLE_ASK, TVT_VERIFY_PEER, TVT_E_NONE},
        {"must-staple", NULL, TVT_STAPLE_ASK, TVT_VERIFY_PEER, TVT_E_OCSP_MISSING},
        {"must-staple", "must-staple-revoked", TVT_STAPLE_ASK, TVT_VERIFY_PEER, TVT_E_CERT_REVOKED},
        {"must-staple", "good", TVT_STAPLE_ASK, TVT_VERIFY_PEER, TVT_E_OCSP_WRONG_CERTIFICATE},
        {"must-staple", NULL, TVT_STAPLE_REQUIRE, TVT_VERIFY_PEER, TVT_E_OCSP_MISSING},
        {"must-staple", NULL, TVT_STAPLE_NONE, TVT_VERIFY_PEER, TVT_E_NONE}, /* nobody asked */
        {"must-staple", NULL, TVT_STAPLE_ASK, TVT_VERIFY_NONE, TVT_E_NONE},
        {"must-staple", NULL, TVT_STAPLE_ASK, TVT_VERIFY_CHAIN_ONLY, TVT_E_OCSP_MISSING},
        {"other-feature", NULL, TVT_STAPLE_ASK, TVT_VERIFY_PEER, TVT_E_NONE},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct tvt_fixture f;
        struct tvt_credential *c;
        char path[64];
        CU_ASSERT_FATAL(tvt_fixture_open(&f, NULL));
        (void)snprintf(path, sizeof path, "pki/ocsp/ed25519/%s.pem", cases[i / 2].chain);
        CU_ASSERT_EQUAL_FATAL(tvt_credential_new(&c, f.config[TVT_SERVER]->provider, tvt_fixture_file(path),
                                                 tvt_fixture_file("pki/ed25519/key.pem"), NULL, NULL),
                              TVT_OK);
        if (cases[i / 2].file != NULL)
            CU_ASSERT_EQUAL(
                tvt_credential_set_staples(c, response("ed25519", cases[i / 2].file), tvt_span(NULL, 0), NULL), TVT_OK);
        tvt_credential_unref(f.config[TVT_SERVER]->credentials[0]);
        f.config[TVT_SERVER]->credentials[0] = c;
        CU_ASSERT_EQUAL(tvt_config_set_staples(f.config[TVT_CLIENT], cases[i / 2].client, false, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_CLIENT], cases[i / 2].verify, NULL), TVT_OK);
        if (i % 2 == 1)
            CU_ASSERT_EQUAL(tvt_config_set_versions(f.config[TVT_CLIENT], TVT_TLS12, TVT_TLS12, NULL), TVT_OK);
        bool done = tvt_fixture_handshake(&f);
        const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&f, TVT_CLIENT));
        if (e->code != cases[i / 2].code)
            printf("\n    %s, %s: %s", cases[i / 2].chain, cases[i / 2].file != NULL ? cases[i / 2].file : "-",
                   tvt_error_name(e->code));
        CU_ASSERT(done == (cases[i / 2].code == TVT_E_NONE) && e->code == cases[i / 2].code);
        if (e->code == TVT_E_CERT_REVOKED)
            CU_ASSERT(strstr(e->detail, "revoked at 2026-05-01T00:00:00Z (keyCompromise)") != NULL);
        tvt_fixture_close(&f);
    }
}

/* ---- in a session ---- */

enum outcome { RESUMED, IN_FULL };

struct stapled_session {
    const char *chain, *file;    /* NULL: nothing is stapled              */
    enum tvt_staple first, next; /* what the client's two connections ask */
    enum tvt_verify verify;
    bool reverify;
    unsigned days; /* that lie between them */
    enum outcome outcome;
    enum tvt_error_code code;
};

static void
give_credential(struct resume *b, const struct stapled_session *s)
{
    struct tvt_config *server = b->f.config[TVT_SERVER];
    struct tvt_credential *c;
    char path[64];
    (void)snprintf(path, sizeof path, "pki/ocsp/ed25519/%s.pem", s->chain);
    CU_ASSERT_EQUAL_FATAL(tvt_credential_new(&c, server->provider, tvt_fixture_file(path),
                                             tvt_fixture_file("pki/ed25519/key.pem"), NULL, NULL),
                          TVT_OK);
    if (s->file != NULL)
        CU_ASSERT_EQUAL(tvt_credential_set_staples(c, response("ed25519", s->file), tvt_span(NULL, 0), NULL), TVT_OK);
    tvt_credential_unref(server->credentials[0]);
    server->credentials[0] = c;
}

static void
resume_stapled(const struct stapled_session *s, uint16_t version)
{
    struct resume b;
    if (!resume_open_full(&b))
        return;
    struct tvt_config *client = b.f.config[TVT_CLIENT];
    give_credential(&b, s);
    CU_ASSERT_EQUAL(tvt_config_set_versions(client, version, version, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_verify(client, s->verify, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_staples(client, s->first, false, NULL), TVT_OK);
    CU_ASSERT(resume_first(&b));
    CU_ASSERT_EQUAL(tvt_config_set_staples(b.f.config[TVT_CLIENT], s->next, false, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_reverify(b.f.config[TVT_CLIENT], s->reverify, NULL), TVT_OK);
    resume_client_ahead_ms = UINT64_C(86400000) * s->days;
    CU_ASSERT_FATAL(b.kept.num > 0);
    b.kept.session[0]->issued_ms += resume_client_ahead_ms; /* the session stays young */
    resume_next(&b, 0, false);
    bool done = tvt_pair_handshake(&b.f.pair);
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&b.f, TVT_CLIENT));
    bool good = done == (s->code == TVT_E_NONE) && e->code == s->code &&
                resume_info(&b, TVT_CLIENT).resumed == (s->outcome == RESUMED);
    if (!good)
        printf("\n    %s, %s, %d then %d, %u days, %04x: %s, %s", s->chain, s->file != NULL ? s->file : "-", s->first,
               s->next, s->days, (unsigned)version, tvt_error_name(e->code),
               resume_info(&b, TVT_CLIENT).resumed ? "resumed" : "in full");
    CU_ASSERT(good);
    resume_close(&b);
}

/* No certificate is shown where a session is resumed, and nothing stapled: it stands for the response of its own handshake.
 * Where that brought none that was judged, it stands for less than is asked (RFC 7633 4.3.3). */
static void
in_a_session(void)
{
    static const struct stapled_session cases[] = {
        {"must-staple", NULL, TVT_STAPLE_NONE, TVT_STAPLE_ASK, TVT_VERIFY_PEER, false, 0, IN_FULL, TVT_E_OCSP_MISSING},
        {"must-staple", "must-staple-good", TVT_STAPLE_NONE, TVT_STAPLE_ASK, TVT_VERIFY_PEER, false, 0, IN_FULL, 0},
        {"must-staple", "must-staple-good", TVT_STAPLE_ASK, TVT_STAPLE_ASK, TVT_VERIFY_PEER, false, 0, RESUMED, 0},
        {"must-staple", "must-staple-good", TVT_STAPLE_ASK, TVT_STAPLE_REQUIRE, TVT_VERIFY_PEER, false, 0, RESUMED, 0},
        {"must-staple", NULL, TVT_STAPLE_NONE, TVT_STAPLE_NONE, TVT_VERIFY_PEER, false, 0, RESUMED, 0},
        {"must-staple", NULL, TVT_STAPLE_ASK, TVT_STAPLE_ASK, TVT_VERIFY_NONE, false, 0, RESUMED, 0},
        {"other-feature", NULL, TVT_STAPLE_NONE, TVT_STAPLE_ASK, TVT_VERIFY_PEER, false, 0, RESUMED, 0},
        {"other-feature", NULL, TVT_STAPLE_NONE, TVT_STAPLE_REQUIRE, TVT_VERIFY_NONE, false, 0, IN_FULL,
         TVT_E_OCSP_MISSING},
        /* the response grows old */
        {"must-staple", "must-staple-good", TVT_STAPLE_ASK, TVT_STAPLE_ASK, TVT_VERIFY_PEER, false, 31, RESUMED, 0},
        {"must-staple", "must-staple-good", TVT_STAPLE_ASK, TVT_STAPLE_ASK, TVT_VERIFY_PEER, true, 29, RESUMED, 0},
        {"must-staple", "must-staple-good", TVT_STAPLE_ASK, TVT_STAPLE_ASK, TVT_VERIFY_PEER, true, 31, RESUMED,
         TVT_E_OCSP_NOT_CURRENT},
        {"must-staple", "must-staple-good", TVT_STAPLE_REQUIRE, TVT_STAPLE_REQUIRE, TVT_VERIFY_NONE, true, 31, RESUMED,
         TVT_E_OCSP_NOT_CURRENT},
        {"must-staple", "must-staple-good", TVT_STAPLE_ASK, TVT_STAPLE_NONE, TVT_VERIFY_PEER, true, 31, RESUMED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        resume_stapled(&cases[i], TVT_TLS13);
        resume_stapled(&cases[i], TVT_TLS12);
    }
}

/* A responder's own certificate is looked up in the lists, unless it says that it need not be. */
static void
responder_on_a_list(void)
{
    const struct tvt_provider *p = tvt_fixture_provider(NULL);
    struct tvt_trust_store *store = tvt_fixture_trust("ed25519");
    struct tvt_path_policy policy = tvt_path_policy_default;
    struct tvt_error e;
    struct chain c;
    CU_ASSERT_FATAL(open_chain(&c, p, "ed25519"));
    struct tvt_ocsp_request q = {.provider = p,
                                 .policy = &policy,
                                 .response = response("ed25519", "delegated"),
                                 .leaf = &c.leaf,
                                 .issuer = &c.issuer,
                                 .store = store,
                                 .time = NOW};
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_ocsp_check(&q, &e), TVT_OK); /* no list, and none is asked for */
    policy.revocation = TVT_REVOCATION_LEAF;
    CU_ASSERT_EQUAL(tvt_ocsp_check(&q, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_OCSP_SIGNATURE);
    CU_ASSERT_EQUAL(tvt_trust_store_add_crl_bytes(store, tvt_fixture_file("pki/crl/ed25519/nobody.pem"), NULL, NULL),
                    TVT_OK);
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_ocsp_check(&q, &e), TVT_OK);
    CU_ASSERT_EQUAL(tvt_trust_store_add_crl_bytes(store, tvt_fixture_file("pki/crl/ed25519/responder.pem"), NULL, NULL),
                    TVT_OK);
    policy.revocation = TVT_REVOCATION_GIVEN;
    CU_ASSERT_EQUAL(tvt_ocsp_check(&q, &e), TVT_FAIL);
    CU_ASSERT_EQUAL(e.code, TVT_E_OCSP_SIGNATURE);
    q.response = response("ed25519", "delegated-nocheck");
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL(tvt_ocsp_check(&q, &e), TVT_OK);
    tvt_trust_store_unref(store);
    tvt_credential_unref(c.credential);
}

static void
staples_of_a_client(void)
{
    static const uint8_t scts[] = {0, 3, 0, 1, 9};
    for (int ask_it = 0; ask_it < 2; ask_it++) {
        struct tvt_fixture_options o = {.client_key = "client-ed25519", .client_root = "ed25519"};
        struct tvt_fixture f;
        CU_ASSERT_FATAL(tvt_fixture_open(&f, &o));
        struct tvt_credential *c = tvt_fixture_credential(f.config[TVT_CLIENT]->provider, "client-ed25519");
        CU_ASSERT_EQUAL(tvt_credential_set_staples(c, tvt_span("anything", 8), tvt_span(scts, sizeof scts), NULL),
                        TVT_OK);
        tvt_credential_unref(f.config[TVT_CLIENT]->credentials[0]);
        f.config[TVT_CLIENT]->credentials[0] = c;
        CU_ASSERT_EQUAL(tvt_config_set_verify(f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
        if (ask_it)
            CU_ASSERT_EQUAL(tvt_config_set_staples(f.config[TVT_SERVER], TVT_STAPLE_ASK, true, NULL), TVT_OK);
        CU_ASSERT(tvt_fixture_handshake(&f));
        CU_ASSERT_EQUAL(tvt_connection_peer_ocsp(tvt_fixture_end(&f, TVT_SERVER)).len, ask_it ? 8 : 0);
        CU_ASSERT_EQUAL(tvt_connection_peer_scts(tvt_fixture_end(&f, TVT_SERVER)).len, ask_it ? sizeof scts : 0);
        CU_ASSERT_EQUAL(tvt_connection_peer_ocsp(tvt_fixture_end(&f, TVT_CLIENT)).len, 0);
        tvt_fixture_close(&f);
    }
}

static void
bad_staples(void)
{
    static const uint8_t bad[][6] = {{0, 0}, {0, 2, 0, 0}, {0, 3, 0, 2, 1}, {0, 3, 0, 1, 1, 7}};
    static const size_t len[] = {2, 4, 5, 6};
    struct tvt_credential *c = tvt_fixture_credential(tvt_fixture_provider(NULL), "ed25519");
    CU_ASSERT_FATAL(c != NULL);
    (void)tvt_credential_ref(c);
    CU_ASSERT_EQUAL(tvt_credential_set_staples(c, tvt_span("ocsp", 4), tvt_span(NULL, 0), NULL), TVT_FAIL); /* shared */
    tvt_credential_unref(c);
    for (size_t i = 0; i < 4; i++) {
        struct tvt_error e;
        tvt_error_clear(&e);
        CU_ASSERT_EQUAL(tvt_credential_set_staples(c, tvt_span(NULL, 0), tvt_span(bad[i], len[i]), &e), TVT_FAIL);
        CU_ASSERT_EQUAL(e.code, TVT_E_BAD_ARGUMENT);
    }
    tvt_credential_unref(c);
}

int
tvt_register_ocsp(void)
{
    static const CU_TestInfo tests[] = {
        {"responses", responses},
        {"times", times},
        {"SHA-1 names", sha1_names},
        {"other refusals", other_refusals},
        {"damaged", damaged},
        {"other forms", other_forms},
        {"in a handshake", in_handshake},
        {"must-staple", must_staple},
        {"in a session", in_a_session},
        {"responder on a list", responder_on_a_list},
        {"staples of a client", staples_of_a_client},
        {"bad staples", bad_staples},
    };
    return suite_register("ocsp", tests, sizeof tests / sizeof tests[0]);
}
