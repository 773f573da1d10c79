/* SPDX-License-Identifier: MIT
 *
 * What the program may ask of a connection: its state, what was negotiated, who the peer is, keying material.
 */
#include "core/base/memory.h"
#include "core/connection/connection.h"

/* ---- state ---- */

const struct tvt_error *
tvt_connection_error(const struct tvt_connection *c)
{
    return c->error.code != TVT_E_NONE ? &c->error : &c->call_error;
}

const char *
tvt_connection_state(const struct tvt_connection *c)
{
    return tvt_handshake_state_name(&c->hs);
}

bool
tvt_connection_established(const struct tvt_connection *c)
{
    return tvt_handshake_done(&c->hs);
}

bool
tvt_connection_can_send(const struct tvt_connection *c)
{
    return tvt_handshake_may_send(&c->hs) == TVT_DATA_APPLICATION && c->error.code == TVT_E_NONE && !c->close_queued;
}

bool
tvt_connection_sent_close(const struct tvt_connection *c)
{
    return c->close_sent;
}

bool
tvt_connection_received_close(const struct tvt_connection *c)
{
    return c->close_received;
}

/* ---- what was negotiated ---- */

/* A resumed connection knows its peer from the session, unless the peer showed a certificate since (RFC 9846 4.7.2). */
static const struct tvt_session *
peer_from(const struct tvt_connection *c)
{
    return c->hs.shown.num == 0 ? c->hs.session : NULL;
}

void
tvt_connection_info(const struct tvt_connection *c, struct tvt_info *info)
{
    const struct tvt_handshake *hs = &c->hs;
    const struct tvt_scheme *scheme = tvt_scheme_find(hs->scheme);
    const struct tvt_session *from = peer_from(c);
    *info = (struct tvt_info){.group = hs->group,
                              .scheme = hs->scheme,
                              .version_name = "",
                              .suite_name = "",
                              .group_name = hs->group != 0 ? tvt_group_name(hs->group) : "",
                              .scheme_name = scheme != NULL ? scheme->name : "",
                              .alpn = hs->alpn,
                              .server_name = hs->server_name,
                              .hello_retry = hs->hello_retry,
                              .peer_verified = hs->peer_verified && tvt_handshake_done(hs),
                              .num_peer_certificates = from != NULL ? from->num_peer_chain : hs->shown.num,
                              .resumed = hs->session != NULL,
                              .psk_external = hs->session != NULL && hs->session->kind != TVT_SESSION_RESUMPTION,
                              .early = hs->early,
                              .early_bytes = c->early_bytes,
                              .ticket_age_skew_ms = hs->ticket_age_skew,
                              .peer_raw_key = from != NULL ? from->peer_raw_key : hs->shown.raw_key,
                              .client_authenticated = hs->client_authenticated,
                              .compression = hs->compression,
                              .peer_scheme = hs->peer_scheme,
                              .extended_master = hs->extended_master};
    if (hs->suite != NULL) {
        info->version = hs->suite->version;
        info->version_name = tvt_version_name(hs->suite->version);
        info->suite = hs->suite->id;
        info->suite_name = hs->suite->name;
    }
}

struct tvt_span
tvt_connection_peer_certificate(const struct tvt_connection *c, size_t index)
{
    const struct tvt_session *from = peer_from(c);
    struct tvt_reader r;
    struct tvt_span cert = {NULL, 0};
    if (index >= (from != NULL ? from->num_peer_chain : c->hs.shown.num))
        return cert;
    tvt_reader_init(&r, from != NULL ? from->peer_chain : tvt_buffer_span(&c->hs.shown.chain));
    for (size_t i = 0; i <= index; i++)
        cert = tvt_read_vec24(&r, 0, UINT32_MAX, "kept certificate");
    return cert;
}

struct tvt_span
tvt_connection_peer_ocsp(const struct tvt_connection *c)
{
    const struct tvt_session *from = peer_from(c);
    return from != NULL ? from->ocsp_response : tvt_buffer_span(&c->hs.shown.ocsp);
}

struct tvt_span
tvt_connection_peer_scts(const struct tvt_connection *c)
{
    const struct tvt_session *from = peer_from(c);
    return from != NULL ? from->sct_list : tvt_buffer_span(&c->hs.shown.scts);
}

/* ---- keying material, RFC 9846 7.5 ---- */

#define EXPORT_TOO_LONG "more bytes than 255 times the hash's length (RFC 5869 2.3)"

static enum tvt_result
exported(struct tvt_connection *c, int rc)
{
    if (rc == TVT_CRYPTO_OK)
        return TVT_OK;
    tvt_error_clear(&c->call_error);
    return tvt_fail_crypto(&c->call_error, TVT_E_CRYPTO, NULL, "exporter", c->hs.provider, rc);
}

enum tvt_result
tvt_connection_export(struct tvt_connection *c, uint8_t *out, size_t len, const char *label, const uint8_t *context,
                      size_t context_len)
{
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL; /* the secrets are gone (RFC 9846 6) */
    /* A server that took 0-RTT may send already, and so may use what it exports. */
    if (!tvt_handshake_done(&c->hs) && tvt_handshake_may_send(&c->hs) != TVT_DATA_APPLICATION)
        return tvt_connection_wrong_call(c, __func__, "keying material exists when the handshake is done");
    if (len > 255u * c->hs.hash->out_len)
        return tvt_connection_wrong_call(c, __func__, EXPORT_TOO_LONG);
    if (c->hs.no_exporter)
        return tvt_connection_wrong_call(
            c, __func__, "without the extended master secret others may share what is exported (RFC 7627 5.4)");
    return exported(c, c->hs.machine->protocol->export(&c->hs, label, tvt_span(context, context_len), out, len));
}

enum tvt_result
tvt_connection_export_early(struct tvt_connection *c, uint8_t *out, size_t len, const char *label,
                            const uint8_t *context, size_t context_len)
{
    const struct tvt_handshake *hs = &c->hs;
    const struct tvt_hash *hash = NULL;
    if (c->error.code != TVT_E_NONE)
        return TVT_FAIL;
    if (hs->early == TVT_EARLY_ACCEPTED) /* with the suite of the PSK, whose hash it is */
        hash = hs->hash;
    else if (hs->early == TVT_EARLY_OFFERED)
        hash = tvt_handshake_hash(hs, TVT_LEVEL_EARLY);
    if (hash == NULL)
        return tvt_connection_wrong_call(c, __func__, "no 0-RTT is offered, or it was not accepted");
    if (len > 255u * hash->out_len)
        return tvt_connection_wrong_call(c, __func__, EXPORT_TOO_LONG);
    struct tvt_kdf kdf = {0};
    int rc = tvt_kdf_init(&kdf, hash);
    if (rc == TVT_CRYPTO_OK)
        rc = tvt_schedule13_export(&kdf, hs->early_exporter_secret, label, tvt_span(context, context_len), out, len);
    tvt_kdf_free(&kdf);
    return exported(c, rc);
}

enum tvt_result
tvt_connection_channel_binding(struct tvt_connection *c, uint8_t out[32])
{
    /* RFC 9266 2: with a context, which is empty; no two connections have the same. */
    static const uint8_t empty[1];
    return tvt_connection_export(c, out, 32, "EXPORTER-Channel-Binding", empty, 0);
}
