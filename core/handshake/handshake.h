/* SPDX-License-Identifier: MIT
 *
 * The handshake without records: whole messages in, messages and key changes out.
 *
 * Each machine is a file around one table (client13.c, server13.c). A row says: in this state, on this message (or on
 * our own turn to send), this handler; the handler reads decoded structs and answers with the number of an edge, or
 * PENDING (it changed nothing and will be called again), or an error. An edge says the next state and the key changes.
 * Only the step engine (step.c) changes the state, the transcript and the keys.
 *
 * What we offered, what the peer sent and what was chosen are three structs, each written in one place. They live in the
 * scratch area, which is wiped and given back when the handshake is done.
 */
#ifndef TVT_CORE_HANDSHAKE_HANDSHAKE_H
#define TVT_CORE_HANDSHAKE_HANDSHAKE_H

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/crypto/group.h"
#include "core/crypto/schedule13.h"
#include "core/crypto/transcript.h"
#include "core/handshake/config.h"
#include "core/message/message.h"

/* ---- the flight: what leaves, in order ---------------------------------------------------------------------- */

enum tvt_level { TVT_LEVEL_NONE = 0, TVT_LEVEL_PLAIN, TVT_LEVEL_HANDSHAKE, TVT_LEVEL_APPLICATION, TVT_LEVEL_NEXT };

enum tvt_flight_kind {
    TVT_FLIGHT_WRITE, /* `len` handshake bytes from the front of `bytes`                          */
    TVT_FLIGHT_CCS,   /* one dummy change_cipher_spec (RFC 9846 appendix E.4)                     */
    TVT_FLIGHT_KEYS   /* install the sending keys of `level` (NEXT: of the updated secret)        */
};

#define TVT_FLIGHT_OPS 12u

struct tvt_flight {
    struct tvt_buffer bytes;
    struct {
        uint8_t kind;  /* enum tvt_flight_kind */
        uint8_t level; /* enum tvt_level, of KEYS */
        size_t len;    /* bytes, of WRITE */
    } op[TVT_FLIGHT_OPS];
    size_t num; /* ops queued */
};

/* ---- what a handshake knows --------------------------------------------------------------------------------- */

/* What we offered (client). */
struct tvt_offer {
    uint8_t random[32];
    uint8_t session_id[32];
    size_t session_id_len;
    uint64_t extensions; /* TVT_EXT_BIT()s of the last ClientHello */
    size_t num_shares;
    struct tvt_group_state *share[TVT_CONFIG_SHARES_MAX]; /* each from the allocator */
    struct tvt_buffer key_shares; /* the list as sent */
    struct tvt_buffer cookie;     /* of a HelloRetryRequest, to be sent back */
};

/* What the peer sent and is still needed. */
struct tvt_peer {
    uint8_t session_id[32];
    size_t session_id_len;
    uint64_t extensions;              /* server: of the ClientHello, TVT_EXT_BIT()s                    */
    struct tvt_buffer first_hello;    /* server: the first ClientHello, kept over a HelloRetryRequest  */
    bool certificate_requested;       /* client: a CertificateRequest came                             */
    uint8_t request_context[255];
    size_t request_context_len;
    struct tvt_certificate leaf;      /* decoded; spans point into tvt_handshake.peer_chain            */
    bool has_leaf;
    bool chain_checked;               /* our own checks of the chain are done (a verdict may be pending) */
};

/* What was chosen. */
struct tvt_chosen {
    struct tvt_group group;
    uint16_t retry_group; /* asked for in a HelloRetryRequest; 0: none */
    bool cookie_sent;     /* in a HelloRetryRequest of ours */
    struct tvt_credential *credential; /* ours; NULL: none (client without a fitting one) */
    const struct tvt_scheme *scheme;   /* that we sign with */
    uint8_t share[TVT_KX_SHARE_MAX];   /* server's share */
    uint8_t secret[TVT_GROUP_SECRET_MAX]; /* (EC)DHE or hybrid shared secret */
    size_t secret_len;
};

/* Given back when the handshake is done. */
struct tvt_scratch {
    struct tvt_offer offer;
    struct tvt_peer peer;
    struct tvt_chosen chosen;
    struct tvt_transcript transcript;
    struct tvt_schedule13 schedule;
    uint8_t client_secret[TVT_HASH_MAX], server_secret[TVT_HASH_MAX]; /* handshake traffic secrets */
    uint8_t client_random[32]; /* for the key log */
    char verify_name[TVT_LIMIT_NAME + 1]; /* client: compared with the certificate; "" none */
    struct tvt_message message; /* the message that is being handled, or waited over */
    bool message_held;          /* a handler said PENDING over it */
    void *sign_op;              /* of a signer that has not answered */
    bool sent_ccs;
};

struct tvt_machine;

struct tvt_handshake {
    struct tvt_config *config; /* reference */
    const struct tvt_provider *provider;
    struct tvt_error *error;
    enum tvt_role role;
    const struct tvt_machine *machine;
    uint8_t state; /* written by step.c alone */
    struct tvt_scratch *scratch; /* NULL once the handshake is done */
    struct tvt_flight flight;
    /* Receiving keys to install now; set by the step engine, taken by the driver. */
    enum tvt_level receive_keys;
    /* Negotiated; survive the handshake. */
    const struct tvt_suite *suite;
    const struct tvt_hash *hash;
    const struct tvt_aead *aead;
    uint16_t group, scheme;
    struct tvt_span alpn; /* into config->alpn */
    char server_name[TVT_LIMIT_NAME + 1]; /* SNI sent or received; "" none */
    bool hello_retry, peer_verified;
    uint16_t peer_record_limit;  /* record_size_limit received; 0: none */
    uint16_t record_limit_sent;  /* record_size_limit we sent; 0: none  */
    struct tvt_buffer peer_chain; /* the peer's certificates: {uint24 length, DER} each */
    size_t num_peer_chain;
    uint8_t send_secret[TVT_HASH_MAX], receive_secret[TVT_HASH_MAX]; /* application traffic secrets, current */
    uint8_t exporter_secret[TVT_HASH_MAX];
    bool request_update; /* the KeyUpdate to be sent asks for one in return */
    bool update_asked;   /* one that asked went, and none came since: no other may ask (RFC 9846 4.7.3) */
    bool ignore_early_data; /* server: the client offered 0-RTT, which is skipped (RFC 9846 4.3.10) */
};

/* Takes a reference to config. Gets the scratch area: NO_MEMORY otherwise. */
TVT_MUST_USE enum tvt_result tvt_handshake_init(struct tvt_handshake *hs, struct tvt_config *config, enum tvt_role role,
                                                struct tvt_error *error);
void tvt_handshake_free(struct tvt_handshake *hs);
/* Wipes and gives back what only the handshake needed. */
void tvt_handshake_release_scratch(struct tvt_handshake *hs);
/* Wipes every secret, and drops what waits to be sent: the connection has failed (RFC 9846 6). */
void tvt_handshake_forget(struct tvt_handshake *hs);

/* Runs what needs no message: our own turns to send. TVT_OK: a message from the peer is needed next, or the handshake
 * is done. TVT_PENDING, TVT_FAIL. */
TVT_MUST_USE enum tvt_result tvt_handshake_run(struct tvt_handshake *hs);
/* Handles one whole message. TVT_PENDING: keep the bytes of `raw` where they are and call tvt_handshake_resume(). */
TVT_MUST_USE enum tvt_result tvt_handshake_receive(struct tvt_handshake *hs, struct tvt_span raw);
TVT_MUST_USE enum tvt_result tvt_handshake_resume(struct tvt_handshake *hs);
bool tvt_handshake_holds_message(const struct tvt_handshake *hs);
/* The caller asks for a KeyUpdate. */
TVT_MUST_USE enum tvt_result tvt_handshake_call_key_update(struct tvt_handshake *hs, bool request);

bool tvt_handshake_done(const struct tvt_handshake *hs);
bool tvt_handshake_may_send(const struct tvt_handshake *hs);    /* application data */
bool tvt_handshake_may_receive(const struct tvt_handshake *hs); /* application data */
/* Most bytes of a message of this type in this state. */
size_t tvt_handshake_message_limit(const struct tvt_handshake *hs, uint8_t type);
const char *tvt_handshake_state_name(const struct tvt_handshake *hs);
/* The traffic secret of a level; `sending`: ours. */
const uint8_t *tvt_handshake_secret(const struct tvt_handshake *hs, enum tvt_level level, bool sending);

/* ---- the tables (for step.c, the machines, the pictures and the tests) --------------------------------------- */

/* `on` of a row: a message kind, or one of these. */
enum tvt_on { TVT_ON_SEND = 100, TVT_ON_CALL_KEY_UPDATE };

/* Key changes of an edge, done in this order. */
enum tvt_keys {
    TVT_KEYS_DERIVE_HANDSHAKE = 0x01,   /* from the shared secret                       */
    TVT_KEYS_DERIVE_APPLICATION = 0x02, /* and the exporter secret                      */
    TVT_KEYS_CCS = 0x04,                /* a dummy change_cipher_spec, if compatibility mode wants one and none went */
    TVT_KEYS_SEND_HANDSHAKE = 0x08,
    TVT_KEYS_RECEIVE_HANDSHAKE = 0x10,
    TVT_KEYS_SEND_APPLICATION = 0x20,
    TVT_KEYS_RECEIVE_APPLICATION = 0x40,
    TVT_KEYS_SEND_NEXT = 0x80,
    TVT_KEYS_RECEIVE_NEXT = 0x100
};

enum tvt_transcript_rule {
    TVT_TRANSCRIPT_NO = 0, /* post-handshake messages                                        */
    TVT_TRANSCRIPT_ADD,
    TVT_TRANSCRIPT_RETRY   /* replace the first ClientHello by its hash, then add (RFC 9846 4.1) */
};

struct tvt_edge {
    uint8_t next;
    uint16_t keys; /* enum tvt_keys, or'ed */
};

/* `in`: the decoded message of a receiving row, NULL otherwise. `out`: room for a sending row's message, NULL otherwise.
 * `edge`: 0 unless the handler chooses another. */
typedef enum tvt_result tvt_handler(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                                    unsigned *edge);

#define TVT_ROW_EDGES 2u
struct tvt_row {
    uint8_t state;
    uint8_t on;              /* enum tvt_message_kind or enum tvt_on              */
    uint8_t sends;           /* of an ON_SEND row: enum tvt_message_kind          */
    uint8_t transcript;      /* enum tvt_transcript_rule                          */
    tvt_handler *handler;
    const char *handler_name;
    uint8_t num_edges;       /* 0: the handler always refuses, with words of its own */
    struct tvt_edge edges[TVT_ROW_EDGES];
    const char *section;     /* of RFC 9846                                       */
};

struct tvt_state {
    const char *name;     /* "client13.WAIT_SH" */
    bool may_send, may_receive; /* application data */
};

struct tvt_machine {
    const char *name; /* "client13" */
    const struct tvt_state *states;
    size_t num_states;
    const struct tvt_row *rows;
    size_t num_rows;
    uint8_t start, connected;
};

extern const struct tvt_machine tvt_client13;
extern const struct tvt_machine tvt_server13;
/* All machines, for the pictures and the tests. */
size_t tvt_machines(const struct tvt_machine *const **out);
/* The row for `on` in `state`; NULL: not legal. */
const struct tvt_row *tvt_machine_row(const struct tvt_machine *machine, uint8_t state, uint8_t on);

/* One line of the key log, if there is one (keylog.c). */
void tvt_keylog(const struct tvt_handshake *hs, const char *label, const uint8_t *secret);

/* ---- pieces that both sides share (auth13.c) ------------------------------------------------------------------ */

enum tvt_result tvt_auth13_recv_certificate(struct tvt_handshake *hs, const struct tvt_certificate_message *m);
enum tvt_result tvt_auth13_recv_certificate_verify(struct tvt_handshake *hs, const struct tvt_certificate_verify *m);
enum tvt_result tvt_auth13_recv_finished(struct tvt_handshake *hs, struct tvt_span verify_data);
enum tvt_result tvt_auth13_recv_key_update(struct tvt_handshake *hs, const struct tvt_message *in,
                                           struct tvt_writer *out, unsigned *edge); /* a handler */
enum tvt_result tvt_auth13_call_key_update(struct tvt_handshake *hs, const struct tvt_message *in,
                                           struct tvt_writer *out, unsigned *edge); /* a handler */
enum tvt_result tvt_auth13_send_key_update(struct tvt_handshake *hs, const struct tvt_message *in,
                                           struct tvt_writer *out, unsigned *edge); /* a handler */
enum tvt_result tvt_auth13_send_certificate(struct tvt_handshake *hs, struct tvt_writer *out);
enum tvt_result tvt_auth13_send_certificate_verify(struct tvt_handshake *hs, const struct tvt_message *in,
                                                   struct tvt_writer *out, unsigned *edge); /* a handler */
enum tvt_result tvt_auth13_send_finished(struct tvt_handshake *hs, struct tvt_writer *out);

/* ---- pure choices (negotiate.c) -------------------------------------------------------------------------------- */

/* The first suite of ours (by version) that the peer's list has; NULL: none. */
const struct tvt_suite *tvt_negotiate_suite(const struct tvt_config *config, struct tvt_span list, uint16_t version);
/* A credential and a scheme that the peer accepts; one whose certificate is for `server_name` ("": any) goes first.
 * False: none fits. */
bool tvt_negotiate_credential(const struct tvt_config *config, struct tvt_span schemes, const char *server_name,
                              struct tvt_credential **credential, const struct tvt_scheme **scheme);
/* Our first protocol that the peer's list has; empty span: none. */
struct tvt_span tvt_negotiate_alpn(const struct tvt_config *config, struct tvt_span list);
/* Our groups and those of the shares compared: *share is empty when a HelloRetryRequest for *group is needed.
 * False: nothing in common. */
bool tvt_negotiate_group(const struct tvt_config *config, struct tvt_span groups, struct tvt_span shares,
                         struct tvt_group *group, struct tvt_span *share);

#endif
