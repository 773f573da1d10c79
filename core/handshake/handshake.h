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
#include "core/crypto/schedule12.h"
#include "core/crypto/schedule13.h"
#include "core/crypto/transcript.h"
#include "core/handshake/config.h"
#include "core/message/message.h"

/* ---- the flight: what leaves, in order ---------------------------------------------------------------------- */

enum tvt_level {
    TVT_LEVEL_NONE = 0,
    TVT_LEVEL_PLAIN,
    TVT_LEVEL_EARLY,
    TVT_LEVEL_HANDSHAKE,
    TVT_LEVEL_APPLICATION,
    TVT_LEVEL_NEXT
};

enum tvt_flight_kind {
    TVT_FLIGHT_WRITE, /* `len` handshake bytes from the front of `bytes`                          */
    TVT_FLIGHT_CCS,   /* one dummy change_cipher_spec (RFC 9846 appendix E.4)                     */
    TVT_FLIGHT_KEYS   /* install the sending keys of `level` (NEXT: of the updated secret; PLAIN: none) */
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
    struct tvt_buffer cookie;     /* of a HelloRetryRequest: received (client), or sent (server) */
    struct tvt_session *session[TVT_LIMIT_PSKS]; /* references: to be offered, or offered, in this order */
    struct tvt_buffer psk;        /* identities and binders as sent */
    size_t num_sessions;
    struct tvt_session *session12; /* reference: offered to a server that has TLS 1.2; NULL: none */
    bool early;                   /* 0-RTT is offered, with session[0] */
    uint8_t grease[2];            /* random bytes that GREASE values are made of */
};

/* What the peer sent and is still needed. */
struct tvt_peer {
    uint8_t session_id[32];
    size_t session_id_len;
    uint64_t extensions;              /* server: of the ClientHello, TVT_EXT_BIT()s                    */
    struct tvt_buffer first_hello;    /* server: the first ClientHello, kept over a HelloRetryRequest  */
    uint64_t requested;               /* server: extensions of our last CertificateRequest             */
    uint8_t certificate_type;         /* of the peer's certificate: TVT_CERTIFICATE_X509, _RAW_KEY     */
    bool wants_ocsp, wants_scts;      /* asks for them with our certificate                            */
    bool staples;                     /* client, TLS 1.2: CertificateStatus may come                   */
    bool secure_renegotiation;        /* server, TLS 1.2: renegotiation_info, or its SCSV, came        */
    bool path_verified;               /* the chain or key holds; the proof of its key is still to come */
    bool proved;                      /* CertificateVerify was good                                    */
    const struct tvt_compression *compression; /* for our Certificate; NULL: none                      */
    uint8_t request_context[255];
    size_t request_context_len;
    struct tvt_certificate leaf;      /* decoded; spans point into tvt_shown.chain                     */
    bool has_leaf;
    bool chain_checked;               /* our own checks of the chain are done (a verdict may be pending) */
};

/* What was chosen. */
struct tvt_chosen {
    struct tvt_group group;
    uint16_t retry_group; /* asked for in a HelloRetryRequest; 0: none */
    bool cookie_sent;     /* in a HelloRetryRequest of ours */
    uint16_t psk_index;          /* of the PSK's identity (tvt_handshake.session), in the ClientHello  */
    uint16_t psk_next;           /* server: identities of this ClientHello that were looked at         */
    bool psk_looked_up;          /* server: all that were to be looked at                              */
    bool psk_only;               /* psk_ke: no (EC)DHE                                                 */
    uint8_t taken_id[TVT_SESSION_ID_LEN]; /* server: of the session that was taken out of the cache    */
    struct tvt_session *taken;            /* it; a reference; NULL: none                               */
    uint8_t certificate_type;          /* of ours: TVT_CERTIFICATE_X509, _RAW_KEY         */
    struct tvt_credential *credential; /* ours; NULL: none (client without a fitting one) */
    const struct tvt_scheme *scheme;   /* that we sign with */
    uint8_t share[TVT_KX_SHARE_MAX];   /* server's share */
    uint8_t secret[TVT_GROUP_SECRET_MAX]; /* (EC)DHE or hybrid shared secret */
    size_t secret_len;
};

/* What the program is being asked (ask13.c). */
enum tvt_subject { TVT_SUBJECT_NONE = 0, TVT_SUBJECT_CERTIFICATE, TVT_SUBJECT_HELLO, TVT_SUBJECT_REQUEST };
struct tvt_ask {
    enum tvt_subject subject; /* NONE: no callback is running */
    uint8_t alert;            /* of a refusal; 0: the default */
    char reason[96];          /* printable                    */
    bool hello_taken;         /* the ClientHello was, once    */
};

/* Given back when the handshake is done. */
struct tvt_scratch {
    struct tvt_offer offer;
    struct tvt_peer peer;
    struct tvt_chosen chosen;
    struct tvt_transcript transcript;
    union { /* of the machine's protocol */
        struct tvt_schedule13 schedule;
        struct tvt_schedule12 schedule12;
    };
    uint8_t session_id[32];           /* TLS 1.2: of this session; what ServerHello says */
    uint8_t session_id_len;
    uint8_t hello_requests;           /* client: that were ignored */
    bool ticket_due;                  /* TLS 1.2: ServerHello promises a ticket */
    uint32_t ticket_lifetime;         /* client, TLS 1.2: of NewSessionTicket, seconds */
    struct tvt_buffer ticket;         /* likewise */
    const struct tvt_session *schedule_psk; /* whose early secret the schedule has; borrowed; NULL: none */
    uint8_t client_secret[TVT_HASH_MAX], server_secret[TVT_HASH_MAX]; /* handshake traffic secrets */
    uint8_t early_secret[TVT_HASH_MAX];  /* client early traffic secret */
    const struct tvt_aead *early_aead;
    const struct tvt_hash *early_hash;
    uint8_t client_random[32]; /* for the key log */
    struct tvt_message message; /* the message that is being handled, or waited over */
    bool message_held;          /* a handler said PENDING over it */
    void *sign_op;              /* of a signer that has not answered */
    bool sent_ccs;
    struct tvt_post13 *post;    /* post-handshake authentication (post13.c); NULL: none is under way */
    struct tvt_ask ask;
};

/* What the peer's Certificate held, as received. */
struct tvt_shown {
    struct tvt_buffer chain;      /* the certificates: {uint24 length, DER} each    */
    size_t num;
    struct tvt_buffer ocsp, scts; /* stapled to the leaf                            */
    bool status_good;             /* an OCSP response was required, and says so; or the raw key is a known one */
    bool raw_key;                 /* chain is one SubjectPublicKeyInfo (RFC 7250)   */
};

struct tvt_machine;
struct tvt_protocol; /* protocol.h */

struct tvt_handshake {
    struct tvt_config *config; /* reference */
    const struct tvt_provider *provider;
    struct tvt_error *error;
    struct tvt_connection *connection; /* for the program's callbacks; the driver sets it */
    enum tvt_role role;
    const struct tvt_machine *machine;
    uint8_t state; /* written by step.c alone */
    uint8_t resting; /* one more than the state that was found to have no row to send, for it is asked often; 0: none */
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
    char *verify_name; /* client: compared with the certificate; NULL: server_name; allocated */
    bool no_verify_name; /* client: there is none to compare with, whatever server_name says */
    bool hello_retry, peer_verified;
    struct tvt_session *session; /* what the connection was resumed from, or its PSK; a reference; NULL: certificates */
    enum tvt_early early;
    int64_t ticket_age_skew;     /* server: the age that the client claims less the one seen, milliseconds */
    uint32_t early_limit;        /* 0-RTT bytes that may be sent or received */
    uint8_t tickets_due;         /* server: tickets that have not been sent  */
    uint8_t ticket_nonce;        /* server: of the next ticket               */
    bool wants_resumption;       /* the resumption secret is derived         */
    uint16_t peer_record_limit;  /* record_size_limit received; 0: none */
    uint16_t record_limit_sent;  /* record_size_limit we sent; 0: none  */
    uint16_t max_fragment;       /* max_fragment_length negotiated, bytes; 0: none */
    struct tvt_shown shown;      /* by the peer; after the handshake, once it is proved */
    bool client_authenticated;   /* the client proved a certificate; both ends know    */
    uint16_t compression;        /* of the peer's Certificate (RFC 8879); 0: none      */
    uint16_t peer_scheme;        /* of the peer's CertificateVerify; 0: none           */
    uint8_t send_secret[TVT_HASH_MAX], receive_secret[TVT_HASH_MAX]; /* application traffic secrets, current */
    uint8_t exporter_secret[TVT_HASH_MAX]; /* TLS 1.2: the master secret */
    union {
        uint8_t early_exporter_secret[TVT_HASH_MAX];
        struct tvt_randoms12 randoms; /* TLS 1.2 */
    };
    uint8_t resumption_secret[TVT_HASH_MAX];
    bool extended_master; /* TLS 1.2: the extended master secret (RFC 7627) */
    bool no_exporter;     /* TLS 1.2 without it (RFC 7627 5.4)              */
    bool request_update; /* the KeyUpdate to be sent asks for one in return */
    bool update_owed;    /* the peer asked for one: due in front of our next application data */
    bool update_asked;   /* one that asked went, and none came since: no other may ask (RFC 9846 4.7.3) */
    bool ignore_early_data; /* server: the client offered 0-RTT, which is skipped (RFC 9846 4.3.10) */
};

/* Takes a reference to config. Gets the scratch area: NO_MEMORY otherwise. */
TVT_MUST_USE enum tvt_result tvt_handshake_init(struct tvt_handshake *hs, struct tvt_config *config, enum tvt_role role,
                                                struct tvt_error *error);
void tvt_handshake_free(struct tvt_handshake *hs);
void tvt_shown_init(struct tvt_shown *shown, const struct tvt_config *config);
void tvt_shown_release(struct tvt_shown *shown);
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
/* A change_cipher_spec came, where it is a row of the table. */
TVT_MUST_USE enum tvt_result tvt_handshake_receive_ccs(struct tvt_handshake *hs);
bool tvt_handshake_holds_message(const struct tvt_handshake *hs);
/* The caller asks for what the server's table lets it ask: one ticket, a client's certificate. WRONG_CALL (nothing is
 * raised in hs->error) where the state has no such row. */
TVT_MUST_USE enum tvt_result tvt_handshake_call(struct tvt_handshake *hs, uint8_t on);
/* The caller asks for a KeyUpdate. */
TVT_MUST_USE enum tvt_result tvt_handshake_call_key_update(struct tvt_handshake *hs, bool request);

bool tvt_handshake_done(const struct tvt_handshake *hs);
/* What may be sent or received in this state. */
enum tvt_data { TVT_DATA_NONE = 0, TVT_DATA_EARLY, TVT_DATA_APPLICATION };
enum tvt_data tvt_handshake_may_send(const struct tvt_handshake *hs);
enum tvt_data tvt_handshake_may_receive(const struct tvt_handshake *hs);
/* The name that the peer's certificate must have; "" none. */
const char *tvt_handshake_verify_name(const struct tvt_handshake *hs);
/* Hash and AEAD of the keys of a level. */
const struct tvt_hash *tvt_handshake_hash(const struct tvt_handshake *hs, enum tvt_level level);
const struct tvt_aead *tvt_handshake_aead(const struct tvt_handshake *hs, enum tvt_level level);
/* Most bytes of a message of this type in this state. */
size_t tvt_handshake_message_limit(const struct tvt_handshake *hs, uint8_t type);
const char *tvt_handshake_state_name(const struct tvt_handshake *hs);
/* The traffic secret of a level; `sending`: ours. */
const uint8_t *tvt_handshake_secret(const struct tvt_handshake *hs, enum tvt_level level, bool sending);

/* ---- the tables (for step.c, the machines, the pictures and the tests) --------------------------------------- */

/* `on` of a row: a message kind, or one of these. */
enum tvt_on { TVT_ON_SEND = 100, TVT_ON_CALL_KEY_UPDATE, TVT_ON_CALL_TICKET, TVT_ON_CALL_REQUEST };
const char *tvt_on_name(uint8_t on); /* of a call: "key_update"; static */

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
    TVT_KEYS_RECEIVE_NEXT = 0x100,
    TVT_KEYS_DERIVE_EARLY = 0x200,      /* client early traffic secret, early exporter secret */
    TVT_KEYS_SEND_EARLY = 0x400,
    TVT_KEYS_RECEIVE_EARLY = 0x800,
    TVT_KEYS_SEND_PLAIN = 0x1000,       /* 0-RTT ended by a HelloRetryRequest  */
    TVT_KEYS_DERIVE_RESUMPTION = 0x2000 /* where tickets are wanted            */
};

enum tvt_transcript_rule {
    TVT_TRANSCRIPT_NO = 0, /* post-handshake messages                                        */
    TVT_TRANSCRIPT_ADD,
    TVT_TRANSCRIPT_RETRY,  /* replace the first ClientHello by its hash, then add (RFC 9846 4.1) */
    TVT_TRANSCRIPT_POST    /* add to that of post-handshake authentication (RFC 9846 4.5)       */
};

struct tvt_edge {
    uint8_t next;
    uint16_t keys; /* enum tvt_keys, or'ed */
};

/* `in`: the decoded message of a receiving row, NULL otherwise. `out`: room for a sending row's message, NULL otherwise.
 * `edge`: 0 unless the handler chooses another. */
typedef enum tvt_result tvt_handler(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_writer *out,
                                    unsigned *edge);

#define TVT_ROW_EDGES 4u
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
    const struct tvt_machine *fork[2]; /* edges of another kind: the handler only says which machine the message is for,
                                          whose row for it in its `enter` state then takes it; NULL: none */
};

struct tvt_state {
    const char *name;      /* "client13.WAIT_SH"            */
    uint8_t send, receive; /* enum tvt_data                 */
    bool done;             /* the handshake is, from here on */
};

struct tvt_machine {
    const char *name; /* "client13" */
    const struct tvt_protocol *protocol;
    const struct tvt_state *states;
    size_t num_states;
    const struct tvt_row *rows;
    size_t num_rows;
    uint8_t start, connected;
    uint8_t enter; /* where a fork of another machine leads to */
};

extern const struct tvt_machine tvt_server; /* decides for one of the next (fork.c) */
extern const struct tvt_machine tvt_client13, tvt_client12;
extern const struct tvt_machine tvt_server13, tvt_server12;
/* All machines, for the pictures and the tests. */
size_t tvt_machines(const struct tvt_machine *const **out);
/* The row for `on` in `state`; NULL: not legal. */
const struct tvt_row *tvt_machine_row(const struct tvt_machine *machine, uint8_t state, uint8_t on);
/* The machine has a row for `on` behind its handshake, in the state in which it is connected. */
bool tvt_machine_has_behind(const struct tvt_machine *machine, uint8_t on);

/* One line of the key log, if there is one (keylog.c). */
void tvt_keylog(const struct tvt_handshake *hs, const char *label, const uint8_t *secret, size_t len /* bytes */);

/* A client's row for a ServerHello of TLS 1.2 (fork.c): whether it may be one. */
tvt_handler tvt_fork_recv_server_hello12;
/* A client waits for a ServerHello that may still choose TLS 1.2: what comes before it may follow that version's rules. */
bool tvt_fork_is_open(const struct tvt_handshake *hs);
/* A client's row for a HelloRequest in the middle of its handshake: ignored, so many times. */
tvt_handler tvt_fork_ignore_hello_request;

/* ---- the client's offer (offer13.c) ----------------------------------------------------------------------------- */

tvt_handler tvt_offer13_send_client_hello, tvt_offer13_send_second_client_hello;
/* A GREASE value (RFC 8701 2): 0x?A?A, one of 16, by the low bits of a random byte. */
uint16_t tvt_grease_value(uint8_t random);
/* The external key that a client uses in TLS 1.2; NULL: there is none (exchange12.c). */
struct tvt_session *tvt_exchange12_psk(const struct tvt_config *config);
/* Of the configured suites, one that our ClientHello offers. */
bool tvt_offer13_has_suite(const struct tvt_config *config, const struct tvt_suite *suite);
/* Room that our ClientHello needs at most, bytes. */
size_t tvt_offer13_room(const struct tvt_handshake *hs);

/* ---- the server's choices (select13.c), HelloRetryRequest (retry13.c) --------------------------------------------- */

tvt_handler tvt_select13_recv_client_hello, tvt_retry13_send_hello_retry, tvt_retry13_recv_second_client_hello;
/* Everything that a ClientHello decides, first or second alike. `share` is empty when a retry is needed. PENDING. */
/* What both versions keep of a ClientHello, and the protocol that they choose from it. */
enum tvt_result tvt_select_keep_hello(struct tvt_handshake *hs, const struct tvt_client_hello *m);
enum tvt_result tvt_select_alpn(struct tvt_handshake *hs, const struct tvt_client_hello *m);
void tvt_server_answer_record_limits(struct tvt_handshake *hs, struct tvt_extensions *e);
enum tvt_result tvt_select13(struct tvt_handshake *hs, const struct tvt_message *in, struct tvt_span *share);
/* Our share and the secret, from the client's. */
enum tvt_result tvt_select13_answer_share(struct tvt_handshake *hs, struct tvt_span share);
/* What the second ClientHello decides. PENDING. */
enum tvt_result tvt_retry13_take_second(struct tvt_handshake *hs, const struct tvt_message *in);
/* Takes the state out of the cookie of a ClientHello that answers another connection's HelloRetryRequest. False: it is
 * not ours, or too old. */
bool tvt_retry13_restore(struct tvt_handshake *hs, const struct tvt_client_hello *m);
void tvt_server13_write_hello(struct tvt_handshake *hs, struct tvt_writer *out, struct tvt_span random,
                              struct tvt_span share, enum tvt_message_kind kind);

/* ---- pre-shared keys and 0-RTT (psk13.c, psk_offer13.c, psk_select13.c, early13.c) -------------------------------------------------------------------------- */

/* The hash that a session's key belongs to; NULL: the provider lacks it. */
const struct tvt_hash *tvt_psk13_hash(const struct tvt_handshake *hs, const struct tvt_session *session);
/* The binder of `session` over a ClientHello up to its binders, behind what the transcript has (RFC 9846 4.3.11.2). Its early
 * secret stays in the schedule. */
TVT_MUST_USE int tvt_psk13_binder(struct tvt_handshake *hs, const struct tvt_session *session, struct tvt_span truncated,
                                  uint8_t *out);
/* Client: drops what does not fit this connection from offer.session (and from the second ClientHello, what HelloRetryRequest
 * made unfit). */
void tvt_psk13_prune(struct tvt_handshake *hs);
/* Client: fills psk_identities, and psk_binders with zeros of the right length. */
enum tvt_result tvt_psk13_fill(struct tvt_handshake *hs, struct tvt_extensions *e);
/* Client: writes the binders into the encoded ClientHello (RFC 9846 4.3.11.2). */
enum tvt_result tvt_psk13_bind(struct tvt_handshake *hs, uint8_t *hello, size_t len);
/* Client: takes the server's choice. */
enum tvt_result tvt_psk13_recv_selected(struct tvt_handshake *hs, const struct tvt_server_hello *m);
/* Server: looks the identities up, takes the first that fits (hs->session) and checks its binder. The suite is chosen anew
 * for it. PENDING. */
enum tvt_result tvt_psk13_select(struct tvt_handshake *hs, const struct tvt_message *in);
/* Server: decides about 0-RTT (early13.c). PENDING. */
/* Server: how far the age of the ticket is from what it should be (RFC 9846 8.3). */
void tvt_early13_measure_age(struct tvt_handshake *hs, uint32_t obfuscated_age, uint64_t now);
enum tvt_result tvt_early13_select(struct tvt_handshake *hs, const struct tvt_client_hello *m);
/* Early Secret of the schedule: of the PSK, or of none, under the handshake's hash. */
TVT_MUST_USE int tvt_psk13_early_secret(struct tvt_handshake *hs);
/* Client early traffic secret and early exporter secret (RFC 9846 7.1), over the ClientHello. */
TVT_MUST_USE int tvt_psk13_derive_early(struct tvt_handshake *hs);

/* The program is asked: about a ClientHello, a CertificateRequest, the peer's certificates (`message`: where they stood). TVT_OK
 * where nobody is to be asked. PENDING. */
enum tvt_result tvt_ask13_hello(struct tvt_handshake *hs, const struct tvt_client_hello *m);
struct tvt_credential_wish;
enum tvt_result tvt_ask13_request(struct tvt_handshake *hs, const struct tvt_credential_wish *wish);
enum tvt_result tvt_ask13_certificates(struct tvt_handshake *hs, const struct tvt_span *chain, size_t num,
                                       const char *message);
bool tvt_ask13_judges(const struct tvt_config *config); /* certificates are judged by the program */
/* An alert that a refusal of this may have (RFC 9846 6.2). */
bool tvt_ask13_alert_fits(enum tvt_subject subject, enum tvt_role role, uint8_t alert);

/* The certificates of a session that is resumed, checked again where the configuration wants it (recheck13.c). PENDING. */
enum tvt_result tvt_recheck13(struct tvt_handshake *hs);
/* The same before the server has said a word, the program's verdict left out: 0-RTT goes to nobody who would be refused. */
bool tvt_recheck13_trusts_early(struct tvt_handshake *hs, struct tvt_session *session);
/* As far as the configuration asks: a path to the trust store by name, time and purpose; OID filters; the stapled response. */
enum tvt_result tvt_certificate13_hold(struct tvt_handshake *hs, const struct tvt_certificate *certs, size_t num,
                                       struct tvt_span ocsp_response);
/* The response is required, or asked for where the leaf says that it comes (RFC 7633). */
bool tvt_certificate13_wants_status(const struct tvt_handshake *hs, const struct tvt_certificate *leaf);
bool tvt_certificate13_key_is_known(const struct tvt_config_auth *a, struct tvt_span spki);

/* ---- NewSessionTicket (ticket13.c), KeyUpdate (update13.c) -------------------------------------------------------- */

/* What both sides remember of this connection; the session sealed into a ticket of ours (false: none can be made), and out of
 * one (TVT_FAIL: it is none). */
void tvt_session_describe(const struct tvt_handshake *hs, struct tvt_session *fields);
bool tvt_ticket_seal(struct tvt_handshake *hs, const struct tvt_session *fields, uint8_t *out, size_t cap, size_t *len);
enum tvt_result tvt_ticket_open(struct tvt_handshake *hs, struct tvt_span ticket, struct tvt_session **out);
/* What was taken out of a cache goes there again (session12.c). */
void tvt_session_put_back(const struct tvt_session_cache *cache, const uint8_t id[TVT_SESSION_ID_LEN],
                          struct tvt_session *session);
/* What decides in every version whether a session is gone back to: its time, its name, and that it proved of the peer no less
 * than is asked for here. */
bool tvt_session_fits_client(const struct tvt_handshake *hs, const struct tvt_session *session);
bool tvt_session_fits_server(const struct tvt_handshake *hs, const struct tvt_session *session);
/* Client: takes the first session of TLS 1.2 that fits aside (session12.c). */
void tvt_session12_choose(struct tvt_handshake *hs);

tvt_handler tvt_ticket13_call, tvt_ticket13_send, tvt_ticket13_recv;
tvt_handler tvt_update13_recv, tvt_update13_call, tvt_update13_send;

/* ---- authentication: what is agreed on (auth13.c), Certificate (certificate13.c received, present13.c sent),
 * CertificateVerify and Finished (proof13.c), CertificateRequest (request13.c) ---- */

/* Keeps the peer's chain or key and staples; checks what is kept: path, staples, the program's verdict. PENDING. */
/* The first without what was kept before. */
enum tvt_result tvt_certificate_keep(struct tvt_handshake *hs, const struct tvt_certificate_message *m);
enum tvt_result tvt_certificate_keep_chain(struct tvt_handshake *hs, const struct tvt_certificate_message *m);
enum tvt_result tvt_certificate_check(struct tvt_handshake *hs);
/* Takes a Certificate or CompressedCertificate. Server: edge 1 when it is empty. PENDING. */
tvt_handler tvt_certificate13_recv;
/* Room that our Certificate, or CertificateRequest, needs at most, bytes. */
size_t tvt_auth13_certificate_room(const struct tvt_handshake *hs);
size_t tvt_request13_room(const struct tvt_handshake *hs);
enum tvt_result tvt_auth13_recv_certificate_verify(struct tvt_handshake *hs, const struct tvt_certificate_verify *m);
enum tvt_result tvt_auth13_recv_finished(struct tvt_handshake *hs, struct tvt_span verify_data);
enum tvt_result tvt_auth13_send_certificate(struct tvt_handshake *hs, struct tvt_writer *out);
tvt_handler tvt_auth13_send_certificate_verify;
enum tvt_result tvt_auth13_send_finished(struct tvt_handshake *hs, struct tvt_writer *out);
tvt_handler tvt_request13_send, tvt_request13_recv;
/* A signature of ours while it is written into its message. */
struct tvt_proof {
    struct tvt_buffer signature;
};
/* By the chosen credential and scheme. PENDING. tvt_proof_free() in any case. */
enum tvt_result tvt_proof_sign(struct tvt_handshake *hs, struct tvt_proof *proof, const char *message,
                               struct tvt_span content);
void tvt_proof_free(struct tvt_proof *proof);
/* The peer's key may be used at all; its signature over `content` is good: it has proved itself. */
enum tvt_result tvt_proof_check_key(struct tvt_handshake *hs);
/* A scheme that we offered, and that the version has for the kind of key that the peer showed. */
enum tvt_result tvt_proof_accept_scheme(struct tvt_handshake *hs, const char *message, uint16_t id,
                                        const struct tvt_scheme **out);
enum tvt_result tvt_proof_verify(struct tvt_handshake *hs, const char *message, const struct tvt_scheme *scheme,
                                 struct tvt_span content, struct tvt_span signature);
/* CertificateRequest written (server), and answered by a choice of our credential (client). */
void tvt_request13_write(struct tvt_handshake *hs, struct tvt_writer *out, struct tvt_span context);
enum tvt_result tvt_request13_choose(struct tvt_handshake *hs, const struct tvt_certificate_request *m);
/* The same of any version: `wish` has the lists that the server sent; the rest is filled in. The program is asked first. PENDING. */
enum tvt_result tvt_request_answer(struct tvt_handshake *hs, struct tvt_credential_wish *wish);
/* The scratch area, with the transcript, is needed after the handshake: post-handshake authentication may come. */
bool tvt_post13_possible(const struct tvt_handshake *hs);
/* Server: why TVT_ON_CALL_REQUEST cannot be done now, in words; NULL: it can. */
const char *tvt_post13_refusal(const struct tvt_handshake *hs);
/* Server: asks for the client's certificate in this handshake. */
bool tvt_request13_wanted(const struct tvt_handshake *hs);
/* What a ClientHello says about certificates; lists that have no memory of their own go to `lists`. */
struct tvt_auth_lists {
    uint8_t schemes[2 * (TVT_CONFIG_SCHEMES_MAX + 1)], certificate_schemes[2 * TVT_CONFIG_SCHEMES_MAX];
    uint8_t compression[2 * TVT_CONFIG_COMPRESSION_MAX];
};
/* What ClientHello and CertificateRequest say alike. */
void tvt_auth13_wish(struct tvt_handshake *hs, struct tvt_extensions *e, struct tvt_auth_lists *lists);
/* Ours that the peer takes too; NULL: none. */
const struct tvt_compression *tvt_auth13_compression(const struct tvt_handshake *hs, const struct tvt_extensions *e);
void tvt_auth13_offer(struct tvt_handshake *hs, struct tvt_extensions *e, struct tvt_auth_lists *lists);
/* Server, where no PSK was chosen: credential, scheme, and the forms that the client takes. */
enum tvt_result tvt_auth13_select(struct tvt_handshake *hs, const struct tvt_client_hello *m);
/* Server, where a PSK was chosen. */
void tvt_auth13_select_none(struct tvt_handshake *hs, const struct tvt_client_hello *m);
/* What EncryptedExtensions says about certificates: written, read. */
void tvt_auth13_answer(struct tvt_handshake *hs, struct tvt_extensions *e);
enum tvt_result tvt_auth13_recv_answer(struct tvt_handshake *hs, const char *message, const struct tvt_extensions *e);

/* ---- pure choices (negotiate.c) -------------------------------------------------------------------------------- */

/* The first suite of ours (by version) that the peer's list has; NULL: none. */
const struct tvt_suite *tvt_negotiate_suite(const struct tvt_config *config, struct tvt_span list, uint16_t version);
/* What the peer wants of a credential. Spans may be empty: no wish. */
struct tvt_credential_wish {
    uint8_t type;                         /* TVT_CERTIFICATE_X509, _RAW_KEY                              */
    struct tvt_span schemes;              /* uint16 list: for CertificateVerify; a must                  */
    struct tvt_span certificate_schemes;  /* uint16 list: for signatures within the chain; a preference  */
    struct tvt_span authorities;          /* vec16 list of names; a preference (RFC 9846 4.5.1.2 SHOULD) */
    struct tvt_span oid_filters;          /* a must (RFC 9846 4.3.5)                                     */
    bool of_client;                       /* it signs for a client                                       */
    const char *server_name;              /* "": none; a preference, or a must with strict_name          */
    bool strict_name;
    bool (*scheme_fits)(const struct tvt_scheme *scheme, uint8_t key_type); /* of the protocol           */
    const struct tvt_suite *suite;        /* TLS 1.2: for which the key must do; NULL: any               */
    struct tvt_span curves;               /* TLS 1.2: supported_groups, for ECDSA keys too; empty: any   */
    struct tvt_span client_types;         /* TLS 1.2: certificate_types; empty: any                      */
};
/* A credential and a scheme that fit best: name before chain before authority before our order. False: none fits. */
bool tvt_negotiate_credential(const struct tvt_config *config, const struct tvt_credential_wish *wish,
                              struct tvt_credential **credential, const struct tvt_scheme **scheme);
/* Some credential of the type signs with a scheme that the peer takes, whatever else keeps it from being shown. */
bool tvt_negotiate_could_sign(const struct tvt_config *config, const struct tvt_credential_wish *wish);
/* The group that is the curve of an ECDSA key; 0: of another key. */
uint16_t tvt_negotiate_curve(uint8_t key_type);
/* Our first protocol that the peer's list has; empty span: none. */
struct tvt_span tvt_negotiate_alpn(const struct tvt_config *config, struct tvt_span list);
/* Our groups and those of the shares compared: *share is empty when a HelloRetryRequest for *group is needed.
 * False: nothing in common. */
bool tvt_negotiate_group(const struct tvt_config *config, struct tvt_span groups, struct tvt_span shares,
                         struct tvt_group *group, struct tvt_span *share);

#endif
