/* SPDX-License-Identifier: MIT
 *
 * What the rooms of TLS 1.2 share: the rows of its two tables, and the few questions that they ask each other.
 */
#ifndef TVT_CORE_HANDSHAKE_TLS12_H
#define TVT_CORE_HANDSHAKE_TLS12_H

#include "core/handshake/protocol.h"

/* Fixes suite, hash and AEAD, and starts the transcript's hash, which goes on keeping the messages while a client's signature
 * over them may come. */
enum tvt_result tvt_tls12_take_suite(struct tvt_handshake *hs, const struct tvt_suite *suite);
/* The form that messages have under the chosen suite and certificate types: enum tvt_form12 bits. */
unsigned tvt_tls12_form(const struct tvt_handshake *hs);
bool tvt_tls12_is_psk(const struct tvt_handshake *hs);

/* ---- the server's choices (select12.c) ---- */

tvt_handler tvt_select12_recv_client_hello;
/* auth13.c: what the ClientHello says about certificates; whether one of ours does for this suite, which is then chosen. */
enum tvt_result tvt_auth_prepare12(struct tvt_handshake *hs, const struct tvt_client_hello *m);
/* `no_type`: the client takes no type of certificate that we have (RFC 7250 4.2), under whatever suite. */
bool tvt_auth_select12(struct tvt_handshake *hs, const struct tvt_client_hello *m, const struct tvt_suite *suite,
                       bool *no_type);

/* ---- the key exchange (exchange12.c) ---- */

tvt_handler tvt_exchange12_send_server, tvt_exchange12_recv_server, tvt_exchange12_send_client, tvt_exchange12_recv_client;
size_t tvt_exchange12_room(const struct tvt_handshake *hs);

/* ---- certificates and Finished (auth12.c) ---- */

tvt_handler tvt_auth12_send_certificate, tvt_auth12_recv_certificate, tvt_auth12_send_status, tvt_auth12_recv_status;
tvt_handler tvt_auth12_send_request, tvt_auth12_recv_request, tvt_auth12_send_verify, tvt_auth12_recv_verify;
tvt_handler tvt_auth12_send_finished, tvt_auth12_recv_finished;
size_t tvt_auth12_certificate_room(const struct tvt_handshake *hs);
/* The server staples: it says so in ServerHello, and sends CertificateStatus (RFC 6066 8). */
bool tvt_auth12_staples(const struct tvt_handshake *hs);

/* ---- sessions (session12.c) ---- */

tvt_handler tvt_session12_send_ticket, tvt_session12_recv_ticket;
/* Client: the session that the ClientHello offered; NULL: none. */
struct tvt_session *tvt_session12_offered(const struct tvt_handshake *hs);
/* Server: the session that the ClientHello goes back to (hs->session), or none. PENDING. */
enum tvt_result tvt_session12_find(struct tvt_handshake *hs, const struct tvt_client_hello *m);
/* Goes on with that session's secret. PENDING. */
enum tvt_result tvt_session12_resume(struct tvt_handshake *hs, struct tvt_session *session);
/* Server: whether the new session gets a ticket, or an id for the cache. */
enum tvt_result tvt_session12_plan(struct tvt_handshake *hs, const struct tvt_client_hello *m);
/* The handshake is whole: the session goes to the program (client), into the cache (server). */
enum tvt_result tvt_session12_done(struct tvt_handshake *hs);

#endif
