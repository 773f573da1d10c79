/* SPDX-License-Identifier: MIT
 *
 * A session as the handshake sees it (the public calls are in <trivet/session.h>).
 */
#ifndef TVT_CORE_SESSION_SESSION_H
#define TVT_CORE_SESSION_SESSION_H

#include "core/base/error.h"
#include "core/base/memory.h"
#include <trivet/session.h>
#include <stdatomic.h>

#define TVT_SESSION_NAME_MAX 256u /* bytes, the NUL included */
#define TVT_PSK_KEY_MIN      16u  /* bytes of an external key, RFC 9257 6: 128 bits of entropy */

struct tvt_session {
    atomic_uint refs;
    uint8_t kind;               /* enum tvt_session_kind */
    uint8_t hash;               /* enum tvt_hash_id */
    uint16_t version;
    uint16_t suite;             /* 0: any of the hash */
    uint16_t group, scheme;     /* of the connection it came from; 0: unknown */
    uint8_t secret[TVT_LIMIT_PSK_KEY];
    size_t secret_len;
    uint32_t lifetime_s, age_add;
    uint64_t issued_ms;
    uint32_t max_early_data;
    bool extended_master;       /* TLS 1.2: the secret is an extended master secret (RFC 7627) */
    uint8_t session_id[32];     /* TLS 1.2: that the server knows the session by; ticket and all */
    uint8_t session_id_len;     /* 0: by its ticket alone */
    bool peer_verified;         /* by certificates */
    bool peer_accepted;         /* its raw key was, by the program's verdict where verification was on */
    bool peer_status;           /* a stapled OCSP response was required of it, and good */
    bool peer_by_key;           /* by an external pre-shared key, in the connection that this goes back to */
    char server_name[TVT_SESSION_NAME_MAX]; /* SNI; "" none */
    char verify_name[TVT_SESSION_NAME_MAX]; /* client: the name that the certificate was compared with; "" none */
    struct tvt_span identity;   /* ticket or identity; a server's own state has none */
    struct tvt_span alpn;
    struct tvt_span peer_chain; /* {uint24 length, DER} each, as the handshake keeps them */
    size_t num_peer_chain;
    struct tvt_span ocsp_response, sct_list; /* of the peer's leaf, as received */
    bool peer_raw_key;          /* peer_chain is one SubjectPublicKeyInfo (RFC 7250) */
    size_t block_size;          /* of the whole allocation, bytes */
};

/* A copy of `fields` in one block of its own, the spans included; one reference. NO_MEMORY. */
TVT_MUST_USE enum tvt_result tvt_session_make(struct tvt_session **out, const struct tvt_session *fields,
                                              struct tvt_error *error);
/* Everything but the count, the spans still pointing where they did: to make another session with some fields changed. */
void tvt_session_copy_fields(struct tvt_session *to, const struct tvt_session *fields);

#endif
