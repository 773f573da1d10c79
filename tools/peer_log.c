/* SPDX-License-Identifier: MIT
 *
 * A connection's line in the server's log.
 */
#include "tools/server.h"

#include "core/base/memory.h"

#include <stdarg.h>
#include <string.h>

#define LINE_MAX_BYTES 1536u

/* Who the client is, and what its connection rests on. */
static void
log_peer_json(struct json *j, const struct peer *p)
{
    char name[256];
    const struct tvt_connection *c = SSL_get0_tvt_connection(p->ssl);
    json_text(j, "client", tool_peer_name(name, sizeof name, c));
    tool_resumption_json(j, c);
}

static void
log_json(const struct peer *p, const struct tvt_info *info)
{
    struct json j = {.out = stderr};
    json_open(&j, NULL, '{');
    if (p->error.code != TVT_E_NONE)
        tool_error_json(&j, info->version != 0 ? STAGE_DATA : STAGE_HANDSHAKE, &p->error, TOOL_FAILED);
    else
        json_bool(&j, "ok", true);
    json_text(&j, "address", p->address);
    json_text(&j, "version", info->version_name);
    json_text(&j, "suite", info->suite_name);
    json_text(&j, "group", info->group_name);
    if (info->version == TVT_TLS12)
        json_bool(&j, "extended_master_secret", info->extended_master);
    json_text(&j, "signature", info->scheme != 0 ? info->scheme_name : NULL);
    json_text(&j, "server_name", info->server_name != NULL && info->server_name[0] != '\0' ? info->server_name : NULL);
    if (info->alpn.len > 0)
        json_bytes(&j, "alpn", info->alpn);
    else
        json_text(&j, "alpn", NULL);
    if (SSL_get0_tvt_connection(p->ssl) != NULL)
        log_peer_json(&j, p);
    json_ms(&j, "handshake_ms", p->handshake_ms);
    json_text(&j, "request", p->status != 0 ? p->request : NULL);
    json_unsigned(&j, "status_code", (uint64_t)p->status);
    json_unsigned(&j, "requests", p->requests);
    json_unsigned(&j, "records", p->records);
    json_unsigned(&j, "bytes", p->bytes);
    json_close(&j, '}');
    json_end(&j);
}

/* Appends to a line that may be cut. */
static void add(char line[LINE_MAX_BYTES], const char *format, ...) TVT_PRINTF(2, 3);
static void
add(char line[LINE_MAX_BYTES], const char *format, ...)
{
    size_t at = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line + at, LINE_MAX_BYTES - at, format, arguments);
    va_end(arguments);
}

/* Sessions, 0-RTT and who the client is. */
static void
add_client(char line[LINE_MAX_BYTES], const struct peer *p, const struct tvt_info *info)
{
    char name[256];
    const char *resumption = tool_resumption(info), *client;
    if (resumption != NULL)
        add(line, ", %s", resumption);
    if (info->version == TVT_TLS12 && !info->extended_master)
        add(line, ", no extended master secret");
    if (info->early == TVT_EARLY_ACCEPTED)
        add(line, ", early data accepted, %llu bytes", (unsigned long long)info->early_bytes);
    else if (info->early == TVT_EARLY_REJECTED)
        add(line, ", early data rejected");
    if (!tool_knows_client(info))
        return;
    client = tool_peer_name(name, sizeof name, SSL_get0_tvt_connection(p->ssl));
    add(line, ", client %s", client != NULL ? client : "authenticated");
}

static void
log_text(const struct peer *p, const struct tvt_info *info)
{
    char line[LINE_MAX_BYTES], name[TVT_LIMIT_NAME * 4 + 1], alpn[TVT_LIMIT_ALPN * 4 + 1];
    (void)snprintf(line, sizeof line, "%s", p->address);
    if (p->handshake_ms > 0) {
        struct tvt_span sni = {(const uint8_t *)info->server_name, strlen(info->server_name)};
        add(line, " %s %s %s %s, %.2f ms", tool_word(info->version_name), tool_word(info->suite_name),
            tool_word(info->group_name), tool_word(info->scheme_name), p->handshake_ms);
        if (sni.len > 0)
            add(line, ", name %.200s", tvt_printable(name, sizeof name, sni));
        if (info->alpn.len > 0)
            add(line, ", alpn %.100s", tvt_printable(alpn, sizeof alpn, info->alpn));
        add_client(line, p, info);
    }
    if (p->status != 0)
        add(line, ", %d for \"%s\"", p->status, p->request);
    if (p->requests > 1)
        add(line, ", %llu requests", (unsigned long long)p->requests);
    if (p->records != 0)
        add(line, ", %llu records returned", (unsigned long long)p->records);
    if (p->error.code != TVT_E_NONE) {
        char why[1024];
        (void)tvt_error_format_line(&p->error, why, sizeof why);
        fprintf(stderr, "%s, failed: %s\n", line, why);
    } else {
        fprintf(stderr, "%s\n", line);
    }
}

void
peer_log(const struct peer *p, const struct tvt_info *info)
{
    if (p->server->options->quiet)
        return;
    if (p->server->options->json)
        log_json(p, info);
    else
        log_text(p, info);
}
