/* SPDX-License-Identifier: MIT
 *
 * Two connections after each other, for tests.
 */
#include "tests/unit/connection_help.h"
#include "core/base/memory.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_MS 10000u

static void
keep_session(void *user, struct tvt_connection *connection, struct tvt_session *session)
{
    struct tvt_again *a = user;
    CU_ASSERT(connection == tvt_fixture_end(&a->f, TVT_CLIENT));
    if (a->num_sessions < TVT_AGAIN_SESSIONS)
        a->session[a->num_sessions++] = tvt_session_ref(session);
}

void
tvt_again_open(struct tvt_again *a, uint32_t client_early, uint32_t server_early)
{
    memset(a, 0, sizeof *a);
    CU_ASSERT_FATAL(tvt_fixture_open(&a->f, NULL));
    struct tvt_config *client = a->f.config[TVT_CLIENT], *server = a->f.config[TVT_SERVER];
    CU_ASSERT_EQUAL_FATAL(tvt_ticket_keys_new(&a->keys, tvt_config_provider(server), 0, NULL, NULL), TVT_OK);
    CU_ASSERT_EQUAL_FATAL(
        tvt_replay_memory_new(&a->memory, 64, TVT_FIXTURE_TIME_MS - 10 * WINDOW_MS, WINDOW_MS, NULL, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_new_session(client, keep_session, a, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_early_data(client, client_early, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_ticket_keys(server, a->keys, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_replay(server, tvt_replay_memory_port(a->memory), WINDOW_MS, NULL), TVT_OK);
    CU_ASSERT_EQUAL(tvt_config_set_early_data(server, server_early, NULL), TVT_OK);
}

void
tvt_again_first(struct tvt_again *a)
{
    CU_ASSERT_FATAL(tvt_fixture_handshake(&a->f));
    CU_ASSERT_EQUAL(tvt_connection_send_tickets(tvt_fixture_end(&a->f, TVT_SERVER), 0), TVT_OK);
    tvt_pair_settle(&a->f.pair);
    CU_ASSERT_EQUAL_FATAL(a->num_sessions, 2);
    tvt_pair_close(&a->f.pair);
    a->f.connected = false;
    for (int role = 0; role < 2; role++) {
        struct tvt_config *copy = NULL;
        CU_ASSERT_EQUAL_FATAL(tvt_config_copy(&copy, a->f.config[role], NULL), TVT_OK);
        tvt_config_free(a->f.config[role]);
        a->f.config[role] = copy;
    }
}

void
tvt_again_connect(struct tvt_again *a, bool early)
{
    CU_ASSERT_FATAL(tvt_fixture_connect(&a->f));
    struct tvt_connection *client = tvt_fixture_end(&a->f, TVT_CLIENT);
    CU_ASSERT_EQUAL(tvt_connection_add_session(client, a->session[0]), TVT_OK);
    if (early)
        CU_ASSERT_EQUAL(tvt_connection_offer_early(client), TVT_OK);
}

void
tvt_again_close(struct tvt_again *a)
{
    tvt_fixture_close(&a->f);
    for (size_t i = 0; i < a->num_sessions; i++)
        tvt_session_unref(a->session[i]);
    tvt_ticket_keys_unref(a->keys);
    tvt_replay_memory_free(a->memory);
    memset(a, 0, sizeof *a);
}

void
tvt_again_inject(struct tvt_fixture *f, enum tvt_role to, const uint8_t *bytes, size_t len)
{
    struct tvt_queue *q = &f->pair.queue[to];
    memcpy(q->bytes + q->len, bytes, len);
    q->len += len;
    q->total += len;
}

bool
tvt_again_send_early(struct tvt_again *a, const void *data, size_t len, size_t room)
{
    uint8_t out[TVT_RECORD_WIRE_MAX];
    const uint8_t *p = data;
    size_t used = 0, n = 0;
    struct tvt_connection *client = tvt_fixture_end(&a->f, TVT_CLIENT);
    if (room > sizeof out)
        room = sizeof out;
    while (len > 0) {
        enum tvt_result r = tvt_connection_seal_early(client, out, room, &n, p, len, &used);
        if (r != TVT_OK && !(r == TVT_WANT_WRITE && n > 0))
            return false;
        tvt_again_inject(&a->f, TVT_SERVER, out, n);
        if (r == TVT_OK && used == 0)
            return false;
        p += used;
        len -= used;
    }
    return true;
}

bool
tvt_again_failed(const struct tvt_fixture *f, enum tvt_role victim, enum tvt_error_code code)
{
    const struct tvt_error *e = tvt_connection_error(tvt_fixture_end(f, victim));
    const struct tvt_error *told = tvt_connection_error(tvt_fixture_end(f, (enum tvt_role)(1 - victim)));
    bool good = e->code == code && told->code == TVT_E_PEER_ALERT && told->alert == tvt_error_alert(code);
    if (!good)
        printf("\n    want %s: %s\n      told: %s", tvt_error_name(code), tvt_fixture_error(f, victim),
               tvt_fixture_error(f, (enum tvt_role)(1 - victim)));
    return good;
}

bool
tvt_again_talk(struct tvt_fixture *f)
{
    bool good = true;
    for (int from = 0; from < 2; from++) {
        struct tvt_end *to = &f->pair.end[1 - from];
        size_t had = to->data_len;
        good = tvt_pair_send(&f->pair, (enum tvt_role)from, "x", 1) && good;
        tvt_pair_settle(&f->pair);
        good = to->data_len == had + 1 && to->data[had] == 'x' && good;
    }
    if (!good)
        printf("\n    client: %s\n    server: %s", tvt_fixture_error(f, TVT_CLIENT), tvt_fixture_error(f, TVT_SERVER));
    return good;
}
