/* SPDX-License-Identifier: MIT
 *
 * SSL_connect(3) and its kin: drives the handshake as far as the BIOs allow.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"
#include "core/handshake/config.h"
#include "core/ssl/ssl.h"

#include <errno.h>
#include <string.h>

/* ---- the key log ---- */

static _Thread_local SSL *driven; /* by this thread, now */

SSL *
tvt_ssl_enter(SSL *ssl)
{
    SSL *before = driven;
    driven = ssl;
    return before;
}

void
tvt_ssl_leave(SSL *before)
{
    driven = before;
}

SSL *
tvt_ssl_driven(void)
{
    return driven;
}

void
tvt_ssl_keylog(void *user, const char *line)
{
    (void)user;
    if (driven != NULL && driven->ctx->keylog != NULL)
        driven->ctx->keylog(driven, line);
}

/* ---- callbacks ---- */

int
tvt_ssl_check_idle(SSL *ssl, const char *call)
{
    if (ssl->connection == NULL || tvt_connection_check_idle(ssl->connection, call) == TVT_OK)
        return SSL_ERROR_NONE;
    return tvt_ssl_wrong_call(ssl, call, "a callback of this SSL has not returned yet");
}

/* ---- before the first byte ---- */

static int
check_calls(SSL *ssl)
{
    if (ssl->role == TVT_ROLE_UNSET)
        return tvt_ssl_wrong_call(ssl, "SSL_do_handshake",
                                  "client or server? Call SSL_set_connect_state() or SSL_set_accept_state() first");
    if (ssl->rbio == NULL || ssl->wbio == NULL)
        return tvt_ssl_wrong_call(ssl, "handshake", "there is no channel: call SSL_set_fd() or SSL_set_bio() first");
    if (ssl->has_callback)
        return tvt_ssl_wrong_call(ssl, "SSL_set_verify",
                                  "a verify_callback cannot be honoured: call SSL_CTX_set_verify() with NULL for it");
    if (ssl->role == TVT_SERVER && (ssl->verify_mode != TVT_VERIFY_MODE_UNSET) &&
        (ssl->verify_mode & SSL_VERIFY_POST_HANDSHAKE) != 0 &&
        (ssl->verify_mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) != 0)
        return tvt_ssl_wrong_call(
            ssl, "SSL_set_verify",
            "SSL_VERIFY_FAIL_IF_NO_PEER_CERT cannot be honoured with SSL_VERIFY_POST_HANDSHAKE: look "
            "at what the client answered");
    return SSL_ERROR_NONE;
}

/* SSL_OP_NO_TLSv1_2 and SSL_OP_NO_TLSv1_3 take a version away from what the range has. */
static enum tvt_result
set_versions(SSL *ssl, struct tvt_error *error)
{
    uint16_t min = ssl->config->min_version, max = ssl->config->max_version;
    if ((ssl->options & SSL_OP_NO_TLSv1_2) != 0 && min < TVT_TLS13)
        min = TVT_TLS13;
    if ((ssl->options & SSL_OP_NO_TLSv1_3) != 0 && max > TVT_TLS12)
        max = TVT_TLS12;
    if (min > max)
        return tvt_fail_detail(
            error, TVT_E_NO_VERSION, NULL, "SSL_OP_NO_TLSv1_*",
            "SSL_OP_NO_TLSv1_2 and SSL_OP_NO_TLSv1_3 take away what is between the minimum and the maximum");
    if (min == ssl->config->min_version && max == ssl->config->max_version)
        return TVT_OK;
    enum tvt_result r = tvt_ssl_open_config(&ssl->config, error);
    return r == TVT_OK ? tvt_config_set_versions(ssl->config, min, max, error) : r;
}

/* What modes and options change that only the role decides, or that other calls may come behind. */
static enum tvt_result
set_habits(SSL *ssl, struct tvt_error *error)
{
    const uint64_t no_compression = SSL_OP_NO_TX_CERTIFICATE_COMPRESSION | SSL_OP_NO_RX_CERTIFICATE_COMPRESSION;
    bool plain = (ssl->options & no_compression) != 0, nameless = (ssl->options & SSL_OP_DISABLE_TLSEXT_CA_NAMES) != 0;
    bool fallback = ssl->role == TVT_CLIENT && (ssl->mode & SSL_MODE_SEND_FALLBACK_SCSV) != 0;
    bool chacha = (ssl->options & SSL_OP_PRIORITIZE_CHACHA) != 0;
    if (!plain && !nameless && fallback == ssl->config->fallback && chacha == ssl->config->prioritize_chacha)
        return TVT_OK;
    enum tvt_result r = tvt_ssl_open_config(&ssl->config, error);
    if (r == TVT_OK && plain)
        r = tvt_config_set_compression(ssl->config, NULL, 0, error);
    if (r == TVT_OK && nameless)
        r = tvt_config_set_authorities(ssl->config, NULL, 0, error);
    if (r == TVT_OK) {
        ssl->config->fallback = fallback;
        ssl->config->prioritize_chacha = chacha;
    }
    return r;
}

/* A server that wants certificates and trusts nobody refuses each client by what it sends, or does not send: its program
 * expects no failure before the client was heard. A client without roots is told at once. */
static enum tvt_result
trust_nobody(SSL *ssl, enum tvt_verify verify, struct tvt_error *error)
{
    struct tvt_trust_store *nobody = NULL;
    bool asks = ssl->role == TVT_SERVER && (verify == TVT_VERIFY_REQUEST || verify == TVT_VERIFY_REQUIRE);
    if (!asks || ssl->config->trust != NULL)
        return TVT_OK;
    enum tvt_result r = tvt_trust_store_new(&nobody, NULL, error);
    if (r == TVT_OK)
        r = tvt_ssl_open_config(&ssl->config, error);
    if (r == TVT_OK)
        r = tvt_config_set_trust(ssl->config, nobody, error);
    tvt_trust_store_unref(nobody);
    return r;
}

static enum tvt_result
make_connection(SSL *ssl, struct tvt_error *error)
{
    enum tvt_verify verify = tvt_ssl_verify_of(ssl->verify_mode, ssl->role);
#ifdef TVT_OPENSSL_CHAIN_ONLY /* built so, for programs that compare names themselves */
    if (ssl->role == TVT_CLIENT && verify != TVT_VERIFY_NONE && ssl->verify_name == NULL)
        verify = TVT_VERIFY_CHAIN_ONLY;
#endif
    enum tvt_result r = set_versions(ssl, error);
    if (r == TVT_OK)
        r = set_habits(ssl, error);
    bool limitless = ssl->writes_early && ssl->config->session.max_early_data == 0; /* the session has a limit */
    if (r == TVT_OK && (ssl->config->verify != verify || limitless))
        r = tvt_ssl_open_config(&ssl->config, error);
    if (r == TVT_OK && ssl->config->verify != verify)
        r = tvt_config_set_verify(ssl->config, verify, error);
    if (r == TVT_OK && limitless)
        r = tvt_config_set_early_data(ssl->config, UINT32_MAX, error);
    if (r == TVT_OK)
        r = trust_nobody(ssl, verify, error);
    if (r == TVT_OK)
        r = tvt_connection_new(&ssl->connection, ssl->config, (enum tvt_role)ssl->role, error);
    return r;
}

/* The name that the server's certificate is compared with: SSL_set1_host(), else the SNI name, else the host that a
 * connecting BIO was told. That one is not asked for where no name is compared: it may be none. */
static const char *
name_to_verify(const SSL *ssl)
{
#ifdef TVT_OPENSSL_CHAIN_ONLY
    return ssl->verify_name;
#else
    if (ssl->verify_name != NULL || ssl->sni != NULL)
        return ssl->verify_name != NULL ? ssl->verify_name : ssl->sni;
    enum tvt_verify verify = ssl->config->verify;
    if (verify == TVT_VERIFY_NONE || verify == TVT_VERIFY_CHAIN_ONLY)
        return NULL;
    const char *host = tvt_bio_conn_hostname(ssl->wbio);
    return host != NULL ? host : tvt_bio_conn_hostname(ssl->rbio);
#endif
}

static int
set_up(SSL *ssl)
{
    if (ssl->role != TVT_CLIENT)
        return SSL_ERROR_NONE;
    const char *verify = name_to_verify(ssl);
    if (verify != NULL || ssl->sni != NULL) {
        if (tvt_connection_set_names(ssl->connection, ssl->sni, verify) != TVT_OK)
            return tvt_ssl_call_failed(ssl);
    }
    return tvt_ssl_offer_sessions(ssl);
}

int
tvt_ssl_begin(SSL *ssl)
{
    struct tvt_error error;
    int code = ssl->connection == NULL ? check_calls(ssl) : SSL_ERROR_NONE;
    if (code != SSL_ERROR_NONE || ssl->connection != NULL)
        return code != SSL_ERROR_NONE ? code : tvt_ssl_check_idle(ssl, "SSL_do_handshake");
    tvt_error_clear(&error);
    if (make_connection(ssl, &error) != TVT_OK)
        return tvt_ssl_refuse(ssl, &error);
    code = set_up(ssl);
    if (code != SSL_ERROR_NONE) { /* a handshake with less than the program wants does not begin */
        tvt_connection_free(ssl->connection);
        ssl->connection = NULL;
        return code;
    }
    tvt_ssl_tell_start(ssl);
    return SSL_ERROR_NONE;
}

/* ---- driving ---- */

/* A peer that refuses us says so in an alert and closes; what we write then fails. The alert says more than errno. */
static int
look_for_alert(SSL *ssl, struct tvt_ssl_input *input, int code)
{
    if (code != SSL_ERROR_SYSCALL || (ssl->dead_errno != EPIPE && ssl->dead_errno != ECONNRESET))
        return code;
    int errnum = ssl->dead_errno;
    struct tvt_error first;
    tvt_error_clear(&first);
    if (ssl->error != NULL)
        first = *ssl->error;
    while (!tvt_ssl_is_broken(ssl) && ssl->plain_len == 0)
        if ((tvt_ssl_has_record(input) ? tvt_ssl_take(ssl, input) : tvt_ssl_fill(ssl, input, 0)) != SSL_ERROR_NONE)
            break;
    if (tvt_ssl_is_broken(ssl)) /* an alert, or the end: what every later call says */
        return tvt_ssl_connection_failed(ssl);
    if (ssl->error != NULL && first.code != TVT_E_NONE)
        *ssl->error = first;
    ssl->dead_errno = errnum;
    return code;
}

/* Reads no further than the record at hand: what follows the handshake stays where select() sees it. */
static int
receive(SSL *ssl, struct tvt_ssl_input *input)
{
    return tvt_ssl_has_record(input) ? tvt_ssl_take(ssl, input) : tvt_ssl_fill(ssl, input, 0);
}

/* What the peer writes next waits for our acknowledgement of what it wrote before, which the system holds back for 40 ms
 * (Nagle's algorithm there, delayed acknowledgement here): a client's Finished behind a change_cipher_spec, its first request
 * behind the Finished, a server's first answer behind its tickets, when we have nothing to say. */
void
tvt_ssl_acknowledge(SSL *ssl)
{
    BIO *bio = ssl->in.len == 0 ? tvt_bio_find_socket(ssl->rbio) : NULL;
    if (bio != NULL)
        (void)BIO_ctrl(bio, BIO_C_TVT_QUICK_ACK, 1, NULL);
}

/* The client's last flight waits for what the program does next, and leaves with it. */
static bool
holds_flight(const SSL *ssl, bool was_done)
{
    return (ssl->mode & SSL_MODE_TVT_HOLD_LAST_FLIGHT) != 0 && ssl->role == TVT_CLIENT && !was_done &&
           tvt_connection_established(ssl->connection) && ssl->out.len == 0 && !ssl->flush_due && !ssl->write_dead;
}

int
tvt_ssl_release(SSL *ssl)
{
    if (!ssl->flight_held)
        return SSL_ERROR_NONE;
    int code = tvt_ssl_drain(ssl);
    ssl->spoke_last = true;
    return code;
}

int
tvt_ssl_drive(SSL *ssl, struct tvt_ssl_input *input, bool (*until)(const SSL *ssl))
{
    int code = SSL_ERROR_NONE;
    bool some_came = false, was_done = SSL_is_init_finished(ssl) != 0;
    while (code == SSL_ERROR_NONE) {
        enum tvt_result r = tvt_connection_handshake(ssl->connection);
        if (r != TVT_FAIL && (r == TVT_WANT_WRITE || ssl->out.len > 0 || ssl->flush_due || ssl->write_dead)) {
            if (holds_flight(ssl, was_done)) {
                ssl->flight_held = true;
                return SSL_ERROR_NONE;
            }
            code = look_for_alert(ssl, input, tvt_ssl_drain(ssl));
            ssl->flight_unsent = !was_done && code != SSL_ERROR_NONE && !ssl->write_dead;
            ssl->spoke_last = true; /* until a byte comes */
            some_came = false;      /* acknowledged by what was written */
            continue;
        }
        if (r == TVT_WANT_READ && until != NULL && until(ssl))
            return SSL_ERROR_NONE;
        switch (r) {
        case TVT_OK:
            return SSL_ERROR_NONE;
        case TVT_CLOSED:
            return SSL_ERROR_ZERO_RETURN;
        case TVT_PENDING:
            return tvt_ssl_pending(ssl);
        case TVT_FAIL:
            (void)tvt_ssl_drain(ssl);
            return tvt_ssl_connection_failed(ssl);
        default:
            if (ssl->plain_len > 0)
                return tvt_ssl_wrong_call(ssl, "handshake", "early data wait: SSL_read_early_data() reads them");
            if (some_came && ssl->role == TVT_SERVER && input->at->len == 0)
                tvt_ssl_acknowledge(ssl);
            code = receive(ssl, input);
            some_came = true;
        }
    }
    return code;
}

int
tvt_ssl_handshake(SSL *ssl)
{
    uint8_t stack[TVT_RECORD_WIRE_MAX];
    struct tvt_ssl_input input;
    int code = tvt_ssl_begin(ssl);
    if (code != SSL_ERROR_NONE)
        return code;
    bool was_done = tvt_connection_established(ssl->connection);
    tvt_ssl_input_open(ssl, &input, stack, sizeof stack);
    code = tvt_ssl_drive(ssl, &input, NULL);
    int kept = tvt_ssl_input_close(ssl, &input);
    if (code == SSL_ERROR_NONE && !was_done) {
        if (!ssl->spoke_last && !ssl->flight_held)
            tvt_ssl_acknowledge(ssl);
    }
    if (code == SSL_ERROR_ZERO_RETURN)
        (void)tvt_ssl_raise_here(ssl, TVT_E_CLOSED_IN_HANDSHAKE, "handshake", "state %s",
                                 tvt_connection_state(ssl->connection));
    return code != SSL_ERROR_NONE ? code : kept;
}

int
tvt_ssl_handshake_first(SSL *ssl)
{
    if (SSL_is_init_finished(ssl))
        return SSL_ERROR_NONE;
    int code = tvt_ssl_handshake(ssl);
    tvt_ssl_tell_exit(ssl, false, tvt_ssl_finish(ssl, code)); /* the callback may ask SSL_get_error() */
    return code;
}

/* ---- calls ---- */

static int
handshake(SSL *ssl, const char *call)
{
    if (ssl == NULL)
        return tvt_ssl_null(call);
    SSL *before = tvt_ssl_enter(ssl);
    bool was_done = SSL_is_init_finished(ssl);
    int code = tvt_ssl_handshake(ssl);
    tvt_ssl_leave(before);
    int r = tvt_ssl_finish(ssl, code);
    tvt_ssl_tell_exit(ssl, was_done, r);
    return r;
}

static int
handshake_as(SSL *ssl, const char *call, int role)
{
    if (ssl == NULL)
        return tvt_ssl_null(call);
    if (ssl->role == TVT_ROLE_UNSET)
        ssl->role = role;
    if (ssl->role != role)
        return tvt_ssl_finish(
            ssl, tvt_ssl_wrong_call(ssl, call, "this SSL is a %s", ssl->role == TVT_SERVER ? "server" : "client"));
    return handshake(ssl, call);
}

int
SSL_connect(SSL *ssl)
{
    return handshake_as(ssl, "SSL_connect", TVT_CLIENT);
}

int
SSL_accept(SSL *ssl)
{
    return handshake_as(ssl, "SSL_accept", TVT_SERVER);
}

int
SSL_do_handshake(SSL *ssl)
{
    return handshake(ssl, "SSL_do_handshake");
}

int
SSL_is_init_finished(const SSL *ssl)
{
    return ssl != NULL && ssl->connection != NULL && tvt_connection_established(ssl->connection) && !ssl->flight_unsent;
}

int
SSL_in_init(const SSL *ssl)
{
    return !SSL_is_init_finished(ssl);
}

const char *
SSL_state_string_long(const SSL *ssl)
{
    return ssl != NULL && ssl->connection != NULL ? tvt_connection_state(ssl->connection) : "before the handshake";
}

const char *
SSL_state_string(const SSL *ssl)
{
    if (ssl == NULL || ssl->connection == NULL)
        return "PINIT ";
    if (tvt_ssl_is_broken(ssl))
        return "SSLERR";
    return SSL_is_init_finished(ssl) ? "SSLOK " : "SSLHS ";
}
