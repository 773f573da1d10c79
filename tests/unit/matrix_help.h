/* SPDX-License-Identifier: MIT
 *
 * What the matrices of both versions share: every backend and overlay as client and server, what a pair of them has, the
 * bytes that go back and forth, the close, and a handshake that is held up.
 */
#ifndef TVT_TESTS_UNIT_MATRIX_HELP_H
#define TVT_TESTS_UNIT_MATRIX_HELP_H

#include "core/connection/connection.h"
#include "tests/support/fixture.h"

#define MATRIX_SIDES_MAX 8u
#define MATRIX_BIG       40000u

extern const char *matrix_sides[MATRIX_SIDES_MAX];
extern size_t matrix_num_sides, matrix_num_builtin; /* set by matrix_begin() */
extern unsigned matrix_counts[MATRIX_SIDES_MAX][MATRIX_SIDES_MAX]; /* connections: client, server */
extern uint8_t matrix_data[MATRIX_BIG];

int matrix_begin(void);

struct matrix_key {
    const char *name;
    uint8_t type; /* enum tvt_key_type */
};
#define MATRIX_KEYS        11u
#define MATRIX_KEYS12      8u /* the first so many: TLS 1.2 has no ML-DSA */
#define MATRIX_KEY_ED25519 6u
extern const struct matrix_key matrix_keys[MATRIX_KEYS];

struct matrix_way {
    const char *client, *server;
    size_t key;            /* into matrix_keys */
    uint16_t suite, group; /* 0: the defaults  */
    bool retry;            /* TLS 1.3: with a HelloRetryRequest       */
    bool both;             /* TLS 1.2: the client has TLS 1.3, too    */
    size_t chunk, room;
};
bool matrix_has_suite(const struct matrix_way *w, const struct tvt_suite *suite);
bool matrix_has_group(const struct matrix_way *w, uint16_t group);
bool matrix_has_key(const struct matrix_way *w, size_t key);

/* One connection: set up, connected, its handshake done, then `talk`, which says what went wrong; NULL: nothing. Asserts. */
typedef bool matrix_configure(struct tvt_fixture *f, const struct matrix_way *w);
typedef const char *matrix_talk(struct tvt_fixture *f, const struct matrix_way *w);
void matrix_run(const struct matrix_way *w, matrix_configure *configure, matrix_talk *talk);
void matrix_say(const struct matrix_way *w, const struct tvt_fixture *f, const char *what);

/* What both ends tell is the same, is what was asked for, and both export the same. */
bool matrix_facts_agree(const struct tvt_fixture *f, const struct matrix_way *w, struct tvt_info *client,
                        struct tvt_info *server);
/* Data of three sizes in both directions. */
bool matrix_exchange(struct tvt_pair *pair);
/* Both close; `code`: what both ends' last error is then. NULL, or what went wrong. */
const char *matrix_close(struct tvt_fixture *f, enum tvt_error_code code);

/* Bytes on their way to `role` in a whole handshake; with `cut`, it is held up behind that many. 0: failed. */
size_t matrix_held_up(struct tvt_fixture *f, enum tvt_role role, size_t cut);
/* That at every byte of `form`, towards both ends; returns how many. Asserts. */
typedef size_t matrix_cut(const void *form, enum tvt_role role, size_t cut);
unsigned matrix_cut_everywhere(matrix_cut *cut, const void *form);

#endif
