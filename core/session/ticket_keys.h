/* SPDX-License-Identifier: MIT
 *
 * What ticket_keys.c (which key?) and sealed.c (what is done with it) share; nobody else includes it.
 */
#ifndef TVT_CORE_SESSION_TICKET_KEYS_H
#define TVT_CORE_SESSION_TICKET_KEYS_H

#include "core/crypto/kdf.h"
#include "core/session/lock.h"
#include "core/session/ticket.h"

#define TVT_TICKET_NAME_LEN 16u
#define TVT_TICKET_SECRET_LEN (TVT_TICKET_KEY_LEN - TVT_TICKET_NAME_LEN)
#define TVT_SEALERS 8u /* kept by one set of keys: as many threads seal and open without making contexts */

/* Live contexts that seal and open; one thread at a time has one. */
struct tvt_sealer {
    bool live;          /* kdf is set up                                          */
    bool loaded;        /* `secret` is what kdf has loaded                        */
    uint64_t generation;
    const struct tvt_aead *sealing, *opening; /* whose contexts are live; NULL: none */
    uint8_t secret[TVT_TICKET_SECRET_LEN];
    struct tvt_kdf kdf;
    _Alignas(TVT_ALIGN) uint8_t seal_ctx[TVT_AEAD_CTX_MAX];
    _Alignas(TVT_ALIGN) uint8_t open_ctx[TVT_AEAD_CTX_MAX];
};

struct tvt_ticket_key {
    uint8_t bytes[TVT_TICKET_KEY_LEN];       /* name, secret                 */
    uint64_t seals_until_ms, opens_until_ms; /* 0: not used yet, or no end   */
};

struct tvt_ticket_keys {
    atomic_uint refs;
    struct tvt_lock lock; /* over all that follows but the sealers lent out */
    const struct tvt_provider *provider;
    uint64_t rotate_ms; /* 0: never */
    struct tvt_ticket_key held[TVT_TICKET_KEYS_MAX];
    size_t num;
    tvt_ticket_key_callback *callback;
    void *user;
    uint64_t generation; /* counts the times that keys went away */
    unsigned busy;       /* a bit for each sealer lent out       */
    struct tvt_sealer sealers[TVT_SEALERS];
};

/* True when the provider has what sealing needs. */
bool tvt_sealers_possible(const struct tvt_provider *provider);
/* Tears down and wipes; one that is not live is allowed. */
void tvt_sealer_free(struct tvt_sealer *sealer);

/* An idle sealer, or `spare` when none is. */
struct tvt_sealer *tvt_ticket_keys_borrow(struct tvt_ticket_keys *keys, struct tvt_sealer *spare);
void tvt_ticket_keys_give_back(struct tvt_ticket_keys *keys, struct tvt_sealer *sealer, struct tvt_sealer *spare);

/* The key to seal with now; the key of a name. The caller wipes it. */
TVT_MUST_USE enum tvt_result tvt_ticket_keys_sealing(struct tvt_ticket_keys *keys, uint8_t out[TVT_TICKET_KEY_LEN],
                                                     uint64_t now_ms, struct tvt_error *error);
TVT_MUST_USE bool tvt_ticket_keys_opening(struct tvt_ticket_keys *keys, uint8_t out[TVT_TICKET_KEY_LEN],
                                          const uint8_t *name, uint64_t now_ms);

#endif
