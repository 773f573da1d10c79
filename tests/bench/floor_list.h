/* SPDX-License-Identifier: MIT
 *
 * What the lists of the floor share: the two sides, their kept contexts, and the operations that the lists consist of.
 */
#ifndef TVT_TESTS_BENCH_FLOOR_LIST_H
#define TVT_TESTS_BENCH_FLOOR_LIST_H

#include "tests/bench/floor.h"

#define MESSAGE_MAX     8192u
#define FLOOR_TURNS_MAX 5u /* client, server, client, ... */

struct floor_side {
    const struct floor_library *hash_library, *aead_library, *kx_library, *signature_library;
    void *running, *snapshot;   /* transcript */
    void *inner, *outer, *work; /* MAC */
    void *aead[2];              /* open, seal */
    void *kx, *signature;
    const struct floor_library *ticket_library;
    void *ticket; /* server: opens tickets */
    uint8_t early[64], master[64], nothing[64];
    uint8_t handshake_finished[2][64]; /* finished keys: client's, server's */
    uint8_t hash[64];                  /* last snapshot */
    uint8_t salt[64];                  /* for the main secret */
    uint8_t iv[2][12];                 /* open, seal */
    uint64_t count[TVT_METER_NUM_OPS];
    bool keyed;
};

/* A turn of a list, the client's first; NULL after the last. */
struct floor;
typedef void (*floor_turn)(struct floor *f);

struct floor {
    const floor_turn *turns;
    size_t hash_len, block_len, key_len;
    struct floor_lengths lengths;
    struct floor_side side[2];
    uint8_t leaf_der[8192], root_der[8192];
    struct tvt_certificate leaf, root;
    struct tvt_private_key_file key;
    uint8_t message[MESSAGE_MAX]; /* any bytes: what stands in hellos and certificates costs nothing here */
    uint8_t share[2][32];
    uint8_t flight[MESSAGE_MAX], flight_sealed[MESSAGE_MAX], finished_sealed[256];
    size_t flight_len;
    uint8_t psk[64], ticket_key[64], ticket[MESSAGE_MAX], ticket_plain[MESSAGE_MAX];
    size_t ticket_len;      /* sealed, tag included */
    uint8_t signature[256]; /* TLS 1.2: over the server's share */
    size_t signature_len, fixed_iv_len;
    bool failed;
};

extern const floor_turn floor_list13[FLOOR_TURNS_MAX + 1]; /* full, or resumed where there is a ticket */
extern const floor_turn floor_full12[FLOOR_TURNS_MAX + 1], floor_resumed12[FLOOR_TURNS_MAX + 1];

void floor_need(struct floor *f, bool ok);                            /* else the run has failed */
void floor_random(struct floor *f, struct floor_side *s, size_t len); /* at most 64 */
void floor_add_message(struct floor_side *s, const uint8_t *data, size_t len);
void floor_final(struct floor *f, struct floor_side *s, void *ctx, uint8_t *out);
void floor_copy(struct floor_side *s, void *dst, const void *src);
void floor_snapshot(struct floor *f, struct floor_side *s); /* into s->hash */
void floor_key_mac(struct floor *f, struct floor_side *s, const uint8_t *key, size_t key_len);
void floor_mac(struct floor *f, struct floor_side *s, const uint8_t *data, size_t len, uint8_t *out);
void floor_key_aead(struct floor *f, struct floor_side *s, unsigned way, const uint8_t *key); /* way: 0 open, 1 seal */
void floor_open_ticket(struct floor *f, struct floor_side *s);
void floor_begin_transcript(struct floor *f, struct floor_side *s); /* with the ClientHello */
void floor_kx_start(struct floor *f, enum tvt_role role);
void floor_kx_finish(struct floor *f, enum tvt_role role, uint8_t shared[32]);
void floor_kx_respond(struct floor *f, enum tvt_role role, uint8_t shared[32]); /* start and finish */
void floor_sign(struct floor *f, struct tvt_span content, uint8_t *signature, size_t *len);
void floor_verify(struct floor *f, struct tvt_span content, struct tvt_span signature); /* by the leaf */
void floor_verify_leaf(struct floor *f);
void floor_seal(struct floor *f, struct floor_side *s, uint8_t *out, const uint8_t *in, size_t len,
                struct tvt_span aad);
void floor_open(struct floor *f, struct floor_side *s, uint8_t *record, size_t len,
                struct tvt_span aad); /* tag included */

#endif
