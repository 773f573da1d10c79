/* SPDX-License-Identifier: MIT
 *
 * Who we are, whom we trust, and what is asked of and told about certificates.
 */
#include "tools/report.h"
#include "tools/setup.h"
#include <trivet/compat.h>
#include <trivet/x509.h>

#include <string.h>

static bool
is_server(const struct tool_options *o)
{
    return o->command->bit == TOOL_SERVER;
}

/* ---- who we are ---- */

static bool
is_psk(const struct tool_options *o)
{
    return o->psk.num + o->psk_import.num > 0;
}

static int
check_credentials(const struct tool_options *o)
{
    bool server = is_server(o);
    size_t raw = o->key.num > o->cert.num ? o->key.num - o->cert.num : 0;
    if (o->cert.num > o->key.num || (raw > 0 && !o->rpk))
        return tool_usage(o, "Uses of --cert: %zu, of --key: %zu. Give each certificate its key, in the same order.",
                          o->cert.num, o->key.num);
    if (raw > 1)
        return tool_usage(o, "%zu --key have no --cert: with --rpk one raw key is ours. Leave the others out.", raw);
    if (server && o->rpk && raw == 0 && o->peer_key.num == 0)
        return tool_usage(
            o, "--rpk needs our raw key: give one --key FILE more than --cert. --peer-key FILE takes raw keys "
               "of clients.");
    if (server && o->key.num == 0 && !is_psk(o))
        return tool_usage(o, "a server needs a certificate: give --cert FILE and --key FILE.");
    if (o->ocsp.num > o->cert.num || o->sct.num > o->cert.num)
        return tool_usage(o, "there are %zu --%s and %zu --cert: each is stapled to the certificate at its place.",
                          o->ocsp.num > o->cert.num ? o->ocsp.num : o->sct.num,
                          o->ocsp.num > o->cert.num ? "ocsp" : "sct", o->cert.num);
    if (o->strict_sni && o->cert.num == 0)
        return tool_usage(o, "--strict-sni compares names with certificates: give a --cert FILE too.");
    return -1;
}

static int
add_credentials(SSL_CTX *ctx, const struct tool_options *o)
{
    for (size_t i = 0; i < o->cert.num; i++) {
        if (SSL_CTX_use_certificate_chain_file(ctx, o->cert.value[i]) != 1)
            return tool_usage_record(o, "cert", o->cert.value[i], tvt_err_last());
        if (SSL_CTX_use_PrivateKey_file(ctx, o->key.value[i], SSL_FILETYPE_PEM) != 1)
            return tool_usage_record(o, "key", o->key.value[i], tvt_err_last());
        if (i < o->ocsp.num && SSL_CTX_use_ocsp_response_file(ctx, o->ocsp.value[i]) != 1)
            return tool_usage_record(o, "ocsp", o->ocsp.value[i], tvt_err_last());
        if (i < o->sct.num && SSL_CTX_use_scts_file(ctx, o->sct.value[i]) != 1)
            return tool_usage_record(o, "sct", o->sct.value[i], tvt_err_last());
    }
    for (size_t i = o->cert.num; i < o->key.num; i++)
        if (SSL_CTX_use_raw_key_file(ctx, o->key.value[i], SSL_FILETYPE_PEM) != 1)
            return tool_usage_record(o, "key", o->key.value[i], tvt_err_last());
    return -1;
}

/* ---- raw keys ---- */

static int
check_raw_keys(const struct tool_options *o)
{
    if (!o->rpk && o->peer_key.num > 0)
        return tool_usage(o, "--peer-key is for raw keys: give --rpk too, or leave it out.");
    if (!o->rpk || is_server(o))
        return -1;
    if (o->peer_key.num == 0 && !o->insecure)
        return tool_usage(
            o, "--rpk needs the server's key: give --peer-key FILE (or --insecure, which verifies nothing).");
    if (o->ca.num > 0 || o->system_ca)
        return tool_usage(o, "--rpk takes no certificate from the server, --%s verifies one: leave one of them out.",
                          o->ca.num > 0 ? "ca" : "system-ca");
    if (o->ask_ocsp != NULL || o->ask_sct)
        return tool_usage(o, "--%s is about a certificate, and a raw key has none: leave it or --rpk out.",
                          o->ask_ocsp != NULL ? "ocsp" : "sct");
    return -1;
}

/* A client takes raw keys alone; a server offers what it has, the certificate last. */
static int
set_raw_keys(SSL_CTX *ctx, const struct tool_options *o)
{
    const unsigned char both[] = {TLSEXT_cert_type_rpk, TLSEXT_cert_type_x509};
    bool own_raw = o->key.num > o->cert.num, good;
    if (!o->rpk)
        return -1;
    for (size_t i = 0; i < o->peer_key.num; i++)
        if (SSL_CTX_add_expected_rpk_file(ctx, o->peer_key.value[i]) != 1)
            return tool_usage_record(o, "peer-key", o->peer_key.value[i], tvt_err_last());
    if (is_server(o)) {
        good = (!own_raw || SSL_CTX_set1_server_cert_type(ctx, both, o->cert.num > 0 ? 2 : 1) == 1) &&
               (o->peer_key.num == 0 || SSL_CTX_set1_client_cert_type(ctx, both, o->client_ca.num > 0 ? 2 : 1) == 1);
    } else {
        good = SSL_CTX_set1_server_cert_type(ctx, both, 1) == 1 &&
               (!own_raw || SSL_CTX_set1_client_cert_type(ctx, both, o->cert.num > 0 ? 2 : 1) == 1);
    }
    return good ? -1 : tool_usage_record(o, "rpk", NULL, tvt_err_last());
}

/* ---- whom a client trusts ---- */

static int
set_suffixes(SSL_CTX *ctx, const struct tool_options *o)
{
    struct tvt_public_suffixes *suffixes;
    struct tvt_error error;
    if (o->public_suffixes == NULL)
        return -1;
    tvt_error_clear(&error);
    if (tvt_public_suffixes_load(&suffixes, o->public_suffixes, false, NULL, &error) != TVT_OK)
        return tool_usage_record(o, "public-suffixes", o->public_suffixes, &error);
    bool good = SSL_CTX_set1_tvt_public_suffixes(ctx, suffixes) == 1;
    tvt_public_suffixes_unref(suffixes);
    return good ? -1 : tool_usage_record(o, "public-suffixes", o->public_suffixes, tvt_err_last());
}

static int
set_trust(SSL_CTX *ctx, const struct tool_options *o)
{
    if (o->insecure && (o->ca.num > 0 || o->system_ca))
        return tool_usage(o, "--insecure verifies nothing, --%s says against what: leave one of them out.",
                          o->ca.num > 0 ? "ca" : "system-ca");
    if (o->insecure && o->ask_ocsp != NULL && strcmp(o->ask_ocsp, "require") == 0)
        return tool_usage(o, "--insecure verifies nothing, --ocsp require does: leave one of them out.");
    if (o->insecure && o->public_suffixes != NULL)
        return tool_usage(o, "--insecure verifies nothing, --public-suffixes does: leave one of them out.");
    if (o->insecure) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
        return -1;
    }
    for (size_t i = 0; i < o->ca.num; i++)
        if (SSL_CTX_load_verify_file(ctx, o->ca.value[i]) != 1)
            return tool_usage_record(o, "ca", o->ca.value[i], tvt_err_last());
    /* a pre-shared key or an expected raw key says who the server is: no root is needed */
    bool needs_roots = o->ca.num == 0 && !o->rpk && !is_psk(o);
    if ((needs_roots || o->system_ca) && SSL_CTX_set_default_verify_paths(ctx) != 1)
        return tool_usage_record(o, "system-ca", "(the default)", tvt_err_last());
    return set_suffixes(ctx, o);
}

static int
ask_staples(SSL_CTX *ctx, const struct tool_options *o)
{
    bool require = o->ask_ocsp != NULL && strcmp(o->ask_ocsp, "require") == 0;
    if (o->ask_ocsp != NULL && !require && strcmp(o->ask_ocsp, "ask") != 0)
        return tool_usage(o, "--ocsp %.80s: say ask or require.", o->ask_ocsp);
    if (o->ask_ocsp != NULL && SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp) != 1)
        return tool_usage_record(o, "ocsp", o->ask_ocsp, tvt_err_last());
    if (require && SSL_CTX_require_tvt_ocsp(ctx, 1) != 1)
        return tool_usage_record(o, "ocsp", o->ask_ocsp, tvt_err_last());
    if (o->ask_sct)
        SSL_CTX_enable_signed_cert_timestamps(ctx);
    return -1;
}

/* ---- a server and its clients' certificates ---- */

static int
check_client_auth(const struct tool_options *o)
{
    const char *word = o->client_auth != NULL ? o->client_auth : "none";
    bool asks = strcmp(word, "request") == 0 || strcmp(word, "require") == 0;
    if (!asks && strcmp(word, "none") != 0)
        return tool_usage(o, "--client-auth %.80s: say none, request or require.", word);
    if (asks && o->client_ca.num == 0 && o->peer_key.num == 0)
        return tool_usage(o, "--client-auth %s needs somebody to trust: give --client-ca FILE%s.", word,
                          o->rpk ? ", or --peer-key FILE for raw keys" : "");
    if (!asks && (o->client_ca.num > 0 || o->post_handshake_auth || o->peer_key.num > 0))
        return tool_usage(o,
                          "--%s does nothing while no client is asked for a certificate: give --client-auth request or "
                          "require too.",
                          o->client_ca.num > 0     ? "client-ca"
                          : o->post_handshake_auth ? "post-handshake-auth"
                                                   : "peer-key");
    return -1;
}

static int
set_client_auth(SSL_CTX *ctx, const struct tool_options *o)
{
    int mode = SSL_VERIFY_PEER;
    for (size_t i = 0; i < o->client_ca.num; i++) {
        if (SSL_CTX_load_verify_file(ctx, o->client_ca.value[i]) != 1 ||
            SSL_CTX_load_client_CA_names_file(ctx, o->client_ca.value[i]) != 1)
            return tool_usage_record(o, "client-ca", o->client_ca.value[i], tvt_err_last());
    }
    if (o->client_auth == NULL || strcmp(o->client_auth, "none") == 0)
        return -1;
    if (o->post_handshake_auth)
        mode |= SSL_VERIFY_POST_HANDSHAKE; /* what is required then, the server looks after (peer.c) */
    else if (strcmp(o->client_auth, "require") == 0)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(ctx, mode, NULL);
    return -1;
}

static enum tvt_result
change_strict_name(struct tvt_config *config, const void *value, struct tvt_error *error)
{
    return tvt_config_set_strict_name(config, *(const bool *)value, error);
}

/* ---- both ---- */

static int
set_compression(SSL_CTX *ctx, const struct tool_options *o)
{
    const int known[] = {TLSEXT_comp_cert_zstd, TLSEXT_comp_cert_zlib};
    int list[2];
    size_t num = 0;
    if (!o->compress)
        return -1;
    for (size_t i = 0; i < 2; i++)
        if (tvt_compression_available((uint16_t)known[i]))
            list[num++] = known[i];
    if (num == 0)
        return tool_usage(o,
                          "--compress: this build of Trivet has neither zlib nor zstd. Leave it out, or build it with "
                          "one of them.");
    if (SSL_CTX_set1_cert_comp_preference(ctx, list, num) != 1)
        return tool_usage_record(o, "compress", NULL, tvt_err_last());
    return -1;
}

int
tool_setup_auth(const struct tool_setup *setup, const struct tool_options *o)
{
    SSL_CTX *ctx = setup->ctx;
    bool server = is_server(o);
    int status = check_credentials(o);
    if (status < 0)
        status = check_raw_keys(o);
    if (status < 0 && server)
        status = check_client_auth(o);
    if (status < 0)
        status = add_credentials(ctx, o);
    if (status < 0)
        status = set_raw_keys(ctx, o);
    if (status < 0)
        status = server ? set_client_auth(ctx, o) : set_trust(ctx, o);
    if (status < 0 && !server)
        status = ask_staples(ctx, o);
    if (status < 0)
        status = set_compression(ctx, o);
    if (status < 0 && o->strict_sni && tool_setup_change(setup, change_strict_name, &o->strict_sni) != 1)
        status = tool_usage_record(o, "strict-sni", NULL, tvt_err_last());
    if (status < 0 && o->post_handshake_auth && !server)
        SSL_CTX_set_post_handshake_auth(ctx, 1);
    return status;
}
