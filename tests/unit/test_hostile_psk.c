/* SPDX-License-Identifier: MIT
 *
 * Sessions and keys that prove less than they seem to, 0-RTT at the edges of time, callbacks that answer nonsense, cookies
 * of another server (RFC 9846 4.2.2, 4.3.11, 4.7.1, 8).
 */
#include "core/base/memory.h"
#include "core/session/session.h"
#include "tests/support/bend.h"
#include "tests/unit/resume_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <string.h>

int tvt_register_hostile_psk(void);

static const uint8_t key[32] = {7, 7, 7};

/* ---- names ---- */

/* A connection that says "localhost" and compares `name`; with a kept session, where there is one. */
static bool
connect_as(struct resume *b, enum tvt_verify verify, const char *name, const struct tvt_session *offered)
{
    CU_ASSERT_EQUAL(tvt_config_set_verify(b->f.config[TVT_CLIENT], verify, NULL), TVT_OK);
    CU_ASSERT_FATAL(tvt_fixture_connect(&b->f));
    struct tvt_connection *c = tvt_fixture_end(&b->f, TVT_CLIENT);
    CU_ASSERT_EQUAL(tvt_connection_set_names(c, "localhost", name), TVT_OK);
    for (size_t i = 0; i < b->kept.num; i++)
        if (b->kept.session[i] == offered)
            CU_ASSERT_EQUAL(tvt_connection_add_session(c, b->kept.session[i]), TVT_OK);
    return tvt_pair_handshake(&b->f.pair) && resume_exchange(b);
}

/* What was spoken of and not compared is no proof later, directly or through a resumed connection between. */
static void
name_not_compared(void)
{
    static const enum tvt_verify lax[] = {TVT_VERIFY_CHAIN_ONLY, TVT_VERIFY_NONE};
    for (size_t i = 0; i < 4; i++) {
        struct resume b;
        if (!resume_open_full(&b))
            return;
        if (i >= 2) { /* between: the first one compared another name */
            CU_ASSERT(connect_as(&b, TVT_VERIFY_PEER, "localhost", NULL));
            resume_thaw(&b);
        }
        CU_ASSERT(connect_as(&b, lax[i % 2], "other.test", i >= 2 ? b.kept.session[b.kept.num - 1] : NULL));
        CU_ASSERT_EQUAL(resume_info(&b, TVT_CLIENT).resumed, i >= 2);
        struct tvt_session *last = b.kept.session[b.kept.num - 1];
        resume_thaw(&b);
        CU_ASSERT_FALSE(connect_as(&b, TVT_VERIFY_PEER, "other.test", last));
        CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&b.f, TVT_CLIENT))->code, TVT_E_CERT_NAME_MISMATCH);
        CU_ASSERT_FALSE(resume_info(&b, TVT_CLIENT).resumed);
        resume_thaw(&b);
        if (i >= 2) { /* and what was compared still is */
            CU_ASSERT(connect_as(&b, TVT_VERIFY_PEER, "localhost", last));
            CU_ASSERT(resume_info(&b, TVT_CLIENT).resumed);
        }
        resume_close(&b);
    }
}

/* ---- 0-RTT and time ---- */

static enum tvt_early
early_at(struct resume *b, int64_t server_ms, int64_t client_ms)
{
    resume_now_ms = TVT_FIXTURE_TIME_MS + (uint64_t)server_ms;
    resume_client_ahead_ms = (uint64_t)(client_ms - server_ms);
    resume_next(b, 0, true);
    resume_expect(b, true);
    enum tvt_early early = resume_info(b, TVT_SERVER).early;
    CU_ASSERT_EQUAL(resume_info(b, TVT_CLIENT).early, early);
    resume_thaw(b);
    return early;
}

static void
allow_early(struct resume *b, const struct tvt_replay *replay)
{
    for (int role = 0; role < 2; role++)
        CU_ASSERT_EQUAL(tvt_config_set_early_data(b->f.config[role], 100, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_replay(b->f.config[TVT_SERVER], replay, 10000, NULL), TVT_OK);
}

/* A ticket of a server whose clock is ahead: fresh in the window around its own time, and not for the minute before, in
 * which a ClientHello would be forgotten and fresh still. */
static void
age_below_zero(void)
{
    struct resume b;
    if (!resume_open_full(&b))
        return;
    allow_early(&b, &b.replay); /* which says yes to all */
    CU_ASSERT(resume_first(&b));
    CU_ASSERT_EQUAL(early_at(&b, -50000, 0), TVT_EARLY_REJECTED);
    CU_ASSERT_EQUAL(early_at(&b, -10002, 0), TVT_EARLY_REJECTED);
    CU_ASSERT_EQUAL(early_at(&b, -9000, 0), TVT_EARLY_ACCEPTED);
    CU_ASSERT_EQUAL(early_at(&b, 9000, 0), TVT_EARLY_ACCEPTED);
    CU_ASSERT_EQUAL(early_at(&b, 10002, 0), TVT_EARLY_REJECTED);
    CU_ASSERT_EQUAL(early_at(&b, 0, -30000), TVT_EARLY_ACCEPTED); /* the client's clock went back: it claims zero */
    resume_close(&b);
}

static enum tvt_result
answer_late(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now, uint64_t until)
{
    unsigned *asked = user;
    CU_ASSERT(id != NULL && until > now);
    if ((*asked)++ > 0)
        return TVT_OK;
    resume_now_ms += 30000; /* longer than any memory has to last */
    return TVT_PENDING;
}

static void
waited_too_long(void)
{
    unsigned asked = 0;
    struct tvt_replay replay = {&asked, answer_late};
    struct resume b;
    if (!resume_open_full(&b))
        return;
    allow_early(&b, &replay);
    CU_ASSERT(resume_first(&b));
    CU_ASSERT_EQUAL(early_at(&b, 0, 0), TVT_EARLY_REJECTED);
    CU_ASSERT_EQUAL(asked, 1);
    resume_close(&b);
}

/* A memory that was born today cannot know what was said under a key that has no age: it says so, and keeps its room. */
static void
memory_of_keys(void)
{
    struct tvt_replay_memory *memory;
    uint8_t id[TVT_REPLAY_ID_LEN] = {0};
    const uint64_t now = TVT_FIXTURE_TIME_MS;
    CU_ASSERT_EQUAL_FATAL(tvt_replay_memory_new(&memory, 10, 0, 10000, NULL, NULL), TVT_OK);
    const struct tvt_replay *port = tvt_replay_memory_port(memory);
    for (id[0] = 0; id[0] < 10; id[0]++)
        CU_ASSERT_EQUAL(port->first_time(port->user, id, now, UINT64_MAX), TVT_FAIL);
    for (id[0] = 100; id[0] < 110; id[0]++)
        CU_ASSERT_EQUAL(port->first_time(port->user, id, now, now + 1), TVT_OK);
    tvt_replay_memory_free(memory);
}

/* ---- callbacks that answer nonsense ---- */

static enum tvt_result
take_what_is_there(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out)
{
    struct tvt_session *const *there = user;
    CU_ASSERT_PTR_NOT_NULL(id);
    *out = tvt_session_ref(*there);
    return TVT_OK;
}

static enum tvt_result
keep_nothing(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session, uint64_t expires)
{
    (void)user;
    (void)expires;
    return id != NULL && session != NULL ? TVT_OK : TVT_FAIL;
}

static enum tvt_result
find_nothing(void *user, struct tvt_span identity, struct tvt_session **out)
{
    (void)user;
    CU_ASSERT(identity.len > 0);
    *out = NULL;
    return TVT_OK;
}

/* NULL, or a session that has all but its secret: no key at all, or one that everybody knows. */
static void
nonsense_found(void)
{
    for (int what = 0; what < 3; what++) {
        struct tvt_session *there = NULL;
        struct tvt_session_cache cache = {&there, keep_nothing, take_what_is_there, NULL};
        struct resume b;
        if (!resume_open_full(&b))
            return;
        struct tvt_config *server = b.f.config[TVT_SERVER];
        enum tvt_result set = what == 2 ? tvt_config_set_psk_lookup(server, find_nothing, NULL, NULL)
                                        : tvt_config_set_session_cache(server, &cache, NULL);
        CU_ASSERT_EQUAL(set, TVT_OK);
        CU_ASSERT(resume_first(&b));
        if (what == 1) { /* both ends could compute its binder */
            struct tvt_session fields = {0};
            tvt_session_copy_fields(&fields, b.kept.session[0]);
            fields.secret_len = 0;
            CU_ASSERT_EQUAL_FATAL(tvt_session_make(&there, &fields, NULL), TVT_OK);
        }
        resume_next(&b, 0, false);
        resume_expect(&b, false);
        resume_close(&b);
        tvt_session_unref(there);
    }
}

/* What has no identity or no secret cannot be offered; the handshake goes on without it. */
static void
not_offered(void)
{
    for (int what = 0; what < 2; what++) {
        struct tvt_session fields = {0}, *bare;
        struct resume b;
        if (!resume_open_full(&b))
            return;
        CU_ASSERT(resume_first(&b));
        tvt_session_copy_fields(&fields, b.kept.session[0]);
        if (what == 0)
            fields.identity.len = 0;
        else
            fields.secret_len = 0;
        CU_ASSERT_EQUAL_FATAL(tvt_session_make(&bare, &fields, NULL), TVT_OK);
        CU_ASSERT_FATAL(tvt_fixture_connect(&b.f));
        CU_ASSERT_EQUAL(tvt_connection_add_session(tvt_fixture_end(&b.f, TVT_CLIENT), bare), TVT_OK);
        resume_expect(&b, false);
        resume_close(&b);
        tvt_session_unref(bare);
    }
}

/* ---- who came by a key ---- */

static enum tvt_result
find_key(void *user, struct tvt_span identity, struct tvt_session **out)
{
    *out = identity.len == 6 ? tvt_session_ref(user) : NULL;
    return *out != NULL ? TVT_OK : TVT_FAIL;
}

/* The ticket of a connection with an external key, at a server that demands certificates: good where such keys are taken,
 * and no way around the certificate where they are not. */
static void
ticket_of_a_key(void)
{
    for (int taken = 0; taken < 2; taken++) {
        struct tvt_session *psk;
        struct resume b;
        if (!resume_open_full(&b))
            return;
        struct tvt_trust_store *trust = tvt_fixture_trust("ed25519");
        CU_ASSERT_EQUAL_FATAL(tvt_session_new_external(&psk, tvt_span((const uint8_t *)"device", 6),
                                                       tvt_span(key, sizeof key), TVT_HASH_SHA256, NULL),
                              TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_psk_lookup(b.f.config[TVT_SERVER], find_key, psk, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_add_psk(b.f.config[TVT_CLIENT], psk, NULL), TVT_OK);
        CU_ASSERT(tvt_fixture_handshake(&b.f) && resume_exchange(&b));
        CU_ASSERT(resume_info(&b, TVT_SERVER).psk_external);
        resume_thaw(&b);
        CU_ASSERT_EQUAL(tvt_config_set_trust(b.f.config[TVT_SERVER], trust, NULL), TVT_OK);
        CU_ASSERT_EQUAL(tvt_config_set_verify(b.f.config[TVT_SERVER], TVT_VERIFY_REQUIRE, NULL), TVT_OK);
        if (!taken)
            CU_ASSERT_EQUAL(tvt_config_set_psk_lookup(b.f.config[TVT_SERVER], NULL, NULL, NULL), TVT_OK);
        resume_next(&b, 0, false);
        bool done = tvt_pair_handshake(&b.f.pair) && resume_exchange(&b);
        CU_ASSERT_EQUAL(done, taken != 0);
        CU_ASSERT_EQUAL(resume_info(&b, TVT_SERVER).resumed, taken != 0);
        CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&b.f, TVT_SERVER))->code,
                        taken ? TVT_E_NONE : TVT_E_CERTIFICATE_REQUIRED);
        resume_close(&b);
        tvt_trust_store_unref(trust);
        tvt_session_unref(psk);
    }
}

/* ---- cookies ---- */

/* The keys of the cookie are shared, the groups are not: it is as if there was no cookie, and no error of ours. */
static void
cookie_of_another_group(void)
{
    struct tvt_config *other;
    struct resume b;
    if (!resume_open_full(&b))
        return;
    CU_ASSERT_EQUAL(tvt_config_set_cookie(b.f.config[TVT_SERVER], b.keys, true, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_num_shares(b.f.config[TVT_CLIENT], 0, NULL), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(tvt_config_copy(&other, b.f.config[TVT_SERVER], NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_groups(b.f.config[TVT_SERVER], "x25519", NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_groups(other, "secp256r1", NULL), TVT_OK);
    CU_ASSERT_FATAL(tvt_fixture_connect(&b.f));
    resume_change_server(&b, other);
    CU_ASSERT_FALSE(tvt_pair_handshake(&b.f.pair)); /* the client does not take a second HelloRetryRequest */
    CU_ASSERT_EQUAL(tvt_connection_error(tvt_fixture_end(&b.f, TVT_SERVER))->code, TVT_E_PEER_ALERT);
    resume_close(&b);
    tvt_config_free(other);
}

/* RFC 9846 4.2.2: early_data is left out of the second ClientHello, also where nobody remembers the first. */
static void
early_after_cookie(void)
{
    for (int same = 0; same < 2; same++) {
        static struct tvt_bend bend;
        struct resume b;
        if (!resume_open_full(&b))
            return;
        bend = (struct tvt_bend){.kind = TVT_MSG_CLIENT_HELLO, .nth = 1, .op = TVT_BEND_FRONT, .at = 42, .hex = ""};
        CU_ASSERT_EQUAL(tvt_config_set_cookie(b.f.config[TVT_SERVER], b.keys, true, NULL), TVT_OK);
        CU_ASSERT(resume_first(&b));
        b.f.config[TVT_CLIENT]->test_port = (struct tvt_test_port){.replace = tvt_bend_message, .user = &bend};
        resume_next(&b, 0, false);
        if (!same)
            resume_change_server(&b, b.f.config[TVT_SERVER]);
        CU_ASSERT_FALSE(tvt_pair_handshake(&b.f.pair));
        CU_ASSERT(bend.done);
        const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(&b.f, TVT_SERVER));
        CU_ASSERT_EQUAL(e->code, TVT_E_CHANGED_HELLO);
        resume_close(&b);
    }
}

int
tvt_register_hostile_psk(void)
{
    static const CU_TestInfo tests[] = {
        {"a name that nobody compared", name_not_compared},
        {"a ticket from the future is not fresh for longer", age_below_zero},
        {"fresh when it came, not when the memory is asked", waited_too_long},
        {"keys without an age get half of the memory", memory_of_keys},
        {"a look-up finds nonsense", nonsense_found},
        {"a session that cannot be offered", not_offered},
        {"the ticket of a key is no certificate", ticket_of_a_key},
        {"a cookie for a group that is not ours", cookie_of_another_group},
        {"0-RTT after a cookie", early_after_cookie},
    };
    return suite_register("hostile_psk", tests, sizeof tests / sizeof tests[0]);
}
