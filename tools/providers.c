/* SPDX-License-Identifier: MIT
 *
 * trivet providers: what each backend of this build offers, found at run time.
 */
#include "tools/commands.h"
#include "tools/report.h"

#include "core/base/registry.h"
#include "core/base/wire.h"
#include "core/crypto/group.h"

#include <string.h>

#define GROUPS_MAX 32u
#define NAME_WIDTH 46 /* the longest name of a suite, and a space */

/* Useful overlays: the first library is the faster one where both have an algorithm. */
static const char *const overlays[] = {"libsodium+openssl", "libsodium+wolfcrypt"};

struct flag {
    uint16_t bit;
    const char *word;
};
static const struct flag flag_words[] = {
    {TVT_FLAG_CONSTANT_TIME, "constant-time"},
    {TVT_FLAG_HARDWARE, "hardware"},
    {TVT_FLAG_NO_HEAP, "no-heap"},
    {TVT_FLAG_GATHER, "gather"},
    {TVT_FLAG_FIPS, "fips"},
    {TVT_FLAG_SLOW, "slow"},
};
#define NUM_FLAGS (sizeof(flag_words) / sizeof(flag_words[0]))

/* Where the lines go: text, or JSON with the members of one provider. */
struct listing {
    bool json;
    struct json j;
};

static void
put_flags(struct listing *l, uint32_t flags)
{
    if (l->json)
        json_open(&l->j, "flags", '[');
    for (size_t i = 0; i < NUM_FLAGS; i++) {
        if ((flags & flag_words[i].bit) == 0)
            continue;
        if (l->json)
            json_text(&l->j, NULL, flag_words[i].word);
        else
            printf(" %s", flag_words[i].word);
    }
    if (l->json)
        json_close(&l->j, ']');
    else
        putchar('\n');
}

/* One algorithm; `role`: what can be done with it, NULL: all. */
static void
put_algorithm(struct listing *l, const char *kind, const char *name, const char *role, uint32_t flags)
{
    if (!l->json) {
        printf("  %-10s %-*s%s%s%s", kind, NAME_WIDTH, name, role != NULL ? " (" : "", role != NULL ? role : "",
               role != NULL ? ")" : "");
        put_flags(l, flags);
        return;
    }
    json_open(&l->j, NULL, '{');
    json_text(&l->j, "name", name);
    if (role != NULL)
        json_text(&l->j, "only", role);
    put_flags(l, flags);
    json_close(&l->j, '}');
}

static void
open_kind(struct listing *l, const char *kind)
{
    if (l->json)
        json_open(&l->j, kind, '[');
}

static void
close_kind(struct listing *l)
{
    if (l->json)
        json_close(&l->j, ']');
}

/* Whether some key that the suite is for is known here. */
static bool
has_keys(const struct tvt_provider *p, const struct tvt_suite *suite)
{
    const struct tvt_scheme *schemes;
    size_t num = tvt_scheme_table(&schemes);
    for (size_t i = 0; i < num; i++)
        if (tvt_suite_takes_key(suite, schemes[i].key_type) &&
            tvt_provider_signature(p, schemes[i].family, schemes[i].key_type, schemes[i].hash) != NULL)
            return true;
    return suite->auth == TVT_AUTH_PSK;
}

/* What --suites, --groups and --sigalgs take with this provider. */
static void
list_names(struct listing *l, const struct tvt_provider *p)
{
    const struct tvt_suite *suites;
    const struct tvt_scheme *schemes;
    uint16_t groups[GROUPS_MAX];
    size_t num = tvt_suite_table(&suites);
    open_kind(l, "suites");
    for (size_t i = 0; i < num; i++)
        if (tvt_provider_aead(p, suites[i].aead) != NULL && tvt_provider_hash(p, suites[i].hash) != NULL &&
            has_keys(p, &suites[i]))
            put_algorithm(l, "suite", suites[i].name, suites[i].version == TVT_VERSION_TLS13 ? NULL : "TLS 1.2",
                          tvt_provider_aead(p, suites[i].aead)->flags);
    close_kind(l);
    num = tvt_group_list(p, groups, GROUPS_MAX);
    open_kind(l, "groups");
    for (size_t i = 0; i < num; i++) {
        struct tvt_group group;
        if (tvt_group_find(&group, p, groups[i]))
            put_algorithm(l, "group", tvt_group_name(groups[i]), NULL,
                          group.part[0]->flags & (group.part[1] != NULL ? group.part[1]->flags : 0xffffu));
    }
    close_kind(l);
    num = tvt_scheme_table(&schemes);
    open_kind(l, "sigalgs");
    for (size_t i = 0; i < num; i++) {
        const struct tvt_signature *s =
            tvt_provider_signature(p, schemes[i].family, schemes[i].key_type, schemes[i].hash);
        if (s != NULL)
            put_algorithm(l, "sigalg", schemes[i].name,
                          !s->can_sign                        ? "verify"
                          : !s->can_verify                    ? "sign"
                          : tvt_scheme_is_legacy(&schemes[i]) ? "clients"
                          : schemes[i].in_tls13               ? NULL
                                                              : "TLS 1.2, certificates",
                          s->flags);
    }
    close_kind(l);
}

/* The primitives that these names stand on. */
static void
list_primitives(struct listing *l, const struct tvt_provider *p)
{
    open_kind(l, "hashes");
    for (const struct tvt_hash *const *h = p->hashes; *h != NULL; h++)
        put_algorithm(l, "hash", (*h)->name, NULL, (*h)->flags);
    close_kind(l);
    open_kind(l, "aeads");
    for (const struct tvt_aead *const *a = p->aeads; *a != NULL; a++)
        put_algorithm(l, "aead", (*a)->name, NULL, (*a)->flags);
    close_kind(l);
    open_kind(l, "exchanges");
    for (const struct tvt_kx *const *k = p->groups; *k != NULL; k++)
        put_algorithm(l, "exchange", (*k)->name, NULL, (*k)->flags);
    close_kind(l);
    open_kind(l, "signatures");
    for (const struct tvt_signature *const *s = p->signatures; *s != NULL; s++)
        put_algorithm(l, "signature", (*s)->name,
                      !(*s)->can_sign     ? "verify"
                      : !(*s)->can_verify ? "sign"
                                          : NULL,
                      (*s)->flags);
    close_kind(l);
}

static bool
list_provider(struct listing *l, const char *names, bool is_default, struct tvt_error *error)
{
    struct tvt_provider *p = NULL;
    if (tvt_provider_open(&p, names, error) != TVT_OK)
        return false;
    if (l->json) {
        json_open(&l->j, NULL, '{');
        json_text(&l->j, "name", p->name);
        json_bool(&l->j, "default", is_default);
        json_text(&l->j, "version", p->version);
        json_text(&l->j, "licence", p->licence);
        put_flags(l, p->flags);
    } else {
        printf("%s%s\n  %-10s %s\n  %-10s %s\n", p->name, is_default ? " (default)" : "", "version", p->version,
               "licence", p->licence);
        if (p->flags != 0) {
            printf("  %-10s", "flags");
            put_flags(l, p->flags);
        }
    }
    list_names(l, p);
    list_primitives(l, p);
    if (l->json)
        json_close(&l->j, '}');
    else
        putchar('\n');
    tvt_provider_free(p);
    return true;
}

/* True when every part of an overlay was built in. */
static bool
has_parts(const char *names, const char *const *built, size_t num)
{
    for (const char *part = names; part != NULL; part = strchr(part, '+') != NULL ? strchr(part, '+') + 1 : NULL) {
        struct tvt_span name = {(const uint8_t *)part, strcspn(part, "+")};
        bool found = false;
        for (size_t i = 0; i < num; i++)
            found = found || tvt_span_is(name, built[i]);
        if (!found)
            return false;
    }
    return true;
}

int
tool_providers(const struct tool_options *options)
{
    const char *const *names;
    size_t num = tvt_provider_builtin(&names);
    struct listing l = {.json = options->json, .j = {.out = stdout}};
    struct tvt_error error;
    bool good = true;
    tvt_error_clear(&error);
    if (l.json) {
        json_open(&l.j, NULL, '{');
        json_text(&l.j, "trivet", TVT_VERSION_STRING);
        json_open(&l.j, "providers", '[');
    } else {
        printf("trivet " TVT_VERSION_STRING ", MIT; built in: %zu\n\n", num);
    }
    for (size_t i = 0; i < num && good; i++)
        good = list_provider(&l, names[i], i == 0, &error);
    for (size_t i = 0; i < sizeof overlays / sizeof overlays[0] && good; i++)
        if (has_parts(overlays[i], names, num))
            good = list_provider(&l, overlays[i], false, &error);
    if (l.json) {
        json_close(&l.j, ']');
        if (good)
            json_bool(&l.j, "ok", true);
        else
            tool_error_json(&l.j, STAGE_USAGE, &error, TOOL_FAILED);
        json_close(&l.j, '}');
        json_end(&l.j);
        return good ? TOOL_DONE : TOOL_FAILED;
    }
    return good ? TOOL_DONE : tool_failed(options, STAGE_USAGE, &error, TOOL_FAILED);
}
