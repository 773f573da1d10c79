/* SPDX-License-Identifier: MIT
 *
 * What the files of the wolfCrypt backend share: wolfSSL's headers in the one order that works, the descriptors,
 * randomness, elliptic-curve keys and the translation of wolfCrypt's return values.
 *
 * wolfCrypt's sizes depend on the options the library was built with, so every context size here is a sizeof.
 */
#ifndef TVT_BACKENDS_WOLFCRYPT_INTERNAL_H
#define TVT_BACKENDS_WOLFCRYPT_INTERNAL_H

/* CMake looks for wc_MlKemKey_* and says so. */
#ifndef TVT_WOLFCRYPT_HAS_MLKEM
#define TVT_WOLFCRYPT_HAS_MLKEM 0
#endif

#include <wolfssl/options.h> /* first: it decides the layout of everything below */

#if defined(__GNUC__) || defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#endif
#include <wolfssl/version.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/wc_port.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/cryptocb.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfcrypt/sha512.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>
#include <wolfssl/wolfcrypt/curve25519.h>
#include <wolfssl/wolfcrypt/curve448.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/rsa.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/signature.h>
#if TVT_WOLFCRYPT_HAS_MLKEM
#include <wolfssl/wolfcrypt/wc_mlkem.h>
#endif
#if defined(__GNUC__) || defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <trivet/provider.h>

/* Without WOLFSSL_SMALL_STACK the symmetric primitives and the Montgomery and Edwards curves never allocate. */
#if defined(WOLFSSL_SMALL_STACK) || defined(WOLFSSL_SMALL_STACK_CACHE)
#define TVT_WOLF_NO_HEAP 0
#else
#define TVT_WOLF_NO_HEAP TVT_FLAG_NO_HEAP
#endif

/* ---- results and randomness (provider.c) ----------------------------------------------------------------- */

/* 0 for a return value that is not negative, else a failure with its code. Lack of memory and of randomness
 * name themselves; any other failure is of the kind given. */
int tvt_wolf_result(enum tvt_crypto_kind kind, int ret);

/* Fills `out` from the kernel's generator: safe in every thread and after fork. */
int tvt_wolf_random(void *out, size_t len);

/* Makes a generator for one operation. It has no state of its own: wolfCrypt's generators repeat themselves when
 * two threads share one or after a fork, so this one hands each request to tvt_wolf_random(). Not to be freed. */
void tvt_wolf_rng(WC_RNG *rng);

/* ---- elliptic curves (curve.c) --------------------------------------------------------------------------- */
struct tvt_wolf_curve {
    int id;           /* wolfCrypt's number               */
    uint8_t key_type; /* enum tvt_key_type                */
    uint8_t len;      /* of a field element, bytes        */
};

/* Length of 04 || X || Y, and the longest one. */
#define TVT_WOLF_POINT_LEN(field_len) (1 + 2 * (field_len))
#define TVT_WOLF_POINT_MAX TVT_WOLF_POINT_LEN(66)

extern const struct tvt_wolf_curve tvt_wolf_p256, tvt_wolf_p384, tvt_wolf_p521;

const struct tvt_wolf_curve *tvt_wolf_curve_of(uint8_t key_type); /* NULL: not a NIST curve */

/* A key and the generator that blinds its operations. Made for one operation and freed after it: objects shared
 * by threads fail now and then. */
struct tvt_wolf_ec_key {
    ecc_key key;
    WC_RNG rng;
};
/* A key pair of the scalar (curve->len bytes), or a new one if `scalar` is NULL. Free it, whatever the result. */
int tvt_wolf_ec_pair(struct tvt_wolf_ec_key *pair, const struct tvt_wolf_curve *curve, const uint8_t *scalar);
/* The private half alone, which is enough for ECDH and ECDSA. Free it, whatever the result. */
int tvt_wolf_ec_private(struct tvt_wolf_ec_key *pair, const struct tvt_wolf_curve *curve, const uint8_t *scalar);
/* A public key; checked to be on the curve. `kind`: of the failure if it is not. Free it, whatever the result. */
int tvt_wolf_ec_public(struct tvt_wolf_ec_key *pub, const struct tvt_wolf_curve *curve, struct tvt_span point,
                       enum tvt_crypto_kind kind);
/* Writes 04 || X || Y. */
int tvt_wolf_ec_point(struct tvt_wolf_ec_key *pair, const struct tvt_wolf_curve *curve, uint8_t *point);
void tvt_wolf_ec_free(struct tvt_wolf_ec_key *pair); /* wipes */

/* ---- signatures (signature.c) ---------------------------------------------------------------------------- */
struct tvt_wolf_digest {
    uint8_t bytes[TVT_HASH_MAX];
    word32 len;
    enum wc_HashType type;
    int mgf; /* MGF1 with the same hash */
};
/* Hashes a message. TVT_CRYPTO_UNSUPPORTED if there is no such hash. */
int tvt_wolf_digest(struct tvt_wolf_digest *out, uint8_t hash, const uint8_t *msg, size_t len);

/* The DigestInfo of RFC 8017 9.2; returns its length. */
#define TVT_WOLF_DIGEST_INFO_MAX (19 + TVT_HASH_MAX)
word32 tvt_wolf_digest_info(uint8_t out[TVT_WOLF_DIGEST_INFO_MAX], const struct tvt_wolf_digest *digest);

/* Longest RSA modulus the library was built for, bytes; more than that fails in wolfCrypt. */
#define TVT_WOLF_RSA_MAX (RSA_MAX_SIZE / 8)

/* ---- signers (signer.c) ---------------------------------------------------------------------------------- */
int tvt_wolf_load_key(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out);

/* ---- descriptors ----------------------------------------------------------------------------------------- */
extern const struct tvt_hash tvt_wolf_sha256, tvt_wolf_sha384, tvt_wolf_sha512;

extern const struct tvt_aead tvt_wolf_chacha20_poly1305, tvt_wolf_aes_128_gcm, tvt_wolf_aes_256_gcm,
    tvt_wolf_aes_128_ccm, tvt_wolf_aes_128_ccm_8;

extern const struct tvt_kx *const tvt_wolf_groups[];            /* NULL-terminated, best first */
extern const struct tvt_signature *const tvt_wolf_signatures[]; /* NULL-terminated, best first */

#endif
