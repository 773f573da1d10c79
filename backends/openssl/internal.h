/* SPDX-License-Identifier: MIT
 *
 * What the files of the OpenSSL backend share: its descriptors, each a public one with the fetched object of
 * libcrypto behind it, and the few helpers used by more than one file.
 *
 * Everything here but the pools of workers (worker.c) and of random bytes (random.c) is written while the provider is
 * made and only read afterwards, so threads share it freely.
 * Operations work on libcrypto's default library context. Its error queue belongs to the application: an
 * operation that may push errors runs between ERR_set_mark() and tvt_openssl_end(), which takes its own errors
 * away again. Hash updates, seal() and open() leave the mark out, which would cost them up to a tenth: the first
 * two fail only for want of memory, and open() is written so that a wrong tag pushes nothing.
 */
#ifndef TVT_BACKENDS_OPENSSL_INTERNAL_H
#define TVT_BACKENDS_OPENSSL_INTERNAL_H

#include <trivet/provider.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdatomic.h>

#define TVT_OPENSSL_NUM_HASHES 3u
#define TVT_OPENSSL_NUM_AEADS 5u
#define TVT_OPENSSL_NUM_CURVES 3u
#define TVT_OPENSSL_NUM_GROUPS 6u
#define TVT_OPENSSL_NUM_SIGNATURES 11u

/* What libcrypto found on this processor. */
#define TVT_OPENSSL_CPU_AES 0x1u    /* AES and the carry-less multiplication of GCM */
#define TVT_OPENSSL_CPU_SHA256 0x2u
#define TVT_OPENSSL_CPU_SHA512 0x4u

/* A key that peers' public keys are set into, with a context on it. Making the two costs more than what is done with
 * them, most of it a walk over the names of every algorithm: they are kept and used again, by one operation at a
 * time. */
struct tvt_openssl_worker {
    EVP_PKEY *key;
    EVP_PKEY_CTX *ctx;
};
#define TVT_OPENSSL_WORKERS 4u
struct tvt_openssl_pool {
    _Atomic(struct tvt_openssl_worker *) idle[TVT_OPENSSL_WORKERS];
};

/* Random bytes that were drawn ahead, in parts of which a thread has one alone while `busy` says so. */
#define TVT_OPENSSL_DRAWN 4u
struct tvt_openssl_random {
    struct tvt_openssl_drawn *drawn; /* NULL: nothing is drawn ahead */
    atomic_bool busy[TVT_OPENSSL_DRAWN];
};

struct tvt_openssl_hash {
    struct tvt_hash base;
    EVP_MD *md;
};

struct tvt_openssl_aead {
    struct tvt_aead base;
    EVP_CIPHER *cipher;
};

/* A NIST curve. `domain` is a key with parameters and nothing else, of which workers are made. */
struct tvt_openssl_curve {
    uint16_t group;    /* enum tvt_group_id                    */
    uint8_t key_type;  /* enum tvt_key_type                    */
    uint8_t field_len; /* bytes                                */
    const char *name;  /* as libcrypto calls it                */
    uint8_t oid[10];   /* DER, tag and length included         */
    uint8_t oid_len;
    EVP_PKEY *domain;
    struct tvt_openssl_pool *workers;
};

struct tvt_openssl_kx {
    struct tvt_kx base;
    EVP_PKEY *model;                       /* a key of the same kind, from which key generation takes its type */
    const struct tvt_openssl_curve *curve; /* NULL unless a NIST curve                                         */
    struct tvt_openssl_pool *workers;      /* `ctx` of them generates                                          */
};

struct tvt_openssl_signature {
    struct tvt_signature base;
    const struct tvt_openssl_hash *hashes; /* of the provider, TVT_OPENSSL_NUM_HASHES of them */
    const struct tvt_openssl_curve *curve; /* ECDSA only                                      */
};

struct tvt_openssl {
    struct tvt_provider base;
    struct tvt_openssl_hash hash[TVT_OPENSSL_NUM_HASHES];
    struct tvt_openssl_aead aead[TVT_OPENSSL_NUM_AEADS];
    struct tvt_openssl_curve curve[TVT_OPENSSL_NUM_CURVES];
    struct tvt_openssl_kx kx[TVT_OPENSSL_NUM_GROUPS];
    struct tvt_openssl_signature signature[TVT_OPENSSL_NUM_SIGNATURES];
    struct tvt_openssl_random random;
    struct tvt_openssl_pool curve_workers[TVT_OPENSSL_NUM_CURVES], kx_workers[TVT_OPENSSL_NUM_GROUPS];
    const struct tvt_hash *hashes[TVT_OPENSSL_NUM_HASHES + 1];
    const struct tvt_aead *aeads[TVT_OPENSSL_NUM_AEADS + 1];
    const struct tvt_kx *groups[TVT_OPENSSL_NUM_GROUPS + 1];
    const struct tvt_signature *signatures[TVT_OPENSSL_NUM_SIGNATURES + 1];
};

/* provider.c: a failure of `kind` with libcrypto's newest error code; want of memory overrides the kind. */
int tvt_openssl_failure(enum tvt_crypto_kind kind);
/* provider.c: ends what ERR_set_mark() began; as above, but an error older than the mark is not ours to report.
 * TVT_CRYPTO_NONE gives TVT_CRYPTO_OK. */
int tvt_openssl_end(enum tvt_crypto_kind kind);

/* Each fills its part of `provider`, leaving out what this libcrypto does not have. `cpu`: TVT_OPENSSL_CPU_*;
 * `flags`: those that hold for every descriptor. Curves come before groups, hashes before signatures. */
void tvt_openssl_list_hashes(struct tvt_openssl *provider, unsigned cpu, uint16_t flags);
void tvt_openssl_list_aeads(struct tvt_openssl *provider, unsigned cpu, uint16_t flags);
void tvt_openssl_list_curves(struct tvt_openssl *provider);
void tvt_openssl_list_groups(struct tvt_openssl *provider, uint16_t flags);
void tvt_openssl_list_signatures(struct tvt_openssl *provider, uint16_t flags);

/* hash.c: NULL when the hash is not there. */
const EVP_MD *tvt_openssl_md(const struct tvt_openssl_hash *hashes, uint8_t id);

/* random.c: without a call of _open, nothing is drawn ahead. */
void tvt_openssl_open_random(struct tvt_openssl_random *random);
void tvt_openssl_close_random(struct tvt_openssl_random *random); /* wipes */
int tvt_openssl_random(struct tvt_openssl_random *random, uint8_t *out, size_t len);

/* worker.c: one that is idle, else a new one, made from a copy of `model`; NULL when that fails. */
struct tvt_openssl_worker *tvt_openssl_take_worker(struct tvt_openssl_pool *pool, EVP_PKEY *model);
/* `good`: no operation on it failed; it may serve again. NULL is allowed. */
void tvt_openssl_give_worker(struct tvt_openssl_pool *pool, struct tvt_openssl_worker *worker, bool good);
void tvt_openssl_empty_pool(struct tvt_openssl_pool *pool);

/* curve.c: NULL when there is none; the caller frees the key. */
const struct tvt_openssl_curve *tvt_openssl_curve_of(const struct tvt_openssl *provider, uint8_t key_type);
EVP_PKEY *tvt_openssl_curve_private(const struct tvt_openssl_curve *curve, struct tvt_span scalar);

/* signature.c: the operation parameters of RSA signatures, PSS with a salt as long as the hash. */
void tvt_openssl_rsa_params(OSSL_PARAM out[4], uint8_t family, const EVP_MD *md);

/* signature.c: what libcrypto calls the kind of key, where making one takes a name (EdDSA, ML-DSA); else NULL. */
const char *tvt_openssl_key_name(uint8_t key_type);

/* signer.c */
int tvt_openssl_load_key(const struct tvt_provider *provider, const struct tvt_private_key *key,
                         struct tvt_signer **out);

#endif
