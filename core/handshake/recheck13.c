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

enum tvt_result
tvt_recheck13(struct tvt_handshake *hs)
{
    const struct tvt_config *c = hs->config;
    const struct tvt_session *session = hs->session;
    struct tvt_span chain[TVT_CHAIN_MAX];
    struct tvt_reader r;
    size_t num = session->num_peer_chain < TVT_CHAIN_MAX ? session->num_peer_chain : TVT_CHAIN_MAX;
    if (!c->session.reverify || num == 0)
        return TVT_OK;
    tvt_reader_init(&r, session->peer_chain);
    for (size_t i = 0; i < num; i++)
        chain[i] = tvt_read_vec24(&r, 0, UINT32_MAX, "kept certificate");
    if (check_again(hs, chain, num) != TVT_OK)
        return TVT_FAIL;
    return tvt_ask13_certificates(hs, chain, num, "session");
}
