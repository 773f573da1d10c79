/* SPDX-License-Identifier: MIT
 *
 * What a version of TLS does beneath its tables. A machine points to its protocol; nobody else asks which version it is.
 */
#ifndef TVT_CORE_HANDSHAKE_PROTOCOL_H
#define TVT_CORE_HANDSHAKE_PROTOCOL_H

#include "core/handshake/handshake.h"
#include "core/record/record.h"

struct tvt_protocol {
    uint16_t version;
    bool dummy_ccs; /* change_cipher_spec says nothing (RFC 9846 5); else it is a row of the table                   */
    bool warnings;  /* an alert of the level warning does not end the connection (RFC 5246 7.2); else the level says
                       nothing (RFC 9846 6)                                                                          */
    bool turns;     /* the two sides' flights take turns (RFC 5246 7.3); else one may still send when the other begins  */
    /* A key of this type may sign with it in a handshake. */
    bool (*scheme_fits)(const struct tvt_scheme *scheme, uint8_t key_type);
    enum tvt_result (*decode)(const struct tvt_handshake *hs, struct tvt_message *out, struct tvt_span raw);
    void (*free_schedule)(struct tvt_scratch *s); /* wipes and zeroes it; one that never was is allowed */
    /* The DERIVE_* of enum tvt_keys. These three: TVT_CRYPTO_OK, or a failure. */
    int (*derive)(struct tvt_handshake *hs, unsigned keys);
    int (*install)(struct tvt_handshake *hs, struct tvt_protection *p, enum tvt_level level, bool sending);
    int (*export)(const struct tvt_handshake *hs, const char *label, struct tvt_span context, uint8_t *out, size_t len);
    /* Why not, or NULL; where it is NULL itself, nothing is refused. */
    const char *(*refuses_export)(const char *label, size_t context_len);
};

extern const struct tvt_protocol tvt_protocol13, tvt_protocol12;

#endif
