/* SPDX-License-Identifier: MIT
 *
 * Connections of TLS 1.2 for tests, set up by flags: how the peers prove themselves, and what they go back to.
 */
#ifndef TVT_TESTS_UNIT_TLS12_HELP_H
#define TVT_TESTS_UNIT_TLS12_HELP_H

#include "tests/unit/resume_help.h"

#define TLS12_REQUEST 0x01u  /* a certificate of the client is required               */
#define TLS12_PSK     0x02u  /* ECDHE_PSK                                             */
#define TLS12_GIVE    0x04u  /* the server gives a ticket                             */
#define TLS12_TICKET  0x08u  /* a session is gone back to by its ticket               */
#define TLS12_OLD     0x10u  /* which is old enough to be renewed                     */
#define TLS12_ID      0x20u  /* a session is gone back to by its id                   */
#define TLS12_STAPLE  0x40u  /* the server staples an OCSP response, and has SCTs     */
#define TLS12_BOTH    0x80u  /* both speak TLS 1.3, too; the client's offer hides it  */
#define TLS12_OPTION  0x100u /* a certificate of the client is asked for              */
#define TLS12_ALPN    0x200u /* both have the protocol "h2"                           */

/* True: the default backend is there, and both configurations are as the flags say; a first connection has been, where there is
 * one to go back to. */
bool tls12_open(struct resume *b, unsigned flags);
/* The same over backends and with a key of vectors/pki; NULL: the default ones. */
bool tls12_open_with(struct resume *b, unsigned flags, const struct tvt_fixture_options *options);
/* Makes the connections; the session, if any, is added. */
void tls12_connect(struct resume *b, unsigned flags);
/* The whole handshake, and data both ways. */
bool tls12_run(struct resume *b, unsigned flags);
/* An external pre-shared key; the caller's. */
struct tvt_session *tls12_psk(const char *identity);
/* Both speak the versions given. */
void tls12_versions(struct resume *b, enum tvt_role role, uint16_t min, uint16_t max);
/* Name of the default backend; NULL: there is none. */
const char *tls12_backend(void);
/* The victim failed with `code`; the other end was told with the alert that belongs to it. */
bool tls12_failed(const struct resume *b, enum tvt_role victim, enum tvt_error_code code);
extern const uint8_t tls12_scts[7];

#endif
