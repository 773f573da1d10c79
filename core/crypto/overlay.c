/* SPDX-License-Identifier: MIT
 *
 * Several providers as one: for every algorithm the first that lists it wins.
 */
#include "core/crypto/provider.h"

#include "core/base/error.h"
#include "core/base/memory.h"

#include <stdio.h>
#include <string.h>

#define MAX_LAYERS 4u
#define TEXT_MAX   192u

struct overlay {
    struct tvt_provider base;
    size_t num, size; /* layers; bytes of this allocation */
    struct tvt_provider *layer[MAX_LAYERS];
    char name[TEXT_MAX], version[TEXT_MAX], licence[TEXT_MAX];
};

static int
overlay_random(const struct tvt_provider *provider, void *out, size_t len)
{
    const struct tvt_provider *first = ((const struct overlay *)provider->self)->layer[0];

    return first->random(first, out, len);
}

static void
overlay_describe(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap)
{
    const struct tvt_provider *first = ((const struct overlay *)provider->self)->layer[0];

    first->describe(first, code, out, cap);
}

static int
overlay_load_key(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out)
{
    const struct overlay *o = provider->self;
    int result = tvt_crypto_failure(TVT_CRYPTO_UNSUPPORTED, 0);

    for (size_t i = 0; i < o->num && tvt_crypto_kind(result) == TVT_CRYPTO_UNSUPPORTED; i++)
        result = o->layer[i]->load_key(o->layer[i], key, out);
    return result;
}

static void
overlay_free(struct tvt_provider *provider)
{
    struct overlay *o = provider->self;

    for (size_t i = o->num; i-- > 0;)
        tvt_provider_free(o->layer[i]);
    tvt_release(NULL, o, o->size);
}

/* "a+b", "x, y": the layers' words joined. */
static void
join(char *out, const struct overlay *o, const char *separator, const char *(*word)(const struct tvt_provider *))
{
    size_t at = 0;

    for (size_t i = 0; i < o->num && at < TEXT_MAX; i++)
        at += (size_t)snprintf(out + at, TEXT_MAX - at, "%s%s", i > 0 ? separator : "", word(o->layer[i]));
}

static const char *
word_name(const struct tvt_provider *p)
{
    return p->name;
}

static const char *
word_version(const struct tvt_provider *p)
{
    return p->version;
}

/* An SPDX expression that holds an OR must keep its meaning behind AND: parentheses are the layer's to bring. */
static const char *
word_licence(const struct tvt_provider *p)
{
    return p->licence;
}

/* A later descriptor of the same family and key is kept if it has a hash, or can do something, that no earlier has. */
static bool
adds(const struct tvt_signature *const *held, size_t num, const struct tvt_signature *s)
{
    unsigned verify = s->can_verify ? s->hash_mask : 0, sign = s->can_sign ? s->hash_mask : 0;

    for (size_t i = 0; i < num; i++) {
        if (held[i]->family != s->family || held[i]->key_type != s->key_type)
            continue;
        if (held[i]->can_verify)
            verify &= ~(unsigned)held[i]->hash_mask;
        if (held[i]->can_sign)
            sign &= ~(unsigned)held[i]->hash_mask;
    }
    return (verify | sign) != 0;
}

struct lists {
    const struct tvt_hash **hashes;
    const struct tvt_aead **aeads;
    const struct tvt_kx **groups;
    const struct tvt_signature **signatures;
    size_t num[4]; /* held so far, in that order */
};

static void
add_layer(struct lists *l, const struct tvt_provider *p)
{
    size_t i;

    for (const struct tvt_hash *const *d = p->hashes; *d != NULL; d++) {
        for (i = 0; i < l->num[0] && l->hashes[i]->id != (*d)->id; i++)
            continue;
        if (i == l->num[0])
            l->hashes[l->num[0]++] = *d;
    }
    for (const struct tvt_aead *const *d = p->aeads; *d != NULL; d++) {
        for (i = 0; i < l->num[1] && l->aeads[i]->id != (*d)->id; i++)
            continue;
        if (i == l->num[1])
            l->aeads[l->num[1]++] = *d;
    }
    for (const struct tvt_kx *const *d = p->groups; *d != NULL; d++) {
        for (i = 0; i < l->num[2] && l->groups[i]->group != (*d)->group; i++)
            continue;
        if (i == l->num[2])
            l->groups[l->num[2]++] = *d;
    }
    for (const struct tvt_signature *const *d = p->signatures; *d != NULL; d++)
        if (adds(l->signatures, l->num[3], *d))
            l->signatures[l->num[3]++] = *d;
}

/* Most entries of each list, terminators included. */
static void
count_all(struct tvt_provider *const *list, size_t num, size_t counts[4])
{
    for (size_t k = 0; k < 4; k++)
        counts[k] = 1;
    for (size_t i = 0; i < num; i++) {
        size_t n;
        TVT_LIST_COUNT(list[i]->hashes, n);
        counts[0] += n;
        TVT_LIST_COUNT(list[i]->aeads, n);
        counts[1] += n;
        TVT_LIST_COUNT(list[i]->groups, n);
        counts[2] += n;
        TVT_LIST_COUNT(list[i]->signatures, n);
        counts[3] += n;
    }
}

static void
fill(struct overlay *o, const struct lists *l)
{
    o->base.abi = TVT_PROVIDER_ABI;
    o->base.struct_size = sizeof(o->base);
    join(o->name, o, "+", word_name);
    join(o->version, o, ", ", word_version);
    join(o->licence, o, " AND ", word_licence);
    o->base.name = o->name;
    o->base.version = o->version;
    o->base.licence = o->licence;
    o->base.flags = ~0u;
    for (size_t i = 0; i < o->num; i++) /* what holds for all of them holds for the whole */
        o->base.flags &= o->layer[i]->flags;
    o->base.hashes = l->hashes;
    o->base.aeads = l->aeads;
    o->base.groups = l->groups;
    o->base.signatures = l->signatures;
    o->base.random = overlay_random;
    o->base.load_key = overlay_load_key;
    o->base.describe = overlay_describe;
    o->base.free = overlay_free;
    o->base.self = o;
}

enum tvt_result
tvt_overlay_new(struct tvt_provider **out, struct tvt_provider *const *list, size_t num, struct tvt_error *error)
{
    size_t counts[4];

    *out = NULL;
    if (num < 1 || num > MAX_LAYERS)
        return tvt_fail_values(error, TVT_E_BAD_ARGUMENT, "overlay", "num", MAX_LAYERS, num);
    for (size_t i = 0; i < num; i++)
        if (tvt_provider_check(list[i], error) != TVT_OK)
            return TVT_FAIL;
    count_all(list, num, counts);
    /* All four lists hold pointers of one size: they stand one behind the other after the struct. */
    size_t size = sizeof(struct overlay) + (counts[0] + counts[1] + counts[2] + counts[3]) * sizeof(void *);
    struct overlay *o = tvt_alloc(NULL, size);
    if (o == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, "overlay", NULL);
    o->num = num;
    o->size = size;
    memcpy(o->layer, list, num * sizeof(list[0]));

    struct lists l = {.hashes = (const struct tvt_hash **)(void *)(o + 1)};
    l.aeads = (const struct tvt_aead **)(void *)(l.hashes + counts[0]);
    l.groups = (const struct tvt_kx **)(void *)(l.aeads + counts[1]);
    l.signatures = (const struct tvt_signature **)(void *)(l.groups + counts[2]);
    for (size_t i = 0; i < num; i++)
        add_layer(&l, list[i]);
    fill(o, &l);
    *out = &o->base;
    return TVT_OK;
}
