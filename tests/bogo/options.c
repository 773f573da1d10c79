/* SPDX-License-Identifier: MIT
 *
 * The flags: one row for each that is known. A flag that has no row is answered with "unimplemented".
 */
#include "tests/bogo/shim.h"

#include <stddef.h>
#include <string.h>

enum kind {
    FLAG,       /* sets a bool                                                              */
    NUMBER,     /* a decimal number                                                         */
    TEXT,       /* the next argument as it is                                               */
    BLOB,       /* the next argument in base64                                              */
    LIST,       /* a number, added to a list                                                */
    CREDENTIAL, /* begins another credential, of the kind in `value`; its flags follow      */
    SET,        /* sets an int to `value`                                                   */
    MOOT,       /* asks for what is always so here; changes nothing                         */
    MOOT_VALUE  /* the same, with a value                                                   */
};

struct row {
    const char *name;
    enum kind kind;
    bool in_credential; /* the field lies in the newest credential */
    size_t field;
    int value;
};

#define OF(field)            false, offsetof(struct shim_options, field), 0
#define NOTHING              false, 0, 0
#define OF_CREDENTIAL(field) true, offsetof(struct shim_credential, field), 0

static const struct row rows[] = {
    {"port", NUMBER, OF(port)},
    {"shim-id", TEXT, OF(shim_id)},
    {"ipv6", FLAG, OF(ipv6)},
    {"backend", TEXT, OF(backend)},
    {"is-handshaker-supported", FLAG, OF(is_handshaker_supported)},
    {"list-tests", FLAG, OF(list_tests)},
    {"offers", FLAG, OF(offers)},
    {"server", FLAG, OF(server)},
    {"resume-count", NUMBER, OF(resume_count)},
    {"async", FLAG, OF(async)},
    {"implicit-handshake", FLAG, OF(implicit_handshake)},
    /* versions: nothing below TLS 1.2 is ever spoken */
    {"min-version", NUMBER, OF(min_version)},
    {"max-version", NUMBER, OF(max_version)},
    {"expect-version", NUMBER, OF(expect_version)},
    {"no-tls1", MOOT, NOTHING},
    {"no-tls11", MOOT, NOTHING},
    {"no-tls12", FLAG, OF(no_tls12)},
    {"no-tls13", FLAG, OF(no_tls13)},
    {"expect-extended-master-secret", FLAG, OF(expect_ems)},
    {"expect-secure-renegotiation", MOOT, NOTHING}, /* RFC 5746: the runner sees what is sent */
    {"expect-no-secure-renegotiation", MOOT, NOTHING},
    {"no-legacy-server-connect", MOOT, NOTHING},
    {"renegotiate-freely", MOOT, NOTHING}, /* there is no renegotiation */
    {"expect-total-renegotiations", MOOT_VALUE, NOTHING},
    {"false-start", MOOT, NOTHING}, /* RFC 7918 leaves it to the client, and ours never does it */
    {"server-preference", MOOT, NOTHING},
    {"quic-use-legacy-codepoint", MOOT_VALUE, NOTHING}, /* belongs to QUIC, */
    {"srtp-profiles", MOOT_VALUE, NOTHING},             /* and to DTLS      */
    /* groups, suites, signatures */
    {"curves", LIST, OF(curves)},
    {"key-shares", LIST, OF(key_shares)},
    {"no-key-shares", FLAG, OF(no_key_shares)},
    {"expect-curve-id", NUMBER, OF(expect_curve_id)},
    {"expect-hrr", FLAG, OF(expect_hrr)},
    {"expect-no-hrr", FLAG, OF(expect_no_hrr)},
    {"cipher", TEXT, OF(cipher)},
    {"expect-cipher", NUMBER, OF(expect_cipher)},
    {"expect-cipher-aes", NUMBER, OF(expect_cipher_aes)},
    {"expect-cipher-no-aes", NUMBER, OF(expect_cipher_no_aes)},
    {"enable-grease", FLAG, OF(enable_grease)},
    {"verify-prefs", LIST, OF(verify_prefs)},
    {"expect-peer-signature-algorithm", NUMBER, OF(expect_peer_signature_algorithm)},
    /* our credentials */
    {"new-x509-credential", CREDENTIAL, true, 0, SHIM_X509},
    {"cert-file", TEXT, OF_CREDENTIAL(cert_file)},
    {"key-file", TEXT, OF_CREDENTIAL(key_file)},
    {"signing-prefs", LIST, OF_CREDENTIAL(signing_prefs)},
    {"expect-selected-credential", NUMBER, OF(expect_selected_credential)},
    {"must-match-issuer", FLAG, OF_CREDENTIAL(must_match_issuer)},
    {"new-rpk-credential", CREDENTIAL, true, 0, SHIM_RAW_KEY},
    {"available-client-cert-types", LIST, OF(available_client_cert_types)},
    {"ocsp-response", BLOB, OF_CREDENTIAL(ocsp_response)},
    {"signed-cert-timestamps", BLOB, OF_CREDENTIAL(scts)},
    {"use-ocsp-callback", MOOT, NOTHING}, /* which of its callbacks gives the response */
    {"set-ocsp-in-callback", MOOT, NOTHING},
    {"decline-ocsp-callback", FLAG, OF(decline_ocsp)},
    {"fail-ocsp-callback", FLAG, OF(fail_ocsp)},
    {"fail-cert-callback", FLAG, OF(fail_cert)},
    {"install-ddos-callback", MOOT, NOTHING},
    {"fail-ddos-callback", FLAG, OF(fail_ddos)},
    {"use-early-callback", MOOT, NOTHING}, /* which of its callbacks gives the certificate */
    {"use-old-client-cert-callback", MOOT, NOTHING},
    /* the peer's certificates */
    {"trust-cert", TEXT, OF(trust_cert)},
    {"verify-fail", FLAG, OF(verify_fail)},
    {"verify-peer", FLAG, OF(verify_peer)},
    {"require-any-client-certificate", FLAG, OF(require_any_client_certificate)},
    {"use-custom-verify-callback", FLAG, OF(use_custom_verify)}, /* which of its callbacks judges the peer */
    {"reverify-on-resume", FLAG, OF(reverify)},
    {"expect-verify-result", FLAG, OF(expect_verify_result)},
    {"expect-no-peer-cert", FLAG, OF(expect_no_peer_cert)},
    {"expect-peer-cert-file", TEXT, OF(expect_peer_cert_file)},
    {"max-cert-list", NUMBER, OF(max_cert_list)},
    {"use-client-ca-list", TEXT, OF(client_authorities)},
    {"expect-client-ca-list", TEXT, OF(expect_authorities)},
    {"expect-peer-verify-pref", LIST, OF(expect_peer_verify_prefs)},
    {"accepted-peer-cert-types", LIST, OF(accepted_peer_cert_types)},
    {"expect-peer-certificate-type", NUMBER, OF(expect_peer_certificate_type)},
    {"expect-peer-rpk-sha256", BLOB, OF(expect_peer_rpk_sha256)},
    {"install-cert-compression-algs", FLAG, OF(compression)},
    {"install-one-cert-compression-alg", NUMBER, OF(one_compression)},
    {"enable-ocsp-stapling", FLAG, OF(ask_ocsp)},
    {"enable-signed-cert-timestamps", FLAG, OF(ask_scts)},
    {"expect-ocsp-response", BLOB, OF(expect_ocsp_response)},
    {"expect-signed-cert-timestamps", BLOB, OF(expect_scts)},
    /* names and protocols */
    {"host-name", TEXT, OF(host_name)},
    {"expect-server-name", TEXT, OF(expect_server_name)},
    {"expect-no-server-name", FLAG, OF(expect_no_server_name)},
    {"advertise-alpn", TEXT, OF(advertise_alpn)},
    {"select-alpn", TEXT, OF(select_alpn)},
    {"expect-alpn", TEXT, OF(expect_alpn)},
    {"expect-advertised-alpn", MOOT_VALUE, NOTHING}, /* what was selected was found in it */
    {"decline-alpn", FLAG, OF(decline_alpn)},
    {"reject-alpn", FLAG, OF(reject_alpn)},
    /* the exchange */
    {"shim-writes-first", FLAG, OF(shim_writes_first)},
    {"shim-initial-write", TEXT, OF(shim_initial_write)},
    {"repeat-shim-initial-write", NUMBER, OF(repeat_shim_initial_write)},
    {"read-with-unfinished-write", FLAG, OF(read_with_unfinished_write)},
    {"read-size", NUMBER, OF(read_size)},
    {"write-different-record-sizes", FLAG, OF(write_different_record_sizes)},
    {"max-send-fragment", NUMBER, OF(max_send_fragment)},
    {"shim-shuts-down", FLAG, OF(shim_shuts_down)},
    {"check-close-notify", FLAG, OF(check_close_notify)},
    {"key-update", FLAG, OF(key_update)},
    {"key-update-before-read", FLAG, OF(key_update_before_read)},
    {"handshake-never-done", FLAG, OF(handshake_never_done)},
    {"handshake-twice", FLAG, OF(handshake_twice)},
    {"no-op-extra-handshake", FLAG, OF(no_op_extra_handshake)},
    {"export-keying-material", NUMBER, OF(export_keying_material)},
    {"export-label", TEXT, OF(export_label)},
    {"export-context", TEXT, OF(export_context)},
    {"use-export-context", FLAG, OF(use_export_context)},
    {"use-exporter-between-reads", FLAG, OF(use_exporter_between_reads)},
    /* sessions */
    {"resumption-delay", NUMBER, OF(resumption_delay)},
    {"expect-session-miss", FLAG, OF(expect_session_miss)},
    {"expect-no-session", FLAG, OF(expect_no_session)},
    {"expect-session-id", FLAG, OF(expect_session_id)},
    {"expect-no-session-id", FLAG, OF(expect_no_session_id)},
    {"expect-ticket-renewal", FLAG, OF(expect_ticket_renewal)},
    {"no-ticket", FLAG, OF(no_ticket)},
    {"use-ticket-callback", FLAG, OF(use_ticket_callback)},
    {"use-ticket-aead-callback", FLAG, OF(use_ticket_callback)},
    {"skip-ticket", FLAG, OF(skip_ticket)},
    {"renew-ticket", MOOT, NOTHING}, /* every resumed handshake of TLS 1.3 brings new tickets */
    {"psk", TEXT, OF(psk)},
    {"psk-identity", TEXT, OF(psk_identity)},
    {"new-psk-credential", CREDENTIAL, true, 0, SHIM_PSK},
    {"psk-importer-key", BLOB, OF_CREDENTIAL(psk_key)},
    {"psk-importer-identity", BLOB, OF_CREDENTIAL(psk_identity)},
    {"psk-importer-context", BLOB, OF_CREDENTIAL(psk_context)},
    {"psk-importer-sha256", SET, true, offsetof(struct shim_credential, psk_hash), TVT_HASH_SHA256},
    {"psk-importer-sha384", SET, true, offsetof(struct shim_credential, psk_hash), TVT_HASH_SHA384},
    /* 0-RTT */
    {"enable-early-data", FLAG, OF(enable_early_data)},
    {"expect-ticket-supports-early-data", FLAG, OF(expect_ticket_supports_early_data)},
    {"expect-accept-early-data", FLAG, OF(expect_accept_early_data)},
    {"expect-reject-early-data", FLAG, OF(expect_reject_early_data)},
    {"expect-no-offer-early-data", FLAG, OF(expect_no_offer_early_data)},
    {"expect-early-data-reason", TEXT, OF(expect_early_data_reason)},
    {"expect-ticket-age-skew", NUMBER, OF(expect_ticket_age_skew)},
};

static const struct row *
row_of(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static bool
takes_value(const struct row *row)
{
    return row->kind == NUMBER || row->kind == TEXT || row->kind == BLOB || row->kind == LIST ||
           row->kind == MOOT_VALUE;
}

static bool
add_to_list(struct shim_list *list, const char *value)
{
    int number;
    if (list->num == SHIM_LIST_MAX || !shim_number(&number, value) || number < 0 || number > 0xffff)
        return false;
    list->value[list->num++] = (uint16_t)number;
    return true;
}

static bool
begin_credential(struct shim_options *o, int kind)
{
    if (o->num_credentials == SHIM_CREDENTIALS_MAX)
        return false;
    o->credential[o->num_credentials++].kind = kind;
    return true;
}

/* Sets what the row says in one phase; false: the value is not one. */
static bool
apply(const struct row *row, struct shim_options *o, const char *value)
{
    uint8_t *base = row->in_credential ? (uint8_t *)&o->credential[o->num_credentials - 1] : (uint8_t *)o;
    void *field = base + row->field;
    switch (row->kind) {
    case FLAG:
        *(bool *)field = true;
        return true;
    case NUMBER:
        return shim_number(field, value);
    case TEXT:
        *(const char **)field = value;
        return true;
    case BLOB:
        return shim_base64(field, value);
    case LIST:
        return add_to_list(field, value);
    case CREDENTIAL:
        return begin_credential(o, row->value);
    case SET:
        *(int *)field = row->value;
        return true;
    case MOOT:
    case MOOT_VALUE:
        return true;
    }
    return false;
}

static const char *
behind(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* The phase that a flag is for, and its name without that; SHIM_NUM_PHASES: for all. */
static enum shim_phase
phase_of(const char **name)
{
    static const char *const prefix[SHIM_NUM_PHASES] = {"on-initial-", "on-resume-", "on-retry-"};
    for (int i = 0; i < SHIM_NUM_PHASES; i++) {
        const char *rest = behind(*name, prefix[i]);
        if (rest != NULL) {
            *name = rest;
            return (enum shim_phase)i;
        }
    }
    return SHIM_NUM_PHASES;
}

static void
set_defaults(struct shim_options *o)
{
    memset(o, 0, sizeof *o);
    o->num_credentials = 1;
    o->expect_selected_credential = -2;
    o->expect_peer_certificate_type = -1;
    o->repeat_shim_initial_write = 1;
    o->shim_initial_write = "hello";
    o->export_label = o->export_context = "";
}

int
shim_options_parse(struct shim_options phases[SHIM_NUM_PHASES], int argc, char **argv)
{
    for (int i = 0; i < SHIM_NUM_PHASES; i++)
        set_defaults(&phases[i]);
    for (int at = 1; at < argc; at++) {
        const char *name = behind(argv[at], "-"), *value = NULL;
        if (name == NULL)
            return shim_say(SHIM_WRONG, "%s is no flag", argv[at]);
        enum shim_phase phase = phase_of(&name);
        const struct row *row = row_of(name);
        if (row == NULL)
            return shim_say(SHIM_UNIMPLEMENTED, "%s is not known here", argv[at]);
        if (takes_value(row)) {
            if (at + 1 == argc)
                return shim_say(SHIM_WRONG, "%s needs a value", argv[at]);
            value = argv[++at];
        }
        for (int i = 0; i < SHIM_NUM_PHASES; i++)
            if ((phase == SHIM_NUM_PHASES || phase == (enum shim_phase)i) && !apply(row, &phases[i], value))
                return shim_say(SHIM_WRONG, "-%s does not take %s", name, value != NULL ? value : "this");
    }
    return -1;
}
