/* SPDX-License-Identifier: MIT
 *
 * trivet verify: is there a path from the leaf of a file to a trusted root, and if not, why?
 */
#include "core/os/clock.h"
#include "core/x509/path.h"
#include "tools/chain_file.h"
#include "tools/commands.h"
#include "tools/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 512u

static int
read_purpose(enum tvt_purpose *out, const struct tool_options *o)
{
    *out = TVT_PURPOSE_SERVER;
    if (o->purpose == NULL || strcmp(o->purpose, "server") == 0)
        return -1;
    if (strcmp(o->purpose, "client") != 0)
        return tool_usage(o, "--purpose %s is none that there is: say server or client.", o->purpose);
    *out = TVT_PURPOSE_CLIENT;
    return -1;
}

#define TIME_MAX 253402300799 /* 9999-12-31T23:59:59Z, the last that a certificate can name (RFC 5280 4.1.2.5) */

/* "2026-06-01T00:00:00Z" (RFC 3339), or seconds since 1970. */
static bool
parse_time(int64_t *out, const char *text)
{
    char form[16], *end;
    if (strlen(text) == 20 && text[4] == '-' && text[7] == '-' && (text[10] | 0x20) == 't' && text[13] == ':' &&
        text[16] == ':' && (text[19] | 0x20) == 'z') {
        (void)snprintf(form, sizeof form, "%.4s%.2s%.2s%.2s%.2s%.2sZ", text, text + 5, text + 8, text + 11, text + 14,
                       text + 17);
        return tvt_der_time(out, TVT_DER_GENERALIZED_TIME, tvt_span_string(form), true);
    }
    errno = 0;
    long long seconds = strtoll(text, &end, 10);
    *out = seconds;
    return errno == 0 && end != text && *end == '\0' && text[0] >= '0' && text[0] <= '9' && seconds <= TIME_MAX;
}

/* The roots of --ca, the system's without or with --system-ca; the lists of --crl. */
static int
load_roots(struct tvt_trust_store **out, const struct tool_options *o)
{
    struct tvt_error error;
    bool system = o->system_ca || o->ca.num == 0;
    tvt_error_clear(&error);
    *out = NULL;
    if ((system ? tvt_system_store_load(out, NULL, 0, NULL, &error) : tvt_trust_store_new(out, NULL, &error)) != TVT_OK)
        return tool_usage_record(o, "system-ca", NULL, &error);
    for (size_t i = 0; i < o->ca.num; i++)
        if (tvt_trust_store_add_file(*out, o->ca.value[i], &error) != TVT_OK)
            return tool_usage_record(o, "ca", o->ca.value[i], &error);
    for (size_t i = 0; i < o->crl.num; i++)
        if (tvt_trust_store_add_crl_file(*out, o->crl.value[i], NULL, &error) != TVT_OK)
            return tool_usage_record(o, "crl", o->crl.value[i], &error);
    return -1;
}

static int
load_suffixes(struct tvt_public_suffixes **out, const struct tool_options *o)
{
    struct tvt_error error;
    tvt_error_clear(&error);
    if (o->public_suffixes != NULL && tvt_public_suffixes_load(out, o->public_suffixes, false, NULL, &error) != TVT_OK)
        return tool_usage_record(o, "public-suffixes", o->public_suffixes, &error);
    return -1;
}

static int
tell_valid(const struct tool_options *o, const struct tvt_path_request *request, const struct tvt_verified_path *path)
{
    char text[TEXT_MAX], when[32];
    struct json j = {.out = stdout};
    (void)tvt_time_text(when, sizeof when, request->time);
    if (o->json) {
        json_open(&j, NULL, '{');
        json_bool(&j, "ok", true);
        json_text(&j, "purpose", request->purpose == TVT_PURPOSE_SERVER ? "server" : "client");
        json_text(&j, "name", request->name);
        json_text(&j, "time", when);
        json_unsigned(&j, "signatures", path->signatures);
        json_open(&j, "path", '[');
    } else {
        printf("valid for a %s%s%s at %s\n", request->purpose == TVT_PURPOSE_SERVER ? "server" : "client",
               request->name != NULL ? " named " : ", whatever its name,", request->name != NULL ? request->name : "",
               when);
    }
    for (size_t i = 0; i < path->num; i++) {
        (void)tvt_name_text(text, sizeof text, path->certificate[i]->subject);
        if (o->json) {
            json_open(&j, NULL, '{');
            json_text(&j, "subject", text);
            if (path->index[i] >= 0)
                json_unsigned(&j, "index", (uint64_t)path->index[i]);
            else
                json_text(&j, "index", NULL);
            json_close(&j, '}');
        } else if (path->index[i] >= 0) {
            printf("  %-6d %s\n", path->index[i], text);
        } else {
            printf("  %-6s %s\n", "root", text);
        }
    }
    if (o->json) {
        json_close(&j, ']');
        json_close(&j, '}');
        json_end(&j);
    }
    return TOOL_DONE;
}

static int
judge(const struct tool_options *o, struct chain_file *file, struct tvt_path_request *request)
{
    struct tvt_verified_path path;
    struct tvt_error error;
    enum tvt_result result = TVT_OK;
    tvt_error_clear(&error);
    if (file->num > TVT_POOL_MAX)
        result =
            tvt_fail_detail(&error, TVT_E_CERT_CHAIN_TOO_LONG, "certificate file", "certificate_list",
                            "it has %zu certificates; a chain and what may stand beside it are %u at most, which no "
                            "option changes",
                            file->num, TVT_POOL_MAX);
    for (size_t i = 0; i < file->num && result == TVT_OK; i++)
        result = tvt_certificate_parse(&file->certificate[i], file->der[i], tvt_certificate_label(i), &error);
    request->chain = file->certificate;
    request->num_chain = file->num;
    if (result == TVT_OK)
        result = tvt_path_verify(&path, request, &error);
    if (result == TVT_OK)
        return tell_valid(o, request, &path);
    error.alert = TVT_ALERT_NONE; /* there is no peer */
    return tool_failed(o, STAGE_VERIFY, &error, TOOL_FAILED);
}

static int
prepare(const struct tool_options *o, struct chain_file *file, struct tvt_path_request *request,
        struct tvt_path_policy *policy, struct tvt_trust_store **roots, struct tvt_provider **provider)
{
    struct tvt_error error;
    struct tvt_host host;
    int status;
    tvt_error_clear(&error);
    request->time = tvt_clock_wall_ms() / 1000;
    if (o->time != NULL && !parse_time(&request->time, o->time))
        return tool_usage(
            o,
            "--time %s is no time that there is: a form like 2026-06-01T00:00:00Z is taken, or seconds since 1970 "
            "up to the end of the year 9999.",
            o->time);
    if (o->name != NULL && !tvt_host_parse(&host, o->name))
        return tool_usage(o, "--name %s is no host name and no address: write it as a client would ask for it.",
                          o->name);
    if ((status = read_purpose(&request->purpose, o)) >= 0 || (status = load_roots(roots, o)) >= 0 ||
        (status = chain_file_read(file, o, false)) >= 0)
        return status;
    if (tvt_provider_open(provider, o->backend, &error) != TVT_OK)
        return tool_usage_record(o, "backend", o->backend != NULL ? o->backend : "(the default)", &error);
    request->provider = *provider;
    request->store = *roots;
    *policy = o->web_pki ? tvt_path_policy_web_pki : tvt_path_policy_default;
    policy->revocation = o->crl_all       ? TVT_REVOCATION_CHAIN
                         : o->crl.num > 0 ? TVT_REVOCATION_LEAF
                                          : TVT_REVOCATION_GIVEN;
    request->policy = policy;
    request->name = o->name;
    request->no_name = o->name == NULL;
    return -1;
}

int
tool_verify(const struct tool_options *options)
{
    struct chain_file file;
    struct tvt_trust_store *roots = NULL;
    struct tvt_public_suffixes *suffixes = NULL;
    struct tvt_provider *provider = NULL;
    struct tvt_path_request request;
    struct tvt_path_policy policy;
    memset(&file, 0, sizeof file);
    memset(&request, 0, sizeof request);
    int status = prepare(options, &file, &request, &policy, &roots, &provider);
    if (status < 0)
        status = load_suffixes(&suffixes, options);
    request.suffixes = suffixes;
    if (status < 0)
        status = judge(options, &file, &request);
    tvt_provider_free(provider);
    tvt_trust_store_unref(roots);
    tvt_public_suffixes_unref(suffixes);
    chain_file_free(&file);
    return status;
}
