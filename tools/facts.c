/* SPDX-License-Identifier: MIT
 *
 * What a connection negotiated, for people and as JSON.
 */
#include "tools/report.h"

#include "core/base/memory.h"
#include "core/base/registry.h"
#include "core/session/session.h"
#include "core/x509/name.h"

#include <string.h>

#define TEXT_MAX 512u

const char *
tool_word(const char *name)
{
    return name != NULL && name[0] != '\0' ? name : "none";
}

/* ---- sessions, keys, staples ---- */

const char *
tool_resumption(const struct tvt_info *info)
{
    return !info->resumed ? NULL : info->psk_external ? "external psk" : "resumed";
}

const char *
tool_session_id(char out[2 * SSL_MAX_SSL_SESSION_ID_LENGTH + 1], const SSL *ssl)
{
    const struct tvt_session *session = SSL_get_session(ssl);
    out[0] = '\0';
    for (size_t i = 0; session != NULL && i < session->session_id_len; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", session->session_id[i]);
    return out[0] != '\0' ? out : NULL;
}

const char *
tool_early(const struct tvt_info *info)
{
    static const char *const words[] = {"none", "offered", "accepted", "rejected"};
    return words[info->early];
}

bool
tool_knows_client(const struct tvt_info *info)
{
    return info->client_authenticated || (info->resumed && info->peer_verified && info->num_peer_certificates > 0);
}

size_t
tool_count_scts(struct tvt_span list)
{
    size_t num = 0;
    for (size_t at = 2; at + 2 <= list.len; num++)
        at += 2u + ((size_t)list.data[at] << 8 | list.data[at + 1]);
    return num;
}

static const char *
compression_name(uint16_t algorithm)
{
    return algorithm == 1 ? "zlib" : algorithm == 2 ? "brotli" : algorithm == 3 ? "zstd" : NULL;
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

/* A raw key is no chain. */
static bool
is_raw(const struct tvt_connection *c)
{
    struct tvt_info info;
    tvt_connection_info(c, &info);
    return info.peer_raw_key;
}

static void
chain_text(FILE *out, const struct tvt_connection *c)
{
    bool raw = is_raw(c);
    char text[TEXT_MAX], until[32];
    struct tvt_certificate certificate;
    for (size_t i = 0; !raw && peer_certificate(c, i, &certificate); i++) {
        fprintf(out, "chain %zu     %s\n", i, tvt_name_text(text, sizeof text, certificate.subject));
        fprintf(out, "  issuer    %s\n", tvt_name_text(text, sizeof text, certificate.issuer));
        fprintf(out, "  valid     %s to %s\n", tvt_time_text(text, sizeof text, certificate.not_before),
                tvt_time_text(until, sizeof until, certificate.not_after));
        fprintf(out, "  key       %s\n", key_words(text, sizeof text, &certificate));
        if (i == 0)
            fprintf(out, "  names     %s\n", tvt_certificate_names_text(text, sizeof text, &certificate));
    }
}

const char *
tool_peer_name(char *out, size_t cap, const struct tvt_connection *c)
{
    struct tvt_public_key key;
    struct tvt_certificate leaf;
    struct tvt_error ignored;
    struct tvt_info info;
    struct tvt_span der = tvt_connection_peer_certificate(c, 0);
    tvt_connection_info(c, &info);
    tvt_error_clear(&ignored);
    if (info.peer_raw_key && der.len > 0 && tvt_public_key_parse(&key, der, "raw key", &ignored) == TVT_OK) {
        (void)snprintf(out, cap, "a raw public key, %s", tvt_key_type_name(key.type));
        return out;
    }
    return !info.peer_raw_key && peer_certificate(c, 0, &leaf) ? tvt_name_text(out, cap, leaf.subject) : NULL;
}

static void
verified_text(FILE *out, const struct tool_report *report, const struct tvt_info *info)
{
    if (info->psk_external)
        fprintf(out, "verified    by the pre-shared key\n");
    else if (info->peer_verified && info->peer_raw_key && report->verified_for != NULL)
        fprintf(out, "verified    its raw key is a --peer-key\n");
    else if (info->peer_verified && report->verified_for != NULL)
        fprintf(out, "verified    for %s%s\n", report->verified_for, info->resumed ? ", when the session began" : "");
    else
        fprintf(out, "verified    NO: anybody may be at the other end\n");
}

static void
session_text(FILE *out, const struct tool_report *report, const struct tvt_info *info)
{
    if (report->session_file == NULL && !info->resumed)
        return;
    fprintf(out, "session     %s\n",
            info->psk_external       ? "external pre-shared key"
            : info->resumed          ? "resumed"
            : report->session_used   ? "new: the server did not go back to it"
            : report->ticket_too_old ? "new: the session with this server was too old"
                                     : "new: no session with this server was there");
}

/* What became of --early-data, and what was done about it. */
static void
early_text(FILE *out, const struct tool_report *report)
{
    size_t rest = report->early_len - (report->early_accepted ? report->early_sent : 0);
    if (report->early_file == NULL)
        return;
    if (report->early_accepted)
        fprintf(out, "early data  accepted, %zu bytes as 0-RTT%s", report->early_sent, rest > 0 ? "; " : "\n");
    else if (report->early_sent > 0)
        fprintf(out, "early data  rejected, %zu bytes; ", report->early_sent);
    else
        fprintf(out, "early data  not sent as 0-RTT: no ticket that allows it; ");
    if (report->early_given_up)
        fprintf(out, "nothing is sent after the handshake\n");
    else if (rest > 0)
        fprintf(out, "%zu bytes %s the handshake\n", rest,
                report->early_accepted   ? "follow"
                : report->early_sent > 0 ? "are sent again after"
                                         : "are sent after");
}

static void
staples_text(FILE *out, const struct tvt_connection *c)
{
    struct tvt_span ocsp = tvt_connection_peer_ocsp(c), scts = tvt_connection_peer_scts(c);
    struct tvt_info info;
    tvt_connection_info(c, &info);
    if (ocsp.len > 0)
        fprintf(out, "ocsp        a stapled response, %zu bytes\n", ocsp.len);
    if (scts.len > 0)
        fprintf(out, "scts        %zu, not judged\n", tool_count_scts(scts));
    if (info.compression != 0)
        fprintf(out, "compressed  the certificate, with %s\n", tool_word(compression_name(info.compression)));
}

void
tool_report_end(FILE *out, const struct tool_report *report)
{
    struct tvt_info info;
    tvt_connection_info(SSL_get0_tvt_connection(report->ssl), &info);
    if (info.client_authenticated) /* it may have been asked for after the handshake */
        fprintf(out, "client      our certificate or key was shown; the server judges it\n");
    if (report->key_updated)
        fprintf(out, "key update  sent, and asked of the server\n");
    else if (report->key_update_asked && info.version == TVT_TLS12)
        fprintf(out, "key update  none: TLS 1.2 keeps its keys\n");
    if (report->tickets_kept > 0)
        fprintf(out, "tickets     %zu kept in %s (mode 0600: it is secret)\n", report->tickets_kept,
                report->session_file);
    if (report->keep_error != NULL) {
        char line[TEXT_MAX * 2];
        (void)tvt_error_format_line(report->keep_error, line, sizeof line);
        fprintf(out, "tickets     could not be kept: %s\n", line);
    }
}

/* What a connection of TLS 1.3 has nothing to say about. */
static void
tls12_text(FILE *out, const SSL *ssl, const struct tvt_info *info)
{
    char id[2 * SSL_MAX_SSL_SESSION_ID_LENGTH + 1];
    if (info->version != TVT_TLS12)
        return;
    fprintf(out, "master      %s\n",
            info->extended_master ? "extended master secret" : "NOT extended: not bound to this handshake");
    fprintf(out, "session id  %s\n", tool_word(tool_session_id(id, ssl)));
}

void
tool_report_text(FILE *out, const struct tool_report *report)
{
    char text[TEXT_MAX];
    struct tvt_info info;
    const struct tvt_connection *c = SSL_get0_tvt_connection(report->ssl);
    tvt_connection_info(c, &info);
    fprintf(out, "connected   %s\n", report->address);
    fprintf(out, "version     %s\n", tool_word(info.version_name));
    fprintf(out, "suite       %s\n", tool_word(info.suite_name));
    tls12_text(out, report->ssl, &info);
    fprintf(out, "group       %s%s\n", tool_word(info.group_name),
            info.hello_retry ? " (after HelloRetryRequest)" : "");
    fprintf(out, "signature   %s\n", tool_word(info.scheme_name));
    const char *peer = tool_peer_name(text, sizeof text, c);
    if (peer != NULL)
        fprintf(out, "peer        %s\n", peer);
    chain_text(out, c);
    verified_text(out, report, &info);
    session_text(out, report, &info);
    early_text(out, report);
    staples_text(out, c);
    fprintf(out, "alpn        %s\n", info.alpn.len > 0 ? tvt_printable(text, sizeof text, info.alpn) : "none");
    fprintf(out, "time        connect %.2f ms, handshake %.2f ms\n", report->connect_ms, report->handshake_ms);
    fprintf(out, "backend     %s (%s)\n", report->provider->name, report->provider->version);
}

static void
chain_json(struct json *j, const struct tvt_connection *c)
{
    char text[TEXT_MAX];
    bool raw = is_raw(c);
    struct tvt_certificate certificate;
    json_open(j, "chain", '[');
    for (size_t i = 0; !raw && peer_certificate(c, i, &certificate); i++) {
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
tool_resumption_json(struct json *j, const struct tvt_connection *c)
{
    struct tvt_info info;
    tvt_connection_info(c, &info);
    struct tvt_span ocsp = tvt_connection_peer_ocsp(c), scts = tvt_connection_peer_scts(c);
    json_bool(j, "resumed", info.resumed && !info.psk_external);
    json_bool(j, "external_psk", info.psk_external);
    json_open(j, "early_data", '{');
    json_text(j, "fate", tool_early(&info));
    json_unsigned(j, "bytes", info.early_bytes);
    json_close(j, '}');
    json_unsigned(j, "ocsp_bytes", ocsp.len);
    json_unsigned(j, "scts", tool_count_scts(scts));
    json_bool(j, "raw_key", info.peer_raw_key);
    json_bool(j, "client_authenticated", info.client_authenticated);
    json_text(j, "compression", compression_name(info.compression));
}

/* What the command line asked for beyond the connection itself. */
static void
wishes_json(struct json *j, const struct tool_report *report)
{
    if (report->early_file != NULL) {
        json_open(j, "early_file", '{');
        json_unsigned(j, "bytes", report->early_len);
        json_unsigned(j, "sent_early", report->early_sent);
        size_t early = report->early_accepted ? report->early_sent : 0;
        json_unsigned(j, "sent_after", report->early_given_up ? 0 : report->early_len - early);
        json_close(j, '}');
    }
    if (report->session_file != NULL) {
        json_open(j, "session", '{');
        json_text(j, "file", report->session_file);
        json_text(j, "mode", "0600");
        json_bool(j, "ticket_offered", report->session_used);
        json_unsigned(j, "tickets_kept", report->tickets_kept);
        json_text(j, "not_kept", report->keep_error != NULL ? tvt_error_sentence(report->keep_error->code) : NULL);
        json_close(j, '}');
    }
    json_bool(j, "key_update", report->key_updated);
}

void
tool_report_json(struct json *j, const struct tool_report *report)
{
    char text[TEXT_MAX];
    struct tvt_info info;
    const struct tvt_connection *c = SSL_get0_tvt_connection(report->ssl);
    tvt_connection_info(c, &info);
    json_text(j, "address", report->address);
    json_text(j, "version", info.version_name);
    json_text(j, "suite", info.suite_name);
    json_text(j, "group", info.group_name);
    if (info.version == TVT_TLS12) {
        char id[2 * SSL_MAX_SSL_SESSION_ID_LENGTH + 1];
        json_bool(j, "extended_master_secret", info.extended_master);
        json_text(j, "session_id", tool_session_id(id, report->ssl));
    }
    json_text(j, "signature", info.scheme != 0 ? info.scheme_name : NULL);
    json_bool(j, "hello_retry", info.hello_retry);
    json_text(j, "peer", tool_peer_name(text, sizeof text, c));
    chain_json(j, c);
    json_bool(j, "verified", info.peer_verified);
    json_text(j, "verified_for", info.peer_verified ? report->verified_for : NULL);
    if (info.alpn.len > 0)
        json_bytes(j, "alpn", info.alpn);
    else
        json_text(j, "alpn", NULL);
    tool_resumption_json(j, c);
    wishes_json(j, report);
    json_open(j, "times", '{');
    json_ms(j, "connect_ms", report->connect_ms);
    json_ms(j, "handshake_ms", report->handshake_ms);
    json_close(j, '}');
    json_open(j, "backend", '{');
    json_text(j, "name", report->provider->name);
    json_text(j, "version", report->provider->version);
    json_close(j, '}');
}
