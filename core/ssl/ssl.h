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
#include "core/ssl/bio.h"
#include <trivet/ssl.h>
#include <trivet/tls.h>

#define TVT_ROLE_UNSET (-1)
#define TVT_VERIFY_MODE_UNSET (-1)

struct tvt_ssl_method {
    int role; /* enum tvt_role, or TVT_ROLE_UNSET: both */
};

struct tvt_ssl_ctx {
    atomic_uint references;
    const struct tvt_ssl_method *method;
    struct tvt_provider *provider; /* owned */
    struct tvt_config *config;     /* reference; copied before a change once an SSL uses it */
    int verify_mode;               /* SSL_VERIFY_*, or TVT_VERIFY_MODE_UNSET */
    bool has_callback;             /* a verify_callback was given, which cannot be honoured */
    bool quiet_shutdown;
    uint32_t mode;
    uint64_t options;
    SSL_CTX_keylog_cb_func keylog;
    struct tvt_file chain, key;    /* of a pair that is half given */
    bool chain_is_leaf;            /* only the first certificate of `chain` counts */
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
    uint64_t options;
    bool has_callback, quiet_shutdown;
    bool spoke_last;     /* a client's handshake ended and the peer has not been heard since: Nagle would wait */
    bool flush_due;      /* the wbio took bytes and was not flushed since */
    bool reported;       /* the connection's error is in the ERR view */
    bool write_dead;     /* a write failed for good */
    bool read_dead;      /* a read failed for good */
    int dead_errno;
    int shutdown_flags;  /* set by SSL_set_shutdown() or a quiet shutdown */
    char *sni, *verify_name;  /* until the connection has them */
    struct tvt_error *error;  /* of the last refused call or failed system call; NULL: none */
    /* Left over between calls, released when empty. in: plain_len bytes of plaintext, plain_gap to skip, wire bytes. */
    struct tvt_buffer in;
    size_t plain_len, plain_gap;
    struct tvt_buffer out; /* sealed bytes that the BIO did not take */
    /* A write that must be repeated: its data, its length, and how much of it is sealed. */
    const void *retry_data;
    size_t retry_len, retry_done;
};

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
/* The connection ended with a fatal error. A call that it only refused, such as an export, is none. */
bool tvt_ssl_is_broken(const SSL *ssl);
/* Ends a call: keeps `code` for SSL_get_error(), sets errno for a failed system call. 1, 0 (ZERO_RETURN) or -1. */
int tvt_ssl_finish(SSL *ssl, int code);
/* NULL objects: a record in the ERR view; -1. */
int tvt_ssl_null(const char *call);

/* err.c */
void tvt_err_push(const struct tvt_error *error);

/* config.c */
/* Makes *config one that may be changed. */
enum tvt_result tvt_ssl_open_config(struct tvt_config **config, struct tvt_error *error);
/* The mode for a role, of what the program asked for. */
enum tvt_verify tvt_ssl_verify_of(int verify_mode, int role);

/* handshake.c */
/* As SSL_do_handshake(). */
int tvt_ssl_handshake(SSL *ssl);
/* The key log's line belongs to the SSL that the thread drives now. Returns the one before. */
SSL *tvt_ssl_enter(SSL *ssl);
void tvt_ssl_leave(SSL *before);
tvt_keylog_callback tvt_ssl_keylog;

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

#endif
