/* SPDX-License-Identifier: MIT
 *
 * session.h - what outlives a connection, so that the next one is shorter: sessions and pre-shared keys, the store of a
 * client, the ticket keys and the cache of a server, and the memory that refuses replayed 0-RTT data.
 *
 * A session is immutable and reference-counted; any number of threads may hold it. It holds a secret: whoever has its
 * bytes (tvt_session_encode) can impersonate both ends of the next connection, and read what it protects without a new
 * key exchange. Whatever here holds a secret is wiped when it is freed.
 *
 * Time is milliseconds since 1970-01-01 UTC, from the configuration's clock (tvt_config_set_clock).
 */
#ifndef TRIVET_SESSION_H
#define TRIVET_SESSION_H

#include "base.h"
#include "error_own.h"
#include "provider.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TVT_LIMIT_TICKET 16384u          /* bytes of a ticket that a client keeps; a longer one is dropped            */
#define TVT_LIMIT_PSK_IDENTITY 4096u     /* bytes of an external identity                                           */
#define TVT_LIMIT_PSK_KEY 128u           /* bytes of an external key                                                */
#define TVT_LIMIT_SESSION 65536u         /* bytes of an encoded session                                             */
#define TVT_LIMIT_TICKET_LIFETIME 604800u /* seconds: seven days (RFC 9846 4.7.1)                                   */
#define TVT_LIMIT_TICKET_STATE 4096u     /* bytes of a state that is sealed into a ticket: for a longer one (a client's
                                            certificates) no ticket is issued without a cache                       */

/* ---- sessions ------------------------------------------------------------------------------------------------- */

struct tvt_session;

enum tvt_session_kind {
    TVT_SESSION_RESUMPTION = 1, /* from a NewSessionTicket (RFC 9846 4.7.1)                        */
    TVT_SESSION_EXTERNAL,       /* a key that both ends were given (RFC 9846 2.2, RFC 9257)        */
    TVT_SESSION_IMPORTED        /* one derived from such a key for one hash (RFC 9258)             */
};

struct tvt_session *tvt_session_ref(struct tvt_session *session); /* returns its argument; NULL allowed */
void tvt_session_unref(struct tvt_session *session);              /* NULL allowed                       */

/* An external PSK. `identity`: 1..TVT_LIMIT_PSK_IDENTITY bytes, seen by everybody on the wire. `key`: 16..
 * TVT_LIMIT_PSK_KEY bytes of full entropy - never a password (RFC 9257 6). `hash`: the one it may be used with,
 * TVT_HASH_SHA256 by custom (RFC 9846 4.3.11). All are copied. BAD_ARGUMENT, NO_MEMORY. */
TVT_MUST_USE enum tvt_result tvt_session_new_external(struct tvt_session **out, struct tvt_span identity,
                                                      struct tvt_span key, enum tvt_hash_id hash,
                                                      struct tvt_error *error);
/* Imports an external PSK (RFC 9258 5.1): one session for one target hash, with the ImportedIdentity on the wire.
 * `context` (0..65535 bytes) binds it to a use. `key_hash`: the hash that belongs to the external key (SHA-256 where
 * nothing is said, RFC 9258 5.1). The target protocol is TLS 1.3; the target KDF HKDF with `target`. */
TVT_MUST_USE enum tvt_result tvt_session_new_imported(struct tvt_session **out, const struct tvt_provider *provider,
                                                      struct tvt_span identity, struct tvt_span key,
                                                      enum tvt_hash_id key_hash, struct tvt_span context,
                                                      enum tvt_hash_id target, struct tvt_error *error);
/* 0-RTT data under an external PSK: how many bytes, for which suite and protocol (both ends must agree, RFC 9846 4.3.10).
 * A new session; the old one stays. `suite`: TLS 1.3 cipher suite; `alpn`: a protocol name, may be empty. */
TVT_MUST_USE enum tvt_result tvt_session_with_early_data(struct tvt_session **out, const struct tvt_session *session,
                                                         uint32_t max_early_data, uint16_t suite, struct tvt_span alpn,
                                                         struct tvt_error *error);

/* What a session says; spans and strings live as long as it. No secret. */
struct tvt_session_info {
    enum tvt_session_kind kind;
    uint16_t version;             /* TVT_TLS13                                             */
    uint16_t suite;               /* of the connection it came from; 0: external           */
    enum tvt_hash_id hash;
    struct tvt_span identity;     /* ticket, or identity                                   */
    uint64_t issued_ms;           /* when it was received (client) or made (server)        */
    uint32_t lifetime_s;          /* 0: no end                                             */
    uint32_t max_early_data;      /* bytes; 0: no 0-RTT                                    */
    const char *server_name;      /* "" none                                               */
    struct tvt_span alpn;
    bool peer_verified;
    size_t num_peer_certificates;
};
void tvt_session_info(const struct tvt_session *session, struct tvt_session_info *info);
/* True when it is not older than its lifetime at `now_ms`, nor from the future by more than a minute. */
bool tvt_session_fresh(const struct tvt_session *session, uint64_t now_ms);

/* As bytes, for a file or a store that several processes share; they hold the secret. encode: *len is the length, also
 * when `cap` is too small (NO_ROOM). decode: refuses what is damaged or of another version (SESSION_MALFORMED). */
TVT_MUST_USE enum tvt_result tvt_session_encode(const struct tvt_session *session, uint8_t *out, size_t cap, size_t *len,
                                                struct tvt_error *error);
TVT_MUST_USE enum tvt_result tvt_session_decode(struct tvt_session **out, struct tvt_span bytes, struct tvt_error *error);

/* ---- locks ------------------------------------------------------------------------------------------------------
 * The stores below are used by many connections at once. They take their lock from outside; NULL: the program uses them
 * from one thread only. */
struct tvt_mutex {
    void *(*create)(void);      /* NULL: no memory */
    void (*destroy)(void *lock);
    void (*lock)(void *lock);
    void (*unlock)(void *lock);
};
const struct tvt_mutex *tvt_system_mutex(void); /* the system's, static */

/* ---- a client's store -------------------------------------------------------------------------------------------- */

/* Sessions by a key of the program's choice (host and port), several for each, oldest dropped first. A session is handed
 * out once (RFC 9846 appendix C.4): taken, it is not in the store any more. */
struct tvt_session_store;
TVT_MUST_USE enum tvt_result tvt_session_store_new(struct tvt_session_store **out, size_t capacity,
                                                   const struct tvt_mutex *mutex, struct tvt_error *error);
struct tvt_session_store *tvt_session_store_ref(struct tvt_session_store *store); /* returns its argument; NULL allowed */
void tvt_session_store_unref(struct tvt_session_store *store);
/* Takes a reference. NO_MEMORY. */
TVT_MUST_USE enum tvt_result tvt_session_store_put(struct tvt_session_store *store, const char *key,
                                                   struct tvt_session *session, struct tvt_error *error);
/* The newest fresh one, whose reference is the caller's now; NULL: none. Stale ones are dropped on the way. */
struct tvt_session *tvt_session_store_take(struct tvt_session_store *store, const char *key, uint64_t now_ms);
size_t tvt_session_store_count(const struct tvt_session_store *store);

/* ---- a server's tickets ------------------------------------------------------------------------------------------ */

/* Keys that seal a session into a ticket (RFC 9846 4.7.1, RFC 5077 4 in spirit): one seals, it and the older ones open.
 * AES-256-GCM, or ChaCha20-Poly1305 where the provider has no AES, with a key per ticket derived from the key and a
 * random salt: nothing repeats however many tickets are sealed. */
struct tvt_ticket_keys;

#define TVT_TICKET_KEY_LEN 48u /* bytes of one key as servers share it: name (16), secret (32) */
#define TVT_TICKET_KEYS_MAX 8u /* keys held: one seals, the rest only open                     */

/* With one random key, which a new one replaces every `rotate_s` seconds (0: never; 86400 is usual); a replaced key opens
 * for another `rotate_s`. */
TVT_MUST_USE enum tvt_result tvt_ticket_keys_new(struct tvt_ticket_keys **out, const struct tvt_provider *provider,
                                                 uint32_t rotate_s, const struct tvt_mutex *mutex,
                                                 struct tvt_error *error);
struct tvt_ticket_keys *tvt_ticket_keys_ref(struct tvt_ticket_keys *keys); /* returns its argument; NULL allowed */
void tvt_ticket_keys_unref(struct tvt_ticket_keys *keys);
/* Puts `num` keys (1..TVT_TICKET_KEYS_MAX, each TVT_TICKET_KEY_LEN bytes) in the place of all: the first seals, all open.
 * Servers that share them, in any process, open each other's tickets. Rotation by time ends. May be called while
 * connections use the keys. */
TVT_MUST_USE enum tvt_result tvt_ticket_keys_set(struct tvt_ticket_keys *keys, const uint8_t *bytes, size_t num,
                                                 struct tvt_error *error);
/* Copies the keys out, newest first; *num: how many; cap: of TVT_TICKET_KEY_LEN bytes each. */
TVT_MUST_USE enum tvt_result tvt_ticket_keys_get(struct tvt_ticket_keys *keys, uint8_t *out, size_t cap, size_t *num,
                                                 struct tvt_error *error);
/* Looks a key up elsewhere. Sealing: `name` is NULL; write the key to use now (name, secret) to `out`. Opening: `name` has
 * 16 bytes. TVT_OK; TVT_FAIL: no such key (the ticket is not opened; a full handshake follows). Once set, keys held here
 * are not asked. */
typedef enum tvt_result tvt_ticket_key_callback(void *user, const uint8_t *name, uint8_t out[TVT_TICKET_KEY_LEN]);
void tvt_ticket_keys_set_callback(struct tvt_ticket_keys *keys, tvt_ticket_key_callback *callback, void *user);

/* ---- a server's cache -------------------------------------------------------------------------------------------- */

#define TVT_SESSION_ID_LEN 32u /* bytes of a ticket that is a key into a cache */

/* Where sessions are kept on the server: in this process, or in a store that a fleet shares. `take` removes what it
 * returns (a ticket is good once, RFC 9846 8.1). */
struct tvt_session_cache {
    void *user;
    /* TVT_OK; TVT_FAIL: not kept; then a ticket is sealed, or, without ticket keys, none is issued. Takes its own reference.
     * `expires_ms`: may be dropped then. */
    enum tvt_result (*put)(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session *session,
                           uint64_t expires_ms);
    /* TVT_OK and a reference in *out; TVT_FAIL: not there; TVT_PENDING: will be asked again with the same id. */
    enum tvt_result (*take)(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out);
    /* The same, and the session stays: one of TLS 1.2 serves any number of connections, at once too. NULL: such a session is
     * taken and put back, and who asks for it in between does without (a full handshake). */
    enum tvt_result (*get)(void *user, const uint8_t id[TVT_SESSION_ID_LEN], struct tvt_session **out);
};
/* One in memory, oldest dropped first. The struct lives as long as the cache. */
struct tvt_memory_cache;
TVT_MUST_USE enum tvt_result tvt_memory_cache_new(struct tvt_memory_cache **out, size_t capacity,
                                                  const struct tvt_mutex *mutex, struct tvt_error *error);
void tvt_memory_cache_free(struct tvt_memory_cache *cache); /* after every configuration that uses it; NULL allowed */
const struct tvt_session_cache *tvt_memory_cache_port(struct tvt_memory_cache *cache);

/* ---- anti-replay --------------------------------------------------------------------------------------------------- */

#define TVT_REPLAY_ID_LEN 32u /* bytes */

/* ClientHello recording (RFC 9846 8.2): has this ClientHello been seen? `id`: from its PSK binder, unique to the
 * ClientHello. It must be remembered until `until_ms`: later ones are refused by their age (RFC 9846 8.3).
 * TVT_OK: it is new, and recorded in the same step (two servers that ask at once: one alone gets OK). TVT_FAIL: seen, or
 * not known for sure: 0-RTT is refused, the handshake goes on. TVT_PENDING: will be asked again with the same id. */
struct tvt_replay {
    void *user;
    enum tvt_result (*first_time)(void *user, const uint8_t id[TVT_REPLAY_ID_LEN], uint64_t now_ms, uint64_t until_ms);
};
/* One in memory, exact: when it is full of ids that must still be remembered, it says TVT_FAIL. It refuses everything in
 * the first two `window_ms` after it was made (the window of tvt_config_set_replay(): a ClientHello whose client's clock is
 * ahead is fresh for both), for what came before its birth it cannot know (RFC 9846 8.2); and where the clock was set back to a time of which it has forgotten ids. So it always refuses ids to remember for good (until_ms UINT64_MAX: 0-RTT
 * under an external PSK, which has no age): they need a store that outlives the process. One process must use it: the child of a
 * fork has a copy that does not hear of the others. Memory is at most 60 bytes x
 * capacity, at once. */
struct tvt_replay_memory;
TVT_MUST_USE enum tvt_result tvt_replay_memory_new(struct tvt_replay_memory **out, size_t capacity, uint64_t now_ms,
                                                   uint32_t window_ms, const struct tvt_mutex *mutex,
                                                   struct tvt_error *error);
void tvt_replay_memory_free(struct tvt_replay_memory *memory); /* NULL allowed */
const struct tvt_replay *tvt_replay_memory_port(struct tvt_replay_memory *memory);

#ifdef __cplusplus
}
#endif
#endif
