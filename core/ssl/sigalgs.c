/* SPDX-License-Identifier: MIT
 *
 * Lists of signature algorithms as SSL_CTX_set1_sigalgs_list(3) takes them: names of the registry, and a kind of key and a
 * digest with '+' between them ("RSA+SHA256:ECDSA+SHA384").
 */
#include "core/base/registry.h"
#include "core/crypto/provider.h"
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"

#include <string.h>
#include <strings.h>

#define WORD_MAX  64u
#define NAMES_MAX (TVT_CONFIG_SCHEMES_MAX * WORD_MAX)

struct kind {
    const char *name;
    uint8_t family;
};
static const struct kind kinds[] = {
    {"RSA", TVT_SIG_RSA_PKCS1}, {"RSA-PSS", TVT_SIG_RSA_PSS}, /* by a key of rsaEncryption, as in OpenSSL */
    {"PSS", TVT_SIG_RSA_PSS},   {"ECDSA", TVT_SIG_ECDSA},     {"DSA", TVT_SIG_NONE}, /* known, and not there */
};

struct digest {
    const char *name;
    uint8_t hash;
};
static const struct digest digests[] = {
    {"SHA256", TVT_HASH_SHA256}, {"SHA384", TVT_HASH_SHA384}, {"SHA512", TVT_HASH_SHA512},
    {"SHA1", TVT_HASH_NONE},     {"SHA224", TVT_HASH_NONE},   {"MD5", TVT_HASH_NONE},
};

/* The rows of "RSA+SHA256"; false: one of the two is no word. */
static bool
split(const char *word, const struct kind **kind, const struct digest **digest)
{
    size_t len = strcspn(word, "+");
    *kind = NULL;
    *digest = NULL;
    for (size_t i = 0; word[len] != '\0' && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strlen(kinds[i].name) == len && strncasecmp(word, kinds[i].name, len) == 0)
            *kind = &kinds[i];
    for (size_t i = 0; word[len] != '\0' && i < sizeof digests / sizeof digests[0]; i++)
        if (strcasecmp(word + len + 1, digests[i].name) == 0)
            *digest = &digests[i];
    return *kind != NULL && *digest != NULL;
}

/* NULL: no such scheme. */
static const struct tvt_scheme *
joined(const struct kind *kind, const struct digest *digest)
{
    const struct tvt_scheme *rows;
    size_t num = tvt_scheme_table(&rows);
    for (size_t i = 0; kind->family != TVT_SIG_NONE && digest->hash != TVT_HASH_NONE && i < num; i++)
        if (rows[i].family == kind->family && rows[i].hash == digest->hash && rows[i].key_type != TVT_KEY_RSA_PSS &&
            !tvt_scheme_is_legacy(&rows[i]))
            return &rows[i];
    return NULL;
}

static enum tvt_result
read_word(const struct tvt_config *c, const char *word, const struct tvt_scheme **scheme, struct tvt_error *e)
{
    static const char field[] = "signature algorithms";
    const struct kind *kind;
    const struct digest *digest;
    bool pair = split(word, &kind, &digest);
    *scheme = pair ? joined(kind, digest) : tvt_scheme_by_name(word);
    if (pair && *scheme == NULL)
        return tvt_fail_detail(
            e, TVT_E_UNKNOWN_WORD, NULL, field,
            "'%s': there are no signatures with DSA, SHA-1, SHA-224 or MD5: leave it out, or put a '?' "
            "in front of it",
            word);
    if (*scheme == NULL)
        return tvt_fail_detail(e, TVT_E_UNKNOWN_WORD, NULL, field, "'%s' is no signature algorithm", word);
    if (tvt_provider_signature(c->provider, (*scheme)->family, (*scheme)->key_type, (*scheme)->hash) == NULL)
        return tvt_fail_detail(e, TVT_E_NOT_OFFERED, NULL, field, "%s has no %s", c->provider->name, (*scheme)->name);
    return TVT_OK;
}

struct found {
    const struct tvt_scheme *scheme[TVT_CONFIG_SCHEMES_MAX];
    size_t num;
};

/* One that stands there already is not added again. */
static enum tvt_result
add(struct found *found, const struct tvt_scheme *scheme, struct tvt_error *e)
{
    for (size_t i = 0; i < found->num; i++)
        if (found->scheme[i] == scheme)
            return TVT_OK;
    if (found->num == TVT_CONFIG_SCHEMES_MAX)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "signature algorithms", TVT_CONFIG_SCHEMES_MAX,
                               TVT_CONFIG_SCHEMES_MAX + 1);
    found->scheme[found->num++] = scheme;
    return TVT_OK;
}

static enum tvt_result
set_found(struct tvt_config *c, const struct found *found, struct tvt_error *e)
{
    char names[NAMES_MAX] = "";
    size_t at = 0;
    for (size_t i = 0; i < found->num; i++) {
        size_t len = strlen(found->scheme[i]->name);
        memcpy(names + at, found->scheme[i]->name, len);
        at += len;
        names[at++] = ':';
    }
    names[at] = '\0';
    return tvt_config_set_schemes(c, names, e);
}

enum tvt_result
tvt_ssl_set_sigalgs(struct tvt_config *c, const char *list, struct tvt_error *e)
{
    char word[WORD_MAX];
    struct found found = {.num = 0};
    if (list == NULL)
        return tvt_config_set_schemes(c, NULL, e);
    for (const char *p = list; *p != '\0';) {
        size_t len = strcspn(p, ":,"), copy = len < sizeof word ? len : sizeof word - 1;
        const struct tvt_scheme *scheme;
        bool optional = *p == '?';
        memcpy(word, p, copy);
        word[copy] = '\0';
        p += len + (p[len] != '\0' ? 1 : 0);
        if (len == 0)
            continue;
        enum tvt_result r = read_word(c, word + (optional ? 1 : 0), &scheme, optional ? NULL : e);
        if (r == TVT_OK)
            r = add(&found, scheme, e);
        else if (optional)
            r = TVT_OK; /* OpenSSL 3.3: what is not there is left out */
        if (r != TVT_OK)
            return r;
    }
    return set_found(c, &found, e);
}
