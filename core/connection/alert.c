/* SPDX-License-Identifier: MIT
 *
 * Alerts (RFC 9846 6), those that come and those that go.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"

/* ---- received ---- */

static bool
offered_psk(const struct tvt_connection *c)
{
    return c->hs.role == TVT_CLIENT &&
           (c->hs.config->session.num_psk > 0 || (c->hs.scratch != NULL && c->hs.scratch->offer.num_sessions > 0));
}

/* Alerts of the level warning go by: as the version says, or as TLS 1.2 does as long as it may still be chosen. A server of it
 * may warn of a name that it does not know before it answers (RFC 6066 3). */
static bool
takes_warnings(const struct tvt_connection *c)
{
    return c->hs.machine->protocol->warnings || tvt_fork_is_open(&c->hs);
}

/* A server that says this after its ServerHello has found suite, group and certificate. */
static bool
has_agreed(const struct tvt_connection *c)
{
    return c->hs.role == TVT_CLIENT && c->hs.suite != NULL && !c->hs.hello_retry;
}

/* A client that offered one version, be it that the other's suites were left out. */
static bool
offered_one_version(const struct tvt_connection *c)
{
    return c->hs.role == TVT_CLIENT && c->hs.suite == NULL && !tvt_fork_is_open(&c->hs);
}

/* What an alert of the peer most often means, for the person who reads the error. */
static const char *
alert_hint(const struct tvt_connection *c, uint8_t alert)
{
    switch (alert) {
    case TVT_ALERT_PROTOCOL_VERSION:
        return "the peer has no version that was offered: it may have TLS 1.1 or older alone";
    case TVT_ALERT_HANDSHAKE_FAILURE:
        if (has_agreed(c))
            return "the peer had agreed on a cipher suite and refuses what came then: it may want a certificate of "
                   "ours, and got none or one that it does not take";
        if (offered_psk(c))
            return "the peer knows no pre-shared key that was offered, or found no cipher suite, group or signature "
                   "algorithm in common";
        if (takes_warnings(c))
            return "the peer found no cipher suite (of TLS 1.2 those with ECDHE and an AEAD are spoken here), group or "
                   "signature algorithm in common, or has no certificate that fits";
        return "the peer found no cipher suite, group or signature algorithm in common, or has no certificate that "
               "fits";
    case TVT_ALERT_UNKNOWN_CA:
        return "the peer does not trust the issuer of our certificate";
    case TVT_ALERT_CERTIFICATE_REQUIRED:
        return "the peer wants a certificate of ours, and got none";
    case TVT_ALERT_UNRECOGNIZED_NAME:
        return "the peer does not serve the name that was asked for";
    case TVT_ALERT_DECRYPT_ERROR:
        return offered_psk(c)
                   ? "the pre-shared key is another than the peer's, or a signature or Finished did not verify"
                   : "a signature or Finished of ours did not verify at the peer: is the key the certificate's?";
    case TVT_ALERT_UNSUPPORTED_CERTIFICATE:
        return "the peer cannot use a certificate of our kind: its type, its key or its purpose";
    case TVT_ALERT_CERTIFICATE_UNKNOWN:
        return "the peer did not accept our certificate, and does not say why: look at its log";
    case TVT_ALERT_ACCESS_DENIED:
        return "the peer knows who we are, and does not let us in";
    case TVT_ALERT_NO_APPLICATION_PROTOCOL:
        return "the peer speaks no application protocol (ALPN) that was offered";
    default:
        return "";
    }
}

enum tvt_result
tvt_connection_take_alert(struct tvt_connection *c, struct tvt_span content)
{
    if (content.len != 2)
        return tvt_fail_values(&c->error, TVT_E_BAD_ALERT, "alert", "length", 2, content.len);
    uint8_t level = content.data[0], alert = content.data[1];
    if (alert == TVT_ALERT_CLOSE_NOTIFY) {
        c->close_received = true;
        return TVT_CLOSED;
    }
    bool warning = level == TVT_ALERT_LEVEL_WARNING && takes_warnings(c);
    if (alert == TVT_ALERT_USER_CANCELED || warning) { /* RFC 9846 6.1: a close_notify follows the first */
        if (++c->warnings > TVT_LIMIT_WARNINGS)
            return tvt_fail_values(&c->error, TVT_E_TOO_MANY_WARNINGS, "alert", NULL, TVT_LIMIT_WARNINGS, c->warnings);
        return TVT_OK;
    }
    /* Every other alert is fatal (in TLS 1.3 whatever its level says, RFC 9846 6). */
    const struct tvt_protocol *spoken = c->hs.machine->protocol;
    if (alert == TVT_ALERT_PROTOCOL_VERSION && offered_one_version(c))
        (void)tvt_fail_detail(&c->error, TVT_E_PEER_ALERT, NULL, NULL,
                              "%s alone was offered, and the peer does not speak it: it may speak another version",
                              tvt_version_name(spoken->version));
    else
        (void)tvt_fail_detail(&c->error, TVT_E_PEER_ALERT, NULL, NULL, "%s", alert_hint(c, alert));
    c->error.origin = TVT_ORIGIN_PEER;
    c->error.alert = alert;
    c->fatal_sent = true; /* by the peer: nothing follows in either direction (RFC 9846 6.2) */
    return TVT_FAIL;
}

/* ---- sent ---- */

static enum tvt_result
write_alert(struct tvt_connection *c, struct tvt_output *out, uint8_t level, uint8_t alert)
{
    uint8_t bytes[2] = {level, alert};
    return tvt_connection_seal_record(c, out, TVT_CONTENT_ALERT, tvt_span(bytes, 2));
}

/* A server that did not take 0-RTT has no keys for it: what a client says then goes under the keys that are next. */
static enum tvt_result
leave_early_keys(struct tvt_connection *c)
{
    bool past_hello = c->read.aead != NULL;
    if (!c->early_keys || !past_hello || (c->hs.early != TVT_EARLY_REJECTED && c->hs.session != NULL))
        return TVT_OK;
    return tvt_connection_install(c, TVT_LEVEL_HANDSHAKE, true);
}

static bool
has_room(const struct tvt_connection *c, const struct tvt_output *out)
{
    return tvt_connection_fragment(c, out, 2) == 2;
}

enum tvt_result
tvt_connection_drain_alerts(struct tvt_connection *c, struct tvt_output *out)
{
    enum tvt_result r = c->alert_queued || c->close_queued ? leave_early_keys(c) : TVT_OK;
    if (r != TVT_OK)
        return r;
    if (c->alert_queued && has_room(c, out)) {
        c->alert_queued = false;
        c->fatal_sent = true;
        r = write_alert(c, out, TVT_ALERT_LEVEL_FATAL, c->alert);
        tvt_connection_forget(c);
        return r;
    }
    if (!c->close_queued || c->close_sent || c->fatal_sent || c->error.code != TVT_E_NONE)
        return TVT_OK;
    if (c->canceled && !c->cancel_sent && has_room(c, out)) {
        c->cancel_sent = true;
        r = write_alert(c, out, TVT_ALERT_LEVEL_WARNING, TVT_ALERT_USER_CANCELED);
    }
    if (r == TVT_OK && has_room(c, out)) {
        c->close_sent = true;
        r = write_alert(c, out, TVT_ALERT_LEVEL_WARNING, TVT_ALERT_CLOSE_NOTIFY);
    }
    return r;
}
