/* SPDX-License-Identifier: MIT
 *
 * Numbers of the IANA TLS registries that the core uses, and their names.
 */
#ifndef TVT_CORE_BASE_REGISTRY_H
#define TVT_CORE_BASE_REGISTRY_H

#include <trivet/base.h>

#define TVT_VERSION_TLS10 0x0301u
#define TVT_VERSION_TLS12 0x0303u
#define TVT_VERSION_TLS13 0x0304u

/* RFC 9846 5.1 */
enum tvt_content_type {
    TVT_CONTENT_CCS = 20,
    TVT_CONTENT_ALERT = 21,
    TVT_CONTENT_HANDSHAKE = 22,
    TVT_CONTENT_APPLICATION = 23
};

/* RFC 9846 4, RFC 5246 7.4 */
enum tvt_handshake_type {
    TVT_HT_HELLO_REQUEST = 0,
    TVT_HT_CLIENT_HELLO = 1,
    TVT_HT_SERVER_HELLO = 2,
    TVT_HT_NEW_SESSION_TICKET = 4,
    TVT_HT_END_OF_EARLY_DATA = 5,
    TVT_HT_ENCRYPTED_EXTENSIONS = 8,
    TVT_HT_CERTIFICATE = 11,
    TVT_HT_SERVER_KEY_EXCHANGE = 12,
    TVT_HT_CERTIFICATE_REQUEST = 13,
    TVT_HT_SERVER_HELLO_DONE = 14,
    TVT_HT_CERTIFICATE_VERIFY = 15,
    TVT_HT_CLIENT_KEY_EXCHANGE = 16,
    TVT_HT_FINISHED = 20,
    TVT_HT_CERTIFICATE_STATUS = 22,
    TVT_HT_KEY_UPDATE = 24,
    TVT_HT_COMPRESSED_CERTIFICATE = 25,
    TVT_HT_MESSAGE_HASH = 254
};

/* RFC 9846 6 */
enum tvt_alert {
    TVT_ALERT_CLOSE_NOTIFY = 0,
    TVT_ALERT_UNEXPECTED_MESSAGE = 10,
    TVT_ALERT_BAD_RECORD_MAC = 20,
    TVT_ALERT_RECORD_OVERFLOW = 22,
    TVT_ALERT_HANDSHAKE_FAILURE = 40,
    TVT_ALERT_BAD_CERTIFICATE = 42,
    TVT_ALERT_UNSUPPORTED_CERTIFICATE = 43,
    TVT_ALERT_CERTIFICATE_REVOKED = 44,
    TVT_ALERT_CERTIFICATE_EXPIRED = 45,
    TVT_ALERT_CERTIFICATE_UNKNOWN = 46,
    TVT_ALERT_ILLEGAL_PARAMETER = 47,
    TVT_ALERT_UNKNOWN_CA = 48,
    TVT_ALERT_ACCESS_DENIED = 49,
    TVT_ALERT_DECODE_ERROR = 50,
    TVT_ALERT_DECRYPT_ERROR = 51,
    TVT_ALERT_PROTOCOL_VERSION = 70,
    TVT_ALERT_INSUFFICIENT_SECURITY = 71,
    TVT_ALERT_INTERNAL_ERROR = 80,
    TVT_ALERT_INAPPROPRIATE_FALLBACK = 86,
    TVT_ALERT_USER_CANCELED = 90,
    TVT_ALERT_NO_RENEGOTIATION = 100,
    TVT_ALERT_MISSING_EXTENSION = 109,
    TVT_ALERT_UNSUPPORTED_EXTENSION = 110,
    TVT_ALERT_UNRECOGNIZED_NAME = 112,
    TVT_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE = 113,
    TVT_ALERT_UNKNOWN_PSK_IDENTITY = 115,
    TVT_ALERT_CERTIFICATE_REQUIRED = 116,
    TVT_ALERT_GENERAL_ERROR = 117,
    TVT_ALERT_NO_APPLICATION_PROTOCOL = 120
};

/* Numbers that stand among cipher suites and are none. */
#define TVT_SCSV_EMPTY_RENEGOTIATION_INFO 0x00ffu /* RFC 5746 3.3 */
#define TVT_SCSV_FALLBACK                 0x5600u /* RFC 7507 2   */

/* ClientCertificateType of a CertificateRequest of TLS 1.2 (RFC 5246 7.4.4, RFC 8422 5.5) */
enum tvt_client_certificate_type {
    TVT_CLIENT_CERTIFICATE_RSA_SIGN = 1,
    TVT_CLIENT_CERTIFICATE_ECDSA_SIGN = 64 /* EdDSA too */
};

/* RFC 9846 4.3.3, RFC 9963 3 (legacy), and the TLS SignatureScheme registry; SHA-1 is not offered, in no version (RFC 9155 2) */
enum tvt_signature_scheme {
    TVT_SCHEME_RSA_PKCS1_SHA256 = 0x0401,
    TVT_SCHEME_RSA_PKCS1_SHA384 = 0x0501,
    TVT_SCHEME_RSA_PKCS1_SHA512 = 0x0601,
    TVT_SCHEME_RSA_PKCS1_SHA256_LEGACY = 0x0420,
    TVT_SCHEME_RSA_PKCS1_SHA384_LEGACY = 0x0520,
    TVT_SCHEME_RSA_PKCS1_SHA512_LEGACY = 0x0620,
    TVT_SCHEME_ECDSA_SECP256R1_SHA256 = 0x0403,
    TVT_SCHEME_ECDSA_SECP384R1_SHA384 = 0x0503,
    TVT_SCHEME_ECDSA_SECP521R1_SHA512 = 0x0603,
    TVT_SCHEME_RSA_PSS_RSAE_SHA256 = 0x0804,
    TVT_SCHEME_RSA_PSS_RSAE_SHA384 = 0x0805,
    TVT_SCHEME_RSA_PSS_RSAE_SHA512 = 0x0806,
    TVT_SCHEME_ED25519 = 0x0807,
    TVT_SCHEME_ED448 = 0x0808,
    TVT_SCHEME_RSA_PSS_PSS_SHA256 = 0x0809,
    TVT_SCHEME_RSA_PSS_PSS_SHA384 = 0x080a,
    TVT_SCHEME_RSA_PSS_PSS_SHA512 = 0x080b,
    TVT_SCHEME_MLDSA44 = 0x0904, /* draft-ietf-tls-mldsa */
    TVT_SCHEME_MLDSA65 = 0x0905,
    TVT_SCHEME_MLDSA87 = 0x0906
};

/* What a suite of TLS 1.2 lets the server prove itself with; a suite of TLS 1.3 leaves that to other extensions. */
enum tvt_suite_auth {
    TVT_AUTH_ANY = 0, /* TLS 1.3                                                   */
    TVT_AUTH_ECDSA,   /* ECDHE_ECDSA: certificates of EdDSA keys too (RFC 8422 5.5) */
    TVT_AUTH_RSA,     /* ECDHE_RSA                                                 */
    TVT_AUTH_PSK      /* ECDHE_PSK: no certificate (RFC 5489 2)                    */
};

/* A cipher suite: an AEAD and a hash (RFC 9846 9.1, appendix B.4); of TLS 1.2 those with ECDHE and an AEAD alone. */
struct tvt_suite {
    uint16_t id;       /* TLS Cipher Suites registry                 */
    uint16_t aead;     /* enum tvt_aead_id                           */
    uint8_t hash;      /* enum tvt_hash_id; TLS 1.2: of the PRF      */
    uint8_t auth;      /* enum tvt_suite_auth                        */
    uint16_t version;  /* TVT_VERSION_TLS13 or TVT_VERSION_TLS12     */
    const char *name;  /* "TLS_AES_128_GCM_SHA256"                   */
    const char *alias; /* "ECDHE-RSA-AES128-GCM-SHA256"; NULL: none  */
};
const struct tvt_suite *tvt_suite_find(uint16_t id);           /* NULL: unknown */
const struct tvt_suite *tvt_suite_by_name(const char *name);   /* or by alias; NULL: unknown */
/* True if a server may prove itself with a key of this type (enum tvt_key_type) under the suite. */
bool tvt_suite_takes_key(const struct tvt_suite *suite, uint8_t key_type);
/* The table, TLS 1.3 first, strongest preference first; returns the number of rows. */
size_t tvt_suite_table(const struct tvt_suite **rows);

/* Bytes of a digest (enum tvt_hash_id); 0: none. */
size_t tvt_hash_len(uint8_t hash);

/* A signature scheme taken apart (RFC 9846 4.3.3). */
struct tvt_scheme {
    uint16_t id;
    uint8_t family;   /* enum tvt_signature_family                 */
    uint8_t key_type; /* enum tvt_key_type                         */
    uint8_t hash;     /* enum tvt_hash_id                          */
    bool in_tls13;    /* may sign a CertificateVerify of TLS 1.3   */
    bool in_tls12;    /* may sign in a handshake of TLS 1.2        */
    const char *name; /* "ecdsa_secp256r1_sha256"                  */
};
/* RFC 9963 3: signs the CertificateVerify of a TLS 1.3 client, and nothing else; off unless asked for by name. */
bool tvt_scheme_is_legacy(const struct tvt_scheme *scheme);
const struct tvt_scheme *tvt_scheme_find(uint16_t id);
const struct tvt_scheme *tvt_scheme_by_name(const char *name);
size_t tvt_scheme_table(const struct tvt_scheme **rows);
/* True if a key of this type (enum tvt_key_type) may sign with the scheme in TLS 1.2, where the number of an ECDSA scheme
 * says ECDSA and a hash, and the curve is free (RFC 5246 7.4.1.4.1, RFC 9846 4.3.3). Look the operation up by the
 * key's type, not by the scheme's. */
bool tvt_scheme_takes_key12(const struct tvt_scheme *scheme, uint8_t key_type);

/* Names for people: static strings; "unknown" forms for numbers that have none. */
const char *tvt_version_name(uint16_t version);      /* "TLSv1.3"                  */
const char *tvt_alert_name(uint8_t alert);           /* "bad_record_mac"           */
const char *tvt_handshake_type_name(uint8_t type);   /* "ServerHello"              */
const char *tvt_content_type_name(uint8_t type);     /* "handshake"                */
const char *tvt_group_name(uint16_t group);          /* "x25519"                   */
uint16_t tvt_group_by_name(const char *name);        /* any case, also "P-256"; 0: unknown */
const char *tvt_extension_name(uint16_t extension);  /* "supported_groups"         */
const char *tvt_key_type_name(uint8_t key_type);     /* "P-256"                    */

#endif
