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
 *  - A client's first write does not wait on Nagle's algorithm, at either end; SIGPIPE is never raised.
 *  - A session of TLS 1.3 is resumed once (one of TLS 1.2 as long as it lives), and no early data is taken without a memory
 *    that refuses replays.
 *
 * Threads: an SSL, and the BIOs it uses, belong to one thread at a time. SSL_new() on one SSL_CTX is safe from any
 * number of threads as long as nobody changes the SSL_CTX meanwhile, except in whom it trusts (SSL_CTX_set1_tvt_trust(),
 * X509_STORE_add_cert() and _add_crl(), files of roots and lists); what stands at SSL_new() is what that SSL uses, later
 * changes of the SSL_CTX do not reach it. "1 or 0" below means: 1 on success, 0 on failure with a record in the
 * ERR view (and in the SSL where there is one). NULL for an object is an error, never a crash.
 */
#ifndef TRIVET_SSL_H
#define TRIVET_SSL_H

#include <stdio.h>

#include "bio.h"
#include "constants.h"
#include "error_own.h"
#include "names.h"
#include "session.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tvt_ssl SSL;
typedef struct tvt_ssl_ctx SSL_CTX;
typedef struct tvt_ssl_method SSL_METHOD;
typedef struct tvt_suite SSL_CIPHER;
typedef struct tvt_x509_store_ctx X509_STORE_CTX;
typedef struct tvt_session SSL_SESSION; /* <trivet/session.h>; immutable once it is in use */
struct tvt_trust_store;                 /* <trivet/x509.h> */
typedef struct tvt_md EVP_MD;           /* never made here: callbacks that name it get NULL */

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
 *    PEER | POST_HANDSHAKE: none is asked for until SSL_verify_client_post_handshake(); with FAIL_IF_NO_PEER_CERT besides
 *    the handshake fails with WRONG_CALL, for that cannot be kept.
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
/* Trivet's own: `store` (<trivet/x509.h>: roots, their limits, revocation lists) takes the place of all that the SSL_CTX trusts; a
 * reference is taken. Any thread may call it at any time, while others make SSLs of `ctx` and shake hands: an SSL keeps the
 * store that stood when it was made, and the last of them drops it. 1 or 0. */
int SSL_CTX_set1_tvt_trust(SSL_CTX *ctx, struct tvt_trust_store *store);

/* Who we are. A certificate call and a key call, in either order, make a pair; several pairs may be given (RSA and
 * ECDSA, or for different names): a server takes the first that fits the client, one for the client's server name
 * before others. The first one after an SSL_new() takes the place of those of its kind of key that stood then: files may be
 * loaded again. The key must belong to the certificate: the call that completes the pair fails otherwise
 * (KEY_MISMATCH). 1 or 0. */
int SSL_CTX_use_certificate_chain_file(SSL_CTX *ctx, const char *file); /* PEM, leaf first                          */
int SSL_CTX_use_certificate_file(SSL_CTX *ctx, const char *file, int type); /* the leaf alone; type: SSL_FILETYPE_* */
int SSL_CTX_use_PrivateKey_file(SSL_CTX *ctx, const char *file, int type);
/* 1: there is a pair, and none is half given. 0 otherwise. */
int SSL_CTX_check_private_key(const SSL_CTX *ctx);

/* ALPN protocols in order of preference, each behind its length byte. A client offers them; a server chooses from them
 * and refuses a client with none in common. 0 ON SUCCESS, 1 on failure, as in OpenSSL. */
int SSL_CTX_set_alpn_protos(SSL_CTX *ctx, const unsigned char *protos, unsigned int len);

/* `version`: TLS1_2_VERSION, TLS1_3_VERSION, or 0 for the lowest or highest that there is, which is what stands from the
 * start. Older ones count as the lowest for the minimum. 1 or 0: a minimum above the maximum, NO_VERSION (change the other first). */
int SSL_CTX_set_min_proto_version(SSL_CTX *ctx, int version);
int SSL_CTX_set_max_proto_version(SSL_CTX *ctx, int version);
/* Trivet's own: 1: a TLS 1.2 peer without the extended master secret is taken (tvt_config_set_allow_no_ems). 0 from the start:
 * such a handshake fails with NO_EXTENDED_MASTER_SECRET. 1 or 0. */
int SSL_CTX_set_tvt_allow_no_ems(SSL_CTX *ctx, int allow);
/* The suites of TLS 1.2, as OpenSSL has it (ciphers(1)): names ("ECDHE-RSA-AES128-GCM-SHA256", also those of the registry) and
 * words (ECDHE+AESGCM, CHACHA20, aECDSA, HIGH) with ':' between them; '!', '-' and '+' in front take out, take out for now,
 * put last. What is unknown, or not there, is skipped: with nothing left, it fails. There are those with ECDHE and an AEAD
 * alone; those with CCM_8 only by name or as AESCCM8. @STRENGTH sorts by the length of the key;
 * @SECLEVEL=n changes nothing. 1 or 0. */
int SSL_CTX_set_cipher_list(SSL_CTX *ctx, const char *list);
/* Names joined with ':', best first. 1 or 0. Suites of TLS 1.3 alone, "TLS_AES_128_GCM_SHA256"; with "" there is none, and TLS 1.3
 * is not spoken. */
int SSL_CTX_set_ciphersuites(SSL_CTX *ctx, const char *list);
int SSL_CTX_set1_groups_list(SSL_CTX *ctx, const char *list); /* "X25519:P-256" */
/* Signature schemes of the registry, "ecdsa_secp256r1_sha256", or a kind of key and a digest: RSA, RSA-PSS (PSS) or ECDSA, '+',
 * SHA256, SHA384 or SHA512. One that is named again counts once; one with '?' in front is left out where it is not known or
 * the backend has none; others are then refused, as is a list with nothing left. */
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

/* A connection with one reference, and with what `ctx` says now; callbacks for sessions, ticket keys, the cache and the
 * memory against replays stay the SSL_CTX's. NULL: see ERR_get_error(). */
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
int SSL_set_cipher_list(SSL *ssl, const char *list);
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
 *  -1: SSL_get_error() says WANT_READ, WANT_WRITE, WANT_CONNECT, WANT_ACCEPT, or that a callback or a signer has not
 *      answered: WANT_ASYNC, WANT_RETRY_VERIFY, WANT_X509_LOOKUP, WANT_CLIENT_HELLO_CB (call again); SSL (fatal alert
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

/* ---- being asked in the middle ---------------------------------------------------------------------------------- */

/* Callbacks that say how a handshake goes on. A call that drives it then returns -1 where one cannot answer yet, SSL_get_error()
 * says which, and the call is repeated until it answers. They run on the thread of the SSL, which they may look at
 * (SSL_get_servername(), SSL_get0_peer_certificate(), SSL_get_ex_data()) and must not read, write, shut down or free. For SSLs
 * that are made later; NULL: nobody is asked. */
#define SSL_CLIENT_HELLO_SUCCESS 1
#define SSL_CLIENT_HELLO_ERROR 0
#define SSL_CLIENT_HELLO_RETRY (-1)
/* Server: by a client's first ClientHello, before anything is chosen. SUCCESS: goes on, and is asked no more; ERROR: HELLO_REFUSED,
 * with *alert (handshake_failure 40, access_denied 49, insufficient_security 71, internal_error 80 as set before,
 * unrecognized_name 112); RETRY: SSL_ERROR_WANT_CLIENT_HELLO_CB. */
typedef int (*SSL_client_hello_cb_fn)(SSL *ssl, int *alert, void *user);
void SSL_CTX_set_client_hello_cb(SSL_CTX *ctx, SSL_client_hello_cb_fn callback, void *user);
/* More than 0: goes on; 0: refused; less: will be asked again.
 * cert: before a certificate is chosen from those that the SSL_CTX has - on a server by the ClientHello, behind the callback above
 * (HELLO_REFUSED), on a client by the server's request for one (REQUEST_REFUSED). SSL_ERROR_WANT_X509_LOOKUP.
 * verdict, Trivet's own: when the peer's certificates have passed all checks, or with SSL_VERIFY_NONE in their place
 * (CERT_REJECTED). SSL_ERROR_WANT_RETRY_VERIFY. 1 or 0. */
typedef int tvt_ssl_ask_callback(SSL *ssl, void *user);
void SSL_CTX_set_cert_cb(SSL_CTX *ctx, tvt_ssl_ask_callback *callback, void *user);
void SSL_set_cert_cb(SSL *ssl, tvt_ssl_ask_callback *callback, void *user);
int SSL_CTX_set_tvt_verdict_callback(SSL_CTX *ctx, tvt_ssl_ask_callback *callback, void *user);

/* ---- data -------------------------------------------------------------------------------------------------------- */

/* Received data into data[0..len): those of a record, or the part of it that fits. Runs the handshake first if it is not
 * done. The count (> 0); 0: SSL_ERROR_ZERO_RETURN, the peer sends no more; -1: as SSL_connect(). Data that came before
 * an error is delivered before the error is told. With len 0 it returns 0 and reads nothing, with less -1. */
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
/* On: SSL_read() asks the channel for as much as its caller's buffer takes, one read for a record instead of two. A
 * close_notify or an alert behind data may then have been read where select() does not see it: SSL_has_pending() says so. Off
 * from the start: nothing is read behind a record, and select() suffices. set of an SSL_CTX: 1, or 0 for NULL. */
int SSL_CTX_set_read_ahead(SSL_CTX *ctx, int on);
int SSL_CTX_get_read_ahead(const SSL_CTX *ctx);
void SSL_set_read_ahead(SSL *ssl, int on);
int SSL_get_read_ahead(const SSL *ssl);

/* Closes our direction (close_notify), then waits for the peer's.
 *   First call:  0: ours is sent, the peer's has not come. 1: both. -1: as SSL_connect(): call again when it says so.
 *   Next calls:  1: the peer's came. -1: WANT_READ; or SSL when data arrived, which SSL_read() delivers: read it first.
 * Without a finished handshake, and after a fatal error: -1, SSL_ERROR_SSL. After 0, SSL_get_error() says NONE. */
int SSL_shutdown(SSL *ssl);
int SSL_get_shutdown(const SSL *ssl); /* SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN */
void SSL_set_shutdown(SSL *ssl, int flags);

/* Queues a KeyUpdate (RFC 9846 4.7.3), sent with the next write or SSL_do_handshake(). `type`: SSL_KEY_UPDATE_REQUESTED asks the peer for one
 * too. 1 or 0; TLS 1.2 has none: 0 with WRONG_CALL. */
int SSL_key_update(SSL *ssl, int type);
/* There is no renegotiation: the first two yield 0 with WRONG_CALL, the third 0. A peer that asks for it ends the connection
 * (RENEGOTIATION). */
int SSL_renegotiate(SSL *ssl);
int SSL_renegotiate_abbreviated(SSL *ssl);
int SSL_renegotiate_pending(const SSL *ssl);
/* Exported keying material (RFC 9846 7.5, RFC 5705 4), after the handshake. `label` has label_len bytes, at most 249; without
 * a context (use_context 0) TLS 1.3 yields the same as with an empty one, TLS 1.2 does not, and has none without the extended
 * master secret (RFC 7627 5.4). 1 or 0. */
int SSL_export_keying_material(SSL *ssl, unsigned char *out, size_t out_len, const char *label, size_t label_len,
                               const unsigned char *context, size_t context_len, int use_context);

/* ---- sessions ---------------------------------------------------------------------------------------------------- */

/* A server answers every handshake with two tickets, sealed with keys that each SSL_CTX makes for itself and changes
 * every day; they leave in front of its first SSL_write(). A client keeps the last one that came in the SSL; it is used
 * again only where the program gives it to SSL_set_session(): an SSL_CTX does not resume by itself, as in OpenSSL.
 * A session of TLS 1.3 is good for one connection (RFC 9846 C.4): SSL_get_session() of a connection that got no new ticket
 * says what was negotiated and cannot be resumed.
 * TLS 1.2 makes one session in the handshake, with a ticket, or with an id where a side has none; it is there when
 * SSL_connect() returns, is good more than once, and a connection that resumed it has it again. */

/* The session of the last ticket; before the handshake, that of SSL_set_session(); else one that is not resumable.
 * NULL: none, or no memory. get_session: it stays the SSL's, and the next ticket replaces it. get1: a reference. */
SSL_SESSION *SSL_get_session(const SSL *ssl);
SSL_SESSION *SSL_get0_session(const SSL *ssl);
SSL_SESSION *SSL_get1_session(SSL *ssl);
/* Client, before the handshake: resume this one (a reference is taken). One that does not fit - another server name, too
 * old, its certificate not verified - is left out, and the handshake is a full one. NULL: none. 1 or 0. */
int SSL_set_session(SSL *ssl, SSL_SESSION *session);
int SSL_session_reused(const SSL *ssl); /* 1: the handshake rests on a session or PSK */

int SSL_SESSION_up_ref(SSL_SESSION *session); /* 1 or 0 */
void SSL_SESSION_free(SSL_SESSION *session);  /* drops one reference, wipes with the last; NULL allowed */
int SSL_SESSION_is_resumable(const SSL_SESSION *session);
int SSL_SESSION_has_ticket(const SSL_SESSION *session);
long SSL_SESSION_get_time(const SSL_SESSION *session);    /* when it began, seconds since 1970 */
long SSL_SESSION_get_timeout(const SSL_SESSION *session); /* seconds that it is good           */
unsigned long SSL_SESSION_get_ticket_lifetime_hint(const SSL_SESSION *session);
uint32_t SSL_SESSION_get_max_early_data(const SSL_SESSION *session); /* bytes of 0-RTT; 0: none */
int SSL_SESSION_get_protocol_version(const SSL_SESSION *session);
const SSL_CIPHER *SSL_SESSION_get0_cipher(const SSL_SESSION *session);   /* NULL: none */
const char *SSL_SESSION_get0_hostname(const SSL_SESSION *session);       /* SNI; NULL: none; lives as long as it */
void SSL_SESSION_get0_alpn_selected(const SSL_SESSION *session, const unsigned char **alpn, size_t *len);
void SSL_SESSION_get0_ticket(const SSL_SESSION *session, const unsigned char **ticket, size_t *len);
/* What tells it from others, at most SSL_MAX_SSL_SESSION_ID_LENGTH bytes: on a server the key into its cache. */
const unsigned char *SSL_SESSION_get_id(const SSL_SESSION *session, unsigned int *len);

/* As bytes, in Trivet's own form (tvt_session_encode): whoever has them can impersonate both ends of the next connection.
 * i2d: the length, 0 on failure; *out NULL: allocated, for free(); else written there and *out moved behind it.
 * d2i: a session with one reference, also in *session (what was there is freed); *in moved behind it. NULL: damaged. */
int i2d_SSL_SESSION(const SSL_SESSION *session, unsigned char **out);
SSL_SESSION *d2i_SSL_SESSION(SSL_SESSION **session, const unsigned char **in, long len);
/* As a PEM block "TRIVET SESSION". The callback and its argument are not used. 1 or 0; NULL. */
typedef int pem_password_cb(char *out, int size, int writing, void *user);
int PEM_write_SSL_SESSION(FILE *file, const SSL_SESSION *session);
SSL_SESSION *PEM_read_SSL_SESSION(FILE *file, SSL_SESSION **session, pem_password_cb *callback, void *user);
int PEM_write_bio_SSL_SESSION(BIO *bio, const SSL_SESSION *session);
SSL_SESSION *PEM_read_bio_SSL_SESSION(BIO *bio, SSL_SESSION **session, pem_password_cb *callback, void *user);

/* Callbacks of a store. new: a session was made - a client's, by ticket or id, with SSL_SESS_CACHE_CLIENT, and on a server one that is
 * kept here (SSL_SESS_CACHE_SERVER with SSL_OP_NO_TICKET, or of a TLS 1.2 client that knows no tickets), whose key SSL_SESSION_get_id() has; it returns 1 to keep the
 * reference that it is given, 0 not to. remove: a server's session was taken and is good no more: a store outside must
 * forget it; one of TLS 1.2 comes back with new_cb at once. get: a session that the cache does not have, NULL: none; *copy 1 (as set before): a reference is taken,
 * 0: the callback gave its own. They run on the thread of the SSL, and may be called by many at once; none may read, shut
 * down, clear or free that SSL, and those of a server may not write to it either (WRONG_CALL). */
void SSL_CTX_sess_set_new_cb(SSL_CTX *ctx, int (*callback)(SSL *ssl, SSL_SESSION *session));
void SSL_CTX_sess_set_remove_cb(SSL_CTX *ctx, void (*callback)(SSL_CTX *ctx, SSL_SESSION *session));
void SSL_CTX_sess_set_get_cb(SSL_CTX *ctx,
                             SSL_SESSION *(*callback)(SSL *ssl, const unsigned char *id, int len, int *copy));
/* SSL_SESS_CACHE_*, SERVER from the start; without SERVER no session of TLS 1.2 is kept by its id. CLIENT: new_cb is called for a client's sessions; nothing is kept in the SSL_CTX.
 * Returns the mode before. */
long SSL_CTX_set_session_cache_mode(SSL_CTX *ctx, long mode);
long SSL_CTX_get_session_cache_mode(const SSL_CTX *ctx);
/* Sessions that a server's cache holds; the oldest goes first. Before the cache is in use. Returns the size before. */
long SSL_CTX_sess_set_cache_size(SSL_CTX *ctx, long size);
long SSL_CTX_sess_get_cache_size(const SSL_CTX *ctx);
/* Seconds that a server's sessions are good, 1..604800 (RFC 9846 4.7.1); 7200 from the start. Returns those before; 0:
 * not valid. */
long SSL_CTX_set_timeout(SSL_CTX *ctx, long seconds);
long SSL_CTX_get_timeout(const SSL_CTX *ctx);
/* Up to SSL_MAX_SID_CTX_LENGTH bytes that are bound into what this SSL_CTX's servers give out: ticket keys and session ids
 * that several SSL_CTXs share serve only those with the same bytes. 1 or 0. */
int SSL_CTX_set_session_id_context(SSL_CTX *ctx, const unsigned char *bytes, unsigned int len);

/* Tickets after each full handshake, 0..8 (2 from the start), or as many as the client asks for (RFC 9149); one after a
 * handshake that went back to a session; with TLS 1.2 one, or for 0 an id. 1 or 0. */
int SSL_CTX_set_num_tickets(SSL_CTX *ctx, size_t num);
int SSL_set_num_tickets(SSL *ssl, size_t num);
size_t SSL_CTX_get_num_tickets(const SSL_CTX *ctx);
size_t SSL_get_num_tickets(const SSL *ssl);
/* Server, after the handshake: what it still owes, and one ticket more, leave with the next SSL_write(), or with
 * SSL_do_handshake(), which sends them at once. 1 or 0. */
int SSL_new_session_ticket(SSL *ssl);
/* Keys for tickets that several servers share: 1..8 of TVT_TICKET_KEY_LEN (48) bytes each; the first seals, all open. May
 * be called while SSLs of the SSL_CTX run. `keys` NULL: returns 48. 1 or 0. get: as many as `len` has room for, newest
 * first: those that were set, or, without a session id context, what the SSL_CTX made. */
int SSL_CTX_set_tlsext_ticket_keys(SSL_CTX *ctx, void *keys, int len);
int SSL_CTX_get_tlsext_ticket_keys(SSL_CTX *ctx, void *keys, int len);
/* Trivet's own: keys are asked for (<trivet/session.h>, tvt_ticket_key_callback); NULL: not any more. 1 or 0. */
int SSL_CTX_set_tvt_ticket_key_cb(SSL_CTX *ctx, tvt_ticket_key_callback *callback, void *user);

/* ---- pre-shared keys --------------------------------------------------------------------------------------------- */

/* Trivet's own: an external or imported PSK (tvt_session_new_external, _imported) that a client offers and a server takes,
 * in every connection (a reference is taken); up to TVT_LIMIT_PSKS. 1 or 0. */
int SSL_CTX_add_tvt_psk(SSL_CTX *ctx, SSL_SESSION *psk);

/* A PSK in OpenSSL's way: a new session, a key of 16..TVT_LIMIT_PSK_KEY bytes, a TLS 1.3 cipher suite (whose hash it is for;
 * SHA-256 without one) and TLS1_3_VERSION. The setters work on a session of SSL_SESSION_new() alone. 1 or 0. */
SSL_SESSION *SSL_SESSION_new(void);
int SSL_SESSION_set1_master_key(SSL_SESSION *session, const unsigned char *key, size_t len);
int SSL_SESSION_set_cipher(SSL_SESSION *session, const SSL_CIPHER *cipher);
int SSL_SESSION_set_protocol_version(SSL_SESSION *session, int version);
int SSL_SESSION_set_max_early_data(SSL_SESSION *session, uint32_t bytes);
/* The suite with these two bytes (0x13, 0x01); NULL: unknown. */
const SSL_CIPHER *SSL_CIPHER_find(SSL *ssl, const unsigned char *bytes);
/* Client: called once, before the ClientHello, with md NULL. It sets *id, *id_len (which must live until the next call) and
 * *session, whose reference it gives away; *session NULL: no PSK. 1; 0 ends the handshake. */
typedef int (*SSL_psk_use_session_cb_func)(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len,
                                           SSL_SESSION **session);
void SSL_CTX_set_psk_use_session_callback(SSL_CTX *ctx, SSL_psk_use_session_cb_func callback);
void SSL_set_psk_use_session_callback(SSL *ssl, SSL_psk_use_session_cb_func callback);
/* Server: called with an identity that is no fixed PSK. *session: the PSK, whose reference it gives away; NULL: unknown.
 * 1; 0 counts as unknown. */
typedef int (*SSL_psk_find_session_cb_func)(SSL *ssl, const unsigned char *identity, size_t identity_len,
                                            SSL_SESSION **session);
void SSL_CTX_set_psk_find_session_callback(SSL_CTX *ctx, SSL_psk_find_session_cb_func callback);
void SSL_set_psk_find_session_callback(SSL *ssl, SSL_psk_find_session_cb_func callback);

/* ---- 0-RTT: early data (RFC 9846 2.3, 8) ------------------------------------------------------------------------- */

/* Early data is not forward secret, and an attacker can send it again to another server: only for requests that may
 * arrive twice. Off unless asked for. */

/* Server: bytes that are announced in tickets and taken (0 off, from the start). The SSL_CTX then remembers ClientHellos
 * and refuses 0-RTT to those that it saw, to those whose age is not what it should be, and, for twenty seconds after keys
 * or a store came in that others have too, to all. Under an external pre-shared key, whose ClientHellos have no age, it refuses always:
 * that needs a memory that outlives the process. Servers that share keys take the same early data once each, unless they share
 * the memory too. For both: SSL_CTX_set0_tvt_replay(). The children of a fork are such servers, and do not know of each other: where the
 * memory is the SSL_CTX's, only the process that called SSL_CTX_new() takes early data. 1 or 0. */
int SSL_CTX_set_max_early_data(SSL_CTX *ctx, uint32_t bytes);
int SSL_set_max_early_data(SSL *ssl, uint32_t bytes);
uint32_t SSL_CTX_get_max_early_data(const SSL_CTX *ctx);
uint32_t SSL_get_max_early_data(const SSL *ssl);
/* 0: none is taken, whatever was announced. Else what was announced is what is taken. 1 or 0. */
int SSL_CTX_set_recv_max_early_data(SSL_CTX *ctx, uint32_t bytes);
int SSL_set_recv_max_early_data(SSL *ssl, uint32_t bytes);
uint32_t SSL_CTX_get_recv_max_early_data(const SSL_CTX *ctx);
uint32_t SSL_get_recv_max_early_data(const SSL *ssl);
/* Trivet's own: the memory against replays that a fleet shares, in place of the SSL_CTX's (borrowed: it outlives every SSL
 * of `ctx`); NULL: the SSL_CTX's. Before the first SSL_new(). 1 or 0. */
int SSL_CTX_set0_tvt_replay(SSL_CTX *ctx, const struct tvt_replay *replay);
/* Server: asked before early data is taken: 1 to take it, 0 not to. */
typedef int (*SSL_allow_early_data_cb_fn)(SSL *ssl, void *user);
void SSL_CTX_set_allow_early_data_cb(SSL_CTX *ctx, SSL_allow_early_data_cb_fn callback, void *user);
void SSL_set_allow_early_data_cb(SSL *ssl, SSL_allow_early_data_cb_fn callback, void *user);

/* Client, after SSL_set_session() and before SSL_connect(): sends early data, the first time together with the
 * ClientHello; may be called again until SSL_connect(). More than the session allows is refused, whole, and harms nothing.
 * Server: data before the client's Finished has come (to a client that nobody has authenticated yet), once
 * SSL_read_early_data() has returned SUCCESS. 1 and *put, or 0: see SSL_get_error(), to be repeated as SSL_write(). */
int SSL_write_early_data(SSL *ssl, const void *data, size_t len, size_t *put);
/* Server, instead of SSL_accept() at first: early data into data[0..len). SSL_READ_EARLY_DATA_SUCCESS and *got > 0: call
 * again. FINISH: there is no more, or was none; *got is 0; go on with SSL_accept(). ERROR: see SSL_get_error().
 * An SSL that called SSL_accept() first takes no early data. */
int SSL_read_early_data(SSL *ssl, void *data, size_t len, size_t *got);
/* SSL_EARLY_DATA_*. REJECTED: the server did not get it; the program may send it anew. */
int SSL_get_early_data_status(const SSL *ssl);
/* As SSL_export_keying_material() with the early exporter secret: as soon as early data was written, or read. */
int SSL_export_keying_material_early(SSL *ssl, unsigned char *out, size_t out_len, const char *label, size_t label_len,
                                     const unsigned char *context, size_t context_len);

/* ---- more about certificates ------------------------------------------------------------------------------------- */

/* Trivet's own: a wildcard directly under a public suffix ("*.co.uk") is no name of a server. The list is made by
 * tvt_public_suffixes_new() or _load() (<trivet/x509.h>), and a reference is taken; NULL: none, as from the start. For SSLs that are
 * made later. X509_check_host(), which has no SSL_CTX, knows no list. 1 or 0. */
struct tvt_public_suffixes;
int SSL_CTX_set1_tvt_public_suffixes(SSL_CTX *ctx, struct tvt_public_suffixes *suffixes);
/* Trivet's own: the names of the authorities whose certificates are in a PEM file are sent to the peer, so that it can
 * choose a certificate (RFC 9846 4.3.4). A server does so when it asks for one. 1 or 0. */
int SSL_CTX_load_client_CA_names_file(SSL_CTX *ctx, const char *file);
/* Client: offers to authenticate later, when the server asks (RFC 9846 4.3.6). */
void SSL_CTX_set_post_handshake_auth(SSL_CTX *ctx, int on);
void SSL_set_post_handshake_auth(SSL *ssl, int on);
/* Server that was given SSL_VERIFY_POST_HANDSHAKE: asks for the client's certificate, with the next SSL_do_handshake() or
 * SSL_write(); the answer is taken by SSL_read(). 1, or 0: the client did not offer it, or it is not the time. */
int SSL_verify_client_post_handshake(SSL *ssl);

/* Client: asks for a stapled OCSP response (RFC 6066 8). `type`: TLSEXT_STATUSTYPE_ocsp, or -1 for none. 1 or 0. What came
 * is shown, not judged, unless SSL_CTX_require_tvt_ocsp() was called: then these two change nothing. */
long SSL_CTX_set_tlsext_status_type(SSL_CTX *ctx, int type);
long SSL_set_tlsext_status_type(SSL *ssl, int type);
/* Trivet's own: a server without a stapled response that is good, fresh and signed as RFC 6960 wants is refused. `on` 0: none
 * is asked for any more. 1 or 0. */
int SSL_CTX_require_tvt_ocsp(SSL_CTX *ctx, int on);
/* Its length and *response, which lives as long as the SSL; -1: none came. */
long SSL_get_tlsext_status_ocsp_resp(const SSL *ssl, const unsigned char **response);
/* Server, after the calls that load a certificate and its key, and before SSL_new(): what is stapled to it. A file with a DER
 * OCSPResponse; one with a SignedCertificateTimestampList (RFC 6962 3.3). 1 or 0. */
int SSL_CTX_use_ocsp_response_file(SSL_CTX *ctx, const char *file);
int SSL_CTX_use_scts_file(SSL_CTX *ctx, const char *file);
/* Client: asks for SignedCertificateTimestamps. They are shown, never judged. */
void SSL_CTX_enable_signed_cert_timestamps(SSL_CTX *ctx);
void SSL_enable_signed_cert_timestamps(SSL *ssl);
/* The list as received; *len 0: none. It lives as long as the SSL. */
void SSL_get0_signed_cert_timestamp_list(const SSL *ssl, const unsigned char **list, size_t *len);

/* Certificate types that are offered, best first: TLSEXT_cert_type_x509, _rpk (RFC 7250); `types` NULL: X.509 alone. Of the
 * server's certificate, of the client's. 1 or 0. */
int SSL_CTX_set1_server_cert_type(SSL_CTX *ctx, const unsigned char *types, size_t len);
int SSL_CTX_set1_client_cert_type(SSL_CTX *ctx, const unsigned char *types, size_t len);
int SSL_set1_server_cert_type(SSL *ssl, const unsigned char *types, size_t len);
int SSL_set1_client_cert_type(SSL *ssl, const unsigned char *types, size_t len);
/* A private key that is used without a certificate. `type`: SSL_FILETYPE_*. 1 or 0. */
int SSL_CTX_use_raw_key_file(SSL_CTX *ctx, const char *file, int type);
/* A public key that the peer may have: a file with a PEM block "PUBLIC KEY", or DER. Up to 16. 1 or 0. */
int SSL_CTX_add_expected_rpk_file(SSL_CTX *ctx, const char *file);
/* The peer's raw key, DER SubjectPublicKeyInfo; *len 0: it has a certificate, or nothing. It lives as long as the SSL. */
void SSL_get0_tvt_peer_raw_key(const SSL *ssl, const unsigned char **key, size_t *len);
/* Compressions of certificates that we take and use (RFC 8879), best first: TLSEXT_comp_cert_*, those of this build;
 * TLSEXT_comp_cert_none ends the list. None from the start. 1 or 0. */
int SSL_CTX_set1_cert_comp_preference(SSL_CTX *ctx, int *algorithms, size_t len);
int SSL_set1_cert_comp_preference(SSL *ssl, int *algorithms, size_t len);

/* ---- records, and what a ClientHello looks like ------------------------------------------------------------------- */

/* Pads the content of every record to a multiple of `size` bytes, up to 16384; 0 and 1: not. 1 or 0. */
int SSL_CTX_set_block_padding(SSL_CTX *ctx, size_t size);
int SSL_set_block_padding(SSL *ssl, size_t size);
/* Client: asks for records of at most 512 to 4096 bytes (RFC 6066 4), TLSEXT_max_fragment_length_*. 1 or 0. */
int SSL_CTX_set_tlsext_max_fragment_length(SSL_CTX *ctx, uint8_t mode);
int SSL_set_tlsext_max_fragment_length(SSL *ssl, uint8_t mode);
/* GREASE values (RFC 8701) among what a client offers, and in a server's CertificateRequest and NewSessionTicket. Off from the
 * start. */
void SSL_CTX_set_grease_enabled(SSL_CTX *ctx, int on);

/* Server: answers a ClientHello without holding state (RFC 9846 4.3.2): one without a cookie of this SSL_CTX gets a
 * HelloRetryRequest with one. 1: the cookie is good: go on with SSL_accept(). 0: a HelloRetryRequest was sent: this SSL
 * may be freed, and another one of the SSL_CTX take the second ClientHello. -1: see SSL_get_error(). A client that has TLS 1.2
 * alone is refused: it knows no cookies. */
int SSL_stateless(SSL *ssl);

/* ---- errors ------------------------------------------------------------------------------------------------------ */

/* What the last call on this SSL, which returned `ret`, came to: SSL_ERROR_*. From the SSL alone. */
int SSL_get_error(const SSL *ssl, int ret);
int SSL_want(const SSL *ssl); /* SSL_NOTHING, SSL_READING, SSL_WRITING, SSL_ASYNC_PAUSED, SSL_RETRY_VERIFY */
/* The record of the fatal error, or else of the last call that was refused; code TVT_E_NONE: there was none. Never
 * NULL; good until another call on the SSL fails, SSL_clear() or SSL_free(). With NULL (SSL_new() or a call on an SSL_CTX failed): the last record of this thread,
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
int ERR_GET_REASON(unsigned long code); /* enum tvt_error_code; UNEXPECTED_EOF for EOF_IN_HANDSHAKE, too */
/* Prints and removes all records, one line each. */
void ERR_print_errors_fp(FILE *file);
/* Trivet's own: the newest record of this thread, which says why a call on an SSL_CTX failed; code TVT_E_NONE: there is
 * none. Never NULL; good until the thread's next call. */
const struct tvt_error *tvt_err_last(void);
#define ERR_LIB_SSL 20
#define SSL_R_UNEXPECTED_EOF_WHILE_READING TVT_E_UNEXPECTED_EOF

/* ---- what was negotiated ----------------------------------------------------------------------------------------- */

const char *SSL_get_version(const SSL *ssl); /* "TLSv1.3"; "unknown" before                    */
int SSL_version(const SSL *ssl);             /* TLS1_2_VERSION, TLS1_3_VERSION; 0 before       */
int SSL_get_extms_support(const SSL *ssl);   /* 1: extended master secret, or TLS 1.3; 0; -1 before */
const SSL_CIPHER *SSL_get_current_cipher(const SSL *ssl); /* static; NULL before               */
const char *SSL_CIPHER_get_name(const SSL_CIPHER *cipher); /* "TLS_AES_128_GCM_SHA256"; "(NONE)" for NULL */
const char *SSL_get_cipher_name(const SSL *ssl);
const char *SSL_get_cipher(const SSL *ssl); /* the same */
const char *SSL_get0_group_name(const SSL *ssl); /* "x25519"; NULL before                      */
/* The protocol negotiated: *data is not NUL-terminated and lives as long as the SSL; *len 0: none. */
void SSL_get0_alpn_selected(const SSL *ssl, const unsigned char **data, unsigned int *len);
/* X509_V_OK when the peer's certificate was verified; on a server also when the handshake is done and none came. A failure's
 * X509_V_ERR_*; X509_V_ERR_UNSPECIFIED when nobody verified it, as a client's with SSL_VERIFY_NONE. */
long SSL_get_verify_result(const SSL *ssl);

struct tvt_connection;
/* The connection below (<trivet/tls.h>), for tvt_connection_info() and tvt_connection_peer_certificate(); NULL before
 * the handshake begins. It stays the SSL's: do not give it input or take its output. */
struct tvt_connection *SSL_get0_tvt_connection(SSL *ssl);

/* ---- an SSL as a BIO --------------------------------------------------------------------------------------------- */

/* A filter: what is read from and written to it is plaintext, the BIO behind it is the SSL's channel, which BIO_push() gives
 * it (with a reference of its own). Handshakes happen when they are needed. A retry says what the channel waits for; a
 * signer, a verdict or a look-up: BIO_RR_SSL_X509_LOOKUP. BIO_read() 0: close_notify; BIO_get_ssl() has the error of others. */
const BIO_METHOD *BIO_f_ssl(void);
/* One with an SSL of its own, a client (1) or a server (0). NULL: no memory. */
BIO *BIO_new_ssl(SSL_CTX *ctx, int client);
/* A client over a connecting BIO, which BIO_set_conn_hostname() tells where to; with a buffer in front. NULL: no memory. */
BIO *BIO_new_ssl_connect(SSL_CTX *ctx);
BIO *BIO_new_buffer_ssl_connect(SSL_CTX *ctx);
/* Gives it its SSL, whose reference the BIO takes over with BIO_CLOSE; a channel that it has goes behind the filter. 1 or 0. */
#define BIO_set_ssl(bio, ssl, close_flag) BIO_ctrl((bio), BIO_C_SET_SSL, (close_flag), (char *)(ssl))
#define BIO_get_ssl(bio, out) BIO_ctrl((bio), BIO_C_GET_SSL, 0, (char *)(out)) /* into an SSL *, no reference: 1 or 0 */
#define BIO_set_ssl_mode(bio, client) BIO_ctrl((bio), BIO_C_SSL_MODE, (client), NULL) /* 1: a client, 0: a server */
/* There is no renegotiation: 0, with a record (SSL_key_update() makes new keys). */
#define BIO_set_ssl_renegotiate_bytes(bio, num) BIO_ctrl((bio), BIO_C_SET_SSL_RENEGOTIATE_BYTES, (num), NULL)
#define BIO_set_ssl_renegotiate_timeout(bio, seconds) BIO_ctrl((bio), BIO_C_SET_SSL_RENEGOTIATE_TIMEOUT, (seconds), NULL)
#define BIO_get_num_renegotiates(bio) BIO_ctrl((bio), BIO_C_GET_SSL_NUM_RENEGOTIATES, 0, NULL)
/* The session of the SSL in the chain `from` is offered by the one in `to`: 1 or 0. */
int BIO_ssl_copy_session_id(BIO *to, BIO *from);
/* SSL_shutdown() of every SSL in the chain. */
void BIO_ssl_shutdown(BIO *bio);

#ifdef __cplusplus
}
#endif
#endif
