/* SPDX-License-Identifier: MIT
 *
 * trivet client --get and --early-data: one HTTP request, and its response to standard output or kept for JSON.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/client.h"

#include "core/base/error.h"
#include "core/os/clock.h"
#include "tools/drive.h"
#include "tools/http.h"

#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX 8192u
#define GET_IDLE_US 30000000u /* longest silence of the server */

static uint64_t
idle_deadline(void)
{
    return tvt_clock_monotonic_us() + GET_IDLE_US;
}

bool
client_send(struct client *c, const void *data, size_t len)
{
    for (size_t at = 0; at < len;) {
        int n = SSL_write(c->ssl, (const uint8_t *)data + at, (int)(len - at));
        if (n > 0)
            at += (size_t)n;
        else if (!drive_wait(c->ssl, n, idle_deadline(), &c->error))
            return false;
    }
    return true;
}

/* With --key-update the keys change in the middle of the request. */
static bool
send_halves(struct client *c, const void *data, size_t len)
{
    size_t half = c->options->key_update ? len / 2 : 0;
    return client_send(c, data, half) && client_update_keys(c) &&
           client_send(c, (const uint8_t *)data + half, len - half);
}

/* Whatever the file of --early-data is, there is no more of it. */
static bool
close_ours(struct client *c)
{
    int result = SSL_shutdown(c->ssl);
    while (result < 0 && (SSL_get_shutdown(c->ssl) & SSL_SENT_SHUTDOWN) == 0) {
        if (!drive_wait(c->ssl, result, idle_deadline(), &c->error))
            return false;
        result = SSL_shutdown(c->ssl);
    }
    return true;
}

static bool
send_request(struct client *c)
{
    char request[REQUEST_MAX];
    if (c->options->early_data != NULL) {
        struct tvt_span left = {c->early.bytes.data + c->early_at, c->early.bytes.len - c->early_at};
        return send_halves(c, left.data, left.len) && close_ours(c);
    }
    int len = http_request(request, sizeof request, c->options->get, c->name, c->place.port);
    if (len < 0 || (size_t)len >= sizeof request)
        return tvt_fail_detail(&c->error, TVT_E_NO_ROOM, NULL, "request", "%u bytes", REQUEST_MAX) == TVT_OK;
    return send_halves(c, request, (size_t)len);
}

/* Prints, or keeps, what came. */
static bool
deliver(struct client *c, struct client_response *response, const char *data, size_t len)
{
    if (response == NULL) {
        if (fwrite(data, 1, len, stdout) == len)
            return true;
        return tvt_fail_detail(&c->error, TVT_E_IO_WRITE, NULL, NULL, "standard output") == TVT_OK;
    }
    size_t keep = len < CLIENT_BODY_MAX - response->len ? len : CLIENT_BODY_MAX - response->len;
    uint8_t *grown = keep > 0 ? realloc(response->bytes, response->len + keep) : response->bytes;
    response->total += len;
    if (keep > 0 && grown == NULL)
        return tvt_fail_detail(&c->error, TVT_E_NO_MEMORY, NULL, "response", "%zu bytes", response->len) == TVT_OK;
    response->bytes = grown;
    if (keep > 0)
        memcpy(response->bytes + response->len, data, keep);
    response->len += keep;
    return true;
}

static bool
receive(struct client *c, struct client_response *response, struct http_response *http)
{
    char data[16384];
    while (!http_response_whole(http)) {
        int n = SSL_read(c->ssl, data, sizeof data);
        if (n > 0) {
            http_response_add(http, data, (size_t)n);
            if (!deliver(c, response, data, (size_t)n))
                return false;
        } else if (SSL_get_error(c->ssl, n) == SSL_ERROR_ZERO_RETURN) {
            bool cut = c->options->get != NULL && !http->head_done; /* --early-data may be no HTTP */
            if (cut || (http->has_length && http->left > 0))
                return tvt_fail_detail(&c->error, TVT_E_UNEXPECTED_EOF, NULL, "response",
                                       "the server closed in the middle of its answer") == TVT_OK;
            return true;
        } else if (!drive_wait(c->ssl, n, idle_deadline(), &c->error)) {
            return false;
        }
    }
    return true;
}

bool
client_get(struct client *c, struct client_response *response)
{
    struct http_response *http = calloc(1, sizeof *http);
    if (http == NULL)
        return tvt_fail(&c->error, TVT_E_NO_MEMORY, NULL, "response") == TVT_OK;
    bool good = send_request(c) && receive(c, response, http);
    free(http);
    return fflush(stdout) == 0 && good;
}

void
client_response_json(struct json *j, const struct client_response *response)
{
    struct tvt_span text = {response->bytes, response->len};
    json_open(j, "response", '{');
    json_unsigned(j, "bytes", response->total);
    json_bool(j, "cut", response->total > response->len);
    json_bytes(j, "text", text);
    json_close(j, '}');
}
