/* SPDX-License-Identifier: MIT
 *
 * See matrix_help.h.
 */
#include "tests/unit/matrix_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

const char *matrix_sides[MATRIX_SIDES_MAX];
size_t matrix_num_sides, matrix_num_builtin;
unsigned matrix_counts[MATRIX_SIDES_MAX][MATRIX_SIDES_MAX];
uint8_t matrix_data[MATRIX_BIG];

const struct matrix_key matrix_keys[MATRIX_KEYS] = {{"ec256", TVT_KEY_P256},
                                                    {"ec384", TVT_KEY_P384},
                                                    {"ec521", TVT_KEY_P521},
                                                    {"rsa2048", TVT_KEY_RSA},
                                                    {"rsa3072", TVT_KEY_RSA},
                                                    {"rsapss", TVT_KEY_RSA_PSS},
                                                    [MATRIX_KEY_ED25519] = {"ed25519", TVT_KEY_ED25519},
                                                    {"ed448", TVT_KEY_ED448},
                                                    {"mldsa44", TVT_KEY_MLDSA44},
                                                    {"mldsa65", TVT_KEY_MLDSA65},
                                                    {"mldsa87", TVT_KEY_MLDSA87}};

int
matrix_begin(void)
{
    const char *const *names;
    memset(matrix_counts, 0, sizeof matrix_counts);
    matrix_num_builtin = tvt_provider_builtin(&names);
    for (matrix_num_sides = 0; matrix_num_sides < matrix_num_builtin; matrix_num_sides++)
        matrix_sides[matrix_num_sides] = names[matrix_num_sides];
    if (tvt_fixture_provider("libsodium+openssl") != NULL)
        matrix_sides[matrix_num_sides++] = "libsodium+openssl";
    if (tvt_fixture_provider("libsodium+wolfcrypt") != NULL)
        matrix_sides[matrix_num_sides++] = "libsodium+wolfcrypt";
    for (size_t i = 0; i < MATRIX_BIG; i++)
        matrix_data[i] = (uint8_t)(i * 7 + (i >> 8));
    return 0;
}

/* ---- what a pair has ---- */

bool
matrix_has_suite(const struct matrix_way *w, const struct tvt_suite *s)
{
    const struct tvt_provider *p[2] = {tvt_fixture_provider(w->client), tvt_fixture_provider(w->server)};
    for (int i = 0; i < 2; i++)
        if (tvt_provider_aead(p[i], s->aead) == NULL || tvt_provider_hash(p[i], s->hash) == NULL)
            return false;
    return true;
}

bool
matrix_has_group(const struct matrix_way *w, uint16_t group)
{
    struct tvt_group g;
    return tvt_group_find(&g, tvt_fixture_provider(w->client), group) &&
           tvt_group_find(&g, tvt_fixture_provider(w->server), group);
}

bool
matrix_has_key(const struct matrix_way *w, size_t key)
{
    return tvt_fixture_can_verify(tvt_fixture_provider(w->client), matrix_keys[key].name) &&
           tvt_fixture_can_sign(tvt_fixture_provider(w->server), matrix_keys[key].name);
}

/* ---- one connection ---- */

void
matrix_say(const struct matrix_way *w, const struct tvt_fixture *f, const char *what)
{
    printf(
        "\n    %s -> %s, key %s, suite %04x, group %s, retry %d, both %d, chunk %zu, room %zu: %s\n      %s\n      %s",
        w->client, w->server, matrix_keys[w->key].name, w->suite, tvt_group_name(w->group), w->retry, w->both, w->chunk,
        w->room, what, f->connected ? tvt_fixture_error(f, TVT_CLIENT) : f->problem,
        f->connected ? tvt_fixture_error(f, TVT_SERVER) : "");
}

static const char *
shake_and_talk(struct tvt_fixture *f, const struct matrix_way *w, matrix_talk *talk)
{
    f->pair.chunk = w->chunk;
    f->pair.write_room = w->room;
    return tvt_pair_handshake(&f->pair) ? talk(f, w) : "handshake";
}

void
matrix_run(const struct matrix_way *w, matrix_configure *configure, matrix_talk *talk)
{
    struct tvt_fixture f;
    const char *problem = !configure(&f, w)          ? "configuration"
                          : !tvt_fixture_connect(&f) ? "connection"
                                                     : shake_and_talk(&f, w, talk);
    if (problem != NULL)
        matrix_say(w, &f, problem);
    CU_ASSERT_PTR_NULL(problem);
    for (size_t i = 0; i < matrix_num_sides; i++)
        for (size_t j = 0; j < matrix_num_sides; j++)
            if (strcmp(matrix_sides[i], w->client) == 0 && strcmp(matrix_sides[j], w->server) == 0)
                matrix_counts[i][j]++;
    tvt_fixture_close(&f);
}

bool
matrix_facts_agree(const struct tvt_fixture *f, const struct matrix_way *w, struct tvt_info *c, struct tvt_info *s)
{
    struct tvt_connection *client = tvt_fixture_end(f, TVT_CLIENT), *server = tvt_fixture_end(f, TVT_SERVER);
    uint8_t ours[32], theirs[32];
    tvt_connection_info(client, c);
    tvt_connection_info(server, s);
    return c->version == s->version && c->suite == s->suite && c->group == s->group && c->scheme == s->scheme &&
           !s->peer_verified && (w->suite == 0 || c->suite == w->suite) && (w->group == 0 || c->group == w->group) &&
           c->hello_retry == w->retry && s->hello_retry == w->retry && strcmp(s->server_name, "localhost") == 0 &&
           tvt_connection_export(client, ours, 32, "EXPORTER-test", matrix_data, 9) == TVT_OK &&
           tvt_connection_export(server, theirs, 32, "EXPORTER-test", matrix_data, 9) == TVT_OK &&
           memcmp(ours, theirs, 32) == 0;
}

/* Seals through the pair's window, if it has one. */
static bool
send_through(struct tvt_pair *pair, enum tvt_role from, size_t len)
{
    uint8_t out[TVT_RECORD_WIRE_MAX];
    struct tvt_queue *q = &pair->queue[1 - from];
    size_t room = pair->write_room;
    if (room == 0)
        return tvt_pair_send(pair, from, matrix_data, len);
    for (size_t sent = 0, n = 0, used = 0; sent < len; sent += used) {
        if (tvt_connection_seal(pair->end[from].connection, out, room, &n, matrix_data + sent, len - sent, &used) !=
                TVT_OK ||
            used == 0 || n > room)
            return false;
        memcpy(q->bytes + q->len, out, n);
        q->len += n;
        q->total += n;
    }
    return true;
}

bool
matrix_exchange(struct tvt_pair *pair)
{
    static const size_t plenty[] = {1, 16384, MATRIX_BIG}, few[] = {1, 300, 2000};
    for (int from = 0; from < 2; from++) {
        for (size_t i = 0; i < 3; i++) {
            size_t len = pair->chunk != 0 || pair->write_room != 0 ? few[i] : plenty[i];
            struct tvt_end *to = &pair->end[1 - from];
            to->data_len = 0;
            if (!send_through(pair, (enum tvt_role)from, len))
                return false;
            tvt_pair_settle(pair);
            if (to->data_len != len || memcmp(to->data, matrix_data, len) != 0)
                return false;
        }
    }
    return true;
}

const char *
matrix_close(struct tvt_fixture *f, enum tvt_error_code code)
{
    for (int role = 0; role < 2; role++) {
        if (tvt_connection_close(tvt_fixture_end(f, (enum tvt_role)role)) != TVT_OK)
            return "close";
        tvt_pair_settle(&f->pair);
        if (!tvt_connection_received_close(tvt_fixture_end(f, (enum tvt_role)(1 - role))))
            return "close_notify did not come";
    }
    for (int role = 0; role < 2; role++)
        if (tvt_connection_error(tvt_fixture_end(f, (enum tvt_role)role))->code != code)
            return "another error at the end";
    return NULL;
}

/* ---- a pause at every byte ---- */

static bool
waits_in_peace(const struct tvt_fixture *f, enum tvt_role role)
{
    struct tvt_connection *c = tvt_fixture_end(f, role);
    enum tvt_result r = tvt_connection_handshake(c);
    return tvt_connection_error(c)->code == TVT_E_NONE && r == (tvt_connection_established(c) ? TVT_OK : TVT_WANT_READ);
}

size_t
matrix_held_up(struct tvt_fixture *f, enum tvt_role role, size_t cut)
{
    bool good = true;
    if (cut > 0) {
        f->pair.gate[role] = cut;
        tvt_pair_settle(&f->pair);
        good = waits_in_peace(f, TVT_CLIENT) && waits_in_peace(f, TVT_SERVER) &&
               !(tvt_connection_established(tvt_fixture_end(f, TVT_CLIENT)) &&
                 tvt_connection_established(tvt_fixture_end(f, TVT_SERVER)));
        f->pair.gate[role] = 0;
    }
    return good && tvt_pair_handshake(&f->pair) ? f->pair.queue[role].total : 0;
}

unsigned
matrix_cut_everywhere(matrix_cut *cut, const void *form)
{
    unsigned cuts = 0;
    for (int role = 0; role < 2; role++) {
        size_t total = cut(form, (enum tvt_role)role, 0), bad = 0;
        CU_ASSERT_FATAL(total > 100);
        for (size_t k = 1; k < total && bad == 0; k++, cuts++)
            bad = cut(form, (enum tvt_role)role, k) == total ? 0 : k;
        CU_ASSERT_EQUAL(bad, 0);
    }
    return cuts;
}
