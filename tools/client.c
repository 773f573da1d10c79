/* SPDX-License-Identifier: MIT
 *
 * trivet client: connects, verifies, reports, then relays or fetches.
 */
#define _POSIX_C_SOURCE 200809L
#include "tools/client.h"

#include "core/base/error.h"
#include "core/os/clock.h"
#include "tools/commands.h"
#include "tools/drive.h"
#include "tools/http.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENT_TIMEOUT 30u /* seconds, for connecting and the handshake */
#define CLOSE_TIME_US  1000000u

const struct tvt_error *
client_error(const struct client *c)
{
    return c->error.code != TVT_E_NONE || c->ssl == NULL ? &c->error : SSL_get0_error_record(c->ssl);
}

static int
check_arguments(struct client *c)
{
    const struct tool_options *o = c->options;
    const char *why;
    if (!net_parse(&c->place, o->operand, "443", false, &why))
        return tool_usage(o, "\"%s\" is no HOST[:PORT]: %s.", o->operand, why);
    if (o->get != NULL && !http_path_good(o->get))
        return tool_usage(o,
                          "--get \"%s\": a path begins with / and has neither blanks nor control characters "
                          "(write %%20 for a blank).",
                          o->get);
    c->name = o->name != NULL ? o->name : c->place.host;
    return -1;
}

static bool
make_ssl(struct client *c)
{
    c->ssl = SSL_new(c->setup.ctx);
    if (c->ssl == NULL)
        c->error = *tvt_err_last();
    return c->ssl != NULL;
}

/* A name that nothing can be verified for is the caller's fault, and known before anything is sent. */
static int
set_name(struct client *c)
{
    if (SSL_set_tlsext_host_name(c->ssl, c->name) == 1)
        return -1;
    if (c->options->name != NULL)
        return tool_usage_record(c->options, "name", c->name, SSL_get0_error_record(c->ssl));
    return tool_usage(c->options,
                      "\"%s\" is no host name and no IP address. Give a name of letters, digits, dashes "
                      "and dots; --name sets another one to verify.",
                      c->name);
}

static bool
shake_hands(struct client *c, uint64_t deadline)
{
    uint64_t begin = tvt_clock_monotonic_us();
    if (!client_resume_offer(c, deadline))
        return false;
    int result = SSL_connect(c->ssl);
    while (result != 1 && drive_wait(c->ssl, result, deadline, &c->error))
        result = SSL_connect(c->ssl);
    if (result != 1 && c->error.code == TVT_E_IO_READ && tvt_clock_monotonic_us() >= deadline)
        (void)snprintf(c->error.detail, sizeof c->error.detail,
                       "the peer did not answer in time: --timeout SECONDS gives it more");
    if (result != 1)
        drive_explain(c->ssl, result, &c->error);
    c->handshake_ms = (double)(tvt_clock_monotonic_us() - begin) / 1000;
    return result == 1;
}

/* The transport failed before the peer said anything: that is the network's fault, not TLS's. */
static int
handshake_status(const struct client *c)
{
    const struct tvt_error *e = client_error(c);
    struct tvt_info info = {0};
    const struct tvt_connection *connection = SSL_get0_tvt_connection(c->ssl);
    if (connection != NULL)
        tvt_connection_info(connection, &info);
    return e->origin == TVT_ORIGIN_OS && info.suite == 0 && !info.hello_retry ? TOOL_NETWORK : TOOL_FAILED;
}

bool
client_update_keys(struct client *c)
{
    if (!c->options->key_update || c->key_updated || SSL_version(c->ssl) == TLS1_2_VERSION)
        return true;
    c->key_updated = SSL_key_update(c->ssl, SSL_KEY_UPDATE_REQUESTED) == 1;
    return c->key_updated;
}

void
client_close(struct client *c)
{
    uint64_t deadline = tvt_clock_monotonic_us() + CLOSE_TIME_US;
    struct tvt_error ignored;
    int result = SSL_shutdown(c->ssl);
    tvt_error_clear(&ignored);
    while (result < 0 && (SSL_get_shutdown(c->ssl) & SSL_SENT_SHUTDOWN) == 0 &&
           drive_wait(c->ssl, result, deadline, &ignored))
        result = SSL_shutdown(c->ssl);
}

static void
fill_report(struct tool_report *report, const struct client *c)
{
    *report = (struct tool_report){.ssl = c->ssl,
                                   .address = c->address,
                                   .verified_for = c->options->insecure ? NULL : c->name,
                                   .provider = c->setup.provider,
                                   .connect_ms = c->connect_ms,
                                   .handshake_ms = c->handshake_ms,
                                   .key_update_asked = c->options->key_update,
                                   .key_updated = c->key_updated};
    client_resume_report(c, report);
}

/* With --json nothing is relayed: a request is sent, and its response shown. */
static bool
has_request(const struct client *c)
{
    return c->options->get != NULL || c->options->early_data != NULL;
}

static int
talk_json(struct client *c)
{
    struct json j = {.out = stdout};
    struct tool_report report;
    struct client_response response = {0};
    bool good = client_resume_settle(c) && (has_request(c) ? client_get(c, &response) : client_update_keys(c));
    if (good && !has_request(c))
        client_resume_wait(c);
    if (good || c->early_given_up) /* what is given up is the program's, the connection is sound */
        client_close(c);
    fill_report(&report, c);
    json_open(&j, NULL, '{');
    if (good)
        json_bool(&j, "ok", true);
    else
        tool_error_json(&j, STAGE_DATA, client_error(c), TOOL_FAILED);
    tool_report_json(&j, &report);
    if (has_request(c))
        client_response_json(&j, &response);
    json_close(&j, '}');
    json_end(&j);
    free(response.bytes);
    return good ? TOOL_DONE : TOOL_FAILED;
}

static int
talk(struct client *c)
{
    struct tool_report report;
    if (c->options->json)
        return talk_json(c);
    bool good = client_resume_settle(c);
    fill_report(&report, c);
    tool_report_text(stderr, &report);
    good = good && (c->options->get != NULL ? client_get(c, NULL) : client_relay(c));
    fill_report(&report, c);
    tool_report_end(stderr, &report);
    if (!good && c->early_given_up)
        client_close(c);
    if (!good)
        return tool_failed(c->options, STAGE_DATA, client_error(c), TOOL_FAILED);
    client_close(c);
    return TOOL_DONE;
}

static int
run(struct client *c)
{
    const struct tool_options *o = c->options;
    uint64_t seconds = o->timeout > 0 ? o->timeout : CLIENT_TIMEOUT;
    uint64_t begin = tvt_clock_monotonic_us(), deadline = begin + seconds * 1000000;
    int status;
    if (!make_ssl(c))
        return tool_failed(o, STAGE_HANDSHAKE, &c->error, TOOL_FAILED);
    status = set_name(c);
    if (status < 0)
        status = client_resume_open(c);
    if (status >= 0)
        return status;
    c->fd = net_connect(&c->place, deadline, c->address, &c->error);
    if (c->fd < 0)
        return tool_failed(o, STAGE_CONNECT, &c->error, TOOL_NETWORK);
    c->connect_ms = (double)(tvt_clock_monotonic_us() - begin) / 1000;
    if (SSL_set_fd(c->ssl, c->fd) != 1)
        return tool_failed(o, STAGE_HANDSHAKE, SSL_get0_error_record(c->ssl), TOOL_FAILED);
    if (!shake_hands(c, deadline))
        return tool_failed(o, STAGE_HANDSHAKE, client_error(c), handshake_status(c));
    return talk(c);
}

int
tool_client(const struct tool_options *options)
{
    struct client c = {.options = options, .fd = -1};
    int status = check_arguments(&c);
    if (status >= 0)
        return status;
    tvt_error_clear(&c.error);
    status = tool_setup_open(&c.setup, options);
    if (status >= 0)
        return status;
    status = run(&c);
    client_resume_close(&c);
    SSL_free(c.ssl);
    if (c.fd >= 0)
        (void)close(c.fd);
    tool_setup_close(&c.setup);
    return status;
}
