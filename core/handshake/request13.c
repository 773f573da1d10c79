/* SPDX-License-Identifier: MIT
 *
 * CertificateRequest, in the handshake and after it: sent, received, and the client's choice of a credential for it
 * (RFC 9846 4.4.2, 4.5.1.2).
 */
#include "core/base/memory.h"
#include "core/handshake/post13.h"
#include "core/handshake/protocol.h"
#include "core/x509/oid_filter.h"

static const char name[] = "CertificateRequest";

/* ---- server ---- */

bool
tvt_request13_wanted(const struct tvt_handshake *hs)
{
    return hs->config->verify == TVT_VERIFY_REQUEST || hs->config->verify == TVT_VERIFY_REQUIRE;
}

size_t
tvt_request13_room(const struct tvt_handshake *hs)
{
    const struct tvt_config_auth *a = &hs->config->auth;
    return 512 + sizeof(struct tvt_auth_lists) + a->authorities_len + a->oid_filters_len;
}

void
tvt_request13_write(struct tvt_handshake *hs, struct tvt_writer *out, struct tvt_span context)
{
    const struct tvt_config_auth *a = &hs->config->auth;
    struct tvt_certificate_request m = {.context = context};
    struct tvt_auth_lists lists;
    tvt_auth13_wish(hs, &m.ext, &lists);
    if (a->oid_filters_len > 0) {
        m.ext.present |= TVT_EXT_BIT(TVT_EXT_OID_FILTERS);
        m.ext.oid_filters = tvt_span(a->oid_filters, a->oid_filters_len);
    }
    if (hs->config->grease) /* RFC 8701 4.1; any value will do, and the client's random has one */
        m.ext.grease = tvt_grease_value(hs->scratch->client_random[0]);
    hs->scratch->peer.requested = m.ext.present;
    tvt_encode_certificate_request(out, &m);
}

enum tvt_result
tvt_request13_send(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    (void)in;
    (void)edge;
    tvt_request13_write(hs, out, tvt_span(NULL, 0));
    return TVT_OK;
}

/* ---- client ---- */

/* X.509 was agreed on by silence, and we said that we have none (RFC 7250 4.2). */
static bool
asks_for_wrong_type(const struct tvt_handshake *hs)
{
    const struct tvt_config_auth *a = &hs->config->auth;
    struct tvt_span types = tvt_span(a->client_types, a->num_client_types);
    return types.len > 0 && !tvt_list8_has(types, hs->scratch->chosen.certificate_type);
}

static enum tvt_result
lacks_credential(struct tvt_handshake *hs, const struct tvt_credential_wish *wish)
{
    bool of_type = false;
    if (hs->config->num_credentials == 0)
        return tvt_fail_detail(hs->error, TVT_E_CREDENTIAL_REQUIRED, name, "credential",
                               "no certificate of ours was loaded");
    for (size_t i = 0; i < hs->config->num_credentials; i++)
        of_type |= hs->config->credentials[i]->raw_key == (wish->type == TVT_CERTIFICATE_RAW_KEY);
    const char *why = tvt_negotiate_could_sign(hs->config, wish) ? "certificate_authorities"
                      : of_type                                  ? "signature_algorithms"
                                                                 : "client_certificate_type";
    return tvt_fail(hs->error, TVT_E_CREDENTIAL_REQUIRED, name, why);
}

enum tvt_result
tvt_request_answer(struct tvt_handshake *hs, struct tvt_credential_wish *wish)
{
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    if (asks_for_wrong_type(hs))
        return tvt_fail_detail(hs->error, TVT_E_CERTIFICATE_TYPE, name, NULL,
                               "the server wants a certificate of type %u, which was not offered",
                               chosen->certificate_type);
    enum tvt_result asked = tvt_ask13_request(hs, wish);
    if (asked != TVT_OK)
        return asked;
    if (wish->certificate_schemes.len == 0) /* RFC 9846 4.3.3 */
        wish->certificate_schemes = wish->schemes;
    wish->type = chosen->certificate_type;
    wish->of_client = true;
    wish->server_name = "";
    wish->scheme_fits = hs->machine->protocol->scheme_fits;
    if (tvt_negotiate_credential(hs->config, wish, &chosen->credential, &chosen->scheme) ||
        !hs->config->auth.credential_required)
        return TVT_OK;
    return lacks_credential(hs, wish);
}

enum tvt_result
tvt_request13_choose(struct tvt_handshake *hs, const struct tvt_certificate_request *m)
{
    const struct tvt_extensions *e = &m->ext;
    struct tvt_scratch *s = hs->scratch;
    if (!tvt_has(e, TVT_EXT_SIGNATURE_ALGORITHMS))
        return tvt_fail(hs->error, TVT_E_MISSING_EXTENSION, name, "signature_algorithms");
    if (!tvt_oid_filters_valid(e->oid_filters))
        return tvt_fail(hs->error, TVT_E_BAD_OID_FILTER, name, "oid_filters");
    struct tvt_credential_wish wish = {.schemes = e->signature_algorithms,
                                       .certificate_schemes = e->signature_algorithms_cert,
                                       .authorities = e->authorities,
                                       .oid_filters = e->oid_filters};
    enum tvt_result r = tvt_request_answer(hs, &wish);
    if (r != TVT_OK)
        return r;
    s->peer.wants_ocsp = tvt_has(e, TVT_EXT_STATUS_REQUEST);
    s->peer.wants_scts = tvt_has(e, TVT_EXT_SCT);
    s->peer.compression = tvt_auth13_compression(hs, e);
    tvt_copy(s->peer.request_context, m->context.data, m->context.len);
    s->peer.request_context_len = m->context.len;
    return TVT_OK;
}

enum tvt_result
tvt_request13_recv(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out, unsigned *edge)
{
    const struct tvt_certificate_request *m = &in->u.certificate_request;
    (void)out;
    (void)edge;
    if (m->context.len != 0)
        return tvt_fail(hs->error, TVT_E_BAD_REQUEST_CONTEXT, name, "certificate_request_context");
    return tvt_request13_choose(hs, m);
}
