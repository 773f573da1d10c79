/* SPDX-License-Identifier: MIT
 *
 * What a TLS 1.2 server makes of a ClientHello: the bindings that it insists on, a session to go back to, protocol, suite,
 * certificate and group (RFC 5246 7.4.1.2, RFC 8422 5.1, RFC 7627 5, RFC 5746 3.6).
 */
#include "core/base/memory.h"
#include "core/handshake/tls12.h"

/* ---- what must be there ---- */

static enum tvt_result
check_hello(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    const struct tvt_extensions *e = &m->ext;
    struct tvt_peer *peer = &hs->scratch->peer;
    if (!tvt_list8_has(m->compression, 0))
        return tvt_fail(hs->error, TVT_E_WRONG_COMPRESSION, "ClientHello", "compression_methods");
    if (tvt_has(e, TVT_EXT_EC_POINT_FORMATS) && !tvt_list8_has(e->point_formats, 0))
        return tvt_fail(hs->error, TVT_E_POINT_FORMATS, "ClientHello", "ec_point_formats");
    if (tvt_has(e, TVT_EXT_RENEGOTIATION_INFO) && e->renegotiation_info.len > 0)
        return tvt_fail(hs->error, TVT_E_BAD_RENEGOTIATION_INFO, "ClientHello", "renegotiation_info");
    peer->secure_renegotiation =
        tvt_has(e, TVT_EXT_RENEGOTIATION_INFO) || tvt_list16_has(m->suites, TVT_SCSV_EMPTY_RENEGOTIATION_INFO);
    hs->extended_master = tvt_has(e, TVT_EXT_EXTENDED_MASTER_SECRET);
    hs->no_exporter = !hs->extended_master;
    if (!hs->extended_master && !hs->config->allow_no_ems) /* RFC 7627 5.3 */
        return tvt_fail(hs->error, TVT_E_NO_EXTENDED_MASTER_SECRET, "ClientHello", "extended_master_secret");
    return TVT_OK;
}

/* ---- suite, certificate and group ---- */

/* Our first group that the client has too and that TLS 1.2 knows; without a list of its own it takes any (RFC 8422 4). */
static bool
choose_group(struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    const struct tvt_config *c = hs->config;
    struct tvt_group *group = &hs->scratch->chosen.group;
    for (size_t i = 0; i < c->num_groups; i++)
        if ((!tvt_has(e, TVT_EXT_SUPPORTED_GROUPS) || tvt_list16_has(e->supported_groups, c->groups[i])) &&
            tvt_group_find(group, hs->provider, c->groups[i]) && group->part[1] == NULL)
            return true;
    return false;
}

static bool
has_psk(const struct tvt_config *c)
{
    return c->session.num_psk > 0 || c->session.psk_lookup != NULL;
}

/* In our order the first suite that the client has and that we have a certificate, or a key, for. */
static enum tvt_result
choose_suite(struct tvt_handshake *hs, const struct tvt_client_hello *m, unsigned *edge)
{
    const struct tvt_config *c = hs->config;
    enum tvt_result r = TVT_FAIL;
    bool common = false, no_type = false;
    for (size_t i = 0; i < c->num_suites; i++) {
        const struct tvt_suite *suite = c->suites[i];
        if (suite->version != hs->machine->protocol->version || !tvt_list16_has(m->suites, suite->id))
            continue;
        common = true;
        if (suite->auth == TVT_AUTH_PSK ? !has_psk(c) : !tvt_auth_select12(hs, m, suite, &no_type))
            continue;
        *edge = suite->auth == TVT_AUTH_PSK ? 1 : 0;
        return tvt_tls12_take_suite(hs, suite);
    }
    if (!common)
        r = tvt_fail_detail(
            hs->error, TVT_E_NO_COMMON_SUITE, "ClientHello", "cipher_suites",
            "of TLS 1.2 those with ECDHE and an AEAD are spoken here (RFC 9325 4.2), and the client offers "
            "none that is enabled");
    else if (c->num_credentials == 0)
        r = tvt_fail(hs->error, has_psk(c) ? TVT_E_NO_COMMON_PSK : TVT_E_NO_CREDENTIAL, "ClientHello", "cipher_suites");
    else if (no_type)
        r = tvt_fail(hs->error, TVT_E_CERTIFICATE_TYPE, "ClientHello", "server_certificate_type");
    else
        r = tvt_fail_detail(
            hs->error, TVT_E_NO_COMMON_SIGNATURE, "ClientHello", "signature_algorithms",
            "a suite of TLS 1.2 names the kind of key (ECDHE_ECDSA, ECDHE_RSA): the client's suites, or "
            "its signature algorithms, are for other keys than those here");
    return r;
}

static enum tvt_result
choose(struct tvt_handshake *hs, const struct tvt_client_hello *m, unsigned *edge)
{
    struct tvt_scratch *s = hs->scratch;
    if (!choose_group(hs, &m->ext))
        return tvt_fail(hs->error, TVT_E_NO_COMMON_GROUP, "ClientHello", "supported_groups");
    enum tvt_result r = tvt_auth_prepare12(hs, m);
    if (r == TVT_OK)
        r = choose_suite(hs, m, edge);
    if (r == TVT_OK && tvt_request13_wanted(hs)) /* the client's CertificateVerify signs them all (RFC 5246 7.4.8) */
        tvt_transcript_keep(&s->transcript);
    return r == TVT_OK ? tvt_session12_plan(hs, m) : r;
}

enum tvt_result
tvt_select12_recv_client_hello(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                               unsigned *edge)
{
    const struct tvt_client_hello *m = &in->u.client_hello;
    (void)out;
    enum tvt_result r = check_hello(hs, m);
    if (r == TVT_OK)
        r = tvt_select_keep_hello(hs, m);
    if (r == TVT_OK)
        r = tvt_ask13_hello(hs, m);
    if (r == TVT_OK)
        r = tvt_select_alpn(hs, m);
    if (r == TVT_OK)
        r = tvt_session12_find(hs, m);
    if (r != TVT_OK)
        return r;
    if (hs->session == NULL)
        return choose(hs, m, edge);
    *edge = 2;
    tvt_auth13_select_none(hs, m);
    return tvt_session12_resume(hs, hs->session);
}
