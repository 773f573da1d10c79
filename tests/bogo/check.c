/* SPDX-License-Identifier: MIT
 *
 * What was negotiated, against what the flags say it should be.
 */
#include "tests/bogo/shim.h"

#include "core/os/file.h"

#include <string.h>

#define FILE_LIMIT (1u << 20)

static int
check_algorithms(const struct shim_run *run, const struct tvt_info *info)
{
    const struct shim_options *o = run->o;
    if (o->expect_version != 0 && o->expect_version != info->version)
        return shim_say(SHIM_WRONG, "version %#x", info->version);
    if (o->expect_curve_id != 0 && o->expect_curve_id != info->group)
        return shim_say(SHIM_WRONG, "group %s in place of %d", info->group_name, o->expect_curve_id);
    if (o->expect_cipher != 0 && o->expect_cipher != info->suite)
        return shim_say(SHIM_WRONG, "suite %s in place of %#x", info->suite_name, (unsigned)o->expect_cipher);
    const struct tvt_aead *aes = tvt_provider_aead(run->provider, TVT_AEAD_AES_128_GCM);
    bool hardware = aes != NULL && (aes->flags & TVT_FLAG_HARDWARE) != 0;
    int suite = hardware ? o->expect_cipher_aes : o->expect_cipher_no_aes;
    if (suite != 0 && suite != info->suite)
        return shim_say(SHIM_WRONG, "suite %s in place of %#x", info->suite_name, (unsigned)suite);
    /* a resumed handshake has no signature */
    if (!info->resumed && o->expect_peer_signature_algorithm != 0 &&
        o->expect_peer_signature_algorithm != info->peer_scheme)
        return shim_say(SHIM_WRONG, "signature %#x in place of %#x", info->peer_scheme,
                        (unsigned)o->expect_peer_signature_algorithm);
    if ((o->expect_hrr && !info->hello_retry) || (o->expect_no_hrr && info->hello_retry))
        return shim_say(SHIM_WRONG, "a HelloRetryRequest was %ssent", info->hello_retry ? "" : "not ");
    return -1;
}

static int
check_names(const struct shim_run *run, const struct tvt_info *info)
{
    const struct shim_options *o = run->o;
    const char *alpn = o->server ? (o->decline_alpn ? NULL : o->select_alpn) : o->expect_alpn;
    size_t len = alpn != NULL ? strlen(alpn) : 0;
    if (info->alpn.len != len || (len > 0 && memcmp(info->alpn.data, alpn, len) != 0))
        return shim_say(SHIM_WRONG, "protocol \"%.*s\" in place of \"%s\"", (int)info->alpn.len,
                        info->alpn.len > 0 ? (const char *)info->alpn.data : "", alpn != NULL ? alpn : "");
    if (o->expect_server_name != NULL && strcmp(o->expect_server_name, info->server_name) != 0)
        return shim_say(SHIM_WRONG, "server name \"%s\"", info->server_name);
    if (o->expect_no_server_name && info->server_name[0] != '\0')
        return shim_say(SHIM_WRONG, "server name \"%s\" in place of none", info->server_name);
    return -1;
}

/* The peer's chain is exactly the one of the file. A server remembers no chain of a session. */
static int
check_chain(const struct shim_run *run, const struct tvt_info *info)
{
    struct tvt_file file = {0};
    struct tvt_trust_store *store = NULL;
    struct tvt_error error;
    size_t num = 0, same = 0;

    tvt_error_clear(&error);
    enum tvt_result r = tvt_file_read(&file, run->o->expect_peer_cert_file, FILE_LIMIT, "certificate", NULL, &error);
    if (r == TVT_OK)
        r = tvt_trust_store_new(&store, NULL, &error);
    if (r == TVT_OK)
        r = tvt_trust_store_add_pem(store, file.bytes, &num, NULL, &error);
    tvt_file_free(&file);
    /* adding what is there already adds nothing */
    for (size_t i = 0; i < info->num_peer_certificates && r == TVT_OK; i++) {
        size_t before = tvt_trust_store_count(store);
        r = tvt_trust_store_add_der(store, tvt_connection_peer_certificate(run->connection, i), &error);
        same += tvt_trust_store_count(store) == before;
    }
    tvt_trust_store_unref(store);
    if (r != TVT_OK)
        return shim_report_setup(&error);
    if (num != info->num_peer_certificates || same != num)
        return shim_say(SHIM_WRONG, "%zu certificates in place of %zu, %zu as expected", info->num_peer_certificates,
                        num, same);
    return -1;
}

/* TLS 1.2 without the extended master secret has no exporter (RFC 7627 5.4). */
static int
check_binding(const struct shim_run *run)
{
    uint8_t byte;
    if (run->o->expect_ems && tvt_connection_export(run->connection, &byte, 1, "EXPERIMENTAL", NULL, 0) != TVT_OK)
        return shim_say(SHIM_WRONG, "there is no extended master secret");
    return -1;
}

static bool
is_span(struct tvt_span wanted, struct tvt_span got)
{
    return wanted.len == 0 || (wanted.len == got.len && memcmp(wanted.data, got.data, wanted.len) == 0);
}

static int
check_peer(const struct shim_run *run, const struct tvt_info *info)
{
    const struct shim_options *o = run->o;
    bool psk = info->resumed, wants = (!o->server || o->require_any_client_certificate) && !psk;
    size_t num = info->num_peer_certificates;
    if (o->expect_no_peer_cert ? num != 0 : wants && num == 0)
        return shim_say(SHIM_WRONG, "%zu certificates of the peer", num);
    if (o->expect_peer_certificate_type >= 0 &&
        (o->expect_peer_certificate_type == (int)TVT_CERTIFICATE_RAW_KEY) != info->peer_raw_key)
        return shim_say(SHIM_WRONG, "the peer's certificate is %sa raw key", info->peer_raw_key ? "" : "not ");
    if (!is_span(o->expect_ocsp_response, tvt_connection_peer_ocsp(run->connection)))
        return shim_say(SHIM_WRONG, "another OCSP response");
    if (!is_span(o->expect_scts, tvt_connection_peer_scts(run->connection)))
        return shim_say(SHIM_WRONG, "another list of SCTs");
    return o->expect_peer_cert_file != NULL ? check_chain(run, info) : -1;
}

static int
check_judgement(const struct shim_run *run, const struct tvt_info *info)
{
    const struct shim_options *o = run->o;
    if (o->expect_verify_result && info->num_peer_certificates > 0 && (!info->resumed || o->reverify) &&
        run->verdicts == 0)
        return shim_say(SHIM_WRONG, "the peer's certificates were not judged");
    if (run->verdicts > 1)
        return shim_say(SHIM_WRONG, "the peer's certificates were judged %d times", run->verdicts);
    bool expects = o->expect_peer_verify_prefs.num > 0 || o->expect_authorities != NULL;
    if (run->hellos > 1 || (expects && !info->resumed && run->hellos == 0))
        return shim_say(SHIM_WRONG, "%d ClientHellos or CertificateRequests were shown", run->hellos);
    if (run->seen_otherwise)
        return shim_say(SHIM_WRONG, "the peer's lists of algorithms or authorities are others");
    /* which of several keys it was, the runner sees */
    size_t wanted = (size_t)(o->expect_selected_credential + 1);
    if (info->psk_external && wanted < o->num_credentials && o->credential[wanted].kind == SHIM_PSK)
        return -1;
    if (o->expect_selected_credential != -2 && o->expect_selected_credential != run->used_credential)
        return shim_say(SHIM_WRONG, "credential %d signed in place of %d", run->used_credential,
                        o->expect_selected_credential);
    return -1;
}

int
shim_check_handshake(const struct shim_run *run)
{
    struct tvt_info info;
    tvt_connection_info(run->connection, &info);
    if (run->o->handshake_never_done)
        return shim_say(SHIM_WRONG, "the handshake was done, which must never be");
    int status = check_algorithms(run, &info);
    if (status < 0)
        status = check_names(run, &info);
    if (status < 0)
        status = check_binding(run);
    if (status < 0)
        status = check_peer(run, &info);
    if (status < 0)
        status = check_judgement(run, &info);
    return status < 0 ? shim_check_session(run, &info) : status;
}
