/* SPDX-License-Identifier: MIT
 *
 * Keys on the NIST curves, as ECDH and ECDSA need them: made of raw bytes for one operation, checked, and wiped.
 */
#include "backends/wolfcrypt/internal.h"
#include "core/base/memory.h"

#include <pthread.h>

const struct tvt_wolf_curve tvt_wolf_p256 = {ECC_SECP256R1, TVT_KEY_P256, 32};
const struct tvt_wolf_curve tvt_wolf_p384 = {ECC_SECP384R1, TVT_KEY_P384, 48};
const struct tvt_wolf_curve tvt_wolf_p521 = {ECC_SECP521R1, TVT_KEY_P521, 66};

const struct tvt_wolf_curve *
tvt_wolf_curve_of(uint8_t key_type)
{
    switch (key_type) {
    case TVT_KEY_P256:
        return &tvt_wolf_p256;
    case TVT_KEY_P384:
        return &tvt_wolf_p384;
    case TVT_KEY_P521:
        return &tvt_wolf_p521;
    default:
        return NULL;
    }
}

/* ---- the cache of each thread ---------------------------------------------------------------------------- */

/* FP_ECC with HAVE_THREAD_LS keeps a cache of points on the heap for every thread and leaves it there when the thread
 * ends: a thread-specific value with a destructor frees it. */
#if defined(FP_ECC) && defined(HAVE_THREAD_LS)
static pthread_once_t cache_once = PTHREAD_ONCE_INIT;
static pthread_key_t cache_key;
static bool have_cache_key;

static void
free_cache(void *mark)
{
    (void)mark;
    wc_ecc_fp_free();
}

static void
make_cache_key(void)
{
    have_cache_key = pthread_key_create(&cache_key, free_cache) == 0;
}

static void
mark_cache(void)
{
    pthread_once(&cache_once, make_cache_key);
    if (have_cache_key && pthread_getspecific(cache_key) == NULL)
        (void)pthread_setspecific(cache_key, &have_cache_key);
}
#else
static void
mark_cache(void)
{
}
#endif

/* ---- keys ------------------------------------------------------------------------------------------------ */

static int
begin_key(struct tvt_wolf_ec_key *pair)
{
    int ret;

    mark_cache();
    tvt_wolf_rng(&pair->rng);
    ret = wc_ecc_init(&pair->key);
    return ret == 0 ? wc_ecc_set_rng(&pair->key, &pair->rng) : ret;
}

int
tvt_wolf_ec_private(struct tvt_wolf_ec_key *pair, const struct tvt_wolf_curve *curve, const uint8_t *scalar)
{
    int ret = begin_key(pair);

    if (ret == 0)
        ret = wc_ecc_import_private_key_ex(scalar, curve->len, NULL, 0, &pair->key, curve->id);
    return tvt_wolf_result(TVT_CRYPTO_KEY, ret);
}

/* Making the public half refuses scalars that are 0 or not below the order. */
int
tvt_wolf_ec_pair(struct tvt_wolf_ec_key *pair, const struct tvt_wolf_curve *curve, const uint8_t *scalar)
{
    int ret;

    if (scalar != NULL) {
        int result = tvt_wolf_ec_private(pair, curve, scalar);

        if (result != TVT_CRYPTO_OK)
            return result;
        return tvt_wolf_result(TVT_CRYPTO_KEY, wc_ecc_make_pub_ex(&pair->key, NULL, &pair->rng));
    }
    ret = begin_key(pair);
    if (ret == 0)
        ret = wc_ecc_make_key_ex(&pair->rng, curve->len, &pair->key, curve->id);
    return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
}

/* Importing takes points that are not on the curve, so that is a step of its own; so is the form, since importing
 * also takes compressed points. */
int
tvt_wolf_ec_public(struct tvt_wolf_ec_key *pub, const struct tvt_wolf_curve *curve, struct tvt_span point,
                   enum tvt_crypto_kind kind)
{
    int ret = begin_key(pub);

    if (ret != 0)
        return tvt_wolf_result(TVT_CRYPTO_BACKEND, ret);
    if (point.len != TVT_WOLF_POINT_LEN((size_t)curve->len) || point.data[0] != ECC_POINT_UNCOMP)
        return tvt_crypto_failure(kind, 0);
    ret = wc_ecc_import_x963_ex(point.data, (word32)point.len, &pub->key, curve->id);
    if (ret == 0)
        ret = wc_ecc_point_is_on_curve(&pub->key.pubkey, pub->key.idx);
    return tvt_wolf_result(kind, ret);
}

int
tvt_wolf_ec_point(struct tvt_wolf_ec_key *pair, const struct tvt_wolf_curve *curve, uint8_t *point)
{
    word32 len = TVT_WOLF_POINT_LEN((word32)curve->len);

    return tvt_wolf_result(TVT_CRYPTO_BACKEND, wc_ecc_export_x963(&pair->key, point, &len));
}

void
tvt_wolf_ec_free(struct tvt_wolf_ec_key *pair)
{
    wc_ecc_free(&pair->key);
    tvt_wipe(pair, sizeof *pair);
}
