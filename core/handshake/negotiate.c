/* SPDX-License-Identifier: MIT
 *
 * Choices between what we have and what the peer offers: pure functions (RFC 9846 4.2.1).
 */
#include "core/handshake/handshake.h"
#include "core/x509/oid_filter.h"

/* The first that the peer lists; GREASE values (RFC 8701 2) are none. */
static uint16_t
peers_first(struct tvt_span list)
{
    for (size_t i = 0; i < tvt_list16_num(list); i++)
        if ((tvt_list16_at(list, i) & 0x0f0f) != 0x0a0a)
            return tvt_list16_at(list, i);
    return 0;
}

const struct tvt_suite *
tvt_negotiate_suite(const struct tvt_config *config, struct tvt_span list, uint16_t version)
{
    if (config->prioritize_chacha && peers_first(list) == 0x1303)
        for (size_t i = 0; i < config->num_suites; i++)
            if (config->suites[i]->version == version && config->suites[i]->aead == TVT_AEAD_CHACHA20_POLY1305)
                return config->suites[i];
    for (size_t i = 0; i < config->num_suites; i++)
        if (config->suites[i]->version == version && tvt_list16_has(list, config->suites[i]->id))
            return config->suites[i];
    return NULL;
}

/* RFC 8017 9.1.1: the encoding of a PSS signature has room for a hash, a salt as long, and two bytes. */
static bool
modulus_is_long_enough(const struct tvt_scheme *s, const struct tvt_public_key *key)
{
    return s->family != TVT_SIG_RSA_PSS || (key->bits + 6u) / 8u >= 2 * tvt_hash_len(s->hash) + 2;
}

/* certificate_types of TLS 1.2 (RFC 5246 7.4.4, RFC 8422 5.5). */
static bool
type_is_asked(struct tvt_span types, uint8_t key)
{
    bool rsa = key == TVT_KEY_RSA || key == TVT_KEY_RSA_PSS;
    return types.len == 0 ||
           tvt_list8_has(types, rsa ? TVT_CLIENT_CERTIFICATE_RSA_SIGN : TVT_CLIENT_CERTIFICATE_ECDSA_SIGN);
}

uint16_t
tvt_negotiate_curve(uint8_t key_type)
{
    switch (key_type) {
    case TVT_KEY_P256:
        return TVT_GROUP_SECP256R1;
    case TVT_KEY_P384:
        return TVT_GROUP_SECP384R1;
    case TVT_KEY_P521:
        return TVT_GROUP_SECP521R1;
    default:
        return 0;
    }
}

/* In TLS 1.2 supported_groups is about ECDSA keys, too (RFC 8422 5.1). */
static bool
curve_is_taken(struct tvt_span curves, uint8_t key)
{
    return curves.len == 0 || tvt_negotiate_curve(key) == 0 || tvt_list16_has(curves, tvt_negotiate_curve(key));
}

static bool
can_sign(const struct tvt_credential *c, const struct tvt_scheme *s, const struct tvt_credential_wish *wish)
{
    uint8_t bound = c->leaf.key_pss_hash, key = c->signer->key_type;
    return wish->scheme_fits(s, key) && (wish->suite == NULL || tvt_suite_takes_key(wish->suite, key)) &&
           curve_is_taken(wish->curves, key) && type_is_asked(wish->client_types, key) &&
           tvt_list16_has(wish->schemes, s->id) && (bound == TVT_HASH_NONE || bound == s->hash) &&
           modulus_is_long_enough(s, &c->leaf.key) &&
           (!tvt_scheme_is_legacy(s) || (wish->of_client && c->num_schemes > 0));
}

static const struct tvt_scheme *
first_scheme(const struct tvt_credential *c, const struct tvt_scheme *const *list, size_t num,
             const struct tvt_credential_wish *wish)
{
    for (size_t i = 0; i < num; i++)
        if (can_sign(c, list[i], wish))
            return list[i];
    return NULL;
}

/* A scheme that this key can make and that the peer accepts: the credential's own list, else in the order of what we accept
 * ourselves, else any: what the peer takes, it says itself (RFC 9846 4.3.3). */
static const struct tvt_scheme *
scheme_for(const struct tvt_config *config, const struct tvt_credential *c, const struct tvt_credential_wish *wish)
{
    const struct tvt_scheme *rows, *found;
    if (c->num_schemes > 0)
        return first_scheme(c, c->schemes, c->num_schemes, wish);
    found = first_scheme(c, config->schemes, config->num_schemes, wish);
    size_t num = tvt_scheme_table(&rows);
    for (size_t i = 0; found == NULL && i < num; i++)
        if (can_sign(c, &rows[i], wish))
            found = &rows[i];
    return found;
}

/* How well the credential fits: name before chain before authority. Negative: not at all. */
static int
fitness(const struct tvt_credential *c, const struct tvt_credential_wish *wish, const struct tvt_host *host)
{
    bool named = host != NULL && (c->raw_key || tvt_credential_matches_host(c, host));
    if (c->raw_key != (wish->type == TVT_CERTIFICATE_RAW_KEY) || (wish->strict_name && !named))
        return -1;
    if (wish->oid_filters.len > 0 && !c->raw_key && !tvt_oid_filters_match(wish->oid_filters, &c->leaf))
        return -1;
    bool issued = wish->authorities.len > 0 && tvt_credential_has_authority(c, wish->authorities);
    if (c->issuer_named && !issued)
        return -1;
    return (named ? 4 : 0) + (tvt_credential_signed_by(c, wish->certificate_schemes) ? 2 : 0) +
           (wish->authorities.len == 0 || issued ? 1 : 0);
}

bool
tvt_negotiate_credential(const struct tvt_config *config, const struct tvt_credential_wish *wish,
                         struct tvt_credential **credential, const struct tvt_scheme **scheme)
{
    struct tvt_host host;
    bool named = wish->server_name[0] != '\0' && tvt_host_parse(&host, wish->server_name);
    int best = -1;

    *credential = NULL;
    for (size_t i = 0; i < config->num_credentials; i++) {
        struct tvt_credential *c = config->credentials[i];
        const struct tvt_scheme *s = scheme_for(config, c, wish);
        int fit = s != NULL ? fitness(c, wish, named ? &host : NULL) : -1;
        if (fit > best) {
            best = fit;
            *credential = c;
            *scheme = s;
        }
    }
    return *credential != NULL;
}

bool
tvt_negotiate_could_sign(const struct tvt_config *config, const struct tvt_credential_wish *wish)
{
    for (size_t i = 0; i < config->num_credentials; i++) {
        const struct tvt_credential *c = config->credentials[i];
        if (c->raw_key == (wish->type == TVT_CERTIFICATE_RAW_KEY) && scheme_for(config, c, wish) != NULL)
            return true;
    }
    return false;
}

struct tvt_span
tvt_negotiate_alpn(const struct tvt_config *config, struct tvt_span list)
{
    struct tvt_span ours = tvt_span(config->alpn, config->alpn_len), mine, theirs;
    while (tvt_list_next_vec8(&ours, &mine)) {
        struct tvt_span rest = list;
        while (tvt_list_next_vec8(&rest, &theirs))
            if (tvt_span_equal(mine, theirs))
                return mine;
    }
    return tvt_span(NULL, 0);
}

static bool
share_of(struct tvt_span shares, uint16_t group, struct tvt_span *share)
{
    uint16_t g;
    while (tvt_list_next_share(&shares, &g, share))
        if (g == group)
            return true;
    return false;
}

/* A share that is there wins over a group that would cost a round trip (RFC 9846 4.2.1 leaves the choice). */
bool
tvt_negotiate_group(const struct tvt_config *config, struct tvt_span groups, struct tvt_span shares,
                    struct tvt_group *group, struct tvt_span *share)
{
    uint16_t retry = 0;
    for (size_t i = 0; i < config->num_groups; i++) {
        uint16_t g = config->groups[i];
        if (!tvt_list16_has(groups, g))
            continue;
        if (share_of(shares, g, share))
            return tvt_group_find(group, config->provider, g);
        if (retry == 0)
            retry = g;
    }
    *share = tvt_span(NULL, 0);
    return retry != 0 && tvt_group_find(group, config->provider, retry);
}
