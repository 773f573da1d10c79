/* SPDX-License-Identifier: MIT
 *
 * From flags to a configuration. Numbers of the registries become the names that <trivet/tls.h> takes.
 */
#include "tests/bogo/shim.h"

#include "core/base/registry.h"

#include <stdio.h>
#include <string.h>

static const char *
scheme_word(uint16_t id)
{
    const struct tvt_scheme *scheme = tvt_scheme_find(id);
    return scheme != NULL ? scheme->name : NULL;
}

/* Joins the names of a list; false: a number has no name here. */
static bool
words_of(char out[SHIM_WORDS], const struct shim_list *list, const char *(*name)(uint16_t))
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < list->num; i++) {
        const char *word = name(list->value[i]);
        if (word == NULL)
            return shim_say(false, "%#x has no name here", list->value[i]);
        at += (size_t)snprintf(out + at, SHIM_WORDS - at, "%s%s", i > 0 ? ":" : "", word);
        if (at >= SHIM_WORDS)
            return shim_say(false, "the list is too long");
    }
    return true;
}

bool
shim_scheme_words(char out[SHIM_WORDS], const struct shim_list *list)
{
    return words_of(out, list, scheme_word);
}

/* The names of BoringSSL's lists that we have, in its order; its groups of equal preference come one after the other. */
static bool
suite_words(char out[SHIM_WORDS], const char *list)
{
    size_t at = 0;
    out[0] = '\0';
    while (*list != '\0') {
        char name[64];
        size_t len = strcspn(list, ":[]|");
        snprintf(name, sizeof name, "%.*s", (int)len, list);
        const struct tvt_suite *suite = tvt_suite_by_name(name);
        if (suite != NULL)
            at += (size_t)snprintf(out + at, SHIM_WORDS - at, "%s:", name);
        if (at >= SHIM_WORDS)
            return false;
        list += len + (list[len] != '\0');
    }
    return at > 0;
}

/* -cipher is about TLS 1.2; the suites of TLS 1.3 stay. */
static int
set_suites(struct shim_run *run)
{
    const struct tvt_suite *rows;
    char words[SHIM_WORDS], all[2 * SHIM_WORDS] = "";
    struct tvt_error error;
    size_t num = tvt_suite_table(&rows);

    tvt_error_clear(&error);
    if (run->o->cipher == NULL)
        return -1;
    if (!suite_words(words, run->o->cipher))
        return shim_say(SHIM_UNIMPLEMENTED, "-cipher %s", run->o->cipher);
    for (size_t i = 0; i < num; i++)
        if (rows[i].version == TVT_VERSION_TLS13 && rows[i].aead != TVT_AEAD_AES_128_CCM_8 &&
            tvt_provider_aead(run->provider, rows[i].aead) != NULL)
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s:", rows[i].name);
    snprintf(all + strlen(all), sizeof all - strlen(all), "%s", words);
    return tvt_config_set_suites(run->config, all, &error) == TVT_OK ? -1 : shim_report_setup(&error);
}

/* BoringSSL takes peers without the extended master secret; that we can is what the tests of it are about. */
static int
set_versions(struct shim_run *run)
{
    const struct shim_options *o = run->o;
    struct tvt_error error;
    int min = o->no_tls12 ? (int)TVT_VERSION_TLS13 : (int)TVT_VERSION_TLS12;
    int max = o->no_tls13 ? (int)TVT_VERSION_TLS12 : (int)TVT_VERSION_TLS13;

    tvt_error_clear(&error);
    if (o->max_version != 0 && o->max_version < (int)TVT_VERSION_TLS12)
        return shim_say(SHIM_UNIMPLEMENTED, "TLS 1.2 and 1.3 only");
    if (o->min_version > (int)TVT_VERSION_TLS13)
        return shim_say(SHIM_UNIMPLEMENTED, "there is no version %#x", (unsigned)o->min_version);
    min = o->min_version > min ? o->min_version : min;
    max = o->max_version != 0 && o->max_version < max ? o->max_version : max;
    enum tvt_result r = tvt_config_set_versions(run->config, (uint16_t)min, (uint16_t)max, &error);
    if (r == TVT_OK)
        r = tvt_config_set_allow_no_ems(run->config, true, &error);
    return r == TVT_OK ? -1 : shim_report_setup(&error);
}

static int
set_groups(struct shim_run *run)
{
    const struct shim_options *o = run->o;
    struct tvt_error error;
    char words[SHIM_WORDS];

    tvt_error_clear(&error);
    if (o->curves.num > 0 && !words_of(words, &o->curves, tvt_group_name))
        return SHIM_UNIMPLEMENTED;
    if (o->curves.num > 0 && tvt_config_set_groups(run->config, words, &error) != TVT_OK)
        return shim_report_setup(&error);
    if (o->key_shares.num > 0 && !words_of(words, &o->key_shares, tvt_group_name))
        return SHIM_UNIMPLEMENTED;
    if (o->key_shares.num > 0 && tvt_config_set_shares(run->config, words, &error) != TVT_OK)
        return shim_report_setup(&error);
    if (o->no_key_shares && tvt_config_set_num_shares(run->config, 0, &error) != TVT_OK)
        return shim_report_setup(&error);
    return -1;
}

/* What BoringSSL accepts by default, which the tests take for granted: no EdDSA, P-521 or ML-DSA. */
static void
default_schemes(struct shim_list *list, const struct tvt_provider *provider)
{
    const struct tvt_scheme *rows;
    size_t num = tvt_scheme_table(&rows);
    for (size_t i = 0; i < num && list->num < SHIM_LIST_MAX; i++)
        if (rows[i].family != TVT_SIG_EDDSA && rows[i].family != TVT_SIG_MLDSA && rows[i].key_type != TVT_KEY_P521 &&
            !tvt_scheme_is_legacy(&rows[i]) &&
            tvt_provider_signature(provider, rows[i].family, rows[i].key_type, rows[i].hash) != NULL)
            list->value[list->num++] = rows[i].id;
}

/* What we accept; what a credential signs with is its own matter. */
static int
set_schemes(struct shim_run *run)
{
    struct shim_list list = run->o->verify_prefs;
    struct tvt_error error;
    char words[SHIM_WORDS];
    tvt_error_clear(&error);
    if (list.num == 0)
        default_schemes(&list, run->provider);
    if (!shim_scheme_words(words, &list))
        return SHIM_UNIMPLEMENTED;
    return tvt_config_set_schemes(run->config, words, &error) == TVT_OK ? -1 : shim_report_setup(&error);
}

static int
set_alpn(struct shim_run *run)
{
    const struct shim_options *o = run->o;
    uint8_t wire[256];
    const uint8_t *list = (const uint8_t *)o->advertise_alpn;
    size_t len = o->advertise_alpn != NULL ? strlen(o->advertise_alpn) : 0;
    struct tvt_error error;

    tvt_error_clear(&error);
    if (o->server) {
        const char *name = o->reject_alpn ? "none of the client's" : o->select_alpn;
        len = name != NULL && !o->decline_alpn ? strlen(name) : 0;
        if (len > 255)
            return shim_say(SHIM_WRONG, "a protocol's name of %zu bytes", len);
        wire[0] = (uint8_t)len;
        memcpy(wire + 1, name != NULL ? name : "", len);
        list = wire;
        len += len > 0;
    }
    if (len == 0)
        return -1;
    return tvt_config_set_alpn(run->config, list, len, false, &error) == TVT_OK ? -1 : shim_report_setup(&error);
}

static enum tvt_result
set_trust(struct shim_run *run, struct tvt_error *error)
{
    struct tvt_trust_store *store = NULL;
    enum tvt_result r = tvt_trust_store_new(&store, NULL, error);
    if (r == TVT_OK && run->o->trust_cert != NULL && run->o->trust_cert[0] != '\0')
        r = tvt_trust_store_add_file(store, run->o->trust_cert, error);
    if (r == TVT_OK)
        r = tvt_config_set_trust(run->config, store, error);
    tvt_trust_store_unref(store);
    return r;
}

/* A client with pre-shared keys takes certificates only where they are asked for, too. */
static bool
wants_psk(const struct shim_options *o)
{
    bool psk = false;
    for (size_t i = 1; i < o->num_credentials; i++)
        psk |= o->credential[i].kind == SHIM_PSK;
    return (psk || o->psk != NULL) && !o->verify_peer;
}

static int
set_verification(struct shim_run *run)
{
    const struct shim_options *o = run->o;
    enum tvt_verify mode = wants_psk(o) ? TVT_VERIFY_PEER : TVT_VERIFY_NONE;
    struct tvt_error error;
    enum tvt_result r = TVT_OK;

    tvt_error_clear(&error);
    if (o->server)
        mode = o->verify_peer                      ? TVT_VERIFY_REQUEST
               : o->require_any_client_certificate ? TVT_VERIFY_REQUIRE
                                                   : TVT_VERIFY_PEER;
    if (o->server && mode != TVT_VERIFY_PEER)
        r = set_trust(run, &error);
    if (r == TVT_OK)
        r = tvt_config_set_verify(run->config, mode, &error);
    if (r == TVT_OK)
        r = tvt_config_set_clock(run->config, shim_clock, NULL, &error);
    if (r == TVT_OK && o->reverify)
        r = tvt_config_set_reverify(run->config, true, &error);
    if (r == TVT_OK && o->max_cert_list > 0)
        r = tvt_config_set_max_certificate(run->config, (size_t)o->max_cert_list, &error);
    return r == TVT_OK ? -1 : shim_report_setup(&error);
}

/* The types of certificates, in order of preference: our own ones as the credentials come, unless a flag says otherwise. */
static enum tvt_result
set_types(struct shim_run *run, struct tvt_error *error)
{
    const struct shim_options *o = run->o;
    const struct shim_list *theirs = &o->accepted_peer_cert_types, *mine = &o->available_client_cert_types;
    uint8_t peer[SHIM_LIST_MAX], own[SHIM_LIST_MAX];
    size_t num_peer = 0, num_own = 0;
    for (size_t i = 0; i < theirs->num; i++)
        peer[num_peer++] = (uint8_t)theirs->value[i];
    for (size_t i = 0; i < mine->num; i++)
        own[num_own++] = (uint8_t)mine->value[i];
    for (size_t i = 1; mine->num == 0 && i < o->num_credentials; i++) {
        uint8_t type = o->credential[i].kind == SHIM_RAW_KEY ? TVT_CERTIFICATE_RAW_KEY : TVT_CERTIFICATE_X509;
        if (o->credential[i].kind != SHIM_PSK && (num_own == 0 || memchr(own, type, num_own) == NULL))
            own[num_own++] = type;
    }
    if (mine->num == 0 && o->credential[0].cert_file != NULL && memchr(own, TVT_CERTIFICATE_X509, num_own) == NULL)
        own[num_own++] = TVT_CERTIFICATE_X509;
    if (num_peer == 0)
        peer[num_peer++] = TVT_CERTIFICATE_X509;
    if (num_own == 0)
        own[num_own++] = TVT_CERTIFICATE_X509;
    if (num_own == 1 && own[0] == TVT_CERTIFICATE_X509 && num_peer == 1 && peer[0] == TVT_CERTIFICATE_X509)
        return TVT_OK;
    return o->server ? tvt_config_set_certificate_types(run->config, own, num_own, peer, num_peer, error)
                     : tvt_config_set_certificate_types(run->config, peer, num_peer, own, num_own, error);
}

static enum tvt_result
set_authorities(struct shim_run *run, struct tvt_error *error)
{
    uint8_t wire[SHIM_AUTHORITIES];
    size_t len = shim_authorities(wire, run->o->client_authorities);
    return len > 0 ? tvt_config_set_authorities(run->config, wire, len, error) : TVT_OK;
}

static bool
has_credentials(const struct shim_options *o)
{
    for (size_t i = 0; i < o->num_credentials; i++)
        if (o->credential[i].kind != SHIM_PSK && o->credential[i].key_file != NULL)
            return true;
    return false;
}

static int
set_certificates(struct shim_run *run)
{
    const struct shim_options *o = run->o;
    struct tvt_error error;
    tvt_error_clear(&error);
    enum tvt_result r = set_types(run, &error);
    if (r == TVT_OK)
        r = set_authorities(run, &error);
    if (r == TVT_OK && (o->ask_ocsp || o->ask_scts))
        r = tvt_config_set_staples(run->config, o->ask_ocsp ? TVT_STAPLE_ASK : TVT_STAPLE_NONE, o->ask_scts, &error);
    /* a client that has credentials insists on showing one */
    if (r == TVT_OK && !o->server && has_credentials(o))
        r = tvt_config_set_credential_required(run->config, true, &error);
    if (r == TVT_OK && o->server) /* as BoringSSL does where AES has hardware, for clients that have none */
        r = tvt_config_set_prioritize_chacha(run->config, true, &error);
    if (r == TVT_OK && (o->enable_grease || o->server)) /* a server of BoringSSL's always does it */
        r = tvt_config_set_grease(run->config, true, &error);
    return r == TVT_OK ? -1 : shim_report_setup(&error);
}

static int
add_credentials(struct shim_run *run)
{
    int status = -1;
    for (size_t i = 1; i < run->o->num_credentials && status < 0; i++)
        status = shim_add_credential(run, &run->o->credential[i], (int)i - 1);
    return status < 0 ? shim_add_credential(run, &run->o->credential[0], -1) : status;
}

int
shim_setup(struct shim_run *run)
{
    static int (*const steps[])(struct shim_run *) = {
        set_versions,     set_suites,      set_groups,           set_schemes,       set_alpn,          set_verification,
        set_certificates, add_credentials, shim_set_compression, shim_set_sessions, shim_set_callbacks};
    struct tvt_error error;
    int status = -1;

    tvt_error_clear(&error);
    if (tvt_config_new(&run->config, run->provider, &error) != TVT_OK)
        return shim_report_setup(&error);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status < 0; i++)
        status = steps[i](run);
    if (status >= 0)
        return status;
    if (tvt_connection_new(&run->connection, run->config, run->o->server ? TVT_SERVER : TVT_CLIENT, &error) != TVT_OK)
        return shim_report(&error);
    if (!run->o->server && run->o->host_name != NULL &&
        tvt_connection_set_names(run->connection, run->o->host_name, NULL) != TVT_OK)
        return shim_report_setup(tvt_connection_error(run->connection));
    return shim_offer_session(run);
}
