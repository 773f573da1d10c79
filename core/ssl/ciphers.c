/* SPDX-License-Identifier: MIT
 *
 * Lists of cipher suites as OpenSSL takes them: those of TLS 1.3 by name (SSL_CTX_set_ciphersuites), those of TLS 1.2 as a
 * list of rules (SSL_CTX_set_cipher_list). Each call changes its own half of the list that the configuration has.
 */
#include "core/base/registry.h"
#include "core/crypto/provider.h"
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"

#include <string.h>

#define WORD_MAX   64u
#define NAMES_MAX  (TVT_CONFIG_SUITES_MAX * WORD_MAX)
#define RULE_SPLIT ":, ;"

/* ---- rules, ciphers(1) of OpenSSL ---- */

/* What a word of a rule stands for: a bit for each key that proves, a bit for each AEAD; 0: whatever. */
struct word {
    const char *name;
    unsigned auth, aead;
};
#define BIT(id)  (1u << (id))
#define CERTS    (BIT(TVT_AUTH_ECDSA) | BIT(TVT_AUTH_RSA))
#define AES128   (BIT(TVT_AEAD_AES_128_GCM) | BIT(TVT_AEAD_AES_128_CCM))
#define GCM      (BIT(TVT_AEAD_AES_128_GCM) | BIT(TVT_AEAD_AES_256_GCM))
#define WHATEVER (AES128 | GCM | BIT(TVT_AEAD_CHACHA20_POLY1305)) /* the short tag of CCM_8 is asked for by name */

static const struct word words[] = {
    {"ALL", 0, WHATEVER},
    {"DEFAULT", 0, WHATEVER},
    {"HIGH", 0, WHATEVER},
    {"TLSv1.2", 0, WHATEVER},
    {"AEAD", 0, WHATEVER},
    {"ECDHE", CERTS, WHATEVER},
    {"EECDH", CERTS, WHATEVER},
    {"kECDHE", CERTS, WHATEVER},
    {"kEECDH", CERTS, WHATEVER},
    {"ECDSA", BIT(TVT_AUTH_ECDSA), WHATEVER},
    {"aECDSA", BIT(TVT_AUTH_ECDSA), WHATEVER},
    {"aRSA", BIT(TVT_AUTH_RSA), WHATEVER},
    {"PSK", BIT(TVT_AUTH_PSK), WHATEVER},
    {"aPSK", BIT(TVT_AUTH_PSK), WHATEVER},
    {"kECDHEPSK", BIT(TVT_AUTH_PSK), WHATEVER},
    {"AES", 0, AES128 | GCM},
    {"AES128", 0, AES128},
    {"AES256", 0, BIT(TVT_AEAD_AES_256_GCM)},
    {"AESGCM", 0, GCM},
    {"AESCCM", 0, BIT(TVT_AEAD_AES_128_CCM)},
    {"AESCCM8", 0, BIT(TVT_AEAD_AES_128_CCM_8)},
    {"CHACHA20", 0, BIT(TVT_AEAD_CHACHA20_POLY1305)},
};

static bool
word_matches(const char *name, const struct tvt_suite *suite)
{
    const struct tvt_suite *named = tvt_suite_by_name(name);
    if (named != NULL)
        return named == suite;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].name, name) == 0)
            return (words[i].auth == 0 || (words[i].auth & BIT(suite->auth)) != 0) &&
                   (words[i].aead & BIT(suite->aead)) != 0;
    return false; /* unknown: no suite is meant */
}

/* "ECDHE+AESGCM": every word of it. */
static bool
rule_matches(const char *rule, size_t len, const struct tvt_suite *suite)
{
    char word[WORD_MAX];
    for (size_t at = 0; at < len;) {
        const char *plus = memchr(rule + at, '+', len - at);
        size_t n = plus != NULL ? (size_t)(plus - rule) - at : len - at;
        if (n >= sizeof word)
            return false;
        memcpy(word, rule + at, n);
        word[n] = '\0';
        if (!word_matches(word, suite))
            return false;
        at += n + 1;
    }
    return len > 0;
}

struct picked {
    const struct tvt_suite *suite[TVT_CONFIG_SUITES_MAX];
    size_t num;
    uint32_t killed; /* bits of rows of the table of suites: they do not come back */
};

static bool
drop(struct picked *p, const struct tvt_suite *suite)
{
    for (size_t i = 0; i < p->num; i++)
        if (p->suite[i] == suite) {
            p->num--;
            memmove(&p->suite[i], &p->suite[i + 1], (p->num - i) * sizeof p->suite[0]);
            return true;
        }
    return false;
}

static void
append(struct picked *p, const struct tvt_suite *suite)
{
    for (size_t i = 0; i < p->num; i++)
        if (p->suite[i] == suite)
            return;
    if (p->num < TVT_CONFIG_SUITES_MAX)
        p->suite[p->num++] = suite;
}

static bool
available(const struct tvt_provider *provider, const struct tvt_suite *suite)
{
    return suite->version == TVT_TLS12 && tvt_provider_aead(provider, suite->aead) != NULL &&
           tvt_provider_hash(provider, suite->hash) != NULL;
}

static bool
has_long_key(const struct tvt_suite *suite)
{
    return (BIT(suite->aead) & (AES128 | BIT(TVT_AEAD_AES_128_CCM_8))) == 0;
}

/* "@STRENGTH": by the length of the key, longest first; among equals the order stays. */
static void
sort_by_strength(struct picked *p)
{
    for (size_t i = 1; i < p->num; i++)
        for (size_t k = i; k > 0 && has_long_key(p->suite[k]) && !has_long_key(p->suite[k - 1]); k--) {
            const struct tvt_suite *suite = p->suite[k];
            p->suite[k] = p->suite[k - 1];
            p->suite[k - 1] = suite;
        }
}

/* '!': out for good. '-': out for now. '+': to the end. Else: in, behind those that are. */
static void
apply_rule(struct picked *p, const struct tvt_provider *provider, const char *rule, size_t len)
{
    const struct tvt_suite *rows;
    size_t num = tvt_suite_table(&rows);
    char sign = len > 0 && strchr("!-+@", rule[0]) != NULL ? rule[0] : ' ';
    size_t skip = sign != ' ' ? 1 : 0;
    if (len == strlen("@STRENGTH") && memcmp(rule, "@STRENGTH", len) == 0)
        sort_by_strength(p);
    for (size_t i = 0; sign != '@' && i < num; i++) { /* @SECLEVEL: all that there are are strong */
        if (!available(provider, &rows[i]) || !rule_matches(rule + skip, len - skip, &rows[i]))
            continue;
        bool was_in = sign != ' ' && drop(p, &rows[i]);
        if (sign == '!')
            p->killed |= UINT32_C(1) << i;
        if ((sign == '+' && was_in) || (sign == ' ' && (p->killed & UINT32_C(1) << i) == 0))
            append(p, &rows[i]);
    }
}

/* ---- the two halves ---- */

static void
add_name(char names[NAMES_MAX], const char *name, size_t len)
{
    size_t at = strlen(names);
    if (at + len + 2 > NAMES_MAX)
        return;
    if (at > 0)
        names[at++] = ':';
    memcpy(names + at, name, len);
    names[at + len] = '\0';
}

/* The suites of one version that the configuration has. */
static void
add_half(char names[NAMES_MAX], const struct tvt_config *c, uint16_t version)
{
    for (size_t i = 0; i < c->num_suites; i++)
        if (c->suites[i]->version == version)
            add_name(names, c->suites[i]->name, strlen(c->suites[i]->name));
}

static enum tvt_result
set_tls13(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const char *list = value;
    char names[NAMES_MAX] = "", word[WORD_MAX];
    for (const char *p = list; p != NULL && *p != '\0';) {
        size_t len = strcspn(p, ":,");
        const struct tvt_suite *suite = NULL;
        if (len > 0 && len < sizeof word) {
            memcpy(word, p, len);
            word[len] = '\0';
            suite = tvt_suite_by_name(word);
        }
        if (suite != NULL && suite->version != TVT_TLS13)
            return tvt_fail_detail(e, TVT_E_UNKNOWN_WORD, NULL, "suites", "'%s' is one of TLS 1.2: call %s", word,
                                   "SSL_CTX_set_cipher_list()");
        p += len + (p[len] != '\0' ? 1 : 0);
    }
    bool none = list != NULL && *list == '\0'; /* as in OpenSSL: no suite of TLS 1.3, and with it no TLS 1.3 */
    if (!none && (list == NULL || list[strspn(list, ":,")] == '\0' || strlen(list) >= NAMES_MAX / 2))
        return tvt_config_set_suites(c, list, e); /* which says what is wrong with it */
    if (!none)
        add_name(names, list, strlen(list));
    add_half(names, c, TVT_TLS12);
    if (names[0] == '\0')
        return tvt_fail_detail(e, TVT_E_NO_VERSION, NULL, "suites", "there are no suites of TLS 1.2 besides");
    return tvt_config_set_suites(c, names, e);
}

static enum tvt_result
set_tls12(struct tvt_config *c, const void *value, struct tvt_error *e)
{
    const char *list = value;
    char names[NAMES_MAX] = "";
    struct picked picked = {.num = 0};
    if (list == NULL)
        return tvt_fail(e, TVT_E_BAD_ARGUMENT, NULL, "cipher list");
    for (const char *p = list; *p != '\0';) {
        size_t len = strcspn(p, RULE_SPLIT);
        apply_rule(&picked, c->provider, p, len);
        p += len + (p[len] != '\0' ? 1 : 0);
    }
    const struct tvt_suite *whole = tvt_suite_by_name(list);
    if (whole != NULL && whole->version == TVT_TLS13)
        return tvt_fail_detail(e, TVT_E_UNKNOWN_WORD, NULL, "cipher list", "'%s' is one of TLS 1.3: call %s",
                               whole->name, "SSL_CTX_set_ciphersuites()");
    if (picked.num == 0)
        return tvt_fail_detail(e, TVT_E_NOT_OFFERED, NULL, "cipher list",
                               "\"%.80s\" means no suite that %s has: those of TLS 1.2 with ECDHE and an AEAD", list,
                               c->provider->name);
    add_half(names, c, TVT_TLS13);
    for (size_t i = 0; i < picked.num; i++)
        add_name(names, picked.suite[i]->name, strlen(picked.suite[i]->name));
    return tvt_config_set_suites(c, names, e);
}

int
SSL_CTX_set_ciphersuites(SSL_CTX *ctx, const char *list)
{
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set_ciphersuites", set_tls13, list);
}

int
SSL_set_ciphersuites(SSL *ssl, const char *list)
{
    return tvt_ssl_change(ssl, "SSL_set_ciphersuites", set_tls13, list);
}

int
SSL_CTX_set_cipher_list(SSL_CTX *ctx, const char *list)
{
    return tvt_ssl_change_ctx(ctx, "SSL_CTX_set_cipher_list", set_tls12, list);
}

int
SSL_set_cipher_list(SSL *ssl, const char *list)
{
    return tvt_ssl_change(ssl, "SSL_set_cipher_list", set_tls12, list);
}
