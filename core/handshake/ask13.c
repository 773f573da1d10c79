/* SPDX-License-Identifier: MIT
 *
 * What the program is asked in the middle of a handshake: whether to go on with a client, to answer a CertificateRequest,
 * to accept the peer's certificates; and the alert of its refusal (RFC 9846 6.2).
 */
#include "core/base/memory.h"
#include "core/handshake/handshake.h"

bool
tvt_ask13_alert_fits(enum tvt_subject subject, enum tvt_role role, uint8_t alert)
{
    static const uint8_t about_certificates[] = {
        TVT_ALERT_BAD_CERTIFICATE,     TVT_ALERT_UNSUPPORTED_CERTIFICATE,
        TVT_ALERT_CERTIFICATE_REVOKED, TVT_ALERT_CERTIFICATE_EXPIRED,
        TVT_ALERT_CERTIFICATE_UNKNOWN, TVT_ALERT_UNKNOWN_CA,
        TVT_ALERT_ACCESS_DENIED,       TVT_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE,
        TVT_ALERT_HANDSHAKE_FAILURE};
    static const uint8_t about_hellos[] = {TVT_ALERT_HANDSHAKE_FAILURE, TVT_ALERT_ACCESS_DENIED,
                                           TVT_ALERT_INSUFFICIENT_SECURITY, TVT_ALERT_INTERNAL_ERROR};
    if (subject == TVT_SUBJECT_CERTIFICATE)
        return tvt_list8_has(tvt_span(about_certificates, sizeof about_certificates), alert);
    if (subject == TVT_SUBJECT_HELLO && role == TVT_SERVER && alert == TVT_ALERT_UNRECOGNIZED_NAME)
        return true;
    return subject != TVT_SUBJECT_NONE && tvt_list8_has(tvt_span(about_hellos, sizeof about_hellos), alert);
}

static void
begin(struct tvt_handshake *hs, enum tvt_subject subject)
{
    hs->scratch->ask.subject = subject;
    hs->scratch->ask.alert = 0;
    hs->scratch->ask.reason[0] = '\0';
}

/* What the callback answered; its refusal raises `code`, with the alert that it chose. */
static enum tvt_result
end(struct tvt_handshake *hs, enum tvt_result answer, enum tvt_error_code code, const char *message)
{
    struct tvt_ask *ask = &hs->scratch->ask;
    ask->subject = TVT_SUBJECT_NONE;
    if (answer == TVT_OK || answer == TVT_PENDING)
        return answer;
    (void)tvt_fail_detail(hs->error, code, message, NULL, "%s", ask->reason);
    if (ask->alert != 0 && hs->error != NULL && hs->error->code == code)
        hs->error->alert = ask->alert;
    return TVT_FAIL;
}

enum tvt_result
tvt_ask13_hello(struct tvt_handshake *hs, const struct tvt_client_hello *m)
{
    const struct tvt_config_ask *a = &hs->config->ask;
    const struct tvt_extensions *e = &m->ext;
    if (a->hello == NULL || hs->scratch->ask.hello_taken)
        return TVT_OK;
    struct tvt_hello hello = {.server_name = hs->server_name,
                              .random = m->random,
                              .suites = m->suites,
                              .groups = e->supported_groups,
                              .schemes = e->signature_algorithms,
                              .certificate_schemes = e->signature_algorithms_cert,
                              .alpn = e->alpn,
                              .authorities = e->authorities,
                              .offers_psk = tvt_has(e, TVT_EXT_PRE_SHARED_KEY),
                              .offers_early_data = tvt_has(e, TVT_EXT_EARLY_DATA)};
    begin(hs, TVT_SUBJECT_HELLO);
    enum tvt_result r = end(hs, a->hello(a->hello_user, hs->connection, &hello), TVT_E_HELLO_REFUSED, "ClientHello");
    hs->scratch->ask.hello_taken = r == TVT_OK;
    return r;
}

enum tvt_result
tvt_ask13_request(struct tvt_handshake *hs, const struct tvt_credential_wish *wish)
{
    const struct tvt_config_ask *a = &hs->config->ask;
    if (a->request == NULL)
        return TVT_OK;
    struct tvt_request request = {.schemes = wish->schemes,
                                  .certificate_schemes = wish->certificate_schemes,
                                  .authorities = wish->authorities,
                                  .oid_filters = wish->oid_filters};
    begin(hs, TVT_SUBJECT_REQUEST);
    return end(hs, a->request(a->request_user, hs->connection, &request), TVT_E_REQUEST_REFUSED, "CertificateRequest");
}

bool
tvt_ask13_judges(const struct tvt_config *config)
{
    return config->ask.verdict != NULL || config->ask.judge != NULL;
}

enum tvt_result
tvt_ask13_certificates(struct tvt_handshake *hs, const struct tvt_span *chain, size_t num, const char *message)
{
    const struct tvt_config_ask *a = &hs->config->ask;
    if (!tvt_ask13_judges(hs->config))
        return TVT_OK;
    begin(hs, TVT_SUBJECT_CERTIFICATE);
    enum tvt_result answer =
        a->judge != NULL ? a->judge(a->judge_user, hs->connection, chain, num) : a->verdict(a->judge_user, chain, num);
    return end(hs, answer, TVT_E_CERT_REJECTED, message);
}
