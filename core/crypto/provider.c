/* SPDX-License-Identifier: MIT
 *
 * Choosing a provider: the backends built in, opening them by name, and looking algorithms up.
 */
#include "core/crypto/provider.h"

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/wire.h"
#include "core/crypto/builtin.h"

#include <string.h>

#define MAX_LAYERS 4u /* as tvt_overlay_new takes */

size_t
tvt_provider_builtin(const char *const **names)
{
    *names = tvt_builtin_names;
    return tvt_builtin_count;
}

const struct tvt_hash *
tvt_provider_hash(const struct tvt_provider *provider, uint8_t id)
{
    for (const struct tvt_hash *const *p = provider->hashes; *p != NULL; p++)
        if ((*p)->id == id)
            return *p;
    return NULL;
}

const struct tvt_aead *
tvt_provider_aead(const struct tvt_provider *provider, uint16_t id)
{
    for (const struct tvt_aead *const *p = provider->aeads; *p != NULL; p++)
        if ((*p)->id == id)
            return *p;
    return NULL;
}

const struct tvt_kx *
tvt_provider_kx(const struct tvt_provider *provider, uint16_t group)
{
    for (const struct tvt_kx *const *p = provider->groups; *p != NULL; p++)
        if ((*p)->group == group)
            return *p;
    return NULL;
}

/* One that can verify is found before one that can only sign. */
const struct tvt_signature *
tvt_provider_signature(const struct tvt_provider *provider, uint8_t family, uint8_t key_type, uint8_t hash)
{
    const struct tvt_signature *other = NULL;

    if (hash >= 8)
        return NULL;
    for (const struct tvt_signature *const *p = provider->signatures; *p != NULL; p++) {
        const struct tvt_signature *s = *p;
        if (s->family != family || s->key_type != key_type || (s->hash_mask & TVT_HASH_BIT(hash)) == 0)
            continue;
        if (s->can_verify)
            return s;
        if (other == NULL)
            other = s;
    }
    return other;
}

static const struct tvt_builtin *
find_builtin(struct tvt_span name)
{
    for (size_t i = 0; i < tvt_builtin_count; i++)
        if (tvt_span_is(name, tvt_builtin_table[i].name))
            return &tvt_builtin_table[i];
    return NULL;
}

static enum tvt_result
fail_unknown(struct tvt_span name, struct tvt_error *error)
{
    char shown[64], known[96];
    struct tvt_writer w;

    tvt_writer_init(&w, (uint8_t *)known, sizeof(known) - 1);
    for (size_t i = 0; i < tvt_builtin_count; i++) {
        tvt_write_bytes(&w, ", ", i > 0 ? 2 : 0);
        tvt_write_span(&w, tvt_span_string(tvt_builtin_table[i].name));
    }
    known[tvt_writer_len(&w)] = '\0';
    return tvt_fail_detail(error, TVT_E_UNKNOWN_BACKEND, NULL, "names", "\"%s\"; built in: %s",
                           tvt_printable(shown, sizeof(shown), name), known);
}

static enum tvt_result
open_one(struct tvt_provider **out, struct tvt_span name, struct tvt_error *error)
{
    const struct tvt_builtin *builtin = find_builtin(name);
    struct tvt_provider *provider = NULL;

    if (builtin == NULL)
        return fail_unknown(name, error);
    int result = builtin->constructor(&provider);
    if (result == TVT_CRYPTO_OK && provider == NULL)
        result = tvt_crypto_failure(TVT_CRYPTO_BACKEND, 0);
    if (result != TVT_CRYPTO_OK) {
        if (error != NULL && error->code == TVT_E_NONE)
            error->backend = builtin->name;
        return tvt_fail_crypto(error, TVT_E_CRYPTO, "opening the backend", NULL, NULL, result);
    }
    if (tvt_provider_check(provider, error) != TVT_OK) {
        if (error != NULL)
            error->backend = builtin->name; /* the provider's own string goes with it */
        tvt_provider_free(provider);
        return TVT_FAIL;
    }
    *out = provider;
    return TVT_OK;
}

/* The name before the next '+', which is taken off `rest`. */
static struct tvt_span
next_name(const char **rest)
{
    const char *start = *rest, *plus = strchr(start, '+');
    size_t len = plus != NULL ? (size_t)(plus - start) : strlen(start);

    *rest = plus != NULL ? plus + 1 : NULL;
    return tvt_span(start, len);
}

enum tvt_result
tvt_provider_open(struct tvt_provider **out, const char *names, struct tvt_error *error)
{
    struct tvt_provider *list[MAX_LAYERS];
    enum tvt_result result = TVT_OK;
    size_t num = 0;

    *out = NULL;
    if (names == NULL) {
        if (tvt_builtin_count == 0)
            return tvt_fail(error, TVT_E_UNKNOWN_BACKEND, NULL, NULL);
        names = tvt_builtin_default;
    }
    for (const char *rest = names; result == TVT_OK && rest != NULL;) {
        struct tvt_span name = next_name(&rest);
        if (num == MAX_LAYERS)
            result = tvt_fail_values(error, TVT_E_BAD_ARGUMENT, NULL, "names", MAX_LAYERS, num + 1);
        else if ((result = open_one(&list[num], name, error)) == TVT_OK)
            num++;
    }
    if (result == TVT_OK && num > 1)
        result = tvt_overlay_new(out, list, num, error);
    else if (result == TVT_OK)
        *out = list[0];
    if (result != TVT_OK)
        while (num-- > 0)
            tvt_provider_free(list[num]);
    return result;
}

void
tvt_provider_free(struct tvt_provider *provider)
{
    if (provider != NULL && provider->free != NULL)
        provider->free(provider);
}
