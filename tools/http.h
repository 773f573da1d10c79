/* SPDX-License-Identifier: MIT
 *
 * As much HTTP/1.1 (RFC 9112) as the tool needs: a GET, whether its answer is whole, and a server's small page.
 */
#ifndef TVT_TOOLS_HTTP_H
#define TVT_TOOLS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <trivet/ssl.h>

#define HTTP_REQUEST_MAX 16384u /* bytes of a request that the server waits for */
#define HTTP_PAGE_MAX 4096u

/* A path that may stand in a request line. */
bool http_path_good(const char *path);
/* The request; its length, as snprintf. */
int http_request(char *out, size_t cap, const char *path, const char *host, const char *port);

/* Follows a response, so that its end is known without the connection's. */
struct http_response {
    char head[HTTP_REQUEST_MAX]; /* up to the blank line              */
    size_t head_len;
    bool head_done, head_too_long;
    bool has_length;             /* Content-Length and no encoding    */
    uint64_t left;               /* bytes of the body that are to come */
};
void http_response_add(struct http_response *r, const char *data, size_t len);
/* Everything that was announced has come. False also when nothing was announced: the connection's end tells then. */
bool http_response_whole(const struct http_response *r);

/* True when the blank line is there. */
bool http_request_whole(const uint8_t *request, size_t len);
/* True when the client wants to send another request (RFC 9112 9.3): HTTP/1.1 without "close", or 1.0 with "keep-alive". */
bool http_keeps_alive(const uint8_t *request, size_t len);
/* The answer to a request, whole or too long, into out[HTTP_PAGE_MAX]: its length; *status the code, and the request
 * line in printable form into line[line_cap]. `keep`: the connection stays, if the code is 200. */
size_t http_answer(char *out, int *status, char *line, size_t line_cap, const uint8_t *request, size_t len, SSL *ssl,
                   const char *address, bool keep);

#endif
