/* SPDX-License-Identifier: MIT
 *
 * Sealed things that a server hands to its clients and wants back: tickets (RFC 9846 4.7.1) and cookies (4.3.2).
 */
#ifndef TVT_CORE_SESSION_TICKET_H
#define TVT_CORE_SESSION_TICKET_H

#include "core/session/session.h"

/* What the bytes are for: one kind does not open as the other. */
enum tvt_sealed_kind { TVT_SEALED_TICKET = 1, TVT_SEALED_COOKIE = 2 };

/* Bytes that sealing adds. */
#define TVT_SEALED_OVERHEAD 80u

/* Seals plain[0..len) into out[cap]; cap >= len + TVT_SEALED_OVERHEAD. `provider`: random and AEAD. `now_ms`: for rotation.
 * TVT_OK; TVT_FAIL (CRYPTO, RANDOM, NO_ROOM). */
TVT_MUST_USE enum tvt_result tvt_ticket_keys_seal(struct tvt_ticket_keys *keys, enum tvt_sealed_kind kind, uint8_t *out,
                                                  size_t cap, size_t *out_len, struct tvt_span plain, uint64_t now_ms,
                                                  struct tvt_error *error);
/* Opens into out[cap]; cap >= sealed.len. False: not ours, of a key that is gone, or damaged: no error, the handshake goes
 * on without it. */
TVT_MUST_USE bool tvt_ticket_keys_open(struct tvt_ticket_keys *keys, enum tvt_sealed_kind kind, uint8_t *out, size_t cap,
                                       size_t *out_len, struct tvt_span sealed, uint64_t now_ms);

#endif
