/* SPDX-License-Identifier: MIT
 *
 * What an SSL and an SSL_CTX are inside, and what the files of this floor share. An SSL drives a connection of floor 5
 * over two BIOs. Inside, a result is a SSL_ERROR_* number: SSL_ERROR_NONE is success.
 */
#ifndef TVT_CORE_SSL_SSL_H
#define TVT_CORE_SSL_SSL_H

#include <stdatomic.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/os/file.h"
#include "core/session/lock.h"
#include "core/ssl/bio.h"
#include <trivet/compat.h>
#include <trivet/ssl.h>
#include <trivet/tls.h>

#define TVT_ROLE_UNSET (-1)
#define TVT_VERIFY_MODE_UNSET (-1)

struct tvt_ssl_method {
    int role; /* enum tvt_role, or TVT_ROLE_UNSET: both */
};

/* What the servers of an SSL_CTX share about sessions, and the callbacks of both roles. */
struct tvt_ssl_sessions {
    struct tvt_lock lock;              /* over what is made when it is first needed, below `made` */
    struct tvt_ticket_keys *keys;      /* reference; NULL: no server was set up */
    uint8_t given[TVT_TICKET_KEYS_MAX][TVT_TICKET_KEY_LEN]; /* keys of the program */
    size_t num_given;
    tvt_ticket_key_callback *key_callback;
    void *key_user;
    uint8_t id_context[SSL_MAX_SID_CTX_LENGTH];
    size_t id_context_len;
    int cache_mode;                    /* SSL_SESS_CACHE_* */
    size_t cache_size;
    struct tvt_session_cache cache_port; /* over the cache and the callbacks */
    struct tvt_replay replay_port;       /* over the memory, or what a fleet shares */
    const struct tvt_replay *shared_replay; /* borrowed; NULL: the memory */
    atomic_uint_fast64_t early_from_ms;  /* no 0-RTT before: what another process saw is not known here */
    long home;                           /* the process that made the SSL_CTX: the memory is its own alone */
    /* made: */
    struct tvt_memory_cache *cache;
    struct tvt_replay_memory *replay;
    struct tvt_ticket_keys *cookie_keys;
    /* callbacks */
    int (*new_session)(SSL *ssl, SSL_SESSION *session);
    void (*remove_session)(SSL_CTX *ctx, SSL_SESSION *session);
    SSL_SESSION *(*get_session)(SSL *ssl, const unsigned char *id, int len, int *copy);
};

/* Callbacks that an SSL takes over from its SSL_CTX and that may be set for it alone. */
struct tvt_ssl_hooks {
    SSL_psk_use_session_cb_func use_psk;
    SSL_psk_find_session_cb_func find_psk;
    SSL_allow_early_data_cb_fn allow_early;
    void *allow_early_user;
    uint32_t recv_max_early_data;
    tvt_ssl_info_callback *info;
    SSL_client_hello_cb_fn hello;
    tvt_ssl_ask_callback *cert, *verdict;
    void *hello_user, *cert_user, *verdict_user;
};

/* Values of the program, by index (ex_data.c). */
struct tvt_ex_data {
    void **value;
    int num;
};

struct tvt_stack;

struct tvt_ssl_ctx {
    atomic_uint references;
    const struct tvt_ssl_method *method;
    struct tvt_provider *provider; /* owned */
    struct tvt_config *config;     /* reference; copied before a change once an SSL uses it */
    struct tvt_lock config_lock;   /* SSL_new() against who changes whom it trusts; who else changes `config` is alone */
    int verify_mode;               /* SSL_VERIFY_*, or TVT_VERIFY_MODE_UNSET */
    bool has_callback;             /* a verify_callback was given, which cannot be honoured */
    bool quiet_shutdown;
    uint32_t mode;
    bool read_ahead;
    uint64_t options;
    SSL_CTX_keylog_cb_func keylog;
    struct tvt_file chain, key;    /* of a pair that is half given */
    bool chain_is_leaf;            /* only the first certificate of `chain` counts */
    atomic_bool served;            /* an SSL was made since the last pair came */
    size_t num_served;             /* pairs that stood then: others of their kind take their place */
    struct tvt_ssl_sessions sessions;
    struct tvt_ssl_hooks hooks;
    struct tvt_ex_data ex_data;
};

struct tvt_ssl {
    atomic_uint references;
    SSL_CTX *ctx;                      /* reference */
    struct tvt_config *config;         /* reference */
    struct tvt_connection *connection; /* made when the handshake begins */
    BIO *rbio, *wbio;                  /* a reference each; may be the same */
    int role;                          /* enum tvt_role, or TVT_ROLE_UNSET */
    int outcome;                       /* SSL_ERROR_* of the last call */
    int verify_mode;
    uint32_t mode;
    bool read_ahead;
    uint64_t options;
    bool has_callback, quiet_shutdown;
    bool spoke_last;     /* the handshake's last flight was ours, and the peer was not heard since: Nagle would wait */
    bool flush_due;      /* the wbio took bytes and was not flushed since */
    bool reported;       /* the connection's error is in the ERR view */
    bool telling;        /* the info callback has not returned */
    bool told_done;      /* the info callback knows that the handshake is done */
    bool told_alert;     /* and by which alert the connection failed           */
    bool flight_unsent;  /* of a handshake, and waits for the wbio */
    bool flight_held;    /* the client's last one, and waits for what the program does next */
    bool write_dead;     /* a write failed for good */
    bool read_dead;      /* a read failed for good */
    int read_errno, write_errno; /* of these two             */
    int dead_errno;              /* of the one that the last call met */
    int shutdown_flags;  /* set by SSL_set_shutdown() or a quiet shutdown */
    char *sni, *verify_name;
    struct tvt_error *error;  /* of the last refused call or failed system call; NULL: none */
    /* Left over between calls, released when empty. in: plain_len bytes of plaintext, plain_gap to skip, wire bytes. */
    struct tvt_buffer in;
    size_t plain_len, plain_gap;
    struct tvt_buffer out; /* sealed bytes that the BIO did not take */
    /* A write that must be repeated: its data, its length, and how much of it is sealed. */
    const void *retry_data;
    size_t retry_len, retry_done;
    bool retry_early;        /* it was SSL_write_early_data() */
    /* Sessions. */
    struct tvt_session *offered;   /* SSL_set_session(); a reference */
    struct tvt_session *latest;    /* of the last ticket that came; a reference */
    struct tvt_session *described; /* what SSL_get_session() shows where there is no ticket; a reference */
    struct tvt_ssl_hooks hooks;
    bool writes_early;       /* client: 0-RTT is to be offered */
    bool reads_early;        /* server: SSL_read_early_data() was called in time */
    int8_t early_allowed;    /* what allow_early said; -1: not asked */
    /* Callbacks that have not answered yet (ask.c). */
    bool hello_answered;     /* the one about the ClientHello: it is not asked again */
    int waits_for;           /* SSL_ERROR_WANT_* of the one that is waited for; NONE: none is */
    /* Views that are made when they are asked for. */
    struct tvt_x509 *peer;
    struct tvt_stack *peer_chain;
    struct tvt_ex_data ex_data;
};

struct tvt_ssl_input;

/* error.c: every failure passes here. */
/* Keeps the record in the SSL and in the ERR view; yields SSL_ERROR_SSL (or SYSCALL where its origin is the system). */
int tvt_ssl_refuse(SSL *ssl, const struct tvt_error *error);
#define tvt_ssl_wrong_call(ssl, call, ...) \
    tvt_ssl_raise((ssl), TVT_E_WRONG_CALL, (call), __FILE__, __LINE__, __VA_ARGS__)
#define tvt_ssl_raise_here(ssl, code, call, ...) tvt_ssl_raise((ssl), (code), (call), __FILE__, __LINE__, __VA_ARGS__)
/* Raises with free text; `ssl` may be NULL. */
int tvt_ssl_raise(SSL *ssl, enum tvt_error_code code, const char *call, const char *file, int line, const char *format,
                  ...) TVT_PRINTF(6, 7);
/* The connection's error: into the ERR view once. SSL_ERROR_SSL. */
int tvt_ssl_connection_failed(SSL *ssl);
/* A call of the connection failed: with it, or because it came in the wrong order. As the two above. */
int tvt_ssl_call_failed(SSL *ssl);
/* The connection ended with a fatal error. A call that it only refused, such as an export, is none. */
bool tvt_ssl_is_broken(const SSL *ssl);
/* Ends a call: keeps `code` for SSL_get_error(), sets errno for a failed system call. 1, 0 (ZERO_RETURN) or -1. */
int tvt_ssl_finish(SSL *ssl, int code);
/* NULL objects: a record in the ERR view; -1. */
int tvt_ssl_null(const char *call);

/* ex_data.c */
void tvt_ex_data_release(struct tvt_ex_data *data, int kind, void *parent);

/* watch.c: the info callback. */
void tvt_ssl_tell_start(SSL *ssl);
/* Tells what is new: that the handshake is done, that an alert ended the connection. */
void tvt_ssl_tell_news(SSL *ssl);
/* The same, and that a call returns which drove the handshake (`was_done` false). */
void tvt_ssl_tell_exit(SSL *ssl, bool was_done, int result);

/* x509_peer.c */
void tvt_ssl_drop_peer(SSL *ssl);

/* err.c */
void tvt_err_push(const struct tvt_error *error);

/* config.c */
/* One change of a configuration; `value` is the setter's own. */
typedef enum tvt_result tvt_ssl_setter(struct tvt_config *config, const void *value, struct tvt_error *error);
/* Changes what an SSL_CTX, or one SSL before its handshake, uses. 1 or 0. */
int tvt_ssl_change_ctx(SSL_CTX *ctx, const char *call, tvt_ssl_setter *set, const void *value);
int tvt_ssl_change(SSL *ssl, const char *call, tvt_ssl_setter *set, const void *value);
/* Makes *config one that may be changed. */
enum tvt_result tvt_ssl_open_config(struct tvt_config **config, struct tvt_error *error);
/* The mode for a role, of what the program asked for. */
enum tvt_verify tvt_ssl_verify_of(int verify_mode, int role);

/* cache.c, ticket.c: what a server needs to resume. */
/* Makes the SSL_CTX fit for servers: ticket keys of its own. Nothing where it is. */
enum tvt_result tvt_ssl_ctx_serve(SSL_CTX *ctx, struct tvt_error *error);
/* Puts tickets, or a cache, into `config` as `options` and the cache mode of the SSL_CTX say. */
enum tvt_result tvt_ssl_apply_sessions(SSL_CTX *ctx, struct tvt_config *config, uint64_t options,
                                       struct tvt_error *error);
enum tvt_result tvt_ssl_apply_cookie(SSL_CTX *ctx, struct tvt_config *config, uint64_t options,
                                     struct tvt_error *error);
void tvt_ssl_cache_init(SSL_CTX *ctx);
/* Made when it is first needed. */
enum tvt_result tvt_ssl_cache_make(SSL_CTX *ctx, struct tvt_error *error);
/* HMAC-SHA-256 under `key`, which binds something to the SSL_CTX's session id context. */
enum tvt_result tvt_ssl_bind(const SSL_CTX *ctx, uint8_t out[32], struct tvt_span key, struct tvt_span bytes,
                             struct tvt_error *error);

/* early.c */
void tvt_ssl_early_init(SSL_CTX *ctx);
/* Keys that others have too came in: what they took before is not known here. */
void tvt_ssl_early_hold(SSL_CTX *ctx);

/* sigalgs.c: a list of SSL_CTX_set1_sigalgs_list(3). */
enum tvt_result tvt_ssl_set_sigalgs(struct tvt_config *c, const char *list, struct tvt_error *e);

/* resume.c, psk.c */
tvt_session_callback tvt_ssl_new_session; /* a client's tickets */
tvt_psk_callback tvt_ssl_find_psk;
/* Client, before its ClientHello: adds sessions and PSKs that are to be offered. */
int tvt_ssl_offer_sessions(SSL *ssl);
int tvt_ssl_offer_psk(SSL *ssl);
void tvt_ssl_drop_sessions(SSL *ssl);

/* ssl.c */
/* A new SSL with the settings of one whose handshake has not begun, without its channel. NULL: a record is made. */
SSL *tvt_ssl_duplicate(const SSL *ssl);

/* handshake.c */
/* As SSL_do_handshake(). */
int tvt_ssl_handshake(SSL *ssl);
/* The same in a call that is about something else: whoever watches is told how the handshake stands. */
int tvt_ssl_handshake_first(SSL *ssl);
/* Sends a last flight that is held back, if there is one. */
int tvt_ssl_release(SSL *ssl);
void tvt_ssl_acknowledge(SSL *ssl); /* the peer may write on at once: where the socket can */
/* The connection, made where there is none. */
int tvt_ssl_begin(SSL *ssl);
/* Refuses a call that receives out of one of the SSL's own callbacks. */
int tvt_ssl_check_idle(SSL *ssl, const char *call);
/* Goes on until the handshake is done or `until` (NULL: never) says so. */
int tvt_ssl_drive(SSL *ssl, struct tvt_ssl_input *input, bool (*until)(const SSL *ssl));
/* The SSL that this thread drives now; NULL: none. */
SSL *tvt_ssl_driven(void);
/* The key log's line belongs to the SSL that the thread drives now. Returns the one before. */
SSL *tvt_ssl_enter(SSL *ssl);
void tvt_ssl_leave(SSL *before);
tvt_keylog_callback tvt_ssl_keylog;

/* read.c: plaintext at the front of the input, to out[room]; the count. `keep`: it stays. */
size_t tvt_ssl_deliver(SSL *ssl, struct tvt_ssl_input *input, uint8_t *out, size_t room, bool keep);

/* io.c: the transport. */
/* Sends what waits: bytes left over, then the connection's output, in one write, and flushes. */
int tvt_ssl_drain(SSL *ssl);
/* Sends `len` bytes behind what waits; what the BIO does not take is kept. */
int tvt_ssl_send(SSL *ssl, const uint8_t *bytes, size_t len);
int tvt_ssl_flush(SSL *ssl);

/* A place to receive in: the heap buffer where something is left over, else the stack of the caller. */
struct tvt_ssl_input {
    struct tvt_buffer stack, *at;
};
void tvt_ssl_input_open(SSL *ssl, struct tvt_ssl_input *input, uint8_t *stack, size_t size);
int tvt_ssl_input_close(SSL *ssl, struct tvt_ssl_input *input);
/* One read from the BIO: until the record at hand is whole, or up to `ahead` bytes in all if that is more. */
int tvt_ssl_fill(SSL *ssl, struct tvt_ssl_input *input, size_t ahead);
bool tvt_ssl_has_record(const struct tvt_ssl_input *input);
/* Opens the record at hand; its plaintext, if any, is plain_len bytes at the front. */
int tvt_ssl_take(SSL *ssl, struct tvt_ssl_input *input);
/* Why a connection that said PENDING waits: WANT_RETRY_VERIFY or WANT_ASYNC. */
int tvt_ssl_pending(const SSL *ssl);

#endif
