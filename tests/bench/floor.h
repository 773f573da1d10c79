/* SPDX-License-Identifier: MIT
 *
 * The floor: the cryptography of a handshake and nothing else, straight on a library, with contexts that are kept. What
 * a TLS library over the same crypto cannot go below.
 *
 * floor13.c and floor12.c hold the fixed lists of operations; floor_<library>.c the calls of one library in their fastest use. The
 * client's and the server's list are run against each other: what one seals the other opens, what one signs the other
 * verifies, so that none can be left out unnoticed.
 */
#ifndef TVT_TESTS_BENCH_FLOOR_H
#define TVT_TESTS_BENCH_FLOOR_H

#include "tests/bench/bench.h"

/* One library. Contexts are made once and kept. */
struct floor_library {
    const char *name;
    void *(*hash_new)(uint8_t hash);
    void (*hash_reset)(void *ctx);
    void (*hash_update)(void *ctx, const void *data, size_t len);
    bool (*hash_final)(void *ctx, uint8_t *out);
    void (*hash_copy)(void *dst, const void *src);
    void (*hash_free)(void *ctx);
    void *(*aead_new)(uint16_t aead, bool sealing); /* NULL: the library lacks it */
    bool (*aead_key)(void *ctx, const uint8_t *key);
    bool (*seal)(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
                 size_t aad_len);
    bool (*open)(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce, const uint8_t *aad,
                 size_t aad_len); /* len: tag included */
    void (*aead_free)(void *ctx);
    bool (*random)(void *out, size_t len);
    void *(*kx_new)(void); /* X25519 */
    bool (*kx_start)(void *ctx, uint8_t share[32]);
    bool (*kx_finish)(void *ctx, const uint8_t peer[32], uint8_t secret[32]);
    void (*kx_free)(void *ctx);
    void *(*verifier_new)(uint8_t key_type); /* ECDSA P-256 with SHA-256, or Ed25519 */
    bool (*verify)(void *ctx, struct tvt_span key, struct tvt_span msg, struct tvt_span signature);
    void (*verifier_free)(void *ctx);
    void *(*signer_new)(uint8_t key_type, const struct tvt_private_key *key);
    bool (*sign)(void *ctx, struct tvt_span msg, uint8_t *signature, size_t *len);
    void (*signer_free)(void *ctx);
};
extern const struct floor_library floor_openssl, floor_libsodium, floor_wolfcrypt;
/* The first library of the names joined by '+' that has this; NULL: none. */
const struct floor_library *floor_library_of_aead(const char *backend, uint16_t aead);

/* Bytes of the messages of the handshake that the floor is for. */
struct floor_lengths {
    size_t client_hello, server_hello, encrypted_extensions, certificate, certificate_verify;
    size_t server_key_exchange, client_key_exchange; /* of TLS 1.2 */
    size_t ticket; /* of a resumed handshake, which has no certificate; 0: a full one */
};

struct floor;
/* NULL, and words on stderr. `peers` lends certificates and key. */
struct floor *floor_new(const struct bench_peers *peers, const struct floor_lengths *lengths);
void floor_free(struct floor *f);
/* One handshake's operations; ns of each side. False: an operation failed. */
bool floor_run(struct floor *f, uint64_t spent[2]);
/* How often each operation was done in the last run, enum tvt_meter_op. */
const uint64_t *floor_counts(const struct floor *f, enum tvt_role role);

/* Lengths as on the wire of a handshake: the two plaintext hellos, the server's protected flight in one record. */
bool floor_measure_resumed(struct floor_lengths *out, struct bench_peers *peers);
bool floor_measure_lengths(struct floor_lengths *out, struct bench_peers *peers);

#endif
