/* SPDX-License-Identifier: MIT
 *
 * trivet client --session and --early-data.
 */
#define _POSIX_C_SOURCE 200809L
#include "core/base/error.h"
#include "core/os/clock.h"
#include "tools/client.h"
#include "tools/drive.h"
#include "tools/session_file.h"

#include <string.h>

#define EARLY_FILE_MAX (16u << 20)
#define TICKET_TIME_US 300000u /* a server's tickets follow its Finished at once, or its first data */

static struct client *the_client; /* whose tickets the callback keeps; an SSL has no place for it */

static int
keep_ticket(SSL *ssl, SSL_SESSION *session)
{
    struct client *c = the_client;
    if (c == NULL || c->ssl != ssl)
        return 0;
    if (session_file_keep(c->options->session, session, &c->keep_error))
        c->tickets++;
    return 0;
}

int
client_resume_open(struct client *c)
{
    const struct tool_options *o = c->options;
    tvt_error_clear(&c->keep_error);
    if (o->session == NULL)
        return -1;
    if (o->early_data != NULL) {
        if (tvt_file_read(&c->early, o->early_data, EARLY_FILE_MAX, "early data", NULL, &c->error) != TVT_OK)
            return tool_usage_record(o, "early-data", o->early_data, &c->error);
        if (c->early.bytes.len == 0)
            return tool_usage(o, "--early-data %.300s is empty: there is nothing to send.", o->early_data);
    }
    if (!session_file_take(o->session, c->name, &c->session, &c->ticket_too_old, &c->error))
        return tool_usage_record(o, "session", o->session, &c->error);
    the_client = c;
    (void)SSL_CTX_set_session_cache_mode(c->setup.ctx, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(c->setup.ctx, keep_ticket);
    return -1;
}

/* Sends up to `limit` bytes of the file. False: the connection failed. */
static bool
send_early(struct client *c, size_t limit, uint64_t deadline)
{
    size_t len = c->early.bytes.len < limit ? c->early.bytes.len : limit;
    while (c->early_sent < len) {
        size_t put = 0;
        int result = SSL_write_early_data(c->ssl, c->early.bytes.data + c->early_sent, len - c->early_sent, &put);
        if (result == 1)
            c->early_sent += put;
        else if (!drive_wait(c->ssl, result, deadline, &c->error))
            return false;
    }
    return true;
}

bool
client_resume_offer(struct client *c, uint64_t deadline)
{
    if (c->session == NULL)
        return true;
    if (SSL_set_session(c->ssl, c->session) != 1)
        return false;
    return send_early(c, SSL_SESSION_get_max_early_data(c->session), deadline);
}

/* A session of TLS 1.2 is as good as before where it was gone back to and none came in its place. */
static void
keep_used(struct client *c)
{
    SSL_SESSION *now = SSL_get_session(c->ssl);
    if (c->session != NULL && now == c->session && SSL_session_reused(c->ssl))
        (void)keep_ticket(c->ssl, now);
}

bool
client_resume_settle(struct client *c)
{
    keep_used(c);
    bool accepted = SSL_get_early_data_status(c->ssl) == SSL_EARLY_DATA_ACCEPTED;
    const char *choice = c->options->early_rejected != NULL ? c->options->early_rejected : "resend";
    c->early_accepted = accepted && c->early_sent > 0;
    c->early_at = accepted ? c->early_sent : 0;
    if (c->options->early_data == NULL || accepted || strcmp(choice, "resend") == 0)
        return true;
    c->early_given_up = true;
    return tvt_fail_detail(&c->error, TVT_E_EARLY_DATA_NOT_TAKEN, NULL, "early data", "%zu bytes of --early-data; %s",
                           c->early.bytes.len,
                           c->early_sent > 0    ? "the server rejected them"
                           : c->session != NULL ? "the ticket allows no 0-RTT"
                           : c->ticket_too_old  ? "the ticket for this server was too old"
                                                : "there was no ticket for this server") == TVT_OK;
}

void
client_resume_wait(struct client *c)
{
    uint64_t deadline = tvt_clock_monotonic_us() + TICKET_TIME_US;
    char byte;
    struct tvt_error ignored;
    int n = 0;
    tvt_error_clear(&ignored);
    while (c->options->session != NULL && c->tickets == 0 && tvt_clock_monotonic_us() < deadline) {
        n = SSL_peek(c->ssl, &byte, 1);
        if (n > 0 || !drive_wait(c->ssl, n, deadline, &ignored))
            break;
    }
}

void
client_resume_report(const struct client *c, struct tool_report *report)
{
    report->session_file = c->options->session;
    report->session_used = c->session != NULL;
    report->ticket_too_old = c->ticket_too_old;
    report->tickets_kept = c->tickets;
    report->keep_error = c->keep_error.code != TVT_E_NONE ? &c->keep_error : NULL;
    report->early_file = c->options->early_data;
    report->early_len = c->early.bytes.len;
    report->early_sent = c->early_sent;
    report->early_accepted = c->early_accepted;
    report->early_given_up = c->early_given_up;
}

void
client_resume_close(struct client *c)
{
    the_client = NULL;
    SSL_SESSION_free(c->session);
    c->session = NULL;
    tvt_file_free(&c->early);
}
