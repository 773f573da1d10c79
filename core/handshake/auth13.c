/* SPDX-License-Identifier: MIT
 *
 * What the two sides agree on about certificates in ClientHello and EncryptedExtensions: signature schemes, types
 * (RFC 7250), staples, compression (RFC 8879), and the server's choice of a credential (RFC 9846 4.5.1.2).
 */
#include "core/base/memory.h"
#include "core/handshake/tls12.h"

/* ---- the client's offer ---- */

/* RFC 9963 3: a ClientHello has no legacy schemes; a CertificateRequest may. */
static struct tvt_span
list_schemes(uint8_t *memory, const struct tvt_scheme *const *schemes, size_t num, bool legacy)
{
    size_t len = 0;
    for (size_t i = 0; i < num; i++) {
        if (tvt_scheme_is_legacy(schemes[i]) && !legacy)
            continue;
        tvt_store_u16(memory + len, schemes[i]->id);
        len += 2;
    }
    return tvt_span(memory, len);
}

static struct tvt_span
list_compression(uint8_t *memory, const struct tvt_config_auth *a)
{
    for (size_t i = 0; i < a->num_compression; i++)
        tvt_store_u16(memory + 2 * i, a->compression[i]->id);
    return tvt_span(memory, 2 * a->num_compression);
}

/* What ClientHello and CertificateRequest have in common. */
void
tvt_auth13_wish(struct tvt_handshake *hs, struct tvt_extensions *e, struct tvt_auth_lists *lists)
{
    const struct tvt_config *c = hs->config;
    const struct tvt_config_auth *a = &c->auth;
    e->present |= TVT_EXT_BIT(TVT_EXT_SIGNATURE_ALGORITHMS);
    e->signature_algorithms = list_schemes(lists->schemes, c->schemes, c->num_schemes, hs->role == TVT_SERVER);
    if (a->num_certificate_schemes > 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_SIGNATURE_ALGORITHMS_CERT);
        e->signature_algorithms_cert =
            list_schemes(lists->certificate_schemes, a->certificate_schemes, a->num_certificate_schemes, false);
    }
    if (a->ocsp != TVT_STAPLE_NONE) {
        e->present |= TVT_EXT_BIT(TVT_EXT_STATUS_REQUEST);
        e->status_type = 1;
    }
    if (a->sct)
        e->present |= TVT_EXT_BIT(TVT_EXT_SCT);
    if (a->authorities_len > 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_CERTIFICATE_AUTHORITIES);
        e->authorities = tvt_span(a->authorities, a->authorities_len);
    }
    if (a->num_compression > 0) {
        e->present |= TVT_EXT_BIT(TVT_EXT_COMPRESS_CERTIFICATE);
        e->compression_algorithms = list_compression(lists->compression, a);
    }
}

/* RFC 7250 4.1: X.509 alone is not said. */
static bool
is_default(const uint8_t *types, size_t num)
{
    return num == 0 || (num == 1 && types[0] == TVT_CERTIFICATE_X509);
}

/* A value that nobody knows, in front (RFC 8701 3.1). */
static void
add_grease(const struct tvt_handshake *hs, struct tvt_span *list, uint8_t *memory)
{
    unsigned nibble = (hs->scratch->offer.grease[0] >> 4 ^ hs->scratch->offer.grease[1]) & 0x0fu;
    tvt_move(memory + 2, memory, list->len);
    tvt_store_u16(memory, (uint16_t)(0x0a0au | nibble << 4 | nibble << 12));
    list->len += 2;
}

void
tvt_auth13_offer(struct tvt_handshake *hs, struct tvt_extensions *e, struct tvt_auth_lists *lists)
{
    const struct tvt_config_auth *a = &hs->config->auth;
    tvt_auth13_wish(hs, e, lists);
    if (hs->config->grease)
        add_grease(hs, &e->signature_algorithms, lists->schemes);
    if (!is_default(a->server_types, a->num_server_types)) {
        e->present |= TVT_EXT_BIT(TVT_EXT_SERVER_CERTIFICATE_TYPE);
        e->server_certificate_types = tvt_span(a->server_types, a->num_server_types);
    }
    if (!is_default(a->client_types, a->num_client_types)) {
        e->present |= TVT_EXT_BIT(TVT_EXT_CLIENT_CERTIFICATE_TYPE);
        e->client_certificate_types = tvt_span(a->client_types, a->num_client_types);
    }
    if (a->post_handshake)
        e->present |= TVT_EXT_BIT(TVT_EXT_POST_HANDSHAKE_AUTH);
}

/* ---- the server's choices ---- */

static const uint8_t x509_alone[] = {TVT_CERTIFICATE_X509};

static struct tvt_span
types_or_default(const uint8_t *types, size_t num)
{
    return num > 0 ? tvt_span(types, num) : tvt_span(x509_alone, 1);
}

const struct tvt_compression *
tvt_auth13_compression(const struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    const struct tvt_config_auth *a = &hs->config->auth;
    if (!tvt_has(e, TVT_EXT_COMPRESS_CERTIFICATE))
        return NULL;
    for (size_t i = 0; i < a->num_compression; i++)
        if (tvt_list16_has(e->compression_algorithms, a->compression[i]->id))
            return a->compression[i];
    return NULL;
}

/* Our first type that the client can send, where we are going to ask it (RFC 7250 4.2). */
static enum tvt_result
select_client_type(struct tvt_handshake *hs, const struct tvt_extensions *e)
{
    const struct tvt_config_auth *a = &hs->config->auth;
    struct tvt_span ours = types_or_default(a->client_types, a->num_client_types);
    struct tvt_span theirs =
        tvt_has(e, TVT_EXT_CLIENT_CERTIFICATE_TYPE) ? e->client_certificate_types : tvt_span(x509_alone, 1);
    if (!tvt_request13_wanted(hs))
        return TVT_OK;
    for (size_t i = 0; i < ours.len; i++) {
        if (tvt_list8_has(theirs, ours.data[i])) {
            hs->scratch->peer.certificate_type = ours.data[i];
            return TVT_OK;
        }
    }
    return tvt_fail(hs->error, TVT_E_CERTIFICATE_TYPE, "ClientHello", "client_certificate_type");
}

static bool
some_credential_has(const struct tvt_config *c, uint8_t type)
{
    for (size_t i = 0; i < c->num_credentials; i++)
        if (c->credentials[i]->raw_key == (type == TVT_CERTIFICATE_RAW_KEY))
            return true;
    return false;
}

static bool
some_credential_is_for(const struct tvt_config *c, const char *name)
{
    struct tvt_host host;
    if (name[0] == '\0' || !tvt_host_parse(&host, name))
        return false;
    for (size_t i = 0; i < c->num_credentials; i++)
        if (c->credentials[i]->raw_key || tvt_credential_matches_host(c->credentials[i], &host))
            return true;
    return false;
}

/* `suite`: of TLS 1.2, whose rules the key and the scheme then follow. */
static enum tvt_result
select_credential(struct tvt_handshake *hs, const struct tvt_extensions *e, const struct tvt_suite *suite,
                  struct tvt_error *error)
{
    const struct tvt_config *c = hs->config;
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    struct tvt_span ours = types_or_default(c->auth.server_types, c->auth.num_server_types);
    struct tvt_span theirs =
        tvt_has(e, TVT_EXT_SERVER_CERTIFICATE_TYPE) ? e->server_certificate_types : tvt_span(x509_alone, 1);
    struct tvt_credential_wish wish = {.schemes = e->signature_algorithms,
                                       .certificate_schemes = tvt_has(e, TVT_EXT_SIGNATURE_ALGORITHMS_CERT)
                                                                  ? e->signature_algorithms_cert
                                                                  : e->signature_algorithms,
                                       .authorities = e->authorities,
                                       .server_name = hs->server_name,
                                       .strict_name = c->auth.strict_name,
                                       .scheme_fits = hs->machine->protocol->scheme_fits,
                                       .suite = suite};
    if (suite != NULL)
        wish.curves = e->supported_groups;
    bool common = false, could_sign = false;
    for (size_t i = 0; i < ours.len; i++) {
        wish.type = ours.data[i];
        if (!tvt_list8_has(theirs, wish.type) || !some_credential_has(c, wish.type))
            continue;
        common = true;
        chosen->certificate_type = wish.type;
        if (tvt_negotiate_credential(c, &wish, &chosen->credential, &chosen->scheme))
            return TVT_OK;
        could_sign |= tvt_negotiate_could_sign(c, &wish);
    }
    if (!common)
        return tvt_fail(error, TVT_E_CERTIFICATE_TYPE, "ClientHello", "server_certificate_type");
    if (could_sign)
        return tvt_fail(error, TVT_E_NO_COMMON_AUTHORITY, "ClientHello", "certificate_authorities");
    return tvt_fail(error, TVT_E_NO_COMMON_SIGNATURE, "ClientHello", "signature_algorithms");
}

static enum tvt_result
prepare(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    const struct tvt_config *c = hs->config;
    struct tvt_peer *peer = &hs->scratch->peer;
    if (c->auth.strict_name && !some_credential_is_for(c, hs->server_name))
        return tvt_fail_detail(hs->error, TVT_E_UNRECOGNIZED_NAME, "ClientHello", "server_name", "%s",
                               hs->server_name[0] != '\0' ? hs->server_name : "none was sent");
    peer->wants_ocsp = tvt_has(&m->ext, TVT_EXT_STATUS_REQUEST) && m->ext.status_type == 1;
    peer->wants_scts = tvt_has(&m->ext, TVT_EXT_SCT);
    peer->compression = tvt_auth13_compression(hs, &m->ext);
    return select_client_type(hs, &m->ext);
}

enum tvt_result
tvt_auth13_select(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    if (hs->config->num_credentials == 0)
        return tvt_fail(hs->error, TVT_E_NO_CREDENTIAL, "ClientHello", NULL);
    enum tvt_result r = prepare(hs, m);
    return r == TVT_OK ? select_credential(hs, &m->ext, NULL, hs->error) : r;
}

enum tvt_result
tvt_auth_prepare12(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    return prepare(hs, m);
}

bool
tvt_auth_select12(struct tvt_handshake *hs, const struct tvt_client_hello *m, const struct tvt_suite *suite,
                  bool *no_type)
{
    struct tvt_error error; /* another suite may do */
    tvt_error_clear(&error);
    bool chosen = select_credential(hs, &m->ext, suite, &error) == TVT_OK;
    *no_type = error.code == TVT_E_CERTIFICATE_TYPE;
    return chosen;
}

/* With a PSK no certificate follows, and the question about its type is answered all the same (RFC 7250 4.2). */
void
tvt_auth13_select_none(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    const struct tvt_config_auth *a = &hs->config->auth;
    struct tvt_span ours = types_or_default(a->server_types, a->num_server_types);
    for (size_t i = 0; tvt_has(&m->ext, TVT_EXT_SERVER_CERTIFICATE_TYPE) && i < ours.len; i++) {
        if (tvt_list8_has(m->ext.server_certificate_types, ours.data[i])) {
            hs->scratch->chosen.certificate_type = ours.data[i];
            return;
        }
    }
    hs->scratch->peer.extensions &= ~TVT_EXT_BIT(TVT_EXT_SERVER_CERTIFICATE_TYPE); /* none that we have */
}

/* ---- EncryptedExtensions ---- */

void
tvt_auth13_answer(struct tvt_handshake *hs, struct tvt_extensions *e)
{
    const struct tvt_scratch *s = hs->scratch;
    if (s->peer.extensions & TVT_EXT_BIT(TVT_EXT_SERVER_CERTIFICATE_TYPE)) {
        e->present |= TVT_EXT_BIT(TVT_EXT_SERVER_CERTIFICATE_TYPE);
        e->server_certificate_type = s->chosen.certificate_type;
    }
    if (s->peer.extensions & TVT_EXT_BIT(TVT_EXT_CLIENT_CERTIFICATE_TYPE) && hs->session == NULL &&
        tvt_request13_wanted(hs)) {
        e->present |= TVT_EXT_BIT(TVT_EXT_CLIENT_CERTIFICATE_TYPE);
        e->client_certificate_type = s->peer.certificate_type;
    }
}

enum tvt_result
tvt_auth13_recv_answer(struct tvt_handshake *hs, const char *message, const struct tvt_extensions *e)
{
    const struct tvt_config_auth *a = &hs->config->auth;
    struct tvt_scratch *s = hs->scratch;
    bool server = tvt_has(e, TVT_EXT_SERVER_CERTIFICATE_TYPE);
    bool client = tvt_has(e, TVT_EXT_CLIENT_CERTIFICATE_TYPE);
    /* A server that goes back to a session, or has a key, shows none and need not speak of it. */
    bool shown = hs->session == NULL && hs->suite->auth != TVT_AUTH_PSK;
    s->peer.certificate_type = server ? e->server_certificate_type : TVT_CERTIFICATE_X509;
    if ((server || shown) &&
        !tvt_list8_has(types_or_default(a->server_types, a->num_server_types), s->peer.certificate_type))
        return tvt_fail_detail(hs->error, TVT_E_CERTIFICATE_TYPE, message, "server_certificate_type",
                               "the server chose type %u", s->peer.certificate_type);
    /* Left out it means X.509, which matters only where a certificate is asked for (request13.c). */
    s->chosen.certificate_type = client ? e->client_certificate_type : TVT_CERTIFICATE_X509;
    if (client && !tvt_list8_has(types_or_default(a->client_types, a->num_client_types), s->chosen.certificate_type))
        return tvt_fail_detail(hs->error, TVT_E_CERTIFICATE_TYPE, message, "client_certificate_type",
                               "the server chose type %u", s->chosen.certificate_type);
    return TVT_OK;
}
