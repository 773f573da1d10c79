/* SPDX-License-Identifier: MIT
 *
 * Handshake messages as plain structs: decoded once, encoded once. Every span of a decoded struct points into the
 * message's own bytes and lives as long as they do. Lists stay in wire form (already checked for their grammar) and are
 * walked with the helpers below. Decoders know grammar only; what a value means here is the handshake's business.
 */
#ifndef TVT_CORE_MESSAGE_MESSAGE_H
#define TVT_CORE_MESSAGE_MESSAGE_H

#include "core/base/error.h"
#include "core/base/registry.h"
#include "core/base/wire.h"

#define TVT_HANDSHAKE_HEADER 4u /* type (1) and length (3), bytes */

/* ---- extensions ------------------------------------------------------------------------------------------ */

enum tvt_extension_index { /* position in extensions.def */
#define TVT_EXTENSION(name, code, allowed, rfc, section) TVT_EXT_##name,
#include "core/message/extensions.def"
#undef TVT_EXTENSION
    TVT_EXT_NUM
};
#define TVT_EXT_BIT(index) (UINT64_C(1) << (index))
#define TVT_MAX_EXTENSIONS 128u /* extensions of one message; more is TOO_MANY_EXTENSIONS */

/* Messages that carry extensions, as bits. */
enum tvt_extension_place {
    TVT_IN_CH = 1, TVT_IN_SH = 2, TVT_IN_HRR = 4, TVT_IN_EE = 8, TVT_IN_CT = 16, TVT_IN_CR = 32, TVT_IN_NST = 64,
    TVT_IN_SH12 = 128
};

uint16_t tvt_extension_code(enum tvt_extension_index index);
bool tvt_extension_allowed(enum tvt_extension_index index, enum tvt_extension_place place);

/* The extensions of one message. A field is meaningful only when its bit is in `present`. */
struct tvt_extensions {
    uint64_t present;                   /* TVT_EXT_BIT()s                                                      */
    bool unknown;                       /* at least one extension that extensions.def does not have (any message;
                                           legal to ignore in CH, CR, CT, NST only; see tvt_server_hello12_check()) */
    uint16_t unknown_code;              /* the first such                                                      */
    uint8_t last;                       /* enum tvt_extension_index of the last one; TVT_EXT_NUM: unknown, or none */
    struct tvt_span server_name;        /* CH: the host_name; EE: empty                                        */
    uint8_t max_fragment_length;        /* code 1..4                                                           */
    uint8_t status_type;                /* CH, CR: CertificateStatusType; other types than ocsp(1) are ignored */
    struct tvt_span ocsp_response;      /* CT: DER OCSPResponse                                                */
    struct tvt_span supported_groups;   /* uint16 list                                                         */
    struct tvt_span point_formats;      /* uint8 list                                                          */
    struct tvt_span signature_algorithms, signature_algorithms_cert; /* uint16 lists                          */
    struct tvt_span alpn;               /* list of vec8; EE: exactly one entry (checked)                       */
    struct tvt_span sct_list;           /* CT: SignedCertificateTimestampList, its length included; CH, CR: empty */
    uint16_t record_size_limit;         /* 64..16385 after decode; below 64 is refused                         */
    struct tvt_span session_ticket;     /* CH                                                                  */
    struct tvt_span psk_identities;     /* CH: list of {vec16 identity, uint32 obfuscated_ticket_age}          */
    struct tvt_span psk_binders;        /* CH: list of vec8 (32..255; a shorter one is read, and does not verify) */
    size_t psk_num;                     /* CH: identities; binders are as many (checked)                       */
    size_t psk_binders_offset;          /* CH: of the binders' length field, from the message's first byte     */
    uint16_t psk_selected;              /* SH                                                                  */
    uint32_t max_early_data;            /* NST                                                                 */
    struct tvt_span versions;           /* CH: uint16 list                                                     */
    uint16_t selected_version;          /* SH, HRR                                                             */
    struct tvt_span cookie;             /* CH, HRR: 1..65535 bytes                                             */
    struct tvt_span psk_modes;          /* CH: uint8 list                                                      */
    struct tvt_span authorities;        /* CH, CR: list of vec16 DER names                                     */
    struct tvt_span oid_filters;        /* CR: list                                                            */
    struct tvt_span key_shares;         /* CH: list of {uint16 group, vec16 key_exchange}; may be empty        */
    uint16_t key_share_group;           /* SH, HRR                                                             */
    struct tvt_span key_share;          /* SH: key_exchange                                                    */
    uint8_t tickets_fresh, tickets_resumed; /* CH: tickets wanted (RFC 9149 3); EE: `fresh` alone, how many come */
    uint16_t grease;                    /* CH, CR, NST, sending: a GREASE value (RFC 8701), as two extensions; 0: none */
    struct tvt_span renegotiation_info; /* renegotiated_connection                                             */
    struct tvt_span client_certificate_types, server_certificate_types; /* CH: uint8 lists (RFC 7250)          */
    uint8_t client_certificate_type, server_certificate_type;           /* EE, SH12: the chosen ones           */
    struct tvt_span compression_algorithms; /* CH, CR: uint16 list (RFC 8879)                                  */
    struct tvt_span raw;                /* the extension list as received, for comparison of two ClientHellos  */
};

static inline bool
tvt_has(const struct tvt_extensions *e, enum tvt_extension_index index)
{
    return (e->present & TVT_EXT_BIT(index)) != 0;
}

/* ---- messages -------------------------------------------------------------------------------------------- */

/* What a message is, for a state table: the hellos are told apart by content (RFC 9846 4.2.3, 4.2.4). */
enum tvt_message_kind {
    TVT_MSG_NONE = 0,
    TVT_MSG_CLIENT_HELLO,
    TVT_MSG_SERVER_HELLO13,  /* supported_versions is there                                             */
    TVT_MSG_SERVER_HELLO12,  /* it is not                                                               */
    TVT_MSG_HELLO_RETRY,     /* ServerHello with the special random                                     */
    TVT_MSG_ENCRYPTED_EXTENSIONS,
    TVT_MSG_CERTIFICATE_REQUEST,
    TVT_MSG_CERTIFICATE,
    TVT_MSG_CERTIFICATE_VERIFY,
    TVT_MSG_FINISHED,
    TVT_MSG_NEW_SESSION_TICKET,
    TVT_MSG_KEY_UPDATE,
    TVT_MSG_END_OF_EARLY_DATA,
    TVT_MSG_COMPRESSED_CERTIFICATE,
    TVT_MSG_NUM_KINDS13,     /* tvt_message_decode() yields what stands above                            */
    /* TLS 1.2 has ClientHello, CertificateVerify and Finished in the same form, and these besides: */
    TVT_MSG_HELLO_REQUEST = TVT_MSG_NUM_KINDS13,
    TVT_MSG_CERTIFICATE12,
    TVT_MSG_CERTIFICATE_STATUS,
    TVT_MSG_SERVER_KEY_EXCHANGE,
    TVT_MSG_CERTIFICATE_REQUEST12,
    TVT_MSG_SERVER_HELLO_DONE,
    TVT_MSG_CLIENT_KEY_EXCHANGE,
    TVT_MSG_NEW_SESSION_TICKET12,
    TVT_MSG_CHANGE_CIPHER_SPEC, /* no handshake message and never decoded: for tables (RFC 5246 7.1)      */
    TVT_MSG_NUM_KINDS
};

struct tvt_client_hello { /* RFC 9846 4.2.2 */
    uint16_t legacy_version;
    struct tvt_span random;      /* 32 bytes */
    struct tvt_span session_id;  /* 0..32    */
    struct tvt_span suites;      /* uint16 list, at least one */
    struct tvt_span compression; /* uint8 list, at least one  */
    bool has_extensions;         /* a pre-TLS 1.2 hello may have none */
    struct tvt_extensions ext;
};

struct tvt_server_hello { /* RFC 9846 4.2.3; HelloRetryRequest 4.2.4 */
    uint16_t legacy_version;
    struct tvt_span random;
    struct tvt_span session_id;
    uint16_t suite;
    uint8_t compression;
    struct tvt_extensions ext;
};

struct tvt_certificate_request { /* RFC 9846 4.4.2 */
    struct tvt_span context; /* 0..255 */
    struct tvt_extensions ext;
};

#define TVT_MAX_CHAIN 10u /* certificates kept of a Certificate message; more is CERT_CHAIN_TOO_LONG */

struct tvt_certificate_message { /* RFC 9846 4.5.1 */
    struct tvt_span context;
    size_t num;                          /* entries, 0..TVT_MAX_CHAIN                       */
    struct tvt_span cert[TVT_MAX_CHAIN]; /* DER, leaf first                                  */
    struct tvt_span ocsp_response;       /* of the leaf; empty: none                         */
    struct tvt_span sct_list;            /* of the leaf, with its length; empty: none        */
    uint64_t present;                    /* extensions that any entry had, TVT_EXT_BIT()s    */
    bool unknown;                        /* some entry has an extension that extensions.def does not have */
    uint16_t unknown_code;               /* the first such                                   */
};

struct tvt_compressed_certificate { /* RFC 8879 4 */
    uint16_t algorithm;
    uint32_t uncompressed_length;
    struct tvt_span data;
};

struct tvt_certificate_verify { /* RFC 9846 4.5.2 */
    uint16_t scheme;
    struct tvt_span signature;
};

struct tvt_new_session_ticket { /* RFC 9846 4.7.1 */
    uint32_t lifetime, age_add;
    struct tvt_span nonce, ticket;
    struct tvt_extensions ext;
};

/* ---- messages of TLS 1.2 --------------------------------------------------------------------------------- */

/* What the grammar of TLS 1.2 depends on, as bits; 0: a signed ECDHE exchange, X.509 certificates. */
enum tvt_form12 {
    TVT_FORM12_PSK = 1,    /* the suite is ECDHE_PSK (RFC 5489 2)                                          */
    TVT_FORM12_RAW_KEY = 2 /* the sender's type of certificate is a raw public key (RFC 7250 3)            */
};

struct tvt_server_key_exchange { /* RFC 8422 5.4, RFC 5489 2 */
    struct tvt_span identity_hint; /* ECDHE_PSK only, 0..65535                                             */
    struct tvt_span params;        /* ServerECDHParams as received: what is signed; not used for encoding  */
    uint16_t group;                /* of params                                                            */
    struct tvt_span point;         /* of params, 1..255                                                    */
    uint16_t scheme;               /* ECDHE_PSK: 0, and the signature is empty                             */
    struct tvt_span signature;
};

struct tvt_certificate_request12 { /* RFC 5246 7.4.4 */
    struct tvt_span types;                /* uint8 list of enum tvt_client_certificate_type and others, 1..255 */
    struct tvt_span signature_algorithms; /* uint16 list, at least one                                         */
    struct tvt_span authorities;          /* list of vec16 DER names, may be empty                             */
};

struct tvt_client_key_exchange { /* RFC 8422 5.7, RFC 5489 2 */
    struct tvt_span identity; /* ECDHE_PSK only, 0..65535 */
    struct tvt_span point;    /* 1..255                   */
};

struct tvt_new_session_ticket12 { /* RFC 5077 3.3 */
    uint32_t lifetime_hint; /* seconds; 0: the server does not say */
    struct tvt_span ticket; /* empty: the server gives none        */
};

struct tvt_message {
    enum tvt_message_kind kind;
    uint8_t type;         /* HandshakeType                        */
    struct tvt_span raw;  /* the whole message, header included   */
    union {
        struct tvt_client_hello client_hello;
        struct tvt_server_hello server_hello; /* also HELLO_RETRY */
        struct tvt_extensions encrypted_extensions;
        struct tvt_certificate_request certificate_request;
        struct tvt_certificate_message certificate; /* also CERTIFICATE12, which has neither context nor extensions */
        struct tvt_compressed_certificate compressed_certificate;
        struct tvt_certificate_verify certificate_verify;
        struct tvt_span finished; /* verify_data; 1.3: any length, its check is the handshake's; 1.2: 12 bytes */
        struct tvt_new_session_ticket new_session_ticket;
        uint8_t key_update;       /* request_update, 0 or 1 (checked) */
        struct tvt_span certificate_status; /* DER OCSPResponse, 1..2^24-1 */
        struct tvt_server_key_exchange server_key_exchange;
        struct tvt_certificate_request12 certificate_request12;
        struct tvt_client_key_exchange client_key_exchange;
        struct tvt_new_session_ticket12 new_session_ticket12;
    } u;
};

/* Name for errors: "ServerHello", "HelloRetryRequest", ... static. */
const char *tvt_message_kind_name(enum tvt_message_kind kind);

/* Decodes one whole handshake message of TLS 1.3 (a ServerHello of 1.2 is decoded far enough to be told apart).
 * Grammar, duplicate extensions, extensions in the wrong message, pre_shared_key not last and a second list entry of
 * server_name are refused here, with message, field and offset. */
TVT_MUST_USE enum tvt_result tvt_message_decode(struct tvt_message *out, struct tvt_span raw, struct tvt_error *error);

/* Decodes the body of a Certificate message, without the header (RFC 8879 4): `out` gets that kind; out->raw is the body. */
TVT_MUST_USE enum tvt_result tvt_certificate_body_decode(struct tvt_message *out, struct tvt_span body,
                                                         struct tvt_error *error);

/* Decodes one whole handshake message of TLS 1.2 (RFC 5246 7.4); `form`: enum tvt_form12 bits. Every ServerHello is one of
 * TLS 1.2 here: an extension that belongs into other messages is refused (decoded by tvt_message_decode() it is noted as
 * unknown, for whoever speaks TLS 1.3 only), and so are a list of point formats without the uncompressed one and a compression
 * method. Types that TLS 1.2 does not have are UNKNOWN_MESSAGE12. */
TVT_MUST_USE enum tvt_result tvt_message_decode12(struct tvt_message *out, struct tvt_span raw, unsigned form,
                                                  struct tvt_error *error);
/* Refuses a ServerHello of TLS 1.2 that answers an extension which the ClientHello did not have (RFC 5246 7.4.1.4).
 * `offered`: TVT_EXT_BIT()s; of renegotiation_info also when the SCSV was sent (RFC 5746 3.4). */
TVT_MUST_USE enum tvt_result tvt_server_hello12_check(const struct tvt_message *hello, uint64_t offered,
                                                      struct tvt_error *error);

/* Encoders write a whole message, header included. Of a struct tvt_extensions what `present` has is written in the order
 * of ascending table index, pre_shared_key last. `w` overflows if the room is too small. */
void tvt_encode_client_hello(struct tvt_writer *w, const struct tvt_client_hello *m);
void tvt_encode_server_hello(struct tvt_writer *w, const struct tvt_server_hello *m, enum tvt_message_kind kind);
void tvt_encode_encrypted_extensions(struct tvt_writer *w, const struct tvt_extensions *ext);
void tvt_encode_certificate_request(struct tvt_writer *w, const struct tvt_certificate_request *m);
void tvt_encode_certificate(struct tvt_writer *w, struct tvt_span context, const struct tvt_span *certs, size_t num);
/* The same with what is stapled to the leaf. */
void tvt_encode_certificate_message(struct tvt_writer *w, const struct tvt_certificate_message *m);
void tvt_encode_compressed_certificate(struct tvt_writer *w, const struct tvt_compressed_certificate *m);
void tvt_encode_certificate_verify(struct tvt_writer *w, const struct tvt_certificate_verify *m);
void tvt_encode_finished(struct tvt_writer *w, struct tvt_span verify_data);
void tvt_encode_new_session_ticket(struct tvt_writer *w, const struct tvt_new_session_ticket *m);
void tvt_encode_key_update(struct tvt_writer *w, uint8_t request_update);
void tvt_encode_end_of_early_data(struct tvt_writer *w);
/* TLS 1.2 (`form`: enum tvt_form12 bits); a ServerHello, CertificateVerify and Finished are written as above. A raw key is
 * the one entry of the message, or there is none. Members that `form` does not have are not written. */
void tvt_encode_hello_request(struct tvt_writer *w);
void tvt_encode_certificate12(struct tvt_writer *w, const struct tvt_certificate_message *m, unsigned form);
void tvt_encode_certificate_status(struct tvt_writer *w, struct tvt_span ocsp_response);
void tvt_encode_server_key_exchange(struct tvt_writer *w, const struct tvt_server_key_exchange *m, unsigned form);
void tvt_encode_certificate_request12(struct tvt_writer *w, const struct tvt_certificate_request12 *m);
void tvt_encode_server_hello_done(struct tvt_writer *w);
void tvt_encode_client_key_exchange(struct tvt_writer *w, const struct tvt_client_key_exchange *m, unsigned form);
void tvt_encode_new_session_ticket12(struct tvt_writer *w, const struct tvt_new_session_ticket12 *m);
/* ServerECDHParams (RFC 8422 5.4), and what the signature of a ServerKeyExchange covers: the randoms before them. */
#define TVT_ECDH_PARAMS_MAX (1u + 2u + 1u + 255u)
#define TVT_SIGNED_PARAMS_MAX (32u + 32u + TVT_ECDH_PARAMS_MAX)
void tvt_write_ecdh_params(struct tvt_writer *w, uint16_t group, struct tvt_span point);
void tvt_write_signed_params(struct tvt_writer *w, struct tvt_span client_random, struct tvt_span server_random,
                             struct tvt_span params);

/* Room that the encoding needs at most, bytes. */
size_t tvt_extensions_bound(const struct tvt_extensions *ext);
size_t tvt_client_hello_bound(const struct tvt_client_hello *m);
size_t tvt_server_hello_bound(const struct tvt_server_hello *m);
size_t tvt_certificate12_bound(const struct tvt_certificate_message *m);
size_t tvt_certificate_status_bound(struct tvt_span ocsp_response);
size_t tvt_server_key_exchange_bound(const struct tvt_server_key_exchange *m);
size_t tvt_certificate_request12_bound(const struct tvt_certificate_request12 *m);
size_t tvt_client_key_exchange_bound(const struct tvt_client_key_exchange *m);
size_t tvt_new_session_ticket12_bound(const struct tvt_new_session_ticket12 *m);

/* The random that makes a ServerHello a HelloRetryRequest (RFC 9846 4.2.4), and the downgrade marks (4.2.3). */
extern const uint8_t tvt_hello_retry_random[32];
extern const uint8_t tvt_downgrade_tls12[8];
extern const uint8_t tvt_downgrade_tls11[8];

/* ---- lists in wire form ---------------------------------------------------------------------------------- */

/* True if the uint16 list holds v. */
bool tvt_list16_has(struct tvt_span list, uint16_t v);
static inline size_t
tvt_list16_num(struct tvt_span list)
{
    return list.len / 2;
}
static inline uint16_t
tvt_list16_at(struct tvt_span list, size_t i)
{
    return tvt_load_u16(list.data + 2 * i);
}
bool tvt_list8_has(struct tvt_span list, uint8_t v);
/* Takes the next vec8 / vec16 entry off the front of `list`; false at its end. */
bool tvt_list_next_vec8(struct tvt_span *list, struct tvt_span *entry);
bool tvt_list_next_vec16(struct tvt_span *list, struct tvt_span *entry);
bool tvt_list_next_share(struct tvt_span *list, uint16_t *group, struct tvt_span *key_exchange);
/* Finds the extension `code` in a raw extension list. */
bool tvt_extension_find(struct tvt_span raw, uint16_t code, struct tvt_span *data);

#endif
