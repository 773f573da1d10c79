/* SPDX-License-Identifier: MIT
 *
 * Requests and responses.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/http.h"

#include "core/base/memory.h"
#include "tools/report.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool
http_path_good(const char *path)
{
    if (path[0] != '/')
        return false;
    for (const char *p = path; *p != '\0'; p++)
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
            return false;
    return true;
}

int
http_request(char *out, size_t cap, const char *path, const char *host, const char *port)
{
    bool v6 = strchr(host, ':') != NULL, usual = strcmp(port, "443") == 0;
    return snprintf(out, cap,
                    "GET %s HTTP/1.1\r\nHost: %s%s%s%s%s\r\nUser-Agent: trivet/" TVT_VERSION_STRING
                    "\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                    path, v6 ? "[" : "", host, v6 ? "]" : "", usual ? "" : ":", usual ? "" : port);
}

/* The value of a header field, NULL if it is not there. */
static const char *
header(const char *head, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " \t");
    }
    return NULL;
}

static void
read_head(struct http_response *r)
{
    const char *length = header(r->head, "Content-Length");
    uint64_t value = 0;
    r->head_done = true;
    if (length == NULL || header(r->head, "Transfer-Encoding") != NULL)
        return;
    for (; *length >= '0' && *length <= '9' && value < UINT64_MAX / 100; length++) {
        value = value * 10 + (uint64_t)(*length - '0');
        r->has_length = true;
    }
    r->left = value;
}

void
http_response_add(struct http_response *r, const char *data, size_t len)
{
    while (len > 0 && !r->head_done && !r->head_too_long) {
        r->head[r->head_len++] = *data++;
        len--;
        r->head[r->head_len] = '\0';
        if (r->head_len >= 4 && memcmp(r->head + r->head_len - 4, "\r\n\r\n", 4) == 0)
            read_head(r);
        r->head_too_long = r->head_len + 1 == sizeof r->head;
    }
    if (r->head_done && r->has_length)
        r->left -= len < r->left ? len : r->left;
}

bool
http_response_whole(const struct http_response *r)
{
    return r->head_done && r->has_length && r->left == 0;
}

bool
http_request_whole(const uint8_t *request, size_t len)
{
    /* lines may end with LF alone (RFC 9112 2.2) */
    for (size_t i = 1; i < len; i++)
        if (request[i] == '\n' && (request[i - 1] == '\n' || (i >= 3 && memcmp(request + i - 3, "\r\n\r", 3) == 0)))
            return true;
    return false;
}

static size_t
answer(char *out, const char *status, const char *more, const char *body, bool keep)
{
    int len = snprintf(out, HTTP_PAGE_MAX,
                       "HTTP/1.1 %s\r\nServer: trivet/" TVT_VERSION_STRING
                       "\r\nContent-Type: text/plain; charset=utf-8\r\n%sContent-Length: %zu\r\n"
                       "Connection: %s\r\n\r\n%s",
                       status, more, strlen(body), keep ? "keep-alive" : "close", body);
    return len < 0 ? 0 : (size_t)len < HTTP_PAGE_MAX ? (size_t)len : HTTP_PAGE_MAX - 1;
}

static void
write_page(char *out, size_t cap, SSL *ssl, const char *address)
{
    char alpn[TVT_LIMIT_ALPN * 4 + 1], name[TVT_LIMIT_NAME * 4 + 1], client[256];
    struct tvt_info info;
    const struct tvt_connection *c = SSL_get0_tvt_connection(ssl);
    tvt_connection_info(c, &info);
    const char *resumption = tool_resumption(&info);
    const char *peer = tool_knows_client(&info) ? tool_peer_name(client, sizeof client, c) : "none";
    struct tvt_span name_span = {(const uint8_t *)info.server_name, strlen(info.server_name)};
    (void)snprintf(out, cap,
                   "Hello from Trivet " TVT_VERSION_STRING ". This connection:\n\n"
                   "client       %s\nversion      %s\nsuite        %s\ngroup        %s%s\nsignature    %s\n"
                   "server name  %s\nalpn         %s\nhandshake    %s\nearly data   %s, %llu bytes\n"
                   "certificate  %s\n",
                   address, tool_word(info.version_name), tool_word(info.suite_name), tool_word(info.group_name),
                   info.hello_retry ? " (after HelloRetryRequest)" : "", tool_word(info.scheme_name),
                   tool_word(tvt_printable(name, sizeof name, name_span)),
                   info.alpn.len > 0 ? tvt_printable(alpn, sizeof alpn, info.alpn) : "none",
                   resumption != NULL ? resumption : "full", tool_early(&info), (unsigned long long)info.early_bytes,
                   tool_word(peer));
}

bool
http_keeps_alive(const uint8_t *request, size_t len)
{
    char head[HTTP_REQUEST_MAX + 1];
    if (len >= sizeof head || memchr(request, '\0', len) != NULL)
        return false;
    memcpy(head, request, len);
    head[len] = '\0';
    const char *end = strstr(head, "\r\n"), *wish = header(head, "Connection");
    const char *blank = strstr(head, "\r\n\r\n");
    if (blank == NULL || blank + 4 != head + len) /* requests sent ahead would be lost: the answer says close */
        return false;
    bool newer = end != NULL && end - head > 9 && memcmp(end - 9, " HTTP/1.1", 9) == 0;
    if (wish == NULL)
        return newer;
    return newer ? strncasecmp(wish, "close", 5) != 0 : strncasecmp(wish, "keep-alive", 10) == 0;
}

size_t
http_answer(char *out, int *status, char *line, size_t line_cap, const uint8_t *request, size_t len, SSL *ssl,
            const char *address, bool keep)
{
    char page[HTTP_PAGE_MAX - 512];
    const uint8_t *end = len > 0 ? memchr(request, '\n', len) : NULL;
    struct tvt_span first = {request, end != NULL ? (size_t)(end - request) : len};
    if (first.len > 0 && first.data[first.len - 1] == '\r')
        first.len--;
    (void)tvt_printable(line, line_cap, first);
    if (!http_request_whole(request, len)) {
        *status = 431;
        return answer(out, "431 Request Header Fields Too Large", "", "The request is too long.\n", false);
    }
    bool is_http = first.len > 9 && memcmp(first.data + first.len - 9, " HTTP/1.", 8) == 0;
    if (!is_http || memchr(first.data, ' ', first.len - 9) == NULL) {
        *status = 400;
        return answer(out, "400 Bad Request", "", "This is no HTTP/1 request.\n", false);
    }
    if (memcmp(first.data, "GET ", 4) != 0) {
        *status = 405;
        return answer(out, "405 Method Not Allowed", "Allow: GET\r\n", "Only GET is served here.\n", false);
    }
    *status = 200;
    write_page(page, sizeof page, ssl, address);
    return answer(out, "200 OK", "", page, keep);
}
