/* SPDX-License-Identifier: MIT
 *
 * TLS 1.2 with every backend as client against every backend as server, and the overlays: each suite, group and kind of key
 * that both sides have; then the bytes in pieces, and a pause at every byte of a handshake of each form.
 */
#include "tests/unit/matrix_help.h"
#include "tests/unit/suite_help.h"
#include "tests/unit/tls12_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

int tvt_register_matrix12(void);

static bool
configure(struct tvt_fixture *f, const struct matrix_way *w)
{
    struct tvt_fixture_options o = {.client = w->client, .server = w->server, .key = matrix_keys[w->key].name};
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
is_proved(const struct tvt_info *c, uint8_t key_type)
{
    const struct tvt_suite *suite = tvt_suite_find(c->suite);
    if (suite->auth == TVT_AUTH_PSK)
        return c->scheme == 0 && c->num_peer_certificates == 0 && !c->peer_verified;
    return tvt_scheme_takes_key12(tvt_scheme_find(c->scheme), key_type) && c->peer_verified &&
           tvt_suite_takes_key(suite, key_type) && c->num_peer_certificates == 2;
}

static const char *
talk(struct tvt_fixture *f, const struct matrix_way *w)
{
    struct tvt_info c, s;
    if (!matrix_facts_agree(f, w, &c, &s) || c.version != TVT_TLS12 || !is_proved(&c, matrix_keys[w->key].type))
        return "the two sides tell different things";
    if (!matrix_exchange(&f->pair))
        return "data";
    for (int role = 0; role < 2; role++)
        if (tvt_connection_key_update(tvt_fixture_end(f, (enum tvt_role)role), true) == TVT_OK)
            return "key update";
    return matrix_close(f, TVT_E_WRONG_CALL);
}

static void
run_way(const struct matrix_way *w)
{
    matrix_run(w, configure, talk);
}

/* ---- what a pair has ---- */

/* A key of the pair that the suite takes; MATRIX_KEYS12: there is none. */
static size_t
key_for(const struct matrix_way *w, const struct tvt_suite *suite)
{
    for (size_t i = 0; i < MATRIX_KEYS12; i++)
        if ((suite->auth == TVT_AUTH_PSK || tvt_suite_takes_key(suite, matrix_keys[i].type)) && matrix_has_key(w, i))
            return i;
    return MATRIX_KEYS12;
}

/* Returns how many suites of TLS 1.2 the pair has. */
static unsigned
run_suites(struct matrix_way w)
{
    const struct tvt_suite *suites;
    size_t num = tvt_suite_table(&suites);
    unsigned ran = 0;
    for (size_t i = 0; i < num; i++) {
        if (suites[i].version != TVT_TLS12)
            continue;
        w.suite = suites[i].id;
        w.key = key_for(&w, &suites[i]);
        if (w.key == MATRIX_KEYS12 || !matrix_has_suite(&w, &suites[i])) {
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
    struct matrix_way w = {.client = client, .server = server};
    printf("\n    %s -> %s lacks:", client, server);
    CU_ASSERT(run_suites(w) >= 2); /* ChaCha20-Poly1305, with Ed25519 and with a PSK */
    for (size_t i = 0; i < MATRIX_KEYS12; i++) {
        w.key = i;
        if (!matrix_has_key(&w, i)) {
            printf(" key:%s", matrix_keys[i].name);
            continue;
        }
        for (int both = 0; both < 2; both++) {
            w.both = both == 1;
            run_way(&w);
        }
    }
    w.key = MATRIX_KEY_ED25519;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        w.group = groups[i];
        for (int both = 0; both < 2; both++) {
            w.both = both == 1;
            if (matrix_has_group(&w, w.group))
                run_way(&w);
            else
                printf(" %s", both ? "" : tvt_group_name(w.group));
        }
    }
}

static void
cross_all(void)
{
    for (size_t i = 0; i < matrix_num_sides; i++)
        for (size_t j = 0; j < matrix_num_sides; j++)
            run_pair(matrix_sides[i], matrix_sides[j]);
    for (size_t i = 0; i < matrix_num_sides; i++)
        for (size_t j = 0; j < matrix_num_sides; j++)
            CU_ASSERT(matrix_counts[i][j] >= 5);
}

static void
in_pieces(void)
{
    static const size_t chunks[] = {1, 1, 0, 7}, rooms[] = {0, TVT_OUTPUT_MIN, TVT_OUTPUT_MIN, 100};
    for (size_t i = 0; i < matrix_num_sides * matrix_num_sides * 4; i++) {
        struct matrix_way w = {.client = matrix_sides[i / 4 % matrix_num_sides],
                               .server = matrix_sides[i / 4 / matrix_num_sides],
                               .key = MATRIX_KEY_ED25519};
        w.chunk = chunks[i % 4];
        w.room = rooms[i % 4];
        w.both = i % 3 == 0;
        run_way(&w);
    }
}

/* ---- a pause at every byte ---- */

static size_t
cut_handshake(const void *form, enum tvt_role role, size_t cut)
{
    const unsigned flags = *(const unsigned *)form;
    struct resume b;
    CU_ASSERT_FATAL(tls12_open(&b, flags));
    tls12_connect(&b, flags);
    size_t total = matrix_held_up(&b.f, role, cut);
    if (total == 0)
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
        cuts += matrix_cut_everywhere(cut_handshake, &forms[i]);
    printf("\n    %u handshakes cut, one at every byte", cuts);
}

int
tvt_register_matrix12(void)
{
    CU_pSuite suite = CU_add_suite("matrix of TLS 1.2", matrix_begin, suite_finish);
    if (suite == NULL)
        return -1;
    if (tls12_backend() == NULL)
        return CU_add_test(suite, "no backend, no peers", suite_no_backend) == NULL ? -1 : 0;
    if (CU_add_test(suite, "every pair: suites, groups, keys", cross_all) == NULL ||
        CU_add_test(suite, "bytes in pieces", in_pieces) == NULL ||
        CU_add_test(suite, "a pause at every byte", cut_everywhere) == NULL)
        return -1;
    return 0;
}
