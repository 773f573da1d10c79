/* SPDX-License-Identifier: MIT
 *
 * What the tool tells: errors, and what a connection negotiated; as text on standard error or as JSON.
 */
#ifndef TVT_TOOLS_REPORT_H
#define TVT_TOOLS_REPORT_H

#include "tools/json.h"
#include "tools/options.h"

#include <trivet/ssl.h>
#include <trivet/tls.h>

/* Stages of a run that can fail. */
enum tool_stage { STAGE_USAGE, STAGE_CONNECT, STAGE_HANDSHAKE, STAGE_DATA, STAGE_VERIFY };

/* To standard error, without what a terminal obeys: an argument may have anything in it. */
void tool_put_argument(const char *text);
/* A usage error in words (a sentence with its remedy); yields TOOL_USAGE. */
int tool_usage(const struct tool_options *options, const char *format, ...) TVT_PRINTF(2, 3);
/* The same for what the library refused: `what` is the option with its value, the record says why. */
int tool_usage_record(const struct tool_options *options, const char *option, const char *value,
                      const struct tvt_error *error);
/* The same for the file that is the command's argument. */
int tool_usage_file(const struct tool_options *options, const char *file, const struct tvt_error *error);
/* A failure that is not the command line's; yields `status`. */
int tool_failed(const struct tool_options *options, enum tool_stage stage, const struct tvt_error *error, int status);

/* Everything known about a client's connection. */
struct tool_report {
    SSL *ssl;
    const char *address;      /* of the peer, "192.0.2.1:443"                       */
    const char *verified_for; /* name that the certificate was verified for; NULL: none */
    const struct tvt_provider *provider;
    double connect_ms, handshake_ms;
    bool key_update_asked, key_updated;
    const char *session_file; /* --session; NULL: none */
    bool ticket_too_old;      /* it had one for this server that could be used no longer */
    bool session_used;        /* a ticket was taken out of it and offered */
    size_t tickets_kept;
    const struct tvt_error *keep_error; /* NULL: none */
    const char *early_file;             /* --early-data; NULL: none */
    size_t early_len, early_sent;
    bool early_accepted;
    bool early_given_up; /* what the server did not get is not sent after the handshake */
};
void tool_report_text(FILE *out, const struct tool_report *report);
/* What is known when the connection ends. */
void tool_report_end(FILE *out, const struct tool_report *report);
/* The same as members of the object that is open. */
void tool_report_json(struct json *j, const struct tool_report *report);

/* Members "ok": false, "stage" and "error" of the object that is open. */
void tool_error_json(struct json *j, enum tool_stage stage, const struct tvt_error *error, int status);

/* What stood in for certificates: "resumed", "external psk"; NULL: nothing, the handshake was a full one. */
const char *tool_resumption(const struct tvt_info *info);
/* Of TLS 1.2, in hexadecimal digits; NULL: none. */
const char *tool_session_id(char out[2 * SSL_MAX_SSL_SESSION_ID_LENGTH + 1], const SSL *ssl);
/* "none", "offered", "accepted", "rejected". */
const char *tool_early(const struct tvt_info *info);
/* A server's: the client proved who it is, now or when the session began. */
bool tool_knows_client(const struct tvt_info *info);
/* How many timestamps a SignedCertificateTimestampList has (RFC 6962 3.3). */
size_t tool_count_scts(struct tvt_span list);
/* Members "resumed", "psk", "early_data" and so on, of client and server, of the object that is open. */
void tool_resumption_json(struct json *j, const struct tvt_connection *connection);
/* Subject of the peer's leaf, or words for a raw key; NULL: it showed none. */
const char *tool_peer_name(char *out, size_t cap, const struct tvt_connection *connection);

/* The name of a scheme and so on; "none" where nothing was negotiated. */
const char *tool_word(const char *name);

#endif
