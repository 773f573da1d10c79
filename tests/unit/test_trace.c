/* SPDX-License-Identifier: MIT
 *
 * The published traces (RFC 8448) through real connections: every record that we emit is the trace's record, byte for
 * byte, and every record of the other side is accepted, on each backend that has AES-128-GCM. The session that our client
 * makes of the first trace's ticket is the one with which it plays the resumed trace.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/x509/certificate.h"
#include "tests/providers/replay.h"
#include "tests/support/fixture.h"
#include "tests/unit/trace_script.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_trace(void);

#define TRACE_TIME_MS UINT64_C(1483228800000) /* 2017-01-01: the traces' certificates are valid */
#define SERVER_NAME   "server"

/* The resumed trace is played behind the one that its ticket came from. */
static const char *const names[] = {"simple-1rtt", "hello-retry-request", "compat-mode", "client-auth", "resumed-0rtt"};
#define NUM_TRACES (sizeof names / sizeof names[0])
static struct script scripts[NUM_TRACES];
#define FIRST_SCRIPT (&scripts[0])

static bool
is_script(const struct script *s, const char *name)
{
    return strcmp(s->name, name) == 0;
}

static bool
resumes(const struct script *s)
{
    return s->psk.len > 0;
}

/* ---- what the trace's randomness was ---- */

static bool
push_proof(struct tvt_replay_log *log, const struct script *s, enum tvt_role role)
{
    struct tvt_message cv;
    if (!script_has(s, role, TVT_HT_CERTIFICATE_VERIFY))
        return true;
    if (!script_decode(&cv, script_message(s, role, TVT_HT_CERTIFICATE_VERIFY, 0)))
        return false;
    const struct tvt_scheme *scheme = tvt_scheme_find(cv.u.certificate_verify.scheme);
    return scheme != NULL && tvt_replay_push_sign(log, scheme->family, scheme->hash, cv.u.certificate_verify.signature);
}

static bool
push_client(struct tvt_replay_log *log, const struct script *s)
{
    struct tvt_message m;
    struct tvt_span share, list;
    const struct script_item *hello;
    uint16_t group;
    bool good = true;
    for (unsigned nth = 0; good && (hello = script_message(s, TVT_CLIENT, TVT_HT_CLIENT_HELLO, nth)) != NULL; nth++) {
        good = script_decode(&m, hello);
        if (good && nth == 0) {
            uint8_t drawn[TVT_RANDOM_LEN + TVT_SESSION_ID_LEN]; /* at once */
            struct tvt_span id = m.u.client_hello.session_id;
            memcpy(drawn, m.u.client_hello.random.data, TVT_RANDOM_LEN);
            tvt_copy(drawn + TVT_RANDOM_LEN, id.data, id.len);
            good = tvt_replay_push_random(log, tvt_span(drawn, TVT_RANDOM_LEN + id.len));
        }
        list = m.u.client_hello.ext.key_shares;
        good = good && tvt_list_next_share(&list, &group, &share) && tvt_replay_push_kx_start(log, group, share);
    }
    return good && tvt_replay_push_kx_finish(log, group, tvt_span(s->shared.bytes, s->shared.len)) &&
           push_proof(log, s, TVT_CLIENT);
}

/* A ticket of ours has ticket_age_add, and the key into the cache, which the trace has not. */
static bool
push_ticket(struct tvt_replay_log *log, const struct script *s)
{
    struct tvt_message nst;
    uint8_t age_add[4];
    const struct script_item *item = script_message(s, TVT_SERVER, TVT_HT_NEW_SESSION_TICKET, 0);
    if (item == NULL)
        return true;
    if (!script_decode(&nst, item))
        return false;
    for (unsigned i = 0; i < 4; i++)
        age_add[i] = (uint8_t)(nst.u.new_session_ticket.age_add >> (24 - 8 * i));
    return tvt_replay_push_random(log, tvt_span(age_add, 4)) &&
           tvt_replay_push_random(log, tvt_span(item->bytes, TVT_SESSION_ID_LEN));
}

static bool
push_server(struct tvt_replay_log *log, const struct script *s)
{
    struct tvt_message sh;
    return script_decode(&sh, script_server_hello(s)) && tvt_replay_push_random(log, sh.u.server_hello.random) &&
           tvt_replay_push_kx_respond(log, sh.u.server_hello.ext.key_share_group, sh.u.server_hello.ext.key_share,
                                      tvt_span(s->shared.bytes, s->shared.len)) &&
           push_proof(log, s, TVT_SERVER) && push_ticket(log, s);
}

/* ---- the messages that go in whole ---- */

struct port {
    const struct script *script;
    struct tvt_connection *connection;
    enum tvt_role role;
    unsigned hellos, binders;
    unsigned replaced, different; /* ours that said something else than the trace's */
};

/* Extensions and their order are the trace's maker's taste; the rest of a hello must be the same. */
static bool
same_hello(const struct tvt_message *a, const struct tvt_message *b, enum tvt_message_kind kind)
{
    const struct tvt_extensions *x = &a->u.client_hello.ext, *y = &b->u.client_hello.ext;
    if (kind == TVT_MSG_CLIENT_HELLO)
        return tvt_span_equal(a->u.client_hello.random, b->u.client_hello.random) &&
               tvt_span_equal(a->u.client_hello.session_id, b->u.client_hello.session_id) &&
               tvt_span_equal(x->server_name, y->server_name) && tvt_span_equal(x->key_shares, y->key_shares) &&
               tvt_span_equal(x->versions, y->versions) && tvt_span_equal(x->cookie, y->cookie) &&
               tvt_span_equal(x->psk_modes, y->psk_modes) && /* ticket and obfuscated age: */
               tvt_span_equal(x->psk_identities, y->psk_identities) && x->psk_binders.len == y->psk_binders.len &&
               tvt_has(x, TVT_EXT_EARLY_DATA) == tvt_has(y, TVT_EXT_EARLY_DATA);
    return tvt_span_equal(a->u.server_hello.random, b->u.server_hello.random) &&
           tvt_span_equal(a->u.server_hello.session_id, b->u.server_hello.session_id) &&
           a->u.server_hello.suite == b->u.server_hello.suite &&
           a->u.server_hello.ext.key_share_group == b->u.server_hello.ext.key_share_group &&
           tvt_span_equal(a->u.server_hello.ext.key_share, b->u.server_hello.ext.key_share) &&
           a->u.server_hello.ext.selected_version == b->u.server_hello.ext.selected_version &&
           tvt_has(&a->u.server_hello.ext, TVT_EXT_PRE_SHARED_KEY) ==
               tvt_has(&b->u.server_hello.ext, TVT_EXT_PRE_SHARED_KEY) &&
           a->u.server_hello.ext.psk_selected == b->u.server_hello.ext.psk_selected;
}

static bool
same(enum tvt_message_kind kind, struct tvt_span raw, const struct script_item *with)
{
    struct tvt_message ours, theirs;
    if (tvt_message_decode(&ours, raw, NULL) != TVT_OK || !script_decode(&theirs, with))
        return false;
    const struct tvt_extensions *x = &ours.u.encrypted_extensions, *y = &theirs.u.encrypted_extensions;
    const struct tvt_new_session_ticket *t = &ours.u.new_session_ticket, *u = &theirs.u.new_session_ticket;
    switch (kind) {
    case TVT_MSG_ENCRYPTED_EXTENSIONS: /* not the groups that the trace's server lists; nor that it confirms the name also
                                          where a session is resumed, which RFC 6066 3 does not want */
        return tvt_has(x, TVT_EXT_SERVER_NAME) ==
                   (tvt_has(y, TVT_EXT_SERVER_NAME) && !tvt_has(y, TVT_EXT_EARLY_DATA)) &&
               tvt_has(x, TVT_EXT_EARLY_DATA) == tvt_has(y, TVT_EXT_EARLY_DATA) &&
               x->record_size_limit == y->record_size_limit;
    case TVT_MSG_CERTIFICATE_REQUEST:
        return ours.u.certificate_request.context.len == 0 && theirs.u.certificate_request.context.len == 0;
    case TVT_MSG_NEW_SESSION_TICKET: /* a ticket is what its server likes it to be */
        return t->lifetime == u->lifetime && t->age_add == u->age_add && t->ext.max_early_data == u->ext.max_early_data;
    case TVT_MSG_CERTIFICATE: /* one certificate without extensions: nothing to choose */
        return tvt_span_equal(raw, tvt_span(with->bytes, with->len));
    default:
        return same_hello(&ours, &theirs, kind);
    }
}

/* Our binder over the trace's hello is the trace's (RFC 9846 4.3.11.2). */
static void
check_binder(struct port *p, const struct script_item *hello)
{
    uint8_t bytes[TRACE_BYTES_MAX];
    struct tvt_message m;
    CU_ASSERT_FATAL(script_decode(&m, hello) && m.u.client_hello.ext.psk_num == 1);
    memcpy(bytes, hello->bytes, hello->len);
    memset(bytes + hello->len - 32, 0, 32);
    CU_ASSERT_EQUAL(tvt_psk13_bind(&p->connection->hs, bytes, hello->len), TVT_OK);
    CU_ASSERT(memcmp(bytes, hello->bytes, hello->len) == 0);
    p->binders++;
}

static const struct script_item *
replacement(struct port *p, enum tvt_message_kind kind)
{
    const struct script *s = p->script;
    switch (kind) {
    case TVT_MSG_CLIENT_HELLO:
        return script_message(s, TVT_CLIENT, TVT_HT_CLIENT_HELLO, p->hellos++);
    case TVT_MSG_HELLO_RETRY:
        return script_message(s, TVT_SERVER, TVT_HT_SERVER_HELLO, 0);
    case TVT_MSG_SERVER_HELLO13:
        return script_server_hello(s);
    case TVT_MSG_ENCRYPTED_EXTENSIONS:
        return script_message(s, TVT_SERVER, TVT_HT_ENCRYPTED_EXTENSIONS, 0);
    case TVT_MSG_CERTIFICATE_REQUEST:
        return script_message(s, TVT_SERVER, TVT_HT_CERTIFICATE_REQUEST, 0);
    case TVT_MSG_NEW_SESSION_TICKET:
        return script_message(s, TVT_SERVER, TVT_HT_NEW_SESSION_TICKET, 0);
    default:
        return NULL;
    }
}

static bool
replace(void *user, enum tvt_message_kind kind, struct tvt_span *raw)
{
    struct port *p = user;
    const struct script_item *with = replacement(p, kind);
    if (kind == TVT_MSG_CERTIFICATE && !same(kind, *raw, script_message(p->script, p->role, TVT_HT_CERTIFICATE, 0)))
        p->different++;
    if (with == NULL)
        return false;
    if (!same(kind, *raw, with)) {
        printf("\n    another %s than the trace's", tvt_message_kind_name(kind));
        p->different++;
    }
    if (kind == TVT_MSG_CLIENT_HELLO && resumes(p->script))
        check_binder(p, with);
    p->replaced++;
    *raw = tvt_span(with->bytes, with->len);
    return true;
}

/* ---- sessions: the client's from the ticket, the server's by hand ---- */

struct sessions {
    struct tvt_session *received; /* by the client, of the first trace; a reference */
    struct tvt_session *made;     /* of the resumed trace's PSK; a reference        */
    unsigned given, looked_up, asked;
    struct tvt_span ticket, binder; /* of the resumed trace's ClientHello */
};

static uint64_t clock_ms;

static uint64_t
read_clock(void *user)
{
    (void)user;
    return clock_ms;
}

static void
take_session(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    struct sessions *n = user;
    (void)connection;
    CU_ASSERT_PTR_NULL_FATAL(n->received); /* one trace alone has a ticket */
    n->received = tvt_session_ref(session);
}

/* The server's cache: a ticket of ours is given out, and the trace's goes in its place. */
static enum tvt_result
put_session(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires_ms)
{
    struct sessions *n = user;
    struct tvt_session_info info;
    tvt_session_info(session, &info);
    CU_ASSERT(id != NULL && info.kind == TVT_SESSION_RESUMPTION && info.suite == 0x1301);
    CU_ASSERT_STRING_EQUAL(info.server_name, SERVER_NAME);
    CU_ASSERT_EQUAL(expires_ms, clock_ms + UINT64_C(1000) * info.lifetime_s);
    n->given++;
    return TVT_OK;
}

static enum tvt_result
take_none(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    (void)user;
    (void)id;
    *out = NULL;
    return TVT_FAIL;
}

static enum tvt_result
look_up(void *user, struct tvt_span identity, struct tvt_session **out)
{
    struct sessions *n = user;
    if (!tvt_span_equal(identity, n->ticket))
        return TVT_FAIL;
    n->looked_up++;
    *out = tvt_session_ref(n->made);
    return TVT_OK;
}

static enum tvt_result
first_time(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now_ms, uint64_t until_ms)
{
    struct sessions *n = user;
    CU_ASSERT(tvt_span_equal(tvt_span(id, TVT_REPLAY_ID_LEN), n->binder));
    CU_ASSERT(now_ms == clock_ms && until_ms > now_ms);
    n->asked++;
    return TVT_OK;
}

/* The age of the ticket when the resumed trace begins, milliseconds: what its hello says. */
static uint32_t
ticket_age(struct sessions *n, const struct script *resumed, const struct tvt_new_session_ticket *ticket)
{
    static struct tvt_message ch; /* its spans point into the script */
    struct tvt_span identities, binders;
    CU_ASSERT_FATAL(script_decode(&ch, script_message(resumed, TVT_CLIENT, TVT_HT_CLIENT_HELLO, 0)));
    identities = ch.u.client_hello.ext.psk_identities;
    binders = ch.u.client_hello.ext.psk_binders;
    CU_ASSERT_FATAL(tvt_list_next_vec16(&identities, &n->ticket) && tvt_list_next_vec8(&binders, &n->binder));
    CU_ASSERT(tvt_span_equal(n->ticket, ticket->ticket) && identities.len == 4);
    uint32_t age = (uint32_t)tvt_load_u16(identities.data) << 16 | tvt_load_u16(identities.data + 2);
    return age - ticket->age_add;
}

/* The session that both ends of the resumed trace have, from what the traces print. Returns the ticket's age. */
static uint32_t
make_session(struct sessions *n, const struct script *first, const struct script *resumed)
{
    struct tvt_session fields = {.kind = TVT_SESSION_RESUMPTION, .hash = TVT_HASH_SHA256, .version = TVT_VERSION_TLS13};
    struct tvt_message nst;
    CU_ASSERT_FATAL(script_decode(&nst, script_message(first, TVT_SERVER, TVT_HT_NEW_SESSION_TICKET, 0)));
    const struct tvt_new_session_ticket *ticket = &nst.u.new_session_ticket;
    uint32_t age = ticket_age(n, resumed, ticket);
    CU_ASSERT(age < 1000 * ticket->lifetime);
    fields.suite = 0x1301;
    tvt_copy(fields.secret, resumed->psk.bytes, resumed->psk.len);
    fields.secret_len = resumed->psk.len;
    fields.lifetime_s = ticket->lifetime;
    fields.age_add = ticket->age_add;
    fields.issued_ms = TRACE_TIME_MS;
    fields.max_early_data = ticket->ext.max_early_data;
    fields.identity = ticket->ticket;
    tvt_copy(fields.server_name, SERVER_NAME, sizeof SERVER_NAME);
    CU_ASSERT_EQUAL_FATAL(tvt_session_make(&n->made, &fields, NULL), TVT_OK);
    return age;
}

/* The known answer: what our client made of the ticket has the key of the resumed trace (RFC 9846 4.7.1). */
static void
check_received(const struct sessions *n, const struct script *first)
{
    const struct tvt_session *a = n->received, *b = n->made;
    CU_ASSERT_FATAL(a != NULL && b != NULL);
    CU_ASSERT(a->secret_len == first->resumption_psk.len && first->resumption_psk.len == 32 &&
              memcmp(a->secret, first->resumption_psk.bytes, 32) == 0);
    CU_ASSERT(a->secret_len == b->secret_len && memcmp(a->secret, b->secret, b->secret_len) == 0);
    CU_ASSERT(a->kind == b->kind && a->hash == b->hash && a->version == b->version && a->suite == b->suite);
    CU_ASSERT(a->lifetime_s == b->lifetime_s && a->age_add == b->age_add && a->issued_ms == b->issued_ms);
    CU_ASSERT(a->max_early_data == b->max_early_data && a->max_early_data == 1024);
    CU_ASSERT(tvt_span_equal(a->identity, b->identity) && strcmp(a->server_name, b->server_name) == 0);
}

/* ---- one side against the trace ---- */

struct run {
    const struct script *script;
    struct tvt_connection *c;
    enum tvt_role role;
    uint8_t out[8192]; /* emitted and not yet compared */
    size_t out_len;
    unsigned emitted, accepted, early;
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

/* Makes the connection want to send what the trace has next; handshake messages it sends by itself, tickets aside. */
static void
cause(struct run *r, const struct script_item *record)
{
    size_t used = 0;
    if (record->kind == TVT_CONTENT_APPLICATION) {
        CU_ASSERT_EQUAL((record->early ? tvt_connection_seal_early : tvt_connection_seal)(
                            r->c, r->out, sizeof r->out, &r->out_len, record->payload, record->payload_len, &used),
                        TVT_OK);
        CU_ASSERT_EQUAL(used, record->payload_len);
        r->early += record->early;
    } else if (record->kind == TVT_CONTENT_ALERT) {
        CU_ASSERT_EQUAL(tvt_connection_close(r->c), TVT_OK);
    } else if (record->payload[0] == TVT_HT_NEW_SESSION_TICKET) {
        CU_ASSERT_EQUAL(tvt_connection_send_tickets(r->c, 0), TVT_OK); /* the one that is due */
    }
}

static void
emit(struct run *r, const struct script_item *record)
{
    collect(r);
    if (r->out_len == 0)
        cause(r, record);
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
accept(struct run *r, const struct script_item *record)
{
    uint8_t bytes[TRACE_BYTES_MAX];
    size_t used = 0;
    struct tvt_span app;
    memcpy(bytes, record->bytes, record->len);
    collect(r); /* what waits goes first; it is compared when its turn comes */
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
    bool early = record->early && record->kind == TVT_CONTENT_APPLICATION;
    CU_ASSERT_EQUAL(tvt_connection_input_was_early(r->c), early);
    r->early += early;
    r->accepted++;
}

static void
expect_secret(const struct script_secret *known, const uint8_t *ours)
{
    CU_ASSERT(known->len == 32 && memcmp(ours, known->bytes, 32) == 0);
}

/* What the connection is left with, against what the trace prints. */
static void
check_end(const struct run *r)
{
    const struct script *s = r->script;
    const struct tvt_handshake *hs = &r->c->hs;
    bool client = r->role == TVT_CLIENT, authenticates = script_has(s, TVT_CLIENT, TVT_HT_CERTIFICATE_VERIFY);
    struct tvt_info info;
    expect_secret(&s->client_application, client ? hs->send_secret : hs->receive_secret);
    expect_secret(&s->server_application, client ? hs->receive_secret : hs->send_secret);
    expect_secret(&s->exporter, hs->exporter_secret);
    expect_secret(&s->resumption, hs->resumption_secret);
    if (resumes(s))
        expect_secret(&s->early_exporter, hs->early_exporter_secret);
    tvt_connection_info(r->c, &info);
    CU_ASSERT_EQUAL(info.resumed, resumes(s));
    CU_ASSERT_FALSE(info.psk_external);
    CU_ASSERT_EQUAL(info.early, resumes(s) ? TVT_EARLY_ACCEPTED : TVT_EARLY_NONE);
    CU_ASSERT_EQUAL(info.early_bytes, resumes(s) ? 6 : 0);
    CU_ASSERT_EQUAL(r->early, resumes(s) ? 1 : 0);
    CU_ASSERT_EQUAL(info.client_authenticated, authenticates);
    CU_ASSERT_EQUAL(info.peer_verified, authenticates && !client);
    CU_ASSERT_STRING_EQUAL(info.server_name, SERVER_NAME);
}

static void
play(struct run *r)
{
    const struct script *s = r->script;
    enum tvt_result first = tvt_connection_handshake(r->c);
    CU_ASSERT_EQUAL(first, r->role == TVT_CLIENT ? TVT_WANT_WRITE : TVT_WANT_READ);
    for (size_t i = 0; i < s->num_records; i++) {
        if (s->record[i].role == r->role)
            emit(r, &s->record[i]);
        else
            accept(r, &s->record[i]);
    }
    CU_ASSERT_EQUAL(r->out_len, 0);
    CU_ASSERT_EQUAL(r->emitted + r->accepted, s->num_records);
    CU_ASSERT(tvt_connection_established(r->c));
    CU_ASSERT(tvt_connection_sent_close(r->c) && tvt_connection_received_close(r->c));
    CU_ASSERT_EQUAL(tvt_connection_error(r->c)->code, TVT_E_NONE);
    check_end(r);
}

/* ---- configurations ---- */

/* The certificate is the trace's; its key is not here: the signer gives the trace's signature. */
static bool
add_key(struct tvt_config *config, struct tvt_provider *replay, const struct script *s, enum tvt_role role)
{
    struct tvt_message m;
    struct tvt_certificate leaf;
    struct tvt_signer *signer = NULL;
    struct tvt_credential *credential = NULL;
    if (!script_decode(&m, script_message(s, role, TVT_HT_CERTIFICATE, 0)) || m.u.certificate.num != 1 ||
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

/* The server of a trace with client authentication knows the client's certificate itself. */
static bool
trust_client(struct tvt_config *config, const struct script *s)
{
    struct tvt_message m;
    struct tvt_trust_store *store = NULL;
    if (!script_decode(&m, script_message(s, TVT_CLIENT, TVT_HT_CERTIFICATE, 0)) || m.u.certificate.num != 1 ||
        tvt_trust_store_new(&store, NULL, NULL) != TVT_OK)
        return false;
    bool good = tvt_trust_store_add_der(store, m.u.certificate.cert[0], NULL) == TVT_OK &&
                tvt_config_set_trust(config, store, NULL) == TVT_OK &&
                tvt_config_set_verify(config, TVT_VERIFY_REQUIRE, NULL) == TVT_OK;
    tvt_trust_store_unref(store);
    return good;
}

static void
configure(struct tvt_config *config, const struct script *s, enum tvt_role role)
{
    const char *groups = !is_script(s, "hello-retry-request") ? "x25519"
                         : role == TVT_CLIENT                 ? "x25519:P-256"
                                                              : "P-256";
    CU_ASSERT_EQUAL(tvt_config_set_suites(config, "TLS_AES_128_GCM_SHA256", NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_groups(config, groups, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_schemes(config,
                                           is_script(s, "client-auth") ? "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256"
                                                                       : "rsa_pss_rsae_sha256",
                                           NULL),
                    TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_num_shares(config, 1, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_compatibility(config, is_script(s, "compat-mode"), NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_record_size_limit(config, 16385, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_clock(config, read_clock, NULL, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_verify(config, role == TVT_CLIENT ? TVT_VERIFY_NONE : TVT_VERIFY_PEER, NULL),
                    TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_early_data(config, 1024, NULL), TVT_OK);
    config->policy.rsa_min_bits = 1024;
}

struct server_ports {
    struct tvt_session_cache cache;
    struct tvt_replay replay;
};

static void
configure_sessions(struct tvt_config *config, const struct script *s, enum tvt_role role, struct sessions *sessions,
                   struct server_ports *ports)
{
    *ports = (struct server_ports){{sessions, put_session, take_none, NULL}, {sessions, first_time}};
    if (role == TVT_CLIENT) {
        CU_ASSERT_EQUAL(tvt_config_set_new_session(config, take_session, sessions, NULL), TVT_OK);
        return;
    }
    CU_ASSERT_EQUAL(tvt_config_set_session_cache(config, &ports->cache, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_tickets(config, script_has(s, TVT_SERVER, TVT_HT_NEW_SESSION_TICKET), NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_session_lifetime(config, 30, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_replay(config, &ports->replay, 1000, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_psk_lookup(config, look_up, sessions, NULL), TVT_OK);
}

static void
connect(struct run *r, struct tvt_config *config, struct port *port, const struct sessions *sessions)
{
    CU_ASSERT_EQUAL_FATAL(tvt_connection_new(&r->c, config, r->role, NULL), TVT_OK);
    port->connection = r->c;
    if (r->role == TVT_SERVER)
        return;
    CU_ASSERT_EQUAL(tvt_connection_set_name(r->c, SERVER_NAME), TVT_OK);
    if (resumes(r->script)) {
        CU_ASSERT_EQUAL(tvt_connection_add_session(r->c, sessions->received), TVT_OK);
        CU_ASSERT_EQUAL(tvt_connection_offer_early(r->c), TVT_OK);
    }
}

/* ClientHello, or ServerHello and EncryptedExtensions; and what the trace has besides. */
static unsigned
replacements(const struct script *s, enum tvt_role role)
{
    unsigned num = role == TVT_CLIENT ? 1 : 2;
    num += script_message(s, TVT_CLIENT, TVT_HT_CLIENT_HELLO, 1) != NULL;
    if (role == TVT_SERVER)
        num += script_has(s, TVT_SERVER, TVT_HT_CERTIFICATE_REQUEST) +
               script_has(s, TVT_SERVER, TVT_HT_NEW_SESSION_TICKET);
    return num;
}

static void
run_role(const char *backend, const struct script *s, enum tvt_role role, struct sessions *sessions)
{
    static const struct tvt_replay_options options = {.mode = TVT_REPLAY_PLAY, .any_order = true};
    struct tvt_provider *inner = NULL, *replay = NULL;
    struct tvt_config *config = NULL;
    struct port port = {.script = s, .role = role};
    struct run r = {.script = s, .role = role};
    struct server_ports ports;
    struct tvt_replay_log *log = tvt_replay_log_new();
    CU_ASSERT_FATAL(log != NULL && (role == TVT_CLIENT ? push_client(log, s) : push_server(log, s)));
    CU_ASSERT_EQUAL_FATAL(tvt_provider_open(&inner, backend, NULL), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_replay_new(&replay, inner, log, &options), TVT_CRYPTO_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_config_new(&config, replay, NULL), TVT_OK);
    configure(config, s, role);
    configure_sessions(config, s, role, sessions, &ports);
    config->test_port = (struct tvt_test_port){replace, &port};
    if (script_has(s, role, TVT_HT_CERTIFICATE))
        CU_ASSERT_FATAL(add_key(config, replay, s, role));
    if (role == TVT_SERVER && script_has(s, TVT_SERVER, TVT_HT_CERTIFICATE_REQUEST))
        CU_ASSERT_FATAL(trust_client(config, s));
    connect(&r, config, &port, sessions);
    play(&r);
    tvt_connection_free(r.c);
    CU_ASSERT_EQUAL(port.different, 0);
    CU_ASSERT_EQUAL(port.replaced, replacements(s, role));
    CU_ASSERT_EQUAL(port.binders, role == TVT_CLIENT && resumes(s));
    CU_ASSERT(tvt_replay_problem(replay) == NULL);
    CU_ASSERT_EQUAL(tvt_replay_left(replay), 0);
    printf("\n    %-10s %-20s %s: %u records emitted as in the trace, %u accepted", backend, s->name,
           role == TVT_CLIENT ? "client" : "server", r.emitted, r.accepted);
    tvt_config_free(config);
    tvt_provider_free(replay);
    tvt_replay_log_free(log);
}

/* ---- every backend ---- */

/* NULL: the backend can play the trace. */
static const char *
lacks(const char *backend, const struct script *s)
{
    const struct tvt_provider *p = tvt_fixture_provider(backend);
    if (p == NULL || tvt_provider_aead(p, TVT_AEAD_AES_128_GCM) == NULL)
        return "AES-128-GCM";
    if (tvt_provider_signature(p, TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256) == NULL)
        return "RSA-PSS";
    if (tvt_provider_kx(p, TVT_GROUP_X25519) == NULL)
        return "X25519";
    if (is_script(s, "hello-retry-request") && tvt_provider_kx(p, TVT_GROUP_SECP256R1) == NULL)
        return "P-256";
    if (is_script(s, "client-auth") && tvt_provider_signature(p, TVT_SIG_ECDSA, TVT_KEY_P256, TVT_HASH_SHA256) == NULL)
        return "ECDSA";
    return NULL;
}

static void
play_all(const char *backend)
{
    struct sessions sessions = {.received = NULL};
    const struct script *resumed = &scripts[NUM_TRACES - 1];
    uint32_t age = make_session(&sessions, FIRST_SCRIPT, resumed);
    for (size_t t = 0; t < NUM_TRACES; t++) {
        const struct script *s = &scripts[t];
        const char *lack = lacks(backend, s);
        if (lack != NULL) {
            printf("\n    %-10s %-20s not played: the backend has no %s", backend, s->name, lack);
            CU_ASSERT(strcmp(backend, "libsodium") == 0); /* the others have everything here */
            continue;
        }
        clock_ms = TRACE_TIME_MS + (resumes(s) ? age + 1 : 0); /* we claim one less: it is cut to milliseconds */
        run_role(backend, s, TVT_CLIENT, &sessions);
        if (s == FIRST_SCRIPT)
            check_received(&sessions, s);
        run_role(backend, s, TVT_SERVER, &sessions);
    }
    unsigned played = lacks(backend, FIRST_SCRIPT) == NULL;
    CU_ASSERT(sessions.given == played && sessions.looked_up == played && sessions.asked == played);
    tvt_session_unref(sessions.received);
    tvt_session_unref(sessions.made);
}

static void
play_traces(void)
{
    const char *const *backends;
    size_t num = tvt_provider_builtin(&backends);
    for (size_t t = 0; t < NUM_TRACES; t++)
        CU_ASSERT_FATAL(script_load(&scripts[t], names[t]));
    for (size_t b = 0; b < num; b++)
        play_all(backends[b]);
}

int
tvt_register_trace(void)
{
    CU_pSuite suite = CU_add_suite("trace", NULL, suite_finish);
    if (suite == NULL || CU_add_test(suite, "RFC 8448 through connections, byte for byte", play_traces) == NULL)
        return -1;
    return 0;
}
