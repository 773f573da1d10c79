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
 * One connection belongs to one thread at a time; a configuration may serve any number of threads. A callback may ask the
 * connection that it is called for questions; it must not drive, close or free it.
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

#include "base.h"
#include "error_own.h"
#include "provider.h"
#include "session.h"
#include "x509.h"

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
#define TVT_LIMIT_HELLO_REQUESTS 16u            /* HelloRequests that a client of TLS 1.2 ignores in one handshake */
#define TVT_LIMIT_KEY_UPDATES 32u               /* key updates received with no application data between        */
#define TVT_LIMIT_POST_HANDSHAKE 64u            /* post-handshake messages received with no application data between */
#define TVT_LIMIT_UNSENT_ANSWERS 8u             /* CertificateRequests answered while no answer could be sent        */
#define TVT_LIMIT_EARLY_DATA 16384u             /* bytes of 0-RTT that a server passes over, where it announced none */
#define TVT_LIMIT_PSKS 8u                       /* PSKs that a client offers; identities that a server looks at  */
#define TVT_LIMIT_TICKETS 8u                    /* tickets that a server sends after one handshake               */
#define TVT_LIMIT_AUTHORITIES 64u               /* names of certificate_authorities that are looked at           */
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
struct tvt_connection;

/* A configuration over `provider`, which must outlive it. Defaults: TLS 1.2 and 1.3, every suite, group and signature
 * scheme that the provider has, best first; the peer's certificate is verified; middlebox compatibility on. A client then still
 * needs tvt_config_set_trust(), tvt_config_set_clock() and a name, a server tvt_config_add_credential(). */
TVT_MUST_USE enum tvt_result tvt_config_new(struct tvt_config **out, const struct tvt_provider *provider,
                                            struct tvt_error *error);
TVT_MUST_USE enum tvt_result tvt_config_copy(struct tvt_config **out, const struct tvt_config *config,
                                             struct tvt_error *error);
void tvt_config_ref(struct tvt_config *config);
void tvt_config_free(struct tvt_config *config); /* drops one reference; NULL is allowed */
const struct tvt_provider *tvt_config_provider(const struct tvt_config *config);

/* Lowest and highest protocol version, TVT_TLS12 or TVT_TLS13 (RFC 9846 4.3.1); BAD_ARGUMENT where the lowest is the higher
 * one. From the start: both. */
TVT_MUST_USE enum tvt_result tvt_config_set_versions(struct tvt_config *c, uint16_t min, uint16_t max, struct tvt_error *e);
/* Whether a TLS 1.2 peer without the extended master secret (RFC 7627) is taken. Off: such a handshake ends with
 * NO_EXTENDED_MASTER_SECRET. On, such a connection has no exporter and no channel binding (RFC 7627 5.4). */
TVT_MUST_USE enum tvt_result tvt_config_set_allow_no_ems(struct tvt_config *c, bool on, struct tvt_error *e);
/* Lists in order of preference. `list`: names joined with ':' ("TLS_AES_128_GCM_SHA256:...", "x25519:P-256",
 * "ecdsa_secp256r1_sha256:ed25519"). An unknown name is UNKNOWN_WORD, one that the provider lacks NOT_OFFERED. The schemes
 * are those that the peer may sign with; what our own keys sign with is tvt_credential_set_schemes(). A server that names
 * rsa_pkcs1_sha256_legacy (or 384, 512; RFC 9963) takes it of clients whose keys know nothing better; off by default. */
TVT_MUST_USE enum tvt_result tvt_config_set_suites(struct tvt_config *c, const char *list, struct tvt_error *e);
TVT_MUST_USE enum tvt_result tvt_config_set_groups(struct tvt_config *c, const char *list, struct tvt_error *e);
TVT_MUST_USE enum tvt_result tvt_config_set_schemes(struct tvt_config *c, const char *list, struct tvt_error *e);
/* Server: a client whose first suite is TLS_CHACHA20_POLY1305_SHA256 - it has no hardware for AES - gets that, where the list of
 * suites has it at all, before the server's own order. Off by default. */
TVT_MUST_USE enum tvt_result tvt_config_set_prioritize_chacha(struct tvt_config *c, bool on, struct tvt_error *e);
/* How many key shares a client offers, 0..4, from the front of the group list (default: the first group, and the second
 * too where the first is a hybrid). */
TVT_MUST_USE enum tvt_result tvt_config_set_num_shares(struct tvt_config *c, size_t num, struct tvt_error *e);
/* Client: the groups that it offers key shares for, by name: some of the group list, in the order of that (RFC 9846
 * 4.3.8), 1..4. A group that is left out costs a round trip where the server wants it. tvt_config_set_groups() sets them
 * back to the default. On a server it does nothing. UNKNOWN_WORD; BAD_ARGUMENT: not in the group list, another order, too
 * many. */
TVT_MUST_USE enum tvt_result tvt_config_set_shares(struct tvt_config *c, const char *list, struct tvt_error *e);
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

/* Holds every certificate of the peer's path, the root too, to the web-PKI profile (docs/x509.md, W rules: what RFC 5280 and
 * the CA/Browser Forum ask of those who issue). Off: what can be validated is taken. CERT_PROFILE. */
TVT_MUST_USE enum tvt_result tvt_config_set_web_pki(struct tvt_config *c, bool on, struct tvt_error *e);
/* Of which certificates of the peer's path the revocation lists of the trust store must speak (x509.h). From the start:
 * TVT_REVOCATION_GIVEN. Lists become older: a program that asks for them loads new ones into a new store, and sets that. */
TVT_MUST_USE enum tvt_result tvt_config_set_revocation(struct tvt_config *c, enum tvt_revocation which, struct tvt_error *e);

/* A client: a wildcard directly under a public suffix ("*.co.uk"), which the certificate of a server has, is no name of it
 * (docs/x509.md, rule N9; CERT_NAME_MISMATCH). A reference is taken. NULL, as from the start: no list; then "*.com" alone, and its
 * like under each top-level domain, is none. Suffixes change: a program that gives a list fetches new ones. */
TVT_MUST_USE enum tvt_result tvt_config_set_public_suffixes(struct tvt_config *c, struct tvt_public_suffixes *suffixes,
                                                            struct tvt_error *e);

/* The program's own verdict on the peer's certificates, after (and only if) Trivet's own checks passed - or, with
 * TVT_VERIFY_NONE, in their place. `chain`: DER, leaf first, num certificates, as received. Returns TVT_OK to accept,
 * TVT_FAIL to refuse (CERT_REJECTED), TVT_PENDING to be asked again at the next call. */
typedef enum tvt_result tvt_verdict_callback(void *user, const struct tvt_span *chain, size_t num);
TVT_MUST_USE enum tvt_result tvt_config_set_verdict(struct tvt_config *c, tvt_verdict_callback *verdict, void *user,
                                                    struct tvt_error *e);

/* The same verdict with the connection that it is about, which may be asked for its name, staples and certificates, and
 * given the alert of a refusal (tvt_connection_refuse()). It takes the place of tvt_config_set_verdict()'s callback, and
 * that one its; NULL: none. */
typedef enum tvt_result tvt_judge_callback(void *user, struct tvt_connection *connection, const struct tvt_span *chain,
                                           size_t num);
TVT_MUST_USE enum tvt_result tvt_config_set_judge(struct tvt_config *c, tvt_judge_callback *judge, void *user,
                                                  struct tvt_error *e);

/* Server: asked about each client once, by its (first) ClientHello, before anything is chosen or computed: a program that
 * is overloaded, or that does not serve this client, ends it here. Returns TVT_OK to go on, TVT_FAIL to refuse
 * (HELLO_REFUSED, internal_error unless tvt_connection_refuse() names another alert), TVT_PENDING to be asked again. The
 * spans are good until the callback returns. NULL: nobody is asked. */
struct tvt_hello {
    const char *server_name;  /* SNI, "" if none                                                     */
    struct tvt_span random;   /* 32 bytes                                                            */
    struct tvt_span suites, groups, schemes, certificate_schemes; /* uint16 lists, as offered        */
    struct tvt_span alpn;     /* protocols, each behind its length byte (RFC 7301 3.1)               */
    struct tvt_span authorities; /* DER Names, each behind two length bytes (RFC 9846 4.3.4)         */
    bool offers_psk, offers_early_data;
};
typedef enum tvt_result tvt_hello_callback(void *user, struct tvt_connection *connection, const struct tvt_hello *hello);
TVT_MUST_USE enum tvt_result tvt_config_set_hello(struct tvt_config *c, tvt_hello_callback *hello, void *user,
                                                  struct tvt_error *e);
/* Client: asked when the server asks for a certificate (RFC 9846 4.4.2; in the handshake, or after it), before one is
 * chosen. Returns and life of the spans as above; REQUEST_REFUSED. */
struct tvt_request {
    struct tvt_span schemes, certificate_schemes; /* uint16 lists; the second may be empty           */
    struct tvt_span authorities;                  /* as above                                        */
    struct tvt_span oid_filters;                  /* {vec8 OID, vec16 values} each (RFC 9846 4.3.5)  */
};
typedef enum tvt_result tvt_request_callback(void *user, struct tvt_connection *connection,
                                             const struct tvt_request *request);
TVT_MUST_USE enum tvt_result tvt_config_set_request(struct tvt_config *c, tvt_request_callback *request, void *user,
                                                    struct tvt_error *e);
/* Client: a server that asks for a certificate gets one, or the handshake ends (CREDENTIAL_REQUIRED, handshake_failure).
 * Off by default: without one that fits, an empty Certificate goes out and the server decides (RFC 9846 4.5.1). On a
 * server it does nothing: there TVT_VERIFY_REQUIRE asks the same of the client. */
TVT_MUST_USE enum tvt_result tvt_config_set_credential_required(struct tvt_config *c, bool on, struct tvt_error *e);

/* Adds a certificate chain with its key (a reference is taken), at most 16. Of those that can sign what the peer accepts, one for
 * the name that it sent goes before one whose chain is signed as it wants, that before one of an authority that it names; then
 * the first. BAD_ARGUMENT: NULL, or too many. */
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

/* -- sessions, PSKs, 0-RTT (session.h) -- */

/* Client: called with each ticket that arrives, as a session; *take a reference* to keep it. Nothing is kept otherwise. A
 * ticket may come at any time after the handshake, from within tvt_connection_input(). */
typedef void tvt_session_callback(void *user, struct tvt_connection *connection, struct tvt_session *session);
TVT_MUST_USE enum tvt_result tvt_config_set_new_session(struct tvt_config *c, tvt_session_callback *callback, void *user,
                                                        struct tvt_error *e);
/* Server: seals sessions into tickets with `keys` (a reference is taken); NULL: no such tickets. */
TVT_MUST_USE enum tvt_result tvt_config_set_ticket_keys(struct tvt_config *c, struct tvt_ticket_keys *keys,
                                                        struct tvt_error *e);
/* Server: keeps sessions in `cache` (borrowed; outlives the configuration) and hands out keys to it; goes before ticket
 * keys where both are set. Tickets of either kind are taken back. NULL: none. */
TVT_MUST_USE enum tvt_result tvt_config_set_session_cache(struct tvt_config *c, const struct tvt_session_cache *cache,
                                                          struct tvt_error *e);
/* Server: keeps sessions of those TLS 1.2 clients in `cache` (borrowed; outlives the configuration) that know no tickets and go
 * back to a session by its id (RFC 5246 7.3). One session serves any number of connections there, at once too: it is looked
 * up by the cache's `get`. A cache of tvt_config_set_session_cache() serves them too, and goes before this one. NULL: none. */
TVT_MUST_USE enum tvt_result tvt_config_set_id_cache(struct tvt_config *c, const struct tvt_session_cache *cache,
                                                     struct tvt_error *e);
/* Server: how many tickets follow a handshake, 0..TVT_LIMIT_TICKETS (default 2). They leave in front of the server's first
 * application data, so that a peer that never reads is not harmed; tvt_connection_send_tickets() sends them at once.
 * After a handshake that went back to a session there is one. A client that says how many it wants (RFC 9149) gets so many, at
 * most TVT_LIMIT_TICKETS, unless num is 0. */
TVT_MUST_USE enum tvt_result tvt_config_set_tickets(struct tvt_config *c, size_t num, struct tvt_error *e);
/* Client: sends ticket_request (RFC 9149): how many it wants after a full and after a resumed handshake, 0..255. */
TVT_MUST_USE enum tvt_result tvt_config_set_ticket_request(struct tvt_config *c, uint8_t fresh, uint8_t resumed,
                                                           struct tvt_error *e);
/* Server: seconds that a session is good, 1..TVT_LIMIT_TICKET_LIFETIME (default 7200). */
TVT_MUST_USE enum tvt_result tvt_config_set_session_lifetime(struct tvt_config *c, uint32_t seconds, struct tvt_error *e);
/* When a session is resumed: check the certificates that its peer once showed again - trust store, name, time, OID filters,
 * the response that was stapled where one is wanted, and the verdict callback - and refuse the connection where they do not
 * hold any more. A client sends no 0-RTT data where they do not hold before the server answers; the verdict callback is asked
 * behind that alone. Off by default: a session proves its peer for its lifetime (RFC 9846 4.7.1). */
TVT_MUST_USE enum tvt_result tvt_config_set_reverify(struct tvt_config *c, bool on, struct tvt_error *e);
/* Key exchange with a PSK (RFC 9846 4.3.9): TVT_PSK_DHE_KE (default), TVT_PSK_KE (no forward secrecy), or both or'ed. */
#define TVT_PSK_KE 1u
#define TVT_PSK_DHE_KE 2u
TVT_MUST_USE enum tvt_result tvt_config_set_psk_modes(struct tvt_config *c, unsigned modes, struct tvt_error *e);
/* An external or imported PSK for every connection (a reference is taken): a client offers it, a server accepts it. Up to
 * TVT_LIMIT_PSKS. With one of these a server needs no credential, and a client no trust store: then a peer without the
 * key is refused. */
TVT_MUST_USE enum tvt_result tvt_config_add_psk(struct tvt_config *c, struct tvt_session *psk, struct tvt_error *e);
/* Server: looks up an identity that is no fixed PSK. TVT_OK with a reference in *out; TVT_FAIL: unknown (the next identity,
 * a ticket, or a full handshake); TVT_PENDING: will be asked again. */
typedef enum tvt_result tvt_psk_callback(void *user, struct tvt_span identity, struct tvt_session **out);
TVT_MUST_USE enum tvt_result tvt_config_set_psk_lookup(struct tvt_config *c, tvt_psk_callback *lookup, void *user,
                                                       struct tvt_error *e);
/* 0-RTT (RFC 9846 2.3, 8), off unless asked for: early data is not forward secret and can be replayed. `max`: bytes, 0 off.
 * Client: at most so many are sent (less where the ticket allows less); offered where tvt_connection_offer_early() is
 * called. Server: announced in tickets, and the limit of what is taken; needs tvt_config_set_replay(), or the
 * handshake does not begin (WRONG_CALL). */
TVT_MUST_USE enum tvt_result tvt_config_set_early_data(struct tvt_config *c, uint32_t max, struct tvt_error *e);
/* Server: the memory that refuses replays (borrowed; outlives the configuration), and the freshness window: how far the
 * age that the client claims may be from what the server sees, milliseconds (RFC 9846 8.3; 10000 is usual). */
TVT_MUST_USE enum tvt_result tvt_config_set_replay(struct tvt_config *c, const struct tvt_replay *replay,
                                                   uint32_t window_ms, struct tvt_error *e);
/* Server: every HelloRetryRequest carries a cookie sealed with `keys` (a reference is taken; RFC 9846 4.3.2) that holds the
 * state, so that any connection - of this process or another with the same keys - can go on with the second ClientHello.
 * `always`: a ClientHello without a good cookie is answered with a HelloRetryRequest in any case, and TLS 1.2, which has no
 * cookie, is refused. NULL: off. */
TVT_MUST_USE enum tvt_result tvt_config_set_cookie(struct tvt_config *c, struct tvt_ticket_keys *keys, bool always,
                                                   struct tvt_error *e);

/* -- more about certificates -- */

/* Server: refuse a client whose server_name no credential is for (unrecognized_name), or that sends none. */
TVT_MUST_USE enum tvt_result tvt_config_set_strict_name(struct tvt_config *c, bool on, struct tvt_error *e);
/* Names of authorities that are sent to the peer (RFC 9846 4.3.4): DER Names, each behind a two-byte length. Server: in
 * CertificateRequest; client: in ClientHello. len 0: none. */
TVT_MUST_USE enum tvt_result tvt_config_set_authorities(struct tvt_config *c, const uint8_t *names, size_t len,
                                                        struct tvt_error *e);
/* Server: what a client's certificate must have (RFC 9846 4.3.5), in wire form: {vec8 OID, vec16 values} each. */
TVT_MUST_USE enum tvt_result tvt_config_set_oid_filters(struct tvt_config *c, const uint8_t *filters, size_t len,
                                                        struct tvt_error *e);
/* Schemes for signatures inside certificates (signature_algorithms_cert, RFC 9846 4.3.3); NULL: as for CertificateVerify,
 * and the extension is not sent. */
TVT_MUST_USE enum tvt_result tvt_config_set_certificate_schemes(struct tvt_config *c, const char *list,
                                                                struct tvt_error *e);
/* Ask the peer for a stapled OCSP response (RFC 6066 8) and SignedCertificateTimestamps (RFC 6962 3.3); `ocsp`
 * TVT_STAPLE_REQUIRE: refuse a peer without a response that is good, fresh and signed as RFC 6960 wants. */
enum tvt_staple { TVT_STAPLE_NONE = 0, TVT_STAPLE_ASK, TVT_STAPLE_REQUIRE };
TVT_MUST_USE enum tvt_result tvt_config_set_staples(struct tvt_config *c, enum tvt_staple ocsp, bool sct,
                                                    struct tvt_error *e);
/* Certificate types (RFC 7250) in order of preference: of the server's certificate and of the client's.
 * TVT_CERTIFICATE_X509 alone is the default. With raw keys there is no chain: the peer's key must be one of
 * tvt_config_add_peer_key(), or the verdict callback must accept it (with TVT_VERIFY_NONE: any). */
#define TVT_CERTIFICATE_X509 0u
#define TVT_CERTIFICATE_RAW_KEY 2u
TVT_MUST_USE enum tvt_result tvt_config_set_certificate_types(struct tvt_config *c, const uint8_t *server, size_t num_server,
                                                              const uint8_t *client, size_t num_client,
                                                              struct tvt_error *e);
/* A raw key that the peer may have: DER SubjectPublicKeyInfo, copied. Up to 16. */
TVT_MUST_USE enum tvt_result tvt_config_add_peer_key(struct tvt_config *c, struct tvt_span spki, struct tvt_error *e);
/* Certificate compression (RFC 8879): algorithms that we take and use, best first, of those that this build has
 * (1 zlib, 3 zstd; tvt_compression_available()). num 0 (default): off. Certificates are never compressed with secrets. */
TVT_MUST_USE enum tvt_result tvt_config_set_compression(struct tvt_config *c, const uint16_t *algorithms, size_t num,
                                                        struct tvt_error *e);
bool tvt_compression_available(uint16_t algorithm);
/* Post-handshake authentication (RFC 9846 4.3.6, 4.7.2): a client offers it; a server may then call
 * tvt_connection_request_certificate(). Off by default: it keeps the transcript for the life of the connection. */
TVT_MUST_USE enum tvt_result tvt_config_set_post_handshake_auth(struct tvt_config *c, bool on, struct tvt_error *e);

/* -- records and habits -- */

/* Client: asks for records of at most 512, 1024, 2048 or 4096 bytes (RFC 6066 4); 0: no. Where record_size_limit is set
 * too, that is sent alone. */
TVT_MUST_USE enum tvt_result tvt_config_set_max_fragment(struct tvt_config *c, uint16_t bytes, struct tvt_error *e);
/* Pads the content of every record that is sent (RFC 9846 5.4) to a multiple of `bytes`, 0..16384; 0: none. */
TVT_MUST_USE enum tvt_result tvt_config_set_padding(struct tvt_config *c, uint16_t bytes, struct tvt_error *e);
/* GREASE values (RFC 8701) among what a client offers, and what a server puts into CertificateRequest and NewSessionTicket, so
 * that peers stay tolerant. Off by default. */
TVT_MUST_USE enum tvt_result tvt_config_set_grease(struct tvt_config *c, bool on, struct tvt_error *e);
TVT_MUST_USE enum tvt_result tvt_config_set_allocator(struct tvt_config *c, const struct tvt_allocator *allocator,
                                                      struct tvt_error *e);

/* ---- connection ------------------------------------------------------------------------------------------------ */

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

/* Client, before the handshake: a session to resume, or a PSK, to be offered (a reference is taken), before those of the
 * configuration; up to TVT_LIMIT_PSKS. One that does not fit - another server name, too old, its suite switched off, its
 * certificate not verified where this connection wants that - is left out without an error. */
TVT_MUST_USE enum tvt_result tvt_connection_add_session(struct tvt_connection *c, struct tvt_session *session);
/* Client, before the handshake: offer 0-RTT with the first session added. Then, as soon as tvt_connection_handshake() was
 * called, tvt_connection_seal_early() sends, until the server's answer is there. */
TVT_MUST_USE enum tvt_result tvt_connection_offer_early(struct tvt_connection *c);

/* Goes on with the handshake as far as the bytes at hand allow.
 * TVT_OK: done, and nothing is left to send. TVT_WANT_WRITE: take the output. TVT_WANT_READ: give input (when there is
 * output too, WANT_WRITE is said first). TVT_PENDING: a signer or a verdict has not answered: call again.
 * TVT_CLOSED: one side closed in order before the end. TVT_FAIL: see tvt_connection_error(); an alert may be in the output.
 * Called by one of the connection's own callbacks, this and tvt_connection_input() are refused (WRONG_CALL). */
TVT_MUST_USE enum tvt_result tvt_connection_handshake(struct tvt_connection *c);

/* Within one of the configuration's callbacks that judge the peer, which is about to return TVT_FAIL: the alert that the
 * peer is told (RFC 9846 6.2), and words for our own error record (`reason`: NUL-terminated, copied; NULL: none).
 * About certificates: bad_certificate 42, unsupported_certificate 43, certificate_revoked 44, certificate_expired 45,
 * certificate_unknown 46 (the default), unknown_ca 48, access_denied 49, bad_certificate_status_response 113, or
 * handshake_failure 40. About a ClientHello or CertificateRequest: handshake_failure 40, access_denied 49,
 * insufficient_security 71, internal_error 80 (the default), unrecognized_name 112 (a server's).
 * TVT_FAIL: WRONG_CALL outside of such a callback, BAD_ARGUMENT for another alert; then the default is told. */
TVT_MUST_USE enum tvt_result tvt_connection_refuse(struct tvt_connection *c, uint8_t alert, const char *reason);

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
 * *len receives the count, 0 when nothing is pending. TVT_OK; TVT_WANT_WRITE when cap is smaller; or TVT_FAIL when sealing failed
 * before anything was written (later: the bytes written are good, and the next call of another kind says TVT_FAIL). */
TVT_MUST_USE enum tvt_result tvt_connection_output(struct tvt_connection *c, uint8_t *out, size_t cap, size_t *len);
bool tvt_connection_has_output(const struct tvt_connection *c);

/* Seals application data: takes *used bytes of data[0..len) and writes *out_len wire bytes to out[cap], after pending
 * output; that alone may fill cap (TVT_OK, *used 0): send it and call again. out and data do not overlap. TVT_WANT_WRITE:
 * cap is too small for anything. WRONG_CALL before the handshake allows data, and after tvt_connection_close(). */
TVT_MUST_USE enum tvt_result tvt_connection_seal(struct tvt_connection *c, uint8_t *out, size_t cap, size_t *out_len,
                                                 const uint8_t *data, size_t len, size_t *used);

/* Seals 0-RTT data as tvt_connection_seal() does application data, as much as out takes and as may be sent early: *used
 * stays below len at the limit (tvt_connection_early_room() is 0 then). TVT_WANT_WRITE: send the *out_len bytes there are,
 * and call again. WRONG_CALL where no 0-RTT is offered, or the server has answered: then see tvt_info.early.
 * Early data that the server rejected (TVT_EARLY_REJECTED) was not received: the program decides whether to send it anew. */
TVT_MUST_USE enum tvt_result tvt_connection_seal_early(struct tvt_connection *c, uint8_t *out, size_t cap, size_t *out_len,
                                                       const uint8_t *data, size_t len, size_t *used);
/* Bytes of 0-RTT data that may be sent now; 0: none. */
size_t tvt_connection_early_room(const struct tvt_connection *c);
/* Server: true when the data of the last tvt_connection_input() was 0-RTT: it may be a replay. */
bool tvt_connection_input_was_early(const struct tvt_connection *c);

/* Server, after the handshake: sends what is left of its tickets now. `extra`: so many more besides. */
TVT_MUST_USE enum tvt_result tvt_connection_send_tickets(struct tvt_connection *c, size_t extra);
/* Server, after a handshake in which the client offered post-handshake authentication: asks for its certificate. */
TVT_MUST_USE enum tvt_result tvt_connection_request_certificate(struct tvt_connection *c);
bool tvt_connection_awaits_certificate(const struct tvt_connection *c); /* one that was asked for has not been answered */

/* Queues close_notify (RFC 9846 6.1): no more data can be sent; receiving goes on. */
TVT_MUST_USE enum tvt_result tvt_connection_close(struct tvt_connection *c);
/* Ends a handshake that the user no longer wants: user_canceled, then close_notify (RFC 9846 6.1). */
TVT_MUST_USE enum tvt_result tvt_connection_cancel(struct tvt_connection *c);
/* Queues a KeyUpdate (RFC 9846 4.7.3). `request`: ask the peer to update too. */
TVT_MUST_USE enum tvt_result tvt_connection_key_update(struct tvt_connection *c, bool request);
/* Exported keying material (RFC 9846 7.5, RFC 5705 4). `context` NULL: none, which TLS 1.2 tells from an empty one; TLS 1.3 does
 * not. */
TVT_MUST_USE enum tvt_result tvt_connection_export(struct tvt_connection *c, uint8_t *out, size_t len, const char *label,
                                                   const uint8_t *context, size_t context_len);
/* The same from the early exporter secret (RFC 9846 7.5): as soon as 0-RTT is offered (client) or accepted (server). */
TVT_MUST_USE enum tvt_result tvt_connection_export_early(struct tvt_connection *c, uint8_t *out, size_t len,
                                                         const char *label, const uint8_t *context, size_t context_len);
/* Channel binding "tls-exporter" (RFC 9266 2): 32 bytes that both ends share and no other connection has. */
TVT_MUST_USE enum tvt_result tvt_connection_channel_binding(struct tvt_connection *c, uint8_t out[32]);

/* The first fatal error of this connection; without one, the last call that came in the wrong order (which harms
 * nothing); else code TVT_E_NONE. Lives as long as the connection. */
const struct tvt_error *tvt_connection_error(const struct tvt_connection *c);
/* State of the handshake for people, "client13.WAIT_SH"; static. */
const char *tvt_connection_state(const struct tvt_connection *c);
bool tvt_connection_established(const struct tvt_connection *c); /* handshake done               */
bool tvt_connection_can_send(const struct tvt_connection *c);    /* application data may be sent */
bool tvt_connection_sent_close(const struct tvt_connection *c);
bool tvt_connection_received_close(const struct tvt_connection *c);

/* What became of 0-RTT. */
enum tvt_early { TVT_EARLY_NONE = 0, TVT_EARLY_OFFERED, TVT_EARLY_ACCEPTED, TVT_EARLY_REJECTED };

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
    bool peer_verified;          /* chain (and on a client the name) were verified; false inside the judge's callback */
    size_t num_peer_certificates;
    bool resumed;                /* a PSK took the place of certificates: of a ticket, or external (then psk_external) */
    bool psk_external;
    enum tvt_early early;
    uint64_t early_bytes;        /* 0-RTT data sent (client) or received (server)                   */
    int64_t ticket_age_skew_ms;  /* server: age that the client claims for its ticket, less what was seen here; 0: no ticket */
    bool peer_raw_key;           /* the one peer "certificate" is a SubjectPublicKeyInfo (RFC 7250) */
    bool client_authenticated;   /* server: the client proved a certificate; client: we did         */
    uint16_t compression;        /* of the peer's Certificate (RFC 8879); 0: none                   */
    uint16_t peer_scheme;        /* SignatureScheme of the peer's CertificateVerify; 0: there was none */
    bool extended_master;        /* TLS 1.2: the extended master secret (RFC 7627) is in use        */
};
void tvt_connection_info(const struct tvt_connection *c, struct tvt_info *info);
/* What the peer stapled to its certificate, as received; empty: nothing. This and its certificates live as long as the connection,
 * or until it shows another certificate after the handshake (RFC 9846 4.7.2). */
struct tvt_span tvt_connection_peer_ocsp(const struct tvt_connection *c);
struct tvt_span tvt_connection_peer_scts(const struct tvt_connection *c);
/* The peer's certificates as received, DER, leaf first; empty span past the end. They are kept. */
struct tvt_span tvt_connection_peer_certificate(const struct tvt_connection *c, size_t index);

#ifdef __cplusplus
}
#endif
#endif
