/* SPDX-License-Identifier: MIT
 *
 * The tool's reports.
 */
#include "tools/report.h"

#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/x509/name.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX  512u
#define ERROR_MAX 4096u

/* A server keeps standard output for its first line: what it reports goes with its log. */
static FILE *
json_stream(const struct tool_options *options)
{
    return options->command->bit == TOOL_SERVER ? stderr : stdout;
}

static const char *
stage_name(enum tool_stage stage)
{
    static const char *const names[] = {"usage", "connect", "handshake", "data"};
    return names[stage];
}

static void
usage_message(const struct tool_options *options, const char *message)
{
    if (!options->json) {
        fprintf(stderr, "trivet %s: ", options->command->name);
        for (const char *p = message; *p != '\0'; p++) /* an argument may have anything in it */
            putc((unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p, stderr);
        putc('\n', stderr);
        return;
    }
    struct json j = {.out = json_stream(options)};
    json_open(&j, NULL, '{');
    json_bool(&j, "ok", false);
    json_text(&j, "stage", "usage");
    json_unsigned(&j, "status", TOOL_USAGE);
    json_text(&j, "message", message);
    json_close(&j, '}');
    json_end(&j);
}

int
tool_usage(const struct tool_options *options, const char *format, ...)
{
    char message[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    usage_message(options, message);
    return TOOL_USAGE;
}

int
tool_usage_record(const struct tool_options *options, const char *option, const char *value,
                  const struct tvt_error *error)
{
    char message[TEXT_MAX * 2];
    const char *remedy = tvt_error_remedy(error->code);
    const char *why = error->native != 0 && error->origin == TVT_ORIGIN_OS ? strerror(error->native) : NULL;
    (void)snprintf(message, sizeof message, "--%s%s%s: %s%s%s%s%s%s. %s.", option, value != NULL ? " " : "",
                   value != NULL ? value : "", tvt_error_sentence(error->code), error->detail[0] != '\0' ? ": " : "",
                   error->detail, why != NULL ? " (" : "", why != NULL ? why : "", why != NULL ? ")" : "", remedy);
    usage_message(options, message);
    return TOOL_USAGE;
}

/* The record by one of tvt_error_format*(), on the heap; "" in a bad hour. */
static char *
error_text(size_t (*format)(const struct tvt_error *, char *, size_t), const struct tvt_error *error)
{
    size_t need = format(error, NULL, 0) + 1;
    char *text = calloc(1, need);
    if (text != NULL)
        (void)format(error, text, need);
    return text;
}

void
tool_error_json(struct json *j, enum tool_stage stage, const struct tvt_error *error, int status)
{
    char *text = error_text(tvt_error_format_json, error);
    json_bool(j, "ok", false);
    json_text(j, "stage", stage_name(stage));
    json_unsigned(j, "status", (uint64_t)status);
    json_raw(j, "error", text != NULL ? text : "null");
    free(text);
}

int
tool_failed(const struct tool_options *options, enum tool_stage stage, const struct tvt_error *error, int status)
{
    if (options->json) {
        struct json j = {.out = json_stream(options)};
        json_open(&j, NULL, '{');
        tool_error_json(&j, stage, error, status);
        json_close(&j, '}');
        json_end(&j);
    } else {
        char *text = error_text(tvt_error_format, error);
        static const char *const what[] = {"the backend cannot be used", "there is no connection",
                                           "the handshake failed", "the connection broke"};
        fprintf(stderr, "trivet %s: %s\n%s", options->command->name, what[stage], text != NULL ? text : "");
        size_t len = text != NULL ? strlen(text) : 0;
        if (len == 0 || text[len - 1] != '\n')
            fputc('\n', stderr);
        free(text);
    }
    return status;
}

const char *
tool_word(const char *name)
{
    return name != NULL && name[0] != '\0' ? name : "none";
}

/* The i-th certificate of the peer, decoded; false past the end (what was received whole was decodable). */
static bool
peer_certificate(const struct tvt_connection *c, size_t index, struct tvt_certificate *out)
{
    struct tvt_error ignored;
    struct tvt_span der = tvt_connection_peer_certificate(c, index);
    tvt_error_clear(&ignored);
    return der.len > 0 && tvt_certificate_parse(out, der, "Certificate", &ignored) == TVT_OK;
}

static const char *
key_words(char *out, size_t cap, const struct tvt_certificate *certificate)
{
    if (certificate->key.type == TVT_KEY_RSA || certificate->key.type == TVT_KEY_RSA_PSS)
        (void)snprintf(out, cap, "%s %u bits", tvt_key_type_name(certificate->key.type), certificate->key.bits);
    else
        (void)snprintf(out, cap, "%s", tvt_key_type_name(certificate->key.type));
    return out;
}

static void
chain_text(FILE *out, const struct tvt_connection *c)
{
    char text[TEXT_MAX], until[32];
    struct tvt_certificate certificate;
    for (size_t i = 0; peer_certificate(c, i, &certificate); i++) {
        fprintf(out, "chain %zu     %s\n", i, tvt_name_text(text, sizeof text, certificate.subject));
        fprintf(out, "  issuer    %s\n", tvt_name_text(text, sizeof text, certificate.issuer));
        fprintf(out, "  valid     %s to %s\n", tvt_time_text(text, sizeof text, certificate.not_before),
                tvt_time_text(until, sizeof until, certificate.not_after));
        fprintf(out, "  key       %s\n", key_words(text, sizeof text, &certificate));
        if (i == 0)
            fprintf(out, "  names     %s\n", tvt_certificate_names_text(text, sizeof text, &certificate));
    }
}

void
tool_report_text(FILE *out, const struct tool_report *report)
{
    char text[TEXT_MAX];
    struct tvt_info info;
    struct tvt_certificate leaf;
    const struct tvt_connection *c = SSL_get0_tvt_connection(report->ssl);
    tvt_connection_info(c, &info);
    fprintf(out, "connected   %s\n", report->address);
    fprintf(out, "version     %s\n", tool_word(info.version_name));
    fprintf(out, "suite       %s\n", tool_word(info.suite_name));
    fprintf(out, "group       %s%s\n", tool_word(info.group_name),
            info.hello_retry ? " (after HelloRetryRequest)" : "");
    fprintf(out, "signature   %s\n", tool_word(info.scheme_name));
    if (peer_certificate(c, 0, &leaf))
        fprintf(out, "peer        %s\n", tvt_name_text(text, sizeof text, leaf.subject));
    chain_text(out, c);
    if (info.peer_verified && report->verified_for != NULL)
        fprintf(out, "verified    for %s\n", report->verified_for);
    else
        fprintf(out, "verified    NO: anybody may be at the other end\n");
    fprintf(out, "alpn        %s\n", info.alpn.len > 0 ? tvt_printable(text, sizeof text, info.alpn) : "none");
    fprintf(out, "time        connect %.2f ms, handshake %.2f ms\n", report->connect_ms, report->handshake_ms);
    fprintf(out, "backend     %s (%s)\n", report->provider->name, report->provider->version);
}

static void
chain_json(struct json *j, const struct tvt_connection *c)
{
    char text[TEXT_MAX];
    struct tvt_certificate certificate;
    json_open(j, "chain", '[');
    for (size_t i = 0; peer_certificate(c, i, &certificate); i++) {
        json_open(j, NULL, '{');
        json_text(j, "subject", tvt_name_text(text, sizeof text, certificate.subject));
        json_text(j, "issuer", tvt_name_text(text, sizeof text, certificate.issuer));
        json_text(j, "not_before", tvt_time_text(text, sizeof text, certificate.not_before));
        json_text(j, "not_after", tvt_time_text(text, sizeof text, certificate.not_after));
        json_text(j, "key", tvt_key_type_name(certificate.key.type));
        json_unsigned(j, "bits", certificate.key.bits);
        json_text(j, "names", tvt_certificate_names_text(text, sizeof text, &certificate));
        json_close(j, '}');
    }
    json_close(j, ']');
}

void
tool_report_json(struct json *j, const struct tool_report *report)
{
    char text[TEXT_MAX];
    struct tvt_info info;
    struct tvt_certificate leaf;
    const struct tvt_connection *c = SSL_get0_tvt_connection(report->ssl);
    tvt_connection_info(c, &info);
    json_text(j, "address", report->address);
    json_text(j, "version", info.version_name);
    json_text(j, "suite", info.suite_name);
    json_text(j, "group", info.group_name);
    json_text(j, "signature", info.scheme_name);
    json_bool(j, "hello_retry", info.hello_retry);
    json_text(j, "peer", peer_certificate(c, 0, &leaf) ? tvt_name_text(text, sizeof text, leaf.subject) : NULL);
    chain_json(j, c);
    json_bool(j, "verified", info.peer_verified);
    json_text(j, "verified_for", info.peer_verified ? report->verified_for : NULL);
    if (info.alpn.len > 0)
        json_bytes(j, "alpn", info.alpn);
    else
        json_text(j, "alpn", NULL);
    json_open(j, "times", '{');
    json_ms(j, "connect_ms", report->connect_ms);
    json_ms(j, "handshake_ms", report->handshake_ms);
    json_close(j, '}');
    json_open(j, "backend", '{');
    json_text(j, "name", report->provider->name);
    json_text(j, "version", report->provider->version);
    json_close(j, '}');
}
