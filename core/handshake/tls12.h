/* SPDX-License-Identifier: MIT
 *
 * What the rooms of TLS 1.2 share: the rows of its two tables, and the few questions that they ask each other.
 */
#ifndef TVT_CORE_HANDSHAKE_TLS12_H
#define TVT_CORE_HANDSHAKE_TLS12_H

#include "core/handshake/protocol.h"
#include "core/handshake/rows.h"

/* Fixes suite, hash and AEAD, and starts the transcript's hash, which goes on keeping the messages while a client's signature
 * over them may come. */
enum tvt_result tvt_tls12_take_suite(struct tvt_handshake *hs, const struct tvt_suite *suite);
/* The form that messages have under the chosen suite and certificate types: enum tvt_form12 bits. */
unsigned tvt_tls12_form(const struct tvt_handshake *hs);
bool tvt_tls12_is_psk(const struct tvt_handshake *hs);

/* ---- the server's choices (select12.c) ---- */

tvt_handler tvt_select12_recv_client_hello;
/* What the ClientHello of a session that is gone back to must have, and the session; NULL: a full handshake. PENDING. */
enum tvt_result tvt_resume12_find(struct tvt_handshake *hs, const struct tvt_client_hello *m);

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
/* Client: the session that the ClientHello offers, if one fits; server: at the end of a full handshake, the session is put into
 * the cache under its id, client: given to the program. */
const struct tvt_session *tvt_session12_offered(const struct tvt_handshake *hs);
enum tvt_result tvt_session12_done(struct tvt_handshake *hs);
/* Server: a session id for the cache; false: none is kept. */
bool tvt_session12_new_id(struct tvt_handshake *hs);

#endif
