/* SPDX-License-Identifier: MIT
 *
 * The provider over libcrypto 3: detection of what it has on this machine, randomness, and its errors in words.
 */
#include "backends/openssl/internal.h"

#include <stdio.h>
#include <string.h>

tvt_backend_constructor tvt_backend_openssl;

/* ---- errors ------------------------------------------------------------------------------------------------ */

static int
failure_of(enum tvt_crypto_kind kind, unsigned long error)
{
    uint32_t lib = (uint32_t)ERR_GET_LIB(error), reason = (uint32_t)ERR_GET_REASON(error);

    if (error != 0 && reason == (uint32_t)ERR_GET_REASON(ERR_R_MALLOC_FAILURE))
        kind = TVT_CRYPTO_NO_MEMORY;
    return tvt_crypto_failure(kind, lib << 16 | (reason & 0xffffu));
}

int
tvt_openssl_failure(enum tvt_crypto_kind kind)
{
    return failure_of(kind, ERR_peek_last_error());
}

int
tvt_openssl_end(enum tvt_crypto_kind kind)
{
    unsigned long error = kind == TVT_CRYPTO_NONE ? 0 : ERR_peek_last_error();

    ERR_pop_to_mark();
    if (kind == TVT_CRYPTO_NONE)
        return TVT_CRYPTO_OK;
    return failure_of(kind, error == ERR_peek_last_error() ? 0 : error);
}

/* Reasons that all of libcrypto's parts share carry flags above the 16 bits that a code keeps. */
static const char *
reason_words(int lib, int reason)
{
    static const unsigned flags[] = {0, ERR_RFLAG_COMMON, ERR_RFLAG_COMMON | ERR_RFLAG_FATAL};
    const char *words = NULL;

    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && words == NULL; i++)
        words = ERR_reason_error_string(ERR_PACK(lib, 0, (unsigned)reason | flags[i]));
    return words;
}

static void
describe(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap)
{
    int lib = (int)(code >> 16), reason = (int)(code & 0xffffu);
    const char *part = ERR_lib_error_string(ERR_PACK(lib, 0, 0)), *words = NULL;

    (void)provider;
    if (cap == 0)
        return;
    out[0] = '\0';
    if (code == 0)
        return;
    if (lib == ERR_LIB_SYS)
        snprintf(out, cap, "system error %d", reason);
    else if ((words = reason_words(lib, reason)) != NULL)
        snprintf(out, cap, "%s (%s)", words, part != NULL ? part : "libcrypto");
}

/* ---- what is there ----------------------------------------------------------------------------------------- */

/* libcrypto tells what it found and uses, after the environment variables that mask it: on x86 the words of
 * CPUID leaf 1 and leaf 7 (see OPENSSL_ia32cap(3)), on Arm bits of its own. */
static unsigned
detect_cpu(void)
{
    const char *text = OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS);
    unsigned long long leaf1 = 0, leaf7 = 0;
    unsigned arm = 0, cpu = 0;

    if (text == NULL)
        return 0;
    if (sscanf(text, "OPENSSL_ia32cap=0x%llx:0x%llx", &leaf1, &leaf7) == 2) {
        cpu |= (leaf1 >> 57 & 1) != 0 && (leaf1 >> 33 & 1) != 0 ? TVT_OPENSSL_CPU_AES : 0;
        cpu |= (leaf7 >> 29 & 1) != 0 ? TVT_OPENSSL_CPU_SHA256 : 0;
    } else if (sscanf(text, "OPENSSL_armcap=0x%x", &arm) == 1) {
        cpu |= (arm & 0x24) == 0x24 ? TVT_OPENSSL_CPU_AES : 0; /* AES and PMULL */
        cpu |= (arm & 0x10) != 0 ? TVT_OPENSSL_CPU_SHA256 : 0;
        cpu |= (arm & 0x40) != 0 ? TVT_OPENSSL_CPU_SHA512 : 0;
    }
    return cpu;
}

static int
fill_random(const struct tvt_provider *provider, void *out, size_t len)
{
    struct tvt_openssl *self = provider->self;

    return tvt_openssl_random(&self->random, out, len);
}

static void
free_provider(struct tvt_provider *provider)
{
    struct tvt_openssl *self;

    if (provider == NULL)
        return;
    self = provider->self;
    tvt_openssl_close_random(&self->random);
    for (size_t i = 0; i < TVT_OPENSSL_NUM_HASHES; i++)
        EVP_MD_free(self->hash[i].md);
    for (size_t i = 0; i < TVT_OPENSSL_NUM_AEADS; i++)
        EVP_CIPHER_free(self->aead[i].cipher);
    for (size_t i = 0; i < TVT_OPENSSL_NUM_CURVES; i++) {
        tvt_openssl_empty_pool(&self->curve_workers[i]);
        EVP_PKEY_free(self->curve[i].domain);
    }
    for (size_t i = 0; i < TVT_OPENSSL_NUM_GROUPS; i++) {
        tvt_openssl_empty_pool(&self->kx_workers[i]);
        EVP_PKEY_free(self->kx[i].model);
    }
    OPENSSL_free(self);
}

int
tvt_backend_openssl(struct tvt_provider **out)
{
    struct tvt_openssl *self = OPENSSL_zalloc(sizeof *self);
    const unsigned cpu = detect_cpu();
    uint16_t flags = 0;

    if (self == NULL)
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    ERR_set_mark();
    if (EVP_default_properties_is_fips_enabled(NULL))
        flags = TVT_FLAG_FIPS;
    else
        tvt_openssl_open_random(&self->random);
    tvt_openssl_list_hashes(self, cpu, flags);
    tvt_openssl_list_aeads(self, cpu, flags);
    tvt_openssl_list_curves(self);
    tvt_openssl_list_groups(self, flags);
    tvt_openssl_list_signatures(self, flags);
    self->base = (struct tvt_provider){
        .abi = TVT_PROVIDER_ABI,
        .struct_size = sizeof(struct tvt_provider),
        .name = "openssl",
        .version = OpenSSL_version(OPENSSL_VERSION),
        .licence = "Apache-2.0",
        .flags = flags,
        .hashes = self->hashes,
        .aeads = self->aeads,
        .groups = self->groups,
        .signatures = self->signatures,
        .random = fill_random,
        .load_key = tvt_openssl_load_key,
        .describe = describe,
        .free = free_provider,
        .self = self,
    };
    /* Without a hash there is no TLS: a libcrypto whose configuration left it no usable provider. */
    if (self->hashes[0] == NULL) {
        int result = tvt_openssl_end(TVT_CRYPTO_BACKEND);

        free_provider(&self->base);
        return result;
    }
    *out = &self->base;
    return tvt_openssl_end(TVT_CRYPTO_NONE);
}
