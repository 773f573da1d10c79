/* SPDX-License-Identifier: MIT
 *
 * Configurations: defaults from what the provider has, setters, references.
 */
#include "core/handshake/config.h"
#include "core/base/memory.h"
#include "core/crypto/group.h"

#include <string.h>

/* ---- defaults ---- */

static bool
provider_has_suite(const struct tvt_provider *p, const struct tvt_suite *s)
{
    return tvt_provider_aead(p, s->aead) != NULL && tvt_provider_hash(p, s->hash) != NULL;
}

/* In the provider's order of AEADs; CCM_8 only when asked for (RFC 9846 9.1 and appendix B.4 do not recommend it). */
static void
default_suites(struct tvt_config *c, uint16_t version)
{
    const struct tvt_suite *rows;
    size_t num = tvt_suite_table(&rows);
    for (const struct tvt_aead *const *a = c->provider->aeads; *a != NULL; a++)
        for (size_t i = 0; i < num && (*a)->id != TVT_AEAD_AES_128_CCM_8; i++)
            if (rows[i].version == version && rows[i].aead == (*a)->id && provider_has_suite(c->provider, &rows[i]) &&
                c->num_suites < TVT_CONFIG_SUITES_MAX)
                c->suites[c->num_suites++] = &rows[i];
}

static void
default_schemes(struct tvt_config *c)
{
    const struct tvt_scheme *rows;
    size_t num = tvt_scheme_table(&rows);
    for (size_t i = 0; i < num && c->num_schemes < TVT_CONFIG_SCHEMES_MAX; i++) {
        if (tvt_scheme_is_legacy(&rows[i]))
            continue;
        const struct tvt_signature *s =
            tvt_provider_signature(c->provider, rows[i].family, rows[i].key_type, rows[i].hash);
        if (s != NULL && s->can_verify)
            c->schemes[c->num_schemes++] = &rows[i];
    }
}

/* ML-KEM alone is a part of hybrids, and a group only when asked for by name. */
static void
default_groups(struct tvt_config *c)
{
    uint16_t all[TVT_CONFIG_GROUPS_MAX];
    size_t num = tvt_group_list(c->provider, all, TVT_CONFIG_GROUPS_MAX);
    for (size_t i = 0; i < num; i++)
        if (all[i] != TVT_GROUP_MLKEM768)
            c->groups[c->num_groups++] = all[i];
}

static bool
is_hybrid(const struct tvt_config *c, uint16_t id)
{
    struct tvt_group g;
    return tvt_group_find(&g, c->provider, id) && g.part[1] != NULL;
}

static void
share_front(struct tvt_config *c, size_t num)
{
    for (size_t i = 0; i < num; i++)
        c->shares[i] = c->groups[i];
    c->num_shares = num;
}

/* One share, and a classical one besides a hybrid: a server without the hybrid then costs no extra round trip. */
static void
default_shares(struct tvt_config *c)
{
    share_front(c, c->num_groups < 2 || !is_hybrid(c, c->groups[0]) ? c->num_groups > 0 : 2);
}

enum tvt_result
tvt_config_new(struct tvt_config **out, const struct tvt_provider *provider, struct tvt_error *error)
{
    if (out == NULL || provider == NULL)
        return tvt_fail(error, TVT_E_BAD_ARGUMENT, NULL, "provider");
    struct tvt_config *c = tvt_alloc(NULL, sizeof *c);
    if (c == NULL)
        return tvt_fail(error, TVT_E_NO_MEMORY, NULL, "configuration");
    atomic_init(&c->references, 1);
    atomic_init(&c->frozen, false);
    c->provider = provider;
    c->min_version = TVT_VERSION_TLS12;
    c->max_version = TVT_VERSION_TLS13;
    default_suites(c, TVT_VERSION_TLS13);
    default_suites(c, TVT_VERSION_TLS12);
    default_groups(c);
    default_shares(c);
    default_schemes(c);
    c->max_certificate = TVT_LIMIT_CERTIFICATE_MESSAGE;
    c->compatibility = true;
    c->policy = tvt_path_policy_default;
    tvt_config_session_defaults(c);
    *out = c;
    return TVT_OK;
}

/* ---- references ---- */

enum tvt_result
tvt_config_copy(struct tvt_config **out, const struct tvt_config *config, struct tvt_error *error)
{
    struct tvt_config *c = tvt_alloc(NULL, sizeof *c);
    uint8_t *alpn = config->alpn_len > 0 ? tvt_alloc(NULL, config->alpn_len) : NULL;
    if (c == NULL || (config->alpn_len > 0 && alpn == NULL)) {
        tvt_release(NULL, c, sizeof *c);
        tvt_release(NULL, alpn, config->alpn_len);
        return tvt_fail(error, TVT_E_NO_MEMORY, NULL, "configuration");
    }
    /* Others may count and freeze it at this moment: what lies in front of `provider` is not copied. */
    const size_t from = offsetof(struct tvt_config, provider);
    memcpy((uint8_t *)c + from, (const uint8_t *)config + from, sizeof *c - from);
    atomic_init(&c->references, 1);
    atomic_init(&c->frozen, false);
    tvt_copy(alpn, config->alpn, config->alpn_len);
    c->alpn = alpn;
    if (!tvt_config_auth_copied(c)) {
        tvt_release(NULL, alpn, config->alpn_len);
        tvt_release(NULL, c, sizeof *c);
        return tvt_fail(error, TVT_E_NO_MEMORY, NULL, "configuration");
    }
    tvt_config_session_copied(c);
    (void)tvt_trust_store_ref(c->trust);
    (void)tvt_public_suffixes_ref(c->suffixes);
    for (size_t i = 0; i < c->num_credentials; i++)
        (void)tvt_credential_ref(c->credentials[i]);
    *out = c;
    return TVT_OK;
}

void
tvt_config_ref(struct tvt_config *config)
{
    atomic_fetch_add(&config->references, 1);
}

void
tvt_config_free(struct tvt_config *c)
{
    if (c == NULL || atomic_fetch_sub(&c->references, 1) != 1)
        return;
    tvt_trust_store_unref(c->trust);
    tvt_public_suffixes_unref(c->suffixes);
    for (size_t i = 0; i < c->num_credentials; i++)
        tvt_credential_unref(c->credentials[i]);
    tvt_config_session_free(c);
    tvt_config_auth_free(c);
    tvt_release(NULL, c->alpn, c->alpn_len);
    tvt_release(NULL, c, sizeof *c);
}

const struct tvt_provider *
tvt_config_provider(const struct tvt_config *config)
{
    return config->provider;
}

void
tvt_config_freeze(struct tvt_config *config)
{
    atomic_store(&config->frozen, true);
}

bool
tvt_config_has_scheme(const struct tvt_config *config, uint16_t id)
{
    for (size_t i = 0; i < config->num_schemes; i++)
        if (config->schemes[i]->id == id)
            return true;
    return false;
}

/* ---- setters ---- */

bool
tvt_config_open(struct tvt_config *c, const char *call, struct tvt_error *e)
{
    if (!atomic_load(&c->frozen))
        return true;
    (void)tvt_fail_detail(e, TVT_E_WRONG_CALL, NULL, call,
                          "a connection uses this configuration: change a tvt_config_copy() of it");
    return false;
}

#define CHECK_OPEN(c, e)                                                                                               \
    if (!tvt_config_open((c), __func__, (e)))                                                                          \
    return TVT_FAIL

enum tvt_result
tvt_config_set_versions(struct tvt_config *c, uint16_t min, uint16_t max, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    if (min < TVT_VERSION_TLS12 || min > TVT_VERSION_TLS13 || max < TVT_VERSION_TLS12 || max > TVT_VERSION_TLS13)
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "versions", "there are TLS 1.2 and TLS 1.3");
    if (min > max)
        return tvt_fail_detail(e, TVT_E_NO_VERSION, NULL, "versions", "the lowest, %s, would be above the highest, %s",
                               tvt_version_name(min), tvt_version_name(max));
    c->min_version = min;
    c->max_version = max;
    return TVT_OK;
}

bool
tvt_config_speaks(const struct tvt_config *c, uint16_t version)
{
    for (size_t i = 0; version >= c->min_version && version <= c->max_version && i < c->num_suites; i++)
        if (c->suites[i]->version == version)
            return true;
    return false;
}

const struct tvt_suite *
tvt_config_suite(const struct tvt_config *c, uint16_t id, uint16_t version)
{
    for (size_t i = 0; i < c->num_suites; i++)
        if (c->suites[i]->id == id && c->suites[i]->version == version)
            return c->suites[i];
    return NULL;
}

bool
tvt_config_has_newer(const struct tvt_config *c, uint16_t version)
{
    for (uint16_t newer = c->max_version; newer > version; newer--)
        if (tvt_config_speaks(c, newer))
            return true;
    return false;
}

enum tvt_result
tvt_config_set_allow_no_ems(struct tvt_config *c, bool on, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    c->allow_no_ems = on;
    return TVT_OK;
}

/* One name of a ':' list at a time. */
static bool
next_name(const char **list, char *out, size_t cap)
{
    const char *p = *list;
    while (*p == ':' || *p == ',')
        p++;
    size_t len = strcspn(p, ":,");
    if (len == 0)
        return false;
    size_t copy = len < cap ? len : cap - 1;
    memcpy(out, p, copy);
    out[copy] = '\0';
    *list = p + len;
    return true;
}

#define NAME_MAX_LEN 64u

static enum tvt_result
named_twice(struct tvt_error *e, const char *field, const char *name)
{
    return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, field, "'%s' stands twice in the list", name);
}

static enum tvt_result
add_suite(struct tvt_config *c, const char *name, struct tvt_error *e)
{
    const struct tvt_suite *s = tvt_suite_by_name(name);
    if (s == NULL)
        return tvt_fail_detail(e, TVT_E_UNKNOWN_WORD, NULL, "suites",
                               "'%s' is no cipher suite that is known here: there are those of TLS 1.3, and of TLS 1.2 "
                               "those with ECDHE and an AEAD",
                               name);
    if (!provider_has_suite(c->provider, s))
        return tvt_fail_detail(e, TVT_E_NOT_OFFERED, NULL, "suites", "%s has no %s", c->provider->name, s->name);
    for (size_t i = 0; i < c->num_suites; i++)
        if (c->suites[i] == s)
            return named_twice(e, "suites", name);
    if (c->num_suites == TVT_CONFIG_SUITES_MAX)
        return tvt_fail(e, TVT_E_BAD_ARGUMENT, NULL, "suites");
    c->suites[c->num_suites++] = s;
    return TVT_OK;
}

static enum tvt_result
add_group(struct tvt_config *c, const char *name, struct tvt_error *e)
{
    struct tvt_group g;
    uint16_t id = tvt_group_by_name(name);
    if (id == 0)
        return tvt_fail_detail(e, TVT_E_UNKNOWN_WORD, NULL, "groups", "'%s' is no group", name);
    if (!tvt_group_find(&g, c->provider, id))
        return tvt_fail_detail(e, TVT_E_NOT_OFFERED, NULL, "groups", "%s has no %s", c->provider->name,
                               tvt_group_name(id));
    for (size_t i = 0; i < c->num_groups; i++)
        if (c->groups[i] == id)
            return named_twice(e, "groups", name);
    if (c->num_groups == TVT_CONFIG_GROUPS_MAX)
        return tvt_fail(e, TVT_E_BAD_ARGUMENT, NULL, "groups");
    c->groups[c->num_groups++] = id;
    return TVT_OK;
}

static enum tvt_result
add_scheme(struct tvt_config *c, const char *name, struct tvt_error *e)
{
    const struct tvt_scheme *s = tvt_scheme_by_name(name);
    if (s == NULL)
        return tvt_fail_detail(e, TVT_E_UNKNOWN_WORD, NULL, "signature algorithms", "'%s' is no signature algorithm",
                               name);
    if (tvt_provider_signature(c->provider, s->family, s->key_type, s->hash) == NULL)
        return tvt_fail_detail(e, TVT_E_NOT_OFFERED, NULL, "signature algorithms", "%s has no %s", c->provider->name,
                               s->name);
    if (tvt_config_has_scheme(c, s->id))
        return named_twice(e, "signature algorithms", name);
    if (c->num_schemes == TVT_CONFIG_SCHEMES_MAX)
        return tvt_fail(e, TVT_E_BAD_ARGUMENT, NULL, "signature algorithms");
    c->schemes[c->num_schemes++] = s;
    return TVT_OK;
}

typedef enum tvt_result adder(struct tvt_config *c, const char *name, struct tvt_error *e);

/* Fills a copy, which takes the original's place only when every name was good and there was one. */
static enum tvt_result
set_list(struct tvt_config *c, const char *list, adder *add, size_t *num, const char *field, struct tvt_error *e)
{
    char name[NAME_MAX_LEN];
    if (list == NULL)
        return tvt_fail(e, TVT_E_BAD_ARGUMENT, NULL, field);
    const char *check = list;
    size_t old = *num, count = 0;
    union {
        const struct tvt_suite *suites[TVT_CONFIG_SUITES_MAX];
        uint16_t groups[TVT_CONFIG_GROUPS_MAX];
        uint16_t shares[TVT_CONFIG_SHARES_MAX];
        const struct tvt_scheme *schemes[TVT_CONFIG_SCHEMES_MAX];
    } saved;
    void *array = num == &c->num_suites   ? (void *)c->suites
                  : num == &c->num_groups ? (void *)c->groups
                  : num == &c->num_shares ? (void *)c->shares
                                          : (void *)c->schemes;
    size_t size = num == &c->num_suites   ? sizeof c->suites
                  : num == &c->num_groups ? sizeof c->groups
                  : num == &c->num_shares ? sizeof c->shares
                                          : sizeof c->schemes;
    memcpy(&saved, array, size);
    *num = 0;
    enum tvt_result r = TVT_OK;
    while (r == TVT_OK && next_name(&check, name, sizeof name)) {
        r = add(c, name, e);
        count++;
    }
    if (r == TVT_OK && count == 0)
        r = tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, field, "the list is empty");
    if (r != TVT_OK) {
        memcpy(array, &saved, size);
        *num = old;
    }
    return r;
}

enum tvt_result
tvt_config_read_schemes(struct tvt_config *c, const char *names, const struct tvt_scheme **list, size_t *num,
                        struct tvt_error *e)
{
    const struct tvt_scheme *kept[TVT_CONFIG_SCHEMES_MAX];
    size_t num_kept = c->num_schemes;
    memcpy(kept, c->schemes, sizeof kept); /* the reader of lists fills these */
    enum tvt_result r = set_list(c, names, add_scheme, &c->num_schemes, "signature algorithms", e);
    if (r == TVT_OK) {
        memcpy(list, c->schemes, sizeof kept);
        *num = c->num_schemes;
    }
    memcpy(c->schemes, kept, sizeof kept);
    c->num_schemes = num_kept;
    return r;
}

enum tvt_result
tvt_config_set_suites(struct tvt_config *c, const char *list, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    return set_list(c, list, add_suite, &c->num_suites, "suites", e);
}

enum tvt_result
tvt_config_set_groups(struct tvt_config *c, const char *list, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    enum tvt_result r = set_list(c, list, add_group, &c->num_groups, "groups", e);
    if (r == TVT_OK)
        default_shares(c);
    return r;
}

enum tvt_result
tvt_config_set_schemes(struct tvt_config *c, const char *list, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    return set_list(c, list, add_scheme, &c->num_schemes, "signature algorithms", e);
}

enum tvt_result
tvt_config_set_num_shares(struct tvt_config *c, size_t num, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    if (num > TVT_CONFIG_SHARES_MAX || num > c->num_groups)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "number of shares", c->num_groups, num);
    share_front(c, num);
    return TVT_OK;
}

/* RFC 9846 4.3.8: each of a group of supported_groups, and in that order. */
static enum tvt_result
add_share(struct tvt_config *c, const char *name, struct tvt_error *e)
{
    static const char field[] = "key shares";
    uint16_t id = tvt_group_by_name(name);
    size_t at = 0, last = 0;
    if (id == 0)
        return tvt_fail_detail(e, TVT_E_UNKNOWN_WORD, NULL, field, "'%s' is no group", name);
    while (at < c->num_groups && c->groups[at] != id)
        at++;
    if (at == c->num_groups)
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, field, "%s is not in the list of groups",
                               tvt_group_name(id));
    while (c->num_shares > 0 && c->groups[last] != c->shares[c->num_shares - 1])
        last++;
    if (c->num_shares > 0 && at <= last)
        return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, field, "%s: each once, in the order of the groups",
                               tvt_group_name(id));
    if (c->num_shares == TVT_CONFIG_SHARES_MAX)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, field, TVT_CONFIG_SHARES_MAX, TVT_CONFIG_SHARES_MAX + 1);
    c->shares[c->num_shares++] = id;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_shares(struct tvt_config *c, const char *list, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    return set_list(c, list, add_share, &c->num_shares, "key shares", e);
}

enum tvt_result
tvt_config_set_alpn(struct tvt_config *c, const uint8_t *wire, size_t len, bool lenient, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    struct tvt_span list = tvt_span(wire, len), entry;
    while (list.len > 0)
        if (!tvt_list_next_vec8(&list, &entry) || entry.len == 0)
            return tvt_fail_detail(e, TVT_E_BAD_ARGUMENT, NULL, "ALPN",
                                   "each protocol is a length byte (1..255) and that many bytes");
    if (len > TVT_LIMIT_ALPN_LIST)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "ALPN", TVT_LIMIT_ALPN_LIST, len);
    uint8_t *copy = len > 0 ? tvt_alloc(NULL, len) : NULL;
    if (len > 0 && copy == NULL)
        return tvt_fail(e, TVT_E_NO_MEMORY, NULL, "ALPN");
    tvt_copy(copy, wire, len);
    tvt_release(NULL, c->alpn, c->alpn_len);
    c->alpn = copy;
    c->alpn_len = len;
    c->alpn_lenient = lenient;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_trust(struct tvt_config *c, struct tvt_trust_store *store, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    struct tvt_trust_store *old = c->trust;
    c->trust = tvt_trust_store_ref(store);
    tvt_trust_store_unref(old);
    return TVT_OK;
}

enum tvt_result
tvt_config_set_verify(struct tvt_config *c, enum tvt_verify mode, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    c->verify = mode;
    return TVT_OK;
}

enum tvt_result
tvt_config_add_credential(struct tvt_config *c, struct tvt_credential *credential, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    if (credential == NULL)
        return tvt_fail(e, TVT_E_BAD_ARGUMENT, NULL, "credential");
    if (c->num_credentials == TVT_CONFIG_CREDENTIALS_MAX)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "credentials", TVT_CONFIG_CREDENTIALS_MAX,
                               TVT_CONFIG_CREDENTIALS_MAX + 1);
    c->credentials[c->num_credentials++] = tvt_credential_ref(credential);
    return TVT_OK;
}

enum tvt_result
tvt_config_remove_credential(struct tvt_config *c, size_t index, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    if (index >= c->num_credentials)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "credentials", c->num_credentials, index);
    tvt_credential_unref(c->credentials[index]);
    c->num_credentials--;
    for (size_t i = index; i < c->num_credentials; i++)
        c->credentials[i] = c->credentials[i + 1];
    c->credentials[c->num_credentials] = NULL;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_max_depth(struct tvt_config *c, size_t depth, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    size_t most = tvt_path_policy_default.max_depth;
    c->policy.max_depth = (uint16_t)(depth < most ? depth : most);
    return TVT_OK;
}

enum tvt_result
tvt_config_set_clock(struct tvt_config *c, tvt_clock_callback *clock, void *user, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    c->clock = clock;
    c->clock_user = user;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_keylog(struct tvt_config *c, tvt_keylog_callback *keylog, void *user, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    c->keylog = keylog;
    c->keylog_user = user;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_max_certificate(struct tvt_config *c, size_t bytes, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    if (bytes == 0 || bytes > 0xffffff)
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "max_certificate", 0xffffff, bytes);
    c->max_certificate = bytes;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_compatibility(struct tvt_config *c, bool on, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    c->compatibility = on;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_record_size_limit(struct tvt_config *c, uint16_t bytes, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    if (bytes != 0 && (bytes < 64 || bytes > 16385))
        return tvt_fail_values(e, TVT_E_BAD_ARGUMENT, NULL, "record_size_limit", 64, bytes);
    c->record_size_limit = bytes;
    return TVT_OK;
}

enum tvt_result
tvt_config_set_allocator(struct tvt_config *c, const struct tvt_allocator *allocator, struct tvt_error *e)
{
    CHECK_OPEN(c, e);
    c->allocator = allocator != NULL ? *allocator : (struct tvt_allocator){0};
    return TVT_OK;
}
