/* SPDX-License-Identifier: MIT
 *
 * The published traces (RFC 8448) through real connections: every record that we emit is the trace's record, byte for
 * byte, and every record of the other side is accepted, on each backend that has AES-128-GCM.
 */
#include "core/connection/connection.h"
#include "core/x509/certificate.h"
#include "tests/providers/replay.h"
#include "tests/support/fixture.h"
#include "tests/unit/trace.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tvt_register_trace(void);

#define ITEMS_MAX 16u

struct item {
    enum tvt_role role;
    uint8_t kind; /* of a record: its content type; of a message: its HandshakeType */
    uint8_t bytes[TRACE_BYTES_MAX], payload[TRACE_BYTES_MAX];
    size_t len, payload_len;
};

struct script {
    struct item message[ITEMS_MAX], record[ITEMS_MAX];
    size_t num_messages, num_records;
    uint8_t secret[TRACE_BYTES_MAX];
    size_t secret_len;
};

static const char *const names[] = {"simple-1rtt", "hello-retry-request", "compat-mode"};
#define NUM_TRACES (sizeof names / sizeof names[0])

/* ---- reading ---- */

static bool
next_word(const char **at, const char *key, char *out, size_t cap)
{
    char pattern[32];
    (void)snprintf(pattern, sizeof pattern, "\"%s\": \"", key);
    const char *p = strstr(*at, pattern);
    if (p == NULL)
        return false;
    p += strlen(pattern);
    size_t len = strcspn(p, "\"");
    (void)snprintf(out, cap, "%.*s", (int)len, p);
    *at = p;
    return true;
}

static uint8_t
content_type(const char *kind)
{
    return strcmp(kind, "handshake") == 0          ? TVT_CONTENT_HANDSHAKE
           : strcmp(kind, "alert") == 0            ? TVT_CONTENT_ALERT
           : strcmp(kind, "application_data") == 0 ? TVT_CONTENT_APPLICATION
                                                   : TVT_CONTENT_CCS;
}

static bool
load(struct script *s, const char *name)
{
    char *text = trace_text(name), word[32];
    if (text == NULL)
        return false;
    memset(s, 0, sizeof *s);
    const char *messages = trace_part(text, "messages"), *records = trace_part(text, "records"), *at = text;
    s->secret_len = trace_next(&at, "ecdhe_shared_secret", s->secret);
    at = messages;
    while (s->num_messages < ITEMS_MAX && next_word(&at, "role", word, sizeof word) && at < records) {
        struct item *m = &s->message[s->num_messages++];
        m->role = strcmp(word, "client") == 0 ? TVT_CLIENT : TVT_SERVER;
        m->len = trace_next(&at, "hex", m->bytes);
        m->kind = m->bytes[0];
    }
    at = records;
    const char *steps = trace_part(text, "steps");
    while (s->num_records < ITEMS_MAX && next_word(&at, "role", word, sizeof word) && at < steps) {
        struct item *r = &s->record[s->num_records++];
        r->role = strcmp(word, "client") == 0 ? TVT_CLIENT : TVT_SERVER;
        (void)next_word(&at, "kind", word, sizeof word);
        r->kind = content_type(word);
        r->payload_len = trace_next(&at, "payload", r->payload);
        r->len = trace_next(&at, "record", r->bytes);
    }
    free(text);
    return s->num_messages >= 7 && s->num_records >= 8 && s->secret_len == 32;
}

/* The nth message of a type, NULL: none. */
static const struct item *
message(const struct script *s, enum tvt_role role, uint8_t type, unsigned nth)
{
    for (size_t i = 0; i < s->num_messages; i++)
        if (s->message[i].role == role && s->message[i].kind == type && nth-- == 0)
            return &s->message[i];
    return NULL;
}

static bool
decode(struct tvt_message *out, const struct item *m)
{
    return m != NULL && tvt_message_decode(out, tvt_span(m->bytes, m->len), NULL) == TVT_OK;
}

/* ---- what the trace's randomness was ---- */

static bool
push_client(struct tvt_replay_log *log, const struct script *s)
{
    struct tvt_message m;
    struct tvt_span share, list;
    uint16_t group;
    bool good = true;
    for (unsigned nth = 0; good && message(s, TVT_CLIENT, TVT_HT_CLIENT_HELLO, nth) != NULL; nth++) {
        good = decode(&m, message(s, TVT_CLIENT, TVT_HT_CLIENT_HELLO, nth));
        if (good && nth == 0) {
            good = tvt_replay_push_random(log, m.u.client_hello.random);
            if (m.u.client_hello.session_id.len > 0)
                good = good && tvt_replay_push_random(log, m.u.client_hello.session_id);
        }
        list = m.u.client_hello.ext.key_shares;
        good = good && tvt_list_next_share(&list, &group, &share) && tvt_replay_push_kx_start(log, group, share);
    }
    return good && tvt_replay_push_kx_finish(log, group, tvt_span(s->secret, s->secret_len));
}

static const struct item *
server_hello(const struct script *s)
{
    const struct item *second = message(s, TVT_SERVER, TVT_HT_SERVER_HELLO, 1);
    return second != NULL ? second : message(s, TVT_SERVER, TVT_HT_SERVER_HELLO, 0);
}

static bool
push_server(struct tvt_replay_log *log, const struct script *s)
{
    struct tvt_message sh, cv;
    return decode(&sh, server_hello(s)) && decode(&cv, message(s, TVT_SERVER, TVT_HT_CERTIFICATE_VERIFY, 0)) &&
           tvt_replay_push_random(log, sh.u.server_hello.random) &&
           tvt_replay_push_kx_respond(log, sh.u.server_hello.ext.key_share_group, sh.u.server_hello.ext.key_share,
                                      tvt_span(s->secret, s->secret_len)) &&
           tvt_replay_push_sign(log, TVT_SIG_RSA_PSS, TVT_HASH_SHA256, cv.u.certificate_verify.signature);
}

/* ---- the messages that go in whole ---- */

struct port {
    const struct script *script;
    unsigned hellos;
    unsigned replaced, different; /* ours that said something else than the trace's */
};

/* Extensions and their order are the trace's maker's taste; the rest of a hello must be the same. */
static bool
same_hello(const struct tvt_message *a, const struct tvt_message *b, enum tvt_message_kind kind)
{
    if (kind == TVT_MSG_CLIENT_HELLO)
        return tvt_span_equal(a->u.client_hello.random, b->u.client_hello.random) &&
               tvt_span_equal(a->u.client_hello.session_id, b->u.client_hello.session_id) &&
               tvt_span_equal(a->u.client_hello.ext.key_shares, b->u.client_hello.ext.key_shares) &&
               tvt_span_equal(a->u.client_hello.ext.versions, b->u.client_hello.ext.versions) &&
               tvt_span_equal(a->u.client_hello.ext.cookie, b->u.client_hello.ext.cookie);
    return tvt_span_equal(a->u.server_hello.random, b->u.server_hello.random) &&
           tvt_span_equal(a->u.server_hello.session_id, b->u.server_hello.session_id) &&
           a->u.server_hello.suite == b->u.server_hello.suite &&
           a->u.server_hello.ext.key_share_group == b->u.server_hello.ext.key_share_group &&
           tvt_span_equal(a->u.server_hello.ext.key_share, b->u.server_hello.ext.key_share) &&
           a->u.server_hello.ext.selected_version == b->u.server_hello.ext.selected_version;
}

static bool
replace(void *user, enum tvt_message_kind kind, struct tvt_span *raw)
{
    struct port *p = user;
    const struct item *with = NULL;
    struct tvt_message ours, theirs;
    if (kind == TVT_MSG_CLIENT_HELLO)
        with = message(p->script, TVT_CLIENT, TVT_HT_CLIENT_HELLO, p->hellos++);
    else if (kind == TVT_MSG_HELLO_RETRY)
        with = message(p->script, TVT_SERVER, TVT_HT_SERVER_HELLO, 0);
    else if (kind == TVT_MSG_SERVER_HELLO13)
        with = server_hello(p->script);
    else if (kind == TVT_MSG_ENCRYPTED_EXTENSIONS)
        with = message(p->script, TVT_SERVER, TVT_HT_ENCRYPTED_EXTENSIONS, 0);
    else if (kind == TVT_MSG_CERTIFICATE &&
             !tvt_span_equal(*raw, tvt_span(message(p->script, TVT_SERVER, TVT_HT_CERTIFICATE, 0)->bytes, raw->len)))
        p->different++; /* one certificate without extensions: nothing to choose */
    if (with == NULL)
        return false;
    if (kind != TVT_MSG_ENCRYPTED_EXTENSIONS && (tvt_message_decode(&ours, *raw, NULL) != TVT_OK ||
                                                 !decode(&theirs, with) || !same_hello(&ours, &theirs, kind)))
        p->different++;
    p->replaced++;
    *raw = tvt_span(with->bytes, with->len);
    return true;
}

/* ---- one side against the trace ---- */

struct run {
    const struct script *script;
    struct tvt_connection *c;
    enum tvt_role role;
    uint8_t out[8192]; /* emitted and not yet compared */
    size_t out_len;
    unsigned emitted, accepted;
};

static void
collect(struct run *r)
{
    size_t n = 0;
    while (tvt_connection_has_output(r->c)) {
        CU_ASSERT_EQUAL_FATAL(tvt_connection_output(r->c, r->out + r->out_len, sizeof r->out - r->out_len, &n), TVT_OK);
        CU_ASSERT_FATAL(n > 0);
        r->out_len += n;
    }
}

static void
emit(struct run *r, const struct item *record)
{
    size_t n = 0, used = 0;
    if (r->out_len == 0 && record->kind == TVT_CONTENT_APPLICATION) {
        CU_ASSERT_EQUAL(
            tvt_connection_seal(r->c, r->out, sizeof r->out, &n, record->payload, record->payload_len, &used), TVT_OK);
        CU_ASSERT_EQUAL(used, record->payload_len);
        r->out_len = n;
    } else if (r->out_len == 0 && record->kind == TVT_CONTENT_ALERT) {
        CU_ASSERT_EQUAL(tvt_connection_close(r->c), TVT_OK);
    } else if (r->out_len == 0 && record->kind == TVT_CONTENT_HANDSHAKE && tvt_connection_established(r->c) &&
               !tvt_connection_has_output(r->c)) {
        CU_ASSERT_EQUAL(tvt_connection_test_send(r->c, tvt_span(record->payload, record->payload_len)), TVT_OK);
    }
    collect(r);
    if (r->out_len < record->len)
        printf("\n    %zu bytes for a record of %zu (%s)", r->out_len, record->len, tvt_connection_state(r->c));
    CU_ASSERT_FATAL(r->out_len >= record->len);
    CU_ASSERT(memcmp(r->out, record->bytes, record->len) == 0);
    r->out_len -= record->len;
    memmove(r->out, r->out + record->len, r->out_len);
    r->emitted++;
}

static void
accept(struct run *r, const struct item *record)
{
    uint8_t bytes[TRACE_BYTES_MAX];
    size_t used = 0;
    struct tvt_span app;
    memcpy(bytes, record->bytes, record->len);
    enum tvt_result result = tvt_connection_input(r->c, bytes, record->len, &used, &app);
    if (result == TVT_FAIL) {
        char text[800];
        (void)tvt_error_format_line(tvt_connection_error(r->c), text, sizeof text);
        printf("\n    %s", text);
    }
    CU_ASSERT_EQUAL_FATAL(result, record->kind == TVT_CONTENT_ALERT ? TVT_CLOSED : TVT_OK);
    CU_ASSERT_EQUAL(used, record->len);
    if (record->kind == TVT_CONTENT_APPLICATION)
        CU_ASSERT(tvt_span_equal(app, tvt_span(record->payload, record->payload_len)));
    r->accepted++;
}

static void
play(struct tvt_config *config, const struct script *s, enum tvt_role role, struct run *r)
{
    enum tvt_result first;
    *r = (struct run){.script = s, .role = role};
    CU_ASSERT_EQUAL_FATAL(tvt_connection_new(&r->c, config, role, NULL), TVT_OK);
    first = tvt_connection_handshake(r->c);
    CU_ASSERT_EQUAL(first, role == TVT_CLIENT ? TVT_WANT_WRITE : TVT_WANT_READ);
    for (size_t i = 0; i < s->num_records; i++) {
        if (s->record[i].role == role)
            emit(r, &s->record[i]);
        else
            accept(r, &s->record[i]);
    }
    CU_ASSERT_EQUAL(r->out_len, 0);
    CU_ASSERT_EQUAL(r->emitted + r->accepted, s->num_records);
    CU_ASSERT(tvt_connection_established(r->c));
    CU_ASSERT(tvt_connection_sent_close(r->c) && tvt_connection_received_close(r->c));
    CU_ASSERT_EQUAL(tvt_connection_error(r->c)->code, TVT_E_NONE);
    tvt_connection_free(r->c);
}

/* The server's certificate is the trace's; its key is not here: the signer gives the trace's signature. */
static bool
add_server_key(struct tvt_config *config, struct tvt_provider *replay, const struct script *s)
{
    struct tvt_message m;
    struct tvt_certificate leaf;
    struct tvt_signer *signer = NULL;
    struct tvt_credential *credential = NULL;
    if (!decode(&m, message(s, TVT_SERVER, TVT_HT_CERTIFICATE, 0)) || m.u.certificate.num != 1 ||
        tvt_certificates_parse(&leaf, m.u.certificate.cert, 1, NULL) != TVT_OK ||
        tvt_replay_signer(replay, &leaf.key, &signer) != TVT_CRYPTO_OK)
        return false;
    if (tvt_credential_new_signer(&credential, m.u.certificate.cert[0], signer, NULL, NULL) != TVT_OK) {
        signer->free(signer);
        return false;
    }
    bool good = tvt_config_add_credential(config, credential, NULL) == TVT_OK;
    tvt_credential_unref(credential);
    return good;
}

static void
run_role(const char *backend, const char *name, const struct script *s, enum tvt_role role)
{
    static const struct tvt_replay_options options = {.mode = TVT_REPLAY_PLAY, .any_order = true};
    bool retry = strcmp(name, "hello-retry-request") == 0;
    struct tvt_provider *inner = NULL, *replay = NULL;
    struct tvt_config *config = NULL;
    struct port port = {.script = s};
    struct run r;
    struct tvt_replay_log *log = tvt_replay_log_new();
    CU_ASSERT_FATAL(log != NULL && (role == TVT_CLIENT ? push_client(log, s) : push_server(log, s)));
    CU_ASSERT_EQUAL_FATAL(tvt_provider_open(&inner, backend, NULL), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_replay_new(&replay, inner, log, &options), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_config_new(&config, replay, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_suites(config, "TLS_AES_128_GCM_SHA256", NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_groups(config,
                                          !retry               ? "x25519"
                                          : role == TVT_CLIENT ? "x25519:P-256"
                                                               : "P-256",
                                          NULL),
                    TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_schemes(config, "rsa_pss_rsae_sha256", NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_num_shares(config, 1, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_compatibility(config, strcmp(name, "compat-mode") == 0, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_record_size_limit(config, 16385, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_verify(config, role == TVT_CLIENT ? TVT_VERIFY_NONE : TVT_VERIFY_PEER, NULL),
                    TVT_OK);
    config->policy.rsa_min_bits = 1024;
    config->test_port = (struct tvt_test_port){replace, &port};
    if (role == TVT_SERVER)
        CU_ASSERT_FATAL(add_server_key(config, replay, s));
    play(config, s, role, &r);
    CU_ASSERT_EQUAL(port.different, 0);
    CU_ASSERT_EQUAL(port.replaced, (retry ? 1u : 0u) + (role == TVT_CLIENT ? 1u : 2u));
    CU_ASSERT(tvt_replay_problem(replay) == NULL);
    CU_ASSERT_EQUAL(tvt_replay_left(replay), 0);
    printf("\n    %-10s %-20s %s: %u records emitted as in the trace, %u accepted", backend, name,
           role == TVT_CLIENT ? "client" : "server", r.emitted, r.accepted);
    tvt_config_free(config);
    tvt_provider_free(replay);
    tvt_replay_log_free(log);
}

/* NULL: the backend can play the trace. */
static const char *
lacks(const char *backend, const char *name)
{
    const struct tvt_provider *p = tvt_fixture_provider(backend);
    if (p == NULL || tvt_provider_aead(p, TVT_AEAD_AES_128_GCM) == NULL)
        return "AES-128-GCM";
    if (tvt_provider_signature(p, TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256) == NULL)
        return "RSA-PSS";
    if (tvt_provider_kx(p, TVT_GROUP_X25519) == NULL)
        return "X25519";
    if (strcmp(name, "hello-retry-request") == 0 && tvt_provider_kx(p, TVT_GROUP_SECP256R1) == NULL)
        return "P-256";
    return NULL;
}

static void
play_traces(void)
{
    const char *const *backends;
    size_t num = tvt_provider_builtin(&backends);
    for (size_t t = 0; t < NUM_TRACES; t++) {
        static struct script s;
        CU_ASSERT_FATAL(load(&s, names[t]));
        for (size_t b = 0; b < num; b++) {
            const char *lack = lacks(backends[b], names[t]);
            if (lack != NULL) {
                printf("\n    %-10s %-20s not played: the backend has no %s", backends[b], names[t], lack);
                CU_ASSERT(strcmp(backends[b], "libsodium") == 0); /* the others have everything here */
                continue;
            }
            run_role(backends[b], names[t], &s, TVT_CLIENT);
            run_role(backends[b], names[t], &s, TVT_SERVER);
        }
    }
}

static int
finish(void)
{
    tvt_fixture_cleanup();
    return 0;
}

int
tvt_register_trace(void)
{
    CU_pSuite suite = CU_add_suite("trace", NULL, finish);
    if (suite == NULL || CU_add_test(suite, "RFC 8448 through connections, byte for byte", play_traces) == NULL)
        return -1;
    return 0;
}
