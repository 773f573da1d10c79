/* SPDX-License-Identifier: MIT
 *
 * TLS 1.2 with every backend as client against every backend as server, and the overlays: each suite, group and kind of key
 * that both sides have; then the bytes in pieces, and a pause at every byte of a handshake of each form.
 */
#include "core/connection/connection.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

int tvt_register_matrix12(void);

#define BIG 40000u

static uint8_t data[BIG];
static unsigned connections;

static const char *const keys[] = {"ec256", "ec384", "ec521", "rsa2048", "rsa3072", "rsapss", "ed25519", "ed448"};
static const uint8_t key_types[] = {TVT_KEY_P256, TVT_KEY_P384,    TVT_KEY_P521,    TVT_KEY_RSA,
                                    TVT_KEY_RSA,  TVT_KEY_RSA_PSS, TVT_KEY_ED25519, TVT_KEY_ED448};
#define NUM_KEYS (sizeof keys / sizeof keys[0])

/* ---- one connection ---- */

struct way {
    const char *client, *server;
    size_t key;
    uint16_t suite, group; /* 0: the defaults */
    bool both;             /* the client has TLS 1.3, too */
    size_t chunk, room;
};

static bool
configure(struct tvt_fixture *f, const struct way *w)
{
    struct tvt_fixture_options o = {.client = w->client, .server = w->server, .key = keys[w->key]};
    const struct tvt_suite *suite = tvt_suite_find(w->suite);
    bool good = tvt_fixture_open(f, &o);
    for (int role = 0; role < 2 && good; role++) {
        struct tvt_config *c = f->config[role];
        bool both = w->both && role == TVT_CLIENT;
        good = tvt_config_set_versions(c, TVT_TLS12, both ? TVT_TLS13 : TVT_TLS12, NULL) == TVT_OK &&
               (suite == NULL || both || tvt_config_set_suites(c, suite->name, NULL) == TVT_OK) &&
               (w->group == 0 || tvt_config_set_groups(c, tvt_group_name(w->group), NULL) == TVT_OK);
    }
    if (!good || suite == NULL || suite->auth != TVT_AUTH_PSK)
        return good;
    struct tvt_session *psk = tls12_psk("somebody");
    for (int role = 0; role < 2; role++)
        good = tvt_config_add_psk(f->config[role], psk, NULL) == TVT_OK && good;
    tvt_session_unref(psk);
    return good;
}

static bool
send_through(struct tvt_pair *pair, enum tvt_role from, size_t len, size_t room)
{
    uint8_t out[TVT_RECORD_WIRE_MAX];
    struct tvt_queue *q = &pair->queue[1 - from];
    for (size_t sent = 0, n = 0, used = 0; room != 0 && sent < len; sent += used) {
        if (tvt_connection_seal(pair->end[from].connection, out, room, &n, data + sent, len - sent, &used) != TVT_OK ||
            used == 0 || n > room)
            return false;
        memcpy(q->bytes + q->len, out, n);
        q->len += n;
        q->total += n;
    }
    return room != 0 || tvt_pair_send(pair, from, data, len);
}

static bool
exchange(struct tvt_pair *pair, const struct way *w)
{
    static const size_t plenty[] = {1, 16384, BIG}, few[] = {1, 300, 2000};
    for (int from = 0; from < 2; from++)
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
    return true;
}

static bool
facts_agree(const struct tvt_fixture *f, const struct way *w)
{
    struct tvt_info c, s;
    uint8_t ours[32], theirs[32];
    tvt_connection_info(tvt_fixture_end(f, TVT_CLIENT), &c);
    tvt_connection_info(tvt_fixture_end(f, TVT_SERVER), &s);
    const struct tvt_suite *suite = tvt_suite_find(c.suite);
    bool psk = suite->auth == TVT_AUTH_PSK;
    bool proved = psk ? c.scheme == 0 && c.num_peer_certificates == 0 && !c.peer_verified
                      : tvt_scheme_takes_key12(tvt_scheme_find(c.scheme), key_types[w->key]) && c.peer_verified &&
                            tvt_suite_takes_key(suite, key_types[w->key]) && c.num_peer_certificates == 2;
    return c.version == TVT_TLS12 && s.version == TVT_TLS12 && c.suite == s.suite && c.group == s.group &&
           c.scheme == s.scheme && proved && !s.peer_verified && (w->suite == 0 || c.suite == w->suite) &&
           (w->group == 0 || c.group == w->group) && !c.hello_retry && !s.hello_retry &&
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
        struct tvt_connection *c = tvt_fixture_end(f, (enum tvt_role)role);
        if (tvt_connection_key_update(c, true) == TVT_OK || tvt_connection_close(c) != TVT_OK)
            return "close";
        tvt_pair_settle(&f->pair);
        if (!tvt_connection_received_close(tvt_fixture_end(f, (enum tvt_role)(1 - role))))
            return "close_notify did not come";
    }
    for (int role = 0; role < 2; role++)
        if (tvt_connection_error(tvt_fixture_end(f, (enum tvt_role)role))->code != TVT_E_NONE &&
            tvt_connection_error(tvt_fixture_end(f, (enum tvt_role)role))->code != TVT_E_WRONG_CALL)
            return "an error at the end";
    return NULL;
}

static void
say(const struct way *w, const struct tvt_fixture *f, const char *what)
{
    printf("\n    %s -> %s, key %s, suite %04x, group %s, both %d, chunk %zu, room %zu: %s\n      %s\n      %s",
           w->client, w->server, keys[w->key], w->suite, tvt_group_name(w->group), w->both, w->chunk, w->room, what,
           f->connected ? tvt_fixture_error(f, TVT_CLIENT) : f->problem,
           f->connected ? tvt_fixture_error(f, TVT_SERVER) : "");
}

static void
run_way(const struct way *w)
{
    struct tvt_fixture f;
    const char *problem = !configure(&f, w) ? "configuration" : !tvt_fixture_connect(&f) ? "connection" : talk(&f, w);
    if (problem != NULL)
        say(w, &f, problem);
    CU_ASSERT_PTR_NULL(problem);
    connections++;
    tvt_fixture_close(&f);
}

/* ---- what a pair has ---- */

#define SIDES_MAX 8u
static const char *sides[SIDES_MAX];
static size_t num_sides, num_builtin;

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

/* A key of the pair that the suite takes; NUM_KEYS: there is none. */
static size_t
key_for(const struct way *w, const struct tvt_suite *suite)
{
    for (size_t i = 0; i < NUM_KEYS; i++)
        if ((suite->auth == TVT_AUTH_PSK || tvt_suite_takes_key(suite, key_types[i])) &&
            tvt_fixture_can_verify(tvt_fixture_provider(w->client), keys[i]) &&
            tvt_fixture_can_sign(tvt_fixture_provider(w->server), keys[i]))
            return i;
    return NUM_KEYS;
}

static bool
both_have(const struct way *w, const struct tvt_suite *s)
{
    const struct tvt_provider *p[2] = {tvt_fixture_provider(w->client), tvt_fixture_provider(w->server)};
    for (int i = 0; i < 2; i++)
        if (tvt_provider_aead(p[i], s->aead) == NULL || tvt_provider_hash(p[i], s->hash) == NULL)
            return false;
    return true;
}

/* Returns how many suites of TLS 1.2 the pair has. */
static unsigned
run_suites(struct way w)
{
    const struct tvt_suite *suites;
    size_t num = tvt_suite_table(&suites);
    unsigned ran = 0;
    for (size_t i = 0; i < num; i++) {
        if (suites[i].version != TVT_TLS12)
            continue;
        w.suite = suites[i].id;
        w.key = key_for(&w, &suites[i]);
        if (w.key == NUM_KEYS || !both_have(&w, &suites[i])) {
            printf(" %s", suites[i].name);
            continue;
        }
        run_way(&w);
        ran++;
    }
    return ran;
}

static void
run_pair(const char *client, const char *server)
{
    static const uint16_t groups[] = {TVT_GROUP_X25519, TVT_GROUP_X448, TVT_GROUP_SECP256R1, TVT_GROUP_SECP384R1,
                                      TVT_GROUP_SECP521R1};
    struct way w = {.client = client, .server = server};
    struct tvt_group g;
    printf("\n    %s -> %s lacks:", client, server);
    CU_ASSERT(run_suites(w) >= 2); /* ChaCha20-Poly1305, with Ed25519 and with a PSK */
    for (size_t i = 0; i < NUM_KEYS; i++) {
        w.key = i;
        if (!tvt_fixture_can_verify(tvt_fixture_provider(client), keys[i]) ||
            !tvt_fixture_can_sign(tvt_fixture_provider(server), keys[i])) {
            printf(" key:%s", keys[i]);
            continue;
        }
        for (int both = 0; both < 2; both++) {
            w.both = both == 1;
            run_way(&w);
        }
    }
    w.key = 6;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        w.group = groups[i];
        for (int both = 0; both < 2; both++) {
            w.both = both == 1;
            if (tvt_group_find(&g, tvt_fixture_provider(client), w.group) &&
                tvt_group_find(&g, tvt_fixture_provider(server), w.group))
                run_way(&w);
            else
                printf(" %s", both ? "" : tvt_group_name(w.group));
        }
    }
}

static void
cross_all(void)
{
    for (size_t i = 0; i < num_sides; i++)
        for (size_t j = 0; j < num_sides; j++)
            run_pair(sides[i], sides[j]);
    printf("\n    %u connections", connections);
    CU_ASSERT(connections >= 5 * num_sides * num_sides);
}

static void
in_pieces(void)
{
    static const size_t chunks[] = {1, 1, 0, 7}, rooms[] = {0, TVT_OUTPUT_MIN, TVT_OUTPUT_MIN, 100};
    for (size_t i = 0; i < num_sides * num_sides * 4; i++) {
        struct way w = {.client = sides[i / 4 % num_sides], .server = sides[i / 4 / num_sides], .key = 6};
        w.chunk = chunks[i % 4];
        w.room = rooms[i % 4];
        w.both = i % 3 == 0;
        run_way(&w);
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

/* Bytes on their way to `role` in a whole handshake; with `cut`, it is held up behind that many. 0: failed. */
static size_t
cut_handshake(unsigned flags, enum tvt_role role, size_t cut)
{
    struct resume b;
    size_t total = 0;
    CU_ASSERT_FATAL(tls12_open(&b, flags));
    tls12_connect(&b, flags);
    b.f.pair.gate[role] = cut;
    tvt_pair_settle(&b.f.pair);
    bool good = cut == 0 || (waits_in_peace(&b.f, TVT_CLIENT) && waits_in_peace(&b.f, TVT_SERVER) &&
                             !(tvt_connection_established(tvt_fixture_end(&b.f, TVT_CLIENT)) &&
                               tvt_connection_established(tvt_fixture_end(&b.f, TVT_SERVER))));
    b.f.pair.gate[role] = 0;
    if (good && tvt_pair_handshake(&b.f.pair))
        total = b.f.pair.queue[role].total;
    else
        printf("\n    flags %x, cut at %zu: %s\n      %s", flags, cut, tvt_fixture_error(&b.f, TVT_CLIENT),
               tvt_fixture_error(&b.f, TVT_SERVER));
    resume_close(&b);
    return total;
}

static void
cut_everywhere(void)
{
    static const unsigned forms[] = {0, TLS12_REQUEST | TLS12_GIVE | TLS12_STAPLE, TLS12_PSK, TLS12_ID,
                                     TLS12_TICKET | TLS12_OLD | TLS12_ALPN};
    unsigned cuts = 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        for (int role = 0; role < 2; role++) {
            size_t total = cut_handshake(forms[i], (enum tvt_role)role, 0), bad = 0;
            CU_ASSERT_FATAL(total > 50);
            for (size_t k = 1; k < total && bad == 0; k++, cuts++)
                bad = cut_handshake(forms[i], (enum tvt_role)role, k) == total ? 0 : k;
            CU_ASSERT_EQUAL(bad, 0);
        }
    printf("\n    %u handshakes cut, one at every byte", cuts);
}

static void
no_backend(void)
{
    CU_ASSERT(tls12_backend() == NULL);
}

int
tvt_register_matrix12(void)
{
    CU_pSuite suite = CU_add_suite("matrix of TLS 1.2", begin, finish);
    if (suite == NULL)
        return -1;
    if (tls12_backend() == NULL)
        return CU_add_test(suite, "no backend, no peers", no_backend) == NULL ? -1 : 0;
    if (CU_add_test(suite, "every pair: suites, groups, keys", cross_all) == NULL ||
        CU_add_test(suite, "bytes in pieces", in_pieces) == NULL ||
        CU_add_test(suite, "a pause at every byte", cut_everywhere) == NULL)
        return -1;
    return 0;
}
