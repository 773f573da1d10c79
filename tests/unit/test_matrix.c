/* SPDX-License-Identifier: MIT
 *
 * Every backend as client against every backend as server, and the overlays: each suite, group and kind of key that both
 * sides have, with and without a HelloRetryRequest; then the bytes in pieces, and a pause at every byte of a handshake.
 */
#include "core/connection/connection.h"
#include "tests/support/fixture.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_matrix(void);

#define SIDES_MAX 8u
#define BIG       40000u

static const char *sides[SIDES_MAX];
static size_t num_sides, num_builtin;
static unsigned counts[SIDES_MAX][SIDES_MAX];
static uint8_t data[BIG];

static const char *const keys[] = {"ec256",   "ec384", "ec521",   "rsa2048", "rsa3072", "rsapss",
                                   "ed25519", "ed448", "mldsa44", "mldsa65", "mldsa87"};
static const uint8_t key_types[] = {TVT_KEY_P256,    TVT_KEY_P384,    TVT_KEY_P521,    TVT_KEY_RSA,
                                    TVT_KEY_RSA,     TVT_KEY_RSA_PSS, TVT_KEY_ED25519, TVT_KEY_ED448,
                                    TVT_KEY_MLDSA44, TVT_KEY_MLDSA65, TVT_KEY_MLDSA87};
#define NUM_KEYS (sizeof keys / sizeof keys[0])

static int
begin(void)
{
    const char *const *names;
    num_builtin = tvt_provider_builtin(&names);
    for (num_sides = 0; num_sides < num_builtin; num_sides++)
        sides[num_sides] = names[num_sides];
    if (tvt_fixture_provider("libsodium+openssl") != NULL)
        sides[num_sides++] = "libsodium+openssl";
    if (tvt_fixture_provider("libsodium+wolfcrypt") != NULL)
        sides[num_sides++] = "libsodium+wolfcrypt";
    for (size_t i = 0; i < BIG; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 8));
    return 0;
}

static int
finish(void)
{
    tvt_fixture_cleanup();
    return 0;
}

/* ---- one connection ---- */

struct way {
    const char *client, *server, *key;
    uint16_t suite, group; /* 0: the defaults */
    bool retry;
    size_t chunk, room;
};

static void
say(const struct way *w, const struct tvt_fixture *f, const char *what)
{
    printf("\n    %s -> %s, key %s, suite %04x, group %s, retry %d, chunk %zu, room %zu: %s\n      %s\n      %s",
           w->client, w->server, w->key, w->suite, tvt_group_name(w->group), w->retry, w->chunk, w->room, what,
           f->connected ? tvt_fixture_error(f, TVT_CLIENT) : f->problem,
           f->connected ? tvt_fixture_error(f, TVT_SERVER) : "");
}

/* Without shares the server has to ask; with a share of another group that it does not take, it has to as well. */
static bool
force_retry(struct tvt_fixture *f, uint16_t group)
{
    struct tvt_config *c = f->config[TVT_CLIENT], *s = f->config[TVT_SERVER];
    uint16_t other = 0;
    for (size_t i = 0; i < c->num_groups; i++)
        if (c->groups[i] != group && other == 0)
            other = c->groups[i];
    c->groups[0] = other != 0 ? other : group;
    c->groups[1] = group;
    c->num_groups = other != 0 ? 2 : 1;
    s->groups[0] = group;
    s->num_groups = 1;
    return tvt_config_set_num_shares(c, other != 0 ? 1 : 0, NULL) == TVT_OK;
}

static bool
configure(struct tvt_fixture *f, const struct way *w)
{
    struct tvt_fixture_options o = {.client = w->client, .server = w->server, .key = w->key};
    if (!tvt_fixture_open(f, &o))
        return false;
    for (int role = 0; role < 2; role++) {
        struct tvt_config *c = f->config[role];
        if (w->suite != 0 && tvt_config_set_suites(c, tvt_suite_find(w->suite)->name, NULL) != TVT_OK)
            return false;
        if (w->group != 0 && !w->retry && tvt_config_set_groups(c, tvt_group_name(w->group), NULL) != TVT_OK)
            return false;
    }
    return !w->retry || force_retry(f, w->group);
}

/* Seals through a window of `room` bytes. */
static bool
send_through(struct tvt_pair *pair, enum tvt_role from, size_t len, size_t room)
{
    uint8_t out[TVT_RECORD_WIRE_MAX];
    size_t sent = 0;
    if (room == 0)
        return tvt_pair_send(pair, from, data, len);
    while (sent < len) {
        size_t n = 0, used = 0;
        struct tvt_queue *q = &pair->queue[1 - from];
        if (tvt_connection_seal(pair->end[from].connection, out, room, &n, data + sent, len - sent, &used) != TVT_OK ||
            used == 0 || n > room)
            return false;
        memcpy(q->bytes + q->len, out, n);
        q->len += n;
        q->total += n;
        sent += used;
    }
    return true;
}

static bool
exchange(struct tvt_pair *pair, const struct way *w)
{
    static const size_t plenty[] = {1, 16384, BIG}, few[] = {1, 300, 2000};
    for (int from = 0; from < 2; from++) {
        for (size_t i = 0; i < 3; i++) {
            size_t len = w->chunk != 0 || w->room != 0 ? few[i] : plenty[i];
            struct tvt_end *to = &pair->end[1 - from];
            to->data_len = 0;
            if (!send_through(pair, (enum tvt_role)from, len, w->room))
                return false;
            tvt_pair_settle(pair);
            if (to->data_len != len || memcmp(to->data, data, len) != 0)
                return false;
        }
    }
    return true;
}

static bool
facts_agree(const struct tvt_fixture *f, const struct way *w)
{
    struct tvt_info c, s;
    tvt_connection_info(tvt_fixture_end(f, TVT_CLIENT), &c);
    tvt_connection_info(tvt_fixture_end(f, TVT_SERVER), &s);
    uint8_t type = 0, ours[32], theirs[32];
    for (size_t i = 0; i < NUM_KEYS; i++)
        if (strcmp(keys[i], w->key) == 0)
            type = key_types[i];
    return c.version == TVT_TLS13 && s.version == TVT_TLS13 && c.suite == s.suite && c.group == s.group &&
           c.scheme == s.scheme && tvt_scheme_find(c.scheme)->key_type == type && c.peer_verified && !s.peer_verified &&
           (w->suite == 0 || c.suite == w->suite) && (w->group == 0 || c.group == w->group) &&
           c.hello_retry == w->retry && s.hello_retry == w->retry && c.num_peer_certificates == 2 &&
           strcmp(s.server_name, "localhost") == 0 &&
           tvt_connection_export(tvt_fixture_end(f, TVT_CLIENT), ours, 32, "EXPORTER-test", data, 9) == TVT_OK &&
           tvt_connection_export(tvt_fixture_end(f, TVT_SERVER), theirs, 32, "EXPORTER-test", data, 9) == TVT_OK &&
           memcmp(ours, theirs, 32) == 0;
}

static const char *
talk(struct tvt_fixture *f, const struct way *w)
{
    f->pair.chunk = w->chunk;
    f->pair.write_room = w->room;
    if (!tvt_pair_handshake(&f->pair))
        return "handshake";
    if (!facts_agree(f, w))
        return "the two sides tell different things";
    if (!exchange(&f->pair, w))
        return "data";
    for (int role = 0; role < 2; role++) {
        if (tvt_connection_key_update(tvt_fixture_end(f, (enum tvt_role)role), true) != TVT_OK)
            return "key update";
        tvt_pair_settle(&f->pair);
        if (!exchange(&f->pair, w))
            return "data behind a key update";
    }
    for (int role = 0; role < 2; role++) {
        if (tvt_connection_close(tvt_fixture_end(f, (enum tvt_role)role)) != TVT_OK)
            return "close";
        tvt_pair_settle(&f->pair);
        if (!tvt_connection_received_close(tvt_fixture_end(f, (enum tvt_role)(1 - role))))
            return "close_notify did not come";
    }
    for (int role = 0; role < 2; role++)
        if (tvt_connection_error(tvt_fixture_end(f, (enum tvt_role)role))->code != TVT_E_NONE)
            return "an error at the end";
    return NULL;
}

static void
run_way(const struct way *w)
{
    struct tvt_fixture f;
    const char *problem = !configure(&f, w) ? "configuration" : !tvt_fixture_connect(&f) ? "connection" : talk(&f, w);
    if (problem != NULL)
        say(w, &f, problem);
    CU_ASSERT_PTR_NULL(problem);
    for (size_t i = 0; i < num_sides; i++)
        for (size_t j = 0; j < num_sides; j++)
            if (strcmp(sides[i], w->client) == 0 && strcmp(sides[j], w->server) == 0)
                counts[i][j]++;
    tvt_fixture_close(&f);
}

/* ---- what a pair has ---- */

static bool
both_have_suite(const struct way *w, const struct tvt_suite *s)
{
    const struct tvt_provider *p[2] = {tvt_fixture_provider(w->client), tvt_fixture_provider(w->server)};
    for (int i = 0; i < 2; i++)
        if (tvt_provider_aead(p[i], s->aead) == NULL || tvt_provider_hash(p[i], s->hash) == NULL)
            return false;
    return s->version == TVT_TLS13;
}

static bool
both_have_group(const struct way *w, uint16_t group)
{
    struct tvt_group g;
    return tvt_group_find(&g, tvt_fixture_provider(w->client), group) &&
           tvt_group_find(&g, tvt_fixture_provider(w->server), group);
}

static bool
pair_has_key(const struct way *w, const char *key)
{
    return tvt_fixture_can_verify(tvt_fixture_provider(w->client), key) &&
           tvt_fixture_can_sign(tvt_fixture_provider(w->server), key);
}

static void
run_pair(const char *client, const char *server)
{
    static const uint16_t groups[] = {TVT_GROUP_X25519,           TVT_GROUP_SECP256R1, TVT_GROUP_SECP384R1,
                                      TVT_GROUP_SECP521R1,        TVT_GROUP_X448,      TVT_GROUP_X25519MLKEM768,
                                      TVT_GROUP_SECP256R1MLKEM768};
    struct way w = {.client = client, .server = server, .key = "ed25519"};
    const struct tvt_suite *suites;
    size_t num = tvt_suite_table(&suites);
    printf("\n    %s -> %s lacks:", client, server);
    for (int retry = 0; retry < 2; retry++) {
        w.retry = retry == 1;
        w.group = TVT_GROUP_X25519;
        w.key = "ed25519";
        for (size_t i = 0; i < num; i++) {
            w.suite = suites[i].id;
            if (both_have_suite(&w, &suites[i]))
                run_way(&w);
            else if (retry == 0 && suites[i].version == TVT_TLS13)
                printf(" %s", suites[i].name);
        }
        w.suite = 0;
        for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
            w.group = groups[i];
            if (both_have_group(&w, groups[i]))
                run_way(&w);
            else if (retry == 0)
                printf(" %s", tvt_group_name(groups[i]));
        }
        w.group = TVT_GROUP_X25519;
        for (size_t i = 0; i < NUM_KEYS; i++) {
            w.key = keys[i];
            if (pair_has_key(&w, keys[i]))
                run_way(&w);
            else if (retry == 0)
                printf(" key:%s", keys[i]);
        }
    }
}

static void
cross_all(void)
{
    for (size_t i = 0; i < num_sides; i++)
        for (size_t j = 0; j < num_sides; j++)
            run_pair(sides[i], sides[j]);
}

/* Every pair has at least X25519, Ed25519 and two suites. A backend with P-256 and RSA must not lose them silently. */
static void
presence(void)
{
    struct way w = {0};
    if (num_builtin == 0) {
        struct tvt_provider *none = NULL;
        CU_ASSERT_EQUAL(tvt_provider_open(&none, NULL, NULL), TVT_FAIL);
    }
    for (size_t i = 0; i < num_sides; i++) {
        w.client = w.server = sides[i];
        CU_ASSERT(pair_has_key(&w, "ed25519"));
        CU_ASSERT(both_have_group(&w, TVT_GROUP_X25519));
        CU_ASSERT(both_have_suite(&w, tvt_suite_find(0x1303)));
        if (strcmp(sides[i], "libsodium") == 0)
            continue;
        CU_ASSERT(both_have_suite(&w, tvt_suite_find(0x1301)));
        CU_ASSERT(both_have_group(&w, TVT_GROUP_SECP256R1));
        for (size_t k = 0; k < 6; k++)
            CU_ASSERT(pair_has_key(&w, keys[k]));
    }
}

static void
in_pieces(void)
{
    for (size_t i = 0; i < num_sides; i++) {
        for (size_t j = 0; j < num_sides; j++) {
            struct way w = {.client = sides[i], .server = sides[j], .key = "ed25519", .group = TVT_GROUP_X25519};
            for (int retry = 0; retry < 2; retry++) {
                w.retry = retry == 1;
                w.chunk = 1;
                w.room = 0;
                run_way(&w);
                w.room = TVT_OUTPUT_MIN;
                run_way(&w);
                w.chunk = 0;
                run_way(&w);
            }
        }
    }
}

/* ---- a pause at every byte ---- */

static bool
waits_in_peace(const struct tvt_fixture *f, enum tvt_role role)
{
    struct tvt_connection *c = tvt_fixture_end(f, role);
    enum tvt_result r = tvt_connection_handshake(c);
    return tvt_connection_error(c)->code == TVT_E_NONE && r == (tvt_connection_established(c) ? TVT_OK : TVT_WANT_READ);
}

/* Bytes on their way to `role` in a whole handshake; with `cut`, the handshake is held up behind that many. 0: failed. */
static size_t
cut_handshake(const struct way *w, enum tvt_role role, size_t cut)
{
    struct tvt_fixture f;
    size_t total = 0;
    bool good = configure(&f, w) && tvt_fixture_connect(&f);
    if (good && cut > 0) {
        f.pair.gate[role] = cut;
        tvt_pair_settle(&f.pair);
        good = waits_in_peace(&f, TVT_CLIENT) && waits_in_peace(&f, TVT_SERVER) &&
               !(tvt_connection_established(tvt_fixture_end(&f, TVT_CLIENT)) &&
                 tvt_connection_established(tvt_fixture_end(&f, TVT_SERVER)));
        f.pair.gate[role] = 0;
    }
    good = good && tvt_pair_handshake(&f.pair);
    if (good)
        total = f.pair.queue[role].total;
    else
        say(w, &f, "cut");
    tvt_fixture_close(&f);
    return total;
}

static void
cut_everywhere(void)
{
    unsigned cuts = 0;
    for (size_t i = 0; i < num_builtin; i++) {
        for (size_t j = 0; j < num_builtin; j++) {
            struct way w = {.client = sides[i],
                            .server = sides[j],
                            .key = "ed25519",
                            .group = TVT_GROUP_X25519,
                            .suite = 0x1303,
                            .retry = i == j};
            for (int role = 0; role < 2; role++) {
                size_t total = cut_handshake(&w, (enum tvt_role)role, 0), bad = 0;
                CU_ASSERT_FATAL(total > 100);
                for (size_t k = 1; k < total && bad == 0; k++, cuts++)
                    bad = cut_handshake(&w, (enum tvt_role)role, k) == total ? 0 : k;
                CU_ASSERT_EQUAL(bad, 0);
            }
        }
    }
    printf("\n    %u handshakes cut, one at every byte", cuts);
}

static void
print_matrix(void)
{
    printf("\n    connections, client down, server across:\n    %-20s", "");
    for (size_t j = 0; j < num_sides; j++)
        printf(" %19s", sides[j]);
    for (size_t i = 0; i < num_sides; i++) {
        printf("\n    %-20s", sides[i]);
        for (size_t j = 0; j < num_sides; j++) {
            printf(" %19u", counts[i][j]);
            CU_ASSERT(counts[i][j] >= 6 + 2 * 3);
        }
    }
    CU_ASSERT_EQUAL(num_sides >= num_builtin, true);
}

int
tvt_register_matrix(void)
{
    CU_pSuite suite = CU_add_suite("matrix", begin, finish);
    if (suite == NULL || CU_add_test(suite, "every backend has what it must", presence) == NULL ||
        CU_add_test(suite, "every pair: suites, groups, keys", cross_all) == NULL ||
        CU_add_test(suite, "bytes in pieces", in_pieces) == NULL ||
        CU_add_test(suite, "a pause at every byte", cut_everywhere) == NULL ||
        CU_add_test(suite, "the matrix", print_matrix) == NULL)
        return -1;
    return 0;
}
