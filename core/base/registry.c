/* SPDX-License-Identifier: MIT
 *
 * Numbers of the IANA TLS registries that the core uses, and their names.
 */
#include "core/base/registry.h"

#include <trivet/provider.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct name {
    uint16_t id;
    const char *name;
};

/* Compares names as the registries do: ASCII letters in either case are the same, in every locale. */
static bool
same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        char x = *a >= 'A' && *a <= 'Z' ? (char)(*a - 'A' + 'a') : *a;
        char y = *b >= 'A' && *b <= 'Z' ? (char)(*b - 'A' + 'a') : *b;
        if (x != y)
            return false;
        if (x == '\0')
            return true;
    }
}

static const char *
name_of(const struct name *table, size_t num, uint16_t id, const char *otherwise)
{
    for (size_t i = 0; i < num; i++)
        if (table[i].id == id)
            return table[i].name;
    return otherwise;
}

/* RFC 8701 2: 0x0a0a, 0x1a1a ... 0xfafa */
static const char *
unknown_or_grease(uint16_t id)
{
    return (id & 0x0f0fu) == 0x0a0au && id >> 8 == (id & 0xffu) ? "GREASE" : "unknown";
}

/* ---- cipher suites ---------------------------------------------------------------------------------------- */

/* Preference: what RFC 9846 9.1 names, in its order; CCM-8 last, for its short tag. */
#define SUITE13(id, aead, hash, name) id, TVT_AEAD_##aead, TVT_HASH_##hash, TVT_AUTH_ANY, TVT_VERSION_TLS13, name, NULL
/* In the same order of AEADs; RFC 9325 4.2 recommends those with GCM. ECDSA before RSA, as its signatures are cheaper,
 * and the suites that take a PSK behind those that take a certificate. AES-256-CCM is not there: no provider has it. */
#define SUITE12(id, auth, aead, hash, name, alias)                                                                     \
    id, TVT_AEAD_##aead, TVT_HASH_##hash, TVT_AUTH_##auth, TVT_VERSION_TLS12, "TLS_ECDHE_" name, alias
static const struct tvt_suite suites[] = {
    {SUITE13(0x1301, AES_128_GCM, SHA256, "TLS_AES_128_GCM_SHA256")},
    {SUITE13(0x1302, AES_256_GCM, SHA384, "TLS_AES_256_GCM_SHA384")},
    {SUITE13(0x1303, CHACHA20_POLY1305, SHA256, "TLS_CHACHA20_POLY1305_SHA256")},
    {SUITE13(0x1304, AES_128_CCM, SHA256, "TLS_AES_128_CCM_SHA256")},
    {SUITE13(0x1305, AES_128_CCM_8, SHA256, "TLS_AES_128_CCM_8_SHA256")},
    {SUITE12(0xc02b, ECDSA, AES_128_GCM, SHA256, "ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256")},
    {SUITE12(0xc02f, RSA, AES_128_GCM, SHA256, "RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256")},
    {SUITE12(0xc02c, ECDSA, AES_256_GCM, SHA384, "ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384")},
    {SUITE12(0xc030, RSA, AES_256_GCM, SHA384, "RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384")},
    {SUITE12(0xcca9, ECDSA, CHACHA20_POLY1305, SHA256, "ECDSA_WITH_CHACHA20_POLY1305_SHA256",
             "ECDHE-ECDSA-CHACHA20-POLY1305")},
    {SUITE12(0xcca8, RSA, CHACHA20_POLY1305, SHA256, "RSA_WITH_CHACHA20_POLY1305_SHA256",
             "ECDHE-RSA-CHACHA20-POLY1305")},
    {SUITE12(0xc0ac, ECDSA, AES_128_CCM, SHA256, "ECDSA_WITH_AES_128_CCM", "ECDHE-ECDSA-AES128-CCM")},
    {SUITE12(0xd001, PSK, AES_128_GCM, SHA256, "PSK_WITH_AES_128_GCM_SHA256", NULL)},
    {SUITE12(0xd002, PSK, AES_256_GCM, SHA384, "PSK_WITH_AES_256_GCM_SHA384", NULL)},
    {SUITE12(0xccac, PSK, CHACHA20_POLY1305, SHA256, "PSK_WITH_CHACHA20_POLY1305_SHA256",
             "ECDHE-PSK-CHACHA20-POLY1305")},
    {SUITE12(0xd005, PSK, AES_128_CCM, SHA256, "PSK_WITH_AES_128_CCM_SHA256", NULL)},
    {SUITE12(0xc0ae, ECDSA, AES_128_CCM_8, SHA256, "ECDSA_WITH_AES_128_CCM_8", "ECDHE-ECDSA-AES128-CCM8")},
    {SUITE12(0xd003, PSK, AES_128_CCM_8, SHA256, "PSK_WITH_AES_128_CCM_8_SHA256", NULL)},
};

const struct tvt_suite *
tvt_suite_find(uint16_t id)
{
    for (size_t i = 0; i < COUNT(suites); i++)
        if (suites[i].id == id)
            return &suites[i];
    return NULL;
}

const struct tvt_suite *
tvt_suite_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(suites); i++)
        if (same_name(suites[i].name, name) || (suites[i].alias != NULL && same_name(suites[i].alias, name)))
            return &suites[i];
    return NULL;
}

static bool
is_ecdsa_key(uint8_t key_type)
{
    return key_type == TVT_KEY_P256 || key_type == TVT_KEY_P384 || key_type == TVT_KEY_P521;
}

bool
tvt_suite_takes_key(const struct tvt_suite *suite, uint8_t key_type)
{
    switch (suite->auth) {
    case TVT_AUTH_ANY:
        return true;
    case TVT_AUTH_ECDSA:
        return is_ecdsa_key(key_type) || key_type == TVT_KEY_ED25519 || key_type == TVT_KEY_ED448;
    case TVT_AUTH_RSA:
        return key_type == TVT_KEY_RSA || key_type == TVT_KEY_RSA_PSS;
    default:
        return false;
    }
}

size_t
tvt_suite_table(const struct tvt_suite **rows)
{
    *rows = suites;
    return COUNT(suites);
}

/* ---- hashes ----------------------------------------------------------------------------------------------- */

size_t
tvt_hash_len(uint8_t hash)
{
    switch (hash) {
    case TVT_HASH_SHA256:
        return 32;
    case TVT_HASH_SHA384:
        return 48;
    case TVT_HASH_SHA512:
        return 64;
    default:
        return 0;
    }
}

/* ---- signature schemes ------------------------------------------------------------------------------------ */

/* Preference: cheap to verify and to send first; within a key type the hash that matches its strength. ML-DSA, with its
 * long keys and signatures, is for peers that have nothing else in common. */
static const struct tvt_scheme schemes[] = {
    {TVT_SCHEME_ECDSA_SECP256R1_SHA256, TVT_SIG_ECDSA, TVT_KEY_P256, TVT_HASH_SHA256, true, true,
     "ecdsa_secp256r1_sha256"},
    {TVT_SCHEME_ED25519, TVT_SIG_EDDSA, TVT_KEY_ED25519, TVT_HASH_NONE, true, true, "ed25519"},
    {TVT_SCHEME_ECDSA_SECP384R1_SHA384, TVT_SIG_ECDSA, TVT_KEY_P384, TVT_HASH_SHA384, true, true,
     "ecdsa_secp384r1_sha384"},
    {TVT_SCHEME_ECDSA_SECP521R1_SHA512, TVT_SIG_ECDSA, TVT_KEY_P521, TVT_HASH_SHA512, true, true,
     "ecdsa_secp521r1_sha512"},
    {TVT_SCHEME_ED448, TVT_SIG_EDDSA, TVT_KEY_ED448, TVT_HASH_NONE, true, true, "ed448"},
    {TVT_SCHEME_RSA_PSS_RSAE_SHA256, TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA256, true, true, "rsa_pss_rsae_sha256"},
    {TVT_SCHEME_RSA_PSS_RSAE_SHA384, TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA384, true, true, "rsa_pss_rsae_sha384"},
    {TVT_SCHEME_RSA_PSS_RSAE_SHA512, TVT_SIG_RSA_PSS, TVT_KEY_RSA, TVT_HASH_SHA512, true, true, "rsa_pss_rsae_sha512"},
    {TVT_SCHEME_RSA_PSS_PSS_SHA256, TVT_SIG_RSA_PSS, TVT_KEY_RSA_PSS, TVT_HASH_SHA256, true, true,
     "rsa_pss_pss_sha256"},
    {TVT_SCHEME_RSA_PSS_PSS_SHA384, TVT_SIG_RSA_PSS, TVT_KEY_RSA_PSS, TVT_HASH_SHA384, true, true,
     "rsa_pss_pss_sha384"},
    {TVT_SCHEME_RSA_PSS_PSS_SHA512, TVT_SIG_RSA_PSS, TVT_KEY_RSA_PSS, TVT_HASH_SHA512, true, true,
     "rsa_pss_pss_sha512"},
    {TVT_SCHEME_RSA_PKCS1_SHA256, TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA256, false, true, "rsa_pkcs1_sha256"},
    {TVT_SCHEME_RSA_PKCS1_SHA384, TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA384, false, true, "rsa_pkcs1_sha384"},
    {TVT_SCHEME_RSA_PKCS1_SHA512, TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA512, false, true, "rsa_pkcs1_sha512"},
    {TVT_SCHEME_MLDSA44, TVT_SIG_MLDSA, TVT_KEY_MLDSA44, TVT_HASH_NONE, true, false, "mldsa44"},
    {TVT_SCHEME_MLDSA65, TVT_SIG_MLDSA, TVT_KEY_MLDSA65, TVT_HASH_NONE, true, false, "mldsa65"},
    {TVT_SCHEME_MLDSA87, TVT_SIG_MLDSA, TVT_KEY_MLDSA87, TVT_HASH_NONE, true, false, "mldsa87"},
    {TVT_SCHEME_RSA_PKCS1_SHA256_LEGACY, TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA256, true, false,
     "rsa_pkcs1_sha256_legacy"},
    {TVT_SCHEME_RSA_PKCS1_SHA384_LEGACY, TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA384, true, false,
     "rsa_pkcs1_sha384_legacy"},
    {TVT_SCHEME_RSA_PKCS1_SHA512_LEGACY, TVT_SIG_RSA_PKCS1, TVT_KEY_RSA, TVT_HASH_SHA512, true, false,
     "rsa_pkcs1_sha512_legacy"},
};

bool
tvt_scheme_is_legacy(const struct tvt_scheme *scheme)
{
    return scheme->in_tls13 && scheme->family == TVT_SIG_RSA_PKCS1;
}

const struct tvt_scheme *
tvt_scheme_find(uint16_t id)
{
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (schemes[i].id == id)
            return &schemes[i];
    return NULL;
}

const struct tvt_scheme *
tvt_scheme_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (same_name(schemes[i].name, name))
            return &schemes[i];
    return NULL;
}

size_t
tvt_scheme_table(const struct tvt_scheme **rows)
{
    *rows = schemes;
    return COUNT(schemes);
}

bool
tvt_scheme_takes_key12(const struct tvt_scheme *scheme, uint8_t key_type)
{
    if (!scheme->in_tls12)
        return false;
    return scheme->family == TVT_SIG_ECDSA ? is_ecdsa_key(key_type) : scheme->key_type == key_type;
}

/* ---- groups ----------------------------------------------------------------------------------------------- */

/* TLS Supported Groups registry; more than the core composes, so that errors and traces can name what a peer says. */
static const struct name groups[] = {
    {TVT_GROUP_SECP256R1, "secp256r1"},
    {TVT_GROUP_SECP384R1, "secp384r1"},
    {TVT_GROUP_SECP521R1, "secp521r1"},
    {TVT_GROUP_X25519, "x25519"},
    {TVT_GROUP_X448, "x448"},
    {TVT_GROUP_MLKEM768, "MLKEM768"},
    {TVT_GROUP_SECP256R1MLKEM768, "SecP256r1MLKEM768"},
    {TVT_GROUP_X25519MLKEM768, "X25519MLKEM768"},
    {0x11ed, "SecP384r1MLKEM1024"},
    {0x0200, "MLKEM512"},
    {0x0202, "MLKEM1024"},
    {0x0016, "secp256k1"},
    {0x001f, "brainpoolP256r1tls13"},
    {0x0020, "brainpoolP384r1tls13"},
    {0x0021, "brainpoolP512r1tls13"},
    {0x0100, "ffdhe2048"},
    {0x0101, "ffdhe3072"},
    {0x0102, "ffdhe4096"},
    {0x0103, "ffdhe6144"},
    {0x0104, "ffdhe8192"},
};

/* Names that people also use. */
static const struct name group_aliases[] = {
    {TVT_GROUP_SECP256R1, "P-256"},      {TVT_GROUP_SECP384R1, "P-384"},     {TVT_GROUP_SECP521R1, "P-521"},
    {TVT_GROUP_SECP256R1, "prime256v1"}, {TVT_GROUP_MLKEM768, "ML-KEM-768"},
};

const char *
tvt_group_name(uint16_t group)
{
    return name_of(groups, COUNT(groups), group, unknown_or_grease(group));
}

uint16_t
tvt_group_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(groups); i++)
        if (same_name(groups[i].name, name))
            return groups[i].id;
    for (size_t i = 0; i < COUNT(group_aliases); i++)
        if (same_name(group_aliases[i].name, name))
            return group_aliases[i].id;
    return 0;
}

/* ---- the other registries --------------------------------------------------------------------------------- */

const char *
tvt_version_name(uint16_t version)
{
    static const struct name versions[] = {
        {0x0300, "SSLv3"},   {0x0301, "TLSv1.0"},  {0x0302, "TLSv1.1"},  {0x0303, "TLSv1.2"},
        {0x0304, "TLSv1.3"}, {0xfefd, "DTLSv1.2"}, {0xfefc, "DTLSv1.3"},
    };
    return name_of(versions, COUNT(versions), version, unknown_or_grease(version));
}

/* TLS Alerts registry; the retired ones too, since an old peer may send them. */
static const struct name alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {52, "too_many_cids_requested"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {117, "general_error"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
};

const char *
tvt_alert_name(uint8_t alert)
{
    return name_of(alerts, COUNT(alerts), alert, "unknown");
}

const char *
tvt_handshake_type_name(uint8_t type)
{
    static const struct name types[] = {
        {TVT_HT_HELLO_REQUEST, "HelloRequest"},
        {TVT_HT_CLIENT_HELLO, "ClientHello"},
        {TVT_HT_SERVER_HELLO, "ServerHello"},
        {TVT_HT_NEW_SESSION_TICKET, "NewSessionTicket"},
        {TVT_HT_END_OF_EARLY_DATA, "EndOfEarlyData"},
        {TVT_HT_ENCRYPTED_EXTENSIONS, "EncryptedExtensions"},
        {TVT_HT_CERTIFICATE, "Certificate"},
        {TVT_HT_SERVER_KEY_EXCHANGE, "ServerKeyExchange"},
        {TVT_HT_CERTIFICATE_REQUEST, "CertificateRequest"},
        {TVT_HT_SERVER_HELLO_DONE, "ServerHelloDone"},
        {TVT_HT_CERTIFICATE_VERIFY, "CertificateVerify"},
        {TVT_HT_CLIENT_KEY_EXCHANGE, "ClientKeyExchange"},
        {TVT_HT_FINISHED, "Finished"},
        {TVT_HT_CERTIFICATE_STATUS, "CertificateStatus"},
        {TVT_HT_KEY_UPDATE, "KeyUpdate"},
        {TVT_HT_COMPRESSED_CERTIFICATE, "CompressedCertificate"},
        {TVT_HT_MESSAGE_HASH, "message_hash"},
    };
    return name_of(types, COUNT(types), type, "unknown");
}

const char *
tvt_content_type_name(uint8_t type)
{
    static const struct name types[] = {
        {TVT_CONTENT_CCS, "change_cipher_spec"},
        {TVT_CONTENT_ALERT, "alert"},
        {TVT_CONTENT_HANDSHAKE, "handshake"},
        {TVT_CONTENT_APPLICATION, "application_data"},
        {24, "heartbeat"},
        {25, "tls12_cid"},
        {26, "ACK"},
    };
    return name_of(types, COUNT(types), type, "unknown");
}

/* TLS ExtensionType Values registry; again more than the core understands. */
static const struct name extensions[] = {
    {0, "server_name"},
    {1, "max_fragment_length"},
    {5, "status_request"},
    {10, "supported_groups"},
    {11, "ec_point_formats"},
    {13, "signature_algorithms"},
    {14, "use_srtp"},
    {15, "heartbeat"},
    {16, "application_layer_protocol_negotiation"},
    {17, "status_request_v2"},
    {18, "signed_certificate_timestamp"},
    {19, "client_certificate_type"},
    {20, "server_certificate_type"},
    {21, "padding"},
    {22, "encrypt_then_mac"},
    {23, "extended_master_secret"},
    {27, "compress_certificate"},
    {28, "record_size_limit"},
    {34, "delegated_credential"},
    {35, "session_ticket"},
    {41, "pre_shared_key"},
    {42, "early_data"},
    {43, "supported_versions"},
    {44, "cookie"},
    {45, "psk_key_exchange_modes"},
    {47, "certificate_authorities"},
    {48, "oid_filters"},
    {49, "post_handshake_auth"},
    {50, "signature_algorithms_cert"},
    {51, "key_share"},
    {54, "connection_id"},
    {57, "quic_transport_parameters"},
    {0xfe0d, "encrypted_client_hello"},
    {0xff01, "renegotiation_info"},
};

const char *
tvt_extension_name(uint16_t extension)
{
    return name_of(extensions, COUNT(extensions), extension, unknown_or_grease(extension));
}

const char *
tvt_key_type_name(uint8_t key_type)
{
    static const struct name types[] = {
        {TVT_KEY_RSA, "RSA"},           {TVT_KEY_RSA_PSS, "RSA-PSS"},   {TVT_KEY_P256, "P-256"},
        {TVT_KEY_P384, "P-384"},        {TVT_KEY_P521, "P-521"},        {TVT_KEY_ED25519, "Ed25519"},
        {TVT_KEY_ED448, "Ed448"},       {TVT_KEY_MLDSA44, "ML-DSA-44"}, {TVT_KEY_MLDSA65, "ML-DSA-65"},
        {TVT_KEY_MLDSA87, "ML-DSA-87"},
    };
    return name_of(types, COUNT(types), key_type, "unknown");
}
