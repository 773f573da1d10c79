/* SPDX-License-Identifier: MIT
 *
 * What a configuration holds. Written by config.c alone; everybody else reads.
 */
#ifndef TVT_CORE_HANDSHAKE_CONFIG_H
#define TVT_CORE_HANDSHAKE_CONFIG_H

#include <stdatomic.h>

#include "core/base/compression.h"
#include "core/base/error.h"
#include "core/message/message.h"
#include "core/session/session.h"
#include "core/session/ticket.h"
#include "core/x509/credential.h"
#include "core/x509/path.h"
#include <trivet/tls.h>

#define TVT_CONFIG_SUITES_MAX 24u
#define TVT_CONFIG_GROUPS_MAX 16u
#define TVT_CONFIG_SCHEMES_MAX 24u
#define TVT_CONFIG_SHARES_MAX 4u
#define TVT_CONFIG_CREDENTIALS_MAX 16u
#define TVT_CONFIG_PEER_KEYS_MAX 16u
#define TVT_CONFIG_COMPRESSION_MAX 4u
#define TVT_CONFIG_CERTIFICATE_TYPES_MAX 2u

/* Sessions, PSKs and 0-RTT (config_session.c). */
struct tvt_config_session {
    tvt_session_callback *new_session;
    void *new_session_user;
    struct tvt_ticket_keys *ticket_keys;      /* reference; NULL: none */
    const struct tvt_session_cache *cache;    /* borrowed; NULL: none  */
    const struct tvt_session_cache *id_cache; /* TLS 1.2, for clients without tickets; borrowed; NULL: none */
    size_t num_tickets;
    bool request_tickets;                     /* client: ticket_request is sent (RFC 9149) */
    uint8_t tickets_fresh, tickets_resumed;
    uint32_t lifetime_s;
    unsigned psk_modes;                       /* TVT_PSK_KE, TVT_PSK_DHE_KE, or'ed */
    struct tvt_session *psk[TVT_LIMIT_PSKS];  /* references */
    size_t num_psk;
    tvt_psk_callback *psk_lookup;
    void *psk_lookup_user;
    uint32_t max_early_data;
    const struct tvt_replay *replay;          /* borrowed; NULL: none */
    uint32_t replay_window_ms;
    bool reverify;
    struct tvt_ticket_keys *cookie_keys;      /* reference; NULL: no cookies */
    bool cookie_always;
};

/* Certificates beyond chain and key (config_auth.c). Byte strings are owned. */
struct tvt_config_auth {
    bool strict_name, post_handshake;
    uint8_t *authorities, *oid_filters;
    size_t authorities_len, oid_filters_len;
    size_t num_certificate_schemes;           /* 0: as for CertificateVerify */
    const struct tvt_scheme *certificate_schemes[TVT_CONFIG_SCHEMES_MAX];
    enum tvt_staple ocsp;
    bool sct;
    uint8_t server_types[TVT_CONFIG_CERTIFICATE_TYPES_MAX], client_types[TVT_CONFIG_CERTIFICATE_TYPES_MAX];
    size_t num_server_types, num_client_types; /* 0: X.509 alone */
    struct tvt_span peer_key[TVT_CONFIG_PEER_KEYS_MAX];
    size_t num_peer_keys;
    const struct tvt_compression *compression[TVT_CONFIG_COMPRESSION_MAX]; /* best first */
    size_t num_compression;
    bool credential_required;                 /* client: no empty Certificate */
};

/* Whom the program asks in the middle of a handshake (config_ask.c). NULL: nobody. */
struct tvt_config_ask {
    tvt_verdict_callback *verdict; /* one of these two at most */
    tvt_judge_callback *judge;
    void *judge_user;
    tvt_hello_callback *hello;
    void *hello_user;
    tvt_request_callback *request;
    void *request_user;
};

/* For tests alone: puts given bytes in the place of a message that is about to be sent, before it enters the
 * transcript. True: *message was replaced (bytes that live until the connection is freed). */
struct tvt_test_port {
    bool (*replace)(void *user, enum tvt_message_kind kind, struct tvt_span *message);
    void *user;
};

struct tvt_config {
    atomic_uint references;
    atomic_bool frozen; /* a connection uses it */
    const struct tvt_provider *provider;
    struct tvt_allocator allocator;
    uint16_t min_version, max_version;
    size_t num_suites, num_groups, num_schemes, num_shares, num_credentials;
    const struct tvt_suite *suites[TVT_CONFIG_SUITES_MAX];
    uint16_t groups[TVT_CONFIG_GROUPS_MAX];
    uint16_t shares[TVT_CONFIG_SHARES_MAX]; /* client: groups with a key share, in the order of `groups` */
    const struct tvt_scheme *schemes[TVT_CONFIG_SCHEMES_MAX];
    struct tvt_credential *credentials[TVT_CONFIG_CREDENTIALS_MAX]; /* references */
    uint8_t *alpn; /* wire form */
    size_t alpn_len;
    bool alpn_lenient;
    struct tvt_trust_store *trust; /* reference; NULL: none */
    struct tvt_public_suffixes *suffixes; /* reference; NULL: none */
    enum tvt_verify verify;
    tvt_clock_callback *clock;
    void *clock_user;
    tvt_keylog_callback *keylog;
    void *keylog_user;
    size_t max_certificate;
    bool compatibility;
    bool allow_no_ems;     /* TLS 1.2 without the extended master secret (RFC 7627) */
    uint16_t record_size_limit;
    uint16_t max_fragment; /* bytes; 0: not asked for */
    uint16_t padding;      /* bytes; 0: none          */
    bool grease;
    bool prioritize_chacha; /* server: for clients that have it first */
    bool fallback;          /* client: says that it tries again with less than it has (RFC 7507 4) */
    struct tvt_config_session session;
    struct tvt_config_auth auth;
    struct tvt_config_ask ask;
    struct tvt_path_policy policy;
    struct tvt_test_port test_port;
};

/* The version lies in the range, and a suite of it is there. */
bool tvt_config_speaks(const struct tvt_config *c, uint16_t version);
/* An enabled suite of the version; NULL: it is none. */
const struct tvt_suite *tvt_config_suite(const struct tvt_config *c, uint16_t id, uint16_t version);
/* It speaks one above this one. */
bool tvt_config_has_newer(const struct tvt_config *c, uint16_t version);
/* Marks the configuration as used: it changes no more. */
void tvt_config_freeze(struct tvt_config *config);
/* Takes and drops the references, copies and frees the byte strings, of the two parts above. config.c calls them. */
void tvt_config_session_defaults(struct tvt_config *c);
void tvt_config_session_copied(struct tvt_config *c);
void tvt_config_session_free(struct tvt_config *c);
bool tvt_config_auth_copied(struct tvt_config *c); /* false: no memory, and what was copied is freed */
void tvt_config_auth_free(struct tvt_config *c);
/* For setters: false, and the error is raised, when a connection uses the configuration. */
TVT_MUST_USE bool tvt_config_open(struct tvt_config *c, const char *call, struct tvt_error *e);
/* Reads a ':' list of signature schemes into list[TVT_CONFIG_SCHEMES_MAX], which keeps its contents on failure. */
TVT_MUST_USE enum tvt_result tvt_config_read_schemes(struct tvt_config *c, const char *names, const struct tvt_scheme **list,
                                                     size_t *num, struct tvt_error *e);
/* Adds a compression that is none of the build's own; for tests. False: no more room. */
bool tvt_config_add_compression(struct tvt_config *c, const struct tvt_compression *compression);
bool tvt_config_has_scheme(const struct tvt_config *config, uint16_t id);

/* Drops the credential at `index`; those behind it move up. */
TVT_MUST_USE enum tvt_result tvt_config_remove_credential(struct tvt_config *c, size_t index, struct tvt_error *e);
/* Most certificates between leaf and anchor, no more than the library's own limit. */
TVT_MUST_USE enum tvt_result tvt_config_set_max_depth(struct tvt_config *c, size_t depth, struct tvt_error *e);

#endif
