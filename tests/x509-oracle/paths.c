/* SPDX-License-Identifier: MIT
 *
 * Every path that the names of a world allow, found without any verifier: the certificates were drawn, so that it is known who
 * signed what.
 */
#include "tests/x509-oracle/oracle.h"

#include <string.h>
#include <openssl/crypto.h>

#define UNSIGNED_MAX 4u /* paths with a wrong signature that are asked about */

struct walk {
    struct oracle_paths *out;
    const struct oracle_world *world;
    uint8_t path[ORACLE_PATH_MAX];
    size_t num;
    bool want_signed;
};

static bool
in_path(const struct walk *w, const struct oracle_spec *s)
{
    for (size_t i = 0; i < w->num; i++)
        if (w->world->spec[w->path[i]].subject == s->subject && w->world->spec[w->path[i]].key == s->key)
            return true;
    return false;
}

static void
keep(struct walk *w, bool is_signed)
{
    struct oracle_paths *out = w->out;
    if (is_signed != w->want_signed || (!is_signed && out->num - out->num_signed == UNSIGNED_MAX))
        return;
    if (out->num == ORACLE_PATHS_MAX) {
        out->overflow = true;
        return;
    }
    memcpy(out->place[out->num], w->path, w->num);
    out->len[out->num++] = (uint8_t)w->num;
}

/* Depth first; at most ORACLE_CERTIFICATES_MAX deep. */
static void
walk_on(struct walk *w, bool is_signed)
{
    const struct oracle_spec *top = &w->world->spec[w->path[w->num - 1]];
    for (size_t i = 1; i < w->world->num && w->num < ORACLE_PATH_MAX - 1; i++) {
        const struct oracle_spec *s = &w->world->spec[i];
        bool link = s->key == top->signer;
        if (s->subject != top->issuer || in_path(w, s) || (w->want_signed && !link))
            continue;
        w->path[w->num++] = (uint8_t)i;
        if (s->trusted)
            keep(w, is_signed && link);
        if (s->sent)
            walk_on(w, is_signed && link);
        w->num--;
    }
}

void
oracle_paths_find(struct oracle_paths *out, const struct oracle_world *world)
{
    struct walk w = {.out = out, .world = world, .num = 1};
    out->num = out->num_signed = 0;
    out->overflow = false;
    w.want_signed = true;
    if (world->spec[0].trusted)
        keep(&w, true);
    else
        walk_on(&w, true);
    out->num_signed = out->num;
    w.want_signed = false;
    if (!world->spec[0].trusted && !out->overflow)
        walk_on(&w, true);
}

bool
oracle_world_of_path(struct oracle_world *out, const struct oracle_world *world, const uint8_t *path, size_t num)
{
    *out = *world;
    out->num = num;
    memset(out->der, 0, sizeof(out->der));
    memset(out->x509, 0, sizeof(out->x509));
    for (size_t i = 0; i < num; i++) {
        out->spec[i] = world->spec[path[i]];
        out->spec[i].trusted = i == num - 1;
        out->spec[i].sent = i < num - 1 || i == 0;
        out->der[i] = OPENSSL_memdup(world->der[path[i]], world->der_len[path[i]]);
        out->der_len[i] = world->der_len[path[i]];
        if (out->der[i] == NULL || X509_up_ref(world->x509[path[i]]) != 1) {
            oracle_world_free(out);
            return false;
        }
        out->x509[i] = world->x509[path[i]];
    }
    return true;
}
