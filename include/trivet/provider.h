/* SPDX-License-Identifier: MIT
 *
 * provider.h - the contract between Trivet's core and a crypto backend.
 *
 * Rules
 *  - The core owns the protocol: record layout, nonces, HMAC, HKDF, PRF, X.509 and DER, PEM and PKCS#8
 *    unwrapping, hybrid groups, usage limits, the length and form of public points, all-zero shared secrets.
 *    A provider owns primitives only, and no policy: it verifies with whatever key size its library can.
 *  - No backend type or header appears here; a backend's headers stay in its folder.
 *  - A provider and every descriptor it lists are immutable after creation and may be used by any number of
 *    threads. The memory of a context belongs to the caller and to one thread at a time. random(), verify()
 *    and tvt_signer.sign() are safe to call from many threads at once and after fork().
 *  - A context's life: raw --setup--> live --teardown--> raw. Live contexts are reset, rekeyed and copied into,
 *    never made again: that is where the measured time is.
 *  - The core gives a context `ctx_size` bytes aligned to TVT_ALIGN. A backend whose contexts live on its
 *    library's heap stores pointers there; the others store the state itself.
 *  - Every function that can fail says so, in its result. On failure outputs are unspecified, except that
 *    open() leaves no plaintext behind (fail closed).
 *  - A descriptor's functions take the descriptor or the context, never the provider, so that providers can be
 *    laid over and wrapped around each other. A backend that needs more data for a descriptor embeds it as
 *    the first member of a larger struct.
 */
#ifndef TRIVET_PROVIDER_H
#define TRIVET_PROVIDER_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TVT_PROVIDER_ABI 1u

/* ---- results ----------------------------------------------------------------------------------------------
 * A provider function returns 0 (TVT_CRYPTO_OK), TVT_CRYPTO_PENDING (signers only), or a failure: a negative
 * int that carries a kind and the backend's own code, made by tvt_crypto_failure(). */
enum tvt_crypto_kind {
    TVT_CRYPTO_NONE = 0,
    TVT_CRYPTO_AUTH = 1,        /* a tag or a signature does not verify                               */
    TVT_CRYPTO_PEER_KEY = 2,    /* the peer's public value is off-curve, of low order or malformed    */
    TVT_CRYPTO_KEY = 3,         /* our own key, or a certificate's key, cannot be used                */
    TVT_CRYPTO_UNSUPPORTED = 4, /* this library cannot do it; a descriptor that lists it must not say so */
    TVT_CRYPTO_RANDOM = 5,      /* no randomness; never go on with weak randomness                    */
    TVT_CRYPTO_NO_MEMORY = 6,
    TVT_CRYPTO_BACKEND = 7,     /* anything else the library reported                                 */
    TVT_CRYPTO_NO_ROOM = 8      /* the output buffer is too small                                     */
};
#define TVT_CRYPTO_OK 0
#define TVT_CRYPTO_PENDING 1

/* Packs a failure. `code`: the library's own error code, 24 bits kept, 0 if it has none
 * (OpenSSL: lib << 16 | reason; wolfCrypt: the negated return value). */
static inline int
tvt_crypto_failure(enum tvt_crypto_kind kind, uint32_t code)
{
    return -(int)(((code & 0xffffffu) << 4) | (uint32_t)kind);
}

static inline enum tvt_crypto_kind
tvt_crypto_kind(int result)
{
    return result < 0 ? (enum tvt_crypto_kind)((uint32_t)-result & 15u) : TVT_CRYPTO_NONE;
}

static inline uint32_t
tvt_crypto_code(int result)
{
    return result < 0 ? ((uint32_t)-result >> 4) & 0xffffffu : 0;
}

/* ---- sizes, in bytes ------------------------------------------------------------------------------------- */
#define TVT_ALIGN 64u
#define TVT_HASH_MAX 64u       /* longest digest                                                     */
#define TVT_HASH_BLOCK_MAX 128u
#define TVT_HASH_CTX_MAX 320u  /* longest hash context, wrapping providers included                  */
#define TVT_AEAD_KEY_MAX 32u
#define TVT_AEAD_NONCE_MAX 12u /* every TLS 1.2 and 1.3 suite                                        */
#define TVT_AEAD_TAG_MAX 16u
#define TVT_AEAD_CTX_MAX 1280u
#define TVT_KX_STATE_MAX 2496u /* an ML-KEM-768 decapsulation key is 2400                            */
#define TVT_KX_SHARE_MAX 1249u /* SecP256r1MLKEM768 client share                                     */
#define TVT_KX_SECRET_MAX 66u  /* one primitive's shared secret (P-521); a hybrid's is two of them   */
#define TVT_SIGNATURE_MAX 4627u /* ML-DSA-87; a signer says its own bound                            */

/* ---- flags of a descriptor, as found on this machine, now ------------------------------------------------ */
#define TVT_FLAG_CONSTANT_TIME 0x0001u /* no branch or table index depends on a secret here          */
#define TVT_FLAG_HARDWARE 0x0002u      /* runs on dedicated instructions                             */
#define TVT_FLAG_NO_HEAP 0x0004u       /* never allocates after setup                                */
#define TVT_FLAG_GATHER 0x0008u        /* seal() reads scattered input without a bounce copy         */
#define TVT_FLAG_FIPS 0x0010u          /* served by a validated module in this process               */
#define TVT_FLAG_SLOW 0x0020u          /* usable, but better offered last                            */

/* ---- hash ------------------------------------------------------------------------------------------------
 * reset, update and copy cannot report: a failure latches in the context and final() returns it. */
enum tvt_hash_id { /* TLS HashAlgorithm, RFC 5246 7.4.1.4.1 */
    TVT_HASH_NONE = 0,
    TVT_HASH_SHA256 = 4,
    TVT_HASH_SHA384 = 5,
    TVT_HASH_SHA512 = 6
};

struct tvt_hash {
    uint8_t id;        /* enum tvt_hash_id            */
    uint8_t out_len;   /* digest, bytes               */
    uint8_t block_len; /* compression block, bytes    */
    uint16_t ctx_size; /* bytes                       */
    uint16_t flags;
    const char *name;  /* "SHA-256"                   */
    int (*setup)(const struct tvt_hash *hash, void *ctx);         /* raw -> live, empty                   */
    void (*reset)(void *ctx);                                     /* live -> live, empty                  */
    void (*update)(void *ctx, const void *data, size_t len);      /* data may be NULL when len is 0       */
    int (*final)(void *ctx, uint8_t *out);                        /* out_len bytes; then reset or copy    */
    void (*copy)(void *dst, const void *src);                     /* both live, of the same descriptor    */
    void (*teardown)(void *ctx);                                  /* live -> raw; wipes                   */
};

/* ---- AEAD ------------------------------------------------------------------------------------------------ */
enum tvt_aead_id { /* IANA AEAD Algorithms registry, RFC 5116, 6655, 8439 */
    TVT_AEAD_AES_128_GCM = 1,
    TVT_AEAD_AES_256_GCM = 2,
    TVT_AEAD_AES_128_CCM = 3,
    TVT_AEAD_AES_128_CCM_8 = 18,
    TVT_AEAD_CHACHA20_POLY1305 = 29
};
enum tvt_direction { TVT_SEAL = 1, TVT_OPEN = 2 };

struct tvt_aead {
    uint16_t id;       /* enum tvt_aead_id            */
    uint16_t ctx_size; /* bytes                       */
    uint16_t flags;
    uint8_t key_len;   /* bytes                       */
    uint8_t nonce_len; /* bytes, 12                   */
    uint8_t tag_len;   /* bytes, 16 or 8              */
    const char *name;  /* "AES-128-GCM"               */
    /* raw -> live for one direction. `key`: key_len bytes, not kept by reference. */
    int (*setup)(const struct tvt_aead *aead, void *ctx, enum tvt_direction direction, const uint8_t *key);
    /* live -> live with another key, same direction. */
    int (*rekey)(void *ctx, const uint8_t *key);
    /* Encrypts the `num_in` pieces as one message: `out` receives their total length plus tag_len bytes.
     * Either in[0].data == out (the first piece is sealed in place and no later piece overlaps out),
     * or no piece overlaps out. num_in is 1..8. */
    int (*seal)(void *ctx, uint8_t *out, const struct tvt_span *in, unsigned num_in, const uint8_t *nonce,
                const uint8_t *aad, size_t aad_len);
    /* Decrypts `len` bytes, tag included, to len - tag_len bytes at `out`; out == in, or no overlap.
     * TVT_CRYPTO_AUTH when the tag does not match or len < tag_len; then `out` holds no plaintext. */
    int (*open)(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const uint8_t *nonce,
                const uint8_t *aad, size_t aad_len);
    void (*teardown)(void *ctx); /* wipes */
};

/* ---- key exchange, in KEM shape --------------------------------------------------------------------------
 * The initiator calls start, sends the share, and calls finish with the answer. The responder calls respond
 * with the initiator's share and sends what it returns. (A TLS 1.2 server is the initiator.)
 * The core checks lengths and the 0x04 prefix before the call and refuses an all-zero X25519 or X448 secret
 * after it; the provider must refuse points that are not on the curve, and malformed ML-KEM keys. */
enum tvt_group_id { /* TLS Supported Groups registry */
    TVT_GROUP_SECP256R1 = 0x0017,
    TVT_GROUP_SECP384R1 = 0x0018,
    TVT_GROUP_SECP521R1 = 0x0019,
    TVT_GROUP_X25519 = 0x001d,
    TVT_GROUP_X448 = 0x001e,
    TVT_GROUP_MLKEM768 = 0x0201,
    TVT_GROUP_SECP256R1MLKEM768 = 0x11eb,
    TVT_GROUP_X25519MLKEM768 = 0x11ec
};

struct tvt_kx {
    uint16_t group;         /* enum tvt_group_id; never a hybrid: the core composes those             */
    uint16_t flags;
    uint16_t state_size;    /* bytes the core provides for start..finish                              */
    uint16_t initiator_len; /* length of the initiator's share, bytes                                 */
    uint16_t responder_len; /* length of the responder's share, bytes                                 */
    uint16_t secret_len;    /* bytes                                                                  */
    const char *name;       /* "X25519"                                                               */
    int (*start)(const struct tvt_kx *kx, void *state, uint8_t *share /* initiator_len */);
    int (*finish)(const struct tvt_kx *kx, void *state, const uint8_t *peer /* responder_len */,
                  uint8_t *secret /* secret_len */); /* may be called once per state                    */
    int (*respond)(const struct tvt_kx *kx, const uint8_t *peer /* initiator_len */,
                   uint8_t *share /* responder_len */, uint8_t *secret /* secret_len */);
    void (*discard)(const struct tvt_kx *kx, void *state); /* wipes; needed after a good start, finish or not */
    /* Deterministic forms for known answers and for tests: the same as start() and respond() with the
     * randomness given (a scalar or, for ML-KEM, d || z and m). NULL where the library takes none.
     * `seed` is not kept. */
    int (*start_from)(const struct tvt_kx *kx, void *state, uint8_t *share, const uint8_t *seed, size_t seed_len);
    int (*respond_from)(const struct tvt_kx *kx, const uint8_t *peer, uint8_t *share, uint8_t *secret,
                        const uint8_t *seed, size_t seed_len);
};

/* ---- keys and signatures ---------------------------------------------------------------------------------
 * The core parses a SubjectPublicKeyInfo once and hands over every view of it; the provider takes the one its
 * library is fastest with. Messages are whole: EdDSA and ML-DSA have no prehash form here. */
enum tvt_key_type {
    TVT_KEY_NONE = 0,
    TVT_KEY_RSA,     /* rsaEncryption                        */
    TVT_KEY_RSA_PSS, /* id-RSASSA-PSS                        */
    TVT_KEY_P256,
    TVT_KEY_P384,
    TVT_KEY_P521,
    TVT_KEY_ED25519,
    TVT_KEY_ED448,
    TVT_KEY_MLDSA44, /* FIPS 204                             */
    TVT_KEY_MLDSA65,
    TVT_KEY_MLDSA87
};
enum tvt_signature_family {
    TVT_SIG_NONE = 0,
    TVT_SIG_RSA_PKCS1, /* EMSA-PKCS1-v1_5, RFC 8017 8.2                                  */
    TVT_SIG_RSA_PSS,   /* EMSA-PSS, MGF1 with the same hash, salt as long as the hash    */
    TVT_SIG_ECDSA,     /* signature is a DER ECDSA-Sig-Value, RFC 3279 2.2.3             */
    TVT_SIG_EDDSA,     /* Ed25519 or Ed448 by the key; hash id TVT_HASH_NONE, no context */
    TVT_SIG_MLDSA      /* pure ML-DSA, FIPS 204 5.2; hash id TVT_HASH_NONE, empty context */
};

/* All spans point into memory of the one who made the struct (a certificate, a key file) and live as long. */
struct tvt_public_key {
    uint8_t type;         /* enum tvt_key_type                                                       */
    uint16_t bits;        /* size of the modulus, of the field or of the ML-DSA public key           */
    struct tvt_span key;  /* subjectPublicKey: 04||X||Y, EdDSA or ML-DSA raw, or RSAPublicKey (PKCS#1) */
    struct tvt_span n, e; /* RSA only: big-endian, no leading zero bytes                             */
    struct tvt_span spki; /* the whole SubjectPublicKeyInfo, DER                                     */
};

struct tvt_private_key {
    struct tvt_public_key pub; /* may be empty (type alone) unless RSA: the provider derives it       */
    struct tvt_span scalar;    /* EC private scalar (field length, big-endian), EdDSA or ML-DSA seed  */
    struct tvt_span rsa;       /* RSAPrivateKey DER (PKCS#1, RFC 8017 A.1.2)                          */
    struct tvt_span pkcs8;     /* the whole PrivateKeyInfo DER where the file had one, else empty     */
    struct tvt_span expanded;  /* ML-DSA: sk of FIPS 204, where the file had it; with a seed too, the
                                  two must belong together (RFC 9881 8.2)                             */
};

#define TVT_HASH_BIT(id) (1u << (id))

/* One kind of signature with one kind of key. */
struct tvt_signature {
    uint8_t family;     /* enum tvt_signature_family                               */
    uint8_t key_type;   /* enum tvt_key_type                                       */
    uint8_t hash_mask;  /* TVT_HASH_BIT()s; bit 0 (TVT_HASH_NONE): EdDSA, ML-DSA  */
    bool can_verify, can_sign;
    uint16_t flags;
    const char *name;   /* "ECDSA P-256"                                           */
    /* 0: good. TVT_CRYPTO_AUTH: bad, whatever the reason in the signature (wrong length, bad DER, r = 0 ...).
     * TVT_CRYPTO_KEY: the key itself cannot be used. `hash`: enum tvt_hash_id. */
    int (*verify)(const struct tvt_signature *sig, uint8_t hash, const struct tvt_public_key *key,
                  const uint8_t *msg, size_t msg_len, const uint8_t *signature, size_t signature_len);
};

/* A private key in use. A signer is separate from the provider so that an HSM, a remote or an asynchronous one
 * is just another implementation of this struct. sign() may run on many threads at once. */
struct tvt_signer {
    uint8_t key_type;          /* enum tvt_key_type                                                   */
    uint16_t signature_max;    /* longest signature, bytes                                            */
    struct tvt_public_key pub; /* `key` filled always, spans owned by the signer: lets the core check that the
                                  certificate is for this key                                         */
    /* Signs `msg`. `*signature_len`: room on entry, length on success.
     * TVT_CRYPTO_PENDING: not done; call again with the same arguments and the same `*op`, which starts as NULL
     * and belongs to the signer until sign() returns something else or cancel() is called. The bytes are the same
     * then, but not where they lie: `msg` and `signature` live only during the call. */
    int (*sign)(struct tvt_signer *signer, uint8_t family, uint8_t hash, const uint8_t *msg, size_t msg_len,
                uint8_t *signature, size_t *signature_len, void **op);
    void (*cancel)(struct tvt_signer *signer, void *op); /* NULL if sign() never returns PENDING          */
    void (*free)(struct tvt_signer *signer);             /* wipes the key                                  */
};

/* ---- provider -------------------------------------------------------------------------------------------- */
struct tvt_provider {
    uint32_t abi;         /* TVT_PROVIDER_ABI                                                         */
    uint32_t struct_size; /* sizeof(struct tvt_provider): the table grows at its end                  */
    const char *name;     /* "openssl"                                                                */
    const char *version;  /* of the library that is running, "OpenSSL 3.0.22 ..."                     */
    const char *licence;  /* SPDX expression of the library                                           */
    uint32_t flags;       /* TVT_FLAG_FIPS                                                            */
    /* NULL-terminated, only what works on this machine now, best first. */
    const struct tvt_hash *const *hashes;
    const struct tvt_aead *const *aeads;
    const struct tvt_kx *const *groups;
    const struct tvt_signature *const *signatures;
    /* Fills `out` with `len` bytes fit for keys. */
    int (*random)(const struct tvt_provider *provider, void *out, size_t len);
    /* Makes a signer of a private key; the spans of `key` are not kept. TVT_CRYPTO_UNSUPPORTED: not this key type;
     * TVT_CRYPTO_KEY: the key is broken, or its public half is given and does not match. */
    int (*load_key)(const struct tvt_provider *provider, const struct tvt_private_key *key, struct tvt_signer **out);
    /* The library's own words for a code, NUL-terminated into out[cap]; "" if it has none. */
    void (*describe)(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap);
    void (*free)(struct tvt_provider *provider);
    void *self;
};

/* The constructor each backend exports as tvt_backend_<name>; TVT_CRYPTO_OK or a failure.
 * The provider made is the caller's, to give to its free(). */
typedef int tvt_backend_constructor(struct tvt_provider **out);

/* ---- choosing a provider (the core) ---------------------------------------------------------------------- */

/* The backends this library was built with, in the order of TRIVET_BACKENDS. Returns their count and points *names at a
 * static array of that many strings. */
size_t tvt_provider_builtin(const char *const **names);

struct tvt_error;

/* Opens a provider. `names`: one name, or several joined with '+', the first of which wins wherever it lists an
 * algorithm ("libsodium+openssl"); NULL: what TRIVET_DEFAULT_BACKEND said when this was built, or else the first
 * backend. On success *out is the caller's, to be released with tvt_provider_free() after everything made from it. */
TVT_MUST_USE enum tvt_result tvt_provider_open(struct tvt_provider **out, const char *names, struct tvt_error *error);
void tvt_provider_free(struct tvt_provider *provider); /* NULL is allowed */

/* Lays providers over each other: the first that lists an id wins; random() and describe() are the first's;
 * load_key() is the first's that supports the key. Owns the `num` (1..4) providers in `list` on success. */
TVT_MUST_USE enum tvt_result tvt_overlay_new(struct tvt_provider **out, struct tvt_provider *const *list, size_t num,
                                             struct tvt_error *error);

/* Counts operations. Wraps `inner` (owned on success). */
enum tvt_meter_op {
    TVT_METER_RANDOM, TVT_METER_HASH_FINAL, TVT_METER_HASH_COPY, TVT_METER_AEAD_SETUP, TVT_METER_AEAD_REKEY,
    TVT_METER_SEAL, TVT_METER_OPEN, TVT_METER_KX_START, TVT_METER_KX_FINISH, TVT_METER_KX_RESPOND,
    TVT_METER_SIGN, TVT_METER_VERIFY, TVT_METER_NUM_OPS
};
TVT_MUST_USE enum tvt_result tvt_meter_new(struct tvt_provider **out, struct tvt_provider *inner, struct tvt_error *error);
/* Calls of `op` so far, on all threads. `meter` must come from tvt_meter_new. */
uint64_t tvt_meter_count(const struct tvt_provider *meter, enum tvt_meter_op op);
void tvt_meter_reset(struct tvt_provider *meter);
const char *tvt_meter_op_name(enum tvt_meter_op op);

/* Look-ups; NULL when the provider does not list it. */
const struct tvt_hash *tvt_provider_hash(const struct tvt_provider *provider, uint8_t id);
const struct tvt_aead *tvt_provider_aead(const struct tvt_provider *provider, uint16_t id);
const struct tvt_kx *tvt_provider_kx(const struct tvt_provider *provider, uint16_t group);
const struct tvt_signature *tvt_provider_signature(const struct tvt_provider *provider, uint8_t family, uint8_t key_type,
                                                   uint8_t hash);

#ifdef __cplusplus
}
#endif
#endif
