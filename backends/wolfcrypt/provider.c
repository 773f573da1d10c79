/* SPDX-License-Identifier: MIT
 *
 * The wolfCrypt provider: its lists, randomness, error words and constructor.
 */
#include "backends/wolfcrypt/internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__) || defined(__APPLE__)
#include <sys/random.h>
#endif

#ifndef WOLF_CRYPTO_CB
#error "This wolfSSL was built without crypto callbacks; configure it with --enable-cryptocb."
#endif
#if !defined(HAVE_AESGCM) || !defined(HAVE_AESCCM)
#error "This wolfSSL lacks AES-GCM or AES-CCM; configure it with --enable-aesgcm --enable-aesccm."
#endif
#if !defined(HAVE_CURVE448) || !defined(HAVE_ED448) || !defined(HAVE_ED25519) || !defined(WC_RSA_PSS)
#error "This wolfSSL lacks curves or RSA-PSS; configure it with --enable-all-crypto."
#endif

tvt_backend_constructor tvt_backend_wolfcrypt;

/* The number under which wolfCrypt knows serve_random ("TVTW"). */
enum { RANDOM_DEVICE = 0x54565457, RANDOM_CHUNK = 256 /* most that getentropy() gives at once */ };

struct wolf_provider {
    struct tvt_provider base;
    char version[32];
};

/* wolfCrypt_Init and its table of callbacks are not thread-safe; the lock and the count are what it lacks. */
static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned library_users;

int
tvt_wolf_result(enum tvt_crypto_kind kind, int ret)
{
    if (ret >= 0)
        return TVT_CRYPTO_OK;
    if (ret == MEMORY_E || ret == MP_MEM)
        kind = TVT_CRYPTO_NO_MEMORY;
    else if (ret == RNG_FAILURE_E || ret == RAN_BLOCK_E)
        kind = TVT_CRYPTO_RANDOM;
    return tvt_crypto_failure(kind, (uint32_t)-ret);
}

/* ---- randomness ------------------------------------------------------------------------------------------ */

/* wc_GenerateSeed() would open /dev/urandom on every call, which fails where there is none. */
int
tvt_wolf_random(void *out, size_t len)
{
    uint8_t *at = out;

    while (len > 0) {
        size_t n = len < RANDOM_CHUNK ? len : RANDOM_CHUNK;

        if (getentropy(at, n) != 0)
            return tvt_wolf_result(TVT_CRYPTO_RANDOM, RNG_FAILURE_E);
        at += n;
        len -= n;
    }
    return TVT_CRYPTO_OK;
}

static int
serve_random(int device, wc_CryptoInfo *info, void *context)
{
    (void)device;
    (void)context;
    if (info->algo_type != WC_ALGO_TYPE_RNG)
        return CRYPTOCB_UNAVAILABLE;
    return tvt_wolf_random(info->rng.out, info->rng.sz) == TVT_CRYPTO_OK ? 0 : RNG_FAILURE_E;
}

/* All zero, its own state is "not seeded": should the callback be missing, wolfCrypt fails with RNG_FAILURE_E. */
void
tvt_wolf_rng(WC_RNG *rng)
{
    memset(rng, 0, sizeof *rng);
    rng->devId = RANDOM_DEVICE;
}

static int
fill_random(const struct tvt_provider *provider, void *out, size_t len)
{
    (void)provider;
    return tvt_wolf_random(out, len);
}

/* ---- the provider ---------------------------------------------------------------------------------------- */

/* AES is made of tables here, slow and not constant-time: ChaCha20 goes first. */
static const struct tvt_aead *const aeads[] = {
    &tvt_wolf_chacha20_poly1305, &tvt_wolf_aes_128_gcm,   &tvt_wolf_aes_256_gcm,
    &tvt_wolf_aes_128_ccm,       &tvt_wolf_aes_128_ccm_8, NULL,
};

static const struct tvt_hash *const hashes[] = {&tvt_wolf_sha256, &tvt_wolf_sha384, &tvt_wolf_sha512, NULL};

static void
describe_code(const struct tvt_provider *provider, uint32_t code, char *out, size_t cap)
{
    const char *words;

    (void)provider;
    if (cap == 0)
        return;
    out[0] = '\0';
    if (code == 0)
        return;
    words = wc_GetErrorString(-(int)code);
    if (words != NULL && strcmp(words, wc_GetErrorString(-0xffffff)) != 0) /* not its words for an unknown code */
        snprintf(out, cap, "%s", words);
}

/* The version of the library that is running; <wolfssl/ssl.h>, which declares this, clashes with OpenSSL's headers
 * and brings hundreds of macros. */
#ifndef WOLFCRYPT_ONLY
const char *wolfSSL_lib_version(void);
#else
#define wolfSSL_lib_version() LIBWOLFSSL_VERSION_STRING
#endif

static int
enter_library(void)
{
    int ret = 0;

    pthread_mutex_lock(&library_lock);
    if (library_users == 0) {
        ret = wolfCrypt_Init();
        if (ret == 0) {
            ret = wc_CryptoCb_RegisterDevice(RANDOM_DEVICE, serve_random, NULL);
            if (ret != 0)
                wolfCrypt_Cleanup();
        }
    }
    if (ret == 0)
        library_users++;
    pthread_mutex_unlock(&library_lock);
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
}

static void
leave_library(void)
{
    pthread_mutex_lock(&library_lock);
    if (--library_users == 0) {
        wc_CryptoCb_UnRegisterDevice(RANDOM_DEVICE);
        wolfCrypt_Cleanup();
    }
    pthread_mutex_unlock(&library_lock);
}

static void
free_provider(struct tvt_provider *provider)
{
    free(provider->self);
    leave_library();
}

int
tvt_backend_wolfcrypt(struct tvt_provider **out)
{
    struct wolf_provider *p;
    int result = enter_library();

    if (result != TVT_CRYPTO_OK)
        return result;
    p = calloc(1, sizeof *p);
    if (p == NULL) {
        leave_library();
        return tvt_crypto_failure(TVT_CRYPTO_NO_MEMORY, 0);
    }
    snprintf(p->version, sizeof p->version, "wolfSSL %s", wolfSSL_lib_version());
    p->base = (struct tvt_provider){
        .abi = TVT_PROVIDER_ABI,
        .struct_size = sizeof p->base,
        .name = "wolfcrypt",
        .version = p->version,
        /* wolfSSL left GPL version 2 with 5.8.2 */
        .licence = LIBWOLFSSL_VERSION_HEX >= 0x05008002 ? "GPL-3.0-or-later" : "GPL-2.0-or-later",
        .hashes = hashes,
        .aeads = aeads,
        .groups = tvt_wolf_groups,
        .signatures = tvt_wolf_signatures,
        .random = fill_random,
        .load_key = tvt_wolf_load_key,
        .describe = describe_code,
        .free = free_provider,
        .self = p,
    };
    *out = &p->base;
    return TVT_CRYPTO_OK;
}
