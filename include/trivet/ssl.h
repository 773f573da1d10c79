/* SPDX-License-Identifier: MIT
 *
 * ssl.h - TLS over sockets and BIOs with the names of SSL_connect(3).
 *
 * OpenSSL's names are macros (<trivet/names.h>) over symbols that begin with tvt_, so that libssl, libcrypto and Trivet
 * can share a program (not a source file). Constants have OpenSSL's values. What differs, on purpose:
 *
 *  - A client verifies the server's chain AND its name unless SSL_VERIFY_NONE was asked for. Without a trust store or
 *    without a name the handshake does not begin, and the error says which call to add.
 *  - SSL_get_error() answers from the SSL alone. No queue of the thread can turn a WANT_READ into a failure, and
 *    nothing has to be cleared before a call.
 *  - Every failure leaves a record: SSL_get0_error_record() and <trivet/error.h>. ERR_get_error() and its kin show the
 *    same records, for programs that ask there.
 *  - The end of the transport without close_notify is SSL_ERROR_SSL with its own code (TVT_E_UNEXPECTED_EOF).
 *  - SSL_get_verify_result() never says X509_V_OK for a certificate that nobody verified.
 *  - A client's first write does not wait on Nagle's algorithm; SIGPIPE is never raised.
 *
 * Threads: an SSL, and the BIOs it uses, belong to one thread at a time. SSL_new() on one SSL_CTX is safe from any
 * number of threads as long as nobody changes the SSL_CTX meanwhile; what stands at SSL_new() is what that SSL uses,
 * later changes of the SSL_CTX do not reach it. "1 or 0" below means: 1 on success, 0 on failure with a record in the
 * ERR view (and in the SSL where there is one). NULL for an object is an error, never a crash.
 */
#ifndef TRIVET_SSL_H
#define TRIVET_SSL_H

#include <stdio.h>

#include <trivet/bio.h>
#include <trivet/error.h>
#include <trivet/names.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tvt_ssl SSL;
typedef struct tvt_ssl_ctx SSL_CTX;
typedef struct tvt_ssl_method SSL_METHOD;
typedef struct tvt_suite SSL_CIPHER;
typedef struct tvt_x509_store_ctx X509_STORE_CTX;

/* ---- constants --------------------------------------------------------------------------------------------------- */

#define SSL_ERROR_NONE 0
#define SSL_ERROR_SSL 1               /* fatal, or a call that is not allowed now: see the record                   */
#define SSL_ERROR_WANT_READ 2         /* call again when the transport can be read                                  */
#define SSL_ERROR_WANT_WRITE 3        /* call again when the transport can be written                               */
#define SSL_ERROR_WANT_X509_LOOKUP 4
#define SSL_ERROR_SYSCALL 5           /* a system call failed: errno, also in the record                            */
#define SSL_ERROR_ZERO_RETURN 6       /* the peer closed in order (close_notify)                                    */
#define SSL_ERROR_WANT_CONNECT 7
#define SSL_ERROR_WANT_ACCEPT 8
#define SSL_ERROR_WANT_ASYNC 9        /* a signer has not answered yet: call again                                  */
#define SSL_ERROR_WANT_ASYNC_JOB 10
#define SSL_ERROR_WANT_CLIENT_HELLO_CB 11
#define SSL_ERROR_WANT_RETRY_VERIFY 12 /* the verdict on the peer's certificate is open: call again                 */

#define SSL_NOTHING 1
#define SSL_WRITING 2
#define SSL_READING 3
#define SSL_X509_LOOKUP 4
#define SSL_ASYNC_PAUSED 5
#define SSL_RETRY_VERIFY 8

#define SSL_VERIFY_NONE 0x00
#define SSL_VERIFY_PEER 0x01
#define SSL_VERIFY_FAIL_IF_NO_PEER_CERT 0x02
#define SSL_VERIFY_CLIENT_ONCE 0x04
#define SSL_VERIFY_POST_HANDSHAKE 0x08
/* Trivet's own, with PEER: a client verifies the chain but no name; the program compares it. */
#define SSL_VERIFY_NO_NAME 0x10000

#define SSL_SENT_SHUTDOWN 1
#define SSL_RECEIVED_SHUTDOWN 2

#define SSL_FILETYPE_PEM 1
#define SSL_FILETYPE_ASN1 2

#define SSL_MODE_ENABLE_PARTIAL_WRITE 0x00000001U
#define SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER 0x00000002U
#define SSL_MODE_AUTO_RETRY 0x00000004U      /* on from the start */
#define SSL_MODE_RELEASE_BUFFERS 0x00000010U /* always so         */

#define SSL_OP_CLEANSE_PLAINTEXT 0x00000002U         /* no copy of received data stays in Trivet's memory            */
#define SSL_OP_IGNORE_UNEXPECTED_EOF 0x00000080U     /* the end without close_notify counts as one: data may be cut  */
#define SSL_OP_NO_TICKET 0x00004000U                 /* accepted: no tickets are issued                              */
#define SSL_OP_NO_COMPRESSION 0x00020000U            /* always so                                                    */
#define SSL_OP_ENABLE_MIDDLEBOX_COMPAT 0x00100000U   /* RFC 9846 appendix E.4; on from the start                     */
#define SSL_OP_CIPHER_SERVER_PREFERENCE 0x00400000U  /* always so                                                    */
#define SSL_OP_NO_SSLv2 0x00000000U                  /* these four: always so                                        */
#define SSL_OP_NO_SSLv3 0x02000000U
#define SSL_OP_NO_TLSv1 0x04000000U
#define SSL_OP_NO_TLSv1_1 0x10000000U
#define SSL_OP_NO_TLSv1_2 0x08000000U
#define SSL_OP_NO_TLSv1_3 0x20000000U
#define SSL_OP_NO_RENEGOTIATION 0x40000000U          /* always so                                                    */
#define SSL_OP_SINGLE_DH_USE 0x0U
#define SSL_OP_SINGLE_ECDH_USE 0x0U
#define SSL_OP_ALL 0x80000850U                       /* accepted: none of those bugs is worked around or needs it    */

#define SSL3_VERSION 0x0300
#define TLS1_VERSION 0x0301
#define TLS1_1_VERSION 0x0302
#define TLS1_2_VERSION 0x0303
#define TLS1_3_VERSION 0x0304

#define TLSEXT_NAMETYPE_host_name 0

#define SSL_KEY_UPDATE_NONE (-1)
#define SSL_KEY_UPDATE_NOT_REQUESTED 0
#define SSL_KEY_UPDATE_REQUESTED 1

/* What SSL_get_verify_result() can say. */
#define X509_V_OK 0
#define X509_V_ERR_UNSPECIFIED 1                          /* also: nobody verified it                  */
#define X509_V_ERR_CERT_SIGNATURE_FAILURE 7
#define X509_V_ERR_CERT_NOT_YET_VALID 9
#define X509_V_ERR_CERT_HAS_EXPIRED 10
#define X509_V_ERR_OUT_OF_MEM 17
#define X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT 18
#define X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY 20
#define X509_V_ERR_CERT_CHAIN_TOO_LONG 22
#define X509_V_ERR_CERT_REVOKED 23
#define X509_V_ERR_INVALID_CA 79
#define X509_V_ERR_PATH_LENGTH_EXCEEDED 25
#define X509_V_ERR_INVALID_PURPOSE 26
#define X509_V_ERR_CERT_REJECTED 28
#define X509_V_ERR_KEYUSAGE_NO_CERTSIGN 32
#define X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION 34
#define X509_V_ERR_INVALID_EXTENSION 41
#define X509_V_ERR_PERMITTED_VIOLATION 47
#define X509_V_ERR_HOSTNAME_MISMATCH 62
#define X509_V_ERR_EE_KEY_TOO_SMALL 66
#define X509_V_ERR_CA_MD_TOO_WEAK 68

/* ---- SSL_CTX: what many connections share ------------------------------------------------------------------------ */

/* For both roles; clients only; servers only. Static. All speak the versions that this build has. */
const SSL_METHOD *TLS_method(void);
const SSL_METHOD *TLS_client_method(void);
const SSL_METHOD *TLS_server_method(void);

/* An SSL_CTX over the default backend, with one reference, and with the clock of the system. NULL: see tvt_err_last(). */
SSL_CTX *SSL_CTX_new(const SSL_METHOD *method);
/* The same over the backends named, "libsodium+openssl" (<trivet/provider.h>, tvt_provider_open); NULL: the default.
 * `error` may be NULL. */
SSL_CTX *SSL_CTX_new_with_backend(const SSL_METHOD *method, const char *backend, struct tvt_error *error);
int SSL_CTX_up_ref(SSL_CTX *ctx); /* 1 or 0 */
void SSL_CTX_free(SSL_CTX *ctx);  /* drops one reference; every SSL made from it holds one; NULL allowed */

/* How the peer is authenticated. `mode`: SSL_VERIFY_*, or'ed.
 *  - Client: PEER (and no call at all): chain and name are verified. NONE: nothing is.
 *  - Server: NONE (and no call): no certificate is asked for. PEER: one is asked for, and verified if it comes.
 *    PEER | FAIL_IF_NO_PEER_CERT: and a client without one is refused.
 * A `callback` other than NULL cannot be honoured: handshakes then fail with WRONG_CALL rather than ignore it. */
typedef int (*SSL_verify_cb)(int preverify_ok, X509_STORE_CTX *store);
void SSL_CTX_set_verify(SSL_CTX *ctx, int mode, SSL_verify_cb callback);
int SSL_CTX_get_verify_mode(const SSL_CTX *ctx);

/* Adds root certificates: a file of PEM certificates, every file of a directory, or both (NULL: left out). 1 or 0. */
int SSL_CTX_load_verify_locations(SSL_CTX *ctx, const char *file, const char *directory);
int SSL_CTX_load_verify_file(SSL_CTX *ctx, const char *file);
int SSL_CTX_load_verify_dir(SSL_CTX *ctx, const char *directory);
/* Adds the root certificates of the system, found when the program runs (SSL_CERT_FILE, SSL_CERT_DIR, the usual
 * places). 1, or 0 when there are none: the record lists what was tried. */
int SSL_CTX_set_default_verify_paths(SSL_CTX *ctx);

/* Who we are. A certificate call and a key call, in either order, make a pair; several pairs may be given (RSA and
 * ECDSA, or for different names): a server takes the first that fits the client, one for the client's server name
 * before others. The key must belong to the certificate: the call that completes the pair fails otherwise
 * (KEY_MISMATCH). 1 or 0. */
int SSL_CTX_use_certificate_chain_file(SSL_CTX *ctx, const char *file); /* PEM, leaf first                          */
int SSL_CTX_use_certificate_file(SSL_CTX *ctx, const char *file, int type); /* the leaf alone; type: SSL_FILETYPE_* */
int SSL_CTX_use_PrivateKey_file(SSL_CTX *ctx, const char *file, int type);
/* 1: there is a pair, and none is half given. 0 otherwise. */
int SSL_CTX_check_private_key(const SSL_CTX *ctx);

/* ALPN protocols in order of preference, each behind its length byte. A client offers them; a server chooses from them
 * and refuses a client with none in common. 0 ON SUCCESS, 1 on failure, as in OpenSSL. */
int SSL_CTX_set_alpn_protos(SSL_CTX *ctx, const unsigned char *protos, unsigned int len);

/* `version`: TLS1_2_VERSION, TLS1_3_VERSION, or 0 for the lowest or highest that there is. Older ones count as the
 * lowest for the minimum. 1 or 0. */
int SSL_CTX_set_min_proto_version(SSL_CTX *ctx, int version);
int SSL_CTX_set_max_proto_version(SSL_CTX *ctx, int version);
/* Names joined with ':', best first ("TLS_AES_128_GCM_SHA256", "X25519:P-256", "ecdsa_secp256r1_sha256"). 1 or 0. */
int SSL_CTX_set_ciphersuites(SSL_CTX *ctx, const char *list);
int SSL_CTX_set1_groups_list(SSL_CTX *ctx, const char *list);
int SSL_CTX_set1_sigalgs_list(SSL_CTX *ctx, const char *list);

/* Called with each line of a key log (NUL-terminated, no newline). Secrets leave the library: for debugging only. */
typedef void (*SSL_CTX_keylog_cb_func)(const SSL *ssl, const char *line);
void SSL_CTX_set_keylog_callback(SSL_CTX *ctx, SSL_CTX_keylog_cb_func callback);
SSL_CTX_keylog_cb_func SSL_CTX_get_keylog_callback(const SSL_CTX *ctx);

long SSL_CTX_set_mode(SSL_CTX *ctx, long mode); /* SSL_MODE_*: adds; returns all that are set */
long SSL_CTX_clear_mode(SSL_CTX *ctx, long mode);
long SSL_CTX_get_mode(const SSL_CTX *ctx);
uint64_t SSL_CTX_set_options(SSL_CTX *ctx, uint64_t options); /* SSL_OP_*: adds; returns all that are set */
uint64_t SSL_CTX_clear_options(SSL_CTX *ctx, uint64_t options);
uint64_t SSL_CTX_get_options(const SSL_CTX *ctx);
void SSL_CTX_set_quiet_shutdown(SSL_CTX *ctx, int quiet);

/* ---- SSL: one connection ----------------------------------------------------------------------------------------- */

/* A connection with one reference, and with what `ctx` says now. NULL: see ERR_get_error(). */
SSL *SSL_new(SSL_CTX *ctx);
int SSL_up_ref(SSL *ssl); /* 1 or 0 */
/* Drops one reference; with the last, the BIOs are freed (what a socket BIO made by SSL_set_fd() reads from stays
 * open), nothing is sent, and secrets are wiped. NULL allowed. */
void SSL_free(SSL *ssl);
SSL_CTX *SSL_get_SSL_CTX(const SSL *ssl); /* no reference is taken */

/* The channel. A descriptor stays the caller's and open. 1 or 0. */
int SSL_set_fd(SSL *ssl, int fd);
int SSL_set_rfd(SSL *ssl, int fd);
int SSL_set_wfd(SSL *ssl, int fd);
int SSL_get_fd(const SSL *ssl); /* the reading one; -1: none */
int SSL_get_rfd(const SSL *ssl);
int SSL_get_wfd(const SSL *ssl);
/* Takes one reference of each BIO from the caller; only one when both are the same, and none of a BIO that stays where
 * it is (SSL_set_bio(3) of OpenSSL has the cases). Those set before are freed. */
void SSL_set_bio(SSL *ssl, BIO *rbio, BIO *wbio);
void SSL_set0_rbio(SSL *ssl, BIO *rbio); /* takes the caller's reference */
void SSL_set0_wbio(SSL *ssl, BIO *wbio);
BIO *SSL_get_rbio(const SSL *ssl);
BIO *SSL_get_wbio(const SSL *ssl);

/* The server's name: sent (SNI, RFC 6066 3) and, unless SSL_set1_host() says another, compared with its certificate
 * (RFC 9525). An IP address is compared and not sent. Before the handshake. 1 or 0. */
int SSL_set_tlsext_host_name(SSL *ssl, const char *name);
/* The name that the certificate must have; NULL: the one of SSL_set_tlsext_host_name(). 1 or 0. */
int SSL_set1_host(SSL *ssl, const char *name);
/* The name sent, or on a server the one received; NULL: none. `type`: TLSEXT_NAMETYPE_host_name. */
const char *SSL_get_servername(const SSL *ssl, int type);

/* As those of the SSL_CTX, for this connection, before its handshake. */
void SSL_set_verify(SSL *ssl, int mode, SSL_verify_cb callback);
int SSL_get_verify_mode(const SSL *ssl);
int SSL_set_alpn_protos(SSL *ssl, const unsigned char *protos, unsigned int len); /* 0 ON SUCCESS */
int SSL_set_min_proto_version(SSL *ssl, int version);
int SSL_set_max_proto_version(SSL *ssl, int version);
int SSL_set_ciphersuites(SSL *ssl, const char *list);
int SSL_set1_groups_list(SSL *ssl, const char *list);
int SSL_set1_sigalgs_list(SSL *ssl, const char *list);
long SSL_set_mode(SSL *ssl, long mode);
long SSL_clear_mode(SSL *ssl, long mode);
long SSL_get_mode(const SSL *ssl);
uint64_t SSL_set_options(SSL *ssl, uint64_t options);
uint64_t SSL_clear_options(SSL *ssl, uint64_t options);
uint64_t SSL_get_options(const SSL *ssl);
void SSL_set_quiet_shutdown(SSL *ssl, int quiet);

/* ---- handshake --------------------------------------------------------------------------------------------------- */

/* Initiates the handshake with a server, or goes on with it. The channel (SSL_set_fd, SSL_set_bio) must be set.
 *   1: done.
 *   0: the peer ended it in order (close_notify): SSL_ERROR_ZERO_RETURN.
 *  -1: SSL_get_error() says WANT_READ, WANT_WRITE, WANT_ASYNC or WANT_RETRY_VERIFY (call again), SSL (fatal alert
 *      sent or received, end of the transport, a call that is missing) or SYSCALL (errno).
 * Over a blocking BIO it returns only when it is done or failed. It may be resumed at any byte. SSL_connect(3). */
int SSL_connect(SSL *ssl);
/* The same for a server that waits for a client. */
int SSL_accept(SSL *ssl);
/* The same in the role that SSL_set_connect_state() or SSL_set_accept_state() gave. */
int SSL_do_handshake(SSL *ssl);
void SSL_set_connect_state(SSL *ssl); /* no effect once the handshake has begun */
void SSL_set_accept_state(SSL *ssl);
int SSL_is_server(const SSL *ssl);        /* 1: server                                  */
int SSL_is_init_finished(const SSL *ssl); /* 1: the handshake is done                   */
int SSL_in_init(const SSL *ssl);          /* 1: it is not                               */
const char *SSL_state_string_long(const SSL *ssl); /* "client13.WAIT_SH"; static          */
const char *SSL_state_string(const SSL *ssl);      /* six letters; static                 */

/* ---- data -------------------------------------------------------------------------------------------------------- */

/* Received data into data[0..len): as many whole records as have come and fit. Runs the handshake first if it is not
 * done. The count (> 0); 0: SSL_ERROR_ZERO_RETURN, the peer sends no more; -1: as SSL_connect(). Data that came before
 * an error is delivered before the error is told. SSL_read with len <= 0 returns 0 and reads nothing. */
int SSL_read(SSL *ssl, void *data, int len);
int SSL_read_ex(SSL *ssl, void *data, size_t len, size_t *got); /* 1 and *got > 0, or 0 */
/* The same, and the data stays. */
int SSL_peek(SSL *ssl, void *data, int len);
int SSL_peek_ex(SSL *ssl, void *data, size_t len, size_t *got);
/* Sends data[0..len), sealed straight from there. The count, which is `len` unless SSL_MODE_ENABLE_PARTIAL_WRITE is
 * set; -1: as SSL_connect(). After WANT_WRITE (or WANT_READ) the call must be repeated with the same data and at least
 * the same length - and from the same address unless SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER is set: part of it is sealed
 * already; otherwise BAD_WRITE_RETRY, which harms nothing. */
int SSL_write(SSL *ssl, const void *data, int len);
int SSL_write_ex(SSL *ssl, const void *data, size_t len, size_t *put); /* 1 and *put, or 0 */
/* Bytes that SSL_read() delivers without touching the transport (of records that are opened). */
int SSL_pending(const SSL *ssl);
/* 1 when bytes are held here, opened or not, so that the transport alone does not tell whether SSL_read() has work. */
int SSL_has_pending(const SSL *ssl);

/* Closes our direction (close_notify), then waits for the peer's.
 *   First call:  0: ours is sent, the peer's has not come. 1: both. -1: as SSL_connect(): call again when it says so.
 *   Next calls:  1: the peer's came. -1: WANT_READ; or SSL when data arrived, which SSL_read() delivers: read it first.
 * Without a finished handshake, and after a fatal error: -1, SSL_ERROR_SSL. After 0, SSL_get_error() says NONE. */
int SSL_shutdown(SSL *ssl);
int SSL_get_shutdown(const SSL *ssl); /* SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN */
void SSL_set_shutdown(SSL *ssl, int flags);

/* Queues a KeyUpdate (RFC 9846 4.7.3), sent with the next write. `type`: SSL_KEY_UPDATE_REQUESTED asks the peer for one
 * too. 1 or 0. */
int SSL_key_update(SSL *ssl, int type);
/* Exported keying material (RFC 9846 7.5), after the handshake. `label` has label_len bytes, at most 249; without a
 * context (use_context 0) it is empty. 1 or 0. */
int SSL_export_keying_material(SSL *ssl, unsigned char *out, size_t out_len, const char *label, size_t label_len,
                               const unsigned char *context, size_t context_len, int use_context);

/* ---- errors ------------------------------------------------------------------------------------------------------ */

/* What the last call on this SSL, which returned `ret`, came to: SSL_ERROR_*. From the SSL alone. */
int SSL_get_error(const SSL *ssl, int ret);
int SSL_want(const SSL *ssl); /* SSL_NOTHING, SSL_READING, SSL_WRITING, SSL_ASYNC_PAUSED, SSL_RETRY_VERIFY */
/* The record of the fatal error, or else of the last call that was refused; code TVT_E_NONE: there was none. Never
 * NULL; lives as long as the SSL. With NULL (SSL_new() or a call on an SSL_CTX failed): the last record of this thread,
 * good until its next failure. tvt_error_format() makes text of it. */
const struct tvt_error *SSL_get0_error_record(const SSL *ssl);

/* The records of this thread, the last few of them, oldest first. Nothing in Trivet decides by them. A code holds
 * ERR_LIB_SSL and enum tvt_error_code; 0: none. */
unsigned long ERR_get_error(void);       /* takes the oldest out */
unsigned long ERR_peek_error(void);
unsigned long ERR_peek_last_error(void);
void ERR_clear_error(void);
/* "error:0A00001A:Trivet::BAD_RECORD_MAC: A record does not decrypt ...". `out` NULL: a buffer of the thread. */
char *ERR_error_string(unsigned long code, char *out /* 256 bytes */);
void ERR_error_string_n(unsigned long code, char *out, size_t len);
const char *ERR_reason_error_string(unsigned long code); /* the sentence of errors.def; NULL: not one of ours */
const char *ERR_lib_error_string(unsigned long code);
int ERR_GET_LIB(unsigned long code);
int ERR_GET_REASON(unsigned long code); /* enum tvt_error_code */
/* Prints and removes all records, one line each. */
void ERR_print_errors_fp(FILE *file);
/* Trivet's own: the newest record of this thread, which says why a call on an SSL_CTX failed; code TVT_E_NONE: there is
 * none. Never NULL; good until the thread's next call. */
const struct tvt_error *tvt_err_last(void);
#define ERR_LIB_SSL 20
#define SSL_R_UNEXPECTED_EOF_WHILE_READING TVT_E_UNEXPECTED_EOF

/* ---- what was negotiated ----------------------------------------------------------------------------------------- */

const char *SSL_get_version(const SSL *ssl); /* "TLSv1.3"; "unknown" before                    */
int SSL_version(const SSL *ssl);             /* TLS1_3_VERSION; 0 before                       */
const SSL_CIPHER *SSL_get_current_cipher(const SSL *ssl); /* static; NULL before               */
const char *SSL_CIPHER_get_name(const SSL_CIPHER *cipher); /* "TLS_AES_128_GCM_SHA256"; "(NONE)" for NULL */
const char *SSL_get_cipher_name(const SSL *ssl);
const char *SSL_get_cipher(const SSL *ssl); /* the same */
const char *SSL_get0_group_name(const SSL *ssl); /* "x25519"; NULL before                      */
/* The protocol negotiated: *data is not NUL-terminated and lives as long as the SSL; *len 0: none. */
void SSL_get0_alpn_selected(const SSL *ssl, const unsigned char **data, unsigned int *len);
/* X509_V_OK when the peer's certificate was verified (or a client sent none, unasked). A failure's X509_V_ERR_*;
 * X509_V_ERR_UNSPECIFIED when nobody verified it, as with SSL_VERIFY_NONE. */
long SSL_get_verify_result(const SSL *ssl);

struct tvt_connection;
/* The connection below (<trivet/tls.h>), for tvt_connection_info() and tvt_connection_peer_certificate(); NULL before
 * the handshake begins. It stays the SSL's: do not give it input or take its output. */
struct tvt_connection *SSL_get0_tvt_connection(SSL *ssl);

#ifdef __cplusplus
}
#endif
#endif
