/* SPDX-License-Identifier: MIT
 *
 * trivet cert: what the certificates of a file say, for people and as JSON.
 */
#include "core/base/registry.h"
#include "core/x509/name.h"
#include "tools/cert.h"
#include "tools/chain_file.h"
#include "tools/commands.h"
#include "tools/report.h"

#include <stdlib.h>
#include <string.h>

static void
tell(const struct listing *l, const char *label, const char *member, const char *text)
{
    if (l->j != NULL)
        json_text(l->j, member, text);
    else if (text != NULL)
        printf("  %-11s %s\n", label, text);
}

static const char *
hex_text(char *out, size_t cap, struct tvt_span bytes)
{
    out[0] = '\0';
    for (size_t i = 0; i < bytes.len && 2 * i + 3 <= cap; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes.data[i]);
    return out;
}

/* SHA-256 of the certificate in hexadecimal; NULL: the backend does not have it. */
static const char *
fingerprint(char *out, size_t cap, struct tvt_span der, const struct tvt_provider *provider)
{
    const struct tvt_hash *hash = tvt_provider_hash(provider, TVT_HASH_SHA256);
    uint8_t digest[32];
    bool good = false;
    size_t size = hash != NULL ? (hash->ctx_size + TVT_ALIGN - 1) / TVT_ALIGN * TVT_ALIGN : 0;
    void *ctx = size > 0 ? aligned_alloc(TVT_ALIGN, size) : NULL;
    if (ctx != NULL && hash->setup(hash, ctx) == TVT_CRYPTO_OK) {
        hash->update(ctx, der.data, der.len);
        good = hash->final(ctx, digest) == TVT_CRYPTO_OK;
        hash->teardown(ctx);
    }
    free(ctx);
    return good ? hex_text(out, cap, tvt_span(digest, sizeof digest)) : NULL;
}

static void
tell_authority(const struct listing *l, const struct tvt_certificate *c)
{
    char text[64];
    if (l->j != NULL) {
        json_bool(l->j, "ca", c->is_ca);
        if (c->path_len >= 0)
            json_unsigned(l->j, "path_length", (uint64_t)c->path_len);
        else
            json_text(l->j, "path_length", NULL);
        return;
    }
    (void)snprintf(text, sizeof text, c->path_len >= 0 ? "yes, path length %d" : "yes", (int)c->path_len);
    tell(l, "authority", NULL, c->is_ca ? text : "no");
}

/* For people in one line, for programs as an array. */
static void
tell_names(const struct listing *l, const struct tvt_certificate *c)
{
    struct tvt_reader r, names;
    struct tvt_span value;
    uint8_t tag;
    bool has = tvt_certificate_has(c, TVT_CEXT_SUBJECT_ALT_NAME);
    if (l->j == NULL) {
        tell(l, "names", NULL, has ? tvt_certificate_names_text(l->text, l->cap, c) : NULL);
        return;
    }
    json_open(l->j, "names", '[');
    if (has) {
        tvt_reader_init(&r, tvt_certificate_extension(c, TVT_CEXT_SUBJECT_ALT_NAME));
        tvt_der_enter(&r, &names, TVT_DER_SEQUENCE, "subjectAltName");
        while (tvt_general_name_next(&names, &tag, &value))
            json_text(l->j, NULL, tvt_general_name_text(l->text, l->cap, tag, value));
    }
    json_close(l->j, ']');
}

static const char *
key_id_text(char *out, size_t cap, struct tvt_span id)
{
    return id.len > 0 ? hex_text(out, cap, id) : NULL;
}

static void
tell_certificate(const struct listing *l, const struct tvt_certificate *c, const struct tvt_provider *provider)
{
    char *text = l->text;
    size_t cap = l->cap;
    tell(l, "subject", "subject", tvt_name_text(text, cap, c->subject));
    tell(l, "issuer", "issuer", tvt_name_text(text, cap, c->issuer));
    tell(l, "serial", "serial", tvt_serial_text(text, cap, c->serial));
    char version[4];
    (void)snprintf(version, sizeof version, "%u", c->version);
    if (l->j != NULL)
        json_unsigned(l->j, "version", c->version);
    else
        tell(l, "version", NULL, version);
    tell(l, "from", "not_before", tvt_time_text(text, cap, c->not_before));
    tell(l, "until", "not_after", tvt_time_text(text, cap, c->not_after));
    tell(l, "key", "key", tvt_key_text(text, cap, &c->key));
    tell(l, "signed", "signature", tvt_signature_algorithm_text(text, cap, c));
    tell_names(l, c);
    tell(l, "usage", "key_usage",
         tvt_certificate_has(c, TVT_CEXT_KEY_USAGE) ? tvt_key_usage_text(text, cap, c->key_usage) : NULL);
    tell(l, "purposes", "purposes",
         tvt_certificate_has(c, TVT_CEXT_EXTENDED_KEY_USAGE) ? tvt_purposes_text(text, cap, c) : NULL);
    tell_authority(l, c);
    tell(l, "key id", "subject_key_id", key_id_text(text, cap, c->subject_key_id));
    tell(l, "issuer's id", "authority_key_id", key_id_text(text, cap, c->authority_key_id));
    cert_tell_extensions(l, c);
    tell(l, "SHA-256", "sha256", fingerprint(text, cap, c->der, provider));
}

/* False: it does not decode; the words were told. */
static bool
tell_one(const struct listing *l, struct chain_file *file, size_t i, const struct tvt_provider *provider)
{
    struct tvt_error error;
    tvt_error_clear(&error);
    if (file->fault[i].code != TVT_E_NONE)
        error = file->fault[i];
    else
        (void)!tvt_certificate_parse(&file->certificate[i], file->der[i], tvt_certificate_label(i), &error);
    bool good = error.code == TVT_E_NONE;
    error.alert = TVT_ALERT_NONE; /* there is no peer */
    error.origin = TVT_ORIGIN_LOCAL;
    if (l->j != NULL) {
        json_open(l->j, NULL, '{');
        json_unsigned(l->j, "index", i);
    } else {
        printf("certificate %zu\n", i);
    }
    if (good)
        tell_certificate(l, &file->certificate[i], provider);
    else if (l->j != NULL)
        tool_error_json(l->j, STAGE_VERIFY, &error, TOOL_FAILED);
    else {
        (void)tvt_error_format_line(&error, l->text, l->cap);
        printf("  %-11s %s\n", "unreadable", l->text);
    }
    if (l->j != NULL)
        json_close(l->j, '}');
    return good;
}

int
tool_cert(const struct tool_options *options)
{
    struct chain_file file;
    struct tvt_provider *provider = NULL;
    struct tvt_error error;
    struct json j = {.out = stdout};
    static char text[12 * TVT_CERTIFICATE_MAX];
    struct listing l = {options->json ? &j : NULL, text, sizeof text};
    bool good = true;
    tvt_error_clear(&error);
    int status = chain_file_read(&file, options, true);
    if (status < 0 && tvt_provider_open(&provider, options->backend, &error) != TVT_OK)
        status = tool_usage_record(options, "backend", options->backend != NULL ? options->backend : "(the default)",
                                   &error);
    if (status < 0) {
        if (l.j != NULL) {
            json_open(&j, NULL, '{');
            json_open(&j, "certificates", '[');
        }
        for (size_t i = 0; i < file.num; i++)
            good = tell_one(&l, &file, i, provider) && good;
        if (l.j != NULL) {
            json_close(&j, ']');
            json_bool(&j, "ok", good);
            json_close(&j, '}');
            json_end(&j);
        }
        status = good ? TOOL_DONE : TOOL_FAILED;
    }
    tvt_provider_free(provider);
    chain_file_free(&file);
    return status;
}
