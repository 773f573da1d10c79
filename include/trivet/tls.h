/* SPDX-License-Identifier: MIT
 *
 * tls.h - TLS without I/O: configurations, and connections that turn wire bytes into application bytes and back.
 *
 * A connection never reads a socket, never asks the time and never blocks. The caller moves bytes:
 *
 *     in:   tvt_connection_input()   opens one record in place in the caller's buffer
 *     out:  tvt_connection_output()  seals handshake messages and alerts into the caller's buffer
 *           tvt_connection_seal()    seals application data straight from where it lies
 *
 * <trivet/ssl.h> drives these over sockets and BIOs with the names of SSL_connect(3).
 * One connection belongs to one thread at a time; a configuration may serve any number of threads.
 *
 * A driver's loop, for client and server alike:
 *
 *     for (;;) {
 *         while (tvt_connection_has_output(c))              // a flight, an answer, an alert
 *             tvt_connection_output(c, out, sizeof out, &n), send n bytes of out;
 *         r = tvt_connection_handshake(c);                  // until TVT_OK; PENDING: wait for the signer or verdict
 *         if (r == TVT_OK || r == TVT_FAIL || r == TVT_CLOSED) break;
 *         receive more bytes behind data[have];
 *         while ((r = tvt_connection_input(c, data, have, &used, &app)) == TVT_OK)
 *             use app, then drop used bytes from the front of data;
 *     }
 *
 * and the same without the handshake call for data, with tvt_connection_seal() to send.
 */
#ifndef TRIVET_TLS_H
#define TRIVET_TLS_H

#include <trivet/base.h>
#include <trivet/error.h>
#include <trivet/provider.h>
#include <trivet/x509.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TVT_TLS12 0x0303u
#define TVT_TLS13 0x0304u

/* ---- named limits: everything a peer controls has one ------------------------------------------------------ */
#define TVT_LIMIT_HANDSHAKE_MESSAGE 16640u      /* bytes of a message other than Certificate                    */
#define TVT_LIMIT_CERTIFICATE_MESSAGE 131072u   /* bytes of a Certificate message, default of tvt_config_set_max_certificate */
#define TVT_LIMIT_CCS 32u                       /* change_cipher_spec records in one handshake                  */
#define TVT_LIMIT_EMPTY_RECORDS 32u             /* empty application data records in a row                      */
#define TVT_LIMIT_WARNINGS 4u                   /* warning alerts that are ignored, per connection              */
#define TVT_LIMIT_KEY_UPDATES 32u               /* key updates received with no application data between        */
#define TVT_LIMIT_POST_HANDSHAKE 64u            /* post-handshake messages received with no application data between */
#define TVT_LIMIT_EARLY_DATA 16384u             /* bytes of 0-RTT records that a server passes over             */
#define TVT_LIMIT_NAME 255u                     /* bytes of a server name                                       */
#define TVT_LIMIT_ALPN 255u                     /* bytes of one protocol name                                   */
#define TVT_LIMIT_ALPN_LIST 8192u               /* bytes of our own list of protocols                           */

/* Output room that any call can do something useful with, and that always suffices for one whole record. */
#define TVT_OUTPUT_MIN 64u
#define TVT_RECORD_WIRE_MAX 16645u              /* the longest record, header included, bytes                   */

enum tvt_role { TVT_CLIENT = 0, TVT_SERVER = 1 };

/* ---- configuration --------------------------------------------------------------------------------------------
 * Settings for connections. Reference-counted; a configuration that a connection uses no longer changes: a setter
 * then fails with WRONG_CALL. tvt_config_copy() makes one that may be changed. All setters copy what they are given
 * unless they say otherwise, and leave the configuration as it was when they fail. */
struct tvt_config;

/* A configuration over `provider`, which must outlive it. Defaults: TLS 1.3, every suite, group and signature scheme
 * that the provider has, best first; the peer's certificate is verified; middlebox compatibility on. A client then still
 * needs tvt_config_set_trust(), tvt_config_set_clock() and a name, a server tvt_config_add_credential(). */
TVT_MUST_USE enum tvt_result tvt_config_new(struct tvt_config **out, const struct tvt_provider *provider,
                                            struct tvt_error *error);
TVT_MUST_USE enum tvt_result tvt_config_copy(struct tvt_config **out, const struct tvt_config *config,
                                             struct tvt_error *error);
void tvt_config_ref(struct tvt_config *config);
void tvt_config_free(struct tvt_config *config); /* drops one reference; NULL is allowed */
const struct tvt_provider *tvt_config_provider(const struct tvt_config *config);

/* Lowest and highest protocol version, TVT_TLS12 or TVT_TLS13. TLS 1.2 is not spoken yet: a highest version below TLS 1.3
 * is refused with NOT_OFFERED, a lowest one is accepted and changes nothing. */
TVT_MUST_USE enum tvt_result tvt_config_set_versions(struct tvt_config *c, uint16_t min, uint16_t max, struct tvt_error *e);
/* Lists in order of preference. `list`: names joined with ':' ("TLS_AES_128_GCM_SHA256:...", "x25519:P-256",
 * "ecdsa_secp256r1_sha256:ed25519"). An unknown name is UNKNOWN_WORD, one that the provider lacks NOT_OFFERED. */
TVT_MUST_USE enum tvt_result tvt_config_set_suites(struct tvt_config *c, const char *list, struct tvt_error *e);
TVT_MUST_USE enum tvt_result tvt_config_set_groups(struct tvt_config *c, const char *list, struct tvt_error *e);
TVT_MUST_USE enum tvt_result tvt_config_set_schemes(struct tvt_config *c, const char *list, struct tvt_error *e);
/* How many key shares a client offers, 0..4, from the front of the group list (default: the first group, and the second
 * too where the first is a hybrid). */
TVT_MUST_USE enum tvt_result tvt_config_set_num_shares(struct tvt_config *c, size_t num, struct tvt_error *e);
/* ALPN protocols in order of preference, in wire form: each name behind its length byte (RFC 7301 3.1). len 0: none.
 * A server that has a list and no protocol in common with the client's refuses, unless `lenient` is true. */
TVT_MUST_USE enum tvt_result tvt_config_set_alpn(struct tvt_config *c, const uint8_t *wire, size_t len, bool lenient,
                                                 struct tvt_error *e);

/* Root certificates to verify the peer against (a reference is taken). */
TVT_MUST_USE enum tvt_result tvt_config_set_trust(struct tvt_config *c, struct tvt_trust_store *store, struct tvt_error *e);

/* How the peer is authenticated. */
enum tvt_verify {
    TVT_VERIFY_PEER = 0,       /* client: chain and name, always. Server: no client certificate is asked for      */
    TVT_VERIFY_NONE,           /* client: any certificate is taken - no protection against an active attacker     */
    TVT_VERIFY_CHAIN_ONLY,     /* client: chain but no name: the caller compares the name itself                  */
    TVT_VERIFY_REQUEST,        /* server: ask for a client certificate, verify it if one comes                    */
    TVT_VERIFY_REQUIRE         /* server: ask for one and refuse a client that has none                           */
};
TVT_MUST_USE enum tvt_result tvt_config_set_verify(struct tvt_config *c, enum tvt_verify mode, struct tvt_error *e);

/* The program's own verdict on the peer's certificates, after (and only if) Trivet's own checks passed - or, with
 * TVT_VERIFY_NONE, in their place. `chain`: DER, leaf first, num certificates, as received. Returns TVT_OK to accept,
 * TVT_FAIL to refuse (CERT_REJECTED), TVT_PENDING to be asked again at the next call. */
typedef enum tvt_result tvt_verdict_callback(void *user, const struct tvt_span *chain, size_t num);
TVT_MUST_USE enum tvt_result tvt_config_set_verdict(struct tvt_config *c, tvt_verdict_callback *verdict, void *user,
                                                    struct tvt_error *e);

/* Adds a certificate chain with its key (a reference is taken). A server picks the first that fits the client. */
TVT_MUST_USE enum tvt_result tvt_config_add_credential(struct tvt_config *c, struct tvt_credential *credential,
                                                       struct tvt_error *e);

/* The clock: milliseconds since 1970-01-01 UTC. Needed where certificates are verified. */
typedef uint64_t tvt_clock_callback(void *user);
TVT_MUST_USE enum tvt_result tvt_config_set_clock(struct tvt_config *c, tvt_clock_callback *clock, void *user,
                                                  struct tvt_error *e);

/* Called with each line for a key log (draft-ietf-tls-keylogfile), NUL-terminated, without newline. Secrets leave the
 * library through this: for debugging only. */
typedef void tvt_keylog_callback(void *user, const char *line);
TVT_MUST_USE enum tvt_result tvt_config_set_keylog(struct tvt_config *c, tvt_keylog_callback *keylog, void *user,
                                                   struct tvt_error *e);

TVT_MUST_USE enum tvt_result tvt_config_set_max_certificate(struct tvt_config *c, size_t bytes, struct tvt_error *e);
/* Middlebox compatibility mode (RFC 9846 appendix E.4), on by default. */
TVT_MUST_USE enum tvt_result tvt_config_set_compatibility(struct tvt_config *c, bool on, struct tvt_error *e);
/* Largest record content we ask the peer to send, bytes, type byte and padding included: 64..16385 (RFC 8449).
 * 0 (the default): the extension is not sent. */
TVT_MUST_USE enum tvt_result tvt_config_set_record_size_limit(struct tvt_config *c, uint16_t bytes, struct tvt_error *e);
TVT_MUST_USE enum tvt_result tvt_config_set_allocator(struct tvt_config *c, const struct tvt_allocator *allocator,
                                                      struct tvt_error *e);

/* ---- connection ------------------------------------------------------------------------------------------------ */

struct tvt_connection;

/* Makes a connection of `role`. Takes a reference to `config`, which changes no more. */
TVT_MUST_USE enum tvt_result tvt_connection_new(struct tvt_connection **out, struct tvt_config *config,
                                                enum tvt_role role, struct tvt_error *error);
/* The same in the caller's memory: `size` bytes at `memory`, aligned to TVT_ALIGN, at least tvt_connection_size(). */
size_t tvt_connection_size(const struct tvt_config *config);
TVT_MUST_USE enum tvt_result tvt_connection_init(struct tvt_connection **out, void *memory, size_t size,
                                                 struct tvt_config *config, enum tvt_role role, struct tvt_error *error);
void tvt_connection_free(struct tvt_connection *c); /* wipes; NULL is allowed */

/* Client, before the handshake. `name`: a DNS name (sent as server_name, RFC 6066 3, and compared with the certificate,
 * RFC 9525), or an IP address in text form (compared only). NUL-terminated, copied. */
TVT_MUST_USE enum tvt_result tvt_connection_set_name(struct tvt_connection *c, const char *name);
/* The two apart; NULL leaves one out. */
TVT_MUST_USE enum tvt_result tvt_connection_set_names(struct tvt_connection *c, const char *sni, const char *verify);

/* Goes on with the handshake as far as the bytes at hand allow.
 * TVT_OK: done, and nothing is left to send. TVT_WANT_WRITE: take the output. TVT_WANT_READ: give input (when there is
 * output too, WANT_WRITE is said first). TVT_PENDING: a signer or a verdict has not answered: call again.
 * TVT_CLOSED: one side closed in order before the end. TVT_FAIL: see tvt_connection_error(); an alert may be in the output. */
TVT_MUST_USE enum tvt_result tvt_connection_handshake(struct tvt_connection *c);

/* Processes at most one record from data[0..len). It is decrypted in place.
 * It drives the handshake too, as far as the record allows; afterwards there may be output (answers, alerts). `data`
 * needs room for TVT_RECORD_WIRE_MAX bytes in all.
 * TVT_OK: *used bytes were taken; *app is its application data (may be empty), inside `data`.
 * TVT_WANT_READ: the record is not complete; *used is 0. tvt_connection_input_size() says how long it will be.
 * TVT_PENDING / TVT_WANT_WRITE: nothing was taken; resolve that first. TVT_CLOSED: the peer has closed in order;
 * *used bytes were taken. TVT_FAIL: as above; application data returned earlier remains good. */
TVT_MUST_USE enum tvt_result tvt_connection_input(struct tvt_connection *c, uint8_t *data, size_t len, size_t *used,
                                                  struct tvt_span *app);
/* Bytes in all (from data[0]) until the record that starts there is complete: 5 at least, the length of a header. */
size_t tvt_connection_input_size(const uint8_t *data, size_t len);
/* The transport has ended. TVT_CLOSED after the peer's close_notify, else TVT_FAIL (truncation has its own code). */
TVT_MUST_USE enum tvt_result tvt_connection_input_eof(struct tvt_connection *c);

/* Writes pending handshake messages, alerts and key updates as records into out[cap], cap >= TVT_OUTPUT_MIN.
 * *len receives the count, 0 when nothing is pending. TVT_OK, or TVT_FAIL when sealing failed before anything was written
 * (later: the bytes written are good, and the next call of another kind says TVT_FAIL). */
TVT_MUST_USE enum tvt_result tvt_connection_output(struct tvt_connection *c, uint8_t *out, size_t cap, size_t *len);
bool tvt_connection_has_output(const struct tvt_connection *c);

/* Seals application data: takes *used bytes of data[0..len) and writes *out_len wire bytes to out[cap], after pending
 * output. out and data do not overlap. TVT_WANT_WRITE: cap is too small for even one byte of data. WRONG_CALL before
 * the handshake allows data, and after tvt_connection_close(). */
TVT_MUST_USE enum tvt_result tvt_connection_seal(struct tvt_connection *c, uint8_t *out, size_t cap, size_t *out_len,
                                                 const uint8_t *data, size_t len, size_t *used);

/* Queues close_notify (RFC 9846 6.1): no more data can be sent; receiving goes on. */
TVT_MUST_USE enum tvt_result tvt_connection_close(struct tvt_connection *c);
/* Queues a KeyUpdate (RFC 9846 4.7.3). `request`: ask the peer to update too. */
TVT_MUST_USE enum tvt_result tvt_connection_key_update(struct tvt_connection *c, bool request);
/* Exported keying material (RFC 9846 7.5). */
TVT_MUST_USE enum tvt_result tvt_connection_export(struct tvt_connection *c, uint8_t *out, size_t len, const char *label,
                                                   const uint8_t *context, size_t context_len);

/* The first fatal error of this connection; without one, the last call that came in the wrong order (which harms
 * nothing); else code TVT_E_NONE. Lives as long as the connection. */
const struct tvt_error *tvt_connection_error(const struct tvt_connection *c);
/* State of the handshake for people, "client13.WAIT_SH"; static. */
const char *tvt_connection_state(const struct tvt_connection *c);
bool tvt_connection_established(const struct tvt_connection *c); /* handshake done               */
bool tvt_connection_can_send(const struct tvt_connection *c);    /* application data may be sent */
bool tvt_connection_sent_close(const struct tvt_connection *c);
bool tvt_connection_received_close(const struct tvt_connection *c);

/* What was negotiated; fields are 0 or empty while not known. Spans and strings live as long as the connection. */
struct tvt_info {
    uint16_t version;            /* TVT_TLS13                                                       */
    uint16_t suite;              /* TLS Cipher Suites registry                                      */
    uint16_t group;              /* TLS Supported Groups registry                                   */
    uint16_t scheme;             /* SignatureScheme of the peer's (client) or our (server) CertificateVerify */
    const char *version_name, *suite_name, *group_name, *scheme_name;
    struct tvt_span alpn;        /* the protocol negotiated; empty: none                            */
    const char *server_name;     /* SNI sent or received; "" if none                                */
    bool hello_retry;            /* a HelloRetryRequest took place                                  */
    bool peer_verified;          /* chain (and on a client the name) were verified                  */
    size_t num_peer_certificates;
};
void tvt_connection_info(const struct tvt_connection *c, struct tvt_info *info);
/* The peer's certificates as received, DER, leaf first; empty span past the end. They are kept. */
struct tvt_span tvt_connection_peer_certificate(const struct tvt_connection *c, size_t index);

#ifdef __cplusplus
}
#endif
#endif
