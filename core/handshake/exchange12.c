/* SPDX-License-Identifier: MIT
 *
 * The key exchange of TLS 1.2: ServerKeyExchange and ClientKeyExchange, with (EC)DHE that the server begins and the client
 * answers (RFC 8422 5.4, 5.7), and with a pre-shared key besides (RFC 5489 2).
 */
#include "core/base/memory.h"
#include "core/handshake/tls12.h"

static const char server_name[] = "ServerKeyExchange", client_name[] = "ClientKeyExchange";

size_t
tvt_exchange12_room(const struct tvt_handshake *hs)
{
    const struct tvt_credential *c = hs->scratch->chosen.credential;
    return 64u + TVT_ECDH_PARAMS_MAX + TVT_LIMIT_PSK_IDENTITY + (c != NULL ? c->signer->signature_max : 0);
}

/* What a signature covers (RFC 8422 5.4). */
static struct tvt_span
signed_params(const struct tvt_handshake *hs, struct tvt_span params, uint8_t memory[TVT_SIGNED_PARAMS_MAX])
{
    struct tvt_writer w;
    tvt_writer_init(&w, memory, TVT_SIGNED_PARAMS_MAX);
    tvt_write_signed_params(&w, tvt_span(hs->randoms.client, TVT_RANDOM_LEN),
                            tvt_span(hs->randoms.server, TVT_RANDOM_LEN), params);
    return tvt_span(memory, tvt_writer_len(&w));
}

/* ---- server ---- */

/* Our share is made once: a signer that answers later signs the same one. */
static enum tvt_result
make_share(struct tvt_handshake *hs)
{
    struct tvt_scratch *s = hs->scratch;
    struct tvt_group_state **state = &s->offer.share[0];
    if (*state != NULL)
        return TVT_OK;
    *state = tvt_alloc_aligned(&hs->config->allocator, sizeof **state);
    if (*state == NULL)
        return tvt_fail(hs->error, TVT_E_NO_MEMORY, server_name, "public");
    int rc = tvt_group_start(*state, &s->chosen.group, s->chosen.share);
    if (rc != TVT_CRYPTO_OK)
        return tvt_fail_crypto(hs->error, TVT_E_CRYPTO, server_name, "public", hs->provider, rc);
    hs->group = s->chosen.group.id;
    return TVT_OK;
}

enum tvt_result
tvt_exchange12_send_server(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                           unsigned *edge)
{
    const struct tvt_chosen *chosen = &hs->scratch->chosen;
    uint8_t params[TVT_ECDH_PARAMS_MAX], content[TVT_SIGNED_PARAMS_MAX];
    struct tvt_proof proof = {0};
    struct tvt_writer w;
    (void)in;
    (void)edge;
    enum tvt_result r = make_share(hs);
    if (r != TVT_OK)
        return r;
    struct tvt_server_key_exchange m = {.group = chosen->group.id,
                                        .point = tvt_span(chosen->share, chosen->group.initiator_len)};
    if (chosen->credential != NULL) {
        tvt_writer_init(&w, params, sizeof params);
        tvt_write_ecdh_params(&w, m.group, m.point);
        r = tvt_proof_sign(hs, &proof, server_name, signed_params(hs, tvt_span(params, tvt_writer_len(&w)), content));
        m.scheme = chosen->scheme->id;
        m.signature = tvt_buffer_span(&proof.signature);
    }
    if (r == TVT_OK)
        tvt_encode_server_key_exchange(out, &m, tvt_tls12_form(hs));
    if (chosen->credential != NULL)
        tvt_proof_free(&proof);
    return r;
}

/* An imported one is none of TLS 1.2's (RFC 9258 5.1); one of no bytes, a callback's nonsense, is known to everybody. */
static bool
is_key(const struct tvt_session *psk)
{
    return psk != NULL && psk->kind == TVT_SESSION_EXTERNAL && psk->identity.len > 0 && psk->secret_len > 0;
}

/* The key of an identity that a client names (RFC 4279 5.3: unknown ones fail as such). PENDING. */
static enum tvt_result
find_psk(struct tvt_handshake *hs, struct tvt_span identity)
{
    const struct tvt_config_session *c = &hs->config->session;
    struct tvt_session *found = NULL;
    enum tvt_result r = TVT_FAIL;
    for (size_t i = 0; i < c->num_psk && found == NULL; i++)
        if (is_key(c->psk[i]) && tvt_span_equal(c->psk[i]->identity, identity)) {
            found = tvt_session_ref(c->psk[i]);
            r = TVT_OK;
        }
    if (found == NULL && c->psk_lookup != NULL)
        r = c->psk_lookup(c->psk_lookup_user, identity, &found);
    if (r == TVT_PENDING)
        return r;
    if (r != TVT_OK || !is_key(found)) {
        tvt_session_unref(found);
        return tvt_fail(hs->error, TVT_E_UNKNOWN_PSK_IDENTITY, client_name, "psk_identity");
    }
    hs->session = found;
    return TVT_OK;
}

static enum tvt_result
bad_point(struct tvt_handshake *hs, const char *message, int rc)
{
    return tvt_fail_crypto(hs->error, tvt_crypto_kind(rc) == TVT_CRYPTO_PEER_KEY ? TVT_E_BAD_KEY_SHARE : TVT_E_CRYPTO,
                           message, "public", hs->provider, rc);
}

enum tvt_result
tvt_exchange12_recv_client(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                           unsigned *edge)
{
    const struct tvt_client_key_exchange *m = &in->u.client_key_exchange;
    struct tvt_scratch *s = hs->scratch;
    (void)out;
    (void)edge;
    if (tvt_tls12_is_psk(hs) && hs->session == NULL) {
        enum tvt_result r = find_psk(hs, m->identity);
        if (r != TVT_OK)
            return r;
    }
    int rc = tvt_group_finish(s->offer.share[0], m->point, s->chosen.secret);
    if (rc != TVT_CRYPTO_OK)
        return bad_point(hs, client_name, rc);
    s->chosen.secret_len = s->chosen.group.secret_len;
    return TVT_OK;
}

/* ---- client ---- */

struct tvt_session *
tvt_exchange12_psk(const struct tvt_config *config)
{
    for (size_t i = 0; i < config->session.num_psk; i++)
        if (is_key(config->session.psk[i]))
            return config->session.psk[i];
    return NULL;
}

/* Our own lists say what the server may choose; a hybrid is none of TLS 1.2's groups. */
static enum tvt_result
take_group(struct tvt_handshake *hs, uint16_t id)
{
    const struct tvt_config *c = hs->config;
    struct tvt_group *group = &hs->scratch->chosen.group;
    for (size_t i = 0; i < c->num_groups; i++)
        if (c->groups[i] == id && tvt_group_find(group, hs->provider, id) && group->part[1] == NULL)
            return TVT_OK;
    return tvt_fail_detail(hs->error, TVT_E_WRONG_GROUP, server_name, "namedcurve", "%s was not offered",
                           tvt_group_name(id));
}

/* Our list of groups binds the server in the choice of a certificate, too (RFC 8422 5.1). */
static enum tvt_result
check_curve(struct tvt_handshake *hs, uint8_t key_type)
{
    const struct tvt_config *c = hs->config;
    uint16_t curve = tvt_negotiate_curve(key_type);
    for (size_t i = 0; i < c->num_groups && curve != 0; i++)
        if (c->groups[i] == curve)
            return TVT_OK;
    return curve == 0 ? TVT_OK
                      : tvt_fail_detail(hs->error, TVT_E_WRONG_GROUP, "Certificate[0]", "namedCurve",
                                        "%s was not offered", tvt_group_name(curve));
}

/* RFC 5246 7.4.3: a scheme that we offered, for the kind of key that the certificate has, under a suite for it. */
static enum tvt_result
check_signature(struct tvt_handshake *hs, const struct tvt_server_key_exchange *m)
{
    uint8_t content[TVT_SIGNED_PARAMS_MAX];
    const struct tvt_scheme *scheme = NULL;
    const struct tvt_public_key *key = &hs->scratch->peer.leaf.key;
    enum tvt_result r = tvt_certificate_check(hs);
    if (r == TVT_OK)
        r = tvt_proof_check_key(hs);
    if (r == TVT_OK && !tvt_suite_takes_key(hs->suite, key->type))
        r = tvt_fail_detail(hs->error, TVT_E_WRONG_SUITE, "Certificate[0]", "subjectPublicKeyInfo", "%s with a %s key",
                            hs->suite->name, tvt_key_type_name(key->type));
    if (r == TVT_OK)
        r = check_curve(hs, key->type);
    if (r == TVT_OK)
        r = tvt_proof_accept_scheme(hs, server_name, m->scheme, &scheme);
    return r == TVT_OK ? tvt_proof_verify(hs, server_name, scheme, signed_params(hs, m->params, content), m->signature)
                       : r;
}

enum tvt_result
tvt_exchange12_recv_server(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                           unsigned *edge)
{
    const struct tvt_server_key_exchange *m = &in->u.server_key_exchange;
    struct tvt_chosen *chosen = &hs->scratch->chosen;
    (void)out;
    (void)edge;
    enum tvt_result r = tvt_tls12_is_psk(hs) ? TVT_OK : check_signature(hs, m);
    if (r == TVT_OK)
        r = take_group(hs, m->group);
    if (r != TVT_OK)
        return r;
    int rc = tvt_group_respond(&chosen->group, m->point, chosen->share, chosen->secret);
    if (rc != TVT_CRYPTO_OK)
        return bad_point(hs, server_name, rc);
    chosen->secret_len = chosen->group.secret_len;
    hs->group = chosen->group.id;
    return TVT_OK;
}

enum tvt_result
tvt_exchange12_send_client(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                           unsigned *edge)
{
    const struct tvt_chosen *chosen = &hs->scratch->chosen;
    struct tvt_client_key_exchange m = {.point = tvt_span(chosen->share, chosen->group.responder_len)};
    (void)in;
    (void)edge;
    if (tvt_tls12_is_psk(hs)) {
        if (hs->session == NULL)
            hs->session = tvt_session_ref(tvt_exchange12_psk(hs->config));
        if (hs->session == NULL)
            return tvt_fail(hs->error, TVT_E_INTERNAL, client_name, "psk_identity");
        m.identity = hs->session->identity;
    }
    tvt_encode_client_key_exchange(out, &m, tvt_tls12_form(hs));
    return TVT_OK;
}
