/* SPDX-License-Identifier: MIT
 *
 * Every backend as client against every backend as server, and the overlays: each suite, group and kind of key that both
 * sides have, with and without a HelloRetryRequest; then the bytes in pieces, and a pause at every byte of a handshake.
 */
#include "tests/unit/matrix_help.h"
#include "tests/unit/suite_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

int tvt_register_matrix(void);

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
configure(struct tvt_fixture *f, const struct matrix_way *w)
{
    struct tvt_fixture_options o = {.client = w->client, .server = w->server, .key = matrix_keys[w->key].name};
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

static const char *
talk(struct tvt_fixture *f, const struct matrix_way *w)
{
    struct tvt_info c, s;
    if (!matrix_facts_agree(f, w, &c, &s) || c.version != TVT_TLS13 ||
        tvt_scheme_find(c.scheme)->key_type != matrix_keys[w->key].type || !c.peer_verified ||
        c.num_peer_certificates != 2)
        return "the two sides tell different things";
    if (!matrix_exchange(&f->pair))
        return "data";
    for (int role = 0; role < 2; role++) {
        if (tvt_connection_key_update(tvt_fixture_end(f, (enum tvt_role)role), true) != TVT_OK)
            return "key update";
        tvt_pair_settle(&f->pair);
        if (!matrix_exchange(&f->pair))
            return "data behind a key update";
    }
    return matrix_close(f, TVT_E_NONE);
}

static void
run_way(const struct matrix_way *w)
{
    matrix_run(w, configure, talk);
}

static void
run_pair(const char *client, const char *server)
{
    static const uint16_t groups[] = {TVT_GROUP_X25519,           TVT_GROUP_SECP256R1, TVT_GROUP_SECP384R1,
                                      TVT_GROUP_SECP521R1,        TVT_GROUP_X448,      TVT_GROUP_X25519MLKEM768,
                                      TVT_GROUP_SECP256R1MLKEM768};
    struct matrix_way w = {.client = client, .server = server, .key = MATRIX_KEY_ED25519};
    const struct tvt_suite *suites;
    size_t num = tvt_suite_table(&suites);
    printf("\n    %s -> %s lacks:", client, server);
    for (int retry = 0; retry < 2; retry++) {
        w.retry = retry == 1;
        w.group = TVT_GROUP_X25519;
        w.key = MATRIX_KEY_ED25519;
        for (size_t i = 0; i < num; i++) {
            w.suite = suites[i].id;
            if (suites[i].version != TVT_TLS13)
                continue;
            if (matrix_has_suite(&w, &suites[i]))
                run_way(&w);
            else if (retry == 0)
                printf(" %s", suites[i].name);
        }
        w.suite = 0;
        for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
            w.group = groups[i];
            if (matrix_has_group(&w, groups[i]))
                run_way(&w);
            else if (retry == 0)
                printf(" %s", tvt_group_name(groups[i]));
        }
        w.group = TVT_GROUP_X25519;
        for (size_t i = 0; i < MATRIX_KEYS; i++) {
            w.key = i;
            if (matrix_has_key(&w, i))
                run_way(&w);
            else if (retry == 0)
                printf(" key:%s", matrix_keys[i].name);
        }
    }
}

static void
cross_all(void)
{
    for (size_t i = 0; i < matrix_num_sides; i++)
        for (size_t j = 0; j < matrix_num_sides; j++)
            run_pair(matrix_sides[i], matrix_sides[j]);
}

/* Every pair has at least X25519, Ed25519 and two suites. A backend with P-256 and RSA must not lose them silently. */
static void
presence(void)
{
    struct matrix_way w = {0};
    if (matrix_num_builtin == 0) {
        struct tvt_provider *none = NULL;
        CU_ASSERT_EQUAL(tvt_provider_open(&none, NULL, NULL), TVT_FAIL);
    }
    for (size_t i = 0; i < matrix_num_sides; i++) {
        w.client = w.server = matrix_sides[i];
        CU_ASSERT(matrix_has_key(&w, MATRIX_KEY_ED25519));
        CU_ASSERT(matrix_has_group(&w, TVT_GROUP_X25519));
        CU_ASSERT(matrix_has_suite(&w, tvt_suite_find(0x1303)));
        if (strcmp(matrix_sides[i], "libsodium") == 0)
            continue;
        CU_ASSERT(matrix_has_suite(&w, tvt_suite_find(0x1301)));
        CU_ASSERT(matrix_has_group(&w, TVT_GROUP_SECP256R1));
        for (size_t k = 0; k < 6; k++)
            CU_ASSERT(matrix_has_key(&w, k));
    }
}

static void
in_pieces(void)
{
    for (size_t i = 0; i < matrix_num_sides; i++) {
        for (size_t j = 0; j < matrix_num_sides; j++) {
            struct matrix_way w = {.client = matrix_sides[i],
                                   .server = matrix_sides[j],
                                   .key = MATRIX_KEY_ED25519,
                                   .group = TVT_GROUP_X25519};
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

static size_t
cut_handshake(const void *form, enum tvt_role role, size_t cut)
{
    const struct matrix_way *w = form;
    struct tvt_fixture f;
    size_t total = configure(&f, w) && tvt_fixture_connect(&f) ? matrix_held_up(&f, role, cut) : 0;
    if (total == 0)
        matrix_say(w, &f, "cut");
    tvt_fixture_close(&f);
    return total;
}

static void
cut_everywhere(void)
{
    unsigned cuts = 0;
    for (size_t i = 0; i < matrix_num_builtin; i++) {
        for (size_t j = 0; j < matrix_num_builtin; j++) {
            struct matrix_way w = {.client = matrix_sides[i],
                                   .server = matrix_sides[j],
                                   .key = MATRIX_KEY_ED25519,
                                   .group = TVT_GROUP_X25519,
                                   .suite = 0x1303,
                                   .retry = i == j};
            cuts += matrix_cut_everywhere(cut_handshake, &w);
        }
    }
    printf("\n    %u handshakes cut, one at every byte", cuts);
}

static void
print_matrix(void)
{
    printf("\n    connections, client down, server across:\n    %-20s", "");
    for (size_t j = 0; j < matrix_num_sides; j++)
        printf(" %19s", matrix_sides[j]);
    for (size_t i = 0; i < matrix_num_sides; i++) {
        printf("\n    %-20s", matrix_sides[i]);
        for (size_t j = 0; j < matrix_num_sides; j++) {
            printf(" %19u", matrix_counts[i][j]);
            CU_ASSERT(matrix_counts[i][j] >= 6 + 2 * 3);
        }
    }
    CU_ASSERT_EQUAL(matrix_num_sides >= matrix_num_builtin, true);
}

int
tvt_register_matrix(void)
{
    CU_pSuite suite = CU_add_suite("matrix", matrix_begin, suite_finish);
    if (suite == NULL || CU_add_test(suite, "every backend has what it must", presence) == NULL ||
        CU_add_test(suite, "every pair: suites, groups, keys", cross_all) == NULL ||
        CU_add_test(suite, "bytes in pieces", in_pieces) == NULL ||
        CU_add_test(suite, "a pause at every byte", cut_everywhere) == NULL ||
        CU_add_test(suite, "the matrix", print_matrix) == NULL)
        return -1;
    return 0;
}
