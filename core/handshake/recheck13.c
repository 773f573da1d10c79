/* SPDX-License-Identifier: MIT
 *
 * A session stands for certificates that were checked when it began. Where the configuration wants it, they are checked
 * again when it is resumed: authorities are withdrawn, certificates and stapled responses end, names change hands.
 */
#include "core/handshake/handshake.h"

static enum tvt_result
check_again(struct tvt_handshake *hs, const struct tvt_span *chain, size_t num)
{
    const struct tvt_config *c = hs->config;
    struct tvt_certificate certs[TVT_CHAIN_MAX];
    if (c->verify == TVT_VERIFY_NONE && (c->auth.ocsp != TVT_STAPLE_REQUIRE || hs->session->peer_raw_key))
        return TVT_OK;
    if (hs->session->peer_raw_key)
        return tvt_certificate13_key_is_known(&c->auth, chain[0]) || tvt_ask13_judges(c)
                   ? TVT_OK
                   : tvt_fail(hs->error, TVT_E_RAW_KEY_UNKNOWN, "session", "ASN1_subjectPublicKeyInfo");
    enum tvt_result r = tvt_certificates_parse(certs, chain, num, hs->error);
    return r == TVT_OK ? tvt_certificate13_hold(hs, certs, num, hs->session->ocsp_response) : r;
}

/* The certificates that a session keeps; as many as there are. */
static size_t
kept_chain(const struct tvt_session *session, struct tvt_span chain[TVT_CHAIN_MAX])
{
    struct tvt_reader r;
    size_t num = session->num_peer_chain < TVT_CHAIN_MAX ? session->num_peer_chain : TVT_CHAIN_MAX;
    tvt_reader_init(&r, session->peer_chain);
    for (size_t i = 0; i < num; i++)
        chain[i] = tvt_read_vec24(&r, 0, UINT32_MAX, "kept certificate");
    return num;
}

enum tvt_result
tvt_recheck13(struct tvt_handshake *hs)
{
    struct tvt_span chain[TVT_CHAIN_MAX];
    size_t num = hs->config->session.reverify ? kept_chain(hs->session, chain) : 0;
    if (num == 0)
        return TVT_OK;
    if (check_again(hs, chain, num) != TVT_OK)
        return TVT_FAIL;
    return tvt_ask13_certificates(hs, chain, num, "session");
}

/* What is found here is no error yet: the session may not be taken; and if it is, it is found again. */
bool
tvt_recheck13_trusts_early(struct tvt_handshake *hs, struct tvt_session *session)
{
    struct tvt_span chain[TVT_CHAIN_MAX];
    struct tvt_session *taken = hs->session;
    struct tvt_error found, *error = hs->error;
    size_t num = hs->config->session.reverify ? kept_chain(session, chain) : 0;
    tvt_error_clear(&found);
    hs->session = session;
    hs->error = &found;
    bool good = num == 0 || check_again(hs, chain, num) == TVT_OK;
    hs->session = taken;
    hs->error = error;
    return good;
}
