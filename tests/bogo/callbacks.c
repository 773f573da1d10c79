/* SPDX-License-Identifier: MIT
 *
 * What the connection asks in the middle of the handshake: about the peer's certificates, a ClientHello, a
 * CertificateRequest. The flags say how to answer, and what should be seen there.
 */
#include "tests/bogo/shim.h"

#include <string.h>

/* RFC 9846 6.2 */
enum { HANDSHAKE_FAILURE = 40, BAD_CERTIFICATE_STATUS_RESPONSE = 113 };

static enum tvt_result
refuse(struct tvt_connection *c, uint8_t alert, const char *reason)
{
    if (tvt_connection_refuse(c, alert, reason) != TVT_OK)
        (void)shim_report(tvt_connection_error(c));
    return TVT_FAIL;
}

/* The runner's peers are to be believed whatever their chains are worth, except where -verify-fail says otherwise. A
 * client that does not insist (-verify-peer) goes on all the same. BoringSSL's older callback names another alert. */
static enum tvt_result
judge(void *user, struct tvt_connection *c, const struct tvt_span *chain, size_t num)
{
    struct shim_run *run = user;
    const struct shim_options *o = shim_flags_now(run);
    if (o->async && run->delays++ < 2)
        return TVT_PENDING;
    run->delays = 0;
    run->verdicts++;
    uint8_t hash[32];
    if (o->expect_peer_rpk_sha256.len == sizeof hash &&
        (num == 0 || !shim_sha256(run->provider, hash, chain[0]) ||
         memcmp(hash, o->expect_peer_rpk_sha256.data, sizeof hash) != 0))
        return TVT_FAIL;
    bool insists = o->verify_peer || o->require_any_client_certificate || o->accepted_peer_cert_types.num > 0;
    if (o->verify_fail && insists)
        return o->use_custom_verify ? TVT_FAIL : refuse(c, HANDSHAKE_FAILURE, "-verify-fail");
    if (o->fail_ocsp && !o->server)
        return refuse(c, BAD_CERTIFICATE_STATUS_RESPONSE, "-fail-ocsp-callback");
    return TVT_OK;
}

static bool
is_list(const struct shim_list *wanted, struct tvt_span got)
{
    if (wanted->num > 0 && got.len != 2 * wanted->num)
        return false;
    for (size_t i = 0; i < wanted->num; i++)
        if ((got.data[2 * i] << 8 | got.data[2 * i + 1]) != wanted->value[i])
            return false;
    return true;
}

static enum tvt_result
take_hello(void *user, struct tvt_connection *c, const struct tvt_hello *hello)
{
    struct shim_run *run = user;
    const struct shim_options *o = run->o;
    (void)c;
    if (o->async && run->hello_delays++ < 2)
        return TVT_PENDING;
    run->hellos++;
    run->seen_otherwise |= !is_list(&o->expect_peer_verify_prefs, hello->schemes);
    return o->fail_ddos || o->fail_cert || o->fail_ocsp ? TVT_FAIL : TVT_OK;
}

static enum tvt_result
take_request(void *user, struct tvt_connection *c, const struct tvt_request *request)
{
    struct shim_run *run = user;
    const struct shim_options *o = run->o;
    uint8_t wire[SHIM_AUTHORITIES];
    (void)c;
    if (o->async && run->hello_delays++ < 2)
        return TVT_PENDING;
    run->hellos++;
    size_t len = shim_authorities(wire, o->expect_authorities);
    if (o->expect_authorities != NULL &&
        (len != request->authorities.len || (len > 0 && memcmp(wire, request->authorities.data, len) != 0)))
        run->seen_otherwise = true;
    run->seen_otherwise |= !is_list(&o->expect_peer_verify_prefs, request->schemes);
    return o->fail_cert ? TVT_FAIL : TVT_OK;
}

static int
hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

size_t
shim_authorities(uint8_t wire[SHIM_AUTHORITIES], const char *text)
{
    size_t at = 0, begin = 0;
    if (text == NULL || text[0] == '<') /* "<NULL>", "<EMPTY>" */
        return 0;
    while (at + 2 < SHIM_AUTHORITIES) {
        begin = at;
        at += 2;
        for (; hex_digit(text[0]) >= 0 && hex_digit(text[1]) >= 0 && at < SHIM_AUTHORITIES; text += 2)
            wire[at++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
        wire[begin] = (uint8_t)((at - begin - 2) >> 8);
        wire[begin + 1] = (uint8_t)(at - begin - 2);
        if (*text++ != ',')
            break;
    }
    return at;
}

int
shim_set_callbacks(struct shim_run *run)
{
    struct tvt_error error;
    tvt_error_clear(&error);
    enum tvt_result r = tvt_config_set_judge(run->config, judge, run, &error);
    if (r == TVT_OK)
        r = tvt_config_set_hello(run->config, take_hello, run, &error);
    if (r == TVT_OK)
        r = tvt_config_set_request(run->config, take_request, run, &error);
    return r == TVT_OK ? -1 : shim_report_setup(&error);
}
