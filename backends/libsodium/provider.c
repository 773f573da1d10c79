/* SPDX-License-Identifier: MIT
 *
 * The libsodium provider: what this machine's libsodium can do, randomness, and the constructor.
 */
#include <stdlib.h>

#include "backends/libsodium/internal.h"

tvt_backend_constructor tvt_backend_libsodium;

enum { MAX_LISTED = 4 };

/* The lists are made once per provider, since AES-256-GCM depends on the processor. */
struct sodium_provider {
    struct tvt_provider base;
    const struct tvt_hash *hashes[MAX_LISTED];
    const struct tvt_aead *aeads[MAX_LISTED];
};

static const struct tvt_kx *const groups[] = {
    &tvt_sodium_x25519,
#if TVT_SODIUM_HAS_MLKEM768
    &tvt_sodium_mlkem768,
#endif
    NULL,
};

static const struct tvt_signature *const signatures[] = {&tvt_sodium_ed25519, NULL};

/* libsodium reads the kernel's generator (also after fork) and ends the process rather than return without
 * randomness, so there is nothing to report. */
static int
fill_random(const struct tvt_provider *provider, void *out, size_t len)
{
    (void)provider;
    randombytes_buf(out, len);
    return TVT_CRYPTO_OK;
}

static void
describe_code(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap)
{
    (void)provider;
    (void)code;
    if (cap > 0)
        out[0] = '\0';
}

static void
free_provider(struct tvt_provider *provider)
{
    free(provider);
}

static void
list_hashes(struct sodium_provider *p)
{
    size_t n = 0;

    p->hashes[n++] = &tvt_sodium_sha256;
    if (tvt_sodium_sha384_works())
        p->hashes[n++] = &tvt_sodium_sha384;
    p->hashes[n] = &tvt_sodium_sha512;
}

static void
list_aeads(struct sodium_provider *p)
{
    size_t n = 0;

    if (crypto_aead_aes256gcm_is_available())
        p->aeads[n++] = &tvt_sodium_aes_256_gcm;
    p->aeads[n] = &tvt_sodium_chacha20_poly1305;
}

int
tvt_backend_libsodium(struct tvt_provider **out)
{
    struct sodium_provider *p;

    if (sodium_init() < 0) /* 1: somebody did it before */
        return tvt_sodium_failure(TVT_CRYPTO_BACKEND);
    p = calloc(1, sizeof *p);
    if (p == NULL)
        return tvt_sodium_failure(TVT_CRYPTO_NO_MEMORY);
    list_hashes(p);
    list_aeads(p);
    p->base = (struct tvt_provider){
        .abi = TVT_PROVIDER_ABI,
        .struct_size = sizeof p->base,
        .name = "libsodium",
        .version = sodium_version_string(),
        .licence = "ISC",
        .hashes = p->hashes,
        .aeads = p->aeads,
        .groups = groups,
        .signatures = signatures,
        .random = fill_random,
        .load_key = tvt_sodium_load_key,
        .describe = describe_code,
        .free = free_provider,
        .self = p,
    };
    *out = &p->base;
    return TVT_CRYPTO_OK;
}
