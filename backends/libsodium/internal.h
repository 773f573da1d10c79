/* SPDX-License-Identifier: MIT
 *
 * What the files of the libsodium backend share: the descriptors they define and the small things about them.
 * libsodium keeps every state in the caller's memory, never allocates here and gives no error codes, so failures
 * carry the code 0.
 */
#ifndef TVT_BACKENDS_LIBSODIUM_INTERNAL_H
#define TVT_BACKENDS_LIBSODIUM_INTERNAL_H

#include <sodium.h>
#include <trivet/provider.h>

/* crypto_kem_mlkem768 came with libsodium 1.0.22; CMake looks for it and says so. */
#ifndef TVT_SODIUM_HAS_MLKEM768
#define TVT_SODIUM_HAS_MLKEM768 0
#endif

extern const struct tvt_hash tvt_sodium_sha256;
extern const struct tvt_hash tvt_sodium_sha384;
extern const struct tvt_hash tvt_sodium_sha512;

extern const struct tvt_aead tvt_sodium_aes_256_gcm;
extern const struct tvt_aead tvt_sodium_chacha20_poly1305;

extern const struct tvt_kx tvt_sodium_x25519;
#if TVT_SODIUM_HAS_MLKEM768
extern const struct tvt_kx tvt_sodium_mlkem768;
#endif

extern const struct tvt_signature tvt_sodium_ed25519;

/* True if SHA-384, which libsodium has no function for, comes out right of the state that it has for SHA-512. */
bool tvt_sodium_sha384_works(void);

int tvt_sodium_load_key(const struct tvt_provider *provider, const struct tvt_private_key *key,
                        struct tvt_signer **out);

static inline int
tvt_sodium_failure(enum tvt_crypto_kind kind)
{
    return tvt_crypto_failure(kind, 0);
}

#endif
