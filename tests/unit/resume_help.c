/* SPDX-License-Identifier: MIT
 *
 * Two connections after each other.
 */
#include "tests/unit/resume_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

void
resume_keep(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    struct kept *kept = user;
    CU_ASSERT_PTR_NOT_NULL(connection);
    if (kept->num < KEPT_MAX)
        kept->session[kept->num++] = tvt_session_ref(session);
}

void
resume_forget(struct kept *kept)
{
    for (size_t i = 0; i < kept->num; i++)
        tvt_session_unref(kept->session[i]);
    kept->num = 0;
}

uint64_t resume_now_ms, resume_client_ahead_ms;

static uint64_t
moving_clock(void *user)
{
    return resume_now_ms + (user != NULL ? *(uint64_t *)user : 0);
}

static enum tvt_result
replay_answer(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now, uint64_t until)
{
    enum tvt_result *answers = user; /* one after the other; the last one stays */
    enum tvt_result r = answers[0];
    CU_ASSERT(id != NULL && until > now);
    if (r == TVT_PENDING)
        answers[0] = answers[1];
    return r;
}

const char *const resume_backends[RESUME_BACKENDS] = {"openssl", "libsodium", "wolfcrypt", "libsodium+openssl",
                                                      "libsodium+wolfcrypt"};

bool
resume_open(struct resume *b, const char *names)
{
    const struct tvt_provider *provider = tvt_fixture_provider(names);
    struct tvt_fixture_options options = {.client = names, .server = names};
    struct tvt_error e;
    memset(b, 0, sizeof *b);
    resume_now_ms = TVT_FIXTURE_TIME_MS;
    resume_client_ahead_ms = 0;
    b->names = names;
    if (provider == NULL || !tvt_fixture_open(&b->f, &options))
        return false;
    tvt_error_clear(&e);
    CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_new(&b->keys, provider, 0, NULL, &e), TVT_OK);
    struct tvt_config *client = b->f.config[TVT_CLIENT], *server = b->f.config[TVT_SERVER];
    CU_ASSERT_EQUAL(tvt_config_set_new_session(client, resume_keep, &b->kept, &e), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_clock(client, moving_clock, &resume_client_ahead_ms, &e), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_clock(server, moving_clock, NULL, &e), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_ticket_keys(server, b->keys, &e), TVT_OK);
    b->replay = (struct tvt_replay){b->answers, replay_answer};
    return true;
}

bool
resume_open_full(struct resume *b)
{
    bool open = resume_open(b, "openssl") || resume_open(b, "wolfcrypt");
    if (!open)
        printf("\n    left out: neither openssl nor wolfcrypt is in this build");
    return open;
}

void
resume_close(struct resume *b)
{
    tvt_fixture_close(&b->f);
    resume_forget(&b->kept);
    tvt_ticket_keys_unref(b->keys);
    tvt_memory_cache_free(b->cache);
}

/* The configurations may be changed again: copies of them take their place. */
void
resume_thaw(struct resume *b)
{
    if (b->f.connected)
        tvt_pair_close(&b->f.pair);
    b->f.connected = false;
    for (int role = 0; role < 2; role++) {
        struct tvt_config *copy;
        CU_ASSERT_EQUAL_FATAL(tvt_config_copy(&copy, b->f.config[role], NULL), TVT_OK);
        tvt_config_free(b->f.config[role]);
        b->f.config[role] = copy;
    }
}

struct tvt_info
resume_info(const struct resume *b, enum tvt_role role)
{
    struct tvt_info info;
    tvt_connection_info(tvt_fixture_end(&b->f, role), &info);
    return info;
}

/* Both ways, a few bytes each: the tickets come with the server's. */
bool
resume_exchange(struct resume *b)
{
    struct tvt_pair *p = &b->f.pair;
    size_t had[2] = {p->end[TVT_CLIENT].data_len, p->end[TVT_SERVER].data_len};
    if (!tvt_pair_send(p, TVT_CLIENT, "question", 8))
        return false;
    tvt_pair_settle(p);
    if (!tvt_pair_send(p, TVT_SERVER, "answer", 6))
        return false;
    tvt_pair_settle(p);
    return p->end[TVT_CLIENT].data_len == had[0] + 6 && p->end[TVT_SERVER].data_len == had[1] + 8 &&
           memcmp(p->end[TVT_CLIENT].data + had[0], "answer", 6) == 0;
}

/* A whole handshake with certificates and its tickets; then the configurations are open again. */
bool
resume_first(struct resume *b)
{
    bool good = tvt_fixture_handshake(&b->f);
    if (!good)
        printf("\n    %s: client: %s; server: %s", b->names, tvt_fixture_error(&b->f, TVT_CLIENT),
               tvt_fixture_error(&b->f, TVT_SERVER));
    good = good && resume_exchange(b) && !resume_info(b, TVT_CLIENT).resumed && !resume_info(b, TVT_SERVER).resumed;
    resume_thaw(b);
    return good;
}

/* A connection that offers the kept session `index`. */
bool
resume_next(struct resume *b, size_t index, bool early)
{
    CU_ASSERT_FATAL(tvt_fixture_connect(&b->f));
    struct tvt_connection *c = tvt_fixture_end(&b->f, TVT_CLIENT);
    CU_ASSERT_FATAL(index < b->kept.num);
    CU_ASSERT_EQUAL(tvt_connection_add_session(c, b->kept.session[index]), TVT_OK);
    if (early)
        CU_ASSERT_EQUAL(tvt_connection_offer_early(c), TVT_OK);
    return true;
}

void
resume_expect(struct resume *b, bool resumed)
{
    bool done = tvt_pair_handshake(&b->f.pair) && resume_exchange(b);
    if (!done || resume_info(b, TVT_CLIENT).resumed != resumed)
        printf("\n    %s: %s; client: %s; server: %s", b->names, done ? "done" : "failed",
               tvt_fixture_error(&b->f, TVT_CLIENT), tvt_fixture_error(&b->f, TVT_SERVER));
    CU_ASSERT(done);
    CU_ASSERT_EQUAL(resume_info(b, TVT_CLIENT).resumed, resumed);
    CU_ASSERT_EQUAL(resume_info(b, TVT_SERVER).resumed, resumed);
    CU_ASSERT_EQUAL(resume_info(b, TVT_CLIENT).peer_verified, true);
    CU_ASSERT(resume_info(b, TVT_CLIENT).num_peer_certificates > 0);
}

void
resume_change_server(struct resume *b, struct tvt_config *config)
{
    for (int turn = 0; turn < 2; turn++) {
        (void)tvt_pair_step(&b->f.pair, TVT_CLIENT);
        (void)tvt_pair_step(&b->f.pair, TVT_SERVER);
    }
    CU_ASSERT_STRING_EQUAL(tvt_connection_state(tvt_fixture_end(&b->f, TVT_SERVER)), "server13.WAIT_CH2");
    tvt_connection_free(b->f.pair.end[TVT_SERVER].connection);
    CU_ASSERT_EQUAL_FATAL(tvt_connection_new(&b->f.pair.end[TVT_SERVER].connection, config, TVT_SERVER, NULL), TVT_OK);
}
