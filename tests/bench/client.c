/* SPDX-License-Identifier: MIT
 *
 * A small client over <trivet/tls.h>, for its size: roots from a file, a handshake and a request over standard input
 * and output.
 */
#include <trivet/tls.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint8_t in[TVT_RECORD_WIRE_MAX], out[TVT_RECORD_WIRE_MAX];

static uint64_t
now(void *user)
{
    (void)user;
    return (uint64_t)time(NULL) * 1000u;
}

static bool
send_pending(struct tvt_connection *c)
{
    size_t n;
    while (tvt_connection_has_output(c)) {
        if (tvt_connection_output(c, out, sizeof out, &n) != TVT_OK || fwrite(out, 1, n, stdout) != n)
            return false;
    }
    return fflush(stdout) == 0;
}

/* One record from the peer. */
static enum tvt_result
receive(struct tvt_connection *c, struct tvt_span *app)
{
    size_t have = 0, used, want;
    enum tvt_result r = TVT_WANT_READ;
    while (r == TVT_WANT_READ) {
        want = tvt_connection_input_size(in, have);
        if (want > sizeof in || fread(in + have, 1, want - have, stdin) != want - have)
            return tvt_connection_input_eof(c);
        have = want;
        r = tvt_connection_input(c, in, have, &used, app);
    }
    return r;
}

static enum tvt_result
talk(struct tvt_connection *c, const char *request)
{
    enum tvt_result r;
    struct tvt_span app;
    size_t n, used;
    while ((r = tvt_connection_handshake(c)) == TVT_WANT_WRITE || r == TVT_WANT_READ) {
        if (r == TVT_WANT_WRITE ? !send_pending(c) : (r = receive(c, &app)) != TVT_OK)
            return r;
    }
    if (r != TVT_OK)
        return r;
    r = tvt_connection_seal(c, out, sizeof out, &n, (const uint8_t *)request, strlen(request), &used);
    if (r != TVT_OK || fwrite(out, 1, n, stdout) != n || fflush(stdout) != 0)
        return r;
    while ((r = receive(c, &app)) == TVT_OK)
        fwrite(app.data, 1, app.len, stderr);
    return r;
}

int
main(int argc, char **argv)
{
    struct tvt_error error;
    struct tvt_provider *provider = NULL;
    struct tvt_trust_store *trust = NULL;
    struct tvt_config *config = NULL;
    struct tvt_connection *c = NULL;
    char text[1024];

    tvt_error_clear(&error);
    if (argc < 3 || tvt_provider_open(&provider, NULL, &error) != TVT_OK ||
        tvt_trust_store_new(&trust, NULL, &error) != TVT_OK ||
        tvt_trust_store_add_file(trust, argv[2], &error) != TVT_OK ||
        tvt_config_new(&config, provider, &error) != TVT_OK || tvt_config_set_trust(config, trust, &error) != TVT_OK ||
        tvt_config_set_clock(config, now, NULL, &error) != TVT_OK ||
        tvt_connection_new(&c, config, TVT_CLIENT, &error) != TVT_OK) {
        tvt_error_format(&error, text, sizeof text);
        fprintf(stderr, "client NAME ROOTS: %s\n", text);
        return 2;
    }
    if (tvt_connection_set_name(c, argv[1]) == TVT_OK && talk(c, "GET / HTTP/1.0\r\n\r\n") == TVT_CLOSED)
        return 0;
    tvt_error_format(tvt_connection_error(c), text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return 1;
}
